"""Of several rewards in a file the one that is kept as the MDP's own."""

from __future__ import annotations

from collections.abc import Sequence

from mdppower._quotes import quoted
from mdppower._text import did_you_mean, near_names, shorten
from mdppower.errors import ParameterError


def chosen_reward(file: str, names: Sequence[str], wanted: str | None) -> tuple[int | None, str]:
    """The place of the reward that is kept, if any, and what is to be said of it.

    Parameters
    ----------
    file : str
    names : sequence of str
        Of the rewards in the file.
    wanted : str, optional
        One of them, or its number, from 1.

    Raises
    ------
    ParameterError
        There is none of that name, or there are several.

    Examples
    --------
    >>> chosen_reward("a.drn", ["coins"], None)
    (0, "kept, 'coins' of the file")
    >>> chosen_reward("a.drn", ["time", "energy"], None)
    (None, "not kept: the file has 2, 'time', 'energy'; reward= names one")
    >>> chosen_reward("a.drn", ["time", "energy"], "2")
    (1, "kept, 'energy' of the file")
    """
    if wanted is not None:
        if names.count(wanted) > 1:
            raise ParameterError(
                f"{file} has {names.count(wanted)} rewards {quoted(wanted)}; give its number, from 1"
            )
        place = names.index(wanted) if wanted in names else None
        if place is None and wanted.isdecimal() and 1 <= int(wanted) <= len(names):
            place = int(wanted) - 1
        if place is None:
            near = did_you_mean(near_names(wanted, names))
            told = f"it has {shorten(names)}" if names else "it has none"
            raise ParameterError(f"{file} has no reward {quoted(wanted)}; {near or told}")
        return place, f"kept, {quoted(names[place])} of the file"
    if len(names) == 1:
        return 0, f"kept, {quoted(names[0])} of the file"
    if not names:
        return None, ""
    return None, f"not kept: the file has {len(names)}, {shorten(names)}; reward= names one"
