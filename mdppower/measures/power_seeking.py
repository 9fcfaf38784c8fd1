"""Which action of each state seeks the most POWER, and whether the draws can tell.

Action a seeks more POWER than a' at s if E_{T(s,a)} POWER(s') > E_{T(s,a')} POWER(s') (Turner et al., Def. 5.6).
"""

from __future__ import annotations

import numpy as np
from scipy import sparse

from mdppower._typing import BoolArray, FloatArray, IntArray
from mdppower.mdp.actions import equivalent_pairs, greedy
from mdppower.mdp.model import RewardlessMDP
from mdppower.measures.power_estimate import PowerEstimate


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
        Whether the paired interval of its lead over the best pair that leads elsewhere excludes 0; true where all
        pairs lead to the same states.

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
    best, _ = greedy(mdp, score)
    first = equivalent_pairs(mdp)
    same = first == first[best][mdp.pair_states]
    second, next_best = greedy(mdp, np.where(same, -np.inf, score))
    weights = sparse.csr_array(mdp.kernel[best] - mdp.kernel[second])
    lower, _ = estimate.data.contrast(weights).bounds(confidence, simultaneous=True)
    with np.errstate(invalid="ignore"):
        return best, np.asarray(~np.isfinite(next_best) | (lower[g] > 0))


def directions(mdp: RewardlessMDP, pairs: IntArray) -> FloatArray:
    """Where pairs lead on the layout, as (rows, columns) steps of length 1, or 0 where they stay.

    The most probable successor counts, or the mean of those that share that place. A step over the edge of a torus
    would point back: where a step spans more than half the layout, and most steps of that action another way that
    differs by the layout's size, it points as most do.

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
    size = np.ptp(mdp.layout, axis=0) + 1
    steps = np.array([_step(mdp, pair) for pair in pairs.tolist()]).reshape(-1, 2)
    for k in np.flatnonzero((np.abs(steps) > size / 2).any(axis=1)):
        usual = _usual_step(mdp, int(mdp.action_codes[pairs[k]]))
        if not ((steps[k] - usual) % size).any():
            steps[k] = usual
    length = np.hypot(*steps.T)[:, None]
    return np.asarray(np.divide(steps, length, out=np.zeros_like(steps), where=length > 1e-9))


def _step(mdp: RewardlessMDP, pair: int) -> FloatArray:
    assert mdp.layout is not None
    row = slice(*mdp.kernel.indptr[pair : pair + 2])
    chance = mdp.kernel.data[row]
    likely = mdp.kernel.indices[row][chance > chance.max() - 1e-9]
    return np.asarray((mdp.layout[likely] - mdp.layout[mdp.pair_states[pair]]).mean(axis=0))


def _usual_step(mdp: RewardlessMDP, action: int) -> FloatArray:
    """The most frequent step of an action among the first thousand states that have it and that it leaves."""
    taken = [_step(mdp, pair) for pair in np.flatnonzero(mdp.action_codes == action)[:1000].tolist()]
    found, times = np.unique([step for step in taken if step.any()], axis=0, return_counts=True)
    return np.asarray(found[times.argmax()])
