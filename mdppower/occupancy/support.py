"""Maxima over the occupancy polytope, as they come back: values, maximisers, and the duals that prove them."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np

from mdppower._text import count, rate_text
from mdppower._typing import FloatArray, Label
from mdppower.errors import ParameterError
from mdppower.mdp.model import RewardlessMDP
from mdppower.results.labelled import labelled, written
from mdppower.results.number_text import number_text
from mdppower.results.result import Result
from mdppower.results.table import Table

if TYPE_CHECKING:
    import xarray as xr

_NAMES = {
    "value": "greatest value over the polytope",
    "error_bound": "proved bound on the error of the value",
    "dual_error": "proved bound on the error of the duals",
    "dual": "dual of the flow constraint: V",
    "bias": "dual: bias",
    "gain": "dual: gain",
    "point": "visits of the maximiser",
    "reduced_cost": "reduced cost of the pair's visits",
    "reduced_cost_y": "reduced cost of the pair before the chain settles",
}


@dataclass(frozen=True, eq=False, repr=False)
class Support(Result):
    """Maxima of N reward functions over the polytope.

    With ``A_eq`` and ``b_eq`` of the polytope, ``reduced_costs`` are r − A_eqᵀ duals, and b_eq · duals bounds the
    maximum from above: by no more than `error_bound` and `dual_error` together it is above the value.

    Attributes
    ----------
    values : (N,) array
        The value of each point, in units of the polytope.
    points : (N, P) array
        Maximisers: each is the occupancy of a deterministic policy.
    error_bound : (N,) array
        Proved bound on |value − maximum|: from above by LP duality, from below by evaluation of the policy.
    duals : (N, S) array
        Of the flow constraints, in the order of ``b_eq``: V, the discounted value of each state (below the
        optimal one by rounding at most, in polytopes of both masses). At γ = 1 (N, 2S): the biases, then the gains.
    reduced_costs : (N, P) array
        r(s, a) + γ Σ T V − V(s) of each pair: what it costs to take it. Never above 0, and 0 to rounding where the
        maximiser goes. At γ = 1 (N, 2P), of the variables (x, y): r + T h − h − g, and then T g − g, each above 0 by
        no more than `dual_error`.
    dual_error : (N,) array
        Proved bound on |V − V*| over all states, whether or not the start leads there; on |g − g*| at γ = 1.
    gamma : float
    mdp : RewardlessMDP

    Examples
    --------
    >>> import mdppower as mp
    >>> best = mp.OccupancyPolytope(mp.envs.fork(2), "root", 0.5).support([[0.0, 1.0, 3.0], [0.0, 4.0, 1.0]])
    >>> best.values, best.of("root").round(9)  # the start has all the mass
    (array([3., 4.]), array([3., 4.]))
    """

    values: FloatArray
    points: FloatArray
    error_bound: FloatArray
    duals: FloatArray
    reduced_costs: FloatArray
    dual_error: FloatArray
    gamma: float
    mdp: RewardlessMDP

    def __len__(self) -> int:
        return len(self.values)

    def of(self, state: Label, draw: int | None = None) -> FloatArray:
        """The dual of a state: V, what one more start there is worth (at γ = 1, its gain).

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
        """
        found: FloatArray = (self.gains if self.gamma == 1 else self.duals)[:, self.mdp.index(state)]
        if draw is None:
            return found
        if isinstance(draw, bool) or not isinstance(draw, int | np.integer) or not 0 <= draw < len(self):
            raise ParameterError(f"there is no draw {draw!r}; this has draws 0 … {len(self) - 1}")
        return np.asarray(found[draw])

    def table(self) -> Table:
        """One row for each reward function.

        Returns
        -------
        Table
            Columns draw, value, error_bound, dual_error.
        """
        columns: dict[str, list[Any]] = {
            "draw": list(range(len(self))),
            "value": self.values.tolist(),
            "error_bound": self.error_bound.tolist(),
            "dual_error": self.dual_error.tolist(),
        }
        return Table(columns, f"γ = {rate_text(self.gamma)}; error_bound: proved, of value; dual_error: of the duals")

    def to_xarray(self) -> xr.Dataset:
        """Labelled arrays: value, error_bound, dual_error along draw; duals also along state; points along pair.

        Returns
        -------
        xarray.Dataset
            ``dual`` (at γ = 1 ``gain`` and ``bias``) along (draw, state), ``point`` and ``reduced_cost`` along
            (draw, pair), whose coordinates ``state_of_pair`` and ``action`` name the pairs.

        Examples
        --------
        >>> import mdppower as mp
        >>> data = mp.OccupancyPolytope(mp.envs.fork(2), "root", 0.5).support([0.0, 1.0, 3.0]).to_xarray()
        >>> data.dual.sel(draw=0, state="t2").round(9).item(), data.point.sel(draw=0).values.tolist()
        (6.0, [0.0, 1.0, 0.0, 1.0])
        """
        n_pairs, names = self.mdp.n_pairs, written(self.mdp.states)
        by_state, by_pair = ("draw", "state"), ("draw", "pair")
        variables: dict[str, tuple[tuple[str, ...], Any]] = {
            "value": (("draw",), self.values),
            "error_bound": (("draw",), self.error_bound),
            "dual_error": (("draw",), self.dual_error),
            "point": (by_pair, self.points),
            "reduced_cost": (by_pair, self.reduced_costs[:, :n_pairs]),
        }
        if self.gamma == 1:
            variables |= {"gain": (by_state, self.gains), "bias": (by_state, self.biases)}
            variables["reduced_cost_y"] = (by_pair, self.reduced_costs[:, n_pairs:])
        else:
            variables["dual"] = (by_state, self.duals)
        coordinates: dict[str, Any] = {"draw": np.arange(len(self)), "state": names, "pair": np.arange(n_pairs)}
        coordinates["state_of_pair"] = ("pair", names[self.mdp.pair_states])
        coordinates["action"] = ("pair", written(self.mdp.action_names)[self.mdp.action_codes])
        data = labelled(variables, coordinates, {"gamma": self.gamma, "guarantee": "certified"})
        for name, told in _NAMES.items():
            if name in data:
                data[name].attrs |= {"long_name": told, "units": "1" if name == "point" else "reward"}
        return data

    @property
    def gains(self) -> FloatArray:
        """(N, S) at γ = 1, the duals that are gains: the long-run averages of the states.

        Raises
        ------
        ParameterError
            γ < 1: there the duals are V.

        Examples
        --------
        >>> import mdppower as mp
        >>> best = mp.OccupancyPolytope(mp.envs.fork(2), "root", 1).support([0.0, 1.0, 3.0])
        >>> best.gains.round(9), best.biases.shape
        (array([[3., 1., 3.]]), (1, 3))
        """
        return self._half(1)

    @property
    def biases(self) -> FloatArray:
        """(N, S) at γ = 1, the duals that are biases.

        Raises
        ------
        ParameterError
            γ < 1: there the duals are V.
        """
        return self._half(0)

    def _half(self, part: int) -> FloatArray:
        if self.gamma != 1:
            raise ParameterError(f"gains and biases are duals at gamma = 1; at gamma = {self.gamma!r}, .duals are V")
        return self.duals.reshape(len(self.duals), 2, -1)[:, part]

    def __repr__(self) -> str:
        told = ", ".join(number_text(float(x)) for x in self.values[:4]) + (", …" if len(self) > 4 else "")
        return (
            f"Support({count(len(self), 'draw')}, γ={rate_text(self.gamma)}: {told}; "
            f"error ≤ {self.error_bound.max(initial=0):.1e})"
        )
