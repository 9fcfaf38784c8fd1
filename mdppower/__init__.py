"""mdppower: measure how much POWER the states of a Markov decision process give an agent.

>>> import mdppower as mp
>>> maze = mp.envs.make("maze")
>>> estimate = mp.power(maze, gamma=0.9, samples=1024, rng=0)
>>> best = maze.states[estimate.mean.argmax()]

Definitions are those of Turner, Smith, Shah, Critch and Tadepalli, "Optimal Policies Tend to Seek Power"
(arXiv 1912.01683). The public names are in `__init__.pyi`, here and in the rooms that users open: type checkers read
them there, and so does Python, which loads what a name needs on first use.
"""

from __future__ import annotations

import importlib.util
import logging

from mdppower._faces import attach
from mdppower._registration import register_when_loaded

__version__ = "0.1.0"

if importlib.util.find_spec("mdppower.envs") is None:
    raise ImportError(
        "mdppower/envs, a symbolic link to ../envs, is no folder: git has written the link as a text file (here, or "
        "where this package was built). Allow symbolic links (on Windows: Developer Mode), then `git config "
        "core.symlinks true` and `git checkout -- mdppower/envs`; CONTRIBUTING.md has more"
    )

register_when_loaded()
# Messages of the library go where its user says, and nowhere else.
logging.getLogger(__name__).addHandler(logging.NullHandler())

__getattr__, _, _names = attach(__name__)
# The kinds of errors can be had by name; they are listed in `mdppower.errors`.
__all__ = [name for name in _names if not name.endswith("Error") or name == "MDPPowerError"]


def __dir__() -> list[str]:
    return [*__all__, "__version__"]
