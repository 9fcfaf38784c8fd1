"""Views of an MDP as a graph: conversion to and from networkx, reachability, classes.

An edge s → s' is there if some action of s leads to s' with positive probability. What runs on the way of a solve
uses scipy.sparse.csgraph: networkx takes seconds at a million states.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np
import numpy.typing as npt
from scipy import sparse
from scipy.sparse import csgraph

from mdppower._typing import BoolArray, IntArray, Label
from mdppower.errors import ModelError
from mdppower.mdp import RewardlessMDP

if TYPE_CHECKING:
    import networkx as nx


def adjacency(mdp: RewardlessMDP) -> sparse.csr_array:
    """(S, S) sparse array with an entry wherever some action leads with positive probability."""
    graph = sparse.csr_array(
        (np.ones(mdp.kernel.nnz, np.int8), mdp.kernel.indices.copy(), mdp.kernel.indptr[mdp.pointer]),
        shape=(mdp.n_states, mdp.n_states),
    )
    graph.sum_duplicates()
    graph.data[:] = 1
    return graph


def communicating_classes(mdp: RewardlessMDP) -> tuple[int, IntArray]:
    """Classes of states that can reach each other (strongly connected components).

    Returns
    -------
    count : int
    label : (S,) int32 array
        The class of each state.
    """
    count, label = csgraph.connected_components(adjacency(mdp), directed=True, connection="strong")
    return int(count), np.asarray(label, dtype=np.int32)


def closed_classes(mdp: RewardlessMDP) -> list[npt.NDArray[np.intp]]:
    """The communicating classes that no action leaves, each as an array of state indices."""
    count, label = communicating_classes(mdp)
    owner = np.repeat(mdp.pair_states, np.diff(mdp.kernel.indptr))
    leaves = label[owner] != label[mdp.kernel.indices]
    is_open = np.zeros(count, bool)
    is_open[label[owner[leaves]]] = True
    return [np.flatnonzero(label == c) for c in np.flatnonzero(~is_open)]


def end_components(mdp: RewardlessMDP) -> tuple[int, IntArray, BoolArray]:
    """Maximal end components: sets of states in which some policy can stay for ever and get from each to each.

    Communicating classes are split until nothing changes: a pair that may leave its class is taken out, a state that
    has lost all pairs with it, and the classes of what is left are found anew (de Alfaro 1997).

    Parameters
    ----------
    mdp : RewardlessMDP

    Returns
    -------
    count : int
    label : (S,) int32 array
        The component of each state; −1 where it is in none.
    inside : (P,) boolean array
        The pairs that stay in their state's component for certain.

    Examples
    --------
    The risky bet may lose: it cannot be made for ever. To wait can.

    >>> mdp = RewardlessMDP.from_successors(
    ...     {"start": {"wait": "start", "bet": {"start": 0.5, "lost": 0.5}}, "lost": {"stay": "lost"}})
    >>> end_components(mdp)
    (2, array([0, 1], dtype=int32), array([ True, False,  True]))
    """
    n, kernel, owner = mdp.n_states, mdp.kernel, mdp.pair_states
    inside = np.ones(mdp.n_pairs, bool)
    entry_owner = np.repeat(owner, np.diff(kernel.indptr))
    entry_pair = np.repeat(np.arange(mdp.n_pairs), np.diff(kernel.indptr))
    while True:
        kept = inside[entry_pair]
        graph = sparse.csr_array(
            (np.ones(int(kept.sum()), np.int8), (entry_owner[kept], kernel.indices[kept])), shape=(n, n)
        )
        _, label = csgraph.connected_components(graph, directed=True, connection="strong")
        alive = np.zeros(n, bool)
        alive[owner[inside]] = True
        leaves = (label[entry_owner] != label[kernel.indices]) | ~alive[kernel.indices]
        stays = inside & ~np.bincount(entry_pair[leaves], minlength=mdp.n_pairs).astype(bool)
        if np.array_equal(stays, inside):
            break
        inside = stays
    number, component = np.unique(label[alive], return_inverse=True)
    result = np.full(n, -1, np.int32)
    result[alive] = component
    return len(number), result, inside


def can_reach(mdp: RewardlessMDP, targets: BoolArray) -> BoolArray:
    """Which states can reach a target state in one or more steps.

    Parameters
    ----------
    mdp : RewardlessMDP
    targets : (S,) boolean array

    Returns
    -------
    (S,) boolean array
    """
    if not targets.any():
        return np.zeros(mdp.n_states, bool)
    # Walk the reversed graph from one extra node, whose edges go to the *predecessors* of the targets, so that a
    # target itself needs a step.
    n = mdp.n_states
    backwards = adjacency(mdp).T.tocoo()
    first = np.flatnonzero(adjacency(mdp) @ targets.astype(np.int32))
    row = np.concatenate([backwards.row, np.full(len(first), n)])
    col = np.concatenate([backwards.col, first])
    graph = sparse.csr_array((np.ones(len(row), np.int8), (row, col)), shape=(n + 1, n + 1))
    reached = csgraph.breadth_first_order(graph, n, directed=True, return_predecessors=False)
    found = np.zeros(n + 1, bool)
    found[reached] = True
    return found[:n]


# ---------------------------------------------------------------------- networkx


def graph_from_mdp(mdp: RewardlessMDP) -> nx.MultiDiGraph[Any]:
    """A networkx MultiDiGraph of an MDP: nodes are labels, edges carry ``action`` and ``probability``.

    Nodes carry ``pos`` (the layout) and ``marks`` where there are any; the graph's own attribute ``actions``
    keeps the order of the action labels, so that `mdp_from_graph` gives back an equal MDP.
    """
    import networkx as nx

    graph: nx.MultiDiGraph[Any] = nx.MultiDiGraph(actions=list(mdp.action_names))
    for i, state in enumerate(mdp.states):
        graph.add_node(state)
        if mdp.layout is not None:
            graph.nodes[state]["pos"] = tuple(mdp.layout[i].tolist())
    for mark, where in mdp.marks.items():
        for i in where:
            graph.nodes[mdp.states[i]].setdefault("marks", []).append(mark)
    kernel = mdp.kernel
    for p in range(mdp.n_pairs):
        state, action = mdp.pair_label(p)
        for j in range(kernel.indptr[p], kernel.indptr[p + 1]):
            successor = mdp.states[kernel.indices[j]]
            graph.add_edge(state, successor, action=action, probability=float(kernel.data[j]))
    return graph


def mdp_from_graph(graph: nx.DiGraph[Any]) -> RewardlessMDP:
    """Build an MDP from a networkx graph.

    Parameters
    ----------
    graph : networkx.DiGraph or networkx.MultiDiGraph
        Nodes are states. Out-edges of a node with the same ``action`` make up one action, with their
        ``probability`` (1 where there is none). An edge without ``action`` is an action of its own, labelled
        ``"->successor"``. Node attribute ``pos`` gives the layout, where all nodes have it; ``marks`` are kept.

    Returns
    -------
    RewardlessMDP

    Raises
    ------
    ModelError
        The graph is not directed, or does not describe an MDP (see `RewardlessMDP.from_pairs`).

    Examples
    --------
    >>> import networkx as nx
    >>> mdp_from_graph(nx.DiGraph([("a", "a"), ("a", "b"), ("b", "b")]))
    RewardlessMDP(2 states, 3 pairs, up to 2 actions, deterministic, absorbing: 'b')
    """
    if not graph.is_directed():
        raise ModelError("an MDP needs a directed graph; use graph.to_directed() if every edge goes both ways")
    states = list(graph.nodes)
    index = {state: i for i, state in enumerate(states)}
    pairs: dict[tuple[int, Label], int] = {}
    row: list[int] = []
    col: list[int] = []
    prob: list[float] = []
    for state in states:
        unnamed: set[Label] = set()
        for _, successor, edge in graph.out_edges(state, data=True):
            action = edge.get("action")
            if action is None:
                action = _fresh(f"->{successor}", unnamed)
            row.append(pairs.setdefault((index[state], action), len(pairs)))
            col.append(index[successor])
            prob.append(_number(edge.get("probability", 1.0), state, action))
    kernel = sparse.coo_array((prob, (row, col)), shape=(len(pairs), len(states)))
    vocabulary = list(dict.fromkeys([*graph.graph.get("actions", []), *(a for _, a in pairs)]))
    code = {action: k for k, action in enumerate(vocabulary)}
    positions: list[Any] = [graph.nodes[s].get("pos") for s in states]
    marks: dict[str, list[int]] = {}
    for i, state in enumerate(states):
        for mark in graph.nodes[state].get("marks", []):
            marks.setdefault(str(mark), []).append(i)
    return RewardlessMDP.from_pairs(
        [s for s, _ in pairs],
        kernel,
        states=states,
        actions=vocabulary,
        action_codes=[code[a] for _, a in pairs],
        layout=None if any(p is None for p in positions) or not positions else positions,
        marks=marks,
    )


def _fresh(label: str, used: set[Label]) -> str:
    """The label, numbered from the second parallel edge on."""
    name, k = label, 1
    while name in used:
        k += 1
        name = f"{label} #{k}"
    used.add(name)
    return name


def _number(value: Any, state: Label, action: Label) -> float:
    try:
        return float(value)
    except (TypeError, ValueError):
        raise ModelError(f"state {state!r}, action {action!r}: probability {value!r} is not a number") from None
