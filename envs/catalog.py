"""Environments by name: the maps of this package, the paper's MDPs, and families such as ``fork(3)``.

A map file ``maps/<name>.txt`` is listed under its name, with its first comment as description; a new map is a
new file, no code.
"""

from __future__ import annotations

import inspect
import os
import re
import sys
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from functools import partial
from importlib.resources import files
from importlib.resources.abc import Traversable
from inspect import Parameter, Signature
from itertools import islice
from types import MappingProxyType
from typing import Any

from mdppower._quotes import quoted
from mdppower._text import did_you_mean, near_names
from mdppower.envs import paper
from mdppower.envs.garnet import random
from mdppower.envs.generate import maze, maze_text, open_room, open_room_text
from mdppower.envs.gridworld import gridworld_from_file, text_of_file
from mdppower.envs.textmap import decode, describe
from mdppower.errors import LabelError, ModelError, ParameterError
from mdppower.formats.doors import read_if_known
from mdppower.formats.recognise import READABLE
from mdppower.mdp.model import RewardlessMDP


@dataclass(frozen=True)
class Environment:
    """A named environment.

    Attributes
    ----------
    name : str
        What `make` takes.
    description : str
        One line.
    build : callable
        Makes the MDP; takes the options of `gridworld` if `is_map`, nothing otherwise.
    text : callable or None
        Gives the text of its map, if it is a gridworld.
    power : mapping from state to function of γ
        POWER for uniform rewards, of the states where it is known in closed form.

    Examples
    --------
    >>> fork = catalog()["fork(3)"]
    >>> fork.name, fork.is_map, fork.power["root"](0.9)
    ('fork(3)', False, 0.75)
    """

    name: str
    description: str
    build: Callable[..., RewardlessMDP]
    text: Callable[[], str] | None
    power: paper.ClosedForms = field(default_factory=dict)

    @property
    def is_map(self) -> bool:
        """Whether it is a gridworld."""
        return self.text is not None


_NOTHING: Mapping[str, int] = MappingProxyType({})


@dataclass(frozen=True)
class _Family:
    """Environments that differ by integers: ``name(parameter, …)``, in order or by name, as in Python."""

    parameters: Mapping[str, int | None]
    """With their defaults."""
    example: tuple[int, ...]
    description: str
    build: Callable[..., RewardlessMDP]
    text: Callable[..., str] | None
    power: Callable[..., paper.ClosedForms] = lambda *arguments: {}

    def member(
        self, name: str, arguments: Sequence[int], named: Mapping[str, int] = MappingProxyType({})
    ) -> Environment:
        told = [*map(str, arguments), *(f"{parameter}={value}" for parameter, value in named.items())]
        full_name = f"{name}({','.join(told)})"
        try:
            bound = self._signature().bind(*arguments, **named)
        except TypeError:
            form = [p if default is None else f"{p}={default}" for p, default in self.parameters.items()]
            raise ParameterError(f"{full_name} does not have the form {name}({','.join(form)})") from None
        bound.apply_defaults()
        build, power = partial(self.build, *bound.args), self.power(*bound.args)
        text = None if self.text is None else partial(self.text, *bound.args)
        return Environment(full_name, self.description, build, text, power)

    def _signature(self) -> Signature:
        none, either = Parameter.empty, Parameter.POSITIONAL_OR_KEYWORD
        return Signature([Parameter(p, either, default=none if d is None else d) for p, d in self.parameters.items()])


def _open(rows: int, cols: int, **grid_options: Any) -> RewardlessMDP:
    return open_room(rows, cols, source=f"open({rows},{cols})", **grid_options)


def _maze(rows: int, cols: int, seed: int, **grid_options: Any) -> RewardlessMDP:
    return maze(rows, cols, rng=seed, source=f"maze({rows},{cols},{seed})", **grid_options)


def _maze_text(rows: int, cols: int, seed: int) -> str:
    return maze_text(rows, cols, rng=seed)


def _random(n_states: int, actions: int, branching: int, seed: int) -> RewardlessMDP:
    return random(n_states, actions, branching, rng=seed)


def _large_maze(**grid_options: Any) -> RewardlessMDP:
    return maze(41, 41, rng=0, braid=0.5, source="large-maze", **grid_options)


def _large_maze_text() -> str:
    return maze_text(41, 41, rng=0, braid=0.5)


def _listed_text(file: Traversable) -> str:
    return decode(file.read_bytes(), source=file.name)


_FAMILIES = {
    "open": _Family({"rows": None, "cols": None}, (20, 20), "Floor without walls.", _open, open_room_text),
    "maze": _Family(
        {"rows": None, "cols": None, "seed": None}, (101, 101, 0), "A perfect maze from a seed.", _maze, _maze_text
    ),
    "random": _Family(
        {"n_states": None, "actions": 3, "branching": 2, "rng": 0}, (20,),
        "Random successors with random probabilities (Archibald, McKinnon and Thomas, 1995).", _random, None,
    ),
    "fork": _Family({"k": None}, (3,), "A choice among k absorbing states.", paper.fork, None, paper.fork_power),
    "cycle": _Family({"n": None}, (4,), "A ring of n states without choices.", paper.cycle, None, paper.cycle_power),
}  # fmt: skip


def catalog() -> dict[str, Environment]:
    """Every named environment; a family is listed with one example.

    On the command line: ``mdppower envs``.

    Returns
    -------
    dict from name to Environment

    Examples
    --------
    >>> catalog()["four-rooms"].description
    'Four rooms joined by four hallways (Sutton, Precup and Singh, 1999).'
    >>> catalog()["fork(3)"].build().n_states
    4
    """
    listed = [*_maps(), *_SINGLE]
    listed += [family.member(name, family.example) for name, family in _FAMILIES.items()]
    return {environment.name: environment for environment in listed}


def make(name_or_path: str | os.PathLike[str], /, **options: Any) -> RewardlessMDP:
    """Build the environment of that name, or of that file.

    On the command line it is the ENV of every command; ``mdppower show ENV`` says what it is like, ``mdppower convert
    ENV OUT`` writes it to a file.

    Parameters
    ----------
    name_or_path : str or path
        A name of `catalog`; a member of a family, such as ``"open(5,7)"``; the id of a registered Gymnasium
        environment, such as ``"FrozenLake-v1"``; the path of a file: a ``.toml`` or ``.nc`` file of an MDP (or
        of an estimate, for its MDP), a file of another tool that `mdppower.load` reads, else a map; or
        ``"module:Name"``, for an id that a module registers with
        Gymnasium, or for a `RewardlessMDP`, a ``gymnasium.Env``, or what gives one when it is called, of that name
        in the module. A module that is not installed is looked for in the working folder, which is appended to
        ``sys.path`` then.
    **options
        Of `gridworld`, for maps. ``reward``, the name of one of several rewards, for files of PRISM and Storm. Of
        `mdppower.from_gymnasium`, and of the environment itself, for Gymnasium's. Of what is called in a module, if
        it has such a parameter.

    Returns
    -------
    RewardlessMDP

    Raises
    ------
    LabelError
        There is neither an environment nor a file of that name, or no such module, or nothing of that name in it.
    ParameterError
        Options for what takes none, or wrong arguments of a family.
    MapError, FileError, ModelError
        As in `gridworld`, `mdppower.load` and `mdppower.from_gymnasium`; a ModelError also if the module fails, with
        file and line.

    Examples
    --------
    >>> make("open(2,3)", blocked="remove")
    RewardlessMDP(6 states, 20 pairs, up to 4 actions, deterministic, no absorbing state)
    >>> make("FrozenLake-v1", is_slippery=False).successors((2, 2), 1)
    {(3, 2): 1.0}
    >>> make("nowhere.txt")
    Traceback (most recent call last):
    mdppower.errors.LabelError: there is no environment and no file 'nowhere.txt' (mdppower envs lists them)
    """
    if not isinstance(name_or_path, str | os.PathLike):
        given = quoted(name_or_path)
        raise ParameterError(f"make takes the name of an environment or the path of a file, got {given}")
    named = _find(name_or_path) if isinstance(name_or_path, str) else None
    if named is not None:
        if options and not named.is_map:
            raise ParameterError(f"{named.name} is not a map and takes no {', '.join(options)}")
        return build_map(named.build, named.name, options)
    if isinstance(name_or_path, str) and not os.path.isfile(name_or_path):
        in_module = _IN_MODULE.fullmatch(name_or_path)
        if in_module:
            return _from_module(in_module[1], in_module[2], options)
        if not _GYMNASIUM_ID.fullmatch(name_or_path):
            raise _unknown(name_or_path)
        return _from_gymnasium(name_or_path, options)
    if os.path.splitext(name_or_path)[1].lower() in (".toml", ".nc"):
        if options:
            raise ParameterError(f"{os.fspath(name_or_path)} is not a map and takes no {', '.join(options)}")
        return RewardlessMDP.load(name_or_path)
    found = read_if_known(name_or_path, **options)
    if found is not None:
        return found
    return build_map(partial(gridworld_from_file, name_or_path), os.fspath(name_or_path), options)


def map_text(name_or_path: str) -> str:
    r"""The text map of that name, or in that file.

    Raises
    ------
    LabelError
        There is neither an environment nor a file of that name.
    ParameterError
        It is no map, or there are wrong arguments of a family.
    MapError, FileError
        As in `gridworld_from_file`.

    Examples
    --------
    >>> map_text("open(2,3)")
    '...\n...'
    >>> map_text("fork(3)")
    Traceback (most recent call last):
    mdppower.errors.ParameterError: fork(3) is no text map
    """
    named = _find(name_or_path)
    if named is not None and named.text is not None:
        return named.text()
    if named is not None:
        raise ParameterError(f"{named.name} is no text map")
    if not os.path.isfile(name_or_path):
        from mdppower.adapters.gymnasium_ids import newest_ids

        if _IN_MODULE.fullmatch(name_or_path) or name_or_path in newest_ids():
            raise ParameterError(f"{name_or_path} is no text map")
        raise _unknown(name_or_path)
    return text_of_file(name_or_path, source=name_or_path)


def build_map(build: Callable[..., RewardlessMDP], name: str, options: dict[str, Any]) -> RewardlessMDP:
    """Build a map; an option that maps do not have is our error, not Python's."""
    unknown = set(options) - {"moves", "stay", "blocked", "slip", "bias", "wrap", "glyphs", "convention"}
    if unknown:
        raise ParameterError(f"{name} is a map, which has no option {quoted(min(unknown))}")
    return build(**options)


_OF_THE_ADAPTER = (
    "terminated", "starts", "reachable_only", "check", "rng", "method", "key", "mask", "seed", "limit", "tries",
    "progress",
)  # fmt: skip


def _from_gymnasium(name: str, options: dict[str, Any]) -> RewardlessMDP:
    """Options of the adapter go to it, all others to Gymnasium's `make`."""
    from mdppower.adapters.from_gymnasium import from_gymnasium
    from mdppower.adapters.gymnasium_make import make_environment

    ours = {k: options[k] for k in _OF_THE_ADAPTER if k in options}
    theirs = {k: v for k, v in options.items() if k not in ours}
    try:
        made = make_environment(name, **theirs)
    except LabelError as error:
        raise (error if ":" in name else _unknown(name)) from None
    return from_gymnasium(made, **ours)


def _from_module(module_name: str, name: str, options: dict[str, Any]) -> RewardlessMDP:
    """An id that the module registers; or what is called so in it, or what that gives: an MDP, or an environment."""
    from mdppower.adapters.own_modules import load_module, overshadowed

    module, full_name = load_module(module_name), f"{module_name}:{name}"
    gymnasium = sys.modules.get("gymnasium")
    if gymnasium is not None and name in gymnasium.registry:
        return _from_gymnasium(full_name, options)
    if name not in vars(module):
        own = [n for n, thing in vars(module).items() if getattr(thing, "__module__", None) == module_name]
        ids = [] if gymnasium is None else list(gymnasium.registry)
        near = did_you_mean([f"{module_name}:{other}" for other in near_names(name, [*own, *ids])])
        hint = f"; {near}" if near else overshadowed(module_name)
        raise LabelError(f"module {quoted(module_name)} has no {quoted(name)}, and no environment of that id{hint}")
    return _made_by(vars(module)[name], full_name, options)


def _made_by(thing: Any, name: str, options: dict[str, Any]) -> RewardlessMDP:
    """The MDP that an object of the user's is, or gives when it is called; arguments that it has go to it."""
    from mdppower.adapters.from_gymnasium import from_gymnasium
    from mdppower.adapters.own_modules import told

    ours = options
    if callable(thing):
        try:
            known = inspect.signature(thing)
        except ValueError:  # of a builtin
            known = Signature([Parameter("options", Parameter.VAR_KEYWORD)])
        ours = {k: options[k] for k in _OF_THE_ADAPTER if k in options and k not in known.parameters}
        theirs = {k: v for k, v in options.items() if k not in ours}
        try:
            known.bind(**theirs)
        except TypeError as error:
            raise ParameterError(f"{name}: {error}") from None
        try:
            thing = thing(**theirs)
        except (Exception, SystemExit) as error:
            raise ModelError(f"{name} fails: {told(error)}") from error
    gymnasium = sys.modules.get("gymnasium")
    if gymnasium is not None and isinstance(thing, gymnasium.Env):
        return from_gymnasium(thing, **ours)
    if not isinstance(thing, RewardlessMDP):
        kind = type(thing).__name__
        raise ModelError(f"{name} is to be or to give a RewardlessMDP or a gymnasium.Env, and gives a {kind}")
    if ours:
        raise ParameterError(f"{name} gives an MDP, and takes no {', '.join(ours)}")
    return thing


_ARGUMENT = re.compile(r"(?:([a-z_]\w*)\s*=\s*)?(\d{1,9})", re.ASCII)
_GYMNASIUM_ID = re.compile(r"(?:[\w-]+/)?[\w.()-]+-v\d+")
_IN_MODULE = re.compile(r"([A-Za-z_]\w*(?:\.\w+)*):((?:[\w-]+/)?[\w.()-]+)")

_TURNER = "Figure {} of Turner et al. (arXiv 1912.01683): {}."
_SINGLE = (
    Environment("large-maze", "A maze of 41 × 41 with half of its dead ends opened.", _large_maze, _large_maze_text),
    *(
        Environment(f"turner-figure-{number}", _TURNER.format(number, about), build, None, power)
        for number, about, build, power in (
            (1, "going right leaves more options", paper.figure_1, paper.FIGURE_1_POWER),
            (9, "POWER is not empowerment", paper.figure_9, paper.FIGURE_9_POWER),
            (10, "more POWER, yet less likely optimal", paper.figure_10, paper.FIGURE_10_POWER),
            (11, "POWER of suboptimal policies", paper.figure_11, paper.FIGURE_11_POWER),
        )
    ),
)


def _maps() -> list[Environment]:
    """List the maps of this package, in the order of their names."""
    found = []
    for file in sorted(files("mdppower.envs").joinpath("maps").iterdir(), key=lambda file: file.name):
        if file.name.endswith(".txt"):
            text = partial(_listed_text, file)
            build = partial(gridworld_from_file, file, source=file.name)
            found.append(Environment(file.name.removesuffix(".txt"), describe(text()), build, text))
    return found


def _find(name: str) -> Environment | None:
    """Look up an environment: listed, or a member of a family."""
    listed = catalog()
    if name in listed:
        return listed[name]
    call = re.fullmatch(r"(\w+)\(([\w\s,=]*)\)", name, re.ASCII)
    if not call or call[1] not in _FAMILIES:
        return None
    arguments = [_ARGUMENT.fullmatch(part.strip()) for part in call[2].split(",")]
    in_order = [int(part[2]) for part in arguments if part and not part[1]]
    named = {part[1]: int(part[2]) for part in arguments if part and part[1]}
    understood = len(in_order) + len(named) == len(arguments)
    # As in Python, names come last.
    ordered = not any(part and part[1] for part in arguments[: len(in_order)])
    return _FAMILIES[call[1]].member(call[1], in_order, named) if understood and ordered else None


def _unknown(name: str) -> LabelError:
    what = "environment and no file" if os.sep in name or name.endswith(".txt") else "environment"
    from mdppower.adapters.gymnasium_ids import newest_ids

    near = did_you_mean(near_names(name, [*catalog(), *newest_ids(), *files_beside(name)]))
    return LabelError(f"there is no {what} {quoted(name)}{f'; {near}' if near else ''} (mdppower envs lists them)")


SUFFIXES = (".txt", ".toml", ".nc", *(suffix for suffixes in READABLE.values() for suffix in suffixes))
"""Of files that are environments; a map may have another one."""


def files_beside(path: str) -> list[str]:
    """The files of the path's folder that may be environments, by their suffix; named as the path is."""
    folder = os.path.dirname(path)
    try:
        with os.scandir(folder or os.curdir) as entries:
            names = sorted(entry.name for entry in islice(entries, _MOST_FILES) if entry.is_file())
    except (OSError, ValueError):
        return []
    return [os.path.join(folder, name) for name in names if os.path.splitext(name)[1].lower() in SUFFIXES]


_MOST_FILES = 10_000
