"""What scalelaw answers, by name: a table of questions that the public API alone is asked.

A section is a table of questions, each a function of the folder with other people's data. A question whose data are
not there has that sentence for an answer, and one that the library refuses has the refusal.
"""

import sys
import time
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from functools import cache, partial
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd

import scalelaw as sl

KINDS = ("percentile", "basic", "normal", "bca", "studentized")
SCHEMES: dict[str, dict[str, Any]] = {
    "pairs": {"scheme": "pairs"},
    "cluster": {"scheme": "cluster", "by": "N"},
    "stratified": {"scheme": "stratified", "by": "N"},
    "bayesian": {"scheme": "bayesian"},
    "bayesian by N": {"scheme": "bayesian", "by": "N"},
    "subsample": {"scheme": "subsample", "share": 0.7},
    "residual": {"scheme": "residual"},
    "wild": {"scheme": "wild"},
    "wild by N": {"scheme": "wild", "by": "N"},
    "webb": {"scheme": "webb"},
    "parametric": {"scheme": "parametric"},
    "every start": {"scheme": "pairs", "starts": "all", "replicates": 8},
}
LAWS = (
    "kaplan",
    "power_N",
    "power_D",
    "power_C",
    "kaplan_N",
    "kaplan_D",
    "kaplan_C",
    "broken_power_C",
)
"""Laws of N, D or C that any table of runs can be fitted with."""

MADE: dict[str, dict[str, Any]] = {
    "Huber 1e-4": {"delta": 1e-4},
    "squares": {"loss": "squared"},
    "linear residual": {"residual": "linear"},
    "alpha = beta": {"tie": {"beta": "alpha"}},
    "E fixed": {"fix": {"E": 1.7}},
    "bounds": {"bounds": {"E": (1.9, 2), "alpha": (None, 0.3)}},
    "projected starts": {"starts": "projected"},
}
"""Other ways to fit Chinchilla's law."""

BUDGETS = (1e20, 5.76e23, 1e26)
FIRST = 16
"""Replicates of which every number is kept; of all, the summaries are."""


class Absent(Exception):
    """A table that is not here."""


@dataclass(frozen=True)
class Data:
    """The folder of other people's training runs."""

    folder: Path

    def runs(self, file: str, **columns: Any) -> sl.Runs:
        """A table of it.

        Raises:
            Absent: it is not there.
        """
        if not (self.folder / file).is_file():
            raise Absent(f"{file} is not there")
        return sl.read_runs(self.folder / file, **columns)


Answer = Callable[[Data], Any]
EPOCH = {"N": "Model Size", "C": "Training FLOP", "L": "loss"}
USUAL = {"N": "params", "D": "tokens", "L": "loss"}


# The tables and the fits that several sections ask about


@cache
def epoch(data: Data, drop: int = 5) -> sl.Fit:
    """Chinchilla's law on the 240 runs of Besiroglu et al. 2024, or on all 245."""
    return sl.fit(data.runs("chinchilla_epoch.csv", **EPOCH, drop_highest_loss=drop))


@cache
def gemstones(data: Data, delta: float) -> sl.Fit:
    """The same on the 220 runs of McLeish et al. 2025."""
    return sl.fit(data.runs("gemstones_hot.csv", **USUAL), delta=delta)


@cache
def cs336(data: Data) -> sl.Fit:
    """The same on 72 runs without noise."""
    return sl.fit(data.runs("cs336_isoflops.csv", **USUAL))


@cache
def shipped(name: str) -> sl.Fit:
    """The same on a data set of the package."""
    return sl.fit(sl.read_dataset(name))


def curves(data: Data) -> sl.Runs:
    """Training curves of McLeish et al. 2025."""
    return data.runs("gemstones_hot_477.csv", C="flops_detailed", group="run_id", flops="given")


@cache
def published_bootstrap(data: Data) -> sl.Draws:
    """4,000 pairs of the 240 runs, as Besiroglu et al. 2024 take them."""
    return sl.bootstrap(epoch(data), 4000)


def ratio(params: Any) -> Any:
    """A function of the parameters that has no name."""
    return params.beta / (params.alpha + params.beta)


# What is kept of an answer


def picked(found: Any, names: str) -> dict[str, Any]:
    """Attributes by name."""
    return {name: getattr(found, name) for name in names.split()}


of_plan = partial(
    picked,
    names="N D C L tokens_per_parameter total unit epochs saved alone at residual certified decades_beyond notes",
)
of_allocation = partial(
    picked, names="N D C L tokens_per_parameter optimal excess wasted decades_beyond notes"
)
of_profile = partial(
    picked, names="estimate level values objective params interval open allowed stderr notes"
)
of_certificate = partial(
    picked,
    names="trusted converged stationarity starts share_at_winner next_basin hessian_positive_definite "
    "condition_number at_bound identifiable undetermined ranges runs parameters warnings",
)
of_surface = partial(picked, names="estimate x y objective allowed extremes covariance notes")
of_influence = partial(picked, names="estimate change codes stderr warning")
of_jackknife = partial(picked, names="params objective status")
of_power_law = partial(picked, names="exponent coefficient stderr points")


def of_fit(fit: sl.Fit) -> dict[str, Any]:
    kept = picked(fit, "params objective stderr covariance derived scale residuals")
    basins = [picked(each, "params objective share") for each in fit.basins]
    return {"law": fit.law.name, **kept, "basins": basins, "certificate": of_certificate(fit.certificate)}


def of_draws(draws: sl.Draws) -> dict[str, Any]:
    asked: dict[str, Any] = {**{name: name for name in draws.names}, "ratio": ratio}
    return {
        "scheme": draws.scheme,
        "replicates": len(draws),
        "usable": draws.usable.sum(),
        "changed": draws.changed.sum(),
        "first": {name: values[:FIRST] for name, values in draws.params._asdict().items()},
        "first objectives": draws.objective[:FIRST],
        "mean objective": draws.objective.mean(),
        "stderr": {name: draws.stderr(of) for name, of in asked.items()},
        "intervals": {
            kind: {name: draws.interval(of, kind=kind) for name, of in asked.items()} for kind in KINDS
        },
    }


def of_covariance(found: sl.Covariance) -> dict[str, Any]:
    return {**picked(found, "matrix kind degrees warnings"), "table": found.table()}


def of_power_laws(found: Any) -> dict[str, Any]:
    """The three of an envelope, or of profiles."""
    return {name: of_power_law(getattr(found, name)) for name in ("N", "D", "L")}


def of_isoflop(found: sl.IsoFLOP) -> dict[str, Any]:
    laws = {name: of_power_laws(getattr(found, name)) for name in ("plain", "weighted")}
    return {"minima": found.to_frame(), "noise": found.noise, **laws}


def of_corrected(found: sl.IsoFLOP, fit: sl.Fit) -> dict[str, Any]:
    return {"bias": picked(found.bias(fit), "a b C N D L"), "corrected": of_isoflop(found.corrected(fit))}


def of_envelope(found: sl.Envelope) -> dict[str, Any]:
    return {"points": found.to_frame(), "laws": of_power_laws(found), "untouched": found.untouched}


def of_frontier_draws(draws: sl.Draws) -> dict[str, Any]:
    return {"ends": draws.counts(), "table": draws.table(), "first": draws.to_frame().head(FIRST)}


# Questions


def ways(
    ask: Callable[..., Any], keywords: Mapping[str, Mapping[str, Any]], prefix: str = ""
) -> dict[str, Answer]:
    """The same question with other keywords each time."""
    return {prefix + name: partial(ask, **each) for name, each in keywords.items()}


def fits() -> dict[str, Answer]:
    """Chinchilla's law on every table."""
    own = {name: {"name": name} for name, each in sl.datasets.items() if each.ships}
    return {
        **ways(lambda _, name: of_fit(shipped(name)), own),
        "epoch, 240 runs": lambda data: of_fit(epoch(data)),
        "epoch, 245 runs": lambda data: of_fit(epoch(data, 0)),
        "gemstones, delta 1e-3": lambda data: of_fit(gemstones(data, 1e-3)),
        "gemstones, delta 1e-4": lambda data: of_fit(gemstones(data, 1e-4)),
        "cs336": lambda data: of_fit(cs336(data)),
    }


def laws() -> dict[str, Answer]:
    """Other laws, and other ways to fit, on the sweep of the package."""

    def made(_: Data, law: str = "chinchilla", **way: Any) -> dict[str, Any]:
        return of_fit(sl.fit(sl.read_dataset("sweep"), getattr(sl.laws, law), **way))

    return ways(made, MADE | {name: {"law": name} for name in LAWS})


def schemes() -> dict[str, Answer]:
    """Every way to resample the 240 runs."""

    def drawn(data: Data, replicates: int = 200, **way: Any) -> dict[str, Any]:
        return of_draws(sl.bootstrap(epoch(data), replicates, 1, **way))

    return ways(drawn, SCHEMES)


def jackknives() -> dict[str, Answer]:
    return {
        "runs": lambda data: of_jackknife(sl.jackknife(epoch(data))),
        "by N": lambda data: of_jackknife(sl.jackknife(epoch(data), by="N")),
    }


def covariances() -> dict[str, Answer]:
    return {
        "sandwich": lambda data: of_covariance(sl.covariance(epoch(data))),
        "information": lambda data: of_covariance(sl.covariance(epoch(data), "information")),
        "cluster": lambda data: of_covariance(sl.covariance(epoch(data), "cluster", by="N")),
        "sandwich of cs336": lambda data: of_covariance(sl.covariance(cs336(data))),
        "information of gemstones": lambda data: of_covariance(
            sl.covariance(gemstones(data, 1e-3), "information")
        ),
    }


def profiles() -> dict[str, Answer]:
    return {
        "E": lambda data: of_profile(sl.profile(epoch(data), "E")),
        "a": lambda data: of_profile(sl.profile(epoch(data), "a", level=0.9)),
        "a function": lambda data: of_profile(sl.profile(epoch(data), ratio, points=16)),
        "E of the sweep": lambda _: of_profile(sl.profile(shipped("sweep"), "E", points=16)),
        "alpha and beta": lambda data: of_surface(sl.profile_surface(epoch(data), "alpha", "beta", points=9)),
    }


def influences() -> dict[str, Answer]:
    return {
        "alpha": lambda data: of_influence(sl.influence(epoch(data), "alpha")),
        "a function": lambda data: of_influence(sl.influence(epoch(data), ratio)),
        "a, by N": lambda data: of_influence(sl.influence(epoch(data), "a", by="N")),
        "a, by refits": lambda data: of_influence(sl.influence_by_refits(epoch(data), "a")),
    }


def predictions() -> dict[str, Answer]:
    """Intervals of losses, of curves, and of runs that were not fitted."""
    at: dict[str, Any] = {"N": np.array([7e9, 70e9]), "D": np.array([2e12, 1.4e12])}

    def path(data: Data, kind: str) -> sl.Band:
        law = epoch(data).law
        return sl.band(
            published_bootstrap(data), lambda p: sl.optimal(law, p, np.array(BUDGETS)).N, kind=kind
        )

    def held_out() -> Any:
        draws = sl.bootstrap(shipped("sweep"), 400)
        return sl.held_out(draws, sl.read_dataset("sweep-heldout")).to_frame()

    return {
        "points": lambda data: epoch(data).predict(**at),
        "new runs": lambda data: sl.prediction_interval(published_bootstrap(data), **at),
        "mean": lambda data: sl.mean_interval(published_bootstrap(data), **at),
        "mean, percentile": lambda data: sl.mean_interval(published_bootstrap(data), kind="percentile", **at),
        "band": partial(path, kind="percentile"),
        "band, sup-t": partial(path, kind="sup-t"),
        "held out": lambda _: held_out(),
    }


def allocations() -> dict[str, Answer]:
    questions: dict[str, dict[str, Any]] = {
        "C": {"C": "5.76e23"},
        "a list of C": {"C": BUDGETS},
        "N": {"N": "70B"},
        "D": {"D": "1.4T"},
        "L": {"L": 2.0},
        "C and N": {"C": 5.76e23, "N": "7B"},
        "C and ratio": {"C": 5.76e23, "tokens_per_parameter": 100},
        "L and ratio": {"L": 2.0, "tokens_per_parameter": 100},
        "L and N": {"L": 2.0, "N": "70B"},
    }
    published = {
        name: {"name": name} for name in ("besiroglu2024_paper", "hoffmann2022_A3_tex", "kaplan2020_L_N_D")
    }
    return {
        **ways(lambda data, **asked: of_allocation(sl.allocate(epoch(data), **asked)), questions),
        **ways(lambda _, name: of_allocation(sl.allocate(sl.published[name], C=BUDGETS)), published, "C by "),
        "30 % smaller": lambda data: sl.cost_of_smaller(epoch(data), [0.3, 0.5], C=5.76e23).to_frame(),
        "gain": lambda data: sl.compute_equivalent_gain(
            epoch(data), sl.published["hoffmann2022_A3_tex"], C=BUDGETS
        ).to_frame(),
    }


def plans() -> dict[str, Answer]:
    questions: dict[str, dict[str, Any]] = {
        "budget": {"budget": BUDGETS},
        "served": {"L": [1.95, 2.1], "inference_tokens": "2T"},
        "served within a budget": {"budget": 1e24, "inference_tokens": "10T", "generated_tokens": "1T"},
        "unique tokens": {"budget": "1e22", "U": "25B"},
        "unique tokens once": {"budget": "1e22", "U": "25B", "repeats": False},
        "a loss from unique tokens": {"L": 2.2, "U": "25B", "R_D": 10, "R_N": 6},
        "sizes": {"budget": [1e23, 1e24], "sizes": ["1B", "3B", "7B", "13B"]},
        "at most": {"budget": 1e24, "max_N": "20B"},
        "at least, served": {"L": 2.1, "min_N": "10B", "inference_tokens": "2T"},
    }
    known = sl.published["muennighoff2023"]
    return {
        **ways(lambda data, **asked: of_plan(sl.plan(epoch(data), **asked)), questions),
        "the worth of repeats": lambda _: of_plan(sl.plan(known, budget=1e22, U="25B")),
    }


def isoflops() -> dict[str, Answer]:
    """Approach 2 by each method, where there is much noise, little, and none; and the bias of its design."""

    def profiled(runs: Callable[[Data], sl.Runs], method: str, data: Data) -> dict[str, Any]:
        return of_isoflop(sl.isoflop(runs(data), method=method))

    tables: dict[str, Callable[[Data], sl.Runs]] = {
        "sweep": lambda _: sl.read_dataset("sweep", where="role == 'isoflop'"),
        "simulated sweep": lambda _: sl.read_dataset("simulated-sweep", where="kind == 'isoflop'"),
        "cs336": lambda data: cs336(data).runs,
        "epoch": lambda data: epoch(data).runs,
    }
    methods = ("parabola", "cubic", "akima", "local")
    return {
        **{
            f"{name}, {method}": partial(profiled, runs, method)
            for name, runs in tables.items()
            for method in methods
        },
        "corrected": lambda data: of_corrected(sl.isoflop(cs336(data).runs), cs336(data)),
        "corrected, cubic": lambda data: of_corrected(
            sl.isoflop(cs336(data).runs, method="cubic"), cs336(data)
        ),
    }


def envelopes() -> dict[str, Answer]:
    """Approach 1 on training curves of others and our own."""
    asked: dict[str, dict[str, Any]] = {
        "lowest": {"points": 200},
        "hull": {"method": "hull"},
        "smoothed": {"method": "hull", "smoothing": 3, "warmup": 0.05},
    }

    def own(_: Data, **way: Any) -> dict[str, Any]:
        return of_envelope(sl.envelope(sl.read_dataset("sweep-curves"), **way))

    return {
        **ways(lambda data, **way: of_envelope(sl.envelope(curves(data), **way)), asked, "gemstones, "),
        **ways(own, asked, "sweep, "),
    }


def kaplans() -> dict[str, Answer]:
    """Kaplan's system with his own constants, and Pearce & Song's account of them."""
    steps, batch, joint = (sl.published[f"kaplan2020_{name}"] for name in ("L_N_Smin", "B_crit", "L_N_D"))
    laws = [sl.published[f"kaplan2020_{name}"] for name in ("L_Cmin", "L_D", "D_opt", "N_opt")]
    counted, N = sl.published["besiroglu2024_paper"].params, np.array([1e6, 1e9, 1e12])
    both = steps.params, batch.params
    k = sl.kaplan
    return {
        "exponents": lambda _: k.exponents(*both),
        "compute scale": lambda _: k.compute_scale(*both),
        "efficient": lambda _: k.efficient(*both, C=np.array(BUDGETS)),
        "cost of size": lambda _: k.cost_of_size(steps.params, np.array([0.6, 1, 2.2])),
        "against": lambda _: k.against(steps.params, 0.1, 0.02),
        "overfitting": lambda _: k.overfitting(joint.law, joint.params, N=N, D=22e9),
        "data needed": lambda _: k.data_needed(joint.law, joint.params, N=N),
        "data trend": lambda _: k.data_trend(joint.params),
        "early stop": lambda _: k.early_stop(steps.params, joint.law, joint.params, N=N, D=22e9),
        "contradiction": lambda _: k.contradiction(*laws),
        "budget of": lambda _: k.budget_of(counted, N),
        "local exponent": lambda _: k.local_exponent(counted, N),
        "fitted exponent": lambda _: k.fitted_exponent(counted),
    }


def coverages() -> dict[str, Answer]:
    """A few simulated data sets: replicate and data set are the same whatever computes them."""

    def covered(data: Data, cell: sl.Cell) -> Any:
        found = sl.coverage(epoch(data), cell, datasets=16, replicates=99)
        return {"failed": found.failed, "table": found.table}

    return {
        "pairs, student": partial(covered, cell=sl.Cell("pairs", "student")),
        "cluster": partial(covered, cell=sl.Cell("cluster", "correlated", by="N", grouped=True)),
    }


def streams() -> dict[str, Answer]:
    """What depends on a stream of random numbers that may change."""

    def compared(fit: sl.Fit) -> dict[str, Any]:
        found = sl.compare(fit, budgets=[1e22], replicates=400)
        return {"exponents": found.exponents, "best": found.best, "agreement": found.agreement}

    return {
        "isoflop, noise": lambda data: of_frontier_draws(sl.bootstrap(sl.isoflop(epoch(data).runs), 400)),
        "isoflop, runs": lambda data: of_frontier_draws(
            sl.bootstrap(sl.isoflop(epoch(data).runs), 400, scheme="stratified")
        ),
        "envelope": lambda data: of_frontier_draws(
            sl.bootstrap(sl.envelope(curves(data), method="hull"), 400)
        ),
        "compare, epoch": lambda data: compared(epoch(data)),
        "compare, curves": lambda data: compared(sl.fit(curves(data))),
    }


SECTIONS: dict[str, Callable[[], dict[str, Answer]]] = {
    "fits": fits,
    "laws": laws,
    "bootstrap": lambda: {"240 runs, 4,000 pairs": lambda data: of_draws(published_bootstrap(data))},
    "schemes": schemes,
    "jackknife": jackknives,
    "covariance": covariances,
    "profile": profiles,
    "influence": influences,
    "prediction": predictions,
    "allocate": allocations,
    "plan": plans,
    "isoflop": isoflops,
    "envelope": envelopes,
    "kaplan": kaplans,
    "coverage": coverages,
    "stream": streams,
}


def values(data: Data, only: Iterable[str] = ()) -> dict[str, dict[str, Any]]:
    """The answers of each section, as JSON holds them; says on standard error how long each took."""
    found = {}
    for section in tuple(only) or tuple(SECTIONS):
        began = time.perf_counter()
        found[section] = {name: answered(ask, data) for name, ask in SECTIONS[section]().items()}
        print(f"{section}: {time.perf_counter() - began:.1f} s", file=sys.stderr)
    return found


def answered(ask: Answer, data: Data) -> Any:
    """The answer; or, in a sentence, why there is none."""
    try:
        return plain(ask(data))
    except Absent as absent:
        return f"skipped: {absent}"
    except sl.BadInput as refusal:
        return {"refused": str(refusal)}


def plain(value: Any) -> Any:
    """Numbers, text, lists and mappings in place of arrays, tuples with names, and tables."""
    if isinstance(value, pd.DataFrame):
        return plain(value.to_dict("list"))
    if hasattr(value, "_asdict"):
        return plain(value._asdict())
    if isinstance(value, Mapping):
        return {str(name): plain(each) for name, each in value.items()}
    if isinstance(value, list | tuple):
        return [plain(each) for each in value]
    if isinstance(value, str | bool | int | float | None):
        return value
    return plain(np.asarray(value).tolist())
