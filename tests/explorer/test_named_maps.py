"""Maps by name and from files, and the link in which the page reads them."""

from __future__ import annotations

import json
import re
from urllib.parse import unquote

import pytest

import mdppower as mp
from mdppower.envs.textmap import COMMENT, EXIT, FLOOR, LETTERS, ONE_WAY, PIT, WALL
from mdppower.errors import LabelError, MapError, ParameterError, SizeError
from mdppower.explorer.named_maps import link_of, named_maps, rectangle
from mdppower.explorer.worlds import LARGEST


def read(link):
    """The map of a link as `fromFragment` of ``page/state.js`` has it: by _, - and +, then percent escapes."""
    version, given = re.fullmatch(r"#(v=1)&map=([^&=#]*)", link).groups()
    assert version == "v=1"
    return unquote(given.replace("_", "\n").replace("-", "%23").replace("+", " "), errors="strict")


@pytest.mark.parametrize("name", ["maze", "four-rooms", "cliff", "large-maze", "open(3,4)", "maze(5,9,1)"])
def test_a_link_has_the_named_map(name):
    drawn = read(link_of(name))
    assert len({len(row) for row in drawn.split("\n")}) == 1  # as the page would have it
    assert mp.envs.gridworld(drawn).fingerprint == mp.envs.make(name).fingerprint


def test_every_glyph_passes_through_an_address(tmp_path):
    glyphs = FLOOR + WALL + EXIT + PIT + LETTERS + "".join(ONE_WAY) + " "
    rows = [glyphs, glyphs[::-1]]
    (tmp_path / "all.txt").write_text("; a comment\n\n" + "".join(f"  {row}\n" for row in rows), encoding="utf-8")
    link = link_of(str(tmp_path / "all.txt"))
    assert read(link).split("\n") == rows
    assert re.fullmatch(r"[\w.*~%+&=#-]+", link, re.ASCII)
    assert COMMENT not in link


def test_margins_and_ragged_lines_become_a_rectangle():
    assert rectangle("; x\n\n   a\n  .#.\n\n", "x.txt") == " a \n.#."


def test_a_link_is_passed_on():
    for link in ("#v=1&map=..._.-.&gamma=0.5", "#v=1", "#v=1&mark.a=norm(1%2C1)", "#v=2&future=1"):
        assert link_of(link) == link
        assert link_of(link[1:]) == link
        assert link_of(f"http://127.0.0.1:8712/{link}") == link
    for bad in ("#v=1&map=a b", "http://127.0.0.1:8712/", "#", "v=", "#v=1&map=<x>", "#v=1\n&gamma=1"):
        with pytest.raises(ParameterError, match="no link"):
            link_of(bad)


@pytest.mark.parametrize(
    ("world", "error", "told"),
    [
        ("mazee", LabelError, "did you mean 'maze'"),
        ("nowhere.txt", LabelError, "no environment and no file 'nowhere.txt'"),
        ("fork(3)", ParameterError, r"fork\(3\) is no text map"),
        ("turner-figure-1", ParameterError, "is no text map"),
        ("maze(101,101,0)", SizeError, "a map of 101 × 101; the explorer draws up to 64 × 64"),
        ("open(1,65)", SizeError, "1 × 65"),
        ("open(1)", ParameterError, r"open\(rows,cols\)"),
        ("maze(4,4,0)", ParameterError, "odd"),
    ],
)
def test_what_the_page_cannot_draw(world, error, told):
    with pytest.raises(error, match=told):
        link_of(world)


def test_a_file_that_is_no_map(tmp_path):
    (tmp_path / "bad.txt").write_bytes(b"..\n.?\n")
    with pytest.raises(MapError, match="line 2, column 2: unknown glyph"):
        link_of(str(tmp_path / "bad.txt"))
    (tmp_path / "bad.txt").write_bytes(b"..\n.\xff\n")
    with pytest.raises(MapError, match="not UTF-8"):
        link_of(str(tmp_path / "bad.txt"))


def test_the_list_is_within_the_page_s_limits():
    worlds = json.loads(named_maps())
    assert len(worlds) >= 9
    for world in worlds:
        rows = world["map"].split("\n")
        assert len(rows) <= LARGEST
        assert {len(row) for row in rows} <= set(range(1, LARGEST + 1))
        assert world["description"]
        assert world["options"] == {}
