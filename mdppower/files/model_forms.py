"""What is kept of results about models: two of them, transforms of one, optimal values, visits, certificates."""

from __future__ import annotations

import math
from dataclasses import replace
from itertools import pairwise
from typing import Any

import numpy as np

from mdppower._schema import LARGEST_COUNT, LARGEST_INDEX, Misfit, label, mapping, one_of, text, whole
from mdppower._typing import AnyArray
from mdppower.bounds.certificates import Certificate, Certified
from mdppower.files.estimate_forms import COUNT, ENTROPY, FLAG, REPLICATES, SOLVER, TEXT, require, require_method
from mdppower.files.fields import (
    Field,
    Form,
    array,
    exact_numbers,
    many,
    mdp,
    number,
    one_rate,
    optional,
    part,
    plain,
    rates,
    rewards,
)
from mdppower.mdp.model import RewardlessMDP
from mdppower.occupancy.closed_policies import recurrent_distribution
from mdppower.occupancy.polytope import MOST_PRINTED, OccupancyPolytope
from mdppower.occupancy.support import Support
from mdppower.occupancy.visit_distributions import Recurrent, Visits, visits
from mdppower.sensitivity.model_difference import unaffected_states, union_of
from mdppower.sensitivity.model_difference_estimate import ModelDifference
from mdppower.sensitivity.sensitivity_estimate import Sensitivity
from mdppower.sensitivity.transformed import Transformed
from mdppower.solvers.optimal_action_sets import OptimalActions
from mdppower.solvers.solution import Solution

SAMPLER = plain(one_of("latin", "sobol", "iid", "exact"))
RATE = number(0, 1)
LABEL = plain(label)


def _check_run(found: Any) -> None:
    """Raise Misfit unless rates, draws and replicates fit together."""
    data, samples, gammas = found["data"], found["samples"], found["gammas"]
    require(not any(map(math.isnan, gammas)), "rates", math.nan, ".gammas")
    require(len(gammas) == 1 or not found["single_gamma"], "false for several rates", True, ".single_gamma")
    require(not np.isnan(data.means).any(), "numbers", math.nan, ".data.means")
    if samples:
        require(samples % data.count == 0, f"{data.count:,} equal replicates", samples, ".samples")
    most = max(samples, 1)
    require(data.trials <= most, f"at most {most:,}, the draws", data.trials, ".data.trials")


# ---------------------------------------------------------------------- two models, and transforms of one


def _difference(A: RewardlessMDP, B: RewardlessMDP, **found: Any) -> ModelDifference:
    """All about the states follows from the two models."""
    inside, known = set(B.states), set(A.states)
    labels = tuple(x for x in A.states if x in inside)
    only_a, only_b = tuple(x for x in A.states if x not in inside), tuple(x for x in B.states if x not in known)
    require(labels, "a model with a state of A", "others alone", ".B")
    union = union_of(A, B, [*A.states, *only_b])
    given = found["rewards"]
    require(len(given.low) == union.n_states, f"of {union.n_states:,} states", len(given.low), ".rewards")
    numbers = found["data"].value.shape[1]
    require(numbers == 2 * len(labels), f"of {2 * len(labels):,} quantities", numbers, ".data")
    common = [A.index(x) for x in labels]
    still = unaffected_states(A, B)[common]
    return ModelDifference(
        A=A, B=B, union=union, labels=labels, only_A=only_a, only_B=only_b, unaffected=still, **found
    )  # fmt: skip


DIFFERENCE = Form(
    _difference,
    {
        "A": mdp("states of A"),
        "B": mdp("states of B"),
        "gammas": rates(),
        "single_gamma": FLAG,
        "data": part(REPLICATES),
        "rewards": Field(
            lambda value, writer: writer.put(value),
            lambda told, parts, sizes: parts.rewards(told, sizes["states of A"] + sizes["states of B"]),
        ),
        "samples": COUNT,
        "entropy": ENTROPY,
        "sampler": SAMPLER,
        "interrupted": FLAG,
        "fractions": optional(exact_numbers("gamma", "quantity")),
    },
    check=_check_run,
)


def _check_transformed(found: Any) -> None:
    here, there = found["original"].n_states, found["mdp"].n_states
    for name, given, most in (("origin", found["origin"], here), ("representative", found["representative"], there)):
        require((given < most).all(), f"below {most}", int(given.max()), f".{name}")


TRANSFORMED = Form(
    Transformed,
    {
        "mdp": mdp("new state"),
        "original": mdp("old state"),
        "origin": array("i4", "new state", low=0),
        "representative": array("i4", "old state", low=0),
        "name": TEXT,
    },
    check=_check_transformed,
)


def _sensitivity(**found: Any) -> Sensitivity:
    """What is proved of tied rewards is proved again."""
    chosen = found["transforms"]
    for k, one in enumerate(chosen):
        require(one.original.equals(found["mdp"]), "of the MDP itself", "another", f".transforms[{k}].original")
    numbers, wanted = found["data"].value.shape[1], found["mdp"].n_states * (1 + 2 * len(chosen))
    require(numbers == wanted, f"of {wanted:,} quantities", numbers, ".data")
    return Sensitivity(mismatches=tuple(one.mismatch() for one in chosen), **found)


SENSITIVITY = Form(
    _sensitivity,
    {
        "mdp": mdp("state"),
        "transforms": many(part(TRANSFORMED, alone=True), 1),
        "gammas": rates(),
        "single_gamma": FLAG,
        "data": part(REPLICATES),
        "rewards": rewards("state"),
        "samples": COUNT,
        "entropy": ENTROPY,
        "sampler": SAMPLER,
        "interrupted": FLAG,
    },
    check=_check_run,
)


# ---------------------------------------------------------------------- optimal values


def _check_solution(found: Any) -> None:
    """Raise Misfit unless each policy takes actions that its states have."""
    require_method([found["gamma"]], found["method"])
    here, policies = found["mdp"], found["policies"]
    many = len(here.action_names)
    require((policies < many).all(), f"below {many}", int(policies.max(initial=0)), ".policies")
    known = here.pair_states.astype(np.int64) * many + here.action_codes
    wrong = np.argwhere(~np.isin(np.arange(here.n_states) * many + policies, known))
    if len(wrong):
        draw, state = wrong[0].tolist()
        raise Misfit("an action of that state", int(policies[draw, state]), f".policies[{draw}, {state}]")


def _of_pairs(form: Form) -> Form:
    """The form of the same result about rewards on pairs; its files say so by a kind of their own."""
    fields = {**form.fields, "mdp": mdp("state", "pair"), "rewards": array("f8", "draw", "pair")}
    return form._replace(make=lambda **found: form.make(**found, on="pairs"), fields=fields)


SOLUTION = Form(
    Solution,
    {
        "mdp": mdp("state"),
        "rewards": array("f8", "draw", "state"),
        "normalised": array("f8", "draw", "state"),
        "policies": array("i4", "draw", "state", low=0),
        "error_bound": array("f8", "draw", low=0),
        "iterations": array("i4", "draw", low=0),
        "gamma": one_rate(),
        "method": SOLVER,
        "guarantee": plain(one_of("certified")),
    },
    check=_check_solution,
)
PAIR_SOLUTION = _of_pairs(SOLUTION)


def _check_sets(found: Any) -> None:
    """Raise Misfit unless in each state one is the only optimal action, or others are tied or open."""
    codes, first = found["codes"], found["mdp"].pointer[:-1]
    alone = np.add.reduceat((codes == 1).astype(np.int64), first, axis=1)
    others = np.add.reduceat((codes > 1).astype(np.int64), first, axis=1)
    wrong = np.argwhere((alone > 1) | ((alone == 1) & (others > 0)) | ((alone == 0) & (others == 0)))
    if len(wrong):
        draw, state = wrong[0].tolist()
        raise Misfit("one that is alone, or several", int(alone[draw, state]), f".codes[{draw}] of state {state}")


OPTIMAL_ACTIONS = Form(
    OptimalActions,
    {
        "mdp": mdp("state", "pair"),
        "codes": array("i1", "draw", "pair", low=0, high=3),
        "gamma": one_rate(),
        "on": plain(one_of("states", "pairs")),
    },
    check=_check_sets,
)


def _check_support(found: Any) -> None:
    """Raise Misfit unless there are duals and reduced costs of all constraints."""
    here, two = found["mdp"], 2 if found["gamma"] == 1 else 1
    for name, size in (("duals", two * here.n_states), ("reduced_costs", two * here.n_pairs)):
        require(found[name].shape[1] == size, f"of {size:,} numbers a draw", found[name].shape[1], f".{name}")


SUPPORT = Form(
    Support,
    {
        "mdp": mdp("state", "pair"),
        "gamma": RATE,
        "values": array("f8", "draw"),
        "points": array("f8", "draw", "pair", low=0),
        "error_bound": array("f8", "draw", low=0),
        "duals": array("f8", "draw", "dual"),
        "reduced_costs": array("f8", "draw", "cost"),
        "dual_error": array("f8", "draw", low=0),
    },
    check=_check_support,
)


# ---------------------------------------------------------------------- visits


def _polytope(mdp: RewardlessMDP, start: AnyArray, gamma: float, unit_mass: bool) -> OccupancyPolytope:
    made = OccupancyPolytope(mdp, start, gamma)
    made.start = start.copy()  # as it was: another division would round anew
    made.start.setflags(write=False)
    return made.unit_mass if unit_mass else made


POLYTOPE = Form(
    _polytope,
    {"mdp": mdp("state"), "start": array("f8", "state", low=0, high=1), "gamma": RATE, "unit_mass": FLAG},
    take=lambda value: vars(value) | {"unit_mass": value.mass == 1 and value.gamma not in (0, 1)},
    at_hand=lambda value: value.mdp.n_states <= MOST_PRINTED,
)


def _write_policies(value: Any, writer: Any) -> Any:
    ends = np.cumsum([0, *map(len, value)])
    flat = [(s, pair) for policy in value for s, pair in policy.items()]
    states, pairs = np.array(flat, np.int64).reshape(-1, 2).T
    return {name: writer.array(x) for name, x in (("ends", ends), ("states", states), ("pairs", pairs))}


_POLICY_ARRAYS = Form(
    dict,
    {
        "ends": array("i8", "policy_end", low=0, rising=True),
        "states": array("i8", "choice", low=0, high=LARGEST_INDEX),
        "pairs": array("i8", "choice", low=0, high=LARGEST_INDEX),
    },
)


def _read_policies(told: Any, parts: Any, sizes: Any) -> tuple[dict[int, int], ...]:
    found = _POLICY_ARRAYS.read(told, parts, {})
    ends, states, pairs = (found[name].tolist() for name in ("ends", "states", "pairs"))
    if not ends or (ends[0], ends[-1]) != (0, len(states)):
        raise Misfit(f"from 0 to {len(states):,}", [*ends[:1], *ends[-1:]], ".ends")
    return tuple(dict(zip(states[i:j], pairs[i:j], strict=True)) for i, j in pairwise(ends))


POLICIES = Field(_write_policies, _read_policies)
"""Closed partial policies {state: pair}."""


def _require_closed(here: RewardlessMDP, start: Any, policies: Any, place: str) -> None:
    """Raise Misfit unless the policies act from the start on in all states that they reach, and in no others."""
    first, kernel, owner = here.index(start), here.kernel, here.pair_states
    for k, policy in enumerate(policies):
        where = f"{place}[{k}]"
        for s, pair in policy.items():
            require(pair < here.n_pairs and owner[pair] == s, f"an action of state number {s}", pair, where)
        reached, waiting = {first}, [first]
        while waiting:
            s = waiting.pop()
            require(s in policy, f"with an action in state number {s}", len(policy), where)
            row = kernel.indices[kernel.indptr[policy[s]] : kernel.indptr[policy[s] + 1]].tolist()
            waiting += [t for t in dict.fromkeys(row) if t not in reached]
            reached.update(row)
        require(len(reached) == len(policy), f"of {len(reached):,} states", len(policy), where)


def _visits(whole: RewardlessMDP, start: Any, gamma: float, given: Any, limit: int, chosen: Any) -> Visits:
    made = visits(whole, start, gamma, given=dict(given), limit=limit)
    if chosen is None:
        return made
    require(chosen, "one policy or more", "none", ".chosen")
    _require_closed(made.mdp, start, chosen, ".chosen")
    return replace(made, _chosen=chosen)


def _pair_of_labels(value: Any) -> tuple[Any, Any]:
    found = label(value)
    if not isinstance(found, tuple) or len(found) != 2:
        raise Misfit("a state and an action", value)
    return found


VISITS = Form(
    _visits,
    {
        "whole": mdp("state"),
        "start": LABEL,
        "gamma": RATE,
        "given": many(plain(_pair_of_labels)),
        "limit": plain(whole(1, LARGEST_COUNT)),
        "chosen": optional(POLICIES),
    },
    take=lambda value: vars(value) | {"given": value.given.items(), "chosen": value._chosen},
    at_hand=lambda value: value._is_listed,
)


def _recurrent(visits: Visits, rows: AnyArray, policies: Any) -> Recurrent:
    require(len(rows) == len(policies), f"of {len(policies):,} policies", len(rows), ".rows")
    _require_closed(visits.mdp, visits.start, policies, ".policies")
    for k, policy in enumerate(policies):
        wrong = float(abs(rows[k] - recurrent_distribution(visits.mdp, policy, visits.start)).max())
        require(wrong <= 1e-9, "where its policy ends", f"{wrong:.2g} from it", f".rows[{k}]")
    return Recurrent(visits, rows, policies)


RECURRENT = Form(
    _recurrent,
    {"visits": part(VISITS), "rows": array("f8", "row", "state", low=0, high=1), "policies": POLICIES},
)


# ---------------------------------------------------------------------- certificates

CERTIFICATE = Form(Certificate, {"name": TEXT, "value": number(0), "hypotheses": TEXT, "method": TEXT})


def _check_certified(found: Any) -> None:
    require(found["delta_min"] <= found["delta_max"], "at most delta_max", found["delta_min"], ".delta_min")


CERTIFIED = Form(
    Certified,
    {
        "certificates": many(part(CERTIFICATE)),
        "missing": plain(mapping(text())),
        "delta_min": number(),
        "delta_max": number(),
        "variance": optional(part(CERTIFICATE)),
        "one_sided": optional(part(CERTIFICATE)),
        "excess": optional(many(number(0), 2, 2)),
    },
    check=_check_certified,
)
