"""Copies of an environment, to try an action without taking it.

A copy is deep, with its generators of random numbers set anew, so that what is drawn in a step shows as a
difference between copies; what counts steps is set back. What cannot change may be shared, which a family of
environments knows of itself (`gymnasium_keys`).
"""

from __future__ import annotations

import copy
import random
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from functools import lru_cache
from typing import Any, NamedTuple

import numpy as np

from mdppower.errors import ModelError

Share = Callable[[Any, dict[int, Any]], None]
"""Puts what copies of an unwrapped environment may share into the memo of `copy.deepcopy`."""


class Counter(NamedTuple):
    """An attribute that counts steps."""

    layer: int
    """0 for the environment as given, 1 for that inside its outermost wrapper, …"""
    name: str
    start: int
    """Its value before the first step."""
    change: int
    """What a step adds."""


def layers(env: Any) -> list[Any]:
    """The environment, and those inside its wrappers, from outside."""
    import gymnasium

    found = [env]
    while isinstance(found[-1], gymnasium.Wrapper):
        found.append(found[-1].env)
    return found


class Copier:
    """Makes copies of one environment.

    Parameters
    ----------
    share : callable
        See `Share`.
    counters : sequence of Counter
        What is set back in each copy.
    """

    def __init__(self, share: Share, counters: tuple[Counter, ...] = ()) -> None:
        self._share, self.counters = share, counters
        self._seeded: tuple[int, list[Any]] = (0, [])

    def copy(self, env: Any, seed: int | None = None, steps: int = 0) -> Any:
        """A copy whose generators begin at `seed`, if given, and whose counters have seen so many steps.

        Raises
        ------
        ModelError
            It cannot be copied; the message names the attribute.
        """
        memo: dict[int, Any] = {}
        inside = layers(env)
        for layer in inside:
            for name in ("spec", "_cached_spec"):
                spec = vars(layer).get(name)
                if spec is not None:
                    memo[id(spec)] = spec
        self._share(inside[-1], memo)
        shared = set(memo)
        try:
            made = copy.deepcopy(env, memo)
        except Exception as error:  # an attribute may be of any class
            raise _no_copy(inside, error) from error
        if seed is not None:
            self._seeded = (
                seed,
                [thing for place, thing in memo.items() if place not in shared and _reseed(thing, seed)],
            )
        self.set_counters(made, steps)
        return made

    def drew(self) -> bool:
        """Whether a step after `copy` with a seed, and `seed_globals`, drew a number: of what it makes anew, no."""
        seed, generators = self._seeded
        shared = np.random.get_state(legacy=False)["state"]["pos"], random.getstate()[1][-1]  # noqa: NPY002
        return shared != (MT_FULL, MT_FULL) or any(_has_drawn(thing, seed) for thing in generators)

    def set_counters(self, env: Any, steps: int) -> None:
        """Set what counts steps to what it is after so many."""
        if self.counters:
            inside = layers(env)
            for counter in self.counters:
                vars(inside[counter.layer])[counter.name] = counter.start + steps * counter.change


def _no_copy(inside: list[Any], error: Exception) -> ModelError:
    """Which attribute it is that cannot be copied."""
    for layer in inside:
        for name, value in vars(layer).items():
            if name == "env":
                continue
            try:
                copy.deepcopy(value)
            except Exception as why:
                told = f"its attribute {name} cannot be: {type(why).__name__}: {why}"
                return ModelError(f"{type(layer).__name__} cannot be copied, by which its steps are tried; {told}")
    told = f"{type(error).__name__}: {error}"
    return ModelError(f"{type(inside[0]).__name__} cannot be copied, by which its steps are tried: {told}")


def _reseed(thing: Any, seed: int) -> bool:
    """Set a generator anew; whether it is one."""
    if isinstance(thing, np.random.Generator):
        thing.bit_generator.state = _first_state(type(thing.bit_generator), seed)
    elif isinstance(thing, np.random.RandomState):
        bits = thing._bit_generator
        bits.state = _first_state(type(bits), seed)
    elif isinstance(thing, random.Random) and not isinstance(thing, random.SystemRandom):
        thing.seed(seed)
    else:
        return False
    return True


MT_FULL = 624
"""Position of a Mersenne twister of which nothing was drawn."""


def _has_drawn(thing: Any, seed: int) -> bool:
    if isinstance(thing, random.Random):
        return bool(thing.getstate()[1][-1] != MT_FULL)
    bits: Any = thing.bit_generator if isinstance(thing, np.random.Generator) else thing._bit_generator
    state = bits.state
    held = state["state"]
    if isinstance(held, dict) and "pos" in held:
        return bool(held["pos"] != MT_FULL)
    kind: Any = type(bits)
    return repr(state) != repr(_first_state(kind, seed))


@lru_cache(maxsize=8192)
def _first_state(kind: Any, seed: int) -> Mapping[str, Any]:
    state: Mapping[str, Any] = kind(seed).state
    return state


def seed_globals(seed: int) -> None:
    """Set the generators that modules share: `numpy.random` and `random`."""
    np.random.seed(seed)  # noqa: NPY002  (an environment may draw from it)
    random.seed(seed)


@contextmanager
def globals_kept() -> Iterator[None]:
    """Leave the generators that modules share as they were."""
    ours, theirs = np.random.get_state(), random.getstate()  # noqa: NPY002
    try:
        yield
    finally:
        np.random.set_state(ours)  # noqa: NPY002
        random.setstate(theirs)
