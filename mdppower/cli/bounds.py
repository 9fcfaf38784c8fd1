"""The commands about success rates and power: the post's curve, and what an observed success rate allows.

Thin wrappers of the library; importing this file adds them to the group.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import click

from mdppower._text import rate_text
from mdppower.cli.group import attempt, build_environment, cli, finish, tell
from mdppower.cli.options import (
    environment_options,
    gamma_option,
    parse_gamma,
    store_option,
    table_option,
)
from mdppower.cli.pictures import Picture, picture_options
from mdppower.errors import MDPPowerError, ParameterError

if TYPE_CHECKING:
    from mdppower.mdp.model import RewardlessMDP

MOST_STATES = 60
"""Most states whose pairs are laid over the curve."""


@cli.command()
@click.option("--nu", type=float, help="ν of the difference; with --env by default one that is certified for it.")
@click.option("--drop", type=float, help="The most that the difference can fall below 0, for Markov's bound.")
@click.option("--cap", type=float, help="The greatest gap that there can be.")
@click.option("--env", help="Lay all pairs of states of this environment over the curve.")
@gamma_option("With --env: discount rates, separated by commas.")
@click.option("--rewards", default="uniform", show_default=True, help="With --env: law of each state's reward.")
@click.option("--samples", type=int, default=4096, show_default=True, help="With --env: reward functions to draw.")
@click.option("--rng", type=int, help="Seed; the same seed gives the same numbers.")
@store_option
@picture_options(required=True)
@environment_options
def curve(
    nu: float | None, drop: float | None, cap: float | None, env: str | None, gamma: tuple[str, ...], rewards: str,
    samples: int, rng: int | None, store: str | None, picture: Picture, **options: Any,
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
        universal = _universal(mdp, rewards)
        points, interrupted, failure = _pairs(mdp, parse_gamma(gamma), rewards, samples, rng, store)
        if nu is None:
            if universal is None:
                raise ParameterError(f"no ν is known for all pairs under {rewards} rewards: give --nu")
            nu, known_drop, known_cap = universal
            drop, cap = known_drop if drop is None else drop, known_cap if cap is None else cap
            tell(f"ν = {nu:.6g}, certified for all sets in the simplex under {rewards} rewards")
    elif store is not None:
        raise ParameterError("--store is for draws: add --env")
    if nu is None:
        raise ParameterError("give --nu, or --env for a ν that is certified for it")
    for name, (s, gap) in points.items():
        tell(f"{name}: {len(s):,} pairs, gaps {gap.min():.4g} … {gap.max():.4g}")
    picture.draw(plot_curve, nu, drop=drop, cap=cap, points=points)
    finish(interrupted, failure)


def _universal(mdp: RewardlessMDP, rewards: str) -> tuple[float, float | None, float | None] | None:
    """ν, drop and cap that hold for all pairs of normalised sets (theory: log-Sobolev, ν² = 2 max c)."""
    from mdppower.bounds.gap_bounds import universal_proxy
    from mdppower.rewards.distribution import resolve

    return universal_proxy(resolve(rewards, mdp))


def _pairs(
    mdp: RewardlessMDP, gammas: list[float], rewards: str, samples: int, rng: int | None, store: str | None
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


@cli.command()
@click.option("--success-rate", type=float, required=True, help="Share of trials in which A did at least as well.")
@click.option("--n", type=int, required=True, help="Independent trials.")
@click.option("--nu", type=float, required=True, help="A certified ν of the difference h_A − h_B.")
@click.option("--drop", type=float, help="The most that the difference can fall below 0, for Markov's bound.")
@click.option("--cap", type=float, help="The greatest gap that there can be.")
@click.option("--confidence", type=float, default=0.95, show_default=True, help="Of the result.")
@table_option
def bound(
    success_rate: float, n: int, nu: float, drop: float | None, cap: float | None, confidence: float, fmt: str
) -> None:
    """Say which power differences an observed success rate allows: C(B) − C(A) from a count of successes of A.

    In Python: mdppower.bounds.gap_from_count.
    """
    from mdppower.bounds.gap_bounds import gap_from_count
    from mdppower.results.table_text import render

    found = gap_from_count(success_rate, n, nu, drop=drop, cap=cap, confidence=confidence)
    click.echo(render(found.table(), fmt))
    if fmt == "table":
        limits = f"[{found.p_lower:.4f}, {found.p_upper:.4f}] ({100 * confidence:g} %, Clopper–Pearson)"
        click.echo(f"\n{found.successes:,} successes of {n:,}: p(A ≥ B) in {limits}")
        click.echo(
            f"assumed: independent trials, each with a reward drawn anew; the same A and B in all of them; ν = {nu:g}"
        )
        click.echo("proven for h_A − h_B, not estimated. Where 0 lies inside, not even the sign is known.")
