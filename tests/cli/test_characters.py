"""All output survives any encoding, and can be read."""

from __future__ import annotations

import ast
import io
import os
import pathlib
import re
import subprocess
import sys

import pytest

import mdppower
from mdppower.cli import main as cli
from mdppower.cli.characters import in_letters, survive_any_encoding
from mdppower.cli.group import cli as group

ENCODINGS = ["cp1252", "cp437", "latin-1", "ascii", "cp932", "koi8-r", "utf-16", "utf-8"]

COMMANDS = (
    {
        "map": ["map", "maze", "--samples", "64", "--rng", "0", "--no-progress"],
        "map in colour": ["map", "maze", "--samples", "64", "--rng", "0", "--colour", "--no-progress"],
        "bars": ["map", "fork(2)", "--samples", "64", "--rng", "0"],
        "show": ["show", "bottleneck"],
        "envs": ["envs"],
        "compare": ["compare", "fork(2)", "--a", "t1", "--b", "t2", "--samples", "64", "--rng", "0"],
        "visits": ["visits", "turner-figure-10", "--state", "s1"],
        "bound": ["bound", "--success-rate", "0.6", "--n", "100", "--nu", "0.4"],
        "diff": ["diff", "fork(2)", "fork(3)", "--samples", "64", "--rng", "0"],
        "a mistake": ["map", "nowhere–é子\udcff"],
        "a warning": ["map", "fork(2)", "--rewards", "t(2)", "--samples", "64"],
        "no command": ["größe"],
    }
    | {f"{name} --help": [name, "--help"] for name in group.commands}
    | {"--help": ["--help"]}
)


class Stream(io.TextIOWrapper):
    """A terminal, or a pipe, of some encoding, strict as they are."""

    def __init__(self, encoding):
        self.bytes = io.BytesIO()
        super().__init__(self.bytes, encoding=encoding)

    def said(self):
        return self.bytes.getvalue().decode(self.encoding)


@pytest.mark.slow
@pytest.mark.parametrize("encoding", ENCODINGS)
def test_no_command_fails_on_what_cannot_be_shown(encoding, monkeypatch, tmp_path):
    monkeypatch.chdir(tmp_path)
    for arguments in COMMANDS.values():
        out, err = Stream(encoding), Stream(encoding)
        with monkeypatch.context() as patch:
            patch.setattr(sys, "stdout", out)
            patch.setattr(sys, "stderr", err)
            with pytest.raises(SystemExit) as end:
                cli.main(arguments)
            sys.stdout.flush()
            sys.stderr.flush()
            said = out.said() + err.said()
        assert end.value.code in (0, 2), said
        assert said
        assert "Traceback" not in said


def texts(path):
    """The string constants of a file, without docstrings: those of commands are help texts, and stay."""
    nodes = list(ast.walk(ast.parse(path.read_text(encoding="utf-8"))))
    documented = (ast.Module, ast.ClassDef, ast.FunctionDef)
    docs = {
        id(node.body[0].value)
        for node in nodes
        if isinstance(node, documented) and node.body and isinstance(node.body[0], ast.Expr)
    }
    for node in nodes:
        is_text = isinstance(node, ast.Constant) and isinstance(node.value, str)
        if is_text and (id(node) not in docs or path.parent.name == "cli"):
            yield node.value


@pytest.mark.slow
def test_nothing_of_ours_becomes_a_code():
    """Each character of a text that may be printed has letters: nobody reads \\u2265 where the text says ≥."""
    known = {"characters.py": "子"}
    for path in pathlib.Path(mdppower.__file__).parent.rglob("*.py"):
        for character in set("".join(texts(path))) - set(known.get(path.name, "")):
            letters = in_letters(character)
            assert letters.isascii()
            assert not (ord(character) > 127 and letters.startswith("\\")), (path, character)


def test_labels_that_differ_stay_apart():
    assert len({in_letters(c) for c in "éèê子孑"}) == 5


@pytest.mark.slow
@pytest.mark.parametrize("encoding", ["cp1252", "ascii"])
def test_piped_in_earnest(encoding):
    """From start to end, with what Python does at exit."""
    told = subprocess.run(
        [sys.executable, "-m", "mdppower", "compare", "--help"],
        capture_output=True, env=os.environ | {"PYTHONIOENCODING": encoding}, check=True,
    )  # fmt: skip
    text = told.stdout.decode(encoding)
    assert "p(A >= B)" in re.sub(r"\s+", " ", text)
    assert told.stderr == b""


def test_a_stream_that_is_closed_takes_all_there_is(monkeypatch):
    for name in ("stdout", "stderr"):
        monkeypatch.setattr(sys, name, None)
    survive_any_encoding()
    for stream in (sys.stdout, sys.stderr):
        with stream:
            print("γ", file=stream)
