"""Agents that take the reward function as an input and value actions linearly in it: rules, like those of `agents`.

The input is x, the reward function standardised over the states: of mean 0 and root mean square 1, and 0 where all
rewards are equal. So the agent of aR + c, a > 0, is the agent of R.

- `Linear` values pair p as W[p]·x + b[p]: what Q-learning over reward functions can learn with one weight for each
  state and pair. Its best is no optimal agent: optimal values are no linear functions of rewards.
- `GPI` has the successor features ψ_k of n policies (the visits that the policy makes after a pair, discounted and
  normalised), and takes what is best under max_k ψ_k[p]·x: generalised policy improvement (Barreto et al., arXiv
  1606.05312). With one policy it is one step of policy improvement on it.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt

from mdppower._checks import LARGEST_REWARD, as_float
from mdppower._quotes import quoted
from mdppower._typing import AnyArray, FloatArray
from mdppower.agents.rules import Rule
from mdppower.errors import ParameterError, RewardError
from mdppower.learning.learner_kernels import best_pairs, pair_values
from mdppower.mdp.model import RewardlessMDP


def standardised(rewards: npt.ArrayLike) -> FloatArray:
    """Reward functions as learners see them.

    Parameters
    ----------
    rewards : (N, S) array

    Returns
    -------
    (N, S) array
        Each row of mean 0 and root mean square 1; 0 where all rewards are equal.

    Raises
    ------
    RewardError
        They are no such array of numbers.

    Examples
    --------
    >>> standardised([[0.0, 1.0, 2.0, 1.0], [3.0, 3.0, 3.0, 3.0]]).round(3).tolist()
    [[-1.414, 0.0, 1.414, 0.0], [0.0, 0.0, 0.0, 0.0]]
    """
    rows = _rewards(rewards)
    low = rows.min(axis=1, keepdims=True)
    span = rows.max(axis=1, keepdims=True) - low
    rows -= low
    rows /= np.where(span > 0, span, 1.0)  # so that nothing is lost in the square of a small span, or a large one
    rows -= rows.mean(axis=1, keepdims=True)
    size = np.sqrt(np.square(rows).mean(axis=1, keepdims=True))
    rows /= np.where(span > 0, size, 1.0)
    rows[span[:, 0] == 0] = 0.0
    return rows


@dataclass(frozen=True, eq=False, repr=False)
class _LinearInRewards(Rule):
    """What `Linear` and `GPI` share: the best action, or a soft one, by max_k features[k, p]·x + bias[p]."""

    def _features(self) -> tuple[FloatArray, FloatArray]:
        raise NotImplementedError

    def values(self, rewards: npt.ArrayLike) -> FloatArray:
        """What the agent thinks of each pair, in units of standardised rewards.

        Parameters
        ----------
        rewards : (N, S) array

        Returns
        -------
        (N, P) array

        Raises
        ------
        RewardError
            They are no numbers, or for another number of states.
        """
        features, bias = self._features()
        x = self._input(rewards)
        q = np.empty((len(x), len(bias)))
        pair_values(x, features, bias, q)
        return q

    def q_values(self, mdp: RewardlessMDP, rewards: npt.ArrayLike, gamma: float) -> FloatArray:
        """(N, P) the same as (1−γ)Q, in units of the rewards given: what it goes on from where it goes on learning.

        Visits sum to 1, so that Q of R is that of x times the standard deviation of R over states, plus its mean.
        """
        rows = _rewards(rewards)
        return np.asarray(self.values(rows) * rows.std(axis=1, keepdims=True) + rows.mean(axis=1, keepdims=True))

    def __call__(self, mdp: RewardlessMDP, rewards: FloatArray, gamma: float) -> AnyArray:
        """(N, S) actions; with a temperature (N, P) probabilities."""
        features, bias = self._features()
        if features.shape[1:] != (mdp.n_pairs, mdp.n_states):
            raise ParameterError(
                f"{self!r} was made for {features.shape[1]:,} pairs and {features.shape[2]:,} states; this MDP has "
                f"{mdp.n_pairs:,} and {mdp.n_states:,}"
            )
        temperature: float = getattr(self, "temperature", 0.0)
        if temperature == 0:
            x = self._input(rewards)
            pairs = np.empty(x.shape, np.int32)
            best_pairs(x, features, bias, mdp.pointer, pairs)
            return mdp.action_codes[pairs]
        q = self.values(rewards)
        first = mdp.pointer[:-1]
        with np.errstate(over="ignore"):  # at a tiny temperature: exp(−∞) = 0 is meant
            grown = np.exp((q - np.maximum.reduceat(q, first, axis=1)[:, mdp.pair_states]) / temperature)
        return np.asarray(grown / np.add.reduceat(grown, first, axis=1)[:, mdp.pair_states])

    def _input(self, rewards: npt.ArrayLike) -> FloatArray:
        rows, width = _rewards(rewards), self._features()[0].shape[2]
        if rows.shape[1] != width:  # beside a row the kernels would read what is not there
            raise RewardError(f"{self!r} was made for {width:,} states; these are rewards of {rows.shape[1]:,}")
        return standardised(rows) if getattr(self, "sees", True) else np.zeros(rows.shape)


@dataclass(frozen=True, eq=False, repr=False)
class Linear(_LinearInRewards):
    """The action of the largest W[p]·x + b[p], x the standardised reward function; of several, the first.

    Parameters
    ----------
    weights : (P, S) array
    bias : (P,) array, optional
        Default 0.
    sees : bool
        Whether it is shown the reward function; else x is 0, and the agent the same whatever the rewards.
    temperature : float
        0 for the best action; else action a with a probability in proportion to exp(q/temperature).
    name : str
        For messages and titles.

    Raises
    ------
    ParameterError
        Shapes do not fit; a weight is no finite number; the temperature is negative.

    Examples
    --------
    At a fork the right weights for "go to k" are 1 at k:

    >>> import mdppower as mp
    >>> fork = mp.envs.fork(2)
    >>> agent = Linear(np.eye(4, 3, 1))
    >>> [fork.action_names[a] for a in agent(fork, np.array([[0.0, 1.0, 3.0], [0.0, 3.0, 1.0]]), 0.9)[:, 0]]
    ['->t2', '->t1']
    >>> mp.power(fork, 0.9, policy=agent, rng=0).mean[0].round(2)
    np.float64(0.67)
    """

    weights: FloatArray
    bias: FloatArray | None = None
    sees: bool = True
    temperature: float = 0.0
    name: str = "Linear"

    def __post_init__(self) -> None:
        if not isinstance(self.sees, (bool, np.bool_)):
            raise ParameterError(f"sees must be True or False, got {quoted(self.sees)}")
        weights = _numbers(self.weights, "weights", 2)
        bias = np.zeros(len(weights)) if self.bias is None else _numbers(self.bias, "bias", 1)
        if len(bias) != len(weights):
            raise ParameterError(f"bias has {len(bias):,} numbers; weights are of {len(weights):,} pairs")
        object.__setattr__(self, "weights", weights)
        object.__setattr__(self, "bias", bias)
        object.__setattr__(self, "temperature", _temperature(self.temperature))

    def _features(self) -> tuple[FloatArray, FloatArray]:
        assert self.bias is not None
        return self.weights[None], self.bias

    def __repr__(self) -> str:
        return self.name


@dataclass(frozen=True, eq=False, repr=False)
class GPI(_LinearInRewards):
    """Generalised policy improvement: the action of the largest max_k ψ_k[p]·x; of several, the first.

    Parameters
    ----------
    features : (n, P, S) array, or (P, S) of one policy
        Successor features: ψ_k[p, s] is the normalised discounted number of visits of s, the state of p included,
        when pair p is taken first and policy k followed then. Each row sums to 1.
    temperature : float
        As for `Linear`.
    name : str

    Raises
    ------
    ParameterError

    Examples
    --------
    One step of improvement on the random policy is enough at a fork:

    >>> import mdppower as mp
    >>> fork = mp.envs.fork(2)
    >>> psi = np.array([[0.1, 0.9, 0], [0.1, 0, 0.9], [0, 1, 0], [0, 0, 1]])
    >>> mp.power(fork, 0.9, policy=GPI(psi), rng=0).mean[0].round(2)
    np.float64(0.67)
    """

    features: FloatArray
    temperature: float = 0.0
    name: str = "GPI"

    def __post_init__(self) -> None:
        features = _numbers(self.features, "features", 2, 3)
        features = features[None] if features.ndim == 2 else features
        object.__setattr__(self, "features", features)
        object.__setattr__(self, "temperature", _temperature(self.temperature))

    def _features(self) -> tuple[FloatArray, FloatArray]:
        return self.features, np.zeros(self.features.shape[1])

    def __repr__(self) -> str:
        return self.name


def _rewards(given: npt.ArrayLike) -> FloatArray:
    """(N, S) numbers, a copy; RewardError if they are none."""
    try:
        rows = np.array(given, dtype=np.float64, order="C", ndmin=2)
    except (TypeError, ValueError) as wrong:
        raise RewardError(f"rewards are not an array of numbers: {wrong}") from None
    if rows.ndim != 2 or not rows.shape[1]:
        raise RewardError(f"rewards must have shape (N, S), got {np.shape(given)}")
    fine = np.abs(rows) <= LARGEST_REWARD
    if not fine.all():
        i, s = np.argwhere(~fine)[0].tolist()
        raise RewardError(f"reward {s} of row {i} is {rows[i, s]}")
    return rows


def _numbers(given: Any, name: str, *dimensions: int) -> FloatArray:
    """Finite numbers, contiguous and read-only."""
    try:
        found = np.array(given, dtype=np.float64, order="C")
    except (TypeError, ValueError) as wrong:
        raise ParameterError(f"{name} are no array of numbers: {wrong}") from None
    if found.ndim not in dimensions or not found.size:
        wanted = " or ".join(map(str, dimensions))
        raise ParameterError(f"{name} must have {wanted} dimensions and not be empty, got shape {found.shape}")
    if not np.isfinite(found).all():
        raise ParameterError(f"{name} must be finite, got {found[~np.isfinite(found)][0]}")
    found.flags.writeable = False
    return found


def _temperature(value: Any) -> float:
    found = as_float(value)
    if not 0 <= found < np.inf:
        raise ParameterError(f"temperature must be a number ≥ 0, got {quoted(value)}")
    return found
