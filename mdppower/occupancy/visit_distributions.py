"""Visit distributions F(s), those that matter F_nd(s), and where they end RSD(s).

F(s) is the set of f^{π,s}(γ) = Σ_t γ^t E[e_{s_t}] over deterministic policies π, as *functions* of γ: two policies
with the same f at two generic rates, at γ itself, and in the limit γ → 1 are taken to have the same one.
F(s | π(s') = a) has those of the policies that take a at s' whenever they come there. F_nd(s) has those that are
strictly best for some reward at some γ (Turner et al., arXiv 1912.01683, Defs. 3.3 to 3.6).

`mdppower.occupancy.nondominated` lists F_nd(s) without F(s).

RSD(s) are the limits of (1−γ) f at γ → 1 (Def. 6.10). Those that strictly maximise average reward for some R,
RSD_nd(s), are limits of F_nd(s): a reward that has d as its only best end has an optimal policy in F_nd that is the
same for all γ near 1.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from functools import cached_property
from typing import TYPE_CHECKING, Any

import numpy as np

from mdppower._checks import discount_rates, positive_integer
from mdppower._text import count, rate_text
from mdppower._typing import FloatArray, Label
from mdppower.errors import ParameterError, SizeError
from mdppower.mdp.actions import distinct_choices, restricted
from mdppower.mdp.argument import check_mdp
from mdppower.mdp.model import RewardlessMDP
from mdppower.mdp.policy_table import table_of
from mdppower.occupancy.closed_policies import (
    announce,
    closed_policies,
    estimate_policies,
    recurrent_distribution,
    visit_distribution,
)
from mdppower.occupancy.distribution_tables import distribution_arrays, distribution_table
from mdppower.occupancy.nondominated import nondominated_policies
from mdppower.occupancy.vectors import distinct_rows, extreme_rows, row_groups
from mdppower.results.result import SHOWN, Result
from mdppower.results.table import Table

if TYPE_CHECKING:
    from os import PathLike

    import xarray as xr
    from matplotlib.figure import Figure

GENERIC = (0.37190423, 0.81234567)
"""Rates at which functions of γ are told apart."""
ROUNDING = 1e-12
"""Visits whose entries differ by no more than this share are the same; they are right to much less."""
LIMIT = 100_000
FEW_STATES, FEW_POLICIES = 200, 500
"""Sets up to about this size are listed where they are printed."""
_CHAINS = 4
"""How often a chain is solved: at two generic rates, at γ, and at the limit."""


@dataclass(frozen=True, eq=False, repr=False)
class Visits(Result):
    """A set of visit distributions F(s), F_nd(s), or F(s | π(s') = a) at one γ, made when first asked for.

    Attributes
    ----------
    whole : RewardlessMDP
    mdp : RewardlessMDP
        The same, with other actions taken out where some were given.
    start : label
    gamma : float
    given : mapping
        {state: action} that all policies obey.
    limit : int
        Most closed policies to list.

    Examples
    --------
    >>> import mdppower as mp
    >>> F = mp.visits(mp.envs.figure_1(), "star", 0.5)
    >>> len(F), len(F.nondominated())
    (11, 5)
    >>> F.nondominated().policy(1)
    {'star': '->l_tri', 'l_tri': '->l_sw', 'l_sw': '->l_sw'}
    """

    whole: RewardlessMDP
    mdp: RewardlessMDP
    start: Label
    gamma: float
    given: Mapping[Label, Label]
    limit: int = LIMIT
    _chosen: tuple[dict[int, int], ...] | None = field(default=None, repr=False)

    @cached_property
    def policies(self) -> tuple[dict[int, int], ...]:
        """A closed partial policy {state index: pair index} for each distribution of the set; see `policy`."""
        if self._chosen is not None:
            return self._chosen
        found = list(closed_policies(self.mdp, self.start, limit=self.limit, choices=distinct_choices(self.mdp)))
        _require_memory(len(found), self.mdp.n_states)
        if self.mdp.is_deterministic:
            return tuple(found)  # a path into a cycle can be read off its visits: no two are the same
        chains = sum(map(_chain_seconds, found))
        announce(_CHAINS * chains, f"to solve the chains of {len(found):,} policies from state {self.start!r}")
        probes = np.hstack([self._rows(found, gamma) for gamma in GENERIC])
        kept: list[int] = []
        for group in row_groups(probes, ROUNDING, relative=True):
            # Chances of 1e-17 decide nothing at these rates, and all near 1.
            among = [found[k] for k in group]
            here = [self._rows(among, self.gamma)] if 0 < self.gamma < 1 and len(group) > 1 else []
            ends = np.hstack([_limits(self.mdp, among, self.start), *here]) if len(group) > 1 else probes[group]
            kept += [group[i] for i in distinct_rows(ends, ROUNDING, relative=True)]
        return tuple(found[k] for k in sorted(kept))

    def __len__(self) -> int:
        return len(self.policies)

    def policy(self, k: int) -> dict[Label, Label]:
        """The policy of the k-th distribution, {state: action} for the states that it visits.

        Examples
        --------
        >>> import mdppower as mp
        >>> mp.visits(mp.envs.fork(2), "root", 0.9).policy(1)
        {'root': '->t2', 't2': '->t2'}
        """
        return dict(self.mdp.pair_label(p) for _, p in _in_order(self.mdp, self.policies[k], self.start))

    def policy_table(self, k: int) -> FloatArray:
        """The policy of the k-th distribution as a table; states that it does not visit take all actions alike.

        Returns
        -------
        (S, A) array
            The probability of each action, in the order of ``mdp.action_names``, in each state.

        Raises
        ------
        SizeError
            It would take more than 1 GiB.

        Examples
        --------
        >>> import mdppower as mp
        >>> mp.visits(mp.envs.fork(2), "root", 0.9).policy_table(1).tolist()
        [[0.0, 1.0], [1.0, 0.0], [0.0, 1.0]]
        """
        return _table(self.mdp, self.policies[k])

    @cached_property
    def rows(self) -> FloatArray:
        """(K, S) the distributions f(γ), each of sum 1/(1−γ); ParameterError at γ = 1, where there are none.

        Examples
        --------
        >>> import mdppower as mp
        >>> mp.visits(mp.envs.fork(2), "root", 0.5).rows.tolist()
        [[1.0, 1.0, 0.0], [1.0, 0.0, 1.0]]
        """
        if self.gamma == 1:
            raise ParameterError("at gamma = 1 visits do not converge; .normalised has the limits of (1−γ)f")
        return self._rows(self.policies, self.gamma)

    @cached_property
    def normalised(self) -> FloatArray:
        """(K, S) the rows of the VALUE set: (1−γ)f, of sum 1; at γ = 1 the recurrent distributions.

        Examples
        --------
        >>> import mdppower as mp
        >>> mp.visits(mp.envs.fork(2), "root", 1).normalised.tolist()
        [[0.0, 1.0, 0.0], [0.0, 0.0, 1.0]]
        """
        if self.gamma == 1:
            return _limits(self.mdp, self.policies, self.start)
        return (1 - self.gamma) * self.rows

    @cached_property
    def power_rows(self) -> FloatArray:
        """(K, S) the rows of the POWER set: (1−γ)/γ (f − e_s), of sum 1, at every γ in [0, 1].

        POWER(s, γ) is the mean over rewards of the greatest ⟨row, R⟩.

        Examples
        --------
        >>> import mdppower as mp
        >>> mp.visits(mp.envs.fork(2), "root", 0.5).power_rows.tolist()
        [[0.0, 1.0, 0.0], [0.0, 0.0, 1.0]]
        """
        if self.gamma == 1:
            return _limits(self.mdp, self.policies, self.start)
        return (1 - self.gamma) * self._rows(self.policies, self.gamma, delayed=True)

    def nondominated(self) -> Visits:
        r"""Those of the set that are strictly best for some reward: F_nd(s) (Def. 3.6), or F_nd(s | π(s') = a).

        Found by a search that does not list F(s), nor depend on γ; see
        `mdppower.occupancy.nondominated`. On open grids with *stay*, from a corner:

        ===== ======= ====== ===============
        grid  F       F_nd   seconds, F_nd
        ===== ======= ====== ===============
        2×3   43      10     < 0.01
        3×3   211     25     < 0.01
        3×4   871     57     < 0.01
        4×4   6,303   161    < 0.01
        5×5   490,831 1,625  0.02
        ===== ======= ====== ===============

        Returns
        -------
        Visits

        Raises
        ------
        SizeError
            There are more than `limit`.
        SolverError
            The lead of a policy of a stochastic MDP is between 1e-9 and 1e-7 of how far rows are apart: too small to
            tell.

        Examples
        --------
        >>> import mdppower as mp
        >>> [len(mp.visits(mp.envs.figure_1(), s, 0.5).nondominated()) for s in ("star", "l_tri", "r_tri")]
        [5, 2, 2]
        """
        found = (policy for policy, _ in nondominated_policies(self.mdp, self.start, self.limit))
        return replace(self, _chosen=tuple(p for p in found if self._chosen is None or p in self._chosen))

    def select(self, positions: Sequence[int]) -> Visits:
        """Some of the distributions, by their positions.

        Parameters
        ----------
        positions : sequence of int

        Returns
        -------
        Visits

        Raises
        ------
        ParameterError
            There is no such position, or none is given.

        Examples
        --------
        >>> import mdppower as mp
        >>> mp.visits(mp.envs.fork(3), "root", 0.5).select([0, 2]).rows.tolist()
        [[1.0, 1.0, 0.0, 0.0], [1.0, 0.0, 0.0, 1.0]]
        """
        wrong = [k for k in positions if not 0 <= k < len(self)]
        if wrong or len(positions) == 0:
            what = f"there is no position {wrong[0]!r}" if wrong else "no positions were given"
            raise ParameterError(f"{what}; this set has positions 0 … {len(self) - 1}")
        return replace(self, _chosen=tuple(self.policies[k] for k in positions))

    @property
    def is_whole(self) -> bool:
        """Whether these are all that the actions taken out leave: no selection."""
        return self._chosen is None

    def witnesses(self) -> FloatArray:
        """(K, S) for each distribution of F_nd, selected or not, a reward for which it is strictly best at this γ.

        Returns
        -------
        (K, S) array
            In the order of ``nondominated()``.

        Raises
        ------
        SizeError
            There are more than `limit`.

        Examples
        --------
        >>> import mdppower as mp
        >>> F = mp.visits(mp.envs.fork(2), "root", 0.5)
        >>> (F.witnesses() @ F.nondominated().rows.T).argmax(axis=1)
        array([0, 1])
        """
        values = np.array([v for _, v in nondominated_policies(self.mdp, self.start, self.limit)])
        best = np.maximum.reduceat(values @ self.mdp.kernel.T, self.mdp.pointer[:-1], axis=1)
        return np.asarray(values - self.gamma * best)

    def recurrent(self) -> Recurrent:
        """Where these policies end: their recurrent state distributions, without repeats.

        Examples
        --------
        >>> import mdppower as mp
        >>> len(mp.visits(mp.envs.figure_1(), "star", 0.5).recurrent())
        6
        """
        limits = _limits(self.mdp, self.policies, self.start)
        first = distinct_rows(limits, ROUNDING, relative=True)
        return Recurrent(self, limits[first], tuple(self.policies[k] for k in first))

    def _rows(self, policies: Sequence[dict[int, int]], gamma: float, *, delayed: bool = False) -> FloatArray:
        rows = [visit_distribution(self.mdp, p, self.start, gamma, delayed=delayed) for p in policies]
        return np.array(rows).reshape(-1, self.mdp.n_states)

    # ------------------------------------------------------------------ as a result

    def of(self, state: Label) -> FloatArray:
        """The visits of a state by each of the distributions, (1−γ)f(state): the column of `normalised`.

        Returns
        -------
        (K,) array

        Raises
        ------
        LabelError
            There is no such state.

        Examples
        --------
        >>> import mdppower as mp
        >>> mp.visits(mp.envs.fork(2), "root", 0.75).of("t2")
        array([0.  , 0.75])
        """
        return self.normalised[:, self.mdp.index(state)]

    def table(self, *, full: bool = True) -> Table:
        """The distributions, one row each.

        Parameters
        ----------
        full : bool
            Whether each state has a column; else the states that are visited most are named in one.

        Returns
        -------
        Table
            Columns number (see `policy`), policy, and visits: (1−γ)f.

        Raises
        ------
        SizeError
            There are too many.

        Examples
        --------
        >>> import mdppower as mp
        >>> mp.visits(mp.envs.fork(2), "root", 0.9).table(full=False)
        number  policy            visits
             0  root->t1, t1->t1  t1 .9, root .1
             1  root->t2, t2->t2  t2 .9, root .1
        visits: (1−γ)f, γ = 0.9
        """
        return distribution_table(self.mdp, self.normalised, self.policy, self._told, full=full)

    @property
    def _told(self) -> str:
        what = "limits of (1−γ)f, γ → 1" if self.gamma == 1 else f"(1−γ)f, γ = {rate_text(self.gamma)}"
        return f"visits: {what}"

    def to_xarray(self, *, grid: bool = False) -> xr.Dataset:
        """Labelled arrays along (distribution, state): visits (1−γ)f, and policy, as labels of actions.

        Parameters
        ----------
        grid : bool
            Whether to give rows × columns of the map in place of its states.

        Returns
        -------
        xarray.Dataset
            ``policy`` is "" where the policy does not come.

        Raises
        ------
        ParameterError
            The states are no cells of a grid.

        Examples
        --------
        >>> import mdppower as mp
        >>> data = mp.visits(mp.envs.fork(2), "root", 0.75).to_xarray()
        >>> data.visits.sel(state="t2").values, data.policy.sel(distribution=1).values.tolist()
        (array([0.  , 0.75]), ['->t2', '', '->t2'])
        """
        told = "share of discounted visits, (1−γ)f" if self.gamma < 1 else "share of time, in the long run"
        about = {"gamma": self.gamma, "start": str(self.start)}
        about |= {f"given {state}": str(action) for state, action in self.given.items()}
        return distribution_arrays(self.mdp, self.normalised, self.policies, told, about, grid=grid)

    def plot(
        self,
        path: str | PathLike[str] | None = None,
        *,
        x: Label | None = None,
        y: Label | None = None,
        **options: Any,
    ) -> Figure:
        """A picture: the visits of two states by all distributions, and their hull.

        See `mdppower.display.polytope_picture.plot_polytope`.

        Parameters
        ----------
        path : str or path, optional
        x, y : labels, optional
            The states on the axes; by default those whose visits differ most.
        **options
            ``title``, and how it looks: see `mdppower.display.polytope_picture.plot_polytope`.

        Returns
        -------
        matplotlib.figure.Figure

        Examples
        --------
        >>> import mdppower as mp
        >>> figure = mp.visits(mp.envs.fork(3), "root", 0.9).plot(x="t1", y="t2")
        """
        from mdppower.display.polytope_picture import plot_polytope

        apart = np.zeros(self.mdp.n_states) if None not in (x, y) else np.ptp(self.normalised, axis=0)
        return plot_polytope(self, *two_axes(self.mdp, apart, x, y), path, **options)

    @cached_property
    def _is_listed(self) -> bool:
        """Whether it may be listed where it is printed: it is already, or that is nothing."""
        if self._chosen is not None or "policies" in self.__dict__:
            return True
        few = self.mdp.n_states <= FEW_STATES
        return few and estimate_policies(self.mdp, [self.start]) <= min(FEW_POLICIES, self.limit)

    def _summary(self) -> Table:
        if not self._is_listed and "policies" not in self.__dict__:
            return Table({}, "not listed: that many; .policies, .rows and .table() list them")
        first = self if len(self) <= SHOWN else self.select(range(SHOWN))
        table = first.table(full=False)
        table.caption += f"; the first of {count(len(self), 'distribution')}" * (first is not self)
        return table

    def __repr__(self) -> str:
        given = "".join(f", π({s!r}) = {a!r}" for s, a in self.given.items())
        size = f": {count(len(self), 'distribution')}" if self._is_listed or "policies" in self.__dict__ else ""
        return f"Visits(from {self.start!r}{given}, γ={rate_text(self.gamma)}{size})"


@dataclass(frozen=True, eq=False, repr=False)
class Recurrent(Result):
    """Recurrent state distributions: limits of (1−γ) f at γ → 1 (Def. 6.10).

    Attributes
    ----------
    visits : Visits
        The set that they are limits of.
    rows : (K, S) array
        Each of sum 1.
    policies : tuple of dict
        A closed partial policy {state index: pair index} that ends in each.

    Examples
    --------
    >>> import mdppower as mp
    >>> ends = mp.rsd(mp.envs.figure_1(), "l_tri")
    >>> ends.rows[:, mp.envs.figure_1().index("l_sw")].tolist()
    [0.5, 1.0]
    """

    visits: Visits
    rows: FloatArray
    policies: tuple[dict[int, int], ...]

    @property
    def mdp(self) -> RewardlessMDP:
        """The MDP."""
        return self.visits.mdp

    @property
    def start(self) -> Label:
        """The state from which they are reached."""
        return self.visits.start

    def __len__(self) -> int:
        return len(self.rows)

    def policy(self, k: int) -> dict[Label, Label]:
        """A policy that ends in the k-th distribution, {state: action}."""
        return dict(self.mdp.pair_label(p) for _, p in _in_order(self.mdp, self.policies[k], self.start))

    def policy_table(self, k: int) -> FloatArray:
        """(S, A) a policy that ends in the k-th distribution, as `Visits.policy_table` has it."""
        return _table(self.mdp, self.policies[k])

    def nondominated(self) -> Recurrent:
        """RSD_nd(s): those that strictly maximise average reward for some R, by one linear program each.

        Returns
        -------
        Recurrent

        Examples
        --------
        >>> import mdppower as mp
        >>> len(mp.rsd(mp.envs.figure_1(), "star").nondominated())  # not the cycle of r_ne and r_se
        5
        """
        among = self.visits.nondominated().recurrent()
        return _subset(among, extreme_rows(among.rows))

    def of(self, state: Label) -> FloatArray:
        """(K,) the share of time in a state, in the long run: the column of `rows`.

        Examples
        --------
        >>> import mdppower as mp
        >>> mp.rsd(mp.envs.figure_1(), "l_tri").of("l_sw")
        array([0.5, 1. ])
        """
        return self.rows[:, self.mdp.index(state)]

    def table(self, *, full: bool = True) -> Table:
        """The distributions, one row each, as `Visits.table` has them.

        Examples
        --------
        >>> import mdppower as mp
        >>> mp.rsd(mp.envs.fork(2), "root").table(full=False)["visits"]
        ['t1 1', 't2 1']
        """
        return distribution_table(self.mdp, self.rows, self.policy, "visits: share of time, γ → 1", full=full)

    def to_xarray(self, *, grid: bool = False) -> xr.Dataset:
        """Labelled arrays along (distribution, state), as `Visits.to_xarray` has them."""
        told, about = "share of time, in the long run", {"gamma": 1.0, "start": str(self.start)}
        return distribution_arrays(self.mdp, self.rows, self.policies, told, about, grid=grid)

    def _summary(self) -> Table:
        first = self if len(self) <= SHOWN else _subset(self, list(range(SHOWN)))
        table = first.table(full=False)
        table.caption += f"; the first of {count(len(self), 'distribution')}" * (first is not self)
        return table

    def __repr__(self) -> str:
        return f"Recurrent(from {self.start!r}, γ → 1: {count(len(self), 'distribution')})"


def visits(
    mdp: RewardlessMDP, start: Label, gamma: float, *, given: Mapping[Label, Label] | None = None, limit: int = LIMIT
) -> Visits:
    """The visit distributions F(s), or F(s | π(s') = a), from a start state.

    On the command line: ``mdppower visits ENV --state STATE``.

    Parameters
    ----------
    mdp : RewardlessMDP
    start : state label
    gamma : float
        In [0, 1]; at 1 only the limits ``normalised`` and ``power_rows`` exist.
    given : mapping from state to action, optional
        What policies take whenever they come to these states. This is not Q*: the action is taken at *every* visit.
    limit : int
        Most policies to list (a tenth for F_nd of a stochastic MDP, where each takes some linear programs); more are
        refused with an estimate of their number.

    Returns
    -------
    Visits
        Nothing is listed before its ``rows``, ``policies`` or length are asked for; ``nondominated()`` never lists
        all of F.

    Raises
    ------
    LabelError
        There is no such state or action.
    ParameterError
        γ is out of range.

    Warns
    -----
    MDPPowerWarning
        Where they are asked for: to list the policies of a stochastic MDP, or to solve their chains, takes more than
        3 s, with the estimate. What takes more than 300 s is a SizeError.

    Examples
    --------
    >>> import mdppower as mp
    >>> F = mp.visits(mp.envs.fork(3), "root", 0.5, given={"root": "->t2"})
    >>> F.normalised.tolist()
    [[0.5, 0.0, 0.5, 0.0]]
    """
    check_mdp(mdp)
    (rate, *_), single = discount_rates(gamma)
    if not single:
        raise ParameterError(f"visits takes one gamma, got {gamma!r}")
    positive_integer(limit, "limit")
    mdp.index(start)
    given = dict(given or {})
    return Visits(mdp, restricted(mdp, given) if given else mdp, start, rate, given, limit)


def rsd(
    mdp: RewardlessMDP, start: Label, *, given: Mapping[Label, Label] | None = None, limit: int = LIMIT
) -> Recurrent:
    """The recurrent state distributions RSD(s), or RSD(s | π(s') = a) (Turner et al., Def. 6.10).

    On the command line: ``mdppower visits ENV --state STATE --rsd``.

    Parameters
    ----------
    mdp, start, given, limit
        As for `visits`.

    Returns
    -------
    Recurrent

    Raises
    ------
    SizeError
        There are more than `limit` closed policies.

    Examples
    --------
    >>> import mdppower as mp
    >>> mp.rsd(mp.envs.fork(2), "root").rows.tolist()
    [[0.0, 1.0, 0.0], [0.0, 0.0, 1.0]]
    """
    check_mdp(mdp)
    return visits(mdp, start, 1.0, given=given, limit=limit).recurrent()


def two_axes(mdp: RewardlessMDP, apart: FloatArray, x: Label | None, y: Label | None) -> tuple[Label, Label]:
    """Two states for the axes of a picture: those that are named, else those that are furthest apart.

    Parameters
    ----------
    mdp : RewardlessMDP
    apart : (S,) array
        How much visits of each state differ.
    x, y : labels or None

    Returns
    -------
    x, y : labels

    Raises
    ------
    ParameterError
        There is but one state.
    """
    named = {mdp.index(label) for label in (x, y) if label is not None}
    free = [s for s in np.argsort(-apart, kind="stable").tolist() if s not in named]
    chosen = [mdp.states[free.pop(0)] if label is None and free else label for label in (x, y)]
    if chosen[0] is None or chosen[1] is None:
        raise ParameterError("a picture of visits has two states for axes; this MDP has one")
    return chosen[0], chosen[1]


def _limits(mdp: RewardlessMDP, policies: Sequence[dict[int, int]], start: Label) -> FloatArray:
    return np.array([recurrent_distribution(mdp, p, start) for p in policies]).reshape(-1, mdp.n_states)


def _subset(among: Recurrent, kept: list[int]) -> Recurrent:
    return Recurrent(among.visits, among.rows[kept], tuple(among.policies[k] for k in kept))


def _table(mdp: RewardlessMDP, policy: dict[int, int]) -> FloatArray:
    weights = np.zeros(mdp.n_pairs)
    weights[list(policy.values())] = 1.0
    return table_of(mdp, weights)


def _in_order(mdp: RewardlessMDP, policy: dict[int, int], start: Label) -> Iterator[tuple[int, int]]:
    """The states and pairs of a closed policy in the order in which they are first reached."""
    kernel, waiting, seen = mdp.kernel, [mdp.index(start)], set()
    while waiting:
        s = waiting.pop(0)
        if s not in seen:
            seen.add(s)
            yield s, policy[s]
            waiting += kernel.indices[kernel.indptr[policy[s]] : kernel.indptr[policy[s] + 1]].tolist()


def _chain_seconds(policy: dict[int, int]) -> float:
    """What the visits of a policy take, about, at one rate."""
    return 2.5e-4 + 4e-10 * len(policy) ** 3


def _require_memory(count: int, n_states: int) -> None:
    if count * n_states > 2**28:
        raise SizeError(f"{count:,} distributions over {n_states:,} states take {count * n_states / 2**27:.1f} GiB")
