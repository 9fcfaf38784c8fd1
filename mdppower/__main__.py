"""``python -m mdppower`` is the command ``mdppower``."""

from mdppower.cli import main

main()
