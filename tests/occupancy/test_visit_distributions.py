"""F, F_nd and RSD: counted by hand, against the golden files, and against brute force on random MDPs."""

from __future__ import annotations

from fractions import Fraction

import numpy as np
import pytest
from cases import GOLDEN, golden_mdp, load
from hypothesis import given, settings
from strategies import mdps

import mdppower as mp
from mdppower.occupancy.closed_policies import closed_policies, visit_distribution
from mdppower.occupancy.vectors import distinct_rows, extreme_rows
from mdppower.occupancy.visit_distributions import GENERIC

CASES = [pytest.param(load(path), id=path.stem) for path in GOLDEN]


@pytest.mark.parametrize("case", CASES)
def test_golden_counts(case):
    mdp = golden_mdp(case)
    for state, count in case["expected"].get("F_count", {}).items():
        assert len(mp.visits(mdp, state, 0.5)) == count, state
    for state, count in case["expected"].get("Fnd_count", {}).items():
        assert len(mp.visits(mdp, state, 0.5).nondominated()) == count, state


@pytest.mark.parametrize("key", ["RSD", "RSDnd"])
@pytest.mark.parametrize("case", CASES)
def test_golden_recurrent_distributions(case, key):
    mdp = golden_mdp(case)
    for state, rows in case["expected"].get(key, {}).items():
        ends = mp.rsd(mdp, state)
        if key == "RSDnd":
            ends = ends.nondominated()
        expected = np.array([[float(Fraction(row.get(s, "0"))) for s in mdp.states] for row in rows])
        assert len(ends) == len(expected), state
        distance = np.abs(ends.rows[:, None] - expected[None]).max(axis=2)
        assert distance.min(axis=0).max() < 1e-12
        assert distance.min(axis=1).max() < 1e-12


@pytest.mark.parametrize(("rows", "columns", "corner", "edge"), [(2, 3, 10, 8), (3, 3, 25, 21)])
def test_open_grids(rows, columns, corner, edge):
    # A case of the paper's kind with known counts: 2×3 with stay has 43 and 37 visit distributions, 10 and 8 of
    # them nondominated. The others are confirmed by brute force in the test below.
    grid = mp.envs.make(f"open({rows},{columns})")
    assert len(mp.visits(grid, (0, 0), 0.5).nondominated()) == corner
    assert len(mp.visits(grid, (0, 1), 0.5).nondominated()) == edge
    if rows == 2:
        assert [len(mp.visits(grid, s, 0.5)) for s in ((0, 0), (0, 1))] == [43, 37]


@pytest.mark.slow
def test_open_3x3_by_linear_programs():
    """All 211 distributions of a corner, each against all others by a linear program."""
    f = mp.visits(mp.envs.make("open(3,3)"), (0, 0), 0.6)
    among = f.rows
    vertices = among[extreme_rows(0.4 * among)]
    found = f.nondominated().rows
    assert len(vertices) == len(found) == 25
    assert np.abs(vertices[:, None] - found[None]).max(axis=2).min(axis=0).max() < 1e-12


@pytest.mark.slow
@settings(max_examples=30, deadline=None)
@given(mdps(max_states=4))
def test_nondominated_is_what_brute_force_finds(mdp):
    """List F by all closed policies, then keep the vertices of its hull at one rate; both routes agree."""
    for state in mdp.states:
        policies = list(closed_policies(mdp, state))
        both = np.array([[visit_distribution(mdp, p, state, g) for g in GENERIC] for p in policies])
        first = distinct_rows(both.reshape(len(policies), -1))
        f = mp.visits(mdp, state, GENERIC[0])
        assert len(f) == len(first)
        among = (1 - GENERIC[0]) * both[first, 0]
        vertices = among[extreme_rows(among)]
        found = f.nondominated().normalised
        assert len(found) == len(vertices)
        assert np.abs(vertices[:, None] - found[None]).max(axis=2).min(axis=0).max() < 1e-9


@pytest.mark.slow
@settings(max_examples=25, deadline=None)
@given(mdps(max_states=5))
def test_each_witness_makes_its_own_distribution_the_only_best(mdp):
    for gamma in (0.3, 0.9):
        f = mp.visits(mdp, mdp.states[0], gamma)
        best = f.nondominated().normalised
        witnesses = f.witnesses()
        returns, own = witnesses @ f.normalised.T, witnesses @ best.T
        for k in range(len(best)):
            assert own[k, k] == pytest.approx(returns[k].max(), abs=1e-9)
            others = np.abs(f.normalised - best[k]).max(axis=1) > 1e-9
            assert (returns[k][others] < own[k, k]).all()


@pytest.mark.slow
@settings(max_examples=40, deadline=None)
@given(mdps(max_states=5))
def test_rsd_nd_are_the_extreme_rsds(mdp):
    for state in mdp.states[:2]:
        ends = mp.rsd(mdp, state)
        vertices = ends.rows[extreme_rows(ends.rows)]
        found = ends.nondominated().rows
        assert len(found) == len(vertices)
        assert np.abs(vertices[:, None] - found[None]).max(axis=2).min(axis=0).max() < 1e-9


@pytest.mark.slow
@settings(max_examples=20, deadline=None)
@given(mdps(max_states=5))
def test_best_of_the_sets_is_the_optimal_value(mdp):
    """max over the VALUE rows of ⟨row, R⟩ is v; over the POWER rows it is max_a E v; F_nd is enough (γ = 1 too)."""
    reward = np.random.default_rng(1).normal(size=mdp.n_states)
    for gamma in (0.0, 0.4, 0.95, 1.0):
        v = mp.optimal_values(mdp, reward, gamma).normalised[0]
        ahead = np.maximum.reduceat(mdp.kernel @ v, mdp.pointer[:-1])
        for s, state in enumerate(mdp.states[:3]):
            whole = mp.visits(mdp, state, gamma)
            for f in (whole, whole.nondominated()):
                assert (f.normalised @ reward).max() == pytest.approx(v[s], abs=1e-9)
                assert (f.power_rows @ reward).max() == pytest.approx(ahead[s], abs=1e-9)


def test_given_action_is_taken_at_every_visit():
    # Two states; at b "back" leads to a, at a "go" leads to b. F(a | π(b) = back) never stays in b: going on, it
    # alternates. Q*(b, back) would let the agent stay in b the second time.
    mdp = mp.RewardlessMDP.from_successors({"a": {"go": "b", "stay": "a"}, "b": {"back": "a", "stay": "b"}})
    f = mp.visits(mdp, "b", 0.5, given={"b": "back"})
    # back, then stay in a: (a: γ/(1−γ), b: 1) = (1, 1); or a, b, a, b, …: b: 1/(1−γ²) = 4/3, a: γ/(1−γ²) = 2/3.
    np.testing.assert_allclose(sorted(f.rows.tolist()), [[2 / 3, 4 / 3], [1.0, 1.0]], rtol=1e-14)
    assert len(mp.visits(mdp, "b", 0.5)) == 3


def test_nondominated_of_a_selection_stays_in_it():
    f = mp.visits(mp.envs.figure_1(), "star", 0.5)
    picked = f.select([0, 1, 2])
    best = picked.nondominated()
    assert set(map(str, best.policies)) == set(map(str, f.nondominated().policies)) & set(map(str, picked.policies))
    assert 0 < len(best) < 3


def test_periodic_and_multichain_limits():
    # A 3-cycle visits each state a third of the time; a gamble ends in one of two absorbing states.
    ring = mp.envs.cycle(3)
    np.testing.assert_allclose(mp.rsd(ring, ring.states[0]).rows, [[1 / 3] * 3])
    gamble = mp.RewardlessMDP.from_successors(
        {"s": {"bet": {"w": 0.25, "s": 0.5, "l": 0.25}}, "w": {"x": "w"}, "l": {"x": "l"}}
    )
    np.testing.assert_allclose(mp.rsd(gamble, "s").rows, [[0, 0.5, 0.5]], atol=1e-15)


def test_ends_of_gamma():
    fork = mp.envs.fork(2)
    f = mp.visits(fork, "root", 0)
    assert f.normalised.tolist() == [[1, 0, 0], [1, 0, 0]]  # two functions, equal at γ = 0
    assert f.power_rows.tolist() == [[0, 1, 0], [0, 0, 1]]
    with pytest.raises(mp.ParameterError, match="do not converge"):
        _ = mp.visits(fork, "root", 1).rows


def test_too_many_are_refused_with_an_estimate_but_f_nd_is_not():
    grid = mp.envs.make("open(4,4)")
    f = mp.visits(grid, (0, 0), 0.5, limit=1000)  # |F| is 6,303
    with pytest.raises(mp.SizeError, match=r"more than 1,000 closed policies .* \(about .*e\+03 by random probing\)"):
        len(f)
    assert len(f.nondominated()) == 161
    with pytest.raises(mp.SizeError, match="more than 100 nondominated visit distributions from state"):
        mp.visits(grid, (0, 0), 0.5, limit=100).nondominated()


@pytest.mark.slow
def test_linear_programs_are_not_run_for_hours():
    # The start of FrozenLake has about 26,000 nondominated distributions, of some linear programs each.
    lake = mp.envs.make("FrozenLake-v1")
    with pytest.raises(mp.SizeError, match=r"about .* nondominated .* the limit is 10,000"):
        mp.visits(lake, (0, 0), 0.9).nondominated()


def test_bad_input():
    fork = mp.envs.fork(2)
    with pytest.raises(mp.LabelError, match="there is no state 't3'"):
        mp.visits(fork, "t3", 0.5)
    with pytest.raises(mp.LabelError, match="'->t9'"):
        mp.visits(fork, "root", 0.5, given={"root": "->t9"})
    with pytest.raises(mp.ParameterError, match="one gamma"):
        mp.visits(fork, "root", [0.5, 0.9])
    with pytest.raises(mp.ParameterError, match=r"gamma must be in \[0, 1\]"):
        mp.visits(fork, "root", 1.5)
    with pytest.raises(mp.ParameterError, match="limit"):
        mp.visits(fork, "root", 0.5, limit=0)


def test_rows_that_are_nearly_the_same_do_not_lose_to_each_other():
    """Of vectors 1e-10 apart each is extreme; of equal ones the first stands for all."""
    rows = np.array([[1.0, 0.0], [1.0 - 1e-10, 1e-10], [0.0, 1.0]])
    assert extreme_rows(rows[[0, 2]]) == [0, 1]
    assert extreme_rows(rows) == [0, 2]  # the second lies between the others
    corner = np.array([[0.5, 0.5, 0.0], [0.5, 0.5 - 1e-10, 1e-10], [0.0, 0.0, 1.0], [1.0, 0.0, 0.0]])
    assert extreme_rows(corner) == [0, 2, 3] or extreme_rows(corner) == [0, 1, 2, 3]
    assert extreme_rows(np.array([[1.0, 0.0], [1.0, 0.0]])) == [0]
