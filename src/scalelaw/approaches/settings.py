"""The settings of envelopes and profiles as files hold them."""

from pathlib import Path
from typing import Any, NotRequired, TypedDict

from scalelaw._json import restored
from scalelaw.fitting.documents import check_names, check_shape, unsealed

LawFields = tuple[float, float, float, int]
"""Of a `PowerLaw`."""


class Held(TypedDict):
    """Exponents that are held or tied; documents of before there was anything to hold have none."""

    fix: NotRequired[dict[str, float]]
    tie: NotRequired[dict[str, str]]


class EnvelopeSettings(Held):
    """The arguments of `envelope`."""

    method: str
    warmup: float
    smoothing: float
    points: int
    tokens_per_step: float
    edges: NotRequired[bool]
    final_only: NotRequired[bool]


class IsoFLOPSettings(Held):
    """The arguments of `isoflop`, the fields of a `DesignBias`, and the document of the fit that measures it."""

    method: str
    budgets: list[float] | None
    tolerance: float | None
    best_per_size: NotRequired[bool]
    noise: float | None
    weights: str
    correction: (
        tuple[
            list[float],
            list[float],
            list[float],
            list[float],
            tuple[LawFields, LawFields, LawFields],
            tuple[LawFields, LawFields, LawFields],
        ]
        | None
    )
    surface: NotRequired[dict[str, Any]]


def settings_and_runs(document: dict[str, Any], hint: type, place: str | Path) -> tuple[dict[str, Any], Any]:
    """Settings of the type `hint`, and the document of the runs, from that of an estimator.

    Raises:
        BadInput: it is not as it was written.
    """
    whole = unsealed(document, place)
    check_names(whole, ("format", "settings", "runs"), "document", place)
    settings = restored(whole["settings"])
    check_shape(settings, hint, "settings", place)
    return settings, whole["runs"]
