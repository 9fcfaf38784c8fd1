"""RewardlessMDP: every constructor gives the same canonical thing, and what is not an MDP is named."""

from __future__ import annotations

import copy
import enum
import pickle
import warnings

import networkx as nx
import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from scipy import sparse
from strategies import mdps

import mdppower as mp
from mdppower import RewardlessMDP
from mdppower.envs.tabular import TabularEnv

BET = {"bet": {"safe": "won", "risky": {"won": 0.25, "lost": 0.75}}, "won": {"stay": "won"}, "lost": {"stay": "lost"}}


def bet():
    return RewardlessMDP.from_successors(BET)


# ---------------------------------------------------------------------- constructors


def test_all_constructors_agree():
    mdp = bet()
    kernel = [[0, 1, 0], [0, 0.25, 0.75], [0, 1, 0], [0, 0, 1]]
    labels = {"states": ["bet", "won", "lost"], "actions": ["safe", "risky", "stay", "stay"]}
    pairs = RewardlessMDP.from_pairs([0, 0, 1, 2], kernel, **labels)
    assert pairs.equals(mdp)
    assert RewardlessMDP.from_pairs([0, 0, 1, 2], sparse.coo_array(np.array(kernel)), **labels).equals(mdp)
    dense, feasible = mdp.to_arrays()
    again = RewardlessMDP.from_arrays(
        dense, axes="san", feasible=feasible, states=mdp.states, actions=mdp.action_names
    )
    assert again.equals(mdp)
    assert RewardlessMDP.from_graph(mdp.to_graph()).equals(mdp)
    # Pairs in any order: sorted by state, and inside a state by the order of the action labels.
    shuffled = RewardlessMDP.from_pairs(
        [2, 0, 1, 0], np.array(kernel)[[3, 1, 2, 0]], states=labels["states"],
        actions=["safe", "risky", "stay"], action_codes=[2, 1, 2, 0],
    )  # fmt: skip
    assert shuffled.equals(mdp)


@given(mdps())
def test_graph_round_trip(mdp):
    assert RewardlessMDP.from_graph(mdp.to_graph()).equals(mdp)


@given(mdps(), st.data())
def test_dense_round_trip_and_permutations(mdp, data):
    dense, feasible = mdp.to_arrays()
    assert RewardlessMDP.from_arrays(dense, axes="san", feasible=feasible, actions=mdp.action_names).equals(mdp)
    order = data.draw(st.permutations(range(mdp.n_states)))
    there = mdp.permute_states(order)
    assert there.states == tuple(order)
    assert there.permute_states(np.argsort(order)).states == mdp.states
    for s in mdp.states:
        assert there.actions(s) == mdp.actions(s)
        for a in mdp.actions(s):
            assert there.successors(s, a) == mdp.successors(s, a)


def test_canonical_form():
    # Duplicate successors are summed (FrozenLake lists some twice), zeros are no successors.
    kernel = sparse.coo_array(([0.5, 0.25, 0.25, 0.0, 1.0], ([0, 0, 0, 0, 1], [1, 0, 0, 2, 2])), shape=(3, 3))
    kernel = sparse.coo_array(
        (np.append(kernel.data, 1.0), (np.append(kernel.row, 2), np.append(kernel.col, 0))), shape=(3, 3)
    )
    mdp = RewardlessMDP.from_pairs([0, 1, 2], kernel)
    assert mdp.successors(0, 0) == {0: 0.5, 1: 0.5}
    assert mdp.kernel.nnz == 4
    assert mdp.kernel.indices.dtype == mdp.kernel.indptr.dtype == mdp.pointer.dtype == np.int32
    assert mdp.pointer.tolist() == [0, 1, 2, 3]
    assert (mdp.n_states, mdp.n_pairs, mdp.n_actions) == (3, 3, 1)


def test_actions_are_numbered_where_not_named():
    mdp = RewardlessMDP.from_pairs([1, 0, 1], [[1, 0], [0, 1], [0, 1]])
    assert mdp.actions(0) == (0,)
    assert mdp.actions(1) == (0, 1)
    assert mdp.successors(1, 0) == {0: 1.0}


# ---------------------------------------------------------------------- what is refused


def dense(*, n=3):
    """Two actions: stay, and go to the next state."""
    return np.stack([np.eye(n), np.roll(np.eye(n), 1, axis=1)], axis=1)


@pytest.mark.parametrize(
    ("value", "told"),
    [
        (0.9, r"state 'b', action 'go': probabilities sum to 0\.9, not 1"),
        (-1.0, r"state 'b', action 'go': probability of successor 'c' is -1\.0"),
        (np.nan, r"state 'b', action 'go': probability of successor 'c' is nan"),
        (np.inf, r"state 'b', action 'go': probability of successor 'c' is inf"),
        (0.0, r"state 'b', action 'go': probabilities sum to 0, not 1; if the action is not available.*feasible="),
    ],
)
def test_bad_rows_are_named(value, told):
    t = dense()
    t[1, 1, 2] = value
    with pytest.raises(mp.ModelError, match=told):
        RewardlessMDP.from_arrays(t, states="abc", actions=["stay", "go"])


def test_rows_near_one():
    third = RewardlessMDP.from_pairs([0, 1, 2], np.full((3, 3), 1 / 3))  # rounding is not news
    assert third.kernel.data[0] == 1 / 3
    t = dense()
    t[1, 1, 2] = 1 - 5e-10
    with pytest.warns(mp.MDPPowerWarning, match=r"1 row sums to 1 only within 5\.0e-10.*state 1, action 'go'"):
        mdp = RewardlessMDP.from_arrays(t, actions=["stay", "go"])
    assert mdp.successors(1, "go") == {2: 1.0}
    t[1, 1, 2] = 1 - 2e-9
    with pytest.raises(mp.ModelError, match="sum to"):
        RewardlessMDP.from_arrays(t)


def test_structure_that_is_no_mdp():
    with pytest.raises(mp.ModelError, match="state 1 has no action"):
        RewardlessMDP.from_arrays(dense(), feasible=[[1, 1], [0, 0], [1, 0]])
    with pytest.raises(mp.ModelError, match="state 'x' has no action"):
        RewardlessMDP.from_successors({"x": {}})
    with pytest.raises(mp.ModelError, match="successor 'z' is not a state"):
        RewardlessMDP.from_successors({"x": {"go": "z"}})
    with pytest.raises(mp.ModelError, match="probability of successor 'x' is 'half', not a number"):
        RewardlessMDP.from_successors({"x": {"go": {"x": "half"}}})
    with pytest.raises(mp.ModelError, match="at least one state"):
        RewardlessMDP.from_successors({})
    with pytest.raises(mp.ModelError, match=r"pair_states\[1\] is 2, not in 0 … 1"):
        RewardlessMDP.from_pairs([0, 2], np.eye(2))
    with pytest.raises(mp.ModelError, match="2 integers"):
        RewardlessMDP.from_pairs([0.0, 1.0], np.eye(2))
    with pytest.raises(mp.ModelError, match=r"shape \(S, A, S\)"):
        RewardlessMDP.from_arrays(np.eye(2))
    with pytest.raises(mp.ModelError, match="not an array of numbers"):
        RewardlessMDP.from_arrays([["a"]])
    with pytest.raises(mp.ModelError, match=r"feasible must have shape \(3, 2\)"):
        RewardlessMDP.from_arrays(dense(), feasible=[[1, 1]])
    with pytest.raises(mp.ModelError, match="layout must be 2 finite"):
        RewardlessMDP.from_pairs([0, 1], np.eye(2), layout=[[0, 0], [0, np.nan]])
    with pytest.raises(mp.ModelError, match="no position for state 'y'"):
        RewardlessMDP.from_successors({"x": {"a": "y"}, "y": {"a": "y"}}, layout={"x": (0, 0)})
    with pytest.raises(mp.ModelError, match=r"state 'x', action 'go': successor \['x'\] is not a state"):
        RewardlessMDP.from_successors({"x": {"go": ["x"]}})
    with pytest.raises(mp.ModelError, match=r"state 'x': actions must be a mapping .*, got \['x'\]"):
        RewardlessMDP.from_successors({"x": ["x"]})
    with pytest.raises(mp.ModelError, match="one a pair, got 1"):
        RewardlessMDP.from_pairs([0, 1], np.eye(2), actions=["go"])
    with pytest.raises(mp.ModelError, match="action label 'go' is used twice"):
        RewardlessMDP.from_arrays(dense(), actions=["go", "go"])
    with pytest.raises(mp.ModelError, match=r"kernel must have two dimensions \(P, S\), got 1"):
        RewardlessMDP.from_pairs([0, 1], [1.0, 0.0])
    for where, told in (([0, 2], r"marks\['a'\]\[1\] is 2, not in 0 … 1"), ([-1], "is -1"), ("xy", "2 integers")):
        with pytest.raises(mp.ModelError, match=told):
            RewardlessMDP.from_pairs([0, 1], np.eye(2), marks={"a": where})
    with pytest.raises(TypeError, match="from_arrays"):
        RewardlessMDP()


def test_labels():
    with pytest.raises(mp.ModelError, match="state label 'a' is used twice"):
        RewardlessMDP.from_pairs([0, 1], np.eye(2), states=["a", "a"])
    with pytest.raises(mp.ModelError, match="2 state labels are needed, got 1"):
        RewardlessMDP.from_pairs([0, 1], np.eye(2), states=["a"])
    with pytest.raises(mp.ModelError, match="action is given twice"):
        RewardlessMDP.from_pairs([0, 0, 1], [[1, 0], [0, 1], [0, 1]], actions=["go", "go", "go"])
    for bad in (1.5, None, True, ("a", 2.5)):
        with pytest.raises(mp.ModelError, match="labels are str, int, or tuples"):
            RewardlessMDP.from_pairs([0, 1], np.eye(2), states=["a", bad])
    mdp = RewardlessMDP.from_pairs([0, 1], np.eye(2), states=[np.int64(7), (np.str_("a"), 1)])
    assert mdp.states == (7, ("a", 1))
    assert type(mdp.states[0]) is int
    assert RewardlessMDP.from_pairs([0, 1], np.eye(2), actions=np.array(["a", "b"])).action_names == ("a", "b")


# ---------------------------------------------------------------------- what could be misread


class Room(enum.IntEnum):
    HALL, CELLAR = 7, 8


def test_labels_that_only_equal_an_integer():
    # {state: {successor: probability}} reads as {state: {action: successor}}: successor 1.0 would pass for state 1.
    for table in ({0: {1: 1.0}, 1: {0: 1.0}}, {0: {"go": True}, 1: {"go": 0}}, {0: {"go": {True: 1}}, 1: {"go": 0}}):
        with pytest.raises(mp.ModelError, match=r"state 0, action .*: successor (1\.0|True) is not a state"):
            RewardlessMDP.from_successors(table)
    with pytest.raises(mp.ModelError, match=r"stands in \{action: \{state: probability\}\}"):
        RewardlessMDP.from_successors({0: {0: np.float64(0)}})
    assert RewardlessMDP.from_successors({0: {1: 1}, 1: {0: 0}}).actions(0) == (1,)
    for wrong in ({"a": {"go": {"a": True}}}, {"a": {"go": {"a": "1"}}}):
        with pytest.raises(mp.ModelError, match="not a number"):
            RewardlessMDP.from_successors(wrong)
    for where in ([True, 1], np.array([True, False])):
        with pytest.raises(mp.ModelError, match="2 integers, got bool"):
            RewardlessMDP.from_pairs([0, 1], np.eye(2), marks={"a": where})
    with pytest.raises(mp.ModelError, match="2 integers, got bool"):
        RewardlessMDP.from_pairs([False, 1], np.eye(2))


def test_asking_for_what_only_equals_a_label_is_told():
    mdp = RewardlessMDP.from_pairs([0, 1, 1], [[1, 0], [0, 1], [1, 0]])
    for label in (True, 1.0, np.float64(1)):
        with pytest.warns(mp.MDPPowerWarning, match=r"is no label, and was taken for 1, to which it is equal"):
            assert mdp.index(label) == 1
        with pytest.warns(mp.MDPPowerWarning, match="no label"):
            assert mdp.pair(1, label) == 2
        assert label not in mdp
    for label in (0.5, None, [1], (1, [2])):
        with pytest.raises(mp.LabelError, match="no state"):
            mdp.index(label)
        assert label not in mdp
    assert 1 in mdp
    assert np.int64(1) in mdp
    # Probabilities are no label, though [1.0, 0.0] equals (1, 0).
    env = TabularEnv(mp.envs.gridworld(".\n."), start=[1.0, 0.0])
    assert env.initial_state_distrib.tolist() == [1, 0]
    assert TabularEnv(env.mdp, start=[1, 0]).initial_state_distrib.tolist() == [0, 1]


def test_labels_of_an_enumeration_are_their_integers(tmp_path):
    # A member prints as <Room.HALL: 7>, which no TOML reader reads; it equals 7, and finds the state all the same.
    mdp = RewardlessMDP.from_successors({Room.HALL: {"go": Room.CELLAR}, Room.CELLAR: {Room.HALL: Room.CELLAR}})
    assert [type(label) for label in (*mdp.states, *mdp.actions(8))] == [int, int, int]
    assert mdp.index(Room.CELLAR) == 1
    mdp.save(tmp_path / "rooms.toml")
    assert mp.load(tmp_path / "rooms.toml").equals(mdp)


@pytest.mark.parametrize("unordered", [{"a", "b"}, frozenset("ab"), {"a": 0, "b": 1}, np.array("ab"), iter("ab")])
def test_labels_need_an_order(unordered):
    for one in ({"states": unordered}, {"actions": unordered}, {"actions": unordered, "action_codes": [0, 1]}):
        with pytest.raises(mp.ModelError, match=r"(states|actions) must be a sequence of labels, such as a list"):
            RewardlessMDP.from_pairs([0, 1], np.eye(2), **one)
    for one in ({"states": unordered}, {"actions": unordered}):
        with pytest.raises(mp.ModelError, match=r"must be a sequence of labels"):
            RewardlessMDP.from_arrays(np.tile(np.eye(2)[:, None], (1, 2, 1)), axes="san", **one)
    assert RewardlessMDP.from_pairs([0, 1], np.eye(2), states={"a": 0, "b": 1}.keys()).states == ("a", "b")
    assert RewardlessMDP.from_pairs([0, 1], np.eye(2), marks={"m": {1, 0}}).marks == {"m": (0, 1)}


def test_feasible_is_true_or_false():
    # Puterman, example 3.1: R[1, 1] = −∞ says that the second state has one action only.
    rewards = np.array([[5, 10], [-1, -np.inf]])
    t = np.array([[[0.5, 0.5], [0, 1]], [[0, 1], [0, 1.0]]])
    with pytest.raises(mp.ModelError, match=r"feasible\[0, 0\] is 5\.0, neither True nor False; .*np\.isfinite\(R\)"):
        RewardlessMDP.from_arrays(t, feasible=rewards)
    for value in (np.nan, -np.inf, 0.5, 2):
        with pytest.raises(mp.ModelError, match=r"feasible\[1, 1\] is "):
            RewardlessMDP.from_arrays(t, axes="san", feasible=[[1, 1], [1, value]])
    with pytest.raises(mp.ModelError, match=r"feasible must be True or False .*got an array of <U5"):
        RewardlessMDP.from_arrays(t, axes="san", feasible=[["True", "False"]] * 2)
    for one in (np.isfinite(rewards), [[1, 1], [1, 0]], [[1.0, 1.0], [1.0, 0.0]]):
        assert RewardlessMDP.from_arrays(t, axes="san", feasible=one).actions(1) == (0,)


def test_masked_entries_are_refused():
    # Under the mask lies some number, which NumPy would use.
    row = np.ma.array([1, 0], mask=[False, True])
    masked = np.ma.array(np.eye(2), mask=np.eye(2)[::-1])
    for build in (
        lambda: RewardlessMDP.from_pairs([0, 1], masked),
        lambda: RewardlessMDP.from_pairs([0, 1], [row, [0, 1]]),
        lambda: RewardlessMDP.from_pairs(row, np.eye(2)),
        lambda: RewardlessMDP.from_pairs([0, 1], np.array([[np.ma.masked, 1], [0, 1]], dtype=object)),
        lambda: RewardlessMDP.from_pairs([0, 1], np.eye(2), marks={"a": row}),
        lambda: RewardlessMDP.from_pairs([0, 1], np.eye(2), layout=masked),
        lambda: RewardlessMDP.from_pairs([0, 1], np.eye(2), states=masked.astype(int)),
        lambda: RewardlessMDP.from_arrays(masked[:, None]),
        lambda: RewardlessMDP.from_arrays(np.eye(2)[:, None], feasible=np.ma.array([[1], [1]], mask=[[1], [0]])),
    ):
        with pytest.raises(mp.ModelError, match=r"[12] masked entries"):
            build()
    assert RewardlessMDP.from_pairs([0, 1], np.ma.array(np.eye(2))).n_pairs == 2  # nothing is masked


def test_axes_that_cannot_be_told():
    # Rows sum to 1 along the last axis whichever of the first two is that of states.
    t = np.random.default_rng(0).dirichlet([1, 1, 1], size=(3, 3))
    with pytest.warns(mp.MDPPowerWarning, match=r"3 states and as many actions.*read as T\[s, a, s'\].*axes='asn'"):
        assumed = RewardlessMDP.from_arrays(t)
    assert assumed.equals(RewardlessMDP.from_arrays(t, axes="san"))
    assert not assumed.equals(RewardlessMDP.from_arrays(t, axes="asn"))
    assert RewardlessMDP.from_arrays(t.swapaxes(0, 1), axes="asn").equals(assumed)
    # No warning where both readings are the same MDP, or where one of them is none.
    RewardlessMDP.from_arrays(np.eye(2)[[[0, 1], [1, 0]]])
    t[2, 0] = 0
    feasible = [[True, True, True], [True, True, True], [False, True, True]]
    assert RewardlessMDP.from_arrays(t, feasible=feasible).actions(2) == (1, 2)
    for axes in ("nas", 3, ["s", "a", "n"], np.arange(3)):
        with pytest.raises(mp.ParameterError, match="axes must be one of 'san', 'asn', got"):
            RewardlessMDP.from_arrays(t, axes=axes)


def test_the_error_says_which_axes_an_array_seems_to_have():
    san = np.random.default_rng(1).dirichlet([1, 1, 1], size=(3, 2))  # 3 states, 2 actions
    asn = san.swapaxes(0, 1)
    mdp = RewardlessMDP.from_arrays(san)
    assert RewardlessMDP.from_arrays(asn, axes="asn").equals(mdp)
    for one, axes, told in (
        (asn, None, r"must have shape \(S, A, S\), got \(2, 3, 3\); it seems to be T\[a, s, s'\]: axes='asn'"),
        (san, "asn", r"must have shape \(A, S, S\), got \(3, 2, 3\); it seems to be T\[s, a, s'\]: axes='san'"),
        (np.moveaxis(san, 1, 2), None, r"its last axis seems to be that of actions: np\.moveaxis\(T, 2, 1\)"),
        (np.eye(3), None, r"it seems to be T\[s, s'\], of one action: T\[:, None, :\]"),
        (san.transpose(2, 1, 0), None, r"sum to 1 along axis 0.*T\[s', a, s\], which np\.moveaxis\(T, 0, 2\)"),
    ):
        with pytest.raises(mp.ModelError, match=told):
            RewardlessMDP.from_arrays(one, axes=axes)
    with pytest.raises(mp.ModelError, match="at least one state"):
        RewardlessMDP.from_arrays(np.zeros((0, 0, 0)))
    # What the messages say works.
    assert RewardlessMDP.from_arrays(np.moveaxis(np.moveaxis(san, 1, 2), 2, 1)).equals(mdp)
    cube = np.random.default_rng(2).dirichlet([1, 1, 1], size=(3, 3))
    with pytest.raises(mp.ModelError, match=r"axis 1.*T\[s, s', a\], which np\.moveaxis\(T, 1, 2\)"):
        RewardlessMDP.from_arrays(np.moveaxis(cube, 2, 1))


def test_rows_of_coarser_types_are_rescaled():
    # 1/3 as float32 is 1/3 + 1e-8 (24 bits: an error of 2^-26 / 3 · …), three of them miss 1 by 3e-8.
    third = np.float32(1) / np.float32(3)
    assert 2e-8 < abs(3 * float(third) - 1) < 4e-8
    for build in (
        lambda: RewardlessMDP.from_arrays(np.full((3, 1, 3), third)),
        lambda: RewardlessMDP.from_pairs([0, 1, 2], np.full((3, 3), third)),
        lambda: RewardlessMDP.from_pairs([0, 1, 2], sparse.csr_array(np.full((3, 3), third))),
        lambda: RewardlessMDP.from_successors({s: {"go": {"a": third, "b": third, "c": third}} for s in "abc"}),
        # One number of the row in double precision: the others are as coarse as before.
        lambda: RewardlessMDP.from_successors({s: {"go": {"a": 1 / 3, "b": third, "c": third}} for s in "abc"}),
    ):
        with pytest.warns(mp.MDPPowerWarning, match=r"3 rows sum to 1 only within [23]\.0e-08; rescaled") as seen:
            mdp = build()
        assert len(seen) == 1
        assert mdp.kernel.data == pytest.approx(1 / 3, abs=1.1e-8)
        assert abs(mdp.kernel.sum(axis=1) - 1).max() < 4e-16
        assert mdp.origin["rescaled"].startswith("3 rows sum to 1 only within")
    # As float64 the same numbers are a slip, and as float32 a miss of 1e-5 is.
    with pytest.raises(mp.ModelError, match=r"sum to 1\.0000000"):
        RewardlessMDP.from_pairs([0, 1, 2], np.full((3, 3), float(third)))
    with pytest.raises(mp.ModelError, match="probabilities sum to"):
        RewardlessMDP.from_pairs([0, 1, 2], np.full((3, 3), np.float32(1 / 3 + 1e-5)))


@given(st.integers(1, 400), st.sampled_from([np.float16, np.float32]), st.integers(0, 2**31))
def test_whatever_a_coarse_type_normalises_is_accepted(n, kind, seed):
    # Numbers of any size, divided by their own sum in their own type, as a softmax does.
    row = np.random.default_rng(seed).random(n).astype(kind) + kind(1e-3)
    row /= row.sum()
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", mp.MDPPowerWarning)
        kernel = RewardlessMDP.from_pairs(np.arange(n), np.tile(row, (n, 1))).kernel
    assert abs(kernel.sum(axis=1) - 1).max() < 1e-13


def test_layout_and_marks_name_states():
    two = {"x": {"a": "y"}, "y": {"a": "y"}}
    with pytest.raises(mp.ModelError, match="layout has a position for 'z', which is no state"):
        RewardlessMDP.from_successors(two, layout={"x": (0, 0), "y": (0, 1), "z": (0, 2)})
    with pytest.raises(mp.ModelError, match="layout must map states to"):
        RewardlessMDP.from_successors(two, layout=[(0, 0), (0, 1)])
    for marks, told in (
        ({1: [0]}, "a mark is a str, got 1"),
        ({"a": 0}, "must be indices"),
        ({"a": np.array(0)}, "1 integers"),
        ([0], "must map names"),
    ):
        with pytest.raises(mp.ModelError, match=told):
            RewardlessMDP.from_pairs([0, 1], np.eye(2), marks=marks)


# ---------------------------------------------------------------------- asking


def test_index_by_label_and_by_mark():
    mdp = mp.envs.gridworld("ab\nb.")
    assert mdp.index((1, 1)) == 3
    assert mdp.index("a") == 0
    with pytest.raises(mp.LabelError, match="2 states are marked 'b'"):
        mdp.index("b")
    with pytest.raises(mp.LabelError, match=r"no state 'z'; states are \(0, 0\)"):
        mdp.index("z")
    with pytest.raises(mp.LabelError, match="no state"):
        mdp.index([0, 0])
    with pytest.raises(mp.LabelError, match="has no action 'fly'; it has 'N'"):
        mdp.pair((0, 0), "fly")
    assert mdp.pair_label(mdp.pair((0, 1), "S")) == ((0, 1), "S")
    assert list(mdp) == list(mdp.states)


def test_structure_and_repr():
    mdp = bet()
    assert not mdp.is_deterministic
    assert mdp.absorbing_states.tolist() == [1, 2]
    assert mdp.one_cycles.tolist() == [1, 2]
    assert repr(mdp) == "RewardlessMDP(3 states, 4 pairs, up to 2 actions, stochastic, absorbing: 'won', 'lost')"
    room = mp.envs.make("open(3,3)")
    assert room.is_deterministic
    assert len(room.one_cycles) == 9
    assert "no absorbing state" in repr(room)
    assert "10 absorbing states" in repr(mp.envs.fork(10))


def test_equals():
    mdp = bet()
    assert mdp.equals(bet())
    assert mdp != bet()  # identity, as for arrays; equality is asked for by name
    nearly = copy.deepcopy(BET)
    nearly["bet"]["risky"] = {"won": 0.25 + 1e-6, "lost": 0.75 - 1e-6}
    nearly = RewardlessMDP.from_successors(nearly)
    assert not mdp.equals(nearly)
    assert mdp.equals(nearly, tolerance=1e-5)
    for change in (
        {"bet": {"safe": "won"}, "won": {"stay": "won"}, "lost": {"stay": "lost"}},
        {**BET, "bet": {"SAFE": "won", "risky": {"won": 0.25, "lost": 0.75}}},
        {**BET, "bet": {"safe": "lost", "risky": {"won": 0.25, "lost": 0.75}}},
    ):
        assert not mdp.equals(RewardlessMDP.from_successors(change))
    assert not mdp.equals(mdp.permute_states([1, 0, 2]))
    for order in ([0, 0, 1], [0, 1], [[0, 1, 2]], [0.0, 1.0, 2.0]):
        with pytest.raises(mp.ParameterError, match="permutation of 0 … 2"):
            mdp.permute_states(order)


def test_cannot_be_changed_and_does_not_hold_the_callers_arrays():
    kernel, states = np.eye(2), np.array([[0, 0], [0, 1]])
    mdp = RewardlessMDP.from_pairs([0, 1], kernel, states=states, layout=states)
    kernel[0] = [0, 1]
    states[0] = 9
    assert mdp.successors((0, 0), 0) == {(0, 0): 1.0}
    assert mdp.layout.tolist() == [[0, 0], [0, 1]]
    for array in (mdp.kernel.data, mdp.kernel.indices, mdp.pointer, mdp.layout, mdp.pair_states, mdp.action_codes):
        with pytest.raises(ValueError, match="read-only"):
            array[0] = 1
    # Sparse input in canonical form already, and of the very types that are kept.
    given = sparse.csr_array(np.eye(2))
    given.indices, given.indptr = given.indices.astype(np.int32), given.indptr.astype(np.int32)
    codes = np.array([0, 0], np.int32)
    other = RewardlessMDP.from_pairs(np.array([0, 1], np.int32), given, actions=["go"], action_codes=codes)
    given.data[0], given.indices[0], given.indptr[1], codes[0] = 0.5, 1, 0, 7  # still writable
    assert other.successors(0, "go") == {0: 1.0}
    with pytest.raises(AttributeError, match="cannot be changed"):
        mdp.layout = None
    with pytest.raises(AttributeError, match="cannot be changed"):
        mdp.color = "red"


@pytest.mark.parametrize("clone", [copy.copy, copy.deepcopy, lambda m: pickle.loads(pickle.dumps(m))])
def test_copies_stay_read_only(clone):
    mdp = mp.envs.gridworld("a.*", slip=0.1)
    again = clone(mdp)
    assert again.equals(mdp)
    assert again.marks == mdp.marks
    assert (again.layout == mdp.layout).all()
    assert not again.kernel.data.flags.writeable


def test_too_large_for_a_dense_array():
    with pytest.raises(mp.SizeError, match="GiB"):
        mp.envs.make("open(100,100)").to_arrays()


def test_labels_of_the_graph():
    graph = mp.envs.gridworld("a*").to_graph()
    assert isinstance(graph, nx.MultiDiGraph)
    assert graph.nodes[(0, 0)] == {"pos": (0.0, 0.0), "marks": ["a"]}
    back = RewardlessMDP.from_graph(graph)
    assert back.marks == {"a": (0,), "*": (1,)}
    assert back.layout.tolist() == [[0, 0], [0, 1]]


def test_what_the_first_tests_missed():
    # Found by a fuzz run: each was accepted, or ended in a bare error of NumPy's.
    with pytest.raises(mp.ModelError, match=r"state label \(0, 0\) is used twice"):
        RewardlessMDP.from_pairs([0, 1], np.eye(2), states=np.zeros((2, 2), int))
    minus = sparse.coo_array(([1.5, -0.5, 1.0], ([0, 0, 1], [0, 0, 1])), shape=(2, 2))
    with pytest.raises(mp.ModelError, match=r"state 0, action 0: probability of successor 0 is -0\.5"):
        RewardlessMDP.from_pairs([0, 1], minus)  # 1.5 − .5 is 1, but no sum of probabilities
    with pytest.raises(mp.ModelError, match="complex"):
        RewardlessMDP.from_pairs([0, 1], np.eye(2) + 1j)
    for ragged in ([[0, 0], [0]], "ab"):
        with pytest.raises(mp.ModelError):
            RewardlessMDP.from_pairs([0, 1], np.eye(2), layout=ragged)
        with pytest.raises(mp.ModelError):
            RewardlessMDP.from_pairs(ragged, np.eye(2))
    with pytest.raises(mp.ModelError, match="feasible"):
        RewardlessMDP.from_arrays(dense(), feasible=[[1, 1], [1], [1, 1]])
    with pytest.raises(mp.ParameterError, match="permutation"):
        bet().permute_states([[0], [1, 2]])


def test_labels_that_need_no_look_are_read_as_those_that_do():
    """Plain labels, successors and chances take a short way; those of NumPy the long one: the MDPs are the same."""
    plain = {1: {"a": 2, "b": {1: 0.25, 2: 0.75}}, 2: {"a": {2: 1}}, (3, "x"): {"a": (3, "x")}}
    long = {
        np.int64(1): {np.str_("a"): np.int32(2), "b": {np.int8(1): np.float64(0.25), 2: np.float64(0.75)}},
        np.int64(2): {"a": {np.int64(2): np.int64(1)}},
        (np.int64(3), np.str_("x")): {"a": (np.int16(3), "x")},
    }
    short, same = mp.RewardlessMDP.from_successors(plain), mp.RewardlessMDP.from_successors(long)
    assert short.fingerprint == same.fingerprint
    assert [same.index(x) for x in long] == [short.index(x) for x in plain] == [0, 1, 2]
    for odd in (True, 1.0, (3.0, "x"), (np.float64(3), "x")):
        with pytest.warns(mp.MDPPowerWarning, match="is no label, and was taken for"):
            assert short.index(odd) == (2 if isinstance(odd, tuple) else 0)
    with pytest.raises(mp.LabelError):
        short.index((3, ["x"]))
    with pytest.raises(mp.ModelError, match="successor True is not a state"):
        mp.RewardlessMDP.from_successors({1: {"a": True}})
    with pytest.raises(mp.ModelError, match="probability of successor 1 is True, not a number"):
        mp.RewardlessMDP.from_successors({1: {"a": {1: True}}})


@pytest.mark.parametrize(
    ("part", "at", "value"), [("indices", 0, -1), ("indices", 2, 10**6), ("indptr", 1, 2**31 - 1)]
)
@pytest.mark.parametrize("form", ["csr", "csc"])
def test_a_sparse_kernel_that_points_out_of_itself_is_refused(part, at, value, form):
    """Found by scripts/fuzz: SciPy follows such pointers, and the heap is corrupted."""
    kernel = sparse.csr_array(np.eye(3)).asformat(form)
    getattr(kernel, part)[at] = value
    with pytest.raises(mp.ModelError, match="kernel is not a P × S array"):
        mp.RewardlessMDP.from_pairs([0, 1, 2], kernel)


@pytest.mark.slow
def test_what_python_does_not_write_is_refused_all_the_same():
    """Found by scripts/fuzz: integers of more than 4,300 digits ended the messages about them in ValueErrors."""
    for states, told in (
        ([10**5000], "an integer of 16,610 bits"),
        ([(10**5000,)], "16,610"),
        ([[10**5000]], "a list"),
    ):
        with pytest.raises(mp.ModelError, match=told):
            mp.RewardlessMDP.from_pairs([0], [[1.0]], states=states)
    deep = ()
    for _ in range(10**4):
        deep = (deep,)
    with pytest.raises(mp.ModelError, match="50 deep"):
        mp.RewardlessMDP.from_pairs([0], [[1.0]], states=[deep])
    with pytest.raises(mp.ModelError, match="probability of successor 'a' is an integer of"):
        mp.RewardlessMDP.from_successors({"a": {"go": {"a": 10**5000}}})
    with pytest.raises(mp.ParameterError, match="axes must be one of 'san', 'asn', got an integer of"):
        mp.RewardlessMDP.from_arrays(np.ones((1, 1, 1)), axes=10**5000)
    with pytest.raises(mp.ModelError, match="origin must map names to words, got a frozenset"):
        mp.RewardlessMDP.from_pairs([0], [[1.0]], origin=frozenset("a"))


def test_a_kernel_of_what_is_no_number():
    """Found by scripts/fuzz: SciPy asks whether an entry is true before it asks whether it is a number."""
    with pytest.raises(mp.ModelError, match="kernel is not"):
        mp.RewardlessMDP.from_pairs([0, 0], [[NotImplemented], [1.0]])
