r"""Differences of jointly normal variables, each known to rounding of its own terms, whatever else there is.

X ~ N(m, C). A variable is ⟨a, X⟩, a row a of fractions; a difference has the row a − b, which is formed exactly. Its
mean is exact, too, with the fractions that the entries of m stand for (`mdppower.mdp.rational.rational`). Its
deviation comes from a factor, C ≈ L Lᵀ: the row a − b becomes (a − b) L, and the deviation is the length of that.

L is made block by block of what varies together, in units of each state's own deviation
(`mdppower.rewards.covariance_root`): with D the deviations and V √Λ the spectrum of the correlations above rounding,
L = D V √Λ. So the error of L's row for state k is a multiple of the deviation of *k*, and that of a difference the
sum over the states that are in it. A state that is independent of all others has a block of its own, which is exact;
and one of deviation 10¹² that cancels in a − b leaves nothing behind.

A difference is 0 for certain if its mean and its variance, as fractions, are: the numbers are taken as they are
stored. One that is not, but cannot be told from 0 by L, is for the caller to pay for.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from fractions import Fraction
from functools import cached_property
from typing import Any

import numpy as np

from mdppower._typing import FloatArray
from mdppower.errors import ParameterError
from mdppower.mdp.rational import Row, rational
from mdppower.rewards.covariance_root import blocks

EPS = float(np.finfo(np.float64).eps)
INDEFINITE = 1e-9
"""An eigenvalue below 0 by more than this times the largest entry is not rounding."""


def length(rows: FloatArray) -> FloatArray:
    """Euclidean lengths of rows, also where squares of their entries are no floats."""
    size = np.abs(rows).max(axis=-1, initial=0.0)
    unit = rows / np.where(size > 0, size, 1.0)[..., None]
    return np.asarray(size * np.sqrt((unit * unit).sum(axis=-1)))


@dataclass(frozen=True, eq=False)
class Contrast:
    """⟨a, X⟩ = mean + ⟨row, Z⟩ with standard normal Z, but for rounding.

    Attributes
    ----------
    mean : float
        Right to a unit in the last place.
    row : (c,) array
    noise : float
        How far the row may be off.
    left_out : float
        The most that its deviation misses because directions of no visible variance are left out.
    is_constant : bool
        Whether the variance of what is stored is 0.
    """

    mean: float
    row: FloatArray
    noise: float
    left_out: float
    is_constant: bool

    @cached_property
    def deviation(self) -> float:
        """The length of the row."""
        return float(length(self.row))

    @property
    def doubt(self) -> float:
        """What the deviation may miss."""
        return self.noise + self.left_out

    @property
    def is_certain(self) -> bool:
        """Whether no variance can be seen."""
        return self.is_constant or self.deviation <= self.doubt

    def __neg__(self) -> Contrast:
        return Contrast(-self.mean, -self.row, self.noise, self.left_out, self.is_constant)


class JointlyNormal:
    """X ~ N(m, C), and the numbers ⟨a, X⟩.

    Parameters
    ----------
    m : (K,) array
    C : (K, K) array
        Symmetric and positive semidefinite; may be singular.

    Raises
    ------
    ParameterError
        The shapes do not fit, or C is not a covariance matrix.

    Examples
    --------
    The difference of two states of deviation 1, beside one of 10¹²:

    >>> joint = JointlyNormal([0, 0, 0], np.diag([1, 1, 1e24]))
    >>> joint.contrast([Fraction(1), Fraction(-1), Fraction(0)]).deviation**2
    2.0000000000000004
    """

    def __init__(self, m: Any, C: Any) -> None:
        mean, covariance = np.asarray(m, dtype=float), np.asarray(C, dtype=float)
        if mean.ndim != 1 or covariance.shape != (len(mean), len(mean)):
            raise ParameterError(f"m has shape {mean.shape} and C {covariance.shape}; they must be (K,) and (K, K)")
        if not (np.isfinite(mean).all() and np.isfinite(covariance).all()):
            raise ParameterError("m and C must be finite")
        size = float(abs(covariance).max(initial=0.0)) or 1.0
        scaled = covariance / size
        if abs(scaled - scaled.T).max(initial=0.0) > INDEFINITE or (
            len(mean) and np.linalg.eigvalsh((scaled + scaled.T) / 2)[0] < -INDEFINITE
        ):
            raise ParameterError("C must be symmetric and positive semidefinite")
        self.count = len(mean)
        self.mean = [rational(x) for x in mean.tolist()]
        self.covariance = np.where(covariance == covariance.T, covariance, covariance / 2 + covariance.T / 2)
        self._deviation = np.sqrt(np.maximum(self.covariance.diagonal(), 0.0))
        self._factorise()

    def _factorise(self) -> None:
        """L with L Lᵀ = C but for rounding; the error of each row, and the most that was left out of it."""
        parts, n = blocks(self.covariance), self.count
        self._factor = np.zeros((n, max(1, sum(len(one.members) for one in parts))))
        self._noise, self._left_out, column = np.zeros(n), np.zeros(n), 0
        for members, scale, values, vectors in parts:
            k = len(members)
            if k == 1:
                self._factor[members[0], column] = scale[0]
                column += 1
                continue
            # The error of ρ, and of its eigenvalues: a negative one shows that it is no smaller.
            error = max(k * EPS * float(values[-1]), -float(values[0]))
            inside = values > 16 * error
            if not inside.all():
                missed = max(float(values[~inside].max()), 0.0) + error
                self._left_out[members] = scale * np.sqrt(missed)
            if inside.any():
                kept = int(inside.sum())
                self._factor[members, column : column + kept] = (
                    scale[:, None] * vectors[:, inside] * np.sqrt(values[inside])
                )
                column += kept
                # The factor of ρ + E differs from one of ρ by ‖E‖/√(least eigenvalue), up to a rotation.
                self._noise[members] = scale * (error / np.sqrt(values[inside][0]) + 2 * k * EPS)
        # What a state of variance 0 has off the diagonal is rounding of one that has some.
        constant = np.flatnonzero(self._deviation == 0)
        others = np.where(self._deviation > 0, self._deviation, np.inf)
        self._left_out[constant] = (np.abs(self.covariance[constant]) / others).max(axis=1, initial=0.0)

    def contrast(self, a: Row) -> Contrast:
        """⟨a, X⟩ of a row of fractions."""
        present = [k for k, x in enumerate(a) if x]
        weights = np.array([float(a[k]) for k in present])
        row = weights @ self._factor[present] if present else np.zeros(self._factor.shape[1])
        size, own = np.abs(weights), float(length(row))
        noise = float(size @ self._noise[present]) + 4 * EPS * own
        left_out = float(size @ self._left_out[present])
        mean = float(sum((a[k] * self.mean[k] for k in present if self.mean[k]), Fraction(0)))
        is_constant = own <= 2 * (noise + left_out) and self._variance(a, present) == 0
        return Contrast(mean, row, noise, left_out, is_constant)

    def vanishes(self, a: Row) -> bool:
        """Whether ⟨a, X⟩ is 0 for certain: its mean and its variance are, of the numbers that are stored."""
        found = self.contrast(a)
        return found.is_constant and found.mean == 0

    @cached_property
    def _exact(self) -> list[Row]:
        return [[rational(x) for x in row] for row in self.covariance.tolist()]

    def _variance(self, a: Row, present: Sequence[int]) -> Fraction:
        if not self._deviation[present].any() and not self._left_out[present].any():
            return Fraction(0)
        total = Fraction(0)
        for i in present:
            total += a[i] * sum((a[j] * self._exact[i][j] for j in present if self.covariance[i, j]), Fraction(0))
        return total


def fractions_of(rows: Any, n: int) -> list[Row]:
    """Rows of n numbers as the fractions that they are, or ParameterError."""
    table = np.asarray(rows, dtype=object)
    if table.ndim != 2 or table.shape[1] != n:
        raise ParameterError(f"rows has shape {table.shape}; it must be (R, {n})")
    try:
        return [[Fraction(x) for x in row] for row in table.tolist()]
    except (OverflowError, ValueError):
        raise ParameterError("rows must be finite") from None
