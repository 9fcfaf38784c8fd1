"""Tables of successors: what an action leads to in a deterministic MDP, one number a state and action."""

from __future__ import annotations

import itertools
from collections.abc import Callable, Sequence
from typing import Any

import numpy as np
import numpy.typing as npt
from scipy import sparse

from mdppower._quotes import quoted
from mdppower._text import count
from mdppower._typing import AnyArray, BoolArray, FloatArray, Label
from mdppower.errors import ModelError, RewardError
from mdppower.mdp.canonical import as_truth, check_labels, check_layout, numbers, plain_label, plain_labels

ENDS, MISSING = -1, -2
"""What a table says in place of a successor: the episode ends; the state has no such action."""

Place = Callable[[Any, Any], str]
"""The names of a state and an action, by their indices, for messages."""


def pairs_of_successor_table(
    transitions: npt.ArrayLike,
    *,
    feasible: npt.ArrayLike | None,
    rewards: npt.ArrayLike | None,
    states: Sequence[Label] | AnyArray | None,
    actions: Sequence[Label] | None,
    end: Label | None,
    layout: npt.ArrayLike | None,
) -> tuple[dict[str, Any], FloatArray | None]:
    """The pairs of a table (S, A) of successors as arguments of `from_pairs`, and the rewards (P,) of these pairs."""
    table, there = _table(transitions, feasible)
    n_states, n_actions = table.shape
    labels = check_labels(states, n_states)
    names: tuple[Label, ...] = tuple(range(n_actions)) if actions is None else plain_labels(actions, "actions")
    if len(names) != n_actions:
        raise ModelError(f"{n_actions} action labels are needed, got {len(names)}")

    def place(state: Any, action: Any) -> str:
        label = int(state) if labels is None else _as_label(labels[state])
        return f"state {quoted(label)}, action {quoted(names[action])}"

    owner, codes = np.nonzero(there)
    targets = _successors(table, owner, codes, place)
    stuck = np.flatnonzero(np.bincount(owner[targets != MISSING], minlength=n_states) == 0)
    if len(stuck):
        who = place(stuck[0], 0).rpartition(", action")[0]
        raise ModelError(f"{who} has no action: each of its entries is {MISSING}, or not feasible")
    if feasible is not None and (targets == MISSING).any():
        k = int(np.argmax(targets == MISSING))
        raise ModelError(f"{place(owner[k], codes[k])}: {MISSING} says that it is not there, feasible that it is")
    kept = targets != MISSING
    owner, codes, targets = owner[kept], codes[kept], targets[kept]
    values = None if rewards is None else rewards_of_pairs(rewards, table.shape, owner, codes, place)

    origin = {}
    ends = targets == ENDS
    if ends.any():
        known = tuple(range(n_states)) if labels is None else tuple(map(_as_label, labels))
        last = _fresh(known) if end is None else plain_label(end)
        origin["ends"] = f"{count(int(ends.sum()), 'successor')} of {ENDS} became {quoted(last)}, which is absorbing"
        names = tuple(dict.fromkeys([*names, "stay"]))
        owner = np.append(owner, n_states)
        codes = np.append(codes, names.index("stay"))
        targets = np.append(np.where(ends, n_states, targets), n_states)
        values = None if values is None else np.append(values, 0.0)
        labels, layout = (*known, last), _with_a_place_below(layout, n_states)
        n_states += 1
    rows = (np.ones(len(targets)), targets, np.arange(len(targets) + 1))
    pairs = {
        "pair_states": owner, "kernel": sparse.csr_array(rows, shape=(len(targets), n_states)), "states": labels,
        "actions": names, "action_codes": codes, "layout": layout, "origin": origin,
    }  # fmt: skip
    return pairs, values


def _table(transitions: npt.ArrayLike, feasible: npt.ArrayLike | None) -> tuple[AnyArray, BoolArray]:
    """The table, and which of its entries are to be read; what a masked array masks is not there."""
    masked = np.ma.getmaskarray(transitions) if isinstance(transitions, np.ma.MaskedArray) else None
    given = transitions if masked is None else np.ma.getdata(transitions)
    table = numbers(given, "transitions", None)
    if table.ndim != 2 or 0 in table.shape:
        hint = "; from_arrays and from_matrices take probabilities" if table.ndim == 3 else ""
        raise ModelError(f"transitions must be a table (S, A) of successors, got shape {table.shape}{hint}")
    if table.dtype.kind not in "iuf":
        raise ModelError(f"transitions must be integers, the indices of successors; got an array of {table.dtype}")
    if feasible is None:
        return table, np.ones(table.shape, bool) if masked is None else ~masked
    there = as_truth(feasible, "feasible", table.shape)
    if masked is not None and (masked & there).any():
        s, a = np.argwhere(masked & there)[0].tolist()
        raise ModelError(f"transitions[{s}, {a}] is masked, and feasible there: one of them says what is not there")
    return table, there


def _successors(table: AnyArray, owner: AnyArray, codes: AnyArray, place: Place) -> AnyArray:
    """The entries that are to be read, as integers from −2 to S − 1."""
    n_states, n_actions = table.shape
    given = table[owner, codes]
    if given.dtype.kind == "f":
        broken = np.flatnonzero(~(np.isfinite(given) & (given == np.floor(given))))
        if len(broken):
            k = broken[0]
            hint = f"; where an action is not there, write {MISSING}, or use feasible=" if np.isnan(given[k]) else ""
            raise ModelError(f"{place(owner[k], codes[k])}: successor {given[k]} is no integer{hint}")
    bad = np.flatnonzero((given < MISSING) | (given >= n_states))
    if len(bad):
        k = bad[0]
        hint = ""
        if given.dtype.kind == "u" and given[k] > np.iinfo(given.dtype).max - 2:
            hint = f"; it seems to be a negative number as {given.dtype}"
        elif n_states < n_actions and given.min() >= MISSING and given.max() < n_actions:
            hint = f"; the table seems to be (A, S) = {table.shape}: transpose it"
        raise ModelError(
            f"{place(owner[k], codes[k])}: successor {int(given[k])} is none of 0 … {n_states - 1}, "
            f"{ENDS} (the episode ends) or {MISSING} (not there){hint}"
        )
    return np.asarray(given.astype(np.int64))


def rewards_of_pairs(
    rewards: npt.ArrayLike, shape: tuple[int, ...], owner: AnyArray, codes: AnyArray, place: Place
) -> FloatArray:
    """(P,) the rewards of pairs, of an array (S, A); what stands where there is no action is not looked at."""
    given = np.ma.filled(rewards.astype(float), np.nan) if isinstance(rewards, np.ma.MaskedArray) else rewards
    table = numbers(given, "rewards")
    if table.shape != shape:
        raise RewardError(f"rewards must have the shape (S, A) = {shape}, got {table.shape}")
    values = table[owner, codes]
    bad = np.flatnonzero(~np.isfinite(values))
    if len(bad):
        raise RewardError(f"{place(owner[bad[0]], codes[bad[0]])}: reward is {values[bad[0]]}, no finite number")
    return np.asarray(values, dtype=np.float64)


def _as_label(label: Any) -> Label:
    return tuple(label.tolist()) if isinstance(label, np.ndarray) else label


def _fresh(known: tuple[Label, ...]) -> str:
    """The word "end", numbered where a state has that label already."""
    taken = set(known)
    words = itertools.chain(["end"], (f"end#{k}" for k in itertools.count(2)))
    return next(word for word in words if word not in taken)


def _with_a_place_below(layout: npt.ArrayLike | None, n_states: int) -> AnyArray | None:
    """The layout, with a place for the end in a row below."""
    places = check_layout(layout, n_states)
    if places is None:
        return None
    return np.concatenate([places, [[places[:, 0].max() + 2, places[:, 1].min()]]])
