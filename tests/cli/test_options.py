"""Options that commands share: discount rates add up, and where nothing can be written nothing is computed."""

from __future__ import annotations

import csv
import io
import os
import stat

import pytest

import mdppower as mp
from mdppower.cli import options

COMMANDS = {
    "map --save": ["map", "maze", "--save"],
    "map --out": ["map", "maze", "--out"],
    "power --save": ["power", "maze", "--save"],
    "power --out": ["power", "maze", "--out"],
    "optimal": ["optimal", "fork(2)", "--out"],
    "visits": ["visits", "fork(2)", "--state", "root", "--x", "t1", "--y", "t2", "--out"],
    "diff": ["diff", "maze", "maze", "--out"],
    "sensitivity": ["sensitivity", "maze", "--out"],
    "curve": ["curve", "--env", "fork(2)", "--out"],
    "coin-flips --out": ["coin-flips", "fork(2)", "--out"],
    "coin-flips --save": ["coin-flips", "fork(2)", "--save"],
    "verify": ["verify", "fork(2)", "--out"],
}


@pytest.fixture
def idle(monkeypatch):
    """No environment is built: what is refused is refused before."""

    def build(*_):
        raise AssertionError("work was done before the path was tried")

    for name in ("power", "optimality", "sensitivity", "bounds", "theorems", "coin_flips"):
        monkeypatch.setattr(f"mdppower.cli.{name}.build_environment", build)


@pytest.mark.parametrize("name", COMMANDS)
def test_a_path_that_cannot_be_written_is_refused_before_anything_is_done(run, idle, tmp_path, name):
    command, suffix = COMMANDS[name], ".nc" if "save" in name else ".html" if name == "verify" else ".png"
    option = command[-1]
    (tmp_path / f"folder{suffix}").mkdir()
    for path, told in {
        f"no/such/folder/x{suffix}": f"{option}: cannot write 'no/such/folder/x{suffix}': No such file or directory",
        f"folder{suffix}": "it is a folder",
        f"my_map.txt/x{suffix}": "Not a directory",
        "x.doc": f"{option} must end in",
    }.items():
        code, out, err = run(*command, path)
        assert (code, out) == (2, ""), path
        assert told in err
    assert sorted(os.listdir(tmp_path)) == sorted(["bad.toml", f"folder{suffix}", "my_map.txt"])
    # Negative control: with a path that can be written, work begins.
    with pytest.raises(AssertionError, match="work was done"):
        run(*command, f"fine{suffix}")


def test_a_folder_without_the_right_to_write(run, idle, tmp_path):
    folder = tmp_path / "readonly"
    folder.mkdir()
    folder.chmod(stat.S_IRUSR | stat.S_IXUSR)
    if os.access(folder, os.W_OK):
        pytest.skip("root may write anywhere")
    code, out, err = run("map", "maze", "--out", "readonly/maze.png")
    assert (code, out) == (2, "")
    assert "Permission denied" in err


@pytest.mark.parametrize("command", ["power", "map", "sensitivity", "optimal"])
def test_all_discount_rates_are_taken(run, command):
    given = ["--gamma", "0.5", "--gamma", "0.9,0.7"]
    code, out, _ = run(command, "fork(2)", *given, "--samples", "64", "--rng", "0", "--format", "csv")
    assert code == 0
    assert {row["gamma"] for row in csv.DictReader(io.StringIO(out))} == {"0.5", "0.7", "0.9"}


@pytest.mark.parametrize("command", [["compare", "--a", "t1", "--b", "t2"], ["visits", "--state", "root"]])
def test_where_one_rate_is_meant_a_second_is_refused_by_name(run, command):
    code, out, err = run(command[0], "fork(2)", *command[1:], "--gamma", "0.5", "--gamma", "0.9")
    assert (code, out) == (2, "")
    assert "--gamma is one discount rate here, got '0.5 and 0.9'" in err


def test_one_rate_of_a_saved_estimate(run):
    run("map", "fork(2)", "--gamma", "0.5,0.9", "--samples", "64", "--save", "e.nc")
    assert "0.5" not in run("plot", "e.nc", "--gamma", "0.9", "--format", "csv")[1].split("\n")[1].split(",")[0]
    assert "--gamma is one discount rate" in run("plot", "e.nc", "--gamma", "0.9", "--gamma", "0.5")[2]


def test_rates_are_numbers():
    assert options.parse_gamma(["0.5", "0.1,0.9"]) == [0.5, 0.1, 0.9]
    assert options.one_gamma([]) is None
    with pytest.raises(mp.ParameterError, match=r"got '0\.5 high'"):
        options.parse_gamma(["0.5", "high"])


@pytest.mark.parametrize(
    ("text", "glyphs"),
    [
        ("X=wall,S=floor", {"X": "wall", "S": "floor"}),
        (" X=wall, S=no cell ,", {"X": "wall", "S": "no cell"}),
        ("space=floor", {" ": "floor"}),
        (" =floor", {" ": "floor"}),
        ("X=wall, =floor", {"X": "wall", " ": "floor"}),
        (",=wall,==pit", {",": "wall", "=": "pit"}),
        ("X=#", {"X": "#"}),
    ],
)
def test_glyphs(text, glyphs):
    assert options.parse_glyphs(text) == glyphs


@pytest.mark.parametrize("text", ["X", "X=", "=wall", "X wall", "", "X=wall,X=pit"])
def test_what_are_no_glyphs(text):
    with pytest.raises(mp.ParameterError, match="--glyphs "):
        options.parse_glyphs(text)


def test_maps_of_others_on_the_command_line(run, tmp_path):
    path = tmp_path / "room.txt"
    path.write_text("XXXX\nXS X\nXXXX\n")
    status, out, err = run("show", str(path), "--glyphs", "X=wall,space=floor")
    assert (status, err) == (0, "")
    assert "marked S  (1, 1)" in out
    assert "states  2" in out
    path.write_text("SF\nHG\n")
    assert "marked ~  (1, 0)" in run("show", str(path), "--convention", "frozen-lake")[1]
    assert "--convention frozen-lake" in run("show", str(path))[2]
