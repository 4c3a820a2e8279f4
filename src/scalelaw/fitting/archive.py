"""A fit as JSON and back, to the last bit."""

import json
import math
from collections.abc import Mapping
from dataclasses import asdict
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd

from scalelaw._checks import BadInput, bad_input, listed, nearest, shown
from scalelaw.fitting.certificate import Certificate
from scalelaw.fitting.coordinates import Constraints
from scalelaw.fitting.parts import Basin, Settings
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
    law = fields["law"]
    return {
        "format": FORMAT,
        "law": {
            "name": law.name,
            "formula": law.formula,
            "citation": law.citation,
            "inputs": list(law.inputs),
        },
        "params": _plain(fields["params"]._asdict()),
        "derived": {
            name: {"value": _plain(v), "stderr": _plain(e)} for name, (v, e) in fields["derived"].items()
        },
        **{name: _plain(fields[name]) for name in ("objective", "covariance", "scale", "residuals")},
        "certificate": _plain(asdict(fields["certificate"])),
        "settings": _plain(asdict(fields["settings"])),
        "basins": [
            {"params": _plain(basin.params._asdict()), "objective": basin.objective, "share": basin.share}
            for basin in fields["basins"]
        ],
        "runs": runs_document(fields["runs"]),
    }


def read(path: str | Path, law: Law | None = None) -> dict[str, Any]:
    """The fields of a saved fit.

    Raises:
        BadInput: no such file, not a saved fit, or a law that is not scalelaw's own and was not given.
    """
    return restored(_json(Path(path)), path, law)


def restored(saved: dict[str, Any], path: str | Path, law: Law | None = None) -> dict[str, Any]:
    """The fields of a fit from its `document`, which stood in `path`.

    Raises:
        BadInput: for a law that is not scalelaw's own and was not given.
    """
    law = law or _own_law(saved["law"]["name"], path)
    if set(saved["params"]) != set(law.fields):
        fields = f"those of '{law.name}' ({', '.join(law.fields)})"
        raise bad_input(f"parameters of {path}", fields, ", ".join(saved["params"]))
    values = _restored(saved)
    settings = values["settings"]
    return {
        "law": law,
        "params": law.Params(**values["params"]),
        "objective": values["objective"],
        "covariance": np.asarray(values["covariance"], float),
        "derived": {name: (entry["value"], entry["stderr"]) for name, entry in values["derived"].items()},
        "scale": values["scale"],
        "residuals": np.asarray(values["residuals"], float),
        "certificate": _certificate(values["certificate"]),
        "settings": Settings(
            Objective(**settings["objective"]),
            Constraints(**{name: _tuples(pairs) for name, pairs in settings["constraints"].items()}),
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


def _json(path: Path) -> dict[str, Any]:
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


def _plain(value: Any) -> Any:
    if isinstance(value, Mapping):
        return {key: _plain(entry) for key, entry in value.items()}
    if isinstance(value, (np.ndarray, tuple, list)):
        return [_plain(entry) for entry in value]
    if isinstance(value, (bool, np.bool_)):
        return bool(value)
    if isinstance(value, (float, np.floating)):
        return float(value) if math.isfinite(value) else str(float(value))
    if isinstance(value, (int, np.integer)):
        return int(value)
    return value if value is None else str(value)


def _restored(value: Any) -> Any:
    """JSON values with "inf", "-inf" and "nan" back as floats."""
    if isinstance(value, dict):
        return {key: _restored(entry) for key, entry in value.items()}
    if isinstance(value, list):
        return [_restored(entry) for entry in value]
    return float(value) if value in ("inf", "-inf", "nan") else value


def _tuples(value: Any) -> Any:
    if isinstance(value, dict):
        return {key: _tuples(entry) for key, entry in value.items()}
    return tuple(_tuples(entry) for entry in value) if isinstance(value, list) else value


def _certificate(values: dict[str, Any]) -> Certificate:
    plain = {name: _tuples(value) for name, value in values.items()}
    return Certificate(**plain)


def runs_document(runs: Runs) -> dict[str, Any]:
    """Runs as plain JSON values."""
    return {
        "source": runs.source,
        "sha256": runs.sha256,
        "columns": dict(runs.columns),
        "rows": runs.rows.tolist(),
        "notes": list(runs.notes),
        "group_names": list(runs.group_names),
        "excluded": _frame_out(runs.excluded),
        "group": None if runs.group is None else runs.group.tolist(),
        "extra": {name: values.tolist() for name, values in runs.extra.items()},
        **{name: _list(getattr(runs, name)) for name in ("N", "D", "C", "L", "weight")},
    }


def runs_from(saved: dict[str, Any]) -> Runs:
    """Runs from their document."""
    provenance = Provenance(
        saved["source"],
        saved["sha256"],
        saved["columns"],
        np.asarray(saved["rows"], np.int64),
        _frame_in(saved["excluded"]),
        tuple(saved["notes"]),
        tuple(saved["group_names"]),
    )
    N, D, C, L, weight = (_array(saved[name]) for name in ("N", "D", "C", "L", "weight"))
    if L is None:
        raise BadInput("fit file: its runs have no losses; save the fit again")
    group = None if saved["group"] is None else np.asarray(saved["group"], np.int64)
    extra = {name: np.asarray(values, float) for name, values in saved["extra"].items()}
    return Runs(N, D, C, L, weight, group, extra, provenance)


def _frame_out(frame: pd.DataFrame) -> dict[str, Any]:
    dtypes = {str(name): str(dtype) for name, dtype in frame.dtypes.items()}
    return {"dtypes": dtypes, "rows": [_plain(list(row)) for row in frame.itertuples(index=False)]}


def _frame_in(saved: dict[str, Any]) -> pd.DataFrame:
    return pd.DataFrame(saved["rows"], columns=list(saved["dtypes"]), dtype=object).astype(saved["dtypes"])


def _list(values: np.ndarray | None) -> list[float] | None:
    return None if values is None else [float(value) for value in values]


def _array(values: list[float] | None) -> np.ndarray | None:
    return None if values is None else np.asarray(values, float)
