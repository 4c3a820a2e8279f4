"""`scalelaw profile` and `scalelaw influence`: how far one quantity may move, and which runs carry it."""

from dataclasses import dataclass
from pathlib import Path
from typing import Annotated

import typer

import scalelaw as sl
from scalelaw._checks import check_at_least, check_probability
from scalelaw._files import make_folder, write_file
from scalelaw.cli.estimate import fit_by_groups, fit_of
from scalelaw.cli.options import AsJson, FitOptions, Level, Source, argument, option, takes, to_folder
from scalelaw.cli.terminal import exit_unless_trusted, print_doubts, print_json


@dataclass(frozen=True)
class InfluenceOptions(FitOptions):
    """How to fit, and what is left out together."""

    by: Annotated[
        str | None,
        option(
            "--by", "Leave out groups instead of runs: column of equal values (N, D, C too).", None, "COLUMN"
        ),
    ] = None
    top: Annotated[int, option("--top", "How many runs or groups to show.", None, "K")] = 10


@takes(FitOptions)
def profile(
    source: Source,
    of: Annotated[str, argument("A parameter (E), or a derived quantity (a).", "NAME")],
    options: FitOptions,
    other: Annotated[str | None, argument("A second one, for joint regions.", "[NAME]")] = None,
    level: Level = 0.95,
    as_json: AsJson = False,
    out: Annotated[Path | None, to_folder("Write the curve and its figure here.")] = None,
) -> None:
    """How far a parameter may move, all others fitted again: its profile interval, or a joint region of two.

    Examples:
      scalelaw profile --dataset simulated-sweep E

      scalelaw profile runs.csv E alpha --out results/

      scalelaw profile results/fit.json a --level 0.9 --json
    """
    check_probability("--level", level)
    fit = fit_of(source, options, quiet=as_json)
    found: sl.Profile | sl.ProfileSurface
    if other is None:
        found = sl.profile(fit, of, level=level)
    else:
        inner = (each for each in sl.uncertainty.LEVELS if each < level)
        found = sl.profile_surface(fit, of, other, levels=(*inner, level))
    if out is not None:
        write_file(make_folder(out, "--out") / "profile.csv", found.to_frame().to_csv(index=False), "--out")
        drawn = sl.plots.profile(found) if isinstance(found, sl.Profile) else sl.plots.profile_surface(found)
        sl.plots.save(drawn, out / "profile")
    if as_json:
        print_json({"law": fit.law.name, "trusted": fit.certificate.trusted, **found.summary()})
    else:
        print_doubts(fit)
        typer.echo(str(found))
        if out is not None:
            typer.echo(f"\nwritten to {out}: profile.csv and figures")
    exit_unless_trusted(fit)


@takes(InfluenceOptions)
def influence(
    source: Source,
    function: Annotated[str, argument("A parameter or derived quantity: alpha, a, E, ...")],
    options: InfluenceOptions,
    as_json: AsJson = False,
    out: Annotated[Path | None, to_folder("Write influence.csv and the figure here.")] = None,
) -> None:
    """Which runs carry the answer: how far it would move if each run, or group, were left out.

    Examples:
      scalelaw influence --dataset simulated-sweep alpha

      scalelaw influence runs.csv a --by N --top 5 --out results/

      scalelaw influence results/fit.json E --json
    """
    check_at_least("--top", options.top, 1)
    fit, by = fit_by_groups(source, options, options.by, quiet=as_json)
    found = sl.influence(fit, function, by=by)
    if out is not None:
        write_file(make_folder(out, "--out") / "influence.csv", found.to_frame().to_csv(index=False), "--out")
        sl.plots.save(sl.plots.influence(found), out / "influence")
    if as_json:
        print_json({"law": fit.law.name, **found.summary(options.top)})
    else:
        print_doubts(fit)
        typer.echo(found.text(options.top))
        if out is not None:
            typer.echo(f"\nwritten to {out}: influence.csv and influence.png, .svg, .pdf")
    exit_unless_trusted(fit)
