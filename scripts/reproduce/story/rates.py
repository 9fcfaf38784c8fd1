"""Success rates and power: 95 % and 98 %, soft and hard takeoff, what is hidden."""

from __future__ import annotations

import numpy as np
from scipy.stats import norm

import mdppower as mp
from mdppower.learning import Rivals
from scripts.reproduce.report import REPAIR, WRONG
from scripts.reproduce.story import agents
from scripts.reproduce.story.agents import GAMMA, HALFWAY, SEED, WEAK
from scripts.reproduce.story.telling import Size, Story, each, over_runs, pm, rows_of, told

FULL = 0.995
"""A success rate beyond which little is left to be seen of it."""
LEARNT = (0, 10, 100)
"""Episodes of going on learning one reward function."""


def success_rates(report: Story, size: Size) -> None:
    report.section("95 % to 98 %")
    report.quote("A system that goes from 95% to 98% success rate might have gained exponentially more power.")
    found = agents.against(size, WEAK)
    ratio, normal = found.lead_ratio(0.98, 0.95), norm.ppf(0.98) / norm.ppf(0.95)
    report.ruled(
        "95 % → 98 % may be exponentially more power", WRONG,
        f"the lead at 98 % is {told(ratio)} times that at 95 % (the normal law has {normal:.3f})",
        changed_by="differences Δ with heavy tails, whose quantiles lie far apart. Where rewards are bounded Δ is, "
        "and nothing can be exponential for long",
    )  # fmt: skip
    report.paragraph(
        f"The arm *random* of section 1 at checkpoints close to each other, against the random policy; {size.runs} "
        f"runs. A task is a reward function, with starts averaged: {size.tasks:,} for each run. Lead: what A has "
        "more of than B, Δ = v^A − v^B on a task; edges are at what was found: the post's with ν = .45, which is "
        "that of *sets* and not proved for learners; the corrected ones from the range, Markov and Cantelli."
    )
    law, band = found.normal_law(), found.bands(None)
    report.table([
        ("episodes", "success", "lead", "lead/sd(Δ)", "Φ⁻¹(s)", "the post's edges", "corrected"),
        *((t, s, lead, f"{x:.2f}", _infinite(y), f"{_infinite(a)}, {_infinite(b)}", f"{c:.3f}, {d:.3f}")
          for t, s, lead, x, y, a, b, c, d in zip(
              law["episodes"], each(found.success), each(found.lead), law["lead_over_sd"], law["normal"],
              band["post_lower"], band["post_upper"], band["lower"], band["upper"], strict=True)),
    ])  # fmt: skip
    _, high = ratio.interval()
    report.check("the ratio of the leads is below 1.5 (95 %, upper limit)", float(high) < 1.5, float(high))
    informed = [abs(e) for s, e in rows_of(law, "success", "error") if 0.05 <= s <= FULL]
    report.check(
        f"|lead/sd − Φ⁻¹(s)| at the {len(informed)} checkpoints with s from .05 to {FULL}: the largest",
        bool(informed) and max(informed) < 0.15, max(informed, default=0.0))  # fmt: skip
    references = agents.climbing(size).references
    missed = [
        not (low <= lead <= high)
        for name in references
        for lead, low, high in rows_of(agents.against(size, name).bands(simultaneous=True), "lead", "lower", "upper")
    ]
    report.check(f"corrected bands (95 %, all at once) that miss the lead, against {len(references)} references",
                 not any(missed), f"{sum(missed)} of {len(missed)}")  # fmt: skip
    curves = agents.climbing(size)
    most = float(curves.ceiling().mean - curves.floor().mean)
    says = [edge < most for edge in band["post_upper"]]
    report.check(f"checkpoints at which the post's upper edge says more than that nobody leads by more than C − F = "
                 f"{most:.3f}", not any(says), f"{sum(says)} of {len(says)}")  # fmt: skip
    pairs = agents.against(size, WEAK, "reward and start")
    report.paragraph(
        f"**The unit of a task must be said.** The same agents, with the same lead {told(found.lead, 5)} after "
        f"{found.checkpoints[5]} episodes, are at least as good on {told(found.success, 5)} of the reward functions "
        f"and on {told(pairs.success, 5)} of the pairs of a reward function and a start."
    )
    report.picture("success-and-lead", found.plot(),
                   "Success rate against lead, a dot a checkpoint; what the post's band, the corrected one and the "
                   "normal law say.")  # fmt: skip


def takeoff(report: Story, size: Size) -> None:
    report.section("Soft takeoff, hard takeoff")
    report.quote(
        "**At low success rates (early AI development):** There's a huge range of possible actual capabilities "
        "hiding behind poor performance. … **At moderate success rates (steady progress):** The relationship is more "
        "predictable. Observable improvements roughly correspond to actual capability improvements. … **At high "
        "success rates (advanced AI):** … tiny improvements in observable performance could indicate massive leaps "
        "in actual capability."
    )
    weak, best, half = (agents.against(size, name) for name in (WEAK, "optimal", HALFWAY))
    share = agents.climbing(size).share("random")
    own = HALFWAY.split("@")[1]
    after, part = _after_full(weak)
    low_end = float(best.success.mean[:-1].max())
    ends = each(share)
    report.ruled(
        "Soft takeoff: much power hides behind low success rates", REPAIR,
        f"if the reference is too strong: against the optimal agent the success rate is at most {low_end:.4f} while "
        f"the share of power goes from {ends[0]} to {ends[-1]}. Against a reference near to the agent it does not "
        "hide",
        changed_by="a reference within two or three sd(Δ) of the agent and still a low success rate that does not "
        "move while power grows",
    )  # fmt: skip
    law = weak.normal_law()
    moderate = [(s, e) for s, e in rows_of(law, "success", "error") if 0.3 <= s <= 0.95]
    report.ruled(
        "Moderate success rates: what is seen corresponds to what is there", REPAIR,
        f"if sd(Δ) and the unit of a task are known: then lead ≈ sd(Δ) Φ⁻¹(s), here to "
        f"{max(abs(e) for _, e in moderate):.2f} sd or better. Of the curve itself it is wrong: at s = ½ its band "
        "is widest, where rewards are bounded",
        changed_by="a Δ that is far from normal: it is no theorem",
    )  # fmt: skip
    going = [told(half.success, half.checkpoints.index(t)) for t in (agents.SHORTEST, half.checkpoints[-1])]
    report.ruled(
        "Hard takeoff: tiny improvements at the top are massive leaps", REPAIR,
        f"against a *fixed weak reference* success saturates: {part} of the last lead comes after s ≥ {FULL}. That "
        f"is the reference's doing, and is mended by moving it: against the agent of {own} "
        f"episodes success is {going[0]} at {agents.SHORTEST:,}, and {going[1]} at the end: time to move on",
        changed_by="a lead that grows unseen against a reference that is moved along. The post's own reason, the "
        "arms of its curve, is another, and does not hold for bounded rewards",
    )  # fmt: skip
    report.table([
        ("episodes", "share of power", f"success against the {WEAK}", f"against {HALFWAY}", "against the optimum"),
        *zip(weak.checkpoints, ends, each(weak.success), each(half.success), each(best.success), strict=True),
    ])  # fmt: skip
    report.paragraph(
        f"At {own} episodes {HALFWAY} is the agent itself: all its tasks are ties, which count as successes. That "
        "row is no measurement."
    )
    report.check(f"the part of the last lead that comes after s ≥ {FULL} is more than a third",
                 after > 1 / 3, part)  # fmt: skip
    moved = half.success
    first = int(np.argmax(weak.success.mean >= FULL))
    rises = moved.of(weak.checkpoints[-1]) - moved.of(weak.checkpoints[first])
    report.check(f"from there on success against {HALFWAY} still rises by", float(rises.interval()[0]) > 0.2,
                 told(rises))  # fmt: skip
    report.paragraph(
        "*Smooth or sharp?* In episodes, on a scale of ratios, it is smooth: between neighbouring checkpoints from "
        f"{weak.checkpoints[1]} on, which are a factor of √2 or 2 apart, the share of power grows by at most "
        f"{np.diff(share.mean)[1:].max():.3f}. (From 0 to {weak.checkpoints[1]} episodes is no ratio.) Calendar "
        "time, and what other systems do, are not in the mathematics."
    )


def hidden(report: Story, size: Size) -> None:
    report.section("“Steganographic” gains")
    report.quote(
        "**Steganographic capability development:** AI systems might develop dangerous capabilities during training "
        "that appears completely harmless and unrelated. … **Sudden capability emergence** … **Visible vs. Hidden**"
    )
    curves = agents.curves(size)
    free = curves.share("no-reward")
    early = each(free)[2]
    report.ruled(
        "Power may come from training that looks unrelated", REPAIR,
        f"most unrelated of all is to be given no reward: the agent walks at random, and has a share of "
        f"{told(free)} on any reward function that it is then shown. But it is not hidden from a test: {early} after "
        f"{curves.checkpoints[2]} episodes already, for whoever tries it on held-out reward functions",
        changed_by="an agent at the floor on all held-out reward functions, at all checkpoints, whose power then "
        "jumps without learning. Agents that hide what they can do on purpose are not in this model: its agents do "
        "not know that they are tested",
    )  # fmt: skip
    report.paragraph(
        f"*Hidden as a talent?* An agent at the floor might still learn faster. Share after k episodes of tabular "
        f"Q-learning on each of {size.new} new reward functions, from what the agent thinks of it; {_tried(size)} "
        "runs, ± 95 %."
    )
    found = {arm: _learning_on(size, arm) for arm in ("untrained", "noise", "random")}
    report.table([("before", *(f"k = {k}" for k in LEARNT)), *(
        (arm, *(pm(*over_runs(x)) for x in values.T)) for arm, values in found.items())])  # fmt: skip
    early, late = (over_runs(found["noise"][:, k] - found["untrained"][:, k]) for k in (1, 2))
    report.check(
        f"what was trained on noise is ahead by less than .1 after {LEARNT[1]} and {LEARNT[2]} episodes",
        max(sum(early), sum(late)) < 0.1, (pm(*early), pm(*late)))  # fmt: skip
    ahead, half = over_runs(found["random"][:, 1] - found["untrained"][:, 1])
    report.check("what was trained on random rewards that it was shown is ahead, and shows it at once",
                 ahead - half > 0.3, pm(ahead, half))  # fmt: skip


def _tried(size: Size) -> int:
    return min(size.runs, 8)


def _learning_on(size: Size, arm: str) -> np.ndarray:
    """(size, k) shares after going on learning."""
    return np.array([
        mp.learning.assess(
            {arm: agents.training(size).agent(arm, run)}, agents.maze(), GAMMA, episodes=LEARNT, samples=size.new,
            rng=SEED + run, workers=-1,
        ).share().mean
        for run in range(_tried(size))
    ])  # fmt: skip


def _after_full(weak: Rivals) -> tuple[float, str]:
    """The part of the last lead that comes after the success rate is full, over runs."""
    leads = weak.lead_at(FULL)
    part = 1 - float(np.ravel(leads.mean)[0]) / float(weak.lead.mean[-1])
    half = float(leads.half_widths().ravel()[0]) / float(weak.lead.mean[-1])
    return part, f"{100 * part:.0f} ± {100 * half:.0f} %"


def _infinite(value: float) -> str:
    return f"{value:.2f}" if np.isfinite(value) else ("∞" if value > 0 else "−∞")
