"""What is reported of language models, in miniature: training on coin flips, with all its controls."""

from __future__ import annotations

from functools import cache
from typing import Any

import mdppower as mp
from mdppower.learning import CoinFlips, coin_settings
from mdppower.montecarlo.estimates import Estimate
from mdppower.results.table import Table
from scripts.reproduce.report import OPEN, RIGHT, WRONG
from scripts.reproduce.story.agents import GAMMA, SEED
from scripts.reproduce.story.telling import Size, Story, each, rows_of, told

COINS = 4
"""Times as many runs as of the other trainings: they are short, and differ more."""
GRID = 2
FROM_PRIOR = ("clip", "clip-high", "clip-low", "no-clip", "on-policy")
"""Arms that are given coins and have a good prior."""


@cache
def flips(size: Size) -> CoinFlips:
    return mp.learning.coin_flips(mp.envs.fork(3), GAMMA, runs=COINS * size.runs, rng=SEED, workers=-1)


def coin_flips(report: Story, size: Size) -> None:
    report.section("Coin flips: the language models' case in miniature")
    report.quote(
        "Training Qwen2.5-Math-7B with random rewards improved performance on MATH-500 by 21%. … When Stella Li's "
        "team trained on random objectives, they were essentially sampling from a broad distribution of reward "
        "functions … The model developed generally powerful reasoning capabilities that weren't visible until tested"
    )
    found = flips(size)
    sampled, argmax = found.verdicts("sampled"), found.verdicts("argmax")
    word = dict(rows_of(sampled, "arm", "verdict"))
    at_best = dict(rows_of(argmax, "arm", "verdict"))
    before, after = each(found.sampled("clip"))[:: len(found.iterations) - 1]
    report.paragraph(
        f"A softmax policy at a fork of three is trained by policy gradients (GRPO: groups of {found.setting.group} "
        f"rollouts, {found.setting.prompts} prompts, {found.setting.epochs} × {found.setting.minibatches} updates, "
        f"{found.iterations[-1]} iterations), and the outcome of each rollout is a coin. It starts from a prior "
        f"that has {100 * found.setting.share:g} % of what is available. {found.runs} runs of each arm; ± is 95 % "
        "over runs, each alone; verdicts are of the change, all at once. The setting was found by looking, which "
        "section 5 makes up for."
    )
    report.ruled(
        "Random rewards can raise a score", RIGHT,
        f"sampled share {before} → {after} with clipping on both sides, and it is clipping that does it: without, "
        f"{told(found.sampled('no-clip'))}",
        changed_by="the setting: among those of section 5 it is the exception, and without clipping it happens in "
        "none. Nor does it here from scratch, or from a bad prior",
    )  # fmt: skip
    report.table([
        ("arm", "given", "prior", "clipped", "sampled share", "verdict", "argmax share", "verdict", "entropy",
         "decisions clipped"),
        *((arm, given, prior, clipped, told(found.sampled(arm)), word[arm], told(found.argmax(arm)), at_best[arm],
           f"{found.policy_entropy(arm).mean[-1]:.2f}", f"{100 * found.clipped_share(arm).mean[-1]:.1f} %")
          for arm, given, prior, clipped in rows_of(sampled, "arm", "given", "prior", "clipped")),
    ])  # fmt: skip
    report.check("clip raises, and clip-high", (word["clip"], word["clip-high"]) == ("raises",) * 2,
                 (told(found.change("clip")), told(found.change("clip-high"))))  # fmt: skip
    report.check(
        "clip-low and no clip lower, by more than .25",
        {word["clip-low"], word["no-clip"]} == {"lowers"}
        and _last(found.change("clip-low")) < -0.25 > _last(found.change("no-clip")),
        (told(found.change("clip-low")), told(found.change("no-clip"))),
    )
    apart = found.difference("clip-high", "clip-low")
    report.check("clip-high − clip-low is above .5, run by run", float(apart.interval()[0][-1]) > 0.5, told(apart))
    on_policy = found.change("on-policy")
    report.check("on policy, with one update, next to nothing happens: the change is from −.08 to .02",
                 -0.08 < _last(on_policy) < 0.02, told(on_policy))  # fmt: skip
    report.check("untrained stays where it was: a theorem", word["untrained"] == "does not raise",
                 told(found.sampled("untrained")))  # fmt: skip
    report.check("where nothing is clipped, the clipped share is exactly 0",
                 not any(found.clipped_share(arm).mean.any() for arm in ("no-clip", "on-policy", "inverted-no-clip")),
                 0)  # fmt: skip
    report.ruled(
        "The coin is a draw from a broad distribution of reward functions", WRONG,
        "it is tossed for each rollout, whatever was done: it orders nothing, and its expected update is 0 but for "
        f"the clipping. Where the outcome *is* that of a drawn reward function, the share goes to "
        f"{told(found.sampled('true'))}; where it is its negative, to {told(found.sampled('inverted'))}",
        changed_by="rewards in the experiment that are a fixed function of the answer: they are Bernoulli draws for "
        "each rollout (Shao et al., B.1.1)",
    )  # fmt: skip
    report.check("true raises; inverted lowers, with clipping and without",
                 [word[arm] for arm in ("true", "inverted", "inverted-no-clip")] == ["raises", "lowers", "lowers"],
                 tuple(told(found.change(arm)) for arm in ("true", "inverted", "inverted-no-clip")))  # fmt: skip
    report.ruled(
        "What is gained is general power", WRONG,
        f"in the miniature the policy does more of what it did most, and is worn down: at its best (argmax) it "
        f"falls from {each(found.argmax('clip'))[0]} to {told(found.argmax('clip'))}. The same coins make a bad "
        f"prior worse, {each(found.sampled('anti-prior'))[0]} → {told(found.sampled('anti-prior'))}, and an "
        "untrained policy no better",
        changed_by="an arm given coins whose argmax share, or best of many samples, rises. In language models: base "
        "models overtake at pass@k (Yue et al.), which is the same sign; on new, clean tasks only correct rewards "
        "helped (Wu et al.)",
    )  # fmt: skip
    report.check(
        "argmax falls in every coin arm that starts from the prior",
        {at_best[arm] for arm in FROM_PRIOR} == {"lowers"},
        ", ".join(at_best[arm] for arm in FROM_PRIOR),
    )
    report.check("the anti-prior gets worse: the mirror image of the prior", word["anti-prior"] == "lowers",
                 told(found.change("anti-prior")))  # fmt: skip
    report.ruled(
        "This is what happens in the language models", OPEN,
        "the miniature has the sign of what is reported with clipping, without it, and from other priors; that does "
        "not show that the cause is the same",
        changed_by="the ablations on the models themselves; the literature (section 13) does not agree: clipping "
        "bias, contamination, memorisation, or gains beyond all of these",
    )  # fmt: skip
    report.picture("coin-flips", found.plot(),
                   "Coin flips by arm: the share of the policy as it acts (sampled) and at its best (argmax), and "
                   "for all arms entropy and the share of decisions that was clipped.")  # fmt: skip


def settings(report: Story, size: Size) -> None:
    report.section("Thirty settings: a search, and said to be one")
    report.quote("This isn't a small effect - it's a massive capability jump")
    table = coin_settings(mp.envs.fork(3), GAMMA, runs=GRID * size.runs, rng=SEED, workers=-1)
    counted = {
        (arm, verdict): list(zip(table["arm"], table["verdict"], strict=True)).count((arm, verdict))
        for arm in ("clip", "no-clip") for verdict in ("raises", "lowers", "undecided")
    }  # fmt: skip
    tried = len(table["arm"]) // 2
    report.ruled(
        "Coins raise the score", WRONG,
        f"as a rule, that is: of {tried} settings clipping raises it in {counted['clip', 'raises']} and lowers it in "
        f"{counted['clip', 'lowers']}, without clipping it is raised in {counted['no-clip', 'raises']} and lowered "
        f"in {counted['no-clip', 'lowers']}; the others are undecided, all at once",
        changed_by="more runs would decide what is undecided, either way. With all weights of a larger "
        "world trainable the study beforehand found next to nothing, or erosion: with clipping −.006 ± .049 on "
        "figure 1, −.028 ± .003 in the maze",
    )  # fmt: skip
    report.paragraph(
        f"Epochs of one batch of rollouts, prompts in it, step size: all combinations, on the same priors, "
        f"{GRID * size.runs} runs each. Limits hold for all rows at once, since the most striking will be looked "
        "at. The setting of section 4 is epochs 4, prompts 32, rate 1."
    )
    report.table([
        ("epochs", "prompts", "rate", "clip: change", "limits", "verdict", "no clip: change", "limits", "verdict"),
        *((*one[:3], *_cells(one), *_cells(other)) for one, other in _pairs(table)),
    ])  # fmt: skip
    report.paragraph(f"{table.caption}.")
    report.check(
        "no setting without clipping raises it", not counted["no-clip", "raises"], counted["no-clip", "raises"]
    )
    report.check("clipping raises it in some, and in fewer than half",
                 0 < counted["clip", "raises"] < tried / 2, f"{counted['clip', 'raises']} of {tried}")  # fmt: skip


def _pairs(table: Table) -> list[tuple[tuple[Any, ...], tuple[Any, ...]]]:
    rows = list(rows_of(table, "epochs", "prompts", "rate", "change", "lower", "upper", "verdict"))
    return list(zip(rows[::2], rows[1::2], strict=True))


def _cells(row: tuple[Any, ...]) -> tuple[str, str, str]:
    _, _, _, change, lower, upper, verdict = row
    return f"{change:+.3f}", f"{lower:+.2f} … {upper:+.2f}", verdict


def _last(estimate: Estimate) -> float:
    return float(estimate.mean[-1])
