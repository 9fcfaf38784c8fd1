"""Environments: gridworlds from text maps, generated maps, MDPs with known POWER, and the catalog of all."""

from mdppower.envs.catalog import Environment, catalog, make
from mdppower.envs.generate import maze, open_room
from mdppower.envs.gridworld import gridworld, gridworld_from_file
from mdppower.envs.paper import cycle, figure_1, figure_9, figure_10, figure_11, fork

__all__ = [
    "Environment",
    "catalog",
    "cycle",
    "figure_1",
    "figure_9",
    "figure_10",
    "figure_11",
    "fork",
    "gridworld",
    "gridworld_from_file",
    "make",
    "maze",
    "open_room",
]
