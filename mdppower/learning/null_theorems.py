"""What is proved of arms: that on average over runs an agent has what the random policy has, whatever trains it.

Two theorems; the proofs are in `mdppower.learning.signals`. m is the mean reward, D the law of test rewards.

- *unseen*: an agent that cannot see R has POWER m at every state and γ, if every state's reward has the mean m: the
  discounted visits of a policy sum to 1.
- *noise*: an agent that is given what says nothing of what it is shown has the mean POWER m over runs, if R and
  2m − R have the same law, in training as in the test.
"""

from __future__ import annotations

import numpy as np

from mdppower.learning.signals import Signal
from mdppower.rewards.distribution import Independent
from mdppower.rewards.gaussian import Gaussian
from mdppower.rewards.laws import Law
from mdppower.rewards.reward_distribution import RewardDistribution

SYMMETRIC = frozenset({
    "anglit", "arcsine", "cosine", "dgamma", "dweibull", "gennorm", "hypsecant", "laplace", "logistic", "norm",
    "semicircular", "t", "uniform",
})  # fmt: skip
"""Families of scipy.stats that are symmetric, whatever their parameters."""


def null_theorem(signal: Signal, training: RewardDistribution, test: RewardDistribution) -> str:
    """Why the mean share of an arm is 0 at every checkpoint; empty where no theorem says so.

    Parameters
    ----------
    signal : Signal
    training, test : RewardDistribution

    Returns
    -------
    str

    Examples
    --------
    >>> import mdppower as mp
    >>> from mdppower.learning import noise, random
    >>> from mdppower.rewards.distribution import resolve
    >>> fork = mp.envs.fork(2)
    >>> uniform, skewed = resolve("uniform", fork), resolve("expon", fork)
    >>> null_theorem(noise(), uniform, uniform)
    'theorem: 0 on average over runs, as what it is given says nothing of what it is shown'
    >>> null_theorem(noise(), uniform, skewed), null_theorem(random(), uniform, uniform)
    ('', '')
    """
    if not signal.sees and has_one_mean(test):
        return "theorem: 0, as it cannot see the rewards"
    if signal.learns == "nothing" and is_symmetric(test):
        return "theorem: 0 on average over runs, as its weights are chance"
    if signal.blind_to_rewards and is_symmetric(training) and is_symmetric(test):
        return "theorem: 0 on average over runs, as what it is given says nothing of what it is shown"
    return ""


def has_one_mean(rewards: RewardDistribution) -> bool:
    """Whether the rewards of all states are known to have the same mean."""
    return bool(np.isfinite(rewards.mean).all() and (rewards.mean == rewards.mean[0]).all())


def is_symmetric(rewards: RewardDistribution) -> bool:
    """Whether R and 2m − R are known to have the same law, with one m for all states."""
    if not has_one_mean(rewards):
        return False
    if isinstance(rewards, Gaussian):
        return True
    return isinstance(rewards, Independent) and all(map(_is_symmetric_law, rewards.laws))


def _is_symmetric_law(law: Law) -> bool:
    from scipy import stats

    if law.kind in ("constant", "uniform", "norm"):
        return True
    family = getattr(law.frozen, "dist", None)
    name, given = getattr(family, "name", ""), list(getattr(law.frozen, "args", ()))
    if type(family) is not type(getattr(stats, name, None)):  # anybody may call a law of one's own "norm"
        return False
    if name in SYMMETRIC:
        return True
    if name == "beta" and len(given) >= 2:
        return bool(given[0] == given[1])
    return name == "bernoulli" and len(given) == 1 and bool(given[0] == 0.5)
