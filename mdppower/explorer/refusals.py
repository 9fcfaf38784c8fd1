"""Why a question is not answered: one sentence, the field it is about, and where in the map."""

from __future__ import annotations

import re
from typing import Any

from mdppower._schema import Misfit
from mdppower.errors import ParameterError

VERSION = 1
"""Of questions and messages."""


class QuestionError(ParameterError):
    """A question cannot be answered.

    Parameters
    ----------
    message : str
        One sentence.
    field : str, optional
        What of the question it is about: ``"gamma"``, ``"world.map"``, ``"rewards.marks.a"``.
    line, column : int, optional
        Of the map's text, counted from 1.

    Examples
    --------
    >>> QuestionError("slip must be a number in [0, 1], got 1.5", "world.slip").as_json()["field"]
    'world.slip'
    """

    def __init__(
        self, message: str, field: str | None = None, line: int | None = None, column: int | None = None
    ) -> None:
        super().__init__(message)
        self.message, self.field, self.line, self.column = self.args[0], field, line, column

    def as_json(self) -> dict[str, Any]:
        """The message that a page gets."""
        place = {"field": self.field, "line": self.line, "column": self.column}
        return {"v": VERSION, "error": self.message, **place}

    @classmethod
    def of(cls, misfit: Misfit, inside: str = "") -> QuestionError:
        """What a reader of `mdppower._schema` has found, somewhere inside that field."""
        seen = misfit.inside(inside)
        parts = re.sub(r"\['([^']*)'\]", r".\1", seen.place)
        field = re.sub(r"\[\d+\]", "", parts).removeprefix(".")
        # Beside a control its own name is enough; "world.slip" is for whoever writes questions by hand.
        return cls(str(Misfit(seen.wanted, seen.value, field.rpartition(".")[2])), field or None)
