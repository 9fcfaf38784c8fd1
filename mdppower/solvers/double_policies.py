"""Policies evaluated and compared in numbers of 32 digits, of chains that stop for certain.

A chain is given by rates a_ij from node i to node j ≠ i, as they are stored; what stays in i is what is left, and is
never looked at. Wanted is x with Σ_j a_ij (x_j − x_i) / Σ_j a_ij + c = 0 where a policy goes on, x given elsewhere.

Numbers are unevaluated sums of two floats (Dekker 1971), here the real and the imaginary part of a complex one. Sums,
differences and products with floats are right to a share of 2^-104 (Joldes, Muller & Popescu 2017), and so is the
drift of a pair, Σ_j a_j (x_j − x_i), as a share of Σ_j a_j |x_j − x_i|.

A policy's equation is solved by an LU in float64 without subtractions (Grassmann, Taksar & Heyman 1985), whose error
does not grow with the time that the policy takes, and by corrections of what it leaves, in 32 digits.

References
----------
Dekker (1971), Numerische Mathematik 18, 224–242. Grassmann, Taksar & Heyman (1985), Operations Research 33,
1107–1116. Joldes, Muller & Popescu (2017), ACM Transactions on Mathematical Software 44, 15res.
"""

from __future__ import annotations

import numpy as np

from mdppower._compiled import kernel
from mdppower._stop import stop_flag, stop_if_told
from mdppower._typing import AnyArray
from mdppower.solvers.double_chains import Chains

BLUR = 2.0**-103
"""Error of a drift as a share of Σ_j a_j |x_j − x_i|, for each of its k terms and 4 more."""
MOST_ITERATIONS, CORRECTIONS = 500, 30


def worth(chains: Chains, stops: AnyArray, choice: AnyArray, earned: float, start: AnyArray) -> AnyArray | None:
    """What the best policy is worth.

    Parameters
    ----------
    chains : Chains
    stops : (nodes,) complex array
        What stopping is worth; -inf where it is not possible.
    choice : (nodes,) array
        A pair, or −1 to stop, of a first policy; becomes the best.
    earned : float
        For each jump. No policy that is left leads by more than a quarter of that.
    start : (nodes,) complex array
        A guess.

    Returns
    -------
    (nodes,) complex array
        None where floats have not found it.
    """
    x, lu = start.copy(), np.empty((len(start), 2 * chains.band + 2))
    found = _improve(stops, choice, *chains.graph, chains.band, earned, x, lu, stop_flag())
    stop_if_told()
    return x if found else None


@kernel
def _improve(level, choice, pointer, indptr, indices, data, band, earned, x, lu, told):
    """Policy iteration where a jump earns `earned`; whether it came to its end. x gets the policy's worth."""
    n, tie = len(level), 0.25 * abs(earned)
    for _ in range(MOST_ITERATIONS):
        if not _evaluate(level, choice, indptr, indices, data, band, earned, x, lu, told):
            return False
        changed = False
        for i in range(n):
            lead, better = tie, choice[i]
            if choice[i] >= 0 and level[i].real > -np.inf:
                gain = _difference(level[i], x[i]).real
                if gain > lead:
                    lead, better = gain, -1
            for p in range(pointer[i], pointer[i + 1]):
                if p != choice[i]:
                    gain = earned + _drift(p, x, i, indptr, indices, data)[0]
                    if gain > lead:
                        lead, better = gain, p
            if better != choice[i]:
                choice[i], changed = better, True
        if not changed:
            return True
    return False


@kernel
def _evaluate(level, choice, indptr, indices, data, band, earned, x, lu, told):
    """Solve a policy's equation: LU once, then corrections until what is left is a small share of `earned`."""
    n = len(level)
    delta, left = np.empty(n), np.inf
    for i in range(n):
        if choice[i] < 0:
            x[i] = level[i]
            if not level[i].real > -np.inf:
                return False
    _factor(choice, indptr, indices, data, band, lu, told)
    for _ in range(CORRECTIONS):
        if told[0]:
            return False
        before, left = left, 0.0
        for i in range(n):
            delta[i] = 0.0
            if choice[i] >= 0:
                miss, _, rate = _drift(choice[i], x, i, indptr, indices, data)
                miss += earned
                if not abs(miss) <= left:  # so written that NaN stays
                    left = abs(miss)
                delta[i] = rate * miss
        if left <= 0.0625 * abs(earned):
            return True
        if not left < 0.5 * before:
            return False
        _substitute(lu, band, delta)
        for i in range(n):
            if choice[i] >= 0:
                x[i] = _sum(x[i], complex(delta[i], 0.0))
    return False


@kernel
def proved(level, choice, w, v, pointer, indptr, indices, data, sure):
    """The most by which v exceeds w, if both are what they are said to be; else infinite.

    What is wanted is compared as such: of NaN nothing is true.
    """
    width = 0.0
    for i in range(len(level)):
        if choice[i] < 0:
            if not _difference(level[i], w[i]).real >= 0.0:
                return np.inf
        else:
            drift, blur, _ = _drift(choice[i], w, i, indptr, indices, data)
            if not drift >= blur + sure:
                return np.inf
        if level[i].real > -np.inf and not _difference(v[i], level[i]).real >= 0.0:
            return np.inf
        for p in range(pointer[i], pointer[i + 1]):
            onto_none_better = True
            for e in range(indptr[p], indptr[p + 1]):
                if not _difference(v[indices[e]], v[i]).real <= 0.0:
                    onto_none_better = False
            if not onto_none_better:
                drift, blur, _ = _drift(p, v, i, indptr, indices, data)
                if not drift <= -blur - sure:
                    return np.inf
        excess = _difference(v[i], w[i]).real
        if not excess >= 0.0:
            return np.inf
        width = max(width, excess)
    return width


# ---------------------------------------------------------------------- linear systems


@kernel
def _factor(choice, indptr, indices, data, band, lu, told):
    """LU of a policy's chain without pivoting, nor any subtraction.

    Row i holds columns i−b … i+b of A, which has Σ_j a_ij in its diagonal and −a_ij beside it, and then y = L⁻¹ A 1,
    where A 1 are the rates to nodes that stop. As U 1 = y, each pivot is a sum of positive terms.
    """
    n, width = len(choice), 2 * band + 1
    lu[:] = 0.0
    for i in range(n):
        if choice[i] < 0:
            lu[i, width] = 1.0
            continue
        for e in range(indptr[choice[i]], indptr[choice[i] + 1]):
            j = indices[e]
            if choice[j] < 0:
                lu[i, width] += data[e]
            else:
                lu[i, j - i + band] -= data[e]
    for k in range(n):
        if told[0]:
            return
        pivot = lu[k, width]
        for j in range(band + 1, width):
            pivot -= lu[k, j]
        lu[k, band] = pivot
        for i in range(k + 1, min(k + band + 1, n)):
            factor = lu[i, k - i + band]
            if factor != 0.0:
                factor /= pivot
                lu[i, k - i + band] = factor
                for j in range(1, band + 1):
                    lu[i, k - i + band + j] -= factor * lu[k, band + j]
                lu[i, width] -= factor * lu[k, width]


@kernel
def _substitute(lu, band, b):
    """Solve L U x = b in place."""
    n = len(b)
    for i in range(n):
        for k in range(max(0, i - band), i):
            b[i] -= lu[i, k - i + band] * b[k]
    for i in range(n - 1, -1, -1):
        for k in range(i + 1, min(i + band + 1, n)):
            b[i] -= lu[i, k - i + band] * b[k]
        b[i] /= lu[i, band]


# ---------------------------------------------------------------------- sums of two floats, held as x + yi


@kernel
def _drift(p, x, own, indptr, indices, data):
    """Σ_j a_j (x_j − x_own) / Σ_j a_j of a pair, a bound on its error beside rounding it to a float, and Σ_j a_j."""
    total, terms, rate = complex(0.0, 0.0), 0.0, 0.0
    for e in range(indptr[p], indptr[p + 1]):
        term = _times(_difference(x[indices[e]], x[own]), data[e])
        total = _sum(total, term)
        terms += abs(term.real)
        rate += data[e]
    k = indptr[p + 1] - indptr[p] + 4
    return total.real / rate, BLUR * k * terms / rate, rate


@kernel
def _two_sum(a, b):
    """a + b exactly (Knuth)."""
    s = a + b
    t = s - a
    return complex(s, (a - (s - t)) + (b - t))


@kernel
def _sum(x, y):
    """x + y, to a share of 2^-104 of the result (Joldes, Muller & Popescu 2017, algorithm 6)."""
    s, t = _two_sum(x.real, y.real), _two_sum(x.imag, y.imag)
    low = s.imag + t.real
    high = s.real + low
    low = (low - (high - s.real)) + t.imag
    s = high + low
    return complex(s, low - (s - high))


@kernel
def _difference(x, y):
    """x − y, likewise."""
    return _sum(x, complex(-y.real, -y.imag))


@kernel
def _times(x, a):
    """x · a, to a share of 2^-104 (Joldes, Muller & Popescu 2017, algorithm 8, after Veltkamp and Dekker)."""
    b = x.real
    high, c, d = b * a, 134217729.0 * b, 134217729.0 * a
    b1, a1 = c - (c - b), d - (d - a)
    b2, a2 = b - b1, a - a1
    low = ((b1 * a1 - high) + b1 * a2 + b2 * a1) + b2 * a2
    low += x.imag * a
    s = high + low
    return complex(s, low - (s - high))
