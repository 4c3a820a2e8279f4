"""`scalelaw allocate`."""

from functools import partial
from pathlib import Path
from typing import Annotated, Any

import typer

import scalelaw as sl
from scalelaw._checks import bad_input
from scalelaw.cli.estimate import fit_and_draws, use_compilation_cache
from scalelaw.cli.limits import PlanOptions
from scalelaw.cli.options import AsJson, option, takes
from scalelaw.cli.questions import published_of, question_of
from scalelaw.cli.terminal import exit_unless_trusted, print_json, print_warnings

QUESTION = "Question"


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
    question = question_of(given, options, smaller, against)
    fitted, draws = _fitted(source, options, quiet=as_json)
    answer = question.answer(fitted)
    intervals = None
    if draws is not None:
        settings = sl.report.IntervalSettings(draws, options.level, options.interval)
        intervals = sl.report.answers(settings, answer.quantities)
    if as_json:
        limits = {"limits": question.limits} if question.limits else {}
        ends = {} if intervals is None else {"intervals": intervals.to_dict()}
        print_json({**_origin(fitted), **answer.to_dict(), **limits, **ends})
    else:
        print_warnings(_certificate(fitted, "warnings", ()), "red")
        typer.echo("\n".join([str(answer), *(f"note: {line}" for line in question.limits)]))
        if intervals is not None:
            typer.echo(f"\n{intervals}")
    if not _certificate(fitted, "trusted", True):
        exit_unless_trusted(fitted)


def _single(values: list[str] | None) -> list[str] | str | None:
    """The only one of a list of one; an option that may be repeated was given once."""
    return values[0] if values is not None and len(values) == 1 else values


def _fitted(source: Path, options: PlanOptions, *, quiet: bool) -> tuple[Any, Any]:
    """The fit, or the published one of this name, and the draws that are asked for."""
    known = published_of(source)
    if known is None:
        return fit_and_draws(source, options, quiet=quiet)
    if options.bootstrap:
        must, got = "of a table of runs or a saved fit", f"the published {known.name}"
        raise bad_input("--bootstrap", must, got, advice="its runs are not known")
    use_compilation_cache()
    return known, None


def _origin(fitted: Any) -> dict[str, Any]:
    """Law of the answer, and whether its fit can be trusted; of a published one, how far its digits can."""
    certificate = getattr(fitted, "certificate", None)
    if certificate is None:
        return {"law": fitted.law.name, "published": fitted.name, "reliability": fitted.reliability}
    return {"law": fitted.law.name, "trusted": certificate.trusted}


def _certificate(fitted: Any, name: str, otherwise: Any) -> Any:
    return getattr(getattr(fitted, "certificate", None), name, otherwise)
