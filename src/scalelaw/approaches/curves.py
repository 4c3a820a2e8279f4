"""Training curves: the points of every run in the order of training, padded to one length, checked and cut."""

from dataclasses import dataclass
from typing import NamedTuple

import numpy as np
from jaxtyping import Bool, Float, Int
from scipy.ndimage import gaussian_filter1d

from scalelaw._checks import BadInput, bad_input, check_finite, shown
from scalelaw.numbers import amount, format_number, parse_number
from scalelaw.runs import Runs

STEP = "step"
"""A further input of this name, where the table was read with one, must rise along every run."""
# Beyond this many standard deviations a Gaussian counts for less than 1e-7 of its middle.
REACH = 6.0


class Curves(NamedTuple):
    """Training curves, a row each.

    Attributes:
        names: of the runs.
        N: [K] parameters.
        D: [K, T] tokens so far; beyond a curve's end the last point is repeated.
        C: [K, T] compute so far, FLOP.
        L: [K, T] loss, nats per token, smoothed where that was asked for.
        length: [K] points of each.
        row: [K] place of each run's first point in the table.
    """

    names: tuple[str, ...]
    N: Float[np.ndarray, " K"]
    D: Float[np.ndarray, "K T"]
    C: Float[np.ndarray, "K T"]
    L: Float[np.ndarray, "K T"]
    length: Int[np.ndarray, " K"]
    row: Int[np.ndarray, " K"]

    @property
    def there(self) -> Bool[np.ndarray, "K T"]:
        """Which places hold a point."""
        return np.arange(self.C.shape[1]) < self.length[:, None]

    @property
    def end(self) -> Float[np.ndarray, " K"]:
        """Compute of each run's last point, FLOP."""
        return self.C[:, -1]


@dataclass(frozen=True)
class Cut:
    """What is done to curves before their envelope is taken.

    Attributes:
        warmup: points before it are left out: tokens, or below 1 a share of the run's last point.
        smoothing: standard deviation of the Gaussian that smooths losses, in logged points; 0 for none.
        tokens_per_step: what D is multiplied by, for a table that has steps in place of tokens.
    """

    warmup: float = 0.0
    smoothing: float = 0.0
    tokens_per_step: float = 1.0

    @classmethod
    def of(cls, warmup: float | str, smoothing: float, tokens_per_step: float | str = 1) -> "Cut":
        """A checked one; tokens may be text as people write them.

        Raises:
            BadInput: for a number that is negative or not finite.
        """
        per_step = amount("tokens_per_step", tokens_per_step)
        made = cls(parse_number(warmup), check_finite("smoothing", smoothing), per_step)
        for name in ("warmup", "smoothing"):
            if getattr(made, name) < 0:
                raise bad_input(name, "at least 0", shown(getattr(made, name)))
        return made

    def words(self) -> str:
        """What is done."""
        unit = "of each run" if self.warmup < 1 else "tokens"
        size = f"{100 * self.warmup:g} %" if self.warmup < 1 else format_number(self.warmup)
        first = f"first {size} {unit} cut" if self.warmup else "no warm-up cut"
        then = f"smoothed over {self.smoothing:g} points" if self.smoothing else "losses as given"
        steps = f"{format_number(self.tokens_per_step)} tokens a step, " if self.tokens_per_step != 1 else ""
        return f"{steps}{first}, {then}"


def curves_of(runs: Runs, cut: Cut) -> Curves:
    """The training curves of a table whose groups are runs.

    Smoothing comes before the cut, so that it does not see an end where there is none.

    Args:
        runs: N, D, C and L, a row a point, read with the column of run names as `group`.
        cut: warm-up and smoothing.

    Raises:
        BadInput: for a table without run names, a loss that is not positive, a run of two sizes, tokens or steps
            that do not rise, or a warm-up cut that leaves no run with two points.
    """
    if runs.group is None:
        raise bad_input(
            "curves",
            "read with the column that names the run of each row",
            "none",
            place=runs.source,
            advice='name it: group="run_id" (--group run_id)',
        )
    for row, loss in zip(runs.rows[runs.L <= 0][:1], runs.L[runs.L <= 0], strict=False):
        place = f"{runs.source}, row {row}"
        raise bad_input(
            "loss of a training curve", "positive, as its logarithm is taken", f"{loss:g}", place=place
        )
    inputs = runs.inputs(("N", "D", "C"))
    steps = ("D",) if "C" in runs.columns else ("D", "C")
    inputs |= {name: inputs[name] * cut.tokens_per_step for name in steps}
    _check_sizes(runs, inputs["N"])
    _check_rises(runs, "D", inputs["D"])
    if STEP in runs.extra:
        _check_rises(runs, STEP, runs.extra[STEP])
    return _cut_warmup(runs, cut, _pad(runs, inputs, cut))


def in_order(runs: Runs) -> Runs:
    """The rows of every run in the order of its tokens, runs in the order of their names' first rows."""
    D = runs.inputs(("D",))["D"]
    return runs.taken(np.lexsort((D,) if runs.group is None else (D, runs.group)))


def smooth(
    L: Float[np.ndarray, "K T"], there: Bool[np.ndarray, "K T"], sd: float
) -> Float[np.ndarray, "K T"]:
    """Losses averaged with Gaussian weights over neighbouring points of their own curve.

    Near an end the weights that are left are scaled to one, so that a level curve stays level. Hoffmann et al.
    2022, section 3.1, smooth over 10 steps.

    Args:
        L: loss, nats per token.
        there: which places hold a point.
        sd: of the Gaussian, in points; 0 leaves the losses as they are.
    """
    if sd == 0:
        return L
    known = there.astype(float)
    total, weight = (
        gaussian_filter1d(values, sd, axis=1, mode="constant", truncate=np.ceil(REACH * sd) / sd)
        for values in (known * L, known)
    )
    return np.where(there, total / np.where(weight > 0, weight, 1.0), L)


def _pad(runs: Runs, inputs: dict[str, np.ndarray], cut: Cut) -> Curves:
    """The curves, smoothed, from their first point."""
    assert runs.group is not None
    order = np.argsort(runs.group, kind="stable")
    length = np.bincount(runs.group, minlength=len(runs.group_names))
    first = np.cumsum(length) - length
    place = first[:, None] + np.minimum(np.arange(length.max()), length[:, None] - 1)
    index = order[place]
    there = np.arange(length.max()) < length[:, None]
    L = smooth(runs.L[index], there, cut.smoothing)
    N, D, C = inputs["N"][index[:, 0]], inputs["D"][index], inputs["C"][index]
    return Curves(runs.group_names, N, D, C, L, length, index[:, 0])


def _cut_warmup(runs: Runs, cut: Cut, curves: Curves) -> Curves:
    """The curves without their warm-up; those with nothing left are kept with length 0."""
    start = cut.warmup if cut.warmup >= 1 else cut.warmup * curves.D[:, -1:]
    first = np.count_nonzero((curves.D < start) & curves.there, axis=1)
    length = curves.length - first
    if np.count_nonzero(length > 1) < 2:
        raise bad_input(
            "curves",
            "at least 2 runs with 2 points or more",
            f"{np.count_nonzero(length > 1)} of {len(length)} runs ({cut.words()})",
            place=runs.source,
            advice="add points along training, or cut less (--warmup)",
        )
    place = np.minimum(first[:, None] + np.arange(length.max()), curves.length[:, None] - 1)
    D, C, L = (np.take_along_axis(values, place, axis=1) for values in (curves.D, curves.C, curves.L))
    return curves._replace(D=D, C=C, L=L, length=length)


def _check_sizes(runs: Runs, N: np.ndarray) -> None:
    """Refuse a run of two sizes."""
    assert runs.group is not None
    first = np.array([np.argmax(runs.group == code) for code in range(len(runs.group_names))])
    own = N[first][runs.group]
    bad = np.flatnonzero(np.abs(N / own - 1) > 1e-6)
    if bad.size:
        raise bad_input(
            "N",
            f"the same along run {shown(runs.group_names[runs.group[bad[0]]])}",
            f"{format_number(float(N[bad[0]]))} after {format_number(float(own[bad[0]]))}",
            place=_place(runs, int(bad[0]), "N"),
            advice="give every run a name of its own",
        )


def _check_rises(runs: Runs, name: str, values: np.ndarray) -> None:
    """Refuse a run along which tokens or steps fall or stand still."""
    assert runs.group is not None
    order = np.argsort(runs.group, kind="stable")
    before, after = order[:-1], order[1:]
    falls = (runs.group[before] == runs.group[after]) & (values[after] <= values[before])
    if not falls.any():
        return
    at = int(np.argmax(falls))
    row, last = int(after[at]), int(before[at])
    raise BadInput(
        f"{_place(runs, row, name)}: {name} must rise from row to row along run "
        f"{shown(runs.group_names[runs.group[row]])}, got {format_number(float(values[row]))} after "
        f"{format_number(float(values[last]))}; sort the rows (sort=True, --sort), and name restarted runs apart"
    )


def _place(runs: Runs, index: int, name: str) -> str:
    """Where a value stands."""
    column = runs.columns.get(name)
    where = f"{runs.source}, row {runs.rows[index]}"
    return where if column is None else f"{where}, column {shown(column, 40)}"
