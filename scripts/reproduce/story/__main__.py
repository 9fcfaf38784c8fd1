"""The story of the post "Modeling AI Takeoff Scenarios", statement by statement, told with numbers.

    python -m scripts.reproduce.story                   writes report.md and its pictures beside this file
    python -m scripts.reproduce.story --out DIR         writes them into DIR
    python -m scripts.reproduce.story --only settings   one section (or several, separated by commas)
    python -m scripts.reproduce.story --runs 64         more training runs, narrower errors
    python -m scripts.reproduce.story --quick           a small version, to try it out; checks may fail

A section quotes the post, gives a verdict, says what would change it, and checks the numbers that stand beside it.
Every number comes from mdppower, with fixed seeds; those of the literature and of an earlier study are said to be
theirs. The exit code is 1 if a check fails.
"""

from __future__ import annotations

import sys
from collections.abc import Callable
from pathlib import Path

from scripts.reproduce.command_line import run
from scripts.reproduce.story.coins import coin_flips, settings
from scripts.reproduce.story.convergence import convergence
from scripts.reproduce.story.literature import literature
from scripts.reproduce.story.rates import hidden, success_rates, takeoff
from scripts.reproduce.story.rewards import incorrect, many_objectives, random_rewards, transfer
from scripts.reproduce.story.telling import Size, Story
from scripts.reproduce.story.watching import indicators, monitoring

RUNS = 16
QUICK = Size(runs=4, episodes=300, samples=64, tasks=128, new=32)

SECTIONS: dict[str, Callable[[Story, Size], None]] = {
    "random": random_rewards, "objectives": many_objectives, "incorrect": incorrect, "coin-flips": coin_flips,
    "settings": settings, "convergence": convergence, "transfer": transfer, "rates": success_rates,
    "takeoff": takeoff, "hidden": hidden, "monitoring": monitoring, "indicators": indicators,
    "literature": literature,
}  # fmt: skip

INTRODUCTION = """The post *Modeling AI Takeoff Scenarios - Why Random Rewards Reveal Hidden AI Power* tells a
story: training on completely random rewards made a model dramatically better, instrumental convergence predicts it,
and small visible gains hide huge jumps of power. [The report on its mathematics](../post/report.md) has the
definitions, the lemma and the curve. Here agents are trained, and their power is measured.

**What it gets right**: training on random reward functions does raise power on others, a lot, if the agent is shown
them; many objectives make a set of policies powerful; and against a fixed weak reference much power is gained
unseen.

**What does not hold**: the reward is not what does it, no reward at all does as well; rewards that say nothing
leave power where it was; the coin flips of the language models are this case and not the first, and what they raise
is what a policy does most, by clipping; incorrect rewards teach the opposite; POWER-seeking is no evidence of
power; and from 95 to 98 % there is a quarter more lead, not exponentially more.

**What is not settled**: why random rewards raise the scores of some language models, and whether
these can do more after it.

Report never “random rewards raise power” without what the agent is *shown*, and what it is *given*. Three things go
by that name: reward functions that are shown (section 1), rewards that say nothing (section 1), and coins for a
policy that is good already (section 4). Written by `python -m scripts.reproduce.story`. The tables of
[the page on learning agents](../../../mdppower/learning/README.md) are of other runs of the same settings: numbers
differ within the errors of both."""


def main(arguments: list[str] | None = None) -> int:
    """Write the report; the exit code is 1 if a check fails."""
    return run(
        lambda folder: Story(folder, "The post's story, statement by statement", INTRODUCTION),
        SECTIONS, arguments, about=__doc__.splitlines()[0], folder=Path(__file__).parent, samples=RUNS, least=2,
        option="runs", counted="training runs of each arm", size=Size, quick=QUICK,
    )  # fmt: skip


if __name__ == "__main__":
    sys.exit(main())
