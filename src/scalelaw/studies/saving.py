"""Draws to one Parquet file and back, with the estimator and the scheme; and to ArviZ."""

import inspect
import json
import warnings
from pathlib import Path
from typing import Any, TypedDict, cast

from scalelaw._checks import BadInput, bad_input
from scalelaw._files import appearing
from scalelaw.fitting.documents import check_length, check_shape, wrong
from scalelaw.laws import Law
from scalelaw.resampling.draws import Draws
from scalelaw.resampling.estimator import Estimator
from scalelaw.resampling.resampler import SEEDS, Resampler
from scalelaw.resampling.schemes import SCHEMES
from scalelaw.studies.estimators import restore_estimator
from scalelaw.studies.folder import Study
from scalelaw.studies.parquet import Columns, arrow, read_columns, read_metadata, write_columns


def save_draws(draws: Draws, path: str | Path) -> None:
    """Write draws, the fit they belong to and the scheme as one Parquet file, which appears whole.

    Args:
        draws: what to write; parameters in natural units, status in words.
        path: the file.

    Raises:
        BadInput: if pyarrow is missing, or the file cannot be written.

    Examples:
        >>> draws = sl.bootstrap(sl.fit(sl.read_dataset("simulated-sweep")), 400)
        >>> sl.save_draws(draws, "draws.parquet")
        >>> sl.load_draws("draws.parquet").interval("E") == draws.interval("E")
        True
    """
    arrow()
    columns = Columns(draws.replicates, draws.params, draws.objective, draws.status, draws.changed)
    made = {"fit": draws.fit.document(), "resampler": draws.resampler.document()}
    with appearing(path, "file of draws") as unfinished:
        write_columns(columns, unfinished, {name: json.dumps(part) for name, part in made.items()})


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
    metadata = read_metadata(path)
    if not {"fit", "resampler"} <= set(metadata):
        raise bad_input("file of draws", "one that `save_draws` wrote", f"{path}, which is something else")
    estimator = restore_estimator(metadata["fit"], path, law)
    replicates, *columns = read_columns(path, type(estimator.params))
    params, objective, status, changed = columns
    resampler = _resampler(metadata["resampler"], estimator, path)
    return Draws(estimator, params, objective, status, changed, resampler, replicates)


class ResamplerDocument(TypedDict):
    """A `Resampler`."""

    name: str
    seed: int
    codes: list[int] | None
    share: float


def _resampler(text: str, estimator: Estimator, path: Path) -> Resampler:
    """The resampler of an estimator from the text of its document, which stood in a file of draws."""
    try:
        document = json.loads(text)
    except (ValueError, RecursionError):
        raise bad_input("resampler", "JSON", "something else", place=str(path)) from None
    check_shape(document, ResamplerDocument, "resampler", path)
    found = Resampler.from_document(document)
    if found.name != Resampler.name and found.name not in SCHEMES:
        raise wrong("scheme", "a known one", found.name, path)
    if not (0 <= found.seed < SEEDS and 0 < found.share < 1):
        raise wrong("seed and share", "those of a resampler", (found.seed, found.share), path)
    if found.codes is not None:
        check_length(found.codes, len(estimator.runs), "codes", path)
        if found.codes.min() < 0:
            raise wrong("codes", "at least 0", int(found.codes.min()), path)
    elif found.scheme.groups == "must":
        raise wrong("codes", f"those of groups, for {found.name!r}", None, path)
    return found


def to_arviz(draws: Draws) -> Any:
    """Draws as ArviZ's InferenceData (from ArviZ 1.0 on, an xarray DataTree): one chain.

    Bootstrap draws are no posterior, but ArviZ's pictures and summaries look for them under that name.

    Args:
        draws: those that converged count, as they do in intervals.

    Returns:
        Groups `posterior` (the law's parameters and derived quantities, natural units) and `sample_stats`
        (`objective`; `changed`, see `Draws`), dimensions chain (one) and draw.

    Raises:
        BadInput: if ArviZ is not installed.
    """
    with warnings.catch_warnings():
        # ArviZ 0.23 announces ArviZ 1.0 on every first import of a day.
        warnings.simplefilter("ignore", FutureWarning)
        try:
            import arviz
        except ImportError:
            raise BadInput(
                'this needs ArviZ, which is not installed; pip install "scalelaw[arviz]"'
            ) from None
    kept, from_dict = draws.usable, cast(Any, arviz.from_dict)
    groups = {
        "posterior": {name: draws.of(name)[None] for name in draws.names},
        "sample_stats": {"objective": draws.objective[kept][None], "changed": draws.changed[kept][None]},
    }
    before_1 = "posterior" in inspect.signature(from_dict).parameters
    return from_dict(**groups) if before_1 else from_dict(groups)
