"""MDPs with states for pairs, and for transitions: what they are, and that they are made once."""

from __future__ import annotations

import numpy as np

import mdppower as mp
from mdppower.mdp.pair_states import after_transitions, through_pairs

MDP = mp.RewardlessMDP.from_successors({"a": {"x": {"a": 0.25, "b": 0.75}, "y": "b"}, "b": {"z": "b"}})


def test_two_steps_through_a_pair_are_one():
    """The first P pairs are those of the MDP, each to its own state, from where it goes on as it did."""
    paired = through_pairs(MDP)
    assert (paired.n_states, paired.n_pairs) == (5, 6)
    there, on = paired.kernel[:3].toarray(), paired.kernel[3:].toarray()
    np.testing.assert_array_equal(there @ np.eye(5), np.eye(5)[2:])
    np.testing.assert_array_equal(on[:, :2], MDP.kernel.toarray())
    assert through_pairs(MDP) is paired
    assert paired.action_codes[:3].tolist() == [0, 1, 0], "numbered in each state: policies are read by that"


def test_after_a_transition_the_choices_are_those_of_its_end():
    """Transitions aa, ab, ab', bb: states 2 … 5; in one that ends in b there is one choice, in aa there are two."""
    after = after_transitions(MDP)
    assert after.source.tolist() == [0, 0, 1, 2]
    assert np.diff(after.mdp.pointer).tolist() == [2, 1, 2, 1, 1, 1]
    assert [after.mdp.pair_successors(p) for p in range(after.mdp.n_pairs)] == [
        {2: 0.25, 3: 0.75}, {4: 1.0}, {5: 1.0}, {2: 0.25, 3: 0.75}, {4: 1.0}, {5: 1.0}, {5: 1.0}, {5: 1.0}
    ]  # fmt: skip
    assert after.rewards(np.array([[1.0, 2, 3]]), 2).tolist() == [[0, 0, 1, 1, 2, 3]]
