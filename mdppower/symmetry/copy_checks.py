"""Copies among lists of vectors, and checks of a given φ: what needs no search over an MDP.

φ·X' ⊆ X is decided by lists of vectors, exactly (`list_copies`), or, for what can be reached in an MDP, by a look at
each transition (`embeddings`).
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from mdppower._typing import Label
from mdppower.errors import ParameterError
from mdppower.mdp.actions import restricted
from mdppower.mdp.argument import check_mdp
from mdppower.mdp.model import RewardlessMDP
from mdppower.occupancy.vectors import as_rows
from mdppower.occupancy.visit_distributions import Recurrent, Visits
from mdppower.symmetry.embeddings import embedding
from mdppower.symmetry.involutions import Budget, CopySearch, Involution, Meter, involution, spread
from mdppower.symmetry.list_copies import Coder, Codes, find_images, float_codes


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
    return by_lists(mine, there, states, every, Meter(budget or Budget()))


def _same_states(first: RewardlessMDP, second: RewardlessMDP) -> tuple[Label, ...]:
    if first.states != second.states:
        raise ParameterError(f"the sets are over different states: {first.n_states} and {second.n_states}")
    return first.states


def by_lists(part: Codes, whole: Codes, states: tuple[Label, ...], every: bool, meter: Meter) -> CopySearch:
    """A search over lists of codes."""
    if not every and set(part) <= set(whole):
        return CopySearch("found", (spread({}, states),), "part of it as it is", 0)
    found = []
    for image in find_images(part, whole, meter):
        found.append(spread(image, states))
        if not every:
            break
    return outcome(found, meter, "by lists", complete=True, every=every)


def outcome(found: list[Involution], meter: Meter, method: str, *, complete: bool, every: bool = False) -> CopySearch:
    """What a search amounts to; `complete`: where it found nothing to the end, nothing exists."""
    if found:
        return CopySearch("found", tuple(found), method, meter.nodes, every and complete and not meter.is_spent)
    if meter.is_spent:
        limit = f"{meter.budget.nodes:,} nodes" if meter.nodes > meter.budget.nodes else f"{meter.budget.seconds:g} s"
        return CopySearch("unknown", (), f"{method}: the budget of {limit} was spent", meter.nodes)
    return CopySearch("none" if complete else "unknown", (), method, meter.nodes)


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
        As for `mdppower.symmetry.involutions.involution`.

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
    check_mdp(mdp)
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
    check_mdp(mdp)
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
