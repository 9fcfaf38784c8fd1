"""POWER of several MDPs on the same draws.

Each MDP takes its rewards from columns of one distribution: state x of MDP m earns R(columns_m[x]). All MDPs see the
same draws, so that differences of their POWER are paired and most of the noise cancels (common random numbers). A
column may serve several states of one MDP: these then share their reward.

The runs are those of `mdppower.power`; here they go side by side, replicate by replicate, and what comes out is one
`Replicates` over the states of the first MDP, then those of the second, and so on.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

from mdppower._checks import choice, positive_integer
from mdppower._typing import AnyArray
from mdppower._warn import warn
from mdppower.errors import SizeError
from mdppower.mdp.graph import can_reach
from mdppower.mdp.model import RewardlessMDP
from mdppower.measures.certified_rates import certified_rates
from mdppower.measures.power_task import MOST_NUMBERS, PowerTask
from mdppower.measures.questions import ask, digest, told_mdp
from mdppower.montecarlo.engines import Rows
from mdppower.montecarlo.replicates import Replicates
from mdppower.montecarlo.run_loop import Conduct, OneTask, Question, run
from mdppower.montecarlo.samplers import SAMPLERS, Sampler, make_sampler
from mdppower.montecarlo.steps import paid_by, replicates_at
from mdppower.rewards.joint_laws import Reordered
from mdppower.rewards.reward_distribution import RewardDistribution
from mdppower.solvers.optimal_values import pick


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
    gammas : tuple of float
    data : Replicates
        Of the shown states of all MDPs, in their order.
    samples, entropy : int
    sampler : str
    interrupted : bool
    """

    gammas: tuple[float, ...]
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

    def __call__(self, numbers: Sequence[int]) -> Rows:
        """Of k replicates: means (k, G, n) over their draws, and the largest mean gap (k, G) of the MDPs."""
        made = [task(numbers) for task in self.tasks]
        means = [means[:, :, shown] for (means, _, _), shown in zip(made, self.shown, strict=True)]
        return np.concatenate(means, axis=2), np.max([gap for _, gap, _ in made], axis=0)


def run_together(
    models: Sequence[Model],
    rewards: RewardDistribution,
    gammas: tuple[float, ...],
    *,
    call: str,
    samples: int,
    looks: Sequence[int] = (),
    rng: Any,
    method: str,
    sampler: str,
    conduct: Conduct,
    given: Mapping[str, Any] | None = None,
    shown: Mapping[str, Any] | None = None,
) -> Iterator[CommonRun]:
    """Estimate POWER of the states of several MDPs on the same draws.

    Parameters
    ----------
    models : sequence of Model
    rewards : RewardDistribution
        Of the columns; with means.
    gammas : tuple of float
    call : str
        The function that asks, for a store.
    samples, rng, method, sampler
        As for `mdppower.power`.
    looks : sequence of int
        Draws after which a result is wanted, the last of them `samples`; empty: only then.
    conduct : Conduct
    given, shown : mapping, optional
        Of the call, for a store (`mdppower.measures.questions.ask`).

    Yields
    ------
    CommonRun
        At each look; all but the last pay for all (`mdppower.montecarlo.steps`).

    Raises
    ------
    ParameterError, RewardError, SolverError
        As `mdppower.power` raises them; ``estimate`` is a CommonRun of the draws that were finished, or of the rates
        that could be certified.
    SizeError
        The replicate means would not fit.

    Examples
    --------
    A root with two ends, and one with three, that share the first two ends.

    >>> import mdppower as mp
    >>> from mdppower.rewards import Independent, law
    >>> two, three = (Model(mp.envs.fork(k), np.arange(k + 1), np.array([0])) for k in (2, 3))
    >>> (found,) = run_together([two, three], Independent([law("uniform")], np.zeros(4, int)), (0.9,), call="example",
    ...     samples=64, rng=0, method="auto", sampler="latin", conduct=Conduct(progress=False))
    >>> bool((found.data.means[:, 0, 1] >= found.data.means[:, 0, 0] - 1e-9).all())
    True
    """
    positive_integer(samples, "samples")
    choice(sampler, "sampler", SAMPLERS)
    if not rewards.has_variance:
        warn(f"{rewards.name} rewards have no variance: there is no standard error and no interval")
    source = make_sampler(rewards, sampler, samples, 0)
    schedule = replicates_at(looks or (samples,), source.size)
    numbers = schedule[-1] * len(gammas) * sum(len(model.shown) for model in models)
    if numbers > MOST_NUMBERS:
        raise SizeError(
            f"the replicate means would take {numbers / 2**27:.1f} GiB; use fewer samples, gammas or states"
        )
    methods = [pick(model.mdp, method) for model in models]

    def question(rates: tuple[float, ...]) -> Question:
        about = [
            [model.mdp.fingerprint, digest(model.columns, model.shown), name]
            for model, name in zip(models, methods, strict=True)
        ]
        return ask(
            call, source, conduct.key, gammas=rates, method=method, samples=samples, models=about, given=given,
            shown=shown, told="; ".join(told_mdp(model.mdp) for model in models[:2]),
        )  # fmt: skip

    source = conduct.seeded(source, rng, lambda: question(gammas))
    states = sum(model.mdp.n_states for model in models)

    def at(rates: tuple[float, ...]) -> Iterator[CommonRun]:
        kept = _Means(models, source, rates, methods, schedule)
        return run(kept, schedule, source, states, conduct, lambda: question(rates))

    return certified_rates(at, gammas)


class _Means(OneTask):
    """What a run keeps of its replicates: the means of what is shown, and the largest mean gaps."""

    label, least = "POWER", 2

    def __init__(
        self,
        models: Sequence[Model],
        source: Sampler,
        gammas: tuple[float, ...],
        methods: Sequence[str],
        schedule: Sequence[int],
    ) -> None:
        self.models, self.source, self.gammas, self.schedule = models, source, gammas, schedule
        tasks = tuple(_task(model, source, gammas, name) for model, name in zip(models, methods, strict=True))
        self.task = CommonTask(tasks, tuple(model.shown for model in models))
        self.rows: list[tuple[int, Rows]] = []  # each with how many replicates there are up to it

    @property
    def count(self) -> int:
        """Replicates so far."""
        return self.rows[-1][0] if self.rows else 0

    def prepare(self) -> None:
        """Compile what replicates need."""
        for task in self.task.tasks:
            task.prepare()

    def add(self, rows: Rows) -> None:
        """Add the next replicates."""
        self.rows.append((self.count + len(rows[0]), rows))

    def estimate(self, interrupted: bool) -> CommonRun:
        """What the replicates so far say."""
        source, rewards = self.source, self.source.rewards
        means, gaps = (np.concatenate(arrays) for arrays in zip(*(rows for _, rows in self.rows), strict=True))
        count, width = len(means), means.shape[2]
        data = Replicates(
            means=means,
            low=np.full(width, rewards.low.min()),
            high=np.full(width, rewards.high.max()),
            constant=np.concatenate([_constant(model, rewards) for model in self.models]),
            slack=gaps.mean(axis=0),
            trials=count * source.size if source.kind == "iid" else count,
            looks=paid_by(count, self.schedule),
            has_variance=rewards.has_variance,
        )
        return CommonRun(self.gammas, data, count * source.size, source.entropy, source.kind, interrupted)


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
