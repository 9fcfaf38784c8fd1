"""Which actions a state has: masks that environments give, or that the user does.

Gymnasium has no rule for them. Taxi puts ``action_mask`` into `info`, PettingZoo's games into the observation; others
have a method, as those for sb3-contrib's ``action_masks``. A masked action does not exist.
"""

from __future__ import annotations

import inspect
from collections.abc import Callable, Mapping
from typing import Any

import numpy as np

from mdppower._quotes import quoted
from mdppower._typing import BoolArray
from mdppower.adapters.gymnasium_copies import layers
from mdppower.errors import ModelError, ParameterError

METHODS = ("action_masks", "action_mask", "get_action_mask")
"""Names of methods that give a mask, looked for in this order."""


class Masks:
    """Reads masks of one environment.

    Parameters
    ----------
    env : gymnasium.Env
    mask : callable, bool or None
        A function of the unwrapped environment; False: there are no masks; None: those of the environment, where it
        has any; True: those, which it must have.
    observation, info
        What `reset` gave.
    count : int
        Of actions.

    Attributes
    ----------
    source : str
        Where masks come from, in words; empty where there are none.

    Raises
    ------
    ParameterError
        `mask` is nothing of the above.
    ModelError
        `mask` is True, and the environment has none.
    """

    def __init__(self, env: Any, mask: Any, observation: Any, info: Any, count: int) -> None:
        require_mask(mask)
        self._count, self.source = count, ""
        self._read: Read = _nothing
        self._looked = mask is None or mask is True
        given = {"info": info, "observation": observation}
        told = next((name for name, held in given.items() if _has_mask(held)), None)
        if callable(mask):
            self._read, self.source = _of_base(mask), "mask="
        elif self._looked and told is not None:
            self._read, self.source = _from(told), f'{told}["action_mask"]'
        elif self._looked:
            places = ((k, name) for k, layer in enumerate(layers(env)) for name in METHODS if _has(layer, name))
            place = next(places, None)
            if place is not None:
                self._read, self.source = _method(*place), f"{place[1]}()"
        if mask is True and not self.source:
            raise ModelError(
                'mask=True, and there is none: no "action_mask" in info or in the observation, no method '
                f"{' or '.join(METHODS)}; give a function of the environment"
            )

    def of(self, env: Any, observation: Any, info: Any) -> BoolArray:
        """(A,) which actions there are where the environment now is; ModelError where that is no mask."""
        if not self.source:
            if self._looked and _has_mask(info):
                raise ModelError(
                    'info has an "action_mask" here, which it had not at reset: give mask=, or mask=False'
                )
            return np.ones(self._count, bool)
        return as_mask(self._read(env, observation, info), self._count, self.source)


Read = Callable[[Any, Any, Any], Any]
"""(environment, observation, info) → a mask."""


def require_mask(mask: Any) -> None:
    """Raise ParameterError where `mask` is nothing that `Masks` takes."""
    if mask is not None and not isinstance(mask, bool) and not callable(mask):
        raise ParameterError(f"mask must be a function of the environment, True or False, got {quoted(mask)}")


def _nothing(env: Any, observation: Any, info: Any) -> Any:
    return None


def _has_mask(given: Any) -> bool:
    return isinstance(given, Mapping) and "action_mask" in given


def _from(told: str) -> Read:
    def read(env: Any, observation: Any, info: Any) -> Any:
        given = info if told == "info" else observation
        if not _has_mask(given):
            raise ModelError(f'{told} has no "action_mask" here, which it had at reset')
        return given["action_mask"]

    return read


def _has(layer: Any, name: str) -> bool:
    """Whether there is such a method, which asks for nothing: one that takes a state is asked of tables."""
    method = getattr(layer, name, None)
    return callable(method) and required_arguments(method) == 0


def required_arguments(method: Callable[..., Any]) -> int:
    """How many arguments must be given.

    Examples
    --------
    >>> required_arguments(lambda state, depth=1: state)
    1
    """
    try:
        known = inspect.signature(method).parameters.values()
    except (TypeError, ValueError):  # of a builtin
        return 0
    plain = (inspect.Parameter.POSITIONAL_ONLY, inspect.Parameter.POSITIONAL_OR_KEYWORD)
    return sum(1 for one in known if one.default is one.empty and one.kind in plain)


def _method(depth: int, name: str) -> Read:
    """Of the outermost layer that has it: a wrapper may be what masks."""
    return _called(lambda env: getattr(layers(env)[depth], name)())


def _of_base(mask: Callable[[Any], Any]) -> Read:
    return _called(lambda env: mask(env.unwrapped))


def _called(mask: Callable[[Any], Any]) -> Read:
    def read(env: Any, observation: Any, info: Any) -> Any:
        try:
            return mask(env)
        except Exception as error:  # code of others may raise anything
            raise ModelError(f"the mask raised {type(error).__name__}: {error}") from error

    return read


def as_mask(given: Any, count: int, source: str) -> BoolArray:
    """A mask as truth values; a tuple of masks is one for each part of the action, as Gymnasium's spaces take it.

    Raises
    ------
    ModelError
        It is not 0 or 1 for each of so many actions.
    """
    if isinstance(given, tuple) and given and all(np.ndim(part) == 1 for part in given):
        whole = np.ones(1, bool)
        for part in given:
            whole = np.logical_and.outer(whole, _flags(part, source)).ravel()
        given = whole
    mask = _flags(given, source).ravel()
    if mask.size != count:
        raise ModelError(f"{source} has {mask.size} entries for {count} actions")
    return mask


def _flags(given: Any, source: str) -> BoolArray:
    try:
        array = np.asarray(given)
        plain = array.dtype.kind in "biuf"
    except ValueError:
        plain = False
    if not plain:
        raise ModelError(f"{source} is not 0 or 1 for each action: {quoted(given)}")
    strange = array[(array != 0) & (array != 1)]
    if strange.size:
        raise ModelError(f"{source} is neither 0 nor 1 for an action: {quoted(strange.ravel()[0].item())}")
    return np.asarray(array, dtype=bool)
