"""Does what one state offers contain a copy of what another does? The search that theorems 6.6 to 6.13 need.

`CopyFinder` looks for involutions φ (Turner et al., arXiv 1912.01683, Def. 6.1) with

* φ·F_nd(s') ⊆ F(s)                    `states`, for Proposition 6.6;
* φ·F(s | π(s)=a') ⊆ F(s | π(s)=a)     `actions`, for Proposition 6.9;
* φ·RSD_nd(s') ⊆ RSD(s)                `ends`, for Proposition 6.12;
* φ·D' ⊆ D                             `end_sets`, for Theorem 6.13;

each by the cheapest route that decides: the symmetries of a map's layout, a structural embedding (`embeddings`), the
lists of vectors themselves (`copies`). What each answer rests on is in `CopySearch.method`. "None exists" is said
only where it is proved: by an exhaustive search of lists; in deterministic MDPs by one of embeddings, of transitions
that F_nd(s') uses; or because the first step has no counterpart. It says "unknown" where a list is too long or the
budget is spent.

In a deterministic MDP γ → 0 forces φ(s') = s, since f^{π,s'} begins with e_{s'}; for actions φ(s) = s.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from itertools import islice
from typing import Any

import numpy as np
from scipy.sparse import csgraph

from mdppower._typing import Label
from mdppower.copies import Coder, Codes, find_images, float_codes
from mdppower.embeddings import Embedding, embedding, find_embeddings, layout_images
from mdppower.errors import ParameterError, SizeError, SolverError
from mdppower.graph import adjacency
from mdppower.involutions import Budget, CopySearch, Involution, Meter, involution, spread
from mdppower.mdp import RewardlessMDP
from mdppower.policies import closed_policies, distinct_choices, restricted
from mdppower.visit_sets import Recurrent, Visits, as_rows, extreme_rows, rsd, visits

ANY_RATE = 0.5
"""Visit distributions are compared as functions of γ: the rate of the object that lists them plays no part."""
MOST_GOALS, TIE_BREAKS = 200, 3
"""Most goals, and policies to each, made to find transitions that F_nd uses for certain."""
ROOM = 2**23
"""Most distances kept at once (64 MiB)."""


def contains_copy(whole: Any, part: Any, *, every: bool = False, budget: Budget | None = None) -> CopySearch:
    """Search for involutions φ with φ·part ⊆ whole, over lists of vectors.

    Parameters
    ----------
    whole, part : Visits, Recurrent, or (K, S) arrays
        Both of one kind. Visit distributions are compared as functions of γ, exactly; arrays to 1e-9.
    every : bool
        Whether to list all φ, or to stop at the first.
    budget : Budget, optional

    Returns
    -------
    CopySearch
        φ moves states that `part` visits, and their images, only.

    Raises
    ------
    ParameterError
        The sets are of different kinds, or over different states.
    SizeError
        A set of visit distributions is too large to list.

    Examples
    --------
    In figure 1 what the right lower state offers contains a copy of what the left lower one does.

    >>> import mdppower as mp
    >>> mdp = mp.envs.figure_1()
    >>> right, left = (mp.visits(mdp, s, 0.5) for s in ("r_se", "l_sw"))
    >>> contains_copy(right, left.nondominated())
    CopySearch(found Involution('l_sw' ↔ 'r_se', 'l_nw' ↔ 'r_ne'); by lists)
    >>> contains_copy(left, right.nondominated())
    CopySearch(none exists; by lists)
    """
    coder = Coder()
    if isinstance(whole, Visits) and isinstance(part, Visits):
        states = _same_states(whole.mdp, part.mdp)
        there, mine = coder.visits(whole), coder.visits(part)
    elif isinstance(whole, Recurrent) and isinstance(part, Recurrent):
        states = _same_states(whole.mdp, part.mdp)
        there, mine = coder.recurrent(whole), coder.recurrent(part)
    else:
        rows = [as_rows(one) if not isinstance(one, (Visits, Recurrent)) else None for one in (whole, part)]
        if rows[0] is None or rows[1] is None:
            raise ParameterError(
                "contains_copy compares sets of one kind: both Visits, both Recurrent, or both arrays"
            )
        if rows[0].shape[1] != rows[1].shape[1]:
            raise ParameterError(f"vectors over {rows[0].shape[1]} and {rows[1].shape[1]} states")
        there, mine = float_codes(rows[0], rows[1])
        states = tuple(range(rows[0].shape[1]))
    return _by_lists(mine, there, states, every, Meter(budget or Budget()))


def _same_states(first: RewardlessMDP, second: RewardlessMDP) -> tuple[Label, ...]:
    if first.states != second.states:
        raise ParameterError(f"the sets are over different states: {first.n_states} and {second.n_states}")
    return first.states


def _by_lists(part: Codes, whole: Codes, states: tuple[Label, ...], every: bool, meter: Meter) -> CopySearch:
    if not every and set(part) <= set(whole):
        return CopySearch("found", (spread({}, states),), "part of it as it is", 0)
    found = []
    for image in find_images(part, whole, meter):
        found.append(spread(image, states))
        if not every:
            break
    return _outcome(found, meter, "by lists", complete=True)


def _outcome(found: list[Involution], meter: Meter, method: str, *, complete: bool) -> CopySearch:
    if found:
        return CopySearch("found", tuple(found), method, meter.nodes)
    if meter.is_spent:
        limit = f"{meter.budget.nodes:,} nodes" if meter.nodes > meter.budget.nodes else f"{meter.budget.seconds:g} s"
        return CopySearch("unknown", (), f"{method}: the budget of {limit} was spent", meter.nodes)
    return CopySearch("none" if complete else "unknown", (), method, meter.nodes)


class CopyFinder:
    """Searches for copies within one MDP, which list each set once.

    Parameters
    ----------
    mdp : RewardlessMDP
    budget : Budget, optional
        Of each search.

    Examples
    --------
    >>> import mdppower as mp
    >>> finder = CopyFinder(mp.envs.figure_1())
    >>> finder.states("r_se", "l_sw")
    CopySearch(found Involution('l_sw' ↔ 'r_se', 'l_nw' ↔ 'r_ne'); mirror image left-right of the map)
    >>> finder.actions("star", "->r_tri", "->l_tri").status, finder.actions("star", "->l_tri", "->r_tri").status
    ('found', 'none')
    """

    def __init__(self, mdp: RewardlessMDP, budget: Budget | None = None) -> None:
        self.mdp = mdp
        self.budget = budget or Budget()
        self._lists: dict[tuple[Any, ...], Any] = {}
        self._parts: dict[tuple[Label, Label], RewardlessMDP] = {}

    # ------------------------------------------------------------------ sets, or None where they are too large

    def all_visits(self, state: Label, action: Label | None = None) -> Visits | None:
        """F(s), or F(s | π(s)=a)."""
        found: Visits | None = self._listed("F", state, action)
        return found

    def nondominated(self, state: Label) -> Visits | None:
        """F_nd(s)."""
        found: Visits | None = self._listed("F_nd", state, None)
        return found

    def ends_of(self, state: Label, action: Label | None = None) -> Recurrent | None:
        """RSD(s), or RSD(s | π(s)=a)."""
        found: Recurrent | None = self._listed("RSD", state, action)
        return found

    def best_ends(self, state: Label) -> Recurrent | None:
        """RSD_nd(s)."""
        found: Recurrent | None = self._listed("RSD_nd", state, None)
        return found

    def _listed(self, kind: str, state: Label, action: Label | None) -> Any:
        key = kind, state, action
        if key not in self._lists:
            try:
                self._lists[key] = self._list(kind, state, action)
            except (SizeError, SolverError):
                self._lists[key] = None
        return self._lists[key]

    def _list(self, kind: str, state: Label, action: Label | None) -> Visits | Recurrent:
        given = {} if action is None else {state: action}
        limit = self.budget.sets
        among = visits(self.mdp, state, ANY_RATE, given=given, limit=limit)
        if kind in ("F", "RSD") or not self.mdp.is_deterministic:
            # Where F is too large to list, the linear programs for F_nd of a stochastic MDP would take minutes. And
            # `visits` would say how many there are, by an estimate that takes a minute on a large map.
            some = closed_policies(among.mdp, state, limit=limit + 1, choices=distinct_choices(among.mdp))
            if sum(1 for _ in islice(some, limit + 1)) > limit:
                raise SizeError(f"more than {limit:,} closed policies from state {state!r}")
        if kind == "F":
            return among
        if kind == "F_nd":
            return among.nondominated()
        ends = rsd(self.mdp, state, given=given, limit=limit)
        return ends.nondominated() if kind == "RSD_nd" else ends

    def _reached(self, s: int) -> frozenset[int]:
        """The states that can be reached from one, itself included."""
        if ("reach", s) not in self._lists:
            order = csgraph.breadth_first_order(adjacency(self.mdp), s, return_predecessors=False)
            self._lists["reach", s] = frozenset(order.tolist())
        found: frozenset[int] = self._lists["reach", s]
        return found

    def part(self, state: Label, action: Label) -> RewardlessMDP:
        """The MDP in which a state has one action only."""
        key = state, action
        if key not in self._parts:
            self._parts[key] = restricted(self.mdp, {state: action})
        return self._parts[key]

    # ------------------------------------------------------------------ searches

    def states(self, state: Label, other: Label, *, every: bool = False) -> CopySearch:
        """Whether F(s) contains a copy of F_nd(s') (Proposition 6.6).

        Parameters
        ----------
        state, other : labels
            s, the one that may offer more, and s'.
        every : bool
            Whether to list all φ.

        Returns
        -------
        CopySearch

        Raises
        ------
        LabelError
        """
        mdp = self.mdp
        s, other_s = mdp.index(state), mdp.index(other)
        meter = Meter(self.budget)
        if not every:
            task = embedding(mdp, other_s, mdp, s)
            for name, image in layout_images(mdp, task):
                return CopySearch("found", (spread(image, mdp.states),), f"{name} of the map", 0)
        if not self._may_embed(embedding(mdp, other_s, mdp, s, {other_s: self._extreme(other_s)}), meter):
            return CopySearch("none", (), "the first step has no counterpart", 0)
        among = self.nondominated(other)
        if among is None:
            if mdp.is_deterministic and not self._may_embed(
                embedding(mdp, other_s, mdp, s, self._certainly_used(other_s)), meter
            ):
                return CopySearch("none", (), "by transitions that F_nd(s') has for certain", 0)
            found = self._embedded(embedding(mdp, other_s, mdp, s), every, meter)
            return _outcome(found, meter, "by all transitions; F_nd(s') is too large to list", complete=False)
        task = embedding(mdp, other_s, mdp, s, _used(among.policies))
        if mdp.is_deterministic:
            return _outcome(self._embedded(task, every, meter), meter, "by the transitions of F_nd", complete=True)
        return self._then_lists(task, among, self.all_visits(state), every, meter, "by the transitions of F_nd")

    def actions(self, state: Label, action: Label, other: Label, *, every: bool = False) -> CopySearch:
        """Whether F(s | π(s)=a) contains a copy of F(s | π(s)=a') (Proposition 6.9).

        Parameters
        ----------
        state : label
        action, other : labels
            a, the one that may offer more, and a'.
        every : bool
            Whether to list all φ.

        Returns
        -------
        CopySearch

        Raises
        ------
        LabelError
            The state has no such action.
        """
        s = self.mdp.index(state)
        more, less = self.part(state, action), self.part(state, other)
        meter = Meter(self.budget)
        task = embedding(less, s, more, s)
        if not every:
            for name, image in layout_images(self.mdp, task):
                return CopySearch("found", (spread(image, self.mdp.states),), f"{name} of the map", 0)
        if self.mdp.is_deterministic:
            return _outcome(self._embedded(task, every, meter), meter, "by all transitions", complete=True)
        there, mine = self.all_visits(state, action), self.all_visits(state, other)
        return self._then_lists(task, mine, there, every, meter, "by all transitions")

    def given_states(self, state: Label, other: Label, phi: Any) -> CopySearch:
        """Whether a given φ takes F_nd(s') into F(s).

        Parameters
        ----------
        state, other : labels
            s and s'.
        phi : mapping, array or Involution

        Returns
        -------
        CopySearch
            Found, none (it does not), or unknown.

        Raises
        ------
        LabelError
        ParameterError
            φ is no involution, or does not take s' to s.
        """
        mdp, given = self.mdp, involution(self.mdp, phi)
        if check_states(mdp, state, other, given):
            return CopySearch("found", (given,), "given, by a look at all transitions", 0)
        among = self.nondominated(other)
        if among is None:
            return CopySearch(
                "unknown", (), "the given φ does not keep all transitions; F_nd(s') is too large to list", 0
            )
        task = embedding(mdp, mdp.index(other), mdp, mdp.index(state), _used(among.policies))
        return self._given(task, among, self.all_visits(state), given)

    def given_actions(self, state: Label, action: Label, other: Label, phi: Any) -> CopySearch:
        """Whether a given φ takes F(s | π(s)=a') into F(s | π(s)=a).

        Parameters
        ----------
        state, action, other : labels
            s, a and a'.
        phi : mapping, array or Involution

        Returns
        -------
        CopySearch

        Raises
        ------
        LabelError
        ParameterError
            φ is no involution, or moves s.
        """
        given = involution(self.mdp, phi)
        if check_actions(self.mdp, state, action, other, given):
            return CopySearch("found", (given,), "given, by a look at all transitions", 0)
        s = self.mdp.index(state)
        task = embedding(self.part(state, other), s, self.part(state, action), s)
        return self._given(task, self.all_visits(state, other), self.all_visits(state, action), given)

    def _given(self, task: Embedding, part: Visits | None, whole: Visits | None, given: Involution) -> CopySearch:
        if task.check(dict(enumerate(given.image.tolist()))):
            return CopySearch("found", (given,), "given, by the transitions of F_nd", 0)
        if self.mdp.is_deterministic:
            return CopySearch("none", (), "the given φ takes a path to none", 0)
        if part is None or whole is None:
            return CopySearch(
                "unknown", (), "the given φ keeps not all transitions; the sets are too large to list", 0
            )
        left = next(leaves_out(whole, part, given), None)  # φ·part ⊆ whole if and only if part ⊆ φ·whole
        if left is None:
            return CopySearch("found", (given,), "given, by lists", 0)
        return CopySearch("none", (), "the given φ takes a visit distribution to none", 0)

    def ends(self, state: Label, other: Label, *, every: bool = False) -> CopySearch:
        """Whether RSD(s) contains a copy of RSD_nd(s') (Proposition 6.12).

        Parameters
        ----------
        state, other, every
            As for `states`.

        Returns
        -------
        CopySearch

        Raises
        ------
        LabelError
        """
        s, t = self.mdp.index(state), self.mdp.index(other)
        if self.mdp.is_deterministic and not every and t in self._reached(s):
            # An end is a cycle there, and whatever s' can reach, s can.
            return CopySearch("found", (spread({}, self.mdp.states),), f"{state!r} can reach {other!r}", 0)
        there, mine = self.ends_of(state), self.best_ends(other)
        if there is not None and mine is not None:
            return self.end_sets(there, mine, every=every)
        found = self.states(state, other)  # φ·F_nd(s') ⊆ F(s) has φ·RSD_nd(s') ⊆ RSD(s) as its limit at γ → 1
        if found.status == "found":
            return found
        return CopySearch("unknown", (), "the ends are too many to list", found.nodes)

    def end_sets(self, whole: Recurrent, part: Recurrent, *, every: bool = False) -> CopySearch:
        """Whether a set D of recurrent state distributions contains a copy of D' (Theorem 6.13).

        Parameters
        ----------
        whole, part : Recurrent
            D and D'.
        every : bool

        Returns
        -------
        CopySearch
        """
        return contains_copy(whole, part, every=every, budget=self.budget)

    def _embedded(self, task: Embedding, every: bool, meter: Meter) -> list[Involution]:
        found = []
        for image in find_embeddings(task, meter):
            if not task.check(image):
                raise AssertionError("a φ that the search found does not pass the check")  # two routes disagree
            found.append(spread(image, self.mdp.states))
            if not every:
                break
        return found

    def _then_lists(
        self, task: Embedding, part: Visits | None, whole: Visits | None, every: bool, meter: Meter, method: str
    ) -> CopySearch:
        """Stochastic: an embedding is enough and not necessary; the lists decide, where they can be had."""
        if not (every and part is not None and whole is not None):
            found = self._embedded(task, every, meter)
            if found:
                return _outcome(found, meter, method, complete=False)
        if part is None or whole is None:
            return _outcome([], meter, f"{method}: no embedding, and the sets are too large to list", complete=False)
        coder = Coder()
        return _by_lists(coder.visits(part), coder.visits(whole), self.mdp.states, every, meter.afresh())

    @staticmethod
    def _may_embed(task: Embedding, meter: Meter) -> bool:
        """Whether a necessary embedding exists, or may exist: a search before the search, with nodes of its own."""
        aside = meter.afresh()
        return next(find_embeddings(task, aside), None) is not None or aside.is_spent

    def _extreme(self, s: int) -> list[int]:
        """The pairs of a state that F_nd begins with: those whose row is no mixture of others.

        f^{π,s} goes on with T(s, π(s)), so that φ must take each of these rows to one of an action at its image.
        """
        pairs = distinct_choices(self.mdp)[s]
        if self.mdp.is_deterministic or len(pairs) < 3:
            return list(pairs)  # of two rows none is a mixture
        return [pairs[k] for k in extreme_rows(self.mdp.kernel[pairs].toarray())]

    def _certainly_used(self, start: int) -> dict[int, list[int]]:
        """Transitions that policies of F_nd use for certain, in a deterministic MDP, where all are too many to list.

        The policy that is greedy for a V without ties is in F_nd (`visit_sets`). Each V here leads to one state, by
        shortest paths, with ties broken at random.
        """
        if ("used", start) in self._lists:
            known: dict[int, list[int]] = self._lists["used", start]
            return known
        mdp, rng = self.mdp, np.random.default_rng(0)
        goals = rng.permutation(sorted(self._reached(start)))[: max(1, min(MOST_GOALS, ROOM // mdp.n_states))]
        distance = csgraph.shortest_path(adjacency(mdp).T.tocsr(), unweighted=True, indices=goals)
        choices, successor = distinct_choices(mdp), mdp.kernel.indices.tolist()
        policies = []
        for row in np.minimum(np.repeat(distance, TIE_BREAKS, axis=0), mdp.n_states):
            value = (0.9 * rng.random(mdp.n_states) - row).tolist()
            policy: dict[int, int] = {}
            s = start
            while s not in policy:
                policy[s] = max(choices[s], key=lambda p: float(value[successor[p]]))
                s = successor[policy[s]]
            policies.append(policy)
        self._lists["used", start] = _used(policies)
        return self._certainly_used(start)


def _used(policies: Iterable[dict[int, int]]) -> dict[int, list[int]]:
    """The pairs that some policies use, by state."""
    used: dict[int, set[int]] = {}
    for policy in policies:
        for x, p in policy.items():
            used.setdefault(x, set()).add(p)
    return {x: sorted(pairs) for x, pairs in used.items()}


# ---------------------------------------------------------------------- checks of a given φ


def check_states(mdp: RewardlessMDP, state: Label, other: Label, phi: Any) -> bool:
    """Whether a given φ takes what can be reached from s' into what can be had at s: φ·F(s') ⊆ F(s).

    A look at each transition, without any list: sufficient for Proposition 6.6. Where it fails in a deterministic
    MDP, φ·F(s') is not inside F(s); φ·F_nd(s') may still be.

    Parameters
    ----------
    mdp : RewardlessMDP
    state, other : labels
        s and s'.
    phi : mapping, array or Involution
        As for `mdppower.involutions.involution`.

    Returns
    -------
    bool

    Raises
    ------
    ParameterError
        φ is no involution of the states, or does not take s' to s.

    Examples
    --------
    >>> import mdppower as mp
    >>> mdp = mp.envs.figure_1()
    >>> check_states(mdp, "r_se", "l_sw", {"l_sw": "r_se", "l_nw": "r_ne"})
    True
    >>> check_states(mdp, "r_se", "l_sw", {"l_sw": "r_se"})
    False
    """
    given = involution(mdp, phi)
    if given.of(other) != state:
        raise ParameterError(f"φ must take {other!r} to {state!r}; it takes it to {given.of(other)!r}")
    return embedding(mdp, mdp.index(other), mdp, mdp.index(state)).check(dict(enumerate(given.image.tolist())))


def check_actions(mdp: RewardlessMDP, state: Label, action: Label, other: Label, phi: Any) -> bool:
    """Whether a given φ takes what can be had by an action into what can be had by another one at the same state.

    Parameters
    ----------
    mdp : RewardlessMDP
    state : label
    action, other : labels
        a and a'; the question is φ·F(s | π(s)=a') ⊆ F(s | π(s)=a).
    phi : mapping, array or Involution
        It must leave s where it is.

    Returns
    -------
    bool

    Raises
    ------
    ParameterError

    Examples
    --------
    >>> import mdppower as mp
    >>> check_actions(mp.envs.fork(2), "root", "->t1", "->t2", {"t1": "t2"})
    True
    """
    given = involution(mdp, phi)
    if given.of(state) != state:
        raise ParameterError(f"φ must leave {state!r} where it is; it takes it to {given.of(state)!r}")
    s = mdp.index(state)
    less, more = restricted(mdp, {state: other}), restricted(mdp, {state: action})
    return embedding(less, s, more, s).check(dict(enumerate(given.image.tolist())))


def leaves_out(part: Visits | Recurrent, whole: Visits | Recurrent, phi: Involution) -> Iterator[int]:
    """Positions of the vectors of a set that are not in φ of another: the side condition of the strict parts.

    Parameters
    ----------
    part : Visits or Recurrent
        The set that φ moves.
    whole : Visits or Recurrent
        Of the same kind.

    Yields
    ------
    int

    Examples
    --------
    >>> import mdppower as mp
    >>> mdp = mp.envs.figure_1()
    >>> right, left = (mp.visits(mdp, s, 0.5).nondominated() for s in ("r_se", "l_sw"))
    >>> phi = involution(mdp, {"l_sw": "r_se", "l_nw": "r_ne"})
    >>> len(list(leaves_out(left, right, phi)))
    1
    """
    coder = Coder()
    if isinstance(part, Visits) and isinstance(whole, Visits):
        mine, theirs = coder.visits(part), coder.visits(whole)
    elif isinstance(part, Recurrent) and isinstance(whole, Recurrent):
        mine, theirs = coder.recurrent(part), coder.recurrent(whole)
    else:
        raise ParameterError("both sets must be Visits, or both Recurrent")
    order = phi.image.tolist()
    moved = {tuple(x[i] for i in order) for x in mine}
    return (k for k, y in enumerate(theirs) if y not in moved)


__all__ = [
    "Budget",
    "CopyFinder",
    "CopySearch",
    "Involution",
    "check_actions",
    "check_states",
    "contains_copy",
    "involution",
    "leaves_out",
]
