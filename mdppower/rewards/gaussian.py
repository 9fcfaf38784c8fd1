"""Jointly normal rewards."""

from __future__ import annotations

import numpy as np
import numpy.typing as npt

from mdppower._checks import LARGEST_REWARD
from mdppower._typing import FloatArray
from mdppower.errors import RewardError
from mdppower.rewards.covariance_root import blocks, scaled_root
from mdppower.rewards.reward_distribution import RewardDistribution, as_numbers, as_vector

UNEVEN = 1e6
"""Variances that differ by this factor have their root made in units of each."""


class Gaussian(RewardDistribution):
    """Jointly normal rewards N(mean, cov).

    Parameters
    ----------
    mean : (S,) array
    cov : (S, S) array, or (S,) array of variances
        Symmetric and positive semidefinite.

    Raises
    ------
    RewardError
        Shapes differ; `cov` is not symmetric, or has a negative eigenvalue (which is named).

    Examples
    --------
    Two ends whose rewards move together leave less to choose: E max = √((1 − ρ)/π), which is 0.357 at ρ = 0.6.

    >>> import mdppower as mp
    >>> rewards = Gaussian([0, 0, 0], [[1, 0, 0], [0, 1, 0.6], [0, 0.6, 1]])
    >>> round(float(mp.power(mp.envs.fork(2), 0.9, rewards, rng=0).mean[0]), 1)
    0.4
    """

    def __init__(self, mean: npt.ArrayLike, cov: npt.ArrayLike) -> None:
        self.mean = as_vector(mean, "mean")
        covariance = as_numbers(cov, "cov", LARGEST_REWARD**2)
        size = len(self.mean)
        if covariance.shape == (size,):
            covariance = np.diag(covariance)
        if covariance.shape != (size, size) or not np.isfinite(covariance).all():
            raise RewardError(f"cov must be a finite ({size}, {size}) array, got shape {covariance.shape}")
        if not np.allclose(covariance, covariance.T, rtol=1e-10, atol=0):
            raise RewardError("cov is not symmetric")
        values, vectors = np.linalg.eigh(covariance)
        if values.size and values[0] < -1e-10 * max(values[-1], 0.0):
            raise RewardError(f"cov is not positive semidefinite: its least eigenvalue is {values[0]:.3g}")
        self.covariance = covariance
        self.variance = np.diag(covariance).copy()
        positive = self.variance[self.variance > 0]
        if positive.size and positive.max() > UNEVEN * positive.min():
            # The spectrum is right to rounding of the largest variance: too little for the least.
            least = min(float(one.values[0]) for one in blocks(covariance))
            if least < -1e-10:
                raise RewardError(f"cov is not positive semidefinite: correlations have the eigenvalue {least:.3g}")
            self._root = scaled_root(covariance)
        else:
            self._root = vectors * np.sqrt(np.maximum(values, 0.0))
        spread = np.where(self.variance > 0, np.inf, 0.0)
        self.low, self.high = self.mean - spread, self.mean + spread
        self.name = "Gaussian"
        self.dimension = size

    def from_uniforms(self, uniforms: FloatArray) -> FloatArray:
        """The mean plus a root of cov times standard normals."""
        from scipy.special import ndtri

        return np.asarray(ndtri(uniforms, out=uniforms) @ self._root.T + self.mean)
