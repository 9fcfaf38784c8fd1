"""An environment from its id: of Gymnasium, of a module of the user's, of Minigrid."""

from __future__ import annotations

from importlib.util import find_spec
from typing import TYPE_CHECKING, Any

from mdppower._quotes import quoted
from mdppower._text import did_you_mean
from mdppower.adapters.gymnasium_ids import near_ids
from mdppower.adapters.gymnasium_options import full_id, require_kinds
from mdppower.adapters.own_modules import load_module, raised_at
from mdppower.errors import LabelError, ModelError

if TYPE_CHECKING:
    import gymnasium


def make_environment(name: str, /, **options: Any) -> gymnasium.Env[Any, Any]:
    """``gymnasium.make``, with our errors.

    Parameters
    ----------
    name : str
        The id of an environment; ``module:id`` imports the module, which registers it, first (see `own_modules`).
        Those of Minigrid need no ``minigrid:`` before them.
    **options
        Passed on.

    Returns
    -------
    gymnasium.Env

    Raises
    ------
    LabelError
        There is no environment of that id, or no module of that name.
    ModelError
        It cannot be imported or made.
    ParameterError
        An option is no truth value where its default is one, or a str where that is a number: to Python any
        text is true.

    Examples
    --------
    >>> make_environment("FrozenLake-v1", map_name="8x8").unwrapped.nrow
    8
    """
    import gymnasium

    given, name = name, full_id(name)
    module, _, bare = name.rpartition(":")
    if name != given and find_spec(module) is None:
        hint = f"pip install 'mdppower[{module}]'"
        raise ModelError(f"environment {quoted(given)} is one of {module}, which is not installed: {hint}")
    if module:
        load_module(module)
    require_kinds(bare, options)
    try:
        return gymnasium.make(bare, **{"disable_env_checker": True, **options})
    except Exception as error:  # a constructor may raise anything
        text = " ".join(str(error).split())
        lookup = (gymnasium.error.UnregisteredEnv, gymnasium.error.DeprecatedEnv)
        if not isinstance(error, lookup) and type(error) is not gymnasium.error.Error:
            place = raised_at(error)
            what = f"{type(error).__name__}: {text}" + (f" ({place})" if place else "")
            raise ModelError(f"environment {quoted(name)} cannot be made: {what}") from None
        near = did_you_mean([f"{module}:{other}" if module else other for other in near_ids(bare)])
        hint = near or "gymnasium.pprint_registry() lists those there are"
        raise LabelError(f"there is no environment {quoted(name)}; {hint}") from None
