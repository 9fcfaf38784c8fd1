"""Parts of an estimate by label, and arithmetic on the same draws."""

from __future__ import annotations

from dataclasses import replace
from fractions import Fraction

import numpy as np
import pytest

import mdppower as mp
from mdppower.agents import lookahead
from mdppower.montecarlo.estimates import Estimate
from mdppower.rewards.distribution import OwnSampler

FORK = mp.envs.fork(3)
RUN = mp.power(FORK, [0.1 + 0.2, 0.9], samples=256, rng=0)


def same(one, other):
    """Equal in all bits that a user sees."""
    assert one.mean.tobytes() == other.mean.tobytes()
    assert one.stderr.tobytes() == other.stderr.tobytes()
    for sure in (False, True):
        for a, b in zip(one.interval(simultaneous=sure), other.interval(simultaneous=sure), strict=True):
            np.testing.assert_array_equal(a, b)


# ---------------------------------------------------------------------- parts


def test_of_a_state():
    part = RUN.of("root")
    assert part.mean.tolist() == RUN.mean[:, 0].tolist()
    assert float(RUN.of("root", gamma=0.3).mean) == RUN.mean[0, 0]  # 0.3 is not 0.1 + 0.2
    lower, upper = RUN.interval()
    assert part.interval()[0].tolist() == lower[:, 0].tolist()
    assert part.interval()[1].tolist() == upper[:, 0].tolist()
    with pytest.raises(mp.errors.LabelError, match="no state 'x'"):
        RUN.of("x")
    with pytest.raises(mp.errors.ParameterError, match=r"is not one of 0\.3, 0\.9"):
        RUN.of("root", gamma=0.5)
    with pytest.raises(mp.errors.ParameterError, match="name a state"):
        RUN.of()


def test_of_marks():
    # One state with the mark is that state; several are several.
    room = mp.envs.gridworld("g.g\n..h")
    found = mp.power(room, 0.9, samples=64, rng=0)
    assert found.of("h").mean == found.mean[room.index("h")]
    assert found.of("g").mean.tolist() == [found.mean[s] for s in room.marks["g"]]
    assert (found - found).of("h").mean == 0
    assert (2 * found).of("g").mean.tolist() == (2 * found.of("g").mean).tolist()
    assert list(found.of("g").labels) == [room.states[s] for s in room.marks["g"]]


def test_of_pairs():
    pairs = RUN.actions()
    assert pairs.of("root", "->t2").mean.tolist() == RUN.of("t2").mean.tolist()  # the action leads there for certain
    assert pairs.of("root").mean.shape == (2, 3)
    assert pairs.of(("root", "->t2"), gamma=0.9).mean.shape == ()
    with pytest.raises(mp.errors.LabelError):
        pairs.of("root", "->nowhere")
    for array in (np.array([0, 1]), np.array(["root", "->t2"])):
        with pytest.raises(mp.errors.LabelError):
            pairs.of(array)
    # A state of a grid is a tuple, and means all its actions, too.
    room = mp.power(mp.envs.gridworld("..\n.."), 0.9, samples=64, rng=0)
    assert room.actions().of((0, 1)).labels == room.actions((0, 1)).labels
    for result in (room, room * 2, room.actions()):
        with pytest.raises(mp.errors.LabelError):
            result.of(np.array([0, 1]))


def test_at_keeps_what_it_is_about():
    assert type(RUN.at(0.9)) is mp.PowerEstimate
    part = RUN.difference("root", "t1").at(0.9)
    assert float(part.mean) == RUN.difference("root", "t1").mean[1]


def test_asarray_is_the_mean():
    assert np.asarray(RUN).tobytes() == RUN.mean.tobytes()
    assert np.asarray(mp.action_optimality(FORK, 0.9, samples=64, rng=0).optimal).shape == (6,)


def test_dir_shows_what_users_need():
    listed = dir(RUN)
    assert {"of", "mean", "interval", "difference", "to_xarray", "save", "draw"} <= set(listed)
    assert {"data", "fractions", "between", "hidden"}.isdisjoint(listed)


# ---------------------------------------------------------------------- arithmetic


def test_a_difference_of_states_is_their_paired_difference():
    same(RUN.of("root") - RUN.of("t1"), RUN.difference("root", "t1"))
    same(-(RUN.of("t1") - RUN.of("root")), RUN.difference("root", "t1"))


def test_a_difference_of_runs_is_paired():
    """What one step of foresight loses: replicate by replicate, whereas separate runs would add their variances."""
    maze = mp.envs.make("maze")
    optimal = mp.power(maze, 0.9, samples=512, rng=0)
    agent = mp.power(maze, 0.9, samples=512, rng=0, policy=lookahead(1))
    lost = optimal - agent
    by_hand = optimal.data.means - agent.data.means
    np.testing.assert_allclose(lost.mean, by_hand.mean(axis=0)[0], atol=1e-15)
    np.testing.assert_allclose(lost.stderr, by_hand.std(axis=0, ddof=1)[0] / np.sqrt(len(by_hand)), rtol=1e-9)
    assert lost.interval()[0].min() > 0  # control: with the sign changed it would be below
    assert (agent - optimal).interval()[1].max() < 0
    assert lost.to_xarray(grid=True).sizes["row"] == 7


def test_sums_and_multiples():
    here, there = RUN.of("root"), RUN.of("t2")
    np.testing.assert_allclose((here + there).mean, here.mean + there.mean, rtol=1e-14)
    np.testing.assert_allclose((2 * here).mean, 2 * here.mean, rtol=1e-14)
    np.testing.assert_allclose((here / 4).stderr, here.stderr / 4, rtol=1e-12)
    np.testing.assert_allclose((RUN * 3).interval()[1], 3 * RUN.interval()[1], rtol=1e-12)
    with pytest.raises(TypeError):
        here - 0.5
    with pytest.raises(TypeError):
        here * "x"


@pytest.mark.parametrize("number", [2.0, np.float64(2), np.int64(2), np.float32(2), Fraction(2)])
def test_numpy_numbers_do_not_lose_the_error(number):
    """np.float64(2) * estimate was an array of means."""
    for found in (number * RUN, RUN * number, RUN / (1 / number)):
        same(found, RUN * 2)


def test_arrays_are_no_operands():
    array = np.ones(RUN.mean.shape)
    for wrong in (
        lambda: array - RUN,
        lambda: RUN - array,
        lambda: array * RUN,
        lambda: RUN * array,
        lambda: RUN / array,
        lambda: RUN + np.float64(1),
        lambda: np.float64(1) - RUN,
        lambda: RUN * 10**400,
    ):
        with pytest.raises(TypeError):
            wrong()
    assert np.sqrt(RUN).shape == RUN.mean.shape  # control: functions of NumPy take the mean


def test_labels_of_differences_keep_their_sign():
    """−(a − b) is b − a, and says so; it said a − b. Sums of sums say which they are."""
    lead = RUN.of("root") - RUN.of("t1")
    assert repr(-lead) == repr(RUN.of("t1") - RUN.of("root"))
    assert "'t1' − 'root': -0.2" in repr(-lead)
    assert repr(lead * 1) == repr(lead)
    assert "2 × ('root' − 't1'): 0.516" in repr(2 * lead)
    assert "('root' − 't1') − 't2': " in repr(lead - RUN.of("t2"))
    assert "1/3 × (('root' + 't1') + 't2'): 0.58" in repr((RUN.of("root") + RUN.of("t1") + RUN.of("t2")) / 3)
    assert "-1 × ('root' + 't1'): -" in repr(-(RUN.of("root") + RUN.of("t1")))


def test_one_number_against_many():
    excess = RUN - RUN.of("t1")
    assert excess.mean.shape == (2, 4)
    same(excess.of("root"), RUN.difference("root", "t1"))
    assert excess.mean[:, 1].tolist() == [0, 0]


def test_exact_numbers_have_no_draws():
    exact = mp.power(FORK, 0.9, method="exact")
    drawn = mp.power(FORK, 0.9, samples=256, rng=0)
    assert (exact.of("root") - exact.of("t1")).exact == Fraction(3, 4) - Fraction(1, 2)
    off = drawn - exact
    np.testing.assert_allclose(off.stderr, drawn.stderr, rtol=1e-12)
    np.testing.assert_allclose(off.mean, drawn.mean - exact.mean, rtol=1e-12, atol=1e-15)
    low, high = off.interval(0.999, simultaneous=True)
    assert ((low <= 0) & (high >= 0)).all()
    halves = [x / 2 for x in exact.exact]
    assert all(x.exact.tolist() == halves for x in (exact * Fraction(1, 2), exact / 2, exact / np.int64(2)))
    # What is exact hides no draws: the sum is of those of the other.
    for off in (exact - drawn, drawn - exact):
        with pytest.raises(mp.errors.ParameterError, match="rng=1"):
            off - mp.power(FORK, 0.9, samples=256, rng=1)


OTHERS = {
    "give both calls the same rng": lambda: mp.power(FORK, [0.3, 0.9], samples=256, rng=1),
    "sampler='latin', the other sampler='iid'": lambda: mp.power(FORK, [0.3, 0.9], samples=256, rng=0, sampler="iid"),
    "uniform rewards, the other norm": lambda: mp.power(FORK, [0.3, 0.9], "norm(0,1)", samples=256, rng=0),
    "have 16 and 8 draws: give both calls the same samples": lambda: mp.power(FORK, [0.3, 0.9], samples=128, rng=0),
    "take .at": lambda: mp.power(FORK, 0.9, samples=256, rng=0),
    "different states": lambda: mp.power(mp.envs.fork(2), [0.3, 0.9], samples=256, rng=0),
}


@pytest.mark.parametrize("why", OTHERS)
def test_other_draws_are_refused(why):
    run = mp.power(FORK, [0.3, 0.9], samples=256, rng=0)
    with pytest.raises(mp.errors.ParameterError, match=why):
        run - OTHERS[why]()
    same(run.of("root") - run.of("t1"), run.difference("root", "t1"))  # control


def test_more_draws_of_the_same_are_refused():
    long, short = (mp.power(FORK, 0.9, samples=n, rng=0) for n in (4096, 2048))
    with pytest.raises(mp.errors.ParameterError, match="64 and 32 replicates: give both calls the same samples"):
        long - short


def test_own_code_is_itself_alone():
    def law(n, rng):
        return rng.random((n, 4))

    def other(n, rng):
        return rng.random((n, 4))

    one, two, again = (mp.power(FORK, 0.9, f, samples=64, rng=0) for f in (law, other, law))
    with pytest.raises(mp.errors.ParameterError, match=r"both have law rewards, but .* own code"):
        one - mp.power(FORK, 0.9, OwnSampler(other, 4, "law"), samples=64, rng=0)
    with pytest.raises(mp.errors.ParameterError, match="one has law rewards, the other other rewards"):
        one - two
    # The same function is: an agent can be set beside the optimum.
    assert abs((one - again).mean).max() == abs((one - one).mean).max() == 0


def test_guaranteed_runs_pair_with_themselves_alone():
    one, other = (mp.power(FORK, 0.9, samples=256, rng=0, guarantee=True, sampler="iid") for _ in range(2))
    same(one.of("root") - one.of("t1"), one.difference("root", "t1"))
    with pytest.raises(mp.errors.ParameterError, match="keeps no draws"):
        one - other
    with pytest.raises(mp.errors.ParameterError, match="guarantee=True"):
        one - mp.power(FORK, 0.9, samples=256, rng=0, sampler="iid")


@pytest.mark.slow
def test_differences_cover():
    """95 % intervals of a difference of runs hold what is exact: 200 runs, 950 ± 4 sd ≥ .9. Control: half as wide."""
    fork = mp.envs.fork(2)
    truth = 2 / 3 - 1 / 2
    hits = narrow = 0
    for seed in range(200):
        run = mp.power(fork, 0.9, samples=256, rng=seed)
        found = run.of("root") - run.of("t1")
        low, high = found.interval()
        hits += low <= truth <= high
        narrow += abs(truth - found.mean) <= (high - low) / 4
    assert hits >= 178
    assert narrow < 178


def test_a_caution_goes_with_every_part():
    with pytest.warns(mp.MDPPowerWarning, match="cannot be trusted"):
        rare = mp.power(mp.envs.fork(8), 0.9, "bernoulli(0.005)", samples=1024, rng=0)
    for part in (
        rare.of("root"),
        rare.difference("root", "t1"),
        2 * rare,
        rare.at(0.9),
        rare.of("root") - rare.of("t1"),
    ):
        assert part.caution == rare.caution
        assert "the intervals cannot be trusted" in repr(part)
        assert "cannot be trusted" in part.table().caption
        assert part.to_xarray().attrs["caution"] == rare.caution


def test_one_guaranteed_run_at_one_rate():
    run = mp.power(FORK, [0.5, 0.9], samples=256, rng=0, guarantee=True, sampler="iid")
    same(run.at(0.5).of("root") - run.at(0.5).of("t1"), run.difference("root", "t1").at(0.5))


def test_interrupted_is_said():
    assert "interrupted" not in repr(RUN) + str(RUN.of("root"))
    part = RUN.of("root")
    short = replace(part, draws=replace(part.draws, interrupted=True))
    assert short.interrupted
    assert "interrupted" in repr(short)
    assert "interrupted" in short.table().caption
    assert short.to_xarray().attrs["interrupted"] == 1
    assert "interrupted" in repr(short - RUN.of("t1"))


def test_estimates_of_other_rooms_can_be_paired():
    a, b = (mp.Option.state(FORK, s, 0.9, kind="power") for s in ("t1", "root"))
    one, other = (mp.compare(a, b, samples=256, rng=0) for _ in range(2))
    assert float((one.gap - other.gap).mean) == 0


# ---------------------------------------------------------------------- forms


def test_printed_forms_have_numbers_and_intervals():
    assert repr(RUN.of("root", gamma=0.9)).startswith("Estimate('root': 0.7")
    assert "± 0." in repr(RUN.difference("root", "t1"))
    assert repr(RUN.difference("root", "t1")).count("±") == 2
    assert "(95 %, all at once)" in repr(RUN)
    assert "(95 %)" in repr(RUN.of("root", gamma=0.9))
    assert repr(mp.power(FORK, 0.9, method="exact").of("root")) == "Estimate('root': 3/4 at γ = 0.9)"


def test_plus_minus_is_half_of_the_interval_all_at_once():
    low, high = RUN.interval(simultaneous=True)
    assert f"± ≤ {((high - low) / 2).max():.2g}" in repr(RUN)  # intervals are symmetric here
    part = RUN.of("root", gamma=0.9)
    low, high = part.interval()
    assert f"± {(high - low) / 2:.2g}" in repr(part)


def test_known_numbers():
    known = Estimate.known([[Fraction(1, 3)]], ["a"], (np.nan,))
    assert repr(known) == "Estimate('a': 1/3)"
    assert list(known.table()) == ["state", "mean", "stderr", "lower", "upper", "exact"]


def test_what_cannot_differ_has_no_interval():
    """A number less itself; and POWER where no choice is ahead, whatever the policy. Else an interval is honest."""
    room = mp.envs.gridworld("S.*")
    optimal = mp.power(room, [0.5, 0.9], samples=256, rng=0)
    agent = mp.power(room, [0.5, 0.9], samples=256, rng=0, policy=lookahead(1))
    for nothing in (optimal - optimal, optimal.of("S") - optimal.of("S"), optimal.at(0.9) - optimal.at(0.9)):
        low, high = nothing.interval()
        assert np.abs(low).max() < 1e-12
        assert np.abs(high).max() < 1e-12
    lost = optimal - agent
    low, high = lost.of("*").interval()
    assert (high - low).max() < 1e-12
    assert (lost.of("S").interval()[1] > 0).all()
    # What may differ and did not in these draws is not known to be 0: the caption says so.
    never = mp.power(FORK, 0.9, "bernoulli(1e-6)", samples=64, rng=0)
    assert "limits are what 64 observations can exclude" in never.table().caption


def test_parts_of_parts_are_of_the_same_run():
    """(root − t1) − (root − t2) is t2 − t1, and its level counts no noise of the root's."""
    left, right = RUN.difference("root", "t1"), RUN.difference("root", "t2")
    same(left - right, RUN.difference("t2", "t1"))
    pairs = RUN.actions()
    np.testing.assert_allclose((pairs.of("root", "->t2") - RUN.of("t2")).interval(), 0, atol=1e-12)
    same((2 * RUN.of("root")) - RUN.of("root"), RUN.of("root"))
