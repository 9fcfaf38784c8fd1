r"""Laws of one number: how far functions of it can deviate.

For X with law μ, two constants; both bound the moment generating function of g(X) for every g with Lipschitz
constant 1, E e^{λ(g − Eg)} ≤ e^{λ²σ²/2}:

**σ², the proxy of Lipschitz functions.** For a symmetric log-concave X half-lines have the least boundary (Bobkov
1996), so the increasing rearrangement g* of g, which has the same law, has Lipschitz constant 1 too. X − g*(X) is
then increasing in X, hence g* − Eg* is below X − EX in the convex order, and the proxy of X itself serves. That is
Var X where X is *strictly* sub-Gaussian: normal, uniform (w²/12), triangular (a sum of two uniforms), beta(α, α)
(Marchal & Arbel 2017), a normal law cut symmetrically (Barreto, Marchal & Arbel 2024). On equally spaced points of
equal chance the same rearrangement argument gives (k² − 1)/12 spacings². On two points every function is affine:
Kearns & Saul (1998). Every law on an interval of width w has w²/4 (Hoeffding's lemma).

**c, the logarithmic Sobolev constant.** Ent(f²) ≤ 2c E f'² gives σ² ≤ c (Herbst), and for independent coordinates
with a joint gradient, ν² = sup Σ c_i (∂_i Δ)². Uniform on width w: w²/π² (Émery & Yukich 1987 on the circle, by
reflection); normal: s² (Gross 1975); a normal law cut anywhere: s², as it is as log-concave (Bakry & Émery 1985).
"""

from __future__ import annotations

from dataclasses import dataclass
from itertools import pairwise
from typing import Any

import numpy as np

from mdppower.bounds.gap_bounds import kearns_saul_proxy
from mdppower.errors import RewardError
from mdppower.integrals.reward_laws import Atoms, exact_law
from mdppower.rewards.distribution import Independent
from mdppower.rewards.laws import Law, parameters_of


@dataclass(frozen=True)
class Constant:
    """A constant of a law, and why it holds."""

    value: float
    reason: str


def lipschitz_proxy(law: Law) -> Constant | None:
    """σ²: a variance proxy of every function of X with Lipschitz constant 1; None where there is no proof of one.

    Parameters
    ----------
    law : Law

    Returns
    -------
    Constant or None

    Examples
    --------
    >>> from mdppower.rewards import law
    >>> lipschitz_proxy(law("uniform(0,6)"))
    Constant(value=3.0, reason='uniform: w²/12')
    >>> lipschitz_proxy(law("expon"))
    """
    width = law.high - law.low
    if law.kind == "constant" or width == 0:
        return Constant(0.0, "constant")
    if law.kind == "norm":
        return Constant(law.variance, "normal: s²")
    if law.kind == "uniform":
        return Constant(width**2 / 12, "uniform: w²/12")
    found = [Constant(width**2 / 4, "bounded: w²/4")] if np.isfinite(width) else []
    if law.is_discrete:
        found += _discrete(law)
    else:
        given = parameters_of(law.frozen)
        if _is_strictly_sub_gaussian(given):
            found.append(Constant(law.variance, f"symmetric {given['family']}: its variance"))
        smooth = log_sobolev(law)
        if smooth is not None:
            found.append(smooth)
    return min(found, key=lambda one: one.value, default=None)


def log_sobolev(law: Law) -> Constant | None:
    """c: the logarithmic Sobolev constant; None where none is known here.

    Parameters
    ----------
    law : Law

    Returns
    -------
    Constant or None

    Examples
    --------
    >>> from mdppower.rewards import law
    >>> log_sobolev(law("norm(1,2)"))
    Constant(value=4.0, reason='normal: s²')
    >>> log_sobolev(law("beta(2,2)"))
    """
    if law.kind == "constant" or law.low == law.high:
        return Constant(0.0, "constant")
    if law.kind == "norm":
        return Constant(law.variance, "normal: s²")
    if law.kind == "uniform":
        return Constant((law.high - law.low) ** 2 / np.pi**2, "uniform: w²/π²")
    given = parameters_of(law.frozen)
    if given["family"] == "truncnorm":
        return Constant(given["scale"] ** 2, "truncated normal: s² before the cut")
    return None


def _discrete(law: Law) -> list[Constant]:
    """What two points, or equally spaced points of equal chance, give."""
    try:
        known = exact_law(Independent([law], np.zeros(1, int)))
    except RewardError:
        return []
    assert isinstance(known, Atoms)
    atoms = sorted(known.laws[0])
    if len(atoms) == 2:
        (low, p), (high, _) = atoms
        return [Constant(float(kearns_saul_proxy(float(p), float(high - low))), "two points: Kearns–Saul")]
    steps = {b - a for (a, _), (b, _) in pairwise(atoms)}
    if len({p for _, p in atoms}) == 1 and len(steps) == 1:
        value = (len(atoms) ** 2 - 1) / 12 * float(steps.pop()) ** 2
        return [Constant(value, "equally spaced, equally likely: (k² − 1)/12 spacings²")]
    return []


def _is_strictly_sub_gaussian(given: dict[str, Any]) -> bool:
    """Whether the law is symmetric and log-concave, and its variance is a proxy of it."""
    match given["family"]:
        case "beta":
            return bool(given["a"] == given["b"] >= 1)
        case "triang":
            return bool(given["c"] == 0.5)
        case "truncnorm":
            return bool(given["a"] == -given["b"] and np.isfinite(given["b"]))
    return False
