"""Transition files (.tra) of PRISM, and of Storm where they begin with a word.

    6 10 16                  states, choices, transitions                6 10 16
    0 0 1 0.1 south          state, choice, successor, probability,      0 0.1:1 0.9:3 south      (in rows)
    0 0 3 0.9 south          and, if it has one, the name of the action
    …

A Markov chain has no choices: ``6 16``, and ``0 1 0.1``. Lines may stand in any order. Storm's files have ``mdp`` or
``dtmc`` in place of the sizes.
"""

from __future__ import annotations

import re
from array import array
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

import numpy as np

from mdppower._schema import Misfit, shown
from mdppower._text import count
from mdppower._typing import AnyArray, Label
from mdppower.errors import FileError
from mdppower.formats.assembly import Choices, require_room
from mdppower.formats.text_lines import TextFile
from mdppower.formats.written_numbers import coarseness, probability, whole
from mdppower.mdp.canonical import INDEX_LIMIT

NO_MDP = {
    "CTMC": "a continuous-time Markov chain, whose numbers are rates",
    "POMDP": "a POMDP",
    "LTS": "a labelled transition system, without probabilities",
    "IMDP": "an interval model", "IDTMC": "an interval model",
    "PTA": "a timed automaton", "POPTA": "a timed automaton",
    "SMG": "a stochastic game", "CSG": "a stochastic game", "TSG": "a stochastic game", "STPG": "a stochastic game",
}  # fmt: skip
LEAST_LINE = len("0 0 1\n")
_TITLE = re.compile(r"#\s*Transitions\s*\((\w+)\)")


@dataclass
class Sizes:
    """What the first line says, or None where a file has no sizes; ``at`` is that line."""

    states: int | None
    choices: int | None
    transitions: int | None
    is_chain: bool
    at: int


@dataclass
class Columns:
    """(T,) what the lines say, in their order. A choice is a number inside its state; a name is −1 where none is."""

    state: Any
    choice: Any
    target: Any
    chance: Any
    name: Any
    line: Any


def read_transitions(file: TextFile) -> tuple[Choices, AnyArray, int, Sizes]:
    """The choices of a transition file, the number of each inside its state, the number of states, and its sizes."""
    lines = file.blocks()
    sizes, first, block = _sizes(file, lines)
    reader = _Reader(file, sizes)
    if block:
        reader.take(first, block)
    for first, block in lines:
        reader.take(first, block)
    return reader.choices()


def _sizes(file: TextFile, blocks: Iterator[tuple[int, list[str]]]) -> tuple[Sizes, int, list[str]]:
    """What the first line says, and the rest of its block with the number of its first line."""
    first = 1
    block: list[str] = []
    for first, block in blocks:
        for k, line in enumerate(block):
            at, words = first + k, line.split()
            if title := _TITLE.match(line):
                if refused := NO_MDP.get(title[1].upper()):
                    raise file.fault(at, f"the file is of {refused}, and no MDP")
            elif words and not words[0].startswith("#"):
                return _size_line(file, at, words), at + 1, block[k + 1 :]
    raise file.fault(first + max(len(block) - 1, 0), "there are no transitions: the file is empty")


def _size_line(file: TextFile, at: int, words: list[str]) -> Sizes:
    if len(words) == 1 and words[0].lower() in ("mdp", "dtmc"):
        return Sizes(None, None, None, words[0].lower() == "dtmc", at)
    if len(words) == 1 and words[0].upper() in NO_MDP:
        raise file.fault(at, f"the file is of {NO_MDP[words[0].upper()]}, and no MDP")
    try:
        numbers = [whole(word) for word in words]
    except Misfit:
        told = f"the numbers of states, choices and transitions must stand here, got {shown(' '.join(words))}"
        raise file.fault(at, told) from None
    if len(numbers) == 4:
        raise file.fault(at, f"the file is of {NO_MDP['POMDP']}, and no MDP")
    if len(numbers) not in (2, 3):
        told = "the numbers of states, choices and transitions must stand here (of a chain: states, transitions)"
        raise file.fault(at, f"{told}, got {count(len(numbers), 'number')}")
    states, transitions = numbers[0], numbers[-1]
    choices = numbers[1] if len(numbers) == 3 else None
    counts = {"state": (states, 1), "transition": (transitions, 2)}
    require_room(file, counts if choices is None else {**counts, "choice": (choices, 2)}, at)
    if states == 0:
        raise file.no_model(at, "there is no state")
    return Sizes(states, choices, transitions, choices is None, at)


class _Reader:
    """What the lines after the first say. A block is read column by column; one that fails, again line by line."""

    def __init__(self, file: TextFile, sizes: Sizes) -> None:
        self.file, self.sizes = file, sizes
        self.columns = Columns(*(array(kind) for kind in "iiidii"))
        self.names: dict[str, int] = {}
        self.longest = ""
        self.in_rows: bool | None = None
        self.rows_of_state: dict[int, int] = {}
        self.bound = INDEX_LIMIT if sizes.states is None else sizes.states

    def take(self, first: int, block: list[str]) -> None:
        """The lines of a block."""
        if self.in_rows is None:
            self.in_rows = any(":" in line.partition(" ")[2].split(" ")[0] for line in block)
        if not self.in_rows and self._columns(first, block):
            return
        for at, line in enumerate(block, first):
            row = line.split()
            if row and not row[0].startswith("#"):
                try:
                    (self._row if self.in_rows else self._line)(at, row)
                except FileError as error:
                    raise self.file.fault(at, str(error)) from None

    def _columns(self, first: int, block: list[str]) -> bool:
        """Take all lines at once, if each has as many words as the first; False, with none taken, if one is odd."""
        least = 3 if self.sizes.is_chain else 4
        words = " ".join(block).split()
        width = len(block[0].split()) if block else 0
        gaps = {line.count(" ") for line in block}
        if width not in (least, least + 1) or gaps != {width - 1} or len(words) != width * len(block):
            return False
        columns = [words[k::width] for k in range(width)]
        if not all((text := "".join(column)).isascii() and "_" not in text for column in columns[:least]):
            return False  # Python reads 1_000, and digits of other scripts
        try:
            numbers = [np.array(list(map(int, column)), dtype=np.int64) for column in columns[: least - 1]]
            chance = np.array(list(map(float, columns[least - 1])))
        except (ValueError, OverflowError):
            return False
        state, *middle, target = numbers
        choice = middle[0] if middle else np.zeros_like(state)
        is_sound = (chance >= 0) & (chance <= 1 + 1e-9) & (choice >= 0) & (choice < INDEX_LIMIT)
        for column in (state, target):
            is_sound &= (column >= 0) & (column < self.bound)
        if not is_sound.all():
            return False
        if width > least:
            for name in dict.fromkeys(columns[least]):
                self._name(name)
            names = np.array(list(map(self.names.__getitem__, columns[least])))
        else:
            names = np.full(len(block), -1)
        told = (state, choice, target, chance, names, np.arange(first, first + len(block)))
        for kind, column, values in zip("iiidii", vars(self.columns).values(), told, strict=True):
            column.frombytes(values.astype(kind).tobytes())
        self._remember(max(columns[least - 1], key=len))
        return True

    def _line(self, at: int, row: list[str]) -> None:
        width = 3 if self.sizes.is_chain else 4
        if len(row) not in (width, width + 1):
            form = (
                "STATE SUCCESSOR PROBABILITY"
                if self.sizes.is_chain
                else "STATE CHOICE SUCCESSOR PROBABILITY [ACTION]"
            )
            raise Misfit(form, " ".join(row), "a line")
        state = self._state(row[0], "the state")
        choice = 0 if self.sizes.is_chain else whole(row[1])
        if choice >= INDEX_LIMIT:
            raise Misfit("less than 2**31 - 1", choice, "the number of a choice")
        target = self._state(row[width - 2], "the successor")
        self._add(at, state, choice, target, row[width - 1], row[width] if len(row) > width else None)

    def _row(self, at: int, row: list[str]) -> None:
        """A choice in one line: ``0 0.1:1 0.9:3 south``."""
        state = self._state(row[0], "the state")
        entries = [word for word in row[1:] if ":" in word]
        rest = row[1 + len(entries) :]
        if not entries or entries != row[1 : 1 + len(entries)] or len(rest) > 1:
            raise Misfit("STATE PROBABILITY:SUCCESSOR … [ACTION]", " ".join(row), "a line")
        choice = self.rows_of_state.get(state, 0)
        if choice and self.sizes.is_chain:
            raise Misfit("in one line, as the file is of a chain", " ".join(row), f"state {state}")
        self.rows_of_state[state] = choice + 1
        for entry in entries:
            number, _, successor = entry.partition(":")
            self._add(at, state, choice, self._state(successor, "the successor"), number, rest[0] if rest else None)

    def _state(self, text: str, what: str) -> int:
        state = whole(text)
        if state >= self.bound:
            said = (
                f"a state, of which there are {self.bound:,}"
                if self.sizes.states is not None
                else "less than 2**31 - 1"
            )
            raise Misfit(said, state, what)
        return state

    def _add(self, at: int, state: int, choice: int, target: int, number: str, name: str | None) -> None:
        into = self.columns
        into.chance.append(probability(number))
        into.state.append(state)
        into.choice.append(choice)
        into.target.append(target)
        into.name.append(-1 if name is None else self._name(name))
        into.line.append(at)
        self._remember(number)

    def _name(self, name: str) -> int:
        return self.names.setdefault(name, len(self.names))

    def _remember(self, number: str) -> None:
        if len(number) > len(self.longest):
            self.longest = number

    # ------------------------------------------------------------------ all of them

    def choices(self) -> tuple[Choices, AnyArray, int, Sizes]:
        """The choices in the order of their states."""
        into, sizes = self.columns, self.sizes
        state, choice, line = (np.asarray(column) for column in (into.state, into.choice, into.line))
        self._require("transition", len(state), sizes.transitions)
        if len(state) == 0:
            raise self.file.fault(sizes.at, "there are no transitions")
        target, chance, name = (np.asarray(column) for column in (into.target, into.chance, into.name))
        before = (state[1:] < state[:-1]) | ((state[1:] == state[:-1]) & (choice[1:] < choice[:-1]))
        if before.any():
            order = np.lexsort((choice, state))
            state, choice, target, chance, name, line = (
                column[order] for column in (state, choice, target, chance, name, line)
            )
        begins = np.ones(len(state), bool)
        begins[1:] = (state[1:] != state[:-1]) | (choice[1:] != choice[:-1])
        start = np.append(np.flatnonzero(begins), len(state))
        heads = start[:-1]
        if not sizes.is_chain:
            self._require("choice", len(heads), sizes.choices)
        other = np.flatnonzero(name != np.repeat(name[heads], np.diff(start)))
        if len(other):
            k = int(other[0])
            told = f"choice {choice[k]} of state {state[k]} has two names"
            raise self.file.fault(int(line[k]), told)
        n_states = sizes.states if sizes.states is not None else int(max(state.max(), target.max())) + 1
        codes, names = _codes(name[heads], choice[heads], state[heads], list(self.names))
        found = Choices(
            owner=state[heads],
            codes=codes,
            names=names,
            start=start,
            target=target,
            chance=chance,
            line=line[heads],
            eps=coarseness(self.longest),
        )
        return found, choice[heads], n_states, sizes

    def _require(self, noun: str, there: int, said: int | None) -> None:
        if said is not None and there != said:
            told = f"the sizes say {count(said, noun)}, and there {'is' if there == 1 else 'are'} {there:,}"
            raise self.file.fault(self.sizes.at, told)


def _codes(name: AnyArray, choice: AnyArray, state: AnyArray, names: list[str]) -> tuple[AnyArray, list[Label]]:
    """The names of choices: their own, or, of those without one, their number among the choices of their state."""
    unnamed = name < 0
    if not unnamed.any():
        return name, list(names)
    first = np.searchsorted(state, state)
    number = np.arange(len(state)) - first
    labels: list[Label] = [*names, *range(int(number[unnamed].max()) + 1)]
    return np.where(unnamed, len(names) + number, name).astype(np.int32), labels
