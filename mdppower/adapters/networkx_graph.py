"""networkx in and out: an MDP as a MultiDiGraph, a directed graph as an MDP."""

from __future__ import annotations

import warnings
from collections.abc import Set
from typing import TYPE_CHECKING, Any, NamedTuple

from scipy import sparse

from mdppower._quotes import quoted
from mdppower._typing import Label
from mdppower.errors import MDPPowerWarning, ModelError
from mdppower.mdp.canonical import Rounded, as_probability, coarsest_eps, plain_label, plain_labels
from mdppower.mdp.model import RewardlessMDP
from mdppower.mdp.validation import row_tolerance

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
        ``probability`` (1 where there is none). Where an edge has no ``action``, its key in a MultiDiGraph names
        it, unless networkx numbered the keys itself. An edge without name is an action of its own, labelled
        ``"->successor"``.

        ``weight`` is read as the probability if no edge has ``probability``, and the weights of each action, or
        of all unnamed out-edges of each node, sum to 1. Unnamed out-edges of a node then are its one action,
        "go": a Markov chain. ``origin["weight"]`` says so. Weights that are all 1 say nothing.

        Node attribute ``pos`` gives the layout, where all nodes have it; ``marks``, a str or a list of them,
        are kept.

    Returns
    -------
    RewardlessMDP

    Raises
    ------
    ModelError
        The graph is not directed, or does not describe an MDP (see `RewardlessMDP.from_pairs`).

    Warns
    -----
    MDPPowerWarning
        Nodes or edges carry attributes that are not read; their names are told.

    Examples
    --------
    >>> import networkx as nx
    >>> mdp_from_graph(nx.DiGraph([("a", "a"), ("a", "b"), ("b", "b")]))
    RewardlessMDP(2 states, 3 pairs, up to 2 actions, deterministic, absorbing: 'b')
    >>> chain = nx.DiGraph()
    >>> chain.add_weighted_edges_from([("a", "a", 0.5), ("a", "b", 0.5), ("b", "b", 1.0)])
    >>> mdp_from_graph(chain)
    RewardlessMDP(2 states, 2 pairs, up to 1 action, stochastic, absorbing: 'b')
    """
    if not graph.is_directed():
        raise ModelError("an MDP needs a directed graph; use graph.to_directed() if every edge goes both ways")
    states = list(graph.nodes)
    index = {state: i for i, state in enumerate(states)}
    edges = _edges(graph)
    chances, told = _chances(edges)
    pairs: dict[tuple[int, Label], int] = {}
    row: list[int] = []
    col: list[int] = []
    prob: list[float] = []
    unnamed: dict[Any, set[Label]] = {}
    for edge, chance in zip(edges, chances, strict=True):
        action = edge.action
        if action is None:
            action = "go" if told else _fresh(f"->{_words(edge.successor)}", unnamed.setdefault(edge.state, set()))
        number = as_probability(chance)
        if number is None:
            what = "weight" if told else "probability"
            raise ModelError(
                f"state {quoted(edge.state)}, action {quoted(action)}: {what} {quoted(chance)} is not a number"
            )
        row.append(pairs.setdefault((index[edge.state], action), len(pairs)))
        col.append(index[edge.successor])
        prob.append(number)
    first = graph.graph.get("actions", [])
    ordered = plain_labels([first] if isinstance(first, str) else first, "actions of the graph")
    vocabulary = list(dict.fromkeys([*ordered, *(a for _, a in pairs)]))
    code = {action: k for k, action in enumerate(vocabulary)}
    positions, marks = _decoration(graph, states)
    _warn_of_the_rest(graph, edges, told)
    return RewardlessMDP.from_pairs(
        [s for s, _ in pairs],
        Rounded(sparse.coo_array((prob, (row, col)), shape=(len(pairs), len(states))), coarsest_eps(chances)),
        states=states,
        actions=vocabulary,
        action_codes=[code[a] for _, a in pairs],
        layout=positions,
        marks=marks,
        origin=told,
    )


class _Edge(NamedTuple):
    """An edge, with the name of its action where it has one."""

    state: Any
    successor: Any
    action: Label | None
    attributes: dict[str, Any]


def _edges(graph: nx.DiGraph[Any]) -> list[_Edge]:
    """All edges, those of one node together."""
    out: Any = graph.out_edges
    found: list[tuple[Any, Any, Any, dict[str, Any]]]
    if graph.is_multigraph():
        found = [edge for s in graph.nodes for edge in out(s, keys=True, data=True)]
    else:
        found = [(s, t, None, data) for s in graph.nodes for _, t, data in out(s, data=True)]
    keys: dict[tuple[Any, Any], set[Any]] = {}
    for state, successor, key, _ in found:
        keys.setdefault((state, successor), set()).add(key)
    # networkx numbers parallel edges 0, 1, …; if that is all there is, the numbers name nothing.
    numbers = [{key for key in some if type(key) is int} for some in keys.values()]
    numbered = all(some == set(range(len(some))) for some in numbers)
    edges = []
    for state, successor, key, attributes in found:
        name = attributes.get("action")
        if name is None and key is not None and not (numbered and type(key) is int):
            name = key
        try:
            edges.append(_Edge(state, successor, None if name is None else plain_label(name), attributes))
        except ModelError as error:
            raise ModelError(f"action of the edge from {quoted(state)} to {quoted(successor)}: {error}") from None
    return edges


def _chances(edges: list[_Edge]) -> tuple[list[Any], dict[str, str]]:
    """The probability of each edge, and what is to be told of where it comes from."""
    plain = [edge.attributes.get("probability", 1.0) for edge in edges]
    weights = [as_probability(edge.attributes.get("weight")) for edge in edges]
    if any("probability" in edge.attributes for edge in edges) or None in weights or set(weights) <= {1.0}:
        return plain, {}
    sums: dict[tuple[Any, Label | None], list[float]] = {}
    for edge, weight in zip(edges, weights, strict=True):
        sums.setdefault((edge.state, edge.action), []).append(weight or 0.0)
    given = [edge.attributes["weight"] for edge in edges]
    eps = coarsest_eps(given)
    if not all(min(some) >= 0 and abs(sum(some) - 1) <= row_tolerance(len(some), eps) for some in sums.values()):
        return plain, {}
    return given, {"weight": "read as probability: the weights of each action sum to 1"}


def _decoration(graph: nx.DiGraph[Any], states: list[Any]) -> tuple[list[Any] | None, dict[str, list[int]]]:
    """Layout and marks."""
    positions = [graph.nodes[s].get("pos") for s in states]
    marks: dict[str, list[int]] = {}
    for i, state in enumerate(states):
        given = graph.nodes[state].get("marks", [])
        listed = [given] if isinstance(given, str) else given
        if not isinstance(listed, list | tuple | Set) or not all(isinstance(mark, str) for mark in listed):
            raise ModelError(f"marks of node {quoted(state)} must be a str or a list of them, got {quoted(given)}")
        for mark in sorted(listed) if isinstance(listed, Set) else listed:
            marks.setdefault(mark, []).append(i)
    return (None if any(p is None for p in positions) or not positions else positions), marks


def _words(name: Any) -> str:
    return name if isinstance(name, str) else quoted(name)


def _names(attributes: Set[Any]) -> list[str]:
    return sorted(map(_words, attributes))


def _warn_of_the_rest(graph: nx.DiGraph[Any], edges: list[_Edge], told: dict[str, str]) -> None:
    """Name the attributes that mean something to somebody, and nothing here."""
    rest = {name for edge in edges for name in edge.attributes} - {"action", "probability", *told}
    if all(as_probability(edge.attributes.get("weight", 1)) == 1 for edge in edges):
        rest.discard("weight")
    ignored = [f"{quoted(name)} of edges" for name in _names(rest)]
    places = [attributes.get("pos") is not None for _, attributes in graph.nodes(data=True)]
    others = {name for _, attributes in graph.nodes(data=True) for name in attributes} - {"pos", "marks"}
    ignored += [f"{quoted(name)} of nodes" for name in _names(others)]
    if any(places) and not all(places):
        ignored.append("'pos', which some nodes do not have")
    if ignored:
        reading = "each action" if any(edge.action is not None for edge in edges) else "each node"
        hint = f"; weights are probabilities where those of {reading} sum to 1" if "weight" in rest else ""
        hint += "; 'action' names the action of an edge" if "label" in rest else ""
        warnings.warn(f"from_graph does not read {', '.join(ignored)}{hint}", MDPPowerWarning, stacklevel=4)


def _fresh(label: str, used: set[Label]) -> str:
    """The label, numbered from the second parallel edge on."""
    name, k = label, 1
    while name in used:
        k += 1
        name = f"{label} #{k}"
    used.add(name)
    return name
