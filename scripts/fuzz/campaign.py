"""Many inputs, judged in processes of their own: one that dies is a fault, and the next goes on after its input."""

from __future__ import annotations

import faulthandler
import multiprocessing
import os
import random
import resource
import sys
import tempfile
import warnings
from collections.abc import Callable, Iterable
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field
from multiprocessing.connection import Connection
from pathlib import Path
from typing import Any

import mdppower as mp
from scripts.fuzz import arrays, formats, graphs, maps, netcdf, options, rewards, tables, toml
from scripts.fuzz.judge import SECONDS, Case, Verdict, judge

Maker = Callable[[random.Random, Path], Case]

BORDERS: dict[str, Maker] = {
    "maps": maps.make, "toml": toml.make, "rewards": rewards.make, "netcdf": netcdf.make,
    "graphs": graphs.make, "arrays": arrays.make, "tables": tables.make, "options": options.make,
    "formats": formats.make,
}  # fmt: skip

SHARES = {
    "maps": 40,
    "toml": 30,
    "rewards": 12,
    "netcdf": 8,
    "graphs": 40,
    "arrays": 40,
    "tables": 25,
    "options": 5,
    "formats": 10,
}
"""Inputs of 210, by what one takes: a few milliseconds, but 20 for a file or a law, and 25 for a command."""

CHUNK = 2500
"""Inputs of one process."""
ADDRESSES = 4 * 2**30
"""Bytes of addresses that a process may take beyond those that it has at its start."""


@dataclass
class Tally:
    """What became of the inputs of a border."""

    inputs: int = 0
    computed: int = 0
    read: int = 0
    refused: int = 0
    announced: int = 0
    slowest: tuple[float, int] = (0.0, 0)
    grown: tuple[int, int] = (0, 0)
    faults: list[tuple[int, str, str]] = field(default_factory=list)
    """Seed, what happened, and the input."""

    def add(self, seed: int, verdict: Verdict, told: str) -> None:
        """Count one verdict."""
        self.inputs += 1
        self.slowest = max(self.slowest, (verdict.seconds, seed))
        self.grown = max(self.grown, (verdict.grown, seed))
        if verdict.outcome == "fault":
            self.faults.append((seed, verdict.told, told[:2000]))
        else:
            setattr(self, verdict.outcome, getattr(self, verdict.outcome) + 1)

    def merge(self, other: Tally) -> None:
        """Add the counts of another part."""
        for name in ("inputs", "computed", "read", "refused", "announced", "faults"):
            setattr(self, name, getattr(self, name) + getattr(other, name))
        self.slowest, self.grown = max(self.slowest, other.slowest), max(self.grown, other.grown)


def case_of(border: str, seed: int, folder: Path, makers: Any = BORDERS) -> Case:
    """The input of that border and seed."""
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # of making it
        return makers[border](random.Random(f"{border} {seed}"), folder)


def judge_here(border: str, seeds: Iterable[int], folder: Path, makers: Any = BORDERS) -> Tally:
    """Judge inputs in this process."""
    tally = Tally()
    for seed in seeds:
        case = case_of(border, seed, folder, makers)
        tally.add(seed, judge(case), case.told)
    return tally


def judge_apart(border: str, seeds: range, makers: Any = BORDERS) -> Tally:
    """Judge inputs in a process of its own, and in another after each that died or was too long."""
    context = multiprocessing.get_context("spawn")
    tally = Tally()
    while seeds:
        ours, theirs = context.Pipe(duplex=False)
        process = context.Process(target=_work, args=(border, seeds, theirs, makers))
        process.start()
        theirs.close()
        at, told = seeds[0], ""
        while True:
            try:
                at, told, verdict = ours.recv()
            except EOFError:
                break
            if verdict is not None:
                tally.add(at, verdict, told)
                told = ""
        process.join()
        if told or process.exitcode:
            if told:
                tally.add(at, Verdict("fault", f"the process died: {process.exitcode}", 0.0, 0), told)
            elif at == seeds[0]:
                raise RuntimeError(f"{border}: no input of {seeds} could be made")
        seeds = seeds[seeds.index(at) + 1 :]
    return tally


def warm_up(border: str = "options") -> None:
    """Compile the kernels, and load what is loaded on first use, before anything is measured."""
    if border not in BORDERS:
        return
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # of few draws
        for mdp in (mp.envs.fork(2), mp.envs.gridworld(".a\n~*", slip=0.2)):
            for gamma in (0.5, 0.999999, 1.0):
                mp.power(mdp, gamma, samples=8, rng=0)
                mp.action_optimality(mdp, gamma, samples=8, rng=0)
            mp.power(mdp, 0.5, samples=8, rng=0, guarantee=True)
            mp.power(mdp, 0.5, samples=8, rng=0, policy=mp.agents.optimal())
            mp.compare(*(mp.Option.state(mdp, s, 0.9, kind="value") for s in mdp.states[:2]), samples=8, rng=0)
        if border == "options":
            with tempfile.TemporaryDirectory() as name:
                for words in options.EACH:
                    options.run(words, Path(name))


def _work(border: str, seeds: range, pipe: Connection, makers: Any) -> None:
    """Judge inputs, saying of each what it is before it is tried, and what became of it."""
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        warm_up(border)
        if sys.platform == "linux":
            used = int(Path("/proc/self/statm").read_text().split()[0]) * os.sysconf("SC_PAGE_SIZE")
            resource.setrlimit(resource.RLIMIT_AS, (used + ADDRESSES,) * 2)
        for seed in seeds:
            try:
                case = case_of(border, seed, folder, makers)
            except Exception as error:  # a fault of the maker, which the other inputs need not suffer from
                unmade = Verdict("fault", f"it cannot be made: {type(error).__name__}: {error}", 0.0, 0)
                pipe.send((seed, "not made", unmade))
                continue
            pipe.send((seed, case.told, None))
            faulthandler.dump_traceback_later(12 * SECONDS, exit=True)  # where no alarm is heard
            verdict = judge(case)
            faulthandler.cancel_dump_traceback_later()
            pipe.send((seed, case.told if verdict.outcome == "fault" else "", verdict))
            if verdict.outcome == "announced" or verdict.told.startswith("more than"):
                os._exit(0)  # threads may still be at it


def campaign(
    borders: Iterable[str], inputs: int, seed: int, workers: int = 1, report: Callable[[str], None] = print
) -> dict[str, Tally]:
    """Judge so many inputs, each border's share of them, from a seed on."""
    found = {border: Tally() for border in borders}
    parts = []
    for border in found:
        end = seed + -(-inputs * SHARES[border] // sum(SHARES[one] for one in found))
        parts += [(border, range(start, min(start + CHUNK, end))) for start in range(seed, end, CHUNK)]
    parts.sort(key=lambda part: part[1].start)

    def run(part: tuple[str, range]) -> tuple[str, Tally]:
        return part[0], judge_apart(*part)

    with ThreadPoolExecutor(workers) as pool:
        for border, tally in pool.map(run, parts):
            found[border].merge(tally)
            for at, what, told in tally.faults:
                report(f"--border {border} --seed {at}: {what}\n    {told[:600]}")
    return found


def markdown(found: dict[str, Tally]) -> str:
    """A row a border."""
    lines = [
        "| border | inputs | computed | read | refused by our errors | announced as long | faults | slowest | "
        "memory grew by at most |",
        "|---|---|---|---|---|---|---|---|---|",
    ]
    for border, t in found.items():
        lines.append(
            f"| {border} | {t.inputs:,} | {t.computed:,} | {t.read:,} | {t.refused:,} | {t.announced:,} | "
            f"{len(t.faults):,} | {t.slowest[0]:.2f} s ({t.slowest[1]}) | "
            f"{t.grown[0] / 2**20:.0f} MB ({t.grown[1]}) |"
        )
    return "\n".join(lines)
