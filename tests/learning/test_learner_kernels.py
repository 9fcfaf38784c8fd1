"""The loops of learners, against the same algorithm in plain Python, closed forms and a symmetry of bits."""

from __future__ import annotations

import numpy as np
import pytest
from learning_agents import features_of_random

import mdppower as mp
from mdppower._stop import new_flag
from mdppower.learning.learner_kernels import (
    best_pairs,
    double_q_learning,
    pair_values,
    q_learning,
    successor_features,
)
from mdppower.learning.learners import standardised

MAZE = mp.envs.make("maze")
SLIPPERY = mp.envs.gridworld("S..\n.#g", slip=0.2)


def world(mdp):
    return mdp.pointer, mdp.kernel.indptr, mdp.kernel.indices, mdp.kernel.data


def learn(mdp, x, given, start, steps, w, b, rng=0, by_step=False, alpha=0.3, epsilon=0.3, gamma=0.9):
    """Weights and bias after Q-learning."""
    w, b, room = w.copy(), b.copy(), np.empty((2, int(np.diff(mdp.pointer).max())))
    generator = np.random.default_rng(rng)
    q_learning(
        *world(mdp), x, given, by_step, start, steps, alpha, epsilon, gamma, generator, w, b, room, False,
        new_flag(),
    )  # fmt: skip
    return w, b


def plainly(mdp, x, given, start, steps, w, b, rng, by_step, alpha, epsilon, gamma):
    """The algorithm as it is written, which draws what the loops draw."""
    w, b, rng, kernel = w.copy(), b.copy(), np.random.default_rng(rng), mdp.kernel.toarray()
    for i, inputs in enumerate(x):
        s = start[i]
        for t in range(steps):
            pairs = np.arange(mdp.pointer[s], mdp.pointer[s + 1])
            p = pairs[0]
            if len(pairs) > 1:
                p = pairs[int(rng.random() * len(pairs))] if rng.random() < epsilon else -1
                p = pairs[np.argmax((w @ inputs + b)[pairs])] if p < 0 else p
            ahead = np.flatnonzero(kernel[p])
            n = ahead[0]
            if len(ahead) > 1:
                n = ahead[np.searchsorted(np.cumsum(kernel[p][ahead])[:-1], rng.random(), side="right")]
            best = (w @ inputs + b)[mdp.pointer[n] : mdp.pointer[n + 1]].max()
            reward = given[i, t] if by_step else given[i, s]
            error = (1 - gamma) * reward + gamma * best - (w[p] @ inputs + b[p])
            g = alpha * error / (1 + inputs @ inputs)
            b[p] += g
            w[p] += g * inputs
            s = n
    return w, b


def test_q_learning_is_what_is_written():
    for mdp in (mp.envs.make("open(2,3)"), SLIPPERY, mp.envs.fork(3)):
        rng = np.random.default_rng(1)
        x = standardised(rng.random((30, mdp.n_states)))
        start = rng.integers(0, mdp.n_states, 30)
        w, b = rng.standard_normal((mdp.n_pairs, mdp.n_states)), rng.standard_normal(mdp.n_pairs)
        for given, by_step in ((x, False), (rng.standard_normal((30, 8)), True)):
            asked = (mdp, x, given, start, 8, w, b, 5, by_step, 0.4, 0.25, 0.8)
            for found, wanted in zip(learn(*asked), plainly(*asked), strict=True):
                np.testing.assert_allclose(found, wanted, rtol=1e-10, atol=1e-12)


def test_incorrect_rewards_are_random_ones_in_a_mirror():
    # Shown x and given −x from W₀ is, bit by bit, shown −x and given −x from −W₀ with W reversed in the end: q is the
    # same number all along, since products of two reversed factors are.
    rng = np.random.default_rng(2)
    x = standardised(rng.random((200, 31)))
    start = rng.integers(0, 31, 200)
    w, b = 1e-3 * rng.standard_normal((MAZE.n_pairs, 31)), np.zeros(MAZE.n_pairs)
    incorrect, one = learn(MAZE, x, -x, start, 32, w, b)
    random, other = learn(MAZE, -x, -x, start, 32, -w, b)
    assert np.array_equal(incorrect, -random)
    assert np.array_equal(one, other)
    # The control: without the mirror weights differ.
    assert not np.array_equal(incorrect, -learn(MAZE, x, x, start, 32, w, b)[0])


def test_one_reward_function_is_learnt():
    # A known R, episode after episode, with x its input: tabular Q-learning in disguise. On a deterministic MDP q
    # converges to q* = (1−γ)x(s) + γ v*(s').
    mdp = mp.envs.make("open(2,3)")
    x = standardised(np.random.default_rng(3).random((1, 6)))
    many = np.repeat(x, 3000, axis=0)
    start = np.random.default_rng(4).integers(0, 6, 3000)
    w, b = learn(mdp, many, many, start, 32, np.zeros((mdp.n_pairs, 6)), np.zeros(mdp.n_pairs))
    best = mp.optimal_values(mdp, x, 0.9).normalised[0]
    np.testing.assert_allclose(w @ x[0] + b, 0.1 * x[0, mdp.pair_states] + 0.9 * (mdp.kernel @ best), atol=1e-9)


def test_successor_features_are_those_of_the_random_policy():
    for mdp, steps in ((mp.envs.fork(3), 200), (SLIPPERY, 4000)):
        psi = np.zeros((mdp.n_pairs, mdp.n_states))
        rng = np.random.default_rng(5)
        total, rounds = np.zeros(psi.shape), 0
        start = rng.integers(0, mdp.n_states, steps)
        for k in range(40):
            successor_features(*world(mdp), start, 32, 0.02, 0.9, rng, psi, new_flag())
            if k >= 10:
                total, rounds = total + psi, rounds + 1
        # TD with a constant step jitters about the fixed point by O(√rate); its average does not.
        np.testing.assert_allclose(total / rounds, features_of_random(mdp, 0.9), atol=0.02)


def test_random_actions_and_successors_have_their_chances():
    # With rate 1, γ = 1 and one step, ψ of the pair that is taken becomes that of what follows, which tells it.
    mdp = mp.RewardlessMDP.from_successors({
        "a": {"x": {"a": 0.1, "b": 0.2, "c": 0.7}, "y": "b"}, "b": {"stay": "b"}, "c": {"stay": "c"}
    })  # fmt: skip
    w = np.zeros((mdp.n_pairs, 3))
    w[mdp.pair("b", "stay")], w[mdp.pair("c", "stay")] = [1, 0, 0], [2, 0, 0]
    trials = 2000
    rng, seen = np.random.default_rng(6), np.zeros((2, 4))
    for _ in range(trials):
        psi = w.copy()
        psi[:2] = -1
        successor_features(*world(mdp), np.zeros(1, np.int64), 1, 1.0, 1.0, rng, psi, new_flag())
        for taken in np.flatnonzero((psi[:2] != -1).any(axis=1)):
            seen[taken, int(psi[taken, 0])] += 1
    # (a, x) half of the time: then a again 10 % (left as it was), b 20 %, c 70 %; (a, y): b. 4.5 sd of a binomial.
    for count, chance in ((seen[0, 1], 0.1), (seen[0, 2], 0.35), (seen[1, 1], 0.5)):
        assert abs(count - trials * chance) < 4.5 * np.sqrt(trials * chance * (1 - chance))


def test_a_flag_stops_them():
    flag = new_flag()
    flag[0] = 1
    x, w, b = np.ones((5, 31)), np.zeros((MAZE.n_pairs, 31)), np.zeros(MAZE.n_pairs)
    q_learning(
        *world(MAZE), x, x, False, np.zeros(5, np.int64), 8, 0.3, 0.3, 0.9, np.random.default_rng(0), w, b,
        np.empty((2, 5)), False, flag,
    )  # fmt: skip
    double_q_learning(
        *world(MAZE), x, x, False, np.zeros(5, np.int64), 8, 0.3, 0.3, 0.9, np.random.default_rng(0), w[None],
        b[None], np.empty((1, 5)), flag,
    )  # fmt: skip
    successor_features(*world(MAZE), np.zeros(5, np.int64), 8, 0.1, 0.9, np.random.default_rng(0), w, flag)
    assert not w.any()


def test_best_pairs_are_the_first_of_the_largest():
    rng = np.random.default_rng(7)
    features, b = rng.integers(-2, 3, (3, MAZE.n_pairs, 31)).astype(float), np.zeros(MAZE.n_pairs)
    x = rng.integers(-2, 3, (20, 31)).astype(float)
    pairs, q = np.empty((20, 31), np.int32), np.empty((20, MAZE.n_pairs))
    best_pairs(x, features, b, MAZE.pointer, pairs)
    pair_values(x, features, b, q)
    wanted = (features @ x.T).max(axis=0).T  # integers: exact, and with many ties
    assert np.array_equal(q, wanted)
    for s, (first, last) in enumerate(zip(MAZE.pointer[:-1], MAZE.pointer[1:], strict=True)):
        assert np.array_equal(pairs[:, s], first + wanted[:, first:last].argmax(axis=1))


# ---------------------------------------------------------------------- other targets


def plain_q_learning(mdp, x, given, start, steps, w, b, target):
    """The rules of the page in plain Python, for random behaviour in a deterministic MDP."""
    rng, pointer = np.random.default_rng(11), mdp.pointer

    def any_of(count):
        return 0 if count == 1 else min(int(rng.random() * count), count - 1)

    for inputs, reward, s in zip(x, given, start, strict=True):
        for _ in range(steps):
            p = pointer[s]
            if pointer[s + 1] > p + 1:
                rng.random()  # whether to explore: always
                p += any_of(pointer[s + 1] - p)
            n = mdp.kernel.indices[p]
            there = slice(pointer[n], pointer[n + 1])
            own = any_of(2) if target == "double" else 0
            q = [w[k, there] @ inputs + b[k, there] for k in range(len(w))]
            worth = {"max": q[0].max(), "mean": q[0].mean(), "double": q[-1 - own][q[own].argmax()]}
            d = 0.1 * reward[s] + 0.9 * worth[target] - w[own, p] @ inputs - b[own, p]
            g = 0.3 * d / (1 + inputs @ inputs)
            b[own, p] += g
            w[own, p] += g * inputs
            s = n


@pytest.mark.parametrize("target", ["max", "mean", "double"])
def test_targets_are_those_of_the_page(target):
    mdp = mp.envs.figure_1()
    rng, tables = np.random.default_rng(5), 2 if target == "double" else 1
    x, given, start = rng.normal(size=(9, 8)), rng.random((9, 8)), rng.integers(0, 8, 9)
    w, b = rng.normal(size=(tables, mdp.n_pairs, 8)), rng.normal(size=(tables, mdp.n_pairs))
    wanted = w.copy(), b.copy()
    plain_q_learning(mdp, x, given, start, 7, *wanted, target)
    settings = x, given, False, start, 7, 0.3, 1.0, 0.9, np.random.default_rng(11)
    if target == "double":
        double_q_learning(*world(mdp), *settings, w, b, np.empty((1, 3)), new_flag())
    else:
        q_learning(*world(mdp), *settings, w[0], b[0], np.empty((2, 3)), target == "mean", new_flag())
    np.testing.assert_allclose(w, wanted[0], rtol=1e-12, atol=1e-14)
    np.testing.assert_allclose(b, wanted[1], rtol=1e-12, atol=1e-14)
