"""Clopper–Pearson intervals, exact probabilities, and events that a draw leaves open."""

from __future__ import annotations

from fractions import Fraction

import numpy as np
import pytest
from scipy import stats

from mdppower.errors import ParameterError
from mdppower.montecarlo.proportions import Proportions, proportion_interval


@pytest.mark.parametrize(("k", "n"), [(0, 10), (3, 10), (10, 10), (50, 1000)])
def test_clopper_pearson_is_scipys(k, n):
    expected = stats.binomtest(k, n).proportion_ci(0.95, method="exact")
    lower, upper = proportion_interval(k, n, 0.95, independent=True)
    assert (float(lower), float(upper)) == pytest.approx((expected.low, expected.high), abs=1e-12)


def test_no_proportion_from_stratified_draws():
    with pytest.raises(ParameterError, match="iid"):
        proportion_interval(3, 10, independent=False)
    with pytest.raises(ParameterError, match="between 0 and 10"):
        proportion_interval(11, 10, independent=True)


def test_open_events_widen_the_interval():
    # 30 for certain and 10 open of 100: from the lower limit of 30 to the upper limit of 40.
    p = Proportions(np.array(30), np.array(40), 100)
    low, high = p.interval(0.9)
    assert float(low) == float(proportion_interval(30, 100, 0.9, independent=True)[0])
    assert float(high) == float(proportion_interval(40, 100, 0.9, independent=True)[1])
    assert p.mean == 0.35


def test_simultaneous_intervals_are_those_of_a_share_of_the_level():
    p = Proportions(np.array([3, 5]), np.array([3, 5]), 10)
    together, alone = p.interval(0.9, simultaneous=True), p.interval(0.95)
    np.testing.assert_allclose(together, alone, rtol=1e-12)


def test_exact_probabilities_have_no_error():
    p = Proportions.known([Fraction(1, 3), Fraction(2, 3)])
    assert p.guarantee == "exact"
    assert p.stderr.tolist() == [0, 0]
    assert p[0].exact == Fraction(1, 3)
    low, high = p[0].interval()
    assert low == high == pytest.approx(1 / 3)
    assert repr(p[1]) == "Proportions(2/3)"


def test_many_probabilities_in_a_line_have_their_interval():
    """Five actions of a state were printed without ±."""
    many = Proportions(np.array([10, 20, 30, 20, 20]), np.array([10, 20, 30, 20, 20]), 100)
    lower, upper = many.interval(simultaneous=True)
    half = np.maximum(many.mean - lower, upper - many.mean).max()
    assert repr(many) == f"Proportions(shape (5,), 0.1000 … 0.3000, ± ≤ {half:.2g} (95 %, all at once))"
    assert repr(Proportions.known([Fraction(1, 5)] * 5)) == "Proportions(shape (5,), 0.2000 … 0.2000, exact)"
