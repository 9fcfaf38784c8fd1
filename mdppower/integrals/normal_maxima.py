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

**Numbers.** Everything is worked out from a factor C ≈ L Lᵀ, L = V √Λ of the eigenvalues above rounding. X_k is the
row L_k, a difference is a difference of rows, and conditioning on X_i = X_j takes away their part along L_i − L_j.
What is left has an error of the size of rounding, where in the entries of C it is rounding among *squares*: there a
small conditional variance has a correlation that need not be one of anything. Rows, scaled to length 1, always are.
Where X = a Y, the rows are those of a L with the factor L of Y, and what C loses of them is kept (`rows`).

**Errors.** Orthants of one dimension are Φ, of two SciPy's closed form; others come from Genz' (1992) integrator in
SciPy, in `REPEATS` independently seeded runs: the answer is their mean and the error Student's 99.9 % half-width, an
estimate, not a bound. To this is added, to first order, what the rest can do:

- directions left out of L, of variance ε² at most: |E max X − E max X'| ≤ E max |X − X'| ≤ ε √(2 ln 2K);
- a row that is wrong by η turns by α = η/‖row‖, and a correlation that is rounded counts as √rounding; an orthant
  has ∂P/∂(angle) ≤ 1/(2π) for each pair of rows, ∂P/∂(limit) ≤ 1/√(2π), and a limit l is off by α (1 + |l|): in m
  dimensions Σ α ((m − 1)/(2π) + 1/√(2π) + 1/4) ≤ Σ α (m + 3)/6;
- a difference that counts as constant though its deviation is d: Φ(−|mean|/d);
- for the shares, |Σ p − 1|.

References
----------
Clark, C. E. (1961), Operations Research 9, 145–162. Afonja, B. (1972), J. R. Statist. Soc. B 34, 251–262.
Genz, A. (1992), J. Comput. Graph. Statist. 1, 141–149.
"""

from __future__ import annotations

from collections.abc import Callable
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
_EPS = float(np.finfo(np.float64).eps)
_PIVOT = 1e-10  # SciPy's integrator leaves out a conditional variance below this times m


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
        Estimates of the errors: the spread of repeated integrations, and rounding.
    """

    mean: float
    shares: FloatArray
    mean_error: float
    share_error: float


def maximum_normal(m: Any, C: Any, rng: Any = None, *, rows: Any = None) -> NormalMaximum:
    """Mean of the largest of jointly normal variables, and the probability of each to be it.

    Parameters
    ----------
    m : (K,) array
        Means.
    C : (K, K) array
        Covariance, symmetric and positive semidefinite; may be singular.
    rng : what `numpy.random.default_rng` takes
        For the integration; unused where there is a closed form.
    rows : (R, K) array, optional
        The variables are rows · X, R of them: more precise than their own mean and covariance.

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
    means, factor, noise, left_out = _variables(m, C, rows)
    count = len(means)
    if not count:
        raise ParameterError("there must be a variable, got none")
    size = float((factor**2).sum(axis=1).max())
    representative, kept = _candidates(means, factor)
    if len(kept) > DIMENSIONS:
        raise SizeError(f"{len(kept)} different normal variables; the limit is {DIMENSIONS}")
    top = float(means[kept].max())
    law = _clark if len(kept) < 3 else _afonja
    rest, shares, mean_error, share_error = law(means[kept] - top, factor[kept], noise, left_out, rng)
    every = np.zeros(count)
    for k, i in enumerate(representative):
        if i in kept:
            every[k] = shares[kept.index(i)]
    mean_error += 16 * _EPS * (abs(top) + float(np.sqrt(size)))
    return NormalMaximum(top + rest, every, mean_error, share_error + 16 * _EPS)


def orthant_probability(mean: Any, covariance: Any, rng: Any = None, *, rows: Any = None) -> tuple[float, float]:
    """P(Y ≤ 0) in every entry of a jointly normal Y, and an estimate of the error.

    Parameters
    ----------
    mean : (m,) array
    covariance : (m, m) array
        May be singular.
    rng : what `numpy.random.default_rng` takes
    rows : (R, m) array, optional
        Y is rows · X, with X of this mean and covariance.

    Returns
    -------
    probability, error : float
        The spread of repeated integrations, and rounding.

    Raises
    ------
    ParameterError
        The shapes do not fit, or the covariance is not one.
    SizeError
        m is more than `DIMENSIONS`.

    Examples
    --------
    >>> orthant_probability([0.0], [[1.0]])[0]
    0.5
    """
    centre, factor, noise, left_out = _variables(mean, covariance, rows)
    if len(centre) > DIMENSIONS:
        raise SizeError(f"an orthant of {len(centre)} dimensions; the limit is {DIMENSIONS}")
    size = float((factor**2).sum(axis=1).max(initial=0.0))
    orthant = _orthant(centre, factor, np.full(len(centre), noise + left_out), size)
    value, half = _repeat(lambda seed: np.array([orthant.value(seed)]), rng)
    return float(value[0]), float(half[0]) + orthant.error


def _variables(m: Any, C: Any, rows: Any) -> tuple[FloatArray, FloatArray, float, float]:
    """Means, a factor, the error of its rows, and the most that was left out of one."""
    mean, covariance = np.asarray(m, dtype=float), np.asarray(C, dtype=float)
    if mean.ndim != 1 or covariance.shape != (len(mean), len(mean)):
        raise ParameterError(f"m has shape {mean.shape} and C {covariance.shape}; they must be (K,) and (K, K)")
    if not (np.isfinite(mean).all() and np.isfinite(covariance).all()):
        raise ParameterError("m and C must be finite")
    if not len(mean):
        return mean, np.zeros((0, 1)), 0.0, 0.0
    factor, noise, left_out = _factor(covariance)
    if rows is None:
        return mean, factor, noise, left_out
    a = np.asarray(rows, dtype=float)
    if a.ndim != 2 or a.shape[1] != len(mean):
        raise ParameterError(f"rows has shape {a.shape}; it must be (R, {len(mean)})")
    if not np.isfinite(a).all():
        raise ParameterError("rows must be finite")
    longest = float(np.linalg.norm(a, axis=1).max(initial=0.0))
    noise += len(mean) * _EPS * float(np.linalg.norm(factor, 2))
    return a @ mean, a @ factor, longest * noise, longest * left_out


def _candidates(mean: FloatArray, factor: FloatArray) -> tuple[list[int], list[int]]:
    """For each variable the first that equals it, and the different ones that can be the largest."""
    apart = factor[None, :] - factor[:, None]
    gaps = (apart**2).sum(axis=2)
    variance = float((factor**2).sum(axis=1).max())
    none = ROUNDING * max(variance, np.finfo(float).tiny)
    equal = 1e-12 * max(float(abs(mean).max()), np.sqrt(variance))
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
            share = apart[low, middle] @ apart[low, high] / gaps[low, high]
            residual = apart[low, middle] - share * apart[low, high]
            off = mean[middle] - (1 - share) * mean[low] - share * mean[high]
            if 0 < share < 1 and residual @ residual <= none and off <= equal and middle in kept:
                kept.remove(middle)
    return representative, kept


def _factor(covariance: FloatArray) -> tuple[FloatArray, float, float]:
    """L with L Lᵀ = C but for rounding; the error of a row, and the most that was left out of one."""
    values, vectors = np.linalg.eigh((covariance + covariance.T) / 2)
    size, worst = float(abs(covariance).max()), max(0.0, -float(values[0]))
    if abs(covariance - covariance.T).max() > 1e-9 * size or worst > 1e-9 * size:
        raise ParameterError("C must be symmetric and positive semidefinite")
    # The error of C, and of its eigenvalues: a negative one shows that it is no smaller.
    error = max(len(covariance) * _EPS * float(values[-1]), worst)
    inside = values > 16 * error
    left_out = 0.0 if inside.all() else float(np.sqrt(max(float(values[~inside].max()), 0.0) + error))
    if not inside.any():
        return np.zeros((len(covariance), 1)), 0.0, left_out
    # The factor of C + E differs from one of C by ‖E‖/√(least eigenvalue), up to a rotation.
    noise = error / float(np.sqrt(values[inside][0]))
    return vectors[:, inside] * np.sqrt(values[inside]), noise, left_out


def _clark(
    mean: FloatArray, rows: FloatArray, noise: float, left_out: float, rng: Any
) -> tuple[float, FloatArray, float, float]:
    """E max and the shares of one or two variables, and the errors of both."""
    from scipy.special import ndtr

    if len(mean) == 1:
        return float(mean[0]), np.ones(1), 0.0, 0.0
    theta = float(np.linalg.norm(rows[0] - rows[1]))
    delta = float(mean[0] - mean[1]) / theta
    shares = ndtr(np.array([delta, -delta]))
    # θ is off by so much: ∂E max/∂θ = φ(δ) < 1/2, and the shares feel δ φ(δ) < 1/4 of it, relative to θ.
    off = float(np.sqrt(2)) * (noise + left_out)
    return float(mean @ shares + theta * _density(delta)), shares, off / 2, off / theta / 4


def _density(x: float) -> float:
    return float(np.exp(-x * x / 2) / np.sqrt(2 * np.pi))


def _afonja(
    mean: FloatArray, rows: FloatArray, noise: float, left_out: float, rng: Any
) -> tuple[float, FloatArray, float, float]:
    """E max and the shares of three or more variables, and the errors of both."""
    count, size = len(mean), float((rows**2).sum(axis=1).max())
    # A difference of two rows has √2 times the error of one.
    noise, left_out = np.sqrt(2) * noise, np.sqrt(2) * left_out
    cells: list[_Orthant] = []
    wrong = np.empty(count)
    facets: list[tuple[float, _Orthant]] = []
    for i in range(count):
        others = [k for k in range(count) if k != i]
        apart, contrast = rows[others] - rows[i], mean[others] - mean[i]
        cells.append(_orthant(contrast, apart, np.full(count - 1, noise), size))
        wrong[i] = _orthant(contrast, apart, np.full(count - 1, noise + left_out), size).error
        for j in range(i + 1, count):
            # X_l − X_i given X_i − X_j = 0.
            pair = rows[i] - rows[j]
            theta = float(np.linalg.norm(pair))
            delta = float(mean[i] - mean[j]) / theta
            weight = theta * _density(delta)
            if weight:
                rest = [k for k, other in enumerate(others) if other != j]
                along = apart[rest] @ pair / theta
                # The direction of the pair may be off by noise/θ, which tells on the part along it, and on its mean.
                doubt = noise * (1 + abs(delta)) * (1 + np.linalg.norm(apart[rest], axis=1) / theta)
                residual = apart[rest] - np.outer(along, pair / theta)
                facets.append((weight, _orthant(contrast[rest] - along * delta, residual, doubt, size)))

    def run(seed: np.random.Generator) -> FloatArray:
        shares = np.array([cell.value(seed) for cell in cells])
        total = float(mean @ shares) + sum(weight * facet.value(seed) for weight, facet in facets)
        return np.array([total, *shares])

    values, half = _repeat(run, rng)
    shares = values[1:]
    inner = sum(weight * facet.error + noise for weight, facet in facets)
    inner += sum(abs(m) * cell.error for m, cell in zip(mean.tolist(), cells, strict=True))
    outer = left_out * np.sqrt(np.log(2 * count))
    share_error = float(half[1:].max() + wrong.max() + abs(shares.sum() - 1))
    return float(values[0]), shares, float(half[0] + inner + outer), share_error


def _repeat(run: Callable[[np.random.Generator], FloatArray], rng: Any) -> tuple[FloatArray, FloatArray]:
    """Mean of independently seeded runs, and Student's 99.9 % half-width."""
    from scipy.special import stdtrit

    runs = np.array([run(seed) for seed in np.random.default_rng(rng).spawn(REPEATS)])
    half: FloatArray = stdtrit(REPEATS - 1, 0.9995) * runs.std(axis=0, ddof=1) / np.sqrt(REPEATS)
    return runs.mean(axis=0), half


@dataclass(frozen=True, eq=False)
class _Orthant:
    """P(Z ≤ limits) for standard normal Z with these correlations, and the error that integration does not show."""

    limits: FloatArray
    correlation: FloatArray
    error: float

    def value(self, rng: np.random.Generator) -> float:
        from scipy.special import ndtr
        from scipy.stats import multivariate_normal

        if len(self.limits) == 0:
            return 1.0
        if len(self.limits) == 1:
            return float(ndtr(self.limits[0]))
        return float(
            multivariate_normal.cdf(
                self.limits,
                cov=self.correlation,
                allow_singular=True,
                maxpts=_POINTS * len(self.limits),
                abseps=1e-8,
                releps=0.0,
                rng=rng,
            )
        )


def _orthant(mean: FloatArray, rows: FloatArray, doubt: FloatArray, size: float) -> _Orthant:
    """P(Y ≤ 0) for Y = mean + rows · (standard normals): rows known to `doubt`, variances of the order `size`."""
    from scipy.special import ndtr

    deviation = np.linalg.norm(rows, axis=1)
    sure = deviation**2 <= ROUNDING * size
    # Where the deviation is no more than its error there is none.
    small = sure & (deviation > doubt)
    lost = float(ndtr(-abs(mean[small]) / deviation[small]).sum())
    if (mean[sure] > 1e-12 * max(abs(mean).max(initial=0.0), np.sqrt(size))).any():
        return _Orthant(np.array([-np.inf]), np.ones((1, 1)), lost)
    limits, unit = -mean[~sure] / deviation[~sure], rows[~sure] / deviation[~sure, None]
    m = len(limits)
    correlation = np.clip(unit @ unit.T, -1, 1)
    np.fill_diagonal(correlation, 1.0)
    angle = np.minimum(doubt[~sure] / deviation[~sure], 1) + (2 * np.sqrt(_EPS) if m > 1 else 0.0)
    error = float(angle.sum()) * (m + 3) / 6
    if m > 2 and np.linalg.eigvalsh(correlation)[0] <= m * _PIVOT:
        # Each row but the first may lose a part of length τ: E P(|limit − Z| ≤ τ |N|) ≤ τ/π.
        error += (m - 1) * float(np.sqrt(m * _PIVOT)) / np.pi
    if m and angle.max() < 0.5:
        # No orthant, nor its error, is larger than its least half-space; half the limit, as rows are off a little.
        error = min(error, float(ndtr(limits.min() / 2)))
    return _Orthant(limits, correlation, lost + error)
