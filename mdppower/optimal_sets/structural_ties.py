"""Ties that hold for all rewards, found in transition rows alone.

Rounding hides a tie, but ties that hold for all rewards can be found without any: chains that can end in one class
only, and (by arithmetic modulo primes) steps that leave the chances to end in each class as they are.
"""

from __future__ import annotations

import numpy as np
import numpy.typing as npt

from mdppower._typing import AnyArray, IntArray
from mdppower.mdp.model import RewardlessMDP
from mdppower.mdp.rational import rational_rows

PRIMES = (2**31 - 1, 2**31 - 19)
MOST_MIXED = 300
"""Most states that may end in several classes for which `end_alike` decides."""


def end_alike(mdp: RewardlessMDP, policy: IntArray, ends: AnyArray, pairs: AnyArray) -> npt.NDArray[np.bool_]:
    """Whether taking each of these pairs once leaves the chances to end in each recurrent class as they are.

    That is T_p h = h(s) for all h that are constant on each class and harmonic elsewhere. It is tried for a random h,
    in fractions modulo a prime, twice: a chance of an error of about 10^-18, where floats could never tell.

    Parameters
    ----------
    mdp : RewardlessMDP
    policy : (S,) array of int
        A pair of each state.
    ends : (S,) array of int
        Of `recurrent_classes` of that policy.
    pairs : array of int

    Returns
    -------
    boolean array

    Examples
    --------
    A walk between two ends: to wait changes nothing, to skip the risk of the first step does.

    >>> from scipy import sparse
    >>> from mdppower.mdp.chains import recurrent_classes
    >>> mdp = RewardlessMDP.from_successors({
    ...     "x": {"stay": "x"}, "y": {"stay": "y"},
    ...     "a": {"walk": {"x": 0.6, "b": 0.4}, "wait": {"a": 0.5, "x": 0.3, "b": 0.2}, "on": "b"},
    ...     "b": {"walk": {"a": 0.6, "y": 0.4}}})
    >>> policy = np.array([mdp.pair(*p) for p in [("x", "stay"), ("y", "stay"), ("a", "walk"), ("b", "walk")]])
    >>> ends = recurrent_classes(sparse.csr_array(mdp.kernel[policy]))[1]
    >>> end_alike(mdp, policy, ends, np.array([mdp.pair("a", "wait"), mdp.pair("a", "on")])).tolist()
    [True, False]
    """
    mixed = np.flatnonzero(ends < 0)
    alike = np.zeros(len(pairs), bool)
    if len(mixed) > MOST_MIXED:
        return alike
    rows = rational_rows(mdp)
    rng = np.random.default_rng(0)
    place = {s: i for i, s in enumerate(mixed.tolist())}
    alike[:] = True
    for prime in PRIMES:
        h = rng.integers(1, prime, size=int(ends.max()) + 1)[ends].tolist()  # the mixed ones are solved for
        system = np.zeros((len(mixed), len(mixed) + 1), np.int64)
        for i, s in enumerate(mixed.tolist()):
            for t, x in rows[policy[s]].items():
                number = x.numerator * pow(x.denominator, -1, prime) % prime
                if t in place:
                    system[i, place[t]] -= number
                else:
                    system[i, -1] = (int(system[i, -1]) + number * h[t]) % prime
            system[i, i] += 1
        if not _eliminate(system, prime):
            return np.zeros(len(pairs), bool)
        for i, s in enumerate(mixed.tolist()):
            h[s] = int(system[i, -1])
        for k, p in enumerate(pairs.tolist()):
            total = sum(x.numerator * pow(x.denominator, -1, prime) * h[t] for t, x in rows[p].items())
            alike[k] &= (total - h[int(mdp.pair_states[p])]) % prime == 0
    return alike


def _eliminate(system: npt.NDArray[np.int64], prime: int) -> bool:
    """Gauss–Jordan modulo a prime below 2^31, in place; whether the matrix is regular."""
    system %= prime
    for k in range(len(system)):
        below = np.flatnonzero(system[k:, k])
        if not len(below):
            return False
        pivot = k + int(below[0])
        system[[k, pivot]] = system[[pivot, k]]
        system[k] = system[k] * pow(int(system[k, k]), -1, prime) % prime
        others = np.flatnonzero(system[:, k])
        others = others[others != k]
        system[others] = (system[others] - system[others, k, None] * system[k]) % prime
    return True
