"""Keys by the names of attributes: how deep they reach, and what is said of those that are not there."""

import gymnasium
import numpy as np
import pytest
from walkers import Corridor, Counted

import mdppower as mp
from mdppower.adapters.from_gymnasium import from_gymnasium
from mdppower.adapters.gymnasium_attributes import attribute_names, read_attributes
from mdppower.cli.options import parse_settings


class Cart(Corridor):
    """What it carries lies deeper: an object, a mapping, a list."""

    class Load:
        weight = 2

    def __init__(self):
        super().__init__(3)
        self.load, self.tanks, self.dials = self.Load(), {"fuel": 7}, [4, 5]


def test_names_reach_into_what_attributes_hold():
    env = gymnasium.wrappers.TimeLimit(Cart(), 9)
    names = ("x", "load.weight", "tanks.fuel", "dials.1", "unwrapped.n")
    assert read_attributes(env, names) == (0, 2, 7, 5, 3)
    assert read_attributes(env, ("x",)) == 0  # one name is its value, not a tuple


@pytest.mark.slow
def test_a_key_of_names_is_the_key_of_a_function():
    # Two routes: what attributes of these names hold, and a function that says so.
    for key in (("x",), "x", ["x"]):
        assert from_gymnasium(Counted(6), key=key).equals(from_gymnasium(Counted(6), key=lambda env: env.x))
    pair = from_gymnasium(Corridor(4), key=("x", "n"))
    assert pair.equals(from_gymnasium(Corridor(4), key=lambda env: (env.x, env.n)))
    assert (pair.origin["key"], pair.origin["labels"]) == ("attributes x, n", "x, n")
    assert not pair.equals(from_gymnasium(Corridor(4), key="x"))  # the negative control


@pytest.mark.parametrize(
    ("key", "kind", "told"),
    [
        (("x", "bat"), mp.ModelError, "key= names 'bat', and Cart has no 'bat'"),
        (("x", "lod"), mp.ModelError, "has no 'lod'; did you mean 'load'"),
        ("load.colour", mp.ModelError, "and load, a Load, has no 'colour'"),
        ("dials.2", mp.ModelError, "and dials, a list, has no '2'"),
        ("load", mp.ModelError, "key= names load, which cannot be compared: a Load is no plain value"),
        (("x", "x"), mp.ParameterError, "key has an attribute twice: x, x"),
        ("x y", mp.ParameterError, "key has 'x y', which is no name of an attribute"),
        ((), mp.ParameterError, "key must be a function of the environment, names of attributes"),
        (("x", 3), mp.ParameterError, "key must be a function of the environment, names of attributes"),
    ],
)
def test_names_of_nothing(key, kind, told):
    with pytest.raises(kind, match=told) as caught:
        from_gymnasium(Cart(), key=key)
    assert "\n" not in str(caught.value)


def test_on_the_command_line():
    # As --set has it: names with commas between need no quotes.
    for text, names in (("x,load.weight", ("x", "load.weight")), ("x", ("x",)), ('["x", "n"]', ("x", "n"))):
        assert attribute_names(parse_settings([f"key={text}"])["key"]) == names
    assert parse_settings(["key=observation"]) == {"key": "observation"}


def test_labels_of_arrays_by_name():
    class Board(Corridor):
        def step(self, action):
            result = super().step(action)
            self.board = np.full((9, 9), self.x)
            return result

        def reset(self, *, seed=None, options=None):
            result = super().reset(seed=seed)
            self.board = np.full((9, 9), self.x)
            return result

    labels = from_gymnasium(Board(3), key="board").states
    assert len(set(labels)) == 3
    assert all(label.startswith("9 × 9 array ") and len(label) == 20 for label in labels)
