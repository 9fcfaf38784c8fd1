"""The part of an estimate that is about one state, or about the states that carry a mark."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from typing import Any

from scipy import sparse

from mdppower.mdp.model import RewardlessMDP
from mdppower.montecarlo.estimates import Estimate


def states_meant(mdp: RewardlessMDP, label: Any) -> list[int]:
    """A state's position; or, of a mark, the positions of all states that carry it.

    Raises
    ------
    LabelError
        It is neither.
    """
    marked = mdp.marks.get(label, ()) if isinstance(label, str) and label not in mdp.states else ()
    return list(marked) if len(marked) > 1 else [mdp.index(label)]


def part_at(estimate: Estimate, where: Sequence[int]) -> Estimate:
    """The quantities at these positions; one alone has no axis of its own."""
    if len(where) == 1:
        return estimate.one(where[0])
    weights = sparse.eye_array(len(estimate.labels), format="csr")[list(where)]
    return replace(
        estimate, data=estimate.data.contrast(weights), labels=tuple(estimate.labels[i] for i in where),
        fractions=None if estimate.fractions is None else estimate.fractions[:, where],
        layout=None if estimate.layout is None else estimate.layout[where],
    )  # fmt: skip
