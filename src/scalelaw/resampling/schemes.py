"""Resampling schemes: from (seed, replicate number) to weights or shifted targets, made on the device.

A draw is a pytree and a function of (sample, replicate) that returns that replicate's (target, weight), None
for what it leaves alone: the `draw` of `scalelaw.solve.Levenberg`. Replicate i is the same draw whatever the
chunk, the thread, the machine or the number of replicates. `SCHEMES` says what each scheme needs and does; a
new one is a class of draws here and a row there.
"""

from collections.abc import Callable
from dataclasses import dataclass, field
from functools import partial
from typing import Any, Literal, NamedTuple

import jax
import jax.numpy as jnp
import numpy as np
from jax.tree_util import register_dataclass
from jaxtyping import Array, Float, Int

from scalelaw.fitting.refits import OF_RUNS, Draw
from scalelaw.solve.problem import Either

Own = tuple[Either | None, Either | None]
Codes = Int[np.ndarray, " n"]
# Hoffmann et al. 2022, section 3.2.
KEPT = 0.8
# Webb's six points: as Rademacher's, but 6^G different draws instead of 2^G (Webb 2014).
WEBB = np.sqrt(np.array([1.5, 1.0, 0.5]))


def _key(seed: Any, replicate: Any) -> Array:
    """The random key of one replicate."""
    return jax.random.fold_in(jax.random.key(seed), replicate)


def _draw_counts(key: Array, count: Any, size: int) -> Float[Array, " size"]:
    """How often each of 0..count - 1 comes up in `count` draws with replacement; zeros up to `size`."""
    drawn = jax.random.randint(key, (size,), 0, count, jnp.int32)
    return jnp.zeros(size).at[drawn].add(jnp.arange(size) < count)


@register_dataclass
@dataclass(frozen=True)
class Pairs:
    """Runs drawn with replacement (Efron 1979): nothing is assumed but that runs are independent."""

    seed: Any

    def __call__(self, sample: Any, replicate: Any) -> Own:
        """Weights: how often each run is drawn."""
        key = _key(self.seed, replicate)
        return None, sample.weight * _draw_counts(key, sample.points, len(sample.target))


@register_dataclass
@dataclass(frozen=True)
class Clusters:
    """Whole groups drawn with replacement: for checkpoints of one run, which are not independent.

    Attributes:
        codes: [n] group of each run.
        count: how many groups.
    """

    seed: Any
    codes: Int[Either, "... n"] = field(metadata=OF_RUNS)
    count: Any

    def __call__(self, sample: Any, replicate: Any) -> Own:
        """Weights: how often each run's group is drawn."""
        counts = _draw_counts(_key(self.seed, replicate), self.count, len(self.codes))
        return None, sample.weight * counts[self.codes]


@register_dataclass
@dataclass(frozen=True)
class Strata:
    """Runs drawn with replacement within each stratum: a design with a fixed number of runs a budget.

    Attributes:
        order: [n] runs sorted by stratum.
        first, size: [n] where the stratum of each place in `order` begins there, and how many it has.
    """

    seed: Any
    order: Int[Either, "... n"] = field(metadata=OF_RUNS)
    first: Int[Either, "... n"] = field(metadata=OF_RUNS)
    size: Int[Either, "... n"] = field(metadata=OF_RUNS)

    @classmethod
    def of(cls, seed: Any, codes: Codes) -> "Strata":
        """Strata from the code of each run."""
        sizes = np.bincount(codes)
        order = np.argsort(codes, kind="stable").astype(np.int32)
        first = np.repeat(np.cumsum(sizes) - sizes, sizes).astype(np.int32)
        return cls(seed, order, first, np.repeat(sizes, sizes).astype(np.int32))

    def __call__(self, sample: Any, replicate: Any) -> Own:
        """Weights: how often each run is drawn."""
        size = len(sample.target)
        within = jax.random.randint(_key(self.seed, replicate), (size,), 0, self.size, jnp.int32)
        drawn = jnp.asarray(self.order)[self.first + within]
        return None, sample.weight * jnp.zeros(size).at[drawn].add(jnp.arange(size) < sample.points)


@register_dataclass
@dataclass(frozen=True)
class Bayesian:
    """Dirichlet weights of mean 1 over groups (Rubin 1981): every run keeps a say, so no draw degenerates."""

    seed: Any
    codes: Int[Either, "... n"] = field(metadata=OF_RUNS)
    count: Any

    def __call__(self, sample: Any, replicate: Any) -> Own:
        """Weights: exponential a group, divided by their mean."""
        size = len(self.codes)
        drawn = jax.random.exponential(_key(self.seed, replicate), (size,), sample.target.dtype)
        mean = jnp.sum(jnp.where(jnp.arange(size) < self.count, drawn, 0.0)) / self.count
        return None, sample.weight * (drawn / mean)[self.codes]


@register_dataclass
@dataclass(frozen=True)
class Subsample:
    """A part of the runs without replacement (Hoffmann et al. 2022: 80 %).

    Attributes:
        share: part of the runs that is kept.
    """

    seed: Any
    share: Any

    def __call__(self, sample: Any, replicate: Any) -> Own:
        """Weights: 1 for the runs kept."""
        size = len(sample.target)
        drawn = jax.random.uniform(_key(self.seed, replicate), (size,))
        drawn = jnp.where(jnp.arange(size) < sample.points, drawn, jnp.inf)
        kept = jnp.round(self.share * sample.points).astype(jnp.int32)
        return None, sample.weight * (drawn <= jnp.sort(drawn)[kept - 1])


@register_dataclass
@dataclass(frozen=True)
class Residuals:
    """Losses redrawn as the fit plus residuals of other runs: the design stays, noise is the same everywhere.

    Attributes:
        residual: [n] predicted minus observed.
        pool: [n] residuals to draw from, centred, and widened for the parameters fitted.
    """

    seed: Any
    residual: Float[Either, "... n"] = field(metadata=OF_RUNS)
    pool: Float[Either, "... n"] = field(metadata=OF_RUNS)

    def __call__(self, sample: Any, replicate: Any) -> Own:
        """Targets around the fit."""
        shape = sample.target.shape
        drawn = jax.random.randint(_key(self.seed, replicate), shape, 0, sample.points, jnp.int32)
        return sample.target + self.residual - jnp.asarray(self.pool)[drawn], None


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
    residual: Float[Either, "... n"] = field(metadata=OF_RUNS)
    widened: Float[Either, "... n"] = field(metadata=OF_RUNS)
    codes: Int[Either, "... n"] = field(metadata=OF_RUNS)
    points: Float[Either, "... k"]
    count: Any

    def __call__(self, sample: Any, replicate: Any) -> Own:
        """Targets around the fit."""
        signed = jnp.concatenate([jnp.asarray(self.points), -jnp.asarray(self.points)])
        shape = self.codes.shape
        drawn = jax.random.randint(_key(self.seed, replicate), shape, 0, len(signed), jnp.int32)
        return sample.target + self.residual - signed[drawn][self.codes] * self.widened, None


@register_dataclass
@dataclass(frozen=True)
class Parametric:
    """Losses redrawn as the fit plus normal noise of the residual scale.

    A scale that was estimated is itself drawn, by its chi-square distribution: intervals are those of Student's t.

    Attributes:
        residual: [n] predicted minus observed.
        scale: standard deviation of the noise, on the scale of the residual.
        degrees: of freedom that the scale was estimated with; None where it is known.
    """

    seed: Any
    residual: Float[Either, "... n"] = field(metadata=OF_RUNS)
    scale: Any
    degrees: Any = None

    def __call__(self, sample: Any, replicate: Any) -> Own:
        """Targets around the fit."""
        key, dtype = _key(self.seed, replicate), sample.target.dtype
        noise = self.scale * jax.random.normal(key, self.residual.shape, dtype)
        if self.degrees is not None:
            squares = jax.random.chisquare(jax.random.fold_in(key, 1), self.degrees, dtype=dtype)
            noise *= jnp.sqrt(self.degrees / squares)
        return sample.target + self.residual + noise, None


@register_dataclass
@dataclass(frozen=True)
class LeaveOut:
    """Replicate i is all runs but those of group i."""

    codes: Int[Either, "... n"] = field(metadata=OF_RUNS)

    def __call__(self, sample: Any, replicate: Any) -> Own:
        """Weights: 0 for the group left out."""
        return None, sample.weight * (jnp.asarray(self.codes) != replicate)


class Spread(NamedTuple):
    """What schemes need to know of an estimator.

    Attributes:
        residuals: [n] predicted minus observed, on the scale of its target.
        scale: their robust standard deviation.
        free: how many parameters it determined.
        degrees: of freedom that the scale was estimated with; None where it is taken for known.
    """

    residuals: Float[np.ndarray, " n"]
    scale: float
    free: int
    degrees: int | None = None

    @property
    def widened(self) -> Float[np.ndarray, " n"]:
        """Residuals times sqrt(n / (n - p)): a fit of p parameters leaves them too small."""
        n = len(self.residuals)
        return np.asarray(self.residuals * np.sqrt(n / max(n - self.free, 1)))


@dataclass(frozen=True)
class Scheme:
    """A way to resample.

    Attributes:
        make: (spread, seed, codes [n] of each run's group, share) -> the draw.
        words: what a bootstrap says it did, with places for {groups}, {kept}, {scale} and {centre}.
        summary: what a list of schemes says of it.
        groups: whether it needs to know which runs belong together.
        whole: whether groups are drawn whole, so that they, not runs, are the independent units.
        random: whether its draws follow from a seed.
        partial: whether a draw keeps a share of the runs only: less than a full sample.
    """

    make: Callable[[Spread, Any, Codes, float], Draw]
    words: str
    summary: str
    groups: Literal["never", "may", "must"] = "never"
    whole: bool = True
    random: bool = True
    partial: bool = False

    def inflation(self, n: int, share: float) -> float:
        """What turns the spread of the draws into that of a full sample of n runs."""
        kept = round(share * n)
        return float(np.sqrt(kept / (n - kept))) if self.partial else 1.0


def _count(codes: Codes) -> int:
    return int(codes.max()) + 1


def _residuals(spread: Spread, seed: Any, codes: Codes, share: float) -> Draw:
    centred = spread._replace(residuals=spread.residuals - spread.residuals.mean())
    return Residuals(seed, spread.residuals, centred.widened)


def _wild(points: np.ndarray, spread: Spread, seed: Any, codes: Codes, share: float) -> Draw:
    return Wild(seed, spread.residuals, spread.widened, codes, points, _count(codes))


SCHEMES = {
    "pairs": Scheme(
        lambda spread, seed, codes, share: Pairs(seed),
        "runs drawn with replacement",
        "single runs",
    ),
    "cluster": Scheme(
        lambda spread, seed, codes, share: Clusters(seed, codes, _count(codes)),
        "{groups} groups drawn with replacement",
        "whole groups",
        groups="must",
    ),
    "stratified": Scheme(
        lambda spread, seed, codes, share: Strata.of(seed, codes),
        "runs drawn with replacement within {groups} strata",
        "runs within groups",
        groups="must",
        whole=False,
    ),
    "bayesian": Scheme(
        lambda spread, seed, codes, share: Bayesian(seed, codes, _count(codes)),
        "Dirichlet weights of {groups} groups or runs",
        "Dirichlet weights, of groups if `by`",
        groups="may",
    ),
    "subsample": Scheme(
        lambda spread, seed, codes, share: Subsample(seed, share),
        "{kept} of the runs without replacement",
        "`share` of the runs without replacement",
        partial=True,
    ),
    "residual": Scheme(
        _residuals,
        "residuals redrawn around the fit",
        "residuals of other runs",
    ),
    "wild": Scheme(
        partial(_wild, np.ones(1)),
        "random signs on the residuals of {groups} groups or runs",
        "signs on residuals, of groups if `by`",
        groups="may",
    ),
    "webb": Scheme(
        partial(_wild, WEBB),
        "Webb's six points on the residuals of {groups} groups or runs",
        "as wild, for few groups",
        groups="may",
    ),
    "parametric": Scheme(
        lambda spread, seed, codes, share: Parametric(seed, spread.residuals, spread.scale, spread.degrees),
        "normal noise of {scale:.3g} around {centre}",
        "new losses around the fit",
    ),
}
JACKKNIFE = Scheme(
    lambda spread, seed, codes, share: LeaveOut(codes),
    "jackknife",
    "each run or group left out in turn",
    groups="may",
    random=False,
)
