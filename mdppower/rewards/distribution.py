"""What reward functions are drawn from.

A reward function R ∈ ℝ^S has one number a state. Its distribution D can be said in many ways, all of which
`resolve` turns into a `RewardDistribution` of the states of an MDP:

===================================== ===============================================================
given                                 means
===================================== ===============================================================
``"uniform"``, ``"norm(0,1)"``        a `scipy.stats` distribution by name, i.i.d. over states
a frozen `scipy.stats` distribution   the same; so do the new ones, ``scipy.stats.Normal(mu=0, sigma=1)``
a number                              that reward in every state
``"goal"``, ``"avoid"``               one state, drawn uniformly, has reward 1 and all others 0; or the reverse
a mapping state → one of the above    independent over states; key ``"default"`` for the others; a mark
                                      of a map (``"a"``, ``"*"``) stands for all states that carry it
`Gaussian`                            jointly normal, in `mdppower.rewards.gaussian`
`Features`, `Fixed`, `Permuted`,      joint distributions, in `mdppower.rewards.joint_laws`
`Mixture`
`scipy.stats.multivariate_normal`,    joint over the states, in their order; a `gaussian_kde` of one dimension
other frozen multivariate laws        is the law of each state's reward
a callable ``(n, rng) → (n, S)``      anything; draws are independent, moments are taken on trust
`OnPairs`                             rewards of state-action pairs, in `mdppower.rewards.pair_rewards`
===================================== ===============================================================

Strings are read by `mdppower.rewards.laws`.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import Any, cast

import numpy as np
import numpy.typing as npt

from mdppower._quotes import quoted
from mdppower._typing import AnyArray, FloatArray, Label
from mdppower.errors import ModelError, RewardError
from mdppower.mdp.argument import check_mdp
from mdppower.mdp.canonical import numbers
from mdppower.mdp.model import RewardlessMDP
from mdppower.rewards.gaussian import Gaussian
from mdppower.rewards.laws import Law, law
from mdppower.rewards.one_state import one_state
from mdppower.rewards.reward_distribution import RewardDistribution
from mdppower.rewards.scipy_laws import joint_sampler

# ---------------------------------------------------------------------- distributions over states


class Independent(RewardDistribution):
    """Independent rewards, a law for each state.

    Parameters
    ----------
    laws : sequence of Law
        The distinct laws.
    which : (S,) array of int
        Position in `laws` of each state's law.
    """

    def __init__(self, laws: Sequence[Law], which: AnyArray) -> None:
        self.laws, self.which = tuple(laws), which
        self.name = laws[0].name if len(laws) == 1 else "per-state"
        self.low, self.high = self._gather("low"), self._gather("high")
        self.mean, self.variance = self._gather("mean"), self._gather("variance")
        self.dimension = len(which)
        self.is_iid = len(laws) == 1
        self.is_discrete = any(x.is_discrete and x.low < x.high for x in laws)

    def _gather(self, name: str) -> FloatArray:
        return np.array([getattr(x, name) for x in self.laws], dtype=np.float64)[self.which]

    def from_uniforms(self, uniforms: FloatArray) -> FloatArray:
        """Each column through the inverse CDF of its state's law."""
        if self.is_iid:
            return np.ascontiguousarray(self.laws[0].ppf(uniforms), dtype=np.float64)
        for k, one in enumerate(self.laws):
            columns = self.which == k
            uniforms[:, columns] = one.ppf(uniforms[:, columns])
        return uniforms


class OwnSampler(RewardDistribution):
    """Rewards from the user's own sampler."""

    def __init__(
        self,
        function: Callable[[int, np.random.Generator], npt.ArrayLike],
        n_states: int,
        name: str | None = None,
        mean: FloatArray | None = None,
        variance: FloatArray | None = None,
    ) -> None:
        self.function = function
        self.low, self.high = np.full(n_states, -np.inf), np.full(n_states, np.inf)
        self.mean = np.full(n_states, np.nan) if mean is None else mean
        self.variance = np.full(n_states, np.nan) if variance is None else variance
        self.dimension = None
        self.name = str(name or getattr(function, "__name__", type(function).__name__))

    def from_uniforms(self, uniforms: FloatArray) -> FloatArray:
        """Raise RewardError."""
        raise RewardError(f"{self.name} can only draw iid")

    def sample(self, n: int, rng: np.random.Generator) -> FloatArray:
        """What the function gives, checked."""
        try:
            given = self.function(n, rng)
        except Exception as error:
            raise RewardError(
                f"the reward sampler {self.name}(n, rng) raised {type(error).__name__}: {error}"
            ) from error
        try:
            rewards = np.ascontiguousarray(numbers(given, f"what {self.name}(n, rng) gave"))
        except ModelError as error:
            raise RewardError(str(error)) from None
        if rewards.shape != (n, self.n_states):
            raise RewardError(f"{self.name}(n, rng) must give shape {(n, self.n_states)}, got {rewards.shape}")
        return rewards


# ---------------------------------------------------------------------- the one door


def resolve(spec: Any, mdp: RewardlessMDP, *, pairs: bool = False) -> RewardDistribution:
    """The reward distribution that a user's description means for the states of an MDP.

    Parameters
    ----------
    spec : see the table at the top of this module
    mdp : RewardlessMDP
    pairs : bool
        Whether whoever asks knows what to do with rewards of state-action pairs (`mdppower.rewards.OnPairs`).

    Returns
    -------
    RewardDistribution

    Raises
    ------
    RewardError
        The description is malformed or for another number of states, or is about pairs.

    Examples
    --------
    >>> mdp = RewardlessMDP.from_successors({"a": {"go": "b"}, "b": {"go": "a"}})
    >>> resolve({"a": "norm(0,1)", "default": 2}, mdp).mean
    array([0., 2.])
    """
    check_mdp(mdp)
    if hasattr(spec, "bind"):
        found = cast(RewardDistribution, spec.bind(mdp))
        if found.on == "pairs" and not pairs:
            raise RewardError(
                f"{found.told}: power, action_optimality, compare, compare_all and complexity know these; here "
                "rewards are of states"
            )
        return found
    if isinstance(spec, Mapping):
        return _from_mapping(spec, mdp)
    if (named := one_state(spec, mdp.n_states)) is not None:
        return named
    joint = joint_sampler(spec, mdp.n_states)
    if joint is not None:
        if type(spec).__name__ == "multivariate_normal_frozen":
            return Gaussian(spec.mean, spec.cov).bind(mdp)
        sampler, *known = joint
        return OwnSampler(sampler, mdp.n_states, *known)
    if callable(spec) and not hasattr(spec, "ppf") and not isinstance(spec, type):
        return OwnSampler(spec, mdp.n_states)
    if isinstance(spec, (np.ndarray, list, tuple)):
        raise RewardError("an array of rewards is one reward function: write Fixed(vector)")
    return Independent([law(spec)], np.zeros(mdp.n_states, int))


def _from_mapping(spec: Mapping[Label, Any], mdp: RewardlessMDP) -> RewardDistribution:
    chosen: list[Any] = [None] * mdp.n_states
    labels = set(mdp.states)
    # A state's own entry beats its mark's, which beats the default.
    for key in sorted(spec, key=lambda k: (k in labels, k in mdp.marks)):
        if key in labels:
            where: Sequence[int] = [mdp.index(key)]
        elif key in mdp.marks:
            where = mdp.marks[str(key)]
        elif key == "default":
            where = range(mdp.n_states)
        else:
            raise RewardError(f"rewards name {quoted(key)}, which is neither a state nor a mark nor 'default'")
        one = law(spec[key])
        for s in where:
            chosen[s] = one
    missing = [s for s, one in enumerate(chosen) if one is None]
    if missing:
        raise RewardError(f"rewards have no entry for state {quoted(mdp.states[missing[0]])} and no 'default'")
    laws = list({id(one): one for one in chosen}.values())
    position = {id(one): k for k, one in enumerate(laws)}
    return Independent(laws, np.array([position[id(one)] for one in chosen]))
