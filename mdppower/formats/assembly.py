"""From the choices that stand in a file to an MDP: what does not add up is told with its line.

`RewardlessMDP.from_pairs` checks all of it, too, but knows states and actions, not lines.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

import numpy as np
from scipy import sparse

from mdppower._quotes import quoted
from mdppower._text import count
from mdppower._typing import AnyArray, FloatArray, IntArray, Label
from mdppower.errors import ModelError, SizeError
from mdppower.formats.text_lines import TextFile
from mdppower.mdp.canonical import FLOAT64_EPS, INDEX_LIMIT, Rounded
from mdppower.mdp.model import RewardlessMDP
from mdppower.mdp.own_reward import with_reward
from mdppower.mdp.validation import row_tolerance


@dataclass
class Choices:
    """The choices of a file: pairs (state, action), in the order of their states.

    Attributes
    ----------
    owner : (P,) array
        The state of each, never falling.
    codes : (P,) array
        The position of its name in `names`.
    names : sequence of labels
    start : (P + 1,) array
        The first transition of each, and the number of all.
    target, chance : (T,) arrays
        Successor and probability of each transition.
    line : (P,) array
        Where each stands.
    eps : float
        The spacing at 1 of the numbers, as they were printed; see `written_numbers.coarseness`.
    """

    owner: IntArray
    codes: AnyArray
    names: Sequence[Label]
    start: AnyArray
    target: AnyArray
    chance: FloatArray
    line: AnyArray
    eps: float = 0.0


@dataclass
class About:
    """What stands in a file beside the choices."""

    states: Any = None
    layout: FloatArray | None = None
    marks: Mapping[str, Any] = field(default_factory=dict)
    origin: dict[str, str] = field(default_factory=dict)
    line_of_state: Callable[[int], int] = lambda state: 1
    hint: str = ""
    """What is said where a state has no action."""


def require_room(file: TextFile, counts: Mapping[str, tuple[int, int]], line: int) -> None:
    """Refuse numbers of things that nothing can index, or that a file of this size cannot hold.

    Parameters
    ----------
    file : TextFile
    counts : mapping from noun to (number, bytes)
        How many the file says there are, and the fewest bytes that one of them takes.
    line : int
        Where it says so.
    """
    for noun, (number, least) in counts.items():
        if number > INDEX_LIMIT:
            told = f"the sizes say {count(number, noun)}, more than 2**31 - 1, the most an index can hold"
            raise file.fault(line, told, SizeError)
        if number * least > file.size:
            told = f"the sizes say {count(number, noun)}, which cannot stand in {count(file.size, 'byte')}"
            raise file.fault(line, told)


def build(file: TextFile, choices: Choices, n_states: int, about: About) -> RewardlessMDP:
    """The MDP of these choices.

    Raises
    ------
    ModelError
        A state has no action, probabilities do not sum to 1, or a label is used twice; with file and line.
    """
    name_of = _names(about.states)
    _require_unique(file, about)
    _require_actions(file, choices, n_states, about, name_of)
    _require_sums(file, choices, name_of)
    _tell_apart(choices, about.origin)
    try:
        # One type of indices: SciPy makes copies of others.
        rows = (choices.chance, choices.target.astype(np.int32, copy=False), choices.start.astype(np.int32))
        kernel = sparse.csr_array(rows, shape=(len(choices.owner), n_states))
        return RewardlessMDP.from_pairs(
            choices.owner,
            Rounded(kernel, choices.eps or FLOAT64_EPS),
            states=about.states,
            actions=choices.names,
            action_codes=choices.codes,
            layout=about.layout,
            marks=about.marks,
            origin={"source": file.name} | about.origin,
        )
    except ModelError as error:
        raise ModelError(f"{file.name}: {error}") from None


def _names(states: Any) -> Callable[[int], str]:
    """How a state is called in a message."""
    if states is None:
        return lambda s: str(int(s))
    return lambda s: quoted(tuple(states[s].tolist()) if isinstance(states, np.ndarray) else states[s])


def _require_unique(file: TextFile, about: About) -> None:
    """Name the second state of a label: names that differ as text may be one cell."""
    if isinstance(about.states, tuple) and len(set(about.states)) < len(about.states):
        seen: set[Label] = set()
        for s, label in enumerate(about.states):
            if label in seen:
                raise file.no_model(about.line_of_state(s), f"state label {quoted(label)} is used twice")
            seen.add(label)


def _require_actions(file: TextFile, choices: Choices, n_states: int, about: About, name_of: Any) -> None:
    owner = choices.owner
    jumps = np.flatnonzero(np.diff(owner, prepend=-1, append=n_states) > 1)  # nothing of the size of S, which may lie
    if len(jumps):
        s = int(owner[jumps[0] - 1]) + 1 if jumps[0] else 0
        raise file.no_model(about.line_of_state(s), f"state {name_of(s)} has no action{about.hint}")


def _require_sums(file: TextFile, choices: Choices, name_of: Any) -> None:
    sizes = np.diff(choices.start)
    empty = np.flatnonzero(sizes == 0)
    if len(empty):
        k = int(empty[0])
        raise file.no_model(int(choices.line[k]), f"{_pair(choices, k, name_of)} leads nowhere")
    sums = np.add.reduceat(choices.chance, choices.start[:-1])
    wrong = np.flatnonzero(abs(sums - 1) > row_tolerance(sizes, choices.eps))
    if len(wrong):
        k = int(wrong[0])
        told = f"{_pair(choices, k, name_of)}: probabilities sum to {sums[k]:.12g}, not 1"
        raise file.no_model(int(choices.line[k]), told)


def _pair(choices: Choices, k: int, name_of: Any) -> str:
    return f"state {name_of(choices.owner[k])}, action {quoted(choices.names[choices.codes[k]])}"


def _tell_apart(choices: Choices, origin: dict[str, str]) -> None:
    """Name the second action "a" of a state "a#2": other tools allow several of a name."""
    order = np.lexsort((choices.codes, choices.owner)).astype(np.int32)
    owner, codes = choices.owner[order], choices.codes[order]
    twice = order[1:][(np.diff(owner) == 0) & (np.diff(codes) == 0)]
    if len(twice) == 0:
        return
    names = list(choices.names)
    known = {name: code for code, name in enumerate(names)}
    codes = np.array(choices.codes)
    seen: dict[tuple[int, int], int] = {}
    for k in np.sort(twice).tolist():
        place = int(choices.owner[k]), int(codes[k])
        seen[place] = seen.get(place, 1) + 1
        while (name := f"{names[place[1]]}#{seen[place]}") in known and known[name] < len(choices.names):
            seen[place] += 1  # the file has that name, too
        if name not in known:
            known[name] = len(names)
            names.append(name)
        codes[k] = known[name]
    choices.codes, choices.names = codes, names
    example = names[codes[int(twice[0])]]
    told = f"{count(len(twice), 'action')} renamed, such as {quoted(example)}: a state had several of one name"
    origin["changed"] = told


def keep_reward(
    mdp: RewardlessMDP, choices: Choices, values: FloatArray | None, told: str, *, on_transitions: bool = False
) -> RewardlessMDP:
    """The MDP with a reward as its own: of the choices, in their order, or of its own transitions."""
    if values is not None and not on_transitions:
        values = values[np.lexsort((choices.codes, choices.owner))]
    return with_reward(mdp, values, told)
