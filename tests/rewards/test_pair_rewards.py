"""Rewards on state-action pairs as a distribution: what is measured of them, and what is refused."""

from __future__ import annotations

from fractions import Fraction

import numpy as np
import pytest

import mdppower as mp
from mdppower.errors import LabelError, ParameterError, RewardError
from mdppower.rewards import OnPairs
from mdppower.rewards.description import describe, from_description

UNIFORM = OnPairs("uniform")
FORK = mp.envs.fork(3)
RING = mp.RewardlessMDP.from_successors(
    {"a": {"stay": "a", "go": {"b": 0.5, "c": 0.5}}, "b": {"go": "c"}, "c": {"back": "a", "too": "a"}}
)


@pytest.mark.parametrize("k", [1, 2, 3, 5])
def test_a_fork_at_once_is_the_greatest_of_k(k):
    """γ = 0: v = max_a R(s, a), and E max of k uniform numbers is k/(k+1). The pairs that count are the root's k."""
    fork = mp.envs.fork(k)
    assert mp.power(fork, 0, UNIFORM, method="exact").exact[0] == Fraction(k, k + 1)
    low, high = mp.power(fork, 0, UNIFORM, rng=0, samples=2048).of("root").interval(0.999)
    assert low <= k / (k + 1) <= high
    assert mp.power(fork, 1, UNIFORM, method="exact").exact[0] == Fraction(k, k + 1), (
        "for ever: the loops of the ends"
    )


def test_a_fork_between():
    """(1−γ) U + γ U' at γ = 1/2 is the mean of two uniform numbers, of which the root has three: 27/40.

    With F = 2x² up to 1/2, and 1 − 2(1−x)² beyond, E max = 1 − ∫ F³. With y = 2x² at most 1/2 in both halves, ∫ F³ is
    ∫ 8x⁶ + ∫ (1 − 2x²)³ over [0, 1/2] = 1/112 + 1/2 − 1/4 + 3/40 − 1/112 = 13/40.
    """
    exact = mp.power(FORK, 0.5, UNIFORM, method="exact").exact[0]
    assert exact == Fraction(27, 40)


@pytest.mark.slow
@pytest.mark.parametrize("law", ["uniform(-1,2)", "bernoulli(0.3)", "norm(1,2)"])
def test_draws_and_the_exact_route_agree(law):
    """Of a stochastic MDP at all rates, and a wrong mean would be seen."""
    rates = [0, 0.4, 0.9, 1]
    exact = mp.power(RING, rates, OnPairs(law), method="exact").mean
    drawn = mp.power(RING, rates, OnPairs(law), rng=1, samples=4096)
    low, high = drawn.interval(0.9999, simultaneous=True)
    assert ((low <= exact) & (exact <= high)).all()
    assert not ((low <= exact + 0.2) & (exact + 0.2 <= high)).any()


def test_equal_successors_are_two_pairs():
    """c has two ways to a: as states they are one action, as pairs two, worth E max = 2/3 at once."""
    assert mp.power(RING, 0, UNIFORM, method="exact").of("c").exact == Fraction(2, 3)
    assert mp.action_optimality(RING, 0.5, UNIFORM, method="exact").of("c", "too").exact == Fraction(1, 2)


def test_rewards_of_states_as_ones_of_pairs_give_c_sigma_of_the_value_set():
    """One reward function for certain: (1−γ) V*, which is what `complexity` of the VALUE set says of states."""
    rewards = np.array([0.3, 0.9, 0.5])
    paired = mp.power(RING, [0.2, 0.9], OnPairs(mp.Fixed(rewards[RING.pair_states])), method="exact")
    for g, gamma in enumerate((0.2, 0.9)):
        for s, state in enumerate(RING.states):
            value = mp.complexity(mp.Option.state(RING, state, gamma), mp.Fixed(rewards), method="exact")
            assert float(paired.mean[g, s]) == pytest.approx(float(value.mean), abs=1e-14)


@pytest.mark.slow
def test_options_and_optimal_actions_agree_with_the_exact_route():
    a, b = (mp.Option.state(RING, s, 0.8) for s in ("a", "b"))
    exact, drawn = mp.compare(a, b, UNIFORM, method="exact"), mp.compare(a, b, UNIFORM, samples=4096, rng=0)
    assert (
        drawn.p_at_least.interval(0.9999)[0] <= float(exact.p_at_least.exact) <= drawn.p_at_least.interval(0.9999)[1]
    )
    assert float(exact.gap.exact) == pytest.approx(
        float(np.diff(mp.power(RING, 0.8, UNIFORM, method="exact").mean[:2])[0]), abs=1e-12
    )
    # What an option of one action is worth is held by its own pairs alone.
    stay = mp.Option.action(RING, "a", "stay", 0.8)
    assert mp.complexity(stay, UNIFORM, method="exact").exact == Fraction(1, 2)
    assert mp.compare(stay, a, UNIFORM, samples=1024, rng=0).p_greater.mean == 0
    for law in (UNIFORM, OnPairs("bernoulli(0.5)")):
        for gamma in (0, 0.5, 1):
            known = mp.action_optimality(RING, gamma, law, method="exact").of("a", "stay").exact
            low, high = mp.action_optimality(RING, gamma, law, rng=0, samples=2048).of("a", "stay").interval(0.9999)
            assert low <= float(known) <= high, (law, gamma)


def test_the_occupancy_polytope_has_the_same_values():
    polytope = mp.OccupancyPolytope(RING, "a", 0.7)
    rewards = np.random.default_rng(2).random((5, RING.n_pairs))
    values = mp.optimal_values(RING, rewards, 0.7, on="pairs").values[:, 0]
    np.testing.assert_allclose(polytope.support(rewards, on="pairs").values, values, atol=1e-9)
    given = {("a", "go", "b"): 1, "default": 0}
    np.testing.assert_allclose(polytope.support(given).values, mp.optimal_values(RING, given, 0.7).values[:, 0])


@pytest.mark.slow
def test_a_draw_a_file_and_a_store_say_the_same(tmp_path):
    law = OnPairs({("a", "stay"): "norm(0,1)", "default": "uniform"})
    found = mp.power(RING, [0.5, 1], law, samples=64, rng=3, store=tmp_path / "runs.db")
    found.save(tmp_path / "x.nc")
    again = mp.load(tmp_path / "x.nc")
    assert (repr(again), again.mean.tobytes()) == (repr(found), found.mean.tobytes())
    assert again.to_xarray().optimal_value.shape == (2, 3)
    draw = again.draw(7, 0.5)
    assert draw.rewards.shape == (RING.n_pairs,)
    np.testing.assert_allclose(
        mp.optimal_values(RING, draw.rewards, 0.5, on="pairs").normalised[0], draw.normalised, atol=1e-12
    )
    longer = mp.power(RING, [0.5, 1], law, samples=128, rng=3, store=tmp_path / "runs.db")
    assert longer.mean.tobytes() == mp.power(RING, [0.5, 1], law, samples=128, rng=3).mean.tobytes()
    bound = found.rewards
    assert describe(from_description(describe(bound), RING.n_pairs)) == describe(bound)


def test_a_comparison_goes_on_from_its_store(tmp_path):
    """An option of one action knows the pairs of the whole MDP, in the store and in a file, too."""
    stay, a = mp.Option.action(RING, "a", "stay", 0.8), mp.Option.state(RING, "a", 0.8)
    how = {"rng": 5, "store": tmp_path / "runs.db"}
    first = mp.compare(stay, a, UNIFORM, samples=64, **how)
    longer = mp.compare(stay, a, UNIFORM, samples=128, **how)
    assert longer.means.mean.tobytes() == mp.compare(stay, a, UNIFORM, samples=128, rng=5).means.mean.tobytes()
    first.save(tmp_path / "x.nc")
    assert repr(mp.load(tmp_path / "x.nc")) == repr(first)
    every = mp.compare_all([stay, a], UNIFORM, samples=64, rng=5)
    assert every.gap.values[0, 1] == pytest.approx(float(first.gap.mean), rel=1e-12)


def test_it_is_never_called_power(tmp_path):
    found = mp.power(FORK, [0.5, 0.9], UNIFORM, samples=64, rng=0)
    told = "\n".join([repr(found), str(found), found.table().caption, *found.table(), found._repr_html_()])
    assert "optimal value" in told
    assert "on pairs" in told
    assert "POWER" not in told
    room = mp.power(mp.envs.make("open(2,3)"), [0.5, 0.9], UNIFORM, samples=64, rng=0)
    for estimate, kinds in ((found, ("bars", "lines", "graph")), (room, ("map",))):
        for kind in kinds:
            figure = estimate.plot(kind=kind)
            texts = [text.get_text() for text in figure.findobj(lambda artist: hasattr(artist, "get_text"))]
            assert not [text for text in texts if "POWER" in text], kind
            assert any("optimal value" in text for text in texts), kind
    from mdppower.display.terminal import terminal_map

    assert "POWER" not in terminal_map(room) + terminal_map(found)
    assert "POWER" in repr(mp.power(FORK, 0.5, samples=64, rng=0))


def test_a_guarantee_holds_for_pairs():
    found = mp.power(FORK, 0.5, UNIFORM, samples=256, rng=0, guarantee=True)
    low, high = found.of("root").interval()
    assert low <= 27 / 40 <= high
    with pytest.raises(RewardError, match="for pair"):
        mp.power(FORK, 0.5, OnPairs("norm(0,1)"), samples=64, guarantee=True)


@pytest.mark.parametrize(
    ("law", "error", "words"),
    [
        ({("root", "->t9"): 1, "default": 0}, LabelError, r"\('root', '->t9'\).*'->t1'"),
        ({("rot", "->t1"): 1, "default": 0}, LabelError, "no state 'rot'"),
        ({"root": 1, "default": 0}, RewardError, r"name \(state, action\) or 'default', not 'root'"),
        ({("root", "->t1"): 1}, RewardError, r"no entry for pair \('root', '->t2'\)"),
        (mp.Fixed([1, 2]), RewardError, "6 pairs.*2 states; the MDP has 6"),
        (OnPairs("uniform"), RewardError, "once"),
        ("unifrom", RewardError, "unifrom"),
        ("cauchy", RewardError, r"none for pair \('root', '->t1'\)"),
        (lambda n, rng: np.full((n, 6), np.nan), RewardError, r"nan for pair \('root', '->t1'\)"),
    ],
)
def test_laws_that_are_refused(law, error, words):
    with pytest.raises(error, match=words):
        mp.power(FORK, 0.9, OnPairs(law), samples=64, rng=0)


def test_questions_that_are_not_of_pairs_are_refused():
    power = {s: mp.Option.state(FORK, s, 0.9, kind="power") for s in ("t1", "root")}
    with pytest.raises(ParameterError, match="kind='value'"):
        mp.compare(power["t1"], power["root"], UNIFORM)
    with pytest.raises(ParameterError, match="rows over states"):
        mp.complexity(mp.Option.vectors([[1, 0]]), UNIFORM)
    with pytest.raises(ParameterError, match="one MDP"):
        mp.compare(mp.Option.state(FORK, "t1", 0.9), mp.Option.action(FORK, "root", "->t1", 0.9) | mp.Option.state(
            mp.RewardlessMDP.from_successors({**{"root": {"x": "t1"}}, **{t: {"x": t} for t in ("t1", "t2", "t3")}}),
            "t1", 0.9), UNIFORM)  # fmt: skip
    with pytest.raises(ParameterError, match="policy="):
        mp.power(FORK, 0.9, UNIFORM, policy={})
    with pytest.raises(ParameterError, match="POWER-seeking"):
        mp.power(FORK, 0.9, UNIFORM, samples=64, rng=0).actions()
    room = mp.power(mp.envs.make("open(2,3)"), 0.9, UNIFORM, samples=64, rng=0)
    with pytest.raises(ParameterError, match="POWER-seeking"):
        room.plot(arrows=True)
    with pytest.raises(ParameterError, match="earn apart"):
        mp.symmetry.symmetries(room.mdp).average(room)
    for ask in (
        lambda: mp.certify(mp.Option.state(FORK, "t1", 0.9), mp.Option.state(FORK, "root", 0.9), UNIFORM),
        lambda: mp.theorems.verify(FORK, [0.9], rewards=UNIFORM, rng=0, samples=64),
        lambda: mp.power(FORK, 0.9, mp.Mixture([UNIFORM, "uniform"]), samples=64),
    ):
        with pytest.raises(RewardError, match="here rewards are of states"):
            ask()
    with pytest.raises(RewardError, match=r"here rewards are of states$"):  # and not what joint rewards are over
        mp.sensitivity.difference(FORK, FORK, 0.9, UNIFORM)
