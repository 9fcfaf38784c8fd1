"""What the sections on POWERplay share: numbers beside published ones, how far apart both may be, and charts.

Published means are of so many independent draws. Ours are drawn independently, too, so that the error of theirs is
ours times √(our draws / theirs), where they say none. Both have their noise: numbers that stand for the same thing
differ by more than z·√(σ² + σ'²), with z for all comparisons of a section at once, in one section of a thousand;
`ROUNDING` is for digits that were read off pictures.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from matplotlib.figure import Figure
from scipy.special import stdtrit

import mdppower as mp

WITHIN = "within the errors of both (99.9 %, all at once) and .001 for rounding"
BLUE, RED, GREY = "#31688e", "#b5423a", "#8a8a8a"
CONFIDENCE = 0.999
ROUNDING = 0.001
Run = int
"""The most draws that a section makes for one number; fewer where fewer were published."""


@dataclass(frozen=True)
class Compared:
    """A number of ours beside a published one.

    Attributes
    ----------
    what : str
    ours, stderr : float
    theirs, their_stderr : float
    """

    what: str
    ours: float
    stderr: float
    theirs: float
    their_stderr: float

    def room(self, of: int, freedom: int) -> float:
        """How far apart both may be, as one of so many comparisons, with so many degrees of freedom."""
        quantile = float(stdtrit(freedom, 1 - (1 - CONFIDENCE) / (2 * of)))
        return quantile * math.hypot(self.stderr, self.their_stderr) + ROUNDING

    @property
    def off(self) -> float:
        """Ours less theirs."""
        return self.ours - self.theirs


def judged(rows: Sequence[Compared], freedom: int) -> list[Compared]:
    """Those of the comparisons that are further apart than both errors allow."""
    return [row for row in rows if not abs(row.off) <= row.room(len(rows), freedom)]


def nearest_to_its_room(rows: Sequence[Compared], freedom: int) -> str:
    """The comparison that uses most of its room, in words."""
    worst = max(rows, key=lambda row: abs(row.off) / row.room(len(rows), freedom))
    room = worst.room(len(rows), freedom)
    told = f"{len(rows)} numbers; the nearest to its limit is " if len(rows) > 1 else ""
    return f"{told}{worst.what}, {worst.off:+.4f} of ±{room:.4f}"


def their_error(ours: float, draws: int, theirs: int) -> float:
    """The standard error of a mean over so many draws, from that over ours."""
    return ours * math.sqrt(draws / theirs)


def average(rows: np.ndarray) -> tuple[float, float]:
    """The mean of (K, n) replicates over all n, and its standard error."""
    means = rows.mean(axis=1)
    return float(means.mean()), float(means.std(ddof=1) / math.sqrt(len(means)))


def draws(published: int, most: Run) -> int:
    """As many as were published, but no more than we may."""
    return min(published, most)


def world(name: str, **options: Any) -> mp.RewardlessMDP:
    """A map in POWERplay's convention: what leads into a wall does not exist; staying is possible everywhere."""
    return mp.envs.make(name, blocked="remove", **options)


def room(size: int, **options: Any) -> mp.RewardlessMDP:
    """A square room of POWERplay's."""
    return world(f"open({size},{size})", **options)


def choices(mdp: mp.RewardlessMDP) -> np.ndarray:
    """How many actions each cell has."""
    return np.bincount(mdp.pair_states, minlength=mdp.n_states)


def place(cell: Any) -> str:
    """A cell as text."""
    return f"({cell[0]}, {cell[1]})"


def chart(width: float, height: float, panels: int = 1, **options: Any) -> tuple[Figure, Any]:
    """A figure, and its panels."""
    figure = Figure(figsize=(width, height), layout="constrained")
    return figure, figure.subplots(1, panels, **options)
