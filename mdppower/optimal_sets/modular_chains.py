"""Values of a policy modulo a prime: what is 0 in fractions is 0 here, and what is not 0 hardly ever is.

A float can say that a lead is not 0, never that it is; fractions can, but grow long. Modulo a prime near 2^31 numbers
stay short. A fraction that is not 0 is 0 modulo both of two primes with a chance of about 10^-18, if its digits are
as good as random ones; a prime that divides a denominator, or a pivot, is a failure that is seen.

γ < 1  (I − γP) V = r.
γ → 1  Let A be I − P with the row of one state j of each recurrent class replaced by that of the unit matrix: A y = b
       gives y the value b_j there. Gains are y_{−1} = A^{-1} g with g_j = μ·r and 0 elsewhere; the coefficients after
       it are A^{-1} (r − y_{−1}) and A^{-1} (−y_{n−1}) with 0 in these rows, up to the constant of each class that
       makes μ·y = 0 (Veinott 1969; `optimal_actions_exact`). The stationary distributions μ solve
       μ A = P_j, and are normalised.

States are put in the order of Cuthill and McKee (1969), so that elimination without pivots stays in a band.

References: von zur Gathen and Gerhard, Modern Computer Algebra (2013), ch. 5; Cuthill and McKee, ACM '69, 157.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence

import numpy as np
from scipy import sparse
from scipy.sparse import csgraph

from mdppower._compiled import kernel
from mdppower._typing import AnyArray
from mdppower.mdp.chains import recurrent_classes

MOST_WORK = 2**28
"""Most multiplications of one elimination: some seconds."""


def times_modulo(rows: sparse.csr_array, y: AnyArray, prime: int) -> AnyArray:
    """Rows times y (…, n), modulo a prime: (…, rows)."""
    return np.asarray(np.add.reduceat(rows.data * y[..., rows.indices] % prime, rows.indptr[:-1], axis=-1) % prime)


def band_work(pattern: sparse.csr_array) -> tuple[AnyArray, float]:
    """An order of the states in which entries are near the diagonal, and the multiplications of an elimination."""
    both = sparse.csr_array(pattern + pattern.T)
    order = csgraph.reverse_cuthill_mckee(both, symmetric_mode=True)
    place = np.empty(len(order), np.int64)
    place[order] = np.arange(len(order))
    entries = sparse.coo_array(both)
    width = float(np.abs(place[entries.row] - place[entries.col]).max(initial=0))
    return place, len(order) * (width + 1) ** 2


class Banded:
    """A factored matrix modulo a prime.

    Parameters
    ----------
    rows, columns, data : int arrays
        Its entries; those of one place are summed.
    place : (n,) array
        Of `band_work`.
    prime : int

    Raises
    ------
    ZeroDivisionError
        A pivot is 0: the matrix is singular, or needs another order.
    """

    def __init__(self, rows: AnyArray, columns: AnyArray, data: AnyArray, place: AnyArray, prime: int) -> None:
        i, j = place[rows], place[columns]
        self.prime, self.place = prime, place
        self.low, high = int((i - j).max(initial=0)), int((j - i).max(initial=0))
        self.band: AnyArray = np.zeros((len(place), self.low + high + 1), np.int64)
        np.add.at(self.band, (i, self.low + j - i), data % prime)
        self.band %= prime
        if not _factor(self.band, self.low, prime):
            raise ZeroDivisionError("a pivot is 0")

    def solve(self, right: AnyArray) -> AnyArray:
        """The x with A x = right."""
        return self._solve(right, _solve_right)

    def solve_left(self, right: AnyArray) -> AnyArray:
        """The x with x A = right."""
        return self._solve(right, _solve_left)

    def _solve(self, right: AnyArray, how: object) -> AnyArray:
        x = np.empty(len(right), np.int64)
        x[self.place] = right % self.prime
        how(self.band, self.low, self.prime, x)  # type: ignore[operator]
        return np.asarray(x[self.place])


def discounted(chain: sparse.csr_array, gamma: int, reward: AnyArray, place: AnyArray, prime: int) -> AnyArray:
    """(I − γP)^{-1} r modulo a prime; the chain, γ and rewards are given modulo it."""
    n = chain.shape[0]
    entries, unit = sparse.coo_array(chain), np.arange(n)
    data = np.r_[-(entries.data * gamma % prime), np.ones(n, np.int64)]
    return Banded(np.r_[entries.row, unit], np.r_[entries.col, unit], data, place, prime).solve(reward)


def laurent(chain: sparse.csr_array, reward: AnyArray, place: AnyArray, prime: int) -> Iterator[AnyArray]:
    """y_{−1}, y_0, y_1, … modulo a prime, without end."""
    n = chain.shape[0]
    classes: Sequence[AnyArray] = recurrent_classes(chain)[0]
    fixed = np.array([members[0] for members in classes])
    entries, unit = sparse.coo_array(chain), np.arange(n)
    kept = ~np.isin(entries.row, fixed)
    rows, columns = np.r_[entries.row[kept], unit], np.r_[entries.col[kept], unit]
    matrix = Banded(rows, columns, np.r_[-entries.data[kept], np.ones(n, np.int64)], place, prime)
    left = np.zeros(n, np.int64)
    np.add.at(left, entries.col[~kept], entries.data[~kept])
    stationary = matrix.solve_left(left)
    for members in classes:
        total = int(stationary[members].sum()) % prime
        stationary[members] = stationary[members] * pow(total, -1, prime) % prime

    def means(y: AnyArray) -> AnyArray:
        found = np.zeros(n, np.int64)
        for members in classes:
            found[members[0]] = int((stationary[members] * y[members] % prime).sum()) % prime
        return found

    y = matrix.solve(means(reward))
    yield y
    right = (reward - y) % prime
    while True:
        right[fixed] = 0
        y = matrix.solve(right)
        y = (y - matrix.solve(means(y))) % prime
        yield y
        right = -y % prime


@kernel
def _factor(band, low, prime):
    """LU without pivots, in place; whether no pivot is 0. Entry (i, j) is band[i, low + j − i]."""
    n, width = band.shape
    high = width - 1 - low
    for k in range(n):
        inverse, base, power = 1, band[k, low], prime - 2
        if base == 0:
            return False
        while power:  # Fermat
            if power & 1:
                inverse = inverse * base % prime
            base = base * base % prime
            power >>= 1
        for i in range(k + 1, min(n, k + low + 1)):
            factor = band[i, low + k - i]
            if factor:
                factor = factor * inverse % prime
                band[i, low + k - i] = factor
                for j in range(k + 1, min(n, k + high + 1)):
                    x = band[k, low + j - k]
                    if x:
                        band[i, low + j - i] = (band[i, low + j - i] - factor * x) % prime
        band[k, low] = inverse
    return True


@kernel
def _solve_right(band, low, prime, x):
    n, width = band.shape
    high = width - 1 - low
    for i in range(n):
        for j in range(max(0, i - low), i):
            x[i] = (x[i] - band[i, low + j - i] * x[j]) % prime
    for i in range(n - 1, -1, -1):
        for j in range(i + 1, min(n, i + high + 1)):
            x[i] = (x[i] - band[i, low + j - i] * x[j]) % prime
        x[i] = x[i] * band[i, low] % prime


@kernel
def _solve_left(band, low, prime, x):
    n, width = band.shape
    high = width - 1 - low
    for i in range(n):
        x[i] = x[i] * band[i, low] % prime
        for j in range(i + 1, min(n, i + high + 1)):
            x[j] = (x[j] - band[i, low + j - i] * x[i]) % prime
    for i in range(n - 1, -1, -1):
        for j in range(max(0, i - low), i):
            x[j] = (x[j] - band[i, low + j - i] * x[i]) % prime
