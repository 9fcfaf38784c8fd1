"""A POWER run: what is checked before it, what is kept of its replicates, and when it ends."""

from __future__ import annotations

import logging
import math
import time
from collections.abc import Callable, Iterator, Sequence
from dataclasses import replace
from typing import Any

import numpy as np

from mdppower._checks import choice, positive, positive_integer, rates_or_horizons
from mdppower._horizon import Horizon
from mdppower._text import rate_name
from mdppower._typing import BoolArray
from mdppower._warn import warn
from mdppower.agents.evaluation import BLOCK
from mdppower.agents.policies import require_for_horizons, resolve_policy
from mdppower.errors import ConvergenceError, ParameterError, SizeError
from mdppower.mdp.argument import check_mdp
from mdppower.mdp.graph import can_reach
from mdppower.mdp.model import RewardlessMDP
from mdppower.measures.certified_rates import certified_rates
from mdppower.measures.guaranteed_power import RunningSums, numbers_kept, require_bounded
from mdppower.measures.power_caution import find_caution
from mdppower.measures.power_estimate import PowerEstimate
from mdppower.measures.power_task import MOST_NUMBERS, PowerTask
from mdppower.measures.questions import ask, named_policy, told_mdp
from mdppower.montecarlo.engines import Rows
from mdppower.montecarlo.estimates import Estimate
from mdppower.montecarlo.replicates import Replicates
from mdppower.montecarlo.run_loop import Conduct, OneTask, Question, run
from mdppower.montecarlo.samplers import SAMPLERS, Sampler, make_sampler
from mdppower.montecarlo.steps import no_draws, paid_by, replicates_at
from mdppower.rewards.distribution import resolve
from mdppower.rewards.reward_distribution import RewardDistribution
from mdppower.solvers.optimal_values import pick

log = logging.getLogger(__name__)

DEFAULT_MAX_SAMPLES = 2**20


def measure_power(
    mdp: RewardlessMDP,
    gamma: float | Any,
    rewards: Any,
    *,
    horizon: int | Any = None,
    samples: int,
    looks: Sequence[int] = (),
    precision: float | None = None,
    max_samples: int | None = None,
    rng: Any,
    method: str,
    sampler: str | None,
    policy: Any,
    guarantee: bool,
    conduct: Conduct,
) -> Iterator[PowerEstimate]:
    """Estimate POWER; the last estimate is what `mdppower.power` returns.

    Parameters
    ----------
    mdp, gamma, rewards, horizon, samples, precision, max_samples, rng, method, sampler, policy, guarantee
        As for `mdppower.power`.
    looks : sequence of int
        Draws after which an estimate is wanted, increasing, the last of them `samples`; empty: only then.
    conduct : Conduct

    Yields
    ------
    PowerEstimate
        At each look; with `precision`, only where that is reached.

    Raises
    ------
    MDPPowerError
        As `mdppower.power`.
    """
    check_mdp(mdp)
    gammas, single = rates_or_horizons(gamma, horizon)
    positive_integer(samples, "samples")
    if sampler is not None:
        choice(sampler, "sampler", SAMPLERS)
    if guarantee and (sampler or "iid") != "iid":
        raise ParameterError(f"guarantee=True needs independent draws: sampler='iid', not {sampler!r}")
    if precision is None and max_samples is not None:
        raise ParameterError("max_samples goes with precision")
    distribution = resolve(rewards, mdp, pairs=True)
    distribution.require_mean(mdp)
    if not distribution.has_variance:
        if precision is not None:
            raise ParameterError(f"{distribution.told} have no variance, so that no precision can be promised")
        warn(f"{distribution.told} have no variance: there is no standard error and no interval")
    if policy is not None:
        if method != "auto":
            raise ParameterError(f"method is about optimal values; with policy= it must be 'auto', got {method!r}")
        if distribution.on == "pairs":
            raise ParameterError(
                "policy= is for rewards of states; with rewards on pairs only optimal values are had"
            )
        policy = resolve_policy(mdp, policy)
        if isinstance(gammas[0], Horizon):
            require_for_horizons(policy)
    if method == "exact":
        no_draws(looks, conduct, guarantee=guarantee)
        yield _exactly(mdp, gammas, single, distribution, precision, conduct.progress)
        return
    method = pick(mdp, method, gammas[0]) if policy is None else "policy"
    if guarantee:
        require_bounded(distribution, mdp)
    source = make_sampler(distribution, sampler or ("iid" if guarantee else "latin"), samples, 0)
    width = len(gammas) * mdp.n_states
    fit = DEFAULT_MAX_SAMPLES if guarantee else MOST_NUMBERS // width
    schedule = _schedule(samples, source.size, precision, max_samples, fit)
    if looks:
        schedule = replicates_at(looks, source.size)
    if guarantee:
        kept = numbers_kept(len(gammas), mdp.n_states)
    else:
        kept = (schedule[0] if precision is not None else schedule[-1]) * width
        if schedule[-1] * width > MOST_NUMBERS:
            size = schedule[-1] * width / 2**27
            rates = f"{rate_name(gammas)}s"
            raise SizeError(f"the replicate means would take {size:.1f} GiB; use fewer samples or fewer {rates}")
    earning = 2 * mdp.n_pairs if distribution.on == "pairs" else 0
    _require_memory(mdp, source.size, kept, conduct.engine().threads, policy is not None, guarantee, earning)

    def question(rates: tuple[float, ...]) -> Question:
        # Bets depend on where a guaranteed run is to end.
        staged = {"stages": schedule} if guarantee else {}
        return ask(
            "power", source, conduct.key, gammas=rates, method=method, samples=samples, mdp=mdp.fingerprint,
            policy=named_policy(policy, conduct.key), told=told_mdp(mdp),
            given={"mdp": mdp, "policy": policy},
            shown={"single": single, "guarantee": guarantee, "precision": precision, "max_samples": max_samples},
            **staged,
        )  # fmt: skip

    source = conduct.seeded(source, rng, lambda: question(gammas))
    paid = 1 if guarantee or precision is None else len(schedule)
    task = PowerTask(mdp, gammas, single, source, method, paid, distribution, policy, guarantee)

    def at(rates: tuple[float, ...]) -> Iterator[PowerEstimate]:
        own = replace(task, gammas=rates)
        if precision is None:
            yield from _in_steps(own, schedule, conduct, lambda: question(rates))
        else:
            yield _until_precise(own, schedule, precision, conduct, lambda: question(rates))

    yield from certified_rates(at, gammas)


def _exactly(
    mdp: RewardlessMDP,
    gammas: tuple[float, ...],
    single: bool,
    distribution: RewardDistribution,
    precision: float | None,
    progress: bool | None,
) -> PowerEstimate:
    from mdppower.measures.exact_means import exact_power

    if precision is not None:
        raise ParameterError("precision is about draws; method='exact' makes none")
    begin = time.perf_counter()
    values, errors = exact_power(mdp, gammas, distribution, progress)
    log.debug("exact POWER: %d states, %d rates, %.3f s", mdp.n_states, len(gammas), time.perf_counter() - begin)
    known = Estimate.known(values, mdp.states, gammas)
    task = PowerTask(mdp, gammas, single, Sampler(distribution, "exact", 0, 0), "exact", 1, distribution)
    assert isinstance(known.data, Replicates)
    data = replace(known.data, slack=np.array(errors))
    fractions = known.fractions if max(errors) == 0 else None  # else they are of the MDP as it was read
    return PowerEstimate(data, task, np.zeros(len(gammas)), False, fractions=fractions)


def _require_memory(
    mdp: RewardlessMDP, draws: int, kept: int, threads: int, by_policy: bool, guarantee: bool, earning: int = 0
) -> None:
    """Raise SizeError before anything is done if the run would not fit into what is free now, by a rough estimate."""
    free = free_memory()
    # A replicate: uniforms and rewards in place, values, policies; the solver's own arrays; the kernel renumbered.
    replicate = mdp.n_states * (draws * (8 + 8 + 4) + 4 * 48) + earning * draws * 8
    if by_policy:  # a block of probabilities, as given, checked and rescaled; and the chain twice
        replicate += 3 * 8 * min(draws * mdp.n_pairs, max(BLOCK, mdp.n_pairs)) + 2 * 12 * mdp.kernel.nnz
    if guarantee:  # POWER's integrand draw by draw, and a worker's own sums
        replicate += 8 * (draws * mdp.n_states + kept)
    needed = threads * replicate + 2 * 8 * kept + 12 * mdp.kernel.nnz
    if free is not None and needed > free:
        raise SizeError(
            f"the run needs about {needed / 2**30:.1f} GiB with {threads} worker{'s' * (threads > 1)}, and "
            f"{free / 2**30:.1f} GiB are free; use fewer workers, samples or rates"
        )


def free_memory() -> int | None:
    """Bytes that can be had without swapping, where the system tells."""
    try:
        with open("/proc/meminfo", encoding="ascii") as file:
            return next(int(line.split()[1]) * 1024 for line in file if line.startswith("MemAvailable:"))
    except (OSError, StopIteration, ValueError):
        return None


class _Means(OneTask):
    """What a run keeps of its replicates: their means, mean gaps and largest gaps."""

    label, least = "POWER", 2

    def __init__(self, task: PowerTask) -> None:
        self.task = task
        self.rows: list[tuple[int, Rows]] = []  # each with how many replicates there are up to it

    @property
    def count(self) -> int:
        """Replicates so far."""
        return self.rows[-1][0] if self.rows else 0

    def prepare(self) -> None:
        """Compile what replicates need."""
        self.task.prepare()

    def add(self, rows: Rows) -> None:
        """Add the next replicates."""
        self.rows.append((self.count + len(rows[0]), rows))

    def estimate(self, interrupted: bool) -> PowerEstimate:
        """What the replicates so far say."""
        task = self.task
        d, size = task.distribution, task.source.size
        means, slack, gaps = (np.concatenate(arrays) for arrays in zip(*(rows for _, rows in self.rows), strict=True))
        data = Replicates(
            means=means,
            low=np.full(task.mdp.n_states, d.low.min()),
            high=np.full(task.mdp.n_states, d.high.max()),
            constant=_constant(task),
            slack=slack.mean(axis=0),
            trials=len(means) * size if task.source.kind == "iid" else len(means),
            looks=task.looks,
            has_variance=d.has_variance,
        )
        return PowerEstimate(data, task, gaps.max(axis=0), interrupted)


def _in_steps(
    task: PowerTask, schedule: Sequence[int], conduct: Conduct, question: Callable[[], Question]
) -> Iterator[PowerEstimate]:
    """An estimate at each look: the last one as if it were alone, the others as ones that pay for all."""
    kept = RunningSums(task, _constant(task), schedule[-1]) if task.guarantee else _Means(task)
    for estimate in run(kept, schedule, task.source, task.mdp.n_states, conduct, question):
        count = estimate.data.count
        final = count == schedule[-1] or len(schedule) == 1
        if isinstance(estimate.data, Replicates) and not final:
            data = replace(estimate.data, looks=paid_by(count, schedule))
            estimate = PowerEstimate(data, task, estimate.error_bound, estimate.interrupted)
        yield _judged(estimate, [count], final or estimate.interrupted)


def _until_precise(
    task: PowerTask, schedule: Sequence[int], precision: float, conduct: Conduct, question: Callable[[], Question]
) -> PowerEstimate:
    """The first estimate that is precise enough."""
    kept = RunningSums(task, _constant(task), schedule[0]) if task.guarantee else _Means(task)
    counts: list[int] = []
    for estimate in run(kept, schedule, task.source, task.mdp.n_states, conduct, question):
        counts.append(estimate.data.count)
        if estimate.interrupted:
            return _judged(estimate, counts[-1:])
        if _half_width(estimate) <= precision:
            return _judged(estimate, counts)
    _judged(estimate, counts)
    raise ConvergenceError(
        f"after {estimate.samples:,} draws the widest simultaneous interval is ± {_half_width(estimate):.3g}, "
        f"not ± {precision:g}; raise max_samples",
        estimate=estimate,
    )


def _judged(estimate: PowerEstimate, counts: Sequence[int], aloud: bool = True) -> PowerEstimate:
    """The estimate with what speaks against its intervals, which is warned of, too."""
    if isinstance(estimate.data, Replicates):
        caution = find_caution(estimate.task, estimate.data, counts)
        assert estimate.draws is not None
        object.__setattr__(estimate, "draws", replace(estimate.draws, caution=caution))
        if caution and aloud:
            warn(caution)
    return estimate


def _constant(task: PowerTask) -> BoolArray:
    """(S,) states whose POWER, or optimal value, is known not to vary from draw to draw."""
    varies = ~task.distribution.is_constant
    if getattr(task.policy, "depends_on_rewards", task.policy is not None):
        # What a policy makes of rewards may vary. Not so for optimal ones: what they do where rewards are constant
        # depends on nothing else.
        varies = varies | (np.diff(task.mdp.pointer) > 1)
    if task.on_pairs:
        varies = np.logical_or.reduceat(varies, task.mdp.pointer[:-1])
        return ~(varies | can_reach(task.mdp, varies))
    return ~can_reach(task.mdp, varies)


def _half_width(estimate: PowerEstimate) -> float:
    lower, upper = estimate.interval(0.95, simultaneous=True)
    return float((upper - lower).max()) / 2


def _schedule(samples: int, size: int, precision: float | None, max_samples: int | None, fit: int) -> list[int]:
    """How many replicates there are at each look; without max_samples no more than fit into memory."""
    first = max(2, math.ceil(samples / size))
    if precision is None:
        return [first]
    positive(precision, "precision")
    if max_samples is None:
        max_samples = max(samples, min(DEFAULT_MAX_SAMPLES, fit * size))
    most = positive_integer(max_samples, "max_samples")
    if most < samples:
        raise ParameterError(f"max_samples ({most}) is less than samples ({samples})")
    last = max(first, most // size)
    looks = [first]
    while looks[-1] < last:
        looks.append(min(2 * looks[-1], last))
    return looks
