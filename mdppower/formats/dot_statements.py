"""Graphviz's language, as far as programs write graphs in it: nodes, edges and attributes, one after the other.

What POWERplay never writes (subgraphs, ports, HTML in place of names, undirected edges) is refused by name: none of
it would say what it means as an MDP.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import NamedTuple

from mdppower._schema import shown
from mdppower.formats.text_lines import TextFile

_TOKEN = re.compile(
    r"""\s*+(?:
      (?P<comment>//.*|/\*)
    | "(?P<quoted>(?:[^"\\]++|\\.)*+)"
    | (?P<arrow>->|--)
    | (?P<word>[^\W\d]\w*+|-?(?:\.\d++|\d++(?:\.\d*+)?))
    | (?P<sign>[{}\[\]=;,:+<])
    | $)""",
    re.VERBOSE,
)
"""What stands next on a line; in this alternative order."""
_KEYWORDS = ("node", "edge", "graph")
DEEPEST_CHAIN = 1000
"""Nodes of a statement a -> b -> c …"""


class Token(NamedTuple):
    """A piece of the text: what it is ("name", "word", "->", a sign, or "" at the end), and where."""

    kind: str
    text: str
    line: int


class Statement(NamedTuple):
    """One node, or an edge and those that follow it, or ("", …) defaults; with attributes."""

    nodes: tuple[str, ...]
    attributes: dict[str, str]
    line: int


def statements(file: TextFile) -> Iterator[Statement]:
    """The statements of a digraph, in their order.

    Raises
    ------
    FileError
        The text is no digraph, or has what is not read here.
    """
    tokens = _Tokens(file)
    if tokens.word() == "strict":
        tokens.take()
    kind = tokens.word()
    if kind == "graph":
        raise tokens.fault("the graph is undirected; an edge of an MDP leads from a state to its successor: digraph")
    if kind != "digraph":
        raise tokens.fault(f"a graph begins with digraph or strict digraph, not with {tokens.told()}")
    tokens.take()
    if tokens.next.kind in ("name", "word"):
        tokens.take()
    tokens.demand("{")
    while tokens.next.kind != "}":
        if tokens.next.kind == ";":
            tokens.take()
            continue
        found = _statement(tokens)
        if found is not None:
            yield found
    tokens.demand("}")
    if tokens.next.kind:
        raise tokens.fault(f"there is {shown(tokens.next.text)} after the end of the graph")


def _statement(tokens: _Tokens) -> Statement | None:
    line = tokens.next.line
    if tokens.word() == "subgraph" or tokens.next.kind == "{":
        raise tokens.fault("there is a subgraph, which says nothing of an MDP")
    if tokens.word() in _KEYWORDS:
        tokens.take()
        return Statement((), _attributes(tokens), line)
    nodes = [_node(tokens)]
    if tokens.next.kind == "=":
        tokens.take()
        _node(tokens)
        return None
    while tokens.next.kind in ("->", "--"):
        if tokens.next.kind == "--":
            raise tokens.fault("there is an undirected edge --; an edge leads to a successor: ->")
        tokens.take()
        nodes.append(_node(tokens))
        if len(nodes) > DEEPEST_CHAIN:
            raise tokens.fault(f"an edge statement has more than {DEEPEST_CHAIN:,} nodes")
    return Statement(tuple(nodes), _attributes(tokens), line)


def _node(tokens: _Tokens) -> str:
    token = tokens.next
    if token.kind == "<":
        raise tokens.fault("there is HTML in place of a name")
    if token.kind not in ("name", "word"):
        raise tokens.fault(f"a name must stand here, not {tokens.told()}")
    tokens.take()
    if tokens.next.kind == ":":
        raise tokens.fault(
            "there is a port of a node, which says nothing of an MDP; a name with : is written in quotes"
        )
    return token.text


def _attributes(tokens: _Tokens) -> dict[str, str]:
    found: dict[str, str] = {}
    while tokens.next.kind == "[":
        tokens.take()
        while tokens.next.kind != "]":
            name = _node(tokens)
            value = "true"
            if tokens.next.kind == "=":
                tokens.take()
                value = _node(tokens)
            found[name] = value
            if tokens.next.kind in (",", ";"):
                tokens.take()
        tokens.take()
    return found


class _Tokens:
    """The tokens of a file, of which the next can be looked at."""

    def __init__(self, file: TextFile) -> None:
        self.file = file
        self._rest = _tokens(file)
        self.next = next(self._rest)

    def take(self) -> Token:
        token, self.next = self.next, next(self._rest, self.next)
        return token

    def word(self) -> str:
        """The next token, if it may be a keyword."""
        return self.next.text.lower() if self.next.kind == "word" else ""

    def demand(self, kind: str) -> None:
        if self.next.kind != kind:
            raise self.fault(f"{kind} must stand here, not {self.told()}")
        self.take()

    def told(self) -> str:
        """What stands next, for a message."""
        return shown(self.next.text) if self.next.kind else "the end of the file"

    def fault(self, told: str) -> Exception:
        return self.file.fault(self.next.line, told)


def _tokens(file: TextFile) -> Iterator[Token]:
    number, in_comment = 1, False
    for number, line in file.lines():
        if line.startswith("#") and not in_comment:
            continue
        place = 0
        while place < len(line):
            if in_comment:
                end = line.find("*/", place)
                if end < 0:
                    break
                place, in_comment = end + 2, False
            match = _TOKEN.match(line, place)
            if match is None:
                what = line[place:].strip()
                told = "a text in quotes does not end on its line" if what[0] == '"' else f"{shown(what)} is not read"
                raise file.fault(number, told)
            place = match.end()
            kind, text = match.lastgroup, match.group(match.lastgroup or 0)
            if kind == "quoted":
                yield Token("name", text.replace('\\"', '"'), number)
            elif kind == "word":
                yield Token("word", text, number)
            elif kind == "comment":
                if text != "/*":
                    break
                in_comment = True
            elif kind is not None:
                yield Token(text, text, number)
    if in_comment:
        raise file.fault(number, "a comment /* has no end */")
    yield Token("", "", number)
