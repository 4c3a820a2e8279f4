"""`scalelaw profile`."""

import json
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from scalelaw._checks import check_probability
from scalelaw.cli.options import INTERVALS, OUTPUT, FitOptions, takes
from scalelaw.cli.work import fit_of, folder_of, leave

if TYPE_CHECKING:
    from scalelaw.fitting import Fit
    from scalelaw.uncertainty import Profile, ProfileSurface


@takes(FitOptions)
def profile(
    source: Annotated[
        Path,
        typer.Argument(metavar="RUNS|FIT.json", help="Table of runs, or a saved fit.", show_default=False),
    ],
    of: Annotated[
        str,
        typer.Argument(
            metavar="NAME", help="A parameter (E), or a derived quantity (a).", show_default=False
        ),
    ],
    options: FitOptions,
    other: Annotated[
        str | None,
        typer.Argument(metavar="[NAME]", help="A second one, for joint regions.", show_default=False),
    ] = None,
    level: Annotated[
        float, typer.Option("--level", help="Confidence level.", rich_help_panel=INTERVALS)
    ] = 0.95,
    as_json: Annotated[
        bool, typer.Option("--json", help="Print one JSON object.", rich_help_panel=OUTPUT)
    ] = False,
    out: Annotated[
        Path | None,
        typer.Option("--out", help="Write the curve and its figure here.", rich_help_panel=OUTPUT),
    ] = None,
) -> None:
    """How far a parameter may move, all others fitted again: its profile interval, or a joint region of two.

    Examples:
      scalelaw profile --dataset simulated-sweep E

      scalelaw profile runs.csv E alpha --out results/

      scalelaw profile results/fit.json a --level 0.9 --json
    """
    check_probability("--level", level)
    fitted = fit_of(source, options, quiet=as_json)
    found = _profiled(fitted, of, other, level)
    if out is not None:
        _write(found, out)
    if as_json:
        origin = {"law": fitted.law.name, "trusted": fitted.certificate.trusted}
        typer.echo(json.dumps({**origin, **found.summary()}, indent=1))
    else:
        for warning in fitted.certificate.warnings:
            typer.secho(f"warning: {warning}", fg="red")
        typer.echo(str(found))
        if out is not None:
            typer.echo(f"\nwritten to {out}: profile.csv and figures")
    leave(fitted)


def _profiled(fit: "Fit", of: str, other: str | None, level: float) -> "Profile | ProfileSurface":
    from scalelaw.uncertainty import profile, profile_surface
    from scalelaw.uncertainty.profile.surface import LEVELS

    if other is None:
        return profile(fit, of, level=level)
    inner = tuple(each for each in LEVELS if each < level)
    return profile_surface(fit, of, other, levels=(*inner, level))


def _write(found: "Profile | ProfileSurface", folder: Path) -> None:
    from scalelaw import plots
    from scalelaw.uncertainty import Profile

    found.to_frame().to_csv(folder_of(folder) / "profile.csv", index=False)
    figure = plots.profile(found) if isinstance(found, Profile) else plots.profile_surface(found)
    plots.save(figure, folder / "profile")
