"""The three posts on POWERplay, figure by figure, with the published numbers beside ours.

    python -m scripts.reproduce.powerplay                 writes report.md and its pictures beside this file
    python -m scripts.reproduce.powerplay --out DIR       writes them into DIR
    python -m scripts.reproduce.powerplay --only maze     one section (or several, separated by commas)
    python -m scripts.reproduce.powerplay --quick --out DIR     few draws: under a minute

Settings are the posts': worlds, discount rates, numbers of draws. A number has as many draws as the published one and
no more than --samples; far-sighted agents in the maze have a fifth of --samples. Seeds are fixed. The
exit code is 1 if a check fails.
"""

from __future__ import annotations

import sys
from collections.abc import Callable
from pathlib import Path

from scripts.reproduce.command_line import run
from scripts.reproduce.powerplay.alone import face, maze, noise, three_by_three
from scripts.reproduce.powerplay.collisions import far_sighted, short_sighted
from scripts.reproduce.powerplay.comparing import Run
from scripts.reproduce.powerplay.defects import lost, phantom, threshold
from scripts.reproduce.powerplay.together import over_rho
from scripts.reproduce.report import Report

SAMPLES, LEAST, QUICK = 50_000, 256, 1024

SECTIONS: dict[str, Callable[[Report, Run], None]] = {
    "3x3": three_by_three, "maze": maze, "robot-face": face, "noise": noise, "over-rho": over_rho,
    "short-sighted": short_sighted, "far-sighted": far_sighted, "threshold": threshold, "phantom": phantom,
    "lost": lost,
}  # fmt: skip

INTRODUCTION = """POWERplay (Gladstone AI, 2022) is the program behind three posts on the Alignment Forum: POWER of
one agent in gridworlds, of a human and an AI that act in one world, and of both where they may not overlap. Here
are their figures from their settings (its `configs/replication`), with the published numbers beside ours. Of part
1, figure 1 the samples are published, of part 2 the numbers on its pictures; the rest is pictures without numbers,
and beside ours stand those of an independent exact solver in double precision, written from POWERplay's
definitions.

**What holds**: the maps of part 1; the correlation and all averages of part 2, with every number within the noise of
both. **What depends**: that agents who cannot overlap are less at odds (short-sighted) or more (far-sighted), in part
3, is a matter of what a collision does. The last sections are about POWERplay itself: its rule of when to stop (all
values at γ = .99 are too low by about .009), actions that do not exist, probability that is lost.

± is a standard error, where nothing else is said. Made by `python -m scripts.reproduce.powerplay`; `--only` and one
of the names below makes a part of it:
"""


def main(arguments: list[str] | None = None) -> int:
    """Write the report; the exit code is 1 if a check fails."""
    introduction = f"{INTRODUCTION.strip()} {', '.join(SECTIONS)}."
    return run(
        lambda folder: Report(folder, "POWERplay's three posts, figure by figure", introduction), SECTIONS, arguments,
        about=__doc__.splitlines()[0], folder=Path(__file__).parent, samples=SAMPLES, least=LEAST, quick=QUICK,
    )  # fmt: skip


if __name__ == "__main__":
    sys.exit(main())
