"""The interval of a new run by name: as the fit states it, or as back-tests calibrate it."""

from typing import Any

from scalelaw import uncertainty
from scalelaw._checks import BadInput, check_choice
from scalelaw.resampling.draws import Draws
from scalelaw.uncertainty import Prediction
from scalelaw.validation.calibrated import calibrate

KINDS = ("stated", "calibrated")


def prediction_interval(
    draws: Draws, *, level: float = 0.95, kind: str = "stated", **inputs: Any
) -> Prediction:
    """An interval of the loss of one new run.

    Args:
        draws: from `bootstrap`.
        level: share of new runs to be covered, between 0 and 1.
        kind: "stated": the law of a draw plus the residual of a fitted run, which holds where the law is right
            (see `scalelaw.uncertainty.prediction_interval`); "calibrated": a mixture of rival laws, widened by
            what they missed in back-tests on the same runs (see `calibrate`, which answers many questions at the
            price of one). Where runs are too few to back-test it is the stated one, and the notes say so.
        inputs: the law's inputs by name (`N=`, `D=`, ...), floats or arrays that broadcast.

    Returns:
        The interval, and notes: what it rests on, and how far beyond the runs it reaches.

    Raises:
        BadInput: for an unknown kind, a level outside (0, 1), inputs that are not the law's, or fewer than 2
            usable draws.

    Examples:
        >>> draws = sl.bootstrap(sl.fit(sl.read_dataset("simulated-sweep")), 400)
        >>> run = sl.prediction_interval(draws, N=7e9, D=140e9)
        >>> f"{run.low:.3f} to {run.high:.3f} nats per token"
        '2.155 to 2.188 nats per token'
    """
    stated = uncertainty.prediction_interval(draws, level=level, **inputs)
    if check_choice("kind", kind, KINDS) == "stated":
        return stated
    try:
        known = calibrate(draws.fit, draws=draws)
    except BadInput as error:
        return stated._replace(notes=(f"not calibrated by back-tests: {error}", *stated.notes))
    return known.predict(level=level, **inputs)
