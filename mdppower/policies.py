"""Deterministic policies: those that matter from one start, and the chains that they induce.

From a start s, a policy's visits depend only on the states that it can reach. A *closed partial policy* gives an
action to each of these and to no other: enumerating them lists every visit distribution of F(s) (Turner et al.,
Def. 3.3) with far fewer repeats than all A^S policies.
"""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np

from mdppower._typing import FloatArray, IntArray, Label
from mdppower.errors import SizeError
from mdppower.mdp import RewardlessMDP


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


def closed_policies(mdp: RewardlessMDP, start: Label, *, limit: int = 100_000) -> Iterator[dict[int, int]]:
    """Every closed partial policy from a start state.

    Parameters
    ----------
    mdp : RewardlessMDP
    start : state label
    limit : int
        Most policies to give.

    Yields
    ------
    dict
        {state index: pair index}, exactly the states reachable from `start` under the policy.

    Raises
    ------
    SizeError
        There are more than `limit`.

    Examples
    --------
    >>> fork = RewardlessMDP.from_successors(
    ...     {"root": {"l": "left", "r": "right"}, "left": {"x": "left"}, "right": {"x": "right"}})
    >>> len(list(closed_policies(fork, "root")))
    2
    """
    kernel = mdp.kernel
    first = mdp.index(start)
    # A node of the search: the choices so far, and the states reached that have none yet.
    stack: list[tuple[dict[int, int], frozenset[int]]] = [({}, frozenset([first]))]
    given = 0
    while stack:
        chosen, waiting = stack.pop()
        if not waiting:
            given += 1
            if given > limit:
                raise SizeError(f"more than {limit:,} closed policies from state {start!r}")
            yield chosen
            continue
        s = min(waiting)
        for p in range(mdp.pointer[s + 1] - 1, mdp.pointer[s] - 1, -1):
            reached = kernel.indices[kernel.indptr[p] : kernel.indptr[p + 1]].tolist()
            extended = {**chosen, s: p}
            stack.append((extended, (waiting | frozenset(reached)) - extended.keys()))


def visit_distribution(mdp: RewardlessMDP, policy: dict[int, int], start: Label, gamma: float) -> FloatArray:
    """f^{π,s}(γ) = Σ_t γ^t E[e_{s_t}] of a closed partial policy (Turner et al., Def. 3.3).

    Parameters
    ----------
    mdp : RewardlessMDP
    policy : dict
        {state index: pair index}, closed from `start`.
    start : state label
    gamma : float
        In [0, 1).

    Returns
    -------
    (S,) array
        Sums to 1/(1−γ).
    """
    inside = np.array(sorted(policy))
    rows = mdp.kernel[[policy[s] for s in inside.tolist()]].toarray()[:, inside]
    begin = (inside == mdp.index(start)).astype(float)
    visits = np.zeros(mdp.n_states)
    visits[inside] = np.linalg.solve(np.eye(len(inside)) - gamma * rows.T, begin)
    return visits
