"""Tables of NumPy (.npz), as consolidated deterministic MDPs are kept: what each action leads to, one number each.

    transitions        (S, A) integers: the successor's number; −1: the episode ends; −2: the state has no such action
    rewards            (S, A) numbers, optional: the reward of the MDP's own, see `mdppower.given_rewards`
    mdppower_labels    bytes, optional, which we write: names of states, actions and marks, and places, as JSON

Nothing is unpickled.
"""

from __future__ import annotations

import io
import json
from typing import Any

import numpy as np

from mdppower._schema import (
    Misfit,
    label,
    mapping,
    matrix,
    nothing_or,
    record,
    several,
    whole,
)
from mdppower._text import count, shorten
from mdppower._typing import AnyArray
from mdppower._warn import warn
from mdppower.errors import FileError, MDPPowerError, ModelError, SizeError
from mdppower.formats.npz_members import MOST_ENTRIES, Archive, PathLike
from mdppower.mdp.model import RewardlessMDP
from mdppower.mdp.own_reward import GivenRewards

ENDS, MISSING = -1, -2
"""What stands in a table in place of a successor."""
LABELS = "mdppower_labels"
BYTES_OF_A_NAME = 4096
READ = ("transitions", "rewards", LABELS)


def read_npz(path: PathLike) -> RewardlessMDP:
    """The deterministic MDP of a table.

    Parameters
    ----------
    path : str or path

    Returns
    -------
    RewardlessMDP
        As `RewardlessMDP.from_successor_table` makes it: where the episode ends, there is a state for that.

    Raises
    ------
    FileError
        It is no archive of NumPy, or damaged; it has no ``transitions``; one unpacks to another size than it says.
    ModelError
        The numbers are no table of successors.
    SizeError
        It has more than 2**26 numbers.
    """
    with Archive(path) as archive:
        name = archive.name
        if "transitions" not in archive.infos:
            there = f"it has {shorten(list(archive.infos))}" if archive.infos else "it is empty"
            raise FileError(f"{name}: there is no array 'transitions'; {there}")
        found = {array: archive.member(array) for array in READ if array in archive.infos}
        shape = found["transitions"].shape
        if len(shape) != 2 or 0 in shape or found["transitions"].dtype.kind not in "iu":
            told = f"{found['transitions'].dtype} of shape {shape}"
            raise ModelError(f"{name}: transitions must be a table (S, A) of integers, got {told}")
        if "rewards" in found and found["rewards"].shape != shape:
            told = f"those of transitions, {shape}, got {found['rewards'].shape}"
            raise ModelError(f"{name}: the sizes of rewards must be {told}")
        if LABELS in found and found[LABELS].info.file_size > _room(shape):
            raise FileError(f"{name}: {LABELS} has {found[LABELS].info.file_size:,} bytes, too many for {shape}")
        arrays = {array: archive.numbers(member) for array, member in found.items()}
        others = [array for array in archive.infos if array not in READ]
    if others:
        warn(f"{name}: not read: {shorten(others)}")
    try:
        labels = _labels(arrays[LABELS], shape) if LABELS in arrays else {}
        return RewardlessMDP.from_successor_table(
            arrays["transitions"],
            feasible=arrays["transitions"] != MISSING,  # else what is missing would be listed, too
            rewards=arrays.get("rewards"),
            **labels,
            origin={"source": name, "format": "a table of NumPy"},
        )
    except FileError as error:
        raise FileError(f"{name}: {error}") from None
    except MDPPowerError as error:
        raise ModelError(f"{name}: {error}") from None


def _labels(stored: AnyArray, shape: tuple[int, ...]) -> dict[str, Any]:
    """Names of states, actions and marks."""
    if stored.ndim != 1 or stored.dtype != np.uint8:
        raise Misfit("bytes, text as JSON", f"{stored.dtype} of shape {stored.shape}", LABELS)
    n_states, n_actions = shape
    read = record(
        {
            "states": nothing_or(several(label, n_states, n_states)),
            "actions": several(label, n_actions, n_actions),
            "marks": mapping(several(whole(0, n_states - 1))),
            "layout": nothing_or(matrix(n_states, 2)),
        }
    )
    try:
        told = read(json.loads(stored.tobytes()))
    except Misfit as error:
        raise error.inside(LABELS) from None
    except (ValueError, RecursionError) as error:
        raise FileError(f"{LABELS} is not JSON: {error}") from None
    found: dict[str, Any] = told
    return found


def _room(shape: tuple[int, ...]) -> int:
    """Bytes that names, marks and places may take: far more than they do."""
    return BYTES_OF_A_NAME * (sum(shape) + 1)


def npz_bytes(mdp: RewardlessMDP, reward: GivenRewards | None = None) -> memoryview:
    """The MDP as an archive of NumPy, which `read_npz` reads again.

    Parameters
    ----------
    mdp : RewardlessMDP
        Deterministic: a table has one successor an action.
    reward : GivenRewards, optional

    Raises
    ------
    ModelError
        Some action has several successors.
    SizeError
        States times names of actions are more than 2**26.

    Examples
    --------
    >>> mdp = RewardlessMDP.from_successors({"a": {"go": "b"}, "b": {"go": "b", "back": "a"}})
    >>> np.load(io.BytesIO(npz_bytes(mdp)))["transitions"].tolist()
    [[1, -2], [1, 0]]
    """
    if not mdp.is_deterministic:
        pair = int(np.argmax(np.diff(mdp.kernel.indptr) > 1))
        state, action = mdp.pair_label(pair)
        told = f"state {state!r}, action {action!r} leads to {count(len(mdp.pair_successors(pair)), 'state')}"
        raise ModelError(f"a table .npz holds deterministic MDPs alone: {told}; .nc, .drn and .toml hold this one")
    shape = (mdp.n_states, len(mdp.action_names))
    if shape[0] * shape[1] > MOST_ENTRIES:
        told = f"{count(shape[0], 'state')} times {count(shape[1], 'action name')}"
        raise SizeError(f"{told} are more numbers than the 2**26 of a table .npz; save the MDP as .nc")
    table = np.full(shape, MISSING, np.int64)
    table[mdp.pair_states, mdp.action_codes] = mdp.kernel.indices
    arrays: dict[str, Any] = {"transitions": table}
    if reward is not None:
        earned = np.zeros(shape)
        earned[mdp.pair_states, mdp.action_codes] = reward.expected
        arrays["rewards"] = earned
    told_labels = {
        "states": None if mdp.has_default_labels else mdp.states,
        "actions": mdp.action_names,
        "marks": {mark: list(where) for mark, where in mdp.marks.items()},
        "layout": None if mdp.layout is None else mdp.layout.tolist(),
    }
    arrays[LABELS] = np.frombuffer(json.dumps(told_labels).encode(), np.uint8)
    if len(arrays[LABELS]) + 1000 > _room(shape):
        raise SizeError("names and marks are too long for a table .npz; save the MDP as .nc")
    buffer = io.BytesIO()
    np.savez_compressed(buffer, **arrays)
    return buffer.getbuffer()
