"""The loops of coin flips: policy gradients with a clipped surrogate (GRPO), and the power of softmax policies.

A policy has S weights for each of the P pairs: π(p|s, x) is in proportion to exp(θ[p]·x), over the pairs of s. An
iteration draws G rollouts for each of Q prompts (a reward function x, a start), gives each rollout its advantage
among the G, and then goes through the prompts in minibatches, some times, each time up the gradient of

    mean over decisions of  min(ρ A, clip(ρ, 1−ε_low, 1+ε_high) A),     ρ = π(p|s, x)/π_rollout(p|s, x)

A decision is an action taken where there were several. Randomness comes from a NumPy generator that is passed in.
"""

from __future__ import annotations

import numpy as np

from mdppower._compiled import kernel

ALIKE = 1e-12
"""Outcomes of a group whose spread is no more than this, relative to their size, are equal but for rounding."""


@kernel
def policy_gradient(
    pointer, row, successor, probability, owner, x, start, coin, sign, theta, low, high, epochs, minibatches, rate,
    horizon, gamma, rng, taken, old, made, counts, stop,
):  # fmt: skip
    """Iterations of training; `theta` is changed in place.

    In iteration i the prompts are ``x[i, q]`` from state ``start[i, q]``; the outcome of rollout g is
    ``coin[i, q, g]`` where `sign` is 0, else `sign` times the discounted sum of x over the states that are reached.
    `owner` is the state of each pair; `taken`, `old` and `made` are room for the decisions of an iteration: pairs,
    their probabilities, and how many a rollout has. To ``counts`` are added the decisions of all updates, and those
    that were clipped.
    """
    prompts, group = made.shape
    size = prompts // minibatches
    order = np.empty(prompts, np.int64)
    outcome, advantage = np.empty(group), np.empty((prompts, group))
    room, grad = _room(pointer), np.zeros(theta.shape)
    for i in range(len(x)):
        if stop[0]:
            return
        for q in range(prompts):
            met = 0
            for g in range(group):
                total, met = _roll_out(
                    pointer, row, successor, probability, theta, x[i, q], start[i, q], horizon, gamma, rng,
                    room, met, taken[q, g], old[q, g], made[q], g,
                )  # fmt: skip
                outcome[g] = coin[i, q, g] if sign == 0.0 else sign * total
            for k in range(met):
                room[6, int(room[5, k])] = 0.0
            advantages(outcome, advantage[q])
        order[:] = np.arange(prompts)  # so that an iteration is the same, whichever call it is in
        for _ in range(epochs):
            if minibatches > 1:
                _shuffle(order, rng)
            if stop[0]:
                return
            for m in range(minibatches):
                batch = order[m * size : (m + 1) * size]
                decisions, clipped, touched = _gradient(
                    pointer, owner, x[i], batch, taken, old, made, advantage, theta, low, high, room, grad
                )
                counts[0] += decisions
                counts[1] += clipped
                for k in range(touched):
                    s = int(room[3, k])
                    for p in range(pointer[s], pointer[s + 1]):
                        for j in range(theta.shape[1]):
                            theta[p, j] += rate * grad[p, j] / decisions
                            grad[p, j] = 0.0


@kernel
def advantages(outcome, advantage):
    """``advantage[g]``: how far outcome g is from the mean, in standard deviations of the group; 0 if all agree."""
    mean = outcome.mean()
    largest = np.abs(outcome).max()
    spread = np.sqrt(((outcome - mean) ** 2).mean())
    for g in range(len(outcome)):
        advantage[g] = (outcome[g] - mean) / spread if spread > ALIKE * largest else 0.0


@kernel
def surrogate_gradient(pointer, owner, x, batch, taken, old, made, advantage, theta, low, high, grad):
    """To `grad` is added the gradient of the *sum* over decisions; gives the decisions, and those clipped."""
    decisions, clipped, _ = _gradient(
        pointer, owner, x, batch, taken, old, made, advantage, theta, low, high, _room(pointer), grad
    )
    return decisions, clipped


@kernel
def softmax_power(
    pointer,
    row,
    successor,
    probability,
    theta,
    x,
    rewards,
    start,
    gamma,
    greedy,
    tolerance,
    most,
    power,
    entropy,
    error,
):
    """Of each reward function i: the power of the policy, its entropy, and a bound on the error of the former.

    ``power[i]`` is the mean over starts of E_{p~π(s), s'} v^π(s') by Gauss–Seidel sweeps, `most` of them, until the
    values move by less than `tolerance`; of the largest weights alone (the first of several) with `greedy`.
    ``entropy[i]`` is in nats, the mean over states with a choice. ``error[i]`` follows from the residual, however
    many sweeps there were.
    """
    states = len(pointer) - 1
    pi, v = np.empty(len(row) - 1), np.empty(states)
    widest = 1
    for s in range(states):
        widest = max(widest, row[pointer[s + 1]] - row[pointer[s]])
    for i in range(len(x)):
        entropy[i] = _policy(pointer, theta, x[i], greedy, pi)
        r = rewards[i]
        middle = 0.5 * r.min() + 0.5 * r.max()
        size = max(r.max() - middle, middle - r.min())
        for s in range(states):
            v[s] = r[s] - middle
        for k in range(most):
            moved = 0.0
            for n in range(states):
                s = n if k % 2 == 0 else states - 1 - n
                stay, ahead = 0.0, 0.0
                for p in range(pointer[s], pointer[s + 1]):
                    for j in range(row[p], row[p + 1]):
                        if successor[j] == s:
                            stay += pi[p] * probability[j]
                        else:
                            ahead += pi[p] * probability[j] * v[successor[j]]
                new = ((1.0 - gamma) * (r[s] - middle) + gamma * ahead) / (1.0 - gamma * stay)
                moved = max(moved, abs(new - v[s]))
                v[s] = new
            if moved <= tolerance * size * (1.0 - gamma):
                break
        total, residual, largest = 0.0, 0.0, size
        for s in range(states):
            onwards = 0.0
            for p in range(pointer[s], pointer[s + 1]):
                for j in range(row[p], row[p + 1]):
                    onwards += pi[p] * probability[j] * v[successor[j]]
            residual = max(residual, abs((1.0 - gamma) * (r[s] - middle) + gamma * onwards - v[s]))
            largest = max(largest, abs(v[s]))
            total += start[s] * onwards
        power[i] = middle + total
        # A sum of n products has n + 2 roundings of numbers no larger than `largest`, and so have the n
        # probabilities, which need not sum to 1; the rest is that of the residual, of the mean over starts, and of
        # the middle.
        rounding = 2.3e-16 * ((2 * widest + 12 + states) * largest + abs(middle))
        error[i] = (residual + rounding) / (1.0 - gamma) + rounding


# ---------------------------------------------------------------------- their parts


@kernel
def _room(pointer):
    """For `_gradient`: probabilities of pairs; what is added to pairs, and states; states of a batch, a prompt."""
    return np.zeros((7, pointer[-1]))


@kernel
def _gradient(pointer, owner, x, batch, taken, old, made, advantage, theta, low, high, room, grad):
    """The gradient is Σ_p c[p] x, for each prompt: c is summed first, and a prompt's policy found once a state."""
    pi, coefficient, total, met, has_met, here, is_here = room
    decisions, clipped, touched = 0, 0, 0
    for q in batch:
        states = 0
        for g in range(made.shape[1]):
            a = advantage[q, g]
            for t in range(made[q, g]):
                p = taken[q, g, t]
                s = owner[p]
                if is_here[s] == 0.0:
                    is_here[s] = 1.0
                    here[states] = s
                    states += 1
                    total[s] = 0.0
                    _softmax(pointer[s], pointer[s + 1], theta, x[q], pi)
                    for k in range(pointer[s], pointer[s + 1]):
                        coefficient[k] = 0.0
                decisions += 1
                if a == 0.0:
                    continue
                ratio = pi[p] / old[q, g, t]
                if (a > 0.0 and ratio > 1.0 + high) or (a < 0.0 and ratio < 1.0 - low):
                    clipped += 1
                else:
                    coefficient[p] += a * ratio
                    total[s] += a * ratio
        for k in range(states):
            s = int(here[k])
            is_here[s] = 0.0
            if has_met[s] == 0.0:
                has_met[s] = 1.0
                met[touched] = s
                touched += 1
            for p in range(pointer[s], pointer[s + 1]):
                c = coefficient[p] - total[s] * pi[p]
                for j in range(theta.shape[1]):
                    grad[p, j] += c * x[q, j]
    for k in range(touched):
        has_met[int(met[k])] = 0.0
    return decisions, clipped, touched


@kernel
def _roll_out(pointer, row, successor, probability, theta, x, s, horizon, gamma, rng, room, met, taken, old, made, g):
    """One rollout: its decisions are written down; gives the discounted sum of x over the states reached.

    The policy of a state is found once a prompt: `met` states have one so far.
    """
    pi, here, is_here = room[0], room[5], room[6]
    total, weight, n, t = 0.0, 1.0, 0, 0
    while t < horizon:
        first, last = pointer[s], pointer[s + 1]
        p = first
        if last - first > 1:
            if is_here[s] == 0.0:
                is_here[s] = 1.0
                here[met] = s
                met += 1
                _softmax(first, last, theta, x, pi)
            p = _drawn(first, last, pi, rng)
            taken[n], old[n] = p, pi[p]
            n += 1
        elif row[p + 1] - row[p] == 1 and successor[row[p]] == s:
            for _ in range(t, horizon):  # it stays here
                total += weight * x[s]
                weight *= gamma
            break
        s = _follow(row, successor, probability, p, rng)
        total += weight * x[s]
        weight *= gamma
        t += 1
    made[g] = n
    return total, met


@kernel
def _policy(pointer, theta, x, greedy, pi):
    """The probabilities of all pairs; gives the mean entropy of states with a choice."""
    total, several = 0.0, 0
    for s in range(len(pointer) - 1):
        first, last = pointer[s], pointer[s + 1]
        if last - first == 1:
            pi[first] = 1.0
            continue
        _softmax(first, last, theta, x, pi)
        several += 1
        if greedy:
            best = first + np.argmax(pi[first:last])
            pi[first:last] = 0.0
            pi[best] = 1.0
            continue
        for p in range(first, last):
            if pi[p] > 0.0:
                total -= pi[p] * np.log(pi[p])
    return total / max(several, 1)


@kernel
def _softmax(first, last, theta, x, pi):
    """The probabilities of the pairs from `first` to before `last`."""
    largest = -np.inf
    for p in range(first, last):
        pi[p] = _dot(theta[p], x)
        largest = max(largest, pi[p])
    total = 0.0
    for p in range(first, last):
        pi[p] = np.exp(pi[p] - largest)
        total += pi[p]
    for p in range(first, last):
        pi[p] /= total


@kernel
def _drawn(first, last, pi, rng):
    """A pair, by its probability."""
    left = rng.random()
    for p in range(first, last):
        left -= pi[p]
        if left < 0.0:
            return p
    return first + np.argmax(pi[first:last])  # the sum was rounded


@kernel
def _shuffle(order, rng):
    for k in range(len(order) - 1, 0, -1):
        j = min(int(rng.random() * (k + 1)), k)
        order[k], order[j] = order[j], order[k]


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
