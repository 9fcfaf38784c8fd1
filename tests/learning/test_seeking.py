"""POWER-seeking of trained agents, beside controls; and overestimation in closed form."""

from __future__ import annotations

import numpy as np
import pytest
from scipy.stats import spearmanr

import mdppower as mp
from mdppower.errors import LabelError, ParameterError
from mdppower.learning.seeking import _power, most_seeking
from mdppower.learning.seeking_run import visits_of_pairs
from mdppower.rewards.distribution import resolve

FIGURE_1 = mp.envs.figure_1()
MEASURED = ("toward", "most", "rank", "share")


def test_overestimation_in_closed_form():
    """Of m + 1 errors that are alike any is the greatest: P(max of m > one more) = m/(m + 1); of the mean of m, or of
    one picked by another table, 1/2 by symmetry. 100,000 draws: 5 standard errors are .008. Control: the others."""
    rng, n = np.random.default_rng(0), 100_000
    for m in (2, 5):
        for law in (rng.standard_normal, lambda size: rng.random(size) - 0.5):
            first, second, alone = law((n, m)), law((n, m)), law(n)
            chances = {
                "max": (first.max(axis=1) > alone).mean(),
                "mean": (first.mean(axis=1) > alone).mean(),
                "double": (second[np.arange(n), first.argmax(axis=1)] > alone).mean(),
            }
            assert abs(chances["max"] - m / (m + 1)) < 0.008 < abs(chances["max"] - 0.5)
            assert abs(chances["mean"] - 0.5) < 0.008
            assert abs(chances["double"] - 0.5) < 0.008


def test_visits_of_policies_by_a_dense_inverse():
    """(1−γ) startᵀ (I − γ P)⁻¹ of each policy, averaged; in a stochastic MDP."""
    mdp = mp.envs.make("random(6,rng=3)")
    rng = np.random.default_rng(1)
    sizes = np.diff(mdp.pointer)
    pairs = mdp.pointer[:-1] + (rng.random((5, 6)) * sizes).astype(int)
    start = rng.dirichlet(np.ones(6))
    wanted = np.mean(
        [0.2 * start @ np.linalg.inv(np.eye(6) - 0.8 * mdp.kernel[row].toarray()) for row in pairs], axis=0
    )
    np.testing.assert_allclose(visits_of_pairs(mdp, pairs, 0.8, start), wanted, atol=1e-14)


@pytest.mark.slow
def test_ranks_where_all_are_alike():
    """The random policy visits all states of an open square alike, as its steps go both ways: no correlation."""
    square = mp.envs.make("open(3,3)")
    training = mp.learning.train(square, 0.9, "noise", episodes=2, runs=2, rng=0)
    found = training.seeking(samples=8)
    assert found.chance[2] == 0
    assert "rank" in found.measures
    low, high = found.measure("share").interval()
    assert low[-1] == high[-1] == 1  # of the optimal agent


@pytest.mark.slow
def test_behaviour_makes_noise_seek_too():
    """The random policy is not all of chance: noise without max is above it where agents behave by what they have
    learnt (99.9 %), by more than where they behave at random, run by run from the same draws. 12 runs in the maze."""
    maze, lower = mp.envs.make("maze"), {}
    excess = {}
    for epsilon in (0.3, 1.0):
        training = mp.learning.train(
            maze, 0.9, "noise", episodes=1000, checkpoints=2, runs=12, epsilon=epsilon, rng=0
        )
        found = training.seeking(samples=64)
        excess[epsilon] = found.of("noise without max").values[:, 0, 1] - found.chance[1]
        lower[epsilon] = float(found.of("noise without max").excess("most").interval(0.999)[0][0])
    assert lower[0.3] > 0.05 > lower[1.0]
    assert (excess[0.3] - excess[1.0]).mean() > 4 * (excess[0.3] - excess[1.0]).std(ddof=1) / np.sqrt(12)


def test_the_most_seeking_actions():
    """Figure 1 at γ = .9: right of left and empty; at l_tri down, since what is up leads on to it; on the right all
    are alike. With draws all that is not told apart from the most counts."""
    exact = most_seeking(mp.power(FIGURE_1, 0.9, method="exact"))
    names = [FIGURE_1.pair_label(p) for p in np.flatnonzero(exact)]
    assert ("star", "->r_tri") in names
    assert ("l_tri", "->l_sw") in names
    assert ("l_tri", "->l_nw") not in names
    assert {("r_tri", "->r_ne"), ("r_tri", "->r_se")} <= set(names)
    few = most_seeking(mp.power(FIGURE_1, 0.9, samples=64, rng=0))
    assert (few | ~exact).all()


@pytest.fixture(scope="module")
def found():
    """As in the study, but for fewer episodes and draws."""
    training = mp.learning.train(
        FIGURE_1, 0.9, "random", episodes=1500, checkpoints=2, runs=32, start="star", epsilon=1.0, rng=0
    )
    return training.seeking("r_tri", at="star", samples=128)


@pytest.fixture(scope="module")
def few():
    """The same, short."""
    training = mp.learning.train(
        FIGURE_1, 0.9, "random", episodes=20, checkpoints=2, runs=3, start="star", epsilon=1.0, rng=0
    )
    return training.seeking("r_tri", at="star", samples=32)


@pytest.mark.slow
def test_noise_seeks_power_by_max_alone(found):
    """Line 9 of the study: P(right) > .6 with noise and max, at a power share that contains 0; without max 1/3 is in
    the interval. 32 runs, all intervals of a measure at once, 99.9 %. The optimum is .4513, integrated."""
    arms = ("random", "noise", "noise without max", "noise, double Q", "optimal")
    assert found.arms == arms
    assert found.exact[0] == pytest.approx(1096788830063 / 2430102546000, abs=1e-12)
    assert found.chance[0] == pytest.approx(1 / 3, abs=1e-15)
    low, high = found.measure("toward").interval(0.999, simultaneous=True)
    assert low[1] > 0.6
    assert low[2] < 1 / 3 < high[2] < 0.6
    assert high[2] < found.exact[0] + 0.05
    assert low[4] < found.exact[0] < high[4]  # the optimal agent as it is drawn
    low, high = found.measure("share").interval(0.999, simultaneous=True)
    for k in (1, 2, 3):
        assert low[k] < 0 < high[k]
    assert low[0] > 0.9  # the control: what learns has a share
    gain = found.difference("noise", "noise without max", "toward")
    assert float(gain.interval(0.999)[0]) > 0.3
    between = found.difference("noise", "noise, double Q", "toward")
    assert float(between.interval(0.999)[0]) > 0.1
    table = found.of("noise").table()
    assert table["against_chance"][:2] == ["above", "above"]
    assert found.of("noise without max").table()["against_chance"][0] == "open"


def test_the_optimal_agent_and_chance_by_hand(few):
    """The random policy: 1 of 3 at the star. Its decisions with a choice of POWER are star (1/3 right) and those of
    the left (1/2 each); its visits by an inverse, averaged over states of equal POWER, its rank by SciPy."""
    power = mp.power(FIGURE_1, 0.9, method="exact").mean
    choice = np.zeros((8, FIGURE_1.n_pairs))
    choice[FIGURE_1.pair_states, np.arange(FIGURE_1.n_pairs)] = 1 / np.diff(FIGURE_1.pointer)[FIGURE_1.pair_states]
    visits = 0.1 * np.eye(8)[0] @ np.linalg.inv(np.eye(8) - 0.9 * choice @ FIGURE_1.kernel.toarray())
    alike = np.array([visits[np.abs(power - x) < 1e-9].mean() for x in power])
    rank = spearmanr(alike.round(10), power.round(10)).statistic
    assert few.chance[1:] == pytest.approx([(1 / 3 + 1 / 2 + 1 / 2) / 3, rank, 0], abs=1e-12)
    assert few.values[:, -1, 3] == pytest.approx(np.ones(3))
    assert np.isnan(few.exact[2:]).all()


@pytest.mark.slow
def test_forms(few):
    np.testing.assert_allclose(few.excess("toward").mean, few.measure("toward").mean - 1 / 3, atol=1e-12)
    assert repr(few).startswith("Seeking(toward r_tri at star, γ = 0.9: random 0.")
    assert few.table().caption.endswith("3 training runs, 20 episodes; toward r_tri at star")
    assert few.table()["measure"][::5] == list(MEASURED)
    data = few.to_xarray()
    assert data["rank"].dims == ("run", "arm")
    assert float(data["toward_exact"]) == few.exact[0]
    assert few.plot().get_suptitle() == "toward r_tri at star, less that of the random policy"
    assert few.plot(measure="most").get_suptitle() == "most, less that of the random policy"


def test_a_stochastic_mdp_is_drawn():
    """To integrate the POWER of six states with three actions each takes minutes, which nobody asked for."""
    mdp = mp.envs.make("random(6,rng=3)")
    known = _power(mdp, 0.9, resolve("uniform", mdp), 0)
    assert float(np.max(known.half_widths())) > 0
    assert float(np.max(_power(FIGURE_1, 0.9, resolve("uniform", FIGURE_1), 0).half_widths())) == 0


def test_without_a_state_to_go_to():
    fork = mp.envs.fork(2)
    training = mp.learning.train(fork, 0.9, "noise", episodes=20, runs=2, start="root", target="mean", rng=0)
    with pytest.warns(mp.MDPPowerWarning, match="no state has actions that differ in the POWER after them"):
        found = training.seeking(samples=16)
    assert found.arms == ("noise without max", "noise", "noise, double Q", "optimal")
    assert found.measures == ("rank", "share")
    assert found.toward == found.at == ()
    assert repr(found).startswith("Seeking(rank, γ = 0.9: noise without max")
    # The leaves are alike, and which of them agents prefer on 16 draws is chance: nobody seeks more than anybody.
    assert found.chance[2] == -1
    assert (found.values[..., 2] == -1).all()
    assert found.table()["against_chance"][:4] == ["open"] * 4


def test_by_default_where_there_is_a_choice():
    training = mp.learning.train(FIGURE_1, 0.9, "noise", episodes=2, runs=2, rng=0)
    found = training.seeking(["l_sw", "r_se"], samples=16, step=0)
    assert (found.at, found.episodes) == (("l_tri", "l_sw", "r_tri", "r_ne", "r_se"), 0)


@pytest.mark.slow
def test_an_arm_is_trained_as_in_the_training():
    """The control of a training is the arm that it would have been: same weights in every bit, at each checkpoint."""
    both = mp.learning.train(FIGURE_1, 0.9, ["random", "noise"], episodes=40, runs=2, rng=0)
    one = both.of("random")
    for step in (1, -1):
        first, second = (x.seeking("r_tri", samples=16, step=step) for x in (both, one))
        np.testing.assert_array_equal(first.of("noise").values, second.of("noise").values)


@pytest.mark.parametrize(
    ("options", "error", "told"),
    [
        ({"toward": "r_try"}, LabelError, "r_try"),
        ({"toward": []}, ParameterError, "toward is empty"),
        ({"toward": ["r_tri", "r_tri"]}, ParameterError, "toward has 'r_tri' twice"),
        ({"toward": "r_tri", "at": ("star", "star")}, ParameterError, "at has 'star' twice"),
        ({"at": "star"}, ParameterError, "at= is for toward="),
        ({"toward": "r_tri", "at": "empty"}, ParameterError, "at 'empty' there is no choice of going to 'r_tri'"),
        ({"toward": "r_tri", "at": []}, ParameterError, "at is empty"),
        ({"toward": "star"}, ParameterError, "in no state is there a choice of going to 'star' or elsewhere"),
        ({"samples": 0}, ParameterError, "samples must be a positive integer"),
        ({"step": 9}, ParameterError, "step must be an integer from"),
        ({"test": "cauchy"}, mp.errors.RewardError, "mean"),
    ],
)
def test_what_cannot_be(options, error, told):
    training = mp.learning.train(FIGURE_1, 0.9, "noise", episodes=2, runs=2, rng=0)
    with pytest.raises(error, match=told):
        training.seeking(**options)


def test_what_is_not_there(few):
    with pytest.raises(LabelError, match=r"there is no arm 'nois'; did you mean 'noise'"):
        few.of("nois")
    with pytest.raises(ParameterError, match="measure must be one of"):
        few.measure("power")
