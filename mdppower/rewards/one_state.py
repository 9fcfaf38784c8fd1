"""Laws of which one state is drawn: one that alone is wanted, or one that alone is not.

    "goal"    R = e_g:       1 in one state g, 0 in all others
    "avoid"   R = 1 − e_g:   0 in one state g, 1 in all others

with g uniform over the S states. They are each other's complement: v under "avoid" is 1 − v under "goal" for any
policy, so that who is best at reaching one state need not be best at keeping out of one. Rewards of different states
are not independent, since g is one of them (covariance −1/S²), and all permutations of the states keep the law.
"""

from __future__ import annotations

from typing import Any

import numpy as np

from mdppower._typing import FloatArray
from mdppower.rewards.laws import TOGETHER
from mdppower.rewards.reward_distribution import RewardDistribution


class OneState(RewardDistribution):
    """One state is drawn, uniformly, and gets another reward than all others.

    Parameters
    ----------
    name : {"goal", "avoid"}
    n_states : int

    Examples
    --------
    At a fork whose root has three ends, the goal is one of these three times of four, and then it is reached; of the
    ends there is always one that is not to be avoided:

    >>> import mdppower as mp
    >>> fork = mp.envs.fork(3)
    >>> [mp.power(fork, 0.9, law, samples=1024, rng=0).mean.round(1).tolist() for law in ("goal", "avoid")]
    [[0.8, 0.3, 0.2, 0.3], [1.0, 0.7, 0.8, 0.7]]
    """

    is_discrete = True
    dimension = 1

    def __init__(self, name: str, n_states: int) -> None:
        self.name, self._one = name, float(name == "goal")
        share = 1 / n_states
        self.low, self.high = np.zeros(n_states), np.ones(n_states)
        if n_states == 1:  # it is the one that is drawn, for certain
            self.low = self.high = np.full(1, self._one)
        self.mean = np.full(n_states, share if self._one else 1 - share)
        self.variance = np.full(n_states, share * (1 - share))

    def from_uniforms(self, uniforms: FloatArray) -> FloatArray:
        """The state in whose part of (0, 1) the uniform lies."""
        n = self.n_states
        rewards = np.full((len(uniforms), n), 1 - self._one)
        drawn = np.minimum((uniforms[:, 0] * n).astype(np.intp), n - 1)
        rewards[np.arange(len(uniforms)), drawn] = self._one
        return rewards


def one_state(spec: Any, n_states: int) -> OneState | None:
    """The law that a name means, or None for what is none of these.

    Examples
    --------
    >>> one_state("goal", 4).mean, one_state("uniform", 4)
    (array([0.25, 0.25, 0.25, 0.25]), None)
    """
    if isinstance(spec, str) and spec.strip() in TOGETHER:
        return OneState(spec.strip(), n_states)
    return None
