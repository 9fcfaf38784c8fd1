"""Arrays to bytes and back, for what is kept between sessions: plain numbers with their shapes, never objects.

The bytes are the length of the header (4, little-endian), the header, and the arrays one after the other, contiguous
in C's order and little-endian. The header is JSON that says type and shape of each. What is read is believed only as
far as it fits: the sizes that the header declares must be those of the bytes that are there, before anything of that
size is made.
"""

from __future__ import annotations

import json
import math
from typing import Any, TypeAlias

import numpy as np

from mdppower._schema import Misfit, one_of, record, several, whole
from mdppower._typing import AnyArray
from mdppower.errors import FileError, ParameterError

Rows: TypeAlias = tuple[AnyArray, ...]
"""Results of n consecutive replicates: arrays with n rows each (the leading axis), in the order of the replicates."""

MOST_ARRAYS = 256
MOST_AXES = 8
LONGEST_AXIS = 2**40
_LONGEST_HEADER = 2**16
_TYPES = ("|b1", "|i1", "|u1", *(f"<{kind}{size}" for kind in "iu" for size in (2, 4, 8)), "<f2", "<f4", "<f8")

_read_header = several(
    record({"type": one_of(*_TYPES), "shape": several(whole(0, LONGEST_AXIS), 1, MOST_AXES)}), 1, MOST_ARRAYS
)


def pack(rows: Rows) -> bytes:
    """The bytes of rows.

    Parameters
    ----------
    rows : tuple of (n, …) arrays
        Of booleans, integers or floats of at most 64 bits.

    Returns
    -------
    bytes

    Raises
    ------
    ParameterError
        An array is of another kind, or one has no rows or other many than the rest.

    Examples
    --------
    >>> unpack(pack((np.arange(3), np.eye(3, 2))))[1].tolist()
    [[1.0, 0.0], [0.0, 1.0], [0.0, 0.0]]
    """
    if not 1 <= len(rows) <= MOST_ARRAYS:
        raise ParameterError(f"1 to {MOST_ARRAYS} arrays can be stored together, got {len(rows)}")
    arrays = [np.ascontiguousarray(array, array.dtype.newbyteorder("<")) for array in rows]
    for array, given in zip(arrays, rows, strict=True):
        if array.dtype.str not in _TYPES or not 1 <= given.ndim <= MOST_AXES or len(given) != len(rows[0]):
            raise ParameterError(
                f"an array of {given.dtype} of shape {given.shape} cannot be stored among these rows"
            )
    header = json.dumps([{"type": a.dtype.str, "shape": a.shape} for a in arrays], separators=(",", ":")).encode()
    return b"".join([len(header).to_bytes(4, "little"), header, *(a.tobytes() for a in arrays)])


def unpack(data: bytes) -> Rows:
    """The rows of bytes that `pack` made; arrays of their own, in the byte order of this machine.

    Raises
    ------
    FileError
        They are no such bytes.
    """
    length = int.from_bytes(data[:4], "little")
    if len(data) < 4 or not 0 < length <= min(_LONGEST_HEADER, len(data) - 4):
        raise FileError("the header of the arrays does not fit into their bytes")
    try:
        forms = _read_header(json.loads(data[4 : 4 + length].decode("ascii")))
    except Misfit as error:
        raise error.inside("arrays") from None
    except (ValueError, RecursionError):
        raise FileError("the header of the arrays is not JSON") from None
    types = [np.dtype(form["type"]) for form in forms]
    sizes = [math.prod(form["shape"]) * kind.itemsize for form, kind in zip(forms, types, strict=True)]
    if 4 + length + sum(sizes) != len(data):
        raise FileError(f"the arrays are declared to have {sum(sizes):,} bytes and have {len(data) - 4 - length:,}")
    if len({form["shape"][0] for form in forms}) > 1:
        raise FileError("the arrays have not as many rows as each other")
    rows, at = [], 4 + length
    for form, kind, size in zip(forms, types, sizes, strict=True):
        rows.append(_array(memoryview(data)[at : at + size], kind, form["shape"]))
        at += size
    return tuple(rows)


def _array(data: memoryview, kind: np.dtype[Any], shape: list[int]) -> AnyArray:
    if kind.kind == "b" and np.any(np.frombuffer(data, np.uint8) > 1):
        raise FileError("an array of booleans has bytes that are neither 0 nor 1")
    return np.frombuffer(data, kind).reshape(shape).astype(kind.newbyteorder("="))


def row_bytes(rows: Rows) -> int:
    """The bytes that one row of all the arrays takes."""
    return sum(array[:1].nbytes for array in rows)
