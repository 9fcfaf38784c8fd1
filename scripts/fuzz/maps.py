"""Text maps: grown from glyphs, or those of the package with characters exchanged; and options of gridworlds."""

from __future__ import annotations

import random
from functools import cache
from importlib.resources import files
from pathlib import Path
from typing import Any

import mdppower as mp
from scripts.fuzz.hostile import thing
from scripts.fuzz.judge import Case, shown

STYLES = [".......#", "...##ab", "..#*~", ".><^v#", ".#ab*~><^v ", "SFHG", "X. ", " .", "#", "..a\t", ".é;", ".\x00"]
CHARACTERS = [*".# *~;abvXSFHG><^", *"\t\r\n\x00\x1b\x0b\x0c\x1c\x85\u2028\ufeff\ud800é子0\u202e", "\r\n", ";;", "  "]
OPTIONS: dict[str, list[Any]] = {
    "moves": ["NESW", "N", "EW", "NESW+diagonals", {"jump": (2, 1)}, {"E": (0, 1), "W": (0, -1)}],
    "stay": [True, False],
    "blocked": ["stay", "remove"],
    "slip": [0, 0.1, 0.5, 1.0, 1e-9],
    "bias": [{"E": 0.05}, {"N": 0.1, "S": 0.1}, {"jump": 0.01}],
    "wrap": [True, False],
}
HOSTILE: dict[str, list[Any]] = {
    "moves": ["", "NN", "nesw", "NESW+", "+diagonals", {}, {"": (0, 1)}, {"a": (0, 0)}, {"a": (2**70, 1)}, {"a": 1},
              {"a": (1, 1, 1)}, {"a": (0.5, 1)}, {1: (0, 1)}, {"a\n": (0, 1)}, {"stay": (0, 1)}, [("a", (0, 1))]],
    "slip": [-0.1, 1.1, 1e-320, 5e-324, float("nan"), True, "0.1", 1 - 2**-53],
    "bias": [{"E": -1}, {"E": 2}, {"x": 0.1}, {"E": float("nan")}, {"E": 1e-320}, {"E": True}, {}, {"E": "0.1"},
    {1: 0}],
    "blocked": ["Stay", "remove "],
}  # fmt: skip


@cache
def known() -> list[str]:
    """The maps of the package, the smaller ones."""
    folder = files("mdppower.envs") / "maps"
    texts = [file.read_text("utf-8") for file in sorted(folder.iterdir(), key=str)]
    return [text for text in texts if len(text) < 600]


def make(rng: random.Random, folder: Path) -> Case:
    """A case of that randomness."""
    text = grown(rng) if rng.random() < 0.6 else rng.choice(known())
    if rng.random() < 0.5:
        text = changed_text(text, rng)
    given = grid_options(rng)
    door = rng.random()
    if door < 0.7:
        return Case(shown("gridworld", text, **given), lambda: mp.envs.gridworld(text, **given))
    if door < 0.9:
        data = bytearray(text.encode("utf-8", "surrogatepass"))
        if rng.random() < 0.3 and data:
            data[rng.randrange(len(data))] = rng.randrange(256)
        if rng.random() < 0.1:
            data[:0] = rng.choice([b"\xef\xbb\xbf", b"\xff\xfe", b"\x89HDF\r\n\x1a\n"])
        path = folder / "map.txt"

        def read() -> Any:
            path.write_bytes(data)
            return mp.envs.gridworld_from_file(path, **given) if door < 0.8 else mp.envs.make(str(path), **given)

        return Case(shown("gridworld_from_file", bytes(data), **given), read)
    if door < 0.95:
        name = family(rng)
        return Case(shown("make", name, **given), lambda: mp.envs.make(name, **given))
    sizes = [rng.choice([1, 2, 3, 5, 7, 9, thing(rng)]) for _ in range(2)]
    more = {"rng": rng.choice([0, 1, thing(rng)])} | (
        {"braid": rng.choice([0, 0.5, 1, thing(rng)])} if door < 0.99 else {}
    )
    return Case(shown("maze", *sizes, **more, options=given), lambda: mp.envs.maze(*sizes, **more, **given))


def grown(rng: random.Random) -> str:
    """A rectangle, or nearly one, of the glyphs of a style."""
    style = rng.choice(STYLES) if rng.random() < 0.6 else STYLES[rng.randrange(5)]
    height, width = rng.randint(1, 7), rng.randint(1, 8)
    lines = ["".join(rng.choices(style, k=width)) for _ in range(height)]
    if rng.random() < 0.3:
        lines = ["#" * (width + 2), *(f"#{line}#" for line in lines), "#" * (width + 2)]
    if rng.random() < 0.2:
        lines.insert(0, "; A map.")
    return "\n".join(lines)


def changed_text(text: str, rng: random.Random) -> str:
    """A text with characters, or lines, exchanged, doubled, left out, moved."""
    for _ in range(rng.randint(1, 3)):
        at = rng.randrange(len(text) + 1)
        lines = text.split("\n")
        row = rng.randrange(len(lines))
        change = rng.randrange(7)
        if change < 3:
            text = text[:at] + rng.choice(CHARACTERS) + text[at + rng.randint(0, 1) :]
        elif change == 3:
            text = text[:at] + text[at + rng.randint(1, 4) :]
        elif change == 4:
            lines[row] = rng.choice([" " * rng.randint(1, 3) + lines[row], lines[row] * 2, "", ";" + lines[row]])
            text = "\n".join(lines)
        elif change == 5:
            text = rng.choice(["\n".join(lines[::-1]), text + "\n" + text, "\n" + text, text.replace("\n", "\r\n")])
        elif rng.random() < 0.02:
            text = rng.choice(
                ["." * 30_000, "\n".join(["."] * 5000), "\n" * 40_000 + text, " " * 2**20 + "." + "\n." * 400]
            )
    return text  # fmt: skip


def grid_options(rng: random.Random) -> dict[str, Any]:
    """Options of a gridworld, most of them as they should be."""
    given = {}
    for name, values in OPTIONS.items():
        if rng.random() < 0.2:
            odd = rng.random() < 0.15
            given[name] = (rng.choice(HOSTILE.get(name, [None])) if rng.random() < 0.6 else thing(rng)) if odd else (
                rng.choice(values))  # fmt: skip
    if rng.random() < 0.7 and "bias" in given and "slip" not in given:
        given["slip"] = 0.5
    return given


def family(rng: random.Random) -> str:
    """The name of an environment, or nearly."""
    name = rng.choice(["open", "maze", "fork", "cycle", "maze", "four-rooms", "turner-figure-1", "open"])
    sizes = [rng.choice([1, 2, 3, 4, 5, 7, 0, -1, 10**4, 2**31, 2**70, "", "x", "1.5", " 3 ", "٣", "1e3",
        "0x3"]) for _ in
             range(rng.randint(1, 3))] if rng.random() < 0.4 else rng.choice([[2, 3], [5, 5, 1], [3]])  # fmt: skip
    text = f"{name}({','.join(map(str, sizes))})" if rng.random() < 0.8 else name
    return changed_text(text, rng) if rng.random() < 0.2 else text
