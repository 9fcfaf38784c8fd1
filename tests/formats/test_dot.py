"""Graphs of POWERplay: both dialects, read as the same MDP by other routes; all else is refused by its line."""

from __future__ import annotations

from fractions import Fraction

import networkx as nx
import pytest
from model_files import FIGURE_1, SPREADS, STOCHASTIC

import mdppower as mp


@pytest.fixture
def read(tmp_path):
    def read(text, name="graph.gv"):
        (tmp_path / name).write_text(text, encoding="utf-8", newline="")
        return mp.load(tmp_path / name)

    return read


@pytest.mark.slow
def test_figure_1_has_the_power_of_the_paper(read):
    """POWER(★, 1) = 517/640 for uniform rewards; the second route is the paper's own MDP, by its constructor.

    The third is by hand. At γ = 1 the agent takes the best cycle: X = ∅; Y = max(r1, r2), as the mean of both is
    never above; Z = max(ℓ2, (ℓ1 + ℓ2)/2). P(X ≤ x) = x, P(Y ≤ x) = x². P(Z ≤ x) = P(ℓ2 ≤ x, ℓ1 ≤ 2x − ℓ2), which is
    3x²/2 for x ≤ 1/2 and, for x above, x − (1 − x)²/2. So E max = 1 − ∫ x³ P(Z ≤ x) dx
    = 1 − [3/2 · (1/2)⁶/6 + ∫_{1/2}^1 (−x³/2 + 2x⁴ − x⁵/2) dx] = 1 − 1/256 − 241/1280 + … = 517/640.
    """
    mdp = read(FIGURE_1)
    assert mdp.states == ("★", "∅", "ℓ", "r", "ℓ1", "ℓ2", "r1", "r2")
    assert (mdp.n_pairs, mdp.actions("★")) == (15, ("->∅", "->ℓ", "->r"))
    power = mp.power(mdp, [0.5, 1], method="exact")
    assert power.of("★", gamma=1).exact == Fraction(517, 640)
    paper = mp.power(mp.envs.figure_1(), [0.5, 1], method="exact")
    for gamma in (0.5, 1):
        assert power.of("★", gamma=gamma).exact == paper.of("star", gamma=gamma).exact
    half = Fraction(1, 2)
    below = Fraction(3, 2) * half**6 / 6  # ∫ x³ · 3x²/2 up to 1/2
    above = [(-half, 3), (Fraction(2), 4), (-half, 5)]  # x³ (x − (1 − x)²/2) by powers of x
    rest = sum(c * (1 - half ** (n + 1)) / (n + 1) for c, n in above)
    assert 1 - below - rest == Fraction(517, 640)
    assert mdp.origin["format"] == "a plain digraph of POWERplay"
    assert mdp.origin["ignored"] == "attributes 'color'"


def test_a_plain_digraph_by_networkx(read):
    edges = [("b", "a"), ("b", "b"), ("a", "c"), ("c", "c"), ("c", "a")]
    text = "digraph {" + "; ".join(f'"{a}" -> "{b}"' for a, b in edges) + "}"
    mdp, other = read(text), mp.RewardlessMDP.from_graph(nx.DiGraph(edges))
    assert mdp.states == other.states
    assert all(mdp.successors(s, a) == other.successors(s, a) for s in other.states for a in other.actions(s))


def test_four_states_with_chances(read):
    mdp = read(STOCHASTIC)
    assert (mdp.n_states, mdp.n_pairs) == (4, 8)
    assert mdp.states == ("1", "2", "3", "4")
    for state, actions in SPREADS.items():
        assert {a: mdp.successors(state, a) for a in mdp.actions(state)} == actions
    # POWER by the chances that are written by hand, on the same draws.
    by_hand = mp.RewardlessMDP.from_successors(SPREADS)
    one, other = (mp.power(m, 0.9, samples=64, rng=0) for m in (mdp, by_hand))
    assert abs(one.mean - other.mean).max() < 1e-9


def test_cells_are_tuples_with_places(read):
    """A row of two cells, as POWERplay names them: its labels and actions are those of our maps."""
    cells = ["(0, 0)", "(0, 1)"]
    lines = []
    for a, b in (cells, cells[::-1]):
        for action, to in (("stay", a), ("E" if b > a else "W", b)):
            lines.append(f'"[{a}]" -> "[{action}]__[{a}]"')
            lines.append(f'"[{action}]__[{a}]" -> "[{to}]__[{action}]__[{a}]" [weight=1]')
    mdp = read("strict digraph {" + "\n".join(lines) + "}")
    room = mp.envs.gridworld("..", blocked="remove", stay=True)
    assert mdp.states == room.states == ((0, 0), (0, 1))
    assert mdp.layout.tolist() == [[0, 0], [0, 1]]
    assert all(mdp.successors(s, a) == room.successors(s, a) for s in room.states for a in room.actions(s))


def test_order_of_statements_does_not_matter(read):
    lines = STOCHASTIC.splitlines()
    mdp, again = read(STOCHASTIC), read("\n".join([lines[0], *lines[1:-1][::-1], lines[-1]]))
    assert set(again.states) == set(mdp.states)
    assert all(again.successors(s, a) == mdp.successors(s, a) for s in mdp.states for a in mdp.actions(s))


def test_the_language_around_the_dialects(read):
    """Comments of three kinds, attributes of graphs, several statements a line, any case, mixed line ends."""
    text = "STRICT DiGraph g\n{\n# no\nrankdir=LR; node [shape=box, color=red]\r\n"
    text += "a /* b */ -> /* \r b */ b;;b->b // c\n}"
    assert read(text).successors("a", "->b") == {"b": 1.0}
    assert read('digraph { "say \\"x\\"" -> "say \\"x\\"" }').states == ('say "x"',)


BAD = {
    "undirected": ("graph { a -- b }", "line 1: the graph is undirected"),
    "half directed": ("digraph {\na -> b\nb -- a }", "line 3: there is an undirected edge"),
    "no way out": ("digraph {\na -> b;\nb;\n}", "line 2: state 'b' has no action"),
    "empty": ("digraph {\n}", "line 1: the graph has no nodes"),
    "cut": (STOCHASTIC[:100], "line 6: a text in quotes does not end on its line"),
    "cut between": ("digraph {\na -> b;\n", "line 2: a name must stand here, not the end of the file"),
    "more": ("digraph { a -> a }\n}", "line 2: there is '}' after the end"),
    "subgraph": ("digraph { subgraph x { a -> a } }", "line 1: there is a subgraph"),
    "port": ("digraph { a:n -> a }", "there is a port of a node"),
    "html": ("digraph { <b>a</b> -> a }", "there is HTML"),
    "comment": ("digraph { a -> a \n/* x }", "line 2: a comment /* has no end"),
    "weight in plain": ('digraph { a -> a [weight="1"] }', "in a plain digraph means nothing"),
    "probability": ("digraph { a -> a [probability=1] }", "the attribute probability is not one of POWERplay's"),
    "sum": (STOCHASTIC.replace("0.8", "0.7"), "line 6: state '1', action 'right': probabilities sum to 0.9, not 1"),
    "negative": (STOCHASTIC.replace('"0.8"', '"-0.8"'), "line 8: weight: a probability must be in [0, 1]"),
    "nan": (STOCHASTIC.replace('"0.8"', '"nan"'), "line 8: weight: the number must be a finite number"),
    "no weight": (STOCHASTIC.replace('  [weight="0.8"]', ""), "line 8: edge '[right]__[1]' -> "),
    "strange outcome": (STOCHASTIC.replace("[3]__[right]__[2]", "[9]__[right]__[2]"), "there is no node '[9]'"),
    "other's outcome": (STOCHASTIC.replace("[3]__[right]__[2]", "[3]__[left]__[2]"), "line 13: edge '[right]__[2]'"),
    "unattached": (STOCHASTIC.replace('"[2]" -> "[left]__[2]";\n', ""), "no edge leads to action '[left]__[2]'"),
    "odd node": (STOCHASTIC.replace('"[1]";', '"x";'), "line 2: node 'x' is none of [s]"),
    "one cell twice": ('digraph { "(0, 0)" -> "(0,0)" -> "(0, 0)" }', "line 1: state label (0, 0) is used twice"),
    "policy": ('digraph { "[1]"; "[1]" -> "[a]__[1]" [weight=1] }', "a policy of POWERplay, and no MDP"),
    "bytes": ("digraph {\n\udcff }", "line 2: byte 0xff is not UTF-8"),
}  # fmt: skip


@pytest.mark.parametrize("name", BAD)
def test_bad_graphs_are_refused_with_file_and_line(name, tmp_path):
    text, told = BAD[name]
    (tmp_path / "bad.gv").write_bytes(text.encode("utf-8", "surrogateescape"))
    with pytest.raises((mp.FileError, mp.ModelError)) as caught:
        mp.load(tmp_path / "bad.gv")
    assert told in str(caught.value)
    assert str(caught.value).startswith(f"{tmp_path / 'bad.gv'}, line ")


def test_a_file_that_is_too_large_is_refused_unread(tmp_path):
    with open(tmp_path / "big.gv", "wb") as file:
        file.truncate(2**25 + 1)
    with pytest.raises(mp.SizeError, match="33,554,433 bytes is more than"):
        mp.load(tmp_path / "big.gv")
