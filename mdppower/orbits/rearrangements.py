"""Orbits of reward functions (Turner et al., arXiv 1912.01683, Def. 6.4): whole, in blocks, sampled, or in part.

A permutation φ of the states is an array `image`: φ(i) = image[i]. It moves the entries of a vector with the states,
(φ·x)[φ(i)] = x[i]. The orbit of a reward function is the set of all its rearrangements: S!/Π mᵢ! of them, where its
i-th value stands in mᵢ states. Under a uniform φ all elements of the orbit of x are equally likely, with ties in x,
too: each is φ·x for Π mᵢ! of the φ.
"""

from __future__ import annotations

import math
from collections.abc import Iterator, Sequence
from typing import Any

import numpy as np
import numpy.typing as npt

from mdppower._checks import positive_integer
from mdppower._typing import AnyArray, BoolArray, FloatArray
from mdppower.errors import RewardError, SizeError
from mdppower.montecarlo.samplers import seed
from mdppower.orbits.quantity import ROOM

MOST_HELD = 1_000_000
"""Most elements of an orbit in one array."""
MOST_BINARY = 16
"""Most states whose 0/1 rewards are all tried."""


def permuted(rows: FloatArray, image: npt.ArrayLike) -> FloatArray:
    """φ·x of vectors, (φ·x)[φ(i)] = x[i], for any permutation, not only for an involution.

    Parameters
    ----------
    rows : (…, S) array
    image : (S,) array of int

    Returns
    -------
    array of the same shape

    Examples
    --------
    State 0 goes to 1, state 1 to 2, state 2 to 0.

    >>> permuted(np.array([[10.0, 20.0, 30.0]]), [1, 2, 0]).tolist()
    [[30.0, 10.0, 20.0]]
    """
    moved = np.empty_like(rows)
    moved[..., np.asarray(image)] = rows
    return moved


def orbit_size(reward: npt.ArrayLike) -> int:
    """S!/Π mᵢ!, the number of distinct rearrangements, exactly.

    Parameters
    ----------
    reward : (S,) array

    Returns
    -------
    int

    Examples
    --------
    >>> orbit_size([0, 0, 1, 1, 1]), orbit_size(range(20))
    (10, 2432902008176640000)
    """
    return arrangements(multiset(reward)[1])


def orbit(reward: npt.ArrayLike, *, limit: int = MOST_HELD) -> FloatArray:
    """All distinct rearrangements of a reward function, in lexicographic order.

    Parameters
    ----------
    reward : (S,) array
    limit : int
        Most elements; `orbit_blocks` goes through larger orbits piece by piece.

    Returns
    -------
    (n, S) array

    Raises
    ------
    SizeError
        The orbit has more elements; the message says how many.

    Examples
    --------
    >>> orbit([1, 0, 1]).tolist()
    [[0.0, 1.0, 1.0], [1.0, 0.0, 1.0], [1.0, 1.0, 0.0]]
    """
    return np.concatenate(list(orbit_blocks(reward, limit=limit)))


def orbit_blocks(
    reward: npt.ArrayLike, *, block: int | None = None, limit: int | None = None
) -> Iterator[FloatArray]:
    """The orbit of a reward function in lexicographic order, in blocks.

    Parameters
    ----------
    reward : (S,) array
    block : int, optional
        Rows of each block, but for the last. Default: 16 MiB of them.
    limit : int, optional
        Most elements.

    Returns
    -------
    iterator of (n, S) arrays

    Raises
    ------
    SizeError

    Examples
    --------
    >>> sum(len(rows) for rows in orbit_blocks(range(6), block=100))
    720
    """
    values, counts = multiset(reward)
    size = arrangements(counts)
    step = rows_of(sum(counts)) if block is None else positive_integer(block, "block")
    if limit is not None and size > limit:
        raise SizeError(f"the orbit has {rounded(size)} elements; the limit is {limit:,}")
    return (between(values, counts, begin, min(begin + step, size)) for begin in range(0, size, step))


def binary_orbits(n_states: int) -> Iterator[tuple[int, FloatArray]]:
    """All 2^S rewards of zeros and ones, orbit by orbit.

    Parameters
    ----------
    n_states : int
        At most 16.

    Returns
    -------
    iterator of (int, (n, S) array)
        The number of ones, and the orbit.

    Raises
    ------
    SizeError
        More than 16 states.

    Examples
    --------
    >>> [(ones, len(rows)) for ones, rows in binary_orbits(4)]
    [(0, 1), (1, 4), (2, 6), (3, 4), (4, 1)]
    """
    n = positive_integer(n_states, "n_states")
    require_few(n)
    return ((ones, orbit(np.arange(n) >= n - ones)) for ones in range(n + 1))


def sample_orbit(reward: npt.ArrayLike, n: int, rng: Any = None) -> FloatArray:
    """Elements of an orbit, each drawn uniformly from all: rearrangements by uniform permutations.

    Parameters
    ----------
    reward : (S,) array
    n : int
    rng : None, int or numpy.random.Generator

    Returns
    -------
    (n, S) array

    Examples
    --------
    >>> rows = sample_orbit([0, 0, 1], 1000, rng=0)
    >>> rows.shape, set(rows.sum(axis=1).tolist())
    ((1000, 3), {1.0})
    """
    values, counts = multiset(reward)
    row = np.repeat(values, counts)
    rows = np.tile(row, (positive_integer(n, "n"), 1))
    return np.asarray(generator_of(rng).permuted(rows, axis=1))


def multiset(reward: npt.ArrayLike) -> tuple[FloatArray, list[int]]:
    """The distinct values in rising order, and how often each stands."""
    try:
        row = np.asarray(list(reward) if isinstance(reward, range) else reward, dtype=np.float64)
    except (TypeError, ValueError) as error:
        raise RewardError(f"the reward is not a vector of numbers: {error}") from None
    if row.ndim != 1 or not len(row):
        raise RewardError(f"the reward must be a vector of one number a state, got shape {row.shape}")
    bad = np.flatnonzero(~np.isfinite(row))
    if len(bad):
        raise RewardError(f"the reward of state {bad[0]} is {row[bad[0]]}")
    values, counts = np.unique(row, return_counts=True)
    return values, counts.tolist()


def arrangements(counts: Sequence[int]) -> int:
    """The multinomial coefficient."""
    return math.factorial(sum(counts)) // math.prod(map(math.factorial, counts))


def between(values: FloatArray, counts: Sequence[int], begin: int, end: int) -> FloatArray:
    """Arrangements number begin … end − 1 of a multiset, in lexicographic order.

    Of M arrangements of n things the share cᵢ/n begins with value i. So the number of an arrangement says its first
    value, and what is left of the number is that of the rest among its own arrangements.
    """
    size, total = sum(counts), arrangements(counts)
    # M·cᵢ must fit into 64 bits; beyond, Python's integers are slower and as right.
    kind = np.int64 if total * size < 2**62 else object
    left = np.tile(np.array(counts, dtype=kind), (end - begin, 1))
    rank = np.array(range(begin, end), dtype=kind)
    many = np.full(end - begin, total, dtype=kind)
    rows, every = np.empty((end - begin, size)), np.arange(end - begin)
    for place in range(size):
        shares = many[:, None] * left // (size - place)
        ends = np.cumsum(shares, axis=1)
        first = (ends <= rank[:, None]).sum(axis=1).astype(np.intp)
        many = shares[every, first]
        rank = rank - (ends[every, first] - many)
        left[every, first] -= 1
        rows[:, place] = values[first]
    return rows


# ---------------------------------------------------------------------- on the states that matter


def restrictions(
    values: FloatArray, counts: Sequence[int], matters: BoolArray
) -> Iterator[tuple[FloatArray, AnyArray]]:
    """The arrangements of a multiset on the states that matter, and how many of the whole orbit share each.

    Every row is a whole rearrangement: what is not used stands in the other states, in rising order.
    """
    block = rows_of(len(matters))
    waiting: list[tuple[FloatArray, AnyArray]] = []
    for used in _shares(counts, int(matters.sum())):
        here = list(used)
        rest = [m - used.get(i, 0) for i, m in enumerate(counts)]
        weight, total = arrangements(rest), arrangements(list(used.values()))
        for begin in range(0, total, block):
            end = min(begin + block, total)
            rows = np.empty((end - begin, len(matters)))
            rows[:, matters] = between(values[here], list(used.values()), begin, end)
            rows[:, ~matters] = np.repeat(values, rest)
            weights = np.empty(end - begin, dtype=object)
            weights[:] = weight
            waiting.append((rows, weights))
            if sum(len(w) for _, w in waiting) >= block:
                yield _joined(waiting)
                waiting = []
    if waiting:
        yield _joined(waiting)


def _joined(pieces: list[tuple[FloatArray, AnyArray]]) -> tuple[FloatArray, AnyArray]:
    return np.concatenate([rows for rows, _ in pieces]), np.concatenate([weights for _, weights in pieces])


def _shares(counts: Sequence[int], u: int) -> Iterator[dict[int, int]]:
    """All ways to take u things from a multiset, {value: how many}: each of them ends, no branch is dead."""
    after = [sum(counts[i:]) for i in range(len(counts) + 1)]

    def extend(begin: int, u: int) -> Iterator[dict[int, int]]:
        if not u:
            yield {}
        for i in range(begin, len(counts) if u else begin):
            for c in range(max(1, u - after[i + 1]), min(counts[i], u) + 1):
                for tail in extend(i + 1, u - c):
                    yield {i: c, **tail}

    return extend(0, u)


def count_restrictions(counts: Sequence[int], u: int) -> int:
    """How many arrangements of u things from a multiset there are: u! [xᵘ] Π (1 + x + x²/2! + … + x^mᵢ/mᵢ!)."""
    ways = [1] + [0] * u
    for m in counts:
        ways = [sum(ways[k - c] * math.comb(k, c) for c in range(min(m, k) + 1)) for k in range(u + 1)]
    return ways[u]


# ---------------------------------------------------------------------- sizes and seeds


def rows_of(n_states: int) -> int:
    """Reward functions of a block."""
    return max(1, ROOM // n_states)


def require_few(n: int) -> None:
    """Refuse to try all zeros and ones on too many states."""
    if n > MOST_BINARY:
        raise SizeError(
            f"{n} states matter: {rounded(2**n)} rewards of zeros and ones; the limit is {2**MOST_BINARY:,}"
        )


def rounded(size: int) -> str:
    """A number, exactly; but Python refuses to print thousands of digits."""
    return f"{size:,}" if size < 10**30 else f"about 10^{int((size.bit_length() - 1) * math.log10(2))}"


def generator_of(rng: Any) -> np.random.Generator:
    """A Generator as it is, so that calls go on with it; ParameterError for what is no seed."""
    return rng if isinstance(rng, np.random.Generator) else np.random.default_rng(seed(rng))
