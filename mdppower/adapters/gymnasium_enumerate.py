"""An environment without a table, enumerated: breadth-first from where it begins, by copies and `step`.

Sound where an outcome is a function of state and action; what is found is stepped again by `gymnasium_tries`.
"""

from __future__ import annotations

from collections import deque
from typing import Any

import numpy as np

from mdppower.adapters.gymnasium_parts import told_parts
from mdppower.adapters.gymnasium_spaces import Key
from mdppower.adapters.gymnasium_step import Arrival, Outcome, World
from mdppower.adapters.gymnasium_tries import Found, Tries
from mdppower.errors import ModelError, SizeError

WALKED, MOST_WALKED = 50, 1_000
"""Steps of a walk for each pair, and in all."""

EPISODE = 60
"""Its steps, on average, before it begins anew: it may stay for ever where nothing shows any more."""

LAG = 200
"""States that wait for another way into them before they are stepped again."""


class Search:
    """A breadth-first search over the states of an environment.

    Parameters
    ----------
    world : World
    limit : int
        Most states.
    bar : tqdm
        Counts them.
    """

    def __init__(self, world: World, limit: int, bar: Any) -> None:
        self.world, self.limit, self.bar = world, limit, bar
        self.found = Found()
        self._tries = Tries(world, self.found)
        self._queue: deque[int] = deque()
        self._waiting: deque[tuple[int, dict[int, Outcome]]] = deque()
        self._entered: set[int] = set()

    def begin(self, key: Key, arrival: Arrival) -> None:
        """Add a start."""
        state = self._enter(key, arrival)
        if state not in self.found.starts:
            self.found.starts.append(state)

    def knows(self, key: Key) -> bool:
        """Whether that state has been found."""
        return key in self.found.number

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
            self._waiting.append((state, self._expand(state)))
            while len(self._waiting) > LAG:
                self._tries.again(*self._waiting.popleft())
        self._try_all_again()
        return self.found

    def _try_all_again(self) -> None:
        while self._waiting:
            self._tries.again(*self._waiting.popleft())

    def _known(self, key: Key) -> int:
        found = self.found
        state = found.number.get(key)
        if state is None:
            if len(found.keys) >= self.limit:
                self._refuse_more()
            state = found.number[key] = len(found.keys)
            found.keys.append(key)
            found.steps.append({})
            self.bar.update(1)
        return state

    def _refuse_more(self) -> None:
        self._try_all_again()  # chance is the likelier reason, and the better message
        found = self.found
        done = sum(1 for steps in found.steps if steps)
        moved = [(found.keys[s], found.keys[t]) for s, steps in enumerate(found.steps) for t, _ in steps.values()]
        changing = told_parts(moved, self.world.reading.names)
        told = f"; changed at every step: {changing}" if changing else ""
        raise SizeError(
            f"more than limit={self.limit:,} states: of {len(found.keys):,} found, {done:,} were stepped from, the "
            f"last of them {self.world.name(found.keys[-1])}{told}; raise limit=, or give a key= that leaves out "
            "what does not matter"
        )

    def _enter(self, key: Key, arrival: Arrival) -> int:
        """A state that can be stepped from, and one way into it."""
        state = self._known(key)
        if state in self._entered:
            self._tries.note(state, arrival)
            return state
        if not arrival.mask.any():
            raise ModelError(f"state {self.world.name(key)}: {self.world.masks.source} leaves no action")
        self._entered.add(state)
        self._tries.first[state] = arrival
        self._queue.append(state)
        return state

    def _expand(self, state: int) -> dict[int, Outcome]:
        """Step once by every action, and remember where that leads."""
        world, key, here = self.world, self.found.keys[state], self._tries.first[state]
        outcomes = {}
        for action in world.allowed(here):
            outcome, arrival = world.step(key, here, action, next(world.seeds))
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
        return outcomes

    def walk(self, starts: list[Arrival]) -> None:
        """Go on in one environment, and not by copies: what no way into a state has shown may add up in an episode.

        Counters are set back in each step, as in copies.

        Raises
        ------
        ModelError
            A step does something else than was found.
        """
        world, found, rng = self.world, self.found, np.random.default_rng(0)
        here: Arrival | None = None
        begin = 0
        for _ in range(min(MOST_WALKED, WALKED * sum(map(len, found.steps)))):
            if here is None:
                start = starts[begin % len(starts)]
                begin += 1
                here = start._replace(env=world.copier.copy(start.env, next(world.seeds)))
            key = world.reading.read(here.env, here.observation)
            known = found.steps[found.number[key]]
            if world.allowed(here) != list(known):
                raise ModelError(
                    f"state {world.name(key)}: in a walk {world.masks.source} is another; {self._hidden()}"
                )
            action = int(rng.choice(list(known)))
            target, ends = known[action]
            outcome, here = world.go_on(key, here, action)
            if (outcome.key, outcome.terminated) != (found.keys[target], ends):
                wanted = outcome._replace(key=found.keys[target], terminated=ends)
                raise ModelError(
                    f"{world.where(key, action)}: step led to {world.told(wanted, outcome)} and, in a walk, to "
                    f"{world.told(outcome, wanted)}; {self._hidden()}"
                )
            stuck = all(after == found.number[outcome.key] for after, _ in found.steps[target].values())
            if outcome.truncated or stuck or rng.random() * EPISODE < 1:
                here = None

    def _hidden(self) -> str:
        return f"chance decides, or what the key ({self.world.reading.told}) leaves out"

    def differs_from(self, key: Key, arrival: Arrival) -> str:
        """Where the steps from another reset are others than those that were found; empty where they are the same."""
        world, found = self.world, self.found
        reached, waiting = {key}, deque([(key, arrival)])
        while waiting:
            key, here = waiting.popleft()
            known = found.steps[found.number[key]]
            if np.flatnonzero(here.mask).tolist() != list(known):
                return f"in state {world.name(key)} other actions are there"
            for action, step in known.items():
                outcome, there = world.step(key, here, action, next(world.seeds))
                if (found.number.get(outcome.key), outcome.terminated) != step:
                    return f"{world.where(key, action)} has another outcome"
                if there is not None and outcome.key not in reached:
                    reached.add(outcome.key)
                    waiting.append((outcome.key, there))
        return ""
