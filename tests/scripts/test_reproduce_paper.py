"""scripts.reproduce.paper: every section runs, confirms what it says, and would say so if it could not."""

from __future__ import annotations

import re
from itertools import product
from pathlib import Path

import networkx as nx
import numpy as np
import pytest

import mdppower as mp
from mdppower.agents.evaluation import policy_values
from mdppower.mdp.actions import restricted
from scripts.reproduce.paper import __main__ as reproduce
from scripts.reproduce.paper import appendices_a_b as a_b
from scripts.reproduce.paper import appendix_c as c
from scripts.reproduce.paper import elsewhere, section_6
from scripts.reproduce.paper import notation as paper

COMMITTED = Path(reproduce.__file__).parent
MOST_BYTES = 120_000


def run(folder, section, samples=256):
    """Exit code and text of a report of one section."""
    code = reproduce.main(["--out", str(folder), "--only", section, "--samples", str(samples)])
    return code, (folder / "report.md").read_text(encoding="utf-8")


# ---------------------------------------------------------------------- sections

LINES = {
    "options": [
        "| Def. 3.3: F(ℓ↙) | {e_ℓ↙/(1−γ), (e_ℓ↙ + γe_ℓ↖)/(1−γ²)} | {e_ℓ↙/(1−γ), (e_ℓ↙ + γe_ℓ↖)/(1−γ²)} | ✓ |",
        "| fig. 2: gray actions, of dominated f in F(★) only | between r↗ and r↘ | {r↗ to r↘, r↘ to r↗} | ✓ |",
        "| size of F(s) | 11 | 4 | 2 | 2 | 1 | 6 | 3 | 3 |",
        "| size of F_nd(s) | 5 | 2 | 2 | 2 | 1 | 2 | 2 | 2 |",
    ],
    "optimality": [
        "| D_ℓ◁: P(★, left, ½), P(★, right, ½) | 1, 0 | 1, 0 | ✓ |",
        "| D_r▷: P(★, left, ½), P(★, right, ½) | 0, 1 | 0, 1 | ✓ |",
        "| 1 | 47/160 = 0.2938 | 113/480 = 0.2354 | 113/240 = 0.4708 |",
        "left is less likely optimal than right: 13/32 = 0.4062, 33/64 = 0.5156",
    ],
    "power": [
        "| POWER(ℓ↙, γ) = 1/(1+γ) (⅔ + ½γ); at γ = 1/2 | 11/18 = 0.6111 | 11/18 = 0.6111 | ✓ |",
        "| V*(r↘, γ) = ½ + γ/(1−γ) ⅔; at γ = 1/2 | 7/6 = 1.167 | 7/6 = 1.167 | ✓ |",
        "**Lemma 5.3, Props. 5.4 and 5.5, Def. 5.6: right.**",
    ],
    "copies": [
        "| F_nd(r↘) \\ φ·F_nd(ℓ↙) | has e_r↗/(1−γ) | {e_r↘ + γe_r↗/(1−γ)} | ✓ |",
        "| 0, 1, 2, 3, 4, 5, 6, 7 | 0.5 | 22,272 | 1,056 | 16,992 | 40,320 | not lost |",
        "| -9, 0, 0, 1, 1, 1, 2, 30 | 1 | 1,696 | 324 | 1,340 | 3,360 | not lost |",
        "**Prop. 6.6 for r↘ and ℓ↙: right.**",
    ],
    "keeping": [
        "| F_nd(★) ∩ that | {e_★ + γe_r▷ + γ²e_r↗/(1−γ)} | {e_★ + γe_r▷ + γ²e_r↗/(1−γ)} | ✓ |",
        "the golden counts: 14,796 : 11,710, 3 : 3, 115 : 113, 1,433 : 1,380",
        "it takes 'y2' to 'z', but 'z' to 'z'",
    ],
    "long-run": [
        "| RSD_nd(r↘) | {e_r↗, e_r↘} | {e_r↗, e_r↘} | ✓ |",
        "| Prop. 6.12: φ swaps | {'∅': 'r↘', 'r↘': '∅'} | {'∅': 'r↘', 'r↘': '∅'} | ✓ |",
        "| right | left | 113/240 = 0.4708 | 47/160 = 0.2938 | holds | yes |",
        "| left | right | 47/160 = 0.2938 | 113/240 = 0.4708 | not applicable |",
    ],
    "figure-9": [
        "| s1 | 1 | 0 | 1 | 0 | 1 | 0 | 1 | 0 |",
        "| s4 | 1 | 1 | 1 | 1 | 1 | 1 | 1 | 1 |",
        "| φ·F_nd(s₃) ⊊ F_nd(s₄) | true | 2 of 4 | ✓ |",
        "POWER(s₃) < POWER(s₄): 11/16 = 0.6875, 3/4 = 0.75",
    ],
    "broken": [
        "Prop. 6.6 does not see it, and cannot",
        "| ℓ↙ over r↘, φ of fig. 4 | no copy |",
        "**The checks can fail: right.**",
    ],
    "figure-10": [
        "| P(s₁, N, 1) | 1/3 = 0.3333 | 1/3 = 0.3333 | ✓ |",
        "| optimal (limit γ → 1) | 8 | 0 | 16 |",
        "5 have the two POWER numbers and 2 the probabilities, too",
    ],
    "figure-11": [
        "| pol₂, all but s₃ and s₄ | 3/4 = 0.75 | 2/3 = 0.6667 | 1/2 = 0.5 |",
        "| POWER is more at | s_r | s_r | ✓ |",
        "**Appendix C: suboptimal POWER: right.**",
    ],
    "elsewhere": [
        "| Corollary 6.14 | (0, 0), (6, 3) | holds | yes |",
        "proved for all pairs of cells: 930 candidates: 0 found to apply, 930 proved not to",
        "contradicted by a test, on all four: 0",
    ],
}


def test_every_section_is_tested():
    assert LINES.keys() == reproduce.SECTIONS.keys()


@pytest.mark.filterwarnings("ignore:the intervals cannot be trusted")  # 256 draws in place of 4,096
@pytest.mark.slow
@pytest.mark.parametrize("section", LINES)
def test_a_section_confirms_what_it_says(section, tmp_path, monkeypatch):
    monkeypatch.setattr(elsewhere, "CLAIMS", ("prop-5.4", "prop-6.6", "cor-6.14"))
    code, text = run(tmp_path, section)
    assert "NOT CONFIRMED" not in text
    assert code == 0
    assert re.search(r"^\d+ checks passed\.$", text, re.MULTILINE)
    for line in LINES[section]:
        assert line in text
    pictures = re.findall(r"\]\(([\w-]+\.png)\)", text)
    assert pictures
    for name in pictures:
        assert 0 < (tmp_path / name).stat().st_size < MOST_BYTES


@pytest.mark.slow
def test_the_same_seeds_give_the_same_report(tmp_path):
    texts = [run(tmp_path / name, "broken")[1] for name in "ab"]
    assert texts[0] == texts[1]
    first, second = (sorted((tmp_path / name / "paper").glob("*.png")) for name in "ab")
    assert [x.read_bytes() for x in first] == [x.read_bytes() for x in second]


# ---------------------------------------------------------------------- what is wrong is said to be


def test_a_number_that_differs_is_marked(tmp_path):
    report = paper.PaperReport(tmp_path, "", "")
    report.section("one")
    report.beside([("same", 1, 1), ("other", 1, 2), ("told to agree", "all", 3, True), ("told not to", 1, 1, False)])
    assert report.passed == 2
    assert report.failed == ["other: 1 in the paper, 2 here", "told not to: 1 in the paper, 1 here"]
    assert report.write().read_text(encoding="utf-8").count("✗ NOT CONFIRMED") == 2


@pytest.mark.slow
def test_wrong_counts_fail_the_run(tmp_path, monkeypatch):
    monkeypatch.setattr(section_6, "GOLDEN_POWER", dict.fromkeys(section_6.GOLDEN_POWER, (1, 1)))
    code, text = run(tmp_path, "copies")
    assert code == 1
    assert "✗ NOT CONFIRMED: all counts are the golden ones: 0 of 8 orbits" in text
    assert "**1 FAILED**" in text


@pytest.mark.slow
def test_a_wrong_phi_fails_the_run(tmp_path, monkeypatch):
    """Fig. 6's φ with ℓ↖ and ℓ↙ exchanged in the images is another certificate (r↗ and r↘ can be swapped), but the
    set that the paper names is that of its own φ."""
    monkeypatch.setattr(section_6, "FIGURE_6", {"ℓ◁": "r▷", "ℓ↙": "r↗", "ℓ↖": "r↘"})
    code, text = run(tmp_path, "keeping")
    assert code == 1
    assert "| item 1: right seeks more POWER, for most D | holds | holds | ✓ |" in text
    assert re.search(r"\| F\(★ \\\| right\) \\ φ·F\(★ \\\| left\) .*✗ NOT CONFIRMED", text)


@pytest.mark.parametrize(
    ("arguments", "told"),
    [(["--only", "figure-12"], "no section 'figure-12'; there are options,"), (["--samples", "63"], "at least 64")],
)
def test_bad_arguments(arguments, told, capsys):
    with pytest.raises(SystemExit) as stopped:
        reproduce.main(arguments)
    assert stopped.value.code == 2
    assert told in capsys.readouterr().err


# ---------------------------------------------------------------------- the parts


def test_figure_1_is_that_of_the_library():
    ours, plain = paper.figure_1(), mp.envs.figure_1()
    assert ours.states == tuple(paper.SYMBOLS[s] for s in plain.states)
    assert (ours.kernel != plain.kernel).nnz == 0
    assert ours.actions("★") == ("left", "down", "right")


@pytest.mark.parametrize(
    ("tail", "cycle", "text"),
    [
        ([], ["x"], "e_x/(1−γ)"),
        ([], ["x", "y"], "(e_x + γe_y)/(1−γ²)"),
        (["a", "b"], ["x"], "e_a + γe_b + γ²e_x/(1−γ)"),
        (["a"], ["x", "y", "z"], "e_a + γ(e_x + γe_y + γ²e_z)/(1−γ³)"),
    ],
)
def test_functions_are_written_as_the_paper_writes_them(tail, cycle, text):
    assert paper.function_text(tail, cycle) == text


@pytest.mark.parametrize("state", ["★", "ℓ↖", "r↘"])
def test_tail_and_cycle_have_the_visits_of_the_policy(state):
    """γ^k for the k-th state of the tail; γ^(k + j)/(1 − γ^L) for the j-th of a cycle of L that begins at k."""
    mdp, gamma = paper.figure_1(), 1 / 3
    among = mp.visits(mdp, state, gamma)
    for policy, row in zip(among.policies, among.rows, strict=True):
        tail, cycle = paper.tail_and_cycle(mdp, policy, mdp.index(state))
        expected = np.zeros(mdp.n_states)
        for k, s in enumerate(tail):
            expected[mdp.index(s)] = gamma**k
        for j, s in enumerate(cycle):
            expected[mdp.index(s)] = gamma ** (len(tail) + j) / (1 - gamma ** len(cycle))
        np.testing.assert_allclose(row, expected, rtol=1e-13)


@pytest.mark.parametrize("build", [mp.envs.figure_1, mp.envs.figure_9])
def test_empowerment_counts_where_sequences_of_actions_lead(build):
    """All sequences of n actions, one by one; an action that a state lacks is no action there."""
    mdp = build()

    def after(s, n):
        ways = product(*[range(3)] * n)
        found = set()
        for way in ways:
            x = s
            for choice in way:
                actions = mdp.actions(x)
                (x,) = mdp.successors(x, actions[choice % len(actions)])
            found.add(x)
        return found

    for s in mdp.states:
        for n in range(1, 5):
            assert a_b.empowerment(mdp, s, n) == pytest.approx(np.log2(len(after(s, n))))


@pytest.mark.parametrize("seed", range(5))
def test_simple_cycles_are_those_of_networkx(seed):
    rng = np.random.default_rng(seed)
    leads = [rng.choice(4, rng.integers(1, 5), replace=False).tolist() for _ in range(4)]
    graph = nx.DiGraph([(s, t) for s in range(4) for t in leads[s]])
    assert a_b.simple_cycles(leads) == {frozenset(cycle) for cycle in nx.simple_cycles(graph)}
    assert all(a_b.reachable(leads, s) == {s, *nx.descendants(graph, s)} for s in range(4))


@pytest.mark.parametrize("n_actions", [6, 10])
def test_pol_2_is_optimal_without_the_actions_it_does_not_know(n_actions):
    """Figure 11 with only a2, which leads to s5, at sr."""
    whole = mp.envs.figure_11(n_actions)
    known = restricted(whole, {"sr": "a2"})
    rewards = np.random.default_rng(0).normal(size=(50, whole.n_states))
    # Terminal states make what is earned on the way irrelevant at γ = 1.
    rewards[:, [whole.index(s) for s in ("s0", "sl", "sr")]] = 0
    values, _ = policy_values(whole, rewards, 1.0, c.pol_2)
    best = mp.optimal_values(known, rewards, 1.0).normalised
    np.testing.assert_allclose(values, best, atol=1e-12)


def test_broken_power_is_the_definition_without_its_last_term():
    """(1−γ)/γ · V*, which the solver knows as v = (1−γ)V*."""
    mdp, gamma = mp.envs.figure_1(), 0.75
    rewards = np.random.default_rng(1).normal(size=(20, mdp.n_states))
    v = mp.optimal_values(mdp, rewards, gamma).normalised
    for s in mdp.states:
        values, _ = elsewhere.broken_power(mdp, s, gamma)(rewards)
        np.testing.assert_allclose(values, v[:, mdp.index(s)] / gamma, atol=1e-12)


# ---------------------------------------------------------------------- what is committed


def test_the_committed_report_is_whole():
    text = (COMMITTED / "report.md").read_text(encoding="utf-8")
    assert "NOT CONFIRMED" not in text
    assert "FAILED" not in text
    assert len(re.findall(r"^## \d+\. ", text, re.MULTILINE)) == len(reproduce.SECTIONS)
    shown = set(re.findall(r"\]\(([\w-]+\.png)\)", text))
    there = {path.name for path in COMMITTED.glob("*.png")}
    assert shown == there
    assert all((COMMITTED / name).stat().st_size < MOST_BYTES for name in there)
    for section in LINES.keys() - {"elsewhere"}:
        for line in LINES[section]:
            assert line in text
