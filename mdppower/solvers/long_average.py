"""The best average reward of an MDP whose states can all be reached from each other, however rarely.

A policy with one recurrent class has a gain g and a bias h with Σ_j a_sj (h_j − h_s) + r_s − g = 0. Where a policy
has several classes, the states of all but the best of them are led there first, which loses nothing. With a state z
of the class, and the mean rewards α and times β until z is reached,

    g = (r_z + Σ a_zj α_j) / (1 + Σ a_zj β_j),      h = α − g β.

Proof of the gap (Puterman 1994, Theorem 8.5.5): whatever h, no policy gains more than the largest r + Σ a (h − h_s).
So if no pair leads the policy's own by more than ε, no policy gains more than g + ε: no time scale is in it. But h is
as large as the time to get from state to state, and needs as many digits more.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from decimal import Decimal
from functools import cached_property
from typing import Any

import numpy as np
from scipy import sparse

from mdppower._typing import AnyArray, BoolArray, FloatArray, IntArray
from mdppower.errors import SolverError
from mdppower.mdp.chains import recurrent_classes
from mdppower.mdp.graph import lead_to
from mdppower.mdp.model import RewardlessMDP
from mdppower.solvers.decimal_elimination import ZERO, Elimination, Row, digits, drift, rates_of
from mdppower.solvers.long_digits import (
    EPS,
    MOST_COLUMNS,
    MOST_ITERATIONS,
    SPARE,
    Evaluation,
    Kept,
    data_columns,
    floats,
    largest,
    leading_pairs,
)

SHARE = 1e-13
"""What is left open, as a share of the range of the rewards."""
ONE = Decimal(1)


@dataclass(frozen=True, eq=False)
class LongAverage:
    """An MDP whose states can all be reached from each other.

    Attributes
    ----------
    mdp : RewardlessMDP
    """

    mdp: RewardlessMDP
    _kept: Kept[Evaluation] = field(default_factory=Kept)
    _classes: Kept[list[tuple[AnyArray, FloatArray]]] = field(default_factory=Kept)

    def solve(self, reward: FloatArray, pairs: IntArray) -> tuple[float, IntArray, float]:
        """The optimal gain of one reward function.

        Parameters
        ----------
        reward : (S,) array
        pairs : (S,) array
            A first policy.

        Returns
        -------
        gain : float
        pairs : (S,) array
            A gain-optimal policy.
        gap : float
            Proved bound on the error of the gain.

        Raises
        ------
        TooMuchWork
            The chains are too large for their elimination.
        SolverError
            Policies went on changing.
        """
        bottom = float(reward.min())
        above = reward - bottom
        size = float(above.max())
        pairs = np.asarray(pairs).copy()
        if self.mdp.n_pairs == self.mdp.n_states:
            ((members, shares),) = self._class_shares(pairs)
            return (
                bottom + float(shares @ above[members]),
                pairs,
                (len(above) + 4) * EPS * size + 2 * EPS * abs(bottom),
            )
        switched = np.zeros(self.mdp.n_states, bool)
        for _ in range(MOST_ITERATIONS):
            self._lead_to_best_class(pairs, above, switched)
            found, x = self._evaluation(pairs, above)
            better = leading_pairs(found, x, Decimal(SHARE) * Decimal(size), self.mdp.pair_states)
            if not better:
                gain = bottom + float(found.values[0] @ x)
                return gain, pairs, SHARE * size + (2 * len(x) + 8) * EPS * size + 2 * EPS * abs(bottom)
            switched[:] = False
            for state, pair in better.items():
                pairs[state], switched[state] = pair, True
        raise SolverError(f"the best average was not found in {MOST_ITERATIONS} iterations")

    @cached_property
    def _rows(self) -> list[Row]:
        return rates_of(self.mdp.kernel, self.mdp.pair_states)

    def _lead_to_best_class(self, pairs: IntArray, above: FloatArray, switched: BoolArray) -> None:
        """Change the policy, in place, so that all states end in its best recurrent class.

        A class in which a state has just switched is better than the one before, though perhaps by less than floats
        can tell: its gain is higher by a mean of leads.
        """
        classes = self._class_shares(pairs)
        if len(classes) == 1:
            return
        classes = [one for one in classes if switched[one[0]].any()] or classes
        gains = [float(shares @ above[members]) for members, shares in classes]
        best = np.zeros(self.mdp.n_states, bool)
        best[classes[int(np.argmax(gains))][0]] = True
        lead_to(self.mdp, best, pairs)

    def _class_shares(self, pairs: IntArray) -> list[tuple[AnyArray, FloatArray]]:
        """The recurrent classes of a policy, each with its stationary distribution."""

        def find() -> list[tuple[AnyArray, FloatArray]]:
            classes, _ = recurrent_classes(sparse.csr_array(self.mdp.kernel[pairs]))
            return [(members, self._stationary(pairs, members)) for members in classes]

        return self._classes.get(pairs, find, self.mdp.n_states)

    def _stationary(self, pairs: IntArray, members: AnyArray) -> FloatArray:
        within = members.tolist()
        with digits(2 * SPARE):
            shares = Elimination({s: self._rows[pairs[s]] for s in within}, within[0]).stationary(within[0])
        return np.array([float(shares[s]) for s in within])

    def _until(
        self, pairs: IntArray, states: list[int], reward: dict[int, Any], target: int
    ) -> tuple[Any, dict[int, Any], dict[int, Decimal]]:
        """The gain of a chain, and the mean rewards and times until the target is reached."""
        inner = [s for s in states if s != target]
        chain = Elimination({s: self._rows[pairs[s]] for s in inner})
        nothing = 0 * reward[target]
        alpha = chain.solve({s: reward[s] for s in inner}, {target: nothing})
        beta = chain.solve(dict.fromkeys(inner, ONE), {target: ZERO})
        row = self._rows[pairs[target]]
        gain = (reward[target] + drift(row, alpha, target)) / (1 + drift(row, beta, target))
        return gain, alpha, beta

    def _evaluation(self, pairs: IntArray, above: FloatArray) -> tuple[Evaluation, FloatArray]:
        columns, x = data_columns(above)
        if len(columns) > MOST_COLUMNS:  # of one draw: nobody asks again
            return self._evaluate(pairs, columns), x
        numbers = (self.mdp.n_pairs + self.mdp.n_states) * len(columns)
        return self._kept.get(pairs, lambda: self._evaluate(pairs, columns), numbers), x

    def _evaluate(self, pairs: IntArray, columns: list[Any]) -> Evaluation:
        ((members, _),) = self._class_shares(pairs)
        states = list(range(self.mdp.n_states))
        precision = 2 * SPARE
        while True:
            with digits(precision):
                g, alpha, beta = self._until(pairs, states, dict(enumerate(columns)), int(members[0]))
                needed = max(beta.values()).adjusted() + SPARE + 10
                if needed > precision:
                    precision = needed
                    continue
                h = {s: alpha[s] - g * beta[s] for s in states}
                return self._advantages(pairs, columns, g, h, precision, precision - needed + SPARE)

    def _advantages(
        self, pairs: IntArray, columns: list[Any], g: Any, h: dict[int, Any], precision: int, left: int
    ) -> Evaluation:
        """Of all pairs, for a gain and a bias of which `left` of the digits are beyond what cancels."""
        owner = self.mdp.pair_states.tolist()

        def exactly(pair: int) -> Any:
            s = owner[pair]
            return drift(self._rows[pair], h, s) + columns[s] - g

        advantages = np.array([floats(exactly(pair)) for pair in range(len(owner))]).reshape(len(owner), -1)
        floor = float(Decimal(1).scaleb(-left)) * max(map(largest, columns))
        if np.abs(advantages[pairs]).max() > floor:
            raise SolverError("an elimination in decimals does not solve its equation")
        advantages[pairs] = 0.0
        return Evaluation(np.atleast_2d(floats(g)), advantages, floor, precision, exactly)
