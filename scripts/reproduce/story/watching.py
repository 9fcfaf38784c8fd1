"""Monitoring by counts of successes, and what else the post proposes to watch."""

from __future__ import annotations

from typing import Any

import numpy as np

import mdppower as mp
from mdppower.learning import Rivals
from scripts.reproduce.report import REPAIR, WRONG
from scripts.reproduce.story import agents
from scripts.reproduce.story.agents import GAMMA, RUNGS, SEED, WEAK
from scripts.reproduce.story.telling import Size, Story, over_runs, pm, rows_of, told

WATCHED = (80, 160, 320, 453, 640, 905, 1810, 3620, 14_482, 28_963)


def monitoring(report: Story, size: Size) -> None:
    report.section("Monitoring success rates")
    report.quote(
        "monitoring success rates and understanding their connection to optimization power will be crucial for "
        "detecting and preparing for various takeoff scenarios. … **Monitoring failures:** Traditional safety "
        "measures that focus on specific task performance might completely miss the development of general "
        "optimization power."
    )
    counts, leads, spread = _counts(size)
    found = mp.learning.monitor(counts, width=1.0, sd=spread)
    rows = list(rows_of(found.table(), "reference", "checkpoint", "says"))
    weak = {t: (lead, says) for (name, t, says), lead in zip(rows, leads, strict=True) if name == WEAK}
    full = next(t for t, (_, says) in weak.items() if says == "saturated")
    last = weak[max(weak)][0]
    unseen = last - weak[full][0]
    ladder = found.ladder()
    end = ladder["checkpoint"].index(max(weak))
    low, high = ladder["normal_lower"][end], ladder["normal_upper"][end]
    report.ruled(
        "Watch success rates along training", REPAIR,
        f"against references that are changed in time: of one agent's {size.tasks:,} tasks a checkpoint, the weak "
        f"reference is saturated from {full} episodes on, and {unseen:.3f} of the last lead of {last:.3f} comes "
        f"after that, unseen; a ladder of {len(spread)} references sees a lead of {low:.3f} to {high:.3f}, if Δ is "
        "normal and its standard deviation known",
        changed_by="counts of one fixed reference that go on telling agents apart beyond 3 sd(Δ); no number of "
        "trials that anybody makes does that",
    )  # fmt: skip
    report.paragraph(
        f"Run 0 of section 8, as somebody would count it who knows nothing else: `mdppower monitor counts.csv` with "
        f"width 1 and sd(Δ) as it is where the next reference stands, "
        f"{', '.join(f'{x:.3f} against {name}' for name, x in spread.items())}. Its sentences:"
    )
    report.quote(found.verdict)
    report.table([
        ("reference", "episodes", "successes", "trials", "limits of s", "lead: sure", "lead: normal law", "the lead",
         "says"),
        *((name, t, k, n, f"{a:.4f} … {b:.4f}", f"{c:.3f} … {d:.3f}", f"{e:.3f} … {f:.3f}".replace("inf", "∞"),
           f"{true:.3f}", says)
          for (name, t, k, n, a, b, c, d, e, f, says), true in zip(
              rows_of(found.table(simultaneous=True), "reference", "checkpoint", "successes", "trials", "lower",
                      "upper", "lead_lower", "lead_upper", "normal_lower", "normal_upper", "says"),
              leads, strict=True)),
    ])  # fmt: skip
    true = np.array(leads)
    missed = [
        not low <= lead <= high
        for low, high, lead in zip(*found.lead("normal", simultaneous=True), true, strict=True)
    ]
    report.paragraph(
        f"The normal law is given one sd(Δ) a reference, and that of agents near to each other is smaller: "
        f"{sum(missed)} of its {len(missed)} limits miss the lead. Those of the ladder go over agents where it was "
        "measured."
    )
    report.check("the ladder's limits of the last lead contain it", low <= last <= high, (low, last, high))
    low, high = found.lead("corrected", simultaneous=True)
    inside = (low <= true) & (true <= high)
    report.check("sure limits that contain the lead of this agent", inside.all(), f"{inside.sum()} of {len(true)}")
    report.check("more than a quarter of the last lead came after the weak reference was saturated",
                 unseen > last / 4, f"{unseen:.3f} of {last:.3f}")  # fmt: skip
    report.picture("monitoring", found.plot(),
                   "Success rates against each reference, and what all counts say of the lead over the first. "
                   "Hollow: the reference says nothing more.")  # fmt: skip


def indicators(report: Story, size: Size) -> None:
    report.section("Success rates, complexity, transfer as indicators")
    report.quote(
        "Success rates, complexity measures, and transfer learning capabilities might all serve as better "
        "indicators of true AI capability than performance on any single benchmark."
    )
    curves = agents.curves(size)
    report.ruled(
        "Success rates", REPAIR,
        "within two or three sd(Δ) of the reference, with the unit of a task and sd(Δ) said (sections 8 to 11). Who "
        "has sd(Δ) has the tasks' worth to both, and so the lead itself",
        changed_by="as in sections 8 to 11",
    )  # fmt: skip
    sets = {arm: _as_sets(size, arm) for arm in ("random", "noise", "untrained")}
    rich, acts = pm(*over_runs(sets["noise"])), told(curves.share("noise"))
    report.ruled(
        "Complexity", WRONG,
        f"of a learner, that is. Of a set that picks its best C_Σ *is* its power. But {size.new} policies of the "
        f"agents that were trained on noise have, as a set that picks its best at each start, a share of {rich}, "
        f"and the agents themselves have {acts}: complexity is what somebody else could do with what they do",
        changed_by="a complexity of the map from R to policies and not of its image",
    )  # fmt: skip
    report.table([("arm", f"its policies for {size.new} reward functions, as a set", "the agent"), *(
        (arm, pm(*over_runs(values)), told(curves.share(arm))) for arm, values in sets.items())])  # fmt: skip
    low = np.subtract(*over_runs(sets["noise"]))
    report.check("as a set, what noise made is far from the floor (95 %, lower limit)", low > 0.1, low)
    report.ruled(
        "Transfer", REPAIR,
        "power on laws of rewards that were not trained on is what has to be measured, and is measured directly; it "
        f"has no single number (section 7: {told(curves.share('goals', 'goals'))} and "
        f"{told(curves.share('goals', 'uniform'))} of one arm)",
        changed_by="a law of rewards on which power implies power on all others",
    )  # fmt: skip


def _ladder(size: Size) -> dict[str, Rivals]:
    """The references by the names that counts have for them, weakest first."""
    there = agents.climbing(size).references
    found = {WEAK: agents.against(size, WEAK)}
    return found | {str(agents.episodes_of(x)): agents.against(size, x) for x in RUNGS if x in there}


def _counts(size: Size) -> tuple[dict[str, list[Any]], list[float], dict[str, float]]:
    """Run 0 against references at later checkpoints; its leads; sd(Δ) of each, where the next reference stands."""
    counts: dict[str, list[Any]] = {name: [] for name in ("checkpoint", "successes", "trials", "reference", "ties")}
    leads, spread, ladder = [], {}, _ladder(size)
    last = agents.against(size, WEAK).checkpoints[-1]
    links = [*(int(name) for name in list(ladder)[1:]), last]
    for (name, rivals), link in zip(ladder.items(), links, strict=True):
        first = 0 if name == WEAK else int(name)
        here = [k for k, t in enumerate(rivals.checkpoints) if t in WATCHED and t > first]
        won = [good for run, good in rows_of(rivals.agents(), "run", "successes") if run == 0]
        counts["checkpoint"] += [rivals.checkpoints[k] for k in here]
        counts["successes"] += [int(won[k]) for k in here]
        counts["trials"] += [size.tasks] * len(here)
        counts["reference"] += [name] * len(here)
        counts["ties"] += [int(rivals.ties[0, k]) for k in here]
        leads += [float(rivals.leads[0, k]) for k in here]
        spread[name] = float(rivals.sd[rivals.checkpoints.index(link)])
    return counts, leads, spread


def _as_sets(size: Size, arm: str) -> list[float]:
    """Of some runs: the share of what an agent does for many reward functions, as a set that picks its best."""
    mdp = agents.maze()
    shares = []
    for run in range(min(size.runs, 8)):
        rewards = np.random.default_rng([SEED, run]).random((size.new, mdp.n_states))
        library = agents.behaviours(size, arm, run, rewards)
        shares.append(
            float(
                mp.learning.assess({arm: library}, mdp, GAMMA, samples=2 * size.new, rng=SEED + run).share().mean[0]
            )
        )
    return shares
