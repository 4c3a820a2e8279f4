"""What Approach 2 found: minima, power laws, refusals; resamples, the bias of the design and its correction."""

from dataclasses import dataclass, replace
from functools import partial

import numpy as np
import pandas as pd
from jaxtyping import Float

from scalelaw._checks import bad_input, check_at_least, check_choice
from scalelaw.approaches.budgets import Budgets
from scalelaw.approaches.design_bias import DesignBias, design_bias
from scalelaw.approaches.frontier import Frontier, FrontierDraws
from scalelaw.approaches.isoflop_text import report
from scalelaw.approaches.lines import PowerLaw
from scalelaw.approaches.minima import Method
from scalelaw.approaches.resampling import SCHEMES, Axis, Plan, counted, in_chunks, noisy, redrawn, resampled
from scalelaw.approaches.sides import Side, alike, alone, frontiers, moved, steadiness
from scalelaw.fitting.result import Fit
from scalelaw.runs import Runs


@dataclass(frozen=True, eq=False, repr=False)
class IsoFLOP:
    """What Approach 2 found.

    Attributes:
        runs: the table.
        method: how the minimum of a profile was found.
        budgets: which runs share one.
        by_N: profiles against log N and their minima N*.
        by_D: profiles against log D and their minima D*; the same as those of N wherever C = k N D.
        noise: standard deviation of a run's loss [nats per token] that the minima's sd stand for; NaN where
            nothing says.
        plain: power laws through the minima, all alike.
        weighted: with weights 1 / sd^2 of the minima.
        correction: what was taken off the minima, where a correction was asked for.
    """

    runs: Runs
    method: Method
    budgets: Budgets
    by_N: Side
    by_D: Side
    noise: float
    plain: Frontier
    weighted: Frontier
    correction: DesignBias | None = None

    @property
    def N(self) -> PowerLaw:
        """The plain power law N*(C)."""
        return self.plain.N

    @property
    def D(self) -> PowerLaw:
        """The plain power law D*(C)."""
        return self.plain.D

    @property
    def L(self) -> PowerLaw:
        """The plain power law L*(C)."""
        return self.plain.L

    @property
    def refused(self) -> pd.DataFrame:
        """The profiles that are not used: `C`, `axis`, `runs`, `reason`."""
        frame = self.to_frame()
        by_axis = [
            frame[["C", "runs"]].assign(axis=axis, reason=frame[f"refused_{axis}"]) for axis in ("N", "D")
        ]
        both = pd.concat(by_axis, ignore_index=True)
        return both.loc[both.reason != "", ["C", "axis", "runs", "reason"]].reset_index(drop=True)

    def to_frame(self) -> pd.DataFrame:
        """One row a budget: `C`, `runs`, `N`, `D`, `L`, the sd of log N and log D, and why it is refused."""
        return pd.DataFrame(
            {
                "C": self.budgets.C,
                "runs": np.bincount(self.budgets.code[self.budgets.code >= 0], minlength=len(self.budgets.C)),
                "N": self.by_N.best,
                "sd_log_N": self.by_N.sd,
                "D": self.by_D.best,
                "sd_log_D": self.by_D.sd,
                "L": self.by_N.loss,
                "refused_N": self.by_N.refused,
                "refused_D": self.by_D.refused,
            }
        )

    def bootstrap(
        self, replicates: int = 4000, seed: int = 0, *, scheme: str = "noise", weighted: bool = False
    ) -> FrontierDraws:
        """The frontier over resamples; every profile is fitted again in each.

        Args:
            replicates: how many.
            seed: of the resamples; replicate i is the same whatever their number.
            scheme: "noise" adds normal noise of `noise` to every loss; "runs" draws the runs of each budget
                with replacement.
            weighted: weigh the minima by 1 / sd^2.

        Returns:
            The draws, with percentile intervals.

        Raises:
            BadInput: for an unknown scheme, a number out of range, or noise that nothing says.
        """
        check_at_least("replicates", replicates, 2)
        check_at_least("seed", seed, 0)
        check_choice("scheme", scheme, SCHEMES)
        if scheme == "noise" and not np.isfinite(self.noise):
            raise bad_input("noise", "known for the scheme 'noise'", "nan", advice="give noise= (--noise)")
        words = SCHEMES[scheme] + (f" of sd {self.noise:.3g}" if scheme == "noise" else "")
        draw = partial({"noise": noisy, "runs": redrawn}[scheme], np.random.default_rng(seed))
        lots = in_chunks(replicates, draw, self._plan(weighted))
        return resampled(self._law(weighted), self._plan(weighted), lots, f"{words} (seed {seed})")

    def over(self, times: Float[np.ndarray, "R n"], words: str, *, weighted: bool = False) -> FrontierDraws:
        """The frontier over resamples that are given, so that approaches can be compared on the same ones.

        Args:
            times: how often each run of the table counts in each resample.
            words: how they were made.
            weighted: weigh the minima by 1 / sd^2.
        """
        plan = self._plan(weighted)
        return resampled(self._law(weighted), plan, counted(times, plan), words)

    def _law(self, weighted: bool) -> Frontier:
        return self.weighted if weighted else self.plain

    def _plan(self, weighted: bool) -> Plan:
        none = np.zeros(len(self.budgets.C))
        shifts = (none, none) if self.correction is None else (self.correction.N, self.correction.D)
        weigh = steadiness if weighted else alone
        by_N, by_D = (
            Axis(side.profiles, shift, weigh(side))
            for side, shift in zip((self.by_N, self.by_D), shifts, strict=True)
        )
        return Plan(self.method, self.budgets.C, by_N, by_D, self.noise)

    def bias(self, fit: Fit) -> DesignBias:
        """How far this method's minima lie from the surface's own on this very design, without noise.

        Args:
            fit: an Approach-3 fit of a law of N and D with a closed-form optimum: its surface is read off at the
                runs' own N and D, and the method applied to it.

        Returns:
            The bias at each budget and in the power laws.

        Raises:
            BadInput: for a law without a closed-form optimum in N and D, or too few profiles with a minimum.
        """
        return design_bias(fit, self.runs, self.method, self.budgets, (self.by_N, self.by_D))

    def corrected(self, fit: Fit) -> "IsoFLOP":
        """The same with the bias of the design taken off every minimum; arguments and errors as `bias`."""
        found = self.bias(fit)
        by_N, by_D = alike(moved(self.by_N, found.N), moved(self.by_D, found.D))
        by_N = by_N._replace(loss=np.where(by_N.used, by_N.loss - found.L, np.nan))
        plain, weighted = frontiers(self.budgets.C, by_N, by_D)
        return replace(self, by_N=by_N, by_D=by_D, plain=plain, weighted=weighted, correction=found)

    def __str__(self) -> str:
        return report(self)

    __repr__ = __str__
