"""The loop over what an agent and another had: who was better, and by how much, in each unit of a task."""

from __future__ import annotations

from mdppower._compiled import kernel


@kernel
def meet(mine, theirs, slack, start, rounding, delta, found):
    """Add up Δ = v − v' of N reward functions and S starts, in two passes.

    Parameters
    ----------
    mine, theirs : (N, S) arrays
        What the agent, and the other, has from each start.
    slack : (N,) array
        Differences of no more than this are ties: the error of both.
    start : (S,) array
        The probability of each start.
    rounding : float
        What the sum over starts may add to that, for each unit of Σ μ|Δ|.
    delta : (N,) array
        Room for what is averaged over starts.
    found : (7,) array
        Reward functions on which the agent was better, and ties, starts averaged; the same of pairs of a reward
        function and a start, as expected numbers of N; the mean Δ; its variance over reward functions, and over
        pairs.
    """
    n, n_states = mine.shape
    better = ties = better_pairs = tied_pairs = total = 0.0
    for i in range(n):
        mean = size = up = level = 0.0
        for s in range(n_states):
            weight = start[s]
            if weight > 0.0:
                d = mine[i, s] - theirs[i, s]
                mean += weight * d
                size += weight * abs(d)
                if d > slack[i]:
                    up += weight
                elif d >= -slack[i]:
                    level += weight
        delta[i] = mean
        total += mean
        better_pairs += up
        tied_pairs += level
        margin = slack[i] + rounding * size
        if mean > margin:
            better += 1.0
        elif mean >= -margin:
            ties += 1.0
    lead = total / n
    over_rewards = over_pairs = 0.0
    for i in range(n):
        over_rewards += (delta[i] - lead) ** 2
        for s in range(n_states):
            if start[s] > 0.0:
                over_pairs += start[s] * (mine[i, s] - theirs[i, s] - lead) ** 2
    found[0] = better
    found[1] = ties
    found[2] = better_pairs
    found[3] = tied_pairs
    found[4] = lead
    found[5] = over_rewards / n
    found[6] = over_pairs / n
