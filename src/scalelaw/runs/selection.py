"""Which rows are used: a user's `where`, and the rows of highest loss."""

import warnings
from collections.abc import Mapping

import numpy as np
import pandas as pd

from scalelaw._checks import bad_input, one_line, shown
from scalelaw.runs.cells import as_numbers
from scalelaw.runs.table import Mask, Real, Table


def where(table: Table, expression: str, columns: Mapping[str, str], values: Mapping[str, Real]) -> Mask:
    """True for the rows of which `expression` holds.

    Args:
        table: The table; its columns are the names in the expression. One whose cells are all numbers, or
            text that says one, is compared as numbers.
        expression: In the language of `pandas.DataFrame.query`, e.g. "loss < 5 and `Model Size` > 1e8".
        columns: Column of each quantity that was read.
        values: Each quantity as numbers, NaN where a cell is none: what the expression sees under the
            column's name, and under the quantity's own where no column has that name.

    Returns:
        Mask, shape (rows,).

    Raises:
        BadInput: The expression cannot be evaluated, is not true or false of each row, or is true of none.
    """
    answer = _evaluated(table, expression, _frame(table, columns, values))
    if not (isinstance(answer, pd.Series) and answer.dtype == np.bool_ and len(answer) == len(table)):
        raise bad_input(
            "where", 'a condition that is true or false of each row, like "loss < 5"', shown(expression, 80)
        )
    if not answer.any():
        found = f"{shown(expression, 80)}, which is true of none of the {len(table)} rows"
        raise bad_input("where", "true of at least one row", found, place=table.label)
    return answer.to_numpy(dtype=np.bool_)


def _evaluated(table: Table, expression: str, frame: pd.DataFrame) -> object:
    """What the expression makes of the frame; it sees no variable but the columns."""
    try:
        with warnings.catch_warnings(action="ignore"):
            return frame.eval(expression, engine="python", parser="pandas", local_dict={}, global_dict={})
    except Exception as error:  # pandas raises many kinds for what it cannot follow
        reason = one_line(str(error))[:100] or type(error).__name__
        found = f"{shown(expression, 80)} ({reason})"
        raise bad_input("where", "an expression over the table's columns", found, place=table.label) from None


def _frame(table: Table, columns: Mapping[str, str], values: Mapping[str, Real]) -> pd.DataFrame:
    """The frame an expression is evaluated on."""
    cells: dict[str, pd.Series | Real] = {name: as_numbers(table.frame[name]) for name in table.frame.columns}
    by_column = {columns[quantity]: values[quantity] for quantity in columns if quantity in values}
    return pd.DataFrame(dict(values) | cells | by_column)


def below_highest(table: Table, L: Real, highest: int) -> Mask:
    """True for the rows whose loss is strictly below the `highest`-th largest (Besiroglu et al. 2024).

    Args:
        table: The table, for messages.
        L: Loss of its rows, nats per token, shape (rows,).
        highest: How many of the highest losses to leave out, at least 0; ties with the last of them go too.

    Returns:
        Mask, shape (rows,).

    Raises:
        BadInput: No row would be left.
    """
    if highest == 0:
        return np.full(L.shape, True)
    cut = np.sort(L)[-highest] if highest <= L.size else -np.inf
    below: Mask = cut > L
    if not below.any():
        found = f"{highest}, which leaves none of the {L.size} rows"
        raise bad_input("drop_highest_loss", "small enough to leave a row", found, place=table.label)
    return below
