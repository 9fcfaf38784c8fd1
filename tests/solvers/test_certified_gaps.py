"""The gap of an optimal value: never below the true error, never a word that is not checked."""

from __future__ import annotations

import dataclasses
from fractions import Fraction

import numpy as np
import pytest
from cases import assert_covers, exact_values
from hypothesis import given, settings
from hypothesis import strategies as st
from strategies import mdps

import mdppower as mp
from mdppower._stop import new_flag
from mdppower.solvers import deterministic, linear_program, stochastic


def check_enclosure(mdp, reward, gamma, v):
    """The half-width of Tv + γ/(1−γ)·[min r, max r], and its distance from v, written independently in NumPy."""
    tv = (1 - gamma) * reward + gamma * np.maximum.reduceat(mdp.kernel @ v, mdp.pointer[:-1])
    r = tv - v
    low, high = tv + gamma / (1 - gamma) * r.min(), tv + gamma / (1 - gamma) * r.max()
    return max((high - v).max(), (v - low).max())


@pytest.mark.slow
@given(st.data())
@settings(max_examples=80)
def test_gap_bounds_the_true_error(data):
    """Against rational arithmetic: no rounding in the reference (dyadic probabilities, integer rewards)."""
    mdp = data.draw(mdps(max_states=4, max_actions=2, dyadic=True))
    gamma = data.draw(st.sampled_from([0.1, 0.5, 0.9, 0.99, 0.999999]))
    reward = data.draw(st.lists(st.integers(-3, 3), min_size=mdp.n_states, max_size=mdp.n_states))
    truth = exact_values(mdp, reward, Fraction(gamma))
    for method in ("auto", "stochastic", "lp"):
        solution = mp.optimal_values(mdp, np.array(reward, float), gamma, method=method)
        assert_covers(solution, truth)
        # A gap of nothing would say nothing: it stays near rounding.
        assert solution.error_bound[0] < (1e-8 if method == "lp" else 1e-12)


@pytest.mark.parametrize("scale", [1.0, 1e150, 1e300, 1e-300, 1e-316])
@pytest.mark.parametrize("offset", [0.0, 1e15])
def test_gap_bounds_the_true_error_at_any_scale(scale, offset):
    """Rewards that over- or underflow where they are added up, and offsets that leave them three digits."""
    rng = np.random.default_rng(0)
    for _ in range(12):
        mdp = random_dyadic(rng)
        reward = (rng.integers(-3, 4, mdp.n_states) + offset * (1e-16 < scale < 1e200)) * scale
        for gamma in (0.0, 0.5, 0.9, 1 - 1e-9):
            truth = exact_values(mdp, [Fraction(x) for x in reward], Fraction(gamma))
            for method in {"auto", "stochastic"}:
                assert_covers(mp.optimal_values(mdp, reward, gamma, method=method), truth)


def random_dyadic(rng):
    """2 or 3 states, 1 or 2 actions; probabilities are multiples of 1/16."""
    n = int(rng.integers(2, 4))
    return mp.RewardlessMDP.from_successors(
        {
            s: {a: dict(enumerate(rng.multinomial(16, np.ones(n) / n) / 16)) for a in range(rng.integers(1, 3))}
            for s in range(n)
        }
    )


@pytest.mark.parametrize("scale", [1.0, 1e150, 1e300, 1e-300, 1e-316])
def test_the_gap_of_a_gain_pays_for_centring(scale):
    # From a to the only end: the gain is R(end) in both states, to the bit. The solver subtracts the middle of the
    # rewards and adds it again, which rounds.
    mdp = mp.RewardlessMDP.from_successors({"a": {"go": {"a": 0.5, "end": 0.5}}, "end": {"stay": "end"}})
    rewards = np.random.default_rng(0).standard_normal((2000, 2)) * scale
    solution = mp.optimal_values(mdp, rewards, 1)
    error = np.abs(solution.normalised - rewards[:, 1:]).max(axis=1)  # of neighbouring floats: exact
    assert (error <= solution.error_bound).all()
    assert (error > 0).any() or scale < 1e-300  # or the test would show nothing; denormal ones are exact


def test_a_wrong_value_is_not_certified():
    """Negative control: values moved off by 1e-6 get an enclosure that still holds, and a gap that says so."""
    mdp = mp.envs.make("maze")
    reward = np.random.default_rng(0).random(31)
    for gamma in (0.5, 0.99):
        v = mp.optimal_values(mdp, reward, gamma).normalised[0]
        for s in range(0, 31, 5):
            wrong = v.copy()
            wrong[s] += 1e-6
            claimed = check_enclosure(mdp, reward, gamma, wrong)
            assert claimed >= 1e-6 * (1 - 1e-6)  # never below the true error
            assert check_enclosure(mdp, reward, gamma, v) < 1e-12


def test_a_false_claim_is_caught():
    """Negative control of `assert_covers`, the check of the tests above: half the true error is no gap."""
    mdp = mp.envs.figure_1()
    reward = [1, -2, 3, 0, 2, -1, 1, 0]
    truth = exact_values(mdp, reward, Fraction(0.9))
    honest = mp.optimal_values(mdp, np.array(reward, float), 0.9)
    wrong = honest.normalised.copy()
    wrong[0, 3] += 1e-6
    error = float(abs(Fraction(wrong[0, 3]) - truth[3]))
    assert_covers(dataclasses.replace(honest, normalised=wrong, error_bound=np.array([error * (1 + 1e-9)])), truth)
    for claim in (error / 2, error * (1 - 1e-9), honest.error_bound[0]):
        with pytest.raises(AssertionError, match="error 1e-06"):
            assert_covers(dataclasses.replace(honest, normalised=wrong, error_bound=np.array([claim])), truth)


@pytest.mark.parametrize("gamma", [0.5, 0.99])
@pytest.mark.parametrize("size", [1e-12, 1e-3, 10.0])
def test_the_deterministic_gap_covers_any_value(gamma, size):
    """The kernel that proves the gap, fed values that are wrong by about `size`, with an optimal policy or another.

    In the solver's form v = g + (1−γ) h: g = 0 and h = V.
    """
    mdp = mp.envs.make("maze")
    rng = np.random.default_rng(4)
    reward = rng.normal(size=31)
    best = mp.optimal_values(mdp, reward, gamma)
    best_pairs = [mdp.pair(s, mdp.action_names[a]) for s, a in zip(mdp.states, best.policies[0], strict=True)]
    for pairs in (np.array(best_pairs), mdp.pointer[:-1]):  # an optimal policy, and the first action everywhere
        policy = mdp.kernel.indices[pairs]
        value = np.linalg.solve(np.eye(31) - gamma * mdp.kernel[pairs].toarray(), reward)
        for _ in range(10):
            h = value + rng.normal(size=31) * size * rng.integers(0, 2, 31)
            gap = deterministic._gap(reward, gamma, mdp.pointer, mdp.kernel.indices, policy, np.zeros(31), h)
            error = np.abs((1 - gamma) * h - best.normalised[0]).max()
            assert error <= gap + best.error_bound[0]


@pytest.mark.parametrize("gamma", [0.5, 0.99])
def test_the_stochastic_gap_covers_an_unfinished_value(gamma, monkeypatch):
    """With corrections switched off only four sweeps of value iteration are left: a poor value, a true gap."""
    mdp = mp.envs.make("maze", slip=0.2)
    p, n = stochastic.plan(mdp), mdp.n_states
    rewards = np.random.default_rng(0).normal(size=(10, n))
    # Solved before anything is switched off: this compiles the kernels, which must not see the substitute.
    solved = mp.optimal_values(mdp, rewards, gamma)
    monkeypatch.setattr(stochastic, "_evaluate", lambda reward, c, *rest: (c, 0.0))
    for reward, best in zip(rewards, solved.normalised, strict=True):
        h, rho, pair = np.empty(n), np.empty(n), np.empty(n, np.int32)
        c, gap, _ = stochastic._iterate.py_func(
            reward[p.order], gamma, gamma, False, np.inf, p.pointer, p.indptr, p.indices, p.data, p.band, pair, h,
            rho, np.empty((n, 2 * p.band + 2)), np.empty((8, n)), new_flag(),
        )  # fmt: skip
        error = np.abs(c + (1 - gamma) * h - best[p.order]).max()
        assert 1e-6 < error <= gap  # poor indeed


@pytest.mark.parametrize("form", ["primal", "occupancy"])
def test_the_gap_of_a_linear_program_does_not_rest_on_its_word(form, monkeypatch):
    """What comes back from HiGHS is off by noise: the gap covers what is made of it."""
    original = getattr(linear_program, f"_{form}")
    mdp, gamma, rng = mp.envs.make("maze"), 0.99, np.random.default_rng(6)
    wrongest = 0.0
    for size in (1e-9, 1e-3, 1.0, 30.0):
        noise = size * rng.normal(size=31)
        monkeypatch.setattr(linear_program, f"_{form}", lambda *a, noise=noise: original(*a) + noise)
        rewards = rng.normal(size=(5, 31))
        values, _, gap, _ = linear_program.solve(mdp, rewards, gamma, form=form)
        best = mp.optimal_values(mdp, rewards, gamma)
        error = np.abs(values - best.normalised).max(axis=1)
        assert (error <= gap + best.error_bound).all()
        wrongest = max(wrongest, error.max())
    assert wrongest > 1e-3


def test_failure_names_the_draw(monkeypatch):
    monkeypatch.setattr("mdppower.solvers.optimal_values.certifiable", lambda gamma: -1.0)
    rewards = np.zeros((3, 31))
    rewards[2] = np.arange(31)  # zero rewards are certified to 0 exactly, and pass
    with pytest.raises(mp.SolverError, match="draw 2") as caught:
        mp.optimal_values(mp.envs.make("maze"), rewards, 0.9)
    assert caught.value.draw == 2


@pytest.mark.parametrize("slip", [0.0, 0.2])
@pytest.mark.parametrize("gamma", [0.9, 0.999999])
def test_hard_rewards(slip, gamma):
    """Ties everywhere, constants, sparse, huge offsets, tiny scales, heavy tails: solved, with the gap to scale."""
    mdp = mp.envs.make("open(8,8)", slip=slip)
    rng = np.random.default_rng(0)
    n = mdp.n_states
    rows = {
        "0/1": rng.integers(0, 2, n).astype(float),
        "tenths": rng.integers(0, 3, n) * 0.1,
        "constant": np.full(n, 0.1),
        "one": np.eye(1, n, 5)[0],
        "offset": rng.normal(size=n) * 1e6 - 1e7,
        "tiny": rng.normal(size=n) * 1e-12,
        "cauchy": rng.standard_cauchy(n),
    }
    for name, row in rows.items():
        solution = mp.optimal_values(mdp, row, gamma)
        assert solution.error_bound[0] <= 1e-8 * np.ptp(row) + 1e-14 * np.abs(row).max(), name
        lp = mp.optimal_values(mdp, row, gamma, method="lp")
        difference = np.abs(lp.normalised - solution.normalised).max()
        assert difference <= lp.error_bound[0] + solution.error_bound[0], name


def test_too_near_one_says_what_can_be_done():
    # Two exits of different worth, far apart: at 1 − 1e-14 rounding is worth 1e-16/1e-14 of their difference.
    mdp = mp.RewardlessMDP.from_successors({0: {"go": {0: 0.5, 1: 0.25, 2: 0.25}}, 1: {"stay": 1}, 2: {"stay": 2}})
    with pytest.raises(mp.SolverError, match=r"gamma up to about 1 - 1e-12 can be certified, and gamma = 1 is"):
        mp.optimal_values(mdp, [0.3, 0.7, 0.1], 1 - 1e-14)
    assert mp.optimal_values(mdp, [0.3, 0.7, 0.1], 1 - 1e-12).error_bound[0] < 0.01
    assert mp.optimal_values(mdp, [0.3, 0.7, 0.1], 1).normalised[0, 0] == pytest.approx(0.4, abs=1e-14)
