"""What an exact question is going to take, added up from sizes before it is spent, and shown while it is.

Exact numbers come in stages: policies are listed, their visits become fractions, the fractions' maxima are
integrated. Each stage knows the sizes of the next: so its seconds are added up for all states, rates and options
together before the first of them is begun. They are estimates, right within a factor of ten where it was tried.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import TypeVar

from mdppower._stop import stop_if_told
from mdppower.errors import SizeError
from mdppower.integrals.volumes import LIMIT

T = TypeVar("T")

_ENTRY_SECONDS = 1e-6  # of one step of an elimination in fractions, measured on one 2020s core


@dataclass
class ExactWork:
    """The work of one exact question.

    Parameters
    ----------
    what : str
        The question, for messages and the bar.
    progress : bool or None
        Whether to show a bar; None: in a terminal.
    advice : str
        What to do where it is too much.
    limit : float
        Most seconds.

    Examples
    --------
    >>> work = ExactWork("exact POWER of 3 states")
    >>> work.plan(1.0, "2 policies")
    >>> work.plan(300.0, "10,000 policies")
    Traceback (most recent call last):
    mdppower.errors.SizeError: exact POWER of 3 states takes about 3e+02 s or more (10,000 policies); the limit is \
300 s: leave out method='exact' for an estimate with its error
    """

    what: str
    progress: bool | None = False
    advice: str = "leave out method='exact' for an estimate with its error"
    seconds: float = 0.0
    limit: float = LIMIT

    def plan(self, seconds: float, sizes: str) -> None:
        """Add what is to come.

        Raises
        ------
        SizeError
            All that was planned takes more than `limit` seconds; the message has the last sizes.
        """
        self.seconds += seconds
        if self.seconds > self.limit:
            raise SizeError(
                f"{self.what} takes about {self.seconds:.2g} s or more ({sizes}); the limit is {self.limit:g} s: "
                f"{self.advice}"
            )

    def through(self, items: Sequence[T], unit: str, stage: str = "") -> Iterator[T]:
        """The items, under a bar; ends by `Stopped` where the work is told to stop.

        Parameters
        ----------
        items : sequence
        unit : str
            What an item is.
        stage : str
            Of what comes before the last stage, which has no name of its own.
        """
        from tqdm import tqdm

        hidden = None if self.progress is None else not self.progress
        title = f"{self.what}: {stage}" if stage else self.what
        with tqdm(desc=title, total=len(items), unit=f" {unit}", disable=hidden, leave=not stage) as bar:
            for item in items:
                stop_if_told()
                yield item
                bar.update()


def seconds_of_chains(policies: Sequence[dict[int, int]], terms: int = 1) -> float:
    """About how long it takes to make exact rows of closed policies, `terms` of an expansion each.

    Examples
    --------
    >>> seconds_of_chains([{0: 0, 1: 1}]) < 1e-4
    True
    """
    return sum(_ENTRY_SECONDS * (len(one) ** 3 + terms * len(one) ** 2) for one in policies)
