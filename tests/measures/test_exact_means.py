"""Exact POWER, comparisons and optimality probabilities: every golden fraction, and two routes that agree."""

from __future__ import annotations

from fractions import Fraction

import numpy as np
import pytest
from cases import GOLDEN, golden_mdp, golden_rewards, load
from hypothesis import given, settings
from scipy import stats
from strategies import mdps

import mdppower as mp
from mdppower.integrals.maxima import maximum_uniform
from mdppower.integrals.reward_laws import exact_law
from mdppower.measures.exact_means import exact_rows
from mdppower.measures.exact_optimality import exact_action_optimality
from mdppower.occupancy.visit_distributions import visits
from mdppower.rewards.distribution import resolve

CASES = [pytest.param(load(path), id=path.stem) for path in GOLDEN if "exponential" not in path.stem]


@pytest.mark.slow
@pytest.mark.parametrize("case", CASES)
def test_golden_power(case):
    mdp, rewards = golden_mdp(case), golden_rewards(case)
    for gamma, row in case["expected"]["power"].items():
        estimate = mp.power(mdp, float(Fraction(gamma)), rewards, method="exact")
        for state, number in row.items():
            s = mdp.index(state)
            if "exact" in number and estimate.guarantee == "exact":
                assert estimate.exact[s] == Fraction(number["exact"])
            else:
                low, high = estimate.interval()
                assert low[s] - 1e-9 <= number["value"] <= high[s] + 1e-9
                assert high[s] - low[s] < 1e-5


@pytest.mark.slow
@pytest.mark.parametrize("case", CASES)
def test_golden_action_optimality(case):
    mdp, rewards = golden_mdp(case), resolve(golden_rewards(case), golden_mdp(case))
    for gamma, states in case["expected"].get("action_optimality", {}).items():
        optimal, tied, error = exact_action_optimality(mdp, [float(Fraction(gamma))], rewards)
        for state, actions in states.items():
            for action, number in actions.items():
                p = mdp.pair(state, action)
                assert (
                    optimal[0, p] == Fraction(number["exact"])
                    if "exact" in number
                    else (abs(float(optimal[0, p]) - number["value"]) <= error + 1e-9)
                )
                assert 0 <= tied[0, p] <= optimal[0, p]


@pytest.mark.parametrize("case", CASES)
def test_golden_average_optimality(case):
    mdp = golden_mdp(case)
    for entry in case["expected"].get("average_optimality", []):
        ends = [[float(Fraction(row.get(s, "0"))) for s in mdp.states] for row in entry["D"]]
        exact = mp.average_optimality(mdp, entry["s"], golden_rewards(case), ends=ends, method="exact")
        assert exact.exact == Fraction(entry["p"]["exact"])
        drawn = mp.average_optimality(mdp, entry["s"], golden_rewards(case), ends=ends, rng=0)
        low, high = drawn.interval(0.9999)
        assert low <= entry["p"]["value"] <= high


def test_figure_1():
    """The numbers that the issue names: |F| = 11, |F_nd| = 5, POWER(★, 1) = 517/640, P(★, right, 1) = 113/240."""
    mdp = mp.envs.figure_1()
    assert mp.power(mdp, 1, method="exact").exact[mdp.index("star")] == Fraction(517, 640)
    assert mp.action_optimality(mdp, 1, method="exact").of("star", "->r_tri").exact == Fraction(113, 240)


def test_figure_10_at_every_gamma():
    # P(N, γ) = 1/2 − γ/6, also as the limits at both ends.
    mdp = mp.envs.figure_10()
    gammas = [0, 0.1, 0.25, 0.5, 0.9, 0.999, 1]
    chances = mp.action_optimality(mdp, gammas, method="exact")
    for gamma in gammas:
        assert chances.of("s1", "->s2", gamma).exact == Fraction(1, 2) - Fraction(str(gamma)) / 6
    assert mp.average_optimality(mdp, "s1", method="exact").exact.tolist() == [1, Fraction(2, 3)]


@pytest.mark.slow
@settings(max_examples=15, deadline=None)
@given(mdps(max_states=4, max_actions=2))
def test_two_routes(mdp):
    """Products of piecewise polynomials against volumes of cones, on the sets that MDPs have."""
    for gamma in (0.0, 0.7, 1.0):
        rows = exact_rows(mp.Option.state(mdp, mdp.states[0], gamma, "power"))
        zeros, ones = [Fraction(0)] * mdp.n_states, [Fraction(1)] * mdp.n_states
        pieces, cones = (maximum_uniform(rows, zeros, ones, route=route) for route in ("pieces", "cones"))
        assert pieces == cones
        assert sum(pieces.shares) == 1


@pytest.mark.slow
@settings(max_examples=15, deadline=None)
@given(mdps(max_states=4, max_actions=2))
def test_exact_is_what_draws_estimate(mdp):
    """All POWERs inside simultaneous 99.99 % intervals, all optimality probabilities likewise (fixed seeds)."""
    gammas = [0, 0.6, 1]
    exact, drawn = mp.power(mdp, gammas, method="exact"), mp.power(mdp, gammas, samples=1024, rng=0)
    low, high = drawn.interval(0.9999, simultaneous=True)
    assert ((low <= exact.mean + 1e-12) & (exact.mean <= high + 1e-12)).all()
    known = mp.action_optimality(mdp, gammas, method="exact").optimal
    low, high = mp.action_optimality(mdp, gammas, samples=512, rng=0).optimal.interval(0.9999, simultaneous=True)
    assert ((low <= known.mean + 1e-12) & (known.mean <= high + 1e-12)).all()


def test_constants_make_other_policies_tie():
    # From s: t (reward 1 for certain), u (1 for certain), or a coin between them, which is in no F_nd. All tie.
    mdp = mp.RewardlessMDP.from_successors(
        {"s": {"t": "t", "u": "u", "coin": {"t": 0.5, "u": 0.5}}, "t": {"x": "t"}, "u": {"x": "u"}}
    )
    for gamma in (0, 0.5, 1):
        chances = mp.action_optimality(mdp, gamma, {"s": "uniform", "default": 1}, method="exact")
        assert chances.of("s").exact.tolist() == [1, 1, 1]
        assert chances.tied.exact[:3].tolist() == [1, 1, 1]
    # With a U(0, 1) reward at u alone: t, worth 1, is the only best: u < 1 almost surely.
    chances = mp.action_optimality(mdp, 0.5, {"u": "uniform", "default": 1}, method="exact")
    assert chances.of("s").exact.tolist() == [1, 0, 0]


def test_discrete_rewards_with_ties():
    # Signs at the two ends of a fork: each is a best one with probability 3/4, they tie with probability 1/2.
    fork = mp.envs.fork(2)
    signs = stats.rv_discrete(values=([-1, 1], [0.5, 0.5]))
    for gamma in (0, 0.5, 1):
        chances = mp.action_optimality(fork, gamma, signs, method="exact")
        assert chances.of("root").exact.tolist() == [Fraction(3, 4)] * 2
        assert chances.tied.exact[:2].tolist() == [Fraction(1, 2)] * 2
        assert chances.strictly.exact[:2].tolist() == [Fraction(1, 4)] * 2
    assert mp.power(fork, 0.5, signs, method="exact").exact[0] == Fraction(1, 2)
    # A law whose probabilities are no simple fractions still sums to 1.
    assert sum(p for _, p in exact_law(resolve("binom(3,0.123456789)", fork)).laws[0]) == 1


@pytest.mark.slow
def test_normal_rewards():
    # E max of two N(0,1) is 1/√π; of three, 3/(2√π).
    for k, expected in ((2, 1 / np.sqrt(np.pi)), (3, 1.5 / np.sqrt(np.pi))):
        estimate = mp.power(mp.envs.fork(k), 0.9, "norm(0,1)", method="exact")
        low, high = estimate.interval()
        assert low[0] <= expected <= high[0]
        assert high[0] - low[0] < 1e-3
        assert estimate.exact is None
    chances = mp.action_optimality(mp.envs.figure_10(), [0.5, 1], "norm(0,1)", method="exact")
    drawn = mp.action_optimality(mp.envs.figure_10(), [0.5, 1], "norm(0,1)", samples=4096, rng=0)
    low, high = drawn.optimal.interval(0.9999, simultaneous=True)
    assert ((low <= chances.optimal.mean) & (chances.optimal.mean <= high)).all()


def test_permuted_and_fixed_rewards():
    fork = mp.envs.fork(2)
    rewards = mp.Permuted({"t1": "uniform(0,2)", "default": "uniform"}, [0, 2, 1])  # now t2 has U(0, 2)
    # E max(U(0,1), U(0,2)) = ∫ over u: for u ≤ 1 and w: 1/2·E max of two U(0,1) + 1/2·3/2 = 1/3 + 3/4 = 13/12.
    assert mp.power(fork, 0.5, rewards, method="exact").exact.tolist() == [Fraction(13, 12), Fraction(1, 2), 1]
    assert mp.power(fork, 0.5, mp.Fixed([0, 1, 3]), method="exact").exact.tolist() == [3, 1, 3]


@pytest.mark.slow
def test_exact_estimates_are_estimates(tmp_path):
    mdp = mp.envs.figure_1()
    estimate = mp.power(mdp, [0.5, 1], method="exact")
    assert estimate.guarantee == "exact"
    assert estimate.stderr.max() == 0
    assert estimate.difference("star", "empty").exact.tolist() == [
        estimate.exact[g][mdp.index("star")] - Fraction(1, 2) for g in (0, 1)
    ]
    assert estimate.at(1).exact[0] == Fraction(517, 640)
    assert "exact, uniform rewards" in repr(estimate)
    assert estimate.actions("star").mean.shape == (2, 3)
    estimate.save(tmp_path / "figure.nc")
    again = mp.load(tmp_path / "figure.nc")
    assert (again.exact == estimate.exact).all()
    estimate.plot(tmp_path / "figure.png")
    with pytest.raises(mp.ParameterError, match="without draws"):
        estimate.draw(0)


@pytest.mark.slow
def test_bad_input():
    fork = mp.envs.fork(2)
    with pytest.raises(mp.RewardError, match="exact numbers need independent uniform"):
        mp.power(fork, 0.5, "expon", method="exact")
    with pytest.raises(mp.RewardError, match="finitely many values; poisson"):
        mp.power(fork, 0.5, "poisson(2)", method="exact")
    with pytest.raises(mp.ParameterError, match="precision is about draws"):
        mp.power(fork, 0.5, precision=0.1, method="exact")
    with pytest.raises(mp.SizeError, match="takes about"):
        mp.power(mp.envs.make("open(3,4)"), 0.5, method="exact")
    with pytest.raises(mp.SizeError, match="combinations of rewards"):
        mp.action_optimality(mp.envs.make("maze"), 0.5, "bernoulli(0.5)", method="exact")


# ---------------------------------------------------------------------- rows that are nearly the same


def nearly_the_same(rng):
    """A random MDP in which some rows are others, moved by 1e-16 … 1e-6 of each entry and scaled."""
    states = [str(k) for k in range(int(rng.integers(2, 5)))]
    successors = {}
    for s in states:
        rows = []
        for _ in range(int(rng.integers(1, 4))):
            if rows and rng.random() < 0.6:
                row = rows[int(rng.integers(len(rows)))].copy()
                row *= 1 + rng.choice([0, 1e-17, 1e-16, 1e-15, 1e-14, 1e-12, 1e-10, 1e-8, 1e-6]) * rng.uniform(-1, 1)
                row[row > 0] *= 1 + rng.choice([0, 1e-16, 1e-15, 1e-12, 1e-10, 1e-8]) * rng.uniform(
                    -1, 1, (row > 0).sum()
                )
                row /= row.sum()
            else:
                row = rng.dirichlet(np.full(len(states), 0.7)) * (rng.random(len(states)) < 0.7)
                row = row / row.sum() if row.sum() > 0 else np.eye(len(states))[0]
            rows.append(row)
        named = ({t: float(x) for t, x in zip(states, row, strict=True) if x > 0} for row in rows)
        successors[s] = {f"a{k}": row for k, row in enumerate(named)}
    return mp.RewardlessMDP.from_successors(successors)


def outside(mdp, gamma, rewards, seed):
    """Whether exact POWER is not where draws say that it is, at 1 − 1e-7; None where it is refused."""
    try:
        exact = mp.power(mdp, gamma, rewards, method="exact")
    except mp.SolverError:
        return None
    low, high = mp.power(mdp, gamma, rewards, samples=1024, sampler="iid", rng=seed).interval(1 - 1e-7)
    return bool(((exact.interval()[1] < low) | (exact.interval()[0] > high)).any())


@pytest.mark.slow
def test_rows_that_are_nearly_the_same():
    """25 MDPs × 4 states at 1 − 1e-7: a false alarm has a chance of 1e-5. What cannot be told is refused."""
    rng = np.random.default_rng(0)
    found = [outside(nearly_the_same(rng), float(rng.choice([0.5, 0.9, 1])), "uniform", k) for k in range(25)]
    assert True not in found
    assert found.count(None) <= 2


@pytest.mark.slow
def test_slip_and_bias_on_two_cells():
    """Actions that are blocked do the same, but for the last bit of their chances."""
    rng = np.random.default_rng(0)
    merged = 0
    for k in range(10):
        slip = float(rng.random()) / 2
        bias = {"N": float(rng.random() * slip / 3), "E": float(rng.random() * slip / 3)}
        mdp = mp.envs.gridworld("..", moves="NESW", stay=True, slip=slip, bias=bias)
        assert outside(mdp, 0.5, "uniform", k) is False
        merged += float(mp.power(mdp, 0.5, method="exact").data.slack.max()) > 0
    assert merged > 2


def test_both_losing_to_each_other_would_be_seen(monkeypatch):
    """Without one of two nearly equal rows POWER would be 1/2, that of the third action alone: draws say 0.65."""
    monkeypatch.setattr(
        "mdppower.measures.exact_means.visits", lambda mdp, s, gamma, **_: visits(mdp, s, gamma, given={"a": "z"})
    )
    row = {"b": 0.25, "c": 0.35, "d": 0.4}
    ends = {s: {"stay": s} for s in "bcde"}
    mdp = mp.RewardlessMDP.from_successors({"a": {"x": row, "z": "e"}, **ends})
    assert mp.power(mdp, 0.5, method="exact").mean[0] == 0.5
    assert outside(mdp, 0.5, "uniform", 0)


@pytest.mark.parametrize("gap", [2.0**-53, 2.0**-52, 2.0**-51, 2.0**-40])
def test_rates_next_to_one_are_not_one(gap):
    """POWER(s1) of figure 10 is 2/3 + (γ + γ²)/24, and no fraction near γ stands for it: 1 would make it singular."""
    gamma = 1 - gap
    closed = mp.envs.catalog()["turner-figure-10"].power["s1"](Fraction(gamma))
    mdp = mp.envs.make("turner-figure-10")
    estimate = mp.power(mdp, gamma, method="exact")
    assert estimate.exact[mdp.index("s1")] == closed != Fraction(3, 4)
    assert mp.power(mdp, 1, method="exact").exact[mdp.index("s1")] == Fraction(3, 4)


@pytest.mark.slow
def test_fractions_of_more_digits_than_python_writes(tmp_path):
    """With slip 1e-320 every fraction has thousands of digits: shown, saved and read, all of them."""
    mdp = mp.envs.make("open(1,3)", slip=1e-320, stay=False)
    A, B = (mp.Option.state(mdp, s, 0.9, kind="value") for s in mdp.states[:2])
    tables = [mp.compare(A, B, method="exact").table(), mp.action_optimality(mdp, 0.9, method="exact")]
    assert any(text.startswith("0x") for text in tables[0]["exact"])
    assert tables[1].table()["exact"]
    estimate = mp.power(mdp, 0.9, method="exact")
    estimate.save(tmp_path / "x.nc")
    assert (mp.load(tmp_path / "x.nc").exact == estimate.exact).all()
    assert max(x.denominator.bit_length() for x in estimate.exact) > 13_000


def test_work_is_estimated_for_all_states_before_the_first():
    """Twelve cells and a goal: no single integral passes the limit of one, all together would take hours."""
    goal = mp.envs.gridworld("....\n....\n...*", stay=False)
    integrals = []
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr("mdppower.integrals.reward_laws.maximum_uniform", lambda *_: integrals.append(1))
        with pytest.raises(mp.SizeError, match=r"exact POWER of 12 states takes about .* the limit is 300 s"):
            mp.power(goal, 0.9, {"*": 1, "default": "uniform"}, method="exact")
    assert integrals == []


def test_exact_runs_show_where_they_are_and_can_be_stopped(capsys):
    """The bar counts states; Ctrl-C between two of them ends it."""
    fork = mp.envs.fork(2)
    assert mp.power(fork, [0.5, 0.9], method="exact", progress=True).exact[0, 0] == Fraction(2, 3)
    assert "exact POWER of 3 states: 100%" in capsys.readouterr().err
    mp.power(fork, 0.9, method="exact", progress=False)
    assert capsys.readouterr().err == ""

    def pressed(*_):
        raise KeyboardInterrupt

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr("mdppower.integrals.reward_laws.maximum_uniform", pressed)
        with pytest.raises(KeyboardInterrupt):
            mp.power(fork, 0.9, method="exact")
