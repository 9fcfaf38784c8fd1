"""What transition rows and the graph of an MDP decide about ties, whatever the rewards.

Rounding hides a tie, but ties that hold for all rewards can be found without any: chains that can end in one class
only, and (by arithmetic modulo primes) steps that leave the chances to end in each class as they are.
"""

from __future__ import annotations

import weakref
from fractions import Fraction
from typing import TypeAlias

import numpy as np
import numpy.typing as npt
from scipy import sparse
from scipy.sparse import csgraph

from mdppower._typing import AnyArray, IntArray
from mdppower.mdp import RewardlessMDP
from mdppower.rational import rational_kernel

Kernel: TypeAlias = "list[dict[int, Fraction]]"
"""The transition row of each pair."""

PRIMES = (2**31 - 1, 2**31 - 19)
MOST_MIXED = 300
"""Most states that may end in several classes for which `end_alike` decides."""

_KERNELS: weakref.WeakKeyDictionary[RewardlessMDP, Kernel] = weakref.WeakKeyDictionary()


def rational_rows(mdp: RewardlessMDP) -> Kernel:
    """`rational_kernel`, made once for each MDP."""
    rows = _KERNELS.get(mdp)
    return _KERNELS.setdefault(mdp, rational_kernel(mdp)) if rows is None else rows


def recurrent_classes(chain: sparse.csr_array) -> tuple[list[AnyArray], AnyArray]:
    """The recurrent classes of a Markov chain, and the one in which each state ends for certain.

    Parameters
    ----------
    chain : (S, S) csr_array
        Transition probabilities; no explicit zeros.

    Returns
    -------
    classes : list of int arrays
        The members of each.
    ends : (S,) array of int
        Number of the only class that the state can reach; −1 where it can reach several.

    Examples
    --------
    >>> chain = sparse.csr_array([[0, 0.5, 0.5, 0], [0, 0, 1, 0], [0, 1, 0, 0], [0.5, 0, 0, 0.5]])
    >>> classes, ends = recurrent_classes(chain)
    >>> [c.tolist() for c in classes], ends.tolist()
    ([[1, 2]], [0, 0, 0, 0])
    """
    count, label = csgraph.connected_components(chain, directed=True, connection="strong")
    owner = np.repeat(np.arange(chain.shape[0]), np.diff(chain.indptr))
    is_open = np.zeros(count, bool)
    is_open[label[owner[label[owner] != label[chain.indices]]]] = True
    number = np.full(count, -1)
    number[~is_open] = np.arange(count - int(is_open.sum()))
    own = number[label]
    order = np.argsort(own, kind="stable")
    order = order[own[order] >= 0]
    classes = np.split(order, np.flatnonzero(np.diff(own[order])) + 1)
    # The least and the greatest number of a class that can be reached, by steps until nothing changes.
    least: npt.NDArray[np.intp] = np.where(own >= 0, own, len(classes))
    most = own.copy()
    begin = chain.indptr[:-1]
    while True:
        lower = np.minimum(least, np.minimum.reduceat(least[chain.indices], begin))
        upper = np.maximum(most, np.maximum.reduceat(most[chain.indices], begin))
        if np.array_equal(lower, least) and np.array_equal(upper, most):
            return classes, np.where(least == most, least, -1)
        least, most = lower, upper


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
