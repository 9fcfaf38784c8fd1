"""Work that can be stopped: a flag that long loops look at, compiled ones included.

Python hands a signal to the main thread when that is back in the interpreter, and a compiled loop is not, for as long
as it runs. So long work is done in another thread, by a function `with_flag`; whoever gives it up sets the flag, and
the loops, which read it once an improvement, end within a fraction of a second. What they leave is of no use:
`stop_if_told` says so by `Stopped`.

The flag belongs to a context (`contextvars`), so that each piece of work has its own.
"""

from __future__ import annotations

from collections.abc import Callable
from contextvars import ContextVar, copy_context
from typing import Any, TypeAlias, TypeVar

import numpy as np
import numpy.typing as npt

T = TypeVar("T")
Flag: TypeAlias = "npt.NDArray[np.int8]"
"""(1,) array; not 0 when loops are to end."""


def new_flag() -> Flag:
    """A flag that is not set."""
    return np.zeros(1, np.int8)


_FLAG: ContextVar[Flag] = ContextVar("stop", default=new_flag())  # noqa: B039  (it is never set)


class Stopped(Exception):
    """Raised in work that was told to stop; whoever told it so does not wait for the result."""


class Switch:
    """Ends all work of one run, what is going on and what would begin, from any thread.

    Examples
    --------
    >>> switch = Switch()
    >>> before = switch.flag()
    >>> switch.tell()
    >>> before.item(), switch.flag().item(), switch.told
    (1, 1, True)
    """

    def __init__(self) -> None:
        self.told = False
        self._flags: list[Flag] = []

    def flag(self) -> Flag:
        """A flag for a piece of work."""
        flag = new_flag()
        self._flags.append(flag)
        if self.told:  # looked at after the flag is in the list: `tell` sets it, or it is set here
            flag[0] = 1
        return flag

    def tell(self) -> None:
        """Set the flags of all work, that to come included."""
        self.told = True
        for flag in list(self._flags):
            flag[0] = 1

    def heed(self) -> None:
        """Raise Stopped if it was told."""
        if self.told:
            raise Stopped


def with_flag(flag: Flag, function: Callable[[Any], T]) -> Callable[[Any], T]:
    """The function, done in a copy of this context that has the flag; any number of threads may call it.

    Examples
    --------
    >>> flag = new_flag()
    >>> flag[0] = 1
    >>> try:
    ...     with_flag(flag, lambda x: stop_if_told())(0)
    ... except Stopped:
    ...     print("stopped")
    stopped
    >>> stop_if_told()
    """
    context = copy_context()
    context.run(_FLAG.set, flag)
    return lambda item: context.copy().run(function, item)


def stop_flag() -> Flag:
    """The flag of the work that is being done here, for kernels."""
    return _FLAG.get()


def stop_if_told() -> None:
    """Raise Stopped if the work that is being done here is to end."""
    if _FLAG.get()[0]:
        raise Stopped
