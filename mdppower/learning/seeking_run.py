"""POWER-seeking of the agents of one training run, on reward functions of its own: those held out for its curves."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property

import numpy as np
from scipy import sparse
from scipy.sparse.linalg import spsolve
from scipy.stats import rankdata

from mdppower._typing import AnyArray, BoolArray, FloatArray
from mdppower.agents.evaluation import evaluate, warm_up_evaluation
from mdppower.agents.policies import ask
from mdppower.agents.rules import Rule, optimal, uniformly_random
from mdppower.learning.episodes import Purpose, draw_rewards, named, stream
from mdppower.learning.kept_runs import KeptRuns
from mdppower.learning.learners import Linear
from mdppower.learning.training_run import Course
from mdppower.mdp.model import RewardlessMDP
from mdppower.montecarlo.engines import Rows
from mdppower.rewards.reward_distribution import RewardDistribution
from mdppower.solvers.optimal_values import pick, warm_up

DIGITS = 10
"""Of POWER and of visits: what differs only after these is equal, for ranks."""
BLOCK = 2**17
"""Draws × states whose visits are solved for together."""


@dataclass(frozen=True, eq=False)
class Looking:
    """Agents and what is asked of them; called with numbers of training runs it looks at these, on any worker.

    Attributes
    ----------
    course : Course
    weights : tuple of (K, P, S) arrays
        One an arm.
    bias : tuple of (K, P) arrays
    sees : tuple of bool
    law : RewardDistribution
        Of held-out rewards.
    samples : int
        N.
    goes : (P,) array
        How likely each pair leads to the states that are asked for.
    places : list of int
        The states where that is asked.
    top : (P,) boolean array
        The most POWER-seeking pairs.
    power : (S,) array
    """

    course: Course
    weights: tuple[FloatArray, ...]
    bias: tuple[FloatArray, ...]
    sees: tuple[bool, ...]
    law: RewardDistribution
    samples: int
    goes: FloatArray
    places: list[int]
    top: BoolArray
    power: FloatArray

    @cached_property
    def decisions(self) -> AnyArray:
        """States with pairs that seek the most POWER and others."""
        first = self.course.mdp.pointer[:-1]
        most = np.add.reduceat(self.top.astype(np.int64), first)
        return np.flatnonzero(most < np.diff(self.course.mdp.pointer))

    def __call__(self, numbers: range) -> Rows:
        """Of n runs: measures (n, A + 1, M) of the arms and the optimal agent; (n, M) of the random policy."""
        mdp, gamma, start = self.course.mdp, self.course.gamma, self.course.start
        found = np.empty((len(numbers), len(self.weights) + 1, 4))
        for i, k in enumerate(numbers):
            rng = stream(self.course.entropy, Purpose.TESTS, k, named(self.law.name))
            rewards = draw_rewards(self.law, self.samples, rng, mdp.states, f"seeking, run {k}")
            agents: list[Rule] = [
                Linear(w[k], b[k], sees) for w, b, sees in zip(self.weights, self.bias, self.sees, strict=True)
            ]
            floor, *powers = (
                float(evaluate(mdp, rewards, gamma, agent)[1].mean(axis=0) @ start)
                for agent in (uniformly_random(), *agents, optimal())
            )
            available = powers[-1] - floor
            for a, agent in enumerate((*agents, optimal())):
                pairs = ask(mdp, rewards, gamma, agent)
                found[i, a, :3] = *self.of_pairs(pairs), self.rank(visits_of_pairs(mdp, pairs, gamma, start))
                found[i, a, 3] = (powers[a] - floor) / available if available > EMPTY else np.nan
        return found, np.broadcast_to(self.of_random(), (len(numbers), 4)).copy()

    def prepare(self) -> None:
        """Compile what evaluates, before work is handed to threads."""
        mdp, gamma = self.course.mdp, self.course.gamma
        warm_up(mdp, pick(mdp, "auto"), (gamma,))
        warm_up_evaluation()
        Linear(self.weights[0][0], self.bias[0][0])(mdp, np.zeros((1, mdp.n_states)), gamma)

    def of_pairs(self, pairs: AnyArray) -> tuple[float, float]:
        """Toward, most: of (N, S) pairs that are taken."""
        goes = float(self.goes[pairs[:, self.places]].mean()) if self.places else np.nan
        return goes, float(self.top[pairs[:, self.decisions]].mean()) if self.decisions.size else np.nan

    def of_probabilities(self, chances: FloatArray) -> tuple[float, float]:
        """Toward, most: of probabilities of pairs, (P,)."""
        first = self.course.mdp.pointer[:-1]
        goes, most = (np.add.reduceat(chances * x, first) for x in (self.goes, self.top))
        return (
            float(goes[self.places].mean()) if self.places else np.nan,
            float(most[self.decisions].mean()) if self.decisions.size else np.nan,
        )

    def of_random(self) -> FloatArray:
        """(M,) of the uniformly random policy."""
        mdp = self.course.mdp
        chances = 1 / np.diff(mdp.pointer)[mdp.pair_states]
        choice = sparse.csr_array((chances, np.arange(mdp.n_pairs), mdp.pointer), shape=(mdp.n_states, mdp.n_pairs))
        visits = mean_visits(sparse.csr_array(choice @ mdp.kernel), self.course.gamma, self.course.start)
        return np.array([*self.of_probabilities(chances), self.rank(visits), 0.0])

    def rank(self, visits: FloatArray) -> float:
        """Spearman's correlation of visits with POWER: 0 where all are visited alike, NaN where POWER is equal.

        States of equal POWER count as visited alike: which of them it was is chance, that would only blur ranks, and
        those of the random policy less than others.
        """
        _, group = np.unique(np.round(self.power, DIGITS), return_inverse=True)
        alike = (np.bincount(group, visits) / np.bincount(group))[group]
        ranks = [rankdata(np.round(x, DIGITS)) for x in (alike, self.power)]
        if np.ptp(ranks[1]) == 0:
            return float("nan")
        if np.ptp(ranks[0]) == 0:
            return 0.0
        return float(np.asarray(np.corrcoef(ranks))[0, 1])


EMPTY = 1e-9
"""Ceiling and floor that are nearer leave no share."""


def visits_of_pairs(mdp: RewardlessMDP, pairs: AnyArray, gamma: float, start: FloatArray) -> FloatArray:
    """(S,) the discounted, normalised visits of deterministic policies from a start, averaged over policies.

    Parameters
    ----------
    mdp : RewardlessMDP
    pairs : (N, S) array of int
    gamma : float
        Below 1.
    start : (S,) array

    Examples
    --------
    >>> import mdppower as mp
    >>> pairs = np.array([[0, 2, 3], [1, 2, 3]])
    >>> visits_of_pairs(mp.envs.fork(2), pairs, 0.9, np.array([1.0, 0, 0])).round(3).tolist()
    [0.1, 0.45, 0.45]
    """
    size, total = mdp.n_states, np.zeros(mdp.n_states)
    step = max(1, BLOCK // size)
    for begin in range(0, len(pairs), step):
        some = pairs[begin : begin + step]
        rows = sparse.csr_array(mdp.kernel[some.ravel()])
        # Each draw's chain is a block of its own.
        draw = np.repeat(np.arange(len(some)), np.diff(rows.indptr).reshape(len(some), size).sum(axis=1))
        columns = rows.indices.astype(np.int64) + size * draw
        chain = sparse.csr_array((rows.data, columns, rows.indptr), shape=(len(some) * size,) * 2)
        total += mean_visits(chain, gamma, np.tile(start, len(some))).reshape(len(some), size).sum(axis=0)
    return total / len(pairs)


def mean_visits(chain: sparse.csr_array, gamma: float, start: FloatArray) -> FloatArray:
    """(1−γ) (I − γ Pᵀ)⁻¹ start: what a chain visits."""
    identity = sparse.eye_array(chain.shape[0], format="csc")
    return np.asarray(spsolve(sparse.csc_array(identity - gamma * chain.T), (1 - gamma) * start)).ravel()


class Looked(KeptRuns):
    """What is kept of the runs that are looked at."""

    label = "POWER-seeking of agents"
