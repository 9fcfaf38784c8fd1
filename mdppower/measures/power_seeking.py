"""Which action of each state seeks the most POWER, and whether the draws can tell.

Action a seeks more POWER than a' at s if E_{T(s,a)} POWER(s') > E_{T(s,a')} POWER(s') (Turner et al., Def. 5.6). Both
sides come from the same draws: their difference is paired, and its interval narrow where those of the two overlap.

**What a choice costs.** Which actions are compared is read from the draws: b is the one of the greatest estimate. Of
8 equal actions the best of a sample leads the worst by chance. And where b leads the runner-up for sure, a third one
that varies much may still have more than either. Let a state have k actions that do different things, and let each
interval of a pair miss with probability δ at most, however they depend on each other. Two things are said of a state,
and one of them is wrong with probability β at most:

- *told*: not all its actions have the same POWER. Said if the interval of b over the worst, at δ = β / (k (k−1) / 2),
  is above 0. If all are the same, one of k (k−1) / 2 intervals has missed 0 (Bonferroni), whichever it was.
- *sure*: b seeks more than every other. Said if *told*, and the intervals of b over each of the k−1 others, at
  δ = β / (k−1), are all above 0. That all must pass costs nothing (an intersection-union test; Berger 1982,
  Technometrics 24, 295-300): if b is not best alone, then one of the tests that it passed was wrong, and which one
  can be named beforehand. Let m actions have the most POWER. For a b that is none of them name the first of them; for
  a b that is, name another, two by two. That makes k−1 pairs if m = 1, else k−m + ⌈m/2⌉, which is k−1 at most: so one
  of k−1 intervals has missed, with probability (k−1) δ = β at most. (As of comparisons with the best: Hsu 1984,
  Ann. Statist. 12, 1136-1144.)

If all are equal, saying either takes the first test; if not, only *sure* can be wrong: nothing is paid twice. For
intervals of which no more is known, k−1 cannot be fewer: where POWER falls from action 1 to action k, each b > 1 may
win over all with probability δ, one at a time, and then only its intervals over those before it miss. Whoever knows
that each *side* misses with δ/2, which for skewed rewards is not so, pays for k/2.

β = (1 − confidence) / n, over all n states at all rates in which anything is left to tell (Bonferroni). Limits with a
guarantee hold for all states at once whatever is asked of them, and no choice costs anything. From all other limits
rounding is taken off; from exact numbers nothing else.

That an interval misses with δ is what Student's can be trusted for (`mdppower.measures.power_caution`). Where rewards
differ from 0 once in a thousand draws, and no draw has shown it, a lead over them may be said to be sure and be none.
"""

from __future__ import annotations

from dataclasses import dataclass
from math import comb

import numpy as np
from scipy import sparse

from mdppower._checks import open_unit
from mdppower._stop import stop_if_told
from mdppower._typing import AnyArray, BoolArray, FloatArray, IntArray
from mdppower.mdp.actions import equivalent_pairs, greedy
from mdppower.mdp.model import RewardlessMDP
from mdppower.measures.power_estimate import PowerEstimate
from mdppower.measures.power_pattern import nothing_to_choose
from mdppower.montecarlo.guaranteed import Guaranteed
from mdppower.montecarlo.replicates import ROUNDING, Replicates

_AT_ONCE = 2**22
"""Most numbers of contrasts that are held at once (32 MiB)."""


@dataclass(frozen=True, eq=False)
class MostSeeking:
    """The most POWER-seeking action of each of S states at G rates, and what is sure of it.

    Attributes
    ----------
    pairs : (G, S) int array
        The first of the pairs with the greatest estimate.
    equal : (G, S) boolean array
        Whether it is a theorem that all actions have the same POWER: they do the same, or γ = 1 and there is nothing
        to choose (`mdppower.measures.power_pattern.nothing_to_choose`).
    told : (G, S) boolean array
        Whether the draws tell that not all actions have the same.
    sure : (G, S) boolean array
        Whether they tell, too, that the pair, and what does the same, has more than every other action.
    """

    pairs: IntArray
    equal: BoolArray
    told: BoolArray
    sure: BoolArray


def most_power_seeking(estimate: PowerEstimate, confidence: float = 0.95) -> MostSeeking:
    """The most POWER-seeking action of every state, and whether that is sure, at every rate.

    Parameters
    ----------
    estimate : PowerEstimate
    confidence : float
        Of all that is said at once.

    Returns
    -------
    MostSeeking

    Examples
    --------
    At the star the right is best. At its end, where two states that are alike are ahead, nothing is told:

    >>> import mdppower as mp
    >>> mdp = mp.envs.make("turner-figure-1")
    >>> found = most_power_seeking(mp.power(mdp, 0.5, rng=0))
    >>> mdp.pair_label(found.pairs[0, 0]), bool(found.sure[0, 0]), bool(found.told[0, mdp.index("r_tri")])
    (('star', '->r_tri'), True, False)
    """
    mdp, first = estimate.mdp, equivalent_pairs(estimate.mdp)
    choices = np.add.reduceat((first == np.arange(mdp.n_pairs)).astype(np.int64), mdp.pointer[:-1])
    equal = np.tile(choices == 1, (len(estimate.gammas), 1))
    limit = [gamma == 1 and estimate.policy is None for gamma in estimate.gammas]
    if any(limit):
        equal[limit] |= nothing_to_choose(mdp)
    # Where all that is ahead is known not to vary, nothing can be missed.
    varying = np.asarray(mdp.kernel @ (~estimate.data.constant).astype(float)) > 0
    varies = np.logical_or.reduceat(varying, mdp.pointer[:-1])
    share = (1 - open_unit(confidence, "confidence")) / max(1, int((~equal & varies).sum()))
    pairs, told, sure = np.empty(equal.shape, np.int32), np.zeros_like(equal), np.zeros_like(equal)
    for g in range(len(equal)):
        stop_if_told()
        data = estimate.data.at(g)
        score = np.asarray(mdp.kernel @ data.value[0])
        (pairs[g], _), (worst, _) = greedy(mdp, score), greedy(mdp, -score)
        same = first == first[pairs[g]][mdp.pair_states]
        for k in np.unique(choices[~equal[g]]).tolist():
            at = np.flatnonzero(~equal[g] & (choices == k))
            told[g, at] = _leads(mdp, data, pairs[g, at], worst[at], confidence, share / comb(k, 2))
            # Of actions that do the same, one stands for all.
            asked = (told[g] & (choices == k))[mdp.pair_states]
            others = np.flatnonzero(asked & ~same & (first == np.arange(mdp.n_pairs)))
            owners = mdp.pair_states[others]
            ahead = _leads(mdp, data, pairs[g, owners], others, confidence, share / (k - 1))
            sure[g, owners] = True
            sure[g, owners[~ahead]] = False
    return MostSeeking(pairs, equal, told, sure)


def _leads(
    mdp: RewardlessMDP, data: Replicates | Guaranteed, pairs: AnyArray, over: AnyArray, confidence: float, miss: float
) -> BoolArray:
    """Whether each pair is sure to lead to more POWER than another.

    The interval of each may miss with that probability; with a guarantee all hold at once with that confidence.
    """
    found = np.zeros(len(pairs), bool)
    size = max(1, _AT_ONCE // data.count)
    for k in range(0, len(pairs), size):
        some = slice(k, k + size)
        one, other = mdp.kernel[pairs[some]], mdp.kernel[over[some]]
        lead = data.contrast(sparse.csr_array(one - other))
        if isinstance(lead, Replicates):
            # What cancels leaves the rounding of its terms behind.
            found[some] = lead.bounds(1 - miss)[0][0] > ROUNDING * ((one + other) @ np.abs(data.value[0]))
        else:
            found[some] = lead.bounds(confidence, simultaneous=True)[0][0] > 0
    return found


def directions(mdp: RewardlessMDP, pairs: IntArray) -> FloatArray:
    """Where pairs lead on the layout, as (rows, columns) steps of length 1, or 0 where they stay.

    The most probable successor counts, or the mean of those that share that place. A step over the edge of a torus
    would point back: where a step spans more than half the layout, and most steps of that action another way that
    differs by the layout's size, it points as most do.

    Parameters
    ----------
    mdp : RewardlessMDP
        With a layout.
    pairs : (K,) array of int

    Returns
    -------
    (K, 2) array
    """
    assert mdp.layout is not None
    size = np.ptp(mdp.layout, axis=0) + 1
    steps = np.array([_step(mdp, pair) for pair in pairs.tolist()]).reshape(-1, 2)
    for k in np.flatnonzero((np.abs(steps) > size / 2).any(axis=1)):
        usual = _usual_step(mdp, int(mdp.action_codes[pairs[k]]))
        if not ((steps[k] - usual) % size).any():
            steps[k] = usual
    length = np.hypot(*steps.T)[:, None]
    return np.asarray(np.divide(steps, length, out=np.zeros_like(steps), where=length > 1e-9))


def _step(mdp: RewardlessMDP, pair: int) -> FloatArray:
    assert mdp.layout is not None
    row = slice(*mdp.kernel.indptr[pair : pair + 2])
    chance = mdp.kernel.data[row]
    likely = mdp.kernel.indices[row][chance > chance.max() - 1e-9]
    return np.asarray((mdp.layout[likely] - mdp.layout[mdp.pair_states[pair]]).mean(axis=0))


def _usual_step(mdp: RewardlessMDP, action: int) -> FloatArray:
    """The most frequent step of an action among the first thousand states that have it and that it leaves."""
    taken = [_step(mdp, pair) for pair in np.flatnonzero(mdp.action_codes == action)[:1000].tolist()]
    found, times = np.unique([step for step in taken if step.any()], axis=0, return_counts=True)
    return np.asarray(found[times.argmax()])
