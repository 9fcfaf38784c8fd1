"""The support function of the occupancy polytope: a linear program, whose answer is improved and held between bounds.

HiGHS stops at a tolerance. From its vertex, Howard's steps go on to rounding; the best policy found is evaluated,
which bounds the maximum from below, and the duals bound it from above.
"""

from __future__ import annotations

import numpy as np
from scipy import sparse
from scipy.sparse.linalg import spsolve

from mdppower._typing import FloatArray, IntArray
from mdppower.errors import ParameterError, SolverError
from mdppower.mdp.actions import greedy
from mdppower.mdp.chains import EPS, reachable, visits
from mdppower.mdp.graph import adjacency
from mdppower.mdp.model import RewardlessMDP
from mdppower.solvers import linprog
from mdppower.solvers.linear_program import VERTEX, flow

MOST_PIVOTS = 100
FARSIGHTED = 1 - 2.0**-20


def pair_visits(mdp: RewardlessMDP, start: FloatArray, gamma: float, weights: FloatArray) -> FloatArray:
    """x of a stationary policy, in V units.

    Parameters
    ----------
    mdp : RewardlessMDP
    start : (S,) array
        A distribution.
    gamma : float
    weights : (P,) array
        The probability of each pair, given its state; states that are not reached may have none.

    Returns
    -------
    (P,) array

    Raises
    ------
    ParameterError
        A state that is reached has no action.
    """
    select = sparse.csr_array((weights, np.arange(mdp.n_pairs), mdp.pointer), shape=(mdp.n_states, mdp.n_pairs))
    chain = sparse.csr_array(select @ mdp.kernel)
    chain.eliminate_zeros()
    first = start > 0
    inside = np.flatnonzero(first if gamma == 0 else reachable(chain, first))
    silent = inside[np.add.reduceat(weights, mdp.pointer[:-1])[inside] == 0]
    if len(silent):
        raise ParameterError(f"the policy reaches state {mdp.states[silent[0]]!r} and has no action there")
    seen = np.zeros(mdp.n_states)
    seen[inside] = visits(sparse.csr_array(chain[inside])[:, inside], start[inside], gamma)
    return np.asarray(seen[mdp.pair_states] * weights)


def maximise(
    mdp: RewardlessMDP, start: FloatArray, gamma: float, constraints: sparse.csr_array, reward: FloatArray
) -> tuple[float, FloatArray, float, IntArray]:
    """The greatest r·x over the polytope, a maximiser, a bound on the error, and the policy, in V units.

    Parameters
    ----------
    mdp : RewardlessMDP
    start : (S,) array
    gamma : float
    constraints : sparse array
        ``OccupancyPolytope.A_eq``.
    reward : (P,) array
        In [−1, 1]; 0 where pairs are not reachable.

    Returns
    -------
    value : float
    point : (P,) array
    error : float
    pairs : (S,) int32 array
        What the maximiser takes where it comes.

    Raises
    ------
    SolverError
        HiGHS failed.
    """
    n = mdp.n_pairs
    cost = -reward if gamma < 1 else np.r_[-reward, np.zeros(n)]
    right = start if gamma < 1 else np.r_[np.zeros(len(start)), start]
    try:
        found = linprog.solve(cost, equal=constraints, equal_rhs=right, tolerance=VERTEX)
        x, dual = found.x[:n], -found.equal_duals
    except SolverError:
        if gamma == 1:
            raise
        # So near 1, with a mass of 1/(1 − γ), HiGHS calls it infeasible; Howard's steps need no vertex to start from.
        x, dual = np.zeros(n), np.zeros(mdp.n_states)
    # At γ = 1 the first S duals are the biases, and then come the gains.
    bias, tight = dual[: mdp.n_states], dual[mdp.n_states :]
    drift = reward - flow(mdp, gamma) @ bias
    if gamma < 1:
        elsewhere, other = drift, drift
    else:
        onward = mdp.kernel @ tight
        elsewhere = np.maximum(found.x[n:], 0.0)
        other = np.where(onward >= greedy(mdp, onward)[1][mdp.pair_states] - 1e-7, drift, -np.inf)
    flowing = np.add.reduceat(x, mdp.pointer[:-1])[mdp.pair_states] > 1e-9
    # A vertex takes one pair in each state that it visits; or else what the duals call best.
    value, pairs, point = -np.inf, np.empty(0, np.int32), x
    vertex, best_by_duals = greedy(mdp, np.where(flowing, x, elsewhere))[0], greedy(mdp, other)[0]
    for candidate in (vertex, best_by_duals, howard(mdp, gamma, reward, vertex)):
        weights = np.zeros(n)
        weights[candidate] = 1.0
        trial = pair_visits(mdp, start, gamma, weights)
        if trial @ reward > value:
            value, pairs, point = float(trial @ reward), candidate, trial
    if gamma == 1:
        low, high = _bounds_of_gain(mdp, start, reward, bias, pairs)
    else:
        low, high = _bounds(mdp, start, gamma, reward, bias, pairs)
    return value, point, max(high - value, value - low, 0.0), pairs


def howard(mdp: RewardlessMDP, gamma: float, reward: FloatArray, pairs: IntArray) -> IntArray:
    """Go on from a policy, such as HiGHS' vertex, which its tolerance of 1e-10 may have stopped too early.

    Howard's step is a pivot in many states at once, with V solved to rounding; at γ = 1 with a rate just below.

    Parameters
    ----------
    mdp : RewardlessMDP
    gamma : float
    reward : (P,) array
        In [−1, 1].
    pairs : (S,) array

    Returns
    -------
    (S,) int32 array
    """
    rows = flow(mdp, min(gamma, FARSIGHTED))
    for _ in range(MOST_PIVOTS):
        v = np.atleast_1d(spsolve(sparse.csc_array(rows[pairs]), reward[pairs]))
        rho = reward - rows @ v
        new, lead = greedy(mdp, rho)
        better = lead > rho[pairs] + 16 * EPS * (2 + np.ptp(v))
        if not better.any():
            break
        pairs = np.where(better, new, pairs).astype(np.int32)
    return pairs


def _bounds(
    mdp: RewardlessMDP, start: FloatArray, gamma: float, reward: FloatArray, dual: FloatArray, pairs: IntArray
) -> tuple[float, float]:
    """Bounds on the maximum. For any V and x ∈ X: r·x = b·V + ρ·x with ρ = r − (E − γT)V, and x has its mass."""
    rows, inside, mass = (
        flow(mdp, gamma),
        reachable(adjacency(mdp), start > 0) if gamma > 0 else start > 0,
        1 / (1 - gamma),
    )
    low, high = -np.inf, np.inf
    for v in (dual, np.atleast_1d(spsolve(sparse.csc_array(rows[pairs]), reward[pairs]))):
        # A constant in V changes neither bound, only their rounding.
        v = np.where(inside, v - (v[inside].max() + v[inside].min()) / 2, 0.0)
        rho, level = reward - rows @ v, float(start @ v)
        doubt = mass * 8 * EPS * (2 + float(np.abs(v).max()))
        high = min(high, level + mass * float(rho[inside[mdp.pair_states]].max()) + doubt)
        low = max(low, level + mass * float(rho[pairs[inside]].min()) - doubt)
    return low, high


def _bounds_of_gain(
    mdp: RewardlessMDP, start: FloatArray, reward: FloatArray, bias: FloatArray, pairs: IntArray
) -> tuple[float, float]:
    """The same at γ = 1: in an end component nobody earns more than max (r + Th − h); and it must be reached."""
    from mdppower.solvers import gain

    plan = gain.make_plan(mdp)
    drift = reward - flow(mdp, 1.0) @ bias
    at_most = np.full(plan.count, -np.inf)
    np.maximum.at(at_most, plan.label[mdp.pair_states[plan.inside]], drift[plan.inside])
    above, _, miss = gain.best_mixture(plan, at_most, gain.ENOUGH * float(np.ptp(reward)))
    chain = RewardlessMDP.from_pairs(np.arange(mdp.n_states), mdp.kernel[pairs])
    worth, _, slack, _ = gain.solve(chain, reward[pairs][None])
    doubt = 8 * EPS * (8 + float(np.abs(bias).max()))
    return float(start @ worth[0] - slack[0]) - doubt, float(start @ above) + miss + doubt
