"""A look at an environment: what changes, what counts steps, and in what two copies differ."""

import pytest
from gymnasium import wrappers
from walkers import Corridor, Counted, Rebuilt, where

import mdppower as mp
from mdppower.adapters.gymnasium_copies import Copier
from mdppower.adapters.gymnasium_masks import Masks
from mdppower.adapters.gymnasium_probe import (
    attributes,
    look,
    refuse_other_copy,
    told_attributes,
    told_differences,
    without_state,
)

PLAIN = Copier(lambda base, memo: None)


def seen(env, read=None):
    observation, info = env.reset(seed=0)
    return look(env, observation, info, [0, 1], Masks(env, None, observation, info, 2), PLAIN, read)


def test_what_counts_goes_one_way_and_is_called_so():
    class Odometer(Counted):
        """Its way goes up at every step as well, and is not called a counter."""

        def reset(self, *, seed=None, options=None):
            self.way = 0
            return super().reset(seed=seed)

        def step(self, action):
            self.way += 1
            return super().step(action)

    env = Odometer(9)
    found = seen(env)
    assert [(one.name, one.start, one.change) for one in found.counters] == [("steps", 0, 1)]
    assert found.changed[0, "steps"] == found.changed[0, "way"] == found.steps == 24
    assert 0 < found.changed[0, "x"] < 24
    assert found.changed[0, "n"] == 0
    told = told_attributes(env, found)
    assert told.startswith("steps (changed at every step), way (changed at every step), x (changed in ")
    assert told.endswith(", n")


def test_a_time_limit_counts():
    found = seen(wrappers.TimeLimit(Corridor(9), 5))
    assert [(one.layer, one.name) for one in found.counters] == [(0, "_elapsed_steps")]


def test_keys_before_and_after():
    assert seen(Corridor(9)).moves == []
    moves = seen(Corridor(9), lambda env, _: where(env)).moves
    assert len(moves) == 24
    assert all(abs(after - before) <= 1 for before, after in moves)
    assert all(moves[k][1] == moves[k + 1][0] for k in range(23) if moves[k][1] != 8)


def test_a_counter_in_the_key_is_state():
    env = Counted(9)
    found = seen(env)
    observation, _ = env.reset(seed=0)
    assert [one.name for one in without_state(found, env, observation, [0, 1], lambda e, _: e.x, PLAIN)] == ["steps"]
    assert without_state(found, env, observation, [0, 1], lambda e, _: (e.x, e.steps), PLAIN) == ()


def test_differences_are_named_with_their_values():
    a, b = Corridor(5), Corridor(7)
    b.x = 3
    assert told_differences(a, b) == "n (5, 7), x (0, 3)"
    assert told_differences(a, Corridor(5)) == "none that can be compared"
    assert (0, "x") in attributes(a)


def test_a_copy_made_anew_is_found_out():
    env = Rebuilt(5)
    env.reset()
    env.step(1)
    with pytest.raises(mp.ModelError, match=r"different are x \(1, 0\); it has its own __getstate__ \(of EzPickle"):
        refuse_other_copy(env, PLAIN)
    env = Corridor(5)
    env.reset()
    env.step(1)
    refuse_other_copy(env, PLAIN)
