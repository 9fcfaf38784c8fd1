"""The paper's figure 1 as a setting, and how to read a report's hypotheses."""

from __future__ import annotations

import mdppower as mp
from mdppower import theorems

FIGURE_1 = mp.envs.figure_1()


HERE = theorems.setting(FIGURE_1, [0, 0.5, 1], samples=200, votes=50, rng=0)


def statuses(report):
    return [one.status for one in report.hypotheses]


def fan(ends):
    """A root with an action to each absorbing end, and an absorbing state that nothing leads to."""
    return mp.RewardlessMDP.from_successors(
        {"root": {f"->{t}": t for t in ends}, **{t: {"stay": t} for t in ends}, "x": {"stay": "x"}}
    )
