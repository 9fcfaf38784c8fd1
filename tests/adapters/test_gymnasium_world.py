"""From an environment to a table: where it begins, in which order its states stand, and what is said of it."""

import numpy as np
import pytest
from walkers import Corridor, Counted, Drawn, HiddenGoal

import mdppower as mp
from mdppower.adapters.gymnasium_world import StepOptions, enumerate_environment, require_options


def found(env, goes_on=False, **options):
    return enumerate_environment(env, StepOptions(**{"key": "x", **options}), goes_on)


def test_the_table_of_a_corridor():
    # Cells 0, 1, 2, of which 2 is an end that nobody leaves: its two actions stay. Each row is (cell, action, to).
    made = found(Corridor(3))
    table = made.table
    rows = list(zip(table.owner.tolist(), table.codes.tolist(), table.target.tolist(), strict=True))
    assert rows == [(0, 0, 0), (0, 1, 1), (1, 0, 0), (1, 1, 2), (2, 0, 2), (2, 1, 2)]
    assert table.flag.tolist() == [False, False, False, True, False, False]
    assert table.reward.tolist() == [0, 0, 0, 1, 0, 0]
    assert (made.starts.tolist(), made.ended.tolist()) == ([True, False, False], [False, False, True])


def test_integers_are_sorted_and_others_as_they_were_found():
    class Down(Corridor):
        def reset(self, *, seed=None, options=None):
            super().reset(seed=seed)
            self.x = 2
            return self.x, {}

    assert found(Down(4)).table.states == [0, 1, 2, 3]
    assert found(Down(4), key=lambda env: f"cell {env.x}").table.states == ["cell 2", "cell 1", "cell 3", "cell 0"]


def test_what_is_said():
    told = found(Counted(4), seed=3).told
    assert told["seed"] == "3"
    assert told["key"] == "attribute x"
    assert told["counters"] == "steps: set back before each step"
    assert "counters" not in found(Corridor(4)).told


def test_steps_after_the_end():
    # Where the end is ignored the last cell has steps of its own: back, and to the wall behind it.
    class Walled(Corridor):
        def step(self, action):
            result = super().step(action)
            self.x = min(self.x, 3)
            return result

    table = found(Walled(3), goes_on=True, limit=9).table
    assert table.target[table.owner == 2].tolist() == [1, 3]
    assert found(Walled(3), limit=9).table.target[4:].tolist() == [2, 2]  # the negative control


@pytest.mark.parametrize(
    ("env", "told"),
    [
        (lambda: Drawn(5), "reset draws what the key"),
        (lambda: HiddenGoal(7), "reset draws what the key"),
    ],
)
def test_worlds_that_reset_draws(env, told):
    with pytest.raises(mp.ModelError, match=told):
        found(env())
    assert found(env(), seed=1).told["seed"] == "1"


@pytest.mark.parametrize("isd", [np.zeros(3), np.array([-1.0, 2.0, 0.0]), np.ones((2, 2))])
def test_what_is_no_distribution_of_starts(isd):
    env = Corridor(3)
    env.isd = isd
    with pytest.raises(mp.ModelError, match="isd is not a list of probabilities"):
        found(env)


@pytest.mark.parametrize(
    ("options", "told"),
    [
        ({"limit": 0}, "limit must be an integer, 1 or more, got 0"),
        ({"limit": True}, "limit must be an integer, 1 or more, got True"),
        ({"tries": 1}, "tries must be an integer, 2 or more, got 1"),
        ({"seed": 0.5}, "seed must be an integer, 0 or more, got 0.5"),
    ],
)
def test_options_out_of_range(options, told):
    with pytest.raises(mp.ParameterError, match=told):
        require_options(StepOptions(**options))
    require_options(StepOptions(limit=1, tries=2, seed=0))
