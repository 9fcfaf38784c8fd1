"""What policies can visit in H steps: the vectors whose greatest product with R is the best expected total."""

from __future__ import annotations

from fractions import Fraction

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from strategies import mdps, reward_rows

import mdppower as mp
from mdppower.occupancy.horizon_visits import horizon_visits


@pytest.mark.slow
@given(mdps(max_states=4), st.data(), st.integers(1, 3))
@settings(max_examples=40)
def test_the_greatest_product_is_the_best_expected_total(mdp, data, steps):
    # Two routes: a set of vectors, made without a reward; backward induction, made without the set.
    rewards = data.draw(reward_rows(mdp.n_states))
    values = mp.optimal_values(mdp, rewards, horizon=steps, on="states").values
    size = np.abs(rewards).max(axis=1, initial=1.0)
    for s in range(mdp.n_states):
        try:
            found = horizon_visits(mdp, s, steps)
        except mp.SizeError:
            continue
        vectors = np.array([row for some in found.values() for row in some], dtype=float)
        assert np.allclose(vectors.sum(axis=1), steps, atol=1e-12)  # H visits in all
        assert (np.abs((rewards @ vectors.T).max(axis=1) - values[:, s]) <= 1e-12 * steps * size).all()


@pytest.mark.slow
@given(mdps(max_states=4), st.data(), st.integers(1, 3))
@settings(max_examples=12)
def test_of_pairs_too(mdp, data, steps):
    # The same two routes where pairs earn; each vector counts H pairs.
    rewards = data.draw(reward_rows(mdp.n_pairs))
    values = mp.optimal_values(mdp, rewards, horizon=steps, on="pairs").values
    size = np.abs(rewards).max(axis=1, initial=1.0)
    for s in range(mdp.n_states):
        try:
            found = horizon_visits(mdp, s, steps, on="pairs")
        except mp.SizeError:
            continue
        vectors = np.array([row for some in found.values() for row in some], dtype=float)
        assert np.allclose(vectors.sum(axis=1), steps, atol=1e-12)
        assert (np.abs((rewards @ vectors.T).max(axis=1) - values[:, s]) <= 1e-12 * steps * size).all()


def test_figure_1_in_two_steps():
    # From the star: stay at ∅ twice; the left triangle, then ↙ or ↖; the right one, then ↗ or ↘. Each one is its own.
    mdp = mp.envs.figure_1()
    found = [tuple(row) for some in horizon_visits(mdp, mdp.index("star"), 2).values() for row in some]
    named = {tuple(sorted(mdp.states[i] for i, x in enumerate(row) for _ in range(int(x)))) for row in found}
    assert named == {
        ("empty", "empty"), ("l_sw", "l_tri"), ("l_nw", "l_tri"), ("r_ne", "r_tri"), ("r_se", "r_tri")
    }  # fmt: skip


def test_no_steps_visit_nothing_and_chance_is_averaged():
    mdp = mp.RewardlessMDP.from_successors({"a": {"go": {"a": 0.5, "b": 0.5}}, "b": {"": "b"}})
    assert horizon_visits(mdp, 0, 0) == {0: [[0, 0]]}
    # s_1 is a half of the time, s_2 a quarter.
    assert horizon_visits(mdp, 0, 2) == {0: [[Fraction(3, 4), Fraction(5, 4)]]}


def test_too_many_are_refused():
    with pytest.raises(mp.SizeError, match="more than 3 vectors of visits"):
        horizon_visits(mp.envs.make("open(2,3)"), 0, 4, most=3)
    with pytest.raises(mp.SizeError, match="more than 5,000 vectors"):  # at once: a vector a step, at least
        horizon_visits(mp.envs.fork(1), 0, 10**9)
