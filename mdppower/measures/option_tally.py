"""One pass over reward draws that compares K options with each other.

Draws are independent, in replicates of up to 64: means come from replicate means, probabilities from counts. What a
replicate gives depends on its number alone, and counts are whole numbers: the same bits for any number of workers.
"""

from __future__ import annotations

from collections.abc import Sequence
from concurrent.futures import Executor
from dataclasses import dataclass, replace

import numpy as np

from mdppower._typing import AnyArray, FloatArray
from mdppower.errors import SolverError
from mdppower.montecarlo.runs import Workers, gather, keep_finished
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
    interrupted : bool
        Whether there are fewer draws than were asked for.
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


@dataclass(frozen=True, eq=False)
class TallyTask:
    """All that a run is made of; calling it with a replicate number gives its tally, on any worker."""

    options: tuple[Option, ...]
    source: Sampler
    method: str

    def __call__(self, number: int) -> Tally:
        """The tally of one replicate."""
        rewards = np.ascontiguousarray(self.source.replicates([number], self.options[0].states))
        try:
            values, errors = worth(self.options, rewards, self.method)
        except SolverError as error:
            error.in_run(number * self.source.size, len(rewards), self.source.entropy)
            raise
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
        task, range(count), source.size, workers=workers, executor=executor, progress=progress,
        label="comparing", prepare=task.prepare,
    )  # fmt: skip
    merged = _Sum()
    with keep_finished(lambda: merged.tally(count) if len(merged.means) > 1 else None):
        for one in results:
            merged.add(one)
    return merged.tally(count)


class _Sum:
    """The sum of tallies, in their order."""

    def __init__(self) -> None:
        self.means: list[FloatArray] = []
        self.first: Tally | None = None
        self.slack, self.draws, self.tolerance = 0.0, 0, 0.0

    def add(self, one: Tally) -> None:
        """One more replicate; the first of them holds the sums."""
        self.means.append(one.means)
        self.slack += one.slack * one.draws
        self.draws += one.draws
        self.tolerance = max(self.tolerance, one.tolerance)
        if self.first is None:
            self.first = one
            return
        first = self.first
        first.greater[...] += one.greater
        first.near[...] += one.near
        first.total[...] += one.total
        first.squares[...] += one.squares
        np.minimum(first.least, one.least, out=first.least)

    def tally(self, count: int) -> Tally:
        """What `count` replicates, or as many as there are, say together."""
        assert self.first is not None
        return replace(
            self.first, means=np.concatenate(self.means), slack=self.slack / self.draws, draws=self.draws,
            tolerance=self.tolerance, interrupted=len(self.means) < count,
        )  # fmt: skip
