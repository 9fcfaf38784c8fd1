"""SciPy's own laws of which it seeks each value, or adds up each moment, for long: a formula, a table, or no.

- *A formula* where there is one: 1/X of an inverse Gaussian X for `recipinvgauss`, Hurwitz's ζ for `zipf`, and for
  `vonmises`, of which SciPy draws angles in [−π, π], the law of these, `vonmises_line`.
- *Discrete laws* whose distribution function SciPy adds up anew for each value: chances are added up once, up to
  `TABLE_ERROR` of the last. Drawn are the same values as SciPy's wherever a uniform is not that near a step.
- *What no table is right for* is refused, with the reason.
"""

from __future__ import annotations

from functools import cached_property
from typing import Any

import numpy as np

from mdppower._typing import FloatArray
from mdppower.errors import RewardError
from mdppower.rewards.scipy_laws import TABLE_ERROR, Tabulated

LARGEST_PARAMETER = dict.fromkeys(
    ("betabinom", "betanbinom", "hypergeom", "nchypergeom_fisher", "nchypergeom_wallenius", "nhypergeom", "zipfian"),
    1e6,
) | {"irwinhall": 100.0, "ksone": 500.0, "kstwo": 500.0}  # fmt: skip
"""Laws that SciPy sums, term by term, and the largest parameter for which that takes no minutes."""
FARTHEST_FOLD = dict.fromkeys(("foldcauchy", "foldnorm", "rice"), 2.0**40)
"""Laws whose shape is how far they are from 0, in units of their spread, which floats lose beyond that: SciPy seeks
their inverse without end. They are cauchy and norm there, to all digits."""
LEAST_SHAPE = 1e-150
"""invgauss(1e-320) ends in a C++ exception that nobody catches."""
MOST_VALUES = 2**20
"""Of a discrete law's table."""
FARTHEST_ZIPF = 2.0**62


FARTHEST = 2.0**50
"""What `loc` may be in units of `scale`: beyond it rewards are a few neighbouring floats."""


def _parameters(frozen: Any, shapes: int) -> tuple[list[float], float, float]:
    """A frozen law's shapes, loc and scale, those of them that are numbers."""
    given = {"loc": 0.0, "scale": 1.0} | dict(zip(("loc", "scale"), frozen.args[shapes:], strict=False)) | frozen.kwds
    place = [float(value) if np.ndim(value := given.pop(name)) == 0 else 1.0 for name in ("loc", "scale")]
    numbers = [float(value) for value in (*frozen.args[:shapes], *given.values()) if np.ndim(value) == 0]
    return numbers, place[0], place[1]


def quickened(frozen: Any, name: str) -> Any:
    """The same law, with a formula or a table where SciPy seeks each value; most are as they were.

    Raises
    ------
    RewardError
        SciPy would take minutes, or more, for a few thousand rewards.

    Examples
    --------
    >>> from scipy import stats
    >>> quickened(stats.zipf(3), "zipf(3)").ppf(np.array([0.5, 0.9, 0.999]))
    array([ 1.,  2., 20.])
    """
    from scipy import stats

    family = getattr(frozen, "dist", frozen)
    if not type(family).__module__.startswith("scipy.") or not hasattr(frozen, "dist"):
        return frozen
    kind = family.name
    if kind == "studentized_range":
        raise RewardError(
            f"rewards {name}: SciPy integrates twice for each value of studentized_range, a tenth of a second a "
            "reward; give a callable of (n, rng): the range of normal numbers over an independent root of chi2(df)/df"
        )
    shapes, loc, scale = _parameters(frozen, family.numargs)
    for value in shapes:
        if 0 < abs(value) < LEAST_SHAPE:
            told = f"a shape of {value:g} is below {LEAST_SHAPE:g}, and may end SciPy's process"
            raise RewardError(f"rewards {name}: {told}")
        if abs(value) > FARTHEST_FOLD.get(kind, np.inf):
            told = f"a shape of {value:g} is beyond {FARTHEST_FOLD[kind]:g}, where floats lose the spread of {kind}"
            raise RewardError(f"rewards {name}: {told}")
    if abs(loc) > FARTHEST * abs(scale) > 0:
        told = f"loc {loc:g} is so far out that floats lose the spread, whose scale is {scale:g}"
        raise RewardError(f"rewards {name}: {told}")
    most = LARGEST_PARAMETER.get(kind, np.inf)
    for value in (*frozen.args, *frozen.kwds.values()):
        if np.ndim(value) == 0 and abs(value) > most:
            raise RewardError(
                f"rewards {name}: SciPy adds up {kind} term by term; parameters are at most {most:g}, got {value:g}"
            )
    if kind == "vonmises":
        return stats.vonmises_line(*frozen.args, **frozen.kwds)
    if kind in _FORMULAS:
        return Tabulated(frozen, _FORMULAS[kind](frozen), name, quickened)
    common = stats.rv_discrete
    if isinstance(family, common) and type(family)._ppf is common._ppf and type(family)._cdf is common._cdf:
        return _added_up(frozen, name)
    return frozen


class _Reciprocal:
    """1/X with X inverse Gaussian: it is Z² + W, Z normal and W inverse Gaussian of mean 1/μ and shape 1/μ²."""

    def __init__(self, frozen: Any) -> None:
        (self.mu,), self.loc, self.scale = frozen.dist._parse_args(*frozen.args, **frozen.kwds)

    def ppf(self, uniforms: Any) -> FloatArray:
        """Inverse CDF."""
        from scipy import stats

        return np.asarray(self.loc + self.scale / stats.invgauss.isf(uniforms, self.mu))

    def cumulants(self) -> tuple[float, float, float, float]:
        """Of Z² they are 2^{r−1}(r − 1)!, of W 1, 1, 3 and 15 times 1/μ."""
        of_w, of_z2 = np.array([1, 1, 3, 15]) / self.mu, np.array([1, 2, 8, 48])
        first, *others = (of_w + of_z2) * self.scale ** np.arange(1, 5)
        return tuple(float(x) for x in (self.loc + first, *others))  # type: ignore[return-value]


class _Zipf:
    """The least k with P(R > k) = ζ(a, k + 1)/ζ(a) at most 1 − u, by bisection."""

    def __init__(self, frozen: Any) -> None:
        (self.a,), self.loc, _ = frozen.dist._parse_args(*frozen.args, **frozen.kwds)

    def ppf(self, uniforms: Any) -> FloatArray:
        """Inverse CDF; beyond 2⁶² a value is infinite, which is refused where it is drawn."""
        from scipy.special import zeta

        left = (1 - np.asarray(uniforms, dtype=np.float64)) * zeta(self.a, 1.0)
        low, high = np.zeros_like(left), np.full_like(left, FARTHEST_ZIPF)
        beyond = ~(zeta(self.a, FARTHEST_ZIPF) <= left)
        for _ in range(62):
            middle = np.floor((low + high) / 2)
            enough = zeta(self.a, middle + 1) <= left
            low, high = np.where(enough, low, middle), np.where(enough, middle, high)
        return np.asarray(np.where(beyond, np.inf, high + self.loc))

    def cdf(self, values: Any) -> FloatArray:
        """Distribution function."""
        from scipy.special import zeta

        k = np.maximum(np.floor(np.asarray(values) - self.loc), 0.0)
        return np.asarray(1 - zeta(self.a, k + 1) / zeta(self.a, 1.0))


class _Kolmogorov:
    """Kolmogorov's and Smirnov's statistics of n numbers; for moments, SciPy would integrate their inverse.

    E D^r = ∫ r x^{r−1} P(D > x) dx over [0, 1], where P(D > x) is a polynomial between multiples of 1/2n: of degree
    n, hence cut finer where there are few. It is below 2 exp(−2nx²), hence cut off at e⁻⁵⁰.
    """

    def __init__(self, frozen: Any) -> None:
        (self.n,), self.loc, self.scale = frozen.dist._parse_args(*frozen.args, **frozen.kwds)
        self.dist, self.ppf = frozen.dist, frozen.ppf

    def cumulants(self) -> tuple[float, float, float, float]:
        """From moments."""
        m1, m2, m3, m4 = self._moments
        second, third = m2 - m1**2, m3 - 3 * m1 * m2 + 2 * m1**3
        fourth = m4 - 4 * m1 * m3 + 6 * m1**2 * m2 - 3 * m1**4 - 3 * second**2
        w = self.scale
        return self.loc + w * m1, w**2 * second, w**3 * third, w**4 * fourth

    @cached_property
    def _moments(self) -> Any:
        n = self.n
        if not (n >= 1 and n == round(n)):
            return np.full(4, np.nan)
        pieces = int(2 * n) * -(-64 // int(2 * n))
        nodes, weights = np.polynomial.legendre.leggauss(8)
        x = ((np.arange(pieces)[:, None] + (nodes + 1) / 2) / pieces).ravel()
        kept = x < 5 / np.sqrt(n)
        x, weights = x[kept], np.tile(weights, pieces)[kept]
        above = self.dist.sf(x, n) * weights / (2 * pieces)
        return [float((r * x ** (r - 1) * above).sum()) for r in (1, 2, 3, 4)]


_FORMULAS = {"recipinvgauss": _Reciprocal, "zipf": _Zipf, "ksone": _Kolmogorov, "kstwo": _Kolmogorov}


class _Steps:
    """A discrete inverse from cumulated chances."""

    def __init__(self, values: FloatArray, cumulated: FloatArray) -> None:
        self.values, self.cumulated = values, cumulated

    def ppf(self, uniforms: Any) -> FloatArray:
        """Inverse CDF."""
        at = np.searchsorted(self.cumulated, np.asarray(uniforms, dtype=np.float64))
        return np.asarray(self.values[np.minimum(at, len(self.values) - 1)])

    def cdf(self, values: Any) -> FloatArray:
        """Distribution function."""
        up_to = np.searchsorted(self.values, np.asarray(values), side="right")
        return np.asarray(np.r_[0.0, self.cumulated][up_to])


def _added_up(frozen: Any, name: str) -> Any:
    """A discrete law with its chances added up once."""
    low, high = (float(end) for end in frozen.support())
    if not np.isfinite(low):  # parameters out of range, which is said by others
        return frozen
    values, cumulated, size = np.empty(0), np.empty(0), 2**10
    while True:
        start, end = low + len(values), min(high, low + size - 1)
        more = np.arange(start, end + 1)
        with np.errstate(all="ignore"):
            sums = np.cumsum(frozen.pmf(more)) + (cumulated[-1] if len(cumulated) else 0.0)
        values, cumulated = np.r_[values, more], np.r_[cumulated, sums]
        if cumulated[-1] >= 1 - TABLE_ERROR:
            return Tabulated(frozen, _Steps(values, cumulated), name, quickened)
        if end >= high or size >= MOST_VALUES:
            break
        size *= 4
    if not np.isfinite(cumulated[-1]) or end >= high:
        return frozen  # nan where parameters are out of range; or sums of chances that SciPy has wrong
    raise RewardError(
        f"rewards {name}: {len(values):,} values have only {cumulated[-1]:.10g} of the chances, and SciPy would add "
        "up all before a value for each reward; give a callable of (n, rng)"
    )
