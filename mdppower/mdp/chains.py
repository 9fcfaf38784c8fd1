"""Markov chains: visits from a start (discounted sums, or long-run averages), and recurrent classes.

Of a row what is off the diagonal counts as it is stored, and the diagonal is what is left: a row (1.0, 1e-17) stays
but for a chance of 10⁻¹⁷. Visits are found class by class, by elimination without subtraction
(`mdppower.mdp.elimination`), so that they are right to rounding of each, whatever the rates. Transient states solve
x = b + γ x P, which is well posed at γ = 1 too. What leaves them arrives in recurrent classes, and the total of a
class is known: arrivals/(1−γ), or the arrivals themselves for averages. It is imposed.

Where the band of that elimination is too wide (thousands of states in no order that makes it narrow) sparse LU takes
its place, with the same diagonal; its answer is put back into the equations.
"""

from __future__ import annotations

import numpy as np
import numpy.typing as npt
from scipy import sparse
from scipy.sparse import csgraph
from scipy.sparse.linalg import splu

from mdppower._typing import AnyArray, BoolArray, FloatArray
from mdppower.errors import SolverError
from mdppower.mdp.elimination import Exponents, flow_through

EPS = float(np.finfo(np.float64).eps)
MISSED = 1e-9
"""What an answer of sparse LU may miss, of the largest term of its equation."""


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
        out = sparse.csr_array(chain[transient] * gamma)
        onward = sparse.csr_array(out[:, recurrent])
        gone = np.asarray(onward.sum(axis=1), dtype=np.float64).ravel() + (1 - gamma)
        mantissas, exponents = _flow(out[:, transient], gone, start[transient])
        found[transient] = np.ldexp(mantissas, exponents) if gamma < 1 else 0.0
        arrives = start.astype(float)
        arrives[transient] = 0.0
        # Visits may be more than a float holds where the chance to go on is less.
        entry = np.repeat(np.arange(len(transient)), np.diff(onward.indptr))
        chance, power = np.frexp(onward.data)
        come = np.ldexp(mantissas[entry] * chance, np.maximum(exponents[entry] + power, -2000))
        arrives[recurrent] += np.bincount(onward.indices, come, len(recurrent))
    inner, of = sparse.csr_array(chain[recurrent])[:, recurrent], label[recurrent]
    total: FloatArray = np.bincount(of, arrives[recurrent], count).astype(np.float64)
    if gamma < 1:
        seen = np.ldexp(*_flow(gamma * inner, np.full(len(recurrent), 1 - gamma), arrives[recurrent]))
        found[recurrent] = _rescaled(seen, total / (1 - gamma), of)
        return np.asarray(found * (start.sum() / (1 - gamma) / found.sum()))
    found[recurrent] = _rescaled(_stationary(inner, of, count), total, of)
    return np.asarray(found * (start.sum() / found.sum()))


def _rescaled(x: FloatArray, totals: FloatArray, label: AnyArray) -> FloatArray:
    """The same within each class, of these totals."""
    now = np.bincount(label, x, len(totals))
    return np.asarray(x * np.divide(totals, now, out=np.zeros(len(totals)), where=now > 0)[label])


def _stationary(chain: sparse.csr_array, label: AnyArray, count: int) -> FloatArray:
    """The stationary distribution of each class, up to a factor; all states are recurrent."""
    none = np.zeros(len(label))
    if chain.nnz == len(label) and len(np.unique(label)) == len(label):
        return np.ones(len(label))  # they all stay
    mantissas, exponents = _flow(chain, none, none, label)
    top = np.full(count, np.iinfo(np.int64).min)
    np.maximum.at(top, label, exponents)
    return np.asarray(np.ldexp(mantissas, np.maximum(exponents - top[label], -2000)))


def _flow(
    chain: sparse.csr_array, leaves: FloatArray, begin: FloatArray, label: AnyArray | None = None
) -> tuple[FloatArray, Exponents]:
    """`flow_through`, or sparse LU where the band is too wide."""
    chain = sparse.csr_array(chain)
    return flow_through(chain, leaves, begin, label) or _by_factors(chain, leaves, begin, label)


def _by_factors(
    chain: sparse.csr_array, leaves: FloatArray, begin: FloatArray, label: AnyArray | None
) -> tuple[FloatArray, Exponents]:
    n = len(leaves)
    row = np.repeat(np.arange(n), np.diff(chain.indptr))
    off = row != chain.indices
    flows = sparse.coo_array((chain.data[off], (row[off], chain.indices[off])), shape=(n, n)).tocsr()
    diagonal, right = np.asarray(flows.sum(axis=1)).ravel() + leaves, begin.astype(float)
    if label is not None:  # the first of each class has x = 1, and no equation
        roots = np.unique(label, return_index=True)[1]
        inside = np.ones(n, bool)
        inside[roots] = False
        right += np.asarray(flows[roots].sum(axis=0)).ravel()
        right[roots] = diagonal[roots] = 1.0
        keep = sparse.diags_array(inside.astype(float))
        flows = sparse.csr_array(keep @ flows @ keep)
    system = sparse.csc_array((sparse.diags_array(diagonal) - flows).T)
    try:
        factors = splu(system)
        x = factors.solve(right)
        x = np.maximum(x + factors.solve(right - system @ x), 0.0)
    except RuntimeError:  # "Factor is exactly singular"
        x = np.full(n, np.nan)
    miss = np.abs(right - system @ x)
    if not (miss <= MISSED * (right + diagonal * x).max()).all():
        raise SolverError("visits of a chain: sparse LU finds none that satisfy their equations", error_bound=1.0)
    return np.frexp(x)[0], np.frexp(x)[1].astype(np.int64)


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
