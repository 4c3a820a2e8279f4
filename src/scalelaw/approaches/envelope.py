"""Approach 1: the compute-optimal envelope of training curves, and power laws along it.

Hoffmann et al. 2022, arXiv:2203.15556, section 3.1; the convex hull as McLeish et al. 2025, arXiv:2502.06857.
"""

from collections.abc import Mapping
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any, ClassVar

import numpy as np
import pandas as pd
from jaxtyping import Bool, Float, Int, Integer

from scalelaw._checks import bad_input, check_at_least, check_choice, listed, shown
from scalelaw._json import exact
from scalelaw.approaches.curves import Curves, Cut, curves_of, in_order
from scalelaw.approaches.envelope_points import (
    HULL,
    LOWEST,
    Candidates,
    EnvelopeMethod,
    Point,
    check_points,
    counts,
    final_candidates,
    moments_of,
    points_of,
    within,
)
from scalelaw.approaches.frontier import Frontier, FrontierParams, FrontierQuantity, PowerLaw
from scalelaw.approaches.refits import Lines, describe_ends, no_covariances, refit_frontiers
from scalelaw.approaches.settings import EnvelopeSettings, settings_and_runs
from scalelaw.approaches.slopes import FREE, Slopes, power_laws
from scalelaw.fitting.archive import runs_document, runs_from
from scalelaw.fitting.documents import sealed
from scalelaw.fitting.refits import Draw, Refits, Sample
from scalelaw.numbers import format_number
from scalelaw.runs import Runs
from scalelaw.runs.groups import By, group_codes
from scalelaw.solve.solver import Progress

METHODS = {method.name: method for method in (LOWEST, HULL)}
"""Methods of taking an envelope."""

POINTS = 1500
"""FLOP values, as Hoffmann et al. 2022."""

CHUNK = 256
"""Replicates at a time: what bounds the memory."""

FORMAT = "scalelaw envelope 1"

_POINTS = "which takes points of one curve for independent: draw whole runs, 'cluster'"
_SHIFTS = (
    "which shifts losses one by one, and points of one curve are not independent: draw whole runs, 'cluster'"
)
REFUSED = {
    **dict.fromkeys(("pairs", "stratified", "subsample"), _POINTS),
    **dict.fromkeys(("residual", "wild", "webb", "parametric"), _SHIFTS),
    "bayesian": "which leaves every run some weight, and an envelope knows only which runs there are",
    "bca": "which needs an estimate that is smooth in the weights of runs, and an envelope is not",
    "studentized": "which needs a standard error of each resample, and an envelope has none",
}
"""Schemes and kinds of interval that do not hold for an envelope, and why."""


LUCKY = (
    "intervals of an envelope are of its spread, not of its bias: the lowest of noisy losses is a lucky one, and "
    "in simulations 95 % intervals held the optimum far less often (README); those of profiles and laws do"
)
"""What speaks against intervals."""


@dataclass(frozen=True, eq=False, repr=False)
class Envelope:
    """What Approach 1 found.

    Attributes:
        runs: the table.
        curves: what was made of it.
        method: how the envelope was taken.
        cut: warm-up and smoothing.
        candidates: what any envelope of these runs consists of.
        points: of the envelope.
        edges: whether points of the smallest and the largest size count in the power laws.
        final_only: whether only points in the last 15 % of their run do.
        frontier: power laws through those that count.
        slopes: which of their exponents are held or tied.
    """

    # As an estimator of weights (see `scalelaw.resampling.estimator`).
    names: ClassVar[tuple[str, ...]] = FrontierParams._fields
    inputs: ClassVar[tuple[str, ...]] = ("N", "D", "C")
    refused: ClassVar[Mapping[str, str]] = REFUSED
    default_scheme: ClassVar[tuple[str, By]] = ("cluster", "group")
    default_kind: ClassVar[str] = "percentile"
    scale: ClassVar[float] = float("nan")
    degrees: ClassVar[None] = None
    caution: ClassVar[str] = LUCKY
    plateau: ClassVar[str] = ""
    free: ClassVar[int] = 2

    runs: Runs
    curves: Curves
    method: EnvelopeMethod
    cut: Cut
    candidates: Candidates
    points: Point
    edges: bool
    final_only: bool
    frontier: Frontier
    slopes: Slopes = FREE

    @property
    def N(self) -> PowerLaw:
        """The power law N*(C)."""
        return self.frontier.N

    @property
    def D(self) -> PowerLaw:
        """The power law D*(C)."""
        return self.frontier.D

    @property
    def L(self) -> PowerLaw:
        """The power law L*(C)."""
        return self.frontier.L

    @property
    def untouched(self) -> tuple[str, ...]:
        """Runs that never lie on the envelope."""
        touched = set(self.points.run.tolist())
        return tuple(name for code, name in enumerate(self.curves.names) if code not in touched)

    @property
    def counted(self) -> Bool[np.ndarray, " P"]:
        """Which points the power laws go through."""
        return counts(self.points, edges=self.edges, final_only=self.final_only)

    def to_frame(self) -> pd.DataFrame:
        """One row a point of the envelope: `C`, `run`, `N`, `D`, `L`, `final`, `at_edge`, `used` in the laws."""
        names = [self.curves.names[code] for code in self.points.run]
        return pd.DataFrame(self.points._asdict() | {"run": names, "used": self.counted})

    @property
    def notes(self) -> tuple[str, ...]:
        """What has to be known, a sentence each; those that start "warning:" want a look."""
        early, edge = (float(np.mean(which)) for which in (~self.points.final, self.points.at_edge))
        short = int(np.count_nonzero(self.curves.length < 2))
        unfinished = (
            ": their losses are those of an unfinished schedule, unless the learning rate was constant; "
            "final_only=True (--final-only) leaves them out"
        )
        kind, unfinished = ("", " and are left out") if self.final_only else ("warning: ", unfinished)
        found = (
            (early, f"{kind}{100 * early:.3g} % of the points lie before the last 15 % of their run{unfinished}"),
            (edge, f"{100 * edge:.3g} % of the points are of the smallest or the largest size trained, where no "
             f"other size could be better: {'they bias' if self.edges else 'left out of'} the power laws"),
            (short, f"warning: {short} runs have fewer than 2 points and no curve"),
            (len(self.untouched), f"{len(self.untouched)} of {len(self.curves.names)} runs never touch the "
             f"envelope: {listed(self.untouched, 12)}"),
        )  # fmt: skip
        return tuple(sentence for share, sentence in found if share)

    @property
    def params(self) -> FrontierParams:
        """Exponents and coefficients of the power laws."""
        return self.frontier.params

    def function(self, name: str) -> FrontierQuantity:
        """The function of `params` that one of `names` stands for; see `frontier_quantity`."""
        return FrontierQuantity(name)

    @property
    def sample(self) -> Sample:
        """Losses, which no scheme shifts, and weight 1 for every point."""
        return Sample(self.runs.L, np.ones(len(self.runs)))

    @property
    def residuals(self) -> Float[np.ndarray, " n"]:
        """Zeros: an envelope predicts no points of curves."""
        return np.zeros(len(self.runs))

    def groups(self, by: By) -> Int[np.ndarray, " n"]:
        """Code of each point's group: of its run, or of runs that belong together.

        Raises:
            BadInput: for groups that cut a run in pieces.
        """
        codes = group_codes(self.runs, by)
        assert self.runs.group is not None
        if (codes != codes[self.curves.row][self.runs.group]).any():
            raise bad_input("`by`", "the same all along each run", shown(by))
        return codes

    def refit(
        self, draw: Draw, replicates: Integer[np.ndarray, " R"], progress: Progress | None = None
    ) -> Refits:
        """The frontier of each replicate's runs; one that is drawn twice is there once."""
        centre = float(self.candidates.log_C.mean())
        sums = self.method.sums(self.curves, self.candidates, centre)

        def fit(sample: Sample) -> tuple[Lines, Bool[np.ndarray, " R"]]:
            present = sample.weight > 0
            counted = present if self.edges else within(self.curves.N, present)
            found = moments_of(sums(present, counted), centre)
            return self.slopes.lines(*found), np.zeros(len(present), bool)

        first = self.curves.row
        return refit_frontiers(fit, self.sample, draw, replicates, chunk=CHUNK, rows=first, progress=progress)

    covariances = staticmethod(no_covariances)
    describe_ends = staticmethod(describe_ends)

    @property
    def objective(self) -> float:
        """Sum of squares of the points about the power laws, in logs."""
        counted = self.counted
        return self.frontier.squares(*(getattr(self.points, name)[counted] for name in ("C", "N", "D", "L")))

    @property
    def identity(self) -> dict[str, Any]:
        """What besides the runs decides it, for JSON: the arguments of `envelope`."""
        return {
            "method": self.method.name,
            **asdict(self.cut),
            "points": len(self.candidates.log_C),
            "edges": self.edges,
            "final_only": self.final_only,
            **self.slopes.identity,
        }

    def document(self) -> dict[str, Any]:
        """Plain JSON from which `restored` makes it again."""
        return sealed({"format": FORMAT, "settings": exact(self.identity), "runs": runs_document(self.runs)})

    @staticmethod
    def restored(document: dict[str, Any], place: str | Path = "document") -> "Envelope":
        """From its `document`, which stood in `place`.

        Raises:
            BadInput: it is not as it was written.
        """
        settings, runs = settings_and_runs(document, EnvelopeSettings, place)
        return envelope(runs_from(runs, place), **settings)

    def text(self) -> str:
        """Power laws, and what has to be known."""
        low, high = (format_number(float(self.points.C[end])) for end in (0, -1))
        lines = [
            f"Approach 1: {len(self.curves.names)} runs, {int(self.curves.length.sum())} points of "
            f"{self.runs.source}; {self.cut.words()}",
            f"  {self.method.words}: {len(self.points.C)} points, C from {low} to {high} FLOP",
            "",
            f"power laws{self.slopes.words()}",
            self.frontier.text(),
            "",
            *self.notes,
        ]
        return "\n".join(lines)

    def __str__(self) -> str:
        return self.text()

    __repr__ = __str__


def envelope(
    curves: Runs,
    *,
    method: str = "lowest",
    warmup: float | str = 0,
    smoothing: float = 0,
    points: int = POINTS,
    tokens_per_step: float | str = 1,
    sort: bool = False,
    edges: bool = False,
    final_only: bool = False,
    fix: Mapping[str, float] | None = None,
    tie: Mapping[str, str] | None = None,
) -> Envelope:
    """Approach 1: the compute-optimal frontier from the envelope of training curves.

    Args:
        curves: N, D, C and L, a row a point of a curve in the order of training, read with the column of run
            names as `group`. D are tokens so far; a further input "step", where there is one, is checked too.
        method: "lowest", the run of lowest loss at log-spaced FLOP values, losses interpolated linearly in log
            FLOP; or "hull", the falling part of the lower convex hull of log loss over log FLOP.
        warmup: points before this many tokens are left out; below 1, before this share of their run.
        smoothing: standard deviation, in points of the curve, of the Gaussian that losses are smoothed with; 0
            takes them as they are.
        points: FLOP values of "lowest".
        tokens_per_step: for curves whose D are steps: the batch, in tokens. C is multiplied too, unless the table
            has a column of its own.
        sort: whether to put the rows of every run in the order of their tokens first; else rows out of order are
            refused, as they may be those of restarted runs under one name.
        edges: whether points of the smallest and the largest size trained count in the power laws, as in papers.
            There no other size could be better, whatever the optimum: on noise-free curves of Chinchilla's law they
            take N* at 1e24 FLOP off by a third, and without them it is right within 2 %.
        final_only: whether the power laws go through those points of the envelope alone that lie in the last 15 %
            of their run, where Hoffmann et al. find all of theirs; so it is in every resample. No loss is
            corrected: what an unfinished schedule costs depends on the learning rate of every step
            (arXiv:2408.11029), which curves do not hold.
        fix: exponents of the power laws that are held, here and in every resample: {"a": 0.5}; of N* ~ C^a,
            D* ~ C^b and L* ~ C^-gamma.
        tie: {"b": "1-a"}, as C = k N D has it, or {"b": "a"}: one regression on the points of both.

    Returns:
        The points of the envelope, power laws through them, and what to know: runs that never touch it, and
        points before the last 15 % of their run, whose losses are not those of a finished schedule.

    Raises:
        BadInput: for curves without run names, tokens or steps that do not rise along a run, fewer than two
            runs with two points, an envelope of a single point or size, an unknown method or a number out of range.

    Examples:
        >>> import numpy as np, pandas as pd
        >>> N, D = (x.ravel() for x in np.meshgrid(np.geomspace(1e7, 1e9, 9), np.geomspace(1e8, 1e11, 50)))
        >>> L = sl.published["besiroglu2024_paper"].loss(N=N, D=D)
        >>> table = pd.DataFrame({"run": N, "N": N, "D": D, "L": L})
        >>> found = sl.envelope(sl.Runs.from_frame(table, group="run"))
        >>> f"{len(found.points.C)} points: N* ~ C^{found.frontier.a:.2f}"
        '1500 points: N* ~ C^0.50'
    """
    chosen = METHODS[check_choice("method", method, METHODS)]
    check_at_least("points", points, 2)
    cut = Cut.of(warmup, smoothing, tokens_per_step)
    curves = in_order(curves) if sort else curves
    read = curves_of(curves, cut)
    candidates = chosen.candidates(read, points)
    if final_only:
        candidates = candidates._replace(counted=final_candidates(read, candidates))
    found = points_of(read, candidates, chosen.points(candidates, np.ones((1, len(read.names)), bool)))
    counted = counts(found, edges=edges, final_only=final_only)
    check_points(curves.source, found, counted, edges=edges, final_only=final_only)
    slopes = Slopes.of(fix, tie, curves.inputs(("N", "D", "C")))
    points_used = tuple(values[counted] for values in (found.N, found.D, found.L))
    laws = power_laws(found.C[counted], points_used, (np.ones(np.count_nonzero(counted)),) * 3, slopes)
    # Points of one curve are no independent scatter about a line.
    frontier = Frontier(*(law._replace(stderr=np.nan) for law in laws))
    return Envelope(curves, read, chosen, cut, candidates, found, edges, final_only, frontier, slopes)
