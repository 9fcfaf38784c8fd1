"""Two agents by brute force: dense joint transitions from the definition, and all policies of an agent one by one."""

from __future__ import annotations

import itertools

import numpy as np


def dense_joint(moves_h, moves_a, overlap, swap=True):
    """Joint states, and T[s][a][b] = {joint state: probability}; moves[cell][action] = {cell: probability}."""
    states = [(h, a) for h in moves_h for a in moves_a if overlap == "allow" or h != a]
    T = {}
    for h, a in states:
        T[h, a] = {}
        for x, to_h in moves_h[h].items():
            for y, to_a in moves_a[a].items():
                row = {}
                for (h2, p), (a2, q) in itertools.product(to_h.items(), to_a.items()):
                    crash = h2 == a2 or (not swap and h2 == a and a2 == h)
                    if overlap != "allow" and crash:
                        if overlap != "bump":
                            continue
                        h2, a2 = h, a
                    row[h2, a2] = row.get((h2, a2), 0.0) + p * q
                T[h, a].setdefault(x, {})[y] = row
    return states, T


def moves_of(mdp):
    """moves[cell][action] = {cell: probability} of an MDP."""
    found = {}
    for p in range(mdp.n_pairs):
        state, action = mdp.pair_label(p)
        row = mdp.kernel[[p]].tocoo()
        where = [mdp.states[c] for c in row.coords[1].tolist()]
        found.setdefault(state, {})[action] = dict(zip(where, row.data.tolist(), strict=True))
    return found


def faced(states, T, player, policy, leak):
    """{state: {own action: (S,) row}}, the other's policy being {state: {action: probability}}."""
    found = {}
    for s in states:
        rows = {}
        own = T[s] if player == "human" else next(iter(T[s].values()))
        for x in own:
            row = np.zeros(len(states))
            for y, w in policy[s].items():
                for n, p in (T[s][x][y] if player == "human" else T[s][y][x]).items():
                    row[states.index(n)] += w * p
            # What is lost for certain may be done, where it is; what is to be rescaled must be something.
            if row.sum() > 0 or (leak and _alive(T[s], player, x)):
                rows[x] = row if leak else row / row.sum()
        found[s] = rows
    return found


def _alive(T, player, x):
    """Whether an own action does not always collide."""
    return any(T[x].values()) if player == "human" else any(T[y][x] for y in T)


def value(rows, policy, reward, gamma):
    """V of a policy {state: {action: probability}} against what it faces; what cannot be taken goes to the rest."""
    T = _chain(rows, policy)
    return np.linalg.solve(np.eye(len(T)) - gamma * T, reward), T


def best(rows, reward, gamma, within=1e-9):
    """max over all deterministic policies of V, and the best actions {state: {action: share}}."""
    states = list(rows)
    choices = [list(rows[s]) for s in states]
    # all policies at once: T[k] is the chain of the k-th
    picks = np.array(list(itertools.product(*(range(len(c)) for c in choices))))
    table = [np.array([rows[s][x] for x in c]) for s, c in zip(states, choices, strict=True)]
    found = np.full(len(states), -np.inf)
    for part in np.array_split(picks, max(1, len(picks) // 4096)):
        T = np.stack([table[s][part[:, s]] for s in range(len(states))], axis=1)
        V = np.linalg.solve(np.eye(len(states)) - gamma * T, np.broadcast_to(reward[:, None], (*T.shape[:2], 1)))
        found = np.maximum(found, V[..., 0].max(axis=0))
    policy = {}
    for s, c, rows_of in zip(states, choices, table, strict=True):
        q = rows_of @ found
        tied = [x for x, one in zip(c, q, strict=True) if one >= q.max() - within]
        policy[s] = {x: 1 / len(tied) for x in tied}
    return found, policy


def _chain(rows, policy):
    T = []
    for s, own in rows.items():
        there = {x: w for x, w in policy[s].items() if x in own}
        T.append(sum(w * own[x] for x, w in there.items()) / sum(there.values()))
    return np.array(T)


def three_steps(states, T, rewards, gammas, overlap, seed=None):
    """POWER's integrands (1−γ)/γ (V − R) of human, AI, and their baselines, of one draw."""
    (r_h, r_a), (g_h, g_a), leak = rewards, gammas, overlap == "remove-leak"
    if seed is None:
        seed = {}
        for s in states:
            alive = [y for y in next(iter(T[s].values())) if any(T[s][x][y] for x in T[s])]
            seed[s] = {y: 1 / len(alive) for y in alive}
    first, plan = best(faced(states, T, "human", seed, leak), r_h, g_h)
    seen = faced(states, T, "ai", plan, leak)
    second, reply = best(seen, r_a, g_a)
    by_seed, _ = value(seen, seed, r_a, g_a)
    third, _ = value(faced(states, T, "human", reply, leak), plan, r_h, g_h)
    scale_h, scale_a = (1 - g_h) / g_h, (1 - g_a) / g_a
    numbers = scale_h * (third - r_h), scale_a * (second - r_a), scale_h * (first - r_h), scale_a * (by_seed - r_a)
    return numbers, plan, reply
