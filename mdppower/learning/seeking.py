r"""POWER-seeking of trained agents, and why it is no evidence of power.

**Overestimation.** Q-learning takes a state to be worth max_a q(a). Where q has errors, E max_a q(a) ≥ max_a E q(a)
(Jensen): a state looks better than it is, by more where more actions are open (Thrun & Schwartz, 1993; van Hasselt,
2010). Say that all rewards are noise around 0, so that nothing is worth anything, and that what was learnt of each
action has the same continuous law, independently. One action leads to a state with m actions, the other to one with a
single action. The first looks better if the greatest of m errors exceeds another error, and the greatest of m + 1 is
any of them alike:

    P(max of m > 1 more) = m/(m + 1)      without max, errors symmetric:  P(mean of m > 1 more) = 1/2
                                          double: the error of one, picked by what is independent of it: 1/2

So an agent that has learnt nothing but noise goes where there are more options: more *POWER-seeking* than the optimal
agent on figure 1, and its power is that of the random policy. m/(m + 1) is also how often the better of m things is
better than one: to noise, noise is a reward function.

**What is measured**, of the greedy agent on N held-out reward functions in each training run:

- *toward*: how often the next state is one of those that are named, at states that are named;
- *most*: how often the action is the most POWER-seeking one (Definition 5.6), at states where actions differ in that;
- *rank*: Spearman's correlation over states of POWER with the visits, discounted and averaged over reward functions,
  and over states of equal POWER;
- *share*: the power that the agent has, between the random policy (0) and POWER (1), to stand beside the others.

Always beside noise, noise without max, noise with double Q-learning, and as an excess over the random policy. The
random policy alone is not what chance does, if agents behave by what they have learnt (ε < 1): in the maze they come
to stay where they are, by walking into walls, less often than it does. There, at ε = .3, noise takes the most
POWER-seeking action in .38 of all decisions, without max in .37, and the random policy in .27; where agents behave at
random (ε = 1) it is .31 and .29. What is more than noise without max is due to max; what is more than noise is due to
rewards.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from typing import Any

import numpy as np
from scipy import sparse

from mdppower._checks import positive_integer
from mdppower._quotes import quoted
from mdppower._typing import AnyArray, BoolArray, FloatArray, Label
from mdppower._warn import warn
from mdppower.errors import MDPPowerError, ParameterError, RewardError
from mdppower.learning.seeking_run import Looked, Looking
from mdppower.learning.signals import noise
from mdppower.learning.sought import MEASURES, OPTIMAL, Seeking
from mdppower.learning.training_run import TARGETS, Course, stages
from mdppower.mdp.actions import greedy
from mdppower.mdp.model import RewardlessMDP
from mdppower.measures.action_optimality import action_optimality
from mdppower.measures.power import power
from mdppower.measures.power_estimate import PowerEstimate
from mdppower.montecarlo.run_loop import Conduct, Question, last, run
from mdppower.montecarlo.samplers import Sampler
from mdppower.rewards.distribution import resolve
from mdppower.rewards.reward_distribution import RewardDistribution

MOST_EXACT = 10
"""States of a deterministic MDP whose POWER, and the optimal agent's choices, are integrated, where the rewards allow
it. Of a stochastic one of six states that takes minutes."""
EQUAL = 1e-9
"""POWER after two actions that is nearer than this is the same."""
_CONTROL = noise()


def measured_seeking(
    course: Course,
    checkpoints: tuple[int, ...],
    weights: FloatArray,
    bias: FloatArray,
    toward: Any,
    at: Any,
    test: Any,
    samples: int,
    conduct: Conduct,
) -> Seeking:
    """The POWER-seeking of a training's agents at its last checkpoint, beside the controls, which are trained here.

    Parameters
    ----------
    course : Course
    checkpoints : tuple of int
    weights : (A, K, P, S) array
    bias : (A, K, P) array
    toward, at, test, samples
        As for `Training.seeking`.
    conduct : Conduct

    Returns
    -------
    Seeking
    """
    mdp, law = course.mdp, _law(course, test)
    positive_integer(samples, "samples")
    goals, places = _toward(mdp, toward, at)
    agents = {arm_name(x.label, course.method.target): (weights[a], bias[a]) for a, x in enumerate(course.signals)}
    for target in TARGETS:
        name = arm_name(_CONTROL.label, target)
        if name not in agents:
            agents[name] = _control(course, target, checkpoints, weights.shape[1], conduct)
    known = _power(mdp, course.gamma, law, course.entropy)
    task = Looking(
        course, tuple(w for w, _ in agents.values()), tuple(b for _, b in agents.values()),
        tuple(_sees(course, name) for name in agents), law, samples, _leads_to(mdp, goals), places,
        most_seeking(known), np.asarray(known.data.value[0]),
    )  # fmt: skip
    source = Sampler(course.rewards, "iid", samples, course.entropy)
    width = max(1, mdp.n_states * len(agents) * 64)
    (values, chance), interrupted = last(
        run(Looked(task), [weights.shape[1]], source, width, conduct, _not_stored)
    )  # fmt: skip
    if not task.decisions.size:
        warn("no state has actions that differ in the POWER after them: there is none that seeks the most")
    return Seeking(
        mdp, course.gamma, (*agents, OPTIMAL), values, chance[0], _exact(task, law),
        tuple(mdp.states[s] for s in goals), tuple(mdp.states[s] for s in places), law, samples, checkpoints[-1],
        course.entropy, interrupted,
    )  # fmt: skip


def arm_name(label: str, target: str) -> str:
    """What an arm is called beside those with other targets.

    Examples
    --------
    >>> [arm_name("noise", target) for target in TARGETS]
    ['noise', 'noise without max', 'noise, double Q']
    """
    return {"max": label, "mean": f"{label} without max", "double": f"{label}, double Q"}[target]


def most_seeking(estimate: PowerEstimate, confidence: float = 0.95) -> BoolArray:
    """(P,) the pairs after which POWER is greatest, in each state; several where they are equal, or not told apart.

    Parameters
    ----------
    estimate : PowerEstimate
        At one rate.
    confidence : float
        Of all comparisons at once: whichever pairs have most, none of them is left out.

    Notes
    -----
    The draws choose the pair with which the k − 1 others of a state are compared, so that any of k (k−1) / 2
    intervals may be the one that misses: k/2 times as many as are made. The level pays for that.

    Examples
    --------
    >>> import mdppower as mp
    >>> fork = mp.power(mp.envs.make("turner-figure-1"), 0.9, method="exact")
    >>> most_seeking(fork)[:5].tolist()
    [False, False, True, False, True]
    """
    mdp = estimate.mdp
    best, _ = greedy(mdp, np.asarray(mdp.kernel @ estimate.data.value[0]))
    behind = sparse.csr_array(mdp.kernel[best[mdp.pair_states]] - mdp.kernel)
    level = 1 - (1 - confidence) * 2 / max(2, int(np.diff(mdp.pointer).max()))
    lower, _ = estimate.data.contrast(behind).bounds(level, simultaneous=True)
    return np.asarray(lower[0] <= EQUAL)


# ---------------------------------------------------------------------- controls and references


def _control(
    course: Course, target: str, checkpoints: tuple[int, ...], runs: int, conduct: Conduct
) -> tuple[FloatArray, FloatArray]:
    """Agents trained on noise, with another target: the same first weights, draws and starts in each run."""
    other = replace(course, signals=(_CONTROL,), method=replace(course.method, target=target))
    weights, bias = other.tables_at_first(runs, len(checkpoints))
    stages(other, checkpoints, weights, bias, conduct, lambda _: None)
    return other.agents(weights[:, :, -1])[0], other.agents(bias[:, :, -1])[0]


def _sees(course: Course, name: str) -> bool:
    arms = {arm_name(x.label, course.method.target): x.sees for x in course.signals}
    return arms.get(name, True)


def _power(mdp: RewardlessMDP, gamma: float, law: RewardDistribution, entropy: int) -> PowerEstimate:
    """POWER on the test's rewards; integrated for small MDPs."""
    if mdp.n_states <= MOST_EXACT and mdp.is_deterministic:
        try:
            return power(mdp, gamma, law, method="exact")
        except MDPPowerError:  # rewards that are not integrated
            pass
    return power(mdp, gamma, law, rng=entropy)


def _exact(task: Looking, law: RewardDistribution) -> FloatArray:
    """(M,) what the optimal agent does, integrated; NaN where it is only drawn, or where ties leave it open."""
    course, found = task.course, np.full(len(MEASURES), np.nan)
    if course.mdp.n_states > MOST_EXACT or not course.mdp.is_deterministic:
        return found
    try:
        chances = action_optimality(course.mdp, course.gamma, law, method="exact").optimal.mean
    except MDPPowerError:
        return found
    if np.abs(np.add.reduceat(chances, course.mdp.pointer[:-1]) - 1).max() < 1e-9:
        found[:2] = task.of_probabilities(chances)
    return found


def _not_stored() -> Question:
    raise AssertionError("seeking has no store")


# ---------------------------------------------------------------------- arguments


def _law(course: Course, test: Any) -> RewardDistribution:
    found = course.rewards if test is None else resolve(test, course.mdp, pairs=True)
    if found.on == "pairs":
        raise RewardError("agents are tested on rewards of states, not of pairs")
    found.require_mean(course.mdp)
    return found


def _toward(mdp: RewardlessMDP, toward: Any, at: Any) -> tuple[list[int], list[int]]:
    """The states to go to, and those at which to choose; by default where one can go there, or not."""
    if toward is None:
        if at is not None:
            raise ParameterError("at= is for toward=, the state that agents may go to from there")
        return [], []
    goals = _each_once(mdp, toward, "toward")
    if not goals:
        raise ParameterError("toward is empty; give a state to go to")
    there = _leads_to(mdp, goals)
    first = mdp.pointer[:-1]
    open_states = np.flatnonzero(np.maximum.reduceat(there, first) > np.minimum.reduceat(there, first))
    places = open_states.tolist() if at is None else _each_once(mdp, at, "at")
    told = ", ".join(quoted(mdp.states[s]) for s in goals[:3])
    if not places and at is not None:
        raise ParameterError("at is empty; give a state to go from")
    if not places:
        raise ParameterError(f"in no state is there a choice of going to {told} or elsewhere")
    for s in places:
        if s not in open_states:
            raise ParameterError(f"at {quoted(mdp.states[s])} there is no choice of going to {told} or elsewhere")
    return goals, places


def _each_once(mdp: RewardlessMDP, given: Any, argument: str) -> list[int]:
    found = [mdp.index(label) for label in _labels(mdp, given)]
    seen: set[int] = set()
    for s in found:
        if s in seen:
            raise ParameterError(f"{argument} has {quoted(mdp.states[s])} twice")
        seen.add(s)
    return found


def _labels(mdp: RewardlessMDP, given: Any) -> Sequence[Label]:
    """One label, or several; a tuple that is a label is one."""
    several = isinstance(given, list) or (isinstance(given, tuple) and given not in mdp.states)
    return list(given) if several else [given]


def _leads_to(mdp: RewardlessMDP, goals: list[int]) -> FloatArray:
    """(P,) how likely each pair leads to one of these states."""
    wanted: AnyArray = np.zeros(mdp.n_states)
    wanted[goals] = 1.0
    return np.asarray(mdp.kernel @ wanted)
