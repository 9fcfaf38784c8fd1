"""Rules, and an MDP small enough to know what each of them gets there."""

from __future__ import annotations

import numpy as np

import mdppower as mp
from mdppower.agents.rules import epsilon_greedy, lookahead, optimal, satisficing, softmax, uniformly_random
from mdppower.solvers.backup import mean_best_successor
from mdppower.solvers.optimal_values import pick, solve_rows

RULES = [
    uniformly_random(), optimal(), lookahead(1), lookahead(3), epsilon_greedy(0.1), softmax(0.2), satisficing(0.7),
]  # fmt: skip


EPS = np.finfo(float).eps


ROOT = mp.RewardlessMDP.from_successors(
    {"root": {"->t1": "t1", "->t2": "t2"}, "t1": {"stay": "t1"}, "t2": {"stay": "t2"}}
)


def best_onwards(mdp, rewards, gamma):
    """POWER's integrand max_a E v*(s') of each draw, and a bound on its error: the gap, and rounding in the sum."""
    values, _, gap, _ = solve_rows(mdp, rewards, gamma, pick(mdp, "auto"))
    best = np.array([mean_best_successor(mdp, v[None]) for v in values])
    return best, gap + (mdp.n_states + 2) * EPS * np.abs(values).max(axis=1)
