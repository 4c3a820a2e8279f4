"""What `scalelaw isoflop` and `scalelaw envelope` have in common: options, resamples, intervals, files."""

from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

import scalelaw as sl
from scalelaw._checks import bad_input, check_at_least, check_probability
from scalelaw._files import make_folder, write_file
from scalelaw._text import table
from scalelaw.cli.estimate import use_compilation_cache
from scalelaw.cli.options import (
    INTERVALS,
    option,
)
from scalelaw.cli.slopes import SlopeOptions
from scalelaw.cli.terminal import print_warnings
from scalelaw.numbers import amount, format_number, significant

if TYPE_CHECKING:
    import pandas as pd


@dataclass(frozen=True)
class FrontierOptions(SlopeOptions):
    """How to read the table, draw power laws, and make intervals."""

    bootstrap: Annotated[
        int, option("--bootstrap", "Intervals from this many resamples; 0: none.", INTERVALS, "R")
    ] = 0
    flops: Annotated[
        list[str] | None,
        option(
            "--flops",
            "With --bootstrap: intervals of what is best at this budget; repeat.",
            INTERVALS,
            "NUMBER",
        ),
    ] = None
    level: Annotated[float, option("--level", "Confidence level.", INTERVALS, "SHARE")] = 0.95
    seed: Annotated[int, option("--seed", "Seed of the resamples.", INTERVALS, "SEED")] = 0
    backtest: Annotated[
        bool, option("--backtest", "Hold the frontier of the smaller budgets to later optima.", INTERVALS)
    ] = False


def check_frontier(options: FrontierOptions) -> None:
    """Refuse bad choices before any work."""
    check_probability("--level", options.level)
    check_at_least("--seed", options.seed, 0)
    if options.bootstrap != 0:
        check_at_least("--bootstrap", options.bootstrap, 2)
    for text in options.flops or []:
        amount("--flops", text)
    if options.flops and not options.bootstrap:
        raise bad_input(
            "--flops", "given with --bootstrap, for intervals", "alone", advice="add --bootstrap 4000"
        )


def draws_of(
    found: "sl.resampling.Estimator", options: FrontierOptions, scheme: str | None = None
) -> "sl.Draws | None":
    """The approach over as many resamples as were asked for."""
    if not options.bootstrap:
        return None
    use_compilation_cache()
    return sl.bootstrap(found, options.bootstrap, options.seed, scheme=scheme)


def intervals_of(draws: "sl.Draws | None", options: FrontierOptions) -> dict[str, Any] | None:
    """Exponents and what is best at budgets, with intervals; nothing without draws."""
    if draws is None:
        return None
    table_of = sl.approaches.FrontierTable.of(options.flops or ())
    ends = draws.interval(table_of, level=options.level)
    numbers = zip(draws.estimate(table_of).tolist(), ends.low.tolist(), ends.high.tolist(), strict=True)
    return {
        "level": options.level,
        "kind": draws.fit.default_kind,
        "scheme": draws.scheme,
        "warnings": list(draws.warnings),
        "replicates": len(draws),
        "usable": draws.usable.sum(),
        "of": [
            {"name": each.name, "C": each.C, "value": value, "low": low, "high": high}
            for each, (value, low, high) in zip(table_of.quantities, numbers, strict=True)
        ],
    }


def print_intervals(draws: "sl.Draws | None", options: FrontierOptions) -> None:
    """Print them under how the resamples ended; nothing without draws."""
    intervals = intervals_of(draws, options)
    if draws is None or intervals is None:
        return
    rows = []
    for row in intervals["of"]:
        head = row["name"] if row["C"] is None else f"{row['name']} at C = {format_number(row['C'])}"
        show = significant if row["C"] is None or row["name"] == "L" else format_number
        rows.append((head, show(row["value"]), f"   {show(row['low'])} to {show(row['high'])}"))
    heading = ("", "value", f"   {options.level:.0%} {intervals['kind']} interval")
    lines = table(rows, "<><", heading=heading, widths=(34, 14), gap="")
    typer.echo()
    print_warnings(draws.warnings)
    typer.echo("\n".join([draws.counts(), *lines]))


def write_frontier(
    folder: Path, name: str, frame: "pd.DataFrame", draws: "sl.Draws | None", figure: Any
) -> None:
    """Write `name`.csv, draws.csv where there are draws, and the figure."""
    write_file(make_folder(folder, "--out") / f"{name}.csv", frame.to_csv(index=False), "--out")
    if draws is not None:
        write_file(folder / "draws.csv", draws.to_frame().to_csv(index_label="replicate"), "--out")
    sl.plots.save(figure, folder / name)
    typer.echo(
        f"written to {folder}: {name}.csv{', draws.csv' if draws is not None else ''} and figures", err=True
    )
