"""What a study is: the data and settings that may not change while it grows, and how far it goes."""

import hashlib
import json
import math
from collections.abc import Mapping
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any, TypedDict

import numpy as np

from scalelaw._checks import bad_input, cut, shown
from scalelaw.fitting.documents import check_names, check_shape, sealed, unsealed, wrong
from scalelaw.fitting.parametric import versions
from scalelaw.resampling.estimator import Estimator
from scalelaw.resampling.resampler import Resampler
from scalelaw.runs.groups import By

FORMAT = "scalelaw study 1"
# Replicates are numbered in 32 bits.
MOST = 1 << 32
# The same fit made on two machines differs by rounding; another minimum differs by more.
SAME_FIT = 1e-6


class SchemeDocument(TypedDict):
    """The settings of a scheme, as of `bootstrap`; `by` is a name, a code for every run, or null."""

    seed: int
    scheme: str
    by: Any
    share: float
    starts: str


@dataclass(frozen=True)
class Manifest:
    """What stands in `study.json`.

    Attributes:
        data: rows and hash of what the estimator and the scheme read; source for the reader.
        fit: the estimator's identity: of a fitted law the law, objective and constraints.
        scheme: `seed`, `scheme`, `by`, `share` and `starts` as of `bootstrap`; labels as codes.
        solver: what decides where a refit ends.
        objective: of the estimator.
        replicates: how many the study is to have.
        chunk: replicates a part.
        versions: of what began it.
    """

    data: Mapping[str, Any]
    fit: Mapping[str, Any]
    scheme: Mapping[str, Any]
    solver: Mapping[str, Any]
    objective: float
    replicates: int
    chunk: int
    versions: Mapping[str, str]

    @classmethod
    def of(
        cls,
        estimator: Estimator,
        scheme: Mapping[str, Any],
        solver: Mapping[str, Any],
        replicates: int,
        chunk: int,
    ) -> "Manifest":
        """The manifest of a study that begins.

        Raises:
            BadInput: for a scheme that the runs do not allow.
        """
        resampler, runs, by = bind(estimator, scheme), estimator.runs, scheme["by"]
        columns = {
            **runs.inputs(estimator.inputs),
            "L": runs.L,
            "weight": runs.weight,
            "by": resampler.codes,
        }
        named = by is None or isinstance(by, str) or resampler.codes is None
        return cls(
            data={"source": runs.source, "rows": len(runs), "hash": _hash(columns)},
            fit=estimator.identity,
            scheme={
                **scheme,
                "scheme": resampler.name,
                "by": by if named or resampler.codes is None else resampler.codes.tolist(),
            },
            solver=solver,
            objective=float(estimator.objective),
            replicates=replicates,
            chunk=chunk,
            versions=versions(),
        )

    @property
    def identity(self) -> dict[str, Any]:
        """Everything that must stay as it is, by name."""
        data = {f"data ({name})": value for name, value in self.data.items() if name != "source"}
        return {**data, **self.fit, **self.scheme, **{f"solver {k}": v for k, v in self.solver.items()}}

    @property
    def name(self) -> str:
        """A hash of the identity: what every part of the study carries."""
        return hashlib.sha256(json.dumps(self.identity, sort_keys=True).encode()).hexdigest()

    def of_estimator(self, estimator: Estimator) -> "Manifest":
        """The same study of another estimator."""
        return Manifest.of(estimator, self.scheme, self.solver, self.replicates, self.chunk)

    def text(self) -> str:
        """JSON, as `read` reads it."""
        return json.dumps(sealed({"format": FORMAT, **vars(self)}), indent=1, allow_nan=False)

    @classmethod
    def read(cls, folder: Path) -> "Manifest":
        """The manifest of the study in a folder.

        Raises:
            BadInput: if the folder holds none, or one that is not as it was written.
        """
        path = folder / "study.json"
        try:
            document = json.loads(path.read_text(encoding="utf-8"))
        except OSError as error:
            raise bad_input("study", "a folder with a study.json", f"{folder} ({error.strerror})") from error
        except (ValueError, RecursionError):
            document = None
        if not isinstance(document, dict) or document.get("format") != FORMAT:
            got = f"{folder}, whose study.json is something else"
            raise bad_input("study", f"of the format {FORMAT!r}", got)
        whole = unsealed(document, path)
        del whole["format"]
        check_shape(whole, cls, "study", path)
        check_names(whole["data"], ("source", "rows", "hash"), "data", path)
        check_shape(whole["scheme"], SchemeDocument, "scheme", path)
        for name, least in (("replicates", 2), ("chunk", 1)):
            if not least <= whole[name] <= MOST:
                raise wrong(name, f"from {least} to {MOST}", whole[name], path)
        return cls(**whole)

    def refuse_other_data(self, estimator: Estimator, place: Path) -> None:
        """Refuse a fit file whose data are not those that the study began with.

        Raises:
            BadInput: naming what differs.
        """
        now = self.of_estimator(estimator)
        replace(self, fit={}, scheme={}, solver={}).refuse_other(
            replace(now, fit={}, scheme={}, solver={}), place
        )

    def refuse_other(self, other: "Manifest", place: object) -> None:
        """Refuse to go on as a study that is not this one.

        Raises:
            BadInput: naming the first thing that differs, what it was and what it is.
        """
        was, now = self.identity, other.identity
        differ = [name for name in was if was[name] != now.get(name)]
        pairs = [(name, _short(was[name]), _short(now.get(name))) for name in differ]
        if not math.isclose(self.objective, other.objective, rel_tol=SAME_FIT, abs_tol=1e-30):
            pairs.append(("objective of the fit", repr(self.objective), repr(other.objective)))
        for name, before, after in pairs:
            advice = "take what the study began with, or another folder"
            raise bad_input(name, f"as the study began ({before})", after, place=str(place), advice=advice)

    def notes(self) -> tuple[str, ...]:
        """A sentence for every package whose version is not the one that began the study."""
        return tuple(
            f"warning: the study began with {package} {was} and goes on with {now}; draws may differ by rounding"
            for package, now in versions().items()
            if (was := self.versions.get(package, "unknown")) != now
        )


def bind(estimator: Estimator, scheme: Mapping[str, Any]) -> Resampler:
    """The scheme of a manifest bound to the runs of an estimator."""
    by: By = scheme["by"]
    return Resampler.of(estimator, scheme["seed"], scheme=scheme["scheme"], by=by, share=scheme["share"])


def _hash(columns: Mapping[str, np.ndarray | None]) -> str:
    """SHA-256 of the numbers that the estimator and the scheme read."""
    digest = hashlib.sha256()
    for name, values in columns.items():
        if values is not None:
            digest.update(name.encode())
            digest.update(np.ascontiguousarray(values, "<f8").tobytes())
    return digest.hexdigest()


def _short(value: Any) -> str:
    return cut(value, 15) if isinstance(value, str) and len(value) == 64 else shown(value)
