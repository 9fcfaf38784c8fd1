"""One pass over reward draws that compares K options with each other.

Draws are independent, in replicates of up to 64: means come from replicate means, probabilities from counts. What a
replicate gives depends on its number alone, and counts are whole numbers: the same bits for any number of workers.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

import numpy as np

from mdppower._typing import AnyArray, FloatArray
from mdppower.errors import SolverError
from mdppower.measures.power_task import earners
from mdppower.measures.questions import ask, named_option
from mdppower.montecarlo.engines import Rows, stacked
from mdppower.montecarlo.run_loop import Conduct, OneTask, Question, run
from mdppower.montecarlo.samplers import Sampler
from mdppower.montecarlo.steps import paid_by, replicates_at
from mdppower.occupancy.option import Option, Reach, whole_mdp, worth
from mdppower.solvers.optimal_values import pick, warm_up


@dataclass(frozen=True, eq=False)
class Tally:
    """What draws say of K options.

    Attributes
    ----------
    means : (replicates, K) array
        Replicate means of each option's worth.
    slack : float
        Mean over draws of the largest error of a worth.
    greater : (K, K) integer array
        Draws on which option i is worth more than option j for certain.
    near : (K, K) integer array
        Draws on which their worths differ by no more than the certified errors: ties, as far as can be told.
    total, squares : (K, K) arrays
        Sums over draws of h_i − h_j, and of its square.
    least : (K, K) array
        The least h_i − h_j seen.
    draws : int
    tolerance : float
        The largest error of a difference.
    interrupted : bool
        Whether there are fewer draws than were asked for.
    looks : int
        How often the data may have been looked at before stopping.
    """

    means: FloatArray
    slack: float
    greater: AnyArray
    near: AnyArray
    total: FloatArray
    squares: FloatArray
    least: FloatArray
    draws: int
    tolerance: float
    interrupted: bool = False
    looks: int = 1


@dataclass(frozen=True, eq=False)
class TallyTask:
    """All that a run is made of; calling it with numbers of replicates tallies these, on any worker."""

    options: tuple[Option, ...]
    source: Sampler
    method: str

    def __call__(self, numbers: Sequence[int]) -> Rows:
        """Of each replicate: means (K,), largest errors, the six arrays of `Tally` over its draws, tolerance."""
        return stacked([self._one(number) for number in numbers])

    def _one(self, number: int) -> tuple[AnyArray | float, ...]:
        on = self.source.rewards.on
        earning = (
            earners(whole_mdp(self.options[0]), self.source.rewards) if on == "pairs" else self.options[0].states
        )
        rewards = np.ascontiguousarray(self.source.replicates([number], earning))
        try:
            values, errors = worth(self.options, rewards, self.method, on)
        except SolverError as error:
            error.in_run(number * self.source.size, len(rewards), self.source.entropy)
            raise
        return _count(values, errors)

    def prepare(self) -> None:
        """Compile, before threads begin."""
        reaches = [part for option in self.options for part in option.parts if isinstance(part, Reach)]
        for mdp in {id(part.mdp): part.mdp for part in reaches}.values():
            rates = [g for g in (self.options[0].gamma,) if g is not None]
            warm_up(mdp, pick(mdp, self.method, (*rates, 0.0)[0]), rates, self.source.rewards.on)


def _count(values: FloatArray, errors: FloatArray) -> tuple[AnyArray | float, ...]:
    k = values.shape[1]
    greater, near = np.zeros((k, k), np.int64), np.zeros((k, k), np.int64)
    total, squares = np.zeros((k, k)), np.zeros((k, k))
    least, tolerance = np.full((k, k), np.inf), 0.0
    for h, e in zip(values, errors, strict=True):
        difference = h[:, None] - h[None, :]
        allowed = e[:, None] + e[None, :]
        greater += difference > allowed
        near += np.abs(difference) <= allowed
        total += difference
        squares += difference**2
        np.minimum(least, difference, out=least)
        tolerance = max(tolerance, float(allowed.max()))
    slack = float(errors.max(axis=1).mean())
    return values.mean(axis=0), slack, greater, near, total, squares, least, tolerance


def tally(
    call: str, options: Sequence[Option], source: Sampler, looks: Sequence[int], rng: object, method: str,
    conduct: Conduct,
) -> tuple[Sampler, Iterator[Tally]]:  # fmt: skip
    """Compare options on independent draws: these, with their entropy; and a tally at each look."""

    def question() -> Question:
        gamma = options[0].gamma
        return ask(
            call, source, conduct.key, gammas=[] if gamma is None else [gamma], method=method, samples=looks[-1],
            options=[named_option(option, source.rewards.on) for option in options], given={"options": list(options)},
            told=", ".join(option.name for option in options[:4]) + ", …" * (len(options) > 4),
        )  # fmt: skip

    source = conduct.seeded(source, rng, question)
    schedule = replicates_at(looks, source.size)
    kept = _Sum(TallyTask(tuple(options), source, method), schedule)
    return source, run(kept, schedule, source, len(options[0].states), conduct, question)


class _Sum(OneTask):
    """The sum of tallies, in their order."""

    label, least = "comparing", 2

    def __init__(self, task: TallyTask, schedule: Sequence[int]) -> None:
        self.task, self.schedule = task, schedule
        self.means: list[FloatArray] = []
        # One attribute, so that Ctrl-C in the middle of `add` leaves what was there before it.
        self.state: tuple[int, tuple[AnyArray, ...], float, float] = 0, (), 0.0, 0.0

    @property
    def count(self) -> int:
        """Replicates so far."""
        return self.state[0]

    def prepare(self) -> None:
        """Compile what replicates need."""
        self.task.prepare()

    def add(self, rows: Rows) -> None:
        """Add the next replicates, one by one: sums of floats depend on their order."""
        count, sums, slack, tolerance = self.state
        for _, error, *new, allowed in zip(*rows, strict=True):
            if sums:
                *added, least = zip(sums, new, strict=True)
                sums = (*(old + more for old, more in added), np.minimum(*least))
            else:
                sums = tuple(new)
            slack += error * self.task.source.size
            tolerance = max(tolerance, float(allowed))
        self.means.extend(rows[0])
        self.state = count + len(rows[0]), sums, slack, tolerance

    def estimate(self, interrupted: bool) -> Tally:
        """What the replicates so far say together."""
        count, (greater, near, total, squares, least), slack, tolerance = self.state
        draws = count * self.task.source.size
        return Tally(
            np.array(self.means[:count]), slack / draws, greater, near, total, squares, least, draws, tolerance,
            interrupted, paid_by(count, self.schedule),
        )  # fmt: skip
