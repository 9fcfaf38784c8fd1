"""Figure 11 of the paper: the POWER of agents that do not act optimally (appendix C)."""

from __future__ import annotations

from dataclasses import dataclass
from fractions import Fraction
from typing import Any

import numpy as np

import mdppower as mp
from mdppower import theorems
from mdppower.agents import epsilon_greedy, lookahead, optimal, satisficing, softmax, uniformly_random
from scripts.reproduce.paper.notation import (
    BLACK,
    BLUE,
    HALF,
    PaperReport,
    Run,
    chart,
    number,
)
from scripts.reproduce.report import RIGHT

# ---------------------------------------------------------------------- figure 11


def pol_2(mdp: mp.RewardlessMDP, rewards: np.ndarray, gamma: float) -> np.ndarray:
    """The agent that knows figure 11 but for the two actions that lead to s3 and s4."""
    r = {s: rewards[:, mdp.index(s)] for s in ("s1", "s2", "s5")}
    half = len(mdp.action_names) // 2
    chosen = np.zeros(rewards.shape, dtype=np.int64)
    chosen[:, mdp.index("s0")] = np.where(np.maximum(r["s1"], r["s2"]) >= r["s5"], 0, half)
    chosen[:, mdp.index("sl")] = np.where(r["s1"] >= r["s2"], 0, half)
    chosen[:, mdp.index("sr")] = 2
    return chosen


MOST_EVALUATED = 4096
"""Policies are evaluated draw by draw, in about a millisecond each."""


@dataclass(frozen=True)
class Known:
    """A policy of appendix C, and between which ends it chooses from s0, sl and sr; none where it does not choose."""

    name: str
    policy: Any
    ends: dict[str, list[int]]


def figure_11(report: PaperReport, run: Run) -> None:
    report.section("Figure 11: the POWER of those who do not act optimally (appendix C)")
    report.quote("[pol₁, uniformly random] POWER(s₀, 1) = E[X]. [pol₂, does not know how to reach s₃ or s₄] "
                 "POWER(s₀, 1) = E[max of 3 draws from X]. [pol₃, optimal] POWER(s₀, 1) = E[max of 5 draws from "
                 "X]. … The agent seeks POWER^pol₂ by navigating to s_ℓ instead of s_r, but seeks more POWER by "
                 "navigating to s_r instead of s_ℓ.")  # fmt: skip
    mdp, run = mp.envs.figure_11(), min(run, MOST_EVALUATED)
    report.paragraph(f"""Six actions stand for the paper's 10^(10^10): half of those at s₀ lead to s_ℓ, half to
        s_r; half of those at s_ℓ to s₁, half to s₂; at s_r one leads to s₃, one to s₄, all others to s₅; s₁ to
        s₅ are terminal. Definition C.1 is computed by `mp.power(mdp, 1, policy=…)`, from {run:,} drawn reward
        functions; the exact numbers are E max of k uniform draws.""")
    agents = [
        Known("pol₁, random", uniformly_random(), {"s0": [], "sl": [], "sr": []}),
        Known("pol₂, all but s₃ and s₄", pol_2, {"s0": [1, 2, 5], "sl": [1, 2], "sr": [5]}),
        Known("pol₃, optimal", optimal(), {"s0": [1, 2, 3, 4, 5], "sl": [1, 2], "sr": [3, 4, 5]}),
    ]
    rows: list[tuple[Any, ...]] = [
        ("POWER^pol(·, 1), uniform rewards", "s₀", "s_ℓ", "s_r", "estimates, with 99 % intervals")
    ]
    beside, exact = [], {}
    for k, agent in enumerate(agents):
        estimate = mp.power(mdp, 1.0, policy=agent.policy, samples=run, rng=11 + k, progress=False)
        low, high = estimate.interval(0.99, simultaneous=True)
        places = [mdp.index(s) for s in agent.ends]
        true = exact[agent.name] = {s: _best_of(chosen) for s, chosen in agent.ends.items()}
        shown = "; ".join(f"{float(estimate.mean[i]):.4f} ({low[i]:.4f} … {high[i]:.4f})" for i in places)
        rows.append((agent.name, *true.values(), shown))
        covered = all(
            low[i] - 1e-12 <= float(true[s]) <= high[i] + 1e-12 for s, i in zip(agent.ends, places, strict=True)
        )
        paper = {0: HALF, 1: Fraction(3, 4), 2: Fraction(5, 6)}[k]
        says = ("E X", "E max of 3", "E max of 5")[k]
        beside.append(
            (
                f"{agent.name}: POWER(s₀, 1) = {says}",
                paper,
                f"{float(estimate.mean[0]):.4f}",
                covered and true["s0"] == paper,
            )
        )
    two, three = exact["pol₂, all but s₃ and s₄"], exact["pol₃, optimal"]
    right = theorems.proposition_6_6(
        theorems.setting(mdp, [0.5, 1], samples=min(run, 2000), votes=200, rng=11), "sr", "sl"
    )
    beside += [
        ("pol₂ seeks more POWER^pol₂ at", "s_ℓ", "s_ℓ" if two["sl"] > two["sr"] else "s_r"),
        ("POWER is more at", "s_r", "s_r" if three["sr"] > three["sl"] else "s_ℓ"),
        ("Prop. 6.6: POWER(s_ℓ) ≤_most POWER(s_r)", "all γ", right.verdict, right.verdict == "holds"),
    ]
    report.table(rows)
    report.beside(beside)
    report.check(
        "POWER^pol(s₀) grows as pol improves",
        [exact[a.name]["s0"] for a in agents] == [HALF, Fraction(3, 4), Fraction(5, 6)],
        "1/2 < 3/4 < 5/6",
    )
    report.paragraph(
        """“For the D_X-iid case”: the same for other X. E max of k exponential draws is 1 + 1/2 + … + 1/k."""
    )
    law = "expon"
    harmonic = [sum((Fraction(1, j) for j in range(1, k + 1)), Fraction(0)) for k in (1, 3, 5)]
    found = [
        mp.power(mdp, 1.0, law, policy=agent.policy, samples=run, rng=21 + k, progress=False)
        for k, agent in enumerate(agents)
    ]
    inside = [
        float(e.interval(0.999)[0][0]) <= float(h) <= float(e.interval(0.999)[1][0])
        for e, h in zip(found, harmonic, strict=True)
    ]
    report.beside(
        [
            (f"X exponential, {agent.name}", h, f"{float(e.mean[0]):.3f}", fine)
            for agent, e, h, fine in zip(agents, found, harmonic, inside, strict=True)
        ]
    )
    _other_rules(report, mdp, run)
    report.verdict(
        "Appendix C: suboptimal POWER",
        RIGHT,
        "1/2, 3/4, 5/6 at s₀; pol₂ prefers s_ℓ (2/3 > 1/2), an optimal agent s_r (3/4 > 2/3)",
    )


def _best_of(chosen: list[int]) -> Fraction:
    """E max of the rewards of some ends; without a choice, E X."""
    rows = np.eye(6)[[1]] if not chosen else np.eye(6)[chosen]
    return number(mp.complexity(mp.Option.vectors(rows), method="exact"))


def _other_rules(report: PaperReport, mdp: mp.RewardlessMDP, run: Run) -> None:
    """POWER under ε-greedy, softmax, satisficing and lookahead agents, over their parameters."""
    few = max(64, run // 8)
    shares, heats = np.linspace(0, 1, 7), np.geomspace(0.01, 10, 7)
    levels = np.array([0, 0.02, 0.2, 0.4, 0.6, 0.8, 1])

    def of(policy: Any) -> np.ndarray:
        # The same rewards for all policies: curves are smooth, differences paired.
        return np.asarray(mp.power(mdp, 1.0, policy=policy, samples=few, rng=31, progress=False).mean[[0, 1, 2]])

    curves = [
        ("ε-greedy", "ε", shares, np.array([of(epsilon_greedy(float(x))) for x in shares]), False),
        ("softmax", "temperature", heats, np.array([of(softmax(float(x))) for x in heats]), True),
        ("satisficing", "threshold θ", levels, np.array([of(satisficing(float(x))) for x in levels]), False),
    ]
    best, random = of(optimal()), of(uniformly_random())
    far = (1, 2, 10, 100)
    steps = [of(lookahead(k)) for k in far]
    report.paragraph("""**Other agents.** ε-greedy errs with probability ε; softmax takes action a in proportion
        to exp(q(a)/temperature); satisficing takes any action that reaches a share θ of the way from the worst
        to the best; lookahead(k) sees the next k rewards.""")
    report.table(
        [
            ("POWER^pol(·, 1)", "s₀", "s_ℓ", "s_r"),
            *((f"lookahead({k})", *row.tolist()) for k, row in zip(far, steps, strict=True)),
            ("optimal", *best.tolist()),
            ("random", *random.tolist()),
        ]
    )
    report.check(
        "lookahead(1) chooses blindly at s₀ and well after it: half-way between s_ℓ and s_r",
        abs(steps[0][0] - best[1:].mean()) < 0.05,
        float(steps[0][0]),
    )
    losses = [float(best[0] - row[0]) for row in steps]
    report.check(
        "lookahead(k) counts the reward of s_ℓ or s_r once and that of the end k − 1 times: its loss at s₀ falls, "
        "and is at most 1/(k − 1)",
        losses == sorted(losses, reverse=True)
        and all(0 <= x <= 1 / (k - 1) for x, k in zip(losses[1:], far[1:], strict=True)),
        losses,
    )
    ends_meet = [
        np.allclose(curves[0][3][0], best),
        np.allclose(curves[0][3][-1], random),
        np.allclose(curves[2][3][0], random),
        np.allclose(curves[2][3][-1], best),
    ]
    report.check(
        "ε = 0 and θ = 1 are optimal, ε = 1 and θ = 0 random, on the same draws", all(ends_meet), sum(ends_meet)
    )
    modest = curves[2][3][1]
    report.check(
        "an agent that avoids only the very worst (θ = .02) has more POWER at s_ℓ than at s_r, as pol₂ has",
        modest[1] > modest[2],
        (float(modest[1]), float(modest[2])),
    )
    loss = np.diff(curves[0][3][:, 0])
    report.check(
        "more error, less POWER(s₀): every step of the ε curve goes down", (loss < 0).all(), float(loss.max())
    )
    pit = mp.RewardlessMDP.from_successors({"edge": {"stay": "edge", "fall": "pit"}, "pit": {"stay": "pit"}})
    slips = [
        float(mp.power(pit, 1.0, policy=policy, samples=few, rng=32, progress=False).mean[0])
        for policy in (optimal(), epsilon_greedy(0.001))
    ]
    other = float(mp.power(pit, 1.0, samples=few, rng=32, progress=False).mean[1])
    report.check("POWER^pol may jump where POWER does not: at the edge of a pit, γ = 1, an agent that slips once "
                 "in 2,000 steps has, in the long run, the POWER of the pit",
                 abs(slips[1] - other) < 1e-9 and slips[0] > 0.6, tuple(slips))  # fmt: skip
    figure, panels = chart(10.2, 3.4, 3, sharey=True)
    for panel, (name, label, x, y, logarithmic) in zip(panels, curves, strict=True):
        for k, (s, line, marker) in enumerate((("s0", "-", "o"), ("sl", "--", "s"), ("sr", ":", "^"))):
            panel.plot(
                x, y[:, k], line, marker=marker, ms=4, color=BLUE if s == "s0" else BLACK, mfc="white", label=s
            )
        panel.set(xlabel=label, title=name, ylim=(0.45, 0.87), xlim=(x[0], x[-1]))
        if logarithmic:
            panel.set_xscale("log")
    panels[0].set_ylabel("POWER^pol(s, 1), uniform rewards")
    panels[0].legend(fontsize=8)
    report.picture(
        "figure-11",
        mdp.plot(title="Six actions at each state; ×n: n of them"),
        "Figure 11 with six actions in place of 10^(10^10).",
    )
    report.picture(
        "agents",
        figure,
        """Where the lines of sl and sr cross, the agent's order of the two changes: a satisficer of low
        aspirations is better off at sl.""",
    )
