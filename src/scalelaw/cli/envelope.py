"""`scalelaw envelope`."""

import json
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from scalelaw.cli.frontiers import (
    FrontierOptions,
    check,
    intervals_summary,
    intervals_text,
    numbers,
    repeated,
    written,
)
from scalelaw.cli.options import OUTPUT, takes
from scalelaw.cli.work import runs_of

if TYPE_CHECKING:
    from scalelaw.approaches.envelope import Envelope
    from scalelaw.resampling import Draws

CURVES = "Curves"


def _option(flag: str, text: str, metavar: str) -> Any:
    return typer.Option(flag, help=text, rich_help_panel=CURVES, metavar=metavar)


@dataclass(frozen=True)
class EnvelopeOptions(FrontierOptions):
    """How to read the curves, take their envelope, and resample."""

    method: Annotated[
        str, _option("--method", "lowest (run at log-spaced FLOP values) or hull (lower convex).", "NAME")
    ] = "lowest"
    warmup: Annotated[
        str, _option("--warmup", "Leave out points before this many tokens; below 1, this share.", "TOKENS")
    ] = "0"
    smoothing: Annotated[
        float, _option("--smoothing", "Gaussian over this many points (its sd); 0: none.", "POINTS")
    ] = 0.0
    tokens_per_step: Annotated[
        str, _option("--tokens-per-step", "Where --D is a column of steps: the batch, in tokens.", "TOKENS")
    ] = "1"
    points: Annotated[int, _option("--points", "FLOP values of --method lowest.", "P")] = 1500


@takes(EnvelopeOptions)
def envelope(
    curves: Annotated[
        Path,
        typer.Argument(
            help="Table of training curves, a row a point; --group names the run.", show_default=False
        ),
    ],
    options: EnvelopeOptions,
    as_json: Annotated[
        bool, typer.Option("--json", help="Print one JSON object.", rich_help_panel=OUTPUT)
    ] = False,
    out: Annotated[
        Path | None,
        typer.Option("--out", help="Write points, draws and the figure here.", rich_help_panel=OUTPUT),
    ] = None,
) -> None:
    """Approach 1: the envelope of training curves, and power laws along it.

    Examples:
      scalelaw envelope --dataset sweep-curves --group run_id

      scalelaw envelope curves.csv --group run_id

      scalelaw envelope curves.csv --group run_id --warmup 1B --bootstrap 4000

      scalelaw envelope curves.csv --group run_id --smoothing 10 --method hull

      scalelaw envelope curves.csv --group run_id --D step --tokens-per-step 524288

      scalelaw envelope curves.csv --group run_id --C flops_detailed --out results/
    """
    check(options)
    warmup = numbers("--warmup", [options.warmup])[0]
    per_step = numbers("--tokens-per-step", [options.tokens_per_step])[0]
    from scalelaw.approaches.envelope import envelope as approach_1

    table = runs_of(curves, options)
    found = approach_1(
        table,
        method=options.method,
        warmup=warmup,
        smoothing=options.smoothing,
        points=options.points,
        tokens_per_step=per_step,
    )
    draws = repeated(found, options) if options.bootstrap else None
    if out is not None:
        from scalelaw import plots

        written(out, "envelope", found.to_frame(), draws, plots.envelope(found))
    if as_json:
        typer.echo(json.dumps(_summary(found, draws, options), indent=1))
        return
    typer.echo(str(found))
    if draws is not None:
        typer.echo(f"\n{intervals_text(draws, options)}")


def _summary(found: "Envelope", draws: "Draws | None", options: EnvelopeOptions) -> dict[str, Any]:
    return {
        "approach": 1,
        "method": found.method.name,
        "curves": found.cut.words(),
        "points": len(found.points.C),
        "frontier": found.frontier.to_dict(),
        "untouched": list(found.untouched),
        "share_final": float(found.points.final.mean()),
        "notes": list(found.notes),
        "intervals": None if draws is None else intervals_summary(draws, options),
    }
