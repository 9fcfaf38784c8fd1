"""The command group, what ENV means, and how a map is printed."""

from __future__ import annotations

import difflib
import os
import shutil
import sys
from collections.abc import Callable, Mapping
from typing import TYPE_CHECKING, Any

import click

from mdppower import __version__
from mdppower._text import printable
from mdppower.cli.headings import HeadedCommand
from mdppower.cli.loudness import is_quiet
from mdppower.cli.options import parse_bias, parse_glyphs, parse_settings
from mdppower.cli.standard_input import build_from_standard_input
from mdppower.errors import MDPPowerError, ParameterError

if TYPE_CHECKING:
    from mdppower.mdp.model import RewardlessMDP


class Command(click.Group):
    """A group that suggests a near name for an unknown command; its commands have their options under headings."""

    command_class = HeadedCommand

    def resolve_command(self, ctx: click.Context, args: list[str]) -> Any:
        """Find the command, or say which one may have been meant."""
        name = args[0] if args else ""
        if args and self.get_command(ctx, name) is None and not name.startswith("-"):
            near = difflib.get_close_matches(name, self.list_commands(ctx), 1)
            hint = f"; did you mean {near[0]!r}?" if near else f"; commands: {', '.join(self.list_commands(ctx))}"
            raise click.UsageError(f"there is no command {name!r}{hint}")
        return super().resolve_command(ctx, args)


class PartlyDone(MDPPowerError):
    """Only a part of what was asked could be computed; it has been printed. Exit status 3."""


STATUSES = """\b
Exit status:
  0    done
  1    verify: a claim is violated
  2    nothing was computed: a mistake, or no value that could be certified
  3    only a part was, such as some of the discount rates, draws or claims; it is printed
  130  interrupted by Ctrl-C; what was finished is printed
  143  the same, by SIGTERM

\b
Completion of commands, options, environments and files, in bash (zsh and fish likewise):
  eval "$(_MDPPOWER_COMPLETE=bash_source mdppower)"
"""


@click.group(cls=Command, context_settings={"help_option_names": ["-h", "--help"]}, epilog=STATUSES)
@click.version_option(__version__, prog_name="mdppower")
def cli() -> None:
    """Measure how much POWER the states of a Markov decision process give an agent.

    ENV is a name that `mdppower envs` lists, a family member such as "open(20,20)" or "random(20,rng=1)", the id of a
    Gymnasium environment such as FrozenLake-v1, the path of a text map or of a file of an MDP (.toml, .nc; of other
    tools .gv, .dot, .npz, .tra, .drn), or module:Name for your own, such as myenvs:MyEnv-v0 or myenvs:make_mdp of a
    myenvs.py here. It is - for a text map or text of these from standard input: mdppower map - < room.txt
    """


def tell(text: str, *, err: bool = False) -> None:
    """Print lines in which labels, names and paths of others may stand, and steer no terminal.

    Notes on standard error are not for ``--quiet``.
    """
    if err and is_quiet():
        return
    click.echo("\n".join(map(printable, text.split("\n"))), err=err)


def attempt(measure: Callable[..., Any], *arguments: Any, **options: Any) -> tuple[Any, MDPPowerError | None]:
    """What a measurement gives, or the part of it that its error carries, and that error."""
    try:
        return measure(*arguments, **options), None
    except MDPPowerError as error:
        if error.estimate is None:
            raise
        return error.estimate, error


def finish(interrupted: bool, failure: MDPPowerError | None) -> None:
    """End a command that has printed what there is."""
    if failure is not None:
        raise PartlyDone(str(failure))
    if interrupted:
        raise click.exceptions.Exit(130)


def build_environment(env: str, options: Mapping[str, Any]) -> RewardlessMDP:
    """The MDP that ENV and its options mean; what was changed on the way is told on standard error."""
    from mdppower.envs.catalog import make

    given = {name: value for name, value in options.items() if value is not None and name != "settings"}
    if "bias" in given:
        given["bias"] = parse_bias(given["bias"])
    if "glyphs" in given:
        given["glyphs"] = parse_glyphs(given["glyphs"])
    if "max_states" in given:
        given["limit"] = given.pop("max_states")
    settings = parse_settings(options["settings"])
    clash = sorted(set(settings) & set(options))
    if clash:
        raise ParameterError(f"--set {clash[0]}: that is an option of its own, --{clash[0].replace('_', '-')}")
    given |= settings
    mdp = build_from_standard_input(given) if env == "-" else make(env, **given)
    origin = mdp.origin
    told = [origin[name] for name in ("changed", "checked") if origin.get(name, "nothing") != "nothing"]
    if origin.get("starts", "").startswith("not known"):
        told.append(f"starts {origin['starts']}")
    for text in told:
        tell(f"mdppower: {origin['source']}: {text}", err=True)
    return mdp


def _wants_colour() -> bool:
    """Whether standard output wants colour, by the conventions of no-color.org and force-color.org.

    Both variables count where they are set and not empty; NO_COLOR is the stronger. A dumb terminal has no colours.
    """
    if os.environ.get("NO_COLOR"):
        return False
    return bool(os.environ.get("FORCE_COLOR")) or (sys.stdout.isatty() and os.environ.get("TERM") != "dumb")


def print_map(draw: Callable[..., str], what: Any, colour: bool | None) -> None:
    """Print a map, in colour if asked for or, where nothing is said, if the output wants it."""
    if colour is None:
        colour = _wants_colour()
    # Told so, click leaves the colours in where the output is not a terminal.
    click.echo(draw(what, colour=colour, width=shutil.get_terminal_size((100, 30)).columns), color=colour)
