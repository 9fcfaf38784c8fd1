"""When to stop, and where to go until then, in numbers of 32 digits: between a policy's worth and a majorant.

The problem is that of `mdppower.solvers.stopping`: w = max(stop, max_a T_a w), where every policy stops for certain.
There U, the longest time to a stop that any policy takes, multiplies rounding. On a map where noise leads into a pit
it is exponential in the map's size, and almost none of it matters: policies that last so long are bad ones. Here
only the time counts that good policies take.

Certificate. Two functions are found, and looked at once they are:

- w, with a policy π of which w ≤ T_π w holds, and w ≤ stop where π stops. So w bounds from below what π is worth.
- v ≥ stop with v ≥ T_a v for all pairs a, a superharmonic majorant: v bounds every policy's worth (optional stopping:
  v is bounded, and every policy stops for certain). Where v is no less than at any node that a pair leads to, there
  is nothing to compute.

Both are made by policy iteration. w is the worth of the best policy if a jump costs c, v if a jump earns c: so much
that rounding cannot hide the sign of T v − v, and so little that 10^18 jumps are worth less than what may be left
open. Where it makes almost no difference where one is, a policy may walk about for longer than that. So v is one
number on each cluster of nodes whose w are nearly the same, and only jumps from cluster to cluster earn c.

Numbers are sums of two floats, less the best stop, so that small losses keep their digits; how policies are evaluated
and compared in them is `mdppower.solvers.double_policies`.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property

import numpy as np
from scipy import sparse

from mdppower._compiled import kernel
from mdppower._typing import AnyArray, FloatArray
from mdppower.solvers.double_chains import Chains, contracted, ordered
from mdppower.solvers.double_policies import proved, worth

LEAST_SIZE, MOST_SIZE = 2.0**-300, 2.0**900
"""Within these nothing overflows, and what products lose by underflow is less than 2^-100 of c."""
COST = 2.0**-94
"""What a jump costs or earns, as a share of the range of the stops."""
SURE = 2.0**-150
"""What T w − w and v − T v must exceed beside their rounding, as a share of c: far more than underflow takes."""
CLOSE = 2.0**-46
"""Up to where numbers are nearly the same, as a share of the range."""
SWEEPS = 200
"""Most sweeps of value iteration, for a first policy."""


@dataclass(frozen=True, eq=False)
class DoubleStopping:
    """Nodes 0 … stops−1 may stop; every node may have pairs (sorted by node) that lead on.

    Attributes
    ----------
    rows : (Q, nodes) csr_array
        Where pairs lead; a node may be named more than once.
    owner : (Q,) array
        The node of each pair.
    stops, n_nodes : int
    """

    rows: sparse.csr_array
    owner: AnyArray
    stops: int
    n_nodes: int

    def solve(self, level: FloatArray, enough: float) -> tuple[FloatArray, AnyArray, float] | None:
        """The best that can be had from each node.

        Parameters
        ----------
        level : (stops,) array
            What stopping is worth.
        enough : float
            The gap that is good enough.

        Returns
        -------
        w : (nodes,) array
        choice : (nodes,) array
            A pair, or −1 to stop, of a policy that is worth w within the gap.
        gap : float
            Proved bound on the error of w.

        None if there is none that is good enough, or the problem is too large.
        """
        top, size = float(level.max()), float(level.max() - level.min())
        if self._chains is None or not LEAST_SIZE < size < MOST_SIZE:
            return None
        chains, cost = self._chains, COST * size
        stop = np.full(self.n_nodes, -np.inf)
        stop[: self.stops] = level
        stops = _less(stop[chains.order], top)
        choice = _first_policy(stops.real, *chains.graph)
        w = worth(chains, stops, choice, -cost, np.zeros(self.n_nodes, complex))
        if w is None or (v := _majorant(chains, stops, choice, w, CLOSE * size, cost)) is None:
            return None
        width = proved(stops, choice, w, v, *chains.graph, SURE * cost)
        # Rounded are w and v (which are less than the range), their middle, what the top adds, and the width.
        gap = 0.5 * width * (1 + 2.0**-50) + 2.0**-50 * float(np.abs(level).max())
        if not gap <= enough:
            return None
        middle, chosen = np.empty(self.n_nodes), np.empty(self.n_nodes, np.int64)
        middle[chains.order] = top + 0.5 * (w.real + v.real)
        chosen[chains.order] = np.where(choice < 0, -1, chains.pair[choice])
        return middle, chosen, gap

    @cached_property
    def _chains(self) -> Chains | None:
        return ordered(self.rows, self.owner, self.n_nodes)


# ---------------------------------------------------------------------- one draw


def _less(x: FloatArray, top: float) -> AnyArray:
    """x − top exactly (Knuth), the sum of a real and an imaginary part."""
    here = np.where(x > -np.inf, x, top)
    high = here - top
    t = high - here
    return np.asarray(np.where(x > -np.inf, high, -np.inf) + 1j * ((here - (high - t)) - (top + t)))


def _majorant(
    chains: Chains, stops: AnyArray, choice: AnyArray, w: AnyArray, close: float, earned: float
) -> AnyArray | None:
    """v of each node, with clusters as nodes: theirs are the pairs that lead out, and the best of their stops."""
    cluster, count = _clusters(w.real, close, *chains.graph)
    outer = contracted(chains, cluster, count)
    if outer is None:
        return None
    # First the way that w's policy takes out of a cluster; its own stop where it takes none.
    onward = np.full(count, -1)
    place = np.full(len(chains.pair), -1)
    place[outer.pair] = np.arange(len(outer.pair))
    out = np.flatnonzero((choice >= 0) & (place[choice] >= 0))
    onward[cluster[out]] = place[choice[out]]
    stops, start = _greatest(stops, cluster, count), _greatest(w, cluster, count)
    v = worth(outer, stops[outer.order], onward[outer.order], earned, start[outer.order])
    return None if v is None else np.asarray(v[np.argsort(outer.order)[cluster]])


@kernel
def _greatest(x, cluster, count):
    """The greatest x of each cluster."""
    best = np.full(count, complex(-np.inf, 0.0))
    for i in range(len(x)):
        k = cluster[i]
        if x[i].real > best[k].real or (x[i].real == best[k].real and x[i].imag > best[k].imag):
            best[k] = x[i]
    return best


@kernel
def _clusters(w, close, pointer, indptr, indices, data):
    """The cluster of each node: of nodes that are nearly as good as one to which they lead, or that leads to them."""
    n = len(w)
    parent = np.arange(n)
    for i in range(n):
        for e in range(indptr[pointer[i]], indptr[pointer[i + 1]]):
            j = indices[e]
            if abs(w[i] - w[j]) <= close:
                a, b = i, j
                while parent[a] != a:
                    parent[a] = parent[parent[a]]
                    a = parent[a]
                while parent[b] != b:
                    parent[b] = parent[parent[b]]
                    b = parent[b]
                parent[max(a, b)] = min(a, b)
    count = 0
    cluster = np.empty(n, np.int64)
    for i in range(n):  # a parent comes before its children
        if parent[i] == i:
            cluster[i] = count
            count += 1
        else:
            cluster[i] = cluster[parent[i]]
    return cluster, count


@kernel
def _first_policy(stop, pointer, indptr, indices, data):
    """A good policy: value iteration from below, each node with the pair that raised it last.

    So w ≤ T_π w at every sweep, and π is worth no less than w.
    """
    n, bottom = len(stop), 0.0
    for i in range(n):
        if stop[i] > -np.inf:
            bottom = min(bottom, stop[i])
    w, tiny = np.maximum(stop, 2.0 * bottom), -1e-9 * bottom
    choice = np.where(stop > -np.inf, -1, pointer[:-1])
    for sweep in range(SWEEPS):
        changed = False
        for k in range(n):
            i = k if sweep % 2 == 0 else n - 1 - k
            best, at = -np.inf, -1
            for p in range(pointer[i], pointer[i + 1]):
                total, rate = 0.0, 0.0
                for e in range(indptr[p], indptr[p + 1]):
                    total += data[e] * w[indices[e]]
                    rate += data[e]
                if total / rate > best:
                    best, at = total / rate, p
            if best > w[i] + tiny:
                w[i], choice[i], changed = best, at, True
        if not changed:
            break
    return choice
