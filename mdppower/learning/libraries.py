"""Libraries of policies: each made for one reward function, and used for others.

The post that this project audits calls a *set* of vectors a system, and its power C_Σ(A) = E max_{a in A} ⟨a, R⟩. A
library of n policies π₁ … π_n is such a system, if it always picks its best: from s its vectors are the visits of
each policy, and what it gets of a reward function is max_i v^{π_i}_R(s). Policies that are optimal for n random
reward functions are the post's "trained on random rewards", in the one reading in which its mathematics holds as it
stands: more objectives make the set larger, and its power grows with n.

A library can do better than to pick. *Generalised policy improvement* (Barreto et al., arXiv 1606.05312) acts in
each state by the largest max_i q^{π_i}_R(s, a): as if one step were taken freely, and the best policy followed
then. Its policy is worth at least what the best of the library is, in every state (their Theorem 1), and often far
more: from random policies alone it reaches three quarters of what is available in a maze.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
from scipy import sparse
from scipy.sparse.linalg import splu

from mdppower._checks import choice, discount_rates, generator, positive_integer
from mdppower._quotes import quoted
from mdppower._typing import AnyArray, FloatArray, Label
from mdppower.agents.evaluation import evaluate
from mdppower.agents.policies import FixedPolicy
from mdppower.agents.rules import Rule
from mdppower.errors import ParameterError, RewardError, SizeError
from mdppower.mdp.actions import greedy
from mdppower.mdp.argument import check_mdp
from mdppower.mdp.model import RewardlessMDP
from mdppower.measures.power_run import free_memory
from mdppower.occupancy.option import Option
from mdppower.rewards.distribution import resolve
from mdppower.solvers.optimal_values import pick, solve_rows

MADE = ("optimal", "random")


@dataclass(frozen=True, eq=False, repr=False)
class Library:
    """n deterministic policies, for any reward function; `library` makes one, and so can policies of your own.

    Parameters
    ----------
    mdp : RewardlessMDP
    gamma : float
        For which they were made; in [0, 1).
    pairs : (n, S) array of int
        The pair that each policy takes in each state.
    made : str
        How, in a word: optimal (for rewards drawn at random), random, ….

    Raises
    ------
    ParameterError
        γ is out of range, there is no policy, or one takes a pair that is not the state's.
    """

    mdp: RewardlessMDP
    gamma: float
    pairs: AnyArray
    made: str = "given"

    def __post_init__(self) -> None:
        check_mdp(self.mdp)
        (rate, *_), single = discount_rates(self.gamma)
        if not single or rate == 1:
            raise ParameterError(f"a library is made for one gamma in [0, 1), got {quoted(self.gamma)}")
        pairs = np.array(self.pairs)
        if pairs.ndim != 2 or pairs.dtype.kind not in "iu" or not len(pairs) or pairs.shape[1] != self.mdp.n_states:
            raise ParameterError(
                f"pairs must be integers of shape (n, {self.mdp.n_states}), n at least 1; got {pairs.dtype} of shape "
                f"{pairs.shape}"
            )
        foreign = np.argwhere((pairs < self.mdp.pointer[:-1]) | (pairs >= self.mdp.pointer[1:]))
        if len(foreign):
            i, s = foreign[0].tolist()
            raise ParameterError(
                f"policy {i} takes pair {pairs[i, s]} in state {self.mdp.states[s]!r}, which has not it"
            )
        object.__setattr__(self, "gamma", rate)
        object.__setattr__(self, "pairs", pairs)

    def __len__(self) -> int:
        return len(self.pairs)

    def __repr__(self) -> str:
        return f"Library({self._told} at γ = {self.gamma:g})"

    @property
    def _told(self) -> str:
        return f"{len(self):,} {self.made} {'policy' if len(self) == 1 else 'policies'}"

    def option(self, state: Label | None = None, kind: str = "value") -> Option:
        """The library as a set: the normalised visits of each of its policies from a state.

        Parameters
        ----------
        state : label, optional
            Where they start. By default in all states alike: rows are averaged over these, so that one policy is
            picked for a reward function, wherever it is to start. From a state, one is picked for that state.
        kind : {"value", "power"}
            Of the state and all after it, or of what comes after it, as for `Option.state`.

        Returns
        -------
        Option
            Of n rows, for `mdppower.compare` and `mdppower.complexity`.

        Raises
        ------
        LabelError
            There is no such state.

        Examples
        --------
        Two random policies in a maze, against all policies:

        >>> import mdppower as mp
        >>> maze = mp.envs.make("maze")
        >>> two = library(maze, 0.9, 2, policies="random", rng=0).option((2, 3))
        >>> two
        Option(value of 2 random policies from (2, 3) at γ=0.9)
        >>> mp.compare(two, mp.Option.state(maze, (2, 3), 0.9), samples=1024, rng=0).gap.mean.round(2)
        np.float64(0.34)
        """
        choice(kind, "kind", ("value", "power"))
        mdp, n = self.mdp, self.mdp.n_states
        start = np.full(n, 1 / n) if state is None else np.eye(1, n, mdp.index(state))[0]
        rows = np.array([self._visits(pairs, start, ahead=kind == "power") for pairs in self.pairs])
        name = f"{self._told} from {'all states' if state is None else repr(state)}"
        return Option.vectors(rows, states=mdp.states, kind=kind, gamma=self.gamma, name=name)

    def _visits(self, pairs: AnyArray, start: FloatArray, ahead: bool) -> FloatArray:
        """(S,) normalised visits of a policy from a distribution of states, or from what follows it."""
        mdp, gamma = self.mdp, self.gamma
        if ahead:
            start = mdp.kernel[pairs].T @ start
        if mdp.is_deterministic and np.count_nonzero(start) == 1:
            return _walk(mdp.kernel.indices[pairs], int(start.argmax()), gamma)
        chain = sparse.eye_array(mdp.n_states, format="csc") - gamma * sparse.csc_array(mdp.kernel[pairs].T)
        visits = np.maximum(splu(chain).solve((1 - gamma) * start), 0.0)
        return np.asarray(visits / visits.sum())

    def values(self, rewards: Any, kind: str = "value") -> FloatArray:
        """What the library gets where it always picks its best: max_i v^{π_i}(s), for each reward function.

        Parameters
        ----------
        rewards : (N, S) array
        kind : {"value", "power"}
            v of the states, or of what follows them under each policy, whose mean is to be compared with POWER.

        Returns
        -------
        (N, S) array

        Raises
        ------
        RewardError
            Rewards of another number of states, or not finite.

        Examples
        --------
        >>> import mdppower as mp
        >>> fork = mp.envs.fork(2)
        >>> library(fork, 0.9, 16, policies="random", rng=0).values([[0.0, 1.0, 3.0]], "power")
        array([[3., 1., 3.]])
        """
        choice(kind, "kind", ("value", "power"))
        return self.certified(_rewards(self.mdp, rewards), kind)[0]

    def certified(self, rows: FloatArray, kind: str) -> tuple[FloatArray, float]:
        """`values` of (N, S) numbers, and a bound on the error of all."""
        best, worst = np.full(rows.shape, -np.inf), 0.0
        for pairs in self.pairs:
            *found, error = evaluate(self.mdp, rows, self.gamma, _fixed(self.mdp, pairs))
            np.maximum(best, found[kind == "power"], out=best)
            worst = max(worst, float(error.max(initial=0.0)))
        return best, worst

    def gpi(self) -> Rule:
        """The library with generalised policy improvement, as an agent for ``policy=``.

        Returns
        -------
        Rule
            In each state the action of the largest max_i E v^{π_i}(s'); of several, the first.

        Examples
        --------
        One policy is enough at a fork, where what can be had is one step away:

        >>> import mdppower as mp
        >>> fork = mp.envs.fork(3)
        >>> one = library(fork, 0.9, 1, rng=0)
        >>> agent = one.gpi()
        >>> agent
        GPI of 1 optimal policy at γ = 0.9
        >>> mp.power(fork, 0.9, samples=256, rng=0, policy=agent).mean[0].round(2)
        np.float64(0.76)
        """
        return _Improved(self)


def library(
    mdp: RewardlessMDP,
    gamma: float,
    n: int,
    rewards: Any = "uniform",
    *,
    policies: str = "optimal",
    rng: Any = None,
) -> Library:
    """A library of n policies, each optimal for a reward function of its own, or random.

    Parameters
    ----------
    mdp : RewardlessMDP
    gamma : float
        In [0, 1).
    n : int
        From the same `rng`, a library of fewer policies is the first part of one of more.
    rewards : anything that `mdppower.rewards` takes
        What the n reward functions are drawn from.
    policies : {"optimal", "random"}
        Random ones take an action at random in each state, and ask for no rewards: mere diversity, to compare with.
    rng : int, numpy.random.Generator, SeedSequence, …

    Returns
    -------
    Library

    Raises
    ------
    ParameterError
        n is no positive integer, γ is out of range, or the policies are of no such kind.
    RewardError
        The rewards are none, or are not of states.
    SizeError
        They would not fit into memory.

    Examples
    --------
    >>> import mdppower as mp
    >>> library(mp.envs.make("maze"), 0.9, 8, rng=0)
    Library(8 optimal policies at γ = 0.9)
    """
    check_mdp(mdp)
    (rate, *_), single = discount_rates(gamma)
    if not single or rate == 1:
        raise ParameterError(f"a library is made for one gamma in [0, 1), got {quoted(gamma)}")
    n, chance = positive_integer(n, "n"), generator(rng)
    needed, free = 3 * 8 * n * mdp.n_states, free_memory()
    if free is not None and needed > free:
        raise SizeError(
            f"a library of {n:,} policies takes about {needed / 2**30:.1f} GiB, and {free / 2**30:.1f} GiB are free"
        )
    if choice(policies, "policies", MADE) == "random":
        many = np.diff(mdp.pointer)
        drawn = np.minimum((chance.random((n, mdp.n_states)) * many).astype(np.intp), many - 1)
        return Library(mdp, rate, mdp.pointer[:-1] + drawn, policies)
    law = resolve(rewards, mdp)
    pairs = solve_rows(mdp, _rewards(mdp, law.sample(n, chance)), rate, pick(mdp, "auto"))[1]
    return Library(mdp, rate, pairs, policies)


@dataclass(frozen=True, eq=False, repr=False)
class _Improved(Rule):
    """Generalised policy improvement over a library."""

    library: Library

    def __call__(self, mdp: RewardlessMDP, rewards: FloatArray, gamma: float) -> AnyArray:
        """(N, S) actions."""
        own = self.library.mdp
        if mdp is not own and not mdp.equals(own):
            raise ParameterError(f"{self!r} is about another MDP: make a library of this one")
        if gamma == 1:
            raise ParameterError(f"{self!r} tells actions apart by discounted values, and gamma is 1")
        best = np.full((len(rewards), mdp.n_pairs), -np.inf)
        for pairs in self.library.pairs:
            values, _, _ = evaluate(mdp, rewards, gamma, _fixed(mdp, pairs))
            np.maximum(best, (mdp.kernel @ values.T).T, out=best)
        return np.asarray(mdp.action_codes[np.array([greedy(mdp, q)[0] for q in best])])

    def __repr__(self) -> str:
        return repr(self.library).replace("Library(", "GPI of ", 1).removesuffix(")")


# ---------------------------------------------------------------------- shared


def _fixed(mdp: RewardlessMDP, pairs: AnyArray) -> FixedPolicy:
    return FixedPolicy(mdp.action_codes[pairs])


def _rewards(mdp: RewardlessMDP, given: Any) -> FloatArray:
    try:
        rows = np.array(given, dtype=np.float64, order="C", ndmin=2)
    except (TypeError, ValueError) as wrong:
        raise RewardError(f"rewards are not an array of numbers: {wrong}") from None
    if rows.ndim != 2 or rows.shape[1] != mdp.n_states:
        raise RewardError(f"rewards must have shape (N, {mdp.n_states}), one number a state; got {np.shape(given)}")
    if not np.isfinite(rows).all():
        i, s = np.argwhere(~np.isfinite(rows))[0]
        raise RewardError(f"reward of draw {i} in state {mdp.states[s]!r} is {rows[i, s]}")
    return rows


def _walk(target: AnyArray, s: int, gamma: float) -> FloatArray:
    """(1−γ) Σ γ^t [s_t = ·] of s → target[s] → …: a path, and a cycle that closes with a geometric sum."""
    visits = np.zeros(len(target))
    now = s
    met: dict[int, int] = {}
    while now not in met:
        met[now] = len(met)
        now = int(target[now])
    path, entry = np.array(list(met)), met[now]
    length = len(path) - entry
    visits[path] = (1 - gamma) * gamma ** np.arange(len(path))
    visits[path[entry:]] /= -np.expm1(length * np.log1p(-(1 - gamma))) if gamma > 0 else 1.0
    return visits
