"""Learning agents trained on signals, and kept at checkpoints.

An agent has the reward function as an input and values actions linearly in it (`learners`); each arm of a training
has a signal that says what it is shown and what it is given (`signals`). Q-learning:

    after (s, p, s'):  d = (1−γ) r + γ max_{p' of s'} q(p') − q(p),   g = α d / (1 + ‖x‖²),   b[p] += g,  W[p] += g x

ε-greedy, ties broken at random, in episodes of some steps. Without rewards:

    after (s, p, s') and any p' of s':  ψ[p] += β ((1−γ) e_s + γ ψ[p'] − ψ[p])

the successor features of the random policy by TD; the agent is q(p) = ψ[p]·x, one step of policy improvement on it.

The largest of several values that are learnt is more than what the best is worth, where these have errors: `seeking`
has why, and what follows. So there are two other targets: the *mean* of q(p') in place of the maximum, which is
evaluation of the random policy; and *double* Q-learning (van Hasselt, 2010), in which one table picks p' and another
says its worth.

A training run is the replicate: run k has its own reward draws, starts and first weights, which all arms share.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from concurrent.futures import Executor
from numbers import Integral
from os import PathLike
from typing import Any

import numpy as np

from mdppower._checks import choice, positive_integer
from mdppower._quotes import quoted
from mdppower._text import count
from mdppower._warn import warn
from mdppower.errors import MDPPowerError, ParameterError, SizeError
from mdppower.learning.arguments import learners_rate, number_between, rewards_of_states, rising, steps_of_episode
from mdppower.learning.signals import DEFAULT, Signal, few, read_signal
from mdppower.learning.trained import Training
from mdppower.learning.training_run import TARGETS, Course, Method, stages
from mdppower.mdp.argument import check_mdp
from mdppower.mdp.model import RewardlessMDP
from mdppower.measures.power_run import free_memory
from mdppower.montecarlo.engines import Workers
from mdppower.montecarlo.run_loop import Conduct, is_whole
from mdppower.montecarlo.samplers import Sampler
from mdppower.occupancy.polytope import start_distribution

MOST_EPISODES = 10**9
MOST_CHECKPOINTS = 10**6


def train(
    mdp: RewardlessMDP,
    gamma: float,
    signals: Sequence[Signal | str] | Signal | str = DEFAULT,
    rewards: Any = "uniform",
    *,
    episodes: int = 30_000,
    checkpoints: int | Sequence[int] | None = None,
    runs: int = 16,
    start: Any = None,
    alpha: float = 0.3,
    epsilon: float = 0.3,
    horizon: int = 32,
    rate: float = 0.05,
    target: str = "max",
    rng: Any = None,
    workers: Workers = 1,
    executor: Executor | None = None,
    store: str | PathLike[str] | None = None,
    key: str | None = None,
    progress: bool | None = None,
) -> Training:
    """Train agents on signals.

    On the command line: ``mdppower learn ENV``.

    Parameters
    ----------
    mdp : RewardlessMDP
        Of S states and P pairs.
    gamma : float
        The discount rate, strictly between 0 and 1.
    signals : sequence of str or Signal
        An arm each: ``"random"``, ``"few(4)"``, ``"goals"``, ``"shuffled"``, ``"noise"``, ``"noise(uniform)"``,
        ``"unseen"``, ``"incorrect"``, ``"no-reward"``, ``"untrained"``; see `mdppower.learning.signals` for what is
        shown and what is given. Default: random, no-reward, noise, shuffled, unseen, few(1).
    rewards : str, distribution, mapping, callable, …
        What reward functions are drawn from in training; see `mdppower.rewards`.
    episodes : int
        Of each run.
    checkpoints : int or sequence of int, optional
        At how many episodes agents are kept: numbers that increase, at most `episodes`; or how many, in even ratios,
        fewer where these are less than an episode apart. 0 and `episodes` are always among them. Default: 10, 30,
        100, 300, … Chunks of random numbers end at checkpoints: other checkpoints are another training.
    runs : int
        K, independent training runs of each arm; at least 2.
    start : label, mapping or array, optional
        Where episodes begin: a state, {state: probability}, or S probabilities. Default: in any state alike.
    alpha : float
        Step size of Q-learning, in (0, 2).
    epsilon : float
        Share of random actions while learning, in [0, 1].
    horizon : int
        Steps of an episode, at most a million.
    rate : float
        Step size of successor features, in (0, 1].
    target : {"max", "mean", "double"}
        What Q-learning takes the next state to be worth: the greatest value of its actions, their mean, or the value
        in one table of the action that is best in another (the agent is the mean of both).
    rng : int, numpy.random.Generator, SeedSequence, …
        As for `numpy.random.default_rng`. The entropy used is in the result.
    workers : int or map-like callable
        Threads (−1: one a core), which train different runs. The numbers do not depend on it.
    executor : concurrent.futures.Executor, optional
        Used instead of threads.
    store : str or path, optional
        A file (SQLite) that keeps each finished part: the same call again goes on where it stopped; with more
        `episodes` (and checkpoints that begin alike) or `runs` it goes on from there. What another MDP, rate, signal
        or setting has trained is never taken for this one's.
    key : str, optional
        Names rewards that are your own code in the store.
    progress : bool, optional
        Whether to show progress bars; by default only in a terminal.

    Returns
    -------
    Training

    Raises
    ------
    ParameterError
        An argument is out of range; a signal is unknown, or there twice.
    RewardError
        The rewards have no mean, are rewards of pairs, or gave what is no number; a noise has no variance.
    LabelError
        `start` is no state.
    SizeError
        The weights would not fit into memory.
    SolverError
        Weights diverged; the message names arm, run and episodes, and ``estimate`` has the training before.
    FileError
        The store is not one of ours, is damaged, or cannot be written.

    Notes
    -----
    Ctrl-C ends it early and gives the training up to the last checkpoint that all runs have reached, with a warning.

    Examples
    --------
    On rewards that it is shown an agent learns to take what is best; on rewards that it cannot see it learns nothing
    about others:

    >>> import mdppower as mp
    >>> fork = mp.envs.fork(3)
    >>> training = mp.learning.train(fork, 0.9, ["random", "unseen"], episodes=300, runs=2, start="root", rng=0)
    >>> agents = [training.agent(arm) for arm in training.arms]
    >>> [mp.power(fork, 0.9, policy=agent, rng=0).mean[0].round(2) for agent in agents]
    [np.float64(0.75), np.float64(0.5)]
    """
    conduct = Conduct(workers, executor, progress, store, key)
    check_mdp(mdp)
    steps = read_checkpoints(checkpoints, _episodes(episodes))
    course = Course(
        mdp,
        learners_rate(gamma),
        read_signals(signals),
        rewards_of_states(mdp, rewards),
        np.full(mdp.n_states, 1 / mdp.n_states) if start is None else start_distribution(mdp, start),
        Method(
            number_between(alpha, "alpha", 0, 2, "strictly between 0 and 2"),
            number_between(epsilon, "epsilon", 0, 1, "in [0, 1]", (0, 1)),
            steps_of_episode(horizon),
            number_between(rate, "rate", 0, 1, "in (0, 1]", (1,)),
            choice(target, "target", TARGETS),
        ),
        0,
    )
    if positive_integer(runs, "runs") < 2:
        raise ParameterError("runs must be at least 2: a training run is one observation, got 1")
    _require_memory(course, runs, steps)
    source = conduct.seeded(
        Sampler(course.rewards, "iid", steps[1] - steps[0], 0), rng, lambda: course.question(steps[:2], runs, key)
    )
    return _trained(Course(**vars(course) | {"entropy": source.entropy}), steps, runs, conduct)


def _trained(course: Course, checkpoints: tuple[int, ...], runs: int, conduct: Conduct) -> Training:
    weights, bias = course.tables_at_first(runs, len(checkpoints))
    reached = [1]

    def so_far() -> Training:
        t = reached[-1]
        parts = course.agents(weights[:, :, :t]), course.agents(bias[:, :, :t])
        for part in parts:
            part.flags.writeable = False
        return Training(
            checkpoints=checkpoints[:t], weights=parts[0], bias=parts[1], interrupted=t < len(checkpoints),
            **vars(course),
        )  # fmt: skip

    try:
        stages(course, checkpoints, weights, bias, conduct, reached.append)
    except KeyboardInterrupt:
        if len(reached) == 1 or is_whole():
            raise
        warn(f"interrupted: the training is of {checkpoints[reached[-1] - 1]:,} of {checkpoints[-1]:,} episodes")
    except MDPPowerError as error:
        error.estimate = so_far() if len(reached) > 1 else None
        raise
    return so_far()


# ---------------------------------------------------------------------- arguments


def read_signals(given: Any) -> tuple[Signal, ...]:
    """The arms of a training: at least one, each once."""
    one = isinstance(given, (str, Signal)) or not isinstance(given, Iterable)
    found = tuple(map(read_signal, [given] if one else given))
    if not found:
        raise ParameterError("signals is empty; give at least one, such as 'random'")
    labels = [signal.label for signal in found]
    for label in labels:
        if labels.count(label) > 1:
            raise ParameterError(f"signals has {label!r} twice")
    return found


def _episodes(episodes: Any) -> int:
    if positive_integer(episodes, "episodes") > MOST_EPISODES:
        raise ParameterError(f"episodes is at most {MOST_EPISODES:,}, got {episodes}")
    return int(episodes)


def read_checkpoints(given: Any, episodes: int) -> tuple[int, ...]:
    """Numbers of episodes, from 0 to the last.

    Examples
    --------
    >>> read_checkpoints(None, 500), read_checkpoints(4, 1000), read_checkpoints([5, 50], 100)
    ((0, 10, 30, 100, 300, 500), (0, 10, 100, 1000), (0, 5, 50, 100))
    """
    given = given[()] if isinstance(given, np.ndarray) else given  # of an array of one number, the number
    if given is None:
        grid = (first * 10**k for k in range(1, 10) for first in (1, 3))
        return (0, *(n for n in grid if n < episodes), episodes)
    if isinstance(given, Integral) and not isinstance(given, bool):
        if not 2 <= int(given) <= MOST_CHECKPOINTS:
            raise ParameterError(
                f"checkpoints must be at least 2, 0 and {episodes:,} episodes, and at most {MOST_CHECKPOINTS:,}; got "
                f"{quoted(given)}"
            )
        inner = np.geomspace(min(10, episodes), episodes, int(given) - 1)[:-1].tolist()
        return tuple(sorted({0, *map(round, inner), episodes}))
    return rising(given, episodes, "episodes")


def _require_memory(course: Course, runs: int, checkpoints: tuple[int, ...]) -> None:
    """Raise SizeError before anything is done if the weights, or a pool, would not fit into what is free now."""
    mdp, signals = course.mdp, course.signals
    numbers = course.tables * runs * mdp.n_pairs * (mdp.n_states + 1)
    needed, free = 8 * numbers * (len(checkpoints) + 2), free_memory()
    if free is not None and needed > free:
        raise SizeError(
            f"the weights of {count(len(signals), 'arm')}, {runs:,} runs and {len(checkpoints)} checkpoints, "
            f"{mdp.n_pairs:,} pairs × {mdp.n_states:,} states each, take about {needed / 2**30:.1f} GiB, and "
            f"{free / 2**30:.1f} GiB are free; use fewer arms, runs or checkpoints"
        )
    for pool in (signal for signal in signals if isinstance(signal, few)):
        needed = 3 * 8 * pool.n * mdp.n_states
        if free is not None and needed > free:
            raise SizeError(
                f"the reward functions of {pool.label} take about {needed / 2**30:.1f} GiB, and {free / 2**30:.1f} "
                "GiB are free"
            )
