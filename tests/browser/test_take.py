"""Texts to take away: run, they give the numbers that are shown."""

from __future__ import annotations

import contextlib
import csv
import io
import re
import warnings

import numpy as np
import pytest
from copied_commands import program_of_this_process, ran_in_shell
from drawn_maps import maps
from hypothesis import given, settings

import mdppower as mp

NUMBER = r"-?\d*\.?\d+(?:e[+-]?\d+)?"
ROOM = "a..#\n.#.*\n...."
FIELDS = {"slip": 0.1, "draws": 1024, "mark.a": "norm(1,1)", "blocked": "remove"}


def printed(text: str) -> dict[tuple[int, int], list[float]]:
    """The rows of a printed table by cell: all numbers behind its name."""
    rows = re.findall(rf"\((\d+), (\d+)\)((?:[^\S\n]+(?:{NUMBER}))+)", text)
    return {(int(row), int(column)): [float(x) for x in rest.split()] for row, column, rest in rows}


def ran(code: str) -> str:
    """What a program prints."""
    out = io.StringIO()
    with contextlib.redirect_stdout(out):
        exec(compile(code, "copied", "exec"), {})
    return out.getvalue()


def both_ran(explorer, tmp_path) -> list[str]:
    """What the copied program and the copied command print."""
    with program_of_this_process(tmp_path) as programs:
        in_shell = ran_in_shell(text_of(explorer, "shell"), tmp_path, programs)
    return [ran(text_of(explorer, "python")), in_shell]


def text_of(explorer, name: str) -> str:
    return explorer.page.locator(f"#text-{name}").text_content()


def agree(found: dict, explorer, interval: str) -> None:
    """Six digits are printed of numbers around 1: two of them are off by 1e-5 together."""
    shown, half = explorer.numbers(), explorer.numbers(interval)
    assert set(found) == set(shown)
    for cell, (mean, _, lower, upper) in found.items():
        assert mean == pytest.approx(shown[cell], rel=1e-5)
        assert max(upper - mean, mean - lower) == pytest.approx(half[cell], abs=1.1e-5)


def test_the_program_prints_the_numbers_shown(explorer):
    explorer.follow(map=ROOM, **FIELDS)
    for cell in ((0, 0), (2, 3)):
        explorer.cell(*cell).click(modifiers=["Shift"])
    explorer.page.wait_for_selector("#pair-told:has-text('POWER(0,0)')")
    explorer.settled()
    text = ran(text_of(explorer, "python"))
    table, _, pair = text.partition("Estimate(")
    agree(printed(table), explorer, "joint")
    difference = explorer.now()["message"]["pair"]["mean"][0]
    assert pair.startswith(f"(0, 0) − (2, 3): {difference:.4f} ±")


def test_the_command_prints_the_numbers_shown(explorer, tmp_path):
    explorer.follow(map=ROOM, **FIELDS)
    agree(printed(ran_in_shell(text_of(explorer, "shell"), tmp_path)), explorer, "half")
    assert list(tmp_path.iterdir()) == []


def test_of_a_change_both_print_the_numbers_shown(explorer, tmp_path):
    explorer.follow(map="...\n.#.", draws=1024)
    explorer.after(explorer.control("pin").click)
    explorer.tool("#").after(explorer.cell(0, 2).click)
    shown = explorer.numbers()
    for text in both_ran(explorer, tmp_path):
        found = printed(text)
        assert {cell: row[2] for cell, row in found.items()} == pytest.approx(shown, rel=1e-5)


def test_of_likely_actions_both_print_the_numbers_shown(explorer, tmp_path):
    explorer.follow(map="...\n.#.", draws=1024)
    explorer.after(explorer.control("view-optimality").check)
    message = explorer.now()["message"]
    for text in both_ran(explorer, tmp_path):
        rows = re.findall(rf"\((\d+), (\d+)\)\s+(\w+)\s+({NUMBER})", text)
        found = {((int(r), int(c)), action): float(p) for r, c, action, p in rows}
        shown = {
            (tuple(cell), one["action"]): one["p"]
            for cell, actions in zip(message["cells"], message["likely"][0], strict=True)
            for one in actions
        }
        assert found == pytest.approx(shown, rel=1e-5, abs=1e-6)


@pytest.mark.parametrize("view", ["power", "difference", "optimality"])
def test_the_table_is_the_librarys(explorer, tmp_path, view):
    """Column by column what `save("x.csv")` writes of the same question."""
    moves = "WSN+diagonals"  # rows are in the order of actions, whatever that is
    explorer.follow(map=ROOM, draws=1024, moves=moves, **({"view": view} if view == "optimality" else {}))
    world = mp.envs.gridworld(ROOM, moves=moves)
    if view == "power":
        result = mp.power(world, [0.9], samples=1024, rng=0)
    elif view == "optimality":
        result = mp.action_optimality(world, [0.9], samples=1024, rng=0)
    else:
        explorer.after(explorer.control("pin").click)
        explorer.tool(".").after(explorer.cell(1, 1).click)
        opened = mp.envs.gridworld(ROOM.replace(".#.*", "...*"), moves=moves)
        result = mp.sensitivity.difference(opened, world, [0.9], samples=1024, rng=0, sampler="iid")
    result.save(tmp_path / "ours.csv")
    with open(tmp_path / "ours.csv", encoding="utf-8", newline="") as file:
        ours = [row for row in csv.reader(file) if row[1] != "end"]
    theirs = list(csv.reader(io.StringIO(explorer.call("take", "csv", explorer.now()["message"]))))
    assert theirs[0] == ours[0]
    assert len(theirs) == len(ours)
    for shown, expected in zip(theirs[1:], ours[1:], strict=True):
        for one, other in zip(shown, expected, strict=True):
            assert one == other or float(one) == pytest.approx(float(other), abs=1e-8)


def test_limits_that_are_uneven_are_the_librarys(explorer):
    """No reward is above that of a mark of 2, and neither is a limit."""
    explorer.follow(map="a..", draws=1024, **{"mark.a": 2})
    rows = list(csv.DictReader(io.StringIO(explorer.call("take", "csv", explorer.now()["message"]))))
    power = mp.power(mp.envs.gridworld("a.."), 0.9, {"default": "uniform", "a": 2}, samples=1024, rng=0)
    for name, limit in zip(("lower", "upper"), power.interval(), strict=True):
        np.testing.assert_allclose([float(row[name]) for row in rows], limit, rtol=0, atol=1e-8)
    assert rows[0]["upper"] == "2"


def test_a_map_is_read_back_as_the_same_world(modules):
    """Whatever is drawn: by `gridworld`, from a file, and from the program, the world has the same fingerprint."""

    @settings(max_examples=40)
    @given(maps())
    def same_world(drawn):
        sent = modules.call("state", "solid", drawn)
        asked = {
            "v": 1, "world": {"map": sent, "slip": 0.25, "bias": {}, "moves": "NESW", "stay": True,
                              "blocked": "remove", "wrap": True},
            "gamma": [0.9], "rewards": {"default": "uniform", "marks": {}}, "draws": 16, "seed": 0,
            "sampler": "latin", "view": "power", "pinned": None, "pair": None,
        }  # fmt: skip
        with warnings.catch_warnings(action="ignore", category=mp.MDPPowerWarning):
            try:
                world = mp.envs.gridworld(sent, slip=0.25, blocked="remove", wrap=True)
            except mp.MDPPowerError:
                return  # not a world; that is said elsewhere
            text = modules.call("take", "mapText", asked["world"])
            assert mp.envs.gridworld(text, slip=0.25, blocked="remove", wrap=True).fingerprint == world.fingerprint
            scope: dict[str, object] = {}
            program = modules.call("take", "python", asked).split("power = ")[0]
            exec(program, scope)
            assert scope["world"].fingerprint == world.fingerprint

    same_world()
