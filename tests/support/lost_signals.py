"""Signals that Python loses, made to order."""

from __future__ import annotations

import signal
import sys
import weakref
from contextlib import contextmanager

import pytest


@contextmanager
def ctrl_c_heard():
    """Ctrl-C as a terminal has it: where tests run in the background it may be ignored."""
    before = signal.signal(signal.SIGINT, signal.default_int_handler)
    try:
        yield
    finally:
        signal.signal(signal.SIGINT, before)


def lose(number):
    """Let a signal come in a callback of the interpreter's own, where its exception is dropped."""
    lost = []
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(sys, "unraisablehook", lambda dropped: lost.append(dropped.exc_type))
        thing = type("Thing", (), {})()
        kept = weakref.ref(thing, lambda reference: signal.raise_signal(number))
        del thing
    assert kept() is None
    assert [issubclass(kind, KeyboardInterrupt) for kind in lost] == [True]
