"""The loops of coin flips: gradients by two routes, what clipping leaves of their mean, values, symmetries."""

from __future__ import annotations

import itertools

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

import mdppower as mp
from mdppower._stop import new_flag
from mdppower.agents.evaluation import evaluate
from mdppower.learning.coins.kernels import advantages, policy_gradient, softmax_power, surrogate_gradient
from mdppower.learning.learners import Linear, standardised

FORK = mp.envs.fork(3)
ROOM = mp.envs.gridworld("S..\n.#g")
SLIPPERY = mp.envs.gridworld("S..\n.#g", slip=0.2)
INF = np.inf


def world(mdp):
    return mdp.pointer, mdp.kernel.indptr, mdp.kernel.indices, mdp.kernel.data


def probabilities(mdp, theta, x):
    """π of all pairs, in plain NumPy."""
    grown = np.exp(theta @ x)
    return grown / np.add.reduceat(grown, mdp.pointer[:-1])[mdp.pair_states]


# ---------------------------------------------------------------------- the gradient of the surrogate


def rollouts(mdp, rng, prompts=3, group=4, most=5):
    """Decisions as they might be, with the probabilities of other weights; where there is no choice there is none."""
    x = standardised(rng.random((prompts, mdp.n_states)))
    old_theta = rng.normal(size=(mdp.n_pairs, mdp.n_states))
    several = np.flatnonzero((np.diff(mdp.pointer) > 1)[mdp.pair_states])
    taken = rng.choice(several, (prompts, group, most)).astype(np.int64)
    old = np.array([probabilities(mdp, old_theta, x[q])[taken[q]] for q in range(prompts)])
    made = rng.integers(0, most + 1, (prompts, group))
    return x, old_theta, taken, old, made, rng.normal(size=(prompts, group)) * (rng.random((prompts, group)) < 0.8)


def surrogate(mdp, x, taken, old, made, advantage, theta, low, high):
    """Σ over decisions of min(ρA, clip(ρ, 1−ε_low, 1+ε_high)A), as it is written."""
    total = 0.0
    for q, g in np.ndindex(made.shape):
        for t in range(made[q, g]):
            ratio = probabilities(mdp, theta, x[q])[taken[q, g, t]] / old[q, g, t]
            a = advantage[q, g]
            total += min(ratio * a, np.clip(ratio, 1 - low, 1 + high) * a)
    return total


@settings(max_examples=8, deadline=None)
@given(st.integers(0, 10**6), st.sampled_from([(0.2, 0.2), (0.2, INF), (INF, 0.2), (INF, INF)]), st.booleans())
def test_the_gradient_is_that_of_the_surrogate(seed, edges, many):
    """By finite differences of the surrogate, which does not know how its gradient is found."""
    mdp, rng = ROOM if many else FORK, np.random.default_rng(seed)
    x, old_theta, *rest = rollouts(mdp, rng)
    theta = old_theta + 0.3 * rng.normal(size=old_theta.shape)
    grad, batch = np.zeros(theta.shape), np.array([2, 0])
    taken, old, made, advantage = rest
    decisions, _ = surrogate_gradient(
        mdp.pointer, mdp.pair_states, x, batch, taken, old, made, advantage, theta, *edges, grad
    )
    assert decisions == made[batch].sum()
    parts = x[batch], taken[batch], old[batch], made[batch], advantage[batch]
    for _ in range(4):
        way, h = rng.normal(size=theta.shape), 1e-6
        up, down = (surrogate(mdp, *parts, theta + s * h * way, *edges) for s in (1, -1))
        # An edge of the clipping between the two points, which is rare, would make one of them another function.
        assert (up - down) / (2 * h) == pytest.approx(float((grad * way).sum()), rel=1e-5, abs=1e-6)


def expected_gradient(theta, old_theta, x, low, high, outcome):
    """E over p ~ π_old and outcomes of the gradient of one decision at the root of a fork, all cases counted."""
    root = FORK.pointer[1]
    old = probabilities(FORK, old_theta, x[0])
    total = np.zeros(theta.shape)
    for p, (a, chance) in itertools.product(range(root), outcome):
        grad = np.zeros(theta.shape)
        surrogate_gradient(
            FORK.pointer, FORK.pair_states, x, np.array([0]), np.array([[[p]]]), np.array([[[old[p]]]]),
            np.array([[1]]), np.array([[a(p) if callable(a) else a]]), theta, low, high, grad,
        )  # fmt: skip
        total += old[p] * chance * grad
    return total


COIN = ((1.0, 0.5), (-1.0, 0.5))
"""Advantages of a coin: as likely up as down, whatever was done."""


@pytest.mark.parametrize("edges", [(0.2, 0.2), (0.2, INF), (INF, 0.2), (INF, INF)])
def test_what_clipping_leaves_of_the_mean_of_a_coin(edges):
    """E of the gradient is ½ E_{p~π_old} [ρ ∇log π (1{ρ < 1−ε_low} − 1{ρ > 1+ε_high})], and 0 where nothing clips.

    For A = 1 all but ρ > 1+ε counts, for A = −1 all but ρ < 1−ε, with the opposite sign; what counts in both cancels.
    ∇log π(p) by θ[k] is (1{k = p} − π(k)) x.
    """
    rng = np.random.default_rng(3)
    x, old_theta = standardised(rng.random((1, 4))), rng.normal(size=(6, 4))
    theta = old_theta + 0.4 * rng.normal(size=old_theta.shape)
    pi, old = (probabilities(FORK, t, x[0])[:3] for t in (theta, old_theta))
    ratio = pi / old
    assert (ratio < 0.8).any()
    assert (ratio > 1.2).any()
    pull = 0.5 * old * ratio * ((ratio < 1 - edges[0]) * 1.0 - (ratio > 1 + edges[1]))
    wanted = (pull - pull.sum() * pi)[:, None] * x[0]
    found = expected_gradient(theta, old_theta, x, *edges, COIN)
    np.testing.assert_allclose(found[:3], wanted, atol=1e-14)
    assert np.abs(found[3:]).max() == 0
    assert (np.abs(found).max() > 0.01) == (edges != (INF, INF))


def test_on_policy_a_coin_has_no_drift_and_the_truth_has():
    rng = np.random.default_rng(4)
    x, theta = standardised(rng.random((1, 4))), rng.normal(size=(6, 4))
    assert np.abs(expected_gradient(theta, theta, x, 0.2, 0.2, COIN)).max() < 1e-16
    truth = ((lambda p: x[0, p + 1], 1.0),)  # negative control: an outcome that knows what was done
    assert np.abs(expected_gradient(theta, theta, x, 0.2, 0.2, truth)).max() > 0.01


def test_a_likely_action_is_never_pulled_down():
    """ρ ≤ 1/π_old: above 1/(1+ε) it cannot pass 1+ε, so that clip-high holds down what is unlikely alone."""
    x, old_theta = np.array([[0.0, 1.0, 0.0, 0.0]]), np.zeros((6, 4))
    old_theta[0, 1] = 3.0  # probability .91 > 1/1.2
    for step in (0.05, 0.5, 5.0):
        theta = old_theta.copy()
        theta[0, 1] += step
        assert np.abs(expected_gradient(theta, old_theta, x, INF, 0.2, COIN)).max() < 1e-16
    theta = old_theta.copy()
    theta[1, 1] += 1.0  # an unlikely one has become 2.4 times as likely: it is pulled down, the likely one up
    found = expected_gradient(theta, old_theta, x, INF, 0.2, COIN)[:, 1]
    assert found[1] < 0 < found[0]


def test_advantages():
    found = np.empty(4)
    advantages(np.array([1.0, 0, 0, 1]), found)
    assert found.tolist() == [1, -1, -1, 1]
    advantages(np.array([3.0, 0, 0, 0]), found)  # mean 3/4, variance 27/16
    np.testing.assert_allclose(found, [np.sqrt(3), *[-1 / np.sqrt(3)] * 3])
    advantages(np.ones(4), found)
    assert not found.any()
    third = 0.1 + 0.2  # equal but for rounding: no advantage is made of it
    advantages(np.array([third, 0.3, 0.3, third]), found)
    assert not found.any()


# ---------------------------------------------------------------------- training


def train(
    mdp, theta, x, start, coin, sign=0.0, edges=(0.2, 0.2), epochs=4, minibatches=2, rate=1.0, horizon=6, rng=0
):
    theta = theta.copy()
    size = coin.shape[1:]
    taken, old = np.empty((*size, horizon), np.int64), np.empty((*size, horizon))
    made, counts = np.empty(size, np.int64), np.zeros(2)
    policy_gradient(
        *world(mdp), mdp.pair_states, x, start, coin, sign, theta, *edges, epochs, minibatches, rate, horizon, 0.9,
        np.random.default_rng(rng), taken, old, made, counts, new_flag(),
    )  # fmt: skip
    return theta, counts, taken, made


def material(mdp, rng, iterations=3, prompts=4, group=8):
    shape = iterations, prompts
    x = standardised(rng.random((iterations * prompts, mdp.n_states))).reshape(*shape, -1)
    coin = rng.integers(0, 2, (*shape, group)).astype(float)
    return rng.normal(size=(mdp.n_pairs, mdp.n_states)), x, rng.integers(0, mdp.n_states, shape), coin


@pytest.mark.parametrize("mdp", [FORK, ROOM, SLIPPERY])
@pytest.mark.parametrize(("sign", "edges"), [(0.0, (0.2, 0.2)), (0.0, (INF, 0.2)), (1.0, (0.2, 0.2))])
def test_the_mirror_image(mdp, sign, edges):
    """−x, −θ and the opposite outcome give −θ, in every bit: logits are the same numbers, gradients the opposite."""
    theta, x, start, coin = material(mdp, np.random.default_rng(0))
    there, counts, *_ = train(mdp, theta, x, start, coin, sign, edges)
    back, others, *_ = train(mdp, -theta, -x, start, coin, -sign, edges)
    assert (there == -back).all()
    assert counts.tolist() == others.tolist()
    other, *_ = train(mdp, theta, -x, start, coin, sign, edges)
    assert not (there == -other).all(), "negative control"


def test_on_policy_nothing_is_clipped_and_one_update_is_the_gradient():
    theta, x, start, coin = material(ROOM, np.random.default_rng(1), iterations=1)
    found, counts, taken, made = train(ROOM, theta, x, start, coin, epochs=1, minibatches=1, rate=0.3)
    assert counts.tolist() == [made.sum(), 0]
    advantage = np.empty(coin.shape[1:])
    for q in range(len(advantage)):
        advantages(coin[0, q], advantage[q])
    wanted = np.zeros(theta.shape)
    for q, g in np.ndindex(made.shape):
        pi = probabilities(ROOM, theta, x[0, q])
        for p in taken[q, g, : made[q, g]]:
            one = (np.arange(ROOM.n_pairs) == p) - pi * (ROOM.pair_states == ROOM.pair_states[p])
            wanted += advantage[q, g] * one[:, None] * x[0, q]
    np.testing.assert_allclose(found - theta, 0.3 * wanted / made.sum(), atol=1e-14)


def test_steps_after_the_last_choice_change_nothing():
    """At a fork a coin is tossed for the one decision, however long the rollout; and the truth is x of the leaf."""
    theta, x, start, coin = material(FORK, np.random.default_rng(2))
    for sign in (0.0, 1.0):
        short, counts, *_ = train(FORK, theta, x, start, coin, sign, horizon=1)
        long, others, *_ = train(FORK, theta, x, start, coin, sign, horizon=30)
        np.testing.assert_allclose(long, short, rtol=0, atol=0 if sign == 0 else 1e-9)
        assert counts.tolist() == others.tolist()


@pytest.mark.parametrize("mdp", [FORK, SLIPPERY])
def test_rollouts_follow_the_policy(mdp):
    """Of n first decisions a pair is taken a binomial number of times: 4.5 standard errors, a false alarm in 10⁵."""
    theta = 0.5 * np.random.default_rng(5).normal(size=(mdp.n_pairs, mdp.n_states))
    x = standardised(np.random.default_rng(6).random((1, mdp.n_states)))[None]
    coin = np.zeros((1, 1, 20_000))
    _, _, taken, _ = train(mdp, theta, x, np.zeros((1, 1), np.int64), coin, rate=0.0, minibatches=1, epochs=1)
    pi = probabilities(mdp, theta, x[0, 0])
    for p in range(mdp.pointer[1]):
        share = (taken[0, :, 0] == p).mean()
        assert abs(share - pi[p]) < 4.5 * np.sqrt(pi[p] * (1 - pi[p]) / 20_000)


# ---------------------------------------------------------------------- the power of softmax policies


def power(mdp, theta, rewards, gamma, greedy=False, tolerance=1e-11, most=10_000, start=None):
    start = np.full(mdp.n_states, 1 / mdp.n_states) if start is None else start
    out = np.empty((3, len(rewards)))
    softmax_power(
        *world(mdp), theta, standardised(rewards), rewards, start, gamma, greedy, tolerance, most, *out
    )  # fmt: skip
    return out


@pytest.mark.parametrize("mdp", [FORK, ROOM, SLIPPERY, mp.envs.figure_1()])
@pytest.mark.parametrize("gamma", [0.3, 0.9, 0.99])
def test_power_is_that_of_the_rule(mdp, gamma):
    """The solvers evaluate the same policies by their chains, with a certificate of their own."""
    rng = np.random.default_rng(7)
    theta, rewards = 2 * rng.normal(size=(mdp.n_pairs, mdp.n_states)), 5 + 3 * rng.normal(size=(20, mdp.n_states))
    for greedy in (False, True):
        rule = Linear(theta, temperature=0.0 if greedy else 1.0)
        _, onwards, other = evaluate(mdp, rewards, gamma, rule)
        found, _, error = power(mdp, theta, rewards, gamma, greedy)
        assert (np.abs(found - onwards.mean(axis=1)) <= error + other).all()
        assert error.max() < 1e-8


def test_what_is_proved_of_the_error_holds_after_few_sweeps():
    rng = np.random.default_rng(8)
    theta, rewards = rng.normal(size=(ROOM.n_pairs, ROOM.n_states)), rng.random((50, ROOM.n_states))
    exact, *_ = power(ROOM, theta, rewards, 0.95)
    off = []
    for most in (1, 3, 10, 30):
        found, _, error = power(ROOM, theta, rewards, 0.95, most=most)
        off.append(np.abs(found - exact).max())
        assert (np.abs(found - exact) <= error + 1e-10).all()
    assert off[0] > 1e-3, "negative control: one sweep is not enough"


def test_entropy():
    """Of weights 0 that of alike actions: log 3 at the root of a fork, the only state that counts."""
    rewards = np.random.default_rng(9).random((4, 4))
    _, entropy, _ = power(FORK, np.zeros((6, 4)), rewards, 0.9)
    np.testing.assert_allclose(entropy, np.log(3))
    theta = np.random.default_rng(10).normal(size=(6, 4))
    _, entropy, _ = power(FORK, theta, rewards, 0.9)
    pi = [probabilities(FORK, theta, x)[:3] for x in standardised(rewards)]
    np.testing.assert_allclose(entropy, [-(p * np.log(p)).sum() for p in pi])
    assert not power(FORK, theta, rewards, 0.9, greedy=True)[1].any()
    assert np.isfinite(power(FORK, 1e200 * theta, rewards, 0.9)).all(), "logits beyond exp"
