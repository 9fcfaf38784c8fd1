"""The most POWER-seeking action, and where it points."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from strategies import mdps

import mdppower as mp
from mdppower.measures.power_seeking import directions, most_power_seeking


@pytest.mark.slow
@settings(max_examples=30)
@given(mdps())
def test_the_best_pair_is_that_of_the_loop(mdp):
    # Def. 5.6, written out: E_{s'~T(s,a)} POWER(s'), state by state.
    estimate = mp.power(mdp, [0.3, 0.9], samples=32, rng=0)
    for g in range(2):
        pairs, resolved = most_power_seeking(estimate, g)
        for s in range(mdp.n_states):
            score = [mdp.kernel[[p]] @ estimate.mean[g] for p in range(mdp.pointer[s], mdp.pointer[s + 1])]
            assert pairs[s] == mdp.pointer[s] + int(np.argmax(score))
            if len(score) == 1:
                assert resolved[s]  # nothing to compare it with


def test_resolved_means_what_the_paired_interval_says():
    # Figure 1: going right leaves POWER 2/3, left (2/3 + γ/2)/(1 + γ) = 11/18 at γ = 1/2. Few draws cannot tell r_ne
    # from r_se: by symmetry both have 2/3.
    mdp = mp.envs.figure_1()
    pairs, resolved = most_power_seeking(mp.power(mdp, 0.5, samples=4096, rng=0), 0)
    assert mdp.pair_label(pairs[0]) == ("star", "->r_tri")
    assert resolved[mdp.index("star")]
    assert not resolved[mdp.index("r_tri")]
    assert resolved[mdp.index("empty")]  # nothing to compare it with


def test_an_action_that_is_as_good_and_leads_elsewhere_leaves_it_open():
    # l and r lead to different states of the same POWER, bit for bit: neither is better, though both beat "dead".
    ends = {"1": "q1", "2": "q2"}
    mdp = mp.RewardlessMDP.from_successors(
        {"s": {"l": "c1", "r": "c2", "dead": "d"}, "c1": ends, "c2": ends, "q1": {"": "q1"}, "q2": {"": "q2"},
         "d": {"": "d"}}
    )  # fmt: skip
    pairs, resolved = most_power_seeking(mp.power(mdp, 0.9, rng=0), 0)
    assert mdp.pair_label(pairs[0]) == ("s", "l")
    assert not resolved[0]


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
