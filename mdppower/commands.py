"""The commands of ``mdppower``: thin wrappers of the library.

What was computed is printed before anything is written to a file: a path that cannot be written costs nothing.
"""

from __future__ import annotations

import difflib
import os
import shutil
import sys
from collections.abc import Callable, Mapping, Sequence
from typing import TYPE_CHECKING, Any

import click

from mdppower import __version__
from mdppower._options import (
    check_suffix,
    colour_option,
    environment_options,
    format_option,
    parse_bias,
    parse_gamma,
    parse_policy,
    parse_settings,
    picture_options,
    run_options,
)
from mdppower.errors import ConvergenceError, ParameterError

if TYPE_CHECKING:
    from mdppower.mdp import RewardlessMDP
    from mdppower.power_estimate import PowerEstimate


class Command(click.Group):
    """A group that suggests a near name for an unknown command."""

    def resolve_command(self, ctx: click.Context, args: list[str]) -> Any:
        """Find the command, or say which one may have been meant."""
        name = args[0] if args else ""
        if args and self.get_command(ctx, name) is None and not name.startswith("-"):
            near = difflib.get_close_matches(name, self.list_commands(ctx), 1)
            hint = f"; did you mean {near[0]!r}?" if near else f"; commands: {', '.join(self.list_commands(ctx))}"
            raise click.UsageError(f"there is no command {name!r}{hint}")
        return super().resolve_command(ctx, args)


@click.group(cls=Command, context_settings={"help_option_names": ["-h", "--help"]})
@click.version_option(__version__, prog_name="mdppower")
def cli() -> None:
    """Measure how much POWER the states of a Markov decision process give an agent.

    ENV is a name that `mdppower envs` lists, a family member such as "open(20,20)" or "fork(3)", the id of a
    Gymnasium environment such as FrozenLake-v1, or the path of a text map or of a .toml or .nc file of an MDP.
    """


def build_environment(env: str, options: Mapping[str, Any]) -> RewardlessMDP:
    """The MDP that ENV and its options mean; what was changed on the way is told on standard error."""
    from mdppower.envs import make

    given = {name: value for name, value in options.items() if value is not None and name != "settings"}
    if "bias" in given:
        given["bias"] = parse_bias(given["bias"])
    settings = parse_settings(options["settings"])
    clash = sorted(set(settings) & set(options))
    if clash:
        raise ParameterError(f"--set {clash[0]}: that is an option of its own, --{clash[0].replace('_', '-')}")
    given |= settings
    mdp = make(env, **given)
    if mdp.origin.get("changed", "nothing") != "nothing":
        click.echo(f"mdppower: {mdp.origin['source']}: {mdp.origin['changed']}", err=True)
    if "checked" in mdp.origin:
        click.echo(f"mdppower: {mdp.origin['source']}: {mdp.origin['checked']}", err=True)
    return mdp


def _print_map(draw: Callable[..., str], what: Any, colour: bool | None) -> None:
    if colour is None:
        colour = sys.stdout.isatty() and "NO_COLOR" not in os.environ
    # Told so, click leaves the colours in where the output is not a terminal.
    click.echo(draw(what, colour=colour, width=shutil.get_terminal_size((100, 30)).columns), color=colour)


# ---------------------------------------------------------------------- commands


@cli.command()
@click.option("--format", "fmt", type=click.Choice(["table", "csv", "json"]), default="table", show_default=True)
def envs(fmt: str) -> None:
    """List the named environments: name, states, actions, deterministic?, one line."""
    from mdppower.envs import catalog
    from mdppower.tables import render

    rows = []
    for environment in catalog().values():
        mdp = environment.build()
        kind = "yes" if mdp.is_deterministic else "no"
        rows.append((environment.name, mdp.n_states, mdp.n_actions, kind, environment.description))
    names = ("name", "states", "actions", "deterministic", "description")
    click.echo(render(dict(zip(names, zip(*rows, strict=True), strict=True)), fmt))


@cli.command()
@click.argument("env")
@environment_options
@colour_option
def show(env: str, colour: bool | None, **options: Any) -> None:
    """Show an environment before anything is computed: the map, sizes, classes, 1-cycles."""
    from mdppower.graph import closed_classes, communicating_classes
    from mdppower.terminal import show_map

    mdp = build_environment(env, options)
    _print_map(show_map, mdp, colour)
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
        click.echo(f"{name:>22}  {fact}")
    for name, told in mdp.origin.items():
        click.echo(f"{name.replace('_', ' '):>22}  {told}")
    for mark, where in mdp.marks.items():
        click.echo(f"{'marked ' + mark:>22}  {', '.join(str(mdp.states[i]) for i in where[:8])}"
                   + (f", … ({len(where):,})" if len(where) > 8 else ""))  # fmt: skip


def _sizes(sizes: Sequence[int]) -> str:
    if not sizes or len(sizes) > 8:
        return ""
    return f" (of {', '.join(f'{n:,}' for n in sizes)} state{'s' if sizes != [1] else ''})"


def _some(mdp: RewardlessMDP, indices: Any, meaning: str) -> str:
    if len(indices) == 0:
        return "none"
    shown = ", ".join(str(mdp.states[i]) for i in indices[:6]) + (", …" if len(indices) > 6 else "")
    return f"{len(indices):,} ({meaning}): {shown}"


# ---------------------------------------------------------------------- measuring


@cli.command("map")
@run_options
@picture_options
@format_option("map")
@colour_option
@environment_options
def map_command(**options: Any) -> None:
    """Estimate the POWER of every state: a map, a table, a picture."""
    _measure(**options)


@cli.command("power")
@run_options
@picture_options
@format_option("table")
@colour_option
@environment_options
def power_command(**options: Any) -> None:
    """Estimate the POWER of every state: its number, standard error and interval."""
    _measure(**options)


def _measure(
    env: str, gamma: str, rewards: str, samples: int, precision: float | None, max_samples: int | None,
    rng: int | None, method: str, sampler: str, policy: str | None, workers: int, confidence: float, save: str | None,
    progress: bool | None, fmt: str, colour: bool | None, out: str | None, arrows: bool, hatch: bool,
    values: bool | None, share_scale: bool, **options: Any,
) -> None:  # fmt: skip
    from mdppower._checks import open_unit
    from mdppower.measure import power

    open_unit(confidence, "--confidence")
    _require_out(out, {"arrows": arrows, "hatch": hatch, "values": values, "share_scale": share_scale})
    check_suffix("--out", out, (".png", ".svg", ".pdf"))
    check_suffix("--save", save, (".nc",))
    rates = parse_gamma(gamma)
    rule = None if policy is None else parse_policy(policy)
    mdp = build_environment(env, options)
    failure = None
    try:
        estimate = power(
            mdp, rates, rewards, samples=samples, precision=precision, max_samples=max_samples, rng=rng,
            method=method, sampler=sampler, policy=rule, workers=workers, progress=progress,
        )  # fmt: skip
    except ConvergenceError as error:
        estimate, failure = error.estimate, error
    _print_power(estimate, fmt, colour, confidence)
    if save is not None:
        estimate.save(save)
        click.echo(f"wrote {save}", err=True)
    if out is not None:
        estimate.plot(out, arrows=arrows, hatch=hatch, values=values, share_scale=share_scale)
        click.echo(f"wrote {out}", err=True)
    if failure is not None:
        raise failure
    if estimate.interrupted:
        sys.exit(130)


def _require_out(out: str | None, picture: Mapping[str, Any]) -> None:
    """Refuse options of a picture where none is drawn."""
    given = _given(picture)
    if out is None and given:
        raise ParameterError(f"--{given[0].replace('_', '-')} is for a picture: add --out FILE")


def _given(options: Mapping[str, Any]) -> list[str]:
    """The names of the options that ask for something."""
    return [name for name, value in options.items() if value not in (None, False)]


def _print_power(estimate: PowerEstimate, fmt: str, colour: bool | None, confidence: float) -> None:
    if fmt == "map":
        from mdppower.terminal import terminal_map

        _print_map(terminal_map, estimate, colour)
    else:
        from mdppower.tables import power_table, render

        click.echo(render(power_table(estimate, confidence=confidence), fmt))


# ---------------------------------------------------------------------- saved estimates


@cli.command()
@click.argument("file", type=click.Path())
@click.option("--gamma", type=float, help="Only this one of the estimate's discount rates.")
@click.option("--title", help="In place of the rewards and the number of draws.")
@click.option("--confidence", type=float, default=0.95, show_default=True, help="Of the intervals in tables.")
@picture_options
@format_option("map")
@colour_option
def plot(
    file: str, gamma: float | None, title: str | None, confidence: float, out: str | None, arrows: bool, hatch: bool,
    values: bool | None, share_scale: bool, fmt: str, colour: bool | None,
) -> None:  # fmt: skip
    """Draw a saved estimate (or MDP) again: a picture with --out, else in the terminal."""
    from mdppower._checks import open_unit
    from mdppower.mdp import RewardlessMDP
    from mdppower.storage import load

    open_unit(confidence, "--confidence")
    check_suffix("--out", out, (".png", ".svg", ".pdf"))
    options = {"arrows": arrows, "hatch": hatch, "values": values, "share_scale": share_scale}
    _require_out(out, options | {"title": title})
    found = load(file)
    if isinstance(found, RewardlessMDP):
        given = _given(options | {"gamma": gamma})
        if given:
            raise ParameterError(f"--{given[0].replace('_', '-')} is for estimates; {file} holds an MDP")
        if out is None:
            from mdppower.terminal import show_map

            _print_map(show_map, found, colour)
        else:
            found.plot(out, title=title)
    else:
        estimate = found if gamma is None else found.at(gamma)
        if out is None:
            _print_power(estimate, fmt, colour, confidence)
        else:
            estimate.plot(out, title=title, **options)
    if out is not None:
        click.echo(f"wrote {out}", err=True)


def _draws(found: PowerEstimate) -> str:
    return f"{found.samples:,} ({found.sampler}, rng={found.entropy})" if found.samples else "none: exact"


@cli.command()
@click.argument("file", type=click.Path())
def info(file: str) -> None:
    """Tell what a saved file holds and how it was made."""
    from mdppower.mdp import RewardlessMDP
    from mdppower.storage import load

    found = load(file)
    mdp = found if isinstance(found, RewardlessMDP) else found.mdp
    facts: dict[str, Any] = {"file": file, "holds": "an MDP", "MDP": repr(mdp), "fingerprint": mdp.fingerprint}
    facts |= {f"MDP: {name}": told for name, told in mdp.origin.items()}
    if not isinstance(found, RewardlessMDP):
        lower, upper = found.data.bounds(0.95, simultaneous=True)
        facts["holds"] = "a POWER estimate" + (", interrupted before its end" if found.interrupted else "")
        facts |= {"rewards": found.rewards.name, "draws": _draws(found)}
        facts |= {"method": found.method, "guarantee": f"{found.guarantee} intervals, widened by certified gaps"}
        for g, gamma in enumerate(found.gammas):
            power = found.data.value[g]
            facts[f"γ = {gamma:.15g}"] = (
                f"POWER {power.min():.5g} … {power.max():.5g}, 95 % of all at once within "
                f"± {(upper[g] - lower[g]).max() / 2:.2g}, certified gap of a draw ≤ {found.gap[g]:.1g}"
            )
        facts |= found.history
    width = max(map(len, facts))
    for name, fact in facts.items():
        click.echo(f"{name:>{width}}  {fact}")
