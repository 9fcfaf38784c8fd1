"""POWER of H steps. For i.i.d. U(0,1) rewards, in closed form:

- fork(k): the root goes to the best end and stays there, E max = k/(k+1) at every H; an end has 1/2.
- figure 1, right: ↗ or ↘, whichever is better, and there one stays: 2/3 at every H.
- figure 1, left, with a = R(↙) and b = R(↖): ↙ can stay or go to ↖, from which there is but ↙. In two steps the best
  of 2a and a + b, from either: (1/2 + 2/3)/2 = 7/12. In three from ↙ or its triangle the best of 3a, 2a + b and
  a + 2b, which is a + 2 max(a, b): (1/2 + 4/3)/3 = 11/18; from ↖ a + the best of two, 2a + max(a, b):
  (1 + 2/3)/3 = 5/9.
- figure 1, the star, H = 1: the best of three, 3/4. H = 2: the best of 2e, t + max(a, b), t' + max(c, d), all
  independent: 2E = 2 − ∫ x/2 G(x)² dx over [0, 2], with G the distribution function of t + max(a, b): x³/3 up to 1,
  and what stands in the test beyond.
"""

from __future__ import annotations

from fractions import Fraction

import numpy as np
import pytest
from numpy.polynomial import Polynomial

import mdppower as mp
from mdppower.agents import epsilon_greedy, lookahead, optimal, policy_values, uniformly_random
from mdppower.mdp.graph import has_choice_ahead


@pytest.mark.parametrize("horizon", [1, 2, 3, 50])
def test_a_fork_has_the_best_of_its_ends(horizon):
    found = mp.power(mp.envs.fork(3), horizon=horizon, rng=0)
    low, high = found.interval(0.9999, simultaneous=True)
    assert (low <= [3 / 4, 1 / 2, 1 / 2, 1 / 2]).all()
    assert (high >= [3 / 4, 1 / 2, 1 / 2, 1 / 2]).all()
    assert not low[0] < 2 / 3 < high[0]  # another fork
    if horizon <= 3:
        exact = mp.power(mp.envs.fork(3), horizon=horizon, method="exact").exact
        assert exact.tolist() == [Fraction(3, 4), *[Fraction(1, 2)] * 3]


def test_figure_1_in_one_two_and_three_steps():
    mdp = mp.envs.figure_1()
    exact = mp.power(mdp, horizon=[1, 2, 3], method="exact")
    drawn = mp.power(mdp, horizon=[1, 2, 3], samples=16_384, rng=0)
    x = Polynomial([0, 1])
    # G for 1 ≤ x ≤ 2: P(t + m ≤ x) = ∫ 2m min(1, x − m) dm = (x−1)² + [x m² − 2m³/3] from x − 1 to 1.
    upper = (x - 1) ** 2 + x - 2 / 3 - (x * (x - 1) ** 2 - 2 * (x - 1) ** 3 / 3)
    first, second = (x / 2 * (x**3 / 3) ** 2).integ(), (x / 2 * upper**2).integ()
    star = (2 - (first(1) - first(0)) - (second(2) - second(1))) / 2
    wanted = {
        "star": (Fraction(3, 4), star, None), "r_tri": (Fraction(2, 3),) * 3, "r_se": (Fraction(2, 3),) * 3,
        "l_tri": (Fraction(2, 3), Fraction(7, 12), Fraction(11, 18)), "empty": (Fraction(1, 2),) * 3,
        "l_sw": (Fraction(2, 3), Fraction(7, 12), Fraction(11, 18)),
        "l_nw": (Fraction(1, 2), Fraction(7, 12), Fraction(5, 9)),
    }  # fmt: skip
    for state, numbers in wanted.items():
        for h, number in enumerate(numbers, start=1):
            if isinstance(number, Fraction):
                assert exact.of(state, horizon=h).exact == number
            elif number is not None:
                assert float(exact.of(state, horizon=h).mean) == pytest.approx(number, abs=1e-12)
    low, high = drawn.interval(0.9999, simultaneous=True)
    assert ((low <= exact.mean) & (exact.mean <= high)).all()


def test_one_step_is_gamma_0_and_many_are_gamma_1_but_for_one_over_h():
    maze = mp.envs.make("maze")
    horizons = [1, 10, 100, 1000]
    some = mp.power(maze, horizon=horizons, samples=256, rng=0)
    ends = mp.power(maze, [0, 1], samples=256, rng=0)
    np.testing.assert_allclose(some.mean[0], ends.mean[0], rtol=0, atol=1e-14)
    # |u_H − H g| is at most the span of the bias, whatever H is; here no more than the diameter of the maze.
    off = np.abs(some.mean - ends.mean[1]).max(axis=1) * horizons
    assert (off <= 2 * maze.n_states).all()
    assert off[3] / off[2] < 1.5
    assert off[3] / 1000 < 0.02
    # Not so where a mean of less than the best is taken for the limit.
    assert (np.abs(some.mean[3] - ends.mean[0]).max() * 1000) > 2 * maze.n_states


def test_the_same_bits_whatever_is_asked_beside_it():
    room = mp.envs.make("open(3,4)", slip=0.1)
    together = mp.power(room, horizon=[7, 1, 3], samples=256, rng=0, workers=2)
    for k, h in enumerate((7, 1, 3)):
        alone = mp.power(room, horizon=h, samples=256, rng=0)
        assert (alone.mean == together.mean[k]).all()
        assert (together.draw(9, horizon=h).normalised == alone.draw(9).normalised).all()


def test_a_draw_is_what_optimal_values_says_of_it():
    room = mp.envs.make("open(3,4)", slip=0.1)
    draw = mp.power(room, horizon=[2, 7], samples=64, rng=0).draw(3, horizon=7)
    found = mp.optimal_values(room, draw.rewards, horizon=7)
    assert (draw.normalised == found.normalised[0]).all()
    assert (draw.policy == found.policies[0]).all()
    assert draw.error_bound == found.error_bound[0]


def test_certificates_are_for_rates():
    a, b = (mp.Option.state(mp.envs.fork(2), s, horizon=3) for s in ("t1", "root"))
    with pytest.raises(mp.ParameterError, match="at a discount rate, not Option"):
        mp.certify(a, b)


@pytest.mark.slow
def test_policies_that_need_no_rate():
    # A chain with one policy has the same for any agent; and one step of foresight is what it takes for one step.
    figure_1 = mp.envs.figure_1()
    best = mp.power(figure_1, horizon=[1, 3], samples=256, rng=0)
    short = mp.power(figure_1, horizon=[1, 3], samples=256, rng=0, policy=lookahead(1))
    assert (short.mean[0] == best.mean[0]).all()
    assert (short.mean[1] <= best.mean[1] + 1e-12).all()
    assert (short.mean[1] < best.mean[1])[has_choice_ahead(figure_1)].any()
    # Uniformly random from the root of a fork: the mean of its ends, however long.
    values, error = policy_values(mp.envs.fork(2), [5.0, 1.0, 3.0], None, uniformly_random(), horizon=4)
    assert values[0, 0] == pytest.approx(2.0, abs=1e-14)
    assert 0 < error[0] < 1e-12
    mp.power(mp.envs.fork(2), horizon=2, samples=64, policy={"root": "->t1"})
    for rule in (optimal(), epsilon_greedy(0.1), lambda mdp, rewards, gamma: np.zeros(rewards.shape, int)):
        with pytest.raises(mp.ParameterError, match="is made for a discount rate"):
            mp.power(mp.envs.fork(2), horizon=2, policy=rule)


@pytest.mark.slow
def test_action_optimality_by_draws_and_exactly():
    figure_1 = mp.envs.figure_1()
    for law in ("uniform", "bernoulli(0.5)"):
        exact = mp.action_optimality(figure_1, horizon=[1, 2, 3], rewards=law, method="exact")
        drawn = mp.action_optimality(figure_1, horizon=[1, 2, 3], rewards=law, rng=0)
        low, high = drawn.optimal.interval(0.9999, simultaneous=True)
        assert ((low <= exact.optimal.mean) & (exact.optimal.mean <= high)).all()
    # One step: which of three is the greatest.
    assert mp.action_optimality(figure_1, horizon=1, method="exact").of("star").exact.tolist() == [Fraction(1, 3)] * 3


@pytest.mark.parametrize("kind", ["value", "power"])
def test_options_of_some_steps(kind):
    figure_1 = mp.envs.figure_1()
    left, right = (mp.Option.state(figure_1, s, horizon=3, kind=kind) for s in ("l_tri", "r_tri"))
    exact, drawn = mp.compare(left, right), mp.compare(left, right, samples=4096, rng=0)
    assert exact.samples == 0
    low, high = drawn.gap.interval(0.9999)
    assert low < float(exact.gap.exact) < high
    low, high = drawn.p_at_least.interval(0.9999)
    assert low <= float(exact.p_at_least.exact) <= high
    # POWER: 2/3 against 11/18. VALUE counts the state itself, and two steps: (1/2 + 4/3)/3 and (1/2 + 7/6)/3.
    assert exact.gap.exact == Fraction(1, 18)
    with pytest.raises(mp.ParameterError, match="different horizon and gamma"):
        mp.compare(left, mp.Option.state(figure_1, "r_tri", 0.9, kind=kind))


def test_rows_of_some_steps():
    # From the root of a fork of two, in three steps: one end or the other, all the time.
    fork = mp.envs.fork(2)
    rows = mp.Option.vectors([[0, 1, 0], [0, 0, 1]], states=fork.states, kind="power", horizon=3)
    found = mp.compare(rows, mp.Option.state(fork, "root", kind="power", horizon=3))
    assert (found.gap.exact, found.p_at_least.exact) == (0, 1)
    with pytest.raises(mp.ParameterError, match="'vectors' takes no horizon"):
        mp.Option.vectors([[1]], horizon=3)


ON_PAIRS = mp.rewards.OnPairs("uniform")


@pytest.mark.parametrize(("k", "two"), [(1, Fraction(1, 2)), (2, Fraction(37, 60)), (3, Fraction(27, 40))])
def test_pairs_of_a_fork(k, two):
    # One step: the best of k, k/(k+1). Two: the best of k sums U + V, with G(x) = x²/2 up to 1 and 1 − (2−x)²/2 on.
    # E = 2 − ∫ G^k; of k = 2: 2 − 1/20 − ∫₀¹ (1 − y²/2)² dy = 2 − 1/20 − 43/60 = 74/60, and 37/60 a step.
    found = mp.power(mp.envs.fork(k), horizon=[1, 2, 3], rewards=ON_PAIRS, method="exact")
    assert found.of("root", horizon=1).exact == Fraction(k, k + 1)
    assert found.of("root", horizon=2).exact == two
    assert (found.of("t1").exact == Fraction(1, 2)).all()  # nothing to choose, nothing taken off
    drawn = mp.power(mp.envs.fork(k), horizon=[1, 2, 3], rewards=ON_PAIRS, rng=0)
    low, high = drawn.interval(0.9999, simultaneous=True)
    assert ((low <= found.mean) & (found.mean <= high)).all()
    assert "optimal value" in repr(drawn)
    assert drawn.draw(5, horizon=2).normalised == pytest.approx(
        mp.optimal_values(mp.envs.fork(k), drawn.draw(5, horizon=2).rewards, horizon=2, on="pairs").normalised[0]
    )


@pytest.mark.slow
def test_pairs_of_some_steps_by_draws_and_exactly():
    figure_1 = mp.envs.figure_1()
    two_dice = mp.rewards.OnPairs("bernoulli(0.5)")
    for law, mdp in ((ON_PAIRS, figure_1), (two_dice, mp.envs.fork(2))):
        exact = mp.action_optimality(mdp, horizon=[1, 2], rewards=law, method="exact")
        drawn = mp.action_optimality(mdp, horizon=[1, 2], rewards=law, rng=0)
        low, high = drawn.optimal.interval(0.9999, simultaneous=True)
        assert ((low <= exact.optimal.mean) & (exact.optimal.mean <= high)).all()
        low, high = drawn.tied.interval(0.9999, simultaneous=True)
        assert ((low <= exact.tied.mean) & (exact.tied.mean <= high)).all()
    left, right = (mp.Option.state(figure_1, s, horizon=2) for s in ("l_tri", "r_tri"))
    exact, drawn = mp.compare(left, right, ON_PAIRS), mp.compare(left, right, ON_PAIRS, samples=4096, rng=0)
    assert exact.samples == 0
    assert drawn.gap.interval(0.9999)[0] < float(exact.gap.exact) < drawn.gap.interval(0.9999)[1]
    # Without the way to ↙ from its triangle, (↙, stay), (↙, ↖) and their like are no longer to be had.
    taken = mp.Option.action(figure_1, "l_tri", figure_1.actions("l_tri")[0], horizon=2)
    assert mp.compare(taken, left, ON_PAIRS).p_at_least.exact < 1


@pytest.mark.slow
def test_told_everywhere_by_its_letter():
    found = mp.power(mp.envs.make("maze"), horizon=[2, 5], samples=64, rng=0)
    assert "H = 2, 5" in repr(found)
    assert "γ" not in str(found)
    assert dict(found.to_xarray().sizes) == {"horizon": 2, "state": 31}
    assert found.table()["horizon"][0] == 2
    assert "H = 5" in repr(found.at(horizon=5))
    titles = [axes.get_title().splitlines()[0][:5] for axes in found.plot().axes if axes.images]
    assert titles == ["H = 2", "H = 5"]
    lines = found.plot(kind="lines", states=[(0, 6)]).axes[0]
    assert lines.get_xlabel() == "steps H"
    with pytest.raises(mp.ParameterError, match="horizon 3 is not one of the horizons 2, 5"):
        found.at(horizon=3)
    with pytest.raises(mp.ParameterError, match=r"gamma 0\.5 is not one of the horizons 2, 5"):
        found.at(0.5)
    with pytest.raises(mp.ParameterError, match="say which horizon: one of 2, 5"):
        found.at()
    with pytest.raises(mp.ParameterError, match=r"horizon 5 is not one of the rates 0\.9"):
        mp.power(mp.envs.fork(2), 0.9, samples=64, rng=0).at(horizon=5)
    with pytest.raises(mp.ParameterError, match="do not compare"):
        found - mp.power(mp.envs.make("maze"), [0.2, 0.5], samples=64, rng=0)
