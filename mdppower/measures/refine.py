"""Estimates that arrive in steps: for a page that redraws, or for whoever wants to see when it is enough."""

from __future__ import annotations

import inspect
from collections.abc import Callable, Generator, Sequence
from typing import Any

from mdppower.errors import ParameterError
from mdppower.measures.power import power
from mdppower.montecarlo.run_loop import Conduct
from mdppower.montecarlo.steps import Steps, check_looks, steps_of

_CONDUCT = ("workers", "executor", "progress", "store", "key")


def refine(
    *question: Any, looks: Sequence[int] = (256, 1024, 4096), of: Callable[..., Any] = power, **options: Any
) -> Generator[Any, None, None]:
    """Estimates of the same question, each from more draws than the one before.

    On the command line: ``mdppower explore`` opens a page that redraws so.

    Parameters
    ----------
    *question
        The arguments of `of`: for POWER ``mdp, gamma, rewards``, for `compare` ``A, B, rewards``.
    looks : sequence of int
        Draws after which an estimate is given, increasing; each is rounded up to whole replicates, and to two at
        least, and those that are the same then are one.
    of : callable
        `power`, `action_optimality`, `compare`, or `mdppower.sensitivity.difference`.
    **options
        The other arguments of `of`: ``rng``, ``method``, ``sampler``, ``workers``, ``executor``, ``store``, …

    Returns
    -------
    generator
        Of what `of` returns. The last is that of ``of(…, samples=looks[-1])`` in all bits, its interval included; the
        earlier ones have wider intervals, so that all of them hold together (see `mdppower.montecarlo.steps`).
        ``close()`` may be called from any thread, while the next estimate is computed too; it ends the work within a
        replicate, and waits for that. A ``with`` statement closes it.

    Raises
    ------
    ParameterError
        `looks` is empty, does not increase, or holds what is no positive integer; ``samples``, ``precision`` or
        ``max_samples`` is given; `of` is another function. And all that `of` raises.
    TypeError
        `of` does not take these arguments.

    Examples
    --------
    >>> import mdppower as mp
    >>> for estimate in mp.refine(mp.envs.fork(3), 0.9, looks=(64, 256, 1024), rng=0):
    ...     print(estimate.samples, estimate.mean[0].round(2))
    128 0.74
    256 0.75
    1024 0.75
    >>> bool((estimate.mean == mp.power(mp.envs.fork(3), 0.9, samples=1024, rng=0).mean).all())
    True
    """
    for name in ("samples", "precision", "max_samples"):
        if options.pop(name, None) is not None:
            raise ParameterError(f"{name} is not for refine: looks says how many draws, and when to look")
    given, steps = check_looks(looks), steps_of(of)
    try:
        inspect.signature(of).bind(*question, **options)
    except TypeError as error:
        raise TypeError(f"{of.__name__}(): {error}") from None
    conduct = Conduct(**{name: options.pop(name) for name in _CONDUCT if name in options})
    return Steps(steps(given, conduct, *question, **options), conduct.switch)
