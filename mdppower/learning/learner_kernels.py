"""The loops of learners: linear Q-learning, successor features by TD, and what linear agents do.

A learner has a row of S weights and a bias for each of the P pairs, and values pair p under the input x as
q(p) = W[p]·x + b[p]. Randomness comes from a NumPy generator that is passed in: its bits depend on nothing else
(Numba's own generator is one a thread). Sums run in four strands, in a fixed order.
"""

from __future__ import annotations

from mdppower._compiled import kernel


@kernel
def q_learning(
    pointer,
    row,
    successor,
    probability,
    x,
    given,
    by_step,
    start,
    steps,
    alpha,
    epsilon,
    gamma,
    rng,
    w,
    b,
    q,
    mean,
    stop,
):
    """Episodes of linear Q-learning by normalised LMS; `w` and `b` are changed in place.

    In episode i the input is ``x[i]``; the reward of step t in state s is ``given[i, s]``, or ``given[i, t]`` with
    `by_step`. A state is worth what its best action is, or with `mean` the mean over its actions. `q` is room for the
    values of one state's actions, twice.
    """
    for i in range(len(x)):
        if stop[0]:
            return
        inputs = x[i]
        step = alpha / (1.0 + _dot(inputs, inputs))
        s, here = start[i], 0
        for k in range(pointer[s + 1] - pointer[s]):
            q[here, k] = _dot(w[pointer[s] + k], inputs) + b[pointer[s] + k]
        for t in range(steps):
            count = pointer[s + 1] - pointer[s]
            a = 0 if count == 1 else _behave(q[here], count, epsilon, rng)
            p = pointer[s] + a
            n = _follow(row, successor, probability, p, rng)
            # Values of the state that it is in are kept: where it stays, there is nothing to compute before learning.
            there = here if n == s else 1 - here
            first = pointer[n]
            if n != s:
                for k in range(pointer[n + 1] - first):
                    q[there, k] = _dot(w[first + k], inputs) + b[first + k]
            best = q[there, 0]
            for k in range(1, pointer[n + 1] - first):
                best = max(best, q[there, k])
            if mean:
                best = _mean(q[there], pointer[n + 1] - first)
            reward = given[i, t] if by_step else given[i, s]
            g = step * ((1.0 - gamma) * reward + gamma * best - q[here, a])
            b[p] += g
            for j in range(len(inputs)):
                w[p, j] += g * inputs[j]
            if n == s:
                q[there, a] = _dot(w[p], inputs) + b[p]
            s, here = n, there


@kernel
def double_q_learning(
    pointer, row, successor, probability, x, given, by_step, start, steps, alpha, epsilon, gamma, rng, w, b, q, stop
):
    """The same with two tables, `w` (2, P, S) and `b` (2, P): one picks the best action, the other says its worth.

    Behaviour is by the sum of both; a coin says which of them learns from a step.
    """
    for i in range(len(x)):
        if stop[0]:
            return
        inputs = x[i]
        step = alpha / (1.0 + _dot(inputs, inputs))
        s = start[i]
        for t in range(steps):
            count = pointer[s + 1] - pointer[s]
            for k in range(count):
                p = pointer[s] + k
                q[0, k] = _dot(w[0, p], inputs) + b[0, p] + _dot(w[1, p], inputs) + b[1, p]
            p = pointer[s] + (0 if count == 1 else _behave(q[0], count, epsilon, rng))
            n = _follow(row, successor, probability, p, rng)
            own = _any(2, rng)
            other = 1 - own
            chosen = pointer[n]
            best = _dot(w[own, chosen], inputs) + b[own, chosen]
            for k in range(pointer[n] + 1, pointer[n + 1]):
                value = _dot(w[own, k], inputs) + b[own, k]
                if value > best:
                    best, chosen = value, k
            worth = _dot(w[other, chosen], inputs) + b[other, chosen]
            reward = given[i, t] if by_step else given[i, s]
            g = step * ((1.0 - gamma) * reward + gamma * worth - _dot(w[own, p], inputs) - b[own, p])
            b[own, p] += g
            for j in range(len(inputs)):
                w[own, p, j] += g * inputs[j]
            s = n


@kernel
def successor_features(pointer, row, successor, probability, start, steps, rate, gamma, rng, psi, stop):
    """Episodes of TD for the normalised successor features of the random policy; `psi` is changed in place."""
    for i in range(len(start)):
        if stop[0]:
            return
        s = start[i]
        p = pointer[s] + _any(pointer[s + 1] - pointer[s], rng)
        for _ in range(steps):
            n = _follow(row, successor, probability, p, rng)
            following = pointer[n] + _any(pointer[n + 1] - pointer[n], rng)
            old, new = psi[p], psi[following]
            for j in range(len(old)):
                old[j] += rate * (gamma * new[j] - old[j])
            old[s] += rate * (1.0 - gamma)
            s, p = n, following


@kernel
def best_pairs(x, features, b, pointer, pairs):
    """``pairs[i, s]``: of the pairs of state s the first of the largest max_k features[k, p]·x[i] + b[p]."""
    for i in range(len(x)):
        for s in range(len(pointer) - 1):
            first, last = pointer[s], pointer[s + 1]
            pairs[i, s] = first
            if last - first > 1:
                best = _largest(x[i], features, first) + b[first]
                for p in range(first + 1, last):
                    value = _largest(x[i], features, p) + b[p]
                    if value > best:
                        best = value
                        pairs[i, s] = p


@kernel
def pair_values(x, features, b, q):
    """``q[i, p]`` = max_k features[k, p]·x[i] + b[p]."""
    for i in range(len(x)):
        for p in range(len(b)):
            q[i, p] = _largest(x[i], features, p) + b[p]


# ---------------------------------------------------------------------- their parts


@kernel
def _largest(x, features, p):
    best = _dot(features[0, p], x)
    for k in range(1, len(features)):
        best = max(best, _dot(features[k, p], x))
    return best


@kernel
def _mean(q, count):
    total = 0.0
    for k in range(count):
        total += q[k]
    return total / count


@kernel
def _dot(u, v):
    a = b = c = d = 0.0
    whole = len(u) - len(u) % 4
    for j in range(0, whole, 4):
        a += u[j] * v[j]
        b += u[j + 1] * v[j + 1]
        c += u[j + 2] * v[j + 2]
        d += u[j + 3] * v[j + 3]
    for j in range(whole, len(u)):
        a += u[j] * v[j]
    return (a + b) + (c + d)


@kernel
def _behave(q, count, epsilon, rng):
    """ε-greedy; of equally good actions one at random."""
    if rng.random() < epsilon:
        return _any(count, rng)
    chosen, ties = 0, 1
    for k in range(1, count):
        if q[k] > q[chosen]:
            chosen, ties = k, 1
        elif q[k] == q[chosen]:
            ties += 1
            if rng.random() * ties < 1.0:
                chosen = k
    return chosen


@kernel
def _any(count, rng):
    return 0 if count == 1 else min(int(rng.random() * count), count - 1)


@kernel
def _follow(row, successor, probability, p, rng):
    """The next state after pair p."""
    first, last = row[p], row[p + 1] - 1
    if first == last:
        return successor[first]
    left = rng.random()
    for k in range(first, last):
        left -= probability[k]
        if left < 0.0:
            return successor[k]
    return successor[last]
