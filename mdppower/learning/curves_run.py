"""The power of agents along training: one training run examined, on reward functions of its own.

Run k has N held-out reward functions of each test law, the same for all its arms and checkpoints, drawn iid from a
stream that training does not use. Of each agent the value of Definition C.1 is averaged over them and over starts; so
are, on the same draws, that of the uniformly random policy (the floor), the optimal one (the ceiling), and the worst.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from mdppower._typing import FloatArray
from mdppower.agents.evaluation import evaluate, warm_up_evaluation
from mdppower.agents.rules import uniformly_random
from mdppower.learning.episodes import Purpose, draw_rewards, named, stream
from mdppower.learning.learners import Linear
from mdppower.learning.training_run import Course
from mdppower.montecarlo.engines import Rows
from mdppower.montecarlo.run_loop import OneTask
from mdppower.rewards.reward_distribution import RewardDistribution
from mdppower.solvers.backup import mean_best_successor
from mdppower.solvers.optimal_values import pick, solve_rows, warm_up


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
    """

    course: Course
    weights: FloatArray
    bias: FloatArray
    tests: tuple[tuple[str, RewardDistribution], ...]
    samples: int

    def __call__(self, numbers: range) -> Rows:
        """Of n runs: power (n, A, T, L); floor, ceiling, worst (n, L); bound on the error of all (n, L)."""
        arms, _, steps, *_ = self.weights.shape
        power = np.empty((len(numbers), arms, steps, len(self.tests)))
        marks = np.empty((4, len(numbers), len(self.tests)))
        for k, run in enumerate(numbers):
            for i, (name, law) in enumerate(self.tests):
                rng = stream(self.course.entropy, Purpose.TESTS, run, named(name))
                rewards = draw_rewards(law, self.samples, rng, self.course.mdp.states, f"test {name!r}, run {run}")
                *marks[:3, k, i], error = self._marks(rewards)
                power[k, :, :, i], marks[3, k, i] = self._examined(rewards, run, error)
        return power, *marks

    def prepare(self) -> None:
        """Compile what evaluates, before work is handed to threads."""
        warm_up(self.course.mdp, pick(self.course.mdp, "auto"), (self.course.gamma,))
        warm_up_evaluation()
        self.agent(0, 0, 0)(self.course.mdp, np.zeros((1, self.course.mdp.n_states)), self.course.gamma)

    def agent(self, arm: int, run: int, step: int) -> Linear:
        """An agent of the training."""
        return Linear(self.weights[arm, run, step], self.bias[arm, run, step], self.course.signals[arm].sees)

    def _marks(self, rewards: FloatArray) -> tuple[float, float, float, float]:
        """Floor, ceiling and worst of these draws, and a bound on their error."""
        mdp, gamma, start = self.course.mdp, self.course.gamma, self.course.start
        _, random, error = evaluate(mdp, rewards, gamma, uniformly_random())
        largest = float(error.max())
        ends = []
        for sign in (1.0, -1.0):
            values, _, gap, _ = solve_rows(mdp, sign * rewards, gamma, pick(mdp, "auto"))
            ends.append(sign * float(mean_best_successor(mdp, values) @ start))
            largest = max(largest, float(gap.max()))
        return float(random.mean(axis=0) @ start), ends[0], ends[1], largest

    def _examined(self, rewards: FloatArray, run: int, error: float) -> tuple[FloatArray, float]:
        """(A, T) power of the agents of a run, and the larger of the error and that of their values."""
        mdp, gamma, start = self.course.mdp, self.course.gamma, self.course.start
        arms, _, steps, *_ = self.weights.shape
        power = np.empty((arms, steps))
        for a, signal in enumerate(self.course.signals):
            for t in range(steps):
                if t and signal.learns == "nothing":
                    power[a, t] = power[a, 0]
                    continue
                _, onwards, gap = evaluate(mdp, rewards, gamma, self.agent(a, run, t))
                power[a, t] = onwards.mean(axis=0) @ start
                error = max(error, float(gap.max()))
        return power, error


class Examined(OneTask):
    """What is kept of the runs that are examined."""

    label, least = "power of agents", 2

    def __init__(self, task: Examination) -> None:
        self.task = task
        self._rows: list[Rows] = []

    @property
    def count(self) -> int:
        """Runs so far."""
        return sum(len(rows[0]) for rows in self._rows)

    def prepare(self) -> None:
        """Compile what runs need."""
        self.task.prepare()

    def add(self, rows: Rows) -> None:
        """Add the next runs."""
        self._rows.append(rows)

    def estimate(self, interrupted: bool) -> tuple[Rows, bool]:
        """Power, floor, ceiling, worst and error of the runs; and whether some are lacking."""
        return tuple(np.concatenate(parts) for parts in zip(*self._rows, strict=True)), interrupted
