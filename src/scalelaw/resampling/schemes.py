"""Resampling schemes: from (seed, replicate number) to weights or shifted targets, made on the device.

A scheme is a pytree and a function of (problem, replicate) that returns that replicate's (target, weight),
None for what it leaves alone: the `draw` of `scalelaw.solve.Levenberg`. Replicate i is the same draw whatever
the chunk, the thread, the machine or the number of replicates.
"""

from dataclasses import dataclass, field
from typing import Any

import jax
import jax.numpy as jnp
import numpy as np
from jax.tree_util import register_dataclass
from jaxtyping import Array, Float, Int

from scalelaw.solve import Problem
from scalelaw.solve.problem import Either

Own = tuple[Either | None, Either | None]
# Webb's six points: as Rademacher's, but 6^G different draws instead of 2^G (Webb 2014).
WEBB = np.sqrt(np.array([1.5, 1.0, 0.5]))


def key_of(seed: Any, replicate: Any) -> Array:
    """The random key of one replicate."""
    return jax.random.fold_in(jax.random.key(seed), replicate)


def counted(drawn: Int[Array, " m"], length: int) -> Float[Array, " length"]:
    """How often each of 0..length - 1 was drawn."""
    return jnp.zeros(length).at[drawn].add(1.0)


@register_dataclass
@dataclass(frozen=True)
class Pairs:
    """Runs drawn with replacement (Efron 1979): nothing is assumed but that runs are independent."""

    seed: Any

    def __call__(self, problem: Problem, replicate: Any) -> Own:
        """Weights: how often each run is drawn."""
        n = len(problem.target)
        drawn = jax.random.randint(key_of(self.seed, replicate), (n,), 0, n, jnp.int32)
        return None, problem.weight * counted(drawn, n)


@register_dataclass
@dataclass(frozen=True)
class Clusters:
    """Whole groups drawn with replacement: for checkpoints of one run, which are not independent.

    Attributes:
        codes: [n] group of each run.
        count: how many groups.
    """

    seed: Any
    codes: Int[Either, " n"]
    count: int = field(metadata={"static": True})

    def __call__(self, problem: Problem, replicate: Any) -> Own:
        """Weights: how often each run's group is drawn."""
        drawn = jax.random.randint(key_of(self.seed, replicate), (self.count,), 0, self.count, jnp.int32)
        return None, problem.weight * counted(drawn, self.count)[self.codes]


@register_dataclass
@dataclass(frozen=True)
class Strata:
    """Runs drawn with replacement within each stratum: a design with a fixed number of runs a budget.

    Attributes:
        order: [n] runs sorted by stratum.
        first, size: [n] where the stratum of each place in `order` begins there, and how many it has.
    """

    seed: Any
    order: Int[Either, " n"]
    first: Int[Either, " n"]
    size: Int[Either, " n"]

    @classmethod
    def of(cls, seed: Any, codes: Int[np.ndarray, " n"]) -> "Strata":
        """Strata from the code of each run."""
        sizes = np.bincount(codes)
        order = np.argsort(codes, kind="stable").astype(np.int32)
        first = np.repeat(np.cumsum(sizes) - sizes, sizes).astype(np.int32)
        return cls(seed, order, first, np.repeat(sizes, sizes).astype(np.int32))

    def __call__(self, problem: Problem, replicate: Any) -> Own:
        """Weights: how often each run is drawn."""
        n = len(problem.target)
        within = jax.random.randint(key_of(self.seed, replicate), (n,), 0, self.size, jnp.int32)
        order = jnp.asarray(self.order)
        return None, problem.weight * counted(order[self.first + within], n)


@register_dataclass
@dataclass(frozen=True)
class Bayesian:
    """Dirichlet weights of mean 1 over groups (Rubin 1981): every run keeps a say, so no draw degenerates."""

    seed: Any
    codes: Int[Either, " n"]
    count: int = field(metadata={"static": True})

    def __call__(self, problem: Problem, replicate: Any) -> Own:
        """Weights: exponential a group, divided by their mean."""
        say = jax.random.exponential(key_of(self.seed, replicate), (self.count,), problem.target.dtype)
        return None, problem.weight * (say / jnp.mean(say))[self.codes]


@register_dataclass
@dataclass(frozen=True)
class Subsample:
    """A part of the runs without replacement (Hoffmann et al. 2022: 80 %).

    Attributes:
        share: part of the runs that is kept.
    """

    seed: Any
    share: Any

    def __call__(self, problem: Problem, replicate: Any) -> Own:
        """Weights: 1 for the runs kept."""
        n = len(problem.target)
        lot = jax.random.uniform(key_of(self.seed, replicate), (n,))
        kept = jnp.round(self.share * n).astype(jnp.int32)
        return None, problem.weight * (lot <= jnp.sort(lot)[kept - 1])


@register_dataclass
@dataclass(frozen=True)
class Residuals:
    """Losses redrawn as the fit plus residuals of other runs: the design stays, noise is alike everywhere.

    Attributes:
        residual: [n] predicted minus observed.
        pool: [n] residuals to draw from, centred, and widened for the parameters fitted.
    """

    seed: Any
    residual: Float[Either, " n"]
    pool: Float[Either, " n"]

    def __call__(self, problem: Problem, replicate: Any) -> Own:
        """Targets around the fit."""
        n = len(problem.target)
        drawn = jax.random.randint(key_of(self.seed, replicate), (n,), 0, n, jnp.int32)
        return problem.target + self.residual - jnp.asarray(self.pool)[drawn], None


@register_dataclass
@dataclass(frozen=True)
class Wild:
    """Each group's residuals times a random sign: noise may differ from run to run (Wu 1986).

    Attributes:
        residual: [n] predicted minus observed.
        widened: [n] residuals widened for the parameters fitted.
        codes: [n] group of each run.
        points: the values without their sign: 1 (Rademacher), or Webb's three.
        count: how many groups.
    """

    seed: Any
    residual: Float[Either, " n"]
    widened: Float[Either, " n"]
    codes: Int[Either, " n"]
    points: Float[Either, " k"]
    count: int = field(metadata={"static": True})

    def __call__(self, problem: Problem, replicate: Any) -> Own:
        """Targets around the fit."""
        signed = jnp.concatenate([jnp.asarray(self.points), -jnp.asarray(self.points)])
        drawn = jax.random.randint(key_of(self.seed, replicate), (self.count,), 0, len(signed), jnp.int32)
        return problem.target + self.residual - signed[drawn][self.codes] * self.widened, None


@register_dataclass
@dataclass(frozen=True)
class Parametric:
    """Losses redrawn as the fit plus normal noise of the residual scale.

    Attributes:
        residual: [n] predicted minus observed.
        scale: standard deviation of the noise, on the scale of the residual.
    """

    seed: Any
    residual: Float[Either, " n"]
    scale: Any

    def __call__(self, problem: Problem, replicate: Any) -> Own:
        """Targets around the fit."""
        noise = jax.random.normal(key_of(self.seed, replicate), self.residual.shape, problem.target.dtype)
        return problem.target + self.residual + self.scale * noise, None


@register_dataclass
@dataclass(frozen=True)
class LeaveOut:
    """Replicate i is all runs but those of group i."""

    codes: Int[Either, " n"]

    def __call__(self, problem: Problem, replicate: Any) -> Own:
        """Weights: 0 for the group left out."""
        return None, problem.weight * (jnp.asarray(self.codes) != replicate)
