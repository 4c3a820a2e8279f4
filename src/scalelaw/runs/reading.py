"""From a table to its quantities: columns found, cells read, N, D or C derived, rows selected and checked."""

from collections.abc import Mapping, Sequence
from typing import NamedTuple

import numpy as np
import pandas as pd

from scalelaw._checks import bad_input, check_at_least
from scalelaw.flops import Convention, convention
from scalelaw.runs.cells import FINITE, NOT_NEGATIVE, POSITIVE, check_cells, missing, numbers
from scalelaw.runs.columns import QUANTITIES, check_some_input, column, further, recognise
from scalelaw.runs.compute import agreement, check_derived, derived
from scalelaw.runs.selection import below_highest, where
from scalelaw.runs.suspicions import suspicions
from scalelaw.runs.table import Mask, Real, Table, Text, Whole

GIVEN = "given"
"""In place of a convention: the table's own C is taken unquestioned."""

DEMANDS = {quantity: POSITIVE for quantity in QUANTITIES} | {"weight": NOT_NEGATIVE}
"""What the cells of each quantity must be; those of further inputs must be finite."""


class Ask(NamedTuple):
    """What a user says about a table; the keywords of `Runs.from_frame`, where each is explained."""

    named: Mapping[str, str | None]
    weight: str | None
    group: str | None
    where: str | None
    drop_highest_loss: int
    inputs: Mapping[str, str] | Sequence[str] | None
    flops: str | Convention


class Reading(NamedTuple):
    """The quantities of the rows that are used.

    Attributes:
        table: Those rows.
        columns: Column of each quantity that was read.
        values: N, D, C (those there are), L, weight and further inputs by name, shape (rows,) each.
        group: Code of each row's group and the groups' names; None without groups.
        excluded: The other rows, with number and reason.
        notes: What was read, derived and found odd.
    """

    table: Table
    columns: dict[str, str]
    values: dict[str, Real]
    group: tuple[Whole, tuple[str, ...]] | None
    excluded: pd.DataFrame
    notes: tuple[str, ...]


def quantities(table: Table, ask: Ask) -> Reading:
    """The quantities that `ask` wants of `table`.

    Raises:
        BadInput: A column is missing or unclear, a cell is no usable number, C contradicts the convention, or
            no row is left.
    """
    rule = None if ask.flops == GIVEN else convention(ask.flops)
    columns = _columns(table, ask)
    read = {name: numbers(table.frame[columns[name]]) for name in columns if name != "group"}
    made = derived(read, rule) if rule else {}
    kept, values, reasons = _select(table, ask, columns, read | made)
    _check_weights(kept, values)
    notes = [_read_note(columns), *_compute_notes(kept, values, list(made), rule), *_left_out_note(reasons)]
    return Reading(
        table=kept,
        columns=columns,
        values=values,
        group=_groups(kept, columns["group"]) if "group" in columns else None,
        excluded=_excluded(table, reasons),
        notes=(*notes, *suspicions(kept, values)),
    )


def _columns(table: Table, ask: Ask) -> dict[str, str]:
    """The column of everything that is to be read."""
    columns = recognise(table, ask.named) | further(table, ask.inputs)
    check_some_input(table, columns)
    if ask.flops == GIVEN and "C" not in columns:
        raise bad_input(
            "flops", 'a convention such as "6ND" for a table without C', '"given"', place=table.label
        )
    asked = {"weight": ask.weight, "group": ask.group}
    return columns | {
        name: column(table, name, wanted) for name, wanted in asked.items() if wanted is not None
    }


def _select(
    table: Table, ask: Ask, columns: dict[str, str], values: dict[str, Real]
) -> tuple[Table, dict[str, Real], Text]:
    """The rows that are used, their values, and for each row of the table why it is not ("" where it is)."""
    highest = check_at_least("drop_highest_loss", ask.drop_highest_loss, 0)
    reasons = np.full(len(table), "", dtype=np.object_)
    kept = table
    if ask.where is not None:
        chosen = where(table, ask.where, columns, values)
        reasons[~chosen] = f"where: not ({ask.where})"
        kept, values = table.keep(chosen), _keep(values, chosen)
    _check_values(kept, columns, values)
    below = below_highest(kept, values["L"], highest)
    reasons[kept.rows[~below] - 1] = f"drop-highest-loss {highest}"
    return kept.keep(below), _keep(values, below), reasons


def _keep(values: Mapping[str, Real], mask: Mask) -> dict[str, Real]:
    return {name: values[name][mask] for name in values}


def _check_values(table: Table, columns: Mapping[str, str], values: Mapping[str, Real]) -> None:
    """Refuse a cell, read or derived, that is not what its quantity must be."""
    for name in values:
        if name in columns:
            check_cells(table, name, columns[name], values[name], DEMANDS.get(name, FINITE))
    for name in values.keys() - columns.keys():
        check_derived(table, name, values[name])


def _check_weights(table: Table, values: Mapping[str, Real]) -> None:
    """Refuse weights that are all zero."""
    if "weight" in values and not values["weight"].any():
        raise bad_input("weight", "above 0 in at least one row", f"0 in all {len(table)}", place=table.label)


def _read_note(columns: Mapping[str, str]) -> str:
    """Which column was read as what."""
    return "read " + ", ".join(f"{name} from {columns[name]!r}" for name in columns)


def _compute_notes(
    table: Table, values: Mapping[str, Real], made: Sequence[str], rule: Convention | None
) -> list[str]:
    """How N, D and C hang together; C that contradicts the convention is refused."""
    if rule is None:
        return ["C is taken as given in the table, by no convention"]
    if made:
        return [f"derived {name} by the convention {rule.name}" for name in made]
    return [agreement(table, values, rule)] if values.keys() >= set("NDC") else []


def _left_out_note(reasons: Text) -> list[str]:
    """How many rows are left out, and why."""
    left_out = [reason for reason in reasons if reason]
    counts = [f"{left_out.count(reason)} by {reason}" for reason in dict.fromkeys(left_out)]
    return [f"left out {len(left_out)} of {len(reasons)} rows: {', '.join(counts)}"] if left_out else []


def _groups(table: Table, name: str) -> tuple[Whole, tuple[str, ...]]:
    """The code of each row's group, in the order in which groups first appear, and the groups' names."""
    cells = table.frame[name]
    without = np.flatnonzero(missing(cells))
    if without.size:
        place = table.place(int(without[0]), name)
        raise bad_input("group", "the name of the row's group", "an empty cell", place=place)
    codes, names = pd.factorize(np.array([str(cell) for cell in cells], dtype=np.object_))
    return codes.astype(np.int64), tuple(names)


def _excluded(table: Table, reasons: Text) -> pd.DataFrame:
    """The rows that are not used, each with its number and the reason, before its original cells."""
    out = reasons != ""
    why = pd.DataFrame({"row": table.rows[out], "reason": reasons[out]})
    cells = table.frame[out].reset_index(drop=True)
    return why.join(cells.rename(columns={name: f"{name} (table)" for name in why}))
