"""Values as an enemy chooses them; and files as one writes them: whole, with a valid seal, any part another."""

from __future__ import annotations

import copy
import enum
import hashlib
import io
import json
import random
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from decimal import Decimal
from fractions import Fraction
from typing import Any

import h5py
import numpy as np

WORDS = [
    "",
    "x",
    "norm",
    "\x00",
    "\ud800",
    "9" * 5000,
    "1e999999999",
    "1/0",
    "../../etc",
    "\x1b[2J",
    "kind",
    "é" * 999,
]
NUMBERS = [
    0,
    1,
    -1,
    2,
    7,
    2**31 - 1,
    2**31,
    2**63,
    2**64,
    2**70,
    -(2**70),
    10**400,
    10**5000,
    0.5,
    -0.0,
    1e-320,
    1e308,
    -1e308,
]
ODD = [None, True, False, float("nan"), float("inf"), float("-inf"), [], {}, [[]], [None], {"kind": None}]
FLOATS = [np.nan, np.inf, -np.inf, -1.0, 0.0, 5e-324, 1e308, 2.0**31, 2.0**63, 0.5, 1e300]
INTEGERS = [-1, -(2**31), 2**31 - 1, 2**31, 2**40, 2**63 - 1, -(2**63), 0, 1]


class Numbered(enum.IntEnum):
    """Labels that are numbers, and not."""

    ONE = 1


OBJECTS = [
    np.float32(0.5), np.int64(3), np.bool_(True), np.float64("nan"), np.datetime64("2024-01-01"), np.str_("a"),
    np.arange(3), np.array(0.5), np.ma.masked, np.array([None]), 1j, object(), object, len, {1, 2}, frozenset("a"),
    range(3), b"a", bytearray(b"a"), ..., NotImplemented, Fraction(1, 3), Decimal("0.5"), Decimal("nan"),
        Numbered.ONE,
    (), ((),), ("a", 1), slice(3), "nan", "0.5", "a", "default", 1, 0, 3, 0.1, 1 - 2.0**-53, 1 + 2.0**-52,
]  # fmt: skip


def thing(rng: random.Random) -> Any:
    """Any value of Python's."""
    return rng.choice(rng.choice([WORDS, NUMBERS, ODD, OBJECTS, FLOATS]))


def sealed(payload: bytes, schema: int = 1) -> bytes:
    """The payload with a seal that is right, as anybody can make it."""
    digest = hashlib.sha256(b"%d" % schema + payload).hexdigest().encode()
    return payload + b"\nmdppower schema %d sha256 %s\n" % (schema, digest)


def parts_of(data: bytes) -> tuple[dict[str, Any], dict[str, Any]]:
    """Header and arrays of a saved file."""
    with h5py.File(io.BytesIO(data.rpartition(b"\nmdppower schema")[0]), "r") as file:
        arrays = {name: file[name][()] for name in file if file[name].dtype.kind in "if"}
        return json.loads(file["header"][()]), arrays


@contextmanager
def any_digits() -> Iterator[None]:
    """Integers of any size are written."""
    most = sys.get_int_max_str_digits()
    sys.set_int_max_str_digits(0)
    try:
        yield
    finally:
        sys.set_int_max_str_digits(most)


def to_json(data: Any) -> str:
    """JSON, with integers of any size."""
    with any_digits():
        return json.dumps(data)


def from_json(text: str) -> Any:
    """What such JSON says."""
    with any_digits():
        return json.loads(text)


def file_of(header: Any, arrays: dict[str, Any]) -> bytes:
    """A sealed file with this header (a text, or what JSON can hold) and these arrays.

    Arrays are anything that h5py takes, or functions that put something else into the file under a name.
    """
    buffer = io.BytesIO()
    told = header if isinstance(header, (str, bytes)) else to_json(header)
    with h5py.File(buffer, "w") as file:
        if header is not None:
            file.create_dataset("header", data=told, dtype=h5py.string_dtype())
        for name, values in arrays.items():
            if callable(values):
                values(file, name)
            else:
                file.create_dataset(name, data=values)
    return sealed(buffer.getvalue())


def other(value: Any, rng: random.Random) -> Any:
    """Something else than the value, now and then near it."""
    if isinstance(value, bool) or value is None or rng.random() < 0.5:
        return rng.choice(rng.choice([WORDS, NUMBERS, ODD]))
    if isinstance(value, (int, float)):
        endless = isinstance(value, int) and value.bit_length() > 10_000  # Python writes no more than 4,300 digits
        text = "9" * 4000 if endless else str(value)
        return rng.choice([value + 1, value - 1, -value, value * 2**40, text, [value], rng.choice(NUMBERS)])
    if isinstance(value, str):
        return rng.choice([value + "x", value[:-1], value * 3, [value], {value: value}, value.upper()])
    if isinstance(value, list):
        return rng.choice([value[:-1], value + value[:1], [value], value[::-1], [*value, None], [None] * len(value)])
    return rng.choice([list(value), list(value.values()), {}, value | {"more": 1}, {"kind": value}])


def changed(data: Any, rng: random.Random) -> Any:
    """A copy of data that JSON can hold, with one part of it something else, or gone."""
    data = copy.deepcopy(data)
    places: list[tuple[Any, Any]] = []

    def walk(value: Any) -> None:
        items = value.items() if isinstance(value, dict) else enumerate(value) if isinstance(value, list) else ()
        for key, item in list(items)[:40]:
            places.append((value, key))
            walk(item)

    walk(data)
    if not places or rng.random() < 0.02:
        return other(data, rng)
    holder, key = rng.choice(places)
    if isinstance(holder, dict) and rng.random() < 0.15:
        del holder[key]
    else:
        holder[key] = other(holder[key], rng)
    return data


def put(file: h5py.File, name: str, **given: Any) -> None:
    """A dataset made as the keywords say."""
    file.create_dataset(name, **given)


def changed_array(values: Any, rng: random.Random) -> Any:
    """Another array, or something else that a file can have under its name."""
    values = np.array(values)
    choice = rng.randrange(12)
    if choice < 5 and values.size:
        at = tuple(rng.randrange(n) for n in values.shape)
        kind = values.dtype
        pick = rng.choice(
            FLOATS if kind.kind == "f" else [x for x in INTEGERS if np.iinfo(kind).min <= x <= np.iinfo(kind).max]
        )
        if rng.random() < 0.3:
            values[...] = pick
        else:
            values[at] = pick
        return values
    flat = values.ravel()
    return [
        lambda: values[:-1] if values.ndim else values,
        lambda: np.concatenate([values, values]) if values.ndim else values,
        lambda: values[..., None],
        lambda: flat[:0],
        lambda: values.astype(rng.choice(["f4", "f8", "i1", "i4", "i8", "u8", "c16", "S3", "f2", ">f8", ">i4", "?"])),
        lambda: lambda file, name: put(file, name, shape=(2**rng.choice([20, 40, 60]),), dtype="f8"),
        lambda: rng.choice([
            lambda file, name: file.create_group(name),
            lambda file, name: file.__setitem__(name, h5py.SoftLink("/header")),
            lambda file, name: file.__setitem__(name, h5py.ExternalLink("/etc/passwd", "/")),
            lambda file, name: put(file, name, data=flat, chunks=True, maxshape=(None,)),
            lambda file, name: put(file, name, shape=(2**33,), dtype="f8", compression="gzip", chunks=(2**20,)),
            lambda file, name: put(file, name, dtype="f8", shape=None, data=h5py.Empty("f8")),
            lambda file, name: put(file, name, data=["a"] * max(1, len(flat)), dtype=h5py.string_dtype()),
            lambda file, name: put(file, name, shape=values.shape, dtype=np.dtype([("a", "f8"), ("b", "i4")])),
            lambda file, name: put(file, name, shape=values.shape, dtype=h5py.enum_dtype({"A": 0}, "i4")),
        ]),
    ][choice - 5]()  # fmt: skip
