"""The parts of scripts/bench.py that do not measure time."""

from __future__ import annotations

import importlib.util
from pathlib import Path

import numpy as np
import pytest

import mdppower as mp

PATH = Path(__file__).parents[2] / "scripts" / "bench.py"
spec = importlib.util.spec_from_file_location("bench", PATH)
bench = importlib.util.module_from_spec(spec)
spec.loader.exec_module(bench)


@pytest.fixture(scope="module", params=["maze", "maze, slip 0.2"])
def maze(request):
    return bench.make(request.param)


@pytest.fixture(scope="module")
def rewards():
    return np.random.default_rng(0).random((2, 31))


@pytest.mark.parametrize("peer", bench.TOLERANCES)
@pytest.mark.parametrize("gamma", [0.5, 0.99])
def test_peers_agree(peer, gamma, maze, rewards):
    solve = bench.PEERS[peer](maze, gamma)
    exact = mp.optimal_values(maze, rewards, gamma).normalised
    for reward, v in zip(rewards, exact, strict=True):
        np.testing.assert_allclose(solve(reward), v, rtol=0, atol=bench.TOLERANCES[peer])


@pytest.mark.slow
def test_powerplay_is_right_in_the_limit_and_too_low_at_its_threshold(maze, rewards):
    exact = mp.optimal_values(maze, rewards, 0.99).normalised
    limit = np.array([bench.powerplay(maze, 0.99, threshold=0)(reward) for reward in rewards])
    np.testing.assert_allclose(limit, exact, rtol=0, atol=1e-5)  # single precision
    as_it_is = np.array([bench.powerplay(maze, 0.99)(reward) for reward in rewards])
    bias = (as_it_is - exact) / 0.99
    assert bias.max() < 0
    assert -0.01 < bias.mean() < -0.006  # POWERplay's own runs: −0.0077 … −0.0088


def test_powerplay_believes_in_actions_that_are_not_there():
    """Where all that follows is bad, an action that the state lacks is taken to be worth 0."""
    mdp = mp.RewardlessMDP.from_successors({"two": {"a": "end", "b": "end"}, "end": {"a": "end"}})
    reward = np.array([1.0, -1.0])
    assert mp.optimal_values(mdp, reward, 0.5).values.tolist() == [[0, -2]]
    assert (bench.powerplay(mdp, 0.5)(reward) / 0.5).tolist() == [0.5, -1]


@pytest.mark.parametrize(
    ("value", "limit", "aim", "verdict"),
    [
        (24.9, 25, 50, "≥ 25× (aim 50×): NOT MET"),
        (25.0, 25, 50, "≥ 25× (aim 50×): met"),
        (50.0, 25, 50, "≥ 25× (aim 50×): aim met"),
        (5.1, 5, 3, "≤ 5× (aim 3×): NOT MET"),
        (4.0, 5, 3, "≤ 5× (aim 3×): met"),
        (2.0, 5, 3, "≤ 5× (aim 3×): aim met"),
        (2.0, 5, 5, "≤ 5×: met"),
        (float("nan"), 5, 3, "≤ 5× (aim 3×): NOT MET"),
    ],
)
def test_verdicts(value, limit, aim, verdict):
    assert bench.judge(value, limit, aim, bench.times) == verdict


def test_table():
    rows = [("map", "γ", "draws", "ratio"), ("maze", 0.999, 4096, bench.times(12345.6)), ("a|b", 0.5, 7, 0.012345)]
    assert bench.table(rows).splitlines() == [
        "| map  | γ     | draws | ratio   |",
        "|------|-------|-------|---------|",
        "| maze | 0.999 | 4,096 | 12,346× |",
        "| a|b  | 0.5   | 7     | 0.0123  |",
    ]


def test_every_case_asks_what_it_runs():
    ran = {(name, gamma, peer) for name, gammas, _, peers in bench.CASES for gamma in gammas for peer in peers}
    assert {(name, gamma, peer) for name, gammas, peer, *_ in bench.ASKED for gamma in gammas} <= ran


def test_a_row_against_peers():
    row = bench.against_peers("maze", 0.5, 32, ("linprog", "POWERplay"), seconds=0)
    head = next(bench.peers(quick=True))
    cells = dict(zip(head, row, strict=True))
    assert (cells["map"], cells["γ"], cells["draws"], cells["QuantEcon"]) == ("maze", 0.5, 32, "")
    assert cells["linprog"].endswith("×)")
    assert ", bias -0.000" in cells["POWERplay"]
    assert cells["asked"] == "error ≤ 1e-09 (aim 1e-12): aim met"


def test_a_peer_that_is_wrong_stops_the_run(monkeypatch):
    monkeypatch.setitem(bench.PEERS, "linprog", lambda mdp, gamma: lambda reward: reward)
    with pytest.raises(SystemExit, match=r"maze, γ = 0\.5: linprog differs by"):
        bench.against_peers("maze", 0.5, 32, ("linprog",), seconds=0)


def test_a_peer_that_is_not_there_is_said_so(monkeypatch):
    def absent(mdp, gamma):
        raise ImportError

    monkeypatch.setitem(bench.PEERS, "mdpsolver", absent)
    row = bench.against_peers("maze", 0.9, 32, ("mdpsolver",), seconds=0)
    assert "not installed" in row


def test_growth_measures():
    build, power, peak = bench.grow(3, 16)
    assert build > 0
    assert power > 0
    assert 0.01 < peak < 100  # GB
