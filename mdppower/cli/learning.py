"""The command about agents that learn, and whether that raises their power.

A thin wrapper of the library; importing this file adds it to the group.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

import click

from mdppower._text import count, rate_text
from mdppower.cli.group import attempt, build_environment, cli, finish, tell
from mdppower.cli.headings import OUTPUT, RUN, under
from mdppower.cli.options import (
    check_output,
    environment_options,
    gamma_option,
    one_gamma,
    parse_policy,
    parse_state,
    progress_option,
    reward_option,
    store_option,
    table_option,
    workers_option,
)
from mdppower.cli.pictures import NO_SCALE, Picture, picture_options
from mdppower.cli.rewards import parse_rewards
from mdppower.cli.rivals import print_last, unit_option
from mdppower.errors import ParameterError

if TYPE_CHECKING:
    from mdppower._typing import Label
    from mdppower.learning.learning_curves import LearningCurves
    from mdppower.mdp.model import RewardlessMDP

EXAMPLE = """\b
Random rewards that are shown, noise, and rewards that cannot be seen, tried on other rewards and on goals:
  mdppower learn maze --signals random,noise,unseen --test uniform,goal --rng 0 --out curves.png --save learn.nc
  mdppower plot learn.nc --format csv

\b
Training that goes on:
  mdppower learn maze --episodes 10000 --store learn.sqlite
  mdppower learn maze --episodes 30000 --store learn.sqlite
"""


@under(RUN)
def _run_options(command: Any) -> Any:
    """Add the options of training, of tests, and of the run."""
    for option in (
        progress_option,
        store_option,
        under(OUTPUT)(
            click.option("--save", type=click.Path(), help="File for the curves: .nc, for plot, info and mp.load.")
        ),
        under(OUTPUT)(
            click.option("--agents", type=click.Path(), help="File for the agents: .nc, which mp.load gives back.")
        ),
        under(OUTPUT)(
            click.option(
                "--margin", type=float, default=0.05, show_default=True,
                help='A share that counts as nothing: training whose upper limit is below "does not raise".',
            )
        ),
        under(OUTPUT)(
            click.option(
                "--confidence", type=float, default=0.95, show_default=True, help="Of all verdicts and bands at once."
            )
        ),
        workers_option,
        click.option(
            "--target", type=click.Choice(["max", "mean", "double"]), default="max", show_default=True,
            help="What Q-learning takes a state to be worth: its best action, the mean of its actions, double Q.",
        ),
        click.option("--rate", type=float, default=0.05, show_default=True, help="Step size of successor features."),
        click.option("--horizon", type=int, default=32, show_default=True, help="Steps of an episode."),
        click.option("--epsilon", type=float, default=0.3, show_default=True, help="Share of random actions."),
        click.option("--alpha", type=float, default=0.3, show_default=True, help="Step size of Q-learning."),
        click.option("--rng", type=int, help="Seed; the same seed gives the same numbers."),
        click.option(
            "--samples", type=int, default=512, show_default=True,
            help="Held-out reward functions of each test and training run, fewer than an estimate has: runs count.",
        ),
        click.option("--runs", type=int, default=16, show_default=True, help="Training runs of each arm."),
        click.option(
            "--checkpoints", metavar="EPISODES,…",
            help="At how many episodes agents are examined, or one number: how many checkpoints, in even ratios. "
            "Default: 10, 30, 100, ….",
        ),
        click.option("--episodes", type=int, default=30_000, show_default=True, help="Of each training run."),
    ):  # fmt: skip
        command = option(command)
    return command


def _question_options(command: Any) -> Any:
    """Add the options that say who learns what from where, and what is asked of them."""
    for option in (
        click.option(
            "--start", multiple=True, metavar="STATE",
            help="Where episodes begin, and what is averaged over. Repeatable. Default: all states alike.",
        ),
        unit_option,
        click.option(
            "--against", multiple=True, metavar="WHO,…",
            help='Whom agents are measured against: "random policy", optimal, final (the arm\'s own last one), '
            "ARM@EPISODES, or a policy such as lookahead(1). Repeatable.",
        ),
        click.option(
            "--test", "tests", multiple=True, metavar="LAW,…",
            help="Laws of held-out rewards: uniform, goal, norm(0,1), …. Repeatable. Default: as in training.",
        ),
        reward_option,
        click.option(
            "--rewards", default="uniform", show_default=True,
            help="Law of each state's reward in training: norm(0,1), …; goal, avoid.",
        ),
        click.option(
            "--signals", multiple=True, metavar="SIGNAL,…",
            help="What agents learn from, an arm each: random (shown R, given R); few(N), one of N reward functions; "
            "goals; noise, noise(LAW) (shown R, given chance); shuffled (given another R); unseen (R is given, never "
            "shown); incorrect (given -R); no-reward (learns what follows what, and is shown R when it is tried); "
            "untrained. Repeatable. Default: random,no-reward,noise,shuffled,unseen,few(1).",
        ),
        gamma_option("The discount rate, strictly between 0 and 1."),
        click.argument("env"),
    ):  # fmt: skip
        command = option(command)
    return command


@cli.command(epilog=EXAMPLE)
@_run_options
@_question_options
@picture_options(help="Picture of the curves to write: .png, .svg or .pdf.", without=NO_SCALE)
@table_option
@environment_options
def learn(
    env: str, gamma: tuple[str, ...], signals: tuple[str, ...], rewards: str, reward: tuple[str, ...],
    tests: tuple[str, ...], against: tuple[str, ...], unit: str | None, start: tuple[str, ...], episodes: int,
    checkpoints: str | None, runs: int, samples: int, rng: int | None, alpha: float, epsilon: float, horizon: int,
    rate: float, target: str, workers: int, confidence: float, margin: float, agents: str | None, save: str | None,
    store: str | None, progress: bool | None, picture: Picture, fmt: str, **options: Any,
) -> None:  # fmt: skip
    """Train agents on random rewards, noise or other signals, and say whether that raises their power.

    An agent has the reward function as an input. Its share is what it has, on held-out rewards, of the power between
    the random policy (0) and the optimal one (1). A signal is what it is shown and what it is given. A verdict is
    "raises" where the lower limit is above 0, "does not raise" where the upper limit is below a margin or a theorem
    says so, else "undecided". The table is of the last checkpoint; csv and json have all. A store keeps the training;
    how powerful its agents are is measured anew.

    In Python: mdppower.learning.train, and .curves() and .verdicts() of what it gives.
    """
    from mdppower._checks import open_unit, positive_integer
    from mdppower.learning.curves import read_tests
    from mdppower.learning.encounters import read_references
    from mdppower.learning.signals import DEFAULT
    from mdppower.learning.training import read_checkpoints, read_signals, train
    from mdppower.rewards.distribution import resolve

    open_unit(confidence, "--confidence")
    open_unit(margin, "--margin")
    positive_integer(samples, "--samples")
    check_output("--save", save, (".nc",))
    check_output("--agents", agents, (".nc",))
    discount = one_gamma(gamma)
    arms, steps = parts(signals, "--signals") or list(DEFAULT), _checkpoints(checkpoints)
    mdp = build_environment(env, options)
    law, starts, laws = resolve(parse_rewards(mdp, rewards, reward), mdp, pairs=True), _start(mdp, start), None
    if tests:  # refused before agents are trained
        laws = read_tests(mdp, law, _tests(mdp, tests))
    references = _references(against)
    if unit is not None and not references:
        raise ParameterError("--unit is about success against somebody: add --against")
    if references:
        at = read_checkpoints(steps, episodes)
        read_references(references, mdp, read_signals(arms), at)
    training, failure = attempt(
        train, mdp, discount, arms, law, episodes=episodes, checkpoints=steps, runs=runs, start=starts, alpha=alpha,
        epsilon=epsilon, horizon=horizon, rate=rate, target=target, rng=rng, workers=workers, store=store,
        progress=progress,
    )  # fmt: skip
    curves = training.curves(laws, samples=samples, against=references, workers=workers, progress=progress)
    _print_verdicts(curves, fmt, margin, confidence)
    if references and fmt == "table":
        print_last(curves, unit)
    elif references:
        tell(
            f"mdppower: {fmt} has the curves; what is ahead of whom: mdppower rivals FILE, after --save FILE",
            err=True,
        )
    for path, made in ((save, curves), (agents, training)):
        if path is not None:
            made.save(path)
            tell(f"wrote {path}", err=True)
    picture.draw(curves.plot, confidence=confidence)
    finish(training.interrupted or curves.interrupted, failure)


def parts(texts: Sequence[str], option: str) -> list[str]:
    """``few(4),noise(norm(0,1))`` → its parts, between commas that stand in no brackets.

    Raises
    ------
    ParameterError
        A part is empty, or brackets do not close.

    Examples
    --------
    >>> parts(["random,noise(norm(0,1))", "few(4)"], "--signals")
    ['random', 'noise(norm(0,1))', 'few(4)']
    """
    found = []
    for text in texts:
        depth, begin = 0, 0
        for k, letter in enumerate(f"{text},"):
            depth += (letter == "(") - (letter == ")")
            if letter == "," and depth <= 0:
                found.append(text[begin:k].strip())
                begin = k + 1
        if depth != 0:
            raise ParameterError(f"{option}: brackets do not match in {text!r}")
    if "" in found:
        raise ParameterError(f"{option} has an empty part, got {' '.join(texts)!r}")
    return found


def _tests(mdp: RewardlessMDP, texts: Sequence[str]) -> dict[str, Any]:
    """Laws by the words that name them."""
    found = parts(texts, "--test")
    for one in found:
        if found.count(one) > 1:
            raise ParameterError(f"--test has {one!r} twice")
    return {one: parse_rewards(mdp, one, []) for one in found}


def _references(texts: Sequence[str]) -> list[Any] | None:
    """Names of references and checkpoints as they are, else policies."""
    from mdppower.learning.encounters import FINAL, OPTIMAL, RANDOM

    named = (FINAL, OPTIMAL, RANDOM)
    return [text if text in named or "@" in text else _policy(text) for text in parts(texts, "--against")] or None


def _policy(text: str) -> Any:
    try:
        return parse_policy(text)
    except ParameterError as wrong:
        told = str(wrong).replace("--policy must be", "--against must be random policy, final, ARM@EPISODES,")
        raise ParameterError(told.replace("--policy", "--against")) from None


def _checkpoints(text: str | None) -> int | list[int] | None:
    """``0,100,1000`` → these numbers of episodes, ``9`` → so many checkpoints."""
    if text is None:
        return None
    try:
        found = [int(part) for part in text.split(",")]
    except ValueError:
        raise ParameterError(f"--checkpoints must be integers, separated by commas; got {text!r}") from None
    return found[0] if "," not in text else found


def _start(mdp: RewardlessMDP, texts: Sequence[str]) -> Any:
    """One state, several alike, or None."""
    states: list[Label] = [parse_state(mdp, text) for text in texts]
    for state in states:
        if states.count(state) > 1:
            raise ParameterError(f"--start names {state!r} twice")
    if len(states) < 2:
        return states[0] if states else None
    return {state: 1 / len(states) for state in states}


def _print_verdicts(curves: LearningCurves, fmt: str, margin: float, confidence: float) -> None:
    """Verdicts with P, F and C beside the shares: of the last checkpoint as a table, of all in other formats."""
    from mdppower.results.table_text import render

    at = curves.checkpoints
    each = curves.table(confidence)
    places = range(len(at) - 1, len(at)) if fmt == "table" else range(len(at))
    judged = [curves.verdicts(t, margin=margin, confidence=confidence) for t in places]
    rows: dict[str, list[Any]] = {}
    for row in range(len(judged[0]["arm"])):
        for t, one in zip(places, judged, strict=True):
            where = row * len(at) + t
            told = {name: one[name][row] for name in ("arm", "shown", "given", "test")}
            told |= {name: each[name][where] for name in ("episodes", "power", "floor", "ceiling")}
            told |= {name: one[name][row] for name in ("share", "lower", "upper", "verdict", "why")}
            for name, value in told.items():
                rows.setdefault(name, []).append(value)
    if fmt != "table":
        click.echo(render(rows, fmt))
        return
    whys = rows.pop("why")
    del rows["episodes"]
    click.echo(render(rows))
    made = f"{curves.rewards.name} rewards, γ = {rate_text(curves.gamma)}, rng={curves.entropy}"
    tell(f"\n{made}; {count(curves.samples, 'held-out reward function')} of each test and run")
    click.echo(judged[-1].caption)
    click.echo("power: of the agents; floor: of the random policy; ceiling: of the optimal one")
    for arm, test, why in zip(rows["arm"], rows["test"], whys, strict=True):
        if why and why not in ("lower limit above 0", f"upper limit below {margin:g}"):
            tell(f"{arm} on {test}: {why}")
