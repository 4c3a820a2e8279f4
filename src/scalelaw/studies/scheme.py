"""How a study resamples, and a hash of everything that it reads."""

import hashlib
from dataclasses import dataclass, replace
from typing import Any

import numpy as np

from scalelaw.fitting import Fit
from scalelaw.resampling.resampler import Resampler
from scalelaw.runs import Runs
from scalelaw.runs.groups import By, group_codes


@dataclass(frozen=True)
class Scheme:
    """How the runs are resampled and where resamples start; see `scalelaw.bootstrap`.

    Attributes:
        seed, scheme, by, share, starts: as there.
    """

    seed: int
    scheme: str
    by: By
    share: float
    starts: str

    def bind(self, fit: Fit) -> Resampler:
        """The scheme bound to the runs of a fit."""
        return Resampler.of(fit, self.seed, scheme=self.scheme, by=self.by, share=self.share)

    def plain(self) -> dict[str, Any]:
        """The fields as JSON values, once labels are codes."""
        return {**vars(self), "by": self.by.tolist() if isinstance(self.by, np.ndarray) else self.by}

    def coded(self, runs: Runs) -> "Scheme":
        """The same scheme with codes in place of labels."""
        named = self.by is None or isinstance(self.by, str)
        return self if named else replace(self, by=group_codes(runs, self.by))


def data_hash(fit: Fit, scheme: Scheme) -> str:
    """SHA-256 of the numbers that the fit and the scheme read: inputs of the law, losses, weights, groups."""
    runs, law = fit.runs, fit.law
    columns = {**runs.inputs(law.inputs), "L": runs.L, "weight": runs.weight, "by": _labels(runs, scheme)}
    digest = hashlib.sha256()
    for name, values in columns.items():
        if values is not None:
            digest.update(name.encode())
            digest.update(np.ascontiguousarray(values, "<f8").tobytes())
    return digest.hexdigest()


def _labels(runs: Runs, scheme: Scheme) -> np.ndarray | None:
    grouped = scheme.by is not None or scheme.scheme in ("cluster", "stratified")
    return group_codes(runs, scheme.by) if grouped else None
