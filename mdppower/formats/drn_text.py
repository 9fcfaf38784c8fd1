"""An MDP as DRN, the explicit format of Storm, which `drn` reads again."""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np

from mdppower._quotes import quoted
from mdppower._warn import warn
from mdppower.errors import FileError
from mdppower.formats.drn_head import ACTIONS
from mdppower.formats.labels_as_text import text_of_label
from mdppower.mdp.model import RewardlessMDP
from mdppower.mdp.own_reward import GivenRewards

LINES_AT_ONCE = 10_000
NAMES_OF_A_LINE = 20


def drn_parts(mdp: RewardlessMDP, reward: GivenRewards | None = None) -> Iterator[bytes]:
    """The file, piece by piece: probabilities with all their digits.

    Marks become labels, and the names of states comments. Storm wants an initial state: where no state is marked
    ``init``, it is the first. Layout and origin have no place in the format.

    Raises
    ------
    FileError
        A mark cannot be written: it is empty, or has a quotation mark or a line break.

    Examples
    --------
    >>> mdp = RewardlessMDP.from_successors({"a": {"go": "a"}})
    >>> print(b"".join(drn_parts(mdp)).decode().expandtabs(4).partition("@model")[2].strip())
    state 0 init
    //a
        action go
            0 : 1.0
    """
    values = _values(reward)
    labels = _labels(mdp)
    names = [text_of_label(name) for name in mdp.action_names]
    yield b"// Exported by mdppower\n"
    for k in range(0, len(names), NAMES_OF_A_LINE):
        yield f"{ACTIONS}{' '.join(names[k : k + NAMES_OF_A_LINE])}\n".encode()
    yield (
        "@type: MDP\n@value_type: double\n@parameters\n\n@reward_models\n"
        f"{'reward' if values is not None else ''}\n"
        f"@nr_states\n{mdp.n_states}\n@nr_choices\n{mdp.n_pairs}\n@model\n"
    ).encode()
    states = None if mdp.has_default_labels else mdp.states
    of_state = " [0]" if values is not None else ""
    lines: list[str] = []
    codes, indptr = mdp.action_codes.tolist(), mdp.kernel.indptr.tolist()
    for s in range(mdp.n_states):
        lines.append(f"state {s}{of_state}{labels.get(s, '')}")
        if states is not None:
            lines.append(f"//{text_of_label(states[s])}")
        for p in range(int(mdp.pointer[s]), int(mdp.pointer[s + 1])):
            earned = "" if values is None else f" [{values[p]!r}]"
            lines.append(f"\taction {names[codes[p]]}{earned}")
            row = slice(indptr[p], indptr[p + 1])
            targets, chances = mdp.kernel.indices[row].tolist(), mdp.kernel.data[row].tolist()
            lines += [f"\t\t{t} : {chance!r}" for t, chance in zip(targets, chances, strict=True)]
        if len(lines) > LINES_AT_ONCE:
            yield ("\n".join(lines) + "\n").encode()
            lines.clear()
    if lines:
        yield ("\n".join(lines) + "\n").encode()


def _values(reward: GivenRewards | None) -> list[float] | None:
    """(P,) what is earned by each action."""
    if reward is None:
        return None
    expected = reward.expected
    if reward.on_transitions:
        first = np.repeat(reward.values[reward.mdp.kernel.indptr[:-1]], np.diff(reward.mdp.kernel.indptr))
        if not np.array_equal(first, reward.values):
            warn("the reward depends on successors, for which DRN has no place: its expectation was written")
    found: list[float] = expected.tolist()
    return found


def _labels(mdp: RewardlessMDP) -> dict[int, str]:
    """What stands after each state that has a label."""
    labels: dict[int, str] = {}
    marks = dict(mdp.marks) if mdp.marks.get("init") else {"init": (0,), **mdp.marks}
    for mark, where in marks.items():
        if not mark.strip() or '"' in mark or not mark.isprintable():
            raise FileError(f"mark {quoted(mark)} cannot be a label in DRN")
        is_plain = mark[0] not in "[{!" and not any(map(str.isspace, mark))
        told = f" {mark}" if is_plain else f' "{mark}"'
        for s in where:
            labels[s] = labels.get(s, "") + told
    return labels
