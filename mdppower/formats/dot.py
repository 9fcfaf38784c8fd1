"""Graphs of POWERplay (Gladstone AI, 2022), which it keeps as Graphviz files; two dialects.

A *plain digraph*: nodes are states, and each edge is an action that leads to its head.

    digraph { "here" -> "here"; "here" -> "there"; "there" -> "there"; }

A *stochastic graph*: states ``[s]``, actions ``[a]__[s]``, outcomes ``[s′]__[a]__[s]``; the edge to an outcome has
its probability as its weight.

    "[1]" -> "[go]__[1]";
    "[go]__[1]" -> "[2]__[go]__[1]"  [weight="0.8"];

States and actions are in the order of the file (POWERplay sorts them as text). Where all states are cells (row,
column), these are their places.
"""

from __future__ import annotations

import itertools
from array import array
from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import NamedTuple

import numpy as np

from mdppower._quotes import quoted
from mdppower._schema import Misfit, shown
from mdppower._text import shorten
from mdppower._typing import Label
from mdppower.errors import SizeError
from mdppower.formats.assembly import About, Choices, build
from mdppower.formats.dot_statements import statements
from mdppower.formats.labels_as_text import label_of_text, layout_of_cells
from mdppower.formats.text_lines import TextFile
from mdppower.formats.written_numbers import coarseness, probability
from mdppower.mdp.model import RewardlessMDP

MOST_BYTES = 2**25
"""A graph with more is no graph to look at: ten times POWERplay's largest."""
NO_WEIGHT = -1.0
NOT_READ = ("probability", "action", "reward")
"""Attributes that would mean something, if POWERplay wrote them."""


class Graph(NamedTuple):
    """The nodes of a file with the lines on which they are first named, and its edges, in order."""

    nodes: dict[str, int]
    tail: Sequence[int]
    head: Sequence[int]
    weight: Sequence[float]
    line: Sequence[int]
    eps: float
    ignored: tuple[str, ...]


def read_dot(file: TextFile) -> RewardlessMDP:
    """The MDP of a graph of POWERplay.

    Parameters
    ----------
    file : TextFile

    Returns
    -------
    RewardlessMDP

    Raises
    ------
    FileError
        The file is no digraph, or has what neither dialect has.
    ModelError
        It is no MDP: a node with no way out, weights that do not sum to 1.
    SizeError
        It has more than 32 MiB.
    """
    if file.size > MOST_BYTES:
        raise SizeError(f"{file.name}: a graph of {file.size:,} bytes is more than {MOST_BYTES:,}, which are read")
    graph = _graph(file)
    if not graph.nodes:
        raise file.fault(1, "the graph has no nodes")
    parts = [_parts(name) for name in graph.nodes]
    if max(map(len, parts)) == 1:
        return _plain(file, graph)
    return _stochastic(file, graph, parts)


def _graph(file: TextFile) -> Graph:
    nodes: dict[str, int] = {}
    number: dict[str, int] = {}
    tail, head, weight, line = array("i"), array("i"), array("d"), array("i")
    ignored: dict[str, None] = {}
    longest = ""
    for names, attributes, at in statements(file):
        given = attributes.pop("weight", None)
        for name in NOT_READ:
            if name in attributes:
                raise file.fault(
                    at, f"the attribute {name} is not one of POWERplay's; RewardlessMDP.from_graph reads it"
                )
        ignored.update(dict.fromkeys(attributes))
        try:
            value = NO_WEIGHT if given is None else probability(given)
        except Misfit as error:
            raise file.fault(at, f"weight: {error}") from None
        if given is not None:
            if len(names) < 2:
                raise file.fault(at, f"weight {shown(given)} is that of no edge")
            longest = max(longest, given, key=len)
        for name in names:
            nodes.setdefault(name, at)
            number.setdefault(name, len(number))
        for one, other in itertools.pairwise(names):
            tail.append(number[one])
            head.append(number[other])
            weight.append(value)
            line.append(at)
    return Graph(nodes, tail, head, weight, line, coarseness(longest), tuple(ignored))


def _parts(name: str) -> list[str]:
    """``[a]__[s]`` → [a, s]; what has no such parts is one."""
    if name.startswith("[") and name.endswith("]"):
        return name[1:-1].split("]__[")
    return [name]


def _origin(told: str, graph: Graph) -> dict[str, str]:
    ignored = {"ignored": f"attributes {shorten(graph.ignored)}"} if graph.ignored else {}
    return {"format": f"{told} of POWERplay"} | ignored


def _plain(file: TextFile, graph: Graph) -> RewardlessMDP:
    labels = tuple(label_of_text(name) for name in graph.nodes)
    lines = list(graph.nodes.values())
    weighted = np.flatnonzero(np.asarray(graph.weight) != NO_WEIGHT)
    if len(weighted):
        told = "an edge has a weight, which in a plain digraph means nothing; outcomes are named [s']__[a]__[s]"
        raise file.fault(graph.line[int(weighted[0])], told)
    tail, head = np.asarray(graph.tail, np.int64), np.asarray(graph.head, np.int64)
    _, first = np.unique(tail * len(labels) + head, return_index=True)  # an edge that is said twice is one
    first = np.sort(first)
    order = first[np.argsort(tail[first], kind="stable")]
    used, codes = np.unique(head[order], return_inverse=True)
    names: list[Label] = [f"->{labels[t]}" for t in used.tolist()]
    choices = Choices(
        owner=tail[order],
        codes=codes,
        names=names,
        start=np.arange(len(order) + 1),
        target=head[order],
        chance=np.ones(len(order)),
        line=np.asarray(graph.line)[order],
    )
    about = About(labels, layout_of_cells(labels), {}, _origin("a plain digraph", graph), lines.__getitem__)
    return build(file, choices, len(labels), about)


@dataclass
class _Action:
    """An action of a stochastic graph: its state, its outcomes, and the edge from its state, if that was there."""

    state: int
    name: str
    line: int = 0
    target: list[int] = field(default_factory=list)
    chance: list[float] = field(default_factory=list)


def _stochastic(file: TextFile, graph: Graph, parts: list[list[str]]) -> RewardlessMDP:
    names, mentioned = list(graph.nodes), list(graph.nodes.values())
    for name, part, at in zip(names, parts, mentioned, strict=True):
        if len(part) > 3 or (len(part) == 1 and not name.startswith("[")):
            raise file.fault(at, f"node {quoted(name)} is none of [s], [a]__[s] and [s']__[a]__[s], as others are")
    if all(len(part) < 3 for part in parts):
        what = "a policy of POWERplay, and no MDP" if max(graph.weight, default=NO_WEIGHT) >= 0 else "not whole"
        raise file.fault(1, f"the graph is {what}: it has no outcomes [s']__[a]__[s]")
    states = [k for k, part in enumerate(parts) if len(part) == 1]
    number = {parts[k][0]: s for s, k in enumerate(states)}
    actions = _actions(file, graph, names, parts, number)
    for k, part in enumerate(parts):
        if len(part) == 2 and (k not in actions or not actions[k].line):
            raise file.fault(mentioned[k], f"no edge leads to action {quoted(names[k])} from its state")
    pairs = sorted(actions.values(), key=lambda action: action.state)
    named = [label_of_text(action.name) for action in pairs]
    code = {name: k for k, name in enumerate(dict.fromkeys(label_of_text(a.name) for a in actions.values()))}
    labels = tuple(map(label_of_text, number))
    choices = Choices(
        owner=np.array([action.state for action in pairs]),
        codes=np.array([code[name] for name in named]),
        names=list(code),
        start=np.cumsum([0, *(len(action.target) for action in pairs)]),
        target=np.array([t for action in pairs for t in action.target]),
        chance=np.array([p for action in pairs for p in action.chance]),
        line=np.array([action.line for action in pairs]),
        eps=graph.eps,
    )
    origin = _origin("a stochastic graph", graph)
    about = About(labels, layout_of_cells(labels), {}, origin, lambda s: mentioned[states[s]])
    return build(file, choices, len(labels), about)


def _actions(
    file: TextFile, graph: Graph, names: list[str], parts: list[list[str]], number: dict[str, int]
) -> dict[int, _Action]:
    """The actions, by their nodes, with what their edges say."""
    actions: dict[int, _Action] = {}
    for tail, head, weight, at in zip(graph.tail, graph.head, graph.weight, graph.line, strict=True):
        one, other = parts[tail], parts[head]
        weighted = weight != NO_WEIGHT
        if len(one) == 1 and len(other) == 2 and other[1] == one[0] and not weighted:
            actions.setdefault(head, _Action(number[one[0]], other[0])).line = at
        elif len(one) == 2 and len(other) == 3 and other[1:] == one and weighted:
            for state in (other[0], one[1]):
                if state not in number:
                    raise file.fault(at, f"there is no node {quoted(f'[{state}]')}, a state of {quoted(names[head])}")
            action = actions.setdefault(tail, _Action(number[one[1]], one[0]))
            action.target.append(number[other[0]])
            action.chance.append(weight)
        elif not (len(one) == 3 and len(other) == 1 and other[0] == one[0] and not weighted):
            known = {(1, 2): "its own action, without a weight", (2, 3): "its own outcome, with a weight"}
            told = known.get((len(one), len(other)), "its own action, or an action to its outcome")
            raise file.fault(
                at, f"edge {quoted(names[tail])} -> {quoted(names[head])}: one leads from a node to {told}"
            )
    return actions
