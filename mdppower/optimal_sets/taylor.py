"""Which actions of a stochastic MDP are optimal for all γ near 0: level by level, in floats.

V* = Σ γ^k c_k with c_0 = r, and c_{k+1}(s) is the greatest T_p·c_k of the pairs that tied for c_0 … c_k. S levels
decide (`optimal_actions_exact`). Each c_k carries a bound on its error. A pair is taken out if it is
worse than the best by more than the two errors; the rest tie for certain if all their errors are 0. If not, the state
is in doubt: its candidates stay as they are, all of them open, and from then on its c_k is only known to lie among
their numbers. What is in doubt is for `stochastic_ties`.
"""

from __future__ import annotations

import numpy as np

from mdppower._typing import AnyArray, BoolArray, FloatArray
from mdppower.mdp.model import RewardlessMDP

UNIT = float(np.finfo(np.float64).eps) / 2


def products(mdp: RewardlessMDP, values: FloatArray) -> FloatArray:
    """(n, P) expected values of the successors of each pair."""
    return np.ascontiguousarray((mdp.kernel @ values.T).T)


def greatest(mdp: RewardlessMDP, score: FloatArray) -> FloatArray:
    """(n, P) greatest score of each pair's state."""
    return np.asarray(np.maximum.reduceat(score, mdp.pointer[:-1], axis=1)[:, mdp.pair_states])


def taylor_pairs(mdp: RewardlessMDP, rewards: FloatArray, first: AnyArray) -> tuple[BoolArray, BoolArray]:
    """Which pairs may be optimal for all γ near 0.

    Parameters
    ----------
    mdp : RewardlessMDP
    rewards : (n, S) array
    first : (P,) array
        Of `equivalent_pairs`.

    Returns
    -------
    candidates : (n, P) boolean array
        False: certainly not optimal.
    open_states : (n, S) boolean array
        Where more than one candidate does not mean a tie.

    Examples
    --------
    0.1 + 0.2 and 0.3 differ by less than may be rounding; the other way differs for certain.

    >>> from mdppower.mdp.actions import equivalent_pairs
    >>> mdp = RewardlessMDP.from_successors(
    ...     {"a": {"x": {"b": 0.1, "c": 0.2, "e": 0.7}, "y": {"d": 0.3, "e": 0.7}, "z": "e"},
    ...      "b": {"": "b"}, "c": {"": "c"}, "d": {"": "d"}, "e": {"": "e"}})
    >>> candidates, doubt = taylor_pairs(mdp, np.array([[0.0, 1.0, 1.0, 1.0, 0.0]]), equivalent_pairs(mdp))
    >>> candidates[0, :3].tolist(), doubt[0].tolist()
    ([True, True, False], [True, False, False, False, False])
    """
    n, begins, owner = len(rewards), mdp.pointer[:-1], mdp.pair_states
    entries = np.diff(mdp.kernel.indptr)
    rounds = np.where((entries == 1) & (mdp.kernel.data[mdp.kernel.indptr[:-1]] == 1), 0.0, (entries + 4) * UNIT)
    candidates = np.ones((n, mdp.n_pairs), bool)
    doubt = np.zeros((n, mdp.n_states), bool)
    one_of_class = first == np.arange(mdp.n_pairs)
    going = np.flatnonzero(np.ptp(rewards, axis=1) > 0)  # the draws that are not yet decided
    c, error = rewards[going], np.zeros((len(going), mdp.n_states))
    for _ in range(mdp.n_states):
        alive, unsure = candidates[going], doubt[going]
        # Equivalent pairs are read as the first of them: that one of their rows is rounded up must not take out both.
        score = products(mdp, c)[:, first]
        slack = ((products(mdp, error) + rounds * products(mdp, np.abs(c))) * (1 + 1e-12))[:, first]
        low, high = score - slack, score + slack
        least = greatest(mdp, np.where(alive, low, -np.inf))
        alive &= (high >= least) | unsure[:, owner]
        many = np.add.reduceat((alive & one_of_class).astype(np.int32), begins, axis=1) > 1
        unsure |= many & (np.maximum.reduceat(np.where(alive, slack, 0.0), begins, axis=1) > 0)
        candidates[going], doubt[going] = alive, unsure
        top = np.maximum.reduceat(np.where(alive, high, -np.inf), begins, axis=1)
        # The true number is between the best of the lower bounds and of the upper ones; in doubt, anywhere there.
        bottom = np.where(
            unsure,
            np.minimum.reduceat(np.where(alive, low, np.inf), begins, axis=1),
            np.maximum.reduceat(np.where(alive, low, -np.inf), begins, axis=1),
        )
        sharp = top == bottom
        c = np.where(sharp, top, 0.5 * top + 0.5 * bottom)
        error = np.where(sharp, 0.0, (0.5 * top - 0.5 * bottom) * (1 + 1e-12) + 2 * UNIT * np.abs(c))
        unfinished = (many & ~unsure).any(axis=1)
        going, c, error = going[unfinished], c[unfinished], error[unfinished]
        if not len(going):
            break
    return candidates, doubt
