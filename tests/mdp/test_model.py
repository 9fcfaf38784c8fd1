"""RewardlessMDP: every constructor gives the same canonical thing, and what is not an MDP is named."""

from __future__ import annotations

import copy
import pickle

import networkx as nx
import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from scipy import sparse
from strategies import mdps

import mdppower as mp
from mdppower import RewardlessMDP

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
