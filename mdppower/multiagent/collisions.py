"""Two worlds whose agents move at once, and what becomes of a move in which they collide.

The human moves by T_H and the AI by T_A, independently: after actions a_H and a_A they are in h' and a' with
probability T_H(h' | h, a_H) · T_A(a' | a, a_A). They *collide* where both come to one state of the same label, or,
with ``swap=False``, where they change places.

=============== ==============================================================================================
overlap         what becomes of it
=============== ==============================================================================================
``allow``       nothing: both may be in one state
``bump``        both stay where they were
``remove``      it does not happen: what does is as probable as it is, given that they do not collide
``remove-leak`` it does not happen, and its probability is lost, as in POWERplay: the episode has ended, and
                earns nothing more. What an agent loses so is no collision, but a bias: see the room's README
=============== ==============================================================================================

Under all but the first there is no joint state with both in one place.
"""

from __future__ import annotations

from typing import NamedTuple

import numpy as np
from scipy import sparse

from mdppower._checks import choice
from mdppower._text import count
from mdppower._typing import AnyArray, BoolArray, FloatArray, IntArray
from mdppower.errors import ParameterError, SizeError
from mdppower.mdp.model import RewardlessMDP

OVERLAPS = ("allow", "bump", "remove", "remove-leak")
MOST = 2**25
"""Most probabilities of joint actions: about 4 GiB while they are made."""


class JointRows(NamedTuple):
    """Joint actions, sorted by joint state, and what they lead to.

    Attributes
    ----------
    cells : (S, 2) array of int
        The human's state and the AI's, of each joint state.
    state : (J,) array of int
        The joint state of each joint action.
    human, ai : (J,) arrays of int
        What each of them does: a pair of its own world.
    kernel : (J, S) sparse array
        Probabilities; rows sum to 1 − `lost`.
    lost : (J,) array
        Probability of a collision that does not happen.
    """

    cells: IntArray
    state: IntArray
    human: IntArray
    ai: IntArray
    kernel: sparse.csr_array
    lost: FloatArray


def move_at_once(human: RewardlessMDP, ai: RewardlessMDP, overlap: str = "allow", swap: bool = True) -> JointRows:
    """The joint actions of two worlds.

    Parameters
    ----------
    human, ai : RewardlessMDP
    overlap : {"allow", "bump", "remove", "remove-leak"}
    swap : bool
        Whether the agents may change places.

    Returns
    -------
    JointRows

    Raises
    ------
    ParameterError
        There is no such rule; ``swap=False`` without a rule of what becomes of it; a rule for worlds that have no
        state in common; or no joint state is left.
    SizeError
        There would be more than 33 million probabilities.

    Examples
    --------
    Two cells side by side. Where one stays and the other comes, they collide:

    >>> import mdppower as mp
    >>> street = mp.envs.gridworld("..", blocked="remove")
    >>> rows = move_at_once(street, street, "remove")
    >>> rows.cells.tolist(), rows.lost.tolist()
    ([[0, 1], [1, 0]], [0.0, 1.0, 1.0, 0.0, 0.0, 1.0, 1.0, 0.0])
    """
    choice(overlap, "overlap", OVERLAPS)
    if not isinstance(swap, (bool, np.bool_)):
        raise ParameterError(f"swap must be True or False, got {swap!r}")
    if overlap == "allow" and not swap:
        raise ParameterError(
            "swap=False makes a collision of changing places: say what becomes of it by overlap='bump', 'remove' or "
            "'remove-leak'"
        )
    size = human.kernel.nnz * ai.kernel.nnz
    if size > MOST:
        raise SizeError(
            f"worlds of {count(human.n_pairs, 'pair')} and {count(ai.n_pairs, 'pair')} have {size:,} probabilities "
            f"of joint actions, more than {MOST:,}"
        )
    twin = _twins(human, ai)
    if overlap != "allow" and not (twin >= 0).any():
        raise ParameterError(
            f"the two worlds have no state in common ({human.states[0]!r}, … and {ai.states[0]!r}, …), so that "
            "nothing collides: overlap='allow'"
        )
    whole = sparse.kron(human.kernel, ai.kernel, format="coo")  # else small worlds come with zeros
    rows, columns, data = whole.coords[0].astype(np.int64), whole.coords[1].astype(np.int64), whole.data
    here = _pairs_of_states(human.pair_states[rows // ai.n_pairs], ai.pair_states[rows % ai.n_pairs])
    after = _pairs_of_states(columns // ai.n_states, columns % ai.n_states)
    collides, gone = np.zeros(len(data), bool), np.zeros(0, bool)
    cells = np.indices((human.n_states, ai.n_states)).reshape(2, -1).T
    if overlap != "allow":
        collides = twin[after[0]] == after[1]
        if not swap:
            collides |= (twin[after[0]] == here[1]) & (twin[here[0]] == after[1]) & (after[0] != here[0])
        gone = twin[cells[:, 0]] == cells[:, 1]
    number = np.arange(len(cells))
    if overlap != "allow":
        if gone.all():
            raise ParameterError("no joint state is left in which the agents are not in one place")
        number = np.where(gone, -1, np.cumsum(~gone) - 1)
        cells = cells[~gone]
    origin, target = number[here[0] * ai.n_states + here[1]], number[columns]
    if overlap == "bump":
        target = np.where(collides, origin, target)
        collides[:] = False
    return _sorted(human, ai, cells, number, rows, origin, target, data, collides)


def _sorted(
    human: RewardlessMDP, ai: RewardlessMDP, cells: AnyArray, number: AnyArray, rows: AnyArray, origin: AnyArray,
    target: AnyArray, data: FloatArray, collides: BoolArray,
) -> JointRows:  # fmt: skip
    """Rows by joint state, then by the human's action and the AI's."""
    first, second = np.divmod(np.arange(human.n_pairs * ai.n_pairs), ai.n_pairs)
    state = number[human.pair_states[first].astype(np.int64) * ai.n_states + ai.pair_states[second]]
    order = np.lexsort((second, first, state))
    order = order[state[order] >= 0]
    place = np.full(len(state), -1)
    place[order] = np.arange(len(order))
    kept = (origin >= 0) & ~collides
    kernel = sparse.csr_array(
        (data[kept], (place[rows[kept]], target[kept])), shape=(len(order), len(cells))
    )  # doubles are summed
    kernel.eliminate_zeros()  # products of tiny ones
    away = (origin >= 0) & collides
    lost = np.bincount(place[rows[away]], data[away], minlength=len(order)).astype(np.float64)
    at, own, other = (x.astype(np.int32) for x in (state[order], first[order], second[order]))
    return JointRows(cells.astype(np.int32), at, own, other, kernel, lost)


def _twins(human: RewardlessMDP, ai: RewardlessMDP) -> AnyArray:
    """(S_H,) the AI's state of the same label; −1 where there is none."""
    known = {label: i for i, label in enumerate(ai.states)}
    return np.array([known.get(label, -1) for label in human.states], dtype=np.int64)


def _pairs_of_states(first: AnyArray, second: AnyArray) -> tuple[AnyArray, AnyArray]:
    return first.astype(np.int64), second.astype(np.int64)
