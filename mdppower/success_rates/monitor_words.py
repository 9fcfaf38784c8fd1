"""What may be concluded from counts along training, in sentences."""

from __future__ import annotations

import numpy as np

from mdppower._text import count
from mdppower.results.number_text import how_sure
from mdppower.success_rates.counts import checkpoint_number
from mdppower.success_rates.leads import Leads, Limits
from mdppower.success_rates.saturation import CHANGE, INFORMS, SATURATED, TOO_FEW, TOO_STRONG, fewest_told

MOST = 8
"""Checkpoints that are listed."""


UNITS = (
    "Nothing is sure of the lead, and what follows from the normal law is in units of sd(Δ): give the range of "
    "scores (width=, --range) or sd(Δ) (sd=, --sd)."
)


def sentences(found: Leads) -> str:
    """The counts against each reference, what they say of leads, and what they say together; a line for each."""
    told: list[str] = []
    rows: dict[str, list[int]] = {}
    for k, name in enumerate(found.counts.references):
        rows.setdefault(name, []).append(k)
    limits = {law: found.lead(law, simultaneous=True) for law in ("corrected", "normal") if found.has_law(law)}
    success = found.interval(simultaneous=True)
    for name, some in rows.items():
        told += [_success(found, name, some, success), *_ends(found, name, some), *_leads(found, name, some, limits)]
    if found.width is None and found.nu is None and not found.sd:
        told.append(UNITS)
    return "\n".join([*told, *_together(found)])


def assumed(found: Leads) -> str:
    """What the limits rest on."""
    known = []
    if found.width is not None:
        known.append(f"what a task is worth lies in a range of width {found.width:g}")
    if found.nu is not None and found.nu != found.width:
        known.append(f"ν = {found.nu:g}, as given")
    if found.sd:
        alike = len(set(found.sd.values())) == 1 and len(found.sd) == len(found.references)
        told = [f"{x:g}" + f" against {name}" * (not alike) for name, x in found.sd.items()]
        known.append(f"sd(Δ) = {told[0] if alike else ', '.join(told)}, as given")
    if found.counts.ties is None:
        known.append("how many successes were ties is not known, and the normal law takes it that none were")
    return "; ".join([*known, "trials are independent, each with a task drawn anew"])


def _success(found: Leads, name: str, rows: list[int], limits: Limits) -> str:
    low, high = limits
    ends = dict.fromkeys((rows[0], rows[-1]))
    told = " and ".join(
        f"{found.counts.successes[k]:,} of {found.counts.trials[k]:,} at {found.checkpoints[k]} "
        f"({low[k]:.4f} to {high[k]:.4f})"
        for k in ends
    )
    counted = "" if found.counts.ties is None else f", {found.counts.ties[rows].sum():,} of all of them ties"
    return (
        f"Against {name}: {count(len(rows), 'checkpoint')}; at least as well in {told}{counted} "
        f"[{_sure(found)}]."
    )  # fmt: skip


def _ends(found: Leads, name: str, rows: list[int]) -> list[str]:
    """Where the reference says nothing more, and when to change it."""
    told, words = [], [found.says[k] for k in rows]
    full = [k for k in rows if found.says[k] == SATURATED]
    if full:
        least = max(fewest_told(int(found.counts.trials[k]), found.confidence) for k in full)
        there = "there" if _afterwards(found, rows, full) else "from there on"
        told.append(
            f"{name} is saturated {_at(found, full, rows)}: fewer than {least} trials were not won, and none at all "
            f"would not be told from that. What is gained {there} does not show in these counts, however much it is."
        )
    for word, saying in (
        (TOO_STRONG, "is too strong {}: how far below it the agent is does not show in these counts."),
        (TOO_FEW, "has too few trials {}: nothing could be told from these counts."),
    ):
        where = [k for k in rows if found.says[k] == word]
        if where:
            told.append(f"{name} " + saying.format(_at(found, where, rows)))
    if full or CHANGE in words:
        told.append(_change(found, name, rows, full))
    return told


def _change(found: Leads, name: str, rows: list[int], full: list[int]) -> str:
    after = _afterwards(found, rows, full)
    if after and found.says[after[-1]] == INFORMS:
        return f"Of {found.checkpoints[after[-1]]} {name} informs again: for such agents it need not be changed."
    good = [k for k in rows if found.says[k] in (INFORMS, CHANGE)]
    if not good:
        return f"{name} informs of no checkpoint: a stronger reference has to be counted."
    done = [found.checkpoints[k] for k in good if found.checkpoints[k] in found.references]
    if done:
        return f"{done[-1]}, of which {name} informs, is a reference: the ladder goes on from there."
    best = [k for k in good if found.says[k] == INFORMS]
    last = found.checkpoints[(best or good)[-1]]
    loss = "without loss" if best else "at all, with twice the least error or more"
    return (
        f"Change {name} for a stronger reference: the agent of {last} is the last that it informs of {loss}, and can "
        f"be the next; its count against {name} is the link."
    )


def _afterwards(found: Leads, rows: list[int], full: list[int]) -> list[int]:
    """Checkpoints after the last saturated one; what is no number has no time."""
    return [k for k in rows if full and k > full[-1] and not np.isnan(found.numbers[k])]


def _leads(found: Leads, name: str, rows: list[int], limits: dict[str, Limits]) -> list[str]:
    """The lead of the last checkpoint, by the law that is sure and by the normal one."""
    told, k = [], rows[-1]
    agent = found.checkpoints[k]
    if "corrected" in limits:
        low, high = (float(x[k]) for x in limits["corrected"])
        unknown = low < 0 < high and (np.isfinite(low) or np.isfinite(high))
        sign = "; which of the two has more power is not known" if unknown else ""
        told.append(f"{_sure_if(found)}: {_between(agent, name, low, high)}{sign}.")
    low, high = (float(x[k]) for x in limits["normal"])
    if not np.isnan(low):
        unit = "" if found.sd else " sd(Δ)"
        told.append(f"If Δ is normal: {_between(agent, name, low, high, unit)}.")
    return told


def _together(found: Leads) -> list[str]:
    """What the ladder says of the last checkpoint."""
    if len(found.references) == 1:
        return []
    told = [
        f"Nothing links {name} to {found.base}: neither was counted against the other, nor an agent against both; no "
        f"lead over {found.base} follows from it."
        for name, there in found.linked_references().items()
        if not there
    ]
    numbers = [(checkpoint_number(name), k) for k, name in enumerate(found.agents)]
    last = max((x for x in numbers if not np.isnan(x[0])), default=(np.nan, 0))[1]
    agent = found.agents[last]
    for law in ("corrected", "normal"):
        if agent == found.base or not found.has_law(law) or (law == "normal" and not found.sd):
            continue
        low, high = (float(x[last]) for x in found.over(law=law))
        if np.isnan(low):
            assumption = " if Δ is normal with these sd" * (law == "normal")
            told.append(f"The counts contradict each other{assumption}: no powers are within all limits.")
        else:
            saying = "If Δ is normal" if law == "normal" else _sure_if(found)
            told.append(f"{saying}, by all counts together: {_between(agent, found.base, low, high)}.")
    if not found.sd:
        told.append("Leads by the normal law are not added up without sd: each is in units of its own sd(Δ).")
    return told


def _between(agent: str, other: str, low: float, high: float, unit: str = "") -> str:
    lead = f"the lead of {agent} over {other} is"
    if low == -np.inf and high == np.inf:
        return f"nothing is known of the lead of {agent} over {other}"
    if high == np.inf:
        return f"{lead} {low:.4g}{unit} or more, with no upper limit"
    if low == -np.inf:
        return f"{lead} {high:.4g}{unit} or less, with no lower limit"
    return f"{lead} {low:.4g} to {high:.4g}{unit}"


def _at(found: Leads, where: list[int], rows: list[int]) -> str:
    """Where, in words: from a checkpoint on, up to one, or at some."""
    names = [found.checkpoints[k] for k in where]
    if len(where) == 1:
        return f"at {names[0]}"
    if where == rows[-len(where) :]:
        return f"from {names[0]} on" if len(where) < len(rows) else "at all checkpoints"
    if where == rows[: len(where)]:
        return f"up to {names[-1]}"
    listed = ", ".join(names[:MOST])
    return f"at {listed}" + f", … ({len(names):,} in all)" * (len(names) > MOST)


def _sure_if(found: Leads) -> str:
    return "Sure, if sd(Δ) is no more" if found.sd else "Sure"


def _sure(found: Leads) -> str:
    return how_sure(found.confidence, together=None if len(found.checkpoints) == 1 else True)
