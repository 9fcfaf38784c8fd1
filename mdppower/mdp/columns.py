"""Columns of state, action, successor and probability: an MDP as a long table, one transition a row."""

from __future__ import annotations

import itertools
from collections.abc import Mapping, Sequence
from typing import Any, NamedTuple

import numpy as np
from scipy import sparse

from mdppower._quotes import quoted
from mdppower._text import shorten
from mdppower._typing import AnyArray, FloatArray, Label
from mdppower._warn import warn
from mdppower.errors import ModelError, RewardError
from mdppower.mdp.canonical import FLOAT64_EPS, Rounded, check_labels, eps_of, numbers, plain_labels, refuse_masked
from mdppower.mdp.column_labels import Column, coded, in_this_order
from mdppower.mdp.validation import row_tolerance

ROLES = ("state", "action", "successor", "probability", "reward")
NEEDED = ROLES[:3]
SEVERAL = {role: f"{role}s" for role in ROLES} | {"probability": "probabilities"}


class _Table(NamedTuple):
    """Rows sorted by state, action and successor; `row` says where in the user's table each of them stood."""

    state: AnyArray
    action: AnyArray
    successor: AnyArray
    row: AnyArray
    states: tuple[Label, ...] | AnyArray
    actions: tuple[Label, ...]

    def name(self, k: Any, *, successor: bool = False) -> str:
        """State and action of a row, perhaps its successor, for messages."""
        told = f"state {quoted(self._state(self.state[k]))}, action {quoted(self.actions[self.action[k]])}"
        return f"{told}, successor {quoted(self._state(self.successor[k]))}" if successor else told

    def _state(self, i: Any) -> Label:
        label = self.states[i]
        return tuple(label.tolist()) if isinstance(label, np.ndarray) else label


def pairs_of_columns(
    columns: Any,
    *,
    names: Mapping[str, str],
    states: Sequence[Label] | AnyArray | None,
    actions: Sequence[Label] | None,
) -> tuple[dict[str, Any], FloatArray | None]:
    """The pairs of columns as arguments of `from_pairs`, and the rewards of pairs (P,) or transitions (nnz,)."""
    given = _read(columns, names)
    probability = given.pop("probability", None)
    reward = given.pop("reward", None)
    table = _sorted(given, states, actions)
    new_pair = _changes(table.state, table.action)
    new = new_pair | _changes(table.successor)
    if probability is None:
        _require_deterministic(table, new_pair, new)
        rows_chance, eps = np.ones(len(new)), FLOAT64_EPS
    else:
        rows_chance, eps = _chances(probability, table, new, new_pair), eps_of(probability.values)
    chance = np.add.reduceat(rows_chance, np.flatnonzero(new))
    kept = chance > 0
    first = np.flatnonzero(new)
    pair_of = (np.cumsum(new_pair) - 1)[first]
    begins = np.flatnonzero(new_pair)
    counts = np.bincount(pair_of[kept], minlength=len(begins))
    rows = (chance[kept], table.successor[first][kept], np.concatenate([[0], np.cumsum(counts)]))
    pairs = {
        "pair_states": table.state[begins],
        "kernel": Rounded(sparse.csr_array(rows, shape=(len(begins), len(table.states))), eps),
        "states": table.states,
        "actions": table.actions,
        "action_codes": table.action[begins],
    }
    return pairs, None if reward is None else _rewards(reward, table, rows_chance > 0, new, kept, rows[2][:-1])


def _read(columns: Any, names: Mapping[str, str]) -> dict[str, Column]:
    """The columns by their roles, all of one length; the others are told of."""
    there = _names(columns)
    found = {}
    for role, name in names.items():
        if name not in there:
            if role in NEEDED or name != role:
                raise ModelError(_no_column(role, name, there, columns))
            continue
        if there.count(name) > 1:
            raise ModelError(f"there are {there.count(name)} columns {quoted(name)}")
        found[role] = Column(name if name == role else f"{role} ({name})", _values(columns[name], name, role))
    others = [name for name in there if name not in names.values()]
    if others:
        hint = "" if "probability" in found else "; probability='…' names the column of probabilities"
        warn(f"from_columns does not read {shorten(others)}{hint}")
    length = len(found["state"].values)
    for role, (name, values) in found.items():
        if len(values) != length:
            raise ModelError(
                f"column {quoted(name)} of {SEVERAL[role]} has {len(values)} rows, that of states {length}"
            )
    if length == 0:
        raise ModelError("the columns have no row: an MDP needs at least one state")
    return found


def _names(columns: Any) -> list[Any]:
    if isinstance(columns, np.ndarray) and columns.dtype.names:
        return list(columns.dtype.names)
    if not isinstance(columns, type):
        if hasattr(columns, "columns") and hasattr(columns, "__getitem__"):  # a frame of pandas or of polars
            return list(columns.columns)
        if isinstance(columns, Mapping):
            return list(columns)
    raise ModelError(
        f"columns must be a mapping from names to arrays, or a data frame, got a {type(columns).__name__}; "
        "from_arrays, from_matrices and from_pairs take arrays"
    )


def _no_column(role: str, name: str, there: list[Any], columns: Any) -> str:
    index = getattr(columns, "index", None)
    hint = f"; {role}='…' says which of these it is"
    if name in list(getattr(index, "names", None) or ()):
        hint = "; it is in the index: reset_index() makes a column of it"
    return f"there is no column {quoted(name)} of {SEVERAL[role]}; columns are {shorten(there)}{hint}"


def _values(column: Any, name: str, role: str) -> AnyArray:
    """The column as an array (n,), or (n, d) of integers."""
    refuse_masked(column, name)
    try:
        values = np.asarray(column)
    except ValueError:  # tuples of several lengths
        values = _objects(column)
    if values.ndim == 0:
        raise ModelError(f"column {quoted(name)} must be an array, got {quoted(column)}")
    if role in NEEDED and (_is_mixed(column, values) or (values.ndim == 2 and values.dtype.kind not in "iu")):
        values = _objects(column)
    if values.ndim > 2 or (values.ndim == 2 and role not in NEEDED):
        raise ModelError(f"column {quoted(name)} must be one-dimensional, got shape {values.shape}")
    if values.dtype.kind == "S":
        raise ModelError(f"column {quoted(name)} holds bytes; labels are str, int, or tuples of these: .astype(str)")
    return values


def _objects(column: Any) -> AnyArray:
    values = np.empty(len(column), object)
    values[:] = list(column) if not isinstance(column, np.ndarray) else [*map(tuple, column.tolist())]
    return values


def _is_mixed(column: Any, values: AnyArray) -> bool:
    """Whether NumPy made one kind of several: texts of numbers among texts, numbers of truth values."""
    if not isinstance(column, list | tuple) or values.dtype.kind not in "biufUS":
        return False
    kinds = set(map(type, itertools.chain.from_iterable(column) if values.ndim == 2 else column))
    return len(kinds) > 1 and (values.dtype.kind in "US" or not kinds.isdisjoint((bool, np.bool_)))


def _sorted(
    given: Mapping[str, Column], states: Sequence[Label] | AnyArray | None, actions: Sequence[Label] | None
) -> _Table:
    """The rows in canonical order, labels as numbers; every state has a row."""
    ends = [given["state"], given["successor"]]
    found = coded(ends)
    if states is not None:
        labels = check_labels(states, len(states)) if hasattr(states, "__len__") else plain_labels(states, "states")
        if labels is None:
            labels = tuple(range(len(states)))
        elif isinstance(labels, np.ndarray):
            labels = tuple(map(tuple, labels.tolist()))
        found = in_this_order(found, labels, ends, "state")
    does = coded([given["action"]])
    if isinstance(does.labels, np.ndarray):
        does = does._replace(labels=tuple(map(tuple, does.labels.tolist())))
    if actions is not None:
        does = in_this_order(does, plain_labels(actions, "actions"), [given["action"]], "action")
    (state, successor), (action,) = found.codes, does.codes
    stuck = np.flatnonzero(np.bincount(state, minlength=len(found.labels)) == 0)
    pair = state.astype(np.int64) * len(does.labels) + action
    order = np.lexsort((successor, pair))
    table = _Table(state[order], action[order], successor[order], order, found.labels, tuple(does.labels))
    if len(stuck):
        row = np.flatnonzero(successor == stuck[0])
        where = f"it is the successor of row {row[0]}" if len(row) else "it is one of states="
        raise ModelError(
            f"state {quoted(table._state(stuck[0]))} has no action: {where}, but no row begins in it; an absorbing "
            "state leads to itself"
        )
    return table


def _changes(*columns: AnyArray) -> AnyArray:
    """Which rows differ from the one above."""
    new = np.zeros(len(columns[0]), bool)
    new[:1] = True
    for column in columns:
        new[1:] |= column[1:] != column[:-1]
    return new


def _require_deterministic(table: _Table, new_pair: AnyArray, new: AnyArray) -> None:
    """Without probabilities every pair has one row."""
    again = np.flatnonzero(~new_pair)
    if not len(again):
        return
    k = again[np.argmin(table.row[again])]
    rows = f"rows {table.row[k - 1]} and {table.row[k]}"
    if new[k]:
        raise ModelError(f"{table.name(k)}: {rows} have two successors, and no column says how likely each is")
    raise ModelError(f"{table.name(k, successor=True)}: {rows} are the same")


def _chances(column: Column, table: _Table, new: AnyArray, new_pair: AnyArray) -> FloatArray:
    """The probability of each row; those of each pair add up to 1."""
    given = numbers(column.values, column.name)[table.row]
    bad = np.flatnonzero(~(np.isfinite(given) & (given >= 0)))
    if len(bad):
        k = bad[np.argmin(table.row[bad])]
        raise ModelError(f"row {table.row[k]}: {column.name} is {given[k]} ({table.name(k, successor=True)})")
    begins = np.flatnonzero(new_pair)
    sums, sizes = np.add.reduceat(given, begins), np.diff(np.append(begins, len(given)))
    off = np.flatnonzero(abs(sums - 1) > row_tolerance(sizes, eps_of(column.values)))
    if len(off):
        p = off[0]
        span = slice(begins[p], begins[p] + sizes[p])
        rows = sorted(table.row[span].tolist())
        same = "; some of these rows are the same" if not new[span].all() else ""
        which = f"row{'s' if len(rows) > 1 else ''} {shorten(rows)}"
        raise ModelError(f"{table.name(begins[p])}: probabilities sum to {sums[p]:.12g}, not 1 ({which}){same}")
    return np.asarray(given, dtype=np.float64)


def _rewards(
    column: Column, table: _Table, possible: AnyArray, new: AnyArray, kept: AnyArray, begins: AnyArray
) -> FloatArray:
    """The reward of each pair, if it does not depend on the successor, else of each transition.

    Rows that are not `possible` earn nothing. Of the transitions, which begin at the rows that are `new`, those that
    are `kept` are in the kernel, where each pair begins at one of `begins`.
    """
    given = numbers(column.values, column.name)[table.row]
    bad = np.flatnonzero(possible & ~np.isfinite(given))
    if len(bad):
        k = bad[np.argmin(table.row[bad])]
        told = f"{column.name} is {given[k]}, no finite number ({table.name(k, successor=True)})"
        raise RewardError(f"row {table.row[k]}: {told}")
    starts = np.flatnonzero(new)
    low = np.minimum.reduceat(np.where(possible, given, np.inf), starts)
    high = np.maximum.reduceat(np.where(possible, given, -np.inf), starts)
    clash = np.flatnonzero(kept & (low != high))
    if len(clash):
        k = clash[0]
        raise RewardError(
            f"{table.name(starts[k], successor=True)}: {column.name} is {low[k]} and {high[k]} in rows that are the "
            "same otherwise: no function of state, action and successor"
        )
    values = low[kept]
    least, most = np.minimum.reduceat(values, begins), np.maximum.reduceat(values, begins)
    return np.asarray(least if np.array_equal(least, most) else values, dtype=np.float64)
