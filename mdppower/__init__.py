"""mdppower: measure how much POWER the states of a Markov decision process give an agent.

>>> import mdppower as mp
>>> maze = mp.envs.make("maze")
>>> estimate = mp.power(maze, gamma=0.9, samples=1024, rng=0)
>>> best = maze.states[estimate.mean.argmax()]

Definitions are those of Turner, Smith, Shah, Critch and Tadepalli, "Optimal Policies Tend to Seek Power"
(arXiv 1912.01683). What needs Numba, matplotlib, xarray, networkx or gymnasium loads on first use. The kinds of
errors are in `mdppower.errors`; each can be had by its name here, too.
"""

from __future__ import annotations

import importlib
from typing import TYPE_CHECKING, Any

from mdppower._registration import register_when_loaded

if TYPE_CHECKING:
    from mdppower import bounds, envs, errors, theorems, transforms
    from mdppower.adapters import from_gymnasium
    from mdppower.certificates import certify
    from mdppower.comparison import compare, compare_all, complexity
    from mdppower.comparison_estimate import Comparison as Comparison
    from mdppower.errors import ConvergenceError as ConvergenceError
    from mdppower.errors import FileError as FileError
    from mdppower.errors import LabelError as LabelError
    from mdppower.errors import MapError as MapError
    from mdppower.errors import MDPPowerError, MDPPowerWarning
    from mdppower.errors import ModelError as ModelError
    from mdppower.errors import ParameterError as ParameterError
    from mdppower.errors import RewardError as RewardError
    from mdppower.errors import SizeError as SizeError
    from mdppower.errors import SolverError as SolverError
    from mdppower.joint import Features, Fixed, Gaussian, Mixture, Permuted
    from mdppower.mdp import RewardlessMDP
    from mdppower.measure import power
    from mdppower.occupancy import OccupancyPolytope
    from mdppower.optimality import action_optimality
    from mdppower.optimality_estimate import ActionOptimality as ActionOptimality
    from mdppower.options import Option
    from mdppower.power_estimate import PowerEstimate
    from mdppower.solvers import Solution, optimal_values
    from mdppower.storage import load
    from mdppower.subsets import average_optimality, visit_optimality
    from mdppower.visit_sets import rsd, visits

__version__ = "0.1.0"

register_when_loaded()

_HOME = {
    "ActionOptimality": "optimality_estimate",
    "Comparison": "comparison_estimate",
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
    "OccupancyPolytope": "occupancy",
    "Option": "options",
    "ParameterError": "errors",
    "Permuted": "joint",
    "PowerEstimate": "power_estimate",
    "RewardError": "errors",
    "RewardlessMDP": "mdp",
    "SizeError": "errors",
    "Solution": "solvers",
    "SolverError": "errors",
    "action_optimality": "optimality",
    "average_optimality": "subsets",
    "certify": "certificates",
    "compare": "comparison",
    "compare_all": "comparison",
    "complexity": "comparison",
    "from_gymnasium": "adapters",
    "load": "storage",
    "optimal_values": "solvers",
    "power": "measure",
    "rsd": "visit_sets",
    "visit_optimality": "subsets",
    "visits": "visit_sets",
}

__all__ = [
    "Features",
    "Fixed",
    "Gaussian",
    "MDPPowerError",
    "MDPPowerWarning",
    "Mixture",
    "OccupancyPolytope",
    "Option",
    "Permuted",
    "PowerEstimate",
    "RewardlessMDP",
    "Solution",
    "action_optimality",
    "average_optimality",
    "bounds",
    "certify",
    "compare",
    "compare_all",
    "complexity",
    "envs",
    "errors",
    "from_gymnasium",
    "load",
    "optimal_values",
    "power",
    "rsd",
    "theorems",
    "transforms",
    "visit_optimality",
    "visits",
]


def __getattr__(name: str) -> Any:
    if name in ("bounds", "envs", "errors", "theorems", "transforms"):
        return importlib.import_module(f"mdppower.{name}")
    if name in _HOME:
        value = getattr(importlib.import_module(f"mdppower.{_HOME[name]}"), name)
        globals()[name] = value
        return value
    raise AttributeError(f"module 'mdppower' has no attribute {name!r}")


def __dir__() -> list[str]:
    return sorted([*globals(), *__all__])
