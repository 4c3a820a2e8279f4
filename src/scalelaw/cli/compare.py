"""`scalelaw compare`."""

import json
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from scalelaw._checks import check_at_least, check_probability
from scalelaw.cli.frontiers import positive
from scalelaw.cli.options import INTERVALS, OUTPUT, FitOptions, takes
from scalelaw.cli.work import fit_of, folder_of, leave, progress

if TYPE_CHECKING:
    from scalelaw.comparison import Comparison

CURVES, PROFILES = "Approach 1: training curves", "Approach 2: IsoFLOP profiles"


def _option(flag: str, text: str, metavar: str, panel: str) -> Any:
    return typer.Option(flag, help=text, rich_help_panel=panel, metavar=metavar)


@dataclass(frozen=True)
class CompareOptions(FitOptions):
    """How to read and fit the table, take envelopes and profiles, and resample."""

    flops: Annotated[
        list[str] | None, _option("--flops", "Answer for this budget, FLOP; repeat.", "NUMBER", INTERVALS)
    ] = None
    size: Annotated[
        list[str] | None,
        _option("--size", "Also the compute and tokens this size is best for; repeat.", "NUMBER", INTERVALS),
    ] = None
    replicates: Annotated[int, _option("--replicates", "Resamples, at least 100.", "R", INTERVALS)] = 4000
    level: Annotated[float, _option("--level", "Confidence level.", "SHARE", INTERVALS)] = 0.95
    seed: Annotated[int, _option("--seed", "Seed of the resamples.", "SEED", INTERVALS)] = 0
    curves: Annotated[
        str, _option("--curves", "lowest (run at log-spaced FLOP values) or hull.", "NAME", CURVES)
    ] = "lowest"
    warmup: Annotated[
        str,
        _option("--warmup", "Leave out points before so many tokens; below 1, this share.", "TOKENS", CURVES),
    ] = "0"
    smoothing: Annotated[
        float, _option("--smoothing", "Gaussian over this many points (its sd); 0: none.", "POINTS", CURVES)
    ] = 0.0
    profiles: Annotated[str, _option("--profiles", "parabola, cubic, akima or local.", "NAME", PROFILES)] = (
        "parabola"
    )
    budget: Annotated[
        list[str] | None,
        _option("--budget", "A budget of the profiles, FLOP; repeat. Found when none.", "NUMBER", PROFILES),
    ] = None
    tolerance: Annotated[
        float, _option("--tolerance", "Share by which a run may differ from its budget.", "SHARE", PROFILES)
    ] = 0.05


@takes(CompareOptions)
def compare(
    runs: Annotated[
        Path,
        typer.Argument(
            help="Table of runs, or a saved fit (.json); --group names curves.", show_default=False
        ),
    ],
    options: CompareOptions,
    as_json: Annotated[
        bool, typer.Option("--json", help="Print one JSON object.", rich_help_panel=OUTPUT)
    ] = False,
    out: Annotated[
        Path | None,
        typer.Option("--out", help="Write tables, tests and the figure here.", rich_help_panel=OUTPUT),
    ] = None,
) -> None:
    """All approaches that the runs allow, beside Kaplan's and Hoffmann's lines; do they agree?

    Examples:
      scalelaw compare --dataset simulated-sweep --flops 5.76e23

      scalelaw compare runs.csv --budget 6e18 --budget 1e19 --tolerance 0.2

      scalelaw compare results/fit.json --size 70B --size 7B

      scalelaw compare curves.csv --group run_id --curves hull --out results/
    """
    check_at_least("--replicates", options.replicates, 100)
    check_at_least("--seed", options.seed, 0)
    check_probability("--level", options.level)
    budgets, sizes = positive("--flops", options.flops or []), positive("--size", options.size or [])
    found = _compared(runs, options, budgets, quiet=as_json)
    if out is not None:
        _write(found, sizes, out)
    if as_json:
        typer.echo(json.dumps(found.to_dict(sizes), indent=1))
    else:
        typer.echo(found.text(sizes))
    leave(found.fit)


def _compared(runs: Path, options: CompareOptions, budgets: list[float], *, quiet: bool) -> "Comparison":
    fitted = fit_of(runs, options, quiet=quiet)
    from scalelaw.comparison import compare as compared

    with progress("comparing", quiet=quiet) as report:
        return compared(
            fitted,
            budgets=budgets or None,
            replicates=options.replicates,
            seed=options.seed,
            level=options.level,
            curves=options.curves,
            warmup=options.warmup,
            smoothing=options.smoothing,
            profiles=options.profiles,
            isoflops=options.budget,
            tolerance=options.tolerance,
            progress=report,
        )


def _write(found: "Comparison", sizes: list[float], out: Path) -> None:
    """Tables, tests and the figure."""
    from scalelaw import plots

    place = folder_of(out)
    tables = {"exponents": found.exponents, "best": found.best}
    tables |= {"agreement": found.agreement} if len(found.approaches) > 1 else {}
    tables |= {"sizes": found.sizes(sizes)} if sizes else {}
    for name, table in tables.items():
        table.to_csv(place / f"{name}.csv", index=False)
    plots.save(plots.compare(found), place / "compare")
    typer.echo(f"written to {out}: {', '.join(f'{name}.csv' for name in tables)} and figures", err=True)
