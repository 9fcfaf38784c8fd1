"""When to stop, and where to go until then, in numbers of 32 digits: between a policy's worth and a majorant.

The problem is that of `mdppower.solvers.stopping`: w = max(stop, max_a T_a w), where every policy stops for certain.
There U, the longest time to a stop that any policy takes, multiplies rounding. On a map where noise leads into a pit
it is exponential in the map's size, and almost none of it matters: policies that last so long are bad ones. Here
only the time counts that good policies take.

Certificate. Two functions are found, and looked at once they are:

- w, with a policy π of which w ≤ T_π w holds, and w ≤ stop where π stops. So w bounds from below what π is worth.
- v ≥ stop with v ≥ T_a v for all pairs a, a superharmonic majorant: v bounds every policy's worth (optional stopping:
  v is bounded, and every policy stops for certain). Where v is the best stop that can be reached at all, there is
  nothing to check, as that itself is superharmonic.

Both are made by policy iteration. w is the worth of the best policy if a jump costs c, v if a jump earns c, and the
nodes that are within θ of the best that they can reach stop there, with just that. The cost c is many times the
rounding of T v − v, and so small that 10^18 jumps are worth less than what may be left open.

Numbers are sums of two floats, less the best stop, so that small losses keep their digits; how policies are evaluated
and compared in them is `mdppower.solvers.double_chains`.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property

import numpy as np
from scipy import sparse

from mdppower._compiled import kernel
from mdppower._stop import stop_flag, stop_if_told
from mdppower._typing import AnyArray, FloatArray
from mdppower.solvers.double_chains import Chains, improve, ordered, proved

MOST_WORK = 1e9
"""Most multiplications of a banded LU: seconds."""
LEAST_SIZE, MOST_SIZE = 2.0**-300, 2.0**900
"""Within these nothing overflows, and what products lose by underflow is less than 2^-100 of c."""
COST = 2.0**-94
"""What a jump costs or earns, as a share of the range of the stops."""
CLOSE = 2.0**-60
"""How near to the best that it can reach a node is when it is not told from that, as a share of the range."""
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
        order, pair, *graph, band = self._chains
        cost, stop = COST * size, np.full(self.n_nodes, -np.inf)
        stop[: self.stops] = level
        stop, lu, told = stop[order], np.empty((self.n_nodes, 2 * band + 2)), stop_flag()
        worth, cap = _less(stop, top), _less(_best_within_reach(stop, *graph), top)

        choice, w = _first_policy(worth.real, *graph), np.zeros(self.n_nodes, complex)
        if not improve(worth, choice, *graph, band, -cost, w, lu, told):
            stop_if_told()
            return None
        near, v = cap.real - w.real <= CLOSE * size, w.copy()
        if not improve(np.where(near, cap, worth), np.where(near, -1, choice), *graph, band, cost, v, lu, told):
            stop_if_told()
            return None
        over = (v.real > cap.real) | ((v.real == cap.real) & (v.imag > cap.imag))
        v = np.where(over, cap, v)

        width = proved(worth, cap, choice, w, v, *graph, 0.5 * cost)
        # Rounded are w and v (which are less than the range), their middle, what the top adds, and the width.
        gap = 0.5 * width * (1 + 2.0**-50) + 2.0**-50 * float(np.abs(level).max())
        if not gap <= enough:
            return None
        middle, chosen = np.empty(self.n_nodes), np.empty(self.n_nodes, np.int64)
        middle[order] = top + 0.5 * (w.real + v.real)
        chosen[order] = np.where(choice < 0, -1, pair[choice])
        return middle, chosen, gap

    @cached_property
    def _chains(self) -> Chains | None:
        return ordered(self.rows, self.owner, self.n_nodes, MOST_WORK)


# ---------------------------------------------------------------------- one draw


def _less(x: FloatArray, top: float) -> AnyArray:
    """x − top exactly (Knuth), the sum of a real and an imaginary part."""
    here = np.where(x > -np.inf, x, top)
    high = here - top
    t = high - here
    return np.asarray(np.where(x > -np.inf, high, -np.inf) + 1j * ((here - (high - t)) - (top + t)))


@kernel
def _best_within_reach(stop, pointer, indptr, indices, data):
    """The best stop that can be reached from each node."""
    best, changed, back = stop.copy(), True, False
    while changed:
        changed, back = False, not back
        for k in range(len(best)):
            i = len(best) - 1 - k if back else k
            for e in range(indptr[pointer[i]], indptr[pointer[i + 1]]):
                if best[indices[e]] > best[i]:
                    best[i] = best[indices[e]]
                    changed = True
    return best


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
