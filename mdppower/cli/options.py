"""Options that commands share, and what their texts mean."""

from __future__ import annotations

import ast
import difflib
import os
import re
from collections.abc import Callable, Sequence
from typing import TYPE_CHECKING, Any

import click
from click.core import ParameterSource

from mdppower._atomic import require_writable
from mdppower._text import shorten
from mdppower.cli.headings import GYMNASIUM, MAPS, OUTPUT, QUESTION, RUN, under
from mdppower.cli.loudness import unless_quiet
from mdppower.errors import FileError, LabelError, ParameterError

if TYPE_CHECKING:
    from mdppower._typing import Label
    from mdppower.mdp.model import RewardlessMDP


@under(MAPS)
def _map_options(command: Any) -> Any:
    """Add the options that build a gridworld from a map."""
    for option in (
        click.option(
            "--convention",
            type=click.Choice(["frozen-lake", "minigrid", "pycolab"]),
            help="Whose glyphs the map has.",
        ),
        click.option(
            "--glyphs",
            metavar="GLYPH=MEANING,…",
            help='Of a map drawn otherwise: "X=wall,S=floor,G=exit,H=pit,space=floor". Meanings are floor, wall, '
            "exit, pit, no cell, start, mark, or a glyph of ours.",
        ),
        click.option("--wrap", is_flag=True, default=None, help="The map is a torus."),
        click.option("--bias", metavar="NAME=AMOUNT,…", help="Parts of the slip that go to these actions."),
        click.option("--slip", type=float, help="Probability that an action drawn at random happens instead."),
        click.option(
            "--blocked", type=click.Choice(["stay", "remove"]), help="A blocked step stays put, or does not exist."
        ),
        click.option("--stay/--no-stay", default=None, help="Whether cells have the action 'stay'."),
        click.option("--moves", metavar="MOVES", help='Letters of NESW, then perhaps "+diagonals". Default: NESW.'),
    ):
        command = option(command)
    return command


@under(GYMNASIUM)
def _gymnasium_options(command: Any) -> Any:
    """Add the options that read a Gymnasium environment."""
    for option in (
        click.option(
            "--set",
            "settings",
            multiple=True,
            metavar="NAME=VALUE",
            help="An argument of what ENV names, such as is_slippery=false. VALUE is true/yes/on, "
            "false/no/off or none/null/~ in any case, a number, what JSON or Python write in quotes, brackets or "
            "braces, else one word, which is a string: map_name=8x8.",
        ),
        click.option("--max-states", type=int, help="Without a table: limit of states. Default: 100,000."),
        click.option("--seed", type=int, help="Without a table: of reset, which draws the world."),
        click.option("--check", is_flag=True, default=None, help="Compare its steps with its table."),
        click.option("--reachable-only", is_flag=True, default=None, help="Drop states that a start cannot reach."),
        click.option(
            "--terminated",
            type=click.Choice(["absorb", "sink", "continue"]),
            help="What the end of an episode becomes. Default: absorb.",
        ),
    ):
        command = option(command)
    return command


def environment_options(command: Any) -> Any:
    """Add the options that build a gridworld from a map, and those that read a Gymnasium environment."""
    return _map_options(_gymnasium_options(command))


progress_option = under(RUN)(
    click.option(
        "--progress/--no-progress", default=None, callback=unless_quiet, help="Progress bar. Default: if a terminal."
    )
)
store_option = under(RUN)(
    click.option(
        "--store",
        type=click.Path(),
        metavar="FILE",
        help="Keep what is finished in this file (SQLite): the same command goes on where it stopped. "
        "mdppower runs FILE lists what is in it.",
    )
)
_confidence = under(OUTPUT)(
    click.option("--confidence", type=float, default=0.95, show_default=True, help="Of the intervals in tables.")
)
workers_option = under(RUN)(
    click.option(
        "--workers",
        type=int,
        default=-1,
        show_default=True,
        help="Threads; -1 is one a core. (Calls in Python use one, unless told.) The numbers do not depend on it.",
    )
)
_rng = click.option("--rng", type=int, help="Seed; the same seed gives the same numbers.")
_samples = click.option("--samples", type=int, default=4096, show_default=True, help="Reward functions to draw.")
reward_option = under(QUESTION)(
    click.option(
        "--reward",
        multiple=True,
        metavar="STATE=LAW",
        help='Another law, or a number, for one state, or all of a mark: "a=norm(1,1)", "0,3=2". Repeatable. '
        'On pairs: "0,3:N=2".',
    )
)
_rewards = under(QUESTION)(
    click.option(
        "--rewards",
        default="uniform",
        show_default=True,
        help="Law of each state's reward: norm(0,1), …, or a number; onpairs(norm(0,1)) of each state-action pair's; "
        "goal, avoid: one state has 1 and all others 0, or the reverse.",
    )
)


@under(RUN)
def run_options(command: Any) -> Any:
    """Add the options of a run."""
    for option in (
        progress_option,
        store_option,
        under(OUTPUT)(
            click.option("--save", type=click.Path(), help="File for the estimate: .nc, for plot, info and mp.load.")
        ),
        _confidence,
        workers_option,
        click.option(
            "--policy",
            metavar="RULE",
            help="Agents that follow a rule: random, lookahead(K), epsilon-greedy(E), softmax(T), satisficing(X), "
            "q-learning(K).",
        ),
        click.option("--sampler", help="latin (the default), sobol, iid."),
        click.option(
            "--guarantee",
            is_flag=True,
            help="Bounded rewards: intervals that hold for any number of draws. Draws are iid.",
        ),
        click.option(
            "--method", default="auto", show_default=True, help="auto, deterministic, stochastic, lp, lp-occupancy."
        ),
        _rng,
        click.option("--max-samples", type=int, help="Where --precision gives up."),
        click.option(
            "--precision", type=float, help="Draw until every simultaneous 95 % interval is ± this or less."
        ),
        _samples,
        reward_option,
        _rewards,
        horizon_option("Numbers of steps in place of --gamma, separated by commas: all count alike, and none after."),
        gamma_option("Discount rates in [0, 1], separated by commas."),
        click.argument("env"),
    ):
        command = option(command)
    return command


@under(RUN)
def chance_options(command: Any) -> Any:
    """Add the options of a run that counts how often something happens on independent draws, or is exact."""
    for option in (
        progress_option,
        store_option,
        _confidence,
        workers_option,
        click.option(
            "--method",
            default="auto",
            show_default=True,
            help="auto, exact (small MDPs), deterministic, stochastic, lp, lp-occupancy.",
        ),
        _rng,
        _samples,
        reward_option,
        _rewards,
        click.argument("env"),
    ):
        command = option(command)
    return command


table_option = under(OUTPUT)(
    click.option("--format", "fmt", type=click.Choice(["table", "csv", "json"]), default="table", show_default=True)
)


def format_option(default: str) -> Callable[[Any], Any]:
    """The option that says how POWER is printed."""
    formats = click.Choice(["map", "table", "csv", "json"])
    return under(OUTPUT)(click.option("--format", "fmt", type=formats, default=default, show_default=True))


colour_option = under(OUTPUT)(
    click.option("--colour/--no-colour", "--color/--no-color", default=None, help="Default: if a terminal.")
)


_NAMES = re.compile(r"[^\W\d][\w.]*(\s*,\s*[^\W\d][\w.]*)+")


def parse_settings(texts: Sequence[str]) -> dict[str, Any]:
    """``is_slippery=False`` → {"is_slippery": False}; see `read_value`."""
    from mdppower.adapters.gymnasium_options import read_value

    settings: dict[str, Any] = {}
    for text in texts:
        name, equals, value = text.partition("=")
        if not equals or not name.isidentifier():
            raise ParameterError(f"--set must look like is_slippery=false, got {text!r}")
        if name in settings:
            raise ParameterError(f"--set {name} is given twice")
        try:
            # The key of a Gymnasium environment may be names of attributes: x,battery.
            settings[name] = value if name == "key" and _NAMES.fullmatch(value) else read_value(value)
        except ValueError as error:
            raise ParameterError(f"--set {name}={value}: {error}") from None
    return settings


def parse_glyphs(text: str) -> dict[str, str]:
    """``X=wall,space=floor`` → {"X": "wall", " ": "floor"}; a comma and = may be glyphs themselves: ``,=wall``."""
    glyphs: dict[str, str] = {}
    rest = text
    while rest:
        entry = _GLYPH.match(rest)
        if entry is None:
            raise ParameterError(f"--glyphs must look like X=wall,S=floor,space=floor; got {text!r}")
        glyph = " " if entry[1] in ("space", "") else entry[1]
        if glyph in glyphs:
            raise ParameterError(f"--glyphs gives {glyph!r} twice, got {text!r}")
        glyphs[glyph] = entry[2].strip()
        rest = rest[entry.end() :]
    if not glyphs:
        raise ParameterError("--glyphs is empty; it looks like X=wall,S=floor,space=floor")
    return glyphs


_GLYPH = re.compile(r"\s*(=(?==)|[^=\s]+|(?<=\s))=([^,]+),?", re.DOTALL)
"""A glyph, or a word for one, and its meaning; blanks before = that follow nothing are the blank itself."""


def parse_bias(text: str) -> dict[str, float]:
    """``E=0.1,N=0.05`` → {"E": 0.1, "N": 0.05}."""
    bias = {}
    for part in text.split(","):
        name, equals, amount = part.partition("=")
        if name.strip() in bias:
            raise ParameterError(f"--bias gives {name.strip()} twice, got {text!r}")
        try:
            bias[name.strip()] = float(amount)
        except ValueError:
            equals = ""
        if not equals:
            raise ParameterError(f"--bias must look like E=0.1,N=0.05, got {text!r}")
    return bias


def gamma_option(help: str, default: str | None = "0.9") -> Callable[[Any], Any]:
    """The option of discount rates. It may be given several times: all are taken, none replaces another."""
    told = help if default is None else f"{help} Default: {default}."
    given = [default] if default else []
    return under(QUESTION)(click.option("--gamma", multiple=True, metavar="RATE,…", default=given, help=told))


def horizon_option(help: str) -> Callable[[Any], Any]:
    """The option of horizons, in place of discount rates."""
    return under(QUESTION)(click.option("--horizon", multiple=True, metavar="STEPS,…", help=help))


def parse_rates(gamma: Sequence[str], horizon: Sequence[str]) -> dict[str, Any]:
    """What was asked for by --gamma or by --horizon, as keyword arguments of a call."""
    if not horizon:
        return {"gamma": parse_gamma(gamma)}
    _refuse_both()
    return {"horizon": parse_horizon(horizon)}


def parse_rate(gamma: Sequence[str], horizon: Sequence[str]) -> dict[str, Any]:
    """The same of one; nothing where none was given."""
    if not horizon:
        rate = one_gamma(gamma)
        return {} if rate is None else {"gamma": rate}
    _refuse_both()
    steps = parse_horizon(horizon)
    if len(steps) > 1:
        raise ParameterError(f"--horizon is one number of steps here, got {' and '.join(horizon)!r}")
    return {"horizon": steps[0]}


def _refuse_both() -> None:
    if click.get_current_context().get_parameter_source("gamma") is ParameterSource.COMMANDLINE:
        raise ParameterError("give --gamma or --horizon, not both")


def parse_horizon(texts: Sequence[str]) -> list[int]:
    """``1,5`` and ``20`` → [1, 5, 20]."""
    try:
        return [int(part) for text in texts for part in text.split(",")]
    except ValueError:
        raise ParameterError(
            f"--horizon must be positive integers, separated by commas; got {' '.join(texts)!r}"
        ) from None


def parse_gamma(texts: Sequence[str]) -> list[float]:
    """``0.1,0.5`` and ``0.9`` → [0.1, 0.5, 0.9]."""
    rates = []
    for part in [part for text in texts for part in text.split(",")]:
        try:
            rates.append(float(part))
        except ValueError:
            given = " ".join(texts)
            raise ParameterError(f"--gamma must be numbers in [0, 1], separated by commas; got {given!r}") from None
    return rates


def one_gamma(texts: Sequence[str]) -> float | None:
    """``0.9`` → 0.9, nothing → None; several are refused."""
    rates = parse_gamma(texts)
    if len(rates) > 1:
        raise ParameterError(f"--gamma is one discount rate here, got {' and '.join(texts)!r}")
    return rates[0] if rates else None


def parse_policy(text: str) -> Any:
    """``softmax(0.1)`` → the rule of `mdppower.agents`; ``q-learning(300, 0.3)`` takes two.

    Raises
    ------
    ParameterError
        There is no such rule, or its parameter is none.
    """
    from mdppower.agents import rules
    from mdppower.agents.tabular import q_learning

    known = {
        "random": rules.uniformly_random, "lookahead": rules.lookahead,
        "epsilon-greedy": rules.epsilon_greedy, "softmax": rules.softmax,
        "satisficing": rules.satisficing, "optimal": rules.optimal, "q-learning": q_learning,
    }  # fmt: skip
    name, bracket, rest = text.strip().partition("(")
    takes = {"random": 0, "optimal": 0}.get(name, 1)
    if name not in known or (bracket and not rest.endswith(")")):
        raise ParameterError(f"--policy must be {', '.join(known)}, with a number in brackets; got {text!r}")
    given = [part for part in rest[:-1].split(",") if part.strip()]
    if name == "q-learning":
        return _q_learning(given, text)
    if len(given) != takes:
        raise ParameterError(f"--policy {name} takes {'one number' if takes else 'no number'}, got {text!r}")
    try:
        numbers = [int(part) if name == "lookahead" else float(part) for part in given]
    except ValueError:
        raise ParameterError(f"--policy {name} takes a number, got {given[0]!r}") from None
    return known[name](*numbers)


def _q_learning(given: Sequence[str], text: str) -> Any:
    """Episodes, and what is done in them: nothing or ``random``, or the probability of a random action."""
    from mdppower.agents.tabular import q_learning

    if not 1 <= len(given) <= 2:
        raise ParameterError(f"--policy q-learning takes episodes, and perhaps a probability, got {text!r}")
    behaviour = given[1].strip() if len(given) == 2 else "random"
    try:
        numbers = int(given[0]), behaviour if behaviour == "random" else float(behaviour)
    except ValueError:
        raise ParameterError(f"--policy q-learning takes numbers, got {text!r}") from None
    return q_learning(*numbers)


def parse_state(mdp: RewardlessMDP, text: str) -> Label:
    """The state that a text names: a label, a mark, a number, or a tuple with or without its parentheses.

    Raises
    ------
    LabelError
        There is none; the message suggests a near name.
    """
    try:
        return mdp.states[mdp.index(text)]
    except LabelError:
        if text in mdp.marks:
            raise  # several states carry the mark: the message names them
    found = _known(text, mdp.states)
    if found is None:
        raise LabelError(
            f"there is no state {text!r}; {_did_you_mean(text, mdp.states)}states are {shorten(mdp.states)}"
        )
    return found


def parse_action(mdp: RewardlessMDP, state: Label, text: str) -> Label:
    """The action of a state that a text names.

    Raises
    ------
    LabelError
        The state has none of that name.
    """
    actions = mdp.actions(state)
    found = _known(text, actions)
    if found is None:
        raise LabelError(
            f"state {state!r} has no action {text!r}; {_did_you_mean(text, actions)}it has {shorten(actions)}"
        )
    return found


def parse_place(mdp: RewardlessMDP, text: str) -> tuple[Label, Label | None]:
    """``STATE`` or ``STATE:ACTION``; a text with a colon that names a state means that state.

    Raises
    ------
    LabelError
        There is no such state, or it has no such action.
    """
    try:
        return parse_state(mdp, text), None
    except LabelError as error:
        failure = error
    for colon in [k for k, letter in enumerate(text) if letter == ":"][::-1]:
        try:
            state = parse_state(mdp, text[:colon])
        except LabelError:
            continue
        try:
            return state, parse_action(mdp, state, text[colon + 1 :])
        except LabelError as error:
            failure = error
    if ":" in text and str(failure).startswith("there is no state"):
        parse_state(mdp, text.rpartition(":")[0])  # of the two, the state is what is wrong
    raise failure


def _known(text: str, labels: Sequence[Label]) -> Label | None:
    """The label that the text is, or is a way to write."""
    for label in (text, text.strip(), _literal(text)):
        if label is not None and label in labels:
            return label
    return None


def _literal(text: str) -> Label | None:
    """``0,3`` → (0, 3), ``7`` → 7; None for what is no label."""
    try:
        value = ast.literal_eval(text.strip())
    except (ValueError, SyntaxError, TypeError, MemoryError, RecursionError):
        return None
    return value if _is_label(value) else None


def _is_label(value: Any) -> bool:
    # Neither True nor 1.0 is the label 1, though they are equal to it.
    return type(value) in (int, str) or (type(value) is tuple and all(map(_is_label, value)))


def _did_you_mean(text: str, labels: Sequence[Label]) -> str:
    near = hint(text, labels)
    return f"did you mean {near}? " if near else ""


def hint(text: str, labels: Sequence[Label]) -> str:
    """The label that is nearest to a text, in quotes; nothing, where none is near."""
    near = difflib.get_close_matches(text, [str(label) for label in labels], 1)
    return repr(near[0]) if near else ""


def check_output(option: str, path: str | None, suffixes: tuple[str, ...]) -> None:
    """Refuse now what could not be written after all the work: another suffix, no such folder, no right to write."""
    if path is None:
        return
    if os.path.splitext(path)[1].lower() not in suffixes:
        known = " or ".join([", ".join(suffixes[:-1])] * (len(suffixes) > 1) + [suffixes[-1]])
        raise ParameterError(f"{option} must end in {known}, got {path!r}")
    try:
        require_writable(path)
    except FileError as error:
        raise FileError(f"{option}: {error}") from None
