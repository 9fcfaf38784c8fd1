"""An environment without a table, enumerated: breadth-first from where it begins, by copies and `step`.

Sound where an outcome is a function of state and action, which cannot be proved by trying. So each pair is stepped
from several copies: from another way into the state where there is one, with the generators set anew each time, and
the last time with the counters of steps one further. Any difference refuses, with its state and action.
"""

from __future__ import annotations

import copy
from collections import deque
from dataclasses import dataclass, field
from typing import Any, NamedTuple

import numpy as np

from mdppower._quotes import quoted
from mdppower._text import count, shorten
from mdppower._typing import BoolArray, Label
from mdppower.adapters.gymnasium_copies import Copier, seed_globals
from mdppower.adapters.gymnasium_keys import Reading
from mdppower.adapters.gymnasium_masks import Masks
from mdppower.adapters.gymnasium_probe import told_differences
from mdppower.adapters.gymnasium_rewards import Rewards
from mdppower.adapters.gymnasium_spaces import Key
from mdppower.errors import ModelError, SizeError

LAG = 200
"""States that wait for another way into them before they are stepped again."""

MORE_TRIES = 30
"""Of a pair whose step draws random numbers."""

MOST_MORE = 6_000
"""Steps that these take in all."""

FURTHER = 24
"""Most steps by which counters are set further."""

LENGTHS = 5
"""Of these are tried in each pair …"""

MOST_FURTHER = 1_000
"""… up to so many in all."""

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
    """

    reading: Reading
    masks: Masks
    copier: Copier
    actions: list[Any]
    names: list[Label]
    base: Any
    tries: int
    goes_on: bool

    def name(self, key: Key, *beside: Key) -> str:
        """A state in a message; told apart from those beside it."""
        keys = list(dict.fromkeys([key, *beside]))
        return quoted(self.reading.called(keys, self.base)[0][0])

    def arrive(self, env: Any, observation: Any, info: Any) -> tuple[Key, Arrival]:
        """Where an environment is."""
        key = self.reading.read(env, observation)
        return key, Arrival(env, observation, self.masks.of(env, info), False)


@dataclass
class Found:
    """What has been enumerated so far: states in the order in which they were found.

    Attributes
    ----------
    keys : list of Key
    steps : list of dict from action number to (state number, terminated)
        Of each state; empty where no step was taken, for an episode ended there.
    rewards : Rewards
    truncated : int
        Transitions that the environment cut off without a counter's doing.
    drew : bool
        Whether steps draw random numbers, of which no effect was seen.
    ended : int
        How far a counter was set when it ended an episode that goes on without; 0 where none did.
    """

    keys: list[Key] = field(default_factory=list)
    steps: list[dict[int, tuple[int, bool]]] = field(default_factory=list)
    rewards: Rewards = field(default_factory=Rewards)
    truncated: int = 0
    drew: bool = False
    ended: int = 0
    starts: list[int] = field(default_factory=list)


class Search:
    """A breadth-first search over the states of an environment."""

    def __init__(self, world: World, limit: int, bar: Any) -> None:
        self.world, self.limit, self.bar = world, limit, bar
        self.found = Found()
        self._number: dict[Key, int] = {}
        self._first: dict[int, Arrival] = {}
        self._other: dict[tuple[int, bool], Arrival] = {}
        self._outcomes: dict[int, dict[int, Outcome]] = {}
        self._queue: deque[int] = deque()
        self._waiting: deque[int] = deque()
        self._masks: dict[int, tuple[bool, ...]] = {}
        self._steps = self._more = self._further = 0
        self._lengths = np.random.default_rng(0)
        self._drew = False

    def begin(self, key: Key, arrival: Arrival) -> None:
        """Add a start."""
        state = self._enter(key, arrival)
        if state not in self.found.starts:
            self.found.starts.append(state)

    def knows(self, key: Key) -> bool:
        """Whether that state has been found."""
        return key in self._number

    def run(self) -> Found:
        """Step from every state that is reached.

        Raises
        ------
        ModelError
            A step fails, or two of the same pair differ.
        SizeError
            There are more states than `limit`.
        """
        while self._queue:
            state = self._queue.popleft()
            self._expand(state)
            self._waiting.append(state)
            while len(self._waiting) > LAG:
                self._try_again(self._waiting.popleft())
        self._try_all_again()
        return self.found

    def _try_all_again(self) -> None:
        while self._waiting:
            self._try_again(self._waiting.popleft())

    # ------------------------------------------------------------------ states

    def _known(self, key: Key) -> int:
        state = self._number.get(key)
        if state is None:
            if len(self.found.keys) >= self.limit:
                self._try_all_again()  # chance is the likelier reason, and the better message
                done = sum(1 for steps in self.found.steps if steps)
                raise SizeError(
                    f"more than limit={self.limit:,} states: of {len(self.found.keys):,} found, "
                    f"{done:,} were stepped from, the last of them {self.world.name(self.found.keys[-1])}; "
                    "raise limit=, or give a key= that leaves out what does not matter"
                )
            state = self._number[key] = len(self.found.keys)
            self.found.keys.append(key)
            self.found.steps.append({})
            self.bar.update(1)
        return state

    def _enter(self, key: Key, arrival: Arrival) -> int:
        """A state that can be stepped from, and one way into it."""
        state = self._known(key)
        if state not in self._masks:
            if not arrival.mask.any():
                raise ModelError(f"state {self.world.name(key)}: {self.world.masks.source} leaves no action")
            self._masks[state] = tuple(arrival.mask.tolist())
            self._first[state] = arrival
            self._queue.append(state)
        else:
            self._note(state, arrival)
        return state

    def _note(self, state: int, arrival: Arrival) -> None:
        """Another way into a state: the latest has come the longest way, and is the least like the first."""
        if state in self._first:
            self._other[state, arrival.own] = arrival

    # ------------------------------------------------------------------ steps

    def _expand(self, state: int) -> None:
        """Step once by every action, and remember where that leads."""
        world, key, here = self.world, self.found.keys[state], self._first[state]
        outcomes = self._outcomes[state] = {}
        for action in np.flatnonzero(here.mask).tolist():
            outcome, arrival = self._step(state, here, action, self._seed())
            outcomes[action] = outcome
            self.found.truncated += outcome.truncated
            self.found.rewards.see(state, action, outcome.reward)
            if arrival is None:
                target = self._known(outcome.key)
            else:
                target = self._enter(outcome.key, arrival._replace(own=outcome.key == key))
            self.found.steps[state][action] = (target, outcome.terminated)
        if world.reading.read(here.env, here.observation) != key:
            raise ModelError(
                f"state {world.name(key)}: steps of copies change the environment that was copied; it keeps a part "
                "of its state where copies share it, such as in its class or a module"
            )

    def _seed(self) -> int:
        self._steps += 1
        return self._steps % SEEDS

    def _step(self, state: int, here: Arrival, action: int, seed: int, steps: int = 0) -> tuple[Outcome, Any]:
        """The outcome of an action in a copy, and where that then is, unless the episode ended."""
        world = self.world
        env = world.copier.copy(here.env, seed, steps)
        seed_globals(seed)
        try:
            observation, reward, terminated, truncated, info = env.step(copy.deepcopy(world.actions[action]))
            terminated, truncated = bool(terminated), bool(truncated)
        except Exception as error:  # a step may raise anything
            raise ModelError(f"{self._where(state, action)}: step failed: {type(error).__name__}: {error}") from error
        self._drew = world.copier.drew()
        world.copier.set_counters(env, 0)
        try:
            key = world.reading.read(env, observation)
            if terminated and not world.goes_on:
                return Outcome(key, True, truncated, reward, ()), None
            mask = world.masks.of(env, info)
        except ModelError as error:
            raise ModelError(f"{self._where(state, action)}: after the step {error}") from error.__cause__
        outcome = Outcome(key, terminated, truncated, reward, tuple(mask.tolist()))
        return outcome, Arrival(env, observation, mask, False)

    def _where(self, state: int, action: int) -> str:
        return f"state {self.world.name(self.found.keys[state])}, action {quoted(self.world.names[action])}"

    def _try_again(self, state: int) -> None:
        """Step by every action again and again; a difference is an error."""
        first, outcomes = self._first.pop(state), self._outcomes.pop(state)
        ways = [self._other.pop((state, own)) for own in (False, True) if (state, own) in self._other] or [first]
        for other in ways:
            if tuple(other.mask.tolist()) != self._masks[state]:
                self._refuse_mask(state, first, other)
        for k in range(1, self.world.tries):
            other, last = ways[(k - 1) % len(ways)], int(k == self.world.tries - 1)
            for action, known in outcomes.items():
                seed = self._seed()
                outcome, arrival = self._step(state, other, action, seed, last)
                if outcome[:2] != known[:2] or outcome.mask != known.mask:
                    self._refuse(state, action, known, outcome, first, other, seed, last)
                self._compare_rewards(state, action, known, outcome, other, seed, last)
                if arrival is not None:  # what hides in it is tried where it leads
                    target = self._number[outcome.key]
                    self._note(target, arrival._replace(own=target == state))
                if self._drew and self._more < MOST_MORE:
                    self._try_more(state, action, known, first, ways)
        if self.world.copier.counters:
            self._try_further(state, outcomes, first, ways[-1])

    def _try_more(self, state: int, action: int, known: Outcome, first: Arrival, ways: list[Arrival]) -> None:
        """Step by an action that draws random numbers many times more."""
        self.found.drew = True
        for k in range(MORE_TRIES // (self.world.tries - 1)):
            self._more += 1
            other, seed = ways[k % len(ways)], self._seed()
            outcome, _ = self._step(state, other, action, seed)
            if outcome[:2] != known[:2] or outcome.mask != known.mask:
                self._refuse(state, action, known, outcome, first, other, seed, 0)
            self._compare_rewards(state, action, known, outcome, other, seed, 0)

    def _try_further(self, state: int, outcomes: dict[int, Outcome], first: Arrival, way: Arrival) -> None:
        """Step with counters several steps further. An episode that then ends has a limit of time: it is left out."""
        for action, known in outcomes.items():
            for further in self._lengths.integers(2, FURTHER, LENGTHS).tolist():
                if self._further >= MOST_FURTHER:
                    return
                self._further += 1
                seed = self._seed()
                try:
                    outcome, _ = self._step(state, way, action, seed, further)
                except ModelError:  # it may not go on where its time is over
                    continue
                if outcome.terminated and not known.terminated and outcome.key == known.key:
                    self.found.ended = min(further + 1, self.found.ended or further + 1)
                elif outcome[:2] != known[:2] or outcome.mask != known.mask:
                    self._refuse(state, action, known, outcome, first, way, seed, further)

    def differs_from(self, key: Key, arrival: Arrival) -> str:
        """Where the steps from another reset are others than those that were found; empty where they are the same."""
        reached, waiting = {key}, deque([(key, arrival)])
        while waiting:
            key, here = waiting.popleft()
            state = self._number[key]
            if tuple(here.mask.tolist()) != self._masks.get(state):
                return f"in state {self.world.name(key)} other actions are there"
            for action, known in self.found.steps[state].items():
                outcome, there = self._step(state, here, action, self._seed())
                if (self._number.get(outcome.key), outcome.terminated) != known:
                    return f"{self._where(state, action)} has another outcome"
                if there is not None and outcome.key not in reached:
                    reached.add(outcome.key)
                    waiting.append((outcome.key, there))
        return ""

    def _compare_rewards(
        self, state: int, action: int, known: Outcome, outcome: Outcome, here: Arrival, seed: int, steps: int
    ) -> None:
        rewards = self.found.rewards
        if rewards.refused or rewards.same(known.reward, outcome.reward):
            return
        if steps and self.world.copier.counters:
            again, _ = self._step(state, here, action, seed)
            if rewards.same(known.reward, again.reward):
                rewards.counted = True
                return
        rewards.refuse(self._where(state, action), known.reward, outcome.reward)

    def _refuse(
        self, state: int, action: int, known: Outcome, other: Outcome, first: Arrival, way: Arrival, seed: int,
        steps: int,
    ) -> None:  # fmt: skip
        """Say why two steps of a pair differ: chance, a counter, or a key that leaves something out."""
        where, world = self._where(state, action), self.world
        told = f"{where}: step led to {self._told(known, other)} and to {self._told(other, known)}"
        again = [self._step(state, first, action, one)[0] for one in (seed, *range(MORE_TRIES))] + [known]
        there = [self._step(state, way, action, one, steps)[0] for one in range(MORE_TRIES)] + [other]
        if any(len({(one[:2], one.mask) for one in tries}) > 1 for tries in (again, there)):
            raise ModelError(
                f"{told} from copies of one environment: outcomes are random, and only a table P has their "
                "probabilities"
            )
        still = self._step(state, way, action, seed)[0] if steps else other
        if (still[:2], still.mask) == (known[:2], known.mask):
            names = ", ".join(counter.name for counter in world.copier.counters)
            far = "one" if steps == 1 else steps
            raise ModelError(
                f"{told} where {names} was {far} further: it is a part of the state, which key= must hold"
            )
        raise ModelError(
            f"{told} by another way into the state: the key ({world.reading.told}) leaves out what decides; "
            f"different are {told_differences(first.env, way.env)}"
        )

    def _refuse_mask(self, state: int, first: Arrival, other: Arrival) -> None:
        raise ModelError(
            f"state {self.world.name(self.found.keys[state])}: by another way into it {self.world.masks.source} is "
            f"another; the key ({self.world.reading.told}) leaves out what decides; different are "
            f"{told_differences(first.env, other.env)}"
        )

    def _told(self, outcome: Outcome, other: Outcome) -> str:
        told = self.world.name(outcome.key, other.key)
        if outcome.terminated != other.terminated:
            told += ", where the episode ends" if outcome.terminated else ", where it goes on"
        if outcome.mask != other.mask and outcome.mask and other.mask:
            has = [name for name, kept in zip(self.world.names, outcome.mask, strict=True) if kept]
            told += f", which has {shorten(has)}"
        return told


def told_found(found: Found, tries: int) -> str:
    """What was done, in words, for `origin`."""
    ended = sum(1 for steps in found.steps if not steps)
    ends = f", {ended:,} of them only as the end of an episode" if ended else ""
    states = count(len(found.keys), "state")
    drew = f"; steps draw random numbers, without effect in {tries + MORE_TRIES} tries" if found.drew else ""
    return f"{states} by steps of copies{ends}; no randomness seen in {tries} tries of each pair{drew}"
