"""Whether the intervals of a POWER estimate can be trusted, and why not, in words.

What is known of the law comes first. Which law is averaged depends on the state:

- in an absorbing state it is that of its reward, exactly;
- where each action leads for certain to an absorbing state, all of one law, it is that of the greatest of their
  rewards, exactly;
- elsewhere POWER is a mean of the best of many rewards, whose law is not known. That of the greatest of all rewards
  that can be reached stands for it, once for all such states, since they move together. It is more skewed as a rule:
  only misses twice as frequent count. Discrete laws, of which discounting makes smooth ones, are not read there.

`mdppower.montecarlo.trust` says how often the interval of such a mean is expected to miss. The simultaneous intervals
miss no more often than all of them taken together, and where the data are looked at several times, than all looks.
What is not read from the law is read from the replicate means; so are all values of rewards on pairs.
"""

from __future__ import annotations

import warnings
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from mdppower._typing import AnyArray, BoolArray
from mdppower.mdp.model import RewardlessMDP
from mdppower.measures.power_task import PowerTask
from mdppower.montecarlo.replicates import Replicates
from mdppower.montecarlo.samplers import LEAST_REPLICATES, replicate_size
from mdppower.montecarlo.trust import Reading, doubtful_means, percent, read_law
from mdppower.rewards.distribution import Independent
from mdppower.rewards.joint_laws import Reordered
from mdppower.rewards.laws import Law
from mdppower.rewards.reward_distribution import RewardDistribution

_MOST_DRAWS = 2**20
_MOST_LAWS = 256
"""Beyond so many different laws only the replicate means are asked."""


@dataclass(frozen=True)
class _Read:
    """Quantities that are read from a law.

    Attributes
    ----------
    law : Law
    exact : bool
        Whether that is their law, not one that stands for it.
    best_of : int
        Of how many such rewards they are the greatest.
    number : int
        How many there are.
    """

    law: Law
    exact: bool
    best_of: int
    number: int


def find_caution(task: PowerTask, data: Replicates, counts: Sequence[int]) -> str:
    """What speaks against the intervals of a run; nothing where nothing does.

    Parameters
    ----------
    task : PowerTask
    data : Replicates
    counts : sequence of int
        Replicates at each look that was taken.

    Returns
    -------
    str
    """
    if not data.has_variance or counts[0] < 2:
        return ""
    laws = None if task.on_pairs else _laws(task.distribution)
    read, known = ([], np.zeros(task.mdp.n_states, bool)) if laws is None else _which_laws(task, *laws)
    told = _from_laws(task, data, read, counts) or doubtful_means(data, ~known, tails=laws is None)
    if told and np.isfinite(task.distribution.low).all() and np.isfinite(task.distribution.high).all():
        told += "; power(…, guarantee=True) gives intervals of POWER that hold whatever the law"
    return told and f"the intervals cannot be trusted: {told}"


def _laws(rewards: RewardDistribution) -> tuple[tuple[Law, ...], AnyArray] | None:
    """The laws of independent rewards, and which of them each state has."""
    order: AnyArray = np.arange(rewards.n_states)
    while isinstance(rewards, Reordered):
        order, rewards = rewards.order[order], rewards.base
    if not isinstance(rewards, Independent) or len(rewards.laws) > _MOST_LAWS:
        return None
    return rewards.laws, rewards.which[order]


def _which_laws(task: PowerTask, laws: tuple[Law, ...], which: AnyArray) -> tuple[list[_Read], BoolArray]:
    """What is read from which law, and the states whose law is known exactly."""
    mdp, n = task.mdp, task.mdp.n_states
    absorbing = np.zeros(n, bool)
    absorbing[mdp.absorbing_states] = True
    found = [_Read(laws[k], True, 1, int(number)) for k, number in enumerate(np.bincount(which[absorbing])) if number]
    known = absorbing
    if task.policy is None:
        choices, known = _choices(mdp, absorbing, laws, which)
        found += choices
    if not known.all():
        reached = np.zeros(n, bool)
        reached[mdp.kernel.indices] = True
        found += [
            _Read(laws[k], False, int(number) if task.policy is None else 1, 1)
            for k, number in enumerate(np.bincount(which[reached]))
            if number and not laws[k].is_discrete
        ]
    return [one for one in found if one.law.low < one.law.high], known


def _choices(
    mdp: RewardlessMDP, absorbing: BoolArray, laws: tuple[Law, ...], which: AnyArray
) -> tuple[list[_Read], BoolArray]:
    """States whose actions each lead for certain to an end of one law; with the ends, all whose law is known."""
    rows = mdp.kernel
    first = rows.indices[rows.indptr[:-1]]
    sure = (np.diff(rows.indptr) == 1) & absorbing[first]
    known = np.logical_and.reduceat(sure, mdp.pointer[:-1]) | absorbing
    pairs = np.flatnonzero((known & ~absorbing)[mdp.pair_states])
    ends = np.unique(np.stack([mdp.pair_states[pairs], which[first[pairs]], first[pairs]]), axis=1)
    (chooser, law), sizes = np.unique(ends[:2], axis=1, return_counts=True)
    # The law of the greatest of rewards of several laws is that of none of them.
    mixed = np.bincount(chooser, minlength=mdp.n_states) > 1
    known &= ~mixed
    law, sizes = law[~mixed[chooser]], sizes[~mixed[chooser]]
    kinds, numbers = np.unique(np.stack([law, sizes]), axis=1, return_counts=True)
    found = [_Read(laws[k], True, size, int(n)) for (k, size), n in zip(kinds.T.tolist(), numbers, strict=True)]
    return found, known


def _from_laws(task: PowerTask, data: Replicates, read: list[_Read], counts: Sequence[int]) -> str:
    if not read:
        return ""
    size, kind = task.source.size, task.source.kind
    level = 0.05 / data.looks
    together = level / max(1, len(data.slack) * int((~data.constant).sum()))

    def readings(size: int, draws: int) -> list[Reading]:
        return [read_law(x.law, kind if x.exact else "iid", size, draws, x.best_of) for x in read]

    def expected(of: list[Reading], counts: Sequence[int], size: int) -> tuple[float, list[float], list[float]]:
        """Misses as multiples of what is tolerated; how often one interval of each misses, and how often any does."""
        alone = [sum(reading.misses(k, k * size, level) for k in counts) for reading in of]
        every = [
            x.number * x.exact * sum(reading.misses(k, k * size, together) for k in counts)
            for x, reading in zip(read, of, strict=True)
        ]
        tolerated = [reading.tolerated(counts[-1] * size) for reading in of]
        doubt = [a / t if x.exact else a / t / 2 for x, a, t in zip(read, alone, tolerated, strict=True)]
        return max(*doubt, sum(e / t for e, t in zip(every, tolerated, strict=True))), alone, every

    draws = counts[0] * size
    found = readings(size, draws)
    doubt, alone, every = expected(found, counts, size)
    if doubt <= 1:
        return ""
    worst = int(np.argmax(np.maximum(alone, every)))
    look = max(counts, key=lambda k: found[worst].misses(k, k * size, level))
    told = f"{_why(read[worst], found[worst], size, look * size)}; a 95 % interval "
    told += f"{'is expected to' if len(counts) == 1 else 'may'} miss in {percent(alone[worst])} of runs"
    if sum(every) > alone[worst]:
        told += f", one of those that hold together in {percent(sum(every))}"
    # More draws show more of a tail: what is needed is read as if there were as many as can be.
    size = replicate_size(_MOST_DRAWS, task.mdp.n_states, kind)
    most = readings(size, _MOST_DRAWS)
    enough = max(2 * draws, LEAST_REPLICATES * size)
    while enough <= _MOST_DRAWS:
        looks = [-(-enough // size) << k for k in range(len(counts))]
        if expected(most, looks, size)[0] <= 1:
            return f"{told}; about {enough:,} draws{' before the first look' * (data.looks > 1)} would do"
        enough *= 2
    return f"{told}; {_MOST_DRAWS:,} draws would not do"


def _why(read: _Read, reading: Reading, size: int, draws: int) -> str:
    what = f"{read.law.name} rewards"
    if read.best_of > 1:
        what = f"the greatest of {read.best_of:,} {what}"
    if reading.alike and reading.share * draws < 100:
        return f"{reading.share * draws:.2g} of {draws:,} draws of {what} are expected to differ from the others"
    with warnings.catch_warnings(), np.errstate(all="ignore"):
        warnings.simplefilter("ignore")
        third, fourth = (float(x) for x in read.law.frozen.stats(moments="sk"))
    lacks = "no third moment, " if not np.isfinite(third) else "no fourth moment, " if not np.isfinite(fourth) else ""
    return f"{what} make means of {size} draws skewed ({lacks}skewness {reading.skewness:+.1f})"
