"""Options that hold or tie exponents of the power laws of Approaches 1 and 2."""

from dataclasses import dataclass
from typing import Annotated, Any

from scalelaw.cli.estimate import pairs_of
from scalelaw.cli.options import TableOptions, number, option

LAWS = "Power laws"


@dataclass(frozen=True)
class SlopeOptions(TableOptions):
    """How to read the table, and which exponents are held."""

    fix: Annotated[list[str] | None, option("--fix", "Hold an exponent, e.g. a=0.5.", LAWS, "NAME=VALUE")] = (
        None
    )
    tie: Annotated[
        list[str] | None,
        option("--tie", "Make one follow another: b=1-a (C = k N D) or b=a.", LAWS, "NAME=NAME"),
    ] = None


def held_of(options: SlopeOptions) -> dict[str, Any]:
    """The exponents that are held or tied, as keywords.

    Raises:
        BadInput: for an option that is not written NAME=VALUE.
    """
    values = {name: number("--fix", text) for name, text in pairs_of("--fix", options.fix)}
    return {"fix": values, "tie": dict(pairs_of("--tie", options.tie))}
