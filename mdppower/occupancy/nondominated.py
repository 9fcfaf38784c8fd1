"""F_nd(s), the visit distributions that are strictly best for some reward, listed without listing F(s).

Fix the choices of a policy π in the states D that it visits. With
R(t) = V(t) − γ max_a T(t,a)·V, any vector V is the optimal value of the reward R; π is then the only optimal policy,
up to equivalent actions, if and only if

    T(t, π(t)) · V  >  T(t, a) · V        for every t in D and every a that is not equivalent to π(t).

If f^π is strictly best for a reward, every other choice at one visited state gives another f, so that π is the only
optimal policy: hence f^π is in F_nd(s) if and only if such a V exists. γ has dropped out: F_nd(s) is the same at
every γ in (0, 1) (the paper's Lemmas E.32 and E.33). And a *part* of a policy that has such a V can always be
completed: be greedy for V (moved a little, so that no ties are left). So a depth-first search that goes on only where
a V exists runs into no dead end, and takes at most |F_nd| · S · A tests. In a deterministic MDP a test asks whether
the order "the chosen successor is above the others" has no cycle: F_nd(s) are the policies that are greedy for a
ranking of states. Elsewhere a test is one small linear program, whose answer V is checked again by substitution.
"""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np
from scipy import sparse

from mdppower._typing import FloatArray, Label
from mdppower.errors import SolverError
from mdppower.mdp.actions import Choices, distinct_choices
from mdppower.mdp.model import RewardlessMDP
from mdppower.occupancy.closed_policies import NOVELTY, leaves, successor_sets
from mdppower.occupancy.vectors import MARGIN
from mdppower.solvers import linprog

DEARER = 10
"""A policy of a stochastic MDP takes some linear programs: as many fewer are listed."""
_SECONDS = 3e-3
"""Of a linear program, measured on one 2020s core; larger MDPs take more."""
NOISE = 1e-9
"""Leads up to this are none."""


_Ranked = tuple[dict[int, int], tuple[int, ...], "int | None"]
"""Choices; the states below each state as bit masks, closed under transitivity; the state to choose for."""
_Fitted = tuple[dict[int, int], frozenset[int], FloatArray]
"""Choices, the states that wait for one, and a V that makes the choices the only greedy ones."""


def nondominated_policies(
    mdp: RewardlessMDP, start: Label, limit: int
) -> Iterator[tuple[dict[int, int], FloatArray]]:
    """Closed policies of F_nd, each with a V for which it is the only greedy one."""
    search = _rankings if mdp.is_deterministic else _programs
    return search(mdp, mdp.index(start), distinct_choices(mdp), limit)


def _rankings(
    mdp: RewardlessMDP, start: int, choices: Choices, limit: int
) -> Iterator[tuple[dict[int, int], FloatArray]]:
    """Deterministic: choose successors such that "chosen above not chosen" has no cycle."""
    successor = mdp.kernel.indices.tolist()
    ends = [[successor[p] for p in options] for options in choices]

    def children(node: _Ranked) -> list[_Ranked] | None:
        chosen, below, s = node
        if s is None:
            return None
        found: list[_Ranked] = []
        for p, top in zip(choices[s], ends[s], strict=True):
            order = _put_above(below, top, [t for t in ends[s] if t != top])
            if order is not None:
                found.append(({**chosen, s: p}, order, None if top in chosen or top == s else top))
        return found

    root: _Ranked = ({}, (0,) * mdp.n_states, start)
    for chosen, below, _ in leaves(
        root, children, limit, _what(mdp, start), lambda node: 1.0 if node[2] is None else 9.0
    ):
        # A state has more below it than each of those below it: the count is a V.
        yield chosen, np.array([mask.bit_count() for mask in below], dtype=np.float64)


def _put_above(below: tuple[int, ...], top: int, others: list[int]) -> tuple[int, ...] | None:
    """The order with `top` above the others, or None if one of them is above it already."""
    added = 0
    for t in others:
        if below[t] >> top & 1:
            return None
        added |= 1 << t | below[t]
    if added & ~below[top] == 0:
        return below
    mark = 1 << top
    return tuple(mask | added if u == top or mask & mark else mask for u, mask in enumerate(below))


def _programs(
    mdp: RewardlessMDP, start: int, choices: Choices, limit: int
) -> Iterator[tuple[dict[int, int], FloatArray]]:
    """Stochastic: a linear program says whether some V makes the choices so far the only greedy ones."""
    reached = successor_sets(mdp)

    def children(node: _Fitted) -> list[_Fitted] | None:
        chosen, waiting, v = node
        if not waiting:
            return None
        s = min(waiting)
        found: list[_Fitted] = []
        for p in choices[s]:
            extended = {**chosen, s: p}
            leads = _leads(mdp, extended, choices)
            # The parent's V may fit one child: a program saved.
            fit = v if _least(leads, v) > MARGIN else _find_values(leads)
            if fit is not None:
                found.append((extended, (waiting | reached[p]) - extended.keys(), fit))
        if not found:  # some action is greedy for the parent's V, moved a little: this is rounding
            raise SolverError(
                f"state {mdp.states[s]!r}: no action is seen to be best for any values", error_bound=MARGIN
            )
        return found

    root: _Fitted = ({}, frozenset([start]), np.zeros(mdp.n_states))
    most, weight = max(1, limit // DEARER), lambda node: 1.0 + NOVELTY * len(node[1])
    for chosen, _, v in leaves(root, children, most, _what(mdp, start), weight, early=200, seconds=_SECONDS):
        yield chosen, v


def _leads(mdp: RewardlessMDP, chosen: dict[int, int], choices: Choices) -> sparse.csr_array:
    """What rows of chosen pairs have over those of their rivals, each as a share of how far the two are apart.

    Rows that differ by 1e-10, or by 1e-17, are then as easily told apart as any others. Differences sum to 0: the
    chance to stay is what the others leave, and a row without one is divided by its sum (`mdppower.mdp.rational`).
    """
    rows = [(p, q) for s, p in chosen.items() for q in choices[s] if q != p]
    own = mdp.pair_states[[p for p, _ in rows]]
    mine, theirs = (sparse.csr_array(mdp.kernel[[row[k] for row in rows]]) for k in (0, 1))
    leads, stays = sparse.csr_array(mine - theirs), np.zeros(len(rows), bool)
    for one in (mine, theirs):
        at = np.repeat(np.arange(len(rows)), np.diff(one.indptr))
        is_own = one.indices == own[at]
        others = np.bincount(at, np.where(is_own, 0.0, one.data), len(rows))
        stays[at[is_own & (others < 1)[at]]] = True
    at = np.repeat(np.arange(len(rows)), np.diff(leads.indptr))
    leads.data[stays[at] & (leads.indices == own[at])] = 0.0
    off = np.bincount(at, leads.data, len(rows))
    left = sparse.csr_array((np.where(stays, -off, 0.0), own, np.arange(len(rows) + 1)), shape=leads.shape)
    leads = sparse.csr_array(leads + left - sparse.diags_array(np.where(stays, 0.0, off)) @ mine)
    apart = np.asarray(abs(leads).sum(axis=1)).ravel()  # twice: half of the least float is 0
    leads.data = 2 * (leads.data / np.repeat(apart, np.diff(leads.indptr)))
    return leads


def _least(leads: sparse.csr_array, v: FloatArray) -> float:
    """The least lead for values v, infinite without rivals."""
    return float((leads @ v).min(initial=np.inf))


def _find_values(leads: sparse.csr_array) -> FloatArray | None:
    """A V in [−1, 1]^S with the greatest least lead, or None if that is not positive."""
    size, n_states = leads.shape
    # Variables V and t: maximise t subject to t − lead(V) ≤ 0; the bounds make t ≤ 1 too, which is enough.
    rows = sparse.csr_array(sparse.hstack([-leads, sparse.csr_array(np.ones((size, 1)))]))
    cost = np.r_[np.zeros(n_states), -1.0]
    v = linprog.solve(cost, upper=rows, upper_rhs=np.zeros(size), bounds=(-1, 1)).x[:-1]
    lead = _least(leads, v)
    if NOISE < lead <= MARGIN:
        raise SolverError(
            f"a lead of {lead:.1e} is too small to tell whether a policy is dominated", error_bound=MARGIN
        )
    return v if lead > MARGIN else None


def _what(mdp: RewardlessMDP, start: int) -> str:
    return f"nondominated visit distributions from state {mdp.states[start]!r}"
