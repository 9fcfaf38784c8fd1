# The rooms
from . import (
    agents as agents,
    bounds as bounds,
    envs as envs,
    errors as errors,
    learning as learning,
    multiagent as multiagent,
    orbits as orbits,
    rewards as rewards,
    sensitivity as sensitivity,
    symmetry as symmetry,
    theorems as theorems,
)

# POWER, optimality and p(A >= B) of a model, and what these give back
from .mdp.model import RewardlessMDP as RewardlessMDP
from .adapters.from_gymnasium import from_gymnasium as from_gymnasium
from .mdp.own_reward import given_rewards as given_rewards
from .rewards.gaussian import Gaussian as Gaussian
from .rewards.joint_laws import (
    Features as Features,
    Fixed as Fixed,
    Mixture as Mixture,
    Permuted as Permuted,
)
from .solvers.optimal_values import optimal_values as optimal_values
from .solvers.solution import Solution as Solution
from .occupancy.visit_distributions import rsd as rsd, visits as visits
from .occupancy.polytope import OccupancyPolytope as OccupancyPolytope
from .occupancy.option import Option as Option
from .measures.power import power as power
from .measures.power_estimate import PowerEstimate as PowerEstimate
from .measures.refine import refine as refine
from .measures.action_optimality import action_optimality as action_optimality
from .measures.action_optimality_estimate import ActionOptimality as ActionOptimality
from .measures.visit_optimality import (
    average_optimality as average_optimality,
    visit_optimality as visit_optimality,
)
from .measures.comparison import compare as compare, compare_all as compare_all, complexity as complexity
from .measures.comparison_estimate import Comparison as Comparison
from .bounds.certificates import certify as certify
from .files.netcdf import load as load
from .errors import MDPPowerError as MDPPowerError, MDPPowerWarning as MDPPowerWarning

# Kinds of errors: here by name, too, and listed in `errors` alone
from .errors import (
    ConvergenceError as ConvergenceError,
    FileError as FileError,
    LabelError as LabelError,
    MapError as MapError,
    ModelError as ModelError,
    ParameterError as ParameterError,
    RewardError as RewardError,
    SizeError as SizeError,
    SolverError as SolverError,
)

__version__: str
