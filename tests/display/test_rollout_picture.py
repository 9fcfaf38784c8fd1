"""Walks as pictures: where both are, on the maps of their POWER there."""

from __future__ import annotations

import numpy as np
import pytest
from PIL import Image

import mdppower as mp
from mdppower.errors import ParameterError
from mdppower.multiagent import joint_power, roll_out

ROOM = mp.envs.gridworld("...\n.#.", blocked="remove")
RUN = joint_power(ROOM, gamma=0.6, overlap="bump", samples=64, rng=0)
WALK = roll_out(RUN, 2, ((0, 0), (1, 2)), steps=3, rng=0)


def test_both_on_the_maps_of_where_the_other_is():
    left, right = WALK.plot().axes[:2]
    h, a = WALK.states[-1]
    shown = left.images[-2].get_array()  # the last is the cell where they would collide
    for cell in ROOM.states:
        if cell != a:
            assert shown[cell] == RUN.human.of((cell, a)).mean
    assert right.images[-2].get_array()[a] == RUN.ai.of((h, a)).mean
    assert left.get_title() == f"POWER of H, A being where it is\nH did {WALK.does('human')[-1]}"
    ends = [line.get_xydata()[-1] for line in left.get_lines() if line.get_marker() in ("o", "s")]
    assert [tuple(np.round(end[::-1]).astype(int)) for end in ends] == [h, a]
    ways = [line.get_xydata() for line in left.get_lines() if line.get_marker() not in ("o", "s")]
    assert [len(way) for way in ways] == [4, 4]


@pytest.mark.slow
def test_a_frame_a_step(tmp_path):
    path = tmp_path / "walk.gif"
    roll_out(RUN, 2, ((0, 0), (1, 2)), steps=1, rng=0).plot(path, dpi=40)
    with Image.open(path) as file:
        assert file.n_frames == 2
        first = np.asarray(file.convert("RGB")).copy()
        file.seek(1)
        assert (np.asarray(file.convert("RGB")) != first).any()
        assert file.info["duration"] == 2100


def test_what_is_refused(tmp_path):
    from matplotlib.figure import Figure

    with pytest.raises(ParameterError, match=r"a \.gif has figures of its own"):
        WALK.plot(tmp_path / "x.gif", ax=Figure().subplots(1, 2))
    with pytest.raises(ParameterError, match=r"saved as \.png, \.svg, \.pdf or \.gif"):
        WALK.plot(tmp_path / "x.mp4")
    fork = joint_power(mp.envs.fork(2), gamma=0.5, samples=64, rng=0)
    with pytest.raises(ParameterError, match="two agents that move on one grid"):
        roll_out(fork, rng=0).plot()


def test_the_end_is_drawn():
    pair = mp.envs.gridworld("..", blocked="remove")
    run = joint_power(pair, gamma=0.6, rewards="uniform(-1,0)", overlap="remove-leak", samples=64, rng=0)
    walk = next(
        w for w in (roll_out(run, i, run.joint.states[0], rng=0) for i in range(64)) if w.states[-1] == "lost"
    )
    figure = walk.plot()
    assert "they collide, the end" in figure.get_suptitle()
    assert "it is not said what A did" in figure.axes[1].get_title()
