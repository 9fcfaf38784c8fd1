"""Optimal pairs against brute force in rational arithmetic, in all regimes: γ → 0, between, γ → 1."""

from __future__ import annotations

from fractions import Fraction

import numpy as np
import pytest
from cases import exact_values
from hypothesis import given, settings
from hypothesis import strategies as st
from strategies import mdps

import mdppower as mp
from mdppower.mdp.actions import equivalent_pairs
from mdppower.mdp.chains import recurrent_classes
from mdppower.optimal_sets import optimal_actions
from mdppower.optimal_sets.blackwell import blackwell_pairs
from mdppower.optimal_sets.optimal_actions import NOT, OPEN, STRICT, TIED, optimal_pairs
from mdppower.optimal_sets.optimal_actions_exact import exact_sets
from mdppower.solvers.optimal_values import pick

TINY = Fraction(1, 10**40)
"""How far from its limits γ stands for "near 0" and "near 1" here.

In MDPs of 4 states with probabilities in quarters and rewards of size ≤ 4, the lead of one action over another is a
rational function of γ (or of 1 − γ): over a common denominator, a polynomial of degree ≤ 8 whose coefficients are
multiples of 4^-8 and bounded by 2^8 · 2^8 · 8. By Cauchy's bound a root that is not 0 is at least
1/(1 + 2^19 · 2^16) > 10^-11. Between 0 and that no lead changes its sign.
"""

MEANT = {0.0: TINY, 0.5: Fraction(1, 2), 0.9: Fraction(9, 10), 1.0: 1 - TINY}


def codes_of(mdp: mp.RewardlessMDP, rewards, gamma: float, method: str | None = None) -> np.ndarray:
    return optimal_pairs(mdp, np.array(rewards, dtype=float, ndmin=2), gamma, method or pick(mdp, "auto"))


def brute_force(mdp: mp.RewardlessMDP, reward: list[int], gamma: float) -> np.ndarray:
    """Codes from v* over all policies."""
    v = exact_values(mdp, reward, MEANT[gamma])
    scores = [sum(Fraction(x) * v[s] for x, s in zip(row.data, row.indices, strict=True)) for row in map(
        mdp.kernel.__getitem__, ([p] for p in range(mdp.n_pairs)))]  # fmt: skip
    codes = np.zeros(mdp.n_pairs, int)
    for s in range(mdp.n_states):
        own = range(mdp.pointer[s], mdp.pointer[s + 1])
        best = max(scores[p] for p in own)
        winners = [p for p in own if scores[p] == best]
        codes[winners] = STRICT if len(winners) == 1 else TIED
    return codes


@pytest.mark.slow
@settings(max_examples=60, deadline=None)
@given(st.data())
def test_agrees_with_brute_force(data):
    """Small integers make ties at all levels; nothing may be open in an MDP this small."""
    mdp = data.draw(mdps(max_states=4, dyadic=True))
    reward = data.draw(st.lists(st.integers(-1, 1), min_size=mdp.n_states, max_size=mdp.n_states))
    for gamma in MEANT:
        assert codes_of(mdp, reward, gamma)[0].tolist() == brute_force(mdp, reward, gamma).tolist(), gamma


@pytest.mark.slow
@settings(max_examples=60, deadline=None)
@given(st.data())
def test_floats_alone_are_never_wrong(data):
    """With exact looks switched off they may leave open, but what they say is true.

    In deterministic MDPs these cannot be switched off, and all is said.
    """
    mdp = data.draw(mdps(max_states=4, dyadic=True))
    offset = data.draw(st.sampled_from([0, 1000]))
    reward = [
        offset + r for r in data.draw(st.lists(st.integers(-4, 4), min_size=mdp.n_states, max_size=mdp.n_states))
    ]
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(optimal_actions, "SMALL", 0)
        patch.setattr(optimal_actions, "_settle", lambda *_: None)
        for gamma in MEANT:
            codes, truth = codes_of(mdp, reward, gamma)[0], brute_force(mdp, reward, gamma)
            said = codes != OPEN
            assert (codes == truth)[said].all(), gamma
            if mdp.is_deterministic:
                assert said.all()


@settings(max_examples=40, deadline=None)
@given(mdps(max_states=7), st.integers(0, 2**32 - 1))
def test_near_one_is_blackwell_for_generic_rewards(mdp, seed):
    """A γ of 1 − 1e-9 is near enough but for a few draws in 1e7; fractions as they come (1/3, 4/9 …)."""
    rewards = np.random.default_rng(seed).random((3, mdp.n_states))
    limit, near = (codes_of(mdp, rewards, gamma) for gamma in (1.0, 1 - 1e-9))
    assert (limit == near).all()
    assert (limit != OPEN).all()


@pytest.mark.parametrize("name", ["maze", "four-rooms", "FrozenLake8x8-v1"])
def test_larger_mdps_at_one(name):
    """Above 24 states, where fractions are not tried: nothing stays open.

    Compared with γ = 1 − 1e-6: nearer to 1 leads, which shrink like 1 − γ, pass below what is certified of v.
    """
    mdp = mp.envs.make(name, slip=0.1) if name == "four-rooms" else mp.envs.make(name)
    rewards = np.random.default_rng(3).random((8, mdp.n_states))
    limit, near = (codes_of(mdp, rewards, gamma) for gamma in (1.0, 1 - 1e-6))
    assert (limit != OPEN).all()
    said = near != OPEN
    assert (limit == near)[said].all()
    assert said.mean() > 0.98


def test_taylor_goes_as_deep_as_needed():
    """Two chains of equal rewards that differ in their last state only: the S-th level decides at γ → 0."""
    n = 9
    chains = {f"{c}{k}": {"go": f"{c}{k + 1}"} for c in "xy" for k in range(n)}
    mdp = mp.RewardlessMDP.from_successors(
        {"start": {"x": "x0", "y": "y0"}} | chains | {f"{c}{n}": {"stay": f"{c}{n}"} for c in "xy"}
    )
    reward = np.zeros(mdp.n_states)
    reward[mdp.index(f"x{n}")] = 1e-300  # no number is too small to be copied
    for gamma in (0.0, 0.5, 1.0):
        assert codes_of(mdp, reward, gamma)[0, :2].tolist() == [STRICT, NOT]


def test_laurent_goes_as_deep_as_needed():
    """Ways to "end" that earn (0, 0, 0, 0) or the alternating (1, −3, 3, −1) = −(1 − γ)³-like sums.

    1 − 3γ + 3γ² − γ³ = (1 − γ)³: gain 0, bias 0, y_1 = 0, y_2 = 0 on both ways; the level of (1 − γ)³ decides.
    """
    numbers = [1, -3, 3, -1]
    mdp = mp.RewardlessMDP.from_successors(
        {"start": {"x": "x0", "y": "y0"}}
        | {f"{c}{k}": {"go": f"{c}{k + 1}" if k < 3 else "end"} for c in "xy" for k in range(4)}
        | {"end": {"stay": "end"}}
    )
    for sign, expected in ((1, [STRICT, NOT]), (-1, [NOT, STRICT]), (0, [TIED, TIED])):
        reward = [0, *(sign * x for x in numbers), 0, 0, 0, 0, 0]
        assert codes_of(mdp, reward, 1.0)[0, :2].tolist() == expected


def test_periodic():
    """A ring of two against staying: (r0 + r1)/2 = gain of the ring; the better of the two states wins, always.

    "a" leaves for the ring b ⇄ c or for d with R(d) = (R(b) + R(c))/2. The gains tie; V(b) = (R(b) + γR(c))/(1 − γ²)
    is more than R(d)/(1 − γ) iff R(b) > R(c).
    """
    mdp = mp.RewardlessMDP.from_successors(
        {"a": {"b": "b", "d": "d"}, "b": {"c": "c"}, "c": {"b": "b"}, "d": {"stay": "d"}}
    )
    assert codes_of(mdp, [[0, 3, 1, 2], [0, 1, 3, 2], [0, 2, 2, 2]], 1.0)[:, :2].tolist() == [
        [STRICT, NOT], [NOT, STRICT], [TIED, TIED],
    ]  # fmt: skip


@pytest.mark.parametrize("gamma", [0.0, 0.3, 0.999, 1.0])
def test_constant_rewards_tie(gamma):
    """All actions are optimal, and the only one of its state strictly; 0.1 is not exact in binary."""
    mdp = mp.envs.make("FrozenLake-v1")
    expected = np.where(np.diff(mdp.pointer) > 1, TIED, STRICT)[mdp.pair_states]
    for level in (0.0, 0.1, -1e6):
        assert codes_of(mdp, np.full(mdp.n_states, level), gamma)[0].tolist() == expected.tolist()


def test_equivalent_actions_are_one():
    """Rows that differ in their last bit only stand for the same fractions."""
    near = 0.1 + 0.7  # not 0.8
    mdp = mp.RewardlessMDP.from_successors(
        {"a": {"x": {"a": near, "b": 0.2}, "y": {"a": 0.8, "b": 0.2}, "z": "a"}, "b": {"stay": "b"}}
    )
    assert near != 0.8
    assert equivalent_pairs(mdp).tolist() == [0, 0, 2, 3]
    for gamma in (0.0, 0.5, 1.0):
        codes = codes_of(mdp, [[0, 1], [1, 0]], gamma)
        assert codes.tolist() == [[TIED, TIED, NOT, STRICT], [NOT, NOT, STRICT, STRICT]]


def test_methods_agree():
    mdp = mp.envs.make("turner-figure-1")
    rewards = np.random.default_rng(0).random((4, mdp.n_states))
    for gamma in (0.0, 0.7, 1.0):
        first, *others = (codes_of(mdp, rewards, gamma, m) for m in ("deterministic", "stochastic", "lp"))
        assert all((first == other).all() for other in others)


BET = mp.RewardlessMDP.from_successors(
    {"root": {"bet": {"x": 0.5, "y": 0.5}, "sure": "z"}, "x": {"": "x"}, "y": {"": "y"}, "z": {"": "z"}}
)


def test_cap_on_fractions(monkeypatch):
    """Beyond the cap residues decide; a repeated reward function costs nothing, whatever earlier calls knew."""
    rewards = [[0, 0, 2 * k, k] for k in (0.1, 0.2, 0.3, 0.1)]
    monkeypatch.setattr(optimal_actions, "MOST_EXACT", 2)
    for _ in range(2):
        assert codes_of(BET, rewards, 0.5)[:, 0].tolist() == [TIED] * 4
    monkeypatch.setattr(optimal_actions, "_settle", lambda *_: None)
    for _ in range(2):
        assert codes_of(BET, rewards, 0.5)[:, 0].tolist() == [TIED, TIED, OPEN, TIED]


def test_too_large_for_blackwell(monkeypatch):
    """No limit where the MDP is deterministic."""
    monkeypatch.setattr(optimal_actions, "MOST_BLACKWELL", 2)
    with pytest.raises(mp.SizeError, match="at most 2 states, not 4; a gamma just below 1"):
        codes_of(BET, [0, 1, 2, 0], 1.0)
    assert codes_of(mp.envs.fork(2), [0, 1, 2], 1.0)[0].tolist() == [NOT, STRICT, STRICT, STRICT]


def test_open_states_are_those_that_reach_a_doubt():
    """At γ = 1 in floats: a tie of ring and state (rounded gains) opens "a", and not the closed part beside it."""
    third = [0.0, 0.1, 0.2, 0.3, 0.2, 5.0, 6.0]
    mdp = mp.RewardlessMDP.from_successors({
        "a": {"ring": "b", "d": "d"}, "b": {"go": "c"}, "c": {"go": "e"}, "e": {"go": "b"}, "d": {"stay": "d"},
        "p": {"stay": "p", "go": "q"}, "q": {"stay": "q"},
    })  # fmt: skip
    candidates, unsure, _ = blackwell_pairs(mdp, np.array([third]), equivalent_pairs(mdp), "deterministic")
    codes = optimal_actions.classify(mdp, equivalent_pairs(mdp), candidates, ~unsure)[0]
    assert codes.tolist() == [OPEN, OPEN, STRICT, STRICT, STRICT, STRICT, STRICT, NOT, STRICT]  # p: go, stay


def test_rate_next_to_one_is_not_one():
    """1 − 2^-53 stands for itself: the simplest fraction near it would be 1, which is another question."""
    mdp = mp.RewardlessMDP.from_successors({"a": {"x": "b", "y": "c"}, "b": {"x": "b"}, "c": {"x": "c"}})
    assert exact_sets(mdp, np.array([0.0, 1.0, 1.0 + 2**-52]), 1 - 2.0**-53)[0] == [1]


def test_recurrent_classes():
    """Two absorbing states and a period-2 class; a transient state that can end in two of them has no one end."""
    from scipy import sparse

    chain = sparse.csr_array(
        [[1, 0, 0, 0, 0], [0, 0, 1, 0, 0], [0, 1, 0, 0, 0], [0.5, 0, 0.5, 0, 0], [0, 0, 1.0, 0, 0]]
    )
    classes, ends = recurrent_classes(chain)
    assert [c.tolist() for c in classes] == [[0], [1, 2]]
    assert ends.tolist() == [0, 1, 1, -1, 1]


@pytest.mark.parametrize("rewards", ["uniform", "bernoulli(0.3)"])
@pytest.mark.parametrize("apart", [2.0**-52, 2.0**-50, 2.0**-48])
def test_rows_that_differ_by_rounding_tie_everywhere(rewards, apart):
    """One reading: such rows are one action, at every γ, for draws and exactly; none of the two is lost."""
    rows = [[0.5, 0.5, 0], [0.5 + apart, 0.5 - apart, 0], [0, 1, 0], [0, 0, 1]]
    mdp = mp.RewardlessMDP.from_pairs([0, 0, 1, 2], rows)
    for gamma in (0, 0.5, 0.9, 1):
        drawn = mp.action_optimality(mdp, gamma, rewards, samples=64, rng=0)
        exact = mp.action_optimality(mdp, gamma, rewards, method="exact")
        for found in (drawn, exact):
            assert found.tied.mean[:2].tolist() == [1, 1], (gamma, found)


def test_rows_further_apart_do_not_tie():
    # The negative control: 1e-12 is no rounding, and with a density each of the two is better half the time.
    mdp = mp.RewardlessMDP.from_pairs(
        [0, 0, 1, 2], [[0.5, 0.5, 0], [0.5 + 1e-12, 0.5 - 1e-12, 0], [0, 1, 0], [0, 0, 1]]
    )
    for gamma in (0, 0.5):
        assert mp.action_optimality(mdp, gamma, method="exact").tied.mean[0] == 0
