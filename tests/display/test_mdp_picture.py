"""Pictures of an MDP before anything is computed: maps and graphs."""

from __future__ import annotations

import pytest

import mdppower as mp


@pytest.mark.slow
def test_pictures_of_maps_before_anything_is_computed():
    panel = mp.envs.make("cliff").plot().axes[0]
    floor, absorbing = (image.get_array().mask for image in panel.images)
    assert floor.shape == (4, 12)
    assert not absorbing[3, 1:].any()  # pits and the exit
    assert absorbing[:3].all()
    assert (floor != absorbing).all()
    assert [t.get_text() for t in panel.texts].count("~") == 10
    assert panel.figure.get_supxlabel() == "framed: absorbing (* exit, ~ pit)"
    floor, *_ = mp.envs.make("maze").plot().axes[0].images
    assert floor.get_array().mask.sum() == 49 - 31
    mp.envs.make("open(300,300)").plot().canvas.draw()


@pytest.mark.slow
def test_pictures_of_graphs():
    bet = mp.RewardlessMDP.from_successors(
        {"bet": {"safe": "won", "risky": {"won": 0.4, "lost": 0.6}}, "won": {"stay": "won"}, "lost": {"stay": "lost"}}
    )
    figure = bet.plot(title="mine")
    texts = [t.get_text() for t in figure.axes[0].texts]
    assert {"bet", "won", "lost", "1, 0.4", "0.6"} == set(texts)
    assert figure.get_suptitle() == "mine"
    eleven = [t.get_text() for t in mp.envs.figure_11().plot().axes[0].texts]
    assert eleven.count("×3") == 4
    assert eleven.count("×4") == 1
    for name in ("turner-figure-1", "turner-figure-9", "cycle(1)", "fork(1)", "cycle(60)"):
        mp.envs.make(name).plot().canvas.draw()
    with pytest.raises(mp.ParameterError, match="up to 60 states, not 61"):
        mp.envs.cycle(61).plot()


@pytest.mark.slow
def test_pictures_of_mdps_as_files(tmp_path):
    mp.envs.make("maze").plot(tmp_path / "a.svg")
    mp.envs.make("maze").plot(tmp_path / "b.svg")
    assert (tmp_path / "a.svg").read_bytes() == (tmp_path / "b.svg").read_bytes()
    with pytest.raises(mp.ParameterError, match=r"got 'a\.gif'"):
        mp.envs.make("maze").plot("a.gif")
