"""Δ = h_A − h_B for two options and a reward distribution: its vectors, its slopes, its bounds.

Where the vectors of both options can be listed, everything comes from these. Elsewhere from optimal values, for
slopes: the greatest and the least entry of an option's vectors in a direction is its worth for the reward that is the
direction, and minus that for its opposite.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from functools import cached_property
from math import fsum, prod

import numpy as np

from mdppower._typing import BoolArray, FloatArray
from mdppower.bounds import affine_maxima
from mdppower.bounds.hulls import in_hull
from mdppower.bounds.independent_coordinates import Coordinates, coordinates
from mdppower.errors import SizeError, SolverError
from mdppower.mdp.actions import distinct_choices
from mdppower.mdp.rational import Row
from mdppower.measures.exact_means import exact_rows
from mdppower.occupancy.option import Option, Reach, worth
from mdppower.occupancy.visit_distributions import visits
from mdppower.rewards.reward_distribution import RewardDistribution
from mdppower.solvers.optimal_values import pick, solve_rows

POLICIES = 1024
"""Most policies of a stochastic MDP whose visit distributions are listed: each step takes a linear program."""
VECTORS = 64
"""Most vectors of an option that are listed."""
STATES = 32
"""Most states of an MDP whose visit distributions are listed."""
PAIRS = 256
"""Most pairs that are all asked whether they are realisable; of more, those with the largest values."""
CHUNK = 2**22
"""About how many numbers of rewards are solved at once."""
SUM = 1e-9
"""How far a sum may be from 1."""


@dataclass(frozen=True, eq=False)
class Difference:
    """Two options and the rewards; what several certificates need is computed once.

    Examples
    --------
    >>> from mdppower.rewards import resolve
    >>> import mdppower as mp
    >>> fork = mp.envs.fork(2)
    >>> options = [Option.state(fork, s, 0.9, kind="value") for s in ("t1", "root")]
    >>> for most in (64, 0):  # listed, and by optimal values
    ...     delta = Difference(*options, resolve("uniform", fork), most)
    ...     print(delta.lipschitz.round(9), np.round(delta.bounds, 9))
    [0.1 1.  0.9] [-1.   0.1]
    [0.1 1.  0.9] [-1.   0.1]
    """

    A: Option
    B: Option
    rewards: RewardDistribution
    most_vectors: int

    @cached_property
    def given(self) -> Coordinates:
        """The coordinates of the rewards."""
        return coordinates(self.rewards)

    @cached_property
    def rows(self) -> tuple[FloatArray, FloatArray] | None:
        """The vectors of both options, if these can be listed."""
        if self.exact is None:
            return None
        first, second = (np.array(rows, dtype=np.float64) for rows in self.exact)
        return first, second

    @cached_property
    def exact(self) -> tuple[list[Row], list[Row]] | None:
        """The same as fractions."""
        first = _listed(self.A, self.most_vectors)
        second = None if first is None else _listed(self.B, self.most_vectors)
        return None if first is None or second is None else (first, second)

    @cached_property
    def pieces(self) -> tuple[affine_maxima.Pieces, affine_maxima.Pieces] | None:
        """The same as functions of the coordinates that vary."""
        if self.rows is None:
            return None
        return affine_maxima.pieces(*self.rows, self.given)

    def pair_values(self) -> FloatArray:
        """(K_A, K_B) Σ c_i (a_i − b_i)² of the pieces."""
        assert self.pieces is not None
        vary = self.given.varying
        # Slopes of standardised coordinates; c in their units.
        root = np.sqrt(self.given.log_sobolev[vary]) / self.given.scale[vary]
        a, b = (one.table[:, 1:] * root for one in self.pieces)
        return np.asarray(((a[:, None, :] - b[None, :, :]) ** 2).sum(axis=2))

    def worths(self, rewards: FloatArray) -> tuple[FloatArray, FloatArray]:
        """(N, 2) worths of both options for rewards, and bounds on the errors."""
        if self.rows is not None:
            found = np.column_stack([(rewards @ rows.T).max(axis=1) for rows in self.rows])
            return found, np.zeros(found.shape)
        chunks = np.array_split(rewards, 1 + rewards.size // CHUNK)
        solved = [worth((self.A, self.B), chunk, "auto") for chunk in chunks if len(chunk)]
        return np.concatenate([v for v, _ in solved]), np.concatenate([e for _, e in solved])

    @cached_property
    def ranges(self) -> tuple[FloatArray, FloatArray]:
        """(d, 2) least and greatest slope of the vectors of A and of B; 0 for coordinates that are constant."""
        given = self.given
        vary, d = np.flatnonzero(given.varying), len(given.low)
        low, high = np.zeros((d, 2)), np.zeros((d, 2))
        if self.rows is not None:
            for k, rows in enumerate(self.rows):
                slopes = given.slopes(rows)[:, vary]
                low[vary, k], high[vary, k] = slopes.min(axis=0), slopes.max(axis=0)
            return low, high
        # 2·S rewards of S numbers do not fit at once where S is thousands.
        for chunk in np.array_split(vary, 1 + len(vary) * self.rewards.n_states // CHUNK) if len(vary) else ():
            weights = np.zeros((len(chunk), d))
            weights[np.arange(len(chunk)), chunk] = 1.0
            directions = given.rewards(weights)
            (top, above), (bottom, below) = self.worths(directions), self.worths(-directions)
            low[chunk], high[chunk] = 0.0 - bottom - below, top + above
        return low, high

    @cached_property
    def span(self) -> tuple[FloatArray, FloatArray]:
        """(d,) bounds l and u of each derivative of Δ."""
        low, high = self.ranges
        return low[:, 0] - high[:, 1], high[:, 0] - low[:, 1]

    @cached_property
    def lipschitz(self) -> FloatArray:
        """(d,) L_i."""
        return np.maximum(np.abs(self.span[0]), np.abs(self.span[1]))

    @cached_property
    def pair_lipschitz(self) -> FloatArray:
        """(d,) the Lipschitz constants of Δ: the largest slopes of realisable pairs; L_i where nothing is listed."""
        if self.pieces is None:
            return self.lipschitz
        A, B = self.pieces
        vary = np.flatnonzero(self.given.varying)
        sharp = np.zeros(len(self.lipschitz))
        for position, i in enumerate(vary, start=1):
            slopes = np.abs(A.table[:, None, position] - B.table[None, :, position])
            sharp[i] = self.largest(slopes)[0] / self.given.scale[i]
        return sharp

    def largest(self, values: FloatArray) -> tuple[float, bool]:
        """The largest of (K_A, K_B) values over realisable pairs, and whether it is that or an upper bound."""
        assert self.pieces is not None
        if values.size > PAIRS:
            return affine_maxima.largest_realisable(values, *self.pieces)
        # That none is seen can only be rounding.
        return float(values[self._realisable].max() if self._realisable.any() else values.max()), True

    @cached_property
    def _realisable(self) -> BoolArray:
        assert self.pieces is not None
        return affine_maxima.realisable(*self.pieces)

    @property
    def in_simplex(self) -> bool:
        """Whether all vectors are probability distributions, but for rounding."""
        return self.off_simplex <= SUM

    @cached_property
    def off_simplex(self) -> float:
        """What vectors miss of being distributions: of what is below 0, and of the sum.

        Cut at 0 and divided by its sum, a vector that misses m moves by at most 3m in all of its entries together.
        """
        rows = [row for part in self.A.parts + self.B.parts if not isinstance(part, Reach) for row in part.tolist()]
        return max((abs(fsum(row) - 1) - fsum(x for x in row if x < 0) for row in rows), default=0.0)

    @property
    def supports(self) -> tuple[BoolArray, BoolArray]:
        """(S,) the states that some vector of A, of B, has, or more; only where states are the coordinates.

        States of constant rewards have no slope, and yet a vector can be there. Where vectors are not listed, all of
        these states count as being in both: more states can only make a bound larger.
        """
        if self.rows is not None:
            first, second = (np.asarray((rows != 0).any(axis=0)) for rows in self.rows)
            return first, second
        high, constant = self.ranges[1], ~self.given.varying
        return (high[:, 0] > 0) | constant, (high[:, 1] > 0) | constant

    @cached_property
    def bounds(self) -> tuple[float, float]:
        """A lower and an upper bound of Δ; where the vectors are listed and rewards bounded, the least and greatest.

        Of rewards that are not independent only the box that holds them is used.
        """
        if self.pieces is not None and self.given.is_bounded:
            A, B = self.pieces
            return 0.0 - affine_maxima.greatest_difference(B, A), affine_maxima.greatest_difference(A, B)
        return 0.0 - self._above(self.B, self.A), self._above(self.A, self.B)

    def _above(self, one: Option, other: Option) -> float:
        """An upper bound of h_one − h_other: 0 if the one lies in the other, else from the ends of the rewards."""
        if all(any(_same(part, theirs) for theirs in other.parts) for part in one.parts):
            return 0.0
        if self.exact is not None:
            assert self.pieces is not None
            if affine_maxima.within(*(self.pieces if one is self.A else self.pieces[::-1])):
                return 0.0
            mine, theirs = self.exact if one is self.A else self.exact[::-1]
            return 0.0 if all(in_hull(row, theirs) for row in mine) else np.inf
        low, high = self.rewards.low, self.rewards.high
        if not (np.isfinite(low).all() and np.isfinite(high).all()):
            return np.inf
        most = max(_end(one, part, low, high) for part in one.parts)
        # The least of a union is at least the least of each part.
        apart = most + min(_end(other, part, low, high, least=True) for part in other.parts)
        # Means of rewards are between the least and the greatest; sums with other weights need not be.
        near = (1 - _nearness(one, other)) * float(high.max() - low.min()) if self.in_simplex else np.inf
        return min(apart, near + 6 * self.off_simplex * float(np.abs([low, high]).max()))


def _listed(option: Option, most: int) -> list[Row] | None:
    """The vectors of an option; None if there are more than `most`, or finding them is too much work."""
    for part in option.parts:
        if not isinstance(part, Reach):
            if len(part) > most:
                return None
        elif part.mdp.n_states > STATES or most == 0:
            return None
        elif part.mdp.is_deterministic:
            assert option.gamma is not None
            try:
                # exact_rows has no such limit of its own.
                visits(part.mdp, part.mdp.states[part.state], option.gamma or 0.5, limit=most).nondominated()
            except SizeError:
                return None
        elif prod(len(pairs) for pairs in distinct_choices(part.mdp)) > POLICIES:
            return None
    try:
        rows = exact_rows(option)
    except SolverError:  # a vector leads by too little to tell
        return None
    return rows if len(rows) <= most else None


def _same(one: Reach | FloatArray, other: Reach | FloatArray) -> bool:
    """Whether two parts are visibly the same set."""
    if isinstance(one, Reach) and isinstance(other, Reach):
        return one.mdp is other.mdp and (one.state, one.ahead) == (other.state, other.ahead)
    return one is other


def _nearness(one: Option, other: Option) -> float:
    """β, the greatest E γ^τ over policies, τ the time to come from the state of the other to that of the one.

    Going there first and then doing as the one: h_other ≥ (1 − β) min R + β h_one, for VALUE and for POWER sets, so
    that h_one − h_other ≤ (1 − β)(max R − min R). Normalised visits of a state from elsewhere are at most β times
    those from itself, and this is attained. (Turner et al., Prop. 5.5, is τ = 1.)
    """
    first, last = other.parts[0], one.parts[0]
    single = len(one.parts) == len(other.parts) == 1
    gamma = one.gamma
    if not (single and isinstance(first, Reach) and isinstance(last, Reach) and gamma is not None and 0 < gamma < 1):
        return 0.0
    if first.mdp is not last.mdp or first.ahead != last.ahead:
        return 0.0
    reward = np.zeros((1, first.mdp.n_states))
    reward[0, last.state] = 1.0
    v, _, gap, _ = solve_rows(first.mdp, reward, gamma, pick(first.mdp, "auto"))
    return max(0.0, float((v[0, first.state] - gap[0]) / (v[0, last.state] + gap[0])))


def _end(
    option: Option, part: Reach | FloatArray, low: FloatArray, high: FloatArray, *, least: bool = False
) -> float:
    """An upper bound of h over the box, or of −h."""
    if isinstance(part, Reach):
        # Visits are not negative: h is monotone.
        worths, errors = worth((replace(option, parts=(part,)),), (low if least else high)[None, :], "auto")
        return float((-worths if least else worths)[0, 0] + errors[0, 0])
    if least:
        return float(-np.minimum(part * low, part * high).sum(axis=1).max())
    return float(np.maximum(part * low, part * high).sum(axis=1).max())
