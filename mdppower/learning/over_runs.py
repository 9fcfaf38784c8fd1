"""Numbers of training runs, each run one observation: what curves, rivals, coin flips and seeking have alike."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np

from mdppower._quotes import quoted
from mdppower._text import did_you_mean, near_names
from mdppower._typing import BoolArray, FloatArray
from mdppower.errors import LabelError
from mdppower.montecarlo.engines import Rows
from mdppower.montecarlo.replicates import Replicates
from mdppower.montecarlo.run_loop import OneTask
from mdppower.montecarlo.trust import doubtful_means


class KeptRuns(OneTask):
    """What is kept of runs that a task makes: the rows of each, one after the other."""

    label, least = "training runs", 2

    def __init__(self, task: Any) -> None:
        self.task = task
        self._rows: list[Rows] = []

    @property
    def count(self) -> int:
        """Runs so far."""
        return sum(len(rows[0]) for rows in self._rows)

    def prepare(self) -> None:
        """Compile what runs need."""
        self.task.prepare()

    def add(self, rows: Rows) -> None:
        """Add the next runs."""
        self._rows.append(rows)

    def estimate(self, interrupted: bool) -> tuple[Rows, bool]:
        """What the task gives of all runs so far; and whether some are lacking."""
        return tuple(np.concatenate(parts) for parts in zip(*self._rows, strict=True)), interrupted


def replicates(
    values: FloatArray,
    low: Any,
    high: Any,
    slack: float,
    known: BoolArray | None = None,
    *,
    has_variance: bool = True,
) -> Replicates:
    """(K, n) numbers of runs as replicates.

    Parameters
    ----------
    values : (K, n) array
    low, high : float or (n,) array
        Where a number can lie.
    slack : float
        Bound on the error of the values.
    known : (n,) boolean array, optional
        Which do not vary, whatever the run.
    has_variance : bool
        Whether what the numbers are means of has one; where some are not defined there are no intervals, either.
    """
    n = values.shape[1]
    return Replicates(
        np.ascontiguousarray(values[:, None]), np.zeros(n) + low, np.zeros(n) + high,
        np.zeros(n, bool) if known is None else known, np.array([slack]), len(values),
        has_variance=has_variance and not bool(np.isnan(values).any()),
    )  # fmt: skip


def one_number(shares: FloatArray, slack: Any, largest: float = 1.0) -> FloatArray:
    """(K, …) shares, of which runs that differ by no more than the error of their values are one number.

    That they do is no spread; what so few observations exclude is for `Replicates` to say. No share is above 1, but
    changes of shares may be: `largest` says so.
    """
    most = shares.max(axis=0)
    return np.asarray(np.where(most - shares.min(axis=0) <= 2 * slack, np.minimum(most, largest), shares))


def caution(values: FloatArray) -> str:
    """What (K, n) numbers say against Student's interval; nothing where they say nothing, or are not defined."""
    if not values.size or np.isnan(values).any():
        return ""
    return doubtful_means(replicates(values, -np.inf, np.inf, 0.0), np.ones(values.shape[1], bool), tails=True)


def position(name: Any, names: Sequence[str], what: str) -> int:
    """Where a name stands among those that there are.

    Raises
    ------
    LabelError
        There is no such name.

    Examples
    --------
    >>> position("noise", ["random", "noise"], "arm")
    1
    >>> position("nois", ["random", "noise"], "arm")
    Traceback (most recent call last):
    mdppower.errors.LabelError: there is no arm 'nois'; did you mean 'noise'?
    """
    given = getattr(name, "label", name)  # a signal, or an arm, may stand for its name
    if given not in names:
        meant = did_you_mean(near_names(str(given), names))
        raise LabelError(f"there is no {what} {quoted(given)}; {meant or f'{what}s are ' + ', '.join(names)}")
    return list(names).index(given)
