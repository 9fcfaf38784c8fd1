"""`mdppower envs` and `mdppower show` as a user types them."""

from __future__ import annotations

import csv
import io
import re
import sys

import gymnasium
import pytest
from gymnasium_tables import Chain

import mdppower as mp
from mdppower.cli.group import cli as group


def test_envs(run):
    code, out, _ = run("envs", "--format", "csv")
    assert code == 0
    rows = {row["name"]: row for row in csv.DictReader(io.StringIO(out))}
    assert rows["maze"]["states"] == "31"
    assert rows["turner-figure-1"]["deterministic"] == "yes"
    assert set(rows) == set(mp.envs.catalog())
    assert "maze" in run("envs")[1]
    assert "of Gymnasium: CliffWalking-v1, CliffWalkingSlippery-v1, FrozenLake-v1" in run("envs")[1]


def test_show(run):
    code, out, _ = run("show", "maze", "--blocked", "remove")
    assert code == 0
    assert "97" in out  # pairs of the maze without bumps
    assert re.search(r"communicating classes\s+1", out)
    assert re.search(r"1-cycles\s+31", out)
    _, out, _ = run("show", "my_map.txt")
    assert re.search(r"absorbing states\s+1 .*\(1, 3\)", out)
    assert re.search(r"marked a\s+\(1, 1\)", out)
    assert "star" in run("show", "turner-figure-1")[1]
    assert run("show", "large-maze")[0] == 0


def test_unknown_starts_are_told(run, monkeypatch):
    # Chain's last state leads on in P; whether episodes begin there it does not say.
    spec = gymnasium.envs.registration.EnvSpec("Chain-v0", lambda: Chain(initial_state_distrib=None))
    monkeypatch.setitem(gymnasium.registry, "Chain-v0", spec)
    code, _, err = run("show", "Chain-v0")
    assert code == 0
    assert "Chain-v0: made absorbing: 2" in err
    assert "Chain-v0: starts not known: give starts= if episodes begin in a state that was made absorbing" in err
    code, _, err = run("show", "Chain-v0", "--set", "starts=2")
    assert (code, "not known" in err) == (0, False)


class _Terminal(io.StringIO):
    def __init__(self, is_one):
        super().__init__()
        self.is_one = is_one

    def isatty(self):
        return self.is_one


@pytest.mark.parametrize(
    ("terminal", "variables", "wanted"),
    [
        (True, {}, True),
        (False, {}, False),
        (True, {"NO_COLOR": "1"}, False),
        (True, {"NO_COLOR": ""}, True),  # no-color.org: "when present and not an empty string"
        (True, {"TERM": "dumb"}, False),
        (False, {"FORCE_COLOR": "1"}, True),
        (False, {"FORCE_COLOR": ""}, False),
        (False, {"FORCE_COLOR": "1", "TERM": "dumb"}, True),
        (True, {"FORCE_COLOR": "1", "NO_COLOR": "1"}, False),
    ],
)
def test_colours_are_where_they_are_wanted(terminal, variables, wanted, monkeypatch):
    from mdppower.cli.group import _wants_colour

    for name in ("NO_COLOR", "FORCE_COLOR", "TERM"):
        monkeypatch.delenv(name, raising=False)
    for name, value in variables.items():
        monkeypatch.setenv(name, value)
    monkeypatch.setattr(sys, "stdout", _Terminal(terminal))
    assert _wants_colour() is wanted


def test_help_texts_have_no_raw_backslashes(run):
    for name in group.commands:
        assert "\\b" not in run(name, "--help")[1], name
