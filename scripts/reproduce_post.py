"""The mathematics of the post "Modeling AI Takeoff Scenarios", statement by statement, with numbers and pictures.

    python scripts/reproduce_post.py                     writes .github/reproduce/post.md and its pictures
    python scripts/reproduce_post.py --out DIR           writes DIR/post.md
    python scripts/reproduce_post.py --only lemma        one section (or several, separated by commas)
    python scripts/reproduce_post.py --samples 4096      fewer draws

A section quotes the post, gives a verdict, and checks the sharp statement that stands beside it. Every number comes
from mdppower; what is drawn has a fixed seed. The exit code is 1 if a check fails.
"""

from __future__ import annotations

import argparse
import sys
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass, replace
from fractions import Fraction
from functools import cache
from itertools import product
from pathlib import Path
from typing import Any

import numpy as np
from _report import OUTSIDE, REPAIR, RIGHT, WRONG, Report, say, short
from matplotlib.figure import Figure
from scipy import stats

import mdppower as mp
from mdppower import bounds
from mdppower.bound_checks import check_bound
from mdppower.certificates import Certificate, Certified, certify
from mdppower.comparison import Comparison
from mdppower.counterexamples import search_counterexample
from mdppower.diagnostics import empirical_proxy
from mdppower.exact import Atoms, Boxes, exact_law, exact_rows
from mdppower.main_theorem import check_main_theorem
from mdppower.options import worth
from mdppower.plotting import plot_curve
from mdppower.rewards import resolve

FOLDER = Path(__file__).parent.parent / ".github" / "reproduce"
SAMPLES = 65_536
BLUE, GREY, BLACK = "#31688e", "#8a8a8a", "black"
HALF = Fraction(1, 2)
DRAWS = 4096
CONFIDENCE = 0.999
"""For each of the many normal pairs of the survey."""
RATES = np.array([0.01, 0.1, 0.3, 0.5, 0.7, 0.9])

Run = int
"""How many draws a section may make for a number that is not exact."""


# ---------------------------------------------------------------------- the pairs that the sections speak about


def sets(*rows: Any) -> list[mp.Option]:
    return [mp.Option.vectors(part) for part in rows]


def ends(mdp: mp.RewardlessMDP, kind: str, gamma: float, *states: str) -> list[mp.Option]:
    return [mp.Option.state(mdp, s, gamma, kind) for s in states]


ONE_OF_THREE = ([[1, 0, 0]], [[0, 1, 0], [0, 0, 1]])
"""One end of a fork against the two others."""


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


def chart(width: float, height: float, panels: int = 1, **options: Any) -> tuple[Figure, Any]:
    figure = Figure(figsize=(width, height), layout="constrained")
    return figure, figure.subplots(1, panels, **options)


# ---------------------------------------------------------------------- definitions


def power_definition(report: Report, run: Run) -> None:
    report.section("POWER")
    report.quote(
        "Turner et al. define the power of an AI state as the expected value over a distribution of possible "
        "reward functions: POWER(s) ~ E[⟨ρ_s, r⟩ | ρ_s is a valid occupancy-measure for s]"
    )
    mdp, gamma = mp.envs.figure_1(), 0.5
    levels = mp.power(mdp, gamma, method="exact").exact
    rows: list[tuple[Any, ...]] = [
        ("state of figure 1, γ = 1/2", "as printed: no sup", "with sup only: (1−γ) E V*", "POWER (Def. 5.2)")
    ]
    value = {}
    for s in mdp.states:
        mean = mp.visits(mdp, s, gamma).normalised.mean(axis=0, keepdims=True)
        printed = float(mp.complexity(mp.Option.vectors(mean), method="exact").mean)
        value[s] = number(mp.complexity(mp.Option.state(mdp, s, gamma, "value"), method="exact"))
        if s in ("star", "l_tri", "empty", "r_tri"):
            rows.append((s, printed, value[s], levels[mdp.index(s)]))
    report.verdict("POWER(s) ~ E[⟨ρ, r⟩ given ρ valid]", WRONG,
        f"the best ρ for each r is meant, and the formula has no sup: as printed it is {say(rows[1][1])} in "
        "every state under i.i.d. U(0, 1) rewards")  # fmt: skip
    report.paragraph(
        "The words before the formula are right: an expectation over reward functions of how well the agent "
        "can do. Turner's definition is (1−γ)/γ · E[max_π V − R(s)]: a maximum for each reward function, a "
        "normaliser (without it E V* is without bound as γ → 1), and the reward of s itself taken off, which "
        "the agent has whatever it does. That last step is what makes the gap of V* of two states γ times "
        "their POWER gap; this factor comes back in the section on the POWER gap."
    )
    report.table(rows)
    pairs = [(s, t) for s in mdp.states for t in mdp.states]
    level = dict(zip(mdp.states, levels, strict=True))
    same = all(value[s] - value[t] == Fraction(gamma) * (level[s] - level[t]) for s, t in pairs)
    report.check(
        "as printed, all states have the mean reward", all(abs(row[1] - 0.5) < 1e-12 for row in rows[1:]), 0.5
    )
    report.check(
        "C(VALUE s) − C(VALUE t) = γ (POWER s − POWER t), in fractions", same, f"{len(pairs)} pairs of states"
    )
    far = float(mp.complexity(mp.Option.state(mdp, "star", 0.99, "value"), method="exact").mean) / 0.01
    report.check("without the normaliser E V*(star) at γ = .99 is far above any reward", far > 50, far)

    gammas = [k / 10 for k in range(11)]
    whole = mp.power(mdp, gammas, method="exact").mean
    figure, axes = chart(8.0, 3.6)
    for s, line in (("star", "-"), ("r_tri", "--"), ("l_tri", "-.")):
        axes.plot(gammas, whole[:, mdp.index(s)], line, color=BLUE, label=f"POWER({s})")
        kept = [float(mp.complexity(mp.Option.state(mdp, s, g, "value"), method="exact").mean) for g in gammas]
        axes.plot(gammas, kept, line, color=GREY, label=f"with sup only, {s}")
    axes.axhline(0.5, color=BLACK, linestyle=":", label="as printed, every state")
    axes.set(
        xlabel="γ", xlim=(0, 1), ylabel="reward a step", title="Three readings of POWER in figure 1 of Turner et al."
    )
    axes.legend(fontsize=8, loc="center left", bbox_to_anchor=(1, 0.5))
    report.picture(
        "power",
        figure,
        "Without a maximum no state differs from another. With a maximum but the state's own reward kept, "
        "all states begin at 1/2: a short-sighted agent would have no power anywhere.",
    )


def complexity_identities(report: Report, run: Run) -> None:
    report.section("C_Σ, a complexity as in learning theory")
    report.quote(
        "This connects to well-established machine learning theory about generalization. When we measure how "
        "well an AI performs across many different objectives (like Rademacher complexity in machine "
        "learning), we're essentially measuring its general optimization power."
    )
    report.verdict(
        "C_Σ is a complexity like Rademacher's", RIGHT,
        "Σ = N(0, I) gives the Gaussian width, random signs n times the Rademacher complexity; POWER is C_Σ "
        "of the right set")  # fmt: skip
    report.paragraph(
        "The post uses C_Σ in its lemma without a definition; C_Σ(A) = E sup over a in A of ⟨a, σ⟩ is what "
        "the lemma's proof needs. Here with rewards that are uniform on [−1, 2] (mean m = 1/2), exactly."
    )
    a, b = np.array([[2, -1, 0], [0, 1, 1]]), np.array([[1, 1, 0], [0, 0, -2], [-1, 2, 1]])

    def width(rows: Any, law: Any = "uniform(-1,2)") -> Any:
        return number(mp.complexity(mp.Option.vectors(rows), law, method="exact"))

    shift = np.array([1, 2, 0])
    identities = [
        ("C(A + B) = C(A) + C(B), sums of pairs", width([x + y for x in a for y in b]), width(a) + width(b), "="),
        ("C(3A) = 3 C(A)", width(3 * a), 3 * width(a), "="),
        ("C(A + w) = C(A) + ⟨w, m⟩", width(a + shift), width(a) + 3 * HALF, "="),
        ("C(conv A) = C(A)", width(np.vstack([a, a.mean(axis=0)])), width(a), "="),
        ("C(φA) = C(A), φ a permutation of i.i.d. states", width(a[:, [2, 0, 1]]), width(a), "="),
        ("C(A) ≤ C(A ∪ B)", width(a), width(np.vstack([a, b])), "≤"),
    ]
    signs = list(product((-1, 1), repeat=3))
    rademacher = Fraction(sum(max(int(np.dot(x, e)) for x in a) for e in signs), 3 * len(signs))
    normal = width(a, "gaussian-width")
    identities += [
        ("C(A) for random signs = n Rad(A), counted over all signs", width(a, "rademacher"), 3 * rademacher, "="),
        ("w_Rad ≤ √(π/2) w_Gauss", width(a, "rademacher"), float(np.sqrt(np.pi / 2) * normal), "≤"),
        ("Gaussian width of {e₁, e₂} ≤ 1/√π and ≥", width(np.eye(2), "gaussian-width"), 1 / np.sqrt(np.pi), "≈"),
    ]
    identities[-1] = ("Gaussian width of {e₁, e₂} = 1/√π", *identities[-1][1:])
    holds: dict[str, Callable[[Any, Any], bool]] = {
        "=": lambda x, y: x == y, "≤": lambda x, y: x <= y, "≈": lambda x, y: abs(x - y) < 1e-9,
    }  # fmt: skip
    report.table([("identity", "left", "right"), *(row[:3] for row in identities)])
    report.check("all identities hold", all(holds[how](x, y) for _, x, y, how in identities), len(identities))

    mdp = mp.envs.figure_1()
    level = mp.power(mdp, HALF, method="exact").exact
    worst = 0.0
    for s, found in zip(mdp.states, level, strict=True):
        rows = mp.visits(mdp, s, 0.5).nondominated().power_rows
        massart = 0.5 + np.sqrt(1 / 12 * 2 * np.log(len(rows))) * np.linalg.norm(rows, axis=1).max()
        worst = max(worst, float(found) - massart)
    report.check(
        "POWER(s) ≥ m for i.i.d. rewards, all states of figure 1: the centred complexity is not negative",
        min(level) >= HALF,
        min(level),
    )
    report.check(
        "POWER(s) ≤ m + σ max‖a‖ √(2 ln |F_nd(s)|) (Massart), the same states; POWER minus the bound is at most",
        worst <= 1e-12,
        worst,
    )

    sizes = range(1, 11)
    gauss = [float(mp.complexity(sets(np.eye(k))[0], "gaussian-width", samples=8192, rng=k).mean) for k in sizes]
    random_signs = [float(mp.complexity(sets(np.eye(k))[0], "rademacher", method="exact").mean) for k in sizes]
    figure, axes = chart(6.4, 3.4)
    axes.plot(sizes, np.sqrt(2 * np.log(sizes)), ":", color=BLACK, label="Massart's bound, σ = 1: √(2 ln k)")
    axes.plot(sizes, gauss, "o-", color=BLUE, label="Gaussian width")
    axes.plot(sizes, random_signs, "s--", color=GREY, label="random signs: n × Rademacher complexity")
    axes.set(
        xlabel="number k of ends that can be chosen", ylabel="C(A)", title="More options, more C: k unit vectors"
    )
    axes.legend(fontsize=8)
    report.picture(
        "complexity", figure, "The post's analogy in one picture: C grows with the number of options, slowly."
    )


def optimality_probability(report: Report, run: Run) -> None:
    report.section("The optimality probability")
    report.quote(
        "The optimality probability of system A relative to system B under distribution Σ is: p_Σ(A ≥ B) := "
        "P(sup_A ⟨a, σ⟩ ≥ sup_B ⟨b, σ⟩)"
    )
    mdp = mp.envs.figure_1()
    actions = mdp.actions("star")
    by = {x: mp.Option.action(mdp, "star", x, 0.5, "value") for x in actions}
    whole = mp.Option.state(mdp, "star", 0.5, "value")
    chances = dict(zip(actions, mp.action_optimality(mdp, 0.5, method="exact").of("star").exact, strict=True))
    rows = [("action a at star, γ = 1/2", "P_D(star, a)", "p(F_a ≥ F)", *(f"p(F_a ≥ F of {x})" for x in actions))]
    against_all = {}
    for x in actions:
        against_all[x] = number(exactly([by[x], whole]).p_at_least)
        pairwise = ["" if x == y else number(exactly([by[x], by[y]]).p_at_least) for y in actions]
        rows.append((x, chances[x], against_all[x], *(cell and short(cell) for cell in pairwise)))
    report.verdict("p_Σ(A ≥ B) is the optimality probability", REPAIR,
        "it is a pairwise comparison (Turner's E.19); Turner's P_D(s, a) is p(F_a ≥ F(s)), the same thing "
        "only where two actions compete")  # fmt: skip
    report.table(rows)
    report.check("P_D(star, a) = p(F_a ≥ F(star)) for the three actions, in fractions", chances == against_all, 3)
    ten = mp.envs.figure_10()
    north = mp.action_optimality(ten, 0.5, method="exact").of("s1", "->s2")
    two = exactly(ends(ten, "value", 0.5, "s2", "s3")).p_at_least
    report.check(
        "figure 10, two actions: P_D(s1, north) = p(VALUE s2 ≥ VALUE s3)", number(north) == number(two), number(two)
    )

    report.paragraph(
        "**At the ends of γ there are two probabilities.** P_D(s, a, 1) is the limit γ → 1, optimality in "
        "Blackwell's sense: what is earned on the way still counts among policies of equal average reward. "
        "Average optimality does not look at the way. In figure 10 they disagree; mdppower has a function "
        "for each."
    )
    limits = mp.action_optimality(ten, [0, 1], method="exact")
    average = mp.average_optimality(ten, "s1", method="exact").exact
    report.table([
        ("figure 10, at s1", "north (to s2)", "north-east (to s3)"),
        ("γ → 0 (`action_optimality`, 0)", *limits.of("s1", gamma=0.0).exact),
        ("γ → 1, Blackwell (`action_optimality`, 1)", *limits.of("s1", gamma=1.0).exact),
        ("average reward (`average_optimality`)", *average),
    ])  # fmt: skip
    found = [*limits.of("s1", gamma=1.0).exact, *average]
    report.check(
        "Blackwell 1/3 and 2/3; average 1 and 2/3, which do not add to 1 because of ties",
        found == [Fraction(1, 3), Fraction(2, 3), 1, Fraction(2, 3)],
        found,
    )
    die = {"die": "dead"}
    chain = mp.RewardlessMDP.from_successors(
        {"w0": {"wait": "w1"} | die, "w1": {"wait": "w2"} | die, "w2": die, "dead": {"stay": "dead"}}
    )
    level = mp.power(chain, 1, method="exact").exact
    wait = number(mp.action_optimality(chain, 1, method="exact").of("w0", "wait"))
    report.check(
        "waiting before a death that comes to all: POWER(s, 1) is 1/2 in every state, and yet P_D(w0, wait, 1) is",
        set(level) == {HALF} and wait != HALF,
        wait,
    )

    gammas = np.linspace(0, 1, 21)
    of_s1 = mp.action_optimality(ten, gammas.tolist(), method="exact").of("s1").mean
    figure, axes = chart(6.4, 3.4)
    axes.plot(gammas, of_s1[:, 0], "-", color=BLUE, label="north: P_D(s1, ·, γ)")
    axes.plot(gammas, of_s1[:, 1], "--", color=BLUE, label="north-east")
    axes.plot([1], [float(average[0])], "o", color=BLACK, clip_on=False, label="north, average reward")
    axes.plot([1], [float(average[1])], "s", color=BLACK, mfc="white", clip_on=False, zorder=5,
              label="north-east, average reward")  # fmt: skip
    axes.set(
        xlabel="γ",
        ylabel="probability of being optimal",
        xlim=(0, 1),
        ylim=(0, 1.05),
        title="Figure 10: which p, at γ = 1?",
    )
    axes.legend(fontsize=8, loc="upper left")
    report.picture(
        "optimality", figure, "The limit γ → 1 of north is 1/3; under average reward north is always optimal."
    )


def convergence(report: Report, run: Run) -> None:
    report.section("Σ-instrumental convergence")
    report.quote(
        "System B has Σ-instrumental convergence over A when A wins less than half the time: p_Σ(A ≥ B) ≤ 1/2."
    )
    fork, ten = mp.envs.fork(2), mp.envs.figure_10()
    end, root = ends(fork, "power", 0.9, "t1", "root")
    rsd = [mp.Option.rsd(ten, s) for s in ("s3", "s2")]
    faces = {"x": [2, 4, 9], "y": [1, 6, 8], "z": [3, 5, 7]}
    dice = {s: stats.rv_discrete(values=(values, [1 / 3] * 3)) for s, values in faces.items()}
    table = mp.RewardlessMDP.from_successors({s: {"stay": s} for s in faces})
    die = {s: mp.Option.state(table, s, 0.5, "value") for s in faces}
    cases = [
        ("A = B (fork of 2)", exactly([root, root])),
        ("t1, t2: two ends", exactly(ends(fork, "power", 0.9, "t1", "t2"))),
        ("t1 in {t1, t2}", exactly([end, root])),
        ("RSD(s3) in RSD(s2), figure 10", exactly(rsd)),
        *((f"die {a} against die {b}", exactly([die[a], die[b]], dice)) for a, b in ("xy", "yz", "zx")),
    ]
    report.verdict("B is convergent over A if p(A ≥ B) ≤ 1/2", REPAIR,
        "the words say “less than”, the formula “at most”; ties count for both sides, and the relation is "
        "not transitive: report P(A > B), P(tie) and P(A < B)")  # fmt: skip
    report.table([("A against B", "P(A > B)", "P(tie)", "P(A < B)", "p(A ≥ B)", "mid-p", "B convergent over A"), *(
        (name, *(number(p) for p in (c.p_greater, c.p_tie, c.p_less)), short(p_of(c)), c.mid_p, c.is_convergent())
        for name, c in cases)])  # fmt: skip
    by_name = dict(cases)
    same, inside = by_name["A = B (fork of 2)"], by_name["RSD(s3) in RSD(s2), figure 10"]
    report.check("A = B: neither is convergent over the other, p(A ≥ B) = p(B ≥ A)", number(same.p_at_least) == 1, 1)
    report.check(
        "A inside B never wins, and still p(A ≥ B) > 1/2, all of it ties",
        number(inside.p_greater) == 0 and p_of(inside) > 0.5,
        number(inside.p_at_least),
    )
    circle = [number(c.p_greater) for name, c in cases if name.startswith("die")]
    report.check(
        "dice {2,4,9}, {1,6,8}, {3,5,7}: each beats the next, and the last the first",
        circle == [Fraction(5, 9)] * 3,
        circle,
    )

    figure, axes = chart(7.2, 3.2)
    names = [name for name, _ in cases][::-1]
    start = np.zeros(len(cases))
    for label, part, colour in (
        ("P(A > B)", "p_greater", BLUE),
        ("P(tie)", "p_tie", "#d9d9d9"),
        ("P(A < B)", "p_less", "white"),
    ):
        shares = np.array([float(getattr(c, part).mean) for _, c in cases][::-1])
        axes.barh(names, shares, left=start, color=colour, edgecolor=BLACK, linewidth=0.6, label=label)
        start += shares
    axes.axvline(0.5, color=BLACK, linestyle="--", linewidth=1)
    axes.set(xlim=(0, 1), xlabel="probability; p(A ≥ B) is dark and light grey together")
    axes.legend(fontsize=8, loc="upper center", bbox_to_anchor=(0.5, 1.14), ncols=3)
    report.picture(
        "convergence",
        figure,
        "B is convergent over A where dark and grey together end at the dashed line or left of it.",
    )


# ---------------------------------------------------------------------- the lemma and what follows from it


def lemma(report: Report, run: Run) -> None:
    report.section("The core lemma and its proof")
    report.quote(
        "Let Δ(σ) = sup_A ⟨a, σ⟩ − sup_B ⟨b, σ⟩. If Δ^{-1}(Σ) is sub-Gaussian with scale-parameter ν² and "
        "C_Σ(A) < C_Σ(B), then p_Σ(A ≥ B) ≤ exp(−(C_Σ(A) − C_Σ(B))² / 2ν²)"
    )
    pair = sets(*ONE_OF_THREE)
    found, known = exactly(pair), certify(*pair)
    gap, p, nu2 = float(found.gap.mean), p_of(found), float(known.nu2 or 0)
    bound = float(bounds.sub_gaussian(gap, nu2))
    delta, weights = law_of_difference(pair, "uniform")
    at = gap / nu2

    def mgf(slope: float) -> float:
        return float(weights @ np.exp(slope * delta))

    report.verdict(
        "Lemma: p(A ≥ B) ≤ exp(−g²/2ν²)", REPAIR,
        "true if ν² bounds the centred moments, E e^{λ(Δ − EΔ)} ≤ e^{λ²ν²/2} for λ > 0; without “centred” "
        "the hypothesis can hold only where the gap is 0")  # fmt: skip
    report.paragraph(
        "Example, one end of a fork of three against the two others, U(0, 1) rewards: p = "
        f"{say(number(found.p_at_least))}, gap g = {say(number(found.gap))}, certified ν² = 2/π² = "
        f"{say(nu2)}; the lemma gives {say(bound)}. Step by step:"
    )
    report.table([
        ("step of the proof", "verdict", "in the example"),
        ("p ≤ E[1(Δ ≥ 0)]", "right; it is an equality", p),
        ("≤ E e^{λΔ}, λ > 0", "right", f"{mgf(at):.4f} at λ = g/ν²"),
        ("“change of variables, δ ~ Δ^{-1}(Σ)”", "repaired: the law of Δ(σ) is meant, a push-forward", ""),
        ("“Hoeffding's lemma”", "a misnomer: this inequality is the definition of ν; Hoeffding's lemma proves it for "
         "bounded Δ, with", f"ν² = (max Δ − min Δ)²/4 = {say(known['range'].value)}"),
        ("best λ = g/ν² > 0", "right", f"λ = {at:.4f}, bound {bound:.4f}"),
    ])  # fmt: skip
    report.check(
        "p ≤ E e^{λΔ} ≤ e^{−λg + λ²ν²/2} = the lemma's bound, at the best λ",
        p <= mgf(at) <= bound,
        (p, mgf(at), bound),
    )
    small = -0.5
    loose, centred = np.exp(small**2 * nu2 / 2), mgf(small) * np.exp(small * gap)
    report.check(
        "without “centred” the hypothesis fails at λ = −1/2: E e^{λΔ} and e^{λ²ν²/2} are",
        mgf(small) > loose,
        (mgf(small), loose),
    )
    report.check("centred it holds there: E e^{λ(Δ − EΔ)} is", centred <= loose, centred)

    figure, axes = chart(6.4, 3.4)
    slopes = np.linspace(0.0, 2.6 * at, 80)
    axes.plot(
        slopes, np.exp(-slopes * gap + slopes**2 * nu2 / 2), "-", color=BLUE, label="e^(−λg + λ²ν²/2), certified ν²"
    )
    axes.plot(slopes, [mgf(x) for x in slopes], "--", color=BLACK, label="E e^(λΔ), exact")
    axes.axhline(p, color=GREY, linestyle=":", label=f"p(A ≥ B) = {say(number(found.p_at_least))}")
    axes.plot([at], [bound], "o", color=BLUE)
    axes.annotate("the lemma", (at, bound), (at, bound + 0.1), ha="center", fontsize=9)
    axes.set(xlabel="λ", ylim=(0, 1.25), xlim=(0, slopes[-1]), title="The proof in one picture")
    axes.legend(fontsize=8, loc="lower right")
    report.picture(
        "lemma", figure, "Each curve is above the next, for every λ > 0; most is lost between E e^(λΔ) and p."
    )

    report.paragraph(
        "**How sharp is it?** Given ν alone the lemma can hardly be improved for p below 1/2: laws on two "
        "points (A is worth 0 or 1, B always 1) come close, compared here exactly, with their certified ν² "
        "(Kearns and Saul). For larger p Cantelli's inequality v/(v + g²), with v ≤ ν², is better: from g = "
        "1.585ν downwards."
    )
    band = bounds.power_gap(RATES, 1.0)
    attained = []
    for chance in RATES:
        options, law = two_ends(0.0, 1.0, float(chance), 1.0)
        reached, proved = exactly(options, law), certify(*options, law)
        assert abs(p_of(reached) - chance) < 1e-12
        attained.append(float(reached.gap.mean) / float(np.sqrt(proved.nu2 or np.nan)))
    report.table([
        ("s = p(A ≥ B)", "post's upper edge, g/ν", "with Cantelli", "attained by two points", "post's lower edge"),
        *((f"{s:.2f}", *(f"{x:.3f}" for x in row)) for s, *row in zip(
            RATES, band.post_upper, band.upper, attained, band.post_lower, strict=True)),
    ])  # fmt: skip
    report.check(
        "what is attained is Kearns and Saul's formula, and never above the corrected edge; it is below it "
        "by at most",
        np.allclose(attained, band.attained_upper, rtol=1e-9) and (np.array(attained) <= band.upper + 1e-12).all(),
        float(np.max(band.upper - attained)),
    )
    options, law = two_ends(0.0, 1.0, 0.1, 1.0)
    rare, proved = exactly(options, law), certify(*options, law)
    spread, mean = optimum(*law_of_difference(options, law))[0], float(rare.gap.mean)
    wrong = float(bounds.sub_gaussian(mean, spread))
    right = float(bounds.sub_gaussian(mean, proved.nu2 or np.nan))
    report.check(
        "a rare success, p = .1: the lemma, Cantelli and Markov are",
        right >= 0.1 - 1e-12,
        (right, float(bounds.cantelli(mean, spread)), float(bounds.markov_range(mean, proved.drop or 0))),
    )
    report.check(
        "and with a standard deviation in place of ν the “bound” is below p: never do that", wrong < 0.1, wrong
    )


def rearranged(report: Report, run: Run) -> None:
    report.section("The complement, and the bound on the power difference")
    report.quote(
        "p_Σ(I_b > I_a) ≥ 1 − exp(−(POWER(b) − POWER(a))²/2ν²), and POWER(b) − POWER(a) ≤ ν √(2 log 1/p_Σ(I_a ≥ I_b))"
    )
    fork3, ten = mp.envs.fork(3), mp.envs.figure_10()
    cases: list[tuple[str, list[mp.Option], Any]] = [
        ("t1 / {t2, t3}, U(0,1)", sets(*ONE_OF_THREE), "uniform"),
        ("t1 / {t1, t2, t3}, U(0,1): ties", ends(fork3, "power", 0.9, "t1", "root"), "uniform"),
        ("t1 / 7 others, U(0,1)", fork_pair(8), "uniform"),
        ("VALUE s3 / s2 of figure 10, γ = 1/2", ends(ten, "value", 0.5, "s3", "s2"), "uniform"),
        ("t1 / {t2, t3}, N(0,1)", sets(*ONE_OF_THREE), "norm(0,1)"),
        ("two ends, N((0, 3), I)", sets([[1, 0]], [[0, 1]]), mp.Gaussian([0, 3], np.eye(2))),
    ]
    rows: list[tuple[Any, ...]] = [
        ("A / B, rewards", "gap g", "ν²", "p(A ≥ B)", "e^{−g²/2ν²}", "P(B > A)", "1 − bound", "ν√(2 ln 1/p)")
    ]
    fine = []
    for name, pair, law in cases:
        found, nu2 = exactly(pair, law), certify(*pair, law).nu2 or np.nan
        g, p, less = float(found.gap.mean), p_of(found), float(found.p_less.mean)
        bound, most = float(bounds.sub_gaussian(g, nu2)), float(bounds.sub_gaussian_gap(p, nu2))
        rows.append((name, g, nu2, p, bound, less, 1 - bound, most))
        fine.append(p <= bound and less >= 1 - bound and g <= most)
    report.verdict("p(B > A) ≥ 1 − bound", RIGHT, "strictly greater, so that ties do no harm")
    report.verdict("g ≤ ν √(2 ln 1/p(A ≥ B))", RIGHT, "for g ≤ 0 trivially so; at p = 0 it says nothing")
    report.paragraph(
        "Both are the lemma read in another direction. They are about the gap g = C(B) − C(A) of the two "
        "sets that are compared; what may stand for it is the next section's question."
    )
    report.table(rows)
    report.check("all three inequalities hold on these pairs", all(fine), f"{sum(fine)} of {len(fine)}")
    report.quote(
        "Moreover, policies that are only slightly optimal over others cannot have arbitrarily large power "
        "advantages."
    )
    rows, ratios = [("B is worth 0 or 2c, A always 0", "p(A ≥ B)", "power advantage g of B", "ν", "g/ν")], []
    for c in (1, 10, 100):
        options, law = two_ends(0.0, 2.0 * c, 0.5, 0.0)
        found, nu = exactly(options[::-1], law), float(np.sqrt(certify(*options[::-1], law).nu2 or np.nan))
        ratios.append(float(found.gap.mean) / nu)
        rows.append((f"c = {c}", p_of(found), float(found.gap.mean), nu, ratios[-1]))
    most = float(bounds.best_gap(0.5, 1.0))
    report.verdict(
        "Slightly optimal means no arbitrarily large advantage", RIGHT,
        f"for a fixed ν: at p = 1/2 at most {float(bounds.sub_gaussian_gap(0.5, 1.0)):.3f}ν by the lemma, "
        f"{most:.3f}ν by Cantelli, which is attained")  # fmt: skip
    report.paragraph(
        "This is the useful half of the theorem. It says the opposite of “capabilities hiding in plain "
        "sight”: a near tie *bounds* what can be hidden, in units of ν; and ν has to be known."
    )
    report.table(rows)
    report.check(
        "at p = 1/2 the advantage is exactly as large as Cantelli allows, at every scale",
        np.allclose(ratios, most),
        ratios,
    )


def power_gap_trap(report: Report, run: Run) -> None:
    report.section("POWER in place of the value: a trap")
    report.quote("Using our lemma: p_Σ(I_a ≥ I_b) ≤ exp(−(POWER(b) − POWER(a))²/2ν²)")
    gamma, k = 0.05, 20
    names = [f"t{i}" for i in range(k)]
    mdp = mp.RewardlessMDP.from_successors(
        {"a": {"go": "t"}, "b": {e: e for e in names}, "t": {"stay": "t"}, **{e: {"stay": e} for e in names}}
    )
    value, power = (ends(mdp, kind, gamma, "a", "b") for kind in ("value", "power"))
    seen = mp.compare(*value, "norm(0,1)", samples=run, rng=0)
    wrong_gap = mp.compare(*power, "norm(0,1)", samples=run, rng=1).gap
    known = certify(*value, "norm(0,1)")
    right, wrong = check_bound(seen, certified=known)[0], check_bound(seen, certified=known, gap=wrong_gap)[0]
    g, false, nu2 = float(seen.gap.mean), float(wrong_gap.mean), float(known.nu2 or np.nan)
    p, told = p_of(seen), float(bounds.sub_gaussian(false, nu2))
    report.verdict(
        "The lemma with POWER(b) − POWER(a)", WRONG,
        f"which action is optimal compares V*, whose gap is γ times the POWER gap; with {k} options and γ = "
        f"1/20 the inequality says p ≤ {told:.3f}, and p = {p:.3f}")  # fmt: skip
    report.paragraph(
        f"State b leads to {k} ends, state a to one; N(0, 1) rewards. At γ = 1/20 the choice among the ends "
        f"hardly matters for V*: its gap is {say(g)}, the POWER gap {say(false)}. The lemma is right for "
        "POWER sets if both sides of it are about them; it is the mixture that fails."
    )
    report.table([
        ("gap in the lemma", "g", "bound", "p, 97.5 % limits", "verdict of `check_bound`"),
        ("VALUE sets: the right one", g, float(bounds.sub_gaussian(g, nu2)), right.p, right.verdict),
        ("POWER sets", false, told, wrong.p, wrong.verdict),
    ])  # fmt: skip
    report.check("the right gap: the bound holds", right.verdict == "holds", float(bounds.sub_gaussian(g, nu2)))
    report.check(
        "the POWER gap: violated, beyond the errors of p and of the gap", wrong.verdict == "violated", (p, told)
    )

    figure, axes = chart(6.4, 3.2)
    x = np.linspace(0, 2.2, 200)
    axes.plot(x, bounds.sub_gaussian(x, nu2), color=BLUE, label="e^(−x²/2ν²)")
    axes.axhline(p, color=BLACK, linestyle="--", linewidth=1, label=f"p(A ≥ B) = {p:.3f}")
    for where, text, marker in ((g, "VALUE gap", "o"), (false, "POWER gap", "X")):
        axes.plot([where], bounds.sub_gaussian([where], nu2), marker, color=BLACK, markersize=8)
        axes.annotate(
            text, (where, float(bounds.sub_gaussian(where, nu2))), (8, 6), textcoords="offset points", fontsize=9
        )
    axes.set(xlabel="gap x put into the lemma", ylim=(0, 1.15), xlim=(0, 2.6))
    axes.legend(fontsize=8, loc="lower left")
    report.picture("power-gap", figure, "A bound must lie above the dashed line. With the POWER gap it does not.")


# ---------------------------------------------------------------------- the theorem


def theorem(report: Report, run: Run) -> None:
    report.section("The main theorem")
    report.quote(
        "Assume I_a and I_b have positive Σ-power. If the Σ-power of I_b exceeds I_a, then I_b is more "
        "likely to be optimal under reward distribution Σ."
    )
    mdp = mp.envs.figure_10()
    gammas = [Fraction(k, 10) for k in range(1, 11)]
    levels = mp.power(mdp, [float(g) for g in gammas], method="exact").exact
    chances = mp.action_optimality(mdp, [float(g) for g in gammas], method="exact").of("s1").exact
    s2, s3 = mdp.index("s2"), mdp.index("s3")
    # The closed forms at the floats that stand for these rates.
    exact = [Fraction(float(g)) for g in gammas]
    forms = all(
        (row[s2], row[s3], n, ne) == (Fraction(2, 3) + (g + g**2) / 24, Fraction(2, 3), HALF - g / 6, HALF + g / 6)
        for g, row, (n, ne) in zip(exact, levels, chances, strict=True)
        if g == 1 or g == HALF
    )
    close = all(abs(float(n) - (0.5 - float(g) / 6)) < 1e-12 for g, (n, _) in zip(gammas, chances, strict=True))
    worse = all(row[s2] > row[s3] and n < ne for row, (n, ne) in zip(levels, chances, strict=True))
    half = gammas.index(HALF)
    report.verdict(
        "Theorem: more Σ-power is more likely optimal", WRONG,
        "figure 10 of Turner et al. is a counterexample at every γ in (0, 1]; at γ = 1/2 north has POWER "
        f"{say(levels[half][s2])} against {say(levels[half][s3])}, and is optimal with probability "
        f"{say(chances[half][0])}")  # fmt: skip
    report.paragraph(
        "The proof gives p(A ≥ B) ≤ something below 1, and nothing about 1/2: for that the gap must be at "
        "least 1.177ν. Turner et al. say so themselves (Prop. B.1). U(0, 1) rewards, exactly:"
    )
    report.table([("γ", "POWER(s2)", "POWER(s3)", "P(north, to s2)", "P(north-east, to s3)"), *(
        (float(g), *(short(x) for x in (row[s2], row[s3], n, ne)))
        for g, row, (n, ne) in zip(gammas, levels, chances, strict=True))])  # fmt: skip
    report.check("POWER(s2) > POWER(s3) and P(north) < P(north-east) at all ten γ", worse, len(gammas))
    report.check(
        "they are 2/3 + γ/24 + γ²/24, 2/3, 1/2 − γ/6, 1/2 + γ/6", forms and close, "at γ = 1/2 and 1 in fractions"
    )

    report.paragraph("**More counterexamples**, as VALUE sets, each judged by `check_main_theorem`:")
    skew, skew_law = two_ends(0.0, 10.0, 0.1, 0.5)
    cases: list[tuple[str, list[mp.Option], Any]] = [
        ("figure 10, s3 / s2, γ = 1/2, U(0,1)", ends(mdp, "value", 0.5, "s3", "s2"), "uniform"),
        ("the same, N(0,1)", ends(mdp, "value", 0.5, "s3", "s2"), "norm(0,1)"),
        ("always 1/2 / 10 with probability 1/10", skew[::-1], skew_law),
    ]
    rows: list[tuple[Any, ...]] = [("A / B", "C(B) − C(A)", "p(A ≥ B)", "theorem")]
    verdicts = []
    for name, pair, law in cases:
        found = exactly(pair, law)
        verdicts.append(check_main_theorem(found).verdict)
        rows.append((name, number(found.gap), number(found.p_at_least), verdicts[-1]))
    report.table(rows)
    report.check("each refutes the theorem", set(verdicts) == {"refuted"}, f"{len(verdicts)} pairs")
    report.paragraph(
        "**Found by `search_counterexample`** among random deterministic MDPs, the smallest, γ = 1/2, U(0, 1):"
    )
    for claim in ("power-optimality", "post-theorem"):
        found = search_counterexample(claim, 4, rng=0, tries=60)
        assert found is not None
        arrows = "; ".join(
            f"{s} → {', '.join(x.removeprefix('->') for x in found.mdp.actions(s))}" for s in found.mdp.states
        )
        x = found.numbers
        if claim == "power-optimality":
            refuted = x["POWER(x)"] > x["POWER(y)"] and x["P(s, →x)"] < x["P(s, →y)"]
        else:
            refuted = x["C(B) - C(A)"] > 0 and x["p(A ≥ B)"] > HALF
        told = ", ".join(f"{name} = {value}" for name, value in x.items())
        names = "(s, x, y)" if claim == "power-optimality" else "(A, B)"
        report.check(f"{claim}, {found.mdp.n_states} states ({arrows}), {names} = {found.where}", refuted, told)

    shifted = {law: exactly(ends(mdp, "value", 0.5, "s3", "s2"), law) for law in ("uniform", "uniform(-10,-9)")}
    kept = len({(number(c.gap), number(c.p_at_least)) for c in shifted.values()}) == 1
    low = number(shifted["uniform(-10,-9)"].complexity_B)
    report.verdict("“positive Σ-power”", REPAIR,
        "leave it out: nothing uses it, and a constant added to all rewards turns it on and off while Δ, p "
        "and ν stay as they are")  # fmt: skip
    report.check("figure 10 under U(−10, −9): the same gap and the same p, and C(B) is", kept and low < 0, low)

    figure, (left, right) = chart(9, 3.4, 2)
    x = [float(g) for g in gammas]
    left.plot(x, [float(row[s2]) for row in levels], "o-", color=BLUE, label="s2 (north)")
    left.plot(x, [float(row[s3]) for row in levels], "s--", color=BLACK, label="s3 (north-east)")
    left.set(xlabel="γ", ylabel="POWER", title="north leads to more POWER …")
    right.plot(x, [float(n) for n, _ in chances], "o-", color=BLUE, label="north")
    right.plot(x, [float(ne) for _, ne in chances], "s--", color=BLACK, label="north-east")
    right.set(
        xlabel="γ", ylabel="probability of being optimal", ylim=(0, 1), title="… and is less likely to be optimal"
    )
    for panel in (left, right):
        panel.legend(fontsize=8)
    report.picture(
        "theorem",
        figure,
        "Figure 10 of Turner et al.: s2 is worth more than s3 for the smaller share of reward functions, but "
        "then by more.",
    )


def repairs(report: Report, run: Run) -> None:
    report.section("When the theorem is true")
    report.paragraph(
        "Conditions that do imply p(A ≥ B) ≤ 1/2, or say honestly how much less than 1 it is; each with an "
        "example, exactly."
    )
    rows: list[tuple[Any, ...]] = [("condition", "example A / B", "gap g", "p(A ≥ B)", "what is proved")]
    fine = []
    for name, example, found, proved, ok in repaired():
        rows.append((name, example, number(found.gap), number(found.p_at_least), proved))
        fine.append((name, ok))
    report.table(rows)
    report.paragraph(
        "The lemma alone asks for g ≥ ν√(2 ln 2) = 1.177ν, and ν ≥ sd: (a) is strictly better, and its "
        "constant 1 cannot be improved for general Δ. (b) never helps with i.i.d. rewards and sets in the "
        "simplex: there symmetry forces g = 0. (c) is Turner's own route: if B contains a copy of A under a "
        "permutation of the states that Σ does not notice, then C(A) ≤ C(B) and P(A > B) ≤ 1/2. (d) has P(B "
        "≥ A) = 1, and ties may still lift p(A ≥ B) above 1/2. The lesser of (a) and (e) is the best bound "
        "that g, Var Δ and min Δ alone allow."
    )
    report.check(
        "each example does what its condition says",
        all(ok for _, ok in fine),
        ", ".join(f"{name[:1]} {'yes' if ok else 'NO'}" for name, ok in fine),
    )


def repaired() -> Iterator[tuple[str, str, Comparison, str, bool]]:
    """Condition, example, comparison, what is proved, whether it is so; in the order a, b, (c), d, e of the text."""
    # a. Between sd and 1.177 ν the lemma cannot decide, Cantelli can; {0, −c} with chance 1/2 is the extreme case.
    pair, law = sets([[1, 0]], [[0, 1]]), mp.Gaussian([0, 1.5], np.eye(2))
    found, nu2 = exactly(pair, law), certify(*pair, law).nu2 or np.nan
    g = float(found.gap.mean)
    check = check_main_theorem(found)
    lemma_says, cantelli_says = float(bounds.sub_gaussian(g, nu2)), float(bounds.cantelli(g, nu2))
    ok = check.conditions["gap"] == "met" and p_of(found) <= cantelli_says <= 0.5 < lemma_says
    yield (
        "a. g ≥ sd(Δ)",
        "two ends, N((0, 1.5), I)",
        found,
        f"≤ {cantelli_says:.3f} (Cantelli); lemma {lemma_says:.3f}",
        ok,
    )
    options, atoms = two_ends(0.0, 1.0, 0.5, 1.0)
    found = exactly(options, atoms)
    spread = optimum(*law_of_difference(options, atoms))[0]
    ok = abs(float(found.gap.mean) - np.sqrt(spread)) < 1e-9 and abs(p_of(found) - 0.5) < 1e-12
    yield (
        "a. g = sd(Δ): attained",
        "worth 0 or 1 / always 1",
        found,
        f"≤ {float(bounds.cantelli(float(found.gap.mean), spread)):.3f}",
        ok,
    )
    # b. One vector on each side and a law that is symmetric about its mean; and B = A + w.
    law = mp.Gaussian([0, 0.4], [[1, 0.1], [0.1, 1]])
    found = exactly(pair, law)
    check, theta = check_main_theorem(found), np.sqrt(1 + 1 - 0.2)
    ok = check.conditions["symmetric"] == "met" and abs(p_of(found) - stats.norm.cdf(-0.4 / theta)) < 1e-6
    yield (
        "b. Δ symmetric",
        "two ends, normal, correlated",
        found,
        f"= Φ(−g/θ) = {stats.norm.cdf(-0.4 / theta):.4f}",
        ok,
    )
    rows = np.array([[1, 0, 0], [0, 1, 0]])
    found = exactly(sets(rows, rows + np.array([0.25, 0.25, -0.25])))
    ok = float(found.gap.mean) > 0 and p_of(found) <= 0.5
    yield "b. B = A + w", "two ends / the same, moved by w", found, "≤ 1/2", ok
    # c. Copies of A inside B, with the permutation that shows them, belong here.
    # d. Inside the convex hull.
    ten = mp.envs.figure_10()
    found = exactly([mp.Option.rsd(ten, s) for s in ("s3", "s2")])
    check = check_main_theorem(found)
    ok = check.conditions["inside"] == "met" and float(found.p_greater.mean) == 0
    yield "d. A ⊂ conv B", "RSD(s3) / RSD(s2), figure 10", found, f"P(A > B) = {say(number(found.p_greater))}", ok
    # e. Markov, and its extreme case.
    found = exactly(fork_pair(3))
    drop = certify(*fork_pair(3)).drop or np.nan
    most = float(bounds.markov_range(float(found.gap.mean), drop))
    yield "e. Δ ≥ −M", "t1 / {t2, t3}, U(0,1), M = 1", found, f"≤ 1 − g/M = {most:.4f}", p_of(found) <= most
    options, atoms = two_ends(0.0, 1.0, 0.75, 1.0)
    found, known = exactly(options, atoms), certify(*options, atoms)
    most = float(bounds.markov_range(float(found.gap.mean), known.drop or np.nan))
    yield "e. attained", "worth 1 w.p. 3/4 / always 1", found, f"≤ {most:.4f}", abs(p_of(found) - most) < 1e-12


# ---------------------------------------------------------------------- figure 1


def figure_1(report: Report, run: Run) -> None:
    report.section("Figure 1, the optimization power curve")
    report.quote(
        "As success rates approach extremes (very low or very high), the potential range of relative power "
        "differences increases … we get upper and lower bounds on ΔP in terms of s. These bounds form the "
        "shaded region in Figure 1, with the parameter ν_R determining the width"
    )
    nu, drop, cap = universal()
    fork = mp.envs.fork(2)
    tied = exactly(ends(fork, "power", 0.9, "t1", "root"))
    edge = bounds.power_gap(p_of(tied), nu, tie=float(tied.p_tie.mean), drop=drop, cap=cap)
    report.verdict(
        "The two-sided band of figure 1", REPAIR,
        "the upper edge ν√(2 ln 1/s) is right; the lower one needs p(B ≥ A) = 1 − s + P(tie), not 1 − s, "
        "which is valid but looser")  # fmt: skip
    report.check(
        "t1 / {t1, t2}, s = 1/2, all of it ties: the gap is at least (with ties, and by the post's edge)",
        float(edge.lower) == 0 > float(edge.post_lower),
        (float(edge.lower), float(edge.post_lower)),
    )
    vacuous = float(bounds.sub_gaussian(cap, nu**2))
    rates = np.array([0.01, 0.05, 0.1, 0.2, 0.3, 0.5])
    band = bounds.power_gap(rates, nu, drop=drop, cap=cap)
    mirror = bounds.power_gap(1 - rates, nu, drop=drop, cap=cap)
    alone = bounds.power_gap(rates, 1e6, drop=drop)
    width, post = band.upper - band.lower, band.post_upper - band.post_lower
    report.verdict("The range widens without limit at the extremes", WRONG,
        "for bounded rewards that is the bound's doing, not power's: the true band narrows there, from "
        f"{width[-1]:.2f} at s = 1/2 to {width[0]:.2f} at s = .01")  # fmt: skip
    report.paragraph(
        f"For i.i.d. U(0, 1) rewards and any two states of any MDP, ν = √2/π = {nu:.4f} is certified, Δ ≥ −1, "
        "and no gap exceeds 1/2. Markov's inequality then gives g ≤ 1 − s: near s = 1 hardly anything is "
        "left, near s = 0 the cap is. The post's upper edge is above the cap, hence says nothing, for every "
        f"s < {vacuous:.2f}. The U with infinite arms is right for unbounded rewards when nothing but ν is "
        "known: see the dotted lines, which two-point laws reach."
    )
    report.table([("s", "width as drawn in the post", "corrected", "Markov alone"), *(
        (f"{s:.2f}", f"{x:.2f}", f"{y:.2f}", f"{z:.2f}")
        for s, x, y, z in zip(rates, post, width, alone.upper - alone.lower, strict=True))])  # fmt: skip
    report.check(
        "the post's width grows from s = 1/2 outwards, the corrected one falls",
        (np.diff(post) < 0).all() and (np.diff(width) > 0).all(),
        (post[0], width[0]),
    )
    report.check(
        "both are symmetric in s ↔ 1 − s; largest difference",
        np.allclose(mirror.lower, -band.upper),
        float(np.abs(mirror.lower + band.upper).max()),
    )

    maze = mp.envs.make("maze")
    every = [mp.Option.state(maze, s, 0.9, "value") for s in maze.states]
    table = mp.compare_all(every, samples=max(256, run // 16), rng=1)
    apart = ~np.eye(len(every), dtype=bool)
    names = ("p_at_least", "gap", "p_lower", "p_upper", "gap_stderr")
    s, gap, p_low, p_high, error = (table[name].values[apart] for name in names)
    inside = (gap - 4 * error <= bounds.power_gap(p_low, nu, drop=drop, cap=cap).upper) & (
        gap + 4 * error >= bounds.power_gap(p_high, nu, drop=drop, cap=cap).lower
    )
    forks = [exactly(fork_pair(k)) for k in range(2, 10)]
    far = np.array([[p_of(c), float(c.gap.mean)] for c in forks])
    edge = bounds.power_gap(far[:, 0], nu, drop=drop, cap=cap)
    report.check(
        "pairs of states of a maze at γ = .9 inside the corrected band, to their errors",
        inside.all(),
        f"{int(inside.sum())} of {len(inside)}",
    )
    report.check(
        "one end against k − 1, k = 2 … 9, exactly: inside; the nearest to the upper edge is below it by",
        (far[:, 1] <= edge.upper).all(),
        float((edge.upper - far[:, 1]).min()),
    )
    figure = plot_curve(nu, drop=drop, cap=cap, title=f"Figure 1 of the post, U(0, 1) rewards, ν = {nu:.3f}", points={
        "pairs of states of a maze, γ = 0.9": (s[::3], gap[::3]), "one end against k − 1": (far[:, 0], far[:, 1]),
    })  # fmt: skip
    report.picture(
        "figure-1",
        figure,
        "Left: the shaded region as the post describes it. Right: the same ν with all that is known of "
        "bounded rewards. Circles and triangles are real comparisons. `mdppower curve` draws this for any "
        "environment.",
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


def readings(report: Report, run: Run) -> None:
    report.section("What the post reads off the curve")
    report.quote(
        "A system that goes from 95% to 98% success rate might have gained exponentially more power. … At "
        "moderate success rates (steady progress): The relationship is more predictable."
    )
    lower = -bounds.power_gap([0.95, 0.98], 1.0).post_lower
    needed = float(bounds.sub_gaussian(2 * lower[0], 1.0))
    report.verdict("95 % → 98 % may be exponentially more power", WRONG,
        f"the wrong way round: the edge moves from {lower[0]:.3f}ν to {lower[1]:.3f}ν, "
        f"{100 * (lower[1] / lower[0] - 1):.0f} % more; p is exponential in g², so g is the root of a "
        "logarithm of p")  # fmt: skip
    report.check(
        "to double the edge at 95 % failures must fall from .05 to .05⁴", abs(needed - 0.05**4) < 1e-12, needed
    )
    nu, drop, cap = universal()
    both = bounds.power_gap([0.95, 0.98], nu, drop=drop, cap=cap)
    report.check(
        "for U(0, 1) rewards the corrected lower edges at both are the cap itself: no step at all",
        (both.lower == -cap).all(),
        both.lower.tolist(),
    )
    rates = np.arange(1, 1000) / 1000
    plain, post_half = bounds.power_gap(rates, 1.0), bounds.power_gap(0.5, 1.0)
    report.verdict("At moderate success rates power is more predictable", WRONG,
        f"at s = 1/2 the band is ±{float(post_half.post_upper):.3f}ν (±{float(post_half.upper):.3f}ν with "
        "Cantelli); at every s it contains 0: not even the sign is known")  # fmt: skip
    contains = ((plain.post_lower <= 0) & (plain.post_upper >= 0) & (plain.lower <= 0) & (plain.upper >= 0)).all()
    report.check("0 is inside both bands at s = .001, …, .999", contains, len(rates))

    bounded = bounds.power_gap(rates, nu, drop=drop, cap=cap)
    figure, axes = chart(6.4, 3.4)
    axes.plot(rates, bounded.post_upper - bounded.post_lower, "--", color=GREY, label="as the post draws it: a U")
    axes.plot(rates, bounded.upper - bounded.lower, color=BLUE, label="corrected, U(0, 1) rewards")
    axes.set(
        xlabel="success rate  s",
        ylabel="width of the band",
        xlim=(0, 1),
        ylim=(0, 2.2),
        title="Where is power hidden?",
    )
    axes.legend(fontsize=8, loc="upper center")
    report.picture(
        "width",
        figure,
        "How much power difference a success rate leaves open. For bounded rewards least at the extremes and "
        "most in the middle: the opposite of the post's reading.",
    )


# ---------------------------------------------------------------------- the constants


def certificates(report: Report, run: Run) -> None:
    report.section("ν: certified")
    report.quote("the parameter ν_R determining the width and reflecting uncertainty in power difference")
    report.paragraph(
        "The post leaves open where ν comes from. mdppower proves values from the sets and the law of the "
        "rewards (`mdppower.certificates`), and takes the least. The optimum is the greatest 2 ln E "
        "e^{λ(Δ−EΔ)}/λ² found by quadrature: no ν² can be below it."
    )
    fork, one, ten = mp.envs.fork(2), mp.envs.figure_1(), mp.envs.figure_10()
    rare, rare_law = two_ends(0.0, 1.0, 0.1, 1.0)
    skew, skew_law = two_ends(0.0, 10.0, 0.1, 0.5)
    cases: list[tuple[str, list[mp.Option], Any]] = [
        ("t1 / {t2, t3}, U(0,1)", sets(*ONE_OF_THREE), "uniform"),
        ("t1 / {t1, t2}, U(0,1)", ends(fork, "power", 0.9, "t1", "root"), "uniform"),
        ("POWER l_sw / r_se, figure 1", ends(one, "power", 0.5, "l_sw", "r_se"), "uniform"),
        ("VALUE s3 / s2, figure 10", ends(ten, "value", 0.5, "s3", "s2"), "uniform"),
        ("t1 / {t2, t3}, N(0,1)", sets(*ONE_OF_THREE), "norm(0,1)"),
        ("two ends, correlated normal", sets([[1, 0]], [[0, 1]]), mp.Gaussian([0, 0.4], [[1, 0.1], [0.1, 1]])),
        ("1 w.p. 1/10 / always 1", rare, rare_law),
        ("always 1/2 / 10 w.p. 1/10", skew[::-1], skew_law),
    ]
    columns = ("range", "mcdiarmid", "coordinate", "lsi_pairs", "lsi_secant", "dimension_free")
    rows: list[tuple[Any, ...]] = [
        ("A / B (γ = 1/2)", *(x.replace("lsi", "lsi/tis") for x in columns), "least", "optimum", "Var Δ")
    ]
    ratios: dict[str, dict[str, float]] = {}
    below = []
    for name, pair, law in cases:
        known, normal = certify(*pair, law), "norm" in str(law) or isinstance(law, mp.Gaussian)
        variance, least = optimum(*law_of_difference(pair, law), farthest=2.0 if normal else 8.0)
        value = {x.name.replace("tis", "lsi"): x.value for x in known.certificates}
        rows.append(
            (name, *(short(value[x]) if x in value else "–" for x in columns), float(known.nu2 or 0), least, variance)
        )
        ratios[name] = {x: value[x] / least for x in columns if x in value}
        below += [x.name for x in known.certificates if x.value < least * (1 - 5e-3)]
    report.table(rows)
    report.verdict(
        "ν_R", REPAIR,
        "it must be proved from the rewards and the sets; where it cannot be (exponential rewards) there is "
        "none, and the lemma says nothing")  # fmt: skip
    report.check(
        "no certificate is below the numerical optimum",
        not below,
        f"{sum(len(x) for x in ratios.values())} certificates",
    )
    pair = sets(*ONE_OF_THREE)
    normal = certify(*pair, "norm(0,1)")
    assert normal.excess is not None
    report.check(
        "normal rewards, between dist(B, conv A)² and the Tsirelson–Ibragimov–Sudakov value nothing is left "
        "for λ < 0",
        abs(normal.excess[1] - float(normal.nu2 or 0)) < 1e-6,
        (normal.excess[1], float(normal.nu2 or 0)),
    )
    heavy = certify(*pair, "expon")
    assert heavy.variance is not None
    seen = check_bound(mp.compare(*pair, "expon", samples=run, rng=18))
    report.check(
        "Exp(1) rewards: no ν² (never a standard deviation in its place); Cantelli with a proved variance "
        "still holds",
                 heavy.nu2 is None and [x.verdict for x in seen] == ["not applicable", "holds", "not applicable"],

        f"lemma {seen[0].verdict}, Cantelli {seen[1].verdict}, Var Δ ≤ {heavy.variance.value:.3g}")  # fmt: skip

    figure, axes = chart(8.2, 3.8)
    markers = dict(zip(columns, "ov^sDX", strict=True))
    for k, found in enumerate(reversed(ratios.values())):
        for j, (kind, ratio) in enumerate(found.items()):
            colour = BLUE if kind == min(found, key=found.__getitem__) else "#b0b0b0"
            axes.plot([ratio], [k + 0.28 - 0.11 * j], markers[kind], color=colour, mec=BLACK, mew=0.5)
    for kind in columns:
        axes.plot([], [], markers[kind], color="white", mec=BLACK, label=kind.replace("lsi", "lsi/tis"))
    axes.set(
        xscale="log",
        xlabel="certified ν² / numerical optimum",
        yticks=range(len(ratios)),
        yticklabels=list(ratios)[::-1],
    )
    axes.set_xticks([1, 2, 5, 10], ["1", "2", "5", "10"])
    axes.minorticks_off()
    axes.axvline(1, color=BLACK, linewidth=0.8)
    axes.legend(fontsize=8, loc="center left", bbox_to_anchor=(1, 0.5))
    report.picture("certificates", figure, "The least (dark) of each pair is used. Left of 1 nothing can be.")


def empirical(report: Report, run: Run) -> None:
    report.section("ν from a sample is not a bound")
    report.paragraph(
        "One can compute 2 ln Ê e^{λ(Δ − mean)}/λ² from draws and take its maximum. It is a diagnostic: "
        "always finite, also where the truth is infinite, and ruled by the largest draws. mdppower keeps to "
        "λ with an effective sample size of 200, says when the maximum is at that edge, and refuses where no "
        "proxy is known."
    )
    pair = sets(*ONE_OF_THREE)
    mdp = mp.RewardlessMDP.from_successors({s: {"stay": s} for s in range(3)})
    sizes = [n for n in (1_000, 10_000, 100_000, 1_000_000) if n <= max(100_000, 16 * run)]
    draws = {}
    for seed, law in enumerate(("norm(0,1)", "expon")):
        rewards = resolve(law, mdp).sample(sizes[-1], np.random.default_rng(seed))
        h, _ = worth(pair, rewards, "auto")
        draws[law] = h[:, 0] - h[:, 1]
    truth = float(certify(*pair, "norm(0,1)").nu2 or np.nan)
    head = (
        "n",
        "samples",
        "λ > 0",
        "λ < 0",
        "at the edge",
        "ESS",
        "Var",
        "unguarded, least to greatest",
        "Exp(1), truth ∞",
    )
    rows: list[tuple[Any, ...]] = [head]
    guarded, heavy = [], []
    for n in sizes:
        # Several samples where they are small: one of them says little.
        parts = [slice(k * n, (k + 1) * n) for k in range(min(10, max(1, 400_000 // n), sizes[-1] // n))]
        safe = empirical_proxy(draws["norm(0,1)"][:n], "gaussian", certificate=truth)
        bare = [empirical_proxy(draws["norm(0,1)"][x], "gaussian", least_ess=1).value or 0.0 for x in parts]
        # Said to be bounded, which they are not: what a careless user would see.
        lies = [empirical_proxy(draws["expon"][x], "bounded", least_ess=1).value or 0.0 for x in parts]
        assert safe.plus is not None
        assert safe.minus is not None
        guarded.append(safe)
        heavy.append(float(np.mean(lies)))
        minus = (safe.minus.value, "yes" if safe.minus.at_edge else "no", f"{safe.minus.ess:.0f}")
        rows.append(
            (n, len(parts), safe.plus.value, *minus, safe.variance, f"{min(bare):.2f} … {max(bare):.2f}", heavy[-1])
        )
    report.paragraph(
        "N(0, 1) rewards, for which ν² = 2 is the truth, and Exp(1), for which it is infinite; t1 against "
        "{t2, t3}. The first columns are one guarded sample of normal rewards, the last the mean over all "
        "samples."
    )
    report.table(rows)
    report.check(
        "Exp(1): most draws give more than fewest; the estimates by n",
        heavy[-1] > heavy[0],
        [round(x, 1) for x in heavy],
    )
    report.check(
        "N(0, 1): all guarded estimates are below the truth 2",
        all(float(x.value or 9) < truth for x in guarded),
        [round(float(x.value or 0), 2) for x in guarded],
    )
    report.check(
        "each says “not a bound”", all("not a bound" in repr(x) for x in guarded), f"{len(guarded)} of {len(guarded)}"
    )
    edge = [n for n, x in zip(sizes, guarded, strict=True) if x.minus is not None and x.minus.at_edge]
    report.check("a maximum at the edge of the admissible λ is flagged; here for n", edge, edge)
    report.check(
        "the sample variance is never above the estimate",
        all(x.variance <= float(x.value or 0) for x in guarded),
        guarded[-1].variance,
    )
    refused = empirical_proxy(draws["expon"][:1000], resolve("expon", mdp))
    report.check("told the law, it refuses", refused.value is None, refused.refused)
    flagged = empirical_proxy(draws["norm(0,1)"][:1000], "gaussian", certificate=1.0)
    report.check(
        "a certificate that is too small is flagged", flagged.exceeds, f"{float(flagged.value or 0):.2f} > 1.05 · 1"
    )

    figure, axes = chart(6.4, 3.4)
    axes.plot(sizes, heavy, "s-", color=BLACK, label="Exp(1), truth ∞")
    axes.plot(sizes, [float(x.value or 0) for x in guarded], "o-", color=BLUE, label="N(0,1), ESS ≥ 200")
    axes.axhline(truth, color=BLUE, linestyle="--", linewidth=1, label="N(0,1), truth")
    axes.set(xscale="log", xlabel="draws", ylabel="empirical ν²", ylim=(0, None))
    axes.legend(fontsize=8)
    report.picture("empirical", figure, "t1 / {t2, t3}. The estimate for exponential rewards never settles.")


# ---------------------------------------------------------------------- a survey


@dataclass(frozen=True)
class Surveyed:
    """One random pair; see `surveyed`."""

    law: str
    gap: float
    p: float
    tie: float
    verdicts: tuple[str, ...]
    theorem: str
    lemma: float
    sharp: float
    variance: float
    certified: float
    optimum: float


@cache
def surveyed(pairs: int) -> tuple[Surveyed, ...]:
    """Random MDPs, two of their three states as VALUE or POWER sets; U(0, 1) and N(0, 1) rewards by turns."""
    rng, found = np.random.default_rng(28), []
    while len(found) < pairs:
        # Every other MDP is deterministic; the others have eighths as probabilities.
        weights = 1 if len(found) // 4 % 2 else 8
        successors: dict[int, dict[str, Any]] = {}
        for s in range(3):
            successors[s] = {}
            for a in range(int(rng.integers(1, 4 if weights == 1 else 3))):
                shares = rng.multinomial(weights, rng.dirichlet(np.full(3, 0.5))) / weights
                successors[s][f"a{a}"] = {t: float(x) for t, x in enumerate(shares) if x}
        mdp = mp.RewardlessMDP.from_successors(successors)
        s, t = rng.permutation(3)[:2].tolist()
        law, kind = ("uniform", "norm(0,1)")[len(found) % 2], ("value", "power")[len(found) // 2 % 2]
        # Their vectors, found once.
        pair = [sets(exact_rows(x))[0] for x in ends(mdp, kind, float(rng.choice([0.25, 0.5, 0.875])), s, t)]
        result = _compared(pair, law, len(found))
        if float(result.gap.mean) < 0:
            pair = pair[::-1]
            result = _compared(pair, law, len(found))
        if float(result.gap.interval(CONFIDENCE)[0]) > 1e-3:
            found.append(_one_of_survey(pair, law, result))
    return tuple(found)


def _compared(pair: list[mp.Option], law: str, seed: int) -> Comparison:
    """Exactly; normal worths by draws, as integrating seven of them takes seconds."""
    return exactly(pair, law) if law == "uniform" else mp.compare(*pair, law, samples=DRAWS, rng=seed)


def _one_of_survey(pair: list[mp.Option], law: str, result: Comparison) -> Surveyed:
    known: Certified = certify(*pair, law)
    variance, least = optimum(*law_of_difference(pair, law), farthest=8.0 if law == "uniform" else 2.0)
    gap, nu2 = float(result.gap.mean), float(known.nu2 or np.nan)
    # Cantelli with what is certified, and with the true variance (half a percent for the quadrature).
    true = replace(known, variance=Certificate("true", variance * 1.005, "quadrature", "quadrature"))
    checks = (*check_bound(result, certified=known), *check_bound(result, certified=true)[1:])
    sharp = float(bounds.cantelli(gap, variance))
    if known.drop is not None:
        sharp = min(sharp, float(bounds.markov_range(gap, known.drop)))
    theorem_holds = check_main_theorem(result, confidence=CONFIDENCE).verdict
    return Surveyed(law, gap, p_of(result), float(result.p_tie.mean), tuple(x.verdict for x in checks), theorem_holds,
                    float(bounds.sub_gaussian(gap, nu2)), sharp, variance, nu2, least)  # fmt: skip


def survey(report: Report, run: Run) -> None:
    pairs = 300 if run >= 4096 else 30
    report.section(f"A survey of {pairs} random pairs")
    report.paragraph(
        "Random MDPs of three states with up to three actions, gaps above .001, VALUE and POWER sets, U(0, "
        f"1) and N(0, 1) rewards, {pairs // 2} pairs each. Of uniform pairs p and gap are exact, of normal "
        f"ones drawn ({DRAWS:,} draws); every bound is judged by `check_bound`, the theorem at confidence "
        f"{CONFIDENCE}."
    )
    found = surveyed(pairs)
    clean = [x for x in found if x.tie < 1e-9]
    tied = [x for x in found if x.tie >= 1e-9]
    rows: list[tuple[Any, ...]] = [("", "uniform", "normal")]

    def count(
        name: str, test: Callable[[Surveyed], bool], among: list[Surveyed] | tuple[Surveyed, ...] = found
    ) -> int:
        parts = [[x for x in among if x.law == law] for law in ("uniform", "norm(0,1)")]
        counts = [sum(map(test, part)) for part in parts]
        rows.append((name, *(f"{c} of {len(part)}" for c, part in zip(counts, parts, strict=True))))
        return sum(counts)

    violated = count("a certified bound is violated", lambda x: "violated" in x.verdicts)
    low = count("certificate below the numerical optimum", lambda x: x.certified < x.optimum * (1 - 5e-3))
    better = count("Cantelli/Markov at least as good as the lemma", lambda x: x.sharp <= x.lemma + 1e-12)
    count("gap below 1.585 sd", lambda x: x.gap < 1.585 * np.sqrt(x.variance))
    by_lemma = count("p ≤ 1/2 proved by the lemma", lambda x: x.lemma <= 0.5)
    by_sharp = count("p ≤ 1/2 proved by Cantelli/Markov", lambda x: x.sharp <= 0.5)
    half = count("p ≤ 1/2, as computed or drawn", lambda x: x.p <= 0.5 + 1e-9)
    fails = count("the theorem fails for certain, no ties", lambda x: x.theorem == "refuted", clean)
    with_ties = count("p(A ≥ B) > 1/2, with ties", lambda x: x.p > 0.5 + 1e-9, tied)
    far = count("the theorem fails although g ≥ sd", lambda x: x.p > 0.5 + 1e-4 and x.gap**2 >= x.variance * 1.005)
    report.table(rows)
    ratio = np.median([x.certified / x.optimum for x in found])
    worst = max(clean, key=lambda x: x.p if x.theorem == "refuted" else 0.0)
    report.check("no certified bound is violated", violated == 0, violated)
    report.check("no certificate is below the numerical optimum; the median ratio is", low == 0, float(ratio))
    as_proved = all(x.sharp <= x.lemma + 1e-12 for x in found if x.gap < 1.585 * np.sqrt(x.variance))
    report.check(
        "Cantelli or Markov is at least as good as the lemma wherever the gap is below 1.585 sd, and in all",
        as_proved,
        f"{better} of {pairs}",
    )
    report.check(
        "the lemma proves p ≤ 1/2 less often than Cantelli or Markov, and both far less often than it is so",
        by_lemma <= by_sharp < half,
        (by_lemma, by_sharp, half),
    )
    report.check("the theorem fails in some pairs without ties; the largest p(A ≥ B) among them", fails > 0, worst.p)
    report.check("it never fails where g ≥ sd", far == 0, far)
    report.paragraph(
        f"So “more power, more likely optimal” is a tendency: it fails in {fails} of {len(clean)} random "
        f"pairs without ties, and ties lift p(A ≥ B) above 1/2 in {with_ties} of {len(tied)}. A theorem it is "
        "under one of the conditions of the section on when it is true."
    )

    figure, (left, right) = chart(9.6, 4.0, 2)
    for law, marker, colour in (("uniform", "o", BLUE), ("norm(0,1)", "^", "white")):
        part = [x for x in clean if x.law == law]
        left.plot(
            [x.gap / np.sqrt(x.variance) for x in part],
            [x.p for x in part],
            marker,
            color=colour,
            mec=BLACK,
            mew=0.5,
            ms=4,
            label=law,
        )
    x = np.linspace(0.001, 1.6, 200)
    left.plot(x, bounds.cantelli(x, 1.0), color=BLACK, label="Cantelli")
    left.axhline(0.5, color=BLACK, linestyle="--", linewidth=0.8)
    left.axvline(1, color=GREY, linestyle=":", linewidth=1)
    left.set(
        xlim=(0, 1.6),
        ylim=(0, 1),
        xlabel="gap / sd(Δ)",
        ylabel="p(A ≥ B), pairs without ties",
        title="Above the dashed line the theorem fails",
    )
    left.legend(fontsize=8, loc="lower left")
    right.plot(
        [x.lemma for x in found],
        [x.p for x in found],
        "s",
        color="#c8c8c8",
        mec=BLACK,
        mew=0.4,
        ms=4,
        label="the lemma",
    )
    right.plot(
        [x.sharp for x in found],
        [x.p for x in found],
        "o",
        color=BLUE,
        mec=BLACK,
        mew=0.4,
        ms=4,
        label="Cantelli/Markov",
    )
    right.plot([0, 1], [0, 1], color=BLACK, linewidth=0.8)
    right.set(
        xlim=(0, 1.02),
        ylim=(0, 1),
        xlabel="bound on p(A ≥ B)",
        ylabel="p(A ≥ B)",
        title="No point above the diagonal",
    )
    right.legend(fontsize=8, loc="lower left")
    report.picture(
        "survey",
        figure,
        "Left: p against the gap. From gap = sd on (dotted) p is at most 1/2. Right: bounds against truth.",
    )


# ---------------------------------------------------------------------- what is not mathematics


def outside(report: Report, run: Run) -> None:
    report.section("Success rates of people, random rewards in training")
    report.quote(
        "The success rate s corresponds to p_Σ(A ≥ B) … Training Qwen2.5-Math-7B with random rewards "
        "improved performance on MATH-500 by 21% … a mathematical inevitability predicted by instrumental "
        "convergence theory."
    )
    nu, drop, cap = universal()
    found = bounds.gap_from_count(0.95, 400, nu, drop=drop, cap=cap)
    report.verdict("Acceptance rates and random-reward training follow from the theory", OUTSIDE,
        "no derivation is given: Turner's theorems are about optimal policies for rewards drawn at random, "
        "not about what training on random rewards does, nor about users who accept an answer")  # fmt: skip
    report.paragraph(
        "To read an acceptance rate as p_Σ(A ≥ B), each trial would have to draw a reward function from one "
        "known Σ, and both systems would have to act optimally for it. Nothing here says that the "
        "experiments are wrong, or that capabilities cannot surprise; only that these theorems do not "
        "predict them."
    )
    report.check(
        "even if all that is granted: 380 successes in 400 trials, U(0, 1) rewards, leave C(B) − C(A) "
        "between these, 0 included",
        found.lower <= 0 <= found.upper,
        (found.lower, found.upper),
    )


SECTIONS: dict[str, Callable[[Report, Run], None]] = {
    "power": power_definition, "complexity": complexity_identities, "optimality": optimality_probability,
    "convergence": convergence, "lemma": lemma, "rearranged": rearranged, "power-gap": power_gap_trap,
    "theorem": theorem, "repairs": repairs, "figure-1": figure_1, "readings": readings, "certificates": certificates,
    "empirical": empirical, "survey": survey, "outside": outside,
}  # fmt: skip

INTRODUCTION = """The post *Modeling AI Takeoff Scenarios - Why Random Rewards Reveal Hidden AI Power* takes POWER
from Turner et al. ([arXiv 1912.01683](https://arxiv.org/abs/1912.01683)), bounds how likely a system with less of it
is to win, and draws a curve of power against success rates. Here each of its definitions, lemmas, theorems and
figures is tested.

**What it gets right**: power is a complexity, an expected supremum; two options should be compared by a probability
over reward functions; its lemma is true, and given ν alone nearly sharp, once its hypothesis is read in the one way
that makes sense; and a near tie limits how much more power the other side can have.

**What does not hold**: more power does not make an option more likely to be optimal; the POWER gap cannot stand for
the gap of values; and the arms of the curve, from which the post reads its warnings, belong to the bound and not to
power, at least where rewards are bounded.

Notation: g = C_Σ(B) − C_Σ(A) is the gap, Δ = sup_A − sup_B, p(A ≥ B) = P(Δ ≥ 0); fractions are exact, the rest is
rounded. Written by `python scripts/reproduce_post.py`."""


def main(arguments: list[str] | None = None) -> int:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--out", type=Path, default=FOLDER, help="folder of the report (default: .github/reproduce)")
    parser.add_argument(
        "--samples", type=int, default=SAMPLES, help=f"draws for what is not exact (default {SAMPLES})"
    )
    parser.add_argument("--only", default=",".join(SECTIONS), help=f"sections: {', '.join(SECTIONS)}")
    given = parser.parse_args(arguments)
    wanted = [name.strip() for name in given.only.split(",")]
    unknown = [name for name in wanted if name not in SECTIONS]
    if unknown:
        parser.error(f"no section {unknown[0]!r}; there are {', '.join(SECTIONS)}")
    if given.samples < 1:
        parser.error(f"--samples must be positive, got {given.samples}")
    report = Report(given.out, "post", "The post's mathematics, statement by statement", INTRODUCTION)
    for name in wanted:
        begin = time.perf_counter()
        SECTIONS[name](report, given.samples)
        print(f"   {time.perf_counter() - begin:.1f} s", file=sys.stderr)
    print(f"wrote {report.write()}", file=sys.stderr)
    for claim in report.failed:
        print(f"NOT CONFIRMED: {claim}", file=sys.stderr)
    return 1 if report.failed else 0


if __name__ == "__main__":
    sys.exit(main())
