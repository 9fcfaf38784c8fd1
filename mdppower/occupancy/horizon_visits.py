"""What policies can visit in H steps, exactly: the set that takes the place of F(s) where a horizon is meant.

A policy that may depend on the time that is left gives a vector of expected visits, of s_1 … s_H. The sets follow
from each other, and their greatest ⟨vector, R⟩ is the best expected total of backward induction:

    G_0(s) = {0},    G_{k+1}(s) = ∪_a { Σ_{s'} T(s'|s,a) (e_{s'} + g_{s'}) : g_{s'} ∈ G_k(s') }

Of pairs, where these earn: those of steps 0 … H−1, G_{k+1}(s) = ∪_a { e_{s,a} + Σ_{s'} T(s'|s,a) g_{s'} : … }.
Vectors that are found twice are kept once; those that are dominated stay, since no reward draws them out.
"""

from __future__ import annotations

from fractions import Fraction
from itertools import product
from math import prod

from mdppower._stop import stop_if_told
from mdppower.errors import SizeError
from mdppower.mdp.actions import distinct_choices
from mdppower.mdp.model import RewardlessMDP
from mdppower.mdp.rational import Row, rational_rows

MOST = 5000
"""Most vectors of an action, before those that are found twice are left out."""


def horizon_visits(
    mdp: RewardlessMDP, state: int, steps: int, most: int = MOST, on: str = "states"
) -> dict[int, list[Row]]:
    """Expected visits of s_1 … s_H from a state, by the pair that comes first; or of the pairs on the way.

    Parameters
    ----------
    mdp : RewardlessMDP
    state : int
    steps : int
        H; 0 steps visit nothing, whatever comes first.
    most : int
        Most vectors of an action.
    on : {"states", "pairs"}
        What visits are counted of.

    Returns
    -------
    dict from int to list of list of Fraction
        For one pair of each class of equivalent actions (of pairs, for each), the vectors, each once.

    Raises
    ------
    SizeError
        An action has more, or all states and steps together have more than 20 times as many.

    Examples
    --------
    >>> import mdppower as mp
    >>> [[list(map(str, row)) for row in rows] for rows in horizon_visits(mp.envs.fork(2), 0, 2).values()]
    [[['0', '2', '0']], [['0', '0', '2']]]
    """
    return _Induction(mdp, most, on).of(state, steps)


class _Induction:
    """The sets of states that are reached, from the last step back."""

    def __init__(self, mdp: RewardlessMDP, most: int, on: str) -> None:
        self.most, self.of_pairs = most, on == "pairs"
        self.mdp, self.rows, self.choices = mdp, rational_rows(mdp), distinct_choices(mdp)
        if self.of_pairs:  # what leads to the same states is none the less two
            self.choices = [list(range(*mdp.pointer[s : s + 2].tolist())) for s in range(mdp.n_states)]
        self.nothing = [Fraction(0)] * (mdp.n_pairs if self.of_pairs else mdp.n_states)

    def of(self, state: int, steps: int) -> dict[int, list[Row]]:
        """See `horizon_visits`."""
        if steps == 0:
            return {p: [self.nothing] for p in self.choices[state]}
        if steps > 20 * self.most:  # each step has a vector
            raise self._too_many(state)
        needed = [{state}]
        while len(needed) < steps:
            ahead = {t for s in needed[-1] for p in self.choices[s] for t in self.rows[p]}
            needed.append(ahead)
        after: dict[int, list[Row]] = {}
        size = 0
        for here in reversed(needed):
            found = {s: {p: self._pair(p, after) for p in self.choices[s]} for s in here}
            after = {s: _once([row for rows in pairs.values() for row in rows]) for s, pairs in found.items()}
            size += sum(map(len, after.values()))
            if size > 20 * self.most:
                raise self._too_many(state)
        return found[state]

    def _pair(self, p: int, after: dict[int, list[Row]]) -> list[Row]:
        stop_if_told()
        row = self.rows[p]
        ways = [after.get(t, [self.nothing]) for t in row]
        if prod(map(len, ways)) > self.most:
            raise self._too_many(int(self.mdp.pair_states[p]))
        found = []
        for chosen in product(*ways):
            total = self.nothing.copy()
            if self.of_pairs:
                total[p] += 1
            for (t, share), rest in zip(row.items(), chosen, strict=True):
                if not self.of_pairs:
                    total[t] += share
                total = [x + share * y if y else x for x, y in zip(total, rest, strict=True)]
            found.append(total)
        return _once(found)

    def _too_many(self, state: int) -> SizeError:
        return SizeError(
            f"policies give more than {self.most:,} vectors of visits from state {self.mdp.states[state]!r}; leave "
            "out method='exact' for an estimate with its error"
        )


def _once(rows: list[Row]) -> list[Row]:
    return [list(row) for row in dict.fromkeys(map(tuple, rows))]
