r"""The largest of jointly normal variables: its mean, and which one it is.

X ~ N(m, C) in K dimensions, C possibly singular. Write θ_ij² = Var(X_i − X_j), φ and Φ for the standard normal.

**K = 2** (Clark 1961): with δ = (m_1 − m_2)/θ, P(X_1 > X_2) = Φ(δ) and E max = m_1 Φ(δ) + m_2 Φ(−δ) + θ φ(δ).

**K ≥ 3** (Afonja 1972). p_i = P(X_j ≤ X_i for all j) is an orthant probability of the K − 1 differences. For the
mean, Stein's identity E (X_i − m_i) g(X) = Σ_l C_il E ∂_l g with g = 1{X_i is largest}, whose derivative in x_i is a
density on each facet X_i = X_j of the cell, and in x_j minus that, gives

    E[X_i; i largest] = m_i p_i + Σ_{j≠i} (C_ii − C_ij) f_ij,
    f_ij = (density of X_i − X_j at 0) · P(X_l ≤ X_i for the other l | X_i = X_j) = φ((m_i − m_j)/θ_ij)/θ_ij · q_ij.

f_ij is symmetric, so i and j together have the factor C_ii − 2 C_ij + C_jj = θ_ij², and

    E max = Σ_i m_i p_i + Σ_{i<j} θ_ij φ((m_i − m_j)/θ_ij) q_ij.

(Three iid standard normals: θ = √2, q = 1/2, hence 3 · √2/√(2π) · 1/2 = 3/(2√π).) Means are taken relative to
the largest, which changes nothing as Σ p_i = 1 and keeps the errors of the p_i from being multiplied.

**Degenerate cases.** Equal variables tie and share one p. Where X_i − X_j is constant the lower one never is the
largest. Three variables with X_l − X_i = λ (X_j − X_i) meet in one facet: the one in the middle is left out. After
that a conditional difference of variance 0 is a sure comparison.

**Numbers.** Variables are compared by their differences, whose means are exact, and whose rows of a factor of C have
an error that is local (`mdppower.integrals.normal_contrasts`): deviations of 1 are told apart beside one of 10¹².
Given X_i = X_j, X_l may be compared with either: with the one that is nearer, so that nothing large cancels. What
conditioning leaves has an error of the size of rounding, where in the entries of C it is rounding among *squares*:
there a small conditional variance has a correlation that need not be one of anything. Rows, scaled to length 1, are.

**Errors.** Orthants of one dimension are Φ, of two SciPy's closed form; others come from Genz' (1992) integrator in
SciPy, in `REPEATS` independently seeded runs: the answer is their mean and the error Student's 99.9 % half-width, an
estimate, not a bound. To this is added, to first order, what the rest can do:

- a part of an orthant that none of N points has seen, in a wedge of 10⁻⁵, say: 7/N, as (1 − 7/N)^N < 10⁻³;
- directions left out of L, of variance ε² at most: |E max X − E max X'| ≤ E max |X − X'| ≤ ε √(2 ln 2K);
- a row that is wrong by η turns by α = η/‖row‖, and a correlation that is rounded counts as √rounding; an orthant
  has ∂P/∂(angle) ≤ 1/(2π) for each pair of rows, ∂P/∂(limit) ≤ 1/√(2π), and a limit l is off by α (1 + |l|): in m
  dimensions Σ α ((m − 1)/(2π) + 1/√(2π) + 1/4) ≤ Σ α (m + 3)/6;
- a difference of which no variance can be seen, and which may yet have the deviation d: the lower one is the larger
  with a chance of at most Φ(−|mean|/d). If the means are the same, too, but not for certain, the variables count as
  one, and any of them may have all that they share;
- a variable on the line between two others, but for a part of deviation d: X_m = (1 − λ) X_l + λ X_h + off + d Z has
  at most E(off + d Z)⁺/(λ(1 − λ) θ_lh √(2π)), as X_h − X_l has to be within (off + d Z)⁺/λ and /(1 − λ) of 0;
- for the shares, |Σ p − 1|.

References
----------
Clark, C. E. (1961), Operations Research 9, 145–162. Afonja, B. (1972), J. R. Statist. Soc. B 34, 251–262.
Genz, A. (1992), J. Comput. Graph. Statist. 1, 141–149.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from itertools import combinations
from typing import Any

import numpy as np

from mdppower._stop import stop_if_told
from mdppower._typing import FloatArray
from mdppower.errors import ParameterError, SizeError
from mdppower.integrals.normal_contrasts import EPS, Contrast, JointlyNormal, fractions_of, length
from mdppower.mdp.rational import ONE, ZERO, Row

REPEATS = 8
DIMENSIONS = 25
"""Most different variables; each takes an orthant, and each pair another."""

UNSEEN = 7.0
"""Of N points none falls into a part of probability UNSEEN/N in one case of a thousand."""

_POINTS = 20_000  # of one run, for each dimension
_BUDGET = 1.5e8  # most points times dimensions of all orthants of one question
_PAIR_SECONDS, _THREE_SECONDS, _NORMAL_SECONDS = 1e-4, 1.5e-5, 8e-8  # measured on one 2020s core
_PIVOT = 1e-10  # SciPy's integrator leaves out a conditional variance below this times m
_DENSITY = float(1 / np.sqrt(2 * np.pi))


@dataclass(frozen=True, eq=False)
class NormalMaximum:
    """The law of the largest of jointly normal variables, as far as it is asked for.

    Attributes
    ----------
    mean : float
        E max.
    shares : (K,) array
        P(X_k is a largest); equal variables both have what they share.
    mean_error, share_error : float
        Estimates of the errors: the spread of repeated integrations, and rounding.
    """

    mean: float
    shares: FloatArray
    mean_error: float
    share_error: float


def maximum_normal(m: Any, C: Any, rng: Any = None, *, rows: Any = None) -> NormalMaximum:
    """Mean of the largest of jointly normal variables, and the probability of each to be it.

    Parameters
    ----------
    m : (K,) array
        Means.
    C : (K, K) array
        Covariance, symmetric and positive semidefinite; may be singular.
    rng : what `numpy.random.default_rng` takes
        For the integration; unused where there is a closed form.
    rows : (R, K) array of floats or fractions, optional
        The variables are rows · X, R of them: more precise than their own mean and covariance.

    Returns
    -------
    NormalMaximum

    Raises
    ------
    ParameterError
        The shapes do not fit, or C is not a covariance matrix.
    SizeError
        There are more than `DIMENSIONS` different variables.

    Examples
    --------
    Two independent standard normals: E max = 1/√π.

    >>> result = maximum_normal([0, 0], [[1, 0], [0, 1]])
    >>> round(result.mean, 6), result.shares.tolist()
    (0.56419, [0.5, 0.5])
    """
    joint = JointlyNormal(m, C)
    return largest(joint, _unit_rows(joint.count) if rows is None else fractions_of(rows, joint.count), rng)


def orthant_probability(mean: Any, covariance: Any, rng: Any = None, *, rows: Any = None) -> tuple[float, float]:
    """P(Y ≤ 0) in every entry of a jointly normal Y, and an estimate of the error.

    Parameters
    ----------
    mean : (m,) array
    covariance : (m, m) array
        May be singular.
    rng : what `numpy.random.default_rng` takes
    rows : (R, m) array of floats or fractions, optional
        Y is rows · X, with X of this mean and covariance.

    Returns
    -------
    probability, error : float
        The spread of repeated integrations, and rounding.

    Raises
    ------
    ParameterError
        The shapes do not fit, or the covariance is not one.
    SizeError
        There are more than `DIMENSIONS` entries.

    Examples
    --------
    >>> orthant_probability([0.0], [[1.0]])[0]
    0.5
    """
    joint = JointlyNormal(mean, covariance)
    return orthant(joint, _unit_rows(joint.count) if rows is None else fractions_of(rows, joint.count), rng)


def largest(joint: JointlyNormal, rows: list[Row], rng: Any = None) -> NormalMaximum:
    """`maximum_normal` of ⟨row, X⟩, for rows of fractions."""
    if not rows:
        raise ParameterError("there must be a variable, got none")
    among = _Among(joint, rows)
    kept = among.kept
    if len(kept) > DIMENSIONS:
        raise SizeError(f"{len(kept)} different normal variables; the limit is {DIMENSIONS}")
    alone = [joint.contrast(rows[k]) for k in kept]
    top = max(range(len(kept)), key=lambda k: alone[k].mean)
    mean = np.array([among.apart(k, kept[top]).mean for k in kept])
    law = _clark if len(kept) < 3 else _afonja
    rest, shares, mean_error, share_error = law(among, mean, rng)
    every = np.zeros(len(rows))
    for k, i in enumerate(among.representative):
        if i in kept:
            every[k] = shares[kept.index(i)]
    share_error += among.lost + max((float(every[k]) for k in among.unsure), default=0.0)
    left_out = max(one.left_out for one in alone)
    mean_error += (left_out + among.blur) * float(np.sqrt(2 * np.log(2 * len(rows)))) + among.missed
    mean_error += 16 * EPS * (abs(alone[top].mean) + max(one.deviation for one in alone))
    return NormalMaximum(alone[top].mean + rest, every, mean_error, min(share_error + 16 * EPS, 1.0))


def orthant(joint: JointlyNormal, rows: list[Row], rng: Any = None) -> tuple[float, float]:
    """`orthant_probability` of ⟨row, X⟩, for rows of fractions."""
    _require_dimensions(len(rows))
    cell = _orthant_of([joint.contrast(row) for row in rows], left_out=True)
    value, half = _repeat(lambda seed: np.array([cell.value(seed)]), rng)
    return float(value[0]), min(float(half[0]) + cell.error + cell.unseen(), 1.0)


def seconds_of_normal(count: int, *, collinear: bool = False) -> float:
    """About how many seconds `largest` takes with so many different variables, of which two matter if on one line.

    Examples
    --------
    >>> seconds_of_normal(2) < 0.01 < seconds_of_normal(10) < 20
    True
    """
    if collinear:
        return seconds_of_pairs(count)
    kept = min(count, DIMENSIONS)
    limits = kept * (kept - 1) ** 2 + kept * (kept - 1) / 2 * (kept - 2) ** 2
    normals = min(REPEATS * _POINTS * limits, _BUDGET) if kept > 3 else 0.0
    return seconds_to_compare(count) + _NORMAL_SECONDS * normals


def seconds_to_compare(count: int) -> float:
    """About how long it takes to find which of so many different variables are between others."""
    return seconds_of_pairs(count) + _THREE_SECONDS * count**3


def seconds_of_pairs(count: int) -> float:
    """About how long it takes to tell so many variables apart."""
    return _PAIR_SECONDS * count**2


def seconds_of_orthant(count: int) -> float:
    """About how many seconds `orthant` takes in so many dimensions, or SizeError where it refuses."""
    _require_dimensions(count)
    return _NORMAL_SECONDS * REPEATS * _POINTS * count**2 if count > 2 else 0.0


def _require_dimensions(count: int) -> None:
    if count > DIMENSIONS:
        raise SizeError(f"an orthant of {count} dimensions; the limit is {DIMENSIONS}")


def _unit_rows(n: int) -> list[Row]:
    return [[ONE if i == k else ZERO for i in range(n)] for k in range(n)]


@dataclass(eq=False)
class _Among:
    """The variables, and which of them can be the largest: one at least, and one for those that are the same."""

    joint: JointlyNormal
    rows: list[Row]
    representative: list[int] = field(init=False)
    """For each variable the first that equals it."""
    kept: list[int] = field(init=False)
    unsure: list[int] = field(default_factory=list)
    """Variables that have a representative from which they cannot be told, though it may not be the same."""
    lost: float = 0.0
    """The most that those left out can have of the shares."""
    missed: float = 0.0
    """The most that those left out can add to the mean."""
    blur: float = 0.0
    """How far variables are from their representatives."""
    _table: dict[tuple[int, int], Contrast] = field(default_factory=dict)

    def __post_init__(self) -> None:
        self.representative = []
        for k in range(len(self.rows)):
            first = next((i for i in dict.fromkeys(self.representative) if self._equal(i, k)), k)
            self.representative.append(first)
        leaders = list(dict.fromkeys(self.representative))
        self.kept = [k for k in leaders if not any(i != k and self._below(k, i) for i in leaders)]
        for three in combinations(list(self.kept), 3):
            stop_if_told()
            if all(k in self.kept for k in three):
                a, b, c = three
                # The ends stay: however many lie on a line, two of them do.
                between = next((m for m, *ends in ((b, a, c), (a, b, c), (c, a, b)) if self._between(m, *ends)), None)
                if between is not None:
                    self.kept.remove(between)

    def apart(self, i: int, j: int) -> Contrast:
        """X_i − X_j."""
        if i > j:
            return -self.apart(j, i)
        found = self._table.get((i, j))
        if found is None:
            stop_if_told()
            row = [x - y for x, y in zip(self.rows[i], self.rows[j], strict=True)]
            found = self._table[i, j] = self.joint.contrast(row)
        return found

    def _equal(self, i: int, k: int) -> bool:
        """Whether X_k is X_i, as far as can be seen; what that may cost is noted."""
        one = self.apart(i, k)
        if not one.is_certain or one.mean:
            return False
        if not one.is_constant:
            self.unsure += [i, k]
            self.blur = max(self.blur, one.deviation + one.doubt)
        return True

    def _below(self, k: int, i: int) -> bool:
        """Whether X_k is below X_i for certain, as far as can be seen; what that may cost is noted."""
        from scipy.special import ndtr

        one = self.apart(k, i)
        if not one.is_certain or one.mean >= 0:
            return False
        blur = 0.0 if one.is_constant else one.deviation + one.doubt
        if blur:
            chance = float(ndtr(one.mean / blur))
            self.lost += chance
            self.missed += blur * min(chance, _DENSITY)
        return True

    def _between(self, middle: int, low: int, high: int) -> bool:
        """Whether X_middle is never above both others, as far as can be seen; what that may cost is noted.

        middle = (1 − λ) low + λ high + off, with λ the regression coefficient of the differences.
        """
        part, whole = self.apart(middle, low), self.apart(high, low)
        unit = whole.row / whole.deviation
        share = float(part.row @ unit) / whole.deviation
        if not 0 < share < 1:
            return False
        # From the nearer end: what is small is then known to rounding of itself.
        if share > 1 / 2:
            part, whole, share = self.apart(middle, high), -whole, 1 - share
            unit = -unit
            share = float(part.row @ unit) / whole.deviation
        residual = float(length(part.row - (part.row @ unit) * unit))
        noise = part.noise + share * whole.noise + 4 * EPS * part.deviation
        off = part.mean - share * whole.mean
        # λ is off by noise/θ.
        level = 4 * EPS * (abs(part.mean) + share * abs(whole.mean)) + abs(whole.mean) * noise / whole.deviation
        if residual > noise or off > level or not 0 < share < 1:
            return False
        rise = _DENSITY * (residual + noise + part.left_out + whole.left_out) + max(off + level, 0.0)
        self.lost += rise * _DENSITY / (share * (1 - share) * whole.deviation)
        self.missed += rise
        return True


def _clark(among: _Among, mean: FloatArray, rng: Any) -> tuple[float, FloatArray, float, float]:
    """E max and the shares of one or two variables, and the errors of both."""
    from scipy.special import ndtr

    if len(mean) == 1:
        return float(mean[0]), np.ones(1), 0.0, 0.0
    one = among.apart(*among.kept)
    delta = one.mean / one.deviation
    shares = ndtr(np.array([delta, -delta]))
    # ∂E max/∂θ = φ(δ) < 1/2, and the shares feel |δ| φ(δ) < 1/4 of a change of ln θ.
    turn = -float(np.log1p(-one.doubt / one.deviation)) / 4 + EPS
    return float(mean @ shares + one.deviation * _density(delta)), shares, one.noise / 2, turn


def _density(x: float) -> float:
    return float(np.exp(-x * x / 2)) * _DENSITY


def _afonja(among: _Among, mean: FloatArray, rng: Any) -> tuple[float, FloatArray, float, float]:
    """E max and the shares of three or more variables, and the errors of both."""
    kept = among.kept
    cells: list[_Orthant] = []
    wrong = np.empty(len(kept))
    facets: list[tuple[float, float, _Orthant]] = []
    for k, i in enumerate(kept):
        others = [among.apart(j, i) for j in kept if j != i]
        cells.append(_orthant_of(others))
        wrong[k] = _orthant_of(others, left_out=True).error
        for j in kept[k + 1 :]:
            pair = among.apart(i, j)
            weight = pair.deviation * _density(pair.mean / pair.deviation)
            if weight:
                rest = [other for other in kept if other not in (i, j)]
                facets.append((weight, pair.noise, _facet(among, pair, i, j, rest)))

    every = [*cells, *(facet for _, _, facet in facets)]
    work = REPEATS * sum(len(one.limits) ** 2 for one in every if len(one.limits) > 2)
    points = int(min(_POINTS, _BUDGET / max(work, 1)))

    def run(seed: np.random.Generator) -> FloatArray:
        shares = np.array([cell.value(seed, points) for cell in cells])
        total = float(mean @ shares) + sum(weight * facet.value(seed, points) for weight, _, facet in facets)
        return np.array([total, *shares])

    values, half = _repeat(run, rng)
    shares = values[1:]
    inner = sum(weight * (facet.error + facet.unseen(points)) + noise for weight, noise, facet in facets)
    unseen = np.array([cell.unseen(points) for cell in cells])
    inner += sum(abs(m) * (cell.error + x) for m, cell, x in zip(mean.tolist(), cells, unseen.tolist(), strict=True))
    share_error = float(half[1:].max() + (wrong + unseen).max() + abs(shares.sum() - 1))
    return float(values[0]), shares, float(half[0] + inner), share_error


def _facet(among: _Among, pair: Contrast, i: int, j: int, rest: list[int]) -> _Orthant:
    """P(X_l ≤ X_i for the rest | X_i = X_j)."""
    unit, delta = pair.row / pair.deviation, pair.mean / pair.deviation
    turn = pair.noise / pair.deviation  # by so much may the direction be off
    mean, rows = np.empty(len(rest)), np.empty((len(rest), len(unit)))
    doubt, shift = np.empty(len(rest)), np.empty(len(rest))
    for k, other in enumerate(rest):
        one = min((among.apart(other, i), among.apart(other, j)), key=lambda x: x.deviation)
        along = float(one.row @ unit)
        mean[k], rows[k] = one.mean - along * delta, one.row - along * unit
        doubt[k] = one.noise + 2 * one.deviation * turn + 4 * EPS * one.deviation
        shift[k] = 2 * EPS * abs(one.mean) + abs(delta) * (doubt[k] + abs(along) * turn)
    return _orthant(mean, rows, doubt, shift)


def _repeat(run: Callable[[np.random.Generator], FloatArray], rng: Any) -> tuple[FloatArray, FloatArray]:
    """Mean of independently seeded runs, and Student's 99.9 % half-width."""
    from scipy.special import stdtrit

    runs = np.array([run(seed) for seed in np.random.default_rng(rng).spawn(REPEATS)])
    half: FloatArray = stdtrit(REPEATS - 1, 0.9995) * runs.std(axis=0, ddof=1) / np.sqrt(REPEATS)
    return runs.mean(axis=0), half


@dataclass(frozen=True, eq=False)
class _Orthant:
    """P(Z ≤ limits) for standard normal Z with these correlations, and the error that integration does not show."""

    limits: FloatArray
    correlation: FloatArray
    error: float

    def value(self, rng: np.random.Generator, points: int = _POINTS) -> float:
        from scipy.special import ndtr
        from scipy.stats import multivariate_normal

        stop_if_told()
        if len(self.limits) == 0:
            return 1.0
        if len(self.limits) == 1:
            return float(ndtr(self.limits[0]))
        return float(
            multivariate_normal.cdf(
                self.limits,
                cov=self.correlation,
                allow_singular=True,
                maxpts=points * len(self.limits),
                abseps=1e-8,
                releps=0.0,
                rng=rng,
            )
        )

    def unseen(self, points: int = _POINTS) -> float:
        """What a part that no point of all runs has seen may have."""
        return UNSEEN / (REPEATS * points * len(self.limits)) if len(self.limits) > 2 else 0.0


def _orthant_of(contrasts: list[Contrast], *, left_out: bool = False) -> _Orthant:
    """P(all ≤ 0)."""
    if not contrasts:
        return _Orthant(np.zeros(0), np.ones((0, 0)), 0.0)
    mean = np.array([one.mean for one in contrasts])
    doubt = np.array([0.0 if one.is_constant else one.doubt if left_out else one.noise for one in contrasts])
    rows = np.array([0 * one.row if one.is_constant else one.row for one in contrasts])
    return _orthant(mean, rows, doubt, EPS * np.abs(mean))


def _orthant(mean: FloatArray, rows: FloatArray, doubt: FloatArray, shift: FloatArray) -> _Orthant:
    """P(Y ≤ 0) for Y = mean + rows · (standard normals): rows known to `doubt`, means to `shift`."""
    from scipy.special import ndtr

    deviation = length(rows)
    sure = deviation <= doubt
    lost = 0.0
    for m, off, blur in np.column_stack([mean, shift, deviation + doubt])[sure].tolist():
        if abs(m) > off:
            lost += float(ndtr((off - abs(m)) / blur)) if blur else 0.0
            if m > 0:
                return _Orthant(np.array([-np.inf]), np.ones((1, 1)), lost)
        elif off or blur:  # it may be above 0 for certain, or below
            lost += 1.0
    limits, unit = -mean[~sure] / deviation[~sure], rows[~sure] / deviation[~sure, None]
    m = len(limits)
    correlation = np.clip(unit @ unit.T, -1, 1)
    np.fill_diagonal(correlation, 1.0)
    turn = np.minimum(doubt[~sure] / deviation[~sure], 1)
    angle = turn + (2 * np.sqrt(EPS) if m > 1 else 0.0)
    moved = shift[~sure] / deviation[~sure]
    error = lost + float(angle.sum()) * (m + 3) / 6 + float(moved.sum()) * _DENSITY
    if m > 2 and np.linalg.eigvalsh(correlation)[0] <= m * _PIVOT:
        # Each row but the first may lose a part of length τ: E P(|limit − Z| ≤ τ |N|) ≤ τ/π.
        error += (m - 1) * float(np.sqrt(m * _PIVOT)) / np.pi
    if m and angle.max() < 0.5:
        # No orthant, nor its error, is larger than its least half-space; half the limit, as rows are off a little.
        error = min(error, float(ndtr((limits + moved).min() / 2)))
    return _Orthant(limits, correlation, error)
