"""A table: columns of one length, which print as such."""

from __future__ import annotations

import html
import os
from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Any

from mdppower._atomic import write_atomically
from mdppower._text import count, printable
from mdppower.errors import ParameterError
from mdppower.results.table_text import render

if TYPE_CHECKING:
    import pandas as pd

SHOWN = 40
"""Most rows that are printed."""


class Table(dict[str, list[Any]]):
    """Columns by name, of one length each.

    Attributes
    ----------
    caption : str
        What the numbers are.

    Examples
    --------
    >>> table = Table({"state": ["a", "b"], "power": [0.5, 0.75]}, "POWER at γ = 0.9")
    >>> table
    state  power
    a        0.5
    b       0.75
    POWER at γ = 0.9
    >>> table["power"], table.n_rows
    ([0.5, 0.75], 2)
    """

    def __init__(self, columns: Mapping[str, Sequence[Any]], caption: str = "") -> None:
        super().__init__({name: list(values) for name, values in columns.items()})
        if len({len(values) for values in self.values()}) > 1:
            raise ParameterError("columns of a table must be of one length")
        self.caption = caption

    @property
    def n_rows(self) -> int:
        """How many rows there are."""
        return len(next(iter(self.values()), []))

    def rows(self, which: Sequence[int]) -> Table:
        """Some of the rows, by position."""
        return Table({name: [values[i] for i in which] for name, values in self.items()}, self.caption)

    def text(self, most: int | None = None) -> str:
        """Aligned text, and the caption.

        Parameters
        ----------
        most : int, optional
            Rows; of more, the first are shown and the others counted.
        """
        shown = self if most is None or self.n_rows <= most else self.rows(range(most))
        told = [render(shown)] if self else []
        told += [f"… {count(self.n_rows, 'row')} in all"] if shown is not self else []
        return "\n".join([*told, *([printable(self.caption)] if self.caption else [])])

    def csv(self) -> str:
        """CSV with every digit, without the caption."""
        return render(self, "csv")

    def json(self) -> str:
        """A JSON list of records, without the caption."""
        return render(self, "json")

    def to_dataframe(self) -> pd.DataFrame:
        """A pandas DataFrame; the caption is in its ``attrs``."""
        import pandas as pd

        frame = pd.DataFrame({name: pd.Series(values) for name, values in self.items()})
        frame.attrs["caption"] = self.caption
        return frame

    def save(self, path: str | os.PathLike[str]) -> None:
        """Write the table to a file.

        Parameters
        ----------
        path : str or path
            Ends in ``.csv`` or ``.json``.

        Raises
        ------
        ParameterError
            It ends otherwise.
        FileError
            The file cannot be written.
        """
        suffix = os.path.splitext(os.fspath(path))[1].lower()
        if suffix not in (".csv", ".json"):
            raise ParameterError(f"a table is saved as .csv or .json; got {os.fspath(path)!r}")
        write_atomically(path, (render(self, suffix[1:]) + "\n").encode())

    def __repr__(self) -> str:
        return self.text(SHOWN)

    def _repr_html_(self) -> str:
        return self.html(SHOWN)

    def html(self, most: int) -> str:
        """An HTML table of the first rows, with a caption.

        Parameters
        ----------
        most : int
            Rows.
        """
        shown = self if self.n_rows <= most else self.rows(range(most))
        # The same digits as in text: a table of one column is as wide as that.
        cells = {name: render({name: values}).split("\n")[1:] for name, values in shown.items()}
        head = "".join(f"<th>{_escape(name)}</th>" for name in cells)
        body = "".join(
            "<tr>" + "".join(f"<td>{_escape(cell.strip())}</td>" for cell in row) + "</tr>"
            for row in zip(*cells.values(), strict=True)
        )
        more = f"<p>… {count(self.n_rows, 'row')} in all</p>" if shown is not self else ""
        caption = f"<caption>{_escape(self.caption)}</caption>" if self.caption else ""
        return f"<table>{caption}<thead><tr>{head}</tr></thead><tbody>{body}</tbody></table>{more}"


def _escape(text: str) -> str:
    return html.escape(printable(text))
