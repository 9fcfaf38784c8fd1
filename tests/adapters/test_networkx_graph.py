"""Graphs that become MDPs, and those that are none."""

from __future__ import annotations

import enum

import networkx as nx
import numpy as np
import pytest

import mdppower as mp


def test_unnamed_edges_are_actions():
    mdp = mp.RewardlessMDP.from_graph(nx.DiGraph([("a", "a"), ("a", "b"), ("b", "b")]))
    assert mdp.actions("a") == ("->a", "->b")
    parallel = nx.MultiDiGraph([("a", "b"), ("a", "b"), ("b", "b")])
    assert mp.RewardlessMDP.from_graph(parallel).actions("a") == ("->b", "->b #2")


def test_named_edges_with_probabilities():
    graph = nx.DiGraph()
    graph.add_edge("a", "b", action="go", probability=0.5)
    graph.add_edge("a", "a", action="go", probability=0.5)
    graph.add_edge("b", "b")
    mdp = mp.RewardlessMDP.from_graph(graph)
    assert mdp.successors("a", "go") == {"a": 0.5, "b": 0.5}


def test_graphs_that_are_no_mdp():
    with pytest.raises(mp.ModelError, match="directed"):
        mp.RewardlessMDP.from_graph(nx.path_graph(3))
    with pytest.raises(mp.ModelError, match="state 2 has no action"):
        mp.RewardlessMDP.from_graph(nx.path_graph(3, nx.DiGraph))
    graph = nx.DiGraph()
    graph.add_edge("a", "a", action="go", probability="often")
    with pytest.raises(mp.ModelError, match="probability 'often' is not a number"):
        mp.RewardlessMDP.from_graph(graph)


# ---------------------------------------------------------------------- weights, keys, other attributes

CHAIN = np.array([[0.8, 0.1, 0.1], [0.3, 0.6, 0.1], [0, 0.3, 0.7]])


def test_weights_that_sum_to_one_are_a_markov_chain():
    # Nothing can be chosen in a chain: POWER is the mean reward, 1/2, everywhere.
    mdp = mp.RewardlessMDP.from_graph(nx.from_numpy_array(CHAIN, create_using=nx.DiGraph))
    assert mdp.equals(mp.RewardlessMDP.from_pairs([0, 1, 2], CHAIN, actions=["go"] * 3))
    assert mdp.origin == {"weight": "read as probability: the weights of each action sum to 1"}
    assert mp.power(mdp, 1, method="exact").exact.tolist() == [0.5] * 3
    single = nx.from_numpy_array(CHAIN.astype(np.float32), create_using=nx.DiGraph)
    with pytest.warns(mp.MDPPowerWarning, match="rescaled"):
        coarse = mp.RewardlessMDP.from_graph(_typed(single, np.float32))
    assert coarse.equals(mdp, tolerance=1e-7)


def _typed(graph, kind):
    """networkx makes Python floats of an array's numbers."""
    for _, _, data in graph.edges(data=True):
        data["weight"] = kind(data["weight"])
    return graph


def test_weights_of_named_actions():
    graph = nx.MultiDiGraph()
    for successor, action, weight in (("a", "bet", 0.25), ("b", "bet", 0.75), ("b", "go", 1.0)):
        graph.add_edge("a", successor, key=action, weight=weight)
    graph.add_edge("b", "b", key="stay", weight=1.0)
    mdp = mp.RewardlessMDP.from_graph(graph)
    assert mdp.successors("a", "bet") == {"a": 0.25, "b": 0.75}
    assert mdp.actions("a") == ("bet", "go")


def test_weights_that_are_none():
    # Distances: every edge is an action, and it is said that the weights were not read.
    roads = nx.DiGraph()
    roads.add_weighted_edges_from([("a", "b", 3), ("a", "a", 5), ("b", "b", 1)])
    with pytest.warns(mp.MDPPowerWarning, match="does not read 'weight' of edges; weights are probabilities where"):
        mdp = mp.RewardlessMDP.from_graph(roads)
    assert mdp.actions("a") == ("->b", "->a")
    negative = nx.DiGraph()
    negative.add_weighted_edges_from([("a", "b", 1.5), ("a", "a", -0.5), ("b", "b", 1)])
    with pytest.warns(mp.MDPPowerWarning, match="'weight'"):
        mp.RewardlessMDP.from_graph(negative)
    # An adjacency matrix: weights that are all 1 say nothing.
    free = mp.RewardlessMDP.from_graph(nx.from_numpy_array(np.ones((2, 2)), create_using=nx.DiGraph))
    assert free.n_actions == 2
    # Beside probabilities, weights are something else.
    both = nx.DiGraph()
    both.add_edge("a", "a", probability=1.0, weight=0.5)
    with pytest.warns(mp.MDPPowerWarning, match="'weight'"):
        mp.RewardlessMDP.from_graph(both)


def test_keys_are_action_names():
    graph = nx.MultiDiGraph()
    graph.add_edge("a", "b", key="left")
    graph.add_edge("a", "b", key="right")
    graph.add_edge("b", "b")  # its key, 0, is networkx's
    mdp = mp.RewardlessMDP.from_graph(graph)
    assert (mdp.actions("a"), mdp.actions("b")) == (("left", "right"), ("->b",))
    # 7 is a name, for networkx counts from 0; and then 0 is one, too.
    graph = nx.MultiDiGraph()
    graph.add_edge("a", "b", key=7)
    graph.add_edge("b", "b", key=0)
    mdp = mp.RewardlessMDP.from_graph(graph)
    assert (mdp.actions("a"), mdp.actions("b")) == ((7,), (0,))
    # `action` comes first.
    graph = nx.MultiDiGraph()
    graph.add_edge("a", "a", key="e0", action="stay")
    assert mp.RewardlessMDP.from_graph(graph).actions("a") == ("stay",)
    graph = nx.MultiDiGraph()
    graph.add_edge("a", "a", key=("e", 0.5))
    with pytest.raises(mp.ModelError, match=r"action of the edge from 'a' to 'a': label 0\.5 is a float"):
        mp.RewardlessMDP.from_graph(graph)


def test_other_attributes_are_told():
    graph = nx.DiGraph()
    graph.add_edge("a", "a", label="wait", p=0.5)
    graph.add_node("a", reward=3, pos=(0, 0))
    graph.add_edge("b", "b")
    told = r"does not read 'label' of edges, 'p' of edges, 'reward' of nodes, 'pos', which some .*'action' names"
    with pytest.warns(mp.MDPPowerWarning, match=told):
        assert mp.RewardlessMDP.from_graph(graph).layout is None


def test_marks_are_words():
    graph = nx.DiGraph([("a", "a"), ("b", "b")])
    graph.nodes["a"]["marks"] = "goal"
    graph.nodes["b"]["marks"] = {"y", "x", "goal"}
    assert list(mp.RewardlessMDP.from_graph(graph).marks.items()) == [("goal", (0, 1)), ("x", (1,)), ("y", (1,))]
    for wrong in (3, [3]):
        graph.nodes["a"]["marks"] = wrong
        with pytest.raises(mp.ModelError, match=r"marks of node 'a' must be a str or a list of them, got"):
            mp.RewardlessMDP.from_graph(graph)


class Door(enum.IntEnum):
    OPEN = 1


def test_labels_of_nodes_and_actions():
    graph = nx.DiGraph()
    graph.add_edge(Door.OPEN, Door.OPEN, action=Door.OPEN)
    mdp = mp.RewardlessMDP.from_graph(graph)
    assert [type(label) for label in (mdp.states[0], mdp.actions(1)[0])] == [int, int]
    for probability in ("1", True):
        graph = nx.DiGraph()
        graph.add_edge("a", "a", probability=probability)
        with pytest.raises(mp.ModelError, match="is not a number"):
            mp.RewardlessMDP.from_graph(graph)
    graph = nx.DiGraph([("a", "a")], actions={"x", "y"})
    with pytest.raises(mp.ModelError, match=r"actions of the graph must be a sequence of labels, .*no order"):
        mp.RewardlessMDP.from_graph(graph)


def test_what_the_fuzz_found_in_graphs():
    with pytest.raises(mp.ParameterError, match="takes a networkx graph, got a type"):
        mp.RewardlessMDP.from_graph(nx.DiGraph)
    with pytest.raises(mp.ModelError, match="an integer of 16,610 bits"):
        mp.RewardlessMDP.from_graph(nx.DiGraph([("a", 10**5000), (10**5000, "a")]))
    masked = nx.DiGraph()
    masked.add_edge("a", "a", probability=np.ma.masked)
    with pytest.raises(mp.ModelError, match="probability masked is not a number"):
        mp.RewardlessMDP.from_graph(masked)
