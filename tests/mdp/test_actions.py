"""Equivalent actions: rows that are the same as fractions, or but for rounding, and what that can cost."""

from __future__ import annotations

import numpy as np
import pytest

import mdppower as mp
from mdppower.mdp.actions import RELATIVE, ROUNDING, equivalent_pairs, reading_error


def two_rows(p, q):
    """From a: two rows over b, c, d and a third action; all else absorbing."""
    ends = {s: {"stay": s} for s in "bcde"}
    return mp.RewardlessMDP.from_successors(
        {"a": {"x": dict(zip("bcd", p, strict=True)), "y": dict(zip("bcd", q, strict=True)), "z": "e"}, **ends}
    )


def in_two_ways(rng):
    """The same distribution, computed in two ways: as floats it is rarely the same."""
    w = rng.random(3)
    return (w / w.sum()).tolist(), np.exp(np.log(w) - np.log(w.sum())).tolist()


def test_rows_that_differ_by_rounding_are_one():
    rng = np.random.default_rng(0)
    differ = 0
    for _ in range(100):
        p, q = in_two_ways(rng)
        mdp = two_rows(p, q)
        assert equivalent_pairs(mdp)[:3].tolist() == [0, 0, 2]
        differ += p != q
        assert (reading_error(mdp, 0.5) > 0) == (p != q)
        assert reading_error(mdp, 0.5) < 1e-14
        assert 0 <= reading_error(mdp, 1) < 1e-13
    assert differ > 20


@pytest.mark.parametrize("apart", [1e-14, 1e-12, 1e-10, 1e-6])
def test_rows_that_differ_by_more_are_two(apart):
    mdp = two_rows([0.25, 0.35, 0.4], [0.25 + apart, 0.35 - apart, 0.4])
    assert equivalent_pairs(mdp)[:3].tolist() == [0, 1, 2]
    assert reading_error(mdp, 0.9) == 0


def test_small_probabilities_are_not_rounding():
    """1e-30 and 2e-30 are nearly equal as numbers, and not as chances; nor are 0 and 1e-17."""
    tiny = two_rows([1e-30, 0.5, 0.5], [2e-30, 0.5, 0.5])
    assert equivalent_pairs(tiny)[:3].tolist() == [0, 1, 2]
    rows = {"x": {"b": 1e-17, "c": 1.0}, "y": "c"}
    other = mp.RewardlessMDP.from_successors({"a": rows, "b": {"stay": "b"}, "c": {"stay": "c"}})
    assert equivalent_pairs(other)[:2].tolist() == [0, 1]


@pytest.mark.parametrize("gamma", [0.5, 0.99, 1])
def test_the_reading_error_bounds_what_the_reading_changes(gamma):
    """A chain with one of two rows in each state, and with the other: its values differ by no more than is stated.

    Rounding is made 2000 times as large as it is, so that the solver's own error does not hide the difference.
    """
    rng = np.random.default_rng(1)
    for _ in range(30):
        n = int(rng.integers(2, 6))
        p = rng.dirichlet(np.ones(n), n)
        q = p * (1 + 2000 * ROUNDING * rng.uniform(-1, 1, p.shape))
        q /= q.sum(axis=1, keepdims=True)
        relative, variation = np.abs(q / p - 1).max(), np.abs(p - q).sum(axis=1).max() / 2
        assert relative < RELATIVE
        reward = rng.random((1, n))
        one, other = (mp.optimal_values(mp.RewardlessMDP.from_arrays(t[:, None, :]), reward, gamma) for t in (p, q))
        change = np.abs(one.normalised - other.normalised).max() - one.error_bound[0] - other.error_bound[0]
        by_trees = 3 * n * relative
        assert change <= (by_trees if gamma == 1 else min(by_trees, variation / (1 - gamma))) * np.ptp(reward)
