"""γ = 1: the optimal long-run average reward, by enumeration, by linear programs, in closed form, and as a limit."""

from __future__ import annotations

from dataclasses import replace
from itertools import product

import numpy as np
import pytest
from cases import GOLDEN, golden_mdp, golden_rewards, load
from hypothesis import given
from strategies import mdps, reward_rows

import mdppower as mp
from mdppower.mdp.graph import end_components
from mdppower.solvers import gain
from mdppower.solvers.optimal_values import pick, solve_rows


def chain_gain(transitions, reward):
    """Gain of a Markov chain: lim (1/n) Σ P^k R. (P + I)/2 has the same limit and is aperiodic: square it often."""
    limit = 0.5 * (transitions + np.eye(len(reward)))
    for _ in range(60):
        limit = limit @ limit
        limit /= limit.sum(axis=1, keepdims=True)
    return limit @ reward


def enumerated(mdp, reward):
    dense, feasible = mdp.to_arrays()
    policies = product(*[np.flatnonzero(row) for row in feasible])
    gains = [chain_gain(np.array([dense[s, a] for s, a in enumerate(policy)]), reward) for policy in policies]
    return np.max(gains, axis=0)


@pytest.mark.slow
@given(mdps(max_states=5).flatmap(lambda mdp: reward_rows(mdp.n_states).map(lambda rows: (mdp, rows))))
def test_gain_is_that_of_the_best_policy(case):
    mdp, rewards = case
    method = pick(mdp, "auto")
    values, pairs, gap, _ = solve_rows(mdp, rewards, 1.0, method)
    dense = mdp.kernel.toarray()
    for i, reward in enumerate(rewards):
        best = enumerated(mdp, reward)
        size = 1e-9 * (1 + np.abs(reward).max())  # what squaring leaves
        assert np.abs(values[i] - best).max() <= gap[i] + size
        assert np.abs(chain_gain(dense[pairs[i]], reward) - best).max() <= size
    general = solve_rows(mdp, rewards, 1.0, "stochastic")
    assert (np.abs(general[0] - values).max(axis=1) <= general[2] + gap).all()


@pytest.mark.slow
@given(mdps().flatmap(lambda mdp: reward_rows(mdp.n_states, 1).map(lambda rows: (mdp, rows))))
def test_linear_programs_agree(case):
    mdp, rewards = case
    ours = mp.optimal_values(mdp, rewards, 1)
    for method in ("lp", "lp-occupancy"):
        theirs = mp.optimal_values(mdp, rewards, 1, method=method)
        scale = 1e-8 * (1 + np.abs(rewards).max())
        assert np.abs(theirs.normalised - ours.normalised).max() <= min(
            scale, (theirs.error_bound + ours.error_bound).max()
        )


@pytest.mark.slow
@pytest.mark.filterwarnings("ignore:the intervals cannot be trusted")  # means are compared, on the same draws
@pytest.mark.parametrize("path", GOLDEN, ids=[path.stem for path in GOLDEN])
def test_power_has_this_limit(path):
    """POWER is continuous in γ up to 1: at 1 − 1e-6, on the same draws, it is within 1e-4."""
    case = load(path)
    estimate = mp.power(golden_mdp(case), [1 - 1e-6, 1], golden_rewards(case), samples=1024, rng=0)
    assert np.abs(estimate.mean[0] - estimate.mean[1]).max() < 1e-4


def test_gamblers_ruin():
    # A fair game from k of n, nothing to choose, ends at n with probability k/n: gain(k) = (k R(n) + (n−k) R(0))/n.
    n = 10
    steps = {k: {"play": {k - 1: 0.5, k + 1: 0.5}} for k in range(1, n)}
    mdp = mp.RewardlessMDP.from_successors({0: {"stay": 0}, **steps, n: {"stay": n}})
    reward = np.linspace(5, -3, n + 1)
    sol = mp.optimal_values(mdp, reward, 1)
    k = np.arange(n + 1)
    np.testing.assert_allclose(sol.normalised[0], (k * reward[n] + (n - k) * reward[0]) / n, atol=1e-12)
    # The game lasts k (n − k) steps on average, 25 at most; the bound counts the stop, too.
    plan = gain.make_plan(mdp)
    assert 25 <= plan.outer.jumps < 27
    # Layer by layer, without this: five jumps from the middle to an end, with chance 2^-4, doubled.
    assert replace(plan.long_outer, known=np.inf).jumps == 2 * 5 * 2**4


def test_periodic_chains_and_the_better_of_two_cycles():
    # From 0 into a cycle of three or a cycle of two: the better mean counts, not the better state.
    mdp = mp.RewardlessMDP.from_successors(
        {0: {"a": 1, "b": 4}, 1: {"": 2}, 2: {"": 3}, 3: {"": 1}, 4: {"": 5}, 5: {"": 4}}
    )
    reward = [0, 9, 0, 0, 3, 4]
    for method in ("deterministic", "stochastic", "lp"):
        sol = mp.optimal_values(mdp, reward, 1, method=method)
        np.testing.assert_allclose(sol.normalised[0], [3.5, 3, 3, 3, 3.5, 3.5], atol=1e-9)
    assert mp.optimal_values(mdp, reward, 1).policies[0, 0] == mdp.action_names.index("b")


def test_leaving_a_component_from_its_far_side():
    # Cells 0, 1, 2 go back and forth; from 2 a leap leads to the exit 3. With the exit worth most, all walk there.
    mdp = mp.RewardlessMDP.from_successors(
        {0: {"r": 1}, 1: {"l": 0, "r": 2}, 2: {"l": 1, "leap": {3: 0.9, 0: 0.1}}, 3: {"": 3}}
    )
    values, pairs, gap, _ = solve_rows(mdp, np.array([[0.0, 0.0, 0.0, 1.0]]), 1.0, "stochastic")
    np.testing.assert_allclose(values[0], 1, atol=1e-12)
    assert [mdp.pair_label(p)[1] for p in pairs[0]] == ["r", "r", "leap", ""]
    assert gap[0] < 1e-12


@pytest.mark.parametrize("slip", [0.0, 0.2])
def test_one_component_has_one_gain(slip):
    mdp = mp.envs.make("open(12,12)", slip=slip)
    rewards = np.random.default_rng(0).random((20, mdp.n_states))
    sol = mp.optimal_values(mdp, rewards, 1)
    assert np.ptp(sol.normalised, axis=1).max() == 0
    assert sol.error_bound.max() < 1e-10
    if slip == 0:  # to stay in the best cell is best
        np.testing.assert_allclose(sol.normalised[:, 0], rewards.max(axis=1), atol=1e-14)
    near = mp.optimal_values(mdp, rewards, 1 - 1e-7).normalised
    assert np.abs(near - sol.normalised).max() < 1e-4


@pytest.mark.slow
@given(mdps())
def test_end_components_by_definition(mdp):
    """Inside, pairs never leave, and each state reaches each; and every policy ends in some component."""
    count, label, inside = end_components(mdp)
    kernel = mdp.kernel.toarray() > 0
    for c in range(count):
        states = np.flatnonzero(label == c)
        pairs = np.flatnonzero(inside & (label[mdp.pair_states] == c))
        assert set(mdp.pair_states[pairs]) == set(states)
        assert not kernel[pairs][:, label != c].any()
        step = np.zeros((mdp.n_states, mdp.n_states))
        np.add.at(step, mdp.pair_states[pairs], kernel[pairs])
        reach = np.linalg.matrix_power(np.eye(mdp.n_states) + step, mdp.n_states) > 0
        assert reach[np.ix_(states, states)].all()
    # Every policy ends in components: the recurrent classes of the uniform policy on any choice of pairs are inside.
    rng = np.random.default_rng(0)
    for _ in range(20):
        choice = [rng.integers(a, b) for a, b in zip(mdp.pointer[:-1], mdp.pointer[1:], strict=True)]
        limit = chain_gain(mdp.kernel.toarray()[choice], np.eye(mdp.n_states))
        recurrent = np.flatnonzero(limit.max(axis=0) > 1e-9)
        assert (label[recurrent] >= 0).all()
        assert inside[np.array(choice)[recurrent]].all()


def test_sums_do_not_exist():
    with pytest.raises(mp.ParameterError, match="at gamma = 1 the sums of rewards do not converge"):
        mp.optimal_values(mp.envs.fork(2), [0, 1, 2], 1).values  # noqa: B018


# ---------------------------------------------------------------------- from γ to γ


@pytest.mark.parametrize("options", [{}, {"slip": 0.2}])
def test_each_rate_of_a_sweep_agrees_with_its_own_run(options):
    mdp = mp.envs.make("cliff", **options)
    gammas = [0.99, 0, 0.3, 1, 0.9]  # in any order
    sweep = mp.power(mdp, gammas, samples=64, rng=0)
    for k, gamma in enumerate(gammas):
        alone = mp.power(mdp, gamma, samples=64, rng=0)
        assert np.abs(sweep.mean[k] - alone.mean).max() <= sweep.error_bound[k] + alone.error_bound[0]


@pytest.mark.parametrize("options", [{}, {"slip": 0.2}])
def test_a_draw_of_a_sweep_has_the_bits_of_the_run(options):
    mdp = mp.envs.make("maze", **options)
    estimate = mp.power(mdp, [0.9, 0.5, 1], samples=160, rng=0)
    size = estimate.task.source.size
    rewards = estimate.task.source.replicate(1)
    for g, values, _, gap in estimate.task.solve(rewards):
        for row in (0, size - 1):
            draw = estimate.draw(size + row, estimate.gammas[g])
            assert draw.normalised.tobytes() == values[row].tobytes()
            assert draw.error_bound == gap[row]


@pytest.mark.slow
@given(mdps().flatmap(lambda mdp: reward_rows(mdp.n_states, 11).map(lambda rows: (mdp, rows))))
def test_a_draw_does_not_see_its_neighbours(case):
    mdp, rewards = case
    for gamma in (0.5, 0.999, 1.0):
        together = solve_rows(mdp, rewards, gamma, pick(mdp, "auto"))
        for i in (0, 7, 8, 10):
            alone = solve_rows(mdp, rewards[i : i + 1], gamma, pick(mdp, "auto"))
            assert [x[0].tobytes() for x in alone] == [x[i].tobytes() for x in together]


def test_a_long_walk_to_the_best_cell():
    """At γ = 1 all go to the best cell, however far: hundreds of steps of a maze in few iterations, certified."""
    mdp = mp.envs.make("maze(101,101,0)")
    rewards = np.random.default_rng(0).random((4, mdp.n_states))
    values, _, gap, iterations = solve_rows(mdp, rewards, 1.0, "deterministic")
    np.testing.assert_allclose(values, np.repeat(rewards.max(axis=1)[:, None], mdp.n_states, axis=1), atol=1e-13)
    assert gap.max() < 1e-10
    assert iterations.max() < 100


def test_exits_that_can_be_avoided_for_long():
    """With slip, some policies live for ages before they fall; values are certified all the same."""
    mdp = mp.envs.make("cliff", slip=0.1)
    assert gain.make_plan(mdp).outer.jumps > 1e4
    sol = mp.optimal_values(mdp, np.random.default_rng(0).random((20, mdp.n_states)), 1)
    assert sol.error_bound.max() < 1e-9
    near = mp.optimal_values(mdp, np.random.default_rng(0).random((20, mdp.n_states)), 1 - 1e-9)
    assert np.abs(near.normalised - sol.normalised).max() < 1e-4


def test_what_is_too_large_for_many_digits_is_refused_with_its_bracket(monkeypatch):
    """A lane between two pits, with an elimination that may take no work: no value, and a reason."""
    for solver in ("decimal_elimination", "double_chains"):
        monkeypatch.setattr(f"mdppower.solvers.{solver}.MOST_WORK", 0)
    mdp = mp.envs.gridworld("~....................~", slip=0.01)
    reward = np.linspace(0, 1, mdp.n_states)
    for _ in range(2):  # found out once, and then remembered
        with pytest.raises(
            mp.SolverError, match=r"draw 0: at gamma = 1\.0 the stochastic solver could certify no value"
        ):
            mp.optimal_values(mdp, reward, 1)
    milder = mp.envs.gridworld("~............~", slip=0.1)
    with pytest.raises(mp.SolverError, match=r"certify the value only to \S+; in state \(0, \d\)") as caught:
        mp.optimal_values(milder, np.linspace(0, 1, milder.n_states), 1)
    monkeypatch.undo()
    truth = mp.optimal_values(mp.envs.gridworld("~............~", slip=0.1), np.linspace(0, 1, 14), 1).normalised[0]
    assert (caught.value.lower <= truth).all()
    assert (truth <= caught.value.upper).all()
