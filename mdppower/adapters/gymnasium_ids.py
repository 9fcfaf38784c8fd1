"""The ids of Gymnasium's environments: the newest of each, those with a table, and those near a name."""

from __future__ import annotations

from mdppower._text import near_names

WITH_TABLE = ("CliffWalking", "CliffWalkingSlippery", "FrozenLake", "FrozenLake8x8", "Taxi")
"""Gymnasium's own that show P, without their versions; that it is these is known from making them (in the tests)."""


def newest_ids() -> list[str]:
    """The id of each registered environment in its newest version.

    Examples
    --------
    >>> "FrozenLake-v1" in newest_ids(), "CartPole-v0" in newest_ids()
    (True, False)
    """
    import gymnasium

    newest: dict[tuple[str | None, str], tuple[int, str]] = {}
    for name, spec in gymnasium.registry.items():
        version = -1 if spec.version is None else spec.version
        known = newest.get((spec.namespace, spec.name))
        if known is None or version > known[0]:
            newest[spec.namespace, spec.name] = version, name
    return [name for _, name in newest.values()]


def ids_with_table() -> list[str]:
    """Those of Gymnasium's own ids that can be read.

    Examples
    --------
    >>> [name.partition("-")[0] for name in ids_with_table()]
    ['CliffWalking', 'CliffWalkingSlippery', 'FrozenLake', 'FrozenLake8x8', 'Taxi']
    """
    return sorted(name for name in newest_ids() if name.rpartition("-")[0] in WITH_TABLE)


def near_ids(name: str) -> list[str]:
    """The ids that may have been meant, nearest first; the version does not matter.

    Examples
    --------
    >>> near_ids("frozenlake"), near_ids("CartPole-v7"), near_ids("GridWorld-v0")
    (['FrozenLake-v1'], ['CartPole-v1'], ['mdppower/GridWorld-v0'])
    """
    return near_names(name, newest_ids())
