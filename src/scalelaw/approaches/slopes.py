"""Slopes of a frontier's power laws that are held (a = 0.5) or tied (b = 1 - a), in every fit of them alike.

With its slope held a least-squares line goes through the mean of its points. Two lines that share a slope, or whose
slopes sum to 1 as C = k N D has it, are fitted together: one regression on the points of both.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from jaxtyping import Float

from scalelaw._checks import bad_input, check_choice, check_finite
from scalelaw.approaches.frontier import EXPONENTS, Frontier, Line, Moments, log_points, moments, power_law
from scalelaw.numbers import format_number

TIES = {"b=1-a": (1.0, -1.0), "a=1-b": (1.0, -1.0), "b=a": (0.0, 1.0), "a=b": (0.0, 1.0)}
"""What can be tied -> b at a = 0, and its change with a."""

# C over N D may differ by this share from run to run where it is said to be one constant.
SAME = 0.01


@dataclass(frozen=True)
class Slopes:
    """What is held; nothing by default.

    Attributes:
        fix: name of an exponent -> its value.
        tie: "b" or "a" -> what it equals.
    """

    fix: tuple[tuple[str, float], ...] = ()
    tie: tuple[tuple[str, str], ...] = ()

    @classmethod
    def of(
        cls, fix: Mapping[str, float] | None, tie: Mapping[str, str] | None, inputs: Mapping[str, Any]
    ) -> "Slopes":
        """Check what is to be held.

        Args:
            fix: exponent, "a", "b" or "gamma" -> value.
            tie: {"b": "1-a"}, or {"b": "a"}.
            inputs: N [parameters], D [tokens] and C [FLOP] of the runs.

        Raises:
            BadInput: for another name, a value that is not finite, a tie that is unknown, to an exponent that is
                held, or of exponents that sum to 1 where C is not k N D.
        """
        values = {
            check_choice("`fix`", name, EXPONENTS): check_finite(f"fix {name}", value)
            for name, value in (fix or {}).items()
        }
        pairs = {name: str(other).replace(" ", "") for name, other in (tie or {}).items()}
        said = [f"{name}={other}" for name, other in pairs.items()]
        if len(said) > 1 or (said and said[0] not in TIES):
            raise bad_input("`tie`", "b=1-a (C = k N D) or b=a", " and ".join(said))
        if said and {"a", "b"} & set(values):
            got = f"{said[0]} beside {' and '.join(f'{name}={value:g}' for name, value in values.items())}"
            raise bad_input("`tie`", "of exponents that `fix` leaves free", got, advice="fix both instead")
        if said and TIES[said[0]][1] < 0:
            _check_product(said[0], inputs)
        return cls(tuple(values.items()), tuple(pairs.items()))

    @property
    def identity(self) -> dict[str, Any]:
        """For JSON: the arguments that were given."""
        return {"fix": dict(self.fix), "tie": dict(self.tie)}

    def words(self) -> str:
        """What is held, in words that follow a title; nothing where all is free."""
        held = [f"{name} = {format_number(value)} held" for name, value in self.fix]
        tied = [f"{name} = {other.replace('-', ' - ')} tied" for name, other in self.tie]
        return "".join(f", {each}" for each in [*held, *tied])

    def lines(self, N: Moments, D: Moments, L: Moments) -> tuple[Line, Line, Line]:
        """The least-squares lines of log N*, log D* and log L* against log C, of moments of any shape."""
        with np.errstate(divide="ignore", invalid="ignore"):
            a, b, slope = (each.cross / each.spread for each in (N, D, L))
            for name, other in self.tie:
                start, turn = TIES[f"{name}={other}"]
                a = (N.cross + turn * (D.cross - start * D.spread)) / (N.spread + D.spread)
                b = start + turn * a
        slopes = {"a": a, "b": b, "gamma": -slope}
        for name, value in self.fix:
            slopes[name] = np.where(np.isnan(slopes[name]), np.nan, value)
        return N.line(slopes["a"]), D.line(slopes["b"]), L.line(-slopes["gamma"])


FREE = Slopes()


def _check_product(tie: str, inputs: Mapping[str, Any]) -> None:
    """Refuse exponents that sum to 1 where C is not a constant times N D."""
    ratio = inputs["C"] / (inputs["N"] * inputs["D"])
    low, high = float(ratio.min()), float(ratio.max())
    if high > low * (1 + SAME):
        raise bad_input(
            "`tie`",
            f"{tie} only where C = k N D",
            f"C / (N D) from {low:.4g} to {high:.4g}",
            advice="leave C out (6 N D), or hold the exponents one by one (fix)",
        )


def power_laws(
    C: Float[np.ndarray, " P"],
    points: Sequence[Float[np.ndarray, " P"]],
    weights: Sequence[Float[np.ndarray, " P"]],
    slopes: Slopes = FREE,
) -> Frontier:
    """The power laws through points N, D and L at budgets C [FLOP], by least squares in logs.

    Args:
        C: compute [FLOP].
        points: of N, D and L; those that are not positive and finite are left out.
        weights: of them.
        slopes: what is held; an exponent that is has no standard error.
    """
    each = list(zip(points, weights, strict=True))
    lines = slopes.lines(*(moments(*log_points(C, y, weight)) for y, weight in each))
    laws = [power_law(C, y, weight, line) for (y, weight), line in zip(each, lines, strict=True)]
    held = [name in dict(slopes.fix) for name in EXPONENTS]
    return Frontier(
        *(law._replace(stderr=np.nan) if known else law for law, known in zip(laws, held, strict=True))
    )
