"""What a person would say of reports: what is proved, what is tested and agrees, what is open, what does not apply.

The sentences are made of the reports, and, where these are a `Verification`, of the symmetries of the whole MDP and
of how far each search went. What is not proved is not said to be: a claim that holds is proved, as
`ClaimReport.verdict` has it; one for which only samples speak is tested; one whose hypotheses could not be decided is
open.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from mdppower._text import count, rate_text
from mdppower.reports.claim_sentences import GENERAL, Sentence, held_sentences, instance_sentences
from mdppower.reports.names import TITLES, action_named, kind, listed, named
from mdppower.reports.symmetry_sentences import symmetry_sentences
from mdppower.reports.words import ALARM, by_claim, line, where_text, why
from mdppower.symmetry.automorphisms import Symmetries
from mdppower.theorems.candidates import Survey
from mdppower.theorems.claim_report import ClaimReport, require_reports
from mdppower.theorems.verification import Verification

ORDER = ("prop-6.6", "prop-6.9.1", "prop-6.9.2", "prop-B.1", "prop-B.4")
"""Claims that say below γ = 1 which of two states, or actions, has more POWER or is more often optimal."""

NEEDS: dict[str, str] = {
    "prop-5.5": "two {kind}s that lead to each other in one step for certain",
    "prop-6.6": "a {kind} that offers a copy of all that another does",
    "prop-6.9.1": "an action that offers a copy of what another does, with no way back after the other",
    "prop-6.9.2": "an action that offers a copy of what another does, and no third that leads to the same {kind}s",
    "prop-6.12": "a {kind} that offers for ever a copy of what another does",
    "thm-6.13": "two groups of ends without a {kind} in common, of which one contains a copy of the other",
    "cor-6.14": "a {kind} from which one can get to two others for certain, and stay",
    "prop-B.1": "a {kind} with two different actions",
    "prop-B.4": "a {kind} with two different actions",
}


GLOSSARY = (
    "POWER of a state, at a discount rate γ: the average, over reward functions, of the best value that an agent can "
    "have from there on, per step (the normalised value of what comes after).",
    "For most rewards: of any law of rewards and its rearrangements over the states, at least as many agree as "
    "disagree. I.i.d. rewards are their own only rearrangement: for them it is simply so.",
    "Average-optimal: of greatest reward per step in the long run, where what happens on the way does not count.",
    "A copy: some permutation φ of the states takes all that one state (or action) makes possible into what another "
    "does. It is the certificate, and is checked exactly.",
    "Proved: every hypothesis is, and the theorem says the rest. Tested: samples can refute a theorem, and never "
    "prove it. Open: the search ended before it could tell. Does not apply: a hypothesis is proved false.",
    "The claims are those of Turner et al., Optimal Policies Tend to Seek Power, arXiv 1912.01683.",
)
"""How to read a page."""


@dataclass(frozen=True)
class FirstPage:
    """Sentences in the order in which they are read.

    Attributes
    ----------
    alarms : tuple of str
        What is contradicted, and that a run was interrupted.
    proved, tested, undecided, idle : tuple of Sentence
    references : dict from str to str
        Of each claim, its number.
    """

    alarms: tuple[str, ...]
    proved: tuple[Sentence, ...]
    tested: tuple[Sentence, ...]
    undecided: tuple[Sentence, ...]
    idle: tuple[Sentence, ...]
    references: dict[str, str]

    @property
    def parts(self) -> list[tuple[str, tuple[Sentence, ...]]]:
        """The parts that have sentences, with their headings."""
        parts = (
            ("Proved", self.proved), ("Tested, and in agreement", self.tested), ("Open", self.undecided),
            ("Does not apply here", self.idle),
        )  # fmt: skip
        return [(name, sentences) for name, sentences in parts if sentences]

    def numbers(self, one: Sentence) -> list[tuple[str, str]]:
        """The claims of a sentence, each with its number; items of one proposition together, under the first."""
        found = [(claim, self.references[claim]) for claim in one.claims if claim in self.references]
        bases = Counter(number.partition(", item")[0] for _, number in found)
        shown: dict[str, str] = {}
        for claim, number in found:
            base = number.partition(", item")[0]
            shown.setdefault(base if bases[base] > 1 else number, claim)
        return [(claim, number) for number, claim in shown.items()]

    def told(self, one: Sentence) -> str:
        """A sentence with the numbers of its claims."""
        numbers = "; ".join(number for _, number in self.numbers(one))
        return line(one.text + f" ({numbers})" * bool(numbers))


def first_page(reports: Iterable[ClaimReport]) -> FirstPage:
    """The sentences of reports.

    Parameters
    ----------
    reports : iterable of ClaimReport
        A `Verification` has more to say than its reports alone.

    Returns
    -------
    FirstPage

    Raises
    ------
    ParameterError
        One of them is no report.

    Examples
    --------
    >>> import mdppower as mp
    >>> found = mp.theorems.verify(mp.envs.make("open(2,3)"), 0.5, claims=["prop-5.4"], samples=8, rng=0)
    >>> first_page(found).proved[0].text.split(":")[0]
    'The map is mirror-symmetric left-right (about column 1) and up-down (between rows 0 and 1)'
    """
    run = reports if isinstance(reports, Verification) else None
    found = require_reports(reports)
    surveys = {} if run is None else run.surveys
    symmetries = None if run is None else run.symmetries
    wrong = [one for one in found if one.verdict == "violated"]
    held = [one for one in found if one.verdict == "holds"]
    seen = [one for one in found if one.verdict == "inconclusive" and _all_met(one)]
    unknown = [one for one in found if one.verdict == "inconclusive" and not _all_met(one)]
    idle = [one for one in found if one.verdict == "not applicable"]
    alarms = [ALARM + "."] * bool(wrong)
    alarms += [f"{one.reference} at {where_text(one)}: {one.statement}; {why(one)}." for one in wrong]
    if run is not None and run.interrupted:
        alarms.append(f"The run was interrupted: not checked: {', '.join(run.unchecked)}.")
    return FirstPage(
        tuple(map(line, alarms)),
        tuple(_proved(held, symmetries, run, surveys)),
        tuple(_tested(held, seen, run)),
        tuple(_undecided(found, unknown, symmetries, surveys)),
        tuple(_idle(idle, surveys)),
        {claim: group[0].reference for claim, group in by_claim(found).items()},
    )


def _all_met(one: ClaimReport) -> bool:
    return all(hypothesis.status == "met" for hypothesis in one.hypotheses) and bool(one.evidence)


# ---------------------------------------------------------------------- proved


def _proved(
    held: Sequence[ClaimReport], symmetries: Symmetries | None, run: Verification | None, surveys: dict[str, Survey]
) -> list[Sentence]:
    alike = [one for one in held if _alike(one, symmetries)]
    told = []
    if symmetries is not None and run is not None and (symmetries.complete or not symmetries.is_trivial):
        told += [Sentence(text, ("prop-6.6",) * bool(alike)) for text in symmetry_sentences(symmetries, run)]
    told += held_sentences([one for one in held if one not in alike], surveys)
    general = list(dict.fromkeys(one.claim for one in held if one.claim in GENERAL))
    if general:
        told.append(Sentence(f"As in every finite MDP: {'; '.join(TITLES[one] for one in general)}.", tuple(general)))
    if run is not None and not any(one.claim in ORDER and one not in alike for one in held):
        one = kind(run.here.mdp)
        undecided = f"below γ = 1, nothing found says which {one} has more POWER, or which action is likelier optimal"
        if not {"prop-6.6", "prop-6.9.1", "prop-6.9.2"} <= {one.claim for one in run.reports}:
            undecided = "not all claims were looked at"
        told.append(Sentence(f"Nothing {'else ' * bool(told)}is proved: {undecided}."))
    return told


def _alike(one: ClaimReport, symmetries: Symmetries | None) -> bool:
    """Whether it compares two states that a symmetry of the whole MDP takes to each other."""
    if symmetries is None or one.claim != "prop-6.6" or len(one.where) != 2 or not one.mdp.equals(symmetries.mdp):
        return False
    first, second = (symmetries.mdp.index(label) for label in one.where)
    return bool(symmetries.orbit[first] == symmetries.orbit[second])


# ---------------------------------------------------------------------- tested, and open


def _tested(held: Sequence[ClaimReport], seen: Sequence[ClaimReport], run: Verification | None) -> list[Sentence]:
    found: Counter[tuple[str, str]] = Counter((e.kind, e.outcome) for one in held for e in one.evidence)
    parts = [
        text.format(n=count(found[kind, "supports"], noun))
        for kind, noun, text in (
            ("pathwise", "inequality", "{n}, reward function by reward function"),
            ("votes", "vote", "{n} over rearrangements of rewards"),
            ("estimate", "estimate", "{n}"),
        )
        if found[kind, "supports"]
    ]
    told = []
    if parts:
        text = f"No test contradicts what is proved: {listed(parts)}".replace("inequalitys", "inequalities")
        if run is not None:
            rates = listed([rate_text(gamma) for gamma in run.here.gammas])
            text += f"; up to {count(run.here.samples, 'draw')} each, of {run.rewards_name} rewards, at γ = {rates}"
        silent = sum(n for (_, outcome), n in found.items() if outcome == "silent")
        text += f". {count(silent, 'test').capitalize()} could not tell" * bool(silent)
        untested = sum(not any(e.kind in ("pathwise", "votes", "estimate") for e in one.evidence) for one in held)
        text += f". {count(untested, 'report')} of what is proved had no test" * bool(untested)
        told.append(Sentence(text + "."))
    told += [Sentence(f"In samples, and not proved: {one.text}", one.claims) for one in instance_sentences(seen)]
    return told


def _undecided(
    found: Sequence[ClaimReport], unknown: Sequence[ClaimReport], symmetries: Symmetries | None,
    surveys: dict[str, Survey],
) -> list[Sentence]:  # fmt: skip
    told = []
    if symmetries is not None and not symmetries.complete:
        text = "The search for symmetries of the whole ended early: there may be more."
        told.append(Sentence(text))
    same: dict[str, list[ClaimReport]] = {}
    for one in unknown:
        open_ones = [h for h in one.hypotheses if h.status == "unknown"]
        reason = open_ones[0].detail or open_ones[0].name if open_ones else "no test of it was made"
        same.setdefault(reason, []).append(one)
    for reason, group in same.items():
        titles = list(dict.fromkeys(TITLES.get(one.claim, one.statement) for one in group))
        places = [where_text(one) for one in group if one.where]
        at = f", at {listed(places)}" * bool(places)
        survey = surveys.get(group[0].claim)
        if survey is not None and not places and not survey.is_complete:
            reason = _left(survey)
        head = "was not decided" if places else "no place for it was found"
        told.append(Sentence(f"“{'”, “'.join(titles)}”{at}: {head}; {reason}.", tuple(by_claim(group))))
    claims = by_claim(found)
    for claim, survey in surveys.items():
        if survey.is_complete or any(one.claim == claim for one in unknown) or claim not in claims:
            continue
        text = f"“{TITLES.get(claim, claim)}” may hold elsewhere: {_left(survey)}."
        told.append(Sentence(text, (claim,)))
    return told


def _left(survey: Survey) -> str:
    """What a search did not decide."""
    left = [
        f"{n:,} {what}"
        for n, what in ((survey.unknown, "are undecided"), (survey.skipped, "were not looked at in the time given"))
        if n
    ]
    return f"of {count(survey.candidates, 'place')} {listed(left)}"


# ---------------------------------------------------------------------- what does not apply


def _idle(idle: Sequence[ClaimReport], surveys: dict[str, Survey]) -> list[Sentence]:
    told = []
    for claim, group in by_claim(idle).items():
        title = TITLES.get(claim, group[0].statement)
        need = NEEDS.get(claim)
        survey = surveys.get(claim)
        if need is None or (any(one.where for one in group) and not any(not one.where for one in group)):
            places = listed([where_text(one) for one in group])
            told.append(Sentence(f"“{title}”, at {places}: {why(group[0])}.", (claim,)))
            continue
        need = need.format(kind=kind(group[0].mdp))
        why_not = (
            f"none of {survey.candidates:,} places has it"
            if survey is not None and survey.candidates
            else _detail(group)
        )
        text = f"“{title}” needs {need}: {why_not}."
        text += "".join(f" {_blocked(one)}" for one in group if one.where)
        told.append(Sentence(text, (claim,)))
    return told


def _detail(group: Sequence[ClaimReport]) -> str:
    details = [h.detail for h in group[0].hypotheses if h.status == "not met" and h.detail]
    return details[0] if details else "there is none"


def _blocked(one: ClaimReport) -> str:
    """Of a place that has its copy, and where another hypothesis fails: which."""
    if one.claim in ("prop-6.9.1", "prop-6.9.2") and len(one.where) == 3:
        state, action, other = one.where
        actions = f"{action_named(one.mdp, action)} has the copy of {action_named(one.mdp, other)}"
        place = f"At {named(one.mdp, state)} {actions}"
        but = (
            f"{named(one.mdp, state)} can be reached again"
            if one.claim == "prop-6.9.1"
            else "other actions lead to the same"
        )
        return f"{place}, but {but}."
    failed = [h.name for h in one.hypotheses if h.status == "not met"]
    return f"At {where_text(one)} this is missing: {listed(failed)}."
