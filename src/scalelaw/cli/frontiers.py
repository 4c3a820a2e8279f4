"""What `isoflop` and `envelope` share: options of intervals, and the folder of results."""

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from scalelaw._checks import BadInput, bad_input, check_at_least, check_probability, shown
from scalelaw.cli.options import INTERVALS, TableOptions
from scalelaw.cli.work import folder_of
from scalelaw.numbers import parse_number

if TYPE_CHECKING:
    import pandas as pd

    from scalelaw.approaches.frontier import FrontierDraws


def _option(flag: str, text: str, metavar: str) -> Any:
    return typer.Option(flag, help=text, rich_help_panel=INTERVALS, metavar=metavar)


@dataclass(frozen=True)
class FrontierOptions(TableOptions):
    """How to read the table, and how to say how sure."""

    bootstrap: Annotated[int, _option("--bootstrap", "Intervals from this many resamples; 0: none.", "R")] = 0
    flops: Annotated[
        list[str] | None,
        _option("--flops", "With --bootstrap: intervals of what is best at this budget; repeat.", "NUMBER"),
    ] = None
    level: Annotated[float, _option("--level", "Confidence level.", "SHARE")] = 0.95
    seed: Annotated[int, _option("--seed", "Seed of the resamples.", "SEED")] = 0


def check(options: FrontierOptions) -> None:
    """Refuse bad choices before any work.

    Raises:
        BadInput: for a number out of range, or budgets without a bootstrap.
    """
    check_probability("--level", options.level)
    check_at_least("--seed", options.seed, 0)
    if options.bootstrap != 0:
        check_at_least("--bootstrap", options.bootstrap, 2)
    budgets = positive("--flops", options.flops or [])
    if budgets and not options.bootstrap:
        raise bad_input(
            "--flops", "given with --bootstrap, for intervals", "alone", advice="add --bootstrap 4000"
        )


def numbers(option: str, texts: Sequence[str]) -> list[float]:
    """The numbers that an option gives.

    Raises:
        BadInput: for text that says none; the message names the option.
    """
    try:
        return [parse_number(text) for text in texts]
    except BadInput as error:
        raise BadInput(f"{option}: {error}") from None


def positive(option: str, texts: Sequence[str]) -> list[float]:
    """The numbers that an option gives, each above 0.

    Raises:
        BadInput: as `numbers`, or for one that is not.
    """
    given = numbers(option, texts)
    if min(given, default=1.0) <= 0:
        raise bad_input(option, "above 0", shown(min(given)))
    return given


def written(
    folder: Path, name: str, table: "pd.DataFrame", draws: "FrontierDraws | None", figure: Any
) -> None:
    """Write `name`.csv, draws.csv where there are draws, and the figure.

    Raises:
        BadInput: for a folder that cannot be made.
    """
    from scalelaw import plots

    place = folder_of(folder)
    table.to_csv(place / f"{name}.csv", index=False)
    if draws is not None:
        draws.to_frame().to_csv(place / "draws.csv", index_label="replicate")
    plots.save(figure, place / name)
    typer.echo(
        f"written to {folder}: {name}.csv{', draws.csv' if draws is not None else ''} and figures", err=True
    )
