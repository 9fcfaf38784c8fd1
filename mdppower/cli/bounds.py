"""The commands about success rates and power: the post's curve, and what an observed success rate allows.

Thin wrappers of the library; importing this file adds them to the group.
"""

from __future__ import annotations

from collections.abc import Collection
from math import isfinite
from typing import TYPE_CHECKING, Any

import click
from click.core import ParameterSource

from mdppower._text import rate_text
from mdppower.cli.group import attempt, build_environment, cli, finish, tell
from mdppower.cli.headings import RUN, under
from mdppower.cli.optimality import option_rate, parse_option
from mdppower.cli.options import (
    environment_options,
    gamma_option,
    parse_gamma,
    reward_option,
    store_option,
    table_option,
)
from mdppower.cli.pictures import NO_SCALE, Picture, picture_options
from mdppower.cli.rewards import parse_rewards
from mdppower.errors import MDPPowerError, ParameterError

if TYPE_CHECKING:
    from mdppower.mdp.model import RewardlessMDP

MOST_STATES = 60
"""Most states whose pairs are laid over the curve."""


@cli.command()
@click.option("--nu", type=float, help="ν of the difference; with --env by default one that is certified for it.")
@click.option("--drop", type=float, help="The greatest size of the difference, |h_A − h_B|, for Markov's bound.")
@click.option("--cap", type=float, help="The greatest size of the gap, |C(B) − C(A)|.")
@click.option("--env", help="Lay all pairs of states of this environment over the curve.")
@gamma_option("With --env: discount rates, separated by commas.")
@click.option("--rewards", default="uniform", show_default=True, help="With --env: law of each state's reward.")
@reward_option
@under(RUN)(
    click.option("--samples", type=int, default=4096, show_default=True, help="With --env: reward functions to draw.")
)
@under(RUN)(click.option("--rng", type=int, help="Seed; the same seed gives the same numbers."))
@store_option
@picture_options(required=True, without=f"cmap {NO_SCALE}")
@environment_options
def curve(
    nu: float | None, drop: float | None, cap: float | None, env: str | None, gamma: tuple[str, ...], rewards: str,
    reward: tuple[str, ...], samples: int, rng: int | None, store: str | None, picture: Picture, **options: Any,
) -> None:  # fmt: skip
    """Draw the post's figure 1: power differences that a success rate allows, as it is drawn there and corrected.

    With --env, the success rate p(A ≥ B) and the measured gap C(B) − C(A) of all pairs of states (their VALUE sets)
    are laid over it.

    In Python: mdppower.bounds.power_gap.
    """
    from mdppower.display.curve_picture import plot_curve

    points: dict[str, Any] = {}
    interrupted, failure = False, None
    if env is not None:
        mdp = build_environment(env, options)
        law = parse_rewards(mdp, rewards, reward)
        name, universal = _universal(mdp, law)
        points, interrupted, failure = _pairs(mdp, parse_gamma(gamma), law, samples, rng, store)
        if nu is None:
            if universal is None:
                raise ParameterError(f"no ν is known for all pairs under {name} rewards: give --nu")
            nu, known_drop, known_cap = universal
            drop, cap = known_drop if drop is None else drop, known_cap if cap is None else cap
            tell(f"ν = {nu:.6g}, certified for all sets in the simplex under {name} rewards")
    elif store is not None:
        raise ParameterError("--store is for draws: add --env")
    elif reward:
        raise ParameterError("--reward names a state: add --env")
    if nu is None:
        raise ParameterError("give --nu, or --env for a ν that is certified for it")
    for name, (s, gap) in points.items():
        tell(f"{name}: {len(s):,} pairs, gaps {gap.min():.4g} … {gap.max():.4g}")
    picture.draw(plot_curve, nu, drop=drop, cap=cap, points=points)
    finish(interrupted, failure)


def _universal(mdp: RewardlessMDP, rewards: Any) -> tuple[str, tuple[float, float | None, float | None] | None]:
    """What the rewards are called; ν, drop and cap that hold for all pairs of normalised sets."""
    from mdppower.bounds.simplex_proxies import universal_proxy
    from mdppower.rewards.distribution import resolve

    law = resolve(rewards, mdp)
    return law.name, universal_proxy(law)


def _pairs(
    mdp: RewardlessMDP, gammas: list[float], rewards: Any, samples: int, rng: int | None, store: str | None
) -> tuple[dict[str, Any], bool, MDPPowerError | None]:
    """Success rates and gaps of all ordered pairs of states, for each γ; whether it was interrupted, or failed."""
    import numpy as np

    from mdppower.measures.comparison import compare_all
    from mdppower.occupancy.option import Option

    if mdp.n_states > MOST_STATES:
        raise ParameterError(f"all pairs of states are drawn for up to {MOST_STATES} states, not {mdp.n_states:,}")
    found: dict[str, Any] = {}
    for gamma in gammas:
        states = [Option.state(mdp, s, gamma, "value") for s in mdp.states]
        table, failure = attempt(compare_all, states, rewards, samples=samples, rng=rng, store=store)
        apart = ~np.eye(len(states), dtype=bool)
        found[f"pairs of states at γ = {rate_text(gamma)}"] = table.p_at_least.values[apart], table.gap.values[apart]
        if table.interrupted or failure is not None:
            return found, bool(table.interrupted), failure
    return found, False, None


EXAMPLE = """\b
A did as well as B or better in 391 of 400 trials, in 3 of them only as well; scores lie between 0 and 1:
  mdppower bound --successes 391 --n 400 --ties 3 --range 0,1
Two starts in a maze, each trial with a reward of its own:
  mdppower bound --successes 310 --n 400 --env maze --a 0,3 --b 0,6 --gamma 0.9
"""


@cli.command(epilog=EXAMPLE)
@click.option("--successes", type=int, help="Trials in which A did at least as well as B: better, or equally well.")
@click.option("--success-rate", type=float, help="The same as a share of the trials.")
@click.option("--ties", type=int, help="How many of the successes were ties: A did equally well, not better.")
@click.option("--n", type=int, required=True, help="Independent trials, in all.")
@click.option("--nu", type=float, help="A certified ν of the difference h_A − h_B.")
@click.option("--range", "ends", metavar="LOW,HIGH", help="Where rewards, or scores, lie: ν where no more is known.")
@click.option("--env", help="ν that is certified for an environment: for --a and --b, else for all that it has.")
@click.option("--a", "first", metavar="STATE[:ACTION]", help="With --env: option A.")
@click.option("--b", "second", metavar="STATE[:ACTION]", help="With --env: option B.")
@click.option(
    "--kind", type=click.Choice(["value", "power", "rsd"]), default="value", show_default=True,
    help="With --a and --b: what A and B are, as for compare.",
)  # fmt: skip
@gamma_option("With --a and --b: one discount rate. Default: 0.9, and 1 with --kind rsd.", default=None)
@click.option("--rewards", default="uniform", show_default=True, help="With --env: law of each state's reward.")
@reward_option
@click.option("--drop", type=float, help="The greatest size of the difference, |h_A − h_B|, for Markov's bound.")
@click.option("--cap", type=float, help="The greatest size of the gap, |C(B) − C(A)|.")
@click.option("--confidence", type=float, default=0.95, show_default=True, help="Of the result.")
@table_option
@environment_options
def bound(
    successes: int | None, success_rate: float | None, ties: int | None, n: int, nu: float | None, ends: str | None,
    env: str | None, drop: float | None, cap: float | None, confidence: float, fmt: str, **options: Any,
) -> None:  # fmt: skip
    """Say which power differences a count of successes allows: by how much B may be worth more than A, or less.

    A success is a trial in which A did at least as well as B, so that ties are among the successes. One of --nu,
    --range and --env says how far the difference can deviate from its mean.

    In Python: mdppower.bounds.gap_from_count; with --range, mdppower.bounds.proxy_of_range; with --env,
    mdppower.bounds.universal_proxy, or what certify proves of A and B.
    """
    from mdppower.bounds.counted_gap import gap_from_count
    from mdppower.results.table_text import render

    if (successes is None) == (success_rate is None):
        raise ParameterError("give one of --successes and --success-rate")
    if [nu is not None, ends is not None, env is not None].count(True) != 1:
        raise ParameterError(
            "give one of --nu (certified), --range LOW,HIGH (where rewards lie), --env ENV (it is certified for)"
        )
    known: dict[str, Any] = {"nu": nu}
    why, assumed = "", []
    if env is None:
        _refuse_without("env", options)
    if ends is not None:
        known, why = _of_range(ends)
        assumed.append(f"all that can be earned lies in [{ends}]")
    elif env is not None:
        known, why = _of_environment(env, **options)
    given = {name: value for name, value in (("nu", nu), ("drop", drop), ("cap", cap)) if value is not None}
    known |= given
    letters = {"nu": "ν", "drop": "the greatest |h_A − h_B|", "cap": "the greatest |C(B) − C(A)|"}
    assumed += [f"{letters[name]} is {value:g}, as given" for name, value in given.items()]
    found = gap_from_count(success_rate, n, successes=successes, ties=ties, confidence=confidence, **known)
    if fmt != "table":
        size = len(found.table()["lower"])
        counted: tuple[str, ...] = ("successes", "trials", "p_lower", "p_upper")
        if ties is not None:
            counted = (*counted, "ties", "greater_lower", "greater_upper")
        about = {name: [getattr(found, name)] * size for name in counted} | {"nu": [known["nu"]] * size}
        click.echo(render(about | found.table(), fmt))
        return
    tell(found.verdict)
    click.echo("\n" + render(found.table(), fmt))
    tell(f"\n{why}: proven for h_A − h_B, not estimated" if why else "")
    assumed.append("independent trials, each with a reward drawn anew; the same A and B in all of them")
    click.echo(f"assumed: {'; '.join(assumed)}")


def _refuse_without(needed: str, names: Collection[str]) -> None:
    """Raise ParameterError where one of these options is given, which mean something only with another."""
    context = click.get_current_context()
    for parameter in context.command.params:
        name = parameter.name or ""
        if name in names and context.get_parameter_source(name) is ParameterSource.COMMANDLINE:
            raise ParameterError(f"{parameter.opts[0]} goes with --{needed}")


def _of_range(text: str) -> tuple[dict[str, Any], str]:
    """What is known where no more is than a range."""
    from mdppower.bounds.simplex_proxies import proxy_of_range

    try:
        low, high = (float(part) for part in text.split(","))
    except ValueError:
        raise ParameterError(f"--range must be two numbers such as 0,1; got {text!r}") from None
    nu, drop, cap = proxy_of_range(low, high)
    return {"nu": nu, "drop": drop, "cap": cap}, f"ν = {nu:g} from the range [{low:g}, {high:g}] alone (Hoeffding)"


def _of_environment(
    env: str, first: str | None, second: str | None, kind: str, gamma: tuple[str, ...], rewards: str,
    reward: tuple[str, ...], **options: Any,
) -> tuple[dict[str, Any], str]:  # fmt: skip
    """What is certified for two options of an environment, or for all that its states have."""
    if (first is None) != (second is None):
        raise ParameterError("--a and --b go together")
    if first is None:
        _refuse_without("a and --b", {"gamma", "kind"})
    rate = option_rate(gamma, kind)
    mdp = build_environment(env, options)
    law = parse_rewards(mdp, rewards, reward)
    name, universal = _universal(mdp, law)
    if first is None or second is None:
        if universal is None:
            raise ParameterError(f"no ν is known for all pairs under {name} rewards: give --nu, or --a and --b")
        told = f"ν = {universal[0]:.6g}, certified for all that the states have under {name} rewards"
        return dict(zip(("nu", "drop", "cap"), universal, strict=True)), told
    from mdppower.bounds.certificates import certify

    A, B = (parse_option(mdp, text, kind, rate) for text in (first, second))
    found = certify(A, B, law)
    if found.best is None:
        reasons = "; ".join(dict.fromkeys(found.missing.values()))
        raise ParameterError(f"no ν can be certified for {A.name} and {B.name} under {name} rewards: {reasons}")
    if not found.best.value:
        raise ParameterError(f"{A.name} and {B.name} differ by the same under all rewards: no count is needed")
    nu = found.best.value**0.5
    known = {
        "nu": nu, "drop": found.drop, "rise": max(0.0, found.delta_max) if isfinite(found.delta_max) else None,
        "variance": None if found.variance is None else found.variance.value,
        "cap": None if universal is None else universal[2],
    }  # fmt: skip
    about = f"{kind} of {A.name} (A) and {B.name} (B) at γ = {rate_text(rate)}"
    return known, f"ν = {nu:.6g}, certified ({found.best.name}) for {about} under {name} rewards"
