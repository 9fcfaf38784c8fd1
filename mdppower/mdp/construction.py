"""What users give, as feasible state-action pairs: arrays, mappings, or pairs in any order.

A pair has a state, an action, and a row of the kernel. `pairs_of_array` and `pairs_of_mapping` give pairs as the
arguments of `RewardlessMDP.from_pairs`; `sorted_pairs` brings them into canonical order.
"""

from __future__ import annotations

import warnings
from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np
import numpy.typing as npt
from scipy import sparse

from mdppower._checks import choice
from mdppower._quotes import quoted
from mdppower._typing import BoolArray, FloatArray, IntArray, Label
from mdppower.errors import MDPPowerWarning, ModelError, SizeError
from mdppower.mdp.canonical import (
    INDEX_LIMIT,
    PLAIN,
    Rounded,
    as_csr,
    as_indices,
    as_probability,
    as_truth,
    coarsest_eps,
    encode,
    eps_of,
    number_within_state,
    numbers,
    plain_label,
    plain_labels,
    require_unique,
)


def pairs_of_array(
    transitions: npt.ArrayLike, feasible: npt.ArrayLike | None, actions: Sequence[Label] | None, axes: str | None
) -> dict[str, Any]:
    """The pairs of a dense array T[s, a, s'], those of `feasible` alone where it is given."""
    dense = _state_action_next(transitions, axes)
    n_states, n_actions, _ = dense.shape
    shape = (n_states, n_actions)
    mask = np.ones(shape, bool) if feasible is None else as_truth(feasible, "feasible", shape)
    _require_axes(dense, mask, axes, eps_of(transitions))
    names = tuple(range(n_actions)) if actions is None else plain_labels(actions, "actions")
    if len(names) != n_actions:
        raise ModelError(f"{n_actions} action labels are needed, got {len(names)}")
    pair_states, codes = np.nonzero(mask)
    kernel = Rounded(dense[mask], eps_of(transitions))
    return {"pair_states": pair_states, "kernel": kernel, "actions": names, "action_codes": codes}


AXES = {"san": "[s, a, s']", "asn": "[a, s, s']"}
"""How the axes of an array of transitions may be ordered: state, action, next state."""


def _state_action_next(transitions: npt.ArrayLike, axes: str | None) -> FloatArray:
    """(S, A, S) copy of the array, whose axes were ordered so; the error says which they may be instead."""
    given = numbers(transitions, "transitions")
    if axes is not None:
        choice(axes, "axes", list(AXES))
    dense = given.swapaxes(0, 1) if axes == "asn" and given.ndim == 3 else given
    if dense.ndim == 3 and dense.shape[0] == dense.shape[2]:
        return dense
    wanted = "(A, S, S)" if axes == "asn" else "(S, A, S)"
    seems = ""
    if given.ndim == 3:
        first, second, third = given.shape
        if first == third:
            seems = f"it seems to be T{AXES['san']}: axes='san'"
        elif second == third:
            seems = f"it seems to be T{AXES['asn']}: axes='asn'"
        elif first == second:
            seems = "its last axis seems to be that of actions: np.moveaxis(T, 2, 1), if it is T[s, s', a]"
    elif given.ndim == 2 and given.shape[0] == given.shape[1]:
        seems = "it seems to be T[s, s'], of one action: T[:, None, :]"
    raise ModelError(f"transitions must have shape {wanted}, got {given.shape}" + (f"; {seems}" if seems else ""))


ELSEWHERE = (("T[s', a, s]", "np.moveaxis(T, 0, 2)"), ("T[s, s', a]", "np.moveaxis(T, 1, 2)"))
"""What an array seems to be that sums to 1 along its first axis, or its second; and how it becomes T[s, a, s']."""


def _require_axes(dense: FloatArray, feasible: BoolArray, axes: str | None, eps: float) -> None:
    """Refuse an array whose last axis is not that of next states; warn where nothing tells states from actions."""
    tolerance = max(1e-6, 100 * eps)
    rows = abs(dense.sum(axis=2) - 1) <= tolerance
    if axes != "asn" and feasible.any() and not rows[feasible].any():
        for axis, (seems, turned) in enumerate(ELSEWHERE):
            if (abs(dense.sum(axis=axis) - 1) <= tolerance).all():
                raise ModelError(
                    f"transitions sum to 1 along axis {axis}, not along the last, that of next states: the array "
                    f"seems to be {seems}, which {turned} turns into T[s, a, s']"
                )
    if (
        axes is None
        and dense.shape[0] == dense.shape[1]
        and rows[feasible].all()
        and rows.T[feasible].all()
        and not np.array_equal(dense, dense.swapaxes(0, 1))
    ):
        warnings.warn(
            f"{len(dense)} states and as many actions: nothing tells the first two axes of transitions apart. They "
            "were read as T[s, a, s'], which axes='san' says; axes='asn' reads T[a, s, s']",
            MDPPowerWarning,
            stacklevel=4,
        )


def pairs_of_mapping(successors: Mapping[Any, Mapping[Any, Any]]) -> dict[str, Any]:
    """The pairs of ``{state: {action: state or {state: probability}}}``, and its states in their order."""
    if not isinstance(successors, Mapping):
        kind = type(successors).__name__
        raise ModelError(f"successors must be {{state: {{action: successor}}}}, a mapping, got a {kind}")
    labels = tuple(plain_label(s) for s in successors)
    require_unique(labels, "state")
    index = {s: i for i, s in enumerate(labels)}
    owner: list[int] = []
    names: list[Label] = []
    row: list[int] = []
    col: list[int] = []
    given: list[Any] = []
    prob: list[float] = []
    for s, acts in zip(labels, successors.values(), strict=True):
        if not isinstance(acts, Mapping):
            raise ModelError(
                f"state {quoted(s)}: actions must be a mapping from action to successor, got {quoted(acts)}"
            )
        here = index[s]
        for action, target in acts.items():
            if type(target) in PLAIN and target in index:
                row.append(len(owner))
                col.append(index[target])
                prob.append(1.0)
                owner.append(here)
                names.append(action)
                continue
            spread = target if isinstance(target, Mapping) else None
            for successor in [target] if spread is None else spread:
                probability = 1.0 if spread is None else spread[successor]
                row.append(len(owner))
                place = index.get(successor) if type(successor) in PLAIN else None
                col.append(_position(successor, index, s, action) if place is None else place)
                if type(probability) is float:
                    prob.append(probability)
                    continue
                given.append(probability)
                number = as_probability(probability)
                if number is None:
                    raise ModelError(
                        f"state {quoted(s)}, action {quoted(action)}: probability of successor {quoted(successor)} "
                        f"is {quoted(probability)}, "
                        "not a number"
                    )
                prob.append(number)
            owner.append(here)
            names.append(action)
    kernel = Rounded(sparse.coo_array((prob, (row, col)), shape=(len(owner), len(labels))), coarsest_eps(given))
    return {"pair_states": owner, "kernel": kernel, "states": labels, "actions": names}


def _position(successor: Any, index: Mapping[Label, int], state: Label, action: Any) -> int:
    """The index of a successor; 1.0 and True, which are equal to a state 1, are probabilities in a wrong place."""
    try:
        return index[plain_label(successor)]
    except (KeyError, ModelError) as error:
        told = f"state {quoted(state)}, action {quoted(action)}: successor {quoted(successor)} is not a state"
        if isinstance(error, ModelError):
            told += f": {error}"
        if isinstance(successor, float | bool | np.floating | np.bool_):
            told += "; a probability stands in {action: {state: probability}}"
        raise ModelError(told) from None


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
        codes, names = encode(plain_labels(() if actions is None else actions, "actions"), n_pairs)
    else:
        names = plain_labels(() if actions is None else actions, "actions")
        require_unique(names, "action")
        codes = as_indices(action_codes, "action_codes", n_pairs, len(names))

    order = np.lexsort((codes, owner))
    if not np.array_equal(order, np.arange(n_pairs)):
        owner, codes, rows = owner[order], codes[order], sparse.csr_array(rows[order])
    return owner, codes, names, rows
