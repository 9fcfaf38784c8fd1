"""Colours of terminal maps and of Gymnasium's frames, without matplotlib: viridis in eleven stops, and of walls."""

from __future__ import annotations

WALL_COLOUR = (59, 59, 66)

# Viridis at eleven points (matplotlib's colour map of that name; colour-blind safe, monotone in grey).
VIRIDIS = (
    (68, 1, 84), (72, 36, 117), (65, 68, 135), (53, 95, 141), (42, 120, 142), (33, 145, 140),
    (34, 168, 132), (68, 191, 112), (122, 209, 81), (189, 223, 38), (253, 231, 37),
)  # fmt: skip
