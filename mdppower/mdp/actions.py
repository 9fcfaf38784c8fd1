"""The actions of a state: the greedy one, equivalent ones, and an MDP in which some are forced."""

from __future__ import annotations

import weakref
from collections.abc import Mapping, Sequence

import numpy as np

from mdppower._typing import FloatArray, IntArray, Label
from mdppower.mdp.model import RewardlessMDP
from mdppower.mdp.rational import rational

Choices = Sequence[Sequence[int]]
"""The pairs to choose from in each state."""

_EQUIVALENT: weakref.WeakKeyDictionary[RewardlessMDP, IntArray] = weakref.WeakKeyDictionary()


def greedy(mdp: RewardlessMDP, score: FloatArray) -> tuple[IntArray, FloatArray]:
    """The first pair of each state that has its greatest score, and that score.

    Parameters
    ----------
    mdp : RewardlessMDP
    score : (P,) array

    Returns
    -------
    pairs : (S,) int32 array
    best : (S,) array
    """
    best = np.maximum.reduceat(score, mdp.pointer[:-1])
    winners = np.flatnonzero(score == best[mdp.pair_states])
    return winners[np.searchsorted(winners, mdp.pointer[:-1])].astype(np.int32), best


def equivalent_pairs(mdp: RewardlessMDP) -> IntArray:
    """The first pair of the same state that has the same transition row (equivalent actions, Def. 6.7).

    Rows are the same if the fractions that they stand for are: 0.1 + 0.8 and 0.9 may differ as floats.

    Parameters
    ----------
    mdp : RewardlessMDP

    Returns
    -------
    (P,) int32 array

    Examples
    --------
    >>> mdp = RewardlessMDP.from_successors(
    ...     {"a": {"x": {"a": 0.1 + 0.7, "b": 0.2}, "y": {"a": 0.8, "b": 0.2}, "z": "b"}, "b": {"stay": "b"}})
    >>> equivalent_pairs(mdp).tolist()
    [0, 0, 2, 3]
    """
    found = _EQUIVALENT.get(mdp)
    return _EQUIVALENT.setdefault(mdp, _equivalent_pairs(mdp)) if found is None else found


def _equivalent_pairs(mdp: RewardlessMDP) -> IntArray:
    kernel = mdp.kernel
    # Rows that are the same have the same product with any vector, to the bit; others do not with a random one.
    name = np.asarray(kernel @ np.random.default_rng(0).random(mdp.n_states))
    order = np.lexsort((np.arange(mdp.n_pairs), name, mdp.pair_states))
    owner, key = mdp.pair_states[order], name[order]
    begins = np.r_[True, (owner[1:] != owner[:-1]) | (key[1:] != key[:-1])]
    first = np.empty(mdp.n_pairs, np.int32)
    first[order] = order[np.flatnonzero(begins)[np.cumsum(begins) - 1]]
    # Rows whose floats differ, but not the fractions: neighbours in the order of the products are all that can be.
    kept = order[begins]
    close = (mdp.pair_states[kept[1:]] == mdp.pair_states[kept[:-1]]) & (np.abs(np.diff(name[kept])) <= 1e-12)
    for i in np.flatnonzero(close):
        p, q = kept[i], kept[i + 1]
        own, other = (slice(kernel.indptr[k], kernel.indptr[k + 1]) for k in (p, q))
        if not np.array_equal(kernel.indices[own], kernel.indices[other]):
            continue
        row = [rational(x) for x in kernel.data[own].tolist()]
        if row == [rational(x) for x in kernel.data[other].tolist()] and sum(row) == 1:
            low, high = sorted((int(first[p]), int(first[q])))
            first[first == high] = low
    return first


def distinct_choices(mdp: RewardlessMDP) -> list[list[int]]:
    """The pairs of each state, one of each class of equivalent actions."""
    first = equivalent_pairs(mdp)
    kept = first == np.arange(mdp.n_pairs)
    return [
        [p for p in range(mdp.pointer[s], mdp.pointer[s + 1]) if kept[p]] for s in range(mdp.n_states)
    ]  # fmt: skip


def restricted(mdp: RewardlessMDP, given: Mapping[Label, Label]) -> RewardlessMDP:
    """The MDP in which some states have one action only: what a policy with π(s') = a can do.

    Parameters
    ----------
    mdp : RewardlessMDP
    given : mapping from state to action

    Returns
    -------
    RewardlessMDP
        With the same states and action names.

    Raises
    ------
    LabelError
        There is no such state, or the state has no such action.

    Examples
    --------
    >>> import mdppower as mp
    >>> restricted(mp.envs.fork(3), {"root": "->t2"}).n_pairs
    4
    """
    keep = np.ones(mdp.n_pairs, bool)
    for state, action in given.items():
        pair, s = mdp.pair(state, action), mdp.index(state)
        keep[mdp.pointer[s] : mdp.pointer[s + 1]] = False
        keep[pair] = True
    return RewardlessMDP.from_pairs(
        mdp.pair_states[keep],
        mdp.kernel[np.flatnonzero(keep)],
        states=mdp.states if mdp.label_table is None else mdp.label_table,
        actions=mdp.action_names,
        action_codes=mdp.action_codes[keep],
        layout=mdp.layout,
        marks=mdp.marks,
    )
