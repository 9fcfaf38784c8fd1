"""A POWER run whose intervals hold for any number of draws: its draws are added to sums and forgotten.

What the draws are bet on is set between stages, from the stages before: a look is preceded by stages that end at a
sixteenth and a quarter of its first draws. Inside a stage replicates do not depend on each other, and run anywhere.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from mdppower._typing import BoolArray, FloatArray
from mdppower.errors import RewardError, SizeError
from mdppower.mdp.model import RewardlessMDP
from mdppower.measures.draw_sums import add_draws, warm_up_sums
from mdppower.measures.power_estimate import PowerEstimate
from mdppower.measures.power_task import MOST_NUMBERS, PowerTask
from mdppower.montecarlo.engines import Rows
from mdppower.montecarlo.guaranteed import GRID, MOST_BETS, Bets, Guaranteed, Sums
from mdppower.rewards.reward_distribution import RewardDistribution
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
        raise SizeError(f"the running sums would take {kept / 2**27:.1f} GiB; use fewer rates")
    return kept


def require_bounded(rewards: RewardDistribution, mdp: RewardlessMDP) -> None:
    """Raise RewardError, with the state, where a reward has no bound, or the range is beyond floating point."""
    without = np.flatnonzero(~np.isfinite(rewards.low) | ~np.isfinite(rewards.high))
    if len(without):
        s = int(without[0])
        where = f"for pair {mdp.pair_label(s)!r}" if rewards.on == "pairs" else f"in state {mdp.states[s]!r}"
        raise RewardError(
            f"guarantee=True needs bounded rewards; all that is known of {rewards.told} {where} "
            f"is that they lie between {rewards.low[s]:g} and {rewards.high[s]:g}"
        )
    with np.errstate(over="ignore"):
        if not np.isfinite(rewards.high.max() - rewards.low.min()):
            raise RewardError(f"guarantee=True: the range of {rewards.told} overflows")


@dataclass(frozen=True, eq=False)
class GuaranteedTask:
    """Replicates of a run, summed under the bets of a stage; see `PowerTask`."""

    task: PowerTask
    bets: Bets
    low: FloatArray
    high: FloatArray

    def __call__(self, numbers: Sequence[int]) -> Rows:
        """Of n replicates: the arrays of their `Sums`, in the order of its attributes."""
        task, bets = self.task, self.bets
        count, rates, n = len(numbers), len(task.gammas), task.mdp.n_states
        depth = GRID if bets.betting else 0
        total, squares = np.zeros((2, count, rates, n))
        rise, fall = np.zeros((2, count, rates, n, depth))
        largest = np.zeros((count, rates))
        for g, parts, gaps in task.values(numbers):
            for k, part in enumerate(parts):
                worth = best_successors(task.mdp, part) if task.is_power else np.ascontiguousarray(part)
                about = bets.size[g], bets.centre[g], total[k, g], squares[k, g], rise[k, g], fall[k, g]
                add_draws(worth, self.low, self.high, *about)
                largest[k, g] = gaps[k].max()
        return total, squares, rise, fall, largest


class RunningSums:
    """What a guaranteed run keeps of its replicates.

    Parameters
    ----------
    task : PowerTask
    constant : (S,) boolean array
        States whose POWER is known not to vary from draw to draw.
    first : int
        Replicates that are made in stages of a sixteenth, a quarter, and all of them. What comes after them is made
        in stages that end where it is looked at.
    """

    label, least = "POWER", 2

    def __init__(self, task: PowerTask, constant: BoolArray, first: int) -> None:
        self.task, n = task, task.mdp.n_states
        low, high = task.distribution.low.min(), task.distribution.high.max()
        self.sums = Guaranteed.empty(len(task.gammas), np.full(n, low), np.full(n, high), constant)
        self._ends = [-(-first // 16), -(-first // 4), first]
        self._end, self._bets = 0, self.sums.bets(first * task.source.size)

    @property
    def count(self) -> int:
        """Replicates so far."""
        return self.sums.count

    def prepare(self) -> None:
        """Compile what replicates need, before work is handed to threads."""
        self.task.prepare()
        warm_up_sums()

    def stage(self, target: int) -> tuple[GuaranteedTask, int]:
        """The task of the next replicates, and the end of their stage; a look inside it does not change its bets."""
        if self.count >= self._end:
            self._end = next((end for end in self._ends if end > self.count), target)
            self._bets = self.sums.bets(max(self._end, self._ends[-1]) * self.task.source.size)
        staged = GuaranteedTask(self.task, self._bets, self.sums.low, self.sums.high)
        return staged, min(self._end, target)

    def add(self, rows: Rows) -> None:
        """Add the next replicates, one by one."""
        sums = self.sums
        for total, squares, rise, fall, gap in zip(*rows, strict=True):
            sums = sums.add(self._bets, Sums(self.task.source.size, total, squares, rise, fall, gap))
        self.sums = sums

    def estimate(self, interrupted: bool) -> PowerEstimate:
        """What the replicates so far say."""
        return PowerEstimate(self.sums, self.task, self.sums.slack, interrupted)
