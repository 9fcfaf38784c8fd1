"""Reward sequences of a deterministic policy, told apart and put in order: by the next reward, at a γ, near γ = 1.

A policy of a deterministic MDP is a map s → s'. What it earns from s is a sequence of rewards that is periodic in
the end, and V(s) = Σ_k r_k γ^k. Two states of one sequence have the same value at every γ; at γ → 0 and γ → 1 only
those have: the difference of two values is a power series, 0 near an end of γ only if all its coefficients are. So
*ties near the ends are equality of sequences*, and between them it proves most.

Names. Equal sequences are found by doubling (Karp, Miller and Rosenberg 1972; on an automaton, Moore 1956): the rank
of a state's first 2w rewards follows from the ranks of w rewards here and of w rewards w steps on, by a radix sort.
Ranks are in lexicographic order, and final once a doubling splits no class. O(S log S), integers only.

Order. Let d_k = r_k − r'_k be the difference of two sequences. If they meet (in a state of the same name) at step n
it is a polynomial. If not, with m steps until both walk in circles, of L and L' steps, (1 − x^L)(1 − x^L') Σ d_k x^k
is one, of m + L + L' coefficients, whose sign at γ < 1 is that of the difference. Its sign:

0 < γ < 1  Terms are summed in floats from the first that is not 0, relative to it: nothing is lost where all is far
           away and γ^k below rounding. If the sum is within its error, is it 0? With γ = p/q in lowest terms and
           integers c_k, y_0 = 0 and y_{k+1} = (y_k − c_k) q/p is what the terms from k + 1 on must be worth if all
           are worth nothing. Then no p is in its denominator, as a sum of those, and no q, as a sum of the others:
           it is an integer. A remainder proves that the sum is not 0, and y_n = 0 after the last term that it is.
γ → 1      The first that is not 0 of: the sum of the coefficients, the sum of their partial sums, of the partial
           sums of these, … (division by 1 − x); sums are kept in two integers.

What 64-bit integers cannot hold is left open here, and decided by `polynomial_sign`.

Near γ = 1 states are first compared in floats by gain and bias, each with a bound on its error: g is the mean reward
of the cycle; h(s) = r(s) − g + h(s') with mean 0 on the cycle (Veinott's y_{−1} and y_0; Puterman 1994, ch. 10).

References: Karp, Miller and Rosenberg, STOC 1972; Moore, Gedanken-experiments on sequential machines (1956); Veinott,
Ann. Math. Stat. 40 (1969) 1635.
"""

from __future__ import annotations

import numpy as np

from mdppower._compiled import kernel

UNIT = 2.0**-53
READING = 2.0**-50
"""Relative error of γ^k, per step: of γ, which stands for a fraction within 2^-51, and of its multiplication."""
LARGE = 2**61
UNKNOWN = 2


@kernel
def best_sequences(pointer, successor, rank):
    """Ranks of the lexicographically greatest sequence that can be had from each state: the limit γ → 0.

    That of w + 1 rewards is a state's own and the best w of its successors. Ranks are final once a step splits no
    class.
    """
    name, classes = rank.copy(), int(rank.max()) + 1
    top = np.empty_like(name)
    while True:
        for s in range(len(name)):
            top[s] = -1
            for p in range(pointer[s], pointer[s + 1]):
                top[s] = max(top[s], name[successor[p]])
        name, now = _ranks_of_pairs(rank, top)
        if now == classes:
            return name
        classes = now


@kernel
def sequence_ranks(target, rank):
    """Ranks, in lexicographic order, of the sequences of rewards along s → target[s]; rewards are given as ranks."""
    name, jump, classes = rank, target.copy(), int(rank.max()) + 1
    while True:
        name, now = _ranks_of_pairs(name, name[jump])
        if now == classes:
            return name
        classes = now
        jump = jump[jump]


@kernel
def _ranks_of_pairs(first, second):
    """Dense ranks of pairs of numbers below their count, by two counting sorts; and how many there are."""
    n = len(first)
    by_second, order, name = np.empty(n, np.int32), np.empty(n, np.int32), np.empty(n, np.int32)
    place = np.zeros(n + 2, np.int64)
    for s in range(n):
        place[second[s] + 1] += 1
    for k in range(n + 1):
        place[k + 1] += place[k]
    for s in range(n):
        by_second[place[second[s]]] = s
        place[second[s]] += 1
    place[:] = 0
    for s in range(n):
        place[first[s] + 1] += 1
    for k in range(n + 1):
        place[k + 1] += place[k]
    for i in range(n):
        s = by_second[i]
        order[place[first[s]]] = s
        place[first[s]] += 1
    last = -1
    for i in range(n):
        s, before = order[i], order[max(i - 1, 0)]
        if i == 0 or first[s] != first[before] or second[s] != second[before]:
            last += 1
        name[s] = last
    return name, last + 1


@kernel
def evaluate(target, reward, known, depth, length, g, h, g_off, h_off):
    """Steps to the cycle of each state, and its length; gain and bias with errors, from rewards known to `known`."""
    n = len(target)
    visit, path, cycle = np.full(n, -1, np.int32), np.empty(n, np.int32), np.empty(n, np.int32)
    for start in range(n):
        top, s = 0, start
        while visit[s] < 0:
            visit[s] = start
            path[top] = s
            top += 1
            s = target[s]
        if top and visit[s] == start:  # a new cycle
            first = top - 1
            while path[first] != s:
                first -= 1
            count, total, size = top - first, 0.0, 0.0
            for k in range(first, top):
                total += reward[path[k]]
                size = max(size, abs(reward[path[k]]))
            gain = total / count
            gain_off = known * size + (0.0 if count == 1 else (count + 2) * UNIT * size)
            bias, off, mean, most = 0.0, 0.0, 0.0, 0.0
            for k in range(top - 1, first - 1, -1):
                t = path[k]
                depth[t], length[t], cycle[t], g[t], g_off[t] = 0, count, s, gain, gain_off
                if count > 1:
                    bias += reward[t] - gain
                    off += gain_off + known * size + 2 * UNIT * (2 * size + abs(bias))
                h[t] = bias
                mean += bias / count
                most = max(most, abs(bias))
            for k in range(first, top):
                h[path[k]] -= mean
                h_off[path[k]] = 0.0 if count == 1 else 2 * off + (count + 4) * UNIT * 2 * most
            top = first
        for k in range(top - 1, -1, -1):
            t = path[k]
            after = target[t]
            depth[t], length[t], cycle[t] = depth[after] + 1, length[after], cycle[after]
            g[t], g_off[t] = g[after], g_off[after]
            h[t] = (reward[t] - g[t]) + h[after]
            size = abs(reward[t])
            h_off[t] = h_off[after] + g_off[t] + known * size + 2 * UNIT * (size + abs(g[t]) + abs(h[t]))
    return cycle


@kernel
def _order(t, u, gamma, p, q, whole, target, reward, parts, rank, name, depth, length, c, sums):
    """The sign of V(t) − V(u), or UNKNOWN; see `verdicts`. c and sums are scratch."""
    if gamma == 1.0:
        if parts.shape[1] == 0:
            return UNKNOWN
        _differences(parts[0], t, u, target, name, depth, length, sums[0])
        n = _differences(parts[1], t, u, target, name, depth, length, sums[1])
        return _sign_near_one(sums[0, :n], sums[1, :n])
    n = _differences(reward, t, u, target, name, depth, length, c)
    first = 0
    while rank[t] == rank[u]:
        t, u = target[t], target[u]
        first += 1
    return _sign(c, first, n, gamma, p, q, whole)


@kernel
def _differences(x, t, u, target, name, depth, length, c):
    """Write the coefficients of the polynomial of two states' sequences of x, and say how many they are."""
    own, other = length[t], length[u]
    count = max(depth[t], depth[u]) + own + other
    n = 0
    while n < count and name[t] != name[u]:
        c[n] = x[t] - x[u]
        t, u = target[t], target[u]
        n += 1
    if n == count:
        for k in range(n - 1, own - 1, -1):
            c[k] -= c[k - own]
        for k in range(n - 1, other - 1, -1):
            c[k] -= c[k - other]
    return n


@kernel
def _sign_near_one(high, low):
    """Of coefficients 2^31 high + low, in place."""
    n, most = len(high), 0
    for k in range(n):
        most = max(most, abs(int(high[k])), abs(int(low[k])))
    while 0 < most < LARGE // n:
        most, above, below = 0, 0, 0
        for k in range(n):
            above += int(high[k])
            below += int(low[k])
            high[k], low[k] = above, below
            most = max(most, abs(above), abs(below))
        above += below >> 31
        below &= 2**31 - 1
        if above != 0 or below != 0:
            return 1 if above >= 0 else -1
    return UNKNOWN


@kernel
def _sign(c, first, n, gamma, p, q, whole):
    most = 0.0
    for k in range(n):
        most = max(most, abs(c[k]))
    weight, total, mass, weights, cut = 1.0, 0.0, 0.0, 0.0, 0.0
    for k in range(first, n):
        total += weight * c[k]
        mass += weight * abs(c[k])
        weights += weight
        weight *= gamma
        if weight < 2.0**-900:
            cut = 2 * weight * most * n
            break
    error = READING * (n - first + 8) * mass + cut
    if not whole:  # rewards between 0 and 1 that were rounded, then subtracted three times
        error += 32 * UNIT * weights
    if abs(total) > error:
        return 1 if total > 0.0 else -1
    if not whole or q >= LARGE:
        return UNKNOWN
    y, room = 0, LARGE // q
    for k in range(first, n):
        y -= int(c[k])
        if y % p != 0 or abs(y) > room:
            return UNKNOWN
        y = y // p * q
    return 0 if y == 0 else UNKNOWN


@kernel
def verdicts(
    pointer, successor, candidate, pair, reward, parts, rank, gamma, p, q, whole, name, depth, length, verdict, better
):
    """Compare each candidate pair with the policy's own, by the policy's values.

    Rewards are integers, or (not `whole`) floats between 0 and 1. At γ = 1 they are also given as the integers
    2^31 parts[0] + parts[1], or, where these are too large, by no parts.

    Written are the names, depths and lengths of the policy's sequences; verdict[p]: 1, 0, −1 or UNKNOWN; and
    better[s]: the best pair that was found for each state.
    """
    n = len(pair)
    target = successor[pair]
    name[:] = sequence_ranks(target, rank)
    g, h, g_off, h_off = np.empty(n), np.empty(n), np.empty(n), np.empty(n)
    cycle = evaluate(target, reward, 0.0 if whole else UNIT, depth, length, g, h, g_off, h_off)
    c, sums = np.empty(2 * n), np.empty((2, 2 * n if gamma == 1.0 else 0), np.int64)
    for s in range(n):
        own = target[s]
        best = own
        better[s] = pair[s]
        for k in range(pointer[s], pointer[s + 1]):
            t = successor[k]
            if not candidate[k]:
                verdict[k] = -1
                continue
            against, found = own, 0
            for _ in range(2):  # with the policy's own, then with the best so far
                if name[t] == name[against]:
                    found = 0
                else:
                    found = UNKNOWN
                    if gamma == 1.0:
                        lead, off = 0.0, 0.0
                        if cycle[t] != cycle[against]:
                            lead, off = g[t] - g[against], g_off[t] + g_off[against]
                        else:
                            lead, off = h[t] - h[against], h_off[t] + h_off[against]
                        off += 2 * UNIT * abs(lead)
                        if abs(lead) > off:
                            found = 1 if lead > 0.0 else -1
                    if found == UNKNOWN:
                        found = _order(
                            t, against, gamma, p, q, whole, target, reward, parts, rank, name, depth, length, c, sums
                        )
                if against == own:
                    verdict[k] = found
                if found != 1 or best == against:
                    break
                against = best
            if found == 1:
                best, better[s] = t, k
