"""What is kept of reports of claims: hypotheses, evidence, and the terms on which they were checked."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import numpy as np

from mdppower._schema import DEEPEST, LARGEST_COUNT, Misfit, anything, label, mapping, one_of, several, text, whole
from mdppower.errors import ParameterError
from mdppower.files.estimate_forms import COUNT, ENTROPY, SOLVER, TEXT
from mdppower.files.fields import Field, Form, many, mdp, number, optional, part, plain, rates
from mdppower.symmetry.involutions import Budget
from mdppower.theorems.candidates import Survey
from mdppower.theorems.claim_report import ClaimReport, Evidence, Hypothesis, Strict
from mdppower.theorems.claim_setting import Setting
from mdppower.theorems.verification import Verification

STATUS = plain(one_of("met", "not met", "unknown"))


def _as_json(value: Any) -> Any:
    """Numbers of evidence, without NumPy's types."""
    if isinstance(value, Mapping):
        return {str(name): _as_json(one) for name, one in value.items()}
    if isinstance(value, list | tuple):
        return [_as_json(one) for one in value]
    return value.item() if isinstance(value, np.generic) else value


def _shallow(value: Any, depth: int = 0) -> Any:
    """Whatever JSON can hold, unless it is too deep to be gone through."""
    if depth > DEEPEST:
        raise Misfit(f"at most {DEEPEST} levels deep", value)
    for one in value.values() if isinstance(value, dict) else value if isinstance(value, list) else ():
        _shallow(one, depth + 1)
    return value


def _pairs_of_states() -> Field:
    def read(told: Any, *_: Any) -> dict[Any, Any]:
        return dict(several(lambda one: tuple(several(label, 2, 2)(one)))(told))

    return Field(lambda value, _: [list(pair) for pair in value.items()], read)


def _states_by_name() -> Field:
    def read(told: Any, *_: Any) -> dict[str, tuple[Any, ...]]:
        return {name: tuple(states) for name, states in mapping(several(label))(told).items()}

    return Field(lambda value, _: {name: list(states) for name, states in value.items()}, read)


HYPOTHESIS = Form(Hypothesis, {"name": TEXT, "status": STATUS, "detail": TEXT})
EVIDENCE = Form(
    Evidence,
    {
        "kind": plain(one_of("structural", "exact", "pathwise", "votes", "estimate")),
        "outcome": plain(one_of("supports", "contradicts", "silent")),
        "detail": TEXT,
        "numbers": Field(lambda value, _: _as_json(value), lambda told, *_: mapping(_shallow)(told)),
    },
)
STRICT = Form(Strict, {"status": STATUS, "detail": TEXT})


def _check_report(found: Any) -> None:
    """Raise LabelError unless the states that it moves and draws are there."""
    moved = [] if found["phi"] is None else [*found["phi"], *found["phi"].values()]
    for state in (*moved, *(one for states in found["sides"].values() for one in states)):
        found["mdp"].index(state)


REPORT = Form(
    ClaimReport,
    {
        "claim": plain(text(1000)),
        "reference": TEXT,
        "statement": TEXT,
        "mdp": mdp(),
        "where": many(plain(label)),
        "gammas": rates(),
        "hypotheses": many(part(HYPOTHESIS)),
        "evidence": many(part(EVIDENCE)),
        "strict": optional(part(STRICT)),
        "phi": optional(_pairs_of_states()),
        "sides": _states_by_name(),
    },
    check=_check_report,
)

# ---------------------------------------------------------------------- all claims

SURVEY = Form(
    Survey,
    {"claim": plain(text(1000))}
    | dict.fromkeys(("candidates", "excluded", "found", "none", "unknown", "skipped"), COUNT),
)
BUDGET = Form(
    Budget,
    {"nodes": plain(whole(1, LARGEST_COUNT)), "seconds": number(0), "sets": plain(whole(1, LARGEST_COUNT))},
)


def _write_law(value: Any, _: Any) -> str:
    if not isinstance(value, str):
        raise ParameterError(
            f"with rewards that are no text, such as {value!r}, a Verification is saved as .md, .html or .json"
        )
    return value


SETTING = Form(
    Setting,
    {
        "mdp": mdp(),
        "gammas": rates(),
        "samples": plain(whole(1, LARGEST_COUNT)),
        "votes": plain(whole(1, LARGEST_COUNT)),
        "rewards": Field(_write_law, lambda told, *_: text(1000)(told)),
        "level": number(0, 1),
        "entropy": ENTROPY,
        "budget": part(BUDGET),
        "method": SOLVER,
    },
)


def _surveys() -> Field:
    one = part(SURVEY)

    def read(told: Any, parts: Any, sizes: Any) -> dict[str, Survey]:
        return {name: one.read(value, parts, sizes) for name, value in mapping(anything, 1000)(told).items()}

    return Field(lambda value, writer: {name: one.write(x, writer) for name, x in value.items()}, read)


VERIFICATION = Form(
    Verification,
    {
        "here": part(SETTING),
        "reports": many(part(REPORT, alone=True)),
        "surveys": _surveys(),
        "unchecked": many(plain(text(1000))),
    },
)
