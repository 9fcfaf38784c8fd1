"""The best expected total of H rewards, by backward induction (Puterman 1994, §4.5), eight draws at a time.

Numbers. Where states earn, one is counted when it is entered: R(s_1) + … + R(s_H). The induction runs over totals
that count the state one stands in as well, which is one formula for every step and has nothing to take off:

    w_1 = R,    w_{k+1}(s) = R(s) + max_a E_{s'~T(s,a)} w_k(s'),    and    max_a E w_H(s') = u_H(s)

is the best total of the H rewards that follow s. v_H = w_H/H takes the place that v = (1−γ)V has elsewhere: POWER's
integrand is max_a E v_H(s') = u_H(s)/H, H = 1 is γ = 0, and an action is optimal with H steps left if its E w_H is
greatest. One pass gives every horizon up to the longest. The best policy depends on the time that is left.

Where pairs earn, those of steps 0 … H−1 are counted, and w_H is the total itself:

    w_0 = 0,    w_{k+1}(s) = max_a (R(s, a) + E_{s'~T(s,a)} w_k(s')).

Error, with u = ε/2 and all rewards less the middle of their range. A step is a dot product of n entries, off by
n·u·max|w|; a sum, off by u·max|w|; and a reward that was centred, off by u·max|R|. Rows stand for distributions, and
are off by what their sum is from 1, n·u of which is rounding of that sum. Maxima of averages do not enlarge what was
off before. So a step adds at most ((2n + 2)u + |Σ_s' T − 1|)·max|w| to first order (where pairs earn one u more: a
pair that is not taken may sum to twice that), and here ((n + 2)ε + …) times the greatest |w| or |R| so far, which has
2u of it to spare (or one) for what is of second order and for this sum itself; without T (one successor, no product),
n = 0. A total grows like H, the bound like H², that of v_H like H·n·ε/4 of the range of R.

What it costs is in scripts/bench.md, under "steps".
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence

import numpy as np

from mdppower._compiled import kernel
from mdppower._stop import stop_flag, stop_if_told
from mdppower._typing import FloatArray, IntArray
from mdppower.mdp.model import RewardlessMDP

EPS = float(np.finfo(np.float64).eps)
LANES = 8


def solve(
    mdp: RewardlessMDP, rewards: FloatArray, horizons: Sequence[int], on_pairs: bool = False
) -> Iterator[tuple[FloatArray, IntArray, FloatArray]]:
    """Optimal values of many reward functions at some horizons, in one pass.

    Parameters
    ----------
    mdp : RewardlessMDP
    rewards : (N, S) array, or (N, P) with `on_pairs`
    horizons : sequence of int
        Increasing, from 1.
    on_pairs : bool
        Whether pairs earn the rewards.

    Yields
    ------
    values : (N, S) array
        v_H = w_H/H, of each horizon in turn.
    pairs : (N, S) int32 array
        The first pair of an optimal policy with H steps left.
    gap : (N,) array
        Bound on the error of v_H.
    """
    rows = mdp.kernel
    # One successor that is certain needs no product.
    certain = bool((np.diff(rows.indptr) == 1).all() and (rows.data == 1.0).all())
    middle = 0.5 * rewards.min(axis=1) + 0.5 * rewards.max(axis=1)
    centred = rewards - middle[:, None]
    shape = len(rewards), mdp.n_states
    totals = np.zeros(shape) if on_pairs else centred.copy()
    pairs = np.empty(shape, np.int32)
    largest, error = np.abs(centred).max(axis=1), EPS * np.abs(centred).max(axis=1)
    entries = 0 if certain else int(np.diff(rows.indptr).max())
    off = 0.0 if certain else float(np.abs(rows.sum(axis=1) - 1.0).max())
    rate = (entries + 2) * EPS + off
    go_back, done = (_go_back_by_pairs, 0) if on_pairs else (_go_back, 1)
    for horizon in horizons:
        go_back(
            horizon - done, rate, certain, mdp.pointer, rows.indptr, rows.indices, rows.data, centred, totals,
            largest, error, pairs, stop_flag(),
        )  # fmt: skip
        stop_if_told()
        done = horizon
        # A quotient and a sum, each rounded once, and the middle itself.
        yield (
            middle[:, None] + totals / horizon,
            pairs.copy(),
            error / horizon + 2 * EPS * (np.abs(middle) + largest / horizon),
        )


@kernel
def _widen(totals, rate, largest, error):
    """Add what a step may be off by to the bounds of these lanes, in place."""
    for lane in range(len(error)):
        for s in range(len(totals)):
            largest[lane] = max(largest[lane], abs(totals[s, lane]))
        error[lane] += rate * largest[lane]


@kernel
def _go_back(
    steps, rate, certain, pointer, indptr, indices, data, centred, totals, largest, error, pairs, stop
):  # fmt: skip
    """Take `steps` steps back from the totals, in place, with their bounds; and the first actions from there."""
    n, n_states = totals.shape
    reward, now, before = np.empty((n_states, LANES)), np.empty((n_states, LANES)), np.empty((n_states, LANES))
    best, total = np.empty(LANES), np.empty(LANES)
    for first in range(0, n, LANES):
        count = min(LANES, n - first)
        for lane in range(LANES):
            i = first + min(lane, count - 1)  # lanes beyond the last draw repeat it
            for s in range(n_states):
                reward[s, lane], now[s, lane] = centred[i, s], totals[i, s]
        for _ in range(steps):
            if stop[0]:
                return
            for s in range(n_states):
                best[:] = -np.inf
                for p in range(pointer[s], pointer[s + 1]):
                    if certain:
                        t = indices[p]
                        for lane in range(LANES):
                            best[lane] = max(best[lane], now[t, lane])
                    else:
                        total[:] = 0.0
                        for j in range(indptr[p], indptr[p + 1]):
                            t, share = indices[j], data[j]
                            for lane in range(LANES):
                                total[lane] += share * now[t, lane]
                        for lane in range(LANES):
                            best[lane] = max(best[lane], total[lane])
                for lane in range(LANES):
                    before[s, lane] = reward[s, lane] + best[lane]
            now, before = before, now
            _widen(now, rate, largest[first : first + count], error[first : first + count])
        for s in range(n_states):
            best[:] = -np.inf
            for p in range(pointer[s], pointer[s + 1]):
                total[:] = 0.0
                for j in range(indptr[p], indptr[p + 1]):
                    t, share = indices[j], data[j]
                    for lane in range(LANES):
                        total[lane] += share * now[t, lane]
                for lane in range(count):
                    if total[lane] > best[lane]:
                        best[lane] = total[lane]
                        pairs[first + lane, s] = p
        for lane in range(count):
            for s in range(n_states):
                totals[first + lane, s] = now[s, lane]


@kernel
def _go_back_by_pairs(
    steps, rate, certain, pointer, indptr, indices, data, centred, totals, largest, error, pairs, stop
):  # fmt: skip
    """`_go_back` where pairs earn; the first actions are those of the last of these steps."""
    n, n_states = totals.shape
    earned = np.empty((centred.shape[1], LANES))
    now, before = np.empty((n_states, LANES)), np.empty((n_states, LANES))
    best, total = np.empty(LANES), np.empty(LANES)
    for first in range(0, n, LANES):
        count = min(LANES, n - first)
        for lane in range(LANES):
            i = first + min(lane, count - 1)  # lanes beyond the last draw repeat it
            for p in range(centred.shape[1]):
                earned[p, lane] = centred[i, p]
            for s in range(n_states):
                now[s, lane] = totals[i, s]
        for left in range(steps, 0, -1):
            if stop[0]:
                return
            for s in range(n_states):
                best[:] = -np.inf
                for p in range(pointer[s], pointer[s + 1]):
                    if certain:
                        t = indices[p]
                        for lane in range(LANES):
                            total[lane] = earned[p, lane] + now[t, lane]
                    else:
                        total[:] = 0.0
                        for j in range(indptr[p], indptr[p + 1]):
                            t, share = indices[j], data[j]
                            for lane in range(LANES):
                                total[lane] += share * now[t, lane]
                        for lane in range(LANES):
                            total[lane] += earned[p, lane]
                    if left == 1:
                        for lane in range(count):
                            if total[lane] > best[lane]:
                                pairs[first + lane, s] = p
                    for lane in range(LANES):
                        best[lane] = max(best[lane], total[lane])
                for lane in range(LANES):
                    before[s, lane] = best[lane]
            now, before = before, now
            _widen(now, rate, largest[first : first + count], error[first : first + count])
        for lane in range(count):
            for s in range(n_states):
                totals[first + lane, s] = now[s, lane]
