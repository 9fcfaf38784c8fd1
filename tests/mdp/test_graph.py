"""Graph views against networkx, and graphs that become MDPs."""

from __future__ import annotations

import networkx as nx
import numpy as np
from hypothesis import given
from hypothesis import strategies as st
from strategies import mdps

import mdppower as mp
from mdppower.mdp.graph import adjacency, can_reach, closed_classes, communicating_classes


@given(mdps(), st.data())
def test_reachability_and_classes_are_networkx(mdp, data):
    graph = nx.DiGraph(mdp.to_graph())
    count, label = communicating_classes(mdp)
    strong = list(nx.strongly_connected_components(graph))
    assert count == len(strong)
    for component in strong:
        assert len({int(label[s]) for s in component}) == 1
    closed = {frozenset(c.tolist()) for c in closed_classes(mdp)}
    assert closed == {frozenset(c) for c in nx.attracting_components(graph)}
    targets = np.array(data.draw(st.lists(st.booleans(), min_size=mdp.n_states, max_size=mdp.n_states)))
    # In one or more steps: from some successor a target is reached in zero or more.
    expected = [
        any(targets[t] for n in graph.successors(s) for t in {n} | nx.descendants(graph, n)) for s in mdp.states
    ]
    assert can_reach(mdp, targets).tolist() == expected


def test_adjacency_counts_each_edge_once():
    mdp = mp.envs.make("maze", slip=0.2)
    matrix = adjacency(mdp)
    assert set(matrix.data.tolist()) == {1}
    assert matrix.nnz == len(nx.DiGraph(mdp.to_graph()).edges)
