"""SciPy's laws that are not frozen `scipy.stats` ones of the common kind, and inverses that SciPy finds slowly.

- *New distributions* (``scipy.stats.Normal(mu=0, sigma=1)``, `truncate`, `Mixture`, `make_distribution`): what is
  asked of a law has other names there.
- *A family of the user's own* (a subclass of ``rv_continuous`` with ``_pdf`` or ``_cdf`` alone) has no inverse CDF:
  SciPy seeks each of its values anew, hundreds of times as slow as a formula. It is tabulated once, by polynomials
  (Derflinger, Hörmann and Leydold 2010, `scipy.stats.sampling.NumericalInversePolynomial`), to a u-error of at most
  `TABLE_ERROR`: |F(x) − u| where x is drawn for u, checked against the family's own F. Rewards are then drawn from a
  law F~ with |F~ − F| ≤ TABLE_ERROR. For a range w the two can be drawn together with E|R(s) − R~(s)| = ∫|F − F~| ≤
  TABLE_ERROR · w, so that POWER, which moves by no more than the sum of these over states, moves by S · w · 10⁻⁹ at
  the most.
"""

from __future__ import annotations

import warnings
from collections.abc import Callable
from functools import partial
from itertools import pairwise
from typing import Any

import numpy as np

from mdppower._typing import FloatArray
from mdppower.errors import MDPPowerWarning, RewardError

TABLE_ERROR = 1e-9
"""Most that the CDF at a drawn value may miss the uniform that it was drawn for."""
NO_TABLE = ("gausshyper", "levy_stable")
"""SciPy's families that no table is right for, or of which one takes minutes: even their density is summed up."""
POINTS = 129
"""Where the table is checked."""


def is_new(spec: Any) -> bool:
    """Whether it is one of SciPy's new distributions: not a class of them."""
    return not isinstance(spec, type) and all(
        hasattr(spec, name) for name in ("icdf", "support", "variance", "sample")
    )


class Renamed:
    """A new distribution, asked by the names of the old."""

    def __init__(self, new: Any) -> None:
        self.new = new
        self.is_discrete = any(kind.__name__ == "DiscreteDistribution" for kind in type(new).__mro__)

    def support(self) -> Any:
        """The ends."""
        return self.new.support()

    def mean(self) -> Any:
        """E R."""
        return self.new.mean()

    def var(self) -> Any:
        """Var R."""
        return self.new.variance()

    def cdf(self, values: Any) -> Any:
        """Distribution function."""
        return self.new.cdf(values)

    def ppf(self, uniforms: Any) -> Any:
        """Inverse CDF."""
        return self.new.icdf(uniforms)

    def stats(self, moments: str) -> Any:
        """Moments as the old have them: some of mean, variance, skewness and excess kurtosis, by their letters."""
        known = {
            "m": self.mean, "v": self.var, "s": self.new.skewness,
            "k": lambda: self.new.kurtosis(convention="excess"),
        }  # fmt: skip
        return tuple(known[letter]() for letter in moments)


def renamed(new: Any) -> tuple[Any, str]:
    """A new distribution as an old one, and its name.

    `Normal` and `Uniform` become the frozen laws that they are, which can be saved, and integrated exactly.

    Examples
    --------
    >>> from scipy import stats
    >>> renamed(stats.Uniform(a=-1, b=2))[1]
    'uniform(-1,2)'
    """
    from scipy import stats

    kind = type(new).__name__
    if kind == "Normal" and np.ndim(new.mean()) == 0:
        mu, sigma = float(new.mean()), float(new.standard_deviation())
        return stats.norm(mu, sigma), f"norm({mu:g},{sigma:g})"
    if kind == "Uniform" and np.ndim(new.mean()) == 0:
        low, high = (float(x) for x in new.support())
        return stats.uniform(low, high - low), f"uniform({low:g},{high:g})"
    return Renamed(new), " ".join(repr(new).replace("np.float64", "").split())


class Tabulated:
    """A frozen law with a table in the place of its slow inverse CDF; all else is its own.

    Parameters
    ----------
    frozen : frozen scipy.stats distribution
    table
        Its `ppf` is the inverse; its `cdf` and the first four `cumulants` are used where it has them.
    name : str
    again : callable, optional
        Of `frozen` and `name`: what makes the same where it is unpickled. By default, `tabulated`.
    """

    def __init__(
        self, frozen: Any, table: Any, name: str, again: Callable[[Any, str], Any] | None = None
    ) -> None:  # fmt: skip
        self.frozen, self.table, self.name, self.again = frozen, table, name, again or tabulated
        self.dist, self.args, self.kwds = (
            getattr(frozen, "dist", frozen), getattr(frozen, "args", ()), getattr(frozen, "kwds", {}),
        )  # fmt: skip

    def __reduce__(self) -> Any:
        return self.again, (self.frozen, self.name)  # made anew, the table has the same bits

    def support(self) -> Any:
        """The ends."""
        return self.frozen.support()

    def mean(self) -> Any:
        """E R."""
        if hasattr(self.table, "cumulants"):
            return self.table.cumulants()[0]
        return self._moment(lambda x: x) if self._has_no_moments else self.frozen.mean()

    def var(self) -> Any:
        """Var R."""
        if hasattr(self.table, "cumulants"):
            return self.table.cumulants()[1]
        if not self._has_no_moments:
            return self.frozen.var()
        mean = self.mean()
        return self._moment(lambda x: (x - mean) ** 2) if np.isfinite(mean) else np.inf

    def cdf(self, values: Any) -> Any:
        """Distribution function."""
        return (self.table if hasattr(self.table, "cdf") else self.frozen).cdf(values)

    def stats(self, moments: str) -> Any:
        """Moments as SciPy has them: some of mean, variance, skewness and excess kurtosis, by their letters."""
        if hasattr(self.table, "cumulants"):
            first, second, third, fourth = self.table.cumulants()
            third, fourth = third / second**1.5, fourth / second**2
        elif self._has_no_moments:
            first, second = self.mean(), self.var()
            third, fourth = (
                self._moment(partial(_standard, first, second, k)) if np.isfinite(second) else np.inf for k in (3, 4)
            )
            fourth -= 3
        else:
            return self.frozen.stats(moments=moments)
        known = {"m": first, "v": second, "s": third, "k": fourth}
        return tuple(known[letter] for letter in moments)

    @property
    def _has_no_moments(self) -> bool:
        """Whether SciPy would integrate its slow inverse."""
        from scipy import stats

        kind, common = type(self.dist), stats.rv_continuous
        return kind._stats is common._stats and kind._munp is common._munp

    def _moment(self, function: Callable[[float], float]) -> float:
        """E f(R) from the density, between quantiles; infinite where the integral over a tail does not converge."""
        from scipy import integrate

        ready = self.frozen if hasattr(self.frozen, "dist") else self.frozen()
        low, high = (float(x) for x in ready.support())
        ends = [low, *self.ppf(_middles()).tolist(), high]
        with warnings.catch_warnings():
            warnings.simplefilter("error", integrate.IntegrationWarning)
            try:
                return sum(
                    integrate.quad(lambda x: function(x) * ready.pdf(x), *piece, epsabs=1e-12, epsrel=1e-10)[0]
                    for piece in pairwise(ends)
                )
            except integrate.IntegrationWarning:
                return float(np.inf)

    def ppf(self, uniforms: Any) -> FloatArray:
        """Inverse CDF, to a u-error of `TABLE_ERROR`."""
        return np.asarray(self.table.ppf(uniforms), dtype=np.float64)


def has_slow_inverse(frozen: Any) -> bool:
    """Whether it is of a family, the user's own or SciPy's, of whose inverse CDF SciPy knows no formula."""
    from scipy import stats

    family = getattr(frozen, "dist", frozen)
    return isinstance(family, stats.rv_continuous) and type(family)._ppf is stats.rv_continuous._ppf


def tabulated(frozen: Any, name: str) -> Any:
    """The law with its inverse tabulated; or as it is, with a warning, where no table is right.

    Warns
    -----
    MDPPowerWarning
        There is no table: the density has a gap, a pole or a mode that is not found.
    """
    from scipy.stats.sampling import NumericalInversePolynomial, UNURANError

    uniforms = _middles()
    why = "the table misses the distribution function"
    family = getattr(frozen, "dist", frozen)
    of_scipy = type(family).__module__.startswith("scipy.")
    with warnings.catch_warnings(), np.errstate(all="ignore"):
        warnings.simplefilter("ignore")
        try:
            if of_scipy and family.name in NO_TABLE:
                raise ValueError("its density is a series or an integral itself")
            ready = frozen() if not hasattr(frozen, "dist") else frozen
            table = NumericalInversePolynomial(ready, u_resolution=TABLE_ERROR / 10)
            values = table.ppf(uniforms)
            if any(np.abs(F(ready, values) - uniforms).max() <= TABLE_ERROR for F in (_chances, _integrated)):
                return Tabulated(frozen, table, name)
        except (UNURANError, ValueError, TypeError, ArithmeticError) as error:
            why = str(error).rpartition(": ")[2] or str(error)
    advice = "give a callable of (n, rng)" if of_scipy else "define _ppf, or give a callable of (n, rng)"
    warnings.warn(
        f"rewards {name}: {'SciPy' if of_scipy else 'the family'} has no inverse of it (_ppf), and none could be "
        f"tabulated ({why.strip()}): each reward is sought by itself, hundreds of times as slow; {advice}",
        MDPPowerWarning,
        stacklevel=6,
    )
    return frozen


def _standard(mean: float, variance: float, k: int, x: float) -> float:
    return float(((x - mean) / variance**0.5) ** k)


def _middles() -> FloatArray:
    return (np.arange(POINTS) + 0.5) / POINTS


def _chances(frozen: Any, values: FloatArray) -> FloatArray:
    """F at ascending values: the family's own, where it has one."""
    from scipy import stats

    own = type(frozen.dist)._cdf is not stats.rv_continuous._cdf
    return np.asarray(frozen.cdf(values)) if own else np.full(len(values), np.inf)


def _integrated(frozen: Any, values: FloatArray) -> FloatArray:
    """F at ascending values: the density integrated between them (SciPy's F is often too coarse)."""
    from scipy import integrate

    ends = [float(frozen.support()[0]), *values.tolist()]
    pieces = [integrate.quad(frozen.pdf, *piece, epsabs=1e-12, epsrel=1e-10, limit=10)[0] for piece in pairwise(ends)]
    return np.cumsum(pieces)


# ---------------------------------------------------------------------- several numbers at once


def joint_sampler(spec: Any, n_states: int) -> tuple[Any, str, Any, Any] | None:
    """A sampler ``(n, rng) → (n, S)`` for what SciPy can draw jointly, its name, means and variances; else None.

    A `gaussian_kde` of one dimension gives each state a draw of its own; one of S dimensions, or a frozen
    multivariate law, gives all of them one.

    Raises
    ------
    RewardError
        It has another number of dimensions than there are states.
    """
    from scipy import stats

    if isinstance(spec, stats.gaussian_kde):
        mean = spec.dataset @ spec.weights
        spread = np.diag(np.cov(spec.dataset, aweights=spec.weights, bias=True).reshape(spec.d, spec.d))
        variance = spread + np.diag(spec.covariance)
        if spec.d == 1:

            def apart(n: int, rng: Any) -> Any:
                return spec.resample(n * n_states, seed=rng).reshape(n, n_states)

            return apart, "gaussian_kde", np.repeat(mean, n_states), np.repeat(variance, n_states)
        _require_dimension("gaussian_kde", spec.d, n_states)
        return lambda n, rng: spec.resample(n, seed=rng).T, "gaussian_kde", mean, variance
    if not any(kind.__name__ == "multi_rv_frozen" for kind in type(spec).__mro__):
        return None
    name = type(spec).__name__.removesuffix("_frozen")
    one = np.asarray(spec.rvs(size=1, random_state=np.random.default_rng(0)))
    _require_dimension(name, one.size, n_states)

    def together(n: int, rng: Any) -> Any:
        return np.asarray(spec.rvs(size=n, random_state=rng)).reshape(n, n_states)

    unknown = np.full(n_states, np.nan)
    return together, name, _moment(spec, "mean", unknown), _moment(spec, "var", unknown)


def _require_dimension(name: str, dimension: int, n_states: int) -> None:
    if dimension != n_states:
        raise RewardError(f"{name} rewards have {dimension} numbers; the MDP has {n_states} states")


def _moment(spec: Any, which: str, unknown: FloatArray) -> FloatArray:
    """A moment, where it has one number a state."""
    moment = getattr(spec, which, None)
    try:
        found = np.asarray(moment() if callable(moment) else moment, dtype=np.float64).ravel()
    except (TypeError, ValueError):
        return unknown
    return found if found.shape == unknown.shape else unknown
