"""Optimal pairs of deterministic MDPs: against breadth-first search, and rational policy iteration, at every γ."""

from __future__ import annotations

from fractions import Fraction

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy.sparse import csgraph
from strategies import mdps

import mdppower as mp
from mdppower.mdp.graph import adjacency
from mdppower.optimal_sets import deterministic_ties, polynomial_sign
from mdppower.optimal_sets.deterministic_ties import optimal_deterministic_pairs
from mdppower.optimal_sets.optimal_actions import OPEN, optimal_pairs
from mdppower.optimal_sets.optimal_actions_exact import exact_sets

GAMMAS = (0.0, 1 / 3, 0.5, 0.9, 1 - 2.0**-53, 1.0)
WALLS = "\n".join("".join("#" if r % 4 == 2 and c % 7 != 3 else "." for c in range(20)) for r in range(20))


def pairs_of(mdp, reward, gamma, method="deterministic"):
    return optimal_deterministic_pairs(mdp, np.array(reward, float, ndmin=2), gamma, method)[0]


def by_fractions(mdp, reward, gamma):
    best = np.zeros(mdp.n_pairs, bool)
    for pairs in exact_sets(mdp, np.array(reward, float), gamma):
        best[pairs] = True
    return best


def towards(mdp, goal):
    """The pairs that lead as near to the goal as can be: one step nearer, or to stay there."""
    distance = csgraph.shortest_path(adjacency(mdp).T, indices=goal, unweighted=True)[mdp.kernel.indices]
    return distance == np.minimum.reduceat(distance, mdp.pointer[:-1])[mdp.pair_states]


# ---------------------------------------------------------------------- one goal


@pytest.mark.parametrize("text", ["\n".join(["." * 20] * 20), WALLS], ids=["open", "walls"])
def test_one_goal_is_breadth_first_search(text):
    """With γ^d/(1−γ) the nearest way is best at every γ, the limits too; at γ = .1 also below γ^38 = 1e-38."""
    mdp = mp.envs.gridworld(text)
    goals = np.random.default_rng(0).integers(mdp.n_states, size=40)
    rewards = np.zeros((len(goals), mdp.n_states))
    rewards[np.arange(len(goals)), goals] = 1
    expected = np.array([towards(mdp, goal) for goal in goals])
    for gamma in (0, 0.1, 0.5, 0.9, 0.999999, 1):
        codes = optimal_pairs(mdp, rewards, gamma, "deterministic")
        assert (codes != OPEN).all()
        assert ((codes > 0) == expected).all(), gamma


def test_beyond_what_inverses_allow():
    """10,000 states at γ = 1, where a stochastic MDP may have 2,000."""
    mdp = mp.envs.make("open(100,100)")
    goal = mdp.index((30, 71))
    reward = np.zeros(mdp.n_states)
    reward[goal] = 1
    for gamma in (0.3, 1):
        assert (pairs_of(mdp, reward, gamma) == towards(mdp, goal)).all()


# ---------------------------------------------------------------------- against rational policy iteration


@pytest.mark.slow
def test_agrees_with_rational_policy_iteration():
    """300 random MDPs whose small integers, multiples of 0.1 and powers of two make ties abound, by a fixed seed."""
    rng = np.random.default_rng(1)
    several = 0
    for number in range(300):
        n = int(rng.integers(1, 9))
        mdp = mp.RewardlessMDP.from_successors(
            {s: dict(enumerate(rng.integers(n, size=rng.integers(1, 4)).tolist())) for s in range(n)}
        )
        reward = (
            rng.integers(0, 2, n),
            rng.integers(-2, 3, n),
            rng.integers(0, 4, n) * 0.1,  # 0.3 is not 3 · 0.1
            rng.integers(0, 4, n) * 2.0 ** rng.integers(-300, 300, n),
        )[number % 4]
        for gamma in GAMMAS:
            found = pairs_of(mdp, reward, gamma)
            assert (found == by_fractions(mdp, reward, gamma)).all(), (number, gamma)
            several += found.sum() > n
    assert several > 300


@pytest.mark.slow
@settings(max_examples=60, deadline=None)
@given(st.data())
def test_agrees_with_rational_policy_iteration_for_any(data):
    mdp = data.draw(mdps(max_states=6, deterministic=True))
    size = data.draw(st.sampled_from([1, 3]))
    reward = data.draw(st.lists(st.integers(-size, size), min_size=mdp.n_states, max_size=mdp.n_states))
    for gamma in GAMMAS:
        assert (pairs_of(mdp, reward, gamma) == by_fractions(mdp, reward, gamma)).all(), gamma


@pytest.mark.parametrize("method", ["stochastic", "lp"])
def test_does_not_depend_on_the_solver(method):
    mdp = mp.envs.make("four-rooms")
    reward = np.random.default_rng(2).integers(0, 2, mdp.n_states)
    for gamma in (0.0, 0.5, 0.9, 1.0):
        assert (pairs_of(mdp, reward, gamma, method) == pairs_of(mdp, reward, gamma)).all()


def test_nothing_is_promised_by_the_start(monkeypatch):
    """From a policy that takes the first pair everywhere, with all pairs as candidates: the iteration is exact."""
    mdp = mp.envs.make("open(7,7)")
    rewards = (np.random.default_rng(3).random((6, mdp.n_states)) < 0.3).astype(float)
    expected = [optimal_deterministic_pairs(mdp, rewards, g, "deterministic") for g in (0.5, 0.9, 1)]

    def blind(mdp, rewards, gamma, start=None):
        n = len(rewards)
        return np.zeros(rewards.shape), np.tile(mdp.pointer[:-1], (n, 1)), np.full(n, np.inf), np.zeros(n)

    monkeypatch.setattr("mdppower.solvers.deterministic.solve", blind)
    monkeypatch.setattr(deterministic_ties, "head_start", lambda *_: None)
    for gamma, known in zip((0.5, 0.9, 1), expected, strict=True):
        assert (optimal_deterministic_pairs(mdp, rewards, gamma, "deterministic") == known).all()


def test_a_variant_that_stops_after_the_first_levels_is_caught(monkeypatch):
    """The negative control: with gain and bias alone, 1 −3 3 −1 and 0 0 0 0 would tie, and so would random ones."""

    mdp = mp.RewardlessMDP.from_successors(
        {"start": {"x": "x0", "y": "y0"}}
        | {f"{c}{k}": {"go": f"{c}{k + 1}" if k < 3 else "end"} for c in "xy" for k in range(4)}
        | {"end": {"stay": "end"}}
    )
    reward = [0, 1, -3, 3, -1, 0, 0, 0, 0, 0]
    assert pairs_of(mdp, reward, 1)[:2].tolist() == [True, False]

    def two_levels(coefficients, gamma):
        total = sum(coefficients) or sum((len(coefficients) - k) * c for k, c in enumerate(coefficients))
        return (total > 0) - (total < 0)

    monkeypatch.setattr(deterministic_ties, "sign_at", two_levels)
    monkeypatch.setattr(deterministic_ties, "MOST_REWARD", 0)  # all that floats leave open is asked there
    assert pairs_of(mdp, reward, 1)[:2].tolist() == [True, True]


# ---------------------------------------------------------------------- ties of sequences that are not the same


@pytest.mark.parametrize("scale", [1.0, 0.1, 1e300, 2.0**-1060], ids=["whole", "tenths", "large", "tiny"])
def test_equal_sums_of_different_sequences(scale):
    """1 0 0 0 … is worth what 0 1 1 1 … is iff 1 = γ/(1−γ): at γ = 1/2, and at no other.

    Two units in the last place from 1/2 a float still stands for 1/2; eight, it stands for itself.
    """
    mdp = mp.RewardlessMDP.from_successors(
        {"a": {"once": "b", "later": "c"}, "b": {"go": "d"}, "c": {"go": "e"}, "d": {"": "d"}, "e": {"": "e"}}
    )
    reward = np.array([0, 1, 0, 0, 1]) * scale
    codes = [pairs_of(mdp, reward, g)[:2].tolist() for g in (0, 0.5 - 2.0**-49, 0.5, 0.5 + 2.0**-49, 1)]
    assert codes == [[True, False], [True, False], [True, True], [False, True], [False, True]]


def test_a_tie_of_three_kinds_of_rewards():
    """1, then 2/3 at γ = 2/3 and 4/9 a step later: 9 0 0 = 0 9·3/2 0 = 0 0 9·9/4; sums of floats would not say so."""
    mdp = mp.RewardlessMDP.from_successors(
        {"s": {0: "a0", 1: "b0", 2: "c0"}}
        | {f"{c}{k}": {"": f"{c}{k + 1}" if k < 2 else "end"} for c in "abc" for k in range(3)}
        | {"end": {"": "end"}}
    )
    reward = np.zeros(mdp.n_states)
    for state, x in (("a0", 9), ("b1", 13.5), ("c2", 20.25)):
        reward[mdp.index(state)] = x
    assert pairs_of(mdp, reward, 2 / 3)[:3].all()
    reward[mdp.index("c2")] += 2.0**-48  # one unit in the last place
    assert pairs_of(mdp, reward, 2 / 3)[:3].tolist() == [False, False, True]


def test_rounding_of_gamma_is_no_lead():
    """0.9 stands for 9/10: 9^k now is worth 10^k after k steps, and the float is not 9/10."""
    for digits in (3, 9, 15):
        chain = {"s": {"now": "n", "wait": "w1"}, "n": {"": "end"}, "end": {"": "end"}}
        chain |= {f"w{k}": {"": f"w{k + 1}"} for k in range(1, digits + 1)} | {f"w{digits + 1}": {"": "end"}}
        mdp = mp.RewardlessMDP.from_successors(chain)
        reward = np.zeros(mdp.n_states)
        reward[mdp.index("n")], reward[mdp.index(f"w{digits + 1}")] = 9.0**digits, 10.0**digits
        assert pairs_of(mdp, reward, 0.9)[:2].tolist() == [True, True]


def test_no_pair_is_open_for_coins():
    """0/1 rewards at all γ: nothing is open, and at least one action of each state is optimal."""
    rng = np.random.default_rng(4)
    for name in ("open(7,7)", "open(20,20)"):
        mdp = mp.envs.make(name)
        for chance in (0.5, 0.1):
            rewards = (rng.random((16, mdp.n_states)) < chance).astype(float)
            for gamma in (0, 0.5, 0.9, 0.99, 1):
                codes = optimal_pairs(mdp, rewards, gamma, "deterministic")
                assert (codes != OPEN).all()
                assert np.logical_or.reduceat(codes > 0, mdp.pointer[:-1], axis=1).all()


# ---------------------------------------------------------------------- the sign of a polynomial


def test_sign_of_long_polynomials():
    """(x − 1/2) · (a random polynomial) is 0 at 1/2; with 1 added to a coefficient it is not."""
    rng = np.random.default_rng(5)
    for n in (1, 31, 32, 33, 500):
        random = [int(x) for x in rng.integers(-9, 10, n)]
        c = [2 * a - b for a, b in zip([0, *random], [*random, 0], strict=True)]
        assert polynomial_sign.sign_at(c, Fraction(1, 2)) == 0
        c[n] += 1
        assert polynomial_sign.sign_at(c, Fraction(1, 2)) == 1


def test_sign_below_one_counts_zeros():
    """(1 − x)^k (2 − x) is positive below 1 for every k, (1 − x)^k (x − 2) negative."""
    c = [2, -1]
    for _ in range(12):
        assert polynomial_sign.sign_at(c, Fraction(1)) == 1
        assert polynomial_sign.sign_at([-x for x in c], Fraction(1)) == -1
        c = [a - b for a, b in zip([*c, 0], [0, *c], strict=True)]
    assert polynomial_sign.sign_at([0, 0], Fraction(1)) == 0
