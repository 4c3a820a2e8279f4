"""Positive parameters at their natural limit, zero: found at the end of a fit, raised again for refits."""

from collections.abc import Sequence

import numpy as np
from jaxtyping import Float

from scalelaw._compiled import compiled
from scalelaw._float64 import float64
from scalelaw.fitting.curvature import Curvature, curvature
from scalelaw.fitting.sandwich import bread, sandwich
from scalelaw.fitting.setup import Setup

# A positive parameter that moves residuals by less than this share of what another does may be on its way to zero;
# it is there if the objective is as low at zero.
FAINT, SAME_OBJECTIVE = 1e-3, 1e-12
# A parameter raised from its limit moves the loss by this share.
RAISED = 1e-3


def at_limits(setup: Setup, point: Curvature, rounding: float) -> Curvature:
    """A fit's winner with every positive parameter at zero that the runs would take there, or below.

    Args:
        setup: what was solved.
        point: its winner.
        rounding: objective at or below which every residual is rounding.
    """
    moves = np.max(np.abs(point.jacobian), axis=1)
    for i in np.flatnonzero(setup.limit & ~point.held & (moves < FAINT * moves.max())):
        theta = point.theta.copy()
        theta[i] = setup.problem.lower[i]
        there = curvature(setup.problem, theta, setup.units)
        as_low = there.objective <= point.objective * (1 + SAME_OBJECTIVE) and there.gradient[i] >= 0
        if as_low or there.objective <= rounding:
            point = there
    return point


def raised(
    setup: Setup, point: Curvature, theta: Float[np.ndarray, "*lanes p"]
) -> Float[np.ndarray, "*lanes p"]:
    """Points at which no parameter that has zero for its limit moves the loss by less than `RAISED`.

    No gradient brings such a parameter back from zero where a refit wants it: that refit starts from here as well.

    Args:
        setup: what was solved.
        point: derivatives anywhere, from which it follows how much a parameter moves the loss.
        theta: the points.
    """
    loss = 1.0 if setup.objective.residual == "log" else float(np.mean(np.abs(setup.L)))
    moves = np.maximum(np.max(np.abs(point.jacobian), axis=1), np.finfo(float).tiny)
    return np.where(setup.limit, np.maximum(theta, point.theta + np.log(RAISED * loss / moves)), theta)


def released(setup: Setup, point: Curvature, names: Sequence[str]) -> Curvature:
    """The winner's derivatives as though parameters at their limit were free, by themselves in place of their logs.

    Args:
        setup: what was solved.
        point: its winner.
        names: of the parameters.
    """
    for name in names:
        i = setup.coordinates.free.index(name)
        at_one = point.theta.copy()
        at_one[i] = 0.0
        held, jacobian, bend = point.held.copy(), point.jacobian.copy(), point.bend.copy()
        params_slope = point.params_slope.copy()
        held[i] = False
        jacobian[i] *= np.exp(-point.theta[i])
        bend[i], bend[:, i] = 0.0, 0.0
        params_slope[:, i] = [*setup.params(at_one)]
        params_slope[:, i] -= [*point.params]
        point = point._replace(held=held, jacobian=jacobian, bend=bend, params_slope=params_slope)
    point = point._replace(parameters=point.parameters + len(names))
    return point._replace(covariance=_covariance(setup.weight, point)) if names else point


def _covariance(weight: Float[np.ndarray, " n"], point: Curvature) -> Float[np.ndarray, "p p"]:
    score = np.where(point.still[:, None], 0.0, point.jacobian * (weight * point.psi))
    n, p = len(point.residuals), int(point.parameters)
    H = _bread(point.jacobian, weight, point.averaged, point.bend, point.still)
    return np.asarray(_sandwich(H, score @ score.T * (n / max(n - p, 1))))


_bread, _sandwich = float64(compiled(bread)), float64(compiled(sandwich))
