"""One computation at a time, and the newest: what is asked ends what was asked before.

All of them are made by one thread, so that a newer one begins when the older has ended: that takes as long as work
takes to look at its flag (`mdppower._stop`). What was asked in between, and was never begun, ends without a message.
"""

from __future__ import annotations

import asyncio
import logging
import threading
from collections.abc import AsyncIterator, Callable, Generator
from contextlib import closing
from queue import SimpleQueue
from typing import Generic, TypeVar

from mdppower._stop import Stopped, Switch

_LOG = logging.getLogger(__name__)
T = TypeVar("T")
Made = Callable[[Switch], Generator[T, None, None]]
"""A generator function: each message better than the last, until it is done or the switch is told."""


class OneAtATime(Generic[T]):
    """A thread that makes the messages of whoever asked last.

    Examples
    --------
    >>> async def last():
    ...     one = OneAtATime()
    ...     asked = [one.ask(lambda switch, n=n: (x for x in (n, n * n))) for n in (2, 3)]
    ...     told = [[message async for message in each] for each in asked]
    ...     return told, one.close(1)
    >>> asyncio.run(last())
    ([[], [3, 9]], True)
    """

    def __init__(self) -> None:
        self._waiting: SimpleQueue[Asked[T] | None] = SimpleQueue()
        self._newest: Asked[T] | None = None
        # A daemon: what cannot be stopped, a compilation, is not to keep the process alive.
        self._thread = threading.Thread(target=self._work, name="explorer: answers", daemon=True)
        self._thread.start()

    def ask(self, made: Made[T]) -> Asked[T]:
        """Messages of a new question, in the running event loop; those of the one before end."""
        if self._newest is not None:
            self._newest.stop()
        self._newest = Asked(made)
        self._waiting.put(self._newest)
        return self._newest

    def stop(self) -> None:
        """End what is being made."""
        if self._newest is not None:
            self._newest.stop()

    def close(self, timeout: float) -> bool:
        """End the thread; whether it has ended within so many seconds."""
        self.stop()
        self._waiting.put(None)
        self._thread.join(timeout)
        return not self._thread.is_alive()

    def _work(self) -> None:
        while (asked := self._waiting.get()) is not None:
            asked.work()


class Asked(Generic[T]):
    """The messages of one question: an asynchronous iterator, which ends early if it is stopped."""

    def __init__(self, made: Made[T]) -> None:
        self.switch = Switch()
        self._made = made
        self._loop = asyncio.get_running_loop()
        self._messages: asyncio.Queue[T | None] = asyncio.Queue()

    def stop(self) -> None:
        """End it, from any thread; there is no message after this."""
        self.switch.tell()
        self._put(None)

    def work(self) -> None:
        """Make the messages, in the thread for that."""
        try:
            if not self.switch.told:
                with closing(self._made(self.switch)) as messages:
                    for message in messages:
                        if self.switch.told:
                            break
                        self._put(message)
        except Stopped:
            pass
        except Exception:  # it is its maker's to tell; the thread goes on for whoever asks next
            _LOG.warning("an answer ended by a fault", exc_info=True)
        finally:
            self._put(None)

    def _put(self, message: T | None) -> None:
        try:
            self._loop.call_soon_threadsafe(self._messages.put_nowait, message)
        except RuntimeError:  # the loop is closed: nobody listens
            self.switch.tell()

    async def __aiter__(self) -> AsyncIterator[T]:
        """The messages, until the last or until it is stopped."""
        while (message := await self._messages.get()) is not None:
            yield message
