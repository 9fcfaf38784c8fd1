"""The command ``mdppower``: where it starts, and how it ends.

Every mistake of the user ends in one line on standard error and exit status 2; `mdppower --help` has the others.
"""

from __future__ import annotations

import errno
import os
import signal
import sys
import threading
import warnings
from collections.abc import Sequence
from typing import Any, NoReturn

import click

from mdppower._text import printable
from mdppower.cli import (  # noqa: F401  (they add commands)
    bounds,
    coin_flips,
    convert,
    environments,
    explorer,
    learning,
    monitor,
    multiagent,
    optimality,
    power,
    rivals,
    runs,
    sensitivity,
    theorems,
)
from mdppower.cli.characters import survive_any_encoding
from mdppower.cli.completion import add_completion
from mdppower.cli.group import PartlyDone, cli
from mdppower.cli.loudness import add_loudness, is_quiet, listening
from mdppower.errors import MDPPowerError, MDPPowerWarning

for _command in (cli, *cli.commands.values()):
    add_loudness(_command)
    add_completion(_command)


class _Terminated(KeyboardInterrupt):
    """SIGTERM: ends a run as Ctrl-C does, and is remembered for the exit status."""

    seen = False


def _terminate(signum: int, frame: Any) -> NoReturn:
    _Terminated.seen = True
    raise _Terminated


def main(args: Sequence[str] | None = None) -> NoReturn:
    """Run the command line; every mistake of the user is one line and exit status 2."""
    survive_any_encoding()
    if threading.current_thread() is threading.main_thread():
        signal.signal(signal.SIGTERM, _terminate)
    with warnings.catch_warnings(), listening():
        warnings.simplefilter("always", MDPPowerWarning)
        warnings.showwarning = _show_warning
        code = _run(args)
    sys.exit(143 if code == 130 and _Terminated.seen else code)


def _run(args: Sequence[str] | None) -> int:
    """Run the command line; return the exit status."""
    try:
        code = cli.main(args=None if args is None else list(args), prog_name="mdppower", standalone_mode=False)
    except click.exceptions.NoArgsIsHelpError as error:
        click.echo(error.format_message())
        code = 2
    except click.ClickException as error:
        code = _complain(error.format_message())
    except click.Abort:
        code = _interrupted()
    except PartlyDone as error:
        code = _complain(str(error), 3)
    except MDPPowerError as error:
        code = _complain(str(error))
    except MemoryError:
        code = _complain("not enough memory")
    except BrokenPipeError:
        # The reader (head, less) has gone; so that Python does not complain at exit either:
        _give_up_stdout()
        code = 1
    except OSError as error:
        if error.errno != errno.ENOSPC:
            raise
        _give_up_stdout()
        code = _complain(f"cannot write: {error.strerror}")
    except KeyboardInterrupt:
        code = _interrupted()
    return code if isinstance(code, int) else 0


def _give_up_stdout() -> None:
    os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())


def _complain(message: str, code: int = 2) -> int:
    click.echo(f"mdppower: error: {printable(' '.join(message.split()))}", err=True)
    return code


def _interrupted() -> int:
    click.echo("mdppower: interrupted before there was anything to print", err=True)
    return 130


def _show_warning(message: Warning | str, category: type[Warning], *place: Any, **more: Any) -> None:
    if is_quiet():
        return
    name = "warning" if issubclass(category, MDPPowerWarning) else f"warning ({category.__name__})"
    click.echo(f"mdppower: {name}: {printable(' '.join(str(message).split()))}", err=True)
