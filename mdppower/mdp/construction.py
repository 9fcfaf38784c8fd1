"""What users give, as feasible state-action pairs: arrays, mappings, or pairs in any order.

A pair has a state, an action, and a row of the kernel. `pairs_of_array` and `pairs_of_mapping` give pairs as the
arguments of `RewardlessMDP.from_pairs`; `sorted_pairs` brings them into canonical order.
"""

from __future__ import annotations

from collections.abc import Hashable, Mapping, Sequence
from typing import Any

import numpy as np
import numpy.typing as npt
from scipy import sparse

from mdppower._typing import IntArray, Label
from mdppower.errors import ModelError, SizeError
from mdppower.mdp.canonical import (
    INDEX_LIMIT,
    as_csr,
    as_indices,
    as_probability,
    encode,
    number_within_state,
    numbers,
    plain_label,
    require_unique,
)


def pairs_of_array(
    transitions: npt.ArrayLike, feasible: npt.ArrayLike | None, actions: Sequence[Label] | None
) -> dict[str, Any]:
    """The pairs of a dense array T[s, a, s'], those of `feasible` alone where it is given."""
    try:
        dense = np.asarray(transitions, dtype=np.float64)
    except (TypeError, ValueError) as error:
        raise ModelError(f"transitions are not an array of numbers: {error}") from None
    if dense.ndim != 3 or dense.shape[0] != dense.shape[2]:
        raise ModelError(f"transitions must have shape (S, A, S), got {dense.shape}")
    n_states, n_actions, _ = dense.shape
    mask = np.ones((n_states, n_actions), bool) if feasible is None else numbers(feasible, "feasible", bool)
    if mask.shape != (n_states, n_actions):
        raise ModelError(f"feasible must have shape {(n_states, n_actions)}, got {mask.shape}")
    names = range(n_actions) if actions is None else actions
    if len(names) != n_actions:
        raise ModelError(f"{n_actions} action labels are needed, got {len(names)}")
    pair_states, codes = np.nonzero(mask)
    return {"pair_states": pair_states, "kernel": dense[mask], "actions": list(names), "action_codes": codes}


def pairs_of_mapping(successors: Mapping[Any, Mapping[Any, Any]]) -> dict[str, Any]:
    """The pairs of ``{state: {action: state or {state: probability}}}``, and its states in their order."""
    labels = tuple(plain_label(s) for s in successors)
    require_unique(labels, "state")
    index = {s: i for i, s in enumerate(labels)}
    owner: list[int] = []
    names: list[Label] = []
    row: list[int] = []
    col: list[int] = []
    prob: list[float] = []
    for s, acts in zip(labels, successors.values(), strict=True):
        if not isinstance(acts, Mapping):
            raise ModelError(f"state {s!r}: actions must be a mapping from action to successor, got {acts!r}")
        for action, target in acts.items():
            if not isinstance(target, Hashable | Mapping):
                raise ModelError(f"state {s!r}, action {action!r}: successor {target!r} is not a state")
            spread = target if isinstance(target, Mapping) else {target: 1.0}
            for successor, probability in spread.items():
                if successor not in index:
                    raise ModelError(f"state {s!r}, action {action!r}: successor {successor!r} is not a state")
                row.append(len(owner))
                col.append(index[successor])
                prob.append(as_probability(probability, s, action, successor))
            owner.append(index[s])
            names.append(action)
    kernel = sparse.coo_array((prob, (row, col)), shape=(len(owner), len(labels)))
    return {"pair_states": owner, "kernel": kernel, "states": labels, "actions": names}


def sorted_pairs(
    pair_states: npt.ArrayLike, kernel: Any, actions: Sequence[Label] | None, action_codes: npt.ArrayLike | None
) -> tuple[IntArray, IntArray, tuple[Label, ...], sparse.csr_array]:
    """Pairs by state and, inside a state, by action: owner (P,), codes (P,), names of the codes, kernel (P, S)."""
    rows = as_csr(kernel)
    n_pairs, n_states = rows.shape
    if n_states == 0:
        raise ModelError("an MDP needs at least one state")
    if n_states > INDEX_LIMIT or rows.nnz > INDEX_LIMIT:
        raise SizeError(f"{rows.nnz} transitions are more than 2**31 - 1, the most an index can hold")
    owner = as_indices(pair_states, "pair_states", n_pairs, n_states)

    if actions is None and action_codes is None:
        codes, names = number_within_state(owner, n_states)
    elif action_codes is None:
        codes, names = encode(tuple(plain_label(a) for a in (() if actions is None else actions)), n_pairs)
    else:
        names = tuple(plain_label(a) for a in (() if actions is None else actions))
        require_unique(names, "action")
        codes = as_indices(action_codes, "action_codes", n_pairs, len(names))

    order = np.lexsort((codes, owner))
    if not np.array_equal(order, np.arange(n_pairs)):
        owner, codes, rows = owner[order], codes[order], sparse.csr_array(rows[order])
    return owner, codes, names, rows
