"""What the coin flips start from: a prior of a known share, and how the power of softmax policies is measured.

The prior is learnt by linear Q-learning from random rewards. Centred over the actions of each state, its weights say
which pair is better than which; times a confidence β they are the logits of a softmax policy. At β = 0 that is the
random policy, whose share is 0, and as β grows it tends to the greedy one; it is continuous in β. So a share between
the two is reached (intermediate value theorem), and bisection finds where.
"""

from __future__ import annotations

from dataclasses import dataclass, replace

import numpy as np

from mdppower._typing import AnyArray, FloatArray
from mdppower.errors import ParameterError, SolverError
from mdppower.learning.coins.kernels import softmax_power
from mdppower.learning.learners import standardised
from mdppower.learning.training_run import Chunk, Course
from mdppower.mdp.model import RewardlessMDP
from mdppower.solvers.backup import mean_best_successor
from mdppower.solvers.optimal_values import pick, solve_rows

CLOSE = 1e-6
"""The share that is asked for is reached to within this, on the draws on which the confidence is found."""
DOUBLINGS = 64
TOLERANCE = 1e-11
"""Of values, relative to the range of rewards: where sweeps end. What is proved of errors follows from residuals."""
SWEEPS = 10_000
LARGEST_ERROR = 1e-6
"""Proved of a power, in parts of what is available: more is no measurement."""


def world_of(mdp: RewardlessMDP) -> tuple[AnyArray, AnyArray, AnyArray, FloatArray]:
    """The transitions, as kernels take them: pointer, row, successor, probability."""
    rows = mdp.kernel
    return mdp.pointer, rows.indptr, rows.indices, rows.data


@dataclass(frozen=True, eq=False)
class SoftmaxTest:
    """Reward functions on which softmax policies are measured.

    Attributes
    ----------
    course : Course
    rewards, inputs : (N, S) arrays
        As they are, and standardised.
    floor, ceiling, worst, error : float
        Power of the random policy, the optimal one and the worst on these draws, and a bound on the error of each.
    """

    course: Course
    rewards: FloatArray
    inputs: FloatArray
    floor: float
    ceiling: float
    worst: float
    error: float

    @classmethod
    def on(cls, course: Course, rewards: FloatArray) -> SoftmaxTest:
        """The test on these reward functions.

        Raises
        ------
        ParameterError
            Floor and ceiling are equal: there is nothing to have a share of.
        """
        mdp, rows = course.mdp, np.ascontiguousarray(rewards)
        ends, errors = [], []
        for sign in (1.0, -1.0):
            values, _, gap, _ = solve_rows(mdp, sign * rows, course.gamma, pick(mdp, "auto"))
            ends.append(sign * float(mean_best_successor(mdp, values) @ course.start))
            errors.append(float(gap.max()))
        test = cls(course, rows, standardised(rows), np.nan, ends[0], ends[1], max(errors))
        floor, _, error = test._power(np.zeros((mdp.n_pairs, mdp.n_states)))  # without weights: the random policy
        test = replace(test, floor=floor, error=max(test.error, error))
        if np.ptp(rows) > 0:
            test._require(error, float(np.ptp(rows)))
        if test.ceiling - test.floor <= 8 * test.error:
            raise ParameterError(
                f"floor and ceiling are equal ({test.floor:.6g}): from these starts, with {course.rewards.name} "
                "rewards, no choice matters, and no share is defined"
            )
        return test

    def power(self, weights: FloatArray, greedy: bool = False) -> tuple[float, float, float]:
        """Power, mean entropy (nats), and a bound on the error of the power; of the best actions alone if `greedy`.

        Raises
        ------
        SolverError
            It could not be certified.
        """
        power, entropy, worst = self._power(weights, greedy)
        self._require(worst, self.ceiling - self.floor)
        return power, entropy, worst

    def _require(self, error: float, room: float) -> None:
        if not error <= LARGEST_ERROR * room:
            raise SolverError(
                f"the power of a softmax policy at γ = {self.course.gamma} is known to {error:.2g} only, after "
                f"{SWEEPS:,} sweeps"
            )

    def _power(self, weights: FloatArray, greedy: bool = False) -> tuple[float, float, float]:
        power, entropy, error = np.empty((3, len(self.rewards)))
        softmax_power(
            *world_of(self.course.mdp), weights, self.inputs, self.rewards, self.course.start, self.course.gamma,
            greedy, TOLERANCE, SWEEPS, power, entropy, error,
        )  # fmt: skip
        return float(power.mean()), float(entropy.mean()), float(error.max())

    def share(self, weights: FloatArray, greedy: bool = False) -> float:
        """(P − F)/(C − F)."""
        return (self.power(weights, greedy)[0] - self.floor) / (self.ceiling - self.floor)


def learnt_weights(course: Course, episodes: int, run: int) -> FloatArray:
    """(P, S) weights of Q-learning from so many random reward functions, centred over the actions of each state."""
    mdp = course.mdp
    shape = 1, run + 1, mdp.n_pairs
    first = np.broadcast_to(course.first(run), (*shape, mdp.n_states))
    chunk = Chunk(course, 1, 0, episodes, first, np.broadcast_to(0.0, shape))
    learnt = chunk(range(run, run + 1))[0][0, 0]
    mean = np.add.reduceat(learnt, mdp.pointer[:-1], axis=0) / np.diff(mdp.pointer)[:, None]
    return np.ascontiguousarray(learnt - mean[mdp.pair_states])


def confidence(test: SoftmaxTest, weights: FloatArray, share: float, run: int) -> float:
    """β such that the softmax policy of β times the weights has the share, on the draws of the test.

    Raises
    ------
    ParameterError
        No β that was tried reaches it: the greedy policy has less.
    SolverError
        Bisection ended elsewhere.
    """
    low, high, most = 0.0, 1.0, 0.0
    while (reached := test.share(high * weights)) < share:
        most = max(most, reached)
        low, high = high, 2 * high
        if high > 2.0**DOUBLINGS:
            raise ParameterError(
                f"share {share:g} cannot be reached: the prior that run {run} has learnt has at most {most:.4g}; ask "
                "for less, or give it more prior_episodes"
            )
    found = high
    while abs(reached - share) > CLOSE / 2:
        found = 0.5 * (low + high)
        if not low < found < high:
            raise SolverError(f"no confidence gives the prior of run {run} a share of {share:g}, but {reached:.8g}")
        reached = test.share(found * weights)
        low, high = (found, high) if reached < share else (low, found)
    return found
