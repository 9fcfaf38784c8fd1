"""Elimination without subtraction (GTH): x with x (I − Q) = b for a chain Q, right to rounding of each entry.

Of each row only what is off the diagonal is read, and what leaves for good; I − Q has on its diagonal the sum of
these, whatever 1 − Q_ii is in floats. A row like (1.0, 1e-17), stored for "stays, but for a chance of 1e-17", is then
what it says. States are taken out one by one: what came by way of k goes straight on, and all is products, quotients
and sums of numbers ≥ 0, so that every entry of x has a relative error of a few roundings for each state, whatever the
conditioning (Grassmann, Taksar & Heyman 1985; O'Cinneide 1993).

Where nothing leaves, x is the stationary distribution, up to a factor, of each class: one state of a class, its
root, has no equation, and x = 1.

Stationary entries differ by more than floats can (2²⁰⁰⁰ in a birth–death chain), and so do rates: a row is in units
of its own largest entry, or of what is left of it when that is very small; x is a mantissa and a power of two.

Entries are kept in a band, in an order of states that makes it narrow (reverse Cuthill–McKee): elimination fills the
band and nothing else. The work is that of S × band².

References
----------
Grassmann, W. K., Taksar, M. I., Heyman, D. P. (1985), Operations Research 33, 1107–1116. O'Cinneide, C. A. (1993),
Numerische Mathematik 65, 109–120.
"""

from __future__ import annotations

from math import frexp, ldexp
from typing import TypeAlias

import numpy as np
import numpy.typing as npt
from scipy import sparse
from scipy.sparse import csgraph

from mdppower._compiled import kernel
from mdppower._typing import AnyArray, FloatArray
from mdppower.errors import SolverError

DENSE = 150
"""Up to so many states no order is looked for: less is spent on getting ready."""
NUMBERS = 2**24
"""Most numbers in a band."""
WORK = 4e9
"""Most products and sums of one elimination."""
TINY = 2.0**-500
"""A row whose rest falls below this is scaled up."""
LOWEST = -(2**60)

Exponents: TypeAlias = npt.NDArray[np.int64]


def flow_through(
    chain: sparse.csr_array, leaves: FloatArray, begin: FloatArray, label: AnyArray | None = None
) -> tuple[FloatArray, Exponents] | None:
    """x with x_k (leaves_k + Σ_j q_kj) = begin_k + Σ_i x_i q_ik, sums over j ≠ k and i ≠ k.

    Parameters
    ----------
    chain : (n, n) sparse array
        q ≥ 0; its diagonal is not looked at.
    leaves : (n,) array
        What leaves each state for good, ≥ 0.
    begin : (n,) array
        What comes in, ≥ 0.
    label : (n,) array of int, optional
        The class of each state, where nothing leaves; then one x of each class is 1.

    Returns
    -------
    mantissas, exponents : (n,) arrays
        x = mantissa · 2^exponent; or None, if the band is too wide for this.

    Raises
    ------
    SolverError
        A state is not left, or with a chance that is no float even in units of its own row.

    Examples
    --------
    From one state out with probability 10⁻³⁰: 10³⁰ visits, and one of the other, which is left at once.

    >>> chain = sparse.csr_array([[1.0, 1e-30], [0.0, 0.0]])
    >>> mantissas, exponents = flow_through(chain, np.array([0.0, 1.0]), np.array([1.0, 0.0]))
    >>> np.ldexp(mantissas, exponents)
    array([1.e+30, 1.e+00])
    """
    n = len(leaves)
    order, width = _order(chain)
    if n * (2 * width + 1) > NUMBERS or n * float(width) ** 2 > WORK:
        return None
    place = np.empty(n, np.int64)
    place[order] = np.arange(n)
    row = np.repeat(np.arange(n), np.diff(chain.indptr))
    at, to = place[row], place[chain.indices]
    off = at != to
    band = np.zeros((n, 2 * width + 1))
    band[at[off], to[off] - at[off] + width] = chain.data[off]
    roots = np.zeros(n, bool)
    if label is not None:
        roots[np.unique(label[order], return_index=True)[1]] = True
    mantissas, exponents = np.zeros(n), np.zeros(n, np.int64)
    if _eliminate(band, leaves[order].astype(float), begin[order].astype(float), roots, mantissas, exponents) >= 0:
        raise _stuck()
    return mantissas[place], exponents[place]


def flow_of_rows(rows: FloatArray, leaves: FloatArray, begin: FloatArray) -> FloatArray:
    """The x of `flow_through` for a small dense array of q, as floats.

    Examples
    --------
    >>> flow_of_rows(np.array([[0.0, 0.5], [0.5, 0.0]]), np.array([0.5, 0.5]), np.array([1.0, 0.0])).round(9)
    array([1.33333333, 0.66666667])
    """
    n = len(leaves)
    band = np.zeros((n, 2 * n - 1))
    steps = np.arange(n)
    band[steps[:, None], steps - steps[:, None] + n - 1] = rows
    band[:, n - 1] = 0.0
    mantissas, exponents = np.zeros(n), np.zeros(n, np.int64)
    if _eliminate(band, leaves.astype(float), begin.astype(float), np.zeros(n, bool), mantissas, exponents) >= 0:
        raise _stuck()
    return np.ldexp(mantissas, exponents)


def _stuck() -> SolverError:
    words = "the chance to leave some states is no number that floats can hold, even in units of their own rows"
    return SolverError(words, error_bound=1.0)


def _order(chain: sparse.csr_array) -> tuple[AnyArray, int]:
    """An order of the states, and the width of the band that it makes."""
    n = chain.shape[0]
    row, plain = np.repeat(np.arange(n), np.diff(chain.indptr)), np.arange(n)
    width = int(np.abs(row - chain.indices).max(initial=0))
    if n <= DENSE or width <= 2:
        return plain, width
    found = csgraph.reverse_cuthill_mckee(sparse.csr_array(chain + chain.T), symmetric_mode=True)
    place = np.empty(n, np.int64)
    place[found] = plain
    narrow = int(np.abs(place[row] - place[chain.indices]).max(initial=0))
    return (found, narrow) if narrow < width else (plain, width)


@kernel
def _eliminate(band, leaves, begin, roots, mantissas, exponents):
    """Fill in x; the state at which that fails, or −1. Spoils what it is given."""
    n, width = len(leaves), band.shape[1] // 2
    shift = np.zeros(n, np.int64)  # row i is times 2^shift
    pivot, share = np.zeros(n), np.empty(width)
    for i in range(n):
        _scale(band, leaves, shift, i, max(leaves[i], band[i].max()))
    for k in range(n - 1, -1, -1):
        if roots[k]:
            continue
        low = max(0, k - width)
        total = leaves[k]
        for j in range(low, k):
            total += band[k, j - k + width]
        if not 0 < total < np.inf:
            return k
        pivot[k] = total
        for j in range(low, k):
            share[j - low] = band[k, j - k + width] / total
            begin[j] += begin[k] * share[j - low]
        gone = leaves[k] / total
        for i in range(low, k):
            much = band[i, k - i + width]
            if much == 0:
                continue
            leaves[i] += much * gone
            left = leaves[i]
            for j in range(low, k):
                if j != i:
                    band[i, j - i + width] += much * share[j - low]
                    left += band[i, j - i + width]
            if left < TINY:
                for j in range(max(0, i - width), low):
                    left += band[i, j - i + width]
                if 0 < left < TINY:
                    _scale(band, leaves, shift, i, left)
    for k in range(n):
        if roots[k]:
            mantissas[k], exponents[k] = 0.5, 1
            continue
        low = max(0, k - width)
        value, power = frexp(begin[k])
        top = power if value > 0 else LOWEST
        for i in range(low, k):
            part = mantissas[i] * band[i, k - i + width]
            if part > 0:
                top = max(top, exponents[i] + frexp(part)[1])
        if top == LOWEST:
            continue
        total = ldexp(value, power - top) if value > 0 else 0.0
        for i in range(low, k):
            part, power = frexp(mantissas[i] * band[i, k - i + width])
            if part > 0:
                total += ldexp(part, max(exponents[i] + power - top, -2000))
        mantissas[k], power = frexp(total / pivot[k])
        exponents[k] = power + top
        if not mantissas[k] < np.inf:
            return k
    for k in range(n):
        exponents[k] += shift[k]
    return -1


@kernel
def _scale(band, leaves, shift, i, size):
    """Multiply a row by the power of two that brings a size of it to 1/2 … 1."""
    if not 0 < size < np.inf:
        return
    power = frexp(size)[1]
    for j in range(band.shape[1]):
        band[i, j] = ldexp(band[i, j], -power)
    leaves[i] = ldexp(leaves[i], -power)
    shift[i] -= power
