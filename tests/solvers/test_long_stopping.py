"""When to stop, after however many steps: ends that are 10^30 jumps away, leads of 10^-60, and exact references."""

from __future__ import annotations

from decimal import Decimal
from fractions import Fraction

import numpy as np
import pytest

import mdppower as mp
from mdppower.mdp.graph import end_components
from mdppower.mdp.rational import solve
from mdppower.solvers import gain
from mdppower.solvers.double_stopping import DoubleStopping
from mdppower.solvers.long_stopping import LongStopping
from mdppower.solvers.optimal_values import solve_rows


@pytest.fixture(autouse=True)
def not_in_32_digits(monkeypatch):
    """Much of this would be certified there."""
    monkeypatch.setattr(DoubleStopping, "solve", lambda *_: None)


SLIPS = (0.2, 0.1, 0.05, 0.02, 0.01, 0.001)

ROOMS = """
    #########
    #...#...#
    #.a.#.b.#
    #...d...#
    #...#..~#
    ###.#####
    #..>....#
    #########"""


def rows_as_read(mdp):
    """{successor: probability} of each pair in fractions: entries as stored, what stays is what is left."""
    kernel, rows = mdp.kernel, []
    for p, own in enumerate(mdp.pair_states.tolist()):
        span = slice(kernel.indptr[p], kernel.indptr[p + 1])
        moves = {
            t: Fraction(x)
            for t, x in zip(kernel.indices[span].tolist(), kernel.data[span].tolist(), strict=True)
            if t != own
        }
        total = sum(moves.values())
        rows.append(moves | {own: 1 - total} if total < 1 else {t: x / total for t, x in moves.items()})
    return rows


def exact_gains(mdp, reward, pairs):
    """Optimal gains in fractions, where rewards are one constant on each end component, and each stops there.

    Howard on w = max T w, with w = R at the ends: it begins with the policy given, and ends with a proof.
    """
    rows = rows_as_read(mdp)
    w = {s: Fraction(reward[s]) for s in np.flatnonzero(end_components(mdp)[1] >= 0).tolist()}
    on, policy = [s for s in range(mdp.n_states) if s not in w], list(pairs)
    while True:
        system = [[(s == t) - rows[policy[s]].get(t, Fraction(0)) for t in on] for s in on]
        right = [[sum(x * w[t] for t, x in rows[policy[s]].items() if t not in on)] for s in on]
        w |= dict(zip(on, (x for (x,) in solve(system, right)), strict=True))
        before = list(policy)
        for s in on:
            going = {p: sum(x * w[t] for t, x in rows[p].items()) for p in range(*mdp.pointer[s : s + 2])}
            best = max(going, key=going.get)
            if going[best] > w[s]:
                policy[s] = best
        if policy == before:
            return [w[s] for s in range(mdp.n_states)]


def assert_covers(mdp, reward, values, pairs, gap):
    truth = exact_gains(mdp, reward, pairs)
    assert max(abs(Fraction(v) - x) for v, x in zip(values, truth, strict=True)) <= Fraction(gap)


def lane(n, slip):
    """Cells 1 … n between two ends; a step goes the other way with probability `slip`."""
    return mp.RewardlessMDP.from_successors(
        {0: {"stay": 0}, n + 1: {"stay": n + 1}}
        | {
            k: {"left": {k - 1: 1 - slip, k + 1: slip}, "right": {k + 1: 1 - slip, k - 1: slip}}
            for k in range(1, n + 1)
        }
    )


@pytest.mark.parametrize("slip", SLIPS)
def test_a_lane_between_two_ends(slip):
    # Right is better: it is best to go right, and the chance to end left is (ρ^k − ρ^N)/(1 − ρ^N), ρ = slip/(1−slip),
    # N = 41. A walker who hovers in the middle lasts about ρ^-20 steps, 10^60 for the least slip.
    n = 40
    mdp = lane(n, slip)
    rho = Fraction(slip) / Fraction(1 - slip)
    last = rho ** (n + 1)
    for reward, way in (((0, 1), "right"), ((0.75, -0.5), "left")):
        rewards = np.random.default_rng(0).random((1, n + 2))
        rewards[0, [mdp.index(0), mdp.index(n + 1)]] = reward
        values, pairs, gap, _ = solve_rows(mdp, rewards, 1.0, "stochastic")
        assert gap[0] < 1e-12
        assert {mdp.pair_label(p)[1] for p in pairs[0]} == {"stay", way}
        for k in range(n + 2):
            short = k if way == "right" else n + 1 - k
            fails = (rho**short - last) / (1 - last)
            truth = Fraction(max(reward)) - fails * Fraction(max(reward) - min(reward))
            assert abs(Fraction(values[0, mdp.index(k)]) - truth) <= Fraction(gap[0])


@pytest.mark.slow
@pytest.mark.parametrize("slip", [0.05, 0.001])
def test_rooms_with_a_pit(slip):
    """A user's own map: certified at any slip, and optimal in fractions."""
    mdp = mp.envs.gridworld(ROOMS, slip=slip)
    rewards = np.random.default_rng(1).random((8, mdp.n_states))
    ends = end_components(mdp)[1]
    for component in range(2):  # the pit, and the row behind the one-way cell
        rewards[:, ends == component] = rewards[:, np.flatnonzero(ends == component)[:1]]
    values, pairs, gap, _ = solve_rows(mdp, rewards, 1.0, "stochastic")
    assert gap.max() < 1e-12
    for i in range(2):
        assert_covers(mdp, rewards[i], values[i], pairs[i], gap[i])


def escape(rare=1e-30):
    """s: stop at an end worth .5, or try t, from which one in 10^30 gets to an end worth 1, and others back."""
    return mp.RewardlessMDP.from_successors(
        {
            "s": {"stop": "half", "try": "t"},
            "t": {"go": {"one": rare, "s": 1 - rare}},
            "half": {"": "half"},
            "one": {"": "one"},
        }
    )


REWARD = np.array([[0.0, 0.0, 0.5, 1.0]])


@pytest.mark.parametrize("rare", [1e-30, 1e-300, 5e-324])
def test_a_rare_escape(rare):
    # All who try often enough end at 1. At t, one step has a lead of half the chance, 5e-31, over stopping next.
    values, pairs, gap, _ = solve_rows(escape(rare), REWARD, 1.0, "stochastic")
    np.testing.assert_allclose(values[0], [1, 1, 0.5, 1], atol=1e-13)
    assert [escape().pair_label(p)[1] for p in pairs[0][:2]] == ["try", "go"]
    assert gap[0] < 1e-12


def test_slack_must_be_small_for_the_time_scale(monkeypatch):
    """Negative control: with a bound of one jump the lead of 5e-31 is nothing, and the value wrong by 1/2."""
    monkeypatch.setattr(LongStopping, "jumps", Decimal(1))
    plan = gain.make_plan(escape())
    stop = np.full(plan.outer.n_nodes, -1)
    movers, first = np.unique(plan.long_outer.owner, return_index=True)
    stop[movers] = first
    level = np.array([REWARD[0, np.flatnonzero(plan.label == c)[0]] for c in range(2)])
    w, _, gap = plan.long_outer.solve(level, stop)
    assert w.min() == 0.5
    assert gap < 1e-12  # a false certificate, which the test above would catch


@pytest.mark.parametrize("seed", range(4))
def test_random_mdps_of_absorbing_ends_in_fractions(seed):
    """40 MDPs with probabilities down to 1e-40, many of them beyond floats: the value is within its gap, exactly."""
    rng = np.random.default_rng(seed)
    far = 0
    for _ in range(10):
        n, ends = int(rng.integers(3, 7)), int(rng.integers(2, 4))
        successors = {s: {"stay": s} for s in range(n, n + ends)}
        for s in range(n):
            successors[s] = {}
            for a in range(rng.integers(1, 4)):
                to = rng.choice(n + ends, size=rng.integers(2, 4), replace=False).tolist()
                chance = 10.0 ** -rng.integers(0, 40, len(to))
                successors[s][a] = dict(zip(to, (chance / chance.sum()).tolist(), strict=True))
            # No end components but the ends: every action may lead to one.
            for row in successors[s].values():
                row.setdefault(n, 1e-40)
        mdp = mp.RewardlessMDP.from_successors(successors)
        reward = rng.random((1, n + ends))
        values, pairs, gap, _ = solve_rows(mdp, reward, 1.0, "stochastic")
        assert gap[0] < 1e-9  # a share of the range, which is below 1
        assert_covers(mdp, reward[0], values[0], pairs[0], gap[0])
        far += gain.make_plan(mdp).outer.jumps > 1e9
    assert far > 1
