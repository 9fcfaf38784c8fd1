"""The post's definitions: POWER, C_Σ, the optimality probability, instrumental convergence."""

from __future__ import annotations

from collections.abc import Callable
from fractions import Fraction
from itertools import product
from typing import Any

import numpy as np
from scipy import stats

import mdppower as mp
from scripts.reproduce.post.pairs import (
    BLACK,
    BLUE,
    GREY,
    HALF,
    Run,
    chart,
    ends,
    exactly,
    number,
    p_of,
    sets,
)
from scripts.reproduce.report import REPAIR, RIGHT, WRONG, Report, say, short


def power_definition(report: Report, run: Run) -> None:
    report.section("POWER")
    report.quote(
        "Turner et al. define the power of an AI state as the expected value over a distribution of possible "
        "reward functions: POWER(s) ~ E[⟨ρ_s, r⟩ | ρ_s is a valid occupancy-measure for s]"
    )
    mdp, gamma = mp.envs.figure_1(), 0.5
    levels = mp.power(mdp, gamma, method="exact").exact
    rows: list[tuple[Any, ...]] = [
        ("state of figure 1, γ = 1/2", "as printed: no sup", "with sup only: (1−γ) E V*", "POWER (Def. 5.2)")
    ]
    value = {}
    for s in mdp.states:
        mean = mp.visits(mdp, s, gamma).normalised.mean(axis=0, keepdims=True)
        printed = float(mp.complexity(mp.Option.vectors(mean), method="exact").mean)
        value[s] = number(mp.complexity(mp.Option.state(mdp, s, gamma, "value"), method="exact"))
        if s in ("star", "l_tri", "empty", "r_tri"):
            rows.append((s, printed, value[s], levels[mdp.index(s)]))
    report.verdict("POWER(s) ~ E[⟨ρ, r⟩ given ρ valid]", WRONG,
        f"the best ρ for each r is meant, and the formula has no sup: as printed it is {say(rows[1][1])} in "
        "every state under i.i.d. U(0, 1) rewards")  # fmt: skip
    report.paragraph(
        "The words before the formula are right: an expectation over reward functions of how well the agent "
        "can do. Turner's definition is (1−γ)/γ · E[max_π V − R(s)]: a maximum for each reward function, a "
        "normaliser (without it E V* is without bound as γ → 1), and the reward of s itself taken off, which "
        "the agent has whatever it does. That last step is what makes the gap of V* of two states γ times "
        "their POWER gap; this factor comes back in the section on the POWER gap."
    )
    report.table(rows)
    pairs = [(s, t) for s in mdp.states for t in mdp.states]
    level = dict(zip(mdp.states, levels, strict=True))
    same = all(value[s] - value[t] == Fraction(gamma) * (level[s] - level[t]) for s, t in pairs)
    report.check(
        "as printed, all states have the mean reward", all(abs(row[1] - 0.5) < 1e-12 for row in rows[1:]), 0.5
    )
    report.check(
        "C(VALUE s) − C(VALUE t) = γ (POWER s − POWER t), in fractions", same, f"{len(pairs)} pairs of states"
    )
    far = float(mp.complexity(mp.Option.state(mdp, "star", 0.99, "value"), method="exact").mean) / 0.01
    report.check("without the normaliser E V*(star) at γ = .99 is far above any reward", far > 50, far)

    gammas = [k / 10 for k in range(11)]
    whole = mp.power(mdp, gammas, method="exact").mean
    figure, axes = chart(8.0, 3.6)
    for s, line in (("star", "-"), ("r_tri", "--"), ("l_tri", "-.")):
        axes.plot(gammas, whole[:, mdp.index(s)], line, color=BLUE, label=f"POWER({s})")
        kept = [float(mp.complexity(mp.Option.state(mdp, s, g, "value"), method="exact").mean) for g in gammas]
        axes.plot(gammas, kept, line, color=GREY, label=f"with sup only, {s}")
    axes.axhline(0.5, color=BLACK, linestyle=":", label="as printed, every state")
    axes.set(
        xlabel="γ", xlim=(0, 1), ylabel="reward a step", title="Three readings of POWER in figure 1 of Turner et al."
    )
    axes.legend(fontsize=8, loc="center left", bbox_to_anchor=(1, 0.5))
    report.picture(
        "power",
        figure,
        "Without a maximum no state differs from another. With a maximum but the state's own reward kept, "
        "all states begin at 1/2: a short-sighted agent would have no power anywhere.",
    )


def complexity_identities(report: Report, run: Run) -> None:
    report.section("C_Σ, a complexity as in learning theory")
    report.quote(
        "This connects to well-established machine learning theory about generalization. When we measure how "
        "well an AI performs across many different objectives (like Rademacher complexity in machine "
        "learning), we're essentially measuring its general optimization power."
    )
    report.verdict(
        "C_Σ is a complexity like Rademacher's", RIGHT,
        "Σ = N(0, I) gives the Gaussian width, random signs n times the Rademacher complexity; POWER is C_Σ "
        "of the right set")  # fmt: skip
    report.paragraph(
        "The post uses C_Σ in its lemma without a definition; C_Σ(A) = E sup over a in A of ⟨a, σ⟩ is what "
        "the lemma's proof needs. Here with rewards that are uniform on [−1, 2] (mean m = 1/2), exactly."
    )
    a, b = np.array([[2, -1, 0], [0, 1, 1]]), np.array([[1, 1, 0], [0, 0, -2], [-1, 2, 1]])

    def width(rows: Any, law: Any = "uniform(-1,2)") -> Any:
        return number(mp.complexity(mp.Option.vectors(rows), law, method="exact"))

    shift = np.array([1, 2, 0])
    identities = [
        ("C(A + B) = C(A) + C(B), sums of pairs", width([x + y for x in a for y in b]), width(a) + width(b), "="),
        ("C(3A) = 3 C(A)", width(3 * a), 3 * width(a), "="),
        ("C(A + w) = C(A) + ⟨w, m⟩", width(a + shift), width(a) + 3 * HALF, "="),
        ("C(conv A) = C(A)", width(np.vstack([a, a.mean(axis=0)])), width(a), "="),
        ("C(φA) = C(A), φ a permutation of i.i.d. states", width(a[:, [2, 0, 1]]), width(a), "="),
        ("C(A) ≤ C(A ∪ B)", width(a), width(np.vstack([a, b])), "≤"),
    ]
    signs = list(product((-1, 1), repeat=3))
    rademacher = Fraction(sum(max(int(np.dot(x, e)) for x in a) for e in signs), 3 * len(signs))
    normal = width(a, "gaussian-width")
    identities += [
        ("C(A) for random signs = n Rad(A), counted over all signs", width(a, "rademacher"), 3 * rademacher, "="),
        ("w_Rad ≤ √(π/2) w_Gauss", width(a, "rademacher"), float(np.sqrt(np.pi / 2) * normal), "≤"),
        ("Gaussian width of {e₁, e₂} ≤ 1/√π and ≥", width(np.eye(2), "gaussian-width"), 1 / np.sqrt(np.pi), "≈"),
    ]
    identities[-1] = ("Gaussian width of {e₁, e₂} = 1/√π", *identities[-1][1:])
    holds: dict[str, Callable[[Any, Any], bool]] = {
        "=": lambda x, y: x == y, "≤": lambda x, y: x <= y, "≈": lambda x, y: abs(x - y) < 1e-9,
    }  # fmt: skip
    report.table([("identity", "left", "right"), *(row[:3] for row in identities)])
    report.check("all identities hold", all(holds[how](x, y) for _, x, y, how in identities), len(identities))

    mdp = mp.envs.figure_1()
    level = mp.power(mdp, HALF, method="exact").exact
    worst = 0.0
    for s, found in zip(mdp.states, level, strict=True):
        rows = mp.visits(mdp, s, 0.5).nondominated().power_rows
        massart = 0.5 + np.sqrt(1 / 12 * 2 * np.log(len(rows))) * np.linalg.norm(rows, axis=1).max()
        worst = max(worst, float(found) - massart)
    report.check(
        "POWER(s) ≥ m for i.i.d. rewards, all states of figure 1: the centred complexity is not negative",
        min(level) >= HALF,
        min(level),
    )
    report.check(
        "POWER(s) ≤ m + σ max‖a‖ √(2 ln |F_nd(s)|) (Massart), the same states; POWER minus the bound is at most",
        worst <= 1e-12,
        worst,
    )

    sizes = range(1, 11)
    gauss = [float(mp.complexity(sets(np.eye(k))[0], "gaussian-width", samples=8192, rng=k).mean) for k in sizes]
    random_signs = [float(mp.complexity(sets(np.eye(k))[0], "rademacher", method="exact").mean) for k in sizes]
    figure, axes = chart(6.4, 3.4)
    axes.plot(sizes, np.sqrt(2 * np.log(sizes)), ":", color=BLACK, label="Massart's bound, σ = 1: √(2 ln k)")
    axes.plot(sizes, gauss, "o-", color=BLUE, label="Gaussian width")
    axes.plot(sizes, random_signs, "s--", color=GREY, label="random signs: n × Rademacher complexity")
    axes.set(
        xlabel="number k of ends that can be chosen", ylabel="C(A)", title="More options, more C: k unit vectors"
    )
    axes.legend(fontsize=8)
    report.picture(
        "complexity", figure, "The post's analogy in one picture: C grows with the number of options, slowly."
    )


def optimality_probability(report: Report, run: Run) -> None:
    report.section("The optimality probability")
    report.quote(
        "The optimality probability of system A relative to system B under distribution Σ is: p_Σ(A ≥ B) := "
        "P(sup_A ⟨a, σ⟩ ≥ sup_B ⟨b, σ⟩)"
    )
    mdp = mp.envs.figure_1()
    actions = mdp.actions("star")
    by = {x: mp.Option.action(mdp, "star", x, 0.5, "value") for x in actions}
    whole = mp.Option.state(mdp, "star", 0.5, "value")
    chances = dict(zip(actions, mp.action_optimality(mdp, 0.5, method="exact").of("star").exact, strict=True))
    rows = [("action a at star, γ = 1/2", "P_D(star, a)", "p(F_a ≥ F)", *(f"p(F_a ≥ F of {x})" for x in actions))]
    against_all = {}
    for x in actions:
        against_all[x] = number(exactly([by[x], whole]).p_at_least)
        pairwise = ["" if x == y else number(exactly([by[x], by[y]]).p_at_least) for y in actions]
        rows.append((x, chances[x], against_all[x], *(cell and short(cell) for cell in pairwise)))
    report.verdict("p_Σ(A ≥ B) is the optimality probability", REPAIR,
        "it is a pairwise comparison (Turner's E.19); Turner's P_D(s, a) is p(F_a ≥ F(s)), the same thing "
        "only where two actions compete")  # fmt: skip
    report.table(rows)
    report.check("P_D(star, a) = p(F_a ≥ F(star)) for the three actions, in fractions", chances == against_all, 3)
    ten = mp.envs.figure_10()
    north = mp.action_optimality(ten, 0.5, method="exact").of("s1", "->s2")
    two = exactly(ends(ten, "value", 0.5, "s2", "s3")).p_at_least
    report.check(
        "figure 10, two actions: P_D(s1, north) = p(VALUE s2 ≥ VALUE s3)", number(north) == number(two), number(two)
    )

    report.paragraph(
        "**At the ends of γ there are two probabilities.** P_D(s, a, 1) is the limit γ → 1, optimality in "
        "Blackwell's sense: what is earned on the way still counts among policies of equal average reward. "
        "Average optimality does not look at the way. In figure 10 they disagree; mdppower has a function "
        "for each."
    )
    limits = mp.action_optimality(ten, [0, 1], method="exact")
    average = mp.average_optimality(ten, "s1", method="exact").exact
    report.table([
        ("figure 10, at s1", "north (to s2)", "north-east (to s3)"),
        ("γ → 0 (`action_optimality`, 0)", *limits.of("s1", gamma=0.0).exact),
        ("γ → 1, Blackwell (`action_optimality`, 1)", *limits.of("s1", gamma=1.0).exact),
        ("average reward (`average_optimality`)", *average),
    ])  # fmt: skip
    found = [*limits.of("s1", gamma=1.0).exact, *average]
    report.check(
        "Blackwell 1/3 and 2/3; average 1 and 2/3, which do not add to 1 because of ties",
        found == [Fraction(1, 3), Fraction(2, 3), 1, Fraction(2, 3)],
        found,
    )
    die = {"die": "dead"}
    chain = mp.RewardlessMDP.from_successors(
        {"w0": {"wait": "w1"} | die, "w1": {"wait": "w2"} | die, "w2": die, "dead": {"stay": "dead"}}
    )
    level = mp.power(chain, 1, method="exact").exact
    wait = number(mp.action_optimality(chain, 1, method="exact").of("w0", "wait"))
    report.check(
        "waiting before a death that comes to all: POWER(s, 1) is 1/2 in every state, and yet P_D(w0, wait, 1) is",
        set(level) == {HALF} and wait != HALF,
        wait,
    )

    gammas = np.linspace(0, 1, 21)
    of_s1 = mp.action_optimality(ten, gammas.tolist(), method="exact").of("s1").mean
    figure, axes = chart(6.4, 3.4)
    axes.plot(gammas, of_s1[:, 0], "-", color=BLUE, label="north: P_D(s1, ·, γ)")
    axes.plot(gammas, of_s1[:, 1], "--", color=BLUE, label="north-east")
    axes.plot([1], [float(average[0])], "o", color=BLACK, clip_on=False, label="north, average reward")
    axes.plot([1], [float(average[1])], "s", color=BLACK, mfc="white", clip_on=False, zorder=5,
              label="north-east, average reward")  # fmt: skip
    axes.set(
        xlabel="γ",
        ylabel="probability of being optimal",
        xlim=(0, 1),
        ylim=(0, 1.05),
        title="Figure 10: which p, at γ = 1?",
    )
    axes.legend(fontsize=8, loc="upper left")
    report.picture(
        "optimality", figure, "The limit γ → 1 of north is 1/3; under average reward north is always optimal."
    )


def convergence(report: Report, run: Run) -> None:
    report.section("Σ-instrumental convergence")
    report.quote(
        "System B has Σ-instrumental convergence over A when A wins less than half the time: p_Σ(A ≥ B) ≤ 1/2."
    )
    fork, ten = mp.envs.fork(2), mp.envs.figure_10()
    end, root = ends(fork, "power", 0.9, "t1", "root")
    rsd = [mp.Option.rsd(ten, s) for s in ("s3", "s2")]
    faces = {"x": [2, 4, 9], "y": [1, 6, 8], "z": [3, 5, 7]}
    dice = {s: stats.rv_discrete(values=(values, [1 / 3] * 3)) for s, values in faces.items()}
    table = mp.RewardlessMDP.from_successors({s: {"stay": s} for s in faces})
    die = {s: mp.Option.state(table, s, 0.5, "value") for s in faces}
    cases = [
        ("A = B (fork of 2)", exactly([root, root])),
        ("t1, t2: two ends", exactly(ends(fork, "power", 0.9, "t1", "t2"))),
        ("t1 in {t1, t2}", exactly([end, root])),
        ("RSD(s3) in RSD(s2), figure 10", exactly(rsd)),
        *((f"die {a} against die {b}", exactly([die[a], die[b]], dice)) for a, b in ("xy", "yz", "zx")),
    ]
    report.verdict("B is convergent over A if p(A ≥ B) ≤ 1/2", REPAIR,
        "the words say “less than”, the formula “at most”; ties count for both sides, and the relation is "
        "not transitive: report P(A > B), P(tie) and P(A < B)")  # fmt: skip
    report.table([("A against B", "P(A > B)", "P(tie)", "P(A < B)", "p(A ≥ B)", "mid-p", "B convergent over A"), *(
        (name, *(number(p) for p in (c.p_greater, c.p_tie, c.p_less)), short(p_of(c)), c.mid_p, c.is_convergent())
        for name, c in cases)])  # fmt: skip
    by_name = dict(cases)
    same, inside = by_name["A = B (fork of 2)"], by_name["RSD(s3) in RSD(s2), figure 10"]
    report.check("A = B: neither is convergent over the other, p(A ≥ B) = p(B ≥ A)", number(same.p_at_least) == 1, 1)
    report.check(
        "A inside B never wins, and still p(A ≥ B) > 1/2, all of it ties",
        number(inside.p_greater) == 0 and p_of(inside) > 0.5,
        number(inside.p_at_least),
    )
    circle = [number(c.p_greater) for name, c in cases if name.startswith("die")]
    report.check(
        "dice {2,4,9}, {1,6,8}, {3,5,7}: each beats the next, and the last the first",
        circle == [Fraction(5, 9)] * 3,
        circle,
    )

    figure, axes = chart(7.2, 3.2)
    names = [name for name, _ in cases][::-1]
    start = np.zeros(len(cases))
    for label, part, colour in (
        ("P(A > B)", "p_greater", BLUE),
        ("P(tie)", "p_tie", "#d9d9d9"),
        ("P(A < B)", "p_less", "white"),
    ):
        shares = np.array([float(getattr(c, part).mean) for _, c in cases][::-1])
        axes.barh(names, shares, left=start, color=colour, edgecolor=BLACK, linewidth=0.6, label=label)
        start += shares
    axes.axvline(0.5, color=BLACK, linestyle="--", linewidth=1)
    axes.set(xlim=(0, 1), xlabel="probability; p(A ≥ B) is dark and light grey together")
    axes.legend(fontsize=8, loc="upper center", bbox_to_anchor=(0.5, 1.14), ncols=3)
    report.picture(
        "convergence",
        figure,
        "B is convergent over A where dark and grey together end at the dashed line or left of it.",
    )
