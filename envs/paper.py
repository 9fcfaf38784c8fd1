"""MDPs of *Optimal Policies Tend to Seek Power* (Turner et al., arXiv 1912.01683), and others like them.

All are deterministic; an action is named after the state it leads to. The values of POWER are for rewards
that are independent and uniform on [0, 1].
"""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from typing import Any

from mdppower._typing import Label
from mdppower.errors import ParameterError, SizeError
from mdppower.mdp import RewardlessMDP

_MOST_STATES = 10**6


def figure_1() -> RewardlessMDP:
    """Build the MDP of figure 1: from a star, left into two states, right into two, or into an empty one.

    The right part contains a copy of the left one and more, so that going right leaves more options.

    Returns
    -------
    RewardlessMDP
        States star, l_tri, l_sw, l_nw, empty, r_tri, r_ne, r_se: ★, ℓ◁, ℓ↙, ℓ↖, ∅, r▷, r↗, r↘ in the paper.

    Notes
    -----
    POWER(empty) = 1/2. On the right, where each of two states can be kept for ever, POWER = 2/3 in r_tri,
    r_ne and r_se. On the left only l_sw can be kept: POWER(l_sw) = (2/3 + γ/2) / (1 + γ). For every γ.

    Examples
    --------
    >>> figure_1().actions("star")
    ('->l_tri', '->empty', '->r_tri')
    """
    return _choices(
        {
            "star": ["l_tri", "empty", "r_tri"],
            "l_tri": ["l_nw", "l_sw"],
            "l_sw": ["l_sw", "l_nw"],
            "l_nw": ["l_sw"],
            "empty": ["empty"],
            "r_tri": ["r_ne", "r_se"],
            "r_ne": ["r_ne", "r_se"],
            "r_se": ["r_se", "r_ne"],
        },
        layout={
            "l_nw": (0, 0),                                                                 "r_ne": (0, 4),
                             "l_tri": (1, 1),  "star": (1, 2),  "r_tri": (1, 3),
            "l_sw": (2, 0),                    "empty": (2, 2),                             "r_se": (2, 4),
        },
    )  # fmt: skip


def fork(k: int) -> RewardlessMDP:
    """Build a root with a choice among k absorbing states.

    Parameters
    ----------
    k : int
        Number of absorbing states, from 1.

    Returns
    -------
    RewardlessMDP
        States root, t1, …, tk.

    Raises
    ------
    ParameterError
        `k` is not an integer ≥ 1.
    SizeError
        There would be more than a million states.

    Notes
    -----
    POWER(root) = k/(k + 1), the mean of the largest of k rewards; POWER(ti) = 1/2. For every γ.

    Examples
    --------
    >>> fork(2)
    RewardlessMDP(3 states, 4 pairs, up to 2 actions, deterministic, absorbing: 't1', 't2')
    """
    _require_count("k", k)
    leaves = [f"t{i}" for i in range(1, k + 1)]
    layout: dict[Label, tuple[float, float]] = {leaf: (i, 1) for i, leaf in enumerate(leaves)}
    layout["root"] = ((k - 1) / 2, 0)
    return _choices({"root": leaves} | {leaf: [leaf] for leaf in leaves}, layout)


def cycle(n: int) -> RewardlessMDP:
    """Build a ring of n states with one action each, to the next state.

    Parameters
    ----------
    n : int
        Number of states, from 1.

    Returns
    -------
    RewardlessMDP
        States c0, …, c(n−1).

    Raises
    ------
    ParameterError
        `n` is not an integer ≥ 1.
    SizeError
        There would be more than a million states.

    Notes
    -----
    POWER = 1/2 in every state, for every γ: there is nothing to choose, and the mean of the rewards is 1/2.

    Examples
    --------
    >>> cycle(3).successors("c2", "->c0")
    {'c0': 1.0}
    """
    _require_count("n", n)
    angles = [2 * math.pi * i / n for i in range(n)]
    radius = n / (2 * math.pi)  # neighbours are about one unit apart
    layout: dict[Label, tuple[float, float]] = {
        f"c{i}": (-radius * math.cos(x), radius * math.sin(x)) for i, x in enumerate(angles)
    }
    return _choices({f"c{i}": [f"c{(i + 1) % n}"] for i in range(n)}, layout)


def _choices(successors: Mapping[str, Sequence[str]], layout: Mapping[Label, tuple[float, float]]) -> RewardlessMDP:
    """Build the deterministic MDP in which an action is the choice of a successor."""
    arrows: dict[Label, dict[Label, str]] = {
        state: {f"->{target}": target for target in to} for state, to in successors.items()
    }
    return RewardlessMDP.from_successors(arrows, layout=layout)


def _require_count(name: str, value: Any) -> None:
    if not isinstance(value, int) or isinstance(value, bool) or value < 1:
        raise ParameterError(f"{name} must be an integer ≥ 1, got {value!r}")
    if value > _MOST_STATES:
        raise SizeError(f"{name} = {value} is more than {_MOST_STATES} states")
