"""Bounds on p(A ≥ B) and on the gap: the tables of the theory, sharp examples, inverses, the corrected figure 1."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from mdppower import bounds
from mdppower.errors import ParameterError

RATES = np.array([0.01, 0.1, 0.3, 0.5, 0.7, 0.9])
INFINITE = np.inf


def test_closed_forms():
    # At gap = ν√(2 ln 2) = 1.177ν the lemma says 1/2; at gap = sd Cantelli does; at gap = M/2 Markov does.
    assert bounds.sub_gaussian(np.sqrt(2 * np.log(2)) * 3, 9) == pytest.approx(0.5, abs=1e-15)
    assert bounds.cantelli(3, 9) == 0.5
    assert bounds.markov_range(1.5, 3) == 0.5
    assert bounds.best(1.5, nu2=9, variance=9, drop=3) == 0.5
    # Cantelli with v = ν² crosses the lemma where 1 + x² = e^{x²/2}: x = 1.585, p = .285.
    x = 1.5852
    assert bounds.cantelli(x, 1) == pytest.approx(bounds.sub_gaussian(x, 1), abs=1e-4)
    assert bounds.cantelli(x - 0.01, 1) < bounds.sub_gaussian(x - 0.01, 1) < 0.29
    assert bounds.cantelli(x + 0.01, 1) > bounds.sub_gaussian(x + 0.01, 1)


def test_nothing_is_said_for_a_gap_that_is_not_positive():
    for gap in (0.0, -2.0):
        found = bounds.sub_gaussian(gap, 1), bounds.cantelli(gap, 1), bounds.markov_range(gap, 1), bounds.best(gap, 1)
        assert [float(x) for x in found] == [1, 1, 1, 1]
    # Also where Δ is constant; and a constant Δ < 0 never succeeds.
    assert bounds.cantelli([0, 0.1], 0).tolist() == [1, 0]
    assert bounds.markov_range([0, 0.1], 0).tolist() == [1, 0]
    assert bounds.best(5.0) == 1


def test_they_are_vectorised_and_broadcast():
    gap = np.linspace(-1, 1, 6).reshape(2, 3)
    for bound in (bounds.sub_gaussian, bounds.cantelli, bounds.markov_range):
        found = bound(gap, np.array([1.0, 2.0, 3.0]))
        assert found.shape == (2, 3)
        assert found[1, 2] == bound(gap[1, 2], 3.0)
    assert bounds.power_gap(np.full((4, 1), 0.5), np.ones(3)).upper.shape == (4, 3)


def test_the_table_of_sharpness():
    """Theory 1.2, with ν = 1: the post's upper edge, with Cantelli, what two points attain, the post's lower edge."""
    table = [
        [3.035, 2.146, 1.552, 1.177, 0.845, 0.459],
        [3.035, 2.146, 1.528, 1.000, 0.655, 0.333],
        [3.032, 2.109, 1.441, 1.000, 0.617, 0.234],
        [-0.142, -0.459, -0.845, -1.177, -1.552, -2.146],
    ]
    band = bounds.power_gap(RATES, 1.0)
    found = [band.post_upper, band.upper, band.attained_upper, band.post_lower]
    np.testing.assert_allclose(found, table, atol=5.1e-4)
    # 95 % → 98 %: the lower edge moves by 14 %, not exponentially.
    assert (-bounds.power_gap([0.95, 0.98], 1.0).post_lower).round(3).tolist() == [2.448, 2.797]


def test_the_table_of_the_corrected_figure():
    """Theory 1.3: U(0,1), ν = √2/π, M = 1, |gap| ≤ 1/2. The band narrows at the extremes."""
    rates = [0.01, 0.05, 0.1, 0.2, 0.3, 0.5]
    band = bounds.power_gap(rates, np.sqrt(2) / np.pi, drop=1, cap=0.5)
    # To s = .2 the cap above (.5) and Markov below (s). At .3 Cantelli is below Markov's .3: .4502 √(.3/.7) = .2947
    # (the theory's .80 is cap and Markov); at 1/2 it is both edges: 2 · .4502.
    np.testing.assert_allclose(band.upper - band.lower, [0.51, 0.55, 0.6, 0.7, 0.7947, 0.9003], atol=5e-5)
    mirror = bounds.power_gap(1 - np.array(rates), np.sqrt(2) / np.pi, drop=1, cap=0.5)
    np.testing.assert_allclose(mirror.lower, -band.upper, atol=1e-12)
    # Range and Markov alone: M(1 − s) + Ms = M.
    wide = bounds.power_gap(rates, 1e6, drop=1)
    np.testing.assert_allclose(wide.upper - wide.lower, 1)
    # The post's curve with the same ν is above the trivial cap for all s < .54.
    post = bounds.power_gap([0.53, 0.55], np.sqrt(2) / np.pi).post_upper
    assert post[0] > 0.5 > post[1]


def test_ties_widen_the_lower_edge():
    # A = B: s = 1, all of it ties, p(B ≥ A) = 1, and the gap is 0.
    same = bounds.power_gap(1.0, 1.0, tie=1.0)
    assert (float(same.lower), float(same.upper)) == (0, 0)
    # s = 1/2, all ties (t1 against {t1, t2}): p(B ≥ A) = 1, so the gap cannot be negative. The post's edge is looser.
    fork = bounds.power_gap(0.5, 1.0, tie=0.5)
    assert float(fork.lower) == 0
    assert float(fork.post_lower) == pytest.approx(-1.1774, abs=1e-4)
    # Markov's lower edge has the greatest Δ: 0 for A inside B.
    assert float(bounds.power_gap(0.5, 1.0, drop=1.0, rise=0.0).lower) == 0


def test_the_ends():
    band = bounds.power_gap([0.0, 1.0], 1.0)
    assert band.upper.tolist() == band.post_upper.tolist() == [INFINITE, 0]
    assert band.lower.tolist() == band.post_lower.tolist() == [0, -INFINITE]
    assert bounds.kearns_saul_gap([0.0, 1.0], 1.0).tolist() == [INFINITE, 0]
    assert bounds.kearns_saul_proxy([0.0, 1.0]).tolist() == [0, 0]
    assert bounds.cantelli_gap([0.0, 0.5], 0.0).tolist() == [0, 0]
    assert bounds.best_gap(0.0) == INFINITE


unit = st.floats(1e-6, 1 - 1e-6)
size = st.floats(1e-3, 1e3)


@given(unit, size)
def test_inverses(p, scale):
    """The bound at the largest compatible gap is p again."""
    for bound, inverse in (
        (bounds.sub_gaussian, bounds.sub_gaussian_gap),
        (bounds.cantelli, bounds.cantelli_gap),
        (bounds.markov_range, bounds.markov_range_gap),
    ):
        assert float(bound(inverse(p, scale), scale)) == pytest.approx(p, rel=1e-7)
    both = {"nu2": scale, "drop": scale}
    assert float(bounds.best(bounds.best_gap(p, **both), **both)) == pytest.approx(p, rel=1e-7)


@given(st.floats(1e-4, 1 - 1e-4), size)
def test_two_points_attain_cantelli_markov_and_kearns_saul(p, width):
    """Δ = 0 with chance p, else −width: gap (1 − p)·width, variance p(1 − p)·width², M = width."""
    gap, variance = (1 - p) * width, p * (1 - p) * width**2
    nu2 = bounds.kearns_saul_proxy(p, width)
    assert float(bounds.cantelli(gap, variance)) == pytest.approx(p, rel=1e-9)
    assert float(bounds.markov_range(gap, width)) == pytest.approx(p, rel=1e-9)
    assert float(bounds.kearns_saul_gap(p, nu2)) == pytest.approx(gap, rel=1e-9)
    assert p <= float(bounds.sub_gaussian(gap, nu2)) + 1e-12
    assert float(nu2) >= variance * (1 - 1e-12)
    # Kearns & Saul: it is a proxy, for λ of both signs; and no smaller number is one.
    slopes = np.linspace(-30, 30, 601) / width
    with np.errstate(divide="ignore"):
        logs = np.logaddexp(np.log(p) + slopes * gap, np.log1p(-p) + slopes * (gap - width))
    quotients = logs - slopes**2 * float(nu2) / 2
    assert quotients.max() <= 1e-12
    # Equality at λ = 2 ln((1 − p)/p)/width.
    at = 2 * np.log((1 - p) / p) / width
    reached = np.logaddexp(np.log(p) + at * gap, np.log1p(-p) + at * (gap - width))
    assert reached == pytest.approx(at**2 * float(nu2) / 2, abs=1e-9)


def test_a_rare_point_is_not_impossible():
    # 1 − 2p rounds to 1 at p = 1e-20, where the proxy is 1/(2 ln 1e20) = .0109, not 0.
    assert float(bounds.kearns_saul_proxy(1e-20)) == pytest.approx(1 / (2 * np.log(1e20)), rel=1e-12)


def test_negative_control_a_standard_deviation_is_no_nu():
    """Golden 24's theme: Δ = 0 w.p. 1/10, else −1. With sd in place of ν the "bound" is .011 < p = .1: violated."""
    p, gap, variance = 0.1, 0.9, 0.09
    assert float(bounds.sub_gaussian(gap, variance)) == pytest.approx(0.0111, abs=1e-4)
    assert float(bounds.sub_gaussian(gap, variance)) < p
    assert float(bounds.sub_gaussian(gap, bounds.kearns_saul_proxy(p))) == pytest.approx(0.108, abs=5e-4)
    assert float(bounds.cantelli(gap, variance)) == pytest.approx(p, abs=1e-15)
    assert float(bounds.markov_range(gap, 1.0)) == pytest.approx(p, abs=1e-15)


@pytest.mark.parametrize("bad", [0.0, -1.0, np.nan, INFINITE])
def test_bad_proxies(bad):
    for call in (bounds.sub_gaussian, bounds.sub_gaussian_gap, bounds.power_gap, bounds.kearns_saul_gap):
        with pytest.raises(ParameterError, match=f"nu2? must be positive and finite, got {bad:.15g}"):
            call(0.5, bad)


@pytest.mark.parametrize("bad", [-0.1, 1.1, np.nan])
def test_bad_rates(bad):
    with pytest.raises(ParameterError, match=rf"success rate must be in \[0, 1\], got {bad:.15g}"):
        bounds.power_gap([0.5, bad], 1.0)
    for inverse in (bounds.sub_gaussian_gap, bounds.cantelli_gap, bounds.markov_range_gap, bounds.best_gap):
        with pytest.raises(ParameterError, match=r"p must be in \[0, 1\]"):
            inverse(bad, 1.0)


def test_bad_input():
    with pytest.raises(ParameterError, match="Cantelli's inequality does not apply, got inf"):
        bounds.cantelli(1, INFINITE)
    with pytest.raises(ParameterError, match="Cantelli's inequality does not apply, got nan"):
        bounds.power_gap(0.5, 1.0, variance=np.nan)
    with pytest.raises(ParameterError, match="Markov's inequality does not apply, got inf"):
        bounds.markov_range(1, INFINITE)
    with pytest.raises(ParameterError, match="gap must be finite, got nan"):
        bounds.sub_gaussian([0, np.nan], 1)
    with pytest.raises(ParameterError, match=r"tie must be at most the success rate, got 0\.6"):
        bounds.power_gap(0.5, 1.0, tie=0.6)
    with pytest.raises(ParameterError, match="cap must not be negative, got -1"):
        bounds.power_gap(0.5, 1.0, cap=-1)
    with pytest.raises(ParameterError, match="nu2 must be numbers, got 'one'"):
        bounds.sub_gaussian(1, "one")
