"""`--help`: every option of every command stands under one heading, and headings under one order."""

from __future__ import annotations

import re

import click
import pytest

from mdppower.cli.headings import GENERAL, GYMNASIUM, MAPS, ORDER, OUTPUT, PICTURE, QUESTION, RUN, heading_of, under
from mdppower.cli.main import cli


def sections(text):
    """{heading: names of options} as the help shows them."""
    found = {}
    for line in text.split("\n"):
        if re.fullmatch(r"\S.*:", line) and line[:-1] in ORDER:
            found[line[:-1]] = []
        elif found and re.match(r"  -", line):
            found[list(found)[-1]] += re.findall(r"--[\w-]+", line.split("  ")[1])
    return found


@pytest.mark.parametrize("name", cli.commands)
def test_every_option_stands_under_one_heading(run, name):
    shown = sections(run(name, "--help")[1])
    assert list(shown) == [heading for heading in ORDER if heading in shown]
    told = [option for options in shown.values() for option in options]
    assert len(told) == len(set(told))
    command = cli.commands[name]
    known = {o for p in command.params if isinstance(p, click.Option) for o in (*p.opts, *p.secondary_opts)}
    assert set(told) == {option for option in known if option.startswith("--")} | {"--help"}
    assert {"--verbose", "--quiet", "--help"} == set(shown[GENERAL])


def test_the_headings_of_a_run(run):
    shown = sections(run("map", "--help")[1])
    assert {"--gamma", "--rewards"} <= set(shown[QUESTION])
    assert {"--samples", "--precision", "--rng", "--workers", "--store", "--method"} <= set(shown[RUN])
    assert {"--format", "--confidence", "--save", "--colour"} <= set(shown[OUTPUT])
    assert {"--out", "--arrows"} <= set(shown[PICTURE])


@pytest.mark.parametrize(
    "name", [n for n, c in cli.commands.items() if any(p.name == "settings" for p in c.params)]
)  # fmt: skip
def test_which_options_are_of_which_environments_is_said_once(run, name):
    text = run(name, "--help")[1]
    shown = sections(text)
    assert shown[MAPS] == [
        "--moves",
        "--stay",
        "--no-stay",
        "--blocked",
        "--slip",
        "--bias",
        "--wrap",
        "--glyphs",
        "--convention",
    ]
    assert shown[GYMNASIUM] == [
        "--terminated", "--reachable-only", "--check", "--seed", "--max-states", "--set",
    ]  # fmt: skip

    assert text.count("Gymnasium") == 1


def test_what_has_a_heading_keeps_it():
    def adder(command):
        return under(OUTPUT)(click.option("--x"))(click.option("--y")(command))

    @under(RUN)(adder)
    @click.option("--z")
    def command():
        """Do nothing."""

    assert {p.name: heading_of(p) for p in command.__click_params__} == {"x": OUTPUT, "y": RUN, "z": QUESTION}
