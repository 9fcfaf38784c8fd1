"""What training on rewards does to power: shown and given in many ways, tried on other rewards."""

from __future__ import annotations

import mdppower as mp
from scripts.reproduce.report import REPAIR, RIGHT, WRONG, Report
from scripts.reproduce.story import agents
from scripts.reproduce.story.agents import ARMS, GAMMA, SEED, TESTS
from scripts.reproduce.story.telling import Size, Story, each, rows_of, told

LIBRARIES = (1, 2, 8, 32, 128)
START = (2, 3)


def random_rewards(report: Story, size: Size) -> None:
    report.section("Training on completely random rewards")
    report.quote(
        "training AI models with completely random rewards - rewards that have nothing to do with the actual task - "
        "made them dramatically better … it reveals that AI systems can gain substantial power through training that "
        "seems completely unrelated to their final capabilities"
    )
    curves = agents.curves(size)
    verdicts = {(arm, test): word for arm, test, word in rows_of(curves.verdicts(), "arm", "test", "verdict")}
    start, end = each(curves.share("random"))[:: len(curves.checkpoints) - 1]
    free = told(curves.share("no-reward"))
    report.ruled(
        "Training on random rewards raises power", REPAIR,
        f"if the agent is shown the reward function that it is paid by: share {start} → {end} of what is available "
        f"above the random policy, in a maze, on reward functions that it has not seen",
        changed_by="a learner that is shown R and paid by R and stays where it was. Tried here: one maze, γ = .9, "
        "learners that are linear in R; a small neural net did the same in a study beforehand (.765 ± .016 and still "
        "rising). Not tried: large worlds, or such as are seen in part",
    )  # fmt: skip
    report.paragraph(
        f"Power is that of Definition C.1 of Turner et al., with the agent as pol: share = (P − F)/(C − F), where F "
        f"is the uniformly random policy and C is POWER. {size.runs} training runs of {size.episodes:,} episodes in "
        f"each arm, each tried on {size.samples} reward functions of its own; ± is 95 % over runs, each number "
        "alone. Verdicts, and bars in the picture, hold all at once."
    )
    report.table([("arm", "shown", "given", *(f"share, {x}" for x in TESTS), "verdict (uniform)"), *(
        (arm, shown, given, *(told(curves.share(arm, test)) for test in TESTS), verdicts[arm, "uniform"])
        for arm, shown, given in dict.fromkeys(rows_of(curves.verdicts(), "arm", "shown", "given")))])  # fmt: skip
    report.table([("test", "floor F", "ceiling C", "P, random", "P, noise"), *(
        (test, told(curves.floor(test)), told(curves.ceiling(test)), told(curves.power("random", test)),
         told(curves.power("noise", test))) for test in TESTS)])  # fmt: skip
    _confirm(report, f"random rewards that are shown: raises, on all {len(TESTS)} laws of tests",
             [verdicts["random", test] for test in TESTS], "raises")  # fmt: skip
    nothing = ("noise", "shuffled", "unseen")
    report.ruled(
        "Rewards that have nothing to do with the task raise power", WRONG,
        f"noise {told(curves.share('noise'))}, rewards of another task {told(curves.share('shuffled'))}, rewards "
        f"that are not seen {told(curves.share('unseen'))}: 0 on average, by theorems",
        changed_by="more runs whose interval excludes 0: that would be an error in a proof, or in this software. The "
        "proofs need a learner that treats R and its mirror image alike, and one that does not start from something "
        "good: with a good prior a coin can raise a *score*, which is section 4",
    )  # fmt: skip
    report.paragraph(
        "Single runs mislead: those of noise differ from each other, and from 0, by more than the mean does, and in "
        "small worlds by ± .4 (the study beforehand, at a fork). One to three seeds would prove either story."
    )
    _confirm(report, f"noise, shuffled, unseen: does not raise, on all {len(TESTS)} laws of tests",
             [verdicts[arm, test] for arm in nothing for test in TESTS], "does not raise")  # fmt: skip
    lower, upper = curves.verdicts()["lower"], curves.verdicts()["upper"]
    where = [k for k, arm in enumerate(curves.verdicts()["arm"]) if arm in nothing]
    report.check(
        "and the simultaneous limits of all of these contain 0; the widest",
        all(lower[k] <= 0 <= upper[k] for k in where),
        max(upper[k] - lower[k] for k in where),
    )
    report.ruled(
        "It is the rewards that do it", WRONG,
        f"an agent that is given no reward at all gets {free}: it learns what follows what from random moves. Power "
        "is made of that, and of R as an input",
        changed_by="rewards that do more than none, on all laws of tests, for learners that have the same ceiling. "
        "The two here are alike at the end and no more; tables and policy improvement over them reach 1",
    )  # fmt: skip
    gap = curves.difference("no-reward", "random").of(30)
    report.check(
        "after 30 episodes no reward is ahead of random rewards, run by run, by",
        float(gap.interval()[0]) > 0, told(gap))  # fmt: skip
    _confirm(report, f"no reward: raises, on all {len(TESTS)} laws of tests",
             [verdicts["no-reward", test] for test in TESTS], "raises")  # fmt: skip
    report.picture(
        "shares", curves.plot(),
        "Share of what is available over episodes, by arm; a panel a law of tests. Hollow: a theorem says that the "
        "mean over runs is 0. Bars hold all at once.")  # fmt: skip


def many_objectives(report: Story, size: Size) -> None:
    report.section("Many objectives, general power; a system as a set of policies")
    report.quote(
        "when you force an AI system to perform well across many different objectives (even random ones), it's "
        "compelled to develop generally powerful capabilities … It's like training to be good at every possible sport"
    )
    few, curves = agents.on_few(size), agents.curves(size)
    found = {arm: few.share(arm).of(size.episodes) for arm in few.arms} | {
        "random": curves.share("random").of(size.episodes)
    }
    many = dict(zip(("1", *map(str, agents.FEW[1:]), "a new one every episode"), found.values(), strict=True))
    sets = {
        (n, kind): mp.learning.library(agents.maze(), GAMMA, n, policies=kind, rng=SEED)
        for n in LIBRARIES for kind in ("optimal", "random")
    }  # fmt: skip
    option = mp.Option.state(agents.maze(), START, GAMMA)
    report.ruled(
        "Many different objectives make generally powerful", RIGHT,
        f"from {told(many['1'])} with one reward function to {told(many['a new one every episode'])} with a new one "
        "in each episode, tested on others; and a set of policies that always picks its best, which is what the "
        "post calls a system, gains with each objective it was made for, far more than by mere diversity",
        changed_by="a learner for which more objectives do not help others. How few are enough is the "
        "architecture's: a neural net that saw one reward function stayed at the floor in the study beforehand. And "
        "the objectives must be *objectives*: see section 4 for coins",
    )  # fmt: skip
    report.table([("reward functions in training", "share on new ones"), *((n, told(x)) for n, x in many.items())])
    means = [float(x.mean) for x in found.values()]
    report.check(f"the share grows with their number ({size.runs} runs each)", sorted(means) == means, means)
    report.paragraph(
        f"*Sets.* n policies, each optimal for a random reward function of its own, or each random; the set picks "
        f"its best policy for a reward function and the start {START}. p(set ≥ all policies) and the gap of C_Σ from "
        f"{8 * size.samples:,} draws; all policies are the state itself."
    )
    rows = {}
    for key, library in sets.items():
        rows[key] = mp.compare(library.option(START), option, samples=8 * size.samples, rng=SEED, workers=-1)
    report.paragraph(
        "One set of each size and kind, each beginning as the smaller ones do; ± is over draws. Rows repeat where "
        "policies do the same from this start: by two of five actions a random one just stays there."
    )
    report.table([("n", "optimal for others: p(set ≥ all)", "gap", "random: p(set ≥ all)", "gap"), *(
        (n, *(text for kind in ("optimal", "random") for text in (told(rows[n, kind].p_at_least),
                                                                    told(rows[n, kind].gap))))
        for n in LIBRARIES)])  # fmt: skip
    gaps = {kind: [float(rows[n, kind].gap.mean) for n in LIBRARIES] for kind in ("optimal", "random")}
    report.check("the gap closes with n", sorted(gaps["optimal"], reverse=True) == gaps["optimal"], gaps["optimal"])
    report.check(
        "and where n ≥ 8, random policies leave a larger gap",
        all(float((rows[n, "random"].gap - rows[n, "optimal"].gap).interval()[0]) > 0 for n in LIBRARIES[2:]),
        gaps["random"][2:],
    )
    report.paragraph(
        "So the post's picture of a system is right about sets. A learner is another thing: a map from R to what it "
        "does, which need not pick its best, and can be worth less than the mean reward (section 3)."
    )


def incorrect(report: Story, size: Size) -> None:
    report.section("Incorrect rewards")
    report.quote("Even more surprisingly, training with *incorrect* rewards boosted performance by 25%.")
    curves = agents.curves(size)
    wrong = told(curves.share("incorrect"))
    report.ruled(
        "Training on incorrect rewards raises power", WRONG,
        f"shown R and paid −R, the agent comes to do the opposite: {wrong} against {told(curves.share('random'))}, "
        "the mirror image, by a theorem",
        changed_by="a learner that is paid −R and whose power on R rises. An *incorrect label* in the language-model "
        "study is another thing: it pays for agreeing with one wrong answer (the authors' repository), not "
        "for all that is not right. What of that does it is not settled (section 13)",
    )  # fmt: skip
    lower, upper = (curves.verdicts()[end][curves.verdicts()["arm"].index("incorrect")] for end in ("lower", "upper"))
    report.check("the simultaneous upper limit of its share is below 0", upper < 0, (lower, upper))
    mirrored = curves.share("incorrect").of(size.episodes) + curves.share("random").of(size.episodes)
    low, high = mirrored.interval(0.999)
    report.check(
        "share of incorrect + share of random, run by run: contains 0 (99.9 %)",
        float(low) <= 0 <= float(high), told(mirrored))  # fmt: skip
    report.paragraph(
        "The theorem is about the mean over runs, for rewards whose law is symmetric: run by run the two have first "
        "weights and exploration of their own. In section 4 the true outcome is inverted for a policy that starts "
        "from a good prior: that unlearns it, with clipping and without."
    )


def transfer(report: Story, size: Size) -> None:
    report.section("Transfer to other rewards")
    report.quote(
        "Transfer learning risks: Capabilities developed for one domain (like random reward training) might "
        "transfer to completely different, potentially dangerous domains in unexpected ways."
    )
    curves = agents.curves(size)
    share = {(arm, test): told(curves.share(arm, test)) for arm in ARMS for test in TESTS}
    report.ruled(
        "Power made on random rewards transfers to other rewards", REPAIR,
        f"in part, and not both ways: trained on uniform rewards, {share['random', 'goals']} on goals; trained on "
        f"goals, {share['goals', 'goals']} on goals and {share['goals', 'uniform']} on uniform rewards, and that "
        f"after it had more. No reward at all transfers best: {share['no-reward', 'goals']} on goals",
        changed_by="learners without the ceiling of these: what is linear in R serves some reward functions at the "
        "cost of others. To other *worlds* nothing transfers here: the agents have no input for it",
    )  # fmt: skip
    report.table([("trained on", *TESTS), *((arm, *(share[arm, test] for test in TESTS))
                                            for arm in ("random", "goals", "no-reward", "noise"))])  # fmt: skip
    goals = curves.share("goals", "uniform")
    mean = goals.mean
    best = int(mean.argmax())
    gone = goals.of(curves.checkpoints[best]) - goals.of(size.episodes)
    report.check(
        f"trained on goals, the share on uniform rewards is highest after {curves.checkpoints[best]:,} episodes and "
        "falls from there, run by run, by",
        float(gone.interval()[0]) > 0, told(gone))  # fmt: skip
    report.check(
        "on goals no reward is ahead of random rewards by",
        float(curves.difference("no-reward", "random", "goals").of(size.episodes).interval()[0]) > 0,
        told(curves.difference("no-reward", "random", "goals")),
    )
    report.paragraph(
        "Which domains are dangerous is not in the mathematics. What is: the law of rewards on which power is "
        "measured must be said, since an agent has one share on each."
    )


def _confirm(report: Report, claim: str, words: list[str], wanted: str) -> None:
    report.check(claim, set(words) == {wanted}, f"{words.count(wanted)} of {len(words)}")
