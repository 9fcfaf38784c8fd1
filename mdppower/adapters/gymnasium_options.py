"""Arguments of an environment: what a text means as a value, and whether a value is of the kind that is expected.

``--set is_slippery=False`` is no string, and to Python any text is true. Read are words for truth and nothing, as
Python and YAML spell them; numbers; what JSON or Python write in quotes, brackets or braces; and else one word, which
is a string, such as 8x8 or rgb_array. What is none of these, such as a bracket that nobody closed, is refused.
"""

from __future__ import annotations

import ast
import inspect
import json
import re
from collections.abc import Mapping
from typing import Any

import numpy as np

from mdppower._text import did_you_mean, near_names
from mdppower.errors import ParameterError

WORDS: dict[str, Any] = {
    "true": True, "yes": True, "on": True,
    "false": False, "no": False, "off": False,
    "none": None, "null": None, "~": None,
    "nan": float("nan"), ".nan": float("nan"),
} | {sign + word: float(sign + "inf") for sign in ("", "+", "-") for word in ("inf", ".inf", "infinity")}  # fmt: skip
"""In any case of the letters."""

_NUMBER = re.compile(r"[+-]?[\d._]+(e[+-]?\d*)?|[+-]?0[xob]\w*", re.IGNORECASE)
_WORD = re.compile(r"[\w.~/\\][\w.~/\\:@+-]*")
_WRITTEN = tuple("[{(\"'")


def read_value(text: str) -> Any:
    """The value that a text means.

    Raises
    ------
    ValueError
        It is none; the message says what was expected.

    Examples
    --------
    >>> [read_value(text) for text in ("False", "off", "None", "0x10", "1_000", "8x8", "[true, 2]", "'False'")]
    [False, False, None, 16, 1000, '8x8', [True, 2], 'False']
    """
    word = text.strip()
    if word.lower() in WORDS:
        return WORDS[word.lower()]
    if _NUMBER.fullmatch(word):
        return _number(word)
    if word.startswith(_WRITTEN):
        return _written(word)
    if _WORD.fullmatch(word) and any(letter.isalpha() for letter in word):
        return word
    written = json.dumps(word, ensure_ascii=False)
    raise ValueError(f"neither a number, a word, nor JSON; a string is {written}, in quotes")


def _number(text: str) -> int | float:
    for kind in (lambda: int(text, 0), lambda: float(text)):
        try:
            number: int | float = kind()
        except ValueError:
            continue
        # 007 is 7 to one reader, an error to another, and 08 a decimal.
        if not re.match(r"[+-]?0\d", text):
            return number
    raise ValueError(f'not a number; a string is "{text}", in quotes')


def _written(text: str) -> Any:
    """A list, a mapping or a string, as JSON or Python write it."""
    try:
        return json.loads(text, object_pairs_hook=_once)
    except _TwiceError:
        raise ValueError("a mapping with a key twice") from None
    except (ValueError, RecursionError):
        pass
    try:
        tree = ast.parse(text, mode="eval")
        if any(len({ast.dump(k) for k in node.keys if k}) < len(node.keys) for node in _mappings(tree)):
            raise ValueError("a mapping with a key twice")
        value = ast.literal_eval(tree)
    except (ValueError, SyntaxError, TypeError, MemoryError, RecursionError):
        value = ...
    if not _is_plain(value):
        raise ValueError("begins like JSON, and is neither that nor a list, dict or string of Python")
    return value


class _TwiceError(Exception):
    """A key is given twice."""


def _once(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    if len({key for key, _ in pairs}) < len(pairs):
        raise _TwiceError
    return dict(pairs)


def _mappings(tree: ast.AST) -> list[ast.Dict]:
    return [node for node in ast.walk(tree) if isinstance(node, ast.Dict)]


def _is_plain(value: Any) -> bool:
    """Whether JSON could have said it, tuples and numbers as keys apart: no set, which has no order."""
    if isinstance(value, dict):
        return all(_is_plain(part) for pair in value.items() for part in pair)
    if isinstance(value, list | tuple):
        return all(map(_is_plain, value))
    return value is None or isinstance(value, str | int | float)


FAMILIES = {"MiniGrid-": "minigrid", "BabyAI-": "minigrid"}
"""Beginnings of ids, and the module that registers them when it is imported."""


def full_id(name: str) -> str:
    """The id with its module, where it is of a known family that is not registered: Gymnasium imports that.

    Examples
    --------
    >>> full_id("FrozenLake-v1"), full_id("BabyAI-Nowhere-v0")
    ('FrozenLake-v1', 'minigrid:BabyAI-Nowhere-v0')
    """
    import gymnasium

    module = next((module for start, module in FAMILIES.items() if name.startswith(start)), None)
    return name if module is None or name in gymnasium.registry else f"{module}:{name}"


def require_kinds(name: str, options: Mapping[str, Any]) -> None:
    """Refuse an argument that there is not, and what is no truth value, or a text, for one that is such by default.

    Parameters
    ----------
    name : str
        The id of an environment.
    options : mapping
        Arguments that it is going to be made with.

    Raises
    ------
    ParameterError
        There is such an option; with a near name.

    Examples
    --------
    >>> require_kinds("FrozenLake-v1", {"is_slippery": False, "map_name": "8x8"})
    >>> require_kinds("FrozenLake-v1", {"is_slippery": "Flase"})
    Traceback (most recent call last):
    mdppower.errors.ParameterError: FrozenLake-v1: is_slippery must be True or False, got 'Flase'
    >>> require_kinds("CliffWalking-v1", {"slip": 0.1})
    Traceback (most recent call last):
    mdppower.errors.ParameterError: CliffWalking-v1 has no argument 'slip'; it takes render_mode, is_slippery
    """
    import gymnasium

    try:
        spec = gymnasium.spec(name)
        entry = spec.entry_point
        maker = gymnasium.envs.registration.load_env_creator(entry) if isinstance(entry, str) else entry
        known = inspect.signature(maker).parameters if maker is not None else {}
        given_to_make = inspect.signature(gymnasium.make).parameters
    except Exception:  # `make` will say what is wrong
        return
    takes_all = not known or any(one.kind is one.VAR_KEYWORD for one in known.values())
    strange = [option for option in options if option not in known and option not in given_to_make]
    if strange and not takes_all:
        near = did_you_mean(near_names(strange[0], list(known)))
        hint = f"{near} It takes" if near else "it takes"
        raise ParameterError(f"{name} has no argument {strange[0]!r}; {hint} {', '.join(known) or 'none'}")
    for option in options.keys() & known.keys():
        value, default = options[option], spec.kwargs.get(option, known[option].default)
        if "str" in str(known[option].annotation):
            continue
        truth = value is None or isinstance(value, bool | np.bool_) or (isinstance(value, int) and value in (0, 1))
        if isinstance(default, bool) and not truth:
            raise ParameterError(f"{name}: {option} must be True or False, got {value!r}")
        if isinstance(default, int | float) and isinstance(value, str):
            raise ParameterError(f"{name}: {option} must be a number, such as {default!r}, got {value!r}")
