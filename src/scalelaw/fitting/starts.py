"""Where the lanes start: the law's grid, projected starts, or the user's own."""

from collections.abc import Mapping, Sequence
from itertools import combinations
from typing import Any

import jax
import jax.numpy as jnp
import numpy as np
from jaxtyping import Array, Float

from scalelaw._checks import BadInput, bad_input, check_choice, shown
from scalelaw._compiled import compiled
from scalelaw._float64 import float64
from scalelaw.fitting.coordinates import Coordinates
from scalelaw.fitting.setup import Setup
from scalelaw.laws import Law
from scalelaw.solve import Problem

Starts = str | Mapping[str, Sequence[float]] | np.ndarray | Sequence[Any]
KINDS = ("grid", "projected")
# Starts of a law that names no grid of its own.
SPACE_FILLING = 1024


def starting_points(starts: Starts, setup: Setup) -> Float[np.ndarray, "starts params"]:
    """Starts in natural units, one row each, for every kind but "projected".

    Args:
        starts: "grid" (the law's own), a mapping from every parameter to its values (their product), or rows
            of parameters [starts, params], NamedTuples included.
        setup: of the law and its runs.

    Raises:
        BadInput: for an unknown kind, a parameter left out, a wrong width, or a start that is not finite (or
            not positive where the law's parameter is).
    """
    law = setup.law
    if isinstance(starts, str):
        check_choice("starts", starts, KINDS)
        grid = setup.grid()
        return grid if len(grid) else _space_filling(law)
    if isinstance(starts, Mapping):
        return _checked(law, _product(law, starts))
    return _checked(law, np.atleast_2d(np.asarray([tuple(row) for row in np.atleast_2d(np.asarray(starts))])))


def _product(law: Law, values: Mapping[str, Sequence[float]]) -> np.ndarray:
    for name in values:
        check_choice("starts", name, law.fields)
    for name in law.fields:
        if name not in values:
            raise BadInput(
                f"starts must give values for every parameter of '{law.name}', got none for {name!r}"
            )
    axes = np.meshgrid(*(np.asarray(values[name]) for name in law.fields), indexing="ij")
    return np.stack([axis.ravel() for axis in axes], axis=1)


def _checked(law: Law, rows: np.ndarray) -> np.ndarray:
    try:
        rows = rows.astype(float)
    except ValueError as error:
        raise bad_input("starts", f"rows of numbers for {law.fields}", shown(rows.tolist())) from error
    if rows.ndim != 2 or rows.shape[1] != len(law.fields) or not len(rows):
        raise BadInput(
            f"starts must be rows of the {len(law.fields)} parameters {law.fields}, got shape {rows.shape}"
        )
    for name, column in zip(law.fields, rows.T, strict=True):
        bad = ~np.isfinite(column) | ((column <= 0) & (name in law.positive))
        if bad.any():
            what = "positive" if name in law.positive else "finite"
            raise BadInput(f"starts of {name!r} must be {what}, got {shown(column[bad][0])}")
    return rows


def _space_filling(law: Law) -> np.ndarray:
    """Roberts' additive recurrence over a generous box.

    Positive parameters from e^-5 to e^25, others -1 to 2.
    """
    dimension = len(law.fields)
    root = 2.0
    for _ in range(64):
        root = (1 + root) ** (1 / (dimension + 1))
    steps = root ** -np.arange(1.0, dimension + 1)
    unit = (0.5 + np.outer(np.arange(SPACE_FILLING), steps)) % 1
    logged = np.isin(law.fields, law.positive)
    return np.where(logged, np.exp(np.where(logged, 30 * unit - 5, 0.0)), 3 * unit - 1)


def distinct(theta: Float[np.ndarray, "starts p"]) -> Float[np.ndarray, "lanes p"]:
    """The different rows, in their order."""
    _, first = np.unique(theta, axis=0, return_index=True)
    return theta[np.sort(first)]


def projected(setup: Setup) -> Float[np.ndarray, "lanes p"]:
    """Variable projection (Golub & Pereyra 1973).

    Coefficients of the linear parameters on a small grid of the others.

    At each point of the grid the loss is linear in the rest, which weighted least squares gives at once, none
    of the positive ones below zero.

    Args:
        setup: of a law with `linear` parameters.

    Raises:
        BadInput: if the law has no free linear parameter.
    """
    law, free, L = setup.law, setup.coordinates.free, setup.L
    linear = setup.coordinates.own(law.linear)
    if not linear:
        raise BadInput(
            f"starts='projected' needs a law with free linear parameters, and '{law.name}' has none"
        )
    rest = [i for i in range(len(free)) if i not in linear]
    grid = _rest_grid(law, [free[i] for i in rest])
    losses = _losses(setup.coordinates, tuple(linear), tuple(rest), setup.problem, grid)[..., : len(L)]
    # What each linear parameter adds at value 1 [g, k, n], and the loss with all of them at 0 [g, 1, n].
    basis, offset = losses[:, 1:] - losses[:, :1], losses[:, :1]
    scale = np.sqrt(setup.weight) / (L if setup.objective.residual == "log" else 1.0)
    coefficients = _fitted(basis * scale, (L - offset) * scale, [free[i] in law.positive for i in linear])
    theta = np.empty((len(grid), len(free)))
    theta[:, rest] = grid
    for k, i in enumerate(linear):
        theta[:, i] = coefficients[:, k]
        if free[i] in law.positive:
            # A term that least squares would leave out enters at a thousandth of the loss instead.
            least = 1e-3 * np.abs(L).mean() / np.maximum(np.abs(basis[:, k]).mean(axis=1), 1e-300)
            theta[:, i] = np.log(np.maximum(coefficients[:, k], least))
    return theta[np.isfinite(theta).all(axis=1)]


def _rest_grid(law: Law, names: list[str]) -> np.ndarray:
    """The product of the values at which the parameters that are not linear start, on the solver's scale."""
    values = {**dict(law.starts), **dict(law.projected)}
    missing = [name for name in names if name not in values]
    if missing:
        advice = "give the law `projected` or `starts` values"
        raise bad_input(
            "starts='projected'",
            f"used with values for {', '.join(names)}",
            f"none for {missing}",
            advice=advice,
        )
    axes = [np.log(values[name]) if name in law.positive else np.asarray(values[name]) for name in names]
    if not axes:
        return np.empty((1, 0))
    return np.stack([axis.ravel() for axis in np.meshgrid(*axes, indexing="ij")], axis=1)


@float64
@compiled(static_argnums=(0, 1, 2))
def _losses(
    coordinates: Coordinates, linear: tuple[int, ...], rest: tuple[int, ...], problem: Problem, grid: Any
) -> Float[Array, "g K n"]:
    """Loss [grid, 1 + linear, runs] with every linear parameter at 0, then with each alone at 1."""

    def loss(at: Array, ones: Array) -> Array:
        theta = jnp.zeros(len(coordinates.free)).at[jnp.array(rest, int)].set(at)
        values = {coordinates.free[i]: ones[k] for k, i in enumerate(linear)}
        return coordinates.law.loss(
            coordinates.params(theta, problem.fixed)._replace(**values), problem.inputs
        )

    switches = jnp.concatenate([jnp.zeros((1, len(linear))), jnp.eye(len(linear))])
    return jax.vmap(jax.vmap(loss, in_axes=(None, 0)), in_axes=(0, None))(grid, switches)


def _fitted(basis: np.ndarray, target: np.ndarray, positive: list[bool]) -> np.ndarray:
    """Least-squares coefficients [g, k], the positive ones by trying every subset that may be zero."""
    G, K, _ = basis.shape
    optional = [k for k in range(K) if positive[k]]
    best, least = np.zeros((G, K)), np.full(G, np.inf)
    for size in range(len(optional) + 1):
        for out in combinations(optional, size):
            kept = [k for k in range(K) if k not in out]
            candidate = np.zeros((G, K))
            if kept:
                candidate[:, kept] = _least_squares(basis[:, kept], target[:, 0])
            misfit = np.sum((np.einsum("gk,gkn->gn", candidate, basis) - target[:, 0]) ** 2, axis=1)
            better = (misfit < least) & (candidate[:, optional] >= 0).all(axis=1)
            best[better], least[better] = candidate[better], misfit[better]
    return best


def _least_squares(basis: np.ndarray, target: np.ndarray) -> np.ndarray:
    """Coefficients [g, k] of columns scaled to length one, with a ridge at rounding for collinear ones."""
    length = np.linalg.norm(basis, axis=2, keepdims=True) + 1e-300
    unit = basis / length
    gram = unit @ unit.transpose(0, 2, 1) + 1e-12 * np.eye(basis.shape[1])
    moments = np.einsum("gkn,gn->gk", unit, target)[..., None]
    coefficients: np.ndarray = np.linalg.solve(gram, moments)[..., 0] / length[..., 0]
    return coefficients


def most_promising(
    problem: Problem, theta: Float[np.ndarray, "lanes p"], count: int
) -> Float[np.ndarray, "kept p"]:
    """The `count` starts with the lowest objectives, the lowest first."""
    return theta[np.argsort(_objectives(problem, theta), kind="stable")[:count]]


@float64
@compiled
def _objectives(problem: Problem, theta: Array) -> Array:
    return jax.vmap(problem.objective)(theta)
