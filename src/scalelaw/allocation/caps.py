"""The largest model that fits into a memory, or answers in time."""

from scalelaw._checks import check_positive


def most_in_memory(memory: float, bytes_per_parameter: float = 2.0) -> float:
    """Parameters whose weights alone fill a memory.

    Args:
        memory: Bytes.
        bytes_per_parameter: 2 in bfloat16, 1 in 8 bits, 0.5 in 4 bits.

    Raises:
        BadInput: An argument is not positive.

    Examples:
        >>> from scalelaw.allocation import most_in_memory
        >>> most_in_memory(80e9)
        40000000000.0
    """
    return check_positive("memory", memory) / check_positive("bytes_per_parameter", bytes_per_parameter)


def most_in_time(
    seconds: float,
    *,
    flops: float | None = None,
    bandwidth: float | None = None,
    bytes_per_parameter: float = 2.0,
) -> float:
    """Parameters with which one token takes no longer than `seconds`.

    A token costs 2 N FLOP, and in generation every weight is read from memory once: the slower of the two counts.

    Args:
        seconds: Per token.
        flops: FLOP/s that are put to use (peak times utilisation); not a limit unless given.
        bandwidth: Bytes of weights read per second; likewise.
        bytes_per_parameter: Size of a weight.

    Raises:
        BadInput: An argument is not positive.

    Examples:
        >>> from scalelaw.allocation import most_in_time
        >>> f"{most_in_time(0.02, bandwidth=3.35e12):.3g}"
        '3.35e+10'
    """
    time = check_positive("seconds", seconds)
    limits = []
    if flops is not None:
        limits.append(time * check_positive("flops", flops) / 2)
    if bandwidth is not None:
        read = time * check_positive("bandwidth", bandwidth)
        limits.append(read / check_positive("bytes_per_parameter", bytes_per_parameter))
    return min(limits, default=float("inf"))
