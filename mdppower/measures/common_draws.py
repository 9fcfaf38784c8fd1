"""POWER of several MDPs on the same draws.

Each MDP takes its rewards from columns of one distribution: state x of MDP m earns R(columns_m[x]). All MDPs see the
same draws, so that differences of their POWER are paired and most of the noise cancels (common random numbers). A
column may serve several states of one MDP: these then share their reward.

The runs are those of `mdppower.power`; here they go side by side, replicate by replicate, and what comes out is one
`Replicates` over the states of the first MDP, then those of the second, and so on.
"""

from __future__ import annotations

import math
import warnings
from collections.abc import Sequence
from concurrent.futures import Executor
from dataclasses import dataclass
from typing import Any

import numpy as np

from mdppower._checks import choice, positive_integer
from mdppower._typing import AnyArray, FloatArray
from mdppower.errors import MDPPowerWarning, SizeError
from mdppower.mdp.graph import can_reach
from mdppower.mdp.model import RewardlessMDP
from mdppower.measures.power_task import MOST_NUMBERS, PowerTask
from mdppower.montecarlo.estimates import Replicates
from mdppower.montecarlo.runs import Workers, check_workers, chunked, gather, keep_finished
from mdppower.montecarlo.samplers import SAMPLERS, Sampler, make_sampler, seed
from mdppower.rewards.distribution import RewardDistribution
from mdppower.rewards.joint_laws import Reordered
from mdppower.solvers.optimal_values import pick, warm_up


@dataclass(frozen=True, eq=False)
class Model:
    """One of the MDPs.

    Attributes
    ----------
    mdp : RewardlessMDP
    columns : (S,) integer array
        The column of the common rewards that each state earns.
    shown : (n,) integer array
        The states that are kept of it.
    """

    mdp: RewardlessMDP
    columns: AnyArray
    shown: AnyArray


@dataclass(frozen=True, eq=False)
class CommonRun:
    """What a run gives.

    Attributes
    ----------
    data : Replicates
        Of the shown states of all MDPs, in their order.
    samples, entropy : int
    sampler : str
    interrupted : bool
    """

    data: Replicates
    samples: int
    entropy: int
    sampler: str
    interrupted: bool


@dataclass(frozen=True, eq=False)
class CommonTask:
    """All that a run is made of; calling it with numbers of replicates makes these, on any worker."""

    tasks: tuple[PowerTask, ...]
    shown: tuple[AnyArray, ...]

    def __call__(self, numbers: Sequence[int]) -> list[tuple[FloatArray, FloatArray]]:
        """Of each replicate: means (G, n) over its draws, and the largest mean gap (G,) of the MDPs."""
        parts = [task(numbers) for task in self.tasks]
        found = []
        for made in zip(*parts, strict=True):
            means = [means[:, shown] for (means, _, _), shown in zip(made, self.shown, strict=True)]
            found.append((np.concatenate(means, axis=1), np.max([gap for _, gap, _ in made], axis=0)))
        return found


def run_together(
    models: Sequence[Model],
    rewards: RewardDistribution,
    gammas: tuple[float, ...],
    *,
    samples: int,
    rng: Any,
    method: str,
    sampler: str,
    workers: Workers,
    executor: Executor | None,
    progress: bool | None,
) -> CommonRun:
    """Estimate POWER of the states of several MDPs on the same draws.

    Parameters
    ----------
    models : sequence of Model
    rewards : RewardDistribution
        Of the columns; with means.
    gammas : tuple of float
    samples, rng, method, sampler, workers, executor, progress
        As for `mdppower.power`.

    Returns
    -------
    CommonRun

    Raises
    ------
    ParameterError, RewardError, SolverError
        As `mdppower.power` raises them; ``estimate`` is a CommonRun of the draws that were finished.
    SizeError
        The replicate means would not fit.

    Examples
    --------
    A root with two ends, and one with three, that share the first two ends.

    >>> import mdppower as mp
    >>> from mdppower.rewards import Independent, law
    >>> two, three = (Model(mp.envs.fork(k), np.arange(k + 1), np.array([0])) for k in (2, 3))
    >>> found = run_together([two, three], Independent([law("uniform")], np.zeros(4, int)), (0.9,), samples=64, rng=0,
    ...     method="auto", sampler="latin", workers=1, executor=None, progress=False)
    >>> bool((found.data.means[:, 0, 1] >= found.data.means[:, 0, 0] - 1e-9).all())
    True
    """
    positive_integer(samples, "samples")
    choice(sampler, "sampler", SAMPLERS)
    check_workers(workers, executor)
    if not rewards.has_variance:
        warnings.warn(
            f"{rewards.name} rewards have no variance: there is no standard error and no interval",
            MDPPowerWarning,
            stacklevel=5,
        )
    source = make_sampler(rewards, sampler, samples, seed(rng))
    count = max(2, math.ceil(samples / source.size))
    width = sum(len(model.shown) for model in models)
    numbers = count * len(gammas) * width
    if numbers > MOST_NUMBERS:
        raise SizeError(
            f"the replicate means would take {numbers / 2**27:.1f} GiB; use fewer samples, gammas or states"
        )
    tasks = tuple(_task(model, source, gammas, pick(model.mdp, method)) for model in models)
    states = sum(model.mdp.n_states for model in models)
    chunks = chunked(range(count), source.size * states)

    def prepare() -> None:
        for task in tasks:
            warm_up(task.mdp, task.method, gammas)

    done: list[tuple[FloatArray, FloatArray]] = []
    results = gather(
        CommonTask(tasks, tuple(model.shown for model in models)), chunks, source.size,
        workers=workers, executor=executor, progress=progress, label="POWER", prepare=prepare,
    )  # fmt: skip

    def found() -> CommonRun:
        data = Replicates(
            means=np.array([means for means, _ in done]),
            low=np.full(width, rewards.low.min()),
            high=np.full(width, rewards.high.max()),
            constant=np.concatenate([_constant(model, rewards) for model in models]),
            slack=np.mean([gap for _, gap in done], axis=0),
            trials=len(done) * source.size if source.kind == "iid" else len(done),
            has_variance=rewards.has_variance,
        )
        return CommonRun(data, len(done) * source.size, source.entropy, source.kind, len(done) < count)

    with keep_finished(lambda: found() if len(done) > 1 else None):
        for made in results:
            done += made
    return found()


def _task(model: Model, source: Sampler, gammas: tuple[float, ...], method: str) -> PowerTask:
    """The run of one MDP: the draws of the common source, of which it sees its columns."""
    own = Reordered(source.rewards, model.columns)
    return PowerTask(
        model.mdp, gammas, False, Sampler(own, source.kind, source.size, source.entropy), method, 1, own
    )  # fmt: skip


def _constant(model: Model, rewards: RewardDistribution) -> AnyArray:
    """Which shown states have POWER that cannot vary from draw to draw."""
    varies = ~rewards.is_constant[model.columns]
    return np.asarray(~can_reach(model.mdp, varies)[model.shown])
