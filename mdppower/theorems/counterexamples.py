"""A search for counterexamples among small random MDPs, each with exact numbers.

Claims that can be refuted by one MDP, under i.i.d. uniform rewards:

``power-optimality``  "the action that leads to more POWER is the likelier optimum": at some state two actions lead to
                      x and y for certain, POWER(x, γ) > POWER(y, γ), and yet P(s, →x, γ) < P(s, →y, γ) (the paper's
                      Proposition B.1 says that it is false).
``post-theorem``      "more Σ-power is more likely optimal": C(B) > C(A), and yet p(A ≥ B) > 1/2, for the VALUE sets
                      of two states.

Deterministic MDPs are drawn with few states first; of the counterexamples of the least number of states, the one with
the fewest pairs is given.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from fractions import Fraction
from typing import Any

import numpy as np

from mdppower._checks import choice, discount_rates, positive_integer
from mdppower._text import rate_text
from mdppower._typing import Label
from mdppower.errors import ParameterError, SizeError
from mdppower.mdp.model import RewardlessMDP
from mdppower.measures.action_optimality import action_optimality
from mdppower.measures.comparison import compare
from mdppower.measures.power import power
from mdppower.occupancy.option import Option

CLAIMS = ("power-optimality", "post-theorem")
MOST_STATES = 8


@dataclass(frozen=True, eq=False)
class Counterexample:
    """An MDP that refutes a claim, with the numbers that do.

    Attributes
    ----------
    claim : str
    mdp : RewardlessMDP
    gamma : float
    where : tuple of labels
        (s, x, y) for ``power-optimality``; (A, B) for ``post-theorem``.
    numbers : dict from str to Fraction
    tried : int
        MDPs that were looked at.
    """

    claim: str
    mdp: RewardlessMDP
    gamma: float
    where: tuple[Label, ...]
    numbers: dict[str, Fraction]
    tried: int

    def __repr__(self) -> str:
        told = ", ".join(f"{name} = {value}" for name, value in self.numbers.items())
        return f"Counterexample({self.claim}: {self.mdp.n_states} states, γ={rate_text(self.gamma)}; {told})"


def search_counterexample(
    claim: str, n_states: int = 5, *, gamma: float = 0.5, tries: int = 200, rng: Any = None
) -> Counterexample | None:
    """Look for the smallest counterexample to a claim among random deterministic MDPs.

    Parameters
    ----------
    claim : {"power-optimality", "post-theorem"}
    n_states : int
        Most states, up to 8.
    gamma : float
    tries : int
        MDPs to draw for each number of states.
    rng : what `numpy.random.default_rng` takes

    Returns
    -------
    Counterexample, or None where none was found (which proves nothing)

    Raises
    ------
    ParameterError
        There is no such claim, or an argument is out of range.

    Examples
    --------
    >>> found = search_counterexample("post-theorem", 3, tries=40, rng=0)
    >>> found.mdp.n_states, found.numbers["p(A ≥ B)"] > Fraction(1, 2), found.numbers["C(B) - C(A)"] > 0
    (3, True, True)
    """
    choice(claim, "claim", CLAIMS)
    most = positive_integer(n_states, "n_states")
    positive_integer(tries, "tries")
    if most > MOST_STATES:
        raise ParameterError(f"n_states must be at most {MOST_STATES}, got {most}")
    (rate, *_), single = discount_rates(gamma)
    if not single:
        raise ParameterError(f"search_counterexample takes one gamma, got {gamma!r}")
    look = {"power-optimality": _power_optimality, "post-theorem": _post_theorem}[claim]
    generator, tried = np.random.default_rng(rng), 0
    for size in range(2, most + 1):
        best: tuple[RewardlessMDP, tuple[Label, ...], dict[str, Fraction]] | None = None
        for _ in range(tries):
            mdp = _random_mdp(size, generator)
            tried += 1
            if best is None or mdp.n_pairs < best[0].n_pairs:
                try:
                    found = next(look(mdp, rate), None)
                except SizeError:
                    continue  # too large to be exact: others are not
                if found is not None:
                    best = mdp, *found
        if best is not None:
            return Counterexample(claim, best[0], rate, best[1], best[2], tried)
    return None


def _random_mdp(size: int, rng: np.random.Generator) -> RewardlessMDP:
    """Each state leads to one to three different states."""
    successors = {}
    for s in range(size):
        ends = rng.choice(size, size=int(rng.integers(1, min(size, 3) + 1)), replace=False)
        successors[s] = {f"->{t}": int(t) for t in sorted(ends.tolist())}
    return RewardlessMDP.from_successors(successors)


Found = Iterator[tuple[tuple[Label, ...], dict[str, Fraction]]]


def _power_optimality(mdp: RewardlessMDP, gamma: float) -> Found:
    branching = [s for s in range(mdp.n_states) if mdp.pointer[s + 1] - mdp.pointer[s] > 1]
    if not branching:
        return
    level = power(mdp, gamma, method="exact").exact
    chances = action_optimality(mdp, gamma, method="exact").optimal.exact
    assert chances is not None
    ends = mdp.kernel.indices
    for s in branching:
        pairs = range(int(mdp.pointer[s]), int(mdp.pointer[s + 1]))
        for p in pairs:
            for q in pairs:
                x, y = int(ends[p]), int(ends[q])
                if level[x] > level[y] and chances[p] < chances[q]:
                    names = ("POWER(x)", "POWER(y)", "P(s, →x)", "P(s, →y)")
                    values = (level[x], level[y], chances[p], chances[q])
                    where = (mdp.states[s], mdp.states[x], mdp.states[y])
                    yield where, dict(zip(names, values, strict=True))


def _post_theorem(mdp: RewardlessMDP, gamma: float) -> Found:
    for a in mdp.states:
        for b in mdp.states:
            if a != b:
                found = compare(*(Option.state(mdp, s, gamma, "value") for s in (a, b)), method="exact")
                greater, tie, _ = found.outcomes.exact  # type: ignore[misc]
                if found.gap.exact > 0 and greater + tie > Fraction(1, 2):
                    yield (a, b), {"C(B) - C(A)": found.gap.exact, "p(A ≥ B)": greater + tie, "P(tie)": tie}
