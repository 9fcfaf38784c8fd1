"""Rewards of two agents, each with the law that is given, and with correlation ρ in each state.

============ ==================================================================================================
correlation  R_A, from R_H and an independent F of the same law
============ ==================================================================================================
``copy``     state by state: with probability |ρ| a copy of R_H, else F. For ρ < 0 it is R_H mirrored in its
             mean, 2μ − R_H, that is copied, which has the same law if that is symmetric. Of independent rewards
``copy-all`` the same for whole reward functions: all states are copied, or none. Of any rewards
``gaussian`` μ + ρ(R_H − μ) + √(1 − ρ²)(F − μ), of normal rewards
============ ==================================================================================================

Each has corr(R_H(s), R_A(s)) = ρ exactly, and R_A the law of R_H: with M the event that it is copied, E[(R_H − μ)
(R_A − μ)] = P(M) σ² for ρ ≥ 0, −P(M) σ² for ρ < 0 (Gladstone AI's POWERplay copies so). At ρ = 1 both are equal, at
ρ = 0 they are independent, whatever the way.
"""

from __future__ import annotations

from dataclasses import dataclass
from numbers import Real
from typing import Any

import numpy as np

from mdppower._checks import choice
from mdppower._quotes import quoted
from mdppower._typing import FloatArray
from mdppower.errors import ParameterError, RewardError
from mdppower.rewards.distribution import Independent
from mdppower.rewards.gaussian import Gaussian
from mdppower.rewards.laws import Law
from mdppower.rewards.reward_distribution import RewardDistribution

WAYS = ("copy", "copy-all", "gaussian")

_GRID = np.arange(1, 1000) / 1000 * (1 - 1e-3 / np.pi)
"""Probabilities at which symmetry is looked at: at none of them does a common law jump."""


@dataclass(frozen=True, eq=False)
class Correlated:
    """How R_A comes of R_H.

    Attributes
    ----------
    rewards : RewardDistribution
        The law of both.
    rho : float
        In [−1, 1].
    way : {"copy", "copy-all", "gaussian"}

    Raises
    ------
    ParameterError
        ρ is out of range, or there is no such way.
    RewardError
        The way does not fit the law: negative ρ with one that is not symmetric, ``copy`` of rewards that are not
        independent, ``gaussian`` of rewards that are not normal.

    Examples
    --------
    >>> import mdppower as mp
    >>> law = mp.rewards.resolve("uniform", mp.envs.fork(2))
    >>> rng = np.random.default_rng(0)
    >>> human, fresh, chance = rng.random((3, 100_000, 3))
    >>> ai = Correlated(law, -0.5).partner(human, fresh, chance)
    >>> [round(float(np.corrcoef(human[:, s], ai[:, s])[0, 1]), 2) for s in range(3)]
    [-0.5, -0.5, -0.5]
    """

    rewards: RewardDistribution
    rho: float
    way: str = "copy"

    def __post_init__(self) -> None:
        rho: Any = self.rho
        if isinstance(rho, bool) or not isinstance(rho, Real) or not -1 <= float(rho) <= 1:
            raise ParameterError(f"rho must be a number in [-1, 1], got {quoted(rho)}")
        choice(self.way, "correlation", WAYS)
        object.__setattr__(self, "rho", float(rho) + 0.0)  # -0 is 0
        if self.rho in (0.0, 1.0):
            return
        if self.way == "gaussian" and not is_normal(self.rewards):
            raise RewardError(
                f"correlation='gaussian' is of normal rewards, and these are {self.rewards.told}: take 'copy'"
            )
        if self.way == "copy" and not isinstance(self.rewards, Independent):
            raise RewardError(
                f"correlation='copy' copies state by state, and {self.rewards.told} are not independent: take "
                "'copy-all', which copies whole reward functions" + ", or 'gaussian'" * is_normal(self.rewards)
            )
        if self.rho < 0 and (why := asymmetry(self.rewards)):
            raise RewardError(f"rho = {self.rho:g} mirrors rewards in their mean, which needs a symmetric law: {why}")

    @property
    def mixes(self) -> bool:
        """Whether F is looked at."""
        return abs(self.rho) < 1

    @property
    def copies(self) -> bool:
        """Whether chance says what is copied."""
        return self.mixes and self.rho != 0 and self.way != "gaussian"

    def partner(self, human: FloatArray, fresh: FloatArray | None, chance: FloatArray | None) -> FloatArray:
        """R_A.

        Parameters
        ----------
        human : (N, S) array
            R_H.
        fresh : (N, S) array, or None unless `mixes`
            F.
        chance : (N, S) array, or None unless `copies`
            Uniforms on (0, 1), independent of both; of ``copy-all`` the first column alone counts.

        Returns
        -------
        (N, S) array
        """
        mean = self.rewards.mean
        copied = human if self.rho >= 0 else 2 * mean - human
        if not self.mixes:
            return copied
        assert fresh is not None
        if self.rho == 0:
            return fresh
        if self.way == "gaussian":
            return np.asarray(mean + self.rho * (human - mean) + np.sqrt(1 - self.rho**2) * (fresh - mean))
        assert chance is not None
        taken = (chance[:, :1] if self.way == "copy-all" else chance) < abs(self.rho)
        return np.where(taken, copied, fresh)


def is_normal(rewards: RewardDistribution) -> bool:
    """Whether they are jointly normal; what is constant is."""
    if isinstance(rewards, Independent):
        return all(one.kind in ("norm", "constant") for one in rewards.laws)
    return isinstance(rewards, Gaussian)


def asymmetry(rewards: RewardDistribution) -> str:
    """Why rewards are not symmetric about their mean, in words; empty where they are.

    Examples
    --------
    >>> import mdppower as mp
    >>> [asymmetry(mp.rewards.resolve(x, mp.envs.fork(2))) for x in ("uniform", "bernoulli(0.5)", "beta(2,5)")]
    ['', '', 'beta(2,5) is not']
    """
    if is_normal(rewards) or bool(rewards.is_constant.all()):
        return ""
    if not isinstance(rewards, Independent):
        return f"of {rewards.told} it is not known"
    return next((f"{one.name} is not" for one in rewards.laws if not _symmetric(one)), "")


def _symmetric(one: Law) -> bool:
    """Whether F⁻¹(u) + F⁻¹(1 − u) = 2μ on a fine grid; what jumps at one of its points may be off there."""
    if one.kind in ("norm", "uniform", "constant"):
        return True
    if not np.isfinite(one.mean):
        return False
    lower, upper = one.ppf(_GRID.copy()), one.ppf(1 - _GRID)
    size = float(np.abs(np.concatenate([lower, upper]) - one.mean).max())
    off = np.abs((lower - one.mean) + (upper - one.mean)) > 1e-9 * (size + abs(one.mean))
    return not bool(off.any())
