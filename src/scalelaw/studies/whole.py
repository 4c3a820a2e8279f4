"""`Study`: draws on disk, what of them is there, and the fit they belong to."""

from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import Any

import numpy as np
from jaxtyping import Bool

from scalelaw._checks import bad_input
from scalelaw.fitting import Fit
from scalelaw.laws import Law
from scalelaw.resampling.draws import Draws
from scalelaw.studies import manifest, parquet
from scalelaw.studies.manifest import Manifest
from scalelaw.studies.parts import Part, parts
from scalelaw.studies.ranges import Range, covered, gaps, in_words


@dataclass(frozen=True, eq=False, repr=False)
class Study:
    """A bootstrap on disk, finished or not.

    Attributes:
        folder: where it lies: `study.json`, `fit.json` and one Parquet file a part.
        fit: the fit that is repeated.
        manifest: what the study is.
        parts: the files that were there when this was made.
        notes: what there is to say of it; "warning: ..." wants a look.
    """

    folder: Path
    fit: Fit
    manifest: Manifest
    parts: tuple[Part, ...]
    notes: tuple[str, ...] = ()

    @classmethod
    def load(cls, folder: str | Path, law: Law | None = None) -> "Study":
        """The study in a folder.

        Args:
            folder: where it lies.
            law: the law, where it is not one of scalelaw's own.

        Raises:
            BadInput: if there is none, or its fit cannot be read.
        """
        folder = Path(folder)
        found = manifest.read(folder)
        fit = Fit.load(folder / "fit.json", law)
        return cls(folder, fit, found, tuple(parts(folder)), manifest.aged(found))

    @property
    def replicates(self) -> int:
        """How many the study is to have."""
        return self.manifest.replicates

    def __len__(self) -> int:
        """How many replicates are there."""
        return int(self.present.sum())

    @cached_property
    def missing(self) -> tuple[Range, ...]:
        """Ranges (first, stop) of the replicates that are not there yet."""
        return tuple(gaps(self.present, Range(0, self.replicates)))

    def draws(self) -> Draws:
        """The draws that are there, in the order of their numbers.

        Raises:
            BadInput: if there is none, or a part is damaged or of another study.
        """
        if not len(self):
            raise bad_input("draws", "at least 1", "0", place=str(self.folder))
        columns = parquet.Columns.room(self.fit.law, self.replicates)
        for path, _ in self.parts:
            columns.fill(own_part(path, self.manifest, self.fit.law))
        present = columns if self.present.all() else columns.rows(self.present)
        return Draws(self.fit, *present[1:], self.manifest.resampler(self.fit), present[0])

    def summary(self) -> dict[str, Any]:
        """Folder, replicates and what is missing, for JSON."""
        return {
            "folder": str(self.folder),
            "replicates": self.replicates,
            "present": len(self),
            "missing": [[*gap] for gap in self.missing],
            "files": len(self.parts),
            "notes": list(self.notes),
        }

    def progress(self) -> str:
        """How far it is, in words."""
        if not self.missing:
            return f"{self.folder}: {self.replicates:,} replicates in {len(self.parts):,} files"
        return (
            f"{self.folder}: {len(self):,} of {self.replicates:,} replicates; "
            f"missing are {in_words(self.missing)}"
        )

    def __str__(self) -> str:
        return "\n".join([*self.notes, self.progress(), *([str(self.draws())] if len(self) > 1 else [])])

    __repr__ = progress

    @cached_property
    def present(self) -> Bool[np.ndarray, " R"]:
        """Which replicates are there."""
        return covered((part.replicates for part in self.parts), self.replicates)


def own_part(path: Path, of: Manifest, law: Law) -> parquet.Columns:
    """The columns of a part.

    Raises:
        BadInput: if it is damaged, or belongs to another study.
    """
    if parquet.metadata(path).get("study") != of.name:
        raise bad_input("part", "of this study", f"one of another ({path.name})", place=str(path.parent))
    return parquet.read(path, law)
