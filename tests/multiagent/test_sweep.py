"""Two agents for several ρ: the same draws, and what is none."""

from __future__ import annotations

import numpy as np
import pytest

import mdppower as mp
from mdppower.errors import ParameterError
from mdppower.multiagent import JointMDP, joint_curve, joint_power

ROOM = mp.envs.gridworld("..\n..", blocked="remove")


@pytest.mark.slow
def test_each_run_is_the_run_of_its_own():
    """A curve is its runs, in their bits; and a generator gives all of them the same draws."""
    curve = joint_curve(ROOM, gamma=(0.3, 0.6), rho=[-0.5, 1], overlap=["bump", "remove"], samples=64, rng=3)
    assert [(run.joint.overlap, run.rho) for run in curve.runs] == [
        ("bump", -0.5), ("bump", 1.0), ("remove", -0.5), ("remove", 1.0)
    ]  # fmt: skip
    for run in curve.runs:
        alone = joint_power(
            ROOM, gamma=(0.3, 0.6), rho=run.rho, overlap=run.joint.overlap, samples=64, rng=3
        )  # fmt: skip
        assert (alone.data.means == run.data.means).all()
    assert (curve.runs[0].human_baseline.mean == curve.runs[1].human_baseline.mean).all()  # which knows no ρ
    some = joint_curve(ROOM, gamma=0.5, rho=[0, 1], samples=64, rng=np.random.default_rng(0))
    assert len({run.task.source.entropy for run in some.runs}) == 1
    assert len(joint_curve(JointMDP.from_worlds(ROOM), gamma=0.5, rho=0.2, samples=64).runs) == 1


def test_what_is_refused():
    for options, told in (
        ({"rho": []}, "rho must be one number, or several"), ({"rho": "0,1"}, "got '0,1'"),
        ({"rho": [0, 2]}, r"rho must be a number in \[-1, 1\], got 2"), ({"rho": [True]}, "got True"),
        ({"rho": [0.5, 0, 0.5]}, "rho has a number twice: 0.5, 0, 0.5"),
        ({"overlap": []}, "overlap must be one rule, or several"), ({"overlap": ["bump", "bump"]}, "different ones"),
        ({"overlap": 5}, "one rule, or several"), ({"overlap": [None, "allow"]}, "one rule, or several"),
        ({"overlap": ["push"]}, "overlap must be .*push"),
    ):  # fmt: skip
        with pytest.raises(ParameterError, match=told):
            joint_curve(ROOM, gamma=0.5, samples=64, **options)
    with pytest.raises(ParameterError, match="a JointMDP has its rule; for several give the worlds"):
        joint_curve(JointMDP.from_worlds(ROOM), gamma=0.5, overlap=["allow", "bump"])


def test_interrupted_it_has_the_runs_that_there_are(monkeypatch):
    from dataclasses import replace

    from mdppower.multiagent import sweep

    def short(*arguments, rho, **options):
        return replace(joint_power(*arguments, rho=rho, **options), interrupted=rho > 0)

    monkeypatch.setattr(sweep, "joint_power", short)
    curve = joint_curve(ROOM, gamma=0.5, rho=[0, 0.5, 1], samples=64, rng=0)
    assert [run.rho for run in curve.runs] == [0, 0.5]
    assert curve.interrupted
    assert "interrupted" in repr(curve)
    assert "interrupted" in curve.table().caption


@pytest.mark.slow
def test_a_store_goes_on(tmp_path):
    told = {"gamma": 0.5, "rho": [0, 1], "samples": 64, "rng": 0, "store": tmp_path / "runs.sqlite"}
    one, two = joint_curve(ROOM, **told), joint_curve(ROOM, **told)
    assert all((a.data.means == b.data.means).all() for a, b in zip(one.runs, two.runs, strict=True))
