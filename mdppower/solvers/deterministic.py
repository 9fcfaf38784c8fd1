"""Optimal values of a deterministic MDP: Howard's policy iteration on the functional graph, four draws at a time.

A policy of a deterministic MDP is a map s → s': every state walks into a cycle. So a policy is evaluated exactly
in O(S), with no linear system: find the cycles, close each with a geometric sum, push values back along the
trees (as Cochet-Terrasson et al. (1998) do for the gain). Improvement is O(P).

Numbers. A value is held as v = g + (1−γ)·h, where g is constant on each component of the functional graph:

    on a cycle c₀ → c₁ → … → c₀ of length L:   g = (1−γ)/(1−γ^L) · Σ_k γ^k R(c_k) = v(c₀),   h(c₀) = 0
    elsewhere, with n the successor of s:       g(s) = g(n),   h(s) = R(s) − g(s) + γ h(n)

Two actions that lead into one component are compared by h alone, whose size does not depend on γ; nothing cancels
as γ → 1. Across components the lead (g(n) − g(s))/(1−γ) + h(n) − h(s) is known up to rounding/(1−γ): a lead
below that is a tie, and the policy is left as it is.

At γ = 1 the same formulas hold with their limits: g is the mean reward of the cycle, the optimal v = g the largest
cycle mean that can be reached, and a lead in g counts before any in h (here: 2⁶⁰ times as much). A cycle's h(c₀)
keeps its former value, so that policies of equal gain cannot follow each other in circles.

Certificate. γ < 1: with ρ = (Tv − v)/(1−γ), T the optimality operator, v* lies in v + [min ρ, max ρ]; ρ is computed
in the h form and widened by the rounding of one backup. γ = 1: g is first made the maximum over all that can be
reached; then no edge leads to a greater g, every cycle stays within one value of g, and its mean is that of
R(s) + h(n) − h(s) along it: at most g + max ρ, with ρ = R − g + h(n) − h(s) over the edges inside.

Four draws, one in each lane, share the loops over edges, which thus wait less for memory and for each other; only the
walks are done draw by draw. No draw sees another: a lane that has converged is left alone.

First policy: greedy after some Gauss–Seidel sweeps of value iteration, or the same draw's policy at the γ before.

Tried and measured (open 20×20 grid, uniform rewards, one thread, µs per draw at γ = 0.5, 0.9, 0.99, iterations in
brackets). One draw at a time, 4 sweeps first: 65 (2.1), 110 (6.3), 147 (11). Eight lanes, 12 or 24 sweeps first and
none later: 40 (1), 81 (4.1), 165 (10). With 6 sweeps first and 3 after each evaluation: 37 (1.6), 53 (3.0), 69
(3.9); four lanes: 42, 59, 71; two: 48, 66, 82. A number of lanes known only at run time: 52, 75, 100. Where two draws
are all there are, eight lanes waste three quarters of the loops, four lanes half: 300×300, γ = 0.9: 37 and 25 ms.
"""

from __future__ import annotations

import numpy as np

from mdppower._compiled import kernel
from mdppower._stop import stop_flag, stop_if_told
from mdppower._typing import FloatArray, IntArray
from mdppower.mdp.model import RewardlessMDP

EPS = float(np.finfo(np.float64).eps)
LANES = 4
LEXICOGRAPHIC = 2.0**60
FARSIGHTED = 1.0 - 2.0**-20
FIRST_SWEEPS, SWEEPS = 6, 3


def solve(
    mdp: RewardlessMDP, rewards: FloatArray, gamma: float, start: IntArray | None = None, on_pairs: bool = False
) -> tuple[FloatArray, IntArray, FloatArray, IntArray]:
    """Optimal values of many reward functions.

    Parameters
    ----------
    mdp : RewardlessMDP
        Deterministic.
    rewards : (N, S) array, or (N, P) with `on_pairs`
    gamma : float
        In (0, 1].
    start : (N, S) int32 array, optional
        Pairs of a first policy for each draw.
    on_pairs : bool
        Whether rewards are earned by state-action pairs.

    Returns
    -------
    values : (N, S) array
        Normalised, v = (1−γ)V; the optimal gain at γ = 1.
    pairs : (N, S) int32 array
        The pair that an optimal policy takes in each state.
    gap : (N,) array
        Bound on |v − v*|; infinite where the iteration was stopped.
    iterations : (N,) int32 array
    """
    return solve_edges(mdp.pointer, mdp.kernel.indices, rewards, gamma, start, on_pairs)


def solve_edges(
    pointer: IntArray,
    successor: IntArray,
    rewards: FloatArray,
    gamma: float,
    start: IntArray | None = None,
    on_pairs: bool = False,
) -> tuple[FloatArray, IntArray, FloatArray, IntArray]:
    """The same, of an MDP that is but its edges: `pointer` (S + 1,), and the `successor` (P,) of each pair."""
    n, n_states = len(rewards), len(pointer) - 1
    values = np.empty((n, n_states))
    pairs = np.empty((n, n_states), np.int32) if start is None else np.array(start, np.int32, order="C")
    gap, iterations = np.empty(n), np.empty(n, np.int32)
    earned = np.empty((len(successor), LANES)) if on_pairs else None
    edges, stop = (pointer, successor), stop_flag()
    if gamma <= FARSIGHTED:
        _solve_rows(rewards, gamma, start is not None, False, *edges, earned, values, pairs, gap, iterations, stop)
        stop_if_told()
        return values, pairs, gap, iterations
    # Beyond it, one number a state would lose h: the last improvements are left to the exact comparison.
    _solve_rows(rewards, FARSIGHTED, start is not None, False, *edges, earned, values, pairs, gap, iterations, stop)
    before = iterations.copy()
    _solve_rows(rewards, gamma, True, True, *edges, earned, values, pairs, gap, iterations, stop)
    stop_if_told()
    return values, pairs, gap, before + iterations


def evaluate(mdp: RewardlessMDP, rewards: FloatArray, gamma: float, pairs: IntArray) -> tuple[FloatArray, FloatArray]:
    """Values of many policies, one for each reward function: the evaluation above, with nothing to improve.

    The bits are those of `solve` on the MDP that a policy leaves, with one action a state.

    Parameters
    ----------
    mdp : RewardlessMDP
        Deterministic.
    rewards : (N, S) array
    gamma : float
        In (0, 1].
    pairs : (N, S) array of int
        The pair that each policy takes in each state.

    Returns
    -------
    values : (N, S) array
        Normalised; the gain at γ = 1.
    gap : (N,) array
        Bound on their error.
    """
    return evaluate_edges(mdp.kernel.indices[pairs], rewards, gamma)


def evaluate_edges(targets: IntArray, rewards: FloatArray, gamma: float) -> tuple[FloatArray, FloatArray]:
    """The same, of policies that are but (N, S) successors."""
    values, gap, stop = np.empty(rewards.shape), np.empty(len(rewards)), stop_flag()
    _evaluate_rows(rewards, gamma, targets, values, gap, stop)
    stop_if_told()
    return values, gap


@kernel
def _evaluate_rows(rewards, gamma, targets, values, gap, stop):
    n, n_states = rewards.shape
    g, h, reward = np.empty(n_states), np.empty(n_states), np.empty(n_states)
    visit, path = np.empty(n_states, np.int32), np.empty(n_states, np.int32)
    pair, pointer = np.arange(n_states), np.arange(n_states + 1)
    for i in range(n):
        if stop[0]:
            return
        middle = 0.5 * rewards[i].min() + 0.5 * rewards[i].max()
        for s in range(n_states):
            reward[s] = rewards[i, s] - middle
        h[:] = 0.0
        _evaluate(reward, gamma, targets[i], g, h, visit, path)
        gap[i] = _gap(reward, gamma, pointer, targets[i], pair, g, h) + 2.0 * EPS * abs(middle)
        for s in range(n_states):
            values[i, s] = middle + (g[s] + (1.0 - gamma) * h[s])


@kernel
def _solve_rows(rewards, gamma, warm, exactly, pointer, successor, earned, values, pairs, gap, iterations, stop):
    n, n_states = len(rewards), len(pointer) - 1
    # Lanes are the last axis of what the loops over edges read, and the first of what the walks read.
    reward, pair = np.empty((LANES, n_states)), np.empty((LANES, n_states), np.int32)
    g, h = np.empty((LANES, n_states)), np.empty((LANES, n_states))
    q, base = np.empty((n_states, LANES)), np.empty((n_states, LANES))
    target = np.empty(n_states, np.int32)
    visit, path = np.empty(n_states, np.int32), np.empty(n_states, np.int32)
    middle = np.empty(LANES)
    for first in range(0, n, LANES):
        count = min(LANES, n - first)
        for lane in range(LANES):
            i = first + min(lane, count - 1)  # lanes beyond the last draw repeat it
            # Centred, so that rounding is relative to the range of the rewards and equal rewards are exactly 0.
            middle[lane] = 0.5 * rewards[i].min() + 0.5 * rewards[i].max()
            for s in range(n_states):
                if earned is None:
                    reward[lane, s] = rewards[i, s] - middle[lane]
                    base[s, lane] = q[s, lane] = reward[lane, s]
                else:
                    for p in range(pointer[s], pointer[s + 1]):
                        earned[p, lane] = rewards[i, p] - middle[lane]
                    q[s, lane] = 0.0
                pair[lane, s] = pairs[i, s]
        if not warm:
            _value_sweeps(gamma, FIRST_SWEEPS, pointer, successor, base, earned, np.zeros(LANES), q)
            _greedy(gamma, pointer, successor, earned, q, pair)
        _howard(
            reward,
            gamma,
            exactly,
            pointer,
            successor,
            pair,
            g,
            h,
            q,
            base,
            earned,
            target,
            visit,
            path,
            gap[first : first + count],
            iterations[first : first + count],
            stop,
        )
        if stop[0]:
            return
        for lane in range(count):
            i = first + lane
            for s in range(n_states):
                values[i, s] = middle[lane] + (g[lane, s] + (1.0 - gamma) * h[lane, s])
                pairs[i, s] = pair[lane, s]
            gap[i] += 2.0 * EPS * abs(middle[lane])


@kernel
def _value_sweeps(gamma, sweeps, pointer, successor, reward, earned, level, h):
    """Gauss–Seidel sweeps of h = R − level + γ max h (of pairs: max (R + γ h) − level), forwards and backwards."""
    n_states = len(pointer) - 1
    best = np.empty(LANES)
    for sweep in range(sweeps):
        for k in range(n_states):
            s = k if sweep % 2 == 0 else n_states - 1 - k
            best[:] = -np.inf
            for p in range(pointer[s], pointer[s + 1]):
                n = successor[p]
                for lane in range(LANES):
                    if earned is None:
                        best[lane] = max(best[lane], h[n, lane])
                    else:
                        best[lane] = max(best[lane], earned[p, lane] + gamma * h[n, lane])
            for lane in range(LANES):
                if earned is None:
                    h[s, lane] = reward[s, lane] - level[lane] + gamma * best[lane]
                else:
                    h[s, lane] = best[lane] - level[lane]


@kernel
def _greedy(gamma, pointer, successor, earned, h, pair):
    """The first pair of each state that leads to the greatest h, or earns and leads to most."""
    best = np.empty(LANES)
    for s in range(len(pointer) - 1):
        best[:] = -np.inf
        for p in range(pointer[s], pointer[s + 1]):
            n = successor[p]
            for lane in range(LANES):
                worth = h[n, lane] if earned is None else earned[p, lane] + gamma * h[n, lane]
                if worth > best[lane]:
                    best[lane] = worth
                    pair[lane, s] = p


@kernel
def _howard(
    reward,
    gamma,
    exactly,
    pointer,
    successor,
    pair,
    g,
    h,
    q,
    base,
    earned,
    target,
    visit,
    path,
    gap,
    iterations,
    stop,
):
    """Improve `pair` in place until no action gains; leave values in g and h, and say (gap, iterations) of each lane.

    Most improvements look at one number a state, q = h + (g − best g)/(1−γ), after some sweeps of value iteration
    that start from it: all lanes together. Where that finds no more, the exact comparison has the last word. With
    `exactly` (γ so near 1 that q would lose h), q serves only where there is one component, and q is h. Where pairs
    earn, `reward` is what the policy's own pairs do.
    """
    n_states = len(target)
    inverse = 1.0 / (1.0 - gamma) if gamma < 1.0 else LEXICOGRAPHIC
    waiting = len(gap)
    level = np.zeros(LANES)
    exact, done, apart = np.zeros(LANES, np.bool_), np.arange(LANES) >= waiting, np.zeros(LANES, np.bool_)
    within, lead, switched = np.empty(LANES), np.empty(LANES), np.empty(LANES, np.int64)
    tolerance, least, stalled = np.ones(LANES), np.full(LANES, np.inf), np.zeros(LANES, np.int64)
    largest = np.zeros(LANES)  # of what pairs earn: a comparison rounds to that, too
    if earned is not None:
        for p in range(len(earned)):
            for lane in range(LANES):
                largest[lane] = max(largest[lane], abs(earned[p, lane]))
    h[:] = 0.0
    gap[:] = np.inf
    for iteration in range(1, 10_000 + n_states):
        if stop[0]:
            break
        for lane in range(LANES):
            if done[lane]:
                continue
            for s in range(n_states):
                target[s] = successor[pair[lane, s]]
                if earned is not None:
                    reward[lane, s] = earned[pair[lane, s], lane]
            _evaluate(reward[lane], gamma, target, g[lane], h[lane], visit, path)
            level[lane], size = g[lane].max(), largest[lane]
            apart[lane] = exactly and g[lane].min() < level[lane]
            if not (exact[lane] or apart[lane]):
                for s in range(n_states):
                    q[s, lane] = h[lane, s] + (g[lane, s] - level[lane]) * inverse
                    size = max(size, abs(q[s, lane]))
                within[lane] = 8.0 * EPS * tolerance[lane] * size
        idle = exact | done | apart
        if not idle.all():
            _value_sweeps(gamma, SWEEPS, pointer, successor, base, earned, level, q)
            _improve_all(gamma, pointer, successor, pair, earned, q, within, idle, lead, switched)
        for lane in range(LANES):
            if done[lane]:
                continue
            if idle[lane] or switched[lane] == 0:
                if not (exact[lane] or apart[lane]):
                    exact[lane], least[lane], stalled[lane] = True, np.inf, 0
                own = None if earned is None else earned[:, lane]
                lead[lane], switched[lane] = _improve(
                    reward[lane], gamma, inverse, pointer, successor, pair[lane], own, g[lane], h[lane],
                    tolerance[lane], largest[lane],
                )  # fmt: skip
            if switched[lane] == 0:
                own = None if earned is None else earned[:, lane]
                gap[lane] = _gap(reward[lane], gamma, pointer, successor, pair[lane], g[lane], h[lane], own)
                iterations[lane] = iteration
                done[lane] = True
                waiting -= 1
                continue
            # Rounding can make tied policies follow each other for ever. Then the lead stops shrinking, and the
            # tolerance grows until the loop ends; the gap says what that cost.
            stalled[lane] = 0 if lead[lane] < least[lane] else stalled[lane] + 1
            least[lane] = min(lead[lane], least[lane])
            if stalled[lane] > 500 + n_states // 10:
                tolerance[lane] *= 2.0
        if waiting == 0:
            return
    for lane in range(len(gap)):
        if not done[lane]:
            iterations[lane] = iteration


@kernel
def _evaluate(reward, gamma, target, g, h, visit, path):
    """Value of the policy s → target[s], exactly, in the form g + (1−γ) h; at γ = 1 anchored where h was."""
    n_states = len(target)
    log_gamma = np.log1p(-(1.0 - gamma))
    visit[:] = -1  # the start of the walk that came here first
    for start in range(n_states):
        if visit[start] >= 0:
            continue
        top, s = 0, start
        while visit[s] < 0:
            visit[s] = start
            path[top] = s
            top += 1
            s = target[s]
        if visit[s] == start:  # a new cycle: s → … → path[top − 1] → s
            total, weight, length, t = 0.0, 1.0, 0, s
            while length == 0 or t != s:
                total += weight * reward[t]
                weight *= gamma
                length += 1
                t = target[t]
            share = (1.0 - gamma) / -np.expm1(length * log_gamma) if gamma < 1.0 else 1.0 / length
            level = total * share
            for _ in range(2):  # refine: walking round must come back to h(c₀)
                round_trip = 0.0
                for k in range(top - 1, top - length, -1):
                    round_trip = reward[path[k]] - level + gamma * round_trip
                level += share * (reward[s] - level + gamma * round_trip)
            g[s] = level
            if gamma < 1.0:
                h[s] = 0.0
            closed = s
        else:
            closed = -1
        for k in range(top - 1, -1, -1):
            t = path[k]
            if t != closed:
                after = target[t]
                g[t] = g[after]
                h[t] = reward[t] - g[t] + gamma * h[after]


@kernel
def _improve_all(gamma, pointer, successor, pair, earned, q, within, idle, lead, switched):
    """Switch every state of all lanes to its best pair where that leads by more than `within`."""
    best = np.empty(LANES)
    lead[:] = 0.0
    switched[:] = 0
    for s in range(len(q)):
        best[:] = -np.inf
        for p in range(pointer[s], pointer[s + 1]):
            n = successor[p]
            for lane in range(LANES):
                if earned is None:
                    best[lane] = max(best[lane], q[n, lane])
                else:
                    best[lane] = max(best[lane], earned[p, lane] + gamma * q[n, lane])
        for lane in range(LANES):
            own = q[successor[pair[lane, s]], lane]
            if earned is not None:
                own = earned[pair[lane, s], lane] + gamma * own
            ahead = best[lane] - own - within[lane]
            if ahead > 0.0 and not idle[lane]:
                p = pointer[s]
                if earned is None:
                    while q[successor[p], lane] != best[lane]:
                        p += 1
                else:
                    while earned[p, lane] + gamma * q[successor[p], lane] != best[lane]:
                        p += 1
                pair[lane, s] = p
                switched[lane] += 1
                lead[lane] = max(lead[lane], ahead)


@kernel
def _improve(reward, gamma, inverse, pointer, successor, pair, earned, g, h, tolerance, largest_earned):
    """Switch every state to its best action where that leads beyond rounding; return (largest lead, switches).

    A state that joins another component has its new value at once, and is seen to have it by those after it: else a
    better cycle would draw in its surroundings by one step an iteration, and mazes are long.
    """
    n_states = len(pair)
    size, level = largest_earned, 0.0
    for s in range(n_states):
        size, level = max(size, abs(h[s])), max(level, abs(g[s]))
    within, apart = 8.0 * EPS * tolerance * size, 8.0 * EPS * tolerance * level
    largest, switched = 0.0, 0
    for sweep in range(n_states + 1):
        joined = 0
        for k in range(n_states):
            s = k if sweep % 2 == 0 else n_states - 1 - k
            here = h[successor[pair[s]]]
            best, choice = 0.0, -1
            for p in range(pointer[s], pointer[s + 1]):
                n = successor[p]
                ahead = h[n] - here
                if earned is not None:
                    ahead = (earned[p] - earned[pair[s]]) + gamma * ahead
                lead = ahead - within
                if g[n] != g[s]:
                    lead += ((g[n] - g[s]) - apart) * inverse * (1.0 if earned is None else gamma)
                if lead > best:
                    best, choice = lead, p
            if choice >= 0:
                n = successor[choice]
                pair[s] = choice
                switched += 1
                largest = max(largest, best)
                if g[n] > g[s]:
                    g[s] = g[n]
                    h[s] = (reward[s] if earned is None else earned[choice]) - g[n] + gamma * h[n]
                    joined += 1
        if joined == 0:
            break
    return largest, switched


@kernel
def _gap(reward, gamma, pointer, successor, pair, g, h, earned=None):
    """Bound on |v − v*|: the largest |ρ|, plus the rounding of ρ and of v; g becomes what can be reached at γ = 1."""
    n_states = len(pair)
    raised = _raise_to_reachable(pointer, successor, g) if gamma == 1.0 else 0.0
    inverse = 1.0 / (1.0 - gamma) if gamma < 1.0 else 0.0
    widest, size = 0.0, 0.0
    for s in range(n_states):
        lead, most = 0.0, abs(reward[s])
        here, level = h[successor[pair[s]]], g[s]
        for p in range(pointer[s], pointer[s + 1]):
            n = successor[p]
            if gamma < 1.0 or g[n] == level:
                if earned is None:
                    lead = max(lead, (g[n] - level) * inverse + (h[n] - here))
                else:
                    ahead = (g[n] - level) * inverse + (h[n] - here)
                    lead = max(lead, (earned[p] - reward[s]) + gamma * ahead)
                    most = max(most, 2.0 * abs(earned[p]))
        residual = reward[s] - level + gamma * here - h[s]
        widest = max(widest, -residual, residual + (gamma * lead if earned is None else lead))
        size = max(size, most + abs(level) + 4.0 * abs(h[s]))
    return widest + 4.0 * EPS * size + raised


@kernel
def _raise_to_reachable(pointer, successor, g):
    """Make g the maximum over all that can be reached; return the most that it rose.

    Each level is the mean of a cycle, so that it stays a lower bound. Improvement has left nothing to do but what it
    took for rounding: few sweeps, as a rule one.
    """
    most = 0.0
    rising = True
    while rising:
        rising = False
        for s in range(len(g)):
            for p in range(pointer[s], pointer[s + 1]):
                up = g[successor[p]] - g[s]
                if up > 0.0:
                    most, rising = max(most, up), True
                    g[s] = g[successor[p]]
    return most
