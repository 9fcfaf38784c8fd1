"""What the colours of a map say: numbers, ranks, or shares of the average; of the cells where there is a choice.

An absorbing cell has POWER by its own reward alone, mostly far from all others: the scale would be its difference
from the rest, and the rest one colour. So the scale goes from the least to the most of the cells that are not
absorbing, and these have a colour of their own.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from matplotlib.colors import Normalize
from scipy.stats import rankdata

from mdppower._text import told_rates
from mdppower._typing import BoolArray, FloatArray
from mdppower.display.look import Look
from mdppower.errors import ParameterError


def unit_of(what: str) -> str:
    """The label of numbers of POWER, or of what they are instead."""
    return f"{what} (reward units)"


SCALES = ("linear", "rank", "relative")
OFF, TOLD_OFF = "white", "white: the norm has no colour for it"
"""Of numbers that are off the scale."""


@dataclass(frozen=True, eq=False)
class ColourScale:
    """What is coloured in a panel, and how.

    Attributes
    ----------
    shown : (S,) array
        The number that stands for each state's colour; NaN where it has another.
    norm : Normalize
    label : str
        Of the colour bar.
    """

    shown: FloatArray
    norm: Normalize
    label: str

    @property
    def off(self) -> BoolArray:
        """(S,) whether the norm has no colour for a number: a logarithm of one below 0, say."""
        finite = np.isfinite(self.shown)
        if not finite.any():
            return finite
        return np.asarray(finite & np.ma.getmaskarray(self.norm(np.ma.masked_invalid(self.shown))))

    @property
    def extend(self) -> str:
        """Which ends of the colour bar have a point: some cells lie beyond them."""
        seen = self.shown[np.isfinite(self.shown)]
        if not seen.size or self.norm.vmin is None or self.norm.vmax is None:
            return "neither"
        below, above = bool(seen.min() < self.norm.vmin), bool(seen.max() > self.norm.vmax)
        return {(True, True): "both", (True, False): "min", (False, True): "max"}.get((below, above), "neither")


def power_scales(
    power: FloatArray, slack: FloatArray, gammas: Sequence[float], coloured: BoolArray, look: Look, *, scale: str,
    share: bool, what: str = "POWER",
) -> list[ColourScale]:  # fmt: skip
    """The scale of each panel.

    Parameters
    ----------
    power : (G, S) array
    slack : (G,) array
        Numbers that are closer than twice this are one: their differences are the solver's.
    gammas : sequence of G float
    coloured : (S,) boolean array
        The states from which the scale comes.
    look : Look
    scale : {"linear", "rank", "relative"}
    share : bool
        Whether all panels have one scale.
    what : str
        What the numbers are.

    Raises
    ------
    ParameterError
        The scale is relative to an average that is not positive.
    """
    seen = np.where(coloured & np.isfinite(power), power, np.nan)
    label = unit_of(what)
    if scale == "rank":
        label = f"rank of {what}, 1 … {int(coloured.sum()):,} (most)"
        seen = np.array([_ranks(row, 2 * gap) for row, gap in zip(seen, slack.tolist(), strict=True)])
        slack = np.zeros_like(slack)
    elif scale == "relative":
        label = f"{what} against the cells' average (%)"
        average = np.nanmean(np.where(np.isnan(seen).all(axis=1, keepdims=True), 1.0, seen), axis=1)
        for gamma, mean in zip(gammas, average.tolist(), strict=True):
            if mean <= 0:
                raise ParameterError(
                    f"scale='relative' is in per cent of the average {what}, which is {mean:.4g} at "
                    f"{told_rates(gamma)}: take 'linear' or 'rank'"
                )
        seen, slack = 100 * (seen / average[:, None] - 1), 100 * slack / average
    return scales_of(seen, slack, look, label, share=share)


def scales_of(seen: FloatArray, slack: FloatArray, look: Look, label: str, *, share: bool) -> list[ColourScale]:
    """Scales from the least to the most of (G, S) numbers, NaN where a state is not coloured.

    Parameters
    ----------
    seen : (G, S) array
    slack : (G,) array
        Where all are within twice this, they are one value.
    look : Look
        Its norm or ends are used, where there are.
    label : str
    share : bool
        Whether all panels have one scale.

    Raises
    ------
    ParameterError
        The ends that are chosen leave nothing between them.
    """
    if look.norm is not None:
        _fit(look.norm, seen)
        norms = [look.norm] * len(seen)
    elif share:
        norms = [_limits(seen, float(slack.max()), look)] * len(seen)
    else:
        norms = [_limits(row, gap, look) for row, gap in zip(seen, slack.tolist(), strict=True)]
    return [ColourScale(row, norm, label) for row, norm in zip(seen, norms, strict=True)]


def signed_scale(shown: FloatArray, typical: BoolArray, look: Look, label: str) -> ColourScale:
    """A scale of differences: symmetric around 0, and as wide as the greatest of the typical ones.

    Parameters
    ----------
    shown : (S,) array
        NaN where there is none.
    typical : (S,) boolean array
    look : Look
        Its norm or ends are used, where there are.
    label : str
    """
    if look.norm is not None:
        _fit(look.norm, shown)
        return ColourScale(shown, look.norm, label)
    sizes = np.abs(shown[np.isfinite(shown) & typical])
    most = float(sizes.max(initial=0.0)) or float(np.abs(shown[np.isfinite(shown)]).max(initial=0.0)) or 1.0
    low, high = -most if look.vmin is None else look.vmin, most if look.vmax is None else look.vmax
    if not low < high:
        raise ParameterError(f"the colours would go from {low:.4g} to {high:.4g}: vmin must be below vmax")
    return ColourScale(shown, Normalize(low, high), label)


def _fit(norm: Normalize, seen: FloatArray) -> None:
    """Give a norm the ends that it lacks.

    Raises
    ------
    ParameterError
        It has no colours for such numbers.
    """
    finite = seen[np.isfinite(seen)]
    if not finite.size:
        return
    norm.autoscale_None(finite)
    try:
        fits = not np.ma.getmaskarray(norm(finite)).all()
        if norm.vmin == norm.vmax:  # then norms call all numbers 0, also those that they have no place for
            norm.inverse(0.5)
    except ValueError:
        fits = False
    if not fits:
        raise ParameterError(
            f"norm ({type(norm).__name__}) has no colours for numbers from {finite.min():.4g} to {finite.max():.4g}"
        )


def _ranks(row: FloatArray, gap: float) -> FloatArray:
    """1 for the least; those that follow each other within the gap share the middle of their ranks."""
    order = np.argsort(row)  # NaN last
    steps = np.diff(row[order], prepend=row[order][:1]) > gap
    tied = np.empty(len(row))
    tied[order] = np.cumsum(steps)
    return np.where(np.isnan(row), np.nan, rankdata(np.where(np.isnan(row), np.inf, tied)))


def _limits(seen: FloatArray, slack: float, look: Look) -> Normalize:
    """From least to most; around the one value where all are equal, so that the colour bar can be read."""
    finite = seen[np.isfinite(seen)]
    low, high = (float(finite.min()), float(finite.max())) if finite.size else (0.0, 1.0)
    room = 0.0 if high - low > 2 * slack else 0.05 * (abs(low) or 1.0)
    low, high = low - room, high + room
    low, high = low if look.vmin is None else look.vmin, high if look.vmax is None else look.vmax
    if not low < high:
        raise ParameterError(
            f"the colours would go from {low:.4g} to {high:.4g}: vmin must be below what is shown, vmax above"
        )
    return Normalize(low, high)
