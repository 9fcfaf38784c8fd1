"""The quantities that Turner's theorems compare, each a number of every reward function with a bound on its error.

The theorems (arXiv 1912.01683) compare two numbers f₁(R) and f₂(R) reward function by reward function: over an orbit
(`mdppower.orbits`) or draw by draw (`mdppower.orbits.pathwise_tests`). For a degenerate D, which is one reward
function R, they need no average:

=================== ======================================================= ==========================
quantity            its value at R                                          of Turner et al.
=================== ======================================================= ==========================
`state_power`       X_s = h_Q(s)(R) = max_a E_{t~T(s,a)} v(t)               POWER, Def. 5.2, γ in [0, 1]
`state_value`       v(s) = (1−γ) V*(s); not POWER: it counts R(s)           Def. 3.3
`greatest_power`    max_s X_s                                               Prop. 5.4
`action_power`      Σ_t T(t|s,a) X_t                                        Def. 5.6
`action_is_optimal` 1 if some optimal policy takes a at s, else 0           P_D(s, a, γ), Def. 4.4
`average_optimal`   1 if some d of D' has the greatest average reward       P_D(D', average), Def. 6.11
=================== ======================================================= ==========================

with v = (1−γ)R + γ max_a T_a v. The solver gives v to a proved gap g, so that X_s is known to g and the rounding of
one row of T: a sum of k products of T(t|s,a) and v(t) is off by at most (k + 2) u max |v|, u = 2^-53, and by nothing
where the row has a single 1. What is left open of an indicator is the value 1/2 with an error of 1/2.
"""

from __future__ import annotations

from collections.abc import Sequence
from functools import partial
from typing import Any, TypeAlias

import numpy as np
import numpy.typing as npt
from scipy.sparse import csgraph

from mdppower._checks import discount_rates
from mdppower._text import rate_text
from mdppower._typing import AnyArray, BoolArray, FloatArray, Label
from mdppower.errors import ParameterError
from mdppower.mdp.argument import check_mdp
from mdppower.mdp.graph import adjacency
from mdppower.mdp.model import RewardlessMDP
from mdppower.occupancy.vectors import as_rows
from mdppower.occupancy.visit_distributions import Recurrent
from mdppower.optimal_sets.optimal_actions import UNIT, require_size
from mdppower.optimal_sets.taylor import products
from mdppower.orbits.quantity import Quantity, Read, Source
from mdppower.solvers.optimal_values import pick

# ---------------------------------------------------------------------- numbers


def state_power(mdp: RewardlessMDP, state: Label, gamma: float, *, method: str = "auto") -> Quantity:
    """X_s = h_Q(s)(R) = max_a E v(s'): POWER(s, γ) of the degenerate distribution of R (Def. 5.2).

    Parameters
    ----------
    mdp : RewardlessMDP
    state : label
    gamma : float
        In [0, 1]; at 1 the greatest average reward from the state.
    method : str
        Of `optimal_values`.

    Returns
    -------
    Quantity

    Raises
    ------
    LabelError, ParameterError

    Examples
    --------
    The reward of the state itself does not count where it is not met again.

    >>> import mdppower as mp
    >>> state_power(mp.envs.fork(2), "root", 0.5)([9.0, 1.0, 2.0])[0].tolist()
    [2.0]
    """
    check_mdp(mdp)
    source, s = _values(mdp, gamma, method), mdp.index(state)
    return Quantity(f"POWER({state!r}){_at(source.gamma)}", source, partial(_ahead, mdp, [s]), _power_reader(mdp, s))


def state_value(mdp: RewardlessMDP, state: Label, gamma: float, *, method: str = "auto") -> Quantity:
    """v(s) = (1−γ) V*(s), which counts R(s): the VALUE set's worth, not to be taken for POWER.

    Parameters
    ----------
    mdp, state, gamma, method
        As for `state_power`.

    Returns
    -------
    Quantity

    Examples
    --------
    >>> import mdppower as mp
    >>> state_value(mp.envs.fork(2), "root", 0.5)([9.0, 1.0, 2.0])[0].tolist()
    [5.5]
    """
    check_mdp(mdp)
    source, s = _values(mdp, gamma, method), mdp.index(state)
    return Quantity(
        f"v({state!r}){_at(source.gamma)}",
        source,
        partial(_ahead, mdp, [s], also=[s]),
        partial(_read_value, s),
    )


def greatest_power(mdp: RewardlessMDP, gamma: float, *, method: str = "auto") -> Quantity:
    """The greatest of all states' h_Q(s)(R).

    Parameters
    ----------
    mdp, gamma, method
        As for `state_power`.

    Returns
    -------
    Quantity

    Examples
    --------
    >>> import mdppower as mp
    >>> greatest_power(mp.envs.fork(2), 0.5)([9.0, 1.0, 2.0])[0].tolist()
    [2.0]
    """
    check_mdp(mdp)
    source = _values(mdp, gamma, method)
    return Quantity(
        f"greatest POWER{_at(source.gamma)}",
        source,
        partial(_ahead, mdp, [], also=mdp.kernel.indices),  # the states that something leads to
        partial(_read_greatest, mdp, _rounding(mdp, 0, mdp.n_pairs)),
    )


def action_power(mdp: RewardlessMDP, state: Label, action: Label, gamma: float, *, method: str = "auto") -> Quantity:
    """Σ_t T(t|s,a) X_t: how much POWER an action seeks (Def. 5.6).

    Parameters
    ----------
    mdp : RewardlessMDP
    state, action : labels
    gamma : float
    method : str

    Returns
    -------
    Quantity

    Raises
    ------
    LabelError
        The state has no such action.

    Examples
    --------
    >>> import mdppower as mp
    >>> lottery = mp.RewardlessMDP.from_successors(
    ...     {"s": {"a": {"x": 0.25, "y": 0.75}}, "x": {"stay": "x"}, "y": {"stay": "y"}})
    >>> action_power(lottery, "s", "a", 0.5)([0.0, 4.0, 8.0])[0].round(12).tolist()
    [7.0]
    """
    check_mdp(mdp)
    source, pair = _values(mdp, gamma, method), mdp.pair(state, action)
    row = mdp.kernel[[pair]]
    after, chances = row.indices.tolist(), row.data.tolist()
    read = partial(_read_mean, chances, [_power_reader(mdp, t) for t in after], _rounding(mdp, pair, pair + 1))
    name = f"POWER after {action!r} at {state!r}{_at(source.gamma)}"
    return Quantity(name, source, partial(_ahead, mdp, after), read)


# ---------------------------------------------------------------------- indicators


def action_is_optimal(
    mdp: RewardlessMDP, state: Label, action: Label, gamma: float, *, method: str = "auto"
) -> Quantity:
    """1 if some optimal policy takes the action at the state, else 0 (Def. 4.4); ties count.

    At γ = 0 and 1 this is about limits of optimal policy sets (Def. 4.1): at 1 Blackwell optimality. What cannot be
    decided, in a stochastic MDP where the question concerns more than 2,000 states, is 1/2, with an error of 1/2.

    Parameters
    ----------
    mdp : RewardlessMDP
    state, action : labels
    gamma : float
    method : str

    Returns
    -------
    Quantity

    Raises
    ------
    LabelError
        The state has no such action.
    SizeError
        γ = 1, and a stochastic MDP of more than 2,000 states.

    Examples
    --------
    >>> import mdppower as mp
    >>> north = action_is_optimal(mp.envs.figure_10(), "s1", "->s2", 1)
    >>> north([[0, 3, 1, 2], [0, 3, 3, 2], [0, 1, 2, 3]])
    (array([1., 1., 0.]), array([0., 0., 0.]))
    """
    check_mdp(mdp)
    pair, rate = mdp.pair(state, action), _rate(gamma)
    require_size(mdp, rate)
    source = Source(mdp, rate, pick(mdp, method), "optimal")
    return Quantity(
        f"[{action!r} optimal at {state!r}]{_at(rate)}",
        source,
        partial(_ahead, mdp, [mdp.index(state)]),
        partial(_read_code, pair),
    )


def average_optimal(
    mdp: RewardlessMDP, state: Label, ends: Recurrent | npt.ArrayLike, *, method: str = "auto", name: str = ""
) -> Quantity:
    """1 if some d of D' ⊆ RSD(s) has the greatest average reward of RSD(s), else 0 (Def. 6.11).

    One that falls short by no more than the certified error counts as attaining it, as ties do in
    `mdppower.compare`: the indicator is never 0 where it should be 1, and 1 where it should be 0 only for rewards
    within that error of a tie.

    Parameters
    ----------
    mdp : RewardlessMDP
    state : label
    ends : Recurrent or (K, S) array
        D', which must be part of RSD(s); that is not checked.
    method : str
    name : str
        What to call D'.

    Returns
    -------
    Quantity

    Raises
    ------
    LabelError, ParameterError

    Examples
    --------
    >>> import mdppower as mp
    >>> first = average_optimal(mp.envs.fork(2), "root", [[0, 1, 0]], name="t1")
    >>> first, first([[9, 2, 1], [9, 1, 2], [9, 1, 1]])[0].tolist()
    (Quantity([t1 average-optimal from 'root']), [1.0, 0.0, 1.0])
    """
    check_mdp(mdp)
    source, s = _values(mdp, 1.0, method), mdp.index(state)
    rows = as_rows(ends.rows if isinstance(ends, Recurrent) else ends, mdp.n_states)
    terms = int((rows != 0).sum(axis=1).max()) + 1
    # The rows were rounded, and the products are.
    rounding = 4 * UNIT * terms * float(np.abs(rows).sum(axis=1).max())
    support = partial(_ahead, mdp, [s], also=np.flatnonzero((rows != 0).any(axis=0)))

    what = name or f"{len(rows)} end{'s' * (len(rows) > 1)}"
    return Quantity(
        f"[{what} average-optimal from {state!r}]", source, support, partial(_read_ends, rows, rounding, s)
    )


# ---------------------------------------------------------------------- what they share


def _values(mdp: RewardlessMDP, gamma: float, method: str) -> Source:
    return Source(mdp, _rate(gamma), pick(mdp, method), "values")


def _rate(gamma: Any) -> float:
    (rate, *_), single = discount_rates(gamma)
    if not single:
        raise ParameterError(f"a quantity has one gamma, got {gamma!r}")
    return rate


def _at(gamma: float) -> str:
    return f" at γ={rate_text(gamma)}"


def _power_reader(mdp: RewardlessMDP, s: int) -> Read:
    """How to read X_s off the values."""
    first, last = mdp.pointer[s : s + 2]
    rows, rounding = mdp.kernel[first:last], _rounding(mdp, first, last)
    return partial(_read_power, rows, rounding)


def _rounding(mdp: RewardlessMDP, first: int, last: int) -> float:
    """Bound on the rounding of rows first … last − 1 of T times v, relative to max |v|."""
    begins = mdp.kernel.indptr[first : last + 1]
    entries = int(np.diff(begins).max())
    certain = entries == 1 and bool((mdp.kernel.data[begins[0] : begins[-1]] == 1).all())
    return 0.0 if certain else (entries + 2) * UNIT


def _ahead(mdp: RewardlessMDP, states: Sequence[int], also: npt.ArrayLike = ()) -> BoolArray:
    """(S,) the states that can be met one step or more after some of these; and those of `also`."""
    graph = adjacency(mdp)
    found = np.zeros(mdp.n_states, bool)
    for s in states:
        for t in graph.indices[graph.indptr[s] : graph.indptr[s + 1]]:
            if not found[t]:
                # Whoever is found has had all that comes after it found, too.
                found[csgraph.breadth_first_order(graph, int(t), return_predecessors=False)] = True
    found[np.asarray(also, dtype=np.intp)] = True
    return found


# ---------------------------------------------------------------------- readers, which processes can be sent

_Pair: TypeAlias = "tuple[FloatArray, FloatArray]"


def _read_power(rows: Any, rounding: float, _: FloatArray, v: AnyArray, gap: AnyArray) -> _Pair:
    return np.asarray((rows @ v.T).max(axis=0)), gap + rounding * np.abs(v).max(axis=1)


def _read_value(s: int, _: FloatArray, v: AnyArray, gap: AnyArray) -> _Pair:
    return v[:, s], gap


def _read_greatest(mdp: RewardlessMDP, rounding: float, _: FloatArray, v: AnyArray, gap: AnyArray) -> _Pair:
    return products(mdp, v).max(axis=1), gap + rounding * np.abs(v).max(axis=1)


def _read_mean(
    chances: list[float], readers: list[Read], rounding: float, rewards: FloatArray, v: AnyArray, gap: AnyArray
) -> _Pair:
    value, error = np.zeros(len(v)), rounding * np.abs(v).max(axis=1)
    for chance, reader in zip(chances, readers, strict=True):
        one, off = reader(rewards, v, gap)
        value += chance * one
        error += chance * off
    return value, error


def _read_code(pair: int, _: FloatArray, codes: AnyArray, __: AnyArray) -> _Pair:
    value, error = np.array([0.0, 1.0, 1.0, 0.5]), np.array([0.0, 0.0, 0.0, 0.5])  # NOT, STRICT, TIED, OPEN
    return value[codes[:, pair]], error[codes[:, pair]]


def _read_ends(rows: FloatArray, rounding: float, s: int, rewards: FloatArray, v: AnyArray, gap: AnyArray) -> _Pair:
    best = np.full(len(rewards), -np.inf)
    for row in rows:
        np.maximum(best, rewards @ row, out=best)
    allowed = gap + rounding * np.abs(rewards).max(axis=1)
    return (best >= v[:, s] - allowed).astype(np.float64), np.zeros(len(rewards))
