r"""The largest of jointly normal variables: its mean, and which one it is.

X ~ N(m, C) in K dimensions, C possibly singular. Write θ_ij² = Var(X_i − X_j), φ and Φ for the standard normal.

**K = 2** (Clark 1961): with δ = (m_1 − m_2)/θ, P(X_1 > X_2) = Φ(δ) and E max = m_1 Φ(δ) + m_2 Φ(−δ) + θ φ(δ).

**K ≥ 3** (Afonja 1972). p_i = P(X_j ≤ X_i for all j) is an orthant probability of the K − 1 differences. For the
mean, Stein's identity E (X_i − m_i) g(X) = Σ_l C_il E ∂_l g with g = 1{X_i is largest}, whose derivative in x_i is a
density on each facet X_i = X_j of the cell, and in x_j minus that, gives

    E[X_i; i largest] = m_i p_i + Σ_{j≠i} (C_ii − C_ij) f_ij,
    f_ij = (density of X_i − X_j at 0) · P(X_l ≤ X_i for the other l | X_i = X_j) = φ((m_i − m_j)/θ_ij)/θ_ij · q_ij.

f_ij is symmetric, so i and j together have the factor C_ii − 2 C_ij + C_jj = θ_ij², and

    E max = Σ_i m_i p_i + Σ_{i<j} θ_ij φ((m_i − m_j)/θ_ij) q_ij.

(Three iid standard normals: θ = √2, q = 1/2, hence 3 · √2/√(2π) · 1/2 = 3/(2√π).) Means are taken relative to
the largest, which changes nothing as Σ p_i = 1 and keeps the errors of the p_i from being multiplied.

**Degenerate cases.** Equal variables tie and share one p. Where X_i − X_j is constant the lower one never is the
largest. Three variables with X_l − X_i = λ (X_j − X_i) meet in one facet: the one in the middle is left out. After
that a conditional difference of variance 0 is a sure comparison.

**Errors.** Orthants of one dimension are Φ; others come from Genz' (1992) integrator in SciPy, in `REPEATS`
independently seeded runs: the answer is their mean and the error Student's 99.9 % half-width plus, for the shares,
|Σ p − 1|, plus rounding (by its root, as singular correlations feel it). It is an estimate of the error, not a bound.

References
----------
Clark, C. E. (1961), Operations Research 9, 145–162. Afonja, B. (1972), J. R. Statist. Soc. B 34, 251–262.
Genz, A. (1992), J. Comput. Graph. Statist. 1, 141–149.
"""

from __future__ import annotations

from dataclasses import dataclass
from itertools import combinations
from typing import Any

import numpy as np

from mdppower._typing import FloatArray
from mdppower.errors import ParameterError, SizeError

REPEATS = 8
DIMENSIONS = 25
"""Most different variables; each takes an orthant, and each pair another."""
ROUNDING = 1e-12
"""Variances below this times the largest one count as 0."""

_POINTS = 20_000  # of one run, for each dimension


@dataclass(frozen=True, eq=False)
class NormalMaximum:
    """The law of the largest of jointly normal variables, as far as it is asked for.

    Attributes
    ----------
    mean : float
        E max.
    shares : (K,) array
        P(X_k is a largest); equal variables both have what they share.
    mean_error, share_error : float
        Estimates of the errors: rounding in the closed forms, else the spread of repeated integrations.
    """

    mean: float
    shares: FloatArray
    mean_error: float
    share_error: float


def maximum_normal(m: Any, C: Any, rng: Any = None) -> NormalMaximum:
    """Mean of the largest of jointly normal variables, and the probability of each to be it.

    Parameters
    ----------
    m : (K,) array
        Means.
    C : (K, K) array
        Covariance, symmetric and positive semidefinite; may be singular.
    rng : what `numpy.random.default_rng` takes
        For the integration; unused where there is a closed form.

    Returns
    -------
    NormalMaximum

    Raises
    ------
    ParameterError
        The shapes do not fit, or C is not a covariance matrix.
    SizeError
        There are more than `DIMENSIONS` different variables.

    Examples
    --------
    Two independent standard normals: E max = 1/√π.

    >>> result = maximum_normal([0, 0], [[1, 0], [0, 1]])
    >>> round(result.mean, 6), result.shares.tolist()
    (0.56419, [0.5, 0.5])
    """
    mean, covariance = np.asarray(m, dtype=float), np.asarray(C, dtype=float)
    count = len(mean) if mean.ndim == 1 else 0
    if not count or covariance.shape != (count, count):
        raise ParameterError(f"m has shape {mean.shape} and C {covariance.shape}; they must be (K,) and (K, K)")
    if not (np.isfinite(mean).all() and np.isfinite(covariance).all()):
        raise ParameterError("m and C must be finite")
    size = float(abs(covariance).max())
    if abs(covariance - covariance.T).max() > 1e-9 * size or np.linalg.eigvalsh(covariance).min() < -1e-9 * size:
        raise ParameterError("C must be symmetric and positive semidefinite")
    representative, kept = _candidates(mean, covariance)
    if len(kept) > DIMENSIONS:
        raise SizeError(f"{len(kept)} different normal variables; the limit is {DIMENSIONS}")
    top = float(mean[kept].max())
    centred, inner = mean[kept] - top, covariance[np.ix_(kept, kept)]
    if len(kept) < 3:
        rest, shares = _clark(centred, inner)
        spread = np.zeros(len(kept) + 1)
    else:
        from scipy.special import stdtrit

        seeds = np.random.default_rng(rng).spawn(REPEATS)
        runs = np.array([_afonja(centred, inner, seed) for seed in seeds])
        rest, shares = float(runs[:, 0].mean()), runs[:, 1:].mean(axis=0)
        spread = stdtrit(REPEATS - 1, 0.9995) * runs.std(axis=0, ddof=1) / np.sqrt(REPEATS)
    every = np.zeros(count)
    for k, i in enumerate(representative):
        if i in kept:
            every[k] = shares[kept.index(i)]
    rounding = 16 * np.finfo(float).eps
    # An orthant depends on a correlation near ±1 through √(1 − ρ²): rounding enters by its root.
    conditioning = rounding if len(kept) < 3 else float(np.sqrt(np.finfo(float).eps))
    return NormalMaximum(
        top + rest,
        every,
        float(spread[0] + rounding * abs(top) + conditioning * np.sqrt(size) * len(kept)),
        float(spread[1:].max() + abs(shares.sum() - 1) + conditioning),
    )


def orthant_probability(mean: Any, covariance: Any, rng: Any = None) -> tuple[float, float]:
    """P(Y ≤ 0) in every entry of a jointly normal Y, and an estimate of the error.

    Parameters
    ----------
    mean : (m,) array
    covariance : (m, m) array
        May be singular.
    rng : what `numpy.random.default_rng` takes

    Returns
    -------
    probability, error : float
        The error is rounding for m ≤ 1, else from the spread of repeated integrations.

    Raises
    ------
    SizeError
        m is more than `DIMENSIONS`.

    Examples
    --------
    >>> orthant_probability([0.0], [[1.0]])[0]
    0.5
    """
    from scipy.special import stdtrit

    centre, spread = np.asarray(mean, dtype=float), np.asarray(covariance, dtype=float)
    if len(centre) > DIMENSIONS:
        raise SizeError(f"an orthant of {len(centre)} dimensions; the limit is {DIMENSIONS}")
    if len(centre) < 2:
        return _orthant(centre, spread, np.random.default_rng(0)), 16 * float(np.finfo(float).eps)
    runs = np.array([_orthant(centre, spread, seed) for seed in np.random.default_rng(rng).spawn(REPEATS)])
    half = stdtrit(REPEATS - 1, 0.9995) * runs.std(ddof=1) / np.sqrt(REPEATS)
    return float(runs.mean()), float(half + np.sqrt(np.finfo(float).eps))


def _candidates(mean: FloatArray, covariance: FloatArray) -> tuple[list[int], list[int]]:
    """For each variable the first that equals it, and the different ones that can be the largest."""
    variance = np.diag(covariance)
    gaps = variance[:, None] + variance[None, :] - 2 * covariance
    none = ROUNDING * max(float(variance.max()), np.finfo(float).tiny)
    equal = 1e-12 * max(float(abs(mean).max()), float(np.sqrt(variance.max())))
    count = len(mean)
    representative = [
        next(i for i in range(k + 1) if (gaps[i, k] <= none and abs(mean[i] - mean[k]) <= equal) or i == k)
        for k in range(count)
    ]
    kept = [
        k
        for k in sorted(set(representative))
        if not any(gaps[i, k] <= none and mean[i] - mean[k] > equal for i in range(count))
    ]
    for a, b, c in combinations(list(kept), 3):
        for low, middle, high in ((a, b, c), (b, a, c), (a, c, b)):
            # middle = (1 − λ) low + λ high, with λ the regression coefficient of the differences.
            between = covariance[middle, high] - covariance[middle, low] - covariance[low, high] + variance[low]
            share = between / gaps[low, high]
            residual = gaps[low, middle] - share * between
            off = mean[middle] - (1 - share) * mean[low] - share * mean[high]
            if 0 < share < 1 and residual <= none and off <= equal and middle in kept:
                kept.remove(middle)
    return representative, kept


def _clark(mean: FloatArray, covariance: FloatArray) -> tuple[float, FloatArray]:
    from scipy.special import ndtr

    if len(mean) == 1:
        return float(mean[0]), np.ones(1)
    theta = np.sqrt(covariance[0, 0] + covariance[1, 1] - 2 * covariance[0, 1])
    delta = (mean[0] - mean[1]) / theta
    shares = ndtr(np.array([delta, -delta]))
    return float(mean @ shares + theta * _density(delta)), shares


def _density(x: float) -> float:
    return float(np.exp(-x * x / 2) / np.sqrt(2 * np.pi))


def _afonja(mean: FloatArray, covariance: FloatArray, rng: np.random.Generator) -> FloatArray:
    """E max, then the shares: one run."""
    count = len(mean)
    shares = np.empty(count)
    total = 0.0
    for i in range(count):
        contrast = np.delete(np.eye(count), i, axis=0)
        contrast[:, i] -= 1
        shares[i] = _orthant(contrast @ mean, contrast @ covariance @ contrast.T, rng)
        for j in range(i + 1, count):
            # X_l − X_i given D = X_i − X_j = 0.
            others = contrast[[k for k in range(count - 1) if k != j - 1]]
            pair = -contrast[j - 1]
            theta_squared = float(pair @ covariance @ pair)
            along = others @ covariance @ pair
            delta = float(pair @ mean)
            conditional_mean = others @ mean - along * delta / theta_squared
            conditional = others @ covariance @ others.T - np.outer(along, along) / theta_squared
            theta = float(np.sqrt(theta_squared))
            weight = theta * _density(delta / theta)
            if weight:
                total += weight * _orthant(conditional_mean, conditional, rng, float(np.diag(covariance).max()))
    return np.array([float(mean @ shares) + total, *shares])


def _orthant(mean: FloatArray, covariance: FloatArray, rng: np.random.Generator, size: float = 0.0) -> float:
    """P(Y ≤ 0) for Y ~ N(mean, covariance); `size` is the scale of variances before the conditioning."""
    from scipy.special import ndtr
    from scipy.stats import multivariate_normal

    variance = np.diag(covariance)
    sure = variance <= ROUNDING * max(size, float(variance.max(initial=0.0)))
    if (mean[sure] > 0).any():
        return 0.0
    deviation = np.sqrt(variance[~sure])
    limits = -mean[~sure] / deviation
    if len(limits) == 0:
        return 1.0
    if len(limits) == 1:
        return float(ndtr(limits[0]))
    correlation = covariance[np.ix_(~sure, ~sure)] / np.outer(deviation, deviation)
    correlation = (correlation + correlation.T) / 2
    np.fill_diagonal(correlation, 1.0)
    values = multivariate_normal.cdf(
        limits,
        cov=correlation,
        allow_singular=True,
        maxpts=_POINTS * len(limits),
        abseps=1e-8,
        releps=0.0,
        rng=rng,
    )
    return float(values)
