"""`reset` and `step` of an environment, which may be of an older interface, and may raise anything."""

from __future__ import annotations

import inspect
from typing import Any

from mdppower._quotes import quoted
from mdppower.errors import ModelError

OLD = 'gymnasium.make("GymV21Environment-v0", env=…) of shimmy makes it one of Gymnasium\'s'
"""What to do with an environment of gym's interface before 0.26."""


def reset_environment(env: Any, seed: int | None) -> tuple[Any, Any]:
    """Observation and info of a reset.

    Raises
    ------
    ModelError
        It raises, or is of an older interface.
    """
    try:
        given = env.reset(seed=seed)
    except Exception as error:  # a reset may raise anything
        if isinstance(error, TypeError) and not _takes_seed(env.unwrapped):
            raise ModelError(f"reset takes no seed=, as in gym before 0.26: {OLD}") from error
        raise ModelError(f"reset failed: {told_error(error)}") from error
    if not isinstance(given, tuple) or len(given) != 2 or not hasattr(given[1], "keys"):
        raise ModelError(f"reset gave {_kind(given)}, not observation and info; if as in gym before 0.26, {OLD}")
    observation, info = given
    return observation, info


def five_values(env: Any, action: Any) -> tuple[Any, Any, Any, Any, Any]:
    """Observation, reward, terminated, truncated and info of a step; what it raises is the environment's.

    Raises
    ------
    ModelError
        It gives something else, such as the four values of an older interface.
    """
    given = env.step(action)
    if isinstance(given, tuple) and len(given) == 5:
        observation, reward, terminated, truncated, info = given
        return observation, reward, terminated, truncated, info
    if isinstance(given, tuple) and len(given) == 4:
        raise ModelError(
            f"it gave 4 values, as in gym before 0.26, not observation, reward, terminated, truncated and info: {OLD}"
        )
    raise ModelError(f"it gave {_kind(given)}, not observation, reward, terminated, truncated and info")


def told_error(error: Exception) -> str:
    """What an environment raised, in one line; our own words about it stand for themselves."""
    text = " ".join(str(error).split())
    return text if isinstance(error, ModelError) else f"{type(error).__name__}: {text}"


def _kind(given: Any) -> str:
    if isinstance(given, tuple):
        return f"{len(given)} values"
    return quoted(given) if isinstance(given, int | float | str) else f"a {type(given).__name__}"


def _takes_seed(base: Any) -> bool:
    """Whether `reset` of an unwrapped environment has a parameter of that name, or takes any."""
    try:
        known = inspect.signature(base.reset).parameters
    except (TypeError, ValueError):
        return True
    return "seed" in known or any(one.kind is one.VAR_KEYWORD for one in known.values())
