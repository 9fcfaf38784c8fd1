"""One step of an environment from a known state, in a copy, and what it showed."""

from __future__ import annotations

import copy
import itertools
from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Any, NamedTuple

import numpy as np

from mdppower._quotes import quoted
from mdppower._text import shorten
from mdppower._typing import BoolArray, Label
from mdppower.adapters.gymnasium_calls import five_values, told_error
from mdppower.adapters.gymnasium_copies import Copier, seed_globals
from mdppower.adapters.gymnasium_keys import Reading
from mdppower.adapters.gymnasium_masks import Masks
from mdppower.adapters.gymnasium_spaces import Key
from mdppower.errors import ModelError

SEEDS = 4096
"""Of the generators, one after another: what is drawn in one step of a hundred must not be missed in all of them."""


class Outcome(NamedTuple):
    """What a step showed."""

    key: Key
    terminated: bool
    truncated: bool
    reward: Any
    mask: tuple[bool, ...]
    """Of the state that it led to; empty where the episode ended."""
    drew: bool
    """Whether it drew random numbers, of which there may be no effect."""

    def differs(self, other: Outcome) -> bool:
        """Whether another step did something else; what it earned may be another."""
        return (self.key, self.terminated, self.mask) != (other.key, other.terminated, other.mask)


class Arrival(NamedTuple):
    """An environment in some state, what it observed there, and what it may do next."""

    env: Any
    observation: Any
    mask: BoolArray
    own: bool
    """Whether an action led from the state to itself."""


@dataclass
class World:
    """All that is needed to step an environment from any of its states.

    Attributes
    ----------
    reading, masks, copier
        What its state is, which actions it has there, how it is copied.
    actions, names : list
        As `step` takes them, and their labels.
    base : gymnasium.Env
        Unwrapped, for the labels of states.
    tries : int
        How often each pair is stepped.
    goes_on : bool
        Whether steps after the end of an episode are taken, too.
    seeds : iterator of int
        For generators of copies.
    """

    reading: Reading
    masks: Masks
    copier: Copier
    actions: list[Any]
    names: list[Label]
    base: Any
    tries: int
    goes_on: bool
    seeds: Iterator[int] = field(default_factory=lambda: itertools.cycle([*range(1, SEEDS), 0]))

    def name(self, key: Key, *beside: Key) -> str:
        """A state in a message; told apart from those beside it."""
        keys = list(dict.fromkeys([key, *beside]))
        return quoted(self.reading.called(keys, self.base)[0][0])

    def where(self, key: Key, action: int) -> str:
        """A pair in a message."""
        return f"state {self.name(key)}, action {quoted(self.names[action])}"

    def told(self, outcome: Outcome, other: Outcome) -> str:
        """Where a step led in a message, told apart from another outcome."""
        told = self.name(outcome.key, other.key)
        if outcome.terminated != other.terminated:
            told += ", where the episode ends" if outcome.terminated else ", where it goes on"
        if outcome.mask != other.mask and outcome.mask and other.mask:
            has = [name for name, kept in zip(self.names, outcome.mask, strict=True) if kept]
            told += f", which has {shorten(has)}"
        return told

    def arrive(self, env: Any, observation: Any, info: Any) -> tuple[Key, Arrival]:
        """Where an environment is."""
        key = self.reading.read(env, observation)
        return key, Arrival(env, observation, self.masks.of(env, observation, info), False)

    def step(
        self, key: Key, here: Arrival, action: int, seed: int, further: int = 0
    ) -> tuple[Outcome, Arrival | None]:
        """The outcome of an action in a copy, and where that then is, unless the episode ended.

        Parameters
        ----------
        key : Key
            The state, for messages.
        here : Arrival
            An environment in it.
        action : int
            Its number.
        seed : int
            Of the generators of the copy.
        further : int
            By how many steps its counters are further.

        Raises
        ------
        ModelError
            ``step`` raises, or what it led to cannot be read.
        """
        env = self.copier.copy(here.env, seed, further)
        seed_globals(seed)
        return self.go_on(key, here._replace(env=env), action)

    def go_on(self, key: Key, here: Arrival, action: int) -> tuple[Outcome, Arrival | None]:
        """The same in the environment itself, which is then elsewhere."""
        env = here.env
        try:
            observation, reward, terminated, truncated, info = five_values(env, copy.deepcopy(self.actions[action]))
            terminated, truncated = bool(terminated), bool(truncated)
        except Exception as error:  # a step may raise anything
            raise ModelError(f"{self.where(key, action)}: step failed: {told_error(error)}") from error
        drew = self.copier.drew()
        self.copier.set_counters(env, 0)
        try:
            target = self.reading.read(env, observation)
            if terminated and not self.goes_on:
                return Outcome(target, True, truncated, reward, (), drew), None
            mask = self.masks.of(env, observation, info)
        except ModelError as error:
            raise ModelError(f"{self.where(key, action)}: after the step {error}") from error.__cause__
        outcome = Outcome(target, terminated, truncated, reward, tuple(mask.tolist()), drew)
        return outcome, Arrival(env, observation, mask, False)

    def allowed(self, here: Arrival) -> list[int]:
        """The numbers of the actions that there are."""
        numbers: list[int] = np.flatnonzero(here.mask).tolist()
        return numbers
