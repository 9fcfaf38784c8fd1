"""The first page: sentences follow from reports and symmetries, and are gone where these are."""

from __future__ import annotations

import json
import re
from dataclasses import replace

import pytest
from claim_reports import PROVED, copy_in_figure_1, report

import mdppower as mp
from mdppower import theorems
from mdppower.reports.first_page import first_page
from mdppower.reports.html_page import to_html
from mdppower.reports.names import TITLES, action_named, heading, named, named_all
from mdppower.reports.pages import summary, to_json, to_markdown
from mdppower.symmetry.automorphisms import symmetries
from mdppower.theorems.candidates import Survey
from mdppower.theorems.claim_report import Evidence, Strict

FORK = mp.envs.fork(2)
WINGS = """
    .........
    .##.#.##.
    .#..#..#.
    .........
"""


def checked(mdp, claims=("prop-5.4",), **more):
    return theorems.verify(mdp, 0.5, claims=claims, samples=8, votes=4, rng=0, progress=False, **more)


def told(found):
    """All sentences of a part, as one text."""
    page = first_page(found)
    return {name: " ".join(page.told(one) for one in sentences) for name, sentences in page.parts}


# ---------------------------------------------------------------------- symmetries


def test_a_mirror_is_said_and_one_wall_takes_it_away():
    """Mirrored about column 4 by construction; one more wall, and no cell has a mirror image."""
    said = told(checked(mp.envs.gridworld(WINGS)))["Proved"]
    assert said.startswith(
        "The map is mirror-symmetric left-right (about column 4): each cell has exactly its mirror's POWER, at every "
        "γ, for i.i.d. rewards."
    )
    broken = mp.envs.gridworld(WINGS.replace(".#..#..#.", ".#..#..##"))
    assert symmetries(broken).is_trivial
    said = told(checked(broken))["Proved"]
    assert "mirror" not in said
    assert said.startswith("The map has no symmetry: no way to exchange its cells leaves all moves as they are.")


def test_what_is_said_of_power_is_so():
    """The other route: POWER of mirror images, exactly, on a map of two rows."""
    room = mp.envs.make("open(2,3)")
    assert "left-right (about column 1) and up-down (between rows 0 and 1)" in told(checked(room))["Proved"]
    exact = mp.power(room, 0.5, "uniform", method="exact").exact
    known = dict(zip(room.states, exact, strict=True))
    assert all(known[r, c] == known[r, 2 - c] == known[1 - r, c] for r, c in room.states)
    assert len(set(exact)) == 2


@pytest.mark.parametrize(
    ("drawn", "words"),
    [
        (".#..\n....\n....\n..#.", "looks the same after a half turn:"),
        (".#..\n...#\n#...\n..#.", "looks the same after a quarter turn:"),
        ("#..\n...\n..#", "in its falling diagonal and in its rising diagonal:"),
        ("#..\n.#.\n...", "is mirror-symmetric in its falling diagonal:"),
    ],
)
def test_turns_and_diagonals(drawn, words):
    assert words in told(checked(mp.envs.gridworld(drawn)))["Proved"]


def test_shifts_around_the_edges():
    """Four cells in a ring, one way around: each looks as the next does, and no mirror does."""
    ring = mp.RewardlessMDP.from_successors(
        {(0, c): {"on": (0, (c + 1) % 4)} for c in range(4)}, layout={(0, c): (0, c) for c in range(4)}
    )
    said = told(checked(ring))["Proved"]
    assert said.startswith("The map looks the same after a shift by 1 column around its edges: each cell has exactly")
    assert "mirror" not in said


def test_states_that_can_change_places():
    said = told(checked(mp.envs.figure_1()))["Proved"]
    assert said.startswith("By symmetry, r_ne and r_se can change places, and all else stays as it is:")
    two = mp.RewardlessMDP.from_successors(
        {"s": {x: x for x in "abcd"}, "a": {"go": "a"}, "b": {"go": "b"}} | {x: {"1": x, "2": "a"} for x in "cd"}
    )
    assert [orbit for orbit in symmetries(two).orbits if len(orbit) > 1] == [("c", "d")]  # a is not b
    assert "c and d can change places" in told(checked(two))["Proved"]


def test_other_laws_are_told_that_they_are_not_covered():
    said = told(checked(mp.envs.figure_1(), rewards={"r_ne": "norm(1,1)", "default": "uniform"}))["Proved"]
    assert "for i.i.d. rewards (those of these tests, per-state, are not known to be)." in said


def test_a_search_that_ended_early_proves_no_absence():
    found = checked(FORK)
    cut = replace(symmetries(mp.envs.make("maze")), complete=False)
    found.here.__dict__["symmetries"] = cut
    parts = told(found)
    assert "no symmetry" not in parts["Proved"]
    assert "there may be more" in parts["Open"]


# ---------------------------------------------------------------------- families


def above(*winners, strict="met", mdp=None):
    mdp = mdp or mp.envs.make("FrozenLake-v1")
    return [report(mdp, where=(w, (1, 1)), phi={w: (1, 1), (1, 1): w}, strict=Strict(strict, "")) for w in winners]


def test_a_family_is_one_sentence():
    """Four reports “≥ the hole”: one sentence names the hole once more than it has members' names."""
    four = above((1, 3), (2, 3), (3, 0), (3, 3))
    page = first_page(four)
    assert len(page.proved) == 1
    assert page.proved[0].text == (
        "The holes H at (1, 3), (2, 3) and (3, 0), and the goal G at (3, 3) each have at least the POWER of the hole "
        "H at (1, 1) at every γ, for most rewards, and not the other way round for 0 < γ < 1: each offers a copy of "
        "all that the hole H at (1, 1) does, and more."
    )
    # Ones that are as much worth are another family.
    mixed = first_page([*above((1, 3), (2, 3)), *above((3, 0), (3, 3), strict="not met")]).proved
    assert [one.text.split(" at the")[0][:9] for one in mixed] == ["The holes", "The hole "]
    assert "have as much POWER" in mixed[1].text
    assert "not the other way" not in mixed[1].text


def test_families_count_what_was_found():
    found = replace(checked(mp.envs.make("FrozenLake-v1")), reports=tuple(above((1, 3), (2, 3))))
    found = replace(found, surveys={"prop-6.6": Survey("prop-6.6", 240, 196, 20, 0, 24, 0)})
    parts = told(found)
    assert "2 of the 20 pairs that were found are reported." in parts["Proved"]
    assert "of 240 places 24 are undecided. (Proposition 6.6)" in parts["Open"]


def test_all_pairs_are_one_sentence():
    """In a map where one can go anywhere and stay, all that can be kept up for ever is the same (γ = 1)."""
    said = told(checked(mp.envs.make("open(1,3)"), ["prop-6.12"]))["Proved"]
    assert (
        "At γ = 1 it does not matter where one starts: each of the 3 cells has at least every other's POWER" in said
    )


# ---------------------------------------------------------------------- proved, tested, open, does not apply


def test_figure_1_is_told():
    found = checked(mp.envs.figure_1(), ["prop-6.6", "prop-6.9.1", "prop-6.9.2", "cor-6.14"])
    said = told(found)["Proved"]
    for part in (
        "l_sw, r_ne and r_se each have at least the POWER of empty at every γ",
        "At star, ->r_tri leads to at least as much POWER as ->l_tri and is at least as likely optimal, for most "
        "rewards, and not the other way round for 0 < γ < 1: what ->r_tri leads to contains a copy of what ->l_tri "
        "does, and more (mirror image left-right). (Proposition 6.9)",
        "From star, average-optimal policies end elsewhere at least as often as in any one of empty and l_sw",
    ):
        assert part in said
    assert "Nothing" not in said


@pytest.mark.slow
def test_nothing_more_is_said_than_is_proved():
    """The maze has no copies: all that is below γ = 1 is what holds in every MDP."""
    claims = ["prop-5.4", "prop-6.6", "prop-6.9.1", "prop-6.9.2"]
    parts = told(checked(mp.envs.make("maze"), claims))
    assert "Nothing else is proved: below γ = 1, nothing found says which cell has more POWER" in parts["Proved"]
    assert "none of 930 places has it. (Proposition 6.6)" in parts["Does not apply here"]
    assert "At (0, 3) S has the copy of E, but (0, 3) can be reached again." in parts["Does not apply here"]
    assert "nothing found says" not in told(checked(mp.envs.make("maze")))["Proved"]  # the others were not looked at


def test_samples_are_tests_and_no_proof():
    seen = Evidence("estimate", "supports", "0.2 > 0.1")
    one = report(mp.envs.figure_10(), "prop-B.1", ("s1", "->s2", "->s3"), evidence=(seen,))
    parts = told([one])
    assert "Proved" not in parts
    assert parts["Tested, and in agreement"].startswith("In samples, and not proved: At s1, ->s2 leads to more POWER")
    parts = told([replace(one, evidence=(replace(PROVED, kind="exact"),))])
    assert list(parts) == ["Proved"]


def test_what_is_contradicted_is_an_alarm_and_not_proved():
    wrong = copy_in_figure_1(evidence=(PROVED, Evidence("pathwise", "contradicts", "draw 17")))
    page = first_page([wrong])
    assert page.proved == ()
    assert page.alarms[0].startswith("VIOLATED")


def test_the_order_of_the_parts():
    reports = [
        copy_in_figure_1(),
        report(FORK, where=("t1", "t2"), status="unknown"),
        report(FORK, where=("t2", "t1"), status="not met"),
    ]
    names = ["Proved", "Tested, and in agreement", "Open", "Does not apply here"]
    assert list(told(reports)) == names
    pages = ((summary(reports), "{}\n•"), (to_markdown(reports), "## {}\n"), (to_html(reports), "<h2>{}</h2>"))
    for text, heads in pages:
        places = [text.index(heads.format(name)) for name in names]
        assert places == sorted(places)
    sentences = json.loads(to_json(reports))["sentences"]
    assert list(dict.fromkeys(one["part"] for one in sentences)) == names
    assert sentences[0]["claims"] == ["prop-6.6"]


# ---------------------------------------------------------------------- pages


@pytest.mark.slow
def test_a_page_is_as_long_for_many_reports_as_for_few():
    """After the sentences and one picture, all is closed: what is not in a fold does not grow with the reports."""

    def open_text(page):
        assert "<details open" not in page
        while (inner := re.sub(r"<details[^>]*>(?:(?!<details).)*?</details>", "", page, flags=re.S)) != page:
            page = inner
        return re.sub(r"<style>.*?</style>|base64,[^\"]*", "", page, flags=re.S)

    lake = mp.envs.make("FrozenLake-v1")
    cells = [s for s in lake.states if s not in [(1, 1)]]
    few, many = (open_text(to_html(above(*cells[:n], mdp=lake))) for n in (5, 9))
    assert "<h2>Proved</h2>" in few
    assert len(many) < 1.02 * len(few) + 120  # of 9, 4 are named; and a line says how many pictures there are
    assert few.count("<li>") == many.count("<li>")


def test_rewards_are_told_on_the_page():
    found = checked(FORK, rewards="uniform(-1,1)")
    for page in (summary(found, width=300), to_html(found, about=found.about), to_markdown(found, about=found.about)):
        assert "up to 8 draws each, of uniform(-1,1) rewards" in page.replace("\\", "")
    assert found.about["rewards"] == "uniform(-1,1)"
    assert checked(FORK, rewards=mp.Fixed([0, 1, 2])).about["rewards"] == "fixed"


@pytest.mark.slow
def test_the_page_of_a_file_says_the_same(tmp_path):
    found = checked(mp.envs.figure_1(), ["prop-6.6"])
    found.save(tmp_path / "found.nc")
    assert first_page(mp.load(tmp_path / "found.nc")) == first_page(found)


# ---------------------------------------------------------------------- names


def test_every_claim_has_a_title():
    assert set(TITLES) == set(theorems.CLAIMS)
    assert heading(report(FORK, "mine")) == "Proposition 6.6"


def test_actions_that_are_numbers_are_told_by_where_they_lead():
    """Gymnasium: FrozenLake has left, down, right, up; CliffWalking up, right, down, left, and jumps to the start."""
    lake, cliff = mp.envs.make("FrozenLake-v1"), mp.envs.make("CliffWalking-v1")
    for mdp, ways in ((lake, "left down right up"), (cliff, "up right down left")):
        assert [action_named(mdp, k) for k in range(4)] == [f"action {k} ({w})" for k, w in enumerate(ways.split())]
    assert action_named(mp.RewardlessMDP.from_successors({0: {7: 0}}), 7) == "action 7"


def test_marks_are_named_where_they_mean_something():
    # G is floor in a map of one's own: no goal.
    room = mp.envs.gridworld(".G\n~*")
    assert [named(room, s) for s in room.states] == [
        "(0, 0)",
        "G at (0, 1)",
        "the pit at (1, 0)",
        "the exit at (1, 1)",
    ]
    assert named_all(room, [(1, 0), (1, 1)]) == "the pit at (1, 0), and the exit at (1, 1)"
