"""Agents that go on learning: from what they think of a reward function, k episodes of tabular Q-learning on it.

P_t^(k) is the power of the policy after k episodes, averaged over their luck: not what an agent can do with a new
reward function at once, but how fast it finds its way. It starts where the agent is: at its values q(s, a) of that
reward function. How it learns is said in `mdppower.agents.tabular`.

What training leaves behind is in the way where it is forgotten slowly. Shares in the maze after 100 episodes (16 runs
of 30,000 episodes, 128 reward functions each; ± .005, 95 %), from an agent that thinks that all is worth the mean
reward, and from trained ones:

=============== =========== ================= ===================
step            from nothing trained on noise  trained on random
=============== =========== ================= ===================
n^−0.7          .895        .905              .973
0.1             .696        .633              .925
=============== =========== ================= ===================
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np

from mdppower._typing import AnyArray, FloatArray, Label
from mdppower.agents.rules import Rule
from mdppower.agents.tabular import learnt, q_learning
from mdppower.errors import ParameterError
from mdppower.mdp.model import RewardlessMDP


@dataclass(frozen=True, eq=False, repr=False)
class FineTuned(Rule):
    """What `fine_tuned` gives."""

    agent: Any
    how: q_learning

    def __call__(self, mdp: RewardlessMDP, rewards: FloatArray, gamma: float) -> AnyArray:
        """(N, S) actions."""
        try:
            before = np.array(self.agent.q_values(mdp, rewards.copy(), gamma), dtype=np.float64, order="C")
        except (TypeError, ValueError) as error:
            raise ParameterError(
                f"{self!r}: q_values(mdp, rewards, gamma) gave no array of numbers: {error}"
            ) from None
        wanted = (len(rewards), mdp.n_pairs)
        if before.shape != wanted or not np.isfinite(before).all():
            got = f"shape {before.shape}" if before.shape != wanted else before[~np.isfinite(before)][0]
            raise ParameterError(
                f"{self!r}: q_values(mdp, rewards, gamma) must give finite numbers of shape {wanted}, one a pair; "
                f"got {got}"
            )
        return mdp.action_codes[learnt(mdp, rewards, gamma, self.how, before)]

    def __repr__(self) -> str:
        return f"{_name(self.agent)} after {self.how!r}"


def fine_tuned(
    agent: Any,
    k: int,
    *,
    behaviour: str | float = 0.3,
    start: Label | None = None,
    seed: int = 0,
    step: float | None = None,
) -> Rule:
    """An agent after k episodes of tabular Q-learning on the reward function, from its own values.

    Parameters
    ----------
    agent : object
        With a method ``q_values(mdp, rewards, gamma)`` that gives (N, P) numbers for (N, S) reward functions: what it
        thinks that each pair is worth, (1−γ)Q, in units of these rewards.
    k : int
        Episodes.
    behaviour, start, seed, step
        As for `mdppower.agents.q_learning`. A constant `step` makes an agent slow to forget what it thought.

    Returns
    -------
    Rule

    Raises
    ------
    ParameterError
        The agent has no such method; when called, this gives no such numbers.

    Examples
    --------
    An agent that thinks that all is worth nothing is one that begins from scratch:

    >>> import mdppower as mp
    >>> class Nothing:
    ...     def q_values(self, mdp, rewards, gamma):
    ...         return np.zeros((len(rewards), mdp.n_pairs))
    >>> fork, rewards = mp.envs.fork(2), np.random.default_rng(0).random((50, 3))
    >>> a, b = fine_tuned(Nothing(), 20, behaviour="random"), mp.agents.q_learning(20)
    >>> a, bool((a(fork, rewards, 0.9) == b(fork, rewards, 0.9)).all())
    (Nothing after q_learning(k=20), True)
    """
    if not callable(getattr(agent, "q_values", None)):
        raise ParameterError(
            f"{_name(agent)} has no q_values(mdp, rewards, gamma), from which learning could go on: say how by adapt="
        )
    return FineTuned(agent, q_learning(k, behaviour, start, seed, step))


def _name(agent: Any) -> str:
    return repr(agent) if isinstance(agent, Rule) else str(getattr(agent, "__name__", type(agent).__name__))
