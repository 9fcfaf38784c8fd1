"""Sets of distributions over states as tables and as labelled arrays, each with a policy that has it."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import TYPE_CHECKING, Any

import numpy as np

from mdppower._typing import FloatArray, Label
from mdppower.errors import SizeError
from mdppower.mdp.model import RewardlessMDP
from mdppower.results.labelled import labelled, on_grid, written
from mdppower.results.table import Table

if TYPE_CHECKING:
    import xarray as xr

MOST_CELLS = 2**24
"""Most cells of a table."""


def distribution_table(
    mdp: RewardlessMDP, rows: FloatArray, policy: Callable[[int], Mapping[Label, Label]], caption: str, *, full: bool
) -> Table:
    """Distributions over states, one row each.

    Parameters
    ----------
    mdp : RewardlessMDP
    rows : (K, S) array
    policy : function
        Of the k-th row, {state: action}.
    caption : str
    full : bool
        Whether each state has a column; else the states that are visited most are named in one.

    Returns
    -------
    Table
        Columns number, policy, and visits.
    """
    if rows.size > MOST_CELLS:
        raise SizeError(f"a table of {len(rows):,} × {rows.shape[1]:,} visits is too long; .normalised has the array")
    names = [str(label) for label in mdp.states]
    columns: dict[str, list[Any]] = {
        "number": list(range(len(rows))),
        "policy": [policy_text(policy(k)) for k in range(len(rows))],
    }
    if full:
        columns |= {f"visits of {name}": rows[:, s].tolist() for s, name in enumerate(names)}
    else:
        columns["visits"] = [visits_text(row, names) for row in rows]
    return Table(columns, caption)


def distribution_arrays(
    mdp: RewardlessMDP,
    rows: FloatArray,
    policies: Sequence[Mapping[int, int]],
    told: str,
    attributes: Mapping[str, Any],
    *,
    grid: bool,
) -> xr.Dataset:
    """``visits`` and ``policy`` along (distribution, state).

    Parameters
    ----------
    mdp : RewardlessMDP
    rows : (K, S) array
    policies : sequence of {state index: pair index}
    told : str
        What the rows are.
    attributes : mapping
    grid : bool
        Whether to give rows × columns of the map in place of its states.

    Returns
    -------
    xarray.Dataset
        ``policy`` has the labels of actions, and "" where the policy does not come.
    """
    labels = np.array(["", *map(str, mdp.action_names)])
    codes = np.zeros(rows.shape, np.int64)
    for k, policy in enumerate(policies):
        codes[k, list(policy)] = 1 + mdp.action_codes[list(policy.values())]
    where = ("distribution", "state")
    coordinates = {"distribution": np.arange(len(rows)), "state": written(mdp.states)}
    data = labelled({"visits": (where, rows), "policy": (where, labels[codes])}, coordinates, attributes)
    data["visits"].attrs |= {"long_name": told, "units": "1"}
    data["policy"].attrs["long_name"] = "action where the policy comes"
    return on_grid(data, mdp.layout) if grid else data


def policy_text(policy: Mapping[Label, Label]) -> str:
    """``s→a, s2→a2``; actions that are named "->s2", as the paper's are, have their arrow already."""
    return ", ".join(f"{s}{a}" if str(a).startswith("->") else f"{s}→{a}" for s, a in policy.items())


def visits_text(row: FloatArray, names: Sequence[str], most: int = 8) -> str:
    """``t1 .9, root .1``: the states that are visited, the most first."""
    order = [s for s in np.argsort(-row, kind="stable").tolist() if row[s] > 0]
    told = [f"{names[s]} {f'{row[s]:.3g}'.removeprefix('0')}" for s in order[:most]]
    return ", ".join([*told, "…"] if len(order) > most else told)
