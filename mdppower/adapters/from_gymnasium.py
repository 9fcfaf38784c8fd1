"""Gymnasium in: an environment that shows its transition table P becomes a `RewardlessMDP`.

Gymnasium's toy-text environments keep ``P[s][a] = [(probability, next state, reward, terminated), …]``. Two things
in it have no counterpart in an MDP: the reward, which is left out, and ``terminated``, which belongs to a
transition and not to a state. What is made of the latter is the caller's choice and is recorded in ``mdp.origin``.
"""

from __future__ import annotations

import reprlib
import warnings
from collections.abc import Mapping, Sequence, Set
from typing import TYPE_CHECKING, Any

import numpy as np

from mdppower._checks import choice
from mdppower._quotes import quoted
from mdppower._text import did_you_mean
from mdppower._typing import BoolArray
from mdppower.adapters.gymnasium_check import compare_steps
from mdppower.adapters.gymnasium_ids import near_ids
from mdppower.adapters.gymnasium_options import require_kinds
from mdppower.adapters.gymnasium_table import Table, attribute, read_table, told_labels
from mdppower.adapters.gymnasium_termination import absorb, only_reachable, sink
from mdppower.adapters.gymnasium_wrappers import refuse_wrappers
from mdppower.adapters.own_modules import load_module, raised_at
from mdppower.errors import LabelError, MDPPowerWarning, ModelError, ParameterError
from mdppower.mdp.canonical import numbers, plain_label
from mdppower.mdp.model import RewardlessMDP

if TYPE_CHECKING:
    import gymnasium

TERMINATED = ("absorb", "sink", "continue")


def from_gymnasium(
    env: gymnasium.Env[Any, Any] | str | Mapping[Any, Any] | Sequence[Any],
    *,
    terminated: str = "absorb",
    starts: Any = None,
    reachable_only: bool = False,
    check: bool = False,
    rng: Any = None,
) -> RewardlessMDP:
    """Build an MDP from the transition table of a Gymnasium environment; its reward is ignored.

    Parameters
    ----------
    env : gymnasium.Env, str, or table
        An environment with a table ``env.unwrapped.P``, the id of one, or such a table itself: a mapping or
        sequence ``P[s][a]`` of entries (probability, next state, reward, terminated); the last two may be
        left out. Wrappers pass if Gymnasium's own and known to leave states, actions and outcomes alone
        (`gymnasium_wrappers.NEUTRAL`); any other may make something else of P, and is refused.

        States are in the order of P's keys, sorted if these are all int; the keys of ``P[s]`` are the
        feasible actions of s. State labels are ``state_labels`` of the environment (and then also its
        ``action_labels``, ``layout``, ``marks``), (row, column) for FrozenLake and CliffWalking, (row, column,
        passenger, destination) for Taxi, and else the keys.
    terminated : {"absorb", "sink", "continue"}
        What to make of a *terminated* transition, one that ends the episode.

        ``"absorb"``: the episode stays for ever where it ended. A state is *live* if it is a start, or no
        terminated transition of another state enters it, or a transition of a live state that is not terminated
        enters it. States that are not live become absorbing: their actions stay. Where a terminated transition
        of a live state enters a live one, it goes to an absorbing twin of that, labelled (label, "done"), whose
        only action is "stay". States that are absorbing in P are left as they are, and need no twin.

        ``"sink"``: every terminated transition goes to one absorbing state labelled "end".

        ``"continue"``: the flag is ignored.
    starts : key or label of a state, or a list of these, optional
        Where episodes begin. Default: where the environment's ``initial_state_distrib`` is positive, else its
        ``isd``. If there is neither, as for a bare table, "absorb" cannot know that episodes restart in a state that
        only ends of episodes lead to; ``origin["starts"]`` says so where that decides.
    reachable_only : bool
        Drop the states that the result cannot reach from the starts.
    check : bool
        Compare ``step`` with P: 50,000 steps or more of random actions are taken in the unwrapped environment,
        which is left where that ends. An outcome that P rules out is refused at once. So is a pair whose counts
        differ from P by Pearson's χ² test (cells with less than 5 expected pooled) and by exact binomial
        tests of its cells, since the tail of χ² is too light for such counts: p-values corrected for the number
        of pairs are below 1e-6, which is about the probability that an honest environment is refused. Pairs that
        random actions do not come to remain unchecked; ``origin["checked"]`` says how many were tried.
    rng : None, int, SeedSequence, BitGenerator or Generator
        Seed of `check`; what `numpy.random.default_rng` takes.

    Returns
    -------
    RewardlessMDP
        Its ``origin`` has "source", "terminated" and "changed" (what that choice changed), "starts" where these
        were given or are not known and matter, and "reachable_only" and "checked" where these were asked for.

    Raises
    ------
    LabelError
        There is no environment of that id.
    ModelError
        The environment cannot be made, is wrapped in what may change its dynamics, has no table P, its P is not
        that of an MDP, or `check` finds that ``step`` does otherwise.
    ParameterError
        `env` is nothing of the above, `terminated` is not one of the three, `starts` are no states, or
        `reachable_only` or `check` are asked for where no starts are known or there is no environment.

    Examples
    --------
    >>> import gymnasium
    >>> lake = from_gymnasium(gymnasium.make("FrozenLake-v1", is_slippery=False))
    >>> lake.successors((0, 0), 2), lake.index("G")
    ({(0, 1): 1.0}, 15)
    >>> lake.origin
    {'source': 'FrozenLake-v1(is_slippery=False)', 'terminated': 'absorb', 'changed': 'nothing'}
    """
    choice(terminated, "terminated", TERMINATED)
    if not isinstance(env, str):
        return _convert(env, terminated, starts, reachable_only, check, rng)
    made = make_environment(env)
    try:
        return _convert(made, terminated, starts, reachable_only, check, rng)
    finally:
        made.close()


def _convert(env: Any, terminated: str, starts: Any, reachable_only: bool, check: bool, rng: Any) -> RewardlessMDP:
    name, base, entries = _open(env)
    if base is None and check:
        raise ParameterError("a bare table has no episodes to check")
    known = starts is not None or _initial(base)[1] is not None
    if reachable_only and not known:
        what = "a bare table" if base is None else name
        raise ParameterError(f"{what} has no initial_state_distrib: reachable_only=True needs starts=")
    fickle = attribute(base, "fickle_passenger", False)
    if np.ndim(fickle) == 0 and fickle and not check:
        warnings.warn(
            f"{name}: P leaves out that the passenger may change the destination; check=True shows it",
            MDPPowerWarning,
            stacklevel=3,
        )
    origin = {"source": name, "terminated": terminated}
    try:
        table = read_table(entries, base)
        origin |= told_labels(base, table.states)
        # Rows that termination is going to replace are part of P too: all of it is validated first.
        plain = table.build()
        begin = _starts(base, len(plain.states)) if starts is None else _given_starts(starts, table)
        if starts is not None:
            origin["starts"] = reprlib.repr(starts)
        if check:
            origin["checked"] = compare_steps(base, table, rng)
        if terminated == "absorb":
            table, origin["changed"], made = absorb(table, begin, plain.absorbing_states)
            if made and not known:
                origin["starts"] = "not known: give starts= if episodes begin in a state that was made absorbing"
        elif terminated == "sink":
            table, origin["changed"] = sink(table)
        else:
            origin["changed"] = "nothing"
        with warnings.catch_warnings():
            warnings.simplefilter("ignore", MDPPowerWarning)  # of rescaled rows: `plain` has warned
            mdp = table.build(origin)
        return only_reachable(mdp, begin, origin) if reachable_only else mdp
    except ModelError as error:
        raise ModelError(f"{name}: {error}") from error.__cause__


# ---------------------------------------------------------------------- what is given


def _open(env: Any) -> tuple[str, Any, Any]:
    """Its name, the unwrapped environment (None for a bare table), and P."""
    if isinstance(env, Mapping | Sequence) and not isinstance(env, bytes):
        return "table", None, env
    import gymnasium

    if not isinstance(env, gymnasium.Env):
        kind = type(env).__name__
        raise ParameterError(f"env must be a gymnasium.Env, the id of one, or a table P[s][a], got {kind}")
    refuse_wrappers(env)
    base: Any = env.unwrapped
    name = type(base).__name__
    if base.spec is not None:
        name = base.spec.id
        registered = gymnasium.registry[name].kwargs if name in gymnasium.registry else {}
        # How it looks does not matter; what the id stands for need not be repeated. Arrays compare by repr.
        given = [
            f"{k}={' '.join(reprlib.repr(v).split())}"
            for k, v in base.spec.kwargs.items()
            if k != "render_mode" and not (k in registered and repr(registered[k]) == repr(v))
        ]
        name += f"({', '.join(given)})" if given else ""
    table = attribute(base, "P")
    if table is None:
        raise ModelError(
            f"{name} has no transition table P (env.unwrapped.P); build the MDP with RewardlessMDP.from_successors "
            "or from_arrays from what is known of its dynamics"
        )
    return name, base, table


def make_environment(name: str, /, **options: Any) -> gymnasium.Env[Any, Any]:
    """``gymnasium.make``, with our errors.

    Parameters
    ----------
    name : str
        The id of an environment; ``module:id`` imports the module, which registers it, first: see `own_modules`.
    **options
        Passed on.

    Returns
    -------
    gymnasium.Env

    Raises
    ------
    LabelError
        There is no environment of that id, or no module of that name.
    ModelError
        It cannot be imported or made.
    ParameterError
        An option is no truth value where its default is one, or a str where that is a number: to Python any
        text is true.

    Examples
    --------
    >>> make_environment("FrozenLake-v1", map_name="8x8").unwrapped.nrow
    8
    """
    import gymnasium

    module, _, bare = name.rpartition(":")
    if module:
        load_module(module)
    require_kinds(bare, options)
    try:
        return gymnasium.make(bare, **{"disable_env_checker": True, **options})
    except Exception as error:  # a constructor may raise anything
        text = " ".join(str(error).split())
        lookup = (gymnasium.error.UnregisteredEnv, gymnasium.error.DeprecatedEnv)
        if not isinstance(error, lookup) and type(error) is not gymnasium.error.Error:
            place = raised_at(error)
            what = f"{type(error).__name__}: {text}" + (f" ({place})" if place else "")
            raise ModelError(f"environment {quoted(name)} cannot be made: {what}") from None
        near = did_you_mean([f"{module}:{other}" if module else other for other in near_ids(bare)])
        hint = near or "gymnasium.pprint_registry() lists those there are"
        raise LabelError(f"there is no environment {quoted(name)}; {hint}") from None


def _initial(base: Any) -> tuple[str, Any]:
    """The initial distribution of an environment and its name; None where it does not say."""
    for name in ("initial_state_distrib", "isd"):
        given = attribute(base, name)
        if given is not None:
            return name, given
    return "", None


def _starts(base: Any, n_states: int) -> BoolArray:
    """(S,) whether an episode can start there; nowhere, if the environment does not say."""
    name, given = _initial(base)
    if given is None:
        return np.zeros(n_states, bool)
    initial = numbers(given, name)
    if initial.shape != (n_states,):
        raise ModelError(f"{name} must have one number a state ({n_states}), got {initial.shape}")
    if not (initial >= 0).all():
        raise ModelError(f"{name} has {initial[~(initial >= 0)][0]} among its probabilities")
    positive: BoolArray = initial > 0
    return positive


def _given_starts(starts: Any, table: Table) -> BoolArray:
    """(S,) whether it is one of the states that the user names, by key of P or by label."""
    several = isinstance(starts, list | range | Set) or (isinstance(starts, np.ndarray) and starts.ndim > 0)
    listed = starts if several else [starts[()] if isinstance(starts, np.ndarray) else starts]
    where = [{key: i for i, key in enumerate(names)} for names in (table.keys, table.states)]
    begin = np.zeros(len(table.states), bool)
    for start in listed:
        try:
            label = plain_label(start)
            begin[next(index[label] for index in where if label in index)] = True
        except (ModelError, StopIteration):
            raise ParameterError(f"starts must be states, keys of P or labels; {quoted(start)} is none") from None
    if not begin.any():
        raise ParameterError(f"starts must name one state or more, got {quoted(starts)}")
    return begin
