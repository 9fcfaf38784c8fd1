"""Pages of reports: every part of a report is told, nothing more is claimed, and no label becomes markup."""

from __future__ import annotations

import json
import re
from fractions import Fraction

import numpy as np
import pytest
from claim_reports import DRAWS, MIRROR, PROVED, actions_in_figure_1, copy_in_figure_1, mirrored, report

import mdppower as mp
from mdppower.reports.markdown_page import escape
from mdppower.reports.names import TITLES
from mdppower.reports.pages import SCHEMA, claims_table, summary, to_json, to_markdown, write_report
from mdppower.reports.permutation_words import moves, phi_words
from mdppower.reports.words import ALARM, by_interest, fold, why
from mdppower.results.table_text import render
from mdppower.theorems.claim_report import Evidence, Strict

FORK = mp.envs.fork(2)
AGAINST = Evidence("pathwise", "contradicts", "draw 17: 0.3 > 0.1", {"draw": 17})


def four_verdicts():
    return [
        report(FORK, where=("t1", "t2"), status="not met", detail="F(t1) has one vector"),
        report(FORK, where=("t2", "t1"), status="unknown", detail="10,000 nodes searched"),
        copy_in_figure_1(),
        report(FORK, "prop-5.5", ("root", "t1"), evidence=(PROVED, AGAINST)),
    ]


# ---------------------------------------------------------------------- the terminal


def test_the_table_has_a_row_a_claim():
    table = claims_table([*four_verdicts(), report(FORK, "prop-B.1", evidence=(DRAWS,))], width=200)
    assert table["claim"] == ["prop-6.6", "prop-5.5", "prop-B.1"]
    # Samples alone prove nothing.
    assert table["verdict"] == ["✓ holds, ? inconclusive, ○ not applicable", "✗ violated", "? inconclusive"]
    assert table["where"] == ["r_se, l_sw; +2", "root, t1", "–"]  # the most interesting first
    assert table["it says"][0] == TITLES["prop-6.6"]


@pytest.mark.parametrize("width", [80, 100, 160])
def test_the_table_fits_the_terminal(width):
    reports = [copy_in_figure_1(), report(FORK, where=("t" * 300,), evidence=(PROVED, DRAWS) * 30)]
    table = claims_table(reports, width=width)
    assert max(map(len, render(table).splitlines())) <= width
    assert table["verdict"] == ["✓ holds ×2"]  # verdicts are never cut


def test_why_is_the_part_that_decides():
    assert [why(one) for one in four_verdicts()] == [
        "not met: F(s) contains a copy of F_nd(s') (F(t1) has one vector)",
        "unknown: F(s) contains a copy of F_nd(s') (10,000 nodes searched)",
        "φ: mirror image left-right of the states that move (2 swaps)",
        "pathwise evidence contradicts: draw 17: 0.3 > 0.1",
    ]
    assert why(report(FORK, evidence=(DRAWS,))) == "no proof, samples only"


def test_the_summary_shouts_first():
    text = summary(four_verdicts(), width=70)
    assert max(map(len, text.splitlines())) <= 70
    flat = re.sub(r"\s+", " ", text)
    assert flat.startswith(ALARM)
    assert "Proposition 6.6 at root, t1: POWER(s) ≥ POWER(s') for most rewards; pathwise evidence contradicts" in flat
    assert "r_se has at least the POWER of l_sw at every γ" in flat
    calm = summary([copy_in_figure_1(), actions_in_figure_1()])
    assert "VIOLATED" not in calm
    assert calm.startswith("Proved\n")
    assert summary([]) == "No claim was checked."


def test_what_is_most_interesting_comes_first():
    facts = report(FORK, "prop-5.4")  # true of every MDP
    strict = report(FORK, where=("t1",), strict=Strict("met", ""))
    found = by_interest([facts, *four_verdicts(), strict])
    assert [one.verdict for one in found] == ["violated", *["holds"] * 3, "inconclusive", "not applicable"]
    assert found[1].phi  # with φ and a strict part, before those with one of them or none
    assert [found[2], found[3]] == [strict, facts]


def test_labels_cannot_steer_a_terminal():
    mdp = mp.RewardlessMDP.from_successors({"\x1b[31mred\nline": {"go": "\x1b[31mred\nline"}})
    one = report(mdp, where=mdp.states, statement="POWER(\x1b[31m)")
    for text in (render(claims_table([one])), summary([one]), to_markdown([one])):
        assert "\x1b" not in text
        assert r"\x1b[31m" in text.replace(r"\\", "\\").replace(r"\[", "[")


# ---------------------------------------------------------------------- φ in words


def images(name):
    """φ on the cells of a 5 × 4 map, as the formula at the top of `mdppower.reports.words` has it."""
    way = {
        "left-right": lambda r, c: (r, 3 - c),
        "up-down": lambda r, c: (4 - r, c),
        "falling": lambda r, c: (c, r),
        "rising": lambda r, c: (3 - c, 3 - r),
        "half turn": lambda r, c: (4 - r, 3 - c),
        "shift": lambda r, c: (r, c ^ 1),
        "mixed": lambda r, c: (r, 3 - c) if c in (1, 2) else (r ^ 1, 3 - c) if r < 4 else (r, c),
    }[name]
    cells = [(r, c) for r in range(5) for c in range(4)]
    return {cell: way(*cell) for cell in cells if way(*cell) in cells}


@pytest.mark.parametrize(
    ("name", "words"),
    [
        ("left-right", "mirror image left-right between columns 1 and 2 (10 swaps)"),
        ("up-down", "mirror image up-down about row 2 (8 swaps)"),
        ("falling", "mirror image in a falling diagonal of the states that move (6 swaps)"),
        ("rising", "mirror image in a rising diagonal of the states that move (6 swaps)"),
        ("half turn", "half turn about (2, 1.5) (10 swaps)"),
        # Each two columns swapped: of every pair, one lies a column to the right of the other.
        ("shift", "shift by 1 column, there and back (10 swaps)"),
        # Negative control, an involution of no shape: 5 swaps of columns 1 and 2, 4 of columns 0 and 3 a row apart.
        ("mixed", "(0, 0) ↔ (1, 3), (0, 1) ↔ (0, 2), (0, 3) ↔ (1, 0), … (9 swaps)"),
    ],
)
def test_the_shape_of_phi_is_named(name, words):
    assert phi_words(images(name), mp.envs.make("open(5,4)")) == words


def test_a_shape_is_of_the_map_only_where_all_of_it_moves():
    """Two pairs of cells half turned, and six that stay, of which a half turn would leave none."""
    phi = {(0, 0): (2, 3), (2, 3): (0, 0), (0, 1): (2, 2), (2, 2): (0, 1)}
    room = mp.envs.make("open(3,4)")
    assert phi_words(phi, room) == "half turn about (1, 1.5) of the states that move (2 swaps)"
    assert phi_words({(r, c): (2 - r, 3 - c) for r, c in room.states}, room) == "half turn about (1, 1.5) (6 swaps)"
    # Cells on the axis stay where they are, as they should.
    assert (
        phi_words({(r, c): (2 - r, c) for r, c in room.states}, room) == "mirror image up-down about row 1 (4 swaps)"
    )


def test_shapes_need_a_layout_and_two_swaps():
    assert phi_words(MIRROR, mp.envs.figure_1()) == "mirror image left-right of the states that move (2 swaps)"
    bare = mp.RewardlessMDP.from_successors({s: {"go": t} for s, t in MIRROR.items()})
    assert phi_words(MIRROR, bare) == "l_sw ↔ r_se, l_nw ↔ r_ne"
    assert phi_words({"t1": "t2", "t2": "t1"}, FORK) == "t1 ↔ t2"
    assert phi_words({"root": "t1", "t1": "t2", "t2": "root"}, FORK) == "root → t1, t1 → t2, t2 → root"
    assert phi_words({"t1": "t1"}, FORK) == "the identity"


def test_one_broken_pair_is_no_mirror_image():
    phi = images("left-right")
    a, b = (0, 0), (1, 1)
    phi[a], phi[phi[b]], phi[b], phi[(0, 3)] = phi[b], a, phi[a], b
    assert all(phi[phi[s]] == s for s in phi)
    assert "mirror" not in phi_words(phi, mp.envs.make("open(5,4)"))


def test_moves_and_folds():
    assert moves({"a": "b", "b": "a", "c": "c", "d": "e", "e": "f", "f": "d"}) == [
        ("a", "b", True), ("d", "e", False), ("e", "f", False), ("f", "d", False),
    ]  # fmt: skip
    assert fold([1, 2, 3], 3, "pair") == ([1, 2, 3], "")
    assert fold([1, 2, 3], 2, "pair") == ([1, 2], "and 1 more pair")
    assert fold(range(35), 12, "pair")[1] == "and 23 more pairs"


# ---------------------------------------------------------------------- Markdown


def test_markdown_has_every_part_of_a_report():
    text = to_markdown([*four_verdicts()], "Figure 1", {"gamma": [0.5, 1], "rng": 7})
    assert text.startswith(f"# Figure 1\n\n**{ALARM}.**\n")
    assert text.rstrip().endswith("- **gamma:** 0.5, 1\n- **rng:** 7\n\n</details>")
    assert f"**{ALARM}.**" in text
    assert re.findall("^### .*", text, re.M) == [
        "### prop-6.6 at t1, t2: ○ not applicable",
        "### prop-6.6 at t2, t1: ? inconclusive",
        "### prop-6.6 at r_se, l_sw: ✓ holds",
        "### prop-5.5 at root, t1: ✗ violated",
    ]
    assert text.index("## Proved") < text.index("## Open") < text.index("## Does not apply here") < text.index("###")
    section = text.split("### prop-6.6 at r_se")[1].split("</details>")[0]
    for part in (
        "**It says:** POWER(s) ≥ POWER(s') for most rewards",
        "Reference: Proposition 6.6. Tested at γ = 0.5, 1.",
        "- *met:* F(s) contains a copy of F_nd(s')",
        "**φ** is mirror image left-right of the states that move (2 swaps).",
        "| l_sw | ↔ | r_se |",
        "- *pathwise, supports:* 0 of 1,000 draws",
        "**Strict part:** side condition met. one vector is left over",
        "Side r_se: r_se, r_ne.",
    ):
        assert part in section
    assert section.count("↔") == 2


def test_phi_that_moves_nothing_has_no_table():
    text = to_markdown([report(FORK, "prop-6.12", phi={})])
    assert "**φ** is the identity.\n" in text
    assert "φ(s)" not in text


def test_long_phi_is_folded():
    text = to_markdown([mirrored(mp.envs.make("open(10,7)"))])
    assert text.count("↔") == 12
    assert "and 18 more pairs." in text  # 10 rows of 3 swaps are 30
    assert "mirror image left-right about column 3" in text


@pytest.mark.parametrize(
    "label", ["a|b", "*x*", "`code`", "<img src=x>", "[a](http://b)", "_x_", "~~no~~", "$x$", "# no", "a\\", "&amp;"]
)
def test_no_label_becomes_markup(label):
    # A backslash before each punctuation that could mean something, and nothing else is changed.
    assert re.sub(r"\\([\\`*\[\]<|~$&#_])", r"\1", escape(label)) == label
    assert not re.search(r"(?<!\\)(?:\\\\)*[`*\[\]<|~$&#]", escape(label))
    mdp = mp.RewardlessMDP.from_successors({label: {"go": label}})
    phi = {label: "other", "other": label}
    mdp = mp.RewardlessMDP.from_successors({label: {label: "other"}, "other": {"go": label}})
    text = to_markdown([report(mdp, where=(label, "other"), phi=phi, statement=label)], label)
    rows = [row for row in text.splitlines() if row.startswith("|")]
    assert {len(re.findall(r"(?<!\\)\|", row)) for row in rows} == {4}  # three columns, whatever the label
    assert text.count("<") - text.count("\\<") == len(re.findall("</?(?:details|summary)>", text))


def test_underscores_inside_of_words_stay_readable():
    assert escape("l_sw and F_nd") == "l_sw and F_nd"
    assert escape("_a_ b_") == r"\_a\_ b\_"


# ---------------------------------------------------------------------- JSON


def strict_json(text):
    def refuse(name):
        raise AssertionError(f"{name} is no JSON")

    return json.loads(text, parse_constant=refuse)


def test_json_is_complete():
    reports = four_verdicts()
    page = strict_json(to_json(reports, "Figure 1", {"gamma": (0.5, 1)}))
    assert (page["schema"], page["title"], page["about"]) == (SCHEMA, "Figure 1", {"gamma": [0.5, 1]})
    assert page["counts"] == {"holds": 1, "violated": 1, "inconclusive": 1, "not applicable": 1}
    assert page["reports"] == [one.to_dict() for one in reports]
    assert page["reports"][2]["phi"] == [list(pair) for pair in MIRROR.items()]


def test_json_has_no_numbers_that_are_none():
    numbers = {
        "nan": float("nan"), "limit": np.inf, "p": np.float64(0.5), "n": np.int64(3), "yes": np.bool_(True),
        "exact": Fraction(2, 3), "rows": np.array([[1.0, -np.inf]]), 4: (1, "x"),
    }  # fmt: skip
    mdp = mp.envs.gridworld("..")
    one = report(mdp, where=((0, 1),), evidence=(Evidence("exact", "supports", "", numbers),))
    (found,) = strict_json(to_json([one], about={"rewards": None}))["reports"]
    assert found["where"] == [[0, 1]]
    assert found["evidence"][0]["numbers"] == {
        "nan": None, "limit": None, "p": 0.5, "n": 3, "yes": True, "exact": "2/3", "rows": [[1.0, None]],
        "4": [1, "x"],
    }  # fmt: skip


# ---------------------------------------------------------------------- files


@pytest.mark.parametrize("suffix", [".md", ".html", ".json", ".JSON"])
def test_the_suffix_says_what_is_written(suffix, tmp_path):
    path = tmp_path / f"report{suffix}"
    write_report([report(FORK, where=("t1",))], path, title="Forks & knives", about={"rng": 1})
    text = path.read_text(encoding="utf-8")
    begin = {".md": "# Forks \\& knives", ".html": "<!DOCTYPE html>", ".json": '{\n "schema"'}[suffix.lower()]
    assert text.startswith(begin)
    assert "Forks" in text
    write_report(iter([]), path)  # over it, and from an iterator
    assert "No claim was checked" in path.read_text(encoding="utf-8") or suffix.lower() == ".json"


def test_text_that_is_no_unicode_is_written_as_its_code(tmp_path):
    mdp = mp.RewardlessMDP.from_successors({"\ud800": {"go": "\ud800"}})
    for suffix in (".md", ".html", ".json"):
        path = tmp_path / f"odd{suffix}"
        write_report([report(mdp, where=("\ud800",))], path)
        assert r"\ud800" in path.read_text(encoding="utf-8").replace(r"\\", "\\")
    assert strict_json((tmp_path / "odd.json").read_text())["reports"][0]["where"] == ["\ud800"]


def test_bad_paths(tmp_path):
    for name in ("claims.txt", "claims", "claims.md.gz"):
        with pytest.raises(mp.ParameterError, match=re.escape(f"as .md, .html or .json; got {name!r}")):
            write_report([], name)
    with pytest.raises(mp.ParameterError, match="a path is needed, got 3"):
        write_report([], 3)
    with pytest.raises(mp.FileError, match=r"cannot write '.*report\.md': No such file or directory"):
        write_report([], tmp_path / "nowhere" / "report.md")
    with pytest.raises(mp.FileError, match="null byte"):
        write_report([], "a\0b.json")


def test_only_reports_are_reported():
    for make in (claims_table, summary, to_markdown, to_json):
        with pytest.raises(mp.ParameterError, match="expected reports of claims, got 'holds'"):
            make(["holds"])
