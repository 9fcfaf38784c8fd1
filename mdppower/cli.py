"""The command ``mdppower``: thin wrappers of the library.

Every mistake of the user ends in one line on standard error and exit status 2. What was computed is printed before
anything is written to a file, so that a path that cannot be written costs nothing.
"""

from __future__ import annotations

import difflib
import os
import shutil
import sys
import warnings
from collections.abc import Callable, Mapping, Sequence
from typing import TYPE_CHECKING, Any, NoReturn

import click

from mdppower import __version__
from mdppower.errors import ConvergenceError, MDPPowerError, MDPPowerWarning, ParameterError

if TYPE_CHECKING:
    from mdppower.mdp import RewardlessMDP


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

    ENV is a name that `mdppower envs` lists, a family member such as "open(20,20)" or "fork(3)", or the path of a
    text map.
    """


# ---------------------------------------------------------------------- options that commands share


def grid_options(command: Any) -> Any:
    """Add the options that build a gridworld from a map."""
    for option in (
        click.option("--wrap", is_flag=True, default=None, help="The map is a torus."),
        click.option("--bias", metavar="NAME=AMOUNT,…", help="Parts of the slip that go to these actions."),
        click.option("--slip", type=float, help="Probability that an action drawn at random happens instead."),
        click.option(
            "--blocked", type=click.Choice(["stay", "remove"]), help="A blocked step stays put, or does not exist."
        ),
        click.option("--stay/--no-stay", default=None, help="Whether cells have the action 'stay'."),
        click.option("--moves", metavar="MOVES", help='Letters of NESW, then perhaps "+diagonals". Default: NESW.'),
    ):
        command = option(command)
    return command


format_option = click.option(
    "--format", "fmt", type=click.Choice(["map", "table", "csv", "json"]), default="map", show_default=True
)
colour_option = click.option(
    "--colour/--no-colour", "--color/--no-color", default=None, help="Default: if a terminal."
)


def _build(env: str, options: Mapping[str, Any]) -> RewardlessMDP:
    from mdppower.envs import make

    given = {name: value for name, value in options.items() if value is not None}
    if "bias" in given:
        given["bias"] = _parse_bias(given["bias"])
    return make(env, **given)


def _parse_bias(text: str) -> dict[str, float]:
    bias = {}
    for part in text.split(","):
        name, equals, amount = part.partition("=")
        try:
            bias[name.strip()] = float(amount)
        except ValueError:
            equals = ""
        if not equals:
            raise ParameterError(f"--bias must look like E=0.1,N=0.05, got {text!r}")
    return bias


def _parse_gamma(text: str) -> list[float]:
    rates = []
    for part in text.split(","):
        try:
            rates.append(float(part))
        except ValueError:
            raise ParameterError(f"--gamma must be numbers in [0, 1], separated by commas; got {text!r}") from None
    return rates


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
@grid_options
@colour_option
def show(env: str, colour: bool | None, **options: Any) -> None:
    """Show an environment before anything is computed: the map, sizes, classes, 1-cycles."""
    from mdppower.graph import closed_classes, communicating_classes
    from mdppower.terminal import show_map

    mdp = _build(env, options)
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


@cli.command("map")
@click.argument("env")
@click.option("--gamma", default="0.9", show_default=True, help="Discount rates in [0, 1), separated by commas.")
@click.option(
    "--rewards", default="uniform", show_default=True, help="Law of each state's reward: norm(0,1), beta(2,5), …"
)
@click.option("--samples", type=int, default=4096, show_default=True, help="Reward functions to draw.")
@click.option("--precision", type=float, help="Draw until every simultaneous 95 % interval is ± this or less.")
@click.option("--max-samples", type=int, help="Where --precision gives up.")
@click.option("--rng", type=int, help="Seed; the same seed gives the same numbers.")
@click.option(
    "--method", default="auto", show_default=True, help="auto, deterministic, stochastic, lp, lp-occupancy."
)
@click.option("--sampler", default="latin", show_default=True, help="latin, sobol, iid.")
@click.option("--workers", type=int, default=-1, show_default=True, help="Threads; -1 is one a core.")
@click.option("--confidence", type=float, default=0.95, show_default=True, help="Of the intervals in tables.")
@click.option("--out", type=click.Path(), help="Picture to write: .png, .svg or .pdf.")
@click.option("--progress/--no-progress", default=None, help="Progress bar. Default: if a terminal.")
@format_option
@colour_option
@grid_options
def map_command(
    env: str, gamma: str, rewards: str, samples: int, precision: float | None, max_samples: int | None,
    rng: int | None, method: str, sampler: str, workers: int, confidence: float, out: str | None,
    progress: bool | None, fmt: str, colour: bool | None, **options: Any,
) -> None:  # fmt: skip
    """Estimate the POWER of every state: a map, a table, a picture."""
    from mdppower._checks import open_unit
    from mdppower.measure import power

    open_unit(confidence, "--confidence")
    if out is not None and os.path.splitext(out)[1].lower() not in (".png", ".svg", ".pdf"):
        raise ParameterError(f"--out must end in .png, .svg or .pdf, got {out!r}")
    rates = _parse_gamma(gamma)
    mdp = _build(env, options)
    failure = None
    try:
        estimate = power(
            mdp, rates, rewards, samples=samples, precision=precision, max_samples=max_samples, rng=rng,
            method=method, sampler=sampler, workers=workers, progress=progress,
        )  # fmt: skip
    except ConvergenceError as error:
        estimate, failure = error.estimate, error
    if fmt == "map":
        from mdppower.terminal import terminal_map

        _print_map(terminal_map, estimate, colour)
    else:
        from mdppower.tables import power_table, render

        click.echo(render(power_table(estimate, confidence=confidence), fmt))
    if out is not None:
        estimate.plot(out)
        click.echo(f"wrote {out}", err=True)
    if failure is not None:
        raise failure
    if estimate.interrupted:
        sys.exit(130)


# ---------------------------------------------------------------------- errors


def main(args: Sequence[str] | None = None) -> NoReturn:
    """Run the command line; every mistake of the user is one line and exit status 2."""
    with warnings.catch_warnings():
        warnings.simplefilter("always", MDPPowerWarning)
        warnings.showwarning = _show_warning
        sys.exit(_run(args))


def _run(args: Sequence[str] | None) -> int:
    """Run the command line; return the exit status."""
    try:
        code = cli.main(args=None if args is None else list(args), prog_name="mdppower", standalone_mode=False)
    except click.exceptions.NoArgsIsHelpError as error:
        click.echo(error.format_message())
        code = 2
    except click.ClickException as error:
        code = _complain(error.format_message())
    except click.Abort:
        code = 130
    except MDPPowerError as error:
        code = _complain(str(error))
    except MemoryError:
        code = _complain("not enough memory")
    except BrokenPipeError:
        # The reader (head, less) has gone; so that Python does not complain at exit either:
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        code = 1
    except KeyboardInterrupt:
        code = 130
    return code if isinstance(code, int) else 0


def _complain(message: str) -> int:
    click.echo(f"mdppower: error: {' '.join(message.split())}", err=True)
    return 2


def _show_warning(message: Warning | str, category: type[Warning], *place: Any, **more: Any) -> None:
    name = "warning" if issubclass(category, MDPPowerWarning) else f"warning ({category.__name__})"
    click.echo(f"mdppower: {name}: {' '.join(str(message).split())}", err=True)
