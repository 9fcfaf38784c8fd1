"""The command that opens the explorer: a page in the browser, served on this machine alone.

A thin wrapper of `mdppower.explorer`; importing this file adds it to the group.
"""

from __future__ import annotations

import os
import signal
import sys
import threading
from importlib.util import find_spec
from typing import NoReturn

import click

from mdppower.cli.group import cli, tell
from mdppower.cli.headings import RUN, under
from mdppower.cli.interrupts import remembered
from mdppower.cli.options import workers_option
from mdppower.errors import ParameterError

NEEDED = ("starlette", "uvicorn")
EXAMPLES = """\b
A named map, a map of your own, a link from the page:
  mdppower explore four-rooms
  mdppower explore room.txt --no-browser
  mdppower explore "#v=1&map=..._.-.&gamma=0.5"
On another machine: ssh -L 8712:127.0.0.1:8712 there, and open the address here.
"""


@under(RUN)
def _run_options(command: click.Command) -> click.Command:
    for option in (
        workers_option,
        click.option("--no-browser", is_flag=True, help="Only print the address."),
        click.option(
            "--port", type=click.IntRange(0, 65535),
            help="Where the page is served on 127.0.0.1; the next free one if it is taken. Default: 8712.",
        ),
    ):  # fmt: skip
        command = option(command)
    return command


@cli.command(epilog=EXAMPLES)
@click.argument("world", required=False, metavar="[NAME|FILE|STATE]")
@_run_options
def explore(world: str | None, port: int | None, no_browser: bool, workers: int) -> None:
    """Open a page to draw a gridworld on, whose POWER redraws at once, with its error.

    It shows a named map, the text map of a file, or the STATE in a link from the page; else a small maze. Only this
    machine can reach it, and nothing leaves it; Ctrl-C ends it. It needs pip install "mdppower[explorer]".

    In Python: mdppower.refine gives the same numbers in steps.
    """
    missing = [name for name in NEEDED if find_spec(name) is None]
    if missing:
        raise ParameterError(f'{" and ".join(missing)} missing: pip install "mdppower[explorer]"')
    explorer = None
    try:
        with remembered() as heard:
            import webbrowser

            from mdppower.explorer.named_maps import link_of
            from mdppower.explorer.server import PORT, Explorer, Server, desk, listen

            link = "" if world is None else link_of(world)
            with listen(port) as listening:
                explorer = Explorer(desk(workers))
                server = Server(explorer, listening)
                wanted = PORT if port is None else port
                if server.port != wanted != 0:
                    tell(f"mdppower: port {wanted} is taken; this is {server.port}", err=True)
                click.echo(server.address + link)
                tell("mdppower: the page is there until Ctrl-C", err=True)
                if not no_browser and _has_display():
                    # Some browsers are waited for until they are closed.
                    threading.Thread(target=webbrowser.open, args=(server.address + link,), daemon=True).start()
                if heard:
                    raise KeyboardInterrupt
                server.run()
    except KeyboardInterrupt as error:
        # Threads of one that is half made, too, would be waited for at the end of Python.
        if explorer is None or not explorer.close(0.5):
            _leave(130 if type(error) is KeyboardInterrupt and signal.SIGTERM not in heard else 143)
        raise click.exceptions.Exit(130) from None


def _has_display() -> bool:
    """Whether a browser has a screen to open on, and not this terminal."""
    if sys.platform in ("win32", "darwin"):
        return True
    return any(os.environ.get(name) for name in ("DISPLAY", "WAYLAND_DISPLAY", "BROWSER"))


def _leave(status: int) -> NoReturn:
    """End the process while a compilation goes on in it, which cannot be told to stop."""
    sys.stdout.flush()
    sys.stderr.flush()
    os._exit(status)
