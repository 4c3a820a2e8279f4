"""`scalelaw score`."""

from pathlib import Path
from typing import Annotated

import typer

import scalelaw as sl
from scalelaw.cli.estimate import runs_of
from scalelaw.cli.options import AsJson, TableOptions, argument, option, takes
from scalelaw.cli.terminal import print_json


@takes(TableOptions, table="results")
def score(
    forecast: Annotated[Path, argument("What `scalelaw predict --forecast` wrote.", "FORECAST.json")],
    results: Annotated[Path, argument("Table of the runs made since.", "RESULTS")],
    options: TableOptions,
    tolerance: Annotated[
        float, option("--tolerance", "Relative difference up to which a run is at a point of the forecast.")
    ] = 1e-6,
    as_json: AsJson = False,
) -> None:
    """Hold a forecast to the runs made since: errors, whether inside the intervals, log scores.

    A file that was edited after it was written is refused. Scores are of the
    log of the loss: a higher log score is better, and beside it stands what the
    forecast expected; pit is the probability that it gave to a lower loss.

    Examples:
      scalelaw fit --dataset sweep --out .
      scalelaw predict fit.json --at N=164k,D=15M --bootstrap 99 --forecast p.json
      scalelaw score p.json --dataset sweep-heldout --tolerance 0.02

      scalelaw score plan.json results.csv --json
    """
    said = sl.Forecast.load(forecast)
    scores = sl.score(said, runs_of(results, options, tuple(said.points)), tolerance=tolerance)
    if as_json:
        print_json(scores.to_dict())
    else:
        typer.echo(str(scores))
