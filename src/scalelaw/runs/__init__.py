"""Runs: the table of training runs, read and checked once, with every complaint naming its cell."""

from scalelaw.runs.counts import COUNTS as COUNTS
from scalelaw.runs.counts import recount as recount
from scalelaw.runs.runs import Runs as Runs
from scalelaw.runs.runs import read_dataset as read_dataset
from scalelaw.runs.runs import read_runs as read_runs
from scalelaw.runs.table import Provenance as Provenance
