"""The inequalities of `mdppower.bounds`, where they are documented, and their inverses."""

from __future__ import annotations

from typing import Any

import numpy as np
import numpy.typing as npt

from mdppower._text import rate_text
from mdppower._typing import FloatArray
from mdppower.errors import ParameterError

# ---------------------------------------------------------------------- from the gap to the probability


def sub_gaussian(gap: npt.ArrayLike, nu2: npt.ArrayLike) -> FloatArray:
    """The post's lemma: p(A ≥ B) ≤ exp(−gap²/2ν²).

    Parameters
    ----------
    gap : array
        C(B) − C(A).
    nu2 : array
        A variance proxy of Δ, positive.

    Returns
    -------
    array

    Raises
    ------
    ParameterError
        ν² is not positive and finite, or a gap is not finite.

    Examples
    --------
    >>> sub_gaussian([-1, 0, 1.1774100225], 1).round(6)
    array([1. , 1. , 0.5])
    """
    g, proxy = _gap(gap), checked_proxy(nu2)
    return np.asarray(np.exp(-(g**2) / (2 * proxy)))


def cantelli(gap: npt.ArrayLike, variance: npt.ArrayLike) -> FloatArray:
    """Cantelli's inequality: p(A ≥ B) ≤ v/(v + gap²). From gap = sd on, p(A ≥ B) ≤ 1/2.

    Parameters
    ----------
    gap : array
    variance : array
        Of Δ, or an upper bound of it, such as ν².

    Returns
    -------
    array

    Raises
    ------
    ParameterError
        A variance is negative, NaN or infinite: Cantelli's inequality does not apply.

    Examples
    --------
    >>> cantelli([-1, 0, 1, 3], 1)
    array([1. , 1. , 0.5, 0.1])
    """
    g, v = np.broadcast_arrays(_gap(gap), _variance(variance))
    return np.where(g > 0, v / np.where(g > 0, v + g**2, 1.0), 1.0)


def markov_range(gap: npt.ArrayLike, drop: npt.ArrayLike) -> FloatArray:
    """Markov's inequality for Δ + M ≥ 0: p(A ≥ B) ≤ 1 − gap/M.

    Parameters
    ----------
    gap : array
    drop : array
        M, the most by which A can be worth less than B: −min Δ.

    Returns
    -------
    array
        0 where the gap is above M, which no law allows.

    Raises
    ------
    ParameterError
        M is negative, NaN or infinite.

    Examples
    --------
    >>> markov_range([-1, 0, 0.25], 1)
    array([1.  , 1.  , 0.75])
    """
    g, m = np.broadcast_arrays(_gap(gap), _drop(drop))
    return np.where(g > 0, np.clip(1 - g / np.where(m > 0, m, 1.0), 0.0, 1.0) * (m > 0), 1.0)


def best(
    gap: npt.ArrayLike,
    nu2: npt.ArrayLike | None = None,
    variance: npt.ArrayLike | None = None,
    drop: npt.ArrayLike | None = None,
) -> FloatArray:
    """The least of the bounds that apply; 1 if nothing is known.

    Parameters
    ----------
    gap : array
    nu2, variance, drop : arrays, optional
        Without a variance ν² is taken for it: Var Δ ≤ ν².

    Returns
    -------
    array

    Raises
    ------
    ParameterError

    Examples
    --------
    >>> best([0.5, 1, 2], nu2=1).round(4)  # Cantelli, Cantelli, sub-Gaussian
    array([0.8   , 0.5   , 0.1353])
    """
    least = np.ones_like(_gap(gap))
    if nu2 is not None:
        least = np.minimum(least, sub_gaussian(gap, nu2))
    spread = _least_variance(nu2, variance)
    if spread is not None:
        least = np.minimum(least, cantelli(gap, spread))
    if drop is not None:
        least = np.minimum(least, markov_range(gap, drop))
    return np.asarray(least)


# ---------------------------------------------------------------------- from the probability to the gap


def sub_gaussian_gap(p: npt.ArrayLike, nu2: npt.ArrayLike) -> FloatArray:
    """The largest gap that `sub_gaussian` allows: ν √(2 ln 1/p); infinite at p = 0.

    Parameters
    ----------
    p : array
        p(A ≥ B).
    nu2 : array

    Returns
    -------
    array

    Raises
    ------
    ParameterError

    Examples
    --------
    >>> sub_gaussian_gap([0.01, 0.5, 1], 1).round(3)
    array([3.035, 1.177, 0.   ])
    """
    with np.errstate(divide="ignore"):
        return np.asarray(np.sqrt(checked_proxy(nu2) * 2 * (0.0 - np.log(chance(p, "p")))))


def cantelli_gap(p: npt.ArrayLike, variance: npt.ArrayLike) -> FloatArray:
    """The largest gap that `cantelli` allows: sd √((1 − p)/p); infinite at p = 0, unless the variance is 0.

    Parameters
    ----------
    p, variance : arrays

    Returns
    -------
    array

    Raises
    ------
    ParameterError

    Examples
    --------
    >>> cantelli_gap([0.1, 0.5, 1], 1)
    array([3., 1., 0.])
    """
    q, v = np.broadcast_arrays(chance(p, "p"), _variance(variance))
    odds = np.divide(1 - q, q, out=np.full(q.shape, np.inf), where=q > 0)
    return np.asarray(np.sqrt(np.multiply(v, odds, out=np.zeros(q.shape), where=v > 0)))


def markov_range_gap(p: npt.ArrayLike, drop: npt.ArrayLike) -> FloatArray:
    """The largest gap that `markov_range` allows: M (1 − p).

    Parameters
    ----------
    p, drop : arrays

    Returns
    -------
    array

    Raises
    ------
    ParameterError

    Examples
    --------
    >>> markov_range_gap([0, 0.25, 1], 2)
    array([2. , 1.5, 0. ])
    """
    return np.asarray(_drop(drop) * (1 - chance(p, "p")))


def best_gap(
    p: npt.ArrayLike,
    nu2: npt.ArrayLike | None = None,
    variance: npt.ArrayLike | None = None,
    drop: npt.ArrayLike | None = None,
) -> FloatArray:
    """The least of the largest gaps that the bounds allow; infinite if nothing is known.

    Parameters
    ----------
    p : array
    nu2, variance, drop : arrays, optional
        As for `best`.

    Returns
    -------
    array

    Raises
    ------
    ParameterError

    Examples
    --------
    >>> best_gap([0.01, 0.1, 0.3, 0.5, 0.7, 0.9], nu2=1).round(3)
    array([3.035, 2.146, 1.528, 1.   , 0.655, 0.333])
    """
    least = np.full(chance(p, "p").shape, np.inf)
    if nu2 is not None:
        least = np.minimum(least, sub_gaussian_gap(p, nu2))
    spread = _least_variance(nu2, variance)
    if spread is not None:
        least = np.minimum(least, cantelli_gap(p, spread))
    if drop is not None:
        least = np.minimum(least, markov_range_gap(p, drop))
    return np.asarray(least)


# ---------------------------------------------------------------------- checks


def numbers(values: Any, name: str) -> FloatArray:
    """The values as floats, or ParameterError that names the argument."""
    try:
        return np.asarray(values, dtype=np.float64)
    except (TypeError, ValueError):
        raise ParameterError(f"{name} must be numbers, got {values!r}") from None


def refuse(values: FloatArray, fine: Any, rule: str) -> None:
    """Raise ParameterError with the first value that is not fine (comparisons with NaN are not)."""
    if not np.all(fine):
        raise ParameterError(f"{rule}, got {rate_text(values[~fine].flat[0])}")


def _gap(values: Any) -> FloatArray:
    """Gaps, those below 0 as 0: there all bounds are 1."""
    gap = numbers(values, "gap")
    refuse(gap, np.isfinite(gap), "gap must be finite")
    return np.maximum(gap, 0.0)


def chance(values: Any, name: str) -> FloatArray:
    """Probabilities, checked."""
    p = numbers(values, name)
    refuse(p, (p >= 0) & (p <= 1), f"{name} must be in [0, 1]")
    return p


def checked_proxy(values: Any) -> FloatArray:
    """A variance proxy: positive and finite, or ParameterError."""
    nu2 = numbers(values, "nu2")
    refuse(nu2, (nu2 > 0) & np.isfinite(nu2), "nu2 must be positive and finite")
    return nu2


def _variance(values: Any) -> FloatArray:
    variance = numbers(values, "variance")
    rule = "variance must be finite and not negative; without one Cantelli's inequality does not apply"
    refuse(variance, (variance >= 0) & np.isfinite(variance), rule)
    return variance


def _drop(values: Any) -> FloatArray:
    drop = numbers(values, "drop")
    rule = "drop must be finite and not negative; where Δ has no least value Markov's inequality does not apply"
    refuse(drop, (drop >= 0) & np.isfinite(drop), rule)
    return drop


def _least_variance(nu2: Any, variance: Any) -> FloatArray | None:
    """What is known of Var Δ: it is at most ν²."""
    if variance is None:
        return None if nu2 is None else checked_proxy(nu2)
    return _variance(variance) if nu2 is None else np.asarray(np.minimum(checked_proxy(nu2), _variance(variance)))
