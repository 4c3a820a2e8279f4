"""The compute-optimal frontier as power laws N*(C), D*(C) and L*(C), and draws of it over resamples."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, NamedTuple

import numpy as np
import pandas as pd
from jaxtyping import Float

from scalelaw._checks import bad_input, check_choice, check_positive, check_probability
from scalelaw.numbers import format_number, parse_number, significant

QUANTITIES = ("N", "D", "L")
UNITS = {"N": "parameters", "D": "tokens", "L": "nats per token"}


class Line(NamedTuple):
    """Least-squares lines y = intercept + slope x, NaN where fewer than 2 different x have weight."""

    slope: Float[np.ndarray, "..."]
    intercept: Float[np.ndarray, "..."]


def line(
    x: Float[np.ndarray, "... n"], y: Float[np.ndarray, "... n"], weight: Float[np.ndarray, "... n"]
) -> Line:
    """Weighted least-squares lines through points along the last axis; the other axes broadcast.

    Args:
        x: abscissae.
        y: ordinates; may be NaN where the weight is 0.
        weight: at least 0.
    """
    total = weight.sum(axis=-1)
    y = np.where(weight > 0, y, 0.0)
    with np.errstate(divide="ignore", invalid="ignore"):
        x_mean, y_mean = (weight * x).sum(axis=-1) / total, (weight * y).sum(axis=-1) / total
        away = np.where(weight > 0, x - x_mean[..., None], 0.0)
        spread = (weight * away**2).sum(axis=-1)
        slope = (weight * away * (y - y_mean[..., None])).sum(axis=-1) / spread
    slope = np.where(np.ptp(away, axis=-1) > 0, slope, np.nan)
    return Line(slope, y_mean - slope * x_mean)


def joined(parts: Sequence[Line]) -> Line:
    """Lines that were made in parts, as one."""
    return Line(*(np.concatenate(each) for each in zip(*parts, strict=True)))


class PowerLaw(NamedTuple):
    """y = coefficient C^exponent, C in FLOP.

    Attributes:
        exponent: the slope in logs.
        log_coefficient: natural log of the coefficient.
        stderr: standard error of the exponent from the scatter about the line; NaN for 2 points, or where they
            are not independent.
        points: through how many it was fitted.
    """

    exponent: float
    log_coefficient: float
    stderr: float
    points: int

    @property
    def coefficient(self) -> float:
        """Y at C = 1 FLOP."""
        return float(np.exp(self.log_coefficient))

    def at(self, C: Float[np.ndarray, "..."] | float) -> np.ndarray:
        """Y at C [FLOP]."""
        return np.asarray(np.exp(self.log_coefficient + self.exponent * np.log(C)))


def power_law(
    C: Float[np.ndarray, " n"], y: Float[np.ndarray, " n"], weight: Float[np.ndarray, " n"] | None = None
) -> PowerLaw:
    """The power law through points, by least squares in logs.

    Args:
        C: compute [FLOP].
        y: what follows it; points that are not positive and finite are left out.
        weight: of each point; 1 / sd^2 of log y for the weighted law, all alike when None.
    """
    weight = np.ones_like(y) if weight is None else weight
    weight = np.where(np.isfinite(y) & np.isfinite(weight), weight, 0.0)
    used = weight > 0
    x, log_y = np.log(C), np.log(np.where(used, y, 1.0))
    slope, intercept = line(x, log_y, weight)
    return PowerLaw(
        float(slope), float(intercept), _stderr(x[used], log_y[used], weight[used]), int(used.sum())
    )


def _stderr(x: np.ndarray, y: np.ndarray, weight: np.ndarray) -> float:
    if len(x) < 3 or np.ptp(x) == 0:
        return float("nan")
    slope, intercept = line(x, y, weight)
    scatter = (weight * (y - intercept - slope * x) ** 2).sum() / (len(x) - 2)
    return float(np.sqrt(scatter / (weight * (x - np.average(x, weights=weight)) ** 2).sum()))


class Frontier(NamedTuple):
    """The power laws of a frontier.

    Attributes:
        N: parameters of the best model at C [FLOP]; its exponent is a.
        D: its tokens; the exponent is b.
        L: its loss, nats per token.
    """

    N: PowerLaw
    D: PowerLaw
    L: PowerLaw

    @property
    def a(self) -> float:
        """The exponent of N*."""
        return self.N.exponent

    @property
    def b(self) -> float:
        """The exponent of D*."""
        return self.D.exponent

    @property
    def lines(self) -> dict[str, Line]:
        """Slope and intercept of log N*, log D* and log L* against log C."""
        return {
            name: Line(np.asarray(law.exponent), np.asarray(law.log_coefficient))
            for name, law in zip(QUANTITIES, self, strict=True)
        }

    def quantity(self, name: str, C: float | str | None = None, *, N: float | str | None = None) -> float:
        """A number of the frontier; arguments and errors as `FrontierDraws.of`."""
        return float(_quantity(self.lines, name, C, N))

    def text(self) -> str:
        """The three laws, a line each."""
        lines = [
            f"  {name}* = {significant(law.coefficient)} C^{significant(law.exponent)}"
            f"   ({_scatter(law)}) [{UNITS[name]}]"
            for name, law in zip(QUANTITIES, self, strict=True)
        ]
        return "\n".join(lines)

    def to_dict(self) -> dict[str, Any]:
        """The three laws for JSON: exponent, coefficient, standard error, points; NaN is None."""
        return {
            name: {
                "exponent": _plain(law.exponent),
                "coefficient": _plain(law.coefficient),
                "stderr": _plain(law.stderr),
                "points": law.points,
            }
            for name, law in zip(QUANTITIES, self, strict=True)
        }


@dataclass(frozen=True, eq=False, repr=False)
class FrontierDraws:
    """A frontier fitted again over resamples.

    Attributes:
        frontier: what was found with all runs.
        N: [R] slopes and intercepts of log N* against log C; NaN where a resample has no frontier.
        D: of log D*; likewise.
        L: of log L*; likewise.
        scheme: how the resamples were made, in words.
    """

    frontier: Frontier
    N: Line
    D: Line
    L: Line
    scheme: str

    def __len__(self) -> int:
        return len(self.N.slope)

    @property
    def usable(self) -> np.ndarray:
        """[R] whether all three laws were found; the others count in no interval."""
        return np.asarray(
            np.isfinite(np.stack([line.slope for line in (self.N, self.D, self.L)])).all(axis=0)
        )

    def of(
        self, name: str, C: float | str | None = None, *, N: float | str | None = None
    ) -> Float[np.ndarray, " R"]:
        """A quantity of every usable draw.

        Args:
            name: "a" or "b" (the exponents of N* and D*) or "gamma" (minus that of L*); at a budget C: "N", "D",
                "L" or "tokens_per_parameter"; of a size N: these too, at the "C" [FLOP] that it is best for.
            C: compute [FLOP], a number or text as people write it.
            N: parameters, likewise.

        Raises:
            BadInput: for an unknown name, or a budget or size that is missing or not positive.
        """
        kept = {line: Line(*(values[self.usable] for values in getattr(self, line))) for line in QUANTITIES}
        return _quantity(kept, name, C, N)

    def estimate(self, name: str, C: float | str | None = None, *, N: float | str | None = None) -> float:
        """The quantity with all runs; arguments as `of`."""
        return self.frontier.quantity(name, C, N=N)

    def interval(
        self,
        name: str,
        C: float | str | None = None,
        *,
        N: float | str | None = None,
        level: float = 0.95,
    ) -> tuple[float, float]:
        """The middle `level` of the draws (percentile interval); arguments as `of`.

        Raises:
            BadInput: as `of`; for a level outside (0, 1), or fewer than 2 usable draws.
        """
        check_probability("level", level)
        values = self.of(name, C, N=N)
        if len(values) < 2:
            raise bad_input("draws", "at least 2 with a frontier", f"{len(values)} of {len(self)}")
        low, high = np.quantile(values, [(1 - level) / 2, (1 + level) / 2])
        return float(low), float(high)

    def table(self, budgets: Sequence[float | str] = (), *, level: float = 0.95) -> pd.DataFrame:
        """Exponents, and what is best at budgets: columns `name`, `C`, `value`, `low`, `high`."""
        asked: list[tuple[str, float | None]] = [(name, None) for name in EXPONENTS]
        at = [parse_number(each) for each in budgets]
        asked += [(name, C) for C in at for name in ("N", "D", "tokens_per_parameter", "L")]
        rows = [(name, C, self.estimate(name, C), *self.interval(name, C, level=level)) for name, C in asked]
        return pd.DataFrame(rows, columns=["name", "C", "value", "low", "high"]).astype({"C": float})

    def text(self, budgets: Sequence[float | str] = (), *, level: float = 0.95) -> str:
        """The table in words."""
        lost = int(np.count_nonzero(~self.usable))
        lines = [f"{len(self):,} resamples, {self.scheme}; {lost:,} without a frontier count in no interval"]
        lines.append(f"{'':34}{'value':>14}   {level:.0%} percentile interval")
        for name, C, *numbers in self.table(budgets, level=level).itertuples(index=False):
            head = name if np.isnan(C) else f"{name} at C = {format_number(C)}"
            show = significant if np.isnan(C) or name == "L" else format_number
            value, low, high = (show(number) for number in numbers)
            lines.append(f"{head:34}{value:>14}   {low} to {high}")
        return "\n".join(lines)

    def summary(self, budgets: Sequence[float | str] = (), *, level: float = 0.95) -> dict[str, Any]:
        """The table for JSON."""
        rows = self.table(budgets, level=level).to_dict("records")
        for row in rows:
            row["C"] = None if np.isnan(row["C"]) else row["C"]
        return {
            "level": level,
            "kind": "percentile",
            "scheme": self.scheme,
            "replicates": len(self),
            "usable": int(self.usable.sum()),
            "of": rows,
        }

    def to_frame(self) -> pd.DataFrame:
        """One row a resample: exponent and log coefficient of each law; NaN where there is no frontier."""
        lines = {name: getattr(self, name) for name in QUANTITIES}
        exponents = {f"{name}_exponent": line.slope for name, line in lines.items()}
        return pd.DataFrame(
            exponents | {f"{name}_log_coefficient": line.intercept for name, line in lines.items()}
        )

    def __str__(self) -> str:
        return self.text()

    __repr__ = __str__


EXPONENTS = {"a": ("N", 1), "b": ("D", 1), "gamma": ("L", -1)}
AT_BUDGETS = (*QUANTITIES, "tokens_per_parameter", "C")


def _quantity(
    lines: dict[str, Line], name: str, C: float | str | None, N: float | str | None = None
) -> np.ndarray:
    check_choice("quantity", name, (*EXPONENTS, *AT_BUDGETS))
    if name in EXPONENTS:
        of, sign = EXPONENTS[name]
        return np.asarray(sign * lines[of].slope)
    log_C = _log_budget(lines["N"], name, C, N)
    logs = {each: line.intercept + line.slope * log_C for each, line in lines.items()}
    logs |= {"C": log_C, "tokens_per_parameter": logs["D"] - logs["N"]}
    return np.asarray(np.exp(logs[name]))


def _log_budget(line: Line, name: str, C: float | str | None, N: float | str | None) -> Any:
    """Log of the budget C, or of the one for which N is the best size."""
    if (C is None) == (N is None):
        raise bad_input("C", f"given with {name!r}, which depends on the budget (or N, but not both)", "none")
    if C is not None:
        return np.log(check_positive("C", parse_number(C)))
    assert N is not None
    return (np.log(check_positive("N", parse_number(N))) - line.intercept) / line.slope


def _scatter(law: PowerLaw) -> str:
    error = f"standard error of the exponent {law.stderr:.2g}, " if np.isfinite(law.stderr) else ""
    return f"{error}{law.points} points"


def _plain(value: float) -> float | None:
    return float(value) if np.isfinite(value) else None
