"""What is kept of replicates where all of it is: their rows, one after the other."""

from __future__ import annotations

from typing import Any

import numpy as np

from mdppower.montecarlo.engines import Rows
from mdppower.montecarlo.run_loop import OneTask


class KeptRows(OneTask):
    """The rows of replicates that one task makes.

    Attributes
    ----------
    task : object
        With ``prepare()``.
    """

    def __init__(self, task: Any) -> None:
        self.task = task
        self._rows: list[Rows] = []

    @property
    def count(self) -> int:
        """Replicates so far."""
        return sum(len(rows[0]) for rows in self._rows)

    def prepare(self) -> None:
        """Compile what replicates need."""
        self.task.prepare()

    def add(self, rows: Rows) -> None:
        """Add the next replicates."""
        self._rows.append(rows)

    def rows(self) -> Rows:
        """All rows so far, in order."""
        return tuple(np.concatenate(parts) for parts in zip(*self._rows, strict=True))
