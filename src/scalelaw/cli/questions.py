"""The questions of `scalelaw allocate`: each an answer from a fit, which knows its intervals."""

from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any, NamedTuple

import scalelaw as sl
from scalelaw._checks import BadInput, bad_input, check_probability, shown
from scalelaw.cli.limits import PlanOptions, limits_in_words, plan_words
from scalelaw.numbers import parse_number

FLAGS = {
    "C": "--flops",
    "N": "--params",
    "D": "--tokens",
    "tokens_per_parameter": "--tokens-per-parameter",
    "L": "--loss-target",
    "budget": "--budget",
    "sizes": "--sizes",
    "rates": "--gpu-flops",
}


class Question(NamedTuple):
    """What is asked.

    Attributes:
        answer: of a fit; it prints itself, and has `to_dict` and `quantities`.
        limits: lines about the options, for people.
    """

    answer: Callable[["sl.allocation.Fitted"], Any]
    limits: tuple[str, ...] = ()


def question_of(
    given: Mapping[str, Any], options: PlanOptions, smaller: list[str] | None, against: Path | None
) -> Question:
    """The question that the options ask; what can be refused without a fit is."""
    limits = plan_words(options)
    if smaller:
        _only_a_budget("--smaller", given, {**limits, **({"--against": against} if against else {})})
        shares = [_share(text) for text in smaller]
        return Question(lambda fit: sl.cost_of_smaller(fit, shares, C=given["C"]))
    if against:
        _only_a_budget("--against", given, limits)
        known = published_of(against)
        baseline = sl.Fit.load(against) if known is None else known
        return Question(lambda fit: sl.compute_equivalent_gain(fit, baseline, C=given["C"]))
    asked = sl.allocation.ask(FLAGS, **given, **limits)
    return Question(lambda fit: sl.allocation.answer(fit, asked), tuple(limits_in_words(options)))


def _only_a_budget(option: str, given: Mapping[str, Any], more: Mapping[str, Any]) -> None:
    if set(given) != {"C"} or more:
        names = [FLAGS[name] for name in given] + (["further limits"] if more else [])
        got = " and ".join(names) or "nothing else"
        raise bad_input(option, "given with --flops, a budget, and nothing else", got)


def _share(text: str) -> float:
    """A share, written 0.3, 30% or 30 %."""
    number = text.strip().removesuffix("%")
    percent = number != text.strip()
    try:
        return check_probability("--smaller", parse_number(number.strip()) / (100 if percent else 1))
    except BadInput:
        must = "a share between 0 and 1, written like 0.3 or 30%"
        raise bad_input("--smaller", must, shown(text)) from None


def published_of(source: Path) -> Any:
    """The published fit of a name that is no file's and could be none's; else nothing.

    Raises:
        BadInput: There is no such fit; the message gives the nearest.
    """
    return None if source.suffix or source.exists() else sl.published[str(source)]
