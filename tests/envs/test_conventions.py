"""What glyphs mean elsewhere: named conventions, glyph by glyph, and what of it is refused."""

import pytest

from mdppower import ParameterError
from mdppower.cli.options import environment_options
from mdppower.envs.conventions import CONVENTIONS, OURS, legend, suggestion
from mdppower.envs.textmap import parse


def test_nothing_said_is_ours():
    assert legend() is None
    assert legend({}) is None
    assert legend({"X": "wall"}).glyphs == {glyph: glyph for glyph in OURS} | {"X": "#"}


def test_meanings():
    words = {"a": "floor", "b": "wall", "c": "exit", "d": "pit", "e": "no cell", "f": "start", "g": "mark", "h": ">"}
    told = legend(words, "frozen-lake")
    assert "".join(told.glyph(glyph) for glyph in "abcdefgh") == ".#*~ Sg>"
    assert "".join(told.glyph(glyph) for glyph in "SFHG") == "S.~*"
    assert told.glyph("?") is None
    # The same said twice is no conflict.
    assert legend({"F": "floor", "G": "*"}, "frozen-lake").glyph("F") == "."


@pytest.mark.parametrize(
    ("glyphs", "convention", "told"),
    [
        ({"X": "lava"}, None, r"^glyphs\['X'\] is 'lava'; meanings are floor, wall, exit, pit, no cell, start, mark"),
        ({"X": 3}, None, r"^glyphs\['X'\] is 3; meanings are"),
        ({"XX": "wall"}, None, "^a glyph is one character, got 'XX'; cells of two characters are those of"),
        ({"": "wall"}, None, "^a glyph is one character, got ''$"),
        ({3: "wall"}, None, "^a glyph is one character, got 3$"),
        ({"\t": "wall"}, None, "^a glyph can be seen"),
        ({";": "wall"}, None, "^';' begins a comment line"),
        ({"@": "mark"}, None, "marks are letters but v: 'a' is floor marked a"),
        ({"v": "mark"}, None, "marks are letters but v"),
        (["X"], None, r"^glyphs must map characters to meanings, as \{'X': 'wall'\}, got \['X'\]"),
        (None, "lake", "^convention must be one of 'frozen-lake', 'minigrid', 'pycolab', got 'lake'$"),
        (None, 3, "convention must be one of"),
        ({"F": "wall"}, "frozen-lake", "^'F' is 'wall' in glyphs, and floor in convention='frozen-lake': choose"),
        ({"a": "floor"}, "pycolab", "^'a' is 'floor' in glyphs, and 'a' in convention='pycolab': choose one$"),
    ],
)  # fmt: skip
def test_what_is_refused(glyphs, convention, told):
    with pytest.raises(ParameterError, match=told):
        legend(glyphs, convention)


@pytest.mark.parametrize(
    ("text", "told"),
    [
        ("SF\nHG", "convention='frozen-lake' reads it so (on the command line: --convention frozen-lake)"),
        ("WGWGWG\nWG>>WG\nWGWGWG", "convention='minigrid' reads it so (on the command line: --convention minigrid)"),
        ("####\n#A #\n####", "convention='pycolab' reads it so (on the command line: --convention pycolab)"),
        ("XXX\nX X\nXXX", "glyphs={'X': 'wall', ' ': 'floor'} would read it so "
         '(on the command line: --glyphs "X=wall,space=floor")'),
    ],
)  # fmt: skip
def test_what_a_map_looks_like(text, told):
    assert suggestion(parse(text)) == told


def test_the_command_line_knows_the_same_conventions():
    def command():
        """Nothing."""

    choice = next(p for p in environment_options(command).__click_params__ if p.name == "convention")
    assert list(choice.type.choices) == list(CONVENTIONS)
