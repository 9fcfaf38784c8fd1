"""Suboptimal POWER (Turner et al., arXiv 1912.01683, Def. C.1): E_R E_{a~pol(R,γ)(s), s'~T(s,a)} v^pol(s').

Known answers: figure 11 (golden 05), forks and cycles in closed form. Independent routes to a policy's value: the
linear system in rational arithmetic, the series Σ γ^t P^t R, and Cesàro averages (1/n) Σ_{t<n} P^t R at γ = 1.
"""

from __future__ import annotations

from concurrent.futures import ProcessPoolExecutor, ThreadPoolExecutor
from fractions import Fraction

import numpy as np
import pytest
from agents import EPS, ROOT, RULES, best_onwards
from cases import GOLDEN, _solve_exactly, golden_mdp, golden_rewards, load
from hypothesis import given, settings
from hypothesis import strategies as st
from strategies import mdps, reward_rows

import mdppower as mp
from mdppower.agents import evaluation as suboptimal
from mdppower.agents.evaluation import evaluate, policy_values
from mdppower.agents.policies import policy_name
from mdppower.agents.rules import epsilon_greedy, lookahead, optimal, satisficing, softmax, uniformly_random
from mdppower.solvers import optimal_values
from mdppower.solvers.accepted_gap import certifiable
from mdppower.solvers.optimal_values import solve_rows


def stay_or_leave() -> mp.RewardlessMDP:
    """At "a" one may stay or leave for "b", for ever."""
    return mp.RewardlessMDP.from_successors({"a": {"stay": "a", "leave": "b"}, "b": {"stay": "b"}})


def best_of_known(mdp, rewards, gamma):
    """The paper's pol₂: the best of s1, s2 and s5; the agent does not know how to reach s3 and s4."""
    codes = np.zeros(rewards.shape, int)  # a0 … a5 are 0 … 5; terminal states do anything
    s = {label: mdp.index(label) for label in mdp.states}
    left = rewards[:, [s["s1"], s["s2"]]]
    codes[:, s["s0"]] = np.where(left.max(axis=1) >= rewards[:, s["s5"]], 0, 3)
    codes[:, s["sl"]] = np.where(left[:, 0] >= left[:, 1], 0, 3)
    codes[:, s["sr"]] = 2
    return codes


def normal_rows(n_states, rows):
    """Rewards whose range is no denormal number: there floats have no relative precision, which solvers refuse."""
    spread = lambda r: r.max(axis=1) - r.min(axis=1)  # noqa: E731
    return reward_rows(n_states, rows=rows).filter(lambda r: ((spread(r) == 0) | (spread(r) > 1e-290)).all())


# ---------------------------------------------------------------------- figure 11


@pytest.fixture(scope="module")
def figure_11():
    return load(next(path for path in GOLDEN if path.name.startswith("05_")))


POLICIES = {
    "pol1_uniform_random": uniformly_random(),
    "pol2_best_of_{s1,s2,s5}": best_of_known,
    "pol3_optimal": optimal(),
}


@pytest.mark.slow
@pytest.mark.parametrize("name", POLICIES)
def test_figure_11(figure_11, name):
    # γ = 1, i.i.d. U(0,1): from s0, pol₁ has E X = 1/2, pol₂ E max of 3 = 3/4, pol₃ E max of 5 = 5/6. 3 states, at
    # level 1 − 1e-4 together: over the three policies a false alarm is an event of 3e-4, and the seed is fixed.
    mdp, known = golden_mdp(figure_11), figure_11["expected"]["suboptimal_power"]
    estimate = mp.power(mdp, 1, golden_rewards(figure_11), rng=5, policy=POLICIES[name])
    lower, upper = estimate.interval(1 - 1e-4, simultaneous=True)
    for state, answer in known[name].items():
        s = mdp.index(state)
        assert lower[s] <= answer["value"] <= upper[s], state
    # The negative control: at s0 the answers of the other two policies are excluded.
    s0 = mdp.index("s0")
    others = [known[other]["s0"]["value"] for other in POLICIES if other != name]
    assert all(not lower[s0] <= value <= upper[s0] for value in others)


@pytest.mark.slow
def test_figure_11_as_the_paper_reads_it(figure_11):
    # "The agent seeks POWER^pol₂ by navigating to s_l instead of s_r, but seeks more POWER by navigating to s_r."
    mdp, rewards = golden_mdp(figure_11), golden_rewards(figure_11)
    bounded = mp.power(mdp, 1, rewards, rng=1, policy=best_of_known).actions("s0")
    low, _ = bounded.difference(("s0", "a0"), ("s0", "a3")).interval(0.9999)
    _, high = mp.power(mdp, 1, rewards, rng=1).actions("s0").difference(("s0", "a0"), ("s0", "a3")).interval(0.9999)
    assert low > 0 > high


# ---------------------------------------------------------------------- closed forms, draw by draw


@pytest.mark.parametrize("gamma", [0, 1e-6, 0.5, 0.99, 1 - 1e-9, 1])
def test_a_random_agent_at_a_fork_gets_the_mean_of_the_leaves(gamma):
    rewards = np.random.default_rng(0).random((5, 8))
    values, error = policy_values(mp.envs.fork(7), rewards, gamma, uniformly_random())
    assert (np.abs(values[:, 0] - rewards[:, 1:].mean(axis=1)) <= error + 8 * EPS).all()  # 8 ε: of the mean here
    assert (np.abs(values[:, 1:] - rewards[:, 1:]) <= error[:, None]).all()


def test_all_policies_are_one_on_a_cycle():
    # cycle(4), γ = 1/2: v(s) = (1/2) Σ_{k<4} 2^{-k} R(s+k) / (1 − 2⁻⁴), and the integrand of s is v(s + 1).
    rewards = np.random.default_rng(1).random((1, 4))
    weights = 0.5 * 2.0 ** -np.arange(4) / (1 - 2.0**-4)
    known = np.array([weights @ np.roll(rewards[0], -(s + 1)) for s in range(4)])
    mdp = mp.envs.cycle(4)
    for rule in RULES:
        values, error = policy_values(mdp, rewards, 0.5, rule)
        assert np.abs(values[0] - known).max() <= error[0] + 8 * EPS
        # γ = 1: the chain is periodic, T^t has no limit, and the average is the mean reward.
        values, error = policy_values(mdp, rewards, 1, rule)
        assert np.abs(values[0] - rewards.mean()).max() <= error[0] + 8 * EPS


def test_gamma_zero_is_the_next_reward_under_the_policy():
    rewards = [[0.0, 8.0, 4.0]]
    values, error = policy_values(mp.envs.fork(2), rewards, 0, {"root": {"->t1": 0.25, "->t2": 0.75}})
    assert abs(values[0, 0] - 5) <= error[0] < 1e-13


def test_at_gamma_one_an_irreversible_mistake_of_any_probability_is_made():
    # R(a) = 1, R(b) = 0: optimal is to stay. Whoever leaves with probability p > 0 has v(a) = (1−γ)/(1−γ(1−p)):
    # near 1 while 1/p is beyond the horizon 1/(1−γ), and 0 at γ = 1, for every p.
    mdp, rewards = stay_or_leave(), np.array([[1.0, 0.0]])
    for epsilon in (0.5, 1e-3, 1e-9):
        p, gamma = epsilon / 2, 0.99
        values, _, error = evaluate(mdp, rewards, gamma, epsilon_greedy(epsilon))
        assert abs(values[0, 0] - (1 - gamma) / (1 - gamma * (1 - p))) <= error[0] + 1e-14
        assert policy_values(mdp, rewards, 1, epsilon_greedy(epsilon))[0].tolist() == [[0.0, 0.0]]
    assert policy_values(mdp, rewards, 1, epsilon_greedy(0))[0].tolist() == [[1.0, 0.0]]


# ---------------------------------------------------------------------- other routes to a policy's value


@pytest.mark.slow
@given(st.data())
def test_the_error_bound_covers_the_truth_in_fractions(data):
    # Uniformly random among up to three actions: shares of 1/3 are no floats, which the bound has to pay for. The
    # kernel is exact in binary, so that (I − γP) v = (1−γ) R, solved by Gauss–Jordan on fractions, is the truth.
    mdp = data.draw(mdps(dyadic=True))
    rewards = data.draw(normal_rows(mdp.n_states, 1))
    gamma = data.draw(st.sampled_from([0.0, 0.1, 0.5, 0.9, 0.999999]))
    dense, feasible = mdp.to_arrays()
    chain = [
        [sum(Fraction(dense[s, a, t]) for a in range(mdp.n_actions)) / int(feasible[s].sum())
         for t in range(mdp.n_states)] for s in range(mdp.n_states)
    ]  # fmt: skip
    exactly = Fraction(gamma)
    v = _solve_exactly(chain, [(1 - exactly) * Fraction(r) for r in rewards[0]], exactly)
    onwards = [sum(p * x for p, x in zip(row, v, strict=True)) for row in chain]
    found, then, error = evaluate(mdp, rewards, gamma, uniformly_random())
    off = [abs(Fraction(x) - y) for x, y in zip([*found[0], *then[0]], [*v, *onwards], strict=True)]
    assert max(off) <= Fraction(error[0])
    spread = rewards.max() - rewards.min()
    assert error[0] <= 4 * certifiable(gamma) * spread + 1e-12 * np.abs(rewards).max()  # and says something


def test_the_error_bound_is_needed():
    # The negative control of the test above: a bound of 0 would not do, since 1/3 is no float.
    values, error = policy_values(mp.envs.fork(3), [[0.0, 1.0, 1.0, 5.0]], 0.9, uniformly_random())
    assert 0 < abs(Fraction(values[0, 0]) - Fraction(7, 3)) <= Fraction(error[0])


def dense_chain(mdp, weights):
    """(S, S) array Σ_a π(a|s) T(s, ·), pair by pair."""
    chain = np.zeros((mdp.n_states, mdp.n_states))
    for p in range(mdp.n_pairs):
        chain[mdp.pair_states[p]] += weights[p] * mdp.kernel[[p]].toarray()[0]
    return chain


@pytest.mark.slow
@settings(max_examples=30)
@given(st.data())
def test_values_are_the_series(data):
    # v = (1−γ) Σ_t γ^t P^t R; cut at γ^n ≤ 1e-14, what is left out is at most 1e-14 max|R|. The function draws a
    # policy at random for every reward function, so that weights are no special numbers.
    mdp = data.draw(mdps())
    rewards, gamma = data.draw(normal_rows(mdp.n_states, 2)), data.draw(st.sampled_from([0.1, 0.5, 0.9]))
    weights = np.random.default_rng(data.draw(st.integers(0, 99))).random((2, mdp.n_pairs))
    weights /= np.add.reduceat(weights, mdp.pointer[:-1], axis=1)[:, mdp.pair_states]
    values, onwards, error = evaluate(mdp, rewards, gamma, lambda mdp, rewards, gamma: weights)
    size = np.abs(rewards).max() + 1e-300
    for i in range(2):
        chain = dense_chain(mdp, weights[i])
        total, term = np.zeros(mdp.n_states), (1 - gamma) * rewards[i]
        for _ in range(int(np.ceil(np.log(1e-14) / np.log(gamma)))):
            total, term = total + term, gamma * (chain @ term)
        assert np.abs(values[i] - total).max() <= error[i] + 1e-12 * size
        assert np.abs(onwards[i] - chain @ total).max() <= error[i] + 1e-12 * size


@pytest.mark.slow
@given(st.data())
def test_at_gamma_one_values_are_cesaro_averages(data):
    # A_n = (1/n) Σ_{t<n} P^t R tends to the gain, in multichain and periodic chains too, with an error D/n that is
    # the same D for all n that every period divides, once the rest has mixed: 2 A_{2n} − A_n leaves nothing of it.
    # By doubling: A_{2n} = (A_n + P^n A_n)/2. With 4 states and shares of at least 1/12 chains mix in some 10³ steps.
    mdp = data.draw(mdps(max_states=4, dyadic=True))
    rewards = data.draw(normal_rows(mdp.n_states, 1))
    values, onwards, error = evaluate(mdp, rewards, 1.0, uniformly_random())
    chain = dense_chain(mdp, 1 / np.diff(mdp.pointer)[mdp.pair_states])
    averages = [sum(np.linalg.matrix_power(chain, t) for t in range(12)) @ rewards[0] / 12]
    power = np.linalg.matrix_power(chain, 12)
    for _ in range(14):
        averages.append((averages[-1] + power @ averages[-1]) / 2)
        power = power @ power
        power /= power.sum(axis=1, keepdims=True)
    gain = 2 * averages[-1] - averages[-2]
    size = np.abs(rewards).max() + 1e-300
    assert np.abs(values[0] - gain).max() <= error[0] + 1e-9 * size
    assert np.abs(onwards[0] - gain).max() <= error[0] + 1e-9 * size  # P g = g
    assert error[0] <= 1e-9 * size


# ---------------------------------------------------------------------- against POWER


@pytest.mark.slow
@settings(max_examples=30)
@given(st.data())
def test_no_policy_does_better_than_optimal_ones_in_any_draw(data):
    mdp = data.draw(mdps())
    rewards = data.draw(normal_rows(mdp.n_states, 3))
    gamma = data.draw(st.sampled_from([0.0, 0.1, 0.5, 0.9, 0.999999, 1.0]))
    best, slack = best_onwards(mdp, rewards, gamma)
    for rule in RULES:
        values, error = policy_values(mdp, rewards, gamma, rule)
        assert (values <= best + (error + slack)[:, None]).all(), rule
    # The optimal one loses nothing. (Its loss has the size of what its solver accepts as certified.)
    values, error = policy_values(mdp, rewards, gamma, optimal())
    loss = certifiable(gamma) * (rewards.max(axis=1) - rewards.min(axis=1))
    assert (values >= best - (error + slack + loss)[:, None]).all()


def test_random_agents_do_worse():
    # The negative control of the test above: the inequality is strict where there is something to choose.
    mdp, rewards = mp.envs.make("maze"), np.random.default_rng(0).random((20, 31))
    best, slack = best_onwards(mdp, rewards, 0.9)
    values, error = policy_values(mdp, rewards, 0.9, uniformly_random())
    assert (best - values > (error + slack)[:, None]).all()


def test_without_errors_epsilon_greedy_is_optimal_and_with_errors_only_random():
    mdp, rewards = mp.envs.make("maze", slip=0.2), np.random.default_rng(0).random((20, 31))
    for gamma in (0, 0.5, 0.99, 1):
        for epsilon, same in ((0, optimal()), (1, uniformly_random())):
            values, error = policy_values(mdp, rewards, gamma, epsilon_greedy(epsilon))
            others, more = policy_values(mdp, rewards, gamma, same)
            assert (np.abs(values - others) <= (error + more)[:, None]).all()


def test_cold_softmax_high_thresholds_and_far_sight_are_optimal():
    # γ = 0.9, continuous rewards (no ties). softmax: an action that falls short of q by δ has probability at most
    # e^{−δ/T}, so that a state loses at most (A−1) T/e a step, and (A−1) T/(e (1−γ)) in all: 1.5e-5 for T = 1e-6.
    # lookahead(k): at most γ^k/(1−γ) = 2.6e-8 for k = 188.
    mdp, rewards = mp.envs.make("maze"), np.random.default_rng(0).random((20, 31))
    best, slack = best_onwards(mdp, rewards, 0.9)
    for rule, loss in (
        (softmax(1e-6), (mdp.n_actions - 1) * 1e-6 / np.e / (1 - 0.9)),
        (lookahead(188), 0.9**188 / (1 - 0.9)),
        (satisficing(1), 0.0),
    ):
        values, error = policy_values(mdp, rewards, 0.9, rule)
        assert (values >= best - (error + slack)[:, None] - loss - 1e-12).all(), rule
    # The negative control: the warm, the modest and the short-sighted lose more.
    for rule in (softmax(0.1), lookahead(1), satisficing(0.5)):
        values, _ = policy_values(mdp, rewards, 0.9, rule)
        assert (best - values).max() > 0.05, rule


@pytest.mark.slow
def test_the_less_bounded_have_more_power():
    # On the same draws: random < one step ahead < three < optimal, from the middle of a maze.
    mdp = mp.envs.make("maze")
    rules = (uniformly_random(), lookahead(1), lookahead(3), optimal())
    means = [mp.power(mdp, 0.9, samples=512, rng=0, policy=rule).mean.mean() for rule in rules]
    assert means == sorted(means)
    assert means[0] < means[-1] - 0.1


# S = 3, P = 4, three action names.


def test_what_cannot_be_certified_is_refused(monkeypatch):
    # Two exits, to 0 and to 1, that are each taken once in 2e19 steps: in floats the rest is 1, and still each is
    # taken half the time. At γ = 0.9 nobody lives to see it.
    mdp = mp.RewardlessMDP.from_successors(
        {"a": {"stay": "a", "l": "b", "r": "c"}, "b": {"stay": "b"}, "c": {"stay": "c"}}
    )
    policy, rewards = {"a": {"stay": 1.0, "l": 5e-20, "r": 5e-20}}, np.array([[0.5, 0.0, 1.0], [0.5, 1.0, 0.0]])
    for gamma in (0.9, 1):
        values, error = policy_values(mdp, rewards, gamma, policy)
        assert (np.abs(values[:, 0] - 0.5) <= error).all()
        assert error.max() < 1e-12
    monkeypatch.setattr(optimal_values, "certifiable", lambda gamma: 1e-9 if gamma < 1 else -1.0)
    with pytest.raises(mp.SolverError, match=r"draw 0: policy fixed could not be evaluated at gamma = 1\.0"):
        policy_values(mdp, rewards, 1, policy)
    # The draw of a run is named, so that it can be looked at.
    with pytest.raises(mp.SolverError, match=r"draw 0 of the run with rng=3") as caught:
        mp.power(mdp, [0.9, 1], samples=64, rng=3, policy=policy)
    assert caught.value.draw == 0


def test_draws_of_one_policy_are_solved_together_and_others_apart(monkeypatch):
    # Three draws, of which the last two have the same policy: two chains. The failure of one names its draw. (Of
    # deterministic policies no chain is made: see test_pure_evaluation.)
    slippery = mp.RewardlessMDP.from_successors(
        {"root": {"->t1": {"t1": 0.9, "t2": 0.1}, "->t2": "t2"}, "t1": {"stay": "t1"}, "t2": {"stay": "t2"}}
    )
    rewards = np.array([[0.0, 2.0, 1.0], [0.0, 1.0, 2.0], [0.0, 3.0, 4.0]])
    calls = []

    def watched(chain, rows, gamma, method):
        calls.append(len(rows))
        if len(calls) == 2:
            raise mp.SolverError("draw 1: lost", draw=1, error_bound=0.5)
        return solve_rows(chain, rows, gamma, method)

    monkeypatch.setattr(suboptimal, "solve_rows", watched)
    with pytest.raises(
        mp.SolverError, match=r"^draw 2: policy epsilon_greedy\(epsilon=0.1\) could not .* gamma = 0.9: lost$"
    ) as caught:
        policy_values(slippery, rewards, 0.9, epsilon_greedy(0.1))
    assert calls == [1, 2]
    assert (caught.value.draw, caught.value.error_bound) == (2, 0.5)


# ---------------------------------------------------------------------- runs


@pytest.mark.slow
def test_the_numbers_do_not_depend_on_blocks_or_on_who_computes_them(monkeypatch):
    mdp, gammas = mp.envs.make("maze", slip=0.1), [0, 0.9, 1]
    run = lambda **options: mp.power(mdp, gammas, samples=128, rng=1, policy=softmax(0.1), **options)  # noqa: E731
    first = run()
    with ThreadPoolExecutor(2) as pool:
        others = [run(workers=2), run(executor=pool)]
    with ProcessPoolExecutor(1) as pool:
        others.append(run(executor=pool))
    monkeypatch.setattr(suboptimal, "BLOCK", 3 * mdp.n_pairs)  # three draws at a time
    others.append(run())
    for other in others:
        assert other.data.means.tobytes() == first.data.means.tobytes()
        assert other.error_bound.tobytes() == first.error_bound.tobytes()


@pytest.mark.slow
def test_a_draw_is_made_again():
    mdp, rule = mp.envs.make("maze", slip=0.1), epsilon_greedy(0.2)
    estimate = mp.power(mdp, [0.5, 1], samples=64, rng=2, policy=rule)
    draws = [estimate.draw(i, 1) for i in range(estimate.samples)]
    # The mean of the integrand Σ_a π(a|s) E v(s') over the draws is the estimate.
    onwards = [
        np.add.reduceat(d.probabilities * (mdp.kernel @ d.normalised), mdp.pointer[:-1]) for d in draws
    ]  # fmt: skip
    np.testing.assert_allclose(estimate.at(1).mean, np.mean(onwards, axis=0), atol=1e-12)
    assert max(d.error_bound for d in draws) == estimate.at(1).error_bound[0]
    # Its likeliest action is the optimal one: probability 0.8 and a share of 0.2.
    same = mp.power(mdp, [0.5, 1], samples=64, rng=2)
    assert all((d.policy == same.draw(i, 1).policy).mean() > 0.5 for i, d in enumerate(draws[:5]))
    assert mp.power(mdp, 0.5, samples=64, rng=2, policy=lookahead(2)).draw(3).probabilities.max() == 1
    assert same.draw(0, 1).probabilities is None


def test_draws_are_shared_with_power_and_between_rates():
    mdp = mp.envs.make("maze")
    plain = mp.power(mdp, [0.5, 0.9], samples=64, rng=4)
    bounded = mp.power(mdp, [0.9, 0.5], samples=64, rng=4, policy=optimal())
    assert plain.draw(9, 0.5).rewards.tobytes() == bounded.draw(9, 0.5).rewards.tobytes()
    np.testing.assert_allclose(bounded.mean[::-1], plain.mean, atol=1e-12)  # in the order in which rates were given


@pytest.mark.slow
def test_precision_and_gap():
    estimate = mp.power(ROOT, 0.9, rng=0, policy=softmax(0.5), precision=0.02, samples=128)
    lower, upper = estimate.interval(0.95, simultaneous=True)
    assert ((upper - lower) / 2 <= 0.02).all()
    assert 0 < estimate.error_bound[0] < 1e-12
    assert (estimate.data.slack > 0).all()  # it widens the intervals


def test_estimates_say_whose_power_it_is():
    estimate = mp.power(ROOT, 0.9, samples=64, rng=0, policy=softmax(0.5))
    assert estimate.about == "64 draws of uniform rewards, policy softmax(temperature=0.5)"
    assert "policy softmax(temperature=0.5): POWER^pol 0." in repr(estimate)
    assert (estimate.method, estimate.policy, estimate.guarantee) == ("policy", softmax(0.5), "statistical")
    assert estimate.to_xarray().attrs["policy"] == "softmax(temperature=0.5)"
    assert "policy" not in mp.power(ROOT, 0.9, samples=64, rng=0).to_xarray().attrs
    assert mp.power(ROOT, 0.9, samples=64, rng=0, policy={"root": "->t1"}).about.endswith("policy fixed")
    assert policy_name(best_of_known) == "best_of_known"


def test_methods_of_optimal_values_are_refused():
    for method in ("exact", "deterministic", "lp"):
        with pytest.raises(mp.ParameterError, match=f"with policy= it must be 'auto', got '{method}'"):
            mp.power(ROOT, 0.9, method=method, policy=optimal())


def test_a_value_that_a_policy_makes_vary_has_an_interval():
    # The leaves earn 1 and 2 always, the root something random. An optimal policy goes to 2, whatever the root earns:
    # known not to vary. One that goes by the root's reward has a value that varies from draw to draw.
    rewards = {"root": "uniform", "t1": 1, "t2": 2}
    tops = mp.power(ROOT, 0.9, rewards, samples=64, rng=0)
    assert [float(x[0]) for x in tops.interval()] == pytest.approx([2, 2], abs=1e-12)

    def superstitious(mdp, rewards, gamma):
        return np.stack([(rewards[:, 0] > 0.999).astype(int), np.full(len(rewards), 2), np.full(len(rewards), 2)], 1)

    # It has seen no reward above 0.999 (P = 0.94), and yet the interval is not a point.
    estimate = mp.power(ROOT, 0.9, rewards, samples=64, rng=0, sampler="iid", policy=superstitious)
    lower, upper = estimate.interval()
    assert estimate.mean[0] == 1
    assert lower[0] <= 1 < upper[0]
    # A policy that is the same for all rewards is another matter.
    lower, upper = mp.power(ROOT, 0.9, rewards, samples=64, rng=0, policy={"root": "->t1"}).interval()
    assert upper[0] - lower[0] < 1e-12
