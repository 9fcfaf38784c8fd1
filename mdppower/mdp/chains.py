"""Markov chains: visits from a start (discounted sums, or long-run averages), and recurrent classes.

Visits are found class by class. Transient states solve x = b + γ x P, which is well posed at γ = 1 too. What leaves
them arrives in recurrent classes, and the total of a class is known: arrivals/(1−γ), or the arrivals themselves for
averages. It is imposed, because I − γP is nearly singular there, in the direction of the total and of nothing else.
"""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
import numpy.typing as npt
from scipy import sparse
from scipy.sparse import csgraph
from scipy.sparse.linalg import splu

from mdppower._typing import AnyArray, BoolArray, FloatArray

EPS = float(np.finfo(np.float64).eps)
DENSE = 150
"""Systems of up to this size are solved as dense ones: less is spent on getting ready."""


def reachable(graph: sparse.csr_array, sources: BoolArray) -> BoolArray:
    """Which nodes can be reached from the sources, themselves included, along the entries of an (n, n) array."""
    n, first = len(sources), np.flatnonzero(sources)
    # One more node, with an edge to each source.
    edges = graph.nnz + len(first)
    ends, begins = np.r_[graph.indices, first], np.r_[graph.indptr, edges]
    wide = sparse.csr_array((np.ones(edges, np.int8), ends, begins), shape=(n + 1, n + 1))
    found = np.zeros(n + 1, bool)
    found[csgraph.breadth_first_order(wide, n, directed=True, return_predecessors=False)] = True
    return found[:n]


def visits(chain: sparse.csr_array, start: FloatArray, gamma: float) -> FloatArray:
    """Expected visits Σ_t γ^t P(s_t = s) of a chain; at γ = 1 their average, start · P* (P* the Cesàro limit).

    Parameters
    ----------
    chain : (n, n) sparse array
        Rows sum to 1; no explicit zeros; every state is reachable from the start.
    start : (n,) array
        A distribution.
    gamma : float
        In [0, 1].

    Returns
    -------
    (n,) array
        Sums to 1/(1−γ), or to 1 at γ = 1.

    Examples
    --------
    A cycle of two states has no limit of P^t, but averages:

    >>> visits(sparse.csr_array([[0.0, 1.0], [1.0, 0.0]]), np.array([1.0, 0.0]), 1.0)
    array([0.5, 0.5])
    """
    if gamma == 0:
        return start.copy()
    count, label = csgraph.connected_components(chain, directed=True, connection="strong")
    row = np.repeat(np.arange(len(start)), np.diff(chain.indptr))
    leaves = np.zeros(count, bool)
    leaves[label[row[label[row] != label[chain.indices]]]] = True
    transient, recurrent = np.flatnonzero(leaves[label]), np.flatnonzero(~leaves[label])
    found, arrives = np.zeros(len(start)), start
    if len(transient):
        out = sparse.csr_array(chain[transient])
        found[transient] = np.maximum(_left_solver(out[:, transient], gamma)(start[transient]), 0.0)
        arrives = start + gamma * (found[transient] @ out)
    inner, of = sparse.csr_array(chain[recurrent])[:, recurrent], label[recurrent]

    def rescaled(x: FloatArray, totals: FloatArray) -> FloatArray:
        now = np.bincount(of, x, count)
        return np.asarray(x * np.divide(totals, now, out=np.zeros(count), where=now > 0)[of])

    total: FloatArray = np.bincount(of, arrives[recurrent], count).astype(np.float64)
    if gamma < 1:
        raw = np.maximum(_left_solver(inner, gamma)(arrives[recurrent]), 0.0)
        found[recurrent] = rescaled(raw, total / (1 - gamma))
        return np.asarray(found * (start.sum() / (1 - gamma) / found.sum()))
    # Inverse iteration: near 1, discounted visits from anywhere are nearly the stationary distribution.
    solve, ones = _left_solver(inner, 1 - 2.0**-40), np.ones(count)
    stationary = rescaled(np.ones(len(recurrent)), ones)
    for _ in range(10):
        before, stationary = stationary, rescaled(np.maximum(solve(stationary), 0.0), ones)
        if np.abs(stationary - before).max() <= 2 * EPS:
            break
    found[transient] = 0.0
    found[recurrent] = rescaled(stationary, total)
    return np.asarray(found * (start.sum() / found.sum()))


def _left_solver(chain: sparse.csr_array, gamma: float) -> Callable[[FloatArray], FloatArray]:
    """b ↦ the x with x (I − γ chain) = b."""
    n = chain.shape[0]
    if n <= DENSE:
        dense = np.eye(n) - gamma * chain.toarray().T
        return lambda b: np.asarray(np.linalg.solve(dense, b))
    factors = splu(sparse.csc_array((sparse.eye_array(n) - gamma * chain).T))
    return lambda b: np.asarray(factors.solve(b))


def recurrent_classes(chain: sparse.csr_array) -> tuple[list[AnyArray], AnyArray]:
    """The recurrent classes of a Markov chain, and the one in which each state ends for certain.

    Parameters
    ----------
    chain : (S, S) csr_array
        Transition probabilities; no explicit zeros.

    Returns
    -------
    classes : list of int arrays
        The members of each.
    ends : (S,) array of int
        Number of the only class that the state can reach; −1 where it can reach several.

    Examples
    --------
    >>> chain = sparse.csr_array([[0, 0.5, 0.5, 0], [0, 0, 1, 0], [0, 1, 0, 0], [0.5, 0, 0, 0.5]])
    >>> classes, ends = recurrent_classes(chain)
    >>> [c.tolist() for c in classes], ends.tolist()
    ([[1, 2]], [0, 0, 0, 0])
    """
    count, label = csgraph.connected_components(chain, directed=True, connection="strong")
    owner = np.repeat(np.arange(chain.shape[0]), np.diff(chain.indptr))
    is_open = np.zeros(count, bool)
    is_open[label[owner[label[owner] != label[chain.indices]]]] = True
    number = np.full(count, -1)
    number[~is_open] = np.arange(count - int(is_open.sum()))
    own = number[label]
    order = np.argsort(own, kind="stable")
    order = order[own[order] >= 0]
    classes = np.split(order, np.flatnonzero(np.diff(own[order])) + 1)
    # The least and the greatest number of a class that can be reached, by steps until nothing changes.
    least: npt.NDArray[np.intp] = np.where(own >= 0, own, len(classes))
    most = own.copy()
    begin = chain.indptr[:-1]
    while True:
        lower = np.minimum(least, np.minimum.reduceat(least[chain.indices], begin))
        upper = np.maximum(most, np.maximum.reduceat(most[chain.indices], begin))
        if np.array_equal(lower, least) and np.array_equal(upper, most):
            return classes, np.where(least == most, least, -1)
        least, most = lower, upper
