"""How much a command says beside its answer: ``--verbose``, ``--quiet``, and what is said without either.

============= ==========================================================================================
nothing       warnings and notes; in a terminal also what a run waits for and goes on from, and a bar
``--verbose`` also what the library does: solvers, iterations, times
``--quiet``   nothing but the answer and errors
============= ==========================================================================================
"""

from __future__ import annotations

import logging
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import click

from mdppower._text import printable

_LIBRARY = logging.getLogger("mdppower")


class _Lines(logging.Handler):
    """Messages as lines on standard error, beside a progress bar if there is one."""

    def emit(self, record: logging.LogRecord) -> None:
        from tqdm import tqdm

        where = f"{record.name.removeprefix('mdppower.')}: " if record.levelno < logging.INFO else ""
        tqdm.write(f"mdppower: {where}{printable(record.getMessage())}", file=sys.stderr)


_LINES = _Lines()


@contextmanager
def listening() -> Iterator[None]:
    """Show the library's messages while a command runs."""
    before = _LIBRARY.level
    _LIBRARY.addHandler(_LINES)
    _show(logging.INFO if sys.stderr is not None and sys.stderr.isatty() else logging.WARNING)
    try:
        yield
    finally:
        _LIBRARY.removeHandler(_LINES)
        _LIBRARY.setLevel(before)


def is_quiet() -> bool:
    """Whether nothing is to be said but the answer and errors."""
    return _LINES in _LIBRARY.handlers and _LINES.level >= logging.ERROR


def add_loudness(command: click.Command) -> None:
    """Add ``--verbose`` and ``--quiet`` to a command."""
    command.params += [
        click.Option(
            ["--verbose"], is_flag=True, is_eager=True, expose_value=False, callback=_verbose,
            help="Say what is done: solvers, iterations, times.",
        ),
        click.Option(
            ["--quiet"], is_flag=True, is_eager=True, expose_value=False, callback=_quiet,
            help="Say nothing but the answer and errors: no bar, no warnings, no notes.",
        ),
    ]  # fmt: skip


def _verbose(context: click.Context, option: click.Parameter, given: bool) -> None:
    if given:
        _refuse_both(is_quiet())
        _show(logging.DEBUG)


def _quiet(context: click.Context, option: click.Parameter, given: bool) -> None:
    if given:
        _refuse_both(_LINES.level == logging.DEBUG)
        _show(logging.ERROR)


def _refuse_both(other: bool) -> None:
    if other:
        raise click.UsageError("give --verbose or --quiet, not both")


def _show(level: int) -> None:
    _LINES.setLevel(level)
    _LIBRARY.setLevel(level)


def unless_quiet(context: click.Context, option: click.Parameter, value: Any) -> Any:
    """Of the option of a progress bar: none with ``--quiet``."""
    return False if is_quiet() else value
