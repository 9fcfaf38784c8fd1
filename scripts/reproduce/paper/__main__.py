"""*Optimal Policies Tend to Seek Power* (Turner et al., arXiv 1912.01683v10), number by number, with pictures.

    python -m scripts.reproduce.paper                   writes report.md and its pictures beside this file
    python -m scripts.reproduce.paper --out DIR         writes them into DIR
    python -m scripts.reproduce.paper --only copies     one section (or several, separated by commas)
    python -m scripts.reproduce.paper --samples 4096    fewer draws

What the paper says of its figures 1, 3, 4, 6, 7, 9, 10 and 11 stands beside what mdppower finds: sets of visit
distributions as the paper writes them, fractions where numbers are exact, intervals where they are drawn. Seeds are
fixed. The exit code is 1 if a check fails.
"""

from __future__ import annotations

import sys
from collections.abc import Callable
from pathlib import Path

from scripts.reproduce.command_line import run
from scripts.reproduce.paper.appendices_a_b import figure_9, figure_10
from scripts.reproduce.paper.appendix_c import figure_11
from scripts.reproduce.paper.elsewhere import broken, elsewhere
from scripts.reproduce.paper.notation import PaperReport, Run
from scripts.reproduce.paper.section_6 import copies, keeping, long_run
from scripts.reproduce.paper.sections_3_to_5 import optimality, options, power

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

Made by `python -m scripts.reproduce.paper`; `--only` and one of the names below makes a part of it:
"""


def main(arguments: list[str] | None = None) -> int:
    """Write the report; the exit code is 1 if a check fails."""
    introduction = f"{INTRODUCTION.strip()} {', '.join(SECTIONS)}."
    return run(
        lambda folder: PaperReport(folder, "“Optimal Policies Tend to Seek Power”, number by number", introduction),
        SECTIONS, arguments, about=__doc__.splitlines()[0], folder=Path(__file__).parent, samples=SAMPLES, least=64,
    )  # fmt: skip


if __name__ == "__main__":
    sys.exit(main())
