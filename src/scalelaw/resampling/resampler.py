"""A scheme bound to the runs of an estimator: plain data from which every replicate is drawn again."""

from dataclasses import dataclass
from typing import Any

import numpy as np
from jaxtyping import Int

from scalelaw._checks import BadInput, bad_input, check_at_least, check_choice, check_probability, shown
from scalelaw.fitting.refits import Draw
from scalelaw.resampling.estimator import Estimator, check_allowed
from scalelaw.resampling.schemes import JACKKNIFE, KEPT, SCHEMES, Scheme, Spread
from scalelaw.runs.groups import By, check_enough, few_groups, pool_singles

# A seed is 32 bits wide.
SEEDS = 1 << 32


@dataclass(frozen=True, eq=False)
class Resampler:
    """A scheme bound to runs.

    Attributes:
        name: of `SCHEMES`, or "jackknife".
        seed: of the draws.
        codes: [n] code of each run's group, or stratum (those of a single run are one); None where every run
            is its own.
        share: of the runs that a subsample keeps.
    """

    name: str = "jackknife"
    seed: int = 0
    codes: Int[np.ndarray, " n"] | None = None
    share: float = KEPT

    @classmethod
    def of(
        cls,
        estimator: Estimator,
        seed: int = 0,
        *,
        scheme: str | None = None,
        by: By = None,
        share: float = KEPT,
    ) -> "Resampler":
        """Bind a scheme to the runs of an estimator; arguments as `bootstrap`.

        Raises:
            BadInput: for a scheme that is unknown or does not hold for the estimator, a missing column, no more
                groups to draw whole than parameters, or a number out of range.
        """
        if scheme is None:
            scheme, usual = estimator.default_scheme
            by = usual if by is None else by
        if check_at_least("seed", seed, 0) >= SEEDS:
            raise bad_input("seed", f"below {SEEDS}", shown(seed))
        groups = SCHEMES[check_choice("scheme", scheme, SCHEMES)].groups
        check_probability("share", share)
        check_allowed(estimator, "scheme", scheme)
        if by is not None and groups == "never":
            grouped = [name for name, each in SCHEMES.items() if each.groups != "never"]
            raise BadInput(f"`by` must go with a scheme of groups ({', '.join(grouped)}), got '{scheme}'")
        n, free = len(estimator.runs), estimator.free
        kept = round(share * n)
        if SCHEMES[scheme].partial and not free <= kept < n:
            expected = f"such that {free} to {n - 1} runs are kept"
            raise bad_input("share", expected, f"{shown(share)}, which keeps {kept}")
        codes = None if by is None and groups != "must" else estimator.groups(by)
        if codes is not None and SCHEMES[scheme].whole:
            parameters = min(free, len(estimator.params))
            check_enough(_counted(codes, estimator), parameters, estimator.runs.source)
        elif codes is not None:
            codes = pool_singles(codes)
        return cls(scheme, seed, codes, share)

    @property
    def scheme(self) -> Scheme:
        """What it is bound from."""
        return SCHEMES.get(self.name, JACKKNIFE)

    @property
    def groups(self) -> Int[np.ndarray, " n"] | None:
        """[n] code of each run's group where whole groups are drawn; None where runs are."""
        return self.codes if self.scheme.whole else None

    def warnings(self, estimator: Estimator) -> tuple[str, ...]:
        """What speaks against intervals from it, a sentence each."""
        if not self.scheme.random:
            return ()
        few = "" if self.groups is None else few_groups(_counted(self.groups, estimator))
        return tuple(said for said in (few, estimator.caution) if said)

    def draw(self, estimator: Estimator) -> Draw:
        """The scheme as a function of a sample and the number of a replicate."""
        spread = Spread(estimator.residuals, estimator.scale, estimator.free, estimator.degrees)
        return self.scheme.make(spread, np.uint32(self.seed), self._codes(estimator), self.share)

    def words(self, estimator: Estimator) -> str:
        """What it does."""
        groups, n = int(self._codes(estimator).max()) + 1, len(estimator.runs)
        centre = "the fit" if np.any(estimator.residuals) else "the losses"
        numbers = {"groups": groups, "kept": round(self.share * n), "scale": estimator.scale}
        said = self.scheme.words.format(centre=centre, **numbers)
        return f"{said} (seed {self.seed})" if self.scheme.random else said

    def document(self) -> dict[str, Any]:
        """The fields as plain JSON."""
        return {**vars(self), "codes": None if self.codes is None else self.codes.tolist()}

    @classmethod
    def from_document(cls, document: dict[str, Any]) -> "Resampler":
        """From its `document`."""
        codes = document["codes"]
        return cls(**{**document, "codes": None if codes is None else np.asarray(codes, np.int32)})

    def _codes(self, estimator: Estimator) -> Int[np.ndarray, " n"]:
        return np.arange(len(estimator.runs), dtype=np.int32) if self.codes is None else self.codes


def _counted(codes: Int[np.ndarray, " n"], estimator: Estimator) -> int:
    """How many groups have a run that counts."""
    return len(np.unique(codes[np.asarray(estimator.sample.weight) > 0]))
