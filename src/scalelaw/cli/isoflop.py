"""`scalelaw isoflop`: power laws through the minima of IsoFLOP profiles."""

from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

import scalelaw as sl
from scalelaw._checks import check_choice
from scalelaw.cli.counts import columns_of, counts_of, say_counts
from scalelaw.cli.design_bias import Measured, measure_bias
from scalelaw.cli.estimate import runs_of
from scalelaw.cli.flat import WithinOptions, flat_dict, flat_of, print_flat, within_of, write_flat
from scalelaw.cli.frontier import (
    FrontierOptions,
    check_frontier,
    draws_of,
    intervals_of,
    print_intervals,
    write_frontier,
)
from scalelaw.cli.options import (
    INTERVALS,
    TABLE,
    AsJson,
    Table,
    number,
    option,
    takes,
    to_folder,
)
from scalelaw.cli.slopes import held_of
from scalelaw.cli.terminal import UNTRUSTED, print_json, print_warnings
from scalelaw.numbers import is_number

if TYPE_CHECKING:
    import pandas as pd

PROFILES = "Profiles"
SCHEMES = {"noise": "parametric", "runs": "stratified"}
"""What `isoflop` calls a scheme -> what `bootstrap` calls it."""


@dataclass(frozen=True)
class IsoFLOPOptions(WithinOptions, FrontierOptions):
    """How to read the table, find minima, and resample."""

    N: Annotated[
        list[str] | None,
        option("--N", "Column of model sizes, parameters; several: counts side by side.", TABLE, "COLUMN"),
    ] = None  # type: ignore[assignment]
    method: Annotated[
        str,
        option(
            "--method",
            "shared (E + A N^-alpha + B' N^beta, exponents of all the same), local, parabola, cubic or akima.",
            PROFILES,
            "NAME",
        ),
    ] = "shared"
    budget: Annotated[
        list[str] | None,
        option(
            "--budget",
            "A compute budget, FLOP; repeat. Or their column, or `none`: found by gaps in C.",
            PROFILES,
            "NUMBER|COLUMN",
        ),
    ] = None
    tolerance: Annotated[
        float | None,
        option("--tolerance", "Share by which a run may differ from its budget.", PROFILES, "SHARE"),
    ] = None
    best_per_size: Annotated[
        bool,
        option("--best-per-size", "Of several runs of a size at a budget only the best.", PROFILES),
    ] = False
    noise: Annotated[
        str | None,
        option("--noise", "Standard deviation of a run's loss; else from the scatter.", PROFILES, "NATS"),
    ] = None
    bias: Annotated[
        bool,
        option(
            "--bias/--no-bias", "Measure the method's bias on this design, by an Approach-3 fit.", PROFILES
        ),
    ] = True
    correct: Annotated[
        bool,
        option("--correct", "Take that bias off every minimum, by the law that back-tests best.", PROFILES),
    ] = False
    surface: Annotated[
        str | None, option("--surface", "Measure it by this law of N and D instead.", PROFILES, "LAW")
    ] = None
    weighted: Annotated[
        bool, option("--weighted", "Intervals of the law weighted by 1 / sd^2.", INTERVALS)
    ] = False
    scheme: Annotated[
        str,
        option(
            "--scheme",
            "noise (added to every loss) or runs (redrawn within budgets).",
            INTERVALS,
            "NAME",
        ),
    ] = "noise"


@takes(IsoFLOPOptions)
def isoflop(
    runs: Table,
    options: IsoFLOPOptions,
    as_json: AsJson = False,
    out: Annotated[Path | None, to_folder("Write minima, draws and the figure here.")] = None,
) -> None:
    """Approach 2: the minimum of each IsoFLOP profile, and power laws through the minima.

    Examples:
      scalelaw isoflop --dataset simulated-sweep

      scalelaw isoflop runs.csv --budget 6e18 --budget 1e19 --budget 3e19

      scalelaw isoflop runs.csv --budget target_flops --best-per-size

      scalelaw isoflop runs.csv --method akima --bootstrap 4000 --flops 1e24

      scalelaw isoflop runs.csv --noise 0.005 --tolerance 0.1

      scalelaw isoflop runs.csv --within noise

      scalelaw isoflop runs.csv --fix a=0.5

      scalelaw isoflop runs.csv --N total --N non_embedding --N active

      scalelaw isoflop runs.csv --correct --out results/

      scalelaw isoflop --dataset sweep --backtest
    """
    check_frontier(options)
    within_of(options.within)
    scheme = SCHEMES[check_choice("scheme", options.scheme, SCHEMES)]
    options, columns = columns_of(options)
    column, how = _how(options)
    if len(columns) > 1:
        how |= {
            "replicates": options.bootstrap,
            "seed": options.seed,
            "scheme": scheme,
            "level": options.level,
        }
        say_counts(counts_of(runs, options, columns, budget=column, **how), as_json=as_json, out=out)
        return
    found = sl.isoflop(runs_of(runs, options, budget=column), **how)
    measured = measure_bias(
        found, correct=options.correct, measure=options.bias, surface=options.surface, quiet=as_json
    )
    found, bias, doubts = measured.found, measured.bias, measured.doubts
    later = sl.backtest_frontier(found) if options.backtest else None
    draws = draws_of(found, options, scheme)
    flat = flat_of(found, draws, options.within, options.level)
    if out is not None:
        write_frontier(out, "minima", found.to_frame(), draws, sl.plots.isoflop(found))
        write_flat(out, flat)
    if as_json:
        print_json(
            _document(measured, flat, options)
            | {
                "intervals": intervals_of(draws, options),
                "backtest": None if later is None else later.to_dict()["cutoffs"],
            }
        )
    else:
        typer.echo(str(found))
        if bias is not None:
            typer.echo(f"\n{measured.text()}")
        print_flat(found, flat, options.within, options.level)
        print_intervals(draws, options)
        if later is not None:
            typer.echo(f"\n{later}")
        print_warnings([*doubts, *(note for note in found.runs.notes if note.startswith("warning"))])
    if options.correct and doubts:
        raise typer.Exit(UNTRUSTED)


def _how(options: IsoFLOPOptions) -> tuple[str | None, dict[str, Any]]:
    """The column of budgets that is named, if any, and the keywords of `scalelaw.isoflop`."""
    texts = options.budget or []
    column = texts[0] if len(texts) == 1 and not is_number(texts[0]) else None
    return column, {
        "method": options.method,
        "budgets": None if column else texts or None,
        "tolerance": options.tolerance,
        "noise": None if options.noise is None else number("--noise", options.noise),
        "weights": "inverse-variance" if options.weighted else "unit",
        "best_per_size": options.best_per_size,
        **held_of(options),
    }


def _document(measured: Measured, flat: "pd.DataFrame", options: IsoFLOPOptions) -> dict[str, Any]:
    """What was found, for JSON."""
    found, bias = measured.found, measured.bias
    return {
        "approach": 2,
        "method": found.method.name,
        "budgets": found.budgets.words(),
        "repeats": found.budgets.repeats_to_dict(),
        "noise": found.noise,
        **found.slopes.identity,
        "plain": found.plain.to_dict(),
        "weighted": found.weighted.to_dict(),
        "minima": found.to_frame().to_dict("records"),
        "flat": flat_dict(flat, options.within),
        "refused": found.refused_profiles.to_dict("records"),
        "corrected": found.correction is not None,
        "bias": None if bias is None else bias.to_dict(),
        "surface": None if bias is None else bias.law,
        "by_law": list(measured.by_law),
        "warnings": [*found.budgets.doubts, *measured.doubts],
    }
