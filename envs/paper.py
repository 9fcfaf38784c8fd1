"""MDPs of *Optimal Policies Tend to Seek Power* (Turner et al., arXiv 1912.01683), and others like them.

All are deterministic; an action is named after the state it leads to. The values of POWER are for rewards
that are independent and uniform on [0, 1].

Each carries the numbers it is known for: ``FIGURE_1_POWER["r_se"](gamma)`` is POWER(r_se, γ) in closed form, for
0 ≤ γ ≤ 1, exact if γ is a `fractions.Fraction`. The catalog hands them on as ``Environment.power``.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping, Sequence
from fractions import Fraction
from typing import Any, TypeAlias

from mdppower._typing import Label
from mdppower.errors import ParameterError, SizeError
from mdppower.mdp.model import RewardlessMDP

_MOST_STATES = 10**6

ClosedForms: TypeAlias = "Mapping[Label, Callable[[Any], Any]]"
"""POWER of some states as functions of γ."""


def _half(gamma: Any) -> Any:
    """E R: there is nothing to choose."""
    return Fraction(1, 2) + 0 * gamma


def _two_thirds(gamma: Any) -> Any:
    """E max of two rewards."""
    return Fraction(2, 3) + 0 * gamma


def _three_quarters(gamma: Any) -> Any:
    """E max of three rewards."""
    return Fraction(3, 4) + 0 * gamma


def _best_now_then_back(gamma: Any) -> Any:
    """(E max(x, y) + γ E R)/(1 + γ): the better of two now, and every other time from now on."""
    return (Fraction(2, 3) + gamma / 2) / (1 + gamma)


def _best_of_two_tails(gamma: Any) -> Any:
    """E max of two independent Z = (1−γ) X + γ Y, with X and Y uniform.

    E max = 1/2 + E|Z − Z'|/2, and Z − Z' = a D + b D' with a the larger of 1−γ and γ, b the smaller, and D, D'
    triangular on [−1, 1]. E|D + u| = 1/3 + u² − |u|³/3 for |u| ≤ 1, E D² = 1/6, E|D|³ = 1/10, hence
    E|a D + b D'| = a/3 + b²/(6a) − b³/(30a²).
    """
    a, b = max(gamma, 1 - gamma), min(gamma, 1 - gamma)
    return Fraction(1, 2) + (a / 3 + b**2 / (6 * a) - b**3 / (30 * a**2)) / 2


FIGURE_1_POWER: ClosedForms = {
    "l_tri": _best_now_then_back,
    "l_sw": _best_now_then_back,
    "empty": _half,
    "r_tri": _two_thirds,
    "r_ne": _two_thirds,
    "r_se": _two_thirds,
}
FIGURE_9_POWER: ClosedForms = {"s1": _best_now_then_back, "s3": _best_of_two_tails, "s4": _two_thirds}
FIGURE_10_POWER: ClosedForms = {
    "s1": lambda gamma: Fraction(2, 3) + (gamma + gamma**2) * Fraction(1, 24),
    "s2": lambda gamma: Fraction(2, 3) + (gamma + gamma**2) * Fraction(1, 24),
    "s3": _two_thirds,
    "s4": _half,
}
FIGURE_11_POWER: ClosedForms = {
    "sl": _two_thirds, "sr": _three_quarters, **{f"s{i}": _half for i in range(1, 6)}
}  # fmt: skip


def fork_power(k: int) -> ClosedForms:
    """POWER of `fork`'s states; as in `fork`, errors for a size that there is not."""
    _require_count("k", k)
    return {"root": lambda gamma: Fraction(k, k + 1) + 0 * gamma, **{f"t{i}": _half for i in range(1, k + 1)}}


def cycle_power(n: int) -> ClosedForms:
    """POWER of `cycle`'s states; as in `cycle`, errors for a size that there is not."""
    _require_count("n", n)
    return {f"c{i}": _half for i in range(n)}


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


def figure_9() -> RewardlessMDP:
    """Build the three MDPs of figure 9 side by side, in which POWER and empowerment disagree.

    (a) from s1 to x or y and back; (b) from s3 to b1 or b2, each with an end of its own; (c) from s4 to c1 or c2,
    each of which leads to either of two ends. In (b) and (c) empowerment is the same, POWER is not; in (a)
    empowerment depends on whether the horizon is odd.

    Returns
    -------
    RewardlessMDP
        States s1, x, y; s3, b1, b2, r1, r2; s4, c1, c2, q1, q2.

    Notes
    -----
    POWER(s4) = 2/3 for every γ, POWER(s3) = 2/3 at γ = 0 and 1 and less between (37/60 at γ = 1/2);
    POWER(s1, 1) = 7/12. The paper's text fixes (b) and (c) but for the number of their states, which is assumed
    here; (a) is one natural reading.

    Examples
    --------
    >>> figure_9().actions("c1")
    ('->q1', '->q2')
    >>> FIGURE_9_POWER["s3"](Fraction(1, 2))
    Fraction(37, 60)
    """
    return _choices(
        {
            "s1": ["x", "y"], "x": ["s1"], "y": ["s1"],
            "s3": ["b1", "b2"], "b1": ["r1"], "b2": ["r2"], "r1": ["r1"], "r2": ["r2"],
            "s4": ["c1", "c2"], "c1": ["q1", "q2"], "c2": ["q1", "q2"], "q1": ["q1"], "q2": ["q2"],
        },
        layout={
            "s1": (1, 0), "x": (0, 1), "y": (2, 1),
            "s3": (1, 3), "b1": (0, 4), "b2": (2, 4), "r1": (0, 5), "r2": (2, 5),
            "s4": (1, 7), "c1": (0, 8), "c2": (2, 8), "q1": (0, 9), "q2": (2, 9),
        },
    )  # fmt: skip


def figure_10() -> RewardlessMDP:
    """Build the MDP of figure 10: the action that leads to more POWER is the less likely optimal one.

    Returns
    -------
    RewardlessMDP
        States s1 (with actions ->s2, "N", and ->s3, "NE"), s2, s3, s4.

    Notes
    -----
    POWER(s2, 1) = 3/4 > 2/3 = POWER(s3, 1), and yet ->s2 is optimal at s1 with probability 1/2 − γ/6 only. The
    published numbers fix all edges but one: that s4 is absorbing is one of two possibilities.

    Examples
    --------
    >>> FIGURE_10_POWER["s2"](1), figure_10().actions("s1")
    (Fraction(3, 4), ('->s2', '->s3'))
    """
    return _choices(
        {"s1": ["s2", "s3"], "s2": ["s2", "s3"], "s3": ["s3", "s4"], "s4": ["s4"]},
        layout={"s1": (1, 0), "s2": (0, 0), "s3": (0, 1), "s4": (0, 2)},
    )


def figure_11(n_actions: int = 6) -> RewardlessMDP:
    """Build the MDP of figure 11: where most actions lead, and where an optimal policy finds most.

    Half of the actions at s0 lead to sl, half to sr; half of those at sl to s1, half to s2; at sr one leads to s3,
    one to s4 and all others to s5. s1 to s5 are absorbing.

    Parameters
    ----------
    n_actions : int
        Number of actions, even, from 4; 10^(10^10) in the paper.

    Returns
    -------
    RewardlessMDP
        States s0, sl, sr, s1, …, s5; actions a0, a1, …

    Raises
    ------
    ParameterError
        `n_actions` is not an even integer ≥ 4.
    SizeError
        There would be more than a million actions.

    Notes
    -----
    POWER(sr) = 3/4 > 2/3 = POWER(sl) for every γ, POWER(s0, 1) = 5/6; a policy that picks actions at random has
    1/2 everywhere.

    Examples
    --------
    >>> figure_11().successors("sr", "a1")
    {'s4': 1.0}
    """
    _require_count("n_actions", n_actions)
    if n_actions < 4 or n_actions % 2:
        raise ParameterError(f"n_actions must be an even integer ≥ 4, got {n_actions}")
    half = n_actions // 2
    targets = {
        "s0": ["sl"] * half + ["sr"] * half,
        "sl": ["s1"] * half + ["s2"] * half,
        "sr": ["s3", "s4"] + ["s5"] * (n_actions - 2),
        **{f"s{i}": [f"s{i}"] * n_actions for i in range(1, 6)},
    }
    successors = {state: {f"a{a}": t for a, t in enumerate(to)} for state, to in targets.items()}
    layout = {"s0": (2, 0), "sl": (0.5, 1), "sr": (3, 1), **{f"s{i}": (i - 1, 2) for i in range(1, 6)}}
    return RewardlessMDP.from_successors(successors, layout=layout)


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
