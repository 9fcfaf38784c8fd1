"""Part 1, one agent: the 3 × 3 room, the maze, the robot face; and noise, of which POWERplay has a sweep."""

from __future__ import annotations

from itertools import pairwise

import numpy as np

import mdppower as mp
from scripts.reproduce.powerplay import published
from scripts.reproduce.powerplay.comparing import (
    BLUE,
    GREY,
    RED,
    WITHIN,
    Compared,
    Run,
    average,
    chart,
    choices,
    draws,
    judged,
    nearest_to_its_room,
    place,
    room,
    their_error,
    world,
)
from scripts.reproduce.report import RIGHT, Report

RATES = (0.01, *np.round(np.arange(0.05, 1, 0.05), 2).tolist(), 0.99)
"""Of the sweep over the maze."""
FEW = 1000
"""Draws that POWERplay's sweep over noise is taken to have had."""


def three_by_three(report: Report, run: Run) -> None:
    report.section("Part 1, figure 1: the 3 × 3 room")
    count = draws(published.THREE_BY_THREE_DRAWS, run)
    found = mp.power(room(3), 0.6, samples=count, sampler="iid", rng=0, workers=-1)
    rows = [
        Compared(place(cell), float(found.of(cell).mean), float(found.of(cell).stderr), *number)
        for cell, number in published.THREE_BY_THREE.items()
    ]
    report.paragraph(
        f"γ = .6, U(0, 1) rewards; {count:,} draws of ours, {published.THREE_BY_THREE_DRAWS:,} of theirs. The "
        "published samples are in POWERplay's repository; means and standard errors of both:"
    )
    report.table([("cell", "ours", "±", "published", "±"), *(
        (row.what, f"{row.ours:.4f}", f"{row.stderr:.4f}", f"{row.theirs:.4f}", f"{row.their_stderr:.4f}")
        for row in rows)])  # fmt: skip
    freedom = found.data.count - 1
    report.check(WITHIN, not judged(rows, freedom), nearest_to_its_room(rows, freedom))
    centre = found.difference((1, 1), (0, 1))
    edge = found.difference((0, 1), (0, 0))
    report.check(
        "centre over edge over corner: paired differences", min(centre.interval()[0], edge.interval()[0]) > 0,
        (float(centre.mean), float(edge.mean)),
    )  # fmt: skip


def maze(report: Report, run: Run) -> None:
    report.section("Part 1, figures 2 to 4: a maze, and how far the agent looks")
    mdp = world("maze")
    count = draws(published.MAZE_DRAWS, run)
    found = mp.power(mdp, RATES, samples=count, sampler="iid", rng=0, workers=-1)
    freedom = found.data.count - 1
    report.verdict("A short-sighted agent has POWER where there are many ways to go", RIGHT,
        "at γ = .01 POWER of a cell is k/(k + 1), k being its successors")  # fmt: skip
    short = found.at(RATES[0])
    ways = choices(mdp)
    report.paragraph(
        f"γ from {RATES[0]} to {RATES[-1]}, {count:,} draws, the same for every γ. At γ = .01, by how many actions a "
        "cell has (staying is one), with the numbers on the published map:"
    )
    table: list[tuple[object, ...]] = [("actions", "cells", "k/(k + 1)", "ours", "published")]
    rows = []
    for k, (low, high) in published.MAZE_SHORT.items():
        here = np.flatnonzero(ways == k)
        ours = short.mean[here]
        table.append((k, len(here), f"{k / (k + 1):.4f}", f"{ours.min():.4f} … {ours.max():.4f}", f"{low} … {high}"))
        ends = ((ours.argmin(), "least", low), (ours.argmax(), "greatest", high))
        for at, end, theirs in ends:
            error = float(short.stderr[here[at]])
            rows.append(
                Compared(f"{k} actions, {end}", float(ours[at]), error, theirs,
                         their_error(error, found.samples, published.MAZE_DRAWS))
            )  # fmt: skip
    report.table(table)
    report.check(
        f"least and greatest of each kind, {WITHIN}", not judged(rows, freedom), nearest_to_its_room(rows, freedom)
    )
    report.verdict("A far-sighted agent has POWER in a few central cells", RIGHT,
        "at γ = .99 it is greatest in (2, 3) and (3, 3), which have no more ways than other junctions")  # fmt: skip
    report.paragraph(
        f"The published maps are pictures; beside ours the independent solver's {published.MAZE_CELL_DRAWS:,} draws:"
    )
    table, rows = [("γ", "cell", "ours", "±", "independent")], []
    for gamma, cells in published.MAZE_CELLS.items():
        at = found.at(gamma)
        for cell, theirs in cells.items():
            one = at.of(cell)
            error = float(one.stderr)
            table.append((gamma, place(cell), f"{float(one.mean):.4f}", f"{error:.4f}", f"{theirs:.4f}"))
            other = their_error(error, found.samples, published.MAZE_CELL_DRAWS)
            rows.append(Compared(f"γ = {gamma}, {place(cell)}", float(one.mean), error, theirs, other))
    far = found.at(RATES[-1])
    mean, spread = average(far.data.means[:, 0])
    table.append((RATES[-1], "mean of all", f"{mean:.4f}", f"{spread:.4f}", f"{published.MAZE_MEAN:.4f}"))
    rows.append(
        Compared("γ = .99, mean", mean, spread, published.MAZE_MEAN,
                 their_error(spread, found.samples, published.MAZE_CELL_DRAWS))
    )  # fmt: skip
    report.table(table)
    report.check(WITHIN, not judged(rows, freedom), nearest_to_its_room(rows, freedom))
    most = mdp.states[int(far.mean.argmax())]
    ahead = far.difference(most, (2, 3)) if most != (2, 3) else None
    report.check(
        "γ = .99: no cell is above (2, 3), to the paired error (95 %); the greatest",
        ahead is None or ahead.interval()[0] <= 0, place(most),
    )  # fmt: skip
    report.paragraph(
        "On POWERplay's own maps all numbers at γ = .99 are about .009 lower than these: it stops too early (see "
        "“The rule of when to stop”). As that is nearly the same in every cell, the maps look right."
    )
    shown = mp.power(mdp, [0.01, 0.5, 0.99], samples=count, sampler="iid", rng=0, workers=-1)
    report.picture("maze", shown.plot(title=""), "POWER in the maze: figures 2 to 4 of part 1.")


def face(report: Report, run: Run) -> None:
    report.section("Part 1, figures 5 and 6: the robot face")
    mdp = world("robot-face")
    count = draws(published.FACE_DRAWS, run)
    found = mp.power(mdp, list(published.FACE), samples=count, sampler="iid", rng=0, workers=-1)
    freedom = found.data.count - 1
    report.paragraph(
        f"{mdp.n_states} cells, {count:,} draws. The published maps are pictures; beside "
        f"ours the ends of the independent solver's, of {published.FACE_DRAWS:,} draws:"
    )
    table: list[tuple[object, ...]] = [("γ", "", "cell", "ours", "±", "independent")]
    rows = []
    for gamma, ends in published.FACE.items():
        at = found.at(gamma)
        for end, where, theirs in zip(("greatest", "least"), (at.mean.argmax(), at.mean.argmin()), ends, strict=True):
            error = float(at.stderr[where])
            other = their_error(error, found.samples, published.FACE_DRAWS)
            rows.append(Compared(f"γ = {gamma}, {end}", float(at.mean[where]), error, theirs, other))
            table.append(
                (gamma, end, place(mdp.states[where]), f"{rows[-1].ours:.4f}", f"{error:.4f}", f"{theirs:.4f}")
            )
    report.table(table)
    report.check(WITHIN, not judged(rows, freedom), nearest_to_its_room(rows, freedom))
    far = found.at(0.99)
    behind = max(float(far.mean.max() - far.of(cell).mean) for cell in published.FACE_MOST)
    named = ", ".join(map(place, published.FACE_MOST))
    report.check(f"γ = .99: {named} are behind the greatest by no more than", behind < 0.001, behind)
    ways = choices(mdp)
    near = found.at(0.1)
    open_cells = near.mean[ways == 5]
    report.check(
        "γ = .1: all cells with five ways are above all with three", open_cells.min() > near.mean[ways <= 3].max(),
        (float(open_cells.min()), float(near.mean[ways <= 3].max())),
    )  # fmt: skip
    report.picture("robot-face", found.plot(title="", annotate=False), "POWER on the robot face: figures 5 and 6.")


def noise(report: Report, run: Run) -> None:
    report.section("Noise: what is left where nothing can be chosen")
    count = draws(published.MAZE_DRAWS, run)
    levels = list(published.NOISE)
    found = [
        mp.power(room(4, slip=level), published.NOISE_RATE, samples=count, sampler="iid", rng=0, workers=-1)
        for level in levels
    ]
    report.paragraph(
        f"A 4 × 4 room at γ = {published.NOISE_RATE}, {count:,} draws, the same for every level: with so much "
        "probability another action of the cell, drawn uniformly, happens instead. Mean POWER over the cells; "
        "how many draws POWERplay's run had is not known:"
    )
    table: list[tuple[object, ...]] = [("noise", "ours", "±", "POWERplay")]
    off = []
    for level, one in zip(levels, found, strict=True):
        mean, error = average(one.data.means[:, 0])
        off.append(abs(mean - published.NOISE[level]))
        table.append((level, f"{mean:.4f}", f"{error:.4f}", f"{published.NOISE[level]:.3f}"))
    report.table(table)
    limit = 4 * float(np.hypot(error, their_error(error, one.samples, FEW)))
    report.check(
        f"all differences are below four standard errors, theirs of {FEW:,} draws: {limit:.3f}; the greatest",
        max(off) < limit, max(off),
    )  # fmt: skip
    falls = [float((one - two).interval(simultaneous=True)[0].min()) for one, two in pairwise(found)]
    report.check(
        "more noise, less POWER, in every cell: least lower limit of the paired differences",
        min(falls) > 0,
        min(falls),
    )
    last = found[-1]
    away = float(np.abs((last.mean - 0.5) / last.stderr).max())
    report.check("with noise 1 POWER is 1/2 in every cell: largest difference in standard errors", away < 4.5, away)
    tilted = room(4, slip=0.3, bias={"E": 0.3})
    corner = tilted.kernel[[_pair(tilted, (0, 0), "S")]].toarray()[0]
    plain = room(4, slip=0.3)
    uniform = plain.kernel[[_pair(plain, (0, 0), "S")]].toarray()[0]
    told = [
        {place(tilted.states[s]): round(float(row[s]), 12) for s in np.flatnonzero(row)} for row in (uniform, corner)
    ]
    report.check(
        "POWERplay's example, noise .3 in the corner (0, 0), going down: (0, 0) .1, (0, 1) .1, (1, 0) .8",
        told[0] == {"(0, 0)": 0.1, "(0, 1)": 0.1, "(1, 0)": 0.8}, _told(told[0]),
    )  # fmt: skip
    report.check(
        "the same with all noise to the right: (0, 1) .3, (1, 0) .7",
        told[1] == {"(0, 1)": 0.3, "(1, 0)": 0.7}, _told(told[1]),
    )  # fmt: skip
    bent = mp.power(tilted, published.NOISE_RATE, samples=count, sampler="iid", rng=0, workers=-1)
    lost = found[2].mean - bent.mean
    report.paragraph(
        f"Noise that always pushes to the right is another matter: at level .3 mean POWER is {bent.mean.mean():.4f} "
        f"against {found[2].mean.mean():.4f} of uniform noise; by column, from the left, it is lower by "
        f"{', '.join(f'{x:.4f}' for x in lost.reshape(4, 4).mean(axis=0))}."
    )
    figure, (left, right) = chart(9.0, 3.4, 2)
    kinds = {"centre": (1, 1), "edge": (0, 1), "corner": (0, 0)}
    for (name, cell), mark in zip(kinds.items(), "o^s", strict=True):
        left.plot(
            levels, [float(one.of(cell).mean) for one in found], mark + "-", label=name, color=BLUE, markersize=4
        )
    left.plot(levels, list(published.NOISE.values()), "x", color=RED, label="POWERplay, mean of all")
    left.set(xlabel="noise", ylabel="POWER", title=f"4 × 4, γ = {published.NOISE_RATE}")
    left.legend(fontsize=8)
    columns = range(4)
    for one, name, colour in ((found[2], "uniform", GREY), (bent, "to the right", BLUE)):
        right.plot(columns, one.mean.reshape(4, 4).mean(axis=0), "o-", label=name, color=colour)
    right.set(xlabel="column", ylabel="POWER, mean of rows", xticks=list(columns), title="noise .3")
    right.legend(fontsize=8)
    report.picture("noise", figure, "Left: POWER over the level of noise. Right: noise with a bias.")


def _pair(mdp: mp.RewardlessMDP, state: object, action: str) -> int:
    return next(p for p in range(mdp.n_pairs) if mdp.pair_label(p) == (state, action))


def _told(row: dict[str, float]) -> str:
    return ", ".join(f"{cell} {share:g}" for cell, share in row.items())
