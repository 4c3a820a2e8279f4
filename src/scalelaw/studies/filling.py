"""The missing chunks of a study, refitted on every device and written as they complete."""

import json
from collections.abc import Sequence
from functools import partial
from typing import Any

import jax
import numpy as np

from scalelaw.fitting.parametric import versions
from scalelaw.fitting.refits import Refitter
from scalelaw.solve import Levenberg
from scalelaw.solve.lanes import Progress
from scalelaw.studies import parquet
from scalelaw.studies.crew import Tally, dealt, wait_until, work
from scalelaw.studies.parquet import Columns
from scalelaw.studies.parts import appearing, name_of, parts, sweep
from scalelaw.studies.ranges import Range, Shard, at_least, chunks, covered, gaps
from scalelaw.studies.whole import Study


def fill(study: Study, solver: Levenberg, shard: Shard, progress: Progress | None) -> None:
    """Do what a shard's chunks lack, on the devices of this process, and wait for the other processes."""
    own = at_least(jax.device_count(), chunks(study.replicates, study.manifest.chunk, shard))
    devices = dealt(own)
    mine = [piece for pieces in devices.values() for piece in pieces]
    sweep(study.folder, mine)
    lacking = {
        device: [gap for piece in pieces for gap in gaps(study.present, piece)]
        for device, pieces in devices.items()
    }
    total = sum(piece.size for piece in mine)
    left = sum(gap.size for some in lacking.values() for gap in some)
    tally = Tally(total - left, total, progress)
    tally.add(0)
    if left:
        refitter = study.fit.refitter(starts=study.manifest.scheme["starts"], solver=solver)
        draw = study.manifest.resampler(study.fit).draw(study.fit)
        work(refitter, lacking, partial(_chunk, study, draw), tally)
    wait_until(lambda: not lacks(study, own))


def lacks(study: Study, ranges: Sequence[Range]) -> bool:
    """Whether any replicate of these ranges is not on the disk by now."""
    there = covered((part.replicates for part in parts(study.folder)), study.replicates)
    return any(gaps(there, one) for one in ranges)


def _chunk(study: Study, draw: Any, refitter: Refitter, chunk: Range, report: Progress) -> None:
    """Refit a chunk of replicates and write its part."""
    numbers = np.arange(*chunk, dtype=np.uint32)
    columns = Columns(numbers, *refitter(draw, numbers, report))
    with appearing(study.folder / name_of(chunk)) as file:
        parquet.write(columns, file, signed(study))


def signed(study: Study) -> dict[str, str]:
    """What every part of a study carries."""
    return {"study": study.manifest.name, "versions": json.dumps(versions())}
