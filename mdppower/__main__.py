"""Where the command ``mdppower`` starts, and ``python -m mdppower``: Ctrl-C is quiet from the first import on."""

from __future__ import annotations

import sys


def main() -> None:
    """Run the command line."""
    try:
        from mdppower.cli.interrupts import remembered

        with remembered() as heard:
            from mdppower.cli.main import main as run

            if heard:
                raise KeyboardInterrupt

        run()
    except KeyboardInterrupt:
        sys.exit(130)


if __name__ == "__main__":
    main()
