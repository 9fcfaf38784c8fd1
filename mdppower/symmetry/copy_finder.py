"""Does what one state offers contain a copy of what another does? The search that theorems 6.6 to 6.13 need.

`CopyFinder` looks for involutions φ (Turner et al., arXiv 1912.01683, Def. 6.1) with

* φ·F_nd(s') ⊆ F(s)                    `states`, for Proposition 6.6;
* φ·F(s | π(s)=a') ⊆ F(s | π(s)=a)     `actions`, for Proposition 6.9;
* φ·RSD_nd(s') ⊆ RSD(s)                `ends`, for Proposition 6.12;
* φ·D' ⊆ D                             `end_sets`, for Theorem 6.13;

each by the cheapest route that decides: the symmetries of a map's layout, a structural embedding (`embeddings`), the
lists of vectors themselves (`list_copies`). What each answer rests on is in `CopySearch.method`. "None exists" is
said only where it is proved: by an exhaustive search of lists; in deterministic MDPs by one of embeddings, of
transitions that F_nd(s') uses; or because the first step has no counterpart. It says "unknown" where a list is too
long or the budget is spent.

In a deterministic MDP γ → 0 forces φ(s') = s, since f^{π,s'} begins with e_{s'}; for actions φ(s) = s.
"""

from __future__ import annotations

from typing import Any

from mdppower._typing import Label
from mdppower.occupancy.visit_distributions import Recurrent, Visits
from mdppower.symmetry.copy_checks import (
    by_lists,
    check_actions,
    check_states,
    contains_copy,
    leaves_out,
    outcome,
)
from mdppower.symmetry.embeddings import Embedding, embedding, find_embeddings, layout_images
from mdppower.symmetry.involutions import CopySearch, Involution, Meter, involution, spread
from mdppower.symmetry.list_copies import Coder
from mdppower.symmetry.listed_sets import OptionSets, used_pairs


class CopyFinder(OptionSets):
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
    CopySearch(found Involution('l_sw' ↔ 'r_se', 'l_nw' ↔ 'r_ne'); mirror image left-right of the states that matter)
    >>> finder.actions("star", "->r_tri", "->l_tri").status, finder.actions("star", "->l_tri", "->r_tri").status
    ('found', 'none')
    """

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
                return CopySearch("found", (spread(image, mdp.states),), name, 0)
        if not self._may_embed(embedding(mdp, other_s, mdp, s, {other_s: self.extreme(other_s)}), meter):
            return CopySearch("none", (), "the first step has no counterpart", 0)
        among = self.nondominated(other)
        if among is None:
            if mdp.is_deterministic and not self._may_embed(
                embedding(mdp, other_s, mdp, s, self.certainly_used(other_s)), meter
            ):
                return CopySearch("none", (), "by transitions that F_nd(s') has for certain", 0)
            found = self._embedded(embedding(mdp, other_s, mdp, s), every, meter)
            return outcome(found, meter, "by all transitions; F_nd(s') is too large to list", complete=False)
        task = embedding(mdp, other_s, mdp, s, used_pairs(among.policies))
        if mdp.is_deterministic:
            return outcome(
                self._embedded(task, every, meter), meter, "by the transitions of F_nd", complete=True, every=every
            )
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
                return CopySearch("found", (spread(image, self.mdp.states),), name, 0)
        if self.mdp.is_deterministic:
            return outcome(
                self._embedded(task, every, meter), meter, "by all transitions", complete=True, every=every
            )
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
        task = embedding(mdp, mdp.index(other), mdp, mdp.index(state), used_pairs(among.policies))
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
        if self.mdp.is_deterministic and not every and t in self.reached(s):
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
                return outcome(found, meter, method, complete=False)
        if part is None or whole is None:
            return outcome([], meter, f"{method}: no embedding, and the sets are too large to list", complete=False)
        coder = Coder()
        return by_lists(coder.visits(part), coder.visits(whole), self.mdp.states, every, meter.afresh())

    @staticmethod
    def _may_embed(task: Embedding, meter: Meter) -> bool:
        """Whether a necessary embedding exists, or may exist: a search before the search, with nodes of its own."""
        aside = meter.afresh()
        return next(find_embeddings(task, aside), None) is not None or aside.is_spent
