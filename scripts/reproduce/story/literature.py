"""What the literature says of the story, by paper number and section; what was read, and what is not settled."""

from __future__ import annotations

from scripts.reproduce.report import OPEN, OUTSIDE, REPAIR
from scripts.reproduce.story.agents import GAMMA
from scripts.reproduce.story.telling import Size, Story

POINTS = {"random": 21.4, "incorrect": 24.1, "correct": 29.1}
"""MATH-500, Qwen2.5-Math-7B, percentage points: abstract of 2506.10947."""
FIRST = {"incorrect": 24.6, "correct": 28.8}
"""Where these were others in the abstract that was printed first."""

PAPERS = (
    ("paper", "what was read", "what it says", "where"),
    (
        "Shao et al., *Spurious Rewards*, 2506.10947",
        "v1: text, in part; v2 and the printed version (PMLR 306): abstracts",
        "random reward is a Bernoulli draw for each rollout, independent of it; E[advantage] = 0, but the expected "
        "gradient of the clipped surrogate is not 0",
        "B.1.1, B.1.2",
    ),
    ("", "", "without clipping, by three ablations, “no robust improvement”", "§4.4.2"),
    (
        "",
        "",
        "“the clipping bias is universal, but its impact on performance depends entirely on whether the model's "
        "dominant pre-existing behaviors happen to be effective reasoning strategies”",
        "B.1.3",
    ),
    ("", "", "set-up: 16 rollouts a prompt, 8 updates a batch of rollouts, ε = .2, no KL term", "A.3"),
    ("", "", "gains “largely vanish” on AIME 2025; Llama3 and OLMo2: none, or negative", "C.1, abstract"),
    (
        "",
        "",
        "large gains “can arise … even from random rewards that do not reflect genuine capability improvements”: the "
        "source itself does not carry the post's reading",
        "abstract of v2",
    ),
    (
        "Wu et al., 2507.10532",
        "abstract",
        "contamination of the benchmark; on clean, generated arithmetic only correct rewards help",
        "abstract",
    ),
    (
        "Park et al., 2509.26114",
        "abstract; a stored review record says that it was withdrawn from a venue",
        "clip-low raises entropy, clip-high lowers it, and with random rewards it falls: section 4 has the same",
        "abstract",
    ),
    (
        "Chen et al., 2512.16912",
        "abstract",
        "clipping lowers entropy, and that alone does not improve; there are gains beyond contamination",
        "abstract",
    ),
    ("Yan et al., 2601.11061", "abstract", "a circuit that retrieves memorised solutions", "abstract"),
    (
        "Yue et al., 2504.13837",
        "abstract",
        "training raises pass@1, the base model wins at pass@k: section 4's sampled share up, argmax down",
        "abstract",
    ),
    (
        "Frans et al., *FRE*, 2402.17135",
        "abstract, project page",
        "agents trained on diverse random reward functions that "
        "they are *given as input* solve new ones at once: section 1",
        "abstract",
    ),
    ("Touati & Ollivier, 2103.07945", "abstract", "one representation for all rewards", "abstract"),
    (
        "*Can we really learn one representation to optimize all rewards?*, 2602.11399",
        "abstract",
        "of low rank it cannot serve all; the honest version is one step of policy improvement, as for the agents "
        "here",
        "abstract",
    ),
    ("Barreto et al., 1606.05312", "abstract", "successor features and generalised policy improvement", "abstract"),
    (
        "Jin et al., 2002.02794",
        "abstract",
        "exploration without rewards, then near-optimal for any of them: *no reward* of section 1 is expected",
        "abstract",
    ),
    (
        "Turner et al., 1912.01683",
        "text",
        "optimal policies for rewards drawn at random tend to seek POWER; nothing of training",
        "Def. 5.2, Thms 6.6, 6.13",
    ),
    (
        "Turner & Tadepalli, 2206.13477",
        "abstract; Defs 3.1, 3.2, 3.5 and Thm 3.6 as Krakovna & Kramár have them",
        "retargetable decisions tend one way: where a capability points",
        "Thm 3.6",
    ),
    (
        "Turner, *The Causes of Power-seeking …* (post)",
        "text",
        "a criterion of training retargetability, that can be tested; Q-learning is its example",
        "–",
    ),
    (
        "Krakovna & Kramár, 2304.06528",
        "§§2–4",
        "goals that are compatible with training: which are learnt, not what can be done",
        "§§2–4",
    ),
    ("Mikulik et al., 2010.11223", "abstract", "agents that go on learning in use", "abstract"),
)


def literature(report: Story, size: Size) -> None:
    report.section("What the literature says")
    report.quote(
        "Training Qwen2.5-Math-7B with random rewards improved performance on MATH-500 by 21%. Even more "
        "surprisingly, training with *incorrect* rewards boosted performance by 25%. … The 21-25% performance gains "
        "represent exactly the kind of hidden capability jump that the mathematical framework predicts."
    )
    report.ruled(
        "21 % and 25 %", REPAIR,
        f"they are percentage *points*: {POINTS['random']} for random rewards and {POINTS['incorrect']} for "
        f"incorrect labels ({FIRST['incorrect']} in the abstract that was printed first), of one benchmark and one "
        f"model family, where correct rewards gain {POINTS['correct']} ({FIRST['correct']})",
        changed_by="another printing of the paper. In parts of the score before they would be more; in parts of what "
        "correct rewards gain they are nearly all of it, and that is what is remarkable",
    )  # fmt: skip
    near = POINTS["random"] / POINTS["correct"]
    report.check("random rewards have most of what correct ones have, as reported", near > 0.7, near)
    report.ruled(
        "The gains are what the mathematical framework predicts", OUTSIDE,
        "the framework has a probability of being at least as good and a gap of power, both over one law of reward "
        "functions; a score on one benchmark is neither, and training does not occur in it",
        changed_by="a derivation of a number of points, before they are measured",
    )  # fmt: skip
    report.ruled(
        "Capability was gained",
        OPEN,
        "of the random rewards the source itself now says that large gains “can arise … even from random rewards "
        "that do not reflect genuine capability improvements”; they largely vanish on a new benchmark, and are none "
        "or negative in other model families. But gains beyond contamination are on record, too (Chen et al.)",
        changed_by="gains on tasks that are known to be new, at pass@k, in more than one model family; or none",
    )
    report.ruled(
        "Why random rewards raise the score of these models", OPEN,
        "clipping bias (Shao et al., B.1.2), a benchmark in the training data (Wu et al.), memorised solutions (Yan "
        "et al.), and gains beyond these (Chen et al.) are all on record",
        changed_by="one account that predicts the others' ablations. Section 4 shows that clipping *suffices* in "
        "miniature, not that it is what happens",
    )  # fmt: skip
    report.paragraph(
        "Where it says “abstract”, no more than that was read, and nothing here rests on more. Quotations are the "
        "papers' own; all else is in our words."
    )
    report.table(PAPERS)
    report.paragraph(
        f"*Not done here, and so not said*: stochastic worlds (slip .2 gives the same verdicts, in the page on "
        f"learning), γ other than {GAMMA}, larger maps, neural nets in this report, agents with memory, agents that "
        "know that they are tested."
    )
