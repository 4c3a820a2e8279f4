"""`study`: a bootstrap of any size, on every device, that survives being killed at any moment."""

from pathlib import Path

from scalelaw._checks import bad_input, check_at_least, check_choice, shown
from scalelaw.fitting import Fit
from scalelaw.resampling.schemes import KEPT
from scalelaw.runs.groups import By
from scalelaw.solve import Levenberg
from scalelaw.solve.lanes import Progress
from scalelaw.studies import parquet
from scalelaw.studies.filling import fill
from scalelaw.studies.manifest import Manifest
from scalelaw.studies.opening import opened
from scalelaw.studies.ranges import Shard, chunk_size
from scalelaw.studies.scheme import Scheme
from scalelaw.studies.whole import Study

# Replicates are numbered in 32 bits.
MOST = 1 << 32


def study(
    fit: Fit,
    replicates: int,
    out: str | Path,
    *,
    seed: int = 0,
    scheme: str = "pairs",
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
        fit: the fit; resamples use its law, objective and constraints.
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
        The study; `.draws()` reads it.

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
    check_choice("starts", starts, ("basins", "all"))
    if check_at_least("replicates", replicates, 2) > MOST:
        raise bad_input("replicates", f"at most {MOST}", shown(replicates))
    parquet.arrow()
    checked = Scheme(seed, scheme, by, share, starts)
    checked.bind(fit)
    refitter = fit.refitter(starts=starts, solver=solver)
    fitting = chunk_size(replicates, len(refitter.starts), _shard(shard)[1])
    size = fitting if chunk is None else check_at_least("chunk", chunk, 1)
    asked = Manifest.of(fit, checked, refitter.solver, replicates, size)
    fill(opened(Path(out), fit, asked, keep_chunk=chunk is None), refitter.solver, shard, progress)
    return Study.load(out, fit.law)


def _shard(shard: Shard) -> Shard:
    own, count = shard
    if check_at_least("shard", own, 0) >= check_at_least("shards", count, 1):
        raise bad_input("shard", f"i of n with i from 0 to {count - 1}", f"{own} of {count}")
    return shard
