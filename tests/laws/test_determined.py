"""What runs determine of the laws with further inputs, and what they do not; laws fitted in stages."""

from dataclasses import replace
from typing import Any

import jax
import numpy as np
import pandas as pd
import pytest
from designs import truth

import scalelaw as sl
from scalelaw.laws import LAWS, Law, data_constrained, downstream_accuracy, joint_moe, routed


def runs_of(law: Law, params: Any, **inputs: Any) -> sl.Runs:
    """Runs without noise."""
    columns = dict(zip(inputs, np.broadcast_arrays(*inputs.values()), strict=True))
    table = pd.DataFrame({**columns, "y": losses(law, params, **columns)})
    named = {name: name for name in columns if name in "NDC"}
    further = [name for name in columns if name not in named]
    return sl.Runs.from_frame(table, **named, L="y", inputs=further or None)


def losses(law: Law, params: Any, **inputs: Any) -> np.ndarray:
    with jax.enable_x64(True):
        return np.asarray(law.loss(params, law.pack(inputs)), float)


def sizes_and_tokens(n: int = 40) -> tuple[np.ndarray, np.ndarray]:
    """N over three decades, and 20 to 300 tokens for each parameter."""
    rng = np.random.default_rng(5)
    N = np.geomspace(1e7, 1e10, n)
    return N, N * rng.permutation(np.geomspace(20, 300, n))


@pytest.fixture
def few_starts() -> dict[str, tuple[float, ...]]:
    """One start near the truth: what is not determined stays so from anywhere."""
    return {name: (1.1 * value,) for name, value in truth(data_constrained)._asdict().items()}


@pytest.mark.slow
def test_one_epoch_says_nothing_of_repetition(few_starts: dict[str, tuple[float, ...]]) -> None:
    N, D = sizes_and_tokens()
    fit = sl.fit(
        runs_of(data_constrained, truth(data_constrained), N=N, D=D, U=D), data_constrained, starts=few_starts
    )
    assert not fit.certificate.identifiable
    said = " ".join(fit.certificate.undetermined)
    assert "R_D" in said
    assert "R_N" in said


@pytest.mark.slow
def test_repetition_is_fitted_in_two_stages() -> None:
    """The base law on single epochs, its exponents tied; then what repetition is worth, the base held."""
    N, D = sizes_and_tokens()
    once = runs_of(data_constrained, truth(data_constrained), N=N, D=D, U=D)
    base = sl.fit(once, tie={"beta": "alpha"}, starts="projected")
    assert base.params == pytest.approx(truth(data_constrained)[:5], rel=1e-6)
    rng = np.random.default_rng(6)
    repeated = runs_of(
        data_constrained,
        truth(data_constrained),
        N=rng.permutation(N),
        D=D,
        U=D / rng.permutation(np.geomspace(1, 100, len(D))),
    )
    both = sl.fit(repeated, data_constrained, fix=base.params._asdict())
    assert both.params == pytest.approx(truth(data_constrained), rel=1e-6)
    assert both.certificate.trusted


@pytest.mark.slow
def test_one_count_of_experts_says_nothing_of_experts() -> None:
    N, D = sizes_and_tokens()
    starts = {name: (1.05 * value,) for name, value in truth(joint_moe)._asdict().items()}
    fit = sl.fit(runs_of(joint_moe, truth(joint_moe), N=N, D=D, E=8.0), joint_moe, starts=starts)
    assert not fit.certificate.identifiable
    assert any("E spans only 0%" in said for said in fit.certificate.undetermined)


def test_one_count_of_experts_says_nothing_of_routing() -> None:
    N, _ = sizes_and_tokens()
    starts = {name: (1.05 * value,) for name, value in truth(routed)._asdict().items()}
    fit = sl.fit(runs_of(routed, truth(routed), N=N, E=64.0), routed, starts=starts)
    assert not fit.certificate.identifiable
    assert any("E spans only 0%" in said for said in fit.certificate.undetermined)


def test_emergence_is_a_smooth_loss_seen_through_a_sigmoid() -> None:
    """Two steps: loss from N and D, accuracy from loss; from small models to one where the task has appeared."""
    law, params = LAWS["chinchilla"], truth(LAWS["chinchilla"])
    N, D = sizes_and_tokens()
    loss = sl.fit(runs_of(law, params, N=N, D=D), starts="projected")
    seen = losses(law, params, N=N, D=D)
    task = sl.fit(runs_of(downstream_accuracy, truth(downstream_accuracy), loss=seen), downstream_accuracy)
    large = float(loss.predict(N=70e9, D=1.4e12))
    exact = losses(
        downstream_accuracy, truth(downstream_accuracy), loss=losses(law, params, N=70e9, D=1.4e12)
    )
    assert float(task.predict(loss=large)) == pytest.approx(float(exact), rel=1e-6)


class TestHold:
    def test_reads_what_is_left(self) -> None:
        held = joint_moe.hold(E=8.0)
        assert held.inputs == ("N", "D")
        assert held.name == "joint_moe at E = 8"
        assert losses(held, truth(joint_moe), N=1e9, D=2e10) == pytest.approx(
            losses(joint_moe, truth(joint_moe), N=1e9, D=2e10, E=8.0), rel=1e-14
        )

    def test_equal_ones_are_equal(self) -> None:
        assert joint_moe.hold(E=8.0) == joint_moe.hold(E=8)
        assert hash(joint_moe.hold(E=8.0)) == hash(joint_moe.hold(E=8))

    def test_one_after_the_other(self) -> None:
        law = LAWS["precision"]
        at_once, in_turn = law.hold(P_w=4, P_a=8, P_kv=8), law.hold(P_kv=8).hold(P_w=4, P_a=8)
        assert at_once.inputs == in_turn.inputs == ("N", "D")
        one, other = (sl.allocate(Model(held, truth(law)), C=1e21) for held in (at_once, in_turn))
        assert (one.N, one.L) == (other.N, other.L)

    def test_keeps_its_units(self) -> None:
        law = LAWS["granular_moe"]
        held, units = law.hold(G=4.0), {"N": 1e8, "D": 1e10}
        assert held.rescale is not None
        with jax.enable_x64(True):
            there = held.rescale(truth(law), held.pack(units))
        assert losses(held, there, N=10.0, D=2.0) == pytest.approx(
            losses(held, truth(law), N=1e9, D=2e10), rel=1e-12
        )

    @pytest.mark.slow
    def test_can_be_fitted(self) -> None:
        N, D = sizes_and_tokens()
        params = truth(data_constrained)
        held = data_constrained.hold(U=1e13)
        fit = sl.fit(
            runs_of(held, params, N=N, D=D),
            held,
            fix={"R_D": params.R_D, "R_N": params.R_N},
            starts={name: (0.9 * value,) for name, value in params._asdict().items()},
        )
        assert fit.params == pytest.approx(params, rel=1e-6)

    def test_closed_and_numeric_optimum_agree(self) -> None:
        for law, held in ((joint_moe, {"E": 8.0}), (LAWS["granular_moe"], {"G": 4.0})):
            bound = law.hold(**held)
            C = np.array([1e19, 1e22])
            closed, numeric = (
                sl.allocate(Model(one, truth(law)), C=C) for one in (bound, without_optimum(bound))
            )
            np.testing.assert_allclose(closed.N, numeric.N, rtol=1e-9)

    def test_an_unknown_input(self) -> None:
        with pytest.raises(sl.BadInput, match="^held input of law 'joint_moe' must be one of 'N', 'D', 'E'"):
            joint_moe.hold(experts=8)

    def test_a_value_that_is_none(self) -> None:
        with pytest.raises(sl.BadInput, match="^E must be a positive finite number, got 0$"):
            joint_moe.hold(E=0)

    def test_nothing_left(self) -> None:
        with pytest.raises(sl.BadInput, match="^law 'kaplan_N': an input must be left, got values for all"):
            LAWS["kaplan_N"].hold(N=1e9)

    def test_units_of_what_is_no_input(self) -> None:
        with pytest.raises(sl.BadInput, match="^law 'mine': `units` names 'x', which is neither an input"):
            Law("mine", routed.Params, routed.loss, ("N", "E"), units={"x": "apples"})


class Model:
    """A law and its parameters."""

    def __init__(self, law: Law, params: Any) -> None:
        self.law, self.params = law, params


def without_optimum(law: Law) -> Law:
    return replace(law, optimum=None)
