"""What tells the states of an environment apart: the user's `key=`, or what is known of its family.

======================= ============================================================================
key=function            of the unwrapped environment; of the wrapped one, where a wrapper may act
key=("x", "agent.y")    what attributes of these names hold
key="observation"       what `step` observes, where that is all there is to know
Minigrid                the full grid, where the agent is and looks, what it carries
toy-text                the attribute s; Blackjack: all hands
get_state()             of environments that have it, whole
======================= ============================================================================

An observation is no default: it may show a part of the state only.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from mdppower._typing import Label
from mdppower.adapters.gymnasium_attributes import attribute_names, read_attributes
from mdppower.adapters.gymnasium_copies import Share
from mdppower.adapters.gymnasium_minigrid import (
    is_minigrid,
    minigrid_key,
    minigrid_labels,
    minigrid_marks,
    share_minigrid,
)
from mdppower.adapters.gymnasium_spaces import Key, as_label, distinct_labels, exact_key, user_key
from mdppower.adapters.gymnasium_table import grid_labels
from mdppower.adapters.gymnasium_wrappers import acting_wrapper
from mdppower.errors import ModelError

Named = tuple[list[Label], Any, Mapping[str, list[int]]]
"""Labels, layout or None, marks."""


@dataclass(frozen=True)
class Reading:
    """How the state of an environment is read.

    Attributes
    ----------
    told : str
        What the key is, in words.
    read : callable
        (environment, observation) → key.
    called : callable
        Keys → labels, layout, marks.
    share : Share
        What copies may share.
    drawn : callable or None
        Of a key, what `reset` may draw and no step from one start to another changes.
    names : tuple of str
        Of the parts of a key, where these have names.
    """

    told: str
    read: Callable[[Any, Any], Key]
    called: Callable[[Sequence[Any], Any], Named]
    share: Share
    drawn: Callable[[Any], Any] | None = None
    names: tuple[str, ...] = ()


def reading_of(env: Any, key: Any) -> Reading | None:
    """How to read the state of an environment; None where nobody said and nothing is known.

    Parameters
    ----------
    env : gymnasium.Env
        After a reset.
    key : callable, "observation", names of attributes, or None

    Raises
    ------
    ParameterError
        `key` is nothing of the above.
    """
    base = env.unwrapped
    minigrid, toy, share = is_minigrid(base), _is_toy_text(base), share_of(base)
    if callable(key):
        return Reading("key=", _called(key, bool(acting_wrapper(env))), _plain_names, share)
    if key == "observation":
        return Reading("the observation", _observed, _plain_names, share)
    if key is not None:
        names = attribute_names(key)
        told = f"{'attribute' if len(names) == 1 else 'attributes'} {', '.join(names)}"
        return Reading(told, lambda env, _: read_attributes(env, names), _plain_names, share, names=names)
    if minigrid and not hasattr(base, "instrs"):  # BabyAI's instructions remember what was done
        told = "Minigrid: the grid, where the agent is and looks, what it carries"
        return Reading(told, lambda env, _: minigrid_key(env.unwrapped), _minigrid_names, share, lambda key: key[5])
    if toy and hasattr(base, "s"):
        return Reading("s", lambda env, _: exact_key(env.unwrapped.s), grid_labels, share)
    if toy and hasattr(base, "player") and hasattr(base, "dealer"):
        return Reading("the hands of player and dealer", _hands, _plain_names, share)
    if callable(getattr(base, "get_state", None)):
        return Reading("get_state()", _get_state, _plain_names, share)
    return None


def share_of(base: Any) -> Share:
    """What copies of an unwrapped environment may share."""
    return share_minigrid if is_minigrid(base) else _share_tables if _is_toy_text(base) else _share_nothing


def _is_toy_text(base: Any) -> bool:
    return type(base).__module__.startswith("gymnasium.envs.toy_text.")


def _share_nothing(base: Any, memo: dict[int, Any]) -> None:
    pass


def _share_tables(base: Any, memo: dict[int, Any]) -> None:
    """Toy-text: its table and map, which no step changes."""
    for name in ("P", "desc", "initial_state_distrib", "action_space", "observation_space", "_cliff"):
        value = vars(base).get(name)
        if value is not None:
            memo[id(value)] = value


def _called(key: Callable[[Any], Any], wrapped: bool) -> Callable[[Any, Any], Key]:
    hint = "; what key= is given is the environment as wrapped: env.unwrapped is inside" if wrapped else ""

    def read(env: Any, observation: Any) -> Key:
        try:
            given = key(env if wrapped else env.unwrapped)
        except Exception as error:  # code of the user's
            raise ModelError(f"key= raised {type(error).__name__}: {error}{hint}") from error
        return user_key(given)

    return read


def _observed(env: Any, observation: Any) -> Key:
    try:
        return exact_key(observation)
    except ModelError as error:
        raise ModelError(f"the observation cannot be a key: {error}") from None


def _hands(env: Any, observation: Any) -> Key:
    base = env.unwrapped
    return exact_key((tuple(base.player), tuple(base.dealer)))


def _get_state(env: Any, observation: Any) -> Key:
    try:
        return exact_key(env.unwrapped.get_state())
    except ModelError as error:
        raise ModelError(f"what get_state() gives is not plain: {error}; give key=") from None
    except Exception as error:  # code of others
        raise ModelError(f"get_state() raised {type(error).__name__}: {error}; give key=") from error


def _plain_names(keys: Sequence[Any], base: Any) -> Named:
    """Labels of keys; a layout where all begin with a row and a column, and those differ."""
    labels = distinct_labels(map(as_label, keys))
    return labels, place_of_labels(labels), {}


def place_of_labels(labels: Sequence[Label]) -> list[tuple[int, int]] | None:
    """(row, column) of labels that all begin with two integers, and of which no other part is one."""
    places = []
    for label in labels:
        if not isinstance(label, tuple) or len(label) < 2 or not all(type(part) is int for part in label[:2]):
            return None
        if len(label) > 2 and any(type(part) is int for part in label[2:]):
            return None
        places.append((label[0], label[1]))
    return places


def _minigrid_names(keys: Sequence[Any], base: Any) -> Named:
    labels, places = minigrid_labels(keys)
    return labels, places, minigrid_marks(keys)
