"""Two agents for several ρ, and for several rules of collisions, on the same draws: `joint_curve`."""

from __future__ import annotations

from collections.abc import Sequence
from numbers import Real
from typing import Any

import numpy as np

from mdppower._quotes import quoted
from mdppower.errors import ParameterError
from mdppower.mdp.model import RewardlessMDP
from mdppower.multiagent.collisions import OVERLAPS
from mdppower.multiagent.joint_curve_estimate import JointCurve
from mdppower.multiagent.joint_mdp import JointMDP
from mdppower.multiagent.playing import joint_power


def joint_curve(
    world_h: RewardlessMDP | JointMDP,
    world_a: RewardlessMDP | None = None,
    gamma: float | Sequence[float] | None = None,
    rewards: Any = "uniform",
    *,
    rho: float | Sequence[float] = (0.0, 0.25, 0.5, 0.75, 1.0),
    overlap: str | Sequence[str] | None = None,
    rng: Any = None,
    **options: Any,
) -> JointCurve:
    """Estimate the POWER of two agents, and how it goes together, for several ρ.

    R_H does not depend on ρ, and what is copied of it at one ρ is copied at each greater one: differences between
    runs are paired.

    On the command line: ``mdppower joint ENV --rho 0,0.5,1``.

    Parameters
    ----------
    world_h, world_a, gamma, rewards
        As for `joint_power`.
    rho : float, or sequence of float
        Correlations of both agents' rewards, in [−1, 1].
    overlap : str, or sequence of str, optional
        Rules of collisions.
    rng : int, numpy.random.Generator, SeedSequence, …
        Of all runs: each has the same draws.
    **options
        Of `joint_power`: ``samples, seed_policy, workers, store, …``

    Returns
    -------
    JointCurve
        Interrupted, it has the runs that there are.

    Raises
    ------
    ParameterError
        There is no ρ, or one twice; and as for `joint_power`.

    Examples
    --------
    >>> import mdppower as mp
    >>> street = mp.envs.gridworld("...", blocked="remove")
    >>> curve = joint_curve(street, gamma=0.9, rho=[0, 1], overlap=["allow", "bump"], samples=256, rng=0)
    >>> [(run.joint.overlap, run.rho) for run in curve.runs]
    [('allow', 0.0), ('allow', 1.0), ('bump', 0.0), ('bump', 1.0)]
    """
    rhos, rules = _numbers(rho), _rules(overlap)
    if len(rules) > 1 and isinstance(world_h, JointMDP):
        raise ParameterError("a JointMDP has its rule; for several give the worlds of both agents")
    runs: list[Any] = []
    for rule in rules:
        for one in rhos:
            runs.append(
                joint_power(world_h, world_a, gamma, rewards, rho=one, overlap=rule, rng=rng, **options)
            )  # fmt: skip
            if runs[-1].interrupted:
                return JointCurve(tuple(runs))
            rng = runs[0].task.source.entropy
    return JointCurve(tuple(runs))


def _numbers(rho: Any) -> list[float]:
    given = [rho] if isinstance(rho, Real) else list(rho) if isinstance(rho, (tuple, list, np.ndarray)) else None
    if not given:
        raise ParameterError(f"rho must be one number, or several, in [-1, 1]; got {quoted(rho)}")
    for one in given:
        if isinstance(one, bool) or not isinstance(one, Real) or not -1 <= float(one) <= 1:
            raise ParameterError(f"rho must be a number in [-1, 1], got {quoted(one)}")
    found = [float(one) for one in given]
    if len(set(found)) < len(found):
        raise ParameterError(f"rho has a number twice: {', '.join(f'{x:g}' for x in found)}")
    return found


def _rules(overlap: Any) -> list[str | None]:
    if overlap is None or isinstance(overlap, str):
        return [overlap]
    given = list(overlap) if isinstance(overlap, (tuple, list)) else []
    if not given or None in given or len(set(map(str, given))) < len(given):
        raise ParameterError(f"overlap must be one rule, or several different ones, of {', '.join(OVERLAPS)}")
    return given
