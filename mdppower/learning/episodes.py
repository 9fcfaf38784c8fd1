"""What chance gives to the episodes of a training run: rewards, starts, noise, each from a stream of its own.

A stream is named by (purpose, run, arm, chunk), so that its bits depend on nothing else: neither on who trains nor on
which arms are beside it. Chunks are the episodes from one checkpoint to the next. What is to be the same in all arms
of a run (reward draws, starts, first weights) bears no arm.
"""

from __future__ import annotations

import hashlib
from collections.abc import Iterator
from dataclasses import dataclass, field
from enum import IntEnum

import numpy as np

from mdppower._checks import LARGEST_REWARD
from mdppower._typing import AnyArray, FloatArray, Label
from mdppower.errors import MDPPowerError, RewardError
from mdppower.learning.learners import standardised
from mdppower.rewards.laws import Law
from mdppower.rewards.reward_distribution import RewardDistribution, inside_unit_interval

BLOCK = 2**18
"""Numbers in the rewards of episodes that are drawn together, as long as that is one episode or more."""


class Purpose(IntEnum):
    """What a stream is for."""

    WEIGHTS = 0
    REWARDS = 1
    OTHERS = 2
    POOL = 3
    PICKS = 4
    NOISE = 5
    STARTS = 6
    BEHAVIOUR = 7
    TESTS = 8
    COINS = 9
    CALIBRATION = 10


def stream(entropy: int, purpose: Purpose, run: int, arm: int = 0, chunk: int = 0) -> np.random.Generator:
    """The generator of a purpose."""
    spawned = np.random.SeedSequence(entropy, spawn_key=(int(purpose), run, arm, chunk))
    return np.random.default_rng(spawned)


def named(label: str) -> int:
    """The number of an arm, or of a test, in the keys of streams: it follows from its name.

    Examples
    --------
    >>> named("noise") == named("noise"), named("noise") == named("random")
    (True, False)
    """
    return int.from_bytes(hashlib.sha256(label.encode()).digest()[:4], "big")


def draw_rewards(
    rewards: RewardDistribution, count: int, rng: np.random.Generator, states: tuple[Label, ...], where: str
) -> FloatArray:
    """(count, S) independent reward functions; RewardError, which says where, if one is no number."""
    try:
        drawn = rewards.sample(count, rng)
    except (MDPPowerError, MemoryError):
        raise
    except Exception as error:
        raise RewardError(f"{rewards.told} raised {type(error).__name__}: {error} ({where})") from error
    fine = np.abs(drawn) <= LARGEST_REWARD
    if not fine.all():
        i, s = np.argwhere(~fine)[0].tolist()
        raise RewardError(f"{rewards.name} gave reward {drawn[i, s]} in state {states[s]!r} ({where})")
    return drawn


@dataclass
class Episodes:
    """The episodes of one arm in one chunk of one run, in blocks of a size that depends on S alone.

    Attributes
    ----------
    rewards : RewardDistribution
    states : tuple of labels
    start : (S,) array
        The probability of each state to be the first.
    steps, total : int
        Of an episode; episodes in all.
    entropy, run, arm, chunk : int
        What names the streams.
    count : int
        Episodes of the present block.
    """

    rewards: RewardDistribution
    states: tuple[Label, ...]
    start: FloatArray
    steps: int
    total: int
    entropy: int
    run: int
    arm: int
    chunk: int
    count: int = 0
    _streams: dict[Purpose, np.random.Generator] = field(default_factory=dict)

    def blocks(self) -> Iterator[int]:
        """Go through the blocks; yields how many episodes each has."""
        size = max(1, BLOCK // max(len(self.states), self.steps))
        for first in range(0, self.total, size):
            self.count = min(size, self.total - first)
            yield self.count

    def rng(self, purpose: Purpose) -> np.random.Generator:
        """The stream of a purpose, where it is by now."""
        if purpose not in self._streams:
            shared = purpose in (Purpose.REWARDS, Purpose.STARTS)
            arm = 0 if shared else self.arm
            self._streams[purpose] = stream(self.entropy, purpose, self.run, arm, self.chunk)
        return self._streams[purpose]

    def drawn(self, purpose: Purpose = Purpose.REWARDS) -> FloatArray:
        """(count, S) fresh reward functions, standardised."""
        where = f"training run {self.run}"
        return standardised(draw_rewards(self.rewards, self.count, self.rng(purpose), self.states, where))

    def from_pool(self, n: int) -> FloatArray:
        """(count, S) of a pool of n reward functions, standardised; the pool of the run is the same in all chunks."""
        rng = stream(self.entropy, Purpose.POOL, self.run)
        pool = standardised(draw_rewards(self.rewards, n, rng, self.states, f"training run {self.run}"))
        return np.ascontiguousarray(pool[self.picks(n)])

    def picks(self, n: int) -> AnyArray:
        """(count,) numbers below n."""
        return np.asarray(self.rng(Purpose.PICKS).integers(0, n, self.count))

    def noise(self, law: Law) -> FloatArray:
        """(count, steps) numbers of a law, standardised."""
        uniforms = self.rng(Purpose.NOISE).random((self.count, self.steps))
        return np.asarray((law.ppf(inside_unit_interval(uniforms)) - law.mean) / np.sqrt(law.variance))

    def starts(self) -> AnyArray:
        """(count,) first states."""
        cumulated = np.cumsum(self.start)
        given = np.searchsorted(cumulated, self.rng(Purpose.STARTS).random(self.count) * cumulated[-1], side="right")
        return np.asarray(np.minimum(given, np.flatnonzero(self.start)[-1]), np.int64)
