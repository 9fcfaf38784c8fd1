"""ENV may be ``-``: a text map, an MDP as TOML, or a text file of another tool, from standard input.

Counts of ``monitor`` may come from there, too.
"""

from __future__ import annotations

import re
import sys
from collections.abc import Mapping
from dataclasses import dataclass
from functools import partial
from io import BytesIO
from typing import TYPE_CHECKING, Any, BinaryIO, cast

import click

from mdppower.errors import FileError, ParameterError, SizeError

if TYPE_CHECKING:
    from mdppower.formats.text_lines import TextFile
    from mdppower.mdp.model import RewardlessMDP

NAME = "standard input"

_TOML = re.compile(rb"^(\xef\xbb\xbf)?[ \t]*(format[ \t]*=|\[\[[ \t]*state[ \t]*\]\])", re.MULTILINE)
"""A line that every MDP in TOML has, and no map: neither = nor [ is a glyph, and comments begin with a semicolon."""
_NETCDF = b"\x89HDF\r\n\x1a\n"


@dataclass(frozen=True)
class _Piped:
    """What was read, as the file that it would be."""

    data: bytes

    def open(self, mode: str) -> BinaryIO:
        """The bytes, to be read."""
        return BytesIO(self.data)


def build_from_standard_input(options: Mapping[str, Any]) -> RewardlessMDP:
    """The MDP on standard input; options are those of `mdppower.envs.make`.

    Raises
    ------
    FileError
        Nothing is there, or a file of another tool that is not read, or TOML that is no MDP.
    MapError, ModelError, ParameterError
        As `mdppower.envs.make` raises them; they call the file "standard input".
    """
    from mdppower.envs.catalog import build_map
    from mdppower.envs.gridworld import gridworld_from_file
    from mdppower.files.mdp_toml import parse_toml
    from mdppower.formats.doors import read_bytes_if_known

    data = _read("a map")
    if not data.strip():
        raise FileError(f"{NAME} is empty: a map was to come from there, as in mdppower show - < room.txt")
    if data.startswith(_NETCDF):
        raise FileError(f"{NAME} is a NetCDF file: give its path instead of -")
    if _TOML.search(data):
        if options:
            raise ParameterError(f"{NAME} is TOML, not a map, and takes no {', '.join(options)}")
        return parse_toml(data, NAME)
    found = read_bytes_if_known(data, NAME, **options)
    if found is not None:
        return found
    return build_map(partial(gridworld_from_file, cast(Any, _Piped(data)), source=NAME), NAME, dict(options))


def text_of_standard_input(what: str) -> TextFile:
    """The text on standard input, as if it were a file of that name.

    Raises
    ------
    FileError
        There is no standard input.
    SizeError
        It is longer than a text may be.
    """
    from mdppower.envs.textmap import MOST_BYTES
    from mdppower.formats.text_lines import TextFile

    data = _read(what)
    if len(data) > MOST_BYTES:
        raise SizeError(f"{NAME} has more than {MOST_BYTES:,} bytes, and cannot be {what}")
    return TextFile(BytesIO(data), NAME, len(data))


def _read(what: str) -> bytes:
    """All of standard input, which can be read once."""
    from mdppower.envs.textmap import MOST_BYTES

    meta = click.get_current_context().meta
    if meta.setdefault(__name__, False):
        raise ParameterError(f"- is {NAME}, which can be read only once: give one of the two by its path")
    meta[__name__] = True
    if sys.stdin is None or sys.stdin.closed:
        raise FileError(f"there is no {NAME}")
    if sys.stdin.isatty():
        click.echo(f"mdppower: reading {what} from the terminal; an end of file (Ctrl-D) ends it", err=True)
    try:
        return sys.stdin.buffer.read(MOST_BYTES + 1)  # what is larger is refused by whoever reads it
    except OSError as error:
        raise FileError(f"{NAME}: {error.strerror or error}") from None
