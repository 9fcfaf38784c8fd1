"""POWER's integrand: max_a E_{s'~T(s,a)} v(s'), averaged over draws.

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
        The sum is taken in the order of the draws: the same bits every time.
    """
    rows = mdp.kernel
    return np.asarray(_mean(values, mdp.pointer, rows.indptr, rows.indices, rows.data))


@kernel
def _mean(values, pointer, indptr, indices, data):
    n, n_states = values.shape
    total = np.zeros(n_states)
    for i in range(n):
        v = values[i]
        for s in range(n_states):
            best = -np.inf
            for p in range(pointer[s], pointer[s + 1]):
                q = 0.0
                for j in range(indptr[p], indptr[p + 1]):
                    q += data[j] * v[indices[j]]
                best = max(best, q)
            total[s] += best
    return total / n
