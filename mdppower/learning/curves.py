"""From agents at checkpoints to learning curves: tests are read, runs examined."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import numpy as np

from mdppower._checks import positive_integer
from mdppower._quotes import quoted
from mdppower._typing import FloatArray
from mdppower._warn import warn
from mdppower.errors import ParameterError, RewardError, SizeError
from mdppower.learning.curves_run import Examination, Examined
from mdppower.learning.encounters import Encounters, read_references
from mdppower.learning.learning_curves import LearningCurves
from mdppower.learning.training_run import Course
from mdppower.mdp.model import RewardlessMDP
from mdppower.measures.power_run import free_memory
from mdppower.montecarlo.run_loop import Conduct, Question, last, run
from mdppower.montecarlo.samplers import Sampler
from mdppower.rewards.distribution import resolve
from mdppower.rewards.reward_distribution import RewardDistribution

ARRAYS = 6
"""Of draws × states, that are there at once: rewards, inputs, policies, values, what follows."""


def measured_curves(
    course: Course,
    checkpoints: tuple[int, ...],
    weights: FloatArray,
    bias: FloatArray,
    tests: Any,
    samples: int,
    against: Any,
    conduct: Conduct,
) -> LearningCurves:
    """The curves of a training.

    Parameters
    ----------
    course : Course
    checkpoints : tuple of int
    weights : (A, K, T, P, S) array
    bias : (A, K, T, P) array
    tests, samples, against
        As for `Training.curves`.
    conduct : Conduct

    Returns
    -------
    LearningCurves
    """
    laws = read_tests(course.mdp, course.rewards, tests)
    needed, free = 8 * ARRAYS * positive_integer(samples, "samples") * course.mdp.n_states, free_memory()
    if free is not None and needed > free:
        raise SizeError(
            f"{samples:,} reward functions of {course.mdp.n_states:,} states and their values take about "
            f"{needed / 2**30:.1f} GiB, and {free / 2**30:.1f} GiB are free; use fewer samples"
        )
    references = read_references(against, course.mdp, course.signals, checkpoints)
    task = Examination(course, weights, bias, tuple(laws.items()), samples, references)
    source = Sampler(course.rewards, "iid", samples, course.entropy)
    width = max(1, course.mdp.n_states * len(course.signals) * len(checkpoints))
    rows, interrupted = last(run(Examined(task), [weights.shape[1]], source, width, conduct, _not_stored))
    power, floor, ceiling, worst, error, met, unsure = rows
    encounters = Encounters.of_sums(references, course.signals, met, unsure) if references else None
    found = LearningCurves(
        course.mdp, course.gamma, course.signals, course.rewards, checkpoints, laws, samples, course.start,
        course.entropy, power, floor, ceiling, worst, error, interrupted, encounters,
    )  # fmt: skip
    for i, name in enumerate(laws):
        if np.isnan(found.share(found.arms[0], name).mean).any():
            warn(
                f"test {name!r}: floor and ceiling are equal ({floor[:, i].mean():.6g}), so that no share of what is "
                "between them is defined"
            )
    return found


def _not_stored() -> Question:
    raise AssertionError("curves have no store")


def read_tests(mdp: RewardlessMDP, rewards: RewardDistribution, given: Any) -> dict[str, RewardDistribution]:
    """Tests by name; a law alone is called as it is, and without one agents are tested on rewards as in training.

    Raises
    ------
    ParameterError
        There is none, or a name is no text.
    RewardError
        A law is none, or one of rewards of pairs, or without a mean.
    """
    if given is None:
        return {rewards.name: rewards}
    named = given if isinstance(given, Mapping) else {resolve(given, mdp, pairs=True).name: given}
    if not named:
        raise ParameterError("tests is empty; give at least one law of rewards")
    found = {}
    for name, law in named.items():
        if not isinstance(name, str) or not name:
            raise ParameterError(f"tests must have texts as names, got {quoted(name)}")
        try:
            found[name] = resolve(law, mdp, pairs=True)
        except RewardError as error:
            raise RewardError(f"test {name!r}: {error}") from None
        if found[name].on == "pairs":
            raise RewardError(f"test {name!r}: agents are tested on rewards of states, not of pairs")
        found[name].require_mean(mdp)
    return found
