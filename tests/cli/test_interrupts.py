"""Signals whose exception Python drops."""

from __future__ import annotations

import signal
import threading

import pytest
from lost_signals import ctrl_c_heard, lose

from mdppower.cli.interrupts import remembered


def test_a_lost_signal_is_remembered():
    """The negative control is `lose` itself: nothing is raised by it."""
    with ctrl_c_heard():
        lose(signal.SIGINT)
        with remembered() as heard:
            assert heard == []
            lose(signal.SIGINT)
            with pytest.raises(KeyboardInterrupt):  # and does what it did before
                signal.raise_signal(signal.SIGINT)
        assert heard == [signal.SIGINT, signal.SIGINT]
        lose(signal.SIGINT)
        assert len(heard) == 2


@pytest.mark.parametrize("handler", [signal.SIG_IGN, signal.default_int_handler])
def test_handlers_are_left_as_they_were(handler):
    before = signal.signal(signal.SIGINT, handler)
    try:
        with remembered() as heard:
            ignored = handler == signal.SIG_IGN
            assert (signal.getsignal(signal.SIGINT) == handler) is ignored  # what is ignored stays so
        assert signal.getsignal(signal.SIGINT) == handler
        assert heard == []
    finally:
        signal.signal(signal.SIGINT, before)


def test_another_thread_hears_nothing():
    seen = []

    def work():
        with remembered() as heard:
            seen.append(heard)

    thread = threading.Thread(target=work)
    thread.start()
    thread.join()
    assert seen == [[]]
