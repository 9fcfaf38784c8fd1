"""What ``--rewards`` and ``--reward`` mean together: a law for all states, and laws for some.

``--rewards "onpairs(LAW)"`` is about state-action pairs, `mdppower.rewards.OnPairs`; ``--reward`` then names them.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

from mdppower._text import cut, shorten
from mdppower.cli.group import tell
from mdppower.cli.options import hint, parse_place, parse_state
from mdppower.errors import LabelError, ParameterError, RewardError

if TYPE_CHECKING:
    from mdppower._typing import Label
    from mdppower.mdp.model import RewardlessMDP
    from mdppower.rewards.laws import Law
    from mdppower.rewards.pair_rewards import OnPairs


def parse_rewards(mdp: RewardlessMDP, everywhere: str, texts: Sequence[str]) -> Any:
    """The rewards that the options name, as `mdppower.rewards` takes them; told on standard error where they differ.

    Parameters
    ----------
    mdp : RewardlessMDP
    everywhere : str
        ``--rewards``: a law or a number, of every state that has none of its own; or ``onpairs(…)`` of one.
    texts : sequence of str
        ``--reward``: ``STATE=LAW`` each. A mark of several states means all of these; a state's own law beats it. Of
        pairs: ``STATE:ACTION=LAW``, or ``STATE=LAW`` for all actions of a state.

    Returns
    -------
    str, float, dict or OnPairs
        A mapping from states and marks to laws, if there are `texts`.

    Raises
    ------
    ParameterError
        A text has no "=", or two are about one state.
    LabelError
        There is no such state or mark; the message suggests a near name.
    RewardError
        There is no such law.

    Examples
    --------
    >>> import mdppower as mp
    >>> parse_rewards(mp.envs.fork(2), "uniform", [])
    'uniform'
    >>> found = parse_rewards(mp.envs.fork(2), "uniform", ["t1=norm(1,1)", "t2=3"])
    >>> {state: law.mean for state, law in found.items()}
    {'default': 0.5, 't1': 1.0, 't2': 3.0}
    >>> found = parse_rewards(mp.envs.fork(2), "onpairs(uniform)", ["root:->t1=2"])
    >>> {place: law.mean for place, law in found.law.items()}
    {'default': 0.5, ('root', '->t1'): 2.0}
    """
    words = everywhere.strip()
    if words.startswith("onpairs(") and words.endswith(")"):
        return _on_pairs(mdp, words.removeprefix("onpairs(")[:-1], texts)
    if not texts:
        return _number(everywhere)
    from mdppower.rewards.laws import law

    chosen: dict[Label, Law] = {}
    for text in texts:
        where, words = _split(mdp, text)
        if where in chosen:
            raise ParameterError(f"--reward names {where!r} twice, the second time in {text!r}")
        try:
            chosen[where] = law(_number(words))
        except RewardError as error:
            raise RewardError(f"--reward {text}: {error}") from None
    other = law(_number(everywhere))
    told = "; ".join(f"{one.name} at {_told(mdp, where)}" for where, one in chosen.items())
    tell(f"mdppower: rewards: {told}; {other.name} elsewhere", err=True)
    if "default" not in mdp.states:
        return {"default": other} | chosen
    # There "default" is a state like others: all are named.
    own = {where: one for where, one in chosen.items() if where in mdp.states}
    marked = {mdp.states[s]: one for where, one in chosen.items() if where not in own for s in mdp.marks[str(where)]}
    return dict.fromkeys(mdp.states, other) | marked | own


def _on_pairs(mdp: RewardlessMDP, everywhere: str, texts: Sequence[str]) -> OnPairs:
    from mdppower.rewards.laws import law
    from mdppower.rewards.pair_rewards import OnPairs

    if not texts:
        return OnPairs(_number(everywhere))
    chosen: dict[Any, Law] = {"default": law(_number(everywhere))}
    single: dict[Any, Law] = {}
    for text in texts:
        (state, action), words = _split_place(mdp, text)
        try:
            one = law(_number(words))
        except RewardError as error:
            raise RewardError(f"--reward {text}: {error}") from None
        into = chosen if action is None else single
        for name in mdp.actions(state) if action is None else [action]:
            if (state, name) in into:
                raise ParameterError(f"--reward names {(state, name)!r} twice, the second time in {text!r}")
            into[state, name] = one
    found = chosen | single  # what is said of one action beats what is said of its state
    told = "; ".join(f"{one.name} at {place[0]}:{place[1]}" for place, one in found.items() if place != "default")
    tell(f"mdppower: rewards on pairs: {told}; {found['default'].name} elsewhere", err=True)
    return OnPairs(found)


def _split_place(mdp: RewardlessMDP, text: str) -> tuple[tuple[Label, Label | None], str]:
    """A state, perhaps with an action, and the words after it; names with "=" in them are tried, too."""
    failure: LabelError | None = None
    for at in [k for k, letter in enumerate(text) if letter == "="][::-1]:
        try:
            return parse_place(mdp, text[:at]), text[at + 1 :]
        except LabelError as error:
            failure = error
    if failure is None:
        raise ParameterError(f'--reward must look like "a:N=norm(1,1)", a state, its action and a law; got {text!r}')
    raise LabelError(f"--reward {cut(text, 80)}: {failure}") from None


def _split(mdp: RewardlessMDP, text: str) -> tuple[Label, str]:
    """A label, or a mark of several states, and the words after it; names with "=" in them are tried, too."""
    if "=" not in text:
        raise ParameterError(f'--reward must look like "a=norm(1,1)", a state and its law; got {text!r}')
    for at in [k for k, letter in enumerate(text) if letter == "="][::-1]:
        where = text[:at]
        if len(mdp.marks.get(where.strip(), ())) > 1 and where.strip() not in mdp.states:
            return where.strip(), text[at + 1 :]
        try:
            return parse_state(mdp, where), text[at + 1 :]
        except LabelError as error:
            failure = error
    mark, marks = hint(where, tuple(mdp.marks)), shorten(list(mdp.marks))
    more = f"; did you mean the mark {mark}?" if mark else f"; marks are {marks}" * bool(mdp.marks)
    more += "; all other states have --rewards" * (where == "default")
    raise LabelError(f"--reward {cut(text, 80)}: {failure}{more}") from None


def _told(mdp: RewardlessMDP, where: Label) -> str:
    return str(where) if where in mdp.states else f"the {len(mdp.marks[str(where)])} states marked {where}"


def _number(text: str) -> str | float:
    """A number is that reward for certain."""
    try:
        return float(text)
    except ValueError:
        return text
