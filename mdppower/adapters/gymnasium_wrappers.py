"""Wrappers: which of them leave P true, and which may not.

P belongs to the environment inside. A wrapper can replace an action, repeat it, or send the agent elsewhere, and
nothing in Gymnasium says whether it does: only those pass that are known.
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


def refuse_wrappers(env: Any) -> None:
    """A ModelError that names the first wrapper, from outside, that may change what an action does.

    Parameters
    ----------
    env : gymnasium.Env

    Raises
    ------
    ModelError
        There is one. A subclass of a neutral wrapper, or one whose ``step`` or ``reset`` was replaced, is such.

    Examples
    --------
    >>> import gymnasium
    >>> from gymnasium.wrappers import StickyAction
    >>> refuse_wrappers(gymnasium.make("CliffWalking-v1"))
    >>> refuse_wrappers(StickyAction(gymnasium.make("CliffWalking-v1"), 0.25))
    Traceback (most recent call last):
    mdppower.errors.ModelError: wrapper StickyAction may change what actions do; if P is meant, give env.unwrapped
    """
    import gymnasium

    layer = env
    while isinstance(layer, gymnasium.Wrapper):
        kind = type(layer)
        ours = kind.__module__.startswith("gymnasium.wrappers.") and kind.__name__ in NEUTRAL
        if not ours or {"step", "reset"} & set(vars(layer)):
            raise ModelError(f"wrapper {kind.__name__} may change what actions do; if P is meant, give env.unwrapped")
        layer = layer.env
