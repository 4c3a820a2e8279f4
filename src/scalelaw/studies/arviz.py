"""Draws as ArviZ knows them: one chain."""

import inspect
import warnings
from typing import Any

from scalelaw._checks import BadInput
from scalelaw.resampling.draws import Draws


def to_arviz(draws: Draws) -> Any:
    """Draws as ArviZ's InferenceData (from ArviZ 1.0 on, an xarray DataTree).

    Bootstrap draws are no posterior, but ArviZ's pictures and summaries look for them under that name.

    Args:
        draws: those that converged count, as they do in intervals.

    Returns:
        Groups `posterior` (the law's parameters and derived quantities, natural units) and `sample_stats`
        (`objective`; `changed`, whether another basin was lower), dimensions chain (one) and draw.

    Raises:
        BadInput: if ArviZ is not installed.
    """
    from_dict = _from_dict()
    kept = draws.usable
    groups = {
        "posterior": {name: draws.of(name)[None] for name in draws.names},
        "sample_stats": {"objective": draws.objective[kept][None], "changed": draws.changed[kept][None]},
    }
    before_1 = "posterior" in inspect.signature(from_dict).parameters
    return from_dict(**groups) if before_1 else from_dict(groups)


def _from_dict() -> Any:
    with warnings.catch_warnings():
        # ArviZ 0.23 announces ArviZ 1.0 on every first import of a day.
        warnings.simplefilter("ignore", FutureWarning)
        try:
            from arviz import from_dict
        except ImportError:
            raise BadInput(
                'this needs ArviZ, which is not installed; pip install "scalelaw[arviz]"'
            ) from None
    return from_dict
