"""The mathematics of the post "Modeling AI Takeoff Scenarios", statement by statement, with numbers and pictures.

    python -m scripts.reproduce.post                   writes report.md and its pictures beside this file
    python -m scripts.reproduce.post --out DIR         writes them into DIR
    python -m scripts.reproduce.post --only lemma      one section (or several, separated by commas)
    python -m scripts.reproduce.post --samples 4096    fewer draws

A section quotes the post, gives a verdict, and checks the sharp statement that stands beside it. Every number comes
from mdppower; what is drawn has a fixed seed. The exit code is 1 if a check fails.
"""

from __future__ import annotations

import sys
from collections.abc import Callable
from pathlib import Path

from scripts.reproduce.command_line import run
from scripts.reproduce.post.certificates import certificates, empirical
from scripts.reproduce.post.curve import figure_1, outside, readings
from scripts.reproduce.post.definitions import (
    complexity_identities,
    convergence,
    optimality_probability,
    power_definition,
)
from scripts.reproduce.post.lemma import lemma, power_gap_trap, rearranged
from scripts.reproduce.post.pairs import Run
from scripts.reproduce.post.survey import survey
from scripts.reproduce.post.theorem import repairs, theorem
from scripts.reproduce.report import Report

SAMPLES = 65_536

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
rounded. Written by `python -m scripts.reproduce.post`."""


def main(arguments: list[str] | None = None) -> int:
    """Write the report; the exit code is 1 if a check fails."""
    return run(
        lambda folder: Report(folder, "The post's mathematics, statement by statement", INTRODUCTION),
        SECTIONS, arguments, about=__doc__.splitlines()[0], folder=Path(__file__).parent, samples=SAMPLES, least=1,
    )  # fmt: skip


if __name__ == "__main__":
    sys.exit(main())
