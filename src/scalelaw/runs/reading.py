"""From a table to its quantities: columns found, cells read, N, D or C derived, rows selected and checked."""

from collections.abc import Mapping, Sequence
from dataclasses import replace
from typing import NamedTuple

import numpy as np
import pandas as pd

from scalelaw._checks import bad_input, check_at_least, shown
from scalelaw.flops import Convention, convention
from scalelaw.numbers import format_number
from scalelaw.runs.columns import (
    NO_BUDGET,
    QUANTITIES,
    check_some_input,
    find_column,
    find_inputs,
    recognise,
    recognise_budget,
)
from scalelaw.runs.expression import evaluate
from scalelaw.runs.table import (
    FINITE,
    NOT_NEGATIVE,
    POSITIVE,
    Demand,
    Integers,
    Mask,
    Reals,
    Table,
    Texts,
    as_numbers,
    check_cells,
    missing,
    numbers,
)

GIVEN = "given"
"""In place of a convention: the table's own C is taken unquestioned."""

LOSS = replace(
    POSITIVE, further='; a response of either sign is read with signed=True and fitted with residual="linear"'
)
DEMANDS = {quantity: POSITIVE for quantity in QUANTITIES} | {
    "L": LOSS,
    "weight": NOT_NEGATIVE,
    "budget": POSITIVE,
}
"""What the cells of each quantity must be; those of further inputs must be finite."""

LARGEST_RATIO = 3.0
"""How far a table's own C may be from the convention's, either way, before it is taken for a mistake.

Finer counts stay within it: the authors' own FLOP are 0.43 to 1.15 times 6 N D in the dense runs of Clark et
al. 2022, and 0.71 to 1.59 times in those of McLeish et al. 2025.
"""

HIGHEST_LOSS = 20.0
"""Nats per token; a uniform guess over a vocabulary of 256,000 is 12.5."""

FEWEST_PARAMETERS, FEWEST_TOKENS = 1e4, 1e5
"""Below both, in every row, a table more likely counts in millions or billions."""

FEWEST_TOKENS_A_PARAMETER = 1e-3
"""Below it in every row, tokens more likely are in another unit; real runs see about 1 to 1,000."""


class Request(NamedTuple):
    """What a user says about a table; the keywords of `Runs.from_frame`, where each is explained."""

    named: Mapping[str, str | None]
    weight: str | None
    group: str | None
    where: str | None
    drop_highest_loss: int
    inputs: Mapping[str, str] | Sequence[str] | None
    flops: str | Convention
    signed: bool = False
    budget: str | None = None


class Reading(NamedTuple):
    """The quantities of the rows that are used.

    Attributes:
        table: Those rows.
        columns: Column of each quantity that was read.
        values: N, D, C (those there are), L, weight, budget (NaN for none) and further inputs by name, shape
            (rows,) each.
        group: Code of each row's group and the groups' names; None without groups.
        excluded: The other rows, with number and reason.
        notes: What was read, derived and found odd.
    """

    table: Table
    columns: dict[str, str]
    values: dict[str, Reals]
    group: tuple[Integers, tuple[str, ...]] | None
    excluded: pd.DataFrame
    notes: tuple[str, ...]


def read_quantities(table: Table, request: Request) -> Reading:
    """The quantities that `request` wants of `table`.

    Raises:
        BadInput: A column is missing or unclear, a cell is no usable number, C contradicts the convention, or
            no row is left.
    """
    rule = None if request.flops == GIVEN else convention(request.flops)
    columns, unread = _find_columns(table, request)
    read = {name: numbers(table.frame[columns[name]]) for name in columns if name != "group"}
    derived = _derive_third(read, rule) if rule else {}
    kept, values, reasons = _select(table, request, columns, read | derived)
    if "weight" in values and not values["weight"].any():
        raise bad_input("weight", "above 0 in at least one row", f"0 in all {len(kept)}", place=kept.label)
    return Reading(
        table=kept,
        columns=columns,
        values=values,
        group=None if request.group is None else _groups(kept, _group_columns(kept, request.group)),
        excluded=_excluded(table, reasons),
        notes=(
            "read " + ", ".join(f"{name} from {columns[name]!r}" for name in columns),
            *_compute_notes(kept, values, list(derived), rule),
            *unread,
            *_notes(kept, values, reasons),
        ),
    )


def _find_columns(table: Table, request: Request) -> tuple[dict[str, str], list[str]]:
    """The column of everything that is to be read, and what to note of columns that are not."""
    columns = recognise(table, request.named) | find_inputs(table, request.inputs)
    check_some_input(table, columns)
    if request.flops == GIVEN and "C" not in columns:
        raise bad_input(
            "flops", 'a convention such as "6ND" for a table without C', '"given"', place=table.label
        )
    if request.weight is not None:
        columns["weight"] = find_column(table, "weight", request.weight)
    if request.group is not None:
        columns["group"] = ",".join(_group_columns(table, request.group))
    if request.budget is not None:
        given = request.budget != NO_BUDGET
        return columns | ({"budget": find_column(table, "budget", request.budget)} if given else {}), []
    budget, unread = recognise_budget(table, columns.values())
    return columns | ({} if budget is None else {"budget": budget}), [unread] if unread else []


def _group_columns(table: Table, text: str) -> list[str]:
    """The column of that name, or the several that commas separate."""
    parts = [text] if text in table.frame.columns else [part.strip() for part in text.split(",")]
    return [find_column(table, "group", part) for part in parts]


def _derive_third(values: Mapping[str, Reals], rule: Convention) -> dict[str, Reals]:
    """The one of N, D and C that is not there, by the convention; empty unless the other two are."""
    present = {quantity for quantity in "NDC" if quantity in values}
    with np.errstate(all="ignore"):
        if present == {"N", "D"}:
            return {"C": rule.flops(values["N"], values["D"])}
        if present == {"C", "N"}:
            return {"D": rule.tokens(values["C"], values["N"])}
        if present == {"C", "D"}:
            return {"N": rule.params(values["C"], values["D"])}
    return {}


def _select(
    table: Table, request: Request, columns: dict[str, str], values: dict[str, Reals]
) -> tuple[Table, dict[str, Reals], Texts]:
    """The rows that are used, their values, and for each row of the table why it is not ("" where it is)."""
    highest = check_at_least("drop_highest_loss", request.drop_highest_loss, 0)
    reasons = np.full(len(table), "", dtype=np.object_)
    kept = table
    if request.where is not None:
        chosen = _where(table, request.where, columns, values)
        reasons[~chosen] = f"where: not ({request.where})"
        kept, values = table.keep(chosen), _keep(values, chosen)
    _check_values(kept, columns, values, DEMANDS | ({"L": FINITE} if request.signed else {}))
    if "weight" in values and values["weight"].any():
        counts = values["weight"] > 0
        reasons[kept.rows[~counts] - 1] = "weight 0"
        kept, values = kept.keep(counts), _keep(values, counts)
    below = _below_highest(kept, values["L"], highest)
    reasons[kept.rows[~below] - 1] = f"drop-highest-loss {highest}"
    return kept.keep(below), _keep(values, below), reasons


def _keep(values: Mapping[str, Reals], mask: Mask) -> dict[str, Reals]:
    return {name: values[name][mask] for name in values}


def _where(table: Table, expression: str, columns: Mapping[str, str], values: Mapping[str, Reals]) -> Mask:
    """True for the rows of which `expression` holds.

    It sees each quantity as numbers, NaN where a cell is none, under its column's name, and under its own
    where no column has that. Other columns whose cells are numbers, or say some, are numbers to it too; `index`
    counts the rows from 0 where no column has that name.
    """
    cells = {name: as_numbers(table.frame[name]) for name in table.frame.columns}
    by_column = {columns[quantity]: values[quantity] for quantity in columns if quantity in values}
    index = np.arange(len(table), dtype=np.float64)
    known = {"index": index} | dict(values) | cells | by_column
    answer = evaluate(expression, known, name="where", place=table.label)
    if not (isinstance(answer, np.ndarray) and answer.dtype == np.bool_ and answer.shape == (len(table),)):
        raise bad_input(
            "where", 'a condition that is true or false of each row, like "loss < 5"', shown(expression, 80)
        )
    if not answer.any():
        found = f"{shown(expression, 80)}, which is true of none of the {len(table)} rows"
        raise bad_input("where", "true of at least one row", found, place=table.label)
    return answer


def _below_highest(table: Table, L: Reals, highest: int) -> Mask:
    """True for the rows whose loss is strictly below the `highest`-th largest (Besiroglu et al. 2024)."""
    if highest == 0:
        return np.full(L.shape, True)
    cut = np.sort(L)[-highest] if highest <= L.size else -np.inf
    below: Mask = cut > L
    if not below.any():
        found = f"{highest}, which leaves none of the {L.size} rows"
        raise bad_input("drop_highest_loss", "small enough to leave a row", found, place=table.label)
    return below


def _check_values(
    table: Table, columns: Mapping[str, str], values: Mapping[str, Reals], demands: Mapping[str, Demand]
) -> None:
    """Refuse a cell that is not what its quantity must be, and a derived value that left float64's range."""
    for name in values:
        if name in columns:
            # A run may have been trained for no budget.
            empty = name == "budget" and missing(table.frame[columns[name]])
            check_cells(
                table, name, columns[name], np.where(empty, 1.0, values[name]), demands.get(name, FINITE)
            )
    for name in values.keys() - columns.keys():
        bad = np.flatnonzero(~POSITIVE.holds(values[name]))
        if bad.size:
            found, place = shown(float(values[name][bad[0]])), table.place(int(bad[0]))
            raise bad_input(f"{name} as derived", POSITIVE.constraint, found, place=place)


def _groups(table: Table, names: Sequence[str]) -> tuple[Integers, tuple[str, ...]]:
    """The code of each row's group, in the order in which groups first appear, and the groups' names.

    Of several columns each combination of their cells is a group, "seed=1, size=7B".
    """
    for name in names:
        without = np.flatnonzero(missing(table.frame[name]))
        if without.size:
            place = table.place(int(without[0]), name)
            raise bad_input("group", "the name of the row's group", "an empty cell", place=place)
    labels = [
        [f"{name}={cell}" if len(names) > 1 else str(cell) for cell in table.frame[name]] for name in names
    ]
    rows = np.array([", ".join(row) for row in zip(*labels, strict=True)], dtype=np.object_)
    codes, groups = pd.factorize(rows)
    return codes.astype(np.int64), tuple(groups)


def _excluded(table: Table, reasons: Texts) -> pd.DataFrame:
    """The rows that are not used, each with its number and the reason, before its original cells."""
    out = reasons != ""
    why = pd.DataFrame({"row": table.rows[out], "reason": reasons[out]})
    cells = table.frame[out].reset_index(drop=True)
    return why.join(cells.rename(columns={name: f"{name} (table)" for name in why}))


def _compute_notes(
    table: Table, values: Mapping[str, Reals], derived: Sequence[str], rule: Convention | None
) -> list[str]:
    """How N, D and C hang together; C that contradicts the convention is refused."""
    if rule is None:
        return ["C is taken as given in the table, by no convention"]
    if derived:
        return [f"derived {name} by the convention {rule.name}" for name in derived]
    return [_check_compute(table, values, rule)] if values.keys() >= set("NDC") else []


def _check_compute(table: Table, values: Mapping[str, Reals], rule: Convention) -> str:
    """How a table's own C compares with the convention's; one beyond `LARGEST_RATIO` is refused."""
    with np.errstate(all="ignore"):
        ratio = values["C"] / rule.flops(values["N"], values["D"])
        far = np.flatnonzero(~(np.abs(np.log(ratio)) <= np.log(LARGEST_RATIO)))
    if far.size:
        first = int(far[0])
        trio = ", ".join(f"{name} = {format_number(float(values[name][first]))}" for name in "NDC")
        raise bad_input(
            "C",
            f"within a factor {LARGEST_RATIO:g} of {rule.name}",
            f"{trio} (ratio {ratio[first]:.3g})",
            place=table.place(first),
            advice='check the columns and their units, or take C as the table has it, flops="given" '
            "(--flops-rule given)",
        )
    low, middle, high = (format_number(float(np.quantile(ratio, share))) for share in (0, 0.5, 1))
    return f"C as in the table is {middle} times {rule.name} in the median row, from {low} to {high}"


def _notes(table: Table, values: Mapping[str, Reals], reasons: Texts) -> list[str]:
    """How many rows are left out and why; then what wants a look before a fit is trusted, which is no error."""
    left_out = [reason for reason in reasons if reason]
    counts = [f"{left_out.count(reason)} by {reason}" for reason in dict.fromkeys(left_out)]
    notes = [f"left out {len(left_out)} of {len(reasons)} rows: {', '.join(counts)}"] if left_out else []
    odd = (_repeats(table, values), _loss_unit(table, values["L"]), _size_unit(values), _token_unit(values))
    return notes + [f"warning: {sentence}" for sentence in odd if sentence]


def _repeats(table: Table, values: Mapping[str, Reals]) -> str:
    names = [*(name for name in values if name not in ("L", "weight", "budget")), "L"]
    cells = np.column_stack([values[name] for name in names])
    _, first, group = np.unique(cells, axis=0, return_index=True, return_inverse=True)
    earlier = first[group.reshape(-1)]
    repeats = np.flatnonzero(earlier != np.arange(len(table)))
    if not repeats.size:
        return ""
    pairs = [f"row {table.rows[index]} repeats row {table.rows[earlier[index]]}" for index in repeats[:5]]
    more = f" and {repeats.size - 5} more rows repeat" if repeats.size > 5 else ""
    return f"{', '.join(pairs)}{more} (the same {', '.join(names)}); all are kept"


def _loss_unit(table: Table, L: Reals) -> str:
    highest = int(np.argmax(L))
    if L[highest] <= HIGHEST_LOSS:
        return ""
    return (
        f"L reaches {format_number(float(L[highest]))} in {table.row(highest)}, "
        "which looks like perplexity or a sum rather than nats per token"
    )


def _size_unit(values: Mapping[str, Reals]) -> str:
    N, D = values.get("N"), values.get("D")
    if N is None or N.max() >= FEWEST_PARAMETERS or (D is not None and D.max() >= FEWEST_TOKENS):
        return ""
    largest = format_number(float(N.max()))
    return f"N is at most {largest}, which looks like millions or billions rather than parameters"


def _token_unit(values: Mapping[str, Reals]) -> str:
    N, D = values.get("N"), values.get("D")
    if N is None or D is None or (D >= N * FEWEST_TOKENS_A_PARAMETER).any():
        return ""
    most = format_number(float((D / N).max()))
    return f"D / N is at most {most}, which looks like millions of tokens, or steps, rather than tokens"
