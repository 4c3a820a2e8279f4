"""`merge`: the shards of a study, made on machines that share no folder, as one."""

import shutil
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import replace
from pathlib import Path

import numpy as np

from scalelaw._checks import bad_input
from scalelaw.laws import Law
from scalelaw.studies import parquet
from scalelaw.studies.filling import signed
from scalelaw.studies.parquet import Columns
from scalelaw.studies.parts import Part, appearing, name_of, sync
from scalelaw.studies.ranges import Range
from scalelaw.studies.whole import Study, own_part

# Two machines give the same refit to rounding; the objective is flat where parameters are not.
SAME = 1e-6


def merge(folders: Sequence[str | Path], out: str | Path, *, law: Law | None = None) -> Study:
    """Join shards of one study.

    Args:
        folders: the shards, finished or not.
        out: the folder to make; it appears whole.
        law: the law, where it is not one of scalelaw's own.

    Returns:
        The merged study; `.missing` says what no shard has, and `study` can do it.

    Raises:
        BadInput: if the folders are not of one study, have one replicate with two contents, or `out` exists.

    Examples:
        >>> fit = sl.fit(sl.read_dataset("simulated-sweep"))
        >>> for shard in range(2):
        ...     made = sl.study(fit, 400, f"study-{shard}", shard=(shard, 2), chunk=100)
        >>> made.missing
        (Range(first=0, stop=100), Range(first=200, stop=300))
        >>> sl.merge(["study-0", "study-1"], "study")
        study: 400 replicates in 4 files
    """
    if not folders:
        raise bad_input("folders", "at least 1", "none")
    studies = [Study.load(folder, law) for folder in folders]
    for other in studies[1:]:
        studies[0].manifest.refuse_other(other.manifest, str(other.folder))
    out = Path(out)
    if out.exists() and (not out.is_dir() or any(out.iterdir())):
        raise bad_input("out", "a new folder", f"{out}, which is there already")
    unfinished = out.with_name(out.name + ".unfinished")
    shutil.rmtree(unfinished, ignore_errors=True)
    unfinished.mkdir(parents=True)
    _join(studies, unfinished)
    unfinished.replace(out)
    sync(out.parent)
    return Study.load(out, law)


def _join(studies: Sequence[Study], out: Path) -> None:
    """Write all parts, each replicate once, and then what makes them a study."""
    first = studies[0]
    ours = sorted(_owned(studies), key=lambda owned: owned[1].replicates)
    end = 0
    before: list[tuple[Study, Part]] = []
    for study, part in ours:
        before = [(s, p) for s, p in before if p.replicates.stop > part.replicates.first]
        _agree(study, part, before)
        if part.replicates.stop > end:
            _copy(study, part, max(end, part.replicates.first), out)
            end = part.replicates.stop
        before.append((study, part))
    first.fit.save(out / "fit.json")
    most = max(study.replicates for study in studies)
    replace(first.manifest, replicates=most).write(out / "study.json")


def _owned(studies: Iterable[Study]) -> Iterator[tuple[Study, Part]]:
    return ((study, part) for study in studies for part in study.parts)


def _copy(study: Study, part: Part, first: int, out: Path) -> None:
    """Copy a part from replicate `first` on."""
    columns = own_part(part.path, study.manifest, study.fit.law)
    kept = columns.rows(columns.replicate >= first)
    with appearing(out / name_of(Range(first, part.replicates.stop))) as file:
        parquet.write(kept, file, signed(study))


def _agree(study: Study, part: Part, others: Iterable[tuple[Study, Part]]) -> None:
    """Refuse a part that says of a replicate something else than others do."""
    for other, twin in others:
        mine, theirs = (own_part(p.path, s.manifest, s.fit.law) for s, p in ((study, part), (other, twin)))
        differ = _differing(mine, theirs)
        if len(differ):
            raise bad_input(
                f"replicate {differ[0]}",
                f"the same as in {twin.path}",
                "another objective",
                place=str(part.path),
                advice="merge shards of one study only",
            )


def _differing(mine: Columns, theirs: Columns) -> np.ndarray:
    """Replicates that both have, with different objectives."""
    both, here, there = np.intersect1d(mine.replicate, theirs.replicate, return_indices=True)
    same = np.isclose(mine.objective[here], theirs.objective[there], rtol=SAME, atol=1e-30, equal_nan=True)
    return np.asarray(both[~same])
