"""Runs that are killed, starved of disk, driven twice and cut: nothing that was stored is lost, and no bit differs.

    python -m scripts.faults                       all faults in full: some minutes
    python -m scripts.faults --kills 3 --full 2 --pairs 1 --workers 1 --cuts 20
    python -m scripts.faults --seed 7              other moments and places

- **Killed**: the driver gets SIGKILL at a random moment, while it starts or while it works, and is started again
  until the run is done; a new store is begun until so many kills are counted.
- **Full disk**: the process may write no file longer than a random size (RLIMIT_FSIZE), of the journal or of the
  store; then it is started again without a limit.
- **Worker killed**: one of two processes of a pool gets SIGKILL, which breaks the pool; the run goes on with threads.
  Where Dask is installed, one of two workers of its: the run does not even stop.
- **Two drivers** are started at once on one new store.
- **Cut**: a store, finished or not, loses all bytes from a random one on.

Drivers are processes of their own, which write down each replicate before they make it: so it is seen whether one is
made that was stored.
"""

from __future__ import annotations

import argparse
import hashlib
import multiprocessing
import os
import shutil
import signal
import subprocess
import sys
import tempfile
import threading
import time
from collections.abc import Callable
from concurrent.futures import Executor, ProcessPoolExecutor
from dataclasses import dataclass, field
from importlib.util import find_spec
from pathlib import Path

import numpy as np

import mdppower as mp
from mdppower.errors import FileError, ParameterError
from mdppower.measures.power_estimate import PowerEstimate
from mdppower.measures.power_task import PowerTask
from mdppower.stores.store import Store

ROOT = Path(__file__).parent.parent
REPLICATES = 256
SIZE = 64
LONGEST = 300.0
"""Seconds after which a driver hangs."""


@dataclass
class Count:
    """What happened, by what it is called; what may not happen is in `wrong`."""

    fault: str
    seen: dict[str, int] = field(default_factory=dict)
    wrong: list[str] = field(default_factory=list)

    def add(self, name: str, many: int = 1) -> None:
        """Count something."""
        self.seen[name] = self.seen.get(name, 0) + many

    def require(self, holds: bool, what: str) -> None:
        """Note what is wrong, if it does not hold."""
        if not holds:
            self.wrong.append(what)

    def __str__(self) -> str:
        told = ", ".join(f"{many:,} {name}" for name, many in self.seen.items())
        return f"| {self.fault} | {told} | {'; '.join(dict.fromkeys(self.wrong)) or 'nothing'} |"


# ---------------------------------------------------------------------- the run


def call(store: str | None = None, replicates: int = REPLICATES, executor: Executor | None = None) -> PowerEstimate:
    """The run that faults befall: a slippery room, some milliseconds a replicate."""
    return mp.power(
        mp.envs.make("open(9,9)", slip=0.1), 0.99, samples=replicates * SIZE, rng=0, progress=False, store=store,
        executor=executor, workers=2 if executor is None else 1,
    )  # fmt: skip


def digest(estimate: PowerEstimate) -> str:
    """SHA-256 of all numbers that the estimate comes from."""
    found = hashlib.sha256(estimate.data.means.tobytes())  # type: ignore[union-attr]
    found.update(estimate.error_bound.tobytes())
    return found.hexdigest()


def drive(store: str, log: str, replicates: int, limit: int | None) -> None:
    """Be a driver: write down each replicate that is begun, and say the digest at the end."""
    file, original = os.open(log, os.O_WRONLY | os.O_APPEND | os.O_CREAT), PowerTask.__call__

    def told(task: PowerTask, numbers: range) -> object:
        os.write(file, np.array(numbers, np.int32).tobytes())
        return original(task, numbers)

    PowerTask.__call__ = told  # type: ignore[assignment, method-assign]
    if limit is not None:
        import resource

        signal.signal(signal.SIGXFSZ, signal.SIG_IGN)
        resource.setrlimit(resource.RLIMIT_FSIZE, (limit, resource.RLIM_INFINITY))
    print("ready", flush=True)
    try:
        print(digest(call(store, replicates)), flush=True)
    except FileError as error:
        print(f"refused: {error}", flush=True)


class Driver:
    """A driver in a process of its own."""

    def __init__(self, store: Path, replicates: int, limit: int | None = None) -> None:
        self.log = store.with_suffix(f".{time.monotonic_ns()}.log")
        more = [] if limit is None else [str(limit)]
        command = [
            sys.executable,
            "-m",
            "scripts.faults",
            "--drive",
            str(store),
            str(self.log),
            str(replicates),
            *more,
        ]
        self.process = subprocess.Popen(command, cwd=ROOT, stdout=subprocess.PIPE, text=True)

    def ends_within(self, seconds: float) -> bool:
        """Whether it ends by itself in that time."""
        try:
            self.process.wait(seconds)
        except subprocess.TimeoutExpired:
            return False
        return True

    def kill(self) -> None:
        """End it at once, and wait until it has ended."""
        self.process.kill()
        self.process.communicate()

    def wait_until_ready(self) -> None:
        """Wait until it has loaded what it needs."""
        assert self.process.stdout is not None
        self.process.stdout.readline()

    def answer(self) -> str:
        """The digest, or that it was refused; waits for the end."""
        return self.process.communicate(timeout=LONGEST)[0].split("\n")[-2]

    def begun(self) -> list[int]:
        """The replicates that it has begun, in that order."""
        return np.fromfile(self.log, np.int32).tolist() if self.log.exists() else []


def stored(store: Path) -> set[int]:
    """The replicates that are in a store."""
    if not store.exists():
        return set()
    with Store(store, writing=False) as found:
        return {n for run in found.runs() for span in found.find(run.id).spans() for n in span}


# ---------------------------------------------------------------------- the faults


def killed(times: int, rng: np.random.Generator, right: str, folder: Path, replicates: int = REPLICATES) -> Count:
    """SIGKILL at random moments, until the run is done."""
    count, number = Count("driver killed"), 0
    undisturbed = Driver(folder / "undisturbed.sqlite", replicates)
    undisturbed.wait_until_ready()
    begin = time.monotonic()
    undisturbed.answer()
    longest = time.monotonic() - begin
    while count.seen.get("kills", 0) < times:
        store, number, done, made = folder / f"killed{number}.sqlite", number + 1, False, 0
        while not done:
            before, driver = stored(store), Driver(store, replicates)
            if rng.random() < 0.8:
                driver.wait_until_ready()
            done = count.seen.get("kills", 0) >= times or driver.ends_within(rng.uniform(0, longest))
            if done:
                count.require(driver.answer() == right, "other bits")
            else:
                driver.kill()
                count.add("kills")
                count.add("of them amid replicates", bool(driver.begun()))
            begun = driver.begun()
            made += len(begun)
            count.require(not before & set(begun), "a stored replicate was made again")
            count.require(len(begun) == len(set(begun)), "a replicate was made twice by one driver")
            count.require(before <= stored(store), "a stored replicate was lost")
        count.add("runs finished")
        count.add("replicates made", made)
        count.add("of them wanted", replicates)
    return count


def full(times: int, rng: np.random.Generator, right: str, folder: Path, replicates: int = REPLICATES) -> Count:
    """A disk that is full at a random size of its files; then there is room again."""
    count = Count("disk full")
    whole = folder / "whole.sqlite"
    call(str(whole), replicates)
    for number in range(times):
        store = folder / f"full{number}.sqlite"
        first = Driver(store, replicates, int(rng.integers(whole.stat().st_size)))
        answer = first.answer()
        count.add("refused" if answer.startswith("refused") else "not hindered")
        count.require(answer == right or answer.startswith("refused: cannot "), f"said {answer!r}")
        kept, again = stored(store), Driver(store, replicates)
        count.add("replicates kept", len(kept))
        count.require(again.answer() == right, "other bits")
        count.require(not kept & set(again.begun()), "a stored replicate was made again")
        count.require(kept <= set(first.begun()), "a replicate was stored that was not made")
    return count


def paired(times: int, right: str, folder: Path, replicates: int = REPLICATES) -> Count:
    """Two drivers at once on one store."""
    count = Count("two drivers at once")
    for number in range(times):
        store = folder / f"pair{number}.sqlite"
        drivers = [Driver(store, replicates) for _ in range(2)]
        for driver in drivers:
            count.require(driver.answer() == right, "other bits")
        begun = sorted(n for driver in drivers for n in driver.begun())
        count.add("pairs")
        count.require(begun == list(range(replicates)), f"{len(begun)} replicates were made for {replicates}")
    return count


def pool_killed(
    times: int, rng: np.random.Generator, right: str, folder: Path, replicates: int = REPLICATES
) -> Count:
    """A worker of a process pool gets SIGKILL: a clear error, and a run that goes on."""
    count, number = Count("worker of a process pool killed"), 0
    while count.seen.get("kills", 0) < times:
        store, number = folder / f"pool{number}.sqlite", number + 1
        with ProcessPoolExecutor(2, multiprocessing.get_context("spawn")) as pool:
            victim = pool.submit(os.getpid).result()
            call(None, 2, pool)  # all is loaded
            timer = threading.Timer(rng.uniform(0, 1), os.kill, (victim, signal.SIGKILL))
            timer.start()
            try:
                count.require(digest(call(str(store), replicates, pool)) == right, "other bits")
                timer.cancel()
            except ParameterError as error:
                count.add("kills")
                count.require("failed at" in str(error), f"said {error}")
            timer.join()
        kept = stored(store)
        count.add("replicates kept", len(kept))
        again = Driver(store, replicates)
        count.require(again.answer() == right, "other bits")
        count.require(not kept & set(again.begun()), "a stored replicate was made again")
    return count


def dask_killed(
    times: int, rng: np.random.Generator, right: str, folder: Path, replicates: int = REPLICATES
) -> Count:
    """One of two workers of Dask gets SIGKILL: the same bits, and no error."""
    from distributed import Client, LocalCluster

    count = Count("worker of Dask killed")
    for number in range(times):
        store = folder / f"dask{number}.sqlite"
        with (
            LocalCluster(n_workers=2, threads_per_worker=1, dashboard_address=None) as cluster,
            Client(cluster) as client,
        ):
            executor = client.get_executor()
            call(None, 2, executor)  # all is loaded
            victim, *_ = client.run(os.getpid).values()
            timer = threading.Timer(rng.uniform(0, 0.5), os.kill, (victim, signal.SIGKILL))
            timer.start()
            count.require(digest(call(str(store), replicates, executor)) == right, "other bits")
            count.add("kills", timer.finished.is_set())
            timer.cancel()
        count.require(stored(store) == set(range(replicates)), "not all is stored")
        count.add("runs finished")
    return count


def cut(times: int, rng: np.random.Generator, right: str, folder: Path, replicates: int = 32) -> Count:
    """A store that loses its end: refused, or gone on with to the same bits."""
    count = Count("store cut")
    sources = []
    for name, part in {"whole": replicates, "half": replicates // 2}.items():
        sources.append(folder / f"cut-{name}.sqlite")
        call(str(sources[-1]), part)
    for number in range(times):
        source, store = sources[number % 2], folder / "cut.sqlite"
        shutil.copyfile(source, store)
        os.truncate(store, int(rng.integers(source.stat().st_size)))
        left = store.read_bytes()
        try:
            count.require(digest(call(str(store), replicates)) == right, "other bits")
            count.add("resumed")
        except FileError:
            count.add("refused")
            count.require(store.read_bytes() == left, "a refused file was written")
    return count


# ---------------------------------------------------------------------- all of them


def faults(
    kills: int, fulls: int, pairs: int, cuts: int, workers: int, seed: int = 0, replicates: int = REPLICATES
) -> list[Count]:
    """So many of each."""
    rng, right, small = np.random.default_rng(seed), digest(call(None, replicates)), 32
    short = digest(call(None, small))
    jobs: list[Callable[[Path], Count]] = [
        lambda folder: killed(kills, rng, right, folder, replicates),
        lambda folder: full(fulls, rng, right, folder, replicates),
        lambda folder: paired(pairs, right, folder, replicates),
        lambda folder: pool_killed(workers, rng, right, folder, replicates),
        *([lambda folder: dask_killed(workers, rng, right, folder, replicates)] if find_spec("distributed") else []),
        lambda folder: cut(cuts, rng, short, folder, small),
    ]
    found = []
    for job in jobs:
        with tempfile.TemporaryDirectory() as folder:
            found.append(job(Path(folder)))
    return found


def main() -> None:
    """Print the table; exit status 1 if anything went wrong."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--kills", type=int, default=20)
    parser.add_argument("--full", type=int, default=20)
    parser.add_argument("--pairs", type=int, default=5)
    parser.add_argument("--cuts", type=int, default=200)
    parser.add_argument("--workers", type=int, default=5, help="that are killed")
    parser.add_argument("--seed", type=int, default=0)
    parser.add_argument("--drive", nargs="+", help=argparse.SUPPRESS)
    given = parser.parse_args()
    if given.drive:
        store, log, replicates, *limit = given.drive
        drive(store, log, int(replicates), int(limit[0]) if limit else None)
        return
    begin = time.monotonic()
    found = faults(given.kills, given.full, given.pairs, given.cuts, given.workers, given.seed)
    print("| fault | seen | wrong |\n|---|---|---|", *found, f"\n{time.monotonic() - begin:.0f} s", sep="\n")
    raise SystemExit(any(count.wrong for count in found))


if __name__ == "__main__":
    main()
