"""Estimates from replicates: mean, standard error, intervals.

A *replicate* is one independent randomisation of a set of draws (see `mdppower.montecarlo.samplers`); its mean is one
observation, whatever the dependence of the draws inside it. With K replicate means m_k of a quantity,

    mean = Σ m_k / K,    stderr = sd(m_k) / √K,    interval = mean ± t_{K−1} · stderr   (Student)

and simultaneous intervals over n quantities use the level 1 − α/n (Bonferroni). Three things are added:

- the certified error of the solver, `slack`, widens every interval;
- where all replicate means are equal the data show no spread, but that does not make the mean exact: a value
  other than the one seen has probability at most q = 1 − α^{1/trials}, so the mean lies within q of the way to
  either end of the range. Only quantities that are known not to vary get no such interval;
- where rewards have bounds, an interval ends at those of the quantity: it misses no more often for leaving out what
  is impossible.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass, replace
from functools import cached_property
from numbers import Rational
from typing import TYPE_CHECKING, Any

import numpy as np

from mdppower._checks import open_unit
from mdppower._text import rate_text
from mdppower._typing import AnyArray, BoolArray, FloatArray
from mdppower.errors import LabelError
from mdppower.montecarlo.guaranteed import Guaranteed, GuaranteedContrast

if TYPE_CHECKING:
    import xarray as xr


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
    """

    means: FloatArray
    low: FloatArray
    high: FloatArray
    constant: BoolArray
    slack: FloatArray
    trials: int
    looks: int = 1
    has_variance: bool = True

    @property
    def count(self) -> int:
        """K, the replicates."""
        return len(self.means)

    def at(self, k: int) -> Replicates:
        """The part about the k-th rate."""
        return replace(self, means=self.means[:, k : k + 1], slack=self.slack[k : k + 1])

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
        same = (self.error == 0) & ~self.constant
        if same.any():
            unseen = -np.expm1(np.log(alpha) / self.trials)
            with np.errstate(invalid="ignore"):
                lower = np.where(same, self.value - unseen * (self.value - self.low), lower)
                upper = np.where(same, self.value + unseen * (self.high - self.value), upper)
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
        values = np.asarray((weights @ flat.T).T).reshape(*self.means.shape[:2], -1)
        varies = np.asarray(abs(weights) @ (~self.constant).astype(float)) > 0
        size = float(np.asarray(abs(weights).sum(axis=1)).max(initial=0.0))
        return Replicates(
            values,
            _spread(up, self.low) - _spread(down, self.high),
            _spread(up, self.high) - _spread(down, self.low),
            ~varies,
            self.slack * size,
            self.trials,
            self.looks,
            self.has_variance,
        )


@dataclass(frozen=True, eq=False)
class Estimate:
    """Named quantities with their errors.

    Arrays have shape (n,) where one γ was given and (G, n) for a sequence; a single quantity has no last axis.

    Attributes
    ----------
    data : Replicates, Guaranteed or GuaranteedContrast
    labels : sequence of labels
        Names of the n quantities.
    gammas : tuple of float
        NaN for what has no γ.
    single_gamma : bool
        Whether one γ was given, not a sequence.
    single : bool
        Whether there is one quantity, without an axis of its own.
    dimension : str
        What the quantities are: "state", "pair", "option".
    fractions : (G, n) object array, optional
        The quantities as fractions, where they are known exactly.
    """

    data: Replicates | Guaranteed | GuaranteedContrast
    labels: Sequence[Any]
    gammas: tuple[float, ...]
    single_gamma: bool
    single: bool = False
    dimension: str = "state"
    fractions: AnyArray | None = None

    @classmethod
    def known(
        cls,
        values: Any,
        labels: Sequence[Any],
        gammas: tuple[float, ...],
        *,
        single_gamma: bool = True,
        dimension: str = "state",
        slack: float = 0.0,
    ) -> Estimate:
        """Quantities that are known without draws.

        Parameters
        ----------
        values : (G, n) nested sequence of fractions.Fraction, or of float
        labels, gammas, single_gamma, dimension
            As the attributes.
        slack : float
            Bound on the error, where the values are floats.

        Returns
        -------
        Estimate
            With standard error 0, and intervals of half-width `slack`.

        Examples
        --------
        >>> from fractions import Fraction
        >>> third = Estimate.known([[Fraction(1, 3), Fraction(1, 2)]], ["a", "b"], (0.9,))
        >>> third.exact, third.difference("b", "a").exact
        (array([Fraction(1, 3), Fraction(1, 2)], dtype=object), Fraction(1, 6))
        """
        exact = np.asarray(values, dtype=object)
        numbers = exact.astype(np.float64)
        n = numbers.shape[1]
        data = Replicates(
            np.repeat(numbers[None], 2, axis=0), np.full(n, -np.inf), np.full(n, np.inf), np.ones(n, bool),
            np.full(len(numbers), slack), 1,
        )  # fmt: skip
        is_exact = all(isinstance(x, Rational) for x in exact.flat)
        return cls(
            data, labels, gammas, single_gamma, dimension=dimension, fractions=exact if is_exact else None
        )  # fmt: skip

    @property
    def exact(self) -> Any:
        """The quantities as fractions, in the shape of `mean`; None where they are not known exactly."""
        return None if self.fractions is None else self._shape(self.fractions)

    def _shape(self, array: AnyArray) -> Any:
        """The (G, n) array with the axes that the caller expects."""
        if self.single:
            array = array[:, 0]
        return array[0] if self.single_gamma else array

    @property
    def mean(self) -> FloatArray:
        """The estimates.

        Examples
        --------
        >>> import mdppower as mp
        >>> mp.power(mp.envs.fork(2), 0.9, 1.0, samples=64).mean
        array([1., 1., 1.])
        """
        return np.asarray(self._shape(self.data.value))

    @property
    def stderr(self) -> FloatArray:
        """Their standard errors.

        Examples
        --------
        >>> import mdppower as mp
        >>> mp.power(mp.envs.fork(2), 0.9, 1.0, samples=64).stderr
        array([0., 0., 0.])
        """
        return np.asarray(self._shape(self.data.error))

    def interval(self, confidence: float = 0.95, *, simultaneous: bool = False) -> tuple[FloatArray, FloatArray]:
        """Confidence limits: Student's t on replicates, within the rewards' range, and the solver's error added.

        After ``power(..., guarantee=True)``: limits that hold for any number of draws and at all times at once, by
        `mdppower.montecarlo.guaranteed`.

        Parameters
        ----------
        confidence : float
            Default 0.95.
        simultaneous : bool
            Whether all intervals (over quantities and γ) hold together with that confidence.

        Returns
        -------
        lower, upper : arrays
            NaN where the rewards' variance does not exist.

        Raises
        ------
        ParameterError
            `confidence` is not strictly between 0 and 1.

        Examples
        --------
        >>> import mdppower as mp
        >>> low, high = mp.power(mp.envs.fork(2), 0.9, rng=0).interval(0.999, simultaneous=True)
        >>> bool(low[0] < 2 / 3 < high[0])
        True
        """
        lower, upper = self.data.bounds(confidence, simultaneous=simultaneous)
        return self._shape(lower), self._shape(upper)

    def _position(self, label: Any) -> int:
        try:
            return list(self.labels).index(label)
        except ValueError:
            raise LabelError(f"there is no {self.dimension} {label!r} in this estimate") from None

    def difference(self, first: Any, second: Any) -> Estimate:
        """First minus second, paired: both come from the same draws, so most of the noise cancels.

        Parameters
        ----------
        first, second : labels

        Returns
        -------
        Estimate
            Of one number (a γ).
        """
        return self.between(self._position(first), self._position(second))

    def between(self, i: int, j: int) -> Estimate:
        """The i-th quantity minus the j-th, paired."""
        weights = np.zeros((1, len(self.labels)))
        weights[0, i] += 1
        weights[0, j] -= 1
        exact = None if self.fractions is None else self.fractions[:, [i]] - self.fractions[:, [j]]
        return self._contrast(weights, ((self.labels[i], self.labels[j]),), "difference", exact)

    def one(self, i: int) -> Estimate:
        """The i-th quantity alone."""
        weights = np.eye(len(self.labels))[[i]]
        exact = None if self.fractions is None else self.fractions[:, [i]]
        return self._contrast(weights, (self.labels[i],), self.dimension, exact)

    def _contrast(self, weights: FloatArray, labels: Any, dimension: str, exact: AnyArray | None) -> Estimate:
        return Estimate(
            self.data.contrast(weights), labels, self.gammas, self.single_gamma, True, dimension, exact
        )  # fmt: skip

    def to_xarray(self, confidence: float = 0.95) -> xr.Dataset:
        """An xarray Dataset: mean, stderr, lower and upper along (gamma, quantity).

        Parameters
        ----------
        confidence : float
            Of each interval; in the attributes.
        """
        import xarray as xr

        lower, upper = self.data.bounds(confidence)
        dims = ("gamma", self.dimension)
        columns = {"mean": self.data.value, "stderr": self.data.error, "lower": lower, "upper": upper}
        # Labels may be tuples, which an index would take apart: they are written out.
        names = np.array([x if isinstance(x, (int, str)) else str(x) for x in self.labels])
        return xr.Dataset(
            {name: (dims, values) for name, values in columns.items()},
            coords={"gamma": list(self.gammas), self.dimension: names},
            attrs={"confidence": confidence},
        )

    def __repr__(self) -> str:
        mean, error = self.data.value, self.data.error
        if mean.size > 1:
            return f"{type(self).__name__}({mean.shape[1]} {self.dimension}s × {mean.shape[0]} γ)"
        rate = "" if math.isnan(self.gammas[0]) else f" at γ={rate_text(self.gammas[0])}"
        return f"{type(self).__name__}({mean[0, 0]:.6g} ± {error[0, 0]:.2g}{rate})"


def _spread(weights: Any, ends: FloatArray) -> FloatArray:
    """``weights @ ends`` for weights ≥ 0, with 0 · ∞ = 0."""
    infinite = np.isinf(ends)
    total = np.asarray(weights @ np.where(infinite, 0.0, ends))
    if infinite.any():
        touches = np.asarray(weights @ infinite.astype(float)) > 0
        total = np.where(touches, ends[infinite][0], total)
    return total
