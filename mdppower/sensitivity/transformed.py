"""Another model of the same situation, and the two readings of "the same rewards" on it.

A transform (`mdppower.sensitivity.transforms`) gives a new MDP and a map o from its states to those of the original:
x stands for o(x). What "the same rewards" then are can be read in two ways.

*Tied*: a new state earns what its original earns, R'(x) = R(o(x)). Nothing moves then, for any R:

    Theorem. If for every x the set of distributions {T'(x, a') ∘ o⁻¹ : a'} over old states is {T(o(x), a) : a}, then
    V*_{R∘o}(x, γ) = V*_R(o(x), γ), and so POWER'(x, γ) = POWER(o(x), γ) for every γ in [0, 1].

    Proof. V*_R ∘ o solves the optimality equation V = R∘o + γ max T'V of the new MDP, whose solution is unique for
    γ < 1. POWER's integrand is the same maximum over successors; γ = 1 is a limit.  ∎

So o is a homomorphism of MDPs (Ravindran and Barto 2001; Givan, Dean and Greig 2003). `Transformed.mismatch` checks
its condition, to 1e-12 in each probability. A quotient has it the other way, from old states to blocks.

*Independent*: every new state draws a reward of its own from the law of its original. POWER moves: with a second copy
of an end there is one more reward to choose from, with every history a state of its own a reward is drawn anew at
each step. A claim about POWER that holds under one model only is a claim about that model; this is what critics of
POWER point at, and what `mdppower.sensitivity` measures. (Splitting an action adds no state: POWER cannot move.)
"""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass
from functools import cached_property
from itertools import pairwise
from typing import Any

import numpy as np
import numpy.typing as npt
from scipy import sparse

from mdppower._text import count
from mdppower._typing import IntArray
from mdppower.errors import RewardError
from mdppower.mdp.argument import check_mdp
from mdppower.mdp.model import RewardlessMDP
from mdppower.rewards.distribution import Independent, resolve
from mdppower.rewards.one_state import OneState
from mdppower.rewards.reward_distribution import RewardDistribution
from mdppower.sensitivity.copied_rewards import gathered, repeated, shared_rewards

CLOSE = 1e-12
"""Probabilities that differ by no more than this are the same transition in `Transformed.mismatch`."""
LOOKS = 64
"""Draws on which rewards that are neither independent nor features are compared within a block."""


@dataclass(frozen=True, eq=False)
class Transformed:
    """Another MDP for the same situation, and what its states stand for.

    Attributes
    ----------
    mdp : RewardlessMDP
        The new one, of S' states.
    original : RewardlessMDP
        Of S states.
    origin : (S',) integer array
        The original state that each new state stands for; of a block, its first state.
    representative : (S,) integer array
        The new state that answers for each original state: of copies the first; of histories the one with no past;
        of a quotient the block.
    name : str
        What was done.

    Examples
    --------
    >>> import mdppower as mp
    >>> from mdppower.sensitivity import duplicate_state
    >>> again = duplicate_state(mp.envs.fork(2), "t1")
    >>> again
    Transformed(duplicate 't1' by choice: 3 states → 4 states)
    >>> again.mdp.states, again.origin.tolist()
    (('root', 't1', 't2', 't1 (copy 1)'), [0, 1, 2, 1])
    """

    mdp: RewardlessMDP
    original: RewardlessMDP
    origin: IntArray
    representative: IntArray
    name: str

    @property
    def block(self) -> IntArray:
        """(S,) `representative`, as it is called where states are merged.

        Examples
        --------
        >>> import mdppower as mp
        >>> from mdppower.sensitivity import bisimulation_quotient
        >>> bisimulation_quotient(mp.envs.fork(2), [0, 1, 1]).block.tolist()
        [0, 1, 1]
        """
        return self.representative

    @property
    def is_quotient(self) -> bool:
        """Whether states were merged.

        Examples
        --------
        >>> import mdppower as mp
        >>> from mdppower.sensitivity import bisimulation_quotient
        >>> bisimulation_quotient(mp.envs.fork(2)).is_quotient
        False
        """
        return len(np.unique(self.representative)) < self.original.n_states

    @cached_property
    def copy_numbers(self) -> npt.NDArray[np.int64]:
        """(S',) how many earlier new states stand for the same original.

        Examples
        --------
        >>> import mdppower as mp
        >>> from mdppower.sensitivity import duplicate_state
        >>> duplicate_state(mp.envs.fork(2), "t1", copies=2).copy_numbers.tolist()
        [0, 0, 0, 1, 2]
        """
        seen: Counter[int] = Counter()
        numbers = []
        for s in self.origin.tolist():
            numbers.append(seen[s])
            seen[s] += 1
        return np.array(numbers, dtype=np.int64)

    def mismatch(self) -> str | None:
        """Where the theorem's condition fails, in words; None where tied rewards provably leave POWER as it is.

        Returns
        -------
        str or None

        Examples
        --------
        >>> import dataclasses, mdppower as mp
        >>> from mdppower.sensitivity import duplicate_state
        >>> again = duplicate_state(mp.envs.fork(2), "t1")
        >>> again.mismatch() is None
        True
        >>> dataclasses.replace(again, origin=np.array([0, 1, 2, 0])).mismatch()  # the copy is of t1, not of root
        "state 'root' does not go where its original 'root' goes"
        """
        down = (self.original, self.mdp, self.representative)
        fine, coarse, image = down if self.is_quotient else (self.mdp, self.original, self.origin)
        arrow = (np.ones(fine.n_states), (np.arange(fine.n_states), image))
        rows = _state_rows(fine, fine.kernel @ sparse.csr_array(arrow, shape=(fine.n_states, coarse.n_states)))
        targets = _state_rows(coarse, coarse.kernel)
        for x, s in enumerate(image.tolist()):
            if not (_all_among(rows[x], targets[s]) and _all_among(targets[s], rows[x])):
                return f"state {fine.states[x]!r} does not go where its original {coarse.states[s]!r} goes"
        return None

    def __repr__(self) -> str:
        sizes = f"{count(self.original.n_states, 'state')} → {count(self.mdp.n_states, 'state')}"
        return f"Transformed({self.name}: {sizes})"


def _state_rows(mdp: RewardlessMDP, kernel: Any) -> list[list[dict[int, float]]]:
    """The rows of each state's pairs, as dictionaries."""
    kernel = sparse.csr_array(kernel)
    kernel.sum_duplicates()
    ends, where, chances = kernel.indptr.tolist(), kernel.indices.tolist(), kernel.data.tolist()
    rows = [dict(zip(where[i:j], chances[i:j], strict=True)) for i, j in pairwise(ends)]
    pointer = mdp.pointer.tolist()
    return [rows[i:j] for i, j in pairwise(pointer)]


def _all_among(some: list[dict[int, float]], others: list[dict[int, float]]) -> bool:
    """Whether each of some rows is one of the others, up to rounding."""

    def same(a: dict[int, float], b: dict[int, float]) -> bool:
        return all(abs(a.get(s, 0.0) - b.get(s, 0.0)) <= CLOSE for s in a.keys() | b.keys())

    return all(any(same(row, other) for other in others) for row in some)


# ---------------------------------------------------------------------- the two readings


def tied(transformed: Transformed, rewards: Any = "uniform") -> RewardDistribution:
    """Rewards on the new states, each that of its original: R'(x) = R(o(x)). POWER does not move.

    Parameters
    ----------
    transformed : Transformed
    rewards : anything that `mdppower.rewards.distribution.resolve` takes
        Of the original states.

    Returns
    -------
    RewardDistribution
        Of the new states. Copies share their reward, so it is not i.i.d.; with the same seed its draws are those of
        the original, but for `Gaussian`, which has draws of its own.

    Raises
    ------
    RewardError
        A quotient merges states whose rewards differ.

    Examples
    --------
    >>> import mdppower as mp
    >>> from mdppower.sensitivity import duplicate_state
    >>> again = duplicate_state(mp.envs.fork(2), "t1")
    >>> before = mp.power(again.original, 0.9, rng=0).mean[0]
    >>> bool(abs(mp.power(again.mdp, 0.9, tied(again), rng=0).mean[0] - before) < 1e-12)
    True
    """
    base = resolve(rewards, transformed.original)
    if transformed.is_quotient:
        _require_shared(transformed, base)
    return gathered(base, transformed.origin)


def independent(transformed: Transformed, rewards: Any = "uniform") -> RewardDistribution:
    """Rewards on the new states, a draw of its own for each copy of a state. POWER may move.

    Parameters
    ----------
    transformed : Transformed
    rewards : anything that `mdppower.rewards.distribution.resolve` takes
        Of the original states. Where these depend on each other, the k-th copies of all states share the k-th draw.

    Returns
    -------
    RewardDistribution

    Examples
    --------
    Three ends to choose from instead of two: E max of three uniform rewards is 3/4, of two 2/3.

    >>> import mdppower as mp
    >>> from mdppower.sensitivity import duplicate_state
    >>> again = duplicate_state(mp.envs.fork(2), "t1")
    >>> mp.power(again.mdp, 0.9, independent(again), method="exact").exact[0]
    Fraction(3, 4)
    """
    base = resolve(rewards, transformed.original)
    number = transformed.copy_numbers
    return gathered(repeated(base, int(number.max()) + 1), number * base.n_states + transformed.origin)


def same_rewards(mdp: RewardlessMDP, rewards: Any) -> npt.NDArray[np.int64]:
    """Which states have the same reward for certain: constants of one value, or the same features.

    Parameters
    ----------
    mdp : RewardlessMDP
    rewards : anything that `mdppower.rewards.distribution.resolve` takes

    Returns
    -------
    (S,) int64 array
        Equal numbers for equal rewards; a partition for `bisimulation_quotient`.

    Examples
    --------
    >>> import mdppower as mp
    >>> same_rewards(mp.envs.fork(3), {"t1": "uniform", "default": 0}).tolist()
    [0, 1, 0, 0]
    """
    check_mdp(mdp)
    return shared_rewards(resolve(rewards, mdp))


def _require_shared(transformed: Transformed, base: RewardDistribution) -> None:
    """Raise RewardError at the first state whose reward is not that of the block it is merged into."""
    first = transformed.origin[transformed.block]
    number = shared_rewards(base)
    differ = number != number[first]
    if differ.any() and not isinstance(base, (Independent, OneState)):  # of a rare goal, draws show little
        # How it is made does not show that they are equal; almost surely draws show where they are not.
        draws = base.sample(LOOKS, np.random.default_rng(0))
        gap = np.abs(draws - draws[:, first])
        differ &= ~(gap <= 1e-9 * (1 + np.abs(draws))).all(axis=0)
    if differ.any():
        s = int(differ.argmax())
        a, b = (transformed.original.states[k] for k in (int(first[s]), s))
        raise RewardError(f"states {a!r} and {b!r} are merged, but their rewards differ; give a finer partition")
