"""Joint actions of an MDP each of whose actions is a pair (the human's, the AI's)."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from scipy import sparse

from mdppower._quotes import quoted
from mdppower._typing import AnyArray, Label
from mdppower.errors import ModelError
from mdppower.mdp.model import RewardlessMDP
from mdppower.multiagent.players import JointActions, joint_actions


def read_joint_actions(mdp: RewardlessMDP, overlap: str | None) -> JointActions:
    """What the pairs of an MDP are to two agents.

    Parameters
    ----------
    mdp : RewardlessMDP
    overlap : {"remove", "remove-leak"} or None
        What becomes of joint actions that are not there, though each half of them is.

    Returns
    -------
    JointActions

    Raises
    ------
    ModelError
        An action is no pair; or a joint action is not there, and nothing says what that means.
    """
    names, halves = _halves(mdp.action_names)
    sizes = [len(x) for x in names]
    state, both = mdp.pair_states.astype(np.int64), halves[mdp.action_codes]
    # All combinations of what each has in a state; those that are not there lose all.
    keys = [np.unique(state * sizes[k] + both[:, k]) for k in range(2)]
    counts = [np.bincount(keys[k] // sizes[k], minlength=mdp.n_states) for k in range(2)]
    here, first, second = _combinations(counts)
    codes = keys[0][first] % sizes[0], keys[1][second] % sizes[1]
    wanted = (here * sizes[0] + codes[0]) * sizes[1] + codes[1]
    there = (state * sizes[0] + both[:, 0]) * sizes[1] + both[:, 1]
    order = np.argsort(there)
    where = np.minimum(np.searchsorted(there[order], wanted), len(there) - 1)
    missing = there[order][where] != wanted
    if missing.any() and overlap is None:
        j = int(missing.argmax())
        pair = names[0][codes[0][j]], names[1][codes[1][j]]
        raise ModelError(
            f"state {quoted(mdp.states[here[j]])}: there is no joint action {pair!r}, though each agent has its half "
            "of it; if it cannot happen, say so by overlap='remove', or 'remove-leak'"
        )
    kernel = sparse.csr_array(sparse.diags_array((~missing).astype(np.float64)) @ mdp.kernel[order[where]])
    kernel.eliminate_zeros()
    kernel.sort_indices()
    return joint_actions(
        mdp.n_states, here, codes, kernel, missing.astype(np.float64), overlap == "remove-leak",
        ((tuple(names[0]), None), (tuple(names[1]), None)),
    )  # fmt: skip


def _halves(actions: Sequence[Label]) -> tuple[list[list[Label]], AnyArray]:
    """The names of each agent's actions, and (A, 2) which of them each joint action has."""
    names: list[list[Label]] = [[], []]
    halves = np.empty((len(actions), 2), np.int64)
    for code, label in enumerate(actions):
        if not isinstance(label, tuple) or len(label) != 2:
            raise ModelError(f"action {quoted(label)} is no pair: the human's action and the AI's")
        for k, half in enumerate(label):
            if half not in names[k]:
                names[k].append(half)
            halves[code, k] = names[k].index(half)
    return names, halves


def _combinations(counts: Sequence[AnyArray]) -> tuple[AnyArray, AnyArray, AnyArray]:
    """(state, first, second) of all combinations of the first's pairs and the second's, state by state."""
    sizes = counts[0] * counts[1]
    here = np.repeat(np.arange(len(sizes)), sizes)
    inside = np.arange(len(here)) - np.repeat(np.cumsum(sizes) - sizes, sizes)
    starts = [np.cumsum(c) - c for c in counts]
    return here, starts[0][here] + inside // counts[1][here], starts[1][here] + inside % counts[1][here]
