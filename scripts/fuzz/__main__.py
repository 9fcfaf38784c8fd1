"""The command; see the package."""

from __future__ import annotations

import argparse
import tempfile
from pathlib import Path

from scripts import fuzz
from scripts.fuzz.campaign import BORDERS, campaign, case_of, markdown
from scripts.fuzz.judge import judge


def main() -> None:
    """Print faults as they come, and a table; exit status 1 if there are any."""
    parser = argparse.ArgumentParser(
        description=fuzz.__doc__, formatter_class=argparse.RawDescriptionHelpFormatter, prog="python -m scripts.fuzz"
    )
    parser.add_argument("--border", default="all", help=f"all, or some of {','.join(BORDERS)}")
    parser.add_argument("--inputs", type=int, default=1, help="of all borders together; 1: show that input")
    parser.add_argument("--seed", type=int, default=0, help="the first one")
    parser.add_argument("--workers", type=int, default=1)
    given = parser.parse_args()
    borders = list(BORDERS) if given.border == "all" else given.border.split(",")
    if unknown := set(borders) - set(BORDERS):
        parser.error(f"there is no border {', '.join(sorted(unknown))}")
    if given.inputs == 1:
        failed = False
        for border in borders:
            with tempfile.TemporaryDirectory() as folder:
                case = case_of(border, given.seed, Path(folder))
                verdict = judge(case)
                print(f"{border}: {case.told}\n→ {verdict}")
                failed |= verdict.outcome == "fault"
        raise SystemExit(failed)
    found = campaign(borders, given.inputs, given.seed, given.workers, lambda told: print(told, flush=True))
    print(markdown(found))
    raise SystemExit(any(tally.faults for tally in found.values()))


if __name__ == "__main__":
    main()
