"""A report on a story: beside each verdict what would change it; and numbers as text, with their errors."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Any, NamedTuple

import numpy as np
from scipy import stats

from mdppower.montecarlo.estimates import Estimate
from mdppower.montecarlo.proportions import Proportions
from mdppower.montecarlo.replicates import Replicates
from mdppower.results.table import Table
from scripts.reproduce.report import Report


class Size(NamedTuple):
    """How much is trained and tried.

    Attributes
    ----------
    runs : int
        Training runs of each arm, in the maze; of what is smaller, more.
    episodes : int
    samples : int
        Reward functions that a run is tried on.
    tasks : int
        The same against others, where success rates near 1 are told apart.
    new : int
        Reward functions that agents go on learning, or whose policies are taken as a set.
    """

    runs: int
    episodes: int = 30_000
    samples: int = 512
    tasks: int = 1024
    new: int = 128


SAME = 1e-9
"""Runs that differ by no more came to one number."""


class Story(Report):
    """A report in which a verdict says what would change it."""

    colours = 128

    def ruled(self, statement: str, word: str, shown_by: str, *, changed_by: str) -> None:
        """A verdict as in `Report.verdict`, and what would change it."""
        self.verdict(statement, word, shown_by)
        self.paragraph(f"*What would change this:* {changed_by}.")


def told(estimate: Estimate | Proportions, k: int = -1) -> str:
    """The k-th number of an estimate with its error, 95 %, alone."""
    return each(estimate)[k]


def each(estimate: Estimate | Proportions) -> list[str]:
    """The numbers of an estimate, each with its error, 95 %, alone.

    Where all runs came to one number, Student's t has no spread to go by, and no error is made up.
    """
    mean = np.atleast_1d(estimate.mean)
    lower, upper = (np.atleast_1d(x) for x in estimate.interval())
    half = np.maximum(upper - mean, mean - lower)
    replicates = isinstance(estimate, Estimate) and isinstance(estimate.data, Replicates)
    alike = np.ptp(estimate.data.means[:, 0], axis=0) <= SAME if replicates else np.zeros(len(mean), bool)
    return [
        f"{signed(x)} (all runs)" if same else pm(x, h)
        for x, h, same in zip(mean.tolist(), half.tolist(), alike.tolist(), strict=True)
    ]


def over_runs(values: Sequence[float]) -> tuple[float, float]:
    """The mean of one number a run, and Student's half-width, 95 %."""
    half = stats.t.ppf(0.975, len(values) - 1) * np.std(values, ddof=1) / np.sqrt(len(values))
    return float(np.mean(values)), float(half)


def pm(value: float, half: float) -> str:
    """A number to three decimals with its error."""
    return f"{signed(value)} ± {half:.2g}"


def signed(value: float) -> str:
    """Three decimals; a minus sign where there is one to be seen."""
    return f"{value:.3f}".replace("-0.000", "0.000").replace("-", "−")


def rows_of(table: Table, *names: str) -> Iterator[tuple[Any, ...]]:
    """Some columns, row by row."""
    return zip(*(table[name] for name in names), strict=True)
