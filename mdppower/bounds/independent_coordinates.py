"""Rewards as R = offset + Φ X with independent coordinates X, and what is known of each of these.

Independent rewards are their own coordinates. For jointly normal rewards X are standard normal, along the
eigenvectors of the correlations; for features, X are the weights. ⟨a, R⟩ = ⟨a, offset⟩ + ⟨Φᵀa, X⟩: a set of vectors
is one over the coordinates. Mixtures, goals and the user's own samplers have no such form: then only
bounds of R are known.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, replace

import numpy as np

from mdppower._typing import BoolArray, FloatArray
from mdppower.bounds.law_proxies import Constant, lipschitz_proxy, log_sobolev
from mdppower.rewards.covariance_root import blocks
from mdppower.rewards.distribution import Independent
from mdppower.rewards.gaussian import Gaussian
from mdppower.rewards.joint_laws import Fixed, Linear, Reordered
from mdppower.rewards.laws import Law
from mdppower.rewards.reward_distribution import RewardDistribution

EPS = float(np.finfo(np.float64).eps)


@dataclass(frozen=True, eq=False)
class Coordinates:
    """d coordinates X of rewards R = offset + Φ X.

    Attributes
    ----------
    matrix : (S, d) array or None
        Φ; None is the identity.
    offset : (S,) array
    low, high, mean, variance : (d,) arrays
        Of X.
    proxy, log_sobolev : (d,) arrays
        Constants of `mdppower.bounds.law_proxies`; infinite where there is none.
    proxy_reasons, log_sobolev_reasons : tuple of str
        Why they hold; of coordinates without one, the name of the law.
    is_independent : bool
        Whether the coordinates are.
    is_normal : bool
        Whether R is jointly normal.
    """

    matrix: FloatArray | None
    offset: FloatArray
    low: FloatArray
    high: FloatArray
    mean: FloatArray
    variance: FloatArray
    proxy: FloatArray
    log_sobolev: FloatArray
    proxy_reasons: tuple[str, ...]
    log_sobolev_reasons: tuple[str, ...]
    is_independent: bool = True
    is_normal: bool = False

    @property
    def varying(self) -> BoolArray:
        """(d,) which coordinates are not constant."""
        return np.asarray(self.low < self.high)

    @property
    def is_bounded(self) -> bool:
        """Whether all coordinates are."""
        return bool(np.isfinite(self.low).all() and np.isfinite(self.high).all())

    @property
    def centre(self) -> FloatArray:
        """(d,) the middle of the support, or the mean where that is unbounded."""
        bounded = np.isfinite(self.low) & np.isfinite(self.high)
        with np.errstate(invalid="ignore"):
            return np.where(bounded, (self.low + self.high) / 2, np.where(np.isfinite(self.mean), self.mean, 0.0))

    @property
    def scale(self) -> FloatArray:
        """(d,) half the width of the support, or a size of the coordinate where that is unbounded."""
        bounded = np.isfinite(self.low) & np.isfinite(self.high)
        spread = np.where(np.isfinite(self.variance) & (self.variance > 0), self.variance, 1.0)
        with np.errstate(invalid="ignore"):
            return np.where(bounded, (self.high - self.low) / 2, np.sqrt(spread))

    def slopes(self, rows: FloatArray) -> FloatArray:
        """(K, d) vectors over the states as vectors over the coordinates."""
        return rows if self.matrix is None else rows @ self.matrix

    def rewards(self, weights: FloatArray) -> FloatArray:
        """(N, S) the rewards Φw, without the offset, of (N, d) weights."""
        return weights if self.matrix is None else weights @ self.matrix.T


def coordinates(rewards: RewardDistribution) -> Coordinates:
    """The coordinates of a reward distribution.

    Examples
    --------
    Correlated normal rewards of variance 1 and correlation 0.6: directions of variance 0.4 and 1.6.

    >>> found = coordinates(Gaussian([0, 0], [[1, 0.6], [0.6, 1]]))
    >>> (found.matrix**2).sum(axis=0).round(9), found.log_sobolev
    (array([0.4, 1.6]), array([1., 1.]))
    """
    if isinstance(rewards, Independent):
        return _of_laws(rewards)
    if isinstance(rewards, Gaussian):
        return _of_normal(rewards)
    if isinstance(rewards, Linear):
        inner = _of_laws(rewards.weights)
        return replace(inner, matrix=rewards.matrix, offset=np.zeros(len(rewards.matrix)))
    if isinstance(rewards, Reordered):
        return _reordered(rewards)
    unknown = np.full(rewards.n_states, np.inf)
    is_fixed = isinstance(rewards, Fixed)
    constants = np.where(rewards.is_constant, 0.0, unknown) if is_fixed else unknown
    reasons = ("constant",) if is_fixed else (f"{rewards.name}: states depend on each other in no known way",)
    return Coordinates(
        None, np.zeros(rewards.n_states), rewards.low, rewards.high, rewards.mean, rewards.variance, constants,
        constants, reasons, reasons, is_independent=is_fixed, is_normal=False,
    )  # fmt: skip


def _of_laws(rewards: Independent) -> Coordinates:
    def gather(rule: Callable[[Law], Constant | None]) -> tuple[FloatArray, tuple[str, ...]]:
        found = [rule(law) for law in rewards.laws]
        values = np.array([np.inf if one is None else one.value for one in found])
        reasons = [law.name if one is None else one.reason for law, one in zip(rewards.laws, found, strict=True)]
        return values[rewards.which], tuple(dict.fromkeys(reasons))

    (proxy, proxy_reasons), (sobolev, sobolev_reasons) = gather(lipschitz_proxy), gather(log_sobolev)
    return Coordinates(
        None, np.zeros(len(rewards.which)), rewards.low, rewards.high, rewards.mean, rewards.variance, proxy, sobolev,
        proxy_reasons, sobolev_reasons, is_normal={x.kind for x in rewards.laws} - {"constant"} == {"norm"},
    )  # fmt: skip


def _of_normal(rewards: Gaussian) -> Coordinates:
    size, covariance = rewards.n_states, rewards.covariance
    diagonal = not (covariance - np.diag(rewards.variance)).any()
    matrix = None if diagonal else _root_above(covariance)
    variance = rewards.variance if matrix is None else np.ones(matrix.shape[1])
    reasons = ("jointly normal",)
    spread = np.where(variance > 0, np.inf, 0.0)
    mean = rewards.mean if matrix is None else np.zeros(matrix.shape[1])
    return Coordinates(
        matrix, np.zeros(size) if diagonal else rewards.mean, mean - spread, mean + spread, mean, variance, variance,
        variance, reasons, reasons, is_normal=True,
    )  # fmt: skip


def _root_above(covariance: FloatArray) -> FloatArray:
    """(S, d) Φ with ΦΦᵀ at least the covariance: what rounding may have taken from an eigenvalue is added.

    Eigenvalues are those of correlations, so that a state's row is right to rounding of its own deviation. A constant
    state has no row, or one of rounding, if it has covariances.
    """
    parts = blocks(covariance)
    matrix, column = np.zeros((len(covariance), sum(len(one.members) for one in parts))), 0
    for members, scale, values, vectors in parts:
        k = len(members)
        error = 0.0 if k == 1 else max(k * EPS * float(values[-1]), -float(values[0]))
        root = np.sqrt(np.maximum(values, 0.0) + error)
        matrix[members, column : column + k] = scale[:, None] * vectors * root
        column += k
    return matrix


def _reordered(rewards: Reordered) -> Coordinates:
    """State s gets what the base gives to state order[s]: rows of Φ, or the coordinates themselves, in that order."""
    base, order = coordinates(rewards.base), rewards.order
    if base.matrix is not None:
        return replace(base, matrix=base.matrix[order], offset=base.offset[order])
    arrays = {
        name: getattr(base, name)[order]
        for name in ("offset", "low", "high", "mean", "variance", "proxy", "log_sobolev")
    }
    return replace(base, **arrays)
