"""Files of other tools with bytes, numbers and lines exchanged; archives whose members lie about their sizes.

What comes of each is an MDP, which is read again as it is written, or an error of ours that names file and line.
"""

from __future__ import annotations

import io
import random
import re
import struct
import zipfile
import zlib
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import mdppower as mp
from scripts.fuzz.judge import Case, Wrong
from tests.support.model_files import FILES

ODD = [
    b"-1", b"0", b"1", b"2147483647", b"2147483648", b"99999999999999999999", b"9" * 400, b"nan", b"inf", b"1e400",
    b"1e-400", b"0x1", b"1_0", b"1/3", b"1/0", b"0.333333", b"[0.1,0.2]", b"\xd9\xa3", b"\r", b"\r\n", b"\n\n",
    b"\x00", b"\xff", b"\xef\xbb\xbf", b'"', b"]__[", b"[", b"]", b"{", b"}", b"->", b"--", b";", b":", b"#", b"//",
    b"/*", b"*/", b"@type: MDP", b"@model", b"state ", b"action ", b"$p", b"weight", b"subgraph", b"(", b",", b"=",
    b"-", b" ", b"\t", b"a" * 300,
]  # fmt: skip
PLACED = re.compile(r"[^\n]*\.\w+, line [\d,]+: [^\n]+")
"""How an error of a text file reads."""


def make(rng: random.Random, folder: Path) -> Case:
    """A case of that randomness."""
    kind = rng.choice(list(FILES))
    return case(kind, changed_files(kind, rng), folder, rng.random() < 0.3)


def case(kind: str, files: Mapping[str, bytes], folder: Path, again: bool) -> Case:
    """Read these files; `again` is whether they are written, and read once more."""
    first = next(iter(files))

    def read() -> Any:
        for name, data in files.items():
            (folder / name).write_bytes(data)
        try:
            found = mp.load(folder / first)
        except (mp.FileError, mp.ModelError) as error:
            told = str(error)
            if str(folder) not in told or (kind != "npz" and not PLACED.fullmatch(told) and " is a" not in told):
                raise Wrong(f"neither file nor line: {told}") from None
            raise
        if again:
            for suffix in (".drn", ".npz") if found.is_deterministic else (".drn",):
                found.save(folder / f"again{suffix}")
                if not mp.load(folder / f"again{suffix}").equals(found):
                    raise Wrong(f"what was saved as {suffix} is read as something else")
            return found
        return repr(found)

    told = "\n".join(f"{name}: {bytes(data[:1500])!r}" for name, data in files.items())
    return Case(told[:6000], read)


def changed_files(kind: str, rng: random.Random) -> dict[str, bytes]:
    """The files of a format, one of them changed."""
    files = dict(FILES[kind])
    name = rng.choice(list(files)) if rng.random() < 0.5 else next(iter(files))
    changes = rng.choice([1, 1, 1, 2, 5])
    if kind == "npz" and rng.random() < 0.7:
        files[name] = _archive(files[name], rng, changes)
    else:
        data = bytearray(files[name])
        for _ in range(changes):
            _change(data, rng)
        files[name] = bytes(data)
    return files


def _change(data: bytearray, rng: random.Random) -> None:
    """One change: a bit, a byte, a piece, a number, an odd word, a line."""
    at = rng.randrange(len(data) + 1)
    kind = rng.randrange(9)
    if kind == 0 and at < len(data):
        data[at] ^= 1 << rng.randrange(8)
    elif kind == 1:
        data.insert(at, rng.randrange(256))
    elif kind == 2:
        del data[at : at + rng.choice([1, 2, 20, len(data)])]
    elif kind == 3:
        piece = data[at : at + rng.randint(1, 40)]
        data[at:at] = piece * rng.choice([1, 1, 50])
    elif kind == 4:
        data[at:at] = rng.choice(ODD)
    elif kind in (5, 6):
        numbers = list(re.finditer(rb"-?\d+(?:\.\d+)?", data))
        if numbers:
            place = rng.choice(numbers)
            data[place.start() : place.end()] = rng.choice([*ODD[:18], rng.choice(numbers)[0]])
    else:
        lines = data.splitlines(keepends=True)
        if len(lines) > 1:
            one, other = rng.randrange(len(lines)), rng.randrange(len(lines))
            if kind == 7:
                lines[one], lines[other] = lines[other], lines[one]
            else:
                lines[one] = lines[one].replace(b"\n", rng.choice([b"\r\n", b"\r", b"", b"\n \n"]))
            data[:] = b"".join(lines)


def _archive(data: bytes, rng: random.Random, changes: int) -> bytes:
    """An archive with a member changed, packed with its right checksum; its sizes may be others."""
    with zipfile.ZipFile(io.BytesIO(data)) as archive:
        members = {info.filename: archive.read(info) for info in archive.infolist()}
    name = rng.choice(list(members))
    member = bytearray(members[name])
    for _ in range(changes):
        at = rng.randrange(len(member))
        if rng.random() < 0.5 and len(member) > 128:
            at = rng.randrange(128)
        kind = rng.random()
        if kind < 0.4 and len(member) > 136:  # another successor
            struct.pack_into("<q", member, 128 + 8 * rng.randrange((len(member) - 128) // 8), rng.randint(-2, 3))
        elif kind < 0.6:
            numbers = list(re.finditer(rb"\d+", member[:128]))
            place = rng.choice(numbers) if numbers else re.match(b"", member)
            member[place.start() : place.end()] = rng.choice(ODD[:6])  # type: ignore[union-attr]
        elif kind < 0.8:
            member[at] = rng.choice([0, 1, 2, 255, 254, rng.randrange(256)])
        else:
            del member[at : at + rng.choice([1, 8, 100])]
        if not member:
            break
    members[name] = bytes(member)
    buffer = io.BytesIO()
    method = rng.choice([zipfile.ZIP_STORED, zipfile.ZIP_DEFLATED, zipfile.ZIP_DEFLATED])
    with zipfile.ZipFile(buffer, "w", method) as archive:
        for one, content in members.items():
            archive.writestr(zipfile.ZipInfo(one), content, method)
    packed = bytearray(buffer.getvalue())
    if rng.random() < 0.3:  # the central directory says another size, or another checksum
        at = packed.find(b"PK\x01\x02")
        field = rng.choice([16, 20, 24])
        old = struct.unpack_from("<I", packed, at + field)[0]
        new = rng.choice([0, 1, old + 1, max(old - 8, 0), 2**31, 2**32 - 1, zlib.crc32(b"")])
        struct.pack_into("<I", packed, at + field, new)
    return bytes(packed)
