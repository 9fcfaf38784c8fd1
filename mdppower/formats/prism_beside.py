"""What stands beside transitions: names of states (.sta), and labels (.lab)."""

from __future__ import annotations

import re
from array import array
from collections.abc import Iterator

import numpy as np

from mdppower._quotes import quoted
from mdppower._schema import Misfit, shown
from mdppower._typing import AnyArray, Label
from mdppower.formats.text_lines import TextFile
from mdppower.formats.written_numbers import whole

_VALUES = re.compile(r"(\d+)\s*:\s*\((.*)\)")
_DECLARED = re.compile(r'\s*(\d+)\s*=\s*"([^"]*)"')
_INTEGER = re.compile(r"-?\d{1,18}", re.ASCII)


def _said(file: TextFile) -> Iterator[tuple[int, str]]:
    """The lines that say something, without comments; Storm's # lines of a label file are told apart by who reads."""
    for at, line in file.lines():
        text = line.strip()
        if text and not text.startswith("#"):
            yield at, text


def read_states(file: TextFile, n_states: int) -> tuple[tuple[Label, ...], str]:
    """The labels of the states, the values of the variables, and the names of these.

    One variable is a label itself, several are a tuple; integers are integers, all else is text.
    """
    labels: list[Label | None] = [None] * n_states
    seen: set[Label] = set()
    variables, width = "", 0
    for at, text in _said(file):
        if not width:
            if not (text.startswith("(") and text.endswith(")")):
                raise file.fault(at, f"the names of the variables must stand here, as in (x,y), got {shown(text)}")
            variables, width = text[1:-1], text.count(",") + 1
            continue
        match = _VALUES.fullmatch(text)
        values = match[2].split(",") if match else []
        if match is None or len(values) != width:
            raise file.fault(at, f"NUMBER:(VALUE,…) with {width} values must stand here, got {shown(text)}")
        s = _state(file, at, match[1], n_states)
        if labels[s] is not None:
            raise file.fault(at, f"state {s} stands there twice")
        parts = tuple(int(v) if _INTEGER.fullmatch(v) else v for v in map(str.strip, values))
        label = labels[s] = parts if width > 1 else parts[0]
        if label in seen:
            raise file.no_model(at, f"state label {quoted(label)} is used twice")
        seen.add(label)
    if len(seen) < n_states:
        missing = labels.index(None)
        raise file.fault(1, f"state {missing} has no name, one of {n_states - len(seen):,} of {n_states:,}")
    return tuple(labels), variables  # type: ignore[arg-type]


def read_labels(file: TextFile, n_states: int) -> dict[str, AnyArray]:
    """The states that carry each label; labels that none carries are left out."""
    declared: dict[str, str] | None = None
    marks: dict[str, array[int]] = {}
    in_declaration = False
    for at, line in file.lines():
        text = line.strip()
        if text.upper() == "#DECLARATION":  # Storm's files
            declared, in_declaration = {} if declared is None else declared, True
        elif text.upper() == "#END":
            in_declaration = False
        elif not text or text.startswith("#"):
            continue
        elif in_declaration:
            declared = {} if declared is None else declared
            declared.update((name, name) for name in text.split())
        elif declared is None:
            declared = _declared(file, at, text)
        else:
            number, *names = text.replace(":", " ", 1).split() or [text]
            s = _state(file, at, number, n_states)
            for name in names:
                if name not in declared:
                    raise file.fault(at, f"label {shown(name)} is not declared")
                marks.setdefault(declared[name], array("i")).append(s)
    if declared is None:
        raise file.fault(1, 'there are no labels, such as 0="init"')
    return {mark: np.unique(np.asarray(where)) for mark, where in marks.items()}


def _declared(file: TextFile, at: int, text: str) -> dict[str, str]:
    """``0="init" 1="deadlock"``: names by their numbers."""
    found: dict[str, str] = {}
    names: set[str] = set()
    place = 0
    while match := _DECLARED.match(text, place):
        if match[1] in found or match[2] in names:
            raise file.fault(at, f"label {match[1]} or {shown(match[2])} is declared twice")
        found[match[1]] = match[2]
        names.add(match[2])
        place = match.end()
    if text[place:].strip() or not found:
        raise file.fault(
            at, f'labels must stand here, as in 0="init" 1="deadlock", got {shown(text[place:].strip())}'
        )
    return found


def _state(file: TextFile, at: int, text: str, n_states: int) -> int:
    try:
        s = whole(text)
    except Misfit as error:
        raise file.fault(at, str(error)) from None
    if s >= n_states:
        raise file.fault(at, f"there is no state {s}, as there are {n_states:,}")
    return s
