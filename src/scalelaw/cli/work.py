"""From options to a fit: what `fit`, `predict`, `allocate` and `demo` share."""

import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import asdict, replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

import typer

from scalelaw._checks import BadInput, bad_input, check_at_least, check_choice, check_probability, shown
from scalelaw.cli.counts import embedding_inputs, recounted
from scalelaw.cli.options import FitOptions, IntervalOptions, SureOptions, TableOptions
from scalelaw.cli.source import READING
from scalelaw.numbers import parse_number

if TYPE_CHECKING:
    from scalelaw.fitting import Fit
    from scalelaw.resampling import Draws
    from scalelaw.runs import Runs


def fit_of(path: Path, options: FitOptions, *, quiet: bool = False) -> "Fit":
    """The fit that `path` holds (JSON) or that its runs give."""
    use_compilation_cache()
    from scalelaw.fitting import Fit, fit
    from scalelaw.laws import LAWS
    from scalelaw.laws.find import find_law

    law = find_law(options.law, LAWS)
    if path.suffix == ".json":
        return Fit.load(path, None if law.name in LAWS else law)
    runs = runs_of(path, options, law.inputs)
    with progress("fitting", quiet=quiet) as report:
        return fit(
            runs,
            law,
            delta=options.delta,
            loss=options.loss,
            residual=options.residual,
            starts=options.starts,
            fix={name: parse_number(value) for name, value in _pairs("--fix", options.fix)},
            tie=dict(_pairs("--tie", options.tie)),
            bounds={name: _range(name, text) for name, text in _pairs("--bound", options.bound)},
            solver=_solver(options.solver),
            progress=report,
        )


def runs_of(path: Path, options: TableOptions, inputs: tuple[str, ...] = ()) -> "Runs":
    """The runs in a file, with whatever further inputs the law reads."""
    from scalelaw.runs import read_runs

    further = {name: name for name in inputs if name not in ("N", "D", "C")}
    for text in options.input or []:
        name, _, column = text.partition("=")
        further[name] = column or name
    further |= embedding_inputs(options)
    columns = {key: value for key, value in asdict(options).items() if key in READING and value is not None}
    runs = read_runs(path, inputs=further or None, flops=options.flops_rule, **columns)
    return recounted(runs, options)


CACHE_BYTES = 1 << 30

# `--by` names these as the fit knows them; any other name is a column of the table.
_QUANTITIES = ("N", "D", "C")


def sure_of(path: Path, options: SureOptions, *, quiet: bool = False) -> "tuple[Fit, Draws | None]":
    """The fit, and its draws where a bootstrap is asked for; a bad choice is refused before any work."""
    check_at_least("--bootstrap", options.bootstrap, 0)
    fitted, scheme = resampled(path, options, quiet=quiet)
    if not options.bootstrap:
        return fitted, None
    from scalelaw.resampling import bootstrap

    with progress("bootstrap", quiet=quiet) as report:
        return fitted, bootstrap(fitted, options.bootstrap, **scheme, progress=report)


def resampled(path: Path, options: IntervalOptions, *, quiet: bool = False) -> "tuple[Fit, dict[str, Any]]":
    """The fit, and how to resample its runs as keywords of `bootstrap`; bad choices are refused first."""
    from scalelaw.resampling.intervals import KINDS
    from scalelaw.resampling.schemes import SCHEMES

    check_at_least("--seed", options.seed, 0)
    check_choice("--scheme", options.scheme, SCHEMES)
    check_choice("--interval", options.interval, KINDS)
    check_probability("--level", options.level)
    check_probability("--share", options.share)
    fitted, by = grouped_fit(path, options, options.by, quiet=quiet)
    return fitted, {"seed": options.seed, "scheme": options.scheme, "by": by, "share": options.share}


def grouped_fit(
    path: Path, options: FitOptions, column: str | None, *, quiet: bool = False
) -> "tuple[Fit, str | None]":
    """The fit, and what `by` is in the library where `column` says which of its runs belong together."""
    by = column if column in _QUANTITIES else "group" if column else None
    if by == "group":
        options = replace(options, group=column)
    fitted = fit_of(path, options, quiet=quiet)
    if by == "group" and fitted.runs.columns.get("group") != column:
        raise bad_input("--by", f"the group column that {path} was fitted with", shown(column))
    return fitted, by


def folder_of(path: Path) -> Path:
    """The folder of `--out`, made if need be."""
    try:
        path.mkdir(parents=True, exist_ok=True)
    except OSError as error:
        raise bad_input("--out", "a folder that can be written", f"{path} ({error.strerror})") from error
    return path


def use_compilation_cache() -> None:
    """Keep compiled code in the user's cache folder, so that only the first run of a machine compiles.

    A limit of its size makes JAX lock the folder: commands that start together do not read half an entry.
    """
    import jax
    from platformdirs import user_cache_path

    jax.config.update("jax_compilation_cache_dir", str(user_cache_path("scalelaw") / "xla"))
    jax.config.update("jax_compilation_cache_max_size", CACHE_BYTES)
    jax.config.update("jax_persistent_cache_min_compile_time_secs", 0.0)


@contextmanager
def progress(what: str, *, quiet: bool) -> Iterator[Callable[[int, int], None] | None]:
    """A progress bar on standard error while a person watches; nothing otherwise."""
    if quiet or not sys.stderr.isatty():
        yield None
        return
    from rich.console import Console
    from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeRemainingColumn

    columns = (TextColumn(what), BarColumn(), MofNCompleteColumn(), TimeRemainingColumn())
    with Progress(*columns, console=Console(stderr=True), transient=True) as bar:
        task = bar.add_task(what, total=None)
        yield lambda done, total: bar.update(task, completed=done, total=total)


def say(fit: "Fit") -> None:
    """Print a fit, its verdict in red where there is one, and what was noted about the table."""
    text = str(fit)
    if not fit.certificate.trusted:
        warning, _, text = text.partition("\n\n")
        typer.secho(warning + "\n", fg="red", bold=True)
    typer.echo(text)
    typer.echo("\ntable")
    for note in fit.runs.notes:
        typer.secho(f"  {note}", fg="yellow" if note.startswith("warning") else None)


def leave(fit: "Fit") -> None:
    """Exit with a code of its own where the fit cannot be trusted."""
    if not fit.certificate.trusted:
        raise typer.Exit(3)


def _solver(name: str) -> Any:
    from scalelaw.solve import LBFGS, Levenberg

    solvers = {"levenberg": Levenberg, "lbfgs": LBFGS}
    return solvers[check_choice("--solver", name, solvers)]()


def _pairs(option: str, texts: list[str] | None) -> list[tuple[str, str]]:
    pairs = [text.partition("=") for text in texts or []]
    for (name, equals, value), text in zip(pairs, texts or [], strict=True):
        if not (name and equals and value):
            raise bad_input(option, "written NAME=VALUE", shown(text))
    return [(name.strip(), value.strip()) for name, _, value in pairs]


def _range(name: str, text: str) -> tuple[float | None, float | None]:
    low, colon, high = text.partition(":")
    if not colon:
        raise BadInput(f"--bound of {name} must be written LOW:HIGH (either may be empty), got {shown(text)}")
    return (parse_number(low) if low else None, parse_number(high) if high else None)
