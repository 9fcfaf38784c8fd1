"""Reports of one claim that holds, as sentences that a person would say; families of reports in one.

Reports that say the same of many states and one more ("≥ the pit") are a family: it is counted, and said once. What
each claim says is written here in words; a claim that is not known here is told by its own statement.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import TypeAlias

from mdppower._text import count, rate_text
from mdppower.mdp.layout import is_drawing
from mdppower.reports.names import action_named, kind, listed, named, named_all
from mdppower.reports.permutation_words import moves, phi_words
from mdppower.theorems.candidates import Survey
from mdppower.theorems.claim_report import ClaimReport

GENERAL = ("lemma-5.3", "prop-5.4", "def-C.1")
"""Claims that hold in every finite MDP."""
LABELS = {
    "prop-5.5": 2, "prop-6.6": 2, "prop-6.12": 2, "prop-6.9.1": 3, "prop-6.9.2": 3, "thm-6.13": 1, "cor-6.14": 2,
    "prop-B.1": 3, "prop-B.4": 3,
}  # fmt: skip
"""How many states and actions a claim is about; a report about others is told as it is stated."""
OF_ACTIONS = ("prop-6.9.1", "prop-6.9.2")
MORE, MORE_INSIDE = ", and not the other way round", ", and not the other way round for 0 < γ < 1"
"""The strict part, at γ = 1 alone and of claims at every γ."""


@dataclass(frozen=True)
class Sentence:
    """A sentence of the first page, and the claims whose reports have the rest.

    Attributes
    ----------
    text : str
    claims : tuple of str
    """

    text: str
    claims: tuple[str, ...] = ()


Reports: TypeAlias = "Sequence[ClaimReport]"


def held_sentences(reports: Reports, surveys: Mapping[str, Survey]) -> list[Sentence]:
    """What reports that hold say, without what holds in every MDP.

    Parameters
    ----------
    reports : sequence of ClaimReport
    surveys : mapping from claim to Survey
        Where they are known: how many places there are of which some were reported.

    Returns
    -------
    list of Sentence
    """
    told: list[Sentence] = []
    left = [one for one in reports if one.claim not in GENERAL]
    odd = [one for one in left if len(one.where) != LABELS.get(one.claim, len(one.where))]
    left = [one for one in left if one not in odd]
    # What is so at every γ is so at γ = 1.
    pairs = {one.where for one in left if one.claim == "prop-6.6"}
    said = [one for one in left if one.claim == "prop-6.12" and one.where in pairs and _strict(one) != "met"]
    left = [one for one in left if one not in said]
    claims = dict.fromkeys(one.claim for one in left)
    if claims.keys() >= {*OF_ACTIONS}:
        del claims["prop-6.9.2"]  # told together
    for claim in sorted(claims, key=lambda name: name == "prop-5.5"):  # which is so of neighbours anywhere
        group = [one for one in left if one.claim in (OF_ACTIONS if claim in OF_ACTIONS else (claim,))]
        numbers = tuple(dict.fromkeys(one.claim for one in group))
        numbers += ("prop-6.12",) * (claim == "prop-6.6" and bool(said) and "prop-6.12" not in claims)
        told += [Sentence(text, numbers) for text in SAID.get(claim, _as_stated)(group, surveys)]
    told += [Sentence(text, (one.claim,)) for one in odd for text in _as_stated([one], surveys)]
    return told


def _found(claim: str, group: Reports, surveys: Mapping[str, Survey], noun: str) -> str:
    """How many more the search found: nothing where these are all."""
    survey = surveys.get(claim)
    if survey is None or survey.found <= len(group):
        return ""
    are = "are" if len(group) > 1 else "is"
    return f" {len(group)} of the {count(survey.found, noun)} that were found {are} reported."


# ---------------------------------------------------------------------- states


def _states(group: Reports, surveys: Mapping[str, Survey]) -> list[str]:
    """Propositions 6.6 and 6.12: of two states, one has at least the POWER of the other."""
    claim, mdp = group[0].claim, group[0].mdp
    at = "at every γ" if claim == "prop-6.6" else "at γ = 1"
    survey = surveys.get(claim)
    if survey is not None and survey.is_complete and 0 < survey.candidates == survey.found:
        offers = "offers a copy of all that" if claim == "prop-6.6" else "can keep up for ever a copy of what"
        return [
            f"{at[0].upper()}{at[1:]} it does not matter where one starts: each of the "
            f"{count(mdp.n_states, kind(mdp))} has at least every other's POWER, for most rewards (with i.i.d. "
            f"rewards, exactly as much), for each {offers} any other {'can' if claim == 'prop-6.12' else 'does'}."
        ]
    families = _families(group, lambda one: (one.where[1], _strict(one), bool(one.phi)))
    told = [_state_sentence(members, at) for members in families]
    told[-1] += _found(claim, group, surveys, "pair")
    return told


def _state_sentence(members: Reports, at: str) -> str:
    first, many = members[0], len(members) > 1
    mdp, other, always = first.mdp, named(first.mdp, first.where[1]), first.claim == "prop-6.6"
    who = named_all(mdp, [one.where[0] for one in members])
    ever = "" if always else " for ever"
    if _strict(first) == "not met":
        have = "have" if many else "has"
        same = f"{'all' if many else 'both'} offer the same{ever}"
        return (
            f"{_capital(who)} {have} as much POWER as {other} {at}, for most rewards both ways: {same}{_by(members)}."
        )
    strict = _strict(first) == "met"
    more = (MORE_INSIDE if always else MORE) * strict
    offers = f"offers a copy of all that {other} does{ever}" if first.phi else f"offers all that {other} does{ever}"
    why = f"{'each' if many else 'it'} {offers}{', and more' * strict}{_by(members)}"
    have = "each have" if many else "has"
    return f"{_capital(who)} {have} at least the POWER of {other} {at}, for most rewards{more}: {why}."


def _capital(text: str) -> str:
    """A label keeps its letters: star is not Star."""
    return "The" + text[3:] if text.startswith("the ") else text


def _strict(one: ClaimReport) -> str:
    return "none" if one.strict is None else one.strict.status


def _by(members: Reports) -> str:
    """By which φ, where all have the same: its shape, or what it swaps."""
    if any(one.phi != members[0].phi for one in members) or not members[0].phi:
        return ""
    one = members[0]
    assert one.phi is not None
    shape, pairs = phi_words(one.phi, one.mdp), moves(one.phi)
    if "↔" not in shape and "→" not in shape and not (is_drawing(one.mdp) and "that move" in shape):
        return f" ({shape.rpartition(' (')[0]})"
    if len(pairs) > 3:
        return ""
    swaps = [f"{named(one.mdp, s)} with {named(one.mdp, t)}" for s, t, _ in pairs]
    return f" (swap {listed(swaps)})"


def _families(group: Reports, key: Callable[[ClaimReport], object]) -> list[list[ClaimReport]]:
    found: dict[object, list[ClaimReport]] = {}
    for one in group:
        found.setdefault(key(one), []).append(one)
    return list(found.values())


# ---------------------------------------------------------------------- actions


def _actions(group: Reports, surveys: Mapping[str, Survey]) -> list[str]:
    """Proposition 6.9, both items: what one action leads to is a copy of what another does, and perhaps more."""
    told: dict[tuple[tuple[str, ...], bool], list[list[ClaimReport]]] = {}
    for members in _families(group, lambda one: one.where):
        items = tuple(one.claim for one in members)
        told.setdefault((items, all(_strict(one) == "met" for one in members)), []).append(members)
    sentences = []
    for (items, strict), places in told.items():
        first = places[0][0]
        names = [
            (named(first.mdp, s), action_named(first.mdp, a), action_named(first.mdp, b))
            for s, a, b in (members[0].where for members in places)
        ]
        alone = len(places) == 1
        better, worse = names[0][1:] if alone else ("the first", "the second")
        does = {
            "prop-6.9.1": f"leads to at least as much POWER as {worse}",
            "prop-6.9.2": f"is at least as likely optimal as {worse}",
        }
        says = " and ".join(does[item] for item in items)
        if len(items) > 1:
            says = f"leads to at least as much POWER as {worse} and is at least as likely optimal"
        where = f"At {names[0][0]}" if alone else "Of " + listed([f"{a} and {b} at {s}" for s, a, b in names])
        copy = f"what {better} leads to contains a copy of what {worse} does{', and more' * strict}"
        by = _by(places[0]) if alone else ""
        sentences.append(f"{where}, {better} {says}, for most rewards{MORE_INSIDE * strict}: {copy}{by}.")
    claim = group[0].claim
    sentences[-1] += _found(claim, [one for one in group if one.claim == claim], surveys, "choice")
    return sentences


# ---------------------------------------------------------------------- ends


def _ends(group: Reports, surveys: Mapping[str, Survey]) -> list[str]:
    """Theorem 6.13: into which of two groups of ends."""
    told = []
    for members in _families(group, lambda one: (one.where, _strict(one))):
        first = members[0]
        pairs = ["in " + " as in ".join(list(one.sides)[:2]) for one in members]
        head = f"From {named(first.mdp, first.where[0])}, average-optimal policies end up at least as often"
        told.append(f"{head} {listed(pairs)}, for most rewards{MORE * (_strict(first) == 'met')}.")
    return told


def _one_cycles(group: Reports, surveys: Mapping[str, Survey]) -> list[str]:
    """Corollary 6.14: not in any given state for ever."""
    told = []
    for members in _families(group, _strict):
        mdp, starts = members[0].mdp, list(dict.fromkeys(one.where[0] for one in members))
        ends = named_all(mdp, [one.where[1] for one in members])
        many = len(members) > 1
        more = MORE * (_strict(members[0]) == "met")
        if len(starts) == 1:
            where, which = named(mdp, starts[0]), f"any one of {ends}" if many else ends
            head = f"From {where}, average-optimal policies end elsewhere at least as often as in {which}"
        else:
            head = (
                f"For {len(members)} {kind(mdp)}s where one can stay ({ends}): from one that can reach it, "
                "average-optimal policies end elsewhere at least as often as there"
            )
        told.append(f"{head}, for most rewards{more}.")
    return told


# ---------------------------------------------------------------------- others


def _neighbours(group: Reports, surveys: Mapping[str, Survey]) -> list[str]:
    """Proposition 5.5."""
    mdp, survey = group[0].mdp, surveys.get("prop-5.5")
    n = len(group) if survey is None else max(survey.found, len(group))
    which = f"{kind(mdp).capitalize()}s that lead to each other in one step ({count(n, 'pair')})"
    most = "they differ by at most 1 − γ times the range of the rewards"
    return [f"{which} have nearly the same POWER near γ = 1: {most}."]


def _instances(group: Reports, surveys: Mapping[str, Survey]) -> list[str]:
    """Propositions B.1 and B.4 need one instance."""
    first = group[0]
    state, action, other = first.where
    mdp, rate = first.mdp, rate_text(first.gammas[0])
    place = f"At {named(mdp, state)}, {action_named(mdp, action)}"
    rival = action_named(mdp, other)
    what = (
        f"leads to more POWER than {rival} and is less likely optimal, with i.i.d. uniform rewards"
        if first.claim == "prop-B.1"
        else f"tends to seek more POWER than {rival} and tends not to be optimal"
    )
    many = f" {len(group)} such cases are reported." if len(group) > 1 else ""
    return [f"{place} {what} (γ = {rate}).{many}"]


def _as_stated(group: Reports, surveys: Mapping[str, Survey]) -> list[str]:
    texts = list(dict.fromkeys(one.statement for one in group))
    more = f" And {len(texts) - 3:,} more statements." if len(texts) > 3 else ""
    return [f"{listed(texts[:3], 3)}.{more}"]


SAID: dict[str, Callable[[Reports, Mapping[str, Survey]], list[str]]] = {
    "prop-5.5": _neighbours,
    "prop-6.6": _states,
    "prop-6.9.1": _actions,
    "prop-6.9.2": _actions,
    "prop-6.12": _states,
    "thm-6.13": _ends,
    "cor-6.14": _one_cycles,
    "prop-B.1": _instances,
    "prop-B.4": _instances,
}


def instance_sentences(group: Iterable[ClaimReport]) -> list[Sentence]:
    """What reports for which only samples speak would say, a sentence a claim."""
    told = []
    for members in _families(list(group), lambda one: (one.claim, len(one.where))):
        known = len(members[0].where) == LABELS.get(members[0].claim)
        make = SAID[members[0].claim] if known else _as_stated
        told += [Sentence(text, (members[0].claim,)) for text in make(members, {})]
    return told
