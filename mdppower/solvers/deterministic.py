"""Optimal values of a deterministic MDP: Howard's policy iteration on the functional graph.

A policy of a deterministic MDP is a map s → s': every state walks into a cycle. So a policy is evaluated exactly
in O(S), with no linear system: find the cycles, close each with a geometric sum, push values back along the
trees (as Cochet-Terrasson et al. (1998) do for the gain). Improvement is O(P).

Numbers. A value is held as v = g + (1−γ)·h, where g is constant on each component of the functional graph:

    on a cycle c₀ → c₁ → … → c₀ of length L:   g = (1−γ)/(1−γ^L) · Σ_k γ^k R(c_k) = v(c₀),   h(c₀) = 0
    elsewhere, with n the successor of s:       g(s) = g(n),   h(s) = R(s) − g(s) + γ h(n)

Two actions that lead into one component are compared by h alone, whose size does not depend on γ; nothing cancels
as γ → 1. Across components the lead (g(n) − g(s))/(1−γ) + h(n) − h(s) is known up to rounding/(1−γ): a lead
below that is a tie, and the policy is left as it is.

Certificate. With ρ = (Tv − v)/(1−γ), T the optimality operator, v* lies in v + [min ρ, max ρ]. ρ is computed in
the h form and widened by the rounding of one backup.

First policy. Greedy after a few Gauss–Seidel sweeps of value iteration. Measured on an open 20×20 grid, uniform
rewards, one thread, ms per draw (iterations) at γ = 0.5, 0.9, 0.99: after 1 sweep .091 (4.3), .136 (7.7), .171
(11.9); after 4 sweeps .067 (2.2), .108 (6.2), .148 (11.5); after 16 sweeps .102 (1.0), .158 (3.6), .232 (10.7).
"""

from __future__ import annotations

import numpy as np
from numba import njit

from mdppower._typing import FloatArray, IntArray
from mdppower.mdp import RewardlessMDP

EPS = float(np.finfo(np.float64).eps)
SWEEPS = 4


def solve(mdp: RewardlessMDP, rewards: FloatArray, gamma: float) -> tuple[FloatArray, IntArray, FloatArray, IntArray]:
    """Optimal values of many reward functions.

    Parameters
    ----------
    mdp : RewardlessMDP
        Deterministic.
    rewards : (N, S) array
    gamma : float
        In (0, 1).

    Returns
    -------
    values : (N, S) array
        Normalised, v = (1−γ)V.
    pairs : (N, S) int32 array
        The pair that an optimal policy takes in each state.
    gap : (N,) array
        Bound on |v − v*|; infinite where the iteration was stopped.
    iterations : (N,) int32 array
    """
    n, n_states = rewards.shape
    values, pairs = np.empty((n, n_states)), np.empty((n, n_states), np.int32)
    gap, iterations = np.empty(n), np.empty(n, np.int32)
    _solve_rows(rewards, gamma, mdp.pointer, mdp.kernel.indices, values, pairs, gap, iterations)
    return values, pairs, gap, iterations


@njit(nogil=True, cache=True, error_model="numpy")
def _solve_rows(rewards, gamma, pointer, successor, values, pairs, gap, iterations):
    n_states = len(pointer) - 1
    reward, g, h = np.empty(n_states), np.empty(n_states), np.empty(n_states)
    target = np.empty(n_states, np.int32)
    visit, path = np.empty(n_states, np.int32), np.empty(n_states, np.int32)
    for i in range(len(rewards)):
        pair = pairs[i]
        # Centred, so that rounding is relative to the range of the rewards and equal rewards are exactly 0.
        middle = 0.5 * rewards[i].min() + 0.5 * rewards[i].max()
        for s in range(n_states):
            reward[s] = rewards[i, s] - middle
        _first_policy(reward, gamma, pointer, successor, h, pair)
        gap[i], iterations[i] = _howard(reward, gamma, pointer, successor, pair, g, h, target, visit, path)
        for s in range(n_states):
            values[i, s] = middle + (g[s] + (1.0 - gamma) * h[s])
        gap[i] += 2.0 * EPS * abs(middle)


@njit(nogil=True, cache=True, error_model="numpy")
def _first_policy(reward, gamma, pointer, successor, h, pair):
    """The greedy policy after a few Gauss–Seidel sweeps of value iteration, forwards and backwards."""
    n_states = len(pointer) - 1
    h[:] = reward
    for sweep in range(SWEEPS):
        for k in range(n_states):
            s = k if sweep % 2 == 0 else n_states - 1 - k
            best = -np.inf
            for p in range(pointer[s], pointer[s + 1]):
                if h[successor[p]] > best:
                    best = h[successor[p]]
                    pair[s] = p
            h[s] = reward[s] + gamma * best


@njit(nogil=True, cache=True, error_model="numpy")
def _howard(reward, gamma, pointer, successor, pair, g, h, target, visit, path):
    """Improve `pair` in place until no action gains; leave its value in g and h; return (gap, iterations)."""
    n_states = len(pointer) - 1
    least_lead, stalled, tolerance = np.inf, 0, 1.0
    for iteration in range(1, 10_000 + n_states):
        for s in range(n_states):
            target[s] = successor[pair[s]]
        _evaluate(reward, gamma, target, g, h, visit, path)
        lead, switched = _improve(reward, gamma, pointer, successor, pair, target, g, h, tolerance)
        if switched == 0:
            return _gap(reward, gamma, pointer, successor, target, g, h), iteration
        # Rounding can make tied policies follow each other for ever. Then the lead stops shrinking, and the
        # tolerance grows until the loop ends; the gap says what that cost.
        stalled = 0 if lead < least_lead else stalled + 1
        least_lead = min(lead, least_lead)
        if stalled > 500:
            tolerance *= 2.0
    return np.inf, iteration


@njit(nogil=True, cache=True, error_model="numpy")
def _evaluate(reward, gamma, target, g, h, visit, path):
    """Value of the policy s → target[s], exactly, in the form g + (1−γ) h."""
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
            share = (1.0 - gamma) / -np.expm1(length * log_gamma)
            level = total * share
            for _ in range(2):  # refine: walking round must come back to h(c₀) = 0
                round_trip = 0.0
                for k in range(top - 1, top - length, -1):
                    round_trip = reward[path[k]] - level + gamma * round_trip
                level += share * (reward[s] - level + gamma * round_trip)
            g[s] = level
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


@njit(nogil=True, cache=True, error_model="numpy")
def _improve(reward, gamma, pointer, successor, pair, target, g, h, tolerance):
    """Switch every state to its best action where that leads beyond rounding; return (largest lead, switches)."""
    inverse = 1.0 / (1.0 - gamma)
    size = 0.0
    for s in range(len(target)):
        size = max(size, abs(h[s]))
    within = 8.0 * EPS * tolerance * size
    largest, switched = 0.0, 0
    for s in range(len(target)):
        here, level = h[target[s]], g[s]
        best, best_pair = 0.0, -1
        for p in range(pointer[s], pointer[s + 1]):
            n = successor[p]
            lead = h[n] - here - within
            if g[n] != level:
                lead += ((g[n] - level) - 8.0 * EPS * tolerance * max(abs(g[n]), abs(level))) * inverse
            if lead > best:
                best, best_pair = lead, p
        if best_pair >= 0:
            pair[s] = best_pair
            switched += 1
            largest = max(largest, best)
    return largest, switched


@njit(nogil=True, cache=True, error_model="numpy")
def _gap(reward, gamma, pointer, successor, target, g, h):
    """Bound on |v − v*|: the largest |ρ|, plus the rounding of ρ and of v."""
    inverse = 1.0 / (1.0 - gamma)
    widest, size = 0.0, 0.0
    for s in range(len(target)):
        lead = 0.0
        here, level = h[target[s]], g[s]
        for p in range(pointer[s], pointer[s + 1]):
            n = successor[p]
            lead = max(lead, (g[n] - level) * inverse + (h[n] - here))
        residual = reward[s] - level + gamma * here - h[s]
        widest = max(widest, -residual, residual + gamma * lead)
        size = max(size, abs(reward[s]) + abs(level) + 4.0 * abs(h[s]))
    return widest + 4.0 * EPS * size
