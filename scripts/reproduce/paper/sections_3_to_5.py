"""Figures 1, 2 and 3 of the paper: visit distributions, optimality probabilities, POWER (its sections 3, 4 and 5)."""

from __future__ import annotations

from collections.abc import Callable
from fractions import Fraction
from typing import Any

import numpy as np
from matplotlib.figure import Figure
from matplotlib.patches import FancyArrowPatch
from scipy import stats

import mdppower as mp
from mdppower import theorems
from mdppower.orbits import action_is_optimal, evaluate_all, state_power
from scripts.reproduce.paper.notation import (
    BLACK,
    BLUE,
    EIGHTHS,
    GREY,
    HALF,
    TWO_THIRDS,
    PaperReport,
    Run,
    chart,
    exact_power,
    figure_1,
    function_text,
    functions,
    indicator,
    mean_value,
    normals,
    number,
    set_text,
    tail_and_cycle,
)
from scripts.reproduce.report import REPAIR, RIGHT, say, short

# ---------------------------------------------------------------------- figure 1: sections 3 and 4


def options(report: PaperReport, run: Run) -> None:
    report.section("Figure 1: visit distributions (section 3)")
    report.quote("In fig. 1, starting from ℓ↙, the agent can stay at ℓ↙ or alternate between ℓ↙ and ℓ↖ … In "
                 "contrast, at ∅, all policies π map to visit distribution function e_∅/(1−γ). … Only dominated "
                 "visit distribution functions alternate between r↗ and r↘.")  # fmt: skip
    mdp = figure_1()
    report.paragraph("""The text fixes all arrows of the figure: ★ leads left to ℓ◁, right to r▷, and to ∅ (here
        called *down*); ℓ◁ to ℓ↙ and ℓ↖; r▷ to r↘ and r↗; only ℓ↙, ∅, r↘ and r↗ can be kept. In the library the
        states are star, l_tri, l_sw, l_nw, empty, r_tri, r_ne, r_se (`mdppower.envs.figure_1()`).""")
    sets = {s: mp.visits(mdp, s, 0.5) for s in mdp.states}
    best = {s: sets[s].nondominated() for s in mdp.states}
    loops = {mdp.states[s] for s in mdp.one_cycles}
    terminal = {mdp.states[s] for s in mdp.absorbing_states}
    unused = {p for p in range(mdp.n_pairs) if all(p not in policy.values() for policy in best["★"].policies)}
    gray = {f"{s} {a}" for s, a in map(mdp.pair_label, sorted(unused))}
    right = mp.visits(mdp, "★", 0.5, given={"★": "right"})
    report.beside([
        ("Def. 3.2: 1-cycles", "ℓ↙", set_text(loops), "ℓ↙" in loops),
        ("Def. 3.2: terminal states", "{∅}", set_text(terminal)),
        ("Def. 3.3: F(ℓ↙)", set_text({"e_ℓ↙/(1−γ)", "(e_ℓ↙ + γe_ℓ↖)/(1−γ²)"}), set_text(functions(sets["ℓ↙"]))),
        ("F(∅)", "{e_∅/(1−γ)}", set_text(functions(sets["∅"]))),
        ("★ has more of them than ∅", "more", f"{len(sets['★'])} > {len(sets['∅'])}",
         len(sets["★"]) > len(sets["∅"])),
        ("fig. 2: gray actions, of dominated f in F(★) only", "between r↗ and r↘", set_text(gray),
         gray == {"r↗ to r↘", "r↘ to r↗"}),
    ])  # fmt: skip
    report.paragraph("""How many there are, and how many are strictly best for some reward function:""")
    report.table([
        ("", *mdp.states),
        ("size of F(s)", *(len(sets[s]) for s in mdp.states)),
        ("size of F_nd(s)", *(len(best[s]) for s in mdp.states)),
    ])  # fmt: skip
    kept = functions(best["★"])
    dominated = sorted(functions(sets["★"]) - kept, key=lambda x: (x.count("ℓ"), x))
    report.paragraph(f"F_nd(★) = {set_text(kept)}. The other {len(dominated)} are dominated: {'; '.join(dominated)}.")

    # No f that is dominated is ever ahead of all others; each of F_nd is, for some draw.
    rows = sets["★"].rows
    worth = normals(mdp, run, 3) @ rows.T
    ordered = np.sort(worth, axis=1)
    ahead = worth - np.where(worth == ordered[:, -1:], ordered[:, -2:-1], ordered[:, -1:])
    lead = ahead.max(axis=0)
    is_best = np.isin(np.arange(len(rows)), [sets["★"].policies.index(p) for p in best["★"].policies])
    report.check(f"the greatest lead of a dominated f over all others in {run:,} normal reward functions, γ = 1/2",
                 (lead[~is_best] < 1e-12).all(), max(0.0, float(lead[~is_best].max())))  # fmt: skip
    report.check(
        "and the least of the greatest leads of those in F_nd(★)",
        (lead[is_best] > 0).all(),
        float(lead[is_best].min()),
    )
    for s in ("r↘", "r↗"):
        best_for = mp.optimal_values(mdp, indicator(mdp, s), 0.5).policies[0]
        path = ["★"]
        while len(path) < 4:
            (follows,) = mdp.successors(path[-1], mdp.action_names[best_for[mdp.index(path[-1])]])
            path.append(follows)
        report.check(
            f"the optimal policy of e_{s} at γ = 1/2 goes to {s} and stays there",
            path[-2:] == [s, s],
            " → ".join(path),
        )
    report.verdict("Section 3: F, F_nd and fig. 2's gray actions", RIGHT,
                   f"all sets are as printed; F(★) has {len(sets['★'])} functions, F_nd(★) {len(best['★'])}, F(★ | "
                   f"right) {len(right)}")  # fmt: skip
    report.picture(
        "figure-2",
        dominated_picture(mdp, unused),
        """Figures 1 and 2: the MDP. Dotted: actions of dominated
        visit distribution functions only. Orange: terminal.""",
    )


def dominated_picture(mdp: mp.RewardlessMDP, unused: set[int]) -> Figure:
    """The MDP, with some of its pairs dotted."""
    figure = mdp.plot(title="★ leads left, right or down; dotted: never strictly best")
    arrows = [patch for patch in figure.axes[0].patches if isinstance(patch, FancyArrowPatch)]
    # In a deterministic MDP without equivalent actions arrows are drawn in the order of pairs.
    for pair, arrow in zip(range(mdp.n_pairs), arrows, strict=True):
        if pair in unused:
            arrow.set(linestyle=(0, (1, 1.6)), color=GREY, linewidth=1.6)
    return figure


def optimality(report: PaperReport, run: Run) -> None:
    report.section("Figure 1: the probability of being optimal (section 4)")
    report.quote("When γ = 0 … identically distributed reward means ℓ◁ and r▷ have an equal probability of having "
                 "maximal next-state reward. Therefore, P(★, left, 0) = P(★, right, 0) [for any "
                 "D_X-iid].")  # fmt: skip
    report.quote("With D_ℓ◁ being the degenerate distribution on reward function e_ℓ◁, P(★, left, ½) = 1 > 0 = "
                 "P(★, right, ½). Similarly, [under D_r▷] P(★, left, ½) = 0 < 1 = P(★, right, ½).")  # fmt: skip
    mdp = figure_1()
    indicators = {a: action_is_optimal(mdp, "★", a, 0.5) for a in mdp.actions("★")}
    rows = []
    for s, expected in (("ℓ◁", (1, 0)), ("r▷", (0, 1)), ("r↘", (0, 1))):
        chances = tuple(int(indicators[a](indicator(mdp, s))[0][0]) for a in ("left", "right"))
        rows.append((f"D_{s}: P(★, left, ½), P(★, right, ½)", expected, chances))
    everywhere = mp.action_optimality(mdp, EIGHTHS, method="exact")
    at = {g: dict(zip(mdp.actions("★"), everywhere.of("★", gamma=g).exact, strict=True)) for g in EIGHTHS}
    rows.append(
        (
            "X uniform: P(★, left, 0) = P(★, right, 0)",
            "equal",
            (at[0.0]["left"], at[0.0]["right"]),
            at[0.0]["left"] == at[0.0]["right"],
        )
    )
    report.beside(rows)
    coin = mp.action_optimality(mdp, 0, stats.bernoulli(0.5), method="exact").of("★").exact
    tossed = dict(zip(mdp.actions("★"), coin, strict=True))
    report.verdict("P(★, left, 0) = P(★, right, 0) for every D_X-iid", REPAIR, "so it is if X has no atoms; where "
                                                                               "equal rewards have a positive "
                                                                               "probability, what follows later "
                                                                               "decides (Def. 4.1 takes a limit), "
                                                                               "and right may have more: for a "
                                                                               f"fair coin X {say(tossed['left'])} "
                                                                               "against "
                                                                               f"{say(tossed['right'])}")  # fmt: skip
    report.check(
        "fair coin, γ → 0: left is less likely optimal than right",
        tossed["left"] < tossed["right"],
        (tossed["left"], tossed["right"]),
    )
    report.check(
        "and all 256 reward functions of zeros and ones give the same two numbers",
        _by_counting(mdp) == [tossed["left"], tossed["right"]],
        "counted",
    )
    report.paragraph("""For uniform X, left and right are equally likely at γ = 0 and nowhere else. Exact
        probabilities (at 0 and 1 the limits):""")
    report.table(
        [
            ("γ", "P(★, left, γ)", "P(★, down, γ)", "P(★, right, γ)"),
            *(
                (g, *(at[g][a] if g in (0, 0.5, 1) else short(at[g][a]) for a in ("left", "down", "right")))
                for g in EIGHTHS
            ),
        ]
    )
    report.check(
        "left is less likely than right at every γ = 1/8 … 1",
        all(at[g]["left"] < at[g]["right"] for g in EIGHTHS[1:]),
        at[0.5]["right"] - at[0.5]["left"],
    )
    whole = mp.visits(mdp, "★", 0.5)
    pair = ["e_★ + γe_∅/(1−γ)", "e_★ + γe_r▷ + γ²e_r↗/(1−γ)"]
    start = mdp.index("★")
    chosen = [k for k, p in enumerate(whole.policies) if function_text(*tail_and_cycle(mdp, p, start)) in pair]
    together = number(mp.visit_optimality(whole.select(chosen), method="exact"))
    apart = [number(mp.visit_optimality(whole.select([k]), method="exact")) for k in chosen]
    report.check(
        f"Def. 4.3's example F = {set_text(pair)}: P(F, ½) is the sum of its two parts",
        together == sum(apart),
        together,
    )
    gammas = np.linspace(0, 1, 33).tolist()
    curve = mp.action_optimality(mdp, gammas, method="exact").of("★").mean
    figure, axes = chart(6.4, 3.6)
    for a, line in (("right", "-"), ("left", "--"), ("down", ":")):
        axes.plot(gammas, curve[:, mdp.actions("★").index(a)], line, color=BLUE if a == "right" else BLACK, label=a)
    axes.set(
        xlabel="γ",
        ylabel="P(★, a, γ), uniform rewards",
        xlim=(0, 1),
        ylim=(0.2, 0.5),
        title="Which action is optimal at ★, and how often",
    )
    axes.legend(loc="upper left")
    report.picture("optimality", figure, "All three start at 1/3. The ends at γ = 1 are 113/240, 47/160 and 113/480.")
    report.verdict("Section 4: degenerate distributions", RIGHT, "1 > 0 and 0 < 1, as printed")


def _by_counting(mdp: mp.RewardlessMDP) -> list[Fraction]:
    """P(★, left, 0) and P(★, right, 0) over all rewards of zeros and ones."""
    rewards = np.array([[k >> s & 1 for s in range(8)] for k in range(256)], dtype=float)
    found, _ = evaluate_all([action_is_optimal(mdp, "★", a, 0.0) for a in ("left", "right")], rewards)
    return [Fraction(int(column.sum()), 256) for column in found.T]


# ---------------------------------------------------------------------- figure 1: section 5


def power(report: PaperReport, run: Run) -> None:
    report.section("Figure 3: POWER (section 5)")
    report.quote("For X_u := unif(0, 1), V*(∅, γ) = ½ · 1/(1−γ), V*(ℓ↙, γ) = ½ + γ/(1−γ²) (⅔ + ½γ), and V*(r↘, γ) "
                 "= ½ + γ/(1−γ) ⅔. … For all γ ∈ (0, 1), V*(∅, γ) < V*(ℓ↙, γ) < V*(r↘, γ). POWER(∅, γ) = ½, "
                 "POWER(ℓ↙, γ) = 1/(1+γ) (⅔ + ½γ), and POWER(r↘, γ) = ⅔.")  # fmt: skip
    mdp, level = figure_1(), exact_power(figure_1)
    inside = EIGHTHS[1:-1]
    forms: dict[str, tuple[str, Callable[[Fraction], Fraction], str, Callable[[Fraction], Fraction]]] = {
        "∅": ("½ · 1/(1−γ)", lambda g: HALF / (1 - g), "½", lambda g: HALF),
        "ℓ↙": ("½ + γ/(1−γ²) (⅔ + ½γ)", lambda g: HALF + g / (1 - g**2) * (TWO_THIRDS + g / 2),
               "1/(1+γ) (⅔ + ½γ)", lambda g: (TWO_THIRDS + g / 2) / (1 + g)),
        "r↘": ("½ + γ/(1−γ) ⅔", lambda g: HALF + g / (1 - g) * TWO_THIRDS, "⅔", lambda g: TWO_THIRDS),
    }  # fmt: skip
    value = {(s, g): mean_value(mdp, s, g) for s in forms for g in inside}
    rows: list[tuple[Any, ...]] = []
    for s, (v_text, v, p_text, p) in forms.items():
        rows.append(
            (
                f"V*({s}, γ) = {v_text}; at γ = 1/2",
                v(HALF),
                value[s, 0.5],
                all(v(Fraction(g)) == value[s, g] for g in inside),
            )
        )
        rows.append(
            (
                f"POWER({s}, γ) = {p_text}; at γ = 1/2",
                p(HALF),
                level[0.5][s],
                all(p(Fraction(g)) == level[g][s] for g in EIGHTHS),
            )
        )
    ordered = all(value["∅", g] < value["ℓ↙", g] < value["r↘", g] for g in inside)
    rows.append(("V*(∅) < V*(ℓ↙) < V*(r↘)", "all γ in (0, 1)", "at all of 1/8 … 7/8", ordered))
    one, two = (number(mp.complexity(mp.Option.vectors(np.eye(k)), method="exact")) for k in (1, 2))
    rows.append(("expected maxima of one and of two draws", (HALF, TWO_THIRDS), (one, two)))
    report.beside(rows)
    report.paragraph("""Each row is compared in fractions at γ = 1/8, …, 7/8 (POWER at 0 and 1, too). “Here” is
        an integral of the largest of the functions in F_nd(s) over the cube [0, 1]⁸, and uses none of these
        formulas. All states:""")
    report.table(
        [
            ("POWER(s, γ)", *mdp.states),
            *(
                (f"γ = {text}", *(level[g][s] for s in mdp.states))
                for text, g in (("0", 0.0), ("1/2", 0.5), ("1", 1.0))
            ),
        ]
    )
    report.verdict("Figure 3's V* and POWER", RIGHT, "equal in fractions")

    report.paragraph("""**Lemma 5.3 (POWER is continuous on [0, 1]).** The first and the last row above are not
        taken at a γ near the ends: at 0 they are E max over actions of the next reward, at 1 E max over RSD(s)
        of average reward. That POWER tends to them is what the lemma says. V*, in contrast, grows without bound
        as γ → 1.""")
    near, near_zero = 1 - 2.0**-20, 2.0**-20
    close = mp.power(mdp, [near_zero, near], method="exact").exact
    jump = max(
        abs(row[k] - level[end][s])
        for row, end in zip(close, (0.0, 1.0), strict=True)
        for k, s in enumerate(mdp.states)
    )
    report.check(
        "the largest |POWER(s, γ) − POWER(s, end)| at γ = 2⁻²⁰ and 1 − 2⁻²⁰, all states", jump < 2e-6, float(jump)
    )
    report.check("V*(∅, γ) there", mean_value(mdp, "∅", near) > 500_000, float(mean_value(mdp, "∅", near)))
    here = theorems.setting(mdp, [0, 0.5, 0.9, 1], samples=min(run, 2000), rng=5)
    report.check(
        "`theorems.lemma_5_3` at ★", (found := theorems.lemma_5_3(here, "★")).verdict == "holds", found.verdict
    )

    report.paragraph("""**Proposition 5.4 (maximal POWER).** E max R over eight uniform rewards is 8/9. Equality
        where each state reaches each in one step: on three states, E max of three, 3/4.""")
    most = max(level[g][s] for g in EIGHTHS for s in mdp.states)
    complete = mp.RewardlessMDP.from_successors({s: {t: t for t in "abc"} for s in "abc"})
    full = mp.power(complete, [0, 0.5, 1], method="exact").exact
    equality = theorems.proposition_5_4(theorems.setting(complete, [0, 0.5, 1], samples=min(run, 2000), rng=5))
    report.beside([
        ("POWER ≤ E max R; the greatest, POWER(★, 1)", "≤ 8/9", most, most <= Fraction(8, 9)),
        ("complete graph on 3 states: POWER(s, γ)", Fraction(3, 4), full.ravel()[0],
         set(full.ravel()) == {Fraction(3, 4)}),
        ("and draw by draw, normal rewards", "equality", equality.verdict, equality.verdict == "holds"),
    ])  # fmt: skip

    report.paragraph("""**Proposition 5.5 (POWER is smooth across reversible dynamics).** Two pairs reach each
        other in one step: r↗ and r↘, ℓ↙ and ℓ↖. For uniform rewards the bound is 1 − γ. `mdppower.theorems` has
        a sharper form, without bounds on rewards: POWER(s') − POWER(s) ≤ (1−γ)(POWER(s') − E R) if s leads to
        s' for certain; ℓ↖ leads nowhere else than to ℓ↙, and there it is an equality.""")
    gap = {g: level[g]["ℓ↙"] - level[g]["ℓ↖"] for g in EIGHTHS}
    sharp = {g: (1 - Fraction(g)) * (level[g]["ℓ↙"] - HALF) for g in EIGHTHS}
    report.beside([
        ("POWER(r↗) − POWER(r↘)", "at most 1 − γ", "0 at every γ",
         all(level[g]["r↗"] == level[g]["r↘"] for g in EIGHTHS)),
        ("POWER(ℓ↙) − POWER(ℓ↖) at γ = 1/2", "at most 1/2", gap[0.5],
         all(abs(gap[g]) <= 1 - Fraction(g) for g in EIGHTHS)),
    ])  # fmt: skip
    report.check("the sharper form at ℓ↖ → ℓ↙ is attained at every γ; at 1/2", gap == sharp, sharp[0.5])
    report.check(
        "`theorems.proposition_5_5` for ℓ↙ and ℓ↖",
        theorems.proposition_5_5(here, "ℓ↙", "ℓ↖").verdict == "holds",
        "holds",
    )

    report.paragraph("""**Definition 5.6 (POWER-seeking actions).** What an action seeks is the POWER of where
        it leads. And POWER depends on the distribution: each of D_ℓ↙, D_r↘, D_∅ gives its own state the
        greatest POWER there is, 1.""")
    report.table(
        [
            ("at ★", "left", "down", "right"),
            *(
                (f"γ = {text}", *(level[g][s] for s in ("ℓ◁", "∅", "r▷")))
                for text, g in (("0", 0.0), ("1/2", 0.5), ("1", 1.0))
            ),
        ]
    )
    report.check("right seeks more POWER than left, and left more than down, at γ = 1/8 … 1",
                 all(level[g]["r▷"] > level[g]["ℓ◁"] > level[g]["∅"] for g in EIGHTHS[1:]), "strictly")  # fmt: skip
    report.check("at γ = 0 left and right seek the same", level[0.0]["r▷"] == level[0.0]["ℓ◁"], level[0.0]["ℓ◁"])
    greatest = []
    for s in ("ℓ↙", "r↘", "∅"):
        found, _ = evaluate_all([state_power(mdp, t, 0.5) for t in mdp.states], indicator(mdp, s))
        greatest.append(abs(found[0, mdp.index(s)] - 1) < 1e-12 and found.max() < 1 + 1e-12)
    report.beside(
        [("D_ℓ↙, D_r↘, D_∅ at γ = 1/2: whose POWER is maximal", "ℓ↙, r↘, ∅", "the same, each is 1", all(greatest))]
    )

    gammas = np.linspace(0, 1, 41)
    means = mp.power(mdp, gammas.tolist(), method="exact").mean
    figure, (left, right) = chart(9.2, 3.6, 2)
    for s, line, colour, marker in (
        ("★", "-", GREY, ""),
        ("r↘", "-", BLUE, "s"),
        ("ℓ↙", "--", BLUE, "o"),
        ("ℓ↖", "-.", BLACK, ""),
        ("∅", ":", BLACK, "^"),
    ):
        left.plot(gammas, means[:, mdp.index(s)], line, color=colour, label=s)
        if marker:
            left.plot(
                EIGHTHS, [float(forms[s][3](Fraction(g))) for g in EIGHTHS], marker, color=colour, mfc="white", ms=5
            )
    left.set(
        xlabel="γ",
        ylabel="POWER, uniform rewards",
        xlim=(0, 1),
        ylim=(0.48, 0.83),
        title="Curves: integrated. Marks: the caption's formulas",
    )
    left.legend(ncols=2, fontsize=8, loc="upper left")
    difference = means[:, mdp.index("ℓ↙")] - means[:, mdp.index("ℓ↖")]
    right.plot(gammas, 1 - gammas, "-", color=BLACK, label="the paper's bound, 1 − γ")
    right.plot(
        gammas,
        (1 - gammas) * (means[:, mdp.index("ℓ↙")] - 0.5),
        "--",
        color=GREY,
        linewidth=3,
        label="sharper: (1−γ)(POWER(ℓ↙) − ½)",
    )
    right.plot(gammas, difference, "-", color=BLUE, label="POWER(ℓ↙) − POWER(ℓ↖)")
    right.set(xlabel="γ", xlim=(0, 1), ylim=(0, 1), title="Prop. 5.5 across ℓ↙ and ℓ↖")
    right.legend(fontsize=8)
    report.picture(
        "power",
        figure,
        """Left: figure 3. ℓ↙ falls below 2/3 because ℓ↖ can be had every other step only. (r▷ and r↗
        have the POWER of r↘; ℓ◁ that of ℓ↙.) Right: neighbours have nearly the same POWER when γ is near 1.""",
    )
    report.verdict(
        "Lemma 5.3, Props. 5.4 and 5.5, Def. 5.6",
        RIGHT,
        "exactly and draw by draw; of 5.5 there is a sharper form, attained here",
    )
