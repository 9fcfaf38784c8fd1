"""Confidence limits of means of bounded rewards that hold for any number of draws, whatever the law.

Draws are independent; a quantity's values x lie in [0, 1] once its range is. They are added to running sums and
forgotten. A *bet* λ in [0, 3/4] and a centre c are set, for each quantity, before the draws that they are for
(Waudby-Smith & Ramdas 2024, "Estimating means of bounded random variables by betting", J. R. Stat. Soc. B 86, 1-27):

- **Betting**: were m the mean, the capitals Π(1 ± λ(x − m)) would be nonnegative martingales; one of them exceeds
  2/α at any time with probability at most α (Ville). The means that are left form an interval. The logarithms of the
  capitals are concave in m, so that between the `GRID` means for which they are kept a chord never says too much.
- **Empirical Bernstein** (their Theorem 2, time-uniform where Maurer & Pontil 2009 is not): Σλx/Σλ ± (log(2/α) + Σ
  4ψ(λ)(x − c)²)/Σλ with 4ψ(λ) = −log(1−λ) − λ. Wider, from six sums a quantity.

Both hold at all times at once: the data may be looked at as often as one likes, and a run may stop when it likes.
Bets make an interval narrow, not right. They are √(2 log(2/α)/nv), v the variance seen before, n the draws of the
next look.

**Memory**: 48 bytes for each quantity at each rate; with betting 2·33·8 = 528 more, for up to `MOST_BETS` of them.
"""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from functools import cached_property
from typing import Any

import numpy as np
from scipy import sparse

from mdppower._checks import open_unit
from mdppower._typing import BoolArray, FloatArray

GRID = 33
"""Means for which capitals are kept, from one end of the range to the other."""

MOST_BETS = 4096
"""Most quantities times rates whose capitals are kept."""

LARGEST_BET = 0.75

_ROUNDING = 1e-9
"""What the logarithm of a capital is lowered by: far more than the rounding of its sum."""

_SUMMING = 1e-9
"""What each draw may add to a contradiction by rounding."""


@dataclass(frozen=True, eq=False)
class Bets:
    """What is set before some draws.

    Attributes
    ----------
    size : (G, n) array
        λ.
    centre : (G, n) array
        c, in units of the range.
    betting : bool
        Whether capitals are kept.
    """

    size: FloatArray
    centre: FloatArray
    betting: bool


@dataclass(frozen=True, eq=False)
class Sums:
    """Of some draws with the same bets, in units of the range: what `Guaranteed.add` takes.

    Attributes
    ----------
    draws : int
    total, squares : (G, n) arrays
        Σx, and Σ(x − c)².
    rise, fall : (G, n, GRID) arrays
        Σ log(1 + λ(x − m)) and Σ log(1 − λ(x − m)); without betting, of shape (G, n, 0).
    error_bound : (G,) array
        Largest certified error of a value.
    """

    draws: int
    total: FloatArray
    squares: FloatArray
    rise: FloatArray
    fall: FloatArray
    error_bound: FloatArray


@dataclass(frozen=True, eq=False)
class Guaranteed:
    """Running sums of n bounded quantities at G discount rates, and what they say.

    Attributes
    ----------
    draws, count : int
        Independent draws, and the replicates that they came in.
    average, spread : (G, n) arrays
        Mean of x, and Σ(x − mean)².
    weight, weighted, penalty : (G, n) arrays
        Σλ, Σλx, Σ4ψ(λ)(x − c)².
    curvature : (G, n) array
        Σ4ψ(λ): what errors of the values can add to the penalty.
    rise, fall : (G, n, GRID) arrays
        Logarithms of the capitals; of shape (G, n, 0) where they are not kept.
    low, high : (n,) arrays
        The finite range.
    constant : (n,) boolean array
        Quantities that are known not to vary from draw to draw.
    slack : (G,) array
        Largest certified error of a value.
    """

    draws: int
    count: int
    average: FloatArray
    spread: FloatArray
    weight: FloatArray
    weighted: FloatArray
    penalty: FloatArray
    curvature: FloatArray
    rise: FloatArray
    fall: FloatArray
    low: FloatArray
    high: FloatArray
    constant: BoolArray
    slack: FloatArray

    looks: int = field(default=1, init=False)
    has_variance: bool = field(default=True, init=False)

    @classmethod
    def empty(cls, rates: int, low: FloatArray, high: FloatArray, constant: BoolArray) -> Guaranteed:
        """Before the first draw.

        Parameters
        ----------
        rates : int
        low, high : (n,) arrays
            Finite.
        constant : (n,) boolean array
        """
        size = (rates, len(low))
        capitals = (*size, GRID if rates * len(low) <= MOST_BETS else 0)
        return cls(
            0, 0, np.zeros(size), np.zeros(size), np.zeros(size), np.zeros(size), np.zeros(size), np.zeros(size),
            np.zeros(capitals), np.zeros(capitals), low, high, constant, np.zeros(rates),
        )  # fmt: skip

    def contradiction(self) -> tuple[str, float, float, float] | None:
        """A sum that no draws in the range, with no bets that are made here, can give beside the others.

        x and c lie in [0, 1], λ in [0, 3/4]. So Σ(x − mean)² ≤ n mean (1 − mean); Σλx ≤ Σλ, and both stay below 3/4
        of what equal bets would give; n 4ψ(Σλ/n) ≤ Σ4ψ(λ), which is convex, and below its chord; and from
        y − y² 4ψ(λ)/λ² ≤ log(1 + y) ≤ y at y = λ(x − m) (Fan, Grama & Liu 2015, Electron. J. Probab. 20, Lemma 4.1)
        the capitals lie between Σλ(x − m) − Σ4ψ(λ) and Σλ(x − m). A state without a range has no x but 0; a constant
        one varies by errors of its values alone.

        Returns
        -------
        name, least, most, value : str, float, float, float
            The first such sum with its bounds; or None.

        Examples
        --------
        >>> sums = Guaranteed.empty(1, np.zeros(1), np.ones(1), np.zeros(1, bool))
        >>> sums.contradiction()
        >>> replace(sums, weighted=np.ones((1, 1))).contradiction()
        ('weighted', 0.0, 0.0, 1.0)
        """
        with np.errstate(all="ignore"):  # sums may be anything
            for name, (least, most) in self._possible().items():
                given = getattr(self, name)
                room = _SUMMING * (1 + self.draws)
                wrong = np.argwhere(~((least - room <= given) & (given <= most + room)))
                if len(wrong):
                    at = tuple(wrong[0])
                    least, most = (float(np.broadcast_to(end, given.shape)[at]) for end in (least, most))
                    return name, least, most, float(given[at])
        return None

    def _possible(self) -> dict[str, tuple[Any, Any]]:
        """The bounds of each sum, from the others; see `contradiction`."""
        n, mean, bets, spans = self.draws, self.average, self.weight, self.high > self.low
        width, top = np.where(spans, self.high - self.low, 1.0), LARGEST_BET * self.draws
        even = np.clip(bets / max(n, 1), 0.0, LARGEST_BET)
        steepest = _cost(np.float64(LARGEST_BET)) / LARGEST_BET
        errors = np.minimum(2 * self.slack[:, None] / width, 1.0)
        spread = np.minimum(n * mean * (1 - mean), np.where(self.constant, n * errors**2, np.inf))
        gain = self.weighted[..., None] - bets[..., None] * np.linspace(0.0, 1.0, GRID)[: self.rise.shape[-1]]
        curved = self.curvature[..., None]
        return {
            "average": (0.0, np.where(spans & (n > 0), 1.0, 0.0)),
            "spread": (0.0, spread),
            "weight": (0.0, top),
            "weighted": (np.maximum(0.0, bets - top * (1 - mean)), np.minimum(bets, top * mean)),
            "curvature": (n * _cost(even), bets * steepest),
            "penalty": (0.0, self.curvature),
            "rise": (gain - curved, gain),
            "fall": (-gain - curved, -gain),
        }

    @property
    def quantities(self) -> int:
        """How many intervals hold together."""
        return max(1, len(self.slack) * int((~self.constant).sum()))

    def bets(self, draws: int, confidence: float = 0.95) -> Bets:
        """Bets for the next draws, from those that were made.

        Parameters
        ----------
        draws : int
            How many there will be in all at the next look.
        confidence : float
            Of the simultaneous intervals that are to be narrow. Those of any other confidence are as right.
        """
        seen = self.draws + 1
        variance = (0.25 + self.spread) / seen
        needed = 2 * np.log(2 * self.quantities / (1 - confidence))
        size = np.minimum(np.sqrt(needed / (draws * variance)), LARGEST_BET)
        return Bets(size, (0.5 + self.draws * self.average) / seen, self.rise.shape[-1] > 0)

    def add(self, bets: Bets, new: Sums) -> Guaranteed:
        """The sums with those of some more draws that these bets were for."""
        draws = self.draws + new.draws
        mean = new.total / new.draws
        apart = mean - self.average
        inside = np.maximum(new.squares - new.draws * (mean - bets.centre) ** 2, 0.0)
        cost = _cost(bets.size)
        return replace(
            self,
            draws=draws,
            count=self.count + 1,
            average=self.average + apart * (new.draws / draws),
            spread=self.spread + inside + apart**2 * (self.draws * new.draws / draws),
            weight=self.weight + bets.size * new.draws,
            weighted=self.weighted + bets.size * new.total,
            penalty=self.penalty + cost * new.squares,
            curvature=self.curvature + cost * new.draws,
            rise=self.rise + new.rise,
            fall=self.fall + new.fall,
            slack=np.maximum(self.slack, new.error_bound),
        )

    @property
    def value(self) -> FloatArray:
        """(G, n) the means over draws."""
        return np.asarray(self.low + (self.high - self.low) * self.average)

    @property
    def error(self) -> FloatArray:
        """(G, n) standard errors; the intervals do not rest on them."""
        if self.draws < 2:
            return np.full(self.average.shape, np.nan)
        return np.asarray((self.high - self.low) * np.sqrt(self.spread / (self.draws * (self.draws - 1))))

    def bounds(self, confidence: float = 0.95, *, simultaneous: bool = False) -> tuple[FloatArray, FloatArray]:
        """Confidence limits of every quantity at every rate; see `mdppower.montecarlo.replicates.Replicates.bounds`.

        Parameters
        ----------
        confidence : float
            In (0, 1): of each interval, or of all at once; at all times at once.
        simultaneous : bool
            Whether all G·n intervals hold together with that confidence (Bonferroni).

        Returns
        -------
        lower, upper : (G, n) arrays
        """
        alpha = 1 - open_unit(confidence, "confidence")
        return self.limits(alpha / self.quantities if simultaneous else alpha)

    def limits(self, alpha: float) -> tuple[FloatArray, FloatArray]:
        """(G, n) limits of each quantity, of level 1 − α each."""
        needed = float(np.log(2 / alpha))
        width = np.where(self.high > self.low, self.high - self.low, 1.0)
        slack = self.slack[:, None]
        if self.draws == 0:
            lower, upper = np.zeros_like(self.average), np.ones_like(self.average)
        elif self.rise.shape[-1]:
            lower = _last_rejected(self.rise, needed)
            upper = 1 - _last_rejected(self.fall[..., ::-1], needed)
        else:
            # Values may be wrong by `slack`, and so may their distances from the centre.
            wrong = slack / width
            half = (needed + self.penalty + self.curvature * wrong * (2 + wrong)) / self.weight
            lower, upper = self.weighted / self.weight - half, self.weighted / self.weight + half
        # An interval that does not hold the mean of the draws would be right, and hard to read.
        lower, upper = np.minimum(lower, self.average), np.maximum(upper, self.average)
        lower, upper = np.clip(lower, 0.0, 1.0), np.clip(upper, 0.0, 1.0)
        lower, upper = (np.where(self.constant, self.average, x) for x in (lower, upper))
        return self.low + width * lower - slack, self.low + width * upper + slack

    def contrast(self, weights: Any) -> GuaranteedContrast:
        """Weighted sums of the quantities, from their limits: what was paired is forgotten."""
        return GuaranteedContrast(self, sparse.csr_array(weights))

    def at(self, k: int) -> Guaranteed:
        """The part about the k-th rate; the same object each time."""
        if k not in self._at:
            self._at[k] = self._part(k)
        return self._at[k]

    @cached_property
    def _at(self) -> dict[int, Guaranteed]:
        return {}

    def _part(self, k: int) -> Guaranteed:
        names = ("average", "spread", "weight", "weighted", "penalty", "curvature", "rise", "fall", "slack")
        return replace(self, **{name: getattr(self, name)[k : k + 1] for name in names})


@dataclass(frozen=True, eq=False)
class GuaranteedContrast:
    """Weighted sums of guaranteed quantities.

    Draws are not kept, so that a difference cannot be paired. Its limits follow from those of the quantities: alone
    they share the level among those that it is made of; simultaneous ones follow from the simultaneous limits of all
    quantities, however many contrasts there are.

    Attributes
    ----------
    base : Guaranteed
    weights : (m, n) sparse array
    """

    base: Guaranteed
    weights: sparse.csr_array

    looks: int = field(default=1, init=False)
    has_variance: bool = field(default=True, init=False)

    @property
    def value(self) -> FloatArray:
        """(G, m) the means over draws."""
        return np.asarray((self.weights @ self.base.value.T).T)

    @property
    def error(self) -> FloatArray:
        """(G, m) bounds on the standard errors, from those of the quantities: the covariances are not known."""
        return np.asarray((abs(self.weights) @ self.base.error.T).T)

    @property
    def constant(self) -> BoolArray:
        """(m,) which do not vary."""
        return np.asarray(abs(self.weights) @ (~self.base.constant).astype(float) == 0)

    @property
    def slack(self) -> FloatArray:
        """(G,) bound on the solver's error."""
        return self.base.slack * float(abs(self.weights).sum(axis=1).max(initial=0.0))

    def bounds(self, confidence: float = 0.95, *, simultaneous: bool = False) -> tuple[FloatArray, FloatArray]:
        """Confidence limits of every sum at every rate.

        Parameters
        ----------
        confidence : float
        simultaneous : bool

        Returns
        -------
        lower, upper : (G, m) arrays
        """
        alpha = 1 - open_unit(confidence, "confidence")
        varying = (abs(self.weights) > 0) @ (~self.base.constant).astype(float)
        shares = np.full(len(varying), self.base.quantities) if simultaneous else np.maximum(varying, 1)
        lower, upper = np.empty(self.value.shape), np.empty(self.value.shape)
        up, down = (abs(self.weights) + self.weights) / 2, (abs(self.weights) - self.weights) / 2
        for share in np.unique(shares):
            rows = np.flatnonzero(shares == share)
            low, high = self.base.limits(alpha / share)
            lower[:, rows] = (up[rows] @ low.T - down[rows] @ high.T).T
            upper[:, rows] = (up[rows] @ high.T - down[rows] @ low.T).T
        return lower, upper

    def contrast(self, weights: Any) -> GuaranteedContrast:
        """Weighted sums of these."""
        return GuaranteedContrast(self.base, sparse.csr_array(weights) @ self.weights)

    def at(self, k: int) -> GuaranteedContrast:
        """The part about the k-th rate."""
        return GuaranteedContrast(self.base.at(k), self.weights)


def _cost(bets: Any) -> Any:
    """4ψ(λ)."""
    return -np.log1p(-bets) - bets


def _last_rejected(capital: FloatArray, needed: float) -> FloatArray:
    """The greatest mean in [0, 1] below which all are rejected; `capital`, on the grid, falls with the mean."""
    grid = np.linspace(0.0, 1.0, GRID)
    sure = capital - _ROUNDING
    rejected = sure >= needed
    count = np.cumprod(rejected, axis=-1).sum(axis=-1)
    left = np.maximum(count - 1, 0)[..., None]
    right = np.minimum(left + 1, GRID - 1)
    a, b = (np.take_along_axis(sure, k, -1)[..., 0] for k in (left, right))
    with np.errstate(invalid="ignore", divide="ignore"):
        part = np.where(a > b, (a - needed) / (a - b), 0.0)
    place = grid[left[..., 0]] + np.clip(part, 0.0, 1.0) / (GRID - 1)
    return np.where(count == 0, 0.0, np.where(count == GRID, 1.0, place))
