"""Every device at work: a thread a device, chunks dealt out along a mesh over all processes' devices."""

from collections.abc import Callable, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor, as_completed
from dataclasses import dataclass, field, replace
from threading import Event, Lock
from time import sleep

import jax
import numpy as np

from scalelaw.fitting.refits import Refitter
from scalelaw.solve.lanes import Progress, workers
from scalelaw.studies.ranges import Range

# Seconds between two looks into the folder.
POLL = 0.5

Run = Callable[[Refitter, Range, Progress], None]


class Stopped(Exception):
    """A device leaves its chunk, as another failed or the user interrupted."""


@dataclass
class Tally:
    """Replicates done by all devices, told to the user as they come.

    Attributes:
        done: replicates that were there before.
        total: replicates in all.
        report: called with (done, total).
        stop: set when everybody is to leave.
    """

    done: int
    total: int
    report: Progress | None
    stop: Event = field(default_factory=Event)
    lock: Lock = field(default_factory=Lock)

    def add(self, count: int) -> None:
        """Count some more, or leave.

        Raises:
            Stopped: if everybody is to leave.
        """
        if self.stop.is_set():
            raise Stopped
        with self.lock:
            self.done += count
            if self.report:
                self.report(self.done, self.total)


def dealt(chunks: Sequence[Range]) -> dict[jax.Device, Sequence[Range]]:
    """The chunks of every device of this process: chunk j goes to place j of the mesh, round and round.

    Replicates know nothing of each other, so the mesh has one axis and nothing travels along it.
    """
    mesh = jax.sharding.Mesh(np.array(jax.devices()), ("replicates",))
    return {
        device: chunks[place :: mesh.size]
        for place, device in enumerate(mesh.devices)
        if device.process_index == jax.process_index()
    }


def placed(refitter: Refitter, device: jax.Device, devices: int) -> Refitter:
    """A refitter whose arrays lie on one device, and whose threads leave room for the other devices."""
    if devices == 1:
        return refitter
    with jax.enable_x64(True):
        problem = jax.device_put(refitter.setup.problem, device)
    solver = replace(refitter.solver, threads=refitter.solver.threads or max(1, workers() // devices))
    return replace(refitter, setup=replace(refitter.setup, problem=problem), solver=solver)


def work(refitter: Refitter, mine: Mapping[jax.Device, Sequence[Range]], run: Run, tally: Tally) -> None:
    """Run every chunk on its device; the first error, or an interrupt, stops all of them."""

    def on(device: jax.Device) -> None:
        here = placed(refitter, device, len(mine))
        for chunk in mine[device]:
            run(here, chunk, _counting(tally))

    with ThreadPoolExecutor(len(mine)) as pool:
        try:
            for finished in as_completed([pool.submit(on, device) for device in mine]):
                finished.result()
        except BaseException:
            tally.stop.set()
            raise


def wait_until(ready: Callable[[], bool]) -> None:
    """Wait for the other processes of `jax.distributed` to bring about what is to be read from the folder.

    They meet in the folder, which all must see anyway: a collective gives up when one comes half a minute
    late (on CPU), and chunks take longer. Should one of them die, JAX's own service ends the others.
    """
    while jax.process_count() > 1 and not ready():
        sleep(POLL)


def _counting(tally: Tally) -> Progress:
    """Progress within a chunk, as counts to be added."""
    before = 0

    def report(done: int, total: int) -> None:
        nonlocal before
        del total
        tally.add(done - before)
        before = done

    return report
