"""A fit as JSON and back, to the last bit."""

import json
from collections.abc import Mapping
from dataclasses import asdict
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd

from scalelaw import _json
from scalelaw._checks import BadInput, bad_input, listed, nearest, shown
from scalelaw.fitting.certificate import Certificate
from scalelaw.fitting.coordinates import Constraints
from scalelaw.fitting.setup import Basin, Settings
from scalelaw.laws import LAWS, Law
from scalelaw.objective import Objective
from scalelaw.runs import Provenance, Runs

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


def write(path: str | Path, fields: Mapping[str, Any]) -> None:
    """Write the fields of a fit; the file appears whole or not at all."""
    path = Path(path)
    partial = path.with_name(path.name + ".partial")
    partial.write_text(json.dumps(document(fields), indent=1, allow_nan=False) + "\n", encoding="utf-8")
    partial.replace(path)


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
    return {**_json.exact(values), "runs": runs}


def read(path: str | Path, law: Law | None = None) -> dict[str, Any]:
    """The fields of a saved fit.

    Raises:
        BadInput: no such file, not a saved fit, or a law that is not scalelaw's own and was not given.
    """
    return restored(_load(Path(path)), path, law)


def restored(saved: dict[str, Any], path: str | Path, law: Law | None = None) -> dict[str, Any]:
    """The fields of a fit from its `document`, which stood in `path`.

    Raises:
        BadInput: for a law that is not scalelaw's own and was not given.
    """
    law = law or _own_law(saved["law"]["name"], path)
    if set(saved["params"]) != set(law.fields):
        fields = f"those of '{law.name}' ({', '.join(law.fields)})"
        raise bad_input(f"parameters of {path}", fields, ", ".join(saved["params"]))
    values = _json.restored(saved)
    settings = values["settings"]
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
            Constraints(**_tuples(settings["constraints"])),
            settings["starts"],
            settings["solver"],
            settings["versions"],
        ),
        "basins": tuple(
            Basin(law.Params(**basin["params"]), basin["objective"], basin["share"])
            for basin in values["basins"]
        ),
        "runs": runs_from(saved["runs"]),
    }


def _load(path: Path) -> dict[str, Any]:
    try:
        saved = json.loads(path.read_text(encoding="utf-8"))
    except OSError as error:
        raise bad_input("fit file", "a readable file", f"{path} ({error.strerror})") from error
    except ValueError as error:
        raise bad_input("fit file", "the JSON that `save` wrote", f"{path}, which is not JSON") from error
    if not isinstance(saved, dict) or saved.get("format") != FORMAT:
        raise bad_input(
            "fit file", f"the JSON that `save` wrote ({FORMAT!r})", f"{path}, which is something else"
        )
    missing = [part for part in SAVED if part not in saved]
    if missing:
        raise bad_input(
            "fit file", "whole", f"{path}, which lacks {listed(missing)}", advice="save the fit again"
        )
    return saved


def _own_law(name: str, path: str | Path) -> Law:
    if name in LAWS:
        return LAWS[name]
    advice = f"hand it over, Fit.load(path, law=...) {nearest(name, LAWS)}".strip()
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
        **{name: getattr(runs, name) for name in ("N", "D", "C", "L", "weight")},
    }
    return dict(_json.exact(values))


def runs_from(saved: dict[str, Any]) -> Runs:
    """Runs from their document."""
    excluded = saved["excluded"]
    frame = pd.DataFrame(excluded["rows"], columns=list(excluded["dtypes"]), dtype=object)
    provenance = Provenance(
        saved["source"],
        saved["sha256"],
        saved["columns"],
        np.asarray(saved["rows"], np.int64),
        frame.astype(excluded["dtypes"]),
        tuple(saved["notes"]),
        tuple(saved["group_names"]),
    )
    N, D, C, L, weight = (
        None if saved[name] is None else np.asarray(saved[name], float)
        for name in ("N", "D", "C", "L", "weight")
    )
    if L is None:
        raise BadInput("fit file: its runs have no losses; save the fit again")
    group = None if saved["group"] is None else np.asarray(saved["group"], np.int64)
    extra = {name: np.asarray(values, float) for name, values in saved["extra"].items()}
    return Runs(N, D, C, L, weight, group, extra, provenance)
