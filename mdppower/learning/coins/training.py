"""Coin flips: policies are trained on outcomes that say nothing, and get better at what they did before; or worse.

Shao et al. (arXiv 2506.10947) raised a language model's score by reinforcement learning on random rewards. This is
the smallest thing that does the same, with its controls. A policy π(p|s, x) ∝ exp(θ[p]·x) is trained by GRPO: G
rollouts a prompt, each with an outcome o, whose advantage is A = (o − mean)/sd in its group; then some passes, in
minibatches, up the gradient of the mean over decisions of

    min(ρ A, clip(ρ, 1−ε, 1+ε) A),        ρ = π_θ(p|s, x)/π_rollout(p|s, x)

whose gradient at a decision is ρ A ∇log π_θ, and 0 where it is clipped: where A > 0 and ρ > 1+ε, or A < 0 and
ρ < 1−ε. The outcome is a fair coin, tossed for each rollout.

**Why a coin alone gives no drift** (their B.1.1). A is independent of what was done, and −A is as likely as A. On
policy ρ = 1, so that E[A ∇log π] = E[A] E[∇log π] = 0: θ is a martingale. Its spread still wears the policy down,
since the share is no linear function of θ; where many updates are made of one rollout, it is larger.

**What clipping does** (their B.1.2). Where θ has moved by other rollouts' luck, A is still independent of the
decision, and of its expected gradient there remains

    E[|A|]/2 · E_{p~π_rollout}[ ρ ∇log π_θ(p) ( 1{ρ < 1−ε} − 1{ρ > 1+ε} ) ]

(for A > 0 all but ρ > 1+ε counts, for A < 0 all but ρ < 1−ε, and what counts in both cancels): a pull back, up for
what has become less likely by more than ε, down for what has become more likely by more than that. An action whose
probability is above 1/(1+ε) can never be pulled down, since ρ cannot get there. So clip-high holds down what was
unlikely and lets what is likely grow: the policy does more of what it did most, and its entropy falls. Clip-low holds
up what was unlikely, and entropy stays. With both, clip-high wins. In a second pass ρ knows the A of its own
rollout, and the formula is no more exact; the arms show what is left of it.

So the reward surfaces what is there: the sampled share of a good prior rises, that of a bad one falls, by the same
amount (`mdppower.learning.coins.arms.mirrored`); and what the policy does at best, its argmax, is worn down by all.
"""

from __future__ import annotations

from collections.abc import Sequence
from concurrent.futures import Executor
from numbers import Integral
from os import PathLike
from typing import Any

import numpy as np

from mdppower._checks import positive_integer
from mdppower._quotes import quoted
from mdppower._typing import FloatArray
from mdppower.errors import ParameterError, SizeError
from mdppower.learning.arguments import learners_rate, number_between, rewards_of_states, rising, steps_of_episode
from mdppower.learning.coins.arms import CoinArm, read_arms
from mdppower.learning.coins.curves import CoinFlips
from mdppower.learning.coins.run import CoinRuns, CoinTask, Setting
from mdppower.learning.signals import random
from mdppower.learning.training_run import Course, Method
from mdppower.mdp.argument import check_mdp
from mdppower.mdp.model import RewardlessMDP
from mdppower.measures.power_run import free_memory
from mdppower.montecarlo.engines import Rows, Workers
from mdppower.montecarlo.run_loop import Conduct, finished_as, last, run
from mdppower.montecarlo.samplers import Sampler
from mdppower.occupancy.polytope import start_distribution

MOST = 10**9
"""Of iterations, and of what they are made of."""
STEPS = 8
"""Checkpoints after the first, where nothing else is asked for."""


def coin_flips(
    mdp: RewardlessMDP,
    gamma: float,
    share: float = 0.4,
    clip: float = 0.2,
    arms: Sequence[CoinArm | str] | CoinArm | str | None = None,
    rewards: Any = "uniform",
    *,
    iterations: int = 40,
    checkpoints: int | Sequence[int] | None = None,
    prompts: int = 32,
    group: int = 16,
    epochs: int = 4,
    minibatches: int = 8,
    rate: float = 1.0,
    horizon: int = 20,
    prior_episodes: int = 3000,
    runs: int = 64,
    samples: int = 256,
    start: Any = None,
    rng: Any = None,
    workers: Workers = 1,
    executor: Executor | None = None,
    store: str | PathLike[str] | None = None,
    key: str | None = None,
    progress: bool | None = None,
) -> CoinFlips:
    """Train policies on coin flips, and on what goes with them to know what that shows.

    On the command line: ``mdppower coin-flips ENV --share 0.4 --clip 0.2 --runs 64 --out coin.png``.

    Parameters
    ----------
    mdp : RewardlessMDP
        Of S states and P pairs.
    gamma : float
        The discount rate, strictly between 0 and 1.
    share : float
        Of what is available above the random policy, that of the prior: in (0, 1).
    clip : float
        ε of the clipped surrogate, in (0, 1).
    arms : sequence of str or CoinArm, optional
        ``"clip"``, ``"clip-high"``, ``"clip-low"``, ``"no-clip"``, ``"on-policy"``, ``"anti-prior"``,
        ``"untrained"``, ``"true"``, ``"inverted"``, ``"inverted-no-clip"``, which are all by default, or arms of your
        own; see `mdppower.learning.coins.arms` for what each is shown and given.
    rewards : str, distribution, mapping, callable, …
        What reward functions are drawn from, in training and in tests; see `mdppower.rewards`.
    iterations : int
        Each of `prompts` × `group` rollouts, and `epochs` × `minibatches` updates.
    checkpoints : int or sequence of int, optional
        After which iterations policies are tested: numbers that increase, or how many, evenly; 0 and `iterations` are
        always among them. Default: 9.
    prompts, group : int
        Reward functions of an iteration; rollouts of each, at least 2.
    epochs, minibatches : int
        Passes through the rollouts of an iteration; updates of a pass, which divide `prompts`.
    rate : float
        Step size of gradient ascent, above 0.
    horizon : int
        Steps of a rollout.
    prior_episodes : int
        Of linear Q-learning on random rewards, from which the prior is learnt.
    runs : int
        K, independent runs of each arm; at least 2.
    samples : int
        Held-out reward functions of a run.
    start : label, mapping or array, optional
        Where rollouts begin, and what power is averaged over: a state, {state: probability}, or S probabilities.
        Default: in any state with a choice alike.
    rng : int, numpy.random.Generator, SeedSequence, …
        As for `numpy.random.default_rng`. The entropy used is in the result.
    workers : int or map-like callable
        Threads (−1: one a core), which make different runs. The numbers do not depend on it.
    executor : concurrent.futures.Executor, optional
        Used instead of threads.
    store : str or path, optional
        A file (SQLite) that keeps finished runs: the same call again goes on where it stopped, and with more `runs`
        it goes on from there.
    key : str, optional
        Names rewards that are your own code in the store.
    progress : bool, optional
        Whether to show a progress bar; by default only in a terminal.

    Returns
    -------
    CoinFlips

    Raises
    ------
    ParameterError
        An argument is out of range; an arm is unknown; the prior that was learnt cannot have this share; no choice
        matters.
    RewardError
        The rewards have no mean, are rewards of pairs, or gave what is no number.
    LabelError
        `start` is no state.
    SizeError
        The weights would not fit into memory.
    SolverError
        Weights diverged; the message names arm, run and iteration.
    FileError
        The store is not one of ours, is damaged, or cannot be written.

    Notes
    -----
    Ctrl-C ends it early and gives the runs that are finished, with a warning.

    Examples
    --------
    Coins raise the sampled share of a good prior, if what becomes more likely is clipped; or lower it:

    >>> import mdppower as mp
    >>> fork = mp.envs.fork(3)
    >>> flips = mp.learning.coin_flips(fork, 0.9, arms=["clip-high", "clip-low"], runs=8, rng=0)
    >>> flips.verdicts()["verdict"]
    ['raises', 'lowers']
    >>> flips.sampled("clip-high").of(0).mean.round(1)
    np.float64(0.4)
    """
    conduct = Conduct(workers, executor, progress, store, key)
    check_mdp(mdp)
    chosen = read_arms(arms, clip)
    law = rewards_of_states(mdp, rewards)
    setting = Setting(
        number_between(share, "share", 0, 1, "strictly between 0 and 1"),
        _checkpoints(checkpoints, _number(iterations, "iterations")),
        _number(prompts, "prompts"),
        _number(group, "group"),
        _number(epochs, "epochs"),
        _number(minibatches, "minibatches"),
        number_between(rate, "rate", 0, np.inf, "above 0"),
        steps_of_episode(horizon),
        _number(prior_episodes, "prior_episodes"),
        _number(samples, "samples"),
    )
    if setting.group < 2:
        raise ParameterError("group must be at least 2: an advantage is over the others of a group, got 1")
    if setting.prompts % setting.minibatches:
        raise ParameterError(f"minibatches must divide the {prompts} prompts, got {minibatches}")
    if positive_integer(runs, "runs") < 2:
        raise ParameterError("runs must be at least 2: a training run is one observation, got 1")
    _require_memory(mdp, len(chosen), runs, setting)
    course = Course(mdp, learners_rate(gamma), (random(),), law, _starts(mdp, start), Method(), 0)

    def question() -> Any:
        return CoinTask(course, chosen, setting).question(runs, key)

    source = conduct.seeded(Sampler(law, "iid", setting.samples, 0), rng, question)
    task = CoinTask(Course(**vars(course) | {"entropy": source.entropy}), chosen, setting)

    def told(found: tuple[Rows, bool]) -> CoinFlips:
        return _result(task, *found)

    width = max(1, len(chosen) * setting.checkpoints[-1] * setting.prompts * setting.group // setting.samples)
    with finished_as(told):
        found = last(run(CoinRuns(task), [runs], source, width, conduct, lambda: task.question(runs, key)))
    return told(found)


def _result(task: CoinTask, rows: Rows, interrupted: bool) -> CoinFlips:
    own = task.course
    for part in rows:
        part.flags.writeable = False
    powers, entropies, clipped, floors, ceilings, worsts, errors, confidences, weights = rows
    return CoinFlips(
        own.mdp, own.gamma, task.arms, own.rewards, own.start, task.setting, own.entropy, powers, entropies, clipped,
        floors, ceilings, worsts, errors, confidences, weights, interrupted,
    )  # fmt: skip


# ---------------------------------------------------------------------- arguments


def _starts(mdp: RewardlessMDP, start: Any) -> FloatArray:
    """The probability of each state to be the first; by default any with a choice."""
    if start is not None:
        return start_distribution(mdp, start)
    several = np.diff(mdp.pointer) > 1
    if not several.any():
        raise ParameterError("this MDP has no state with a choice: there is nothing to train")
    return np.asarray(several / several.sum())


def _number(value: Any, name: str) -> int:
    if positive_integer(value, name) > MOST:
        raise ParameterError(f"{name} is at most {MOST:,}, got {quoted(value)}")
    return int(value)


def _checkpoints(given: Any, iterations: int) -> tuple[int, ...]:
    """Numbers of iterations, from 0 to the last.

    Examples
    --------
    >>> _checkpoints(None, 40), _checkpoints(3, 5), _checkpoints([10], 40)
    ((0, 5, 10, 15, 20, 25, 30, 35, 40), (0, 2, 5), (0, 10, 40))
    """
    if given is None:
        given = STEPS + 1
    if isinstance(given, Integral) and not isinstance(given, bool):
        if int(given) < 2:
            raise ParameterError(f"checkpoints must be at least 2, 0 and {iterations:,} iterations; got {given}")
        many = min(int(given) - 1, iterations)
        return tuple(iterations * k // many for k in range(many + 1))
    return rising(given, iterations, "iterations")


def _require_memory(mdp: RewardlessMDP, arms: int, runs: int, setting: Setting) -> None:
    """Raise SizeError before anything is done if the numbers of all runs would not fit into what is free now."""
    weights = arms * (runs + 2) * mdp.n_pairs * mdp.n_states
    others = arms * runs * len(setting.checkpoints) * 4 + 2 * setting.prompts * setting.group * (setting.horizon + 2)
    others += setting.samples * mdp.n_states * 8 + setting.prompts * (mdp.n_states + setting.group)
    needed, free = 8 * (2 * weights + others), free_memory()
    if free is not None and needed > free:
        raise SizeError(
            f"the numbers of {arms} arms and {runs:,} runs, {mdp.n_pairs:,} pairs × {mdp.n_states:,} states each, "
            f"and of {setting.prompts * setting.group:,} rollouts of {setting.horizon:,} steps, take about "
            f"{needed / 2**30:.1f} GiB, and {free / 2**30:.1f} GiB are free; use fewer"
        )
