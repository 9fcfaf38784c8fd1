"""Where each command lives in Python, and back: a walk over all commands."""

from __future__ import annotations

import importlib
import inspect
import re

import click
import pytest
from click.testing import CliRunner

import mdppower as mp
from mdppower.cli.main import cli


def calls_of(command):
    """The Python calls that a command's help names."""
    found = re.search(r"In Python: (.*)", inspect.cleandoc(command.help), re.DOTALL)
    return re.findall(r"mdppower(?:\.[a-z]\w*)+", found[1]) if found else []


def public(path):
    """The function that a dotted path names, if each step is a public name of a face."""
    face, found = mp, mp
    for name in path.split(".")[1:]:
        assert name in dir(face), f"{path}: {name} is not public"
        found = face = getattr(face, name)
    return found


@pytest.mark.parametrize("name", sorted(cli.commands))
def test_a_command_names_its_call_and_the_call_the_command(name):
    calls = calls_of(cli.commands[name])
    assert calls, f"mdppower {name} --help does not say what it is in Python"
    for path in calls:
        call = public(path)
        assert callable(call)
        assert re.search(rf"command line.*``mdppower {name}\b", inspect.getdoc(call), re.DOTALL), (path, name)


def test_the_help_that_is_printed_has_it():
    out = CliRunner().invoke(cli, ["compare", "--help"]).output
    assert "In Python: mdppower.compare; of several, mdppower.compare_all." in " ".join(out.split())


def test_every_docstring_that_names_a_command_means_one():
    # The other way round: what a public docstring calls a command is one, and that command names the call.
    rooms = [mp, *(getattr(mp, room) for room in ("agents", "bounds", "envs", "orbits", "sensitivity", "theorems"))]
    told = {}
    for room in rooms:
        for name in dir(room):
            call = getattr(room, name)
            lines = re.findall(r"[Cc]ommand line[^\n]*(?:\n[^\n]+)*", inspect.getdoc(call) or "")
            if inspect.isfunction(call) and lines:
                told[f"{room.__name__}.{name}"] = re.findall(r"``mdppower ([a-z]+)", " ".join(lines))
    assert len(told) >= 14
    for path, commands in told.items():
        assert commands, path
        for name in commands:
            assert path in calls_of(cli.commands[name]), (path, name)


def test_the_walk_finds_what_is_wrong():
    # Negative control: a command without a home, and one whose home is not public.
    assert calls_of(click.Command("x", help="Do something.")) == []
    with pytest.raises(AssertionError, match="nowhere is not public"):
        public("mdppower.theorems.nowhere")
    assert importlib.util.find_spec("mdppower.stores")  # a room, but no face that users open
    with pytest.raises(AssertionError, match="stores is not public"):
        public("mdppower.stores.store")
