"""What every law keeps: run on each law of `LAWS` unasked, and on one that a user wrote.

Truths and designs are those of `designs.py`. What a test fits, it fits for one law of each family: power laws
of N, of D and of C are one function from the same starts.
"""

import inspect
import pickle
import re
from collections.abc import Iterator
from typing import Any, NamedTuple

import jax
import jax.numpy as jnp
import numpy as np
import pandas as pd
import pytest
from designs import OWN, PUBLISHED, RUNS, design
from designs import truth as published_truth

import scalelaw as sl
from scalelaw import BadInput
from scalelaw.fitting.coordinates import Constraints, Coordinates
from scalelaw.laws import LAWS, Law

HELD = {"U": 25e9, "E": 8.0, "G": 8.0, "P_w": 8.0, "P_a": 8.0, "P_kv": 8.0}
"""Inputs beyond N and D, where a law that reads them splits a budget."""


class Batched(NamedTuple):
    """E, A, alpha, B, beta as Hoffmann's; K, kappa: a term that falls with the number of steps."""

    E: Any
    A: Any
    alpha: Any
    B: Any
    beta: Any
    K: Any
    kappa: Any


def batched_loss(params: Batched, x: Any) -> Any:
    """E + A / N^alpha + B / D^beta + K / steps^kappa [nats per token]."""
    E, A, alpha, B, beta, K, kappa = params
    return E + A * x.N**-alpha + B * x.D**-beta + K * x.steps**-kappa


def batched_rescale(params: Batched, units: Any) -> Batched:
    """Parameters for N, D and steps in other units."""
    return params._replace(
        A=params.A * units.N**-params.alpha,
        B=params.B * units.D**-params.beta,
        K=params.K * units.steps**-params.kappa,
    )


user_law = Law(
    name="batched",
    Params=Batched,
    loss=batched_loss,
    inputs=("N", "D", "steps"),
    positive=("E", "A", "B", "K"),
    linear=("E", "A", "B", "K"),
    starts={
        "E": (1, 2),
        "A": (1e2, 1e4),
        "alpha": (0.2, 0.5),
        "B": (1e2, 1e4),
        "beta": (0.2, 0.5),
        "K": (1, 10),
        "kappa": (0.3, 0.8),
    },
    rescale=batched_rescale,
    formula="L = E + A / N^alpha + B / D^beta + K / steps^kappa",
    citation="a test",
)


def splitting(law: Law) -> Law:
    """The law with every input but N and D held."""
    return law.hold(**{name: HELD[name] for name in law.inputs if name not in "ND"})


def truth(law: Law) -> Any:
    """Parameters (floats) at which the design shows them all."""
    if law.Params is Batched:
        return Batched(E=1.5, A=400.0, alpha=0.31, B=900.0, beta=0.33, K=4.0, kappa=0.45)
    return published_truth(LAWS[law.name.split(" at ")[0]])


EVERY = {**LAWS, user_law.name: user_law}
every_law = pytest.mark.parametrize("law", EVERY.values(), ids=EVERY)
projectable = pytest.mark.parametrize(
    "law", [law for law in EVERY.values() if law.linear], ids=lambda law: law.name
)
rescalable = pytest.mark.parametrize(
    "law", [law for law in EVERY.values() if law.rescale], ids=lambda law: law.name
)
with_optimum = pytest.mark.parametrize(
    "law", [splitting(law) for law in EVERY.values() if law.optimum], ids=lambda law: law.name
)
FAMILIES = {(law.loss, law.starts, law.linear): law for law in EVERY.values()}.values()


def names_derived(law: Law) -> set[str]:
    return set((law.derived or (lambda _: {}))(law.Params(*[1.0] * len(law.fields))))


with_exponents = pytest.mark.parametrize(
    "law",
    [law for law in EVERY.values() if law.optimum and {"a", "b", "G"} <= names_derived(law)],
    ids=lambda law: law.name,
)


@pytest.fixture(autouse=True)
def float64() -> Iterator[None]:
    """And no dtype promoted unasked."""
    with jax.enable_x64(True), jax.numpy_dtype_promotion("strict"):
        yield


def losses(law: Law, rows: np.ndarray, inputs: dict[str, np.ndarray]) -> np.ndarray:
    """Losses [rows, runs] of rows of parameters."""
    x = law.pack(inputs)
    return np.asarray(jax.jit(jax.vmap(lambda row: law.loss(law.Params(*row), x)))(jnp.asarray(rows)))


def runs_of(law: Law, params: Any, unit: float = 1.0) -> sl.Runs:
    """Runs without noise, every input of the design times `unit`."""
    inputs = {name: unit * values for name, values in design(law).items()}
    table = pd.DataFrame({**inputs, "y": np.asarray(law.loss(params, law.pack(inputs)))})
    named = {name: name for name in law.inputs if name in "NDC"}
    further = [name for name in law.inputs if name not in named]
    rule = {"flops": "given"} if "C" in named else {}
    return sl.Runs.from_frame(table, **named, L="y", inputs=further or None, **rule)


class TestLoss:
    @every_law
    def test_is_finite_at_every_default_start(self, law: Law) -> None:
        every = losses(law, law.grid(), design(law))
        assert np.isfinite(every).all()
        assert (every > 0).all()

    @every_law
    @pytest.mark.parametrize("dtype", ["float32", "float64"])
    def test_keeps_the_dtype(self, law: Law, dtype: str) -> None:
        params = law.Params(*(jnp.asarray(value, dtype) for value in truth(law)))
        x = law.pack({name: jnp.asarray(values, dtype) for name, values in design(law).items()})
        assert law.loss(params, x).dtype == dtype
        for value in (law.derived or (lambda _: {}))(params).values():
            assert value.dtype == dtype
        if law.rescale:
            assert {
                leaf.dtype for leaf in law.rescale(params, law.pack({n: x[n][0] for n in law.inputs}))
            } == {jnp.dtype(dtype)}
        if law.optimum:
            best = splitting(law).optimum
            assert best
            assert {leaf.dtype for leaf in best(params, jnp.asarray(1e21, dtype))} == {jnp.dtype(dtype)}

    @every_law
    def test_float32_is_near_float64(self, law: Law) -> None:
        """Powers by exp(-alpha log x): a relative error of some tens of float32 units, not 1e-2."""
        params = law.Params(*(jnp.asarray(value, "float32") for value in truth(law)))
        x = law.pack({name: jnp.asarray(values, "float32") for name, values in design(law).items()})
        exact = law.loss(truth(law), law.pack(design(law)))
        np.testing.assert_allclose(law.loss(params, x), exact, rtol=3e-5)

    @every_law
    def test_has_a_value_a_run(self, law: Law) -> None:
        assert law.loss(truth(law), law.pack(design(law))).shape == (RUNS,)
        one = law.pack({name: values[0] for name, values in design(law).items()})
        assert jnp.shape(law.loss(truth(law), one)) == ()

    @every_law
    def test_gradients_are_finite_differences(self, law: Law) -> None:
        """Central, in steps of 1e-6 of each parameter; they err by some 1e-9 of the loss over the step."""
        x = law.pack(design(law))
        exact = jax.jit(jax.jacfwd(lambda params: law.loss(params, x)))(
            law.Params(*map(jnp.asarray, truth(law)))
        )
        for name, slope in zip(law.fields, exact, strict=True):
            value = getattr(truth(law), name)
            step = 1e-6 * value
            above, below = (law.loss(truth(law)._replace(**{name: value + s}), x) for s in (step, -step))
            size = np.abs(law.loss(truth(law), x))
            change = value * np.asarray(slope) / size
            np.testing.assert_allclose((above - below) / 2e-6 / size, change, rtol=1e-6, atol=1e-8)
            assert np.abs(change).max() > 1e-4, f"{name} does not show in this design"

    @every_law
    def test_vmap_is_a_loop(self, law: Law) -> None:
        rows = law.grid()[:: max(1, len(law.grid()) // 50)]
        x = law.pack(design(law))
        one_by_one = [law.loss(law.Params(*row), x) for row in rows]
        np.testing.assert_allclose(losses(law, rows, design(law)), one_by_one, rtol=1e-12)

    @every_law
    def test_jit_is_plain(self, law: Law) -> None:
        x = law.pack(design(law))
        np.testing.assert_allclose(jax.jit(law.loss)(truth(law), x), law.loss(truth(law), x), rtol=1e-13)


class TestUnits:
    @rescalable
    def test_losses_are_the_same_in_other_units(self, law: Law) -> None:
        assert law.rescale
        rng = np.random.default_rng(1)
        for _ in range(5):
            units = law.pack({name: 10 ** rng.uniform(-3, 12) for name in law.inputs})
            there = law.pack({name: x / getattr(units, name) for name, x in design(law).items()})
            np.testing.assert_allclose(
                law.loss(law.rescale(truth(law), units), there),
                law.loss(truth(law), law.pack(design(law))),
                rtol=1e-12,
            )

    @rescalable
    def test_there_and_back(self, law: Law) -> None:
        assert law.rescale
        units = law.pack({name: 3e5 for name in law.inputs})
        back = law.rescale(law.rescale(truth(law), units), law.pack({name: 1 / 3e5 for name in law.inputs}))
        np.testing.assert_allclose(back, truth(law), rtol=1e-13)

    @rescalable
    def test_a_parameter_that_does_not_change_is_the_same_leaf(self, law: Law) -> None:
        """And one that does is not: a constraint on it keeps the fit in the table's own units."""
        assert law.rescale
        leaves = law.Params(*(jnp.asarray(value) for value in truth(law)))
        there = law.rescale(leaves, law.pack({name: 10.0 ** (4 + i) for i, name in enumerate(law.inputs)}))
        for name, old, new in zip(law.fields, leaves, there, strict=True):
            assert (new is old) == (float(new) == float(old)), name


class TestCoordinates:
    @every_law
    def test_there_and_back(self, law: Law) -> None:
        coordinates = Coordinates.of(law, Constraints())
        params = truth(law)
        np.testing.assert_allclose(coordinates.params(coordinates.theta(params), ()), params, rtol=1e-14)
        theta = np.linspace(-2, 3, len(law.fields))
        np.testing.assert_allclose(
            coordinates.theta(coordinates.params(theta, ())), theta, rtol=0, atol=1e-14
        )

    @every_law
    def test_positive_parameters_are_logs(self, law: Law) -> None:
        coordinates = Coordinates.of(law, Constraints())
        params = coordinates.params(np.full(len(law.fields), -3.0), ())
        for name, value in zip(law.fields, params, strict=True):
            assert float(value) == pytest.approx(np.exp(-3.0) if name in law.positive else -3.0)


class TestLinear:
    @projectable
    def test_the_loss_is_linear_in_them(self, law: Law) -> None:
        x, params = law.pack(design(law)), truth(law)
        rng = np.random.default_rng(2)
        one, other = (
            params._replace(**{name: getattr(params, name) * rng.uniform(0.1, 3) for name in law.linear})
            for _ in range(2)
        )
        middle = law.Params(*((u + v) / 2 for u, v in zip(one, other, strict=True)))
        np.testing.assert_allclose(
            law.loss(middle, x), (law.loss(one, x) + law.loss(other, x)) / 2, rtol=1e-13
        )

    @projectable
    def test_the_others_have_a_grid(self, law: Law) -> None:
        assert set(law.fields) - set(law.linear) <= {*law.starts, *law.projected}


class TestOptimum:
    BUDGETS = np.array([1e18, 1e21, 5.76e23])

    @with_optimum
    def test_spends_the_budget(self, law: Law) -> None:
        assert law.optimum
        best = law.optimum(truth(law), jnp.asarray(self.BUDGETS))
        np.testing.assert_allclose(6 * best.N * best.D, self.BUDGETS, rtol=1e-13)

    @with_optimum
    def test_is_stationary_along_the_budget(self, law: Law) -> None:
        """d L / d log N at 6 N D = C, against the change of L over a factor of two in N."""
        assert law.optimum
        for budget in self.BUDGETS:

            def along(log_N: Any, budget: float = budget) -> Any:
                N = jnp.exp(log_N)
                return law.loss(truth(law), law.pack({"N": N, "D": budget / (6 * N)}))

            log_N = jnp.log(law.optimum(truth(law), jnp.asarray(budget)).N)
            rise = min(along(log_N + np.log(2)), along(log_N - np.log(2))) - along(log_N)
            assert rise > 0
            assert abs(jax.grad(along)(log_N)) < 1e-11 * rise

    @with_exponents
    def test_is_the_power_law_of_the_derived_exponents(self, law: Law) -> None:
        """N* = G (C/6)^a, D* = (C/6)^b / G, D*/N* = (C/6)^(b-a) / G^2, a + b = 1."""
        assert law.optimum
        assert law.derived
        derived = law.derived(truth(law))
        a, b, G = (float(derived[name]) for name in "abG")
        best, work = law.optimum(truth(law), jnp.asarray(self.BUDGETS)), self.BUDGETS / 6
        assert a + b == pytest.approx(1, rel=1e-15)
        np.testing.assert_allclose(best.N, G * work**a, rtol=1e-12)
        np.testing.assert_allclose(best.D, work**b / G, rtol=1e-12)
        np.testing.assert_allclose(best.D / best.N, work ** (b - a) / G**2, rtol=1e-12)


EVERY_TIME = ("chinchilla", "power_N")
"""Laws whose recovery is looked at in every run of the tests; that of the others is a slow check."""

recovered = pytest.mark.parametrize(
    "law",
    [law if law.name in EVERY_TIME else pytest.param(law, marks=pytest.mark.slow) for law in FAMILIES],
    ids=lambda law: law.name,
)


class TestRecovery:
    @recovered
    def test_finds_itself_from_its_default_starts(self, law: Law) -> None:
        fit = sl.fit(runs_of(law, truth(law)), law)
        np.testing.assert_allclose(fit.params, truth(law), rtol=1e-6)
        assert fit.certificate.converged

    @pytest.mark.parametrize("law", [law for law in FAMILIES if law.linear], ids=lambda law: law.name)
    @pytest.mark.slow
    def test_finds_itself_from_projected_starts(self, law: Law) -> None:
        fit = sl.fit(runs_of(law, truth(law)), law, starts="projected")
        np.testing.assert_allclose(fit.params, truth(law), rtol=1e-6)
        assert fit.certificate.converged

    @pytest.mark.slow
    def test_needs_no_more_than_a_function_and_what_is_positive(self) -> None:
        """Neither starts, nor units, nor linear parameters declared."""
        bare = Law("bare", Batched, batched_loss, user_law.inputs, positive=user_law.positive)
        fit = sl.fit(runs_of(user_law, truth(user_law)), bare)
        np.testing.assert_allclose(fit.params, truth(user_law), rtol=1e-6)
        assert fit.certificate.converged


QUICK = ("power_C", "broken_power_C")
"""Laws whose scale is tried in every run of the tests."""


@pytest.mark.parametrize("unit", [1e-6, 1e6])
@pytest.mark.parametrize(
    "law",
    [
        law if law.name in QUICK else pytest.param(law, marks=pytest.mark.slow)
        for law in FAMILIES
        if law.rescale
    ],
    ids=lambda law: law.name,
)
def test_finds_itself_whatever_the_unit_of_its_inputs(law: Law, unit: float) -> None:
    """Starts in absolute numbers would miss it where inputs are a million times smaller or larger."""
    assert law.rescale is not None
    expected = law.rescale(truth(law), law.pack(dict.fromkeys(law.inputs, 1 / unit)))
    fit = sl.fit(runs_of(law, expected, unit), law)
    np.testing.assert_allclose(fit.params, expected, rtol=1e-5)
    assert fit.certificate.converged


class TestNested:
    @pytest.mark.parametrize("law", [law for law in EVERY.values() if law.nests], ids=lambda law: law.name)
    def test_the_law_within_has_the_same_losses(self, law: Law) -> None:
        assert law.nests is not None
        narrow, widen = law.nests
        inputs = design(narrow)
        params = published_truth(narrow)
        with jax.enable_x64(True):
            wide = widen(jax.tree.map(jnp.asarray, params))
        assert len(law.fields) > len(narrow.fields)
        np.testing.assert_allclose(law.predict(wide, **inputs), narrow.predict(params, **inputs), rtol=1e-13)


class TestDescription:
    @every_law
    def test_is_hashable(self, law: Law) -> None:
        assert {law: law.name}[law] == law.name
        assert hash(law) == hash(EVERY[law.name])

    @every_law
    def test_says_what_it_is(self, law: Law) -> None:
        assert law.formula
        assert law.citation
        assert inspect.getdoc(law.loss)
        doc = law.Params.__doc__ or ""
        assert not doc.startswith(f"{law.Params.__name__}(")  # what a NamedTuple without docstring has
        for name in law.fields:
            assert re.search(rf"\b{name}\b", doc), f"{name} is not described"

    @every_law
    def test_default_starts_are_the_product_of_their_values(self, law: Law) -> None:
        grid = law.grid()
        assert grid.shape == (np.prod([len(values) for values in law.starts.values()]), len(law.fields))
        for name, column in zip(law.fields, grid.T, strict=True):
            assert set(column) == set(law.starts[name])

    @pytest.mark.parametrize("name", LAWS)
    def test_is_listed_under_its_name(self, name: str) -> None:
        assert LAWS[name].name == name
        assert getattr(sl.laws, name) is LAWS[name]

    def test_every_law_has_a_truth_and_no_name_is_stale(self) -> None:
        assert {*PUBLISHED, *OWN} == set(LAWS)


class TestAUsersMistake:
    def law(self, **keywords: Any) -> Law:
        return Law("mine", Batched, batched_loss, ("N", "D", "steps"), **keywords)

    @pytest.mark.parametrize("what", ["positive", "linear"])
    def test_an_unknown_name(self, what: str) -> None:
        with pytest.raises(BadInput, match=f"^law 'mine': `{what}` names 'F', which is not one of .*'kappa'"):
            self.law(**{what: ("E", "F")})

    @pytest.mark.parametrize("what", ["starts", "projected"])
    def test_an_unknown_name_of_values(self, what: str) -> None:
        with pytest.raises(BadInput, match=f"^law 'mine': `{what}` names 'F', which is not one of .*'kappa'"):
            self.law(**{what: {"F": (1.0,)}})

    def test_an_unknown_range(self) -> None:
        with pytest.raises(
            BadInput, match="^law 'mine': `plausible` names 'F', which is not one of .*'kappa'"
        ):
            self.law(plausible={"F": (0, 1)})

    def test_parameters_without_names(self) -> None:
        with pytest.raises(
            BadInput, match="^law 'mine': Params must be a NamedTuple type, got <class 'dict'>"
        ):
            Law("mine", dict, batched_loss)

    def test_starts_for_some_parameters_only(self) -> None:
        with pytest.raises(BadInput, match=r"starts.*'A'"):
            self.law(starts={"E": (1.0, 2.0)}).grid()

    def test_lists_and_mappings_will_do(self) -> None:
        law = self.law(positive=["E"], starts={name: [1, 2] for name in Batched._fields})
        same = self.law(positive=("E",), starts={name: (1.0, 2.0) for name in Batched._fields})
        assert (law, hash(law)) == (same, hash(same))
        assert law.starts["kappa"] == (1.0, 2.0)
        assert pickle.loads(pickle.dumps(law)) == law

    def test_other_values_are_another_law(self) -> None:
        assert self.law(units={"N": "parameters"}) != self.law(units={"N": "thousands"})
        assert self.law(plausible={"kappa": (0, 1)}) != self.law(plausible={"kappa": (0, 2)})
