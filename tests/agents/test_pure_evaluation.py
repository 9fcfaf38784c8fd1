"""Deterministic policies, a block at a time: the numbers of chains, in every bit where nothing is random.

Routes to a policy's value: its chain as an MDP, which any other policy is evaluated by, and fractions.
"""

from __future__ import annotations

from fractions import Fraction

import numpy as np
import pytest
from cases import _solve_exactly
from hypothesis import given, settings
from hypothesis import strategies as st
from strategies import mdps

import mdppower as mp
from mdppower._horizon import Horizon
from mdppower.agents import evaluation
from mdppower.agents.evaluation import evaluate
from mdppower.agents.pure_evaluation import are_pure, evaluate_pure, pure_pairs
from mdppower.agents.rules import epsilon_greedy, lookahead, optimal, uniformly_random
from mdppower.solvers import optimal_values

RATES = [0.0, 0.1, 0.9, 1 - 1e-9, 1.0]


def any_policies(mdp, rng, n):
    """(N, S) pairs of deterministic policies."""
    return mdp.pointer[:-1] + rng.integers(0, np.diff(mdp.pointer), (n, mdp.n_states))


def deterministic(seed):
    """A deterministic MDP with cycles of several lengths and trees into them."""
    rng = np.random.default_rng(seed)
    states = np.repeat(np.arange(9), rng.integers(1, 4, 9))
    return mp.RewardlessMDP.from_pairs(states, np.eye(9)[rng.integers(0, 9, len(states))])


@pytest.mark.slow
@settings(max_examples=40)
@given(st.integers(0, 10_000), st.sampled_from(RATES))
def test_the_bits_are_those_of_chains(seed, gamma):
    mdp, rng = deterministic(seed), np.random.default_rng(seed)
    rewards, pairs = rng.normal(size=(5, 9)) * 10.0 ** rng.integers(-3, 4), any_policies(mdp, rng, 5)
    codes = mdp.action_codes[pairs]
    found = evaluate(mdp, rewards, gamma, lambda *_: codes)
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(evaluation, "are_pure", lambda mdp, rows, gamma: np.zeros(len(rows), bool))
        chains = evaluate(mdp, rewards, gamma, lambda *_: codes)
    for one, other in zip(found, chains, strict=True):
        assert np.array_equal(one, other)


@given(st.integers(0, 10_000), st.sampled_from([0.0, 0.5, 0.9, 0.999999]))
def test_the_error_covers_the_truth_in_fractions(seed, gamma):
    # v = (1−γ) R + γ v(s'), by Gauss–Jordan on fractions.
    mdp, rng = deterministic(seed), np.random.default_rng(seed)
    rewards, pairs = rng.normal(size=(1, 9)), any_policies(mdp, rng, 1)
    chain = mdp.kernel[pairs[0]].toarray()
    exactly = Fraction(gamma)
    v = _solve_exactly(
        [[Fraction(x) for x in row] for row in chain], [(1 - exactly) * Fraction(r) for r in rewards[0]], exactly
    )
    onwards = [v[s] for s in mdp.kernel.indices[pairs[0]]]
    values, then, error = evaluate_pure(mdp, rewards, gamma, pairs)
    off = [abs(Fraction(x) - y) for x, y in zip([*values[0], *then[0]], [*v, *onwards], strict=True)]
    assert max(off) <= Fraction(error[0])
    assert error[0] <= 1e-13 / (1 - gamma) * np.abs(rewards).max()  # and says something


def test_the_error_is_needed():
    # The negative control: 1/10 is no float, so that an error of 0 would be wrong.
    mdp = mp.envs.cycle(3)
    values, _, error = evaluate_pure(mdp, np.array([[0.1, 0.2, 0.7]]), 0.3, np.array([[0, 1, 2]]))
    g, r = Fraction(0.3), [Fraction(x) for x in (0.1, 0.2, 0.7)]
    truth = (1 - g) * sum(g**k * r[k] for k in range(3)) / (1 - g**3)
    assert 0 < abs(Fraction(values[0, 0]) - truth) <= Fraction(error[0])


def solved(mdp, rewards, pairs, gamma):
    """v and T v of a policy in fractions, by Gauss–Jordan."""
    rows = [[Fraction(x) for x in row] for row in mdp.kernel[pairs].toarray()]
    rows = [[x / sum(row) for x in row] for row in rows]  # floats of .8 and .2 need not sum to 1
    v = _solve_exactly(rows, [(1 - gamma) * Fraction(r) for r in rewards], gamma)
    return v, [sum(x * y for x, y in zip(row, v, strict=True)) for row in rows]


@pytest.mark.slow
@settings(max_examples=30)
@given(st.integers(0, 10_000), st.sampled_from([0.1, 0.9, 0.999999]))
def test_where_states_follow_by_chance_the_error_covers_the_truth(seed, gamma):
    rng = np.random.default_rng(seed)
    states = np.repeat(np.arange(6), rng.integers(1, 4, 6))
    weights = rng.integers(0, 5, (len(states), 6)) + np.eye(6, dtype=int)[rng.integers(0, 6, len(states))]
    mdp = mp.RewardlessMDP.from_pairs(states, weights / weights.sum(axis=1, keepdims=True))
    rewards, pairs = rng.normal(size=(3, 6)), any_policies(mdp, rng, 3)
    codes = mdp.action_codes[pairs]
    found = evaluate(mdp, rewards, gamma, lambda *_: codes)
    v, onwards = solved(mdp, rewards[0], pairs[0], Fraction(gamma))
    off = [abs(Fraction(x) - y) for x, y in zip([*found[0][0], *found[1][0]], [*v, *onwards], strict=True)]
    # Its rows, too, sum to 1 only as floats do: h is off by 6 roundings of it, at most.
    assert max(off) <= Fraction(found[2][0]) + Fraction(6 * 2**-53 * 2 * 3.5 / (1 - gamma))
    assert found[2][0] <= 1e-13 / (1 - gamma) * np.abs(rewards).max()
    # The other route: chains.
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(evaluation, "are_pure", lambda mdp, rows, gamma: np.zeros(len(rows), bool))
        chains = evaluate(mdp, rewards, gamma, lambda *_: codes)
    for k in (0, 1):
        assert (np.abs(found[k] - chains[k]).max(axis=1) <= found[2] + chains[2]).all()


def test_what_is_mixed_goes_by_chains():
    maze, slippery = mp.envs.make("maze"), mp.envs.make("maze", slip=0.2)
    rewards = np.random.default_rng(0).random((3, 31))
    sure = epsilon_greedy(0)(maze, rewards, 0.9)
    np.testing.assert_array_equal(maze.action_codes[pure_pairs(maze, sure)], optimal()(maze, rewards, 0.9))
    assert not are_pure(maze, epsilon_greedy(0.1)(maze, rewards, 0.9), 0.9).any()
    assert are_pure(slippery, sure, 0.9).all()
    assert are_pure(maze, sure, 1.0).all()
    assert not are_pure(slippery, sure, 1.0).any()
    assert not are_pure(maze, sure, Horizon(3)).any()
    for mdp in (maze, slippery):
        # Some draws sure, some not, in one block: a draw's bits are its own.
        half = np.where([[True], [False], [True]], sure, uniformly_random()(mdp, rewards, 0.9))
        mixed, alone = (evaluate(mdp, rewards, 0.9, lambda *_, w=w: w)[1] for w in (half, sure))
        assert np.array_equal(mixed[[0, 2]], alone[[0, 2]])
        assert not np.array_equal(mixed[1], alone[1])


@settings(max_examples=20)
@given(st.data())
def test_mdps_of_all_kinds(data):
    mdp = data.draw(mdps())
    rewards = np.random.default_rng(0).random((3, mdp.n_states))
    codes = lookahead(2)(mdp, rewards, 0.9)
    _, onwards, _ = evaluate(mdp, rewards, 0.9, lambda *_: codes)
    for i in range(3):
        alone = evaluate(mdp, rewards[i : i + 1], 0.9, lambda *_, i=i: codes[i : i + 1])[1]
        assert np.array_equal(alone[0], onwards[i])


def test_what_cannot_be_certified_names_the_draw_of_the_run(monkeypatch):
    monkeypatch.setattr(optimal_values, "certifiable", lambda gamma: -1.0)
    monkeypatch.setattr(evaluation, "BLOCK", 8)  # blocks of two draws of four pairs
    rewards = np.array([[0.0] * 3] * 3 + [[0.0, 1.0, 3.0]] * 2)
    where = r"^draw 3: policy lookahead\(k=1\) could not be evaluated at gamma = 0.9: at gamma = 0.9 the"
    with pytest.raises(mp.SolverError, match=where) as told:
        evaluate(mp.envs.fork(2), rewards, 0.9, lookahead(1))
    assert (told.value.draw, told.value.gamma, told.value.undecided) == (3, 0.9, [])
