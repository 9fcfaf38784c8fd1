"""networkx in and out: an MDP as a MultiDiGraph, a directed graph as an MDP."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from scipy import sparse

from mdppower._typing import Label
from mdppower.errors import ModelError
from mdppower.mdp.model import RewardlessMDP

if TYPE_CHECKING:
    import networkx as nx


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
