"""Which actions a state has: masks that environments give, or that the user does.

Gymnasium has no rule for them. Taxi puts ``action_mask`` into `info`; others have a method, as those for
sb3-contrib's ``action_masks``. A masked action does not exist.
"""

from __future__ import annotations

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
        has any.
    info : mapping
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
    """

    def __init__(self, env: Any, mask: Any, info: Mapping[str, Any], count: int) -> None:
        if mask is not None and mask is not False and not callable(mask):
            raise ParameterError(f"mask must be a function of the environment, or False, got {quoted(mask)}")
        self._count, self.source = count, ""
        self._read: Callable[[Any, Any], Any] = _nothing
        if callable(mask):
            self._read, self.source = _of_base(mask), "mask="
        elif mask is None and isinstance(info, Mapping) and "action_mask" in info:
            self._read, self.source = _from_info, 'info["action_mask"]'
        elif mask is None:
            places = ((k, name) for k, layer in enumerate(layers(env)) for name in METHODS if _has(layer, name))
            place = next(places, None)
            if place is not None:
                self._read, self.source = _method(*place), f"{place[1]}()"
        self._looked = mask is None

    def of(self, env: Any, info: Any) -> BoolArray:
        """(A,) which actions there are where the environment now is; ModelError where that is no mask."""
        if not self.source:
            if self._looked and isinstance(info, Mapping) and "action_mask" in info:
                raise ModelError(
                    'info has an "action_mask" here, which it had not at reset: give mask=, or mask=False'
                )
            return np.ones(self._count, bool)
        return _truth(self._read(env, info), self._count, self.source)


def _nothing(env: Any, info: Any) -> Any:
    return None


def _from_info(env: Any, info: Any) -> Any:
    if not isinstance(info, Mapping) or "action_mask" not in info:
        raise ModelError('info has no "action_mask" here, which it had at reset')
    return info["action_mask"]


def _has(layer: Any, name: str) -> bool:
    return callable(getattr(layer, name, None))


def _method(depth: int, name: str) -> Callable[[Any, Any], Any]:
    """Of the outermost layer that has it: a wrapper may be what masks."""
    return _called(lambda env: getattr(layers(env)[depth], name)())


def _of_base(mask: Callable[[Any], Any]) -> Callable[[Any, Any], Any]:
    return _called(lambda env: mask(env.unwrapped))


def _called(mask: Callable[[Any], Any]) -> Callable[[Any, Any], Any]:
    def read(env: Any, info: Any) -> Any:
        try:
            return mask(env)
        except Exception as error:  # code of others may raise anything
            raise ModelError(f"the mask raised {type(error).__name__}: {error}") from error

    return read


def _truth(given: Any, count: int, source: str) -> BoolArray:
    """A mask as truth values; a tuple of masks is one for each part of the action, as Gymnasium's spaces take it."""
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
