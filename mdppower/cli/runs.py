"""The command about stores: which runs there are, how far they are, and what they say.

A thin wrapper of the library; importing this file adds it to the group.
"""

from __future__ import annotations

from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any

import click

from mdppower._text import cut, rate_text
from mdppower.cli.group import cli, tell
from mdppower.cli.options import check_output, table_option
from mdppower.errors import ParameterError

if TYPE_CHECKING:
    from mdppower.stores.store import RunRecord

EXAMPLE = """\b
A run that is stopped, looked at, and gone on with:
  mdppower map maze --samples 1000000 --store run.sqlite
  mdppower runs run.sqlite
  mdppower runs run.sqlite --export 1 --out so-far.nc
  mdppower map maze --samples 1000000 --store run.sqlite
"""


@cli.command(epilog=EXAMPLE)
@click.argument("file", type=click.Path())
@click.option("--export", "number", type=int, metavar="NUMBER", help="Write what this run says so far to --out.")
@click.option("--out", type=click.Path(), help="File for --export: .nc; of POWER the one that --save writes.")
@table_option
def runs(file: str, number: int | None, out: str | None, fmt: str) -> None:
    """List the runs in a store: what each is about, its draws, and who is at work on it. Nothing is written in it.

    With --export, a run becomes a NetCDF file, finished or not, for plot, info and mp.load: the result of the call;
    of calls without a class of their own, labelled arrays. Of verify a store has the draws of each test, not its
    reports: these the same command writes again. A row theorems.setting has no draws, but the seed of such tests.

    In Python: the same store= in mdppower.power, or in any call with draws, goes on with a run.
    """
    from mdppower.results.table_text import render
    from mdppower.stores.store import Store

    if (number is None) != (out is None):
        raise ParameterError("--export NUMBER and --out FILE go together")
    check_output("--out", out, (".nc",))
    with Store(file, writing=False) as store:
        found = store.runs()
    if number is None or out is None:
        rows = [_row(position, run, fmt) for position, run in enumerate(found, 1)]
        click.echo(render({name: [row[name] for row in rows] for name in rows[0]}, fmt) if rows else _nothing(fmt))
        return
    if not 1 <= number <= len(found):
        there = f"has runs 1 to {len(found)}" if found else "has no runs"
        raise ParameterError(f"--export {number}: the store {there}")
    if found[number - 1].draws == 0:
        raise ParameterError(f"--export {number}: this run has no draws, it is there for its seed")
    _export(file, found[number - 1], out)


def _nothing(fmt: str) -> str:
    return {"table": "no runs", "csv": "", "json": "[]"}[fmt]


def _row(number: int, run: RunRecord, fmt: str) -> dict[str, Any]:
    """What is told of a run: all of it in csv and json, what fits beside each other in a table."""
    asked = run.arguments
    size = run.draws or 0
    rates = asked.get("gamma")
    state = "done" if run.complete else f"made by {run.driver}" if run.driver else "stopped"
    state = "seed" if run.draws == 0 else state
    told: dict[str, Any] = {
        "number": number,
        "call": _word(asked.get("call")),
        "about": _word(asked.get("about")),
        "rewards": _word(asked.get("rewards")),
        "gamma": " ".join(map(_rate, rates)) if rates else "",
        "rng": str(run.entropy),
        "draws": run.finished * size,
        "wanted": run.wanted * size,
        "method": _word(asked.get("method")),
        "seconds": round(run.seconds, 3),
        "begun": _time(run.created),
        "last written": _time(run.updated),
        "state": state,
    }
    if fmt == "table":
        told |= {"about": cut(told["about"], 40), "rng": cut(told["rng"], 12)}
        return told
    more = {"sampler": _word(asked.get("sampler")), "key": _word(asked.get("key"))}
    return told | more | {"driver": run.driver or "", "id": run.id}


def _rate(told: Any) -> str:
    """A discount rate; a horizon as H=5."""
    if isinstance(told, dict) and isinstance(told.get("horizon"), int):
        return f"H={told['horizon']}"
    return rate_text(told) if isinstance(told, float) else ""


def _word(value: Any) -> str:
    return value if isinstance(value, str) else ""


def _time(seconds: float) -> str:
    """UTC, to the second."""
    return (
        datetime.fromtimestamp(min(seconds, 2e11), UTC).isoformat(sep=" ", timespec="seconds").removesuffix("+00:00")
    )


def _export(file: str, run: RunRecord, out: str) -> None:
    # These say how results of their calls are made (`answers`).
    from mdppower.measures import action_optimality, comparison, power, visit_optimality  # noqa: F401
    from mdppower.measures.stored_calls import stored_result
    from mdppower.multiagent import playing  # noqa: F401
    from mdppower.sensitivity import model_difference, under_transforms  # noqa: F401

    found = stored_result(file, run)
    if hasattr(found, "save"):
        interrupted = found.interrupted
        found.save(out)
    else:  # labelled arrays
        from mdppower.files.results import save_result

        interrupted = bool(found.attrs.get("interrupted", 0))
        save_result(found, out)
    if interrupted:
        size = run.draws or 0
        tell(f"mdppower: not finished: {run.finished * size:,} of {run.wanted * size:,} draws", err=True)
    tell(f"wrote {out}", err=True)
