"""Graphs that become MDPs, and those that are none."""

from __future__ import annotations

import networkx as nx
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
