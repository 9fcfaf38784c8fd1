"""``python -m mdppower`` is the command ``mdppower``."""

from mdppower.cli.main import main

main()
