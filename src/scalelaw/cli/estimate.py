"""From options to runs, to a fit of them, and to its draws."""

from dataclasses import asdict, replace
from pathlib import Path
from typing import Any

import scalelaw as sl
from scalelaw._checks import BadInput, bad_input, check_at_least, check_choice, check_probability, shown
from scalelaw.cli.options import (
    BacktestChoice,
    BootstrapOptions,
    FitOptions,
    IntervalOptions,
    TableOptions,
    delta_of,
)
from scalelaw.cli.source import READING
from scalelaw.cli.terminal import print_warnings, progress
from scalelaw.flops.transformer import ASPECT, VOCABULARY, omega
from scalelaw.numbers import parse_number

CACHE_BYTES = 1 << 30

QUANTITIES = ("N", "D", "C")
"""`--by` names these as the library does; any other name is a column of the table."""

EMBEDDINGS = "embeddings"
"""The further input that `--embeddings` reads."""


def use_compilation_cache() -> None:
    """Keep compiled code in the user's cache folder, so that only the first run of a machine compiles.

    A limit of its size makes JAX lock the folder: commands that start together do not read half an entry.
    """
    import jax
    from platformdirs import user_cache_path

    jax.config.update("jax_compilation_cache_dir", str(user_cache_path("scalelaw") / "xla"))
    jax.config.update("jax_compilation_cache_max_size", CACHE_BYTES)
    jax.config.update("jax_persistent_cache_min_compile_time_secs", 0.0)


def runs_of(
    path: Path, options: TableOptions, inputs: tuple[str, ...] = (), budget: str | None = None
) -> "sl.Runs":
    """The runs in a file, with whatever further inputs the law reads, and budgets of the column of that name."""
    further = {name: name for name in inputs if name not in QUANTITIES}
    for text in options.input or []:
        name, _, column = text.partition("=")
        further[name] = column or name
    further |= _embedding_inputs(options)
    columns = {key: value for key, value in asdict(options).items() if key in READING and value is not None}
    columns["budget"] = budget
    # What is fitted by linear residuals need not be a loss.
    columns["signed"] = isinstance(options, FitOptions) and options.residual == "linear"
    return _recount(sl.read_runs(path, inputs=further or None, flops=options.flops_rule, **columns), options)


def fit_of(path: Path, options: FitOptions, *, quiet: bool = False) -> "sl.Fit":
    """The fit that `path` holds (JSON) or that its runs give."""
    use_compilation_cache()
    law = sl.laws.find_law(options.law, sl.laws.LAWS)
    if path.suffix == ".json":
        return sl.Fit.load(path, None if law.name in sl.laws.LAWS else law)
    runs = runs_of(path, options, law.inputs)
    solvers: dict[str, Any] = {"levenberg": sl.solve.Levenberg, "lbfgs": sl.solve.LBFGS}
    with progress("fitting", quiet=quiet) as report:
        return sl.fit(
            runs,
            law,
            delta=delta_of(options.delta),
            loss=options.loss,
            residual=options.residual,
            starts=options.starts,
            fix={name: parse_number(value) for name, value in pairs_of("--fix", options.fix)},
            tie=dict(pairs_of("--tie", options.tie)),
            bounds={name: _range(name, text) for name, text in pairs_of("--bound", options.bound)},
            solver=solvers[check_choice("--solver", options.solver, solvers)](),
            iterations=options.iterations,
            progress=report,
        )


def fit_by_groups(
    path: Path, options: FitOptions, column: str | None, *, quiet: bool = False
) -> "tuple[sl.Fit, str | None]":
    """The fit, and what `by` is in the library where `column` says which of its runs belong together."""
    if column is None or column in QUANTITIES:
        return fit_of(path, options, quiet=quiet), column
    fit = fit_of(path, replace(options, group=column), quiet=quiet)
    if fit.runs.columns.get("group") != column:
        raise bad_input("--by", f"the group column that {path} was fitted with", shown(column))
    return fit, "group"


def fit_and_scheme(
    path: Path, options: IntervalOptions, *, quiet: bool = False
) -> "tuple[sl.Fit, dict[str, Any]]":
    """The fit, and how to resample its runs as keywords of `bootstrap`; bad choices are refused first."""
    check_at_least("--seed", options.seed, 0)
    check_choice("--scheme", options.scheme, sl.resampling.SCHEMES)
    check_choice("--interval", options.interval, sl.resampling.KINDS)
    check_probability("--level", options.level)
    check_probability("--share", options.share)
    fit, by = fit_by_groups(path, options, options.by, quiet=quiet)
    return fit, {"seed": options.seed, "scheme": options.scheme, "by": by, "share": options.share}


def fit_and_draws(
    path: Path, options: BootstrapOptions, *, quiet: bool = False
) -> "tuple[sl.Fit, sl.Draws | None]":
    """The fit, and its draws where a bootstrap is asked for, with what speaks against these.

    A bad choice is refused before any work.
    """
    check_at_least("--bootstrap", options.bootstrap, 0)
    fit, scheme = fit_and_scheme(path, options, quiet=quiet)
    if not options.bootstrap:
        return fit, None
    with progress("bootstrap", quiet=quiet) as report:
        draws = sl.bootstrap(fit, options.bootstrap, **scheme, progress=report)
    if not quiet:
        print_warnings(draws.warnings)
    return fit, draws


def calibrate(
    fit: "sl.Fit", options: BacktestChoice, draws: "sl.Draws", *, quiet: bool
) -> "sl.Calibrated | str":
    """The mixture of laws that back-tests calibrate; or why there is none, in words."""
    if not options.backtest:
        return ""
    try:
        with progress("back-testing", quiet=quiet) as report:
            return sl.calibrate(fit, draws=draws, seed=options.seed, progress=report)
    except BadInput as error:
        return f"not calibrated by back-tests: {error}"


def pairs_of(flag: str, texts: list[str] | None) -> list[tuple[str, str]]:
    """Names and values of an option that is written NAME=VALUE.

    Raises:
        BadInput: one is not written so.
    """
    pairs = []
    for text in texts or []:
        name, _, value = text.partition("=")
        if not (name and value):
            raise bad_input(flag, "written NAME=VALUE", shown(text))
        pairs.append((name.strip(), value.strip()))
    return pairs


def _range(name: str, text: str) -> tuple[float | None, float | None]:
    low, colon, high = text.partition(":")
    if not colon:
        raise BadInput(f"--bound of {name} must be written LOW:HIGH (either may be empty), got {shown(text)}")
    return (parse_number(low) if low else None, parse_number(high) if high else None)


def _embedding_inputs(options: TableOptions) -> dict[str, str]:
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


def _recount(runs: "sl.Runs", options: TableOptions) -> "sl.Runs":
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
