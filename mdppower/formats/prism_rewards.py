"""Rewards beside transitions: of states (.srew), of transitions (.trew), or of either in one file (.rew).

Storm's begin without a line of sizes, as its transitions do.
"""

from __future__ import annotations

import os
import re
from array import array
from collections.abc import Sequence
from dataclasses import dataclass, field

import numpy as np

from mdppower._schema import Misfit, shown
from mdppower._text import count
from mdppower._typing import AnyArray, FloatArray
from mdppower.formats.assembly import Choices
from mdppower.formats.prism_transitions import Sizes
from mdppower.formats.text_lines import TextFile, open_text
from mdppower.formats.written_numbers import real, whole
from mdppower.mdp.model import RewardlessMDP

SUFFIXES = {".srew": "states", ".rews": "states", ".trew": "transitions", ".rewt": "transitions", ".rew": "either"}
MOST = 1000
"""Reward structures of a model."""
_NAME = re.compile(r'#\s*Reward structure\s+"([^"]*)"')
_TITLE = re.compile(r"#\s*(State|Transition) rewards", re.IGNORECASE)


@dataclass
class Structure:
    """A reward structure: its files, by what they are of."""

    name: str
    paths: list[tuple[str, str]] = field(default_factory=list)

    def values(
        self, mdp: RewardlessMDP, choices: Choices, numbers: AnyArray, n_states: int, sizes: Sizes
    ) -> tuple[FloatArray, bool]:
        """What is earned by choices (P,), in their order, or by the transitions (nnz,) of the MDP; and whether these.

        Rewards of states are earned in them, whatever is done there; PRISM gives all successors of a choice the same.
        """
        by_pair = np.zeros(len(choices.owner))
        order = np.lexsort((choices.codes, choices.owner))
        rank = np.empty(len(order), np.int64)
        rank[order] = np.arange(len(order))
        entry: FloatArray | None = None
        for path, kind in self.paths:
            file = open_text(path)
            with file.stream:
                rows, at, of_states = _rows(file, kind, n_states, sizes)
            if of_states:
                by_state = np.zeros(n_states)
                state = rows[0].astype(np.int64)
                _require_once(file, at, state, rows[1])
                by_state[state] = rows[1]
                by_pair += by_state[choices.owner]
                continue
            entry = np.zeros(mdp.kernel.nnz) if entry is None else entry
            state, choice, target = (column.astype(np.int64) for column in rows[:3])
            pair = _pairs(file, at, choices, numbers, state, choice)
            k = _entries(file, at, mdp, rank[pair], target)
            _require_once(file, at, k, rows[3])
            entry[k] = rows[3]
        if entry is None:
            return by_pair, False
        indptr = mdp.kernel.indptr
        first = entry[indptr[:-1]]
        widths = np.diff(indptr)
        if np.array_equal(np.repeat(first, widths), entry):
            return by_pair + first[rank], False
        return entry + np.repeat(by_pair[order], widths), True


def rewards_beside(stem: str) -> list[Structure]:
    """The reward structures whose files begin with the stem: the one without a number, and those with 1, 2 and on.

    Those of a number whose transitions are there, too, are another model's: die1.srew of die1.tra.
    """
    found = []
    for number in ["", *map(str, range(1, MOST + 1))]:
        paths = [(stem + number + suffix, kind) for suffix, kind in SUFFIXES.items()]
        paths = [(path, kind) for path, kind in paths if os.path.isfile(path)]
        if number and (not paths or os.path.isfile(f"{stem}{number}.tra")):
            break
        if paths:
            found.append(Structure(_name(paths[0][0]) or number or "reward", paths))
    return found


def _name(path: str) -> str:
    file = open_text(path)
    with file.stream:
        for _, line in file.lines():
            if match := _NAME.match(line):
                return match[1]
            if not line.startswith("#"):
                break
    return ""


def _rows(file: TextFile, kind: str, n_states: int, model: Sizes) -> tuple[list[FloatArray], Sequence[int], bool]:
    """The columns of a file, the last of which is the reward; the lines; and whether it is of states.

    Of a chain, transitions have the choice 0, which stands in no column of the file.
    """
    numbers, lines = array("d"), array("i")
    is_chain, is_storm = model.is_chain, model.states is None
    sizes: list[int] | None = None
    sizes_at = 1
    for at, line in file.lines():
        if title := _TITLE.match(line):
            kind = {"s": "states", "t": "transitions"}[title[1][0].lower()] if kind == "either" else kind
        words = line.split()
        if not words or words[0].startswith("#"):
            continue
        if is_storm and kind == "either":
            kind = "states" if len(words) == 2 else "transitions"
        if is_storm and not lines and len(words) == 1 and words[0].lower() in ("mdp", "dtmc"):
            continue
        try:
            if sizes is None and not is_storm:
                sizes, sizes_at = [whole(word) for word in words], at
                if kind == "either":
                    kind = "states" if len(sizes) == 2 and not is_chain else "transitions"
                _require_sizes(file, at, sizes, kind, n_states, is_chain)
                continue
            width = 2 if kind == "states" else 3 if is_chain else 4
            if len(words) != width:
                raise Misfit(f"{width} numbers, of which the last is the reward", line.strip(), "a line")
            *places, value = words
            where = [whole(word) for word in places]
            for s in (where[0], where[-1]):
                if s >= n_states:
                    raise Misfit(f"a state, of which there are {n_states:,}", s, "the number")
            if is_chain and kind != "states":
                where.insert(1, 0)
            numbers.extend([*where, real(value)])
            lines.append(at)
        except Misfit as error:
            raise file.fault(at, str(error)) from None
    if sizes is None and not lines:
        raise file.fault(1, "there are no rewards: the file is empty")
    if sizes is not None and sizes[-1] != len(lines):
        raise file.fault(sizes_at, f"the sizes say {count(sizes[-1], 'reward')}, and there are {len(lines):,}")
    table = np.asarray(numbers).reshape(-1, 2 if kind == "states" else 4)
    return list(table.T), lines, kind == "states"


def _require_sizes(file: TextFile, at: int, sizes: list[int], kind: str, n_states: int, is_chain: bool) -> None:
    wanted = 3 if kind == "transitions" and not is_chain else 2
    if len(sizes) != wanted:
        raise file.fault(
            at, f"{wanted} numbers must stand here, how many states and rewards there are, got {shown(sizes)}"
        )
    if sizes[0] != n_states:
        raise file.fault(at, f"the sizes say {count(sizes[0], 'state')}, and the transitions {n_states:,}")


def _require_once(file: TextFile, lines: Sequence[int], places: AnyArray, values: FloatArray) -> None:
    """Refuse two rewards of one place: none of them is the right one."""
    order = np.argsort(places, kind="stable")
    twice = np.flatnonzero((np.diff(places[order]) == 0) & (np.diff(values[order]) != 0))
    if len(twice):
        one, other = order[twice[0]], order[twice[0] + 1]
        told = f"the reward is {values[other]}, and on line {lines[one]:,}, of the same place, {values[one]}"
        raise file.fault(lines[other], told)


def _pairs(
    file: TextFile, lines: Sequence[int], choices: Choices, numbers: AnyArray, state: AnyArray, choice: AnyArray
) -> AnyArray:
    """The places of (state, choice) among the choices."""
    if len(state) == 0:
        return np.zeros(0, np.int64)
    width = int(max(numbers.max(), choice.max())) + 1
    keys = choices.owner.astype(np.int64) * width + numbers
    wanted = state * width + choice
    at = np.minimum(np.searchsorted(keys, wanted), len(keys) - 1)
    lost = np.flatnonzero(keys[at] != wanted)
    if len(lost):
        k = int(lost[0])
        raise file.fault(lines[k], f"state {state[k]} has no choice {choice[k]}")
    return at


def _entries(file: TextFile, lines: Sequence[int], mdp: RewardlessMDP, pair: AnyArray, target: AnyArray) -> AnyArray:
    """The places of (pair, successor) among the transitions of the MDP."""
    kernel, n = mdp.kernel, mdp.n_states
    keys = np.repeat(np.arange(mdp.n_pairs), np.diff(kernel.indptr)) * n + kernel.indices
    wanted = pair * n + target
    at = np.minimum(np.searchsorted(keys, wanted), len(keys) - 1)
    lost = np.flatnonzero(keys[at] != wanted)
    if len(lost):
        k = int(lost[0])
        raise file.fault(
            lines[k], f"state {mdp.pair_states[pair[k]]} does not lead to state {target[k]} by this choice"
        )
    return at
