"""What users give, brought into canonical form: sparse rows, index arrays, labels, layouts.

Each function either returns a private copy in that form or raises a ModelError that names the offender.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import numpy as np
import numpy.typing as npt
from scipy import sparse

from mdppower._typing import AnyArray, FloatArray, IntArray, Label
from mdppower.errors import ModelError

INDEX_LIMIT = 2**31 - 1
"""Indices are int32."""


def as_csr(kernel: Any) -> Any:
    """A private canonical copy: float64, int32 indices, sorted, duplicates summed, no explicit zeros."""
    try:
        given: Any = sparse.coo_array(kernel)
        if given.dtype.kind == "c":
            raise TypeError("complex numbers")
        # Summing duplicates could hide a negative entry: such a kernel keeps only these, for validation to name.
        negative = given.data < 0
        if negative.any():
            where = tuple(axis[negative] for axis in given.coords)
            given = sparse.coo_array((given.data[negative], where), shape=given.shape)
        rows: Any = sparse.csr_array(given, dtype=np.float64, copy=True)
    except (TypeError, ValueError) as error:
        raise ModelError(f"kernel is not a P × S array of probabilities: {error}") from None
    if rows.ndim != 2:
        raise ModelError(f"kernel must have two dimensions (P, S), got {rows.ndim}")
    rows.sum_duplicates()
    rows.eliminate_zeros()
    if rows.nnz <= INDEX_LIMIT:
        rows.indices = rows.indices.astype(np.int32, copy=False)
        rows.indptr = rows.indptr.astype(np.int32, copy=False)
    return rows


def row_sums(rows: sparse.csr_array) -> FloatArray:
    """(P,) sum of each row."""
    return np.asarray(rows.sum(axis=1), dtype=np.float64).reshape(-1)


def as_indices(values: npt.ArrayLike, name: str, length: int, bound: int) -> IntArray:
    """An int32 copy of `length` indices below `bound`."""
    array = numbers(values, name, None)
    if array.shape != (length,) or (length and array.dtype.kind not in "iu"):
        raise ModelError(f"{name} must be {length} integers, got {array.dtype} of shape {array.shape}")
    bad = np.flatnonzero((array < 0) | (array >= bound))
    if len(bad):
        raise ModelError(f"{name}[{bad[0]}] is {array[bad[0]]}, not in 0 … {bound - 1}")
    return array.astype(np.int32)


def numbers(values: npt.ArrayLike, name: str, dtype: Any = np.float64) -> AnyArray:
    """A copy as an array, or a ModelError where the values are ragged or no numbers."""
    try:
        return np.array(values, dtype=dtype)
    except (TypeError, ValueError, OverflowError) as error:
        raise ModelError(f"{name} is not an array of numbers: {error}") from None


def as_probability(value: Any, state: Label, action: Label, successor: Label) -> float:
    """A number, or a ModelError that names the transition."""
    try:
        return float(value)
    except (TypeError, ValueError, OverflowError):
        raise ModelError(
            f"state {state!r}, action {action!r}: probability of successor {successor!r} is {value!r}, not a number"
        ) from None


def number_within_state(owner: IntArray, n_states: int) -> tuple[IntArray, tuple[Label, ...]]:
    """Codes 0, 1, … inside each state, in order of appearance."""
    order = np.argsort(owner, kind="stable")
    first = np.searchsorted(owner[order], np.arange(n_states))
    codes = np.empty(len(owner), np.int32)
    codes[order] = np.arange(len(owner)) - first[owner[order]]
    return codes, tuple(range(int(codes.max(initial=-1)) + 1))


def encode(labels: tuple[Label, ...], n_pairs: int) -> tuple[IntArray, tuple[Label, ...]]:
    """Labels as codes into their distinct values, in order of appearance."""
    if len(labels) != n_pairs:
        raise ModelError(f"{n_pairs} action labels are needed, one a pair, got {len(labels)}")
    vocabulary: dict[Label, int] = {}
    codes = np.fromiter((vocabulary.setdefault(a, len(vocabulary)) for a in labels), np.int32, n_pairs)
    return codes, tuple(vocabulary)


def plain_label(label: Any) -> Label:
    """The label with NumPy scalars made plain; anything but str, int and tuples of these is refused."""
    if isinstance(label, np.generic):
        label = label.item()
    if isinstance(label, tuple):
        return tuple(plain_label(part) for part in label)
    if isinstance(label, (str, int)) and not isinstance(label, bool):
        return label
    raise ModelError(f"label {label!r} is a {type(label).__name__}; labels are str, int, or tuples of these")


def as_label(value: Any) -> Label:
    """A label from JSON or TOML, where tuples are written as arrays."""
    return plain_label(tuple(map(as_label, value)) if isinstance(value, list) else value)


def require_several(labels: Any, what: str) -> None:
    """Raise ModelError for labels that are no sequence: a number, or a generator, which can be read once only."""
    if labels is not None and not hasattr(labels, "__len__"):
        raise ModelError(f"{what} must be a sequence of labels, such as a list, got {labels!r}")


def check_labels(states: Any, n_states: int) -> tuple[Label, ...] | AnyArray | None:
    """S unique labels: a tuple, an integer array whose rows become tuples, or None for 0 … S−1."""
    if states is None:
        return None
    require_several(states, "states")
    if len(states) != n_states:
        raise ModelError(f"{n_states} state labels are needed, got {len(states)}")
    if isinstance(states, np.ndarray) and states.ndim == 2 and states.dtype.kind in "iu":
        ordered = states[np.lexsort(states.T)]
        twice = np.flatnonzero((np.diff(ordered, axis=0) == 0).all(axis=1))
        if len(twice):
            raise ModelError(f"state label {tuple(ordered[twice[0]].tolist())!r} is used twice")
        return states.copy()  # rows become tuples when somebody asks: a million tuples are 120 MB
    labels = tuple(plain_label(s) for s in states)
    require_unique(labels, "state")
    return None if labels == tuple(range(n_states)) else labels


def check_layout(layout: npt.ArrayLike | None, n_states: int) -> FloatArray | None:
    """(S, 2) finite positions, or None."""
    if layout is None:
        return None
    array = numbers(layout, "layout")
    if array.shape != (n_states, 2) or not np.isfinite(array).all():
        raise ModelError(f"layout must be {n_states} finite (row, column) positions, got shape {array.shape}")
    return array


def position(layout: Mapping[Label, tuple[float, float]], state: Label) -> tuple[float, float]:
    """The position that a layout gives to a state."""
    try:
        return layout[state]
    except KeyError:
        raise ModelError(f"layout has no position for state {state!r}") from None


def require_unique(labels: tuple[Label, ...], what: str) -> None:
    """Raise ModelError at a label that is used twice."""
    if len(set(labels)) < len(labels):
        seen: set[Label] = set()
        twice = next(x for x in labels if x in seen or seen.add(x))  # type: ignore[func-returns-value]
        raise ModelError(f"{what} label {twice!r} is used twice")


def read_only(array: IntArray) -> IntArray:
    """The array, no longer writable."""
    array.setflags(write=False)
    return array
