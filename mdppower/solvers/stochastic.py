"""Optimal values of any finite MDP: policy iteration by corrections, with a shift that absorbs the slow mode.

Numbers. A value is held as v = c + (1−γ)·h with one constant c. Then h is the unnormalised value of the rewards
R − c, and with ρ(s) = R(s) − c + γ max_a (T_a h)(s) − h(s), which is (Tv − v)/(1−γ) with T the optimality
operator, v* lies in v + [min ρ, max ρ]. Moving c to the middle of that interval costs nothing and removes the
one error mode that decays like γ^k; keeping h centred keeps it small, so that little cancels as γ → 1.

Iteration. Back up, which gives ρ and switches states to better actions; then evaluate the new policy π by
corrections: solve (I − γ T_π) δ = ρ, add δ to h, look at the policy's own ρ, again until it is small. A policy that
has not changed is thereby refined, not solved anew. It ends when rounding is all that is left of ρ.

Linear systems. I − γ T_π is a diagonally dominant M-matrix with row sums 1−γ, so no pivoting is needed, and its
constant mode is known and kept out of δ. All policies of all draws share one graph; its states are put into reverse
Cuthill–McKee order once.

At γ = 1, in an MDP whose optimal gain is one constant, v = c is that gain and ρ certifies it as it is: no policy
gains more than max (R + T h − h), and the greedy one gains no less than its minimum (Puterman 1994, Theorem 8.5.5).
The systems are solved with γ = 1 − 2⁻⁴⁰, which leaves of ρ a share of about 2⁻⁴⁰ h for the next correction, and
brings a policy with several recurrent classes of different gain to the h of about 2⁴⁰ that makes them meet.

- Where the band b is narrow (S·b² ≤ `BAND_WORK`): banded LU without subtractions, kept while the policy stays.
- Otherwise BiCGStab on vectors modulo constants. Where it does not get through, which happens near γ = 1 when the
  chain mixes slowly, the LU takes over if it fits into memory.

Between evaluations, a few Gauss–Seidel sweeps of value iteration make the next policy better than one improvement.

Tried and measured (slip 0.2, uniform rewards, one thread, ms per draw at γ = 0.9, 0.99, 0.999, iterations in
brackets; the machine varies by a fifth). 20×20, LU: no sweeps between .49 (5.7), 1.1 (11), 1.5 (15); 2 sweeps .52
(4.8), .89 (8.0), 1.1 (9.5); 4 sweeps .59 (4.4), .96 (7.1), 1.2 (8.6); 24 sweeps first .69 (3.1), 1.2 (7.7), 1.5
(9.5). Of about 0.1 ms an iteration, the factors take .04, a backup .02, two sweeps .02, a substitution .02 (also
with four partial sums; factors of two rows at a time took .07). 40×40: LU 4.1, 10, 16; BiCGStab 3.5, 12, 31. 100×100,
BiCGStab, γ = 0.9, 0.99: systems solved to .01 of the residual 25 (8.3), 90 (12), to .05: 25 (9.5), 97 (14), to .2: 34
(12), 127 (18). A plain LU of I − γ T_π lost its way at 1−γ = 1e-9 (its last pivot is a difference of equal numbers);
BiCGStab with constants left in, and one inexact correction after each improvement, diverged at γ = 0.99 on 40×40.
"""

from __future__ import annotations

import weakref
from dataclasses import dataclass

import numpy as np
from scipy import sparse
from scipy.sparse import csgraph

from mdppower._compiled import kernel
from mdppower._stop import stop_flag, stop_if_told
from mdppower._typing import AnyArray, FloatArray, IntArray
from mdppower.mdp.graph import adjacency
from mdppower.mdp.model import RewardlessMDP
from mdppower.solvers.accepted_gap import certifiable

EPS = float(np.finfo(np.float64).eps)
BAND_WORK = 3e7
MOST_BAND = 2.0**27
FIRST_SWEEPS, SWEEPS = 4, 2
FORCING = 0.01
MOST_ITERATIONS = 20_000
KRYLOV_STEPS = 1000
NEAR_ONE = 1.0 - 2.0**-40
"""The largest γ of a linear system."""


def solve(
    mdp: RewardlessMDP, rewards: FloatArray, gamma: float, start: IntArray | None = None, on_pairs: bool = False
) -> tuple[FloatArray, IntArray, FloatArray, IntArray]:
    """Optimal values of many reward functions.

    Parameters
    ----------
    mdp : RewardlessMDP
        At γ = 1, one whose states can all be reached from each other.
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
        Normalised, v = (1−γ)V.
    pairs : (N, S) int32 array
        The pair that an optimal policy takes in each state.
    gap : (N,) array
        Bound on |v − v*|; infinite where the iteration was stopped.
    iterations : (N,) int32 array
    """
    return solve_planned(plan(mdp), rewards, gamma, start, on_pairs)


def solve_planned(
    p: Plan, rewards: FloatArray, gamma: float, start: IntArray | None = None, on_pairs: bool = False
) -> tuple[FloatArray, IntArray, FloatArray, IntArray]:
    """The same, of an MDP that is but its plan."""
    n, n_states = len(rewards), len(p.order)
    values = np.empty((n, n_states))
    pairs = np.empty((n, n_states), np.int32) if start is None else np.array(start, np.int32, order="C")
    gap, iterations = np.empty(n), np.empty(n, np.int32)
    earned = np.empty(len(p.pair)) if on_pairs else None
    _solve_rows(
        rewards, gamma, min(gamma, NEAR_ONE), start is not None, certifiable(gamma), p.order, p.pointer, p.indptr,
        p.indices, p.data, p.pair, p.place, p.band, p.narrow, earned, values, pairs, gap, iterations, stop_flag(),
    )  # fmt: skip
    stop_if_told()
    return values, pairs, gap, iterations


@dataclass(frozen=True)
class Plan:
    """The MDP with its states renumbered: new state k is old state order[k], new pair p is old pair[p]."""

    order: IntArray
    pointer: IntArray
    indptr: IntArray
    indices: IntArray
    data: FloatArray
    pair: IntArray
    place: IntArray  # new pair place[p] is old pair p
    band: int
    narrow: bool  # whether the banded LU comes first


_PLANS: weakref.WeakKeyDictionary[RewardlessMDP, Plan] = weakref.WeakKeyDictionary()


def plan(mdp: RewardlessMDP) -> Plan:
    """The renumbered MDP, made once for each MDP."""
    if mdp not in _PLANS:
        graph = adjacency(mdp)
        order = csgraph.reverse_cuthill_mckee(sparse.csr_array(graph + graph.T)).astype(np.int32)
        place = np.argsort(order).astype(np.int32)
        counts = np.diff(mdp.pointer)[order]
        pointer = np.concatenate([[0], np.cumsum(counts)]).astype(np.int32)
        pair = (np.arange(mdp.n_pairs) - np.repeat(pointer[:-1] - mdp.pointer[order], counts)).astype(np.int32)
        rows = mdp.kernel[pair]
        indices = place[rows.indices]
        owner = np.repeat(np.repeat(np.arange(mdp.n_states), counts), np.diff(rows.indptr))
        band = max(1, int(np.abs(indices - owner).max()))
        narrow = mdp.n_states * float(band) ** 2 <= BAND_WORK
        _PLANS[mdp] = Plan(
            order, pointer, rows.indptr.astype(np.int32), indices, rows.data, pair,
            np.argsort(pair).astype(np.int32), band, narrow,
        )  # fmt: skip
    return _PLANS[mdp]


@kernel
def _solve_rows(
    rewards,
    gamma,
    solved,
    warm,
    accepted,
    order,
    pointer,
    indptr,
    indices,
    data,
    label,
    place,
    band,
    narrow,
    earned,
    values,
    pairs,
    gap,
    iterations,
    stop,
):
    n_states = len(order)
    reward, h, rho = np.empty(n_states), np.empty(n_states), np.empty(n_states)
    pair = np.empty(n_states, np.int32)
    work = np.empty((8, n_states))
    lu = np.empty((n_states, 2 * band + 2)) if narrow else np.empty((0, 0))
    spare = np.empty((0, 0))  # for draws that need it: the others must not know
    for i in range(len(rewards)):
        if stop[0]:
            return
        for k in range(n_states):
            pair[k] = place[pairs[i, order[k]]] if warm else pointer[k]
            if earned is None:
                reward[k] = rewards[i, order[k]]
        if earned is not None:
            for p in range(len(earned)):
                earned[p] = rewards[i, label[p]]
        enough = accepted * (rewards[i].max() - rewards[i].min())
        c, gap[i], iterations[i], spare = _certified(
            reward, gamma, solved, warm, enough, pointer, indptr, indices, data, band, pair, h, rho, lu, spare, work,
            stop, earned,
        )  # fmt: skip
        for k in range(n_states):
            values[i, order[k]] = c + (1.0 - gamma) * h[k]
            pairs[i, order[k]] = label[pair[k]]


def evaluate(mdp: RewardlessMDP, rewards: FloatArray, gamma: float, pairs: AnyArray) -> tuple[FloatArray, FloatArray]:
    """Values of many policies, one for each reward function: what `solve` finds of the chain that each one leaves.

    Chains are numbered as the MDP is, so that none has to be made an MDP of, or put into order.

    Parameters
    ----------
    mdp : RewardlessMDP
    rewards : (N, S) array
    gamma : float
        In (0, 1).
    pairs : (N, S) array of int
        The pair that each policy takes in each state.

    Returns
    -------
    values : (N, S) array
        Normalised.
    gap : (N,) array
        Bound on their error; infinite where the iteration was stopped.
    """
    p = plan(mdp)
    values, gap = np.empty(rewards.shape), np.empty(len(rewards))
    _evaluate_rows(
        rewards, gamma, min(gamma, NEAR_ONE), certifiable(gamma), p.order, p.indptr, p.indices, p.data, p.place,
        p.band, p.narrow, pairs, values, gap, stop_flag(),
    )  # fmt: skip
    stop_if_told()
    return values, gap


@kernel
def _evaluate_rows(
    rewards, gamma, solved, accepted, order, indptr, indices, data, place, band, narrow, pairs, values, gap, stop
):
    n_states, longest = len(order), 0
    for p in range(len(place)):
        longest = max(longest, indptr[p + 1] - indptr[p])
    reward, h, rho = np.empty(n_states), np.empty(n_states), np.empty(n_states)
    pair, only = np.empty(n_states, np.int32), np.arange(n_states + 1).astype(np.int32)
    begins = np.zeros(n_states + 1, np.int32)
    targets, chances = np.empty(n_states * longest, np.int32), np.empty(n_states * longest)
    work = np.empty((8, n_states))
    lu = np.empty((n_states, 2 * band + 2)) if narrow else np.empty((0, 0))
    spare = np.empty((0, 0))
    for i in range(len(rewards)):
        if stop[0]:
            return
        last = 0
        for k in range(n_states):
            reward[k] = rewards[i, order[k]]
            p = place[pairs[i, order[k]]]
            for j in range(indptr[p], indptr[p + 1]):
                targets[last], chances[last] = indices[j], data[j]
                last += 1
            begins[k + 1] = last
        enough = accepted * (rewards[i].max() - rewards[i].min())
        c, gap[i], _, spare = _certified(
            reward, gamma, solved, False, enough, only, begins, targets, chances, band, pair, h, rho, lu, spare, work,
            stop,
        )  # fmt: skip
        for k in range(n_states):
            values[i, order[k]] = c + (1.0 - gamma) * h[k]


@kernel
def _certified(
    reward, gamma, solved, warm, enough, pointer, indptr, indices, data, band, pair, h, rho, lu, spare, work, stop,
    earned=None,
):  # fmt: skip
    """(c, gap, iterations) of one draw, and the room for an LU of draws that the Krylov method does not certify."""
    c, gap, iterations = _iterate(
        reward,
        gamma,
        solved,
        warm,
        enough,
        pointer,
        indptr,
        indices,
        data,
        band,
        pair,
        h,
        rho,
        lu,
        work,
        stop,
        earned,
    )
    if not gap <= enough and len(lu) == 0 and len(reward) * (2.0 * band + 2.0) <= MOST_BAND:
        if len(spare) == 0:
            spare = np.empty((len(reward), 2 * band + 2))
        c, gap, iterations = _iterate(
            reward, gamma, solved, False, enough, pointer, indptr, indices, data, band, pair, h, rho, spare, work,
            stop, earned,
        )  # fmt: skip
    return c, gap, iterations, spare


@kernel
def _iterate(
    reward,
    gamma,
    solved,
    warm,
    enough,
    pointer,
    indptr,
    indices,
    data,
    band,
    pair,
    h,
    rho,
    lu,
    work,
    stop,
    earned=None,
):
    """Improve and correct until certified; leaves the policy in `pair`, returns (c, gap, iterations).

    Where pairs earn, `reward` is what the policy's own pairs do.
    """
    n_states = len(reward)
    spread = 0.0
    if earned is not None:
        c = earned.mean()
        for p in range(len(earned)):
            spread = max(spread, abs(earned[p] - c))
        for s in range(n_states):
            if not warm:
                pair[s] = pointer[s]
            reward[s] = earned[pair[s]]
    else:
        c = reward.mean()
    for s in range(n_states):
        h[s] = rho[s] = reward[s] - c
        spread = max(spread, abs(h[s]))
    fresh = False
    if warm:
        # The policy given is worth more than any guess at h: evaluate it first.
        h[:] = 0.0
        c += _centre(rho)
        if len(lu):
            _factor(solved, pair, indptr, indices, data, band, lu)
            fresh = True
        c, _ = _evaluate(
            reward, c, gamma, solved, pair, indptr, indices, data, band, h, rho, FORCING * spread, lu, work, stop
        )
    else:
        for s in range(n_states):
            pair[s] = pointer[s]
        _value_sweeps(reward, earned, c, gamma, FIRST_SWEEPS, pointer, indptr, indices, data, h)
        c += (1.0 - gamma) * _centre(h)
    terms = 4.0
    for p in range(len(indptr) - 1):
        terms = max(terms, indptr[p + 1] - indptr[p] + 4.0)
    least, waited, left, switched = np.inf, 0, 0.0, n_states if warm else 0
    for iteration in range(1, MOST_ITERATIONS):
        if switched > 0:
            _value_sweeps(reward, earned, c, gamma, SWEEPS, pointer, indptr, indices, data, h)
            c += (1.0 - gamma) * _centre(h)
        noise = EPS * (2.0 * (spread + abs(c)) + terms * h.max())  # what rounding can do to one ρ
        tie = 2.0 * (noise + left)
        low, high, switched = _backup(reward, earned, c, gamma, pointer, indptr, indices, data, h, pair, rho, tie)
        half = 0.5 * (high - low)
        middle = 0.5 * (low + high)
        c += middle
        for s in range(n_states):
            rho[s] -= middle
        waited = 0 if half < 0.5 * least else waited + 1
        least = min(least, half)
        # No policy's h is larger than this: a correction went astray.
        if stop[0] or waited > 500 or not h.max() <= 4.0 * spread / (1.0 - solved):
            break
        # Done at rounding; or, where tied policies follow each other, at well within what is accepted.
        if half <= 2.0 * noise or (waited > 20 and (switched == 0 or half <= 0.1 * enough)):
            return c, half + noise + 4.0 * EPS * (abs(c) + (1.0 - gamma) * h.max()), iteration
        if len(lu) and (switched > 0 or not fresh):
            _factor(solved, pair, indptr, indices, data, band, lu)
            fresh = True
        # A correction by the LU costs little beside its factors: go on until it does not help.
        goal = 2.0 * noise if len(lu) else max(2.0 * noise, FORCING * half)
        c, left = _evaluate(reward, c, gamma, solved, pair, indptr, indices, data, band, h, rho, goal, lu, work, stop)
        if left > goal and len(lu) == 0:
            break  # the Krylov method does not get through: the LU will
    return c, np.inf, iteration


@kernel
def _evaluate(reward, c, gamma, solved, pair, indptr, indices, data, band, h, rho, goal, lu, work, stop):
    """Correct h until the policy's own |ρ| ≤ goal, or no correction helps; return (c, the |ρ| that is left)."""
    delta, kept, left = work[6], work[7], max(rho.max(), -rho.min())
    for _ in range(4):
        kept[:] = h
        kept_c = c
        if len(lu):
            delta[:] = rho
            c += _substitute(lu, band, delta)
        else:
            _krylov(solved, pair, indptr, indices, data, rho, delta, 0.1 * FORCING, work, stop)
        for s in range(len(h)):
            h[s] += delta[s]
        c += (1.0 - gamma) * _centre(h)
        for s in range(len(h)):
            q = 0.0
            for j in range(indptr[pair[s]], indptr[pair[s] + 1]):
                q += data[j] * h[indices[j]]
            rho[s] = reward[s] - c + gamma * q - h[s]
        c += _centre(rho)
        if not rho.max() < left:
            h[:] = kept
            return kept_c, left
        left = rho.max()
        if left <= goal:
            break
    return c, left


@kernel
def _centre(h):
    """Subtract the middle of the range of h, and return it."""
    middle = 0.5 * (h.min() + h.max())
    for s in range(len(h)):
        h[s] -= middle
    return middle


@kernel
def _value_sweeps(reward, earned, c, gamma, sweeps, pointer, indptr, indices, data, h):
    """A few Gauss–Seidel sweeps of value iteration: a better first policy for little."""
    n_states = len(h)
    for sweep in range(sweeps):
        for k in range(n_states):
            s = k if sweep % 2 == 0 else n_states - 1 - k
            best = -np.inf
            for p in range(pointer[s], pointer[s + 1]):
                q = 0.0
                for j in range(indptr[p], indptr[p + 1]):
                    q += data[j] * h[indices[j]]
                if earned is not None:
                    q = earned[p] + gamma * q
                best = max(best, q)
            h[s] = reward[s] - c + gamma * best if earned is None else best - c


@kernel
def _backup(reward, earned, c, gamma, pointer, indptr, indices, data, h, pair, rho, tie):
    """Switch to the best action where it leads by more than `tie`; return the range of the ρ of best actions.

    `rho` gets what the policy itself leaves: a correction by another action's ρ would never end.
    """
    low, high, switched = np.inf, -np.inf, 0
    for s in range(len(h)):
        best, incumbent, choice = -np.inf, 0.0, pair[s]
        for p in range(pointer[s], pointer[s + 1]):
            q = 0.0
            for j in range(indptr[p], indptr[p + 1]):
                q += data[j] * h[indices[j]]
            if earned is not None:
                q = earned[p] - c + gamma * q
            if p == pair[s]:
                incumbent = q
            if q > best:
                best, choice = q, p
        residual = reward[s] - c + gamma * best - h[s] if earned is None else best - h[s]
        low, high = min(low, residual), max(high, residual)
        if best > incumbent + tie:
            pair[s] = choice
            switched += 1
            rho[s] = residual
            if earned is not None:
                reward[s] = earned[choice]
        else:
            rho[s] = reward[s] - c + gamma * incumbent - h[s] if earned is None else incumbent - h[s]
    return low, high, switched


@kernel
def _factor(gamma, pair, indptr, indices, data, band, lu):
    """LU of A = I − γ T_π without pivoting, nor any subtraction (Grassmann, Taksar & Heyman).

    Row s holds columns s−b … s+b, and then y = L⁻¹1. As A 1 = (1−γ) 1, also U 1 = (1−γ) y, which gives each
    pivot as a sum of positive terms: no digit is lost as γ → 1.
    """
    n_states, width = len(pair), 2 * band + 1
    lu[:] = 0.0
    for s in range(n_states):
        for j in range(indptr[pair[s]], indptr[pair[s] + 1]):
            lu[s, indices[j] - s + band] = -gamma * data[j]
        lu[s, width] = 1.0
    for k in range(n_states):
        upper = lu[k, band + 1 : width]
        pivot = (1.0 - gamma) * lu[k, width]
        for j in range(band):
            pivot -= upper[j]
        lu[k, band] = pivot
        inverse = 1.0 / pivot
        for i in range(k + 1, min(k + band + 1, n_states)):
            factor = lu[i, k - i + band]
            if factor != 0.0:
                factor *= inverse
                lu[i, k - i + band] = factor
                row = lu[i, k - i + band + 1 : k - i + band + 1 + band]
                for j in range(band):
                    row[j] -= factor * upper[j]
                lu[i, width] -= factor * lu[k, width]


@kernel
def _substitute(lu, band, x):
    """Solve A x + g 1 = b with x = 0 in the last state, in place; return g.

    (g stands for the constant g/(1−γ) in the solution of A x = b, which would drown the rest.)
    """
    n_states, width = len(x), 2 * band + 1
    for i in range(n_states):
        total = x[i]
        for k in range(max(0, i - band), i):
            total -= lu[i, k - i + band] * x[k]
        x[i] = total
    g = x[n_states - 1] / lu[n_states - 1, width]
    for i in range(n_states - 1, -1, -1):
        total = x[i] - g * lu[i, width]
        for k in range(i + 1, min(i + band + 1, n_states)):
            total -= lu[i, k - i + band] * x[k]
        x[i] = total / lu[i, band]
    x[n_states - 1] = 0.0
    return g


@kernel
def _krylov(gamma, pair, indptr, indices, data, b, x, want, work, stop):
    """Solve (I − γ T_π) x = b up to constants: BiCGStab (van der Vorst 1992) on vectors of mean zero.

    A constant is an eigenvector, so that residuals may be taken modulo constants; what is left over is absorbed
    by the shift c. Stops at ‖residual‖₂ ≤ want·‖b‖₂; the caller sees what was reached.
    """
    r, shadow, p, v, s, t = work[0], work[1], work[2], work[3], work[4], work[5]
    n = len(b)
    x[:] = 0.0
    r[:] = b - b.mean()
    shadow[:] = r
    p[:] = r
    start = np.sqrt(np.dot(r, r))
    rho = start * start
    for _ in range(KRYLOV_STEPS):
        if stop[0]:
            return
        _multiply(gamma, pair, indptr, indices, data, p, v)
        along = np.dot(shadow, v)
        if along == 0.0:
            return
        alpha = rho / along
        for i in range(n):
            s[i] = r[i] - alpha * v[i]
        _multiply(gamma, pair, indptr, indices, data, s, t)
        square = np.dot(t, t)
        omega = np.dot(t, s) / square if square > 0.0 else 0.0
        for i in range(n):
            x[i] += alpha * p[i] + omega * s[i]
            r[i] = s[i] - omega * t[i]
        if np.sqrt(np.dot(r, r)) <= want * start:
            return
        following = np.dot(shadow, r)
        if omega == 0.0 or following == 0.0:
            return
        beta = following / rho * (alpha / omega)
        rho = following
        for i in range(n):
            p[i] = r[i] + beta * (p[i] - omega * v[i])


@kernel
def _multiply(gamma, pair, indptr, indices, data, x, y):
    """y = (I − γ T_π) x, less its mean."""
    total = 0.0
    for s in range(len(x)):
        q = 0.0
        for j in range(indptr[pair[s]], indptr[pair[s] + 1]):
            q += data[j] * x[indices[j]]
        y[s] = x[s] - gamma * q
        total += y[s]
    for s in range(len(x)):
        y[s] -= total / len(x)
