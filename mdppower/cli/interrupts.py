"""Ctrl-C and SIGTERM that Python loses: they are remembered, so that one is enough.

A signal's handler raises wherever the main thread is. In a callback of the interpreter's own, such as that of an
import's lock, the exception is printed and dropped ("Exception ignored in"), and all goes on as if nothing had been
pressed. So where modules are imported, which takes a second, signals are remembered, and asked for afterwards.
"""

from __future__ import annotations

import signal
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from types import FrameType


@contextmanager
def remembered() -> Iterator[list[int]]:
    """The signals that have come meanwhile; each does what it did before, too.

    Examples
    --------
    >>> before = signal.signal(signal.SIGINT, signal.default_int_handler)  # in the background it may be ignored
    >>> with remembered() as heard:
    ...     try:
    ...         signal.raise_signal(signal.SIGINT)
    ...     except KeyboardInterrupt:
    ...         pass
    >>> heard == [signal.SIGINT]
    True
    >>> _ = signal.signal(signal.SIGINT, before)
    """
    heard: list[int] = []
    usual = {}
    if threading.current_thread() is threading.main_thread():
        usual = {number: signal.getsignal(number) for number in (signal.SIGINT, signal.SIGTERM)}

    def remember(number: int, frame: FrameType | None) -> None:
        heard.append(number)
        handler = usual[signal.Signals(number)]
        if callable(handler):
            handler(number, frame)

    ours = [
        number for number, handler in usual.items() if callable(handler)
    ]  # others are ignored, or end all at once
    for number in ours:
        signal.signal(number, remember)
    try:
        yield heard
    finally:
        for number in ours:
            signal.signal(number, usual[number])
