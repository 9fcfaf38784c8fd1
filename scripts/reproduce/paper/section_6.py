"""Figures 4, 6 and 7 of the paper: copies, votes, keeping options open, the long run (its section 6)."""

from __future__ import annotations

from typing import Any

import numpy as np
from matplotlib.figure import Figure

import mdppower as mp
from mdppower import theorems
from mdppower.errors import ParameterError
from mdppower.orbits import (
    Votes,
    action_is_optimal,
    action_power,
    average_optimal,
    evaluate_all,
    orbit,
    state_power,
    state_value,
    votes,
)
from mdppower.reports.claim_picture import draw_claim
from mdppower.symmetry import CopyFinder, contains_copy, involution
from mdppower.theorems.long_run import part_of
from scripts.reproduce.paper.notation import (
    BLACK,
    BLUE,
    EIGHTHS,
    FIGURE_4,
    FIGURE_6,
    GOLDEN_OPTIMAL,
    GOLDEN_POWER,
    ORBITS,
    PALE,
    VOTE_HEAD,
    PaperReport,
    Run,
    chart,
    counts,
    end_text,
    ends,
    exact_power,
    figure_1,
    functions,
    indicator,
    normals,
    number,
    set_text,
    vote_row,
)
from scripts.reproduce.report import REPAIR, RIGHT, say

# ---------------------------------------------------------------------- figure 1: section 6


def copies(report: PaperReport, run: Run) -> None:
    report.section("Figure 4: one state has a copy of what another has (Defs. 6.1 to 6.5, Prop. 6.6)")
    report.quote(
        "φ·F(ℓ↙) := {P_φ e_ℓ↙/(1−γ), P_φ (e_ℓ↙ + γe_ℓ↖)/(1−γ²)} = {e_r↘/(1−γ), (e_r↘ + γe_r↗)/(1−γ²)} ⊊ F(r↘)."
    )
    report.quote("In fact, because e_r↗/(1−γ) ∈ F_nd(r↘) \\ φ·F_nd(ℓ↙), r↘ has “strictly more options”.")
    mdp = figure_1()
    phi = involution(mdp, FIGURE_4)
    more, less = mp.visits(mdp, "r↘", 0.5), mp.visits(mdp, "ℓ↙", 0.5)
    image, target = functions(less, phi), functions(more)
    found = contains_copy(more, less.nondominated(), every=True)
    back = contains_copy(less, more.nondominated())
    extra = functions(more.nondominated()) - functions(less.nondominated(), phi)
    named = "e_r↗/(1−γ)"
    report.beside([
        ("F(r↘)", set_text({"e_r↘/(1−γ)", "(e_r↘ + γe_r↗)/(1−γ²)", "e_r↘ + γe_r↗/(1−γ)"}), set_text(target)),
        ("φ·F(ℓ↙), φ of fig. 4", set_text({"e_r↘/(1−γ)", "(e_r↘ + γe_r↗)/(1−γ²)"}), set_text(image)),
        ("φ·F(ℓ↙) ⊊ F(r↘)", "true", "true" if image < target else "false"),
        ("F_nd(r↘) \\ φ·F_nd(ℓ↙)", f"has {named}", set_text(extra), extra == {"e_r↘ + γe_r↗/(1−γ)"}),
    ])  # fmt: skip
    report.check(
        "every φ that does it, by a search of all",
        [one.moved for one in found.involutions] == [phi.moved],
        str(found.phi),
    )
    report.check(
        "the reverse: F(ℓ↙) contains no copy of F_nd(r↘), proved by exhaustion", back.status == "none", back.status
    )
    report.verdict("e_r↗/(1−γ) ∈ F_nd(r↘)", REPAIR, "every f in F(r↘) begins at r↘, so that the function meant is "
                                                    "e_r↘ + γe_r↗/(1−γ); it is in the difference, and the "
                                                    "conclusion stands")  # fmt: skip

    report.paragraph("""**A reward function and its image.** R' gives 1 to ℓ↙ and ℓ↖. At γ = 1/2, 1/(1−γ) = 2:""")
    both = [state_value(mdp, s, 0.5) for s in ("ℓ↙", "r↘")]
    reward = indicator(mdp, "ℓ↙", "ℓ↖")
    values = [tuple(float(v) * 2 for v in evaluate_all(both, x)[0][0]) for x in (reward, phi.act(reward))]
    report.beside([
        ("V* of R' at ℓ↙ and r↘", (2.0, 0.0), values[0], np.allclose(values[0], (2, 0), atol=1e-12)),
        ("V* of φ·R' at ℓ↙ and r↘", (0.0, 2.0), values[1], np.allclose(values[1], (0, 2), atol=1e-12)),
    ])  # fmt: skip
    rewards = normals(mdp, run, 6)
    plain, moved = evaluate_all(both, rewards)[0], evaluate_all(both, phi.act(rewards))[0]
    prefers = plain[:, 0] > plain[:, 1]
    turned = moved[prefers, 0] < moved[prefers, 1]
    report.check("“for any R which assigns ℓ↙ greater optimal value than r↘, the opposite holds for φ·R”: of "
                 f"{int(prefers.sum()):,} such R among {run:,}",
                 turned.all(), int(turned.sum()))  # fmt: skip
    members = {tuple(row) for row in orbit(indicator(mdp, "★"))}
    report.check(
        "the orbit of D_s has one element for each state: e_s', s' ∈ S",
        members == {tuple(indicator(mdp, s)) for s in mdp.states},
        len(members),
    )

    report.paragraph("""**Proposition 6.6.** With φ of fig. 4 as the certificate, `theorems.proposition_6_6`
        checks the hypothesis, tries the inequality POWER of r↘ under φ·R ≥ POWER of ℓ↙ under R on drawn
        rewards, lets orbits vote, and looks at the strict part.""")
    here = theorems.setting(mdp, [0, 0.5, 0.9, 1], samples=min(run, 4000), votes=400, rng=6)
    claim = theorems.proposition_6_6(here, "r↘", "ℓ↙", phi=FIGURE_4)
    clean = [e for e in claim.evidence if e.kind == "pathwise"]
    level = exact_power(figure_1)
    report.beside([
        ("POWER(r↘, γ) ≥_most POWER(ℓ↙, γ)", "all γ in [0, 1]", claim.verdict, claim.verdict == "holds"),
        ("the stronger condition", "fulfilled", claim.strict.status, claim.strict.status == "met"),
        ("strict for uniform rewards, γ in (0, 1); POWER(r↘) − POWER(ℓ↙) at 1/2", "> 0",
         level[0.5]["r↘"] - level[0.5]["ℓ↙"],
         all(level[g]["r↘"] > level[g]["ℓ↙"] for g in EIGHTHS[1:-1])),
    ])  # fmt: skip
    report.check(
        f"violations of the pathwise inequality in {here.samples:,} draws at each of γ = 0, .5, .9, 1",
        all(e.outcome == "supports" for e in clean),
        sum(e.numbers["violations"] for e in clean),
    )
    report.check(
        "at γ = 0, where nothing strict is claimed, the two are equal",
        level[0.0]["r↘"] == level[0.0]["ℓ↙"],
        level[0.0]["ℓ↙"],
    )
    report.picture(
        "figure-4",
        draw_claim(claim),
        "Figure 4: φ as arrows. What ℓ↙ can do on the left, r↘ can do with other states, and more.",
    )

    report.paragraph("""**Votes (Def. 6.5).** Each element of an orbit votes on POWER(r↘) > POWER(ℓ↙); the
        proposition says that r↘ never loses. All elements are counted, exactly; these counts agree with those
        of another implementation in rational arithmetic (`tests/golden`).""")
    table: list[tuple[Any, ...]] = [VOTE_HEAD]
    agree, bars = [], []
    for gamma in (0.5, 1.0):
        right, left = (state_power(mdp, s, gamma) for s in ("r↘", "ℓ↙"))
        for k, reward_of in enumerate(ORBITS):
            seen = votes(right, left, reward_of)
            agree.append(seen.exhaustive and (seen.greater, seen.less) == GOLDEN_POWER[gamma, k])
            text = ", ".join(map(str, reward_of))
            table.append(vote_row(text, gamma, seen))
            if gamma == 0.5:
                bars.append((f"POWER: {text}", seen))
    report.table(table)
    report.check("all counts are the golden ones", all(agree), f"{sum(agree)} of {len(agree)} orbits")
    right, left = (action_is_optimal(mdp, "★", a, 0.5) for a in ("right", "left"))
    bars += [(f"optimal: {', '.join(map(str, r))}", votes(right, left, r)) for r in ORBITS]
    report.picture(
        "votes",
        votes_picture(bars),
        """Votes at γ = 1/2: POWER(r↘) against POWER(ℓ↙), and whether right or left is optimal at ★
        (section 6.1 below). Dark is never shorter than white.""",
    )
    report.verdict(
        "Prop. 6.6 for r↘ and ℓ↙",
        RIGHT,
        "certified by fig. 4's φ, the only one there is; no draw violates the inequality, no orbit is lost",
    )


def votes_picture(bars: list[tuple[str, Votes]]) -> Figure:
    figure, axes = chart(7.6, 0.36 * len(bars) + 1.2)
    names = [name for name, _ in bars][::-1]
    start = np.zeros(len(bars))
    for label, part, colour in (("greater", "greater", BLUE), ("equal", "equal", PALE), ("less", "less", "white")):
        shares = np.array([getattr(seen, part) / seen.size for _, seen in bars][::-1])
        axes.barh(names, shares, left=start, color=colour, edgecolor=BLACK, linewidth=0.6, label=label)
        start += shares
    for y, (_, seen) in enumerate(bars[::-1]):
        axes.text(1.01, y, counts(seen), va="center", fontsize=8)
    axes.tick_params(axis="y", labelsize=8)
    axes.set(
        xlim=(0, 1.25), xticks=[0, 0.25, 0.5, 0.75, 1], xlabel="share of the orbit; at the right, greater : less"
    )
    axes.legend(fontsize=8, loc="upper center", bbox_to_anchor=(0.4, 1.14), ncols=3, frameon=False)
    return figure


def keeping(report: PaperReport, run: Run) -> None:
    report.section("Figure 6: keeping options open (section 6.1, Prop. 6.9)")
    report.quote("★ ∉ REACH(★, left) and ★ can only reach {ℓ◁, ℓ↖, ℓ↙} ∪ {r▷, r↗, r↘} when the agent immediately "
                 "takes actions equivalent to left or right. F(★ | π(★) = right) contains a copy of F(★ | π(★) = "
                 "left) via φ. Furthermore, F_nd(★) ∩ {e_★ + γe_r▷ + γ²e_r↘ + γ³e_r↗/(1−γ), e_★ + γe_r▷ + "
                 "γ²e_r↗/(1−γ)} = {e_★ + γe_r▷ + γ²e_r↗/(1−γ)} is non-empty, and so all conditions are "
                 "met.")  # fmt: skip
    mdp = figure_1()
    phi = involution(mdp, FIGURE_6)
    whole = mp.visits(mdp, "★", 0.5)
    by = {a: mp.visits(mdp, "★", 0.5, given={"★": a}) for a in ("left", "right")}
    here = theorems.setting(mdp, [0, 0.5, 0.9, 1], samples=min(run, 4000), votes=400, rng=69)
    reach = {a: {mdp.states[s] for s in np.flatnonzero(here.reach(0, [mdp.pair("★", a)]))} for a in by}
    seeking = theorems.proposition_6_9_1(here, "★", "right", "left", phi=FIGURE_6)
    likely = theorems.proposition_6_9_2(here, "★", "right", "left", phi=FIGURE_6)
    difference = functions(by["right"]) - functions(by["left"], phi)
    strict = functions(whole.nondominated()) & difference
    paper_set = {"e_★ + γe_r▷ + γ²e_r↘ + γ³e_r↗/(1−γ)", "e_★ + γe_r▷ + γ²e_r↗/(1−γ)"}
    report.beside([
        ("REACH(★, left)", set_text({"ℓ◁", "ℓ↖", "ℓ↙"}), set_text(reach["left"])),
        ("REACH(★, right)", set_text({"r▷", "r↗", "r↘"}), set_text(reach["right"])),
        ("φ·F(★ | left) ⊆ F(★ | right)", "contains a copy", f"{len(by['left'])} of {len(by['right'])} functions",
         functions(by["left"], phi) < functions(by["right"])),
        ("F(★ | right) \\ φ·F(★ | left)", set_text(paper_set), set_text(difference)),
        ("F_nd(★) ∩ that", "{e_★ + γe_r▷ + γ²e_r↗/(1−γ)}", set_text(strict)),
        ("item 1: right seeks more POWER, for most D", "holds", seeking.verdict),
        ("item 2: right is more likely optimal, for most D", "holds", likely.verdict),
        ("converses fail for γ in (0, 1), items 1 and 2", ("met", "met"),
         (seeking.strict.status, likely.strict.status)),
    ])  # fmt: skip
    for claim in (seeking, likely):
        tried = [e for e in claim.evidence if e.kind == "pathwise"]
        report.check(
            f"{claim.reference}: violations, draw by draw, at γ = 0, .5, .9, 1 "
            f"({sum(e.numbers['draws'] for e in tried):,} draws)",
            all(e.outcome == "supports" for e in tried),
            sum(e.numbers["violations"] for e in tried),
        )
    report.paragraph("""**Votes.** Whether right or left is optimal at ★ for a reward function is yes or no, so
        that each orbit can be counted; elements where both are, or neither is (∅ is best), count for neither
        side.""")
    optimal_here = [action_is_optimal(mdp, "★", a, 0.5) for a in ("right", "left")]
    seen = [votes(*optimal_here, r) for r in ORBITS]
    report.table([VOTE_HEAD, *(vote_row(", ".join(map(str, r)), 0.5, v) for r, v in zip(ORBITS, seen, strict=True))])
    report.check(
        "the golden counts", [(v.greater, v.less) for v in seen] == list(GOLDEN_OPTIMAL), ", ".join(map(counts, seen))
    )
    sought = [votes(*(action_power(mdp, "★", a, g) for a in ("right", "left")), range(8)) for g in (0.0, 0.5, 1.0)]
    report.check(
        "POWER sought by right against left in the orbit of 0, …, 7, at γ = 0, 1/2, 1",
        all(v.is_most for v in sought),
        ", ".join(map(counts, sought)),
    )

    report.paragraph("""“For any γ and D such that P(★, left, γ) > P(★, right, γ), environmental symmetry
        ensures that [the opposite holds] for φ·D.” For degenerate D this is about single reward functions:""")
    rewards = normals(mdp, min(run, 4000), 70)
    (plain, _), (moved, _) = (evaluate_all(optimal_here, x) for x in (rewards, phi.act(rewards)))
    left_only = plain[:, 1] > plain[:, 0]
    report.check(
        f"of {int(left_only.sum()):,} reward functions for which only left is optimal at γ = 1/2, φ·R makes only "
        "right optimal in",
        (moved[left_only, 0] > moved[left_only, 1]).all(),
        int((moved[left_only, 0] > moved[left_only, 1]).sum()),
    )
    right_only = plain[:, 0] > plain[:, 1]
    back = int((moved[right_only, 1] > moved[right_only, 0]).sum())
    report.check(f"the converse is not so: of {int(right_only.sum()):,} for which only right is, φ·R makes only "
                 "left optimal in",
                 0 < back < right_only.sum(), back)  # fmt: skip
    report.picture(
        "figure-6", draw_claim(seeking), "Figure 6: φ takes what follows left into what follows right; ∅ and ★ stay."
    )

    report.paragraph("""**A step of the proof.** The paper proves item 2 with φ', “φ'(s_x) := φ(s_x) when s_x ∈
        REACH(s, a') ∪ REACH(s, a), and equal s_x otherwise. Since φ is an involution, so is φ'.” It need not be
        a permutation: let left lead to x, right to y₁, which can be kept or exchanged for y₂, and down to z; φ
        = (x y₁)(y₂ z) is fine as a certificate, but φ' takes both y₂ and z to z. Moving only what F(s | a')
        visits, and its images, repairs the proof; it is how mdppower normalises φ.""")
    small = mp.RewardlessMDP.from_successors(
        {"s": {"left": "x", "right": "y1", "down": "z"}, "y1": {"stay": "y1", "on": "y2"},
         "x": {"stay": "x"}, "y2": {"stay": "y2"}, "z": {"stay": "z"}}
    )  # fmt: skip
    finder = CopyFinder(small)
    given = finder.given_actions("s", "right", "left", {"x": "y1", "y2": "z"})
    order = {s: k for k, s in enumerate(small.states)}
    try:
        involution(small, [order[{"x": "y1", "y1": "x", "y2": "z"}.get(s, s)] for s in small.states])
        refused = ""
    except ParameterError as error:
        refused = str(error)
    report.check("φ is a certificate; φ' is refused", given.status == "found" and refused, refused)
    report.check(
        "what the search gives instead",
        (normal := finder.actions("s", "right", "left")).status == "found",
        str(normal.phi),
    )
    report.verdict(
        "Prop. 6.9, both items, on figure 1", RIGHT, "all sets as printed; certified, no violation, no orbit lost"
    )
    report.verdict(
        "Prop. 6.9's proof: φ' is an involution",
        REPAIR,
        "not always; restricted to what F(s | a') visits and its images it is",
    )


def long_run(report: PaperReport, run: Run) -> None:
    report.section("Figure 7: the long run, γ = 1 (section 6.2)")
    report.quote("RSD(★) = {e_ℓ↙, ½(e_ℓ↙ + e_ℓ↖), e_∅, e_r↗, ½(e_r↗ + e_r↘), e_r↘}. … ½(e_r↗ + e_r↘) is dominated.")
    report.quote(
        "[Prop. 6.12] φ·RSD_nd(∅) = φ·{e_∅} = {e_r↘} ⊊ {e_r↘, e_r↗} = RSD_nd(r↘) ⊆ RSD(r↘). The conditions are "
        "satisfied."
    )
    report.quote("[Cor. 6.14] e_∅, e_r↘, e_r↗ ∈ RSD(★). Thus, both conclusions hold: P(RSD(★) \\ {e_∅}, average) "
                 "≥_most P({e_∅}, average), and not ≤_most.")  # fmt: skip
    mdp, level = figure_1(), exact_power(figure_1)
    every = mp.rsd(mdp, "★")
    best = every.nondominated()
    here = theorems.setting(mdp, 1.0, samples=min(run, 4000), votes=5000, rng=613)
    known = theorems.proposition_6_12(here, "r↘", "∅")
    left, middle, right = theorems.end_groups(here, "★")
    corollary = theorems.corollary_6_14(here, "★", "∅")
    six = {"e_ℓ↙", "½(e_ℓ↙ + e_ℓ↖)", "e_∅", "e_r↗", "½(e_r↗ + e_r↘)", "e_r↘"}
    report.beside([
        ("Def. 6.10: RSD(★)", set_text(six), set_text(ends(every))),
        ("RSD_nd(★)", set_text(six - {"½(e_r↗ + e_r↘)"}), set_text(ends(best))),
        ("RSD_nd(∅)", "{e_∅}", set_text(ends(mp.rsd(mdp, "∅").nondominated()))),
        ("RSD_nd(r↘)", "{e_r↗, e_r↘}", set_text(ends(mp.rsd(mdp, "r↘").nondominated()))),
        ("Prop. 6.12: φ swaps", {"∅": "r↘", "r↘": "∅"}, _a_swap_of_empty(here)),
        ("POWER(r↘, 1) ≥_most POWER(∅, 1), and not ≤_most", ("holds", "met"), (known.verdict, known.strict.status)),
        ("Cor. 6.14: average-optimal policies tend not to end in ∅", ("holds", "met"),
         (corollary.verdict, corollary.strict.status)),
    ])  # fmt: skip
    report.paragraph(f"""For uniform rewards POWER(r↘, 1) = {say(level[1.0]["r↘"])} and POWER(∅, 1) =
        {say(level[1.0]["∅"])}. Beside ∅ three 1-cycles can be reached: r↗, r↘, and ℓ↙,
        which the paper does not name here; the strict part of the corollary needs two.""")

    report.paragraph("""**Theorem 6.13.** RSD(★) falls into three groups without a state in common: left {e_ℓ↙,
        ½(e_ℓ↙ + e_ℓ↖)}, {e_∅}, right {e_r↗, e_r↘, ½(e_r↗ + e_r↘)}. The theorem orders each pair of them, and
        votes over the orbit of 0, …, 7 agree:""")
    chance = {}
    groups = {"left": left, "∅": middle, "right": right}
    for name, group in groups.items():
        chance[name] = number(mp.average_optimality(mdp, "★", ends=group, method="exact"))
    rows: list[tuple[Any, ...]] = [
        ("D", "D'", "P(D, average)", "P(D', average)", "theorem 6.13", "converse fails", "φ", "votes")
    ]
    reports = {}
    for first, second in (("right", "left"), ("right", "∅"), ("left", "∅"), ("∅", "left"), ("left", "right")):
        one = reports[first, second] = theorems.theorem_6_13(
            here, "★", groups[first], groups[second], names=(first, second)
        )
        seen = votes(*(average_optimal(mdp, "★", groups[x], name=x) for x in (first, second)), range(8))
        strict = "" if one.strict is None else {"met": "yes"}.get(one.strict.status, one.strict.status)
        swaps = ", ".join(f"{a} ↔ {b}" for a, b in (one.phi or {}).items() if mdp.index(a) < mdp.index(b))
        rows.append((first, second, chance[first], chance[second], one.verdict, strict, swaps, counts(seen)))
    report.table(rows)
    report.check(
        "it applies to right over left, right over ∅, left over ∅, with the strict part; and to no reverse",
        [r.verdict for r in reports.values()] == ["holds"] * 3 + ["not applicable"] * 2
        and all(reports[k].strict.status == "met" for k in (("right", "left"), ("right", "∅"), ("left", "∅"))),
        "3 hold, 2 not applicable",
    )
    report.check(
        "the three probabilities are in this order, and their sum is 1 (no ties)",
        chance["right"] > chance["left"] > chance["∅"] and sum(chance.values()) == 1,
        tuple(chance.values()),
    )
    alone = [k for k, row in enumerate(every.rows) if end_text(mdp, row) == "e_∅"]
    others = part_of(every, [k for k in range(len(every)) if k not in alone])
    elsewhere = number(mp.average_optimality(mdp, "★", ends=others, method="exact"))
    report.check(
        "Cor. 6.14 in numbers: P(RSD(★) \\ {e_∅}, average) and P({e_∅}, average)",
        elsewhere > chance["∅"],
        (elsewhere, chance["∅"]),
    )
    near = mp.power(mdp, 1 - 2.0**-10, method="exact").exact
    report.check(
        "“strictly POWER-seeking when γ = 1, [so] at discount rates sufficiently close to 1”: POWER(r▷) − "
        "POWER(ℓ◁) at 1 − 2⁻¹⁰ and at 1",
        near[mdp.index("r▷")] > near[mdp.index("ℓ◁")],
        (float(near[mdp.index("r▷")] - near[mdp.index("ℓ◁")]), level[1.0]["r▷"] - level[1.0]["ℓ◁"]),
    )
    blackwell = dict(zip(mdp.actions("★"), mp.action_optimality(mdp, 1.0, method="exact").of("★").exact, strict=True))
    report.check(
        "here, but not always (see figure 10), average optimality and the limit γ → 1 of optimality agree, action "
        "by action",
        [blackwell[a] for a in ("left", "down", "right")] == [chance[g] for g in ("left", "∅", "right")],
        tuple(blackwell.values()),
    )
    report.picture(
        "figure-7", draw_claim(reports["right", "∅"]), "Figure 7 and Theorem 6.13: the ends on the right against ∅."
    )
    report.verdict("Def. 6.10, Prop. 6.12, Thm. 6.13, Cor. 6.14 on figure 1", RIGHT,
                   "sets as printed; average-optimal policies end right, left, in ∅ with probability "
                   f"{', '.join(say(chance[x]) for x in ('right', 'left', '∅'))}")  # fmt: skip


def _a_swap_of_empty(here: theorems.Setting) -> dict[str, str]:
    """Of the φ with φ·RSD_nd(∅) ⊆ RSD(r↘), the one that moves r↘, if there is one."""
    found = here.finder.ends("r↘", "∅", every=True)
    return next((dict(one.moved) for one in found.involutions if "r↘" in one.moved), {})
