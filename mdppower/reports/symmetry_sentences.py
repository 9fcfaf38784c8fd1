"""The symmetries of the whole MDP in sentences, and what follows for POWER.

On a map they are its mirrors, turns and shifts; elsewhere, and beyond these, the states that can change places. That
states of one orbit have the same POWER is proved for i.i.d. rewards (`mdppower.symmetry.automorphisms`), which is
said; of other laws nothing follows.
"""

from __future__ import annotations

from mdppower.errors import MDPPowerError
from mdppower.reports.names import is_map, kind, listed, named
from mdppower.reports.permutation_words import map_symmetries, orbits_of
from mdppower.rewards.distribution import resolve
from mdppower.symmetry.automorphisms import Symmetries
from mdppower.theorems.verification import Verification

MOST_GROUPS = 4
"""Of states that can change places, in one sentence."""


def symmetry_sentences(symmetries: Symmetries, run: Verification) -> list[str]:
    """What the symmetries of the whole MDP are, and what follows for POWER.

    Parameters
    ----------
    symmetries : Symmetries
    run : Verification

    Returns
    -------
    list of str
    """
    mdp = symmetries.mdp
    what, one = "map" if is_map(mdp) else "MDP", kind(mdp)
    if symmetries.is_trivial:
        return [f"The {what} has no symmetry: no way to exchange its {one}s leaves all moves as they are."]
    isometries = map_symmetries(mdp)
    given = _iid(run)
    told = []
    for sort, begin, end in (
        ("mirror", "is mirror-symmetric", f"each {one} has exactly its mirror's POWER"),
        ("turn", "looks the same after", f"each {one} has exactly the POWER of the one that it is turned to"),
        ("shift", "looks the same after a shift by", f"each {one} has exactly the POWER of the one it is shifted to"),
    ):
        words = [x.words for x in isometries if x.sort == sort]
        if words:
            told.append(f"The {what} {begin} {listed(words)}: {end}, at every γ, {given}.")
    if orbits_of([x.image for x in isometries], mdp.n_states) > len(symmetries.orbits):
        groups = [[named(mdp, s) for s in orbit] for orbit in symmetries.orbits if len(orbit) > 1]
        if len(groups) == 1:
            alike = f"{listed(groups[0])} can change places, and all else stays as it is"
        else:
            shown = [f"{{{', '.join(group[:4])}{', …' * (len(group) > 4)}}}" for group in groups]
            alike = f"the {one}s of each of {len(groups):,} groups can change places: {listed(shown, MOST_GROUPS)}"
        end = (
            "they have exactly the same POWER"
            if len(groups) == 1
            else f"{one}s of a group have exactly the same POWER"
        )
        told.append(f"{'Moreover, ' if told else 'By symmetry, '}{alike}: {end}, at every γ, {given}.")
    return told


def _iid(run: Verification) -> str:
    try:
        law = resolve(run.here.rewards, run.here.mdp)
    except MDPPowerError:  # rewards of one's own that were not kept in a file
        return "for i.i.d. rewards"
    return "for i.i.d. rewards" + f" (those of these tests, {law.name}, are not known to be)" * (not law.is_iid)
