"""Rewards that are not independent over states, or not random at all.

`Fixed` is a distribution already, as `Gaussian` is; `Features`, `Permuted` and `Mixture` are descriptions that become
one when they are bound to the states of an MDP (`mdppower.rewards.distribution.resolve` does it).
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt

from mdppower._checks import LARGEST_REWARD
from mdppower._typing import AnyArray, FloatArray
from mdppower.errors import RewardError
from mdppower.mdp.model import RewardlessMDP
from mdppower.rewards.distribution import Independent, resolve
from mdppower.rewards.laws import law
from mdppower.rewards.reward_distribution import RewardDistribution, as_numbers, as_vector


class Fixed(RewardDistribution):
    """One reward function, for certain.

    Parameters
    ----------
    vector : (S,) array

    Examples
    --------
    >>> import mdppower as mp
    >>> mp.power(mp.envs.fork(2), 0.9, Fixed([0, 1, 3]), samples=64).mean.round(9)
    array([3., 1., 3.])
    """

    def __init__(self, vector: npt.ArrayLike) -> None:
        self.low = self.high = self.mean = as_vector(vector, "rewards", np.inf)
        self.variance = np.zeros_like(self.mean)
        self.name, self.dimension = "fixed", 0

    def from_uniforms(self, uniforms: FloatArray) -> FloatArray:
        """The vector, n times."""
        return np.tile(self.mean, (len(uniforms), 1))


@dataclass(frozen=True, eq=False)
class Features:
    """Rewards that are linear in random weights: R = Φ θ, the d weights i.i.d. or independent.

    Parameters
    ----------
    matrix : (S, d) array
        Φ, the features of each state.
    distribution : anything that `law` takes, or a sequence of d of these
        Of the weights.

    Examples
    --------
    Two ends with the same features have the same reward: there is nothing to choose.

    >>> import mdppower as mp
    >>> rewards = Features([[0, 0], [1, 2], [1, 2]], "uniform")
    >>> estimate = mp.power(mp.envs.fork(2), 0.9, rewards, samples=64, rng=0)
    >>> abs(estimate.difference("root", "t1").mean) < 1e-12
    np.True_
    """

    matrix: npt.ArrayLike
    distribution: Any = "norm(0,1)"

    def bind(self, mdp: RewardlessMDP) -> RewardDistribution:
        """The rewards of the MDP's states; RewardError if Φ has another number of rows."""
        phi = as_numbers(self.matrix, "features")
        if phi.ndim != 2 or len(phi) != mdp.n_states or not np.isfinite(phi).all():
            raise RewardError(f"features must be a finite ({mdp.n_states}, d) array, got shape {phi.shape}")
        many = isinstance(self.distribution, Sequence) and not isinstance(self.distribution, str)
        laws = [law(x) for x in (self.distribution if many else [self.distribution])]
        if many and len(laws) != phi.shape[1]:
            raise RewardError(f"{phi.shape[1]} features need as many laws, got {len(laws)}")
        which = np.arange(phi.shape[1]) if many else np.zeros(phi.shape[1], int)
        return Linear(phi, Independent(laws, which))


class Linear(RewardDistribution):
    """`Features` bound to the states of an MDP."""

    def __init__(self, matrix: FloatArray, weights: Independent) -> None:
        self.matrix, self.weights = matrix, weights
        up, down = np.maximum(matrix, 0), np.maximum(-matrix, 0)
        with np.errstate(over="ignore"):
            most = _dot(np.abs(matrix), np.where(np.isfinite(weights.variance), np.sqrt(weights.variance), 0))
            if not (np.abs(matrix) <= LARGEST_REWARD).all() or not (most <= LARGEST_REWARD).all():
                raise RewardError(f"features make rewards that lie beyond ± {LARGEST_REWARD:g}")
            self.low = _dot(up, weights.low) - _dot(down, weights.high)
            self.high = _dot(up, weights.high) - _dot(down, weights.low)
            size = _dot(np.abs(matrix), np.abs(weights.mean))
            self.mean = np.where(np.isinf(size), np.inf, matrix @ np.where(np.isinf(weights.mean), 0, weights.mean))
            self.variance = _dot(matrix**2, weights.variance)
        self.dimension = matrix.shape[1]
        self.is_discrete = weights.is_discrete
        self.name = f"features × {weights.name}"

    def from_uniforms(self, uniforms: FloatArray) -> FloatArray:
        """Φ times the weights."""
        return np.asarray(self.weights.from_uniforms(uniforms) @ self.matrix.T)


def _dot(matrix: FloatArray, vector: FloatArray) -> FloatArray:
    """``matrix @ vector`` where 0 × ∞ is 0 (a feature that a state lacks says nothing about it)."""
    infinite = np.isinf(vector)
    total = matrix @ np.where(infinite, 0.0, vector)
    signs = (matrix[:, infinite] != 0) * np.sign(vector[infinite])
    return np.where(signs.any(axis=1), np.inf * np.sign(signs.sum(axis=1) + 0.5), total) if infinite.any() else total


@dataclass(frozen=True, eq=False)
class Permuted:
    """The push-forward φ·D of a distribution by a permutation φ of the states (Turner, Def. 6.4).

    Parameters
    ----------
    distribution : anything that `resolve` takes
    permutation : (S,) array of int
        State ``permutation[s]`` gets the reward that `distribution` gives to state s.

    Examples
    --------
    >>> import mdppower as mp
    >>> rewards = Permuted(Fixed([0, 1, 3]), [0, 2, 1])
    >>> mp.power(mp.envs.fork(2), 0.9, rewards, samples=64).mean.round(9)
    array([3., 3., 1.])
    """

    distribution: Any
    permutation: npt.ArrayLike

    def bind(self, mdp: RewardlessMDP) -> RewardDistribution:
        """The rewards of the MDP's states; RewardError if φ is not a permutation of them."""
        phi = np.asarray(self.permutation)
        if phi.shape != (mdp.n_states,) or not np.array_equal(np.sort(phi), np.arange(mdp.n_states)):
            raise RewardError(f"permutation must be a permutation of 0 … {mdp.n_states - 1}")
        return Reordered(resolve(self.distribution, mdp), np.argsort(phi))


class Reordered(RewardDistribution):
    """`Permuted` bound to the states of an MDP: state s gets what `base` gives to state ``order[s]``."""

    def __init__(self, base: RewardDistribution, order: AnyArray) -> None:
        self.base, self.order = base, order
        self.low, self.high = base.low[order], base.high[order]
        self.mean, self.variance = base.mean[order], base.variance[order]
        self.dimension, self.is_iid, self.is_discrete = base.dimension, base.is_iid, base.is_discrete
        self.name = f"permuted {base.name}"

    def from_uniforms(self, uniforms: FloatArray) -> FloatArray:
        """The base's rewards, reordered."""
        return np.ascontiguousarray(self.base.from_uniforms(uniforms)[:, self.order])

    def sample(self, n: int, rng: np.random.Generator) -> FloatArray:
        """The base's draws, reordered."""
        return np.ascontiguousarray(self.base.sample(n, rng)[:, self.order])


@dataclass(frozen=True, eq=False)
class Mixture:
    """One of several distributions, chosen anew for each draw.

    Parameters
    ----------
    components : sequence of anything that `resolve` takes
    weights : sequence of float, optional
        Their probabilities; equal by default.

    Examples
    --------
    >>> import mdppower as mp
    >>> rewards = Mixture([Fixed([0, 1, 0]), Fixed([0, 0, 1])], [0.5, 0.5])
    >>> mp.power(mp.envs.fork(2), 0.9, rewards, samples=64, rng=0).mean[0].round(9)  # one of the ends is worth 1
    np.float64(1.0)
    """

    components: Sequence[Any]
    weights: Sequence[float] | None = None

    def bind(self, mdp: RewardlessMDP) -> RewardDistribution:
        """The rewards of the MDP's states; RewardError if the weights are not probabilities."""
        parts = [resolve(c, mdp) for c in self.components]
        if not parts:
            raise RewardError("a mixture needs at least one component")
        weights = np.full(len(parts), 1 / len(parts)) if self.weights is None else as_vector(self.weights, "weights")
        if weights.shape != (len(parts),) or not (weights >= 0).all() or abs(weights.sum() - 1) > 1e-9:
            raise RewardError(f"weights must be {len(parts)} probabilities that sum to 1, got {list(weights)}")
        return Mixed(parts, weights)


class Mixed(RewardDistribution):
    """`Mixture` bound to the states of an MDP."""

    def __init__(self, parts: list[RewardDistribution], weights: FloatArray) -> None:
        used = [k for k, w in enumerate(weights) if w > 0]
        self.parts = [parts[k] for k in used]
        self.weights = weights[used]
        self.edges = np.cumsum(self.weights)[:-1]
        share = self.weights[:, None]
        self.low = np.min([p.low for p in self.parts], axis=0)
        self.high = np.max([p.high for p in self.parts], axis=0)
        means = np.array([p.mean for p in self.parts])
        self.mean = (share * means).sum(axis=0)
        centred = np.where(np.isinf(means), 0.0, means - np.where(np.isinf(self.mean), 0.0, self.mean))
        with np.errstate(over="ignore"):  # infinite, where a square is beyond floats
            self.variance = (share * (np.array([p.variance for p in self.parts]) + centred**2)).sum(axis=0)
        sizes = [p.dimension for p in self.parts]
        # One uniform chooses the component, the others draw from it.
        self.dimension = None if None in sizes else 1 + max(d for d in sizes if d is not None)
        # Constants that differ are atoms too.
        varies = self.low < self.high
        self.is_discrete = any(p.is_discrete or bool((p.is_constant & varies).any()) for p in self.parts)
        self.name = " | ".join(p.name for p in self.parts)

    def from_uniforms(self, uniforms: FloatArray) -> FloatArray:
        """The first uniform of a row chooses the component, which the others draw from."""
        chosen = np.searchsorted(self.edges, uniforms[:, 0], side="right")
        rewards = np.empty((len(uniforms), self.n_states))
        for k, part in enumerate(self.parts):
            rows = chosen == k
            rewards[rows] = part.from_uniforms(uniforms[rows, 1 : 1 + (part.dimension or 0)].copy())
        return rewards

    def sample(self, n: int, rng: np.random.Generator) -> FloatArray:
        """Each draw from a component chosen at random."""
        chosen = np.searchsorted(self.edges, rng.random(n), side="right")
        rewards = np.empty((n, self.n_states))
        for k, part in enumerate(self.parts):
            rewards[chosen == k] = part.sample(int((chosen == k).sum()), rng)
        return rewards


class Repeated(RewardDistribution):
    """Independent copies of a distribution side by side, `times` · S states: what copies of states draw from."""

    def __init__(self, base: RewardDistribution, times: int) -> None:
        self.base, self.times = base, times
        self.low, self.high = np.tile(base.low, times), np.tile(base.high, times)
        self.mean, self.variance = np.tile(base.mean, times), np.tile(base.variance, times)
        self.dimension = None if base.dimension is None else times * base.dimension
        self.is_iid, self.is_discrete = base.is_iid, base.is_discrete
        self.name = base.name

    def from_uniforms(self, uniforms: FloatArray) -> FloatArray:
        """The base's map, of each share of the uniforms."""
        parts = np.split(uniforms, self.times, axis=1)
        return np.concatenate([self.base.from_uniforms(np.ascontiguousarray(part)) for part in parts], axis=1)

    def sample(self, n: int, rng: np.random.Generator) -> FloatArray:
        """One draw of the base after another."""
        return np.concatenate([self.base.sample(n, rng) for _ in range(self.times)], axis=1)
