"""`scalelaw laws`."""

import re
from collections.abc import Iterable
from decimal import Decimal
from typing import TYPE_CHECKING, Annotated, Any

import typer

import scalelaw as sl
from scalelaw._checks import BadInput, bad_input, did_you_mean, shown
from scalelaw._text import table
from scalelaw.cli.options import option
from scalelaw.cli.terminal import GLUE, field, glossary, named, print_json, wrapped
from scalelaw.numbers import amount, format_number

if TYPE_CHECKING:
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


Shown = tuple[list[str], Any]
"""What is shown: as lines, and for JSON."""


def laws(
    name: Annotated[str | None, typer.Argument(help="A law, published constants, or my_law.py:LAW.")] = None,
    published: Annotated[bool, option("--published", "List the constants that papers found.")] = False,
    disagreement: Annotated[
        str | None,
        option(
            "--disagreement",
            "What the published variants of Chinchilla's law would train on this budget, FLOP.",
            metavar="NUMBER",
        ),
    ] = None,
    as_json: Annotated[bool, option("--json", "Print JSON.")] = False,
) -> None:
    """List the laws that can be fitted and the constants that papers found, or show one of either.

    Examples:
      scalelaw laws

      scalelaw laws --published --json

      scalelaw laws chinchilla

      scalelaw laws besiroglu2024_paper

      scalelaw laws --disagreement 5.76e23
    """
    if disagreement is not None:
        lines, record = _disagreement(amount("--disagreement", disagreement))
    elif name is None:
        lines, record = _list_constants() if published else _list_laws()
    else:
        lines, record = _one(name)
    if as_json:
        print_json(record)
    else:
        typer.echo("\n".join(lines))


def _disagreement(C: float) -> Shown:
    """How far the published constants of one law are from each other."""
    verdicts = sl.disagreement(C)
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
    heading = ("", "N*, parameters", "D*, tokens", "D* / N*", "a")
    title = f"What published constants of Chinchilla's law would train on {format_number(C)} FLOP (C = 6 N D)"
    return [title, *table(rows, "<>>>>", heading=heading)], [each._asdict() for each in verdicts]


def _list_laws() -> Shown:
    known, library = sl.laws.LAWS, sl.published
    names = [fit.law_name for fit in library.values()]
    rows = []
    for law in known.values():
        count = names.count(law.name)
        rows.append((law.name, law.formula + (f"  ({count} published)" if count else "")))
    lines = [
        f"{len(known)} laws to fit with --law NAME (N parameters, D tokens, C FLOP)",
        *glossary(rows),
        "",
        *wrapped(
            "",
            "Your own: --law my_law.py:LAW. `scalelaw laws NAME` shows one with its units and the constants "
            f"that papers found; `scalelaw laws --published` lists these {len(library)}.",
        ),
    ]
    return lines, [_law_record(law) for law in known.values()]


def _list_constants() -> Shown:
    library = sl.published
    width = max(len(fit.law_name) for fit in library.values())
    rows = [(fit.name, f"{fit.law_name or '-':<{width}}  {fit.reliability}") for fit in library.values()]
    lines = [
        f"{len(library)} published fits: name, law, where the digits come from",
        *glossary(rows),
        "",
        "`scalelaw laws NAME` shows one; in Python, scalelaw.published[NAME].",
    ]
    return lines, [_published_record(fit) for fit in library.values()]


def _one(name: str) -> Shown:
    """The law or the published fit of this name."""
    known, library = sl.laws.LAWS, sl.published
    if name in library:
        return _describe_constants(library[name]), _published_record(library[name])
    if name in known or ".py" in name:
        law = sl.laws.find_law(name, known)
        fits = [fit for fit in library.values() if fit.law_name == law.name]
        return [*_describe_law(law), *_constants_of(fits)], _law_record(law, fits)
    raise bad_input(
        "law",
        "one that `scalelaw laws` or `scalelaw laws --published` lists, or my_law.py:LAW",
        shown(name),
        advice=did_you_mean(name, [*known, *library]),
    )


def _describe_law(law: "sl.Law") -> list[str]:
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
        *field("optimum", _optimum_method(law)),
        *field("source", law.citation or "(none given)"),
    ]


def _optimum_method(law: "sl.Law") -> str:
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


def _describe_constants(fit: "Published") -> list[str]:
    checks = []
    for check in fit.checks:
        inputs = ", ".join(f"{name} = {format_number(value)}" for name, value in check.x.items())
        checks.append(("", f"{inputs}: {fit.output} = {digits(check.y)} ({check.kind})"))
    conversions = []
    for name, size in fit.per.items():
        unit = dict(fit.law.units)[name].split(",")[0]
        conversions.append((name, f"a unit of it is {digits(size)} {unit}, which the law takes"))
    powers = fit.equation.replace("**", "^").replace("E_hat(E,E_start,E_max)", "E_hat")
    equation = re.sub(r"(?<=[\w)])([-+])(?=[\w(])", r" \1 ", powers)
    return [
        fit.name,
        *field("formula", f"{fit.output} = {equation}"),
        *field("law", fit.law_name or "none of this package"),
        *named("constants", [(name, _with_interval(fit, name)) for name in fit.constants]),
        *named("further", [(name, _with_interval(fit, name)) for name in fit.further]),
        *named("units", fit.units.items()),
        *named("converted", conversions),
        *field("optimum", _optimum(fit)),
        *field("range", fit.range),
        *field("fitted by", fit.method),
        *field("digits", f"{fit.reliability}: {RELIABILITY[fit.reliability]}"),
        *field("source", fit.source),
        *field("note", fit.note),
        *named("check", checks),
    ]


def _with_interval(fit: "Published", name: str) -> str:
    text = digits({**fit.constants, **fit.further}[name])
    if name in fit.stderr:
        text += f"  standard error {digits(fit.stderr[name])}"
    if name in fit.interval:
        low, high = fit.interval[name]
        level = f" ({fit.level:.0%} interval)" if fit.level else ""
        text += f"  {digits(low)} to {digits(high)}{level}"
    return text


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


def digits(value: float, most: int = 17) -> str:
    """The digits of a constant, 3.1e8 for 310000000.0: all of them, or `most` where they are many."""
    text = repr(value) if most == 17 else f"{value:.{most}g}"
    if value == 0 or 1e-4 <= abs(value) < 1e6:
        return text.removesuffix(".0")
    return str(Decimal(text).normalize()).replace("E+", "e").replace("E", "e")


def _law_record(law: "sl.Law", fits: Iterable["Published"] = ()) -> dict[str, Any]:
    """A law, with the constants that papers found for it."""
    units = dict(law.units)
    return {
        "name": law.name,
        "formula": law.formula,
        "output": {"name": law.output, "unit": units.get(law.output)},
        "inputs": {name: units.get(name) for name in law.inputs},
        "parameters": law.fields,
        "positive": law.positive,
        "linear": law.linear,
        "starts": len(law.grid()) if law.starts else None,
        "closed_form_optimum": law.optimum is not None,
        "source": law.citation,
        "published": [_published_record(fit) for fit in fits if fit.law_name == law.name],
    }


def _published_record(fit: "Published") -> dict[str, Any]:
    """A published fit as printed, and converted to the law's own units where it is a law of this package."""
    try:
        params = fit.params._asdict()
    except BadInput:
        params = None
    return {
        "name": fit.name,
        "law": fit.law_name or None,
        "equation": fit.equation,
        "output": fit.output,
        "constants": fit.constants,
        "stderr": fit.stderr,
        "interval": fit.interval,
        "level": fit.level,
        "further": fit.further,
        "units": fit.units,
        "per": fit.per,
        "params": params,
        "method": fit.method,
        "range": fit.range,
        "reliability": fit.reliability,
        "source": fit.source,
        "note": fit.note,
        "checks": [check._asdict() for check in fit.checks],
    }
