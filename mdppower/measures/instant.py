"""Which comparisons are exact without being asked: those that take no time, as sizes say and no clock."""

from __future__ import annotations

from math import prod

import numpy as np
from scipy.sparse import csgraph

from mdppower._typing import FloatArray
from mdppower.errors import RewardError, SizeError, SolverError
from mdppower.integrals.reward_laws import exact_law
from mdppower.mdp.actions import distinct_choices
from mdppower.mdp.graph import adjacency
from mdppower.measures.exact_means import ExactComparison, planned_comparisons
from mdppower.measures.exact_work import ExactWork
from mdppower.occupancy.nondominated import DEARER
from mdppower.occupancy.option import Option, Reach
from mdppower.rewards.reward_distribution import RewardDistribution

SECONDS = 0.25
"""Most seconds that are planned."""
STATES, POLICIES, ATOMS = 32, 160, 100
"""Before there is a plan: most states, nondominated policies of a state, and values of one reward."""


def instant_comparison(A: Option, B: Option, rewards: RewardDistribution) -> ExactComparison | None:
    """`exact_comparison`, if that is instant; the same answer on every machine.

    Returns
    -------
    ExactComparison or None
        None where there are more than 32 states, more than 160 nondominated policies from one of them (16 policies in
        all, where the MDP is stochastic: each takes linear programs), more than 0.25 s of work by the plan of
        `mdppower.measures.exact_work`, or rewards that cannot be integrated.

    Examples
    --------
    >>> import mdppower as mp
    >>> from mdppower.rewards import resolve
    >>> for ends, rewards in ((2, "uniform"), (8, "uniform"), (2, "expon")):
    ...     fork = mp.envs.fork(ends)
    ...     options = [mp.Option.state(fork, s, 0.9, kind="value") for s in ("t1", "root")]
    ...     found = instant_comparison(*options, resolve(rewards, fork))
    ...     print(ends, rewards, None if found is None else found.less)
    2 uniform 13/20
    8 uniform None
    2 expon None
    """
    if len(A.states) > STATES or not all(_is_listed_fast(part, rewards.on) for part in A.parts + B.parts):
        return None
    work = ExactWork("an exact comparison", limit=SECONDS)
    try:
        return planned_comparisons([(A, B)], exact_law(rewards, ATOMS), work, POLICIES, rewards.on)[0]
    except (RewardError, SizeError, SolverError):
        return None


def _is_listed_fast(part: Reach | FloatArray, on: str) -> bool:
    """Whether a part's vectors are few, or are found in a search that ends soon."""
    if not isinstance(part, Reach):
        return len(part) <= POLICIES
    if part.mdp.is_deterministic:
        return True
    seen = csgraph.breadth_first_order(adjacency(part.mdp), part.state, return_predecessors=False)
    if on == "pairs":
        return bool(prod(np.diff(part.mdp.pointer)[seen].tolist()) <= POLICIES // DEARER)
    choices = distinct_choices(part.mdp)
    return prod(len(choices[s]) for s in seen.tolist()) <= POLICIES // DEARER
