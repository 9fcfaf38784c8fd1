"""POWER: the average optimal value of a state, over reward functions (Turner et al., arXiv 1912.01683, Def. 5.2).

    POWER_D(s, γ) = (1−γ)/γ · E_{R~D}[V*_R(s, γ) − R(s)] = E_{R~D}[max_a E_{s'~T(s,a)} v*_R(s', γ)]

with v = (1−γ)V. The right-hand side is what is computed: one formula for every γ, its end γ = 0 included (best
expected next reward, no solve). All states and all γ share the draws, so that differences are paired.

With a policy in the place of the optimal one it is suboptimal POWER (Def. C.1, `mdppower.agents.evaluation`); the
rest of a run is the same.
"""

from __future__ import annotations

import math
import warnings
from collections.abc import Iterator
from concurrent.futures import Executor
from dataclasses import replace
from typing import Any

import numpy as np

from mdppower._checks import choice, discount_rates, positive, positive_integer
from mdppower._typing import BoolArray, FloatArray
from mdppower.agents.evaluation import BLOCK
from mdppower.agents.policies import resolve_policy
from mdppower.errors import ConvergenceError, MDPPowerError, MDPPowerWarning, ParameterError, SizeError
from mdppower.mdp.argument import check_mdp
from mdppower.mdp.graph import can_reach
from mdppower.mdp.model import RewardlessMDP
from mdppower.measures.certified_rates import certified_rates
from mdppower.measures.guaranteed_power import RunningSums, numbers_kept, require_bounded
from mdppower.measures.power_caution import find_caution
from mdppower.measures.power_estimate import PowerEstimate
from mdppower.measures.power_task import MOST_NUMBERS, PowerTask
from mdppower.montecarlo.estimates import Estimate, Replicates
from mdppower.montecarlo.runs import Workers, check_workers, chunked, in_a_thread, run_in_order, thread_count
from mdppower.montecarlo.samplers import SAMPLERS, Sampler, make_sampler, seed
from mdppower.rewards.distribution import RewardDistribution, resolve
from mdppower.solvers.optimal_values import pick

DEFAULT_MAX_SAMPLES = 2**20


def power(
    mdp: RewardlessMDP,
    gamma: float | Any,
    rewards: Any = "uniform",
    *,
    samples: int = 4096,
    precision: float | None = None,
    max_samples: int | None = None,
    rng: Any = None,
    method: str = "auto",
    sampler: str | None = None,
    policy: Any = None,
    guarantee: bool = False,
    workers: Workers = 1,
    executor: Executor | None = None,
    progress: bool | None = None,
) -> PowerEstimate:
    """Estimate the POWER of every state.

    Parameters
    ----------
    mdp : RewardlessMDP
    gamma : float or sequence of float
        Discount rates in [0, 1]; 1 is average reward. Several cost less than as many runs.
    rewards : str, distribution, mapping, callable, …
        What reward functions are drawn from; see `mdppower.rewards`. Default: i.i.d. uniform on [0, 1].
    samples : int
        Reward functions to draw, rounded up to whole replicates. With `precision`: how many before the first
        look.
    precision : float, optional
        Draw until every half-width of the simultaneous 95 % interval over states and γ is at most this. The
        data are looked at after `samples` draws and after each doubling; of K possible looks each uses the
        level 0.05/K, and so do the intervals of the result.
    max_samples : int, optional
        Where `precision` gives up. Default: 1,048,576, or what fits into memory if that is less.
    rng : int, numpy.random.Generator, SeedSequence, …
        As for `numpy.random.default_rng`. The entropy used is in the result; passed as `rng`, it gives the same
        numbers.
    method : {"auto", "exact", "deterministic", "stochastic", "lp", "lp-occupancy"}
        See `optimal_values`. ``"exact"`` integrates over the nondominated visit distributions without draws, for
        small MDPs and uniform, finite discrete or normal rewards; ``exact`` of the result has the fractions.
    sampler : {"latin", "sobol", "iid"}, optional
        See `mdppower.montecarlo.samplers`. Default: ``"latin"``. Discrete rewards and callables are drawn iid, and
        so are all rewards with `guarantee`.
    policy : callable, mapping or array, optional
        Whose value to average in the place of the optimal one: suboptimal POWER (Def. C.1). A rule of
        `mdppower.agents.rules`, a function ``policy(mdp, rewards, gamma)``, or a policy that is the same for all
        rewards, such as ``{state: action}``; see `mdppower.agents.policies.resolve_policy`. Policies are evaluated
        by one method: `method` stays ``"auto"``.
    guarantee : bool
        For bounded rewards: intervals that hold for any number of draws, whatever the law, at all looks at once, so
        that `precision` costs nothing (`mdppower.montecarlo.guaranteed`: betting for up to 4,096 states × γ,
        empirical Bernstein beyond). They are wider than Student's. Draws are independent, and are not kept, but
        added to 6 numbers for each state and γ (48 bytes; 576 with betting), so that differences are not paired:
        their intervals follow from those of the states.
    workers : int or map-like callable
        Threads (−1: one a core). The numbers do not depend on it.
    executor : concurrent.futures.Executor, optional
        Used instead of threads: processes, a cluster.
    progress : bool, optional
        Whether to show a progress bar; by default only in a terminal.

    Returns
    -------
    PowerEstimate

    Raises
    ------
    ParameterError, RewardError
        An argument is out of range, the rewards have no mean, `policy` gives what is no policy, or the executor or a
        map-like `workers` has failed or not given one result for each item; with `guarantee`,
        the rewards have no bounds, or the sampler is not ``"iid"``.
    SolverError
        A draw could not be certified; the message says how to see it again. Of several rates the others are not lost:
        the error's ``estimate`` has them.
    ConvergenceError
        `precision` was not reached within `max_samples`; the error carries the estimate so far.
    SizeError
        The result would not fit into memory.

    Warns
    -----
    MDPPowerWarning
        The intervals cannot be trusted, and why: where the rewards' law, or the replicate means, say that Student's
        interval misses too often (`caution` of the result; `mdppower.measures.power_caution`).

    Notes
    -----
    Ctrl-C ends the run early and gives the estimate from the replicates that were finished, with a warning. An error
    that ends a run (a reward that is no number, a user's function that raises, a worker that dies) has that estimate
    as its ``estimate``.

    Examples
    --------
    A start with three absorbing successors has POWER E max of three U(0, 1) = 3/4, at every γ.

    >>> import mdppower as mp
    >>> estimate = mp.power(mp.envs.make("fork(3)"), gamma=0.9, rng=0)
    >>> low, high = estimate.interval(0.99)
    >>> bool(low[0] < 0.75 < high[0])
    True
    >>> mp.power(mp.envs.make("turner-figure-1"), 1, method="exact").exact[0]
    Fraction(517, 640)

    One reward in a thousand is 1: draws may happen to see none, and these upper limits know it.

    >>> rare = mp.power(mp.envs.fork(3), 0.9, "bernoulli(0.001)", samples=1024, rng=0, guarantee=True)
    >>> rare.sampler, rare.guarantee, rare.interval()[1].round(3)
    ('iid', 'finite-sample', array([0.007, 0.005, 0.005, 0.007]))

    A random agent gets the mean of the three:

    >>> from mdppower.agents import uniformly_random
    >>> mp.power(mp.envs.make("fork(3)"), gamma=0.9, rng=0, policy=uniformly_random()).mean.round(2)
    array([0.5, 0.5, 0.5, 0.5])
    """
    check_mdp(mdp)
    gammas, single = discount_rates(gamma)
    positive_integer(samples, "samples")
    if sampler is not None:
        choice(sampler, "sampler", SAMPLERS)
    if guarantee and (sampler or "iid") != "iid":
        raise ParameterError(f"guarantee=True needs independent draws: sampler='iid', not {sampler!r}")
    check_workers(workers, executor)
    if precision is None and max_samples is not None:
        raise ParameterError("max_samples goes with precision")
    distribution = resolve(rewards, mdp)
    distribution.require_mean(mdp)
    if not distribution.has_variance:
        if precision is not None:
            raise ParameterError(
                f"{distribution.name} rewards have no variance, so that no precision can be promised"
            )
        warnings.warn(
            f"{distribution.name} rewards have no variance: there is no standard error and no interval",
            MDPPowerWarning,
            stacklevel=2,
        )
    if policy is not None:
        if method != "auto":
            raise ParameterError(f"method is about optimal values; with policy= it must be 'auto', got {method!r}")
        policy = resolve_policy(mdp, policy)
    if method == "exact":
        if guarantee:
            raise ParameterError("guarantee is about draws; method='exact' makes none")
        return _exactly(mdp, gammas, single, distribution, precision, progress)
    method = pick(mdp, method) if policy is None else "policy"
    if guarantee:
        require_bounded(distribution, mdp)
    source = make_sampler(distribution, sampler or ("iid" if guarantee else "latin"), samples, seed(rng))
    width = len(gammas) * mdp.n_states
    fit = DEFAULT_MAX_SAMPLES if guarantee else MOST_NUMBERS // width
    schedule = _schedule(samples, source.size, precision, max_samples, fit)
    if guarantee:
        kept = numbers_kept(len(gammas), mdp.n_states)
    else:
        kept = schedule[0] * width
        if schedule[-1] * width > MOST_NUMBERS:
            size = schedule[-1] * width / 2**27
            raise SizeError(f"the replicate means would take {size:.1f} GiB; use fewer samples or fewer gammas")
    _require_memory(mdp, source.size, kept, workers, policy is not None, guarantee)
    looks = 1 if guarantee else len(schedule)
    task = PowerTask(mdp, gammas, single, source, method, looks, distribution, policy, guarantee)

    def run(rates: tuple[float, ...]) -> PowerEstimate:
        return _run(replace(task, gammas=rates), schedule, precision, workers, executor, progress)

    return certified_rates(run, gammas)


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
    values, errors = exact_power(mdp, gammas, distribution, progress)
    known = Estimate.known(values, mdp.states, gammas)
    task = PowerTask(mdp, gammas, single, Sampler(distribution, "exact", 0, 0), "exact", 1, distribution)
    assert isinstance(known.data, Replicates)
    data = replace(known.data, slack=np.array(errors))
    fractions = known.fractions if max(errors) == 0 else None  # else they are of the MDP as it was read
    return PowerEstimate(data, task, np.zeros(len(gammas)), False, fractions=fractions)


def _require_memory(
    mdp: RewardlessMDP, draws: int, kept: int, workers: Workers, by_policy: bool, guarantee: bool
) -> None:
    """Raise SizeError before anything is done if the run would not fit into what is free now, by a rough estimate."""
    free = _free_memory()
    threads = 1 if callable(workers) else thread_count(workers)
    # A replicate: uniforms and rewards in place, values, policies; the solver's own arrays; the kernel renumbered.
    replicate = mdp.n_states * (draws * (8 + 8 + 4) + 4 * 48)
    if by_policy:  # a block of probabilities, as given, checked and rescaled; and the chain twice
        replicate += 3 * 8 * min(draws * mdp.n_pairs, max(BLOCK, mdp.n_pairs)) + 2 * 12 * mdp.kernel.nnz
    if guarantee:  # POWER's integrand draw by draw, and a worker's own sums
        replicate += 8 * (draws * mdp.n_states + kept)
    needed = threads * replicate + 2 * 8 * kept + 12 * mdp.kernel.nnz
    if free is not None and needed > free:
        raise SizeError(
            f"the run needs about {needed / 2**30:.1f} GiB with {threads} worker{'s' * (threads > 1)}, and "
            f"{free / 2**30:.1f} GiB are free; use fewer workers, samples or gammas"
        )


def _free_memory() -> int | None:
    """Bytes that can be had without swapping, where the system tells."""
    try:
        with open("/proc/meminfo", encoding="ascii") as file:
            return next(int(line.split()[1]) * 1024 for line in file if line.startswith("MemAvailable:"))
    except (OSError, StopIteration, ValueError):
        return None


class _Means:
    """What a run keeps of its replicates: their means, mean gaps and largest gaps."""

    def __init__(self, task: PowerTask) -> None:
        self.task = task
        self.done: list[tuple[FloatArray, FloatArray, FloatArray]] = []

    @property
    def count(self) -> int:
        return len(self.done)

    def prepare(self) -> None:
        self.task.prepare()

    def until(self, target: int, workers: Workers, executor: Executor | None) -> Iterator[int]:
        """Make replicates until there are `target` of them; yields how many more there are."""
        chunks = chunked(range(self.count, target), self.task.source.size * self.task.mdp.n_states)
        size = self.task.source.size
        for results in run_in_order(self.task, chunks, workers=workers, executor=executor, size=size):
            self.done += results
            yield len(results)

    def estimate(self, interrupted: bool = False) -> PowerEstimate:
        """What the replicates so far say."""
        return _estimate(self.task, self.done, interrupted)


def _run(
    task: PowerTask,
    schedule: list[int],
    precision: float | None,
    workers: Workers,
    executor: Executor | None,
    progress: bool | None,
) -> PowerEstimate:
    """Run the replicates of the schedule until its end, the precision, or Ctrl-C."""
    from tqdm import tqdm

    kept = RunningSums(task, _constant(task)) if task.guarantee else _Means(task)
    estimate: PowerEstimate | None = None
    total = (schedule[0] if precision is None else schedule[-1]) * task.source.size
    hidden = None if progress is None else not progress
    with tqdm(desc="compiling", total=total, unit=" draws", disable=hidden) as bar:
        try:
            in_a_thread(kept.prepare)
            bar.set_description("POWER")
            for look, target in enumerate(schedule):
                for made in kept.until(target, workers, executor):
                    bar.update(made * task.source.size)
                estimate = kept.estimate()
                if precision is None or _half_width(estimate) <= precision:
                    return _judged(estimate, schedule[: look + 1])
        except KeyboardInterrupt:
            if kept.count < 2:
                raise
            estimate = kept.estimate(interrupted=True)
            warnings.warn(
                f"interrupted: the estimate is from {estimate.samples:,} of {total:,} draws",
                MDPPowerWarning,
                stacklevel=5,
            )
            return _judged(estimate, [kept.count])
        except MDPPowerError as error:
            error.estimate = kept.estimate() if kept.count > 1 else None
            raise
    if estimate is not None:
        _judged(estimate, schedule)
    raise ConvergenceError(
        f"after {total:,} draws the widest simultaneous interval is ± {_half_width(estimate):.3g}, "
        f"not ± {precision:g}; raise max_samples",
        estimate=estimate,
    )


def _judged(estimate: PowerEstimate, looks: list[int]) -> PowerEstimate:
    """The estimate with what speaks against its intervals, which is warned of, too."""
    if not isinstance(estimate.data, Replicates):
        return estimate
    caution = find_caution(estimate.task, estimate.data, looks)
    object.__setattr__(estimate, "caution", caution)
    if caution:
        warnings.warn(caution, MDPPowerWarning, stacklevel=6)
    return estimate


def _estimate(
    task: PowerTask, done: list[tuple[FloatArray, FloatArray, FloatArray]], interrupted: bool = False
) -> PowerEstimate:
    d = task.distribution
    count = len(done)
    data = Replicates(
        means=np.array([means for means, _, _ in done]),
        low=np.full(task.mdp.n_states, d.low.min()),
        high=np.full(task.mdp.n_states, d.high.max()),
        constant=_constant(task),
        slack=np.mean([gap for _, gap, _ in done], axis=0),
        trials=count * task.source.size if task.source.kind == "iid" else count,
        looks=task.looks,
        has_variance=d.has_variance,
    )
    return PowerEstimate(data, task, np.max([gap for _, _, gap in done], axis=0), interrupted)


def _constant(task: PowerTask) -> BoolArray:
    """(S,) states whose POWER is known not to vary from draw to draw."""
    varies = ~task.distribution.is_constant
    if getattr(task.policy, "depends_on_rewards", task.policy is not None):
        # What a policy makes of rewards may vary. Not so for optimal ones: what they do where rewards are constant
        # depends on nothing else.
        varies = varies | (np.diff(task.mdp.pointer) > 1)
    return ~can_reach(task.mdp, varies)


def _half_width(estimate: PowerEstimate | None) -> float:
    if estimate is None:
        return math.inf
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
