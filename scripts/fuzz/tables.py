"""Gymnasium's tables P, bare and in environments whose attributes say more, or too much."""

from __future__ import annotations

import random
from pathlib import Path
from typing import Any

import gymnasium
import numpy as np

import mdppower as mp
from scripts.fuzz.arrays import bent, kernel, labels, thing_key
from scripts.fuzz.hostile import thing
from scripts.fuzz.judge import Case, shown


class Env(gymnasium.Env):  # type: ignore[type-arg]
    """Steps as its table says."""

    def __init__(self, table: Any, **attributes: Any) -> None:
        self.P = table
        for name, value in attributes.items():
            setattr(self, name, value)

    def reset(self, *, seed: int | None = None, options: Any = None) -> Any:
        """Begin in the first state."""
        super().reset(seed=seed)
        self.s = 0
        return self.s, {}

    def step(self, action: Any) -> Any:
        """One entry of the table, by its probability."""
        outcomes = self.P[self.s][action]
        k = self.np_random.choice(len(outcomes), p=[outcome[0] for outcome in outcomes])
        _, self.s, reward, terminated = outcomes[k]
        return self.s, reward, terminated, False, {}


def make(rng: random.Random, folder: Path) -> Case:
    """A case of that randomness."""
    n = rng.randint(1, 6)
    given: dict[str, Any] = {}
    if rng.random() < 0.4:
        given["terminated"] = rng.choice(["absorb", "sink", "continue", "continue", thing(rng)])
    if rng.random() < 0.2:
        given["starts"] = rng.choice(
            [0, [0], [0, n - 1], {0}, range(n), np.array([0]), [n], thing(rng), [thing(rng)], [[0]]]
        )
    for name in ("reachable_only", "check"):
        if rng.random() < 0.1:
            given[name] = rng.choice([True, True, False])
    if rng.random() < 0.05:
        env = rng.choice(
            [thing(rng), "FrozenLake-v1", "FrozenLake", "CartPole-v1", gymnasium.Env, "", ":", "x:y", "a/b-v0"]
        )
        return Case(shown("from_gymnasium", env, **given), lambda: mp.from_gymnasium(env, **given))
    table = table_of(rng, n)
    if rng.random() < 0.5:
        table = changed_table(table, rng)
    if rng.random() < 0.5:
        return Case(shown("from_gymnasium", table, **given), lambda: mp.from_gymnasium(table, **given))
    more = attributes(rng, n)
    return Case(
        shown("Env", table, **more) + shown(" into from_gymnasium", **given),
        lambda: mp.from_gymnasium(Env(table, **more), **given),
    )


def table_of(rng: random.Random, n: int) -> Any:
    """A table of n states."""
    table: dict[Any, Any] = {}
    first = rng.choice([0, 0, 0, 1])
    for s in range(n):
        table[first + s] = {}
        for a in range(rng.choice([1, 2, 2, 3])):
            row = kernel(rng, 1, n)[0]
            end = rng.random() < 0.15
            table[first + s][a] = [
                (float(row[t]), first + int(t), rng.choice([0, 1.0]), end) for t in np.flatnonzero(row)
            ]
    if rng.random() < 0.15 and first == 0:
        return [list(choices.values()) for choices in table.values()]
    if rng.random() < 0.1:
        names = "abcdefgh"
        return {
            names[s]: {a: [(p, names[t], r, e) for p, t, r, e in row] for a, row in c.items()}
            for s, c in table.items()
        }
    return table


def changed_table(table: Any, rng: random.Random) -> Any:
    """A table with something odd, somewhere."""
    states = list(table) if isinstance(table, dict) else list(range(len(table)))
    s = rng.choice(states)
    actions = list(table[s]) if isinstance(table[s], dict) else list(range(len(table[s])))
    a = rng.choice(actions)
    entries = table[s][a]
    k = rng.randrange(len(entries))
    entry = list(entries[k])
    change = rng.randrange(12)
    if change < 3:
        at = rng.choice([0, 0, 1, 1, 2, 3])
        entry[at] = rng.choice([thing(rng), -1, 0.5, 1.5, float("nan"), s])
        entries[k] = tuple(entry)
    elif change == 3:
        entries[k] = rng.choice(
            [tuple(entry[:2]), tuple(entry[:1]), (*entry, 1), entry, np.array([1.0, 0]), thing(rng)]
        )
    elif change == 4:
        entries.append(tuple(entry))
    elif change == 5:
        table[s][a] = rng.choice([[], thing(rng), tuple(entries), dict(enumerate(entries))])
    elif change == 6:
        table[s] = rng.choice([{}, [], thing(rng)])
    elif change == 7 and isinstance(table, dict):
        table[thing_key(rng)] = table[s]
    elif change == 8 and isinstance(table[s], dict):
        table[s][thing_key(rng)] = entries
    elif change == 9 and isinstance(table, dict):
        del table[s]
    elif change == 10:
        entries[:] = [(np.float32(p), *rest) for p, *rest in entries]
    else:
        return rng.choice([{}, [], thing(rng), table])
    return table


def attributes(rng: random.Random, n: int) -> dict[str, Any]:
    """What an environment says besides its table."""
    start = np.eye(n)[0]
    choices: dict[str, list[Any]] = {
        "initial_state_distrib": [start, np.full(n, 1 / n), start.tolist()],
        "isd": [start, [1.0] + [0.0] * (n - 1)],
        "state_labels": [list("abcdef")[:n], [(k, 0) for k in range(n)], labels(rng, n)],
        "action_labels": [["left", "right", "up"], labels(rng, 3), {0: "left", 1: "right", 2: "up"}],
        "layout": [[(k, 0) for k in range(n)]],
        "marks": [{"a": [0]}, {"a": list(range(n))}],
        "shape": [(1, n), (n, 1)],
        "desc": [np.array([["S"] * n]), np.array([list("SFHGSF")[:n]], dtype="S1")],
        "nrow": [1], "ncol": [n], "fickle_passenger": [True],
        "decode": [lambda k: [k, k, k, k]],
    }  # fmt: skip
    found = {}
    for name in rng.sample(sorted(choices), rng.choice([0, 1, 1, 2, 3])):
        found[name] = rng.choice(choices[name])
        if rng.random() < 0.3:
            value = found[name]
            found[name] = bent(value, rng) if isinstance(value, np.ndarray) and rng.random() < 0.6 else thing(rng)
    if "nrow" in found:
        found.setdefault("ncol", n)
    return found
