"""Where an arrow points on the page: to the most POWER, if the draws can tell any two actions of the cell apart.

Names for what `mdppower.measures.power_seeking` finds, and proves:

- ``"="``: the draws do not tell that the actions of the cell differ in POWER; or it is a theorem that all are equal:
  they do the same, or γ = 1 and they lead into one end component, or there is no other. There every draw has the same
  average reward everywhere, and an arrow would be noise.
- sure: the action has more POWER than each that does something else. Of ``"="``: it is that theorem. An interval that
  is narrow is none: of draws that all agree, it says that others are rare.

All that is said here holds at once with 95 %, though the draws have chosen which actions are compared.
"""

from __future__ import annotations

import numpy as np

from mdppower._typing import BoolArray, IntArray
from mdppower.mdp.actions import equivalent_pairs
from mdppower.mdp.model import RewardlessMDP
from mdppower.measures.power_estimate import PowerEstimate
from mdppower.measures.power_seeking import most_power_seeking

EQUAL, NO_CHOICE = "=", ""


def arrows(estimate: PowerEstimate, confidence: float = 0.95) -> tuple[list[list[str]], list[list[bool]]]:
    """The most POWER-seeking action of every cell, and whether that is sure, at every rate.

    Parameters
    ----------
    estimate : PowerEstimate
    confidence : float
        Of all that is said at once.

    Returns
    -------
    names : G lists of S
        An action's name, "=" or, in a cell of one action, "".
    sure : G lists of S

    Examples
    --------
    >>> import mdppower as mp
    >>> arrows(mp.power(mp.envs.gridworld("...*"), [0.9, 1], rng=0))
    ([['E', 'E', 'stay', ''], ['=', '=', 'stay', '']], [[True, False, False, True], [True, True, False, True]])
    """
    mdp, found = estimate.mdp, most_power_seeking(estimate, confidence)
    first, single = equivalent_pairs(mdp), np.diff(mdp.pointer) == 1
    names = []
    for best, told in zip(found.pairs, found.told, strict=True):
        same = first == first[best][mdp.pair_states]
        arrow = np.where(told, names_of(mdp, best, same), EQUAL)
        names.append(np.where(single, NO_CHOICE, arrow).tolist())
    return names, (found.equal | found.sure).tolist()


def names_of(mdp: RewardlessMDP, best: IntArray, same: BoolArray) -> list[str]:
    """Names of pairs; of those that do the `same`, as a blocked step and staying, "stay" says it best."""
    names = np.array(mdp.action_names)[mdp.action_codes]
    stays = np.logical_or.reduceat(same & (names == "stay"), mdp.pointer[:-1])
    return list(np.where(stays, "stay", names[best]).tolist())
