"""A run of coin flips has the same bits, whoever makes it, beside whichever others."""

from __future__ import annotations

import pickle

import pytest
from coins import ARMS, course, small

import mdppower as mp
from mdppower.learning.coins import run as running
from mdppower.learning.coins.run import CoinTask


@pytest.fixture(scope="module")
def few():
    """Three arms, one of which cannot be clipped, in three runs."""
    return small(arms=ARMS)


def same(a, b):
    parts = ("powers", "entropies", "clipped", "floors", "ceilings", "worsts", "errors", "confidences", "weights")
    return all((getattr(a, name) == getattr(b, name)).all() for name in parts)


def test_bits_depend_on_no_worker_no_other_arm_and_no_checkpoint(few):
    assert same(few, small(arms=ARMS, workers=2))
    assert same(few.of("true", "clip"), small(arms=["true", "clip"]))
    other = small(arms=ARMS, checkpoints=[1])
    assert other.iterations == (0, 1, 4)
    assert (other.weights == few.weights).all()
    assert (other.powers[:, :, 1] == few.powers[:, :, 1]).all()
    assert not (small(arms=ARMS, rng=1).weights == few.weights).all()


def test_a_task_goes_to_other_processes(few):
    task = CoinTask(course(start=0, entropy=few.entropy), few.arms, few.setting)
    here, there = task(range(1, 2)), pickle.loads(pickle.dumps(task))(range(1, 2))
    assert all((a == b).all() for a, b in zip(here, there, strict=True))
    assert (here[-1][0] == few.weights[1]).all()


def test_blocks_are_a_matter_of_room(few, monkeypatch):
    how = {"arms": ARMS, "checkpoints": 2}
    together = small(**how)
    monkeypatch.setattr(running, "BLOCK", 1)
    assert same(together, small(**how))


def test_more_iterations_go_on_from_the_same_ones(few):
    longer = small(arms=ARMS, iterations=6, checkpoints=[1, 2, 3, 4])
    assert (longer.powers[:, :, :5] == few.powers).all()


def test_a_store_goes_on_with_more_runs(tmp_path, few, monkeypatch):
    store = tmp_path / "coins.sqlite"
    how = {"arms": ARMS, "store": store}
    assert same(few, small(**how))
    made = []
    whole = CoinTask.__call__
    monkeypatch.setattr(CoinTask, "__call__", lambda self, numbers: made.extend(numbers) or whole(self, numbers))
    more = small(**how | {"runs": 5, "rng": None})
    assert made == [3, 4]
    assert (more.weights[:3] == few.weights).all()
    small(**how | {"epochs": 1})
    assert made[2:] == [0, 1, 2], "another setting is another run"


@pytest.mark.slow
def test_a_file_has_the_same_bits(tmp_path, few):
    few.save(tmp_path / "coins.nc")
    back = mp.load(tmp_path / "coins.nc")
    assert same(few, back)
    assert repr(back) == repr(few)
    assert back.arms == few.arms
    assert back.setting == few.setting
    few.save(tmp_path / "coins.csv")
    assert (tmp_path / "coins.csv").read_text() == few.table().csv() + "\n"


def test_ctrl_c_gives_the_runs_that_are_finished(monkeypatch):
    whole = CoinTask.__call__

    def until_two(self, numbers):
        if numbers.start >= 2:
            raise KeyboardInterrupt
        return whole(self, numbers)

    monkeypatch.setattr(CoinTask, "__call__", until_two)
    monkeypatch.setattr(
        "mdppower.montecarlo.engines.chunked", lambda numbers, width: [range(n, n + 1) for n in numbers]
    )
    with pytest.warns(mp.MDPPowerWarning, match="interrupted"):
        found = small(arms=["clip", "true"])
    assert found.runs == 2
    assert found.interrupted
    assert "interrupted" in repr(found)
    assert "interrupted" in found.verdicts().caption
