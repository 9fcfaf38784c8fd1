"""The actions of a state: the greedy one, equivalent ones, and an MDP in which some are forced."""

from __future__ import annotations

import weakref
from collections.abc import Mapping, Sequence
from typing import NamedTuple

import numpy as np

from mdppower._horizon import Horizon
from mdppower._typing import BoolArray, FloatArray, IntArray, Label
from mdppower.mdp.model import RewardlessMDP
from mdppower.mdp.rational import rational

Choices = Sequence[Sequence[int]]
"""The pairs to choose from in each state."""

ROUNDING, RELATIVE = 2.0**-48, 1e-8
"""Probabilities that differ by no more than this, and by no more than this share, are equal but for rounding."""


class _Merged(NamedTuple):
    """The representative of each pair, and how far rows are from theirs: in total variation, and in an entry."""

    first: IntArray
    variation: float
    relative: float


_EQUIVALENT: weakref.WeakKeyDictionary[RewardlessMDP, _Merged] = weakref.WeakKeyDictionary()
_READ: weakref.WeakKeyDictionary[RewardlessMDP, RewardlessMDP] = weakref.WeakKeyDictionary()


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


def with_a_choice(mdp: RewardlessMDP) -> BoolArray:
    """(S,) the states that are not absorbing; all, where all are.

    Maps are scaled by these: an absorbing state has POWER by its own reward alone, mostly far from all others.
    """
    found = np.ones(mdp.n_states, bool)
    found[mdp.absorbing_states] = False
    return found if found.any() else ~found


def equivalent_pairs(mdp: RewardlessMDP) -> IntArray:
    """The first pair of the same state that has the same transition row (equivalent actions, Def. 6.7).

    Rows are the same if the fractions that they stand for are: 0.1 + 0.8 and 0.9 may differ as floats. Rows that were
    computed in two ways, and differ by rounding alone, are the same, too. What that leaves out is in `reading_error`.

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
    return _merged(mdp).first


def reading_error(mdp: RewardlessMDP, gamma: float) -> float:
    """How much of the rewards' range a value can be off because rows that differ by rounding are read as one.

    Let rows be off by δ in total variation, and by a share ε in each entry. A policy's value moves by at most δ/(1−γ)
    of the range of the values. And its visits of n states are ratios of sums over trees, products of at most n
    entries each (the Markov chain tree theorem; one state more for what is discounted), so that they move by a share
    of at most ((1+ε)/(1−ε))ⁿ − 1 ≤ 3nε, at γ = 1 too.

    Returns
    -------
    float
        0 where all rows of a class stand for the same fractions.
    """
    merged = _merged(mdp)
    by_trees = 3 * mdp.n_states * merged.relative
    if isinstance(gamma, Horizon):  # a step moves what is left by δ times its range, of at most H
        return merged.variation * gamma.steps
    return by_trees if gamma == 1 else min(by_trees, merged.variation / (1 - gamma))


def as_read(mdp: RewardlessMDP) -> RewardlessMDP:
    """The MDP in which equivalent pairs have the same row to the bit: that of the first of them.

    What is decided by comparing actions is decided here, or rows that differ by rounding would be told apart in one
    place and not in another; that this is another MDP is what `reading_error` pays for.

    Returns
    -------
    RewardlessMDP
        The same object where there is nothing to change.
    """
    found = _READ.get(mdp)
    if found is None:
        first, kernel = equivalent_pairs(mdp), mdp.kernel
        if (first == np.arange(mdp.n_pairs)).all():
            return mdp
        rows = kernel[first]
        if np.array_equal(rows.indices, kernel.indices) and np.array_equal(rows.data, kernel.data):
            return mdp
        found = _READ[mdp] = RewardlessMDP.from_pairs(
            mdp.pair_states, rows, states=mdp.states, actions=mdp.action_names, action_codes=mdp.action_codes
        )
    return found


def _merged(mdp: RewardlessMDP) -> _Merged:
    found = _EQUIVALENT.get(mdp)
    return _EQUIVALENT.setdefault(mdp, _merge(mdp)) if found is None else found


def _merge(mdp: RewardlessMDP) -> _Merged:
    kernel = mdp.kernel
    first = _first_identical(mdp)
    kept = np.flatnonzero(first == np.arange(mdp.n_pairs))
    # Rows whose floats differ, but not the fractions, or by rounding alone, have nearly the same product with any.
    name = np.asarray(kernel @ np.random.default_rng(0).random(mdp.n_states))
    kept = kept[np.lexsort((kept, name[kept], mdp.pair_states[kept]))]
    close = (mdp.pair_states[kept[1:]] == mdp.pair_states[kept[:-1]]) & (np.abs(np.diff(name[kept])) <= 1e-12)
    rounded = []
    for i in np.flatnonzero(close):
        p, q = kept[i], kept[i + 1]
        own, other = (slice(kernel.indptr[k], kernel.indptr[k + 1]) for k in (p, q))
        if not np.array_equal(kernel.indices[own], kernel.indices[other]):
            continue
        row = [rational(x) for x in kernel.data[own].tolist()]
        same = row == [rational(x) for x in kernel.data[other].tolist()] and sum(row) == 1
        apart = np.abs(kernel.data[own] - kernel.data[other])
        if same or (apart <= np.minimum(ROUNDING, RELATIVE * kernel.data[own])).all():
            low, high = sorted((int(first[p]), int(first[q])))
            first[first == high] = low
            rounded += [] if same else [p, q]
    variation = relative = 0.0
    for p in rounded:
        own, other = (slice(kernel.indptr[k], kernel.indptr[k + 1]) for k in (p, first[p]))
        apart = np.abs(kernel.data[own] - kernel.data[other])
        variation = max(variation, float(apart.sum()) / 2)
        relative = max(relative, float((apart / kernel.data[other]).max()))
    return _Merged(first, variation, relative)


def _first_identical(mdp: RewardlessMDP) -> IntArray:
    """The first pair of the same state whose row is the same to the bit."""
    kernel = mdp.kernel
    # A row's name is a sum, modulo 2⁶⁴, of its entries' bits, mixed; rows of one name are then compared.
    mixed = kernel.data.view(np.uint64) ^ (kernel.indices.astype(np.uint64) * np.uint64(0x9E3779B97F4A7C15))
    for factor in (0xBF58476D1CE4E5B9, 0x94D049BB133111EB):
        mixed = (mixed ^ (mixed >> np.uint64(31))) * np.uint64(factor)
    name = np.add.reduceat(mixed, kernel.indptr[:-1])
    order = np.lexsort((np.arange(mdp.n_pairs), name, mdp.pair_states))
    p, q = order[:-1], order[1:]
    length = np.diff(kernel.indptr)
    same = (mdp.pair_states[p] == mdp.pair_states[q]) & (name[p] == name[q]) & (length[p] == length[q])
    p, q = p[same], q[same]
    if len(p):
        inside = np.arange(length[p].sum()) - np.repeat(np.cumsum(length[p]) - length[p], length[p])
        mine, theirs = (np.repeat(kernel.indptr[:-1][k], length[p]) + inside for k in (p, q))
        equal = (kernel.data[mine] == kernel.data[theirs]) & (kernel.indices[mine] == kernel.indices[theirs])
        same[same] = np.logical_and.reduceat(equal, np.r_[0, np.cumsum(length[p])[:-1]])
    begins = np.r_[True, ~same]
    first = np.empty(mdp.n_pairs, np.int32)
    first[order] = order[np.flatnonzero(begins)[np.cumsum(begins) - 1]]
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
