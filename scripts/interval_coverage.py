"""How often the intervals of POWER hold what they should, and whether a warning says so where they do not.

    python -m scripts.interval_coverage            the whole grid, 2,000 runs a cell: half an hour on two cores
    python -m scripts.interval_coverage --share 0.1         a tenth of the runs
    python -m scripts.interval_coverage --laws "uniform;norm(0,1)"
    python -m scripts.interval_coverage --workers 2

A cell is a law, a number of absorbing ends after a start, and a number of draws. POWER of an end is the mean of its
reward, POWER of the start that of the greatest of all, known by quadrature. A run makes the replicates that
`mdppower.power` makes (see `tests/scripts/test_interval_coverage.py`), without its solver: an end is worth its
reward, the start the greatest of the ends. To save time, the runs of 1,024 draws are the first quarter of those of
4,096, and smaller maps have the first ends of the largest: whether a cell fails does not depend on other cells.

Of each run: does the 95 % interval of one end hold its POWER, that of the start, all intervals together; and is there
a warning? A cell fails if one of the three is missed so often that it is not true of 94 % of runs (one-sided binomial
test at 1e-4), and fewer than 95 % of the runs warn. What is printed is a table in Markdown.
"""

from __future__ import annotations

import argparse
import multiprocessing
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from functools import partial
from itertools import product
from typing import Any

import numpy as np
from scipy.stats import binom

import mdppower as mp
from mdppower._typing import AnyArray, FloatArray
from mdppower.measures.power_caution import find_caution
from mdppower.measures.power_task import PowerTask
from mdppower.montecarlo.replicates import Replicates
from mdppower.montecarlo.samplers import make_sampler
from mdppower.rewards.distribution import resolve
from mdppower.rewards.laws import Law, law

LAWS = (
    "uniform", "norm(0,1)", "t(3)", "bernoulli(0.5)", "laplace", "logistic", "arcsine", "triang(0.9)", "powerlaw(5)",
    "randint(0,6)", "geom(0.5)", "bernoulli(0.9)", "bernoulli(0.1)", "bernoulli(0.01)", "bernoulli(0.005)",
    "bernoulli(0.001)", "expon", "gumbel_r", "weibull_min(0.5)", "dweibull(0.5)", "lognorm(0.5)", "lognorm(1)",
    "lognorm(2)", "pareto(2.1)", "pareto(5)", "lomax(3)", "johnsonsu(-1,1)", "loguniform(0.0001,1)", "beta(0.01,1)",
    "beta(1,30)",
)  # fmt: skip
HARMLESS = ("uniform", "norm(0,1)", "t(3)", "bernoulli(0.5)")
"""The laws on which a warning at the default number of draws is a false alarm."""

ENDS = (1, 8, 50)
SAMPLES = (64, 1024, 4096)
RUNS = 2000
DEFAULT_SAMPLES = 4096

Diagnosis = Callable[[PowerTask, Replicates, Sequence[int]], str]


@dataclass(frozen=True)
class Cell:
    """How often, of `runs`, each interval held what it should, and how often there was a warning."""

    law: str
    ends: int
    samples: int
    runs: int
    end: int
    start: int
    together: int
    warned: int

    @property
    def covers(self) -> bool:
        """Whether 94 % is not ruled out."""
        return bool(binom.cdf(min(self.end, self.start, self.together), self.runs, 0.94) > 1e-4)

    @property
    def fails(self) -> bool:
        """Whether intervals that do not hold go without a warning."""
        return not self.covers and self.warned < 0.95 * self.runs

    @property
    def false_alarms(self) -> bool:
        """Whether more than 5 % of the runs warn, of one of the laws on which none should."""
        return self.law in HARMLESS and self.samples == DEFAULT_SAMPLES and self.warned > 0.05 * self.runs


def mean_of_greatest(one: Law, ends: int) -> float:
    """E max of so many independent rewards of a law."""
    if one.is_discrete:
        values = np.arange(one.low, one.high + 1 if np.isfinite(one.high) else one.low + 10_000)
        return float(values @ np.diff(one.frozen.cdf(values) ** ends, prepend=0.0))
    # Quantiles of the maximum, by Gauss-Legendre between powers of two: from above by 1 − F, from below by F.
    nodes, weights = np.polynomial.legendre.leggauss(20)
    edges = 2.0 ** -np.arange(1, 400)
    width = (edges[:-1] - edges[1:])[:, None]
    tail, weight = edges[1:, None] + width * (nodes + 1) / 2, width * weights / 2
    above = one.frozen.isf(-np.expm1(np.log1p(-tail) / ends))
    below = one.frozen.ppf(tail ** (1 / ends))
    return float((weight * (above + below)).sum())


def cells(name: str, runs: int, diagnosis: Diagnosis = find_caution) -> list[Cell]:
    """The cells of one law."""
    one, maps = law(name), {ends: mp.envs.fork(ends) for ends in ENDS}
    rewards = {ends: resolve(name, mdp) for ends, mdp in maps.items()}
    truth = {ends: np.array([mean_of_greatest(one, ends)] + [one.mean] * ends) for ends in ENDS}
    found = {(ends, samples): np.zeros(4, int) for ends in ENDS for samples in SAMPLES}
    for run in range(runs):
        for samples, parts in ((64, (64,)), (4096, (1024, 4096))):
            tasks = {ends: task_of(maps[ends], rewards[ends], samples, run) for ends in ENDS}
            size = tasks[ENDS[-1]].source.size
            means = replicate_means(tasks[ENDS[-1]], samples // size)
            for ends, part in product(ENDS, parts):
                found[ends, part] += _judge(tasks[ends], means[ends][: part // size], truth[ends], diagnosis)
    return [Cell(name, *which, runs, *map(int, counts)) for which, counts in found.items()]


def task_of(mdp: mp.RewardlessMDP, rewards: Any, samples: int, entropy: int) -> PowerTask:
    """The run that ``mdppower.power(mdp, 0.9, rewards, samples=samples, rng=entropy)`` makes."""
    source = make_sampler(rewards, "latin", samples, entropy)
    return PowerTask(mdp, (0.9,), True, source, "deterministic", 1, rewards)


def replicate_means(task: PowerTask, count: int) -> dict[int, FloatArray]:
    """By number of ends, (replicates, 1, 1 + ends) what the solver would find on the first of the ends."""
    means = {ends: np.empty((count, 1, 1 + ends)) for ends in ENDS if ends < task.mdp.n_states}
    for k in range(count):
        draws = task.source.replicate(k)
        for ends, kept in means.items():
            draws[:, 0] = draws[:, 1 : 1 + ends].max(axis=1)
            kept[k, 0] = draws[:, : 1 + ends].mean(axis=0)
    return means


def replicates_of(task: PowerTask, means: FloatArray) -> Replicates:
    """What `mdppower.power` makes of the means."""
    d, n = task.distribution, task.mdp.n_states
    return Replicates(
        means, np.full(n, d.low.min()), np.full(n, d.high.max()), np.zeros(n, bool), np.zeros(1),
        len(means) * task.source.size if task.source.kind == "iid" else len(means),
    )  # fmt: skip


def _judge(task: PowerTask, means: FloatArray, truth: FloatArray, diagnosis: Diagnosis) -> AnyArray:
    data = replicates_of(task, means)
    lower, upper = data.bounds(0.95)
    alone = (lower[0] <= truth) & (truth <= upper[0])
    lower, upper = data.bounds(0.95, simultaneous=True)
    together = ((lower[0] <= truth) & (truth <= upper[0])).all()
    return np.array([alone[1], alone[0], together, bool(diagnosis(task, data, [len(means)]))])


def grid(
    laws: Sequence[str] = LAWS, runs: int = RUNS, workers: int = 1, diagnosis: Diagnosis = find_caution
) -> list[Cell]:
    """All cells of some laws."""
    job = partial(cells, runs=runs, diagnosis=diagnosis)
    if workers == 1:
        return [cell for made in map(job, laws) for cell in made]
    with multiprocessing.get_context("spawn").Pool(workers) as pool:
        return [cell for made in pool.imap(job, laws) for cell in made]


def markdown(found: Sequence[Cell]) -> str:
    """A row a law and number of ends; of each number of draws: end / start / together, % warned."""
    lines = [
        "| law | ends | " + " | ".join(f"{n:,} draws" for n in SAMPLES) + " |",
        "|---|---|" + "---|" * len(SAMPLES),
    ]
    for k in range(0, len(found), len(SAMPLES)):
        row = found[k : k + len(SAMPLES)]
        lines.append(f"| {row[0].law} | {row[0].ends} | " + " | ".join(map(_told, row)) + " |")
    failed, alarms = sum(c.fails for c in found), sum(c.false_alarms for c in found)
    doubtful = sum(not c.covers for c in found)
    lines += [
        "",
        f"{len(found)} cells of {found[0].runs:,} runs: {doubtful} with intervals that do not hold, {failed} of them "
        f"without a warning; {alarms} with false alarms.",
        "",
        "Of each cell: % of runs in which the interval of an end holds / that of the start / all together; "
        "w: % of runs that warn. **Bold**: the cell fails.",
    ]
    return "\n".join(lines)


def _told(cell: Cell) -> str:
    shares = [100 * x / cell.runs for x in (cell.end, cell.start, cell.together)]
    text = f"{' / '.join(f'{x:.1f}' for x in shares)}; w {100 * cell.warned / cell.runs:.0f}"
    return f"**{text}**" if cell.fails or cell.false_alarms else text


def main() -> None:
    """Print the table; exit status 1 if a cell fails."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--share", type=float, default=1.0, help="of 2,000 runs a cell")
    parser.add_argument("--laws", help="only these, separated by semicolons")
    parser.add_argument("--workers", type=int, default=1)
    given = parser.parse_args()
    laws = LAWS if given.laws is None else tuple(given.laws.split(";"))
    found = grid(laws, max(1, round(RUNS * given.share)), given.workers)
    print(markdown(found))
    raise SystemExit(any(c.fails or c.false_alarms for c in found))


if __name__ == "__main__":
    main()
