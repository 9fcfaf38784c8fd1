"""What one agent faces while the other's policy is fixed: loops over joint actions.

With π the other's policy, an own action a leads from s to s' with

    T[π](s' | s, a) = Σ_b π(b|s) T(s' | s, a, b)  /  Σ_b π(b|s) (1 − lost(s, a, b))

The denominator is 1 where nothing is lost. Under the rule ``remove`` it is the probability that the agents do not
collide; an action for which that is 0 cannot be taken against π. Under ``remove-leak`` there is no denominator, and
what is lost leads to one more state, S, which is never left and earns nothing.

Nothing is larger than the joint actions themselves: each draw has rows of its own, in arrays that are used again.
"""

from __future__ import annotations

import numpy as np

from mdppower._compiled import kernel

EPS = float(np.finfo(np.float64).eps)


@kernel
def _add(n, probability, dense, touched, many):
    """Add to one entry of a row; return how many there are."""
    if probability > 0.0:  # a product of two tiny ones may be none
        if dense[n] == 0.0:
            touched[many] = n
            many += 1
        dense[n] += probability
    return many


@kernel
def _sort(touched, many):
    """Sort the first of them: they are few."""
    for i in range(1, many):
        n, k = touched[i], i
        while k > 0 and touched[k - 1] > n:
            touched[k] = touched[k - 1]
            k -= 1
        touched[k] = n


@kernel
def induce(
    pointer,
    starts,
    joint,
    other,
    weights,
    indptr,
    indices,
    data,
    lost,
    leaks,
    dense,
    touched,
    own_pointer,
    own_pair,
    own_indptr,
    own_indices,
    own_data,
):
    """Fill own_… with the rows of own actions that can be taken; return how many there are, and their entries.

    `dense` (S + 1,) must be zero, and is left so.
    """
    n_states = len(pointer) - 1
    rows, entries = 0, 0
    own_indptr[0] = 0
    for s in range(n_states):
        own_pointer[s] = rows
        for p in range(pointer[s], pointer[s + 1]):
            many, total = 0, 0.0
            for k in range(starts[p], starts[p + 1]):
                w = weights[other[k]]
                if w == 0.0:
                    continue
                j = joint[k]
                for i in range(indptr[j], indptr[j + 1]):
                    many = _add(indices[i], w * data[i], dense, touched, many)
                    total += w * data[i]
                if leaks:
                    many = _add(n_states, w * lost[j], dense, touched, many)
                    total += w * lost[j]
            if many == 0:
                continue
            _sort(touched, many)
            for i in range(many):
                n = touched[i]
                own_indices[entries] = n
                own_data[entries] = dense[n] / total
                dense[n] = 0.0
                entries += 1
            own_pair[rows] = p
            rows += 1
            own_indptr[rows] = entries
    own_pointer[n_states] = rows
    if leaks:
        own_indices[entries] = n_states
        own_data[entries] = 1.0
        own_pair[rows] = -1
        entries += 1
        rows += 1
        own_indptr[rows] = entries
        own_pointer[n_states + 1] = rows
    return rows, entries


@kernel
def chain(own_pointer, own_pair, own_indptr, own_indices, own_data, policy, dense, touched, indptr, indices, data):
    """Fill indptr, indices, data with the rows of one's own policy; return (entries, a state without a row, or −1).

    What a policy says of actions that cannot be taken goes to the others.
    """
    entries = 0
    indptr[0] = 0
    for s in range(len(own_pointer) - 1):
        many, total = 0, 0.0
        for p in range(own_pointer[s], own_pointer[s + 1]):
            w = 1.0 if own_pair[p] < 0 else policy[own_pair[p]]
            if w == 0.0:
                continue
            total += w
            for i in range(own_indptr[p], own_indptr[p + 1]):
                many = _add(own_indices[i], w * own_data[i], dense, touched, many)
        if many == 0:
            return entries, s
        _sort(touched, many)
        for i in range(many):
            n = touched[i]
            indices[entries] = n
            data[entries] = dense[n] / total
            dense[n] = 0.0
            entries += 1
        indptr[s + 1] = entries
    return entries, -1


@kernel
def _about(values, indptr, gap):
    """The middle of the values, and what rounding and the gap leave open of E v(s'), taken about it."""
    low, high, most = np.inf, -np.inf, 0
    for v in values:
        low, high = min(low, v), max(high, v)
    for p in range(len(indptr) - 1):
        most = max(most, indptr[p + 1] - indptr[p])
    middle = 0.5 * low + 0.5 * high
    return middle, gap + EPS * ((most + 4.0) * (high - middle) + 2.0 * abs(middle))


@kernel
def best_actions(own_pointer, own_pair, own_indptr, own_indices, own_data, values, gap, within, policy, onwards):
    """Fill `policy` with the best actions, tied ones alike, and `onwards` with max_a E v(s'); return (error, near).

    `gap` bounds the error of the values, `error` that of E v(s'), so that leads are known within 2 errors. Tied is
    what falls short of the best by no more than `within`, which is widened to 8 errors; `near` counts what is tied by
    that and not by 2 errors, or may be.
    """
    middle, error = _about(values, own_indptr, gap)
    within = max(within, 8.0 * error)
    policy[:] = 0.0
    near = 0
    for s in range(len(onwards)):
        best = -np.inf
        for p in range(own_pointer[s], own_pointer[s + 1]):
            q = 0.0
            for i in range(own_indptr[p], own_indptr[p + 1]):
                q += own_data[i] * (values[own_indices[i]] - middle)
            best = max(best, q)
        onwards[s] = middle + best
        tied = 0
        for p in range(own_pointer[s], own_pointer[s + 1]):
            q = 0.0
            for i in range(own_indptr[p], own_indptr[p + 1]):
                q += own_data[i] * (values[own_indices[i]] - middle)
            short = best - q
            if short <= within:
                policy[own_pair[p]] = 1.0
                tied += 1
            if 2.0 * error < short <= within + 2.0 * error:
                near += 1
        if tied > 1:
            for p in range(own_pointer[s], own_pointer[s + 1]):
                policy[own_pair[p]] /= tied
    return error, near


@kernel
def expected(indptr, indices, data, values, gap, onwards):
    """Fill `onwards` with E v(s') of a chain's rows; return a bound on its error."""
    middle, error = _about(values, indptr, gap)
    for s in range(len(onwards)):
        q = 0.0
        for i in range(indptr[s], indptr[s + 1]):
            q += data[i] * (values[indices[i]] - middle)
        onwards[s] = middle + q
    return error
