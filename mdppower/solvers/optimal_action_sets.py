"""All optimal actions of given rewards, as they come back: sets of each state, with what stays open."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np
import numpy.typing as npt

from mdppower._text import count, rate_letter, rate_name, rate_text, told_rates
from mdppower._typing import BoolArray, Label
from mdppower.errors import ParameterError, SizeError
from mdppower.mdp.model import RewardlessMDP
from mdppower.results.labelled import labelled, written
from mdppower.results.rates import rate_values
from mdppower.results.result import SHOWN, Result
from mdppower.results.table import Table

if TYPE_CHECKING:
    import xarray as xr

MOST_ROWS = 2**24
"""Most rows of a table."""
NOT, STRICT, TIED, OPEN = 0, 1, 2, 3
WORDS = ("no", "the only one", "tied", "open")
"""What the codes of `mdppower.optimal_sets.optimal_actions` mean."""


@dataclass(frozen=True, eq=False, repr=False)
class OptimalActions(Result):
    """Which actions are optimal for N reward functions.

    Attributes
    ----------
    codes : (N, P) int8 array
        Of each pair: 0 not optimal, 1 the only optimal action of its state, 2 one of several, 3 open.
    gamma : float
        The ends are limits of optimal policy sets; 1 is Blackwell optimality. Or a `Horizon`: first of its steps.
    mdp : RewardlessMDP
    on : {"states", "pairs"}
        What earns the rewards.

    Examples
    --------
    >>> import mdppower as mp
    >>> found = mp.optimal_values(mp.envs.fork(2), [[0.0, 5, 5], [0, 5, 6]], 0.9).optimal_actions
    >>> found
    OptimalActions(2 draws × 4 pairs, γ=0.9: 7 optimal, 2 of them tied, 1 not, 0 open)
    >>> found.of("root")
    (('->t1', '->t2'), ('->t2',))
    """

    codes: npt.NDArray[np.int8]
    gamma: float
    mdp: RewardlessMDP
    on: str = "states"

    @property
    def optimal(self) -> BoolArray:
        """(N, P) the pairs that are optimal for certain."""
        return np.asarray((self.codes != NOT) & (self.codes != OPEN))

    @property
    def open(self) -> BoolArray:
        """(N, P) the pairs of which it is not decided."""
        return np.asarray(self.codes == OPEN)

    def of(self, state: Label, draw: int | None = None) -> tuple[Any, ...]:
        """The actions of a state that are optimal for certain.

        Parameters
        ----------
        state : label
        draw : int, optional
            Position of a reward function; by default all, a tuple for each.

        Returns
        -------
        tuple of labels, or a tuple of these

        Raises
        ------
        LabelError
            There is no such state.
        ParameterError
            There is no such draw.
        """
        return self._labels(self.optimal, state, draw)

    def open_actions(self, state: Label, draw: int | None = None) -> tuple[Any, ...]:
        """The actions of a state of which it is not decided whether they are optimal; as `of`."""
        return self._labels(self.open, state, draw)

    def _labels(self, chosen: BoolArray, state: Label, draw: int | None) -> tuple[Any, ...]:
        mdp = self.mdp
        first, last = mdp.pointer[mdp.index(state) :][:2].tolist()
        n = len(self.codes)
        if draw is not None and (
            isinstance(draw, bool) or not isinstance(draw, int | np.integer) or not 0 <= draw < n
        ):
            raise ParameterError(f"there is no draw {draw!r}; there are draws 0 … {n - 1}")
        sets = tuple(
            tuple(mdp.action_names[mdp.action_codes[first + k]] for k in np.flatnonzero(row))
            for row in chosen[slice(None) if draw is None else slice(draw, draw + 1), first:last]
        )
        return sets if draw is None else sets[0]

    def table(self) -> Table:
        """One row for each pair of each reward function.

        Returns
        -------
        Table
            Columns draw, state, action, optimal: "no", "the only one", "tied", "open".

        Raises
        ------
        SizeError
            There would be more than 2**24 rows.
        """
        return self._rows(*self.codes.shape)

    def _rows(self, draws: int, pairs: int) -> Table:
        if draws * pairs > MOST_ROWS:
            raise SizeError(f"a table of {draws:,} draws × {pairs:,} pairs is too long; .codes has the array")
        mdp = self.mdp
        columns: dict[str, list[Any]] = {
            "draw": np.repeat(np.arange(draws), pairs).tolist(),
            "state": [mdp.states[s] for s in mdp.pair_states[:pairs].tolist()] * draws,
            "action": [mdp.action_names[a] for a in mdp.action_codes[:pairs].tolist()] * draws,
            "optimal": [WORDS[k] for k in self.codes[:draws, :pairs].ravel().tolist()],
        }
        return Table(columns, f"optimal actions, {told_rates(self.gamma)}")

    def _summary(self) -> Table:
        draws, pairs = self.codes.shape
        few = min(pairs, SHOWN)
        table = self._rows(min(draws, max(1, SHOWN // max(few, 1))), few)
        if table.n_rows < draws * pairs:
            table.caption += f"; the first of {draws:,} × {pairs:,} rows"
        return table

    def to_xarray(self) -> xr.Dataset:
        """Labelled arrays along (draw, pair): optimal (1, 0, or −1 where it is open) and tied.

        Returns
        -------
        xarray.Dataset
        """
        where, mdp = ("draw", "pair"), self.mdp
        names = written(mdp.states)
        optimal = np.where(self.open, -1, self.optimal).astype(np.int8)
        variables: dict[str, tuple[tuple[str, ...], Any]] = {
            "optimal": (where, optimal), "tied": (where, self.codes == TIED)
        }  # fmt: skip
        coordinates: dict[str, Any] = {"draw": np.arange(len(optimal)), "pair": np.arange(mdp.n_pairs)}
        coordinates["state_of_pair"] = "pair", names[mdp.pair_states]
        coordinates["action"] = "pair", written(mdp.action_names)[mdp.action_codes]
        rates: tuple[float, ...] = (self.gamma,)
        about: dict[str, Any] = {rate_name(rates): rate_values(rates)[0], "rewards_on": self.on}
        data = labelled(variables, coordinates, about)
        data["optimal"].attrs |= {"long_name": "whether the action is optimal; −1: open", "units": "1"}
        data["tied"].attrs |= {"long_name": "whether another action of the state is optimal, too", "units": "1"}
        return data

    def __repr__(self) -> str:
        n, pairs = self.codes.shape
        kinds = np.bincount(self.codes.ravel(), minlength=4).tolist()
        on = ", rewards on pairs" * (self.on == "pairs")
        rate = f"{rate_letter([self.gamma])}={rate_text(self.gamma)}"
        return (
            f"OptimalActions({count(n, 'draw')} × {count(pairs, 'pair')}, {rate}{on}: "
            f"{kinds[1] + kinds[2]:,} optimal, {kinds[2]:,} of them tied, {kinds[0]:,} not, {kinds[3]:,} open)"
        )
