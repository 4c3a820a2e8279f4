"""Every device at work: a thread a device, chunks assigned along a mesh over all processes' devices."""

from collections.abc import Callable, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor, as_completed
from dataclasses import dataclass, field
from threading import Event, Lock
from time import sleep

import jax
import numpy as np

from scalelaw.fitting.refits import Draw, Refits, Refitter
from scalelaw.resampling.estimator import Refit
from scalelaw.solve.solver import Progress
from scalelaw.studies.parts import Range

# Seconds between two looks into the folder.
POLL = 0.5

Write = Callable[[Range, Refits], None]
Assigned = Mapping[jax.Device, Sequence[Range]]


class Cancelled(Exception):
    """A device gives up its chunk, as another failed or the user interrupted."""


@dataclass
class Tally:
    """Replicates done by all devices, reported as they come.

    Attributes:
        done: replicates that were there before.
        total: replicates in all.
        report: called with (done, total).
        cancelled: set when everybody is to stop.
    """

    done: int
    total: int
    report: Progress | None
    cancelled: Event = field(default_factory=Event)
    lock: Lock = field(default_factory=Lock)

    def add(self, count: int) -> None:
        """Count some more.

        Raises:
            Cancelled: if everybody is to stop.
        """
        if self.cancelled.is_set():
            raise Cancelled
        with self.lock:
            self.done += count
            if self.report:
                self.report(self.done, self.total)

    def within_chunk(self) -> Progress:
        """Progress within a chunk, from 0, added to that of all."""
        before = 0

        def report(done: int, _: int) -> None:
            nonlocal before
            self.add(done - before)
            before = done

        return report


def assign(chunks: Sequence[Range]) -> dict[jax.Device, Sequence[Range]]:
    """The chunks of every device of this process: chunk j goes to place j of the mesh, round and round.

    Replicates know nothing of each other, so the mesh has one axis and nothing travels along it.
    """
    mesh = jax.sharding.Mesh(np.array(jax.devices()), ("replicates",))
    return {
        device: chunks[place :: mesh.size]
        for place, device in enumerate(mesh.devices)
        if device.process_index == jax.process_index()
    }


def work(refit: Refit, draw: Draw, assigned: Assigned, write: Write, tally: Tally) -> None:
    """Refit and write every chunk on its device; the first error, or an interrupt, cancels all of them."""

    def on(device: jax.Device) -> None:
        several = len(assigned) > 1
        here = refit.on(device, len(assigned)) if several and isinstance(refit, Refitter) else refit
        for chunk in assigned[device]:
            write(chunk, here(draw, np.arange(*chunk, dtype=np.uint32), tally.within_chunk()))

    with ThreadPoolExecutor(len(assigned)) as pool:
        try:
            for finished in as_completed([pool.submit(on, device) for device in assigned]):
                finished.result()
        except BaseException:
            tally.cancelled.set()
            raise


def wait_until(ready: Callable[[], bool]) -> None:
    """Wait for the other processes of `jax.distributed` to bring about what is to be read from the folder.

    They meet in the folder, which all must see anyway: a collective gives up when one comes half a minute
    late (on CPU), and chunks take longer. Should one of them die, JAX's own service ends the others.
    """
    while jax.process_count() > 1 and not ready():
        sleep(POLL)
