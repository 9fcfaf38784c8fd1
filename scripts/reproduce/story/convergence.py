"""Does instrumental convergence predict it? What its theorems are about, and POWER-seeking that is no power."""

from __future__ import annotations

from functools import cache

import mdppower as mp
from mdppower.learning.sought import MEASURES, Seeking
from scripts.reproduce.report import WRONG
from scripts.reproduce.story import agents
from scripts.reproduce.story.agents import GAMMA, SEED
from scripts.reproduce.story.telling import Size, Story, each, told

SEEKING = 2
"""Times as many runs: figure 1 is small."""
MOST = 10_000
"""Episodes."""


@cache
def sought(size: Size) -> Seeking:
    """Random behaviour, so that all arms see the same states."""
    training = mp.learning.train(
        mp.envs.figure_1(), GAMMA, ["noise", "random"], episodes=min(size.episodes, MOST),
        runs=SEEKING * size.runs, start="star", epsilon=1.0, rng=SEED, workers=-1,
    )  # fmt: skip
    return training.seeking("r_tri", at="star", samples=size.samples)


def convergence(report: Story, size: Size) -> None:
    report.section("“Predicted by instrumental convergence”")
    report.quote(
        "This surprising result isn't actually surprising at all - if you understand instrumental convergence "
        "theory. … it's a mathematical inevitability predicted by instrumental convergence theory."
    )
    curves = agents.curves(size)
    report.ruled(
        "A mathematical inevitability", WRONG,
        "training on random rewards that are noise, another task's, or unseen leaves power at the floor "
        f"({told(curves.share('noise'))}, {told(curves.share('shuffled'))}, {told(curves.share('unseen'))}), and "
        "that is what the mathematics says. Turner's theorems are about policies that are optimal already, and the "
        "later ones about where a capability points (retargetability), not about where it comes from",
        changed_by="a theorem with training in its hypothesis and power in its conclusion. One there is, and it says "
        "what section 1 found: near-optimal for any reward after exploration that sees none (Jin et al., 2002.02794)",
    )  # fmt: skip
    found = sought(size)
    toward, share = found.measure("toward"), found.measure("share")
    exact, chance = float(found.exact[MEASURES.index("toward")]), float(found.chance[MEASURES.index("toward")])
    lean = dict(zip(found.arms, each(toward), strict=True))
    worth = dict(zip(found.arms, each(share), strict=True))
    report.ruled(
        "An agent that goes where there is more POWER has more of it", WRONG,
        f"on figure 1 of Turner et al. Q-learning on pure noise goes to the POWER-rich side with probability "
        f"{lean['noise']}, at a share of power of {worth['noise']}; the optimal agent does with {exact:.3f}, chance "
        f"is {chance:.3f}. It is the overestimation of max, and gone without max ({lean['noise without max']})",
        changed_by="a measure of POWER-seeking that noise does not raise. What is measured here has to stand beside "
        "noise, noise without max, and the random policy",
    )  # fmt: skip
    report.paragraph(
        "The post does not say this; but going where there is more POWER is what is looked for, where somebody looks "
        "for instrumental convergence in an agent."
    )
    report.table([("arm", "P(right)", "share of power"), *((arm, lean[arm], worth[arm]) for arm in found.arms),
                  ("optimal, integrated", f"{exact:.4f}", "1"), ("random policy", f"{chance:.4f}", "0")])  # fmt: skip
    lower, _ = toward.of("noise").interval(0.999)
    report.check("noise seeks more than the optimal agent, and than .6 (99.9 %, lower limit)",
                 float(lower) > max(exact, 0.6), float(lower))  # fmt: skip
    low, high = toward.of("noise without max").interval(0.999)
    report.check("without max, chance is within the limits (99.9 %)", float(low) <= chance <= float(high),
                 (float(low), float(high)))  # fmt: skip
    for arm in ("noise", "noise without max"):
        low, high = share.of(arm).interval(0.999)
        report.check(f"{arm}: a share of 0 is within the limits (99.9 %)", float(low) <= 0 <= float(high),
                     (float(low), float(high)))  # fmt: skip
