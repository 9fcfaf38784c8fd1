"""`mdppower joint` as a user types it: curves, tables, files, pictures, a walk, refusals."""

from __future__ import annotations

import csv
import io

import pytest

import mdppower as mp
from mdppower.cli import main as cli
from mdppower.cli.multiagent import _blocked
from mdppower.cli.pictures import JOINT_KINDS, KINDS
from mdppower.display import joint_picture, power_picture

MAP = "...\n..."
BASE = ("joint", "room.txt", "--blocked", "remove", "--gamma-h", "0.6", "--samples", "64", "--rng", "0")


@pytest.fixture
def run(capsys, monkeypatch, tmp_path):
    monkeypatch.chdir(tmp_path)
    (tmp_path / "room.txt").write_text(MAP)
    (tmp_path / "square.txt").write_text("..\n..")

    def command(*args):
        with pytest.raises(SystemExit) as end:
            cli.main(args)
        out, err = capsys.readouterr()
        return end.value.code, out, err

    return command


@pytest.mark.slow
def test_numbers_are_those_of_the_library(run):
    args = (*BASE, "--gamma-a", "0.3", "--rho", "0,0.5", "--rho", "1", "--overlap", "bump,allow", "--format", "csv")
    code, out, _ = run(*args, "--seed-policy", "stay", "--confidence", "0.9")
    assert code == 0
    room = mp.envs.gridworld(MAP, blocked="remove")
    curve = mp.multiagent.joint_curve(
        room, gamma=(0.6, 0.3), rho=[0, 0.5, 1], overlap=["bump", "allow"], samples=64, rng=0,
        seed_policy=dict.fromkeys(room.states, "stay"),
    )  # fmt: skip
    assert out == curve.table(0.9).csv() + "\n"
    code, out, _ = run(*BASE, "--states", "--format", "csv", "--overlap", "remove", "--no-swap", "--replan")
    one = mp.multiagent.joint_power(
        room, gamma=0.6, overlap="remove", swap=False, replan=True, samples=64, rng=0
    )  # fmt: skip
    assert out == one.table().csv() + "\n"
    assert len(list(csv.DictReader(io.StringIO(out)))) == 4 * one.joint.n_states
    args = (*BASE, "--on", "cells", "--reward", "0,0=uniform(0,2)", "--rounds", "2", "--states", "--format", "csv")
    code, out, _ = run(*args)
    law = {(0, 0): "uniform(0,2)", "default": "uniform"}
    cells = mp.multiagent.joint_power(room, gamma=0.6, on="cells", rewards=law, rounds=2, samples=64, rng=0)
    assert out == cells.table().csv() + "\n"


@pytest.mark.slow
def test_what_is_told(run):
    code, out, _ = run(*BASE, "--rho", "0,1", "--overlap", "bump", "--samples", "512")
    assert code == 0
    assert "512 draws (rng=0) of uniform rewards" in out
    assert "pearson passes 0 at rho = 0." in out
    assert "without the noise of draws" in out
    code, out, _ = run("joint", "square.txt", *BASE[2:])  # where all cells are alike
    assert "caution: ρ = 0, allow: corrected" in out


@pytest.mark.slow
def test_files(run, tmp_path):
    small, walk = ("--dpi", "30"), ("--steps", "1", "--draw", "3", "--start", "0,0;1,2")
    code, _, err = run(
        *BASE, "--rho", "0,1", "--out", "curve.png", *small, "--save", "curve.nc", "--walk", "1.png", "--steps", "2"
    )
    assert code == 0
    assert "wrote curve.png" in err
    assert "wrote 1.png, of rho = 0 and allow, the first" in err
    assert [one.rho for one in mp.load(tmp_path / "curve.nc").runs] == [0, 1]
    code, _, err = run(*BASE, "--save", "one.nc", "--out", "maps.png", *small, "--walk", "1.gif", *walk)
    assert code == 0
    assert isinstance(mp.load(tmp_path / "one.nc"), mp.multiagent.JointPower)
    for name in ("curve.png", "1.png", "1.gif", "maps.png"):
        assert (tmp_path / name).stat().st_size > 3000
    code, _, _ = run("plot", "one.nc", "--out", "again.png", *small)
    assert code == 0
    assert (tmp_path / "again.png").read_bytes() == (tmp_path / "maps.png").read_bytes()
    _, out, _ = run("info", "curve.nc")
    assert "JointCurve" in out


@pytest.mark.parametrize(
    ("text", "options", "told"),
    [
        ("...\n.#.\n...", {}, "stays where it is"), ("...\n.#.\n...", {"blocked": "remove"}, "does not exist"),
        ("...\n.#.\n...", {"blocked": "remove", "slip": 0.2}, "does not exist"),
        ("...\n.#.\n...", {"slip": 0.2, "stay": False}, "stays where it is"),
        ("....", {"blocked": "remove", "moves": "EW"}, "does not exist"),
        ("...\n...\n...", {"wrap": True}, ""),  # nothing is in the way
    ],
)  # fmt: skip
def test_what_a_step_against_a_wall_does_is_seen_in_the_world(text, options, told):
    assert _blocked(mp.envs.gridworld(text, **options)) == told


@pytest.mark.slow
def test_what_a_step_against_a_wall_does_is_told(run):
    assert _blocked(mp.envs.fork(3)) == "", "a drawing has no walls"
    _, out, _ = run(*BASE)
    assert out.endswith("\nin this world a step against a wall does not exist (--blocked)\n")
    _, out, _ = run("joint", "room.txt", "--ai-env", "fork(3)", *BASE[4:])
    assert out.endswith("\nin the world of the human a step against a wall stays where it is (--blocked)\n")
    _, out, _ = run(*BASE, "--ai-env", "square.txt")
    assert out.endswith("\nin both worlds a step against a wall does not exist (--blocked)\n")
    assert "(--blocked)" not in run(*BASE, "--format", "csv")[1]


@pytest.mark.slow
def test_kinds_of_a_picture_of_what_was_saved(run, tmp_path):
    run(*BASE, "--save", "one.nc")
    for kind in ("scatter", "cost", "averages"):
        code, _, err = run("plot", "one.nc", "--kind", kind, "--out", "again.png", "--dpi", "30")
        assert (code, err) == (0, "wrote again.png\n")
        mp.load(tmp_path / "one.nc").plot(tmp_path / "same.png", kind=kind, dpi=30)
        assert (tmp_path / "same.png").read_bytes() == (tmp_path / "again.png").read_bytes()
    found = mp.power(mp.envs.fork(2), 0.9, samples=64, rng=0)
    found.save(tmp_path / "power.nc")
    found.mdp.save(tmp_path / "mdp.nc")
    for file, kind, told in (
        ("one.nc", "bars", "--kind bars is for estimates of POWER; one.nc holds a JointPower, whose kinds are maps"),
        ("power.nc", "cost", "--kind cost is for two agents; power.nc holds a PowerEstimate, whose kinds are map"),
        ("mdp.nc", "cost", "--kind cost is for two agents; mdp.nc holds an MDP\n"),
    ):
        code, out, err = run("plot", file, "--kind", kind, "--out", "no.png")
        assert (code, out) == (2, "")
        assert told in err
    assert "--arrows is for estimates of POWER" in run("plot", "one.nc", "--arrows", "--out", "no.png")[2]
    assert JOINT_KINDS == joint_picture.KINDS
    assert KINDS == power_picture.KINDS


def test_what_is_refused(run):
    for more, told in (
        (("--rho", "2"), "rho must be a number in [-1, 1], got 2"), (("--rho", "a"), "--rho must be numbers"),
        (("--overlap", "push"), "push"),
        (("--seed-policy", "fly"), "an action that the AI has everywhere; state (0, 0)"),
        (("--kind", "maps"), "--kind is for a picture: add --out FILE"),
        (("--steps", "3"), "--steps is for --walk FILE"),
        (("--rho", "0,1", "--states"), "--states is for one --rho"),
        (("--rho", "0,1", "--out", "x.png", "--kind", "cost"), "--kind cost is for one --rho"),
        (("--walk", "x.png", "--start", "0,0"), "--start must be the human's state and the AI's"),
        (("--walk", "x.png", "--start", "0,0;9,9"), "there is no state '9,9'"),
        (("--walk", "x.gif", "--ai-env", "square.txt"), "two agents that move on one grid"),
        (("--walk", "x.gif", "--overlap", "bump", "--start", "0,0;0,0"), "there is no joint state"),
        (("--walk", "x.gif", "--steps", "0"), "--steps must be a positive integer"),
        (("--walk", "x.gif", "--draw", "-1"), "--draw must be from 0 to 63, of --samples 64; got -1"),
            (("--walk", "x.gif", "--draw", "64"), "--draw must be from 0 to 63, of --samples 64; got 64"),
        (("--walk", "x.mp4"), "--walk must end in .gif, .png, .svg or .pdf"),
        (("--reward", "0,0=2"), "--reward is of a cell: it goes with --on cells"),
        (("--gamma-a", "1"), "gamma must be in [0, 1), got 1"),
    ):  # fmt: skip
        code, out, err = run(*BASE, *more)
        assert (code, out) == (2, ""), more
        assert told in err, more


def test_the_world_of_the_ai(run, tmp_path):
    (tmp_path / "street.txt").write_text("...")
    code, out, _ = run(*BASE, "--ai-env", "street.txt", "--overlap", "bump", "--states", "--format", "csv")
    assert code == 0
    rows = list(csv.DictReader(io.StringIO(out)))
    assert {row["ai_at"] for row in rows} == {"(0, 0)", "(0, 1)", "(0, 2)"}
    assert len(rows) == 4 * (6 * 3 - 3)
