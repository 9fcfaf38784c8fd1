"""Wrappers: which of them leave P true, and which may not.

P belongs to the environment inside. A wrapper can replace an action, repeat it, or send the agent elsewhere, and
nothing in Gymnasium says whether it does: only those pass that are known. With any other the environment is
enumerated as it is wrapped.
"""

from __future__ import annotations

from typing import Any

from mdppower.errors import ModelError

NEUTRAL = frozenset(
    {
        # They end episodes, begin them, or watch.
        "TimeLimit", "Autoreset", "OrderEnforcing", "PassiveEnvChecker", "RecordEpisodeStatistics",
        # They draw.
        "RecordVideo", "RenderCollection", "HumanRendering", "AddWhiteNoise", "ObstructView",
        # They change the reward, which an MDP here does not have.
        "ClipReward", "TransformReward", "NormalizeReward",
    }
)  # fmt: skip
"""Of `gymnasium.wrappers`, those that leave states, actions and their outcomes alone."""


WATCHING = frozenset(
    ["Autoreset", "OrderEnforcing", "PassiveEnvChecker", "RecordEpisodeStatistics", "RecordVideo",
     "RenderCollection", "HumanRendering", "AddWhiteNoise", "ObstructView", "TimeLimit"]
)  # fmt: skip
"""Those of them that leave the reward alone, too."""


def _is_ours(layer: Any, names: frozenset[str]) -> bool:
    """Whether a wrapper is one of Gymnasium's of these names, as it is: no subclass, and with its own `step`."""
    kind = type(layer)
    ours = kind.__module__.startswith("gymnasium.wrappers.") and kind.__name__ in names
    return ours and not {"step", "reset"} & set(vars(layer))


def acting_wrapper(env: Any) -> str:
    """The name of the first wrapper, from outside, that may change what an action does; empty if there is none.

    A subclass of a neutral wrapper, or one whose ``step`` or ``reset`` was replaced, is such.

    Examples
    --------
    >>> import gymnasium
    >>> from gymnasium.wrappers import StickyAction
    >>> acting_wrapper(StickyAction(gymnasium.make("CliffWalking-v1"), 0.25))
    'StickyAction'
    """
    return next((type(layer).__name__ for layer in _wrappers(env) if not _is_ours(layer, NEUTRAL)), "")


def rewarding_wrapper(env: Any) -> str:
    """The name of the first wrapper of Gymnasium, from outside, that changes the reward; empty if none does."""
    return next((type(layer).__name__ for layer in _wrappers(env) if _is_ours(layer, NEUTRAL - WATCHING)), "")


def told_wrappers(env: Any) -> str:
    """The names of all such wrappers, from inside."""
    return ", ".join(type(layer).__name__ for layer in _wrappers(env)[::-1] if not _is_ours(layer, NEUTRAL))


def without_watchers(env: Any) -> Any:
    """The environment inside the outermost wrappers that only watch, draw, and begin or end episodes."""
    for layer in _wrappers(env):
        if not _is_ours(layer, WATCHING):
            return layer
    return env.unwrapped


def time_limit(env: Any) -> str:
    """What cuts episodes off, in words: TimeLimit's number of steps, or `max_steps` of the environment."""
    steps = [layer._max_episode_steps for layer in _wrappers(env) if type(layer).__name__ == "TimeLimit"]
    told = [f"TimeLimit of {min(steps):,} steps"] if steps else []
    own = vars(env.unwrapped).get("max_steps")
    told += [f"max_steps={own:,}"] if type(own) is int else []
    return f"{' and '.join(told)} left out: an MDP has no clock" if told else ""


def _wrappers(env: Any) -> list[Any]:
    import gymnasium

    found = []
    while isinstance(env, gymnasium.Wrapper):
        found.append(env)
        env = env.env
    return found


def refuse_wrappers(env: Any) -> None:
    """A ModelError that names the first wrapper, from outside, that may change what an action does.

    Parameters
    ----------
    env : gymnasium.Env

    Raises
    ------
    ModelError
        There is one.

    Examples
    --------
    >>> import gymnasium
    >>> from gymnasium.wrappers import StickyAction
    >>> refuse_wrappers(gymnasium.make("CliffWalking-v1"))
    >>> refuse_wrappers(StickyAction(gymnasium.make("CliffWalking-v1"), 0.25))
    Traceback (most recent call last):
    mdppower.errors.ModelError: wrapper StickyAction may change what actions do; if P is meant, give env.unwrapped
    """
    name = acting_wrapper(env)
    if name:
        raise ModelError(f"wrapper {name} may change what actions do; if P is meant, give env.unwrapped")
