"""`scalelaw compare`."""

from dataclasses import dataclass
from pathlib import Path
from typing import Annotated

import typer

import scalelaw as sl
from scalelaw._checks import check_at_least, check_probability
from scalelaw._files import make_folder, write_file
from scalelaw.cli.estimate import fit_of
from scalelaw.cli.options import INTERVALS, AsJson, Curves, FitOptions, option, takes, to_folder
from scalelaw.cli.terminal import exit_unless_trusted, print_json, progress
from scalelaw.numbers import amount

CURVES, PROFILES = "Approach 1: training curves", "Approach 2: IsoFLOP profiles"


@dataclass(frozen=True)
class CompareOptions(FitOptions):
    """How to read and fit the table, take envelopes and profiles, and resample."""

    flops: Annotated[
        list[str] | None, option("--flops", "Answer for this budget, FLOP; repeat.", INTERVALS, "NUMBER")
    ] = None
    size: Annotated[
        list[str] | None,
        option("--size", "Also the compute and tokens this size is best for; repeat.", INTERVALS, "NUMBER"),
    ] = None
    replicates: Annotated[int, option("--replicates", "Resamples, at least 100.", INTERVALS, "R")] = 4000
    level: Annotated[float, option("--level", "Confidence level.", INTERVALS, "SHARE")] = 0.95
    seed: Annotated[int, option("--seed", "Seed of the resamples.", INTERVALS, "SEED")] = 0
    curves: Annotated[
        str, option("--curves", "lowest (run at log-spaced FLOP values) or hull.", CURVES, "NAME")
    ] = "lowest"
    warmup: Annotated[
        str,
        option("--warmup", "Leave out points before so many tokens; below 1, this share.", CURVES, "TOKENS"),
    ] = "0"
    smoothing: Annotated[
        float, option("--smoothing", "Gaussian over this many points (its sd); 0: none.", CURVES, "POINTS")
    ] = 0.0
    profiles: Annotated[
        str, option("--profiles", "shared, local, parabola, cubic or akima.", PROFILES, "NAME")
    ] = "shared"
    budget: Annotated[
        list[str] | None,
        option("--budget", "A budget of the profiles, FLOP; repeat. Found when none.", PROFILES, "NUMBER"),
    ] = None
    tolerance: Annotated[
        float | None,
        option("--tolerance", "Share by which a run may differ from its budget.", PROFILES, "SHARE"),
    ] = None


@takes(CompareOptions)
def compare(
    runs: Curves,
    options: CompareOptions,
    as_json: AsJson = False,
    out: Annotated[Path | None, to_folder("Write tables, tests and the figure here.")] = None,
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
    budgets = [amount("--flops", text) for text in options.flops or []]
    sizes = [amount("--size", text) for text in options.size or []]
    fit = fit_of(runs, options, quiet=as_json)
    with progress("comparing", quiet=as_json) as report:
        found = sl.compare(
            fit,
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
    if out is not None:
        _write(found, sizes, out)
    if as_json:
        print_json(found.to_dict(sizes))
    else:
        typer.echo(found.text(sizes))
    exit_unless_trusted(fit)


def _write(found: "sl.Comparison", sizes: list[float], out: Path) -> None:
    """Tables, tests and the figure."""
    folder = make_folder(out, "--out")
    tables = {"exponents": found.exponents, "best": found.best}
    tables |= {"agreement": found.agreement} if len(found.tested) > 1 else {}
    tables |= {"sizes": found.sizes(sizes)} if sizes else {}
    for name, table in tables.items():
        write_file(folder / f"{name}.csv", table.to_csv(index=False), "--out")
    sl.plots.save(sl.plots.compare(found), folder / "compare")
    typer.echo(f"written to {out}: {', '.join(f'{name}.csv' for name in tables)} and figures", err=True)
