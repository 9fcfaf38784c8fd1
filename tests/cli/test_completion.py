"""Completion, as a shell asks for it: environments, files, laws, choices; and in a real bash."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys

import pytest
from click.shell_completion import ShellComplete

import mdppower as mp
from mdppower.cli import completion
from mdppower.cli.main import cli
from mdppower.rewards.distribution import resolve
from mdppower.solvers.optimal_values import METHODS


@pytest.fixture
def complete(tmp_path, monkeypatch):
    (tmp_path / "halls").mkdir()
    (tmp_path / ".hidden").mkdir()
    for file in ("room.txt", "a room.toml", "notes.md", "halls/hall.nc", "halls/x.py", ".hidden/h.txt"):
        (tmp_path / file).write_text("", encoding="utf-8")
    monkeypatch.chdir(tmp_path)

    def ask(*words):
        *args, incomplete = words
        found = ShellComplete(cli, {}, "mdppower", "_MDPPOWER_COMPLETE").get_completions(list(args), incomplete)
        return [item.value for item in found if item.type == "plain"]

    return ask


COMMANDS = [
    "map", "power", "show", "optimal", "compare", "visits", "verify", "sensitivity", "diff", "learn", "coin-flips"
]  # fmt: skip


@pytest.mark.parametrize("command", COMMANDS)
def test_env_in_every_command(complete, command):
    assert complete(command, "frozen") == ["FrozenLake-v1", "FrozenLake8x8-v1"]
    assert complete(command, "four") == ["four-rooms"]
    assert complete(command, "ran") == ["random(20)"]


def test_env_is_all_that_there_is(complete):
    files = ["a room.toml", "room.txt", os.path.join("halls", "hall.nc")]
    found = complete("map", "")
    assert set(mp.envs.catalog()) <= set(found)
    assert found[-3:] == files
    assert {"Taxi-v4", "CliffWalking-v1"} <= set(found)
    assert not {"Blackjack-v1", "CartPole-v1"} & set(found)  # without a table
    assert complete("diff", "maze", "maz") == ["maze", "maze(101,101,0)"]
    assert complete("curve", "--env", "cli") == complete("map", "cli")
    assert complete("map", "halls/") == [os.path.join("halls", "hall.nc")]
    assert complete("map", ".hid") == [os.path.join(".hidden", "h.txt")]
    assert complete("map", "nowhere/") == []
    # Each can be made, but for the files, which are empty.
    for name in found[:-3]:
        assert mp.envs.make(name).n_states > 0


def test_words_that_options_take(complete):
    assert complete("map", "maze", "--rewards", "no") == ["norm(0,1)"]
    assert complete("power", "maze", "--sampler", "") == ["latin", "sobol", "iid"]
    assert complete("power", "maze", "--method", "d") == ["deterministic"]
    assert complete("power", "maze", "--method", "e") == []
    assert complete("optimal", "maze", "--method", "e") == ["exact"]
    # From click: choices, options, commands.
    assert complete("map", "maze", "--blocked", "") == ["stay", "remove"]
    assert "--terminated" in complete("map", "maze", "--ter")
    assert complete("sens") == ["sensitivity"]


def test_words_are_those_that_the_library_takes():
    assert completion.METHODS == METHODS
    mdp = mp.envs.make("fork(2)")
    for law in completion.LAWS:
        assert resolve(law, mdp).name
    for sampler in completion.SAMPLERS:
        assert mp.power(mdp, 0.5, samples=16, rng=0, sampler=sampler).sampler == sampler


@pytest.mark.parametrize(
    ("word", "line"),
    [
        ("ran", r"plain,random\\(20\\)"),
        ('"ran', "plain,random(20)"),  # in quotes, which bash closes
        ("a", r"plain,a\\ room.toml"),
        ("halls", "plain,halls/hall.nc"),
    ],
)
def test_bash_gets_names_as_they_are_typed(complete, monkeypatch, word, line):
    monkeypatch.setenv("COMP_WORDS", f"mdppower\nmap\n{word}")
    monkeypatch.setenv("COMP_CWORD", "2")
    assert line in completion.QuotingBash(cli, {}, "mdppower", "_MDPPOWER_COMPLETE").complete().split("\n")


@pytest.mark.slow
@pytest.mark.skipif(shutil.which("bash") is None, reason="no bash here")
def test_in_a_real_bash(complete, tmp_path):
    command = tmp_path / "mdppower"
    command.write_text(f'#!/bin/sh\nexec "{sys.executable}" -m mdppower "$@"\n', encoding="utf-8")
    command.chmod(0o755)
    script = """
        eval "$(_MDPPOWER_COMPLETE=bash_source mdppower)"
        COMP_WORDS=(mdppower map ran) COMP_CWORD=2
        _mdppower_completion mdppower
        printf '%s\\n' "${COMPREPLY[@]}"
    """
    path = f"{tmp_path}{os.pathsep}{os.environ['PATH']}"
    done = subprocess.run(
        ["bash", "--norc", "-c", script],
        capture_output=True,
        text=True,
        env={**os.environ, "PATH": path},
        timeout=120,
    )
    assert done.stdout == "random\\(20\\)\n", done.stderr
