"""Estimates in steps: after some draws, after more, and after all of them, each step going on from the last.

All looks together are to be trusted, not each alone. The last one has the interval of a run that was looked at once,
in all bits; the earlier ones share an eighth of its level α among them. So all of them hold at once with probability
1 − 9α/8 at least (Bonferroni): 94.4 % where the last holds with 95 %.
"""

from __future__ import annotations

import operator
import threading
from collections.abc import Callable, Generator, Iterator, Sequence
from itertools import pairwise
from typing import Any, TypeVar

from mdppower._stop import Stopped, Switch
from mdppower.errors import ParameterError
from mdppower.montecarlo.run_loop import Conduct

T = TypeVar("T")
Function = TypeVar("Function", bound=Callable[..., Any])

PAID = 8
"""The earlier looks share this part of the last one's level."""

STEPS: dict[Callable[..., Any], Callable[..., Iterator[Any]]] = {}
"""Of functions with draws, what gives their results in steps: called with looks, a Conduct, and their arguments."""


def in_steps(of: Callable[..., Any]) -> Callable[[Function], Function]:
    """Say that the decorated generator gives the results of a function in steps."""

    def remember(steps: Function) -> Function:
        STEPS[of] = steps
        return steps

    return remember


def check_looks(looks: Any) -> tuple[int, ...]:
    """Numbers of draws, as a tuple.

    Raises
    ------
    ParameterError
        They are none, not positive integers, or not increasing.

    Examples
    --------
    >>> check_looks([256, 1024])
    (256, 1024)
    """
    try:
        given = tuple(looks)
    except TypeError:
        raise ParameterError(f"looks must be a sequence of numbers of draws, got {looks!r}") from None
    if not given or isinstance(looks, str):
        raise ParameterError(f"looks must be one number of draws or more, got {looks!r}")
    for look in given:
        if isinstance(look, bool) or not hasattr(look, "__index__") or look < 1:
            raise ParameterError(f"looks must be positive integers, got {look!r}")
    for before, after in pairwise(given):
        if after <= before:
            raise ParameterError(f"looks must increase, got {after} after {before}")
    return tuple(map(operator.index, given))


def replicates_at(looks: Sequence[int], size: int, least: int = 2) -> list[int]:
    """Replicates of so many draws at each look, rounded up, `least` at least; looks at the same replicates are one.

    Examples
    --------
    >>> replicates_at([64, 100, 4096], 64)
    [2, 64]
    """
    return list(dict.fromkeys(max(least, -(-look // size)) for look in looks))


class Steps(Generator[T, None, None]):
    """Results that come in steps, like a generator, which `close` ends at once, from any thread.

    Parameters
    ----------
    results : generator
    switch : Switch
        Ends the work that they come from.

    Examples
    --------
    >>> steps = Steps((k for k in range(3)), Switch())
    >>> next(steps)
    0
    >>> steps.close()
    >>> list(steps)
    []
    """

    def __init__(self, results: Iterator[T], switch: Switch) -> None:
        self._results = (result for result in results)
        self._switch, self._lock = switch, threading.Lock()

    def send(self, value: None) -> T:
        """The next result; the end, where `close` was called meanwhile."""
        with self._lock:
            if self._switch.told:
                self._results.close()
            try:
                return next(self._results)
            except Stopped:
                raise StopIteration from None

    def throw(self, *error: Any) -> T:
        """Raise an error where the results come from."""
        with self._lock:
            return self._results.throw(*error)

    def close(self) -> None:
        """End the work, inside a replicate, and wait for that end: no thread is left."""
        self._switch.tell()
        with self._lock:
            self._results.close()

    def __enter__(self) -> Steps[T]:
        return self

    def __exit__(self, *error: object) -> None:
        self.close()


def no_draws(looks: Sequence[int], conduct: Conduct, **others: bool) -> None:
    """Raise ParameterError for what is asked of draws where a method makes none."""
    for name, given in {"looks": len(looks) > 1, "store": conduct.store is not None, **others}.items():
        if given:
            raise ParameterError(f"{name} is about draws; method='exact' makes none")


def paid_by(count: int, schedule: Sequence[int]) -> int:
    """By what the level of a look at so many replicates is divided; the last look of a schedule is as if alone.

    Examples
    --------
    >>> [paid_by(count, [4, 16, 64]) for count in (4, 16, 64)], paid_by(3, [64])
    ([16, 16, 1], 1)
    """
    return 1 if count >= schedule[-1] or len(schedule) == 1 else PAID * (len(schedule) - 1)


def steps_of(of: Any) -> Callable[..., Iterator[Any]]:
    """What gives the results of a function in steps, or ParameterError."""
    try:
        return STEPS[of]
    except (KeyError, TypeError):
        told = getattr(of, "__name__", repr(of))
        raise ParameterError(
            "of must be a function with draws that can be looked at: power, action_optimality, compare, or "
            f"sensitivity.difference; not {told}"
        ) from None
