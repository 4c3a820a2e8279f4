"""`scalelaw allocate`."""

import json
from pathlib import Path
from typing import Annotated, Any

import typer

from scalelaw.cli.options import OUTPUT, SureOptions, takes
from scalelaw.cli.work import leave, sure_of

QUESTION = "Question"


def _ask(flag: str, text: str, metavar: str = "NUMBER") -> Any:
    return typer.Option(flag, help=text, metavar=metavar, rich_help_panel=QUESTION)


@takes(SureOptions)
def allocate(
    source: Annotated[
        Path,
        typer.Argument(metavar="RUNS|FIT.json", help="Table of runs, or a saved fit.", show_default=False),
    ],
    options: SureOptions,
    flops: Annotated[
        list[str] | None, _ask("--flops", "Training compute: 5.76e23 or `100 PF-days`; repeat for more.")
    ] = None,
    params: Annotated[str | None, _ask("--params", "Size of the model, e.g. 70B.")] = None,
    tokens: Annotated[str | None, _ask("--tokens", "Training tokens, e.g. 1.4T.")] = None,
    ratio: Annotated[str | None, _ask("--tokens-per-parameter", "Tokens per parameter, e.g. 20.")] = None,
    target: Annotated[
        str | None, _ask("--loss-target", "Loss to reach, nats per token: the cheapest way.")
    ] = None,
    as_json: Annotated[
        bool, typer.Option("--json", help="Print one JSON object.", rich_help_panel=OUTPUT)
    ] = False,
) -> None:
    """What to train: the best N and D for a budget, or under a size, a token count, a ratio or a target loss.

    Examples:
      scalelaw allocate runs.csv --flops 5.76e23

      scalelaw allocate results/fit.json --flops 1e22 --flops 1e23 --flops 1e24

      scalelaw allocate runs.csv --flops 1e23 --params 7B

      scalelaw allocate runs.csv --loss-target 2.0 --tokens-per-parameter 100

      scalelaw allocate runs.csv --flops 5.76e23 --bootstrap 4000
    """
    asked = {"C": flops, "N": params, "D": tokens, "tokens_per_parameter": ratio, "L": target}
    amounts = {
        name: value[0] if isinstance(value, list) and len(value) == 1 else value
        for name, value in asked.items()
    }
    from scalelaw.allocation import allocate as answer
    from scalelaw.allocation import question

    question(amounts)
    fitted, draws = sure_of(source, options, quiet=as_json)
    allocation = answer(fitted, **amounts)
    from scalelaw.report import Sure, answers

    sure = None if draws is None else answers(Sure(draws, options.level, options.interval), **amounts)
    if as_json:
        origin = {"law": fitted.law.name, "trusted": fitted.certificate.trusted}
        intervals = {} if sure is None else {"intervals": sure.to_dict()}
        typer.echo(json.dumps({**origin, **allocation.to_dict(), **intervals}, indent=1))
    else:
        for warning in fitted.certificate.warnings:
            typer.secho(f"warning: {warning}", fg="red")
        typer.echo(str(allocation))
        if sure is not None:
            typer.echo(f"\n{sure}")
    leave(fitted)
