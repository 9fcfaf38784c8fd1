"""The commands about POWER: estimate it, show it, draw a saved estimate again, say what a file holds.

Thin wrappers of the library; importing this file adds them to the group. Paths to write are tried before anything is
computed, and what was computed is printed before anything is written: a path that cannot be written costs nothing.
"""

from __future__ import annotations

import inspect
import os
from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Any

import click
from click.core import ParameterSource

from mdppower._text import printable, told_rates
from mdppower.cli.group import attempt, build_environment, cli, finish, print_map, tell
from mdppower.cli.options import (
    check_output,
    colour_option,
    environment_options,
    format_option,
    gamma_option,
    horizon_option,
    parse_policy,
    parse_rate,
    parse_rates,
    parse_state,
    run_options,
)
from mdppower.cli.pictures import JOINT_KINDS, KINDS, POWER_NAMES, Picture, picture_options, spelled
from mdppower.cli.rewards import parse_rewards
from mdppower.errors import ParameterError

if TYPE_CHECKING:
    from mdppower.mdp.model import RewardlessMDP
    from mdppower.measures.power_estimate import PowerEstimate


# ---------------------------------------------------------------------- measuring


@cli.command("map")
@run_options
@picture_options(power=True)
@format_option("map")
@colour_option
@environment_options
def map_command(**options: Any) -> None:
    """Estimate the POWER of every state: a map, a table, a picture.

    A saved estimate (.nc) is shown as it is, as by plot; with options of a run, its MDP is measured anew.

    In Python: mdppower.power, and .plot() of what it gives.
    """
    if not _shows_saved(options):
        _measure(**options)


@cli.command("power")
@run_options
@picture_options(power=True)
@format_option("table")
@colour_option
@environment_options
def power_command(**options: Any) -> None:
    """Estimate the POWER of every state: its number, standard error and interval.

    A saved estimate (.nc) is shown as it is, as by plot; with options of a run, its MDP is measured anew.

    In Python: mdppower.power, and .table() of what it gives.
    """
    if not _shows_saved(options):
        _measure(**options)


def _measure(
    env: str, gamma: tuple[str, ...], horizon: tuple[str, ...], rewards: str, reward: tuple[str, ...], samples: int,
    precision: float | None, max_samples: int | None, rng: int | None, method: str, sampler: str | None,
    guarantee: bool, policy: str | None, workers: int, confidence: float, save: str | None, store: str | None,
    progress: bool | None, fmt: str, colour: bool | None, picture: Picture, **options: Any,
) -> None:  # fmt: skip
    from mdppower._checks import open_unit
    from mdppower.measures.power import power
    from mdppower.rewards.pair_rewards import OnPairs

    open_unit(confidence, "--confidence")
    check_output("--save", save, (".nc",))
    rates = parse_rates(gamma, horizon)
    rule = None if policy is None else parse_policy(policy)
    mdp = build_environment(env, options)
    _name_lines(picture, mdp)
    law = parse_rewards(mdp, rewards, reward)
    picture.foresee(mdp, len(next(iter(rates.values()))), isinstance(law, OnPairs))
    estimate, failure = attempt(
        power, mdp, rewards=law, **rates, samples=samples, precision=precision, max_samples=max_samples, rng=rng,
        method=method, sampler=sampler, policy=rule, guarantee=guarantee, workers=workers, store=store,
        progress=progress,
    )  # fmt: skip
    _print_power(estimate, fmt, colour, confidence)
    if save is not None:
        estimate.save(save)
        tell(f"wrote {save}", err=True)
    picture.draw(estimate.plot)
    finish(estimate.interrupted, failure)


def _name_lines(picture: Picture, mdp: RewardlessMDP) -> None:
    """The states of --line, as labels."""
    if "states" in picture.options:
        picture.options["states"] = [parse_state(mdp, text) for text in picture.options["states"]]


def _print_power(estimate: PowerEstimate, fmt: str, colour: bool | None, confidence: float) -> None:
    if fmt == "map":
        from mdppower.display.terminal import terminal_map

        print_map(terminal_map, estimate, colour)
    else:
        from mdppower.results.table_text import render

        click.echo(render(estimate.table(confidence), fmt))


# ---------------------------------------------------------------------- saved estimates


@cli.command()
@click.argument("file", type=click.Path())
@gamma_option("Only this one of the estimate's discount rates.", default=None)
@horizon_option("Only this one of the estimate's horizons.")
@click.option("--title", help="In place of the rewards and the number of draws.")
@click.option("--confidence", type=float, default=0.95, show_default=True, help="Of the intervals in tables.")
@picture_options(power=True, joint=True)
@format_option("map")
@colour_option
def plot(
    file: str, gamma: tuple[str, ...], horizon: tuple[str, ...], title: str | None, confidence: float,
    picture: Picture, fmt: str, colour: bool | None,
) -> None:  # fmt: skip
    """Draw a saved result (or MDP) again: a picture with --out, else in the terminal.

    In Python: mdppower.load, and .plot() of what it gives.
    """
    from mdppower._checks import open_unit
    from mdppower.files.netcdf import load
    from mdppower.mdp.model import RewardlessMDP
    from mdppower.measures.power_estimate import PowerEstimate
    from mdppower.multiagent.joint_power_estimate import JointPower

    open_unit(confidence, "--confidence")
    if picture.out is None and title is not None:
        raise ParameterError("--title is for a picture: add --out FILE")
    rate = parse_rate(gamma, horizon)
    found = load(file)
    if isinstance(found, RewardlessMDP):
        if rate:
            raise ParameterError(f"--{next(iter(rate))} is for estimates; {file} holds an MDP")
        if picture.out is None:
            from mdppower.display.terminal import show_map

            print_map(show_map, found, colour)
        _refuse_power(picture, f"{file} holds an MDP")
        picture.draw(found.plot, title=title)
    elif isinstance(found, PowerEstimate):
        if picture.options.get("drawing") in JOINT_KINDS:
            _refuse_power(picture, f"{file} holds {_named(found)}", KINDS)
        estimate = found.at(**rate) if rate else found
        if picture.out is None:
            _print_power(estimate, fmt, colour, confidence)
            if estimate.caution and fmt != "map":
                tell(f"mdppower: caution: {estimate.caution}", err=True)
        _name_lines(picture, estimate.mdp)
        picture.foresee(estimate.mdp, len(estimate.gammas), estimate.task.on_pairs)
        picture.draw(estimate.plot, title=title)
    else:
        _refuse_power(picture, f"{file} holds {_named(found)}", JOINT_KINDS if isinstance(found, JointPower) else ())
        _show_result(file, found, rate, picture, title, fmt, confidence)


def _refuse_power(picture: Picture, told: str, kinds: Sequence[str] = ()) -> None:
    """Say that a picture of something else has no options of POWER's; it may have kinds of its own."""
    kind = picture.options.get("drawing")
    given = [name for name in POWER_NAMES if name in picture.options and (name != "drawing" or kind not in kinds)]
    if given and given[0] != "drawing":
        raise ParameterError(f"--{spelled(given[0])} is for estimates of POWER; {told}")
    if given:
        of = "two agents" if kind in JOINT_KINDS else "estimates of POWER"
        own = f", whose kinds are {', '.join(kinds)}" * bool(kinds)
        raise ParameterError(f"--kind {kind} is for {of}; {told}{own}")


def _named(found: Any) -> str:
    """What a result is called."""
    name = type(found).__name__
    return _MANY.get(name) or f"a{'n' * name.startswith(tuple('AEIOU'))} {name}"


_MANY = {
    "Visits": "visit distributions (Visits)",
    "Recurrent": "recurrent state distributions (Recurrent)",
    "Certified": "certificates (Certified)",
    "LearningCurves": "learning curves (LearningCurves)",
    "Dataset": "labelled arrays (xarray.Dataset)",
}
"""Classes whose names are no nouns in the singular."""


def _show_result(
    file: str, found: Any, rate: dict[str, Any], picture: Picture, title: str | None, fmt: str, confidence: float
) -> None:
    """A result of another kind: its picture, its table, or what `print` shows."""
    if rate:
        if not hasattr(found, "at") or not set(rate) <= set(inspect.signature(found.at).parameters):
            name, several = ("gamma", "rates") if "gamma" in rate else ("horizon", "horizons")
            raise ParameterError(f"--{name} is for results at several {several}; {file} holds {_named(found)}")
        found = found.at(**rate)
    if picture.out is not None:
        if not hasattr(found, "save") or not hasattr(found, "plot"):
            raise ParameterError(f"there is no picture of {_named(found)}, which {file} holds")
        titled = {} if title is None else {"title": title}
        known = inspect.signature(found.plot).parameters
        if titled and not {"title", "options"} & set(known):
            raise ParameterError(f"--title is not for {_named(found)}, which {file} holds")
        picture.draw(found.plot, **titled)
    elif fmt == "map":
        _print_lines(found)
    else:
        from mdppower.results.table_text import render

        if not hasattr(found, "table"):
            raise ParameterError(f"there is no table of {_named(found)}, which {file} holds")
        # What is proved has no confidence.
        limits = "confidence" in inspect.signature(found.table).parameters
        click.echo(render(found.table(confidence) if limits else found.table(), fmt))


def _print_lines(found: Any) -> None:
    for line in str(found).splitlines():
        click.echo(printable(line))


def _shows_saved(options: Mapping[str, Any]) -> bool:
    """Draw the estimate that ENV is a file of, unless options of a run are given; say which of the two is done."""
    from mdppower.files.netcdf import load
    from mdppower.mdp.model import RewardlessMDP

    env: str = options["env"]
    if not env.lower().endswith(".nc") or not os.path.isfile(env) or isinstance(load(env), RewardlessMDP):
        return False
    context = click.get_current_context()
    looks = {name: options[name] for name in ("fmt", "colour", "confidence", "picture")}
    asked = [name for name in options if context.get_parameter_source(name) is ParameterSource.COMMANDLINE]
    run = [name for name in asked if name not in {*looks, "env", "workers", "progress"}]
    if run:
        what = f"--{run[0].replace('_', '-')}: a new run of its MDP; without options of a run it is shown"
    else:
        what = "shown as it is, as by mdppower plot; options of a run, such as --gamma, measure its MDP anew"
        context.invoke(plot, file=env, gamma=(), horizon=(), title=None, **looks)
    tell(f"mdppower: {env} is a saved estimate; {what}", err=True)
    return not run


def _draws(found: PowerEstimate) -> str:
    return f"{found.samples:,} ({found.sampler}, rng={found.entropy})" if found.samples else "none: exact"


@cli.command()
@click.argument("file", type=click.Path())
def info(file: str) -> None:
    """Tell what a saved file holds and how it was made.

    In Python: mdppower.load.
    """
    from mdppower.files.netcdf import load
    from mdppower.mdp.model import RewardlessMDP
    from mdppower.measures.power_estimate import PowerEstimate

    found = load(file)
    mdp = found if isinstance(found, RewardlessMDP) else getattr(found, "mdp", None)
    facts: dict[str, Any] = {"file": file, "holds": "an MDP"}
    if isinstance(mdp, RewardlessMDP):
        facts |= {"MDP": repr(mdp), "fingerprint": mdp.fingerprint}
        facts |= {f"MDP: {name}": told for name, told in mdp.origin.items()}
    if isinstance(found, PowerEstimate):
        lower, upper = found.data.bounds(0.95, simultaneous=True)
        facts["holds"] = (
            ("an" if found.task.on_pairs else "a")
            + f" {found.quantity_name} estimate"
            + (", interrupted before its end" if found.interrupted else "")
        )
        facts |= {"rewards": found.rewards.name, "draws": _draws(found)}
        facts |= {"method": found.method, "guarantee": f"{found.guarantee} intervals, widened by the solver's error"}
        if found.caution:
            facts["caution"] = found.caution
        for g, gamma in enumerate(found.gammas):
            power = found.data.value[g]
            facts[told_rates(gamma)] = (
                f"{found.quantity_name} {power.min():.5g} … {power.max():.5g}, 95 % of all at once within "
                f"± {(upper[g] - lower[g]).max() / 2:.2g}, solver error ≤ {found.error_bound[g]:.1g}"
            )
        facts |= found.history
    elif not isinstance(found, RewardlessMDP):
        facts["holds"] = _named(found) + ", interrupted before its end" * bool(getattr(found, "interrupted", False))
    told = {printable(name): printable(str(fact)) for name, fact in facts.items()}
    width = max(map(len, told))
    for name, fact in told.items():
        click.echo(f"{name:>{width}}  {fact}")
    if not isinstance(found, (RewardlessMDP, PowerEstimate)):
        click.echo()
        _print_lines(found)
