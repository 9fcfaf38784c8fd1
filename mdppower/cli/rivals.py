"""The command about success rates of agents that learn, beside how far ahead they are.

A thin wrapper of the library; importing this file adds it to the group.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import click

from mdppower.cli.group import cli, tell
from mdppower.cli.headings import OUTPUT, under
from mdppower.cli.options import check_output, table_option
from mdppower.cli.pictures import NO_SCALE, Picture, picture_options
from mdppower.errors import FileError, ParameterError

if TYPE_CHECKING:
    from mdppower.learning.learning_curves import LearningCurves

UNITS = {"reward": "reward", "reward-and-start": "reward and start"}

EXAMPLE = """\b
How often agents trained on random rewards do at least as well as the random policy, and by how much:
  mdppower learn maze --signals random --against "random policy,final" --rng 0 --save learn.nc
  mdppower rivals learn.nc --reference "random policy" --out success.png
"""

unit_option = click.option(
    "--unit", type=click.Choice(list(UNITS)),
    help="What a task is: a reward function, starts averaged; or a reward function and a start.  [default: reward]",
)  # fmt: skip


@cli.command(epilog=EXAMPLE)
@click.argument("file", type=click.Path())
@click.option("--arm", help="The agents' signal. Default: if there is but one.")
@click.option("--reference", help="One of those that curves were measured against. Default: if there is but one.")
@click.option("--test", help="The law of held-out rewards. Default: the first.")
@unit_option
@under(OUTPUT)(click.option("--save", type=click.Path(), help="File for the numbers: .nc, for plot and mp.load."))
@under(OUTPUT)(click.option("--confidence", type=float, default=0.95, show_default=True, help="Of limits in tables."))
@picture_options(help="Picture of success rates against leads: .png, .svg or .pdf.", without=NO_SCALE)
@table_option
def rivals(
    file: str, arm: str | None, reference: str | None, test: str | None, unit: str | None, save: str | None,
    confidence: float, picture: Picture, fmt: str,
) -> None:  # fmt: skip
    """How often an arm does at least as well as a reference, and by how much, at each checkpoint.

    FILE has learning curves that were measured against somebody: mdppower learn … --against … --save FILE. Beside the
    success rate s stand the lead, its limits over training runs, lead/sd and Φ⁻¹(s), which are one number where the
    difference is normal; the corrected band, which holds; and the post's.

    In Python: mdppower.load, and .rivals() of what it gives.
    """
    from mdppower._checks import open_unit
    from mdppower.files.netcdf import load
    from mdppower.learning.learning_curves import LearningCurves
    from mdppower.results.table_text import render

    open_unit(confidence, "--confidence")
    check_output("--save", save, (".nc",))
    curves = load(file)
    if not isinstance(curves, LearningCurves):
        raise FileError(f"{file} holds no learning curves but a {type(curves).__name__}: see mdppower learn --save")
    if not curves.references:
        raise ParameterError(f"the curves of {file} were measured against nobody: see mdppower learn --against")
    found = curves.rivals(
        one_of(arm, curves.arms, "--arm"),
        one_of(reference, curves.references, "--reference"),
        test,
        unit=UNITS[unit or "reward"],
    )
    table = found.table(confidence)
    click.echo(render(table if fmt != "table" else short(table), fmt))
    if fmt == "table":
        click.echo(table.caption)
    if save is not None:
        found.save(save)
        tell(f"wrote {save}", err=True)
    picture.draw(found.plot)


def one_of(given: str | None, known: tuple[str, ...], option: str) -> str:
    """What is asked for, or the only one there is."""
    if given is None and len(known) > 1:
        raise ParameterError(f"{option} is needed, one of {', '.join(known)}")
    return known[0] if given is None else given


def short(table: Any) -> dict[str, list[Any]]:
    """The columns that fit a terminal."""
    names = (
        "episodes", "success", "lower", "upper", "agents_lower", "agents_upper", "tie", "lead", "lead_over_sd",
        "normal", "band_lower", "band_upper", "post_lower", "post_upper",
    )  # fmt: skip
    return {name: table[name] for name in names}


def print_last(curves: LearningCurves, unit: str | None) -> None:
    """Every arm against every reference on every test, at the last checkpoint."""
    from mdppower.results.table_text import render

    rows: dict[str, list[Any]] = {}
    for arm in curves.arms:
        for test in curves.tests:
            for reference in curves.references:
                found = curves.rivals(arm, reference, test, unit=UNITS[unit or "reward"])
                table = found.of(curves.checkpoints[-1]).table()
                told = {"arm": arm, "against": reference, "test": test}
                names = ("success", "lower", "upper", "tie", "lead", "lead_over_sd", "normal")
                for name, value in {**told, **{name: table[name][0] for name in names}}.items():
                    rows.setdefault(name, []).append(value)
    click.echo(f"\n{render(rows)}")
    click.echo(
        f"success: at least as much as the reference, {found.task}; lower, upper: this algorithm, Student's t over "
        "runs (95 %); normal: Φ⁻¹(success); along training, and bands: mdppower rivals FILE, after --save FILE"
    )
