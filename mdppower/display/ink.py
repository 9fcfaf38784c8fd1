"""Text that can be read on any colour: black or white, whichever contrasts more, also after recolouring.

Contrast is that of WCAG 2.2: (L₁ + .05) / (L₂ + .05) of the relative luminances, the lighter first. Of black and
white the better one has at least √21 = 4.58 on every colour, since both cannot be below: (L + .05) / .05 times
1.05 / (L + .05) is 21. What is asked of text is 4.5.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np
from matplotlib.cm import ScalarMappable

from mdppower._typing import BoolArray, FloatArray


def luminance(colours: FloatArray) -> FloatArray:
    """Relative luminance of colours in sRGB, (…, 3 or 4) → (…); what is transparent counts as it is.

    Examples
    --------
    >>> luminance(np.array([[0.0, 0.0, 0.0], [1.0, 1.0, 1.0], [1.0, 0.0, 0.0]])).round(4).tolist()
    [0.0, 1.0, 0.2126]
    """
    rgb = np.asarray(colours, float)[..., :3]
    linear = np.where(rgb <= 0.04045, rgb / 12.92, ((rgb + 0.055) / 1.055) ** 2.4)
    return np.asarray(linear @ [0.2126, 0.7152, 0.0722])


def white_is_better(colours: FloatArray) -> BoolArray:
    """Where white contrasts more than black does.

    Examples
    --------
    >>> white_is_better(np.array([[0.5, 0.5, 0.5], [0.4, 0.4, 0.4], [1.0, 0.0, 0.0]])).tolist()
    [False, True, False]
    """
    level = luminance(colours) + 0.05
    return np.asarray(1.05 / level > level / 0.05)


def ink_on(colours: FloatArray) -> list[str]:
    """Black or white, as words, for each of (K, 4) colours."""
    return ["white" if white else "black" for white in white_is_better(colours).tolist()]


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
        white = white_is_better(under) & np.isfinite(values)
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
