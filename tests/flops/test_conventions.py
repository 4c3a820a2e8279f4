"""Conventions of training compute."""

import dataclasses

import numpy as np
import pytest

from scalelaw import BadInput
from scalelaw.flops import CONVENTIONS, PF_DAY, SIX_ND, Convention, convention


def test_pf_day_is_a_day_of_a_petaflop_a_second() -> None:
    assert PF_DAY == 1e15 * 24 * 3600


def test_six_nd_of_chinchilla_and_gopher() -> None:
    """Hoffmann et al. 2022: Chinchilla 70B on 1.4T, Gopher 280B on 300B; Gopher's budget is 5.76e23."""
    assert SIX_ND.flops(70e9, 1.4e12) == pytest.approx(5.88e23, rel=1e-15)
    assert SIX_ND.flops(280e9, 300e9) == pytest.approx(5.04e23, rel=1e-15)


def test_six_nd_in_pf_days_of_gpt3() -> None:
    """Brown et al. 2020, table D.1: 174,600M parameters, 300B tokens, 3.14e23 FLOP, 3,640 PF-days."""
    flops = SIX_ND.flops(174_600e6, 300e9)
    assert flops == pytest.approx(3.14e23, rel=1e-3)
    assert flops / PF_DAY == pytest.approx(3640, rel=1e-3)


def test_inverses_bring_back_arrays() -> None:
    N, D = np.geomspace(1e6, 1e12, 25), np.geomspace(1e8, 1e13, 25)
    C = SIX_ND.flops(N, D)
    np.testing.assert_allclose(SIX_ND.tokens(C, N), D, rtol=1e-15)
    np.testing.assert_allclose(SIX_ND.params(C, D), N, rtol=1e-15)


def test_conventions_are_found_by_name() -> None:
    assert convention("6ND") is SIX_ND
    assert CONVENTIONS == {"6ND": SIX_ND}


def test_a_users_own_convention_passes() -> None:
    doubled = dataclasses.replace(SIX_ND, name="12ND", flops=lambda N, D: 12 * N * D)
    assert convention(doubled) is doubled


def test_conventions_are_frozen_and_hashable() -> None:
    assert isinstance(hash(SIX_ND), int)
    with pytest.raises(dataclasses.FrozenInstanceError, match="name"):
        SIX_ND.name = "other"  # type: ignore[misc]
    with pytest.raises(TypeError, match="does not support item assignment"):
        CONVENTIONS["x"] = SIX_ND  # type: ignore[index]


def test_unknown_convention() -> None:
    with pytest.raises(BadInput, match=r"^flops must be one of '6ND', got '6nd'; did you mean '6ND'\?$"):
        convention("6nd")


def test_convention_says_where_it_is_from() -> None:
    assert isinstance(SIX_ND, Convention)
    assert "Kaplan et al. 2020" in SIX_ND.description
