"""Agents that learn are refused by name where something is proved of sets.

What is proved of Δ = h_A − h_B is proved of *sets* that always have their best: h_A(R) = max ⟨a, R⟩ is Lipschitz in
R. The worth of a learner, or of any rule, is ⟨a, R⟩ with the a that it chooses, and jumps where the choice changes: a
reward that moves by nothing can cost as much as rewards range. Of it the range alone is certified.
"""

from __future__ import annotations

from typing import Any

from mdppower._quotes import quoted
from mdppower.agents.rules import Rule
from mdppower.errors import ParameterError


def refuse_learners(who: str, *given: Any) -> None:
    """Raise ParameterError if one of these is an agent, or a result about agents that learn.

    Parameters
    ----------
    who : str
        The function that is about sets.
    *given : anything

    Examples
    --------
    >>> from mdppower.agents import lookahead
    >>> refuse_learners("certify", 0.9)
    >>> refuse_learners("certify", lookahead(2))
    Traceback (most recent call last):
    mdppower.errors.ParameterError: certify is about sets that always have their best, whose worth is Lipschitz in \
the rewards; lookahead(k=2) is an agent, whose worth jumps where its choice changes: of it nothing but the range is \
certified (proxy_of_range). Success rates of agents against others: LearningCurves.rivals
    """
    for one in given:
        about = getattr(type(one), "of_learners", False)
        if not (about or isinstance(one, Rule) or (callable(one) and not isinstance(one, type))):
            continue
        what = "is about agents that learn" if about else "is an agent"
        name = repr(one) if isinstance(one, Rule) else type(one).__name__ if about else quoted(one)
        raise ParameterError(
            f"{who} is about sets that always have their best, whose worth is Lipschitz in the rewards; {name} "
            f"{what}, whose worth jumps where its choice changes: of it nothing but the range is certified "
            "(proxy_of_range). Success rates of agents against others: LearningCurves.rivals"
        )
