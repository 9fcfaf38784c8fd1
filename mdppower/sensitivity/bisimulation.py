"""Partition refinement: the coarsest stable partition of the states of an MDP that refines a given one.

A partition of S is *stable* if any two states s, t of a block have the same set of distributions over blocks,

    {(Σ_{u ∈ B} T(s, a)(u))_B : a} = {(Σ_{u ∈ B} T(t, a)(u))_B : a},

which is bisimulation (Givan, Dean and Greig 2003, "Equivalence notions and model minimization in Markov decision
processes"); how often a distribution occurs among the actions does not matter. Refinement splits each block by these
sets until nothing splits. Each pass keeps apart what was apart, and never splits states that every stable refinement
keeps together: so what is left is the coarsest one. There are at most S − 1 passes that split.

Sums are compared as fractions (`mdppower.mdp.rational`: a float stands for the simplest fraction that rounds to it),
so that 0.1 + 0.2 and 0.3 are equal and no tolerance, which would not be transitive, decides.
"""

from __future__ import annotations

from collections.abc import Hashable, Sequence
from fractions import Fraction
from typing import TypeAlias

import numpy as np
import numpy.typing as npt

from mdppower.mdp.model import RewardlessMDP

Row: TypeAlias = "dict[int, Fraction]"


def pushed(row: Row, block: Sequence[int]) -> Row:
    """The distribution over blocks that a distribution over states makes.

    Examples
    --------
    >>> pushed({0: Fraction(1, 3), 1: Fraction(1, 3), 2: Fraction(1, 3)}, [0, 0, 1])
    {0: Fraction(2, 3), 1: Fraction(1, 3)}
    """
    total: Row = {}
    for s, chance in row.items():
        total[block[s]] = total.get(block[s], Fraction(0)) + chance
    return total


def refined(mdp: RewardlessMDP, rows: Sequence[Row], begin: Sequence[Hashable]) -> npt.NDArray[np.int64]:
    """The block of each state in the coarsest stable partition that refines `begin`.

    Parameters
    ----------
    mdp : RewardlessMDP
    rows : sequence of P dict
        Of `mdppower.mdp.rational.rational_kernel`.
    begin : sequence of S hashables
        Equal where two states may share a block.

    Returns
    -------
    (S,) int64 array
        Blocks are numbered in the order of their first states.

    Examples
    --------
    Two ends are alike if their rewards are; then so are the two ways to them.

    >>> from mdppower.mdp.rational import rational_kernel
    >>> mdp = RewardlessMDP.from_successors(
    ...     {"a": {"go": "x"}, "b": {"go": "y"}, "x": {"stay": "x"}, "y": {"stay": "y"}})
    >>> refined(mdp, rational_kernel(mdp), "wwee").tolist(), refined(mdp, rational_kernel(mdp), "wwef").tolist()
    ([0, 0, 1, 1], [0, 1, 2, 3])
    """
    block = _numbered(begin)
    pointer = mdp.pointer.tolist()
    while True:
        seen = [_signature(row, block) for row in rows]
        finer = _numbered([(b, frozenset(seen[pointer[s] : pointer[s + 1]])) for s, b in enumerate(block)])
        if max(finer) == max(block):
            return np.array(finer, dtype=np.int64)
        block = finer


def _signature(row: Row, block: Sequence[int]) -> Hashable:
    """Equal for rows that make the same distribution over blocks; the block itself where it is certain (fast)."""
    if len(row) == 1:
        return block[next(iter(row))]
    total = pushed(row, block)
    return next(iter(total)) if len(total) == 1 else frozenset(total.items())


def _numbered(keys: Sequence[Hashable]) -> list[int]:
    """0, 1, … by first appearance."""
    seen: dict[Hashable, int] = {}
    return [seen.setdefault(key, len(seen)) for key in keys]
