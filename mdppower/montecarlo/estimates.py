"""Estimates: named quantities with their errors, all from the same draws.

What they rest on is in `mdppower.montecarlo.replicates` (or, with a guarantee, `guaranteed`). Linear combinations of
one estimate, and differences of two from the same draws, are estimates again, and paired: their noise cancels as far
as it is common.
"""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from fractions import Fraction
from numbers import Rational, Real
from typing import TYPE_CHECKING, Any, ClassVar

import numpy as np
from scipy import sparse

from mdppower._text import fraction_text, rate_name, rate_text, shorten, told_rates
from mdppower._typing import AnyArray, FloatArray
from mdppower.errors import LabelError, ParameterError
from mdppower.montecarlo.estimate_forms import EstimateForms
from mdppower.montecarlo.guaranteed import Guaranteed, GuaranteedContrast
from mdppower.montecarlo.replicates import Replicates
from mdppower.montecarlo.same_draws import Draws, paired
from mdppower.results.rates import rate_position

if TYPE_CHECKING:
    from os import PathLike

    from matplotlib.figure import Figure


@dataclass(frozen=True, eq=False, repr=False)
class Estimate(EstimateForms):
    """Named quantities with their errors.

    Arrays have shape (n,) where one γ was given and (G, n) for a sequence; a single quantity has no last axis.

    Attributes
    ----------
    data : Replicates, Guaranteed or GuaranteedContrast
    labels : sequence of labels
        Names of the n quantities.
    gammas : tuple of float
        NaN for what has no γ; horizons, where these were asked for.
    single_gamma : bool
        Whether one γ was given, not a sequence.
    single : bool
        Whether there is one quantity, without an axis of its own.
    dimension : str
        What the quantities are: "state", "pair", "option", "difference".
    fractions : (G, n) object array, optional
        The quantities as fractions, where they are known exactly.
    draws : Draws, optional
        What it was drawn from.
    layout : (n, 2) array, optional
        Row and column of each state.
    marks : mapping from str to tuple of int
        Positions of the states that carry a mark.

    Examples
    --------
    What an agent that looks one step ahead loses, from the same draws as what it could have:

    >>> import mdppower as mp
    >>> from mdppower.agents import lookahead
    >>> maze = mp.envs.make("maze")
    >>> optimal = mp.power(maze, 0.9, samples=1024, rng=0)
    >>> agent = mp.power(maze, 0.9, samples=1024, rng=0, policy=lookahead(1))
    >>> lost = optimal - agent
    >>> lost
    Estimate(31 states at γ = 0.9: 0.0589 … 0.1193, ± ≤ 0.017 (95 %, all at once))
    """

    hidden: ClassVar[frozenset[str]] = frozenset({
        "between", "data", "dimension", "draws", "fractions", "half_widths", "known", "layout", "marks", "one",
        "single", "single_gamma",
    })  # fmt: skip

    __array_priority__ = 1000.0  # so that 2 * estimate is one for NumPy's numbers, too, and not an array of means

    data: Replicates | Guaranteed | GuaranteedContrast
    labels: Sequence[Any]
    gammas: tuple[float, ...]
    single_gamma: bool
    single: bool = False
    dimension: str = "state"
    fractions: AnyArray | None = None
    draws: Draws | None = None
    layout: FloatArray | None = None
    marks: Mapping[str, tuple[int, ...]] = field(default_factory=dict)

    @classmethod
    def known(
        cls,
        values: Any,
        labels: Sequence[Any],
        gammas: tuple[float, ...],
        *,
        single_gamma: bool = True,
        dimension: str = "state",
        slack: float = 0.0,
    ) -> Estimate:
        """Quantities that are known without draws.

        Parameters
        ----------
        values : (G, n) nested sequence of fractions.Fraction, or of float
        labels, gammas, single_gamma, dimension
            As the attributes.
        slack : float
            Bound on the error, where the values are floats.

        Returns
        -------
        Estimate
            With standard error 0, and intervals of half-width `slack`.

        Examples
        --------
        >>> from fractions import Fraction
        >>> third = Estimate.known([[Fraction(1, 3), Fraction(1, 2)]], ["a", "b"], (0.9,))
        >>> third.exact, third.difference("b", "a").exact
        (array([Fraction(1, 3), Fraction(1, 2)], dtype=object), Fraction(1, 6))
        """
        exact = np.asarray(values, dtype=object)
        numbers = exact.astype(np.float64)
        data = Replicates.known(numbers, slack)
        is_exact = all(isinstance(x, Rational) for x in exact.flat)
        return cls(
            data, labels, gammas, single_gamma, dimension=dimension, fractions=exact if is_exact else None
        )  # fmt: skip

    @property
    def exact(self) -> Any:
        """The quantities as fractions, in the shape of `mean`; None where they are not known exactly."""
        return None if self.fractions is None else self._shape(self.fractions)

    def _shape(self, array: AnyArray) -> Any:
        """The (G, n) array with the axes that the caller expects."""
        if self.single:
            array = array[:, 0]
        return array[0] if self.single_gamma else array

    @property
    def mean(self) -> FloatArray:
        """The estimates.

        Examples
        --------
        >>> import mdppower as mp
        >>> mp.power(mp.envs.fork(2), 0.9, 1.0, samples=64).mean
        array([1., 1., 1.])
        """
        return np.asarray(self._shape(self.data.value))

    @property
    def stderr(self) -> FloatArray:
        """Their standard errors.

        Examples
        --------
        >>> import mdppower as mp
        >>> mp.power(mp.envs.fork(2), 0.9, 1.0, samples=64).stderr
        array([0., 0., 0.])
        """
        return np.asarray(self._shape(self.data.error))

    def interval(self, confidence: float = 0.95, *, simultaneous: bool = False) -> tuple[FloatArray, FloatArray]:
        """Confidence limits: Student's t on replicates, within the rewards' range, and the solver's error added.

        After ``power(..., guarantee=True)``: limits that hold for any number of draws and at all times at once, by
        `mdppower.montecarlo.guaranteed`.

        Parameters
        ----------
        confidence : float
            Default 0.95.
        simultaneous : bool
            Whether all intervals (over quantities and γ) hold together with that confidence.

        Returns
        -------
        lower, upper : arrays
            NaN where the rewards' variance does not exist.

        Raises
        ------
        ParameterError
            `confidence` is not strictly between 0 and 1.

        Examples
        --------
        >>> import mdppower as mp
        >>> low, high = mp.power(mp.envs.fork(2), 0.9, rng=0).interval(0.999, simultaneous=True)
        >>> bool(low[0] < 2 / 3 < high[0])
        True
        """
        lower, upper = self.data.bounds(confidence, simultaneous=simultaneous)
        return self._shape(lower), self._shape(upper)

    def __array__(self, dtype: Any = None, copy: bool | None = None) -> AnyArray:
        """The mean."""
        return np.array(self.mean, dtype=dtype)

    def __float__(self) -> float:
        """The mean of one number; TypeError for several."""
        if self.data.value.size != 1:
            raise TypeError(f"float() is of one number, and this estimate has {self.data.value.size:,}: take .of(…)")
        return float(self.data.value.item())

    def __format__(self, form: str) -> str:
        return format(float(self), form) if form else str(self)

    def _refuse_order(self, other: Any) -> bool:
        """Estimates have no order: one may be above the other, or that may be open."""
        raise TypeError("estimates are not ordered: ask for the interval of their difference, (a - b).interval()")

    __lt__ = __le__ = __gt__ = __ge__ = _refuse_order

    @property
    def interrupted(self) -> bool:
        """Whether the run ended before its last draw: by Ctrl-C, or by an error."""
        return self.draws is not None and self.draws.interrupted

    @property
    def caution(self) -> str:
        """What speaks against intervals from these draws, in words; empty where nothing is known to."""
        return "" if self.draws is None else self.draws.caution

    @property
    def samples(self) -> int:
        """Reward functions drawn; 0 where there are none, or it is not known."""
        kept = self.data.base if isinstance(self.data, GuaranteedContrast) else self.data
        return 0 if self.draws is None else kept.count * self.draws.source.size

    def of(self, *label: Any, gamma: float | None = None, horizon: int | None = None) -> Estimate:
        """The part about one label.

        Parameters
        ----------
        *label : label
            Of a state, or a mark; of a state-action pair both, or the state for all its actions; of an option its
            name.
        gamma : float, optional
            One of the rates, within 1e-9; by default all.
        horizon : int, optional
            One of the horizons, where the estimate is about these.

        Returns
        -------
        Estimate
            Of one number (a γ); of several where several are meant.

        Raises
        ------
        LabelError
            There is no such label.
        ParameterError
            The rate is not one of these.

        Examples
        --------
        >>> import mdppower as mp
        >>> estimate = mp.power(mp.envs.fork(2), [0.5, 0.9], samples=256, rng=0)
        >>> estimate.of("root", gamma=0.9)
        Estimate('root': 0.6715 ± 0.014 at γ = 0.9 (95 %))
        >>> estimate.of("root").mean.shape
        (2,)
        """
        if not label:
            raise ParameterError(f"name a {self.dimension}")
        if self.dimension == "state" and len(label) == 2 and label not in self.labels and label[1] in self.gammas:
            raise ParameterError(f"give the rate by its name: .of({label[0]!r}, gamma={label[1]!r})")
        where = self._where(label[0] if len(label) == 1 else label)
        whole = self if gamma is None and horizon is None else self.at(gamma, horizon=horizon)
        if isinstance(where, int):
            return whole.one(where)
        weights = sparse.eye_array(len(self.labels), format="csr")[where]
        exact = None if whole.fractions is None else whole.fractions[:, where]
        found = whole._contrast(weights, tuple(self.labels[i] for i in where), self.dimension, exact)
        layout = None if self.layout is None else self.layout[where]
        return replace(found, single=False, layout=layout)

    def _where(self, label: Any) -> int | list[int]:
        """The position of a label; several, where it means several."""
        if self.dimension == "pair" and not isinstance(label, np.ndarray) and label not in self.labels:
            several = [i for i, pair in enumerate(self.labels) if pair[0] == label]
            if several:
                return several
        if isinstance(label, str) and label in self.marks and label not in self.labels:
            marked = self.marks[label]
            return marked[0] if len(marked) == 1 else list(marked)
        return self._position(label)

    def _position(self, label: Any) -> int:
        try:
            if isinstance(label, np.ndarray):  # which equals nothing, but many numbers one by one
                raise ValueError
            return list(self.labels).index(label)
        except ValueError:
            told = f"there is no {self.dimension} {label!r} in this estimate; {self.dimension}s are "
            marks = f"; marks are {shorten(list(self.marks))}" * bool(self.marks)
            raise LabelError(told + shorten(list(self.labels)) + marks) from None

    def at(self, gamma: float | None = None, *, horizon: int | None = None) -> Estimate:
        """The part about one of the discount rates, or horizons.

        Parameters
        ----------
        gamma : float
            Within 1e-9 of one.
        horizon : int
            In place of γ.

        Raises
        ------
        ParameterError
            The rate is not one of these.

        Examples
        --------
        >>> import mdppower as mp
        >>> mp.power(mp.envs.fork(3), [0.1 + 0.2, 0.9], samples=64, rng=0).actions("root").at(0.3).mean.shape
        (3,)
        """
        k = rate_position(self.gammas, gamma, horizon)
        exact = None if self.fractions is None else self.fractions[k : k + 1]
        rates = (self.gammas[k],)
        plain = Estimate if type(self) is not Estimate else type(self)
        return plain(
            self.data.at(k), self.labels, rates, True, self.single, self.dimension, exact, self.draws, self.layout,
            self.marks,
        )  # fmt: skip

    def __sub__(self, other: Any) -> Estimate:
        _refuse_array(other)
        return self._paired(other, -1) if isinstance(other, Estimate) else NotImplemented

    def __add__(self, other: Any) -> Estimate:
        _refuse_array(other)
        return self._paired(other, 1) if isinstance(other, Estimate) else NotImplemented

    def __neg__(self) -> Estimate:
        return self * -1

    def __mul__(self, factor: Any) -> Estimate:
        if not _is_finite(factor):
            _refuse_array(factor)
            return NotImplemented
        weights = sparse.eye_array(len(self.labels), format="csr") * float(factor)
        exact = None
        if self.fractions is not None and isinstance(factor, Rational):
            exact = self.fractions * _fraction(factor)
        labels = self.labels
        if self._is_contrast:
            times = fraction_text(_fraction(factor)) if isinstance(factor, Rational) else rate_text(float(factor))
            text = f"{times} × ({self._label_text(labels[0])})"
            turned = factor == -1 and self.dimension == "difference"
            labels = labels if factor == 1 else (labels[0][::-1] if turned else text,)
        found = self._contrast(weights, labels, self.dimension, exact)
        return replace(found, single=self.single, layout=self.layout, marks=self.marks)

    __rmul__ = __mul__

    def __truediv__(self, number: Any) -> Estimate:
        if not _is_finite(number) or number == 0:
            _refuse_array(number)
            return NotImplemented
        return self * (1 / _fraction(number) if isinstance(number, Rational) else 1 / number)

    def _paired(self, other: Estimate, sign: int) -> Estimate:
        """The sum or difference with another estimate from the same draws."""
        if self.gammas != other.gammas and not (math.isnan(self.gammas[0]) and math.isnan(other.gammas[0])):
            rates = [told_rates(*x.gammas) for x in (self, other)]
            names = {rate_name(x.gammas) for x in (self, other)}
            what = (
                f": take .at({rate_name(self.gammas)}=…) of both" if len(names) == 1 else ", and these do not compare"
            )
            raise ParameterError(f"one estimate is about {rates[0]}, the other about {rates[1]}{what}")
        many = [x for x in (self, other) if not x.single]
        if len(many) == 2 and tuple(self.labels) != tuple(other.labels):
            raise ParameterError(f"the estimates are about different {self.dimension}s; take .of(…) of both")
        self._require_same_draws(other)
        exact = None
        if self.fractions is not None and other.fractions is not None:
            exact = self.fractions + sign * other.fractions
        larger = many[0] if many else self
        labels: Any = larger.labels
        dimension = larger.dimension
        if not many:
            labels, dimension = ((self._term, other._term),), "difference" if sign < 0 else "sum"
        # What is exact has draws only by name: the sum is of those of the other.
        draws = max(filter(None, (self.draws, other.draws)), key=lambda x: x.source.kind != "exact", default=None)
        if draws is not None:
            interrupted, caution = self.interrupted or other.interrupted, self.caution or other.caution
            draws = replace(draws, interrupted=interrupted, caution=caution)
        return Estimate(
            paired(self.data, other.data, sign), labels, self.gammas, self.single_gamma and other.single_gamma,
            not many, dimension, exact, draws, larger.layout, larger.marks,
        )  # fmt: skip

    @property
    def _is_contrast(self) -> bool:
        """Whether it is one sum or difference, labelled by its two terms."""
        return self.dimension in ("difference", "sum") and self.single and isinstance(self.labels[0], tuple)

    @property
    def _term(self) -> Any:
        """The label, for a sum or difference of which this is a term."""
        return f"({self._label_text(self.labels[0])})" if self._is_contrast else self.labels[0]

    def _require_same_draws(self, other: Estimate) -> None:
        if any(isinstance(x.data, Replicates) and x.data.is_known and x.draws is None for x in (self, other)):
            return
        if self.draws is None or other.draws is None:
            raise ParameterError("the estimates cannot be paired: of one it is not known what it was drawn from")
        if why := self.draws.difference(other.draws):
            raise ParameterError(f"the estimates are not from the same draws, and cannot be paired: {why}")

    def difference(self, first: Any, second: Any) -> Estimate:
        """First minus second, paired: both come from the same draws, so most of the noise cancels.

        Parameters
        ----------
        first, second : labels

        Returns
        -------
        Estimate
            Of one number (a γ).
        """
        return self.between(self._position(first), self._position(second))

    def between(self, i: int, j: int) -> Estimate:
        """The i-th quantity minus the j-th, paired."""
        weights = np.zeros((1, len(self.labels)))
        weights[0, i] += 1
        weights[0, j] -= 1
        exact = None if self.fractions is None else self.fractions[:, [i]] - self.fractions[:, [j]]
        return self._contrast(weights, ((self.labels[i], self.labels[j]),), "difference", exact)

    def one(self, i: int) -> Estimate:
        """The i-th quantity alone."""
        weights = sparse.eye_array(len(self.labels), format="csr")[[i]]
        exact = None if self.fractions is None else self.fractions[:, [i]]
        return self._contrast(weights, (self.labels[i],), self.dimension, exact)

    def _contrast(self, weights: Any, labels: Any, dimension: str, exact: AnyArray | None) -> Estimate:
        return Estimate(
            self.data.contrast(weights), labels, self.gammas, self.single_gamma, True, dimension, exact, self.draws
        )  # fmt: skip

    def plot(self, path: str | PathLike[str] | None = None, **options: Any) -> Figure:
        """A picture: the numbers with their intervals; see `mdppower.display.interval_picture.plot_estimate`."""
        from mdppower.display.interval_picture import plot_estimate

        return plot_estimate(self, path, **options)


def _refuse_array(other: Any) -> None:
    """Raise TypeError for an array: NumPy would take NotImplemented for consent to an array of means."""
    if isinstance(other, (np.ndarray, np.generic)):
        raise TypeError("estimates are added to estimates; np.asarray(estimate) is the mean, without its error")


def _is_finite(number: Any) -> bool:
    """Whether it is a number that a float can be."""
    if isinstance(number, (bool, np.bool_)) or not isinstance(number, Real):
        return False
    try:
        return math.isfinite(number)
    except OverflowError:
        return False


def _fraction(number: Rational) -> Fraction:
    return Fraction(int(number.numerator), int(number.denominator))
