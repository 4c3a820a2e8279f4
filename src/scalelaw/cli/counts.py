"""`--count` and what goes with it: N of the table in the other count."""

import scalelaw as sl
from scalelaw._checks import bad_input, check_choice, shown
from scalelaw.cli.options import TableOptions
from scalelaw.flops.embeddings import ASPECT, VOCABULARY, omega

EMBEDDINGS = "embeddings"
"""The further input that `--embeddings` reads."""


def embedding_inputs(options: TableOptions) -> dict[str, str]:
    """The column of embedding parameters as a further input to read, where one is named.

    Raises:
        BadInput: for an option that goes with `--count` without it, or two that exclude each other.
    """
    curve = {"--vocabulary": options.vocabulary, "--aspect": options.aspect}
    given = {name: value for name, value in curve.items() if value is not None}
    with_count = given if options.embeddings is None else {"--embeddings": options.embeddings, **given}
    for name, value in with_count.items():
        if options.count is None:
            raise bad_input(name, "given with --count", shown(value), advice="add --count non-embedding")
    if options.embeddings is None:
        return {}
    for name, value in given.items():
        raise bad_input(name, "left out where --embeddings names a column", shown(value))
    return {EMBEDDINGS: options.embeddings}


def recount(runs: "sl.Runs", options: TableOptions) -> "sl.Runs":
    """The runs with N in the count that is asked for; as they are where none is."""
    if options.count is None:
        return runs
    count = check_choice("--count", options.count, sl.runs.COUNTS)
    if options.embeddings is not None:
        return sl.recount(runs, count, embeddings=EMBEDDINGS)
    vocabulary = VOCABULARY if options.vocabulary is None else options.vocabulary
    return sl.recount(
        runs, count, omega=omega(vocabulary, ASPECT if options.aspect is None else options.aspect)
    )
