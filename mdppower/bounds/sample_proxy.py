r"""The variance proxy that a sample of Δ suggests. It is not a bound.

The least proxies of Δ for λ > 0 and for λ < 0 are ν₊² and ν₋², the suprema over these λ of

    2 ln E e^{λ(Δ − EΔ)} / λ²,

whose limit at λ = 0 is Var Δ. With the mean over a sample in place of E this is always finite, also where the truth
is infinite, and at large |λ| it is ruled by the few largest draws. So λ is kept where the effective sample size

    ESS(λ) = (Σ w)²/Σ w²,  w = e^{λΔ}

is at least 200 (it falls as |λ| grows), and where Δ is neither bounded nor sub-Gaussian for a reason that is known,
there is no number at all. What is left leans low, for want of large λ, and can be too high by noise. The lemma with
it in place of a certified ν² proves nothing; far above a certificate (5 %) it says that one of the two is wrong.

As ln E e^{λ(Δ − EΔ)} ≤ λ max(Δ − EΔ), no λ above 2 max(Δ − EΔ)/Var Δ can give more than λ → 0 does: the search ends.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt

from mdppower._checks import positive, positive_integer
from mdppower._typing import FloatArray
from mdppower.bounds.independent_coordinates import coordinates
from mdppower.errors import ParameterError
from mdppower.rewards.reward_distribution import RewardDistribution

LEAST_ESS = 200
EXCESS = 1.05
"""How far above a certificate an estimate must be to be flagged."""
STEPS = 64
"""Points of λ on a first grid, and again around the best of them."""


@dataclass(frozen=True)
class Side:
    """One sign of λ.

    Attributes
    ----------
    value : float
        The greatest 2 ln Ê e^{λ(Δ − mean)}/λ² over admissible λ.
    at : float
        The λ where it is; 0 means the limit, the sample variance.
    at_edge : bool
        Whether that is the last admissible λ: the truth may well be greater.
    ess : float
        Effective sample size there.
    """

    value: float
    at: float
    at_edge: bool
    ess: float


@dataclass(frozen=True, repr=False)
class EmpiricalProxy:
    """What a sample says of ν²; made by `empirical_proxy`. Not a bound.

    Attributes
    ----------
    plus, minus : Side or None
        For λ > 0 (p(A ≥ B)) and λ < 0 (p(B ≥ A)).
    variance : float
        Of the sample; at most either value.
    samples : int
    certificate : float or None
        What it was compared with.
    refused : str
        Why there are no values; empty where there are.
    """

    plus: Side | None
    minus: Side | None
    variance: float
    samples: int
    certificate: float | None
    refused: str

    @property
    def value(self) -> float | None:
        """Two-sided: the greater of both sides."""
        return None if self.plus is None or self.minus is None else max(self.plus.value, self.minus.value)

    @property
    def exceeds(self) -> bool:
        """Whether the value is more than 5 % above the certificate: a mistake in one of the two, or noise."""
        return self.value is not None and self.certificate is not None and self.value > EXCESS * self.certificate

    def __repr__(self) -> str:
        if self.plus is None or self.minus is None:
            return f"EmpiricalProxy(none: {self.refused}; not a bound)"
        sides = "; ".join(
            f"λ {sign} 0: {side.value:.4g} at {side.at:.3g}" + (", the edge" if side.at_edge else "")
            for sign, side in ((">", self.plus), ("<", self.minus))
        )
        flag = f"; ABOVE the certificate {self.certificate:.4g}" if self.exceeds else ""
        return f"EmpiricalProxy({self.value:.4g}, not a bound; {sides}; variance {self.variance:.4g}{flag})"


def empirical_proxy(
    delta: npt.ArrayLike,
    rewards: RewardDistribution | str,
    *,
    certificate: float | None = None,
    least_ess: int = LEAST_ESS,
) -> EmpiricalProxy:
    """The MGF-based ν̂² of a sample of Δ = h_A − h_B. It is not a bound.

    Parameters
    ----------
    delta : (n,) array
        Independent draws of Δ.
    rewards : RewardDistribution, "bounded" or "gaussian"
        Why Δ is sub-Gaussian; a distribution for which that is not known is refused.
    certificate : float, optional
        A certified ν² to compare with.
    least_ess : int
        λ is admissible while the effective sample size is at least this.

    Returns
    -------
    EmpiricalProxy

    Raises
    ------
    ParameterError
        Fewer draws than `least_ess`, or draws that are not finite.

    Examples
    --------
    >>> rng = np.random.default_rng(0)
    >>> one = empirical_proxy(rng.uniform(-1, 1, 4000), "bounded", certificate=1 / 3)
    >>> round(one.value, 2), one.exceeds
    (0.33, False)
    >>> "not a bound" in repr(one)
    True
    >>> import mdppower as mp
    >>> from mdppower.rewards import resolve
    >>> exponential = resolve("expon", mp.envs.fork(2))
    >>> empirical_proxy(rng.exponential(size=4000), exponential).value is None
    True
    """
    try:
        draws = np.asarray(delta, dtype=np.float64)
    except (TypeError, ValueError):
        raise ParameterError(f"delta must be numbers, got {delta!r}") from None
    least = positive_integer(least_ess, "least_ess")
    if draws.ndim != 1 or len(draws) < max(least, 2):
        raise ParameterError(f"delta must be a vector of at least {max(least, 2)} draws, got shape {draws.shape}")
    bad = np.flatnonzero(~np.isfinite(draws))
    if len(bad):
        raise ParameterError(f"delta[{bad[0]}] is {draws[bad[0]]}")
    known = None if certificate is None else positive(certificate, "certificate")
    centred = draws - draws.mean()
    variance = float((centred**2).mean())
    refused = _why_not(rewards)
    if refused:
        return EmpiricalProxy(None, None, variance, len(draws), known, refused)
    plus, minus = _side(centred, least), _side(-centred, least)
    minus = Side(minus.value, 0.0 - minus.at, minus.at_edge, minus.ess)
    return EmpiricalProxy(plus, minus, variance, len(draws), known, "")


def _why_not(rewards: Any) -> str:
    """Why Δ may have no proxy; empty where it has one: Δ is Lipschitz in coordinates that have."""
    if isinstance(rewards, str) and rewards in ("bounded", "gaussian"):
        return ""
    if not isinstance(rewards, RewardDistribution):
        raise ParameterError(f"rewards must be a RewardDistribution, 'bounded' or 'gaussian', got {rewards!r}")
    is_bounded = np.isfinite(rewards.low).all() and np.isfinite(rewards.high).all()
    given = coordinates(rewards)
    if is_bounded or (given.is_independent and np.isfinite(given.proxy).all()):
        return ""
    return f"{rewards.name} rewards are neither bounded nor normal, and Δ may have no finite proxy"


def _side(centred: FloatArray, least: int) -> Side:
    """λ > 0; for λ < 0 give −Δ."""
    n, variance, top = len(centred), float((centred**2).mean()), float(centred.max())
    # What rounding of the mean leaves of a constant.
    if variance <= (1e-14 * float(np.abs(centred).max(initial=0.0) + 1.0)) ** 2:
        return Side(variance, 0.0, False, float(n))
    last = 2 * top / variance
    limit = _last_admissible(centred, last, least)
    edge = limit < last
    # The first grid is in equal steps; below the first step the quotient is near its limit, the variance.
    grid = limit * np.arange(1, STEPS + 1) / STEPS
    values = np.array([_quotient(centred, x) for x in grid])
    k = int(values.argmax())
    around = np.linspace(grid[k - 1] if k else grid[0] / 10, grid[min(k + 1, STEPS - 1)], STEPS)
    finer = np.array([_quotient(centred, x) for x in around])
    j = int(finer.argmax())
    value, at = (float(finer[j]), float(around[j])) if finer[j] > values[k] else (float(values[k]), float(grid[k]))
    if value <= variance:
        return Side(variance, 0.0, False, float(n))
    return Side(value, at, edge and at >= limit * (1 - 1 / STEPS), _ess(centred, at))


def _quotient(centred: FloatArray, at: float) -> float:
    """2 ln Ê e^{λΔ}/λ², without overflow."""
    exponents = at * centred
    top = exponents.max()
    return float(2 * (top + np.log(np.exp(exponents - top).mean())) / at**2)


def _ess(centred: FloatArray, at: float) -> float:
    weights = np.exp(at * centred - (at * centred).max())
    return float(weights.sum() ** 2 / (weights**2).sum())


def _last_admissible(centred: FloatArray, last: float, least: int) -> float:
    """The largest λ ≤ last of effective sample size ≥ least, by bisection: the size falls in λ."""
    if _ess(centred, last) >= least:
        return last
    low, high = 0.0, last
    for _ in range(40):
        middle = (low + high) / 2
        low, high = (middle, high) if _ess(centred, middle) >= least else (low, middle)
    return low
