"""Leads chained: what counts against several references say together.

A lead is a difference of means, so that leads add up where success rates do not: with x the power of each agent,
counts of i against j say l ≤ x_i − x_j ≤ u. What all of them say of x_i less that of a base is a *system of
difference constraints*: its tightest limits are shortest paths, in a graph with an edge j → i of length u and an edge
i → j of length −l (Cormen et al., Introduction to Algorithms, 24.4). So the lead of A over B and that of B over C
give that of A over C, the limits added; of several ways the tightest limits count. If all limits hold at once, with
some confidence, then so does all that follows from them: that the tightest way was picked after the counts were seen
costs nothing.

A circle of negative length means that no powers fit all limits: the counts contradict each other.
"""

from __future__ import annotations

import numpy as np
from scipy import sparse
from scipy.sparse import csgraph

from mdppower._typing import AnyArray, FloatArray


def chained(
    pairs: AnyArray, lower: FloatArray, upper: FloatArray, size: int, base: int, width: float = np.inf
) -> tuple[FloatArray, FloatArray] | None:
    """The tightest limits of x_i − x_base.

    Parameters
    ----------
    pairs : (n, 2) integer array
        i and j of each constraint lower ≤ x_i − x_j ≤ upper.
    lower, upper : (n,) arrays
        −∞ and ∞ say nothing.
    size : int
        N, how many x there are.
    base : int
    width : float
        No two x are farther apart.

    Returns
    -------
    lower, upper : (N,) arrays, or None
        −∞ and ∞ where nothing leads there; None if no x fit.

    Examples
    --------
    A leads B by 1 to 2, B leads C by 3 to 5; a count of A against C says less, or that something is wrong:

    >>> pairs = np.array([[0, 1], [1, 2]])
    >>> low, high = chained(pairs, np.array([1.0, 3]), np.array([2.0, 5]), 3, base=2)
    >>> low.tolist(), high.tolist()
    ([4.0, 3.0, 0.0], [7.0, 5.0, 0.0])
    >>> pairs = np.array([[0, 1], [1, 2], [0, 2]])
    >>> chained(pairs, np.array([1.0, 3, 4.5]), np.array([2.0, 5, np.inf]), 3, base=2)[0].tolist()
    [4.5, 3.0, 0.0]
    >>> chained(pairs, np.array([1.0, 3, 8]), np.array([2.0, 5, 9]), 3, base=2)
    """
    above, below = pairs[:, 0], pairs[:, 1]
    if np.isfinite(width):  # all x lie in [z, z + width], z one more of them
        every, least = np.arange(size), np.full(size, size)
        above, below = np.concatenate([above, every]), np.concatenate([below, least])
        lower, upper = np.concatenate([lower, np.zeros(size)]), np.concatenate([upper, np.full(size, width)])
    tails, heads = np.concatenate([below, above]), np.concatenate([above, below])
    lengths = np.concatenate([upper, -lower])
    anywhere = _shortest(tails, heads, lengths, np.zeros(size + 1))  # a circle that is not linked to the base
    start = np.full(size + 1, np.inf)
    start[base] = 0.0
    most = _shortest(tails, heads, lengths, start)
    least_of_base = _shortest(heads, tails, lengths, start)
    if anywhere is None or most is None or least_of_base is None:
        return None
    return 0.0 - least_of_base[:size], most[:size]


def linked(pairs: AnyArray, size: int, base: int) -> AnyArray:
    """(N,) whether counts lead from each agent to the base, whatever they say."""
    edges = sparse.csr_array((np.ones(len(pairs)), (pairs[:, 0], pairs[:, 1])), shape=(size, size))
    _, group = csgraph.connected_components(edges, directed=False)
    return np.asarray(group == group[base])


def _shortest(tails: AnyArray, heads: AnyArray, lengths: FloatArray, start: FloatArray) -> FloatArray | None:
    """Shortest of `start` and a path (Bellman, Ford); None where a circle is negative by more than rounding."""
    found = start.copy()
    slack = 1e-12 * float(np.abs(lengths[np.isfinite(lengths)]).max(initial=1.0))
    for _ in range(len(found) + 1):
        before = found.copy()
        np.minimum.at(found, heads, before[tails] + lengths)
        reached = np.isfinite(found)
        if (before[reached] - found[reached] <= slack).all():
            return found
    return None
