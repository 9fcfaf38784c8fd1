"""What stands after @model in a DRN file: states, their actions, and where these lead, line by line."""

from __future__ import annotations

import re
from array import array
from itertools import repeat

from mdppower._schema import Misfit
from mdppower._typing import Label
from mdppower.formats.drn_head import MOST_REWARDS, Head
from mdppower.formats.labels_as_text import label_of_json
from mdppower.formats.text_lines import TextFile
from mdppower.formats.written_numbers import REMEMBERED, probability, real, whole

UNNAMED = "__NOLABEL__"
"""Storm's word for an action without a label."""
_LABEL = re.compile(r'"([^"]+)"|([^\s"]+)|(")')


class Body:
    """What the lines after @model say, one after the other."""

    def __init__(self, file: TextFile, head: Head) -> None:
        self.file, self.head = file, head
        self.state_lines = array("i")
        self.names: list[str] = []
        self.marks: dict[str, array[int]] = {}
        self.owner, self.line = array("i"), array("i")
        self.code: dict[Label, int] = {}
        self._code_of_text: dict[str, int] = {}
        self.codes = array("i")
        self.start = array("q")
        self.target, self.chance = array("i"), array("d")
        n = len(head.rewards)
        self.state_rewards = [array("d") for _ in range(n)]
        self.action_rewards = [array("d") for _ in range(n)]
        self.longest = ""
        self._is_named = self._has_action = False
        self._first = 0  # of the choices of this state
        self._chances: dict[str, float] = {}
        for name in head.actions:
            self._code(name)

    def take(self, at: int, line: str) -> None:
        """One line."""
        text = line.strip()
        number, _, rest = text.partition(" : ")
        chance = self._chances.get(rest)
        if chance is not None and self._has_action and number.isdigit() and number.isascii() and len(number) < 10:
            successor = int(number)
            if successor < self.head.n_states:  # nearly all lines are such
                self.target.append(successor)
                self.chance.append(chance)
                return
        try:
            if text[:1].isdigit():
                self._transition(at, text)
            elif not text:
                return
            elif text.startswith("//"):
                self._comment(text)
            elif text.startswith("action"):
                self._action(at, text)
            elif text.startswith("state"):
                self._state(at, text)
            else:
                raise Misfit("state, action, or SUCCESSOR : PROBABILITY", text, "a line")
        except Misfit as error:
            raise self.file.fault(at, str(error)) from None

    def _transition(self, at: int, text: str) -> None:
        number, colon, rest = text.partition(":")
        rest = rest.strip()
        if not colon:
            raise Misfit("SUCCESSOR : PROBABILITY", text, "a line")
        successor = whole(number.rstrip())
        if successor >= self.head.n_states:
            said = f"a state, of which the head says there are {self.head.n_states:,}"
            raise Misfit(said, successor, "the successor")
        if not self._has_action:
            if not self.state_lines:
                raise Misfit("after a state", text, "a transition")
            self._add(at, "0")  # Storm lets a chain do without the word
        self.target.append(successor)
        if rest.startswith("$"):
            rest = self.head.placeholders.get(rest, rest)
        chance = probability(rest)
        self.chance.append(chance)
        if len(rest) > len(self.longest):
            self.longest = rest
        if len(self._chances) < REMEMBERED:
            self._chances[rest] = chance

    def _comment(self, text: str) -> None:
        """The comment that stands just below a state names it."""
        if self._is_named or self._has_action or not self.state_lines:
            return
        s = len(self.state_lines) - 1
        self._is_named = True
        if len(self.names) == s:  # else some state before has none
            self.names.append(text[2:].strip())

    def _state(self, at: int, text: str) -> None:
        words = text.split(maxsplit=2)
        if words[0] != "state" or len(words) < 2:
            raise Misfit("state NUMBER", text, "a line")
        s = len(self.state_lines)
        if whole(words[1]) != s:
            raise Misfit(f"{s}, as states stand in order", words[1], "the number of the state")
        if s >= self.head.n_states:
            raise Misfit(f"at most {self.head.n_states:,}, as the head says", s + 1, "the number of states")
        self.state_lines.append(at)
        self._is_named = self._has_action = False
        self._first = len(self.owner)
        rest = words[2] if len(words) > 2 else ""
        rest = self._rewards(rest, self.state_rewards, s)
        if rest[:1] in ("!", "{"):
            raise Misfit("an MDP, which has neither rates ! nor observations { }", rest, "the model")
        for quoted_label, word, lone in (found.groups() for found in _LABEL.finditer(rest)):
            if lone:
                raise Misfit("in two quotation marks, or in none", rest, "a label")
            self.marks.setdefault(quoted_label or word, array("i")).append(s)

    def _action(self, at: int, text: str) -> None:
        words = text.split(maxsplit=2)
        if words[0] != "action" or len(words) < 2:
            raise Misfit("action NAME", text, "a line")
        if not self.state_lines:
            raise Misfit("after a state", text, "an action")
        self._add(at, words[1])
        rest = self._rewards(words[2] if len(words) > 2 else "", self.action_rewards, len(self.owner) - 1)
        if rest:
            raise Misfit("the rewards of an action, if anything", rest, "the rest of the line")

    def _add(self, at: int, name: str) -> None:
        s = len(self.state_lines) - 1
        if name == UNNAMED:
            name = str(len(self.owner) - self._first)
        if self.head.n_choices is not None and len(self.owner) >= self.head.n_choices:
            raise Misfit(
                f"at most {self.head.n_choices:,}, as the head says", len(self.owner) + 1, "the number of choices"
            )
        self.owner.append(s)
        self.line.append(at)
        self.codes.append(self._code(name))
        self.start.append(len(self.target))
        self._has_action = True

    def _code(self, name: str) -> int:
        """The number of an action of that name, which may be written in several ways."""
        code = self._code_of_text.get(name)
        if code is None:
            code = self._code_of_text[name] = self.code.setdefault(label_of_json(name), len(self.code))
        return code

    def _rewards(self, rest: str, into: list[array[float]], place: int) -> str:
        """Keep what stands in brackets at the beginning; the rest."""
        if not rest.startswith("["):
            return rest
        inside, bracket, rest = rest[1:].partition("]")
        if not bracket:
            raise Misfit("closed by ]", "[" + inside, "the list of rewards")
        for k, value in enumerate(inside.split(",")):
            word = value.strip()
            number = real(self.head.placeholders.get(word, word))
            if k == len(into):
                most = len(self.head.rewards) or MOST_REWARDS
                if k >= most:
                    raise Misfit(f"of at most {most:,}, as @reward_models says", inside, "the list of rewards")
                self.state_rewards.append(array("d"))
                self.action_rewards.append(array("d"))
            if number:
                into[k].extend(repeat(0.0, place - len(into[k])))
                into[k].append(number)
        return rest.strip()

    def end(self) -> None:
        """Refuse a file that has less than its head says."""
        self.start.append(len(self.target))
        at = self.head.line
        if len(self.state_lines) != self.head.n_states:
            told = f"the head says {self.head.n_states:,} states, and there are {len(self.state_lines):,}"
            raise self.file.fault(at["@nr_states"], told)
        if self.head.is_chain:
            for k in range(1, len(self.owner)):
                if self.owner[k] == self.owner[k - 1]:
                    told = f"state {self.owner[k]} has two actions, and the file is of a chain: @type: MDP"
                    raise self.file.fault(self.line[k], told)
        if self.head.n_choices not in (None, len(self.owner)):
            told = f"the head says {self.head.n_choices:,} choices, and there are {len(self.owner):,}"
            raise self.file.fault(at["@nr_choices"], told)
