"""Which pairs are optimal in a stochastic MDP, where floats leave it open: by residues, and by long numbers.

Floats have excluded what is certainly not optimal. The pairs that are left, the candidates, are all that optimal
policies use; so a state's question is settled on the states that candidates can reach from it, however large the MDP
is. There a policy of candidates is improved until no candidate leads:

zero       Whether a pair's lead over the policy's own is 0 is asked modulo two primes (`modular_chains`), where a
           wrong yes has a chance of about 10^-18. Near an end of γ a lead is 0 if it is 0 for all γ: if it is at two
           random γ modulo each prime, since its numerator is a polynomial of degree S + 1 at most (Schwartz 1980).
sign       Of a lead that is not 0: from values to hundreds of digits (`long_values`). γ → 1: from the first of their
           Laurent coefficients at which the lead is not 0 modulo the primes.

Near γ = 0 no policy is needed: c_k, the k-th coefficient of V*, is the greatest T_p·c_{k−1} of the pairs that have
tied so far. It is kept to 640 bits, of which each level costs one unit, and modulo the primes, which find ties; ties
that hold for ever would need S levels, and are asked for as above after 16, 64, 256, … of them.

What is too large, or still unknown, stays open, and so does every state from which it can be reached.

Reference: Schwartz, J. ACM 27 (1980) 701.
"""

from __future__ import annotations

from fractions import Fraction
from itertools import islice

import numpy as np
from scipy import sparse

from mdppower._typing import AnyArray, BoolArray, FloatArray, IntArray
from mdppower.mdp.chains import reachable
from mdppower.mdp.model import RewardlessMDP
from mdppower.optimal_sets.fraction_rows import PRIMES, integer_rows, rate, residue, residues, rows_modulo
from mdppower.optimal_sets.long_values import Leads, times
from mdppower.optimal_sets.modular_chains import MOST_WORK, band_work, discounted, laurent, times_modulo

MOST_STATES = 2000
"""Most states on which one question is settled."""
MOST_LEVELS = 12
BITS, LOOKS = 640, (16, 64, 256, 1024)
MOST_ROUNDS = 100
UNKNOWN = 2


def settle(
    mdp: RewardlessMDP,
    reward: FloatArray,
    gamma: float,
    candidates: BoolArray,
    open_states: BoolArray,
    policy: IntArray,
) -> tuple[BoolArray, BoolArray]:
    """Decide what floats leave open, for one reward function.

    Parameters
    ----------
    mdp : RewardlessMDP
    reward : (S,) array
    gamma : float
        In [0, 1]; the ends mean the limits, at 1 Blackwell optimality.
    candidates : (P,) boolean array
        All that may be optimal.
    open_states : (S,) boolean array
    policy : (S,) array of int
        A good pair of each state, if it is a candidate.

    Returns
    -------
    optimal : (P,) boolean array
        The candidates without those that were found not to be optimal.
    open_states : (S,) boolean array
        Those that still are.

    Examples
    --------
    A sure 1/2, or 0 and 1 with a chance of 1/2 each, ever after.

    >>> mdp = RewardlessMDP.from_successors(
    ...     {"a": {"sure": "b", "bet": {"c": 0.5, "d": 0.5}}, "b": {"": "b"}, "c": {"": "c"}, "d": {"": "d"}})
    >>> everything = np.ones(mdp.n_pairs, bool), np.ones(4, bool), mdp.pointer[:-1]
    >>> for x in (0.1, np.nextafter(0.1, 1)):  # 3/10 − 1/10 is a rounding less than 1/5
    ...     optimal, still_open = settle(mdp, np.array([0, x, 0, 0.2]), 0.9, *everything)
    ...     print(optimal[:2].tolist(), still_open.any())
    [True, True] False
    [True, False] False
    """
    optimal, unknown = candidates.copy(), open_states & False
    if open_states.sum() > MOST_STATES:
        return optimal, open_states
    inside = reachable(_graph(mdp, candidates), open_states)
    if inside.sum() > MOST_STATES:
        return optimal, open_states
    part = _Part(mdp, reward, gamma, np.flatnonzero(candidates & inside[mdp.pair_states]), inside)
    own = part.start(policy)
    for _ in range(MOST_ROUNDS):
        signs = part.near_zero() if gamma == 0 else part.signs(own)
        if signs is None:
            return optimal, open_states
        better = np.flatnonzero(signs == 1)
        if not len(better):
            break
        own[part.owner[better]] = better
    else:
        return optimal, open_states
    optimal[part.pairs[signs == -1]] = False
    unknown[mdp.pair_states[part.pairs[signs == UNKNOWN]]] = True
    if unknown.any():
        # What is unknown may be better, and so may whatever leads there.
        unknown = reachable(sparse.csr_array(_graph(mdp, candidates).T), unknown)
        optimal |= candidates & unknown[mdp.pair_states]
    return optimal, unknown & open_states


def _graph(mdp: RewardlessMDP, pairs: BoolArray) -> sparse.csr_array:
    """(S, S) array with an entry for each step that some of these pairs can make."""
    entries = np.repeat(pairs, np.diff(mdp.kernel.indptr))
    owner = np.repeat(mdp.pair_states, np.diff(mdp.kernel.indptr))[entries]
    ones = np.ones(len(owner), np.int8)
    return sparse.csr_array((ones, (owner, mdp.kernel.indices[entries])), shape=(mdp.n_states, mdp.n_states))


class _Part:
    """The states on which a question is settled, and their candidates; all of its own numbering."""

    def __init__(
        self, mdp: RewardlessMDP, reward: FloatArray, gamma: float, pairs: AnyArray, inside: BoolArray
    ) -> None:
        states = np.flatnonzero(inside)
        place = np.full(mdp.n_states, -1)
        place[states] = np.arange(len(states))
        self.mdp, self.gamma, self.pairs = mdp, gamma, pairs
        self.owner: AnyArray = place[mdp.pair_states[pairs]]
        self.first: AnyArray = np.searchsorted(self.owner, np.arange(len(states)))
        self.kernel = sparse.csr_array(mdp.kernel[pairs][:, states])
        self.modulo = {p: sparse.csr_array(rows_modulo(mdp, pairs, p)[:, states]) for p in PRIMES}
        self.reward: FloatArray = reward[states]
        self.residues = {p: residues(self.reward, p) for p in PRIMES}
        self.states = states

    def start(self, policy: IntArray) -> AnyArray:
        """A pair of each state: the policy's, if it is here, else the first."""
        own = self.first.copy()
        here = np.flatnonzero(self.pairs == policy[self.states[self.owner]])
        own[self.owner[here]] = here
        return own

    def signs(self, own: AnyArray) -> AnyArray | None:
        """(pairs,) the sign of each lead over the policy's own pair, or UNKNOWN; None where it is too much work."""
        place, work = band_work(sparse.csr_array(self.kernel[own]))
        if work > MOST_WORK:
            return None
        rng = np.random.default_rng(0)
        equal = np.ones(len(self.pairs), bool)
        for prime in PRIMES:
            rates = (
                [int(x) for x in rng.integers(2, prime, 2)]
                if self.gamma in (0, 1)
                else [residue(rate(self.gamma), prime)]
            )
            for gamma in rates:
                reward, rows = self.residues[prime], self.modulo[prime]
                try:
                    v = discounted(sparse.csr_array(rows[own]), gamma, reward, place, prime)
                except ZeroDivisionError:
                    return None
                equal &= (reward - v)[self.owner] % prime == -gamma * times_modulo(rows, v, prime) % prime
        signs = np.where(equal, 0, UNKNOWN)
        asked = np.flatnonzero(~equal)
        if len(asked) and self.gamma > 0:
            level = self._first_levels(own, asked, place) if self.gamma == 1 else np.zeros(len(asked), np.int64)
            told = level < MOST_LEVELS
            found: AnyArray = np.array(self._leads(own).signs(asked[told], level[told]), dtype=np.int64)
            signs[asked[told]] = np.where(found == 0, UNKNOWN, found)
        return signs

    def near_zero(self) -> AnyArray | None:
        """(pairs,) 0 where a pair is optimal for all γ near 0, −1 where not, or UNKNOWN."""
        signs = np.zeros(len(self.pairs), np.int64)
        alive = np.split(np.arange(len(self.pairs)), self.first[1:])
        leads, numbers = self._leads(self.first), dict(self.residues)
        rows, c = leads.rows, [(r.numerator << BITS) // r.denominator for r in leads.reward]
        for level in range(len(alive)):
            now = {prime: times_modulo(self.modulo[prime], y, prime) for prime, y in numbers.items()}
            best, top = self.first.copy(), c.copy()
            for s, pairs in enumerate(alive):
                scores = [times(rows[p], c) for p in pairs.tolist()]
                top[s] = max(scores)
                best[s] = pairs[scores.index(top[s])]
                if len(pairs) > 1:
                    near = np.array([top[s] - x <= 2 * level + 4 for x in scores])
                    same = np.all([y[pairs] == y[best[s]] for y in now.values()], axis=0)
                    signs[pairs[near & ~same]] = UNKNOWN
                    signs[pairs[~near]] = -1
                    alive[s] = pairs[near & same]
            c, numbers = top, {prime: y[best] for prime, y in now.items()}
            left = np.concatenate([pairs for pairs in alive if len(pairs) > 1] or [self.first[:0]])
            if not len(left):
                break
            if level + 1 in LOOKS:
                found = self.signs(best)
                if found is None or not found[left].any():
                    return None if found is None else signs
        return signs

    def _leads(self, own: AnyArray) -> Leads:
        ends = np.split(self.kernel.indices, self.kernel.indptr[1:-1])
        rows = [
            (below, list(zip(to.tolist(), parts, strict=True)))
            for to, (below, parts) in zip(ends, integer_rows(self.mdp, self.pairs.tolist()), strict=True)
        ]
        reward = [Fraction(x) for x in self.reward.tolist()]
        return Leads(rows, self.owner, own, reward, Fraction(1) if self.gamma in (0, 1) else rate(self.gamma))

    def _first_levels(self, own: AnyArray, asked: AnyArray, place: AnyArray) -> AnyArray:
        """The first level at which each lead is not 0 modulo both primes; MOST_LEVELS if it is not among these."""
        level = np.full(len(asked), MOST_LEVELS)
        for prime in PRIMES:
            rows, before = self.modulo[prime], np.zeros(len(self.first), np.int64)
            try:
                coefficients = list(islice(
                    laurent(sparse.csr_array(rows[own]), self.residues[prime], place, prime), MOST_LEVELS
                ))  # fmt: skip
            except ZeroDivisionError:
                continue
            for n, y in enumerate(coefficients):
                earned = self.residues[prime] if n == 1 else 0  # rewards count at y_0
                lead = (times_modulo(rows, y, prime) + (earned - before - y)[self.owner])[asked] % prime
                level = np.where((lead != 0) & (level > n), n, level)
                before = y
        return level
