"""The signs of leads too small for floats: values of a policy to hundreds of digits, with a proved error.

A x = b, with A = I − N and N a matrix of fractions that are not negative, is solved in integers, in units of 2^−bits.
What x misses in x = b + Nx is known to a unit; a float LU of A turns the miss into a correction, and each adds some
ten digits (iterative refinement, Wilkinson 1963; Higham, Accuracy and Stability, 2002, ch. 12). The error is at most
the miss times the norm of A^{-1}, whatever the LU was worth; and A^{-1}, which is not negative, has a norm of at most
max w / min(Aw) for any w with Aw > 0.

γ < 1  N = γP; b = r.
γ → 1  N = P without the rows of one state j of each recurrent class, its likeliest. With h = A^{-1}b, b_j = 0, and
       t = A^{-1}1, t_j = 0, the mean of b in the long run is (b_j + P_j·h)/(1 + P_j·t), by renewals at j. So gains
       come from r, y_0 from h of r − y_{−1} less its mean, and y_n likewise from −y_{n−1} (`modular_chains`).

A lead that is 0 stays within every error: that it is not must be known (`modular_chains`).
"""

from __future__ import annotations

import math
from collections.abc import Iterator, Sequence
from fractions import Fraction
from typing import TypeAlias

import numpy as np
from scipy import sparse
from scipy.sparse.linalg import splu

from mdppower._typing import AnyArray, IntArray
from mdppower.mdp.chains import recurrent_classes, visits

BITS = (160, 640, 2560)
Row: TypeAlias = "tuple[int, list[tuple[int, int]]]"
Long: TypeAlias = "list[int]"


class Leads:
    """Leads of pairs over a policy's own.

    Parameters
    ----------
    rows : sequence of P rows
        The denominator, and (successor, numerator) of each entry.
    owner : (P,) array of int
        The state of each pair.
    own : (n,) array of int
        The policy's pair of each state.
    reward : sequence of n Fraction
    gamma : Fraction
        In (0, 1].

    Examples
    --------
    From a it is 200 steps to a reward by b, or 201 by c: at γ = 1/10 a lead of 9·10^-202.

    >>> rows = [(1, [(k + 1, 1)]) for k in range(202)] + [(1, [(202, 1)]), (1, [(2, 1)])]
    >>> owner, own = np.r_[np.arange(203), 0], np.arange(203)
    >>> leads = Leads(rows, owner, own, [Fraction(0)] * 202 + [Fraction(1)], Fraction(1, 10))
    >>> leads.signs(np.array([203]), np.array([0]))
    [1]
    """

    def __init__(
        self, rows: Sequence[Row], owner: IntArray, own: IntArray, reward: Sequence[Fraction], gamma: Fraction
    ) -> None:
        least, most = min(reward), max(reward)
        self.reward = [(r - least) / ((most - least) or Fraction(1)) for r in reward]
        p, q = gamma.as_integer_ratio()
        self.rows = [(below * q, [(t, p * x) for t, x in terms]) for below, terms in rows]
        self.owner, self.own, self.gamma = owner.tolist(), own.tolist(), gamma

    def signs(self, asked: AnyArray, level: AnyArray) -> list[int]:
        """The sign of the lead of each pair asked, or 0 where 2560 bits do not tell.

        At γ = 1 that of its coefficient at the level given for it: 0 for the gain, 1 for the bias, 2 for y_1 and so
        on. Below, all are at level 0.
        """
        signs = [0] * len(asked)
        for bits in BITS if signs else ():
            try:
                system = _System(self, bits)
            except ArithmeticError:
                return signs
            for n, (own, y, off) in enumerate(system.levels()):
                for k in np.flatnonzero(level == n).tolist():
                    p = int(asked[k])
                    lead = own[self.owner[p]] + times(self.rows[p], y) - y[self.owner[p]]
                    if abs(lead) > off:
                        signs[k] = 1 if lead > 0 else -1
                if n == level.max():
                    break
            if all(signs):
                break
        return signs


class _System:
    """A of a policy, factored, for numbers in units of 2^−bits."""

    def __init__(self, leads: Leads, bits: int) -> None:
        self.bits, self.one, self.gamma = bits, 1 << bits, leads.gamma
        self.reward: Long = [(r.numerator << bits) // r.denominator for r in leads.reward]
        self.rows = [leads.rows[p] for p in leads.own]
        n = len(self.rows)
        entries = [(s, t, x / below) for s, (below, terms) in enumerate(self.rows) for t, x in terms]
        i, j, x = (np.array(column) for column in zip(*entries, strict=True))
        chain = sparse.csr_array((x, (i, j)), shape=(n, n))
        self.classes: list[tuple[int, AnyArray]] = []
        if self.gamma == 1:
            often = visits(chain, np.full(n, 1 / n), 1.0)
            self.classes = [
                (int(members[often[members].argmax()]), members) for members in recurrent_classes(chain)[0]
            ]
        fixed = [j for j, _ in self.classes]
        self.inner = [(1, []) if s in set(fixed) else row for s, row in enumerate(self.rows)]
        keep = ~np.isin(i, fixed)
        matrix = sparse.eye_array(n) - sparse.csr_array((x[keep], (i[keep], j[keep])), shape=(n, n))
        self.factors = splu(sparse.csc_array(matrix))
        self.norm = self._norm(n)

    def _norm(self, n: int) -> Fraction:
        if self.gamma < 1:
            return 1 / (1 - self.gamma)
        w = self.factors.solve(np.ones(n))
        if not np.isfinite(w).all():
            raise ArithmeticError("the factors are worth nothing")
        long = [int(x * 2.0**20) << 20 for x in w.tolist()]
        least = min(x - times(row, long) - 1 for x, row in zip(long, self.inner, strict=True))
        if least <= 0:
            raise ArithmeticError("the factors are worth nothing")
        return Fraction(max(long), least)

    def solve(self, right: Long, off: int) -> tuple[Long, int]:
        """A^{-1} b, and a bound on its error, where b is known to `off`."""
        x, least = [0] * len(right), -1
        best = x
        for _ in range(self.bits):
            miss = [b + times(row, x) - y for b, row, y in zip(right, self.inner, x, strict=True)]
            size = max(map(abs, miss))
            if 0 <= least <= size:
                break
            least, best = size, x
            shift = max(0, size.bit_length() - 60)
            step = self.factors.solve(np.array([m >> shift for m in miss], dtype=np.float64))
            if not np.isfinite(step).all():
                break
            x = [y + (round(z) << shift) for y, z in zip(x, step.tolist(), strict=True)]
        return best, math.ceil(self.norm * (least + 1 + off))

    def levels(self) -> Iterator[tuple[Long, Long, int]]:
        """b, y and a bound on the error of b(s) + T_p·y − y(s), level by level."""
        zeros = [0] * len(self.rows)
        if self.gamma < 1:
            v, off = self.solve(self.reward, 1)
            yield self.reward, v, 2 * off + 3
            return
        fixed = {j for j, _ in self.classes}
        steps_to, steps_off = self.solve([0 if s in fixed else self.one for s in range(len(zeros))], 0)

        def inside(b: Long, off: int) -> tuple[Long, int]:
            return self.solve([0 if s in fixed else x for s, x in enumerate(b)], off)

        def constants(b: Long, off: int) -> tuple[Long, int]:
            """The long-run mean of b: harmonic, and that of each class there."""
            h, h_off = inside(b, off)
            values, worst = zeros.copy(), 0
            for j, _ in self.classes:
                total, steps = b[j] + times(self.rows[j], h), self.one + times(self.rows[j], steps_to)
                values[j] = (total << self.bits) // steps
                worst = max(worst, off + h_off + 2 + (abs(values[j]) * (steps_off + 1) >> self.bits) + 2)
            return self.solve(values, worst)

        y, off = constants(self.reward, 1)
        yield zeros, y, 2 * off + 2
        right, right_off = [r - x for r, x in zip(self.reward, y, strict=True)], off + 1
        while True:
            x, x_off = inside(right, right_off)
            mean, mean_off = constants(x, x_off)
            y, off = [a - b for a, b in zip(x, mean, strict=True)], x_off + mean_off
            yield right, y, right_off + 2 * off + 2
            right, right_off = [-x for x in y], off


def times(row: Row, v: Long) -> int:
    """Rounded down."""
    below, terms = row
    return sum(x * v[t] for t, x in terms) // below
