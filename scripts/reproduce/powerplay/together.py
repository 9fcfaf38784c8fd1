"""Part 2, a human and an AI in the 3 × 3 room: what correlated rewards do to POWER of both."""

from __future__ import annotations

from itertools import pairwise

import numpy as np
from matplotlib.figure import Figure

import mdppower as mp
from mdppower.multiagent import JointCurve, JointPower
from scripts.reproduce.powerplay import published
from scripts.reproduce.powerplay.comparing import (
    BLUE,
    CONFIDENCE,
    RED,
    WITHIN,
    Compared,
    Run,
    average,
    chart,
    draws,
    judged,
    nearest_to_its_room,
    room,
    their_error,
)
from scripts.reproduce.report import RIGHT, Report

CELLS = ("centre", "edge", "corner")
"""By the squared distance from the centre."""
TOLERANCE = 1e-9
DRAWS = 20_000


def over_rho(report: Report, run: Run) -> None:
    report.section("Part 2, figures 2 to 10: two agents in the 3 × 3 room, over ρ")
    count = draws(DRAWS, run)
    curve = mp.multiagent.joint_curve(
        room(3),
        gamma=published.JOINT_RATE,
        rho=list(published.JOINT),
        samples=count,
        sampler="iid",
        rng=0,
        workers=-1,
    )
    low, high = curve.of(0), curve.of(1)
    report.paragraph(
        f"81 joint states, γ = {published.JOINT_RATE} for both, A's seed policy uniform; {low.samples:,} draws for "
        f"each ρ, of theirs {DRAWS:,}. H's rewards are the same for every ρ. The correlation is that of POWER_H and "
        "POWER_A over joint states, of means over all draws (raw, as published), and without the noise of these "
        "draws (corrected)."
    )
    _compare(report, curve)
    _claims(report, curve)
    change = curve.sign_change()
    both = Compared("ρ", change.value, change.stderr, published.SIGN_CHANGE, their_error(change.stderr, count, DRAWS))
    report.check(
        f"the correlation changes its sign at ρ = {change.told()} (95 %), published: near {published.SIGN_CHANGE}",
        not judged([both], low.data.count - 1), nearest_to_its_room([both], low.data.count - 1),
    )  # fmt: skip
    apart = float(np.abs(high.human.mean - high.ai.mean).max())
    report.check(
        "ρ = 1 and one γ: POWER of both is the same in every joint state, but for rounding; largest difference",
        apart < TOLERANCE, apart,
    )  # fmt: skip
    _structure(report, low, high)
    report.picture(
        "over-rho", _over_rho(curve), "POWERplay's figures 6 to 10 of part 2: crosses are published numbers."
    )
    report.picture(
        "scatter", _scatter(curve), "Figures 2 to 4 and 7: POWER of A over POWER of H, a point a joint state."
    )
    maps = low.plot(kind="maps", title="")
    report.picture("maps", maps, "ρ = 0: POWER of H, a small map of H's cells for each cell of A.")


def _compare(report: Report, curve: JointCurve) -> None:
    """Every tabulated number beside ours; those further apart than noise allows are named."""
    rows: list[Compared] = []
    table: list[tuple[object, ...]] = [
        ("ρ", "raw correlation", "published", "corrected (95 %)", "POWER_H", "published", "POWER_A", "published")
    ]
    alike = all(one.samples >= DRAWS for one in curve.runs)
    for one, alignment in zip(curve.runs, curve.alignments, strict=True):
        theirs = published.JOINT[one.rho]
        found, raw, corrected = one.averages(), alignment.pearson.raw, alignment.pearson.corrected
        assert theirs.human is not None
        assert theirs.ai is not None
        human, ai = (float(x) for x in found.mean[:2])
        pairs = [
            ("POWER_H", human, float(found.stderr[0]), theirs.human),
            ("POWER_A", ai, float(found.stderr[1]), theirs.ai),
        ]
        if alike:
            pairs.append(("raw correlation", raw.value, raw.stderr, theirs.correlation))
        rows += [
            Compared(f"{name} at ρ = {one.rho:g}", ours, error, number, their_error(error, one.samples, theirs.draws))
            for name, ours, error, number in pairs
        ]
        table.append(
            (f"{one.rho:g}", f"{raw.value:.3f} ± {raw.stderr:.3f}", f"{theirs.correlation:.3f}", corrected.told(),
             f"{human:.4f}", f"{theirs.human:g}", f"{ai:.4f}", f"{theirs.ai:g}")
        )  # fmt: skip
    for rho, number in published.AI_BASELINE.items():
        one = curve.of(rho)
        found = one.averages().of("ai_baseline")
        error = float(found.stderr)
        rows.append(
            Compared(
                f"A by the seed at ρ = {rho:g}",
                float(found.mean),
                error,
                number,
                their_error(error, one.samples, DRAWS),
            )
        )
    first = curve.runs[0]
    found = first.averages().of("human_baseline")
    error = float(found.stderr)
    rows.append(
        Compared(
            "H against the seed",
            float(found.mean),
            error,
            published.JOINT_BASELINE,
            their_error(error, first.samples, DRAWS),
        )
    )
    report.table(table)
    report.paragraph(
        "± after a raw correlation is its standard error. POWERplay's numbers are means of 20,000 independent "
        "draws, so their errors are as large as ours of as many; at γ = .6 its rule of when to stop moves averages "
        "by less than the last digit, but it can tip near ties, by up to .0016 in the mean of one joint state."
        + " With fewer draws than theirs, raw correlations are nearer to 0 and not compared."
        * (not alike)
    )
    freedom = first.data.count - 1
    report.check(f"all {WITHIN}", not judged(rows, freedom), nearest_to_its_room(rows, freedom))
    for missed in judged(rows, freedom):
        report.paragraph(f"Missed: {missed.what}, {missed.ours:.4f}, published {missed.theirs:g}.")
    same = all((one.human_baseline.data.means == first.human_baseline.data.means).all() for one in curve.runs)
    report.check("H against the seed has the same bits for every ρ; its average", same, float(found.mean))


def _claims(report: Report, curve: JointCurve) -> None:
    low = curve.alignments[curve.position(0)].pearson.corrected
    report.verdict("Unrelated goals are misaligned by default", RIGHT,
        f"at ρ = 0 the correlation of POWER is {low.told()} (95 %), without noise")  # fmt: skip
    report.check("at ρ = 0 the whole interval is below 0; its upper end", low.interval()[1] < 0, low.interval()[1])
    rho = curve.rhos
    steps = [curve.difference(two, one) for one, two in pairwise(rho)]
    report.verdict(
        "With more common goals the instrumental goals align", RIGHT, "the correlation rises with ρ, up to 1"
    )
    report.check(
        "no step of ρ lowers it by more than its noise (paired, 99.9 %, all at once); the least step",
        min(step.interval(CONFIDENCE, of=len(steps))[1] for step in steps) > 0, min(step.value for step in steps),
    )  # fmt: skip
    rise = curve.difference(rho[-1], rho[0])
    report.check("from ρ = 0 to 1 it rises, the whole interval; by", rise.interval()[0] > 0, rise.told())
    cost = curve.of(0).averages().difference("human", "human_baseline")
    lower, upper = (float(x) for x in cost.interval())
    report.paragraph(
        "On average over joint states, H does not have less than against the seed: the paired difference at ρ = 0 "
        f"is {float(cost.mean):+.4f}, {lower:+.4f} … {upper:+.4f} (95 %); published: .666 against .665. What A "
        "takes from H it takes in some states."
    )
    report.check("this interval is not all below 0; its upper end", upper > 0, upper)


def _structure(report: Report, low: JointPower, high: JointPower) -> None:
    """What is told of single joint states."""
    kind = np.array([[(row - 1) ** 2 + (column - 1) ** 2 for row, column in state] for state in low.joint.states])
    rows: list[Compared] = []

    def add(what: str, one: JointPower, block: int, where: np.ndarray, *numbers: float) -> None:
        mean, error = average(one.data.means[:, 0].reshape(one.data.count, 4, -1)[:, block][:, where])
        nearest = float(np.clip(mean, min(numbers), max(numbers)))
        rows.append(Compared(what, mean, error, nearest, their_error(error, one.samples, DRAWS)))
        told = " … ".join(f"{x:g}" for x in numbers)
        table.append((what, f"{rows[-1].ours:.4f}", f"{error:.4f}", told))

    table: list[tuple[object, ...]] = [("", "ours", "±", "published")]
    for code, name in enumerate(CELLS):
        add(f"ρ = 0: POWER_A, A in {name}", low, 1, kind[:, 1] == code, published.AI_BY_CELL[name])
    add("ρ = 0: POWER_H, H in a corner, A in the centre", low, 0, (kind == (2, 0)).all(axis=1), published.HUMAN_WORST)
    add("ρ = 0: POWER_H, H in the centre, A in a corner", low, 0, (kind == (0, 2)).all(axis=1), *published.HUMAN_BEST)
    add("ρ = 1: POWER of both, both in corners", high, 0, (kind == (2, 2)).all(axis=1), *published.SHARED_LEAST)
    add("ρ = 1: POWER of both, both in the centre", high, 0, (kind == (0, 0)).all(axis=1), published.SHARED_MOST)
    report.paragraph("By where both are, averaged over joint states that are alike:")
    report.table(table)
    freedom = low.data.count - 1
    report.check(f"all {WITHIN}", not judged(rows, freedom), nearest_to_its_room(rows, freedom))
    means = low.ai.mean
    within = max(float(np.ptp(means[kind[:, 1] == code])) for code in range(3))
    between = rows[0].ours - rows[2].ours
    report.check(
        "ρ = 0: POWER_A depends on A's cell: all differences within one kind of cell, and centre less corner",
        within < between, (within, between),
    )  # fmt: skip


def _over_rho(curve: JointCurve) -> Figure:
    figure, (left, right) = chart(9.6, 3.8, 2)
    rho = [one.rho for one in curve.runs]
    left.plot(rho, [x.pearson.raw.value for x in curve.alignments], "-", color=BLUE, label="ours, raw")
    found = [x.pearson.corrected for x in curve.alignments]
    lower, upper = np.array([x.interval() for x in found]).T
    left.fill_between(rho, lower, upper, color=BLUE, alpha=0.2, linewidth=0, label="corrected (95 %)")
    left.plot(
        list(published.JOINT), [x.correlation for x in published.JOINT.values()], "x", color=RED, label="published"
    )
    left.axhline(0, color="black", linewidth=0.8)
    left.set(xlabel="ρ", ylabel="correlation of POWER_H and POWER_A")
    left.legend(fontsize=8)
    averages = np.array([one.averages().mean for one in curve.runs])
    for k, (name, style) in enumerate(
        (("H", "-"), ("A", "--"), ("H against the seed", ":"), ("A by the seed", "-."))
    ):
        right.plot(rho, averages[:, k], style, color=BLUE, label=name)
    for name in ("human", "ai"):
        right.plot(list(published.JOINT), [getattr(x, name) for x in published.JOINT.values()], "x", color=RED)
    right.set(xlabel="ρ", ylabel="average POWER")
    right.legend(fontsize=8)
    return figure


def _scatter(curve: JointCurve) -> Figure:
    shown = (0.0, 0.2, 0.5, 1.0)
    figure, panels = chart(11.0, 3.2, len(shown))
    for panel, rho in zip(panels, shown, strict=True):
        one = curve.of(rho)
        raw = curve.alignments[curve.position(rho)].pearson.raw.value
        panel.plot(one.human.mean, one.ai.mean, "o", color=BLUE, markersize=3, alpha=0.7)
        panel.set(xlabel="POWER_H", title=f"ρ = {rho:g}: {raw:.2f}\npublished {published.JOINT[rho].correlation:.2f}")
    panels[0].set_ylabel("POWER_A")
    return figure
