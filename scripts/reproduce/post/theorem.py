"""The post's theorem, "more power is more likely optimal": counterexamples, and when it is true.

It claims p(A ≥ B) ≤ 1/2 wherever C(B) > C(A). `mdppower.theorems.post_theorem` has the conditions under which that is
so.
"""

from __future__ import annotations

from collections.abc import Iterator
from fractions import Fraction
from typing import Any

import numpy as np
from scipy import stats

import mdppower as mp
from mdppower import bounds
from mdppower.bounds import certify
from mdppower.measures.comparison_estimate import Comparison
from mdppower.theorems import check_main_theorem, search_counterexample
from scripts.reproduce.post.pairs import (
    BLACK,
    BLUE,
    HALF,
    ONE_OF_THREE,
    Run,
    chart,
    ends,
    exactly,
    fork_pair,
    law_of_difference,
    number,
    optimum,
    p_of,
    sets,
    two_ends,
)
from scripts.reproduce.report import REPAIR, WRONG, Report, say, short


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
        "permutation of the states that Σ does not notice, then C(A) ≤ C(B) and P(A > B) ≤ 1/2; where Σ does, "
        "as in its second example, nothing follows. (d) has P(B ≥ A) = 1. Under (c) and (d) ties may still "
        "lift p(A ≥ B) above 1/2. The lesser of (a) and (e) is the best bound that g, Var Δ and min Δ alone "
        "allow."
    )
    report.check(
        "each example does what its condition says",
        all(ok for _, ok in fine),
        ", ".join(f"{name[:1]} {'yes' if ok else 'NO'}" for name, ok in fine),
    )


def repaired() -> Iterator[tuple[str, str, Comparison, str, bool]]:
    """Condition, example, comparison, what is proved, whether it is so; in the order a, b, c, d, e of the text."""
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
    # c. Swapping t1 and t2 takes A into B, and i.i.d. rewards do not notice; no other condition is met.
    copied = sets(*ONE_OF_THREE)
    found = exactly(copied)
    met = {name for name, told in check_main_theorem(found).conditions.items() if told == "met"}
    ok = met == {"copy"} and float(found.gap.mean) >= 0 and float(found.p_greater.mean) <= 0.5
    yield (
        "c. φA ⊂ B, Σ invariant",
        "t1 / {t2, t3}, U(0,1)",
        found,
        f"P(A > B) = {number(found.p_greater)} ≤ 1/2",
        ok,
    )
    # The same sets: A is worth 1/2 for certain, B's states are rarely worth a lot. The swap changes this law.
    rare = stats.rv_discrete(values=([0.0, 10.0], [0.9375, 0.0625]))
    found = exactly(copied, {0: 0.5, 1: rare, 2: rare})
    ok = check_main_theorem(found).conditions["copy"] == "not met" and float(found.gap.mean) > 0 and p_of(found) > 0.5
    yield "c. not met: φA ⊂ B, Σ changes", "always 1/2 / two of 10 w.p. 1/16", found, "nothing", ok
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
