"""*Optimal Policies Tend to Seek Power* (Turner et al., arXiv 1912.01683v10), number by number, with pictures.

    python scripts/reproduce_paper.py                      writes .github/reproduce/paper.md and its pictures
    python scripts/reproduce_paper.py --out DIR            writes DIR/paper.md
    python scripts/reproduce_paper.py --only copies        one section (or several, separated by commas)
    python scripts/reproduce_paper.py --samples 4096       fewer draws

What the paper says of its figures 1, 3, 4, 6, 7, 9, 10 and 11 stands beside what mdppower finds: sets of visit
distributions as the paper writes them, fractions where numbers are exact, intervals where they are drawn. Seeds are
fixed. The exit code is 1 if a check fails.
"""

from __future__ import annotations

import argparse
import sys
import time
from collections.abc import Callable
from pathlib import Path

from _paper import PaperReport, Run
from _paper_appendices_a_b import figure_9, figure_10
from _paper_appendix_c import figure_11
from _paper_elsewhere import broken, elsewhere
from _paper_section_6 import copies, keeping, long_run
from _paper_sections_3_to_5 import optimality, options, power

FOLDER = Path(__file__).parent.parent / ".github" / "reproduce"
SAMPLES = 16_384

SECTIONS: dict[str, Callable[[PaperReport, Run], None]] = {
    "options": options, "optimality": optimality, "power": power, "copies": copies, "keeping": keeping,
    "long-run": long_run, "figure-9": figure_9, "figure-10": figure_10, "figure-11": figure_11,
    "elsewhere": elsewhere, "broken": broken,
}  # fmt: skip

INTRODUCTION = """Alexander Matt Turner, Logan Smith, Rohin Shah, Andrew Critch and Prasad Tadepalli, *Optimal
Policies Tend to Seek Power*, NeurIPS 2021, [arXiv 1912.01683v10](https://arxiv.org/abs/1912.01683), read with a
calculator: what it says of its figures stands beside what mdppower computes. Written for somebody who has the
paper open. Numbers of definitions and propositions are the paper's; ★, ℓ◁, ℓ↙, ℓ↖, ∅, r▷, r↗, r↘ are the states
of its figure 1; every fraction is exact. Quotations are the paper's words, with formulas set in one line
(e_ℓ↙/(1−γ)) and […] ours. What is drawn at random says how often, and its seed is fixed. A row or line with ✓
is a comparison that the script makes and that could have failed.

Made by `python scripts/reproduce_paper.py`; `--only` and one of the names below makes a part of it:
"""


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
    if given.samples < 64:
        parser.error(f"--samples must be at least 64, got {given.samples}")
    report = PaperReport(given.out, "paper", "“Optimal Policies Tend to Seek Power”, number by number",
                         f"{INTRODUCTION.strip()} {', '.join(SECTIONS)}.")  # fmt: skip
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
