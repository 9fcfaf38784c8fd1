"""Probabilities of events: from counts over independent draws, or exact.

On independent draws the interval is Clopper and Pearson's, which covers at least as often as it says. On stratified
draws a binomial interval may cover far too little, so that these are refused.

An event that a draw leaves open, because two values differ by less than the certified error, is counted twice: not in
`sure`, but in `possible`. The interval runs from the lower limit of the one to the upper limit of the other.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

from mdppower._checks import open_unit, positive_integer
from mdppower._typing import AnyArray, FloatArray
from mdppower.errors import ParameterError
from mdppower.results.number_text import how_sure

FEW = 4
"""Numbers in a line."""


@dataclass(frozen=True, eq=False)
class Proportions:
    """Probabilities of one or many events.

    Attributes
    ----------
    sure, possible : integer arrays of one shape
        Draws on which each event happened for certain; on which it may have.
    draws : int
        Independent draws made; 0 where the probabilities are exact.
    exact : object array of fractions.Fraction, or None
        Exact probabilities, of the same shape; or floats, with their error in `slack`.
    slack : float
        Bound on the error of probabilities that are neither fractions nor from draws.
    looks : int
        How often the data may have been looked at before stopping; intervals pay for it (level α/looks).

    Examples
    --------
    >>> p = Proportions(np.array([40, 0]), np.array([40, 0]), 100)
    >>> p.mean, [x.round(3).tolist() for x in p.interval(0.95)]
    (array([0.4, 0. ]), [[0.303, 0.0], [0.503, 0.036]])
    """

    sure: AnyArray
    possible: AnyArray
    draws: int
    exact: AnyArray | None = None
    slack: float = 0.0
    looks: int = 1

    @classmethod
    def known(cls, exact: Any, slack: float = 0.0) -> Proportions:
        """Probabilities that are known without draws: fractions, or floats with a bound on their error."""
        values = np.asarray(exact, dtype=object)
        nothing = np.zeros(values.shape, dtype=np.int64)
        return cls(nothing, nothing, 0, values, slack)

    @property
    def shape(self) -> tuple[int, ...]:
        """Of the array of events."""
        return np.shape(self.sure)

    @property
    def guarantee(self) -> str:
        """``"exact"`` for fractions, else ``"statistical"``."""
        return "exact" if self.draws == 0 and self.slack == 0 else "statistical"

    @property
    def mean(self) -> FloatArray:
        """The probabilities: exact ones as floats; else shares of the draws, where an open one counts one half."""
        if self.exact is not None:
            return np.asarray(self.exact.astype(np.float64))
        return np.asarray((self.sure + self.possible) / (2 * self.draws))

    @property
    def stderr(self) -> FloatArray:
        """Standard errors √(p(1−p)/N); 0 where exact."""
        p = self.mean
        return np.zeros(self.shape) if self.draws == 0 else np.asarray(np.sqrt(p * (1 - p) / self.draws))

    def interval(self, confidence: float = 0.95, *, simultaneous: bool = False) -> tuple[FloatArray, FloatArray]:
        """Clopper–Pearson limits of each probability, or of all of them together (Bonferroni).

        Parameters
        ----------
        confidence : float
        simultaneous : bool

        Returns
        -------
        lower, upper : arrays
        """
        open_unit(confidence, "confidence")
        if self.draws == 0:
            return np.maximum(self.mean - self.slack, 0.0), np.minimum(self.mean + self.slack, 1.0)
        alpha = (1 - confidence) / self.looks
        if simultaneous:
            alpha /= max(1, self.sure.size)
        if alpha < 1 - confidence:
            confidence = 1 - alpha
        lower, _ = proportion_interval(self.sure, self.draws, confidence, independent=True)
        _, upper = proportion_interval(self.possible, self.draws, confidence, independent=True)
        return lower, upper

    def __array__(self, dtype: Any = None, copy: bool | None = None) -> AnyArray:
        """The mean."""
        return np.array(self.mean, dtype=dtype)

    def __getitem__(self, where: Any) -> Proportions:
        exact = None if self.exact is None else np.asarray(self.exact[where], dtype=object)
        return Proportions(
            np.asarray(self.sure[where]), np.asarray(self.possible[where]), self.draws, exact, self.slack, self.looks
        )

    def __repr__(self) -> str:
        return f"Proportions({self.text()})"

    def text(self) -> str:
        """The numbers in a line: a few with their intervals, all at once; of many the range.

        Examples
        --------
        >>> Proportions(np.array([40, 0]), np.array([40, 0]), 100).text()
        '0.4000 in [0.2908, 0.5169], 0.0000 in [0.0000, 0.0429] (95 %, all at once)'
        """
        many, exact = self.sure.size, self.exact is not None and not self.slack
        sure = "" if exact else f" ({how_sure(0.95, together=None if many == 1 else True)})"
        if not many:
            return f"shape {self.shape}"
        if many > FEW:
            span = f"shape {self.shape}, {self.mean.min():.4f} … {self.mean.max():.4f}"
            if exact:
                return f"{span}, exact"
            lower, upper = self.interval(simultaneous=True)
            half = np.maximum(upper - self.mean, self.mean - lower).max()
            return f"{span}, ± ≤ {half:.2g}{sure}"
        if exact and self.exact is not None:
            return ", ".join(str(x) for x in self.exact.ravel().tolist())
        lower, upper = self.interval(simultaneous=True)
        rows = zip(self.mean.ravel().tolist(), np.ravel(lower).tolist(), np.ravel(upper).tolist(), strict=True)
        return ", ".join(f"{mean:.4f} in [{low:.4f}, {high:.4f}]" for mean, low, high in rows) + sure


def proportion_interval(
    successes: int | Sequence[int] | AnyArray, draws: int | AnyArray, confidence: float = 0.95, *, independent: bool
) -> tuple[FloatArray, FloatArray]:
    """Clopper–Pearson interval of a probability, exact for independent draws.

    Parameters
    ----------
    successes : int or sequence of int
    draws : int or array of int
        Of all alike, or of each.
    confidence : float
    independent : bool
        Must be true: on stratified draws a binomial interval may cover far too little.

    Returns
    -------
    lower, upper : arrays

    Raises
    ------
    ParameterError
        The draws are not independent, or the counts are out of range.

    Examples
    --------
    >>> low, high = proportion_interval(0, 100, independent=True)
    >>> float(low), round(float(high), 4)
    (0.0, 0.0362)
    """
    from scipy.special import betaincinv

    if not independent:
        raise ParameterError("a proportion needs iid draws: use sampler='iid'")
    n: Any = draws if isinstance(draws, np.ndarray) and draws.ndim else positive_integer(draws, "draws")
    k = np.asarray(successes, dtype=np.float64)
    if not ((k >= 0) & (k <= n)).all():
        raise ParameterError(f"successes must be between 0 and {n}, got {successes}")
    tail = (1 - open_unit(confidence, "confidence")) / 2
    of: Any = ...
    if not isinstance(n, np.ndarray):  # each count once: a quantile takes microseconds, and pairs may be a million
        k, where = np.unique(k, return_inverse=True)
        of = where.reshape(np.shape(successes))
    lower = np.where(k > 0, betaincinv(np.maximum(k, 1), n - k + 1, tail), 0.0)
    upper = np.where(k < n, betaincinv(k + 1, np.maximum(n - k, 1), 1 - tail), 1.0)
    return np.asarray(lower[of]), np.asarray(upper[of])
