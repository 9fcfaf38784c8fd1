"""Both agents at work: a walk through joint states by the policies of one draw, those from which its numbers came.

Each step is as in the value of H: it acts by its plan; then A by its response, given that they do not collide where
the rule is ``remove``; what H cannot do against A's policy goes to the rest of its plan. Under ``remove-leak`` a
collision ends the walk.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property
from typing import TYPE_CHECKING, Any, ClassVar

import numpy as np

from mdppower._checks import positive_integer
from mdppower._text import count
from mdppower._typing import FloatArray, IntArray, Label
from mdppower.multiagent.joint_mdp import JointMDP
from mdppower.multiagent.joint_power_estimate import JointDraw, JointPower
from mdppower.results.labelled import labelled, written
from mdppower.results.result import Result
from mdppower.results.table import Table

if TYPE_CHECKING:
    from os import PathLike

    import xarray as xr
    from matplotlib.figure import Figure


@dataclass(frozen=True, eq=False, repr=False)
class Rollout(Result):
    """A walk of T steps.

    Attributes
    ----------
    run : JointPower
    draw : int
        Which draw of it.
    at : (T + 1,) int32 array
        The joint states, by position; S, the end, where probability was lost.
    human_pairs, ai_pairs : (T,) int32 arrays
        What each did, by position among its own pairs; −1 of A where both collided and the walk ended.

    Examples
    --------
    >>> import mdppower as mp
    >>> street = mp.envs.gridworld("...", blocked="remove")
    >>> run = mp.multiagent.joint_power(street, gamma=0.9, overlap="bump", samples=64, rng=0)
    >>> walk = roll_out(run, draw=3, start=((0, 0), (0, 2)), steps=4, rng=0)
    >>> walk.states[0], len(walk.states)
    (((0, 0), (0, 2)), 5)
    """

    hidden: ClassVar[frozenset[str]] = frozenset({"at", "human_pairs", "ai_pairs"})

    run: JointPower
    draw: int
    at: IntArray
    human_pairs: IntArray
    ai_pairs: IntArray

    @property
    def joint(self) -> JointMDP:
        """The world."""
        return self.run.joint

    @property
    def steps(self) -> int:
        """T."""
        return len(self.human_pairs)

    @property
    def states(self) -> tuple[Label, ...]:
        """The joint states, one after the other."""
        names = self.joint.faced_states
        return tuple(names[i] for i in self.at.tolist())

    @cached_property
    def drawn(self) -> JointDraw:
        """Rewards and policies of the draw."""
        return self.run.draw(self.draw)

    @property
    def rewards(self) -> FloatArray:
        """(T + 1, 2) what H and A got in each state; nothing after the end."""
        drawn = self.drawn
        each = np.stack([drawn.human_rewards, drawn.ai_rewards], axis=1)
        return np.asarray(np.vstack([each, np.zeros((1, 2))])[self.at])

    def does(self, player: str) -> tuple[Label | None, ...]:
        """The T actions of an agent; None where it is not said, since both collided."""
        own = self.joint.player(player)
        pairs = self.human_pairs if player == "human" else self.ai_pairs
        return tuple(None if p < 0 else own.action_names[own.action_codes[p]] for p in pairs.tolist())

    def of(self, step: int) -> Label:
        """The joint state after so many steps."""
        return self.states[step]

    # ------------------------------------------------------------------ forms

    def table(self) -> Table:
        """One row a step.

        Returns
        -------
        Table
            Columns step, state, human_does, ai_does (nothing in the last state), human_reward, ai_reward, human, ai:
            POWER there, over all draws.
        """
        human, ai = (["" if x is None else x for x in self.does(player)] + [""] for player in ("human", "ai"))
        maps = [[*x.mean.tolist(), 0.0] for x in (self.run.human, self.run.ai)]
        columns: dict[str, Any] = {
            "step": list(range(self.steps + 1)), "state": list(self.states), "human_does": human, "ai_does": ai,
            "human_reward": self.rewards[:, 0].tolist(), "ai_reward": self.rewards[:, 1].tolist(),
        }  # fmt: skip
        columns |= {name: [one[i] for i in self.at.tolist()] for name, one in zip(("human", "ai"), maps, strict=True)}
        return Table(columns, f"draw {self.draw} of {self.run.samples:,}; human, ai: POWER there, over all draws")

    def to_xarray(self) -> xr.Dataset:
        """Rewards and POWER of both along step, with the states as a coordinate.

        Returns
        -------
        xarray.Dataset
        """
        table = self.table()
        names = ("human_reward", "ai_reward", "human", "ai")
        return labelled(
            {name: (("step",), np.array(table[name])) for name in names},
            {"step": table["step"], "state": ("step", written(self.states))},
            {"draw": self.draw, "rho": self.run.rho, "overlap": self.joint.overlap},
        )

    def plot(self, path: str | PathLike[str] | None = None, **options: Any) -> Figure:
        """A picture, or an animation (.gif); see `mdppower.display.rollout_picture.plot_rollout`."""
        from mdppower.display.rollout_picture import plot_rollout

        return plot_rollout(self, path, **options)

    def __repr__(self) -> str:
        had = self.rewards.sum(axis=0)
        ended = ", then the end" if self.at[-1] == self.joint.n_states else ""
        return (
            f"Rollout({count(self.steps, 'step')} from {self.states[0]} to {self.states[-1]}{ended}, draw "
            f"{self.draw}: rewards of H {had[0]:.4g}, of A {had[1]:.4g})"
        )


def roll_out(
    run: JointPower, draw: int = 0, start: Label | None = None, *, steps: int = 20, rng: Any = None
) -> Rollout:
    """Let both agents act, by their policies of one draw.

    On the command line: ``mdppower joint ENV --walk FILE.gif``.

    Parameters
    ----------
    run : JointPower
    draw : int
        Which draw.
    start : label, optional
        A joint state; default: one at random.
    steps : int
        How many, where the walk does not end before.
    rng : int, numpy.random.Generator, SeedSequence, …
        Of what is left to chance.

    Returns
    -------
    Rollout

    Raises
    ------
    ParameterError
        There is no such draw; `steps` is no positive integer.
    LabelError
        There is no such state.
    """
    positive_integer(steps, "steps")
    joint, drawn, chance = run.joint, run.draw(draw), np.random.default_rng(rng)
    s = int(chance.integers(joint.n_states)) if start is None else joint.index(start)
    at, human, ai = [s], [], []
    for _ in range(steps):
        p, q, s = one_step(joint, drawn.human_policy, drawn.ai_policy, s, chance)
        human.append(p)
        ai.append(q)
        at.append(s)
        if s == joint.n_states:
            break
    return Rollout(run, int(draw), *(np.array(x, np.int32) for x in (at, human, ai)))


def one_step(
    joint: JointMDP, human: FloatArray, ai: FloatArray, s: int, chance: np.random.Generator
) -> tuple[int, int, int]:
    """One step: the pair of H, that of A, and where it leads to; (…, −1, S) where probability is lost.

    Parameters
    ----------
    joint : JointMDP
    human, ai : (P,) arrays
        Policies.
    s : int
    chance : numpy.random.Generator
    """
    actions, own = joint.actions, joint.actions.human
    pairs = np.arange(own.pointer[s], own.pointer[s + 1])
    slots = [np.arange(own.starts[p], own.starts[p + 1]) for p in pairs.tolist()]
    left = 1.0 if actions.leaks else 1.0 - actions.lost
    mass = [ai[own.other[k]] * (left if actions.leaks else np.asarray(left)[own.joint[k]]) for k in slots]
    i = _pick(human[pairs] * [float(x.sum()) > 0 for x in mass], chance)
    k = slots[i][_pick(mass[i], chance)]
    j = int(own.joint[k])
    if actions.leaks and chance.random() < actions.lost[j]:
        return int(pairs[i]), -1, joint.n_states
    row = slice(actions.kernel.indptr[j], actions.kernel.indptr[j + 1])
    to = int(actions.kernel.indices[row][_pick(actions.kernel.data[row], chance)])
    return int(pairs[i]), int(own.other[k]), to


def _pick(weights: FloatArray, chance: np.random.Generator) -> int:
    """A position, as probable as its weight."""
    edges = np.cumsum(weights)
    found = int(np.searchsorted(edges, chance.random() * edges[-1], side="right"))
    return min(found, int(np.flatnonzero(weights)[-1]))
