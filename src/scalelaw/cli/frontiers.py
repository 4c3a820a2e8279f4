"""What `isoflop` and `envelope` share: options of intervals, and the folder of results."""

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from scalelaw._checks import BadInput, bad_input, check_at_least, check_probability, shown
from scalelaw._text import table
from scalelaw.cli.options import INTERVALS, TableOptions
from scalelaw.cli.work import folder_of, use_compilation_cache
from scalelaw.numbers import format_number, parse_number, significant

if TYPE_CHECKING:
    import pandas as pd

    from scalelaw.resampling import Draws
    from scalelaw.resampling.estimator import Estimator


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


def repeated(found: "Estimator", options: FrontierOptions, scheme: str | None = None) -> "Draws":
    """The approach over as many resamples as were asked for."""
    use_compilation_cache()
    from scalelaw.resampling import bootstrap

    return bootstrap(found, options.bootstrap, options.seed, scheme=scheme)


def intervals_summary(draws: "Draws", options: FrontierOptions) -> dict[str, Any]:
    """Exponents and what is best at budgets, with intervals, for JSON."""
    from scalelaw.approaches.frontier import FrontierTable

    asked = FrontierTable.of(options.flops or ())
    ends = draws.interval(asked, level=options.level)
    numbers = zip(draws.estimate(asked).tolist(), ends.low.tolist(), ends.high.tolist(), strict=True)
    return {
        "level": options.level,
        "kind": draws.fit.default_kind,
        "scheme": draws.scheme,
        "replicates": len(draws),
        "usable": int(draws.usable.sum()),
        "of": [
            {"name": each.name, "C": each.C, "value": value, "low": low, "high": high}
            for each, (value, low, high) in zip(asked.quantities, numbers, strict=True)
        ],
    }


def intervals_text(draws: "Draws", options: FrontierOptions) -> str:
    """The same in words."""
    rows = []
    for row in intervals_summary(draws, options)["of"]:
        head = row["name"] if row["C"] is None else f"{row['name']} at C = {format_number(row['C'])}"
        show = significant if row["C"] is None or row["name"] == "L" else format_number
        rows.append((head, show(row["value"]), f"   {show(row['low'])} to {show(row['high'])}"))
    heading = ("", "value", f"   {options.level:.0%} {draws.fit.default_kind} interval")
    return "\n".join([draws.counts(), *table(rows, "<><", heading=heading, widths=(34, 14), gap="")])


def written(folder: Path, name: str, frame: "pd.DataFrame", draws: "Draws | None", figure: Any) -> None:
    """Write `name`.csv, draws.csv where there are draws, and the figure.

    Raises:
        BadInput: for a folder that cannot be made.
    """
    from scalelaw import plots

    place = folder_of(folder)
    frame.to_csv(place / f"{name}.csv", index=False)
    if draws is not None:
        draws.to_frame().to_csv(place / "draws.csv", index_label="replicate")
    plots.save(figure, place / name)
    typer.echo(
        f"written to {folder}: {name}.csv{', draws.csv' if draws is not None else ''} and figures", err=True
    )
