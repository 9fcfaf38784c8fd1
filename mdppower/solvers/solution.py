"""What `optimal_values` gives back: values, policies and the bound that is proved for them."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property
from typing import TYPE_CHECKING, Any

import numpy as np

from mdppower._horizon import Horizon
from mdppower._text import count, rate_letter, rate_name, rate_text, told_rates
from mdppower._typing import FloatArray, IntArray, Label
from mdppower.errors import ParameterError, SizeError
from mdppower.mdp.model import RewardlessMDP
from mdppower.mdp.policy_table import table_of_actions
from mdppower.results.labelled import labelled, on_grid, written
from mdppower.results.number_text import number_text
from mdppower.results.result import SHOWN, Result
from mdppower.results.table import Table
from mdppower.solvers.optimal_action_sets import OptimalActions

if TYPE_CHECKING:
    import xarray as xr

MOST_ROWS = 2**24
"""Most rows of a table."""

_NAMES = {
    "normalised": ("normalised optimal value, (1−γ)V", "reward"),
    "value": ("optimal value, the discounted sum of rewards", "reward"),
    "reward": ("reward", "reward"),
    "policy": ("an optimal action", ""),
}


@dataclass(frozen=True, eq=False, repr=False)
class Solution(Result):
    """Optimal values of N reward functions.

    Attributes
    ----------
    normalised : (N, S) array
        v = (1−γ)V; the optimal gain (average reward) at γ = 1; at a horizon the best expected total over H.
    policies : (N, S) int32 array
        An optimal action of each state, as a position in ``mdp.action_names``. At a horizon the best action depends
        on the time that is left: this is the first of H. With h steps left it is that of ``horizon=h``.
    error_bound : (N,) array
        Proved bound on |v − v*| over the states of each draw, from the Bellman residual; at a horizon, from rounding.
    iterations : (N,) int32 array
        Policy improvements made; steps back, at a horizon.
    gamma : float
        The discount rate, or the `Horizon`.
    method : str
        The solver that ran.
    mdp : RewardlessMDP
    rewards : (N, S) array, or (N, P)
        What was solved for.
    guarantee : str
        ``"certified"``.
    on : {"states", "pairs"}
        What earns the rewards.

    Examples
    --------
    >>> import mdppower as mp
    >>> fork = mp.envs.fork(2)
    >>> solution = mp.optimal_values(fork, [[0.0, 1.0, 3.0]], 0.5)
    >>> solution.values.round(9), [fork.action_names[a] for a in solution.policies[0]]
    (array([[3., 2., 6.]]), ['->t2', '->t1', '->t2'])
    >>> bool(solution.error_bound[0] < 1e-12)
    True
    """

    normalised: FloatArray
    policies: IntArray
    error_bound: FloatArray
    iterations: IntArray
    gamma: float
    method: str
    mdp: RewardlessMDP
    rewards: FloatArray
    guarantee: str = "certified"
    on: str = "states"

    @property
    def values(self) -> FloatArray:
        """(N, S) V = v/(1−γ), the discounted sums themselves; ParameterError at γ = 1, where there are none.

        At a horizon the best expected totals R(s_1) + … + R(s_H), H v.

        Examples
        --------
        >>> import mdppower as mp
        >>> mp.optimal_values(mp.envs.fork(1), [0.0, 1.0], 0.5).values
        array([[1., 2.]])
        >>> mp.optimal_values(mp.envs.fork(1), [0.0, 1.0], horizon=2, on="states").values
        array([[2., 2.]])
        """
        if self.gamma == 1:
            raise ParameterError("at gamma = 1 the sums of rewards do not converge; .normalised has the gains")
        return self._sums(self.normalised)

    def _sums(self, normalised: FloatArray) -> FloatArray:
        return normalised * self.gamma if self.horizon else normalised / (1 - self.gamma)

    @property
    def horizon(self) -> int | None:
        """The number of steps; None where there is a discount rate.

        Examples
        --------
        >>> import mdppower as mp
        >>> mp.optimal_values(mp.envs.fork(1), [0.0, 1.0], horizon=2, on="states").horizon
        2
        """
        return self.gamma.steps if isinstance(self.gamma, Horizon) else None

    @property
    def _has_sums(self) -> bool:
        return self.horizon is not None or self.gamma < 1

    def policy_table(self, i: int = 0) -> FloatArray:
        """The optimal policy of the i-th reward function, as a table.

        Parameters
        ----------
        i : int

        Returns
        -------
        (S, A) array
            The probability of each action, in the order of ``mdp.action_names``, in each state: 1 for the one of
            ``policies``. It can be given wherever a policy can. At a horizon it is how to begin, and no policy to
            keep: with fewer steps left the best action may be another.

        Raises
        ------
        ParameterError
            There is no such reward function.
        SizeError
            It would take more than 1 GiB.

        Examples
        --------
        >>> import mdppower as mp
        >>> mp.optimal_values(mp.envs.fork(2), [0.0, 1.0, 3.0], 0.5).policy_table().tolist()
        [[0.0, 1.0], [1.0, 0.0], [0.0, 1.0]]
        """
        return table_of_actions(self.mdp, self.policies[self._draw(i)])

    @cached_property
    def optimal_actions(self) -> OptimalActions:
        """All optimal actions of each state, for each reward function; and what stays open.

        An action is optimal if some optimal policy takes it: at γ = 0 and 1 in the limits of optimal policy sets, at
        1 Blackwell optimality, for which the policy here, of the greatest gain, need not be enough. What floats leave
        open within `error_bound` is decided exactly where it can be (`mdppower.optimal_sets`); what is still open is
        called so, and counts neither way.

        Returns
        -------
        OptimalActions

        Raises
        ------
        SizeError
            γ = 1, and a stochastic MDP too large for it.

        Examples
        --------
        >>> import mdppower as mp
        >>> found = mp.optimal_values(mp.envs.fork(3), [0.0, 5, 5, 4], 0.9).optimal_actions
        >>> found.of("root", draw=0), found.open_actions("root", draw=0)
        (('->t1', '->t2'), ())
        """
        from mdppower.optimal_sets.optimal_actions import find_optimal_actions

        return find_optimal_actions(self.mdp, self.rewards, self.gamma, self.method, self.on)

    def _draw(self, i: int) -> int:
        if isinstance(i, bool) or not isinstance(i, int | np.integer) or not 0 <= i < len(self.policies):
            raise ParameterError(f"there is no draw {i!r}; this solution has draws 0 … {len(self.policies) - 1}")
        return int(i)

    def of(self, state: Label, draw: int | None = None) -> FloatArray:
        """The normalised optimal value of a state, v = (1−γ)V (at γ = 1, its gain; at a horizon, its total over H).

        Parameters
        ----------
        state : label
        draw : int, optional
            Position of a reward function; by default all.

        Returns
        -------
        (N,) array, or () for one draw

        Raises
        ------
        LabelError
            There is no such state.
        ParameterError
            There is no such draw.

        Examples
        --------
        >>> import mdppower as mp
        >>> solution = mp.optimal_values(mp.envs.fork(2), [[0.0, 1.0, 3.0], [0.0, 2.0, 1.0]], 0.5)
        >>> solution.of("root"), float(solution.of("root", draw=1))
        (array([1.5, 1. ]), 1.0)
        """
        values: FloatArray = self.normalised[:, self.mdp.index(state)]
        return values if draw is None else np.asarray(values[self._draw(draw)])

    def table(self) -> Table:
        """One row for each state of each reward function.

        Returns
        -------
        Table
            Columns draw, state, reward (where pairs earn, that of the action), normalised, value (not at γ = 1),
            action, error_bound (of normalised).

        Raises
        ------
        SizeError
            There would be more than 2**24 rows.

        Examples
        --------
        >>> import mdppower as mp
        >>> table = mp.optimal_values(mp.envs.fork(2), [0.0, 1.0, 3.0], 0.5).table()
        >>> table["state"], table["value"], table["action"]
        (['root', 't1', 't2'], [3.0, 2.0, 6.0], ['->t2', '->t1', '->t2'])
        """
        return self._rows(*self.normalised.shape)

    def _rows(self, draws: int, states: int) -> Table:
        """The table of the first states of the first draws."""
        if draws * states > MOST_ROWS:
            raise SizeError(
                f"a table of {draws:,} draws × {states:,} states is too long; .to_xarray() has the arrays"
            )
        part = (slice(draws), slice(states))
        columns: dict[str, list[Any]] = {
            "draw": np.repeat(np.arange(draws), states).tolist(),
            "state": [self.mdp.states[s] for s in range(states)] * draws,
            "reward": self._earned(draws, states).ravel().tolist(),
            "normalised": self.normalised[part].ravel().tolist(),
        }
        if self._has_sums:
            columns["value"] = self._sums(self.normalised[part]).ravel().tolist()
        columns["action"] = [self.mdp.action_names[a] for a in self.policies[part].ravel().tolist()]
        columns["error_bound"] = np.repeat(self.error_bound[:draws], states).tolist()
        what = "normalised: the gain, average reward" if self.gamma == 1 else "normalised: (1−γ) value"
        if self.horizon:
            what = "value: best expected total of the steps; normalised: value / H; action: the first"
        earned = "; reward: of the action" * (self.on == "pairs")
        return Table(columns, f"{told_rates(self.gamma)}; {what}{earned}; error_bound: proved, of normalised")

    def _earned(self, draws: int, states: int) -> FloatArray:
        """What the first states of the first draws earn; by their optimal actions, where pairs do."""
        if self.on == "states":
            return self.rewards[:draws, :states]
        return np.array([row[self._pairs(i)[:states]] for i, row in enumerate(self.rewards[:draws])])

    def _pairs(self, i: int) -> IntArray:
        """(S,) the pairs of the i-th policy."""
        chosen = self.mdp.action_codes == self.policies[i][self.mdp.pair_states]
        return np.flatnonzero(chosen).astype(np.int32)

    def _summary(self) -> Table:
        draws, states = self.normalised.shape
        few = min(states, SHOWN)
        table = self._rows(min(draws, SHOWN // few), few)
        if table.n_rows < draws * states:
            table.caption += f"; the first of {draws:,} × {states:,} rows"
        return table

    def to_xarray(self, *, grid: bool = False) -> xr.Dataset:
        """Labelled arrays along (draw, state): normalised, value (not at γ = 1), reward, policy; and error_bound.

        Where pairs earn, reward is along (draw, pair), whose coordinates say the state and the action.

        Parameters
        ----------
        grid : bool
            Whether to give rows × columns of the map in place of its states.

        Returns
        -------
        xarray.Dataset
            ``policy`` has the labels of actions.

        Raises
        ------
        ParameterError
            The states are no cells of a grid.

        Examples
        --------
        >>> import mdppower as mp
        >>> data = mp.optimal_values(mp.envs.fork(2), [0.0, 1.0, 3.0], 0.5).to_xarray()
        >>> data.value.sel(draw=0, state="root").item(), data.policy.sel(draw=0, state="root").item()
        (3.0, '->t2')
        """
        where = ("draw", "state")
        variables: dict[str, tuple[tuple[str, ...], Any]] = {
            "normalised": (where, self.normalised),
            "reward": (where if self.on == "states" else ("draw", "pair"), self.rewards),
            "policy": (where, written(self.mdp.action_names)[self.policies]),
            "error_bound": (("draw",), self.error_bound),
        }
        if self._has_sums:
            variables["value"] = (where, self.values)
        coordinates: dict[str, Any] = {"draw": np.arange(len(self.rewards)), "state": written(self.mdp.states)}
        if self.on == "pairs":
            names, mdp = coordinates["state"], self.mdp
            coordinates |= {"pair": np.arange(mdp.n_pairs), "state_of_pair": ("pair", names[mdp.pair_states])}
            coordinates["action"] = "pair", written(mdp.action_names)[mdp.action_codes]
        about: dict[str, Any] = {rate_name([self.gamma]): self.horizon or self.gamma}
        about |= {"method": self.method, "guarantee": self.guarantee}
        about |= {"rewards_on": self.on} if self.on == "pairs" else {}
        data = labelled(variables, coordinates, about)
        for name, (told, unit) in _NAMES.items():
            if name in data:
                data[name].attrs |= {"long_name": told} | ({"units": unit} if unit else {})
        if self.gamma == 1:
            data["normalised"].attrs["long_name"] = "optimal gain"
        if self.horizon:
            data["normalised"].attrs["long_name"] = "best expected total of rewards, over H"
            data["value"].attrs["long_name"] = "best expected total of rewards of H steps"
            data["policy"].attrs["long_name"] = "an optimal first action"
        return on_grid(data, self.mdp.layout) if grid else data

    def __repr__(self) -> str:
        n, n_states = self.normalised.shape
        told = ", ".join(
            f"{self.mdp.states[s]!r} {number_text(float(self.normalised[0, s]))}"
            for s in range(min(n_states, 4) if n else 0)
        )
        more = ", …" if n * n_states > 4 or n > 1 else ""
        first = " of draw 0" if n > 1 else ""
        what = "gain" if self.gamma == 1 else "V/H" if self.horizon else "(1−γ)V"
        rate = f"{rate_letter([self.gamma])}={rate_text(self.gamma)}"
        what = f"rewards on pairs, {what}" if self.on == "pairs" else what
        return (
            f"Solution({count(n, 'draw')} × {count(n_states, 'state')}, {rate}, {self.method}: "
            f"{what}{first} {told}{more}; error ≤ {self.error_bound.max(initial=0):.1e})"
        )
