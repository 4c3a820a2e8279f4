"""Runs: a table of training runs, checked once on the host, as arrays."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any, Self

import jax
import numpy as np
import pandas as pd

from scalelaw._checks import bad_input, listed, shown
from scalelaw.catalogue import dataset_path, datasets
from scalelaw.flops import Convention
from scalelaw.runs.columns import QUANTITIES, RESERVED
from scalelaw.runs.formats import read_table
from scalelaw.runs.reading import Reading, Request, read_quantities
from scalelaw.runs.table import Integers, Provenance, Reals, tabulate

Inputs = Mapping[str, str] | Sequence[str]


@dataclass(frozen=True, eq=False, repr=False)
class Runs:
    """A table of training runs.

    A pytree: the arrays are its leaves, `provenance` is static. Hand compiled functions the arrays
    (`inputs`), not the runs, so that new data of the same shape does not recompile.

    Attributes:
        N: Parameters of each model, float64, shape (runs,); None where the table has none.
        D: Training tokens, likewise.
        C: Training compute, FLOP, likewise.
        L: Loss, nats per token, float64, shape (runs,).
        weight: Weight of each run in a fit, at least 0 (at 0 it is no run); None where none was asked for.
        group: Code of each run's group from 0, int64; None where none was asked for.
        budget: Compute budget that each run was trained for, FLOP, float64, shape (runs,), NaN for none; None where
            the table has no column of budgets beside C.
        extra: Further inputs of a user's law, keyed by name, float64, shape (runs,) each.
        provenance: Where all this comes from.
    """

    N: Reals | None
    D: Reals | None
    C: Reals | None
    L: Reals
    weight: Reals | None
    group: Integers | None
    budget: Reals | None
    extra: dict[str, Reals]
    provenance: Provenance

    @classmethod
    def from_frame(
        cls,
        df: pd.DataFrame,
        *,
        N: str | None = None,
        D: str | None = None,
        C: str | None = None,
        L: str | None = None,
        weight: str | None = None,
        group: str | None = None,
        where: str | None = None,
        drop_highest_loss: int = 0,
        inputs: Inputs | None = None,
        flops: str | Convention = "6ND",
        signed: bool = False,
        budget: str | None = None,
        source: str = "table",
    ) -> Self:
        """Runs from a pandas DataFrame, one row a run; its index is not read.

        Args:
            df: The table.
            N: Column of parameters; recognised by its name when None (`params`, "Model Size", ...).
            D: Column of training tokens; likewise (`tokens`, `train_tokens`, ...).
            C: Column of training compute, FLOP; likewise (`flops`, "Training FLOP", ..., else `budget`).
            L: Column of loss, nats per token; likewise (`loss`, `val_loss`, ...).
            weight: Column of weights in a fit; none when None. A row of weight 0 is no run, and left out.
            group: Column that says which rows belong together (`run_id`), or several with commas between
                (`size,seed`: each combination is a group); none when None.
            where: Rows to use, as a condition over the columns, and over N, D, C and L where no column has that
                name; `scalelaw.runs.expression` has its grammar, which is that of `pandas.DataFrame.query`
                without Python's attributes and calls. A cell that is no number is NaN to it, so that a bad
                row can be left out.
            drop_highest_loss: Leave out rows whose loss is at least the k-th largest of those `where` left.
            inputs: Further inputs for a user's law: name to column, or a list of columns.
            flops: Convention by which the third of N, D and C follows from two, and which a table that has
                all three must meet within a factor 3; "given" takes the table's own C unquestioned.
            signed: Whether L may be zero or negative: of a response that is fitted with residual="linear".
            budget: Column of the compute budget that each run was trained for, FLOP, an empty cell for none;
                recognised by its name when None, unless it is C (`budget`, `target_flops`, "isoflop", ...), and
                not read when "none".
            source: What messages and reports call the table.

        Returns:
            The runs; nothing is left out but by `where`, weight 0 and `drop_highest_loss`; `excluded` lists it.

        Raises:
            BadInput: The table cannot be used as it is; the message says where and what to do.

        Examples:
            >>> import pandas as pd
            >>> table = pd.DataFrame({"params": ["70M", "1.4B"], "tokens": ["1.4B", "28B"], "loss": [3.52, 2.44]})
            >>> sl.Runs.from_frame(table).C
            array([5.880e+17, 2.352e+20])
        """
        named = {"N": N, "D": D, "C": C, "L": L}
        request = Request(named, weight, group, where, drop_highest_loss, inputs, flops, signed, budget)
        return cls._of(read_quantities(tabulate(df, source), request))

    @classmethod
    def _of(cls, reading: Reading) -> Self:
        values, table = reading.values, reading.table
        codes, names = reading.group or (None, ())
        return cls(
            N=values.get("N"),
            D=values.get("D"),
            C=values.get("C"),
            L=values["L"],
            weight=values.get("weight"),
            group=codes,
            budget=values.get("budget"),
            extra={name: values[name] for name in values if name not in RESERVED},
            provenance=Provenance(
                table.label, table.sha256, reading.columns, table.rows, reading.excluded, reading.notes, names
            ),
        )

    def __len__(self) -> int:
        return len(self.L)

    def __repr__(self) -> str:
        return f"Runs({len(self.provenance.rows)} rows of {self.source}; {self.notes[0]})"

    @property
    def source(self) -> str:
        """The file's name, or the label given to a DataFrame."""
        return self.provenance.source

    @property
    def sha256(self) -> str:
        """Hash of the file's bytes, or of the DataFrame written as CSV."""
        return self.provenance.sha256

    @property
    def columns(self) -> Mapping[str, str]:
        """Column of each quantity that was read."""
        return self.provenance.columns

    @property
    def rows(self) -> Integers:
        """Number of each run's row in the source, from 1, the header not counted."""
        return self.provenance.rows

    @property
    def excluded(self) -> pd.DataFrame:
        """The rows left out, each with `row` and `reason` before its original cells."""
        return self.provenance.excluded

    @property
    def notes(self) -> tuple[str, ...]:
        """What was read, derived and found odd ("warning: ...")."""
        return self.provenance.notes

    @property
    def group_names(self) -> tuple[str, ...]:
        """Name of each group, in the order of its code."""
        return self.provenance.group_names

    def inputs(self, names: Iterable[str]) -> dict[str, Reals]:
        """The inputs a law asks for, by name.

        Args:
            names: Any of N, D, C and the further inputs that were read.

        Returns:
            Arrays of shape (runs,), keyed in the order of `names`.

        Raises:
            BadInput: The runs lack one of them; the message says how to read it.
        """
        own = {"N": self.N, "D": self.D, "C": self.C}
        known = {name: values for name, values in own.items() if values is not None} | self.extra
        for name in names:
            if name not in known:
                keyword = f'{name}="..."' if name in QUANTITIES else f'inputs={{"{name}": "..."}}'
                flag = f"--{name} ..." if name in QUANTITIES else f"--input {name}=..."
                advice = (
                    f"name its column when reading the table, {keyword} ({flag}), or take a law of what these runs "
                    "have (--law, `scalelaw laws`)"
                )
                wanted = f"one of {listed(known)}"
                raise bad_input("input", wanted, shown(name), place=self.source, advice=advice)
        return {name: known[name] for name in names}

    def taken(self, index: Integers) -> Self:
        """The runs at these places, in this order; their rows keep their numbers.

        Args:
            index: places, shape (m,).
        """
        there: Self = jax.tree.map(lambda leaf: leaf[index], self)
        return replace(there, provenance=replace(self.provenance, rows=self.rows[index]))

    def check_positive(self, what: str) -> None:
        """Refuse a loss that is not positive, on behalf of `what` takes its logarithm.

        Raises:
            BadInput: naming the first.
        """
        bad = np.flatnonzero(~(self.L > 0))
        if bad.size:
            raise bad_input(
                f"L for {what}",
                "positive",
                shown(float(self.L[bad[0]])),
                place=f"{self.source}, row {self.rows[bad[0]]}",
                advice='fit it with residual="linear" (--residual linear)',
            )

    def counted(self) -> Self:
        """The runs whose weight is not 0."""
        if self.weight is None or self.weight.all():
            return self
        return self.taken(np.flatnonzero(self.weight))

    def to_frame(self) -> pd.DataFrame:
        """The runs as a DataFrame: `row`, the quantities these runs have, `group` by name, further inputs."""
        group = None if self.group is None else [self.group_names[code] for code in self.group]
        head = {"row": self.rows, "N": self.N, "D": self.D, "C": self.C, "L": self.L}
        columns = head | {"weight": self.weight, "group": group, "budget": self.budget} | self.extra
        return pd.DataFrame({name: values for name, values in columns.items() if values is not None})


jax.tree_util.register_dataclass(
    Runs,
    data_fields=["N", "D", "C", "L", "weight", "group", "budget", "extra"],
    meta_fields=["provenance"],
)


def read_runs(
    path: str | Path,
    *,
    N: str | None = None,
    D: str | None = None,
    C: str | None = None,
    L: str | None = None,
    weight: str | None = None,
    group: str | None = None,
    where: str | None = None,
    drop_highest_loss: int = 0,
    inputs: Inputs | None = None,
    flops: str | Convention = "6ND",
    signed: bool = False,
    budget: str | None = None,
) -> Runs:
    """Runs from a file.

    Args:
        path: .csv, .tsv, .jsonl, .ndjson, .json (one object a line) or .parquet; each also gzipped (.csv.gz)
        N: Column of parameters; this and the other keywords are those of `Runs.from_frame`.
        D: Column of training tokens.
        C: Column of training compute, FLOP.
        L: Column of loss, nats per token.
        weight: Column of weights.
        group: Column of groups.
        where: Rows to use, as a condition over the columns.
        drop_highest_loss: Leave out rows whose loss is at least the k-th largest.
        inputs: Further inputs for a user's law.
        flops: Convention of compute, or "given".
        signed: Whether L may be zero or negative.
        budget: Column of compute budgets, "none" for none.

    Returns:
        The runs.

    Raises:
        BadInput: The file cannot be read, or its table not be used as it is; the message says where, why and
            what to do.

    Examples:
        >>> path = sl.dataset_path("simulated-sweep")
        >>> runs = sl.read_runs(path, N="params", where="loss < 3", drop_highest_loss=1)
        >>> len(runs), len(runs.excluded)
        (187, 53)
        >>> runs.notes[0]
        "read N from 'params', D from 'tokens', C from 'flops', L from 'loss', budget from 'budget'"
    """
    named = {"N": N, "D": D, "C": C, "L": L}
    request = Request(named, weight, group, where, drop_highest_loss, inputs, flops, signed, budget)
    return Runs._of(read_quantities(read_table(path), request))


def read_dataset(name: str, folder: str | Path | None = None, **own: Any) -> Runs:
    """The runs of a data set, its columns read as its authors use them.

    Args:
        name: one of `scalelaw.datasets`.
        folder: where data sets lie; SCALELAW_DATA, else the user's cache, when None. What is not there is
            fetched, once.
        own: keywords of `scalelaw.read_runs` in place of the catalogue's (`scalelaw.datasets[name].read`);
            `where` chooses among the rows that the catalogue's leaves.

    Returns:
        The runs: N [parameters], D [tokens], C [FLOP], L [nats per token].

    Raises:
        BadInput: there is no such data set, it is no table of runs, it is not on this machine and cannot be
            fetched, or its file has other bytes than the catalogue knows.

    Examples:
        >>> runs = sl.read_dataset("simulated-sweep")
        >>> len(runs), runs.columns["L"]
        (240, 'loss')
        >>> len(sl.read_dataset("simulated-sweep", where="kind == 'isoflop'"))
        108
    """
    keywords = datasets[name].reading(own)
    return read_runs(dataset_path(name, folder), **keywords)
