"""When to stop, with 32 digits: the arithmetic, both sides of the certificate, exact references, what is refused."""

from __future__ import annotations

from fractions import Fraction

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from scipy import sparse

import mdppower as mp
from mdppower._stop import Stopped, Switch, with_flag
from mdppower.errors import SolverError
from mdppower.solvers import double_chains, double_policies, gain
from mdppower.solvers.double_stopping import COST, DoubleStopping
from mdppower.solvers.optimal_values import solve_rows
from mdppower.solvers.stopping import Stopping
from tests.solvers.test_long_stopping import ROOMS, assert_covers, escape, lane


@pytest.fixture(autouse=True)
def nothing_else(monkeypatch):
    """What these digits do not certify is an error here, not done in others."""

    def refuse(*_):
        raise SolverError("not with 32 digits")

    monkeypatch.setattr(Stopping, "solve", refuse)


# ---------------------------------------------------------------------- the arithmetic

floats = st.floats(-(2.0**300), 2.0**300, allow_subnormal=False).filter(lambda x: x == 0 or abs(x) > 2.0**-300)


@st.composite
def doubles(draw):
    """A float and one of at most half a unit in its last place: their sum is a number of 32 digits."""
    high = draw(floats)
    return complex(high, np.spacing(high) * draw(st.floats(-0.5, 0.5)) if high else 0.0)


def exact(x):
    return Fraction(x.real) + Fraction(x.imag)


@pytest.mark.slow
@given(doubles(), doubles(), floats)
def test_sums_and_products_have_32_digits(x, y, a):
    # 3·2^-106 is proved of all three (Joldes, Muller & Popescu 2017, theorems 3.1 and 4.3).
    for got, true in (
        (double_policies._sum(x, y), exact(x) + exact(y)),
        (double_policies._difference(x, y), exact(x) - exact(y)),
        (double_policies._times(x, a), exact(x) * Fraction(a)),
    ):
        assert abs(exact(got) - true) <= abs(true) * Fraction(3, 2**106) * Fraction(1 + 2**-40)
        assert got.real + got.imag == got.real  # no digit stands twice


@pytest.mark.slow
@given(st.lists(st.tuples(doubles(), st.floats(1e-100, 1)), min_size=1, max_size=6), doubles())
def test_a_drift_is_within_its_blur(terms, own):
    x = np.array([own, *(x for x, _ in terms)])
    rates = np.array([a for _, a in terms])
    graph = np.array([0, len(rates)]), np.arange(1, len(x)), rates
    drift, blur, rate = double_policies._drift(0, x, 0, *graph)
    truth = sum(Fraction(a) * (exact(y) - exact(own)) for y, a in terms) / sum(map(Fraction, rates.tolist()))
    assert abs(Fraction(drift) - truth) <= Fraction(blur) + abs(truth) * Fraction(len(rates) + 4, 2**53)
    assert rate == pytest.approx(rates.sum(), rel=1e-14)


# ---------------------------------------------------------------------- known answers


@pytest.mark.parametrize("slip", [0.3, 0.2, 0.1, 0.01, 0.001])
def test_a_lane_between_two_ends(slip):
    # To go right is best, and from k the chance to end left is (ρ^k − ρ^N)/(1 − ρ^N), ρ = slip/(1−slip), N = 41. Who
    # hovers in the middle lasts ρ^-20 jumps, 10^19 at slip .1 and 10^60 at .001, and loses next to nothing by it:
    # those cells are one cluster.
    n = 40
    mdp = lane(n, slip)
    rho = Fraction(slip) / Fraction(1 - slip)
    last = rho ** (n + 1)
    rewards = np.zeros((1, n + 2))
    rewards[0, mdp.index(n + 1)] = 1
    values, pairs, gap, _ = solve_rows(mdp, rewards, 1.0, "stochastic")
    assert gap[0] < 1e-13
    assert {mdp.pair_label(p)[1] for p in pairs[0]} == {"stay", "right"}
    for k in range(n + 2):
        truth = 1 - (rho**k - last) / (1 - last)
        assert abs(Fraction(values[0, mdp.index(k)]) - truth) <= Fraction(gap[0])


@pytest.mark.slow
@pytest.mark.parametrize("slip", [0.2, 0.05, 0.001])
def test_rooms_with_a_pit_in_fractions(slip):
    mdp = mp.envs.gridworld(ROOMS, slip=slip)
    rewards = np.random.default_rng(1).random((2, mdp.n_states))
    plan = gain.make_plan(mdp)
    for component in range(2):  # the pit, and the row behind the one-way cell
        inside = plan.label == component
        rewards[:, inside] = rewards[:, np.flatnonzero(inside)[:1]]
    values, pairs, gap, _ = solve_rows(mdp, rewards, 1.0, "stochastic")
    assert gap.max() < 1e-13
    for i in range(2):
        assert_covers(mdp, rewards[i], values[i], pairs[i], gap[i])


@pytest.mark.parametrize("seed", range(3))
def test_random_mdps_in_fractions(seed):
    """Rates down to 1e-12: whatever is certified is right, exactly, and most of it is certified."""
    rng = np.random.default_rng(seed)
    sure = 0
    for _ in range(20):
        n, ends = int(rng.integers(3, 8)), int(rng.integers(2, 4))
        successors = {s: {"stay": s} for s in range(n, n + ends)}
        for s in range(n):
            successors[s] = {}
            for a in range(rng.integers(1, 4)):
                # No end components but the ends: every action may lead to one.
                to = sorted({n, *rng.choice(n + ends, size=rng.integers(1, 4), replace=False).tolist()})
                chance = 10.0 ** -rng.integers(0, 12, len(to))
                successors[s][a] = dict(zip(to, (chance / chance.sum()).tolist(), strict=True))
        mdp = mp.RewardlessMDP.from_successors(successors)
        reward = rng.random((1, n + ends))
        try:
            values, pairs, gap, _ = solve_rows(mdp, reward, 1.0, "stochastic")
        except SolverError:
            continue
        sure += 1
        assert gap[0] < 1e-9
        assert_covers(mdp, reward[0], values[0], pairs[0], gap[0])
    assert sure >= 10


def test_ends_that_are_worth_the_same_are_no_choice():
    mdp = lane(40, 0.001)  # where nothing else would be certified in floats
    rewards = np.linspace(0, 1, 42)[None].copy()
    rewards[0, [mdp.index(0), mdp.index(41)]] = 0.7
    values, _, gap, _ = solve_rows(mdp, rewards, 1.0, "stochastic")
    assert (values[0, mdp.index(0)] == values).all()
    assert gap[0] < 1e-15


# ---------------------------------------------------------------------- the certificate


def problem(levels=(0.0, 1.0)):
    """A node between two stops, and what belongs to it: fair to both, or a sure way to the first."""
    rows = sparse.csr_array(np.array([[0.5, 0.5, 0.0], [1.0, 0.0, 0.0]]))
    chains = double_chains.ordered(rows, np.array([2, 2]), 3)
    stops = np.array([complex(x) for x in (*levels, -np.inf)])[chains.order]
    return chains, stops


def proved(w, v, choice=0):
    """What is proved of w and v at the node; the stops are exact."""
    chains, stops = problem((-1.0, 0.0))
    node = np.argmax(chains.order == 2)
    low = np.where(np.isfinite(stops.real), stops, 0)
    high, policy = low.copy(), np.full(3, -1)
    low[node], high[node], policy[node] = w, v, choice
    return double_policies.proved(stops, policy, low, high, *chains.graph, 2.0**-250)


def test_a_certificate_is_of_what_it_says():
    # The fair way is worth −1/2. A w that is 2^-80 below that, and a v as much above it, bracket it.
    tiny = 2.0**-80
    assert proved(complex(-0.5, -tiny), complex(-0.5, tiny)) == 2 * tiny
    # Negative controls. w above the worth of its policy; w of the other policy, which is worth −1.
    assert proved(complex(-0.5, tiny), complex(-0.5, tiny)) == np.inf
    assert proved(complex(-0.5, -tiny), complex(-0.5, tiny), choice=1) == np.inf
    # v below the worth of a policy, or of a stop.
    assert proved(complex(-0.5, -tiny), complex(-0.5, -tiny)) == np.inf
    assert proved(complex(-0.5, -tiny), complex(-1.5)) == np.inf
    # As good as the best node in reach, or better: there is nothing to compute.
    assert proved(complex(-0.5, -tiny), 0j) == pytest.approx(0.5)
    # Exact values are not surely on either side: rounding might hide what is missing.
    assert proved(-0.5 + 0j, -0.5 + 0j) == np.inf
    # Of what is no number nothing is true.
    for w, v in ((np.nan, 0.0), (-0.5, np.nan), (np.nan, np.nan), (-0.5, np.inf), (-np.inf, 0.0)):
        assert proved(complex(w, -tiny), complex(v)) == np.inf
    # A policy may not stop where there is no stop.
    assert proved(complex(-0.5, -tiny), complex(-0.5, tiny), choice=-1) == np.inf


def test_policies_are_paid_for_their_time():
    # The fair way takes one jump: with a cost, and with a reward, of c a jump it is worth 1/2 ∓ c.
    chains, stops = problem()
    for earned in (-COST, COST):
        choice = np.where(chains.order == 2, 1, -1)  # the sure way to the worse stop, first
        x = double_policies.worth(chains, stops, choice, earned, np.zeros(3, complex))
        node = np.argmax(chains.order == 2)
        assert choice[node] == 0
        assert exact(x[node]) == Fraction(1, 2) + Fraction(earned)


def test_who_is_told_to_stop_stops():
    chains, stops = problem()
    told = Switch()
    told.tell()
    policy = np.where(chains.order == 2, 0, -1)
    with pytest.raises(Stopped):
        with_flag(told.flag(), lambda choice: double_policies.worth(chains, stops, choice, COST, stops))(policy)


def test_clusters_are_nodes_with_the_pairs_that_lead_out():
    # A ring of four nodes and a stop at 0: nodes 1 and 2 are one cluster, and lead out by two of their four pairs.
    rows = sparse.csr_array(
        np.array(
            [[0.5, 0, 0.5, 0, 0], [0, 0, 0.5, 0.5, 0], [0, 0.2, 0, 0.8, 0], [0, 1.0, 0, 0, 0], [0, 0, 0, 0, 1.0],
             [0, 0, 0, 0.3, 0.7]]
        )
    )  # fmt: skip
    chains = double_chains.ordered(rows, np.array([1, 1, 2, 2, 3, 4]), 5)
    label = np.array([0, 1, 1, 2, 3])[chains.order]
    outer = double_chains.contracted(chains, label, 4)
    found = {}
    for k in range(4):
        for p in range(*outer.pointer[[k, k + 1]]):
            span = slice(*outer.indptr[[p, p + 1]])
            to = outer.order[outer.indices[span]].tolist()
            found[int(chains.pair[outer.pair[p]])] = int(outer.order[k]), dict(zip(to, outer.data[span], strict=True))
    assert found == {
        0: (1, {0: 0.5}), 1: (1, {2: 0.5}), 2: (1, {2: 0.8}), 4: (2, {3: 1.0}), 5: (3, {2: 0.3}),
    }  # fmt: skip


# ---------------------------------------------------------------------- what it refuses


def outer(mdp):
    return gain.make_plan(mdp).double_outer


def test_what_takes_too_long_is_not_certified():
    # One try in 10^30 gets out, worth 1/2 more: with 32 digits s and t seem alike, and one may stop there or go on.
    assert outer(escape(1e-30)).solve(np.array([0.5, 1.0]), 2.0**-32) is None
    # In 10^12 they do: all who try often enough get out.
    w, choice, gap = outer(escape(1e-12)).solve(np.array([0.5, 1.0]), 2.0**-32)
    np.testing.assert_allclose(w, [0.5, 1, 1, 1], atol=1e-14)
    assert (choice[2:] >= 0).all()
    assert gap < 1e-13


def test_rates_that_differ_by_far_are_no_obstacle():
    # From t, an end worth 1 at rate 1e-40 beside itself at what is left: it stops there, in the end.
    mdp = mp.RewardlessMDP.from_successors(
        {
            "s": {"stop": "half", "try": "t"},
            "t": {"go": {"one": 1e-40, "t": 1 - 1e-40}, "back": {"half": 1e-9, "t": 1 - 1e-9}},
            "half": {"": "half"},
            "one": {"": "one"},
        }
    )
    w, _, gap = outer(mdp).solve(np.array([0.5, 1.0]), 2.0**-32)
    np.testing.assert_allclose(w, [0.5, 1, 1, 1], atol=1e-14)
    assert gap < 1e-13


def test_what_products_cannot_hold_is_not_tried():
    assert outer(escape(1e-300)).solve(np.array([0.5, 1.0]), 1.0) is None
    fair = outer(escape(0.5))
    for size in (1e-200, 1e300):
        assert fair.solve(size * np.array([0.5, 1.0]), size) is None
    w, _, gap = fair.solve(1e200 * np.array([0.5, 1.0]), 1e190)
    np.testing.assert_allclose(w, 1e200 * np.array([0.5, 1, 1, 1]), rtol=1e-14)
    assert gap < 1e185


@pytest.mark.parametrize(("limit", "most"), [("MOST_WORK", 41.0), ("MOST_NUMBERS", 42 * 4 - 1)])
def test_what_is_too_large_is_not_tried(monkeypatch, limit, most):
    # The lane has 42 nodes and a band of 1: 42 multiplications, and 4 numbers a node.
    rows, owner, stops, n_nodes = (getattr(outer(lane(40, 0.2)), x) for x in ("rows", "owner", "stops", "n_nodes"))
    level = np.array([0.0, 1.0])
    assert DoubleStopping(rows, owner, stops, n_nodes).solve(level, 1.0) is not None
    monkeypatch.setattr(f"mdppower.solvers.double_chains.{limit}", most)
    assert DoubleStopping(rows, owner, stops, n_nodes).solve(level, 1.0) is None
