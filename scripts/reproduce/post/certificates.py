"""Where ν comes from: what can be proved, and what a sample shows instead.

No ν² is below sup over λ of 2 ln E e^{λ(Δ − EΔ)}/λ²: a certificate that is, is wrong.
"""

from __future__ import annotations

from typing import Any

import numpy as np

import mdppower as mp
from mdppower.bounds import certify, empirical_proxy
from mdppower.occupancy.option import worth
from mdppower.rewards import resolve
from mdppower.theorems import check_bound
from scripts.reproduce.post.pairs import (
    BLACK,
    BLUE,
    ONE_OF_THREE,
    Run,
    chart,
    ends,
    law_of_difference,
    optimum,
    sets,
    two_ends,
)
from scripts.reproduce.report import REPAIR, Report, short


def certificates(report: Report, run: Run) -> None:
    report.section("ν: certified")
    report.quote("the parameter ν_R determining the width and reflecting uncertainty in power difference")
    report.paragraph(
        "The post leaves open where ν comes from. mdppower proves values from the sets and the law of the "
        "rewards (`mdppower.bounds.certificates`), and takes the least. The optimum is the greatest 2 ln E "
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
        f"lemma {seen[0].verdict}, Cantelli {seen[1].verdict}, Var Δ ≤ {heavy.variance.value:.3g}",
    )

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
