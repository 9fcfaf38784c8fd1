"""The report on POWERplay: every section runs, numbers stand beside the published ones, and a miss is seen."""

from __future__ import annotations

import re
from pathlib import Path

import numpy as np
import pytest

from scripts.reproduce.powerplay import __main__ as report
from scripts.reproduce.powerplay import published, together
from scripts.reproduce.powerplay.comparing import Compared, average, judged, room, their_error, world

COMMITTED = Path(report.__file__).parent
FEW = 256
SLOW = ("maze", "robot-face", "noise", "over-rho", "short-sighted", "far-sighted", "lost")
MOST_BYTES = 120_000

# What the sections must say, however few the draws: what is exact, or proved from POWERplay's definitions.
LINES = {
    "3x3": ["| (1, 1) |", "9 numbers"],
    # Six junctions, two dead ends; k/(k + 1) is E max of k uniform numbers.
    "maze": ["| 4 | 6 | 0.8000 |", "| 3 | 23 | 0.7500 |", "| 2 | 2 | 0.6667 |", "14 numbers"],
    "robot-face": ["220 cells", "4 numbers"],
    # Noise .3 in a corner of three actions: .1 each, and .7 more for what is meant.
    "noise": ["(0, 0) 0.1, (0, 1) 0.1, (1, 0) 0.8", "(0, 1) 0.3, (1, 0) 0.7"],
    "over-rho": ["raw correlations are nearer to 0 and not compared", "H against the seed has the same bits"],
    "short-sighted": ["| 961 |", "| 930 |", "it is not checked"],
    "far-sighted": ["| 961 |", "| 930 |", "| `remove` |"],
    "threshold": ["| 0.99 | -0.00"],
    # ∅ is never left, so that POWER(∅) = E R(∅) = 0; with actions worth 0, E max(R(∅), 0) = 1/4.
    "phantom": ["- ✓ exactly 0: 0"],
    # 3 × 3, apart: 264 pairs of H, of which 92 could collide with some of A's moves; a third is lost where A is in a
    # corner and one of its three moves is to where H stays.
    "lost": [": 0.3485, 0.6667, 0.9058", "| 930, 148 | 930, 148 |"],
}


@pytest.fixture(autouse=True)
def few_rho(monkeypatch):
    """Four ρ are enough to see that the loop over them works."""
    monkeypatch.setattr(published, "JOINT", {rho: published.JOINT[rho] for rho in (0.0, 0.2, 0.5, 1.0)})


def run(folder, name, samples=FEW):
    """Exit code and text of a report of one section."""
    code = report.main(["--out", str(folder), "--only", name, "--samples", str(samples)])
    return code, (folder / "report.md").read_text(encoding="utf-8")


@pytest.fixture(scope="module")
def made(tmp_path_factory):
    """The same, and its folder; each is made once."""
    done = {}

    def make(name):
        if name not in done:
            folder = tmp_path_factory.mktemp(name)
            done[name] = *run(folder, name), folder
        return done[name]

    return make


@pytest.mark.parametrize(
    "name", [pytest.param(x, marks=pytest.mark.slow if x in SLOW else ()) for x in report.SECTIONS]
)
def test_a_section(name, made):
    code, text, folder = made(name)
    assert code == 0
    assert "✗" not in text
    assert "\n- ✓ " in text
    for line in LINES[name]:
        assert line in text, line
    shown = re.findall(r"!\[.*?\]\((.*?\.png)\)", text)
    assert sorted(shown) == sorted(path.name for path in folder.glob("*.png"))


def test_every_section_is_tested():
    assert LINES.keys() == report.SECTIONS.keys()


@pytest.mark.slow
def test_the_same_seed_gives_the_same_bytes(made, tmp_path):
    run(tmp_path, "robot-face")
    for name in ("report.md", "robot-face.png"):
        assert (tmp_path / name).read_bytes() == (made("robot-face")[2] / name).read_bytes(), name


# ---------------------------------------------------------------------- comparisons


def test_comparisons_have_their_false_alarm_rate():
    # Two normal numbers of one mean, σ = .01 and .02: of 20 comparisons one or more is off by more than its room with
    # probability .001 at most (less, for the room for rounding). In 1,000 sets more than 5 are with probability 6e-4.
    rng = np.random.default_rng(0)
    ours, theirs = rng.normal(0, 0.01, (1000, 20)), rng.normal(0, 0.02, (1000, 20))
    sets = [
        [Compared("", x, 0.01, y, 0.02) for x, y in zip(*pair, strict=True)]
        for pair in zip(ours, theirs, strict=True)
    ]
    assert sum(bool(judged(rows, 10**6)) for rows in sets) <= 5
    # Negative control: one number that is moved by 6σ. z of .001/20 is 4.06, and P(N(6, 1) > 4.06 + .05) = .97:
    # of 100, 90 or fewer are found with probability 9e-4.
    moved = Compared("moved", 6 * np.hypot(0.01, 0.02), 0.01, 0.0, 0.02)
    found = 0
    for rows in sets[:100]:
        shifted = Compared("moved", rows[0].ours + moved.ours, 0.01, rows[0].theirs, 0.02)
        found += "moved" in [row.what for row in judged([*rows[1:], shifted], 10**6)]
    assert found > 90


def test_a_number_that_is_none_is_a_miss():
    assert judged([Compared("", float("nan"), 0.1, 0.5, 0.1)], 9) != []
    assert judged([Compared("", 0.5, float("nan"), 0.5, 0.1)], 9) != []


def test_errors_of_means():
    # Three replicates of two numbers: means 1, 2, 3, of which the mean is 2 and the standard error 1/√3.
    mean, error = average(np.array([[0.0, 2.0], [1.0, 3.0], [2.0, 4.0]]))
    assert (mean, error) == (2.0, pytest.approx(3**-0.5))
    assert their_error(0.1, 100, 400) == 0.05  # four times as many draws, half the error


def test_a_false_number_is_seen(tmp_path, monkeypatch, capsys):
    """Negative control: with another number in the place of a published one the report fails, and names it."""
    centre = (0.70, 0.0005)  # 12 standard errors of 256 draws below .8618
    monkeypatch.setattr(published, "THREE_BY_THREE", published.THREE_BY_THREE | {(1, 1): centre})
    code, text = run(tmp_path, "3x3")
    assert code == 1
    assert "✗ NOT CONFIRMED: within the errors of both" in text
    assert "the nearest to its limit is (1, 1), +0.1" in capsys.readouterr().err


# ---------------------------------------------------------------------- what is committed


def test_what_is_committed_is_whole():
    text = (COMMITTED / "report.md").read_text(encoding="utf-8")
    assert "✗" not in text
    assert "FAILED" not in text
    assert len(re.findall(r"^## \d+\. ", text, re.MULTILINE)) == len(report.SECTIONS)
    shown = set(re.findall(r"\]\(([\w-]+\.png)\)", text))
    assert shown == {path.name for path in COMMITTED.glob("*.png")}
    assert all((COMMITTED / name).stat().st_size < MOST_BYTES for name in shown)
    assert "raw correlations are nearer to 0" not in text  # it has as many draws as the published numbers


def test_what_is_committed_is_what_is_computed(made):
    """The section that is exact but for one line is word for word that of a new run."""
    drawn = re.compile(r"^- ✓ what it takes.*$", re.MULTILINE)
    committed = re.split(r"\n## \d+\. ", (COMMITTED / "report.md").read_text(encoding="utf-8"))
    there = committed[1 + list(report.SECTIONS).index("lost")]
    assert drawn.sub("", there).strip() == drawn.sub("", made("lost")[1].split("\n## 1. ")[1]).strip()


def test_the_committed_table_over_rho_stands_by_itself():
    """Raw correlations of the report against published ones, read anew: within four errors of both, and digits."""
    text = (COMMITTED / "report.md").read_text(encoding="utf-8")
    number = r"(-?[\d.]+)"
    row_of = rf"^\| {number} \| {number} ± {number} \| {number} \| .*" + rf" \| {number}" * 4 + r" \|$"
    rows = re.findall(row_of, text, re.MULTILINE)
    assert len(rows) == 16
    for row in rows:
        rho, raw, error, theirs, human, their_human, ai, their_ai = map(float, row)
        if rho in published.JOINT:
            assert (theirs, their_human, their_ai) == (
                published.JOINT[rho].correlation, published.JOINT[rho].human, published.JOINT[rho].ai,
            )  # fmt: skip
        assert abs(raw - theirs) <= 4.2 * np.sqrt(2) * error + 0.001, rho
        assert max(abs(human - their_human), abs(ai - their_ai)) <= 0.005, rho


# ---------------------------------------------------------------------- the frame


def test_worlds_are_powerplays():
    # What leads into a wall is not there; staying is everywhere: 3 × 3 has 4·3 + 4·4 + 5 pairs.
    assert room(3).n_pairs == 33
    assert (world("maze").n_states, world("robot-face").n_states) == (31, 220)
    assert together.DRAWS == 20_000


def test_options(tmp_path, capsys, monkeypatch):
    asked = []
    monkeypatch.setattr(report, "SECTIONS", {"one": lambda made, most: asked.append(most)})
    for more in ([], ["--quick"], ["--samples", "300"]):
        assert report.main(["--out", str(tmp_path), *more]) == 0
    assert asked == [50_000, 1024, 300]
    for arguments, message in (
        (["--only", "two"], "no section 'two'; there are one"),
        (["--samples", "255"], "--samples must be at least 256, got 255"),
    ):
        with pytest.raises(SystemExit, match="2"):
            report.main(["--out", str(tmp_path / "none"), *arguments])
        assert message in capsys.readouterr().err
    assert not (tmp_path / "none").exists()
