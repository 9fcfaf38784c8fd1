"""Rewards that are earned by state-action pairs, R(s, a), not for being in a state."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np
from scipy import sparse

from mdppower._quotes import quoted
from mdppower._typing import FloatArray
from mdppower.errors import LabelError, RewardError
from mdppower.mdp.model import RewardlessMDP
from mdppower.rewards.distribution import Independent, resolve
from mdppower.rewards.laws import Law, law
from mdppower.rewards.one_state import one_state
from mdppower.rewards.reward_distribution import RewardDistribution


@dataclass(frozen=True, eq=False)
class OnPairs:
    """Rewards of state-action pairs.

    Parameters
    ----------
    law : str, number, frozen distribution, mapping, or joint distribution
        A law for all pairs, independent; a mapping {(state, action): law}, with ``"default"`` for the others; or what
        `mdppower.rewards` has for P numbers in the order of `RewardlessMDP.pair_label`: ``Fixed(vector)``,
        ``Gaussian(mean, cov)``, a callable ``(n, rng) → (n, P)``, and so on.

    Notes
    -----
    `mdppower.power` then gives C_Σ of what policies visit of the pairs, (1−γ) E V*, from which nothing is taken off:
    where a state has one action, its reward cannot be avoided and still counts.

    Examples
    --------
    The best of three doors, at once.

    >>> import mdppower as mp
    >>> found = mp.power(mp.envs.fork(3), 0, OnPairs("uniform"), method="exact")
    >>> found.exact[0]
    Fraction(3, 4)
    >>> found
    PowerEstimate(4 states, γ = 0, exact, uniform rewards on pairs: optimal value 0.5000 … 0.7500)
    >>> mp.power(mp.envs.fork(2), 0, OnPairs({("root", "->t1"): 2, "default": 0}), method="exact").exact.tolist()
    [Fraction(2, 1), Fraction(0, 1), Fraction(0, 1)]
    """

    law: Any = "uniform"

    def bind(self, mdp: RewardlessMDP) -> RewardDistribution:
        """The rewards of the MDP's pairs; RewardError or LabelError where they do not fit."""
        if isinstance(self.law, OnPairs) or getattr(self.law, "on", "states") == "pairs":
            raise RewardError("rewards on pairs are given on pairs once: OnPairs(law)")
        if isinstance(self.law, Mapping):
            return PairRewards(_from_mapping(self.law, mdp))
        n = mdp.n_pairs
        if (named := one_state(self.law, n)) is not None:
            return PairRewards(named)
        if not hasattr(self.law, "bind") and (isinstance(self.law, str | int | float) or hasattr(self.law, "ppf")):
            return PairRewards(Independent([law(self.law)], np.zeros(n, int)))
        places = RewardlessMDP.from_pairs(np.arange(n), sparse.eye_array(n))
        try:
            return PairRewards(resolve(self.law, places))
        except RewardError as error:
            raise RewardError(f"rewards on the {n:,} pairs, each in the place of a state: {error}") from None


class PairRewards(RewardDistribution):
    """`OnPairs` bound to the pairs of an MDP: what `base` would give to P states."""

    on = "pairs"

    def __init__(self, base: RewardDistribution) -> None:
        self.base = base
        self.low, self.high, self.mean, self.variance = base.low, base.high, base.mean, base.variance
        self.dimension, self.is_iid, self.is_discrete = base.dimension, base.is_iid, base.is_discrete
        self._law = "per-pair" if base.name == "per-state" else base.name
        self.name = f"{self._law} on pairs"

    @property
    def told(self) -> str:
        """The name, and what earns them."""
        return f"{self._law} rewards on pairs"

    def from_uniforms(self, uniforms: FloatArray) -> FloatArray:
        """What the base makes of them."""
        return self.base.from_uniforms(uniforms)

    def sample(self, n: int, rng: np.random.Generator) -> FloatArray:
        """Draws of the base."""
        return self.base.sample(n, rng)

    def bind(self, mdp: RewardlessMDP) -> RewardDistribution:
        """Itself, if the MDP has as many pairs."""
        if self.n_states != mdp.n_pairs:
            raise RewardError(f"{self.name} are {self.n_states} rewards; the MDP has {mdp.n_pairs} pairs")
        return self

    def require_mean(self, mdp: RewardlessMDP) -> None:
        """Raise RewardError at the first pair whose reward has no mean."""
        without = np.flatnonzero(np.isinf(self.mean))
        if len(without):
            raise RewardError(
                f"the mean of optimal values needs rewards with a finite mean; {self.name} has none for pair "
                f"{quoted(mdp.pair_label(int(without[0])))}"
            )


def _from_mapping(given: Mapping[Any, Any], mdp: RewardlessMDP) -> Independent:
    default: Law | None = None
    chosen: dict[int, Law] = {}
    for key, value in given.items():
        if isinstance(key, str) and key == "default":
            default = law(value)
            continue
        if not isinstance(key, tuple) or len(key) != 2:
            raise RewardError(f"rewards on pairs name (state, action) or 'default', not {quoted(key)}")
        try:
            pair = mdp.pair(*key)
        except LabelError as error:
            raise LabelError(f"rewards on pairs name {quoted(key)}: {error}") from None
        chosen[pair] = law(value)
    if default is None and len(chosen) < mdp.n_pairs:
        missing = next(p for p in range(mdp.n_pairs) if p not in chosen)
        raise RewardError(f"rewards have no entry for pair {quoted(mdp.pair_label(missing))} and no 'default'")
    laws = list({id(one): one for one in [*([] if default is None else [default]), *chosen.values()]}.values())
    position = {id(one): k for k, one in enumerate(laws)}
    which = np.zeros(mdp.n_pairs, int)
    for pair, one in chosen.items():
        which[pair] = position[id(one)]
    used = np.unique(which)
    return Independent([laws[k] for k in used], np.searchsorted(used, which))
