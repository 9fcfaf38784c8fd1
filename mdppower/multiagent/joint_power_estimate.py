"""What a run of two agents found: POWER of each in each joint state, and their baselines, from the same draws."""

from __future__ import annotations

import math
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import TYPE_CHECKING, Any, ClassVar

import numpy as np
from scipy import sparse

from mdppower._checks import choice
from mdppower._quotes import quoted
from mdppower._text import count, rate_text
from mdppower._typing import AnyArray, FloatArray, Label
from mdppower.errors import ParameterError
from mdppower.montecarlo.estimates import Estimate
from mdppower.montecarlo.replicates import Replicates
from mdppower.montecarlo.same_draws import Draws
from mdppower.montecarlo.trust import doubtful_means
from mdppower.multiagent.alignment import Alignment, alignment_of
from mdppower.multiagent.joint_mdp import PLAYERS, JointMDP
from mdppower.multiagent.joint_task import BLOCKS, JointTask, draws_of
from mdppower.results.labelled import labelled, written
from mdppower.results.number_text import how_sure, with_error
from mdppower.results.result import Result
from mdppower.results.table import Table

if TYPE_CHECKING:
    from os import PathLike

    import xarray as xr
    from matplotlib.figure import Figure


@dataclass(frozen=True, eq=False, repr=False)
class JointDraw:
    """One draw of a run again.

    Attributes
    ----------
    human_rewards, ai_rewards : (S,) arrays
        In the joint states.
    human_policy, ai_policy : (P,) arrays
        The probability of each pair of `JointMDP.choices`: those from which the numbers came.
    human, ai, human_baseline, ai_baseline : (S,) arrays
        POWER's integrands.
    error_bound : float
        Of these.
    settled : bool
        Whether a policy came back before the rounds ended.
    """

    human_rewards: FloatArray
    ai_rewards: FloatArray
    human_policy: FloatArray
    ai_policy: FloatArray
    human: FloatArray
    ai: FloatArray
    human_baseline: FloatArray
    ai_baseline: FloatArray
    error_bound: float
    settled: bool

    def __repr__(self) -> str:
        told = f"H {self.human.mean():.4f}, A {self.ai.mean():.4f}"
        return f"JointDraw({count(len(self.human), 'joint state')}: on average {told}{', settled' * self.settled})"


@dataclass(frozen=True, eq=False, repr=False)
class JointPower(Result):
    r"""POWER of a human and an AI in S joint states.

    `human`, `ai`, `human_baseline` and `ai_baseline` are estimates over the joint states, all from the same draws:
    their differences are paired.

    Attributes
    ----------
    data : Replicates
        Of 4S quantities: the four, one after the other.
    task : JointTask
        What the run was made of.
    error_bound : float
        Largest proved bound on the error of the values of a draw.
    near_ties : int
        How often, over draws, joint states and actions, an action was taken for a tied one that rounding alone would
        not excuse; see `mdppower.multiagent.facing`.
    settled : float
        Share of draws in which a best response came back before the rounds ended: then both are best responses to
        each other. NaN with one round, which cannot know.
    interrupted : bool
        Whether the run ended before its last draw.

    Examples
    --------
    >>> import mdppower as mp
    >>> room = mp.envs.gridworld("..\n..", blocked="remove")
    >>> found = mp.multiagent.joint_power(room, gamma=0.6, rho=1, samples=256, rng=0)
    >>> bool(np.abs(found.human.mean - found.ai.mean).max() < 1e-9)
    True
    >>> found.human.of(((0, 0), (1, 1)))
    Estimate(((0, 0), (1, 1)): 0.8849 ± 0.0076 at γ = 0.6 (95 %))
    """

    hidden: ClassVar[frozenset[str]] = frozenset({"data", "task"})

    data: Replicates
    task: JointTask
    error_bound: float
    near_ties: int
    settled: float
    interrupted: bool = False

    # ------------------------------------------------------------------ what it is about

    @property
    def joint(self) -> JointMDP:
        """The world."""
        return self.task.joint

    @property
    def gamma(self) -> tuple[float, float]:
        """γ_H and γ_A."""
        return self.task.gammas

    @property
    def rho(self) -> float:
        """The correlation of both agents' rewards in each state."""
        return self.task.correlated.rho

    @property
    def samples(self) -> int:
        """Draws."""
        return self.data.count * self.task.source.size

    @cached_property
    def caution(self) -> str:
        """What speaks against the intervals, in words; empty where nothing is known to."""
        return doubtful_means(self.data, np.ones(len(self.data.low), bool), tails=True)

    # ------------------------------------------------------------------ estimates

    @property
    def human(self) -> Estimate:
        """POWER_H: what H gets by what it planned, now that A responds to it."""
        return self._block(0)

    @property
    def ai(self) -> Estimate:
        """POWER_A: what A gets by its best response."""
        return self._block(1)

    @property
    def human_baseline(self) -> Estimate:
        """POWER_H against the seed policy, for which H planned."""
        return self._block(2)

    @property
    def ai_baseline(self) -> Estimate:
        """What A would get if it kept to the seed policy."""
        return self._block(3)

    @property
    def cost(self) -> Estimate:
        """`human_baseline` less `human`: what it costs H that A acts for itself, and not by the seed policy."""
        n = self.joint.n_states
        eye = sparse.eye_array(n, format="csr")
        none = sparse.csr_array((n, n))
        weights = sparse.hstack([-eye, none, eye, none]).tocsr()
        return self._estimate(self.data.contrast(weights), self.joint.states, self.gamma[:1])

    def averages(self) -> Estimate:
        """The four, each averaged over all joint states alike.

        Returns
        -------
        Estimate
            Named "human", "ai", "human_baseline", "ai_baseline".
        """
        n = self.joint.n_states
        weights = sparse.csr_array(sparse.kron(sparse.eye_array(len(BLOCKS)), np.full((1, n), 1 / n)))
        return self._estimate(self.data.contrast(weights), BLOCKS, self._rate(), "agent")

    def of(self, state: Label) -> Estimate:
        """The four in one joint state.

        Parameters
        ----------
        state : label
            (the human's, the AI's).

        Returns
        -------
        Estimate
            Named "human", "ai", "human_baseline", "ai_baseline".

        Raises
        ------
        LabelError
            There is no such state.
        """
        n = self.joint.n_states
        where = self.joint.index(state) + n * np.arange(len(BLOCKS))
        weights = sparse.eye_array(len(BLOCKS) * n, format="csr")[where]
        return self._estimate(self.data.contrast(weights), BLOCKS, self._rate(), "agent")

    def per_cell(self, quantity: str = "cost", player: str = "human") -> Estimate:
        """A quantity for each cell of one agent, averaged over all joint states with that agent there.

        Parameters
        ----------
        quantity : {"cost", "human", "ai", "human_baseline", "ai_baseline"}
        player : {"human", "ai"}
            Whose cells.

        Returns
        -------
        Estimate
            Of the states of that agent's world, with their layout; without those in which it never is.

        Raises
        ------
        ParameterError
            There is no such quantity or agent; or the agents have no worlds of their own.

        Examples
        --------
        In a street of three cells a human loses most where it stands in the way:

        >>> import mdppower as mp
        >>> street = mp.envs.gridworld("...", blocked="remove")
        >>> run = mp.multiagent.joint_power(street, gamma=0.9, overlap="bump", samples=512, rng=0)
        >>> run.per_cell().labels
        ((0, 0), (0, 1), (0, 2))
        """
        choice(quantity, "quantity", ("cost", *BLOCKS))
        world = self.joint.of_worlds(player)
        assert self.joint.cells is not None  # or there would be no worlds
        where = self.joint.cells[:, PLAYERS.index(player)]
        found: Estimate = getattr(self, quantity)
        count_of = np.bincount(where, minlength=world.n_states)
        kept = np.flatnonzero(count_of)
        rows = sparse.csr_array(
            (1 / count_of[where], (where, np.arange(len(where)))), shape=(world.n_states, len(where))
        )[kept]
        assert isinstance(found.data, Replicates)
        layout = None if world.layout is None else world.layout[kept]
        return Estimate(
            found.data.contrast(rows), tuple(world.states[c] for c in kept.tolist()), found.gammas, True,
            draws=found.draws, layout=layout,
        )  # fmt: skip

    def alignment(self, states: Iterable[Label] | AnyArray | None = None) -> Alignment:
        """Where H has much POWER, has A much, too? Correlations over joint states, corrected for noise.

        Parameters
        ----------
        states : iterable of labels, or (S,) array of booleans, optional
            Over which joint states; default: all.

        Returns
        -------
        Alignment

        Raises
        ------
        ParameterError
            Fewer than three states are left.
        LabelError
            There is no such state.
        """
        rule = f", overlap={self.joint.overlap!r}" * (self.joint.overlap != "allow")
        return alignment_of(self.human, self.ai, states=states, about=f"ρ = {self.rho:g}{rule}")

    def draw(self, i: int) -> JointDraw:
        """The i-th draw again: rewards, policies, values.

        Raises
        ------
        ParameterError
            There is no such draw.
        RewardError
            The rewards are a user's own code, of which a file has the name alone.
        """
        if isinstance(i, bool) or not isinstance(i, (int, np.integer)) or not 0 <= i < self.samples:
            raise ParameterError(f"draw must be an integer from 0 to {self.samples - 1}, got {quoted(i)}")
        n = self.joint.n_states
        human, ai, played = draws_of(self.task, int(i))
        return JointDraw(
            human[:n], ai[:n], played.human_policy, played.ai_policy, played.human, played.ai, played.human_baseline,
            played.ai_baseline, played.error, played.settled,
        )  # fmt: skip

    # ------------------------------------------------------------------ forms

    def table(self, confidence: float = 0.95, *, simultaneous: bool = False) -> Table:
        """One row a joint state and quantity.

        Parameters
        ----------
        confidence : float
        simultaneous : bool
            Whether the limits hold for all rows at once.

        Returns
        -------
        Table
            Columns human_at, ai_at (or state, of a world made of joint actions), quantity, power, stderr, lower,
            upper.
        """
        n = self.joint.n_states
        lower, upper = self.data.bounds(confidence, simultaneous=simultaneous)
        kept = [x[0].reshape(-1, n).T.ravel().tolist() for x in (self.data.value, self.data.error, lower, upper)]
        columns: dict[str, Any] = {
            name: [label for label in labels for _ in BLOCKS] for name, labels in self._places().items()
        }
        columns |= {"quantity": list(BLOCKS) * n}
        columns |= dict(zip(("power", "stderr", "lower", "upper"), kept, strict=True))
        return Table(columns, self._caption(confidence, simultaneous))

    def _summary(self) -> Table:
        found = self.averages()
        cost = found.difference("human_baseline", "human")
        rows = {}
        for data, names in ((found.data, BLOCKS), (cost.data, ("human_baseline - human",))):
            lower, upper = data.bounds()
            for k, name in enumerate(names):
                rows[name] = [float(x[0, k]) for x in (data.value, data.error, lower, upper)]
        columns: dict[str, Any] = {"average over joint states": list(rows)}
        for k, name in enumerate(("power", "stderr", "lower", "upper")):
            columns[name] = [row[k] for row in rows.values()]
        return Table(columns, self._caption(0.95, False))

    def to_xarray(self, confidence: float = 0.95, *, simultaneous: bool = False) -> xr.Dataset:
        """Everything along (quantity, state).

        Parameters
        ----------
        confidence : float
            Of lower and upper; in the attributes.
        simultaneous : bool
            Whether these hold for all numbers at once; in the attributes.

        Returns
        -------
        xarray.Dataset
            Variables have ``long_name`` and ``units``; human_at and ai_at say where the agents are.
        """
        shape = (len(BLOCKS), self.joint.n_states)
        lower, upper = self.data.bounds(confidence, simultaneous=simultaneous)
        kept = {"power": self.data.value, "stderr": self.data.error, "lower": lower, "upper": upper}
        task = self.task
        attributes: dict[str, Any] = {
            "confidence": confidence, "simultaneous": int(simultaneous), "gamma_human": self.gamma[0],
            "gamma_ai": self.gamma[1], "rho": self.rho, "correlation": task.correlated.way, "rewards_on": task.on,
            "rewards": task.source.rewards.name, "overlap": self.joint.overlap, "swap": int(self.joint.swap),
            "rounds": task.rounds, "replan": int(task.replan), "indifferent": int(task.indifferent),
            "ties": task.ties, "samples": self.samples, "sampler": task.source.kind,
            "entropy": str(task.source.entropy),
        }  # fmt: skip
        if caution := self.caution:
            attributes["caution"] = caution
        places = {name: ("state", written(labels)) for name, labels in self._places().items()}
        return labelled(
            {name: (("quantity", "state"), values.reshape(shape)) for name, values in kept.items()},
            {"quantity": list(BLOCKS), "state": ("state", written(self.joint.states))} | places,
            attributes,
        )

    def __repr__(self) -> str:
        found = self.averages()
        half, value = found.half_widths(), found.data.value
        names = ("H", "A", "H against the seed", "A by the seed")
        told = ", ".join(
            f"{name} {with_error(float(x), float(h))}"
            for name, x, h in zip(names, value.ravel(), half.ravel(), strict=True)
        )
        rates = " and ".join(dict.fromkeys(map(rate_text, self.gamma)))
        return (
            f"JointPower({count(self.joint.n_states, 'joint state')}, overlap={self.joint.overlap!r}, γ = {rates}, "
            f"ρ = {self.rho:g}: on average "
            f"{told} ({how_sure(0.95, together=True)}{', interrupted' * self.interrupted}))"
        )

    def plot(self, path: str | PathLike[str] | None = None, **options: Any) -> Figure:
        """A picture: maps of POWER, or what is lost; see `mdppower.display.joint_picture.plot_joint`."""
        from mdppower.display.joint_picture import plot_joint

        return plot_joint(self, path, **options)

    # ------------------------------------------------------------------ inside

    def _block(self, k: int) -> Estimate:
        n = self.joint.n_states
        weights = sparse.eye_array(len(BLOCKS) * n, format="csr")[k * n : (k + 1) * n]
        return self._estimate(self.data.contrast(weights), self.joint.states, self.gamma[k % 2 : k % 2 + 1])

    def _estimate(
        self, data: Replicates, labels: Sequence[Label], gammas: tuple[float, ...], dimension: str = "state"
    ) -> Estimate:
        draws = Draws(self.task.source, self._earners(), self.interrupted)
        return Estimate(data, labels, gammas, True, dimension=dimension, draws=draws)

    def _earners(self) -> Sequence[Label]:
        return self.joint.states if self.task.on == "states" else self.joint.of_worlds("human").states

    def _rate(self) -> tuple[float, ...]:
        """The rate, where both agents have one."""
        return self.gamma[:1] if self.gamma[0] == self.gamma[1] else (float("nan"),)

    def _places(self) -> dict[str, list[Label]]:
        joint = self.joint
        if joint.cells is None:
            return {"state": list(joint.states)}
        return {
            name: [joint.of_worlds(player).states[c] for c in joint.cells[:, k].tolist()]
            for k, (name, player) in enumerate((("human_at", "human"), ("ai_at", "ai")))
        }

    def _caption(self, confidence: float, simultaneous: bool) -> str:
        caution = self.caution
        return f"lower, upper: {how_sure(confidence, together=simultaneous)}" + f"; caution: {caution}" * bool(
            caution
        )


def joint_estimate(
    task: JointTask, means: FloatArray, slack: FloatArray, errors: FloatArray, counts: FloatArray, interrupted: bool
) -> JointPower:
    """What replicates say.

    Parameters
    ----------
    task : JointTask
    means : (K, 4S) array
    slack, errors : (K,) arrays
        Mean and largest bounds on the error of values.
    counts : (K, 2) array
        Near ties, and draws that settled.
    interrupted : bool

    Returns
    -------
    JointPower
    """
    k, width = means.shape
    size = task.source.size
    low, high = task.range
    data = Replicates(
        np.ascontiguousarray(means[:, None]), np.full(width, low), np.full(width, high),
        np.tile(task.constant, len(BLOCKS)), np.array([slack.mean()]),
        k * size if task.source.kind == "iid" else k,
        has_variance=task.source.rewards.has_variance,
    )  # fmt: skip
    near, settled = counts.sum(axis=0).tolist()
    return JointPower(
        data, task, float(errors.max()), int(near), settled / (k * size) if task.rounds > 1 else math.nan, interrupted
    )
