"""`scalelaw envelope`: power laws along the envelope of training curves."""

from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

import scalelaw as sl
from scalelaw.cli.estimate import runs_of
from scalelaw.cli.frontier import (
    FrontierOptions,
    check_frontier,
    draws_of,
    intervals_of,
    print_intervals,
    write_frontier,
)
from scalelaw.cli.options import (
    AsJson,
    argument,
    number,
    option,
    takes,
    to_folder,
)
from scalelaw.cli.slopes import held_of
from scalelaw.cli.terminal import print_json

if TYPE_CHECKING:
    pass

CURVES = "Curves"


@dataclass(frozen=True)
class EnvelopeOptions(FrontierOptions):
    """How to read the curves, take their envelope, and resample."""

    method: Annotated[
        str,
        option("--method", "lowest (run at log-spaced FLOP values) or hull (lower convex).", CURVES, "NAME"),
    ] = "lowest"
    warmup: Annotated[
        str,
        option(
            "--warmup",
            "Leave out points before this many tokens; below 1, this share.",
            CURVES,
            "TOKENS",
        ),
    ] = "0"
    smoothing: Annotated[
        float,
        option("--smoothing", "Gaussian over this many points (its sd); 0: none.", CURVES, "POINTS"),
    ] = 0.0
    tokens_per_step: Annotated[
        str,
        option(
            "--tokens-per-step", "Where --D is a column of steps: the batch, in tokens.", CURVES, "TOKENS"
        ),
    ] = "1"
    points: Annotated[int, option("--points", "FLOP values of --method lowest.", CURVES, "P")] = 1500
    edges: Annotated[
        bool,
        option("--edges", "Count points of the smallest and the largest size, which bias the laws.", CURVES),
    ] = False
    final_only: Annotated[
        bool, option("--final-only", "Leave out points before the last 15 % of their run.", CURVES)
    ] = False
    sort: Annotated[bool, option("--sort", "Put the rows of every run in the order of tokens.", CURVES)] = (
        False
    )


@takes(EnvelopeOptions)
def envelope(
    curves: Annotated[Path, argument("Table of training curves, a row a point; --group names the run.")],
    options: EnvelopeOptions,
    as_json: AsJson = False,
    out: Annotated[Path | None, to_folder("Write points, draws and the figure here.")] = None,
) -> None:
    """Approach 1: the envelope of training curves, and power laws along it.

    Examples:
      scalelaw envelope --dataset sweep-curves --group run_id

      scalelaw envelope curves.csv --group run_id

      scalelaw envelope curves.csv --group run_id --sort

      scalelaw envelope curves.csv --group run_id --warmup 1B --bootstrap 4000

      scalelaw envelope curves.csv --group run_id --smoothing 10 --method hull

      scalelaw envelope curves.csv --group run_id --final-only
      scalelaw envelope curves.csv --group run_id --tie b=1-a

      scalelaw envelope curves.csv --group run_id --D step --tokens-per-step 524288

      scalelaw envelope curves.csv --group run_id --C flops_detailed --out results/
    """
    check_frontier(options)
    warmup = number("--warmup", options.warmup)
    tokens_per_step = number("--tokens-per-step", options.tokens_per_step)
    found = sl.envelope(
        runs_of(curves, options),
        method=options.method,
        warmup=warmup,
        smoothing=options.smoothing,
        points=options.points,
        tokens_per_step=tokens_per_step,
        sort=options.sort,
        edges=options.edges,
        final_only=options.final_only,
        **held_of(options),
    )
    later = sl.backtest_frontier(found) if options.backtest else None
    draws = draws_of(found, options)
    if out is not None:
        write_frontier(out, "envelope", found.to_frame(), draws, sl.plots.envelope(found))
    if as_json:
        print_json(
            {
                "approach": 1,
                "method": found.method.name,
                "curves": found.cut.words(),
                "points": len(found.points.C),
                **found.slopes.identity,
                "frontier": found.frontier.to_dict(),
                "untouched": found.untouched,
                "share_final": found.points.final.mean(),
                "final_only": found.final_only,
                "left_out": (~found.counted).sum(),
                "notes": found.notes,
                "intervals": intervals_of(draws, options),
                "backtest": None if later is None else later.to_dict()["cutoffs"],
            }
        )
    else:
        typer.echo(str(found))
        print_intervals(draws, options)
        if later is not None:
            typer.echo(f"\n{later}")
