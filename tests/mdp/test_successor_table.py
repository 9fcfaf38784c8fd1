"""Tables of successors: read as the MDP that `from_successors` makes of the same arrows, or refused by name."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

import mdppower as mp
from mdppower import ModelError, RewardError, RewardlessMDP

TABLE = [[1, 2, -2], [0, -1, 1], [2, -2, -2]]
"""0 leads to 1 and 2; 1 back, to the end, and stays; 2 stays."""


def test_what_the_numbers_mean():
    mdp = RewardlessMDP.from_successor_table(TABLE)
    by_hand = RewardlessMDP.from_successors(
        {0: {0: 1, 1: 2}, 1: {0: 0, 1: "end", 2: 1}, 2: {0: 2}, "end": {"stay": "end"}}
    )
    assert mdp.states == by_hand.states == (0, 1, 2, "end")
    for state in mdp.states:
        assert mdp.actions(state) == by_hand.actions(state)
        for action in mdp.actions(state):
            assert mdp.successors(state, action) == by_hand.successors(state, action)
    assert mdp.origin["ends"] == "1 successor of -1 became 'end', which is absorbing"


def test_power_by_hand():
    # One choice between two absorbing states, one of them the end: E max of two uniforms is 2/3.
    mdp = RewardlessMDP.from_successor_table([[1, -1], [1, -2]])
    assert float(mp.power(mdp, 1, method="exact").of(0).exact) == pytest.approx(2 / 3, abs=1e-15)


@pytest.mark.parametrize("dtype", [np.int8, np.int64, np.float32, np.float64])
def test_types_of_whole_numbers(dtype):
    assert RewardlessMDP.from_successor_table(np.array(TABLE, dtype)).equals(
        RewardlessMDP.from_successor_table(TABLE)
    )


def test_three_ways_to_say_not_there():
    there = np.array(TABLE) != -2
    junk = np.where(there, TABLE, 99)
    mdp = RewardlessMDP.from_successor_table(TABLE)
    assert RewardlessMDP.from_successor_table(junk, feasible=there).equals(mdp)
    assert RewardlessMDP.from_successor_table(np.ma.masked_array(junk, ~there)).equals(mdp)
    assert RewardlessMDP.from_successor_table(TABLE, feasible=there).equals(mdp)
    gaps = np.where(there, TABLE, np.nan)
    assert RewardlessMDP.from_successor_table(gaps, feasible=there.astype(int)).equals(mdp)


def test_labels_layout_and_the_end():
    mdp = RewardlessMDP.from_successor_table(
        [[-1, 0], [0, 0]], states=["x", "end"], actions=["out", "go"], layout=[(0, 1), (0, 2)], marks={"m": [1]},
        origin={"source": "t.npz"},
    )  # fmt: skip
    assert mdp.states == ("x", "end", "end#2")
    assert mdp.successors("x", "out") == {"end#2": 1.0}
    assert mdp.layout.tolist() == [[0, 1], [0, 2], [2, 1]]
    assert (mdp.marks, mdp.origin["source"]) == ({"m": (1,)}, "t.npz")
    named = RewardlessMDP.from_successor_table([[-1, 0]], end=1)
    assert named.has_default_labels
    cells = RewardlessMDP.from_successor_table([[-1], [0]], states=np.array([[0, 0], [0, 1]]))
    assert cells.states == ((0, 0), (0, 1), "end")
    assert "ends" not in RewardlessMDP.from_successor_table([[0]]).origin
    # "stay" may be an action of the table's already.
    assert RewardlessMDP.from_successor_table([[-1]], actions=["stay"]).action_names == ("stay",)


def test_rewards_are_kept():
    rewards = np.array([[1, 2, np.nan], [3, 4, 5], [6, np.inf, 0]], np.float32)
    mdp = RewardlessMDP.from_successor_table(TABLE, rewards=rewards)
    kept = mp.given_rewards(mdp)
    assert kept.values.tolist() == [1, 2, 3, 4, 5, 6, 0]  # after the end nothing is earned
    assert (kept.of(1, 1), kept.of("end", "stay")) == (4.0, 0.0)
    assert mdp.origin["reward"] == "kept, a function of state and action"
    assert not kept.values.flags.writeable
    masked = np.ma.masked_array(rewards, ~np.isfinite(rewards))
    assert mp.given_rewards(RewardlessMDP.from_successor_table(TABLE, rewards=masked)).values.tolist() == [
        1, 2, 3, 4, 5, 6, 0
    ]  # fmt: skip


@pytest.mark.parametrize(
    ("table", "options", "told"),
    [
        ([[1, 0], [1, 7]], {}, r"^state 1, action 1: successor 7 is none of 0 … 1, -1 \(the episode ends\) or -2 \("),
        ([[-3]], {"states": ["s"], "actions": ["a"]}, "^state 's', action 'a': successor -3 is none of"),
        ([[0.5]], {}, "^state 0, action 0: successor 0.5 is no integer$"),
        ([[0, np.nan]], {}, "successor nan is no integer; where an action is not there, write -2, or use feasible="),
        ([[0, np.inf]], {}, "successor inf is no integer"),
        ([[1e300]], {}, "successor 1000000000000000052504760255204.* is none of"),
        ([[-2, -2]], {}, "^state 0 has no action: each of its entries is -2, or not feasible$"),
        ([[0], [0]], {"feasible": [[1], [0]]}, "^state 1 has no action"),
        ([[1, 2, 1], [0, 1, 1]], {}, r"the table seems to be \(A, S\) = \(2, 3\): transpose it"),
        (np.array([[0, 2**32 - 1]], np.uint32), {}, "it seems to be a negative number as uint32"),
        ([[0, 0]], {"feasible": [1, 0]}, r"feasible must have shape \(1, 2\), got \(2,\)"),
        ([[0, 0]], {"feasible": [[1, 2]]}, r"feasible\[0, 1\] is 2, neither True nor False"),
        ([[0, -2]], {"feasible": [[1, 1]]}, "state 0, action 1: -2 says that it is not there, feasible that it is"),
        (np.ma.masked_array([[0, 0]], [[0, 1]]), {"feasible": [[1, 1]]}, r"transitions\[0, 1\] is masked, and"),
        ([[True]], {}, "must be integers, the indices of successors; got an array of bool"),
        ([["a"]], {}, "must be integers"),
        ([[None]], {}, "must be integers"),
        ([0, 1], {}, r"must be a table \(S, A\) of successors, got shape \(2,\)$"),
        ([[[1.0]]], {}, "from_arrays and from_matrices take probabilities"),
        ([], {}, "must be a table"),
        ([[0], [0, 1]], {}, "is not an array of numbers"),
        ([[0]], {"actions": ["a", "b"]}, "1 action labels are needed, got 2"),
        ([[-1]], {"states": ["x"], "end": "x"}, "state label 'x' is used twice"),
        ([[0]], {"states": ["x", "y"]}, "1 state labels are needed, got 2"),
    ],
)  # fmt: skip
def test_what_is_no_table(table, options, told):
    with pytest.raises(ModelError, match=told) as error:
        RewardlessMDP.from_successor_table(table, **options)
    assert "\n" not in str(error.value)


@pytest.mark.parametrize(
    ("rewards", "told"),
    [
        ([0.0], r"rewards must have the shape \(S, A\) = \(1, 2\), got \(1,\)"),
        ([[0, np.nan]], "^state 0, action 1: reward is nan, no finite number"),
    ],
)
def test_what_are_no_rewards(rewards, told):
    with pytest.raises(RewardError, match=told):
        RewardlessMDP.from_successor_table([[0, 0]], rewards=rewards)


@given(st.data())
def test_the_same_as_a_dense_array(data):
    """The second route: one-hot rows T[s, a, s'] and a mask."""
    n, k = data.draw(st.integers(1, 5)), data.draw(st.integers(1, 3))
    entry = st.integers(-2, n - 1)
    table = np.array(data.draw(st.lists(st.lists(entry, min_size=k, max_size=k), min_size=n, max_size=n)))
    table[(table == -2).all(axis=1), 0] = -1
    mdp = RewardlessMDP.from_successor_table(table, end=n)
    ends = int((table == -1).any())
    dense = np.zeros((n + ends, k + 1, n + ends))
    for (s, a), t in np.ndenumerate(table):
        dense[s, a, n if t == -1 else max(t, 0)] = 1
    if ends:
        dense[n, k, n] = 1
    there = np.zeros(dense.shape[:2], bool)
    there[:n, :k] = table != -2
    there[n:, k] = True
    names = [*range(k), "stay"]
    assert RewardlessMDP.from_arrays(dense, axes="san", feasible=there, actions=names).equals(mdp)
