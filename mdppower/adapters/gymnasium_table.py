"""Gymnasium's table P as arrays, every entry checked, with labels that mean something."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from numbers import Integral, Real
from typing import Any

import numpy as np
from scipy.sparse import coo_array

from mdppower._quotes import quoted
from mdppower._text import cut, shorten
from mdppower._typing import AnyArray, BoolArray, FloatArray, Label
from mdppower.errors import ModelError
from mdppower.mdp.canonical import Rounded, as_probability, coarsest_eps, plain_label, require_several
from mdppower.mdp.model import RewardlessMDP


@dataclass(frozen=True)
class Table:
    """P as arrays. `owner` and `codes` belong to pairs; `pair`, `target`, `probability`, `flag`, `reward` to entries.

    ``eps`` is that of the coarsest type among the probabilities. A reward that is none is NaN.
    """

    keys: list[Label]
    moves: list[Label]
    states: list[Label]
    actions: list[Label]
    layout: AnyArray | None
    marks: Mapping[str, Iterable[int]]
    owner: AnyArray
    codes: AnyArray
    pair: AnyArray
    target: AnyArray
    probability: AnyArray
    flag: BoolArray
    reward: FloatArray
    eps: float

    def build(self, origin: Mapping[str, str] | None = None) -> RewardlessMDP:
        """The MDP of the table; ModelError where it is none."""
        shape = (len(self.owner), len(self.states))
        kernel = Rounded(coo_array((self.probability, (self.pair, self.target)), shape=shape), self.eps)
        return RewardlessMDP.from_pairs(
            self.owner, kernel, states=self.states, actions=self.actions, action_codes=self.codes,
            layout=self.layout, marks=self.marks, origin=origin,
        )  # fmt: skip


def read_table(entries: Any, base: Any) -> Table:
    """The table, labelled as the environment `base` (or None) has it; ModelError names what is malformed."""
    given = _items(entries, "P")
    if not given:
        raise ModelError("P has no states")
    keys = [key for key, _ in given]
    index = {key: i for i, key in enumerate(keys)}
    states, layout, marks = _labels(base, keys)
    owner: list[int] = []
    moves: list[Label] = []
    rows: list[tuple[int, Any, int, bool, float]] = []
    for i, (state, (_, choices)) in enumerate(zip(states, given, strict=True)):
        for action, outcomes in _items(choices, f"state {quoted(state)}: P[s]"):
            where = f"state {quoted(state)}, action {quoted(action)}"
            listed = _items(outcomes, f"{where}: P[s][a]")
            if not listed:
                raise ModelError(f"{where}: P[s][a] is empty")
            rows += [(len(owner), *_outcome(outcome, index, where)) for _, outcome in listed]
            owner.append(i)
            moves.append(action)
        if not owner or owner[-1] != i:
            raise ModelError(f"state {quoted(state)} has no action")
    distinct = _in_order(list(dict.fromkeys(moves)))
    code = {action: k for k, action in enumerate(distinct)}
    names = attribute(base, "action_labels") if attribute(base, "state_labels") is not None else None
    try:
        actions = distinct if names is None else [plain_label(names[a]) for a in distinct]
    except (IndexError, KeyError, TypeError):
        raise ModelError(f"action_labels does not have a label for each of the actions {shorten(distinct)}") from None
    pair, chances, target, flag, reward = zip(*rows, strict=True)
    codes = np.array([code[a] for a in moves])
    return Table(
        keys, distinct, states, actions, layout, marks, np.array(owner), codes, np.array(pair), np.array(target),
        np.array(chances, dtype=np.float64), np.array(flag), np.array(reward, float), coarsest_eps(chances),
    )  # fmt: skip


def _items(table: Any, where: str) -> list[tuple[Label, Any]]:
    """(key, value) of a mapping or a sequence; in the order of its keys if these are all int."""
    if isinstance(table, Mapping):
        items = {plain_label(key): value for key, value in table.items()}
        return [(key, items[key]) for key in _in_order(list(items))]
    if isinstance(table, Sequence) and not isinstance(table, str | bytes):
        return list(enumerate(table))
    raise ModelError(f"{where} is {cut(quoted(table), 80)}, not a mapping or a sequence")


def _in_order(keys: list[Any]) -> list[Any]:
    return sorted(keys) if all(isinstance(key, int) for key in keys) else keys


def _outcome(entry: Any, index: Mapping[Label, int], where: str) -> tuple[Any, int, bool, float]:
    """Probability (in its own type), position of the next state, flag and reward of an entry of P."""
    if (
        not isinstance(entry, tuple | list | np.ndarray)
        or (isinstance(entry, np.ndarray) and not entry.ndim)
        or not 2 <= len(entry) <= 4
    ):
        raise ModelError(f"{where}: {quoted(entry)} is not (probability, next state, reward, terminated)")
    probability, successor = entry[:2]
    terminated = entry[3] if len(entry) == 4 else False
    number = as_probability(probability)
    if number is None:
        raise ModelError(f"{where}: probability {quoted(probability)} is not a number")
    try:
        target = index[plain_label(successor)]
    except (KeyError, ModelError):
        hint = " (an array of floats cannot name states: write a tuple)" if isinstance(entry, np.ndarray) else ""
        raise ModelError(f"{where}: next state {quoted(successor)} is not a state of P{hint}") from None
    if not isinstance(terminated, Real | np.bool_) or terminated not in (0, 1):
        raise ModelError(f"{where}: terminated is {quoted(terminated)}, not True or False")
    reward = as_probability(entry[2]) if len(entry) > 2 else None
    chance = probability if isinstance(probability, np.floating) else number
    return chance, target, bool(terminated), np.nan if reward is None else reward


def attribute(base: Any, name: str, default: Any = None) -> Any:
    """An attribute of an environment, which may be code that raises anything."""
    try:
        return getattr(base, name, default)
    except Exception as error:
        raise ModelError(f"{type(base).__name__}.{name} raised {type(error).__name__}: {error}") from error


def _labels(base: Any, keys: list[Label]) -> tuple[list[Label], Any, Mapping[str, Iterable[int]]]:
    """Labels, layout and marks; known by the attributes that an environment has, not by its class."""
    n = len(keys)
    given = attribute(base, "state_labels")
    if given is not None:
        require_several(given, "state_labels")
        if len(given) != n:
            raise ModelError(f"state_labels has {len(given)} labels for the {n} states of P")
        labels = [plain_label(tuple(x) if isinstance(x, list | np.ndarray) else x) for x in given]
        return labels, attribute(base, "layout"), attribute(base, "marks") or {}
    decoded = _decoded(base, keys)
    if decoded is not None:
        return list(decoded), [(6 * d + row, 6 * p + column) for row, column, p, d in decoded], {}
    return _grid_labels(keys, base, n)


def grid_labels(keys: Sequence[Any], base: Any) -> tuple[list[Label], Any, Mapping[str, list[int]]]:
    """Labels, layout and marks of some of the states of a toy-text environment, by their numbers."""
    decode = attribute(base, "decode")
    if decode is not None and all(type(key) is int and 0 <= key < 500 for key in keys):
        decoded = [tuple(map(int, decode(key))) for key in keys]
        if {len(label) for label in decoded} == {4}:
            return list(decoded), [(6 * d + row, 6 * p + column) for row, column, p, d in decoded], {}
    return _grid_labels(keys, base, None)


def _grid_labels(keys: Sequence[Any], base: Any, n: int | None) -> tuple[list[Label], Any, Mapping[str, list[int]]]:
    """(row, column) of numbers of cells, where the environment has a grid of `n` of these, or of no fewer (None)."""
    sides = attribute(base, "nrow"), attribute(base, "ncol")
    shape: Any = attribute(base, "shape") if any(side is None for side in sides) else sides
    is_grid = isinstance(shape, tuple | list) and len(shape) == 2 and all(isinstance(k, Integral) for k in shape)
    if not is_grid or not all(isinstance(key, int) for key in keys):
        return list(keys), None, {}
    if shape[0] * shape[1] != n and (n is not None or max(keys) >= shape[0] * shape[1] or min(keys) < 0):
        return list(keys), None, {}
    order = range(len(keys)) if n is not None else keys
    cells = [divmod(int(i), int(shape[1])) for i in order]
    desc = attribute(base, "desc", "")
    try:
        letters = np.asarray(desc)
    except ValueError:
        raise ModelError(f"desc must be letters, as many in each row, got {quoted(desc)}") from None
    if letters.shape != tuple(shape) or letters.dtype.kind not in "SU":
        return list(cells), cells, {}
    drawn = letters.astype("U")
    marks = {mark: [i for i, cell in enumerate(cells) if drawn[cell] == mark] for mark in "SGH"}
    return list(cells), cells, {mark: where for mark, where in marks.items() if where}


def told_labels(base: Any, labels: Sequence[Label]) -> dict[str, str]:
    """What the parts of Taxi's labels are, for `origin`: its places have the letters that its map has there."""
    if not all(isinstance(label, tuple) and len(label) == 4 for label in labels):
        return {}
    try:
        desc = np.asarray(attribute(base, "desc")).astype("U")
        places = " ".join(str(desc[1 + row, 1 + 2 * column]) for row, column in attribute(base, "locs", ()))
    except (IndexError, TypeError, ValueError):  # another environment's, which has them otherwise
        return {}
    if len(places.split()) != 4:
        return {}
    return {"labels": f"row, column, passenger ({places} taxi), destination ({places})"}


def _decoded(base: Any, keys: list[Label]) -> list[tuple[int, ...]] | None:
    """Taxi's 500 states as (row, column, passenger, destination); None where `decode` is not such a one."""
    decode = attribute(base, "decode") if keys == list(range(500)) else None
    if decode is None:
        return None
    try:
        decoded = [tuple(map(int, decode(key))) for key in keys]
    except Exception:  # another environment's, which may take something else
        return None
    return decoded if {len(label) for label in decoded} == {4} else None
