"""The compute-optimal frontier as power laws N*(C), D*(C) and L*(C): straight lines in logs, many at once."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, NamedTuple

import jax.numpy as jnp
import numpy as np
from jaxtyping import Float

from scalelaw._checks import bad_input, check_choice
from scalelaw._float64 import float64
from scalelaw._json import plain
from scalelaw.numbers import amount, amounts, significant

UNITS = {"N": "parameters", "D": "tokens", "L": "nats per token"}
EXPONENTS = ("a", "b", "gamma")
AT_BUDGET = ("N", "D", "tokens_per_parameter", "L")


class Line(NamedTuple):
    """Least-squares lines y = intercept + slope x, NaN where fewer than 2 different x have weight."""

    slope: Float[np.ndarray, "..."]
    intercept: Float[np.ndarray, "..."]


class Moments(NamedTuple):
    """What a least-squares line needs of its points.

    Attributes:
        x: weighted mean of the abscissae.
        y: that of the ordinates.
        spread: weighted sum of squares of x about its mean; NaN where fewer than 2 different x have weight.
        cross: that of the products with y about its mean.
    """

    x: Float[np.ndarray, "..."]
    y: Float[np.ndarray, "..."]
    spread: Float[np.ndarray, "..."]
    cross: Float[np.ndarray, "..."]

    def line(self, slope: Float[np.ndarray, "..."] | float) -> Line:
        """The least-squares line of a slope."""
        return Line(np.asarray(slope), self.y - slope * self.x)


def line(
    x: Float[np.ndarray, "... n"], y: Float[np.ndarray, "... n"], weight: Float[np.ndarray, "... n"]
) -> Line:
    """Weighted least-squares lines through points; arguments as `moments`."""
    found = moments(x, y, weight)
    with np.errstate(divide="ignore", invalid="ignore"):
        return found.line(found.cross / found.spread)


def moments(
    x: Float[np.ndarray, "... n"], y: Float[np.ndarray, "... n"], weight: Float[np.ndarray, "... n"]
) -> Moments:
    """Weighted moments of points along the last axis; the other axes broadcast.

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
        cross = (weight * away * (y - y_mean[..., None])).sum(axis=-1)
    return Moments(x_mean, y_mean, np.where(np.ptp(away, axis=-1) > 0, spread, np.nan), cross)


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
    C: Float[np.ndarray, " n"],
    y: Float[np.ndarray, " n"],
    weight: Float[np.ndarray, " n"] | None = None,
    held: Line | None = None,
) -> PowerLaw:
    """The power law through points, by least squares in logs.

    Args:
        C: compute [FLOP].
        y: what follows it; points that are not positive and finite are left out.
        weight: of each point; 1 / sd^2 of log y for the weighted law, all alike when None.
        held: the line in logs, where it is not the points' own.
    """
    x, log_y, weight = log_points(C, y, weight)
    slope, intercept = line(x, log_y, weight) if held is None else held
    used = weight > 0
    stderr = _stderr(x[used], log_y[used], weight[used], Line(slope, intercept))
    return PowerLaw(float(slope), float(intercept), stderr, int(used.sum()))


def log_points(
    C: Float[np.ndarray, " n"], y: Float[np.ndarray, " n"], weight: Float[np.ndarray, " n"] | None
) -> tuple[Float[np.ndarray, " n"], Float[np.ndarray, " n"], Float[np.ndarray, " n"]]:
    """Logs of C and y, and the weights: 0 of points that are not positive and finite."""
    weight = np.ones_like(y) if weight is None else weight
    weight = np.where(np.isfinite(y) & (y > 0) & np.isfinite(weight), weight, 0.0)
    return np.log(C), np.log(np.where(weight > 0, y, 1.0)), weight


def _stderr(x: np.ndarray, y: np.ndarray, weight: np.ndarray, fitted: Line) -> float:
    if len(x) < 3 or np.ptp(x) == 0:
        return float("nan")
    slope, intercept = fitted
    scatter = (weight * (y - intercept - slope * x) ** 2).sum() / (len(x) - 2)
    return float(np.sqrt(scatter / (weight * (x - np.average(x, weights=weight)) ** 2).sum()))


class FrontierParams(NamedTuple):
    """The numbers of a frontier: N* = kN C^a, D* = kD C^b and L* = kL C^-gamma, C in FLOP.

    Attributes:
        a, b, gamma: exponents.
        log_kN, log_kD, log_kL: natural logs of parameters, tokens and nats per token at 1 FLOP.
    """

    a: Any
    b: Any
    gamma: Any
    log_kN: Any
    log_kD: Any
    log_kL: Any


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
    def params(self) -> FrontierParams:
        """Exponents and coefficients."""
        a, b, slope = (law.exponent for law in self)
        return FrontierParams(a, b, -slope, *(law.log_coefficient for law in self))

    def quantity(self, name: str, C: float | str | None = None, *, N: float | str | None = None) -> float:
        """A number of the frontier; arguments and errors as `frontier_quantity`."""
        return float(frontier_quantity(name, C, N=N)(self.params))

    def squares(self, C: Float[np.ndarray, " P"], *points: Float[np.ndarray, " P"]) -> float:
        """Sum of the squared logs of points N, D and L at budgets C [FLOP] over the laws; NaN does not count."""
        return float(sum(np.nansum(np.log(y / law.at(C)) ** 2) for law, y in zip(self, points, strict=True)))

    def text(self) -> str:
        """The three laws, a line each."""
        errors = [
            f"standard error of the exponent {law.stderr:.2g}, " if np.isfinite(law.stderr) else ""
            for law in self
        ]
        return "\n".join(
            f"  {name}* = {significant(law.coefficient)} C^{significant(law.exponent)}"
            f"   ({error}{law.points} points) [{UNITS[name]}]"
            for name, law, error in zip(self._fields, self, errors, strict=True)
        )

    def to_dict(self) -> dict[str, Any]:
        """The three laws for JSON: exponent, coefficient, standard error, points; NaN is None."""
        laws: dict[str, Any] = plain(
            {
                name: {
                    "exponent": law.exponent,
                    "coefficient": law.coefficient,
                    "stderr": law.stderr,
                    "points": law.points,
                }
                for name, law in self._asdict().items()
            }
        )
        return laws


@dataclass(frozen=True)
class FrontierQuantity:
    """A number of a frontier as a function of its `FrontierParams`; see `frontier_quantity`."""

    name: str
    C: float | None = None
    N: float | None = None

    @float64
    def __call__(self, params: FrontierParams) -> Any:
        """Its value, of the shape of the parameters."""
        if self.name in FrontierParams._fields:
            return jnp.asarray(getattr(params, self.name))
        a, b, gamma, log_kN, log_kD, log_kL = params
        log_C = (np.log(self.N) - log_kN) / a if self.N is not None else np.log(self.C or np.nan)
        log_N, log_D = log_kN + a * log_C, log_kD + b * log_C
        logs = {"C": log_C, "N": log_N, "D": log_D, "L": log_kL - gamma * log_C}
        return jnp.exp(log_D - log_N if self.name == "tokens_per_parameter" else logs[self.name])


def frontier_quantity(
    name: str, C: float | str | None = None, *, N: float | str | None = None
) -> FrontierQuantity:
    """A number of a compute-optimal frontier, for `draws.interval` of an envelope or of IsoFLOP profiles.

    Args:
        name: "a" or "b" (the exponents of N* and D*) or "gamma" (minus that of L*); at a budget C: "N", "D", "L" or
            "tokens_per_parameter"; of a size N: these too, at the "C" [FLOP] that it is best for.
        C: compute [FLOP], a number or text as people write it.
        N: parameters, likewise.

    Returns:
        A function of the frontier's `params`; equal arguments give equal functions.

    Raises:
        BadInput: for an unknown name, or a budget or size that is missing or not positive.

    Examples:
        >>> found = sl.isoflop(sl.read_dataset("simulated-sweep", where="kind == 'isoflop'"))
        >>> draws = sl.bootstrap(found, 400)
        >>> low, high = draws.interval(sl.frontier_quantity("N", C="1e24"))
    """
    check_choice("quantity", name, (*FrontierParams._fields, *AT_BUDGET, "C"))
    if name in FrontierParams._fields:
        return FrontierQuantity(name)
    if (C is None) == (N is None):
        raise bad_input("C", f"given with {name!r}, which depends on the budget (or N, but not both)", "none")
    return FrontierQuantity(name, C if C is None else amount("C", C), N if N is None else amount("N", N))


@dataclass(frozen=True)
class FrontierTable:
    """Several numbers of a frontier as one function [..., Q], so that all are compiled at once."""

    quantities: tuple[FrontierQuantity, ...]

    @classmethod
    def of(cls, budgets: Sequence[float | str] = ()) -> "FrontierTable":
        """Exponents, and what is best at budgets [FLOP]."""
        at = [
            FrontierQuantity(name, C)
            for C in (amounts("C", budgets) if budgets else ())
            for name in AT_BUDGET
        ]
        return cls((*(FrontierQuantity(name) for name in EXPONENTS), *at))

    @float64
    def __call__(self, params: FrontierParams) -> Any:
        """Their values along a last axis."""
        return jnp.stack([quantity(params) for quantity in self.quantities], axis=-1)
