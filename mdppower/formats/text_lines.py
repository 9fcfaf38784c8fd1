"""The lines of a text file: numbered as editors number them, a block at a time, whatever the line ends are.

A file of gigabytes is never in memory as a whole, and no line is longer than a megabyte.
"""

from __future__ import annotations

import os
from collections.abc import Iterator
from dataclasses import dataclass
from typing import BinaryIO

from mdppower.errors import FileError, MDPPowerError, ModelError

BLOCK = 2**20
"""Bytes that are read at a time; no line is longer."""


@dataclass(frozen=True)
class TextFile:
    r"""A text file of another tool: its bytes, and what it is called in messages.

    Parameters
    ----------
    stream : binary file
    name : str
    size : int
        Bytes: what stands in it cannot be more than these hold.

    Examples
    --------
    >>> import io
    >>> [block for block in TextFile(io.BytesIO(b"a\r\nb\rc\n"), "x.tra", 7).blocks()]
    [(1, ['a', 'b', 'c'])]
    """

    stream: BinaryIO
    name: str
    size: int

    def blocks(self) -> Iterator[tuple[int, list[str]]]:
        """The number of the first line, and the lines, of one block after the other."""
        self.stream.seek(0)
        number, rest, is_first = 1, b"", True
        while True:
            read = self.stream.read(BLOCK)
            data = rest + read
            if is_first:
                self._require_utf8(data)
                data, is_first = data.removeprefix(b"\xef\xbb\xbf"), False
            # A block ends with a whole line end: "\r" may be the first half of one.
            end = len(data) if not read else max(data.rfind(b"\n"), data.rfind(b"\r", 0, -1)) + 1
            data, rest = data[:end], data[end:]
            if len(rest) > BLOCK:
                told = number + data.count(b"\n")
                raise self.fault(told, f"the line is longer than {BLOCK:,} bytes")
            if data:
                lines = self._decode(data.replace(b"\r\n", b"\n").replace(b"\r", b"\n"), number).split("\n")
                if not lines[-1]:
                    lines.pop()
                yield number, lines
                number += len(lines)
            if not read:
                return

    def lines(self) -> Iterator[tuple[int, str]]:
        """Line by line, each with its number."""
        for first, block in self.blocks():
            yield from enumerate(block, first)

    def _decode(self, data: bytes, number: int) -> str:
        try:
            return data.decode("utf-8")
        except UnicodeDecodeError as error:
            line = number + data.count(b"\n", 0, error.start)
            raise self.fault(line, f"byte 0x{data[error.start]:02x} is not UTF-8 text") from None

    def _require_utf8(self, data: bytes) -> None:
        for mark, name in ((b"\xff\xfe", "UTF-16"), (b"\xfe\xff", "UTF-16")):
            if data.startswith(mark):
                raise self.fault(1, f"the file is {name} text; save it as UTF-8")

    def fault(self, line: int, told: str, kind: type[MDPPowerError] = FileError) -> MDPPowerError:
        """The error that says what is wrong with a line."""
        return kind(f"{self.name}, line {line:,}: {told}")

    def no_model(self, line: int, told: str) -> MDPPowerError:
        """The error of a line that is well written, and says what no MDP has."""
        return self.fault(line, told, ModelError)


def open_text(path: str | os.PathLike[str], name: str | None = None) -> TextFile:
    """A text file, open; FileError if it cannot be read. Who opens it closes its stream."""
    told = os.fspath(path)
    try:
        stream = open(path, "rb")  # noqa: SIM115  (closed by who asked for it)
        return TextFile(stream, name or told, os.fstat(stream.fileno()).st_size)
    except (OSError, ValueError) as error:  # ValueError: a null byte in the path
        raise FileError(f"cannot read {told!r}: {getattr(error, 'strerror', None) or error}") from None
