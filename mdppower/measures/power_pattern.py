"""Whether draws tell a pattern of POWER from noise, and where no action can matter."""

from __future__ import annotations

import numpy as np

from mdppower._typing import AnyArray, BoolArray
from mdppower.mdp.graph import end_components
from mdppower.mdp.model import RewardlessMDP
from mdppower.measures.power_estimate import PowerEstimate
from mdppower.montecarlo.replicates import Replicates


def pattern_is_told(estimate: PowerEstimate, g: int, states: AnyArray, confidence: float = 0.95) -> bool:
    """Whether some of the states differ in POWER at the g-th γ, for all that the draws say.

    Paired: the difference of each state from the average of all, in the same draws, with intervals that hold
    together. Where no state differs from that average, a map of them shows a pattern with probability 1 − confidence
    at most.

    Parameters
    ----------
    estimate : PowerEstimate
    g : int
        Position in ``estimate.gammas``.
    states : array of int
    confidence : float

    Returns
    -------
    bool
        True, too, where there is nothing to tell: all values are one, up to the solver's error.

    Examples
    --------
    >>> import mdppower as mp
    >>> room = mp.envs.make("open(4,4)")
    >>> [pattern_is_told(mp.power(room, 0.5, samples=n, rng=0), 0, np.arange(16)) for n in (16, 4096)]
    [False, True]
    """
    data = estimate.data
    value = data.value[g, states]
    if np.ptp(value) <= 2 * estimate.error_bound[g] or estimate.samples == 0:
        return True
    if not isinstance(data, Replicates):
        lower, upper = (limits[g, states] for limits in data.bounds(confidence, simultaneous=True))
        return bool(lower.max() > upper.min())
    means = data.means[:, g, states]
    apart = means - means.mean(axis=1, keepdims=True)
    n = len(value)
    paired = Replicates(
        apart[:, None], np.full(n, -np.inf), np.full(n, np.inf), np.zeros(n, bool), 2 * data.slack[g : g + 1],
        data.trials, data.looks, data.has_variance,
    )  # fmt: skip
    lower, upper = paired.bounds(confidence, simultaneous=True)
    return bool(((lower > 0) | (upper < 0)).any())


def nothing_to_choose(mdp: RewardlessMDP) -> BoolArray:
    """(S,) where all actions have the same POWER at γ = 1, since where they lead the same can be reached for ever.

    In a maximal end component an agent gets from each state to each other for certain: the best average reward, and
    with it POWER at γ = 1, is one number. An action whose successors are all in one component has that number. Where
    there is one component only, all of them have it: whatever is done, the agent is there in the end.

    Examples
    --------
    Around a ring of rooms, and at the fork before it:

    >>> import mdppower as mp
    >>> nothing_to_choose(mp.envs.make("open(2,2)")).all(), nothing_to_choose(mp.envs.fork(2)).tolist()
    (np.True_, [False, True, True])
    """
    count, component, _ = end_components(mdp)
    if count == 1:
        return np.ones(mdp.n_states, bool)
    reached = component[mdp.kernel.indices]
    first = mdp.kernel.indptr[mdp.pointer]  # of the entries of each state; every state has an action
    least, most = (extreme.reduceat(reached, first[:-1]) for extreme in (np.minimum, np.maximum))
    return np.asarray((least == most) & (least >= 0))
