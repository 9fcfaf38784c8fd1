"""Replicates → numbers: Student's t by hand, paired contrasts, the interval of what never varied."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from scipy import sparse

import mdppower as mp
from mdppower.montecarlo.replicates import Replicates


def replicates(means, **changes):
    means = np.asarray(means, dtype=float)
    n = means.shape[2]
    defaults = {
        "low": np.zeros(n), "high": np.ones(n), "constant": np.zeros(n, bool),
        "slack": np.zeros(means.shape[1]), "trials": len(means),
    }  # fmt: skip
    return Replicates(means, **(defaults | changes))


def test_student_by_hand():
    # Means .2, .4, .6, .8: mean .5, sd √(.2/3) = .2582, stderr .1291, t_3(.975) = 3.1824: .5 ± .4108.
    data = replicates([[[0.2]], [[0.4]], [[0.6]], [[0.8]]])
    assert data.value[0, 0] == pytest.approx(0.5)
    assert data.error[0, 0] == pytest.approx(np.sqrt(0.2 / 3) / 2)
    lower, upper = data.bounds(0.95)
    assert (lower[0, 0], upper[0, 0]) == pytest.approx((0.5 - 0.41084, 0.5 + 0.41084), abs=1e-4)


def test_slack_and_looks_widen():
    means = np.random.default_rng(0).random((8, 2, 3))
    plain = replicates(means).bounds(0.95)
    slack = replicates(means, slack=np.array([0.0, 0.25])).bounds(0.95)
    np.testing.assert_allclose(plain[1][0], slack[1][0])
    np.testing.assert_allclose(plain[1][1] + 0.25, slack[1][1])
    # Five looks: level .05/5.
    np.testing.assert_allclose(replicates(means, looks=5).bounds(0.95)[0], replicates(means).bounds(0.99)[0])


@given(st.integers(2, 6), st.integers(0, 2**32 - 1))
def test_contrast_is_paired(count, seed):
    rng = np.random.default_rng(seed)
    means = rng.random((count, 2, 4))
    weights = rng.normal(size=(3, 4))
    for form in (weights, sparse.csr_array(weights)):
        data = replicates(means).contrast(form)
        np.testing.assert_allclose(data.means, means @ weights.T, atol=1e-14)
    # The range of Σ w X for X in [0, 1]^4.
    np.testing.assert_allclose(data.low, np.minimum(weights, 0).sum(axis=1), atol=1e-14)
    np.testing.assert_allclose(data.high, np.maximum(weights, 0).sum(axis=1), atol=1e-14)


def test_contrast_of_unbounded_and_constant():
    data = replicates(
        np.ones((3, 1, 3)), low=np.array([0, -np.inf, 2]), high=np.array([1, np.inf, 2]),
        constant=np.array([False, False, True]), slack=np.array([0.5]),
    ).contrast(np.array([[1.0, 0, -1], [0, 2, 0], [0, 0, 1]]))  # fmt: skip
    np.testing.assert_array_equal(data.low, [-2, -np.inf, 2])
    np.testing.assert_array_equal(data.high, [-1, np.inf, 2])
    np.testing.assert_array_equal(data.constant, [False, False, True])
    assert data.slack[0] == 1.0  # the largest Σ|w| is 2


def test_equal_replicates_are_not_certain():
    # 20 trials all gave .25 in [0, 1]: another value has probability ≤ 1 − .05^{1/20} = .1391 at level .05.
    lower, upper = replicates(np.full((20, 1, 1), 0.25)).bounds(0.95)
    q = 1 - 0.05 ** (1 / 20)
    assert (lower[0, 0], upper[0, 0]) == pytest.approx((0.25 - 0.25 * q, 0.25 + 0.75 * q))
    # Known not to vary: a point.
    lower, upper = replicates(np.full((20, 1, 1), 0.25), constant=np.array([True])).bounds(0.95)
    assert lower[0, 0] == upper[0, 0] == 0.25
    # Not bounded: nothing can be said.
    lower, upper = replicates(np.full((20, 1, 1), 0.25), high=np.array([np.inf])).bounds(0.95)
    assert upper[0, 0] == np.inf


def test_one_replicate_has_no_error():
    assert np.isnan(replicates(np.ones((1, 1, 1))).bounds(0.95)[0]).all()
    assert np.isnan(replicates(np.ones((4, 1, 1)), has_variance=False).error).all()


def test_intervals_end_where_the_range_ends():
    """Two means of numbers in [0, 1] have t_1 = 12.7: ± 3.2 about 0.5. What lies beyond [0, 1] is impossible.

    The interval cut to the range holds the mean exactly when the uncut one does, since the mean is inside: the same
    draws, counted on both, give the same coverage. (Negative control: cut to [0.1, 0.9], half are lost.)
    """
    data = Replicates(
        np.array([[[0.25]], [[0.75]]]), np.zeros(1), np.ones(1), np.zeros(1, bool), np.array([0.01]), 2
    )  # fmt: skip
    lower, upper = data.bounds()
    assert (lower, upper) == (-0.01, 1.01)  # the certain range, and the solver's error
    free = replace(data, low=np.array([-np.inf]), high=np.array([np.inf]))
    assert free.bounds()[0] < -2
    rng = np.random.default_rng(0)
    held = cut = wrong = 0
    for _ in range(500):
        means = rng.beta(0.3, 3.0, size=(4, 1, 1))  # its mean is 1/11, near the end of its range
        one = replace(data, means=means, slack=np.zeros(1))
        (low, high), (low_free, high_free) = one.bounds(), replace(one, low=free.low, high=free.high).bounds()
        held += bool(low_free <= 1 / 11 <= high_free)
        cut += bool(low <= 1 / 11 <= high)
        low, high = replace(one, low=np.array([0.1]), high=np.array([0.9])).bounds()
        wrong += bool(low <= 1 / 11 <= high)
    assert held == cut > 350
    assert wrong < cut - 100


def test_rounding_beyond_the_range_keeps_the_value_inside():
    """A law whose upper end rounds below what its draws round to."""
    data = Replicates(np.full((3, 1, 1), 1.0 + 2**-52), np.zeros(1), np.ones(1), np.ones(1, bool), np.zeros(1), 3)
    lower, upper = data.bounds()
    assert lower <= data.value <= upper


# ---------------------------------------------------------------------- equal but for rounding


def test_rounding_is_no_spread():
    """20 means of .25 that are off by an ulp, 5.6e-17, say what 20 means of .25 say: another value has q ≤ .1391.

    The control: a spread of 1e-9 is one, and Student's interval is 1e-9 wide.
    """
    off = np.random.default_rng(0).integers(-1, 2, size=(20, 1, 1))
    assert len(np.unique(off)) == 3
    exactly, nearly = replicates(np.full((20, 1, 1), 0.25)), replicates(0.25 + off * 2.0**-54)
    assert nearly.error > 0
    assert exactly.unvaried
    assert nearly.unvaried
    np.testing.assert_allclose(nearly.bounds(), exactly.bounds(), rtol=1e-14)
    apart = replicates(0.25 + off * 1e-9)
    assert not apart.unvaried
    lower, upper = apart.bounds()
    assert upper - lower < 1e-9


def test_what_cancels_leaves_the_rounding_of_its_terms():
    """x + 1/3 less x is 1/3 in each of 20 replicates, but for rounding at the size of x: 1.1e-13 at 1000."""
    x = 1000 * np.random.default_rng(0).random((20, 1, 1))
    both = np.concatenate([x, x + 1 / 3], axis=2)
    lead = replicates(both, high=np.array([1000.0, 1001.0])).contrast(np.array([[-1.0, 1.0]]))
    assert 1e-15 < lead.error < 1e-13
    assert lead.unvaried
    lower, upper = lead.bounds()
    q = 1 - 0.05 ** (1 / 20)  # of the way to −1000 and to 1001
    assert (lower[0, 0], upper[0, 0]) == pytest.approx((1 / 3 - q * (1000 + 1 / 3), 1 / 3 + q * (1001 - 1 / 3)))


def test_a_small_spread_is_one(tmp_path):
    """Rewards of norm(1e8, 1) and POWER near γ = 1: what two cells differ by is 1e-13 of their size, and is told.

    It has no bounds, so that rounding is measured by the largest that was seen, and no more of it is needed than a
    file keeps: what is read back has the same limits.
    """
    world = mp.envs.gridworld("....\n.#..\n...*\n....")
    lead = mp.power(world, 0.9999, "norm(1e8,1)", samples=1024, rng=0).difference((0, 0), (0, 1))
    assert 1e-6 < lead.stderr < 1e-5
    lower, upper = lead.interval()
    assert lower < upper < 0
    lead.save(tmp_path / "lead.nc")
    assert mp.load(tmp_path / "lead.nc").interval() == (lower, upper)


def test_equal_draws_of_a_slippery_world_are_those_of_a_firm_one():
    """At γ = 1 two cells of a ring have equal values in every draw, with slip or without: the interval is the same.

    Without slip their replicate means are equal to the bit. With slip they differ by 1e-17, or not, as it happens.
    """
    widths = []
    for slip in (0.0, 0.1):
        estimate = mp.power(mp.envs.gridworld("...\n.#.\n...", slip=slip), 1, samples=1024, rng=0)
        lower, upper = estimate.actions((0, 0)).difference(((0, 0), "E"), ((0, 0), "stay")).interval()
        widths.append(upper - lower)
    q = 1 - 0.05 ** (1 / estimate.data.trials)
    assert widths == pytest.approx([2 * q, 2 * q], rel=1e-9)
