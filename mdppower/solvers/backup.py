"""POWER's integrand: max_a E_{s'~T(s,a)} v(s'), draw by draw or averaged over draws.

With v = (1−γ)V* this is (1−γ)/γ · (V* − R), Def. 5.2 of arXiv 1912.01683, for every γ, without the division by γ
and the cancellation at its ends.
"""

from __future__ import annotations

import numpy as np

from mdppower._compiled import kernel
from mdppower._typing import FloatArray
from mdppower.mdp.model import RewardlessMDP


def mean_best_successor(mdp: RewardlessMDP, values: FloatArray) -> FloatArray:
    """Mean over draws of max_a E_{s'~T(s,a)} v(s').

    Parameters
    ----------
    mdp : RewardlessMDP
    values : (N, S) array
        Normalised values v of N draws.

    Returns
    -------
    (S,) array
        The same bits every time, for the same draws together.
    """
    return np.asarray(best_successors(mdp, values).sum(axis=0) / len(values))


def best_successors(mdp: RewardlessMDP, values: FloatArray) -> FloatArray:
    """max_a E_{s'~T(s,a)} v(s') of each draw.

    Parameters
    ----------
    mdp : RewardlessMDP
    values : (N, S) array
        Normalised values v of N draws.

    Returns
    -------
    (N, S) array
    """
    rows = mdp.kernel
    return np.asarray(_best(values, mdp.pointer, rows.indptr, rows.indices, rows.data))


@kernel
def _best(values, pointer, indptr, indices, data):
    n, n_states = values.shape
    worth = np.empty((n, n_states))
    for i in range(n):
        v = values[i]
        for s in range(n_states):
            best = -np.inf
            for p in range(pointer[s], pointer[s + 1]):
                q = 0.0
                for j in range(indptr[p], indptr[p + 1]):
                    q += data[j] * v[indices[j]]
                best = max(best, q)
            worth[i, s] = best
    return worth
