"""`read_dataset`: a data set as runs, in one word."""

from pathlib import Path
from typing import Any

from scalelaw.catalogue.dataset import datasets
from scalelaw.catalogue.places import dataset_path
from scalelaw.runs import Runs, read_runs


def read_dataset(name: str, folder: str | Path | None = None, **own: Any) -> Runs:
    """The runs of a data set, its columns read as its authors use them.

    Args:
        name: one of `scalelaw.datasets`.
        folder: where data sets lie; SCALELAW_DATA, else the user's cache, when None. What is not there is
            fetched, once.
        own: keywords of `scalelaw.read_runs` in place of the catalogue's (`scalelaw.datasets[name].read`);
            `where` chooses among the rows that the catalogue's leaves.

    Returns:
        The runs: N [parameters], D [tokens], C [FLOP], L [nats per token].

    Raises:
        BadInput: there is no such data set, it is no table of runs, it is not on this machine and cannot be
            fetched, or its file has other bytes than the catalogue knows.

    Examples:
        >>> runs = sl.read_dataset("simulated-sweep")
        >>> len(runs), runs.columns["L"]
        (240, 'loss')
        >>> len(sl.read_dataset("simulated-sweep", where="kind == 'isoflop'"))
        108
    """
    reading = datasets[name].reading(own)
    return read_runs(dataset_path(name, folder), **reading)
