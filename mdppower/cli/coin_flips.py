"""The command ``mdppower coin-flips``: what training on outcomes does that say nothing.

A thin wrapper of the library; importing this file adds it to the group.
"""

from __future__ import annotations

from typing import Any

import click

from mdppower._text import count, rate_text
from mdppower.cli.group import attempt, build_environment, cli, finish, tell
from mdppower.cli.headings import OUTPUT, RUN, under
from mdppower.cli.options import (
    check_output,
    environment_options,
    gamma_option,
    one_gamma,
    parse_state,
    progress_option,
    reward_option,
    store_option,
    table_option,
    workers_option,
)
from mdppower.cli.pictures import NO_SCALE, Picture, picture_options
from mdppower.cli.rewards import parse_rewards

EXAMPLE = """\b
Coins, clipped at both sides and nowhere, and the truth beside them:
  mdppower coin-flips "fork(3)" --arms clip,no-clip,true --runs 16 --out coin.png
"""
SAVED = (".nc", ".csv", ".json")


@under(RUN)
def _method_options(command: Any) -> Any:
    """Add the options of how policies are trained."""
    numbers = (
        ("--iterations", 40, "Of training."),
        ("--prompts", 32, "Reward functions of an iteration."),
        ("--group", 16, "Rollouts of each."),
        ("--epochs", 4, "Passes through the rollouts of an iteration."),
        ("--minibatches", 8, "Updates of a pass; they divide the prompts."),
        ("--horizon", 20, "Steps of a rollout."),
        ("--prior-episodes", 3000, "Of Q-learning on random rewards, from which the prior is learnt."),
        ("--runs", 64, "Independent runs: each is one observation."),
        ("--samples", 256, "Held-out reward functions of a run: fewer than an estimate has: runs count."),
    )
    rate = click.option("--rate", type=float, default=1.0, show_default=True, help="Step size.")
    command = rate(command)
    for name, default, told in numbers[::-1]:
        command = click.option(name, type=int, default=default, show_default=True, help=told)(command)
    return command


@cli.command("coin-flips", epilog=EXAMPLE)
@click.argument("env")
@gamma_option("One discount rate, strictly between 0 and 1.")
@click.option("--share", type=float, default=0.4, show_default=True, help="Of the available power: the prior's.")
@click.option("--clip", type=float, default=0.2, show_default=True, help="Where updates are clipped: ε in (0, 1).")
@click.option(
    "--arms", metavar="ARM,…",
    help="clip, clip-high, clip-low, no-clip, on-policy, anti-prior, untrained, true, inverted, inverted-no-clip. "
    "Default: all.",
)  # fmt: skip
@click.option("--start", metavar="STATE", help="Where rollouts begin. Default: any state with a choice.")
@click.option("--rewards", default="uniform", show_default=True, help="Law of each state's reward; goal, avoid.")
@reward_option
@_method_options
@under(RUN)(click.option("--rng", type=int, help="Seed; the same seed gives the same numbers."))
@workers_option
@store_option
@progress_option
@under(OUTPUT)(click.option("--save", type=click.Path(), help="File: .nc, for mp.load; .csv or .json, the table."))
@under(OUTPUT)(click.option("--confidence", type=float, default=0.95, show_default=True, help="Of the verdicts."))
@table_option
@picture_options(help="Picture to write: .png, .svg or .pdf.", without=NO_SCALE)
@environment_options
def coin_flips_command(
    env: str, gamma: tuple[str, ...], share: float, clip: float, arms: str | None, start: str | None, rewards: str,
    reward: tuple[str, ...], iterations: int, prompts: int, group: int, epochs: int, minibatches: int, rate: float,
    horizon: int, prior_episodes: int, runs: int, samples: int, rng: int | None, workers: int, store: str | None,
    progress: bool | None, save: str | None, confidence: float, picture: Picture, fmt: str, **options: Any,
) -> None:  # fmt: skip
    """Train policies on coin flips, and see whether their power rises, with all that goes with it to know why.

    A policy with a good prior is trained by GRPO; the outcome of a rollout is a fair coin. Where updates are clipped
    its sampled share may rise though outcomes say nothing: at a fork with these settings, in most others not.
    Controls: no clip, one update, a bad prior, none, the truth and its opposite. The table has what each arm comes
    to, with limits of the change of the sampled share; csv and json have all numbers.

    In Python: mdppower.learning.coin_flips.
    """
    from mdppower._checks import open_unit
    from mdppower.learning.coins.training import coin_flips
    from mdppower.results.table_text import render

    open_unit(confidence, "--confidence")
    check_output("--save", save, SAVED)
    discount = one_gamma(gamma)
    mdp = build_environment(env, options)
    found, failure = attempt(
        coin_flips, mdp, discount, share, clip, None if arms is None else [name.strip() for name in arms.split(",")],
        parse_rewards(mdp, rewards, reward), iterations=iterations, prompts=prompts, group=group, epochs=epochs,
        minibatches=minibatches, rate=rate, horizon=horizon, prior_episodes=prior_episodes, runs=runs,
        samples=samples, start=None if start is None else parse_state(mdp, start), rng=rng, workers=workers,
        store=store, progress=progress,
    )  # fmt: skip
    summary = found.summary(confidence=confidence)
    click.echo(render(summary if fmt == "table" else found.table(confidence), fmt))
    if fmt == "table":
        tell(
            f"\n{summary.caption}\n{env}, γ = {rate_text(found.gamma)}, {found.rewards.name} rewards; "
            f"{count(found.runs, 'run')} (rng={found.entropy}), {found.setting.samples:,} held-out rewards each"
        )
    picture.draw(found.plot)
    if save is not None:
        found.save(save)
        tell(f"wrote {save}", err=True)
    finish(found.interrupted, failure)
