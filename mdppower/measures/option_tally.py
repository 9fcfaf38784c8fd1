"""One pass over reward draws that compares K options with each other.

Draws are independent, in replicates of up to 64: means come from replicate means, probabilities from counts. What a
replicate gives depends on its number alone, and counts are whole numbers: the same bits for any number of workers.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from concurrent.futures import Executor
from dataclasses import dataclass, replace

import numpy as np

from mdppower._typing import AnyArray, FloatArray
from mdppower.errors import RewardError, SolverError
from mdppower.montecarlo.runs import Workers, gather
from mdppower.montecarlo.samplers import Sampler
from mdppower.occupancy.option import Option, Reach, worth
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


@dataclass(frozen=True, eq=False)
class TallyTask:
    """All that a run is made of; calling it with a replicate number gives its tally, on any worker."""

    options: tuple[Option, ...]
    source: Sampler
    method: str

    def __call__(self, number: int) -> Tally:
        """The tally of one replicate."""
        rewards = np.ascontiguousarray(self.source.replicate(number))
        if not np.isfinite(rewards).all():
            i, s = np.argwhere(~np.isfinite(rewards))[0]
            state = self.options[0].states[s]
            raise RewardError(f"{self.source.rewards.name} gave reward {rewards[i, s]} in state {state!r}")
        try:
            values, errors = worth(self.options, rewards, self.method)
        except SolverError as error:
            draw = number * self.source.size + (error.draw or 0)
            raise error.of_draw(draw, f"{error} (draw {draw} of the run with rng={self.source.entropy})") from None
        return _count(values, errors)

    def prepare(self) -> None:
        """Compile, before threads begin."""
        reaches = [part for option in self.options for part in option.parts if isinstance(part, Reach)]
        for mdp in {id(part.mdp): part.mdp for part in reaches}.values():
            warm_up(mdp, pick(mdp, self.method), [g for g in (self.options[0].gamma,) if g is not None])


def _count(values: FloatArray, errors: FloatArray) -> Tally:
    n, k = values.shape
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
    return Tally(
        values.mean(axis=0)[None],
        float(errors.max(axis=1).mean()),
        greater,
        near,
        total,
        squares,
        least,
        n,
        tolerance,
    )


def tally(
    options: Sequence[Option],
    source: Sampler,
    samples: int,
    method: str,
    workers: Workers,
    executor: Executor | None,
    progress: bool | None,
) -> Tally:
    """Compare options on at least `samples` independent draws."""
    task = TallyTask(tuple(options), source, method)
    count = max(2, -(-samples // source.size))
    results = gather(
        task, range(count), lambda _: source.size, workers=workers, executor=executor, progress=progress,
        label="comparing", prepare=task.prepare,
    )  # fmt: skip
    return _merge(results)


def _merge(results: Iterator[Tally]) -> Tally:
    """The sum of tallies, in their order."""
    first = next(results)
    means, slack, draws, tolerance = [first.means], first.slack * first.draws, first.draws, first.tolerance
    for one in results:
        means.append(one.means)
        slack += one.slack * one.draws
        draws += one.draws
        tolerance = max(tolerance, one.tolerance)
        first.greater[...] += one.greater
        first.near[...] += one.near
        first.total[...] += one.total
        first.squares[...] += one.squares
        np.minimum(first.least, one.least, out=first.least)
    return replace(first, means=np.concatenate(means), slack=slack / draws, draws=draws, tolerance=tolerance)
