"""Draws of POWER's integrand, added to the running sums of `mdppower.montecarlo.guaranteed` and forgotten.

The draws of one replicate at a time are there; sums are taken in their order: the same bits every time.
"""

from __future__ import annotations

import numpy as np

from mdppower._compiled import kernel
from mdppower._typing import FloatArray
from mdppower.mdp.model import RewardlessMDP
from mdppower.solvers.backup import best_successors


def add_draws(
    worth: FloatArray,
    low: FloatArray,
    high: FloatArray,
    bets: FloatArray,
    centre: FloatArray,
    total: FloatArray,
    squares: FloatArray,
    rise: FloatArray,
    fall: FloatArray,
) -> None:
    """Add the draws of a replicate to the sums of one rate, in place; see `mdppower.montecarlo.guaranteed.Sums`.

    Parameters
    ----------
    worth : (N, S) array
        At most some hundred draws: products of their factors, each between 1/4 and 7/4, must not underflow.
    low, high : (S,) arrays
        The range.
    bets, centre : (S,) arrays
    total, squares : (S,) arrays
    rise, fall : (S, M) arrays
    """
    _add(worth, low, high, bets, centre, total, squares, rise, fall)


def warm_up_sums() -> None:
    """Compile, or load from the cache."""
    tiny = RewardlessMDP.from_pairs([0], [[1.0]])
    zero, one = np.zeros(1), np.ones(1)
    capital = np.zeros((1, 2))
    add_draws(best_successors(tiny, np.zeros((1, 1))), zero, one, zero, zero, zero, zero, capital, capital)


@kernel
def _add(worth, low, high, bets, centre, total, squares, rise, fall):
    n, n_states = worth.shape
    depth = rise.shape[1]
    x = np.empty(n)
    for s in range(n_states):
        width = high[s] - low[s]
        for i in range(n):
            x[i] = 0.0
            if width > 0:
                # A value may leave the range by its certified error.
                x[i] = min(max((worth[i, s] - low[s]) / width, 0.0), 1.0)
            total[s] += x[i]
            squares[s] += (x[i] - centre[s]) ** 2
        for j in range(depth):
            mean = j / (depth - 1)
            up, down = 1.0, 1.0
            for i in range(n):
                step = bets[s] * (x[i] - mean)
                up *= 1.0 + step
                down *= 1.0 - step
            rise[s, j] += np.log(up)
            fall[s, j] += np.log(down)
