"""Correlations over states from replicates: with the noise of draws in them, and without; and how sure they are.

Let x_k be replicate means of one quantity in n states, less their average over the states, and y_k those of another,
from the same draws. The noise of different replicates is independent, so that

    Σ_{k≠l} x_k·y_l / K(K−1)  =  (X·Y − Σ_k x_k·y_k) / K(K−1),   X = Σ_k x_k,  Y = Σ_k y_k,

has the mean Σ_s E x(s) E y(s): products of one replicate, which have the noise in them, are left out. Of two such
sums of squares and one of products a correlation without noise is made; X·Y/K² gives the usual one, whose variances
are too large by those of the noise, and whose covariance has that of the noise in it.

Leaving out one replicate in each of these sums costs no more than the sums (K·n), and the spread of what is left
gives a standard error: √((K−1)/K Σ_k (r_k − r̄)²) (Tukey's jackknife), and an interval with Student's t.
"""

from __future__ import annotations

import math
from dataclasses import dataclass

import numpy as np

from mdppower._checks import open_unit
from mdppower._typing import FloatArray
from mdppower.results.number_text import with_error


@dataclass(frozen=True, eq=False, repr=False)
class Jackknifed:
    """A number that is no mean, with what it would be without each part of the data.

    Attributes
    ----------
    value : float
        NaN where there is none: `why` says why.
    left : (J,) array
        Without each of the J parts; NaN where that leaves none.
    low, high : float
        Its range.
    slack : float
        Bound on the error that is not statistical: the solver's, to first order.
    why : str
    """

    value: float
    left: FloatArray
    low: float = -1.0
    high: float = 1.0
    slack: float = 0.0
    why: str = ""

    @property
    def stderr(self) -> float:
        """The standard error; NaN where there is no number, or none without some part."""
        count = len(self.left)
        if math.isnan(self.value) or count < 2:
            return math.nan
        return float(np.sqrt((count - 1) / count * ((self.left - self.left.mean()) ** 2).sum()))

    def interval(self, confidence: float = 0.95, *, of: int = 1) -> tuple[float, float]:
        """Confidence limits: Student's t on as many parts, within the range.

        Parameters
        ----------
        confidence : float
            In (0, 1).
        of : int
            Of how many numbers all intervals are to hold at once.

        Returns
        -------
        lower, upper : float
            The ends of the range where some part cannot be left out; NaN where there is no number.
        """
        from scipy.special import stdtrit

        alpha = (1 - open_unit(confidence, "confidence")) / max(1, of)
        if math.isnan(self.value):
            return math.nan, math.nan
        if math.isnan(self.stderr):
            return self.low, self.high
        half = float(stdtrit(len(self.left) - 1, 1 - alpha / 2)) * self.stderr + self.slack
        return max(self.low, self.value - half), min(self.high, self.value + half)

    def less(self, other: Jackknifed, *, paired: bool) -> Jackknifed:
        """The number less another; `paired`: parts of one number stand for the same draws."""
        low, high, slack = self.low - other.high, self.high - other.low, self.slack + other.slack
        why, value = self.why or other.why, self.value - other.value
        if paired and len(self.left) == len(other.left):
            return Jackknifed(value, self.left - other.left, low, high, slack, why)
        # Independent: variances add; as if of the fewer parts, with as much spread.
        few, many = sorted((self, other), key=lambda x: len(x.left))
        both, one = math.hypot(self.stderr, other.stderr), few.stderr
        spread = few.left - few.left.mean()
        if not spread.any():
            spread, one = many.left - many.left.mean(), many.stderr
        return Jackknifed(value, value + spread * (both / one if one else 0.0), low, high, slack, why)

    def __repr__(self) -> str:
        return f"{self.told()} (95 %)"

    def told(self, confidence: float = 0.95, *, of: int = 1) -> str:
        """The number with ±, the longer half of its interval."""
        lower, upper = self.interval(confidence, of=of)
        half = max(upper - self.value, self.value - lower)
        return f"{self.value:.4g} ± {half:.1g}" if half < 1e-6 else with_error(self.value, half)


@dataclass(frozen=True, eq=False)
class Correlation:
    """A correlation of two quantities over states.

    Attributes
    ----------
    raw, corrected : Jackknifed
        Of the means over all draws, with their noise; and without.
    reliability : (float, float)
        Share of each one's variance over states that is no noise; below 0 where noise makes it so.
    """

    raw: Jackknifed
    corrected: Jackknifed
    reliability: tuple[float, float]


def correlation(human: FloatArray, ai: FloatArray, slack: tuple[float, float] = (0.0, 0.0)) -> Correlation:
    """Of replicates.

    Parameters
    ----------
    human, ai : (K, n) arrays
        K ≥ 2 replicates of n states, of the same draws.
    slack : (float, float)
        Bounds on the mean error of each one's replicates.

    Returns
    -------
    Correlation

    Examples
    --------
    Two maps, one the other's mirror image, with noise that both have in common:

    >>> up, noise = np.arange(20.0), 20 * np.random.default_rng(0).standard_normal((64, 20))
    >>> found = correlation(up + noise, -up + noise)
    >>> found.raw, found.corrected
    (-0.6475 ± 0.2 (95 %), -0.9188 ± 0.27 (95 %))
    """
    x, y = (rows - rows.mean(axis=1, keepdims=True) for rows in (human, ai))
    (xy, xy_left), (xx, xx_left), (yy, yy_left) = (_sums(a, b) for a, b in ((x, y), (x, x), (y, y)))
    rounding = _moved(x, y, slack, xy[1], xx[1], yy[1])
    with np.errstate(invalid="ignore", divide="ignore"):
        raw = Jackknifed(float(xy[0] / np.sqrt(xx[0] * yy[0])), xy_left[0] / np.sqrt(xx_left[0] * yy_left[0]))
        value = float(xy[1] / np.sqrt(xx[1] * yy[1])) if min(xx[1], yy[1]) > 0 else math.nan
        left = np.where((xx_left[1] > 0) & (yy_left[1] > 0), xy_left[1] / np.sqrt(xx_left[1] * yy_left[1]), math.nan)
    if min(xx[0], yy[0]) <= 0:
        raw = Jackknifed(math.nan, left, why=f"POWER of {_who(xx[0])} is the same in all states")
    why = _why(value, xx[1], yy[1], rounding)
    value = math.nan if why else max(-1.0, min(1.0, value))
    with np.errstate(invalid="ignore", divide="ignore"):
        reliability = float(xx[1] / xx[0]), float(yy[1] / yy[0])
    return Correlation(raw, Jackknifed(value, left, slack=rounding, why=why), reliability)


def _sums(x: FloatArray, y: FloatArray) -> tuple[FloatArray, FloatArray]:
    """Mean products with the noise and without, (2,); and the same without each replicate, (2, K)."""
    count, sum_x, sum_y = len(x), x.sum(axis=0), y.sum(axis=0)
    own = np.einsum("ks,ks->k", x, y)
    all_of, diagonal = float(sum_x @ sum_y), float(own.sum())
    left = all_of - x @ sum_y - y @ sum_x + own
    with np.errstate(invalid="ignore", divide="ignore"):
        return (
            np.array([all_of / count**2, (all_of - diagonal) / (count * (count - 1))]),
            np.array([left / (count - 1) ** 2, (left - (diagonal - own)) / np.float64((count - 1) * (count - 2))]),
        )


def _moved(
    x: FloatArray, y: FloatArray, slack: tuple[float, float], xy: float, xx: float, yy: float
) -> float:  # fmt: skip
    """How far the correlation can be off where replicates are off by their slack, to first order; and by rounding.

    Errors δ_l with |δ_l| ≤ √n·slack_l move Σ_{k≠l} x_k·δ_l / K(K−1) by no more than the mean of |δ_l| times the
    largest |Σ_{k≠l} x_k|/(K−1).
    """
    if min(xx, yy) <= 0:
        return 0.0
    n, count = x.shape[1], len(x)
    others = [float(np.linalg.norm((z.sum(axis=0) - z) / (count - 1), axis=1).max()) for z in (x, y)]
    off = [math.sqrt(n) * one + 8 * np.finfo(float).eps * float(np.abs(z).max()) * math.sqrt(n)
           for one, z in zip(slack, (x, y), strict=True)]  # fmt: skip
    by = (off[0] * others[1] + off[1] * others[0]) / math.sqrt(xx * yy)
    by += abs(xy) / math.sqrt(xx * yy) * (off[0] * others[0] / xx + off[1] * others[1] / yy)
    return float(by)


def _why(value: float, xx: float, yy: float, rounding: float) -> str:
    """Why there is no correlation without noise; empty where there is one."""
    if min(xx, yy) <= 0:
        return f"how POWER of {_who(xx)} varies over states is not told from noise: take more draws"
    if abs(value) > 1 + rounding:
        return f"{value:.3f} without noise, which is beyond {math.copysign(1, value):.0f}: take more draws"
    return ""


def _who(xx: float) -> str:
    return "H" if xx <= 0 else "A"
