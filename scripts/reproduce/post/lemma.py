"""The post's core lemma: its proof, what follows from it, and what may stand for the gap in it.

With g = C(B) − C(A) > 0 and E e^{λ(Δ − EΔ)} ≤ e^{λ²ν²/2} for λ > 0, p(A ≥ B) = P(Δ ≥ 0) ≤ e^{−g²/2ν²}.
"""

from __future__ import annotations

from typing import Any

import numpy as np

import mdppower as mp
from mdppower import bounds
from mdppower.bounds import certify
from mdppower.theorems import check_bound
from scripts.reproduce.post.pairs import (
    BLACK,
    BLUE,
    GREY,
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
from scripts.reproduce.report import REPAIR, RIGHT, WRONG, Report, say

RATES = np.array([0.01, 0.1, 0.3, 0.5, 0.7, 0.9])


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
