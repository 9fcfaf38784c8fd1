"""The command line in this process: every command, with options that are what they should be, or not."""

from __future__ import annotations

import contextlib
import io
import random
from functools import cache
from pathlib import Path
from typing import Any

import click

from mdppower.cli.group import cli
from mdppower.cli.main import main
from scripts.fuzz import rewards
from scripts.fuzz.judge import ANNOUNCED, Announced, Case, Refused, TooLong, Wrong

ENVS = [
    "fork(2)",
    "fork(2)",
    "cycle(3)",
    "open(2,2)",
    "map.txt",
    "map.txt",
    "mdp.toml",
    "estimate.nc",
    "mdp.nc",
    "FrozenLake-v1",
    "turner-figure-1",
]
ODD_ENVS = ["", "x", "fork", "fork()", "fork(0)", "fork(2", "cycle(50000000)", "open(3000,3000)", "open(1,1)",
    "maze(2,2,0)", "nowhere.nc", "nowhere.txt",
            ".", "bad.toml", "bad.nc", "\x1b[2J", "a\nb", "-", "--", "é", "\udcff", "FrozenLake", "CartPole-v1",
            "fork(1e3)", "fork(-1)",
            "estimate.NC", "./map.txt", "no/such/map.txt", "fork(2) "]  # fmt: skip
NUMBERS = ["0", "1", "-1", "2", "0.5", "nan", "inf", "-inf", "1e-320", "1e400", "True", "None", "", " ", "x", "1e3",
    "1,2", "0x10", "1_0", "９", "7.0",
           "1180591620717411303424", "-0.0", "0.1"]  # fmt: skip
PATHS = {"--out": ["x.svg", "x.png", "x.md", "x.json", "x.html"], "--save": ["x.nc", "y.nc"]}
ODD_PATHS = ["", ".", "x", "x.txt", "no/such/x.nc", "no/such/x.svg", "-", "x" * 300 + ".nc", "map.txt/x.nc",
    "\udcff.nc",
             "=1.svg", "\x1b[2J.nc", "folder.nc", "X.NC", ".svg"]  # fmt: skip
VALUES: dict[str, list[str]] = {
    "--gamma": ["0.9", "0", "1", "0.5,0.9", "0,0.5,1", "0.999999999"],
    "--samples": ["8", "16", "64"],
    "--votes": ["4"], "--seconds": ["0.1"], "--most": ["1", "2"], "--limit": ["10", "1000"], "--unroll": ["1"],
    "--precision": ["0.5"], "--max-samples": ["128"],
    "--rng": ["0", "7"], "--workers": ["1", "2", "-1"], "--confidence": ["0.5", "0.99"],
    "--method": ["auto", "stochastic", "lp", "lp-occupancy", "exact", "deterministic"],
    "--sampler": ["latin", "sobol", "iid"],
    "--policy": ["random", "lookahead(2)", "epsilon-greedy(0.1)", "softmax(0.1)", "satisficing(0.5)", "optimal",
    "q-learning(5)"],
    "--moves": ["NESW", "EW", "NESW+diagonals"], "--slip": ["0.1", "0.5"], "--bias": ["E=0.05", "N=0.01,S=0.01"],
    "--set": ["is_slippery=False", "map_name=8x8", "desc=['SF','FG']"],
    "--state": ["root", "0", "t1", "a", "0,0", "(0, 0)", "root:->t1"], "--a": ["root", "0", "a"], "--b": ["t1", "1"],
    "--given": ["root:->t1"], "--duplicate": ["t1", "0"], "--split": ["root:->t1"], "--x": ["t1", "0"],
    "--y": ["t2", "1"],
    "--claims": ["prop-6.6", "prop-6.6,cor-6.14"], "--title": ["A title", "<b>&$x$", "\x1b[2J", "a\nb", "$\\frac{",
    "é子"],
    "--nu": ["0.4", "1"], "--drop": ["0.5"], "--cap": ["1"], "--env": ["fork(2)"], "--success-rate": ["0.6", "1"],
    "--n": ["100"],
}  # fmt: skip
ODD: dict[str, list[str]] = {
    "--gamma": ["0.9,", ",", "1.1", "-0.1", "0.9;1", "0.9 0.5", "0.9,0.9", "9" * 400],
    "--rng": ["-1", "9" * 30, "9" * 5000],
    "--samples": ["0", "-1", "9" * 30],
    "--method": ["Auto", "LP", "x"],
    "--policy": ["softmax", "softmax(0)", "softmax(-1)", "softmax(nan)", "softmax(1e-320)", "lookahead(0.5)",
    "lookahead(-1)", "random(1)", "satisficing(1,2)",
                 "lookahead(" + "9" * 5000 + ")", "epsilon-greedy(2)", "softmax(inf)", "softmax(1e308)", "("],
    "--moves": ["", "N", "NN", "nesw", "+diagonals", "X"],
    "--bias": ["E", "E=", "=1", "E=nan", "E=1,E=2", "E=-1", "E=1e-320", "E=1,", "é=1"],
    "--set": ["x", "=", "is_slippery", "is_slippery=maybe", "map_name=9x9", "desc=[", "desc={}", "x=1",
    "is_slippery=0.5", "a b=1", "map_name=[1]",
              "is_slippery=" + "[" * 2000, "render_mode=human!", "success_rate=nan", "success_rate=2", "slip=1",
              "reward_schedule=1"],
    "--state": ["x", "", ":", "root:", ":x", "(0,", "1.0", "True", "9" * 5000, "(" * 2000, "é", "-1"],
    "--claims": ["", ",", "x", "prop-6.6,prop-6.6", "PROP"],
}  # fmt: skip
for _name in ("--a", "--b", "--given", "--duplicate", "--split", "--x", "--y"):
    ODD[_name] = ODD["--state"]
WEIGHTS = {"power": 6, "map": 5, "show": 4, "plot": 3, "info": 2, "optimal": 2, "compare": 2, "visits": 2,
    "bound": 2, "curve": 0.2, "diff": 0.7,
           "sensitivity": 0.3, "verify": 0.1, "learn": 0.3, "rivals": 0.1, "envs": 0.1}  # fmt: skip
BOUNDED = {
    "--samples": "8",
    "--votes": "4",
    "--seconds": "0.1",
    "--max-samples": "128",
    "--limit": "100",
    "--claims": "prop-6.6",
    "--episodes": "8",
    "--runs": "2",
}
"""How much work is asked for where nothing else is said."""

EACH = [
    *(["power", env, "--samples", "8"] for env in ("fork(2)", "map.txt", "mdp.nc")),
    ["optimal", "fork(2)", "--samples", "8"],
    ["sensitivity", "fork(2)", "--samples", "8"],
    ["optimal", "fork(2)", "--gamma", "1", "--samples", "8"],
    ["optimal", "FrozenLake-v1", "--gamma", "0.5,1", "--samples", "8"],
    ["compare", "fork(2)", "--a", "t1", "--b", "t2", "--samples", "8"],
    ["compare", "FrozenLake-v1", "--a", "0,0", "--b", "0,1", "--samples", "8"],
    ["visits", "fork(2)", "--state", "t1"],
    ["visits", "open(2,2)", "--state", "0,0"],
    ["verify", "fork(2)", "--samples", "8", "--votes", "4", "--seconds", "0.1"],
    ["diff", "fork(2)", "fork(3)", "--samples", "8", "--out", "x.png"],
    ["learn", "fork(2)", "--episodes", "8", "--runs", "2", "--samples", "8"],
    ["show", "map.txt"],
]  # fmt: skip
"""Commands that compile and load all that the others need."""


@cache
def files() -> dict[str, bytes]:
    """What lies in the folder that the commands are run in."""
    from scripts.fuzz.netcdf import saved

    toml = (
        'format = "mdppower-mdp"\nschema = 1\n[[state]]\nlabel = "root"\nactions = [{ label = "->", to = "root" }]\n'
    )
    return {
        "map.txt": b"#####\n#a.*#\n#####\n", "bad.toml": b"states = [", "bad.nc": b"\x89HDF\r\n\x1a\n",
        "estimate.nc": saved()[1],
        "mdp.nc": saved()[6], "mdp.toml": toml.encode(),
    }  # fmt: skip


def make(rng: random.Random, folder: Path) -> Case:
    """A case of that randomness."""
    name = rng.choices(list(WEIGHTS), list(WEIGHTS.values()))[0]
    words = words_of(name, cli.commands[name], rng)
    return Case(f"mdppower {words!r}", lambda: run(words, folder))


def words_of(name: str, command: click.Command, rng: random.Random) -> list[str]:
    """A command with its arguments, its required options, and some of the others."""
    words = [name]
    odd = rng.random() < 0.5
    known = [p for p in command.params if isinstance(p, click.Option) and "--help" not in p.opts]
    named = {p.opts[0]: p for p in known}
    for argument in (p for p in command.params if isinstance(p, click.Argument)):
        pool = ["estimate.nc", "mdp.nc", "estimate.nc", "mdp.toml"] if argument.name == "file" else ENVS
        words.append(rng.choice(ODD_ENVS) if odd and rng.random() < 0.2 else rng.choice(pool))
    chosen = [p for p in known if p.required and rng.random() < 0.97]
    chosen += [p for p in rng.sample(known, min(len(known), rng.choice([0, 1, 1, 2, 3]))) if p not in chosen]
    if name == "compare" and rng.random() < 0.8:
        chosen += [named[x] for x in ("--a", "--b") if named[x] not in chosen]
    for option in chosen:
        first = rng.choice([*option.opts, *option.secondary_opts])
        if not suits(option.opts[0], words) and rng.random() < 0.95:
            continue
        if first in ("--out", "--title") and rng.random() < (0.9 if name != "curve" else 0.3):
            continue
        words.append(first)
        if not option.is_flag:
            words.append(value_of(option, odd and rng.random() < 0.6, rng))
    for bounded, value in BOUNDED.items():
        if bounded in named and bounded not in words and (bounded != "--max-samples" or "--precision" in words):
            words += [bounded, value]
    if odd and rng.random() < 0.05:
        words.insert(
            rng.randrange(len(words) + 1),
            rng.choice(["--", "-x", "--sampels", "", "--gamma", "extra", "--help"]),
        )
    return words


PICTURE = {"--arrows", "--hatch", "--values", "--share-scale", "--title"}
GRID = {"--moves", "--stay", "--blocked", "--slip", "--bias", "--wrap"}
GYMNASIUM = {"--set", "--check", "--reachable-only", "--terminated"}


def suits(name: str, words: list[str]) -> bool:
    """Whether the option is one for what is named so far."""
    if name in PICTURE:
        return "--out" in words
    if name in GRID:
        return "map.txt" in words or "open(2,2)" in words
    return name not in GYMNASIUM or "FrozenLake-v1" in words


def value_of(option: click.Option, odd: bool, rng: random.Random) -> str:
    """A value of an option."""
    name = option.opts[0]
    if name == "--rewards":
        return rewards.word(rng) if odd else rng.choice(rewards.COMMON)
    if name in PATHS:
        return rng.choice(ODD_PATHS if odd else PATHS[name])
    if odd:
        return rng.choice([*ODD[name], *ODD[name], *NUMBERS] if name in ODD else NUMBERS)
    if isinstance(option.type, click.Choice):
        return str(rng.choice(list(option.type.choices)))
    return rng.choice(VALUES[name]) if name in VALUES else rng.choice(NUMBERS)


def run(words: list[str], folder: Path) -> str:
    """What the command prints; its mistakes are one line and exit status 2."""
    for name, data in files().items():
        if not (folder / name).exists():
            (folder / name).write_bytes(data)
    (folder / "folder.nc").mkdir(exist_ok=True)
    out, err = (io.TextIOWrapper(io.BytesIO(), encoding="utf-8") for _ in range(2))
    with contextlib.chdir(folder), contextlib.redirect_stdout(out), contextlib.redirect_stderr(err):
        try:
            main(words)
        except SystemExit as end:
            status = end.code
        except TooLong:
            if said := ANNOUNCED.search(_text(err)):
                raise Announced(said[0]) from None
            raise
    told, complaint = (_text(stream) for stream in (out, err))
    for mark in ("Traceback", "warning (Runtime", "warning (Deprec", "warning (Future", "not enough memory"):
        if mark in complaint:
            raise Wrong(f"{mark}: {complaint[-600:]}")
    if "\x1b[2J" in told + complaint or "\x00" in told + complaint:
        raise Wrong(f"it steers the terminal: {told[:300]!r} {complaint[:300]!r}")
    if status == 2:
        lines = complaint.splitlines()
        if words and not lines:
            raise Wrong("exit status 2, and nothing is said")
        raise Refused(lines[-1] if lines else "usage")
    if status not in (0, 1, 3) or (status == 1 and words[0] != "verify"):
        raise Wrong(f"exit status {status}: {complaint[-300:]}")
    if not told and "wrote" not in complaint:
        raise Wrong(f"nothing is printed: {complaint[-300:]}")
    return told


def _text(stream: Any) -> str:
    stream.flush()
    return str(stream.buffer.getvalue().decode("utf-8", "replace"))
