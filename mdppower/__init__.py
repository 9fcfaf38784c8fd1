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
    from mdppower import bounds, envs, errors, theorems
    from mdppower.adapters.from_gymnasium import from_gymnasium
    from mdppower.bounds.certificates import certify
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
    from mdppower.files.netcdf import load
    from mdppower.mdp.model import RewardlessMDP
    from mdppower.measures.action_optimality import action_optimality
    from mdppower.measures.action_optimality_estimate import ActionOptimality as ActionOptimality
    from mdppower.measures.comparison import compare, compare_all, complexity
    from mdppower.measures.comparison_estimate import Comparison as Comparison
    from mdppower.measures.power import power
    from mdppower.measures.power_estimate import PowerEstimate
    from mdppower.measures.visit_optimality import average_optimality, visit_optimality
    from mdppower.occupancy.option import Option
    from mdppower.occupancy.polytope import OccupancyPolytope
    from mdppower.occupancy.visit_distributions import rsd, visits
    from mdppower.rewards.joint_laws import Features, Fixed, Gaussian, Mixture, Permuted
    from mdppower.sensitivity import transforms
    from mdppower.solvers.optimal_values import Solution, optimal_values

__version__ = "0.1.0"

register_when_loaded()

_HOME = {
    "ActionOptimality": "measures.action_optimality_estimate",
    "Comparison": "measures.comparison_estimate",
    "ConvergenceError": "errors",
    "FileError": "errors",
    "Features": "rewards.joint_laws",
    "Fixed": "rewards.joint_laws",
    "Gaussian": "rewards.joint_laws",
    "LabelError": "errors",
    "MDPPowerError": "errors",
    "MDPPowerWarning": "errors",
    "MapError": "errors",
    "Mixture": "rewards.joint_laws",
    "ModelError": "errors",
    "OccupancyPolytope": "occupancy.polytope",
    "Option": "occupancy.option",
    "ParameterError": "errors",
    "Permuted": "rewards.joint_laws",
    "PowerEstimate": "measures.power_estimate",
    "RewardError": "errors",
    "RewardlessMDP": "mdp.model",
    "SizeError": "errors",
    "Solution": "solvers.optimal_values",
    "SolverError": "errors",
    "action_optimality": "measures.action_optimality",
    "average_optimality": "measures.visit_optimality",
    "certify": "bounds.certificates",
    "compare": "measures.comparison",
    "compare_all": "measures.comparison",
    "complexity": "measures.comparison",
    "from_gymnasium": "adapters.from_gymnasium",
    "load": "files.netcdf",
    "optimal_values": "solvers.optimal_values",
    "power": "measures.power",
    "rsd": "occupancy.visit_distributions",
    "visit_optimality": "measures.visit_optimality",
    "visits": "occupancy.visit_distributions",
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
    if name in ("bounds", "envs", "errors", "theorems"):
        return importlib.import_module(f"mdppower.{name}")
    if name == "transforms":
        return importlib.import_module("mdppower.sensitivity.transforms")
    if name in _HOME:
        value = getattr(importlib.import_module(f"mdppower.{_HOME[name]}"), name)
        globals()[name] = value
        return value
    raise AttributeError(f"module 'mdppower' has no attribute {name!r}")


def __dir__() -> list[str]:
    return sorted([*globals(), *__all__])
