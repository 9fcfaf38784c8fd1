"""Gymnasium out: a rewardless MDP with one reward function, as a `gymnasium.Env`.

``gym.make("mdppower:mdppower/Tabular-v0", mdp=mdp)`` and ``gym.make("mdppower:mdppower/GridWorld-v0", map="maze")``
make these. They keep the conventions of the whole package, which an agent may not expect:

* A step from s earns R(s), the reward of the state that is *left*: R(s) is earned for being in s at time t, t = 0
  included, and the discounted return of an episode from s is V(s) of V = R + γ T V.
* Episodes do not end; an absorbing state goes on earning R(s) for ever. ``gym.make(..., max_episode_steps=n)``
  truncates them. With ``terminate=True`` the step that enters an absorbing state ends the episode, so that *the
  reward of that state is not earned*: it is meant for rewards that lie before the exits, such as −1 a step.
* Actions are numbered as in ``mdp.action_names``. A state need not have them all: ``info["action_mask"]`` says which
  it has. Asked for another, number a, it does the (a mod K)-th of the K that it has: nothing new can be done that
  way, so that optimal values are those of the MDP, with the mask or without.
"""

from __future__ import annotations

import operator
import os
from collections.abc import Mapping, Sequence
from functools import cached_property
from typing import Any, TypeAlias

import gymnasium
import numpy as np

from mdppower._checks import choice
from mdppower._typing import AnyArray, FloatArray, Label
from mdppower.envs.catalog import make
from mdppower.envs.picture import background, map_lines, moves, some, table_grid, with_agent
from mdppower.errors import LabelError, ParameterError, RewardError
from mdppower.mdp.canonical import as_probability, coarsest_eps, eps_of, numbers
from mdppower.mdp.layout import grid_of, is_drawing
from mdppower.mdp.model import RewardlessMDP
from mdppower.mdp.validation import row_tolerance
from mdppower.rewards.distribution import resolve
from mdppower.rewards.joint_laws import Fixed

Table: TypeAlias = "dict[int, dict[int, list[tuple[float, int, float, bool]]]]"


class TabularEnv(gymnasium.Env[int, int]):
    """Any MDP as an environment; rewards, termination and missing actions as told at the top of this module.

    Parameters
    ----------
    mdp : RewardlessMDP or str
        A str is a name or path that `mdppower.envs.make` takes; only then is the spec JSON (and if no mapping
        below has tuples as keys: marks and "default" are strings).
    rewards : (S,) numbers, mapping, number or Fixed, optional
        The reward of each state; a mapping is from state, mark or "default" to number. Default: 0.
    start : label, mark, mapping or (S,) list or array of probabilities, optional
        Where episodes begin: in that state; in any that carries the mark; or as a mapping from these to
        probabilities says. A list that is a state's label as a tuple, which JSON has not, or is not S long, is
        read as that. Default: anywhere.
    terminate : bool
        Whether entering an absorbing state ends the episode.
    render_mode : {"ansi", "rgb_array"}, optional

    Attributes
    ----------
    mdp : RewardlessMDP
    rewards, initial_state_distrib : (S,) arrays
    state_labels, action_labels, layout, marks
        Those of the MDP, so that `mdppower.from_gymnasium` gives back the MDP.

    Raises
    ------
    LabelError
        There is no such state, mark or environment.
    RewardError
        Rewards of the wrong length, or random ones.
    ParameterError
        `start` is no distribution; `terminate` or `render_mode` is something else.

    Examples
    --------
    >>> import mdppower as mp
    >>> env = TabularEnv("fork(2)", rewards={"t1": 1, "default": 0}, start="root")
    >>> env.reset(seed=0)
    (0, {'prob': 1.0, 'action_mask': array([1, 1], dtype=int8)})
    >>> env.step(0)
    (1, 0.0, False, False, {'prob': 1.0, 'action_mask': array([1, 0], dtype=int8)})
    >>> env.step(1)[:4]
    (1, 1.0, False, False)
    """

    metadata: dict[str, Any] = {"render_modes": ["ansi", "rgb_array"], "render_fps": 4}  # noqa: RUF012
    observation_space: gymnasium.spaces.Discrete[Any]
    action_space: gymnasium.spaces.Discrete[Any]

    def __init__(
        self,
        mdp: RewardlessMDP | str | os.PathLike[str],
        rewards: Any = None,
        start: Any = None,
        terminate: bool = False,
        render_mode: str | None = None,
    ) -> None:
        if not isinstance(mdp, RewardlessMDP | str | os.PathLike):
            raise ParameterError(f"mdp must be a RewardlessMDP or a name, got {type(mdp).__name__}")
        if not isinstance(terminate, bool | np.bool_):
            raise ParameterError(f"terminate must be True or False, got {terminate!r}")
        if render_mode is not None:
            choice(render_mode, "render_mode", self.metadata["render_modes"])
        self.mdp = mdp if isinstance(mdp, RewardlessMDP) else make(mdp)
        self.rewards = _reward_vector(rewards, self.mdp)
        self.initial_state_distrib = _start_distribution(start, self.mdp)
        self.terminate, self.render_mode = bool(terminate), render_mode
        self.action_labels, self.layout, self.marks = self.mdp.action_names, self.mdp.layout, self.mdp.marks
        self.observation_space = gymnasium.spaces.Discrete(self.mdp.n_states)
        self.action_space = gymnasium.spaces.Discrete(len(self.mdp.action_names))
        self._start_sums = np.cumsum(self.initial_state_distrib)
        self._ends = np.zeros(self.mdp.n_states, bool)
        self._ends[self.mdp.absorbing_states] = self.terminate
        self._state: int | None = None

    @property
    def state_labels(self) -> tuple[Label, ...]:
        """The label of each observation."""
        return self.mdp.states

    @cached_property
    def P(self) -> Table:
        """``{s: {a: [(probability, next state, R(s), terminated), …]}}``; the actions that s has, and no others."""
        kernel, reward, ends = self.mdp.kernel, self.rewards.tolist(), self._ends.tolist()
        first, target, prob = kernel.indptr.tolist(), kernel.indices.tolist(), kernel.data.tolist()
        table: Table = {s: {} for s in range(self.mdp.n_states)}
        pairs = zip(self.mdp.pair_states.tolist(), self.mdp.action_codes.tolist(), strict=True)
        for p, (s, a) in enumerate(pairs):
            table[s][a] = [(prob[k], target[k], reward[s], ends[target[k]]) for k in range(first[p], first[p + 1])]
        return table

    def reset(self, *, seed: int | None = None, options: dict[str, Any] | None = None) -> tuple[int, dict[str, Any]]:
        """Begin an episode.

        Parameters
        ----------
        seed : int, optional
        options : dict, optional
            ``{"start": …}`` begins this episode elsewhere; all that `start` of the constructor can be.

        Returns
        -------
        observation : int
        info : dict
            "prob" of that start, and "action_mask".

        Raises
        ------
        ParameterError
            There is no such option.
        """
        super().reset(seed=seed)
        unknown = set(options or {}) - {"start"}
        if unknown:
            raise ParameterError(f"reset takes the option 'start', got {', '.join(map(repr, sorted(unknown)))}")
        distribution, sums = self.initial_state_distrib, self._start_sums
        if options:
            distribution = _start_distribution(options["start"], self.mdp)
            sums = np.cumsum(distribution)
        self._state = _drawn(sums, self.np_random)
        return self._state, self._info(self._state, distribution.item(self._state))

    def step(self, action: int) -> tuple[int, float, bool, bool, dict[str, Any]]:
        """Do an action: earn the reward of the state that is left, and move.

        Parameters
        ----------
        action : int

        Returns
        -------
        observation : int
        reward : float
        terminated, truncated : bool
        info : dict
            "prob" of that transition, and "action_mask" of the new state.

        Raises
        ------
        ParameterError
            The action is not in the action space.
        gymnasium.error.ResetNeeded
            There was no `reset` yet.
        """
        state, kernel = self._here(), self.mdp.kernel
        pair = self._pair(state, action)
        k, stop = kernel.indptr[pair : pair + 2].tolist()
        if stop - k > 1:  # a certain transition draws no number
            k += _drawn(kernel.data[k:stop].cumsum(), self.np_random)
        self._state = after = int(kernel.indices.item(k))
        terminated: bool = self._ends.item(after)
        return after, self.rewards.item(state), terminated, False, self._info(after, kernel.data.item(k))

    def render(self) -> Any:
        """The map or the state as text, or as an (height, width, 3) uint8 picture; see `render_mode`."""
        if self.render_mode is None:
            gymnasium.logger.warn("render() shows nothing without a render_mode, such as render_mode='ansi'")
            return None
        state = self._here()
        if self.render_mode == "rgb_array":
            return with_agent(*self._picture, state)
        grid = None if is_drawing(self.mdp) else grid_of(self.mdp)
        line = f"state {self.mdp.states[state]}, reward {self.rewards[state]:.6g}, actions"
        if grid is None:
            return f"{line}: {moves(self.mdp, state)}"
        return "\n".join(
            [*map_lines(self.mdp, grid, state), f"{line}: {some(self.mdp.actions(self.mdp.states[state]))}"]
        )

    @cached_property
    def _picture(self) -> tuple[AnyArray, AnyArray]:
        grid = None if is_drawing(self.mdp) else grid_of(self.mdp)
        grid = table_grid(self.mdp.n_states) if grid is None else grid
        return background(grid, self.rewards, self.mdp.absorbing_states), grid

    def _here(self) -> int:
        if self._state is None:
            raise gymnasium.error.ResetNeeded("call reset() first: no episode has begun")
        return self._state

    def _info(self, state: int, prob: float) -> dict[str, Any]:
        first, stop = self.mdp.pointer[state : state + 2].tolist()
        mask = np.zeros(len(self.action_labels), np.int8)
        mask[self.mdp.action_codes[first:stop]] = 1
        return {"prob": prob, "action_mask": mask}

    def _pair(self, state: int, action: Any) -> int:
        """The pair that an action means, or stands for where the state does not have it."""
        try:
            a = operator.index(action)
        except TypeError:
            a = -1
        if not 0 <= a < len(self.action_labels):
            raise ParameterError(f"an action is an int from 0 to {len(self.action_labels) - 1}, got {action!r}")
        first, stop = self.mdp.pointer[state : state + 2].tolist()
        codes = self.mdp.action_codes[first:stop].tolist()
        return int(first + (codes.index(a) if a in codes else a % len(codes)))


def _reward_vector(given: Any, mdp: RewardlessMDP) -> FloatArray:
    listed = isinstance(given, Sequence | np.ndarray) and not isinstance(given, str)
    law = resolve(0.0 if given is None else Fixed(given) if listed else given, mdp)
    random = np.flatnonzero(~law.is_constant)
    if len(random):
        state = mdp.states[random[0]]
        raise RewardError(f"an environment has one reward function; {law.name} rewards are random in state {state!r}")
    return np.array(law.mean)


def _start_distribution(start: Any, mdp: RewardlessMDP) -> FloatArray:
    """(S,) probabilities that sum to 1."""
    n, eps = mdp.n_states, 0.0
    if isinstance(start, list) and (len(start) != n or tuple(start) in mdp):
        start = tuple(start)
    try:
        if start is None:
            chances = np.full(n, 1 / n)
        elif isinstance(start, list | np.ndarray):
            chances, eps = numbers(start, "start"), eps_of(start)
        else:
            chances = np.zeros(n)
            shares = start if isinstance(start, Mapping) else {start: 1.0}
            eps = coarsest_eps(shares.values())
            for name, share in shares.items():
                where, chance = _states_named(name, mdp), as_probability(share)
                if chance is None:
                    raise TypeError
                chances[where] += chance / len(where)
    except (TypeError, ValueError):
        raise ParameterError(f"start must be a state, a mark or probabilities, got {start!r}") from None
    if chances.shape != (n,) or not (chances >= 0).all() or not abs(chances.sum() - 1) <= row_tolerance(n, eps):
        raise ParameterError(f"start must have {n} probabilities that sum to 1, got {start!r}")
    return np.asarray(chances / chances.sum())


def _states_named(name: Any, mdp: RewardlessMDP) -> list[int]:
    try:
        return [mdp.index(name)]
    except LabelError:
        if isinstance(name, str) and mdp.marks.get(name):
            return list(mdp.marks[name])
        raise


def _drawn(sums: AnyArray, rng: np.random.Generator) -> int:
    """An index, from cumulative probabilities; scaled by their end, which rounding may leave beside 1."""
    return int(sums.searchsorted(rng.random() * sums.item(-1), side="right"))
