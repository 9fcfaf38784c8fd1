"""Does an environment's `step` do what its table P says? Random steps, and a test of their outcomes."""

from __future__ import annotations

import copy
from collections.abc import Callable, Mapping
from typing import Any, NamedTuple

import numpy as np
from scipy import special

from mdppower import _checks
from mdppower._quotes import quoted
from mdppower._text import count
from mdppower._typing import AnyArray, Label
from mdppower.adapters.gymnasium_calls import five_values, reset_environment, told_error
from mdppower.adapters.gymnasium_table import Table
from mdppower.errors import ModelError
from mdppower.mdp.canonical import plain_label

FALSE_ALARM = 1e-6
"""Probability with which `compare_steps` may refuse an honest environment."""

EPISODE = 300
"""Most steps before it starts again."""


class Walk(NamedTuple):
    """How an environment is walked in.

    Attributes
    ----------
    env : gymnasium.Env
        What is stepped.
    read : callable or None
        (environment, observation) → key of the table; None: the observation is one.
    moves : mapping from label to action, or None
        What `step` takes; None: the labels.
    seed : int or None
        Of every reset; None: of the first only, as drawn.
    steps : int or None
        How many; None: 30 for each pair, between 50,000 and 150,000.
    against : str
        What is compared, in words.
    """

    env: Any
    read: Callable[[Any, Any], Any] | None = None
    moves: Mapping[Label, Any] | None = None
    seed: int | None = None
    steps: int | None = None
    against: str = "P"


def compare_steps(walk: Walk, table: Table, rng: Any) -> str:
    """Take random steps and compare their outcomes with the table."""
    generator = _checks.generator(rng)
    env, against = walk.env, walk.against
    index = {key: i for i, key in enumerate(table.keys)}
    n_pairs = len(table.owner)
    first = np.searchsorted(table.owner, np.arange(len(index) + 1)).tolist()
    moves = [table.moves[code] for code in table.codes]
    law: list[dict[tuple[int, bool], float]] = [{} for _ in moves]
    columns = (table.pair, table.target, table.flag, table.probability)
    for pair, target, flag, chance in zip(*(column.tolist() for column in columns), strict=True):
        if chance > 0:
            law[pair][target, flag] = law[pair].get((target, flag), 0.0) + chance
    seen = [dict.fromkeys(outcomes, 0) for outcomes in law]

    def where(pair: int) -> str:
        return f"state {table.states[table.owner[pair]]!r}, action {moves[pair]!r}"

    def place(observation: Any) -> int:
        if walk.read is None:
            return observed_state(observation, index)
        key = walk.read(env, observation)
        if key not in index:
            raise ModelError(f"{quoted(key)} is no state that was enumerated")
        return index[key]

    steps = walk.steps or min(max(50_000, 30 * n_pairs), 150_000)
    seed: int | None = int(generator.integers(2**31)) if walk.seed is None else walk.seed
    state, age = None, 0
    for luck in generator.random(steps).tolist():
        if state is None or age == EPISODE:
            observation, _ = reset_environment(env, seed)
            state, seed, age = place(observation), walk.seed, 0
        pair = first[state] + int(luck * (first[state + 1] - first[state]))
        try:
            observation, _, terminated, truncated, _ = five_values(
                env, moves[pair] if walk.moves is None else copy.deepcopy(walk.moves[moves[pair]])
            )
        except Exception as error:  # a step may raise anything
            raise ModelError(f"{where(pair)}: step failed: {told_error(error)}") from None
        outcome = (place(observation), bool(terminated))
        if outcome not in seen[pair]:
            successor = f"{table.states[outcome[0]]!r}, terminated={outcome[1]}"
            why = "; chance, a counter of steps, or what key= leaves out may decide (tries= looks longer)"
            told = f"{where(pair)}: step led to {successor}; {against} gives that probability 0"
            raise ModelError(told + why * (against != "P"))
        seen[pair][outcome] += 1
        state, age = None if terminated or truncated else outcome[0], age + 1

    # A pair with one possible outcome has agreed already.
    tried = [pair for pair, counts in enumerate(seen) if any(counts.values())]
    open_ = [pair for pair in tried if len(law[pair]) > 1]
    for pair in open_:
        counts, chances = np.array(list(seen[pair].values())), np.array(list(law[pair].values()))
        if (p := p_value(counts, chances)) * len(open_) < FALSE_ALARM:
            times, given = counts.tolist(), chances.round(6).tolist()
            raise ModelError(
                f"{where(pair)}: step had its outcomes {times} times, {against} gives them {given} (p = {p:.0e})"
            )
    return f"{steps:,} steps agree with {against} ({len(tried):,} of {count(n_pairs, 'pair')} tried)"


def observed_state(observation: Any, index: Mapping[Label, int]) -> int:
    """The state of an observation: a key of P, or an array of one or several integers that is one."""
    key = observation
    if isinstance(key, np.ndarray | np.generic):
        key = key.tolist()
    try:
        key = plain_label(tuple(key) if isinstance(key, list) else key)
    except ModelError:
        key = None
    if key is None or key not in index:
        raise ModelError(f"observation {observation!r} is not a state of P")
    return index[key]


def p_value(counts: AnyArray, chances: AnyArray) -> float:
    """Of Pearson's χ² and of exact tests of each cell (Bonferroni), the larger: of 1 where n is too small.

    χ² alone would not do at 1e-8: a cell with 5 expected is 18 or more with probability 5e-6, but χ² says 5e-9.
    """
    n = counts.sum()
    order = np.argsort(chances)
    counts, expected = counts[order], n * chances[order] / chances.sum()
    small = int((expected < 5).sum())
    pooled = max(small, int(np.searchsorted(np.cumsum(expected), 5)) + 1) if small else 1
    cells = [0, *range(pooled, len(counts))]
    if len(cells) == 1:
        return 1.0
    counts, expected = np.add.reduceat(counts, cells), np.add.reduceat(expected, cells)
    pearson = special.chdtrc(len(cells) - 1, ((counts - expected) ** 2 / expected).sum())
    tails = np.minimum(special.bdtr(counts, n, expected / n), special.bdtrc(counts - 1, n, expected / n))
    return float(max(pearson, min(1.0, 2 * len(cells) * tails.min())))
