"""Average rewards of chains that mix slowly: closed forms, fractions, and a control with too few digits."""

from __future__ import annotations

from fractions import Fraction
from itertools import product

import numpy as np
import pytest

import mdppower as mp
from mdppower.mdp.rational import solve
from mdppower.solvers import long_average
from mdppower.solvers.long_average import LongAverage

RARE = [1e-6, 1e-8, 1e-12, 1e-100, 1e-300]


@pytest.mark.parametrize("rare", RARE)
def test_a_chain_that_switches_rarely(rare):
    # From 0 at rate a, back at a/2: a third of the time in 0, whatever a is.
    mdp = mp.RewardlessMDP.from_pairs([0, 1], [[1 - rare, rare], [rare / 2, 1 - rare / 2]])
    solution = mp.optimal_values(mdp, [1.0, 0.0], 1)
    np.testing.assert_allclose(solution.normalised[0], 1 / 3, rtol=1e-15)
    assert solution.error_bound[0] < 1e-9


@pytest.mark.parametrize("rare", RARE)
def test_waiting_in_the_better_of_two_states(rare):
    # With actions that stay, the better state's reward is had for ever, after a long way: POWER is E max of two
    # uniform rewards, 2/3; here on the draws themselves.
    mdp = mp.RewardlessMDP.from_successors(
        {
            "s": {"go": {"s": 1 - rare, "t": rare}, "wait": "s"},
            "t": {"stay": "t", "back": {"t": 1 - rare, "s": rare}},
        }
    )
    rewards = np.random.default_rng(0).random((50, 2))
    solution = mp.optimal_values(mdp, rewards, 1)
    np.testing.assert_allclose(solution.normalised, np.repeat(rewards.max(axis=1)[:, None], 2, axis=1), atol=1e-12)


def test_a_long_birth_death_chain():
    # Balance: π_{k+1} = π_k up_k / down_{k+1}, in fractions. Rates lie between 1e-12 and .4.
    n, rng = 2000, np.random.default_rng(0)
    up, down = 0.4 * 10.0 ** -rng.uniform(0, 12, (2, n))
    # Pairs of neighbours have about the same ups and downs, or all mass would be in one state.
    down[1:] = up[:-1] * rng.uniform(0.5, 2, n - 1)
    rows = {}
    for k in range(n):
        moves = ({k + 1: up[k]} if k < n - 1 else {}) | ({k - 1: down[k]} if k else {})
        rows[k] = {"": moves | {k: 1 - sum(moves.values())}}
    mdp = mp.RewardlessMDP.from_successors(rows)
    reward = rng.random(n)
    share = [Fraction(1)]
    for k in range(n - 1):
        share.append(Fraction(float(share[-1] * Fraction(up[k]) / Fraction(down[k + 1]))))
    truth = float(sum(x * Fraction(r) for x, r in zip(share, reward, strict=True)) / sum(share))
    solution = mp.optimal_values(mdp, reward[[mdp.index(k) for k in range(n)]], 1)
    assert abs(solution.normalised[0, 0] - truth) < 1e-11
    assert solution.error_bound[0] < 1e-9


def exact_gain(mdp, reward):
    """The best gain of any policy, by trying all of them, of an MDP in which no policy has two recurrent classes."""
    dense, feasible = mdp.to_arrays()
    n, best = mdp.n_states, None
    for policy in product(*[np.flatnonzero(row) for row in feasible]):
        rows = [[Fraction(x) for x in dense[s, a]] for s, a in enumerate(policy)]
        for s in range(n):
            rows[s][s] = 1 - sum(rows[s][:s] + rows[s][s + 1 :])
        # π (I − P) = 0 and Σ π = 1.
        system = [[(i == j) - rows[j][i] for j in range(n)] for i in range(n)]
        system[0] = [Fraction(1)] * n
        shares = [x for (x,) in solve(system, [[Fraction(1)]] + [[Fraction(0)]] * (n - 1))]
        gain = sum(x * Fraction(r) for x, r in zip(shares, reward, strict=True))
        best = gain if best is None else max(best, gain)
    return best


def random_unichain(rng):
    """3 or 4 states, 1 to 3 actions; every action may lead to state 0; probabilities down to 1e-15."""
    n = int(rng.integers(3, 5))
    successors = {}
    for s in range(n):
        successors[s] = {}
        for a in range(rng.integers(1, 4)):
            rare = 10.0 ** -rng.uniform(0, 15, n)
            rare[s] = 0
            rare *= 0.3
            successors[s][a] = {t: float(x) for t, x in enumerate(rare) if x} | {s: float(1 - rare.sum())}
    return mp.RewardlessMDP.from_successors(successors)


def wrong_gains(count):
    """How many of the first random MDPs have a gain that is further from the exact one than 1e-11."""
    rng, wrong = np.random.default_rng(0), 0
    for _ in range(count):
        mdp = random_unichain(rng)
        reward = rng.random(mdp.n_states)
        gain, _, gap = LongAverage(mdp).solve(reward, mdp.pointer[:-1])
        error = abs(Fraction(gain) - exact_gain(mdp, reward))
        assert error <= Fraction(gap)
        wrong += error > Fraction(1e-11)
    return wrong


def test_against_all_policies_in_fractions():
    assert wrong_gains(40) == 0


def test_leads_that_count_are_seen(monkeypatch):
    """Negative control: a solver that takes leads below a hundredth for none is wrong, by no more than it says."""
    monkeypatch.setattr(long_average, "SHARE", 1e-2)
    assert wrong_gains(40) > 2


def test_many_rewards_at_once_and_one_alone_agree(monkeypatch):
    """Policies are evaluated for all draws where there are few states, and for each draw where there are many."""
    rng = np.random.default_rng(1)
    for _ in range(10):
        mdp = random_unichain(rng)
        reward = rng.random(mdp.n_states)
        together = LongAverage(mdp).solve(reward, mdp.pointer[:-1])
        with monkeypatch.context() as patch:
            patch.setattr("mdppower.solvers.long_digits.MOST_COLUMNS", 0)
            patch.setattr(long_average, "MOST_COLUMNS", 0)
            alone = LongAverage(mdp).solve(reward, mdp.pointer[:-1])
        assert abs(together[0] - alone[0]) <= together[2] + alone[2]


@pytest.mark.parametrize(("back", "out"), [(1e-310, 5e-324), (1e-200, 1e-200), (1e-100, 1e-300)])
def test_biases_beyond_the_range_of_floats(back, out):
    # 0 stays or goes to 1; 1 goes to 0, or nearly stays and leaks to 2 at rate `out`; 2 leaks back at rate `back`.
    # So there is R_0 to be had, the mean of R_0 and R_1, or (back R_1 + out R_2)/(back + out), the best of them
    # everywhere. Biases are of the order 1/out, up to 10^323, and so are some leads.
    mdp = mp.RewardlessMDP.from_pairs([0, 0, 1, 1, 2], [[1, 0, 0], [0, 1, 0], [1, 0, 0], [0, 1, out], [0, back, 1]])
    for reward in ([0.0, 0.0, 1.0], [1.0, 0.0, 2.0], [0.0, 1.0, 2.0], [0.0, 1.0, 0.0]):
        a, b, (x, y, z) = Fraction(back), Fraction(out), map(Fraction, reward)
        best = max(x, (x + y) / 2, (a * y + b * z) / (a + b))
        solution = mp.optimal_values(mdp, reward, 1)
        np.testing.assert_allclose(solution.normalised[0], float(best), atol=1e-12)
        assert solution.error_bound[0] < 1e-9


def test_a_lead_beyond_the_range_of_floats():
    # State 3 leaks once in 10^310 steps; whoever leaves it is back after about 10^16: nearly all time is spent there.
    # In a policy that never gets there, the lead of going there is as large as the bias, beyond floats.
    third = 1 / 3
    mdp = mp.RewardlessMDP.from_pairs(
        [0, 0, 1, 1, 2, 3, 4],
        [
            [1, 0, 0, 0, 0], [0, 0, 0.9999999999999999, 1.1e-16, 0], [0, 1, 5e-324, 0, 0],
            [third, third, third, 0, 0],
            [third, third, third, 0, 0], [0, 1e-310, 0, 1, 0], [0.5, 0, 0, 0.5, 0],
        ],
    )  # fmt: skip
    solution = mp.optimal_values(mdp, [0, 0, 0, 2 / 3, 0], 1)
    np.testing.assert_allclose(solution.normalised[0], 2 / 3, atol=1e-13)


def test_classes_that_floats_cannot_tell_apart():
    """Gains that differ by less than floats, and leads that are differences of 10^25: no policy comes back."""
    third = 1 / 3
    mdp = mp.RewardlessMDP.from_pairs(
        [0, 0, 1, 2, 2, 3, 4, 5, 6],
        [
            [third, 0, 0, third, 0, 0, third], [1, 0, 0, 0, 0, 0, 0], [0, 1, 1e-25, 0, 0, 0, 0],
            [0, 1e-12, 0.998999999999, 0, 0, 0, 0.001], [0, 0, 0, 0, 0.99999999, 1e-8, 0],
            [1e-17, 1e-12, 0, 0.999999999999, 0, 0, 0],
            [0, 0.011406962970538979, 0, 0, 0, 0, 0.9885930370294611], [1e-5, 0, 0, 0, 0, 0.99999, 0],
            [0, 0.02795763959648487, 0, 0, 0, 0.9720423604035152, 0],
        ],
    )  # fmt: skip
    solution = mp.optimal_values(mdp, [1, 1, 1, 0, 1, 0, 0], 1)
    # State 1, worth 1, is left once in 10^25 steps, and found again after some 10^12.
    np.testing.assert_allclose(solution.normalised[0], 1, atol=1e-12)
