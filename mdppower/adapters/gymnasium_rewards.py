"""The environment's own reward, where it is a function of state, action and successor."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any

import numpy as np

from mdppower._quotes import quoted
from mdppower._text import cut
from mdppower._typing import FloatArray
from mdppower.adapters.gymnasium_table import Table
from mdppower.mdp.model import RewardlessMDP
from mdppower.mdp.own_reward import with_reward


@dataclass
class Rewards:
    """Rewards that steps showed.

    Attributes
    ----------
    of : dict from (state number, action number) to float
    counted : bool
        Whether some depend on what counts steps; `of` has those of counters at their start.
    refused : str
        Why there is none to keep, in words; empty where there is one.
    """

    of: dict[tuple[int, int], float] = field(default_factory=dict)
    counted: bool = False
    refused: str = ""

    def see(self, state: int, action: int, reward: Any) -> None:
        """Remember the reward of a first visit."""
        number = _number(reward)
        if number is None:
            self.refused = self.refused or f"{cut(quoted(reward), 60)} is no finite number"
            number = np.nan
        self.of[state, action] = number

    def same(self, a: Any, b: Any) -> bool:
        """Whether two rewards are the same number."""
        return _number(a) == _number(b)

    def refuse(self, where: str, first: Any, second: Any) -> None:
        """A second visit earned something else."""
        self.refused = f"{where} earned {first} and, at a second visit, {second}: no function of state and action"


def _number(reward: Any) -> float | None:
    """A finite number, or None."""
    try:
        number = float(reward) if np.ndim(reward) == 0 else None
    except (TypeError, ValueError, OverflowError):
        return None
    return number if number is not None and np.isfinite(number) else None


def keep_reward(mdp: RewardlessMDP, table: Table, refused: str, note: str) -> RewardlessMDP:
    """The MDP with the rewards of the table's entries, where these make a function; ``origin["reward"]`` says it.

    Parameters
    ----------
    mdp : RewardlessMDP
        Made of the table, perhaps without some of its states.
    table : Table
    refused : str
        Why there is nothing to keep; empty where there is.
    note : str
        To be added to what is said.
    """
    if refused:
        return with_reward(mdp, None, f"not kept: {refused}")
    if not np.isfinite(table.reward).all():
        return with_reward(mdp, None, "none: not every entry of P has one that is a finite number")
    values, clash = _on_transitions(mdp, table)
    if clash:
        return with_reward(mdp, None, f"not kept: {clash}")
    on_pairs = _on_pairs(mdp, values)
    of = "of state, action and successor" if on_pairs is None else "of state and action"
    return with_reward(mdp, values if on_pairs is None else on_pairs, f"kept, a function {of}{note}")


def _on_transitions(mdp: RewardlessMDP, table: Table) -> tuple[FloatArray, str]:
    """The reward of each entry of the kernel, and where there are two of one."""
    index = {label: i for i, label in enumerate(mdp.states)}
    place = np.array([index.get(label, -1) for label in table.states])
    code = {label: k for k, label in enumerate(mdp.action_names)}
    codes = np.array([code.get(label, -1) for label in table.actions])
    pair_of = {
        pair: p for p, pair in enumerate(zip(mdp.pair_states.tolist(), mdp.action_codes.tolist(), strict=True))
    }
    ours = zip(place[table.owner].tolist(), codes[table.codes].tolist(), strict=True)
    pairs = np.array([pair_of.get(pair, -1) for pair in ours])
    used = (table.probability > 0) & (pairs[table.pair] >= 0)
    width, kernel = mdp.n_states, mdp.kernel
    entry = pairs[table.pair[used]].astype(np.int64) * width + place[table.target[used]]
    reward = table.reward[used]
    rows = np.repeat(np.arange(mdp.n_pairs, dtype=np.int64), np.diff(kernel.indptr))
    known = rows * width + kernel.indices
    where = np.searchsorted(known, entry)
    values = np.zeros(kernel.nnz)
    values[where] = reward
    other = np.flatnonzero(values[where] != reward)
    if not len(other):
        return values, ""
    k = int(other[0])
    state, action = mdp.pair_label(int(rows[where[k]]))
    target = mdp.states[kernel.indices[where[k]]]
    return values, (
        f"state {quoted(state)}, action {quoted(action)}: the step to {quoted(target)} earns "
        f"{float(reward[k])} and {float(values[where[k]])}"
    )


def _on_pairs(mdp: RewardlessMDP, values: FloatArray) -> FloatArray | None:
    """(P,) the reward of each pair; None where it depends on the successor."""
    start = mdp.kernel.indptr[:-1]
    low, high = np.minimum.reduceat(values, start), np.maximum.reduceat(values, start)
    return low if np.array_equal(low, high) else None
