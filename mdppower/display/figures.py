"""What all pictures share: the title above them, and how they are saved.

Pictures know matplotlib through its object interface only: no global state, no window. Viridis is legible for
colour-blind readers and in grey; walls are a grey that is not on it.
"""

from __future__ import annotations

import io
import os
import textwrap
from typing import Any

import matplotlib
from matplotlib.backends.backend_agg import FigureCanvasAgg
from matplotlib.figure import Figure

from mdppower._atomic import write_atomically
from mdppower.errors import ParameterError

SUFFIXES = (".png", ".svg", ".pdf")
SCREEN = 90
"""Dots an inch in a notebook."""


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
    figure.savefig(drawn, format="png", dpi=SCREEN)
    return drawn.getvalue()


def set_title(figure: Figure, texts: list[str], *, parse_math: bool) -> None:
    """Lines above the panels, wrapped to the width of the figure, which grows by them."""
    lines = [line for text in texts for line in textwrap.wrap(str(text), int(12 * figure.get_figwidth()))]
    figure.set_figheight(figure.get_figheight() + 0.18 * (len(lines) - 1))
    # Names of rewards and states are not mathematics, even where they contain a dollar sign.
    figure.suptitle("\n".join(lines), fontsize=11, parse_math=parse_math)


def picture_suffix(path: str | os.PathLike[str]) -> str:
    """The suffix of a path, if pictures can be saved with it; checked before anything is drawn."""
    if not isinstance(path, str | os.PathLike):
        raise ParameterError(f"a path is needed, got {path!r}")
    suffix = os.path.splitext(os.fspath(path))[1].lower()
    if suffix not in SUFFIXES:
        raise ParameterError(f"a picture is saved as .png, .svg or .pdf; got {os.fspath(path)!r}")
    return suffix


def save_figure(figure: Figure, path: str | os.PathLike[str], suffix: str) -> None:
    """Write a figure; the same picture gives the same bytes: no date, no random identifiers.

    FileError if the file cannot be written; an older picture is as it was.
    """
    metadata = {".png": None, ".svg": {"Date": None}, ".pdf": {"CreationDate": None}}[suffix]
    drawn = io.BytesIO()
    with matplotlib.rc_context({"svg.hashsalt": "mdppower"}):
        figure.savefig(drawn, format=suffix[1:], dpi=150, metadata=metadata)
    write_atomically(path, drawn.getbuffer())
