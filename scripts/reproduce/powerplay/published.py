"""Numbers that POWERplay published, and those of an independent exact solver for what was shown as pictures alone.

The posts' settings are POWERplay's ``configs/replication`` (gladstoneai/POWERplay, commit 331f1e8). Numbers of its
own are from there, too: the samples of part 1, figure 1; what stands on the pictures of part 2. For the rest there is
a solver in double precision, written apart from mdppower from POWERplay's own definitions.
"""

from __future__ import annotations

from dataclasses import dataclass

Cell = tuple[int, int]


@dataclass(frozen=True)
class Joint:
    """A run of two agents: averages over joint states, and the correlation over them.

    Attributes
    ----------
    correlation : float
    human, ai : float or None
        Average POWER.
    baseline : float or None
        H's, against the seed.
    draws : int
    stderr : float or None
        Of the correlation; None: not said.
    """

    correlation: float
    human: float | None
    ai: float | None
    baseline: float | None = None
    draws: int = 20_000
    stderr: float | None = None


# ---------------------------------------------------------------------- part 1: one agent

THREE_BY_THREE_DRAWS = 50_000
THREE_BY_THREE: dict[Cell, tuple[float, float]] = {
    (0, 0): (0.80481, 0.00060), (0, 1): (0.83523, 0.00054), (0, 2): (0.80501, 0.00060),
    (1, 0): (0.83547, 0.00054), (1, 1): (0.86181, 0.00048), (1, 2): (0.83613, 0.00054),
    (2, 0): (0.80651, 0.00059), (2, 1): (0.83663, 0.00054), (2, 2): (0.80559, 0.00060),
}  # fmt: skip
"""Figure 1, γ = .6: mean and standard error of its 50,000 samples, by cell."""

MAZE_DRAWS = 20_000
MAZE_SHORT: dict[int, tuple[float, float]] = {4: (0.800, 0.802), 3: (0.748, 0.753), 2: (0.667, 0.669)}
"""Figure 2, γ = .01: least and greatest number on its map, by how many actions a cell has."""

MAZE_CELLS: dict[float, dict[Cell, float]] = {
    0.5: {(3, 3): 0.826, (2, 3): 0.826, (0, 6): 0.705, (6, 6): 0.723},
    0.9: {(2, 3): 0.8985, (3, 3): 0.8984, (0, 6): 0.8265, (6, 6): 0.8465},
    0.99: {(2, 3): 0.9569, (3, 3): 0.9567, (4, 3): 0.9553, (0, 6): 0.9420, (6, 6): 0.9446},
}
"""The independent solver, 10,000 draws: the cells of most and of least POWER."""
MAZE_CELL_DRAWS = 10_000
MAZE_MEAN = 0.9511
"""The same at γ = .99, over all cells."""

FACE_DRAWS = 10_000
FACE: dict[float, tuple[float, float]] = {0.1: (0.844, 0.749), 0.99: (0.976, 0.9525)}
"""Figures 5 and 6: greatest and least POWER, by the independent solver; POWERplay's own have its threshold bias."""
FACE_MOST: tuple[Cell, ...] = ((8, 9), (8, 10), (14, 15), (14, 16))
"""About where it is greatest at γ = .99."""

NOISE_RATE = 0.5
NOISE: dict[float, float] = {0.0: 0.828, 0.15: 0.779, 0.3: 0.734, 0.45: 0.681, 0.6: 0.632, 1.0: 0.499}
"""A 4 × 4 room at γ = .5: mean POWER by the level of noise, from POWERplay; how many draws is not known."""

# ---------------------------------------------------------------------- part 2: two agents, 3 × 3

JOINT_RATE = 0.6
JOINT: dict[float, Joint] = {
    0.00: Joint(-0.509, 0.666, 0.820), 0.05: Joint(-0.385, 0.684, 0.826), 0.10: Joint(-0.247, 0.702, 0.832),
    0.15: Joint(-0.116, 0.718, 0.838), 0.20: Joint(0.019, 0.734, 0.844), 0.25: Joint(0.156, 0.749, 0.849),
    0.30: Joint(0.281, 0.763, 0.854), 0.35: Joint(0.391, 0.777, 0.859), 0.40: Joint(0.505, 0.790, 0.864),
    0.45: Joint(0.597, 0.803, 0.869), 0.50: Joint(0.672, 0.814, 0.873), 0.60: Joint(0.802, 0.837, 0.882),
    0.70: Joint(0.893, 0.858, 0.890), 0.80: Joint(0.952, 0.877, 0.897), 0.90: Joint(0.987, 0.894, 0.904),
    1.00: Joint(1.000, 0.9105, 0.9105),
}  # fmt: skip
"""By ρ."""
JOINT_BASELINE = 0.665
"""H against the seed, at every ρ."""
AI_BASELINE: dict[float, float] = {0.0: 0.500, 1.0: 0.665}
"""A by the seed."""
SIGN_CHANGE = 0.19

AI_BY_CELL: dict[str, float] = {"corner": 0.802, "edge": 0.829, "centre": 0.852}
"""ρ = 0: POWER_A by A's cell."""
HUMAN_WORST, HUMAN_BEST = 0.645, (0.693, 0.696)
"""ρ = 0: POWER_H with H in a corner and A in the centre, and the other way round."""
SHARED_LEAST, SHARED_MOST = (0.896, 0.898), 0.931
"""ρ = 1: both in corners; both in the centre."""

# ---------------------------------------------------------------------- part 3: two agents, 7 × 7 maze, ρ = 0

MAZE_JOINT: dict[float, dict[str, Joint]] = {
    0.1: {
        "allow": Joint(-0.543, 0.645, 0.757, 0.645, 10_000, 0.005),
        "remove-leak": Joint(-0.449, 0.642, 0.755, 0.635, 10_000, 0.005),
        "bump": Joint(-0.542, None, None, None, 10_000, 0.005),
        "remove": Joint(-0.616, None, None, None, 10_000, 0.004),
    },
    0.99: {
        "allow": Joint(-0.436, 0.742, 0.962, 0.728, 40_000, 0.036),
        "remove-leak": Joint(-0.464, 0.725, 0.962, 0.713, 20_000, 0.018),
        "bump": Joint(-0.470, None, None, None, 10_000, 0.025),
        "remove": Joint(-0.634, None, None, None, 10_000, 0.033),
    },
}
"""The independent solver: raw correlations at γ = .1, corrected for noise at γ = .99."""
MAZE_APART: dict[float, tuple[float, float | None]] = {0.1: (-0.565, None), 0.99: (-0.460, 0.034)}
"""Overlap allowed, over the states of the other rules alone: correlation and its standard error."""

# ---------------------------------------------------------------------- defects

LOOP_BIAS: dict[float, tuple[float, float]] = {
    0.5: (-0.00005, -0.00003),
    0.9: (-0.0007, -0.0004),
    0.99: (-0.0088, -0.0077),
}
"""What POWERplay's rule of when to stop takes off POWER, in the maze and the two others: from … to."""
PHANTOM, PHANTOM_TRUE = 0.235, -0.016
"""POWER of ∅ in its own test, ∅ ~ U(−1, 1): as it says, and as it is on the same draws."""
LEAK_ROWS, LEAK_LEAST, LEAK_MEAN = 0.35, 2 / 3, 0.906
"""3 × 3 without overlap, A uniform: share of H's rows that lose mass; the least mass left, and the mean."""
LEAK_MAZE = (930, 148)
"""The maze without overlap: joint states, and those from which a collision could come."""
