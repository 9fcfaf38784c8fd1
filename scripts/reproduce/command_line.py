"""The command line of a report: which sections, how many draws, where to."""

from __future__ import annotations

import argparse
import sys
import time
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import TypeVar

from scripts.reproduce.report import Report

Kind = TypeVar("Kind", bound=Report)
Size = TypeVar("Size")


def run(
    make: Callable[[Path], Kind],
    sections: Mapping[str, Callable[[Kind, Size], None]],
    arguments: list[str] | None,
    *,
    about: str,
    folder: Path,
    samples: int,
    least: int,
    option: str = "samples",
    counted: str = "draws for what is not exact",
    size: Callable[[int], Size] = int,  # type: ignore[assignment]
    quick: Size | None = None,
) -> int:
    """Make a report, or some of its sections, and give the exit code: 1 if a check fails.

    Parameters
    ----------
    make : callable
        From the folder to an empty report.
    sections : mapping from name to function
        Each adds a section to the report; the second argument says how many draws it may make.
    arguments : list of str or None
        None: those of the process.
    about : str
        The line at the top of ``--help``.
    folder : Path
        Where the report goes unless told otherwise.
    samples, least : int
        Draws unless told otherwise, and the fewest that make sense.
    option, counted : str
        What they are called, where something else is counted than draws, and what that is.
    size : callable
        From that number to what sections are given, if that is not the number.
    quick : optional
        What sections are given with ``--quick``; without it there is no such option.
    """
    parser = argparse.ArgumentParser(f"python -m scripts.reproduce.{folder.name}", description=about)
    parser.add_argument("--out", type=Path, help="folder of the report (default: beside the script)")
    how_much = parser.add_mutually_exclusive_group()
    how_much.add_argument(
        f"--{option}", dest="samples", metavar="N", type=int, default=samples, help=f"{counted} (default {samples})"
    )
    if quick is not None:
        how_much.add_argument("--quick", action="store_true", help="a small version, to try it out; needs --out")
    parser.add_argument("--only", default=",".join(sections), help=f"sections: {', '.join(sections)}")
    given = parser.parse_args(arguments)
    wanted = [name.strip() for name in given.only.split(",")]
    unknown = [name for name in wanted if name not in sections]
    if unknown:
        parser.error(f"no section {unknown[0]!r}; there are {', '.join(sections)}")
    if given.samples < least:
        parser.error(f"--{option} must be at least {least}, got {given.samples}")
    if quick is not None and given.quick and given.out is None:
        parser.error("--quick needs --out: what it makes is not to stand beside the script")
    chosen = quick if quick is not None and given.quick else size(given.samples)
    report = make(given.out or folder)
    for name in wanted:
        begin = time.perf_counter()
        sections[name](report, chosen)
        print(f"   {time.perf_counter() - begin:.1f} s", file=sys.stderr)
    print(f"wrote {report.write()}", file=sys.stderr)
    for claim in report.failed:
        print(f"NOT CONFIRMED: {claim}", file=sys.stderr)
    return 1 if report.failed else 0
