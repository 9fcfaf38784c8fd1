"""One draw of a run again: what it was, and what was optimal for it."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from mdppower._horizon import Horizon
from mdppower._typing import FloatArray, IntArray
from mdppower.agents.evaluation import evaluate, probabilities
from mdppower.mdp.actions import greedy
from mdppower.mdp.model import RewardlessMDP
from mdppower.mdp.policy_table import table_of, table_of_actions
from mdppower.measures.power_task import PowerTask
from mdppower.solvers.optimal_values import onwards, solve_rows


@dataclass(frozen=True, eq=False)
class Draw:
    """One draw of a run, solved again.

    Attributes
    ----------
    rewards : (S,) array, or (P,) where pairs earn
    gamma : float
        The discount rate, or the `Horizon`.
    normalised : (S,) array
        v = (1−γ)V*; under a policy of its own (Def. C.1), v = (1−γ)V^π. At a horizon the expected total over H.
    policy : (S,) int32 array
        An optimal action of each state, as a position in ``mdp.action_names``; under a policy, its likeliest action.
    error_bound : float
        Certified bound on the error of `normalised`.
    probabilities : (P,) array or None
        Under a policy, the probability of each feasible pair.
    mdp : RewardlessMDP
    """

    rewards: FloatArray
    gamma: float
    normalised: FloatArray
    policy: IntArray
    error_bound: float
    probabilities: FloatArray | None
    mdp: RewardlessMDP

    def policy_table(self) -> FloatArray:
        """The policy of this draw as a table: the optimal one, or under a policy what it says of these rewards.

        Returns
        -------
        (S, A) array
            The probability of each action, in the order of ``mdp.action_names``, in each state.

        Raises
        ------
        SizeError
            It would take more than 1 GiB.

        Examples
        --------
        >>> import mdppower as mp
        >>> drawn = mp.power(mp.envs.fork(2), 0.9, samples=64, rng=0).draw(0)
        >>> drawn.rewards.round(2), drawn.policy_table()[0]  # t1 has more than t2
        (array([0.99, 0.58, 0.18]), array([1., 0.]))
        """
        if self.probabilities is None:
            return table_of_actions(self.mdp, self.policy)
        return table_of(self.mdp, self.probabilities)


def solve_draw(task: PowerTask, i: int, gamma: float) -> Draw:
    """The i-th draw of a run at one of its rates, with the bits that it had then.

    Parameters
    ----------
    task : PowerTask
    i : int
        0 … samples − 1.
    gamma : float

    Returns
    -------
    Draw
    """
    number, row = divmod(i, task.source.size)
    rewards = np.ascontiguousarray(task.source.replicate(number)[row : row + 1])
    if task.policy is not None:
        values, ahead, gap = evaluate(task.mdp, rewards, gamma, task.policy)
        values = ahead if isinstance(gamma, Horizon) else values
        shares = probabilities(task.mdp, rewards, gamma, task.policy)[0]
        likeliest = task.mdp.action_codes[greedy(task.mdp, shares)[0]]
        return Draw(rewards[0], gamma, values[0], likeliest, float(gap[0]), shares, task.mdp)
    *_, (_, values, pairs, gap) = task.solve(rewards, gamma)  # by way of the smaller γ: the same bits
    if pairs is None:
        values, pairs, gap, _ = solve_rows(task.mdp, rewards, gamma, task.method, on=task.distribution.on)
    if isinstance(gamma, Horizon) and not task.on_pairs:
        values, gap = onwards(task.mdp, values, gap)
    return Draw(rewards[0], gamma, values[0], task.mdp.action_codes[pairs[0]], float(gap[0]), None, task.mdp)
