"""The call of the library's that a question stands for: its worlds and laws built, its arguments in their places."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from mdppower._stop import stop_if_told
from mdppower.explorer.laws import made
from mdppower.explorer.questions import Question
from mdppower.measures.action_optimality import action_optimality
from mdppower.measures.power import power
from mdppower.sensitivity.model_difference import difference


@dataclass(frozen=True, eq=False)
class Call:
    """A function of draws and its arguments, without how many draws.

    Attributes
    ----------
    of : callable
        `power`, `action_optimality` or `mdppower.sensitivity.difference`.
    arguments : tuple
    options : dict
    numbers : int
        Cells × rates that it is about.
    """

    of: Callable[..., Any]
    arguments: tuple[Any, ...]
    options: dict[str, Any]
    numbers: int


def call_of(question: Question) -> Call:
    """Build what the question is about.

    Parameters
    ----------
    question : Question

    Returns
    -------
    Call
        Of "difference" with the world as A and what was pinned as B, on independent draws: there a cell that nothing
        new can be reached from, and that seldom differs, has an interval 50 times as narrow as on stratified ones
        (`mdppower.montecarlo.replicates`: of what was not seen).

    Raises
    ------
    QuestionError
        A law's parameters are out of range, or it has no mean where one is needed; a cell is left with no action.
    """
    mdp = question.world.mdp("world")
    mean = question.view != "optimality"
    default = made(question.default, "rewards.default", mean=mean)
    own = {mark: made(law, f"rewards.marks.{mark}", mean=mean) for mark, law in question.marks}
    rewards = {"default": default, **own} if own else default
    rates = list(question.gamma)
    if question.view == "optimality":
        return Call(action_optimality, (mdp, rates, rewards), {"rng": question.seed}, mdp.n_states * len(rates))
    if question.pinned is not None:
        stop_if_told()
        pinned = question.pinned.mdp("pinned")
        numbers = (mdp.n_states + pinned.n_states) * len(rates)
        return Call(difference, (mdp, pinned, rates, rewards), {"rng": question.seed, "sampler": "iid"}, numbers)
    options = {"rng": question.seed, "sampler": question.sampler}
    return Call(power, (mdp, rates, rewards), options, mdp.n_states * len(rates))
