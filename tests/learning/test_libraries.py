"""Libraries of policies: sets that pick their best, and generalised policy improvement.

fork(3), random policies: n of them name d distinct ends, of which the best is worth d/(d + 1) on average, a share of
(d/(d+1) − 1/2)/(3/4 − 1/2) = 0, 2/3, 1 for d = 1, 2, 3. n = 2: d = 2 with chance 2/3, so 4/9. n = 3: d = 2 with
chance 6/9 and d = 3 with 2/9, so 4/9 + 2/9 = 2/3.
"""

from __future__ import annotations

import pickle

import numpy as np
import pytest

import mdppower as mp
from mdppower.agents import optimal, policy_values, uniformly_random
from mdppower.learning.libraries import Library, library
from mdppower.occupancy.option import worth

GAMMA = 0.9
FORK, MAZE = mp.envs.fork(3), mp.envs.make("maze")
REWARDS = np.random.default_rng(99).random((256, 31))


def marks(mdp, rewards):
    """What the random policy has of each reward function and state, and what there is."""
    return [policy_values(mdp, rewards, GAMMA, p)[0] for p in (uniformly_random(), optimal())]


def share(rows, rewards, floor, ceiling):
    """Of a set of rows that picks its best for each reward function, averaged over starts already."""
    room = (ceiling - floor).mean()
    return float(((rewards @ rows.T).max(axis=1) - floor.mean(axis=1)).mean() / room)


@pytest.mark.slow
@pytest.mark.parametrize(("n", "known"), [(1, 0), (2, 4 / 9), (3, 2 / 3)])
def test_random_ends_of_a_fork(n, known):
    # 800 libraries, each on a reward function of its own; shares lie in a range of 2 and less: 4 standard errors.
    rewards = np.random.default_rng(n).random((800, 4))
    got = np.array([
        library(FORK, GAMMA, n, policies="random", rng=k).values(r, "power")[0, 0] for k, r in enumerate(rewards)
    ])  # fmt: skip
    shares = (got - rewards[:, 1:].mean(axis=1)) / 0.25
    assert abs(shares.mean() - known) <= 4 * shares.std() / np.sqrt(800)
    # The negative control: one policy more or less is excluded.
    others = {1: 4 / 9, 2: 2 / 3, 3: 4 / 9}
    assert abs(shares.mean() - others[n]) > 4 * shares.std() / np.sqrt(800)


def test_more_objectives_make_a_set_more_powerful_in_the_maze():
    # The study: .007, .192, .489, .670, .799 for n = 1, 2, 8, 32, 128 policies optimal for random rewards; of random
    # policies .000, .077, .186, .273, .343. One policy is picked for a reward function, averaged over all starts.
    floor, ceiling = marks(MAZE, REWARDS)
    found = {}
    for made in ("optimal", "random"):
        sets = library(MAZE, GAMMA, 128, policies=made, rng=0).option(kind="power").parts[0]
        shares = [share(sets[:n], REWARDS, floor, ceiling) for n in (1, 2, 8, 32, 128)]
        assert shares == sorted(shares)
        found[made] = shares
    assert found["optimal"][-1] >= 0.78
    assert found["random"][-1] <= 0.37
    assert all(abs(shares[0]) < 0.03 for shares in found.values())


def test_who_picks_for_each_start_picks_more():
    # The unit of a task: one policy for R, or one for (R, start). From 32 policies .67 of what there is, or .97.
    floor, ceiling = marks(MAZE, REWARDS)
    some = library(MAZE, GAMMA, 32, rng=0)
    for_all = share(some.option(kind="power").parts[0], REWARDS, floor, ceiling)
    for_each = float((some.values(REWARDS, "power") - floor).mean() / (ceiling - floor).mean())
    assert (round(for_all, 1), for_each > 0.95) == (0.7, True)


def test_smaller_libraries_are_the_beginning_of_larger_ones():
    for made in ("optimal", "random"):
        few, many = (library(MAZE, GAMMA, n, policies=made, rng=3).pairs for n in (3, 9))
        np.testing.assert_array_equal(few, many[:3])


@pytest.mark.parametrize("mdp", [MAZE, mp.envs.make("maze", slip=0.2)], ids=["sure", "slippery"])
@pytest.mark.parametrize("kind", ["value", "power"])
def test_two_routes_to_what_a_set_is_worth(mdp, kind):
    # ⟨visits, R⟩, and the value of each policy by its chain.
    some, rewards = library(mdp, GAMMA, 4, rng=1), REWARDS[:8]
    values = some.values(rewards, kind)
    for state in (mdp.states[0], mdp.states[17]):
        option = some.option(state, kind)
        rows = option.parts[0]
        np.testing.assert_allclose(rows.sum(axis=1), 1, atol=1e-12)
        assert (rows >= 0).all()
        known, _ = worth([option], rewards, "auto")
        np.testing.assert_allclose(known[:, 0], values[:, mdp.index(state)], atol=1e-12)


def test_a_set_against_all_policies():
    # Acceptance: set-max C_Σ is that of `compare`, on the same draws, to 1e-9; and it never beats all policies.
    some = library(MAZE, GAMMA, 8, rng=0)
    state = (2, 3)
    compared = mp.compare(some.option(state), mp.Option.state(MAZE, state, GAMMA), samples=256, rng=5)
    drawn = compared.means.draws.source.replicates(range(compared.means.data.count), MAZE.states)
    alone = some.values(drawn)[:, MAZE.index(state)].mean()
    assert abs(float(compared.complexity_A.mean) - alone) < 1e-9
    assert compared.p_greater.mean == 0
    assert 0 < compared.gap.mean < 0.1


def test_improvement_is_worth_at_least_the_best_of_the_library():
    # Barreto et al. (2017), Theorem 1, in every state and draw. The negative control: it is more somewhere.
    for mdp in (MAZE, mp.envs.make("maze", slip=0.2)):
        some, rewards = library(mdp, GAMMA, 3, policies="random", rng=2), REWARDS[:6]
        better, error = policy_values(mdp, rewards, GAMMA, some.gpi())
        best = some.values(rewards, "power")
        assert (better >= best - error[:, None] - 1e-12).all()
        assert (better > best + 0.01).any()


def test_improvement_on_one_policy():
    # At a fork all is one step away. In the maze: .714 (of an optimal policy) and .753 (of a random one).
    rewards = np.random.default_rng(0).random((64, 4))
    best = policy_values(FORK, rewards, GAMMA, optimal())[0]
    for n in (1, 2):
        found = policy_values(FORK, rewards, GAMMA, library(FORK, GAMMA, n, rng=0).gpi())[0]
        np.testing.assert_allclose(found, best, atol=1e-12)
    floor, ceiling = marks(MAZE, REWARDS)
    for made, low, high in (("optimal", 0.66, 0.78), ("random", 0.70, 0.80)):
        had = policy_values(MAZE, REWARDS, GAMMA, library(MAZE, GAMMA, 1, policies=made, rng=0).gpi())[0]
        assert low < (had - floor).mean() / (ceiling - floor).mean() < high


def test_at_gamma_zero_a_set_is_where_its_policies_go():
    some = library(FORK, 0, 2, policies="random", rng=0)
    assert some.option("root", "power").parts[0].tolist() == [np.eye(4)[e + 1].tolist() for e in some.pairs[:, 0]]
    np.testing.assert_array_equal(some.option("root").parts[0], np.eye(1, 4).repeat(2, axis=0))


@pytest.mark.parametrize(
    ("call", "told"),
    [
        (lambda: library(FORK, 1, 2), r"a library is made for one gamma in \[0, 1\), got 1"),
        (lambda: library(FORK, [0.5, 0.9], 2), r"one gamma in \[0, 1\), got \[0.5, 0.9\]"),
        (lambda: Library(FORK, 0.9, [[0, 3, 4, 9]]), "policy 0 takes pair 9 in state 't3', which has not it"),
        (lambda: Library(FORK, 0.9, [[0.5, 3, 4, 5]]), r"pairs must be integers of shape \(n, 4\)"),
        (lambda: Library(FORK, 1, [[0, 3, 4, 5]]), r"one gamma in \[0, 1\), got 1"),
        (lambda: library(FORK, 0.9, 0), "n must be a positive integer, got 0"),
        (lambda: library(FORK, 0.9, 2, policies="best"), "policies must be .*'best'"),
        (lambda: library(FORK, 0.9, 2, mp.rewards.OnPairs("uniform")), "here rewards are of states"),
        (lambda: library(FORK, 0.9, 2).values([[0, 1, 2]]), r"rewards must have shape \(N, 4\)"),
        (lambda: library(FORK, 0.9, 2).values([[0, 1, 2, np.nan]]), "reward of draw 0 in state 't3' is nan"),
        (lambda: library(FORK, 0.9, 2).values([[0, 1, 2, 3]], "rsd"), "kind must be .*'rsd'"),
        (lambda: library(FORK, 0.9, 2).option("t9"), "t9"),
        (lambda: mp.power(MAZE, 0.9, samples=64, policy=library(FORK, 0.9, 2).gpi()), "is about another MDP"),
        (lambda: mp.power(FORK, 1, samples=64, policy=library(FORK, 0.9, 2).gpi()), "gamma is 1"),
    ],
)
def test_refusals(call, told):
    with pytest.raises(mp.ParameterError if "t9" not in told and "reward" not in told else Exception, match=told):
        call()


def test_agents_of_a_library_travel():
    agent = library(FORK, GAMMA, 2, rng=0).gpi()
    again = pickle.loads(pickle.dumps(agent))
    assert repr(again) == "GPI of 2 optimal policies at γ = 0.9"
    runs = [mp.power(FORK, GAMMA, samples=64, rng=0, policy=one, workers=w) for one, w in ((agent, 1), (again, 2))]
    np.testing.assert_array_equal(runs[0].data.means, runs[1].data.means)


def test_a_library_that_would_not_fit_is_refused(monkeypatch):
    monkeypatch.setattr("mdppower.learning.libraries.free_memory", lambda: 10**6)
    with pytest.raises(mp.errors.SizeError, match=r"a library of 1,000,000 policies takes about 0.1 GiB"):
        library(FORK, GAMMA, 10**6)
