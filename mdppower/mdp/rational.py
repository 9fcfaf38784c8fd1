"""Exact arithmetic on small MDPs: probabilities as fractions, linear systems, chains and their limits.

A float stands for the simplest fraction that rounds to it: 0.9 for 9/10, 0.333… for 1/3. So an MDP written with
fractions is read as it was meant. A row whose fractions do not sum to 1 is taken as the floats are, but for the
chance to stay, which is what the others leave, as in `mdppower.mdp.elimination`: (1.0, 1e-17) stays but for a chance
of 10⁻¹⁷. Where there is none, or it cannot make up for the rest, the row is divided by its sum.

For a chain P and a start row b, the visits (1−γ) b (I − γP)^{-1} have the limits (Puterman 1994, appendix A)

    γ → 1:  b P*,   and in ρ = (1−γ)/γ:  γ b (I − γP)^{-1} = ρ^{-1} b P* + b H − ρ b H² + …   (Laurent),
    γ → 0:  b + γ b P + γ² b P² + …                                                          (Taylor),

with P* = lim (1/n) Σ P^t, also where P is periodic or has several classes, and H = (I − P + P*)^{-1} (I − P*).
"""

from __future__ import annotations

import weakref
from collections.abc import Iterable, Iterator, Sequence
from fractions import Fraction
from functools import cached_property
from typing import TypeAlias

from mdppower.mdp.model import RewardlessMDP

Row: TypeAlias = "list[Fraction]"
Matrix: TypeAlias = "list[list[Fraction]]"
Kernel: TypeAlias = "list[dict[int, Fraction]]"
"""The transition row of each pair."""

ZERO, ONE = Fraction(0), Fraction(1)
CLOSE = Fraction(1, 2**51)
"""Relative distance (two units in the last place) at which a float stands for a fraction."""
_KERNELS: weakref.WeakKeyDictionary[RewardlessMDP, Kernel] = weakref.WeakKeyDictionary()


def rational(x: float | Fraction) -> Fraction:
    """The simplest fraction that a float stands for.

    Parameters
    ----------
    x : float or Fraction
        Finite.

    Returns
    -------
    Fraction
        With the least power of ten that bounds its denominator, up to 10⁶; else the float itself.

    Examples
    --------
    >>> rational(0.9), rational(1 / 3), rational(2**-40) == 2**-40
    (Fraction(9, 10), Fraction(1, 3), True)
    """
    exact = Fraction(x)
    for digits in range(1, 7):
        near = exact.limit_denominator(10**digits)
        if abs(near - exact) <= CLOSE * abs(exact):
            return near
    return exact


def rational_kernel(mdp: RewardlessMDP) -> Kernel:
    """The transition row of each pair, {successor: probability}; each sums to exactly 1.

    Examples
    --------
    >>> bet = RewardlessMDP.from_successors({"bet": {"go": {"bet": 0.1, "end": 0.9}}, "end": {"stay": "end"}})
    >>> rational_kernel(bet)
    [{0: Fraction(1, 10), 1: Fraction(9, 10)}, {1: Fraction(1, 1)}]
    >>> rare = RewardlessMDP.from_successors({"wait": {"go": {"wait": 1.0, "end": 2.0**-70}}, "end": {"stay": "end"}})
    >>> rational_kernel(rare)[0][0] == 1 - Fraction(1, 2**70)
    True
    """
    kernel = mdp.kernel
    rows = []
    for p in range(mdp.n_pairs):
        entries = slice(kernel.indptr[p], kernel.indptr[p + 1])
        states, chances = kernel.indices[entries].tolist(), kernel.data[entries].tolist()
        row = [rational(x) for x in chances]
        if sum(row) != 1:
            row = [Fraction(x) for x in chances]
            total, own = sum(row, ZERO), int(mdp.pair_states[p])
            stays = 1 - (total - row[states.index(own)]) if own in states else ZERO
            if stays > 0:
                row[states.index(own)] = stays
            else:
                row = [x / total for x in row]
        rows.append({s: x for s, x in zip(states, row, strict=True) if x})
    return rows


def rational_rows(mdp: RewardlessMDP) -> Kernel:
    """`rational_kernel`, made once for each MDP."""
    rows = _KERNELS.get(mdp)
    return _KERNELS.setdefault(mdp, rational_kernel(mdp)) if rows is None else rows


def solve(matrix: Matrix, right: Matrix) -> Matrix:
    """X with ``matrix @ X = right``, exactly, by Gauss–Jordan elimination.

    Parameters
    ----------
    matrix : n × n
        Not singular.
    right : n × k

    Returns
    -------
    n × k

    Raises
    ------
    ZeroDivisionError
        The matrix is singular.

    Examples
    --------
    >>> solve([[Fraction(2), Fraction(1)], [Fraction(0), Fraction(4)]], [[Fraction(1)], [Fraction(1)]])
    [[Fraction(3, 8)], [Fraction(1, 4)]]
    """
    n = len(matrix)
    rows = [[*a, *b] for a, b in zip(matrix, right, strict=True)]
    for k in range(n):
        pivot = next((i for i in range(k, n) if rows[i][k]), None)
        if pivot is None:
            raise ZeroDivisionError("the matrix is singular")
        rows[k], rows[pivot] = rows[pivot], rows[k]
        scale = rows[k][k]
        rows[k] = [x / scale if x else x for x in rows[k]]
        for i in range(n):
            if i != k and rows[i][k]:
                factor = rows[i][k]
                rows[i] = [x - factor * y if y else x for x, y in zip(rows[i], rows[k], strict=True)]
    return [row[n:] for row in rows]


class Chain:
    """A closed partial policy from a start state, as an exact Markov chain; its rows have one number a state.

    Parameters
    ----------
    rows : list of dict
        Of `rational_kernel`.
    policy : dict
        {state index: pair index}, closed.
    start : int
        Index of the start state.
    n_states : int
        S.

    Examples
    --------
    >>> swap = RewardlessMDP.from_successors({"a": {"go": "b"}, "b": {"go": "a"}})
    >>> chain = Chain(rational_kernel(swap), {0: 0, 1: 1}, 0, 2)
    >>> chain.visits(Fraction(1, 2)), chain.limit
    ([Fraction(2, 3), Fraction(1, 3)], [Fraction(1, 2), Fraction(1, 2)])
    """

    def __init__(
        self, rows: Sequence[dict[int, Fraction]], policy: dict[int, int], start: int, n_states: int
    ) -> None:
        self.inside = sorted(policy)
        place = {s: i for i, s in enumerate(self.inside)}
        self.matrix: Matrix = [[ZERO] * len(self.inside) for _ in self.inside]
        for s, pair in policy.items():
            for t, chance in rows[pair].items():
                self.matrix[place[s]][place[t]] = chance
        self.begin = [ONE if s == start else ZERO for s in self.inside]
        self.n_states = n_states

    def visits(self, gamma: Fraction, *, delayed: bool = False) -> Row:
        """(1−γ) b (I − γP)^{-1} at a γ < 1, where b is the start, or (`delayed`) the state after it."""
        begin = self._times(self.begin) if delayed else self.begin
        n = len(self.inside)
        # x (I − γP) = (1−γ) b, transposed.
        system = [[(ONE if i == j else ZERO) - gamma * self.matrix[i][j] for i in range(n)] for j in range(n)]
        return self._spread(x for (x,) in solve(system, [[(1 - gamma) * x] for x in begin]))

    @property
    def limit(self) -> Row:
        """b P*: the recurrent state distribution (Turner et al., Def. 6.10)."""
        return self._spread(self._row_times(self.begin, self._limiting))

    def laurent(self, terms: int) -> Iterator[Row]:
        """The rows b P*, b H, −b H², b H³ and so on."""
        yield self.limit
        row = self.begin
        for k in range(terms - 1):
            row = self._row_times(row, self._deviation)
            yield self._spread(row if k % 2 == 0 else [-x for x in row])

    def taylor(self, terms: int) -> Iterator[Row]:
        """The rows b, b P, b P² and so on."""
        row = self.begin
        for _ in range(terms):
            yield self._spread(row)
            row = self._times(row)

    def _times(self, row: Row) -> Row:
        return self._row_times(row, self.matrix)

    @staticmethod
    def _row_times(row: Row, matrix: Matrix) -> Row:
        total = [ZERO] * len(row)
        for x, line in zip(row, matrix, strict=True):
            if x:
                total = [t + x * y if y else t for t, y in zip(total, line, strict=True)]
        return total

    def _spread(self, row: Iterable[Fraction]) -> Row:
        wide = [ZERO] * self.n_states
        for s, x in zip(self.inside, row, strict=True):
            wide[s] = x
        return wide

    @cached_property
    def _limiting(self) -> Matrix:
        """P*, class by class: stationary rows where recurrent, mixed by the chances of absorption elsewhere."""
        n = len(self.inside)
        classes = _closed_classes(self.matrix)
        recurrent = sorted(s for members in classes for s in members)
        wide: dict[int, Row] = {}
        for members in classes:
            row = [ZERO] * n
            for s, x in zip(
                members, _stationary([[self.matrix[s][t] for t in members] for s in members]), strict=True
            ):
                row[s] = x
            wide |= dict.fromkeys(members, row)
        transient = [s for s in range(n) if s not in wide]
        # Where a transient state ends: (I − Q) Z = (chances to enter each recurrent state) × their rows of P*.
        system = [[(ONE if s == t else ZERO) - self.matrix[s][t] for t in transient] for s in transient]
        enter = [
            [sum((self.matrix[s][u] * wide[u][t] for u in recurrent if self.matrix[s][u]), ZERO) for t in range(n)]
            for s in transient
        ]
        wide |= dict(zip(transient, solve(system, enter), strict=True))
        return [wide[s] for s in range(n)]

    @cached_property
    def _deviation(self) -> Matrix:
        """H = (I − P + P*)^{-1} (I − P*)."""
        n, p, limit = len(self.inside), self.matrix, self._limiting
        unit = [[ONE if i == j else ZERO for j in range(n)] for i in range(n)]
        left = [[unit[i][j] - p[i][j] + limit[i][j] for j in range(n)] for i in range(n)]
        return solve(left, [[unit[i][j] - limit[i][j] for j in range(n)] for i in range(n)])


def _closed_classes(matrix: Matrix) -> list[list[int]]:
    """The recurrent classes: sets of states that reach each other and nothing else."""
    n = len(matrix)
    reach = []
    for s in range(n):
        seen, waiting = {s}, [s]
        while waiting:
            new = {t for t, x in enumerate(matrix[waiting.pop()]) if x} - seen
            seen |= new
            waiting += new
        reach.append(frozenset(seen))
    closed = {reach[s] for s in range(n) if all(reach[t] == reach[s] for t in reach[s])}
    return [sorted(members) for members in sorted(closed, key=min)]


def _stationary(matrix: Matrix) -> Row:
    """The stationary distribution of an irreducible chain."""
    n = len(matrix)
    # Columns of I − P sum to 0 with it; one equation is redundant and gives way to Σ x = 1.
    system = [[(ONE if i == j else ZERO) - matrix[i][j] for i in range(n)] for j in range(n)]
    system[0] = [ONE] * n
    return [x for (x,) in solve(system, [[ONE]] + [[ZERO]] * (n - 1))]
