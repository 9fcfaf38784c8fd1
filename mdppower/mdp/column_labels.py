"""Columns of labels as codes: every distinct value once, its position in every row.

Labels are str, int, or tuples of these. Columns hold what their reader made of these: whole numbers as floats (a CSV
file, a frame with gaps), texts as objects, coordinates as rows of an integer array. What is none of these and can
stand for itself, such as 0.5, True, a date or an enumeration's member, is written as its text, with a warning.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, NamedTuple

import numpy as np

from mdppower._quotes import quoted
from mdppower._text import shorten
from mdppower._typing import AnyArray, Label
from mdppower._warn import warn
from mdppower.errors import ModelError
from mdppower.mdp.canonical import PLAIN, plain_label, require_unique


class Column(NamedTuple):
    """A column under the name that it has with its user."""

    name: str
    values: AnyArray


class Coded(NamedTuple):
    """Columns as positions in their common labels.

    Attributes
    ----------
    codes : list of (n,) arrays
        One a column.
    labels : tuple of labels, or (L, d) integer array whose rows are labels
        Integers, and rows of integers, ascend; others come in the order in which they appear.
    """

    codes: list[AnyArray]
    labels: tuple[Label, ...] | AnyArray


def coded(columns: Sequence[Column]) -> Coded:
    """The columns as positions in their common labels.

    Raises
    ------
    ModelError
        A label is missing, cannot be one, or has the text of another; with column and row.
    """
    columns = [Column(name, _whole(values)) for name, values in columns]
    kinds = {(values.dtype.kind in "iu", values.shape[1:]) for _, values in columns}
    if kinds == {(True, ())} and not any(v.dtype == np.uint64 for _, v in columns):
        return _of_integers(columns)
    if len(kinds) == 1 and columns[0].values.ndim == 2 and columns[0].values.dtype.kind in "iu":
        return _of_rows(columns)
    return _of_objects(columns)


def _whole(values: AnyArray) -> AnyArray:
    """Whole numbers, if that is what floats are."""
    if values.dtype.kind != "f" or not (np.isfinite(values) & (abs(values) < 2**53)).all():
        return values
    return values.astype(np.int64) if (values == np.floor(values)).all() else values


def _of_integers(columns: Sequence[Column]) -> Coded:
    together = np.concatenate([values.astype(np.int64) for _, values in columns])
    low, high = int(together.min(initial=0)), int(together.max(initial=0))
    if high - low <= 4 * len(together):  # no need to sort: a table of what there is
        there = np.zeros(high - low + 1, bool)
        there[together - low] = True
        found, codes = np.flatnonzero(there) + low, (np.cumsum(there) - 1)[together - low]
    else:
        found, codes = np.unique(together, return_inverse=True)
    return Coded(_parted(codes, columns), tuple(found.tolist()))


def _of_rows(columns: Sequence[Column]) -> Coded:
    together = np.concatenate([values for _, values in columns]).astype(np.int64)
    low = together.min(axis=0)
    spans = [int(high) - int(least) + 1 for high, least in zip(together.max(axis=0), low, strict=True)]
    if np.prod(spans, dtype=float) < 2**62:
        keys = np.zeros(len(together), np.int64)
        for span, axis in zip(spans, (together - low).T, strict=True):
            keys = keys * span + axis
        _, first, codes = np.unique(keys, return_index=True, return_inverse=True)
        return Coded(_parted(codes, columns), together[first])
    found, codes = np.unique(together, axis=0, return_inverse=True)
    return Coded(_parted(codes.reshape(-1), columns), found)


def _of_objects(columns: Sequence[Column]) -> Coded:
    place: dict[Label, int] = {}
    written: dict[Label, Any] = {}
    codes = [_codes_of(column, place, written) for column in columns]
    if written:
        told = ", ".join(f"{quoted(value)} is {quoted(text)}" for text, value in list(written.items())[:3])
        names = " and ".join(name for name, _ in columns)
        warn(
            f"labels are str, int, or tuples of these; others in {names} were written as their text: {told}"
            + (", …" if len(written) > 3 else "")
        )
    labels = tuple(place)
    if all(type(label) is int for label in labels):
        order = sorted(range(len(labels)), key=labels.__getitem__)
        number = np.empty(len(order), np.int64)
        number[order] = np.arange(len(order))
        return Coded([number[some] for some in codes], tuple(labels[k] for k in order))
    return Coded(codes, labels)


def _codes_of(column: Column, place: dict[Label, int], written: dict[Label, Any]) -> AnyArray:
    """Positions of the labels of a column in `place`, which grows; in `written` what had to be written as text."""
    values: list[Any] = column.values.tolist()
    if column.values.ndim == 2:
        values = list(map(tuple, values))
    if column.values.dtype.kind in "mM":
        values = list(column.values)  # tolist makes numbers of some
    kinds = set(map(type, values))
    if float in kinds and column.values.dtype.kind == "O":
        values = [int(value) if type(value) is float and value.is_integer() else value for value in values]
        kinds = set(map(type, values))
    if kinds <= PLAIN:
        return np.fromiter((place.setdefault(v, len(place)) for v in values), np.int64, len(values))
    own: dict[tuple[Any, ...], int] = {}  # 1, 1.0 and True are equal, but not the same
    codes = np.empty(len(values), np.int64)
    for row, value in enumerate(values):
        nested = type(value) is tuple and tuple in map(type, value)
        key = (value, *map(type, value)) if type(value) is tuple else (value, type(value))
        try:
            known = None if nested else own.get(key)
        except TypeError:
            raise ModelError(_refused(column.name, row, value)) from None
        if known is None:
            known = own[key] = _place_of(column.name, row, value, place, written)
        codes[row] = known
    return codes


def _place_of(name: str, row: int, value: Any, place: dict[Label, int], written: dict[Label, Any]) -> int:
    """The position of a value's label, which may be a new one."""
    if _is_missing(value):
        raise ModelError(f"row {row}: {name} is missing ({quoted(value)})")
    try:
        if isinstance(value, np.datetime64 | np.timedelta64):
            raise ModelError("a time is no label")
        label = plain_label(value)
    except ModelError:
        if isinstance(value, list | dict | set | np.ndarray):
            raise ModelError(_refused(name, row, value)) from None
        label = str(value)
        if label in place and written.get(label, label) != value:
            raise ModelError(f"row {row}: {name} {quoted(value)} has the text of another label, {label!r}") from None
        written[label] = value
        return place.setdefault(label, len(place))
    if label in written:
        raise ModelError(f"row {row}: {name} {quoted(value)} is the text of another label, {quoted(written[label])}")
    return place.setdefault(label, len(place))


def _refused(name: str, row: int, value: Any) -> str:
    hint = f": write {quoted(tuple(value))}" if isinstance(value, list) else ""
    return f"row {row}: {name} {quoted(value)} is a {type(value).__name__}, which cannot be a label{hint}"


def _is_missing(value: Any) -> bool:
    """Whether it is None, NaN, or one of the values of pandas and NumPy that say so."""
    if value is None or value is np.ma.masked or type(value).__name__ in ("NAType", "NaTType"):
        return True
    try:
        return bool(value != value)
    except (TypeError, ValueError):
        return False


def _parted(codes: AnyArray, columns: Sequence[Column]) -> list[AnyArray]:
    """The codes of each column."""
    return np.split(codes, np.cumsum([len(values) for _, values in columns])[:-1])


def in_this_order(found: Coded, order: tuple[Label, ...], columns: Sequence[Column], what: str) -> Coded:
    """The same in an order that was given, which may hold more labels.

    Raises
    ------
    ModelError
        A label of the columns is not among them; with its row.
    """
    require_unique(order, what)
    position = {label: k for k, label in enumerate(order)}
    labels = list(map(tuple, found.labels.tolist())) if isinstance(found.labels, np.ndarray) else found.labels
    number = np.array([position.get(label, -1) for label in labels], np.int64)
    codes = [number[some] for some in found.codes]
    for (name, _), some, old in zip(columns, codes, found.codes, strict=True):
        strange = np.flatnonzero(some < 0)
        if len(strange):
            row = int(strange[0])
            raise ModelError(f"row {row}: {name} {quoted(labels[old[row]])} is none of {what}s=: {shorten(order)}")
    return Coded(codes, order)
