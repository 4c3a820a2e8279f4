"""Runs: the table of training runs, read and checked once, with every complaint naming its cell."""

from scalelaw.runs.counts import recount as recount
from scalelaw.runs.provenance import Provenance as Provenance
from scalelaw.runs.runs import Runs as Runs
from scalelaw.runs.runs import read_runs as read_runs
