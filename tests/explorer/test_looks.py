"""What a page is told is what the library says, number by number."""

import numpy as np
import pytest

import mdppower as mp
from mdppower.explorer.looks import look_of, paying
from mdppower.explorer.questions import read_question
from mdppower.sensitivity import difference

MAP = "a..#\n.#..\n...*"


def question(more=""):
    drawn = MAP.replace("\n", "\\n")
    return read_question(f'{{"v": 1, "world": {{"map": "{drawn}"}}{more}}}'.encode())


def close(found, wanted):
    """To nine digits."""
    np.testing.assert_allclose(np.array(found, float), wanted, rtol=1e-8, atol=0)


@pytest.fixture(scope="module")
def mdp():
    return mp.envs.gridworld(MAP)


def test_power_has_both_intervals_and_the_pair(mdp):
    estimate = mp.power(mdp, [0.5, 0.9], samples=1024, rng=0)
    look = look_of(estimate, question(', "pair": [[0, 0], [2, 3]]'))
    assert look["cells"] == [list(label) for label in mdp.states]
    close(look["mean"], estimate.mean)
    close(look["stderr"], estimate.stderr)
    alone, together = estimate.interval(), estimate.interval(simultaneous=True)
    close(look["half"], np.maximum(alone[1] - estimate.mean, estimate.mean - alone[0]))
    close(look["joint"], np.maximum(together[1] - estimate.mean, estimate.mean - together[0]))
    lead = estimate.difference((0, 0), (2, 3))
    close(look["pair"]["mean"], lead.mean)
    low, high = lead.interval()
    close(look["pair"]["half"], np.maximum(high - lead.mean, lead.mean - low))
    assert [look["cells"][k] for k in look["exits"]] == [[2, 3]]
    assert look["actions"] == {"N": [-1, 0], "E": [0, 1], "S": [1, 0], "W": [0, -1], "stay": [0, 0]}


def test_limits_that_are_uneven_are_sent_as_they_are(mdp):
    """Staying on a mark of 2 is best for all goals: no draw differs, and none can be above 2, but some below."""
    estimate = mp.power(mdp, [0.5, 0.9], {"default": "uniform", "a": 2}, samples=1024, rng=0)
    look = look_of(estimate, question())
    for name, simultaneous in (("half", False), ("joint", True)):
        lower, upper = estimate.interval(simultaneous=simultaneous)
        found = {(g, i): ends for g, i, *ends in look["uneven"][name]}
        assert {(0, 0), (1, 0)} <= found.keys() < set(np.ndindex(lower.shape))
        assert found[0, 0][0] < found[0, 0][1] == 2
        for place, ends in np.ndenumerate(lower):
            mean, half = estimate.mean[place], look[name][place[0]][place[1]]
            close(found.get(place, [mean - half, mean + half]), [ends, upper[place]])
    assert look["stderr"][0][0] == 0


def test_a_difference_is_the_world_less_the_pin(mdp):
    """A door that opens gives more; what is new, and what is gone, has no difference."""
    pinned = mp.envs.gridworld("a..#\n.##.\n...#\n...*")
    found = difference(mdp, pinned, [0.9], samples=1024, rng=0, sampler="iid")
    look = look_of(found, question())
    close(look["mean"], found.difference.mean)
    close(look["stderr"], found.difference.stderr)
    close(look["now"], found.power_A.mean)
    close(look["then"], found.power_B.mean)
    assert look["new"] == [[1, 2], [2, 3]]
    assert look["gone"] == [[3, 0], [3, 1], [3, 2], [3, 3]]
    told = {"more in A": "more", "more in B": "less", "same": "same", "open": "open"}
    assert look["verdict"] == [[told[name] for name in found.verdicts()[0]]]
    assert sum(look["counts"][0].values()) == len(look["cells"])
    assert look["arrow"] is None


def test_likely_actions_are_sorted_and_their_intervals_hold_together(mdp):
    found = mp.action_optimality(mdp, [0.9], samples=1024, rng=0)
    look = look_of(found, question())
    low, high = found.optimal.interval(simultaneous=True)
    for told, limit in zip(look["alone"], found.optimal.interval(), strict=True):  # as a table has them, by pairs
        close(told, limit)
    assert look["times"] == [array.tolist() for array in (found.strict_counts, found.tied_counts, found.open_counts)]
    for s, likely in enumerate(look["likely"][0]):
        pairs = range(int(mdp.pointer[s]), int(mdp.pointer[s + 1]))
        wanted = {mdp.pair_label(p)[1]: (found.optimal.mean[0, p], low[0, p], high[0, p]) for p in pairs}
        for one in likely:
            close([one["p"], one["low"], one["high"]], wanted.pop(one["action"]))
        assert not wanted
        shares = [one["p"] for one in likely]
        assert shares == sorted(shares, reverse=True)
        assert look["mean"][0][s] == shares[0]
        if look["sure"][0][s] and look["arrow"][0][s] not in ("", "="):
            apart = [one for one in likely if one["p"] != shares[0]]
            assert all(one["high"] < likely[0]["low"] for one in apart)
    assert look["arrow"][0][-1] == ""


def test_likely_actions_that_are_tied_have_no_arrow():
    """All rewards are 3: every action is optimal on every draw."""
    mdp = mp.envs.gridworld("..\n..")
    look = look_of(mp.action_optimality(mdp, [0.9], 3.0, samples=64, rng=0), question())
    assert look["arrow"] == [["="] * 4]


def test_a_preview_pays_with_wider_intervals_and_the_same_numbers(mdp):
    founds = (
        mp.power(mdp, [0.9], samples=256, rng=0),
        mp.action_optimality(mdp, [0.9], samples=256, rng=0),
        difference(mdp, mp.envs.gridworld("...\n..."), [0.9], samples=256, rng=0),
    )
    for found in founds:
        look, paid = look_of(found, question()), look_of(paying(found, 16), question())
        assert paid["mean"] == look["mean"]
        assert (np.array(paid["joint"]) >= np.array(look["joint"])).all()
        assert np.max(paid["half"]) > np.max(look["half"])


def test_without_a_variance_intervals_are_null():
    with pytest.warns(mp.errors.MDPPowerWarning, match="no variance"):
        estimate = mp.power(mp.envs.gridworld(".*"), [0.9], "t(2)", rng=0)
    look = look_of(estimate, question())
    assert look["half"] == look["joint"] == [[None, None]]
