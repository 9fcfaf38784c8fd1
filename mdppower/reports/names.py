"""Claims, states and actions as a reader knows them.

A claim has a title beside its number, in plain words. A state of a map is its row and column, with what the map marks
there; other states and actions have the labels that the MDP gives them. An MDP whose labels are the positions of its
layout is called a map, and its states cells.
"""

from __future__ import annotations

import re
from collections.abc import Sequence

import numpy as np

from mdppower._text import cut
from mdppower._typing import Label
from mdppower.mdp.model import RewardlessMDP
from mdppower.theorems.claim_report import ClaimReport

LONGEST = 60
"""Characters of a label."""

TITLES: dict[str, str] = {
    "lemma-5.3": "POWER has no jumps as γ changes, for bounded rewards",
    "prop-5.4": "POWER is at most the mean of the greatest reward",
    "prop-5.5": "neighbours have nearly the same POWER when γ is near 1",
    "prop-6.6": "states with more options have more POWER, for most rewards",
    "prop-6.9.1": "keeping options open tends to seek POWER",
    "prop-6.9.2": "keeping options open tends to be optimal",
    "prop-6.12": "at γ = 1, what can be kept up for ever controls POWER",
    "thm-6.13": "average-optimal policies tend to end up in larger sets of ends",
    "cor-6.14": "average-optimal policies tend not to end up in any one given state",
    "prop-B.1": "more POWER need not mean more likely optimal",
    "prop-B.4": "tending to seek POWER need not mean tending to be optimal",
    "def-C.1": "no policy has more POWER than an optimal one",
}

MARKED = {"~": "the pit", "*": "the exit"}
MARKED_ENDS = {"G": "the goal G", "H": "the hole H"}
"""What letters stand for where an episode ends; elsewhere a letter is a letter."""


def heading(report: ClaimReport) -> str:
    """The number of a claim and its title.

    Examples
    --------
    >>> import mdppower as mp
    >>> heading(mp.theorems.proposition_5_4(mp.envs.fork(2)))
    'Proposition 5.4: POWER is at most the mean of the greatest reward'
    """
    title = TITLES.get(report.claim)
    return f"{report.reference}: {title}" if title else report.reference or report.claim


def show(label: Label, longest: int = LONGEST) -> str:
    """A label as text that can be printed, not too long."""
    return cut(str(label), longest)


def is_map(mdp: RewardlessMDP) -> bool:
    """Whether each state is called by its row and column."""
    return mdp.layout is not None and all(
        label == tuple(place) for label, place in zip(mdp.states, mdp.layout.tolist(), strict=True)
    )


def kind(mdp: RewardlessMDP) -> str:
    """What its states are called: cell, or state."""
    return "cell" if is_map(mdp) else "state"


def named(mdp: RewardlessMDP, label: Label) -> str:
    r"""A state with what the map marks there.

    Examples
    --------
    >>> import mdppower as mp
    >>> lake = mp.envs.gridworld("..\n.~")
    >>> named(lake, (0, 1)), named(lake, (1, 1)), named(mp.envs.fork(2), "t1")
    ('(0, 1)', 'the pit at (1, 1)', 't1')
    """
    s = mdp.index(label)
    marks = [mark for mark, where in mdp.marks.items() if s in where]
    if not marks:
        if isinstance(label, tuple) and len(label) == 2 and isinstance(label[0], tuple) and isinstance(label[1], str):
            return show(f"{label[1]} at {label[0]}")  # the end of an episode, of an environment that has such
        return show(label)
    known = MARKED | (MARKED_ENDS if s in mdp.absorbing_states else {})
    return f"{' and '.join(known.get(mark, show(mark)) for mark in marks)} at {show(label)}"


def named_all(mdp: RewardlessMDP, labels: Sequence[Label], most: int = 4) -> str:
    """States in a sentence, those of one mark together.

    Examples
    --------
    >>> import mdppower as mp
    >>> lake = mp.envs.make("FrozenLake-v1")
    >>> named_all(lake, [(1, 3), (3, 0), (3, 3)])
    'the holes H at (1, 3) and (3, 0), and the goal G at (3, 3)'
    """
    groups: dict[str, list[str]] = {}
    for label in labels[:most]:
        name, at, place = named(mdp, label).rpartition(" at ")
        groups.setdefault(name + at if name.startswith("the ") else "", []).append(
            place if name.startswith("the ") else named(mdp, label)
        )
    told = []
    for name, places in groups.items():
        kinds = name if len(places) == 1 else re.sub(r"^the (\w+)", r"the \1s", name)
        told.append(kinds + listed(places, most))
    more = [f"{len(labels) - most:,} more"] if len(labels) > most else []
    return (", and " if len(told) > 1 else " and ").join([*told, *more])


def action_named(mdp: RewardlessMDP, label: Label) -> str:
    """An action; where its name is a number, with the way that it leads on the map on average.

    Examples
    --------
    >>> import mdppower as mp
    >>> action_named(mp.envs.make("FrozenLake-v1"), 3), action_named(mp.envs.make("maze"), "N")
    ('action 3 (up)', 'N')
    """
    if not isinstance(label, int):
        return show(label)
    way = _way(mdp, label) if is_map(mdp) else ""
    return f"action {label}" + f" ({way})" * bool(way)


def _way(mdp: RewardlessMDP, label: Label) -> str:
    """Where an action leads on average, if that is clearly one of four ways; jumps do not count."""
    assert mdp.layout is not None
    pairs = np.flatnonzero(mdp.action_codes == mdp.action_names.index(label))
    rows = mdp.kernel[pairs].tocoo()
    starts = mdp.pair_states[pairs][rows.coords[0]]
    steps = mdp.layout[rows.coords[1]] - mdp.layout[starts]
    near = np.abs(steps).sum(axis=1) == 1
    down, right = (rows.data[near, None] * steps[near]).sum(axis=0).tolist()
    if max(abs(down), abs(right)) < 2 * min(abs(down), abs(right)) or down == right:
        return ""
    return ("down" if down > 0 else "up") if abs(down) > abs(right) else "right" if right > 0 else "left"


def label_note(mdp: RewardlessMDP) -> str:
    """How to read its labels, where these are no names."""
    if is_map(mdp):
        return "A cell is called by its row and column, both from 0 at the top left."
    if str(mdp.origin.get("source", "")).startswith("Taxi") and isinstance(mdp.states[0], tuple):
        return "A state is (row, column, where the passenger is: 4 in the taxi, destination), as Taxi decodes it."
    return ""


def listed(names: Sequence[str], most: int = 4, last: str = "and") -> str:
    """Names in a sentence: all of a few, else the first and how many more.

    Examples
    --------
    >>> listed(["a"]), listed(["a", "b", "c"]), listed("abcdefg")
    ('a', 'a, b and c', 'a, b, c, d and 3 more')
    """
    if len(names) > most:
        return f"{', '.join(names[:most])} and {len(names) - most:,} more"
    return f" {last} ".join([", ".join(names[:-1]), names[-1]]) if len(names) > 1 else "".join(names)
