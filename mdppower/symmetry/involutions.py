"""Involutions of the states, and what a search for them gives back.

An involution φ is a permutation of the states that is its own inverse: it swaps some states in pairs and leaves the
others where they are. It acts on vectors over the states by (φ·x)_{φ(i)} = x_i, so that (φ·x)_i = x_{φ(i)}.

A set X of vectors *contains a copy of* X' if φ·X' ⊆ X for an involution φ (Turner et al., arXiv 1912.01683, Def. 6.1
and after). To look for one is NP-complete in general, so that searches have a budget, and three outcomes: found, none
exists (all possibilities were gone through), unknown (the budget was spent, or a set was too large to list).
"""

from __future__ import annotations

import time
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Literal, TypeAlias

import numpy as np

from mdppower._checks import positive, positive_integer
from mdppower._typing import FloatArray, IntArray, Label
from mdppower.errors import LabelError, ParameterError
from mdppower.mdp.argument import check_mdp
from mdppower.mdp.model import RewardlessMDP

Found: TypeAlias = 'Literal["found", "none", "unknown"]'


@dataclass(frozen=True, eq=False)
class Involution:
    """A permutation of the states that is its own inverse; `involution` makes one from labels.

    Attributes
    ----------
    states : tuple of labels
    image : (S,) int array
        φ(i), with image[image[i]] = i.
    """

    states: tuple[Label, ...]
    image: IntArray

    @property
    def moved(self) -> dict[Label, Label]:
        """{s: φ(s)} of the states that φ moves."""
        return {self.states[i]: self.states[j] for i, j in enumerate(self.image.tolist()) if i != j}

    def of(self, state: Label) -> Label:
        """φ(s); LabelError if there is no such state."""
        if state not in self.states:
            raise LabelError(f"there is no state {state!r}")
        return self.states[int(self.image[self.states.index(state)])]

    def act(self, vectors: FloatArray) -> FloatArray:
        """φ·x of each vector: (..., S) → (..., S)."""
        return np.ascontiguousarray(vectors[..., self.image])

    def __repr__(self) -> str:
        swaps = [f"{self.states[i]!r} ↔ {self.states[j]!r}" for i, j in enumerate(self.image.tolist()) if i < j]
        shown = ", ".join(swaps[:6]) + (f", … ({len(swaps)} swaps)" if len(swaps) > 6 else "")
        return f"Involution({shown or 'identity'})"


def involution(mdp: RewardlessMDP, mapping: Any) -> Involution:
    """An involution from a mapping of labels, or an array of indices.

    Parameters
    ----------
    mdp : RewardlessMDP
    mapping : mapping from label to label, (S,) array of int, or Involution
        Of a mapping, a → b stands for b → a too; states that are not named stay where they are.

    Returns
    -------
    Involution

    Raises
    ------
    LabelError
        There is no such state.
    ParameterError
        It is no involution, or of another size than the MDP.

    Examples
    --------
    >>> import mdppower as mp
    >>> involution(mp.envs.fork(3), {"t1": "t3"})
    Involution('t1' ↔ 't3')
    >>> involution(mp.envs.fork(3), {"t1": "t3", "t3": "t2"})
    Traceback (most recent call last):
    mdppower.errors.ParameterError: φ is no involution: it takes 't1' to 't3', but 't3' to 't2'
    """
    check_mdp(mdp)
    if isinstance(mapping, Involution):
        if mapping.states != mdp.states:
            raise ParameterError(f"φ is about {len(mapping.states)} other states than those of the MDP")
        return mapping
    image = np.arange(mdp.n_states)
    if isinstance(mapping, Mapping):
        given = {mdp.index(s): mdp.index(t) for s, t in mapping.items()}
        for i, j in given.items():
            back = given.get(j, i)
            if back != i:
                names = [repr(mdp.states[k]) for k in (i, j, back)]
                raise ParameterError(
                    f"φ is no involution: it takes {names[0]} to {names[1]}, but {names[1]} to {names[2]}"
                )
        targets: dict[int, int] = {}
        for i, j in given.items():
            if targets.setdefault(j, i) != i:
                names = [repr(mdp.states[k]) for k in (targets[j], i, j)]
                raise ParameterError(f"φ is no involution: it takes {names[0]} and {names[1]} to {names[2]}")
            image[i], image[j] = j, i
    else:
        image = _indices(mapping, mdp)
    return Involution(mdp.states, image.astype(np.int32))


def _indices(mapping: Any, mdp: RewardlessMDP) -> Any:
    try:
        image = np.asarray(mapping)
    except ValueError:
        image = np.empty(())  # rows of different lengths
    if image.ndim != 1 or image.dtype.kind not in "iu":
        of = f"an array of {image.dtype} of shape {image.shape}" if isinstance(mapping, np.ndarray) else repr(mapping)
        raise ParameterError(f"φ must be a mapping of states or {mdp.n_states} indices, got {of}")
    if len(image) != mdp.n_states:
        raise ParameterError(f"φ must have one index for each of {mdp.n_states} states, got {len(image)}")
    outside = np.flatnonzero((image < 0) | (image >= mdp.n_states))
    if len(outside):
        i = int(outside[0])
        raise ParameterError(f"φ takes state {mdp.states[i]!r} to {image[i]}, which is no index of a state")
    wrong = np.flatnonzero(image[image] != np.arange(mdp.n_states))
    if len(wrong):
        i = int(wrong[0])
        names = [repr(mdp.states[int(k)]) for k in (i, image[i], image[image[i]])]
        raise ParameterError(f"φ is no involution: it takes {names[0]} to {names[1]}, but {names[1]} to {names[2]}")
    return image


# ---------------------------------------------------------------------- searches


@dataclass(frozen=True)
class Budget:
    """How far a search may go.

    Attributes
    ----------
    nodes : int
        Assignments to try. The same search with the same nodes ends in the same way, on any machine.
    seconds : float
        A stop for what takes longer than was thought.
    sets : int
        Most visit distributions to list of one set.

    Examples
    --------
    >>> Budget(nodes=0)
    Traceback (most recent call last):
    mdppower.errors.ParameterError: budget nodes must be a positive integer, got 0
    """

    nodes: int = 20_000
    seconds: float = 20.0
    sets: int = 2_000

    def __post_init__(self) -> None:
        positive_integer(self.nodes, "budget nodes")
        positive(self.seconds, "budget seconds")
        positive_integer(self.sets, "budget sets")


class Meter:
    """Counts what a search spends of a budget."""

    def __init__(self, budget: Budget) -> None:
        self.budget = budget
        self.nodes = 0
        self._end = time.monotonic() + budget.seconds

    def afresh(self) -> Meter:
        """The same nodes again, until the same time."""
        again = Meter(self.budget)
        again._end = self._end
        return again

    def spend(self) -> bool:
        """Count one node; whether it may still be looked at."""
        self.nodes += 1
        return self.nodes <= self.budget.nodes and time.monotonic() <= self._end

    @property
    def is_spent(self) -> bool:
        """Whether the search was cut short."""
        return self.nodes > self.budget.nodes or time.monotonic() > self._end


@dataclass(frozen=True, eq=False)
class CopySearch:
    """What a search for a copy found.

    Attributes
    ----------
    status : {"found", "none", "unknown"}
        *None*: no involution does it, proved by exhaustion. *Unknown*: nothing was found within the budget.
    involutions : tuple of Involution
        Each moves only states that matter.
    method : str
        How it was found, or why nothing can be said.
    nodes : int
        Assignments that were tried.
    all_listed : bool
        Whether these are all involutions that there are: asked for, and the search was not cut short.
    """

    status: Found
    involutions: tuple[Involution, ...]
    method: str
    nodes: int
    all_listed: bool = False

    @property
    def phi(self) -> Involution | None:
        """The first involution found, if any."""
        return self.involutions[0] if self.involutions else None

    def __repr__(self) -> str:
        told = {"found": f"found {self.phi}", "none": "none exists", "unknown": "not found within the budget"}
        return f"CopySearch({told[self.status]}; {self.method})"


def spread(image: Mapping[int, int], states: Sequence[Label]) -> Involution:
    """An involution from the indices that it moves; the others stay."""
    full = np.arange(len(states), dtype=np.int32)
    for i, j in image.items():
        full[i] = j
    return Involution(tuple(states), full)
