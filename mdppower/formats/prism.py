"""Explicit files of PRISM: the transitions, and what is found beside them under the same name.

    die.tra      transitions                                          (`prism_transitions`)
    die.sta      names of states: ``0:(1,true)``
    die.lab      labels, which become marks: ``0="init" 1="deadlock"``, then ``0: 0``; or as Storm writes them
    die.srew     rewards of states, and die.trew of transitions; die.rew of either; die1.srew, die2.srew, … of several

``prism die.prism -exportmodel die.tra,sta,lab,srew,trew`` writes them.
"""

from __future__ import annotations

import os
from typing import Any

from mdppower.errors import FileError
from mdppower.formats.assembly import About, build, keep_reward
from mdppower.formats.prism_beside import read_labels, read_states
from mdppower.formats.prism_rewards import Structure, rewards_beside
from mdppower.formats.prism_transitions import read_transitions
from mdppower.formats.several_rewards import chosen_reward
from mdppower.formats.text_lines import TextFile, open_text
from mdppower.mdp.model import RewardlessMDP

DEADLOCK = ", a deadlock: PRISM gives such a state a loop, unless it is told -nofixdl"
PathLike = str | os.PathLike[str]


def read_prism(path: PathLike, reward: str | None = None) -> RewardlessMDP:
    """The MDP of a transition file of PRISM, with what is found beside it.

    Parameters
    ----------
    path : str or path
        The .tra file.
    reward : str, optional
        Which of several reward structures is kept as the MDP's own: its name, or its number.

    Returns
    -------
    RewardlessMDP

    Raises
    ------
    FileError
        A file is damaged, or says other sizes than it has; with file and line.
    ModelError
        The transitions are no MDP.
    SizeError
        The first line says that there is more than an index can hold.
    """
    file = open_text(path)
    with file.stream:
        return model_of_transitions(file, os.path.splitext(os.fspath(path))[0], reward)


def model_of_transitions(file: TextFile, stem: str | None, reward: str | None) -> RewardlessMDP:
    """The MDP of transitions, with the files beside them, whose names begin with the stem, if there is one."""
    choices, numbers, n_states, sizes = read_transitions(file)
    states, marks, structures = None, {}, []  # type: Any, dict[str, Any], list[Structure]
    origin = {"format": "explicit files of PRISM" + ", a Markov chain, one action a state" * sizes.is_chain}
    if stem is not None:
        if os.path.isfile(stem + ".obs"):
            raise FileError(f"{file.name} is a POMDP, as {stem}.obs says, and no MDP")
        states, variables = _beside(stem + ".sta", read_states, n_states) or (None, "")
        if variables:
            origin["variables"] = variables
        marks = _beside(stem + ".lab", read_labels, n_states) or {}
        structures = rewards_beside(stem)
    about = About(states, None, marks, origin, lambda state: sizes.at, DEADLOCK)
    mdp = build(file, choices, n_states, about)
    picked, told = chosen_reward(file.name, [structure.name for structure in structures], reward)
    if picked is None:
        return keep_reward(mdp, choices, None, told) if told else mdp
    structure: Structure = structures[picked]
    values, on_transitions = structure.values(mdp, choices, numbers, n_states, sizes)
    return keep_reward(mdp, choices, values, told, on_transitions=on_transitions)


def _beside(path: str, read: Any, n_states: int) -> Any:
    """What a file holds, if it is there."""
    if not os.path.isfile(path):
        return None
    file = open_text(path)
    with file.stream:
        return read(file, n_states)
