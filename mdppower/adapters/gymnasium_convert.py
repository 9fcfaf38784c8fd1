"""What was read of an environment, whichever way, as an MDP: masked, checked, with ends, and with its reward."""

from __future__ import annotations

import reprlib
import warnings
from typing import Any, NamedTuple

import numpy as np

from mdppower._typing import AnyArray, BoolArray
from mdppower._warn import warn
from mdppower.adapters.gymnasium_check import Walk, compare_steps
from mdppower.adapters.gymnasium_masks import METHODS
from mdppower.adapters.gymnasium_rewards import keep_reward
from mdppower.adapters.gymnasium_starts import given_starts, initial, table_starts
from mdppower.adapters.gymnasium_table import Table, attribute, read_table, told_labels
from mdppower.adapters.gymnasium_table_masks import masked_table
from mdppower.adapters.gymnasium_termination import absorb, only_reachable, sink
from mdppower.adapters.gymnasium_world import StepOptions, enumerate_environment
from mdppower.adapters.gymnasium_wrappers import rewarding_wrapper, time_limit, without_watchers
from mdppower.errors import MDPPowerWarning, ModelError, ParameterError, SizeError
from mdppower.mdp.model import RewardlessMDP


class Settings(NamedTuple):
    """What `mdppower.from_gymnasium` was told; see there."""

    terminated: str
    starts: Any
    reachable_only: bool
    check: bool
    rng: Any
    method: str
    steps: StepOptions
    asked: list[str]
    """Those that an enumeration alone understands, and that were given."""


def from_table(name: str, env: Any, base: Any, entries: Any, given: Settings) -> RewardlessMDP:
    """The MDP of a table, and of the environment around it, if there is one."""
    known = given.starts is not None or initial(base)[1] is not None
    if given.reachable_only and not known:
        what = "a bare table" if base is None else name
        raise ParameterError(f"{what} has no initial_state_distrib: reachable_only=True needs starts=")
    fickle = attribute(base, "fickle_passenger", False)
    if np.ndim(fickle) == 0 and fickle and not given.check:
        warn(f"{name}: P leaves out that the passenger may change the destination; check=True shows it")
    try:
        table = read_table(entries, base)
        # Rows that termination is going to replace are part of P too: all of it is validated first.
        plain = table.build()
        begin = table_starts(base, len(plain.states)) if given.starts is None else given_starts(given.starts, table)
        walk = None if env is None else Walk(without_watchers(env))
        told = {"time_limit": time_limit(env)} if env is not None and time_limit(env) else {}
        told |= told_labels(base, table.states)
        own = next((method for method in METHODS if callable(attribute(base, method))), "")
        if own and given.steps.mask is None:
            told["mask"] = f"{own}() is not used: mask=True leaves out what it masks"
        absorbing = plain.absorbing_states
        if given.steps.mask:
            table, source = masked_table(base, table, given.steps.mask, begin, given.terminated == "continue")
            told["mask"] = f"{source}: masked actions do not exist"
            absorbing = _quiet(table, None).absorbing_states
        changed = "" if env is None else rewarding_wrapper(env)
        refused = (
            f"{changed} makes another of it, which P does not know; method='steps' keeps that" if changed else ""
        )
        read = _Read(table, begin, absorbing, known, walk, told, refused, "")
        return _finished(name, read, given)
    except ModelError as error:
        raise ModelError(f"{name}: {error}") from error.__cause__


def from_steps(name: str, env: Any, stepped: Any, given: Settings) -> RewardlessMDP:
    """The MDP of an environment, by its steps."""
    try:
        made = enumerate_environment(stepped, given.steps, given.terminated == "continue")
        table = made.table
        begin = made.starts if given.starts is None else given_starts(given.starts, table)
        told = made.told | ({"time_limit": time_limit(env)} if time_limit(env) else {})
        note = f" and of {made.counters}, kept for its first step" if made.rewards.counted else ""
        absorbing = np.setdiff1d(table.build().absorbing_states, np.flatnonzero(made.ended))
        read = _Read(table, begin, absorbing, True, made.walk, told, made.rewards.refused, note)
        # States in which episodes end are left by nobody: with a sink none comes there.
        if given.terminated == "sink" and made.ended.any():
            given = given._replace(reachable_only=True)
        return _finished(name, read, given)
    except SizeError as error:
        raise error.said(f"{name}: {error}") from None
    except ModelError as error:
        raise ModelError(f"{name}: {error}") from error.__cause__


class _Read(NamedTuple):
    """What was read of an environment, whichever way."""

    table: Table
    begin: BoolArray
    absorbing: AnyArray
    known: bool
    """Whether it is known where episodes begin."""
    walk: Walk | None
    told: dict[str, str]
    refused: str
    """Why its reward cannot be kept; empty where it may."""
    note: str
    """What is to be said of it."""


def _finished(name: str, read: _Read, given: Settings) -> RewardlessMDP:
    """The MDP: checked, with an end made of terminated transitions, and with its reward."""
    table, begin = read.table, read.begin
    origin = {"source": name, "terminated": given.terminated, **read.told}
    if given.starts is not None:
        origin["starts"] = reprlib.repr(given.starts)
    if given.check and read.walk is not None:
        origin["checked"] = compare_steps(read.walk, table, given.rng)
    if given.terminated == "absorb":
        table, origin["changed"], made = absorb(table, begin, read.absorbing)
        if made and not read.known:
            origin["starts"] = "not known: give starts= if episodes begin in a state that was made absorbing"
    elif given.terminated == "sink":
        table, origin["changed"] = sink(table)
    else:
        origin["changed"] = "nothing"
    told = f"{read.note}; 0 after the end" if given.terminated != "continue" else read.note
    mdp = _quiet(table, origin)
    if given.reachable_only:
        mdp = only_reachable(mdp, begin, origin)
    return keep_reward(mdp, table, read.refused, told)


def _quiet(table: Table, origin: dict[str, str] | None) -> RewardlessMDP:
    """The MDP of a table, of whose rescaled rows the plain table has warned."""
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", MDPPowerWarning)
        return table.build(origin)
