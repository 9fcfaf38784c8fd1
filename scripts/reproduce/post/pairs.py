"""What the sections on the post share: pairs of options, their exact comparison, and the law of Δ by quadrature.

A pair is two options A and B with a law of rewards; Δ = h_A − h_B is the difference of their worths. Its variance,
and the least ν² that could bound its moments, are found by Gauss quadrature, apart from what mdppower certifies.
"""

from __future__ import annotations

from fractions import Fraction
from functools import cache
from itertools import product
from typing import Any

import numpy as np
from matplotlib.figure import Figure
from scipy import stats

import mdppower as mp
from mdppower import bounds
from mdppower.integrals.reward_laws import Atoms, Boxes, exact_law
from mdppower.measures.comparison_estimate import Comparison
from mdppower.measures.exact_means import exact_rows
from mdppower.rewards import resolve

BLUE, GREY, BLACK = "#31688e", "#8a8a8a", "black"
HALF = Fraction(1, 2)
Run = int
"""How many draws a section may make for a number that is not exact."""
ONE_OF_THREE = ([[1, 0, 0]], [[0, 1, 0], [0, 0, 1]])
"""One end of a fork against the two others."""


def sets(*rows: Any) -> list[mp.Option]:
    return [mp.Option.vectors(part) for part in rows]


def ends(mdp: mp.RewardlessMDP, kind: str, gamma: float, *states: str) -> list[mp.Option]:
    return [mp.Option.state(mdp, s, gamma, kind) for s in states]


def two_ends(low: float, high: float, chance: float, sure: float) -> tuple[list[mp.Option], Any]:
    """A is worth `high` with that chance and `low` otherwise, B is worth `sure`."""
    mdp = mp.RewardlessMDP.from_successors({s: {"stay": s} for s in "ab"})
    law = stats.rv_discrete(values=([low, high], [1 - chance, chance]))
    return ends(mdp, "value", 0.5, "a", "b"), {"a": law, "b": sure}


def fork_pair(k: int) -> list[mp.Option]:
    """One end of a fork against the k − 1 others."""
    unit = np.eye(k)
    return sets(unit[:1], unit[1:])


def exactly(pair: list[mp.Option], rewards: Any = "uniform") -> Comparison:
    return mp.compare(*pair, rewards, method="exact")


def p_of(found: Comparison) -> float:
    return float(found.p_at_least.mean)


def number(estimate: Any) -> Any:
    """The fraction, where there is one; else the mean."""
    known = estimate.exact
    return float(estimate.mean) if known is None else known.item() if isinstance(known, np.ndarray) else known


NODES = {1: 200, 2: 60, 3: 20, 4: 14}


def law_of_difference(pair: list[mp.Option], rewards: Any) -> tuple[np.ndarray, np.ndarray]:
    """Values of Δ = h_A − h_B and their weights: Gauss quadrature in the states that matter, or all atoms."""
    mdps = [part.mdp for option in pair for part in option.parts if hasattr(part, "mdp")]
    states = pair[0].states
    mdp = mdps[0] if mdps else mp.RewardlessMDP.from_successors({s: {"stay": s} for s in states})
    law = exact_law(resolve(rewards, mdp))
    a, b = (np.array(exact_rows(option), float) for option in pair)
    matter = np.flatnonzero(np.vstack([a, b]).any(axis=0))
    a, b, d = a[:, matter], b[:, matter], len(matter)
    if isinstance(law, Atoms):
        one = [(np.array([float(v) for v, _ in x]), np.array([float(p) for _, p in x])) for x in law.laws]
        one = [one[k] for k in matter]
    elif isinstance(law, Boxes):
        x, w = np.polynomial.legendre.leggauss(NODES[d])
        sides = [(float(law.lows[k]), float(law.highs[k])) for k in matter]
        one = [(low + (high - low) * (x + 1) / 2, w / 2) for low, high in sides]
    else:
        x, w = np.polynomial.hermite_e.hermegauss(NODES[d])
        one = [(x, w / w.sum())] * d
    points = np.array(list(product(*(values for values, _ in one))))
    weights = np.array(list(product(*(chances for _, chances in one)))).prod(axis=1)
    if not isinstance(law, Atoms | Boxes):
        points = law.mean[matter] + points @ np.linalg.cholesky(law.covariance[np.ix_(matter, matter)]).T
    return (points @ a.T).max(axis=1) - (points @ b.T).max(axis=1), weights


def optimum(delta: np.ndarray, weights: np.ndarray, farthest: float = 8.0) -> tuple[float, float]:
    """Var Δ, and the greatest 2 ln E e^{λ(Δ − EΔ)}/λ² for |λ| up to `farthest` standard deviations: below any ν²."""
    centred = delta - weights @ delta
    variance = float(weights @ centred**2)
    if variance < 1e-20:
        return 0.0, 0.0
    slopes = np.geomspace(0.25, farthest, 6) / np.sqrt(variance)
    return variance, max(
        variance, *(float(2 * np.log(weights @ np.exp(x * centred)) / x**2) for x in (*slopes, *-slopes))
    )


@cache
def universal() -> tuple[float, float, float]:
    """ν, the drop and the cap for all pairs of states under i.i.d. U(0, 1) rewards."""
    known = bounds.universal_proxy(resolve("uniform", mp.envs.fork(2)))
    assert known is not None
    nu, drop, cap = known
    assert drop is not None
    assert cap is not None
    return nu, drop, cap


def chart(width: float, height: float, panels: int = 1, **options: Any) -> tuple[Figure, Any]:
    figure = Figure(figsize=(width, height), layout="constrained")
    return figure, figure.subplots(1, panels, **options)
