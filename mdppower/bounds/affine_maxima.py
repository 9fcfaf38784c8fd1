r"""Two listed sets of affine functions over a cube: how their maxima differ. All by small linear programs.

In standardised coordinates z (see `mdppower.bounds.independent_coordinates`) an option is h(z) = max_k α_k + ⟨a_k,
z⟩. A bounded coordinate runs over [−1, 1].

- max over the cube of h_A − h_B: for each a, max α + ⟨a, z⟩ − u with u ≥ every function of B.
- D_i, the most that Δ = h_A − h_B changes when coordinate i alone does: for each a and b', max of
  (α + ⟨a, z⟩ − u) + (β' + ⟨b', z'⟩ − v), u ≥ B at z, v ≥ A at z', where z and z' differ in coordinate i only.
- A pair (a, b) is *realisable* if a leads A and b leads B on an open set of z: where all z can be, a + b is then a
  vertex of the Minkowski sum A + B. With a scale x_0, so that unbounded coordinates need no large numbers: max t with
  every lead at (x_0, z) ≥ t and |z_i| ≤ x_0 for bounded i. Leads that cannot exceed 1e-9, each as a share of how far
  the two functions are apart, count as none. ∇Δ = a − b almost everywhere, for a realisable pair.

Functions that differ by rounding stay apart: nothing is merged that is not the same to the bit, and a vector that is
in both sets has one function. Where two of them are nearly the same, a pair may lead in a slab as thin as they are
near, too thin for a program to see, and Δ is as small: then every pair counts as realisable, but for contradictory
ones. Greatest values are bounds from above, whatever a program's tolerance: with λ ≥ 0 the
duals of u ≥ β_k + ⟨b_k, z⟩, made to sum to 1, α + ⟨a, z⟩ − u ≤ Σ λ_k (α − β_k) + |Σ λ_k (a − b_k)|₁.

Programs that differ in their cost only are solved as one, side by side.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from scipy import optimize, sparse

from mdppower._typing import AnyArray, BoolArray, FloatArray
from mdppower.bounds.independent_coordinates import Coordinates
from mdppower.errors import SolverError
from mdppower.solvers import linprog

EPS = float(np.finfo(np.float64).eps)
NOISE = 1e-9
"""The largest lead that counts as none."""
NEAR = 1e-6
"""Functions of size 1 that differ by no more are nearly the same."""
PROBES = 256
TOGETHER = 64
"""How many pairs are asked about in one linear program."""
PROGRAMS = 1024
"""How many pairs are asked about before an upper bound is taken instead."""


@dataclass(frozen=True, eq=False)
class Pieces:
    """Affine functions α + ⟨a, z⟩ of standardised coordinates; each row is (α, a)."""

    table: FloatArray
    bounded: BoolArray
    """(d,) which coordinates are confined to [−1, 1]."""
    rounding: float = 0.0
    """What a value of a function on the cube may be off, as the table is made in floats."""

    def __len__(self) -> int:
        return len(self.table)


def pieces(rows_A: FloatArray, rows_B: FloatArray, given: Coordinates) -> tuple[Pieces, Pieces]:
    """The functions ⟨row, R⟩ of the coordinates that vary, for both sets, each without repeats."""
    # Products of matrices need not give equal rows the same bits: each is made once.
    rows, which = np.unique(np.vstack([rows_A, rows_B]) + 0.0, axis=0, return_inverse=True)
    slopes, vary = given.slopes(rows), given.varying
    alpha = rows @ given.offset + slopes @ given.centre
    table = np.column_stack([alpha, slopes[:, vary] * given.scale[vary]]) + 0.0
    bounded = np.isfinite(given.low[vary]) & np.isfinite(given.high[vary])
    sizes = np.abs(rows) if given.matrix is None else np.abs(rows) @ np.abs(given.matrix)
    terms = np.abs(rows) @ np.abs(given.offset) + sizes @ (np.abs(given.centre) + np.where(vary, given.scale, 0.0))
    rounding = (len(given.offset) + len(vary) + 4) * EPS * float(terms.max())
    sets = np.split(table[which.ravel()], [len(rows_A)])
    first, second = (
        Pieces(np.array(list(dict.fromkeys(map(tuple, one.tolist())))), bounded, rounding) for one in sets
    )
    return first, second


def greatest_difference(A: Pieces, B: Pieces) -> float:
    """Max of h_A − h_B, all coordinates being bounded.

    Examples
    --------
    One of two against the other alone, both in [−1, 1].

    >>> cube = np.array([True, True])
    >>> one, both = (Pieces(np.array(t, float), cube) for t in ([[0, 1, 0]], [[0, 1, 0], [0, 0, 1]]))
    >>> round(greatest_difference(both, one), 12), greatest_difference(one, both)
    (2.0, 0.0)
    """
    size = max(_size(A), _size(B))
    a, b = A.table / size, B.table / size
    # Variables (z, u): u ≥ β + ⟨b, z⟩.
    above = np.column_stack([b[:, 1:], -np.ones(len(b))])
    gains = np.column_stack([a[:, 1:], -np.ones(len(a))])
    found = size * float((a[:, 0] + _side_by_side(gains, above, -b[:, 0], 1)).max())
    return min(found, 0.0) if within(A, B) else found + _rounding(A, B, size)


def largest_changes(A: Pieces, B: Pieces) -> FloatArray:
    """(d,) D_i, all coordinates being bounded.

    Examples
    --------
    The largest of two against a constant −1: each can change the difference by 2.

    >>> cube = np.array([True, True])
    >>> both, low = (Pieces(np.array(t, float), cube) for t in ([[0, 1, 0], [0, 0, 1]], [[-1, 0, 0]]))
    >>> largest_changes(both, low).round(12)
    array([2., 2.])
    """
    size = max(_size(A), _size(B))
    a, b = A.table / size, B.table / size
    d = len(A.bounded)
    changes = np.zeros(d)
    left, right = (index.ravel() for index in np.meshgrid(np.arange(len(a)), np.arange(len(b)), indexing="ij"))
    for i in range(d):
        # Variables (z, z'_i, u, v).
        a_other, b_other = _moved(a, i), _moved(b, i)
        upper = np.vstack([
            np.column_stack([b[:, 1:], np.zeros(len(b)), -np.ones(len(b)), np.zeros(len(b))]),
            np.column_stack([a_other, np.zeros(len(a)), -np.ones(len(a))]),
        ])  # fmt: skip
        gains = np.column_stack([np.pad(a[left, 1:], ((0, 0), (0, 1))) + b_other[right], -np.ones((len(left), 2))])
        most = _side_by_side(gains, upper, -np.r_[b[:, 0], a[:, 0]], 2)
        changes[i] = size * float((a[left, 0] + b[right, 0] + most).max()) + 2 * _rounding(A, B, size)
    return changes


def realisable(A: Pieces, B: Pieces) -> BoolArray:
    """(K_A, K_B) which pairs are realisable.

    Examples
    --------
    A set and itself: only a vector with itself.

    >>> two = Pieces(np.array([[0.0, 1, 0], [0, 0, 1]]), np.array([True, True]))
    >>> realisable(two, two)
    array([[ True, False],
           [False,  True]])
    """
    if _nearly_the_same(A, B):
        return ~_contradictory(A, B)
    found = _seen(A, B)
    open_pairs = np.argwhere(~found & ~_contradictory(A, B))
    for chunk in np.array_split(open_pairs, 1 + len(open_pairs) // TOGETHER):
        found[chunk[:, 0], chunk[:, 1]] = _ask(A, B, chunk)
    return found


def largest_realisable(values: FloatArray, A: Pieces, B: Pieces) -> tuple[float, bool]:
    """The largest of (K_A, K_B) values over realisable pairs, or a bound of it if that takes too many programs.

    Returns
    -------
    value : float
    exact : bool
    """
    if _nearly_the_same(A, B):
        return float(values[~_contradictory(A, B)].max()), False
    known = _seen(A, B)
    best = float(values[known].max(initial=0.0))
    none = not known.any()
    open_pairs = np.argwhere((values > best * (1 + 1e-12)) & ~_contradictory(A, B))
    order = np.argsort(-values[open_pairs[:, 0], open_pairs[:, 1]], kind="stable")
    open_pairs = open_pairs[order]
    for k in range(0, min(len(open_pairs), PROGRAMS), TOGETHER):
        chunk = open_pairs[k : k + TOGETHER]
        yes = _ask(A, B, chunk)
        if yes.any():
            i, j = chunk[int(yes.argmax())]  # in falling order of the values
            return float(values[i, j]), True
    if len(open_pairs) > PROGRAMS:
        i, j = open_pairs[PROGRAMS]
        return float(values[i, j]), False
    # That no pair at all is seen can only be rounding.
    return (float(values.max()), False) if none else (best, True)


def squared_distance(point: FloatArray, rows: FloatArray) -> float:
    """Squared Euclidean distance of a point from the convex hull of rows.

    With M the rows minus the point, min over λ ≥ 0 of |λM|² + (1 − Σλ)² is reached at a multiple of the nearest
    combination: for each Σλ the first term is a multiple of the squared distance.

    Examples
    --------
    >>> round(squared_distance(np.array([1.0, 0, 0]), np.array([[0, 1.0, 0], [0, 0, 1]])), 12)
    1.5
    """
    gaps = rows - point
    size = float(np.abs(gaps).max(initial=0.0))
    if size == 0:
        return 0.0
    system = np.vstack([gaps.T / size, np.ones(len(rows))])
    weights, _ = optimize.nnls(system, np.r_[np.zeros(len(point)), 1.0])
    nearest = weights @ gaps / weights.sum()
    return float(nearest @ nearest)


# ---------------------------------------------------------------------- linear programs


def _size(one: Pieces) -> float:
    """A number that no function of the set exceeds on the cube, with room."""
    return 2 * float(np.abs(one.table).sum(axis=1).max()) or 1.0


def _rounding(A: Pieces, B: Pieces, size: float) -> float:
    """What sums of functions of this size, made in floats, may be off."""
    return A.rounding + B.rounding + 8 * (len(A.bounded) + 2) * EPS * size


def _side_by_side(gains: FloatArray, upper: FloatArray, right: FloatArray, tops: int) -> FloatArray:
    """(N,) upper bounds of max ⟨gain, (z, u)⟩ over z in the cube, under upper @ (z, u) ≤ right; one program.

    The last `tops` variables are the u, of gain −1; each constraint has a −1 at one of them.
    """
    count = len(gains)
    rows = sparse.csr_array(sparse.kron(sparse.eye_array(count), upper))
    found = linprog.solve(-gains.ravel(), upper=rows, upper_rhs=np.tile(right, count), bounds=(-1, 1))
    duals = np.maximum(-found.upper_duals.reshape(count, len(right)), 0.0)
    for k in range(upper.shape[1] - tops, upper.shape[1]):
        mine = upper[:, k] < 0
        total = duals[:, mine].sum(axis=1, keepdims=True)
        duals[:, mine] = np.where(total > 0, duals[:, mine] / np.where(total > 0, total, 1.0), 1 / mine.sum())
    rest = np.abs((gains - duals @ upper)[:, :-tops]).sum(axis=1)
    return np.asarray(duals @ right + rest)


def _moved(table: FloatArray, i: int) -> FloatArray:
    """(K, d + 1) slopes of functions of z' in (z, z'_i)."""
    slopes = np.pad(table[:, 1:], ((0, 0), (0, 1)))
    slopes[:, -1], slopes[:, i] = slopes[:, i].copy(), 0.0
    return slopes


def within(A: Pieces, B: Pieces) -> bool:
    """Whether each function of A is one of B's."""
    return set(map(tuple, A.table.tolist())) <= set(map(tuple, B.table.tolist()))


def _nearly_the_same(A: Pieces, B: Pieces) -> bool:
    """Whether two functions, of one set or of both, differ by little, but not by nothing."""
    both = np.vstack([A.table, B.table])
    size = max(_size(A), _size(B))
    for k, row in enumerate(both[:-1]):
        apart = np.abs(both[k + 1 :] - row).max(axis=1)
        if ((apart > 0) & (apart <= NEAR * size)).any():
            return True
    return False


def _contradictory(A: Pieces, B: Pieces) -> BoolArray:
    """(K_A, K_B) pairs of different functions that are in both sets: each would have to lead the other."""
    same = (A.table[:, None, :] == B.table[None, :, :]).all(axis=2)
    return np.asarray(same.any(axis=1)[:, None] & same.any(axis=0)[None, :] & ~same)


def _seen(A: Pieces, B: Pieces) -> BoolArray:
    """(K_A, K_B) pairs that lead at one of some points: most realisable pairs need no program."""
    rng = np.random.default_rng(0)
    d = len(A.bounded)
    z = np.where(A.bounded, rng.uniform(-1, 1, (PROBES, d)), rng.standard_normal((PROBES, d)))
    found = np.zeros((len(A), len(B)), dtype=bool)
    leaders, clear = [], np.ones(PROBES, dtype=bool)
    for one in (A, B):
        worths = one.table[:, 0] + z @ one.table[:, 1:].T
        leaders.append(worths.argmax(axis=1))
        if len(one) > 1:
            first, second = -np.partition(-worths, 1, axis=1)[:, :2].T
            clear &= first - second > NOISE * _size(one)
    found[leaders[0][clear], leaders[1][clear]] = True
    return found


def _ask(A: Pieces, B: Pieces, pairs: AnyArray) -> BoolArray:
    """Which of these pairs (i, j) may be realisable, by one linear program."""
    if not len(pairs):
        return np.zeros(0, dtype=bool)
    d = len(A.bounded)
    walls = np.eye(d)[A.bounded]
    ones = np.ones((len(walls), 1))
    # Variables (x_0, z, t): |z_i| ≤ x_0, and t ≤ each lead.
    box = np.vstack([np.column_stack([-ones, walls, 0 * ones]), np.column_stack([-ones, -walls, 0 * ones])])
    blocks = []
    for i, j in pairs:
        leads = np.vstack([A.table[i] - np.delete(A.table, i, axis=0), B.table[j] - np.delete(B.table, j, axis=0)])
        leads /= np.abs(leads).max(axis=1, keepdims=True)
        # x_0 > 0: what is reached only in the limit is no point.
        leads = np.vstack([leads, np.eye(1, d + 1)])
        blocks.append(np.vstack([np.column_stack([-leads, np.ones(len(leads))]), box]))
    rows = sparse.csr_array(sparse.block_diag(blocks))
    cost = np.tile(np.r_[np.zeros(d + 1), -1.0], len(pairs))
    try:
        x = linprog.solve(cost, upper=rows, upper_rhs=np.zeros(rows.shape[0]), bounds=(-1, 1)).x
    except SolverError:
        return np.ones(len(pairs), dtype=bool)  # more pairs make a larger ν²: still a bound
    return np.asarray(x.reshape(len(pairs), d + 2)[:, -1] > NOISE)
