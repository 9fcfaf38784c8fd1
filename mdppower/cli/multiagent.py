"""The command about two agents: the POWER of each, how it goes together, and a walk of both.

A thin wrapper of the library; importing this file adds it to the group.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

import click

from mdppower.cli.group import attempt, build_environment, cli, finish, tell
from mdppower.cli.headings import OUTPUT, PICTURE, RUN, under
from mdppower.cli.options import (
    check_output,
    environment_options,
    parse_state,
    progress_option,
    store_option,
    table_option,
    workers_option,
)
from mdppower.cli.pictures import Picture, picture_options
from mdppower.cli.rewards import parse_rewards
from mdppower.errors import ParameterError

if TYPE_CHECKING:
    from mdppower._typing import Label
    from mdppower.mdp.model import RewardlessMDP
    from mdppower.multiagent.joint_curve_estimate import JointCurve

KINDS = ("curve", "maps", "cost", "scatter", "averages")

EXAMPLE = """\b
How alignment goes with the correlation of goals, and a walk of both:
  mdppower joint maze --rho 0,0.5,1 --gamma-h 0.6 --overlap bump --out curve.png
  mdppower joint maze --gamma-h 0.6 --out maps.png --walk walk.gif
"""


@under(RUN)
def _run_options(command: Any) -> Any:
    for option in (
        progress_option,
        store_option,
        workers_option,
        click.option("--sampler", help="latin (the default), sobol, iid."),
        click.option("--rng", type=int, help="Seed; the same seed gives the same numbers."),
        click.option("--ties", type=float, help="What is a tie, as a share of the rewards' range. Default: 1e-9."),
        click.option(
            "--samples", type=int, default=4096, show_default=True, help="Pairs of reward functions to draw."
        ),
    ):
        command = option(command)
    return command


@under(OUTPUT)
def _output_options(command: Any) -> Any:
    for option in (
        click.option("--confidence", type=float, default=0.95, show_default=True, help="Of the intervals in tables."),
        click.option("--save", type=click.Path(), help="File for the result: .nc, for plot, info and mp.load."),
        click.option(
            "--states", is_flag=True, help="Print every joint state, in place of averages and correlations."
        ),
    ):
        command = option(command)
    return command


@under(PICTURE)
def _walk_options(command: Any) -> Any:
    for option in (
        click.option("--start", metavar="H;A", help="Where the walk begins, such as \"0,0;2,2\". Default: anywhere."),
        click.option("--steps", type=int, help="How many steps the walk has. Default: 20."),
        click.option("--draw", "drawn", type=int, help="The draw whose policies walk. Default: 0."),
        click.option(
            "--walk", type=click.Path(),
            help="Animation to write of both agents at work: .gif; or .png, …, of the way they took.",
        ),
        click.option(
            "--kind", "drawing", type=click.Choice(KINDS),
            help="Of --out: curves over ρ or rules; of one run small maps, what A costs H, a scatter, averages.",
        ),
    ):  # fmt: skip
        command = option(command)
    return command


@cli.command("joint", epilog=EXAMPLE)
@click.argument("env")
@click.option("--ai-env", metavar="ENV", help="The world of the AI. Default: the same.")
@click.option("--gamma-h", type=float, default=0.9, show_default=True, help="The human's discount rate, in [0, 1).")
@click.option("--gamma-a", type=float, help="The AI's. Default: the human's.")
@click.option(
    "--rho", multiple=True, metavar="RHO,…", default=["0"],
    help="Correlations of both agents' rewards, in [-1, 1], separated by commas. Default: 0.",
)  # fmt: skip
@click.option(
    "--overlap", multiple=True, metavar="RULE,…", default=["allow"],
    help="What becomes of collisions: allow, bump, remove, remove-leak; several are compared. Default: allow.",
)  # fmt: skip
@click.option("--swap/--no-swap", default=True, help="Whether they may change places, as by default.")
@click.option(
    "--seed-policy", default="uniform", show_default=True, metavar="ACTION",
    help="What the human plans against: uniform, or an action that the AI always takes, such as stay.",
)  # fmt: skip
@click.option("--rounds", type=int, default=1, show_default=True, help="How often H plans and A responds.")
@click.option("--replan", is_flag=True, help="H plans again, when it knows what A does.")
@click.option("--indifferent", is_flag=True, help="A acts at random, whatever H does.")
@click.option(
    "--on", type=click.Choice(["states", "cells"]), default="states", show_default=True,
    help="What earns: joint states, or each agent's own cell.",
)  # fmt: skip
@click.option(
    "--correlation", type=click.Choice(["copy", "copy-all", "gaussian"]), default="copy", show_default=True,
    help="How rewards are correlated.",
)  # fmt: skip
@click.option(
    "--rewards", default="uniform", show_default=True, help="Law of each reward: norm(0,1), …, or a number."
)
@click.option(
    "--reward",
    multiple=True,
    metavar="STATE=LAW",
    help='With --on cells: another law, or a number, for one cell, or all of a mark: "a=norm(1,1)", "0,3=2". '
    "Repeatable.",
)
@_run_options
@_output_options
@picture_options(help="Picture to write: .png, .svg or .pdf; see --kind.")
@_walk_options
@table_option
@environment_options
def joint_command(
    env: str, ai_env: str | None, gamma_h: float, gamma_a: float | None, rho: Sequence[str], overlap: Sequence[str],
    swap: bool, seed_policy: str, rewards: str, reward: tuple[str, ...], ties: float | None, confidence: float,
    save: str | None, states: bool, drawing: str | None, walk: str | None, drawn: int | None, steps: int | None,
    start: str | None, picture: Picture, fmt: str, samples: int, rng: int | None, sampler: str | None, workers: int,
    store: str | None, progress: bool | None, rounds: int, replan: bool, indifferent: bool, on: str, correlation: str,
    **options: Any,
) -> None:  # fmt: skip
    """Estimate the POWER of a human and an AI in one world, and how the one goes with the other.

    The human plans against the seed policy; the AI takes the best response to the plan; the human is held to it. Both
    draw rewards with correlation RHO in each joint state.

    In Python: mdppower.multiagent.joint_curve; with --walk, mdppower.multiagent.roll_out.
    """
    from mdppower._checks import open_unit
    from mdppower.multiagent.rollout import roll_out
    from mdppower.multiagent.sweep import joint_curve
    from mdppower.results.table_text import render

    open_unit(confidence, "--confidence")
    check_output("--save", save, (".nc",))
    check_output("--walk", walk, (".gif", ".png", ".svg", ".pdf"))
    for name, value, needs in (
        ("kind", drawing, picture.out), ("draw", drawn, walk), ("steps", steps, walk), ("start", start, walk)
    ):  # fmt: skip
        if value is not None and needs is None:
            raise ParameterError(
                f"--{name} is for {'a picture: add --out FILE' if name == 'kind' else '--walk FILE'}"
            )
    rhos, rules = _numbers(rho), [part.strip() for text in overlap for part in text.split(",")]
    many = len(rhos) * len(rules) > 1
    _foresee(many, drawing, states)
    mdp = build_environment(env, options)
    own = None if ai_env is None else build_environment(ai_env, options)
    if reward and on == "states":
        raise ParameterError("--reward is of a cell: it goes with --on cells")
    world = own or mdp
    at = None if start is None else _start(mdp, world, start)
    if walk is not None:
        _foresee_walk(mdp, own, rules[0], swap, at, steps, drawn, samples)
    found, failure = attempt(
        joint_curve, mdp, own, (gamma_h, gamma_h if gamma_a is None else gamma_a),
        parse_rewards(mdp, rewards, reward) if on == "cells" else rewards, rho=rhos, overlap=rules, swap=swap,
        seed_policy=_seed(world, seed_policy), rounds=rounds, replan=replan, indifferent=indifferent, on=on,
        correlation=correlation, samples=samples, rng=rng, sampler=sampler, workers=workers, store=store,
        progress=progress, **({} if ties is None else {"ties": ties}),
    )  # fmt: skip
    first = found.runs[0]
    click.echo(render((first if states else found).table(confidence), fmt))
    if fmt == "table":
        _explain(found, confidence)
        _tell_blocked(mdp, own)
    if save is not None:
        (found if many else first).save(save)
        tell(f"wrote {save}", err=True)
    if drawing == "curve" or (drawing is None and many):
        picture.draw(found.plot)
    else:
        picture.draw(first.plot, **({} if drawing is None else {"kind": drawing}))
    if walk is not None:
        made = roll_out(first, drawn or 0, at, steps=20 if steps is None else steps, rng=rng)
        looks = {name: value for name, value in picture.options.items() if name in ("cmap", "figsize", "dpi")}
        made.plot(walk, **looks)
        of = f", of rho = {first.rho:g} and {first.joint.overlap}, the first" * many
        tell(f"wrote {walk}{of}", err=True)
    finish(found.interrupted, failure)


def _foresee(many: bool, drawing: str | None, states: bool) -> None:
    """Say of several runs what is for one alone, before there are any."""
    if many and states:
        raise ParameterError("--states is for one --rho and one --overlap; there are several")
    if many and drawing not in (None, "curve"):
        raise ParameterError(f"--kind {drawing} is for one --rho and one --overlap; there are several")


def _foresee_walk(
    human: RewardlessMDP, ai: RewardlessMDP | None, rule: str, swap: bool, start: Label | None, steps: int | None,
    draw: int | None, samples: int,
) -> None:  # fmt: skip
    """Refuse a walk that cannot be, before there are numbers."""
    from mdppower._checks import positive_integer
    from mdppower.display.rollout_picture import one_grid
    from mdppower.multiagent.joint_mdp import JointMDP

    joint = JointMDP.from_worlds(human, ai, overlap=rule, swap=swap)
    one_grid(joint)
    if start is not None:
        joint.index(start)
    if steps is not None:
        positive_integer(steps, "--steps")
    if draw is not None and not 0 <= draw < samples:
        raise ParameterError(f"--draw must be from 0 to {samples - 1}, of --samples {samples}; got {draw}")


def _explain(found: JointCurve, confidence: float) -> None:
    run = found.runs[0]
    tell(f"\n{run.samples:,} draws (rng={run.task.source.entropy}) of {run.task.source.rewards.name} rewards")
    click.echo(
        "pearson, spearman: correlation of POWER of H and of A over joint states, without the noise of draws; raw:"
        " with it"
    )
    click.echo("cost: what it costs H, on average, that A acts for itself and not by the seed policy")
    for rule in found.overlaps:
        crossing = found.sign_change(rule if len(found.overlaps) > 1 else None)
        if not crossing.why:
            told = f" ({rule})" * (len(found.overlaps) > 1)
            lower, upper = crossing.interval(confidence)
            click.echo(f"pearson passes 0 at rho = {crossing.value:.3f}, {lower:.3f} … {upper:.3f}{told}")
    for text in found.cautions:
        tell(f"caution: {text}")


def _tell_blocked(human: RewardlessMDP, ai: RewardlessMDP | None) -> None:
    """Say what steps against walls are in these worlds: that is no rule of collisions, and numbers depend on it."""
    told = {"human": _blocked(human), "AI": _blocked(human if ai is None else ai)}
    if told["human"] == told["AI"] != "":
        tell(f"in {'this world' if ai is None else 'both worlds'} a step against a wall {told['human']} (--blocked)")
        return
    for who, word in told.items():
        if word:
            tell(f"in the world of the {who} a step against a wall {word} (--blocked)")


def _blocked(mdp: RewardlessMDP) -> str:
    """What becomes of steps against walls, as the actions of cells show it; empty where they do not."""
    from mdppower.envs.gridworld import COMPASS
    from mdppower.mdp.layout import grid_of

    grid, found = grid_of(mdp), set[str]()
    steps = {name: step for name, step in COMPASS.items() if name in mdp.action_names}
    if grid is None or not steps:
        return ""
    cells = {(row, column): mdp.states[k] for row, line in enumerate(grid.tolist())
             for column, k in enumerate(line) if k >= 0}  # fmt: skip
    for (row, column), state in cells.items():
        actions = mdp.actions(state)
        for name, (down, right) in steps.items():
            if len(actions) > 1 and (row + down, column + right) not in cells:
                if name not in actions:
                    found.add("does not exist")
                elif state in mdp.successors(state, name):
                    found.add("stays where it is")
    return found.pop() if len(found) == 1 else ""


def _numbers(texts: Sequence[str]) -> list[float]:
    try:
        return [float(part) for text in texts for part in text.split(",")]
    except ValueError:
        given = " ".join(texts)
        raise ParameterError(f"--rho must be numbers in [-1, 1], separated by commas; got {given!r}") from None


def _seed(world: RewardlessMDP, text: str) -> Any:
    """``uniform``, or one action in all states that have others."""
    if text == "uniform":
        return text
    found = {}
    for state in world.states:
        actions = {str(action): action for action in world.actions(state)}
        if text not in actions:
            raise ParameterError(
                f"--seed-policy must be uniform, or an action that the AI has everywhere; state {state!r} has "
                f"{', '.join(actions)}, not {text!r}"
            )
        found[state] = actions[text]
    return found


def _start(human: RewardlessMDP, ai: RewardlessMDP, text: str) -> Label:
    """``0,0;2,2`` → ((0, 0), (2, 2))."""
    parts = text.split(";")
    if len(parts) != 2:
        raise ParameterError(f"--start must be the human's state and the AI's, such as \"0,0;2,2\"; got {text!r}")
    return parse_state(human, parts[0]), parse_state(ai, parts[1])
