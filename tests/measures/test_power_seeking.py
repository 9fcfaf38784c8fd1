"""The most POWER-seeking action, what choosing it from the draws costs, and where it points."""

from __future__ import annotations

from math import comb

import numpy as np
import pytest
from hypothesis import given, settings
from scipy import sparse
from strategies import mdps

import mdppower as mp
from mdppower.measures.power_seeking import directions, most_power_seeking


@pytest.mark.slow
@settings(max_examples=30)
@given(mdps())
def test_the_best_pair_is_that_of_the_loop(mdp):
    # Def. 5.6, written out: E_{s'~T(s,a)} POWER(s'), state by state.
    estimate = mp.power(mdp, [0.3, 0.9], samples=32, rng=0)
    found = most_power_seeking(estimate)
    for g in range(2):
        for s in range(mdp.n_states):
            score = [mdp.kernel[[p]] @ estimate.mean[g] for p in range(mdp.pointer[s], mdp.pointer[s + 1])]
            assert found.pairs[g, s] == mdp.pointer[s] + int(np.argmax(score))
            if len(score) == 1:
                assert found.equal[g, s]  # nothing to compare it with
    assert not (found.equal & found.told).any()
    assert not (found.sure & ~found.told).any()


def test_what_is_told_is_what_paired_intervals_say():
    """By the public route, `actions` and `difference`, one interval at a time, where blocked steps are alike.

    With n the states in which there are two things to do or more, at both of two rates, β = .05 / 2n; of a state of k
    such things, best over worst takes β / (k (k−1) / 2), and best over each other β / (k−1).
    """
    mdp = mp.envs.gridworld("a..#\n.#..\n...*")
    estimate = mp.power(mdp, [0.5, 0.9], samples=256, rng=0)
    found = most_power_seeking(estimate)
    # On a map without slip, what actions do is the one cell that they lead to.
    goes = [sorted({*mdp.kernel.indices[mdp.pointer[s] : mdp.pointer[s + 1]].tolist()}) for s in range(mdp.n_states)]
    share = 0.05 / (2 * sum(len(cells) > 1 for cells in goes))
    seen = set()
    for g, gamma in enumerate((0.5, 0.9)):
        one, power = estimate.at(gamma), estimate.mean[g]
        for s, cells in enumerate(goes):
            k = len(cells)
            if k == 1:
                continue
            best, worst = max(cells, key=power.__getitem__), min(cells, key=power.__getitem__)

            def ahead(cell, wrong, best=best, one=one):
                return one.difference(mdp.states[best], mdp.states[cell]).interval(1 - wrong)[0] > 0

            told = ahead(worst, share / comb(k, 2))
            sure = told and all(ahead(cell, share / (k - 1)) for cell in cells if cell != best)
            assert mdp.kernel.indices[found.pairs[g, s]] == best
            assert (found.told[g, s], found.sure[g, s]) == (told, sure)
            seen.add((bool(told), bool(sure)))
    assert seen == {(False, False), (True, False), (True, True)}


def test_an_action_that_is_as_good_and_leads_elsewhere_leaves_it_open():
    # l and r lead to different states of the same POWER, bit for bit: neither is better, though both beat "dead".
    ends = {"1": "q1", "2": "q2"}
    mdp = mp.RewardlessMDP.from_successors(
        {"s": {"l": "c1", "r": "c2", "dead": "d"}, "c1": ends, "c2": ends, "q1": {"": "q1"}, "q2": {"": "q2"},
         "d": {"": "d"}}
    )  # fmt: skip
    found = most_power_seeking(mp.power(mdp, 0.9, rng=0))
    assert mdp.pair_label(found.pairs[0, 0]) == ("s", "l")
    assert found.told[0, 0]
    assert not found.sure[0, 0]


def stars(names):
    """Ten states, each with so many arms of its own, which are kept for ever: POWER of an arm is its mean reward."""
    return mp.RewardlessMDP.from_successors(
        {f"star {i}": {name: f"{name} {i}" for name in names} for i in range(10)}
        | {f"{name} {i}": {"stay": f"{name} {i}"} for i in range(10) for name in names}
    )


def first_over(estimate, pick):
    """(S,) lower limits, at once over states alone, of the lead of the best pair over that of rank `pick`."""
    mdp, means = estimate.mdp, estimate.mdp.kernel @ estimate.mean
    order = [sorted(range(*mdp.pointer[s : s + 2]), key=lambda p: -means[p]) for s in range(mdp.n_states)]
    best, other = [pairs[0] for pairs in order], [pairs[min(pick, len(pairs) - 1)] for pairs in order]
    lead = estimate.data.contrast(sparse.csr_array(mdp.kernel[best] - mdp.kernel[other]))
    return lead.bounds(0.95, simultaneous=True)[0][0]


@pytest.mark.slow
def test_of_many_equal_actions_it_is_rarely_said_that_they_differ():
    """Ten states of 8 equal arms. Whatever is told is false, which 5 % of runs may do: of 60 runs more than 9 do so
    with probability 1e-3 (binomial).

    The negative control chooses the best and the worst of 8, and tests them as if they had been named before: it has
    28 chances in each state, and is wrong in most runs.
    """
    mdp, wrong, unpaid = stars("abcdefgh"), 0, 0
    for k in range(60):
        estimate = mp.power(mdp, 0.5, samples=1024, sampler="iid", rng=k)
        found = most_power_seeking(estimate)
        wrong += bool(found.told.any())
        assert not (found.sure & ~found.told).any()
        unpaid += bool((first_over(estimate, -1) > 0).any())
    assert wrong <= 9
    assert unpaid > 30


@pytest.mark.slow
def test_the_runner_up_is_not_the_only_rival():
    """Ten states of three arms: firm has .50, less has .49, and a wild one is uniform on [0, 1.04], with mean .52.

    Its mean of 64 draws has sd 1.04 / √12 / 8 = .0375, so that it is below .49 with probability Φ(−.03/.0375) = .21.
    Then firm is ahead of less, for certain; the wild one is a poor third, and still the best. The negative control
    looks at the runner-up alone, and is wrong in 1 − .79¹⁰ = 91 % of runs: 54 of 60, and 47 or more with probability
    .999. What compares with every other is wrong in 5 % at most: of 60 runs more than 9 with probability 1e-3.
    """
    mdp, wrong, by_runner_up = stars(["firm", "less", "wild"]), 0, 0
    laws = {"star": 0, "firm": 0.5, "less": 0.49, "wild": "uniform(0,1.04)"}
    rewards = {state: laws[state.split()[0]] for state in mdp.states}
    firm = np.array([mdp.pair(f"star {i}", "firm") for i in range(10)])
    for k in range(60):
        estimate = mp.power(mdp, 0.5, rewards, samples=64, sampler="iid", rng=k)
        found = most_power_seeking(estimate)
        picked = found.pairs[0, :10] == firm
        wrong += bool((picked & found.sure[0, :10]).any())
        by_runner_up += bool((picked & (first_over(estimate, 1)[:10] > 0)).any())
    assert wrong <= 9
    assert by_runner_up >= 47


def test_what_is_better_is_told():
    """Power: the same stars, when the wild arm has a mean of .7. It is sure in every state with 1,024 draws, whose
    mean has sd .009; that there are others costs little."""
    mdp = stars(["firm", "less", "wild"])
    laws = {"star": 0, "firm": 0.5, "less": 0.49, "wild": "uniform(0.2,1.2)"}
    rewards = {state: laws[state.split()[0]] for state in mdp.states}
    found = most_power_seeking(mp.power(mdp, 0.5, rewards, samples=1024, sampler="iid", rng=0))
    assert [mdp.pair_label(p)[1] for p in found.pairs[0, :10]] == ["wild"] * 10
    assert found.sure[0, :10].all()


def test_at_rate_one_a_policy_may_make_of_one_component_what_it_likes():
    """That all is alike at γ = 1 is a theorem of optimal policies. The random one stays in a part of the ring."""
    mdp = mp.envs.make("open(2,2)")
    assert most_power_seeking(mp.power(mdp, [0.9, 1], samples=64, rng=0)).equal.tolist() == [[False] * 4, [True] * 4]
    found = most_power_seeking(mp.power(mdp, 1, samples=64, rng=0, policy=mp.agents.uniformly_random()))
    assert not found.equal.any()


def test_exact_numbers_that_differ_by_rounding_are_not_told_apart():
    """The three arms of a fork have POWER 1/2 each; integrated, and moved by an ulp, they have so still."""
    exact = mp.power(mp.envs.fork(3), 0.9, method="exact")
    assert not most_power_seeking(exact).told.any()
    means = exact.data.means * (1 + np.array([0, 0, 1, 2]) * 2.0**-52)
    object.__setattr__(exact, "data", type(exact.data).known(means[0]))
    assert exact.data.contrast(np.array([[0, -1, 0, 1.0]])).bounds()[0] > 0
    assert not most_power_seeking(exact).told.any()
    # The control: figure 1, where one is better.
    assert most_power_seeking(mp.power(mp.envs.figure_1(), 0.5, method="exact")).sure[0, 0]


def test_with_a_guarantee_a_choice_costs_nothing():
    """All limits hold at once: what they say of a pair they say of it, whoever has chosen it."""
    mdp = mp.envs.figure_1()
    estimate = mp.power(mdp, 0.5, samples=4096, rng=0, guarantee=True)
    found = most_power_seeking(estimate)
    low, high = estimate.interval(0.95, simultaneous=True)
    right, left, empty = (mdp.index(name) for name in ("r_tri", "l_tri", "empty"))
    assert mdp.pair_label(found.pairs[0, 0]) == ("star", "->r_tri")
    assert found.told[0, 0] == (low[right] > high[empty])
    assert found.sure[0, 0] == (low[right] > max(high[left], high[empty]))


def test_directions_on_a_map():
    mdp = mp.envs.gridworld("..\n..", moves="NESW+diagonals", slip=0.2)
    corner = {a: directions(mdp, np.array([mdp.pair((0, 0), a)]))[0].tolist() for a in mdp.actions((0, 0))}
    assert corner["E"] == [0, 1]
    assert corner["S"] == [1, 0]
    assert np.allclose(corner["SE"], np.sqrt([0.5, 0.5]))
    assert corner["N"] == corner["W"] == corner["stay"] == [0, 0]  # blocked: most of the time they stay


def test_directions_over_the_edge_of_a_torus():
    mdp = mp.envs.gridworld("....\n....", wrap=True, moves={"right": (0, 1), "left": (0, -1), "up": (-1, 0)})
    pairs = np.array([mdp.pair((0, 0), "left"), mdp.pair((0, 3), "right"), mdp.pair((1, 2), "right")])
    assert directions(mdp, pairs).tolist() == [[0, -1], [0, 1], [0, 1]]


def test_directions_of_slippery_ice_are_the_mean_of_what_is_equally_likely():
    # FrozenLake: an action goes its own way or to either side, 1/3 each; the sides cancel.
    mdp = mp.from_gymnasium("FrozenLake-v1")
    left, down, right, up = 0, 1, 2, 3
    pairs = np.array([mdp.pair((1, 2), a) for a in (left, down, right, up)])
    np.testing.assert_allclose(directions(mdp, pairs), [[0, -1], [1, 0], [0, 1], [-1, 0]], atol=1e-12)
