"""A run over several discount rates of which one cannot be certified: the others are not lost with it."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, TypeVar

from mdppower.errors import MDPPowerError, SolverError

T = TypeVar("T")


def certified_rates(run: Callable[[tuple[float, ...]], T], gammas: tuple[float, ...]) -> T:
    """Run at all rates; where some cannot be certified, at the others, which the error carries then.

    The run begins anew without the rate that failed, so that what is carried has the bits of a run of its own.

    Parameters
    ----------
    run : callable
        From rates to what is known of them. Its draws are fixed: each call sees the same.
    gammas : tuple of float

    Returns
    -------
    What `run` returns for all rates.

    Raises
    ------
    SolverError
        A rate could not be certified. ``estimate`` has what `run` returns for the others, or what was finished where
        there are none; ``failures`` has an error for each rate without result.

    Examples
    --------
    >>> def run(rates):
    ...     if 1.0 in rates:
    ...         raise SolverError("too slow", gamma=1.0)
    ...     return rates
    >>> try:
    ...     certified_rates(run, (0.5, 0.9, 1.0))
    ... except SolverError as error:
    ...     print(error, error.estimate, list(error.failures))
    too slow (0.5, 0.9) [1.0]
    """
    failures: dict[float, SolverError] = {}
    found: Any = None
    while len(failures) < len(set(gammas)):
        rates = tuple(gamma for gamma in gammas if gamma not in failures)
        try:
            found = run(rates)
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
            return found  # type: ignore[no-any-return]
        break
    raise _all_of(failures, found)


def _all_of(failures: dict[float, SolverError], found: Any, more: str = "") -> SolverError:
    """One error for all rates that failed."""
    first = next(iter(failures.values()))
    message = "; ".join(dict.fromkeys(map(str, failures.values()))) + more
    first.estimate, first.failures = found, failures
    return first.said(message)
