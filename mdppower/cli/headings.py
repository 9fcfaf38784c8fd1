"""Options under headings in ``--help``: those of the question, of the run, of what comes out, of kinds of ENV."""

from __future__ import annotations

from collections.abc import Callable
from functools import wraps
from typing import Any

import click

QUESTION = "Options"
RUN = "Run"
OUTPUT = "Output"
PICTURE = "Picture"
MAPS = "Text maps, mazes and open floors"
GYMNASIUM = "Gymnasium environments, and module:Name"
GENERAL = "General"
ORDER = (QUESTION, RUN, OUTPUT, PICTURE, MAPS, GYMNASIUM, GENERAL)


def under(heading: str) -> Callable[[Callable[[Any], Any]], Callable[[Any], Any]]:
    """Put the options that a decorator of commands adds under a heading, but for those that have one.

    Examples
    --------
    >>> seed_option = under(RUN)(click.option("--seed"))
    """

    def decorate(add: Callable[[Any], Any]) -> Callable[[Any], Any]:
        @wraps(add)
        def added(command: Any) -> Any:
            before = list(getattr(command, "__click_params__", ()))
            command = add(command)
            for option in command.__click_params__:
                if option not in before:
                    vars(option).setdefault("heading", heading)
            return command

        return added

    return decorate


def heading_of(option: click.Parameter) -> str:
    """The heading that an option was put under; else that of the question, or the general one of --help and the like.

    Examples
    --------
    >>> heading_of(click.Option(["--state"]))
    'Options'
    """
    return str(vars(option).get("heading", GENERAL if option.is_eager else QUESTION))


class HeadedCommand(click.Command):
    """A command whose help has its options under headings."""

    def format_options(self, ctx: click.Context, formatter: click.HelpFormatter) -> None:
        """Write the options, heading by heading."""
        found: dict[str, list[tuple[str, str]]] = {heading: [] for heading in ORDER}
        for option in self.get_params(ctx):
            record = option.get_help_record(ctx) if isinstance(option, click.Option) else None
            if record is not None:
                found[heading_of(option)].append(record)
        for heading, records in found.items():
            if records:
                with formatter.section(heading):
                    formatter.write_dl(records)
