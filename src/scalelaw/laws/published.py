"""What papers found: 111 published fits as data, with their true digits, conventions and reliability.

    sl.published["hoffmann2022_A3_tex"].optimal(C=5.76e23)
    sl.published["muennighoff2023"].loss(N=6.34e9, D=242e9, U=25e9)
    sl.allocate(sl.published["besiroglu2024_paper"], L=2.0)

The digits are those of `published.toml`, which is read when the first of them is asked for.
"""

import tomllib
from collections.abc import Mapping
from functools import cache
from importlib.resources import files
from types import MappingProxyType
from typing import Any

from scalelaw._by_name import ByName
from scalelaw._checks import bad_input, listed, shown
from scalelaw.laws.constants import Check as Check
from scalelaw.laws.constants import Published as Published


class Library(ByName[Published]):
    """The published fits by name, and the published tables."""

    def table(self, name: str) -> list[dict[str, Any]]:
        """A published table, a mapping a row (`pandas.DataFrame` reads it as it is).

        Raises:
            BadInput: if there is no such table.
        """
        tables = _file()["table"]
        if name not in tables:
            raise bad_input("published table", f"one of {listed(tables, 12)}", shown(name))
        return [dict(zip(tables[name]["columns"], row, strict=True)) for row in tables[name]["rows"]]


@cache
def _file() -> dict[str, Any]:
    text = files("scalelaw.laws").joinpath("published.toml").read_text(encoding="utf-8")
    return tomllib.loads(text)


@cache
def _fits() -> Mapping[str, Published]:
    entries = {name: entry for name, entry in _file().items() if name != "table"}
    return MappingProxyType({name: _published(name, **entry) for name, entry in entries.items()})


def _published(
    name: str,
    *,
    law: str = "",
    check: tuple[Any, ...] = (),
    interval: Mapping[str, list[float]] = MappingProxyType({}),
    **entry: Any,
) -> Published:
    intervals = {constant: (low, high) for constant, (low, high) in interval.items()}
    checks = tuple(Check(**point) for point in check)
    return Published(name, law_name=law, checks=checks, interval=intervals, **entry)


published = Library("published fit", "`scalelaw laws --published`", _fits)
