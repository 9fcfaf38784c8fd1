"""The HTML page: well formed, self-contained, escaped, and readable without its colours."""

from __future__ import annotations

import base64
import re
from html.parser import HTMLParser

import pytest
from claim_reports import PROVED, actions_in_figure_1, copy_in_figure_1, mirrored, report

import mdppower as mp
from mdppower.reports import html_page as report_html
from mdppower.reports.html_page import STYLE, to_html
from mdppower.reports.words import ALARM
from mdppower.theorems.claim_report import Evidence

VOID = {"meta", "img", "br", "hr", "link", "input"}
FORK = mp.envs.fork(2)
AGAINST = Evidence("pathwise", "contradicts", "draw 17: 0.3 > 0.1")


class Page(HTMLParser):
    """Every tag is closed in order; tags with attributes, and the text, are kept."""

    def __init__(self, text):
        super().__init__(convert_charrefs=True)
        self.open, self.tags, self.text = [], [], ""
        self.feed(text)
        self.close()
        assert not self.open, self.open

    def handle_starttag(self, tag, attrs):
        assert len(dict(attrs)) == len(attrs), (tag, attrs)
        self.tags.append((tag, dict(attrs)))
        if tag not in VOID:
            self.open.append(tag)

    def handle_endtag(self, tag):
        assert self.open.pop() == tag

    def handle_data(self, data):
        if "style" not in self.open:
            self.text += data

    def all(self, name):
        return [attrs for tag, attrs in self.tags if tag == name]


@pytest.fixture(scope="module")
def four():
    reports = [
        copy_in_figure_1(),
        actions_in_figure_1(),
        report(FORK, where=("t1", "t2"), status="not met", detail="F(t1) has one vector"),
        report(FORK, "prop-5.5", ("root", "t1"), evidence=(PROVED, AGAINST)),
        report(FORK, where=("t2", "t1"), status="unknown"),
    ]
    return to_html(reports, "Figure 1 & forks", {"gamma": [0.5, 1], "rng": 7})


def test_the_page_has_every_part_of_a_report(four):
    page = Page(four)
    for part in (
        "Figure 1 & forks",
        "0.5, 1",
        f"{ALARM}.",
        "5 reports on 3 claims: 2 hold, 1 violated, 1 inconclusive, 1 not applicable.",
        "POWER(s) ≥ POWER(s') for most rewards",
        "Tested at γ = 0.5, 1",
        "met: F(s) contains a copy of F_nd(s')",
        "φ is mirror image left-right of the states that move (2 swaps)",
        "pathwise, supports: 0 of 1,000 draws",
        "Strict part: side condition met. one vector is left over",
        "Why not applicable: not met: F(s) contains a copy of F_nd(s') (F(t1) has one vector)",
        "Why violated: pathwise evidence contradicts: draw 17: 0.3 > 0.1",
        "Side l_sw: 2 states",
    ):
        assert part in page.text, part


def test_verdicts_have_a_word_and_a_shape(four):
    badges = set(re.findall(r'<span class="badge (\w+)">([^<]*)</span>', four))
    assert badges == {
        ("holds", "✓ holds"),
        ("violated", "✗ VIOLATED"),
        ("inconclusive", "? inconclusive"),
        ("na", "○ not applicable"),
    }
    borders = re.findall(r"\.(?:violated|inconclusive|na) \{[^}]*border-(?:radius|style): (\w+)", STYLE)
    assert borders == ["0", "dashed", "dotted"]


def test_nothing_is_loaded_from_anywhere(four):
    page = Page(four)
    for tag, attrs in page.tags:
        assert tag not in {"script", "link", "iframe", "object", "base", "form"}
        assert not any(name.startswith("on") for name in attrs)
        for name in ("src", "href"):
            assert re.match(r"data:image/png;base64,|#", attrs.get(name, "#")), attrs
    assert "http" not in re.sub(r"http-equiv", "", four)
    assert "url(" not in STYLE
    assert "@import" not in STYLE
    policy = [attrs["content"] for attrs in page.all("meta") if "http-equiv" in attrs]
    assert policy == ["default-src 'none'; img-src data:; style-src 'unsafe-inline'"]


def test_links_lead_to_sections(four):
    page = Page(four)
    names = [attrs["id"] for _, attrs in page.tags if "id" in attrs]
    assert len(names) == len(set(names))
    links = {attrs["href"].removeprefix("#") for attrs in page.all("a")}
    assert links <= set(names)
    folds = [attrs["id"] for attrs in page.all("details") if "id" in attrs]
    # Three claims, each with its reports inside; every claim that a sentence is about is led to.
    assert folds == ["claim-r1", "r1", "r5", "r3", "claim-r2", "r2", "claim-r4", "r4"]
    assert {"claim-r1", "claim-r2"} <= links


def test_pictures_are_inside_and_described(four):
    images = Page(four).all("img")
    assert len(images) == 2  # of the two with φ; no picture of the MDP, as there are two of them
    for image in images:
        assert base64.b64decode(image["src"].split(",")[1]).startswith(b"\x89PNG")
    assert images[0]["alt"] == (
        "The MDP with r_se, l_sw marked; arrows show φ: mirror image left-right of the states that move (2 swaps); "
        "r_se: 2 states hatched; "
        "l_sw: 2 states hatched."
    )


def test_pages_fit_phones_paper_and_dark_rooms(four):
    assert 'content="width=device-width, initial-scale=1"' in four
    for rule in ("@media print", "prefers-color-scheme: dark", "max-width: 100%"):
        assert rule in STYLE
    assert re.search(r"img \{[^}]*background: #ffffff", STYLE)


@pytest.mark.slow
def test_the_mdp_is_drawn_where_there_is_one():
    page = Page(to_html([copy_in_figure_1()]))
    assert [image["alt"][:7] for image in page.all("img")] == ["the MDP", "The MDP"]
    assert "The MDP: 8 states, 15 state-action pairs." in page.text


ODD = ['<script>alert("x")</script>', "a&b", "\"><img src=x onerror='x'>", "</section>", "<!--", "\x00\x1b[0m"]


@pytest.mark.slow
@pytest.mark.parametrize("label", ODD)
def test_labels_are_escaped_everywhere(label):
    mdp = mp.RewardlessMDP.from_successors({label: {label: "b"}, "b": {"go": label}})
    evidence = (Evidence("exact", "supports", label),)
    phi, sides = {label: "b", "b": label}, {label: (label, "b")}
    one = report(mdp, label, (label, "b"), evidence=evidence, detail=label, statement=label, phi=phi, sides=sides)
    page = Page(to_html([one], label, {label: label}))
    plain = Page(to_html([report(FORK, phi={"t1": "t2", "t2": "t1"}, sides={"t1": ("t1", "t2")})], "x", {"y": "z"}))
    # The same tags as with innocent labels, and the label is there to be read.
    assert [tag for tag, _ in page.tags] == [tag for tag, _ in plain.tags]
    shown = label.replace("\x00", r"\x00").replace("\x1b", r"\x1b")
    assert page.text.count(shown) >= 9


@pytest.mark.slow
def test_long_lists_are_folded():
    tests = tuple(Evidence("votes", "supports", f"orbit {k}") for k in range(30))
    page = Page(to_html([mirrored(mp.envs.make("open(10,7)"), ((0, 0),))]))
    assert "φ is mirror image left-right about column 3 (30 swaps)" in page.text
    before = len(page.all("details"))
    page = Page(to_html([report(FORK, evidence=(PROVED, *tests))]))
    assert "and 19 more tests" in page.text
    assert len(page.all("details")) == before  # that of the tests, in the place of that of φ
    assert "orbit 29" in page.text


@pytest.mark.slow
def test_of_many_pictures_the_most_interesting_are_drawn(monkeypatch):
    monkeypatch.setattr(report_html, "MOST_PICTURES", 3)
    dull = [copy_in_figure_1(strict=None, where=("star",)) for _ in range(5)]
    held = copy_in_figure_1()
    page = Page(to_html([*dull, held]))
    drawn = [image["alt"] for image in page.all("img")]
    assert len(drawn) == 3
    assert "r_se, l_sw marked" in drawn[0]  # the last report comes first, as it is the one with a strict part
    assert "Pictures are drawn for 3 reports, the most interesting ones; 3 more have none." in page.text
    assert "✓ holds × 6" in page.text  # of the claim


def test_what_cannot_be_drawn_is_said():
    big = mp.envs.fork(60)
    page = Page(to_html([report(big, where=("root",), sides={"all": big.states})]))
    assert "No picture: a graph is drawn for up to 60 states, not 61." in page.text
    assert not page.all("img")


@pytest.mark.slow
def test_the_same_reports_make_the_same_page():
    reports = [copy_in_figure_1()]
    assert to_html(reports) == to_html([*reports, *reports])  # each once, too


def test_an_empty_page():
    page = Page(to_html([]))
    assert "No claim was checked." in page.text
    assert not page.all("section")
    with pytest.raises(mp.ParameterError, match="expected reports of claims, got 3"):
        to_html([3])
