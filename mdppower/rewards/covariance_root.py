"""The spectrum of a covariance in units of its own standard deviations.

An eigenvalue is right to rounding *of the largest one*: beside a variance of 10²⁴ one of 1 is lost. Correlations are
all of size 1: with the diagonal D of standard deviations, C = D ρ D has the eigenvalues of ρ, each state in its own
scale (van der Sluis 1969: no diagonal scaling makes a condition number much smaller).
"""

from __future__ import annotations

from typing import NamedTuple

import numpy as np
from scipy import sparse
from scipy.sparse import csgraph

from mdppower._typing import FloatArray


class Block(NamedTuple):
    """States that vary together, directly or by way of others: C = D V Λ Vᵀ D on these."""

    members: list[int]
    scale: FloatArray
    """Diagonal of D: standard deviations."""
    values: FloatArray
    """Diagonal of Λ, ascending; rounding can leave some below 0."""
    vectors: FloatArray


def blocks(covariance: FloatArray) -> list[Block]:
    """The independent parts of jointly normal numbers, each with its spectrum in its own scales; no constants.

    Parameters
    ----------
    covariance : (S, S) array
        Symmetric. What a state of variance 0 has off the diagonal is rounding, and left out.

    Returns
    -------
    list of Block
        In the order of their first members.

    Examples
    --------
    Two states that move together, one that is 10²⁴ times as variable, and a constant:

    >>> found = blocks(np.array([[1, 0, 0.6, 0], [0, 1e48, 0, 0], [0.6, 0, 1, 0], [0, 0, 0, 0.0]]))
    >>> [(one.members, one.scale.tolist(), one.values.round(12).tolist()) for one in found]
    [([0, 2], [1.0, 1.0], [0.4, 1.6]), ([1], [1e+24], [1.0])]
    """
    deviation = np.sqrt(covariance.diagonal())
    varies = np.flatnonzero(deviation > 0)
    inner = covariance[np.ix_(varies, varies)]
    _, label = csgraph.connected_components(sparse.csr_array(inner != 0), directed=False)
    found = []
    for k in range(int(label.max(initial=-1)) + 1):
        members = varies[label == k]
        scale = deviation[members]
        if len(members) == 1:
            values, vectors = np.ones(1), np.ones((1, 1))
        else:
            correlation = covariance[np.ix_(members, members)] / scale[:, None] / scale
            values, vectors = np.linalg.eigh((correlation + correlation.T) / 2)
        found.append(Block(members.tolist(), scale, values, vectors))
    return found


def scaled_root(covariance: FloatArray) -> FloatArray:
    """(S, S) M with M Mᵀ = C to rounding of each state's own deviation; eigenvalues below 0 count as 0.

    Parameters
    ----------
    covariance : (S, S) array

    Returns
    -------
    (S, S) array

    Examples
    --------
    >>> root = scaled_root(np.array([[1e20, 5e9], [5e9, 1.0]]))
    >>> (root @ root.T / [[1e20, 5e9], [5e9, 1.0]]).round(12).tolist()
    [[1.0, 1.0], [1.0, 1.0]]
    """
    root, column = np.zeros(covariance.shape), 0
    for members, scale, values, vectors in blocks(covariance):
        last = column + len(members)
        root[members, column:last] = scale[:, None] * vectors * np.sqrt(np.maximum(values, 0.0))
        column = last
    return root
