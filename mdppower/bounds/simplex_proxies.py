"""What is known of Δ = h_A − h_B whatever A and B are: sets in the simplex, whose worths are averages of rewards.

All that can be had from states is of this kind: VALUE sets, POWER sets and long-run averages.

**From the range alone.** If all rewards lie in [l, h], however they depend on each other, so do h_A and h_B, and
Δ lies in [−w, w] with w = h − l. By Hoeffding's lemma, ν² = (2w)²/4 = w². Also Δ ≥ −w, for Markov's bound, and
|C(B) − C(A)| ≤ w. Markov's edge w(1 − p) is then below those of the lemma and of Cantelli at every p, since
(1 − p)² ≤ 2 ln(1/p) and (1 − p) p ≤ 1; two points, 0 and −w, attain it.

**From the law.** Independent coordinates with logarithmic Sobolev constants c have ν² = max ‖Φᵀ(a − b)‖²_c over the
simplex. The maximum of a convex function is at vertices: of two states, ‖Φᵀ(e_i − e_j)‖²_c, and c_i + c_j where
states are the coordinates. This is of sets that always have their best, whose worth is Lipschitz in R; of learners,
whose worth jumps, only the range holds (`mdppower.bounds.learners_refused`). The means are closer than the range:
E h_B ≤ max h, and E h_A is at least the least mean.
"""

from __future__ import annotations

import numpy as np

from mdppower.bounds.independent_coordinates import Coordinates, coordinates
from mdppower.bounds.inequalities import numbers
from mdppower.bounds.learners_refused import refuse_learners
from mdppower.errors import ParameterError
from mdppower.rewards.reward_distribution import RewardDistribution

CELLS = 2**25
"""Most numbers in a matrix of distances of states."""


def proxy_of_range(low: float, high: float) -> tuple[float, float, float]:
    """ν, the drop and the greatest gap where nothing is known of rewards but that they lie in a range.

    On the command line: ``mdppower bound --range LOW,HIGH``.

    ν = high − low, and so are the other two. They hold for all sets in the simplex (what can be had from states: a
    normalised value (1−γ)V is an average of rewards), and for whatever else is worth between `low` and `high`.
    Rewards need be neither independent nor alike.

    Parameters
    ----------
    low, high : float

    Returns
    -------
    nu, drop, cap : float
        For `power_gap` and `gap_from_count`.

    Raises
    ------
    ParameterError
        These are not two finite numbers, the first below the second.

    Examples
    --------
    >>> proxy_of_range(0, 1)
    (1.0, 1.0, 1.0)
    """
    width = float(np.subtract(numbers(high, "high"), numbers(low, "low")))
    if not 0 < width < np.inf:
        raise ParameterError(f"a range needs two finite numbers, low < high; got {low!r} and {high!r}")
    return width, width, width


def universal_proxy(rewards: RewardDistribution) -> tuple[float, float | None, float | None] | None:
    """ν, the drop and the greatest gap for all sets in the simplex; not for learners: for these `proxy_of_range`.

    On the command line: ``mdppower bound --env ENV``.

    By logarithmic Sobolev constants where all rewards have one (uniform, normal and cut normal laws, independent or
    jointly normal, features of such); else from the range. For i.i.d. uniform rewards of width w it is ν² = 2w²/π²,
    Δ ≥ −w, and a gap of at most w/2, as both means lie between the law's mean and its upper end.

    Parameters
    ----------
    rewards : RewardDistribution

    Returns
    -------
    (nu, drop, cap), or None
        None where rewards have no bounds and no such constants, or cannot vary from state to state; the drop and the
        cap are None where they have no bounds.

    Raises
    ------
    ParameterError
        It was given an agent, or what is about agents that learn.

    Examples
    --------
    >>> from mdppower.rewards import resolve
    >>> import mdppower as mp
    >>> fork = mp.envs.fork(2)
    >>> nu, drop, cap = universal_proxy(resolve("uniform", fork))
    >>> round(nu, 3), drop, cap
    (0.45, 1.0, 0.5)
    >>> universal_proxy(resolve({"t1": "norm(0,2)", "default": "norm(0,1)"}, fork))  # ν² = 4 + 1
    (2.23606797749979, None, None)
    >>> universal_proxy(resolve("beta(2,2)", fork))  # from the range, but for the cap
    (1.0, 1.0, 0.5)
    >>> universal_proxy(resolve("expon", fork)) is None
    True
    """
    refuse_learners("universal_proxy", rewards)
    low, high = float(rewards.low.min()), float(rewards.high.max())
    width = high - low if np.isfinite(low) and np.isfinite(high) else np.inf
    proxies = [value for value in (squared_diameter(coordinates(rewards)), width**2) if 0 < value < np.inf]
    if not proxies:
        return None
    nu = float(np.sqrt(min(proxies)))
    if not np.isfinite(width):
        return nu, None, None
    least = float(rewards.mean.min())
    return nu, width, high - least if np.isfinite(least) else width


def squared_diameter(given: Coordinates) -> float:
    """Max ‖Φᵀ(e_i − e_j)‖²_c over i ≠ j; infinite where it is not known.

    Examples
    --------
    >>> from mdppower.rewards import Gaussian
    >>> round(squared_diameter(coordinates(Gaussian([0, 0], [[1, 0.5], [0.5, 1]]))), 9)  # Var(R_1 − R_2)
    1.0
    """
    if not given.is_independent or not np.isfinite(given.log_sobolev).all():
        return np.inf
    if given.matrix is None:
        return float(np.sort(given.log_sobolev)[-2:].sum())
    if len(given.matrix) ** 2 > CELLS:
        return np.inf
    gram = (given.matrix * given.log_sobolev) @ given.matrix.T
    size = np.diag(gram)
    return float((size[:, None] + size[None, :] - 2 * gram).max())
