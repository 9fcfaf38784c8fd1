"""The commands about environments: which there are, and what one is like.

Thin wrappers of the library; importing this file adds them to the group.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

import click

from mdppower._text import printable
from mdppower.cli.group import build_environment, cli, print_map
from mdppower.cli.options import colour_option, environment_options
from mdppower.cli.pictures import NO_SCALE, Picture, picture_options

if TYPE_CHECKING:
    from mdppower.mdp.model import RewardlessMDP


@cli.command()
@click.option("--format", "fmt", type=click.Choice(["table", "csv", "json"]), default="table", show_default=True)
def envs(fmt: str) -> None:
    """List the named environments: name, states, actions, deterministic?, one line.

    Below the table are the ids of Gymnasium's own environments that can be read.

    In Python: mdppower.envs.catalog.
    """
    from mdppower.adapters.gymnasium_ids import ids_with_table
    from mdppower.envs.catalog import catalog
    from mdppower.results.table_text import render

    rows = []
    for environment in catalog().values():
        mdp = environment.build()
        kind = "yes" if mdp.is_deterministic else "no"
        rows.append((environment.name, mdp.n_states, mdp.n_actions, kind, environment.description))
    names = ("name", "states", "actions", "deterministic", "description")
    click.echo(render(dict(zip(names, zip(*rows, strict=True), strict=True)), fmt))
    if fmt == "table":
        click.echo(f"\nof Gymnasium: {', '.join(ids_with_table())}, and any other with a transition table P")


@cli.command()
@click.argument("env")
@picture_options(without=f"cmap {NO_SCALE}")
@environment_options
@colour_option
def show(env: str, colour: bool | None, picture: Picture, **options: Any) -> None:
    """Show an environment before anything is computed: the map, sizes, classes, 1-cycles.

    In Python: mdppower.envs.make, and .plot() of what it gives.
    """
    from mdppower.display.terminal import show_map
    from mdppower.mdp.graph import closed_classes, communicating_classes

    mdp = build_environment(env, options)
    print_map(show_map, mdp, colour)
    click.echo()
    classes, _ = communicating_classes(mdp)
    closed = closed_classes(mdp)
    facts = {
        "states": f"{mdp.n_states:,}",
        "state-action pairs": f"{mdp.n_pairs:,} (up to {mdp.n_actions} actions a state)",
        "transitions": f"{mdp.kernel.nnz:,}, {'deterministic' if mdp.is_deterministic else 'stochastic'}",
        "communicating classes": f"{classes:,}, of which {len(closed):,} cannot be left"
        + _sizes([len(c) for c in closed]),
        "1-cycles": _some(mdp, mdp.one_cycles, "some action stays"),
        "absorbing states": _some(mdp, mdp.absorbing_states, "no action leaves"),
    }
    for name, fact in facts.items():
        click.echo(f"{name:>22}  {printable(fact)}")
    for name, told in mdp.origin.items():
        click.echo(f"{printable(name.replace('_', ' ')):>22}  {printable(told)}")
    for mark, where in mdp.marks.items():
        shown = printable(", ".join(str(mdp.states[i]) for i in where[:8]))
        click.echo(f"{'marked ' + printable(mark):>22}  {shown}"
                   + (f", … ({len(where):,})" if len(where) > 8 else ""))  # fmt: skip
    picture.draw(mdp.plot)


def _sizes(sizes: Sequence[int]) -> str:
    if not sizes or len(sizes) > 8:
        return ""
    return f" (of {', '.join(f'{n:,}' for n in sizes)} state{'s' if sizes != [1] else ''})"


def _some(mdp: RewardlessMDP, indices: Any, meaning: str) -> str:
    if len(indices) == 0:
        return "none"
    shown = ", ".join(str(mdp.states[i]) for i in indices[:6]) + (", …" if len(indices) > 6 else "")
    return f"{len(indices):,} ({meaning}): {shown}"
