"""DRN, the explicit format of Storm: MDPs, and Markov chains as MDPs with one action a state.

    @type: MDP
    @value_type: double
    @reward_models
    coins
    @nr_states
    2
    @nr_choices
    3
    @model
    state 0 [0] init
    // name of the state: a comment just after it
            action go [1]
                    0 : 0.5
                    1 : 0.5
            action stay [0]
                    0 : 1
    state 1 [0] done
            action stay [0]
                    1 : 1

Labels of states become marks. What Storm writes as a comment after each state (its valuation) names the state, and so
does what `drn_text` writes there. A file has states, choices and labels; how large each is, is known from its head.
"""

from __future__ import annotations

from typing import Any

import numpy as np

from mdppower.formats.assembly import About, Choices, build, keep_reward
from mdppower.formats.drn_body import Body
from mdppower.formats.drn_head import Head, read_head
from mdppower.formats.labels_as_text import label_of_json, layout_of_cells
from mdppower.formats.several_rewards import chosen_reward
from mdppower.formats.text_lines import TextFile
from mdppower.formats.written_numbers import coarseness
from mdppower.mdp.model import RewardlessMDP


def read_drn(file: TextFile, reward: str | None = None) -> RewardlessMDP:
    """The MDP of a DRN file.

    Parameters
    ----------
    file : TextFile
    reward : str, optional
        Which of its reward models is kept as the MDP's own reward, where there are several: see
        `mdppower.given_rewards`.

    Returns
    -------
    RewardlessMDP

    Raises
    ------
    FileError
        The file is of another type, is damaged, or its head says other sizes.
    ModelError
        It is no MDP: probabilities that do not sum to 1, a state without an action.
    SizeError
        It says that it has more states or choices than an index can hold.
    """
    lines = file.lines()
    head = read_head(file, lines)
    body = Body(file, head)
    for at, line in lines:
        body.take(at, line)
    body.end()
    return _model(file, head, body, reward)


def _model(file: TextFile, head: Head, body: Body, reward: str | None) -> RewardlessMDP:
    if head.n_states == 0:
        raise file.no_model(head.line["@nr_states"], "there is no state")
    states: Any = None
    if len(body.names) == len(set(body.names)) == head.n_states:
        states = tuple(map(label_of_json, body.names))
    choices = Choices(
        owner=np.asarray(body.owner),
        codes=np.asarray(body.codes),
        names=list(body.code),
        start=np.asarray(body.start),
        target=np.asarray(body.target),
        chance=np.asarray(body.chance),
        line=np.asarray(body.line),
        eps=coarseness(body.longest),
    )
    what = "a Markov chain, one action a state" if head.is_chain else "an MDP"
    layout = None if states is None else layout_of_cells(states)
    about = About(
        states,
        layout,
        {mark: np.unique(np.asarray(where)) for mark, where in body.marks.items()},
        {"format": f"DRN of Storm, {what}"},
        body.state_lines.__getitem__,
    )
    mdp = build(file, choices, head.n_states, about)
    named = head.rewards or [f"rew{k}" for k in range(len(body.state_rewards))]
    picked, told = chosen_reward(file.name, named, reward)
    values = None
    if picked is not None:
        by_state, values = np.zeros(head.n_states), np.zeros(len(choices.owner))
        for column, given in ((by_state, body.state_rewards[picked]), (values, body.action_rewards[picked])):
            column[: len(given)] = given
        values += by_state[choices.owner]
    return keep_reward(mdp, choices, values, told) if told else mdp
