"""Figures 9 and 10 of the paper: POWER against empowerment; seeking POWER can be a detour (appendices A and B)."""

from __future__ import annotations

from collections.abc import Sequence
from fractions import Fraction
from functools import cache
from itertools import combinations, permutations, product
from typing import Any

import numpy as np
from scipy import stats

import mdppower as mp
from mdppower import theorems
from mdppower.orbits import action_is_optimal, action_power, average_optimal, state_power, votes
from mdppower.symmetry import involution
from scripts.reproduce.paper.notation import (
    BLACK,
    BLUE,
    EIGHTHS,
    HALF,
    TWO_THIRDS,
    PaperReport,
    Run,
    chart,
    counts,
    ends,
    exact_power,
    functions,
    indicator,
    number,
    set_text,
)
from scripts.reproduce.report import REPAIR, RIGHT, say

# ---------------------------------------------------------------------- figure 9


def empowerment(mdp: mp.RewardlessMDP, s: Any, n: int) -> float:
    """n-step empowerment, in bits, of a state of a deterministic MDP.

    The capacity of the channel from n actions, chosen in advance, to the state after them. Where nothing is random
    the best the agent can do is to reach each of the states that can be had in exactly n steps equally often: log₂ of
    their number (Salge, Glackin & Polani, *Empowerment: an introduction*, 2014).
    """
    assert mdp.is_deterministic
    leads = np.zeros((mdp.n_states, mdp.n_states), bool)
    leads[mdp.pair_states, mdp.kernel.indices] = True
    here = np.arange(mdp.n_states) == mdp.index(s)
    for _ in range(n):
        here = leads[here].any(axis=0)
    return float(np.log2(here.sum()))


def figure_9(report: PaperReport, run: Run) -> None:
    report.section("Figure 9: POWER against empowerment (appendix A)")
    report.quote("In 9(a): E_n(s₁) varies depending on whether n is even; thus, lim E_n(s₁) does not exist. In "
                 "9(b) and 9(c): ∀n: E_n(s₃) = E_n(s₄), even though s₄ allows greater control over future state "
                 "trajectories than s₃ does. … Since φ·F_nd(s₃) ⊊ F_nd(s₄) = F(s₄), Proposition 6.6 proves that ∀γ "
                 "∈ [0, 1]: POWER(s₃, γ) ≤_most POWER(s₄, γ), with the proof of Proposition 6.6 showing strict "
                 "inequality under all D_X-iid when γ ∈ (0, 1).")  # fmt: skip
    mdp, level = mp.envs.figure_9(), exact_power(mp.envs.figure_9)
    report.paragraph("""The drawings are not in the text. Of (b) and (c) it fixes all but the number of states,
        taken as two black (b₁, b₂ and c₁, c₂) and two red ones (r₁, r₂ and q₁, q₂); (a) is one natural reading:
        from s₁ to x or y, and back. The library puts the three into one MDP, `mdppower.envs.figure_9()`. n-step
        empowerment is the capacity of the channel from n actions to the state after them; in a deterministic
        MDP log₂ of the number of states that can be reached in exactly n steps (Salge et al., 2014).""")
    horizons = range(1, 9)
    bits = {s: [empowerment(mdp, s, n) for n in horizons] for s in ("s1", "s3", "s4")}
    report.table(
        [
            ("empowerment, bits", *(f"n = {n}" for n in horizons)),
            *((s, *(f"{x:.0f}" for x in row)) for s, row in bits.items()),
        ]
    )
    report.table(
        [
            ("POWER, uniform rewards", *(f"γ = {Fraction(g)}" for g in EIGHTHS[::2])),
            *((s, *(level[g][s] for g in EIGHTHS[::2])) for s in bits),
        ]
    )
    whole = {s: mp.visits(mdp, s, 0.5) for s in ("s3", "s4")}
    phi = involution(mdp, {"s3": "s4", "b1": "c1", "b2": "c2", "r1": "q1", "r2": "q2"})
    image = functions(whole["s3"].nondominated(), phi)
    here = theorems.setting(mdp, [0, 0.5, 0.9, 1], samples=min(run, 4000), votes=300, rng=9)
    claim = theorems.proposition_6_6(here, "s4", "s3", phi=dict(phi.moved))
    coin = stats.bernoulli(0.5)
    tossed = [
        number(mp.complexity(mp.Option.state(mdp, s, 0.5, "power"), coin, method="exact")) for s in ("s3", "s4")
    ]
    constant = [
        number(mp.complexity(mp.Option.state(mdp, s, 0.5, "power"), 1.0, method="exact")) for s in ("s3", "s4")
    ]
    near = mp.power(mdp, [0.5, 0.75, 0.875, 1 - 2.0**-12, 1.0], method="exact").exact[:, mdp.index("s1")]
    report.beside([
        ("E_n(s₁) has no limit: odd n, even n", "varies", tuple(bits["s1"][:2]), bits["s1"] == [1.0, 0.0] * 4),
        ("lim γ→1 POWER(s₁, γ) exists", "converges", near[-1], abs(near[-2] - near[-1]) < 1e-3),
        ("E_n(s₃) = E_n(s₄)", "for all n", f"1 bit each, n = 1 … {len(horizons)}",
         bits["s3"] == bits["s4"] == [1.0] * 8),
        ("F_nd(s₄) = F(s₄)", "equal", f"{len(whole['s4'].nondominated())} of {len(whole['s4'])}",
         len(whole["s4"].nondominated()) == len(whole["s4"])),
        ("φ·F_nd(s₃) ⊊ F_nd(s₄)", "true", f"{len(image)} of {len(whole['s4'])}", image < functions(whole["s4"])),
        ("Prop. 6.6: POWER(s₃) ≤_most POWER(s₄)", "all γ", claim.verdict, claim.verdict == "holds"),
        ("strict for uniform rewards, γ in (0, 1)", "strict", "at 1/8 … 7/8",
         all(level[g]["s3"] < level[g]["s4"] for g in EIGHTHS[1:-1])),
        ("at γ = 0 and 1", "≤", "equal", all(level[g]["s3"] == level[g]["s4"] for g in (0.0, 1.0))),
    ])  # fmt: skip
    report.verdict("Strict inequality under all D_X-iid", REPAIR, "the proof (Lemma E.46) says continuous bounded "
                                                                  "X, and something is needed: for a constant X "
                                                                  "both are the constant. A fair coin will do "
                                                                  f"({say(tossed[0])} < {say(tossed[1])} at γ = "
                                                                  "1/2)")  # fmt: skip
    report.check("constant X = 1: POWER(s₃) = POWER(s₄)", constant[0] == constant[1] == 1, constant)
    report.check("X a fair coin: POWER(s₃) < POWER(s₄)", tossed[0] < tossed[1], tossed)

    report.paragraph("""**The paper's example.** The leftmost black and the rightmost red state have reward 1,
        all others 0. In (c) the agent gets both, in (b) it must choose:""")
    first = state_power(mdp, "s3", 0.5)(indicator(mdp, "b1", "r2"))[0][0]
    second = state_power(mdp, "s4", 0.5)(indicator(mdp, "c1", "q2"))[0][0]
    report.check(
        "POWER of s₃ and of s₄ for that reward function at γ = 1/2: max(1−γ, γ) and 1",
        abs(first - 0.5) + abs(second - 1) < 1e-12,
        (float(first), float(second)),
    )

    gammas = np.linspace(0, 1, 41)
    means = mp.power(mdp, gammas.tolist(), method="exact").mean
    figure, (left, right) = chart(9.2, 3.4, 2)
    for s, line, marker, shift in (("s1", ":", "o", 0.0), ("s3", "--", "s", 0.0), ("s4", "-", "^", 0.03)):
        left.plot(
            horizons,
            np.array(bits[s]) + shift,
            line,
            marker=marker,
            color=BLUE if s == "s4" else BLACK,
            mfc="white",
            label=s,
        )
        right.plot(gammas, means[:, mdp.index(s)], line, color=BLUE if s == "s4" else BLACK, label=s)
    left.set(
        xlabel="horizon n",
        ylabel="empowerment, bits",
        ylim=(-0.1, 1.3),
        title="Empowerment: s3 and s4 alike, s1 without a limit",
    )
    right.set(
        xlabel="γ",
        ylabel="POWER, uniform rewards",
        xlim=(0, 1),
        ylim=(0.56, 0.69),
        title="POWER: s4 above s3 for 0 < γ < 1, s1 converges",
    )
    left.legend(loc="upper right", ncols=3, fontsize=8)
    right.legend(loc="lower left", fontsize=8)
    report.picture(
        "figure-9", mdp.plot(title="9(a), 9(b), 9(c), from left to right"), "The three environments as read here."
    )
    report.picture(
        "empowerment",
        figure,
        "Empowerment sees how many states can be had after n steps, POWER what can be had along the way. (The line "
        "of s4 is raised a little on the left.)",
    )
    report.verdict(
        "Figure 9: POWER and empowerment",
        RIGHT,
        f"E_n(s₃) = E_n(s₄) = 1 bit for all n, and POWER at γ = 1/2 is {say(level[0.5]['s3'])} < "
        f"{say(level[0.5]['s4'])}",
    )


# ---------------------------------------------------------------------- figure 10


@cache
def reconstructed() -> tuple[int, int, list[tuple[tuple[int, ...], ...]]]:
    """All deterministic MDPs on four states whose first leads to the second and third, against figure 10's numbers.

    How many there are; how many have POWER(s₂, 1) = 3/4 and POWER(s₃, 1) = 2/3; the successors in those of which
    P(s₁, N, 1) = 1/3 and P(s₁, NE, 1) = 2/3, too. POWER(s, 1) is E max over the cycles that s can reach.
    """
    some = [c for k in range(1, 5) for c in combinations(range(4), k)]
    known: dict[Any, Fraction] = {}

    def mean_of_best(cycles: set[frozenset[int]]) -> Fraction:
        # A cycle that consists of others is never better than the best of these: its average is a mean of theirs.
        # And E max is the same for all relabellings, as rewards are i.i.d.
        best = {c for c in cycles if not consists_of_others(c, cycles)}
        name = min(tuple(sorted(tuple(sorted(p[x] for x in c)) for c in best)) for p in permutations(range(4)))
        if name not in known:
            rows = [[(x in c) / len(c) for x in range(4)] for c in name]
            known[name] = number(mp.complexity(mp.Option.vectors(rows), method="exact"))
        return known[name]

    tried, powers, fits = 0, 0, []
    for rest in product(some, repeat=3):
        leads, tried = ((1, 2), *rest), tried + 1
        cycles = simple_cycles(leads)
        s_2, s_3 = ({c for c in cycles if c <= reachable(leads, s)} for s in (1, 2))
        if mean_of_best(s_3) == TWO_THIRDS and mean_of_best(s_2) == Fraction(3, 4):
            powers += 1
            mdp = mp.RewardlessMDP.from_successors({s: {t: t for t in leads[s]} for s in range(4)})
            if list(mp.action_optimality(mdp, 1.0, method="exact").of(0).exact) == [Fraction(1, 3), TWO_THIRDS]:
                fits.append(leads)
    return tried, powers, fits


def consists_of_others(cycle: frozenset[int], cycles: set[frozenset[int]]) -> bool:
    """Whether it is two others without a common state, or all of its states are cycles."""
    halves = any(one < cycle and cycle - one in cycles for one in cycles)
    return halves or (len(cycle) > 1 and all(frozenset([s]) in cycles for s in cycle))


def reachable(leads: Sequence[Sequence[int]], s: int) -> set[int]:
    seen = [s]
    for x in seen:
        seen += [t for t in leads[x] if t not in seen]
    return set(seen)


def simple_cycles(leads: Sequence[Sequence[int]]) -> set[frozenset[int]]:
    """The sets of states of the cycles of a graph."""
    found = set()

    def walk(path: list[int]) -> None:
        for t in leads[path[-1]]:
            if t == path[0]:
                found.add(frozenset(path))
            elif t > path[0] and t not in path:
                walk([*path, t])

    for s in range(len(leads)):
        walk([s])
    return found


def figure_10(report: PaperReport, run: Run) -> None:
    report.section("Figure 10: seeking POWER can be a detour (appendix B)")
    report.quote("POWER(s₂, 1) = 3/4 > 2/3 = POWER(s₃, 1). Therefore, N seeks more POWER than NE at state s₁ and γ "
                 "= 1. However, P(s₁, N, 1) = 1/3 < 2/3 = P(s₁, NE, 1).")  # fmt: skip
    report.quote(
        "Since RSD_nd(s₃) ⊊ RSD(s₂), Proposition 6.12 shows that POWER(s₂, 1) ≥_most POWER(s₃, 1) via … φ the "
        "identity permutation."
    )
    mdp, level = mp.envs.figure_10(), exact_power(mp.envs.figure_10)
    tried, powers, fits = reconstructed()
    report.paragraph(f"""The drawing is not in the text. But of the {tried:,} deterministic MDPs on four states
        in which s₁ leads to s₂ and s₃, {powers} have the two POWER numbers and {len(fits)} the probabilities,
        too: s₂ can be kept or exchanged for s₃, s₃ for s₄; s₄ is terminal (taken here), or can be exchanged for
        s₃. The paper's numbers
        are those of both.""")
    north, east = "->s2", "->s3"
    everywhere = mp.action_optimality(mdp, EIGHTHS, method="exact")
    p = {g: tuple(everywhere.of("s1", gamma=g).exact) for g in EIGHTHS}
    whole, best = mp.rsd(mdp, "s2"), mp.rsd(mdp, "s3").nondominated()
    here = theorems.setting(mdp, 1.0, samples=min(run, 4000), votes=100, rng=10)
    known = theorems.proposition_6_12(here, "s2", "s3")
    b_1, b_4 = (
        theorem(here, "s1", north, east, 1.0) for theorem in (theorems.proposition_b_1, theorems.proposition_b_4)
    )
    report.beside([
        ("POWER(s₂, 1)", Fraction(3, 4), level[1.0]["s2"]),
        ("POWER(s₃, 1)", TWO_THIRDS, level[1.0]["s3"]),
        ("P(s₁, N, 1)", Fraction(1, 3), p[1.0][0]),
        ("P(s₁, NE, 1)", TWO_THIRDS, p[1.0][1]),
        ("RSD_nd(s₃) ⊊ RSD(s₂)", "true", f"{set_text(ends(best))} ⊊ {set_text(ends(whole))}",
         ends(best) < ends(whole)),
        ("Prop. 6.12 via the identity", ("holds", "identity"),
         (known.verdict, "identity" if not known.phi else str(known.phi))),
        ("Prop. B.1: an instance", "at γ = 1", b_1.verdict, b_1.verdict == "holds"),
        ("Prop. B.4: an instance", "at γ = 1", b_4.verdict, b_4.verdict == "holds"),
    ])  # fmt: skip
    report.check(
        "the search finds this MDP, and one more",
        fits == [((1, 2), (1, 2), (2, 3), (3,)), ((1, 2), (1, 2), (2, 3), (2, 3))],
        f"{len(fits)} of {tried:,}",
    )
    report.paragraph("""**At every γ.** Closed forms for this figure: POWER(s₂, γ) = ⅔ + (γ + γ²)/24 and
        POWER(s₃, γ) = ⅔; P(s₁, N, γ) = ½ − γ/6. So N seeks more POWER and is less likely optimal at every γ in
        (0, 1]; the paper's γ = 1 is no special case.""")
    table: list[tuple[Any, ...]] = [("γ", "POWER(s₂)", "POWER(s₃)", "P(s₁, N)", "P(s₁, NE)")]
    table += [(Fraction(g), level[g]["s2"], level[g]["s3"], *p[g]) for g in EIGHTHS[::2]]
    report.table(table)
    forms = all(
        (level[float(x)]["s2"], level[float(x)]["s3"], *p[float(x)])
        == (TWO_THIRDS + (x + x * x) / 24, TWO_THIRDS, HALF - x / 6, HALF + x / 6)
        for x in map(Fraction, EIGHTHS)
    )
    report.check("the closed forms at γ = 0, 1/8, …, 1, in fractions", forms, len(EIGHTHS))

    report.paragraph("""**Votes (Prop. B.4)** over the 24 elements of the orbit of 0, 1, 2, 3 at γ = 1: in no
        element does NE lead to more POWER, and in twice as many NE is the optimal action.""")
    seek = votes(*(action_power(mdp, "s1", a, 1.0) for a in (north, east)), range(4))
    likely = votes(*(action_is_optimal(mdp, "s1", a, 1.0) for a in (north, east)), range(4))
    average = mp.average_optimality(mdp, "s1", method="exact").exact
    ended = votes(
        *(average_optimal(mdp, "s1", mp.rsd(mdp, "s1", given={"s1": a}), name=a) for a in (north, east)), range(4)
    )
    report.table([
        ("N against NE, γ = 1", "N", "neither", "NE"),
        ("more POWER", seek.greater, seek.equal, seek.less),
        ("optimal (limit γ → 1)", likely.greater, likely.equal, likely.less),
        ("average-optimal", ended.greater, ended.equal, ended.less),
    ])  # fmt: skip
    report.check(
        "POWER 8 : 0, optimality 8 : 16",
        (seek.greater, seek.less, likely.greater, likely.less) == (8, 0, 8, 16),
        f"{counts(seek)} and {counts(likely)}",
    )
    report.paragraph("""**Which P is it, at γ = 1?** Def. 4.1 makes P(s₁, N, 1) the limit of optimal policies
        (Blackwell optimality): between policies of the same average reward, what is earned on the way decides.
        Average optimality (Def. 6.11) does not look at the way, and there the example is gone:""")
    report.table([("", "N", "NE"), ("P(s₁, ·, 1), the limit", *p[1.0]), ("P(·, average)", *average)])
    report.check(
        "average optimality: N always, NE with probability 2/3 (ties count for both)",
        list(average) == [1, TWO_THIRDS],
        average.tolist(),
    )

    gammas = np.linspace(0, 1, 41)
    means = mp.power(mdp, gammas.tolist(), method="exact").mean
    chances = mp.action_optimality(mdp, gammas.tolist(), method="exact").of("s1").mean
    figure, (left, right) = chart(9.2, 3.4, 2)
    left.plot(gammas, means[:, mdp.index("s2")], "-", color=BLUE, label="POWER(s2): N seeks this")
    left.plot(gammas, means[:, mdp.index("s3")], "--", color=BLACK, label="POWER(s3): NE seeks this")
    left.set(
        xlabel="γ", xlim=(0, 1), ylim=(0.65, 0.77), ylabel="POWER, uniform rewards", title="N leads to more POWER …"
    )
    right.plot(gammas, chances[:, 0], "-", color=BLUE, label="P(s1, N, γ)")
    right.plot(gammas, chances[:, 1], "--", color=BLACK, label="P(s1, NE, γ)")
    right.plot([1], [float(average[0])], "o", color=BLUE, clip_on=False, zorder=5, label="N, average reward")
    right.plot(
        [1], [float(average[1])], "s", color=BLACK, mfc="white", clip_on=False, zorder=5, label="NE, average reward"
    )
    right.set(xlabel="γ", xlim=(0, 1), ylim=(0, 1.05), ylabel="probability", title="… and is less often optimal")
    left.legend(fontsize=8, loc="upper left")
    right.legend(fontsize=8, loc="lower left")
    report.picture(
        "figure-10", mdp.plot(title="s1 leads N to s2, NE to s3"), "Figure 10 as reconstructed from its numbers."
    )
    report.picture("detour", figure, "Props. B.1 and B.4. The two marks at γ = 1 are average optimality.")
    report.verdict(
        "Props. B.1 and B.4 on figure 10",
        RIGHT,
        "3/4 > 2/3 and 1/3 < 2/3; votes 8 : 0 for POWER, 8 : 16 for optimality; so at every γ in (0, 1]",
    )
