"""The power of agents along training: one training run examined, on reward functions of its own.

Run k has N held-out reward functions of each test law, the same for all its arms and checkpoints, drawn iid from a
stream that training does not use. Of each agent the value of Definition C.1 is averaged over them and over starts; so
are, on the same draws, that of the uniformly random policy (the floor), the optimal one (the ceiling), and the worst.
Against each reference the draws are counted and added up (`mdppower.learning.encounter_kernels`), and forgotten.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from mdppower._typing import FloatArray
from mdppower.agents.evaluation import evaluate, warm_up_evaluation
from mdppower.agents.rules import uniformly_random
from mdppower.errors import MDPPowerError
from mdppower.learning.encounter_kernels import meet
from mdppower.learning.encounters import FINAL, OPTIMAL, RANDOM, Reference
from mdppower.learning.episodes import Purpose, draw_rewards, named, stream
from mdppower.learning.kept_runs import KeptRuns
from mdppower.learning.learners import Linear
from mdppower.learning.training_run import Course
from mdppower.montecarlo.engines import Rows
from mdppower.rewards.reward_distribution import RewardDistribution
from mdppower.solvers.backup import best_successors, mean_best_successor
from mdppower.solvers.optimal_values import pick, solve_rows, warm_up

EPS = float(np.finfo(np.float64).eps)
SUMS = 7
"""Numbers that are kept of an agent against a reference."""
Had = tuple[FloatArray, FloatArray]
"""What a policy has, (N, S), and a bound on the error of each row, (N,)."""


@dataclass(frozen=True, eq=False)
class Examination:
    """Agents and tests; called with numbers of training runs it examines these, on any worker.

    Attributes
    ----------
    course : Course
    weights : (A, K, T, P, S) array
    bias : (A, K, T, P) array
    tests : tuple of (str, RewardDistribution)
        L of them.
    samples : int
        N, held-out reward functions of each test and run.
    against : tuple of Reference
        B of them.
    """

    course: Course
    weights: FloatArray
    bias: FloatArray
    tests: tuple[tuple[str, RewardDistribution], ...]
    samples: int
    against: tuple[Reference, ...] = ()

    def __call__(self, numbers: range) -> Rows:
        """Of n runs: power (n, A, T, L); floor, ceiling, worst (n, L); bound on the error of all (n, L).

        And of references: sums (n, A, T, L, B, 7), as of `meet`; bound on the error of differences (n, L, B).
        """
        arms, _, steps, *_ = self.weights.shape
        several = (len(numbers), arms, steps, len(self.tests))
        power, met = np.empty(several), np.empty((*several, len(self.against), SUMS))
        marks = np.empty((4, len(numbers), len(self.tests)))
        unsure = np.empty((len(numbers), len(self.tests), len(self.against)))
        for k, run in enumerate(numbers):
            for i, (name, law) in enumerate(self.tests):
                rng = stream(self.course.entropy, Purpose.TESTS, run, named(name))
                rewards = draw_rewards(law, self.samples, rng, self.course.mdp.states, f"test {name!r}, run {run}")
                *marks[:3, k, i], error, known = self._marks(rewards)
                others = self._others(rewards, run, known)
                power[k, :, :, i], marks[3, k, i], met[k, :, :, i], unsure[k, i] = self._examined(
                    rewards, run, error, others
                )
        return power, *marks, met, unsure

    def prepare(self) -> None:
        """Compile what evaluates, before work is handed to threads."""
        warm_up(self.course.mdp, pick(self.course.mdp, "auto"), (self.course.gamma,))
        warm_up_evaluation()
        nothing = np.zeros((1, self.course.mdp.n_states))
        self.agent(0, 0, 0)(self.course.mdp, nothing, self.course.gamma)
        meet(nothing, nothing, np.zeros(1), self.course.start, EPS, np.empty(1), np.empty(SUMS))

    def agent(self, arm: int, run: int, step: int) -> Linear:
        """An agent of the training."""
        return Linear(self.weights[arm, run, step], self.bias[arm, run, step], self.course.signals[arm].sees)

    def _marks(self, rewards: FloatArray) -> tuple[float, float, float, float, dict[str, Had]]:
        """Floor, ceiling and worst of these draws, a bound on their error, and what references had of them."""
        mdp, gamma, start = self.course.mdp, self.course.gamma, self.course.start
        _, random, error = evaluate(mdp, rewards, gamma, uniformly_random())
        largest = float(error.max())
        wanted = {one.name for one in self.against}
        known = {RANDOM: (random, error)} if RANDOM in wanted else {}
        ends = []
        for sign in (1.0, -1.0):
            values, _, gap, _ = solve_rows(mdp, sign * rewards, gamma, pick(mdp, "auto"))
            ends.append(sign * float(mean_best_successor(mdp, values) @ start))
            largest = max(largest, float(gap.max()))
            if sign > 0 and OPTIMAL in wanted:
                terms = int(np.diff(mdp.kernel.indptr).max()) + 2
                rounding = EPS * terms * np.abs(values).max(axis=1)  # of the step from states to what precedes them
                known[OPTIMAL] = best_successors(mdp, values), gap + rounding
        return float(random.mean(axis=0) @ start), ends[0], ends[1], largest, known

    def _others(self, rewards: FloatArray, run: int, known: dict[str, Had]) -> dict[str, Had]:
        """What references had of these draws; but the final agents, which differ from arm to arm."""
        for one in self.against:
            if one.at is not None:
                known[one.name] = self._had(rewards, run, *one.at)
            elif one.policy is not None:
                try:
                    _, *had = evaluate(self.course.mdp, rewards, self.course.gamma, one.policy)
                except MDPPowerError as error:
                    error.args = (f"against {one.name!r}: {error}", *error.args[1:])
                    raise
                known[one.name] = had[0], had[1]
        return known

    def _had(self, rewards: FloatArray, run: int, arm: int, step: int) -> Had:
        """What an agent of the training has of these draws."""
        step = 0 if self.course.signals[arm].learns == "nothing" else step
        _, onwards, gap = evaluate(self.course.mdp, rewards, self.course.gamma, self.agent(arm, run, step))
        return onwards, gap

    def _examined(
        self, rewards: FloatArray, run: int, error: float, others: dict[str, Had]
    ) -> tuple[FloatArray, float, FloatArray, FloatArray]:
        """(A, T) power of the agents of a run, the larger of the error and that of their values; against others."""
        arms, _, steps, *_ = self.weights.shape
        power, met = np.empty((arms, steps)), np.empty((arms, steps, len(self.against), SUMS))
        unsure = np.zeros(len(self.against))
        for a, signal in enumerate(self.course.signals):
            final: Had | None = None
            for t in reversed(range(steps)):
                if final is not None and signal.learns == "nothing":
                    power[a, t], met[a, t] = power[a, -1], met[a, -1]
                    continue
                mine = self._had(rewards, run, a, t)
                final = mine if final is None else final
                power[a, t] = mine[0].mean(axis=0) @ self.course.start
                error = max(error, float(mine[1].max()))
                for b, one in enumerate(self.against):
                    theirs = final if one.name == FINAL else others[one.name]
                    unsure[b] = max(unsure[b], self._meet(mine, theirs, met[a, t, b]))
        return power, error, met, unsure

    def _meet(self, mine: Had, theirs: Had, found: FloatArray) -> float:
        """Add up what an agent had against another; returns the bound on the error of differences."""
        slack = mine[1] + theirs[1]
        start = self.course.start
        meet(mine[0], theirs[0], slack, start, EPS * len(start), np.empty(len(slack)), found)
        return float(slack.max())


class Examined(KeptRuns):
    """What is kept of the runs that are examined."""

    label = "power of agents"
