"""How POWER moves with the model, and two MDPs on the same draws: known differences, coverage, what cannot move."""

from __future__ import annotations

import math
from dataclasses import replace
from fractions import Fraction

import numpy as np
import pytest

import mdppower as mp
from mdppower.sensitivity.transformed import independent
from mdppower.sensitivity.transforms import bisimulation_quotient, duplicate_state, split_action, unroll
from mdppower.sensitivity.under_transforms import default_transforms, sensitive_actions, sensitivity

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


@pytest.mark.slow
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


@pytest.mark.slow
def test_refusals():
    fork = mp.envs.fork(2)
    with pytest.raises(mp.ParameterError, match="up to 12 states, not 31: say which"):
        sensitivity(mp.envs.make("maze"), 0.9)
    with pytest.raises(mp.ParameterError, match="transforms is empty"):
        sensitivity(fork, 0.9, transforms=[])
    with pytest.raises(mp.ParameterError, match="is of another MDP"):
        sensitivity(fork, 0.9, transforms=[duplicate_state(mp.envs.fork(3), "t1")])
    with pytest.raises(
        mp.ParameterError, match=r"must be what mdppower\.sensitivity\.duplicate_state and others make, got 'unroll'"
    ):
        sensitivity(fork, 0.9, transforms=["unroll"])
    with pytest.raises(mp.LabelError, match="there is no state 't9'"):
        sensitive_actions(fork, "t9", 0.9)
    found = sensitivity(fork, 0.9, transforms=[duplicate_state(fork, "t1")], samples=64)
    with pytest.raises(mp.ParameterError, match="reading must be one of 'tied', 'independent', got 'loose'"):
        found.change(0, "loose")
    with pytest.raises(mp.ParameterError, match=r"transforms are numbered 0 … 0, or named, got 3"):
        found.power(3)
    many = mp.envs.gridworld("\n".join(["." * 40] * 20))
    large = sensitivity(many, 0.5, transforms=[duplicate_state(many, (0, 0))], samples=64, rng=0)
    with pytest.raises(mp.SizeError, match="319,600 pairs of states are too many"):
        large.flips()
    assert "flips not looked for" in repr(large)
    assert math.isfinite(large.change().mean.max())


# ---------------------------------------------------------------------- the grammar of results


@pytest.fixture(scope="module")
def hall():
    """A row of three cells, two of them marked; one is copied, and one step of history remembered."""
    mdp = mp.envs.gridworld("c.c")
    chosen = [duplicate_state(mdp, (0, 1)), unroll(mdp, 1)]
    return sensitivity(mdp, [0.1 + 0.2, 0.9], transforms=chosen, samples=256, rng=0)


@pytest.mark.parametrize("simultaneous", [True, False])
def test_of_table_and_arrays_agree(hall, simultaneous):
    """By state, mark, transform (its position, or its name), reading and γ."""
    table, data = (make(0.9, simultaneous=simultaneous) for make in (hall.table, hall.to_xarray))
    grid = hall.to_xarray(0.9, simultaneous=simultaneous, grid=True)
    assert data.change.dims == ("transform", "reading", "gamma", "state")
    assert dict(grid.change.sizes) == {"transform": 2, "reading": 2, "gamma": 2, "row": 1, "column": 3}
    names = [t.name for t in hall.transforms]
    for i, name in enumerate(table["transform"]):
        gamma, label = table["gamma"][i], table["state"][i]
        for reading, prefix in (("tied", "tied_"), ("independent", "")):
            one = hall.of(label, names.index(name), reading, gamma=0.3 if gamma < 0.5 else gamma)
            assert float(one.mean) == table[prefix + "change"][i]
            assert float(hall.of(label, name, reading, gamma=gamma).mean) == float(one.mean)
            where = {"transform": name, "reading": reading, "gamma": gamma}
            cell, place = data.sel(**where, state=str(label)), grid.sel(**where, row=label[0], column=label[1])
            for found in (cell, place):
                assert found.after.item() == table[reading][i]
                for column in ("change", "lower", "upper"):
                    assert found[column].item() == table[prefix + column][i]
                assert found.before.item() == table["before"][i]
            if not simultaneous:
                limits = [cell.lower.item(), cell.upper.item()]  # NumPy adds columns up in an order of its own
                assert [float(x) for x in one.interval(0.9)] == pytest.approx(limits, rel=1e-12, abs=1e-16)
        assert cell.verdict.item() == table["verdict"][i]
    assert hall.of("c").mean.shape == (2, 2)  # γ × cells
    assert table["verdict"] == hall.table(0.9)["verdict"]  # which always hold together
    assert ("all at once" in table.caption.split(";")[1], data.attrs["simultaneous"]) == (simultaneous, simultaneous)
    assert data.change.attrs == {"long_name": "POWER after less POWER before", "units": "reward"}
    for wrong in ({"transform": 2}, {"transform": "dance"}, {"reading": "loose"}, {"gamma": 0.5}):
        with pytest.raises(mp.ParameterError):
            hall.of((0, 0), **wrong)
    with pytest.raises(mp.LabelError):
        hall.of("nowhere")


def test_a_line_has_the_extremes_with_their_intervals(hall):
    """± is half of the interval that holds with all others of both readings."""
    one = sensitivity(hall.mdp, 0.9, transforms=hall.transforms, samples=256, rng=0)
    table = one.table()
    most = int(np.argmax(table["change"]))
    half = max(table["upper"][most] - table["change"][most], table["change"][most] - table["lower"][most])
    assert f" … +{table['change'][most]:.4f} ± {half:.2g}, " in repr(one)
    assert repr(one).endswith("(95 %, all at once))")
    assert str(one).startswith(repr(one))
    # What cannot move is 0 without an interval.
    still = sensitivity(hall.mdp, 0.9, transforms=[split_action(hall.mdp, (0, 0), "E")], samples=64, rng=0)
    assert "independent 0, 0 flips" in repr(still)


def test_an_interrupted_sensitivity_says_so(hall):
    cut = replace(hall, interrupted=True)
    assert "interrupted" not in f"{hall} {hall.to_xarray().attrs} {hall.of('c')}"
    for told in (repr(cut), cut.table().caption, cut._repr_html_(), repr(cut.change()), repr(cut.power())):
        assert "interrupted" in told
    assert cut.to_xarray().attrs["interrupted"] == 1


def test_changes_are_those_of_paired_estimates(hall):
    """After less before, by arithmetic of estimates that know their draws."""
    np.testing.assert_array_equal((hall.power(1, "tied") - hall.power()).mean, hall.change(1, "tied").mean)
    alone = mp.power(hall.mdp, hall.gammas, samples=256, rng=0)
    with pytest.raises(mp.ParameterError, match="same draws"):  # copies have rewards of their own: there are more
        hall.power() - alone
