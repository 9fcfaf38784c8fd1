"""An MDP seen as a graph: reachability and classes.

An edge s → s' is there if some action of s leads to s' with positive probability. What runs on the way of a solve
uses scipy.sparse.csgraph: networkx takes seconds at a million states.
"""

from __future__ import annotations

import numpy as np
import numpy.typing as npt
from scipy import sparse
from scipy.sparse import csgraph

from mdppower._typing import BoolArray, IntArray
from mdppower.mdp.model import RewardlessMDP


def adjacency(mdp: RewardlessMDP) -> sparse.csr_array:
    """(S, S) sparse array with an entry wherever some action leads with positive probability."""
    graph = sparse.csr_array(
        (np.ones(mdp.kernel.nnz, np.int8), mdp.kernel.indices.copy(), mdp.kernel.indptr[mdp.pointer]),
        shape=(mdp.n_states, mdp.n_states),
    )
    graph.sum_duplicates()
    graph.data[:] = 1
    return graph


def communicating_classes(mdp: RewardlessMDP) -> tuple[int, IntArray]:
    """Classes of states that can reach each other (strongly connected components).

    Returns
    -------
    count : int
    label : (S,) int32 array
        The class of each state.
    """
    count, label = csgraph.connected_components(adjacency(mdp), directed=True, connection="strong")
    return int(count), np.asarray(label, dtype=np.int32)


def closed_classes(mdp: RewardlessMDP) -> list[npt.NDArray[np.intp]]:
    """The communicating classes that no action leaves, each as an array of state indices."""
    count, label = communicating_classes(mdp)
    owner = np.repeat(mdp.pair_states, np.diff(mdp.kernel.indptr))
    leaves = label[owner] != label[mdp.kernel.indices]
    is_open = np.zeros(count, bool)
    is_open[label[owner[leaves]]] = True
    return [np.flatnonzero(label == c) for c in np.flatnonzero(~is_open)]


def end_components(mdp: RewardlessMDP) -> tuple[int, IntArray, BoolArray]:
    """Maximal end components: sets of states in which some policy can stay for ever and get from each to each.

    Communicating classes are split until nothing changes: a pair that may leave its class is taken out, a state that
    has lost all pairs with it, and the classes of what is left are found anew (de Alfaro 1997).

    Parameters
    ----------
    mdp : RewardlessMDP

    Returns
    -------
    count : int
    label : (S,) int32 array
        The component of each state; −1 where it is in none.
    inside : (P,) boolean array
        The pairs that stay in their state's component for certain.

    Examples
    --------
    The risky bet may lose: it cannot be made for ever. To wait can.

    >>> mdp = RewardlessMDP.from_successors(
    ...     {"start": {"wait": "start", "bet": {"start": 0.5, "lost": 0.5}}, "lost": {"stay": "lost"}})
    >>> end_components(mdp)
    (2, array([0, 1], dtype=int32), array([ True, False,  True]))
    """
    n, kernel, owner = mdp.n_states, mdp.kernel, mdp.pair_states
    inside = np.ones(mdp.n_pairs, bool)
    entry_owner = np.repeat(owner, np.diff(kernel.indptr))
    entry_pair = np.repeat(np.arange(mdp.n_pairs), np.diff(kernel.indptr))
    while True:
        kept = inside[entry_pair]
        graph = sparse.csr_array(
            (np.ones(int(kept.sum()), np.int8), (entry_owner[kept], kernel.indices[kept])), shape=(n, n)
        )
        _, label = csgraph.connected_components(graph, directed=True, connection="strong")
        alive = np.zeros(n, bool)
        alive[owner[inside]] = True
        leaves = (label[entry_owner] != label[kernel.indices]) | ~alive[kernel.indices]
        stays = inside & ~np.bincount(entry_pair[leaves], minlength=mdp.n_pairs).astype(bool)
        if np.array_equal(stays, inside):
            break
        inside = stays
    number, component = np.unique(label[alive], return_inverse=True)
    result = np.full(n, -1, np.int32)
    result[alive] = component
    return len(number), result, inside


def lead_to(mdp: RewardlessMDP, target: BoolArray, pairs: IntArray) -> None:
    """Let all other states take pairs that bring them nearer to the target, with some probability; in place.

    Parameters
    ----------
    mdp : RewardlessMDP
        One in which every state can reach the target.
    target : (S,) boolean array
    pairs : (S,) array
        A policy; what it says of the target stays.
    """
    kernel, owner = mdp.kernel, mdp.pair_states
    entry_pair = np.repeat(np.arange(mdp.n_pairs), np.diff(kernel.indptr))
    reached = target.copy()
    while not reached.all():
        leads = np.flatnonzero(reached[kernel.indices] & ~reached[owner[entry_pair]])
        new, first = np.unique(owner[entry_pair[leads]], return_index=True)
        pairs[new] = entry_pair[leads[first]]
        reached[new] = True


def has_choice_ahead(mdp: RewardlessMDP) -> BoolArray:
    """From which states one can be reached, or which are such, whose actions differ, if but in the last bit.

    Parameters
    ----------
    mdp : RewardlessMDP

    Returns
    -------
    (S,) boolean array

    Examples
    --------
    >>> import mdppower as mp
    >>> has_choice_ahead(mp.envs.fork(2)).tolist()
    [True, False, False]
    """
    apart = abs(mdp.kernel - mdp.kernel[mdp.pointer[:-1][mdp.pair_states]]).sum(axis=1) > 0  # from the first action
    branching = np.asarray(np.add.reduceat(np.asarray(apart).astype(int), mdp.pointer[:-1]) > 0)
    return np.asarray(branching | can_reach(mdp, branching))


def can_reach(mdp: RewardlessMDP, targets: BoolArray) -> BoolArray:
    """Which states can reach a target state in one or more steps.

    Parameters
    ----------
    mdp : RewardlessMDP
    targets : (S,) boolean array

    Returns
    -------
    (S,) boolean array
    """
    if not targets.any():
        return np.zeros(mdp.n_states, bool)
    # Walk the reversed graph from one extra node, whose edges go to the *predecessors* of the targets, so that a
    # target itself needs a step.
    n = mdp.n_states
    backwards = adjacency(mdp).T.tocoo()
    first = np.flatnonzero(adjacency(mdp) @ targets.astype(np.int32))
    row = np.concatenate([backwards.row, np.full(len(first), n)])
    col = np.concatenate([backwards.col, first])
    graph = sparse.csr_array((np.ones(len(row), np.int8), (row, col)), shape=(n + 1, n + 1))
    reached = csgraph.breadth_first_order(graph, n, directed=True, return_predecessors=False)
    found = np.zeros(n + 1, bool)
    found[reached] = True
    return found[:n]
