"""What every distribution of reward functions has: the base class, which knows none of its kinds."""

from __future__ import annotations

from abc import ABC, abstractmethod

import numpy as np
import numpy.typing as npt

from mdppower._checks import LARGEST_REWARD
from mdppower._quotes import quoted
from mdppower._typing import FloatArray
from mdppower.errors import ModelError, RewardError
from mdppower.mdp.canonical import numbers
from mdppower.mdp.model import RewardlessMDP

# Uniforms are kept inside the open unit interval, so that no inverse CDF is asked for an end.
_LEAST, _MOST = 2.0**-54, 1 - 2.0**-53


class RewardDistribution(ABC):
    """A distribution of reward functions over the S states of an MDP.

    Attributes
    ----------
    name : str
        For titles and files.
    n_states : int
        S.
    dimension : int or None
        How many uniforms make one draw through `from_uniforms`; None: it can only draw iid.
    low, high : (S,) arrays
        Bounds of the support, infinite where there are none.
    mean, variance : (S,) arrays
        Infinite where they do not exist, NaN where they are not known (a callable).
    is_iid : bool
        Whether all states' rewards are independent and of the same law.
    is_discrete : bool
        Whether some state's law has atoms; then draws are made iid.
    on : {"states", "pairs"}
        What earns them: with "pairs" all arrays have P numbers (`mdppower.rewards.pair_rewards`).
    """

    name: str
    low: FloatArray
    high: FloatArray
    mean: FloatArray
    variance: FloatArray
    dimension: int | None
    is_iid: bool = False
    is_discrete: bool = False
    on: str = "states"

    @property
    def n_states(self) -> int:
        """S, the number of states (of pairs, where these earn)."""
        return len(self.low)

    @property
    def told(self) -> str:
        """The name, and what earns them."""
        return f"{self.name} rewards"

    @abstractmethod
    def from_uniforms(self, uniforms: FloatArray) -> FloatArray:
        """Map (n, dimension) uniforms on (0, 1) to (n, S) rewards; the array given may be overwritten."""

    def sample(self, n: int, rng: np.random.Generator) -> FloatArray:
        """Draw n reward functions independently.

        Parameters
        ----------
        n : int
        rng : numpy.random.Generator

        Returns
        -------
        (n, S) array
        """
        return self.from_uniforms(inside_unit_interval(rng.random((n, self.dimension or 0))))

    def bind(self, mdp: RewardlessMDP) -> RewardDistribution:
        """Fit the distribution to the states of an MDP.

        Raises
        ------
        RewardError
            It is for another number of states.
        """
        if self.n_states != mdp.n_states:
            raise RewardError(f"{self.name} rewards are for {self.n_states} states; the MDP has {mdp.n_states}")
        return self

    def require_mean(self, mdp: RewardlessMDP) -> None:
        """Raise RewardError at the first state whose reward has no mean (then POWER is not defined)."""
        without = np.flatnonzero(np.isinf(self.mean))
        if len(without):
            raise RewardError(
                f"POWER needs rewards with a finite mean; {self.name} has none in state "
                f"{quoted(mdp.states[without[0]])}"
            )

    @property
    def is_constant(self) -> npt.NDArray[np.bool_]:
        """(S,) where the reward cannot vary."""
        return np.asarray(self.low == self.high)

    @property
    def has_variance(self) -> bool:
        """Whether no state's variance is infinite."""
        return not bool(np.isinf(self.variance).any())


def inside_unit_interval(uniforms: FloatArray) -> FloatArray:
    """Uniforms clipped, in place, into the open interval (0, 1)."""
    return np.clip(uniforms, _LEAST, _MOST, out=uniforms)


def as_numbers(values: npt.ArrayLike, name: str, most: float = LARGEST_REWARD) -> FloatArray:
    """A copy as float64, of numbers that are not beyond `most`, or a RewardError."""
    try:
        array = np.array(numbers(values, name))
    except ModelError as error:
        raise RewardError(str(error)) from None
    large = array[np.isfinite(array) & (np.abs(array) > most)]
    if large.size:
        raise RewardError(f"{name} has {large[0]:g}, beyond ± {most:g}")
    return array


def as_vector(values: npt.ArrayLike, name: str, most: float = LARGEST_REWARD) -> FloatArray:
    """(S,) finite numbers, or a RewardError that names the first that is none."""
    array = as_numbers(values, name, most)
    if array.ndim != 1:
        raise RewardError(f"{name} must be a vector with one number a state, got shape {array.shape}")
    bad = np.flatnonzero(~np.isfinite(array))
    if len(bad):
        raise RewardError(f"{name}[{bad[0]}] is {array[bad[0]]}")
    return array
