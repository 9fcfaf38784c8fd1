"""The command that writes an MDP in another format.

A thin wrapper of the library; importing this file adds it to the group.
"""

from __future__ import annotations

import os
from typing import Any

import click

from mdppower._text import count
from mdppower.cli.group import build_environment, cli, tell
from mdppower.cli.options import check_output, environment_options
from mdppower.errors import FileError

WRITTEN = (".toml", ".nc", ".drn", ".npz")

EXAMPLE = """\b
From a graph of POWERplay to Storm, and back into a file that one may edit:
  mdppower convert maze.gv maze.drn
  mdppower convert maze.drn maze.toml
  mdppower convert FrozenLake-v1 lake.nc --set is_slippery=false
"""


@cli.command(epilog=EXAMPLE)
@click.argument("env")
@click.argument("out", type=click.Path())
@environment_options
def convert(env: str, out: str, **options: Any) -> None:
    """Write an MDP in another format, which the suffix of OUT says; what stands there is replaced.

    .toml (text, to be read and edited), .nc (NetCDF, all of it, any size), .drn (Storm), .npz (a table of NumPy:
    deterministic MDPs). ENV may be a graph of POWERplay, a .tra of PRISM with what is beside it, or any of these.
    Of several rewards in a file, --set reward=NAME keeps one. OUT cannot be ENV itself.

    In Python: mdppower.load(ENV).save(OUT), or mdppower.envs.make(ENV).save(OUT).
    """
    check_output("OUT", out, WRITTEN)
    if os.path.exists(env) and os.path.exists(out) and os.path.samefile(env, out):
        raise FileError(f"OUT: {out!r} is ENV itself, which would lose what the format or the MDP does not keep")
    mdp = build_environment(env, options)
    if (told := mdp.origin.get("reward", "")).startswith("not kept"):
        told = told.replace("reward= names", "--set reward=NAME keeps")
        tell(f"mdppower: {mdp.origin['source']}: reward {told}", err=True)
    mdp.save(out)
    tell(f"wrote {out}: {count(mdp.n_states, 'state')}, {count(mdp.n_pairs, 'state-action pair')}", err=True)
