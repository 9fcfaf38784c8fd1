"""What a page is told of a result: numbers of every cell and rate, with their intervals."""

from __future__ import annotations

from dataclasses import replace
from itertools import pairwise
from typing import Any

import numpy as np

from mdppower._stop import stop_if_told
from mdppower._typing import AnyArray
from mdppower.explorer.arrows import EQUAL, NO_CHOICE, arrows, names_of
from mdppower.explorer.numbers import rounded
from mdppower.explorer.questions import Question
from mdppower.mdp.actions import equivalent_pairs, greedy
from mdppower.mdp.model import RewardlessMDP
from mdppower.measures.action_optimality_estimate import ActionOptimality
from mdppower.measures.power_estimate import PowerEstimate
from mdppower.sensitivity.model_difference_estimate import ModelDifference

CONFIDENCE = 0.95
VERDICTS = {"more": "more in A", "less": "more in B", "same": "same", "open": "open"}
"""Of a page, whose world is A and whose pin is B."""

Found = PowerEstimate | ModelDifference | ActionOptimality


def look_of(found: Found, question: Question) -> dict[str, Any]:
    """The fields of a message that are about a result.

    Parameters
    ----------
    found : PowerEstimate, ModelDifference or ActionOptimality
    question : Question

    Returns
    -------
    dict
        Of what JSON holds.
    """
    told = {
        "draws": found.samples,
        "gamma": list(found.gammas),
        "actions": {name: list(step) for name, step in question.world.actions.items()},
        "pair": None,
    }
    match found:
        case PowerEstimate():
            return told | _power(found, question)
        case ModelDifference():
            return told | _difference(found)
        case ActionOptimality():
            return told | _optimality(found)


def paying(found: Found, looks: int) -> Found:
    """The result with intervals at an α that is divided by so much."""
    match found:
        case PowerEstimate():
            data = replace(found.data, looks=looks)
            return PowerEstimate(data, found.task, found.error_bound, found.interrupted, caution=found.caution)
        case ModelDifference():
            return replace(found, data=replace(found.data, looks=looks))
        case ActionOptimality():
            return replace(found, looks=looks)


def _power(estimate: PowerEstimate, question: Question) -> dict[str, Any]:
    names, sure = arrows(estimate, CONFIDENCE)
    pair = None
    if question.pair is not None:
        lead = estimate.difference(*question.pair).data
        pair = {
            "mean": rounded(lead.value[:, 0]),
            "half": rounded(_longer(lead.value, *lead.bounds(CONFIDENCE))[:, 0]),
        }
    return {
        "sampler": estimate.sampler, "cells": _places(estimate.mdp.states), **_intervals(estimate.data),
        "gap": rounded(estimate.error_bound), "arrow": names, "sure": sure, "pair": pair,
        "exits": estimate.mdp.absorbing_states.tolist(),
    }  # fmt: skip


def _difference(found: ModelDifference) -> dict[str, Any]:
    lead = found.difference.data
    verdicts = found.verdicts(CONFIDENCE)
    told = np.select([verdicts == name for name in VERDICTS.values()], list(VERDICTS), "")
    exits = set(found.A.absorbing_states.tolist())
    return {
        "sampler": found.sampler, "cells": _places(found.labels), **_intervals(lead),
        "gap": rounded(lead.slack), "arrow": None, "sure": None, "verdict": told.tolist(),
        "counts": [{name: row.count(name) for name in VERDICTS} for row in told.tolist()],
        "now": rounded(found.power_A.data.value), "then": rounded(found.power_B.data.value),
        "new": _places(found.only_A), "gone": _places(found.only_B),
        "exits": [k for k, label in enumerate(found.labels) if found.A.index(label) in exits],
    }  # fmt: skip


def _optimality(found: ActionOptimality) -> dict[str, Any]:
    """Beside what all have: of each cell its actions, the likeliest first, with limits that hold all at once.

    What only a table of all needs is in the order of pairs, the cells' and then the actions': "alone", the limits of
    each alone; and "times", how often an action is optimal as the only one, with others, or perhaps.
    """
    mdp, shares = found.mdp, found.optimal
    mean = shares.mean
    low, high = shares.interval(CONFIDENCE, simultaneous=True)
    own = shares.interval(CONFIDENCE)
    alone = _longer(mean, *own)
    together = _longer(mean, low, high)
    first, starts = equivalent_pairs(mdp), mdp.pointer[:-1]
    names = np.array(mdp.action_names)[mdp.action_codes]
    arrow, sure, top = [], [], []
    for g in range(len(found.gammas)):
        best, _ = greedy(mdp, mean[g])
        same = first == first[best][mdp.pair_states]
        floor = low[g][best]
        # The least, and the greatest, that any action which does something else may have.
        least = np.minimum.reduceat(np.where(same, np.inf, high[g]), starts)
        most = np.maximum.reduceat(np.where(same, -np.inf, high[g]), starts)
        equal = ~(floor > least)
        told = np.where(equal, EQUAL, names_of(mdp, best, same))
        arrow.append(np.where(np.diff(mdp.pointer) == 1, NO_CHOICE, told).tolist())
        sure.append((np.isinf(most) | (~equal & (floor > most))).tolist())
        top.append(best)
    likely = [_likely(mdp, names, *(values[g] for values in (mean, low, high))) for g in range(len(found.gammas))]
    at = np.array(top)
    return {
        "sampler": "iid", "cells": _places(mdp.states),
        "mean": rounded(np.take_along_axis(mean, at, 1)), "half": rounded(np.take_along_axis(alone, at, 1)),
        "joint": rounded(np.take_along_axis(together, at, 1)), "gap": None, "arrow": arrow, "sure": sure,
        "likely": likely, "alone": [rounded(limit) for limit in own],
        "times": [kind.tolist() for kind in (found.strict_counts, found.tied_counts, found.open_counts)],
        "exits": mdp.absorbing_states.tolist(),
    }  # fmt: skip


def _likely(
    mdp: RewardlessMDP, names: AnyArray, mean: AnyArray, low: AnyArray, high: AnyArray
) -> list[list[dict[str, Any]]]:
    """The actions of every cell, the likeliest first."""
    order = np.lexsort((-mean, mdp.pair_states))
    columns = [names[order].tolist(), *(rounded(values[order]) for values in (mean, low, high))]
    told = []
    for begin, end in pairwise(mdp.pointer.tolist()):
        stop_if_told()  # thousands of cells take a while
        rows = zip(*(column[begin:end] for column in columns), strict=True)
        told.append([{"action": name, "p": p, "low": least, "high": most} for name, p, least, most in rows])
    return told


def _intervals(data: Any) -> dict[str, Any]:
    """Means and their standard errors, 0 where all draws agree; half-widths each alone, and all at once.

    These are the longer sides. "uneven" has the limits themselves where the other side is shorter.
    """
    limits = {"half": data.bounds(CONFIDENCE), "joint": data.bounds(CONFIDENCE, simultaneous=True)}
    return {
        "mean": rounded(data.value), "stderr": rounded(np.where(data.agree, 0.0, data.error)),
        **{name: rounded(_longer(data.value, *both)) for name, both in limits.items()},
        "uneven": {name: _uneven(data.value, *both) for name, both in limits.items()},
    }  # fmt: skip


def _uneven(value: AnyArray, lower: AnyArray, upper: AnyArray) -> list[list[Any]]:
    """Rate, cell, lower and upper limit of the intervals that have their number not in the middle."""
    with np.errstate(invalid="ignore"):
        off = np.abs(upper + lower - 2 * value) > 1e-9 * np.maximum(1, np.abs(value))
    places = np.argwhere(off)
    ends = zip(rounded(lower[off]), rounded(upper[off]), strict=True)
    return [[g, i, *both] for (g, i), both in zip(places.tolist(), ends, strict=True)]


def _longer(value: AnyArray, lower: AnyArray, upper: AnyArray) -> AnyArray:
    """The longer side of intervals."""
    return np.asarray(np.maximum(upper - value, value - lower))


def _places(labels: Any) -> list[list[int]]:
    """Row and column of cells."""
    return [[row, column] for row, column in labels]
