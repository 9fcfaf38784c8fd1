"""What is kept of training runs, each run one observation: what curves, coin flips and seeking have alike."""

from __future__ import annotations

from typing import Any

import numpy as np

from mdppower.montecarlo.engines import Rows
from mdppower.montecarlo.run_loop import OneTask


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
