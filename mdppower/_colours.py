"""Colours of terminal maps and of Gymnasium's frames, which need no matplotlib, and text that can be read on any.

Contrast is that of WCAG 2.2: (L₁ + .05) / (L₂ + .05) of the relative luminances, the lighter first. Of black and
white the better one has at least √21 = 4.58 on every colour, since both cannot be below: (L + .05) / .05 times
1.05 / (L + .05) is 21. What is asked of text is 4.5.
"""

from __future__ import annotations

import numpy as np

from mdppower._typing import AnyArray, BoolArray, FloatArray

WALL_COLOUR = (59, 59, 66)
ABSORBING_COLOUR = (243, 207, 160)

# Viridis at eleven points (matplotlib's colour map of that name; colour-blind safe, monotone in grey).
VIRIDIS = (
    (68, 1, 84), (72, 36, 117), (65, 68, 135), (53, 95, 141), (42, 120, 142), (33, 145, 140),
    (34, 168, 132), (68, 191, 112), (122, 209, 81), (189, 223, 38), (253, 231, 37),
)  # fmt: skip


def luminance(colours: AnyArray) -> FloatArray:
    """Relative luminance of colours in sRGB, (…, 3 or 4) → (…); what is transparent counts as it is.

    Examples
    --------
    >>> luminance(np.array([[0.0, 0.0, 0.0], [1.0, 1.0, 1.0], [1.0, 0.0, 0.0]])).round(4).tolist()
    [0.0, 1.0, 0.2126]
    """
    rgb = np.asarray(colours, float)[..., :3]
    linear = np.where(rgb <= 0.04045, rgb / 12.92, ((rgb + 0.055) / 1.055) ** 2.4)
    return np.asarray(linear @ [0.2126, 0.7152, 0.0722])


def white_is_better(colours: AnyArray) -> BoolArray:
    """Where white contrasts more than black does.

    Examples
    --------
    >>> white_is_better(np.array([[0.5, 0.5, 0.5], [0.4, 0.4, 0.4], [1.0, 0.0, 0.0]])).tolist()
    [False, True, False]
    """
    level = luminance(colours) + 0.05
    return np.asarray(1.05 / level > level / 0.05)
