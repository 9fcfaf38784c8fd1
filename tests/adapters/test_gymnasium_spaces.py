"""Values as keys: equal for equal values of equal types, and for no others; and labels that stay apart."""

import gymnasium
import numpy as np
import pytest
from gymnasium import spaces
from hypothesis import given
from hypothesis import strategies as st

import mdppower as mp
from mdppower.adapters.gymnasium_spaces import as_label, distinct_labels, exact_key, listed_actions

ONE = [1, 1.0, True, "1", (1,), [1], {1: 1}, {1}, b"\x01", None, np.array(1), np.array([1]), np.array([1.0]),
       np.array([[1]]), np.array([1], np.int8), np.array([True]), ("none",), ("bool", "True")]  # fmt: skip


def test_keys_of_different_values_differ():
    keys = [exact_key(value) for value in ONE]
    assert len(set(keys)) == len(ONE)
    assert [exact_key(value) for value in ONE] == keys


def test_plain_types_of_numpy_are_pythons():
    assert exact_key(np.int8(3)) == exact_key(3)
    assert exact_key(np.str_("a")) == "a"
    assert exact_key({"a": 1, "b": 2}) == exact_key({"b": 2, "a": 1})
    assert exact_key(np.array([[1, 2], [3, 4]]).T) == exact_key(np.array([[1, 3], [2, 4]]))  # whatever the strides
    assert exact_key(0.0) != exact_key(-0.0)


def test_objects_are_no_keys():
    for value in (object(), (1, object()), {"x": object()}, np.array([object()])):
        with pytest.raises(mp.ModelError, match="is no plain value"):
            exact_key(value)


PLAIN = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False) | st.text(max_size=3),
    lambda inner: st.lists(inner, max_size=3).map(tuple) | st.lists(inner, max_size=3),
    max_leaves=6,
)


@pytest.mark.slow
@given(st.lists(PLAIN, max_size=6, unique_by=exact_key))
def test_labels_are_distinct_and_labels(values):
    labels = distinct_labels([as_label(exact_key(value)) for value in values])
    assert len(set(labels)) == len(values)
    if labels:
        pairs = list(range(len(labels)))
        assert mp.RewardlessMDP.from_pairs(pairs, np.eye(len(pairs)), states=labels).states == tuple(labels)


@pytest.mark.parametrize(
    ("space", "labels"),
    [
        (spaces.Discrete(3), [0, 1, 2]),
        (spaces.Discrete(2, start=-1), [-1, 0]),
        (spaces.MultiDiscrete([2, 2], start=[1, 5]), [(1, 5), (1, 6), (2, 5), (2, 6)]),
        (spaces.MultiBinary(2), [(0, 0), (0, 1), (1, 0), (1, 1)]),
        (spaces.Tuple([spaces.Discrete(2), spaces.Discrete(1)]), [(0, 0), (1, 0)]),
        (spaces.Dict({"a": spaces.Discrete(2)}), [(("a", 0),), (("a", 1),)]),
    ],
    ids=str,
)
def test_listed_actions(space, labels):
    env = gymnasium.Env()
    env.action_space = space
    actions, names = listed_actions(env)
    assert names == labels
    assert all(space.contains(action) or space.contains(np.int64(action)) for action in actions)


def test_actions_that_cannot_be_listed():
    env = gymnasium.Env()
    for space in (spaces.Box(0, 1), spaces.Tuple([spaces.Discrete(2), spaces.Box(0, 1)]), spaces.Text(3)):
        env.action_space = space
        with pytest.raises(mp.ModelError, match="actions must be discrete to be listed"):
            listed_actions(env)
    env.action_space = spaces.MultiDiscrete([101, 100])
    with pytest.raises(mp.ModelError, match="10,100 actions; up to 10,000 are listed"):
        listed_actions(env)
