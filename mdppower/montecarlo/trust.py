"""Whether Student's interval can be trusted, from the law of what is averaged, and from the replicate means.

Student's t stands on means that are nearly normal. What breaks it first is skewness: a sample that happens to miss
the large values has a mean that is too low *and* a spread that is too small. Hall (1992, "On the removal of skewness
by transformation", J. R. Stat. Soc. B 54, 221-228) makes the studentised mean T of K observations of skewness κ
nearly symmetric by g(T) = ((1 + aT)³ − 1)/3a + a/2, a = κ/(3√K). Read backwards, that says how often the plain
interval misses:

    P(miss) ≈ P(t_{K−1} < g(−t)) + P(t_{K−1} > g(t)),        t the critical value.

Against gamma-distributed observations it is right up to twice the level, and too cautious beyond. Where almost every
draw gives the same value, skewness says too little: the number of other draws is Poisson, and the intervals that its
counts make are counted out.

The skewness of a *replicate mean* is what counts. In a Latin hypercube it is not 1/√n of that of a draw: inner strata
hardly vary, and the outermost ones decide.
"""

from __future__ import annotations

import warnings
from dataclasses import dataclass
from functools import lru_cache

import numpy as np

from mdppower._typing import BoolArray, FloatArray
from mdppower.montecarlo.replicates import Replicates
from mdppower.rewards.laws import Law

TOLERATED = 0.065
"""Share of runs in which a 95 % interval may be expected to miss, by its skewness, before it is called into question:
what is foretold so may be too low by a quarter."""

COUNTED = 0.08
"""The same for what is counted out."""

DOMINANT = 0.7
"""Share of the spread that one replicate may make up, where the law is not known."""

FEW = 8
"""Replicates that must differ from the common value, where most are equal."""

_BEYOND = 1000
"""The law is looked at down to probabilities of 1/(1000 draws): what is rarer is not there, whatever its moments."""

_RARE = 30
_NODES, _WEIGHTS = np.polynomial.legendre.leggauss(8)


@dataclass(frozen=True)
class Reading:
    """What a law says of the draws of one quantity.

    Attributes
    ----------
    skewness : float
        Of a replicate's mean.
    kurtosis : float
        Of a replicate's mean, less that of a normal one.
    share : float
        Probability that a draw differs from the commonest value; 1 for a continuous law.
    alike : bool
        Whether what differs is always about the same: the number of such draws is all that counts.
    """

    skewness: float
    kurtosis: float = 0.0
    share: float = 1.0
    alike: bool = False

    def misses(self, replicates: int, draws: int, alpha: float) -> float:
        """How often the interval of level 1 − α is expected to miss.

        Parameters
        ----------
        replicates : int
            K.
        draws : int
            In all of them.
        alpha : float

        Returns
        -------
        float
        """
        expected = self.share * draws
        if expected < 0.01:
            return 0.0  # all draws are equal, as good as always: the interval is not Student's then
        if self.is_counted(draws):
            # How often a count misses jumps with its mean: near a jump the worse side is meant.
            near = np.linspace(0.97, 1.03, 13) * expected
            return max(_count_misses(float(x), replicates, draws, alpha) for x in near)
        return skew_misses(self.skewness, replicates, alpha, self.kurtosis)

    def is_counted(self, draws: int) -> bool:
        """Whether so few draws differ that it is their number that is looked at."""
        return self.alike and self.share * draws <= _RARE

    def tolerated(self, draws: int) -> float:
        """How often the interval may be expected to miss before it is called into question."""
        return COUNTED if self.is_counted(draws) else TOLERATED


def skew_misses(skewness: float, replicates: int, alpha: float, kurtosis: float = 0.0) -> float:
    """How often Student's interval misses the mean of observations of that skewness (Hall 1992).

    Tails that are short, as where one stratum of a bounded law decides, add the term of Edgeworth's expansion in the
    excess kurtosis, 2xφ(x) · −κ₄(x² − 3)/12K, which matters far out. Long ones would take from it: that is let be.

    Parameters
    ----------
    skewness : float
        Of one observation.
    replicates : int
        K, at least 2.
    alpha : float
    kurtosis : float
        Of one observation, less 3.

    Returns
    -------
    float

    Examples
    --------
    16 exponential observations: nearly one in ten for one in twenty.

    >>> [round(skew_misses(x, 16, 0.05), 3) for x in (0.0, 2.0)]
    [0.05, 0.098]
    """
    from scipy.special import ndtri, stdtr, stdtrit

    x = ndtri(1 - alpha / 2)
    density = np.exp(-(x**2) / 2) / np.sqrt(2 * np.pi)
    far = float(2 * x * density * max(-kurtosis, 0.0) * max(x**2 - 3, 0.0) / (12 * replicates))
    critical = stdtrit(replicates - 1, 1 - alpha / 2)
    a = abs(skewness) / (3 * np.sqrt(replicates))
    if a < 1e-6:
        return alpha + far
    low = -1 / (3 * a) if a * critical >= 1 else ((1 - a * critical) ** 3 - 1) / (3 * a)
    high = ((1 + a * critical) ** 3 - 1) / (3 * a)
    return float(stdtr(replicates - 1, low + a / 2) + stdtr(replicates - 1, -high - a / 2)) + far


def _count_misses(expected: float, replicates: int, draws: int, alpha: float) -> float:
    """The same where a Poisson number of draws differs, each by the same amount: c of them give c ± t √c."""
    from scipy.special import stdtrit
    from scipy.stats import poisson

    count = np.arange(int(expected + 12 * np.sqrt(expected)) + 12)
    half = stdtrit(replicates - 1, 1 - alpha / 2) * np.sqrt(count)
    half[0] = -np.expm1(np.log(alpha) / draws) * draws  # none: see `Replicates.bounds`
    return float(poisson.pmf(count, expected)[np.abs(count - expected) > half].sum())


@lru_cache(maxsize=1024)
def read_law(law: Law, kind: str, size: int, draws: int, best_of: int = 1) -> Reading:
    """What a law says of a replicate's mean of one reward, or of the greatest of several independent ones.

    Parameters
    ----------
    law : Law
        Not a constant.
    kind : {"latin", "sobol", "iid"}
        How the draws of a replicate are stratified.
    size : int
        Draws of a replicate.
    draws : int
        In all.
    best_of : int
        How many rewards the quantity is the greatest of. Stratification does less for these: they are read as if
        drawn independently.

    Returns
    -------
    Reading

    Examples
    --------
    An exponential reward: independent draws would have skewness 2/√64; in a Latin hypercube the last stratum decides.

    >>> from mdppower.rewards.laws import law
    >>> [round(float(read_law(law("expon"), kind, 64, 1024).skewness), 2) for kind in ("iid", "latin")]
    [0.25, 1.75]
    >>> round(read_law(law("bernoulli(0.01)"), "iid", 64, 1024).share, 3)
    0.01
    """
    if law.is_discrete:
        return _read_atoms(law, size, best_of)
    strata = size if kind != "iid" and best_of == 1 else 1
    halvings = np.ceil(np.log2(_BEYOND * draws)).astype(int)
    tails = 2.0 ** -np.arange(1, halvings + 1)
    edges = np.unique(np.concatenate([tails, 1 - tails, np.arange(1, strata) / strata]))
    width = np.diff(edges)[:, None]
    nodes = (edges[:-1, None] + width * (_NODES + 1) / 2).ravel()
    weights = (width * _WEIGHTS / 2).ravel()
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", RuntimeWarning)  # of SciPy's, about probabilities that decide nothing
        values = law.ppf(nodes ** (1 / best_of))
    there = np.isfinite(values)
    nodes, weights, values = nodes[there], weights[there], _of_order_one(values[there])
    stratum = np.minimum((nodes * strata).astype(int), strata - 1)
    weights = weights / np.bincount(stratum, weights)[stratum]
    centred = values - np.bincount(stratum, weights * values)[stratum]
    variance = float((weights * centred**2).sum()) / strata
    if variance == 0:
        return Reading(0.0)
    cubes = weights * centred**3
    third = float(cubes.sum()) / strata
    if abs(third) * strata <= 1e-6 * float(np.abs(cubes).sum()):
        third = 0.0  # symmetric, but for rounding
    # Cumulants add up over strata: each has its own variance to be taken from its fourth moment.
    own = np.bincount(stratum, weights * centred**2, strata)
    fourth = float((np.bincount(stratum, weights * centred**4, strata) - 3 * own**2).sum()) / strata
    return Reading(float(third / variance**1.5 / np.sqrt(size)), fourth / variance**2 / size)


def _of_order_one(values: FloatArray) -> FloatArray:
    """Values in other units, a power of two, in which no fourth power is too large; what is read has no units."""
    return np.asarray(np.ldexp(values, -np.frexp(np.abs(values).max(initial=0.0))[1]))


def _read_atoms(law: Law, size: int, best_of: int) -> Reading:
    tails = 2.0 ** -np.arange(1, 48)
    values = np.unique(law.ppf(np.concatenate([np.linspace(0.0005, 0.9995, 1000), tails, 1 - tails])))
    values = values[np.isfinite(values)]
    below = np.asarray(law.frozen.cdf(values), dtype=np.float64) ** best_of
    values = _of_order_one(values)
    below[-1] = 1.0
    chance = np.diff(below, prepend=0.0)
    common = chance.argmax()
    share = float(np.delete(chance, common).sum())
    away = values - values[common]
    mean = float(chance @ away)
    variance, third, fourth = (float(chance @ (away - mean) ** k) for k in (2, 3, 4))
    if variance <= 0 or share <= 0:
        return Reading(0.0, share=share)
    alike = bool(float(chance @ away**2) * share < 1.5 * mean**2)
    kurtosis = (fourth / variance**2 - 3) / size
    return Reading(float(third / variance**1.5 / np.sqrt(size)), kurtosis, share, alike)


def doubtful_means(data: Replicates, about: BoolArray, *, tails: bool) -> str:
    """What the replicate means say against Student's interval, in words; nothing where they say nothing.

    Parameters
    ----------
    data : Replicates
    about : (n,) boolean array
        The quantities to look at.
    tails : bool
        Whether to look for one replicate that decides, too. (Under t(3), whose tails are heavy but alike, one often
        does, and the interval is right: not to be asked where the law is known.)

    Returns
    -------
    str
    """
    count, rates = data.means.shape[:2]
    which = np.flatnonzero(about & ~data.constant)
    if count < FEW or not len(which):
        return ""
    share, differ = [], []
    for g in range(rates):
        means = data.means[:, g, which]
        spread = (means - means.mean(axis=0)) ** 2
        total = spread.sum(axis=0)
        varies = means.max(axis=0) > means.min(axis=0)
        share.append((spread.max(axis=0) / np.where(varies, total, 1.0))[varies])
        ends = np.maximum((means == means.max(axis=0)).sum(axis=0), (means == means.min(axis=0)).sum(axis=0))
        differ.append((count - ends)[varies & (2 * ends >= count)])
    shares, few = np.concatenate(share), np.concatenate(differ)
    if len(few) and few.min() < FEW:
        return f"all but {few.min()} of {count} replicates have the same mean"
    if tails and len(shares) and np.median(shares) > DOMINANT:
        return f"one of {count} replicates makes up {100 * np.median(shares):.0f} % of the spread"
    return ""


def percent(share: float) -> str:
    """An expected share of misses, as one says it.

    Examples
    --------
    >>> percent(0.128), percent(0.97)
    ('13 %', 'more than half')
    """
    return "more than half" if share > 0.5 else f"{100 * share:.0f} %"
