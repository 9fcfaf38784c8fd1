"""One S × S matrix an action, dense or sparse, as solvers of other libraries take them."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np
import numpy.typing as npt
from scipy import sparse

from mdppower._quotes import quoted
from mdppower._typing import AnyArray, BoolArray, FloatArray, Label
from mdppower.errors import ModelError
from mdppower.mdp.canonical import Rounded, as_csr, as_truth, check_labels, eps_of, numbers, plain_labels
from mdppower.mdp.successor_table import rewards_of_pairs


def pairs_of_matrices(
    matrices: Any,
    *,
    feasible: npt.ArrayLike | str | None,
    rewards: npt.ArrayLike | None,
    states: Sequence[Label] | AnyArray | None,
    actions: Sequence[Label] | None,
) -> tuple[dict[str, Any], FloatArray | None]:
    """The pairs of one matrix an action as arguments of `from_pairs`, and the rewards (P,) of these pairs."""
    each, names = _matrices(matrices, actions)
    n_states, eps = _square(each, names), max(map(eps_of, each))
    rows = [_rows(matrix, name) for matrix, name in zip(each, names, strict=True)]
    labels = check_labels(states, n_states)
    there = _feasible(feasible, rows, n_states)
    owner, codes = np.nonzero(there)
    stacked = sparse.vstack(rows, format="csr")
    kernel = sparse.csr_array(stacked[codes.astype(np.int64) * n_states + owner])

    def place(state: Any, action: Any) -> str:
        label = int(state) if labels is None else labels[state]
        label = tuple(label.tolist()) if isinstance(label, np.ndarray) else label
        return f"state {quoted(label)}, action {quoted(names[action])}"

    values = None if rewards is None else rewards_of_pairs(rewards, there.shape, owner, codes, place)
    pairs = {
        "pair_states": owner, "kernel": Rounded(kernel, eps), "states": labels, "actions": names,
        "action_codes": codes,
    }  # fmt: skip
    return pairs, values


def is_one_matrix_an_action(transitions: Any) -> bool:
    """Whether it is a mapping, or a list, of matrices, and cannot be an array T[s, a, s'] or Gymnasium's table."""
    if isinstance(transitions, Mapping):
        return bool(transitions) and all(_is_matrix(part) for part in transitions.values())
    return isinstance(transitions, list | tuple) and any(sparse.issparse(part) for part in transitions)


def _is_matrix(part: Any) -> bool:
    return sparse.issparse(part) or (isinstance(part, np.ndarray) and part.ndim == 2)


def _matrices(matrices: Any, actions: Sequence[Label] | None) -> tuple[list[Any], tuple[Label, ...]]:
    """The matrices and the labels of their actions."""
    if sparse.issparse(matrices):
        raise ModelError("matrices must be one an action, in a list or a mapping; got a single sparse one")
    if isinstance(matrices, Mapping):
        if actions is not None:
            raise ModelError("a mapping from action to matrix names its actions: leave actions out")
        each, names = list(matrices.values()), plain_labels(list(matrices), "actions")
    elif isinstance(matrices, list | tuple | np.ndarray):
        each = list(matrices)
        names = tuple(range(len(each))) if actions is None else plain_labels(actions, "actions")
    else:
        raise ModelError(
            f"matrices must be a list, a mapping or an array (A, S, S) of matrices, got a {type(matrices).__name__}"
        )
    if not each:
        raise ModelError("there is no matrix: an MDP needs at least one action")
    if len(names) != len(each):
        raise ModelError(f"{len(each)} action labels are needed, one a matrix, got {len(names)}")
    return [part if sparse.issparse(part) else numbers(part, f"matrix of action {quoted(name)}", None)
            for part, name in zip(each, names, strict=True)], names  # fmt: skip


def _square(each: list[Any], names: tuple[Label, ...]) -> int:
    """S, if every matrix is S × S."""
    for matrix, name in zip(each, names, strict=True):
        shape = matrix.shape
        if len(shape) != 2 or shape[0] != shape[1]:
            hint = ""
            if len(shape) == 2 and len({part.shape for part in each}) == 1 and shape[1] == len(each):
                hint = "; these seem to be matrices (A, S), one a state: from_arrays takes them as T[s, a, s']"
            raise ModelError(f"matrix of action {quoted(name)} must be S × S, got shape {shape}{hint}")
        if shape != each[0].shape:
            raise ModelError(
                f"matrix of action {quoted(name)} is {shape[0]} × {shape[0]}, that of {quoted(names[0])} "
                f"{each[0].shape[0]} × {each[0].shape[0]}"
            )
    return int(each[0].shape[0])


def _rows(matrix: Any, name: Label) -> Any:
    try:
        return as_csr(matrix)
    except ModelError as error:
        raise error.said(f"matrix of action {quoted(name)}: {error}") from None


def _feasible(feasible: npt.ArrayLike | str | None, rows: list[Any], n_states: int) -> BoolArray:
    """(S, A) which actions each state has."""
    shape = (n_states, len(rows))
    if feasible is None:
        return np.ones(shape, bool)
    if isinstance(feasible, str):
        if feasible != "nonzero":
            raise ModelError(f"feasible must be an array {shape} of booleans, or 'nonzero', got {quoted(feasible)}")
        return np.column_stack([np.diff(matrix.indptr) > 0 for matrix in rows])
    return as_truth(feasible, "feasible", shape)
