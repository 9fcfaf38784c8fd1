"""Does a list of vectors contain a copy of another? A search over involutions, without tolerances.

Given X' (K vectors) and X (L vectors) over S states, find involutions φ with φ·X' ⊆ X. Entries are compared as the
codes that stand for them: entries that are the same function of γ (or the same fraction) have the same code. So
"none" is a proof.

The entries of a visit distribution. f_j(γ) = Σ_t γ^t P(s_t = j). The sequence t ↦ P(s_t = j) obeys a linear
recurrence of order at most S, the difference of two of them one of order at most 2S: its first 2S terms decide. As
fractions they have hundreds of digits; their code is Σ_t z^t P(s_t = j) over t < 2S, for one number z, modulo a prime
of 127 bits. If terms differ, so do the codes, unless z is one of the less than 2S roots of a polynomial: a chance of
S/2^126 (Schwartz and Zippel). In a deterministic MDP a policy runs into a cycle: f_j is 0, γ^k, or γ^k/(1 − γ^L), and
(k, L) gives the sum at once.

The search. For each x in X' keep the set of y in X that φ·x may still be, as a bit mask; at first those with the same
entries in another order. To set φ(j) = i sets φ(i) = j: y_i = x_j and y_j = x_i must hold, one mask each. Go on with
the state that has the fewest possible images, and turn back where a set runs empty. Only the states that X' visits
need an image: φ is normalised to U = supp X' ∪ φ(supp X'), and the identity elsewhere.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Hashable, Iterator, Sequence
from fractions import Fraction
from typing import TypeAlias

import numpy as np

from mdppower._typing import FloatArray
from mdppower.errors import ParameterError
from mdppower.mdp.model import RewardlessMDP
from mdppower.mdp.rational import Chain, rational_rows
from mdppower.occupancy.vectors import SAME, as_rows
from mdppower.occupancy.visit_distributions import Recurrent, Visits
from mdppower.symmetry.involutions import Meter

Codes: TypeAlias = "list[tuple[int, ...]]"
"""Vectors as codes; 0 stands for the entry 0."""
_Node: TypeAlias = "tuple[dict[int, int], list[int], dict[int, list[int]]]"
"""Images; the sets of compatible vectors; the images that each state without one may have."""

APART = 1e-6
"""Entries of arrays given as floats must be the same to 1e-9 or differ by this."""
LOOKS = 50_000
"""After so many looks at sets of compatible vectors the next state is chosen among those seen so far."""
PRIME = 2**127 - 1
POINT = 0x4B5F2E8C917D3A06F8E1C47B92D05A3F
"""Any number that nobody has made an MDP for."""


def find_images(part: Codes, whole: Codes, meter: Meter) -> Iterator[dict[int, int]]:
    """Involutions φ with φ·part ⊆ whole, as the images of the states that matter.

    Parameters
    ----------
    part, whole : lists of K and L tuples of S codes
    meter : Meter
        Each assignment tried is spent; the search ends where it is.

    Yields
    ------
    dict
        {state: image}, both ways.

    Examples
    --------
    >>> from mdppower.symmetry import Budget
    >>> list(find_images([(1, 0, 0)], [(0, 1, 0), (0, 0, 1)], Meter(Budget())))
    [{0: 1, 1: 0}, {0: 2, 2: 0}]
    """
    part, whole = list(dict.fromkeys(part)), list(dict.fromkeys(whole))
    n, there = len(part[0]), set(whole)
    masks: dict[tuple[int, int], int] = {}
    alike: dict[tuple[int, ...], int] = {}
    for k, y in enumerate(whole):
        for place in enumerate(y):
            masks[place] = masks.get(place, 0) | 1 << k
        entries = tuple(sorted(y))
        alike[entries] = alike.get(entries, 0) | 1 << k

    def narrowed(compatible: list[int], j: int, i: int) -> list[int] | None:
        """What is left of each set if φ swaps j and i; None where one is empty."""
        left = []
        for x, ways in zip(part, compatible, strict=True):
            ways &= masks.get((i, x[j]), 0) & masks.get((j, x[i]), 0)
            if not ways:
                return None
            left.append(ways)
        return left

    def branches(image: dict[int, int], compatible: list[int], domains: dict[int, list[int]]) -> Iterator[_Node]:
        """The images of one more state. `domains` has those of each open state, as far as it was looked at."""
        order, looks = sorted(domains, key=lambda j: len(domains[j])), 0
        domains, best = dict(domains), order[0]
        for j in order:
            ways = [i for i in domains[j] if i not in image]
            domains[j] = [i for i in ways if narrowed(compatible, j, i) is not None]
            best = min(best, j, key=lambda k: len(domains[k]))
            looks += len(ways) * len(part)
            if len(domains[best]) < 2 or looks > LOOKS:
                break
        for i in domains[best]:
            if not meter.spend():
                return
            left = narrowed(compatible, best, i)
            if left is not None:
                rest = {j: ways for j, ways in domains.items() if j not in (best, i)}
                yield {**image, best: i, i: best}, left, rest

    start = [alike.get(tuple(sorted(x)), 0) for x in part]
    if not all(start):
        return
    stack: list[Iterator[_Node]] = [iter([({}, start, _possible(part, whole))])]
    while stack:
        node = next(stack[-1], None)
        if node is None:
            stack.pop()
        elif node[2]:
            stack.append(branches(*node))
        elif all(tuple(x[node[0].get(i, i)] for i in range(n)) in there for x in part):
            yield node[0]


def _possible(part: Codes, whole: Codes) -> dict[int, list[int]]:
    """The images that each state visited may have at all: with each code often enough, both ways."""
    mine, theirs = ([Counter(column) for column in zip(*rows, strict=True)] for rows in (part, whole))
    names = [[frozenset(column.items()) for column in columns] for columns in (mine, theirs)]
    known: dict[tuple[object, object], bool] = {}
    places: dict[int, list[int]] = {}  # of each code in the whole
    for i, column in enumerate(theirs):
        for code in column:
            places.setdefault(code, []).append(i)

    def fits(j: int, i: int) -> bool:
        """Whether column j of the part may become column i of the whole; many columns are alike."""
        key = names[0][j], names[1][i]
        if key not in known:
            known[key] = mine[j] <= theirs[i]
        return known[key]

    rarest = {j: min((places.get(code, []) for code in mine[j]), key=len) for j in range(len(mine)) if any(mine[j])}
    return {j: [i for i in ways if fits(j, i) and fits(i, j)] for j, ways in rarest.items()}


# ---------------------------------------------------------------------- codes


class Coder:
    """Numbers entries: the same entry has the same number in all sets that one coder has seen, of whatever MDP."""

    def __init__(self) -> None:
        self._numbers: dict[Hashable, int] = {}

    def code(self, entry: Hashable) -> int:
        """The number of an entry; None stands for 0 and has the number 0."""
        return 0 if entry is None else self._numbers.setdefault(entry, len(self._numbers) + 1)

    def visits(self, among: Visits) -> Codes:
        """The vectors of a set of visit distributions, as functions of γ."""
        mdp, start = among.mdp, among.mdp.index(among.start)
        n, codes = mdp.n_states, []
        if mdp.is_deterministic:
            sums: dict[tuple[int, int], int] = {}  # of the few (k, L) that there are
            for policy in among.policies:
                path = _path(mdp, policy, start)
                sums |= {rhythm: _path_sum(*rhythm, n) for rhythm in path.values() if rhythm not in sums}
                codes.append({s: sums[rhythm] for s, rhythm in path.items()})
        else:
            used = {p for policy in among.policies for p in policy.values()}
            rows = {p: {t: _modular(x) for t, x in rational_rows(mdp)[p].items()} for p in used}
            codes = [_chain_sums({s: rows[p] for s, p in policy.items()}, start, n) for policy in among.policies]
        return [tuple(self.code(entries.get(j)) for j in range(n)) for entries in codes]

    def recurrent(self, ends: Recurrent) -> Codes:
        """The vectors of a set of recurrent state distributions, as fractions."""
        rows, start, n = rational_rows(ends.mdp), ends.mdp.index(ends.start), ends.mdp.n_states
        return [self.fractions(Chain(rows, policy, start, n).limit) for policy in ends.policies]

    def fractions(self, row: Sequence[Fraction]) -> tuple[int, ...]:
        """A vector of fractions."""
        return tuple(self.code(x or None) for x in row)


def float_codes(*sets: FloatArray) -> list[Codes]:
    """Codes of sets of float vectors: entries within 1e-9 are the same.

    Raises
    ------
    ParameterError
        Entries differ by more than that, and by less than 1e-6: too little to tell.

    Examples
    --------
    >>> float_codes(np.array([[0.5, 0.5, 0.0]]), np.array([[0.5 + 1e-12, 0.0, 1.0]]))
    [[(1, 1, 0)], [(1, 0, 2)]]
    """
    rows = [as_rows(one) for one in sets]
    values = np.unique(np.concatenate([np.zeros(1), *(one.ravel() for one in rows)]))
    steps = np.diff(values)
    unclear = np.flatnonzero((steps > SAME) & (steps < APART))
    if len(unclear):
        k = int(unclear[0])
        raise ParameterError(
            f"entries {values[k]!r} and {values[k + 1]!r} differ too little to tell whether they are equal"
        )
    number = np.concatenate([[0], np.cumsum(steps >= APART)])
    zero = number[np.searchsorted(values, 0.0)]
    code = np.where(number == zero, 0, np.where(number < zero, number + 1, number))
    return [[tuple(code[np.searchsorted(values, row)].tolist()) for row in one] for one in rows]


def _path(mdp: RewardlessMDP, policy: dict[int, int], start: int) -> dict[int, tuple[int, int]]:
    """(k, L) of each state visited: first at step k, and every L steps from then on (L = 0: never again)."""
    successor = mdp.kernel.indices
    order: dict[int, int] = {}
    s = start
    while s not in order:
        order[s] = len(order)
        s = int(successor[policy[s]])
    first, length = order[s], len(order) - order[s]
    return {state: (k, length if k >= first else 0) for state, k in order.items()}


def _path_sum(first: int, length: int, n: int) -> int:
    """Σ of z^t over t = k, k + L, … below 2S."""
    times = range(first, 2 * n, length) if length else (first,)
    return sum(pow(POINT, t, PRIME) for t in times) % PRIME


def _chain_sums(rows: dict[int, dict[int, int]], start: int, n: int) -> dict[int, int]:
    """Σ z^t P(s_t = j) over t < 2S of each state visited, from the transition rows of a policy."""
    sums: dict[int, int] = {}
    here, power = {start: 1}, 1
    for _ in range(2 * n):
        following: dict[int, int] = {}
        for s, chance in here.items():
            sums[s] = (sums.get(s, 0) + power * chance) % PRIME
            for t, x in rows[s].items():
                following[t] = (following.get(t, 0) + chance * x) % PRIME
        here, power = following, power * POINT % PRIME
    return sums


def _modular(x: Fraction) -> int:
    return x.numerator * pow(x.denominator, -1, PRIME) % PRIME
