"""The arrays in an archive of NumPy: what each says of its size is checked before memory is taken for it.

Python's `zipfile` stops reading where a member was said to end, and `numpy.load` takes the memory that the head of an
array asks for. Here the two must agree, and what is unpacked must be that long and not a byte longer.
"""

from __future__ import annotations

import io
import math
import os
import tokenize
import warnings
import zipfile
import zlib
from collections.abc import Iterator
from typing import Any, BinaryIO, NamedTuple

import numpy as np

from mdppower._quotes import quoted
from mdppower._schema import shown
from mdppower._typing import AnyArray
from mdppower.errors import FileError, SizeError

PathLike = str | os.PathLike[str]
MOST_ENTRIES = 2**26
"""Of an array: half a gibibyte of 64-bit numbers."""
MOST_MEMBERS = 1000
MOST_SWELLING = 1032
"""Of a byte, by DEFLATE."""
_NO_HEAD = (
    ValueError, LookupError, TypeError, SyntaxError, EOFError, ArithmeticError, RecursionError, tokenize.TokenError,
)  # fmt: skip
"""What NumPy comes upon in a head that is none: it reads it as Python's literals."""
_METHODS = (zipfile.ZIP_STORED, zipfile.ZIP_DEFLATED)
_BLOCK = 2**18
_LONGEST_HEAD = 10_240
_LOCAL_HEAD = 30
"""Bytes before a member's name, in the archive."""
_IS_ENCRYPTED = 0x1


class Member(NamedTuple):
    """An array in an archive, of which only the head was read."""

    name: str
    info: zipfile.ZipInfo
    shape: tuple[int, ...]
    dtype: np.dtype[Any]
    by_columns: bool
    begin: int
    """Bytes before its numbers."""


class Archive:
    """An archive of NumPy, open.

    Parameters
    ----------
    path : str or path

    Raises
    ------
    FileError
        It is none, or damaged.
    """

    def __init__(self, path: PathLike) -> None:
        self.name = os.fspath(path)
        try:
            self._file: BinaryIO = open(path, "rb")  # noqa: SIM115  (closed by close)
        except (OSError, ValueError) as error:
            raise FileError(f"cannot read {self.name!r}: {getattr(error, 'strerror', None) or error}") from None
        try:
            self.infos = self._infos()
        except BaseException:
            self._file.close()
            raise

    def __enter__(self) -> Archive:
        return self

    def __exit__(self, *error: object) -> None:
        self._file.close()

    def _infos(self) -> dict[str, zipfile.ZipInfo]:
        """What the archive says of its members, by the names of the arrays."""
        try:
            with zipfile.ZipFile(self._file) as archive:
                listed = archive.infolist()
        except (zipfile.BadZipFile, OSError, ValueError, NotImplementedError, OverflowError, EOFError) as error:
            raise FileError(f"{self.name} is no archive of NumPy, or is damaged: {error}") from None
        if len(listed) > MOST_MEMBERS:
            raise FileError(f"{self.name} has {len(listed):,} members, more than an archive of a table has")
        found: dict[str, zipfile.ZipInfo] = {}
        for info in listed:
            name = info.filename.removesuffix(".npy")
            if name in found:
                raise FileError(f"{self.name}: {quoted(name)} is there twice")
            found[name] = info
        return found

    def member(self, name: str) -> Member:
        """The head of an array.

        Raises
        ------
        FileError
            It is no array of numbers, or its head and the archive say different sizes.
        SizeError
            It says that it has more than 2**26 numbers.
        """
        info = self.infos[name]
        told = f"{self.name}: {quoted(name)}"
        if info.compress_type not in _METHODS or info.flag_bits & _IS_ENCRYPTED:
            raise FileError(f"{told} is encrypted, or compressed as NumPy does not")
        if info.file_size > MOST_SWELLING * info.compress_size:
            raise FileError(
                f"{told} says that {info.compress_size:,} bytes unpack to {info.file_size:,}, which none do"
            )
        head = b""
        for piece in self._pieces(told, info):
            head += piece
            if len(head) >= _LONGEST_HEAD:
                break
        stream = io.BytesIO(head)
        try:
            with warnings.catch_warnings(action="ignore"):
                version = np.lib.format.read_magic(stream)
                read = {(1, 0): np.lib.format.read_array_header_1_0, (2, 0): np.lib.format.read_array_header_2_0}
                shape, by_columns, dtype = read[version](stream)
        except _NO_HEAD as error:
            raise FileError(f"{told} is no array of NumPy: {shown(str(error))}") from None
        if dtype.hasobject:
            raise FileError(f"{told} holds Python objects, a pickle: to open it could run anything in it")
        if dtype.kind not in "iuf" or dtype.itemsize > 8:
            raise FileError(f"{told} must be integers or floats of at most 64 bits, got an array of {dtype}")
        n = math.prod(shape)
        if min(shape, default=0) < 0:
            raise FileError(f"{told} says that its sizes are {shape}")
        if n > MOST_ENTRIES:
            raise SizeError(f"{told} says that it has {n:,} numbers, more than 2**26, which are read")
        begin = stream.tell()
        if begin + n * dtype.itemsize != info.file_size:
            says = f"its head says {n:,} numbers of {dtype.itemsize} bytes"
            raise FileError(f"{told}: {says}, and the archive {info.file_size:,} bytes with a head of {begin:,}")
        return Member(name, info, shape, dtype, by_columns, begin)

    def numbers(self, member: Member) -> AnyArray:
        """The numbers of an array, in the byte order of this machine.

        Raises
        ------
        FileError
            What is unpacked is longer or shorter than was said, or has another checksum.
        """
        told = f"{self.name}: {quoted(member.name)}"
        n = math.prod(member.shape)
        array = np.empty(n, member.dtype)
        into, place = array.view(np.uint8), -member.begin
        for piece in self._pieces(told, member.info):
            skip = max(0, -place)
            rest = piece[skip:]
            if rest:
                into[place + skip : place + skip + len(rest)] = np.frombuffer(rest, np.uint8)
            place += len(piece)
        found = array.reshape(member.shape, order="F" if member.by_columns else "C")
        return found.astype(member.dtype.newbyteorder("="), copy=False)

    def _pieces(self, told: str, info: zipfile.ZipInfo) -> Iterator[bytes]:
        """What a member holds, a piece at a time; an error as soon as it is longer than was said, or ends before."""
        compressed, total, check = info.compress_size, 0, 0
        unpack = zlib.decompressobj(-zlib.MAX_WBITS) if info.compress_type == zipfile.ZIP_DEFLATED else None
        try:
            self._file.seek(info.header_offset)
            local = self._file.read(_LOCAL_HEAD)
            if len(local) < _LOCAL_HEAD or local[:4] != b"PK\x03\x04":
                raise FileError(f"{told} is not where the archive says it is")
            self._file.seek(sum(int.from_bytes(local[k : k + 2], "little") for k in (26, 28)), os.SEEK_CUR)
            while compressed > 0 and not (unpack is not None and unpack.eof):
                data = self._file.read(min(compressed, _BLOCK))
                if not data:
                    raise FileError(f"{told} was cut")
                compressed -= len(data)
                while data:
                    piece = data if unpack is None else unpack.decompress(data, _BLOCK)
                    data = b"" if unpack is None else unpack.unconsumed_tail
                    total += len(piece)
                    if total > info.file_size:
                        raise FileError(f"{told} unpacks to more than the {info.file_size:,} bytes that it says")
                    check = zlib.crc32(piece, check)
                    if piece:
                        yield piece
        except (OSError, ValueError, OverflowError, zlib.error) as error:
            raise FileError(f"{told} is damaged: {error}") from None
        if total < info.file_size or (unpack is not None and not unpack.eof):
            raise FileError(f"{told} unpacks to {total:,} bytes, and says that it has {info.file_size:,}")
        if check != info.CRC:
            raise FileError(f"{told} was changed or damaged: its checksum does not match")
