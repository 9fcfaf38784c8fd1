"""What all pictures share: a figure that shows itself in a notebook, and how it is saved.

Pictures know matplotlib through its object interface only: no global state, no window.
"""

from __future__ import annotations

import io
import os
from typing import Any

import matplotlib
from matplotlib.backends.backend_agg import FigureCanvasAgg
from matplotlib.figure import Figure

from mdppower._atomic import write_atomically
from mdppower.errors import ParameterError

SUFFIXES = (".png", ".svg", ".pdf")
PAPER = 150
"""Dots an inch in files, where nothing else is asked for."""


class Picture(Figure):
    """A figure that a notebook shows, without pyplot or a magic.

    Examples
    --------
    >>> import mdppower as mp
    >>> figure = mp.power(mp.envs.fork(2), 0.9, samples=64, rng=0).plot()
    >>> figure._repr_png_()[1:4]
    b'PNG'
    """

    def __init__(self, **options: Any) -> None:
        super().__init__(**options)
        FigureCanvasAgg(self)

    def _repr_png_(self) -> bytes:
        return png_of(self)


def png_of(figure: Figure) -> bytes:
    """The figure as PNG, for a screen."""
    drawn = io.BytesIO()
    figure.savefig(drawn, format="png", dpi=figure.dpi)
    return drawn.getvalue()


def picture_suffix(path: str | os.PathLike[str] | None, also: tuple[str, ...] = ()) -> str | None:
    """The suffix of a path, if pictures can be saved with it; checked before anything is drawn.

    `also` are suffixes that this picture has beside those of all.
    """
    if path is None:
        return None
    if not isinstance(path, str | os.PathLike):
        raise ParameterError(f"a path is needed, got {path!r}")
    suffix = os.path.splitext(os.fspath(path))[1].lower()
    known = (*SUFFIXES, *also)
    if suffix not in known:
        raise ParameterError(f"a picture is saved as {', '.join(known[:-1])} or {known[-1]}; got {os.fspath(path)!r}")
    return suffix


def save_figure(figure: Figure, path: str | os.PathLike[str], suffix: str, dpi: float | None = None) -> None:
    """Write a figure; the same picture gives the same bytes: no date, no random identifiers.

    FileError if the file cannot be written; an older picture is as it was.
    """
    metadata = {".png": None, ".svg": {"Date": None}, ".pdf": {"CreationDate": None}}[suffix]
    chosen = matplotlib.rcParams["savefig.dpi"]
    drawn = io.BytesIO()
    with matplotlib.rc_context({"svg.hashsalt": "mdppower"}):
        figure.savefig(
            drawn, format=suffix[1:], dpi=dpi or (PAPER if chosen == "figure" else chosen), metadata=metadata
        )
    write_atomically(path, drawn.getbuffer())
