"""The value of deterministic policies, another one for each reward function: a block of draws in one call.

Agents that learn, or plan, have a policy for each draw. To make an MDP of the chain that each leaves took nearly all
of the time: of 4,096 draws of the maze seconds, where without it they take .03 s, and .05 s with slip.

- In a deterministic MDP such a policy is a map s → s', which the walk of `mdppower.solvers.deterministic` evaluates
  in O(S). The numbers are those of the chains, in every bit.
- Elsewhere the iteration of `mdppower.solvers.stochastic` is told of each chain's rows, in the order that the states
  of the MDP have there. Chains that are put into an order of their own may have other last bits.

The certificate is that of optimal values, where the best of the actions is now the only one. Not so evaluated are
policies at a horizon, and at γ = 1 in a stochastic MDP, where a chain has classes of its own.
"""

from __future__ import annotations

import numpy as np

from mdppower._horizon import Horizon
from mdppower._typing import AnyArray, BoolArray, FloatArray
from mdppower.mdp.model import RewardlessMDP
from mdppower.solvers.optimal_values import policy_rows

EPS = float(np.finfo(np.float64).eps)


def are_pure(mdp: RewardlessMDP, rows: AnyArray, gamma: float) -> BoolArray:
    """Which policies can be evaluated here: those with one action a state.

    Parameters
    ----------
    mdp : RewardlessMDP
    rows : (N, P) floats or (N, S) integers
        Policies as `mdppower.agents.policies.ask` gives them.
    gamma : float

    Returns
    -------
    (N,) array of bool

    Examples
    --------
    >>> import mdppower as mp
    >>> are_pure(mp.envs.fork(2), np.array([[0.0, 1.0, 1.0, 1.0], [0.5, 0.5, 1.0, 1.0]]), 0.9)
    array([ True, False])
    """
    if isinstance(gamma, Horizon) or (gamma == 1 and not mdp.is_deterministic):
        return np.zeros(len(rows), bool)
    if rows.dtype.kind != "f":
        return np.ones(len(rows), bool)
    # A state has at least one, so that as many as there are states is one each.
    return np.asarray(np.count_nonzero(rows > 0, axis=1) == mdp.n_states)


def pure_pairs(mdp: RewardlessMDP, rows: AnyArray) -> AnyArray:
    """(N, S) the pairs that such policies take.

    Examples
    --------
    >>> import mdppower as mp
    >>> pure_pairs(mp.envs.fork(2), np.array([[0.0, 1.0, 1.0, 1.0]]))
    array([[1, 2, 3]])
    """
    return np.asarray(np.nonzero(rows > 0)[1].reshape(len(rows), -1) if rows.dtype.kind == "f" else rows)


def evaluate_pure(
    mdp: RewardlessMDP, rewards: FloatArray, gamma: float, pairs: AnyArray
) -> tuple[FloatArray, FloatArray, FloatArray]:
    """Values of the policies' states, of what follows them, and a bound on the error of both.

    Parameters
    ----------
    mdp : RewardlessMDP
    rewards : (N, S) array
    gamma : float
        In [0, 1]; less than 1 in a stochastic MDP.
    pairs : (N, S) array of int

    Returns
    -------
    values, onwards : (N, S) arrays
    error : (N,) array

    Raises
    ------
    SolverError
        A value could not be certified.

    Examples
    --------
    >>> import mdppower as mp
    >>> rewards, pairs = np.array([[0.0, 1.0, 3.0]]), np.array([[1, 2, 3]])
    >>> values, onwards, error = evaluate_pure(mp.envs.fork(2), rewards, 0.5, pairs)
    >>> values, onwards, bool(error.max() < 1e-13)
    (array([[1.5, 1. , 3. ]]), array([[3., 1., 3.]]), True)
    """
    values, gap = policy_rows(mdp, rewards, gamma, pairs)
    # About the middle of v, so that rounding is relative to its range.
    middle = 0.5 * values.min(axis=1) + 0.5 * values.max(axis=1)
    half = values.max(axis=1) - middle
    rest, terms = values - middle[:, None], 6
    if mdp.is_deterministic:
        then = np.take_along_axis(rest, mdp.kernel.indices[pairs], axis=1)
    else:
        then = np.take_along_axis((mdp.kernel @ rest.T).T, pairs, axis=1)
        terms = int(np.diff(mdp.kernel.indptr).max()) + 5
    return values, middle[:, None] + then, gap + EPS * (terms * half + 2 * np.abs(middle))
