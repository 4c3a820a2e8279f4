"""`scalelaw laws`."""

import json
import re
from collections.abc import Iterable, Mapping
from typing import TYPE_CHECKING, Annotated, Any, NamedTuple

import typer

from scalelaw._checks import BadInput, bad_input, did_you_mean, shown
from scalelaw.cli.columns import GLUE, digits, field, named, table, wrapped
from scalelaw.cli.frontiers import positive
from scalelaw.cli.laws_json import law_json, published_json
from scalelaw.numbers import format_number

if TYPE_CHECKING:
    from scalelaw.laws import Law
    from scalelaw.laws.published import Published

GOPHER = 5.76e23
"""FLOP at which published constants are compared: the budget of Gopher and of Chinchilla."""

RELIABILITY = {
    "primary": "read in the paper",
    "primary+derived": "exponents read in the paper, coefficients fitted to its tables",
    "authors_code": "digits of the authors' code or data",
    "recomputed": "fitted again from released data",
    "secondary": "a third party's account of the paper",
    "secondary_reproduced": "a third party's account, reproduced numerically",
    "memory_constants": "digits not checked against the paper: do not rely on them",
    "unverified_constants": "digits not verified: do not rely on them",
}
SHORT = 7
"""Digits that tell variants apart where many stand together."""


def laws(
    name: Annotated[str | None, typer.Argument(help="A law, published constants, or my_law.py:LAW.")] = None,
    published: Annotated[
        bool, typer.Option("--published", help="List the constants that papers found.")
    ] = False,
    disagreement: Annotated[
        str | None,
        typer.Option(
            "--disagreement",
            help="What the published variants of Chinchilla's law would train on this budget, FLOP.",
            metavar="NUMBER",
        ),
    ] = None,
    as_json: Annotated[bool, typer.Option("--json", help="Print JSON.")] = False,
) -> None:
    """List the laws that can be fitted and the constants that papers found, or show one of either.

    Examples:
      scalelaw laws

      scalelaw laws --published --json

      scalelaw laws chinchilla

      scalelaw laws besiroglu2024_paper

      scalelaw laws --disagreement 5.76e23
    """
    found = _asked(name, disagreement, published=published)
    typer.echo(json.dumps(found.plain, indent=1) if as_json else "\n".join(found.lines))


class _Found(NamedTuple):
    """What is shown: as lines, and for JSON."""

    lines: list[str]
    plain: Any


def _asked(name: str | None, disagreement: str | None, *, published: bool) -> _Found:
    """The list or the one thing that was asked for."""
    from scalelaw.laws import LAWS
    from scalelaw.laws.find import find_law
    from scalelaw.laws.published import published as library

    if disagreement is not None:
        return _disagreement(positive("--disagreement", [disagreement])[0])
    if name is None and published:
        return _Found(_every_constant(library), [published_json(fit) for fit in library.values()])
    if name is None:
        return _Found(_every_law(LAWS, library), [law_json(law) for law in LAWS.values()])
    if name in library:
        return _Found(_about_constants(library[name]), published_json(library[name]))
    if name in LAWS or ".py" in name:
        law = find_law(name, LAWS)
        fits = [fit for fit in library.values() if fit.law_name == law.name]
        return _Found([*_about_law(law), *_constants_of(fits)], law_json(law, fits))
    raise bad_input(
        "law",
        "one that `scalelaw laws` or `scalelaw laws --published` lists, or my_law.py:LAW",
        shown(name),
        advice=did_you_mean(name, [*LAWS, *library]),
    )


def _disagreement(C: float) -> _Found:
    """How far the published constants of one law are from each other."""
    from scalelaw.laws.published import disagreement

    verdicts = disagreement(C)
    head = ("", "N*, parameters", "D*, tokens", "D* / N*", "a")
    rows = [
        (
            each.name,
            format_number(each.N),
            format_number(each.N * each.tokens_per_parameter),
            f"{each.tokens_per_parameter:.1f}",
            f"{each.a:.4f}",
        )
        for each in verdicts
    ]
    widths = [max(len(row[i]) for row in (head, *rows)) for i in range(len(head))]
    lines = [
        row[0].ljust(widths[0])
        + "".join(cell.rjust(width + 2) for cell, width in zip(row[1:], widths[1:], strict=True))
        for row in (head, *rows)
    ]
    title = f"What published constants of Chinchilla's law would train on {format_number(C)} FLOP (C = 6 N D)"
    return _Found([title, *lines], [each._asdict() for each in verdicts])


def _every_law(laws: Mapping[str, "Law"], library: Mapping[str, "Published"]) -> list[str]:
    published = [fit.law_name for fit in library.values()]
    rows = [(law.name, f"{law.formula}{_counted(published.count(law.name))}") for law in laws.values()]
    return [
        f"{len(laws)} laws to fit with --law NAME (N parameters, D tokens, C FLOP)",
        *table(rows),
        "",
        *wrapped(
            "",
            "Your own: --law my_law.py:LAW. `scalelaw laws NAME` shows one with its units and the constants "
            f"that papers found; `scalelaw laws --published` lists these {len(library)}.",
        ),
    ]


def _counted(published: int) -> str:
    return f"  ({published} published)" if published else ""


def _every_constant(library: Mapping[str, "Published"]) -> list[str]:
    law = max(len(fit.law_name) for fit in library.values())
    rows = [(fit.name, f"{fit.law_name or '-':<{law}}  {fit.reliability}") for fit in library.values()]
    return [
        f"{len(library)} published fits: name, law, where the digits come from",
        *table(rows),
        "",
        "`scalelaw laws NAME` shows one; in Python, scalelaw.published[NAME].",
    ]


def _about_law(law: "Law") -> list[str]:
    units = dict(law.units)
    described = " ".join((law.Params.__doc__ or "").split()).rstrip(".")
    return [
        law.name,
        *field("formula", law.formula or "(none given)"),
        *field("predicts", f"{law.output}: {units.get(law.output, '(no unit given)')}"),
        *named("inputs", [(name, units.get(name, "(no unit given)")) for name in law.inputs]),
        *field("parameters", described or ", ".join(law.fields)),
        *field("positive", ", ".join(law.positive) or "none"),
        *field("starts", f"{len(law.grid()):,} in its grid" if law.starts else "space-filling"),
        *field("projected", f"yes, linear in {', '.join(law.linear)}" if law.linear else "no"),
        *field("optimum", _way_to_the_optimum(law)),
        *field("source", law.citation or "(none given)"),
    ]


def _way_to_the_optimum(law: "Law") -> str:
    if law.output != "L" or not {"N", "D"} <= set(law.inputs):
        return "none: it does not split a budget between N and D"
    held = [name for name in law.inputs if name not in "ND"]
    return ("closed form" if law.optimum else "numeric") + (f", with {', '.join(held)} held" if held else "")


def _constants_of(fits: Iterable["Published"]) -> list[str]:
    lines = []
    for fit in fits:
        constants = ", ".join(
            f"{name}{GLUE}={GLUE}{digits(value, SHORT)}" for name, value in fit.constants.items()
        )
        per = "".join(f" ({name} in units of {digits(size)} FLOP)" for name, size in fit.per.items())
        lines += [
            *wrapped(f"  {fit.name}: ", constants + per, hang=4),
            *wrapped("    ", _optimum(fit), hang=4),
        ]
    return ["", "published constants, as printed", *lines] if lines else []


def _about_constants(fit: "Published") -> list[str]:
    checks = [f"{_inputs(check.x)}: {fit.output} = {digits(check.y)} ({check.kind})" for check in fit.checks]
    return [
        fit.name,
        *field("formula", f"{fit.output} = {_readable(fit.equation)}"),
        *field("law", fit.law_name or "none of this package"),
        *named("constants", [(name, _with_interval(fit, name)) for name in fit.constants]),
        *named("further", [(name, _with_interval(fit, name)) for name in fit.further]),
        *named("units", fit.units.items()),
        *named("converted", [(name, _conversion(fit, name)) for name in fit.per]),
        *field("optimum", _optimum(fit)),
        *field("range", fit.range),
        *field("fitted by", fit.method),
        *field("digits", f"{fit.reliability}: {RELIABILITY[fit.reliability]}"),
        *field("source", fit.source),
        *field("note", fit.note),
        *named("check", [("", check) for check in checks]),
    ]


def _readable(equation: str) -> str:
    """A printed equation with powers as ^ and room about its terms."""
    short = equation.replace("**", "^").replace("E_hat(E,E_start,E_max)", "E_hat")
    return re.sub(r"(?<=[\w)])([-+])(?=[\w(])", r" \1 ", short)


def _with_interval(fit: "Published", name: str) -> str:
    text = digits({**fit.constants, **fit.further}[name])
    if name in fit.stderr:
        text += f"  standard error {digits(fit.stderr[name])}"
    if name in fit.interval:
        low, high = fit.interval[name]
        level = f" ({fit.level:.0%} interval)" if fit.level else ""
        text += f"  {digits(low)} to {digits(high)}{level}"
    return text


def _conversion(fit: "Published", name: str) -> str:
    unit = dict(fit.law.units)[name].split(",")[0]
    return f"a unit of it is {digits(fit.per[name])} {unit}, which the law takes"


def _optimum(fit: "Published") -> str:
    """What the constants would train on Gopher's budget, where they say so in closed form."""
    try:
        N, D = (float(leaf) for leaf in fit.optimal(C=GOPHER))
    except BadInput:
        return ""
    ratio = f"{D / N:.1f} tokens per parameter"
    return (
        f"{format_number(GOPHER)} FLOP: {format_number(N)} parameters on {format_number(D)} tokens, {ratio}"
    )


def _inputs(x: Mapping[str, float]) -> str:
    return ", ".join(f"{name} = {format_number(value)}" for name, value in x.items())
