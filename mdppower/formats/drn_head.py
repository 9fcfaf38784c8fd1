"""What stands before @model in a DRN file: the type, the sizes, the names of rewards."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field

from mdppower._schema import Misfit, shown
from mdppower.errors import FileError
from mdppower.formats.assembly import require_room
from mdppower.formats.text_lines import TextFile
from mdppower.formats.written_numbers import whole

TYPES = {
    "mdp": "", "dtmc": "",
    "ctmc": "a continuous-time Markov chain", "markov automaton": "a Markov automaton", "ma": "a Markov automaton",
    "pomdp": "a POMDP", "smg": "a stochastic game", "s2pg": "a stochastic game",
}  # fmt: skip
"""What models are that are not read; nothing for those that are."""
VALUES = {
    "double": "", "rational": "",
    "double-interval": "an interval model", "rational-interval": "an interval model",
    "parametric": "a parametric model",
}  # fmt: skip
SECTIONS = (
    "@type", "@value_type", "@parameters", "@placeholders", "@reward_models", "@nr_states", "@nr_choices", "@model",
)  # fmt: skip
MOST_REWARDS = 1000
"""Of which each is a column."""
ACTIONS = "// actions: "
"""How a comment begins that we write: it has the names of actions in their order, as text."""
LEAST_STATE, LEAST_CHOICE = len("state 0\n"), len("0:1\n")
"""Bytes; a chain needs no line for its choices but those of their transitions."""


@dataclass
class Head:
    """What stands before @model: sizes, with the lines on which they stand, and names of rewards."""

    n_states: int = 0
    n_choices: int | None = None
    line: dict[str, int] = field(default_factory=dict)
    is_chain: bool = False
    rewards: list[str] = field(default_factory=list)
    actions: list[str] = field(default_factory=list)
    placeholders: dict[str, str] = field(default_factory=dict)


def read_head(file: TextFile, lines: Iterator[tuple[int, str]]) -> Head:
    """Take the lines up to @model.

    Raises
    ------
    FileError
        They are of a model that is not read, or are not whole.
    """
    head = Head()
    section, at = "", 0
    for at, line in lines:
        text = line.strip()
        if text.startswith("//"):
            if text.startswith(ACTIONS):
                head.actions += text.removeprefix(ACTIONS).split()
            continue
        name, _, rest = text.partition(":") if text.startswith("@") else ("", "", text)
        if name:
            section = name.split()[0]
            rest = rest.strip() or " ".join(name.split()[1:])
            if section not in SECTIONS:
                raise file.fault(at, f"there is no section {shown(section)}; there are {', '.join(SECTIONS)}")
            if section in head.line:
                raise file.fault(at, f"{section} stands there twice, first on line {head.line[section]:,}")
            head.line[section] = at
            if section == "@model":
                break
        if rest:
            try:
                _tell(head, section, rest)
            except FileError as error:
                raise file.fault(at, str(error)) from None
    else:
        raise file.fault(max(at, 1), "the file ends before @model")
    for wanted in ("@type", "@nr_states"):
        if wanted not in head.line:
            raise file.fault(at, f"there is no {wanted} before @model")
    sizes = {"state": (head.n_states, LEAST_STATE)}
    require_room(file, sizes, head.line["@nr_states"])
    if head.n_choices is not None:
        require_room(file, {"choice": (head.n_choices, LEAST_CHOICE)}, head.line["@nr_choices"])
    return head


def _tell(head: Head, section: str, text: str) -> None:
    """Put what a section says into the head."""
    if section == "@type":
        if refused := TYPES.get(text.lower(), f"a model of type {shown(text)}"):
            raise FileError(f"the model is {refused}, and no MDP")
        head.is_chain = text.lower() == "dtmc"
    elif section == "@value_type":
        if refused := VALUES.get(text, f"one of values {shown(text)}"):
            raise FileError(f"the model is {refused}, and no MDP")
    elif section == "@parameters":
        raise FileError(f"the model has parameters, {shown(text)}, and is no MDP before they have values")
    elif section == "@reward_models":
        head.rewards += text.split()
        if len(head.rewards) > MOST_REWARDS:
            raise Misfit(f"of at most {MOST_REWARDS:,}", f"{len(head.rewards):,}", "the list of rewards")
    elif section == "@nr_states":
        head.n_states = whole(text)
    elif section == "@nr_choices":
        head.n_choices = whole(text)
    elif section == "@placeholders":
        name, colon, value = text.partition(":")
        if not colon or not name.startswith("$"):
            raise Misfit("$name : value", text, "a placeholder")
        head.placeholders[name.strip()] = value.strip()
    else:
        raise FileError(f"{shown(text)} stands before the first section, such as @type: MDP")
