"""How often actions are optimal, against exact probabilities."""

from __future__ import annotations

import warnings
from concurrent.futures import ThreadPoolExecutor
from fractions import Fraction

import numpy as np
import pytest
from cases import GOLDEN, golden_mdp, golden_rewards, load

import mdppower as mp
from mdppower.measures import action_optimality as optimality
from mdppower.measures.action_optimality import ActionOptimality, action_optimality

KNOWN = [path for path in GOLDEN if load(path)["expected"].get("action_optimality")]


@pytest.mark.slow
@pytest.mark.parametrize("path", KNOWN, ids=[path.stem for path in KNOWN])
def test_golden(path):
    """Inside 99.9 % simultaneous Clopper–Pearson intervals: a false-alarm rate of 1 % over the cases; seed fixed."""
    case = load(path)
    mdp, known = golden_mdp(case), case["expected"]["action_optimality"]
    gammas = {g: float(Fraction(g)) for g in known}
    result = action_optimality(mdp, list(gammas.values()), golden_rewards(case), samples=4096, rng=1)
    lower, upper = result.optimal.interval(0.999, simultaneous=True)
    assert not result.unresolved.sure.any()
    checked = 0
    for k, gamma in enumerate(gammas):
        for state, actions in known[gamma].items():
            for action, number in actions.items():
                p = mdp.pair(state, action)
                assert lower[k, p] <= number["value"] <= upper[k, p], (gamma, state, action)
                assert upper[k, p] - lower[k, p] < 0.1
                checked += 1
    assert checked


def inside(result: ActionOptimality, state, action, gamma, truth: float) -> bool:
    """In the 99.99 % interval: 1e-4 false alarms each."""
    lower, upper = result.of(state, action, gamma).interval(0.9999)
    return bool(lower <= truth <= upper)


@pytest.mark.slow
def test_figure_10_is_blackwell():
    """P(N, γ) = 1/2 − γ/6, and 1/3 at its end; average optimality would give 1 and 2/3 instead."""
    gammas = [0, 0.25, 0.5, 0.75, 0.99, 1]
    result = action_optimality(mp.envs.figure_10(), gammas, samples=8192, rng=2)
    for gamma in gammas:
        assert inside(result, "s1", "->s2", gamma, 1 / 2 - gamma / 6)
        assert inside(result, "s1", "->s3", gamma, 1 / 2 + gamma / 6)
    average = result.of("s1", "->s2", 1).interval(0.9999)[1]
    assert average < 0.5


@pytest.mark.slow
def test_wait_then_die():
    """Every policy's gain is R(dead); w0 → w1 → (w2) → dead is better than dying iff R(w1) + max(R(w2) − R(dead), 0)
    > R(dead). With x, y, d uniform: P(x + max(y − d, 0) > d) = 7/12, of which Blackwell optimality knows."""
    mdp = mp.RewardlessMDP.from_successors({
        "w0": {"wait": "w1", "die": "dead"}, "w1": {"wait": "w2", "die": "dead"}, "w2": {"die": "dead"},
        "dead": {"stay": "dead"},
    })  # fmt: skip
    result = action_optimality(mdp, 1, samples=8192, rng=3)
    assert inside(result, "w0", "wait", None, 7 / 12)
    assert inside(result, "w0", "die", None, 5 / 12)
    assert inside(result, "w1", "wait", None, 1 / 2)


def test_duplicates_tie():
    """Equivalent actions are optimal together, and never strictly; without ties probabilities of a state sum to 1."""
    mdp = mp.RewardlessMDP.from_successors(
        {"s": {"l": "l", "m": "l", "r": "r"}, "l": {"stay": "l"}, "r": {"stay": "r"}}
    )
    result = action_optimality(mdp, [0, 0.5, 1], samples=1024, rng=0)
    for gamma in (0, 0.5, 1):
        one, two, other = result.of("s", gamma=gamma).mean
        assert one == two == 1 - other
        assert inside(result, "s", "l", gamma, 1 / 2)
    assert (result.strictly.mean[:, :2] == 0).all()
    assert (result.tied.mean[:, :2] == result.optimal.mean[:, :2]).all()
    assert (result.tied.mean[:, 2:] == 0).all()


@pytest.mark.slow
def test_coins_tie():
    """Two doors with fair coins behind, both optimal iff equal: P(optimal) = 3/4, P(alone) = 1/4, P(tied) = 1/2."""
    from scipy import stats

    coin = stats.rv_discrete(values=([0.0, 1.0], [0.5, 0.5]))
    result = action_optimality(mp.envs.fork(2), [0, 0.9, 1], coin, samples=4096, rng=5)
    for numbers, truth in ((result.optimal, 3 / 4), (result.strictly, 1 / 4), (result.tied, 1 / 2)):
        lower, upper = numbers[:, :2].interval(0.9999)
        assert ((lower <= truth) & (truth <= upper)).all()
    assert not result.unresolved.sure.any()


def test_constant_rewards():
    """Of one sure draw every action is optimal."""
    result = action_optimality(mp.envs.figure_10(), [0, 0.5, 1], mp.Fixed([2.0] * 4), samples=16, rng=0)
    assert (result.optimal.mean == 1).all()
    assert (result.tied.mean[:, :2] == 1).all()


def test_rewards_need_no_mean():
    """Ranks of i.i.d. rewards are all that counts at γ = 0: Cauchy's are as good as any."""
    result = action_optimality(mp.envs.fork(2), 0, "cauchy", samples=2048, rng=4)
    assert inside(result, "root", "->t1", None, 1 / 2)


@pytest.mark.slow
def test_does_not_depend_on_workers():
    """Open draws and exact ones too: rewards of −1, 0, 1 tie often."""
    from scipy import stats

    law = stats.rv_discrete(values=([-1.0, 0.0, 1.0], [0.25, 0.5, 0.25]))
    arguments = (mp.envs.make("turner-figure-1"), [0, 0.5, 1], law)
    one = action_optimality(*arguments, samples=640, rng=6)
    with ThreadPoolExecutor(3) as executor:
        others = [
            action_optimality(*arguments, samples=640, rng=6, workers=2),
            action_optimality(*arguments, samples=640, rng=6, executor=executor),
            action_optimality(*arguments, samples=640, rng=one.entropy, workers=map),
        ]
    for other in others:
        for name in ("strict_counts", "tied_counts", "open_counts"):
            assert (getattr(one, name) == getattr(other, name)).all()


def test_draws_are_shared_by_rates():
    """The same draws at all γ: a run with one rate has the counts of the run with several."""
    mdp = mp.envs.make("turner-figure-1")
    several = action_optimality(mdp, [0, 0.5, 1], samples=256, rng=9)
    for k, gamma in enumerate([0, 0.5, 1]):
        one = action_optimality(mdp, gamma, samples=256, rng=9)
        assert one.optimal.shape == (mdp.n_pairs,)
        assert (one.strict_counts[0] == several.strict_counts[k]).all()


def test_samples_are_whole_replicates():
    result = action_optimality(mp.envs.fork(2), 0.5, samples=100, rng=0)
    assert result.samples == 102  # 17 replicates of 6
    assert result.strict_counts[0, :2].sum() == 102


def test_to_xarray():
    """NaN where a state lacks the action."""
    result = action_optimality(mp.envs.fork(2), [0.5, 1], samples=256, rng=0)
    table = result.to_xarray(0.9)
    assert dict(table.sizes) == {"gamma": 2, "state": 3, "action": len(result.mdp.action_names)}
    for p in range(result.mdp.n_pairs):
        state, action = result.mdp.pair_label(p)
        cell = table.sel(gamma=1, state=state, action=action)
        assert cell.probability == result.of(state, action, 1).mean
        assert cell.lower == result.of(state, action, 1).interval(0.9)[0]
    assert int(table.probability.notnull().sum()) == 2 * result.mdp.n_pairs
    assert table.attrs["samples"] == 256
    assert table.attrs["sampler"] == "iid"


def test_to_xarray_too_large(monkeypatch):
    from mdppower.measures import action_optimality_estimate as optimality_estimate

    monkeypatch.setattr(optimality_estimate, "MOST_CELLS", 3)
    with pytest.raises(mp.SizeError, match="too large"):
        action_optimality(mp.envs.fork(2), 0.5, samples=16).to_xarray()


@pytest.mark.parametrize(
    ("options", "kind", "message"),
    [
        ({"gamma": 1.5}, mp.ParameterError, "gamma must be in"),
        ({"gamma": []}, mp.ParameterError, "gamma is empty"),
        ({"gamma": [0.5, 0.5]}, mp.ParameterError, "twice"),
        ({"rewards": "no-such-law"}, mp.RewardError, "no-such-law"),
        ({"rewards": [1.0, 2.0]}, mp.RewardError, "Fixed"),
        ({"samples": 0}, mp.ParameterError, "samples must be a positive integer"),
        ({"rng": -1}, mp.ParameterError, "rng must be"),
        ({"method": "magic"}, mp.ParameterError, "method"),
        ({"workers": 0}, mp.ParameterError, "workers"),
    ],
)
def test_bad_input(options, kind, message):
    with pytest.raises(kind, match=message):
        action_optimality(mp.envs.fork(2), **({"gamma": 0.5} | options))


def test_bad_questions():
    result = action_optimality(mp.envs.fork(2), [0.5, 1], samples=16, rng=0)
    with pytest.raises(mp.ParameterError, match=r"gamma 0.7 is not one of 0.5, 1"):
        result.of("root", gamma=0.7)
    with pytest.raises(mp.LabelError, match="no action"):
        result.of("root", "jump")
    with pytest.raises(mp.ParameterError, match="confidence"):
        result.to_xarray(2)


def test_infinite_reward_is_named():
    def broken(n, rng):
        rewards = rng.random((n, 3))
        rewards[-1, 1] = np.inf
        return rewards

    with pytest.raises(mp.RewardError, match="broken gave reward inf in state 't1'"):
        action_optimality(mp.envs.fork(2), 0.5, broken, samples=16)


def test_a_failed_draw_is_named(monkeypatch):
    """The number is that of the draw in the run."""

    def fail(mdp, rows, gamma, method, on):
        raise mp.SolverError("draw 3: no", draw=3)

    monkeypatch.setattr(optimality, "optimal_pairs", fail)
    with pytest.raises(mp.SolverError, match=r"\(draw 3 of the run with rng=8\)") as caught:
        action_optimality(mp.envs.fork(2), 0.5, samples=64, rng=8)
    assert caught.value.draw == 3


def test_interrupted(monkeypatch):
    """Ctrl-C gives the draws of the chunks that were finished; before the first there is nothing to give."""
    genuine, calls = optimality.optimal_pairs, []

    def pressed(*arguments):
        calls.append(1)
        if len(calls) > 5:
            raise KeyboardInterrupt
        return genuine(*arguments)

    monkeypatch.setattr(optimality, "optimal_pairs", pressed)
    with pytest.warns(mp.errors.MDPPowerWarning, match="interrupted: the result is from"):
        result = action_optimality(mp.envs.fork(2), 0.5, samples=4096, rng=0)
    assert result.interrupted
    assert 0 < result.samples < 4096
    assert result.strict_counts[0, :2].sum() == result.samples
    with warnings.catch_warnings(), pytest.raises(KeyboardInterrupt):
        action_optimality(mp.envs.fork(2), 0.5, samples=4096, rng=0)


def test_open_draws_are_warned_of(monkeypatch):
    """A bet on 1/4 or 3/4 against a sure 1/2, where nothing may be settled: open on every draw, 2 actions of 5."""
    mdp = mp.RewardlessMDP.from_successors(
        {"root": {"bet": {"x": 0.5, "y": 0.5}, "sure": "z"}, "x": {"": "x"}, "y": {"": "y"}, "z": {"": "z"}}
    )
    law = mp.Fixed([0.0, 0.25, 0.75, 0.5])
    assert not action_optimality(mdp, [0.5, 1], law, samples=16).unresolved.mean.any()
    monkeypatch.setattr("mdppower.optimal_sets.optimal_actions.SMALL", 0)
    monkeypatch.setattr("mdppower.optimal_sets.stochastic_ties.MOST_STATES", 3)
    with pytest.warns(mp.errors.MDPPowerWarning, match=r"of 0.4 at gamma = 0.5, .*action 'bet' of state 'root'"):
        result = action_optimality(mdp, 0.5, law, samples=16)
    assert result.of("root").mean.tolist() == [0.5, 0.5]
    assert result.unresolved.mean.tolist() == [1, 1, 0, 0, 0]


@pytest.mark.slow
def test_one_goal_on_a_map_of_400_cells():
    """At γ = .9 and 1 the optimal moves are those that come nearer to the goal, and none is open.

    From a corner of n × n cells both ways that are not blocked are shortest for all goals but those of its row and
    column: P(optimal) of each is 1 − (n − 1)/n² − 1/n² for a goal that is drawn uniformly.
    """
    mdp = mp.envs.make("open(20,20)")

    def goal(n, rng):
        return np.eye(400)[rng.integers(400, size=n)]

    result = action_optimality(mdp, [0.9, 1], goal, samples=1000, rng=0)
    assert not result.unresolved.mean.any()
    assert (result.optimal.mean[0] == result.optimal.mean[1]).all()
    for gamma in (0.9, 1):
        assert inside(result, (0, 0), "S", gamma, 1 - 20 / 400)
        assert inside(result, (0, 0), "stay", gamma, 1 / 400)
