"""Where an arrow points on the page: to the most POWER, if the draws can tell any two actions of the cell apart.

Action a seeks more POWER than a' at s if E_{T(s,a)} POWER > E_{T(s,a')} POWER (Turner et al., Def. 5.6). Both sides
come from the same draws, so their difference is paired, and its interval is narrow where those of the two overlap.

- ``"="``: the interval of the lead of the best action over the worst one has 0 in it; or it is a theorem that all
  are equal: they do the same, or γ = 1 and they lead into one end component, inside which each cell can be had from
  each, for certain. There every draw has the same average reward everywhere, and an arrow would be noise.
- sure: the interval of the lead over the next best action, that leads elsewhere, is above 0. Of ``"="``: it is that
  theorem. An interval that is narrow is none: of draws that all agree, it says that others are rare.

Which pairs of actions are compared is read from the draws. So a cell of k actions pays for all k (k−1) / 2 pairs that
it might have been, on top of all cells and rates (Bonferroni): all that is said here holds at once with 95 %.
"""

from __future__ import annotations

from math import comb

import numpy as np
from scipy import sparse

from mdppower._stop import stop_if_told
from mdppower._typing import BoolArray, FloatArray, IntArray
from mdppower.mdp.actions import equivalent_pairs, greedy
from mdppower.mdp.graph import end_components
from mdppower.mdp.model import RewardlessMDP
from mdppower.measures.power_estimate import PowerEstimate
from mdppower.montecarlo.replicates import Replicates

EQUAL, NO_CHOICE = "=", ""


def arrows(estimate: PowerEstimate, confidence: float = 0.95) -> tuple[list[list[str]], list[list[bool]]]:
    """The most POWER-seeking action of every cell, and whether that is sure, at every rate.

    Parameters
    ----------
    estimate : PowerEstimate
    confidence : float
        Of all that is said at once.

    Returns
    -------
    names : G lists of S
        An action's name, "=" or, in a cell of one action, "".
    sure : G lists of S

    Examples
    --------
    >>> import mdppower as mp
    >>> arrows(mp.power(mp.envs.gridworld("...*"), [0.9, 1], rng=0))
    ([['E', 'E', 'stay', ''], ['=', '=', 'stay', '']], [[True, False, False, True], [True, True, False, True]])
    """
    mdp, rates = estimate.mdp, len(estimate.gammas)
    most = int(np.diff(mdp.pointer).max())
    level = 1 - (1 - confidence) / (rates * max(1, comb(most, 2)))
    names, sure = [], []
    for g, gamma in enumerate(estimate.gammas):
        stop_if_told()
        assert isinstance(estimate.data, Replicates)
        told, certain = _at(mdp, estimate.data.at(g), level, _one_component_ahead(mdp) if gamma == 1 else None)
        names.append(told)
        sure.append(certain.tolist())
    return names, sure


def _at(mdp: RewardlessMDP, data: Replicates, level: float, known: BoolArray | None) -> tuple[list[str], BoolArray]:
    score = np.asarray(mdp.kernel @ data.value[0])
    best, _ = greedy(mdp, score)
    worst, _ = greedy(mdp, -score)
    first = equivalent_pairs(mdp)
    same = first == first[best][mdp.pair_states]
    second, left = greedy(mdp, np.where(same, -np.inf, score))
    alike = ~np.isfinite(left) if known is None else known | ~np.isfinite(left)
    equal = alike | ~(_lead(mdp, data, best, worst, level) > 0)
    sure = np.where(equal, alike, _lead(mdp, data, best, second, level) > 0)
    told = np.where(equal, EQUAL, names_of(mdp, best, same))
    return np.where(np.diff(mdp.pointer) == 1, NO_CHOICE, told).tolist(), np.asarray(sure, bool)


def _one_component_ahead(mdp: RewardlessMDP) -> BoolArray:
    """(S,) whether all actions lead into one end component."""
    _, component, _ = end_components(mdp)
    ahead, starts = component[mdp.kernel.indices], mdp.kernel.indptr[mdp.pointer[:-1]]
    least, most = np.minimum.reduceat(ahead, starts), np.maximum.reduceat(ahead, starts)
    return np.asarray((least == most) & (least >= 0))


def _lead(mdp: RewardlessMDP, data: Replicates, pairs: IntArray, over: IntArray, level: float) -> FloatArray:
    """(S,) lower limits of how much more POWER one pair of each state leads to than another."""
    weights = sparse.csr_array(mdp.kernel[pairs] - mdp.kernel[over])
    lower, _ = data.contrast(weights).bounds(level, simultaneous=True)
    return np.asarray(lower[0])


def names_of(mdp: RewardlessMDP, best: IntArray, same: BoolArray) -> list[str]:
    """Names of pairs; of those that do the `same`, as a blocked step and staying, "stay" says it best."""
    names = np.array(mdp.action_names)[mdp.action_codes]
    stays = np.logical_or.reduceat(same & (names == "stay"), mdp.pointer[:-1])
    return list(np.where(stays, "stay", names[best]).tolist())
