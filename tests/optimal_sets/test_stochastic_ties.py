"""What floats leave open in stochastic MDPs: against rational policy iteration, and the symmetries of a map."""

from __future__ import annotations

from fractions import Fraction
from itertools import islice

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy import sparse
from strategies import mdps

import mdppower as mp
from mdppower.mdp.rational import rational_rows
from mdppower.optimal_sets import modular_chains, optimal_actions, stochastic_ties
from mdppower.optimal_sets.fraction_rows import PRIMES, integer_rows, reading_off, residue, residues, rows_modulo
from mdppower.optimal_sets.long_values import Leads
from mdppower.optimal_sets.optimal_actions import NOT, OPEN, STRICT, TIED, optimal_pairs
from mdppower.optimal_sets.optimal_actions_exact import _coefficients, exact_sets

GAMMAS = (0.0, 1 / 3, 0.5, 0.9, 1.0)


def codes_of(mdp, reward, gamma):
    return optimal_pairs(mdp, np.array(reward, float, ndmin=2), gamma, "stochastic")


def by_fractions(mdp, reward, gamma):
    codes = np.full(mdp.n_pairs, NOT)
    for pairs in exact_sets(mdp, np.array(reward, float), gamma):
        codes[pairs] = STRICT if len(pairs) == 1 else TIED
    return codes


def random_mdp(rng, dyadic):
    n = int(rng.integers(2, 7))
    successors = {}
    for s in range(n):
        successors[s] = {}
        for a in range(int(rng.integers(1, 4))):
            ends = rng.choice(n, int(rng.integers(1, min(n, 3) + 1)), replace=False).tolist()
            weights = rng.integers(1, 9, len(ends))
            halves = {1: [1.0], 2: [0.25, 0.75], 3: [0.5, 0.25, 0.25]}[len(ends)]
            shares = halves if dyadic else (weights / weights.sum()).tolist()
            successors[s][a] = dict(zip(ends, shares, strict=True))
    return mp.RewardlessMDP.from_successors(successors)


@pytest.fixture
def without_fractions(monkeypatch):
    """All that floats leave open is settled by residues and long numbers, also in small MDPs."""
    monkeypatch.setattr(optimal_actions, "SMALL", 0)


# ---------------------------------------------------------------------- against rational policy iteration


def disagreements(seed, count):
    """(wrong, open, tied) pairs over random MDPs with rewards 0 and 1, or −2 … 2."""
    rng = np.random.default_rng(seed)
    wrong = unsure = tied = 0
    for number in range(count):
        mdp = random_mdp(rng, dyadic=number % 3 > 0)
        reward = rng.integers(0, 2, mdp.n_states) if number % 2 else rng.integers(-2, 3, mdp.n_states) * 0.1
        if mdp.is_deterministic:
            continue
        for gamma in GAMMAS:
            codes, truth = codes_of(mdp, reward, gamma)[0], by_fractions(mdp, reward, gamma)
            said = codes != OPEN
            wrong += (codes != truth)[said].sum()
            unsure += (~said).sum()
            tied += (codes == TIED).sum()
    return wrong, unsure, tied


@pytest.mark.slow
def test_agrees_with_rational_policy_iteration(without_fractions):
    wrong, unsure, tied = disagreements(0, 120)
    assert (wrong, unsure) == (0, 0)
    assert tied > 300


@pytest.mark.slow
@settings(max_examples=40, deadline=None)
@given(st.data())
def test_agrees_with_rational_policy_iteration_for_any(data):
    mdp = data.draw(mdps(max_states=5, deterministic=False, dyadic=True))
    reward = data.draw(st.lists(st.integers(0, 1), min_size=mdp.n_states, max_size=mdp.n_states))
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(optimal_actions, "SMALL", 0)
        for gamma in GAMMAS:
            assert codes_of(mdp, reward, gamma)[0].tolist() == by_fractions(mdp, reward, gamma).tolist(), gamma


def test_a_variant_that_stops_after_the_first_level_is_caught(without_fractions, monkeypatch):
    """The negative control: if γ → 1 is the gain alone, and any other lead a tie, the same loop finds wrong pairs."""
    levels, signs = stochastic_ties._Part._first_levels, stochastic_ties._Part.signs

    def gain_only(self, own, asked, place):
        level = levels(self, own, asked, place)
        return np.where(level > 0, stochastic_ties.MOST_LEVELS, level)

    def no_doubt(self, own):
        found = signs(self, own)
        return np.where(found == stochastic_ties.UNKNOWN, 0, found)

    monkeypatch.setattr(stochastic_ties._Part, "_first_levels", gain_only)
    monkeypatch.setattr(stochastic_ties._Part, "signs", no_doubt)
    assert disagreements(0, 40)[0] > 0


# ---------------------------------------------------------------------- on maps


def test_one_goal_in_the_middle_has_the_symmetries_of_the_square():
    """A quarter turn maps optimal pairs onto optimal pairs, with ties on the diagonals, which floats cannot prove."""
    mdp = mp.envs.gridworld("\n".join(["." * 7] * 7), slip=0.1)
    reward = np.zeros(49)
    reward[mdp.index((3, 3))] = 1
    turned = {"N": "E", "E": "S", "S": "W", "W": "N", "stay": "stay"}
    turn = np.empty(mdp.n_pairs, int)
    for p in range(mdp.n_pairs):
        (row, column), action = mdp.pair_label(p)
        turn[p] = mdp.pair((column, 6 - row), turned[action])
    for gamma in (0, 0.5, 0.9, 1):
        codes = codes_of(mdp, reward, gamma)[0]
        assert (codes != OPEN).all()
        assert (codes[turn] == codes).all()
        for row, column, ways in ((0, 0, "SE"), (1, 1, "SE"), (6, 0, "NE"), (5, 1, "NE")):
            assert {a for a in "NESW" if codes[mdp.pair((row, column), a)] == TIED} == set(ways), gamma


def test_leads_far_below_rounding():
    """At γ = .1, 15 and more steps from the goal, leads are below 1e-15, and not ties: nothing is open."""
    mdp = mp.envs.gridworld("." * 30, slip=0.1)
    reward = np.zeros(30)
    reward[29] = 1
    codes = codes_of(mdp, reward, 0.1)[0]
    assert (codes != OPEN).all()
    assert all(codes[mdp.pair((0, k), "E")] == STRICT for k in range(29))


def test_a_question_concerns_what_candidates_reach(monkeypatch):
    """Two rooms that never meet: a tie in one is settled on its 4 states, however large the other."""
    successors = {"root": {"bet": {"x": 0.5, "y": 0.5}, "sure": "z"}} | {s: {"": s} for s in "xyz"}
    successors |= {
        k: {"on": {(k + 1) % 60: 0.5, (k + 2) % 60: 0.5}, "back": {k - 1 if k else 59: 1}} for k in range(60)
    }
    mdp = mp.RewardlessMDP.from_successors(successors)
    reward = np.r_[0, 0.25, 0.75, 0.5, np.random.default_rng(0).random(60)]
    monkeypatch.setattr(stochastic_ties, "MOST_STATES", 4)
    for gamma in GAMMAS:
        codes = codes_of(mdp, reward, gamma)[0]
        assert codes[:2].tolist() == [TIED, TIED]
        assert (codes != OPEN).all()
    monkeypatch.setattr(stochastic_ties, "MOST_STATES", 3)
    assert codes_of(mdp, reward, 0.5)[0, :2].tolist() == [OPEN, OPEN]
    monkeypatch.setattr(stochastic_ties, "MOST_STATES", 4)
    monkeypatch.setattr(stochastic_ties, "MOST_WORK", 0)
    assert codes_of(mdp, reward, 0.5)[0, :2].tolist() == [OPEN, OPEN]


# ---------------------------------------------------------------------- what it rests on


def test_the_primes_are_prime_and_far_from_powers_of_two():
    """Modulo 2^31 − 1 rewards of 1 and 2^31 are the same."""
    for prime in PRIMES:
        assert all(prime % d for d in range(2, int(prime**0.5) + 1))
        assert 2**31 - prime > 2**24
    mdp = mp.RewardlessMDP.from_successors(
        {"root": {"x": {"x": 0.5, "z": 0.5}, "y": {"y": 0.5, "z": 0.5}}} | {s: {"": s} for s in "xyz"}
    )
    everything = np.ones(5, bool), np.ones(4, bool), mdp.pointer[:-1]
    optimal, unsure = stochastic_ties.settle(mdp, np.array([0, 1, 2.0**31, 0]), 0.5, *everything)
    assert optimal[:2].tolist() == [False, True]
    assert not unsure.any()


def test_laurent_coefficients_modulo_primes():
    """y_{−1}, y_0, … in fractions, reduced, are those modulo each prime: multichain and periodic chains, too."""
    rng = np.random.default_rng(1)
    for number in range(40):
        mdp = random_mdp(rng, dyadic=number % 2 == 0)
        n, own = mdp.n_states, mdp.pointer[:-1]
        reward = rng.integers(-3, 4, n).astype(float)
        known = list(_coefficients(mdp, rational_rows(mdp), [Fraction(x) for x in reward.tolist()], own.tolist()))
        for prime in PRIMES:
            chain = rows_modulo(mdp, own, prime)
            place, _ = modular_chains.band_work(sparse.csr_array(mdp.kernel[own]))
            found = islice(modular_chains.laurent(chain, residues(reward, prime), place, prime), len(known))
            for exact, y in zip(known, found, strict=True):
                assert [residue(x, prime) for x in exact] == y.tolist()


def test_long_leads_are_those_in_fractions():
    """Signs at the first Laurent level that is not 0, and at γ = 9/10, for random policies."""
    rng = np.random.default_rng(2)
    told = 0
    for _ in range(40):
        mdp = random_mdp(rng, dyadic=False)
        n, own = mdp.n_states, mdp.pointer[:-1]
        reward = [Fraction(int(x)) for x in rng.integers(-3, 4, n)]
        kernel, rows = mdp.kernel, rational_rows(mdp)
        exact = list(islice(_coefficients(mdp, rows, reward, own.tolist()), 3))
        long = [
            (below, list(zip(kernel.indices[i:j].tolist(), parts, strict=True)))
            for i, j, (below, parts) in zip(
                kernel.indptr[:-1], kernel.indptr[1:], integer_rows(mdp, list(range(mdp.n_pairs))), strict=True
            )
        ]
        leads = Leads(long, mdp.pair_states, own, reward, Fraction(1))
        before = [Fraction(0)] * n
        for level, y in enumerate(exact):
            earned = reward if level == 1 else [Fraction(0)] * n
            lead = [
                sum(x * y[t] for t, x in rows[p].items()) + earned[s] - before[s] - y[s]
                for p, s in enumerate(mdp.pair_states.tolist())
            ]
            asked = np.flatnonzero([x != 0 for x in lead])
            signs = leads.signs(asked, np.full(len(asked), level)) if len(asked) else []
            assert signs == [1 if lead[p] > 0 else -1 for p in asked.tolist()]
            told += len(signs)
            before = y
    assert told > 100


def test_a_zero_lead_is_never_given_a_sign():
    """Asked about ties, which it must not be, long arithmetic says 0."""
    rows = [(2, [(1, 1), (2, 1)]), (1, [(1, 1)]), (1, [(2, 1)]), (1, [(1, 1)]), (1, [(2, 1)])]
    owner, own = np.array([0, 1, 2, 0, 0]), np.array([0, 1, 2])
    for gamma in (Fraction(1, 3), Fraction(1)):
        leads = Leads(rows, owner, own, [Fraction(5), Fraction(1, 3), Fraction(1, 3)], gamma)
        assert leads.signs(np.array([3, 4]), np.array([0, 0])) == [0, 0]


def test_reading_off_bounds_what_the_reading_changes():
    """Values of one chain in floats taken as they are, and as fractions: apart by less than is said."""
    rng = np.random.default_rng(3)
    for _ in range(20):
        mdp = random_mdp(rng, dyadic=False)
        n, own = mdp.n_states, mdp.pointer[:-1].tolist()
        rows, gamma = rational_rows(mdp), 0.99
        reward = [Fraction(int(x)) for x in rng.integers(0, 2, n)]
        apart = max(
            abs(a - b)
            for a, b in zip(
                normalised([rows[p] for p in own], reward, Fraction(99, 100)),
                normalised([as_floats(mdp, p) for p in own], reward, Fraction(gamma)),
                strict=True,
            )
        )
        assert apart <= Fraction(reading_off(mdp, gamma)) * (max(reward) - min(reward) + Fraction(1, 10**6))


def as_floats(mdp, p):
    entries = slice(mdp.kernel.indptr[p], mdp.kernel.indptr[p + 1])
    states, chances = mdp.kernel.indices[entries].tolist(), [Fraction(x) for x in mdp.kernel.data[entries].tolist()]
    return {s: x / sum(chances) for s, x in zip(states, chances, strict=True)}


def normalised(rows, reward, gamma):
    """(1−γ)(I − γP)^{-1} r in fractions."""
    from mdppower.mdp.rational import solve

    n = len(rows)
    system = [[Fraction(s == t) - gamma * rows[s].get(t, 0) for t in range(n)] for s in range(n)]
    return [(1 - gamma) * x for (x,) in solve(system, [[r] for r in reward])]
