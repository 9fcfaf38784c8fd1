"""POWER: the average optimal value of a state, over reward functions (Turner et al., arXiv 1912.01683, Def. 5.2).

    POWER_D(s, γ) = (1−γ)/γ · E_{R~D}[V*_R(s, γ) − R(s)] = E_{R~D}[max_a E_{s'~T(s,a)} v*_R(s', γ)]

with v = (1−γ)V. The right-hand side is what is computed: one formula for every γ, its end γ = 0 included (best
expected next reward, no solve). All states and all γ share the draws, so that differences are paired.

Rewards on state-action pairs (`mdppower.rewards.OnPairs`) give C_Σ of what policies visit of the pairs, (1−γ) E V*:
nothing is taken off, and the result says "optimal value".

With a horizon H in the place of γ it is what can be had in H steps, a step, with nothing discounted:

    POWER_D(s, H) = 1/H · E_{R~D} max_π E_π[R(s_1) + … + R(s_H)] = E_{R~D}[max_a E_{s'~T(s,a)} v_R(s', H)]

where v_R(s', H) = (R(s') + best total of the H − 1 steps from s')/H, policies may depend on the time that is left,
H = 1 is γ = 0, and H → ∞ is γ = 1 but for O(1/H). Far sight is either: see the room's README.

With a policy in the place of the optimal one it is suboptimal POWER (Def. C.1, `mdppower.agents.evaluation`); the
rest of a run is the same.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from concurrent.futures import Executor
from os import PathLike
from typing import Any

from mdppower.mdp.model import RewardlessMDP
from mdppower.measures.power_estimate import PowerEstimate
from mdppower.measures.power_run import measure_power
from mdppower.measures.stored_calls import answers
from mdppower.montecarlo.engines import Workers
from mdppower.montecarlo.run_loop import Conduct, last
from mdppower.montecarlo.steps import in_steps


def power(
    mdp: RewardlessMDP,
    gamma: float | Any = None,
    rewards: Any = "uniform",
    *,
    horizon: int | Any = None,
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
    store: str | PathLike[str] | None = None,
    key: str | None = None,
    progress: bool | None = None,
) -> PowerEstimate:
    """Estimate the POWER of every state.

    On the command line: ``mdppower power ENV``, and as a map ``mdppower map ENV``; ``mdppower runs FILE`` lists what
    is in a `store`.

    Parameters
    ----------
    mdp : RewardlessMDP
    gamma : float or sequence of float
        Discount rates in [0, 1]; 1 is average reward. Several cost less than as many runs.
    horizon : int or sequence of int
        In place of γ: how many steps count, all alike and nothing after. Several are met on one way
        back.
    rewards : str, distribution, mapping, callable, …
        What reward functions are drawn from; see `mdppower.rewards`. Default: i.i.d. uniform on [0, 1]. With
        ``mp.rewards.OnPairs(…)`` the numbers are (1−γ) E V*, the mean optimal value.
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
        small MDPs and uniform, finite discrete or normal rewards; ``exact`` of the result has the fractions. Of a
        horizon it integrates over the expected visits of all policies, and else there is backward induction alone.
    sampler : {"latin", "sobol", "iid"}, optional
        See `mdppower.montecarlo.samplers`. Default: ``"latin"``. Discrete rewards and callables are drawn iid, and
        so are all rewards with `guarantee`.
    policy : callable, mapping or array, optional
        Whose value to average in the place of the optimal one: suboptimal POWER (Def. C.1). A rule of
        `mdppower.agents.rules`, a function ``policy(mdp, rewards, gamma)``, or a policy that is the same for all
        rewards, such as ``{state: action}`` or an (S, A) table; see `mdppower.agents.policies.resolve_policy`.
        Policies are evaluated by one method: `method` stays ``"auto"``. With `horizon` one policy is kept for all H
        steps: a fixed one, ``uniformly_random()``, or ``lookahead(k)``, which does not discount then; others are
        made for a discount rate, and are refused.
    guarantee : bool
        For bounded rewards: intervals that hold for any number of draws, whatever the law, at all looks at once, so
        that `precision` costs nothing (`mdppower.montecarlo.guaranteed`: betting for up to 4,096 states × γ,
        empirical Bernstein beyond). They are wider than Student's. Draws are independent, and are not kept, but
        added to 6 numbers for each state and γ (48 bytes; 576 with betting), so that differences are not paired:
        their intervals follow from those of the states.
    workers : int or map-like callable
        Threads (−1: one a core). The numbers do not depend on it. 1 unless told, as in SciPy: a library shares its
        machine with others. Commands take all cores.
    executor : concurrent.futures.Executor, optional
        Used instead of threads: processes, a cluster (`mdppower/montecarlo/README.md`).
    store : str or path, optional
        A file (SQLite) that keeps each finished part of the run: the same call again goes on where it stopped, and
        with more `samples` extends it; the numbers are those of an undisturbed run. Without `rng`, the entropy is
        that of the stored run of the same question. ``mdppower runs FILE`` lists what is in it.
    key : str, optional
        Names rewards or a policy that are your own code in the store, which cannot tell code from other code.
    progress : bool, optional
        Whether to show a progress bar; by default only in a terminal.

    Returns
    -------
    PowerEstimate

    Raises
    ------
    FileError
        The store is not one of ours, is damaged, or cannot be written.
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

    In one step the start of figure 1 has what it can choose of three states, 3/4; in three it can come to more:

    >>> mp.power(mp.envs.make("turner-figure-1"), horizon=[1, 3], method="exact").exact[:, 0]
    array([Fraction(3, 4), Fraction(271837, 362880)], dtype=object)

    One reward in a thousand is 1: draws may happen to see none, and these upper limits know it.

    >>> rare = mp.power(mp.envs.fork(3), 0.9, "bernoulli(0.001)", samples=1024, rng=0, guarantee=True)
    >>> rare.sampler, rare.guarantee, rare.interval()[1].round(3)
    ('iid', 'finite-sample', array([0.007, 0.005, 0.005, 0.007]))

    A random agent gets the mean of the three:

    >>> from mdppower.agents import uniformly_random
    >>> mp.power(mp.envs.make("fork(3)"), gamma=0.9, rng=0, policy=uniformly_random()).mean.round(2)
    array([0.5, 0.5, 0.5, 0.5])
    """
    conduct = Conduct(workers, executor, progress, store, key)
    return last(
        measure_power(
            mdp, gamma, rewards, horizon=horizon, samples=samples, precision=precision, max_samples=max_samples,
            rng=rng, method=method, sampler=sampler, policy=policy, guarantee=guarantee, conduct=conduct,
        )
    )  # fmt: skip


@in_steps(power)
def _steps(
    looks: Sequence[int],
    conduct: Conduct,
    mdp: RewardlessMDP,
    gamma: float | Any = None,
    rewards: Any = "uniform",
    *,
    horizon: int | Any = None,
    rng: Any = None,
    method: str = "auto",
    sampler: str | None = None,
    policy: Any = None,
    guarantee: bool = False,
) -> Iterator[PowerEstimate]:
    yield from measure_power(
        mdp, gamma, rewards, horizon=horizon, samples=looks[-1], looks=looks, rng=rng, method=method, sampler=sampler,
        policy=policy, guarantee=guarantee, conduct=conduct,
    )  # fmt: skip


@answers("power")
def _from_store(conduct: Conduct, given: dict[str, Any], asked: dict[str, Any]) -> PowerEstimate:
    policy, precise = given["policy"], asked["precision"] is not None
    run = measure_power(
        given["mdp"], asked["gamma"], given["rewards"], horizon=asked["horizon"], samples=asked["samples"],
        precision=asked["precision"],
        max_samples=asked["max_samples"] if precise else None, rng=asked["rng"],
        method=asked["method"] if policy is None else "auto", sampler=asked["sampler"], policy=policy,
        guarantee=asked["guarantee"], conduct=conduct,
    )  # fmt: skip
    found = last(run)
    found.history.update(asked["history"])
    return found
