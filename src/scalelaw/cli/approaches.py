"""`scalelaw isoflop` and `scalelaw envelope`: power laws through points of the efficient frontier."""

from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

import scalelaw as sl
from scalelaw._checks import BadInput, bad_input, check_at_least, check_choice, check_probability
from scalelaw._files import make_folder, write_file
from scalelaw._text import table
from scalelaw.cli.counts import columns_of, counts_of, say_counts
from scalelaw.cli.estimate import runs_of, use_compilation_cache
from scalelaw.cli.flat import WithinOptions, flat_dict, flat_of, print_flat, within_of, write_flat
from scalelaw.cli.options import (
    INTERVALS,
    TABLE,
    AsJson,
    Table,
    argument,
    number,
    option,
    takes,
    to_folder,
)
from scalelaw.cli.slopes import SlopeOptions, held_of
from scalelaw.cli.terminal import UNTRUSTED, print_json, print_warnings, progress
from scalelaw.numbers import amount, format_number, significant

if TYPE_CHECKING:
    import pandas as pd

    from scalelaw.approaches.design_bias import DesignBias

CURVES, PROFILES = "Curves", "Profiles"
SCHEMES = {"noise": "parametric", "runs": "stratified"}
"""What `isoflop` calls a scheme -> what `bootstrap` calls it."""


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
        option("--budget", "A compute budget, FLOP; repeat. Found when none.", PROFILES, "NUMBER"),
    ] = None
    tolerance: Annotated[
        float,
        option("--tolerance", "Share by which a run may differ from its budget.", PROFILES, "SHARE"),
    ] = 0.05
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
    correct: Annotated[bool, option("--correct", "Take that bias off every minimum.", PROFILES)] = False
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
    sort: Annotated[bool, option("--sort", "Put the rows of every run in the order of tokens.", CURVES)] = (
        False
    )


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

      scalelaw isoflop runs.csv --method akima --bootstrap 4000 --flops 1e24

      scalelaw isoflop runs.csv --noise 0.005 --tolerance 0.1

      scalelaw isoflop runs.csv --within noise

      scalelaw isoflop runs.csv --fix a=0.5

      scalelaw isoflop runs.csv --N total --N non_embedding --N active

      scalelaw isoflop runs.csv --correct --out results/

      scalelaw isoflop --dataset sweep --backtest
    """
    _check(options)
    within_of(options.within)
    scheme = SCHEMES[check_choice("scheme", options.scheme, SCHEMES)]
    options, columns = columns_of(options)
    how: dict[str, Any] = {
        "method": options.method,
        "budgets": options.budget,
        "tolerance": options.tolerance,
        "noise": None if options.noise is None else number("--noise", options.noise),
        "weights": "inverse-variance" if options.weighted else "unit",
        **held_of(options),
    }
    if len(columns) > 1:
        how |= {
            "replicates": options.bootstrap,
            "seed": options.seed,
            "scheme": scheme,
            "level": options.level,
        }
        say_counts(counts_of(runs, options, columns, **how), as_json=as_json, out=out)
        return
    found = sl.isoflop(runs_of(runs, options), **how)
    found, bias, doubts = _measure_bias(found, options, quiet=as_json)
    later = sl.backtest_frontier(found) if options.backtest else None
    draws = _draws(found, options, scheme)
    flat = flat_of(found, draws, options.within, options.level)
    if out is not None:
        _write(out, "minima", found.to_frame(), draws, sl.plots.isoflop(found))
        write_flat(out, flat)
    if as_json:
        print_json(
            {
                "approach": 2,
                "method": found.method.name,
                "budgets": found.budgets.words(),
                "noise": found.noise,
                **found.slopes.identity,
                "plain": found.plain.to_dict(),
                "weighted": found.weighted.to_dict(),
                "minima": found.to_frame().to_dict("records"),
                "flat": flat_dict(flat, options.within),
                "refused": found.refused_profiles.to_dict("records"),
                "corrected": found.correction is not None,
                "bias": None if bias is None else bias.to_dict(),
                "warnings": doubts,
                "intervals": _intervals(draws, options),
                "backtest": None if later is None else later.to_dict()["cutoffs"],
            }
        )
    else:
        typer.echo(str(found))
        if bias is not None and not options.correct:
            typer.echo(f"\n{bias.text()}; --correct takes it off")
        print_flat(found, flat, options.within, options.level)
        _print_intervals(draws, options)
        if later is not None:
            typer.echo(f"\n{later}")
        print_warnings([*doubts, *(note for note in found.runs.notes if note.startswith("warning"))])
    if options.correct and doubts:
        raise typer.Exit(UNTRUSTED)


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

      scalelaw envelope curves.csv --group run_id --tie b=1-a

      scalelaw envelope curves.csv --group run_id --D step --tokens-per-step 524288

      scalelaw envelope curves.csv --group run_id --C flops_detailed --out results/
    """
    _check(options)
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
        **held_of(options),
    )
    later = sl.backtest_frontier(found) if options.backtest else None
    draws = _draws(found, options)
    if out is not None:
        _write(out, "envelope", found.to_frame(), draws, sl.plots.envelope(found))
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
                "notes": found.notes,
                "intervals": _intervals(draws, options),
                "backtest": None if later is None else later.to_dict()["cutoffs"],
            }
        )
    else:
        typer.echo(str(found))
        _print_intervals(draws, options)
        if later is not None:
            typer.echo(f"\n{later}")


def _check(options: FrontierOptions) -> None:
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


def _measure_bias(
    found: "sl.IsoFLOP", options: IsoFLOPOptions, *, quiet: bool
) -> "tuple[sl.IsoFLOP, DesignBias | None, list[str]]":
    """What was found, corrected if asked for, the bias of the design, and what to doubt about that.

    The Approach-3 fit of the runs stands for the truth.
    """
    if not (options.bias or options.correct):
        return found, None, []
    use_compilation_cache()
    try:
        with progress("fitting the surface", quiet=quiet) as report:
            surface = sl.fit(found.runs, starts="projected", progress=report)
        made = found.corrected(surface) if options.correct else found
        bias = made.correction or found.bias(surface)
    except BadInput as error:
        if options.correct:
            raise
        return found, None, [f"the bias of this design is not measured: {error}"]
    doubts = [f"the surface that the bias is measured on: {each}" for each in surface.certificate.warnings]
    return made, bias, doubts


def _draws(
    found: "sl.resampling.Estimator", options: FrontierOptions, scheme: str | None = None
) -> "sl.Draws | None":
    """The approach over as many resamples as were asked for."""
    if not options.bootstrap:
        return None
    use_compilation_cache()
    return sl.bootstrap(found, options.bootstrap, options.seed, scheme=scheme)


def _intervals(draws: "sl.Draws | None", options: FrontierOptions) -> dict[str, Any] | None:
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


def _print_intervals(draws: "sl.Draws | None", options: FrontierOptions) -> None:
    intervals = _intervals(draws, options)
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


def _write(folder: Path, name: str, frame: "pd.DataFrame", draws: "sl.Draws | None", figure: Any) -> None:
    """Write `name`.csv, draws.csv where there are draws, and the figure."""
    write_file(make_folder(folder, "--out") / f"{name}.csv", frame.to_csv(index=False), "--out")
    if draws is not None:
        write_file(folder / "draws.csv", draws.to_frame().to_csv(index_label="replicate"), "--out")
    sl.plots.save(figure, folder / name)
    typer.echo(
        f"written to {folder}: {name}.csv{', draws.csv' if draws is not None else ''} and figures", err=True
    )
