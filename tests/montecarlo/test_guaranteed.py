"""Limits for bounded means: recomputed from the draws, and counted over thousands of runs at every look."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy.special import stdtrit

from mdppower.measures.draw_sums import add_draws
from mdppower.montecarlo import guaranteed
from mdppower.montecarlo.guaranteed import GRID, Guaranteed, Sums

BETTING = pytest.mark.parametrize("betting", [True, False])


def empty(n, *, betting, low=0.0, high=1.0, constant=False):
    made = Guaranteed.empty(1, np.full(n, low), np.full(n, high), np.full(n, constant))
    if betting:
        return made
    nothing = np.zeros((1, n, 0))
    return replace(made, rise=nothing, fall=nothing)


def run(x, stages, *, betting, confidence=0.95, low=0.0, high=1.0):
    """The sums of (draws, n) values, in replicates of up to 64, after each stage; and the bets of each."""
    sums = empty(x.shape[1], betting=betting, low=low, high=high)
    for begin, end in zip([0, *stages], stages, strict=False):
        bets = sums.bets(end, confidence)
        for first in range(begin, end, 64):
            part = np.ascontiguousarray(x[first : min(first + 64, end)])
            new = Sums(
                len(part), *(np.zeros((1, x.shape[1])) for _ in range(2)),
                *(np.zeros((1, x.shape[1], GRID if betting else 0)) for _ in range(2)), np.zeros(1),
            )  # fmt: skip
            about = bets.size[0], bets.centre[0], new.total[0], new.squares[0], new.rise[0], new.fall[0]
            add_draws(part, np.full(x.shape[1], low), np.full(x.shape[1], high), *about)
            sums = sums.add(bets, new)
        yield sums, bets


def draws(name, size, rng):
    if name == "beta":
        return rng.beta(0.01, 1, size=size), 0.01 / 1.01
    p = float(name)
    return (rng.random(size) < p).astype(float), p


@BETTING
@pytest.mark.parametrize("name", ["0.001", "0.5", "beta"])
def test_they_hold_at_all_looks_at_once(name, betting):
    """1,500 runs of 1,024 draws, looked at six times. If 5 % of runs may miss at some look, more than 101 of 1,500 do
    so in one seed of 1,000. Student's interval at the same looks, as negative control, misses in far more."""
    x, mean = draws(name, (1024, 1500), np.random.default_rng(0))
    looks = [4, 16, 64, 256, 512, 1024]
    missed, student = np.zeros(1500, bool), np.zeros(1500, bool)
    # Bets for single intervals: the runs are not to hold together.
    runs = run(x, looks, betting=betting, confidence=1 - 0.05 * 1500)
    for end, (sums, _) in zip(looks, runs, strict=True):
        lower, upper = sums.bounds(0.95)
        missed |= (lower[0] > mean) | (mean > upper[0])
        error = x[:end].std(axis=0, ddof=1) / np.sqrt(end)
        student |= np.abs(x[:end].mean(axis=0) - mean) > stdtrit(end - 1, 0.975) * error
    assert missed.sum() <= 101
    assert student.sum() > 150
    width = (upper - lower).mean()
    assert width < (0.17 if name == "0.5" else 0.05), width


def test_betting_is_what_it_says():
    """Capitals recomputed from the draws: at the limits they have reached 2/α, a hundredth inside they have not."""
    x = np.random.default_rng(1).beta(2, 5, size=(256, 3))
    found = list(run(x, [64, 256], betting=True))
    sums, bets = found[-1][0], [made.size[0] for _, made in found]
    size = np.concatenate([np.tile(bets[0], (64, 1)), np.tile(bets[1], (192, 1))])
    for alpha in (0.05, 0.001):
        lower, upper = sums.limits(alpha)

        def capital(sign, mean):
            return np.log1p(sign * size * (x - mean)).sum(axis=0)

        needed = np.log(2 / alpha)
        assert (capital(1, lower[0]) >= needed).all()
        assert (capital(-1, upper[0]) >= needed).all()
        assert (capital(1, lower[0] + 0.01) < needed).all()
        assert (capital(-1, upper[0] - 0.01) < needed).all()


def test_empirical_bernstein_is_what_it_says():
    """Theorem 2 of Waudby-Smith and Ramdas, recomputed from the draws."""
    x = np.random.default_rng(1).beta(2, 5, size=(256, 3))
    found = list(run(x, [64, 256], betting=False))
    size = np.concatenate([np.tile(found[0][1].size[0], (64, 1)), np.tile(found[1][1].size[0], (192, 1))])
    centre = np.concatenate([np.tile(found[0][1].centre[0], (64, 1)), np.tile(found[1][1].centre[0], (192, 1))])
    assert (found[0][1].centre == 0.5).all()
    np.testing.assert_allclose(found[1][1].centre[0], (0.5 + x[:64].sum(axis=0)) / 65)
    cost = 4 * (x - centre) ** 2 * (-np.log(1 - size) - size) / 4
    middle = (size * x).sum(axis=0) / size.sum(axis=0)
    half = (np.log(2 / 0.05) + cost.sum(axis=0)) / size.sum(axis=0)
    lower, upper = found[1][0].bounds(0.95)
    np.testing.assert_allclose(lower[0], np.maximum(middle - half, 0), atol=1e-12)
    np.testing.assert_allclose(upper[0], np.minimum(middle + half, 1), atol=1e-12)


@BETTING
@settings(max_examples=25, deadline=None)
@given(st.integers(0, 2**32), st.floats(-1e3, 1e3), st.floats(1e-3, 1e3), st.floats(0.5, 0.999))
def test_invariants(betting, seed, low, width, confidence):
    """Mean and spread are those of the draws; limits hold the mean, widen with confidence, move with the range."""
    x = np.random.default_rng(seed).random((100, 2)) ** 3
    (*_, (sums, _)) = run(x, [10, 100], betting=betting)
    np.testing.assert_allclose(sums.value[0], x.mean(axis=0))
    np.testing.assert_allclose(sums.error[0], x.std(axis=0, ddof=1) / 10)
    lower, upper = sums.bounds(confidence)
    assert (lower <= sums.value).all()
    assert (sums.value <= upper).all()
    wider = sums.bounds(confidence, simultaneous=True)
    assert (wider[0] <= lower).all()
    assert (wider[1] >= upper).all()
    (*_, (moved, _)) = run(low + width * x, [10, 100], betting=betting, low=low, high=low + width)
    for one, other in zip(moved.bounds(confidence), (lower, upper), strict=True):
        np.testing.assert_allclose(one, low + width * other, atol=1e-7 * (abs(low) + width))


@BETTING
def test_what_is_known_without_draws(betting):
    lower, upper = empty(2, betting=betting, low=-1.0, high=3.0).bounds(0.95)
    assert lower.tolist() == [[-1.0, -1.0]]
    assert upper.tolist() == [[3.0, 3.0]]


@BETTING
def test_errors_of_values_widen(betting):
    x = np.random.default_rng(0).random((64, 2))
    (*_, (sums, _)) = run(x, [64], betting=betting)
    plain, wide = sums.bounds(0.95), replace(sums, slack=np.array([0.01])).bounds(0.95)
    assert (wide[0] <= plain[0] - 0.01).all()
    assert (wide[1] >= plain[1] + 0.01).all()
    # Known not to vary: within the error of its value.
    one = replace(sums, constant=np.array([True, False]), slack=np.array([0.01])).bounds(0.95)
    assert one[1][0, 0] - one[0][0, 0] == pytest.approx(0.02)


def test_contrasts_are_made_of_limits():
    x = np.random.default_rng(0).random((256, 3))
    (*_, (sums, _)) = run(x, [64, 256], betting=True)
    weights = np.array([[1.0, -1.0, 0.0], [0.0, 0.5, 0.5], [0.0, 0.0, 2.0]])
    found = sums.contrast(weights)
    np.testing.assert_allclose(found.value, sums.value @ weights.T)
    np.testing.assert_allclose(found.error, sums.error @ np.abs(weights).T)
    lower, upper = found.bounds(0.95)
    two, one = sums.limits(0.025), sums.limits(0.05)  # the level is shared between two states
    assert lower[0, 0] == pytest.approx(two[0][0, 0] - two[1][0, 1])
    assert upper[0, 1] == pytest.approx((two[1][0, 1] + two[1][0, 2]) / 2)
    assert upper[0, 2] == pytest.approx(2 * one[1][0, 2])
    together = sums.bounds(0.95, simultaneous=True)
    assert found.bounds(0.95, simultaneous=True)[1][0, 0] == pytest.approx(together[1][0, 0] - together[0][0, 1])
    again = found.contrast(np.array([[1.0, 2.0, 0.0]]))  # X₀ − X₁ + X₁ + X₂
    np.testing.assert_allclose(again.weights.toarray(), [[1, 0, 1]])
    nothing = found.contrast(np.zeros((1, 3)))
    assert nothing.constant.all()
    assert [float(x[0, 0]) for x in nothing.bounds(0.95)] == [0.0, 0.0]


def test_capitals_are_kept_where_there_are_few(monkeypatch):
    monkeypatch.setattr(guaranteed, "MOST_BETS", 3)
    for n, depth in ((3, GRID), (4, 0)):
        ends = np.zeros(n), np.ones(n)
        assert Guaranteed.empty(1, *ends, np.zeros(n, bool)).rise.shape == (1, n, depth)


@BETTING
@given(seed=st.integers(0, 2**32), shape=st.sampled_from([0.01, 1, 20]), constant=st.booleans())
@settings(max_examples=20, deadline=None)
def test_sums_that_were_made_contradict_each_other_never(betting, seed, shape, constant):
    """Values at both ends, in the middle and constant ones; bets from 0.75 down."""
    rng = np.random.default_rng(seed)
    x = np.full((300, 2), rng.random()) if constant else rng.beta(shape, 1, size=(300, 2))
    for sums, _ in run(-3 + 5 * x, [4, 19, 75, 300], betting=betting, low=-3.0, high=2.0):
        assert sums.contradiction() is None


@BETTING
@pytest.mark.parametrize("name", ["average", "spread", "weight", "weighted", "curvature", "penalty", "rise", "fall"])
def test_sums_that_nobody_made_are_found(betting, name):
    """Negative control: any sum, moved by a tenth of the draws up or down, is out of its bounds beside the others."""
    x = np.random.default_rng(0).random((64, 1))
    (sums, _), *_ = run(x, [64], betting=betting)
    if name in ("rise", "fall") and not betting:
        return
    for change in (-64.0, 64.0):
        moved = replace(sums, **{name: getattr(sums, name) + change})
        assert moved.contradiction() is not None
    if name == "average":
        no_range = replace(sums, high=sums.low).contradiction()
        assert no_range is not None
        assert no_range[:3] == ("average", 0.0, 0.0)
        assert replace(sums, constant=~sums.constant).contradiction() is not None  # constant, but it varies
