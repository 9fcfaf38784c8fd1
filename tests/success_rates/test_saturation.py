"""Where a reference says nothing more: Fisher's exact test by hand, by SciPy, and what is blind there."""

from __future__ import annotations

import numpy as np
import pytest
from scipy.stats import fisher_exact, norm

from mdppower.errors import ParameterError
from mdppower.success_rates.saturation import LATE, SAYINGS, fewest_told, says


@pytest.mark.parametrize("n", [1, 2, 3, 4, 5, 9, 40, 400])
@pytest.mark.parametrize("confidence", [0.9, 0.95, 0.999])
def test_the_fewest_losses_that_none_can_be_told_from(n, confidence):
    """Second route: SciPy's test of m losses of n against none of n."""
    told = [
        m
        for m in range(n + 1)
        if fisher_exact([[n - m, m], [n, 0]], alternative="less").pvalue <= (1 - confidence) / 2
    ]
    assert fewest_told(n, confidence) == (told[0] if told else n + 1)


def test_it_is_2_to_the_minus_m_for_many_trials():
    """C(n, m)/C(2n, m) → 2⁻ᵐ: 2⁻⁵ = .031 > .025 ≥ 2⁻⁶; at 99.9 % 2⁻¹⁰ > .0005 ≥ 2⁻¹¹."""
    assert fewest_told(10**9) == 6
    assert fewest_told(10**9, 0.999) == 11
    with pytest.raises(ParameterError, match="confidence"):
        fewest_told(10, 1.0)


def test_all_that_can_be_said():
    won = np.array([500, 969, 970, 994, 995, 1000, 0, 5, 6])
    found = says(won, won, np.full(9, 1000))
    wanted = ["informs"] * 2 + ["change"] * 2 + ["saturated"] * 2 + ["too strong"] * 2 + ["informs"]
    assert found == tuple(wanted)
    assert says(np.array([2]), np.array([2]), np.array([3])) == ("too few trials",)
    assert set(found) | {"too few trials"} == set(SAYINGS)


def test_ties_leave_room_above():
    """All ties: nothing was lost, and nothing was won; growth would show as wins. Below it is ties that show."""
    assert says(np.array([0]), np.array([100]), np.array([100])) == ("informs",)
    assert says(np.array([0]), np.array([3]), np.array([100])) == ("too strong",)


def test_where_the_error_has_doubled():
    """√(s(1 − s))/φ(Φ⁻¹ s) at s = .97 is twice its value at ½, √(2π)/2."""

    def error(s):
        return np.sqrt(s * (1 - s)) / norm.pdf(norm.ppf(s))

    assert abs(error(LATE) / error(0.5) - 2) < 0.01
    assert error(0.5) == pytest.approx(np.sqrt(2 * np.pi) / 2)
