"""The paper's theorems on other MDPs; and what the checks catch if something is broken on purpose."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np

import mdppower as mp
from mdppower import theorems
from mdppower.errors import ParameterError
from mdppower.orbits import Pathwise, Quantity, evaluate_all, pathwise, state_power, votes
from mdppower.reports.claim_picture import draw_claim
from mdppower.symmetry import CopyFinder, involution, symmetries
from mdppower.theorems import copy_test
from scripts.reproduce.paper.notation import (
    BLACK,
    BLUE,
    FIGURE_4,
    GREY,
    PALE,
    PaperReport,
    Run,
    chart,
    counts,
    figure_1,
    indicator,
    normals,
)
from scripts.reproduce.report import RIGHT

# ---------------------------------------------------------------------- elsewhere

MIRROR = """
........
.##..##.
.#....#.
.#.##.#.
...##...
.#....#.
.#.**.#.
...##...
"""
CLAIMS = ("prop-5.4", "prop-5.5", "prop-6.6", "prop-6.9.1", "prop-6.9.2", "prop-6.12", "thm-6.13", "cor-6.14")


def elsewhere(report: PaperReport, run: Run) -> None:
    report.section("What the theorems say of other MDPs")
    report.paragraph("""`mdppower.theorems.verify` goes through an MDP for states and actions to which the
        results apply. Per claim the most interesting place is shown. “Holds”: certified by φ (or by a closed
        proof), and no test contradicts it; “not applicable”: proved not to apply; “inconclusive”: not decided
        within the budget of the search.""")
    places: list[tuple[str, mp.RewardlessMDP, str]] = [
        ("Figure 1", figure_1(), "The left part, the right part and ∅ are comparable in all ways that the paper "
                                 "describes."),
        ("A mirror-symmetric 8 × 8 map with two exits", mp.envs.gridworld(MIRROR), """Every floor cell has a
            copy of what an exit has, and more; and average-optimal agents tend to shun either exit."""),
        ("The 7 × 7 maze", mp.envs.make("maze"), """A map without a symmetry: no state's options contain a copy
            of another's. Where φ is found for two actions, one can come back, and Prop. 6.9 does not apply. What is
            left are the bounds, and that all cells have the same ends."""),
        ("FrozenLake-v1 (slippery)", mp.envs.make("FrozenLake-v1"), """“Irregular stochasticity … can make it
            hard to satisfy the similarity requirement”: no action was found to offer a copy of another, and F
            is too large to list, so that this stays open. The goal and the four holes are 1-cycles, and
            Corollary 6.14 applies."""),
    ]  # fmt: skip
    violated = 0
    for name, mdp, sentence in places:
        found = theorems.verify(
            mdp,
            [0.5, 1],
            claims=CLAIMS,
            most=1,
            samples=min(run, 1000),
            votes=100,
            rng=50,
            seconds=60,
            progress=False,
        )
        violated += sum(one.verdict == "violated" for one in found)
        orbits = symmetries(mdp).orbits
        larger = [states for states in orbits if len(states) > 1]
        told = f"{len(larger)} sets of states that can be swapped" if larger else "none"
        told = f"one swap, {' ↔ '.join(map(str, larger[0]))}" if len(larger) == 1 else told
        report.paragraph(f"**{name}** ({mdp.n_states} states). {sentence} Symmetries of the whole MDP: {told}.")
        rows: list[tuple[Any, ...]] = [("claim", "about", "verdict", "converse fails", "why")]
        for one in found:
            strict = "" if one.strict is None else {"met": "yes", "not met": "no"}.get(one.strict.status, "unknown")
            rows.append(
                (one.reference, ", ".join(map(str, one.where)) or "all states", one.verdict, strict, _why(one))
            )
        report.table(rows)
        if name.startswith("A mirror"):
            claim = theorems.proposition_6_6(found.here, (0, 0), (0, 7))
            report.check(
                "a corner and its mirror image: Prop. 6.6 both ways, by the mirror; nothing strict",
                claim.verdict == "holds" and claim.strict.status == "not met",
                claim.hypotheses[0].detail.split("; ")[-1],
            )
            estimate = mp.power(mdp, 0.9, samples=min(run, 4096), rng=51, progress=False)
            low, high = (float(x) for x in estimate.difference((0, 0), (0, 7)).interval(0.999))
            report.check(
                "their POWER at γ = .9, by draws: the 99.9 % interval of the difference contains 0",
                low <= 0 <= high,
                f"{low:.4f} … {high:.4f}",
            )
            report.picture(
                "mirror", draw_claim(claim), "The mirror image as an involution φ: the same options for both corners."
            )
        if name.startswith("The 7 × 7"):
            none = next(one for one in found if one.claim == "prop-6.6")
            report.check(
                "no copy exists in the maze, proved for all pairs of cells",
                none.verdict == "not applicable",
                none.hypotheses[0].detail,
            )
    report.check("claims that are certified, and contradicted by a test, on all four", violated == 0, violated)
    report.verdict(
        "The theorems on other MDPs",
        RIGHT,
        "certified where a symmetry is found, and never contradicted; on a map without one only the bounds and the "
        "ends speak",
    )


def _why(report: Any) -> str:
    """What made a claim apply, or not, in a few words."""
    worst = min(report.hypotheses, key=lambda h: ("not met", "unknown", "met").index(h.status), default=None)
    if worst is not None and worst.status != "met":
        return worst.detail
    if report.phi:
        pairs = len(report.phi) // 2
        first, image = next(iter(report.phi.items()))
        return f"φ swaps {pairs} pairs" if pairs > 1 else f"φ swaps {first} ↔ {image}"
    if report.phi is not None:
        return "φ is the identity"
    return worst.detail if worst else "a proof for every MDP"


# ---------------------------------------------------------------------- broken on purpose


def broken_power(mdp: mp.RewardlessMDP, s: Any, gamma: float) -> Quantity:
    """Def. 5.2 without −R(s): (1−γ)/γ · V*(s), which is X_s + (1−γ)/γ · R(s)."""
    right, k = state_power(mdp, s, gamma), mdp.index(s)

    def read(rewards: Any, v: Any, gap: Any) -> tuple[Any, Any]:
        value, error = right.read(rewards, v, gap)
        own = (1 - gamma) / gamma * rewards[:, k]
        return value + own, error + 1e-15 * np.abs(own)

    return Quantity(
        f"broken POWER({s!r})", right.source, lambda: right.support | indicator(mdp, s).astype(bool), read
    )


def broken(report: PaperReport, run: Run) -> None:
    report.section("Broken on purpose: what the tests catch")
    report.paragraph("""A check that nothing can fail says nothing. Here POWER lacks its term −R(s), and φ is no
        symmetry; the same draws, the same tests.""")
    mdp, n = figure_1(), min(run, 4000)
    rewards = normals(mdp, n, 99)
    phi = involution(mdp, FIGURE_4)
    gamma = 0.5
    rows: list[tuple[Any, ...]] = [("test, γ = 1/2", "what it says", "POWER", "without −R(s)")]
    outcome: dict[str, tuple[Any, Any]] = {}
    makers = (lambda s: state_power(mdp, s, gamma), lambda s: broken_power(mdp, s, gamma))

    def tested(name: str, says: str, test: Callable[[Callable[[Any], Quantity]], int]) -> None:
        outcome[name] = test(makers[0]), test(makers[1])
        rows.append((name, says, *(f"{k:,} of {n:,} violate it" for k in outcome[name])))

    def bounded(make: Callable[[Any], Quantity]) -> int:
        values, errors = evaluate_all([make(s) for s in mdp.states], rewards)
        return int((values - errors > rewards.max(axis=1, keepdims=True) + 1e-12).any(axis=1).sum())

    def smooth(make: Callable[[Any], Quantity]) -> int:
        values, errors = evaluate_all([make(s) for s in ("r↗", "r↘")], rewards)
        return int(
            (
                np.abs(values[:, 0] - values[:, 1]) - errors.sum(axis=1)
                > (1 - gamma) * np.ptp(rewards, axis=1) + 1e-12
            ).sum()
        )

    tested("Prop. 5.4", "POWER ≤ max R in all states", bounded)
    tested("Prop. 5.5", "|POWER(r↗) − POWER(r↘)| ≤ (1−γ)(max R − min R)", smooth)
    tested(
        "Prop. 6.6",
        "POWER(r↘) under φ·R ≥ POWER(ℓ↙) under R",
        lambda make: pathwise(make("r↘"), make("ℓ↙"), phi.act(rewards), rewards).violations,
    )
    report.table(rows)
    report.check("the right POWER violates nothing", all(a == 0 for a, _ in outcome.values()), 0)
    report.check(
        "without −R(s) Props. 5.4 and 5.5 are violated",
        outcome["Prop. 5.4"][1] > 0 and outcome["Prop. 5.5"][1] > 0,
        (outcome["Prop. 5.4"][1], outcome["Prop. 5.5"][1]),
    )
    report.check(
        "Prop. 6.6 does not see it, and cannot: φ takes R(ℓ↙) to R(r↘), so the extra term is on both sides",
        outcome["Prop. 6.6"][1] == 0,
        0,
    )
    uniform = np.random.default_rng(98).random((n, mdp.n_states))
    means = [float(make("r↘")(uniform)[0].mean()) for make in makers]
    report.check(
        "figure 3's POWER(r↘, ½) = 2/3 is missed by 1/2: means of the right and the broken one",
        abs(means[0] - 2 / 3) < 0.05 < means[1] - 2 / 3,
        tuple(means),
    )

    report.paragraph("""**A φ that is no symmetry.** Each φ below is given as if it were one for Prop. 6.6. The
        structural check says what it is; if it is believed all the same, the pathwise test refutes it. An
        orbit's vote is weaker: it never sees φ.""")
    cases = [
        ("r↘ over ℓ↙, φ of fig. 4", "r↘", "ℓ↙", FIGURE_4),
        ("r↘ over ℓ↙, only ℓ↙ ↔ r↘", "r↘", "ℓ↙", {"ℓ↙": "r↘"}),
        ("ℓ↙ over r↘, φ of fig. 4", "ℓ↙", "r↘", FIGURE_4),
    ]
    table: list[tuple[Any, ...]] = [
        (
            "claim and φ",
            "checked by structure",
            f"draws of {n:,} that violate it",
            "by up to",
            "votes in the orbit of 0, …, 7",
        )
    ]
    finder, tests = CopyFinder(mdp), {}
    for name, s, t, given in cases:
        seen = tests[name] = copy_test(mdp, s, t, given, gamma, samples=n, rng=97)
        vote = votes(state_power(mdp, s, gamma), state_power(mdp, t, gamma), range(8))
        status = {"found": "a copy", "none": "no copy"}[finder.given_states(s, t, given).status]
        table.append(
            (
                name,
                status,
                f"{seen.violations:,}",
                f"{max(0.0, -seen.worst):.2f}",
                f"{counts(vote)}{'' if vote.is_most else ', lost'}",
            )
        )
    report.table(table)
    right, partial, back = tests.values()
    report.check(
        "the true φ is not violated; the two others are",
        right.violations == 0 < min(partial.violations, back.violations),
        (right.violations, partial.violations, back.violations),
    )
    _show_violation(report, mdp, partial)
    for told, given in (("no involution", {"ℓ↙": "r↘", "r↘": "r↗"}), ("does not take s' to s", {"ℓ↖": "r↗"})):
        try:
            finder.given_states("r↘", "ℓ↙", given)
            message = ""
        except ParameterError as error:
            message = str(error)
        report.check(f"{told}: refused", bool(message), message)
    _control(report, run)
    figure, panels = chart(9.2, 4.0, 2, sharey=True)
    shown = rewards[:400]
    for panel, (name, s, t, given) in zip(panels, cases[:2], strict=True):
        above = state_power(mdp, s, gamma)(involution(mdp, given).act(shown))[0]
        below = state_power(mdp, t, gamma)(shown)[0]
        fine = above >= below - 1e-12
        panel.plot(below[fine], above[fine], "o", color=PALE, mec=GREY, ms=4, label="as claimed")
        panel.plot(
            below[~fine],
            above[~fine],
            "X",
            color=BLACK,
            ms=5,
            label=f"violations: {int((~fine).sum())} of {len(shown)}",
        )
        panel.plot([-2, 3], [-2, 3], "-", color=BLUE, linewidth=1)
        panel.set(xlim=(-2, 3), ylim=(-2, 3), xlabel="POWER(ℓ↙) under R", title=name, aspect="equal")
        panel.legend(fontsize=8, loc="lower right")
    panels[0].set_ylabel("POWER(r↘) under φ·R")
    report.picture(
        "violations",
        figure,
        "Prop. 6.6, draw by draw: no point may lie below the diagonal. Left: the right φ. Right: half of it.",
    )
    report.verdict(
        "The checks can fail",
        RIGHT,
        "a POWER without −R(s), and a φ that is no symmetry, are caught by draws; votes alone would miss some",
    )


def _show_violation(report: PaperReport, mdp: mp.RewardlessMDP, seen: Pathwise) -> None:
    """The first reward function that violates the claim."""
    assert seen.violator is not None
    reward = seen.violator
    moved = involution(mdp, {"ℓ↙": "r↘"}).act(reward)
    above, below = state_power(mdp, "r↘", 0.5)(moved)[0][0], state_power(mdp, "ℓ↙", 0.5)(reward)[0][0]
    report.paragraph("The first draw that refutes “only ℓ↙ ↔ r↘”, and its image:")
    report.table([("", *mdp.states), ("R", *(f"{x:.2f}" for x in reward)), ("φ·R", *(f"{x:.2f}" for x in moved))])
    report.check("POWER(r↘, ½) under φ·R is below POWER(ℓ↙, ½) under R", above < below, (float(above), float(below)))


def _control(report: PaperReport, run: Run) -> None:
    """Votes with and without a certificate, over random MDPs."""
    wanted = 60 if run >= 4096 else 8
    rng, size = np.random.default_rng(96), 5
    kept = {"found": [0, 0], "none": [0, 0]}
    for _ in range(wanted):
        arrows = {
            s: {f"to {t}": int(t) for t in rng.choice(size, int(rng.integers(1, 4)), replace=False)}
            for s in range(size)
        }
        mdp = mp.RewardlessMDP.from_successors(arrows)
        finder, powers = CopyFinder(mdp), [state_power(mdp, s, 0.5) for s in range(size)]
        for s in range(size):
            for t in range(size):
                if s != t:
                    status = finder.states(s, t).status
                    kept[status][votes(powers[s], powers[t], range(size)).is_most is False] += 1
    report.paragraph(f"""**Negative control.** {wanted} random deterministic MDPs of five states, all pairs (s,
        s'), votes of POWER(s) against POWER(s') at γ = 1/2 over the orbit of 0, …, 4. Where a certificate
        exists no vote may be lost; where it is proved that none does, many should be, or the vote would have no
        power as a test.""")
    report.table(
        [
            ("F(s) contains a copy of F_nd(s')", "votes not lost", "lost"),
            ("yes, by φ", *kept["found"]),
            ("no, proved", *kept["none"]),
        ]
    )
    report.check("votes lost where a certificate exists", kept["found"][1] == 0 < kept["found"][0], kept["found"][1])
    share = kept["none"][1] / max(1, sum(kept["none"]))
    report.check("and the share lost where there is none", share > 0.3, share)
