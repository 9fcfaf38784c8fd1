"""Symmetries of a whole MDP: permutations of its states that leave the dynamics as they are.

σ is an automorphism if for each state s the transition rows of σ(s) are the rows of s with every successor t replaced
by σ(t) (names of actions do not count, nor how many equivalent ones there are). Then V*_{σ·R}(σ(s)) = V*_R(s); with
i.i.d. rewards σ·R has the law of R, and POWER(σ(s), γ) = POWER(s, γ) for every γ. So states of one *orbit* have the
same POWER: a test of any estimate, and a way to lower its variance. The mean over an orbit is an estimate of each of
its members; no solve is saved, since a drawn reward breaks the symmetry.

The search refines colours until states of one colour have the same rows, colour by colour; where colours are left
that hold several states, it gives one of them a colour of its own on both sides, and goes on (individualisation and
refinement, as in McKay & Piperno, J. Symb. Comput. 60, 2014). Each automorphism that is found merges the orbits of
all states that it moves, so that few are looked for.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from fractions import Fraction
from typing import TypeAlias

import numpy as np
from scipy import sparse

from mdppower._typing import FloatArray, IntArray, Label
from mdppower.errors import ParameterError
from mdppower.mdp.actions import distinct_choices
from mdppower.mdp.argument import check_mdp
from mdppower.mdp.model import RewardlessMDP
from mdppower.mdp.rational import rational_rows
from mdppower.measures.power_estimate import PowerEstimate
from mdppower.montecarlo.estimates import Estimate
from mdppower.symmetry.involutions import Budget, Meter

Actions: TypeAlias = "list[list[dict[int, Fraction]]]"
"""The different transition rows of each state."""


@dataclass(frozen=True, eq=False)
class Symmetries:
    """The symmetries of an MDP that a search found.

    Attributes
    ----------
    mdp : RewardlessMDP
    generators : tuple of (S,) int arrays
        Automorphisms; state i goes to ``generator[i]``.
    orbit : (S,) int array
        States with the same number can be taken to each other.
    complete : bool
        Whether the orbits are proved to be all that there is; else the budget was spent, and some may be one.

    Examples
    --------
    >>> import mdppower as mp
    >>> symmetries(mp.envs.make("open(2,3)"))
    Symmetries(2 orbits of 6 states, 2 generators)
    """

    mdp: RewardlessMDP
    generators: tuple[IntArray, ...]
    orbit: IntArray
    complete: bool

    @property
    def orbits(self) -> list[tuple[Label, ...]]:
        """The states of each orbit."""
        found: dict[int, list[Label]] = {}
        for s, k in enumerate(self.orbit.tolist()):
            found.setdefault(k, []).append(self.mdp.states[s])
        return [tuple(states) for states in found.values()]

    @property
    def is_trivial(self) -> bool:
        """Whether each state is alone in its orbit."""
        return len(self.orbits) == self.mdp.n_states

    def average(self, estimate: PowerEstimate) -> Estimate:
        """POWER of each state as the mean over its orbit: the same expectation, and less variance.

        Parameters
        ----------
        estimate : PowerEstimate
            Of this MDP, of optimal policies, with i.i.d. rewards.

        Returns
        -------
        Estimate
            Standard errors are those of the averages.

        Raises
        ------
        ParameterError
            The estimate is of another MDP, or of a policy's POWER, or its rewards are not i.i.d., or on pairs.

        Examples
        --------
        >>> import mdppower as mp
        >>> room = mp.envs.make("open(3,3)")
        >>> estimate = mp.power(room, 0.9, samples=256, rng=0)
        >>> averaged = symmetries(room).average(estimate)
        >>> bool(averaged.mean[0] == averaged.mean[8]), bool(averaged.stderr[0] < estimate.stderr[0])
        (True, True)
        """
        if not estimate.mdp.equals(self.mdp):
            raise ParameterError("the estimate is of another MDP than the symmetries")
        if estimate.policy is not None:
            raise ParameterError(
                "a policy's POWER need not be the same on an orbit; only that of optimal policies is"
            )
        if estimate.rewards.on == "pairs":
            raise ParameterError(
                "the symmetries are of states: two actions that lead alike are one to them, and earn apart"
            )
        if not estimate.rewards.is_iid:
            raise ParameterError(f"{estimate.rewards.name} rewards are not i.i.d.: states of an orbit differ")
        n = self.mdp.n_states
        _, block = np.unique(self.orbit, return_inverse=True)
        member = sparse.csr_array((np.ones(n), (np.arange(n), block)))
        weights = sparse.csr_array(member @ sparse.diags_array(1 / member.sum(axis=0)) @ member.T)
        return Estimate(
            estimate.data.contrast(weights), self.mdp.states, estimate.gammas, estimate.single_gamma,
            draws=estimate.draws, layout=self.mdp.layout, marks=self.mdp.marks,
        )  # fmt: skip

    def __repr__(self) -> str:
        count = len(self.orbits)
        told = f"{count} orbits of {self.mdp.n_states} states, {len(self.generators)} generators"
        return f"Symmetries({told}{'' if self.complete else '; the budget was spent'})"


def symmetries(mdp: RewardlessMDP, budget: Budget | None = None) -> Symmetries:
    """Find the orbits of the states under all automorphisms of an MDP.

    Parameters
    ----------
    mdp : RewardlessMDP
    budget : Budget, optional
        Of the whole search; what was found before it is spent is kept.

    Returns
    -------
    Symmetries

    Examples
    --------
    The two states on the right of figure 1 can be swapped; nothing else can.

    >>> import mdppower as mp
    >>> [orbit for orbit in symmetries(mp.envs.figure_1()).orbits if len(orbit) > 1]
    [('r_ne', 'r_se')]
    """
    check_mdp(mdp)
    rows, choices = rational_rows(mdp), distinct_choices(mdp)
    refiner = _Refiner([[rows[p] for p in pairs] for pairs in choices])
    meter = Meter(budget or Budget())
    colours = [0] * mdp.n_states
    refiner.refine([colours], [range(mdp.n_states)])
    cells: dict[int, list[int]] = {}
    for s, colour in enumerate(colours):
        cells.setdefault(colour, []).append(s)
    parent = list(range(mdp.n_states))

    def root(s: int) -> int:
        while parent[s] != s:
            parent[s] = parent[parent[s]]
            s = parent[s]
        return s

    generators: list[IntArray] = []
    for members in cells.values():
        leaders = [members[0]]
        for s in members[1:]:
            for leader in leaders:
                if root(leader) == root(s):
                    break
                found = _automorphism(refiner, colours, leader, s, meter)
                if found is not None:
                    generators.append(found)
                    for i, j in enumerate(found.tolist()):
                        parent[root(i)] = root(j)
                    break
            else:
                leaders.append(s)
    orbit = np.array([root(s) for s in range(mdp.n_states)], dtype=np.int32)
    return Symmetries(mdp, tuple(generators), orbit, not meter.is_spent)


def is_automorphism(mdp: RewardlessMDP, image: Sequence[int] | IntArray | FloatArray) -> bool:
    """Whether a permutation of the states takes the rows of each state to those of its image, exactly.

    Examples
    --------
    >>> import mdppower as mp
    >>> fork = mp.envs.fork(2)
    >>> is_automorphism(fork, [0, 2, 1]), is_automorphism(fork, [1, 0, 2])
    (True, False)
    """
    check_mdp(mdp)
    rows, choices = rational_rows(mdp), distinct_choices(mdp)
    return _is_automorphism([[rows[p] for p in pairs] for pairs in choices], [int(i) for i in image])


def _is_automorphism(actions: Actions, image: Sequence[int]) -> bool:
    if sorted(image) != list(range(len(actions))):
        return False
    return all(
        {frozenset((image[t], chance) for t, chance in row.items()) for row in mine}
        == {frozenset(row.items()) for row in actions[image[s]]}
        for s, mine in enumerate(actions)
    )


def _automorphism(refiner: _Refiner, colours: list[int], first: int, second: int, meter: Meter) -> IntArray | None:
    """An automorphism that takes `first` to `second`, or None (there is none, or the meter is spent)."""
    # The colours of both sides, a state that gets a colour of its own on the left, and those to try on the right.
    stack = [(colours, colours, first, iter([second]))]
    while stack:
        left, right, a, images = stack[-1]
        b = next(images, None)
        if b is None:
            stack.pop()
            continue
        if not meter.spend():
            return None
        left, right = [*left], [*right]
        left[a] = right[b] = max(left) + 1
        if not refiner.refine([left, right], [[a], [b]]):
            continue
        cells: dict[int, list[int]] = {}
        for t, colour in enumerate(right):
            cells.setdefault(colour, []).append(t)
        several = [colour for colour, members in cells.items() if len(members) > 1]
        if several:
            colour = min(several, key=lambda c: len(cells[c]))
            a = left.index(colour)
            # The next one first, round and round: of n equal states this makes one orbit at once, not n/2 pairs.
            stack.append((left, right, a, iter(sorted(cells[colour], key=lambda t: (t <= a, t)))))
            continue
        image = [cells[colour][0] for colour in left]
        if _is_automorphism(refiner.actions, image):
            return np.array(image, dtype=np.int32)
    return None


class _Refiner:
    """Refines colourings until states of one colour have the same rows, colour by colour."""

    def __init__(self, actions: Actions) -> None:
        self.actions = actions
        number: dict[Fraction, int] = {}
        self._rows = [
            [[(t, number.setdefault(x, len(number))) for t, x in row.items()] for row in rows] for rows in actions
        ]
        before: list[set[int]] = [set() for _ in actions]
        for s, rows in enumerate(actions):
            for row in rows:
                for t in row:
                    before[t].add(s)
        self._before = before

    def refine(self, sides: list[list[int]], changed: Sequence[Iterable[int]]) -> bool:
        """Refine colourings in place, side by side: a colour means the same in all of them.

        They were as fine as this goes before the colours of the states `changed` (of each side) were made new. Only
        states that lead to changed ones are looked at. Returns whether all sides have equally many states of each
        colour; at the first difference the work stops.
        """
        size = Counter(colour for side in sides for colour in side)
        fresh = max(size) + 1
        moved = [(k, s) for k, states in enumerate(changed) for s in states]
        while moved:
            groups: dict[int, dict[object, list[tuple[int, int]]]] = {}
            for k, s in {(k, s) for k, t in moved for s in self._before[t]}:
                colours = sides[k]
                seen = sorted(sorted((colours[t], x) for t, x in row) for row in self._rows[s])
                name = tuple(tuple(row) for row in seen)
                groups.setdefault(colours[s], {}).setdefault(name, []).append((k, s))
            moved = []
            for colour, named in groups.items():
                parts = sorted(named.values(), key=len, reverse=True)
                # What was not looked at goes on to look alike, and different from the rest: it keeps the colour.
                if sum(map(len, parts)) == size[colour]:
                    parts = parts[1:]
                for members in parts:
                    if len({sum(k == side for k, _ in members) for side in range(len(sides))}) > 1:
                        return False
                    for k, s in members:
                        sides[k][s] = fresh
                    size[colour] -= len(members)
                    size[fresh] = len(members)
                    fresh += 1
                    moved += members
        return True
