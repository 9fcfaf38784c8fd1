"""Keys made of attributes by name: ``key=("x", "agent.load")``, on the command line ``--set key=x,agent.load``."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from typing import Any

from mdppower._quotes import quoted
from mdppower._text import did_you_mean, near_names
from mdppower.adapters.gymnasium_copies import layers
from mdppower.adapters.gymnasium_spaces import Key, exact_key
from mdppower.errors import ModelError, ParameterError

_NAME = re.compile(r"[^\W\d]\w*(\.\w+)*")


def attribute_names(key: Any) -> tuple[str, ...]:
    """The names in a key that is one, or a tuple or list of them, or a text of them with commas between.

    Raises
    ------
    ParameterError
        It is nothing of that kind, or has a name twice.

    Examples
    --------
    >>> attribute_names("x, unwrapped.agent.battery"), attribute_names(("x",))
    (('x', 'unwrapped.agent.battery'), ('x',))
    """
    parts = key.split(",") if isinstance(key, str) else key
    if not isinstance(parts, tuple | list) or not parts or not all(isinstance(part, str) for part in parts):
        raise ParameterError(
            'key must be a function of the environment, names of attributes such as ("x", "y"), or "observation", '
            f"got {quoted(key)}"
        )
    names = tuple(part.strip() for part in parts)
    for name in names:
        if not _NAME.fullmatch(name):
            raise ParameterError(f"key has {quoted(name)}, which is no name of an attribute")
    if len(set(names)) < len(names):
        raise ParameterError(f"key has an attribute twice: {', '.join(names)}")
    return names


def read_attributes(env: Any, names: Sequence[str]) -> Key:
    """What attributes hold, as a key: of one name the value itself, of several a tuple.

    The first part of a name is looked for from the outermost wrapper inwards; what follows a dot is an attribute of
    that, the value of a mapping, or the number of an entry.

    Raises
    ------
    ModelError
        There is no such attribute, or it holds an object.
    """
    held = []
    for name in names:
        value = _value(env, name)
        try:
            held.append(exact_key(value))
        except ModelError as error:
            inside = [f"{name}.{part}" for part in getattr(value, "__dict__", {})]
            hint = f"; it has {', '.join(inside[:6])}" if inside else ""
            raise ModelError(f"key= names {name}, which cannot be compared: {error}{hint}") from None
    return held[0] if len(names) == 1 else tuple(held)


def _value(env: Any, name: str) -> Any:
    first, *rest = name.split(".")
    owner = next((layer for layer in layers(env) if hasattr(layer, first)), None)
    if owner is None:
        known = [one for layer in layers(env) for one in vars(layer)]
        near = did_you_mean(near_names(first, known))
        hint = f"; {near}" if near else ""
        raise ModelError(
            f"key= names {quoted(name)}, and {type(env.unwrapped).__name__} has no {quoted(first)}{hint}"
        )
    value = getattr(owner, first)
    for k, part in enumerate(rest):
        try:
            value = _part(value, part)
        except (AttributeError, LookupError):
            so_far = ".".join([first, *rest[:k]])
            raise ModelError(
                f"key= names {quoted(name)}, and {so_far}, a {type(value).__name__}, has no {quoted(part)}"
            ) from None
    return value


def _part(value: Any, name: str) -> Any:
    if name.isdecimal():
        return value[int(name)] if not isinstance(value, Mapping) or int(name) in value else value[name]
    return value[name] if isinstance(value, Mapping) and name in value else getattr(value, name)
