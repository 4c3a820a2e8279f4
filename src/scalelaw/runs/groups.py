"""Which runs belong together: codes from 0, by the table's group column, a quantity, or the user's labels."""

from collections.abc import Sequence

import numpy as np
from jaxtyping import Int

from scalelaw._checks import BadInput, check_choice
from scalelaw.runs import Runs

# Runs of one budget or one model differ in the last digits of C or N: equal to this many significant ones.
DIGITS = 6
# Below so many groups a bootstrap of whole groups is too narrow (Cameron, Gelbach & Miller 2008).
FEW = 10

By = str | Sequence[object] | np.ndarray | None


def group_codes(runs: Runs, by: By) -> Int[np.ndarray, " n"]:
    """Code of each run's group, from 0.

    Args:
        runs: the table.
        by: "N", "D", "C" or a further input: runs whose values agree to six digits belong together; "group"
            or None: the group column that the table was read with; or one label a run.

    Raises:
        BadInput: if there is no such column, labels are not one a run, or all runs are of one group.
    """
    labels = _labels(runs, by)
    if len(labels) != len(runs):
        raise BadInput(f"`by` must be one label a run ({len(runs)}), got {len(labels)} labels")
    names, codes = np.unique(labels, return_inverse=True)
    if len(names) < 2:
        raise BadInput(
            f"{runs.source}: groups must be at least 2 to be resampled, got 1 for all {len(runs)} runs; "
            "resample by another column, or by single runs"
        )
    return np.asarray(codes.ravel(), np.int32)


def check_enough(count: int, parameters: int, source: str) -> None:
    """Refuse to judge parameters by how they vary over no more groups than there are parameters.

    Args:
        count: groups.
        parameters: that were fitted.
        source: the table.

    Raises:
        BadInput: the groups are too few.
    """
    if count <= parameters:
        raise BadInput(
            f"{source}: groups must be more than the {parameters} fitted parameters to be drawn or left out whole, "
            f"got {count}; group by another column, or take runs for independent"
        )


def few_groups(count: int) -> str:
    """What to know of intervals over few groups; nothing where they are enough."""
    return (
        f"{count} groups are few: intervals over fewer than {FEW} tend to be too narrow"
        if count < FEW
        else ""
    )


def pool_singles(codes: Int[np.ndarray, " n"]) -> Int[np.ndarray, " n"]:
    """Strata in which the runs that are alone in theirs are one: what is drawn from one run never varies.

    Where it is one run, it joins the largest of the others.
    """
    sizes = np.bincount(codes)
    alone = sizes[codes] == 1
    one = sizes.argmax() if np.count_nonzero(alone) == 1 else len(sizes)
    return np.asarray(np.unique(np.where(alone, one, codes), return_inverse=True)[1].ravel(), np.int32)


def _labels(runs: Runs, by: By) -> np.ndarray:
    if by is not None and not isinstance(by, str):
        return np.asarray(by)
    if by in (None, "group"):
        if runs.group is None:
            raise BadInput(
                f"{runs.source}: groups must come from a column, and none was named; "
                "read the runs with one (`group=`, --by), or resample by N, D or C"
            )
        return np.asarray(runs.group)
    known = {name: getattr(runs, name) for name in ("N", "D", "C")} | runs.extra
    columns = {name: values for name, values in known.items() if values is not None}
    check_choice("`by`", str(by), ("group", *columns))
    return np.array([f"{value:.{DIGITS}g}" for value in columns[str(by)]])
