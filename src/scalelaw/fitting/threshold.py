"""The threshold delta beside the noise: far below it Huber's sum is, in effect, one of absolute deviations."""

from scalelaw.objective import Objective

# Of the noise: Huber's estimate is then 95 % as efficient as least squares under normal noise (Huber 1981, 1.345).
EFFICIENT = 1.345
# Below this part of the residual scale hardly a run lies within delta: the sum is one of absolute deviations.
FAR_BELOW = 0.2
# Losses that are absolute deviations beyond delta, and squares within.
ROUNDED = ("huber", "log-cosh")


def remark(objective: Objective, scale: float) -> str:
    """What a delta far below the noise means, and what to do; nothing where it is not, or was asked for by name.

    Args:
        objective: what was minimised.
        scale: robust standard deviation of the residuals.
    """
    if objective.loss not in ROUNDED or objective.delta >= FAR_BELOW * scale:
        return ""
    return f"{_beside(objective, scale)}, whose intervals are wider than need be; {_advice(scale)}"


def plateau(objective: Objective, scale: float) -> str:
    """Why an objective is flat about its optimum as that of absolute deviations may be, and what to do.

    Nothing for a loss that is not absolute deviations beyond delta.
    """
    if objective.loss not in (*ROUNDED, "absolute"):
        return ""
    return (
        f"{_beside(objective, scale)}, which leave it flat about the optimum (of two runs a size, every curve "
        f"between both is as good); {_advice(scale)}"
    )


def _beside(objective: Objective, scale: float) -> str:
    part = f"1/{scale / objective.delta:.0f} of the residual scale {scale:.3g}"
    return f"delta {objective.delta:g} is {part}: the objective is one of least absolute deviations"


def _advice(scale: float) -> str:
    return (
        f"take --delta {EFFICIENT * scale:.2g} ({EFFICIENT} residual scales), --delta auto or --loss squared"
    )
