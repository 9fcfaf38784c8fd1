"""Reward distributions on copies of states: columns of a distribution gathered, and independent repetitions of one.

After a transform (`mdppower.sensitivity.transforms`) a new state x stands for a state o(x) of the original MDP. Two
readings of "the same rewards" need two constructions from a distribution D over the S old states:

- *gathered*: one draw R of D, and R'(x) = R(o(x)). Copies of one state then have one reward, so that rewards on the
  new states are neither i.i.d. nor independent, whatever D is. Where o is one-to-one nothing is shared, and the
  result is a reordering. Independent rewards become linear features of the old ones, normal ones stay normal.
- *repeated*: m independent draws R⁰, …, Rᵐ⁻¹ of D beside each other, m·S columns, of which one can be gathered for
  each copy. The first S columns are D itself: what is drawn for the original MDP.
"""

from __future__ import annotations

import numpy as np
import numpy.typing as npt

from mdppower._typing import AnyArray
from mdppower.errors import SizeError
from mdppower.rewards.distribution import Independent
from mdppower.rewards.gaussian import Gaussian
from mdppower.rewards.joint_laws import Fixed, Linear, Mixed, Reordered, Repeated
from mdppower.rewards.reward_distribution import RewardDistribution

MOST_ENTRIES = 2**25
"""Most entries (256 MiB) of the matrix that says which new state has the reward of which old one."""


def gathered(base: RewardDistribution, columns: AnyArray) -> RewardDistribution:
    """The distribution of R'(x) = R(columns[x]).

    Parameters
    ----------
    base : RewardDistribution
    columns : (S',) array of int
        Repeats are welcome.

    Returns
    -------
    RewardDistribution
        On S' states. From the same uniforms come the draws of `base`, gathered; but for `Gaussian`, which has the
        same law and draws of its own.

    Raises
    ------
    SizeError
        S' × S numbers are too many.

    Examples
    --------
    >>> from mdppower.rewards import law
    >>> pair = gathered(Independent([law("uniform")], np.zeros(2, int)), np.array([0, 1, 1]))
    >>> pair.is_iid, pair.from_uniforms(np.array([[0.25, 0.5]])).tolist()
    (False, [[0.25, 0.5, 0.5]])
    """
    if np.array_equal(columns, np.arange(base.n_states)):
        return base
    if isinstance(base, Reordered):
        return gathered(base.base, base.order[columns])
    if len(np.unique(columns)) == len(columns):
        return Reordered(base, columns)
    if isinstance(base, Fixed):
        return Fixed(base.mean[columns])
    if isinstance(base, Gaussian):
        return Gaussian(base.mean[columns], base.covariance[np.ix_(columns, columns)])
    if isinstance(base, Mixed):
        return Mixed([gathered(part, columns) for part in base.parts], base.weights)
    if isinstance(base, (Independent, Linear)):
        width = base.n_states if isinstance(base, Independent) else base.matrix.shape[1]
        if len(columns) * width > MOST_ENTRIES:
            raise SizeError(
                f"tied rewards would take {len(columns):,} × {width:,} numbers, more than {MOST_ENTRIES:,}"
            )
        if isinstance(base, Independent):
            shared = Linear(np.eye(width)[columns], base)
            shared.name = f"tied {base.name}"
            return shared
        return Linear(base.matrix[columns], base.weights)
    # Anything else can only be drawn from: a reordering with repeats, which is not i.i.d. even where its base is.
    other = Reordered(base, columns)
    other.is_iid, other.name = False, f"tied {base.name}"
    return other


def repeated(base: RewardDistribution, times: int) -> RewardDistribution:
    """Independent copies of a distribution, side by side: `times` · S states, the first S of them the first copy.

    Examples
    --------
    >>> from mdppower.rewards import law
    >>> repeated(Independent([law("uniform")], np.zeros(2, int)), 3).n_states
    6
    """
    if times == 1:
        return base
    if isinstance(base, Independent):
        return Independent(base.laws, np.tile(base.which, times))
    return Repeated(base, times)


def shared_rewards(base: RewardDistribution) -> npt.NDArray[np.int64]:
    """(S,) numbers, equal where two states' rewards are equal for certain, by how the distribution is made.

    Constants of one value, and equal rows of features. Other rewards are taken to differ.

    Examples
    --------
    >>> from mdppower.rewards import law
    >>> shared_rewards(Independent([law(0), law("uniform")], np.array([0, 1, 0, 1]))).tolist()
    [0, 1, 0, 2]
    """
    if isinstance(base, Reordered):
        return _numbered(shared_rewards(base.base)[base.order].tolist())
    if isinstance(base, Linear):
        return _numbered([tuple(row) for row in base.matrix.tolist()])
    ends = zip(base.low.tolist(), base.high.tolist(), strict=True)
    return _numbered([low if low == high else (s,) for s, (low, high) in enumerate(ends)])


def _numbered(keys: list[object]) -> npt.NDArray[np.int64]:
    """0, 1, … by first appearance."""
    seen: dict[object, int] = {}
    return np.array([seen.setdefault(key, len(seen)) for key in keys], dtype=np.int64)
