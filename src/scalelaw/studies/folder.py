"""`study` and `merge`: a bootstrap of any size, on every device, that survives being killed at any moment."""

import json
from collections.abc import Sequence
from dataclasses import dataclass, replace
from functools import cached_property
from pathlib import Path
from typing import Any

import jax
import numpy as np
from jaxtyping import Bool

from scalelaw._checks import BadInput, bad_input, check_at_least, shown
from scalelaw._files import make_folder, unfinished_folder
from scalelaw.fitting.parametric import versions
from scalelaw.fitting.refits import Refits, Refitter
from scalelaw.laws import Law
from scalelaw.resampling.draws import Draws
from scalelaw.resampling.estimator import Estimator, refitter_of
from scalelaw.resampling.schemes import KEPT
from scalelaw.runs.groups import By
from scalelaw.solve import Levenberg
from scalelaw.solve.solver import Progress
from scalelaw.studies.estimators import load_estimator, text_of
from scalelaw.studies.manifest import MOST, Manifest, bind
from scalelaw.studies.parquet import AGAIN, Columns, arrow, read_columns, read_metadata, write_columns
from scalelaw.studies.parts import (
    Part,
    Range,
    Shard,
    appearing,
    at_least,
    check_shard,
    chunk_size,
    chunks,
    covered,
    gaps,
    in_words,
    keep_first,
    overlaps,
    part_path,
    parts,
    sweep,
    sync,
    write_text,
)
from scalelaw.studies.workers import Tally, assign, wait_until, work

# Two machines give the same refit to rounding; the objective is flat where parameters are not.
SAME = 1e-6


@dataclass(frozen=True, eq=False, repr=False)
class Study:
    """A bootstrap on disk, finished or not.

    Attributes:
        folder: where it lies: `study.json`, `fit.json` and one Parquet file a part.
        fit: the fit, or other estimator, that is repeated.
        manifest: what the study is.
        parts: the files that were there when this was made.
        notes: what there is to say of it; "warning: ..." wants a look.
    """

    folder: Path
    fit: Any
    manifest: Manifest
    parts: tuple[Part, ...]
    notes: tuple[str, ...] = ()

    @classmethod
    def load(cls, folder: str | Path, law: Law | None = None) -> "Study":
        """The study in a folder.

        Args:
            folder: where it lies.
            law: the law, where it is not one of scalelaw's own.

        Raises:
            BadInput: if there is none, or its fit cannot be read or has other data than the study began with.
        """
        folder = Path(folder)
        manifest = Manifest.read(folder)
        estimator = load_estimator(folder / "fit.json", law)
        manifest.refuse_other_data(estimator, folder / "fit.json")
        return cls(folder, estimator, manifest, tuple(parts(folder)), manifest.notes())

    @property
    def replicates(self) -> int:
        """How many the study is to have."""
        return self.manifest.replicates

    def __len__(self) -> int:
        """How many replicates are there."""
        return int(self.present.sum())

    @cached_property
    def present(self) -> Bool[np.ndarray, " R"]:
        """Which replicates are there."""
        return covered((part.replicates for part in self.parts), self.replicates)

    @cached_property
    def missing(self) -> tuple[Range, ...]:
        """Ranges (first, stop) of the replicates that are not there yet."""
        return tuple(gaps(self.present, Range(0, self.replicates)))

    def draws(self) -> Draws:
        """The draws that are there, in the order of their numbers.

        Raises:
            BadInput: if there is none, or a part is damaged or of another study.
        """
        if not len(self):
            raise bad_input("draws", "at least 1", "0", place=str(self.folder))
        columns = Columns.empty(type(self.fit.params), self.replicates)
        for part in self.parts:
            columns.fill(self.read(part))
        numbers, *rest = columns if self.present.all() else columns.rows(self.present)
        params, objective, status, changed = rest
        resampler = bind(self.fit, self.manifest.scheme)
        return Draws(self.fit, params, objective, status, changed, resampler, numbers)

    def read(self, part: Part) -> Columns:
        """The columns of a part.

        Raises:
            BadInput: if it is damaged, belongs to another study, or holds other replicates than its name says.
        """
        path, (first, stop) = part
        if read_metadata(path).get("study") != self.manifest.name:
            raise bad_input("part", "of this study", f"one of another ({path.name})", place=str(path.parent))
        columns = read_columns(path, type(self.fit.params))
        named = stop <= self.replicates and np.array_equal(columns.replicate, np.arange(first, stop))
        if not named or first >= stop:
            wanted = f"of replicates {first} to {stop - 1}, each once"
            found = f"{path.name} with {len(columns.replicate)} others"
            raise bad_input("part", wanted, found, place=str(path.parent), advice=AGAIN)
        return columns

    def write(self, columns: Columns, folder: Path) -> None:
        """Write consecutive replicates as a part of this study in some folder."""
        replicates = Range(int(columns.replicate[0]), int(columns.replicate[-1]) + 1)
        signed = {"study": self.manifest.name, "versions": json.dumps(versions())}
        with appearing(part_path(folder, replicates)) as unfinished:
            write_columns(columns, unfinished, signed)

    def summary(self) -> dict[str, Any]:
        """Folder, replicates and what is missing, for JSON."""
        return {
            "folder": str(self.folder),
            "replicates": self.replicates,
            "present": len(self),
            "missing": [[*gap] for gap in self.missing],
            "files": len(self.parts),
            "notes": list(self.notes),
        }

    def progress(self) -> str:
        """How far it is, in words."""
        if not self.missing:
            return f"{self.folder}: {self.replicates:,} replicates in {len(self.parts):,} files"
        return (
            f"{self.folder}: {len(self):,} of {self.replicates:,} replicates; "
            f"missing are {in_words(self.missing)}"
        )

    def __str__(self) -> str:
        return "\n".join([*self.notes, self.progress(), *([str(self.draws())] if len(self) > 1 else [])])

    __repr__ = progress


def study(
    fit: Estimator,
    replicates: int,
    out: str | Path,
    *,
    seed: int = 0,
    scheme: str | None = None,
    by: By = None,
    share: float = KEPT,
    starts: str = "basins",
    shard: Shard = (0, 1),
    chunk: int | None = None,
    solver: Levenberg | None = None,
    progress: Progress | None = None,
) -> Study:
    """Bootstrap a fit into a folder, or go on with what is there.

    Draws go to Parquet files as chunks of replicates complete, so memory does not grow with `replicates` and
    a kill costs no more than the chunks under way. Every local device works; under `jax.distributed` every
    process writes its own parts into the folder, which all of them must see.

    Args:
        fit: the fit, or another estimator; resamples use its law, objective and constraints.
        replicates: how many resamples in all; may grow when a study goes on.
        out: folder of the study, made if need be.
        seed: as `scalelaw.bootstrap`, like `scheme`, `by`, `share` and `starts`: the draws are the same.
        scheme: how runs are resampled.
        by: which runs belong together.
        share: part of the runs that "subsample" keeps.
        starts: "basins" or "all".
        shard: (i, n): do every n-th chunk from chunk i on, 0 <= i < n; see `merge`.
        chunk: replicates a file; by default at most 16,384, fewer with many starts.
        solver: by default `scalelaw.solve.Levenberg`, as suits the starts.
        progress: called with (replicates done, replicates in all) of this shard, those found on disk included.

    Returns:
        The study; `.draws()` reads it. A part that is damaged is set aside and done again, and `notes` names it.

    Raises:
        BadInput: if the folder holds a study of other data or settings, or more replicates; if pyarrow is
            missing; or as `scalelaw.bootstrap`.

    Examples:
        >>> fit = sl.fit(sl.read_dataset("simulated-sweep"))
        >>> sl.study(fit, 200, "study")
        study: 200 replicates in 1 files
        >>> draws = sl.study(fit, 400, "study").draws()  # goes on from there
        >>> f"{draws.stderr('alpha'):.3f}"
        '0.005'
    """
    refit = refitter_of(fit, starts, solver)
    if check_at_least("replicates", replicates, 2) > MOST:
        raise bad_input("replicates", f"at most {MOST}", shown(replicates))
    arrow()
    lanes, tolerances = 1, {}
    if isinstance(refit, Refitter):
        lanes, solver = len(refit.starts), refit.solver
        tolerances = {"tolerance": solver.tolerance, "iterations": solver.iterations}
    fitting = chunk_size(replicates, lanes, check_shard(shard)[1])
    size = fitting if chunk is None else check_at_least("chunk", chunk, 1)
    drawn = {"seed": seed, "scheme": scheme, "by": by, "share": share, "starts": starts}
    requested = Manifest.of(fit, drawn, tolerances, replicates, size)
    opened = _open(Path(out), fit, requested, keep_chunk=chunk is None)
    aside = _fill(opened, solver, shard, progress)
    made = Study.load(out, getattr(fit, "law", None))
    return replace(made, notes=(*made.notes, *aside))


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
        studies[0].manifest.refuse_other(other.manifest, other.folder)
    out = Path(out)
    if out.exists() and (not out.is_dir() or any(out.iterdir())):
        raise bad_input("out", "a new folder", f"{out}, which is there already")
    most = max(study.replicates for study in studies)
    with unfinished_folder(out, "out") as partial:
        _copy_parts(studies, partial)
        write_text(partial / "fit.json", text_of(studies[0].fit))
        write_text(partial / "study.json", replace(studies[0].manifest, replicates=most).text())
        partial.replace(out)
    sync(out.parent)
    return Study.load(out, law)


def _open(folder: Path, fit: Estimator, requested: Manifest, *, keep_chunk: bool) -> Study:
    """The study that `requested` describes, begun if need be, with the fit that began it.

    Raises:
        BadInput: if the folder cannot be made, or holds another study, or one of more replicates.
    """
    law = getattr(fit, "law", None)
    first, path = jax.process_index() == 0, folder / "study.json"
    if first and not path.exists():
        _begin(folder, fit, requested, law)
    wait_until(path.exists)
    there = Manifest.read(folder)
    there.refuse_other(requested, folder)
    if requested.replicates < there.replicates:
        wanted = f"at least those of the study ({there.replicates})"
        raise bad_input("replicates", wanted, str(requested.replicates), place=str(folder))
    grown = replace(
        there, replicates=requested.replicates, chunk=there.chunk if keep_chunk else requested.chunk
    )
    if first and grown != there:
        write_text(path, grown.text())
    wait_until(lambda: Manifest.read(folder) == grown)
    return Study.load(folder, law)


def _begin(folder: Path, fit: Estimator, requested: Manifest, law: Law | None) -> None:
    """Write the fit, then the manifest: of shards that begin together, the first to write decides both."""
    if parts(make_folder(folder, "out")):
        raise bad_input("out", "a new folder or a study", f"{folder}, whose parts have no study.json")
    path = folder / "fit.json"
    keep_first(path, text_of(fit))
    began = requested.of_estimator(load_estimator(path, law))
    began.refuse_other(requested, path)
    keep_first(folder / "study.json", began.text())


def _fill(study: Study, solver: Levenberg | None, shard: Shard, progress: Progress | None) -> tuple[str, ...]:
    """Do what a shard's chunks lack, on the devices of this process, and wait for the other processes.

    Returns:
        A note for every damaged part that was done again.
    """
    own = at_least(jax.device_count(), chunks(study.replicates, study.manifest.chunk, shard))
    assigned = assign(own)
    mine = [piece for pieces in assigned.values() for piece in pieces]
    sweep(study.folder, mine)
    study, aside = _set_aside(study, mine)
    lacking = {
        device: [gap for piece in pieces for gap in gaps(study.present, piece)]
        for device, pieces in assigned.items()
    }
    total = sum(piece.size for piece in mine)
    left = sum(gap.size for some in lacking.values() for gap in some)
    tally = Tally(total - left, total, progress)
    tally.add(0)

    def write(chunk: Range, refits: Refits) -> None:
        study.write(Columns(np.arange(*chunk), *refits), study.folder)

    if left:
        refit = refitter_of(study.fit, study.manifest.scheme["starts"], solver)
        draw = bind(study.fit, study.manifest.scheme).draw(study.fit)
        work(refit, draw, lacking, write, tally)

    def complete() -> bool:
        there = covered((part.replicates for part in parts(study.folder)), study.replicates)
        return not any(gaps(there, one) for one in own)

    wait_until(complete)
    return aside


def _set_aside(study: Study, mine: Sequence[Range]) -> tuple[Study, tuple[str, ...]]:
    """The study without those parts of `mine` that cannot be read, which are renamed, and a note on each."""
    sound, notes = [], []
    for part in study.parts:
        try:
            if overlaps(part.replicates, mine):
                study.read(part)
            sound.append(part)
        except BadInput as error:
            aside = part.path.with_name(f"{part.path.name}.damaged")
            part.path.replace(aside)
            notes.append(f"warning: a part was set aside as {aside.name} and done again: {error}")
    return replace(study, parts=tuple(sound)), tuple(notes)


def _copy_parts(studies: Sequence[Study], out: Path) -> None:
    """Write every replicate once; refuse one of which two shards say different things."""
    most = max(study.replicates for study in studies)
    objective, source = np.full(most, np.nan), np.full(most, -1)
    paths: list[Path] = []
    for study in studies:
        for part in study.parts:
            columns = study.read(part)
            at = columns.replicate
            same = np.isclose(columns.objective, objective[at], rtol=SAME, atol=1e-30, equal_nan=True)
            for other in at[(source[at] >= 0) & ~same][:1]:
                raise bad_input(
                    f"replicate {other}",
                    f"the same as in {paths[source[other]]}",
                    "another objective",
                    place=str(part.path),
                    advice="merge shards of one study only",
                )
            for gap in gaps(source >= 0, part.replicates):
                study.write(columns.rows((at >= gap.first) & (at < gap.stop)), out)
            new = at[source[at] < 0]
            objective[new], source[new] = columns.objective[source[at] < 0], len(paths)
            paths.append(part.path)
