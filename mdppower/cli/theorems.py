"""The command ``mdppower verify``: which theorems apply to an MDP, and do tests of them agree.

A thin wrapper of the library; importing this file adds it to the group.
"""

from __future__ import annotations

import shutil
import sys
from typing import Any

import click

from mdppower.cli.group import attempt, build_environment, cli, finish, tell
from mdppower.cli.headings import OUTPUT, RUN, under
from mdppower.cli.options import (
    check_output,
    environment_options,
    gamma_option,
    parse_gamma,
    progress_option,
    reward_option,
    store_option,
    workers_option,
)
from mdppower.cli.rewards import parse_rewards

REPORTS = (".md", ".html", ".json")


@cli.command()
@click.argument("env")
@gamma_option("Discount rates in [0, 1] at which conclusions are tested, separated by commas.", "0,0.5,0.9,1")
@click.option("--claims", help="Some of the claims, separated by commas, such as prop-6.6,cor-6.14. Default: all.")
@click.option("--most", type=int, default=4, show_default=True, help="Reports of one claim: the most interesting.")
@under(RUN)(
    click.option(
        "--seconds", type=float, default=20.0, show_default=True, help="For the search of one claim over the MDP."
    )
)
@click.option(
    "--rewards", default="norm(0,1)", show_default=True,
    help="Law of each state's reward in the tests: not uniform, as elsewhere, but one that covers all directions.",
)  # fmt: skip
@reward_option
@under(RUN)(click.option(
    "--samples", type=int, default=1000, show_default=True,
    help="Draws of each pathwise test: one that contradicts is enough.",
))  # fmt: skip
@under(RUN)(click.option("--votes", type=int, default=400, show_default=True, help="Elements of an orbit that vote."))
@under(RUN)(
    click.option(
        "--rng", type=int, help="Seed; the same seed gives the same report, where no search runs out of time."
    )
)
@under(OUTPUT)(click.option("--out", type=click.Path(), help="Report to write: .md, .html (with pictures) or .json."))
@under(OUTPUT)(
    click.option("--format", "fmt", type=click.Choice(["table", "json"]), default="table", show_default=True)
)
@workers_option
@store_option
@progress_option
@environment_options
def verify(
    env: str, gamma: tuple[str, ...], claims: str | None, most: int, seconds: float, rewards: str,
    reward: tuple[str, ...], samples: int, votes: int, rng: int | None, workers: int, out: str | None, fmt: str,
    store: str | None, progress: bool | None, **options: Any,
) -> None:  # fmt: skip
    """Check which theorems about optimal policies and power apply to an MDP, and test their conclusions.

    The results are those of Turner et al. (arXiv 1912.01683). A theorem that applies is shown with the permutation of
    states that makes it apply. Exit status 1 says that a claim whose hypotheses are proved was contradicted: that
    would be a discovery, or a bug. Ctrl-C ends the run early: what is printed and written then says which claims were
    not checked.

    In Python: mdppower.theorems.verify.
    """
    from mdppower.reports.pages import claims_table, summary, to_json
    from mdppower.results.table_text import render
    from mdppower.theorems.verification import verify as verify_claims

    check_output("--out", out, REPORTS)
    rates = parse_gamma(gamma)
    names = None if claims is None else [name.strip() for name in claims.split(",")]
    mdp = build_environment(env, options)
    found, failure = attempt(
        verify_claims,
        mdp,
        rates,
        claims=names,
        most=most,
        seconds=seconds,
        rewards=parse_rewards(mdp, rewards, reward),
        samples=samples,
        votes=votes,
        rng=rng,
        workers=workers,
        store=store,
        progress=progress,
    )
    title = f"Claims about optimal policies and POWER: {env}"
    if fmt == "json":
        click.echo(to_json(found, title, found.about))
    else:
        width = shutil.get_terminal_size((120, 24)).columns
        click.echo(summary(found, width=width))
        click.echo()
        click.echo(render(claims_table(found, width=width), "table"))
        if found.interrupted:
            tell(f"interrupted: {found.about['interrupted']}")
        where = "; every test and φ: --out claims.html" * (out is None)
        tell(f"draws of {found.rewards_name} rewards (rng={found.about['rng']}){where}")
    if out is not None:
        found.save(out, title)
        tell(f"wrote {out}", err=True)
    finish(found.interrupted, failure)
    if found.is_refuted:
        sys.exit(1)
