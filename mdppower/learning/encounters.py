"""Against whom agents are held, and what is kept of that: counts and moments, no draws.

A reference is one of

- ``"random policy"`` and ``"optimal"``: the floor and the ceiling;
- ``"final"``: the agent of the same arm and run at its last checkpoint;
- ``("random", 1000)``, or ``"random@1000"``: the agent of an arm after so many episodes, in the same run;
- whatever ``policy=`` takes: a rule, a function, a mapping, a table; an agent of `Training.agent` is one, too.

The unit of a task must be said: one agent of one power has another success rate where a task is a reward function,
starts averaged, than where it is a reward function and a start. Both are kept.
"""

from __future__ import annotations

import operator
from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import Any, NamedTuple

import numpy as np

from mdppower._quotes import quoted
from mdppower._text import count, did_you_mean, near_names
from mdppower._typing import BoolArray, FloatArray
from mdppower.agents.policies import policy_name, resolve_policy
from mdppower.agents.rules import Policy
from mdppower.errors import LabelError, ParameterError
from mdppower.learning.signals import Signal
from mdppower.mdp.model import RewardlessMDP

RANDOM, OPTIMAL, FINAL = "random policy", "optimal", "final"
UNITS = ("reward", "reward and start")
"""What a task is."""


class Reference(NamedTuple):
    """Whom agents are held against.

    Attributes
    ----------
    name : str
    policy : callable or None
    at : (int, int) or None
        The number of an arm and of a checkpoint.
    """

    name: str
    policy: Policy | None = None
    at: tuple[int, int] | None = None


@dataclass(frozen=True, eq=False)
class Encounters:
    """What is kept of A arms at T checkpoints against B references, on L tests of N draws, in K runs.

    Attributes
    ----------
    references : tuple of str
        B names.
    better, ties : (K, A, T, L, B, 2) arrays
        On how many of N tasks the agent had more, and the same up to the error of values; in each of `UNITS`. A start
        of several is not drawn: of pairs of a reward function and a start it is the expected number.
    leads : (K, A, T, L, B) array
        The mean Δ = v − v'.
    spreads : (K, A, T, L, B, 2) array
        The variance of Δ over the tasks of a run.
    errors : (K, L, B) array
        Bound on the error of Δ.
    same : (A, T, B) boolean array
        Where the reference is the agent itself, so that Δ = 0.
    """

    references: tuple[str, ...]
    better: FloatArray
    ties: FloatArray
    leads: FloatArray
    spreads: FloatArray
    errors: FloatArray
    same: BoolArray

    @classmethod
    def of_sums(
        cls, references: tuple[Reference, ...], signals: tuple[Signal, ...], sums: FloatArray, errors: FloatArray
    ) -> Encounters:
        """From (K, A, T, L, B, 7) numbers of `encounter_kernels.meet`."""
        same = np.zeros((*sums.shape[1:3], len(references)), bool)
        for b, one in enumerate(references):
            arm, step = one.at or (slice(None), -1)
            if one.at is not None or one.name == FINAL:
                same[arm, step, b] = True
        same |= same.any(axis=1, keepdims=True) & np.array([x.learns == "nothing" for x in signals])[:, None, None]
        better, ties, spreads = (np.ascontiguousarray(sums[..., list(x)]) for x in ((0, 2), (1, 3), (5, 6)))
        names = tuple(one.name for one in references)
        return cls(names, better, ties, np.ascontiguousarray(sums[..., 4]), spreads, errors, same)

    def of(self, arm: int) -> Encounters:
        """The part about one arm."""
        part = slice(arm, arm + 1)
        return replace(
            self, better=self.better[:, part], ties=self.ties[:, part], leads=self.leads[:, part],
            spreads=self.spreads[:, part], same=self.same[part],
        )  # fmt: skip

    def reference(self, name: Any) -> int:
        """The position of a reference, by its name; a checkpoint also as (arm, episodes)."""
        told = f"{name[0]}@{name[1]}" if _is_checkpoint(name) else name
        if told not in self.references:
            meant = did_you_mean(near_names(str(told), self.references))
            known = ", ".join(map(repr, self.references))
            raise LabelError(
                f"there is no reference {quoted(told)}; {meant or f'curves were measured against {known}'}"
            )
        return self.references.index(told)


def read_references(
    against: Any, mdp: RewardlessMDP, signals: tuple[Signal, ...], checkpoints: tuple[int, ...]
) -> tuple[Reference, ...]:
    """References, from what a user may give.

    Parameters
    ----------
    against : None, a reference, a sequence of these, or a mapping from names to them
    mdp : RewardlessMDP
    signals : tuple of Signal
    checkpoints : tuple of int

    Returns
    -------
    tuple of Reference

    Raises
    ------
    ParameterError
        One is no policy, two have one name, a name is no text or belongs to another, or there is no such checkpoint.
    LabelError
        There is no such arm.

    Examples
    --------
    >>> import mdppower as mp
    >>> from mdppower.learning import noise
    >>> given = ["optimal", ("noise", 10), mp.agents.lookahead(1)]
    >>> [one.name for one in read_references(given, mp.envs.fork(2), (noise(),), (0, 10))]
    ['optimal', 'noise@10', 'lookahead(k=1)']
    """
    if against is None:
        return ()
    if isinstance(against, Mapping):
        found = [_named(name, _read(one, mdp, signals, checkpoints)) for name, one in against.items()]
    else:
        several = isinstance(against, (list, tuple)) and not _is_checkpoint(against)
        found = [_read(one, mdp, signals, checkpoints) for one in (against if several else [against])]
    names = [one.name for one in found]
    if twice := next((name for name in names if names.count(name) > 1), None):
        raise ParameterError(f"against has {twice!r} twice; names can be given, {{name: policy}}")
    return tuple(found)


def _read(given: Any, mdp: RewardlessMDP, signals: tuple[Signal, ...], checkpoints: tuple[int, ...]) -> Reference:
    if _is_checkpoint(given):
        return _checkpoint(given[0], operator.index(given[1]), signals, checkpoints)
    if isinstance(given, str):
        arm, at, episodes = given.rpartition("@")
        if at and episodes.isdigit():
            return _checkpoint(arm, int(episodes), signals, checkpoints)
        if given not in (RANDOM, OPTIMAL, FINAL):
            meant = did_you_mean(near_names(given, (RANDOM, OPTIMAL, FINAL)))
            raise ParameterError(
                f"against takes {RANDOM!r}, {OPTIMAL!r}, {FINAL!r}, an arm at a checkpoint, such as "
                f"'{signals[0].label}@{checkpoints[-1]}', or a policy; got {quoted(given)}{meant and '; ' + meant}"
            )
        return Reference(given)
    policy = resolve_policy(mdp, given)
    return Reference(policy_name(policy), policy)


def _named(name: Any, reference: Reference) -> Reference:
    if not isinstance(name, str) or not name:
        raise ParameterError(f"against must have texts as names, got {quoted(name)}")
    if name in (RANDOM, OPTIMAL, FINAL) and name != reference.name:
        raise ParameterError(f"against: {name!r} is the name of a reference of its own, not of {reference.name}")
    if reference.name in (RANDOM, OPTIMAL, FINAL) and name != reference.name:
        raise ParameterError(f"against: {reference.name!r} keeps its name, and cannot be {quoted(name)}")
    return reference._replace(name=name)


def _is_checkpoint(given: Any) -> bool:
    """Whether it is (arm, episodes)."""
    return (
        isinstance(given, tuple) and len(given) == 2 and isinstance(given[0], (str, Signal))
        and hasattr(given[1], "__index__") and not isinstance(given[1], (bool, np.ndarray))
    )  # fmt: skip


def _checkpoint(arm: Any, episodes: int, signals: tuple[Signal, ...], checkpoints: tuple[int, ...]) -> Reference:
    label, labels = arm.label if isinstance(arm, Signal) else arm, [signal.label for signal in signals]
    if label not in labels:
        meant = did_you_mean(near_names(label, labels))
        raise LabelError(f"against: there is no arm {quoted(label)}; {meant or 'arms are ' + ', '.join(labels)}")
    if episodes not in checkpoints:
        known = ", ".join(map(str, checkpoints))
        raise ParameterError(f"against: {label} has no checkpoint at {count(episodes, 'episode')}; there are {known}")
    return Reference(f"{label}@{episodes}", None, (labels.index(label), checkpoints.index(episodes)))
