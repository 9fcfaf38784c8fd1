"""An arm against a reference: closed forms, the study's claims with their controls, and what must fail."""

from __future__ import annotations

import math
import warnings
from dataclasses import replace

import numpy as np
import pytest
from scipy import stats

import mdppower as mp
from mdppower.learning import Rivals, train
from mdppower.learning.encounters import UNITS
from mdppower.learning.signals import random
from mdppower.rewards.distribution import resolve
from mdppower.success_rates.bands import jackknifed

FORK, MAZE = mp.envs.fork(3), mp.envs.make("maze")
CUT = "truncnorm(-5, 5, 0.5, 0.1)"


def rivals(success, leads, spreads=0.01, *, ties=0.0, samples=400, rewards="uniform", reference="x", unit=UNITS[0]):
    """Numbers that are given: (K, T) success rates and leads."""
    success, leads = np.atleast_2d(np.asarray(success, float)), np.atleast_2d(np.asarray(leads, float))
    ties = np.broadcast_to(ties, success.shape)
    law = resolve(rewards, FORK)
    return Rivals(
        FORK, 0.9, random(), reference, "test", law, unit, tuple(10 * t for t in range(success.shape[1])), samples, 0,
        samples * (success - ties), samples * ties, leads, np.broadcast_to(spreads, leads.shape).astype(float),
        np.full(len(leads), 1e-15), np.zeros(success.shape[1], bool),
    )  # fmt: skip


# ---------------------------------------------------------------------- closed forms


def test_the_random_policy_at_a_fork():
    """Who always takes t1 of two leaves, against the random policy: Δ = (X − Y)/2, s = 1/2, sd = √(1/24).

    X − Y is triangular on [−1, 1], of variance 1/6. On 8 · 512 draws s is within 4 · .0078 of 1/2.
    """
    fork = mp.envs.fork(2)
    agent = mp.learning.Linear(np.zeros((4, 3)), np.array([1.0, 0, 0, 0]), sees=False)
    training = train(fork, 0.9, ["untrained"], episodes=1, runs=8, start="root", rng=0)
    weights = np.zeros_like(training.weights)
    bias = np.broadcast_to(agent.bias, training.bias.shape)
    found = replace(training, weights=weights, bias=bias).curves(against=["random policy", "optimal"])
    against = found.rivals("untrained", "random policy")
    assert abs(against.success.mean[-1] - 0.5) < 4 * 0.0079
    assert against.sd[-1] == pytest.approx(math.sqrt(1 / 24), rel=0.04)
    law = against.normal_law(0.999)
    assert law["lower"][-1] < 0 < law["upper"][-1]  # symmetric: 0 = sd Φ⁻¹(1/2), whatever the law
    # Against the optimum Δ = −(Y − X)₊: s = P(tie) = 1/2, lead −1/6, E Δ² = 1/12, so lead/sd = −.7071 and the normal
    # law has Φ(−.7071) = .24 in place of 1/2. It must fail, and it does.
    against = found.rivals("untrained", "optimal")
    assert abs(against.tie.mean[-1] - 0.5) < 4 * 0.0079
    assert against.greater.mean[-1] == 0
    assert against.lead.mean[-1] == pytest.approx(-1 / 6, abs=4 * 0.2357 / 64)
    law = against.normal_law(0.999)
    assert law["lead_over_sd"][-1] == pytest.approx(-math.sqrt(1 / 2), abs=0.05)
    assert law["predicted"][-1] == pytest.approx(stats.norm.cdf(-math.sqrt(1 / 2)), abs=0.02)
    assert law["upper"][-1] < -0.5


def test_the_unit_of_a_task():
    """Two starts, each with a fork of its own: Δ averaged is of one sign more often than Δ of either.

    The leaves a, b of one and c, d of the other are uniform; the agent goes to a and c, the other to b and d. Then
    each Δ = X − Y is triangular, and a pair is a success in half of all cases, as is a reward function. But the
    variances are 1/6 and 1/12: the units differ in sd(Δ), and so in what the same lead means.
    """
    ends = {x: {"stay": x} for x in "abcd"}
    mdp = mp.RewardlessMDP.from_successors({"l": {"a": "a", "b": "b"}, "r": {"c": "c", "d": "d"}, **ends})
    training = train(mdp, 0.9, ["untrained"], episodes=1, runs=8, start={"l": 0.5, "r": 0.5}, rng=0)
    bias = np.zeros(training.bias.shape)
    bias[..., [0, 2]] = 1.0
    training = replace(training, weights=np.zeros_like(training.weights), bias=bias)
    found = training.curves(against={"b, d": {"l": "b", "r": "d"}})
    one, two = (found.rivals("untrained", "b, d", unit=unit) for unit in UNITS)
    assert one.sd[-1] == pytest.approx(math.sqrt(1 / 12), rel=0.03)
    assert two.sd[-1] == pytest.approx(math.sqrt(1 / 6), rel=0.03)
    assert np.array_equal(one.leads, two.leads)
    for x, unit in ((one, "starts averaged"), (two, "a reward function and a start")):
        assert unit in repr(x)
        assert unit in x.table().caption
        assert unit in x.bands().caption
        assert unit in x.agents().caption
        assert unit in x.normal_law().caption
        assert unit in str(x)


@pytest.mark.slow
def test_labelled_arrays():
    found = rivals([[0.5, 0.75]] * 4, [[0.1, 0.2]] * 4, 0.04, ties=0.25, unit=UNITS[1])
    data = found.to_xarray()
    assert data["p_tie"].values.tolist() == [[0.25, 0.25]] * 4
    assert data["p_less"].values.tolist() == [[0.5, 0.25]] * 4
    assert (data["sd"].values == 0.2).all()
    assert data["episodes"].values.tolist() == [0, 10]
    assert data.attrs["task"] == "a task: a reward function and a start"
    assert all("long_name" in data[name].attrs for name in ("success", "lead", "sd", "p_greater"))


# ---------------------------------------------------------------------- limits


def test_two_intervals_answer_two_questions():
    """Agents that differ: each is known well by its own tasks, the algorithm only as far as agents are alike."""
    rates = np.array([[0.6], [0.7], [0.8], [0.9]])
    found = rivals(rates, rates - 0.5)
    low, high = found.success.interval(0.9)
    half = stats.t(3).ppf(0.95) * rates.std(ddof=1) / 2
    np.testing.assert_allclose([low[0], high[0]], [0.75 - half, 0.75 + half], atol=1e-12)
    table = found.agents(0.9)
    for k, rate in enumerate((0.6, 0.7, 0.8, 0.9)):
        exact = stats.binomtest(round(400 * rate), 400).proportion_ci(0.9, "exact")
        assert (table["lower"][k], table["upper"][k]) == pytest.approx((exact.low, exact.high), abs=1e-9)
    assert table["upper"][0] < table["lower"][3]
    whole = found.table(0.9)  # of all four: each wrong with a quarter
    exact = [stats.binomtest(k, 400).proportion_ci(0.975, "exact") for k in (240, 360)]
    assert whole["agents_lower"][0] == pytest.approx(exact[0].low, abs=1e-9)
    assert whole["agents_upper"][0] == pytest.approx(exact[1].high, abs=1e-9)
    assert "this algorithm" in whole.caption
    assert "these agents" in whole.caption
    # Agents that are alike on few tasks: the other way round.
    alike = rivals([[0.6]] * 4, [[0.1]] * 4, samples=10)
    assert alike.agents()["upper"][0] - alike.agents()["lower"][0] > 0.5


def test_the_jackknife_of_a_mean_is_students_interval():
    """Pseudo-values of a mean are the numbers themselves."""
    rng = np.random.default_rng(3)
    found = rivals(0.5 + 0.1 * rng.random((8, 3)), 0.1 * rng.random((8, 3)))
    value, low, high = jackknifed(lambda s, leads, squares: leads, found.moments, 0.9, simultaneous=True)
    np.testing.assert_allclose(value, found.lead.mean, rtol=1e-12)
    np.testing.assert_allclose([low, high], found.lead.interval(0.9, simultaneous=True), rtol=1e-9)
    # Without the one run that lost a task Φ⁻¹ is infinite: there is no interval.
    one = rivals([[1.0], [1.0], [0.99]], [[0.1], [0.1], [0.2]]).normal_law()
    assert math.isfinite(one["error"][0])
    assert math.isnan(one["lower"][0])


def test_all_checkpoints_at_once():
    rng = np.random.default_rng(0)
    found = rivals(0.5 + 0.1 * rng.random((8, 3)), 0.1 * rng.random((8, 3)))
    low, _ = found.success.interval(1 - 0.05 / 3)
    np.testing.assert_allclose(found.table(simultaneous=True)["lower"], low, rtol=1e-12)
    one = found.agents(1 - 0.05 / 24)["lower"]
    np.testing.assert_allclose(found.agents(simultaneous=True)["lower"], one, rtol=1e-9)


@pytest.mark.parametrize("shape", ["two points", "uniform"])
def test_limits_of_an_agent_whose_starts_share_a_reward_function(shape):
    """f in [0, 1] of mean .9, 60 times: Clopper–Pearson with 1/e of the error misses in at most 5 % of 2,000 samples.

    Of *one* start in all (f is 0 or 1) it is Clopper–Pearson at 1.84 %, so that misses are rare. The control treats
    31 starts of a reward function as 31 tasks, and misses most of the time.
    """
    rng = np.random.default_rng(1)
    f = (rng.random((2000, 60)) < 0.9) if shape == "two points" else 0.8 + 0.2 * rng.random((2000, 60))
    counts = f.sum(axis=1, keepdims=True) / 60
    found = rivals(counts, counts, samples=60, unit=UNITS[1])
    table = found.agents()
    missed = (np.array(table["lower"]) > 0.9) | (np.array(table["upper"]) < 0.9)
    assert missed.mean() < 0.05 + 4 * math.sqrt(0.05 * 0.95 / 2000)
    if shape == "two points":
        table = rivals(counts, counts, samples=60 * 31).agents()
        assert ((np.array(table["lower"]) > 0.9) | (np.array(table["upper"]) < 0.9)).mean() > 0.5


def test_the_limit_of_the_variance_covers():
    """Agents of their own sd and lead, 2,000 times 8 runs of 20 tasks: Var Δ is below its limit as often as said.

    Δ = m + σZ with m of variance .01 and σ² in {.01, .05}: Var Δ = .03 + .01. The control, the plain mean of squares,
    is below Var Δ in half of all cases.
    """
    rng = np.random.default_rng(2)
    sigma = np.sqrt(rng.choice([0.01, 0.05], (8, 2000)))
    delta = 0.1 * rng.standard_normal((8, 2000)) + sigma * rng.standard_normal((20, 8, 2000))
    found = rivals(np.full((8, 2000), 0.5), delta.mean(axis=0), delta.var(axis=0))
    limit = found.moments.variance_limit(0.9, simultaneous=False)
    assert (limit < 0.04).mean() < 0.1
    assert (found.moments.squares.mean(axis=0) < 0.04).mean() > 0.4


# ---------------------------------------------------------------------- bands


def test_bands_are_those_of_bounds():
    found = rivals([[0.3, 0.7], [0.5, 0.9]], [[-0.1, 0.1], [0.1, 0.2]], ties=0.2)
    s, variance = found.moments.success.mean(axis=0), found.sd**2
    band, table = mp.bounds.power_gap(s, 1.0, 0.2, variance, 1.0, 1.0), found.bands(None)
    np.testing.assert_allclose(table["lower"], -band.upper, rtol=1e-12)
    np.testing.assert_allclose(table["upper"], -band.lower, rtol=1e-12)
    np.testing.assert_allclose(table["range_lower"], -band.post_upper, rtol=1e-12)
    nu = mp.bounds.universal_proxy(found.rewards)[0]
    band = mp.bounds.power_gap(s, nu)
    np.testing.assert_allclose(table["post_lower"], -band.post_upper, rtol=1e-12)
    np.testing.assert_allclose(table["post_upper"], -band.post_lower, rtol=1e-12)
    # With limits in place of what was found all edges are further out, and further yet at all checkpoints at once.
    for name, sign in (("lower", -1), ("upper", 1)):
        edges = [
            np.array(found.bands(c, simultaneous=x)[name]) for c, x in ((None, False), (0.5, False), (0.5, True))
        ]
        assert (sign * edges[0] < sign * edges[1]).all()
        assert (sign * edges[1] <= sign * edges[2]).all()


def test_what_bands_rest_on():
    rests = rivals([[0.5], [0.6]], [[0.0], [0.1]]).rests_on
    assert "ν = 0.4502, proved for sets" in rests["post"]
    assert "ν = w = 1: Δ lies in [-1, 1]" in rests["range"]
    assert "Var Δ" in rests["corrected"]
    # Rewards without bounds, normal and exponential: no range; for these, no ν of sets either.
    rates = 0.5 + 0.01 * np.arange(8)[:, None]
    normal = rivals(rates, rates - 0.5, 0.1 + 0.01 * rates, rewards="norm(0,1)")
    assert "rewards have no bounds" in normal.rests_on["range"]
    assert np.isnan(normal.bands()["range_lower"][0])
    assert np.isfinite(normal.bands()["lower"][0])
    assert np.isnan(rivals([[0.5], [0.6]], [[0.0], [0.1]], rewards="expon").bands()["post_lower"][0])
    # Behind the optimum for certain: no lead above 0.
    assert rivals([[0.5], [0.6]], [[-0.1], [-0.2]], reference="optimal").bands()["upper"][0] == 0
    # All rewards equal: nothing to lead by.
    still = rivals([[1.0], [1.0]], [[0.0], [0.0]], 0.0, ties=1.0, rewards=2.0)
    assert still.bands()["lower"][0] == still.bands()["upper"][0] == 0


def test_the_nu_of_sets_is_wrong_for_learners():
    """A learner that jumps: at a fork with 30 leaves it takes the best where R(root) is above its median, else the
    worst. Against the best Δ is 0 half of the time, else −(max − min), about −4.1 sd. Normal rewards cut at 5 sd, sd
    .1, have ν = √2 · .1 for sets: by the post's band the lead is at least −.1414 · √(2 ln 2) = −.1665. It is −.204.
    """
    fork = mp.envs.fork(30)

    def torn(mdp, rewards, gamma):
        leaves = rewards[:, 1:]
        actions = np.repeat(mdp.action_codes[mdp.pointer[:-1]][None], len(rewards), axis=0)
        actions[:, 0] = np.where(rewards[:, 0] > 0.5, leaves.argmax(axis=1), leaves.argmin(axis=1))
        return actions

    rewards = resolve(CUT, fork)
    nu = mp.bounds.universal_proxy(rewards)[0]
    assert nu == pytest.approx(math.sqrt(2) * 0.1, rel=1e-2)
    values = mp.agents.policy_values(fork, rewards.sample(4000, np.random.default_rng(0)), 0.9, torn)[0][:, 0]
    drawn = rewards.sample(4000, np.random.default_rng(0))[:, 1:]
    delta = (values - drawn.max(axis=1)).reshape(8, 500)
    # Two leaves are alike in no draw, so that Δ = 0 where it takes the best, and is −(max − min) where the worst.
    ties = (delta > -1e-12).mean(axis=1)
    found = Rivals(
        fork, 0.9, random(), "best", "cut normal", rewards, "reward", (0,), 500, 0, np.zeros((8, 1)),
        500 * ties[:, None], delta.mean(axis=1)[:, None], delta.var(axis=1)[:, None], np.full(8, 1e-14),
        np.zeros(1, bool),
    )  # fmt: skip
    band, lead = found.bands(0.999), found.lead.interval(0.999)
    assert lead[1][0] < band["post_lower"][0]  # the post's band does not contain it,
    assert band["lower"][0] < lead[0][0]  # the corrected one does
    assert lead[1][0] < band["upper"][0]


# ---------------------------------------------------------------------- the maze of the study


@pytest.fixture(scope="module")
def maze():
    steps = [80, 113, 160, 226, 320, 453, 640, 905, 1280]
    training = train(MAZE, 0.9, ["random"], episodes=1810, checkpoints=steps, runs=16, rng=0)
    return training.curves(samples=512, against=["random policy", "optimal", "final", ("random", 320)])


@pytest.mark.slow
def test_the_normal_law_and_the_bands_in_the_maze(maze):
    """Acceptance line 10. Study: |lead/sd − Φ⁻¹(s)| ≤ .03; all leads in the corrected band; 98/95 1.270 ± .032."""
    found = maze.rivals("random", "random policy")
    law = found.normal_law()
    told = [abs(e) for s, e in zip(law["success"], law["error"], strict=True) if 0.05 <= s <= 0.995]
    assert len(told) >= 6
    assert max(told) <= 0.1
    for reference in maze.references:
        for unit in UNITS:
            one = maze.rivals("random", reference, unit=unit)
            band = one.bands(simultaneous=True)
            assert all(band["lower"][t] <= band["lead"][t] <= band["upper"][t] for t in range(11)), reference
    ratio = found.lead_ratio()
    assert 1.2 <= float(ratio) <= 1.35
    assert ratio.interval()[0] < stats.norm.ppf(0.98) / stats.norm.ppf(0.95) < ratio.interval()[1]
    # The study's table 3.4: leads at 320, 453, 905 and 1,810 episodes, and success rates where they are not 1.
    for episodes, lead, success in ((320, 0.091, 0.958), (453, 0.112, 0.983), (905, 0.166, 0.999), (1810, 0.223, 1)):
        part = found.of(episodes)
        assert part.lead.mean[0] == pytest.approx(lead, abs=0.006)
        assert part.success.mean[0] == pytest.approx(success, abs=0.008)
    # Negative control: against an agent that it often equals, on pairs, ties are most of the successes.
    law = maze.rivals("random", "random@320", unit=UNITS[1]).normal_law()
    assert abs(law["error"][-1]) > 0.5
    # And against the optimum, where Δ ≤ 0.
    law = maze.rivals("random", "optimal", unit=UNITS[1]).normal_law(simultaneous=True)
    assert max(law["upper"]) < -0.1


@pytest.mark.slow
def test_one_agent_two_success_rates(maze):
    """One lead, .0898 at 320 episodes: .958 where a task is R, .655 where it is (R, start)."""
    one, two = (maze.rivals("random", "random policy", unit=unit).of(320) for unit in UNITS)
    assert np.array_equal(one.leads, two.leads)
    assert one.success.interval(0.999)[0][0] > 0.94
    assert two.success.interval(0.999)[1][0] < 0.68


# ---------------------------------------------------------------------- leads at a success rate


def test_the_lead_at_a_success_rate():
    """A line in Φ⁻¹(s): where lead = .05 Φ⁻¹(s) in every run, so is what lies between."""
    z = np.array([0.0, 1.0, 3.0])
    success = np.repeat(stats.norm.cdf(z)[None], 4, axis=0)
    shift = 0.01 * np.arange(4)[:, None]
    found = rivals(success, 0.05 * z + shift, samples=10**9)
    at = found.lead_at(0.95, 0.98)
    np.testing.assert_allclose(at.mean, 0.05 * stats.norm.ppf([0.95, 0.98]) + 0.015, atol=1e-6)
    assert at.stderr[0] == pytest.approx(np.std(shift, ddof=1) / 2, rel=1e-9)
    paired = found.lead_ratio(0.98, 0.95)
    own = (0.05 * stats.norm.ppf(0.98) + shift) / (0.05 * stats.norm.ppf(0.95) + shift)
    assert float(paired) == pytest.approx(own.mean(), abs=1e-6)
    assert at.of(0.95).mean.shape == ()


def test_the_agent_itself_is_no_crossing():
    found = rivals([[0.2, 1.0, 0.6, 0.99]] * 4, [[-0.1, 0, 0.1, 0.2]] * 4, ties=[0, 1, 0, 0])
    itself = replace(found, same=np.array([False, True, False, False]))
    assert -0.1 < found.lead_at(0.95).mean[0] < 0
    assert 0.1 < itself.lead_at(0.95).mean[0] < 0.2


def test_runs_that_do_not_get_there_are_named():
    found = rivals([[0.5, 0.99], [0.5, 0.99], [0.5, 0.6], [0.97, 0.99]], [[0, 0.1], [0, 0.1], [0, 0.1], [0.1, 0.2]])
    with pytest.warns(mp.MDPPowerWarning, match=r"2 runs of 4 go through a success rate of 0\.95"):
        assert 0 < found.lead_at(0.95).mean[0] < 0.1
    with pytest.warns(mp.MDPPowerWarning, match=r"0 runs of 4"):
        assert np.isnan(found.lead_at(0.999).mean).all()
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        assert np.isnan(found.lead_ratio(0.999, 0.95).interval()).all()
    for wrong in (0, 1, 1.5, "x"):
        with pytest.raises(mp.errors.ParameterError, match="success rate"):
            found.lead_at(wrong)
    with pytest.raises(mp.errors.ParameterError, match="name a success rate"):
        found.lead_at()


# ---------------------------------------------------------------------- edges


def test_an_agent_against_itself_is_known():
    training = train(FORK, 0.9, ["random"], episodes=10, checkpoints=2, runs=2, rng=0)
    found = training.curves(samples=16, against="final").rivals("random", "final")
    assert found.success.interval()[0][-1] == found.tie.mean[-1] == 1
    assert found.bands()["lower"][-1] == found.bands()["upper"][-1] == 0
    assert np.isnan(found.normal_law()["lead_over_sd"][-1])
    assert found.success.interval()[0][0] < 1


def test_rounding_is_no_spread():
    """All ties, to the last bit but one: no lead and no sd, and limits of what so few runs exclude."""
    found = rivals([[1.0]] * 4, np.arange(4)[:, None] * 1e-16, 1e-32, ties=1.0)
    assert np.isnan(found.normal_law()["lead_over_sd"][0])
    assert found.lead.mean[0] == 0
    assert found.lead.interval()[1][0] == pytest.approx(1 - 0.05 ** (1 / 4))
    far = rivals([[1.0]] * 4, 0.1 + np.arange(4)[:, None] * 1e-9, 1e-4)  # the control
    assert np.isfinite(far.normal_law()["lead_over_sd"][0])
    assert far.lead.interval()[1][0] < 0.1001


def test_rewards_without_variance_have_no_limits_of_leads():
    rates = 0.5 + 0.01 * np.arange(8)[:, None]
    found = rivals(rates, rates - 0.5, rewards="t(2)")
    assert np.isnan(found.lead.interval()).all()
    assert np.isnan(found.normal_law()["error"][0])
    assert (found.bands()["lower"][0], found.bands()["upper"][0]) == (-math.inf, math.inf)
    assert found.rests_on["corrected"].startswith("nothing")
    assert np.isfinite(found.success.interval()).all()
    # But behind the optimum they are for certain.
    assert rivals(rates, rates - 1, rewards="t(2)", reference="optimal").bands()["upper"][0] == 0


def test_ties_that_could_not_be_told_are_warned_of():
    training = train(FORK, 0.9, ["random"], episodes=10, checkpoints=2, runs=2, rng=0)
    curves = training.curves(samples=16, against="optimal")
    kept = curves.encounters
    coarse = replace(curves, encounters=replace(kept, errors=kept.errors + 1e-3))
    with pytest.warns(mp.MDPPowerWarning, match="counts as a tie"):
        coarse.rivals("random", "optimal")


@pytest.mark.slow
def test_slippery_worlds_have_rivals():
    """With noise in the MDP values are certified less closely; leads are still differences of powers."""
    room = mp.envs.gridworld("S..\n.#g", slip=0.2)
    training = train(room, 0.9, ["random"], episodes=300, runs=4, checkpoints=[100], rng=0)
    curves = training.curves(samples=32, against=["random policy", "optimal", mp.agents.lookahead(1)])
    kept = curves.encounters
    np.testing.assert_allclose(kept.leads[..., 0], curves.powers - curves.floors[:, None, None], atol=1e-12)
    np.testing.assert_allclose(kept.leads[..., 1], curves.powers - curves.ceilings[:, None, None], atol=1e-12)
    assert kept.better[..., 1, :].max() == 0
    assert curves.rivals("random", "optimal").tie.mean[-1] > 0.2
    assert curves.rivals("random", "random policy").lead.interval(0.999)[0][-1] > 0


def test_all_tasks_won():
    found = rivals([[1.0]] * 8, [[0.3]] * 8)
    law = found.normal_law()
    assert law["normal"] == [math.inf]
    assert math.isnan(law["upper"][0])
    # What 8 runs cannot exclude: an agent that wins nothing, with a chance of 1 − .05^(1/8).
    assert found.success.interval()[0][0] == pytest.approx(0.05 ** (1 / 8))
    assert found.agents()["lower"][0] == pytest.approx(0.025 ** (1 / 400))
    band = found.bands(None)
    assert (band["post_upper"][0], band["upper"][0], band["lower"][0]) == (math.inf, 1, 0)


def test_what_is_not_there_is_refused():
    training = train(FORK, 0.9, ["random"], episodes=10, runs=2, rng=0)
    curves = training.curves(samples=8, against=["optimal", "random@10"])
    for make, told in (
        (lambda: curves.rivals("random", "final"), "measured against 'optimal', 'random@10'"),
        (lambda: curves.rivals("random", "optimall"), "did you mean"),
        (lambda: curves.rivals("noise", "optimal"), "no arm"),
        (lambda: curves.rivals("random", "optimal", "x"), "no test"),
        (lambda: curves.rivals("random", "optimal").of(3), "no checkpoint at 3"),
    ):
        with pytest.raises(mp.errors.LabelError, match=told):
            make()
    with pytest.raises(mp.errors.ParameterError, match="unit must be 'reward' or 'reward and start', got 'start'"):
        curves.rivals("random", "optimal", unit="start")
    assert curves.rivals("random", ("random", 10)).reference == "random@10"
    for confidence in (0, 1, "x"):
        for make in (Rivals.table, Rivals.bands, Rivals.agents, Rivals.normal_law):
            with pytest.raises(mp.errors.ParameterError, match="confidence"):
                make(curves.rivals("random", "optimal"), confidence)


def test_most_runs_alike_are_called_into_question():
    rates = np.ones((16, 1))
    rates[3] = 0.9
    assert "all but 1 of 16" in rivals(rates, rates).success.caution
