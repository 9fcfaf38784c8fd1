"""The arms of the coin flips: what a policy starts from, what it is given as outcome, and where updates are clipped.

All are shown R. With ρ the probability of a decision, in parts of what it was in the rollout,

==================== ========== ============ ======================= ==========================================
arm                  given      prior        clipped where           what it tells
==================== ========== ============ ======================= ==========================================
``clip``             a coin     prior        ρ < 1−ε or ρ > 1+ε      the effect itself
``clip-high``        a coin     prior        ρ > 1+ε                 which half of clipping makes it
``clip-low``         a coin     prior        ρ < 1−ε                 … and which undoes it
``no-clip``          a coin     prior        nowhere                 noise alone, many updates a rollout
``on-policy``        a coin     prior        nowhere: one update     noise alone, where ρ is always 1
``anti-prior``       a coin     anti-prior   both                    the effect of a bad habit
``untrained``        a coin     untrained    both                    … and of none
``true``             the truth  prior        both                    what could be learnt
``inverted``         its        prior        both                    whether clipping saves the prior from what is
                     opposite                                        plainly wrong
``inverted-no-clip`` its        prior        nowhere                 … and whether not clipping does
                     opposite
==================== ========== ============ ======================= ==========================================

The truth is the discounted sum of the rewards shown, over the states that a rollout reaches. The prior is what was
learnt from random rewards, with just so much confidence that it has the asked share; the anti-prior is its negative,
which does for R what the prior does for −R; the untrained one has weights of 10⁻³.
"""

from __future__ import annotations

import math
from collections.abc import Iterable
from dataclasses import dataclass, replace
from numbers import Real
from typing import Any

from mdppower._quotes import quoted
from mdppower._text import did_you_mean, near_names
from mdppower.errors import ParameterError

GIVEN = {"coin": "a coin", "true": "the sum of R", "inverted": "−the sum of R"}
SIGN = {"coin": 0.0, "true": 1.0, "inverted": -1.0}
PRIORS = ("prior", "anti-prior", "untrained")


@dataclass(frozen=True)
class CoinArm:
    """An arm of the coin flips.

    Parameters
    ----------
    label : str
        Its name. Streams of random numbers bear it: it says what an arm's luck is.
    given : {"coin", "true", "inverted"}
        The outcome of a rollout: a fair coin; the discounted sum of the rewards shown; its negative.
    prior : {"prior", "anti-prior", "untrained"}
        What it starts from.
    low, high : float or None
        ε_low in (0, 1) and ε_high > 0: what is pushed down is clipped where ρ < 1 − ε_low, what is pushed up where
        ρ > 1 + ε_high. None: never.
    on_policy : bool
        One update an iteration, on all rollouts: ρ = 1, so that nothing is clipped, whatever `low` and `high`.

    Raises
    ------
    ParameterError
        One of these is no such thing.

    Examples
    --------
    >>> CoinArm("wide", high=0.28).clipped
    'ρ > 1.28'
    """

    label: str
    given: str = "coin"
    prior: str = "prior"
    low: float | None = None
    high: float | None = None
    on_policy: bool = False

    def __post_init__(self) -> None:
        if not isinstance(self.label, str) or not self.label or "," in self.label:
            raise ParameterError(f"the label of an arm must be a text without commas, got {quoted(self.label)}")
        for name, known in (("given", tuple(GIVEN)), ("prior", PRIORS)):
            if (value := getattr(self, name)) not in known:
                raise ParameterError(f"arm {self.label!r}: {name} must be {_one_of(known)}, got {quoted(value)}")
        if not isinstance(self.on_policy, bool):
            raise ParameterError(f"arm {self.label!r}: on_policy must be a bool, got {quoted(self.on_policy)}")
        for name, most, told in (("low", 1.0, "in (0, 1)"), ("high", math.inf, "above 0, and finite")):
            value = getattr(self, name)
            if value is None:
                continue
            if isinstance(value, bool) or not isinstance(value, Real) or not 0 < float(value) < most:
                raise ParameterError(
                    f"arm {self.label!r}: {name} must be None or a number {told}, got {quoted(value)}"
                )
            object.__setattr__(self, name, float(value))

    @property
    def shown(self) -> str:
        """What it is shown, in words."""
        return "R"

    @property
    def told_given(self) -> str:
        """What it is given, in words."""
        return GIVEN[self.given]

    @property
    def clips(self) -> bool:
        """Whether updates can be clipped at all."""
        return not self.on_policy and (self.low, self.high) != (None, None)

    @property
    def clipped(self) -> str:
        """Where, in words."""
        if self.on_policy:
            return "one update"
        edges = [f"ρ < {1 - self.low:g}"] if self.low is not None else []
        edges += [f"ρ > {1 + self.high:g}"] if self.high is not None else []
        return " or ".join(edges) or "nowhere"

    def __str__(self) -> str:
        return self.label


def named_arms(clip: float) -> dict[str, CoinArm]:
    """The arms of the table above, by name, at ε = `clip`.

    Examples
    --------
    >>> ", ".join(named_arms(0.2))
    'clip, clip-high, clip-low, no-clip, on-policy, anti-prior, untrained, true, inverted, inverted-no-clip'
    """
    arms = (
        CoinArm("clip", low=clip, high=clip),
        CoinArm("clip-high", high=clip),
        CoinArm("clip-low", low=clip),
        CoinArm("no-clip"),
        CoinArm("on-policy", on_policy=True),
        CoinArm("anti-prior", prior="anti-prior", low=clip, high=clip),
        CoinArm("untrained", prior="untrained", low=clip, high=clip),
        CoinArm("true", given="true", low=clip, high=clip),
        CoinArm("inverted", given="inverted", low=clip, high=clip),
        CoinArm("inverted-no-clip", given="inverted"),
    )
    return {arm.label: arm for arm in arms}


def read_arms(given: Any, clip: Any) -> tuple[CoinArm, ...]:
    """Arms, from names and arms of one's own; all that have a name, from None.

    Raises
    ------
    ParameterError
        `clip` is not in (0, 1); an arm is unknown, or there twice; there is none.
    """
    if isinstance(clip, bool) or not isinstance(clip, Real) or not 0 < float(clip) < 1:
        raise ParameterError(f"clip must be a number in (0, 1), got {quoted(clip)}; arm 'no-clip' is without it")
    known = named_arms(float(clip))
    if given is None:
        return tuple(known.values())
    one = isinstance(given, (str, CoinArm)) or not isinstance(given, Iterable)
    found = []
    for arm in [given] if one else given:
        if isinstance(arm, CoinArm):
            found.append(arm)
        elif isinstance(arm, str) and arm in known:
            found.append(known[arm])
        else:
            meant = did_you_mean(near_names(str(arm), known)) or "arms are " + ", ".join(known)
            raise ParameterError(f"there is no arm {quoted(arm)}; {meant}")
    if not found:
        raise ParameterError("arms is empty; give at least one, such as 'clip'")
    labels = [arm.label for arm in found]
    for label in labels:
        if labels.count(label) > 1:
            raise ParameterError(f"arms has {label!r} twice")
    return tuple(found)


def _one_of(names: tuple[str, ...]) -> str:
    return f"{', '.join(map(repr, names[:-1]))} or {names[-1]!r}"


def mirrored(arm: CoinArm) -> CoinArm:
    """The arm that does on average the opposite, where R and 2m − R have the same law.

    Give a policy −x for x all along, −θ for its first weights, and let outcomes be the same numbers: it does the
    same, and ends with −θ. The value of 2m − R is 2m − v of R. So the gain of one over the random policy is, on
    average over runs, the opposite of that of the other: what the anti-prior does is no evidence beside what the
    prior does, and an untrained policy that is given coins, its own mirror image, stays at 0.

    Examples
    --------
    >>> arms = named_arms(0.2)
    >>> mirrored(arms["anti-prior"]).prior, mirrored(arms["inverted"]).prior, mirrored(arms["inverted"]).given
    ('prior', 'anti-prior', 'true')
    >>> mirrored(arms["untrained"]) == arms["untrained"]
    True
    """
    other = {"prior": "anti-prior", "anti-prior": "prior", "true": "inverted", "inverted": "true"}
    return replace(arm, given=other.get(arm.given, arm.given), prior=other.get(arm.prior, arm.prior))


def symmetry(arm: CoinArm, arms: Iterable[CoinArm]) -> str:
    """What `mirrored` says of an arm beside these, in words; nothing where it says nothing.

    Examples
    --------
    >>> arms = named_arms(0.2)
    >>> symmetry(arms["untrained"], arms.values()), symmetry(arms["anti-prior"], arms.values())
    ('theorem: its weights are chance, and coins say nothing', 'theorem: on average the opposite of clip')
    >>> symmetry(arms["no-clip"], arms.values())
    ''
    """
    image = mirrored(arm)
    if image == arm:
        return "theorem: its weights are chance, and coins say nothing"
    same = [x.label for x in arms if x.label != arm.label and replace(x, label=arm.label) == image]
    return f"theorem: on average the opposite of {same[0]}" if same else ""
