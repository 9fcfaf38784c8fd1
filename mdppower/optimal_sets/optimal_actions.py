"""Which state-action pairs are optimal, for many reward functions at one discount rate.

An action is optimal at s if some optimal policy takes it. In deterministic MDPs all is decided exactly, for any
number of states (`deterministic_ties`). In stochastic ones floats decide what they can prove. What
they leave open is decided in fractions in MDPs of up to 24 states (`optimal_actions_exact`), and in
others on the states that the question concerns, up to 2,000 of them (`stochastic_ties`).

0 < γ < 1  A solver gives v with |v − v*| ≤ g. The lead of the best pair of a state over pair p, max_b T_b·v − T_p·v,
           is then known to 2g, to what v may move where γ and T are read as fractions, and to the rounding of two
           dot products: beyond that p is not optimal.
γ = 0      The limit γ → 0 of optimal policy sets (Turner et al., arXiv 1912.01683, Def. 4.1): level by level
           (`taylor`).
H steps    The first action of them: backward induction, in integers where floats leave ties open (`horizon_ties`).
γ = 1      The limit γ → 1, Blackwell optimality (`blackwell`); not average optimality, which ignores
           all that is earned on the way.

Equivalent actions (the same transition row, Def. 6.7) tie for certain. They are one candidate; if only that is left,
it is optimal, and all its members tie.
"""

from __future__ import annotations

import weakref
from typing import TypeAlias

import numpy as np
import numpy.typing as npt

from mdppower._horizon import Horizon
from mdppower._stop import stop_if_told
from mdppower._typing import AnyArray, BoolArray, FloatArray
from mdppower.errors import SizeError
from mdppower.mdp.actions import as_read, equivalent_pairs
from mdppower.mdp.model import RewardlessMDP
from mdppower.mdp.pair_states import after_transitions
from mdppower.optimal_sets.fraction_rows import reading_off
from mdppower.optimal_sets.optimal_actions_exact import exact_sets
from mdppower.optimal_sets.taylor import greatest, products, taylor_pairs
from mdppower.solvers.optimal_action_sets import OptimalActions
from mdppower.solvers.optimal_values import solve_rows

Codes: TypeAlias = "npt.NDArray[np.int8]"

NOT, STRICT, TIED, OPEN = 0, 1, 2, 3
"""Not optimal; the only optimal action of its state; one of several; may or may not be optimal."""

SMALL = 24
"""Most states of a stochastic MDP for which what floats leave open is decided in rational arithmetic."""
MOST_EXACT = 256
"""Most distinct reward functions decided so in one call."""
MOST_BLACKWELL = 2000
"""Most states of a stochastic MDP at γ = 1: each policy needs the inverse of an S × S matrix."""

BLOCK = 2**21
"""Most pairs × draws looked at together."""
UNIT = float(np.finfo(np.float64).eps) / 2
_KNOWN: weakref.WeakKeyDictionary[RewardlessMDP, dict[tuple[float, bytes], Codes]] = weakref.WeakKeyDictionary()
_MOST_KNOWN = 4096


def optimal_pairs(mdp: RewardlessMDP, rewards: FloatArray, gamma: float, method: str, on: str = "states") -> Codes:
    """Which pairs are optimal.

    Parameters
    ----------
    mdp : RewardlessMDP
    rewards : (n, S) array, or (n, P) with ``on="pairs"``
        Finite.
    gamma : float
        In [0, 1]; the ends are the limits of optimal policy sets. Or a `Horizon`: which are optimal first of H steps.
    method : {"deterministic", "stochastic", "lp", "lp-occupancy"}
        The solver, as `mdppower.solvers.optimal_values.pick` names it.
    on : {"states", "pairs"}
        What earns the rewards. Of pairs floats decide at 0 < γ < 1; what they leave open, and the limits, are
        decided in the MDP that has a state for each transition (`mdppower.mdp.pair_states.after_transitions`).

    Returns
    -------
    (n, P) int8 array
        NOT = 0; STRICT = 1, the only optimal action of its state; TIED = 2, one of several optimal ones; OPEN = 3,
        not decided, which happens in stochastic MDPs only. Where floats leave something open rewards count as the
        rationals that floats are, γ and the transition probabilities as the simplest fractions that theirs stand for.

    Raises
    ------
    SolverError
        A draw could not be certified; the error has its number.
    SizeError
        γ = 1, and a stochastic MDP of more than 2,000 states.

    Examples
    --------
    Two doors with the same prize tie; a better one is the only optimal one.

    >>> import mdppower as mp
    >>> optimal_pairs(mp.envs.fork(2), np.array([[0.0, 5.0, 5.0], [0.0, 5.0, 6.0]]), 0.9, "deterministic")
    array([[2, 2, 1, 1],
           [0, 1, 1, 1]], dtype=int8)
    """
    require_size(mdp, gamma, on)
    mdp = as_read(mdp)
    if on == "pairs":
        return _of_pair_rewards(mdp, rewards, gamma, method)
    first = equivalent_pairs(mdp)
    if isinstance(gamma, Horizon):
        from mdppower.optimal_sets.horizon_ties import horizon_pairs

        candidates, proved = horizon_pairs(mdp, rewards, gamma)
        return classify(mdp, first, candidates, proved)
    if mdp.is_deterministic:
        # Imported here: Numba alone takes half a second.
        from mdppower.optimal_sets.deterministic_ties import optimal_deterministic_pairs

        optimal = optimal_deterministic_pairs(mdp, rewards, gamma, method)
        return classify(mdp, first, optimal, np.ones(rewards.shape, bool))
    pairs = None
    if gamma == 0:
        candidates, open_states = taylor_pairs(mdp, rewards, first)
        codes = classify(mdp, first, candidates, ~open_states)
    elif gamma == 1:
        from mdppower.optimal_sets.blackwell import blackwell_pairs

        candidates, open_states, pairs = blackwell_pairs(mdp, rewards, first, method)
        codes = classify(mdp, first, candidates, ~open_states)
    else:
        v, pairs, gap, _ = solve_rows(mdp, rewards, gamma, method)
        entries = np.diff(mdp.kernel.indptr)
        rounding = (2 * int(entries.max()) + 4) * UNIT * np.abs(v).max(axis=1, initial=0)
        score = products(mdp, v)
        lead = greatest(mdp, score) - score
        allowed = 2 * (gap + reading_off(mdp, gamma) * np.ptp(rewards, axis=1)) + rounding
        codes = classify(mdp, first, ~(lead > allowed[:, None]), np.zeros(rewards.shape, bool))
    if mdp.n_states <= SMALL:
        _resolve(mdp, rewards, gamma, codes, pairs)
    _settle(mdp, rewards, gamma, first, codes, pairs)
    return codes


def _of_pair_rewards(mdp: RewardlessMDP, rewards: FloatArray, gamma: float, method: str) -> Codes:
    after = after_transitions(mdp)
    codes = np.full((len(rewards), mdp.n_pairs), OPEN, np.int8)
    if 0 < gamma < 1:
        v, _, gap, _ = solve_rows(mdp, rewards, gamma, method, on="pairs")
        score = (1 - gamma) * rewards + gamma * products(mdp, v)
        lead = greatest(mdp, score) - score
        entries = int(np.diff(mdp.kernel.indptr).max())
        size = np.maximum(np.abs(v).max(axis=1, initial=0), np.abs(rewards).max(axis=1, initial=0))
        allowed = 2 * (gap + reading_off(mdp, gamma) * np.ptp(rewards, axis=1)) + (2 * entries + 16) * UNIT * size
        every, none = np.arange(mdp.n_pairs), np.zeros(v.shape, bool)
        codes = classify(mdp, every, ~(lead > allowed[:, None]), none)
    left = np.flatnonzero((codes == OPEN).any(axis=1))
    step = max(1, BLOCK // after.mdp.n_pairs)
    for begin in range(0, len(left), step):
        stop_if_told()
        rows = left[begin : begin + step]
        own = after.rewards(rewards[rows], mdp.n_states)
        codes[rows] = optimal_pairs(after.mdp, own, gamma, method)[:, : mdp.n_pairs]
    return codes


def require_size(mdp: RewardlessMDP, gamma: float, on: str = "states") -> None:
    """Raise SizeError at γ = 1 for a stochastic MDP too large for it."""
    if gamma != 1 or mdp.is_deterministic:
        return
    if on == "pairs" and mdp.n_states + mdp.kernel.nnz > MOST_BLACKWELL:
        raise SizeError(
            "Blackwell optimality (gamma = 1) of rewards on pairs takes a state for each transition of a stochastic "
            f"MDP: at most {MOST_BLACKWELL:,} states and transitions, not {mdp.n_states + mdp.kernel.nnz:,}; a gamma "
            "just below 1 has no such limit"
        )
    if mdp.n_states > MOST_BLACKWELL:
        raise SizeError(
            f"Blackwell optimality (gamma = 1) inverts an S × S matrix for each policy of a stochastic MDP: at most "
            f"{MOST_BLACKWELL:,} states, not {mdp.n_states:,}; a gamma just below 1 has no such limit"
        )


def classify(mdp: RewardlessMDP, first: AnyArray, candidates: BoolArray, proved: BoolArray) -> Codes:
    """Codes of pairs from what may be optimal.

    Parameters
    ----------
    mdp : RewardlessMDP
    first : (P,) array
        Of `equivalent_pairs`.
    candidates : (n, P) boolean array
        The pairs that may be optimal; equivalent ones alike.
    proved : (n, S) boolean array
        Where several candidates that are not equivalent tie for certain.

    Returns
    -------
    (n, P) int8 array
    """
    one_of_class = first == np.arange(mdp.n_pairs)
    several = np.bincount(first, minlength=mdp.n_pairs)[first] > 1
    classes = np.add.reduceat((candidates & one_of_class).astype(np.int32), mdp.pointer[:-1], axis=1)
    alone = np.where(several, TIED, STRICT)
    among = np.where(proved, TIED, OPEN)[:, mdp.pair_states]
    code = np.where((classes == 1)[:, mdp.pair_states], alone, among)
    return np.asarray(np.where(candidates, code, NOT), dtype=np.int8)


def _settle(
    mdp: RewardlessMDP, rewards: FloatArray, gamma: float, first: AnyArray, codes: Codes, pairs: AnyArray | None
) -> None:
    """Decide what is open, in place, by residues and long numbers."""
    from mdppower.optimal_sets.stochastic_ties import settle

    one_of_class = first == np.arange(mdp.n_pairs)
    for i in np.flatnonzero((codes == OPEN).any(axis=1)).tolist():
        stop_if_told()
        unsure = np.logical_or.reduceat(codes[i] == OPEN, mdp.pointer[:-1])
        candidates = codes[i] != NOT
        policy = mdp.pointer[:-1] if pairs is None else pairs[i]
        optimal, unsure = settle(mdp, rewards[i], gamma, candidates & one_of_class, unsure, first[policy])
        codes[i] = classify(mdp, first, candidates[None] & optimal[first][None], ~unsure[None])[0]


def _resolve(mdp: RewardlessMDP, rewards: FloatArray, gamma: float, codes: Codes, pairs: AnyArray | None) -> None:
    """Decide what is open, in place, in rational arithmetic."""
    known = _KNOWN.setdefault(mdp, {})
    here: dict[tuple[float, bytes], Codes] = {}
    for i in np.flatnonzero((codes == OPEN).any(axis=1)):
        stop_if_told()
        key = (gamma, rewards[i].tobytes())
        if key not in here:
            if len(here) == MOST_EXACT:  # whatever earlier calls have left in memory
                continue
            found = known.get(key)
            if found is None:
                if len(known) >= _MOST_KNOWN:
                    known.clear()
                found = known[key] = _exact(mdp, rewards[i], gamma, None if pairs is None else pairs[i])
            here[key] = found
        codes[i] = here[key]


def _exact(mdp: RewardlessMDP, reward: FloatArray, gamma: float, start: AnyArray | None) -> Codes:
    codes = np.zeros(mdp.n_pairs, np.int8)
    for best in exact_sets(mdp, reward, gamma, start):
        codes[best] = STRICT if len(best) == 1 else TIED
    return codes


def find_optimal_actions(
    mdp: RewardlessMDP, rewards: FloatArray, gamma: float, method: str, on: str = "states"
) -> OptimalActions:
    """All optimal actions; see `mdppower.solvers.solution.Solution.optimal_actions`."""
    step = max(1, BLOCK // mdp.n_pairs)
    found = [
        optimal_pairs(mdp, rewards[k : k + step], gamma, method, on) for k in range(0, max(len(rewards), 1), step)
    ]
    return OptimalActions(np.concatenate(found), gamma, mdp, on)
