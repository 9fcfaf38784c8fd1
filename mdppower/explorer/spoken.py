"""JSON from anybody, as far as it can be read without knowing what it is about."""

from __future__ import annotations

import json
import math
from typing import Any

from mdppower._schema import shown
from mdppower.explorer.refusals import QuestionError

MOST_BYTES = 2**16
DEEPEST = 6
"""Levels of lists and objects: a question has four."""
LONGEST_INTEGER = 30
"""Digits: what has more is in no range that is asked for."""


class Odd:
    """What JSON, or Python's, calls a number and what is none here: NaN, 1e999, an integer of a thousand digits."""

    def __init__(self, text: str) -> None:
        self.text = text

    def __repr__(self) -> str:
        return self.text if len(self.text) <= LONGEST_INTEGER else f"{self.text[:LONGEST_INTEGER]}…"


def read_json(body: bytes) -> Any:
    """The value of a JSON text.

    Parameters
    ----------
    body : bytes

    Returns
    -------
    any
        Numbers that are none, or that no field takes, are `Odd`, which no reader takes.

    Raises
    ------
    QuestionError
        It is longer than 64 kB, is not UTF-8, no JSON, deeper than 6, has a name twice, or half a surrogate pair.

    Examples
    --------
    >>> read_json(b'{"gamma": [0.9, 1e999]}')
    {'gamma': [0.9, 1e999]}
    """
    if len(body) > MOST_BYTES:
        raise QuestionError(f"a question of {len(body):,} bytes is longer than {MOST_BYTES:,}")
    try:
        text = body.decode("utf-8")
    except UnicodeDecodeError as error:
        raise QuestionError(f"byte 0x{body[error.start]:02x} at offset {error.start} is not UTF-8 text") from None
    try:
        value = json.loads(
            text, parse_int=_integer, parse_float=_float, parse_constant=Odd, object_pairs_hook=_without_twins
        )
    except RecursionError:
        raise QuestionError(f"lists and objects are nested more than {DEEPEST} deep") from None
    except json.JSONDecodeError as error:
        raise QuestionError(f"this is no JSON: {error.msg} at character {error.pos:,}") from None
    _look_through(value, "", DEEPEST)
    return value


def _integer(digits: str) -> int | Odd:
    return int(digits) if len(digits) <= LONGEST_INTEGER else Odd(digits)


def _float(text: str) -> float | Odd:
    number = float(text)
    return number if math.isfinite(number) else Odd(text)


def _without_twins(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    found: dict[str, Any] = {}
    for name, value in pairs:
        if name in found:
            raise QuestionError(f"{shown(name)} stands twice in the same object")
        found[name] = value
    return found


def _look_through(value: Any, place: str, levels: int) -> None:
    """Raise QuestionError for what is too deep, or for a text that no file can hold."""
    if isinstance(value, str):
        if any(0xD800 <= ord(letter) <= 0xDFFF for letter in value):
            raise QuestionError(f"{shown(value)} has half a surrogate pair, which is no character", place or None)
        return
    if not isinstance(value, (list, dict)):
        return
    if levels == 0:
        raise QuestionError(f"lists and objects are nested more than {DEEPEST} deep", place or None)
    if isinstance(value, list):
        for item in value:
            _look_through(item, place, levels - 1)
        return
    for name, item in value.items():
        _look_through(name, place, levels - 1)
        _look_through(item, f"{place}.{name}" if place else name, levels - 1)
