"""TOML files of MDPs: as we write them, with words exchanged; and tables in which something is something else."""

from __future__ import annotations

import json
import random
import re
from pathlib import Path
from typing import Any

import mdppower as mp
from mdppower.files.mdp_toml import to_toml
from scripts.fuzz.arrays import successors_of
from scripts.fuzz.hostile import any_digits, changed
from scripts.fuzz.judge import Case, Wrong

ODD = [
    "nan", "inf", "-inf", "-1", "0", "1e400", "1e308", "1e-320", "9" * 5000, "1180591620717411303424", "2024-01-01",
    "true", "[" * 2000, "{" * 2000, '"', "'''", "\x00", "[[state]]", "[origin]", "0x1p3", "0x1F", "[]", "{}", '""',
    '"\\ud800"', "\ufeff", "é", "#", "=", ".", "\r", "[[]]", "[0, 1]", "07:32:00", "1_000", "label", "chances", "to",
    "at", "marks",
]  # fmt: skip


def make(rng: random.Random, folder: Path) -> Case:
    """A case of that randomness."""
    text = written(rng) if rng.random() < 0.6 else tables(rng)
    if rng.random() < 0.4:
        words = re.findall(r"[\w.]+|\W", text)
        for _ in range(rng.randint(1, 2) if words else 0):
            at = rng.randrange(len(words))
            words[at] = rng.choice([rng.choice(ODD), rng.choice(ODD), rng.choice(words), "", 2 * words[at]])
        text = "".join(words)
    data = bytearray(text.encode("utf-8", "surrogatepass"))
    if data and rng.random() < 0.1:
        data[rng.randrange(len(data))] = rng.randrange(256)
    path, again = folder / "mdp.toml", folder / "again.toml"

    def read() -> Any:
        path.write_bytes(data)
        found = mp.load(path)
        found.save(again)
        if not mp.load(again).equals(found):
            raise Wrong("what was saved is read as something else")
        return found

    return Case(bytes(data[:3000]).decode("utf-8", "replace"), read)


def written(rng: random.Random) -> str:
    """The file of an MDP, as we write it."""
    if rng.random() < 0.3:
        return to_toml(mp.envs.gridworld(".a\n~*", slip=rng.choice([0, 0.2])))
    found = successors_of(rng)
    try:
        mdp = mp.RewardlessMDP.from_successors(found)
        text = to_toml(mdp)
        text.encode()
        return text
    except (mp.MDPPowerError, UnicodeEncodeError):
        return tables(rng)


def tables(rng: random.Random) -> str:
    """Tables from the grammar of the file, in one of three a part of them something else."""
    names: list[Any] = rng.sample(["a", "b", 0, 1, [0, 1], "", ["x", [1]]], rng.randint(1, 4))
    states = []
    for k, name in enumerate(names):
        actions: list[dict[str, Any]] = []
        for action in rng.sample(["go", "stay", 0, [0, 1]], rng.randint(1, 2)):
            if rng.random() < 0.6:
                actions.append({"label": action, "to": rng.choice(names)})
            else:
                some = rng.sample(names, min(2, len(names)))
                share = rng.choice([0.5, 0.25]) if len(some) == 2 else 1
                actions.append(
                    {"label": action, "chances": [[s, p] for s, p in zip(some, (share, 1 - share), strict=False)]}
                )
        states.append({"label": name, "actions": actions})
        if rng.random() < 0.2:
            states[-1]["marks"] = rng.choice([["a"], [], ["a", "b"]])
        if rng.random() < 0.1:
            states[-1]["at"] = [k, 0.5]
    data: Any = {"format": "mdppower-mdp", "schema": 1, "state": states}
    if rng.random() < 0.2:
        data["origin"] = {"source": "here"}
    if rng.random() < 0.2:
        data["actions"] = ["go", "wait"]
    for _ in range(rng.choice([0, 0, 1, 1, 2])):
        data = changed(data, rng)
    if not isinstance(data, dict):
        data = {"state": data}
    return "".join(f"{_key(k)} = {_value(v)}\n" for k, v in data.items() if v is not None)


def _key(key: Any) -> str:
    return json.dumps(str(key))


def _value(value: Any) -> str:
    """A value in TOML; null, which it does not have, is a text."""
    if isinstance(value, dict):
        return "{" + ", ".join(f"{_key(k)} = {_value(v)}" for k, v in value.items()) + "}"
    if isinstance(value, list | tuple):
        return "[" + ", ".join(map(_value, value)) + "]"
    if isinstance(value, bool):
        return str(value).lower()
    if isinstance(value, str | None):
        return json.dumps(value or "", ensure_ascii=False).replace("\x7f", "\\u007F")
    with any_digits():
        return repr(value)
