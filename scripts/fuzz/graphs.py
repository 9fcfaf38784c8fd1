"""Graphs of networkx of all kinds, with attributes that are read, such that are not, and odd ones."""

from __future__ import annotations

import random
from pathlib import Path
from typing import Any

import networkx as nx

import mdppower as mp
from scripts.fuzz.arrays import LABELS, ODD_LABELS, successors_of, thing_key
from scripts.fuzz.hostile import thing
from scripts.fuzz.judge import Case, Wrong, shown

KINDS = [
    nx.DiGraph,
    nx.DiGraph,
    nx.MultiDiGraph,
    nx.MultiDiGraph,
    nx.Graph,
    nx.MultiGraph,
    nx.OrderedGraph if hasattr(nx, "OrderedGraph") else nx.DiGraph,
]
EDGE = {
    "probability": [1, 0.5, 0.25, 0.1, 0, 1e-12, "0.5", True],
    "weight": [1, 2, 0.5, 0.25, -1, 1e308],
    "action": ["go", "stay", 0, ("a", 1), ""],
    "label": ["go", "x"],
    "capacity": [1],
}
NODE = {
    "pos": [(0, 1), (0.5, 2), [1, 1]],
    "marks": ["a", "goal", ["a", "b"], [], ("a",), {"a"}],
    "label": ["x"],
    "action": ["go"],
}


def make(rng: random.Random, folder: Path) -> Case:
    """A case of that randomness."""
    pick = rng.random()
    if pick < 0.03:
        graph = rng.choice([thing(rng), nx.DiGraph, {}, "maze", [("a", "b")]])
    elif pick < 0.25:
        graph = turned(rng)
    else:
        graph = grown(rng)
    if pick >= 0.03 and rng.random() < 0.35:
        _change(graph, rng)
    return Case(described(graph), lambda: again(mp.RewardlessMDP.from_graph(graph)))


def described(graph: Any) -> str:
    """The graph as code, nearly."""
    if not isinstance(graph, nx.Graph):
        return shown("from_graph", graph)
    edges = list(graph.edges(keys=True, data=True)) if graph.is_multigraph() else list(graph.edges(data=True))
    return shown(type(graph).__name__, nodes=dict(graph.nodes(data=True)), edges=edges, graph=graph.graph)


def again(mdp: mp.RewardlessMDP) -> mp.RewardlessMDP:
    """The MDP, which as a graph is still the same."""
    other = mp.RewardlessMDP.from_graph(mdp.to_graph())
    if not (other.states == mdp.states and other.equals(mdp)):
        raise Wrong(f"{mdp!r} comes back as {other!r}")
    return mdp


def turned(rng: random.Random) -> Any:
    """An MDP as a graph."""
    try:
        return mp.RewardlessMDP.from_successors(successors_of(rng)).to_graph()
    except mp.MDPPowerError:
        return grown(rng)


def grown(rng: random.Random) -> Any:
    """A graph in which, for the most part, every node has an out-edge."""
    kind = rng.choice(KINDS)
    if rng.random() < 0.2:
        n = rng.randint(1, 6)
        return rng.choice([
            lambda: nx.cycle_graph(n, create_using=kind), lambda: nx.complete_graph(n, create_using=kind),
            lambda: nx.path_graph(n, create_using=kind), lambda: nx.gnp_random_graph(n, 0.5, seed=n, directed=True),
            lambda: nx.grid_2d_graph(2, n).to_directed(), lambda: nx.DiGraph(), lambda: nx.scale_free_graph(n + 2,
                seed=n),
        ])()  # fmt: skip
    graph = kind()
    n = rng.randint(1, 6)
    nodes = list(range(n)) if rng.random() < 0.4 else rng.sample(LABELS, n)
    if rng.random() < 0.1:
        nodes[0] = rng.choice([x for x in ODD_LABELS if not isinstance(x, list | dict) and x is not None])
    graph.add_nodes_from(nodes)
    if rng.random() < 0.25:
        name = rng.choice(["weight", "probability"])
        for node in nodes:
            some = rng.sample(nodes, min(n, rng.choice([1, 2, 4])))
            for t in some:
                graph.add_edge(node, t, **{name: 1 / len(some)})
        return graph
    read = rng.sample(sorted(EDGE), rng.choice([0, 0, 1, 2]))
    for node in nodes:
        for _ in range(rng.randint(1, 3)):
            graph.add_edge(
                node, rng.choice(nodes), **{name: rng.choice(EDGE[name]) for name in read if rng.random() < 0.8}
            )
    for name in rng.sample(sorted(NODE), rng.choice([0, 0, 0, 1])):
        for node in nodes:
            if rng.random() < 0.9:
                graph.nodes[node][name] = rng.choice(NODE[name])
    return graph


def _change(graph: Any, rng: random.Random) -> None:
    """Something odd, somewhere."""
    change = rng.randrange(7)
    nodes, edges = list(graph.nodes), list(graph.edges)
    if change == 0 and edges:
        graph.edges[rng.choice(edges)][rng.choice([*EDGE, "x"])] = thing(rng)
    elif change == 1 and nodes:
        graph.nodes[rng.choice(nodes)][rng.choice([*NODE, "x"])] = thing(rng)
    elif change == 2:
        graph.graph[rng.choice(["actions", "name", "x"])] = rng.choice(
            [thing(rng), ["go", "go"], ["a", 1.0], [[]], "go"]
        )
    elif change == 3 and edges:
        graph.remove_edge(*rng.choice(edges))
    elif change == 4 and nodes:
        key = thing_key(rng)
        if key is not None and key == key:
            graph.add_edge(rng.choice(nodes), key)
    elif change == 5 and nodes and graph.is_multigraph():
        key = thing_key(rng)
        graph.add_edge(rng.choice(nodes), rng.choice(nodes), key=key)
    elif edges:
        graph.edges[rng.choice(edges)][thing_key(rng)] = thing(rng)
