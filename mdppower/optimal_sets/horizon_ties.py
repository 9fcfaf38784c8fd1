"""Which actions are optimal with H steps left: floats where they can tell, backward induction in integers elsewhere.

Rewards that are floats are integers over a power of two, rows over their common denominator D; so w_k D^{k−1} are
integers (`mdppower.solvers.finite_horizon` has the induction). Machine integers where they are large enough, else
Python's; draws that are the same are decided once.
"""

from __future__ import annotations

import math
from fractions import Fraction

import numpy as np

from mdppower._horizon import Horizon
from mdppower._stop import stop_if_told
from mdppower._typing import AnyArray, BoolArray, FloatArray
from mdppower.mdp.actions import equivalent_pairs
from mdppower.mdp.model import RewardlessMDP
from mdppower.optimal_sets.fraction_rows import integer_rows, rows_off
from mdppower.optimal_sets.taylor import greatest, products
from mdppower.solvers.optimal_values import BACKWARD, solve_rows

UNIT = float(np.finfo(np.float64).eps) / 2
BLOCK = 2**21
"""Most numbers of a step done together."""
MOST_WORK = 3e7
"""Most products of an exact induction for one draw, counted in words of 64 bits."""


def horizon_pairs(mdp: RewardlessMDP, rewards: FloatArray, horizon: Horizon) -> tuple[BoolArray, BoolArray]:
    """Which pairs may be optimal first of H steps.

    Parameters
    ----------
    mdp : RewardlessMDP
        As `mdppower.mdp.actions.as_read` gives it.
    rewards : (n, S) array
    horizon : Horizon

    Returns
    -------
    candidates : (n, P) boolean array
        False: certainly not optimal.
    proved : (n, S) boolean array
        Where several candidates tie for certain; all, but where the integers would take too long.
    """
    values, _, gap, _ = solve_rows(mdp, rewards, horizon, BACKWARD)
    score = products(mdp, values)
    lead = greatest(mdp, score) - score
    entries = int(np.diff(mdp.kernel.indptr).max())
    rounding = (2 * entries + 4) * UNIT * np.abs(values).max(axis=1, initial=0)
    # Rows read as fractions move each step by their distance times half the range of what is left.
    read = rows_off(mdp) * horizon.steps * np.ptp(rewards, axis=1)
    candidates = ~(lead > (2 * (gap + read) + rounding)[:, None])
    # Equal rows tie for certain.
    alone = equivalent_pairs(mdp) == np.arange(mdp.n_pairs)
    several = np.add.reduceat((candidates & alone).astype(np.int32), mdp.pointer[:-1], axis=1) > 1
    proved = ~several
    unsure = np.flatnonzero(several.any(axis=1))
    if len(unsure):
        different, place = np.unique(rewards[unsure], axis=0, return_inverse=True)
        best = exact_horizon_pairs(mdp, different, horizon.steps)
        if best is not None:
            candidates[unsure] &= best[place.ravel()]
            proved[unsure] = True
    return candidates, proved


def exact_horizon_pairs(mdp: RewardlessMDP, rewards: AnyArray, steps: int) -> BoolArray | None:
    """Which pairs are optimal first of H steps, exactly.

    Parameters
    ----------
    mdp : RewardlessMDP
    rewards : (n, S) array
        Of floats, or of fractions.
    steps : int

    Returns
    -------
    (n, P) boolean array, or None
        None where it would take too long.

    Examples
    --------
    >>> import mdppower as mp
    >>> exact_horizon_pairs(mp.envs.fork(2), np.array([[0.0, 0.1, 0.1], [0.0, 0.1, 0.2]]), 5)
    array([[ True,  True,  True,  True],
           [False,  True,  True,  True]])
    """
    kernel = mdp.kernel
    rows = integer_rows(mdp, list(range(mdp.n_pairs)))
    below = math.lcm(*(denominator for denominator, _ in rows))
    shares = np.array([x * (below // d) for d, parts in rows for x in parts], dtype=object)
    values, place = np.unique(rewards, return_inverse=True)
    numbers = [Fraction(x) for x in values.tolist()]
    unit = math.lcm(*(x.denominator for x in numbers))
    whole = [int(x * unit) for x in numbers]
    bits = max(map(abs, whole), default=0).bit_length() + steps.bit_length() + math.ceil(steps * math.log2(below))
    if steps * kernel.nnz * (1 + bits / 64) > MOST_WORK:
        return None
    small = bits < 62
    reward = np.array(whole, dtype=np.int64 if small else object)[place.reshape(rewards.shape)]
    if small:
        shares = shares.astype(np.int64)
    best = np.empty((len(rewards), mdp.n_pairs), bool)
    width = max(1, BLOCK // kernel.nnz)
    for begin in range(0, len(rewards), width):
        part = slice(begin, begin + width)
        base = reward[part]
        total, scale = base, 1
        for step in range(steps):
            stop_if_told()
            score = np.add.reduceat(total[:, kernel.indices] * shares, kernel.indptr[:-1], axis=1)
            if step < steps - 1:
                scale *= below
                total = base * scale + np.maximum.reduceat(score, mdp.pointer[:-1], axis=1)
        best[part] = score == greatest(mdp, score)
    return best
