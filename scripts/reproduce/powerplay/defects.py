"""Why POWERplay's numbers differ from ours where they do: when it stops, what it maximises over, what it loses."""

from __future__ import annotations

import numpy as np

import mdppower as mp
from mdppower.multiagent import JointMDP
from scripts.bench import powerplay
from scripts.reproduce.powerplay import published
from scripts.reproduce.powerplay.comparing import Run, average, room, world
from scripts.reproduce.report import Report

SHARE = 2048
"""The loop is slow: it solves one draw of so many that others may have, but no fewer than `FEWEST`."""
FEWEST = 4


def threshold(report: Report, run: Run) -> None:
    report.section("Why numbers differ: the rule of when to stop")
    mdp = world("maze")
    count = max(FEWEST, run // SHARE)
    rewards = np.random.default_rng(0).random((count, mdp.n_states))
    report.paragraph(
        "POWERplay iterates values until none changes by more than 10⁻⁴ of itself in a sweep. That is no bound on "
        "the error: what is still to come is up to γ/(1 − γ) times as much. Its loop (in single precision, as it "
        f"is), and ours with a certificate, in the maze on the same {count} draws:"
    )
    table: list[tuple[object, ...]] = [("γ", "mean bias of POWER", "reported of three worlds", "spread over cells")]
    found = {}
    for gamma, (low, high) in published.LOOP_BIAS.items():
        solve = powerplay(mdp, gamma)
        exact = mp.optimal_values(mdp, rewards, gamma)
        off = (np.array([solve(row) for row in rewards]) - exact.normalised) / gamma
        by_cell = off.mean(axis=0)
        found[gamma] = float(by_cell.mean())
        table.append((gamma, f"{found[gamma]:.5f}", f"{low:.5f} … {high:.5f}", f"{np.ptp(by_cell):.5f}"))
    report.table(table)
    for gamma, (low, high) in published.LOOP_BIAS.items():
        slack = 0.2 * abs(low) + 1e-5
        report.check(
            f"γ = {gamma}: too low, by as much as reported to a fifth", low - slack <= found[gamma] <= high + slack,
            f"{found[gamma]:.2g}",
        )  # fmt: skip
    report.paragraph(
        "At γ ≤ .6 it is less than the noise of every published run; at γ = .99, about forty standard errors. It is "
        "nearly the same in every cell, so that maps and ranks survive, and values do not."
    )


def phantom(report: Report, run: Run) -> None:
    report.section("Why numbers differ: phantom actions")
    figure = mp.envs.figure_1()
    law = {"default": "uniform", "empty": "uniform(-1,1)"}
    exact = mp.power(figure, 0.5, rewards=law, method="exact").of("empty").exact
    count = max(64, run // 64)
    rewards = np.random.default_rng(0).random((count, figure.n_states))
    empty = figure.index("empty")
    rewards[:, empty] = 2 * rewards[:, empty] - 1
    solve = powerplay(figure, 0.5)
    # (1−γ)/γ (V − R), of the loop: in the state ∅, which is never left.
    loop = np.array([(solve(row)[empty] - 0.5 * row[empty]) / 0.5 for row in rewards])
    error = float(loop.std(ddof=1) / np.sqrt(count))
    report.paragraph(
        "POWERplay's maximum is over the labels of all actions; one that a state lacks is a row of zeros, worth 0. "
        "Where all that can be done is worth less, the agent does what it cannot do. In its own test, the paper's "
        "figure 1 with U(−1, 1) for ∅ (which is never left) and U(0, 1) for the rest, POWER(∅) is E[R(∅)] = 0; the "
        "loop has E[max(R(∅), 0)] = 1/4."
    )
    rows = {
        "exact": exact, f"POWERplay's loop, {count:,} draws": f"{loop.mean():.4f} ± {error:.4f}",
        "POWERplay's test, as it says": published.PHANTOM, "the same draws, solved": published.PHANTOM_TRUE,
    }  # fmt: skip
    report.table([("POWER(∅)", "value"), *rows.items()])
    report.check("exactly 0", exact == 0, exact)
    report.check(
        "the loop's is 1/4, in standard errors",
        abs(loop.mean() - 0.25) < 4.5 * error + 1e-3,
        (loop.mean() - 0.25) / error,
    )
    report.paragraph("None of the posts' settings has negative rewards: their numbers are not touched by it.")


def lost(report: Report, run: Run) -> None:
    report.section("Why numbers differ: lost mass")
    joint = JointMDP.from_worlds(room(3), overlap="remove-leak")
    kept = _kept(joint)
    report.paragraph(
        "Where agents may not meet, POWERplay deletes the joint actions that would collide, and their probability "
        "with them: what is lost is an end without reward. So an agent loses value wherever the other is near, and "
        "its numbers mix power with how often both would collide. Against a uniform A:"
    )
    worst = float(kept.min())
    share = float((kept < 1 - 1e-12).mean())
    maze = JointMDP.from_worlds(world("maze"), overlap="remove-leak")
    near = _states_that_lose(maze)
    report.table([
        ("", "found", "reported"),
        ("3 × 3: share of H's rows that lose mass", f"{share:.4f}", published.LEAK_ROWS),
        ("3 × 3: least mass left", f"{worst:.4f}", f"{published.LEAK_LEAST:.3f}"),
        ("3 × 3: mean mass of all rows", f"{kept.mean():.4f}", published.LEAK_MEAN),
        ("maze: joint states, of which lose some", (maze.n_states, near), published.LEAK_MAZE),
    ])  # fmt: skip
    report.check(
        "rows, least and mean as reported",
        abs(share - published.LEAK_ROWS) < 0.005 and abs(worst - published.LEAK_LEAST) < 1e-9
        and abs(kept.mean() - published.LEAK_MEAN) < 0.0005, (share, worst, float(kept.mean())),
    )  # fmt: skip
    report.check(
        "states of the maze as reported", (maze.n_states, near) == published.LEAK_MAZE, (maze.n_states, near)
    )
    leak, rescaled = (
        mp.multiagent.joint_power(
            room(3), gamma=published.JOINT_RATE, overlap=rule, samples=max(256, run // 16), rng=0
        )
        for rule in ("remove-leak", "remove")
    )
    mean, error = average((leak.human_baseline - rescaled.human_baseline).data.means[:, 0])
    report.check(
        f"what it takes from H against the seed, at γ = {published.JOINT_RATE} on average over joint states; and its "
        "standard error", mean < -4 * error, (mean, error),
    )  # fmt: skip


def _kept(joint: JointMDP) -> np.ndarray:
    """What each row of H's keeps of its mass, A being uniform; the state for what is lost is the last."""
    alone = joint.one_agent("human")
    real = np.asarray(alone.pair_states) < joint.n_states
    return 1 - alone.kernel[:, [alone.n_states - 1]].toarray().ravel()[real]


def _states_that_lose(joint: JointMDP) -> int:
    alone = joint.one_agent("human")
    at = np.asarray(alone.pair_states)
    return len(set(at[at < joint.n_states][_kept(joint) < 1 - 1e-12].tolist()))
