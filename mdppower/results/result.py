"""The base of all results."""

from __future__ import annotations

import html
import os
from collections.abc import Callable
from typing import TYPE_CHECKING, Any, ClassVar

from mdppower._text import printable
from mdppower.results.table import Table

if TYPE_CHECKING:
    import pandas as pd

SHOWN = 12
"""Rows of the table that is printed, or shown in a notebook."""


class Result:
    """What comes back of a question: it prints, and can be read as a table.

    A subclass has ``table(…)`` and a ``repr`` of one line, with numbers and their intervals. `str` and notebooks show
    that line and the table; ``hidden`` names what is public for other rooms alone, and is not in ``dir()``.
    """

    hidden: ClassVar[frozenset[str]] = frozenset()

    if TYPE_CHECKING:
        table: Callable[..., Table]

    def to_dataframe(self, *arguments: Any, **options: Any) -> pd.DataFrame:
        """The table as a pandas DataFrame; takes what ``table`` takes."""
        return self.table(*arguments, **options).to_dataframe()

    def save(self, path: str | os.PathLike[str]) -> None:
        """Write it to a file.

        Parameters
        ----------
        path : str or path
            Ends in ``.nc``, for `mdppower.load`; or in ``.csv`` or ``.json``, for the table.

        Raises
        ------
        ParameterError
            It ends otherwise.
        FileError
            The file cannot be written.
        """
        from mdppower.files.results import save_result

        save_result(self, path)

    def _summary(self) -> Table:
        """The rows that are printed."""
        return self.table()

    def _repr_picture_(self) -> str:
        """An ``<img>``, where there is a picture for a notebook."""
        return ""

    def __str__(self) -> str:
        return f"{self!r}\n{self._summary().text(SHOWN)}"

    def _repr_html_(self) -> str:
        return f"<p>{html.escape(printable(repr(self)))}</p>{self._repr_picture_()}{self._summary().html(SHOWN)}"

    def __getitem__(self, label: Any) -> Any:
        raise TypeError(f"{type(self).__name__} has its parts by .of({label!r})")

    def __dir__(self) -> list[str]:
        return [name for name in super().__dir__() if name not in self.hidden and name != "hidden"]


def saved_as_table(result: Result, path: str | os.PathLike[str]) -> bool:
    """Write a result's table, if the path ends in ``.csv`` or ``.json``; whether it did."""
    if os.path.splitext(os.fspath(path))[1].lower() not in (".csv", ".json"):
        return False
    result.table().save(path)
    return True
