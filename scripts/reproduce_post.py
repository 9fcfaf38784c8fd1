"""The mathematics of the post "Modeling AI Takeoff Scenarios", statement by statement, with numbers and pictures.

    python scripts/reproduce_post.py                     writes .github/reproduce/post.md and its pictures
    python scripts/reproduce_post.py --out DIR           writes DIR/post.md
    python scripts/reproduce_post.py --only lemma        one section (or several, separated by commas)
    python scripts/reproduce_post.py --samples 4096      fewer draws

A section quotes the post, gives a verdict, and checks the sharp statement that stands beside it. Every number comes
from mdppower; what is drawn has a fixed seed. The exit code is 1 if a check fails.
"""

from __future__ import annotations

import argparse
import sys
import time
from collections.abc import Callable
from pathlib import Path

from _post_certificates import certificates, empirical
from _post_curve import figure_1, outside, readings
from _post_definitions import complexity_identities, convergence, optimality_probability, power_definition
from _post_lemma import lemma, power_gap_trap, rearranged
from _post_pairs import Run
from _post_survey import survey
from _post_theorem import repairs, theorem
from _report import Report

FOLDER = Path(__file__).parent.parent / ".github" / "reproduce"
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
rounded. Written by `python scripts/reproduce_post.py`."""


def main(arguments: list[str] | None = None) -> int:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--out", type=Path, default=FOLDER, help="folder of the report (default: .github/reproduce)")
    parser.add_argument(
        "--samples", type=int, default=SAMPLES, help=f"draws for what is not exact (default {SAMPLES})"
    )
    parser.add_argument("--only", default=",".join(SECTIONS), help=f"sections: {', '.join(SECTIONS)}")
    given = parser.parse_args(arguments)
    wanted = [name.strip() for name in given.only.split(",")]
    unknown = [name for name in wanted if name not in SECTIONS]
    if unknown:
        parser.error(f"no section {unknown[0]!r}; there are {', '.join(SECTIONS)}")
    if given.samples < 1:
        parser.error(f"--samples must be positive, got {given.samples}")
    report = Report(given.out, "post", "The post's mathematics, statement by statement", INTRODUCTION)
    for name in wanted:
        begin = time.perf_counter()
        SECTIONS[name](report, given.samples)
        print(f"   {time.perf_counter() - begin:.1f} s", file=sys.stderr)
    print(f"wrote {report.write()}", file=sys.stderr)
    for claim in report.failed:
        print(f"NOT CONFIRMED: {claim}", file=sys.stderr)
    return 1 if report.failed else 0


if __name__ == "__main__":
    sys.exit(main())
