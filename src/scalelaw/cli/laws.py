"""`scalelaw laws`."""

from typing import Annotated

import typer


def laws(
    name: Annotated[str | None, typer.Argument(help="Show this law alone (or my_law.py:LAW).")] = None,
) -> None:
    """List the laws that can be fitted, or show one.

    Examples:
      scalelaw laws

      scalelaw laws chinchilla
    """
    from scalelaw.laws import LAWS
    from scalelaw.laws.find import find_law

    if name is None:
        width = max(len(law) for law in LAWS)
        for law in LAWS.values():
            typer.echo(f"{law.name:{width}}  {law.formula}")
        typer.echo("\nYour own: --law my_law.py:LAW; `scalelaw laws NAME` shows one.")
        return
    law = find_law(name, LAWS)
    rows = {
        "formula": law.formula or "(none given)",
        "inputs": ", ".join(law.inputs),
        "parameters": ", ".join(law.fields),
        "positive": ", ".join(law.positive) or "none",
        "starts": f"{len(law.grid())} in its grid" if law.starts else "space-filling",
        "projected starts": f"yes, linear in {', '.join(law.linear)}" if law.linear else "no",
        "optimum": "closed form" if law.optimum else "numeric" if {"N", "D"} <= set(law.inputs) else "none",
        "source": law.citation or "(none given)",
    }
    typer.echo(law.name)
    for key, value in rows.items():
        typer.echo(f"  {key:<18}{value}")
