"""Laws and published fits for `--json`: the names of the library, plain numbers, nothing for what is not known."""

from collections.abc import Iterable
from typing import TYPE_CHECKING, Any

from scalelaw._checks import BadInput

if TYPE_CHECKING:
    from scalelaw.laws import Law
    from scalelaw.laws.published import Published


def law_json(law: "Law", fits: Iterable["Published"] = ()) -> dict[str, Any]:
    """A law, with the constants that papers found for it."""
    units = dict(law.units)
    return {
        "name": law.name,
        "formula": law.formula,
        "output": {"name": law.output, "unit": units.get(law.output)},
        "inputs": {name: units.get(name) for name in law.inputs},
        "parameters": list(law.fields),
        "positive": list(law.positive),
        "linear": list(law.linear),
        "starts": len(law.grid()) if law.starts else None,
        "closed_form_optimum": law.optimum is not None,
        "source": law.citation,
        "published": [published_json(fit) for fit in fits if fit.law_name == law.name],
    }


def published_json(fit: "Published") -> dict[str, Any]:
    """A published fit as printed, and converted to the law's own units where it is a law of this package."""
    return {
        "name": fit.name,
        "law": fit.law_name or None,
        "equation": fit.equation,
        "output": fit.output,
        "constants": dict(fit.constants),
        "stderr": dict(fit.stderr),
        "interval": {name: list(ends) for name, ends in fit.interval.items()},
        "level": fit.level,
        "further": dict(fit.further),
        "units": dict(fit.units),
        "per": dict(fit.per),
        "params": _params(fit),
        "method": fit.method,
        "range": fit.range,
        "reliability": fit.reliability,
        "source": fit.source,
        "note": fit.note,
        "checks": [check._asdict() | {"x": dict(check.x)} for check in fit.checks],
    }


def _params(fit: "Published") -> dict[str, float] | None:
    try:
        return dict(fit.params._asdict())
    except BadInput:
        return None
