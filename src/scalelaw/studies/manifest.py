"""What a study is: the data and settings that may not change while it grows, and how far it goes."""

import hashlib
import json
import math
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from scalelaw._checks import BadInput, bad_input, cut, shown
from scalelaw.fitting import Fit
from scalelaw.fitting.parametric import versions
from scalelaw.resampling.resampler import Resampler
from scalelaw.solve import Levenberg
from scalelaw.studies.parts import appearing
from scalelaw.studies.scheme import Scheme, data_hash

FORMAT = "scalelaw study 1"
# The same fit made on two machines differs by rounding; another minimum differs by more.
SAME_FIT = 1e-6


@dataclass(frozen=True)
class Manifest:
    """What stands in `study.json`.

    Attributes:
        data: rows and hash of what the fit and the scheme read; source for the reader.
        fit: law, objective and constraints.
        scheme: fields of `Scheme`; labels as codes.
        solver: what decides where a refit ends.
        objective: of the fit.
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
    def of(cls, fit: Fit, scheme: Scheme, solver: Levenberg, replicates: int, chunk: int) -> "Manifest":
        """The manifest of a study that begins."""
        law, settings = fit.law, fit.settings
        return cls(
            data={"source": fit.runs.source, "rows": len(fit.runs), "hash": data_hash(fit, scheme)},
            fit={
                "law": law.name,
                "formula": law.formula,
                "residual": settings.objective.residual,
                "loss": settings.objective.loss,
                "delta": settings.objective.delta,
                "fix": _plain(dict(settings.constraints.fix)),
                "tie": dict(settings.constraints.tie),
                "bounds": _plain(dict(settings.constraints.bounds)),
                "starts of the fit": settings.starts,
            },
            scheme=scheme.coded(fit.runs).plain(),
            solver={"tolerance": solver.tolerance, "iterations": solver.iterations},
            objective=fit.objective,
            replicates=replicates,
            chunk=chunk,
            versions=versions(),
        )

    @property
    def identity(self) -> dict[str, Any]:
        """Everything that must stay as it is, by name."""
        told = {f"data ({name})": value for name, value in self.data.items() if name != "source"}
        return {**told, **self.fit, **self.scheme, **{f"solver {k}": v for k, v in self.solver.items()}}

    @property
    def name(self) -> str:
        """A hash of the identity: what every part of the study carries."""
        return hashlib.sha256(json.dumps(self.identity, sort_keys=True).encode()).hexdigest()

    def resampler(self, fit: Fit) -> Resampler:
        """The scheme bound to the runs of the study's fit."""
        return Scheme(**self.scheme).bind(fit)

    def of_fit(self, fit: Fit) -> "Manifest":
        """The same study of another fit."""
        return Manifest.of(fit, Scheme(**self.scheme), Levenberg(**self.solver), self.replicates, self.chunk)

    def write(self, path: Path) -> None:
        """Write it as JSON that appears whole."""
        with appearing(path) as file:
            file.write(json.dumps({"format": FORMAT, **vars(self)}, indent=1, allow_nan=False).encode())

    def refuse_other(self, other: "Manifest", place: str) -> None:
        """Refuse to go on as a study that is not this one.

        Raises:
            BadInput: naming the first thing that differs, what it was and what it is.
        """
        was, now = self.identity, other.identity
        for name in was:
            if was[name] != now.get(name):
                raise _differs(name, _short(was[name]), _short(now.get(name)), place)
        if not math.isclose(self.objective, other.objective, rel_tol=SAME_FIT, abs_tol=1e-30):
            raise _differs("objective of the fit", repr(self.objective), repr(other.objective), place)


def read(folder: Path) -> Manifest:
    """The manifest of a study.

    Raises:
        BadInput: if the folder holds none.
    """
    try:
        found = json.loads((folder / "study.json").read_text(encoding="utf-8"))
    except OSError as error:
        raise bad_input("study", "a folder with a study.json", f"{folder} ({error.strerror})") from error
    except ValueError:
        found = None
    if not isinstance(found, dict) or found.pop("format", None) != FORMAT:
        raise bad_input("study", f"of the format {FORMAT!r}", f"{folder}, whose study.json is something else")
    return Manifest(**found)


def aged(manifest: Manifest) -> tuple[str, ...]:
    """A sentence for every package whose version is not the one that began the study."""
    return tuple(
        f"warning: the study began with {package} {was} and goes on with {now}; draws may differ by rounding"
        for package, now in versions().items()
        if (was := manifest.versions.get(package, "unknown")) != now
    )


def _differs(name: str, was: str, now: str, place: str) -> BadInput:
    advice = "take what the study began with, or another folder"
    return bad_input(name, f"as the study began ({was})", now, place=place, advice=advice)


def _short(value: Any) -> str:
    return cut(value, 15) if isinstance(value, str) and len(value) == 64 else shown(value)


def _plain(values: Mapping[str, Any]) -> dict[str, Any]:
    """Values for JSON: ranges as lists, infinities as text."""
    return {name: _number(value) for name, value in values.items()}


def _number(value: Any) -> Any:
    if isinstance(value, (tuple, list)):
        return [_number(entry) for entry in value]
    return value if value is None or math.isfinite(value) else str(value)
