"""What is kept of training runs, each run one observation: what curves, coin flips and seeking have alike."""

from __future__ import annotations

from mdppower.montecarlo.engines import Rows
from mdppower.montecarlo.kept_rows import KeptRows


class KeptRuns(KeptRows):
    """What is kept of runs that a task makes: the rows of each, one after the other."""

    label, least = "training runs", 2

    def estimate(self, interrupted: bool) -> tuple[Rows, bool]:
        """What the task gives of all runs so far; and whether some are lacking."""
        return self.rows(), interrupted
