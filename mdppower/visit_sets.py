"""Visit distributions F(s), those that matter F_nd(s), and where they end RSD(s).

F(s) is the set of f^{π,s}(γ) = Σ_t γ^t E[e_{s_t}] over deterministic policies π, as *functions* of γ: two policies
with the same f at two generic rates are taken to have the same one. F(s | π(s') = a) has those of the policies that
take a at s' whenever they come there. F_nd(s) has those that are strictly best for some reward at some γ (Turner et
al., arXiv 1912.01683, Defs. 3.3 to 3.6).

**Listing F_nd without listing F.** Fix the choices of a policy π in the states D that it visits. With
R(t) = V(t) − γ max_a T(t,a)·V, any vector V is the optimal value of the reward R; π is then the only optimal policy,
up to equivalent actions, if and only if

    T(t, π(t)) · V  >  T(t, a) · V        for every t in D and every a that is not equivalent to π(t).

If f^π is strictly best for a reward, every other choice at one visited state gives another f, so that π is the only
optimal policy: hence f^π is in F_nd(s) if and only if such a V exists. γ has dropped out: F_nd(s) is the same at
every γ in (0, 1) (the paper's Lemmas E.32 and E.33). And a *part* of a policy that has such a V can always be
completed: be greedy for V (moved a little, so that no ties are left). So a depth-first search that goes on only where
a V exists runs into no dead end, and takes at most |F_nd| · S · A tests. In a deterministic MDP a test asks whether
the order "the chosen successor is above the others" has no cycle: F_nd(s) are the policies that are greedy for a
ranking of states. Elsewhere a test is one small linear program, whose answer V is checked again by substitution.

RSD(s) are the limits of (1−γ) f at γ → 1 (Def. 6.10). Those that strictly maximise average reward for some R,
RSD_nd(s), are limits of F_nd(s): a reward that has d as its only best end has an optimal policy in F_nd that is the
same for all γ near 1.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from functools import cached_property
from typing import Any

import numpy as np
from scipy import sparse

from mdppower import lp
from mdppower._checks import discount_rates, positive_integer
from mdppower._typing import FloatArray, Label
from mdppower.actions import Choices, distinct_choices, restricted
from mdppower.errors import ParameterError, SizeError, SolverError
from mdppower.mdp import RewardlessMDP
from mdppower.policies import (
    NOVELTY,
    closed_policies,
    leaves,
    recurrent_distribution,
    successor_sets,
    visit_distribution,
)

MARGIN = 1e-7
"""The least lead (of V scaled to [−1, 1]) that counts as strict where a linear program decides."""
DEARER = 10
"""A policy of a stochastic MDP takes some linear programs: as many fewer are listed."""
NOISE = 1e-9
"""Leads up to this are none."""
SAME = 1e-9
GENERIC = (0.37190423, 0.81234567)
"""Rates at which functions of γ are told apart."""
LIMIT = 100_000


@dataclass(frozen=True, eq=False)
class Visits:
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
        probes = np.hstack([self._rows(found, gamma) for gamma in GENERIC])
        return tuple(found[k] for k in distinct_rows(probes))

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
            return self._limits()
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
            return self._limits()
        return (1 - self.gamma) * self._rows(self.policies, self.gamma, delayed=True)

    def nondominated(self) -> Visits:
        r"""Those of the set that are strictly best for some reward: F_nd(s) (Def. 3.6), or F_nd(s | π(s') = a).

        Found by a search that does not list F(s), nor depend on γ; see the top of `mdppower.visit_sets`. On open
        grids with *stay*, from a corner:

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
            The lead of a policy of a stochastic MDP is between 1e-9 and 1e-7: too small to tell.

        Examples
        --------
        >>> import mdppower as mp
        >>> [len(mp.visits(mp.envs.figure_1(), s, 0.5).nondominated()) for s in ("star", "l_tri", "r_tri")]
        [5, 2, 2]
        """
        found = (policy for policy, _ in _search(self.mdp, self.start, self.limit))
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
        values = np.array([v for _, v in _search(self.mdp, self.start, self.limit)])
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
        limits = self._limits()
        first = distinct_rows(limits)
        return Recurrent(self, limits[first], tuple(self.policies[k] for k in first))

    def _rows(self, policies: Sequence[dict[int, int]], gamma: float, *, delayed: bool = False) -> FloatArray:
        rows = [visit_distribution(self.mdp, p, self.start, gamma, delayed=delayed) for p in policies]
        return np.array(rows).reshape(-1, self.mdp.n_states)

    def _limits(self) -> FloatArray:
        rows = [recurrent_distribution(self.mdp, p, self.start) for p in self.policies]
        return np.array(rows).reshape(-1, self.mdp.n_states)

    def __repr__(self) -> str:
        given = "".join(f", π({s!r}) = {a!r}" for s, a in self.given.items())
        size = f", {len(self._chosen)} rows" if self._chosen is not None else ""
        return f"Visits(from {self.start!r}{given}, γ={self.gamma:.15g}{size})"


@dataclass(frozen=True, eq=False)
class Recurrent:
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

    def __repr__(self) -> str:
        return f"Recurrent({len(self)} distributions from {self.start!r})"


def visits(
    mdp: RewardlessMDP, start: Label, gamma: float, *, given: Mapping[Label, Label] | None = None, limit: int = LIMIT
) -> Visits:
    """The visit distributions F(s), or F(s | π(s') = a), from a start state.

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

    Examples
    --------
    >>> import mdppower as mp
    >>> F = mp.visits(mp.envs.fork(3), "root", 0.5, given={"root": "->t2"})
    >>> F.normalised.tolist()
    [[0.5, 0.0, 0.5, 0.0]]
    """
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
    return visits(mdp, start, 1.0, given=given, limit=limit).recurrent()


# ---------------------------------------------------------------------- the search for F_nd


_Ranked = tuple[dict[int, int], tuple[int, ...], "int | None"]
"""Choices; the states below each state as bit masks, closed under transitivity; the state to choose for."""
_Fitted = tuple[dict[int, int], frozenset[int], FloatArray]
"""Choices, the states that wait for one, and a V that makes the choices the only greedy ones."""


def _search(mdp: RewardlessMDP, start: Label, limit: int) -> Iterator[tuple[dict[int, int], FloatArray]]:
    """Closed policies of F_nd, each with a V for which it is the only greedy one."""
    search = _rankings if mdp.is_deterministic else _programs
    return search(mdp, mdp.index(start), distinct_choices(mdp), limit)


def _rankings(
    mdp: RewardlessMDP, start: int, choices: Choices, limit: int
) -> Iterator[tuple[dict[int, int], FloatArray]]:
    """Deterministic: choose successors such that "chosen above not chosen" has no cycle."""
    successor = mdp.kernel.indices.tolist()
    ends = [[successor[p] for p in options] for options in choices]

    def children(node: _Ranked) -> list[_Ranked] | None:
        chosen, below, s = node
        if s is None:
            return None
        found: list[_Ranked] = []
        for p, top in zip(choices[s], ends[s], strict=True):
            order = _put_above(below, top, [t for t in ends[s] if t != top])
            if order is not None:
                found.append(({**chosen, s: p}, order, None if top in chosen or top == s else top))
        return found

    root: _Ranked = ({}, (0,) * mdp.n_states, start)
    for chosen, below, _ in leaves(
        root, children, limit, _what(mdp, start), lambda node: 1.0 if node[2] is None else 9.0
    ):
        # A state has more below it than each of those below it: the count is a V.
        yield chosen, np.array([mask.bit_count() for mask in below], dtype=np.float64)


def _put_above(below: tuple[int, ...], top: int, others: list[int]) -> tuple[int, ...] | None:
    """The order with `top` above the others, or None if one of them is above it already."""
    added = 0
    for t in others:
        if below[t] >> top & 1:
            return None
        added |= 1 << t | below[t]
    if added & ~below[top] == 0:
        return below
    mark = 1 << top
    return tuple(mask | added if u == top or mask & mark else mask for u, mask in enumerate(below))


def _programs(
    mdp: RewardlessMDP, start: int, choices: Choices, limit: int
) -> Iterator[tuple[dict[int, int], FloatArray]]:
    """Stochastic: a linear program says whether some V makes the choices so far the only greedy ones."""
    reached = successor_sets(mdp)

    def children(node: _Fitted) -> list[_Fitted] | None:
        chosen, waiting, v = node
        if not waiting:
            return None
        s = min(waiting)
        found: list[_Fitted] = []
        for p in choices[s]:
            extended = {**chosen, s: p}
            # The parent's V may fit one child: a program saved.
            fit = v if _lead(mdp, extended, choices, v) > MARGIN else _find_values(mdp, extended, choices)
            if fit is not None:
                found.append((extended, (waiting | reached[p]) - extended.keys(), fit))
        return found

    root: _Fitted = ({}, frozenset([start]), np.zeros(mdp.n_states))
    most, weight = max(1, limit // DEARER), lambda node: 1.0 + NOVELTY * len(node[1])
    for chosen, _, v in leaves(root, children, most, _what(mdp, start), weight, early=200):
        yield chosen, v


def _rivals(chosen: dict[int, int], choices: Choices) -> tuple[list[int], list[int]]:
    """Each chosen pair, once for every other choice of its state; and those others."""
    rows = [(p, q) for s, p in chosen.items() for q in choices[s] if q != p]
    return [p for p, _ in rows], [q for _, q in rows]


def _lead(mdp: RewardlessMDP, chosen: dict[int, int], choices: Choices, v: FloatArray) -> float:
    """The least lead of the chosen pairs over their rivals, infinite without rivals."""
    mine, theirs = _rivals(chosen, choices)
    return float((mdp.kernel[mine] @ v - mdp.kernel[theirs] @ v).min(initial=np.inf))


def _find_values(mdp: RewardlessMDP, chosen: dict[int, int], choices: Choices) -> FloatArray | None:
    """A V in [−1, 1]^S with the greatest least lead, or None if that is not positive."""
    mine, theirs = _rivals(chosen, choices)
    leads = mdp.kernel[mine] - mdp.kernel[theirs]
    # Variables V and t: maximise t subject to t − lead(V) ≤ 0; the bounds make t ≤ 1 too, which is enough.
    rows = sparse.csr_array(sparse.hstack([-leads, sparse.csr_array(np.ones((len(mine), 1)))]))
    cost = np.r_[np.zeros(mdp.n_states), -1.0]
    v = lp.solve(cost, upper=rows, upper_rhs=np.zeros(len(mine)), bounds=(-1, 1)).x[:-1]
    lead = _lead(mdp, chosen, choices, v)
    if NOISE < lead <= MARGIN:
        raise SolverError(f"a lead of {lead:.1e} is too small to tell whether a policy is dominated", gap=MARGIN)
    return v if lead > MARGIN else None


# ---------------------------------------------------------------------- sets of rows


def distinct_rows(rows: FloatArray, tolerance: float = SAME) -> list[int]:
    """Positions of the first of each group of rows that are equal to within `tolerance`.

    Examples
    --------
    >>> distinct_rows(np.array([[1.0, 0.0], [0.0, 1.0], [1.0, 1e-12]]))
    [0, 1]
    """
    if len(rows) == 0:
        return []
    # Equal rows have nearly equal projections: only neighbours in that order need to be compared.
    shadow = rows @ np.random.default_rng(0).standard_normal(rows.shape[1])
    reach = tolerance * 10 * rows.shape[1]
    order = np.argsort(shadow, kind="stable")
    first: dict[int, int] = {}  # the earliest member of each group, by the one met first in that order
    near: list[int] = []
    for k in order.tolist():
        near = [j for j in near if shadow[k] - shadow[j] <= reach]
        same = next((j for j in near if np.abs(rows[k] - rows[j]).max() <= tolerance), None)
        if same is None:
            near.append(k)
            first[k] = k
        else:
            first[same] = min(first[same], k)
    return sorted(first.values())


def extreme_rows(rows: FloatArray) -> list[int]:
    """Positions of the rows that strictly maximise ⟨row, r⟩ for some r: the vertices of the hull of distinct rows.

    One linear program a row: the greatest t with ⟨row − other, r⟩ ≥ t for all others and |r| ≤ 1, whose r is checked.

    Examples
    --------
    >>> extreme_rows(np.array([[1.0, 0.0], [0.5, 0.5], [0.0, 1.0]]))
    [0, 2]
    """
    kept = []
    for k, row in enumerate(rows):
        leads = row - np.delete(rows, k, axis=0)
        if len(leads):
            program = np.hstack([-leads, np.ones((len(leads), 1))])
            cost = np.r_[np.zeros(rows.shape[1]), -1.0]
            r = lp.solve(cost, upper=sparse.csr_array(program), upper_rhs=np.zeros(len(leads)), bounds=(-1, 1)).x[:-1]
            if not (leads @ r).min() > MARGIN:
                continue
        kept.append(k)
    return kept


def _subset(among: Recurrent, kept: list[int]) -> Recurrent:
    return Recurrent(among.visits, among.rows[kept], tuple(among.policies[k] for k in kept))


def _in_order(mdp: RewardlessMDP, policy: dict[int, int], start: Label) -> Iterator[tuple[int, int]]:
    """The states and pairs of a closed policy in the order in which they are first reached."""
    kernel, waiting, seen = mdp.kernel, [mdp.index(start)], set()
    while waiting:
        s = waiting.pop(0)
        if s not in seen:
            seen.add(s)
            yield s, policy[s]
            waiting += kernel.indices[kernel.indptr[policy[s]] : kernel.indptr[policy[s] + 1]].tolist()


def _what(mdp: RewardlessMDP, start: int) -> str:
    return f"nondominated visit distributions from state {mdp.states[start]!r}"


def _require_memory(count: int, n_states: int) -> None:
    if count * n_states > 2**28:
        raise SizeError(f"{count:,} distributions over {n_states:,} states take {count * n_states / 2**27:.1f} GiB")


def as_rows(vectors: Any, n_states: int | None = None) -> FloatArray:
    """A set of vectors as a (K, S) array, or ParameterError."""
    try:
        rows = np.array(vectors, dtype=np.float64, ndmin=2)
    except (TypeError, ValueError) as error:
        raise ParameterError(f"vectors must be rows of numbers: {error}") from None
    if rows.ndim != 2 or rows.size == 0:
        raise ParameterError(f"an option needs at least one vector, got shape {rows.shape}")
    if n_states is not None and rows.shape[1] != n_states:
        raise ParameterError(f"vectors must have {n_states} entries, one a state; got {rows.shape[1]}")
    if not np.isfinite(rows).all():
        k, s = np.argwhere(~np.isfinite(rows))[0]
        raise ParameterError(f"entry {s} of vector {k} is {rows[k, s]}")
    return rows
