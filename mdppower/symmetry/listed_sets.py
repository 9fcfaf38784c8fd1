"""The sets that copies are sought in, each made once: F, F_nd, RSD and RSD_nd of states and actions of one MDP.

A set that is too large to list is None. Of F_nd(s) in a deterministic MDP some transitions are known in any case.
"""

from __future__ import annotations

from collections.abc import Iterable
from itertools import islice
from typing import Any

import numpy as np
from scipy.sparse import csgraph

from mdppower._typing import Label
from mdppower.errors import SizeError, SolverError
from mdppower.mdp.actions import distinct_choices, restricted
from mdppower.mdp.argument import check_mdp
from mdppower.mdp.graph import adjacency
from mdppower.mdp.model import RewardlessMDP
from mdppower.occupancy.closed_policies import closed_policies
from mdppower.occupancy.vectors import extreme_rows
from mdppower.occupancy.visit_distributions import Recurrent, Visits, rsd, visits
from mdppower.symmetry.involutions import Budget

ANY_RATE = 0.5
"""Visit distributions are compared as functions of γ: the rate of the object that lists them plays no part."""
MOST_GOALS, TIE_BREAKS = 200, 3
"""Most goals, and policies to each, made to find transitions that F_nd uses for certain."""
MOST_PARTS = 64
"""Most MDPs with one action at a state kept at once."""
ROOM = 2**23
"""Most distances kept at once (64 MiB)."""


class OptionSets:
    """What states and actions of an MDP offer, listed when first asked for.

    Parameters
    ----------
    mdp : RewardlessMDP
    budget : Budget, optional
        Its `sets` is the most to list of one set.

    Examples
    --------
    >>> import mdppower as mp
    >>> sets = OptionSets(mp.envs.figure_1())
    >>> len(sets.all_visits("star")), len(sets.nondominated("star")), len(sets.ends_of("star"))
    (11, 5, 6)
    """

    def __init__(self, mdp: RewardlessMDP, budget: Budget | None = None) -> None:
        self.mdp = check_mdp(mdp)
        self.budget = budget or Budget()
        self._lists: dict[tuple[Any, ...], Any] = {}
        self._parts: dict[tuple[Label, Label], RewardlessMDP] = {}

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

    def reached(self, s: int) -> frozenset[int]:
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
            if len(self._parts) >= MOST_PARTS:
                self._parts.clear()
            self._parts[key] = restricted(self.mdp, {state: action})
        return self._parts[key]

    def extreme(self, s: int) -> list[int]:
        """The pairs of a state that F_nd begins with: those whose row is no mixture of others.

        f^{π,s} goes on with T(s, π(s)), so that φ must take each of these rows to one of an action at its image.
        """
        pairs = distinct_choices(self.mdp)[s]
        if self.mdp.is_deterministic or len(pairs) < 3:
            return list(pairs)  # of two rows none is a mixture
        return [pairs[k] for k in extreme_rows(self.mdp.kernel[pairs].toarray())]

    def certainly_used(self, start: int) -> dict[int, list[int]]:
        """Transitions that policies of F_nd use for certain, in a deterministic MDP, where all are too many to list.

        The policy that is greedy for a V without ties is in F_nd (`mdppower.occupancy.nondominated`). Each V here
        leads to one state, by shortest paths, with ties broken at random.
        """
        if ("used", start) in self._lists:
            known: dict[int, list[int]] = self._lists["used", start]
            return known
        mdp, rng = self.mdp, np.random.default_rng(0)
        goals = rng.permutation(sorted(self.reached(start)))[: max(1, min(MOST_GOALS, ROOM // mdp.n_states))]
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
        self._lists["used", start] = used_pairs(policies)
        return self.certainly_used(start)


def used_pairs(policies: Iterable[dict[int, int]]) -> dict[int, list[int]]:
    """The pairs that some policies use, by state."""
    used: dict[int, set[int]] = {}
    for policy in policies:
        for x, p in policy.items():
            used.setdefault(x, set()).add(p)
    return {x: sorted(pairs) for x, pairs in used.items()}
