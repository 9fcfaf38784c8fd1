"""A run over several discount rates of which one cannot be certified: the others are not lost with it."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Any, TypeVar

from mdppower.errors import MDPPowerError, SolverError

T = TypeVar("T")


def certified_rates(run: Callable[[tuple[float, ...]], Iterator[T]], gammas: tuple[float, ...]) -> Iterator[T]:
    """Run at all rates; where some cannot be certified, at the others, which the error carries then.

    The run begins anew without the rate that failed, so that what is carried has the bits of a run of its own.

    Parameters
    ----------
    run : callable
        From rates to what is known of them, in steps. Its draws are fixed: each call sees the same.
    gammas : tuple of float

    Yields
    ------
    What `run` yields for all rates; from where one fails, for the others.

    Raises
    ------
    SolverError
        A rate could not be certified. ``estimate`` has what `run` yields at last for the others, or what was finished
        where there are none; ``failures`` has an error for each rate without result.

    Examples
    --------
    >>> def run(rates):
    ...     yield "first", rates
    ...     if 1.0 in rates:
    ...         raise SolverError("too slow", gamma=1.0)
    ...     yield "second", rates
    >>> try:
    ...     for found in certified_rates(run, (0.5, 1.0)):
    ...         print(found)
    ... except SolverError as error:
    ...     print(error, error.estimate, list(error.failures))
    ('first', (0.5, 1.0))
    ('second', (0.5,))
    too slow ('second', (0.5,)) [1.0]
    """
    failures: dict[float, SolverError] = {}
    found: Any = None
    given = 0
    while len(failures) < len(set(gammas)):
        rates = tuple(gamma for gamma in gammas if gamma not in failures)
        try:
            for step, found in enumerate(run(rates)):
                if step >= given:
                    given += 1
                    yield found
        except SolverError as error:
            if error.gamma not in rates:
                raise
            failures[error.gamma] = error
            found = error.estimate
            continue
        except MDPPowerError as error:
            if not failures:
                raise
            raise _all_of(failures, error.estimate, f"; {error}") from error
        if not failures:
            return
        break
    raise _all_of(failures, found)


def _all_of(failures: dict[float, SolverError], found: Any, more: str = "") -> SolverError:
    """One error for all rates that failed."""
    first = next(iter(failures.values()))
    message = "; ".join(dict.fromkeys(map(str, failures.values()))) + more
    first.estimate, first.failures = found, failures
    return first.said(message)
