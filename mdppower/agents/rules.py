"""Rules of behaviour: functions from a reward function R and a discount rate γ to a policy.

Optimal policies are more than most agents have: nobody has the power to win a lottery because some policy names the
winning ticket. Turner et al. (arXiv 1912.01683, appendix C) therefore put a function pol(R, γ) in the place of an
optimal policy, "informally, the best policy which the agent knows about", and measure what it achieves (Def. C.1; see
`mdppower.agents.evaluation`). Any Python function can be one; here are the common ones. With

    q(s, a) = E_{s'~T(s,a)} v*(s'),   v* = (1−γ)V*_R(·, γ)   (the optimal gain at γ = 1, R at γ = 0)

the normalised optimal value of action a, of which POWER averages the maximum, the policy in state s is

    uniformly_random()     every action alike, whatever R is: the paper's pol₁
    lookahead(k)           the best sum of the next k rewards, discounted by γ; k = 1 is the best next reward
    epsilon_greedy(ε)      an optimal action; with probability ε any action, uniformly (Sutton & Barto 2018, §2.2)
    softmax(T)             action a in proportion to exp(q(s, a)/T): the Boltzmann-rational agent (Luce 1959)
    satisficing(θ)         uniformly those of q(s, a) ≥ θ max_b q(s, b) + (1−θ) min_b q(s, b): whatever reaches an
                           aspiration level, and no search for better (Simon, Q. J. Economics 69, 1955)
    optimal()              an optimal action: POWER itself

q is normalised, so that T and θ mean the same for every γ; but what one action can lose shrinks like 1−γ, and with it
the differences of q. At γ = 1 all actions that keep the best gain within reach have the same q: softmax and
satisficing see no difference between working towards it and putting that off for ever. And there an irreversible
mistake of any probability, however small, is made some day: epsilon_greedy(ε) need not come near optimal as ε → 0.
Both are what Definition C.1 says, which takes its limit γ* → 1 with the policy fixed; unlike POWER (Lemma 5.3),
POWER^pol may jump at γ = 1.

A rule is called as ``rule(mdp, rewards, gamma)`` with (N, S) rewards, and gives either (N, P) floats, the probability
of each feasible pair, or (N, S) integers, one action a state, as positions in ``mdp.action_names``.
"""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any, ClassVar, TypeAlias

import numpy as np

from mdppower._checks import as_float, positive, positive_integer
from mdppower._quotes import quoted
from mdppower._typing import AnyArray, FloatArray, IntArray
from mdppower.errors import ParameterError
from mdppower.mdp.actions import greedy
from mdppower.mdp.model import RewardlessMDP
from mdppower.solvers.optimal_values import pick, solve_rows

EPS = float(np.finfo(np.float64).eps)

Policy: TypeAlias = Callable[[RewardlessMDP, FloatArray, float], AnyArray]
"""pol(R, γ) for N reward functions at once."""


class Rule(ABC):
    """A rule that can be printed, compared and saved: its name and its parameters say all."""

    depends_on_rewards: ClassVar[bool] = True
    for_horizons: ClassVar[bool] = False
    """Whether it says the same at each step of a horizon, with no discount rate: 1 stands for none."""

    @abstractmethod
    def __call__(self, mdp: RewardlessMDP, rewards: FloatArray, gamma: float) -> AnyArray:
        """The policies for (N, S) rewards: (N, P) probabilities, or (N, S) actions."""


# Written in lower case: they are used like functions, and print as they are called.


@dataclass(frozen=True)
class uniformly_random(Rule):
    """Every feasible action with the same probability.

    Examples
    --------
    >>> import mdppower as mp
    >>> uniformly_random()(mp.envs.fork(2), np.zeros((1, 3)), 0.9)
    array([[0.5, 0.5, 1. , 1. ]])
    """

    depends_on_rewards = False
    for_horizons = True

    def __call__(self, mdp: RewardlessMDP, rewards: FloatArray, gamma: float) -> AnyArray:
        """(N, P) probabilities, the same for all rewards."""
        return np.broadcast_to(1 / _choices(mdp), (len(rewards), mdp.n_pairs))


@dataclass(frozen=True)
class optimal(Rule):
    """An optimal action: a gain-optimal one at γ = 1, the best next reward at γ = 0.

    Examples
    --------
    >>> import mdppower as mp
    >>> fork = mp.envs.fork(2)
    >>> [fork.action_names[a] for a in optimal()(fork, np.array([[0.0, 1.0, 3.0]]), 0.9)[0]]
    ['->t2', '->t1', '->t2']
    """

    def __call__(self, mdp: RewardlessMDP, rewards: FloatArray, gamma: float) -> AnyArray:
        """(N, S) actions."""
        return mdp.action_codes[_solved(mdp, rewards, gamma)[1]]


@dataclass(frozen=True)
class lookahead(Rule):
    """The action of the largest Σ_{t=1}^k γ^{t−1} R(s_t) over the next k steps; of several, the first.

    The discount is the γ at which POWER is asked for, so that at γ = 1 the sum is undiscounted. So it is at a
    horizon: the agent looks k steps ahead at each of its steps. As k grows the policy
    becomes optimal for γ < 1: after k−1 backups the span of what is left of V* is at most γ^k/(1−γ) times the range
    of the rewards, and so is what the greedy policy loses in the integrand of POWER.

    Parameters
    ----------
    k : int
        At least 1.

    Raises
    ------
    ParameterError

    Examples
    --------
    The short-sighted take the tempting dead end:

    >>> import mdppower as mp
    >>> mdp = mp.RewardlessMDP.from_successors({
    ...     "start": {"work": "school", "play": "beach"}, "school": {"go on": "job"},
    ...     "job": {"stay": "job"}, "beach": {"stay": "beach"}})
    >>> rewards = np.array([[0.0, 0.0, 9.0, 1.0]])
    >>> [mdp.action_names[lookahead(k)(mdp, rewards, 0.9)[0, 0]] for k in (1, 2)]
    ['play', 'work']
    """

    k: int
    for_horizons = True

    def __post_init__(self) -> None:
        object.__setattr__(self, "k", positive_integer(self.k, "k"))

    def __call__(self, mdp: RewardlessMDP, rewards: FloatArray, gamma: float) -> AnyArray:
        """(N, S) actions."""
        pairs = np.empty(rewards.shape, np.int32)
        for i, reward in enumerate(rewards):
            value = reward
            for _ in range(self.k - 1):
                value = reward + gamma * np.maximum.reduceat(mdp.kernel @ value, mdp.pointer[:-1])
            pairs[i], _ = greedy(mdp, mdp.kernel @ value)
        return mdp.action_codes[pairs]


@dataclass(frozen=True)
class epsilon_greedy(Rule):
    """An optimal action, but with probability ε one of all actions of the state, uniformly.

    Parameters
    ----------
    epsilon : float
        In [0, 1]: 0 is optimal, 1 uniformly random.

    Raises
    ------
    ParameterError

    Examples
    --------
    >>> import mdppower as mp
    >>> epsilon_greedy(0.5)(mp.envs.fork(2), np.array([[0.0, 1.0, 3.0]]), 0.9)
    array([[0.25, 0.75, 1.  , 1.  ]])
    """

    epsilon: float

    def __post_init__(self) -> None:
        object.__setattr__(self, "epsilon", _share(self.epsilon, "epsilon"))

    def __call__(self, mdp: RewardlessMDP, rewards: FloatArray, gamma: float) -> AnyArray:
        """(N, P) probabilities."""
        pairs = _solved(mdp, rewards, gamma)[1]
        weights = np.tile(self.epsilon / _choices(mdp), (len(rewards), 1))
        weights[np.arange(len(rewards))[:, None], pairs] += 1 - self.epsilon
        return weights


@dataclass(frozen=True)
class softmax(Rule):
    """Action a with a probability in proportion to exp(q(s, a)/temperature).

    A probability below the least float, about 1e-308, is 0. At γ = 1 read the note at the head of this module.

    Parameters
    ----------
    temperature : float
        Positive, in units of the rewards. As it goes to 0 the policy becomes optimal for γ < 1.

    Raises
    ------
    ParameterError

    Examples
    --------
    >>> import mdppower as mp
    >>> softmax(1.0)(mp.envs.fork(2), np.array([[0.0, 0.0, np.log(3)]]), 0.9).round(6)
    array([[0.25, 0.75, 1.  , 1.  ]])
    """

    temperature: float

    def __post_init__(self) -> None:
        object.__setattr__(self, "temperature", positive(self.temperature, "temperature"))

    def __call__(self, mdp: RewardlessMDP, rewards: FloatArray, gamma: float) -> AnyArray:
        """(N, P) probabilities."""
        weights = np.empty((len(rewards), mdp.n_pairs))
        for i, value in enumerate(_solved(mdp, rewards, gamma)[0]):
            q = mdp.kernel @ value
            short = q - np.maximum.reduceat(q, mdp.pointer[:-1])[mdp.pair_states]
            with np.errstate(over="ignore"):  # at a tiny temperature: exp(−∞) = 0 is meant
                grown = np.exp(short / self.temperature)
            weights[i] = grown / np.add.reduceat(grown, mdp.pointer[:-1])[mdp.pair_states]
        return weights


@dataclass(frozen=True)
class satisficing(Rule):
    """Uniformly one of the actions that are good enough: q(s, a) ≥ threshold · best + (1−threshold) · worst.

    Best and worst are those of the state. An action whose shortfall is within the certified error of q counts as
    good enough, so that ties are not broken by rounding.

    Parameters
    ----------
    threshold : float
        In [0, 1]: 0 is uniformly random; 1 takes one of the best actions (optimal for γ < 1).

    Raises
    ------
    ParameterError

    Examples
    --------
    >>> import mdppower as mp
    >>> satisficing(0.5)(mp.envs.fork(3), np.array([[0.0, 1.0, 2.0, 3.0]]), 0.9)[0, :3]
    array([0. , 0.5, 0.5])
    """

    threshold: float

    def __post_init__(self) -> None:
        object.__setattr__(self, "threshold", _share(self.threshold, "threshold"))

    def __call__(self, mdp: RewardlessMDP, rewards: FloatArray, gamma: float) -> AnyArray:
        """(N, P) probabilities."""
        first = mdp.pointer[:-1]
        weights = np.empty((len(rewards), mdp.n_pairs))
        values, _, gaps = _solved(mdp, rewards, gamma)
        for i, (value, gap) in enumerate(zip(values, gaps, strict=True)):
            q = mdp.kernel @ value
            best = np.maximum.reduceat(q, first)
            level = best - (1 - self.threshold) * (best - np.minimum.reduceat(q, first))
            enough = q >= level[mdp.pair_states] - 2 * gap - 4 * EPS * np.abs(value).max()
            weights[i] = enough / np.add.reduceat(enough.astype(np.float64), first)[mdp.pair_states]
        return weights


# ---------------------------------------------------------------------- shared


def _solved(mdp: RewardlessMDP, rewards: FloatArray, gamma: float) -> tuple[FloatArray, IntArray, FloatArray]:
    """v* (N, S), optimal pairs (N, S), certified gap (N,)."""
    values, pairs, gap, _ = solve_rows(mdp, rewards, gamma, pick(mdp, "auto"))
    return values, pairs, gap


def _choices(mdp: RewardlessMDP) -> FloatArray:
    """(P,) how many actions the state of each pair has."""
    return np.diff(mdp.pointer)[mdp.pair_states].astype(np.float64)


def _share(value: Any, name: str) -> float:
    """The value as a float in [0, 1], or ParameterError."""
    found = as_float(value)
    if not 0 <= found <= 1:
        raise ParameterError(f"{name} must be a number in [0, 1], got {quoted(value)}")
    return found
