"""What the sections on the paper share: notation, figure 1, and tables of the paper beside mdppower.

Visit distribution functions of deterministic MDPs are written as the paper writes them, e_★ + γe_r▷ + γ²e_r↗/(1−γ):
states that are visited once, then a cycle of L states with its factor 1/(1−γ^L). Sets of them are compared as texts.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from fractions import Fraction
from functools import cache
from typing import Any

import numpy as np
from matplotlib.figure import Figure

import mdppower as mp
from mdppower.orbits import Votes
from mdppower.symmetry import Involution
from scripts.reproduce.report import Report, say

COLOURS = 256
BLUE, GREY, BLACK, PALE = "#31688e", "#8a8a8a", "black", "#d9d9d9"
HALF, TWO_THIRDS = Fraction(1, 2), Fraction(2, 3)
EIGHTHS = tuple(k / 8 for k in range(9))
"""Rates that floats hold exactly."""

SYMBOLS = {
    "star": "★", "l_tri": "ℓ◁", "l_sw": "ℓ↙", "l_nw": "ℓ↖", "empty": "∅", "r_tri": "r▷", "r_ne": "r↗", "r_se": "r↘",
}  # fmt: skip
ACTIONS = {("star", "->l_tri"): "left", ("star", "->empty"): "down", ("star", "->r_tri"): "right"}
FIGURE_4 = {"ℓ↙": "r↘", "ℓ↖": "r↗"}
FIGURE_6 = {"ℓ◁": "r▷", **FIGURE_4}
DIGITS = "⁰¹²³⁴⁵⁶⁷⁸⁹"

Run = int
"""How many draws a section may make for what is not exact."""


class PaperReport(Report):
    """A report with tables of what the paper says beside what is found here."""

    colours = COLOURS

    def beside(self, rows: Iterable[Sequence[Any]]) -> None:
        """Rows (what, in the paper, here) or (what, in the paper, here, whether they agree); each is a check."""
        cells: list[tuple[Any, ...]] = [("", "the paper", "here", "")]
        for what, paper, here, *agree in rows:
            fine = bool(agree[0]) if agree else paper == here
            cells.append((what, paper, here, "✓" if fine else "✗ NOT CONFIRMED"))
            if fine:
                self.passed += 1
            else:
                self.failed.append(f"{what}: {say(paper)} in the paper, {say(here)} here")
        self.table(cells)

    def _add(self, block: str) -> None:
        # Some readers of Markdown take this underscore for the beginning of emphasis.
        super()._add(block.replace("≥_most", "≥\\_most").replace("≤_most", "≤\\_most"))


# ---------------------------------------------------------------------- figure 1 in the paper's notation


@cache
def figure_1() -> mp.RewardlessMDP:
    """`mdppower.envs.figure_1` with the paper's names of states and actions."""
    plain = mp.envs.figure_1()
    arrows: dict[str, dict[str, str]] = {}
    for s in plain.states:
        for a in plain.actions(s):
            (t,) = plain.successors(s, a)
            arrows.setdefault(SYMBOLS[s], {})[ACTIONS.get((s, a), f"to {SYMBOLS[t]}")] = SYMBOLS[t]
    place = dict(zip(map(SYMBOLS.get, plain.states), map(tuple, plain.layout), strict=True))
    return mp.RewardlessMDP.from_successors(arrows, layout=place)


def tail_and_cycle(mdp: mp.RewardlessMDP, policy: dict[int, int], start: int) -> tuple[list[Any], list[Any]]:
    """The path of a policy in a deterministic MDP: states visited once, then the cycle, as labels."""
    path = [start]
    while (s := int(mdp.kernel.indices[policy[path[-1]]])) not in path:
        path.append(s)
    first = path.index(s)
    names = [mdp.states[x] for x in path]
    return names[:first], names[first:]


def power_of_gamma(k: int) -> str:
    return "" if not k else "γ" if k == 1 else "γ" + "".join(DIGITS[int(c)] for c in str(k))


def function_text(tail: Sequence[Any], cycle: Sequence[Any]) -> str:
    """A visit distribution function as the paper writes it: e_★ + γe_r▷ + γ²e_r↗/(1−γ)."""
    terms = [f"{power_of_gamma(k)}e_{s}" for k, s in enumerate(tail)]
    front, length = power_of_gamma(len(tail)), len(cycle)
    loop = " + ".join(f"{power_of_gamma(k)}e_{s}" for k, s in enumerate(cycle))
    terms.append(f"{front}{loop if length == 1 else f'({loop})'}/(1−{power_of_gamma(length)})")
    return " + ".join(terms)


def functions(among: Any, phi: Involution | None = None) -> set[str]:
    """A set of visit distribution functions, or its image under φ, as texts."""
    start = among.mdp.index(among.start)
    found = set()
    for policy in among.policies:
        tail, cycle = tail_and_cycle(among.mdp, policy, start)
        if phi is not None:
            tail, cycle = [phi.of(s) for s in tail], [phi.of(s) for s in cycle]
        found.add(function_text(tail, cycle))
    return found


def end_text(mdp: mp.RewardlessMDP, row: Any) -> str:
    """A recurrent state distribution: e_x, or ½(e_x + e_y)."""
    names = " + ".join(f"e_{mdp.states[s]}" for s in np.flatnonzero(row).tolist())
    return names if np.count_nonzero(row) == 1 else f"{'½' if np.count_nonzero(row) == 2 else '…'}({names})"


def ends(among: Any) -> set[str]:
    return {end_text(among.mdp, row) for row in among.rows}


def set_text(members: Iterable[str]) -> str:
    """A set, the short members first."""
    return "{" + ", ".join(sorted(members, key=lambda x: (len(x), x))) + "}"


def indicator(mdp: mp.RewardlessMDP, *states: Any) -> np.ndarray:
    return np.isin(np.arange(mdp.n_states), [mdp.index(s) for s in states]).astype(float)


# ---------------------------------------------------------------------- numbers and pictures


def number(estimate: Any) -> Any:
    """The fraction, where there is one; else the mean."""
    return (
        float(estimate.mean) if estimate.exact is None else getattr(estimate.exact, "item", lambda: estimate.exact)()
    )


@cache
def exact_power(build: Callable[[], mp.RewardlessMDP]) -> dict[float, dict[Any, Fraction]]:
    """POWER of all states at multiples of 1/8, uniform rewards."""
    mdp = build()
    table = mp.power(mdp, EIGHTHS, method="exact").exact
    return {g: dict(zip(mdp.states, row, strict=True)) for g, row in zip(EIGHTHS, table, strict=True)}


def mean_value(mdp: mp.RewardlessMDP, s: Any, gamma: float) -> Fraction:
    """E V*(s, γ), uniform rewards."""
    scaled = number(mp.complexity(mp.Option.state(mdp, s, gamma, "value"), method="exact"))
    return scaled / (1 - Fraction(gamma))


def normals(mdp: mp.RewardlessMDP, count: int, seed: int) -> np.ndarray:
    return np.random.default_rng(seed).standard_normal((count, mdp.n_states))


def chart(width: float, height: float, panels: int = 1, **options: Any) -> tuple[Figure, Any]:
    figure = Figure(figsize=(width, height), layout="constrained")
    return figure, figure.subplots(1, panels, **options)


def counts(seen: Votes) -> str:
    return f"{seen.greater:,} : {seen.less:,}"


def vote_row(what: str, gamma: Any, seen: Votes) -> tuple[Any, ...]:
    kept = "not lost" if seen.is_most else "LOST"
    numbers = (f"{k:,}" for k in (seen.greater, seen.equal, seen.less, seen.size))
    return what, gamma, *numbers, kept


VOTE_HEAD = ("orbit of the reward", "γ", "greater", "equal", "less", "of", "the vote")
ORBITS = (
    tuple(range(8)),
    (0, 0, 0, 0, 0, 0, 0, 1),
    (0, 0, 0, 0, 1, 1, 1, 5),
    (-9, 0, 0, 1, 1, 1, 2, 30),
)
GOLDEN_POWER = {
    (0.5, 0): (22272, 16992), (1.0, 0): (23904, 14976), (0.5, 1): (2, 2), (1.0, 1): (2, 2), (0.5, 2): (134, 106),
    (1.0, 2): (134, 106), (0.5, 3): (1696, 1412), (1.0, 3): (1696, 1340),
}  # fmt: skip
"""Counts of another implementation, in rational arithmetic (tests/golden/01_fig1_uniform.json)."""
GOLDEN_OPTIMAL = ((14796, 11710), (3, 3), (115, 113), (1433, 1380))
