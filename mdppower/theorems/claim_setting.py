"""What the checks of claims share: the MDP, how hard to look, and how hard to test.

Every claim is a function of a `Setting` (or of an MDP, with the defaults) and of the states and actions it is about.
The searches of one setting list each set once.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from concurrent.futures import Executor
from contextlib import contextmanager
from dataclasses import dataclass, field, replace
from functools import cached_property
from os import PathLike
from typing import Any, TypeAlias

import numpy as np
from scipy.sparse import csgraph

from mdppower._checks import discount_rates, open_unit, positive_integer
from mdppower._typing import AnyArray, BoolArray, IntArray
from mdppower.errors import ParameterError
from mdppower.mdp.argument import check_mdp
from mdppower.mdp.graph import adjacency, communicating_classes
from mdppower.mdp.model import RewardlessMDP
from mdppower.mdp.rational import rational_rows
from mdppower.measures.questions import ask, named_rewards, told_mdp
from mdppower.montecarlo.engines import Workers
from mdppower.montecarlo.run_loop import Conduct, Question, opened
from mdppower.montecarlo.samplers import Sampler, seed
from mdppower.rewards.distribution import resolve
from mdppower.stores.store import Store
from mdppower.symmetry.automorphisms import Symmetries, symmetries
from mdppower.symmetry.copy_finder import CopyFinder
from mdppower.symmetry.involutions import Budget

GAMMAS = (0.0, 0.5, 0.9, 1.0)
ROOM = 2**23
"""Most distances kept at once (64 MiB)."""


@dataclass(frozen=True, eq=False)
class Setting:
    """An MDP and the terms on which claims about it are checked; `setting` makes one.

    Attributes
    ----------
    mdp : RewardlessMDP
    gammas : tuple of float
        Rates at which conclusions are tested.
    samples : int
        Draws of each pathwise test: fewer than the 4,096 of an estimate, for one draw that contradicts is enough.
    votes : int
        Elements of an orbit that vote, where not all do; an orbit votes as a whole if ten times as many suffice.
    rewards : str, distribution, …
        What pathwise tests and estimates draw from: not "uniform", as elsewhere, but a law that covers all directions
        alike, below 0 and above, so that no set of rewards which could contradict is out of its reach.
    level : float
        Of a sampled vote or estimate that counts as a contradiction: how often that may be chance, for a whole run.
    entropy : int
    budget : Budget
        Of each search for a copy.
    method : str
        Solver; see `mdppower.optimal_values`.
    workers, executor
        What makes draws; see `mdppower.power`.
    store : str or path, optional
        A file that keeps the draws of pathwise tests and estimates; see `mdppower.power`.
    key : str, optional
        Names rewards that are your own code there.

    Examples
    --------
    >>> import mdppower as mp
    >>> here = setting(mp.envs.figure_1(), gamma=0.5, rng=0)
    >>> here.gammas, here.entropy
    ((0.5,), 0)
    """

    mdp: RewardlessMDP
    gammas: tuple[float, ...] = GAMMAS
    samples: int = 1000
    votes: int = 400
    rewards: Any = "norm(0,1)"
    level: float = 0.001
    entropy: int = 0
    budget: Budget = field(default_factory=Budget)
    method: str = "auto"
    workers: Workers = 1
    executor: Executor | None = None
    store: str | PathLike[str] | Store | None = None
    key: str | None = None

    @cached_property
    def finder(self) -> CopyFinder:
        """The search for copies."""
        return CopyFinder(self.mdp, self.budget)

    @cached_property
    def symmetries(self) -> Symmetries:
        """The symmetries of the whole MDP."""
        return symmetries(self.mdp, self.budget)

    @property
    def terms(self) -> dict[str, Any]:
        """What each pathwise test is given: rewards, and `draws`."""
        return {"rewards": self.rewards, **self.draws}

    @property
    def draws(self) -> dict[str, Any]:
        """What each estimate is given, but for rewards: how many draws, which, and how they are made."""
        return {
            "samples": self.samples, "rng": self.entropy, "method": self.method, "workers": self.workers,
            "executor": self.executor, "store": self.store, "key": self.key, "progress": False,
        }  # fmt: skip

    @cached_property
    def cycles(self) -> IntArray:
        """(S,) of each state that lies on a cycle the number of its strongly connected component; −1 of others."""
        _, label = communicating_classes(self.mdp)
        alone = (np.bincount(label)[label] == 1) & (adjacency(self.mdp).diagonal() == 0)
        return np.where(alone, -1, label).astype(np.int32)

    def sketch(self) -> Setting:
        """The same with one draw and one vote at one rate: enough to see what a report is about."""
        quick = replace(
            self, samples=1, votes=1, gammas=self.gammas[:1], workers=1, executor=None, store=None, key=None
        )
        quick.__dict__["finder"] = self.finder  # what was listed stays so
        return quick

    def alone(self) -> Setting:
        """The same without workers and store: what is kept holds no pool and no open file."""
        found = replace(self, workers=1, executor=None, store=None, key=None)
        for name in ("finder", "symmetries", "cycles", "_known"):
            if name in self.__dict__:
                found.__dict__[name] = self.__dict__[name]
        return found

    @contextmanager
    def opened(self) -> Iterator[Setting]:
        """The same with its store open, for many tests: each would open it, and check all of it, anew."""
        if self.store is None:
            yield self
            return
        with opened(self.store) as store:
            yield replace(self, store=store)

    @cached_property
    def _known(self) -> dict[int, AnyArray]:
        return {}

    def distance(self, s: int) -> AnyArray:
        """(S,) least number of steps from a state to each, infinite where there is no way."""
        if s not in self._known:
            if len(self._known) * self.mdp.n_states >= ROOM:
                self._known.clear()
            self._known[s] = np.asarray(csgraph.shortest_path(adjacency(self.mdp), unweighted=True, indices=s))
        return self._known[s]

    def reach(self, s: int, pairs: Iterable[int] | None = None) -> BoolArray:
        """States that can be reached from a state, itself included; or after one of some pairs of it (Def. 6.8)."""
        if pairs is None:
            return np.asarray(np.isfinite(self.distance(s)))
        rows = rational_rows(self.mdp)
        found = np.zeros(self.mdp.n_states, bool)
        for p in pairs:
            for t in rows[p]:
                found |= np.isfinite(self.distance(t))
        return found


SettingLike: TypeAlias = "Setting | RewardlessMDP"


def setting(
    mdp: RewardlessMDP,
    gamma: Any = GAMMAS,
    *,
    samples: int = 1000,
    votes: int = 400,
    rewards: Any = "norm(0,1)",
    level: float = 0.001,
    rng: Any = None,
    budget: Budget | None = None,
    method: str = "auto",
    workers: Workers = 1,
    executor: Executor | None = None,
    store: str | PathLike[str] | None = None,
    key: str | None = None,
) -> Setting:
    """The terms on which claims about an MDP are checked.

    Parameters
    ----------
    mdp : RewardlessMDP
    gamma : float or sequence of float
        In [0, 1].
    samples, votes, rewards, level, budget, method, workers, executor, store, key
        See `Setting`. Rewards are "norm(0,1)", which covers all directions, and not "uniform", as elsewhere; samples
        are fewer than an estimate has, for one draw that contradicts is enough.
    rng : int, numpy.random.Generator, SeedSequence, …
        As for `numpy.random.default_rng`. Without it a store gives the entropy of the last setting of this MDP and
        these rewards.

    Returns
    -------
    Setting

    Raises
    ------
    ParameterError
        An argument is out of range.
    FileError
        The store is not one of ours, is damaged, or cannot be written.

    Examples
    --------
    >>> import mdppower as mp
    >>> setting(mp.envs.figure_1(), [1, 0.5], rng=7).gammas
    (0.5, 1.0)
    """
    check_mdp(mdp)
    rates, _ = discount_rates(gamma)
    if budget is not None and not isinstance(budget, Budget):
        raise ParameterError(f"budget must be a Budget, got {budget!r}")
    conduct = Conduct(workers, executor, None, store, key)  # which says what is wrong with them
    positive_integer(samples, "samples")
    if store is not None:
        named_rewards(resolve(rewards, mdp), key)  # says now that a key is missing
    return Setting(
        mdp, tuple(sorted(rates)), samples, positive_integer(votes, "votes"), rewards, open_unit(level, "level"),
        _entropy(mdp, rewards, rng, conduct), budget or Budget(), method, workers, executor, store, key,
    )  # fmt: skip


def _entropy(mdp: RewardlessMDP, rewards: Any, rng: Any, conduct: Conduct) -> int:
    """What `rng` means; None: the entropy of the last setting of this MDP and these rewards in the store."""
    if rng is not None or conduct.store is None:
        return seed(rng)
    source = Sampler(resolve(rewards, mdp), "iid", 0, 0)  # a run without draws, which stands there for its entropy

    def question() -> Question:
        return ask(
            "theorems.setting", source, conduct.key, gammas=[], method="", samples=0, told=told_mdp(mdp),
            mdp=mdp.fingerprint,
        )  # fmt: skip

    return conduct.seeded(source, None, question).entropy


def as_setting(given: SettingLike) -> Setting:
    """A setting as it is, or that of an MDP with the defaults, and seed 0: a claim looked at again is the same."""
    return given if isinstance(given, Setting) else setting(given, rng=0)
