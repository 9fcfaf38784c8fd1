"""Questions of the page, from JSON that anybody may have sent: checked, within limits, and complete."""

from __future__ import annotations

from dataclasses import dataclass
from itertools import pairwise
from typing import Any, Literal, cast

from mdppower._schema import (
    Misfit,
    Reader,
    anything,
    mapping,
    nothing_or,
    one_of,
    real,
    record,
    several,
    shown,
    whole,
)
from mdppower.explorer.laws import Given, read_law
from mdppower.explorer.refusals import VERSION, QuestionError
from mdppower.explorer.spoken import read_json
from mdppower.explorer.worlds import LARGEST, World, read_world, require_fields

MOST_RATES = 101
MOST_DRAWS = 2**16
MOST_WORK = 2**31
"""Draws × cells × rates."""
MOST_LIKELY = 2**14
"""Cells × rates of a view that tells of every action of each."""
MOST_SEED = 2**53 - 1
"""What JavaScript holds exactly."""

Cell = tuple[int, int]
View = Literal["power", "difference", "optimality"]


@dataclass(frozen=True)
class Question:
    """What a page asks; equal questions have equal answers.

    Attributes
    ----------
    world : World
    gamma : tuple of float
        Increasing.
    default : str or float
        The law of the reward of cells without a mark of their own law.
    marks : tuple of (mark, law)
    draws, seed : int
    sampler : {"latin", "sobol", "iid"}
    view : {"power", "difference", "optimality"}
    pinned : World or None
        What the world is compared with, for "difference".
    pair : two cells, or None
        Whose POWER is compared, for "power".

    Examples
    --------
    >>> question = read_question(b'{"v": 1, "world": {"map": "..."}}')
    >>> question.gamma, question.draws, question.view
    ((0.9,), 4096, 'power')
    """

    world: World
    gamma: tuple[float, ...]
    default: Given
    marks: tuple[tuple[str, Given], ...]
    draws: int
    seed: int
    sampler: Literal["latin", "sobol", "iid"]
    view: View
    pinned: World | None
    pair: tuple[Cell, Cell] | None


_PLACE = several(whole(0, LARGEST - 1), 2, 2)
_READERS: dict[str, tuple[Reader, Any]] = {
    "gamma": (several(real(0, 1), 1, MOST_RATES), [0.9]),
    "rewards": (anything, {}),
    "draws": (whole(1, MOST_DRAWS), 4096),
    "seed": (whole(0, MOST_SEED), 0),
    "sampler": (one_of("latin", "sobol", "iid"), "latin"),
    "view": (one_of("power", "difference", "optimality"), "power"),
    "pinned": (anything, None),
    "pair": (nothing_or(several(_PLACE, 2, 2)), None),
}


def read_question(body: bytes) -> Question:
    """A question from JSON.

    Parameters
    ----------
    body : bytes

    Returns
    -------
    Question

    Raises
    ------
    QuestionError
        It is no question, or is larger than a page may ask; with the field, and for a map with line and column.
        Parameters of laws that are out of range, and a cell without an action, show when the world is built.
    """
    value = require_fields(read_json(body), "", "v", "world", *_READERS)
    if not isinstance(value, dict):
        raise QuestionError(f"a question must be an object, got {shown(value)}")
    version = value.get("v")
    if type(version) is not int or version != VERSION:
        raise QuestionError(f"questions of version {VERSION} are answered, this one has v = {shown(version)}", "v")
    try:
        given = record({"v": anything, "world": anything}, _READERS)(value)
    except Misfit as error:
        raise QuestionError.of(error) from None
    world = read_world(given["world"], "world")
    pinned = None if given["pinned"] is None else read_world(given["pinned"], "pinned")
    default, marks = _rewards(given["rewards"])
    question = Question(
        world, tuple(g + 0.0 for g in given["gamma"]), default, marks, given["draws"], given["seed"],
        given["sampler"], cast(View, given["view"]), pinned,
        None if given["pair"] is None else cast(tuple[Cell, Cell], tuple(map(tuple, given["pair"]))),
    )  # fmt: skip
    _check_together(question)
    return question


def _rewards(value: Any) -> tuple[Given, tuple[tuple[str, Given], ...]]:
    try:
        given = record({}, {"default": (anything, "uniform"), "marks": (mapping(anything, 64), {})})(
            require_fields(value, "rewards", "default", "marks")
        )
    except Misfit as error:
        raise QuestionError.of(error, ".rewards") from None
    marks = {mark: read_law(law, f"rewards.marks.{mark}") for mark, law in given["marks"].items()}
    return read_law(given["default"], "rewards.default"), tuple(sorted(marks.items()))


def _check_together(question: Question) -> None:
    """Raise QuestionError for fields that do not go together."""
    world, pinned = question.world, question.pinned
    for before, after in pairwise(question.gamma):
        if after <= before:
            raise QuestionError(f"gamma must increase, got {after:g} after {before:g}", "gamma")
    drawn = world.marks | (pinned.marks if pinned else frozenset())
    for mark, _ in question.marks:
        if mark not in drawn:
            there = ", ".join(sorted(drawn)) or "none"
            raise QuestionError(f"rewards name {shown(mark)}; marks on the map are {there}", f"rewards.marks.{mark}")
    if question.view == "difference":
        if pinned is None:
            raise QuestionError("a difference is from a world that is pinned, and none is", "pinned")
        if not world.cells & pinned.cells:
            raise QuestionError("the pinned world and this one have no cell in common", "pinned")
    elif pinned is not None:
        raise QuestionError(f"pinned is for the view 'difference', this one is {question.view!r}", "pinned")
    if question.pair is not None:
        _check_pair(question, question.pair)
    _check_size(question)


def _check_pair(question: Question, pair: tuple[Cell, Cell]) -> None:
    if question.view != "power":
        raise QuestionError(f"pair is for the view 'power', this one is {question.view!r}", "pair")
    for cell in pair:
        if cell not in question.world.cells:
            raise QuestionError(f"there is no cell in row {cell[0]}, column {cell[1]}", "pair")
    if pair[0] == pair[1]:
        raise QuestionError("a pair is of two different cells", "pair")


def _check_size(question: Question) -> None:
    cells = len(question.world.cells | (question.pinned.cells if question.pinned else frozenset()))
    rates = len(question.gamma)
    if question.draws * cells * rates > MOST_WORK:
        raise QuestionError(
            f"{question.draws:,} draws × {cells:,} cells × {rates} rates are more than 2^31; take fewer",
            "draws",
        )
    if question.view == "optimality" and cells * rates > MOST_LIKELY:
        raise QuestionError(
            f"{cells:,} cells × {rates} rates are more than 2^14, the most for likely actions; take fewer rates",
            "gamma",
        )
