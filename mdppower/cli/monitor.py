"""The command about counts along training: what they say of power, and where they say nothing more.

A thin wrapper of the library; importing this file adds it to the group.
"""

from __future__ import annotations

from collections.abc import Sequence

import click

from mdppower.cli.group import cli, tell
from mdppower.cli.headings import OUTPUT, under
from mdppower.cli.options import check_output, table_option
from mdppower.cli.pictures import NO_SCALE, Picture, picture_options
from mdppower.cli.standard_input import text_of_standard_input
from mdppower.errors import ParameterError

EXAMPLE = """\b
A file of counts, ties among the successes:
  checkpoint,successes,trials,reference
  80,300,400,random
  320,383,400,random
  905,400,400,random
  905,346,400,320
What they say, with scores between 0 and 1, and a standard deviation of the difference of 0.05:
  mdppower monitor counts.csv --range 0,1 --sd 0.05 --out counts.png
"""


@cli.command(epilog=EXAMPLE)
@click.argument("counts", type=click.Path())
@click.option(
    "--range",
    "ends",
    metavar="LOW,HIGH",
    help="Where rewards, or scores, lie. Without it, and without --sd, nothing is sure of the lead.",
)
@click.option("--nu", type=float, help="A certified ν, for the post's band. Default: that of --range.")
@click.option(
    "--sd",
    "sds",
    multiple=True,
    metavar="[REFERENCE=]SD",
    help="Standard deviation of the difference over tasks, of all references or of one. Repeatable. Without it leads "
    "by the normal law are in units of it.",
)
@click.option("--base", metavar="REFERENCE", help="What leads are added up to. Default: the first reference.")
@click.option("--confidence", type=float, default=0.95, show_default=True, help="Of all limits.")
@click.option(
    "--simultaneous/--each-alone", default=True, show_default=True, help="Whether limits hold for all rows at once."
)
@under(OUTPUT)(click.option("--save", type=click.Path(), help="File for the result: .nc, for mp.load."))
@table_option
@picture_options(without=f"cmap {NO_SCALE}")
def monitor(
    counts: str, ends: str | None, nu: float | None, sds: Sequence[str], base: str | None, confidence: float,
    simultaneous: bool, save: str | None, fmt: str, picture: Picture,
) -> None:  # fmt: skip
    """Say what counts of successes along training tell of power, and where a reference says nothing more.

    COUNTS is a CSV file, or - for standard input, with the columns checkpoint, successes, trials, reference, and
    perhaps ties. A success is a
    trial in which the agent of a checkpoint did at least as well as the reference, so that ties are among them. A
    reference may be a checkpoint, by its number: leads are then added up along such ladders.

    Columns: rate with its limits; post_…, the post's band of the lead, and lead_…, the corrected one, which need
    --range or --sd; normal_…, the lead if the difference is normal, which needs --sd (probit_…: in units of it);
    says: whether counts against the reference inform, whether to change it, or that it is saturated: that more wins
    could not be told from these.

    In Python: mdppower.learning.monitor.
    """
    from mdppower.results.table_text import render
    from mdppower.success_rates.counts import counts_of_text
    from mdppower.success_rates.monitoring import monitor as look_at

    check_output("--save", save, (".nc",))
    given = counts_of_text(text_of_standard_input("counts")) if counts == "-" else counts
    found = look_at(
        given, width=None if ends is None else _width(ends), nu=nu, sd=_sds(sds), base=base, confidence=confidence
    )
    table = found.table(simultaneous=simultaneous)
    click.echo(render(table, fmt))
    if fmt == "table":
        tell(table.caption)
        if len(found.references) > 1 and (found.sd or found.width is not None):
            ladder = found.ladder()
            click.echo("\n" + render(ladder))
            tell(ladder.caption)
        tell("\n" + found.verdict)
    if save is not None:
        found.save(save)
        tell(f"wrote {save}", err=True)
    picture.draw(found.plot)


def _width(text: str) -> float:
    from mdppower.bounds.simplex_proxies import proxy_of_range

    try:
        low, high = (float(part) for part in text.split(","))
    except ValueError:
        raise ParameterError(f"--range must be two numbers such as 0,1; got {text!r}") from None
    try:
        return proxy_of_range(low, high)[0]
    except ParameterError as error:
        raise ParameterError(f"--range: {error}") from None


def _sds(texts: Sequence[str]) -> float | dict[str, float] | None:
    """One number for all references, or one for each that is named."""
    found: dict[str, float] = {}
    for text in texts:
        name, is_named, number = text.rpartition("=")
        try:
            value = float(number)
        except ValueError:
            raise ParameterError(f"--sd must be a number, or REFERENCE=NUMBER; got {text!r}") from None
        if not is_named:
            if len(texts) > 1:
                raise ParameterError(f"--sd {text} is for all references: with others give each by its name")
            return value
        if name in found:
            raise ParameterError(f"--sd of {name!r} is given twice")
        found[name] = value
    return found or None
