"""Replicate means of quantities, and what they say: mean, standard error, intervals.

A *replicate* is one independent randomisation of a set of draws (see `mdppower.montecarlo.samplers`); its mean is one
observation, whatever the dependence of the draws inside it. With K replicate means m_k of a quantity,

    mean = Σ m_k / K,    stderr = sd(m_k) / √K,    interval = mean ± t_{K−1} · stderr   (Student)

and simultaneous intervals over n quantities use the level 1 − α/n (Bonferroni). Three things are added:

- the certified error of the solver, `slack`, widens every interval;
- where all replicate means are equal the data show no spread, but that does not make the mean exact: a value
  other than the one seen has probability at most q = 1 − α^{1/trials}, so the mean lies within q of the way to
  either end of the range. Only quantities that are known not to vary get no such interval. Rounding of 1e-16 is no
  spread (`Replicates.agree`);
- where rewards have bounds, an interval ends at those of the quantity: it misses no more often for leaving out what
  is impossible.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from functools import cached_property
from typing import Any

import numpy as np
from scipy import sparse

from mdppower._checks import open_unit
from mdppower._typing import BoolArray, FloatArray

ROUNDING = 2.0**-49
"""By how much of its size a replicate mean is taken to be off by rounding: 16 times half a unit in the last place."""


@dataclass(frozen=True, eq=False)
class Replicates:
    """K replicate means of n quantities at G discount rates, all from the same draws, and what they say.

    Attributes
    ----------
    means : (K, G, n) array
        One mean a replicate.
    low, high : (n,) arrays
        Range of one draw's value, infinite where there is no bound.
    constant : (n,) boolean array
        Quantities that are known not to vary from draw to draw.
    slack : (G,) array
        Bound on the error of the replicate means that is not statistical: the solver's.
    trials : int
        Independent observations: the draws if they are iid, else the replicates.
    looks : int
        How often the data may have been looked at before stopping; intervals pay for it (level α/looks).
    has_variance : bool
        False if one draw's variance is known to be infinite: then there is no stderr and no interval.
    origin : tuple of Replicates and sparse array, optional
        The quantities of a run of which these are weighted sums, and the (n, …) weights: what cancels among them is
        known not to vary.
    """

    means: FloatArray
    low: FloatArray
    high: FloatArray
    constant: BoolArray
    slack: FloatArray
    trials: int
    looks: int = 1
    has_variance: bool = True
    origin: tuple[Replicates, Any] | None = None

    @property
    def count(self) -> int:
        """K, the replicates."""
        return len(self.means)

    @property
    def is_known(self) -> bool:
        """Whether they are known without draws: `Replicates.known` made them, or what they were made of."""
        return self.trials == 1 and bool(self.constant.all()) and bool((self.means == self.means[0]).all())

    @classmethod
    def known(cls, values: FloatArray, slack: float = 0.0) -> Replicates:
        """(G, n) numbers that are known up to `slack`."""
        n = values.shape[1]
        return cls(
            np.repeat(values[None], 2, axis=0), np.full(n, -np.inf), np.full(n, np.inf), np.ones(n, bool),
            np.full(len(values), slack), 1,
        )  # fmt: skip

    def repeated(self, count: int) -> Replicates:
        """What is known, as that many replicates."""
        return replace(self, means=np.repeat(self.means[:1], count, axis=0))

    def at(self, k: int) -> Replicates:
        """The part about the k-th rate; the same object each time."""
        if k not in self._at:
            origin = None if self.origin is None else (self.origin[0].at(k), self.origin[1])
            means, slack = self.means[:, k : k + 1], self.slack[k : k + 1]
            self._at[k] = replace(self, means=means, slack=slack, origin=origin)
        return self._at[k]

    @cached_property
    def _at(self) -> dict[int, Replicates]:
        return {}

    @property
    def unvaried(self) -> bool:
        """Whether some quantity that may vary did not: its limits are what so few observations exclude."""
        return bool((self.agree & ~self.constant).any())

    @cached_property
    def value(self) -> FloatArray:
        """(G, n) the means over replicates."""
        # Relative to the first replicate, so that equal replicates give exactly their common value.
        first = self.means[0]
        return np.asarray(first + (self.means - first).mean(axis=0))

    @cached_property
    def error(self) -> FloatArray:
        """(G, n) standard errors; NaN where the variance does not exist."""
        count = len(self.means)
        if not self.has_variance or count < 2:
            return np.full(self.value.shape, np.nan)
        centred = self.means - self.means[0]
        return np.asarray(centred.std(axis=0, ddof=1) / np.sqrt(count))

    @cached_property
    def agree(self) -> BoolArray:
        """(G, n) whether replicate means are equal but for rounding.

        Where true means are equal, and each is off by r at most, their standard error √(Σ(e_k − ē)² / (K−1) / K) is
        less than r √(K / (K−1) / K) ≤ r. Here r is a share of the largest that there may be: of a difference of two
        numbers in [0, 1] of 1, however small it is, for what cancels leaves the rounding of its terms behind. Where
        there are no bounds it is the largest that was seen. What a solver leaves is not looked for: near γ = 1 its
        bound, `slack`, may be larger than a spread that is real.
        """
        size = np.abs(self.means).max(axis=0)
        for end in (self.low, self.high):
            size = np.maximum(size, np.where(np.isfinite(end), np.abs(end), 0.0))
        return np.asarray(self.error <= ROUNDING * size)

    def bounds(self, confidence: float = 0.95, *, simultaneous: bool = False) -> tuple[FloatArray, FloatArray]:
        """Confidence limits of every quantity at every rate.

        Parameters
        ----------
        confidence : float
            In (0, 1): of each interval, or of all at once.
        simultaneous : bool
            Whether all G·n intervals hold together with that confidence.

        Returns
        -------
        lower, upper : (G, n) arrays
            NaN where the variance does not exist.
        """
        from scipy.special import stdtrit

        alpha = (1 - open_unit(confidence, "confidence")) / self.looks
        if simultaneous:
            alpha /= max(1, self.value.shape[0] * int((~self.constant).sum()))
        count = len(self.means)
        if not self.has_variance or count < 2:
            nothing = np.full(self.value.shape, np.nan)
            return nothing, nothing.copy()
        half = stdtrit(count - 1, 1 - alpha / 2) * self.error
        lower, upper = self.value - half, self.value + half
        same = self.agree & ~self.constant
        if same.any():
            unseen = -np.expm1(np.log(alpha) / self.trials)
            with np.errstate(invalid="ignore"):
                lower = np.where(same, np.minimum(lower, self.value - unseen * (self.value - self.low)), lower)
                upper = np.where(same, np.maximum(upper, self.value + unseen * (self.high - self.value)), upper)
        # The value itself stays inside, though rounding may have put it a little beyond the range.
        lower = np.minimum(np.maximum(lower, self.low), self.value)
        upper = np.maximum(np.minimum(upper, self.high), self.value)
        return lower - self.slack[:, None], upper + self.slack[:, None]

    def contrast(self, weights: Any) -> Replicates:
        """Weighted sums of the quantities: paired, since all come from the same draws.

        Parameters
        ----------
        weights : (m, n) array or sparse array

        Returns
        -------
        Replicates
            Of m quantities.
        """
        up, down = (abs(weights) + weights) / 2, (abs(weights) - weights) / 2
        flat = self.means.reshape(-1, self.means.shape[-1])
        # In C's order, as files give it back: NumPy sums another one in another order, and last bits differ.
        values = np.ascontiguousarray((weights @ flat.T).T).reshape(*self.means.shape[:2], -1)
        varies = np.asarray(abs(weights) @ (~self.constant).astype(float)) > 0
        size = float(np.asarray(abs(weights).sum(axis=1)).max(initial=0.0))
        first, before = self.origin or (self, None)
        rows = sparse.csr_array(weights)
        return Replicates(
            values,
            _spread(up, self.low) - _spread(down, self.high),
            _spread(up, self.high) - _spread(down, self.low),
            ~varies,
            self.slack * size,
            self.trials,
            self.looks,
            self.has_variance,
            (first, rows if before is None else sparse.csr_array(rows @ before)),
        )


def _spread(weights: Any, ends: FloatArray) -> FloatArray:
    """``weights @ ends`` for weights ≥ 0, with 0 · ∞ = 0."""
    infinite = np.isinf(ends)
    total = np.asarray(weights @ np.where(infinite, 0.0, ends))
    if infinite.any():
        touches = np.asarray(weights @ infinite.astype(float)) > 0
        total = np.where(touches, ends[infinite][0], total)
    return total
