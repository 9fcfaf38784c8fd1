"""Parts of keys that change at every step: a counter in the key makes a state of every moment, which is said."""

import pytest
from walkers import Corridor, Counted

import mdppower as mp
from mdppower.adapters.from_gymnasium import from_gymnasium
from mdppower.adapters.gymnasium_parts import changing_parts, counting_parts, parts_of
from mdppower.adapters.gymnasium_spaces import exact_key


def test_parts_and_their_names():
    assert parts_of(exact_key([3, 4])) == {"part 1": 3, "part 2": 4}
    assert parts_of((3, 4), ["x"]) == {"part 1": 3, "part 2": 4}  # names of something else are none
    assert parts_of(3, ["x"]) == {"x": 3}
    assert parts_of(exact_key(True)) == {}


def test_what_changes_and_what_counts():
    # Part 1 changes to and fro, part 2 goes up, part 3 stays once.
    moves = [((0, 0, 0), (1, 1, 1)), ((1, 1, 1), (0, 2, 1))]
    assert changing_parts(moves) == ["part 1", "part 2"]
    assert counting_parts(moves) == ["part 2"]
    assert counting_parts([((0,), (1,)), ((1,), (0,))]) == []  # the negative control
    assert changing_parts([]) == counting_parts([]) == []


class Saved(Counted):
    def get_state(self):
        return {"x": self.x, "steps": self.steps}


def test_a_counter_in_get_state():
    with (
        pytest.warns(mp.MDPPowerWarning, match=r"get_state\(\) holds 'steps', which changed at every step"),
        pytest.raises(mp.SizeError, match="changed at every step: 'steps'; raise limit=, or give a key="),
    ):
        from_gymnasium(Saved(5), limit=60)
    assert from_gymnasium(Saved(5), key="x").n_states == 5


def test_a_counter_in_a_key_of_ones_own():
    with pytest.raises(mp.SizeError, match="changed at every step: 'part 2'"):
        from_gymnasium(Counted(5), key=lambda env: (env.x, env.steps), limit=60)
    with pytest.raises(mp.SizeError, match=r"the last of them \d+; raise limit="):  # nothing to name
        from_gymnasium(Corridor(90), key="x", limit=60)
