"""`scalelaw bootstrap` and `scalelaw merge`: resamples by the million, on disk and over machines."""

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Annotated

import typer

import scalelaw as sl
from scalelaw._checks import bad_input, check_at_least, check_choice, check_probability, shown
from scalelaw.cli.estimate import fit_and_scheme, use_compilation_cache
from scalelaw.cli.options import (
    INTERVALS,
    MODEL,
    OUTPUT,
    AsJson,
    IntervalOptions,
    Kind,
    Level,
    Source,
    argument,
    option,
    takes,
)
from scalelaw.cli.terminal import exit_unless_trusted, print_doubts, print_json, print_warnings, progress

MACHINES = "Many machines"
INTERRUPTED = 130
"""Exit code of a process that Ctrl-C ended, as shells report it."""


@dataclass(frozen=True)
class StudyOptions(IntervalOptions):
    """How to fit and resample, and which machine does what."""

    starts: Annotated[
        str,
        option(
            "--starts",
            "Starts of every resample: basins (all that the fit found) or all (the law's whole grid too).",
            INTERVALS,
            "KIND",
        ),
    ] = "basins"
    replicates: Annotated[int, option("--replicates", "How many resamples in all.", INTERVALS, "R")] = 4000
    chunk: Annotated[
        int | None, option("--chunk", "Replicates a file: what a kill may cost.", OUTPUT, "R")
    ] = None
    shard: Annotated[
        str | None, option("--shard", "Do shard i of n, then `scalelaw merge`.", MACHINES, "i/n")
    ] = None
    coordinator: Annotated[
        str | None,
        option(
            "--coordinator",
            "Address of process 0 of one run on many machines (jax.distributed), or auto on a cluster.",
            MACHINES,
            "HOST:PORT",
        ),
    ] = None
    processes: Annotated[
        int | None, option("--processes", "With --coordinator: how many processes.", MACHINES, "n")
    ] = None
    process: Annotated[
        int | None, option("--process", "With --coordinator: which of them this is, from 0.", MACHINES, "i")
    ] = None


@takes(StudyOptions)
def bootstrap(
    source: Source,
    options: StudyOptions,
    out: Annotated[Path, option("--out", "Folder of the study; draws go there.", OUTPUT)],
    as_json: AsJson = False,
) -> None:
    """Refit over any number of resamples, on every device, into a folder; the same command continues.

    Examples:
      scalelaw bootstrap --dataset simulated-sweep --out study/

      scalelaw bootstrap runs.csv --replicates 1000000 --out study/

      scalelaw bootstrap results/fit.json --starts all --out study/

      scalelaw bootstrap runs.csv --replicates 1000000 --shard 0/4 --out study-0/

      scalelaw bootstrap runs.csv --coordinator auto --out shared/study/
    """
    check_at_least("--replicates", options.replicates, 2)
    check_choice("--starts", options.starts, ("basins", "all"))
    shard = _shard(options.shard)
    first = _join(options) == 0
    sl.studies.arrow()
    quiet = as_json or not first
    fit, scheme = fit_and_scheme(source, replace(options, starts="grid"), quiet=quiet)
    with progress("bootstrap", quiet=quiet) as report, _explain_interrupt(out):
        study = sl.study(
            fit,
            options.replicates,
            out,
            **scheme,
            starts=options.starts,
            shard=shard,
            chunk=options.chunk,
            progress=report,
        )
    if first:
        _print(study, options.level, options.interval, as_json=as_json)
    exit_unless_trusted(fit)


def merge(
    folders: Annotated[list[Path], argument("Folders of the shards.", "STUDY...")],
    out: Annotated[Path, option("--out", "Folder to make; it appears whole.", OUTPUT)],
    law: Annotated[str, option("--law", "The law, if it is your own: my_law.py:LAW.", MODEL)] = "",
    interval: Kind = "bca",
    level: Level = 0.95,
    as_json: AsJson = False,
) -> None:
    """Join the shards of one study, and say what is missing.

    Examples:
      scalelaw bootstrap --dataset simulated-sweep --shard 0/2 --out study-0/
      scalelaw bootstrap --dataset simulated-sweep --shard 1/2 --out study-1/
      scalelaw merge study-0/ study-1/ --out study/

      scalelaw merge study-*/ --out study/ --interval percentile --json
    """
    use_compilation_cache()
    check_choice("--interval", interval, sl.resampling.KINDS)
    check_probability("--level", level)
    own = sl.laws.find_law(law, sl.laws.LAWS) if law else None
    study = sl.merge(folders, out, law=own)
    _print(study, level, interval, as_json=as_json)
    exit_unless_trusted(study.fit)


def _print(study: "sl.Study", level: float, kind: str, *, as_json: bool) -> None:
    """Print what there is, and the intervals once nothing is missing."""
    fit = study.fit
    draws = None if study.missing else study.draws()
    if as_json:
        intervals = {} if draws is None else {"intervals": draws.summary(level=level, kind=kind)}
        origin = {"law": fit.law.name, "trusted": fit.certificate.trusted}
        print_json({**origin, "study": study.summary(), **intervals})
        return
    print_doubts(fit)
    print_warnings([*study.notes, *(() if draws is None else draws.warnings)])
    if draws is not None:
        typer.echo(f"{draws.text(level=level, kind=kind)}\n")
    typer.echo(study.progress())


def _shard(text: str | None) -> tuple[int, int]:
    """(i, n) of "i/n"; the whole study without."""
    own, slash, count = (text or "0/1").partition("/")
    if not (slash and own.isdecimal() and count.isdecimal() and int(own) < int(count)):
        raise bad_input("--shard", "written i/n with i from 0 to n - 1", shown(text))
    return int(own), int(count)


def _join(options: StudyOptions) -> int:
    """The number of this process among those of one run, which it joins if asked to."""
    given = (options.coordinator, options.processes, options.process)
    if given == (None, None, None):
        return 0
    if given == ("auto", None, None):
        given = (None, None, None)
    elif None in given or ":" not in str(given[0]):
        got = ", ".join(shown(value) for value in given)
        raise bad_input("--coordinator", "HOST:PORT with --processes and --process, or auto", got)
    import jax

    jax.distributed.initialize(*given)
    return jax.process_index()


@contextmanager
def _explain_interrupt(out: Path) -> Iterator[None]:
    """An interrupt leaves one sentence on how to go on."""
    try:
        yield
    except KeyboardInterrupt:
        typer.echo(
            f"interrupted; finished parts are kept in {out}, and the same command goes on from there",
            err=True,
        )
        raise typer.Exit(INTERRUPTED) from None
