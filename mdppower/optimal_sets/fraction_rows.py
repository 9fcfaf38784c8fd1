"""Transition rows as the fractions that floats stand for: in integers, modulo a prime, and how far floats are off.

Row by row, as they are needed, and once for each MDP: an exact look concerns few states of a large MDP. The reading
is that of `mdppower.mdp.rational.rational_kernel`.
"""

from __future__ import annotations

import math
import weakref
from fractions import Fraction
from typing import TypeAlias

import numpy as np
from scipy import sparse

from mdppower._typing import AnyArray, FloatArray
from mdppower.mdp.model import RewardlessMDP
from mdppower.mdp.rational import rational

PRIMES = (2111640371, 1771355711)
"""Drawn at random: next to a power of two a prime would take floats, multiples of such powers, for each other."""
Integers: TypeAlias = "tuple[int, list[int]]"
"""A denominator, and the numerators of a row's entries."""
_ROWS: weakref.WeakKeyDictionary[RewardlessMDP, dict[int, Integers]] = weakref.WeakKeyDictionary()
_RESIDUES: weakref.WeakKeyDictionary[RewardlessMDP, dict[int, tuple[AnyArray, AnyArray]]] = (
    weakref.WeakKeyDictionary()
)
_OFF: weakref.WeakKeyDictionary[RewardlessMDP, float] = weakref.WeakKeyDictionary()


def integer_rows(mdp: RewardlessMDP, pairs: list[int]) -> list[Integers]:
    """The rows of some pairs, each over one denominator.

    Examples
    --------
    >>> mdp = RewardlessMDP.from_successors({"a": {"x": {"a": 0.9, "b": 0.1}}, "b": {"y": "b"}})
    >>> integer_rows(mdp, [0, 1])
    [(10, [9, 1]), (1, [1])]
    """
    known, kernel = _ROWS.setdefault(mdp, {}), mdp.kernel
    for p in pairs:
        if p not in known:
            floats = kernel.data[kernel.indptr[p] : kernel.indptr[p + 1]].tolist()
            chances = [rational(x) for x in floats]
            if sum(chances) != 1:
                total = sum(map(Fraction, floats))
                chances = [Fraction(x) / total for x in floats]
            below = math.lcm(*(x.denominator for x in chances))
            known[p] = below, [int(x * below) for x in chances]
    return [known[p] for p in pairs]


def residue(x: Fraction, prime: int) -> int:
    """A fraction modulo a prime; ValueError where that divides its denominator."""
    return x.numerator * pow(x.denominator, -1, prime) % prime


def residues(numbers: FloatArray, prime: int) -> AnyArray:
    """Floats, as the fractions that they are, modulo a prime."""
    values, place = np.unique(numbers, return_inverse=True)
    table = np.array([residue(Fraction(x), prime) for x in values.tolist()], dtype=np.int64)
    return np.asarray(table[place.reshape(numbers.shape)])


def rows_modulo(mdp: RewardlessMDP, pairs: AnyArray, prime: int) -> sparse.csr_array:
    """The rows of some pairs modulo a prime: (len(pairs), S)."""
    kernel = mdp.kernel
    data, done = _RESIDUES.setdefault(mdp, {}).setdefault(
        prime, (np.zeros(kernel.nnz, np.int64), np.zeros(mdp.n_pairs, bool))
    )
    new = pairs[~done[pairs]].tolist()
    for p, (below, parts) in zip(new, integer_rows(mdp, new), strict=True):
        inverse = pow(below, -1, prime)
        data[kernel.indptr[p] : kernel.indptr[p + 1]] = [x * inverse % prime for x in parts]
        done[p] = True
    return sparse.csr_array(sparse.csr_array((data, kernel.indices, kernel.indptr), shape=kernel.shape)[pairs])


def reading_off(mdp: RewardlessMDP, gamma: float) -> float:
    """How much of the rewards' range v may move where γ and the rows are read as fractions, at γ < 1.

    (1−γ)(I − γP)^{-1}r moves by at most |δγ|/(1−γ) of the range, and by |δP|/(1−γ), δP the most of a row's sum of
    differences: of its floats to their fractions, or of their sum to 1 where these do not sum to it.

    Examples
    --------
    >>> import mdppower as mp
    >>> reading_off(mp.envs.fork(2), 0.5), reading_off(mp.envs.fork(2), 0.9) < 1e-15
    (0.0, True)
    """
    return (abs(float(rate(gamma) - Fraction(gamma))) + rows_off(mdp)) / (1 - gamma)


def rows_off(mdp: RewardlessMDP) -> float:
    """δP of `reading_off`: the most by which a row is off the fractions that it stands for."""
    if mdp not in _OFF:
        kernel = mdp.kernel
        values, place = np.unique(kernel.data, return_inverse=True)
        apart = np.array([abs(float(rational(x) - Fraction(x))) for x in values.tolist()])[place.ravel()]
        begins = kernel.indptr[:-1]
        beyond = np.abs(np.add.reduceat(kernel.data.astype(np.longdouble), begins) - 1)
        _OFF[mdp] = float((np.add.reduceat(apart, begins) + beyond).max())
    return _OFF[mdp]


def rate(gamma: float) -> Fraction:
    """The simplest fraction that a γ in (0, 1) stands for; next to an end, where that would be the end, γ itself."""
    simple = rational(gamma)
    return simple if 0 < simple < 1 else Fraction(gamma)
