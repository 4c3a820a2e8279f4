"""Draws to one Parquet file and back, with the fit and all that intervals need."""

import json
from pathlib import Path

from scalelaw._checks import bad_input
from scalelaw.fitting import archive
from scalelaw.fitting.result import Fit
from scalelaw.laws import Law
from scalelaw.resampling.draws import Draws
from scalelaw.resampling.resampler import Resampler
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
    columns = Columns(draws.replicates, draws.params, draws.objective, draws.status, draws.changed)
    fit, scheme = draws.fit.document(), draws.resampler.document()
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
    columns = parquet.read(path, fit.law)
    return Draws(fit, *columns[1:], Resampler.restored(scheme), columns[0])
