"""A Markdown report with pictures: what a text claims, whether it holds, and the number that shows it.

A report is a list of sections. A section quotes the text, gives a verdict in words, and checks numbers. The top of
the written file is a table of all verdicts. A check that fails stays in the report, marked, and `failed` lists it.
"""

from __future__ import annotations

import sys
from collections.abc import Iterable, Sequence
from fractions import Fraction
from numbers import Rational
from pathlib import Path
from typing import Any

from matplotlib.backends.backend_agg import FigureCanvasAgg
from matplotlib.figure import Figure
from PIL import Image

RIGHT, REPAIR, WRONG, OUTSIDE = "right", "right with a repair", "wrong", "outside the mathematics"
OPEN = "not settled"
VERDICTS = (RIGHT, REPAIR, WRONG, OUTSIDE, OPEN)
DPI = 100


class Report:
    """A report, made from top to bottom; nothing but pictures is written before `write`.

    Parameters
    ----------
    folder : Path
        Where ``report.md`` and its pictures go.
    title, introduction : str
    """

    colours: int | None = None
    """Of a picture; all if None. A few take a third of the bytes, and nothing is to be seen of it."""

    def __init__(self, folder: Path, title: str, introduction: str) -> None:
        self.folder, self.title, self.introduction = Path(folder), title, introduction
        self.failed: list[str] = []
        self.passed = 0
        self._body: list[str] = []
        self._summary: list[tuple[Any, ...]] = [("section", "statement", "verdict", "shown by")]
        self._sections = 0

    def section(self, title: str) -> None:
        """Begin a section; sections are numbered."""
        self._sections += 1
        self._add(f"## {self._sections}. {title}")
        print(f"{self._sections}. {title}", file=sys.stderr)

    def quote(self, text: str) -> None:
        """What the text under examination says, in its own words."""
        self._add("\n".join(f"> {line.strip()}" for line in text.strip().splitlines()))

    def verdict(self, statement: str, word: str, shown_by: str) -> None:
        """A verdict on a statement of this section, for the table at the top as well.

        Parameters
        ----------
        statement : str
            In a few words.
        word : str
            One of `VERDICTS`.
        shown_by : str
            The number or the reason, in a few words.
        """
        if word not in VERDICTS:
            raise ValueError(f"a verdict is one of {', '.join(VERDICTS)}, not {word!r}")
        self._summary.append((self._sections, statement, word, shown_by))
        self._add(f"**{statement}: {word}.** {shown_by[0].upper()}{shown_by[1:]}.")

    def paragraph(self, text: str) -> None:
        """Prose; line breaks and indentation of the argument do not matter."""
        self._add(" ".join(text.split()))

    def table(self, rows: Iterable[Sequence[Any]]) -> None:
        """A table; the first row is its head. Numbers are written by `say`."""
        self._add(markdown_table(rows))

    def picture(self, name: str, figure: Figure, caption: str) -> None:
        """Save a figure as ``<name>.png`` and show it with a caption."""
        self.folder.mkdir(parents=True, exist_ok=True)
        FigureCanvasAgg(figure)
        # The same picture gives the same bytes under one version of matplotlib.
        path = self.folder / f"{name}.png"
        figure.savefig(path, dpi=DPI, metadata={"Software": None})
        if self.colours is not None:
            with Image.open(path) as image:
                few = image.convert("RGB").quantize(self.colours, dither=Image.Dither.NONE)
            few.save(path, optimize=True)
        self._add(f"![{name}]({name}.png)")
        self._add(f"*{' '.join(caption.split())}*")

    def check(self, claim: str, ok: Any, number: Any) -> bool:
        """State that something was found to hold, with the number; a failure is marked, and kept in `failed`."""
        fine = bool(ok)
        self._add(f"- {'✓' if fine else '✗ NOT CONFIRMED:'} {claim}: {say(number)}")
        if fine:
            self.passed += 1
        else:
            self.failed.append(f"{claim}: {say(number)}")
        return fine

    def write(self) -> Path:
        """Write the report, and give its path."""
        found = f"{self.passed} checks passed" + (f", **{len(self.failed)} FAILED**" if self.failed else "")
        head = [f"# {self.title}", self.introduction, markdown_table(self._summary), f"{found}."]
        self.folder.mkdir(parents=True, exist_ok=True)
        path = self.folder / "report.md"
        path.write_text("\n\n".join(head) + "\n\n" + "\n".join(self._body).strip() + "\n", encoding="utf-8")
        return path

    def _add(self, block: str) -> None:
        # Items of one list stand together; all else is set apart.
        if self._body and not (block.startswith("- ") and self._body[-1].startswith("- ")):
            self._body.append("")
        self._body.append(block)


def say(value: Any) -> str:
    """A number as text: fractions as they are, with decimals; floats to four digits; others by `str`."""
    if hasattr(value, "item") and getattr(value, "ndim", 1) == 0:
        value = value.item()
    if isinstance(value, Rational) and not isinstance(value, (bool, int)):
        plain = f"{value.numerator}/{value.denominator}" if value.denominator != 1 else str(value.numerator)
        return f"{plain} = {float(value):.4g}" if 1 < value.denominator < 10**6 else f"{float(value):.4g}"
    if isinstance(value, float):
        return f"{value:.4g}".replace("inf", "∞")
    if isinstance(value, int) and not isinstance(value, bool):
        return f"{value:,}"
    if isinstance(value, tuple | list):
        return ", ".join(say(x) for x in value)
    return str(value)


def markdown_table(rows: Iterable[Sequence[Any]]) -> str:
    """Rows of cells, the first of which is the head, as a Markdown table."""
    cells = [[say(cell).replace("|", "\\|") for cell in row] for row in rows]
    if len({len(row) for row in cells}) != 1:
        raise ValueError("the rows of a table have different lengths")
    lines = ["| " + " | ".join(row) + " |" for row in cells]
    return "\n".join([lines[0], "|" + "---|" * len(cells[0]), *lines[1:]])


def short(value: Fraction | float) -> str:
    """A number as decimals only, for tables."""
    return f"{float(value):.4g}"
