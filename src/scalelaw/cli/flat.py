"""How flat profiles are about their minima: what `isoflop` says and writes of it."""

from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

import scalelaw as sl
from scalelaw._files import write_file
from scalelaw.cli.options import option, share_of

if TYPE_CHECKING:
    import pandas as pd


@dataclass(frozen=True)
class WithinOptions:
    """How near the best is near."""

    within: Annotated[
        str,
        option(
            "--within", "Sizes whose loss is within this share of the best, or `noise`.", "Profiles", "SHARE"
        ),
    ] = "1%"


def within_of(text: str) -> float | str:
    """What `--within` allows above the best loss: a share of it, or "noise".

    Raises:
        BadInput: it is neither.
    """
    noise = sl.allocation.nearly_best.NOISE
    return noise if text.strip() == noise else share_of("--within", text, f"{noise}, or ")


def flat_of(found: "sl.IsoFLOP", draws: "sl.Draws | None", within: str, level: float) -> "pd.DataFrame":
    """The ranges of all budgets, with intervals where there are draws."""
    share = within_of(within)
    return found.flat(share) if draws is None else sl.flat_intervals(draws, share, level=level)


def flat_dict(flat: "pd.DataFrame", within: str) -> dict[str, Any]:
    """For JSON."""
    return {"within": within_of(within), "budgets": flat.to_dict("records")}


def print_flat(found: "sl.IsoFLOP", flat: "pd.DataFrame", within: str, level: float) -> None:
    """Print the table."""
    words = sl.approaches.flat_range.within_words(within_of(within), found.noise)
    typer.echo("\n" + "\n".join(sl.approaches.flat_range.flat_lines(flat, words, level)))


def write_flat(folder: Path, flat: "pd.DataFrame") -> None:
    """Write flat.csv."""
    write_file(folder / "flat.csv", flat.to_csv(index=False), "--out")
