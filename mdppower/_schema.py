"""Data from outside, checked before anything is built from them: one language for all files.

A *reader* takes a value that JSON, TOML or HDF5 gave and returns it, or raises `Misfit`, a FileError that names the
field, what it must be, and the value. Readers are put together as the data are:

    read = record({"kind": one_of("mdp"), "states": whole(1, 10), "marks": mapping(several(whole(0, 9)))})
    read({"kind": "mdp", "states": 3, "marks": {"a": [7, 12]}})      FileError: marks['a'][1] must be …, got 12

Sizes and bounds come first, so that a number from a file never decides how much memory is taken.
"""

from __future__ import annotations

import math
import re
from collections.abc import Callable, Mapping
from fractions import Fraction
from typing import Any

import numpy as np

from mdppower._typing import AnyArray, FloatArray, IntArray, Label
from mdppower.errors import FileError

Reader = Callable[[Any], Any]

DEEPEST = 50
"""Levels of what contains itself: labels that are tuples, rewards that are made of rewards."""
MOST_DIGITS = 4000
"""Of an integer: Python reads and writes no more than 4,300."""
FARTHEST = 2.0**30
"""Of a position in a layout: rows times columns still fit into 64 bits."""
LARGEST_COUNT = 2**53
"""Of draws: counts are exact as floats."""
LARGEST_INDEX = 2**31 - 1


class Misfit(FileError):
    """A field of a file is not what it must be.

    Parameters
    ----------
    wanted : str
        What it must be, in words.
    value : any
        What it is.
    place : str
        Where it stands, from the outside in.
    """

    def __init__(self, wanted: str, value: Any, place: str = "") -> None:
        super().__init__(f"{place.removeprefix('.') or 'it'} must be {wanted}, got {shown(value)}")
        self.wanted, self.value, self.place = wanted, value, place

    def inside(self, place: str) -> Misfit:
        """The same, seen from one level further out."""
        return Misfit(self.wanted, self.value, place + self.place)


def shown(value: Any) -> str:
    """A value in a message: short, printable, and cheap whatever it is."""
    if isinstance(value, (list, tuple)):
        return f"a list of {len(value):,}"
    if isinstance(value, Mapping):
        return f"a table of {len(value):,}"
    if isinstance(value, int) and value.bit_length() > 200:
        return f"an integer of {value.bit_length():,} bits"
    told = repr(value[:80] if isinstance(value, (str, bytes)) else value)  # of what cannot be printed, its code
    return told if len(told) <= 80 else told[:79] + "…"


# ---------------------------------------------------------------------- single values


def anything(value: Any) -> Any:
    """What another reader takes later, when it knows the sizes."""
    return value


def text(longest: int = 100_000) -> Reader:
    """A text of at most so many characters."""

    def read(value: Any) -> str:
        if not isinstance(value, str) or len(value) > longest:
            raise Misfit(f"a text of at most {longest:,} characters", value)
        return value

    return read


def flag(value: Any) -> bool:
    """True or false."""
    if not isinstance(value, bool):
        raise Misfit("true or false", value)
    return value


def one_of(*words: str) -> Reader:
    """One of these texts."""

    def read(value: Any) -> str:
        if not isinstance(value, str) or value not in words:
            raise Misfit(f"one of {', '.join(map(repr, words))}", value)
        return value

    return read


def whole(low: int, high: int) -> Reader:
    """An integer between these, both included."""

    def read(value: Any) -> int:
        if type(value) is not int or not low <= value <= high:
            raise Misfit(f"an integer in {low} … {high if high < 2**70 else 'that many digits'}", value)
        return value

    return read


def real(low: float = -math.inf, high: float = math.inf, *, finite: bool = True) -> Reader:
    """A number between these, both included; never NaN."""

    def read(value: Any) -> float:
        number = math.nan
        if type(value) in (int, float):
            try:
                number = float(value)
            except OverflowError:
                number = math.nan
        if not low <= number <= high or (finite and math.isinf(number)):
            bounds = "" if (low, high) == (-math.inf, math.inf) else f" in [{low:g}, {high:g}]"
            raise Misfit(f"a {'finite ' * finite}number{bounds}", value)
        return number

    return read


_FRACTION = re.compile(r"(-?\d{1,4000})(?:/(\d{1,4000}))?|(-?0x[0-9a-f]+)/(0x[0-9a-f]+)", re.ASCII)


def fraction(value: Any) -> Fraction:
    """``"2/3"`` → Fraction(2, 3), as `fraction_text` writes it; no exponent, whose digits could fill the memory."""
    found = _FRACTION.fullmatch(value) if isinstance(value, str) else None
    if found is None:
        raise Misfit('a fraction such as "2/3"', value)
    n, d = (int(found[1]), int(found[2] or 1)) if found[1] else (int(found[3], 16), int(found[4], 16))
    if d == 0:
        raise Misfit("a fraction of which 0 is not the denominator", value)
    return Fraction(n, d)


def label(value: Any, depth: int = 0) -> Label:
    """A text, an integer, or a list of these, which becomes a tuple."""
    if isinstance(value, list) and depth < DEEPEST:
        return tuple(label(part, depth + 1) for part in value)
    if isinstance(value, str) or (type(value) is int and value.bit_length() < 3 * MOST_DIGITS):
        return value
    raise Misfit(f"a text, an integer, or a list of these, up to {DEEPEST} deep", value)


# ---------------------------------------------------------------------- values of values


def nothing_or(reader: Reader) -> Reader:
    """Null, or what the reader takes."""
    return lambda value: None if value is None else reader(value)


def several(reader: Reader, least: int = 0, most: int | None = None) -> Reader:
    """A list whose items the reader takes, of a length between these."""

    def read(value: Any) -> list[Any]:
        if not isinstance(value, list) or len(value) < least or (most is not None and len(value) > most):
            size = (
                f"{least:,}" if least == most else f"{least:,} or more" if most is None else f"{least:,} … {most:,}"
            )
            raise Misfit(f"a list of {size}", value)
        found = []
        for k, item in enumerate(value):
            try:
                found.append(reader(item))
            except Misfit as error:
                raise error.inside(f"[{k}]") from None
        return found

    return read


def mapping(reader: Reader, most: int = 100_000) -> Reader:
    """A table with any names, whose values the reader takes."""

    def read(value: Any) -> dict[str, Any]:
        if not isinstance(value, dict) or len(value) > most:
            raise Misfit(f"a table of at most {most:,}", value)
        found = {}
        for name, item in value.items():
            try:
                found[name] = reader(item)
            except Misfit as error:
                raise error.inside(f"[{shown(name)}]") from None
        return found

    return read


def record(fields: Mapping[str, Reader], optional: Mapping[str, Any] | None = None) -> Reader:
    """A table with these fields: their readers; those of `optional` with a reader and what stands for them if absent.

    Examples
    --------
    >>> record({"n": whole(0, 9)}, {"told": (text(), "")})({"n": 7})
    {'n': 7, 'told': ''}
    >>> record({"n": whole(0, 9)})({"n": None})
    Traceback (most recent call last):
    mdppower._schema.Misfit: n must be an integer in 0 … 9, got None
    """
    more = optional or {}

    def read(value: Any) -> dict[str, Any]:
        if not isinstance(value, dict):
            raise Misfit("a table", value)
        found = {}
        for name, reader in {**fields, **{name: reader for name, (reader, _) in more.items()}}.items():
            if name not in value:
                if name not in more:
                    raise Misfit(f"a table with the field {name!r}", value)
                found[name] = more[name][1]
                continue
            try:
                found[name] = reader(value[name])
            except Misfit as error:
                raise error.inside(f".{name}") from None
        unknown = [name for name in value if name not in found]
        if unknown:
            raise Misfit(f"a table without {shown(unknown[0])}", value)
        return found

    return read


# ---------------------------------------------------------------------- arrays


def vector(size: int | None = None, low: float = -math.inf, high: float = math.inf, *, finite: bool = True) -> Reader:
    """A list of numbers as a float array, of that size if one is given."""

    def read(value: Any) -> FloatArray:
        if not isinstance(value, list) or (size is not None and len(value) != size):
            raise Misfit("a list of numbers" if size is None else f"a list of {size:,} numbers", value)
        found: FloatArray = checked(_floats(value), (len(value),), "f", low, high, finite=finite)
        return found

    return read


def matrix(rows: int, columns: int | None = None) -> Reader:
    """A list of `rows` lists, of equal length, of finite numbers, as a float array."""

    def read(value: Any) -> FloatArray:
        if not isinstance(value, list) or len(value) != rows or not all(isinstance(row, list) for row in value):
            raise Misfit(f"a list of {rows:,} lists of numbers", value)
        width = columns if columns is not None else len(value[0]) if value else 0
        for k, row in enumerate(value):
            if len(row) != width:
                raise Misfit(f"a list of {width:,} numbers", row, f"[{k}]")
        flat = _floats([x for row in value for x in row])
        found: FloatArray = checked(flat.reshape(rows, width), (rows, width), "f")
        return found

    return read


def indices(size: int, bound: int) -> Reader:
    """A list of `size` integers below `bound`, as an array."""

    def read(value: Any) -> IntArray:
        if not isinstance(value, list) or len(value) != size:
            raise Misfit(f"a list of {size:,} integers", value)
        for k, item in enumerate(value):
            if type(item) is not int or not 0 <= item < bound:
                raise Misfit(f"an integer in 0 … {bound - 1}", item, f"[{k}]")
        return np.array(value, dtype=np.int64)

    return read


def _floats(values: list[Any]) -> FloatArray:
    for k, item in enumerate(values):
        if type(item) not in (int, float):
            raise Misfit("a number", item, f"[{k}]")
    try:
        return np.array(values, dtype=np.float64)
    except OverflowError:
        raise Misfit("a list of numbers that floats can hold", values) from None


def checked(
    array: AnyArray,
    shape: tuple[int, ...],
    kind: str,
    low: float = -math.inf,
    high: float = math.inf,
    *,
    finite: bool = True,
    rising: bool = False,
    nan: bool = False,
) -> Any:
    """An array of that shape and kind of numbers, all between the bounds.

    Parameters
    ----------
    array : array
    shape : tuple of int
    kind : {"i", "f"}
        Integers of at most 64 bits with a sign, or float64.
    low, high : float
        Both included; NaN is not, unless `nan` is true.
    finite : bool
        Whether infinities are refused.
    rising : bool
        Whether no number may be less than the one before.
    nan : bool
        Whether what has no value may be NaN.

    Returns
    -------
    array

    Raises
    ------
    FileError
        With the position of the first number that does not fit.
    """
    if array.shape != shape or array.dtype.kind != kind or (kind == "f" and array.dtype.itemsize != 8):
        raise Misfit(
            f"{'integers' if kind == 'i' else 'float64 numbers'} of shape {shape}",
            f"{array.dtype} of shape {array.shape}",
        )
    wrong = ~((array >= low) & (array <= high))
    if nan:
        wrong &= ~np.isnan(array)
    if kind == "f" and finite:
        wrong |= np.isinf(array)
    if wrong.any():
        at = tuple(np.argwhere(wrong)[0].tolist())
        bounds = f" in {low:g} … {high:g}" if (low, high) != (-math.inf, math.inf) else ""
        where = f"[{', '.join(map(str, at))}]" if at else ""
        raise Misfit(f"a{' finite' * (kind == 'f' and finite)} number{bounds}", array[at].item(), where)
    if rising and len(array) > 1:
        falls = np.flatnonzero(array[1:] < array[:-1])
        if len(falls):
            k = int(falls[0]) + 1
            raise Misfit(f"at least {array[k - 1].item()}, the number before", array[k].item(), f"[{k}]")
    return array
