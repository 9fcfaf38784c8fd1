"""Labels as text: names of states and actions in files that have nothing but text for them.

``(0, 3)`` is the cell of a grid, a tuple of integers; any other text is a label as it stands, ``1`` too. Where we
write, what would be read as something else is written as JSON, without spaces, which `label_of_json` reads again.
"""

from __future__ import annotations

import json
import re
from collections.abc import Sequence

import numpy as np

from mdppower._schema import label as label_from_json
from mdppower._typing import FloatArray, Label
from mdppower.errors import FileError

_CELL = re.compile(r"\(\s*-?\d{1,18}\s*(?:,\s*-?\d{1,18}\s*)+,?\)", re.ASCII)
_JSON = re.compile(r'["\[\d-]')
_PLAIN = re.compile(r"[^\s\"\[\d-]\S*")


def label_of_text(text: str) -> Label:
    """The label that a text is.

    Examples
    --------
    >>> label_of_text("(0, 3)"), label_of_text("1"), label_of_text("(0, 3)_H")
    ((0, 3), '1', '(0, 3)_H')
    """
    if text.startswith("(") and _CELL.fullmatch(text):
        return tuple(int(part) for part in text[1:-1].split(",") if part.strip())
    return text


def label_of_json(text: str) -> Label:
    """The same, of a text that may be a label as JSON.

    Examples
    --------
    >>> label_of_json("7"), label_of_json('"7"'), label_of_json("[0,[1]]"), label_of_json("[x=1]")
    (7, '7', (0, (1,)), '[x=1]')
    """
    if _JSON.match(text):
        try:
            return label_from_json(json.loads(text))
        except (ValueError, RecursionError, FileError):
            return text
    return label_of_text(text)


def text_of_label(label: Label) -> str:
    r"""What `label_of_json` reads as this label; without white space.

    Examples
    --------
    >>> text_of_label("won"), text_of_label(7), text_of_label("7"), text_of_label((0, 3)), text_of_label("a b")
    ('won', '7', '"7"', '[0,3]', '"a\\u0020b"')
    """
    if isinstance(label, str) and _PLAIN.fullmatch(label) and label.isprintable() and label_of_text(label) == label:
        return label
    told = json.dumps(label, separators=(",", ":"))
    return told.replace(" ", "\\u0020")


def layout_of_cells(labels: Sequence[Label]) -> FloatArray | None:
    """(S, 2) the places of states that are all cells (row, column) of a grid; else None.

    Examples
    --------
    >>> layout_of_cells([(0, 0), (0, 1)]).tolist(), layout_of_cells([(0, 0), "x"])
    ([[0.0, 0.0], [0.0, 1.0]], None)
    """
    for label in labels:
        if type(label) is not tuple or len(label) != 2 or not all(type(x) is int and abs(x) < 2**30 for x in label):
            return None
    return np.array(labels, dtype=np.float64)
