"""Which action of each state seeks the most POWER, and whether the draws can tell.

Action a seeks more POWER than a' at s if E_{T(s,a)} POWER(s') > E_{T(s,a')} POWER(s') (Turner et al., Def. 5.6).
"""

from __future__ import annotations

import numpy as np
from scipy import sparse

from mdppower._typing import BoolArray, FloatArray, IntArray
from mdppower.mdp import RewardlessMDP
from mdppower.power_estimate import PowerEstimate


def most_power_seeking(estimate: PowerEstimate, g: int, confidence: float = 0.95) -> tuple[IntArray, BoolArray]:
    """The pair of each state that seeks the most POWER at the g-th γ.

    Parameters
    ----------
    estimate : PowerEstimate
    g : int
        Position in ``estimate.gammas``.
    confidence : float
        Of all comparisons at once.

    Returns
    -------
    pairs : (S,) int array
        The first of the best pairs.
    resolved : (S,) boolean array
        Whether the paired interval of its lead over the best pair that leads elsewhere excludes 0; false where no
        action is better than another.

    Examples
    --------
    >>> import mdppower as mp
    >>> mdp = mp.envs.make("turner-figure-1")
    >>> pairs, resolved = most_power_seeking(mp.power(mdp, 0.5, rng=0), 0)
    >>> mdp.pair_label(pairs[0]), bool(resolved[0])
    (('star', '->r_tri'), True)
    """
    mdp = estimate.mdp
    score = np.asarray(mdp.kernel @ estimate.data.value[g])
    best, top = _first_best(mdp, score)
    # Pairs that lead to the same states have the same bits.
    others = np.where(score == np.repeat(top, np.diff(mdp.pointer)), -np.inf, score)
    second, next_best = _first_best(mdp, others)
    weights = sparse.csr_array(mdp.kernel[best] - mdp.kernel[second])
    lower, _ = estimate.data.contrast(weights).bounds(confidence, simultaneous=True)
    with np.errstate(invalid="ignore"):
        return best, np.asarray(np.isfinite(next_best) & (lower[g] > 0))


def directions(mdp: RewardlessMDP, pairs: IntArray) -> FloatArray:
    """Where pairs lead on the layout, as (rows, columns) steps of length 1, or 0 where they stay.

    The most probable successor counts, or the mean of those that share that place; the actions N, E, S, W and the
    diagonals between them point where they say, since a step over the edge of a torus would point back.

    Parameters
    ----------
    mdp : RewardlessMDP
        With a layout.
    pairs : (K,) array of int

    Returns
    -------
    (K, 2) array
    """
    assert mdp.layout is not None
    steps = np.zeros((len(pairs), 2))
    for k, pair in enumerate(pairs.tolist()):
        row = slice(*mdp.kernel.indptr[pair : pair + 2])
        chance = mdp.kernel.data[row]
        likely = mdp.kernel.indices[row][chance > chance.max() - 1e-9]
        steps[k] = (mdp.layout[likely] - mdp.layout[mdp.pair_states[pair]]).mean(axis=0)
        name = mdp.action_names[mdp.action_codes[pair]]
        if steps[k].any() and isinstance(name, str) and name in _COMPASS:
            steps[k] = _COMPASS[name]
    length = np.hypot(*steps.T)[:, None]
    return np.asarray(np.divide(steps, length, out=np.zeros_like(steps), where=length > 1e-9))


_COMPASS = {
    "N": (-1, 0), "NE": (-1, 1), "E": (0, 1), "SE": (1, 1), "S": (1, 0), "SW": (1, -1), "W": (0, -1), "NW": (-1, -1),
}  # fmt: skip


def _first_best(mdp: RewardlessMDP, score: FloatArray) -> tuple[IntArray, FloatArray]:
    """The first pair of each state with the greatest score, and that score."""
    top = np.maximum.reduceat(score, mdp.pointer[:-1])
    at = np.flatnonzero(score == np.repeat(top, np.diff(mdp.pointer)))
    first = np.searchsorted(at, mdp.pointer[:-1])
    return at[first].astype(np.int32), top
