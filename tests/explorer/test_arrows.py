"""Arrows, and where there is none to draw."""

import pytest

import mdppower as mp
from mdppower.explorer.arrows import arrows
from mdppower.measures.power_seeking import most_power_seeking


def world(text, **options):
    return mp.envs.gridworld(text, **options)


def test_arrows_name_what_is_found():
    """`most_power_seeking`, which compares, in names of actions."""
    mdp = world("a..#\n.#..\n...*")
    estimate = mp.power(mdp, [0.5, 0.9], samples=256, rng=0)
    names, sure = arrows(estimate)
    found = most_power_seeking(estimate)
    assert sure == (found.sure | found.equal).tolist()
    for g in range(2):
        for s, name in enumerate(names[g]):
            assert (name in ("=", "")) == (not found.told[g, s])
            if name not in ("=", "", "stay"):
                assert name == mdp.pair_label(int(found.pairs[g, s]))[1]
    assert {*names[0]} > {"=", ""}


@pytest.mark.parametrize("slip", [0.0, 0.1])
def test_at_rate_one_all_cells_of_a_connected_map_are_equal(slip):
    """Every draw has one optimal average reward, wherever it starts: nothing is left to point at.

    At γ = 0.9 the same map has arrows: the control.
    """
    mdp = world("....\n.#..\n....", slip=slip)
    names, sure = arrows(mp.power(mdp, [0.9, 1], samples=1024, rng=0))
    assert set(names[1]) == {"="}
    assert all(sure[1])
    assert set(names[0]) != {"="}


def test_at_rate_one_an_exit_has_less_power_than_the_way_back():
    """Whoever has not left has the best of three cells, 3/4 = E max of 3 uniforms, and the exit has 1/2.

    In (0, 0) nothing that can be done at once gives a choice up. In (0, 1) going east does; going west and staying
    are equal, so that it is not sure which of them the arrow should be.
    """
    names, sure = arrows(mp.power(world("..*"), 1, rng=0))
    assert names[0][0] == "="
    assert names[0][1] in ("W", "stay")
    assert names[0][2] == ""
    assert sure == [[True, False, True]]


def test_equal_by_symmetry_is_equal_within_error_but_not_sure():
    """On a torus of floor all cells have equal POWER in the mean, and none on any one draw."""
    names, sure = arrows(mp.power(world("....\n....\n....\n....", wrap=True), 0.9, rng=0))
    assert set(names[0]) == {"="}
    assert not any(sure[0])


@pytest.mark.slow
def test_false_arrows_on_a_torus_are_rare():
    """At most 5 % of runs may have one anywhere: of 60 runs more than 9 with probability 1e-3 (binomial)."""
    mdp = world("...\n...\n...", wrap=True)
    told = [set(arrows(mp.power(mdp, 0.9, samples=256, rng=k))[0][0]) for k in range(60)]
    assert sum(names != {"="} for names in told) <= 9


def test_a_blocked_step_is_told_as_staying():
    """POWER(s, 0) is the greatest reward within a step: of 1, 2, 3 in a corridor 2, 3, 3.

    In the middle N, S and stay do the same, as well as going east; at the east end all lead to 3.
    """
    estimate = mp.power(world("..."), 0.0, {(0, 0): 1, (0, 1): 2, (0, 2): 3}, rng=0)
    assert arrows(estimate) == ([["E", "stay", "="]], [[True, False, False]])


def test_one_action_has_no_arrow_and_equivalent_ones_are_equal_for_sure():
    assert arrows(mp.power(world("*"), 0.9, rng=0)) == ([[""]], [[True]])
    assert arrows(mp.power(world("."), 0.9, rng=0)) == ([["="]], [[True]])


def test_without_a_variance_nothing_is_told():
    with pytest.warns(mp.errors.MDPPowerWarning, match="no variance"):
        estimate = mp.power(world(".*"), 0.9, "t(2)", rng=0)
    assert arrows(estimate) == ([["=", ""]], [[False, True]])
