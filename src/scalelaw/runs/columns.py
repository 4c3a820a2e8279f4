"""Which column holds which quantity: the names people use, and what to say when they are not clear."""

import re
from collections.abc import Iterable, Mapping, Sequence
from itertools import product

import numpy as np
import pandas as pd

from scalelaw._checks import BadInput, bad_input, listed, nearest, one_line, shown
from scalelaw.runs.table import POSITIVE, Table, missing, numbers

QUANTITIES: Mapping[str, str] = {
    "N": "parameters",
    "D": "tokens",
    "C": "training compute, FLOP",
    "L": "loss, nats per token",
}
"""The quantities of a table of runs and their units."""

RESERVED = (*QUANTITIES, "weight", "group", "budget")
"""Names that no further input can have, because they have keywords of their own."""

_COUNTS = ("", "n", "num", "numberof", "total")
_STAGES = ("", "train", "training")
_SPLITS = ("", "val", "valid", "validation", "eval", "test", "train", "training")


def _join(*parts: tuple[str, ...]) -> frozenset[str]:
    """Every name made of one word of each part."""
    return frozenset("".join(words) for words in product(*parts))


ALIASES: Mapping[str, frozenset[str]] = {
    "N": _join(_COUNTS, ("params", "parameters"))
    | {"n", "modelsize", "modelparams", "modelparameters", "paramcount", "parametercount", "paramscount"},
    "D": _join(_COUNTS, _STAGES, ("tokens",))
    | {"d", "tokensseen", "seentokens", "tokencount", "tokenstrained", "datasettokens"},
    "C": _join((*_STAGES, "total"), ("flop", "flops", "compute"))
    | {"c", "computeflop", "computeflops", "flopcount"},
    "L": _join(("", "final"), _SPLITS, ("loss",))
    | {"l", "lmloss", "celoss", "crossentropy", "crossentropyloss"},
}
"""Names that are read as each quantity, as `fold_name` writes them."""

FALLBACKS: Mapping[str, frozenset[str]] = {
    "C": frozenset({"budget", "flopbudget", "flopsbudget", "computebudget"}),
}
"""Names that are read as a quantity only when none of its aliases is there."""


BUDGETS = (
    _join(("", "flop", "flops", "compute", "training", "isoflop", "c"), ("budget",))
    | _join(("target", "nominal", "budget"), ("flop", "flops", "compute", "budget"))
    | {"isoflop", "isoflops"}
)
"""Names of a column that says which compute budget a run was trained for, where C has a column of its own."""

NO_BUDGET = "none"
"""What is given for the column of budgets to read none."""


def fold_name(name: str) -> str:
    """A column's name without case, blanks, underscores, hyphens, slashes and dots."""
    return re.sub(r"[\s_\-/.]+", "", name).casefold()


def recognise(table: Table, given: Mapping[str, str | None]) -> dict[str, str]:
    """The column of each quantity that the table has.

    Args:
        table: The table.
        given: For each of N, D, C and L the column the user named, or None.

    Returns:
        Column names keyed by quantity, in the order N, D, C, L; a quantity without a column has no key.

    Raises:
        BadInput: A named column is missing or named twice, two columns could be meant, or none is the loss.
    """
    named = {
        quantity: find_column(table, quantity, name) for quantity, name in given.items() if name is not None
    }
    for name in named.values():
        same = [other for other in named if named[other] == name]
        if len(same) > 1:
            found = f"{shown(name)} for both"
            raise bad_input(" and ".join(same), "different columns", found, place=table.label)
    free = [name for name in table.frame.columns if name not in named.values()]
    known = {
        quantity: named.get(quantity) or _recognise_one(table, quantity, free) for quantity in QUANTITIES
    }
    columns = {quantity: name for quantity, name in known.items() if name is not None}
    if "L" not in columns:
        raise _no_column_for(table, "the loss L", "L")
    return columns


def recognise_budget(table: Table, taken: Iterable[str]) -> tuple[str | None, str]:
    """The one column that goes by a name of compute budgets, and what to note of one that cannot be read.

    Args:
        table: The table.
        taken: Columns that are read as something else.
    """
    names = [name for name in table.frame.columns if fold_name(name) in BUDGETS and name not in set(taken)]
    if len(names) > 1:
        return None, f"the columns {listed(names)} could all be budgets, and none is read as such: name one"
    for name in names:
        cells = table.frame[name]
        bad = np.flatnonzero(~(POSITIVE.holds(numbers(cells)) | missing(cells)))
        if bad.size:
            cell = shown(cells.iloc[bad[0]])
            return (
                None,
                f"column {shown(name, 40)} is not read as budgets: {table.row(int(bad[0]))} says {cell}",
            )
        if not missing(cells).all():
            return name, ""
    return None, ""


def find_inputs(table: Table, inputs: Mapping[str, str] | Sequence[str] | None) -> dict[str, str]:
    """The column of each further input that a user's law wants.

    Raises:
        BadInput: A column is missing, or a name is one of `RESERVED`.
    """
    if isinstance(inputs, str):
        raise bad_input(
            "inputs", 'a mapping of names to columns or a list of names, like ["U"]', shown(inputs)
        )
    wanted = inputs if isinstance(inputs, Mapping) else {name: name for name in inputs or ()}
    for name in wanted:
        if name in RESERVED:
            raise bad_input("inputs", f"names other than {', '.join(RESERVED)}", shown(name))
    return {name: find_column(table, name, wanted[name]) for name in wanted}


def check_some_input(table: Table, columns: Iterable[str]) -> None:
    """Refuse a table without any input beside its loss.

    Raises:
        BadInput: There is none.
    """
    if set(columns) <= {"L"}:
        raise _no_column_for(table, "an input N, D or C", "N")


def find_column(table: Table, quantity: str, name: str) -> str:
    """`name`, if the table has such a column.

    Raises:
        BadInput: It has not; the message lists the columns and the nearest of them.
    """
    names = list(table.frame.columns)
    if name in names:
        return name
    raise bad_input(
        quantity,
        f"a column of {table.label} ({listed(names)})",
        shown(name),
        advice=nearest(str(name), names),
    )


def _recognise_one(table: Table, quantity: str, names: Sequence[str]) -> str | None:
    """The one column among `names` that goes by an alias of the quantity, or None."""
    for aliases in (ALIASES[quantity], FALLBACKS.get(quantity, frozenset())):
        candidates = [name for name in names if fold_name(name) in aliases]
        if candidates:
            return _choose(table, quantity, candidates)
    return None


def _choose(table: Table, quantity: str, candidates: Sequence[str]) -> str:
    """The candidate that is meant: columns of words do not count, and equal columns are one."""
    values = {name: numbers(table.frame[name]) for name in candidates} if len(candidates) > 1 else {}
    numeric = [name for name in values if np.isfinite(values[name]).any()] or list(candidates)
    if all(np.array_equal(values[name], values[numeric[0]], equal_nan=True) for name in numeric[1:]):
        return numeric[0]
    flag = shown(numeric[0]) if re.search(r"\W", numeric[0]) else numeric[0]
    raise bad_input(
        f"{quantity} ({QUANTITIES[quantity]})",
        "one column",
        f"{listed(numeric)}",
        place=table.label,
        advice=f'choose one: {quantity}="{one_line(numeric[0])[:40]}" (--{quantity} {flag})',
    )


def _no_column_for(table: Table, what: str, quantity: str) -> BadInput:
    return bad_input(
        what,
        "in a column with a name known for it",
        f"the columns {listed(table.frame.columns)}",
        place=table.label,
        advice=f'name its column: {quantity}="..." (--{quantity} ...){_shape(list(table.frame.columns))}',
    )


def _shape(names: Sequence[str]) -> str:
    """What a table whose columns have no known name looks like, and how to turn it; nothing where it is a table."""
    if len(names) == 1 and "|" in names[0]:
        return "; this looks like a table in Markdown: separate its cells by commas alone"
    if len(names) == 1 and len(names[0].split()) > 1:
        return "; these look like columns apart by blanks: separate them by commas"
    if any(name.endswith("__MIN") for name in names):
        return "; this looks like an export of Weights & Biases, a column a run: make it a row a run"
    if sum(np.isfinite(numbers(pd.Series(names, dtype=object)))) > 1:
        return "; these look like budgets, a column each: make it a row a run"
    if any(name.startswith("Unnamed: ") for name in names):
        return "; the names seem to stand in another line than the first"
    return ""
