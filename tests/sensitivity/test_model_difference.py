"""Two MDPs on the same draws: known differences, coverage, what cannot move."""

from __future__ import annotations

import re
from dataclasses import replace
from fractions import Fraction

import numpy as np
import pytest
from hypothesis import given, settings
from strategies import mdps

import mdppower as mp
from mdppower.sensitivity.model_difference import difference

# ---------------------------------------------------------------------- two MDPs


def test_a_third_end_is_worth_a_twelfth_more():
    """E max of three uniform rewards is 3/4, of two 2/3; the ends themselves cannot move."""
    two, three = mp.envs.fork(2), mp.envs.fork(3)
    found = difference(two, three, [0.0, 0.5, 1.0], method="exact")
    assert (found.difference.exact == [[Fraction(-1, 12), 0, 0]] * 3).all()
    assert (found.only_A, found.only_B, found.guarantee) == ((), ("t3",), "exact")
    assert found.verdicts().tolist() == [["more in B", "same", "same"]] * 3
    back = difference(three, two, 0.5, method="exact")
    assert back.difference.exact.tolist() == [Fraction(1, 12), 0, 0]
    assert (back.only_A, back.only_B) == (("t3",), ())
    # What a lead is measured by is greater than 0, whoever leads; who leads nowhere has 0.
    (state, by), (_, behind) = back.most_in_A(), back.most_in_B()
    assert (state, by.exact, behind.exact) == ("root", Fraction(1, 12), 0)
    (state, by), (_, behind) = found.most_in_B(0.5), found.most_in_A(0.5)
    assert (state, by.exact, behind.exact) == ("root", Fraction(1, 12), 0)


def test_a_minus_b_on_the_same_draws():
    """The estimate is that of the exact test; of a lead, its interval is that of the difference, mirrored for B."""
    found = difference(mp.envs.fork(2), mp.envs.fork(3), 0.9, rng=0)
    np.testing.assert_allclose(found.difference.mean, found.power_A.mean - found.power_B.mean, atol=1e-12)
    low, high = found.difference.interval(0.999)
    assert low[0] < -1 / 12 < high[0] < 0
    _, by = found.most_in_B()
    assert by.interval(0.999) == (-high[0], -low[0])


@pytest.mark.slow
def test_intervals_cover_and_tell():
    """100 runs of 256 draws: a 95 % interval misses 1/12 in more than 14 of them with probability 10⁻⁴."""
    missed, told = 0, 0
    for seed in range(100):
        found = difference(mp.envs.fork(3), mp.envs.fork(2), 0.9, samples=256, rng=seed)
        low, high = found.difference.interval(0.95)
        missed += not low[0] <= 1 / 12 <= high[0]
        told += found.verdicts()[0, 0] == "more in A"
    assert missed <= 14
    assert told == 100


def test_the_draws_are_the_same_for_both(doors):
    """Every draw of the open map is that of the shut one, and more: so is POWER, and its errors cancel."""
    shut, opened = doors
    found = difference(shut, opened, 0.5, samples=1024, rng=3)
    apart = np.hypot(found.power_A.stderr, found.power_B.stderr)
    assert (found.difference.stderr < 0.8 * apart).all()
    assert np.median(found.difference.stderr / apart) < 0.3
    # No state loses: what the shut map allows, the open one does, on each draw.
    assert (found.difference.data.means <= 1e-12).all()
    # B has all labels: its draws would be those of a run of its own, but for the order of the columns.
    again = difference(opened, shut, 0.5, samples=1024, rng=3)
    alone = mp.power(opened, 0.5, samples=1024, rng=3)
    where = [opened.index(x) for x in again.labels]
    np.testing.assert_array_equal(again.power_A.mean, alone.mean[where])


def test_an_mdp_does_not_differ_from_itself(doors):
    found = difference(doors[1], doors[1], [0.1, 0.9], samples=64, rng=0)
    assert (found.verdicts() == "same").all()
    assert (found.difference.mean == 0).all()
    low, high = found.difference.interval(simultaneous=True)
    assert (high - low < 1e-12).all()
    assert repr(found) == (
        "ModelDifference(9 common states, 0 only in A, 0 only in B, "
        "γ = 0.1: 9 cannot differ; γ = 0.9: 9 cannot differ)"
    )


@pytest.mark.slow
@settings(max_examples=25)
@given(mdps(max_states=5), mdps(max_states=5))
def test_what_cannot_reach_a_difference_does_not_move(one, two):
    """Two random MDPs share the labels 0, 1, …; where the pruned graphs agree, so does POWER, to certified error."""
    found = difference(one, two, [0.0, 0.6, 1.0], samples=64, rng=1)
    low, high = found.difference.interval(simultaneous=True)
    still = found.unaffected
    assert ((low <= 0) & (high >= 0))[:, still].all()
    assert (abs(found.difference.mean[:, still]) <= found.data.slack[:, None] * 2 + 1e-14).all()
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
    assert found.difference.exact[0] == Fraction(2, 3) - 5
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
    moved = mp.envs.gridworld("#######\n#ab#..#\n#.....#\n#######")
    found = difference(doors[1], moved, 0.9, {"b": 1, "default": 0}, method="exact")
    # A reward is of a cell: both cells that are marked b in one of the maps pay in both.
    assert set(np.flatnonzero(found.rewards.mean)) == {found.union.index((1, 2)), found.union.index((2, 5))}
    assert (found.difference.mean == 0).all()


def test_differences_need_something_in_common(doors):
    with pytest.raises(mp.ParameterError, match=r"no state in common: A has \(1, 1\), .* B has 'root', 't1', 't2'"):
        difference(doors[0], mp.envs.fork(2), 0.9)
    with pytest.raises(mp.ParameterError, match="B must be a RewardlessMDP, got 'maze'"):
        difference(doors[0], "maze", 0.9)
    found = difference(*doors, [0.5, 0.9], samples=64, rng=0)
    with pytest.raises(mp.ParameterError, match=r"say which gamma: one of 0\.5, 0\.9"):
        found.most_in_A()
    with pytest.raises(mp.ParameterError, match=r"gamma 0\.7 is not one of 0.5, 0.9"):
        found.at(0.7)
    with pytest.raises(mp.ParameterError, match=r"gamma 0\.7 is not one of 0.5, 0.9"):
        found.of((1, 1), gamma=0.7)
    with pytest.raises(mp.LabelError, match=r"only B has \(2, 3\): there is no difference"):
        found.of((2, 3))
    with pytest.raises(mp.LabelError, match="nowhere"):
        found.of("nowhere")


def test_a_difference_as_table_and_dataset(doors):
    found = difference(*doors[::-1], [0.5, 0.9], samples=256, rng=0, workers=2)
    same = difference(*doors[::-1], [0.5, 0.9], samples=256, rng=found.entropy)
    np.testing.assert_array_equal(found.data.means, same.data.means)  # whatever the workers
    table, data = found.table(), found.to_xarray()
    assert table["state"] == [label for label in doors[1].states if label not in found.only_A] * 2
    np.testing.assert_array_equal(data.difference.values.ravel(), table["difference"])
    np.testing.assert_allclose(np.subtract(table["power_A"], table["power_B"]), table["difference"], atol=1e-12)
    assert data.verdict.sel(gamma=0.9, state="(2, 2)").item() == "more in A"
    label, most = found.most_in_A(0.9)
    assert label == (2, 2) or label == (2, 4)
    assert float(most.mean) == data.difference.sel(gamma=0.9).max().item()
    # Simultaneous limits are wider than single ones.
    low, _ = found.difference.interval()
    assert (np.array(table["lower"]).reshape(low.shape) < low).all()


@pytest.mark.filterwarnings("default::mdppower.errors.MDPPowerWarning")
def test_without_a_variance_nothing_is_told():
    with pytest.warns(mp.MDPPowerWarning, match="no variance"):
        found = difference(mp.envs.fork(2), mp.envs.fork(3), 0.9, "t(2)", samples=64, rng=0)
    assert found.verdicts().tolist() == [["open", "same", "same"]]


# ---------------------------------------------------------------------- the grammar of results


@pytest.fixture(scope="module")
def rooms():
    """A room with two cells marked c and one that only A has; γ as a sum and as written."""
    a, b = (mp.envs.gridworld(text) for text in ("c.c.", "c.c"))
    return difference(a, b, [0.1 + 0.2, 0.9], samples=256, rng=0)


@pytest.mark.parametrize("simultaneous", [True, False])
def test_of_table_and_arrays_agree(rooms, simultaneous):
    """By state, mark and γ; rows × columns have the states' places."""
    table, data = (make(0.9, simultaneous=simultaneous) for make in (rooms.table, rooms.to_xarray))
    grid = rooms.to_xarray(0.9, simultaneous=simultaneous, grid=True)
    assert dict(grid.difference.sizes) == {"gamma": 2, "row": 1, "column": 3}
    for i, (gamma, label) in enumerate(zip(table["gamma"], table["state"], strict=True)):
        one = rooms.of(label, gamma=0.3 if gamma < 0.5 else gamma)
        assert float(one.mean) == table["difference"][i] == data.difference.values.ravel()[i]
        row, column = label
        for name in ("power_A", "power_B", "difference", "stderr", "lower", "upper", "verdict"):
            assert grid[name].sel(gamma=gamma, row=row, column=column).item() == table[name][i]
            assert data[name].sel(gamma=gamma, state=str(label)).item() == table[name][i]
        if not simultaneous:
            limits = [table["lower"][i], table["upper"][i]]  # NumPy adds columns up in an order of its own
            assert [float(x) for x in one.interval(0.9)] == pytest.approx(limits, rel=1e-12)
    assert rooms.of("c").mean.shape == (2, 2)  # γ × cells
    np.testing.assert_array_equal(rooms.of("c", gamma=0.9).mean, rooms.difference.mean[1, [0, 2]])
    assert ("all at once" in table.caption.split(";")[1], data.attrs["simultaneous"]) == (simultaneous, simultaneous)
    assert "difference: POWER in A − POWER in B" in table.caption
    assert table["verdict"] == rooms.table(0.9)["verdict"]  # which always hold together
    assert data.difference.attrs["units"] == "reward"


def test_parts_of_one_run_are_paired(rooms):
    """A − B of the two estimates is the difference: they know that they have the same draws, and others that not."""
    np.testing.assert_array_equal((rooms.power_A - rooms.power_B).mean, rooms.difference.mean)
    other = difference(rooms.A, rooms.B, rooms.gammas, samples=256, rng=1)
    with pytest.raises(mp.ParameterError, match="one has rng=0, the other rng=1"):
        rooms.power_A - other.power_B


def test_a_line_has_numbers_and_intervals(rooms):
    """± is half of the interval that holds with all others; a fraction has none."""
    line = repr(rooms.at(0.9))
    state, by = rooms.most_in_A(0.9)
    low, high = by.data.bounds(0.95)
    told = re.search(r"most \(0, 2\), by ([\d.]+) ± ([\d.]+) \(95 %, all at once\)", line)
    assert told, line
    lower, upper = (x[0].tolist() for x in rooms.at(0.9).difference.data.bounds(0.95, simultaneous=True))
    at = rooms.labels.index(state)
    assert float(told[1]) == pytest.approx(float(by.mean), abs=5e-5)
    assert float(told[2]) == pytest.approx((upper[at] - lower[at]) / 2, rel=0.05)
    assert (upper[at] - lower[at]) > (high - low).item()
    assert "\n" not in line
    exact = difference(mp.envs.fork(2), mp.envs.fork(3), [0.1, 0.2, 0.3, 0.5, 0.9], method="exact")
    assert repr(exact).count("'root' has 1/12 more in B, 2 cannot differ") == 4
    assert repr(exact).endswith("; …)")
    assert exact.table()["exact"] == ["-1/12", "0", "0"] * 5
    assert str(exact).startswith(repr(exact))
    assert "… 15 rows in all" in str(exact)


def test_an_interrupted_difference_says_so(rooms):
    """In its line, its table, its arrays, and what is made of it."""
    cut = replace(rooms, interrupted=True)
    assert "interrupted" not in f"{rooms} {rooms.to_xarray().attrs} {rooms.of('c')}"
    for told in (repr(cut), cut.table().caption, cut._repr_html_(), repr(cut.difference), repr(cut.of((0, 0)))):
        assert "interrupted" in told
    assert cut.to_xarray().attrs["interrupted"] == 1


def test_equal_power_is_not_said_to_be_unable_to_differ():
    """x leads to y in A, to z in B: another state with a uniform reward. POWER is 1/2 in both; draws differ."""
    A, B = (
        mp.RewardlessMDP.from_pairs([0, 1, 2], [row, [0, 1, 0], [0, 0, 1]], states=list("xyz"))
        for row in ([0, 1, 0], [0, 0, 1])
    )
    exact = difference(A, B, 0.9, method="exact")
    assert exact.verdicts().tolist() == [["same"] * 3]
    assert repr(exact).endswith("γ = 0.9: 2 cannot differ, 1 equal)")
    assert exact.table().caption.endswith("or POWER is equal all the same")
    drawn = difference(A, B, 0.9, samples=64, rng=0)  # control: draws cannot tell
    assert repr(drawn).endswith("γ = 0.9: 2 cannot differ, 1 open)")
    assert drawn.table().caption.endswith("same: nothing that can be reached differs")
