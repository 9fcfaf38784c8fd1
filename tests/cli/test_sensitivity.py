"""`mdppower diff` and `mdppower sensitivity` as a user types them: a door, tables, pictures, refusals."""

from __future__ import annotations

import csv
import io
import json
import re

import pytest

import mdppower as mp
from mdppower.cli import main as cli
from mdppower.sensitivity.model_difference import difference
from mdppower.sensitivity.transforms import duplicate_state, split_action, unroll
from mdppower.sensitivity.under_transforms import sensitivity

SHUT = """; two rooms, and the door between them is shut
#######
#a.#..#
#..#.b#
#######
"""
OPEN = """; two rooms, and the door between them is open
#######
#a.#..#
#....b#
#######
"""


@pytest.fixture
def run(capsys, monkeypatch, tmp_path):
    monkeypatch.chdir(tmp_path)
    (tmp_path / "shut.txt").write_text(SHUT)
    (tmp_path / "open.txt").write_text(OPEN)

    def command(*args):
        with pytest.raises(SystemExit) as end:
            cli.main(args)
        out, err = capsys.readouterr()
        return end.value.code, out, err

    return command


def records(text):
    return list(csv.DictReader(io.StringIO(text)))


# ---------------------------------------------------------------------- diff


@pytest.mark.slow
def test_a_door_is_opened(run, tmp_path):
    code, out, err = run("diff", "open.txt", "shut.txt", "--gamma", "0.5,0.9", "--rng", "0", "--out", "door.png")
    assert code == 0
    assert "only A has (2, 3)" in out
    assert "4,096 draws (rng=0), the same for A and B, uniform rewards" in out
    assert "difference: POWER in A − POWER in B" in out
    assert "γ = 0.9: A leads most at (2, 4), by 0.0" in out
    assert "B leads" not in out  # a door that is open takes nothing away
    assert "wrote door.png" in err
    assert (tmp_path / "door.png").stat().st_size > 10_000


def test_numbers_are_those_of_the_library(run):
    args = ("diff", "open.txt", "shut.txt", "--gamma", "0.9", "--samples", "256", "--rng", "3", "--slip", "0.1")
    code, out, _ = run(*args, "--format", "csv", "--confidence", "0.9", "--workers", "2")
    rows = records(out)
    a, b = (mp.envs.gridworld(text, slip=0.1) for text in (OPEN, SHUT))  # the options apply to both
    table = difference(a, b, [0.9], samples=256, rng=3).table(0.9)
    assert code == 0
    assert [float(row["difference"]) for row in rows] == table["difference"]
    assert [float(row["lower"]) for row in rows] == table["lower"]
    assert {row["verdict"] for row in rows} == {"more in A"}


def test_small_mdps_exactly(run):
    code, out, _ = run("diff", "fork(2)", "fork(3)", "--method", "exact", "--format", "json")
    rows = json.loads(out)
    assert code == 0
    assert rows[0]["difference"] == pytest.approx(-1 / 12, abs=1e-15)
    assert [row["verdict"] for row in rows] == ["more in B", "same", "same"]
    code, out, _ = run("diff", "fork(3)", "fork(2)", "--method", "exact")
    assert code == 0
    assert "A leads most at root, by 0.08333" in out
    assert "exact, uniform rewards" in out
    assert "only A has t3" in out
    assert "95 %" not in out  # fractions have no confidence


def test_leads_that_are_noise_are_said_to_be(run):
    """Two draws tell nothing; "A leads most at …" stood there as if they did. Equal rooms have no lead at all."""
    code, out, _ = run("diff", "open.txt", "shut.txt", "--samples", "2", "--rng", "0")
    assert code == 0
    assert out.count("leads most at") == out.count(", which is not told from 0") > 0
    code, out, _ = run("diff", "open.txt", "shut.txt", "--samples", "1024", "--rng", "0")  # control
    assert "A leads most at" in out
    assert "not told" not in out
    _, out, _ = run("diff", "open.txt", "open.txt", "--samples", "64", "--rng", "0")
    assert "leads" not in out


@pytest.mark.parametrize(
    ("args", "message"),
    [
        (["shut.txt", "fork(2)"], "the two MDPs have no state in common"),
        (["shut.txt", "opne.txt"], "opne.txt"),
        (["shut.txt"], "Missing argument 'B'"),
        (["shut.txt", "open.txt", "--gamma", "1.5"], "gamma must be in [0, 1], got 1.5"),
        (["shut.txt", "open.txt", "--out", "door.gif"], "--out must end in .png, .svg or .pdf, got 'door.gif'"),
        (["shut.txt", "open.txt", "--confidence", "2"], "--confidence must be a number strictly between 0 and 1"),
        (["shut.txt", "open.txt", "--rewards", "cauchy"], "POWER needs rewards with a finite mean"),
        (["shut.txt", "open.txt", "--samples", "0"], "samples must be a positive integer, got 0"),
        (["shut.txt", "open.txt", "--sampler", "dice"], "sampler must be one of 'latin', 'sobol', 'iid', got 'dice'"),
        (["shut.txt", "open.txt", "--method", "magic"], "method must be one of"),
        (["open.txt", "open.txt", "--slip", "7"], "slip must be"),
    ],
)
def test_diff_refuses_in_one_line(run, args, message):
    code, out, err = run("diff", *args)
    assert (code, out) == (2, "")
    assert err.count("\n") == 1
    assert message in err


# ---------------------------------------------------------------------- sensitivity


@pytest.mark.slow
def test_a_fork_is_told_anew(run):
    code, out, _ = run("sensitivity", "fork(2)", "--gamma", "0.9", "--rng", "0", "--state", "root")
    assert code == 0
    assert "unroll 1 step" in out
    assert "duplicate 't1' by choice" in out
    assert "no order of two states flips" in out
    assert "how likely the actions of root are to be optimal:" in out
    assert "->t1 (copy 1)" in out


def test_transforms_can_be_asked_for(run):
    args = ("sensitivity", "turner-figure-10", "--gamma", "0.5", "--rng", "0")
    chosen = ("--duplicate", "s4", "--into", "split", "--split", "s1:->s2", "--unroll", "1")
    code, out, _ = run(*args, *chosen, "--format", "json", "--samples", "256")
    rows = json.loads(out)
    assert code == 0
    names = list(dict.fromkeys(row["transform"] for row in rows))
    assert names == ["duplicate 's4' by split", "split '->s2' at 's1' into 2", "unroll 1 step"]
    mdp = mp.envs.figure_10()
    made = [duplicate_state(mdp, "s4", into="split"), split_action(mdp, "s1", "->s2"), unroll(mdp, 1)]
    table = sensitivity(mdp, [0.5], transforms=made, samples=256, rng=0).table()
    assert [row["change"] for row in rows] == table["change"]
    assert max(abs(row["tied_change"]) for row in rows) < 1e-12
    code, out, _ = run(*args, "--duplicate", "s4")
    assert "orders of two states that flip:" in out
    code, out, _ = run(*args, "--duplicate", "s4", "--state", "s1", "--format", "csv", "--samples", "64")
    assert {row["reading"] for row in records(out)} == {"", "tied", "independent"}


def test_many_flips_are_cut(run):
    code, out, _ = run("sensitivity", "maze", "--duplicate", "0,3", "--duplicate", "0,0", "--rng", "0")
    assert code == 0
    flips = out[out.index("orders of two states that flip") :].splitlines()
    assert len(flips) == 1 + 1 + 20 + 1
    assert re.fullmatch(r"… \(\d+ in all\)", flips[-1])


@pytest.mark.parametrize(
    ("args", "message"),
    [
        (["maze"], "transforms are chosen for MDPs of up to 12 states, not 31: say which"),
        (["fork(2)", "--duplicate", "t3"], "there is no state 't3'; states are 'root', 't1', 't2'"),
        (["fork(2)", "--split", "root"], "--split must look like STATE:ACTION, got 'root', a state"),
        (["fork(2)", "--split", "root:->t9"], "state 'root' has no action '->t9'"),
        (["fork(2)", "--unroll", "-1"], "depth must be an integer ≥ 0, got -1"),
        (["maze", "--unroll", "9"], "histories of up to"),
        (["fork(2)", "--state", "nowhere"], "there is no state 'nowhere'"),
        (["fork(2)", "--gamma", "x"], "--gamma must be numbers in [0, 1]"),
    ],
)
def test_sensitivity_refuses_in_one_line(run, args, message):
    code, out, err = run("sensitivity", *args)
    assert (code, out) == (2, "")
    assert err.count("\n") == 1
    assert message in err


def test_help_shows_the_door(run):
    code, out, _ = run("diff", "--help")
    assert code == 0
    assert "mdppower diff open.txt shut.txt --gamma 0.5,0.9 --out door.png" in out


def test_a_picture_of_the_changes(run, tmp_path):
    args = ("sensitivity", "fork(2)", "--samples", "64", "--duplicate", "t1", "--out", "moves.png")
    code, _, err = run(*args)
    assert code == 0
    assert "wrote moves.png" in err
    assert (tmp_path / "moves.png").stat().st_size > 5_000
    assert "--out must end in .png, .svg or .pdf" in run(*args[:-1], "moves.gif")[2]
    code, out, err = run(*args, "--state", "root", "--format", "json")
    assert (code, out) == (2, "")
    assert "--out is a picture of all states" in err
