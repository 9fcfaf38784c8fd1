"""The reward that an environment or a table came with, kept beside its MDP.

It is no part of the MDP: nothing here is computed with it unless it is asked for. It is an array over pairs (s, a),
or over transitions (s, a, s′) in the order of the kernel's entries.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np

from mdppower._quotes import quoted
from mdppower._typing import FloatArray, Label
from mdppower.errors import LabelError, ModelError, RewardError
from mdppower.mdp.argument import check_mdp
from mdppower.mdp.model import RewardlessMDP


@dataclass(frozen=True, eq=False)
class GivenRewards:
    """The reward of an environment, or of a table; see `given_rewards`.

    Attributes
    ----------
    mdp : RewardlessMDP
    values : (P,) array, or (nnz,) array in the order of ``mdp.kernel.data``
        Read-only. The first where the reward is a function of state and action.

    Examples
    --------
    >>> import mdppower as mp
    >>> cliff = mp.given_rewards(mp.from_gymnasium("CliffWalking-v1"))
    >>> cliff
    GivenRewards(of 192 pairs, from -100 to 0)
    >>> cliff.of((3, 0), 1), cliff.of((3, 11), 0)    # into the cliff; after the end nothing is earned
    (-100.0, 0.0)
    """

    mdp: RewardlessMDP
    values: FloatArray

    @property
    def on_transitions(self) -> bool:
        """Whether the reward depends on the successor.

        Examples
        --------
        >>> import mdppower as mp
        >>> mp.given_rewards(mp.from_gymnasium("FrozenLake-v1")).on_transitions
        True
        """
        return len(self.values) != self.mdp.n_pairs  # of a deterministic MDP they are the same

    def of(self, state: Label, action: Label, successor: Label | None = None) -> float:
        """The reward of an action; where it depends on the successor and none is named, its expectation.

        Raises
        ------
        LabelError
            There is no such state or action, or the action does not lead there.

        Examples
        --------
        >>> import mdppower as mp
        >>> lake = mp.given_rewards(mp.from_gymnasium("FrozenLake-v1"))
        >>> lake.of((3, 2), 2, "G"), lake.of((3, 2), 2, (3, 2)), round(lake.of((3, 2), 2), 6)
        (1.0, 0.0, 0.333333)
        """
        p = self.mdp.pair(state, action)
        if successor is None:
            return float(self.expected[p])
        kernel, target = self.mdp.kernel, self.mdp.index(successor)
        k = kernel.indptr[p] + np.searchsorted(kernel.indices[kernel.indptr[p] : kernel.indptr[p + 1]], target)
        if k == kernel.indptr[p + 1] or kernel.indices[k] != target:
            raise LabelError(f"state {quoted(state)}, action {quoted(action)} does not lead to {quoted(successor)}")
        return float(self.values[k] if self.on_transitions else self.values[p])

    @property
    def expected(self) -> FloatArray:
        """(P,) the expected reward of each pair.

        Examples
        --------
        >>> import mdppower as mp
        >>> mp.given_rewards(mp.from_gymnasium("CliffWalking-v1")).expected.min().item()
        -100.0
        """
        if not self.on_transitions:
            return self.values
        kernel = self.mdp.kernel
        return np.add.reduceat(kernel.data * self.values, kernel.indptr[:-1])

    def __repr__(self) -> str:
        what = f"{len(self.values):,} {'transitions' if self.on_transitions else 'pairs'}"
        return f"GivenRewards(of {what}, from {self.values.min():g} to {self.values.max():g})"


def with_reward(mdp: RewardlessMDP, values: FloatArray | None, told: str) -> RewardlessMDP:
    """An MDP that was just made, with a reward of its pairs or of its transitions, and what is to be said of it.

    Parameters
    ----------
    mdp : RewardlessMDP
    values : (P,) array, (nnz,) array, or None
    told : str
        For ``origin["reward"]``; begins with "kept" where there are values.
    """
    if values is not None:
        kept = np.array(values, dtype=np.float64)
        kept.setflags(write=False)
        mdp._reward = kept
    object.__setattr__(mdp, "origin", {**mdp.origin, "reward": told})  # nobody else has seen it yet
    return mdp


def own_reward(mdp: RewardlessMDP) -> GivenRewards | None:
    """The reward that an MDP came with; None where it has none."""
    values: Any = getattr(mdp, "_reward", None)
    return None if values is None else GivenRewards(mdp, values)


def restore_reward(mdp: RewardlessMDP, values: FloatArray) -> RewardlessMDP:
    """An MDP that was just read, with the reward that was kept of it; its origin says as before what that is.

    Raises
    ------
    ModelError
        There are not as many as pairs, or as transitions.
    """
    if len(values) not in (mdp.n_pairs, mdp.kernel.nnz):
        raise ModelError(
            f"{len(values):,} rewards are neither of {mdp.n_pairs:,} pairs nor of {mdp.kernel.nnz:,} steps"
        )
    told = mdp.origin.get("reward", "")
    return with_reward(mdp, values, told if told.startswith("kept") else "kept, as the file has it")


def given_rewards(mdp: RewardlessMDP) -> GivenRewards:
    """The reward that an environment or a table came with, where it is a function of (s, a) or of (s, a, s′).

    Parameters
    ----------
    mdp : RewardlessMDP
        Of `mdppower.from_gymnasium`, or of `RewardlessMDP.from_successor_table`, `from_matrices` or `from_columns`;
        ``origin["reward"]`` says what was kept. After an episode has ended nothing is earned: the reward of what was
        made absorbing is 0.

    Returns
    -------
    GivenRewards

    Raises
    ------
    ParameterError
        `mdp` is none.
    RewardError
        There is none: none was given; the environment's is not a function of state, action and successor; or the MDP
        comes from elsewhere, or is a transform, which does not keep it. (Files do: `RewardlessMDP.save`.)

    Examples
    --------
    >>> import mdppower as mp
    >>> mp.given_rewards(mp.envs.fork(2))
    Traceback (most recent call last):
    mdppower.errors.RewardError: this MDP came without rewards
    """
    kept = own_reward(check_mdp(mdp))
    if kept is not None:
        return kept
    told = mdp.origin.get("reward", "")
    if told.startswith("kept"):
        raise RewardError(
            "the reward is not with this MDP: transforms, and files of before, do not keep it; what made it gives it "
            f"anew, from {mdp.origin.get('source', 'where it came from')}"
        )
    raise RewardError("this MDP came without rewards" + (f": {told}" if told else ""))
