"""How POWER moves with the model, and two MDPs on the same draws: known differences, coverage, what cannot move."""

from __future__ import annotations

import math
from dataclasses import replace
from fractions import Fraction

import numpy as np
import pytest
from hypothesis import given, settings
from matplotlib.patches import Rectangle
from strategies import mdps

import mdppower as mp
from mdppower.sensitivity.model_difference import difference
from mdppower.sensitivity.transformed import independent
from mdppower.sensitivity.transforms import bisimulation_quotient, duplicate_state, split_action, unroll
from mdppower.sensitivity.under_transforms import default_transforms, sensitive_actions, sensitivity

SHUT = """
    #######
    #a.#..#
    #..#.b#
    #######
"""
OPEN = """
    #######
    #a.#..#
    #....b#
    #######
"""


@pytest.fixture(scope="module")
def doors():
    return mp.envs.gridworld(SHUT), mp.envs.gridworld(OPEN)


# ---------------------------------------------------------------------- two MDPs


def test_a_third_end_is_worth_a_twelfth_more():
    """E max of three uniform rewards is 3/4, of two 2/3; the ends themselves cannot move."""
    two, three = mp.envs.fork(2), mp.envs.fork(3)
    found = difference(two, three, [0.0, 0.5, 1.0], method="exact")
    assert (found.change.exact == [[Fraction(1, 12), 0, 0]] * 3).all()
    assert (found.only_A, found.only_B, found.guarantee) == ((), ("t3",), "exact")
    assert found.verdicts().tolist() == [["rises", "same", "same"]] * 3
    back = difference(three, two, 0.5, method="exact")
    assert back.change.exact.tolist() == [Fraction(-1, 12), 0, 0]
    assert (back.only_A, back.only_B) == (("t3",), ())
    assert back.greatest_fall()[0] == "root"


def test_intervals_cover_and_tell():
    """100 runs of 256 draws: a 95 % interval misses 1/12 in more than 14 of them with probability 10⁻⁴."""
    missed, told = 0, 0
    for seed in range(100):
        found = difference(mp.envs.fork(2), mp.envs.fork(3), 0.9, samples=256, rng=seed)
        low, high = found.change.interval(0.95)
        missed += not low[0] <= 1 / 12 <= high[0]
        told += found.verdicts()[0, 0] == "rises"
    assert missed <= 14
    assert told == 100


def test_the_draws_are_the_same_for_both(doors):
    """Every draw of the open map is that of the shut one, and more: so is POWER, and its errors cancel."""
    shut, opened = doors
    found = difference(shut, opened, 0.5, samples=1024, rng=3)
    apart = np.hypot(found.power_A.stderr, found.power_B.stderr)
    assert (found.change.stderr < 0.8 * apart).all()
    assert np.median(found.change.stderr / apart) < 0.3
    # No state loses: what the shut map allows, the open one does, on each draw.
    assert (found.change.data.means >= -1e-12).all()
    # B has all labels: its draws would be those of a run of its own, but for the order of the columns.
    again = difference(opened, shut, 0.5, samples=1024, rng=3)
    alone = mp.power(opened, 0.5, samples=1024, rng=3)
    where = [opened.index(x) for x in again.labels]
    np.testing.assert_array_equal(again.power_A.mean, alone.mean[where])


def test_an_mdp_does_not_differ_from_itself(doors):
    found = difference(doors[1], doors[1], [0.1, 0.9], samples=64, rng=0)
    assert (found.verdicts() == "same").all()
    assert (found.change.mean == 0).all()
    low, high = found.change.interval(simultaneous=True)
    assert (high - low < 1e-12).all()
    assert repr(found) == (
        "ModelDifference(9 common states, 0 only in A, 0 only in B, γ = 0.1: 9 cannot move; γ = 0.9: 9 cannot move)"
    )


@settings(max_examples=25)
@given(mdps(max_states=5), mdps(max_states=5))
def test_what_cannot_reach_a_difference_does_not_move(one, two):
    """Two random MDPs share the labels 0, 1, …; where the pruned graphs agree, so does POWER, to certified error."""
    found = difference(one, two, [0.0, 0.6, 1.0], samples=64, rng=1)
    low, high = found.change.interval(simultaneous=True)
    still = found.unaffected
    assert ((low <= 0) & (high >= 0))[:, still].all()
    assert (abs(found.change.mean[:, still]) <= found.data.slack[:, None] * 2 + 1e-14).all()
    # The control: no two rows of A and B differ below an unaffected state.
    for label in np.array(found.labels)[still].tolist():
        seen, waiting = set(), [label]
        while waiting:
            s = waiting.pop()
            seen.add(s)
            rows = [
                {frozenset(m.successors(s, a).items()) for a in m.actions(s)} if s in m.states else None
                for m in (one, two)
            ]
            assert rows[0] == rows[1]
            waiting += [t for a in one.actions(s) for t in one.successors(s, a) if t not in seen and t not in waiting]


def test_rewards_are_over_the_union_of_labels():
    two, three = mp.envs.fork(2), mp.envs.fork(3)
    found = difference(two, three, 0.9, {"t3": 5, "default": "uniform"}, method="exact")
    assert found.change.exact[0] == 5 - Fraction(2, 3)
    # A joint distribution: A's three states, then t3. Here t3 is always t1 plus one: E (1 + max(R1, R2 − 1)) = 3/2.
    joint = mp.Mixture([mp.Fixed([0, 0, 0, 1]), mp.Fixed([0, 1, 0, 2])])
    assert difference(two, three, 0.9, joint, samples=64, rng=0).power_B.mean[0].round(1) == 1.5
    for wrong in (mp.Gaussian([0, 0, 0], np.eye(3)), mp.Fixed([1, 2, 3])):
        with pytest.raises(mp.RewardError) as caught:
            difference(two, three, 0.9, wrong)
        assert "over the union of both MDPs' states: the 3 of A, then the 1 that only B has" in str(caught.value)
    with pytest.raises(mp.RewardError, match="finite mean"):
        difference(two, three, 0.9, "cauchy")


def test_marks_of_either_map_name_rewards(doors):
    moved = mp.envs.gridworld(OPEN.replace("b", ".").replace("a.", "ab"))
    found = difference(doors[1], moved, 0.9, {"b": 1, "default": 0}, method="exact")
    # A reward is of a cell: both cells that are marked b in one of the maps pay in both.
    assert set(np.flatnonzero(found.rewards.mean)) == {found.union.index((1, 2)), found.union.index((2, 5))}
    assert (found.change.mean == 0).all()


def test_differences_need_something_in_common(doors):
    with pytest.raises(mp.ParameterError, match=r"no state in common: A has \(1, 1\), .* B has 'root', 't1', 't2'"):
        difference(doors[0], mp.envs.fork(2), 0.9)
    with pytest.raises(mp.ParameterError, match="B must be a RewardlessMDP, got 'maze'"):
        difference(doors[0], "maze", 0.9)
    found = difference(*doors, [0.5, 0.9], samples=64, rng=0)
    with pytest.raises(mp.ParameterError, match=r"say which gamma: one of 0\.5, 0\.9"):
        found.greatest_rise()
    with pytest.raises(mp.ParameterError, match=r"gamma 0\.7 is not one of 0.5, 0.9"):
        found.at(0.7)


def test_a_difference_as_table_and_dataset(doors):
    found = difference(*doors, [0.5, 0.9], samples=256, rng=0, workers=2)
    same = difference(*doors, [0.5, 0.9], samples=256, rng=found.entropy)
    np.testing.assert_array_equal(found.data.means, same.data.means)  # whatever the workers
    table, data = found.table(), found.to_xarray()
    assert table["state"] == [*doors[0].states] * 2
    np.testing.assert_array_equal(data.change.values.ravel(), table["change"])
    np.testing.assert_allclose(np.subtract(table["power_B"], table["power_A"]), table["change"], atol=1e-12)
    assert data.verdict.sel(gamma=0.9, state="(2, 2)").item() == "rises"
    label, most = found.greatest_rise(0.9)
    assert label == (2, 2) or label == (2, 4)
    assert float(most.mean) == data.change.sel(gamma=0.9).max().item()
    # Simultaneous limits are wider than single ones.
    low, _ = found.change.interval()
    assert (np.array(table["lower"]).reshape(low.shape) < low).all()


@pytest.mark.filterwarnings("default::mdppower.errors.MDPPowerWarning")
def test_without_a_variance_nothing_is_told():
    with pytest.warns(mp.MDPPowerWarning, match="no variance"):
        found = difference(mp.envs.fork(2), mp.envs.fork(3), 0.9, "t(2)", samples=64, rng=0)
    assert found.verdicts().tolist() == [["open", "same", "same"]]


# ---------------------------------------------------------------------- pictures of a difference


def test_a_map_of_differences_says_signs_and_who_has_a_cell(doors, tmp_path):
    figure = difference(*doors, [0.1, 0.9], rng=0).plot(tmp_path / "door.png")
    assert (tmp_path / "door.png").stat().st_size > 10_000
    panels = [axes for axes in figure.axes if axes.get_title()]
    assert [panel.get_title() for panel in panels] == ["γ = 0.1", "γ = 0.9"]
    texts = [text.get_text() for text in panels[1].texts]
    assert sum(text.startswith("+") for text in texts) == 8
    assert {"a", "b", "B"} <= set(texts)
    assert len([p for p in panels[0].patches if isinstance(p, Rectangle)]) == 1
    low, high = panels[0].images[0].get_clim()
    assert low == -high < 0  # white is no change
    assert "B: only B has the cell" in figure.get_suptitle()
    falls = difference(*doors[::-1], 0.9, rng=0).plot()
    assert sum(text.get_text().startswith("−") for text in falls.axes[0].texts) == 8
    # Where numbers do not fit, the sign alone.
    wide = [mp.envs.gridworld("." * n) for n in (45, 44)]
    signs = {text.get_text() for text in difference(*wide, 0.9, samples=256, rng=0).plot().axes[0].texts}
    assert signs <= {"−", "·", "+", "A"}
    assert {"−", "A"} <= signs


def test_bars_where_there_is_no_map(tmp_path):
    figure = difference(mp.envs.fork(2), mp.envs.fork(3), [0.5, 0.9], rng=0).plot(
        tmp_path / "fork.svg", title="forks"
    )
    assert [axes.get_title() for axes in figure.axes] == ["γ = 0.5", "γ = 0.9"]
    heights = [bar.get_height() for bar in figure.axes[0].patches]
    assert heights[0] == pytest.approx(1 / 12, abs=0.01)
    falls = difference(mp.envs.fork(3), mp.envs.fork(2), 0.5, rng=0).plot()
    assert (falls.axes[0].patches[0].get_hatch(), figure.axes[0].patches[0].get_hatch()) == ("//", None)
    with pytest.raises(mp.ParameterError, match=r"\.png, \.svg or \.pdf"):
        difference(mp.envs.fork(2), mp.envs.fork(3), 0.5, samples=64).plot("fork.gif")


# ---------------------------------------------------------------------- transforms


def test_a_report_on_a_fork():
    """The default set on fork(2): a second copy of an end adds 1/12, history takes some, splitting does nothing."""
    fork = mp.envs.fork(2)
    found = sensitivity(fork, 0.5, rng=0)
    assert found.mismatches == (None,) * 5
    for k in range(5):
        assert (abs(found.change(k, "tied").mean) <= 2 * found.data.slack + 1e-15).all()
    table = found.table(0.99)
    rows = {(t, s): k for k, (t, s) in enumerate(zip(table["transform"], table["state"], strict=True))}
    for name, exact in (
        ("duplicate 't1' by choice", Fraction(1, 12)),
        ("duplicate 't2' by choice", Fraction(1, 12)),
        ("duplicate 'root' by choice", Fraction(0)),
        ("split '->t1' at 'root' into 2", Fraction(0)),
        ("unroll 1 step", Fraction(37, 60) - Fraction(2, 3)),
    ):
        k = rows[name, "root"]
        assert table["lower"][k] <= exact <= table["upper"][k], name
        assert table["verdict"][k] == ("rises" if exact > 0 else "falls" if exact < 0 else "same")
    # No second copy can be reached from an end, however often the others are copied.
    assert {table["verdict"][k] for (t, s), k in rows.items() if s != "root" and t != "unroll 1 step"} == {"same"}
    assert found.flips()["gamma"] == []


def test_changes_are_paired():
    fork = mp.envs.fork(2)
    found = sensitivity(fork, 0.9, transforms=[duplicate_state(fork, "t1")], samples=1024, rng=0, sampler="iid")
    apart = np.hypot(found.power().stderr[0], found.power(0, "independent").stderr[0])
    assert found.change().stderr[0] < 0.8 * apart
    np.testing.assert_allclose(
        found.change().mean, found.power(0, "independent").mean - found.power().mean, atol=1e-12
    )  # fmt: skip


def test_flips_are_real():
    """Figure 10 at γ = 1/2 with a second s4: exactly, s1 has more POWER than s3 before and less after."""
    mdp = mp.envs.figure_10()
    again = duplicate_state(mdp, "s4")
    before = mp.power(mdp, 0.5, method="exact").exact
    after = mp.power(again.mdp, 0.5, independent(again), method="exact").exact
    real = {(a, b) for i, a in enumerate(mdp.states) for j, b in enumerate(mdp.states)
            if before[i] > before[j] and after[i] < after[j]}  # fmt: skip
    assert real == {("s1", "s3"), ("s2", "s3")}
    flips = sensitivity(mdp, 0.5, transforms=[again], rng=0).flips()
    assert set(zip(flips["more"], flips["less"], strict=True)) == real
    assert set(flips["reading"]) == {"independent"}
    for more, less, b, a in zip(flips["more"], flips["less"], flips["before"], flips["after"], strict=True):
        i, j = mdp.index(more), mdp.index(less)
        assert b == pytest.approx(float(before[i] - before[j]), abs=0.01)
        assert a == pytest.approx(float(after[i] - after[j]), abs=0.015)


def test_a_wrong_map_of_origins_is_reported():
    """The negative control: the copy of t1 is said to earn what root earns. Tied POWER moves, and that is told."""
    fork = mp.envs.fork(2)
    right = duplicate_state(fork, "t1")
    wrong = replace(right, origin=np.array([0, 1, 2, 0]), name="wrong")
    found = sensitivity(fork, 0.9, transforms=[right, wrong], rng=0)
    assert found.mismatches[0] is None
    assert "does not go where its original" in found.mismatches[1]
    table = found.table()
    moved = [low > 0 or high < 0 for low, high in zip(table["tied_lower"], table["tied_upper"], strict=True)]
    assert moved == [False] * 3 + [True, False, False]
    assert "tied MOVES POWER" in repr(found)
    assert "tied moves nothing" in repr(sensitivity(fork, 0.9, transforms=[right], rng=0, samples=64))


def test_a_broken_solver_would_be_seen(monkeypatch):
    """What cannot move has an interval of certified errors, not of 0 ± ∞: a change of 1e-6 stands outside it."""
    fork = mp.envs.fork(2)
    found = sensitivity(fork, 0.9, transforms=[duplicate_state(fork, "t1")], rng=0, samples=64)
    means = found.data.means.copy()
    means[:, :, 3] += 1e-6  # POWER of root, tied
    broken = replace(found, data=replace(found.data, means=means))
    assert broken.table()["tied_lower"][0] > 0


def test_joint_rewards_and_quotients():
    four = mp.envs.fork(4)
    rewards = {"t1": "uniform", "t2": "uniform", "default": 0}
    chosen = default_transforms(four, rewards)
    assert chosen[-1].is_quotient  # t3 and t4 are one
    found = sensitivity(four, [0.5, 1.0], rewards, transforms=chosen[-1:], rng=0, samples=256)
    np.testing.assert_allclose(found.change(0, "tied").mean, 0, atol=1e-12)
    # One reward for all states, N(0, 1): E max is 0. The copy of t1 is of another draw, and E max of two is 1/√π.
    fork = mp.envs.fork(3)
    moved = sensitivity(
        fork, 0.5, mp.Gaussian(np.zeros(4), np.ones((4, 4))), transforms=[duplicate_state(fork, "t1")], rng=0
    )
    low, high = moved.change().interval(0.999)
    assert low[0] <= 1 / np.sqrt(np.pi) <= high[0]
    assert high[0] - low[0] < 0.2
    with pytest.raises(mp.RewardError, match="'t1' and 't2' are merged"):
        sensitivity(fork, 0.5, transforms=[bisimulation_quotient(fork, [0, 1, 1, 2])])


def test_several_rates_and_workers():
    fork = mp.envs.fork(2)
    run = {"transforms": [duplicate_state(fork, "t1"), unroll(fork, 1)], "samples": 256, "rng": 7}
    one, two = sensitivity(fork, [0.0, 0.5, 1.0], **run), sensitivity(fork, [0.0, 0.5, 1.0], workers=2, **run)
    np.testing.assert_array_equal(one.data.means, two.data.means)
    table = one.table()
    assert len(table["gamma"]) == 2 * 3 * 3
    assert table["gamma"][:9] == [0.0] * 3 + [0.5] * 3 + [1.0] * 3
    # At both ends of γ history does not matter: fork(2)'s ends are entered once, and then stay what they are.
    change = np.array(table["change"])[9:].reshape(3, 3)[:, 0]
    assert change[1] < -0.02
    assert abs(change[[0, 2]]).max() < 0.02


def test_actions_split_in_two_are_optimal_together():
    fork = mp.envs.fork(2)
    found = sensitive_actions(
        fork, "root", 0.9, transforms=[split_action(fork, "root", "->t1"), duplicate_state(fork, "t1")], rng=0
    )
    rows = list(zip(found["transform"], found["reading"], found["action"], strict=True))
    p = dict(zip(rows, found["probability"], strict=True))
    ties = dict(zip(rows, found["tied"], strict=True))
    split, copied = "split '->t1' at 'root' into 2", "duplicate 't1' by choice"
    # The same reward, twice: optimal together, with the probability of one.
    for name, reading in ((split, "tied"), (split, "independent"), (copied, "tied")):
        assert p[name, reading, "->t1"] == p[name, reading, "->t1 (copy 1)"] == ties[name, reading, "->t1"]
        assert p[name, reading, "->t1"] + p[name, reading, "->t2"] == pytest.approx(1)
    # Three rewards: one third each (4,096 draws: four standard errors are 0.03).
    for action in ("->t1", "->t2", "->t1 (copy 1)"):
        assert p[copied, "independent", action] == pytest.approx(1 / 3, abs=0.03)
        assert ties[copied, "independent", action] == 0
    uneven = mp.envs.figure_10()
    verdicts = sensitive_actions(uneven, "s1", 0.9, transforms=[duplicate_state(uneven, "s4")], rng=0)
    assert verdicts["verdict"][:2] == ["less", "likeliest"]  # 1/2 − γ/6 = 0.35 for ->s2


def test_refusals():
    fork = mp.envs.fork(2)
    with pytest.raises(mp.ParameterError, match="up to 12 states, not 31: say which"):
        sensitivity(mp.envs.make("maze"), 0.9)
    with pytest.raises(mp.ParameterError, match="transforms is empty"):
        sensitivity(fork, 0.9, transforms=[])
    with pytest.raises(mp.ParameterError, match="is of another MDP"):
        sensitivity(fork, 0.9, transforms=[duplicate_state(mp.envs.fork(3), "t1")])
    with pytest.raises(
        mp.ParameterError, match=r"must be what mdppower\.sensitivity\.transforms makes, got 'unroll'"
    ):
        sensitivity(fork, 0.9, transforms=["unroll"])
    with pytest.raises(mp.LabelError, match="there is no state 't9'"):
        sensitive_actions(fork, "t9", 0.9)
    found = sensitivity(fork, 0.9, transforms=[duplicate_state(fork, "t1")], samples=64)
    with pytest.raises(mp.ParameterError, match="reading must be one of 'tied', 'independent', got 'loose'"):
        found.change(0, "loose")
    with pytest.raises(mp.ParameterError, match=r"transforms are numbered 0 … 0, got 3"):
        found.power(3)
    many = mp.envs.gridworld("\n".join(["." * 40] * 20))
    large = sensitivity(many, 0.5, transforms=[duplicate_state(many, (0, 0))], samples=64, rng=0)
    with pytest.raises(mp.SizeError, match="319,600 pairs of states are too many"):
        large.flips()
    assert "flips not looked for" in repr(large)
    assert math.isfinite(large.change().mean.max())
