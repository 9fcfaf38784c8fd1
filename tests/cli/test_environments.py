"""`mdppower envs` and `mdppower show` as a user types them."""

from __future__ import annotations

import csv
import io
import re

import gymnasium
from gymnasium_tables import Chain

import mdppower as mp


def test_envs(run):
    code, out, _ = run("envs", "--format", "csv")
    assert code == 0
    rows = {row["name"]: row for row in csv.DictReader(io.StringIO(out))}
    assert rows["maze"]["states"] == "31"
    assert rows["turner-figure-1"]["deterministic"] == "yes"
    assert set(rows) == set(mp.envs.catalog())
    assert "maze" in run("envs")[1]


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
