"""Elimination without subtraction: closed forms and fractions, to rounding of each entry, at rates that floats lose.

What was wrong: I − P with 1.0 on the diagonal of a row (1.0, 1e-17) is singular; and a chain that switches at rates
of 10⁻¹² had its stationary distribution from a system whose condition is 10¹².
"""

from __future__ import annotations

from fractions import Fraction

import numpy as np
import pytest
from scipy import sparse

import mdppower as mp
from mdppower.mdp import chains, elimination
from mdppower.mdp.chains import visits
from mdppower.mdp.elimination import flow_through
from mdppower.mdp.rational import Chain, rational_rows

RATES = [1e-6, 1e-12, 1e-17, 1e-30, 1e-300]


def row(*entries):
    return sparse.csr_array(np.array(entries))


@pytest.mark.parametrize("rate", [*RATES, 5e-324])
def test_a_loop_that_leaks_ends_outside(rate):
    chain = row([1 - rate, rate], [0, 1])
    start = np.array([1.0, 0.0])
    assert visits(chain, start, 1.0).tolist() == [0, 1]
    # At γ = 1/2 the chance to be there at all is Σ γ^t (1 − (1 − rate)^t) ≈ 2 rate, of 2 in all.
    there = visits(chain, start, 0.5)
    assert there[0] == pytest.approx(2, rel=2 * rate + 1e-15)
    if rate > 1e-310:
        assert there[1] == pytest.approx(2 * rate / (1 + rate), rel=1e-14)


@pytest.mark.parametrize("a", RATES)
def test_a_chain_that_switches(a):
    # π_0 a = π_1 b: with b = a/2 π = (1/3, 2/3).
    stationary = visits(row([1 - a, a], [a / 2, 1 - a / 2]), np.array([1.0, 0.0]), 1.0)
    np.testing.assert_allclose(stationary, [1 / 3, 2 / 3], rtol=1e-15)


def test_an_escape_of_1e_minus_30():
    # try ⇄ t until 10⁻³⁰ lets go: all ends at the end.
    chain = row([0, 1, 0], [1, 0, 1e-30], [0, 0, 1])
    assert visits(chain, np.array([1.0, 0, 0]), 1.0).tolist() == [0, 0, 1]
    mantissa, power = flow_through(chain[:2, :2].tocsr(), np.array([0, 1e-30]), np.array([1.0, 0]))
    np.testing.assert_allclose(np.ldexp(mantissa, power), 1e30, rtol=1e-15)


def birth_death(n, rng, least):
    up, down = 10.0 ** rng.uniform(least, -0.4, (2, n - 1))
    chain = sparse.diags_array([up, down], offsets=[1, -1], shape=(n, n)).tocsr()
    stay = 1 - np.asarray(chain.sum(axis=1)).ravel()
    return sparse.csr_array(chain + sparse.diags_array(stay)), up, down


@pytest.mark.parametrize("least", [-1, -12])
@pytest.mark.parametrize("n", [20, 2000])
def test_birth_and_death(n, least):
    """π_k = π_0 Π up/down: a product of up to 10¹² factors of each size, taken in logarithms of fractions' ratios."""
    chain, up, down = birth_death(n, np.random.default_rng(n), least)
    found = visits(chain, np.eye(n)[0], 1.0)
    # Mantissas and powers of two: what is e^{±1000} apart is a float here.
    mantissa, power = np.ones(n), np.zeros(n, int)
    for k in range(1, n):
        m, e = np.frexp(mantissa[k - 1] * (up[k - 1] / down[k - 1]))
        mantissa[k], power[k] = m, power[k - 1] + e
    expected = np.ldexp(mantissa, np.maximum(power - power.max(), -1100))
    expected /= expected.sum()
    seen = expected > 1e-290
    np.testing.assert_allclose(found[seen], expected[seen], rtol=1e-12)
    assert (found[~seen] <= 1e-280).all()


def random_chain(rng, n):
    """Some chances of any size, a large one in each row; the diagonal as it is computed."""
    table = np.where(rng.random((n, n)) < 0.4, 10.0 ** rng.uniform(-40, -1, (n, n)), 0.0) / n
    table[np.arange(n), rng.integers(0, n, n)] = 1.0
    np.fill_diagonal(table, 0.0)
    over = table.sum(axis=1) > 1
    table[over] /= table[over].sum(axis=1, keepdims=True)
    np.fill_diagonal(table, np.maximum(1 - table.sum(axis=1), 0.0))
    table[np.arange(n), np.arange(n)] += (table.sum(axis=1) == 0) * 1.0
    return table


def exactly(table, gamma):
    n = len(table)
    mdp = mp.RewardlessMDP.from_arrays(table[:, None, :])
    chain = Chain(rational_rows(mdp), {s: s for s in range(n)}, 0, n)
    return np.array([float(x) for x in (chain.limit if gamma == 1 else chain.visits(Fraction(gamma)))])


@pytest.mark.parametrize("gamma", [0.5, 1 - 2.0**-40, 1])
def test_random_chains_to_rounding_of_each_entry(gamma):
    rng = np.random.default_rng(0)
    for _ in range(40):
        table = random_chain(rng, int(rng.integers(2, 7)))
        exact = exactly(table, gamma)
        found = visits(sparse.csr_array(table), np.eye(len(table))[0], gamma) * (1 - gamma or 1)
        np.testing.assert_allclose(found, exact, rtol=1e-13, atol=1e-300)


def test_subtraction_is_caught():
    """The same systems by LAPACK, from 1 − P_ss: wrong, or singular."""
    rng, wrong = np.random.default_rng(0), 0
    for _ in range(40):
        table = random_chain(rng, int(rng.integers(2, 7)))
        n, gamma = len(table), 1 - 2.0**-40
        try:
            found = (1 - gamma) * np.linalg.solve((np.eye(n) - gamma * table).T, np.eye(n)[0])
        except np.linalg.LinAlgError:
            wrong += 1
            continue
        exact = exactly(table, gamma)
        wrong += int(not np.allclose(found, exact, rtol=1e-9, atol=1e-300))
    assert wrong > 10


@pytest.mark.slow
@pytest.mark.parametrize("gamma", [0.9, 1])
def test_sparse_factors_where_the_band_is_too_wide(gamma, monkeypatch):
    rng = np.random.default_rng(1)
    n = 200
    table = sparse.random_array((n, n), density=0.03, rng=rng).toarray() + np.eye(n, k=1) + 0.5 * np.eye(n, k=-1)
    table[-5:] = np.eye(n)[-5:]
    chain = sparse.csr_array(table / table.sum(axis=1, keepdims=True))
    start = np.eye(n)[0]
    band = visits(chain, start, gamma)
    monkeypatch.setattr(elimination, "NUMBERS", 10)
    np.testing.assert_allclose(visits(chain, start, gamma), band, rtol=1e-10, atol=1e-14)
    # Two classes, of which neither is one state.
    two = sparse.csr_array(sparse.block_diag([chain[:-5, :-5], chain[:-5, :-5]]))
    two = sparse.csr_array(sparse.diags_array(1 / np.asarray(two.sum(axis=1)).ravel()) @ two)
    half = np.full(two.shape[0], 1 / two.shape[0])
    by_factors = visits(two, half, gamma)
    monkeypatch.undo()
    np.testing.assert_allclose(by_factors, visits(two, half, gamma), rtol=1e-10, atol=1e-14)


def test_what_no_float_can_hold_is_refused(monkeypatch):
    # A ladder from which each step falls back to the ground, but for 10⁻³⁰⁰: three of them take 10⁹⁰⁰ attempts.
    ladder = {k: {"up": {0: 1.0, k + 1: 1e-300}} for k in range(1, 4)}
    mdp = mp.RewardlessMDP.from_successors({0: {"up": 1}, **ladder, 4: {"stay": 4}})
    with pytest.raises(mp.SolverError, match="state 1, action 'up': the chance 1e-300 of successor 2"):
        mp.rsd(mdp, 0)
    # Two of 10⁻¹⁵⁰ take 10³⁰⁰.
    ladder = {k: {"up": {0: 1.0, k + 1: 1e-150}} for k in range(1, 3)}
    mdp = mp.RewardlessMDP.from_successors({0: {"up": 1}, **ladder, 3: {"stay": 3}})
    assert mp.rsd(mdp, 0).rows.tolist() == [[0, 0, 0, 1]]

    def singular(system):
        raise RuntimeError("Factor is exactly singular")

    monkeypatch.setattr(elimination, "NUMBERS", 0)
    monkeypatch.setattr(chains, "splu", singular)
    with pytest.raises(mp.SolverError, match="sparse LU finds none"):
        visits(row([0.5, 0.5], [0.5, 0.5]), np.array([1.0, 0]), 1.0)


# ---------------------------------------------------------------------- what users call


@pytest.fixture(params=[1e-17, 1e-300, 5e-324])
def leak(request):
    """At a: stay for certain, or but for a leak; b is the end."""
    rate = request.param
    return mp.RewardlessMDP.from_successors({"a": {"stay": "a", "leak": {"a": 1.0, "b": rate}}, "b": {"stay": "b"}})


def test_a_leak_has_an_end_of_its_own(leak):
    """RSD(a) = {e_a, e_b}: POWER at γ = 1 is E max(R_a, R_b) = 2/3, and leaking is optimal in 1/2 of all rewards."""
    np.testing.assert_array_equal(mp.rsd(leak, "a").rows, np.eye(2))
    assert len(mp.rsd(leak, "a").nondominated()) == 2
    assert len(mp.visits(leak, "a", 0.9)) == len(mp.visits(leak, "a", 0.9).nondominated()) == 2
    exact = mp.power(leak, 1, method="exact")
    assert exact.mean[0] == 2 / 3
    a, b = (mp.Option.state(leak, s, 1, kind="value") for s in "ab")
    assert mp.compare(b, a, method="exact").p_greater.mean == 0
    assert mp.compare(a, b, method="exact").p_tie.mean == Fraction(1, 2)
    assert mp.action_optimality(leak, 1, method="exact").of("a", "leak").mean == Fraction(1, 2)


@pytest.mark.parametrize("gamma", [0.5, 1])
def test_the_polytope_of_a_leak(leak, gamma):
    polytope = mp.OccupancyPolytope(leak, "a", gamma)
    # Pairs: stay, leak, and that of b, where all of the leak's mass is at γ = 1; else 1/(1−γ) = 2 in all.
    expected = [[0, 0, 1], [1, 0, 0]] if gamma == 1 else [[0, 2, 0], [2, 0, 0]]
    np.testing.assert_allclose(sorted(polytope.vertices().tolist()), expected, atol=1e-12)
