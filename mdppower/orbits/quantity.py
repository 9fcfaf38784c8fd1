"""A quantity: a number of each reward function, with a bound on its error; many are evaluated at once.

What is solved (values, or optimal actions) is the quantity's `Source`; quantities of one source share it. Each
quantity knows the states whose rewards can matter to it, its support: those that can be reached.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import TypeAlias

import numpy as np
import numpy.typing as npt

from mdppower._typing import AnyArray, BoolArray, FloatArray
from mdppower.errors import ParameterError, RewardError, SolverError
from mdppower.mdp.model import RewardlessMDP
from mdppower.optimal_sets.optimal_actions import UNIT, optimal_pairs
from mdppower.solvers.optimal_values import solve_rows

ROOM = 2**21
"""Most numbers in one array of a block of reward functions, which has a row each and a column a state or pair."""

Read: TypeAlias = "Callable[[FloatArray, AnyArray, AnyArray], tuple[FloatArray, FloatArray]]"
"""From (n, S) rewards and the two arrays that the source gives to (n,) values and (n,) errors."""


@dataclass(frozen=True)
class Source:
    """What is solved, once for all quantities that rest on it.

    Attributes
    ----------
    mdp : RewardlessMDP
    gamma : float
    method : str
        The solver, as `mdppower.solvers.optimal_values.pick` names it.
    kind : {"values", "optimal"}
        The values v (n, S) and their gaps (n,); or codes of pairs (n, P), of `optimal_pairs`, and zeros (n,).
    """

    mdp: RewardlessMDP
    gamma: float
    method: str
    kind: str

    def solve(self, rewards: FloatArray) -> tuple[AnyArray, AnyArray]:
        """The two arrays for (n, S) rewards."""
        if self.kind == "values":
            v, _, gap, _ = solve_rows(self.mdp, rewards, self.gamma, self.method)
            return v, gap
        return optimal_pairs(self.mdp, rewards, self.gamma, self.method), np.zeros(len(rewards))


@dataclass(frozen=True, eq=False)
class Quantity:
    """A number of each reward function, with a bound on its error; made by the functions below, or by hand.

    Attributes
    ----------
    name : str
    source : Source
        What must be solved first.
    find_support : callable
        () → (S,) boolean array, `support`.
    read : callable
        (rewards (n, S), the two arrays of the source) → values (n,), errors (n,).

    Examples
    --------
    >>> import mdppower as mp
    >>> from mdppower.orbits import state_power
    >>> power = state_power(mp.envs.fork(2), "root", 0.9)
    >>> power
    Quantity(POWER('root') at γ=0.9)
    >>> values, errors = power([[5.0, 1.0, 3.0], [0.0, 2.0, 1.0]])
    >>> values.round(12).tolist(), bool(errors.max() < 1e-12)
    ([3.0, 2.0], True)
    """

    name: str
    source: Source
    find_support: Callable[[], BoolArray]
    read: Read

    @property
    def support(self) -> BoolArray:
        """(S,) the states whose rewards can matter; the value depends on no other."""
        return self.find_support()

    @property
    def n_states(self) -> int:
        """S, the length of a reward function."""
        return self.source.mdp.n_states

    def __call__(self, rewards: npt.ArrayLike) -> tuple[FloatArray, FloatArray]:
        """The values and errors, (n,) each, of (n, S) rewards."""
        values, errors = evaluate_all([self], rewards)
        return values[:, 0], errors[:, 0]

    def __repr__(self) -> str:
        return f"Quantity({self.name})"


# ---------------------------------------------------------------------- evaluation


def evaluate_all(quantities: Sequence[Quantity], rewards: npt.ArrayLike) -> tuple[FloatArray, FloatArray]:
    """Several quantities of the same reward functions; each source is solved once.

    Rewards are taken in blocks, so that beside the answer nothing larger than a block is made.

    Parameters
    ----------
    quantities : sequence of K Quantity
        About the same states.
    rewards : (n, S) or (S,) array

    Returns
    -------
    values, errors : (n, K) arrays

    Raises
    ------
    ParameterError
        No quantities, or about different states.
    RewardError
        Rewards of the wrong length, or not finite.
    SolverError
        A reward function could not be certified; the error has its number.

    Examples
    --------
    >>> import mdppower as mp
    >>> from mdppower.orbits import action_is_optimal
    >>> fork = mp.envs.fork(2)
    >>> doors = [action_is_optimal(fork, "root", a, 0.9) for a in fork.actions("root")]
    >>> evaluate_all(doors, [[0, 1, 2], [0, 3, 3]])[0].tolist()
    [[0.0, 1.0], [1.0, 1.0]]
    """
    rows = checked_rewards(quantities, rewards)
    shape = len(rows), len(quantities)
    values, errors = np.empty(shape), np.empty(shape)
    block = max(1, ROOM // max(q.source.mdp.n_pairs for q in quantities))
    for begin in range(0, len(rows), block):
        some = rows[begin : begin + block]
        found: dict[Source, tuple[AnyArray, AnyArray]] = {}
        for k, quantity in enumerate(quantities):
            if quantity.source not in found:
                found[quantity.source] = _solve(quantity.source, some, begin)
            value, error = quantity.read(some, *found[quantity.source])
            values[begin : begin + block, k], errors[begin : begin + block, k] = value, error
    return values, errors


def differences(first: Quantity, second: Quantity, rewards: npt.ArrayLike) -> tuple[FloatArray, FloatArray]:
    """First minus second for each reward function, and bounds on the errors.

    Parameters
    ----------
    first, second : Quantity
    rewards : (n, S) array

    Returns
    -------
    difference, error : (n,) arrays

    Examples
    --------
    >>> import mdppower as mp
    >>> from mdppower.orbits import state_power
    >>> root, end = (state_power(mp.envs.fork(2), s, 0.5) for s in ("root", "t1"))
    >>> differences(root, end, [[0.0, 1.0, 4.0], [0.0, 4.0, 1.0]])[0].round(12).tolist()
    [3.0, 0.0]
    """
    values, errors = evaluate_all([first, second], rewards)
    # The subtraction itself rounds; by nothing where both are whole numbers, as indicators are.
    difference = values[:, 0] - values[:, 1]
    error = errors.sum(axis=1)
    return difference, np.where(error > 0, error + UNIT * np.abs(difference), error)


def _solve(source: Source, rewards: FloatArray, begin: int) -> tuple[AnyArray, AnyArray]:
    try:
        return source.solve(rewards)
    except SolverError as error:
        reason = str(error).removeprefix(f"draw {error.draw}: ")
        error.draw = begin + (error.draw or 0)
        raise error.said(f"reward function {error.draw}: {reason}") from None


def checked_rewards(quantities: Sequence[Quantity], rewards: npt.ArrayLike) -> FloatArray:
    """(n, S) rewards for quantities about the same states, as floats; ParameterError or RewardError where not."""
    if not quantities:
        raise ParameterError("no quantities were given")
    for quantity in quantities:
        if not isinstance(quantity, Quantity):
            raise ParameterError(f"expected a Quantity, got {quantity!r}")
    mdp = quantities[0].source.mdp
    states = mdp.states
    for quantity in quantities:
        if quantity.source.mdp is not mdp and quantity.source.mdp.states != states:
            raise ParameterError(f"{quantities[0].name} and {quantity.name} are about different states")
    try:
        rows = np.array(rewards, dtype=np.float64, order="C", ndmin=2)
    except (TypeError, ValueError) as error:
        raise RewardError(f"rewards are not an array of numbers: {error}") from None
    if rows.ndim != 2 or rows.shape[1] != len(states):
        raise RewardError(f"rewards must have shape (n, {len(states)}), one number a state; got {np.shape(rewards)}")
    bad = np.argwhere(~np.isfinite(rows))
    if len(bad):
        i, s = bad[0]
        raise RewardError(f"reward function {i} is {rows[i, s]} in state {states[s]!r}")
    return rows
