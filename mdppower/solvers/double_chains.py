"""What policies choose from where every policy stops for certain: nodes in an order of narrow band, pairs, rates.

Rates are probabilities as they are stored; what stays in a node is what is left, and is never looked at. Clusters of
nodes can be made one node each.
"""

from __future__ import annotations

from typing import NamedTuple

import numpy as np
from scipy import sparse
from scipy.sparse import csgraph

from mdppower._compiled import kernel
from mdppower._typing import AnyArray, FloatArray

LEAST_RATE = 2.0**-500
"""Products with less might underflow."""
MOST_WORK, MOST_NUMBERS = 1e9, 2.0**25
"""Most multiplications and numbers of a banded LU: seconds, and a quarter of a gigabyte."""


class Chains(NamedTuple):
    """What policies choose from, the nodes in an order of narrow band: node i is node order[i] as it was.

    Attributes
    ----------
    order, pair
        Old nodes and pairs by new ones.
    pointer : (nodes + 1,) array
        Node i has the pairs pointer[i] … pointer[i+1] − 1.
    indptr, indices, data
        Pair p leads to indices[e] at rate data[e], indptr[p] ≤ e < indptr[p+1]; never to its own node.
    band : int
        The most by which the numbers of two nodes differ that have pairs, and of which one leads to the other.
    """

    order: AnyArray
    pair: AnyArray
    pointer: AnyArray
    indptr: AnyArray
    indices: AnyArray
    data: FloatArray
    band: int

    @property
    def graph(self) -> tuple[AnyArray, AnyArray, AnyArray, FloatArray]:
        """What loops go over: pointer, indptr, indices, data."""
        return self.pointer, self.indptr, self.indices, self.data


def ordered(rows: sparse.csr_array, owner: AnyArray, n_nodes: int) -> Chains | None:
    """The chains of (Q, nodes) rows, each of the node `owner` (sorted).

    None where there are none, where a rate is too small for this arithmetic, and where a banded LU takes too much
    work or memory.
    """
    moves = rows.indices != np.repeat(owner, np.diff(rows.indptr))
    starts = np.concatenate([[0], np.cumsum(moves)])[rows.indptr]
    to, rates = rows.indices[moves], rows.data[moves]
    if not len(rates) or rates.min() < LEAST_RATE:
        return None
    source = np.repeat(owner, np.diff(starts))
    # A node that has no pair stands in no equation.
    inner = np.zeros(n_nodes, bool)
    inner[owner] = True
    between = inner[source] & inner[to]
    edges = (np.ones(between.sum()), (source[between], to[between]))
    graph = sparse.csr_array(edges, shape=(n_nodes, n_nodes))
    order = csgraph.reverse_cuthill_mckee(sparse.csr_array(graph + graph.T)).astype(np.int64)
    order = np.concatenate([order[inner[order]], order[~inner[order]]])
    place = np.argsort(order)
    band = max(1, int(np.abs(place[source[between]] - place[to[between]]).max(initial=0)))
    if _too_large(n_nodes, band):
        return None
    counts = np.bincount(owner, minlength=n_nodes)
    pointer = np.concatenate([[0], np.cumsum(counts[order])])
    pair = _strided(np.cumsum(counts)[order] - counts[order], counts[order])
    lengths = np.diff(starts)[pair]
    entry = _strided(starts[pair], lengths)
    indptr = np.concatenate([[0], np.cumsum(lengths)])
    return Chains(order, pair, pointer, indptr, place[to[entry]], rates[entry], band)


def _strided(first: AnyArray, counts: AnyArray) -> AnyArray:
    """For each k in turn: first[k], first[k] + 1, …, counts[k] of them."""
    begins = np.cumsum(counts) - counts
    return np.asarray(np.arange(counts.sum()) + np.repeat(first - begins, counts))


def contracted(chains: Chains, cluster: AnyArray, count: int) -> Chains | None:
    """The same with each cluster as one node, which has the pairs of its nodes that lead out of it.

    None where a banded LU takes too much work or memory. Order and pairs are by those of `chains`.
    """
    pair, pointer, indptr, indices, data, band = _contract(cluster, count, *chains.graph)
    if band > 1.5 * chains.band:  # another order is worth its while
        rows = sparse.csr_array((data, indices, indptr), shape=(len(pair), count))
        again = ordered(rows, np.repeat(np.arange(count), np.diff(pointer)), count)
        return None if again is None else again._replace(pair=pair[again.pair])
    if _too_large(count, band):
        return None
    return Chains(np.arange(count), pair, pointer, indptr, indices, data, band)


@kernel
def _contract(cluster, count, pointer, indptr, indices, data):
    owner, leads_out = np.empty(len(indptr) - 1, np.int64), np.zeros(len(indptr) - 1, np.int64)
    pairs, entries = np.zeros(count + 1, np.int64), np.zeros(count + 1, np.int64)
    for i in range(len(cluster)):
        for p in range(pointer[i], pointer[i + 1]):
            owner[p] = cluster[i]
            for e in range(indptr[p], indptr[p + 1]):
                leads_out[p] += cluster[indices[e]] != owner[p]
            pairs[owner[p] + 1] += leads_out[p] > 0
            entries[owner[p] + 1] += leads_out[p]
    pairs, entries, band = np.cumsum(pairs), np.cumsum(entries), 1
    at, free = pairs.copy(), entries.copy()
    pair, begins = np.empty(pairs[-1], np.int64), np.empty(pairs[-1] + 1, np.int64)
    to, rates = np.empty(entries[-1], np.int64), np.empty(entries[-1])
    begins[-1] = entries[-1]
    for p in range(len(owner)):
        own = owner[p]
        if leads_out[p] > 0:
            pair[at[own]], begins[at[own]] = p, free[own]
            at[own] += 1
            for e in range(indptr[p], indptr[p + 1]):
                j = cluster[indices[e]]
                if j != own:
                    to[free[own]], rates[free[own]] = j, data[e]
                    free[own] += 1
                    if pairs[j] < pairs[j + 1]:  # a node that has no pair stands in no equation
                        band = max(band, abs(j - own))
    return pair, pairs, begins, to, rates, band


def _too_large(n_nodes: int, band: int) -> bool:
    return n_nodes * float(band) ** 2 > MOST_WORK or n_nodes * (2 * band + 2) > MOST_NUMBERS
