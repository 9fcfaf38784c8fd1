"""What is kept of counts, and of what is decided by them: probabilities, optimal actions, comparisons."""

from __future__ import annotations

import math
from typing import Any

import numpy as np

from mdppower._schema import LARGEST_COUNT, LARGEST_INDEX, MOST_DIGITS, Misfit, nothing_or, whole
from mdppower.errors import ParameterError
from mdppower.files.estimate_forms import (
    COUNT,
    ENTROPY,
    ESTIMATE,
    FLAG,
    LARGEST,
    SOLVER,
    first_of,
    require,
    require_method,
)
from mdppower.files.fields import (
    Form,
    array,
    exact_numbers,
    mdp,
    number,
    option,
    optional,
    part,
    plain,
    rates,
    rewards,
)
from mdppower.measures.action_optimality_estimate import ActionOptimality
from mdppower.measures.comparison_estimate import Comparison
from mdppower.montecarlo.estimates import Estimate
from mdppower.montecarlo.proportions import Proportions
from mdppower.montecarlo.replicates import Replicates
from mdppower.occupancy.option import require_alike


def _check_proportions(found: Any) -> None:
    sure, possible, draws, exact = (found[name] for name in ("sure", "possible", "draws", "exact"))
    require((sure <= possible).all(), "at most possible", int(np.max(sure, initial=0)), ".sure")
    most = int(np.max(possible, initial=0))
    require(most <= draws, f"at most {draws:,}, the draws", most, ".possible")
    require((exact is None) == (draws > 0), "given where there are no draws, and only there", exact, ".exact")
    if exact is not None:
        check_chances(exact, found["slack"], ".exact")


def check_chances(exact: Any, slack: float, place: str) -> None:
    """Raise Misfit unless these are probabilities, as far as they are known."""
    wrong = [x for x in exact.ravel().tolist() if not -slack - 1e-9 <= x <= 1 + slack + 1e-9]
    require(not wrong, "between 0 and 1", first_of(wrong), place)


def proportions(*shape: str | int) -> Form:
    """Probabilities of events, an array of that shape."""
    return Form(
        Proportions,
        {
            "sure": array("i8", *shape, low=0, high=LARGEST_COUNT),
            "possible": array("i8", *shape, low=0, high=LARGEST_COUNT),
            "draws": COUNT,
            "exact": optional(exact_numbers(*shape, floats=True)),
            "slack": number(0, LARGEST),
            "looks": plain(whole(1, LARGEST_INDEX)),
        },
        check=_check_proportions,
    )


def _check_optimality(found: Any) -> None:
    given, samples = found["mdp"], found["samples"]
    strict, tied, unsure = (found[name] for name in ("strict_counts", "tied_counts", "open_counts"))
    require(len(found["gammas"]) == 1 or not found["single_gamma"], "false for several rates", True, ".single_gamma")
    require(not any(map(math.isnan, found["gammas"])), "rates", math.nan, ".gammas")
    require_method(found["gammas"], found["method"])
    exact = found["exact"], found["exact_tied"]
    require((exact[0] is None) == (exact[1] is None), "given with exact, or not", exact[1], ".exact_tied")
    require((exact[0] is None) == (samples > 0), "given where there are no draws, and only there", samples, ".exact")
    most = int((strict + tied + unsure).max())
    require(most <= samples, f"of at most {samples:,} draws together", most, ".strict_counts")
    # In a state one action alone is the only best one of a draw.
    alone = int(np.add.reduceat(strict, given.pointer[:-1], axis=1).max())
    require(alone <= samples, f"of at most {samples:,} draws in a state", alone, ".strict_counts")
    if exact[0] is not None:
        check_chances(exact[0], found["slack"], ".exact")
        check_chances(exact[1], found["slack"], ".exact_tied")
        check_chances(exact[0] - exact[1], 2 * found["slack"], ".exact_tied")


def _optimality(exact: Any, exact_tied: Any, **found: Any) -> ActionOptimality:
    return ActionOptimality(**found, exact=None if exact is None else (exact, exact_tied))


_COUNTS = array("i8", "gamma", "pair", low=0, high=LARGEST_COUNT)

OPTIMALITY = Form(
    _optimality,
    {
        "mdp": mdp("state", "pair"),
        "gammas": rates(horizons=True),
        "single_gamma": FLAG,
        "samples": COUNT,
        "entropy": ENTROPY,
        "rewards": rewards("state", "pair"),
        "strict_counts": _COUNTS,
        "tied_counts": _COUNTS,
        "open_counts": _COUNTS,
        "method": SOLVER,
        "interrupted": FLAG,
        "exact": optional(exact_numbers("gamma", "pair", floats=True)),
        "exact_tied": optional(exact_numbers("gamma", "pair", floats=True)),
        "slack": number(0, LARGEST),
        "looks": plain(whole(1, LARGEST_INDEX)),
    },
    take=lambda value: vars(value) | dict(zip(("exact", "exact_tied"), value.exact or (None, None), strict=True)),
    check=_check_optimality,
)


# ---------------------------------------------------------------------- comparisons


def _check_comparison(found: Any) -> None:
    first, second, means, outcomes = (found[name] for name in ("A", "B", "means", "outcomes"))
    try:
        require_alike(first, second)
    except ParameterError as error:
        raise Misfit(f"an option like A ({error})", second.name, ".B") from None
    require(means.dimension == "option", "'option'", means.dimension, ".means.dimension")
    names = first.name, second.name
    require(tuple(means.labels) == names, f"{names}, the names of the options", means.labels, ".means.labels")
    rate = math.nan if first.gamma is None else first.gamma
    require(np.array_equal(means.gammas, (rate,), equal_nan=True), f"{rate:g}", means.gammas[0], ".means.gammas")
    require(means.single_gamma and not means.single, "of one rate, and of two options", "others", ".means")
    samples = found["samples"]
    require(outcomes.draws == samples, f"{samples:,}, the samples", outcomes.draws, ".outcomes.draws")
    require((found["entropy"] is None) == (samples == 0), "given where there are draws", found["entropy"], ".entropy")
    if samples:
        counts = outcomes.sure
        require(counts.sum() == samples, f"{samples:,} draws together", int(counts.sum()), ".outcomes.sure")
        require((outcomes.possible == counts).all(), "the same as sure", "others", ".outcomes.possible")
        most = means.data.trials if isinstance(means.data, Replicates) else samples
        require(most <= samples, f"at most {samples:,}, the draws", most, ".means.data.trials")
    else:
        total = float(sum(outcomes.exact.tolist()))
        require(abs(total - 1) <= 3 * outcomes.slack + 1e-9, "1 together", total, ".outcomes.exact")
    require(not found["least"] > found["greatest"], "at most greatest", found["least"], ".least")


def _comparison(outcomes: Proportions, means: Estimate, **found: Any) -> Comparison:
    """The gap and the probabilities with ties follow."""

    def either(*which: int) -> Proportions:
        if outcomes.exact is not None:
            return Proportions.known(sum(outcomes.exact[list(which)].tolist()), outcomes.slack)
        total = np.array(sum(outcomes.sure[list(which)]))
        return Proportions(total, total, outcomes.draws, looks=outcomes.looks)

    return Comparison(
        means=means, gap=means.between(1, 0), outcomes=outcomes, p_at_least=either(0, 1), p_at_most=either(2, 1),
        **found,
    )  # fmt: skip


COMPARISON = Form(
    _comparison,
    {
        "A": option("state"),
        "B": option("state"),
        "means": part(ESTIMATE, alone=True),
        "outcomes": part(proportions(3), alone=True),
        "sd": number(0, nan=True),
        "least": number(nan=True),
        "greatest": number(nan=True),
        "tolerance": number(0, LARGEST),
        "rewards": rewards("state", "pair"),
        "samples": COUNT,
        "entropy": plain(nothing_or(whole(0, 10**MOST_DIGITS))),
        "interrupted": FLAG,
    },
    check=_check_comparison,
)
