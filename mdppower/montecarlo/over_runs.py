"""Numbers of runs, each run one observation: what curves, rivals, bands, coin flips and seeking have alike."""

from __future__ import annotations

from typing import Any

import numpy as np

from mdppower._typing import BoolArray, FloatArray
from mdppower.montecarlo.replicates import Replicates
from mdppower.montecarlo.trust import doubtful_means


def replicates(
    values: FloatArray,
    low: Any,
    high: Any,
    slack: float,
    known: BoolArray | None = None,
    *,
    has_variance: bool = True,
) -> Replicates:
    """(K, n) numbers of runs as replicates.

    Parameters
    ----------
    values : (K, n) array
    low, high : float or (n,) array
        Where a number can lie.
    slack : float
        Bound on the error of the values.
    known : (n,) boolean array, optional
        Which do not vary, whatever the run.
    has_variance : bool
        Whether what the numbers are means of has one; where some are not defined there are no intervals, either.
    """
    n = values.shape[1]
    return Replicates(
        np.ascontiguousarray(values[:, None]), np.zeros(n) + low, np.zeros(n) + high,
        np.zeros(n, bool) if known is None else known, np.array([slack]), len(values),
        has_variance=has_variance and not bool(np.isnan(values).any()),
    )  # fmt: skip


def one_number(shares: FloatArray, slack: Any, largest: float = 1.0) -> FloatArray:
    """(K, …) shares, of which runs that differ by no more than the error of their values are one number.

    That they do is no spread; what so few observations exclude is for `Replicates` to say. No share is above 1, but
    changes of shares may be: `largest` says so.
    """
    most = shares.max(axis=0)
    return np.asarray(np.where(most - shares.min(axis=0) <= 2 * slack, np.minimum(most, largest), shares))


def caution(values: FloatArray) -> str:
    """What (K, n) numbers say against Student's interval; nothing where they say nothing, or are not defined."""
    if not values.size or np.isnan(values).any():
        return ""
    return doubtful_means(replicates(values, -np.inf, np.inf, 0.0), np.ones(values.shape[1], bool), tails=True)
