"""A distribution known by quantiles, against SciPy's normal one and against integrals taken numerically."""

import numpy as np
import pytest
from scipy.integrate import quad
from scipy.stats import norm
from scipy.stats import t as student

from scalelaw.validation import PROBABILITIES, Distribution

P = np.array(PROBABILITIES)
MEAN, SD = 0.69, 0.012
NORMAL = Distribution(P, norm.ppf(P, MEAN, SD))
HEAVY = Distribution(P, student.ppf(P, 3, MEAN, SD))
# From far below to far above: 8 standard deviations lie beyond the outermost quantiles.
OBSERVED = MEAN + SD * np.array([-8, -2.6, -1.96, -1, 0, 0.3, 1.7, 4])


@pytest.mark.parametrize("y", OBSERVED)
class TestNormal:
    def test_is_given_back_with_its_tails(self, y: float) -> None:
        assert NORMAL.log_density(y) == pytest.approx(norm.logpdf(y, MEAN, SD), rel=1e-12, abs=1e-12)
        assert NORMAL.probability(y) == pytest.approx(norm.cdf(y, MEAN, SD), rel=1e-10)

    def test_crps_is_the_closed_form(self, y: float) -> None:
        """Gneiting & Raftery 2007, equation 21 and below."""
        z = (y - MEAN) / SD
        expected = SD * (z * (2 * norm.cdf(z) - 1) + 2 * norm.pdf(z) - 1 / np.sqrt(np.pi))
        assert NORMAL.crps(y) == pytest.approx(expected, rel=1e-11)


def test_expects_the_negative_entropy_of_a_normal_distribution() -> None:
    assert NORMAL.expected_log_density == pytest.approx(-norm.entropy(MEAN, SD), rel=1e-12)


class TestHeavyTails:
    def test_its_quantiles_are_kept(self) -> None:
        found = [HEAVY.probability(q) for q in HEAVY.quantiles]
        np.testing.assert_allclose(found, P, rtol=1e-12)

    def test_its_density_has_mass_one_and_the_mean_score_it_expects(self) -> None:
        """On a grid of normal scores far into both tails."""
        edges = np.sort([*np.linspace(MEAN - 60 * SD, MEAN + 60 * SD, 40_001), *HEAVY.quantiles])
        y, width = (edges[1:] + edges[:-1]) / 2, np.diff(edges)
        score = np.array([HEAVY.log_density(each) for each in y])
        assert np.exp(score) @ width == pytest.approx(1, abs=1e-6)
        assert (score * np.exp(score)) @ width == pytest.approx(HEAVY.expected_log_density, abs=1e-5)

    @pytest.mark.parametrize("y", OBSERVED)
    def test_crps_is_the_integral_of_the_squared_step(self, y: float) -> None:
        """Integral of (F(x) - 1[x > y])^2, piece by piece."""
        edges = np.sort([MEAN - 40 * SD, *HEAVY.quantiles, y, MEAN + 40 * SD])
        pieces = [
            quad(lambda x: (HEAVY.probability(x) - (x > y)) ** 2, a, b, epsabs=1e-13)[0]
            for a, b in zip(edges[:-1], edges[1:], strict=True)
        ]
        assert HEAVY.crps(y) == pytest.approx(sum(pieces), rel=1e-8)

    @pytest.mark.parametrize(("degrees", "most"), [(3, 0.014), (5, 0.004), (30, 0.0001)])
    def test_little_is_lost_beside_the_true_density(self, degrees: int, most: float) -> None:
        """What eleven quantiles cost in mean log score on Student's t [nats]: the docstring says it."""
        y = student.ppf((np.arange(20_000) + 0.5) / 20_000, degrees)
        known = Distribution(P, student.ppf(P, degrees))
        lost = np.mean(student.logpdf(y, degrees)) - np.mean([known.log_density(each) for each in y])
        assert 0 < lost < most

    def test_beyond_them_go_normal_tails(self) -> None:
        z = norm.ppf(P[-2:])
        sd = np.diff(HEAVY.quantiles[-2:])[0] / np.diff(z)[0]
        mean = HEAVY.quantiles[-1] - sd * z[-1]
        y = MEAN + 30 * SD
        assert HEAVY.log_density(y) == pytest.approx(norm.logpdf(y, mean, sd), rel=1e-12)
