"""The grammar of results, held by a walk over all of them (CONTRIBUTING.md)."""

from __future__ import annotations

import re
import tempfile
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

import mdppower as mp
from mdppower.results.result import Result
from mdppower.results.table import Table
from mdppower.sensitivity import difference, duplicate_state, sensitivity
from mdppower.theorems import proposition_5_4, verify

FORK = mp.envs.fork(3)
ROOM = mp.envs.gridworld("S..\n.#g")
A, B = (mp.Option.state(FORK, s, 0.9, kind="power") for s in ("t1", "root"))
TRAINING = mp.learning.train(FORK, 0.9, ["random", "noise"], episodes=30, runs=3, rng=0)
CHOICE = mp.learning.train(mp.envs.figure_1(), 0.9, "random", episodes=9, runs=2, rng=0)
COUNTS = {"checkpoint": [1, 2], "successes": [30, 39], "trials": [40, 40], "reference": ["a", "a"]}
EVERY = {"of", "table", "to_dataframe", "to_xarray", "plot", "save", "_repr_html_"}

RESULTS = {
    # What there is no sense in, and why, stands behind.
    "PowerEstimate": (lambda: mp.power(ROOM, [0.5, 0.9], samples=64, rng=0), EVERY),
    "Estimate": (lambda: mp.power(ROOM, [0.5, 0.9], samples=64, rng=0).difference((0, 0), (0, 1)), EVERY),
    "pairs": (lambda: mp.power(FORK, 0.9, samples=64, rng=0).actions(), EVERY),
    "C": (lambda: mp.complexity(B, samples=64, rng=0), EVERY),
    "ActionOptimality": (lambda: mp.action_optimality(ROOM, [0.5, 0.9], samples=64, rng=0), EVERY),
    "Comparison": (lambda: mp.compare(A, B, samples=64, rng=0), EVERY),
    "Assessment": (
        lambda: mp.learning.assess(
            {0: mp.agents.lookahead(1), 1: mp.agents.optimal()}, ROOM, [0.5, 0.9], samples=64, rng=0
        ),
        EVERY,
    ),
    "ModelDifference": (lambda: difference(mp.envs.fork(2), FORK, [0.5, 0.9], samples=64, rng=0), EVERY),
    "Sensitivity": (
        lambda: sensitivity(FORK, 0.9, transforms=[duplicate_state(FORK, "t1")], samples=64, rng=0), EVERY
    ),
    "Visits": (lambda: mp.visits(FORK, "root", 0.9), EVERY),
    "Recurrent": (lambda: mp.rsd(FORK, "root"), EVERY - {"plot"}),  # the picture is that of visits at γ = 1
    "OccupancyPolytope": (lambda: mp.OccupancyPolytope(FORK, "root", 0.9), EVERY),
    "Support": (
        lambda: mp.OccupancyPolytope(FORK, "root", 0.9).support([0.0, 1, 2, 3, 4, 5]), EVERY - {"plot"}  # N numbers
    ),
    "Solution": (lambda: mp.optimal_values(FORK, [[0.0, 1, 2, 3]], 0.9), EVERY - {"plot"}),  # as many as rewards
    "OptimalActions": (lambda: mp.optimal_values(FORK, [0.0, 1, 2, 2], 0.9).optimal_actions, EVERY - {"plot"}),
    # Verdicts and proofs, with numbers in words: arrays of them would say nothing.
    "Verification": (
        lambda: verify(FORK, [0.5], claims=["prop-5.4"], rng=0, samples=64, votes=16), EVERY - {"to_xarray", "plot"}
    ),
    "ClaimReport": (lambda: proposition_5_4(FORK), EVERY - {"of", "to_xarray"}),
    "Certified": (lambda: mp.certify(A, B), EVERY - {"to_xarray", "plot"}),
    "Training": (lambda: TRAINING, EVERY - {"plot"}),  # weights; their curves are drawn
    "LearningCurves": (lambda: TRAINING.curves(samples=32), EVERY),
    "Rivals": (
        lambda: TRAINING.curves(samples=32, against="random policy").rivals("random", "random policy"), EVERY
    ),
    "CoinFlips": (lambda: mp.learning.coin_flips(FORK, 0.9, arms="clip", iterations=2, runs=3, rng=0), EVERY),
    "Monitored": (lambda: mp.learning.monitor(COUNTS, width=1, sd=0.1), EVERY),
    "Seeking": (lambda: CHOICE.seeking("r_tri", samples=32), EVERY),
    "JointPower": (lambda: mp.multiagent.joint_power(ROOM, gamma=0.9, rho=0.5, samples=64, rng=0), EVERY),
    "JointCurve": (lambda: mp.multiagent.joint_curve(ROOM, gamma=0.9, rho=[0, 1], samples=64, rng=0), EVERY),
    "Alignment": (lambda: mp.multiagent.joint_power(ROOM, gamma=0.9, samples=64, rng=0).alignment(), EVERY),
    "Rollout": (lambda: mp.multiagent.roll_out(
        mp.multiagent.joint_power(ROOM, gamma=0.9, overlap="bump", samples=64, rng=0), steps=3, rng=0
    ), EVERY),
    "share": (lambda: TRAINING.curves(samples=32).share("random"), EVERY),
}  # fmt: skip


@pytest.fixture(scope="module")
def results():
    return {name: make() for name, (make, _) in RESULTS.items()}


@pytest.mark.parametrize("name", RESULTS)
def test_what_results_can_do(results, name):
    found, wanted = results[name], RESULTS[name][1]
    assert isinstance(found, Result)
    assert {method for method in EVERY if hasattr(found, method)} == wanted
    assert wanted - {"_repr_html_"} <= set(dir(found))


@pytest.mark.slow
@pytest.mark.parametrize("name", RESULTS)
def test_printed_forms(results, name):
    found = results[name]
    line, text, page = repr(found), str(found), found._repr_html_()
    assert "\n" not in line
    assert re.search(r"\d", line), "a number"
    assert text.startswith(line)
    assert "<table>" in page
    assert isinstance(found.table(), Table)
    assert found.table().n_rows > 0


@pytest.mark.slow
@pytest.mark.parametrize("name", [name for name, (_, can) in RESULTS.items() if "plot" in can])
def test_pictures(results, name, tmp_path):
    results[name].plot(tmp_path / "x.png")
    assert (tmp_path / "x.png").stat().st_size > 1000


@pytest.mark.parametrize("name", RESULTS)
def test_tables_are_files(results, name, tmp_path):
    found = results[name]
    found.table().save(tmp_path / "x.csv")
    assert (tmp_path / "x.csv").read_text() == found.table().csv() + "\n"
    assert list(found.to_dataframe()) == list(found.table())


WITH_LIMITS = [name for name, (_, can) in RESULTS.items() if name in {
    "PowerEstimate", "Estimate", "pairs", "C", "ActionOptimality", "Comparison", "ModelDifference", "Sensitivity",
    "JointPower", "JointCurve", "Alignment",
}]  # fmt: skip


@pytest.mark.parametrize("name", WITH_LIMITS)
def test_limits_say_how_sure_they_are(results, name):
    found = results[name]
    for confidence, words in ((0.95, "95 %"), (0.999, "99.9 %")):
        assert words in found.table(confidence).caption
        assert found.to_xarray(confidence).attrs["confidence"] == confidence
    assert re.search(r"95 %(, all at once)?\)", repr(found)), "± is that of all at once, and says so"


# ---------------------------------------------------------------------- one number, everywhere the same


@pytest.mark.slow
@settings(max_examples=12)
@given(
    st.integers(1, 4), st.sets(st.sampled_from([0.0, 0.1 + 0.2, 0.5, 0.9, 1.0]), min_size=1, max_size=3),
    st.integers(0, 10**6), st.booleans(),
)  # fmt: skip
def test_a_number_is_the_same_wherever_it_stands(ends, gammas, seed, exact):
    """`.of`, `.to_xarray`, `.table`, the printed forms and the file: the same number, to the last digit shown."""
    how = {"method": "exact"} if exact else {"samples": 64, "rng": seed}
    found = mp.power(mp.envs.fork(ends), sorted(gammas), **how)
    with tempfile.TemporaryDirectory() as folder:
        found.save(Path(folder, "x.nc"))
        again = mp.load(Path(folder, "x.nc"))
    assert again.mean.tobytes() == found.mean.tobytes()
    assert (repr(again), str(again)) == (repr(found), str(found))
    data, table = found.to_xarray(), found.table()
    for g, gamma in enumerate(found.gammas):
        for s, state in enumerate(found.mdp.states):
            part = found.of(state, gamma=round(gamma, 12))
            row = g * found.mdp.n_states + s
            assert table["state"][row] == state
            cell = data.sel(gamma=gamma, state=state)
            low, high = part.interval()
            for name, value in {"power": part.mean, "stderr": part.stderr, "lower": low, "upper": high}.items():
                assert table[name][row] == cell[name].item()
                # NumPy adds up one column in another order than several: the last of 16 digits may differ.
                assert float(value) == pytest.approx(cell[name].item(), rel=1e-12, abs=1e-15)
            if exact:
                assert repr(part) == f"Estimate({state!r}: {table['exact'][row]} at γ = {round(gamma, 12):g})"
            else:
                value, half = re.search(r": (\S+) ± (\S+) at", repr(part)).groups()
                digits = len(value.partition(".")[2])
                assert float(value) == round(float(part.mean), digits)
                assert float(half) == float(f"{max(high - part.mean, part.mean - low):.2g}")


def test_a_difference_is_a_minus_b():
    """States, estimates and models: where a is 3/4 and b is 2/3, 1/12."""
    two, three = mp.envs.fork(2), FORK
    of_models = difference(three, two, 0.9, method="exact").difference.exact[0]
    estimate = mp.power(three, 0.9, method="exact")
    assert str(of_models) == "1/12"
    assert str(estimate.difference("root", "t1").exact) == "1/4"
    assert str((estimate.of("root") - estimate.of("t1")).exact) == "1/4"
    # The post's sign is the other one: C(B) − C(A), in words.
    assert str(mp.compare(A, B, method="exact").gap.exact) == "1/4"
    assert mp.compare(A, B, method="exact").lead == "B leads by 1/4"
    assert mp.compare(B, A, method="exact").lead == "A leads by 1/4"
    assert mp.compare(A, A, method="exact").lead == "level"


@pytest.mark.slow
def test_interrupted_runs_say_so(results):
    for name in ("ActionOptimality", "Comparison", "ModelDifference", "Sensitivity"):
        assert "interrupted" not in repr(results[name])
        short = replace(results[name], interrupted=True)
        assert "interrupted" in repr(short)
        assert "interrupted" in short.table().caption
        assert short.to_xarray().attrs["interrupted"]
        assert "interrupted" in "".join(text.get_text() for text in short.plot().findobj(match=_has_text)), name


def _has_text(artist):
    return bool(getattr(artist, "get_text", lambda: "")())


def test_asarray():
    estimate = mp.power(FORK, [0.5, 0.9], samples=64, rng=0)
    assert np.asarray(estimate).tolist() == estimate.mean.tolist()
