"""The questions of `scalelaw allocate`: each an answer from a fit, and its intervals from draws."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

from scalelaw._checks import BadInput, bad_input, check_probability, shown
from scalelaw.cli.limits import PlanOptions, limits_in_words, plan_words
from scalelaw.numbers import parse_number

if TYPE_CHECKING:
    from scalelaw.allocation import Fitted
    from scalelaw.report import Answers, Sure

FLAGS = {"C": "--flops", "N": "--params", "D": "--tokens", "tokens_per_parameter": "--tokens-per-parameter"}


@dataclass(frozen=True)
class Question:
    """What is asked.

    Attributes:
        answer: of a fit; it prints itself and has `to_dict`.
        sure: its intervals.
        told: lines about the options, for people.
    """

    answer: Callable[["Fitted"], Any]
    sure: Callable[["Sure"], "Answers"]
    told: tuple[str, ...] = ()


def question_of(
    given: Mapping[str, Any], options: PlanOptions, smaller: list[str] | None, against: Path | None
) -> Question:
    """The question that the options ask; what can be refused without a fit is."""
    limits = plan_words(options)
    curve = "--smaller" if smaller else "--against" if against else ""
    if curve:
        _only_a_budget(curve, given, {**limits, **({"--against": against} if smaller and against else {})})
        C = given["C"]
        return (
            _of_smaller([_share(text) for text in smaller], C) if smaller else _of_gain(_baseline(against), C)
        )
    if limits or options.budget:
        return _of_plan(_plan_words(given, options.budget, limits), tuple(limits_in_words(options)))
    return _of_split(given)


def _of_split(given: Mapping[str, Any]) -> Question:
    from scalelaw.allocation import allocate, question
    from scalelaw.report import answers

    question(given)
    return Question(lambda fit: allocate(fit, **given), lambda sure: answers(sure, **given))


def _of_plan(words: Mapping[str, Any], told: tuple[str, ...]) -> Question:
    from scalelaw.allocation import plan
    from scalelaw.report import plan_answers

    return Question(lambda fit: plan(fit, **words), lambda sure: plan_answers(sure, **words), told)


def _of_smaller(shares: list[float], C: Any) -> Question:
    from scalelaw.allocation import cost_of_smaller
    from scalelaw.report import smaller_answers

    return Question(
        lambda fit: cost_of_smaller(fit, shares, C=C), lambda sure: smaller_answers(sure, shares, C=C)
    )


def _of_gain(baseline: "Fitted", C: Any) -> Question:
    from scalelaw.allocation import compute_equivalent_gain
    from scalelaw.report import gain_answers

    return Question(
        lambda fit: compute_equivalent_gain(fit, baseline, C=C),
        lambda sure: gain_answers(sure, baseline, C=C),
    )


def _plan_words(
    given: Mapping[str, Any], budget: list[str] | None, limits: Mapping[str, Any]
) -> dict[str, Any]:
    """Keywords of `plan`: a budget or a loss, and one size for `--params`."""
    for name in ("D", "tokens_per_parameter"):
        if name in given:
            raise bad_input(
                FLAGS[name], "left out with serving or limits, which choose D", shown(given[name])
            )
    if "N" in given and "sizes" in limits:
        raise bad_input("--params", "left out with --sizes", shown(given["N"]))
    if "C" in given and "rates" in limits:
        advice = "give the whole cost as --budget, or leave out --gpu-flops"
        raise bad_input(
            "--flops", "left out where costs are in GPU-hours or dollars", shown(given["C"]), advice=advice
        )
    asked = {"budget": given.get("C") or single(budget), "L": given.get("L")}
    if (asked["budget"] is None) == (asked["L"] is None):
        money = "--budget" if "rates" in limits else "--flops"
        got = "neither" if asked["L"] is None else "both"
        raise bad_input("what is given with serving or limits", f"one of {money} and --loss-target", got)
    size = {"sizes": [given["N"]]} if "N" in given else {}
    return {name: value for name, value in asked.items() if value is not None} | dict(limits) | size


def _only_a_budget(option: str, given: Mapping[str, Any], more: Mapping[str, Any]) -> None:
    if set(given) != {"C"} or more:
        names = [FLAGS.get(name, "--loss-target") for name in given] + (["further limits"] if more else [])
        got = " and ".join(names) or "nothing else"
        raise bad_input(option, "given with --flops, a budget, and nothing else", got)


def single(values: list[str] | None) -> list[str] | str | None:
    """The only one of a list of one; an option that may be repeated was given once."""
    return values[0] if isinstance(values, list) and len(values) == 1 else values


def _share(text: str) -> float:
    """A share, written 0.3, 30% or 30 %."""
    number = text.strip().removesuffix("%")
    try:
        return check_probability(
            "--smaller", parse_number(number.strip()) / (1 if number == text.strip() else 100)
        )
    except BadInput:
        raise bad_input(
            "--smaller", "a share between 0 and 1, written like 0.3 or 30%", shown(text)
        ) from None


def published_of(source: Path) -> Any:
    """The published fit of a name that is no file's and could be none's; else nothing.

    Raises:
        BadInput: There is no such fit; the message gives the nearest.
    """
    from scalelaw.laws.published import published

    return None if source.suffix or source.exists() else published[str(source)]


def _baseline(source: Path | None) -> "Fitted":
    """A saved fit or a published one."""
    from scalelaw.fitting import Fit

    assert source is not None
    known = published_of(source)
    return Fit.load(source) if known is None else known
