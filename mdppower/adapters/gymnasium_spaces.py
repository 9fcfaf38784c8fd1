"""Spaces as finite lists, and values as keys and labels.

Actions are listed where a space has finitely many. What an observation, or an attribute, holds becomes a *key*: a
plain value that is compared exactly, in which an array is its dtype, its shape and its bytes, and in which 1, 1.0
and True differ. A *label* is what a person reads of a key; two keys may read alike, and are then numbered.
"""

from __future__ import annotations

import enum
import hashlib
import itertools
import math
from collections import deque
from collections.abc import Hashable, Iterable, Mapping, Sequence, Set
from typing import Any, TypeAlias

import numpy as np

from mdppower._quotes import quoted
from mdppower._schema import DEEPEST
from mdppower._text import MOST_BITS
from mdppower._typing import Label
from mdppower.adapters.gymnasium_wrappers import NEUTRAL
from mdppower.errors import ModelError

Key: TypeAlias = Hashable
"""A plain value; see `exact_key`."""

MOST_ACTIONS = 10_000
"""Of an action space that is listed."""

READ_OUT = 64
"""Most entries of an array that a label spells out."""


def listed_actions(env: Any) -> tuple[list[Any], list[Label]]:
    """All actions of an environment's action space, as `step` takes them, and their labels.

    Parameters
    ----------
    env : gymnasium.Env

    Returns
    -------
    actions : list
    labels : list of Label
        Names of ``env.unwrapped.actions`` where that is an IntEnum of just these numbers, as Minigrid has it, and
        no wrapper may change what they do;
        else the numbers, tuples of these for MultiDiscrete, MultiBinary and Tuple, and pairs (name, number) for Dict.

    Raises
    ------
    ModelError
        There are infinitely many, or more than 10,000.

    Examples
    --------
    >>> import gymnasium
    >>> env = gymnasium.Env()
    >>> env.action_space = gymnasium.spaces.Discrete(2, start=5)
    >>> listed_actions(env)
    ([5, 6], [5, 6])
    >>> env.action_space = gymnasium.spaces.MultiDiscrete([2, 2])
    >>> listed_actions(env)[1]
    [(0, 0), (0, 1), (1, 0), (1, 1)]
    """
    space = getattr(env, "action_space", None)
    size = _size(space)
    if size is None:
        raise ModelError(f"actions must be discrete to be listed, and action_space is {quoted(space)}")
    if size > MOST_ACTIONS:
        raise ModelError(f"action_space has {size:,} actions; up to {MOST_ACTIONS:,} are listed")
    actions = _values(space)
    names: Any = getattr(env.unwrapped, "actions", None)
    if isinstance(names, type) and issubclass(names, enum.IntEnum) and not _is_rewritten(env):
        called = {int(member): member.name for member in names}
        if all(isinstance(action, int) and action in called for action in actions):
            return actions, [called[action] for action in actions]
    return actions, [as_label(exact_key(action)) for action in actions]


def _is_rewritten(env: Any) -> bool:
    """Whether a wrapper has a step of its own, in which an action may become another."""
    from gymnasium import ObservationWrapper, RewardWrapper, Wrapper

    plain = (Wrapper.step, ObservationWrapper.step, RewardWrapper.step)
    while isinstance(env, Wrapper):
        known = type(env).__module__.startswith("gymnasium.wrappers.") and type(env).__name__ in NEUTRAL
        if type(env).step not in plain and not known:
            return True
        env = env.env
    return False


def _size(space: Any) -> int | None:
    """How many values a space has; None where they cannot be listed."""
    from gymnasium import spaces

    if isinstance(space, spaces.Discrete):
        return int(space.n)
    if isinstance(space, spaces.MultiDiscrete):
        return math.prod(map(int, space.nvec.ravel()))
    if isinstance(space, spaces.MultiBinary):
        return int(2 ** math.prod(space.shape))
    if isinstance(space, spaces.Tuple | spaces.Dict):
        sizes = [size for part in _parts(space) if (size := _size(part)) is not None]
        return math.prod(sizes) if len(sizes) == len(_parts(space)) else None
    return None


def _parts(space: Any) -> list[Any]:
    return list(space.spaces.values() if isinstance(space.spaces, Mapping) else space.spaces)


def _values(space: Any) -> list[Any]:
    """All values of a space of which `_size` knows the number, in lexicographic order."""
    from gymnasium import spaces

    if isinstance(space, spaces.Discrete):
        return list(range(int(space.start), int(space.start + space.n)))
    if isinstance(space, spaces.MultiDiscrete | spaces.MultiBinary):
        counts = np.asarray(space.nvec) if isinstance(space, spaces.MultiDiscrete) else np.full(space.shape, 2)
        first = np.asarray(getattr(space, "start", np.zeros(counts.shape, int)))
        choices = itertools.product(*(range(n) for n in counts.ravel().tolist()))
        return [(first + np.array(one).reshape(counts.shape)).astype(space.dtype) for one in choices]
    choices = itertools.product(*map(_values, _parts(space)))
    if isinstance(space, spaces.Dict):
        return [dict(zip(space.spaces, one, strict=True)) for one in choices]
    return list(choices)


# ---------------------------------------------------------------------- keys


class Kind(enum.Enum):
    """What a key that is neither int, str, None nor a tuple was: it stands first, so that no tuple equals one."""

    BOOL = "bool"
    FLOAT = "float"
    BYTES = "bytes"
    ARRAY = "array"
    LIST = "list"
    MAPPING = "mapping"
    SET = "set"

    def __repr__(self) -> str:
        return self.value


def exact_key(value: Any, depth: int = 0) -> Key:
    r"""What a value holds, as a key: hashable, plain, and equal for equal values of equal types only.

    Parameters
    ----------
    value : any
        Numbers, texts, None, arrays of these, and tuples, lists, mappings and sets of them.

    Returns
    -------
    Key
        int, str and None as they are, tuples of keys, and for all else a tuple that begins with its `Kind`.

    Raises
    ------
    ModelError
        It holds something else, such as an object.

    Examples
    --------
    >>> import numpy as np
    >>> exact_key((np.int64(3), "a"))
    (3, 'a')
    >>> exact_key(1.0) == exact_key(1), exact_key(True) == exact_key(1)
    (False, False)
    >>> exact_key(np.array([1, 2], np.int8))
    (array, '|i1', (2,), b'\x01\x02')
    """
    if depth > DEEPEST:
        raise ModelError(f"a key is nested at most {DEEPEST} deep")
    if isinstance(value, enum.Enum):
        value = value.value
    if isinstance(value, np.generic) and value.dtype.kind in "biufU":
        value = value.item()
    if value is None or type(value) is int or type(value) is str:
        return value
    if isinstance(value, bool):
        return (Kind.BOOL, str(value))
    if isinstance(value, float):
        return (Kind.FLOAT, float.__repr__(value))
    if isinstance(value, int):
        return int.__int__(value)
    if isinstance(value, str):
        return str.__str__(value)
    if isinstance(value, bytes):
        return (Kind.BYTES, value)
    if isinstance(value, np.ndarray) and value.dtype.kind in "biufS":
        return (Kind.ARRAY, value.dtype.str, value.shape, np.ascontiguousarray(value).tobytes())
    if isinstance(value, np.ndarray):
        return (Kind.ARRAY, value.dtype.str, value.shape, exact_key(tuple(value.ravel().tolist()), depth + 1))
    if isinstance(value, tuple | list | deque):
        parts = tuple(exact_key(part, depth + 1) for part in value)
        return parts if isinstance(value, tuple) else (Kind.LIST, parts)
    if isinstance(value, Mapping):
        return (Kind.MAPPING, frozenset((exact_key(k, depth + 1), exact_key(v, depth + 1)) for k, v in value.items()))
    if isinstance(value, Set):
        return (Kind.SET, frozenset(exact_key(part, depth + 1) for part in value))
    raise ModelError(f"a {type(value).__name__} is no plain value")


def as_label(key: Key) -> Label:
    """What a person reads of a key; see `distinct_labels`. Of an image, its size and the begin of a hash.

    Examples
    --------
    >>> import numpy as np
    >>> [as_label(exact_key(value)) for value in (7, True, 0.5, None, np.array([[1, 2]]), {"x": 1}, (1, None))]
    [7, 'True', '0.5', 'none', ((1, 2),), (('x', 1),), (1, 'none')]
    """
    if isinstance(key, int):
        return key if key.bit_length() <= MOST_BITS else f"{key:#x}"
    if isinstance(key, str):
        return key
    if key is None:
        return "none"
    if isinstance(key, frozenset):
        return tuple(sorted(map(as_label, key), key=repr))
    assert isinstance(key, tuple)
    if not key or not isinstance(key[0], Kind):
        return tuple(map(as_label, key))
    kind, held = key[0], key[-1]
    if kind is Kind.ARRAY:
        return _array_label(*key[1:])
    return quoted(held) if kind is Kind.BYTES else as_label(held)


def _array_label(dtype: str, shape: tuple[int, ...], data: Any) -> Label:
    if math.prod(shape) > READ_OUT:
        held = data if isinstance(data, bytes) else repr(data).encode()
        return f"{' × '.join(map(str, shape))} array {hashlib.sha256(held).hexdigest()[:8]}"
    if isinstance(data, tuple):
        return as_label(data)
    return _nested(np.frombuffer(data, np.dtype(dtype)).reshape(shape).tolist())


def _nested(value: Any) -> Label:
    if isinstance(value, list):
        return tuple(map(_nested, value))
    return value if type(value) is int else str(value)


def distinct_labels(labels: Iterable[Label]) -> list[Label]:
    """The labels, numbered from the second on where several are the same.

    Examples
    --------
    >>> distinct_labels(["a", (1, 2), "a", (1, 2), "a"])
    ['a', (1, 2), 'a#2', (1, 2, '#2'), 'a#3']
    """
    found: dict[Label, int] = {}
    taken: set[Label] = set()
    made: list[Label] = []
    for label in labels:
        found[label] = k = found.get(label, 0) + 1
        name = label
        while name in taken or (name is label and k > 1):
            name = (*label, f"#{k}") if isinstance(label, tuple) else f"{label}#{k}"
            k += 1
        taken.add(name)
        made.append(name)
    return made


def user_key(value: Any) -> Key:
    """What a function of the user's gave as a key.

    Raises
    ------
    ModelError
        It is not hashable, which Python asks of keys, or it is hashable by its identity alone, as objects are.

    Examples
    --------
    >>> user_key([1, 2])
    Traceback (most recent call last):
    mdppower.errors.ModelError: key is not hashable: [1, 2] is a list; give a tuple
    """
    if isinstance(value, list | dict | set | deque):
        raise ModelError(f"key is not hashable: {quoted(value)} is a {type(value).__name__}; give a tuple")
    try:
        return exact_key(value)
    except ModelError as error:
        inside: Sequence[Any] = value if isinstance(value, tuple) else [value]
        kinds = ", ".join(dict.fromkeys(type(part).__name__ for part in inside))
        raise ModelError(
            f"key must be plain (int, str, array, or a tuple of these) to be compared exactly, got {kinds}: {error}"
        ) from None
