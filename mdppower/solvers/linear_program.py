"""Optimal values by linear programming: the reference that the fast solvers must agree with.

Two forms, dual to each other, with E the P × S matrix that selects the state of a pair:

    primal      minimise  Σ_s V(s)          subject to  (E − γT) V ≥ E R          (V free)
    occupancy   maximise  Σ_p x(p) R(s_p)   subject to  (E − γT)ᵀ x = 1,  x ≥ 0

x(s, a) is the discounted number of visits of the pair when every state starts with mass 1; with that mass positive
everywhere, the duals of the flow constraints are V* in every state (with a unit mass in one state they would be
free elsewhere).

Scale. HiGHS' tolerances are absolute, so the programs are in V units, with rewards centred and scaled to [−1, 1];
in units of v = (1−γ)V the right-hand side would sink below the tolerance as γ → 1. The answer's gap does not
rest on HiGHS' word: it is the Bellman residual of the V that came back.
"""

from __future__ import annotations

import numpy as np
from scipy import sparse

from mdppower import lp
from mdppower._typing import FloatArray, IntArray
from mdppower.errors import SolverError
from mdppower.mdp import RewardlessMDP


def flow(mdp: RewardlessMDP, gamma: float) -> sparse.csr_array:
    """E − γT, a (P, S) sparse array: row p is e_{s_p} − γ T(s_p, a_p)."""
    owner = sparse.csr_array(
        (np.ones(mdp.n_pairs), mdp.pair_states, np.arange(mdp.n_pairs + 1)), shape=mdp.kernel.shape
    )
    return sparse.csr_array(owner - gamma * mdp.kernel)


def solve(
    mdp: RewardlessMDP, rewards: FloatArray, gamma: float, *, form: str = "primal"
) -> tuple[FloatArray, IntArray, FloatArray, IntArray]:
    """Optimal values of many reward functions, one linear program each.

    Parameters
    ----------
    mdp : RewardlessMDP
    rewards : (N, S) array
    gamma : float
        In (0, 1).
    form : {"primal", "occupancy"}

    Returns
    -------
    values, pairs, gap, iterations
        As the other solvers; `iterations` is 1.

    Raises
    ------
    SolverError
        HiGHS failed; the error has the number of the draw.
    """
    n, n_states = rewards.shape
    values, pairs = np.empty((n, n_states)), np.empty((n, n_states), np.int32)
    gap = np.empty(n)
    constraints = flow(mdp, gamma)
    solve_one = {"primal": _primal, "occupancy": _occupancy}[form]
    for i, reward in enumerate(rewards):
        middle, scale = (reward.max() + reward.min()) / 2, (reward.max() - reward.min()) / 2
        scaled = (reward - middle) / (scale or 1.0)
        try:
            long_run = solve_one(mdp, constraints, scaled)
        except SolverError as error:
            raise SolverError(f"draw {i}: {error}", draw=i) from None
        q = mdp.kernel @ long_run
        best = np.maximum.reduceat(q, mdp.pointer[:-1])
        residual = scaled + gamma * best - long_run
        rounding = 8 * np.finfo(float).eps * (2 + np.abs(long_run).max())
        values[i] = middle + scale * (1 - gamma) * long_run
        gap[i] = scale * (np.abs(residual).max() + rounding) + 4 * np.finfo(float).eps * abs(middle)
        pairs[i] = _first_best(mdp, q, best)
    return values, pairs, gap, np.ones(n, np.int32)


def _primal(mdp: RewardlessMDP, constraints: sparse.csr_array, reward: FloatArray) -> FloatArray:
    return lp.solve(
        np.ones(mdp.n_states), upper=-constraints, upper_rhs=-reward[mdp.pair_states], bounds=(None, None)
    ).x


def _occupancy(mdp: RewardlessMDP, constraints: sparse.csr_array, reward: FloatArray) -> FloatArray:
    transposed = sparse.csr_array(constraints.T)
    return -lp.solve(-reward[mdp.pair_states], equal=transposed, equal_rhs=np.ones(mdp.n_states)).equal_duals


def _first_best(mdp: RewardlessMDP, q: FloatArray, best: FloatArray) -> IntArray:
    """The first pair of each state that attains its best value."""
    candidates = np.flatnonzero(q == best[mdp.pair_states])
    _, first = np.unique(mdp.pair_states[candidates], return_index=True)
    return candidates[first].astype(np.int32)
