"""Labels as weapons: escapes, formulas, markup and line breaks in names come out harmless wherever they are shown."""

from __future__ import annotations

import csv
import io
import json
import os
import xml.dom.minidom

import pytest

import mdppower as mp
from mdppower._text import printable
from mdppower.cli import main as cli
from mdppower.display.terminal import show_map, terminal_map
from mdppower.reports.pages import write_report
from mdppower.results.table_text import json_text, render

ESCAPES = ["\x1b[2J\x1b]0;x\x07", "\x9b31m", "a\nb\r\nc", "\u202eabc", "z\u2028z", "\ud800"]
FORMULAS = ['=cmd|" /C calc"!A0', "+SUM(A1)", "-2+3", "@SUM(A1)", "\t=1", " =1", "|x", "+1*2"]
MARKUP = ["<script>alert(1)</script>", "$\\frac{1$", "_sub_{", "`x` | y", "&amp;", "![x](http://x)"]
LABELS = [*ESCAPES, *FORMULAS, *MARKUP]


@pytest.fixture(scope="module")
def armed():
    """Every label leads to the next; marks and origin are no better."""
    n = len(LABELS)
    labels = {one: {one: LABELS[(i + 1) % n], "\x1b[31m=go\n": one} for i, one in enumerate(LABELS)}
    mdp = mp.RewardlessMDP.from_successors(labels)
    return mp.RewardlessMDP.from_pairs(
        mdp.pair_states, mdp.kernel, states=mdp.states, actions=mdp.action_names, action_codes=mdp.action_codes,
        marks={"\x1bm\n<b>": [0, 1]}, origin={"so\x1burce": "=x\x1b[2J\n<i>"},
    )  # fmt: skip


def harmless(text: str) -> bool:
    """Whether nothing in it can steer a terminal."""
    return all(line.isprintable() for line in text.split("\n"))


def test_terminal(armed):
    estimate = mp.power(armed, 0.9, samples=64, rng=0)
    for text in (terminal_map(estimate), show_map(armed)):
        assert harmless(text)
    grid = mp.RewardlessMDP.from_pairs([0, 1], [[0, 1], [1, 0]], layout=[[0, 0], [0, 1]], marks={"\x1b": [0]})
    assert harmless(show_map(grid))


@pytest.mark.parametrize("fmt", ["table", "csv", "json"])
def test_tables(fmt):
    text = render({"state": LABELS, "\x1bname": [0.5] * len(LABELS)}, fmt)
    assert harmless(text)
    if fmt == "json":
        assert [row["state"] for row in json.loads(text)] == LABELS  # as they are, for programs


def test_no_cell_of_csv_is_computed_by_a_spreadsheet():
    rows = list(csv.reader(io.StringIO(render({"state": LABELS, "x": [-1.5] * len(LABELS)}, "csv"))))[1:]
    assert all(len(row) == 2 for row in rows)
    assert {row[1] for row in rows} == {"-1.5"}  # numbers stay numbers
    for label, (shown, _) in zip(LABELS, rows, strict=True):
        assert shown == ("'" if label in FORMULAS else "") + printable(label)
    # Negative control: the paper's actions, numbers and tuples are no formulas.
    kept = ["->t1", "-2.5", "+1", "(0, 1)", "a=b", "–"]
    assert render({"action": kept}, "csv").split("\n")[1:] == ["->t1", "-2.5", "+1", '"(0, 1)"', "a=b", "–"]
    assert render({"state": [-1, (-1, 2)]}, "csv").split("\n")[1:] == ["-1", '"(-1, 2)"']


def test_json_text_is_json():
    assert json.loads(json_text(LABELS)) == LABELS
    assert json_text("γ → 1") == '"γ → 1"'
    assert harmless(json_text({"a": LABELS}, indent=1))


@pytest.mark.slow
def test_pictures_are_xml_that_says_nothing_else(armed, tmp_path):
    mp.power(armed, 0.9, samples=64, rng=0).plot(tmp_path / "power.svg")
    armed.plot(tmp_path / "mdp.svg", title="plain")
    for path in tmp_path.iterdir():
        page = xml.dom.minidom.parse(os.fspath(path))
        assert not page.getElementsByTagName("script")


@pytest.mark.parametrize("suffix", ["md", "html", "json"])
def test_reports(tmp_path, suffix):
    label = "=\x1b[2J<script>alert(1)</script>\n# x"
    mdp = mp.RewardlessMDP.from_successors({label: {label: "t"}, "t": {"stay": "t"}})
    report = mp.theorems.ClaimReport("prop-5.4", "here", label, mdp, (label,), (0.5,), (), ())
    write_report([report], tmp_path / f"x.{suffix}", title=label, about={label: label})
    text = (tmp_path / f"x.{suffix}").read_text(encoding="utf-8")
    assert harmless(text)
    assert "<script>" not in text.replace("\\<script>", "") or suffix == "json"  # in Markdown it is escaped
    assert "\n# x" not in text


COMMANDS = [
    ["show", "m.nc"], ["info", "m.nc"], ["plot", "m.nc"],
    ["power", "m.nc", "--samples", "64", "--save", "a\x1b[31m\n.nc"],
    ["info", "a\x1b[31m\n.nc"], ["info", "\x1b[31mnowhere\n.nc"], ["show", "no\x1b[31m"],
    ["power", "m.nc", "--samples", "64", "--format", "csv"], ["diff", "m.nc", "m.nc", "--samples", "64"],
    ["compare", "m.nc", "--a", "@SUM(A1)", "--b", "-2+3", "--samples", "64"],
    ["optimal", "m.nc", "--samples", "64"], ["visits", "m.nc", "--state", "@SUM(A1)", "--nondominated"],
]  # fmt: skip


@pytest.mark.slow
def test_commands(armed, tmp_path, monkeypatch, capsys):
    """As to a terminal: click takes escapes out of what goes elsewhere."""
    monkeypatch.chdir(tmp_path)
    monkeypatch.setattr("click.utils.should_strip_ansi", lambda *_: False)
    armed.save("m.nc")
    for command in COMMANDS:
        with pytest.raises(SystemExit):
            cli.main(command)
        out, err = capsys.readouterr()
        assert harmless(out + err), command
        assert out + err


def test_errors_stay_on_one_line():
    """Found by scripts/fuzz: names of moves and laws with line breaks broke messages into lines."""
    with pytest.raises(mp.MapError) as caught:
        mp.envs.gridworld("v", moves={"a\n": (0, 1)})
    assert "moves are a\\n" in str(caught.value)
    assert str(mp.ModelError("one").said("one\r\ntwo")) == "one\\r\\ntwo"
