"""The runs of a store: what each is about. A row of them bears a seal, the SHA-256 of all that it says."""

from __future__ import annotations

import hashlib
import json
import re
import sqlite3
from collections.abc import Mapping
from dataclasses import astuple, dataclass, fields
from typing import Any

from mdppower._schema import MOST_DIGITS, Misfit, real, text, whole
from mdppower.errors import ParameterError, SizeError
from mdppower.stores.store_file import StoreFile

LARGEST = 2**40
"""Of numbers of replicates and runs."""
LARGEST_ENTROPY = 10**MOST_DIGITS
LATEST = 1e12
"""Seconds since 1970."""
LONGEST_TEXT = 2**26
"""Characters of a question, or of arguments."""


@dataclass(frozen=True)
class RunRow:
    """A run as it stands in the file.

    Attributes
    ----------
    number : int
        In this file.
    key : str
        SHA-256 of entropy and question, in hexadecimal.
    entropy : str
        In hexadecimal.
    wanted : int
        Replicates that the latest driver was to make.
    created, opened : float
        Seconds since 1970, when the run was asked for first and last.
    turn : int
        The run that was asked for last has the greatest.
    arguments, question : str
        As `canonical` writes them.
    """

    number: int
    key: str
    entropy: str
    wanted: int
    created: float
    opened: float
    turn: int
    arguments: str
    question: str

    def seal(self) -> bytes:
        """SHA-256 of all of it."""
        return hashlib.sha256(json.dumps(astuple(self)).encode()).digest()


_COLUMNS = [field.name for field in fields(RunRow)]


def canonical(value: Mapping[str, Any], what: str) -> str:
    """The one text in which JSON says this; ParameterError if it cannot, SizeError if that is too long."""
    try:
        told = json.dumps(dict(value), sort_keys=True, separators=(",", ":"))
    except (TypeError, ValueError, RecursionError) as error:
        raise ParameterError(f"the {what} of a run must be what JSON can hold: {error}") from None
    if len(told) > LONGEST_TEXT:
        raise SizeError(f"the {what} of a run takes {len(told):,} characters; a store holds {LONGEST_TEXT:,}")
    return told


def run_key(question: str, entropy: str) -> str:
    """What a run is known by, wherever it is stored."""
    return hashlib.sha256(f"{entropy} {question}".encode()).hexdigest()


def read_runs(file: StoreFile, which: str = "TRUE", *values: Any) -> list[RunRow]:
    """The runs of which this is true, by number; FileError if one does not bear its seal."""
    found = []
    for row in file.select(f"SELECT {', '.join(_COLUMNS)}, sha256 FROM run WHERE {which} ORDER BY number", *values):
        try:
            found.append(_checked(row))
        except Misfit as error:
            raise file.damaged(f"run {row[0]!r:.20}: {error}") from None
    return found


def write_run(connection: sqlite3.Connection, run: RunRow) -> None:
    """Write a run, or write over it."""
    places = ", ".join("?" * (len(_COLUMNS) + 1))
    names = ", ".join([*_COLUMNS, "sha256"])
    connection.execute(f"INSERT OR REPLACE INTO run ({names}) VALUES ({places})", (*astuple(run), run.seal()))


def _hexadecimal(value: Any) -> str:
    if not isinstance(value, str) or not re.fullmatch("0|[1-9a-f][0-9a-f]{0,4000}", value):
        raise Misfit("a number in hexadecimal", value)
    if int(value, 16) > LARGEST_ENTROPY:
        raise Misfit(f"a number of at most {MOST_DIGITS:,} digits", value)
    return value


_READERS = {
    "number": whole(1, LARGEST),
    "key": text(64),
    "entropy": _hexadecimal,
    "wanted": whole(0, LARGEST),
    "created": real(0, LATEST),
    "opened": real(0, LATEST),
    "turn": whole(1, LARGEST),
    "arguments": text(LONGEST_TEXT),
    "question": text(LONGEST_TEXT),
}


def _checked(row: tuple[Any, ...]) -> RunRow:
    *values, seal = row
    found: dict[str, Any] = {}
    for name, value in zip(_COLUMNS, values, strict=True):
        try:
            found[name] = _READERS[name](value)
        except Misfit as error:
            raise error.inside(name) from None
    run = RunRow(**found)
    if run.key != run_key(run.question, run.entropy):
        raise Misfit("the SHA-256 of question and entropy", run.key, "key")
    if seal != run.seal():
        raise Misfit("the SHA-256 of the run", seal, "sha256")
    return run
