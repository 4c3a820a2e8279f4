"""What training and serving cost (FLOP, GPU-hours or dollars), and the largest model that hardware can serve.

Training N parameters on D tokens takes 6 N D FLOP, serving T tokens 2 N T. In GPU-hours and dollars a FLOP of
serving costs more, above all one of generation, for the hardware is used less well (Sardana et al. 2024,
arXiv:2401.00448, section 3).
"""

from dataclasses import dataclass

from scalelaw._checks import bad_input, check_positive, shown
from scalelaw.numbers import format_number

UTILISATION, GENERATION = 0.5, 0.01
"""Share of peak FLOP/s in training and in reading prompts, and in generating tokens (Sardana et al. 2024)."""


@dataclass(frozen=True)
class Rates:
    """The cost of one FLOP of each kind, in `unit`.

    Attributes:
        unit: "FLOP", "GPU-hours" or "dollars".
        training: of a FLOP of training.
        prompts: of a FLOP that reads a token.
        generation: of a FLOP that writes one.
        convention: what stands behind the numbers, in words.
    """

    unit: str
    training: float
    prompts: float
    generation: float
    convention: str

    def serving(self, tokens: float, generated: float = 0.0) -> float:
        """Tokens of training that cost what serving costs: T / 3 where every FLOP costs the same.

        The total cost of a model is then that of 6 N (D + this) FLOP of training.

        Args:
            tokens: T, all tokens served, prompts and generated ones.
            generated: those of them that the model generates.

        Raises:
            BadInput: More tokens are generated than served.
        """
        if generated > tokens:
            named = f"{format_number(generated)} of {format_number(tokens)}"
            raise bad_input(
                "generated tokens", "at most the inference tokens, of which they are a part", named
            )
        read = tokens - generated
        return (read * self.prompts + generated * self.generation) / (3 * self.training)


IN_FLOP = Rates("FLOP", 1.0, 1.0, 1.0, "6 N D of training + 2 N T of serving")
"""Every FLOP costs one FLOP."""


def gpu_hours(
    peak: float,
    *,
    utilisation: float = UTILISATION,
    serving_peak: float | None = None,
    prompt_utilisation: float | None = None,
    generation_utilisation: float = GENERATION,
) -> Rates:
    """Rates in GPU-hours.

    Args:
        peak: FLOP/s that a GPU in training could do at most.
        utilisation: share of them that training makes use of (MFU).
        serving_peak: FLOP/s of a GPU in serving; that of training unless given.
        prompt_utilisation: share in reading prompts; that of training unless given.
        generation_utilisation: share in generating tokens.

    Raises:
        BadInput: A speed is not positive, or a share not above 0 and at most 1.

    Examples:
        >>> from scalelaw.allocation import gpu_hours
        >>> known = sl.published["besiroglu2024_paper"]
        >>> found = sl.plan(known, budget=1e6, inference_tokens="2T", rates=gpu_hours(989e12))
        >>> f"{found.N:.3g} parameters, {found.D:.3g} tokens for {found.total:,.0f} {found.unit}"
        '8.56e+10 parameters, 2.8e+12 tokens for 1,000,000 GPU-hours'
    """
    read = utilisation if prompt_utilisation is None else prompt_utilisation
    served = peak if serving_peak is None else serving_peak
    training, prompts, generation = (
        1 / (3600 * check_positive(name, speed) * _share(what, share))
        for name, speed, what, share in (
            ("peak", peak, "utilisation", utilisation),
            ("serving_peak", served, "prompt_utilisation", read),
            ("serving_peak", served, "generation_utilisation", generation_utilisation),
        )
    )
    convention = (
        f"GPUs of {format_number(peak)} FLOP/s at {_percent(utilisation)} in training; of "
        f"{format_number(served)} FLOP/s in serving, {_percent(read)} on prompts and "
        f"{_percent(generation_utilisation)} in generation"
    )
    return Rates("GPU-hours", training, prompts, generation, convention)


def dollars(hours: Rates, price: float, serving_price: float | None = None) -> Rates:
    """Rates in dollars.

    Args:
        hours: rates in GPU-hours.
        price: dollars for an hour of a GPU in training.
        serving_price: for one in serving; the same unless given.

    Raises:
        BadInput: A price is not positive.

    Examples:
        >>> from scalelaw.allocation import dollars, gpu_hours
        >>> f"{6 * 7e9 * 1.4e12 * dollars(gpu_hours(989e12), 2.0).training:,.0f} dollars"
        '66,060 dollars'
    """
    trained = check_positive("price", price)
    served = trained if serving_price is None else check_positive("serving_price", serving_price)
    convention = f"{hours.convention}; ${trained:g} an hour in training, ${served:g} in serving"
    return Rates(
        "dollars", trained * hours.training, served * hours.prompts, served * hours.generation, convention
    )


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


def _share(name: str, value: float) -> float:
    share = check_positive(name, value)
    if share <= 1:
        return share
    raise bad_input(name, "a share of the peak, above 0 and at most 1", shown(value))


def _percent(share: float) -> str:
    return f"{100 * share:g} %"
