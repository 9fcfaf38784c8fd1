"""`mdppower curve` and `mdppower bound`: what they print, the picture that they write, and clear refusals."""

from __future__ import annotations

import json

import numpy as np
import pytest
from scipy import stats

import mdppower as mp
from mdppower.bounds.counted_gap import gap_from_count
from mdppower.bounds.gap_bounds import power_gap
from mdppower.bounds.simplex_proxies import proxy_of_range, universal_proxy
from mdppower.cli.main import _run
from mdppower.display.curve_picture import plot_curve
from mdppower.rewards.distribution import resolve


def test_bound_is_the_band_at_the_limits_of_the_count(capsys):
    # 380 of 400: Clopper–Pearson by scipy; the upper edge of the gap is that of the lower limit.
    assert _run(["bound", "--success-rate", "0.95", "--n", "400", "--nu", "2", "--format", "json"]) == 0
    rows = json.loads(capsys.readouterr().out)
    limits = stats.binomtest(380, 400).proportion_ci(0.95, method="exact")
    assert rows[1]["upper"] == pytest.approx(float(power_gap(limits.low, 2.0).upper))
    assert rows[1]["lower"] == pytest.approx(float(power_gap(limits.high, 2.0).lower))
    assert rows[0]["upper"] == pytest.approx(2 * np.sqrt(2 * np.log(1 / limits.low)))  # the post's edge
    assert rows[0]["upper"] > rows[1]["upper"]


def test_bound_states_its_assumptions(capsys):
    assert _run(["bound", "--success-rate", "1", "--n", "20", "--nu", "1"]) == 0
    told = capsys.readouterr().out
    assert "in 20 of 20 trials, so that p(A ≥ B) is between 0.8316 and 1.0000 (95 %)." in told
    assert "assumed: ν is 1, as given; independent trials, each with" in told
    assert "proven" not in told  # by whom?


def test_bound_answers_with_a_sentence_from_a_range(capsys):
    assert _run(["bound", "--successes", "391", "--n", "400", "--ties", "3", "--range", "0,1"]) == 0
    told = capsys.readouterr().out.splitlines()
    nu, drop, cap = proxy_of_range(0, 1)
    found = gap_from_count(successes=391, n=400, ties=3, nu=nu, drop=drop, cap=cap)
    assert told[:3] == found.verdict.splitlines()
    assert "ν = 1 from the range [0, 1] alone (Hoeffding): proven for h_A − h_B, not estimated" in told
    assert told[-1].startswith("assumed: all that can be earned lies in [0,1]; independent trials")
    # What the user knows is better than what the range says, but it is the user's.
    assert _run(["bound", "--successes", "391", "--n", "400", "--range", "0,1", "--cap", "0.5", "--drop", "0.9"]) == 0
    assert "the greatest |h_A − h_B| is 0.9, as given; the greatest |C(B) − C(A)| is 0.5" in capsys.readouterr().out
    assert (
        _run(["bound", "--successes", "391", "--n", "400", "--range", "0,1", "--cap", "0.5", "--format", "csv"]) == 0
    )
    head, _, row = (line.split(",") for line in capsys.readouterr().out.splitlines())
    assert dict(zip(head, row, strict=True))["lower"] == "-0.5"


def test_bound_gives_ties_as_data_too(capsys):
    given = ["bound", "--successes", "391", "--n", "400", "--range", "0,1", "--format", "json"]
    assert _run([*given, "--ties", "3"]) == 0
    row = json.loads(capsys.readouterr().out)[1]
    limits = stats.binomtest(388, 400).proportion_ci(0.95, method="exact")
    assert (row["ties"], row["greater_lower"], row["greater_upper"]) == pytest.approx((3, limits.low, limits.high))
    assert _run(given) == 0
    assert "ties" not in json.loads(capsys.readouterr().out)[1]


def test_bound_certifies_for_an_environment(capsys):
    given = ["bound", "--successes", "391", "--n", "400", "--format", "json", "--env", "turner-figure-10"]
    # All pairs: the constants of uniform rewards; as in Python.
    mdp = mp.envs.figure_10()
    assert _run(given) == 0
    rows = json.loads(capsys.readouterr().out)
    nu, drop, cap = universal_proxy(resolve("uniform", mdp))
    assert rows[1] | {"lower": 0, "upper": 0} == rows[1] | {"nu": nu, "lower": 0, "upper": 0}
    assert rows[1]["upper"] == gap_from_count(successes=391, n=400, nu=nu, drop=drop, cap=cap).upper
    # Two options: what `certify` proves of them.
    assert _run([*given, "--a", "s3", "--b", "s2", "--gamma", "0.5", "--reward", "s2=0.5"]) == 0
    out, err = capsys.readouterr()
    assert "rewards: 0.5 at s2; uniform elsewhere" in err
    A, B = (mp.Option.state(mdp, s, 0.5) for s in ("s3", "s2"))
    proved = mp.certify(A, B, {"s2": 0.5, "default": "uniform"})
    assert json.loads(out)[0]["nu"] == np.sqrt(proved.nu2)
    found = gap_from_count(
        successes=391, n=400, nu=np.sqrt(proved.nu2), drop=proved.drop, rise=proved.delta_max, cap=0.5,
        variance=proved.variance.value,
    )  # fmt: skip
    assert [json.loads(out)[1][edge] for edge in ("lower", "upper")] == pytest.approx([found.lower, found.upper])
    # The second route: the exact gap of these two lies far inside.
    assert found.lower < float(mp.compare(A, B, {"s2": 0.5, "default": "uniform"}).gap.mean) < found.upper


@pytest.mark.parametrize(
    ("args", "message"),
    [
        (["--success-rate", "0.955", "--n", "10", "--nu", "1"], "is 9.55 successes, no whole number"),
        (["--success-rate", "1.2", "--n", "10", "--nu", "1"], "success rate must be in [0, 1], got 1.2"),
        (["--success-rate", "0.5", "--n", "10", "--nu", "0"], "nu must be positive and finite, got 0"),
        (["--success-rate", "0.5", "--n", "0", "--nu", "1"], "n must be a positive integer, got 0"),
        (["--successes", "2", "--ties", "3", "--n", "9", "--nu", "1"], "3 ties are more than 2 successes"),
        (["--n", "9", "--nu", "1"], "give one of --successes and --success-rate"),
        (["--successes", "2", "--success-rate", "1", "--n", "9", "--nu", "1"], "give one of --successes and"),
        (["--successes", "2", "--n", "9"], "give one of --nu (certified), --range LOW,HIGH"),
        (["--successes", "2", "--n", "9", "--nu", "1", "--env", "maze"], "give one of --nu (certified), --range"),
        (["--successes", "2", "--n", "9", "--range", "1"], "--range must be two numbers such as 0,1; got '1'"),
        (["--successes", "2", "--n", "9", "--range", "1,0"], "low < high; got 1.0 and 0.0"),
        (["--successes", "2", "--n", "9", "--range", "0,1", "--gamma", "1"], "--gamma goes with --env"),
        (["--successes", "2", "--n", "9", "--nu", "1", "--slip", "0.1"], "--slip goes with --env"),
        (["--successes", "2", "--n", "9", "--nu", "1", "--reward", "a=2"], "--reward goes with --env"),
        (["--successes", "2", "--n", "9", "--env", "maze", "--gamma", "1"], "--gamma goes with --a and --b"),
        (["--successes", "2", "--n", "9", "--env", "maze", "--a", "0,3"], "--a and --b go together"),
        (["--successes", "2", "--n", "9", "--env", "maze", "--rewards", "expon"], "no ν is known for all pairs"),
        (
            ["--successes", "2", "--n", "9", "--env", "fork(2)", "--a", "t1", "--b", "t2", "--rewards", "expon"],
            "no ν can be certified for 't1' and 't2' under expon rewards: Δ is not bounded",
        ),
        (
            ["--successes", "2", "--n", "9", "--env", "fork(2)", "--a", "t1", "--b", "t1"],
            "'t1' and 't1' differ by the same under all rewards",
        ),
    ],
)
def test_bound_refuses(capsys, args, message):
    assert _run(["bound", *args]) == 2
    assert message in capsys.readouterr().err


@pytest.mark.slow
def test_curve_lays_pairs_over_the_band(tmp_path, capsys):
    out = tmp_path / "curve.png"
    code = _run(
        ["curve", "--env", "turner-figure-10", "--gamma", "0.5", "--samples", "256", "--rng", "0", "--out", str(out)]
    )
    assert code == 0
    assert out.stat().st_size > 10_000
    told = capsys.readouterr().out
    assert "ν = 0.450158, certified for all sets in the simplex" in told
    assert "pairs of states at γ = 0.5: 12 pairs" in told


def test_curve_refuses(tmp_path, capsys):
    out = str(tmp_path / "x.png")
    assert _run(["curve", "--out", out]) == 2
    assert "give --nu, or --env" in capsys.readouterr().err
    assert _run(["curve", "--env", "maze", "--rewards", "expon", "--out", out]) == 2
    assert "no ν is known for all pairs under expon" in capsys.readouterr().err
    assert _run(["curve", "--env", "open(9,9)", "--out", out]) == 2
    assert "up to 60 states, not 81" in capsys.readouterr().err
    assert _run(["curve", "--nu", "1", "--out", "x.gif"]) == 2
    assert _run(["curve", "--nu", "1", "--reward", "a=2", "--out", out]) == 2
    assert "--reward names a state: add --env" in capsys.readouterr().err


def test_the_universal_constants_hold_for_real_pairs():
    """All pairs of figure 10, exactly: inside the corrected band of ν = √2/π, drop 1 and cap 1/2."""
    mdp = mp.envs.figure_10()
    universal = universal_proxy(resolve("uniform", mdp))
    assert universal is not None
    nu, drop, cap = universal
    assert (nu, drop, cap) == (pytest.approx(np.sqrt(2) / np.pi), 1, 0.5)
    options = [mp.Option.state(mdp, s, 0.5, "value") for s in mdp.states]
    for a in options:
        for b in options:
            if a is not b:
                found = mp.compare(a, b, method="exact")
                band = power_gap(float(found.p_at_least.mean), nu, tie=float(found.p_tie.mean), drop=drop, cap=cap)
                assert band.lower - 1e-12 <= float(found.gap.mean) <= band.upper + 1e-12
    assert universal_proxy(resolve("expon", mdp)) is None
    assert universal_proxy(resolve("norm(0,2)", mdp)) == (pytest.approx(np.sqrt(8)), None, None)


def test_picture_has_both_versions():
    figure = plot_curve(1.0, points={"a pair": (np.array([0.4]), np.array([0.1]))})
    post, corrected = figure.axes
    assert post.get_title().startswith("As the post draws it")
    assert corrected.get_title() == "With all that is known: the variance"
    assert [text.get_text() for text in corrected.get_legend().get_texts()] == [
        "possible", "the post's edges", "reached by two-point laws", "a pair",
    ]  # fmt: skip
    assert gap_from_count(0.5, 10, 1).successes == 5


@pytest.mark.slow
def test_ctrl_c_in_curve_draws_what_there_is(monkeypatch, tmp_path, capsys):
    """The rates that were finished, and what there is of the one that was stopped; status 130 as elsewhere."""
    from mdppower.measures.option_tally import TallyTask

    original, calls = TallyTask.__call__, []

    def stop(self, numbers):
        calls.extend(numbers)
        if len(calls) >= 80:
            raise KeyboardInterrupt
        return original(self, numbers)

    monkeypatch.setattr(TallyTask, "__call__", stop)
    out = tmp_path / "curve.svg"
    given = ["curve", "--env", "fork(2)", "--gamma", "0.1,0.5,0.9", "--rng", "0", "--out", str(out)]
    with pytest.warns(mp.MDPPowerWarning, match=r"from 896 of 4,096 draws"):
        assert _run(given) == 130
    told = capsys.readouterr().out
    assert "γ = 0.1" in told
    assert "γ = 0.5" in told
    assert "γ = 0.9" not in told
    assert out.exists()
