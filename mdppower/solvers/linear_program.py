"""Optimal values by linear programming: the reference that the fast solvers must agree with.

Two forms, dual to each other, with E the P × S matrix that selects the state of a pair:

    primal      minimise  Σ_s V(s)          subject to  (E − γT) V ≥ E R          (V free)
    occupancy   maximise  Σ_p x(p) R(s_p)   subject to  (E − γT)ᵀ x = 1,  x ≥ 0

x(s, a) is the discounted number of visits of the pair when every state starts with mass 1; with that mass positive
everywhere, the duals of the flow constraints are V* in every state (with a unit mass in one state they would be
free elsewhere).

Scale. HiGHS' tolerances are absolute, so the programs are in V units, with rewards centred and scaled to [−1, 1];
in units of v = (1−γ)V the right-hand side would sink below the tolerance as γ → 1.

The answer does not rest on HiGHS' word. An optimal vertex is a policy; its constraints are solved once more as
equations, to rounding (HiGHS stops at 1e-10), and the gap is the Bellman residual of the better of the two answers.

γ = 1 has the multichain program of Puterman (1994, section 9.3), with gains g and biases h, and its dual:

    primal      minimise  Σ_s g(s)          subject to  (E − T) g ≥ 0,  E g + (E − T) h ≥ E R     (g, h free)
    occupancy   maximise  Σ_p x(p) R(s_p)   subject to  (E − T)ᵀ x = 0,  Eᵀ x + (E − T)ᵀ y = 1,  x, y ≥ 0

Its answer is held between two gains: no policy that stays in an end component earns more than max (R + T h − h)
over the pairs inside, and the program's own policy is worth what its evaluation says.
"""

from __future__ import annotations

import numpy as np
from scipy import sparse
from scipy.sparse.linalg import spsolve

from mdppower._typing import FloatArray, IntArray
from mdppower.errors import SolverError
from mdppower.mdp.actions import greedy
from mdppower.mdp.model import RewardlessMDP
from mdppower.solvers import linprog

EPS = float(np.finfo(np.float64).eps)
VERTEX = 1e-3
"""A violation that still tells which vertex was meant; what comes of it is certified anyway."""


def flow(mdp: RewardlessMDP, gamma: float) -> sparse.csr_array:
    """E − γT, a (P, S) sparse array: row p is e_{s_p} − γ T(s_p, a_p)."""
    owner = sparse.csr_array(
        (np.ones(mdp.n_pairs), mdp.pair_states, np.arange(mdp.n_pairs + 1)), shape=mdp.kernel.shape
    )
    return sparse.csr_array(owner - gamma * mdp.kernel)


def solve(
    mdp: RewardlessMDP, rewards: FloatArray, gamma: float, *, form: str = "primal", on_pairs: bool = False
) -> tuple[FloatArray, IntArray, FloatArray, IntArray]:
    """Optimal values of many reward functions, one linear program each.

    Parameters
    ----------
    mdp : RewardlessMDP
    rewards : (N, S) array, or (N, P) with `on_pairs`
    gamma : float
        In (0, 1].
    form : {"primal", "occupancy"}
    on_pairs : bool
        Whether rewards are earned by state-action pairs.

    Returns
    -------
    values, pairs, gap, iterations
        As the other solvers; `iterations` is 1.

    Raises
    ------
    SolverError
        HiGHS failed; the error has the number of the draw.
    """
    if gamma == 1:
        return _solve_gains(mdp, rewards, form, on_pairs)
    n, n_states = len(rewards), mdp.n_states
    values, pairs = np.empty((n, n_states)), np.empty((n, n_states), np.int32)
    gap = np.empty(n)
    constraints = flow(mdp, gamma)
    solve_one = {"primal": _primal, "occupancy": _occupancy}[form]
    for i, reward in enumerate(rewards):
        middle, scale = (reward.max() + reward.min()) / 2, (reward.max() - reward.min()) / 2
        scaled = (reward - middle) / (scale or 1.0)
        try:
            long_run = solve_one(mdp, constraints, scaled if on_pairs else scaled[mdp.pair_states])
        except SolverError as error:
            raise SolverError(f"draw {i}: {error}", draw=i) from None
        v, pairs[i], half = _certify(mdp, scaled, gamma, long_run, on_pairs)
        earned = scaled[pairs[i]] if on_pairs else scaled
        vertex = spsolve(sparse.csc_array(constraints[pairs[i]]), earned)
        refined = _certify(mdp, scaled, gamma, np.atleast_1d(vertex), on_pairs)
        if refined[2] < half:
            v, pairs[i], half = refined
        values[i] = middle + scale * v
        gap[i] = scale * half + 4 * EPS * abs(middle)
    return values, pairs, gap, np.ones(n, np.int32)


def _primal(mdp: RewardlessMDP, constraints: sparse.csr_array, reward: FloatArray) -> FloatArray:
    return linprog.solve(
        np.ones(mdp.n_states),
        upper=-constraints,
        upper_rhs=-reward,
        bounds=(None, None),
        tolerance=VERTEX,
    ).x


def _occupancy(mdp: RewardlessMDP, constraints: sparse.csr_array, reward: FloatArray) -> FloatArray:
    transposed = sparse.csr_array(constraints.T)
    return -linprog.solve(-reward, equal=transposed, equal_rhs=np.ones(mdp.n_states), tolerance=VERTEX).equal_duals


def _certify(
    mdp: RewardlessMDP, reward: FloatArray, gamma: float, long_run: FloatArray, on_pairs: bool
) -> tuple[FloatArray, IntArray, float]:
    """From V: v in the middle of its enclosure, the greedy pairs, and half the width of the enclosure."""
    q = mdp.kernel @ long_run
    pairs, best = greedy(mdp, reward + gamma * q if on_pairs else q)
    residual = (best if on_pairs else reward + gamma * best) - long_run
    low, high = residual.min(), residual.max()
    rounding = 8 * EPS * (2 + np.abs(long_run).max())
    v = (1 - gamma) * long_run + (low + high) / 2
    return v, pairs, float((high - low) / 2 + rounding)


# ---------------------------------------------------------------------- γ = 1


def _solve_gains(
    mdp: RewardlessMDP, rewards: FloatArray, form: str, on_pairs: bool
) -> tuple[FloatArray, IntArray, FloatArray, IntArray]:
    n, n_states = len(rewards), mdp.n_states
    values, pairs = np.empty((n, n_states)), np.empty((n, n_states), np.int32)
    gap = np.empty(n)
    for i, reward in enumerate(rewards):
        middle, scale = (reward.max() + reward.min()) / 2, (reward.max() - reward.min()) / 2
        scaled = (reward - middle) / (scale or 1.0)
        try:
            g, _, pairs[i], half = gains(mdp, scaled if on_pairs else scaled[mdp.pair_states], form)
        except SolverError as error:
            raise SolverError(f"draw {i}: {error}", draw=i) from None
        values[i] = middle + scale * g
        gap[i] = scale * half + 4 * EPS * abs(middle)
    return values, pairs, gap, np.ones(n, np.int32)


def gains(
    mdp: RewardlessMDP, reward: FloatArray, form: str = "occupancy"
) -> tuple[FloatArray, FloatArray, IntArray, float]:
    """The optimal gains at γ = 1, by one multichain program.

    Parameters
    ----------
    mdp : RewardlessMDP
    reward : (P,) array
        Of each pair, in [−1, 1].
    form : {"primal", "occupancy"}

    Returns
    -------
    gains, biases : (S,) arrays
    pairs : (S,) int32 array
        A policy that has these gains.
    error : float
        Proved bound on |gain − optimal gain| over the states.

    Raises
    ------
    SolverError
        HiGHS failed.
    """
    g, h, mass = _multichain(mdp, reward, form)
    return g, h, *_hold(mdp, reward, g, h, mass)


def _multichain(mdp: RewardlessMDP, reward: FloatArray, form: str) -> tuple[FloatArray, FloatArray, FloatArray]:
    """Gains, biases, and the (2, P) masses x and y of the pairs."""
    n, owner, leave = mdp.n_states, flow(mdp, 0.0), flow(mdp, 1.0)
    nothing = sparse.csr_array(leave.shape)
    rows = sparse.csr_array(sparse.vstack([sparse.hstack([leave, nothing]), sparse.hstack([owner, leave])]))
    cost, right = np.r_[np.ones(n), np.zeros(n)], np.r_[np.zeros(mdp.n_pairs), reward]
    if form == "primal":
        found = linprog.solve(cost, upper=-rows, upper_rhs=-right, bounds=(None, None), tolerance=VERTEX)
        long_run, mass = found.x, -found.upper_duals
    else:
        found = linprog.solve(-right, equal=sparse.csr_array(rows.T), equal_rhs=cost, tolerance=VERTEX)
        long_run, mass = -found.equal_duals, found.x
    return long_run[:n], long_run[n:], mass.reshape(2, -1)[::-1]


def _hold(
    mdp: RewardlessMDP, reward: FloatArray, g: FloatArray, h: FloatArray, mass: FloatArray
) -> tuple[IntArray, float]:
    """A policy, and the most by which g can miss the optimal gain."""
    from mdppower.solvers import gain

    plan = gain.make_plan(mdp)
    drift = reward + mdp.kernel @ h - h[mdp.pair_states]
    at_most = np.full(plan.count, -np.inf)
    np.maximum.at(at_most, plan.label[mdp.pair_states[plan.inside]], drift[plan.inside])
    mixture, _, miss = gain.best_mixture(plan, at_most, gain.ENOUGH)
    above = mixture - g + miss
    # The program's policy: where x is, it is recurrent; elsewhere y says how to get there. Or else what is tight.
    x, y = np.maximum(mass, 0.0)
    flowing = np.bincount(mdp.pair_states, x, mdp.n_states)[mdp.pair_states] > 1e-9
    onward = mdp.kernel @ g
    tight = onward >= greedy(mdp, onward)[1][mdp.pair_states] - 1e-7
    best: tuple[float, IntArray] | None = None
    for score in (np.where(flowing, x, y), np.where(tight, drift, -np.inf)):
        pairs, _ = greedy(mdp, score)
        chain = RewardlessMDP.from_pairs(np.arange(mdp.n_states), mdp.kernel[pairs])
        worth, _, slack, _ = gain.solve(chain, reward[pairs][None])
        below = float((g - worth[0]).max() + slack[0])
        if best is None or below < best[0]:
            best = below, pairs
    assert best is not None
    return best[1], max(float(above.max()), best[0], 0.0) + 64 * EPS
