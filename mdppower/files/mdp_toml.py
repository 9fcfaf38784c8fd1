r"""Small MDPs as TOML: to read, to write by hand, to keep in version control.

    format = "mdppower-mdp"
    schema = 1

    [[state]]
    label = "bet"
    at = [0, 0]                                          # optional: (row, column) in pictures
    marks = ["start"]                                    # optional
    actions = [
        { label = "safe", to = "won" },
        { label = "risky", chances = [["won", 0.4], ["lost", 0.6]] },
    ]

    [[state]]
    label = "won"
    actions = [{ label = "stay", to = "won" }]
    …

An action may have the reward of the environment that the MDP came with, if all have it: ``reward = 1.5``; or, where
it depends on the successor, one for each of its `chances`, in their order: ``reward = [1, 0]``.

Labels are strings, integers, or arrays of these (which become tuples). A table ``[origin]`` of strings says where the
MDP comes from; an array ``actions`` at the top fixes the order of the action labels.
"""

from __future__ import annotations

import json
import math
import os
import tomllib
from collections.abc import Iterable
from typing import Any

import numpy as np
from scipy import sparse

from mdppower._schema import FARTHEST
from mdppower._typing import Label
from mdppower.errors import FileError, ModelError, SizeError
from mdppower.mdp.canonical import as_label, require_unique
from mdppower.mdp.model import RewardlessMDP
from mdppower.mdp.own_reward import own_reward, restore_reward

FORMAT = "mdppower-mdp"
SCHEMA = 1
MOST_TRANSITIONS = 100_000

_TOP = {"format", "schema", "actions", "origin", "state"}
_STATE = {"label", "at", "marks", "actions"}
_ACTION = {"label", "to", "chances", "reward"}


def to_toml(mdp: RewardlessMDP) -> str:
    """The MDP as TOML.

    Raises
    ------
    SizeError
        It has more than 100,000 transitions; NetCDF is the format for that.

    Examples
    --------
    >>> print(to_toml(RewardlessMDP.from_successors({"a": {"go": "a"}})))
    format = "mdppower-mdp"
    schema = 1
    actions = ["go"]
    <BLANKLINE>
    [[state]]
    label = "a"
    actions = [
        { label = "go", to = "a" },
    ]
    <BLANKLINE>
    """
    if mdp.kernel.nnz > MOST_TRANSITIONS:
        raise SizeError(f"{mdp.kernel.nnz:,} transitions are too many for TOML; save the MDP as .nc")
    lines = [f'format = "{FORMAT}"', f"schema = {SCHEMA}", f"actions = {_toml(mdp.action_names)}", ""]
    if mdp.origin:
        lines += ["[origin]", *(f"{_toml(k)} = {_toml(v)}" for k, v in mdp.origin.items()), ""]
    marks: dict[int, list[str]] = {}
    for mark, where in mdp.marks.items():
        for s in where:
            marks.setdefault(s, []).append(mark)
    for s, state in enumerate(mdp.states):
        lines += ["[[state]]", f"label = {_toml(state)}"]
        if mdp.layout is not None:
            lines.append(f"at = {_toml(mdp.layout[s].tolist())}")
        if s in marks:
            lines.append(f"marks = {_toml(marks[s])}")
        lines += ["actions = [", *_actions(mdp, s), "]", ""]
    return "\n".join(lines)


def _actions(mdp: RewardlessMDP, state: int) -> Iterable[str]:
    for pair in range(mdp.pointer[state], mdp.pointer[state + 1]):
        label, spread = mdp.pair_label(pair)[1], mdp.pair_successors(pair)
        if len(spread) == 1:
            way = f"to = {_toml(next(iter(spread)))}"
        else:
            way = f"chances = {_toml(list(map(list, spread.items())))}"
        yield f"    {{ label = {_toml(label)}, {way}{_reward(mdp, pair)} }},"


def _reward(mdp: RewardlessMDP, pair: int) -> str:
    own = own_reward(mdp)
    if own is None:
        return ""
    if not own.on_transitions:
        return f", reward = {_toml(own.values.item(pair))}"
    values = own.values[mdp.kernel.indptr[pair] : mdp.kernel.indptr[pair + 1]].tolist()
    return f", reward = {_toml(values[0] if len(values) == 1 else values)}"


def _toml(value: Any) -> str:
    if isinstance(value, (list, tuple)):
        return "[" + ", ".join(map(_toml, value)) + "]"
    if isinstance(value, str):
        # JSON's escapes are TOML's, but for the one control character that JSON leaves as it is.
        return json.dumps(value, ensure_ascii=False).replace("\x7f", "\\u007F")
    whole = isinstance(value, float) and abs(value) < 2**53 and value == int(value)
    return repr(int(value)) if whole else repr(value)


def read_toml(path: str | os.PathLike[str]) -> RewardlessMDP:
    """The MDP that a TOML file describes.

    Raises
    ------
    FileError
        The file cannot be read, is not TOML, or is of another format or a newer schema.
    ModelError
        It does not describe an MDP; the message names the state and the action.
    """
    name = os.fspath(path)
    try:
        with open(path, "rb") as file:
            text = file.read()
    except (OSError, ValueError) as error:  # ValueError: a null byte in the path
        raise FileError(f"cannot read {name!r}: {getattr(error, 'strerror', None) or error}") from None
    return parse_toml(text, name)


def parse_toml(text: bytes, name: str) -> RewardlessMDP:
    """The MDP that TOML describes; errors, which are those of `read_toml`, call it by this name."""
    try:
        data = tomllib.loads(text.decode("utf-8-sig"))  # some editors begin with a byte order mark
    except (ValueError, RecursionError) as error:  # all that tomllib raises: also for a number of 5,000 digits
        raise FileError(f"{name} is not TOML: {error}") from None
    if data.get("format") != FORMAT:
        raise FileError(f'{name} is not an MDP of mdppower: it has no line format = "{FORMAT}"')
    schema = data.get("schema")
    if not isinstance(schema, int) or isinstance(schema, bool) or schema < 1:
        raise FileError(f"{name}: schema must be a positive integer, got {schema!r}")
    if schema > SCHEMA:
        raise FileError(f"{name} is of a newer mdppower (schema {schema}; this one reads up to {SCHEMA})")
    try:
        return _mdp(data)
    except ModelError as error:
        raise ModelError(f"{name}: {error}") from None


def _mdp(data: dict[str, Any]) -> RewardlessMDP:
    _only(data, _TOP, "the top of the file")
    tables = _list_of_tables(data.get("state"), "[[state]]")
    labels = [_label(table, f"state number {i + 1}") for i, table in enumerate(tables)]
    require_unique(tuple(labels), "state")
    index = {label: i for i, label in enumerate(labels)}
    owner: list[int] = []
    names: list[Label] = []
    row: list[int] = []
    col: list[int] = []
    prob: list[float] = []
    earned: list[list[float]] = []
    for s, (state, table) in enumerate(zip(labels, tables, strict=True)):
        _only(table, _STATE, f"state {state!r}")
        for number, action in enumerate(_list_of_tables(table.get("actions"), f"actions of state {state!r}")):
            label = _label(action, f"state {state!r}, action number {number + 1}")
            where = f"state {state!r}, action {label!r}"
            spread = _spread(action, where)
            if "reward" in action:
                earned.append(_rewards(action, len(spread), where))
            if len(earned) not in (0, len(owner) + 1):
                has = "has a" if "reward" in action else "has no"
                raise ModelError(f"{where} {has} reward, unlike the actions before it")
            for successor, probability in spread:
                if successor not in index:
                    raise ModelError(f"{where}: successor {successor!r} is not a state")
                row.append(len(owner))
                col.append(index[successor])
                prob.append(probability)
            owner.append(s)
            names.append(label)
    given = data.get("actions", [])
    if not isinstance(given, list):
        raise ModelError(f"actions at the top must be an array of labels, got {given!r}")
    first = [as_label(x) for x in given]
    vocabulary = list(dict.fromkeys([*first, *names]))
    code = {label: k for k, label in enumerate(vocabulary)}
    positions: list[Any] = [table.get("at") for table in tables]
    if any(p is None for p in positions) and not all(p is None for p in positions):
        raise ModelError(f"state {labels[positions.index(None)]!r} has no 'at', which other states have")
    marks: dict[str, list[int]] = {}
    for s, table in enumerate(tables):
        for mark in _strings(table.get("marks", []), f"marks of state {labels[s]!r}"):
            marks.setdefault(mark, []).append(s)
    for state, position in zip(labels, positions, strict=True):
        if position is not None and not _is_place(position):
            raise ModelError(
                f"state {state!r}: at must be two numbers [row, column] within ± 2**30, got {position!r}"
            )
    origin = data.get("origin", {})
    if not isinstance(origin, dict) or not all(isinstance(told, str) for told in origin.values()):
        raise ModelError(f"[origin] must be a table of strings, got {origin!r}")
    mdp = RewardlessMDP.from_pairs(
        owner,
        sparse.coo_array((prob, (row, col)), shape=(len(owner), len(labels))),
        states=labels,
        actions=vocabulary,
        action_codes=[code[name] for name in names],
        layout=None if positions[0] is None else positions,
        marks=marks,
        origin=origin,
    )
    return _with_rewards(mdp, list(zip(owner, names, strict=True)), row, col, earned) if earned else mdp


def _with_rewards(
    mdp: RewardlessMDP, pairs: list[tuple[int, Label]], row: list[int], col: list[int], earned: list[list[float]]
) -> RewardlessMDP:
    """With the rewards of the entries of the file, each on the transition that it is about."""
    found: dict[tuple[int, Label, int], float] = {}
    rewards = [reward for one in earned for reward in one]
    for pair, target, reward in zip(row, col, rewards, strict=True):
        state, action = pairs[pair]
        if found.setdefault((state, action, target), reward) != reward:
            raise ModelError(
                f"state {mdp.states[state]!r}, action {action!r}: successor {mdp.states[target]!r} has two rewards"
            )
    owners = np.repeat(np.arange(mdp.n_pairs), np.diff(mdp.kernel.indptr)).tolist()
    values = np.array([
        found[mdp.pair_states.item(pair), mdp.pair_label(pair)[1], target]
        for pair, target in zip(owners, mdp.kernel.indices.tolist(), strict=True)
    ])  # fmt: skip
    if any(len(set(one)) > 1 for one in earned):
        return restore_reward(mdp, values)
    return restore_reward(mdp, values[mdp.kernel.indptr[:-1]])


def _rewards(action: dict[str, Any], many: int, where: str) -> list[float]:
    """The reward of each successor."""
    given = action["reward"]
    listed = given if isinstance(given, list) else [given] * many
    if len(listed) != many or not all(type(one) in (int, float) and math.isfinite(one) for one in listed):
        raise ModelError(f"{where}: reward must be a number, or one for each of {many} chances, got {given!r}")
    return [float(one) for one in listed]


def _spread(action: dict[str, Any], where: str) -> list[tuple[Label, float]]:
    """Successors and their probabilities."""
    _only(action, _ACTION, where)
    if ("to" in action) == ("chances" in action):
        raise ModelError(f"{where}: give either 'to' or 'chances'")
    if "to" in action:
        return [(as_label(action["to"]), 1.0)]
    chances = action["chances"]
    if not isinstance(chances, list) or not chances:
        raise ModelError(f"{where}: chances must be pairs [successor, probability], got {chances!r}")
    for entry in chances:
        if not isinstance(entry, list) or len(entry) != 2 or type(entry[1]) not in (int, float):
            raise ModelError(f"{where}: chances must be pairs [successor, probability], got {entry!r}")
    try:
        return [(as_label(successor), float(probability)) for successor, probability in chances]
    except OverflowError:
        raise ModelError(f"{where}: a probability is beyond all bounds") from None


def _is_place(value: Any) -> bool:
    if not isinstance(value, list) or len(value) != 2:
        return False
    return all(type(x) in (int, float) and -FARTHEST <= x <= FARTHEST for x in value)  # NaN is not


def _label(table: dict[str, Any], where: str) -> Label:
    if "label" not in table:
        raise ModelError(f"{where} has no label")
    return as_label(table["label"])


def _only(table: dict[str, Any], known: set[str], where: str) -> None:
    """Refuse a key that means nothing: it is a slip of the pen."""
    unknown = sorted(set(table) - known)
    if unknown:
        raise ModelError(f"{where}: unknown key {unknown[0]!r}; known are {', '.join(sorted(known))}")


def _list_of_tables(value: Any, where: str) -> list[dict[str, Any]]:
    if not isinstance(value, list) or not value or not all(isinstance(x, dict) for x in value):
        raise ModelError(f"{where} must be one or more tables, got {value!r}")
    return value


def _strings(value: Any, where: str) -> list[str]:
    if not isinstance(value, list) or not all(isinstance(x, str) for x in value):
        raise ModelError(f"{where} must be strings, got {value!r}")
    return value
