"""The value of deterministic policies in a deterministic MDP, another policy for each reward function.

Such a policy is a map s → s', which the walk of `mdppower.solvers.deterministic` evaluates in O(S): a whole block
of draws in one call, and no chain is built for any. Agents that learn, or plan, have a policy for each draw, of which
to build the chain took most of the time: .5 ms a draw of the maze, where the walk takes .003.

The numbers are those of the chains, in every bit, and so is the certificate: the residual of v = (1−γ)R + γ v(s'),
bounded as for optimal values, where the best of the actions is now the only one.
"""

from __future__ import annotations

import numpy as np

from mdppower._horizon import Horizon
from mdppower._typing import AnyArray, FloatArray
from mdppower.mdp.model import RewardlessMDP
from mdppower.solvers.optimal_values import policy_rows

EPS = float(np.finfo(np.float64).eps)


def pure_pairs(mdp: RewardlessMDP, rows: AnyArray, gamma: float) -> AnyArray | None:
    """The pair that each policy takes in each state, where nothing is random; else None, and at a horizon.

    Parameters
    ----------
    mdp : RewardlessMDP
    rows : (N, P) floats or (N, S) integers
        Policies as `mdppower.agents.policies.ask` gives them.
    gamma : float

    Returns
    -------
    (N, S) array of int, or None

    Examples
    --------
    >>> import mdppower as mp
    >>> pure_pairs(mp.envs.fork(2), np.array([[0.0, 1.0, 1.0, 1.0]]), 0.9)
    array([[1, 2, 3]])
    >>> pure_pairs(mp.envs.fork(2), np.array([[0.5, 0.5, 1.0, 1.0]]), 0.9)
    """
    if isinstance(gamma, Horizon) or not mdp.is_deterministic:
        return None
    if rows.dtype.kind != "f":
        return np.asarray(rows)
    used = rows > 0
    # A state has at least one, so that as many as there are states is one each.
    if (np.count_nonzero(used, axis=1) != mdp.n_states).any():
        return None
    return np.asarray(np.nonzero(used)[1].reshape(len(rows), mdp.n_states))


def evaluate_pure(
    mdp: RewardlessMDP, rewards: FloatArray, gamma: float, pairs: AnyArray
) -> tuple[FloatArray, FloatArray, FloatArray]:
    """Values of the policies' states, of what follows them, and a bound on the error of both.

    Parameters
    ----------
    mdp : RewardlessMDP
        Deterministic.
    rewards : (N, S) array
    gamma : float
        In [0, 1].
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
    onwards = middle[:, None] + np.take_along_axis(values - middle[:, None], mdp.kernel.indices[pairs], axis=1)
    return values, onwards, gap + EPS * (6 * half + 2 * np.abs(middle))
