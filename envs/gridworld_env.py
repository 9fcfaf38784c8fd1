"""A text map as a Gymnasium environment: ``gym.make("mdppower:mdppower/GridWorld-v0", map="maze")``."""

from __future__ import annotations

import os
from collections.abc import Mapping, Sequence
from typing import Any

from mdppower.envs.catalog import make
from mdppower.envs.gridworld import gridworld
from mdppower.envs.tabular import TabularEnv
from mdppower.errors import ParameterError
from mdppower.mdp.model import RewardlessMDP


class GridWorldEnv(TabularEnv):
    """A text map as an environment.

    Parameters
    ----------
    map : str, path or list of str
        A name of `mdppower.envs.catalog`; the path of a map file; or a map, as text of several lines or as rows.
    moves, stay, blocked, slip, bias, wrap, glyphs, convention
        As in `mdppower.envs.gridworld`.
    rewards, start, terminate, render_mode
        As in `TabularEnv`.

    Raises
    ------
    MapError
        The text is not a map.
    LabelError, RewardError, ParameterError
        As in `TabularEnv`; or an option is out of its range, or for what is not a map.

    Examples
    --------
    >>> env = GridWorldEnv(["a.*", ".#."], rewards={"*": 1, "default": 0}, start="a", render_mode="ansi")
    >>> env.reset(seed=0)[0], env.step(1)[0]
    (0, 1)
    >>> print(env.render())
    a@*
    .#.
    state (0, 1), reward 0, actions: N, E, S, W, stay
    """

    def __init__(
        self,
        map: str | os.PathLike[str] | Sequence[str] = "maze",
        *,
        moves: str | Mapping[str, tuple[int, int]] = "NESW",
        stay: bool = True,
        blocked: str = "stay",
        slip: float = 0.0,
        bias: Mapping[str, float] | None = None,
        wrap: bool = False,
        glyphs: Mapping[str, str] | None = None,
        convention: str | None = None,
        rewards: Any = None,
        start: Any = None,
        terminate: bool = False,
        render_mode: str | None = None,
    ) -> None:
        options = {
            "moves": moves, "stay": stay, "blocked": blocked, "slip": slip, "bias": bias, "wrap": wrap,
            "glyphs": glyphs, "convention": convention,
        }  # fmt: skip
        default = gridworld.__kwdefaults__ or {}
        # What is not a map takes no options at all: only those that were asked for may reach it.
        super().__init__(
            _mdp_of_map(map, {k: v for k, v in options.items() if v != default[k]}),
            rewards, start, terminate, render_mode,
        )  # fmt: skip


def _mdp_of_map(given: Any, options: dict[str, Any]) -> RewardlessMDP:
    if isinstance(given, str | os.PathLike):
        return gridworld(given, **options) if isinstance(given, str) and "\n" in given else make(given, **options)
    if not isinstance(given, Sequence) or not given or not all(isinstance(row, str) for row in given):
        raise ParameterError(f"map must be a name, a path, a text or rows of text, got {given!r}")
    return gridworld(list(given), **options)
