"""Counts of a user's own: how often an agent did at least as well as a reference, checkpoint by checkpoint.

They come as a CSV file, as columns (a mapping, a data frame), or as rows. Four columns, and one that may be left out:

=========== =====================================================================================================
checkpoint  a number, such as steps of training, that increases under each reference; or the name of a reference,
            when that is what was tried: such a row is a link between two references
successes   trials in which the agent did **at least as well** as the reference: ties are successes
trials      independent ones, each with a task drawn anew
reference   the name of what it was tried against; a checkpoint is one by its number
ties        how many of the successes were ties
=========== =====================================================================================================

400 may be written as 400.0 or 4e2, too. What cannot be is refused by file, line, column and value; of columns and
rows given in Python the row is told.
"""

from __future__ import annotations

import csv
import os
from collections.abc import Iterable, Iterator, Mapping, Set
from contextlib import closing
from dataclasses import dataclass
from decimal import Decimal
from numbers import Integral, Real
from typing import Any

import numpy as np

from mdppower._checks import as_float
from mdppower._quotes import quoted
from mdppower._schema import Misfit
from mdppower._text import count, did_you_mean, near_names
from mdppower._typing import AnyArray
from mdppower._warn import warn
from mdppower.errors import FileError, MDPPowerError, ParameterError, SizeError
from mdppower.formats.text_lines import TextFile, open_text
from mdppower.formats.written_numbers import real, whole

COLUMNS = ("checkpoint", "successes", "trials", "reference")
TIES = "ties"
MOST_ROWS = 10_000
LONGEST_NAME = 200
SEPARATORS = ",;\t"


@dataclass(frozen=True, eq=False)
class Counts:
    """Counts that can be.

    Attributes
    ----------
    checkpoints, references : tuple of str
        Of each of n rows; numbers are written in one way, so that a checkpoint and a reference are one by their name.
    successes, trials : (n,) integer arrays
    ties : (n,) integer array or None
        Among the successes; None: it is not known how many.
    """

    checkpoints: tuple[str, ...]
    references: tuple[str, ...]
    successes: AnyArray
    trials: AnyArray
    ties: AnyArray | None


def read_counts(given: Any) -> Counts:
    """Counts of a file, of columns or of rows.

    Parameters
    ----------
    given : path, mapping from column to values, data frame, sequence of mappings, or Counts
        A path is that of a CSV file in UTF-8 with a line of names; cells are separated by commas, semicolons or tabs.

    Returns
    -------
    Counts

    Raises
    ------
    FileError
        The file cannot be read, or a cell or line of it is wrong; the message names line, column and value.
    ParameterError
        The same of columns and rows that were given in Python.
    SizeError
        There are more than 10,000 rows.

    Examples
    --------
    >>> read_counts({"checkpoint": [0, 10], "successes": [5, 9], "trials": [10, 10], "reference": ["a", "a"]}).ties
    >>> read_counts([{"checkpoint": 0, "successes": 11, "trials": 10, "reference": "a"}])
    Traceback (most recent call last):
    mdppower.errors.ParameterError: counts, row 1, column successes: 11 are more than the 10 trials
    """
    if isinstance(given, Counts):
        return given
    if isinstance(given, str | os.PathLike):
        text = open_text(given)
        with closing(text.stream):
            return counts_of_text(text)
    return _counted(_rows_of_python(given), "counts have", ParameterError)


def counts_of_text(text: TextFile) -> Counts:
    """Counts of a CSV text; errors as `read_counts` raises them."""
    return _counted(_rows_of_csv(text), f"{text.name} has names of columns, and", FileError)


# ---------------------------------------------------------------------- rows


@dataclass(frozen=True)
class _Row:
    """A row, and what it is called in messages."""

    where: str
    cells: Mapping[str, Any]


def _rows_of_csv(text: TextFile) -> Iterator[_Row]:
    names: list[str] = []
    separator = ","
    for number, line in text.lines():
        where = f"{text.name}, line {number:,}"
        if not line.strip():
            continue
        if not names:
            separator = max(SEPARATORS, key=line.count)
            names = _checked_names(_cells(line, separator, where), where, FileError)
            continue
        cells = _cells(line, separator, where)
        if len(cells) != len(names):
            raise FileError(f"{where}: {count(len(cells), 'cell')}, and there are {len(names)} columns")
        yield _Row(where, dict(zip(names, cells, strict=True)))
    if not names:
        raise FileError(f"{text.name} is empty: a line of names was to come first, {', '.join(COLUMNS)}")


def _cells(line: str, separator: str, where: str) -> list[str]:
    try:
        (found,) = csv.reader([line], delimiter=separator, strict=True)
    except (csv.Error, ValueError) as error:
        raise FileError(f"{where}: {error}: {quoted(line)}") from None
    return [cell.strip() for cell in found]


def _rows_of_python(given: Any) -> Iterator[_Row]:
    if isinstance(given, Mapping) or hasattr(given, "columns"):
        names = _checked_names([*(given if isinstance(given, Mapping) else given.columns)], "counts", ParameterError)
        columns = {name: _values(given[name], name) for name in names}
        sizes = {name: len(values) for name, values in columns.items()}
        if len(set(sizes.values())) > 1:
            told = ", ".join(f"{name} {size:,}" for name, size in sizes.items())
            raise ParameterError(f"counts: columns must be of one length, got {told}")
        for k, cells in enumerate(zip(*columns.values(), strict=True), 1):
            yield _Row(f"counts, row {k:,}", dict(zip(names, cells, strict=True)))
        return
    if isinstance(given, bytes) or not isinstance(given, Iterable):
        raise ParameterError(f"counts are a path, columns by name, or rows; got {quoted(given)}")
    wanted: set[str] = set()
    for k, row in enumerate(given, 1):
        where = f"counts, row {k:,}"
        if not isinstance(row, Mapping):
            raise ParameterError(f"{where}: a row is a mapping from column to value, got {quoted(row)}")
        found = set(_checked_names([*row], where, ParameterError))
        if wanted and found != wanted:
            raise ParameterError(f"{where}: column {min(found ^ wanted)} is in some rows and not in others")
        wanted = found
        yield _Row(where, row)


def _values(given: Any, name: str) -> list[Any]:
    if isinstance(given, str | bytes | Mapping | Set) or not isinstance(given, Iterable):
        raise ParameterError(f"counts: column {name} must be a sequence, got {quoted(given)}")
    return [*given]


def _checked_names(names: list[Any], where: str, kind: type[MDPPowerError]) -> list[str]:
    known = (*COLUMNS, TIES)
    for name in names:
        if name not in known:
            meant = did_you_mean(near_names(str(name), known)) or f"known are {', '.join(known)}"
            raise kind(f"{where}: there is no column {quoted(name)}; {meant}")
        if names.count(name) > 1:
            raise kind(f"{where}: column {name} is there twice")
    missing = [name for name in COLUMNS if name not in names]
    if missing:
        raise kind(f"{where}: column {missing[0]} is missing; there are {', '.join(map(str, names)) or 'none'}")
    return names


# ---------------------------------------------------------------------- what a row says


def _counted(rows: Iterable[_Row], told: str, kind: type[MDPPowerError]) -> Counts:
    """Rows, checked one by one and then together; `told`: what there would be none of."""
    found: list[tuple[_Row, str, str, list[int]]] = []
    numbers = ["trials", "successes"]
    for row in rows:
        if len(found) == MOST_ROWS:
            raise SizeError(f"{row.where}: counts have at most {MOST_ROWS:,} rows")
        numbers = ["trials", "successes", *([TIES] if TIES in row.cells else [])]
        each = [_number(row, name, kind) for name in numbers]
        for k, name in enumerate(numbers[1:]):
            if each[k + 1] > each[k]:
                why = "; ties are counted among the successes" * (name == TIES)
                raise _fault(row, name, f"{each[k + 1]:,} are more than the {each[k]:,} {numbers[k]}{why}", kind)
        if not each[0]:
            raise _fault(row, "trials", "there is none", kind)
        checkpoint, reference = (_name(row, name, kind) for name in ("checkpoint", "reference"))
        if checkpoint == reference:
            raise _fault(row, "checkpoint", f"{quoted(checkpoint)} is counted against itself", kind)
        found.append((row, checkpoint, reference, each))
    if not found:
        raise kind(f"{told} no row")
    _require_order(found, kind)
    _warn_of_twins({name for _, name, _, _ in found}, {name for _, _, name, _ in found})
    table = np.array([each for *_, each in found], np.int64)
    return Counts(
        tuple(name for _, name, _, _ in found), tuple(name for _, _, name, _ in found), table[:, 1], table[:, 0],
        table[:, 2] if TIES in numbers else None,
    )  # fmt: skip


def _require_order(found: list[tuple[_Row, str, str, list[int]]], kind: type[MDPPowerError]) -> None:
    """Numbers of checkpoints increase under each reference; what is no number is the name of a reference."""
    references = {reference for _, _, reference, _ in found}
    before: dict[str, tuple[float, str]] = {}
    seen: set[tuple[str, str]] = set()
    for row, checkpoint, reference, _ in found:
        if (checkpoint, reference) in seen:
            raise _fault(row, "checkpoint", f"{checkpoint} is there twice for reference {quoted(reference)}", kind)
        seen.add((checkpoint, reference))
        number = checkpoint_number(checkpoint)
        if np.isnan(number):
            if checkpoint not in references:
                meant = did_you_mean(near_names(checkpoint, references))
                told = f"{quoted(checkpoint)} is neither a number nor a reference of these counts"
                raise _fault(row, "checkpoint", f"{told}; {meant or 'numbers are such as steps of training'}", kind)
            continue
        last, name = before.get(reference, (-np.inf, ""))
        if number < last:
            told = f"{checkpoint} comes after {name}, and checkpoints of reference {quoted(reference)} must increase"
            raise _fault(row, "checkpoint", told, kind)
        before[reference] = number, checkpoint


def _warn_of_twins(checkpoints: set[str], references: set[str]) -> None:
    """Say that a reference is taken for another than what looks like it: nothing would link the two."""
    alike: dict[str, list[str]] = {}
    for name in sorted(checkpoints | references):
        alike.setdefault(_looks(name), []).append(name)
    for names in alike.values():
        if len(names) > 1 and any(name in references for name in names):
            warn(f"counts: {', '.join(map(quoted, names))} are different names; if they are one, write it in one way")


def _looks(name: str) -> str:
    """What a name looks like: whatever the case, hyphens and spaces, and with an O for a 0 or an l for a 1.

    Examples
    --------
    >>> _looks("32O") == _looks("320"), _looks("Random") == _looks("random"), _looks("run 1") == _looks("run-1")
    (True, True, True)
    """
    text = name.casefold()
    number = checkpoint_number(text.replace("o", "0").replace("l", "1"))
    return "".join(c for c in text if c not in " -_") if np.isnan(number) else repr(number)


def written_name(value: str | Real) -> str:
    """A checkpoint or reference as counts write it: numbers in the shortest way.

    Examples
    --------
    >>> written_name(905), written_name("1e3"), written_name(" random "), written_name(10**20)
    ('905', '1000', 'random', '1e+20')
    """
    text = value.strip() if isinstance(value, str) else repr(as_float(value))
    number = checkpoint_number(text)
    if np.isnan(number):
        return text
    return str(int(number)) if number.is_integer() and abs(number) < 2**53 else repr(number)


def checkpoint_number(name: str) -> float:
    """The number of a checkpoint; NaN where its name is none."""
    try:
        return real(name)
    except Misfit:
        return float("nan")


def _number(row: _Row, name: str, kind: type[MDPPowerError]) -> int:
    value = row.cells[name]
    try:
        if isinstance(value, str):
            value = _written(value)
        fine = isinstance(value, Integral) or (isinstance(value, Real) and float(value).is_integer())
        if not fine or isinstance(value, bool) or not 0 <= value < 2**53:
            raise Misfit("", "")
        return int(value)
    except (Misfit, OverflowError):
        raise _fault(row, name, f"must be an integer ≥ 0, got {quoted(row.cells[name])}", kind) from None


def _written(text: str) -> int | Decimal:
    """A count as it is written; other programs write 400 as 400.0, or 4e2.

    Examples
    --------
    >>> _written("400") == _written("400.0") == _written("4e2"), _written("400.00000000000000001") == 400
    (True, False)
    """
    try:
        return whole(text)
    except Misfit:
        if "/" in text:
            raise
        real(text)
        exact = Decimal(text)
        return int(exact) if exact < 2**53 and exact == exact.to_integral_value() else exact


def _name(row: _Row, name: str, kind: type[MDPPowerError]) -> str:
    """A checkpoint or reference as text: a number in the shortest way, so that 1e3 is 1000."""
    value = row.cells[name]
    if isinstance(value, bool) or not isinstance(value, str | Real):
        raise _fault(row, name, f"must be a number or a name, got {quoted(value)}", kind)
    text = written_name(value)
    if not np.isnan(checkpoint_number(text)):
        return text
    if not text or not isinstance(value, str):
        raise _fault(row, name, f"must be a number or a name, got {quoted(value)}", kind)
    if len(text) > LONGEST_NAME:
        raise _fault(row, name, f"the name is longer than {LONGEST_NAME} characters", kind)
    return text


def _fault(row: _Row, column: str, told: str, kind: type[MDPPowerError]) -> MDPPowerError:
    return kind(f"{row.where}, column {column}: {told}")
