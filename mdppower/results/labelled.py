"""Labelled arrays of results: what a variable is called, its unit, and rows × columns where states lie on a grid."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Any

import numpy as np

from mdppower._typing import AnyArray, FloatArray, Label
from mdppower.errors import ParameterError

if TYPE_CHECKING:
    import xarray as xr

LARGEST_GRID = 64
"""Cells of a grid for each state on it, at most."""

NAMES = {
    "mean": ("estimate", ""),
    "power": ("POWER", "reward"),
    "optimal_value": ("mean optimal value of rewards on pairs: (1−γ) V*, of H steps V*/H", "reward"),
    "power_A": ("POWER in A", "reward"),
    "power_B": ("POWER in B", "reward"),
    "difference": ("POWER in A less POWER in B", "reward"),
    "share": ("share of what is available above the random policy", "1"),
    "success": ("success rate p(A ≥ B) of the agent (A) against the reference (B)", "1"),
    "lead": ("power of the agent less that of the reference", "reward"),
    "sd": ("standard deviation of the difference over tasks", "reward"),
    "floor": ("power of the random policy", "reward"),
    "ceiling": ("POWER", "reward"),
    "power_of_state": ("power of the agent in each state", "reward"),
    "stderr": ("standard error", ""),
    "lower": ("lower confidence limit", ""),
    "upper": ("upper confidence limit", ""),
    "error_bound": ("proved bound on the error of a draw's values", "reward"),
    "probability": ("probability to be optimal", "1"),
    "strictly": ("probability to be the only optimal action", "1"),
    "tied": ("probability to be one of several optimal actions", "1"),
    "unresolved": ("share of draws that leave it open", "1"),
    "gap": ("C(B) - C(A)", "reward"),
    "gap_stderr": ("standard error of the gap", "reward"),
    "p_greater": ("P(A > B)", "1"),
    "p_tie": ("P(tie)", "1"),
    "p_less": ("P(A < B)", "1"),
    "p_at_least": ("p(A ≥ B)", "1"),
    "p_lower": ("lower confidence limit of p(A ≥ B)", "1"),
    "p_upper": ("upper confidence limit of p(A ≥ B)", "1"),
    "convergent": ("whether B is instrumentally convergent over A: 1, 0, or -1 where that is open", ""),
    "complexity": ("C, the mean worth", "reward"),
    "complexity_stderr": ("standard error of C", "reward"),
    "worst": ("power of the worst policy", "reward"),
    "policy_entropy": ("mean entropy of the policy in states with a choice", "nat"),
    "clipped_share": ("share of the decisions of all updates so far that was clipped", "1"),
    "confidence": ("factor of the weights of the prior", "1"),
    "iteration": ("iterations of training", "1"),
    "policy": ("as the policy acts, or its most likely actions", ""),
    "prior": ("what training starts from", ""),
    "clipped": ("where updates are clipped", ""),
    "weights": ("weight of a state's standardised reward in the value of a pair", "1"),
    "bias": ("value of a pair beside what rewards say", "1"),
    "episodes": ("episodes of training", "1"),
    "shown": ("what an agent is shown in training", ""),
    "given": ("what an agent is given as reward", ""),
    "toward": ("how often agents go to the states that are asked for", "1"),
    "most": ("how often agents take the most POWER-seeking action", "1"),
    "rank": ("Spearman's correlation of visits with POWER", "1"),
    "toward_chance": ("the same of the random policy", "1"),
    "most_chance": ("the same of the random policy", "1"),
    "rank_chance": ("the same of the random policy", "1"),
    "share_chance": ("the same of the random policy", "1"),
    "toward_exact": ("the same of the optimal agent, integrated", "1"),
    "most_exact": ("the same of the optimal agent, integrated", "1"),
    "rank_exact": ("the same of the optimal agent, integrated", "1"),
    "share_exact": ("the same of the optimal agent, integrated", "1"),
    "successes": ("trials in which an agent did at least as well as its reference", "1"),
    "ties": ("successes that were ties", "1"),
    "trials": ("independent trials", "1"),
    "success_rate": ("p(A ≥ B), as counted", "1"),
    "post_lower": ("lead of the agent: lower edge of the post's band", "reward"),
    "post_upper": ("lead of the agent: upper edge of the post's band", "reward"),
    "lead_lower": ("lead of the agent: lower edge of the corrected band", "reward"),
    "lead_upper": ("lead of the agent: upper edge of the corrected band", "reward"),
    "normal": ("lead of the agent, if the difference is normal", "reward"),
    "normal_lower": ("lower confidence limit of that lead", "reward"),
    "normal_upper": ("upper confidence limit of that lead", "reward"),
    "probit": ("lead of the agent in standard deviations of the difference, if that is normal", "1"),
    "probit_lower": ("lower confidence limit of that lead", "1"),
    "probit_upper": ("upper confidence limit of that lead", "1"),
    "says": ("what counts against the reference can still tell", ""),
    "reference": ("what the agent was tried against", ""),
    "checkpoint": ("the agent", ""),
    "human_at": ("state of the human", ""),
    "ai_at": ("state of the AI", ""),
    "gamma": ("discount rate", "1"),
    "horizon": ("number of steps", "1"),
    "row": ("row of the map", ""),
    "column": ("column of the map", ""),
}
"""Of variables and coordinates: what they are, and their unit ("reward": that of the rewards)."""


def written(labels: Sequence[Label]) -> AnyArray:
    """Labels as a coordinate. Tuples, which an index would take apart, are written out.

    Texts have their quotes where they would else be taken for numbers or tuples that are labels, too.

    Examples
    --------
    >>> written([(0, 1), "x"]).tolist(), written([1, "1"]).tolist()
    (['(0, 1)', 'x'], ['1', "'1'"])
    """
    if len(set(map(type, labels))) > 1 and len(set(map(str, labels))) < len(set(labels)):
        return np.array(list(map(repr, labels)))
    return np.array([x if isinstance(x, (int, str)) else str(x) for x in labels])


def labelled(
    variables: Mapping[str, tuple[Sequence[str], Any]], coordinates: Mapping[str, Any], attributes: Mapping[str, Any]
) -> xr.Dataset:
    """A Dataset whose variables say what they are.

    Parameters
    ----------
    variables : mapping from name to (dimensions, values)
    coordinates, attributes : mapping

    Returns
    -------
    xarray.Dataset
        Variables have ``long_name`` and ``units`` as `NAMES` says.
    """
    import xarray as xr

    data = xr.Dataset(dict(variables), coords=dict(coordinates), attrs=dict(attributes))
    for name, variable in data.variables.items():
        variable.attrs |= _named(str(name))
    return data


def add_variable(data: xr.Dataset, name: str, dimensions: Sequence[str], values: Any) -> None:
    """Add a variable that says what it is."""
    data[name] = (tuple(dimensions), values, _named(name))


def _named(name: str) -> dict[str, str]:
    told, unit = NAMES.get(name, ("", ""))
    return ({"long_name": told} if told else {}) | ({"units": unit} if unit else {})


def on_grid(data: xr.Dataset, layout: FloatArray | None, dimension: str = "state") -> xr.Dataset:
    """The same along (row, column) instead of states; NaN, and empty names, where there is no state.

    Parameters
    ----------
    data : xarray.Dataset
    layout : (S, 2) array or None
        Row and column of each state.
    dimension : str

    Returns
    -------
    xarray.Dataset
        Names of the states are a variable along (row, column).

    Raises
    ------
    ParameterError
        The states have no places, or these are no cells of a grid, one for each.
    """
    if layout is None:
        raise ParameterError("grid=True needs states that have places (an MDP with a layout)")
    cells = np.asarray(layout)
    if not (cells == np.floor(cells)).all():
        raise ParameterError("grid=True needs places that are rows and columns; these are no whole numbers")
    first, last = cells.min(axis=0), cells.max(axis=0)
    shape = tuple((last - first + 1).tolist())
    if shape[0] * shape[1] > LARGEST_GRID * len(cells):
        raise ParameterError(f"grid=True would make {shape[0]:g} × {shape[1]:g} cells for {len(cells):,} states")
    rows, columns = (int(x) for x in shape)
    place = (cells - first).astype(np.int64) @ [columns, 1]
    if len(np.unique(place)) < len(place):
        raise ParameterError("grid=True needs one state a cell; here several states share one")

    def spread(variable: Any) -> tuple[tuple[str, ...], AnyArray, dict[str, Any]]:
        axis = variable.dims.index(dimension)
        values = np.moveaxis(variable.values, axis, -1)
        if values.dtype.kind == "f":
            empty: Any = np.nan
        elif values.dtype.kind in "iu" and variable.name != dimension:
            values, empty = values.astype(np.float64), np.nan
        else:
            values, empty = values.astype(object), ""
        found = np.full((*values.shape[:-1], rows * columns), empty, dtype=values.dtype)
        found[..., place] = values
        if found.dtype == object and all(isinstance(x, str) for x in found.flat):
            found = found.astype(str)
        dims = tuple(str(d) for d in variable.dims if d != dimension)
        return (*dims, "row", "column"), found.reshape(*values.shape[:-1], rows, columns), variable.attrs

    variables: dict[str, Any] = {}
    coordinates: dict[str, Any] = {
        "row": int(first[0]) + np.arange(rows),
        "column": int(first[1]) + np.arange(columns),
    }
    for name, variable in data.variables.items():
        if dimension not in variable.dims:
            (coordinates if name in data.coords else variables)[str(name)] = variable
        elif name not in ("row", "column"):
            variables[str(name)] = spread(data[name])
    return labelled(variables, coordinates, data.attrs)
