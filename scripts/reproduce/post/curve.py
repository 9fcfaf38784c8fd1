"""The post's figure 1, what is read off it, and the experiments that it is said to explain.

The curve is the set of gaps g that a success rate s = p(A ≥ B) leaves open, by the lemma in both directions.
"""

from __future__ import annotations

import numpy as np

import mdppower as mp
from mdppower import bounds
from mdppower.display.curve_picture import plot_curve
from scripts.reproduce.post.pairs import (
    BLUE,
    GREY,
    Run,
    chart,
    ends,
    exactly,
    fork_pair,
    p_of,
    universal,
)
from scripts.reproduce.report import OUTSIDE, REPAIR, WRONG, Report


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
    report.paragraph(
        "What training on random rewards does to power can be measured, and is, statement by statement, in "
        "[the post's story](../story/report.md)."
    )
    report.check(
        "even if all that is granted: 380 successes in 400 trials, U(0, 1) rewards, leave C(B) − C(A) "
        "between these, 0 included",
        found.lower <= 0 <= found.upper,
        (found.lower, found.upper),
    )
