"""Completion in the shell, by click: names of environments, files, laws of rewards, and words that options take.

``_MDPPOWER_COMPLETE=bash_source mdppower`` prints what bash is to load; zsh and fish have theirs. Choices, commands,
options and paths are completed by click itself.
"""

from __future__ import annotations

import os
import re
from collections.abc import Callable, Iterable, Mapping

import click
from click.shell_completion import BashComplete, CompletionItem, add_completion_class

LAWS = (
    "uniform",
    "uniform(-1,1)",
    "norm(0,1)",
    "expon",
    "beta(2,2)",
    "bernoulli(0.5)",
    "randint(0,10)",
    "laplace",
    "goal",
    "avoid",
)
"""Of any `scipy.stats` distribution, those that one may begin with."""
SIGNALS = ("random", "no-reward", "noise", "shuffled", "unseen", "few(1)", "goals", "incorrect", "untrained")
METHODS = ("auto", "deterministic", "stochastic", "lp", "lp-occupancy")
SAMPLERS = ("latin", "sobol", "iid")


def environments(incomplete: str) -> list[str]:
    """Names of the catalog, Gymnasium's ids that can be read, and files, also in folders; the case does not matter.

    Examples
    --------
    >>> environments("frozen"), environments("turner-figure-9")
    (['FrozenLake-v1', 'FrozenLake8x8-v1'], ['turner-figure-9'])
    """
    from mdppower.adapters.gymnasium_ids import ids_with_table
    from mdppower.envs.catalog import catalog

    return [*_beginning(incomplete, [*catalog(), *ids_with_table()]), *_files(incomplete)]


def _files(incomplete: str) -> list[str]:
    """Files of environments that begin so, and those in folders that do."""
    from mdppower.envs.catalog import files_beside

    folder, beginning = os.path.split(incomplete)
    found = _beginning(incomplete, files_beside(incomplete))
    try:
        names = sorted(os.listdir(folder or os.curdir))
    except OSError:
        return found
    for name in names:
        path = os.path.join(folder, name)
        hidden = name.startswith(".") and not beginning
        if not hidden and name.startswith(beginning) and os.path.isdir(path):
            found += files_beside(os.path.join(path, ""))
    return found


def _beginning(incomplete: str, names: Iterable[str]) -> list[str]:
    return [name for name in names if name.lower().startswith(incomplete.lower())]


def _listed(incomplete: str, names: Iterable[str]) -> list[str]:
    """The last of a list, after the comma before it."""
    before, comma, last = incomplete.rpartition(",")
    return [before + comma + name for name in _beginning(last, names)]


_COMPLETIONS: Mapping[str, Callable[[str], list[str]]] = {
    "env": environments,
    "ai_env": environments,
    "a": environments,
    "b": environments,
    "rewards": lambda incomplete: _beginning(incomplete, (*LAWS, "onpairs(uniform)")),
    "signals": lambda incomplete: _listed(incomplete, SIGNALS),
    "tests": lambda incomplete: _listed(incomplete, LAWS),
    "against": lambda incomplete: _listed(incomplete, ("random policy", "optimal", "final")),
    "sampler": lambda incomplete: _beginning(incomplete, SAMPLERS),
    "method": lambda incomplete: _beginning(incomplete, METHODS),
    "exact method": lambda incomplete: _beginning(incomplete, (*METHODS, "exact")),
}
"""By the name of the parameter, which is the same in all commands."""


def add_completion(command: click.Command) -> None:
    """Let the shell complete the parameters of a command that are any text to click."""
    for parameter in command.params:
        name = str(parameter.name)
        if name == "method" and "exact" in (getattr(parameter, "help", None) or ""):
            name = "exact method"
        if parameter.type is click.STRING and name in _COMPLETIONS:
            parameter.type = _Text(_COMPLETIONS[name])


class _Text(click.types.StringParamType):
    """Text that is completed."""

    def __init__(self, complete: Callable[[str], list[str]]) -> None:
        self.complete = complete

    def shell_complete(
        self, ctx: click.Context, param: click.Parameter, incomplete: str
    ) -> list[CompletionItem[str]]:
        """What may be meant."""
        return [CompletionItem(value) for value in self.complete(incomplete)]


class QuotingBash(BashComplete):
    r"""Bash, in which open(20,20) must be written open\(20,20\), but not in quotes that were opened."""

    def format_completion(self, item: CompletionItem[str]) -> str:
        """As click's script reads it, which takes one backslash of two."""
        words, place = os.environ.get("COMP_WORDS", "").split("\n"), int(os.environ.get("COMP_CWORD") or 0)
        in_quotes = place < len(words) and words[place].startswith(("'", '"'))
        if item.type != "plain" or in_quotes:
            return super().format_completion(item)
        return f"{item.type}," + _STEERING.sub(lambda found: 2 * "\\" + found[0], item.value)


_STEERING = re.compile(r"[^\w@%+=:,./\\-]")

add_completion_class(QuotingBash)
