"""A POWER run whose intervals hold for any number of draws: its draws are added to sums and forgotten.

What the draws are bet on is set between stages, from the stages before: a look is preceded by stages that end at a
sixteenth and a quarter of its first draws. Inside a stage replicates do not depend on each other, and run anywhere.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from concurrent.futures import Executor
from dataclasses import dataclass

import numpy as np

from mdppower._typing import BoolArray, FloatArray
from mdppower.errors import RewardError, SizeError
from mdppower.mdp.model import RewardlessMDP
from mdppower.measures.draw_sums import add_draws, warm_up_sums
from mdppower.measures.power_estimate import PowerEstimate
from mdppower.measures.power_task import MOST_NUMBERS, PowerTask
from mdppower.montecarlo.guaranteed import GRID, MOST_BETS, Bets, Guaranteed, Sums
from mdppower.montecarlo.runs import Workers, chunked, run_in_order
from mdppower.rewards.distribution import RewardDistribution
from mdppower.solvers.backup import best_successors

KEPT = 6
"""Numbers kept for each state and rate, without capitals."""


def numbers_kept(rates: int, n_states: int) -> int:
    """How many numbers a guaranteed run keeps, however many draws it makes.

    Parameters
    ----------
    rates, n_states : int

    Returns
    -------
    int

    Raises
    ------
    SizeError
        They would not fit.
    """
    width = rates * n_states
    kept = width * (KEPT + (2 * GRID if width <= MOST_BETS else 0))
    if kept > MOST_NUMBERS:
        raise SizeError(f"the running sums would take {kept / 2**27:.1f} GiB; use fewer gammas")
    return kept


def require_bounded(rewards: RewardDistribution, mdp: RewardlessMDP) -> None:
    """Raise RewardError, with the state, where a reward has no bound, or the range is beyond floating point."""
    without = np.flatnonzero(~np.isfinite(rewards.low) | ~np.isfinite(rewards.high))
    if len(without):
        s = int(without[0])
        raise RewardError(
            f"guarantee=True needs bounded rewards; all that is known of {rewards.name} rewards in state "
            f"{mdp.states[s]!r} is that they lie between {rewards.low[s]:g} and {rewards.high[s]:g}"
        )
    with np.errstate(over="ignore"):
        if not np.isfinite(rewards.high.max() - rewards.low.min()):
            raise RewardError(f"guarantee=True: the range of {rewards.name} rewards overflows")


@dataclass(frozen=True, eq=False)
class GuaranteedTask:
    """Replicates of a run, summed under the bets of a stage; see `PowerTask`."""

    task: PowerTask
    bets: Bets
    low: FloatArray
    high: FloatArray

    def __call__(self, numbers: Sequence[int]) -> list[Sums]:
        """The sums of each replicate."""
        task, bets = self.task, self.bets
        rates, n = len(task.gammas), task.mdp.n_states
        depth = GRID if bets.betting else 0
        size, capitals = (rates, n), (rates, n, depth)
        made = [
            Sums(
                task.source.size, np.zeros(size), np.zeros(size), np.zeros(capitals), np.zeros(capitals),
                np.zeros(rates),
            )
            for _ in numbers
        ]  # fmt: skip
        for g, parts, gaps in task.values(numbers):
            for sums, part, gap in zip(made, parts, gaps, strict=True):
                worth = best_successors(task.mdp, part) if task.policy is None else np.ascontiguousarray(part)
                about = bets.size[g], bets.centre[g], sums.total[g], sums.squares[g], sums.rise[g], sums.fall[g]
                add_draws(worth, self.low, self.high, *about)
                sums.gap[g] = gap.max()
        return made


class RunningSums:
    """What a guaranteed run keeps of its replicates.

    Parameters
    ----------
    task : PowerTask
    constant : (S,) boolean array
        States whose POWER is known not to vary from draw to draw.
    """

    def __init__(self, task: PowerTask, constant: BoolArray) -> None:
        self.task, n = task, task.mdp.n_states
        low, high = task.distribution.low.min(), task.distribution.high.max()
        self.sums = Guaranteed.empty(len(task.gammas), np.full(n, low), np.full(n, high), constant)

    @property
    def count(self) -> int:
        """Replicates so far."""
        return self.sums.count

    def prepare(self) -> None:
        """Compile what replicates need, before work is handed to threads."""
        self.task.prepare()
        warm_up_sums()

    def until(self, target: int, workers: Workers, executor: Executor | None) -> Iterator[int]:
        """Make replicates until there are `target` of them; yields how many more there are."""
        size = self.task.source.size
        for end in [target] if self.count else [-(-target // 16), -(-target // 4), target]:
            numbers = range(self.count, end)
            bets = self.sums.bets(target * size)
            staged = GuaranteedTask(self.task, bets, self.sums.low, self.sums.high)
            chunks = chunked(numbers, size * self.task.mdp.n_states)
            for made in run_in_order(staged, chunks, workers=workers, executor=executor, size=size):
                for new in made:
                    self.sums = self.sums.add(bets, new)
                yield len(made)

    def estimate(self, interrupted: bool = False) -> PowerEstimate:
        """What the replicates so far say."""
        return PowerEstimate(self.sums, self.task, self.sums.slack, interrupted)
