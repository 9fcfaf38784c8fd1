"""What is drawn on coloured cells can be read: black or white, whichever contrasts more, also after recolouring."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np
from matplotlib.cm import ScalarMappable

from mdppower._colours import white_is_better
from mdppower._typing import FloatArray


class Inks:
    """What is drawn on coloured cells stays readable when the colours change.

    Parameters
    ----------
    shown : ScalarMappable
        What colours the cells. Where its colour map, norm or limits are changed, all that was kept is inked anew.
    """

    def __init__(self, shown: ScalarMappable) -> None:
        self._shown = shown
        self._kept: list[tuple[FloatArray, Callable[[FloatArray], None]]] = []
        shown.callbacks.connect("changed", lambda _: self._again())  # a bound method would be held weakly

    def colours(self, values: FloatArray) -> FloatArray:
        """(K, 4) what is black or white on cells of these values; black on what is not coloured."""
        values = np.asarray(values, float)
        under = np.asarray(self._shown.to_rgba(np.ma.masked_invalid(values)))
        white = white_is_better(under) & np.isfinite(values) & (under[:, 3] > 0)
        return np.column_stack([np.repeat(white[:, None].astype(float), 3, axis=1), np.ones(len(values))])

    def keep(self, values: FloatArray, ink: Callable[[FloatArray], None]) -> None:
        """Call `ink` with the (K, 4) colours that suit cells of these values, now and after each change."""
        self._kept.append((np.asarray(values, float), ink))
        ink(self.colours(values))

    def write(self, artists: list[Any], values: FloatArray) -> None:
        """Keep texts readable, one a value."""

        def ink(colours: FloatArray) -> None:
            for artist, colour in zip(artists, colours.tolist(), strict=True):
                artist.set_color(colour)

        self.keep(values, ink)

    def _again(self) -> None:
        for values, ink in self._kept:
            ink(self.colours(values))
