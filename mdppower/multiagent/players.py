"""Joint actions, and what each of two agents has in them.

The joint actions (s, a, b) are sorted by joint state, by the human's action a and by the AI's b; row j of the kernel
(J × S, compressed sparse rows) is the distribution of the joint state after joint action j. A row may lack
probability: `lost` says how much. Nothing of size S × A_H × A_A × S is made.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property

import numpy as np
from scipy import sparse

from mdppower._typing import AnyArray, BoolArray, FloatArray, IntArray, Label
from mdppower.mdp.canonical import read_only


@dataclass(frozen=True, eq=False)
class Player:
    """What one of the agents can do: its own pairs (s, a), sorted by joint state and action.

    Attributes
    ----------
    pointer : (S + 1,) int32 array
        First pair of each joint state.
    action_names : tuple of labels
    action_codes : (P,) int32 array
        Position in `action_names` of each pair's action.
    starts : (P + 1,) int32 array
        Where the joint actions of each pair begin in `joint` and `other`.
    joint, other : (J,) int32 arrays
        Joint actions, and the other's pair in each.
    world_pairs : (P,) int32 array or None
        The pair of its own world that each is.
    """

    pointer: IntArray
    action_names: tuple[Label, ...]
    action_codes: IntArray
    starts: IntArray
    joint: IntArray
    other: IntArray
    world_pairs: IntArray | None

    @property
    def n_pairs(self) -> int:
        """P."""
        return len(self.action_codes)

    @cached_property
    def pair_states(self) -> IntArray:
        """(P,) the joint state of each pair."""
        return np.repeat(np.arange(len(self.pointer) - 1, dtype=np.int32), np.diff(self.pointer))


@dataclass(frozen=True, eq=False)
class JointActions:
    """All joint actions.

    Attributes
    ----------
    pointer : (S + 1,) int32 array
        First joint action of each joint state.
    kernel : (J, S) sparse array
    lost : (J,) array
        1 less the sum of each row.
    leaks : bool
        Whether what is lost has gone for good; else what is left is rescaled.
    human, ai : Player
    """

    pointer: IntArray
    kernel: sparse.csr_array
    lost: FloatArray
    leaks: bool
    human: Player
    ai: Player

    @property
    def n_states(self) -> int:
        """S."""
        return len(self.pointer) - 1

    @cached_property
    def band(self) -> int:
        """The farthest that a step leads, in the order of the states; what is lost goes to the end of it."""
        rows = self.kernel
        owner = np.repeat(np.repeat(np.arange(self.n_states), np.diff(self.pointer)), np.diff(rows.indptr))
        return self.n_states if self.leaks else max(1, int(np.abs(rows.indices - owner).max(initial=0)))

    def reaching(self, states: BoolArray) -> BoolArray:
        """(S,) the joint states from which one of these can be reached, whatever the agents do; these included."""
        rows = self.kernel
        owner = np.repeat(np.repeat(np.arange(self.n_states), np.diff(self.pointer)), np.diff(rows.indptr))
        found = np.array(states)
        while True:
            more = found.copy()
            more[owner[found[rows.indices]]] = True
            if (more == found).all():
                return found
            found = more


def joint_actions(
    n_states: int,
    state: AnyArray,
    does: tuple[AnyArray, AnyArray],
    kernel: sparse.csr_array,
    lost: FloatArray,
    leaks: bool,
    actions: tuple[tuple[tuple[Label, ...], IntArray | None], tuple[tuple[Label, ...], IntArray | None]],
) -> JointActions:
    """Joint actions of which something is left, and what each agent has in them.

    An action that collides whatever the other does is not there. Of a state there may be none left.

    Parameters
    ----------
    n_states : int
        S.
    state : (J,) array of int
        Sorted.
    does : two (J,) arrays of int
        What each agent does: codes of actions, or pairs of a world whose codes are given.
    kernel : (J, S) sparse array
    lost : (J,) array
    leaks : bool
    actions : two pairs
        Of each agent the names of actions, and the codes of its world's pairs, or None.

    Returns
    -------
    JointActions
    """
    happens = np.diff(kernel.indptr) > 0
    kept = np.ones(len(happens), bool)
    keys = []
    for own in does:
        key = state.astype(np.int64) * (int(own.max(initial=0)) + 1) + own
        _, which = np.unique(key, return_inverse=True)
        kept &= (np.bincount(which, weights=happens) > 0)[which]
        keys.append(key)
    state = state[kept]
    pairs = [np.unique(key[kept], return_index=True, return_inverse=True) for key in keys]
    players = []
    for k in range(2):
        _, first, which = pairs[k]
        names, codes = actions[k]
        own = does[k][kept][first]
        order = np.argsort(which, kind="stable")
        players.append(
            Player(
                _starts(state[first], n_states),
                names,
                _narrow(own if codes is None else codes[own]),
                _starts(which[order], len(first)),
                _narrow(order),
                _narrow(pairs[1 - k][2][order]),
                None if codes is None else _narrow(own),
            )
        )
    rows = kernel[np.flatnonzero(kept)]
    for array in (rows.data, rows.indices, rows.indptr):
        array.flags.writeable = False
    away = read_only(lost[kept])
    return JointActions(_starts(state, n_states), rows, away, leaks and bool((away > 0).any()), *players)


def _starts(sorted_numbers: AnyArray, n: int) -> IntArray:
    return _narrow(np.searchsorted(sorted_numbers, np.arange(n + 1)))


def _narrow(array: AnyArray) -> IntArray:
    return read_only(np.ascontiguousarray(array, np.int32))
