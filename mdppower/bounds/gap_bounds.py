r"""How likely A can be worth at least as much as B, given the gap between their means; and the gap, given how likely.

With Δ = h_A − h_B, gap g = −E Δ = C(B) − C(A), and g > 0:

=============== =============================== ==================== ======================================
bound           p(A ≥ B) = P(Δ ≥ 0) is at most  so g is at most      where
=============== =============================== ==================== ======================================
sub-Gaussian    exp(−g²/2ν²)                    ν √(2 ln 1/p)        E e^{λ(Δ − EΔ)} ≤ e^{λ²ν²/2}, λ > 0
Cantelli        v/(v + g²)                      √(v (1 − p)/p)       v = Var Δ is finite
Markov          1 − g/M                         M (1 − p)            Δ ≥ −M
=============== =============================== ==================== ======================================

For g ≤ 0 nothing is said: each bound is 1. The first is the post's lemma (Chernoff's bound at λ = g/ν²); ν² must be
*certified* (`mdppower.bounds.certificates`): a sample variance in its place is wrong. As Var Δ ≤ ν², Cantelli's bound
holds with ν² too, and is the better one for g < 1.585 ν. Given (g, v, M) alone, the lesser of Cantelli and Markov is
attained. Given ν alone, two-point laws reach

    g = ν (1 − p) √(2 ln((1 − p)/p) / (1 − 2p)),

since the proxy of a law on two points c apart is c² (1 − 2p) / (2 ln((1 − p)/p)) (Kearns & Saul 1998).

**The band.** A success rate s = p(A ≥ B) bounds the gap from above; p(B ≥ A) = 1 − s + P(tie) bounds it from below
(the post has 1 − s: a valid edge, but a looser one when ties occur). The post's edges are ν√(2 ln 1/s) and
−ν√(2 ln 1/(1−s)): they spread without limit at the extremes. That is the bound's doing: for bounded rewards Markov's
edges are M(1 − s) and −M(1 − s), and the band narrows there.

References: Hoeffding (1963); Kearns & Saul, UAI (1998); Cantelli's inequality: Boucheron, Lugosi & Massart (2013),
exercise 2.3.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from mdppower._typing import FloatArray
from mdppower.bounds.inequalities import (
    best_gap,
    chance,
    checked_proxy,
    numbers,
    refuse,
    sub_gaussian_gap,
)

# ---------------------------------------------------------------------- what is attained


def kearns_saul_proxy(p: npt.ArrayLike, width: npt.ArrayLike = 1.0) -> FloatArray:
    """The least variance proxy of a law on two points: width² (1 − 2p) / (2 ln((1 − p)/p)).

    Parameters
    ----------
    p : array
        The probability of one of the points (of either: the proxy is the same).
    width : array
        Their distance.

    Returns
    -------
    array
        width²/4 at p = 1/2, and 0 at p = 0 and 1.

    Raises
    ------
    ParameterError

    Examples
    --------
    >>> kearns_saul_proxy([0, 0.1, 0.5], 10).round(4)
    array([ 0.    , 18.2048, 25.    ])
    """
    return np.asarray(np.square(numbers(width, "width")) / (4 * _log_odds_ratio(chance(p, "p"))))


def kearns_saul_gap(p: npt.ArrayLike, nu2: npt.ArrayLike) -> FloatArray:
    """The largest gap that a two-point Δ of proxy ν² has at p(A ≥ B) = p: no bound from ν² alone can be below it.

    Parameters
    ----------
    p, nu2 : arrays

    Returns
    -------
    array

    Raises
    ------
    ParameterError

    Examples
    --------
    >>> kearns_saul_gap([0.01, 0.1, 0.3, 0.5, 0.7, 0.9], 1).round(3)
    array([3.032, 2.109, 1.441, 1.   , 0.617, 0.234])
    """
    q = chance(p, "p")
    ratio = _log_odds_ratio(q)
    # At p = 1 the ratio is infinite, and (1 − p)² times it is 0.
    return np.asarray(np.sqrt(4 * checked_proxy(nu2) * np.square(1 - q) * np.where(q < 1, ratio, 0.0)))


def _log_odds_ratio(p: FloatArray) -> FloatArray:
    """ln((1 − p)/p) / (2 (1 − 2p)) = artanh(y)/y with y = 1 − 2p; 1 at p = 1/2, infinite at 0 and 1."""
    rarer = np.minimum(p, 1 - p)
    y = 1 - 2 * rarer
    # artanh would call 1e-17 impossible: 1 − 2e-17 rounds to 1.
    with np.errstate(divide="ignore", invalid="ignore"):
        near = np.where(y > 0, np.arctanh(np.minimum(y, 0.5)) / y, 1.0)
        far = (np.log1p(-rarer) - np.log(rarer)) / (2 * y)
    return np.where(y < 0.5, near, far)


# ---------------------------------------------------------------------- the band


@dataclass(frozen=True, eq=False)
class PowerGap:
    """What success rates say about the gap C(B) − C(A); made by `power_gap`.

    Attributes
    ----------
    success_rate : array
        s = p(A ≥ B).
    lower, upper : arrays
        The corrected edges: the least of all bounds that apply.
    post_lower, post_upper : arrays
        The post's: sub-Gaussian only, ties not counted; not attained for bounded rewards.
    attained_lower, attained_upper : arrays
        Gaps that two-point laws of proxy ν² have.
    """

    success_rate: FloatArray
    lower: FloatArray
    upper: FloatArray
    post_lower: FloatArray
    post_upper: FloatArray
    attained_lower: FloatArray
    attained_upper: FloatArray


def power_gap(
    success_rate: npt.ArrayLike,
    nu: npt.ArrayLike,
    tie: npt.ArrayLike = 0.0,
    variance: npt.ArrayLike | None = None,
    drop: npt.ArrayLike | None = None,
    cap: npt.ArrayLike | None = None,
    rise: npt.ArrayLike | None = None,
) -> PowerGap:
    """The post's figure 1: the gaps that are compatible with a success rate, as drawn there and as they are.

    On the command line: ``mdppower curve --nu NU --out FILE`` draws it.

    Parameters
    ----------
    success_rate : array
        s = p(A ≥ B).
    nu : array
        A certified ν, for both signs of λ.
    tie : array
        P(tie), at most s.
    variance : array, optional
        Of Δ; without it, Var Δ ≤ ν² is used.
    drop : array, optional
        M = −min Δ, for Markov's upper edge.
    cap : array, optional
        The largest |gap| that there can be: 1/2 for uniform rewards on [0, 1] and normalised sets.
    rise : array, optional
        max Δ, for Markov's lower edge; default `drop`.

    Returns
    -------
    PowerGap

    Raises
    ------
    ParameterError
        ν is not positive, a success rate is outside [0, 1], ties exceed it, a variance is infinite, NaN.

    Examples
    --------
    >>> band = power_gap([0.01, 0.5, 0.99], nu=0.45, drop=1, cap=0.5)
    >>> band.post_upper.round(2), band.upper.round(2)
    (array([1.37, 0.53, 0.06]), array([0.5 , 0.45, 0.01]))
    >>> (band.upper - band.lower).round(2)
    array([0.51, 0.9 , 0.51])
    """
    scale = numbers(nu, "nu")
    refuse(scale, (scale > 0) & np.isfinite(scale), "nu must be positive and finite")
    s, ties, proxy = np.broadcast_arrays(chance(success_rate, "success rate"), chance(tie, "tie"), scale**2)
    refuse(ties, ties <= s, "ties count as successes: tie must be at most the success rate")
    # 1 − s + tie can pass 1 by rounding.
    reverse = np.minimum(1 - s + ties, 1.0)
    upper = best_gap(s, proxy, variance, drop)
    lower = best_gap(reverse, proxy, variance, drop if rise is None else rise)
    if cap is not None:
        limit = numbers(cap, "cap")
        refuse(limit, limit >= 0, "cap must not be negative")
        upper, lower = np.minimum(upper, limit), np.minimum(lower, limit)
    return PowerGap(
        s, 0.0 - lower, upper, 0.0 - sub_gaussian_gap(1 - s, proxy), sub_gaussian_gap(s, proxy),
        0.0 - kearns_saul_gap(reverse, proxy), kearns_saul_gap(s, proxy),
    )  # fmt: skip
