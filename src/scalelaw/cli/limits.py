"""Options of `scalelaw allocate` for serving, few unique tokens and bounded sizes."""

import re
from dataclasses import dataclass
from functools import partial
from typing import Annotated, Any

import scalelaw as sl
from scalelaw._checks import BadInput, bad_input, check_positive, shown
from scalelaw.cli.options import BacktestChoice, option
from scalelaw.numbers import amount, parse_number

SERVING = "Serving and its cost"
LIMITS = "Limits"


_option = partial(option, metavar="NUMBER")


@dataclass(frozen=True)
class PlanOptions(BacktestChoice):
    """What a plan must keep to."""

    inference_tokens: Annotated[
        str | None,
        _option("--inference-tokens", "Tokens served in the model's life; 2 N FLOP each.", SERVING),
    ] = None
    generated_tokens: Annotated[
        str | None, _option("--generated-tokens", "Those of them that the model generates.", SERVING)
    ] = None
    budget: Annotated[
        list[str] | None,
        _option("--budget", "Total cost in GPU-hours, or dollars where prices are given.", SERVING),
    ] = None
    gpu_flops: Annotated[
        str | None, _option("--gpu-flops", "Peak FLOP/s of a GPU, e.g. 989e12: costs in GPU-hours.", SERVING)
    ] = None
    serving_gpu_flops: Annotated[
        str | None, _option("--serving-gpu-flops", "That of a GPU in serving, if another.", SERVING)
    ] = None
    utilisation: Annotated[
        float | None, _option("--utilisation", "Share of the peak in training (MFU): 0.5.", SERVING)
    ] = None
    prompt_utilisation: Annotated[
        float | None, _option("--prompt-utilisation", "On prompts: as in training.", SERVING)
    ] = None
    generation_utilisation: Annotated[
        float | None, _option("--generation-utilisation", "In generation: 0.01.", SERVING)
    ] = None
    price_training: Annotated[
        float | None, _option("--price-training", "Dollars an hour of a GPU: costs in dollars.", SERVING)
    ] = None
    price_inference: Annotated[
        float | None, _option("--price-inference", "That in serving, if another.", SERVING)
    ] = None
    unique_tokens: Annotated[
        str | None, _option("--unique-tokens", "Unique tokens at hand; more are repeats.", LIMITS)
    ] = None
    no_repeats: Annotated[
        bool, _option("--no-repeats", "Never see a unique token twice.", LIMITS, metavar=None)
    ] = False
    repeat_decay: Annotated[
        float | None, _option("--repeat-decay", "R_D, if not of the fit or 15.39 (Muennighoff 2023).", LIMITS)
    ] = None
    excess_decay: Annotated[float | None, _option("--excess-decay", "R_N, likewise or 5.31.", LIMITS)] = None
    sizes: Annotated[
        str | None, _option("--sizes", "The sizes to choose from: 1B,3B,7B.", LIMITS, metavar="NUMBER,...")
    ] = None
    min_params: Annotated[str | None, _option("--min-params", "Parameters at least.", LIMITS)] = None
    max_params: Annotated[str | None, _option("--max-params", "Parameters at most.", LIMITS)] = None
    memory: Annotated[
        str | None,
        _option("--memory", "Memory that the weights must fit into: 80GB.", LIMITS, metavar="BYTES"),
    ] = None
    bytes_per_parameter: Annotated[
        float, _option("--bytes-per-parameter", "2 in bfloat16, 1 in 8 bits.", LIMITS)
    ] = 2.0
    latency: Annotated[
        str | None,
        _option(
            "--latency",
            "Time per token at most, e.g. 20ms, by --bandwidth (every weight read once) or --serving-flops.",
            LIMITS,
            metavar="TIME",
        ),
    ] = None
    bandwidth: Annotated[
        str | None,
        _option("--bandwidth", "Bytes of weights read per second, e.g. 3.35TB.", LIMITS, metavar="BYTES"),
    ] = None
    serving_flops: Annotated[
        str | None, _option("--serving-flops", "FLOP/s put to use in serving; 2 N a token.", LIMITS)
    ] = None


def plan_words(options: PlanOptions) -> dict[str, Any]:
    """Keywords of `plan` that these options stand for, but for what is asked; empty where none is given."""
    words: dict[str, Any] = {
        "inference_tokens": options.inference_tokens,
        "generated_tokens": options.generated_tokens,
        "U": options.unique_tokens,
        "repeats": False if options.no_repeats else None,
        "R_D": options.repeat_decay,
        "R_N": options.excess_decay,
        "sizes": None if options.sizes is None else options.sizes.split(","),
        "min_N": options.min_params,
        "max_N": _cap(options),
        "rates": _rates(options),
    }
    return {name: value for name, value in words.items() if value is not None}


def _rates(options: PlanOptions) -> "sl.allocation.Rates | None":
    """What a FLOP costs, where it is not one FLOP."""
    shares = ("utilisation", "prompt_utilisation", "generation_utilisation")
    needing = ("budget", "serving_gpu_flops", *shares, "price_training", "price_inference")
    if options.gpu_flops is None:
        for name in needing:
            if getattr(options, name) is not None:
                _needs(name, "--gpu-flops, the peak of a GPU")
        return None
    if options.price_training is None and options.price_inference is not None:
        _needs("price_inference", "--price-training")
    given = {name: getattr(options, name) for name in shares if getattr(options, name) is not None}
    peak = options.serving_gpu_flops
    hours = sl.allocation.gpu_hours(
        amount("--gpu-flops", options.gpu_flops),
        serving_peak=None if peak is None else amount("--serving-gpu-flops", peak),
        **given,
    )
    price = options.price_training
    return hours if price is None else sl.allocation.dollars(hours, price, options.price_inference)


def _cap(options: PlanOptions) -> float | None:
    """The smallest of the caps on N."""
    size, speeds = options.bytes_per_parameter, {}
    caps = [] if options.max_params is None else [amount("--max-params", options.max_params)]
    if options.memory is not None:
        caps.append(sl.allocation.most_in_memory(_bytes("--memory", options.memory), size))
    if options.bandwidth is not None:
        speeds["bandwidth"] = _bytes("--bandwidth", options.bandwidth.removesuffix("/s"))
    if options.serving_flops is not None:
        speeds["flops"] = amount("--serving-flops", options.serving_flops)
    if options.latency is not None:
        if not speeds:
            _needs("latency", "--bandwidth or --serving-flops")
        caps.append(sl.allocation.most_in_time(_seconds(options.latency), bytes_per_parameter=size, **speeds))
    elif speeds:
        _needs("bandwidth" if options.bandwidth else "serving_flops", "--latency")
    return min(caps, default=None)


def limits_in_words(options: PlanOptions) -> list[str]:
    """Where the caps come from, a line each."""
    lines = []
    if options.memory is not None:
        lines.append(
            f"--memory: weights of {options.bytes_per_parameter:g} bytes a parameter fit into {options.memory}"
        )
    if options.latency is not None:
        slowest = []
        if options.bandwidth is not None:
            rate = f"{options.bandwidth.removesuffix('/s')}/s"
            slowest.append(f"{options.bytes_per_parameter:g} N bytes of weights read at {rate}")
        if options.serving_flops is not None:
            slowest.append(f"2 N FLOP at {options.serving_flops} FLOP/s")
        lines.append(f"--latency: a token takes at most {options.latency}: {', and '.join(slowest)}")
    return lines


def _needs(option: str, other: str) -> None:
    flag = f"--{option.replace('_', '-')}"
    raise bad_input(flag, f"given together with {other}", f"{flag} alone")


def _bytes(option: str, text: str) -> float:
    """Bytes, written 80GB or 8e10."""
    try:
        return check_positive(option, parse_number(re.sub(r"(?<=[kKmMgGtT])B$", "", text.strip())))
    except BadInput:
        raise bad_input(option, "a number of bytes, written like 80GB or 3.35TB", shown(text)) from None


def _seconds(text: str) -> float:
    """Seconds, written 20ms, 0.02s or 0.02."""
    match = re.fullmatch(r"\s*([0-9.eE+-]+)\s*(ms|s|)\s*", text)
    try:
        return check_positive(
            "--latency", float(match[1]) / (1000 if match[2] == "ms" else 1) if match else None
        )
    except (BadInput, ValueError):
        raise bad_input("--latency", "a positive time, written like 20ms or 0.02s", shown(text)) from None
