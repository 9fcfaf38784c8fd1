"""The occupancy polytope: what policies can visit, as one convex set.

From a start distribution b, a policy visits the pair (s, a) x(s, a) = Σ_t γ^t P(s_t = s, a_t = a) times. With E the
P × S matrix that selects the state of a pair and T the kernel, for γ < 1 all policies (with memory or without) fill

    X = {x ≥ 0 : (E − γT)ᵀ x = b},      Σ x = 1/(1−γ)      (Puterman 1994, section 6.9)

Its vertices are the deterministic policies, told apart by what they do where they come. A reward function r on pairs
is worth max_{x ∈ X} r·x: the support function of X; the duals of the flow constraints are V.

At γ = 1, x is the long-run average. Σ x(s, ·) = Σ x T alone would forget the start; with y, what flows before the
chain settles (Hordijk & Kallenberg 1979; Puterman 1994, section 9.3),

    (E − T)ᵀ x = 0,    Eᵀ x + (E − T)ᵀ y = b,    x, y ≥ 0,      Σ x = 1

and X is the set of these x. It is the convex hull of the x of deterministic policies, though not each x in X is that
of a *stationary* policy: half to stay in a state for ever and half to leave it needs a coin thrown once.

Dimension at γ = 1. All x live on maximal end components c. The averages inside c, for mass 1, have dimension
(pairs of c) − (states of c): flow conservation has rank (states − 1), mass is one more equation, and all pairs can be
positive. The masses m of the components are free of these. In the quotient, where c is one node that may stop, let
the rows of B = E − T be the pairs that leave their component (or belong to none). The y that are positive on all of
them span {y : (yB)(n) = b(n) at each node n of no component}, and m = b − yB at the others; so the m have dimension
rank B − rank B_n, and B_n has full column rank, since no policy stays among such nodes for ever.

Units. Everything is in V units (mass 1/(1−γ)), since HiGHS' tolerances are absolute and (1−γ)b would sink below them;
`OccupancyPolytope.unit_mass` is the same polytope scaled to mass 1.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from functools import cached_property
from itertools import product
from math import prod
from numbers import Real
from typing import TYPE_CHECKING, Any

import numpy as np
import numpy.typing as npt
from scipy import sparse
from scipy.sparse import csgraph

from mdppower._checks import discount_rates, positive_integer
from mdppower._text import rate_text
from mdppower._typing import AnyArray, BoolArray, FloatArray, Label
from mdppower.errors import ParameterError, RewardError, SizeError, SolverError
from mdppower.mdp.argument import check_mdp
from mdppower.mdp.chains import EPS, reachable, visits
from mdppower.mdp.graph import adjacency, end_components
from mdppower.mdp.model import RewardlessMDP
from mdppower.mdp.policy_table import table_of, weights_of
from mdppower.occupancy.closed_policies import closed_policies, estimate_policies
from mdppower.occupancy.dual_values import dual_values
from mdppower.occupancy.support import Support
from mdppower.occupancy.support_function import maximise, pair_visits
from mdppower.occupancy.visit_distributions import two_axes
from mdppower.results.labelled import labelled, on_grid, written
from mdppower.results.result import SHOWN, Result
from mdppower.results.table import Table
from mdppower.solvers import linprog
from mdppower.solvers.given_rewards import reward_rows
from mdppower.solvers.linear_program import flow
from mdppower.solvers.optimal_values import pick, solve_rows

if TYPE_CHECKING:
    from os import PathLike

    import xarray as xr
    from matplotlib.figure import Figure

CELLS = 2**27
"""Most numbers in a dense array: 1 GiB."""
FEW_POLICIES = 500
"""Policies of a whole MDP up to which `OccupancyPolytope.vertices` lists the closed ones without an estimate."""
CHUNK = 2**20
"""About how many rewards are solved at once in `OccupancyPolytope.coordinate_range`."""
MOST_PRINTED = 2000
"""Most states of a polytope whose ranges are printed with it."""
_NAMES = {
    "start": "start distribution, in units of the polytope",
    "least": "least visits by a policy",
    "most": "most visits by a policy",
    "visits": "visits of the state at the vertex",
    "occupancy": "visits of the pair at the vertex",
}
NOISE = 1e-12
"""At γ = 1, a pair with less than this long-run average counts as not visited."""


@dataclass(frozen=True)
class Membership:
    """Whether a point is in the polytope (its truth value); if not, what is violated, and by how much at most."""

    inside: bool
    reason: str = ""
    amount: float = 0.0

    def __bool__(self) -> bool:
        return self.inside


class OccupancyPolytope(Result):
    """All discounted visits (γ < 1) or long-run averages (γ = 1) of the pairs that policies have from a start.

    Parameters
    ----------
    mdp : RewardlessMDP
    start : state label, mapping from label to probability, or (S,) array
        A distribution must sum to 1 within 1e-9; it is then scaled to sum to 1.
    gamma : float
        In [0, 1].

    Attributes
    ----------
    mdp, gamma
    start : (S,) array
        Read-only.

    Raises
    ------
    LabelError
        There is no such state.
    ParameterError
        Not a distribution, or γ is out of range.

    Examples
    --------
    >>> import mdppower as mp
    >>> OccupancyPolytope(mp.envs.fork(2), "root", 0.5)
    OccupancyPolytope(3 states, 4 pairs, from 'root', γ=0.5, mass 2)
    """

    def __init__(self, mdp: RewardlessMDP, start: Any, gamma: float) -> None:
        check_mdp(mdp)
        (self.gamma, *_), single = discount_rates(gamma)
        if not single:
            raise ParameterError(f"an occupancy polytope has one gamma, got {gamma!r}")
        self.mdp, self.start, self._scale = mdp, start_distribution(mdp, start), 1.0

    def __repr__(self) -> str:
        first = np.flatnonzero(self.start)
        origin = repr(self.mdp.states[first[0]]) if len(first) == 1 else f"{len(first)} states"
        return (
            f"OccupancyPolytope({self.mdp.n_states} states, {self.mdp.n_pairs} pairs, from {origin}, "
            f"γ={rate_text(self.gamma)}, mass {self.mass:.6g})"
        )

    # ------------------------------------------------------------------ as a result

    def of(self, state: Label) -> FloatArray:
        """The least and the most that policies visit a state, in units of the polytope.

        Returns
        -------
        (2,) array

        Raises
        ------
        LabelError
            There is no such state.
        SolverError
            A value could not be certified.

        Examples
        --------
        >>> import mdppower as mp
        >>> OccupancyPolytope(mp.envs.fork(2), "root", 0.5).of("t1")
        array([0., 1.])
        """
        return np.array(self._ranges(np.array([self.mdp.index(state)]))).ravel()

    def table(self) -> Table:
        """The least and the most that policies visit each state: `coordinate_range`.

        Returns
        -------
        Table
            Columns state, least, most.
        """
        return self._table(np.arange(self.mdp.n_states))

    def _table(self, states: AnyArray) -> Table:
        least, most = self._ranges(states)
        columns = {"state": [self.mdp.states[s] for s in states], "least": least.tolist(), "most": most.tolist()}
        what = "share of time" if self.gamma == 1 else f"visits, of {self.mass:.6g} in all"
        return Table(columns, f"least and most that policies are there ({what}, γ = {rate_text(self.gamma)})")

    def _summary(self) -> Table:
        n = self.mdp.n_states
        if n > MOST_PRINTED:
            return Table({}, "least and most visits of each state: .table()")
        table = self._table(np.arange(min(n, SHOWN)))
        table.caption += f"; the first of {n:,} states" * (n > SHOWN)
        return table

    def to_xarray(self, *, vertices: bool = False, grid: bool = False) -> xr.Dataset:
        """Labelled arrays along state: start, least, most; and of the vertices.

        Parameters
        ----------
        vertices : bool
            Whether to add the vertices: ``visits`` along (distribution, state), ``occupancy`` along
            (distribution, pair).
        grid : bool
            Whether to give rows × columns of the map in place of its states.

        Returns
        -------
        xarray.Dataset

        Raises
        ------
        SizeError
            There are too many vertices.
        ParameterError
            The states are no cells of a grid.

        Examples
        --------
        >>> import mdppower as mp
        >>> data = OccupancyPolytope(mp.envs.fork(2), "root", 0.5).to_xarray(vertices=True)
        >>> data.most.sel(state="t1").item(), data.visits.sel(state="t1").values
        (1.0, array([1., 0.]))
        """
        mdp, (least, most) = self.mdp, self.coordinate_range()
        names = written(mdp.states)
        variables: dict[str, tuple[tuple[str, ...], Any]] = {
            "start": (("state",), self._scale * self.start), "least": (("state",), least), "most": (("state",), most),
        }  # fmt: skip
        coordinates: dict[str, Any] = {"state": names}
        if vertices:
            points = self.vertices()
            variables["visits"] = ("distribution", "state"), self.state_visits(points)
            variables["occupancy"] = ("distribution", "pair"), points
            coordinates |= {"distribution": np.arange(len(points)), "pair": np.arange(mdp.n_pairs)}
            coordinates["state_of_pair"] = "pair", names[mdp.pair_states]
            coordinates["action"] = "pair", written(mdp.action_names)[mdp.action_codes]
        data = labelled(variables, coordinates, {"gamma": self.gamma, "mass": self.mass})
        for name, told in _NAMES.items():
            if name in data:
                data[name].attrs |= {"long_name": told, "units": "1"}
        return on_grid(data, mdp.layout) if grid else data

    def plot(
        self,
        path: str | PathLike[str] | None = None,
        *,
        x: Label | None = None,
        y: Label | None = None,
        **options: Any,
    ) -> Figure:
        """A picture: the visits of two states by all policies.

        See `mdppower.display.polytope_picture.plot_polytope`.

        Parameters
        ----------
        path : str or path, optional
        x, y : labels, optional
            The states on the axes; by default those whose visits can differ most.
        **options
            ``title``, and how it looks: see `mdppower.display.polytope_picture.plot_polytope`.

        Returns
        -------
        matplotlib.figure.Figure

        Examples
        --------
        >>> import mdppower as mp
        >>> figure = OccupancyPolytope(mp.envs.fork(3), "root", 0.9).plot(x="t1", y="t2")
        """
        from mdppower.display.polytope_picture import plot_polytope

        apart = np.zeros(self.mdp.n_states)
        if None in (x, y):
            least, most = self.coordinate_range()
            apart = most - least
        return plot_polytope(self, *two_axes(self.mdp, apart, x, y), path, **options)

    # ------------------------------------------------------------------ constraints

    @property
    def mass(self) -> float:
        """Σ x of every point: 1/(1−γ); 1 at γ = 1 and in the view `unit_mass`.

        Examples
        --------
        >>> import mdppower as mp
        >>> OccupancyPolytope(mp.envs.fork(2), "root", 0.75).mass
        4.0
        """
        return 1.0 if self.gamma == 1 or self._scale != 1 else 1 / (1 - self.gamma)

    @cached_property
    def unit_mass(self) -> OccupancyPolytope:
        """The same polytope scaled to mass 1: b is (1−γ) times the start; all methods speak in these units.

        Examples
        --------
        >>> import mdppower as mp
        >>> OccupancyPolytope(mp.envs.fork(2), "root", 0.75).unit_mass.b_eq
        array([0.25, 0.  , 0.  ])
        """
        if self.mass == 1:
            return self
        view = OccupancyPolytope(self.mdp, self.start, self.gamma)
        view._scale = 1 - self.gamma
        return view

    @cached_property
    def A_eq(self) -> sparse.csr_array:
        """(S, P) sparse (E − γT)ᵀ; at γ = 1 (2S, 2P), for the variables (x, y).

        Examples
        --------
        >>> mdp = RewardlessMDP.from_successors({"a": {"stay": "a", "go": "b"}, "b": {"stay": "b"}})
        >>> OccupancyPolytope(mdp, "a", 0.5).A_eq.toarray()
        array([[ 0.5,  1. ,  0. ],
               [ 0. , -0.5,  0.5]])
        """
        leave = flow(self.mdp, self.gamma).T
        if self.gamma < 1:
            return sparse.csr_array(leave)
        averages = sparse.hstack([leave, sparse.csr_array(leave.shape)])
        return sparse.csr_array(sparse.vstack([averages, sparse.hstack([flow(self.mdp, 0.0).T, leave])]))

    @cached_property
    def b_eq(self) -> FloatArray:
        """(S,) the start; at γ = 1 (2S,), zeros and then the start.

        Examples
        --------
        >>> import mdppower as mp
        >>> OccupancyPolytope(mp.envs.fork(2), {"t1": 0.5, "t2": 0.5}, 0.9).b_eq
        array([0. , 0.5, 0.5])
        """
        start = self._scale * self.start
        return start if self.gamma < 1 else np.r_[np.zeros(len(start)), start]

    def h_form(self) -> tuple[FloatArray, FloatArray, FloatArray, FloatArray]:
        """Dense inequalities and equations of the polytope; at γ = 1 for (x, y).

        Returns
        -------
        A_ub, b_ub, A_eq, b_eq : arrays
            The points with A_ub x ≤ b_ub and A_eq x = b_eq.

        Raises
        ------
        SizeError
            They would take more than 1 GiB.

        Examples
        --------
        >>> import mdppower as mp
        >>> [part.shape for part in OccupancyPolytope(mp.envs.fork(2), "root", 0.9).h_form()]
        [(4, 4), (4,), (3, 4), (3,)]
        """
        m, n = self.A_eq.shape
        _check_size(n, m + n)
        return -np.eye(n), np.zeros(n), self.A_eq.toarray(), self.b_eq.copy()

    def v_form(self) -> FloatArray:
        """The points whose convex hull the polytope is: `vertices`.

        Examples
        --------
        >>> import mdppower as mp
        >>> OccupancyPolytope(mp.envs.fork(2), "root", 0.0).v_form()
        array([[1., 0., 0., 0.],
               [0., 1., 0., 0.]])
        """
        return self.vertices()

    # ------------------------------------------------------------------ points and policies

    def occupancy(self, policy: Any) -> FloatArray:
        """x of a stationary policy: discounted visits, or start · P* at γ = 1.

        Parameters
        ----------
        policy : mapping, (S, A) table, (S,) array of int, or (P,) array
            {state label: action label or {action label: probability}}, in which states that it does not reach, or
            that have one action, may be missing; or the probability of each action, in the order of
            ``mdp.action_names``, in each state; or a position in ``mdp.action_names`` a state; or the probability of
            each pair, given its state.

        Returns
        -------
        (P,) array

        Raises
        ------
        LabelError
            There is no such state, or the state has no such action.
        ParameterError
            A state that is reached has no action, or probabilities do not sum to 1 in each state within 1e-9.

        Examples
        --------
        >>> mdp = RewardlessMDP.from_successors({"a": {"stay": "a", "go": "b"}, "b": {"stay": "b"}})
        >>> OccupancyPolytope(mdp, "a", 0.5).occupancy({"a": "go", "b": "stay"})
        array([0., 1., 1.])
        >>> OccupancyPolytope(mdp, "a", 1).occupancy([0.9, 0.1, 1.0])
        array([0., 0., 1.])
        """
        return np.asarray(self._scale * pair_visits(self.mdp, self.start, self.gamma, self._weights(policy)))

    def state_visits(self, x: npt.ArrayLike) -> FloatArray:
        """Visits of states: the sum of x over the actions of each.

        Parameters
        ----------
        x : (P,) or (N, P) array

        Returns
        -------
        (S,) or (N, S) array

        Examples
        --------
        >>> mdp = RewardlessMDP.from_successors({"a": {"stay": "a", "go": "b"}, "b": {"stay": "b"}})
        >>> OccupancyPolytope(mdp, "a", 0.5).state_visits([0.5, 0.75, 0.75])
        array([1.25, 0.75])
        """
        points = _numbers(x, "x")
        if points.ndim not in (1, 2) or points.shape[-1] != self.mdp.n_pairs:
            raise ParameterError(f"x must have {self.mdp.n_pairs} columns, one a pair; got shape {points.shape}")
        return np.asarray(np.add.reduceat(points, self.mdp.pointer[:-1], axis=-1))

    def policy(self, x: npt.ArrayLike) -> FloatArray:
        """A stationary policy with occupancy x: ``occupancy(policy(x))`` is x.

        Where x visits a state, its actions have their shares of the visits. Elsewhere, γ < 1, the policy cannot
        come, and takes all actions alike. At γ = 1 it may come and go on: states without x take the shares of y.

        Parameters
        ----------
        x : (P,) array, or at γ = 1 (x, y) in one (2P,) array
            Without y, one is sought by a linear program.

        Returns
        -------
        (P,) array
            The probability of each pair, given its state; `policy_table` has it by state and action.

        Raises
        ------
        ParameterError
            At γ = 1, no stationary policy has these averages (see the module's text).

        Examples
        --------
        >>> mdp = RewardlessMDP.from_successors({"a": {"stay": "a", "go": "b"}, "b": {"stay": "b"}})
        >>> OccupancyPolytope(mdp, "a", 0.5).policy([0.5, 0.75, 0.75])
        array([0.4, 0.6, 1. ])
        """
        point, y = self._split(x)
        shares = np.maximum(point, 0.0)
        if self.gamma == 1:
            shares[shares <= NOISE] = 0.0
            seen = self.state_visits(shares)[self.mdp.pair_states] > 0
            if y is None:
                # y must not leave by a pair that the policy will not take. Such a y exists if x is of a policy.
                y, miss = self._transient(point, ~seen | (shares > 0))
                if (off := float(np.abs(miss).max())) > 1e-9:
                    raise ParameterError(
                        self.contains(point).reason
                        or "no stationary policy has these averages: x stays for ever in states that part of it must "
                        f"leave (the flow from the start misses x by {off:.2g})"
                    )
            shares = np.where(seen, shares, np.maximum(y, 0.0))
        total = self.state_visits(shares)
        uniform = 1 / np.diff(self.mdp.pointer)
        owner = self.mdp.pair_states
        return np.where(total[owner] > 0, shares / np.where(total > 0, total, 1.0)[owner], uniform[owner])

    def policy_table(self, x: npt.ArrayLike) -> FloatArray:
        """`policy` as a table: the probability of each action, in the order of ``mdp.action_names``, in each state.

        Parameters
        ----------
        x : (P,) array, or at γ = 1 (x, y) in one (2P,) array

        Returns
        -------
        (S, A) array
            Can be given wherever a policy can: ``occupancy(policy_table(x))`` is x.

        Raises
        ------
        ParameterError
            As `policy`.
        SizeError
            It would take more than 1 GiB.

        Examples
        --------
        >>> mdp = RewardlessMDP.from_successors({"a": {"stay": "a", "go": "b"}, "b": {"stay": "b"}})
        >>> mdp.action_names, OccupancyPolytope(mdp, "a", 0.5).policy_table([0.5, 0.75, 0.75]).tolist()
        (('stay', 'go'), [[0.4, 0.6], [1.0, 0.0]])
        """
        return table_of(self.mdp, self.policy(x))

    def contains(self, x: npt.ArrayLike, tolerance: float = 1e-9) -> Membership:
        """Whether a point is in the polytope, and which constraints it violates most.

        Parameters
        ----------
        x : (P,) array, or at γ = 1 (x, y) in one (2P,) array
            Without y, a linear program looks for one.
        tolerance : float
            For start mass 1: x may be that much below 0, flow that much off, and the mass relatively. What
            rounding of x and of the rows of T leaves is allowed on top.

        Returns
        -------
        Membership
            True or false; ``reason`` names the worst pair and state, ``amount`` the largest violation.

        Examples
        --------
        >>> import mdppower as mp
        >>> fork = OccupancyPolytope(mp.envs.fork(2), "root", 0.5)
        >>> bool(fork.contains([0.5, 0.5, 0.5, 0.5]))
        True
        >>> fork.contains([1.2, -0.2, 1.2, 0.0]).reason
        "pair ('root', '->t2') has x = -0.2; flow of state 't2' is off by 0.1; mass is 2.2, not 2"
        """
        point, y = self._split(x)
        found: list[tuple[str, float]] = []
        allowed, owner = tolerance * self._scale, flow(self.mdp, 0.0)

        def check_flow(name: str, miss: FloatArray, size: FloatArray) -> None:
            off = np.abs(miss) - allowed - 16 * EPS * size
            if off.max() > 0:
                s = int(off.argmax())
                found.append((f"{name} of state {self.mdp.states[s]!r} is off by {miss[s]:.6g}", abs(miss[s])))

        for name, part in (("x", point), ("y", y)):
            if part is not None and not part.min() >= -allowed:  # NaN fails too
                p = int(part.argmin())
                found.append((f"pair {self.mdp.pair_label(p)!r} has {name} = {part[p]:.6g}", abs(part[p])))
        if not np.isfinite(point).all() or (y is not None and not np.isfinite(y).all()):
            return Membership(False, found[0][0] if found else "x is not finite", np.inf)
        leave = flow(self.mdp, self.gamma)
        entering = 0.0 if self.gamma == 1 else self.b_eq
        # Rows of T sum to 1 up to rounding only, and x to 1/(1−γ): so much of the start can be told from rounding.
        doubt = self._scale / (1 - self.gamma) if self.gamma < 1 else 0.0
        check_flow("flow", point @ leave - entering, np.abs(point) @ abs(leave) + doubt)
        if abs(point.sum() - self.mass) > tolerance * self.mass + 16 * EPS * np.abs(point).sum():
            found.append((f"mass is {point.sum():.6g}, not {self.mass:.6g}", abs(point.sum() - self.mass)))
        if self.gamma == 1 and not found:
            if y is None:
                y, _ = self._transient(point, np.ones(len(point), bool))
            miss = point @ owner + y @ leave - self.start
            check_flow("way from the start: flow", miss, np.abs(point) @ owner + np.abs(y) @ abs(leave))
        return Membership(not found, "; ".join(text for text, _ in found), max((a for _, a in found), default=0.0))

    # ------------------------------------------------------------------ the set as a whole

    def support(self, rewards: Any, on: str | None = None) -> Support:
        """Largest value of reward functions over the polytope, by linear programs.

        Parameters
        ----------
        rewards : (S,), (N, S) or (N, P) array; mapping
            Earned in states, or by pairs; as for `mdppower.optimal_values`.
        on : {"states", "pairs"}, optional
            Which of them. By default what fits.

        Returns
        -------
        Support
            With the duals that prove its values, and the reduced costs of the pairs.

        Raises
        ------
        RewardError
            Another shape, or not finite; or a mapping that does not fit.
        LabelError
            A mapping names a pair that does not exist.
        SolverError
            HiGHS failed; the error has the number of the draw.

        Examples
        --------
        >>> import mdppower as mp
        >>> best = OccupancyPolytope(mp.envs.fork(2), "root", 0.5).support([[0.0, 1.0, 3.0]])
        >>> best.values, best.points, bool(best.error_bound[0] < 1e-9)
        (array([3.]), array([[0., 1., 0., 1.]]), True)
        >>> best.duals.round(9), best.reduced_costs.round(9) + 0.0  # V; the pair ('root', '->t1') loses 2
        (array([[3., 2., 6.]]), array([[-2.,  0.,  0.,  0.]]))
        """
        n_states, n_pairs = self.mdp.n_states, self.mdp.n_pairs
        rows, kind = reward_rows(self.mdp, rewards, on)
        if kind == "states":
            rows = rows[:, self.mdp.pair_states]
        two = 2 if self.gamma == 1 else 1
        values, bound, points = np.empty(len(rows)), np.empty(len(rows)), np.empty(rows.shape)
        duals, reduced = np.empty((len(rows), two * n_states)), np.empty((len(rows), two * n_pairs))
        dual_error = np.empty(len(rows))
        inside = self._reached[self.mdp.pair_states]
        for i, row in enumerate(rows):
            low, high = row[inside].min(), row[inside].max()
            middle, half = low / 2 + high / 2, high / 2 - low / 2
            scaled = np.where(inside, (row - middle) / (half or 1.0), 0.0)
            try:
                value, points[i], slack, pairs = maximise(self.mdp, self.start, self.gamma, self.A_eq, scaled)
                points[i] *= self._scale
                duals[i], reduced[i], dual_error[i] = dual_values(self.mdp, self.gamma, row, pairs)
            except SolverError as error:
                raise SolverError(f"draw {i}: {error}", draw=i) from None
            values[i] = half * self._scale * value + middle * self.mass
            bound[i] = half * self._scale * slack + 4 * EPS * abs(middle) * self.mass
        return Support(values, points, bound, duals, reduced, dual_error, self.gamma, self.mdp)

    def coordinate_range(self) -> tuple[FloatArray, FloatArray]:
        """Least and largest visits of each state: 2·S rewards that are 1 in one state, by the fast solvers.

        Returns
        -------
        low, high : (S,) arrays

        Raises
        ------
        SolverError
            A value could not be certified.

        Examples
        --------
        >>> import mdppower as mp
        >>> OccupancyPolytope(mp.envs.fork(2), "root", 0.5).coordinate_range()
        (array([1., 0., 0.]), array([1., 1., 1.]))
        """
        return self._ranges(np.arange(self.mdp.n_states))

    def _ranges(self, states: AnyArray) -> tuple[FloatArray, FloatArray]:
        """Least and largest visits of some of the states."""
        low, high = np.zeros(len(states)), np.zeros(len(states))
        if self.gamma == 0:
            return self._scale * self.start[states], self._scale * self.start[states]
        reached, method = np.flatnonzero(self._reached[states]), pick(self.mdp, "auto")
        for chunk in np.array_split(reached, 1 + len(reached) * self.mdp.n_states // CHUNK):
            rewards = np.zeros((len(chunk), self.mdp.n_states))
            rewards[np.arange(len(chunk)), states[chunk]] = 1.0
            # Row by row: BLAS would round by how many there are.
            high[chunk] = (solve_rows(self.mdp, rewards, self.gamma, method)[0] * self.start).sum(axis=1)
            low[chunk] = 0.0 - (solve_rows(self.mdp, -rewards, self.gamma, method)[0] * self.start).sum(axis=1)
        return np.clip(low, 0, 1) * self.mass, np.clip(high, 0, 1) * self.mass

    def vertices(self, limit: int = 100_000) -> FloatArray:
        """Occupancies of deterministic policies, each once: for γ < 1 exactly the vertices.

        At γ = 1 the rows are start · P* of the policies. All vertices are among them, but a row may be none: with
        two ways to gamble for the same prizes, at odds ½ and ¾, and one to have the prize for sure, ¾ is in between.

        Parameters
        ----------
        limit : int
            Most policies to try.

        Returns
        -------
        (K, P) array

        Raises
        ------
        SizeError
            There are more, by an estimate from random descents (Knuth 1975), made before any work.

        Examples
        --------
        >>> import mdppower as mp
        >>> OccupancyPolytope(mp.envs.fork(2), "root", 0.5).vertices()
        array([[1., 0., 1., 0.],
               [0., 1., 0., 1.]])
        """
        limit = positive_integer(limit, "limit")
        mdp, first = self.mdp, np.flatnonzero(self.start).tolist()
        starts = [mdp.states[s] for s in first]
        policies: Iterable[dict[int, int]]
        if self.gamma == 0:  # only the first choice counts
            options = [range(mdp.pointer[s], mdp.pointer[s + 1]) for s in first]
            about = float(prod(map(len, options)))
            policies = (dict(zip(first, way, strict=True)) for way in product(*options))
        else:
            # No more are closed than there are of the whole MDP; where these are few, 300 descents would cost more.
            about = prod(np.diff(mdp.pointer).astype(float).tolist())
            if about > min(limit, FEW_POLICIES):
                about = estimate_policies(mdp, starts)
            policies = closed_policies(mdp, starts, limit=limit)
        if about > limit:
            raise SizeError(f"about {about:.2g} deterministic policies (by random probing), more than {limit:,}")
        _check_size(int(about), mdp.n_pairs)
        rows = np.array([self._closed_visits(policy) for policy in policies])
        return rows if self.gamma < 1 else _distinct(rows)

    @cached_property
    def dimension(self) -> int:
        """Affine dimension of the set of points; the module's text derives it for γ = 1.

        For γ < 1 it is (pairs of reachable states) − (reachable states): some x is positive on all those pairs, and
        the flow equations of these states are independent. At γ = 0 the start states are all that is reached.

        Raises
        ------
        SizeError
            γ = 1, and the matrix whose rank is needed would take more than 1 GiB.

        Examples
        --------
        >>> import mdppower as mp
        >>> [OccupancyPolytope(mp.envs.fork(5), "root", gamma).dimension for gamma in (0.9, 1)]
        [4, 4]
        """
        mdp, owner = self.mdp, self.mdp.pair_states
        here = self._reached[owner]
        if self.gamma < 1:
            return int(here.sum() - self._reached.sum())
        count, label, inside = end_components(mdp)
        lasting = self._reached & (label >= 0)
        within = int((inside & here).sum() - lasting.sum())
        passing = np.flatnonzero(label < 0)
        node = label.copy()
        node[passing] = count + np.arange(len(passing))
        shape = (mdp.n_states, count + len(passing))
        merge = sparse.csr_array((np.ones(mdp.n_states), (np.arange(mdp.n_states), node)), shape=shape)
        rows = np.flatnonzero(here & ~inside)
        used = np.unique(node[self._reached])
        return within + _rank(sparse.csr_array((flow(mdp, 1.0)[rows] @ merge)[:, used])) - int((used >= count).sum())

    # ------------------------------------------------------------------ plumbing

    @cached_property
    def _reached(self) -> BoolArray:
        """(S,) the states that some policy visits."""
        first = self.start > 0
        return first if self.gamma == 0 else reachable(adjacency(self.mdp), first)

    def _split(self, x: npt.ArrayLike) -> tuple[FloatArray, FloatArray | None]:
        point, n = _numbers(x, "x"), self.mdp.n_pairs
        if self.gamma == 1 and point.shape == (2 * n,):
            return point[:n], point[n:]
        if point.shape != (n,):
            also = f", or {2 * n} for (x, y)" if self.gamma == 1 else ""
            raise ParameterError(f"x must have {n} numbers, one a pair{also}; got shape {point.shape}")
        return point, None

    def _weights(self, policy: Any) -> FloatArray:
        """(P,) the probability of each pair given its state; all 0 in states where a mapping has no action."""
        mdp, owner = self.mdp, self.mdp.pair_states
        if isinstance(policy, Mapping):
            return self._weights_of_mapping(policy)
        given = np.asarray(policy)
        if given.ndim == 2:
            return weights_of(mdp, given)
        if given.dtype.kind in "iu" and given.shape == (mdp.n_states,):
            match = mdp.action_codes == given[owner]
            lacks = np.flatnonzero(~np.logical_or.reduceat(match, mdp.pointer[:-1]))
            if len(lacks):
                state, code = mdp.states[lacks[0]], int(given[lacks[0]])
                known = 0 <= code < len(mdp.action_names)
                mdp.pair(state, mdp.action_names[code] if known else code)  # raises, and says what there is
                raise ParameterError(f"state {state!r}: {code} is no position in mdp.action_names")
            return np.asarray(match, dtype=np.float64)
        weights: FloatArray = _numbers(policy, "policy")
        if weights.shape != (mdp.n_pairs,):
            raise ParameterError(
                f"policy must be a mapping, a table of states × actions, {mdp.n_states} action codes (integers) or "
                f"{mdp.n_pairs} probabilities of pairs; got shape {weights.shape} of {given.dtype}"
            )
        bad = np.flatnonzero(~(weights >= 0))
        if len(bad):
            raise ParameterError(f"pair {mdp.pair_label(int(bad[0]))!r} has probability {weights[bad[0]]:.6g}")
        total = np.add.reduceat(weights, mdp.pointer[:-1])
        bad = np.flatnonzero(~(np.abs(total - 1) <= 1e-9))
        if len(bad):
            raise ParameterError(f"state {mdp.states[bad[0]]!r}: probabilities sum to {total[bad[0]]:.12g}, not 1")
        return np.asarray(weights / total[owner])

    def _weights_of_mapping(self, policy: Mapping[Any, Any]) -> FloatArray:
        """(P,) the probability of each pair; where a state is left out that has a choice, all 0."""
        mdp = self.mdp
        weights: FloatArray = np.zeros(mdp.n_pairs)
        weights[mdp.pointer[:-1][np.diff(mdp.pointer) == 1]] = 1.0
        for state, choice in policy.items():
            s = mdp.index(state)
            shares = choice if isinstance(choice, Mapping) else {choice: 1.0}
            own = weights[mdp.pointer[s] : mdp.pointer[s + 1]]
            own[:] = 0.0
            for action, share in shares.items():
                if isinstance(share, bool) or not isinstance(share, Real) or not float(share) >= 0:
                    raise ParameterError(
                        f"policy: action {action!r} in state {state!r} has {share!r}, which is no probability"
                    )
                weights[mdp.pair(state, action)] = float(share)
            total = float(own.sum())
            if not abs(total - 1) <= 1e-9:
                raise ParameterError(f"state {state!r}: probabilities sum to {total:.12g}, not 1")
            own /= total
        return weights

    def _closed_visits(self, policy: dict[int, int]) -> FloatArray:
        """x of a closed partial policy {state index: pair index}, whose states are exactly those it reaches."""
        inside = np.array(sorted(policy))
        pairs = np.array([policy[s] for s in inside.tolist()])
        chain = sparse.csr_array(self.mdp.kernel[pairs])[:, inside]
        x = np.zeros(self.mdp.n_pairs)
        x[pairs] = self._scale * visits(chain, self.start[inside], self.gamma)
        return x

    def _transient(self, x: FloatArray, allowed: BoolArray) -> tuple[FloatArray, FloatArray]:
        """At γ = 1, y ≥ 0 on the allowed pairs that brings the start nearest to x; and what it misses (S,)."""
        leave, n = flow(self.mdp, 1.0), self.mdp.n_states
        pairs, right = np.flatnonzero(allowed), self.start - x @ flow(self.mdp, 0.0)
        slack = sparse.eye_array(n)
        rows = sparse.csr_array(sparse.hstack([leave[pairs].T, slack, -slack]))
        found = linprog.solve(np.r_[np.zeros(len(pairs)), np.ones(2 * n)], equal=rows, equal_rhs=right)
        y = np.zeros(len(x))
        y[pairs] = np.maximum(found.x[: len(pairs)], 0.0)
        return y, right - y @ leave


def start_distribution(mdp: RewardlessMDP, start: Any) -> FloatArray:
    """The probability of each state to be the first, from a label, a mapping from label to probability, or an array.

    Raises
    ------
    LabelError, ParameterError
        A state is unknown; a probability is negative, or they do not sum to 1.
    """
    if isinstance(start, Mapping):
        given = np.zeros(mdp.n_states)
        for state, share in start.items():
            given[mdp.index(state)] += float(_numbers(share, f"start of {state!r}"))
    elif isinstance(start, (np.ndarray, list)):
        given = _numbers(start, "start")
        if given.shape != (mdp.n_states,):
            raise ParameterError(f"start must have {mdp.n_states} numbers, one a state; got shape {given.shape}")
    else:
        given = np.zeros(mdp.n_states)
        given[mdp.index(start)] = 1.0
    bad = np.flatnonzero(~(given >= 0))
    if len(bad):
        raise ParameterError(f"start: state {mdp.states[bad[0]]!r} has probability {given[bad[0]]:.6g}")
    if not abs(given.sum() - 1) <= 1e-9:
        raise ParameterError(f"start: probabilities sum to {given.sum():.12g}, not 1")
    given /= given.sum()
    given.setflags(write=False)
    return given


def _numbers(
    value: npt.ArrayLike, name: str, kind: type[ParameterError | RewardError] = ParameterError
) -> FloatArray:
    try:
        return np.array(value, dtype=np.float64)
    except (TypeError, ValueError) as error:
        raise kind(f"{name}: not an array of numbers: {error}") from None


def _check_size(rows: int, columns: int) -> None:
    if rows * columns > CELLS:
        raise SizeError(f"a dense array of shape ({rows}, {columns}) takes {rows * columns / CELLS:.1f} GiB")


def _rank(rows: sparse.csr_array) -> int:
    """Rank of an array whose rows sum to 0."""
    rows.sum_duplicates()
    rows.eliminate_zeros()
    if len(np.unique(rows.indptr)) == 1:
        return 0
    if np.diff(rows.indptr).max() <= 2:
        # Edges of a graph: it loses one for each connected part (isolated nodes included).
        links = sparse.csr_array(abs(rows).T @ abs(rows))
        return int(rows.shape[1] - csgraph.connected_components(links, directed=False)[0])
    _check_size(*rows.shape)
    return int(np.linalg.matrix_rank(rows.toarray()))


def _distinct(rows: FloatArray) -> FloatArray:
    """Rows without repeats: the same pairs visited, and numbers equal to rounding."""
    _, pattern = np.unique(rows > 0, axis=0, return_inverse=True)
    # Equal rows are neighbours when sorted by pattern and by the product with a random vector.
    key = rows @ np.random.default_rng(0).random(rows.shape[1])
    order = np.lexsort((key, pattern.reshape(-1)))
    step = np.abs(np.diff(rows[order], axis=0)).max(axis=1, initial=0.0)
    new = np.r_[True, (step > NOISE) | (np.diff(pattern.reshape(-1)[order]) != 0)]
    return rows[np.sort(order[new])]
