"""`Fit`: a fitted law, what it was fitted to and how, and its certificate."""

from collections.abc import Mapping
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import Any, ClassVar

import numpy as np
import pandas as pd
from jaxtyping import Float, Int, Integer

from scalelaw._json import exact
from scalelaw.fitting import archive, text
from scalelaw.fitting.adaptive import OwnThreshold, least_of_resamples, thresholds
from scalelaw.fitting.certificate import Certificate
from scalelaw.fitting.curvature import Curvature, curvature, standard_error
from scalelaw.fitting.functions import Derived, Evaluated, Parameter
from scalelaw.fitting.misfit import Misfit, misfit
from scalelaw.fitting.refits import Draw, Refits, Refitter, Sample, padded_draw
from scalelaw.fitting.sandwich import sandwiches
from scalelaw.fitting.setup import Basin, Ends, Settings, Setup, prepare
from scalelaw.fitting.threshold import plateau, remark
from scalelaw.laws import Law
from scalelaw.runs import Runs
from scalelaw.runs.groups import By, group_codes
from scalelaw.solve import Levenberg, Status
from scalelaw.solve.solver import Progress, as_pytree


@dataclass(frozen=True, eq=False, repr=False)
class Fit:
    """A fitted law.

    Attributes:
        law: the law.
        params: its NamedTuple, floats in natural units (parameters, tokens, nats per token).
        objective: weighted sum of rho at the winner.
        covariance: [P, P] of `params` by the sandwich formula: an approximation for many runs and a law that
            is right; intervals that need neither come from resampling. Zero rows for fixed parameters.
        derived: name -> (value, standard error) of the law's derived quantities (a, b, G, log A, ...).
        scale: robust standard deviation of the residuals (log loss, or nats per token).
        residuals: [n] predicted minus observed on the scale of the objective, in the order of `runs`.
        certificate: whether to trust it.
        settings: how it was made.
        basins: distinct stationary points, best first.
        runs: what it was fitted to.
        ends: where every start ended; None after `load`.
    """

    law: Law
    params: Any
    objective: float
    covariance: Float[np.ndarray, "P P"]
    derived: Mapping[str, tuple[float, float]]
    scale: float
    residuals: Float[np.ndarray, " n"]
    certificate: Certificate
    settings: Settings
    basins: tuple[Basin, ...]
    runs: Runs
    ends: Ends | None = None

    # As an estimator of weights (see `scalelaw.resampling.estimator`).
    default_scheme: ClassVar[tuple[str, By]] = ("pairs", None)
    default_kind: ClassVar[str] = "bca"

    @property
    def refused(self) -> Mapping[str, str]:
        """Kinds of interval that the fit does not allow, with the reason."""
        held = " and ".join(self.certificate.at_limit)
        return {"studentized": f"which needs a standard error that {held} at 0 does not have"} if held else {}

    @cached_property
    def setup(self) -> Setup:
        """The problem that the fit solved, and the way between theta and parameters."""
        return prepare(self.runs, self.law, self.settings.objective, self.settings.constraints)

    @cached_property
    def theta(self) -> Float[np.ndarray, " p"]:
        """The parameters on the solver's scale, inside their bounds."""
        theta: np.ndarray = self.setup.theta(np.array([[*self.params]], float))[0]
        return theta

    @cached_property
    def point(self) -> Curvature:
        """All derivatives at the optimum."""
        return curvature(self.setup.problem, self.theta, self.setup.units)

    @cached_property
    def misfit(self) -> Misfit:
        """Whether the law leaves structure in the residuals: whether it is the right law for these runs."""
        return misfit(self)

    @property
    def remark(self) -> str:
        """What a delta far below the noise makes of the objective, and what to do; nothing where it is not."""
        return remark(self.settings.objective, self.scale)

    @property
    def plateau(self) -> str:
        """Why the objective is flat about the fit, as it is for absolute deviations; nothing where it is not."""
        why = plateau(self.settings.objective, self.scale)
        return why if why in self.certificate.warnings else ""

    @cached_property
    def stderr(self) -> Any:
        """Sandwich standard errors, in the law's NamedTuple."""
        return self.law.Params(*(float(value) for value in standard_error(np.diag(self.covariance))))

    @cached_property
    def correlation(self) -> Float[np.ndarray, "P P"]:
        """Correlations of the parameters by the sandwich formula; NaN in rows of fixed parameters."""
        error = standard_error(np.diag(self.covariance))
        with np.errstate(divide="ignore", invalid="ignore"):
            return self.covariance / np.outer(error, error)

    def predict(self, **inputs: Any) -> Float[np.ndarray, "..."]:
        """Predicted loss [nats per token].

        Args:
            inputs: the law's inputs by name (`N=`, `D=`, ...), floats or arrays that broadcast.

        Raises:
            TypeError: if an input of the law is missing or unknown.

        Examples:
            >>> fit = sl.fit(sl.read_dataset("simulated-sweep"))
            >>> f"{fit.predict(N=70e9, D=1.4e12):.3f} nats per token"
            '1.972 nats per token'
            >>> fit.predict(N=[1e9, 7e9], D=1.4e12).round(3)
            array([2.244, 2.07 ])
        """
        return np.asarray(self.law.predict(self.params, **inputs))

    @property
    def names(self) -> tuple[str, ...]:
        """Parameters, then derived quantities: what `function` knows."""
        return (*self.law.fields, *self.derived)

    def function(self, name: str) -> Evaluated:
        """The function of the law's NamedTuple that one of `names` stands for; equal names, equal functions."""
        return Parameter(name) if name in self.law.fields else Derived(self.law, name)

    @property
    def sample(self) -> Sample:
        """Targets on the scale of the objective, and weights."""
        return Sample(np.asarray(self.setup.problem.target)[: len(self.runs)], self.setup.weight)

    @property
    def degrees(self) -> None:
        """The scale of the residuals is robust, and taken for known."""

    @property
    def caution(self) -> str:
        """Nothing speaks against its intervals as such."""
        return ""

    @property
    def free(self) -> int:
        """Number of free parameters."""
        return self.certificate.parameters

    @property
    def inputs(self) -> tuple[str, ...]:
        """The inputs of the law."""
        return self.law.inputs

    @property
    def identity(self) -> dict[str, Any]:
        """What besides the runs decides the fit, by name, for JSON."""
        objective, constraints = self.settings.objective, self.settings.constraints
        return {
            "law": self.law.name,
            "formula": self.law.formula,
            "residual": objective.residual,
            "loss": objective.loss,
            "delta": objective.asked,
            "fix": exact(dict(constraints.fix)),
            "tie": dict(constraints.tie),
            "bounds": exact(dict(constraints.bounds)),
            "starts of the fit": self.settings.starts,
        }

    def groups(self, by: By) -> Int[np.ndarray, " n"]:
        """Code of each run's group (see `bootstrap`)."""
        return group_codes(self.runs, by)

    def refitter(self, *, starts: str = "basins", solver: Levenberg | None = None) -> Refitter:
        """The fit made ready to be repeated from its basins, or from "all" the law's starts too."""
        return Refitter.of(self.setup, self.basins, everywhere=starts == "all", solver=solver)

    def refit(
        self, draw: Draw, replicates: Integer[np.ndarray, " R"], progress: Progress | None = None
    ) -> Refits:
        """The fit repeated with each replicate's own targets and weights."""
        return self.refitter()(draw, replicates, progress)

    def covariances(
        self,
        draw: Draw,
        replicates: Integer[np.ndarray, " R"],
        params: Any,
        groups: Int[np.ndarray, " n"] | None,
    ) -> tuple[Float[np.ndarray, "P P"], Float[np.ndarray, "R P P"]]:
        """Covariance of the parameters at the fit, and at every replicate of it with those `params` [R]."""
        setup, here = self.setup, self.refitter().starts[:1]
        theta, lanes = setup.theta(np.stack(params, axis=1)), replicates.astype(np.uint32)
        own = sandwiches(setup, here, self.scale, groups=groups)[0]
        if not setup.objective.auto:
            return own, sandwiches(setup, theta, self.scale, draw, lanes, groups)
        padded = as_pytree(padded_draw(draw, len(setup.problem.target)))
        least = least_of_resamples(setup, setup.objective.delta)
        delta = thresholds(setup.problem, theta, padded, lanes, least)
        return own, sandwiches(setup, theta, self.scale, OwnThreshold(padded), (lanes, delta), groups)

    @staticmethod
    def describe_ends(status: Int[np.ndarray, " R"], changed: np.ndarray) -> str:
        """How refits ended, in words."""
        lost = int(np.count_nonzero(~np.isin(status, (Status.CONVERGED, Status.AT_BOUND))))
        return (
            f"{lost:,} failed and count in no interval, {int(changed.sum()):,} ended lower from another start "
            f"than the fit, {int(np.count_nonzero(status == Status.AT_BOUND)):,} at a bound or at 0"
        )

    def to_frame(self) -> pd.DataFrame:
        """Parameters and derived quantities.

        Columns `name`, `value`, `stderr`, `role` (free, held at 0, fixed, tied, derived).
        """
        constraints = self.settings.constraints
        roles = dict.fromkeys(self.law.fields, "free")
        roles |= dict.fromkeys(self.certificate.at_limit, "held at 0")
        roles |= {name: "fixed" for name, _ in constraints.fix}
        roles |= {name: f"= {other}" for name, other in constraints.tie}
        rows = [
            (name, value, error, roles[name])
            for name, value, error in zip(self.law.fields, self.params, self.stderr, strict=True)
        ]
        rows += [(name, value, error, "derived") for name, (value, error) in self.derived.items()]
        return pd.DataFrame(rows, columns=["name", "value", "stderr", "role"])

    def save(self, path: str | Path) -> None:
        """Write the fit, its runs and settings as JSON; floats come back to the last bit.

        Examples:
            >>> fit = sl.fit(sl.read_dataset("simulated-sweep"))
            >>> fit.save("fit.json")
            >>> sl.Fit.load("fit.json").params == fit.params
            True
        """
        archive.write(path, {name: getattr(self, name) for name in archive.SAVED})

    def document(self) -> dict[str, Any]:
        """What `save` writes, as plain JSON values."""
        return archive.document({name: getattr(self, name) for name in archive.SAVED})

    @classmethod
    def load(cls, path: str | Path, law: Law | None = None) -> "Fit":
        """Read what `save` wrote.

        Args:
            path: the file.
            law: the law, where it is not one of scalelaw's own.

        Raises:
            BadInput: if the file is not a saved fit, or its law is unknown.
        """
        return cls(**archive.read(path, law))

    def __str__(self) -> str:
        return text.report(self)

    __repr__ = __str__
