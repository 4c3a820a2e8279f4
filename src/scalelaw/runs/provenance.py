"""Where runs come from."""

from collections.abc import Mapping
from dataclasses import dataclass

import pandas as pd

from scalelaw.runs.table import Whole


@dataclass(frozen=True, eq=False)
class Provenance:
    """Where runs come from: what a result needs to be repeated, and what its report says.

    It travels with `Runs` through `jax.tree` untouched and counts as equal only to itself.

    Attributes:
        source: The file's name, or the label given to a DataFrame.
        sha256: Hash of the file's bytes, or of the DataFrame written as CSV.
        columns: Column of each quantity that was read, keyed by N, D, C, L, weight, group or input.
        rows: Number of each run's row in the source, from 1, the header not counted, shape (runs,).
        excluded: The rows left out: `row`, `reason` and their original cells; empty when none was.
        notes: Sentences on what was read and derived; those that start "warning:" want a look.
        group_names: Name of each group, in the order of its code; empty without groups.
    """

    source: str
    sha256: str
    columns: Mapping[str, str]
    rows: Whole
    excluded: pd.DataFrame
    notes: tuple[str, ...]
    group_names: tuple[str, ...]
