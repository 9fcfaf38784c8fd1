"""Time, memory and variance of `mdppower.power`, and the time of its peers, as ratios in one run.

    python scripts/bench.py                       everything, a quarter of an hour; pip install -e ".[bench,browser]"
    python scripts/bench.py --quick               fewer draws and discount rates: under a minute
    python scripts/bench.py --only peers,growth   some of the sections
    python scripts/bench.py --write               writes scripts/bench.md too

Everything in `power()` is counted (sampling, solving, statistics); kernels are compiled beforehand. What is compared
is run in turn, round after round, and each time is the median of its rounds.
"""

from __future__ import annotations

import argparse
import inspect
import logging
import multiprocessing
import os
import platform
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterator
from concurrent.futures import ProcessPoolExecutor
from contextlib import contextmanager
from datetime import UTC, datetime
from functools import partial
from importlib.metadata import PackageNotFoundError, version
from itertools import pairwise
from pathlib import Path

import numpy as np
from tqdm import tqdm

import mdppower as mp
from mdppower.montecarlo.executors import Traffic

WORKERS = 2
TEN_GAMMAS = (0, 0.1, 0.3, 0.5, 0.7, 0.9, 0.95, 0.99, 0.999, 1)

Row = tuple[object, ...]
Solve = Callable[[np.ndarray], np.ndarray]  # a reward function (S,) → v = (1−γ)V (S,)


# -- The peers: each takes an MDP and γ, prepares what rewards do not change, and gives what solves one draw.


def quantecon(mdp: mp.RewardlessMDP, gamma: float) -> Solve:
    """QuantEcon's policy iteration (sparse LU) in its sparse state-action-pair form."""
    from quantecon.markov import DiscreteDP
    from scipy import sparse

    kernel, states, actions = sparse.csr_matrix(mdp.kernel), np.array(mdp.pair_states), np.array(mdp.action_codes)

    def solve(reward: np.ndarray) -> np.ndarray:
        model = DiscreteDP(reward[states], kernel, gamma, states, actions)
        return (1 - gamma) * model.solve(method="policy_iteration").v

    return solve


def mdpsolver(mdp: mp.RewardlessMDP, gamma: float, update: str = "standard") -> Solve:
    """mdpsolver's modified policy iteration, to 1e-6 in V; the rewards are part of its model.

    On one thread: its own threads make small maps slower (maze: 3×), are 1.4× faster at most on 20×20, and spin for a
    second a draw where another process has the second core.
    """
    from mdpsolver import model

    kernel, pointer = mdp.kernel, mdp.pointer.tolist()

    def nested(entries: np.ndarray) -> list[list[list[float]]]:
        rows = [entries[i:j].tolist() for i, j in pairwise(kernel.indptr)]
        return [rows[i:j] for i, j in pairwise(pointer)]

    chances, successors, n_actions = nested(kernel.data), nested(kernel.indices), np.diff(pointer).tolist()

    def solve(reward: np.ndarray) -> np.ndarray:
        rewards = [[r] * n for r, n in zip(reward.tolist(), n_actions, strict=True)]
        fresh = model()  # a used one would start from its last answer
        fresh.mdp(discount=gamma, rewards=rewards, tranMatProbs=chances, tranMatColumns=successors)
        # makeFinalCheck would call a value that attains max R/(1−γ) erroneous.
        fresh.solve(algorithm="mpi", tolerance=1e-6, update=update, parallel=False, makeFinalCheck=False)
        return (1 - gamma) * np.array(fresh.getValueVector())

    return solve


def linear_program(mdp: mp.RewardlessMDP, gamma: float) -> Solve:
    """scipy's HiGHS on the primal, as one would write it: ΣV least such that V ≥ R + γ T_a V for all actions."""
    from scipy import sparse
    from scipy.optimize import linprog

    pairs = np.arange(mdp.n_pairs)
    owner = sparse.csr_array((np.ones(mdp.n_pairs), (pairs, mdp.pair_states)), shape=mdp.kernel.shape)
    constraints, cost = gamma * mdp.kernel - owner, np.ones(mdp.n_states)

    def solve(reward: np.ndarray) -> np.ndarray:
        return (1 - gamma) * linprog(cost, constraints, -reward[mdp.pair_states], bounds=(None, None)).x

    return solve


def powerplay(mdp: mp.RewardlessMDP, gamma: float, threshold: float = 1e-4) -> Solve:
    """The loop that POWERplay is, on NumPy: single precision, and its rule of when to stop.

    Value iteration from V = 0, state after state in place. It stops when no value changes by more than `threshold`
    times itself in a sweep, which is no bound on the error: V is left too low by up to threshold·γ/(1−γ), relatively.
    An action that a state lacks is a row of zeros in the maximum, worth 0.
    """
    rows = np.zeros((mdp.n_states, len(mdp.action_names), mdp.n_states), np.float32)
    rows[mdp.pair_states, mdp.action_codes] = mdp.kernel.toarray()

    def solve(reward: np.ndarray) -> np.ndarray:
        reward = reward.astype(np.float32)
        value, change = np.zeros_like(reward), np.inf
        while change > threshold:
            old = value.copy()
            for s in range(len(value)):
                value[s] = reward[s] + gamma * (rows[s] @ value).max()
            with np.errstate(over="ignore"):  # the first sweep divides by 1e-45
                change = (np.abs(old - value) / (old + np.float32(1e-45))).max()
        return (1 - gamma) * value.astype(float)

    return solve


PEERS = {
    "QuantEcon": quantecon,
    "mdpsolver": mdpsolver,
    "mdpsolver GS": partial(mdpsolver, update="gs"),
    "linprog": linear_program,
    "POWERplay": powerplay,
}
TOLERANCES = {"QuantEcon": 1e-7, "mdpsolver": 1e-6, "mdpsolver GS": 1e-6, "linprog": 1e-7}
"""How far from our v a peer may be; POWERplay's bias is told instead."""


# -- Measuring and judging


def in_turn(*works: Callable[[], object], rounds: int = 5, seconds: float = 30) -> list[float]:
    """Median seconds of each work, all run in turn, for so many rounds or until so much time has passed."""
    times: list[list[float]] = [[] for _ in works]
    begin = time.perf_counter()
    while not times[0] or (len(times[0]) < rounds and time.perf_counter() - begin < seconds):
        for work, own in zip(works, times, strict=True):
            start = time.perf_counter()
            work()
            own.append(time.perf_counter() - start)
    return [float(np.median(own)) for own in times]


def peak_memory() -> int:
    """The most bytes this program has had in memory; in Linux' `ru_maxrss` a child begins at what its parent had."""
    if sys.platform == "linux":
        return 1024 * int(Path("/proc/self/status").read_text().split("VmHWM:")[1].split()[0])
    import resource

    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss * (1 if sys.platform == "darwin" else 1024)


def judge(value: float, limit: float, aim: float, form: Callable[[float], str]) -> str:
    """Whether a number meets what is asked; that the aim is the larger of the two says that more is better."""
    more = aim > limit
    met = [value >= bound if more else value <= bound for bound in (limit, aim)]
    asked = f"{'≥' if more else '≤'} {form(limit)}" + (f" (aim {form(aim)})" if aim != limit else "")
    return f"{asked}: {'aim met' if met[1] and aim != limit else 'met' if met[0] else 'NOT MET'}"


def times(ratio: float) -> str:
    return cell(float(ratio)) + "×"


def cell(entry: object) -> str:
    """Three digits of a number that is not whole."""
    if isinstance(entry, float) and abs(entry) < 1000:
        return f"{entry:.3g}"
    return f"{entry:,.0f}" if isinstance(entry, (int, float)) else str(entry)


def table(rows: list[Row]) -> str:
    """A Markdown table that is aligned as text; the first row is its head."""
    texts = [[cell(entry) for entry in row] for row in rows]
    widths = [max(map(len, column)) for column in zip(*texts, strict=True)]
    head, *body = ["| " + " | ".join(map(str.ljust, row, widths)) + " |" for row in texts]
    return "\n".join([head, "|" + "|".join("-" * (w + 2) for w in widths) + "|", *body])


def run(mdp: mp.RewardlessMDP, gamma: object, samples: int, workers: int = WORKERS, **options: object):
    return mp.power(mdp, gamma, samples=samples, rng=0, workers=workers, progress=False, **options)


# -- The sections: each yields the rows of its table, the head first


MAPS = {
    "maze": ("maze", {"blocked": "remove"}),
    "maze, slip 0.2": ("maze", {"blocked": "remove", "slip": 0.2}),
    "20×20": ("open(20,20)", {}),
    "20×20, slip 0.2": ("open(20,20)", {"slip": 0.2}),
    "100×100, slip 0.2": ("open(100,100)", {"slip": 0.2}),
}


def make(name: str) -> mp.RewardlessMDP:
    environment, options = MAPS[name]
    return mp.envs.make(environment, **options)


CASES = [  # map, discount rates, draws, peers
    ("maze", (0.5, 0.9, 0.99, 0.999), 10_000, tuple(PEERS)),
    ("maze, slip 0.2", (0.5, 0.9, 0.99, 0.999), 10_000, tuple(PEERS)),
    ("20×20", (0.5, 0.9, 0.99, 0.999), 4096, tuple(TOLERANCES)),
    ("20×20, slip 0.2", (0.5, 0.9, 0.99, 0.999), 1024, tuple(TOLERANCES)),
    ("20×20", (0.9, 0.99), 4096, ("POWERplay",)),
    ("100×100, slip 0.2", (0.9, 0.99), 32, ("QuantEcon",)),
]
QUICK_CASES = [(name, (0.9, 0.99), draws // 8, rivals) for name, _, draws, rivals in CASES[:4]]
ASKED = [  # map, discount rates, peer, times faster at least, aim
    ("20×20", (0.9, 0.99, 0.999), "QuantEcon", 25, 50),
    ("20×20", (0.9, 0.99, 0.999), "linprog", 100, 250),
    ("20×20, slip 0.2", (0.9, 0.99, 0.999), "QuantEcon", 8, 20),
    ("100×100, slip 0.2", (0.9, 0.99), "QuantEcon", 4, 10),
    ("maze", (0.9,), "POWERplay", 1000, 5000),
]


def peers(quick: bool) -> Iterator[Row]:
    """Milliseconds per draw, and how many times faster `power()` is, on two threads.

    A peer gets the first draws of the same run, at least two and at most ten, and must agree: QuantEcon and linprog
    to 1e-7 in v, mdpsolver to 1e-6. POWERplay's bias is the mean difference of its POWER from that of the same draws.
    The peers run on one thread (mdpsolver GS: with Gauss-Seidel updates). What does not depend on the rewards is made
    beforehand, unless the peer's interface makes it anew for every reward. The maze has POWERplay's rules: no bumping
    into walls.
    """
    yield ("map", "γ", "draws", "mdppower", *PEERS, "error", "asked")
    for name, gammas, draws, rivals in QUICK_CASES if quick else CASES:
        for gamma in gammas:
            yield against_peers(name, gamma, draws, rivals, 0.05 if quick else 0.5)


def against_peers(name: str, gamma: float, draws: int, rivals: tuple[str, ...], seconds: float) -> Row:
    """A row of `peers`; each peer gets as many draws as it solves in so many seconds."""
    mdp = make(name)
    estimate = run(mdp, gamma, draws)
    first = [estimate.draw(i) for i in range(10)]
    works, counts, cells = [partial(run, mdp, gamma, draws)], {"mdppower": draws}, dict.fromkeys(PEERS, "")
    for peer in rivals:
        try:
            solve = PEERS[peer](mdp, gamma)
        except ImportError:
            cells[peer] = "not installed"
            continue
        solve(first[0].rewards)  # compiles
        (once,) = in_turn(partial(solve, first[0].rewards), rounds=1)
        some = first[: max(2, int(seconds / once))]
        difference = np.array([solve(draw.rewards) - draw.normalised for draw in some])
        if peer not in TOLERANCES:
            cells[peer] = f", bias {difference.mean() / gamma:+.5f}"
        elif not np.abs(difference).max() <= TOLERANCES[peer]:
            raise SystemExit(f"{name}, γ = {gamma}: {peer} differs by {np.abs(difference).max():.1e} in v")
        works.append(lambda solve=solve, some=some: [solve(draw.rewards) for draw in some])
        counts[peer] = len(some)
    medians = in_turn(*works, seconds=30 * seconds)
    ms = {who: 1e3 * median / count for (who, count), median in zip(counts.items(), medians, strict=True)}
    ratios = {who: duration / ms["mdppower"] for who, duration in ms.items() if who != "mdppower"}
    cells |= {peer: f"{cell(ms[peer])} ({times(ratio)}){cells[peer]}" for peer, ratio in ratios.items()}
    asked = [
        f"{peer} {judge(ratios[peer], least, aim, times)}"
        for where, gammas, peer, least, aim in ASKED
        if where == name and gamma in gammas and peer in ratios
    ]
    gap, certain = float(estimate.error_bound.max()), max(1e-9, 1e-14 / (1 - gamma))
    asked.append(f"error {judge(gap, certain, 1e-12 if mdp.is_deterministic else certain, cell)}")
    return (name, gamma, draws, ms["mdppower"], *cells.values(), gap, "; ".join(asked))


def ends(quick: bool) -> Iterator[Row]:
    """Ten γ from 0 to 1 in one call, against γ = 0.99 alone: they share draws and warm starts."""
    yield ("map", "draws", "one γ (s)", "ten γ (s)", "ratio", "asked")
    for name, draws in (("20×20", 4096), ("20×20, slip 0.2", 1024)):
        mdp, draws = make(name), draws // 8 if quick else draws
        try:
            run(mdp, TEN_GAMMAS, 16)
        except mp.MDPPowerError as error:
            yield (name, draws, "", "", "", f"NOT MET: {error}")
            continue
        one, ten = in_turn(partial(run, mdp, 0.99, draws), partial(run, mdp, TEN_GAMMAS, draws))
        yield (name, draws, one, ten, times(ten / one), judge(ten / one, 5, 3, times))


def pairs(quick: bool) -> Iterator[Row]:
    """Rewards of state-action pairs against rewards of states, ms per draw, on one thread; 5 pairs a state.

    Solving is `solve_rows`, without starts from a γ before; `power()` also draws, for pairs five times as much.
    """
    from mdppower.solvers.optimal_values import pick, solve_rows

    yield ("map", "γ", "draws", "states", "pairs", "ratio", "power, states", "power, pairs", "ratio")
    law = mp.rewards.OnPairs("uniform")
    for name, draws in (("20×20", 2048), ("20×20, slip 0.2", 256)):
        mdp, draws = make(name), draws // 8 if quick else draws
        rng, method = np.random.default_rng(0), pick(mdp, "auto")
        states, earned = rng.random((draws, mdp.n_states)), rng.random((draws, mdp.n_pairs))
        for gamma in (0.5, 0.9, 0.99, 0.999, 1.0):
            works = (
                partial(solve_rows, mdp, states, gamma, method),
                partial(solve_rows, mdp, earned, gamma, method, on="pairs"),
                partial(run, mdp, gamma, draws, 1),
                partial(run, mdp, gamma, draws, 1, rewards=law),
            )
            one, other, plain, paired = (1000 * seconds / draws for seconds in in_turn(*works, rounds=3))
            yield (name, gamma, draws, one, other, times(other / one), plain, paired, times(paired / plain))


def steps(quick: bool) -> Iterator[Row]:
    """H steps in place of a discount rate, backwards: one H, and six of them up to it, on two threads."""
    yield ("map", "draws", "H = 50 (s)", "H = 1, 2, 5, 10, 20, 50 (s)", "ratio", "asked")
    for name, draws, limit in (("20×20", 4096, 5.0), ("20×20, slip 0.2", 1024, None)):
        mdp, draws = make(name), draws // 8 if quick else draws

        def measure(horizon: object, draws: int = draws, mdp: mp.RewardlessMDP = mdp) -> None:
            mp.power(mdp, horizon=horizon, samples=draws, rng=0, workers=WORKERS, progress=False)

        measure(2, 16)
        one, six = in_turn(partial(measure, 50), partial(measure, [1, 2, 5, 10, 20, 50]))
        asked = "" if limit is None or quick else f"< {limit:g} s: {'met' if one < limit else 'NOT MET'}"
        yield (name, draws, one, six, times(six / one), asked)


def workers(quick: bool) -> Iterator[Row]:
    """One thread and two, γ = 0.99."""
    yield ("map", "draws", "1 worker (s)", "2 workers (s)", "ratio", "asked")
    draws = 512 if quick else 4096
    for name in ("20×20", "20×20, slip 0.2"):
        mdp = make(name)
        run(mdp, 0.99, 16)
        one, two = in_turn(partial(run, mdp, 0.99, draws, 1), partial(run, mdp, 0.99, draws, 2))
        yield (name, draws, one, two, times(one / two), judge(one / two, 1.7, 1.95, times))


def engines(quick: bool) -> Iterator[Row]:
    """Dask with one worker and with two, of one thread each, against as many threads; 20×20, γ = 0.99.

    The cluster is on this machine, its scheduler in this process. Workers have made a run before. CPU is that of this
    process: what submitting, answers and the scheduler take. Bytes are those of letters and of rows. Workers keep
    what they have freed, as threads do (see mdppower/montecarlo/README.md).
    """
    yield ("map", "draws", "workers", "threads (s)", "Dask (s)", "overhead", "2 over 1", "tasks", "CPU a task (ms)",
           "B out a task", "B back a task", "asked")  # fmt: skip
    try:
        from dask import config
        from distributed import Client, LocalCluster
    except ImportError:
        yield ("20×20", *[""] * 10, "distributed is not installed")
        return
    keep = "distributed.nanny.pre-spawn-environ.MALLOC_"
    config.set({f"{keep}TRIM_THRESHOLD_": 2**28, f"{keep}MMAP_THRESHOLD_": 2**25})
    for name, draws in (("20×20", 32_768), ("20×20, slip 0.2", 4096)):
        mdp, draws, one = make(name), draws // 4 if quick else draws, 0.0
        for count in (1, 2):
            cluster = LocalCluster(n_workers=count, threads_per_worker=1, dashboard_address=None, silence_logs=50)
            with cluster, Client(cluster) as client, noted_traffic() as seen:
                pool = client.get_executor()
                far = partial(mp.power, mdp, 0.99, samples=draws, rng=0, progress=False, executor=pool)
                far()
                threads, dask = in_turn(partial(run, mdp, 0.99, draws, count), far)
                begin = time.process_time()
                far()
                used, last = time.process_time() - begin, seen[-1]
            one = one or dask
            asked = f"overhead {judge(dask / threads - 1, 0.15, 0.05, '{:.0%}'.format)}"
            if count == 2:
                asked += f"; 2 over 1 {judge(one / dask, 1.6, 1.9, times)}"
            yield (name, draws, count, threads, dask, f"{dask / threads - 1:.0%}", times(one / dask), last.tasks,
                   1e3 * used / last.tasks, last.out / last.tasks, last.back / last.tasks, asked)  # fmt: skip


@contextmanager
def noted_traffic() -> Iterator[list[Traffic]]:
    """What runs on executors say in the log: what went to workers and came back."""
    seen: list[Traffic] = []

    class Notes(logging.Handler):
        def emit(self, record: logging.LogRecord) -> None:
            if isinstance(record.args, tuple):
                seen.extend(thing for thing in record.args if isinstance(thing, Traffic))

    log, notes = logging.getLogger("mdppower.montecarlo.executors"), Notes()
    before = log.level, log.propagate
    log.addHandler(notes)
    log.setLevel(logging.DEBUG)
    log.propagate = False
    try:
        yield seen
    finally:
        log.removeHandler(notes)
        log.setLevel(before[0])
        log.propagate = before[1]


def growth(quick: bool) -> Iterator[Row]:
    """Open grids without slip, γ = 0.9: each in a process of its own, whose peak memory is told.

    `wall` is building the map and running all draws once.
    """
    yield ("states", "draws", "build (s)", "ms per draw", "ns per draw and state", "wall (s)", "peak (GB)", "asked")
    run(mp.envs.make("open(2,2)"), 0.9, 16)  # compiles, so that no child has to
    for side in (10, 32, 100) if quick else (10, 32, 100, 316, 1000):
        states = side * side
        draws = max(32, min(4096, 2**23 // states))
        with ProcessPoolExecutor(1, mp_context=multiprocessing.get_context("spawn")) as fresh:
            build, power, peak = fresh.submit(grow, side, draws).result()
        wall, each = build + power, power / draws
        asked = f"wall {judge(wall, 60, 15, '{:g} s'.format)}; peak {judge(peak, 3, 1.5, '{:g} GB'.format)}"
        yield (states, draws, build, 1e3 * each, 1e9 * each / states, wall, peak, asked if side == 1000 else "")


def grow(side: int, draws: int) -> tuple[float, float, float]:
    """Seconds to build an open grid, seconds for its POWER, peak memory in GB."""
    run(mp.envs.make("open(2,2)"), 0.9, 16)  # loads the kernels
    start = time.perf_counter()
    mdp = mp.envs.make(f"open({side},{side})")
    build = time.perf_counter() - start
    (power,) = in_turn(lambda: run(mdp, 0.9, draws), seconds=2)
    return build, power, peak_memory() / 1e9


def samplers(quick: bool) -> Iterator[Row]:
    """Variance × time relative to iid on open(7,7): below 1, the sampler gives more for the time.

    The variance is that of a replicate's mean times its draws; on average over the states, and for the worst of them
    (which is a maximum over 49 noisy ratios, and so reads some per cent too high).
    """
    yield ("γ", "sampler", "variance", "worst state", "time", "variance × time", "worst × time")
    mdp, draws, kinds = mp.envs.make("open(7,7)"), 2**14 if quick else 2**17, ("iid", "latin", "sobol")
    for gamma in (0.5, 0.9, 0.99):
        estimates = [run(mdp, gamma, draws, sampler=kind) for kind in kinds]
        seconds = in_turn(*(partial(run, mdp, gamma, draws, sampler=kind) for kind in kinds), rounds=3)
        variances = [e.data.means[:, 0].var(axis=0, ddof=1) * e.task.source.size for e in estimates]
        for kind, variance, duration in zip(kinds, variances, seconds, strict=True):
            ratio, longer = variance / variances[0], duration / seconds[0]
            mean, worst = float(ratio.mean()), float(ratio.max())
            yield (gamma, kind, mean, worst, longer, mean * longer, worst * longer)


def compiling(quick: bool) -> Iterator[Row]:
    """Seconds of a command in a fresh process: with an empty kernel cache, and with what that run left in it."""
    yield ("command", "first use (s)", "later (s)")
    for options in ([], ["--slip", "0.1"]):
        command = ["map", "maze", *options]
        with tempfile.TemporaryDirectory() as cache:
            work = partial(subprocess.run, [sys.executable, "-m", "mdppower", *command], check=True,
                           capture_output=True, env=os.environ | {"NUMBA_CACHE_DIR": cache})  # fmt: skip
            (first,) = in_turn(work, rounds=1)
            (later,) = in_turn(work, rounds=1 if quick else 3)
        yield (" ".join(["mdppower", *command]), first, later)


def sets(quick: bool) -> Iterator[Row]:
    """Visit distributions from a corner of open grids with *stay*: their numbers, and seconds to list F_nd."""
    yield ("grid", "F", "F_nd", "seconds, F_nd")
    for rows, columns in ((2, 3), (3, 3), (3, 4), (4, 4), *(() if quick else ((5, 5),))):
        found = mp.visits(mp.envs.make(f"open({rows},{columns})"), (0, 0), 0.5, limit=10**6)
        (seconds,) = in_turn(found.nondominated, rounds=3)
        yield (f"{rows}×{columns}", len(found), len(found.nondominated()), seconds)


def learning(quick: bool) -> Iterator[Row]:
    """Training of agents and their curves: the arms of `mp.learning.train`, 16 runs, nine checkpoints, two tests.

    Each test has 512 reward functions a run; two threads. `a run` is one run of the arm "random", on one thread:
    half the time of two.
    """
    yield ("MDP", "start", "episodes", "a run (s)", "training (s)", "curves (s)", "asked")
    for name, start, limit in (("fork(3)", "root", 2.0), ("turner-figure-1", "star", 5.0), ("maze", None, 40.0)):
        mdp, episodes = mp.envs.make(name), 3000 if quick else 30_000
        same = partial(mp.learning.train, mdp, 0.9, episodes=episodes, start=start, rng=0, progress=False)

        def measured(training: mp.learning.Training) -> object:
            tests = {"uniform": "uniform", "goal": "goal"}
            return training.curves(tests, samples=512, workers=WORKERS, progress=False)

        training = same(checkpoints=9, workers=WORKERS)
        measured(training)
        one, arms, curves = in_turn(
            partial(same, signals="random", runs=2), partial(same, checkpoints=9, workers=WORKERS),
            partial(measured, training), rounds=3, seconds=120,
        )  # fmt: skip
        asked = f"all {judge(arms + curves, limit, limit, '{:g} s'.format)}"
        if name == "maze":
            asked += f"; a run {judge(one / 2, 0.5, 0.5, '{:g} s'.format)}"
        yield (name, start or "any state", episodes, one / 2, arms, curves, "" if quick else asked)


def coins(quick: bool) -> Iterator[Row]:
    """Training on coin flips: all arms of `mp.learning.coin_flips`, 64 runs, 40 iterations, nine checkpoints.

    Two threads; priors and tests, 256 held-out reward functions a run, are in it.
    """
    yield ("MDP", "runs", "time (s)", "asked")
    fork, runs = mp.envs.fork(3), 8 if quick else 64
    flip = partial(mp.learning.coin_flips, fork, 0.9, start="root", rng=0, progress=False, workers=WORKERS)
    flip(runs=2, iterations=1)
    (seconds,) = in_turn(partial(flip, runs=runs), rounds=3, seconds=120)
    yield ("fork(3)", runs, seconds, "" if quick else judge(seconds, 20.0, 20.0, "{:g} s".format))


def explorer(quick: bool) -> Iterator[Row]:
    """The page of `mdppower explore` in a headless Chromium, from the input's time stamp to the painted picture.

    Asked are medians. Server, browser and this script share the cores; kernels are compiled beforehand. Needs a
    Chromium, and the extra `browser`.
    """
    sys.path.append(str(Path(__file__).parents[1]))  # run as a file, this script sees only its own folder
    from scripts.explorer.timings import rows

    yield from rows(quick, judge)


SECTIONS = {
    section.__name__: section
    for section in (
        peers, ends, pairs, steps, workers, engines, growth, samplers, compiling, sets, learning, coins, explorer,
    )
}  # fmt: skip


def machine() -> str:
    """The processor, the versions of what was measured, and how busy the machine was."""
    info = Path("/proc/cpuinfo")
    named = [line for line in info.read_text().splitlines() if "model name" in line] if info.exists() else []
    parts = [named[0].split(":")[1].strip() if named else platform.processor(), f"{os.cpu_count()} cores"]
    parts += [platform.system(), f"Python {platform.python_version()}"]
    for package in ("mdppower", "numpy", "scipy", "numba", "quantecon", "mdpsolver"):
        try:
            parts.append(f"{package} {version(package)}")
        except PackageNotFoundError:
            parts.append(f"no {package}")
    if hasattr(os, "getloadavg"):
        parts.append(f"load {os.getloadavg()[0]:.1f} at the start")
    return ", ".join(parts)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--quick", action="store_true", help="fewer draws and discount rates; no compile times")
    parser.add_argument("--only", metavar="SECTIONS", help=f"some of {','.join(SECTIONS)}; without it all")
    parser.add_argument("--write", action="store_true", help="write the report to scripts/bench.md")
    options = parser.parse_args()
    usual = [name for name in SECTIONS if not (options.quick and name == "compiling")]
    chosen = options.only.split(",") if options.only else usual
    if unknown := set(chosen) - set(SECTIONS):
        parser.error(f"there is no section {min(unknown)!r}; there are {', '.join(SECTIONS)}")

    begin = time.perf_counter()
    command = ["python scripts/bench.py", *(argument for argument in sys.argv[1:] if argument != "--write")]
    report = [f"# {' '.join(command)}", f"{datetime.now(UTC):%Y-%m-%d}. {machine()}."]
    if options.quick:
        report.append("A quick run: with so few draws, ratios and what is met are a hint.")
    print("\n\n".join(report), flush=True)
    for name in chosen:
        rows = list(tqdm(SECTIONS[name](options.quick), desc=name, unit=" rows", leave=False, disable=None))
        report += [f"## {name}", inspect.getdoc(SECTIONS[name]) or "", table(rows)]
        print("", *report[-3:], sep="\n\n", flush=True)
    report.append(f"All this took {time.perf_counter() - begin:.0f} s.")
    print(f"\n{report[-1]}")
    if options.write:
        Path(__file__).with_suffix(".md").write_text("\n\n".join(report) + "\n", encoding="utf-8")


if __name__ == "__main__":
    main()
