"""The report on the post's story: each statement has its verdict, its number, and what would change it."""

from __future__ import annotations

import re
import warnings
from functools import partial
from pathlib import Path

import numpy as np
import pytest

import mdppower as mp
from scripts.reproduce.report import VERDICTS as WORDS
from scripts.reproduce.story import __main__ as story
from scripts.reproduce.story import agents, coins, convergence, literature
from scripts.reproduce.story.telling import Size, Story, each, over_runs, pm, told

COMMITTED = Path(story.__file__).parent / "report.md"
TINY = Size(runs=2, episodes=30, samples=16, tasks=32, new=8)

# Each statement of the story, in its order, with its verdict.
VERDICTS = {
    "random": [
        ("Training on random rewards raises power", "right with a repair"),
        ("Rewards that have nothing to do with the task raise power", "wrong"),
        ("It is the rewards that do it", "wrong"),
    ],
    "objectives": [("Many different objectives make generally powerful", "right")],
    "incorrect": [("Training on incorrect rewards raises power", "wrong")],
    "coin-flips": [
        ("Random rewards can raise a score", "right"),
        ("The coin is a draw from a broad distribution of reward functions", "wrong"),
        ("What is gained is general power", "wrong"),
        ("This is what happens in the language models", "not settled"),
    ],
    "settings": [("Coins raise the score", "wrong")],
    "convergence": [
        ("A mathematical inevitability", "wrong"),
        ("An agent that goes where there is more POWER has more of it", "wrong"),
    ],
    "transfer": [("Power made on random rewards transfers to other rewards", "right with a repair")],
    "rates": [("95 % → 98 % may be exponentially more power", "wrong")],
    "takeoff": [
        ("Soft takeoff: much power hides behind low success rates", "right with a repair"),
        ("Moderate success rates: what is seen corresponds to what is there", "right with a repair"),
        ("Hard takeoff: tiny improvements at the top are massive leaps", "right with a repair"),
    ],
    "hidden": [("Power may come from training that looks unrelated", "right with a repair")],
    "monitoring": [("Watch success rates along training", "right with a repair")],
    "indicators": [
        ("Success rates", "right with a repair"),
        ("Complexity", "wrong"),
        ("Transfer", "right with a repair"),
    ],
    "literature": [
        ("21 % and 25 %", "right with a repair"),
        ("The gains are what the mathematical framework predicts", "outside the mathematics"),
        ("Capability was gained", "not settled"),
        ("Why random rewards raise the score of these models", "not settled"),
    ],
}  # fmt: skip
PICTURES = ["shares.png", "coin-flips.png", "success-and-lead.png", "monitoring.png"]


def sections(text: str) -> dict[str, str]:
    """The bodies of a report's sections by name."""
    bodies = re.split(r"\n## \d+\. ", text)[1:]
    return dict(zip(VERDICTS, (body.strip() for body in bodies), strict=True))


def test_what_is_committed_is_whole():
    """All statements in the table at the top, each with what would change it; all checks passed; pictures small."""
    text = COMMITTED.read_text(encoding="utf-8")
    assert "✗" not in text
    assert "FAILED" not in text
    assert not re.search(r"\bnan\b", text)
    rows = re.findall(rf"^\| (\d+) \| (.*?) \| ({'|'.join(WORDS)}) \|", text, re.M)
    order = list(story.SECTIONS)
    assert order == list(VERDICTS)
    assert [(order[int(k) - 1], s, v) for k, s, v in rows] == [(n, s, v) for n in order for s, v in VERDICTS[n]]
    for name, body in sections(text).items():
        assert body.count("*What would change this:*") == len(VERDICTS[name]), name
        assert "\n- ✓ " in body, name
    shown = re.findall(r"!\[.*?\]\((.*?\.png)\)", text)
    assert shown == PICTURES
    for path in shown:
        assert 0 < (COMMITTED.parent / path).stat().st_size < 250_000


def test_what_is_committed_is_what_the_study_found():
    """The numbers of the study, by another program, with the acceptance lines it gives for them: shares in the maze;
    random and goals on goals; the leads at 98 and 95 %; 21.4 points."""
    body = sections(COMMITTED.read_text(encoding="utf-8"))
    rows = [row.strip("| ").split(" | ") for row in body["random"].splitlines() if row.startswith("| ")]
    share = {
        row[0]: [float(cell.split(" ")[0].replace("−", "-")) for cell in row[3:5]]
        for row in rows
        if row[0] in agents.ARMS
    }
    assert 0.83 <= share["random"][0] <= 0.87
    assert 0.54 <= share["random"][1] <= 0.62
    assert share["no-reward"][0] >= 0.83
    assert share["no-reward"][1] >= 0.99
    assert share["random"][0] - share["goals"][0] >= 0.4
    assert share["random"][0] - share["noise"][0] >= 0.8
    ratio = float(re.search(r"[Tt]he lead at 98 % is ([\d.]+) ±", body["rates"])[1])
    assert 1.2 <= ratio <= 1.35
    assert "21.4 for random rewards" in body["literature"]
    assert body["settings"].count("\n| ") == 1 + 30


def test_what_is_committed_is_what_is_computed(tmp_path):
    """The section on the literature, word for word."""
    assert story.main(["--out", str(tmp_path), "--only", "literature"]) == 0
    made = (tmp_path / "report.md").read_text(encoding="utf-8").split("\n## 1. ")[1].strip()
    assert sections(COMMITTED.read_text(encoding="utf-8"))["literature"] == made


def test_every_paper_has_its_number_and_what_was_read():
    for name, read, says, where in literature.PAPERS[1:]:
        assert says
        assert where
        assert bool(name) == bool(read)
        assert not name or re.search(r"\d{4}\.\d{4,5}", name) or "(post)" in name


@pytest.fixture(scope="module")
def made(tmp_path_factory):
    """A tiny report, and its folder."""
    folder = tmp_path_factory.mktemp("story")
    _make(folder, story.SECTIONS)
    return folder


def _make(folder, names):
    report = Story(folder, "Title", "Words.")
    search = partial(mp.learning.coin_settings, epochs=[1], prompts=[8], rates=[0.3, 1.0])
    with warnings.catch_warnings(), pytest.MonkeyPatch.context() as patch:
        patch.setattr(coins, "coin_settings", search)
        patch.setattr(coins, "COINS", 1)
        warnings.simplefilter("ignore", mp.MDPPowerWarning)  # so few tasks: not all success rates are reached
        for name in names:
            story.SECTIONS[name](report, TINY)
    report.write()


@pytest.mark.slow
def test_a_tiny_report(made):
    """All sections run at a size at which checks may fail: statements and verdicts are there, and what is drawn."""
    text = (made / "report.md").read_text(encoding="utf-8")
    for name, body in sections(text).items():
        for statement, verdict in VERDICTS[name]:
            assert f"**{statement}: {verdict}.**" in body
        assert body.count("*What would change this:*") == len(VERDICTS[name])
    assert re.findall(r"!\[.*?\]\((.*?\.png)\)", text) == PICTURES == [p for p in PICTURES if (made / p).exists()]


@pytest.mark.slow
def test_the_same_bytes(made, tmp_path):
    """Made anew, nothing kept, from the same seeds."""
    for kept in (agents.training, agents.curves, agents.climbing, coins.flips, convergence.sought):
        kept.cache_clear()
    names = ("coin-flips", "convergence", "rates", "monitoring")
    _make(tmp_path, names)
    again = re.split(r"\n## \d+\. ", (tmp_path / "report.md").read_text(encoding="utf-8"))[1:]
    before = sections((made / "report.md").read_text(encoding="utf-8"))
    assert [body.strip() for body in again] == [before[name] for name in names]
    for picture in PICTURES[1:]:
        assert (tmp_path / picture).read_bytes() == (made / picture).read_bytes()


def test_numbers_as_text():
    """Two runs with .2 and .4: t = 12.71 at one degree of freedom, so that .3 ± 12.71 · .1 = 1.3."""
    assert over_runs([0.2, 0.4]) == (pytest.approx(0.3), pytest.approx(1.2706, abs=1e-4))
    assert pm(-0.25, 0.0123) == "−0.250 ± 0.012"
    assert pm(-0.0001, 0.1) == "0.000 ± 0.1"
    fork = mp.envs.fork(3)
    training = mp.learning.train(fork, 0.9, "random", episodes=30, checkpoints=[3], runs=3, start="root", rng=0)
    rivals = training.curves(samples=16, against="random@3").rivals("random", "random@3")
    assert each(rivals.success)[1] == told(rivals.success, 1) == "1.000 (all runs)"  # against itself
    assert "±" in told(rivals.success)


def test_what_an_agent_does_as_policies():
    """A policy for each reward function, that takes the actions which the agent takes."""
    rewards = np.random.default_rng(0).random((4, agents.maze().n_states))
    size = Size(runs=2, episodes=30, samples=4)
    library = agents.behaviours(size, "random", 0, rewards)
    agent = agents.training(size).agent("random", 0)
    acts = agent(agents.maze(), rewards, agents.GAMMA)
    assert (agents.maze().action_codes[library.pairs] == acts).all()


def test_options(tmp_path, capsys):
    for arguments, message in (
        (["--only", "random,coins"], "no section 'coins'; there are random, "),
        (["--runs", "1"], "--runs must be at least 2, got 1"),
        (["--samples", "512"], "unrecognized arguments: --samples"),
        (["--quick", "--runs", "5"], "not allowed with argument --quick"),
    ):
        with pytest.raises(SystemExit, match="2"):
            story.main(["--out", str(tmp_path), *arguments])
        assert message in capsys.readouterr().err
    with pytest.raises(SystemExit, match="2"):
        story.main(["--quick", "--only", "literature"])
    assert "--quick needs --out" in capsys.readouterr().err
    assert list(tmp_path.iterdir()) == []


def test_quick_and_runs_are_sizes(tmp_path, monkeypatch):
    """What sections are given."""
    given = []

    def section(report, size):
        report.section("Sizes")
        report.ruled("One is two", "wrong", "1 ≠ 2", changed_by="other numbers")
        given.append(size)

    monkeypatch.setitem(story.SECTIONS, "literature", section)
    for arguments in (["--quick"], ["--runs", "5"], []):
        assert story.main(["--out", str(tmp_path), "--only", "literature", *arguments]) == 0
    assert given == [story.QUICK, Size(5), Size(story.RUNS)]
    text = (tmp_path / "report.md").read_text(encoding="utf-8")
    assert "**One is two: wrong.** 1 ≠ 2.\n\n*What would change this:* other numbers.\n" in text


def test_what_is_no_measurement_is_said():
    """An agent against itself ties on every task, and ties are successes; growth is between ratios."""
    text = COMMITTED.read_text(encoding="utf-8")
    rows = [[cell.strip() for cell in line.split("|")[1:-1]] for line in text.splitlines() if line.startswith("| ")]
    (head,) = [k for k, row in enumerate(rows) if row[0] == "episodes" and "against random@905" in row]
    own = next(row for row in rows[head:] if row[0] == "905")
    assert own[rows[head].index("against random@905")] == "1.000 (all runs)"
    assert "At 905 episodes random@905 is the agent itself" in text
    shares = {row[0]: row[1] for row in rows[head + 1 : head + 16]}
    means = [float(share.partition(" ")[0].replace("−", "-")) for share in shares.values()]
    least = list(shares)[1]
    assert f"between neighbouring checkpoints from {least} on" in text
    grows = float(re.search(r"the share of power grows by at most ([\d.]+)\.", text)[1])
    assert grows == pytest.approx(max(np.diff(means)[1:]), abs=0.0011)
