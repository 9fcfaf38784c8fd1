"""What a user may give as a policy, and what a policy may say: both read, checked, named and written down.

A policy is a function pol(R, γ) (Turner et al., arXiv 1912.01683, Def. C.1), here for N reward functions at once: it
gives, for each, the probabilities π(a|s) of the P feasible pairs, non-negative with Σ_a π(a|s) = 1 in each state, or
one action a state, or an (S, A) table of each. Whatever else comes back from a user's function is refused by the
state and the value that are wrong. A mapping from states to actions, an array or a table is the policy that does the
same for all rewards.

Rules are written down as their name and parameters, a fixed policy as its numbers, and of a user's function only the
name: an estimate from it can be loaded and read, but its draws cannot be evaluated again.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import asdict, dataclass
from numbers import Real
from typing import Any

import numpy as np

from mdppower._horizon import Horizon
from mdppower._schema import (
    LARGEST_INDEX,
    Misfit,
    Reader,
    anything,
    indices,
    label,
    nothing_or,
    one_of,
    real,
    record,
    text,
    vector,
    whole,
)
from mdppower._typing import AnyArray, FloatArray, Label
from mdppower.agents.rules import (
    Policy,
    Rule,
    epsilon_greedy,
    lookahead,
    optimal,
    satisficing,
    softmax,
    uniformly_random,
)
from mdppower.agents.tabular import MOST, q_learning
from mdppower.errors import MDPPowerError, ParameterError
from mdppower.mdp.argument import check_mdp
from mdppower.mdp.model import RewardlessMDP
from mdppower.mdp.policy_table import ROW_SUM_TOLERANCE, require_plain, weights_of


@dataclass(frozen=True, eq=False, repr=False)
class FixedPolicy(Rule):
    """The same policy whatever the rewards: one row of what a rule gives.

    Parameters
    ----------
    row : (P,) float array or (S,) integer array
        Probabilities of the pairs, or actions as positions in ``mdp.action_names``.
    """

    row: AnyArray
    depends_on_rewards = False
    for_horizons = True

    def __call__(self, mdp: RewardlessMDP, rewards: FloatArray, gamma: float) -> AnyArray:
        """The row, for each of the rewards."""
        return np.broadcast_to(self.row, (len(rewards), *self.row.shape))

    def __repr__(self) -> str:
        return "fixed"


# ---------------------------------------------------------------------- reading


def resolve_policy(mdp: RewardlessMDP, policy: Any) -> Policy:
    """A policy as a function of rewards and γ, from what a user may give.

    Parameters
    ----------
    mdp : RewardlessMDP
    policy : callable, mapping or array
        - A rule of `mdppower.agents.rules`, or any function ``policy(mdp, rewards, gamma)`` of (N, S) rewards that
          gives, each row for itself, (N, P) floats, the probabilities of the feasible pairs (in the order of
          ``mdp.kernel``; those of a state sum to 1), or (N, S) integers, an action for each state, as positions in
          ``mdp.action_names`` (what ``optimal_values(...).policies`` has), or (N, S, A) numbers, a table for each.
        - A mapping from state to action, or to {action: probability}; states with one action may be left out.
        - An (S, A) table of probabilities, states in the order of ``mdp.states`` and actions in that of
          ``mdp.action_names``, 0 where a state lacks the action: what ``policy_table`` of results gives.
        - An array like one row of what a function gives.

    Returns
    -------
    callable

    Raises
    ------
    ParameterError
        It is none of these, or not a policy.
    LabelError
        A mapping names an unknown state or action.

    Examples
    --------
    >>> import mdppower as mp
    >>> resolve_policy(mp.envs.fork(2), {"root": {"->t1": 0.25, "->t2": 0.75}}).row
    array([0.25, 0.75, 1.  , 1.  ])
    >>> resolve_policy(mp.envs.fork(2), [[0.25, 0.75], [1, 0], [0, 1]]).row
    array([0.25, 0.75, 1.  , 1.  ])
    """
    check_mdp(mdp)
    if isinstance(policy, type):
        raise ParameterError(f"policy {policy.__name__} is a class; make one, such as lookahead(2) or optimal()")
    if callable(policy):
        function: Policy = policy
        return function
    if not isinstance(policy, Mapping):
        require_plain(policy)
    try:
        row = _from_mapping(mdp, policy) if isinstance(policy, Mapping) else np.array(policy)
    except MDPPowerError:
        raise
    except ValueError as error:  # ragged
        raise ParameterError(f"policy is no array: {error}") from None
    if row.ndim == 2:
        return FixedPolicy(weights_of(mdp, row))
    if row.ndim != 1:
        raise ParameterError(
            f"policy must be a rule, a function, a mapping from state to action, an array of {mdp.n_pairs} "
            f"probabilities or a table of states × actions, got {policy!r}"
        )
    checked = _read(mdp, row[None], 1, "fixed")[0]
    return FixedPolicy(checked if row.dtype.kind == "f" else row)


def require_for_horizons(policy: Policy) -> None:
    """Raise ParameterError for a policy that is made for a discount rate.

    Examples
    --------
    >>> require_for_horizons(lookahead(2))
    >>> require_for_horizons(softmax(0.1))
    Traceback (most recent call last):
    mdppower.errors.ParameterError: policy softmax(temperature=0.1) is made for a discount rate, and a horizon has \
none: give gamma=, or with horizon= uniformly_random(), lookahead(k) or a fixed policy
    """
    if not getattr(policy, "for_horizons", False):
        what = "; without policy= it is the optimal one" if isinstance(policy, optimal) else ""
        raise ParameterError(
            f"policy {policy_name(policy)} is made for a discount rate, and a horizon has none: give gamma=, or with "
            f"horizon= uniformly_random(), lookahead(k) or a fixed policy{what}"
        )


def _from_mapping(mdp: RewardlessMDP, policy: Mapping[Label, Any]) -> FloatArray:
    weights = np.zeros(mdp.n_pairs)
    count = np.diff(mdp.pointer)
    weights[mdp.pointer[:-1][count == 1]] = 1.0
    waiting = np.flatnonzero(count > 1)
    named = np.zeros(mdp.n_states, bool)
    for state, choice in policy.items():
        s = mdp.index(state)
        named[s] = True
        weights[mdp.pointer[s] : mdp.pointer[s + 1]] = 0.0
        for action, share in choice.items() if isinstance(choice, Mapping) else [(choice, 1.0)]:
            if not isinstance(share, Real):
                raise ParameterError(
                    f"policy: the probability of action {action!r} in state {state!r} is {share!r}, not a number"
                )
            weights[mdp.pair(state, action)] = float(share)
    if not named[waiting].all():
        s = waiting[~named[waiting]][0]
        raise ParameterError(f"policy says nothing of state {mdp.states[s]!r}, which has {count[s]} actions")
    return weights


def ask(mdp: RewardlessMDP, rewards: FloatArray, gamma: float, policy: Policy) -> AnyArray:
    """What a policy says for these rewards: (N, P) probabilities or (N, S) pairs, checked.

    Raises
    ------
    ParameterError
        It is no policy, or the user's function raised something, which is the cause; or it is none for a horizon.
    """
    if isinstance(gamma, Horizon):
        require_for_horizons(policy)
        gamma = 1.0  # nothing is discounted
    try:
        given: Any = policy(mdp, rewards.copy(), gamma)  # a copy: it is a stranger's code
    except MDPPowerError:
        raise
    except MemoryError:
        raise
    except Exception as error:
        raise ParameterError(
            f"policy {policy_name(policy)}(mdp, rewards, gamma) raised {type(error).__name__}: {error}"
        ) from error
    return _read(mdp, given, len(rewards), policy_name(policy))


def _read(mdp: RewardlessMDP, given: Any, n: int, name: str) -> AnyArray:
    """Probabilities rescaled to sum to 1, or pairs for actions; ParameterError where it is no policy."""
    try:
        rows = np.asarray(given)
    except ValueError as error:  # ragged
        raise ParameterError(f"policy {name} gave no array: {error}") from None
    if rows.ndim == 3 and len(rows) == n:
        return np.array([_weights_of_draw(mdp, i, table, name) for i, table in enumerate(rows)])
    whole = rows.dtype.kind in "iu"
    width = mdp.n_states if whole else mdp.n_pairs
    if rows.shape != (n, width) or rows.dtype.kind not in "iuf":
        raise ParameterError(
            f"policy {name} must give floats of shape ({n}, {mdp.n_pairs}), probabilities of pairs, or integers of "
            f"shape ({n}, {mdp.n_states}), actions, or tables of shape "
            f"({n}, {mdp.n_states}, {len(mdp.action_names)}); got {rows.dtype} of shape {rows.shape}"
        )
    if whole:
        return _pairs(mdp, rows, name)
    weights = rows.astype(np.float64)
    tolerance = max(ROW_SUM_TOLERANCE, 8 * float(np.finfo(rows.dtype).eps))
    wrong = np.argwhere(~(weights >= 0) | np.isinf(weights))
    if len(wrong):
        i, p = wrong[0].tolist()
        state, action = mdp.pair_label(p)
        raise _no_policy(i, f"policy {name} gave action {action!r} in state {state!r} probability {weights[i, p]:g}")
    sums = np.add.reduceat(weights, mdp.pointer[:-1], axis=1)
    wrong = np.argwhere(np.abs(sums - 1) > tolerance)
    if len(wrong):
        i, s = wrong[0].tolist()
        raise _no_policy(
            i, f"policy {name}: the probabilities of state {mdp.states[s]!r} sum to {sums[i, s]:.12g}, not 1"
        )
    return np.asarray(weights / sums[:, mdp.pair_states])


def _weights_of_draw(mdp: RewardlessMDP, draw: int, table: AnyArray, name: str) -> FloatArray:
    try:
        return weights_of(mdp, table, f"policy {name}")
    except ParameterError as error:
        raise _no_policy(draw, str(error)) from None


def _pairs(mdp: RewardlessMDP, actions: AnyArray, name: str) -> AnyArray:
    """(N, S) pairs for actions given as positions in ``mdp.action_names``."""
    size = len(mdp.action_names)
    outside = np.argwhere((actions < 0) | (actions >= size))
    if len(outside):
        i, s = outside[0].tolist()
        raise _no_policy(
            i,
            f"policy {name} gave action number {actions[i, s]} in state {mdp.states[s]!r}; there are {size} actions",
        )
    # Pairs are sorted by state and action, so that this is a sorted list of all that is feasible.
    known = mdp.pair_states.astype(np.int64) * size + mdp.action_codes
    wanted = np.arange(mdp.n_states) * size + actions.astype(np.int64)
    pairs = np.minimum(np.searchsorted(known, wanted), mdp.n_pairs - 1)
    lacking = np.argwhere(known[pairs] != wanted)
    if len(lacking):
        i, s = lacking[0].tolist()
        action = mdp.action_names[actions[i, s]]
        raise _no_policy(
            i, f"policy {name} took action {action!r} in state {mdp.states[s]!r}, which does not have it"
        )
    return np.asarray(pairs)


def _no_policy(draw: int, message: str) -> ParameterError:
    """The error for what a policy said of one of the draws."""
    error = ParameterError(message)
    error.draw = draw
    return error


# ---------------------------------------------------------------------- names, and policies as plain data


@dataclass(frozen=True, repr=False)
class LostPolicy(Rule):
    """The policy of a saved run that a file cannot hold: its name is known, and what it does is not."""

    name: str

    def __call__(self, mdp: RewardlessMDP, rewards: FloatArray, gamma: float) -> AnyArray:
        """Raise ParameterError."""
        raise ParameterError(
            f"policy {self.name} is the user's own code, which a file cannot hold: nothing can be evaluated under it"
        )

    def __repr__(self) -> str:
        return self.name


_RULES: dict[str, type[Rule]] = {
    kind.__name__: kind
    for kind in (uniformly_random, optimal, lookahead, epsilon_greedy, softmax, satisficing, q_learning)
}


def _behaviour(value: Any) -> str | float:
    """The word random, or a probability."""
    return "random" if value == "random" else float(real(0, 1)(value))


_PARAMETERS: dict[str, dict[str, Reader]] = {
    "fixed": {"row": anything},
    "unknown": {"name": text(1000)},
    "lookahead": {"k": whole(1, LARGEST_INDEX)},
    "epsilon_greedy": {"epsilon": real(0, 1)},
    "softmax": {"temperature": real(0)},
    "satisficing": {"threshold": real(0, 1)},
    "q_learning": {
        "k": whole(0, MOST),
        "behaviour": _behaviour,
        "start": nothing_or(label),
        "seed": whole(0, MOST),
        "step": nothing_or(real(0, 1)),
    },
}
"""What a file has of a policy, besides its kind."""


def policy_name(policy: Policy) -> str:
    """What to call a policy: a rule with its parameters, a function by its name.

    Examples
    --------
    >>> policy_name(softmax(0.1)), policy_name(print)
    ('softmax(temperature=0.1)', 'print')
    """
    return repr(policy) if isinstance(policy, Rule) else str(getattr(policy, "__name__", type(policy).__name__))


def describe_policy(policy: Policy) -> dict[str, Any]:
    """The policy as data that JSON can hold; of a user's own code only the name.

    Examples
    --------
    >>> describe_policy(lookahead(3)), describe_policy(print)
    ({'kind': 'lookahead', 'k': 3}, {'kind': 'unknown', 'name': 'print'})
    """
    if isinstance(policy, FixedPolicy):
        return {"kind": "fixed", "row": policy.row.tolist()}
    if type(policy) in _RULES.values():
        given = asdict(policy)  # type: ignore[call-overload]
        return {"kind": type(policy).__name__, **{name: _plain(value) for name, value in given.items()}}
    return {"kind": "unknown", "name": policy_name(policy)}


def _plain(value: Any) -> Any:
    """A parameter as JSON has it: a label that is a tuple, as a list."""
    return [_plain(part) for part in value] if isinstance(value, tuple) else value


def policy_from_description(data: Any, mdp: RewardlessMDP) -> Policy:
    """The policy that `describe_policy` wrote down.

    Parameters
    ----------
    data : dict
        Anything that JSON can hold: it is checked.
    mdp : RewardlessMDP

    Returns
    -------
    callable

    Raises
    ------
    FileError
        The data are not what `describe_policy` writes; the message names the field and the value.
    ParameterError
        They are no policy of that MDP.

    Examples
    --------
    >>> import mdppower as mp
    >>> policy_from_description({"kind": "lookahead", "k": 3}, mp.envs.fork(2))
    lookahead(k=3)
    """
    kind = one_of("fixed", "unknown", *_RULES)(data.get("kind") if isinstance(data, dict) else None)
    readers = _PARAMETERS.get(kind, {})
    given = record({"kind": text(), **readers})(data)
    del given["kind"]
    if kind == "fixed":
        row = given["row"]
        codes = isinstance(row, list) and all(type(x) is int for x in row)
        try:
            row = (indices(mdp.n_states, len(mdp.action_names)) if codes else vector(mdp.n_pairs, 0, 1))(row)
        except Misfit as error:
            raise error.inside(".row") from None
        resolve_policy(mdp, row)  # raises where it is none
        return FixedPolicy(row)
    return LostPolicy(**given) if kind == "unknown" else _RULES[kind](**given)
