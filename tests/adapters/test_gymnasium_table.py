"""What an environment says of itself: attributes, which are code."""

from __future__ import annotations

from typing import ClassVar

import gymnasium
import numpy as np
import pytest

import mdppower as mp


class Cells(gymnasium.Env):
    """Six cells that are what they are."""

    observation_space, action_space = gymnasium.spaces.Discrete(6), gymnasium.spaces.Discrete(1)
    nrow, ncol = 2, 3
    P: ClassVar = {s: {0: [(1.0, s, 0, False)]} for s in range(6)}


def fails(self):
    """Raise what a model that is not there yet may raise."""
    raise RuntimeError("model not built")


NAMES = ["P", "state_labels", "nrow", "desc", "isd", "initial_state_distrib", "fickle_passenger"]


@pytest.mark.parametrize("name", NAMES)
def test_an_attribute_that_raises_is_named(name):
    strange = type("Strange", (Cells,), {name: property(fails)})
    with pytest.raises(mp.ModelError, match=rf"Strange\.{name} raised RuntimeError: model not built") as caught:
        mp.from_gymnasium(strange())
    assert isinstance(caught.value.__cause__, RuntimeError)
    mp.from_gymnasium(Cells())  # the negative control


def test_letters_of_other_many_in_each_row():
    ragged = type("Ragged", (Cells,), {"desc": [["S", "F", "F"], ["H"]]})
    with pytest.raises(mp.ModelError, match=r"desc must be letters, as many in each row, got .*'S'"):
        mp.from_gymnasium(ragged())


@pytest.mark.parametrize("decode", [lambda self, text: text.split(), lambda self: (), lambda self, key: (key,)])
def test_500_states_that_are_not_taxis(decode):
    """Their `decode` is another: states keep their numbers."""
    table = {s: {0: [(1.0, s, 0, False)]} for s in range(500)}
    spaces = {"observation_space": gymnasium.spaces.Discrete(500), "action_space": gymnasium.spaces.Discrete(1)}
    other = type("Other", (gymnasium.Env,), {"P": table, "decode": decode, **spaces})
    assert mp.from_gymnasium(other()).states[:2] == (0, 1)


def test_sides_that_are_no_numbers_make_no_grid():
    """Found by scripts/fuzz: whether an array is None is no question for `in`."""
    strange = type("Strange", (Cells,), {"nrow": np.array([2, 3]), "ncol": np.array([1, 2])})
    assert mp.from_gymnasium(strange()).layout is None
