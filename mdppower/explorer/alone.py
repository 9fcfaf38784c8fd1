"""Pieces of work of which the process does one at a time, that can be stopped, and whose warnings are heard.

Warnings are collected by what belongs to the whole process (`warnings.catch_warnings`), so that two questions must
not be at it at once.
"""

from __future__ import annotations

import threading
import warnings
from collections.abc import Callable
from typing import TypeVar

from mdppower._stop import Switch, with_flag
from mdppower.errors import MDPPowerWarning

T = TypeVar("T")

WAIT = 0.05
"""Seconds between two looks at the switch, while other work is done."""

_ONE = threading.Lock()


def alone(switch: Switch, work: Callable[[], T]) -> tuple[T, list[str]]:
    """Do a piece of work when no other is done.

    Parameters
    ----------
    switch : Switch
        Told, it ends the wait, and the work as far as that looks at its flag (`mdppower._stop`).
    work : callable

    Returns
    -------
    object
        What the work gives.
    notes : list of str
        What the library has warned of meanwhile; other warnings go on to whom they are for.

    Raises
    ------
    Stopped
        The switch was told.

    Examples
    --------
    >>> import mdppower as mp
    >>> mdp, notes = alone(Switch(), lambda: mp.envs.gridworld("...#b"))
    >>> print(notes[0].partition(";")[0])
    map: no cell is beside the mark b (line 1, column 5)
    """
    while not _ONE.acquire(timeout=WAIT):
        switch.heed()
    try:
        switch.heed()
        with warnings.catch_warnings(record=True) as caught:
            warnings.simplefilter("always", MDPPowerWarning)
            found = with_flag(switch.flag(), lambda _: work())(None)
    finally:
        _ONE.release()
    for one in caught:
        if not issubclass(one.category, MDPPowerWarning):
            warnings.warn_explicit(one.message, one.category, one.filename, one.lineno)
    return found, [str(one.message) for one in caught if issubclass(one.category, MDPPowerWarning)]
