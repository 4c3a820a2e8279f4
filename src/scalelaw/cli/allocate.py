"""`scalelaw allocate`: its questions, each an answer from a fit, which knows its intervals."""

from collections.abc import Callable, Mapping
from functools import partial
from pathlib import Path
from typing import Annotated, Any, NamedTuple

import typer

import scalelaw as sl
from scalelaw._checks import bad_input
from scalelaw.cli.estimate import calibrate, fit_and_draws, use_compilation_cache
from scalelaw.cli.flat import within_of
from scalelaw.cli.limits import PlanOptions, limits_in_words, plan_words
from scalelaw.cli.options import AsJson, option, share_of, takes
from scalelaw.cli.terminal import exit_unless_trusted, print_doubts, print_json

QUESTION = "Question"

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


_ask = partial(option, panel=QUESTION, metavar="NUMBER")


@takes(PlanOptions)
def allocate(
    source: Annotated[
        Path,
        typer.Argument(
            metavar="RUNS|FIT.json|PUBLISHED",
            help="Table of runs, a saved fit, or a name of `scalelaw laws --published`.",
            show_default=False,
        ),
    ],
    options: PlanOptions,
    flops: Annotated[
        list[str] | None, _ask("--flops", "Compute: 5.76e23 or `100 PF-days`; repeat for more.")
    ] = None,
    params: Annotated[str | None, _ask("--params", "Size of the model, e.g. 70B.")] = None,
    tokens: Annotated[str | None, _ask("--tokens", "Training tokens, e.g. 1.4T.")] = None,
    ratio: Annotated[str | None, _ask("--tokens-per-parameter", "Tokens per parameter, e.g. 20.")] = None,
    target: Annotated[
        str | None, _ask("--loss-target", "Loss to reach, nats per token: the cheapest way.")
    ] = None,
    smaller: Annotated[
        list[str] | None,
        _ask("--smaller", "What a model smaller by this share costs, e.g. 0.3 or 30%; repeat for more."),
    ] = None,
    within: Annotated[
        str | None,
        _ask(
            "--within", "Sizes whose loss is within this share of the best: 1%, or `noise`.", metavar="SHARE"
        ),
    ] = None,
    against: Annotated[
        Path | None,
        _ask(
            "--against",
            "Compute-equivalent gain over this saved fit or published one.",
            metavar="FIT.json|PUBLISHED",
        ),
    ] = None,
    as_json: AsJson = False,
) -> None:
    """What to train: the best N and D for a budget, or under a size, a token count, a ratio or a target loss.

    With serving, unique tokens or limits, the budget is the total cost, that of 6 N D + 2 N T FLOP.

    Examples:
      scalelaw allocate besiroglu2024_paper --flops 5.76e23

      scalelaw allocate runs.csv --flops 5.76e23 --bootstrap 4000

      scalelaw allocate results/fit.json --flops 1e22 --flops 1e23 --flops 1e24

      scalelaw allocate runs.csv --flops 1e23 --params 7B

      scalelaw allocate runs.csv --loss-target 2.0 --tokens-per-parameter 100

      scalelaw allocate runs.csv --loss-target 2.0 --inference-tokens 2T

      scalelaw allocate runs.csv --budget 1e6 --gpu-flops 1e15 --price-training 2

      scalelaw allocate runs.csv --flops 1e22 --unique-tokens 25B

      scalelaw allocate runs.csv --flops 1e23 --memory 80GB --sizes 1B,3B,7B,13B

      scalelaw allocate runs.csv --flops 1e23 --smaller 30%

      scalelaw allocate runs.csv --flops 1e22 --flops 1e23 --within 1%

      scalelaw allocate new.csv --flops 1e22 --against besiroglu2024_paper
    """
    asked = {
        "C": _single(flops),
        "N": params,
        "D": tokens,
        "tokens_per_parameter": ratio,
        "L": target,
        "budget": _single(options.budget),
    }
    given = {name: value for name, value in asked.items() if value is not None}
    question = _question_of(given, options, smaller, within, against)
    fitted, draws = _fitted(source, options, quiet=as_json)
    answer = question.answer(fitted)
    intervals, laws = None, None
    if draws is not None:
        settings = sl.report.IntervalSettings(draws, options.level, options.interval)
        intervals = sl.report.answers(settings, answer.quantities)
        laws = _of_every_law(fitted, draws, given, question, options, quiet=as_json)
    if as_json:
        limits = {"limits": question.limits} if question.limits else {}
        ends = {} if intervals is None else {"intervals": intervals.to_dict()}
        every = {} if laws is None else {"laws": laws.to_dict()}
        print_json({**_origin(fitted), **answer.to_dict(), **limits, **ends, **every})
    else:
        if isinstance(fitted, sl.Fit):
            print_doubts(fitted)
        typer.echo("\n".join([str(answer), *(f"note: {line}" for line in question.limits)]))
        if intervals is not None:
            typer.echo(f"\n{intervals}")
        if laws is not None:
            typer.echo(f"\n{laws}")
    if isinstance(fitted, sl.Fit):
        exit_unless_trusted(fitted)


def _of_every_law(
    fit: "sl.Fit",
    draws: "sl.Draws",
    given: Mapping[str, Any],
    question: "Question",
    options: PlanOptions,
    *,
    quiet: bool,
) -> "sl.validation.Optima | None":
    """What the other laws would train for a plain budget; nothing for other questions, laws and few runs."""
    if set(given) != {"C"} or not question.plain or set(fit.law.inputs) != {"N", "D"}:
        return None
    known = calibrate(fit, options, draws, quiet=quiet)
    return None if isinstance(known, str) else known.optimal(given["C"], level=options.level)


def _single(values: list[str] | None) -> list[str] | str | None:
    """The only one of a list of one; an option that may be repeated was given once."""
    return values[0] if values is not None and len(values) == 1 else values


def _fitted(source: Path, options: PlanOptions, *, quiet: bool) -> tuple[Any, Any]:
    """The fit, or the published one of this name, and the draws that are asked for."""
    known = _published_of(source)
    if known is None:
        return fit_and_draws(source, options, quiet=quiet)
    if options.bootstrap:
        must, got = "of a table of runs or a saved fit", f"the published {known.name}"
        raise bad_input("--bootstrap", must, got, advice="its runs are not known")
    use_compilation_cache()
    return known, None


def _origin(fitted: Any) -> dict[str, Any]:
    """Law of the answer, and whether its fit can be trusted; of a published one, how far its digits can."""
    if not isinstance(fitted, sl.Fit):
        return {"law": fitted.law.name, "published": fitted.name, "reliability": fitted.reliability}
    trusted = fitted.certificate.trusted
    return {"law": fitted.law.name, "trusted": trusted, "misfit": fitted.misfit.to_dict()}


class Question(NamedTuple):
    """What is asked.

    Attributes:
        answer: of a fit; it prints itself, and has `to_dict` and `quantities`.
        limits: lines about the options, for people.
        plain: whether the best split alone is asked for, within no limits.
    """

    answer: Callable[["sl.allocation.Fitted"], Any]
    limits: tuple[str, ...] = ()
    plain: bool = False


def _question_of(
    given: Mapping[str, Any],
    options: PlanOptions,
    smaller: list[str] | None,
    within: str | None,
    against: Path | None,
) -> Question:
    """The question that the options ask; what can be refused without a fit is."""
    limits = plan_words(options)
    other = {"--against": against} if against else {}
    if smaller:
        _only_a_budget("--smaller", given, {**limits, **other, **({"--within": within} if within else {})})
        shares = [share_of("--smaller", text) for text in smaller]
        return Question(lambda fit: sl.cost_of_smaller(fit, shares, C=given["C"]))
    if within:
        _only_a_budget("--within", given, {**limits, **other})
        share = within_of(within)
        return Question(lambda fit: sl.flat_range(fit, share, C=given["C"]))
    if against:
        _only_a_budget("--against", given, limits)
        known = _published_of(against)
        baseline = sl.Fit.load(against) if known is None else known
        return Question(lambda fit: sl.compute_equivalent_gain(fit, baseline, C=given["C"]))
    asked = sl.allocation.ask(FLAGS, **given, **limits)
    return Question(lambda fit: sl.allocation.answer(fit, asked), tuple(limits_in_words(options)), not limits)


def _only_a_budget(option: str, given: Mapping[str, Any], more: Mapping[str, Any]) -> None:
    if set(given) != {"C"} or more:
        names = [FLAGS[name] for name in given] + (["further limits"] if more else [])
        got = " and ".join(names) or "nothing else"
        raise bad_input(option, "given with --flops, a budget, and nothing else", got)


def _published_of(source: Path) -> Any:
    """The published fit of a name that is no file's and could be none's; else nothing.

    Raises:
        BadInput: There is no such fit; the message gives the nearest.
    """
    return None if source.suffix or source.exists() else sl.published[str(source)]
