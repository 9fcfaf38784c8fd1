"""Options as sets of vectors: what an agent can get, whatever it comes to want.

An option A is a set of vectors over the S states; with a reward R its worth is h_A(R) = max_{a in A} ⟨a, R⟩. A state
s gives two sets at a rate γ, both inside the simplex and never to be mixed (their gaps differ by a factor γ):

======== ============================= ==============================================================
kind     set                           its worth
======== ============================= ==============================================================
value    (1−γ) F(s)                    v(s) = (1−γ) V*(s): which option is optimal
power    (1−γ)/γ (F(s) − e_s)          max_a E v(s'): its mean is POWER(s, γ)
rsd      RSD(s)                        the greatest average reward: both of the above at γ = 1
vectors  rows that the user gives      the greatest ⟨row, R⟩
======== ============================= ==============================================================

With rewards of pairs, R(s, a), a state gives its VALUE set, of visits of pairs; there is no POWER set.

With a horizon H in the place of γ, F(s) are the expected visits of H steps: of s_0 … s_{H−1} for the VALUE set, of
s_1 … s_H for the POWER set, over H in both, by policies that may depend on the time that is left.

F(s) may be restricted to policies that take an action at s: F(s | π(s) = a), which is not Q*(s, a). Nothing is
enumerated here: the worth of a state is the optimal value that the solvers find.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from scipy.sparse import csgraph

from mdppower._checks import choice, discount_rates, rates_or_horizons
from mdppower._text import rate_letter, rate_name, rate_text
from mdppower._typing import AnyArray, FloatArray, Label
from mdppower.errors import ParameterError
from mdppower.mdp.actions import restricted
from mdppower.mdp.argument import check_mdp
from mdppower.mdp.graph import adjacency
from mdppower.mdp.model import RewardlessMDP
from mdppower.occupancy.vectors import as_rows
from mdppower.solvers.optimal_values import pick, solve_rows

EPS = float(np.finfo(np.float64).eps)


@dataclass(frozen=True, eq=False)
class Reach:
    """What can be had from a state of an MDP (in which actions may have been taken out)."""

    mdp: RewardlessMDP
    state: int
    ahead: bool
    """Whether the POWER set is meant: what comes after the state."""
    whole: RewardlessMDP | None = None
    """The MDP before actions were taken out, where some were: rewards of pairs are of its pairs."""

    @property
    def pairs(self) -> AnyArray | slice:
        """Which pairs of the whole MDP there are."""
        if self.whole is None:
            return slice(None)
        many = len(self.whole.action_names)
        own, every = (
            mdp.pair_states.astype(np.int64) * many + mdp.action_codes for mdp in (self.mdp, self.whole)
        )  # fmt: skip
        return np.flatnonzero(np.isin(every, own))


@dataclass(frozen=True, eq=False)
class Option:
    """A set of vectors over the states, and the greatest ⟨vector, R⟩ of each reward; made by the methods below.

    Attributes
    ----------
    name : str
    kind : {"value", "power", "rsd", "vectors"}
    gamma : float or None
        Or a `Horizon`.
    states : tuple of labels
        What the entries of the vectors stand for.
    parts : tuple
        The option is the union of these: what can be had from a state, or rows.

    Examples
    --------
    >>> import mdppower as mp
    >>> fork = mp.envs.fork(2)
    >>> a = mp.Option.state(fork, "t1", 0.9, kind="value")
    >>> b = mp.Option.state(fork, "root", 0.9, kind="value")
    >>> a, (a | b).name
    (Option(value of 't1' at γ=0.9), "'t1' ∪ 'root'")
    """

    name: str
    kind: str
    gamma: float | None
    states: tuple[Label, ...]
    parts: tuple[Reach | FloatArray, ...]

    @staticmethod
    def state(
        mdp: RewardlessMDP,
        state: Label,
        gamma: float | None = None,
        kind: str = "value",
        *,
        horizon: int | None = None,
    ) -> Option:
        """What can be had from a state.

        Parameters
        ----------
        mdp : RewardlessMDP
        state : label
        gamma : float
            In [0, 1].
        horizon : int, optional
            In place of γ: what can be had in H steps, over H. The POWER set counts the H states that follow, the
            VALUE set the state itself and the H − 1 that follow: which of two states is better to be in, with the
            first of H steps just made.
        kind : {"value", "power"}
            The VALUE set (1−γ)F(s), or the POWER set (1−γ)/γ (F(s) − e_s). By default the first, as for
            ``mdppower compare``: which of two options is optimal is decided by values.

        Returns
        -------
        Option

        Raises
        ------
        LabelError, ParameterError

        Examples
        --------
        >>> import mdppower as mp
        >>> mp.Option.state(mp.envs.fork(2), "root", 0.9, kind="power")
        Option(power of 'root' at γ=0.9)
        >>> mp.Option.state(mp.envs.fork(2), "root", horizon=5, kind="power")
        Option(power of 'root' at H=5)
        """
        check_mdp(mdp)
        rate = _rate(gamma, horizon)
        choice(kind, "kind", ("value", "power"))
        return Option(f"{state!r}", kind, rate, mdp.states, (Reach(mdp, mdp.index(state), kind == "power"),))

    @staticmethod
    def action(
        mdp: RewardlessMDP, state: Label, action: Label, gamma: float | None = None, kind: str = "value", *,
        horizon: int | None = None,
    ) -> Option:  # fmt: skip
        """What can be had from a state by policies that take an action there, at every visit: F(s | π(s) = a).

        Parameters
        ----------
        mdp : RewardlessMDP
        state, action : labels
        gamma : float
        kind : {"value", "power"}
            As for `state`.
        horizon : int, optional
            In place of γ, as for `state`.

        Returns
        -------
        Option

        Raises
        ------
        LabelError
            The state has no such action.

        Examples
        --------
        >>> import mdppower as mp
        >>> mp.Option.action(mp.envs.fork(2), "root", "->t1", 0.9)
        Option(value of 'root' by '->t1' at γ=0.9)
        """
        check_mdp(mdp)
        rate = _rate(gamma, horizon)
        choice(kind, "kind", ("value", "power"))
        inside = restricted(mdp, {state: action})
        part = Reach(inside, mdp.index(state), kind == "power", mdp)
        return Option(f"{state!r} by {action!r}", kind, rate, mdp.states, (part,))

    @staticmethod
    def rsd(mdp: RewardlessMDP, state: Label, action: Label | None = None) -> Option:
        """The recurrent state distributions RSD(s) (Def. 6.10), perhaps of policies that take an action at s.

        Parameters
        ----------
        mdp : RewardlessMDP
        state : label
        action : label, optional

        Returns
        -------
        Option

        Examples
        --------
        >>> import mdppower as mp
        >>> mp.Option.rsd(mp.envs.fork(2), "root")
        Option(rsd of 'root' at γ=1)
        """
        check_mdp(mdp)
        made = (
            Option.state(mdp, state, 1.0, "value")
            if action is None
            else Option.action(mdp, state, action, 1.0, "value")
        )
        return Option(made.name, "rsd", 1.0, made.states, made.parts)

    @staticmethod
    def vectors(
        rows: Any,
        *,
        states: Sequence[Label] | None = None,
        kind: str = "vectors",
        gamma: float | None = None,
        horizon: int | None = None,
        name: str = "",
    ) -> Option:
        """A set of vectors.

        Parameters
        ----------
        rows : (K, S) array
        states : sequence of S labels, optional
            Default: 0 … S−1. Options that are compared must have the same.
        kind : {"vectors", "value", "power", "rsd"}
            What the rows are, where they are to be compared with states: rows of a VALUE set or of a POWER set.
            By default neither: nothing but the user can say.
        gamma : float, optional
            With kind "value" and "power".
        horizon : int, optional
            In place of γ: rows of expected visits in H steps, over H.
        name : str

        Returns
        -------
        Option

        Raises
        ------
        ParameterError
            No rows, wrong lengths, entries that are not finite.

        Examples
        --------
        >>> import mdppower as mp
        >>> mp.Option.vectors([[1, 0], [0.5, 0.5]])
        Option(2 vectors)
        """
        choice(kind, "kind", ("vectors", "value", "power", "rsd"))
        given = gamma is not None or horizon is not None
        if given == (kind in ("vectors", "rsd")):
            told = "takes no" if given else "needs a"
            raise ParameterError(f"kind {kind!r} {told} {'horizon' if horizon is not None else 'gamma'}")
        rate = 1.0 if kind == "rsd" else _rate(gamma, horizon) if given else None
        array = as_rows(rows, None if states is None else len(states))
        labels = tuple(range(array.shape[1])) if states is None else tuple(states)
        text = name or f"{len(array)} vector{'s' * (len(array) > 1)}"
        return Option(text, kind, rate, labels, (array,))

    def __or__(self, other: Option) -> Option:
        """The union of two options of one kind."""
        if not isinstance(other, Option):
            return NotImplemented
        require_alike(self, other)
        return Option(f"{self.name} ∪ {other.name}", self.kind, self.gamma, self.states, self.parts + other.parts)

    def __repr__(self) -> str:
        if self.kind == "vectors" or self.gamma is None:
            return f"Option({self.name})"
        return f"Option({self.kind} of {self.name} at {rate_letter([self.gamma])}={rate_text(self.gamma)})"


def require_alike(first: Option, second: Option) -> None:
    """Raise ParameterError unless the options are sets over the same states, of one kind, at one γ.

    An RSD set is the VALUE set and the POWER set at γ = 1, and goes with either.
    """
    if first.states != second.states:
        raise ParameterError(
            f"options are about different states: {first.name} has {len(first.states)}, {second.name} "
            f"{len(second.states)}" + (", with other labels" if len(first.states) == len(second.states) else "")
        )
    kinds = {first.kind, second.kind}
    if len(kinds) > 1 and not ("rsd" in kinds and "vectors" not in kinds):
        raise ParameterError(
            f"{first} and {second} are of different kinds; VALUE and POWER sets differ, and rows must say which"
        )
    if first.gamma != second.gamma:
        names = " and ".join(dict.fromkeys(rate_name([x.gamma]) for x in (first, second) if x.gamma is not None))
        raise ParameterError(f"{first} and {second} have different {names or 'gamma'}")


def whole_mdp(option: Option) -> RewardlessMDP:
    """The MDP that an option is about, or one of its states alone; before actions were taken out."""
    for part in option.parts:
        if isinstance(part, Reach):
            return part.whole or part.mdp
    return states_only(option.states)


def require_values(options: Sequence[Option]) -> None:
    """Raise ParameterError unless rewards of pairs mean something: the VALUE sets of states of one MDP.

    A POWER set leaves out what its state earns, which no pair does; and rows have no pairs.
    """
    wholes: list[RewardlessMDP] = []
    for option in options:
        for part in option.parts:
            if not isinstance(part, Reach):
                raise ParameterError(f"{option} is made of rows over states; rewards on pairs need states of an MDP")
            if part.ahead:
                raise ParameterError(
                    f"{option} leaves out what its state earns; rewards on pairs go with kind='value', from which "
                    "nothing is taken off"
                )
            wholes.append(part.whole or part.mdp)
    for one in wholes[1:]:
        if one is not wholes[0] and not one.equals(wholes[0]):
            raise ParameterError("rewards on pairs need options of one MDP; these are of several")


def worth(
    options: Sequence[Option], rewards: FloatArray, method: str, on: str = "states"
) -> tuple[FloatArray, FloatArray]:
    """The greatest ⟨vector, R⟩ of each option for each reward, and bounds on the errors.

    Each MDP is solved once, however many options are about it.

    Parameters
    ----------
    options : sequence of K Option
        Alike.
    rewards : (N, S) array, or (N, P) with ``on="pairs"``
    method : str
        Of `optimal_values`.
    on : {"states", "pairs"}
        What earns the rewards; pairs go with VALUE sets alone (`require_values`).

    Returns
    -------
    values, errors : (N, K) arrays
    """
    values = np.full((len(rewards), len(options)), -np.inf)
    errors = np.zeros(values.shape)
    size = np.abs(rewards).max(axis=1)
    parts = [(k, part) for k, option in enumerate(options) for part in option.parts]
    solved: dict[tuple[int, float], tuple[FloatArray, FloatArray]] = {}
    for k, part in parts:
        if isinstance(part, Reach):
            gamma = options[k].gamma
            assert gamma is not None
            key = id(part.mdp), gamma
            if key not in solved:
                own = np.ascontiguousarray(rewards[:, part.pairs]) if on == "pairs" else rewards
                v, _, gap, _ = solve_rows(part.mdp, own, gamma, pick(part.mdp, method, gamma), on=on)
                solved[key] = v, gap
            v, gap = solved[key]
            if part.ahead:
                first, last = part.mdp.pointer[part.state : part.state + 2]
                rows = part.mdp.kernel[first:last]
                found = (rows @ v.T).max(axis=0)
                # A sum of k products is off by at most (k + 2) u max |v|, u = ε/2.
                terms = int(np.diff(rows.indptr).max())
                error = gap + (terms + 2) / 2 * EPS * size
            else:
                found, error = v[:, part.state], gap
        else:
            found = (rewards @ part.T).max(axis=1)
            terms = int((part != 0).sum(axis=1).max()) + 1
            error = 2 * EPS * terms * size * np.abs(part).sum(axis=1).max()
        values[:, k] = np.maximum(values[:, k], found)
        errors[:, k] = np.maximum(errors[:, k], error)
    return values, errors


def worth_range(option: Option, low: FloatArray, high: FloatArray, on: str = "states") -> tuple[float, float]:
    """Between what the worth of an option lies, whatever rewards are drawn from their range.

    Parameters
    ----------
    option : Option
    low, high : (S,) arrays, or (P,) with ``on="pairs"``
        Of each reward; infinite where there is no bound.
    on : {"states", "pairs"}

    Returns
    -------
    low, high : float

    Examples
    --------
    A row earns its weights; what can be had from a state is an average of rewards.

    >>> rows = Option.vectors([[1, 0], [1, -1]])
    >>> worth_range(rows, np.array([0.0, 0.0]), np.array([1.0, 2.0]))
    (0.0, 1.0)
    >>> worth_range(rows, np.array([0.0, -np.inf]), np.array([1.0, 2.0]))
    (0.0, inf)
    """
    ends = []
    for part in option.parts:
        if isinstance(part, Reach):
            seen = csgraph.breadth_first_order(adjacency(part.mdp), part.state, return_predecessors=False)
            earning = np.isin(part.mdp.pair_states, seen) if on == "pairs" else seen
            least, most = (x[part.pairs] if on == "pairs" else x for x in (low, high))
            ends.append((float(least[earning].min()), float(most[earning].max())))
        else:
            up, down = np.maximum(part, 0.0), np.maximum(-part, 0.0)
            with np.errstate(invalid="ignore"):  # what a row does not weigh says nothing about it: 0 · ∞ is 0
                lowest = np.where(up > 0, up * low, 0.0) - np.where(down > 0, down * high, 0.0)
                greatest = np.where(up > 0, up * high, 0.0) - np.where(down > 0, down * low, 0.0)
            ends.append((float(lowest.sum(axis=1).max()), float(greatest.sum(axis=1).max())))
    return max(a for a, _ in ends), max(b for _, b in ends)


def _rate(gamma: float | None, horizon: int | None = None) -> float:
    (rate, *_), single = discount_rates(gamma) if horizon is None else rates_or_horizons(gamma, horizon)
    if not single:
        raise ParameterError(f"an option has one {rate_name([rate])}, got {horizon or gamma!r}")
    return rate


def states_only(states: Sequence[Any]) -> RewardlessMDP:
    """An MDP of absorbing states, for options that are rows without an MDP: rewards need only the states."""
    from scipy import sparse

    return RewardlessMDP.from_pairs(np.arange(len(states)), sparse.eye_array(len(states)), states=states)
