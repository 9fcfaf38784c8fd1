"""The commands about options and actions: how often an action is optimal, which option is worth more, what there is.

Thin wrappers of the library; importing this file adds them to the group.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

import click
from click.core import ParameterSource

from mdppower._checks import rates_or_horizons
from mdppower._text import rate_name, rate_text, told_rates
from mdppower.cli.group import attempt, build_environment, cli, finish, tell
from mdppower.cli.headings import PICTURE, under
from mdppower.cli.options import (
    chance_options,
    environment_options,
    gamma_option,
    horizon_option,
    one_gamma,
    parse_place,
    parse_rate,
    parse_rates,
    parse_state,
    table_option,
)
from mdppower.cli.pictures import NO_SCALE, Picture, picture_options
from mdppower.cli.rewards import parse_rewards
from mdppower.errors import ParameterError, SizeError
from mdppower.results.rates import rate_values

if TYPE_CHECKING:
    from mdppower.mdp.model import RewardlessMDP
    from mdppower.occupancy.option import Option
    from mdppower.occupancy.visit_distributions import Recurrent, Visits


@cli.command()
@chance_options
@click.option("--state", metavar="STATE", help='Only this state: a name, a number, a mark, "(0, 3)" or "0,3".')
@gamma_option("Discount rates in [0, 1], separated by commas; 1 is Blackwell optimality.")
@horizon_option("Numbers of steps in place of --gamma, separated by commas: which action is the first of them.")
@picture_options(help="Picture to write: .png, .svg or .pdf; a chart, or a grid's map.", without="annotate")
@table_option
@environment_options
def optimal(
    env: str, state: str | None, gamma: tuple[str, ...], horizon: tuple[str, ...], rewards: str,
    reward: tuple[str, ...], samples: int, rng: int | None, method: str, workers: int, confidence: float,
    store: str | None, progress: bool | None, picture: Picture, fmt: str, **options: Any,
) -> None:  # fmt: skip
    """Estimate how likely each action is to be optimal: the share of reward functions for which it is.

    With --state, --out draws bars over γ; without, a map of the likeliest actions where the states lie on a grid.

    In Python: mdppower.action_optimality.
    """
    from mdppower._checks import open_unit
    from mdppower.mdp.layout import grid_of, is_drawing
    from mdppower.measures.action_optimality import action_optimality
    from mdppower.results.table_text import render

    open_unit(confidence, "--confidence")
    rates = parse_rates(gamma, horizon)
    mdp = build_environment(env, options)
    label = None if state is None else parse_state(mdp, state)
    law = parse_rewards(mdp, rewards, reward)
    if picture.out is not None and state is None and (is_drawing(mdp) or grid_of(mdp) is None):
        raise ParameterError("--out draws all states where they lie on a grid; here, name one with --state")
    chances, failure = attempt(
        action_optimality, mdp, rewards=law, **rates, samples=samples, rng=rng, method=method, workers=workers,
        store=store, progress=progress,
    )  # fmt: skip
    click.echo(render(chances.table(confidence, state=label), fmt))
    if fmt == "table":
        made = f"{chances.samples:,} draws of" if chances.samples else "exact,"
        seed = f" (rng={chances.entropy})" if chances.samples else ""
        tell(f"\n{made} {chances.rewards.told}{seed}")
        if 1 in chances.gammas:
            click.echo("γ = 1 is the limit of optimal policies: Blackwell optimality, not average optimality")
    picture.draw(chances.plot, state=label, confidence=confidence)
    finish(chances.interrupted, failure)


@cli.command("compare")
@chance_options
@click.option("--a", "first", metavar="STATE[:ACTION]", help="Option A: what can be had from there.")
@click.option("--b", "second", metavar="STATE[:ACTION]", help="Option B. Is it instrumentally convergent over A?")
@click.option("--state", "places", multiple=True, metavar="STATE[:ACTION]", help="Twice or more: all pairs of these.")
@click.option("--all", "every", is_flag=True, help="All pairs of states.")
@click.option(
    "--kind", type=click.Choice(["value", "power", "rsd"]), default="value", show_default=True,
    help="value: optimal values of the states; power: what comes after them; rsd: average reward, γ = 1.",
)  # fmt: skip
@gamma_option("One discount rate in [0, 1]. Default: 0.9, and 1 with --kind rsd.", default=None)
@horizon_option("One number of steps in place of --gamma.")
@table_option
@environment_options
def compare_command(
    env: str, first: str | None, second: str | None, places: Sequence[str], every: bool, kind: str,
    gamma: tuple[str, ...], horizon: tuple[str, ...], rewards: str, reward: tuple[str, ...], samples: int,
    rng: int | None, method: str, workers: int, confidence: float, store: str | None, progress: bool | None, fmt: str,
    **options: Any,
) -> None:  # fmt: skip
    """Compare options A and B: which is worth more on average, and how often.

    An option is a state, or STATE:ACTION for the policies that take that action at each visit of the state. B is
    instrumentally convergent over A if p(A ≥ B) ≤ 1/2. Two options are compared exactly where that is instant, unless
    --samples, --rng or --store asks for draws.

    In Python: mdppower.compare; of several, mdppower.compare_all.
    """
    from mdppower._checks import open_unit
    from mdppower.display.tables import pairs_table
    from mdppower.measures.comparison import compare, compare_all
    from mdppower.results.table_text import render

    open_unit(confidence, "--confidence")
    rate = option_rate(gamma, kind, horizon)
    two = first is not None and second is not None
    if [two, len(places) > 0, every].count(True) != 1 or (not two and (first or second)):
        raise ParameterError("name two options with --a and --b, or several with --state, or take --all states")
    run: dict[str, Any] = {
        "samples": samples, "rng": rng, "method": method, "workers": workers, "store": store, "progress": progress,
    }  # fmt: skip
    mdp = build_environment(env, options)
    law = parse_rewards(mdp, rewards, reward)
    if first is not None and second is not None:
        A, B = (parse_option(mdp, text, kind, rate) for text in (first, second))
        if click.get_current_context().get_parameter_source("samples") is ParameterSource.DEFAULT:
            run["samples"] = None
        result, failure = attempt(compare, A, B, law, **run)
        table = result.table(confidence)
        if fmt != "table":
            about = {"A": _told(result.A), "B": _told(result.B), "verdict": result.verdict}
            size = len(table["quantity"])
            click.echo(render({name: [text] * size for name, text in about.items()} | table, fmt))
        else:
            tell(f"A: {_told(result.A)}\nB: {_told(result.B)}\n\n{render(table)}\n")
            tell(_made(result.samples, result.rewards.told, result.entropy))
            click.echo(f"{result.verdict}{' (at 95 %)' if result.samples else ''}")
        finish(result.interrupted, failure)
        return
    if method == "exact":
        raise ParameterError("--method exact compares two options: use --a and --b")
    given = [parse_option(mdp, text, kind, rate) for text in places]
    if every:
        given = [_option_at(mdp, (label, None), kind, rate) for label in mdp.states]
    found, failure = attempt(compare_all, given, law, confidence=confidence, **run)
    click.echo(render(pairs_table(found), fmt))
    if fmt == "table":
        tell(f"\n{kind} at {told_rates(rate)}; " + _made(found.samples, f"{found.rewards} rewards", found.entropy))
        click.echo("lower, upper: of p_at_least = p(A ≥ B), each alone")
        click.echo("convergent: whether p(A ≥ B) is at most 1/2, judged for all pairs together")
    finish(bool(found.interrupted), failure)


def option_rate(gamma: Sequence[str], kind: str, horizon: Sequence[str] = ()) -> float:
    """The one discount rate, or horizon, of options: 0.9 where none is given, and 1 for long-run averages."""
    given = parse_rate(gamma, horizon)
    if "horizon" in given:
        if kind == "rsd":
            raise ParameterError("--kind rsd is about γ = 1, not --horizon")
        (steps,), _ = rates_or_horizons(None, given["horizon"])
        return steps
    rate = given.get("gamma")
    if kind != "rsd":
        return 0.9 if rate is None else rate
    if rate not in (None, 1.0):
        raise ParameterError(f"--kind rsd is about γ = 1, not --gamma {rate_text(rate)}")
    return 1.0


def parse_option(mdp: RewardlessMDP, text: str, kind: str, gamma: float) -> Option:
    """``STATE`` or ``STATE:ACTION`` → the option."""
    return _option_at(mdp, parse_place(mdp, text), kind, gamma)


def _option_at(mdp: RewardlessMDP, place: tuple[Any, Any], kind: str, gamma: float) -> Option:
    from mdppower.occupancy.option import Option

    state, action = place
    given: dict[str, Any] = {rate_name([gamma]): rate_values([gamma])[0]}
    if kind == "rsd":
        return Option.rsd(mdp, state, action)
    if action is None:
        return Option.state(mdp, state, kind=kind, **given)
    return Option.action(mdp, state, action, kind=kind, **given)


def _told(option: Option) -> str:
    return f"{option.kind} of {option.name} at {told_rates(1.0 if option.gamma is None else option.gamma)}"


def _made(samples: int, rewards: str, entropy: Any) -> str:
    return f"{samples:,} draws of {rewards} (rng={entropy})" if samples else f"exact, {rewards}"


@cli.command("visits")
@click.argument("env")
@click.option("--state", required=True, metavar="STATE", help="Where policies start.")
@gamma_option("One discount rate in [0, 1]. Default: 0.9.", default=None)
@click.option(
    "--given", multiple=True, metavar="STATE:ACTION", help="Only policies that take this action at each visit."
)
@click.option("--nondominated", is_flag=True, help="Only those that are strictly best for some reward.")
@click.option("--rsd", "ends", is_flag=True, help="Where policies end: recurrent state distributions.")
@click.option("--limit", type=int, default=100_000, show_default=True, help="Most distributions to list.")
@picture_options(help="Picture of two states' visits (--x, --y): .png, .svg or .pdf.", without=f"cmap {NO_SCALE}")
@under(PICTURE)(click.option("--x", "across", metavar="STATE", help="The state on the horizontal axis."))
@under(PICTURE)(click.option("--y", "up", metavar="STATE", help="The state on the vertical axis."))
@table_option
@environment_options
def visits_command(
    env: str, state: str, gamma: tuple[str, ...], given: Sequence[str], nondominated: bool, ends: bool, limit: int,
    picture: Picture, across: str | None, up: str | None, fmt: str, **options: Any,
) -> None:  # fmt: skip
    """List the visit distributions of a state: how often policies visit each state, and which of them matter.

    Rows are (1−γ)f, of sum 1. |F| counts all, |F_nd| those that are strictly best for some reward, |RSD| their limits
    at γ = 1, |RSD_nd| the limits that are strictly best on average for some reward.

    In Python: mdppower.visits; with --rsd, mdppower.rsd.
    """
    from mdppower.display.tables import visits_table
    from mdppower.occupancy.visit_distributions import visits
    from mdppower.results.table_text import render

    if (picture.out is None) != (across is None) or (picture.out is None) != (up is None):
        raise ParameterError("a picture needs all three of --out FILE, --x STATE and --y STATE")
    if ends and (gamma or picture.out is not None):
        raise ParameterError(f"--rsd is about γ → 1: leave out {'--gamma' if gamma else '--out'}")
    given_rate = one_gamma(gamma)
    rate = 0.9 if given_rate is None else given_rate
    mdp = build_environment(env, options)
    start = parse_state(mdp, state)
    axes = None if across is None or up is None else (parse_state(mdp, across), parse_state(mdp, up))
    found = visits(mdp, start, rate, given=_forced(mdp, given), limit=limit)
    try:
        # Refused, if at all, before the linear programs of RSD_nd: those of large sets take minutes.
        every_end = None if nondominated else found.recurrent()
    except SizeError as error:
        raise SizeError(f"{error}; --nondominated lists those that are best for some reward") from None
    best = found.nondominated()
    best_ends = best.recurrent().nondominated()
    counts = {"F_nd": len(best), "RSD_nd": len(best_ends)}
    shown: tuple[Visits, Visits] | tuple[Recurrent, Recurrent] = (best_ends, best_ends) if ends else (best, best)
    if every_end is not None:
        counts = {"F": len(found), "F_nd": len(best), "RSD": len(every_end), "RSD_nd": len(best_ends)}
        shown = (every_end, best_ends) if ends else (found, best)
    click.echo(render(visits_table(*shown, full=fmt != "table"), fmt))
    if fmt == "table":
        click.echo("\n" + ", ".join(f"|{name}| = {count:,}" for name, count in counts.items()))
    if axes is not None:
        from mdppower.display.polytope_picture import plot_polytope

        picture.draw(plot_polytope, best if nondominated else found, *axes)


def _forced(mdp: RewardlessMDP, texts: Sequence[str]) -> dict[Any, Any]:
    """``STATE:ACTION`` texts → {state: action}."""
    forced: dict[Any, Any] = {}
    for text in texts:
        state, action = parse_place(mdp, text)
        if action is None:
            raise ParameterError(f"--given must look like STATE:ACTION, got {text!r}, a state")
        if state in forced:
            raise ParameterError(f"--given names state {state!r} twice")
        forced[state] = action
    return forced
