"""What lies nearly at the best: the words and the columns that ranges of a law and of profiles have in common."""

SHARE = 0.01
"""By default losses up to so much of the best above it are nearly the best."""

NOISE = "noise"
"""In place of a share: one standard deviation of a run's loss."""

QUANTITIES = ("N", "D", "tokens_per_parameter")
RANGES = tuple(f"{name}_{end}" for name in QUANTITIES for end in ("least", "most"))
"""The six ends of a range, in the order of arrays."""


def share_words(share: float) -> str:
    """A share of the best loss."""
    return f"{100 * share:.4g} %"


def noise_words(size: str) -> str:
    """The noise of a loss, of that size."""
    return f"the noise of a loss, {size},"
