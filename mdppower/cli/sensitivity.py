"""The commands about models: how POWER differs between two, and how it moves when one is told anew.

Thin wrappers of the library; importing this file adds them to the group.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

import click

from mdppower._text import rate_text
from mdppower.cli.group import attempt, build_environment, cli, finish, tell
from mdppower.cli.headings import OUTPUT, QUESTION, RUN, under
from mdppower.cli.options import (
    environment_options,
    gamma_option,
    parse_gamma,
    parse_place,
    parse_state,
    progress_option,
    reward_option,
    store_option,
    table_option,
    workers_option,
)
from mdppower.cli.pictures import NO_SCALE, Picture, picture_options
from mdppower.cli.rewards import parse_rewards
from mdppower.errors import ParameterError
from mdppower.results.number_text import how_sure

if TYPE_CHECKING:
    from mdppower.mdp.model import RewardlessMDP
    from mdppower.sensitivity.model_difference_estimate import ModelDifference
    from mdppower.sensitivity.sensitivity_estimate import Sensitivity
    from mdppower.sensitivity.transformed import Transformed

MOST_FLIPS = 20
"""Most flips of order that are printed."""


@under(RUN)
def _run_options(command: Any) -> Any:
    """Add the options of a run on common draws."""
    for option in (
        progress_option,
        store_option,
        under(OUTPUT)(
            click.option(
                "--confidence",
                type=float,
                default=0.95,
                show_default=True,
                help="Of all intervals of a table together.",
            )
        ),
        workers_option,
        click.option("--sampler", default="latin", show_default=True, help="latin, sobol, iid."),
        click.option("--rng", type=int, help="Seed; the same seed gives the same numbers."),
        click.option("--samples", type=int, default=4096, show_default=True, help="Reward functions to draw."),
        reward_option,
        under(QUESTION)(
            click.option(
                "--rewards",
                default="uniform",
                show_default=True,
                help="Law of each state's reward: norm(0,1), …, or a number.",
            )
        ),
        gamma_option("Discount rates in [0, 1], separated by commas."),
    ):
        command = option(command)
    return command


EXAMPLE = """\b
Two maps that differ in one cell:
  mdppower diff open.txt shut.txt --gamma 0.5,0.9 --out door.png
"""


@cli.command(epilog=EXAMPLE)
@click.argument("a", metavar="A")
@click.argument("b", metavar="B")
@_run_options
@under(RUN)(
    click.option(
        "--method",
        default="auto",
        show_default=True,
        help="auto, exact (small MDPs), deterministic, stochastic, lp, lp-occupancy.",
    )
)
@picture_options(help="Picture of A − B to write: .png, .svg or .pdf.")
@table_option
@environment_options
def diff(
    a: str, b: str, gamma: tuple[str, ...], rewards: str, reward: tuple[str, ...], samples: int, rng: int | None,
    sampler: str, method: str, workers: int, confidence: float, store: str | None, progress: bool | None,
    picture: Picture, fmt: str, **options: Any,
) -> None:  # fmt: skip
    """Compare POWER in two environments on the same draws, state by state: that in A less that in B.

    A and B are a door open and shut, say. They are written as ENV is; options of environments apply to both. States
    are matched by name.

    In Python: mdppower.sensitivity.difference.
    """
    from mdppower._checks import open_unit
    from mdppower.results.table_text import render
    from mdppower.sensitivity.model_difference import difference, union_of

    open_unit(confidence, "--confidence")
    rates = parse_gamma(gamma)
    first, second = build_environment(a, options), build_environment(b, options)
    union = union_of(first, second, list(dict.fromkeys(first.states + second.states))) if reward else first
    law = parse_rewards(union, rewards, reward)
    found, failure = attempt(
        difference, first, second, rates, law, samples=samples, rng=rng, method=method, sampler=sampler,
        workers=workers, store=store, progress=progress,
    )  # fmt: skip
    click.echo(render(found.table(confidence), fmt))
    if fmt == "table":
        _tell(found, confidence)
    picture.draw(found.plot, confidence=confidence)
    finish(found.interrupted, failure)


def _tell(found: ModelDifference, confidence: float) -> None:
    """What the numbers of a difference come from, and the greatest."""
    made = f"{found.samples:,} draws (rng={found.entropy}), the same for A and B" if found.samples else "exact"
    tell(f"\n{made}, {found.rewards.name} rewards")
    click.echo(found.table(confidence).caption)
    for name, labels in (("A", found.only_A), ("B", found.only_B)):
        if labels:
            tell(f"only {name} has {', '.join(map(str, labels[:6]))}"
                       + (f", … ({len(labels):,})" if len(labels) > 6 else ""))  # fmt: skip
    for gamma, verdicts in zip(found.gammas, found.verdicts(confidence).tolist(), strict=True):
        for name, (label, by) in {"A": found.most_in_A(gamma), "B": found.most_in_B(gamma)}.items():
            verdict = verdicts[found.labels.index(label)]
            if float(by.mean) > 0 and verdict != "same":  # which may be off 0 by rounding
                doubt = ", which is not told from 0" * (verdict == "open")
                tell(f"γ = {rate_text(gamma)}: {name} leads most at {label}, by {float(by.mean):.4g}{doubt}")


@cli.command("sensitivity")
@click.argument("env")
@_run_options
@click.option("--duplicate", "copied", multiple=True, metavar="STATE", help="Copy this state. Repeatable.")
@click.option(
    "--into", type=click.Choice(["choice", "split"]), default="choice", show_default=True,
    help="With --duplicate: copies are entered by actions of their own, or by chance.",
)  # fmt: skip
@click.option("--split", "parts", multiple=True, metavar="STATE:ACTION", help="Two actions for one. Repeatable.")
@click.option("--unroll", "depth", type=int, help="Remember this many steps as a part of the state.")
@click.option(
    "--state", metavar="STATE", help="How likely its actions are to be optimal; in csv and json, only that."
)
@picture_options(help="Picture of the changes to write: .png, .svg or .pdf.", without=NO_SCALE)
@table_option
@environment_options
def sensitivity_command(
    env: str, gamma: tuple[str, ...], rewards: str, reward: tuple[str, ...], samples: int, rng: int | None,
    sampler: str, workers: int, confidence: float, store: str | None, progress: bool | None, copied: Sequence[str],
    into: str, parts: Sequence[str], depth: int | None, state: str | None, picture: Picture, fmt: str, **options: Any,
) -> None:  # fmt: skip
    """Show how POWER moves when the model is told anew: states copied, actions split, history remembered.

    With tied rewards (copies earn what their original earns) POWER does not move. With independent ones (each copy
    draws its own) it does. For up to 12 states, transforms are chosen if none is asked for.

    In Python: mdppower.sensitivity.sensitivity; with --state, mdppower.sensitivity.sensitive_actions.
    """
    from mdppower._checks import open_unit
    from mdppower.results.table_text import render
    from mdppower.sensitivity.under_transforms import sensitive_actions, sensitivity

    open_unit(confidence, "--confidence")
    rates = parse_gamma(gamma)
    mdp = build_environment(env, options)
    label = None if state is None else parse_state(mdp, state)
    law = parse_rewards(mdp, rewards, reward)
    chosen = _transforms(mdp, copied, into, parts, depth)
    run: dict[str, Any] = {
        "transforms": chosen, "samples": samples, "rng": rng, "workers": workers, "store": store,
    }  # fmt: skip
    if label is not None and fmt != "table":
        if picture.out is not None:
            raise ParameterError("--out is a picture of all states; it goes with --state in a table alone")
        click.echo(render(sensitive_actions(mdp, label, rates, law, confidence=confidence, **run), fmt))
        return
    found, failure = attempt(sensitivity, mdp, rates, law, sampler=sampler, progress=progress, **run)
    table = found.table(confidence)
    if fmt == "table":
        # What fits beside each other; the rest is in the other formats.
        table = {name: table[name] for name in table if name not in ("tied", "tied_lower", "tied_upper")}
    click.echo(render(table, fmt))
    if fmt == "table":
        _explain(found, confidence)
    if label is not None:
        tell(f"\nhow likely the actions of {label} are to be optimal:")
        known = list(found.gammas)
        click.echo(render(sensitive_actions(mdp, label, known, law, confidence=confidence, **run), fmt))
    picture.draw(found.plot, confidence=confidence)
    finish(found.interrupted, failure)


def _explain(found: Sensitivity, confidence: float) -> None:
    """What the columns mean, and which orders flip."""
    from mdppower.results.table_text import render

    made = f"{found.samples:,} draws (rng={found.entropy}) of {found.rewards.name} rewards"
    tell(f"\n{made}; lower, upper: {how_sure(confidence, together=True)}")
    click.echo("tied: copies earn what their original earns, and POWER must not move")
    click.echo("independent: each copy draws a reward of its own; same: no copy can be reached")
    flips = found.flips(confidence)
    many = len(flips["gamma"])
    click.echo("\norders of two states that flip:" if many else "\nno order of two states flips")
    if many:
        click.echo(render({name: values[:MOST_FLIPS] for name, values in flips.items()}))
    if many > MOST_FLIPS:
        click.echo(f"… ({many:,} in all)")


def _transforms(
    mdp: RewardlessMDP, copied: Sequence[str], into: str, parts: Sequence[str], depth: int | None
) -> list[Transformed] | None:
    """The transforms that were asked for; None if none were."""
    from mdppower.sensitivity.transforms import duplicate_state, split_action, unroll

    found = [duplicate_state(mdp, parse_state(mdp, text), into=into) for text in copied]
    for text in parts:
        state, action = parse_place(mdp, text)
        if action is None:
            raise ParameterError(f"--split must look like STATE:ACTION, got {text!r}, a state")
        found.append(split_action(mdp, state, action))
    if depth is not None:
        found.append(unroll(mdp, depth))
    return found or None
