"""Draws to one Parquet file and back, with the fit and all that intervals need."""

import json
from functools import partial
from pathlib import Path
from typing import Any

import numpy as np

from scalelaw._checks import bad_input
from scalelaw.fitting import archive
from scalelaw.fitting.result import Fit
from scalelaw.laws import Law
from scalelaw.resampling.draws import Draws
from scalelaw.resampling.jackknife import jackknife
from scalelaw.studies import parquet
from scalelaw.studies.parquet import Columns
from scalelaw.studies.parts import appearing
from scalelaw.studies.whole import Study


def save_draws(draws: Draws, path: str | Path) -> None:
    """Write draws, the fit they belong to and the scheme as one Parquet file, which appears whole.

    Args:
        draws: what to write; parameters in natural units, status in words.
        path: the file.

    Raises:
        BadInput: if pyarrow is missing.

    Examples:
        >>> draws = sl.bootstrap(sl.fit(sl.read_dataset("simulated-sweep")), 400)
        >>> sl.save_draws(draws, "draws.parquet")
        >>> sl.load_draws("draws.parquet").interval("E") == draws.interval("E")
        True
    """
    columns = Columns(np.arange(len(draws)), draws.params, draws.objective, draws.status, draws.changed)
    fit = archive.document({name: getattr(draws.fit, name) for name in archive.SAVED})
    scheme = {"words": draws.scheme, "inflation": draws.inflation, "jackknife": _jackknife(draws)}
    parquet.arrow()
    with appearing(Path(path)) as file:
        parquet.write(columns, file, {"fit": json.dumps(fit), "scheme": json.dumps(scheme)})


def load_draws(path: str | Path, *, law: Law | None = None) -> Draws:
    """Read draws.

    Args:
        path: a file of `save_draws`, or the folder of a study.
        law: the law, where it is not one of scalelaw's own.

    Raises:
        BadInput: if there is neither, or pyarrow is missing.

    Examples:
        >>> sl.study(sl.fit(sl.read_dataset("simulated-sweep")), 400, "study")
        study: 400 replicates in 1 files
        >>> len(sl.load_draws("study"))
        400
    """
    path = Path(path)
    if path.is_dir():
        return Study.load(path, law).draws()
    found = parquet.metadata(path)
    if not {"fit", "scheme"} <= set(found):
        raise bad_input("file of draws", "one that `save_draws` wrote", f"{path}, which is something else")
    fit = Fit(**archive.restored(json.loads(found["fit"]), path, law))
    scheme = json.loads(found["scheme"])
    left_out = None if scheme["jackknife"] is None else partial(jackknife, fit, **scheme["jackknife"])
    return Draws(fit, *parquet.read(path, fit.law)[1:], scheme["words"], scheme["inflation"], left_out)


def _jackknife(draws: Draws) -> dict[str, Any] | None:
    """The groups of the jackknife that belongs to the draws; None where there is none."""
    if not isinstance(draws.left_out, partial):
        return None
    by = draws.left_out.keywords.get("by")
    return {"by": by if by is None or isinstance(by, str) else np.asarray(by).tolist()}
