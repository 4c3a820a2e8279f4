"""The catalogue: data sets by name, as `catalogue.toml` has them.

sl.datasets["chinchilla-epoch"].licence
sl.read_dataset("chinchilla-epoch")
"""

import tomllib
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from functools import cache
from importlib.resources import files
from types import MappingProxyType
from typing import Any

from scalelaw._checks import ByName, bad_input, shown

NO_LICENCE = "none stated by its authors: ask them before you pass it on"


@dataclass(frozen=True)
class Dataset:
    """A data set, and how to read it.

    Attributes:
        name: what it is asked for by.
        what: its runs, in a sentence.
        rows: how many its file has.
        file: its file's name.
        sha256: of the file's bytes.
        source: repository, path and commit.
        citation: of the paper, in words.
        bibtex: of the paper; empty where there is none.
        licence: as its authors state it; empty where they state none.
        url: what is fetched, pinned to a commit; empty where the table is not published as such.
        prepare: how the table is made of what is fetched; empty where it is what is fetched.
        made: what the table was made of; empty where it is as published.
        ships: whether it is part of this package.
        columns: what to know about the columns that are used.
        read: keywords of `scalelaw.read_runs`; empty where it is no table of runs.
        note: what to know before using it.
        answers: what is known to come out.
    """

    name: str
    what: str
    rows: int
    file: str
    sha256: str
    source: str
    citation: str
    bibtex: str = ""
    licence: str = ""
    url: str = ""
    prepare: str = ""
    made: str = ""
    ships: bool = False
    columns: Mapping[str, str] = field(default_factory=dict)
    read: Mapping[str, Any] = field(default_factory=dict)
    note: str = ""
    answers: Sequence[str] = ()

    @property
    def terms(self) -> str:
        """The licence, or in words that there is none."""
        return self.licence or NO_LICENCE

    def reading(self, own: Mapping[str, Any]) -> dict[str, Any]:
        """Keywords of `scalelaw.read_runs`: the catalogue's, and yours in their place.

        Args:
            own: yours; None where you say nothing. `where` chooses among the rows that the catalogue's leaves.

        Raises:
            BadInput: it is no table of runs.
        """
        if not self.read:
            raise bad_input(
                "data set",
                "a table of runs",
                f"{shown(self.name)}, a table of published answers",
                advice=f'read it as it is: pandas.read_csv(scalelaw.dataset_path("{self.name}"))',
            )
        given = {name: value for name, value in own.items() if value is not None}
        both = [each["where"] for each in (self.read, given) if each.get("where")]
        where = {"where": " and ".join(f"({each})" for each in both)} if len(both) == 2 else {}
        return {**self.read, **given, **where}


@cache
def _entries() -> Mapping[str, Dataset]:
    text = files("scalelaw.catalogue").joinpath("catalogue.toml").read_text(encoding="utf-8")
    entries = tomllib.loads(text)
    papers = entries.pop("paper")
    return MappingProxyType(
        {name: Dataset(name, **papers[entry.pop("paper")], **entry) for name, entry in entries.items()}
    )


datasets = ByName[Dataset]("data set", "`scalelaw datasets`", _entries)
