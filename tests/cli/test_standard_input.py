"""ENV is ``-``: what is piped in is what a file of it would be, and errors call it standard input."""

from __future__ import annotations

import io
import subprocess
import sys

import pytest

import mdppower as mp

ROOM = "#####\n#a.*#\n#####\n"


@pytest.fixture
def pipe(run, monkeypatch):
    def command(data, *args):
        monkeypatch.setattr("sys.stdin", io.TextIOWrapper(io.BytesIO(data)))
        return run(*args)

    return command


def test_a_map_is_read_as_from_a_file(pipe, run, tmp_path):
    given = ("--samples", "64", "--rng", "0", "--format", "csv", "--slip", "0.1")
    assert pipe(ROOM.encode(), "map", "-", *given) == run("map", "my_map.txt", *given)
    # The first line's indentation is meant as it is, as in a file and unlike in a string of Python.
    (tmp_path / "stairs.txt").write_bytes(b"..\n  .\n")
    shown = pipe(b"..\n  .\n", "show", "-")[1]
    assert shown == run("show", "stairs.txt")[1].replace("stairs.txt", "standard input")
    assert shown != pipe(b"..\n.\n", "show", "-")[1]


def test_every_command_that_takes_env(pipe):
    assert "3" in pipe(ROOM.encode(), "show", "-")[1]
    assert pipe(ROOM.encode(), "visits", "-", "--state", "a")[0] == 0
    assert pipe(ROOM.encode(), "optimal", "-", "--samples", "64")[0] == 0
    assert pipe(ROOM.encode(), "diff", "-", "my_map.txt", "--samples", "64")[0] == 0


def test_toml_is_told_apart(pipe, tmp_path):
    mp.envs.fork(3).save("fork.toml")
    data = (tmp_path / "fork.toml").read_bytes()
    given = ("power", "-", "--samples", "64", "--rng", "0", "--format", "csv")
    assert pipe(data, *given)[1].count("root") == 1
    assert pipe(b"\xef\xbb\xbf# mine\n" + data, *given) == pipe(data, *given)
    assert "is TOML, not a map, and takes no slip" in pipe(data, *given, "--slip", "0.1")[2]
    # A comment that looks so is above a map.
    assert pipe(b"; format = mine\n" + ROOM.encode(), "show", "-")[0] == 0


@pytest.mark.parametrize(
    ("data", "told"),
    [
        (b"", "standard input is empty"),
        (b" \n\n", "standard input is empty"),
        (b"; a comment\n", "standard input: the map is empty"),
        (b"..\n.\xff\n", "standard input, line 2, column 2: byte 0xff at offset 4 is not UTF-8"),
        (b"..\n.?\n", "standard input, line 2, column 2"),
        (b"..\t.\n", "standard input, line 1, column 3: tab"),
        (b"\x89HDF\r\n\x1a\n1234", "standard input is a NetCDF file: give its path"),
        (b"digraph {\n", "standard input, line 1: a name must stand here, not the end of the file"),
        (b"format = 3\n", "standard input is not an MDP of mdppower"),
        (b'format = "mdppower-mdp"\nschema = 1\n[[state]\n', "standard input is not TOML"),
    ],
)
def test_errors_name_standard_input(pipe, data, told):
    code, out, err = pipe(data, "map", "-", "--samples", "64")
    assert (code, out) == (2, "")
    assert err.startswith("mdppower: error: ")
    assert told in err
    assert len(err.splitlines()) == 1


def test_it_is_read_once(pipe):
    code, _, err = pipe(ROOM.encode(), "diff", "-", "-", "--samples", "64")
    assert code == 2
    assert "can be read only once" in err


def test_at_a_terminal_it_says_what_it_waits_for(run, monkeypatch):
    # As `cat -` does it waits; unlike that it says so.
    stdin = io.TextIOWrapper(io.BytesIO(ROOM.encode()))
    stdin.isatty = lambda: True
    monkeypatch.setattr("sys.stdin", stdin)
    code, _, err = run("show", "-")
    assert code == 0
    assert "Ctrl-D" in err


def test_without_a_standard_input(run, monkeypatch):
    monkeypatch.setattr("sys.stdin", None)
    assert "there is no standard input" in run("show", "-")[2]


@pytest.mark.slow
def test_a_real_pipe():
    made = subprocess.run(
        [sys.executable, "-m", "mdppower", "show", "-"], input=ROOM.encode(), capture_output=True, check=True
    )
    assert b"absorbing states  1" in made.stdout
