"""MDPs in which what a pair earns is earned in a state: for all that knows rewards of states only.

`through_pairs`     A state s, then a state for its pair (s, a), then s': two steps for one. With the reward of a
                    pair in its state, and nothing in s, gains halve; at a rate √γ, V'(s) = √γ V(s).
`after_transitions` A state for each transition (s, a, s'), in which one is at s' and earns what (s, a) does, and one
                    for each s, where all begins: V''(s) = γ V(s), at γ itself, so that fractions stay fractions and
                    the limits γ → 0 and γ → 1 the same limits. There are as many states as transitions.

The solvers need neither: they know rewards of pairs (`mdppower.solvers`). Measured on an open 20×20 grid, one thread,
ms per draw at γ = 0.5, 0.9, 0.99, 0.999. Deterministic: rewards of states .05, .06, .10, .18; a state for each pair
.23, .28, .38, .61; for each transition .29, .45, .57, .98. Slip 0.2: rewards of states .30, 1.0, 2.5, 1.2; a state
for each pair 2.3, 16, 55, 84, since the band of the factors grows with their number.
"""

from __future__ import annotations

import weakref
from dataclasses import dataclass

import numpy as np
from scipy import sparse

from mdppower._typing import AnyArray, FloatArray
from mdppower.mdp.model import RewardlessMDP

_THROUGH: weakref.WeakKeyDictionary[RewardlessMDP, RewardlessMDP] = weakref.WeakKeyDictionary()
_AFTER: weakref.WeakKeyDictionary[RewardlessMDP, AfterTransitions] = weakref.WeakKeyDictionary()


def through_pairs(mdp: RewardlessMDP) -> RewardlessMDP:
    """The MDP with a state S + p for each pair p, which s goes to, and from which it goes on.

    Its first P pairs are those of `mdp`.

    Examples
    --------
    >>> mdp = RewardlessMDP.from_successors({"a": {"x": {"a": 0.5, "b": 0.5}, "y": "b"}, "b": {"z": "b"}})
    >>> through_pairs(mdp).to_arrays()[0].sum(axis=1)[2:].tolist()      # of the states ax, ay, bz
    [[0.5, 0.5, 0.0, 0.0, 0.0], [0.0, 1.0, 0.0, 0.0, 0.0], [0.0, 1.0, 0.0, 0.0, 0.0]]
    """
    if mdp not in _THROUGH:
        n, pairs = mdp.n_states, np.arange(mdp.n_pairs)
        there = sparse.csr_array((np.ones(len(pairs)), (pairs, n + pairs)), shape=(len(pairs), n + len(pairs)))
        on = sparse.csr_array(
            (mdp.kernel.data, mdp.kernel.indices, mdp.kernel.indptr), shape=(len(pairs), n + len(pairs))
        )
        _THROUGH[mdp] = RewardlessMDP.from_pairs(
            np.r_[mdp.pair_states, n + pairs], sparse.csr_array(sparse.vstack([there, on]))
        )
    return _THROUGH[mdp]


@dataclass(frozen=True, eq=False)
class AfterTransitions:
    """`after_transitions`: the MDP, whose first S states are those of the other, as are its first P pairs.

    Attributes
    ----------
    mdp : RewardlessMDP
    source : array of int
        The pair that each of the other states, S, S + 1, …, comes from.
    """

    mdp: RewardlessMDP
    source: AnyArray

    def rewards(self, rows: FloatArray, n_states: int) -> FloatArray:
        """What states earn, for (N, P) numbers that pairs earn; those where all begins earn nothing."""
        nothing = np.zeros((len(rows), n_states), rows.dtype)
        return np.concatenate([nothing, rows[:, self.source]], axis=1)


def after_transitions(mdp: RewardlessMDP) -> AfterTransitions:
    """The MDP whose states say what was done last.

    Examples
    --------
    >>> mdp = RewardlessMDP.from_successors({"a": {"x": {"a": 0.5, "b": 0.5}, "y": "b"}, "b": {"z": "b"}})
    >>> after = after_transitions(mdp)
    >>> after.source.tolist(), after.mdp.n_states, after.mdp.pair_successors(0)
    ([0, 0, 1, 2], 6, {2: 0.5, 3: 0.5})
    """
    if mdp not in _AFTER:
        n, kernel = mdp.n_states, mdp.kernel
        many = kernel.nnz
        arriving = sparse.csr_array((kernel.data, n + np.arange(many), kernel.indptr), shape=(mdp.n_pairs, n + many))
        choices = np.diff(mdp.pointer)[kernel.indices]
        owner = np.repeat(np.arange(many), choices)
        pairs = np.arange(len(owner)) - np.repeat(np.cumsum(choices) - choices, choices)
        pairs = pairs + mdp.pointer[kernel.indices][owner]
        rows = sparse.csr_array(arriving[np.r_[np.arange(mdp.n_pairs), pairs]])
        made = RewardlessMDP.from_pairs(np.r_[mdp.pair_states, n + owner], rows)
        _AFTER[mdp] = AfterTransitions(made, np.repeat(np.arange(mdp.n_pairs), np.diff(kernel.indptr)))
    return _AFTER[mdp]
