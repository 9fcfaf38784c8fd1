"""Columns as text: aligned, CSV or JSON."""

from __future__ import annotations

import csv
import io
import json
import math
import re
from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np

from mdppower._checks import choice
from mdppower._text import printable
from mdppower.results.number_text import number_text

FORMATS = ("table", "csv", "json")


def render(columns: Mapping[str, Sequence[Any]], fmt: str = "table") -> str:
    r"""Write a table out.

    Parameters
    ----------
    columns : mapping from name to values
        All of one length.
    fmt : {"table", "csv", "json"}
        Aligned text with 6 significant digits; CSV and JSON (a list of records) keep every digit. Labels that are
        tuples are written "(1, 2)" in text and CSV, as arrays in JSON; NaN and infinities are null in JSON.
        Whatever labels are, they stay labels: what cannot be printed is written as its code, and in CSV a text
        that a spreadsheet would compute ("=A1") begins with an apostrophe, which it does not show.

    Returns
    -------
    str
        Without a final newline.

    Examples
    --------
    >>> print(render({"state": ["a", (0, 1)], "power": [0.5, 2 / 3]}))
    state      power
    a            0.5
    (0, 1)  0.666667
    >>> render({"state": [(0, 1)], "power": [float("nan")]}, "json")
    '[\n{"state": [0, 1], "power": null}\n]'
    """
    choice(fmt, "format", FORMATS)
    rows = list(zip(*columns.values(), strict=True))
    if fmt == "json":
        records = [json_text(dict(zip(columns, map(_plain, row), strict=True))) for row in rows]
        return "[\n" + ",\n".join(records) + "\n]"
    if fmt == "csv":
        out = io.StringIO()
        writer = csv.writer(out, lineterminator="\n")
        writer.writerow(map(_cell, columns))
        writer.writerows([*map(_cell, row)] for row in rows)
        return out.getvalue().rstrip("\n")
    return _aligned(columns)


_FORMULA = re.compile(r"\s*(?:[=@|]|[+-](?![>\d.]))|\s*[+-][\d.]+[^\d.]")
"""What spreadsheets compute, as they do what begins with a sign; not so the paper's actions, "->s2"."""


def _cell(value: Any) -> Any:
    """A value in CSV: a number as it is, a text on one line and never a formula."""
    if isinstance(value, (int, float, np.number)):
        return value
    text = str(value)
    return f"'{printable(text)}" if _FORMULA.match(text) else printable(text)


def json_text(value: Any, indent: int | None = None) -> str:
    r"""JSON that is legible, but for what cannot be printed, which is written as its code.

    Examples
    --------
    >>> json_text({"γ": "\x1b\u202e"})
    '{"γ": "\\u001b\\u202e"}'
    """
    text = json.dumps(value, ensure_ascii=False, indent=indent, allow_nan=False)
    return text if text.isprintable() else _UNPRINTABLE.sub(_code, text)


_UNPRINTABLE = re.compile(r"[^\n -~]")


def _code(found: re.Match[str]) -> str:
    return found[0] if found[0].isprintable() else json.dumps(found[0])[1:-1]


def _plain(value: Any) -> Any:
    if isinstance(value, np.generic):
        value = value.item()
    if isinstance(value, float) and not math.isfinite(value):
        return None
    return list(map(_plain, value)) if isinstance(value, tuple) else value


def _aligned(columns: Mapping[str, Sequence[Any]]) -> str:
    """Text in columns: numbers to the right, all else to the left."""
    cells = []
    for name, values in columns.items():
        numeric = all(isinstance(v, (int, float, np.number)) for v in values) and len(values) > 0
        texts = (number_text(float(v)) if isinstance(v, (float, np.floating)) else printable(f"{v}") for v in values)
        column = [printable(name), *texts]
        width = max(map(len, column))
        cells.append([c.rjust(width) if numeric else c.ljust(width) for c in column])
    return "\n".join("  ".join(row).rstrip() for row in zip(*cells, strict=True))
