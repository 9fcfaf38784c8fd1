"""Which rewards are a function of state, action and successor, and which are not."""

import numpy as np
import pytest

import mdppower as mp
from mdppower.adapters.gymnasium_rewards import Rewards, keep_reward
from mdppower.adapters.gymnasium_table import read_table


def kept(entries, refused="", note=""):
    table = read_table(entries, None)
    return keep_reward(table.build(), table, refused, note)


def test_of_pairs_or_of_transitions():
    # From 0 by halves to 0 and 1. Earned alike, it is a reward of the pair; else of the transition, and expected
    # is their mean, 2.
    stay = {0: [(1.0, 1, 0.0)]}
    same = kept({0: {0: [(0.5, 0, 3.0), (0.5, 1, 3.0)]}, 1: stay})
    assert same.origin["reward"] == "kept, a function of state and action"
    assert mp.given_rewards(same).values.tolist() == [3.0, 0.0]
    other = kept({0: {0: [(0.5, 0, 3.0), (0.5, 1, 1.0)]}, 1: stay}, note="; a note")
    assert other.origin["reward"] == "kept, a function of state, action and successor; a note"
    given = mp.given_rewards(other)
    assert (given.of(0, 0, 0), given.of(0, 0, 1), given.of(0, 0)) == (3.0, 1.0, 2.0)


def test_what_is_impossible_earns_nothing():
    mdp = kept({0: {0: [(1.0, 0, 3.0), (0.0, 1, 9.0)]}, 1: {0: [(1.0, 1, 0.0)]}})
    assert mp.given_rewards(mdp).values.tolist() == [3.0, 0.0]


def test_two_rewards_of_one_transition():
    mdp = kept({0: {0: [(0.5, 0, 3.0), (0.5, 0, 1.0)]}})
    with pytest.raises(mp.RewardError, match="not kept: state 0, action 0: the step to 0 earns"):
        mp.given_rewards(mdp)
    with pytest.raises(mp.RewardError, match="not kept: it is secret"):
        mp.given_rewards(kept({0: {0: [(1.0, 0, 3.0)]}}, refused="it is secret"))


@pytest.mark.parametrize("reward", [None, "much", np.nan, np.inf, np.array([1.0, 2.0])])
def test_what_is_no_number(reward):
    seen = Rewards()
    seen.see(0, 0, reward)
    assert seen.refused.endswith("is no finite number")
    assert np.isnan(seen.of[0, 0])


def test_what_is_the_same_number():
    seen = Rewards()
    seen.see(0, 0, np.float32(1))
    assert seen.of == {(0, 0): 1.0}
    assert not seen.refused
    assert seen.same(np.int64(1), 1.0)
    assert not seen.same(1.0, 1.0 + 1e-15)  # no tolerance: a function has one value
    seen.refuse("state 0, action 0", 1.0, 2.0)
    assert seen.refused == "state 0, action 0 earned 1.0 and, at a second visit, 2.0: no function of state and action"
