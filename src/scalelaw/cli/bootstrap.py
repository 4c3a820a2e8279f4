"""`scalelaw bootstrap`."""

import json
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, replace
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from scalelaw._checks import bad_input, check_at_least, check_choice, shown
from scalelaw.cli.options import INTERVALS, OUTPUT, IntervalOptions, takes
from scalelaw.cli.work import leave, progress, resampled

if TYPE_CHECKING:
    from scalelaw.fitting import Fit
    from scalelaw.studies import Study

MACHINES = "Many machines"
# As shells report a process that Ctrl-C ended.
INTERRUPTED = 130


def _option(flag: str, text: str, panel: str, metavar: str) -> Any:
    return typer.Option(flag, help=text, rich_help_panel=panel, metavar=metavar)


@dataclass(frozen=True)
class StudyOptions(IntervalOptions):
    """How to fit and resample, and which machine does what."""

    starts: Annotated[
        str,
        _option(
            "--starts",
            "Starts of every resample: basins (all that the fit found) or all (the law's whole grid too).",
            INTERVALS,
            "KIND",
        ),
    ] = "basins"
    replicates: Annotated[int, _option("--replicates", "How many resamples in all.", INTERVALS, "R")] = 4000
    chunk: Annotated[
        int | None, _option("--chunk", "Replicates a file: what a kill may cost.", OUTPUT, "R")
    ] = None
    shard: Annotated[
        str | None, _option("--shard", "Do shard i of n, then `scalelaw merge`.", MACHINES, "i/n")
    ] = None
    coordinator: Annotated[
        str | None,
        _option(
            "--coordinator",
            "Address of process 0 of one run on many machines (jax.distributed), or auto on a cluster.",
            MACHINES,
            "HOST:PORT",
        ),
    ] = None
    processes: Annotated[
        int | None, _option("--processes", "With --coordinator: how many processes.", MACHINES, "n")
    ] = None
    process: Annotated[
        int | None, _option("--process", "With --coordinator: which of them this is, from 0.", MACHINES, "i")
    ] = None


@takes(StudyOptions)
def bootstrap(
    source: Annotated[
        Path,
        typer.Argument(metavar="RUNS|FIT.json", help="Table of runs, or a saved fit.", show_default=False),
    ],
    options: StudyOptions,
    out: Annotated[
        Path,
        typer.Option("--out", help="Folder of the study; draws go there.", rich_help_panel=OUTPUT),
    ],
    as_json: Annotated[
        bool, typer.Option("--json", help="Print one JSON object.", rich_help_panel=OUTPUT)
    ] = False,
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
    shard = shard_of(options.shard)
    first = joined(options) == 0
    from scalelaw.studies import study
    from scalelaw.studies.parquet import arrow

    arrow()
    quiet = as_json or not first
    fitted, scheme = resampled(source, replace(options, starts="grid"), quiet=quiet)
    with progress("bootstrap", quiet=quiet) as report, stopping(out):
        made = study(
            fitted,
            options.replicates,
            out,
            **scheme,
            starts=options.starts,
            shard=shard,
            chunk=options.chunk,
            progress=report,
        )
    if first:
        tell(made, options.level, options.interval, as_json=as_json)
    leave(fitted)


def tell(study: "Study", level: float, kind: str, *, as_json: bool) -> None:
    """Print what there is, and the intervals once nothing is missing."""
    draws = None if study.missing else study.draws()
    if as_json:
        sure = {} if draws is None else {"intervals": draws.summary(level=level, kind=kind)}
        typer.echo(json.dumps(_origin(study.fit) | {"study": study.summary()} | sure, indent=1))
        return
    for warning in (*study.fit.certificate.warnings, *study.notes):
        typer.secho(f"warning: {warning.removeprefix('warning: ')}", fg="yellow")
    if draws is not None:
        typer.echo(f"{draws.text(level=level, kind=kind)}\n")
    typer.echo(study.progress())


def shard_of(text: str | None) -> tuple[int, int]:
    """(i, n) of "i/n"; the whole study without."""
    own, slash, count = (text or "0/1").partition("/")
    if not (slash and own.isdecimal() and count.isdecimal() and int(own) < int(count)):
        raise bad_input("--shard", "written i/n with i from 0 to n - 1", shown(text))
    return int(own), int(count)


def joined(options: StudyOptions) -> int:
    """The number of this process among those of one run, which it joins if asked to."""
    asked = (options.coordinator, options.processes, options.process)
    if options.coordinator == "auto" and asked[1:] == (None, None):
        asked = (None, None, None)
    elif asked == (None, None, None):
        return 0
    elif None in asked or ":" not in str(asked[0]):
        got = ", ".join(shown(value) for value in asked)
        raise bad_input("--coordinator", "HOST:PORT with --processes and --process, or auto", got)
    import jax

    jax.distributed.initialize(*asked)
    return jax.process_index()


@contextmanager
def stopping(out: Path) -> Iterator[None]:
    """An interrupt leaves with one sentence on how to go on."""
    try:
        yield
    except KeyboardInterrupt:
        typer.echo(
            f"interrupted; finished parts are kept in {out}, and the same command goes on from there",
            err=True,
        )
        raise typer.Exit(INTERRUPTED) from None


def _origin(fit: "Fit") -> dict[str, Any]:
    return {"law": fit.law.name, "trusted": fit.certificate.trusted}
