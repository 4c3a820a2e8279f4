"""A fit as JSON and back, to the last bit."""

import json
from collections.abc import Mapping
from dataclasses import asdict
from pathlib import Path
from typing import Any, NotRequired, TypedDict

import numpy as np
import pandas as pd

from scalelaw import _json
from scalelaw._checks import bad_input, listed, nearest, one_line, shown
from scalelaw._files import write_file
from scalelaw.fitting.certificate import Certificate
from scalelaw.fitting.coordinates import Constraints
from scalelaw.fitting.documents import (
    check_length,
    check_names,
    check_shape,
    read_object,
    sealed,
    unsealed,
    wrong,
)
from scalelaw.fitting.setup import Basin, Settings
from scalelaw.laws import LAWS, Law
from scalelaw.objective import Objective
from scalelaw.runs import Provenance, Runs
from scalelaw.runs.table import FINITE, NOT_NEGATIVE, POSITIVE, Demand

FORMAT = "scalelaw fit 1"
SAVED = (
    "law",
    "params",
    "objective",
    "covariance",
    "derived",
    "scale",
    "residuals",
    "certificate",
    "settings",
    "basins",
    "runs",
)


POSITIVE_OR_NONE = Demand(
    "a positive number, or NaN for none", lambda x: np.isnan(x) | POSITIVE.holds(x), "> 0"
)


class LawDocument(TypedDict):
    """The law; its formula and citation are for the reader."""

    name: str
    formula: str
    citation: str
    inputs: list[str]


class DerivedDocument(TypedDict):
    """A derived quantity."""

    value: float
    stderr: float


class BasinDocument(TypedDict):
    """A `Basin`."""

    params: dict[str, float]
    objective: float
    share: float


class ExcludedDocument(TypedDict):
    """The rows that were left out: type of every column, and the cells."""

    dtypes: dict[str, str]
    rows: list[list[Any]]


class RunsDocument(TypedDict):
    """`Runs` and their provenance; every array is as long as L."""

    source: str
    sha256: str
    columns: dict[str, str]
    rows: list[int]
    notes: list[str]
    group_names: list[str]
    excluded: ExcludedDocument
    group: list[int] | None
    extra: dict[str, list[float]]
    N: list[float] | None
    D: list[float] | None
    C: list[float] | None
    L: list[float]
    weight: list[float] | None
    budget: NotRequired[list[float | None] | None]


class FitDocument(TypedDict):
    """A `Fit`."""

    format: str
    law: LawDocument
    params: dict[str, float]
    derived: dict[str, DerivedDocument]
    objective: float
    covariance: list[list[float]]
    scale: float
    residuals: list[float]
    certificate: Certificate
    settings: Settings
    basins: list[BasinDocument]
    runs: dict[str, Any]


def write(path: str | Path, fields: Mapping[str, Any]) -> None:
    """Write the fields of a fit; the file appears whole or not at all.

    Raises:
        BadInput: the folder does not exist or cannot be written, or the disk is full.
    """
    write_file(path, json.dumps(document(fields), indent=1, allow_nan=False) + "\n", "fit file")


def document(fields: Mapping[str, Any]) -> dict[str, Any]:
    """The fields of a fit as plain JSON values; floats keep all their digits, "inf" and "nan" are text."""
    law, runs = fields["law"], runs_document(fields["runs"])
    values = {
        "format": FORMAT,
        "law": {
            "name": law.name,
            "formula": law.formula,
            "citation": law.citation,
            "inputs": law.inputs,
        },
        "params": fields["params"]._asdict(),
        "derived": {name: {"value": v, "stderr": e} for name, (v, e) in fields["derived"].items()},
        **{name: fields[name] for name in ("objective", "covariance", "scale", "residuals")},
        "certificate": asdict(fields["certificate"]),
        "settings": asdict(fields["settings"]),
        "basins": [basin._asdict() | {"params": basin.params._asdict()} for basin in fields["basins"]],
    }
    return sealed({**_json.exact(values), "runs": runs})


def read(path: str | Path, law: Law | None = None) -> dict[str, Any]:
    """The fields of a saved fit.

    Raises:
        BadInput: no such file, not a saved fit, or a law that is not scalelaw's own and was not given.
    """
    return restored(_load(Path(path)), path, law)


def restored(saved: dict[str, Any], path: str | Path, law: Law | None = None) -> dict[str, Any]:
    """The fields of a fit from its `document`, which stood in `path`.

    Raises:
        BadInput: for a law that is not scalelaw's own and was not given, or a document that is not as it was
            written: a field is missing, unknown, of another type or length, or not as the checksum has it.
    """
    missing = [part for part in SAVED if part not in saved]
    if missing:
        raise bad_input(
            "fit file", "whole", f"{path}, which lacks {listed(missing)}", advice="save the fit again"
        )
    law = law or _own_law(saved, path)
    values = _json.restored(unsealed(saved, path))
    check_shape(values, FitDocument, "fit", path)
    runs = runs_from(saved["runs"], path)
    _check_numbers(values, law, len(runs), path)
    settings = values["settings"]
    held = {name: dict(pairs) for name, pairs in settings["constraints"].items()}
    return {
        "law": law,
        "params": law.Params(**values["params"]),
        "objective": values["objective"],
        "covariance": np.asarray(values["covariance"], float),
        "derived": {name: (entry["value"], entry["stderr"]) for name, entry in values["derived"].items()},
        "scale": values["scale"],
        "residuals": np.asarray(values["residuals"], float),
        "certificate": Certificate(**_tuples(values["certificate"])),
        "settings": Settings(
            Objective(**settings["objective"]),
            Constraints.of(law, **held),
            settings["starts"],
            settings["solver"],
            settings["versions"],
        ),
        "basins": tuple(
            Basin(law.Params(**basin["params"]), basin["objective"], basin["share"])
            for basin in values["basins"]
        ),
        "runs": runs,
    }


def _check_numbers(values: dict[str, Any], law: Law, runs: int, path: str | Path) -> None:
    """Check what the types do not say: names, lengths, and that a fit to be trusted is finite."""
    check_names(values["params"], law.fields, f"parameters of '{law.name}'", path)
    for basin in values["basins"]:
        check_names(basin["params"], law.fields, "parameters of a basin", path)
    check_length(values["residuals"], runs, "residuals", path)
    check_length(values["covariance"], len(law.fields), "covariance", path)
    for row in values["covariance"]:
        check_length(row, len(law.fields), "row of the covariance", path)
    for name in law.positive:
        if values["params"][name] < 0:
            raise wrong(name, "at least 0", values["params"][name], path)
    for name in ("objective", "scale"):
        if not 0 <= values[name] < np.inf:
            raise wrong(name, "a finite number of at least 0", values[name], path)
    finite = np.isfinite([*values["params"].values(), *np.ravel(values["covariance"]), *values["residuals"]])
    if not values["certificate"]["warnings"] and not finite.all():
        raise wrong("a fit to be trusted", "finite throughout", "nan or inf", path)


def _load(path: Path) -> dict[str, Any]:
    saved = read_object(path, "fit file", "`save`")
    if saved.get("format") != FORMAT:
        raise bad_input(
            "fit file",
            f"the JSON that `save` wrote ({FORMAT!r})",
            f"{path}, which is something else",
            advice="a table of runs is CSV, TSV, JSON Lines (.jsonl) or Parquet",
        )
    return saved


def _own_law(saved: dict[str, Any], path: str | Path) -> Law:
    name = saved["law"].get("name") if isinstance(saved["law"], dict) else saved["law"]
    if isinstance(name, str) and name in LAWS:
        return LAWS[name]
    advice = f"hand it over, Fit.load(path, law=...) {nearest(str(name), LAWS)}".strip()
    raise bad_input(f"law of {path}", f"one of {listed(LAWS, 12)}", shown(name), advice=advice)


def _tuples(value: Any) -> Any:
    if isinstance(value, dict):
        return {key: _tuples(entry) for key, entry in value.items()}
    return tuple(_tuples(entry) for entry in value) if isinstance(value, list) else value


def runs_document(runs: Runs) -> dict[str, Any]:
    """Runs as plain JSON values."""
    excluded = runs.excluded
    values = {
        "source": runs.source,
        "sha256": runs.sha256,
        "columns": runs.columns,
        "rows": runs.rows,
        "notes": runs.notes,
        "group_names": runs.group_names,
        "excluded": {"dtypes": excluded.dtypes.to_dict(), "rows": list(excluded.itertuples(index=False))},
        "group": runs.group,
        "extra": runs.extra,
        "budget": _json.plain(runs.budget),
        **{name: getattr(runs, name) for name in ("N", "D", "C", "L", "weight")},
    }
    return dict(_json.exact(values))


def runs_from(saved: Any, place: str | Path) -> Runs:
    """Runs from their document, which stood in `place`.

    Raises:
        BadInput: a field is missing, of another type or length, or a number that runs cannot have.
    """
    check_shape(saved, RunsDocument, "runs", place)
    budgets = saved.get("budget")
    named = {name: saved[name] for name in ("N", "D", "C", "L", "weight", "rows", "group")} | {
        "budget": budgets
    }
    for name, entries in {**saved["extra"], **named}.items():
        if entries is not None:
            check_length(entries, len(saved["L"]), name, place)
    extra = {name: _numbers(entries, name, place) for name, entries in saved["extra"].items()}
    demands = {**dict.fromkeys(("N", "D", "C"), POSITIVE), "weight": NOT_NEGATIVE}
    N, D, C, weight = (
        None if saved[name] is None else _numbers(saved[name], name, place, demand)
        for name, demand in demands.items()
    )
    group = None if saved["group"] is None else np.asarray(saved["group"], np.int64)
    if group is not None and not ((group >= 0) & (group < len(saved["group_names"]))).all():
        raise wrong("group", f"codes of the {len(saved['group_names'])} names", "another code", place)
    budget = None if budgets is None else _numbers(budgets, "budget", place, POSITIVE_OR_NONE)
    provenance = Provenance(
        saved["source"],
        saved["sha256"],
        saved["columns"],
        np.asarray(saved["rows"], np.int64),
        _excluded(saved["excluded"], place),
        tuple(saved["notes"]),
        tuple(saved["group_names"]),
    )
    return Runs(N, D, C, _numbers(saved["L"], "L", place), weight, group, budget, extra, provenance)


def _numbers(entries: list[float], name: str, place: str | Path, demand: Demand = FINITE) -> np.ndarray:
    """A column of runs."""
    values = np.asarray(entries, float)
    for bad in values[~demand.holds(values)][:1]:
        raise wrong(name, demand.constraint, float(bad), place)
    return values


def _excluded(saved: dict[str, Any], place: str | Path) -> pd.DataFrame:
    """The rows left out, each column of its type."""
    try:
        frame = pd.DataFrame(saved["rows"], columns=list(saved["dtypes"]), dtype=object)
        return frame.astype(saved["dtypes"])
    except (TypeError, ValueError, OverflowError) as error:
        raise wrong("excluded rows", "cells of their columns' types", one_line(str(error)), place) from None
