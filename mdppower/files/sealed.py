"""Sealed files: NetCDF with one line after its end, by which a file is known to be whole and ours.

    mdppower schema 2 sha256 <hex digits of all bytes before this line and of the schema>

The line is checked before HDF5 sees a byte: a file that was cut or changed is refused, and never handed to a C
library that may crash on it. The bytes are made in memory, and written atomically (`mdppower._atomic`).
"""

from __future__ import annotations

import hashlib
import io
import json
import logging
import os
import re
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Any

from mdppower._atomic import require_writable, write_atomically
from mdppower.errors import FileError, MDPPowerError, ParameterError

if TYPE_CHECKING:
    import xarray as xr

log = logging.getLogger(__name__)

SCHEMA = 2
"""In 1, an estimate's `error_bound` was called gap."""
MOST_NAMES = 100_000
"""Labels are also written as a coordinate of strings, for other programs, up to this many."""

_SEAL = re.compile(rb"\nmdppower schema (\d+) sha256 ([0-9a-f]{64})\n\Z")
_LONGEST_SEAL = 200
_SIGNATURE = b"\x89HDF\r\n\x1a\n"

PathLike = str | os.PathLike[str]


def write_sealed(data: xr.Dataset, header: dict[str, Any], path: PathLike) -> None:
    """Write labelled arrays, and a header that JSON can hold, to a sealed file."""
    data["header"] = ((), json.dumps(header))
    data.attrs |= {"format": "mdppower", "schema": SCHEMA}
    # In memory, where no disk is full: HDF5 can end the process where one is.
    payload = _netcdf(data)
    log.debug("writing %s: %d bytes", path, len(payload))
    write_atomically(path, payload, b"\nmdppower schema %d sha256 %s\n" % (SCHEMA, _digest(payload)))


@contextmanager
def told_as_file_error(path: PathLike) -> Iterator[None]:
    """What a file cannot hold: a label that is no Unicode or has 5,000 digits; and what HDF5 comes upon."""
    require_writable(path)
    try:
        yield
    except MDPPowerError:
        raise
    except (OSError, RuntimeError, ValueError) as error:
        told = getattr(error, "strerror", None) or error
        raise FileError(f"cannot write {os.fspath(path)!r}: {told}") from None


def _netcdf(data: xr.Dataset) -> memoryview:
    """The bytes of a NetCDF 4 file."""
    import h5netcdf
    from xarray.backends import H5NetCDFStore

    buffer = io.BytesIO()
    with h5netcdf.File(buffer, "w") as file:
        data.dump_to_store(H5NetCDFStore(file))
    return buffer.getbuffer()


def is_hdf5(path: PathLike) -> bool:
    """Whether a file begins as NetCDF 4 does, whatever it is called; False for what cannot be read."""
    try:
        with open(path, "rb") as file:
            return file.read(len(_SIGNATURE)) == _SIGNATURE
    except (OSError, ValueError):
        return False


def check_seal(path: PathLike) -> None:
    """Raise FileError unless the file is whole, ours, and of a schema that we know."""
    name = os.fspath(path)
    try:
        size = os.path.getsize(name)
        with open(name, "rb") as file:
            head = file.read(len(_SIGNATURE))
            file.seek(max(0, size - _LONGEST_SEAL))
            seal = _SEAL.search(file.read())
    except (OSError, ValueError) as error:  # ValueError: a null byte in the path
        raise FileError(f"cannot read {name!r}: {getattr(error, 'strerror', None) or error}") from None
    if seal is None:
        what = "was cut, or written by another program" if head == _SIGNATURE else "is not a file of mdppower"
        table = "; .csv and .json hold a table alone" * name.lower().endswith((".csv", ".json"))
        raise FileError(f"{name} {what}{table}")
    if seal[2] != _digest_of_file(name, size - len(seal[0]), seal[1]):
        raise FileError(f"{name} was changed or damaged since it was written: its checksum does not match")
    if int(seal[1]) > SCHEMA:
        raise FileError(
            f"{name} was written by a newer mdppower (schema {int(seal[1])}; this one reads up to {SCHEMA})"
        )


def _digest(data: memoryview) -> bytes:
    """SHA-256 of the schema's number and the bytes of a file, in hex."""
    digest = hashlib.sha256(b"%d" % SCHEMA)
    digest.update(data)
    return digest.hexdigest().encode()


def _digest_of_file(name: str, size: int, schema: bytes) -> bytes:
    """SHA-256 of the first `size` bytes of a file and of the schema's number, in hex."""
    digest = hashlib.sha256(schema)
    with open(name, "rb") as file:
        while size > 0:
            block = file.read(min(size, 2**20))
            if not block:
                break
            digest.update(block)
            size -= len(block)
    return digest.hexdigest().encode()


def suffix_of(path: PathLike) -> str:
    """The path's suffix, in lower case."""
    try:
        return Path(path).suffix.lower()
    except TypeError:
        raise ParameterError(f"a path is needed, got {path!r}") from None
