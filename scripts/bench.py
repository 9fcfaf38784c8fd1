"""Time per reward draw, as ratios to peers in one run.

    python scripts/bench.py            the table (about two minutes; needs the extra: pip install -e ".[bench]")
    python scripts/bench.py --quick    fewer draws, one γ

Everything in `power()` is counted (sampling, solving, statistics), kernels compiled beforehand, 2 threads.
QuantEcon solves by ``DiscreteDP(...).solve("policy_iteration")`` in its sparse state-action-pair form, and
`scipy.optimize.linprog` (HiGHS) the primal linear program; both get the first draws of the same run, and must
agree with it.
"""

from __future__ import annotations

import argparse
import statistics
import time
from collections.abc import Callable

import numpy as np
from quantecon.markov import DiscreteDP
from scipy import sparse
from scipy.optimize import linprog

import mdppower as mp

WORKERS = 2


def median_seconds(work: Callable[[], object], repeats: int) -> float:
    work()
    times = []
    for _ in range(repeats):
        start = time.perf_counter()
        work()
        times.append(time.perf_counter() - start)
    return statistics.median(times)


def quantecon(mdp: mp.RewardlessMDP, rewards: np.ndarray, gamma: float) -> np.ndarray:
    kernel = sparse.csr_matrix(mdp.kernel)
    states, actions = np.array(mdp.pair_states), np.array(mdp.action_codes)
    return np.array(
        [
            (1 - gamma) * DiscreteDP(r[mdp.pair_states], kernel, gamma, states, actions).solve("policy_iteration").v
            for r in rewards
        ]
    )


def linear_programs(mdp: mp.RewardlessMDP, rewards: np.ndarray, gamma: float) -> np.ndarray:
    """V ≥ R + γ T_a V for all actions, ΣV least: as a user would write it, in V units."""
    owner = sparse.csr_array(
        (np.ones(mdp.n_pairs), (np.arange(mdp.n_pairs), mdp.pair_states)), shape=mdp.kernel.shape
    )
    constraints, cost = gamma * mdp.kernel - owner, np.ones(mdp.n_states)
    return np.array(
        [(1 - gamma) * linprog(cost, constraints, -r[mdp.pair_states], bounds=(None, None)).x for r in rewards]
    )


def row(name: str, law: str, gamma: float, draws: int, peers: int, programs: int, repeats: int) -> None:
    mdp = mp.envs.make(name)
    ours = median_seconds(lambda: mp.power(mdp, gamma, law, samples=draws, rng=0, workers=WORKERS), repeats) / draws
    estimate = mp.power(mdp, gamma, law, samples=draws, rng=0, workers=WORKERS)
    rewards = np.array([estimate.draw(i).rewards for i in range(peers)])
    exact = mp.optimal_values(mdp, rewards, gamma).normalised

    def by_lp() -> np.ndarray:
        return linear_programs(mdp, rewards[:programs], gamma)

    for peer in (quantecon(mdp, rewards, gamma), by_lp()):
        difference = np.abs(peer - exact[: len(peer)]).max()
        if not difference < 1e-7:
            raise SystemExit(f"{name}, {law}, γ = {gamma}: a peer differs by {difference:.1e}")
    theirs = median_seconds(lambda: quantecon(mdp, rewards, gamma), repeats) / peers
    lp = median_seconds(by_lp, repeats) / programs
    print(
        f"{name:<12} {mdp.n_states:>5} {law:<10} {gamma:<6g} {ours * 1e3:>9.4f}"
        f" {theirs * 1e3:>11.3f} {lp * 1e3:>10.2f}"
        f" {theirs / ours:>10.0f}× {lp / ours:>8.0f}×   {estimate.gap.max():.0e}",
        flush=True,
    )


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--quick", action="store_true", help="fewer draws, γ = 0.99 and uniform rewards only")
    quick = parser.parse_args().quick
    print(f"ms per draw, medians; power() with {WORKERS} threads\n")
    print(
        f"{'map':<12} {'S':>5} {'rewards':<10} {'γ':<6} {'mdppower':>9} {'QuantEcon':>11} {'linprog':>10}"
        f" {'÷QuantEcon':>11} {'÷linprog':>9}   gap"
    )
    draws, peers, programs, repeats = (1024, 10, 5, 3) if quick else (4096, 50, 20, 5)
    for name in ("open(20,20)", "maze", "four-rooms"):
        for law in ("uniform",) if quick else ("uniform", "norm(0,1)"):
            for gamma in (0.99,) if quick else (0.9, 0.99):
                row(name, law, gamma, draws, peers, programs, repeats)


if __name__ == "__main__":
    main()
