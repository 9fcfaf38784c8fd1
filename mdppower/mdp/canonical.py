"""What users give, brought into canonical form: sparse rows, index arrays, labels, layouts.

Each function either returns a private copy in that form or raises a ModelError that names the offender. Nothing is
guessed: a masked entry, a text, True where a number is meant, or a set where order counts, is refused.
"""

from __future__ import annotations

import itertools
from collections.abc import Iterable, KeysView, Mapping, Set
from copy import copy
from typing import Any, NamedTuple, TypeVar

import numpy as np
import numpy.typing as npt
from scipy import sparse

from mdppower._quotes import quoted
from mdppower._schema import DEEPEST
from mdppower._text import MOST_BITS
from mdppower._typing import AnyArray, BoolArray, FloatArray, IntArray, Label
from mdppower.errors import ModelError

Array = TypeVar("Array", bound=AnyArray)

INDEX_LIMIT = 2**31 - 1
"""Indices are int32."""

PLAIN = frozenset([str, int])
"""Types whose values are labels as they are."""

FLOAT64_EPS = float(np.finfo(np.float64).eps)


class Rounded(NamedTuple):
    """A kernel whose numbers were rounded to a coarser type than they are in: ``eps`` is that type's."""

    kernel: Any
    eps: float


def as_csr(kernel: Any) -> Any:
    """A private canonical copy: float64, int32 indices, sorted, duplicates summed, no explicit zeros."""
    kernel = kernel.kernel if isinstance(kernel, Rounded) else kernel
    refuse_masked(kernel, "kernel")
    try:
        kernel = np.asarray(kernel) if isinstance(kernel, list) else kernel
        if isinstance(kernel, np.ndarray) and kernel.dtype.kind == "O":
            kernel = numbers(kernel, "kernel")
        if isinstance(kernel, np.ndarray) and kernel.dtype.kind == "f":
            kernel = kernel.astype(np.float64, copy=False)  # SciPy has no sparse float16
        given: Any = _coordinates(kernel)
        if given.dtype.kind not in "biuf":
            raise TypeError({"c": "complex numbers"}.get(given.dtype.kind, f"entries of type {given.dtype}"))
        # Summing duplicates could hide a negative entry: such a kernel keeps only these, for validation to name.
        negative = given.data < 0
        if negative.any():
            where = tuple(axis[negative] for axis in given.coords)
            given = sparse.coo_array((given.data[negative], where), shape=given.shape)
        # Duplicates are summed as float64, however coarse their type.
        rows: Any = sparse.csr_array(given.astype(np.float64), copy=True)
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


def _coordinates(kernel: Any) -> Any:
    """The array as coordinates, which are inside it: SciPy follows those of a sparse array wherever they point."""
    if getattr(kernel, "format", "") in ("csr", "csc", "bsr"):
        copy(kernel).check_format(full_check=True)
    given: Any = sparse.coo_array(kernel)
    for axis, size in zip(given.coords, given.shape, strict=True):
        if len(axis) and not 0 <= axis.min() <= axis.max() < size:
            raise ValueError(f"it has an entry outside its shape {given.shape}")
    return given


def eps_of(kernel: Any) -> float:
    """The spacing at 1 of the type in which a kernel was given: what its rows can miss 1 by is some of these."""
    if isinstance(kernel, Rounded):
        return kernel.eps
    array: Any = kernel if sparse.issparse(kernel) else np.asarray(kernel)
    given = array.dtype
    return max(float(np.finfo(given).eps), FLOAT64_EPS) if given.kind == "f" else FLOAT64_EPS


def coarsest_eps(values: Iterable[Any]) -> float:
    """The same for numbers one by one: of the coarsest type among them."""
    kinds = {type(value) for value in values}
    return max([float(np.finfo(kind).eps) for kind in kinds if issubclass(kind, np.floating)] + [FLOAT64_EPS])


def row_sums(rows: sparse.csr_array) -> FloatArray:
    """(P,) sum of each row."""
    return np.asarray(rows.sum(axis=1), dtype=np.float64).reshape(-1)


def as_indices(values: npt.ArrayLike, name: str, length: int, bound: int) -> IntArray:
    """An int32 copy of `length` indices below `bound`."""
    array = numbers(values, name, None)
    truth = isinstance(values, list | tuple) and any(isinstance(value, bool | np.bool_) for value in values)
    if array.shape != (length,) or (length and (truth or array.dtype.kind not in "iu")):
        kind = "bool" if truth else array.dtype
        raise ModelError(f"{name} must be {length} integers, got {kind} of shape {array.shape}")
    bad = np.flatnonzero((array < 0) | (array >= bound))
    if len(bad):
        raise ModelError(f"{name}[{bad[0]}] is {array[bad[0]]}, not in 0 … {bound - 1}")
    return array.astype(np.int32)


def numbers(values: npt.ArrayLike, name: str, dtype: Any = np.float64) -> AnyArray:
    """A copy as an array, or a ModelError where the values are ragged, masked or, but for dtype=None, no numbers."""
    refuse_masked(values, name)
    try:
        array = np.array(values)
        if dtype is None:
            return array
        kind = array.dtype.kind
        if kind in "SU" or (kind == "O" and any(isinstance(value, str | bytes) for value in array.flat)):
            raise TypeError("it holds text")
        if kind not in "biufO":
            raise TypeError(f"it is of {array.dtype}")
        return array.astype(dtype, copy=False)
    except (TypeError, ValueError, OverflowError) as error:
        raise ModelError(f"{name} is not an array of numbers: {error}") from None


def refuse_masked(values: Any, name: str) -> None:
    """A ModelError for an array, or a list of such, with masked entries: NumPy would use what lies under the mask."""
    objects = values.flat if isinstance(values, np.ndarray) and values.dtype == object else ()
    if masked := sum(x is np.ma.masked for x in objects):
        raise ModelError(f"{name} has {masked} masked entries: fill them, or leave their actions out")
    parts = [values]
    for _ in range(DEEPEST + 2):  # level by level, as a list may have a million parts
        for part in parts:
            if isinstance(part, np.ma.MaskedArray) and np.ma.is_masked(part):
                masked = int(np.ma.getmaskarray(part).sum())
                raise ModelError(f"{name} has {masked} masked entries: fill them, or leave their actions out")
        lists = [part for part in parts if isinstance(part, list | tuple)]
        kinds = set(map(type, itertools.chain.from_iterable(lists)))
        kinds = {kind for kind in kinds if issubclass(kind, list | tuple | np.ma.MaskedArray)}
        if not kinds:
            return
        parts = [part for part in itertools.chain.from_iterable(lists) if type(part) in kinds]


def as_truth(values: npt.ArrayLike, name: str, shape: tuple[int, ...]) -> BoolArray:
    """A boolean copy of that shape; of numbers only 0 and 1 are truth values."""
    array = numbers(values, name, None)
    if array.shape != shape:
        raise ModelError(f"{name} must have shape {shape}, got {array.shape}")
    if array.dtype.kind not in "biuf":
        raise ModelError(f"{name} must be True or False (1 or 0) everywhere, got an array of {array.dtype}")
    strange = np.argwhere(~((array == 0) | (array == 1)))
    if len(strange):
        place = tuple(strange[0].tolist())
        hint = "; of rewards with -inf where an action is missing, np.isfinite(R) says which there are"
        raise ModelError(
            f"{name}[{', '.join(map(str, place))}] is {array[place]}, neither True nor False"
            + (hint if array.dtype.kind == "f" else "")
        )
    return np.asarray(array, dtype=bool)


def as_probability(value: Any) -> float | None:
    """A number, or None where it is none: a text, or True."""
    if type(value) is float:
        return value
    if isinstance(value, str | bytes | bytearray | bool | np.bool_) or value is np.ma.masked or np.ndim(value) > 0:
        return None
    try:
        return float(value)
    except (TypeError, ValueError, OverflowError):
        return None


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


def plain_label(label: Any, depth: int = 0) -> Label:
    """The label as a plain str, int or tuple of these, such as that of an IntEnum; anything else is refused.

    1.0 and True are equal to 1, but no labels: who writes them means something else.
    """
    if isinstance(label, np.generic):
        label = label.item()
    if isinstance(label, int) and label.bit_length() > MOST_BITS:
        raise ModelError(f"a label has at most 3,900 digits, got {quoted(label)}")
    if type(label) is str or type(label) is int:
        return label
    if isinstance(label, tuple):
        if depth >= DEEPEST:
            raise ModelError(f"labels are tuples of tuples up to {DEEPEST} deep")
        return tuple(plain_label(part, depth + 1) for part in label)
    if isinstance(label, str):
        return str.__str__(label)
    if isinstance(label, int) and not isinstance(label, bool):
        return int.__int__(label)
    raise ModelError(f"label {quoted(label)} is a {type(label).__name__}; labels are str, int, or tuples of these")


def plain_labels(labels: Any, what: str) -> tuple[Label, ...]:
    """Labels one by one."""
    plain = isinstance(labels, list | tuple) and PLAIN.issuperset(map(type, labels))
    if plain and all(label.bit_length() <= MOST_BITS for label in labels if type(label) is int):
        return tuple(labels)
    require_several(labels, what)
    refuse_masked(labels, what)
    return tuple(plain_label(label) for label in labels)


def require_several(labels: Any, what: str) -> None:
    """Raise ModelError for labels that are no sequence.

    A generator can be read once only, and a set has another order in each process.
    """
    is_one = not hasattr(labels, "__len__") or (isinstance(labels, np.ndarray) and labels.ndim == 0)
    unordered = isinstance(labels, Set) and not isinstance(labels, KeysView)
    if is_one or unordered or isinstance(labels, Mapping):
        order = ", which has no order" if unordered else ""
        raise ModelError(f"{what} must be a sequence of labels, such as a list, got {quoted(labels)}{order}")


def as_label(value: Any) -> Label:
    """A label from JSON or TOML, where tuples are written as arrays."""
    return plain_label(tuple(map(as_label, value)) if isinstance(value, list) else value)


def check_labels(states: Any, n_states: int) -> tuple[Label, ...] | AnyArray | None:
    """S unique labels: a tuple, an integer array whose rows become tuples, or None for 0 … S−1."""
    if states is None:
        return None
    require_several(states, "states")
    if len(states) != n_states:
        raise ModelError(f"{n_states} state labels are needed, got {len(states)}")
    refuse_masked(states, "states")
    if isinstance(states, np.ndarray) and states.ndim == 2 and states.dtype.kind in "iu":
        ordered = states[np.lexsort(states.T)]
        twice = np.flatnonzero((np.diff(ordered, axis=0) == 0).all(axis=1))
        if len(twice):
            raise ModelError(f"state label {quoted(tuple(ordered[twice[0]].tolist()))} is used twice")
        return states.copy()  # rows become tuples when somebody asks: a million tuples are 120 MB
    labels = plain_labels(states, "states")
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


def positions(layout: Mapping[Label, tuple[float, float]] | None, states: tuple[Label, ...]) -> list[Any] | None:
    """The positions that a layout by label gives to all states, in their order."""
    if layout is None:
        return None
    if not isinstance(layout, Mapping):
        raise ModelError(f"layout must map states to (row, column), got a {type(layout).__name__}")
    given = {plain_label(state): place for state, place in layout.items()}
    missing = [state for state in states if state not in given]
    if missing:
        raise ModelError(f"layout has no position for state {quoted(missing[0])}")
    strange = set(given) - set(states)
    if strange:
        raise ModelError(
            f"layout has a position for {quoted(next(s for s in given if s in strange))}, which is no state"
        )
    return [given[state] for state in states]


def check_marks(marks: Mapping[str, Iterable[int]] | None, n_states: int) -> dict[str, tuple[int, ...]]:
    """Named groups of states, each a tuple of indices."""
    if not isinstance(marks, Mapping | None):
        raise ModelError(f"marks must map names to indices of states, got a {type(marks).__name__}")
    checked = {}
    for mark, where in (marks or {}).items():
        if not isinstance(mark, str):
            raise ModelError(f"a mark is a str, got {quoted(mark)}")
        if not isinstance(where, Iterable):
            raise ModelError(f"marks[{quoted(mark)}] must be indices of states, got {quoted(where)}")
        group = sorted(where) if isinstance(where, Set) else where if isinstance(where, np.ndarray) else list(where)
        checked[str.__str__(mark)] = tuple(
            as_indices(group, f"marks[{quoted(mark)}]", np.size(group), n_states).tolist()
        )
    return checked


def check_origin(origin: Any) -> dict[str, str]:
    """Where an MDP comes from, in words."""
    if not isinstance(origin, Mapping | None):
        raise ModelError(f"origin must map names to words, got a {type(origin).__name__}")
    return {name if isinstance(name, str) else quoted(name): told if isinstance(told, str) else quoted(told)
            for name, told in (origin or {}).items()}  # fmt: skip


def require_unique(labels: tuple[Label, ...], what: str) -> None:
    """Raise ModelError at a label that is used twice."""
    if len(set(labels)) < len(labels):
        seen: set[Label] = set()
        twice = next(x for x in labels if x in seen or seen.add(x))  # type: ignore[func-returns-value]
        raise ModelError(f"{what} label {quoted(twice)} is used twice")


def read_only(array: Array) -> Array:
    """The array, no longer writable."""
    array.setflags(write=False)
    return array
