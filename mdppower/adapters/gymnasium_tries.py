"""Each pair of an enumeration stepped again: from other copies, by other ways, with counters further.

That an outcome is a function of state and action cannot be proved by trying. What can be tried is: another way into
the state where there is one, generators set anew each time, and counters one step and several steps further. Any
difference refuses, with its state and action, and says whether chance, a counter, or a key that leaves something out
made it.
"""

from __future__ import annotations

from dataclasses import dataclass, field

import numpy as np

from mdppower._text import count
from mdppower.adapters.gymnasium_probe import told_differences
from mdppower.adapters.gymnasium_rewards import Rewards
from mdppower.adapters.gymnasium_spaces import Key
from mdppower.adapters.gymnasium_step import Arrival, Outcome, World
from mdppower.errors import ModelError

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


@dataclass
class Found:
    """What has been enumerated so far: states in the order in which they were found.

    Attributes
    ----------
    keys : list of Key
    number : dict from Key to int
        Their places in it.
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
    number: dict[Key, int] = field(default_factory=dict)
    steps: list[dict[int, tuple[int, bool]]] = field(default_factory=list)
    rewards: Rewards = field(default_factory=Rewards)
    truncated: int = 0
    drew: bool = False
    ended: int = 0
    starts: list[int] = field(default_factory=list)


class Tries:
    """Ways into states, and the steps from them that are taken again.

    Parameters
    ----------
    world : World
    found : Found
        Of which keys are read, and rewards, `drew` and `ended` are written.
    """

    def __init__(self, world: World, found: Found) -> None:
        self.world, self.found = world, found
        self.first: dict[int, Arrival] = {}
        self._other: dict[tuple[int, bool], Arrival] = {}
        self._more = self._further = 0
        self._lengths = np.random.default_rng(0)

    def note(self, state: int, arrival: Arrival) -> None:
        """Another way into a state: the latest has come the longest way, and is the least like the first."""
        if state in self.first:
            self._other[state, arrival.own] = arrival

    def again(self, state: int, outcomes: dict[int, Outcome]) -> None:
        """Step by every action again and again; the ways into the state are then forgotten.

        Raises
        ------
        ModelError
            There is a difference.
        """
        first, world = self.first.pop(state), self.world
        key = self.found.keys[state]
        ways = [self._other.pop((state, own)) for own in (False, True) if (state, own) in self._other] or [first]
        for other in ways:
            if not np.array_equal(other.mask, first.mask):
                self._refuse_mask(key, first, other)
        for k in range(1, world.tries):
            other, last = ways[(k - 1) % len(ways)], int(k == world.tries - 1)
            for action, known in outcomes.items():
                seed = next(world.seeds)
                outcome, arrival = world.step(key, other, action, seed, last)
                if outcome.differs(known):
                    self._refuse(key, action, known, outcome, first, other, seed, last)
                self._compare_rewards(key, action, known, outcome, other, seed, last)
                if arrival is not None:  # what hides in it is tried where it leads
                    target = self.found.number[outcome.key]
                    self.note(target, arrival._replace(own=target == state))
                if outcome.drew and self._more < MOST_MORE:
                    self._try_more(key, action, known, first, ways)
        if world.copier.counters:
            self._try_further(key, outcomes, first, ways[-1])

    def _try_more(self, key: Key, action: int, known: Outcome, first: Arrival, ways: list[Arrival]) -> None:
        """Step by an action that draws random numbers many times more."""
        self.found.drew = True
        for k in range(MORE_TRIES // (self.world.tries - 1)):
            self._more += 1
            other, seed = ways[k % len(ways)], next(self.world.seeds)
            outcome, _ = self.world.step(key, other, action, seed)
            if outcome.differs(known):
                self._refuse(key, action, known, outcome, first, other, seed, 0)
            self._compare_rewards(key, action, known, outcome, other, seed, 0)

    def _try_further(self, key: Key, outcomes: dict[int, Outcome], first: Arrival, way: Arrival) -> None:
        """Step with counters several steps further. An episode that then ends has a limit of time: it is left out."""
        for action, known in outcomes.items():
            for further in self._lengths.integers(2, FURTHER, LENGTHS).tolist():
                if self._further >= MOST_FURTHER:
                    return
                self._further += 1
                seed = next(self.world.seeds)
                try:
                    outcome, _ = self.world.step(key, way, action, seed, further)
                except ModelError:  # it may not go on where its time is over
                    continue
                if outcome.terminated and not known.terminated and outcome.key == known.key:
                    self.found.ended = min(further + 1, self.found.ended or further + 1)
                elif outcome.differs(known):
                    self._refuse(key, action, known, outcome, first, way, seed, further)

    def _compare_rewards(
        self, key: Key, action: int, known: Outcome, outcome: Outcome, here: Arrival, seed: int, further: int
    ) -> None:
        rewards = self.found.rewards
        if rewards.refused or rewards.same(known.reward, outcome.reward):
            return
        if further and self.world.copier.counters:
            again, _ = self.world.step(key, here, action, seed)
            if rewards.same(known.reward, again.reward):
                rewards.counted = True
                return
        rewards.refuse(self.world.where(key, action), known.reward, outcome.reward)

    # ------------------------------------------------------------------ what is said of a difference

    def _refuse(
        self, key: Key, action: int, known: Outcome, other: Outcome, first: Arrival, way: Arrival, seed: int,
        further: int,
    ) -> None:  # fmt: skip
        """Say why two steps of a pair differ: chance, a counter, or a key that leaves something out."""
        world = self.world
        led = f"step led to {world.told(known, other)} and to {world.told(other, known)}"
        told = f"{world.where(key, action)}: {led}"
        again = [world.step(key, first, action, one)[0] for one in (seed, *range(MORE_TRIES))]
        there = [world.step(key, way, action, one, further)[0] for one in range(MORE_TRIES)]
        if any(one.differs(known) for one in again) or any(one.differs(other) for one in there):
            raise ModelError(
                f"{told} from copies of one environment: outcomes are random, and only a table P has their "
                "probabilities"
            )
        still = world.step(key, way, action, seed)[0] if further else other
        if not still.differs(known):
            names = ", ".join(counter.name for counter in world.copier.counters)
            far = "one" if further == 1 else further
            raise ModelError(
                f"{told} where {names} was {far} further: it is a part of the state, which key= must hold"
            )
        raise ModelError(
            f"{told} by another way into the state: the key ({world.reading.told}) leaves out what decides; "
            f"different are {told_differences(first.env, way.env)}"
        )

    def _refuse_mask(self, key: Key, first: Arrival, other: Arrival) -> None:
        raise ModelError(
            f"state {self.world.name(key)}: by another way into it {self.world.masks.source} is "
            f"another; the key ({self.world.reading.told}) leaves out what decides; different are "
            f"{told_differences(first.env, other.env)}"
        )


def told_found(found: Found, tries: int) -> str:
    """What was done, in words, for `origin`."""
    ended = sum(1 for steps in found.steps if not steps)
    ends = f", {ended:,} of them only as the end of an episode" if ended else ""
    states = count(len(found.keys), "state")
    drew = f"; steps draw random numbers, without effect in {tries + MORE_TRIES} tries" if found.drew else ""
    return f"{states} by steps of copies{ends}; no randomness seen in {tries} tries of each pair{drew}"
