"""How a Chromium is found, how a server is started and ended, and the soak's maps; no browser is needed."""

from __future__ import annotations

import random
import sys
import warnings

import pytest

import mdppower as mp
from scripts.explorer import chromium
from scripts.explorer.page import fragment
from scripts.explorer.served import FIRST, served
from scripts.explorer.soak import made_map


def test_a_chromium_that_is_named_is_taken(monkeypatch):
    monkeypatch.setenv("CHROMIUM", sys.executable)
    assert chromium.find() == sys.executable
    monkeypatch.setenv("CHROMIUM", "/no/such/chromium")
    with pytest.raises(SystemExit, match="'/no/such/chromium' is no program"):
        chromium.find()


def test_else_one_on_the_path(monkeypatch, tmp_path):
    monkeypatch.delenv("CHROMIUM", raising=False)
    monkeypatch.setenv("PATH", str(tmp_path))
    monkeypatch.setattr(chromium, "own_of_playwright", lambda: "Playwright's")
    assert chromium.find() == "Playwright's"
    program = tmp_path / "google-chrome"
    program.write_text("#!/bin/sh\n")
    program.chmod(0o755)
    assert chromium.find() == str(program)


def test_an_address_of_a_map():
    assert fragment(map="...\n.#.", gamma=0.5) == "v=1&map=..._.-.&gamma=0.5"


@pytest.mark.slow
def test_a_server_answers_and_ends_with_its_block():
    with served(first=()) as server:
        *_, last = server.ask(FIRST)
        assert server.process.poll() is None
    assert last["final"]
    assert server.process.poll() == 130  # as by Ctrl-C


@pytest.mark.slow
def test_a_server_that_does_not_start_is_told():
    with pytest.raises(RuntimeError, match="No such option"), served("--no-such-option"):
        pass


def test_maps_of_the_soak_have_a_cell():
    for seed in range(20):
        with warnings.catch_warnings(action="ignore", category=mp.MDPPowerWarning):  # of marks among walls
            assert mp.envs.gridworld(made_map(random.Random(seed))).n_states >= 1
