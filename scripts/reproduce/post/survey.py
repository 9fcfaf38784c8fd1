"""Random pairs of options: how often bounds and theorem hold."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, replace
from functools import cache
from typing import Any

import numpy as np

import mdppower as mp
from mdppower import bounds
from mdppower.bounds import Certificate, Certified, certify
from mdppower.measures.comparison_estimate import Comparison
from mdppower.measures.exact_means import exact_rows
from mdppower.theorems import check_bound, check_main_theorem
from scripts.reproduce.post.pairs import (
    BLACK,
    BLUE,
    GREY,
    Run,
    chart,
    ends,
    exactly,
    law_of_difference,
    optimum,
    p_of,
    sets,
)
from scripts.reproduce.report import Report

DRAWS = 4096
CONFIDENCE = 0.999
"""For each of the many normal pairs of the survey."""


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
