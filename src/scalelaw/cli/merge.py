"""`scalelaw merge`."""

from pathlib import Path
from typing import Annotated

import typer

from scalelaw._checks import check_choice, check_probability
from scalelaw.cli.bootstrap import tell
from scalelaw.cli.options import INTERVALS, MODEL, OUTPUT
from scalelaw.cli.work import leave, use_compilation_cache


def merge(
    folders: Annotated[
        list[Path], typer.Argument(metavar="STUDY...", help="Folders of the shards.", show_default=False)
    ],
    out: Annotated[
        Path, typer.Option("--out", help="Folder to make; it appears whole.", rich_help_panel=OUTPUT)
    ],
    law: Annotated[
        str,
        typer.Option("--law", help="The law, if it is your own: my_law.py:LAW.", rich_help_panel=MODEL),
    ] = "",
    interval: Annotated[
        str,
        typer.Option(
            "--interval", help="bca, percentile, basic, normal or studentized.", rich_help_panel=INTERVALS
        ),
    ] = "bca",
    level: Annotated[
        float, typer.Option("--level", help="Confidence level.", rich_help_panel=INTERVALS)
    ] = 0.95,
    as_json: Annotated[
        bool, typer.Option("--json", help="Print one JSON object.", rich_help_panel=OUTPUT)
    ] = False,
) -> None:
    """Join the shards of one study, and say what is missing.

    Examples:
      scalelaw bootstrap --dataset simulated-sweep --shard 0/2 --out study-0/
      scalelaw bootstrap --dataset simulated-sweep --shard 1/2 --out study-1/
      scalelaw merge study-0/ study-1/ --out study/

      scalelaw merge study-*/ --out study/ --interval percentile --json
    """
    use_compilation_cache()
    from scalelaw import studies
    from scalelaw.laws import LAWS
    from scalelaw.laws.find import find_law
    from scalelaw.resampling.intervals import KINDS

    check_choice("--interval", interval, KINDS)
    check_probability("--level", level)
    merged = studies.merge(folders, out, law=find_law(law, LAWS) if law else None)
    tell(merged, level, interval, as_json=as_json)
    leave(merged.fit)
