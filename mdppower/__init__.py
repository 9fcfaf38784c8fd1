"""mdppower: measure how much POWER the states of a Markov decision process give an agent.

>>> import mdppower as mp
>>> maze = mp.envs.make("maze")
>>> estimate = mp.power(maze, gamma=0.9, samples=1024, rng=0)
>>> best = maze.states[estimate.mean.argmax()]

Definitions are those of Turner, Smith, Shah, Critch and Tadepalli, "Optimal Policies Tend to Seek Power"
(arXiv 1912.01683). What needs Numba, matplotlib, xarray, networkx or gymnasium loads on first use.
"""

from __future__ import annotations

import importlib
from typing import TYPE_CHECKING, Any

from mdppower._registration import register_when_loaded

if TYPE_CHECKING:
    from mdppower import envs
    from mdppower.adapters import from_gymnasium
    from mdppower.errors import (
        ConvergenceError,
        FileError,
        LabelError,
        MapError,
        MDPPowerError,
        MDPPowerWarning,
        ModelError,
        ParameterError,
        RewardError,
        SizeError,
        SolverError,
    )
    from mdppower.joint import Features, Fixed, Gaussian, Mixture, Permuted
    from mdppower.mdp import RewardlessMDP
    from mdppower.measure import power
    from mdppower.power_estimate import PowerEstimate
    from mdppower.solvers import Solution, optimal_values
    from mdppower.storage import load

__version__ = "0.1.0"

register_when_loaded()

_HOME = {
    "ConvergenceError": "errors",
    "FileError": "errors",
    "Features": "joint",
    "Fixed": "joint",
    "Gaussian": "joint",
    "LabelError": "errors",
    "MDPPowerError": "errors",
    "MDPPowerWarning": "errors",
    "MapError": "errors",
    "Mixture": "joint",
    "ModelError": "errors",
    "ParameterError": "errors",
    "Permuted": "joint",
    "PowerEstimate": "power_estimate",
    "RewardError": "errors",
    "RewardlessMDP": "mdp",
    "SizeError": "errors",
    "Solution": "solvers",
    "SolverError": "errors",
    "from_gymnasium": "adapters",
    "load": "storage",
    "optimal_values": "solvers",
    "power": "measure",
    "rsd": "visit_sets",
    "visits": "visit_sets",
}

__all__ = [
    "ConvergenceError",
    "Features",
    "FileError",
    "Fixed",
    "Gaussian",
    "LabelError",
    "MDPPowerError",
    "MDPPowerWarning",
    "MapError",
    "Mixture",
    "ModelError",
    "ParameterError",
    "Permuted",
    "PowerEstimate",
    "RewardError",
    "RewardlessMDP",
    "SizeError",
    "Solution",
    "SolverError",
    "envs",
    "from_gymnasium",
    "load",
    "optimal_values",
    "power",
]


def __getattr__(name: str) -> Any:
    if name == "envs":
        return importlib.import_module("mdppower.envs")
    if name in _HOME:
        value = getattr(importlib.import_module(f"mdppower.{_HOME[name]}"), name)
        globals()[name] = value
        return value
    raise AttributeError(f"module 'mdppower' has no attribute {name!r}")


def __dir__() -> list[str]:
    return sorted([*globals(), *__all__])
