"""What tells states apart, by family, and how keys become labels."""

import gymnasium
import numpy as np
import pytest
from walkers import Corridor

import mdppower as mp
from mdppower.adapters.gymnasium_keys import place_of_labels, reading_of


def read(env, key=None):
    observation, _ = env.reset(seed=0)
    reading = reading_of(env, key)
    return reading.told, reading.read(env, observation)


def test_known_families():
    assert read(gymnasium.make("FrozenLake-v1")) == ("s", 0)
    told, (player, dealer) = read(gymnasium.make("Blackjack-v1"))
    assert told == "the hands of player and dealer"
    assert len(player) == len(dealer) == 2

    class Saved(Corridor):
        def get_state(self):
            return (self.x, self.n)

    assert read(Saved()) == ("get_state()", (0, 5))
    env = Corridor()
    env.reset(seed=0)
    assert reading_of(env, None) is None  # an observation is no default


def test_keys_that_are_given():
    assert read(Corridor(), lambda env: (env.x, env.n)) == ("key=", (0, 5))
    assert read(Corridor(), "observation") == ("the observation", 0)
    assert read(Corridor(), ("x", "n")) == ("attributes x, n", (0, 5))
    # A wrapper that may act is what the function gets: the environment is inside.
    wrapped = gymnasium.wrappers.StickyAction(Corridor(), 0.0)
    assert read(wrapped, lambda env: env.unwrapped.x)[1] == 0
    with pytest.raises(mp.ModelError, match=r"key= is given is the environment as wrapped: env\.unwrapped is inside"):
        read(wrapped, lambda env: env.x)


@pytest.mark.parametrize(
    ("give", "told"),
    [
        (lambda self: object(), r"what get_state\(\) gives is not plain: a object is no plain value; give key="),
        (lambda self: 1 / 0, r"get_state\(\) raised ZeroDivisionError: division by zero; give key="),
    ],
)
def test_a_state_that_is_none(give, told):
    with pytest.raises(mp.ModelError, match=told):
        read(type("Odd", (Corridor,), {"get_state": give})())


def test_rows_and_columns():
    # Two integers first, and no third: a third may be a place as well.
    assert place_of_labels([(0, 1), (2, 3)]) == [(0, 1), (2, 3)]
    assert place_of_labels([(0, 1, "open"), (2, 3, "shut")]) == [(0, 1), (2, 3)]
    for labels in ([(0, 1, 2)], [0, 1], [("a", 0)], [(0,)]):
        assert place_of_labels(labels) is None


def test_equal_values_of_other_types_are_other_keys():
    class Wide(Corridor):
        def reset(self, *, seed=None, options=None):
            super().reset(seed=seed)
            return np.zeros(2, self.kind), {}

    keys = []
    for kind in (np.int8, np.int64):
        env = Wide()
        env.kind = kind
        keys.append(read(env, "observation")[1])
    assert keys[0] != keys[1]
