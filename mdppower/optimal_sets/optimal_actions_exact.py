"""Which state-action pairs are optimal for one reward function, decided in rational arithmetic. For small MDPs.

With rewards as the rationals that floats are, and transition rows as `mdppower.mdp.rational` reads them:

0 < γ < 1  Howard's policy iteration on V = r + γ P V ends with V*; pair p is optimal iff T_p·V* is the greatest of
           its state.
γ → 0      V* = Σ γ^k c_k with c_0 = r and c_{k+1}(s) = the greatest T_p·c_k of the pairs that tied for c_0 … c_k.
           Those that tie for c_0 … c_{S−1} tie for ever: c_k = P^k r for an optimal P, and the vectors P^k r lie in a
           space of at most S dimensions that the first S span.
γ → 1      Blackwell optimality. With ρ = (1−γ)/γ a policy's values are V/(1+ρ) = y_{−1}/ρ + y_0 + ρ y_1 + …, where
           y_{−1} = P*r, y_0 = Hr and y_n = −H y_{n−1} (Veinott 1969; Puterman 1994, ch. 10). A pair whose T_p·y_{−1},
           T_p·y_0, … are lexicographically greater than those of the policy's own pair improves V for all γ near 1.
           All y_n, n ≥ 0, lie in the range of H, of S − (number of recurrent classes) dimensions, and as many levels
           decide.

One matrix serves all levels: M, which is I − P with one row of each recurrent class replaced by the class's
stationary distribution. M y_{−1} = (the classes' gains in these rows, else 0); M y_0 = r − y_{−1} and M y_n =
−y_{n−1}, with 0 in these rows.

References: Veinott, Ann. Math. Stat. 40 (1969) 1635; Puterman, Markov Decision Processes (1994), ch. 6 and 10.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from fractions import Fraction

import numpy as np
from scipy import sparse

from mdppower._typing import FloatArray, IntArray
from mdppower.mdp.chains import recurrent_classes
from mdppower.mdp.model import RewardlessMDP
from mdppower.mdp.rational import ONE, ZERO, Kernel, Matrix, Row, rational, rational_rows, solve

Sets = list[list[int]]
"""The optimal pairs of each state."""


def exact_sets(mdp: RewardlessMDP, reward: FloatArray, gamma: float, start: IntArray | None = None) -> Sets:
    """The optimal pairs of each state, exactly.

    Parameters
    ----------
    mdp : RewardlessMDP
        Small: exact elimination takes S³ operations on long fractions.
    reward : (S,) array
    gamma : float
        In [0, 1]; the simplest fraction that it stands for is meant. Its ends mean the limits: at 1, Blackwell.
    start : (S,) array of int, optional
        Pairs of a first policy; a good one saves time.

    Returns
    -------
    list of S lists of int

    Examples
    --------
    One way earns 2 and 1, the other 1 and x, both 0 for ever after. Near γ = 0 the next reward counts; near γ = 1 the
    sum, and where sums tie, what comes first.

    >>> mdp = RewardlessMDP.from_successors({"start": {"x": "x1", "y": "y1"}, "x1": {"go": "x2"}, "x2": {"go": "end"},
    ...                                      "y1": {"go": "y2"}, "y2": {"go": "end"}, "end": {"stay": "end"}})
    >>> [exact_sets(mdp, np.array([0.0, 2.0, 1.0, 1.0, x, 0.0]), g)[0] for g in (0, 0.5, 1) for x in (2.0, 3.0)]
    [[0], [0], [0], [0, 1], [0], [1]]
    """
    rows = rational_rows(mdp)
    numbers = [Fraction(x) for x in reward.tolist()]
    options = [list(range(i, j)) for i, j in zip(mdp.pointer[:-1].tolist(), mdp.pointer[1:].tolist(), strict=True)]
    policy = [pairs[0] for pairs in options] if start is None else start.tolist()
    if len(set(numbers)) == 1:
        return options  # the same for all policies, also where no elimination would find it soon
    if gamma == 0:
        return _at_zero(rows, numbers, options)
    if gamma == 1:
        return _at_one(mdp, rows, numbers, options, policy)
    rate = rational(gamma)
    return _between(rows, numbers, rate if 0 < rate < 1 else Fraction(gamma), options, policy)


def _times(row: dict[int, Fraction], vector: Row) -> Fraction:
    return sum((x * vector[t] for t, x in row.items()), ZERO)


def _best(pairs: Sequence[int], rows: Kernel, vector: Row) -> tuple[list[int], Fraction]:
    """The pairs of the greatest expectation, and that."""
    scores = [_times(rows[p], vector) for p in pairs]
    top = max(scores)
    return [p for p, x in zip(pairs, scores, strict=True) if x == top], top


def _between(rows: Kernel, reward: Row, gamma: Fraction, options: Sets, policy: list[int]) -> Sets:
    n = len(reward)
    while True:
        system = [[ONE if s == t else ZERO for t in range(n)] for s in range(n)]
        for s, pair in enumerate(policy):
            for t, x in rows[pair].items():
                system[s][t] -= gamma * x
        value = [x for (x,) in solve(system, [[r] for r in reward])]
        best = [_best(pairs, rows, value)[0] for pairs in options]
        better = [p if p in b else b[0] for p, b in zip(policy, best, strict=True)]
        if better == policy:
            return best
        policy = better


def _at_zero(rows: Kernel, reward: Row, options: Sets) -> Sets:
    tied, c = options, reward
    for _ in range(len(reward)):
        found = [_best(pairs, rows, c) for pairs in tied]
        tied, c = [pairs for pairs, _ in found], [top for _, top in found]
        if all(len(pairs) == 1 for pairs in tied) or len(set(c)) == 1:
            break
    return tied


def _at_one(mdp: RewardlessMDP, rows: Kernel, reward: Row, options: Sets, policy: list[int]) -> Sets:
    while True:
        tied = options
        for y in _coefficients(mdp, rows, reward, policy):
            tied = [_best(pairs, rows, y)[0] if len(pairs) > 1 else pairs for pairs in tied]
            if any(p not in pairs for p, pairs in zip(policy, tied, strict=True)):
                break
            if all(len(pairs) == 1 for pairs in tied):
                return tied
        better = [p if p in pairs else pairs[0] for p, pairs in zip(policy, tied, strict=True)]
        if better == policy:
            return tied
        policy = better


def _coefficients(mdp: RewardlessMDP, rows: Kernel, reward: Row, policy: list[int]) -> Iterator[Row]:
    """y_{−1}, y_0, y_1, … of a policy, as many as decide."""
    n = len(reward)
    system = [[ONE if s == t else ZERO for t in range(n)] for s in range(n)]
    for s, pair in enumerate(policy):
        for t, x in rows[pair].items():
            system[s][t] -= x
    classes = recurrent_classes(sparse.csr_array(mdp.kernel[np.array(policy)]))[0]
    right = [ZERO] * n
    for members in map(np.ndarray.tolist, classes):
        # Columns of I − P within the class sum to 0 with its stationary row; one equation gives way to Σ x = 1.
        own = [[system[s][t] for s in members] for t in members]
        own[0] = [ONE] * len(members)
        chances = [x for (x,) in solve(own, [[ONE]] + [[ZERO]] * (len(members) - 1))]
        system[members[0]] = [ZERO] * n
        for s, x in zip(members, chances, strict=True):
            system[members[0]][s] = x
        right[members[0]] = sum((x * reward[s] for s, x in zip(members, chances, strict=True)), ZERO)
    inverse: Matrix = solve(system, [[ONE if s == t else ZERO for t in range(n)] for s in range(n)])
    inverse_rows = [{t: x for t, x in enumerate(row) if x} for row in inverse]
    y = [_times(row, right) for row in inverse_rows]
    yield y
    right = [r - x for r, x in zip(reward, y, strict=True)]
    for _ in range(n - len(classes)):
        for members in classes:
            right[int(members[0])] = ZERO
        y = [_times(row, right) for row in inverse_rows]
        if not any(y):
            return
        yield y
        right = [-x for x in y]
