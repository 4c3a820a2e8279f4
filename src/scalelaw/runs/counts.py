"""N of a whole table in another count: all parameters, or those without embeddings."""

from dataclasses import replace

import numpy as np

from scalelaw._checks import bad_input, check_choice
from scalelaw.flops import OMEGA, SIX_ND, non_embedding_of, total_of
from scalelaw.numbers import format_number
from scalelaw.runs.runs import Runs
from scalelaw.runs.table import Provenance, Reals

COUNTS = ("total", "non-embedding")
"""The counts that a table of runs can be put into."""


def recount(runs: Runs, count: str, *, embeddings: str | None = None, omega: float = OMEGA) -> Runs:
    """The runs with N in the other count, and C = 6 N D of it.

    Args:
        runs: Runs whose N is in the other count: total where non-embedding is asked for, and the reverse.
        count: "non-embedding" or "total", what N is to be.
        embeddings: A further input of the runs, each model's embedding parameters (head included where it is
            not tied); where None, the curve N_total = N + omega N^(1/3) of Pearce & Song 2024 stands in.
        omega: The factor of that curve; `flops.omega(vocabulary, aspect)` gives it.

    Returns:
        New runs; their notes say what was done, and C, which was made anew, is no longer a column that was read.

    Raises:
        BadInput: An unknown count, runs without N or with C but no D, or embeddings that leave no model.

    Examples:
        >>> runs = sl.read_dataset("simulated-sweep")
        >>> small = sl.recount(runs, "non-embedding", omega=sl.flops.omega(32_000))
        >>> f"{runs.N.min():.3g} with embeddings, {small.N.min():.3g} without"
        '7.4e+07 with embeddings, 5.58e+07 without'
    """
    check_choice("count", count, COUNTS)
    if runs.N is None:
        raise bad_input("N", "in a table that is counted anew", "no such column", place=runs.source)
    if embeddings is None:
        N = non_embedding_of(runs.N, omega) if count == "non-embedding" else total_of(runs.N, omega)
        way = f"by N_total = N + {omega:,.0f} N^(1/3) (Pearce & Song 2024)"
    else:
        N = _convert_by_column(runs, runs.N, count, embeddings)
        way = f"by the embedding parameters in {runs.columns[embeddings]!r}"
    if runs.C is not None and runs.D is None:
        advice = 'read D, or leave flops="given" (--flops-rule given) out'
        raise bad_input(
            "D", "there for C to follow N in another count", "no tokens", place=runs.source, advice=advice
        )
    C = None if runs.C is None else SIX_ND.flops(N, runs.D)
    # What a run was trained for is a budget of the C of the table.
    return replace(
        runs, N=N, C=C, budget=None, provenance=_note_count(runs.provenance, count, way, made_C=C is not None)
    )


def _convert_by_column(runs: Runs, N: Reals, count: str, embeddings: str) -> Reals:
    """N in the other count by each model's own embedding parameters."""
    size = runs.inputs([embeddings])[embeddings]
    converted = N - size if count == "non-embedding" else N + size
    bad = np.flatnonzero(~((size >= 0) & (converted > 0)))
    if bad.size:
        first = int(bad[0])
        place = f"{runs.source}, row {runs.rows[first]}, column {runs.columns[embeddings]!r}"
        wanted = f"at least 0 and less than a total N ({format_number(float(N[first]))})"
        raise bad_input("embedding parameters", wanted, format_number(float(size[first])), place=place)
    return converted


def _note_count(origin: Provenance, count: str, way: str, *, made_C: bool) -> Provenance:
    """Where the runs come from, with a note on their count."""
    was, step = ("total", "less") if count == "non-embedding" else ("non-embedding", "with")
    follows = f"; C is {SIX_ND.name} of it" if made_C else ""
    note = f"N is {count}: the {was} N of the table {step} embeddings {way}{follows}"
    columns = {name: column for name, column in origin.columns.items() if name not in ("C", "budget")}
    return replace(origin, columns=columns, notes=(*origin.notes, note))
