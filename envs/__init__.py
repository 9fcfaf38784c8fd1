"""Environments: gridworlds from text maps, generated maps, MDPs with known POWER, and the catalog of all.

============= ==========================================================================================
catalog       every environment that has a name, and `make`
textmap       what the glyphs of a map mean
conventions   what the glyphs of others' maps mean
translation   a map in these, as a map of ours
gridworld     a map becomes an MDP
slip          noise: slip and bias
generate      mazes and rooms from a seed
garnet        random MDPs from a seed
paper         the paper's MDPs, with POWER in closed form
tabular       any MDP as a Gymnasium environment
gridworld_env a map as a Gymnasium environment
picture       frames of what happens in one
maps          the maps themselves: a new file is a new environment
============= ==========================================================================================

- **`TabularEnv` earns R(s) on leaving s**, so that the discounted return of an episode is V = R + γ T V, and by
  default never terminates: an absorbing state goes on earning. An action that a state lacks does one that it has: an
  unmasked learner then solves the MDP itself, not one with extra loops.
- **This face loads all at once**, unlike the others, so that files and functions may share a name (`catalog`).
"""

from mdppower.envs.catalog import Environment, catalog, make
from mdppower.envs.garnet import random
from mdppower.envs.generate import maze, maze_text, open_room, open_room_text
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
    "maze_text",
    "open_room",
    "open_room_text",
    "random",
]


def __dir__() -> list[str]:
    return __all__
