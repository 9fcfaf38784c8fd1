"""The reward that an environment came with: what is kept, on what, and through what it goes."""

import pickle

import numpy as np
import pytest

import mdppower as mp


def gamble(win=1.0, late=0.0):
    """From 0 to 1, half the time with a reward, and to the end 2 with another half; 1 leads back."""
    return {
        0: {0: [(0.5, 1, win, False), (0.5, 2, late, True)], 1: [(1.0, 1, 3.0, False)]},
        1: {0: [(1.0, 0, 0.0, False)]},
        2: {0: [(1.0, 2, 7.0, False)]},
    }


def test_on_transitions_where_it_depends_on_the_successor():
    # By hand: state 0, action 0 earns 1 or 0, each half the time; 2 is made absorbing, where nothing is earned.
    mdp = mp.from_gymnasium(gamble(), starts=0)
    given = mp.given_rewards(mdp)
    assert given.on_transitions
    assert (given.of(0, 0, 1), given.of(0, 0, 2), given.of(0, 0)) == (1.0, 0.0, 0.5)
    assert given.expected.tolist() == [0.5, 3.0, 0.0, 7.0]
    assert mdp.origin["reward"].startswith("kept, a function of state, action and successor")


def test_after_the_end_nothing_is_earned():
    # 2 has two actions that lead on, but no episode takes them: "absorb" makes it stay, which earns 0.
    table = gamble() | {2: {0: [(1.0, 0, 7.0, False)]}}
    assert mp.given_rewards(mp.from_gymnasium(table, starts=0)).of(2, 0) == 0.0
    assert mp.given_rewards(mp.from_gymnasium(table, terminated="continue")).of(2, 0) == 7.0
    assert mp.given_rewards(mp.from_gymnasium(table, terminated="sink")).of("end", "stay") == 0.0


def test_on_pairs_where_it_does_not():
    given = mp.given_rewards(mp.from_gymnasium(gamble(1.0, 1.0), starts=0))
    assert not given.on_transitions
    assert given.values.tolist() == [1.0, 3.0, 0.0, 7.0]
    assert given.of(0, 0, 2) == 1.0
    assert repr(given) == "GivenRewards(of 4 pairs, from 0 to 7)"
    assert not given.values.flags.writeable


@pytest.mark.parametrize(
    ("entry", "told"),
    [
        ([(0.5, 1, 1.0, False), (0.5, 1, 2.0, False)], "state 0, action 0: the step to 1 earns 1.0 and 2.0"),
        ([(1.0, 1)], "not every entry of P has one that is a finite number"),
        ([(1.0, 1, "much", False)], "not every entry of P has one that is a finite number"),
        ([(1.0, 1, np.nan, False)], "not every entry of P has one that is a finite number"),
    ],
)
def test_what_is_no_function(entry, told):
    mdp = mp.from_gymnasium({0: {0: entry}, 1: {0: [(1.0, 1, 0.0, False)]}})
    with pytest.raises(mp.RewardError, match=told):
        mp.given_rewards(mdp)


def test_it_is_no_part_of_the_mdp(tmp_path):
    mdp, other = mp.from_gymnasium(gamble(), starts=0), mp.from_gymnasium(gamble(5.0), starts=0)
    assert mdp.equals(other)
    assert mdp.fingerprint == other.fingerprint
    again = pickle.loads(pickle.dumps(mdp))
    assert np.array_equal(mp.given_rewards(again).values, mp.given_rewards(mdp).values)
    for suffix in (".nc", ".toml"):
        mdp.save(tmp_path / f"gamble{suffix}")
        read = mp.load(tmp_path / f"gamble{suffix}")
        assert read.origin == mdp.origin
        assert np.array_equal(mp.given_rewards(read).values, mp.given_rewards(mdp).values)
    with pytest.raises(mp.RewardError, match=r"files of before, do not keep it; what made it gives it anew"):
        mp.given_rewards(mdp.permute_states([2, 1, 0]))


def test_what_is_not_there():
    with pytest.raises(mp.RewardError, match=r"^this MDP came without rewards$"):
        mp.given_rewards(mp.envs.fork(2))
    given = mp.given_rewards(mp.from_gymnasium(gamble(), starts=0))
    with pytest.raises(mp.LabelError, match="state 0, action 1 does not lead to 2"):
        given.of(0, 1, 2)
