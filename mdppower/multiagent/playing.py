"""POWER of a human and an AI that act in one world, with rewards correlated by ρ: `joint_power`."""

from __future__ import annotations

import math
from collections.abc import Sequence
from concurrent.futures import Executor
from dataclasses import replace
from numbers import Real
from os import PathLike
from typing import Any

import numpy as np

from mdppower._checks import choice, positive_integer
from mdppower._quotes import quoted
from mdppower._typing import FloatArray
from mdppower._warn import warn
from mdppower.errors import ParameterError, SizeError
from mdppower.mdp.argument import check_mdp
from mdppower.mdp.model import RewardlessMDP
from mdppower.measures.power_task import MOST_NUMBERS
from mdppower.measures.questions import ask, digest, named_rewards
from mdppower.measures.stored_calls import answers
from mdppower.montecarlo.engines import Workers
from mdppower.montecarlo.kept_rows import KeptRows
from mdppower.montecarlo.run_loop import Conduct, Question, last, run
from mdppower.montecarlo.samplers import SAMPLERS, make_sampler
from mdppower.multiagent.joint_mdp import JointMDP, joint_of_parts
from mdppower.multiagent.joint_power_estimate import JointPower, joint_estimate
from mdppower.multiagent.joint_task import BLOCKS, EARNERS, JointTask
from mdppower.rewards.correlated import Correlated
from mdppower.rewards.distribution import resolve
from mdppower.rewards.reward_distribution import RewardDistribution

TIES = 1e-9
"""Of the range of the rewards."""
MANY = 0.001
"""Near ties a draw that are warned of: one moves the mean by no more than the range of the rewards over the draws."""


def joint_power(
    world_h: RewardlessMDP | JointMDP,
    world_a: RewardlessMDP | None = None,
    gamma: float | Sequence[float] | None = None,
    rewards: Any = "uniform",
    *,
    rho: float = 0.0,
    correlation: str = "copy",
    on: str = "states",
    overlap: str | None = None,
    swap: bool | None = None,
    seed_policy: Any = "uniform",
    rounds: int = 1,
    replan: bool = False,
    indifferent: bool = False,
    ties: float = TIES,
    samples: int = 4096,
    rng: Any = None,
    sampler: str | None = None,
    workers: Workers = 1,
    executor: Executor | None = None,
    store: str | PathLike[str] | None = None,
    key: str | None = None,
    progress: bool | None = None,
) -> JointPower:
    """Estimate the POWER of a human H and an AI A in every joint state.

    For each draw of their rewards: H plans against a seed policy of A; A, the faster learner, takes the best response
    to what H does; and H is held to its plan. See `mdppower.multiagent.joint_task`.

    Parameters
    ----------
    world_h : RewardlessMDP or JointMDP
        Where H moves; or the world of both.
    world_a : RewardlessMDP, optional
        Where A moves; default: the same world.
    gamma : float or (float, float)
        Discount rates in [0, 1): of both, or of each.
    rewards : str, distribution, mapping, callable, …
        What reward functions of both are drawn from; see `mdppower.rewards`.
    rho : float
        In [−1, 1]: the correlation of R_H(s) and R_A(s), in each state.
    correlation : {"copy", "copy-all", "gaussian"}
        How it comes about; see `mdppower.rewards.correlated`.
    on : {"states", "cells"}
        What earns: joint states, which both agents value each in its own way (as in POWERplay); or the state of each
        in its own world.
    overlap : {"allow", "bump", "remove", "remove-leak"}, optional
        What becomes of a move by which both would come to one place; see `mdppower.multiagent.collisions`.
        Default: ``"allow"``. A JointMDP has its own.
    swap : bool, optional
        Whether they may change places. Default: they may.
    seed_policy : str, mapping or array
        The policy of A against which H plans, the same for all rewards: ``"uniform"``, over what A can do in a joint
        state, or as `JointMDP.one_agent` takes it.
    rounds : int
        How often H plans and A responds. From the second on H plans against A's last response; a draw ends before,
        where a best response is what it was: then both are best responses to each other.
    replan : bool
        Whether H's value is that of its best response to A's policy, instead of its plan's.
    indifferent : bool
        Whether A acts uniformly at random, whatever H does.
    ties : float
        Actions that fall short of the best by no more than this, times the range of the draw's rewards, are tied and
        taken alike.
    samples : int
        Pairs of reward functions to draw, rounded up to whole replicates.
    rng : int, numpy.random.Generator, SeedSequence, …
        As for `numpy.random.default_rng`. R_H does not depend on ρ, so that runs of different ρ are paired; and is
        that of `mdppower.power` with the same rng, rewards and samples, on an MDP of as many states.
    sampler : {"latin", "sobol", "iid"}, optional
        See `mdppower.montecarlo.samplers`. Default: ``"latin"``.
    workers, executor, store, key, progress
        As for `mdppower.power`. The numbers depend on none of them.

    Returns
    -------
    JointPower

    Raises
    ------
    ParameterError
        An argument is out of range, or there is no such choice; the worlds have no place in common, for a rule of
        collisions; the seed policy is none, or in some state always collides; `on` = "cells" for a world without
        cells, or, with ρ ≠ 0, for worlds with other states.
    ModelError
        A rule leaves a joint state in which nothing can be done.
    RewardError
        ρ < 0 with rewards that are not symmetric; `correlation` does not fit them; they have no mean.
    SolverError
        A draw could not be certified.
    SizeError
        The world, or the result, would be too large.

    Warns
    -----
    MDPPowerWarning
        Many near ties were taken for ties; the intervals cannot be trusted; the rewards have no variance.

    Examples
    --------
    A street of three cells, in which neither can pass the other, and unrelated goals: A takes what it wants, and H,
    held to its plan, pays for it.

    >>> import mdppower as mp
    >>> street = mp.envs.gridworld("...", blocked="remove")
    >>> found = joint_power(street, gamma=(0.9, 0.9), overlap="bump", samples=512, rng=0)
    >>> dict(zip(found.averages().labels, found.averages().mean.round(2).tolist()))
    {'human': 0.63, 'ai': 0.71, 'human_baseline': 0.72, 'ai_baseline': 0.5}
    >>> found.averages().difference("human_baseline", "human")
    Estimate('human_baseline' − 'human': 0.0832 ± 0.018 at γ = 0.9 (95 %))
    """
    conduct = Conduct(workers, executor, progress, store, key)
    joint = _joint(world_h, world_a, overlap, swap)
    laws = _laws(joint, rewards, choice(on, "on", EARNERS))
    seed = joint.policy("ai", seed_policy)
    task = _task(
        joint, gamma, laws, rho, correlation, on, seed, rounds, replan, indifferent, ties, samples, sampler or "latin"
    )
    return _measured(task, samples, rng, conduct)


def _joint(world_h: Any, world_a: Any, overlap: str | None, swap: bool | None) -> JointMDP:
    if not isinstance(world_h, JointMDP):
        check_mdp(world_h, "world_h")
        if world_a is not None:
            check_mdp(world_a, "world_a")
        told = "allow" if overlap is None else overlap
        return JointMDP.from_worlds(world_h, world_a, overlap=told, swap=True if swap is None else swap)
    given = {"world_a": world_a, "overlap": overlap, "swap": swap}
    if extra := [name for name, value in given.items() if value is not None]:
        raise ParameterError(f"a JointMDP has both agents and its rule; leave {', '.join(extra)} out")
    return world_h


def _task(
    joint: JointMDP, gamma: Any, laws: tuple[RewardDistribution, RewardDistribution], rho: Any, correlation: str,
    on: str, seed: FloatArray, rounds: Any, replan: Any, indifferent: Any, ties: Any, samples: Any, sampler: str,
) -> JointTask:  # fmt: skip
    gammas = _rates(gamma)
    positive_integer(samples, "samples")
    positive_integer(rounds, "rounds")
    for name, value in (("replan", replan), ("indifferent", indifferent)):
        if not isinstance(value, (bool, np.bool_)):
            raise ParameterError(f"{name} must be True or False, got {quoted(value)}")
    if isinstance(ties, bool) or not isinstance(ties, Real) or not 0 <= float(ties) < 1:
        raise ParameterError(f"ties must be a number in [0, 1), got {quoted(ties)}")
    choice(sampler, "sampler", SAMPLERS)
    human, ai = laws
    if isinstance(rho, (list, tuple, np.ndarray)):
        raise ParameterError(f"rho must be one number, got {quoted(rho)}; joint_curve runs several")
    correlated = Correlated(human, rho, correlation)
    if on == "cells" and correlated.rho != 0 and joint.of_worlds("human").states != joint.of_worlds("ai").states:
        raise ParameterError(
            "rho correlates rewards of the same cell, and the worlds have other states: with on='cells' take rho=0, "
            "or one world"
        )
    source = make_sampler(human, sampler, samples, 0)
    return JointTask(
        joint, gammas, source, correlated, ai, on, seed, int(rounds), bool(replan), bool(indifferent), float(ties)
    )  # fmt: skip


def _rates(gamma: Any) -> tuple[float, float]:
    given = list(gamma) if isinstance(gamma, (tuple, list, np.ndarray)) else [gamma, gamma]
    if len(given) != 2:
        raise ParameterError(f"gamma must be one rate, or two: the human's and the AI's; got {quoted(gamma)}")
    for one in given:
        if isinstance(one, bool) or not isinstance(one, Real) or not 0 <= float(one) < 1:
            raise ParameterError(f"gamma must be in [0, 1), got {quoted(one)}")
    return float(given[0]), float(given[1])


def _laws(joint: JointMDP, rewards: Any, on: str) -> tuple[RewardDistribution, RewardDistribution]:
    places = [joint.choices("human")] * 2 if on == "states" else [joint.of_worlds("human"), joint.of_worlds("ai")]
    laws = [resolve(rewards, place) for place in places]
    for one, place in zip(laws, places, strict=True):
        one.require_mean(place)
    return laws[0], laws[1]


def _measured(task: JointTask, samples: int, rng: Any, conduct: Conduct) -> JointPower:
    size = task.source.size
    count = max(2, math.ceil(samples / size))
    width = len(BLOCKS) * task.joint.n_states
    if count * width > MOST_NUMBERS:
        raise SizeError(
            f"the replicate means would take {count * width / 2**27:.1f} GiB; use fewer samples, or a smaller world"
        )
    if not task.source.rewards.has_variance:
        warn(f"{task.source.rewards.told} have no variance: there is no standard error and no interval")

    def question() -> Question:
        return _question(task, samples, conduct)

    source = conduct.seeded(task.source, rng, question)
    task = replace(task, source=source)
    found = last(run(_Means(task), [count], source, width, conduct, question))
    if found.near_ties > MANY * found.samples:
        warn(
            f"{found.near_ties:,} actions in {found.samples:,} draws were near ties, and were taken for ties: "
            f"differences of rewards are too small for ties={task.ties:g}"
        )
    if found.caution:
        warn(found.caution)
    return found


def _question(task: JointTask, samples: int, conduct: Conduct) -> Question:
    return ask(
        "joint_power", task.source, conduct.key, gammas=task.gammas, method="best responses", samples=samples,
        told=repr(task.joint), joint=task.joint.fingerprint, ai_rewards=named_rewards(task.ai_rewards, conduct.key),
        rho=task.correlated.rho.hex(), correlation=task.correlated.way, on=task.on, seed=digest(task.seed),
        rounds=task.rounds, replan=task.replan, indifferent=task.indifferent, ties=task.ties.hex(),
        given={"made_of": list(task.joint.made_of), "ai_rewards": task.ai_rewards, "seed": task.seed},
        shown={
            "overlap": task.joint.overlap, "swap": task.joint.swap, "rho": task.correlated.rho,
            "correlation": task.correlated.way, "on": task.on, "rounds": task.rounds, "replan": task.replan,
            "indifferent": task.indifferent, "ties": task.ties,
        },
    )  # fmt: skip


@answers("joint_power")
def _from_store(conduct: Conduct, given: dict[str, Any], asked: dict[str, Any]) -> JointPower:
    joint = joint_of_parts(given["made_of"], asked["overlap"], asked["swap"])
    task = _task(
        joint, asked["gamma"], (given["rewards"], given["ai_rewards"]), asked["rho"], asked["correlation"],
        asked["on"], joint.checked("ai", given["seed"]), asked["rounds"], asked["replan"], asked["indifferent"],
        asked["ties"], asked["samples"], asked["sampler"],
    )  # fmt: skip
    return _measured(task, asked["samples"], asked["rng"], conduct)


class _Means(KeptRows):
    """What a run keeps of its replicates."""

    label, least = "POWER of two", 2

    def estimate(self, interrupted: bool) -> JointPower:
        """What the replicates so far say."""
        means, slack, errors, counts = self.rows()
        return joint_estimate(self.task, means, slack, errors, counts, interrupted)
