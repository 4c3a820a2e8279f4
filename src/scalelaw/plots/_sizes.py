"""Models of several sizes under a law of N and D: which are drawn, over what data, in which colours."""

from collections.abc import Callable, Sequence
from typing import Any, NamedTuple

import jax
import jax.numpy as jnp
import numpy as np
from matplotlib.colors import LogNorm

from scalelaw import kaplan
from scalelaw._checks import bad_input, shown
from scalelaw.allocation import Fitted
from scalelaw.fitting import Fit
from scalelaw.laws import Kaplan
from scalelaw.laws.published import Published
from scalelaw.numbers import parse_number
from scalelaw.plots._axes import Range, padded
from scalelaw.plots._known_models import known_models
from scalelaw.plots._models import STUDIED, Real, studied, value

SIZES = (1e5, 1e6, 1e7, 1e8, 1e9, 1e10, 1e11)
MOST_SIZES = 8
BEYOND = 10.0
"""A fit is drawn on to this multiple of the largest data set of its runs."""

Size = float | str
Amount = Any
"""Parameters or tokens: a float or an array."""

Curve = Callable[[Amount, Amount], Real]


class Shown(NamedTuple):
    """A law of N and D, the sizes drawn (largest first), the range of D, and the colours of sizes."""

    law: Fitted
    N: Real
    tokens: Range
    norm: LogNorm

    def loss(self, N: Amount, D: Amount) -> Real:
        """Loss [nats/token]."""
        return value(self.law, N=N, D=D)

    def excess(self, N: Amount, D: Amount) -> Real:
        """Overfitting, a share of the loss on endless data."""
        with jax.enable_x64(True):
            N, D = jnp.broadcast_arrays(jnp.asarray(N, float), jnp.asarray(D, float))
        return np.asarray(kaplan.overfitting(self.law.law, self.law.params, N, D))

    def abscissa(self, N: Amount, D: Amount) -> Real:
        """N^(alpha_N / alpha_D) / D, on which alone overfitting depends by Kaplan's law; D for other laws."""
        if not self.together:
            return np.asarray(D)
        return np.asarray(np.asarray(N) ** (self.law.params.alpha_N / self.law.params.alpha_D) / D)

    @property
    def together(self) -> bool:
        """Whether there is an abscissa on which all sizes fall together."""
        return isinstance(self.law.params, Kaplan)


def shown_sizes(law: Fitted, sizes: Sequence[Size] | None) -> Shown:
    """Sizes asked for, else those of the runs, some between where they are many, or powers of ten.

    Raises:
        BadInput: a size is no positive number, or there is none.
    """
    N = _sizes(law, sizes)
    return Shown(law, N, _tokens(law), LogNorm(N.min() / 1.001, N.max() * 1.001))


def _sizes(law: Fitted, sizes: Sequence[Size] | None) -> Real:
    """Sizes that are drawn, largest first."""
    if sizes is not None:
        if not len(sizes):
            raise bad_input("sizes", "positive numbers of parameters", "none")
        return np.sort([_size(each) for each in sizes])[::-1]
    if not isinstance(law, Fit):
        return np.array(SIZES[::-1])
    N = np.unique(law.runs.inputs("N")["N"])
    return (N if len(N) <= MOST_SIZES else np.geomspace(N[0], N[-1], MOST_SIZES))[::-1]


def _size(value: Size) -> float:
    number = parse_number(value)
    if number > 0:
        return number
    raise bad_input("sizes", "positive numbers of parameters", shown(value))


def _tokens(law: Fitted) -> Range:
    """The range of D that is drawn: the runs and what lies beyond, or known models."""
    ends = np.array(studied(law, "D") or STUDIED["kaplan2020"]["D"])
    beyond = known_models().D if isinstance(law, Published) else ends[1] * BEYOND
    return padded(np.append(ends, beyond), 0.03)
