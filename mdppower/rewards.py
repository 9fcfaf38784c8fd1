"""What reward functions are drawn from.

A reward function R ∈ ℝ^S has one number a state. Its distribution D can be said in many ways, all of which
`resolve` turns into a `RewardDistribution` of the states of an MDP:

===================================== ===============================================================
given                                 means
===================================== ===============================================================
``"uniform"``, ``"norm(0,1)"``        a `scipy.stats` distribution by name, i.i.d. over states
a frozen `scipy.stats` distribution   the same
a number                              that reward in every state
a mapping state → one of the above    independent over states; key ``"default"`` for the others; a mark
                                      of a map (``"a"``, ``"*"``) stands for all states that carry it
`Gaussian`, `Features`, `Fixed`,      joint distributions, below
`Permuted`, `Mixture`
a callable ``(n, rng) → (n, S)``      anything; draws are independent, moments are taken on trust
===================================== ===============================================================

Strings are read by `mdppower.laws`.
"""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt

from mdppower._typing import AnyArray, FloatArray, Label
from mdppower.errors import RewardError
from mdppower.laws import Law, law
from mdppower.mdp import RewardlessMDP

# Uniforms are kept inside the open unit interval, so that no inverse CDF is asked for an end.
_LEAST, _MOST = 2.0**-54, 1 - 2.0**-53


class RewardDistribution(ABC):
    """A distribution of reward functions over the S states of an MDP.

    Attributes
    ----------
    name : str
        For titles and files.
    n_states : int
        S.
    dimension : int or None
        How many uniforms make one draw through `from_uniforms`; None: it can only draw iid.
    low, high : (S,) arrays
        Bounds of the support, infinite where there are none.
    mean, variance : (S,) arrays
        Infinite where they do not exist, NaN where they are not known (a callable).
    is_iid : bool
        Whether all states' rewards are independent and of the same law.
    is_discrete : bool
        Whether some state's law has atoms; then draws are made iid.
    """

    name: str
    low: FloatArray
    high: FloatArray
    mean: FloatArray
    variance: FloatArray
    dimension: int | None
    is_iid: bool = False
    is_discrete: bool = False

    @property
    def n_states(self) -> int:
        """S, the number of states."""
        return len(self.low)

    @abstractmethod
    def from_uniforms(self, uniforms: FloatArray) -> FloatArray:
        """Map (n, dimension) uniforms on (0, 1) to (n, S) rewards; the array given may be overwritten."""

    def sample(self, n: int, rng: np.random.Generator) -> FloatArray:
        """Draw n reward functions independently.

        Parameters
        ----------
        n : int
        rng : numpy.random.Generator

        Returns
        -------
        (n, S) array
        """
        return self.from_uniforms(inside_unit_interval(rng.random((n, self.dimension or 0))))

    def bind(self, mdp: RewardlessMDP) -> RewardDistribution:
        """Fit the distribution to the states of an MDP.

        Raises
        ------
        RewardError
            It is for another number of states.
        """
        if self.n_states != mdp.n_states:
            raise RewardError(f"{self.name} rewards are for {self.n_states} states; the MDP has {mdp.n_states}")
        return self

    def require_mean(self, mdp: RewardlessMDP) -> None:
        """Raise RewardError at the first state whose reward has no mean (then POWER is not defined)."""
        without = np.flatnonzero(np.isinf(self.mean))
        if len(without):
            raise RewardError(
                f"POWER needs rewards with a finite mean; {self.name} has none in state {mdp.states[without[0]]!r}"
            )

    @property
    def is_constant(self) -> npt.NDArray[np.bool_]:
        """(S,) where the reward cannot vary."""
        return np.asarray(self.low == self.high)

    @property
    def has_variance(self) -> bool:
        """Whether no state's variance is infinite."""
        return not bool(np.isinf(self.variance).any())


def inside_unit_interval(uniforms: FloatArray) -> FloatArray:
    """Uniforms clipped, in place, into the open interval (0, 1)."""
    return np.clip(uniforms, _LEAST, _MOST, out=uniforms)


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
        self._laws, self._which = tuple(laws), which
        self.name = laws[0].name if len(laws) == 1 else "per-state"
        self.low, self.high = self._gather("low"), self._gather("high")
        self.mean, self.variance = self._gather("mean"), self._gather("variance")
        self.dimension = len(which)
        self.is_iid = len(laws) == 1
        self.is_discrete = any(x.is_discrete and x.low < x.high for x in laws)

    def _gather(self, name: str) -> FloatArray:
        return np.array([getattr(x, name) for x in self._laws], dtype=np.float64)[self._which]

    def from_uniforms(self, uniforms: FloatArray) -> FloatArray:
        """Each column through the inverse CDF of its state's law."""
        if self.is_iid:
            return np.ascontiguousarray(self._laws[0].ppf(uniforms), dtype=np.float64)
        for k, one in enumerate(self._laws):
            columns = self._which == k
            uniforms[:, columns] = one.ppf(uniforms[:, columns])
        return uniforms


class Gaussian(RewardDistribution):
    """Jointly normal rewards N(mean, cov).

    Parameters
    ----------
    mean : (S,) array
    cov : (S, S) array, or (S,) array of variances
        Symmetric and positive semidefinite.

    Raises
    ------
    RewardError
        Shapes differ; `cov` is not symmetric, or has a negative eigenvalue (which is named).
    """

    def __init__(self, mean: npt.ArrayLike, cov: npt.ArrayLike) -> None:
        self.mean = _vector(mean, "mean")
        covariance = np.asarray(cov, dtype=np.float64)
        size = len(self.mean)
        if covariance.shape == (size,):
            covariance = np.diag(covariance)
        if covariance.shape != (size, size) or not np.isfinite(covariance).all():
            raise RewardError(f"cov must be a finite ({size}, {size}) array, got shape {covariance.shape}")
        if not np.allclose(covariance, covariance.T, rtol=1e-10, atol=0):
            raise RewardError("cov is not symmetric")
        values, vectors = np.linalg.eigh(covariance)
        if values.size and values[0] < -1e-10 * max(values[-1], 0.0):
            raise RewardError(f"cov is not positive semidefinite: its least eigenvalue is {values[0]:.3g}")
        self._root = vectors * np.sqrt(np.maximum(values, 0.0))
        self.covariance = covariance
        self.variance = np.diag(covariance).copy()
        spread = np.where(self.variance > 0, np.inf, 0.0)
        self.low, self.high = self.mean - spread, self.mean + spread
        self.name = "Gaussian"
        self.dimension = size

    def from_uniforms(self, uniforms: FloatArray) -> FloatArray:
        """The mean plus a root of cov times standard normals."""
        from scipy.special import ndtri

        return np.asarray(ndtri(uniforms, out=uniforms) @ self._root.T + self.mean)


class Fixed(RewardDistribution):
    """One reward function, for certain.

    Parameters
    ----------
    vector : (S,) array
    """

    def __init__(self, vector: npt.ArrayLike) -> None:
        self.low = self.high = self.mean = _vector(vector, "rewards")
        self.variance = np.zeros_like(self.mean)
        self.name, self.dimension = "fixed", 0

    def from_uniforms(self, uniforms: FloatArray) -> FloatArray:
        """The vector, n times."""
        return np.tile(self.mean, (len(uniforms), 1))


@dataclass(frozen=True, eq=False)
class Features:
    """Rewards that are linear in random weights: R = Φ θ, the d weights i.i.d. or independent.

    Parameters
    ----------
    matrix : (S, d) array
        Φ, the features of each state.
    distribution : anything that `law` takes, or a sequence of d of these
        Of the weights.
    """

    matrix: npt.ArrayLike
    distribution: Any = "norm(0,1)"

    def bind(self, mdp: RewardlessMDP) -> RewardDistribution:
        """The rewards of the MDP's states; RewardError if Φ has another number of rows."""
        phi = np.asarray(self.matrix, dtype=np.float64)
        if phi.ndim != 2 or len(phi) != mdp.n_states or not np.isfinite(phi).all():
            raise RewardError(f"features must be a finite ({mdp.n_states}, d) array, got shape {phi.shape}")
        many = isinstance(self.distribution, Sequence) and not isinstance(self.distribution, str)
        laws = [law(x) for x in (self.distribution if many else [self.distribution])]
        if many and len(laws) != phi.shape[1]:
            raise RewardError(f"{phi.shape[1]} features need as many laws, got {len(laws)}")
        which = np.arange(phi.shape[1]) if many else np.zeros(phi.shape[1], int)
        return _Linear(phi, Independent(laws, which))


class _Linear(RewardDistribution):
    def __init__(self, matrix: FloatArray, weights: Independent) -> None:
        self._matrix, self._weights = matrix, weights
        up, down = np.maximum(matrix, 0), np.maximum(-matrix, 0)
        self.low = _dot(up, weights.low) - _dot(down, weights.high)
        self.high = _dot(up, weights.high) - _dot(down, weights.low)
        size = _dot(np.abs(matrix), np.abs(weights.mean))
        self.mean = np.where(np.isinf(size), np.inf, matrix @ np.where(np.isinf(weights.mean), 0, weights.mean))
        self.variance = _dot(matrix**2, weights.variance)
        self.dimension = matrix.shape[1]
        self.is_discrete = weights.is_discrete
        self.name = f"features × {weights.name}"

    def from_uniforms(self, uniforms: FloatArray) -> FloatArray:
        return np.asarray(self._weights.from_uniforms(uniforms) @ self._matrix.T)


def _dot(matrix: FloatArray, vector: FloatArray) -> FloatArray:
    """``matrix @ vector`` where 0 × ∞ is 0 (a feature that a state lacks says nothing about it)."""
    infinite = np.isinf(vector)
    total = matrix @ np.where(infinite, 0.0, vector)
    signs = (matrix[:, infinite] != 0) * np.sign(vector[infinite])
    return np.where(signs.any(axis=1), np.inf * np.sign(signs.sum(axis=1) + 0.5), total) if infinite.any() else total


@dataclass(frozen=True, eq=False)
class Permuted:
    """The push-forward φ·D of a distribution by a permutation φ of the states (Turner, Def. 6.4).

    Parameters
    ----------
    distribution : anything that `resolve` takes
    permutation : (S,) array of int
        State ``permutation[s]`` gets the reward that `distribution` gives to state s.
    """

    distribution: Any
    permutation: npt.ArrayLike

    def bind(self, mdp: RewardlessMDP) -> RewardDistribution:
        """The rewards of the MDP's states; RewardError if φ is not a permutation of them."""
        phi = np.asarray(self.permutation)
        if phi.shape != (mdp.n_states,) or not np.array_equal(np.sort(phi), np.arange(mdp.n_states)):
            raise RewardError(f"permutation must be a permutation of 0 … {mdp.n_states - 1}")
        return _Reordered(resolve(self.distribution, mdp), np.argsort(phi))


class _Reordered(RewardDistribution):
    def __init__(self, base: RewardDistribution, order: AnyArray) -> None:
        self._base, self._order = base, order
        self.low, self.high = base.low[order], base.high[order]
        self.mean, self.variance = base.mean[order], base.variance[order]
        self.dimension, self.is_iid, self.is_discrete = base.dimension, base.is_iid, base.is_discrete
        self.name = f"permuted {base.name}"

    def from_uniforms(self, uniforms: FloatArray) -> FloatArray:
        return np.ascontiguousarray(self._base.from_uniforms(uniforms)[:, self._order])

    def sample(self, n: int, rng: np.random.Generator) -> FloatArray:
        return np.ascontiguousarray(self._base.sample(n, rng)[:, self._order])


@dataclass(frozen=True, eq=False)
class Mixture:
    """One of several distributions, chosen anew for each draw.

    Parameters
    ----------
    components : sequence of anything that `resolve` takes
    weights : sequence of float, optional
        Their probabilities; equal by default.
    """

    components: Sequence[Any]
    weights: Sequence[float] | None = None

    def bind(self, mdp: RewardlessMDP) -> RewardDistribution:
        """The rewards of the MDP's states; RewardError if the weights are not probabilities."""
        parts = [resolve(c, mdp) for c in self.components]
        if not parts:
            raise RewardError("a mixture needs at least one component")
        weights = np.full(len(parts), 1 / len(parts)) if self.weights is None else np.asarray(self.weights, float)
        if weights.shape != (len(parts),) or not (weights >= 0).all() or abs(weights.sum() - 1) > 1e-9:
            raise RewardError(f"weights must be {len(parts)} probabilities that sum to 1, got {list(weights)}")
        return _Mixed(parts, weights)


class _Mixed(RewardDistribution):
    def __init__(self, parts: list[RewardDistribution], weights: FloatArray) -> None:
        used = [k for k, w in enumerate(weights) if w > 0]
        self._parts = [parts[k] for k in used]
        self._edges = np.cumsum(weights[used])[:-1]
        share = weights[used, None]
        self.low = np.min([p.low for p in self._parts], axis=0)
        self.high = np.max([p.high for p in self._parts], axis=0)
        means = np.array([p.mean for p in self._parts])
        self.mean = (share * means).sum(axis=0)
        centred = np.where(np.isinf(means), 0.0, means - np.where(np.isinf(self.mean), 0.0, self.mean))
        self.variance = (share * (np.array([p.variance for p in self._parts]) + centred**2)).sum(axis=0)
        sizes = [p.dimension for p in self._parts]
        # One uniform chooses the component, the others draw from it.
        self.dimension = None if None in sizes else 1 + max(d for d in sizes if d is not None)
        self.is_discrete = any(p.is_discrete for p in self._parts)
        self.name = " | ".join(p.name for p in self._parts)

    def from_uniforms(self, uniforms: FloatArray) -> FloatArray:
        chosen = np.searchsorted(self._edges, uniforms[:, 0], side="right")
        rewards = np.empty((len(uniforms), self.n_states))
        for k, part in enumerate(self._parts):
            rows = chosen == k
            rewards[rows] = part.from_uniforms(uniforms[rows, 1 : 1 + (part.dimension or 0)].copy())
        return rewards

    def sample(self, n: int, rng: np.random.Generator) -> FloatArray:
        chosen = np.searchsorted(self._edges, rng.random(n), side="right")
        rewards = np.empty((n, self.n_states))
        for k, part in enumerate(self._parts):
            rewards[chosen == k] = part.sample(int((chosen == k).sum()), rng)
        return rewards


class _Callable(RewardDistribution):
    """Rewards from the user's own sampler."""

    def __init__(self, function: Callable[[int, np.random.Generator], npt.ArrayLike], n_states: int) -> None:
        self._function = function
        self.low, self.high = np.full(n_states, -np.inf), np.full(n_states, np.inf)
        self.mean, self.variance = np.full(n_states, np.nan), np.full(n_states, np.nan)
        self.dimension = None
        self.name = getattr(function, "__name__", type(function).__name__)

    def from_uniforms(self, uniforms: FloatArray) -> FloatArray:
        raise RewardError(f"{self.name} can only draw iid")

    def sample(self, n: int, rng: np.random.Generator) -> FloatArray:
        rewards = np.array(self._function(n, rng), dtype=np.float64, order="C")
        if rewards.shape != (n, self.n_states):
            raise RewardError(f"{self.name}(n, rng) must give shape {(n, self.n_states)}, got {rewards.shape}")
        return rewards


# ---------------------------------------------------------------------- the one door


def resolve(spec: Any, mdp: RewardlessMDP) -> RewardDistribution:
    """The reward distribution that a user's description means for the states of an MDP.

    Parameters
    ----------
    spec : see the table at the top of this module
    mdp : RewardlessMDP

    Returns
    -------
    RewardDistribution

    Raises
    ------
    RewardError
        The description is malformed or for another number of states.

    Examples
    --------
    >>> mdp = RewardlessMDP.from_successors({"a": {"go": "b"}, "b": {"go": "a"}})
    >>> resolve({"a": "norm(0,1)", "default": 2}, mdp).mean
    array([0., 2.])
    """
    if isinstance(spec, (RewardDistribution, Features, Permuted, Mixture)):
        return spec.bind(mdp)
    if isinstance(spec, Mapping):
        return _from_mapping(spec, mdp)
    if callable(spec) and not hasattr(spec, "ppf"):
        return _Callable(spec, mdp.n_states)
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
            raise RewardError(f"rewards name {key!r}, which is neither a state nor a mark nor 'default'")
        one = law(spec[key])
        for s in where:
            chosen[s] = one
    missing = [s for s, one in enumerate(chosen) if one is None]
    if missing:
        raise RewardError(f"rewards have no entry for state {mdp.states[missing[0]]!r} and no 'default'")
    laws = list({id(one): one for one in chosen}.values())
    position = {id(one): k for k, one in enumerate(laws)}
    return Independent(laws, np.array([position[id(one)] for one in chosen]))


def _vector(values: npt.ArrayLike, name: str) -> FloatArray:
    try:
        array = np.array(values, dtype=np.float64)
    except (TypeError, ValueError):
        raise RewardError(f"{name} must be numbers, got {values!r}") from None
    if array.ndim != 1:
        raise RewardError(f"{name} must be a vector with one number a state, got shape {array.shape}")
    bad = np.flatnonzero(~np.isfinite(array))
    if len(bad):
        raise RewardError(f"{name}[{bad[0]}] is {array[bad[0]]}")
    return array
