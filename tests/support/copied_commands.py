"""Commands that are copied from the page, run in a shell.

A new interpreter that imports the library takes seconds, so the `mdppower` that the shell finds may be one that hands
its arguments and its input to the process of the test, where the same command runs.
"""

from __future__ import annotations

import os
import subprocess
import sys
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from multiprocessing.connection import Client, Listener
from pathlib import Path

from click.testing import CliRunner

from mdppower.cli.main import cli

PROGRAM = """#!{python} -IS
import sys
from multiprocessing.connection import Client
with Client({address!r}) as test:
    test.send((sys.argv[1:], sys.stdin.buffer.read()))
    code, out, err = test.recv()
sys.stdout.write(out)
sys.stderr.write(err)
sys.exit(code)
"""


def ran_in_shell(command: str, folder: Path, programs: Path = Path(sys.executable).parent) -> str:
    """What a command prints, with the `mdppower` of this environment, or of another folder of programs."""
    environment = os.environ | {"PATH": f"{programs}{os.pathsep}{os.environ['PATH']}"}
    done = subprocess.run(
        ["sh", "-c", command],
        cwd=folder, env=environment, stdin=subprocess.DEVNULL, capture_output=True, text=True, timeout=120,
    )  # fmt: skip
    assert done.returncode == 0, done.stderr
    return done.stdout


@contextmanager
def program_of_this_process(folder: Path) -> Iterator[Path]:
    """A folder with an `mdppower` that runs here, as long as the block lasts."""
    with Listener() as listener:

        def serve() -> None:
            while True:
                with listener.accept() as call:
                    if (told := call.recv()) is None:
                        return
                    arguments, given = told
                    done = CliRunner().invoke(cli, arguments, input=given)
                    call.send((done.exit_code, done.stdout, done.stderr))

        server = threading.Thread(target=serve)
        server.start()
        program = folder / "mdppower"
        program.write_text(PROGRAM.format(python=sys.executable, address=listener.address))
        program.chmod(0o755)
        try:
            yield folder
        finally:
            with Client(listener.address) as last:
                last.send(None)
            server.join()
