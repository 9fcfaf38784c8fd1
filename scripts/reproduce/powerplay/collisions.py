"""Part 3, a human and an AI in the maze with unrelated goals: what becomes of alignment where they cannot meet."""

from __future__ import annotations

import numpy as np
from matplotlib.figure import Figure

import mdppower as mp
from mdppower.multiagent import Alignment, JointCurve
from mdppower.multiagent.jackknife import Jackknifed
from scripts.reproduce.powerplay import published
from scripts.reproduce.powerplay.comparing import (
    BLUE,
    RED,
    WITHIN,
    Compared,
    Run,
    chart,
    draws,
    judged,
    nearest_to_its_room,
    their_error,
    world,
)
from scripts.reproduce.report import REPAIR, Report

SHORT, FAR = published.MAZE_JOINT
RULES = {"allow": "both may be in one place", "remove-leak": "POWERplay's: the mass of collisions is lost",
         "bump": "both stay where they are", "remove": "rescaled"}  # fmt: skip
HEAD = (
    "collisions", "states", "raw", "corrected", "independent", "POWER_H", "POWER_A", "H against the seed",
    "these three, independent",
)  # fmt: skip
SHARE = 5
"""Of the draws of others, far-sighted agents in the maze, dearer than all else together, get one in so many."""
MOST, SOME, FEWEST = 10_000, 2000, 32
ENOUGH = 10_000
"""Draws from which on raw correlations are compared, and small differences judged."""


def short_sighted(report: Report, run: Run) -> None:
    report.section("Part 3, figures 2 to 7: short-sighted agents in the maze, γ = .1")
    report.paragraph(
        "The post's summary has it that short-sighted agents are instrumentally more aligned where they may not "
        "overlap. What becomes of a move by which both would come to one cell is up to the rule:"
    )
    runs = _runs(SHORT, draws(10_000, run))
    apart = _told(report, SHORT, runs, raw=True)
    found = _differences(report, runs, apart)
    leak, bump, rescaled = found["remove-leak"], found["bump"], found["remove"]
    report.verdict("Forbidding overlap aligns short-sighted agents", REPAIR,
        "it does under POWERplay's rule, which loses probability; where both stay, little of that is left, and "
        "rescaled it is the other way round")  # fmt: skip
    if runs.of(0, "allow").samples >= ENOUGH:
        report.check("POWERplay's rule: greater, the whole interval", leak.interval()[0] > 0, _interval(leak))
        report.check("rescaled: less, the whole interval", rescaled.interval()[1] < 0, _interval(rescaled))
        most = abs(bump.value) / leak.value
        report.check("both stay: the part of what POWERplay's rule does, below a third", most < 1 / 3, most)
    else:
        report.paragraph("So few draws do not settle this; it is not checked.")
    report.picture("short-sighted", _scatter(runs),
        "POWER of A over POWER of H at γ = .1, a point a joint state, with the corrected correlation (95 %). "
        "Crosses: both in one cell.")  # fmt: skip


def far_sighted(report: Report, run: Run) -> None:
    report.section("Part 3, figures 8 to 11: far-sighted agents in the maze, γ = .99")
    report.paragraph(
        "The post's summary has it that far-sighted agents are more misaligned where they may not overlap."
    )
    runs = _runs(FAR, max(FEWEST, draws(MOST, run // SHARE)))
    apart = _told(report, FAR, runs, raw=False)
    found = _differences(report, runs, apart)
    leak, rescaled = found["remove-leak"], found["remove"]
    lower, upper = leak.interval()
    told = "so many draws do not tell it from none" if lower <= 0 <= upper else f"the difference is {_interval(leak)}"
    report.verdict("Forbidding overlap misaligns far-sighted agents", REPAIR,
        "rescaled, or where both stay, the correlation is less; by POWERplay's rule, " + told
        )  # fmt: skip
    if runs.of(0, "allow").samples >= SOME:
        report.check("rescaled: less, the whole interval", rescaled.interval()[1] < 0, _interval(rescaled))
    reference, error = published.MAZE_APART[FAR]
    theirs = published.MAZE_JOINT[FAR]["remove-leak"]
    assert error is not None
    assert theirs.stderr is not None
    # The independent solver's two runs, as if they were independent of each other.
    expected = Compared(
        "it", leak.value, leak.stderr, theirs.correlation - reference, float(np.hypot(theirs.stderr, error))
    )
    if not np.isnan(leak.stderr):
        freedom = runs.of(0, "allow").data.count - 1
        report.check(
            "POWERplay's rule: the difference is the independent solver's, to both errors",
            not judged([expected], freedom),
            nearest_to_its_room([expected], freedom),
        )  # fmt: skip
    report.paragraph(
        "POWERplay's own numbers at γ = .99 are lower by about .009 (see the rule of when to stop), and single "
        "samples of its POWER_H are off by up to .47, where its early stop tips what H takes for the best action."
    )
    report.picture("far-sighted", _scatter(runs),
        "POWER of A over POWER of H at γ = .99, a point a joint state, with the corrected correlation (95 %). "
        "Crosses: both in one cell.")  # fmt: skip


def _runs(gamma: float, count: int) -> JointCurve:
    return mp.multiagent.joint_curve(
        world("maze"), gamma=gamma, rho=0, overlap=list(RULES), samples=count, sampler="iid", rng=0, workers=-1
    )


def _alignment(runs: JointCurve, rule: str) -> Alignment:
    return runs.alignments[runs.position(0, rule)]


def _told(report: Report, gamma: float, runs: JointCurve, *, raw: bool) -> Alignment:
    """The table of all rules, beside the independent solver's; gives the alignment where both are apart."""
    allow = runs.of(0, "allow")
    count = allow.samples
    where = np.array([one != two for one, two in allow.joint.states])
    apart = allow.alignment(where)
    report.paragraph(
        f"ρ = 0, {count:,} draws for each rule. The posts show pictures; beside ours are numbers of the independent "
        f"solver ({'raw, 10,000 draws' if raw else 'corrected, with 10,000 to 40,000 draws'}). Raw: of means over "
        "all draws. Corrected: without the noise of draws, with an interval (95 %)."
    )
    table: list[tuple[object, ...]] = [HEAD]
    rows: list[Compared] = []
    alike = not raw or count >= ENOUGH
    for rule in RULES:
        one, alignment, theirs = runs.of(0, rule), _alignment(runs, rule), published.MAZE_JOINT[gamma][rule]
        found = alignment.pearson
        averages = one.averages()
        ours = found.raw if raw else found.corrected
        if alike and not np.isnan(ours.stderr):
            rows.append(
                Compared(f"{rule}: correlation", ours.value, ours.stderr, theirs.correlation, theirs.stderr or 0.0)
            )
        known = [theirs.human, theirs.ai, theirs.baseline]
        for k, number in enumerate(known):
            if number is not None:
                error = float(averages.stderr[k])
                rows.append(
                    Compared(f"{rule}: {averages.labels[k]}", float(averages.mean[k]), error, number,
                             their_error(error, count, theirs.draws))
                )  # fmt: skip
        told = ", ".join(f"{x:.3f}" for x in known if x is not None)
        table.append(
            (f"`{rule}`: {RULES[rule]}", one.joint.n_states, f"{found.raw.value:.3f} ± {found.raw.stderr:.3f}",
             found.corrected.told(), f"{theirs.correlation:.3f} ± {theirs.stderr:g}",
             *(f"{x:.4f}" for x in averages.mean[:3]), told or "–")
        )  # fmt: skip
    found = apart.pearson
    number, error = published.MAZE_APART[gamma]
    ours = found.raw if raw else found.corrected
    if alike and not np.isnan(ours.stderr):
        rows.append(Compared("allow, apart: correlation", ours.value, ours.stderr, number, error or ours.stderr))
    table.append(
        ("`allow`, where they are apart", len(apart.labels), f"{found.raw.value:.3f} ± {found.raw.stderr:.3f}",
         found.corrected.told(), f"{number:.3f}" + (f" ± {error:g}" if error else ""), "", "", "", "–")
    )  # fmt: skip
    report.table(table)
    if not alike:
        report.paragraph("With fewer draws than theirs, raw correlations are nearer to 0 and not compared.")
    if apart.caution:
        report.paragraph(f"Too few draws for some of it: {apart.caution}.")
    freedom = allow.data.count - 1
    report.check(f"all {WITHIN}", not judged(rows, freedom), nearest_to_its_room(rows, freedom))
    return apart


def _differences(report: Report, runs: JointCurve, apart: Alignment) -> dict[str, Jackknifed]:
    found = {rule: _alignment(runs, rule).difference(apart) for rule in RULES if rule != "allow"}
    report.paragraph(
        "What a rule does to the corrected correlation, over the joint states in which the agents are apart, on "
        "the same draws (95 %):"
    )
    report.table([("rule, less `allow`", "difference", "interval"), *(
        (f"`{rule}`", f"{one.value:+.3f}", _interval(one)) for rule, one in found.items())])  # fmt: skip
    return found


def _interval(one: Jackknifed) -> str:
    lower, upper = one.interval()
    return f"{lower:+.3f} … {upper:+.3f}"


def _scatter(runs: JointCurve) -> Figure:
    figure, panels = chart(12.0, 3.2, len(RULES))
    for panel, rule in zip(panels, RULES, strict=True):
        one = runs.of(0, rule)
        together = np.array([a == b for a, b in one.joint.states])
        panel.plot(one.human.mean[~together], one.ai.mean[~together], "o", color=BLUE, markersize=2, alpha=0.5)
        panel.plot(one.human.mean[together], one.ai.mean[together], "x", color=RED, markersize=4)
        panel.set(xlabel="POWER_H", title=f"{rule}\n{_alignment(runs, rule).pearson.corrected.told()}")
    panels[0].set_ylabel("POWER_A")
    return figure
