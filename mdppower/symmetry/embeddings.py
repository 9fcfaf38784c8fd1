"""A part of one MDP inside another: a copy of its visit distributions, without listing any.

Let required transitions (x, p) be given, and an involution φ such that φ(s') = s and for each of them some action of
φ(x) has the transition row φ·T_p. A closed policy from s' that uses required transitions only has then a twin from s,
whose visit distribution is φ·f^π. So with

* all transitions that can be reached from s':      φ·F(s') ⊆ F(s), and so φ·F_nd(s') ⊆ F(s);
* those that the policies of F_nd(s') use:          φ·F_nd(s') ⊆ F(s).

In a deterministic MDP this is also necessary: f tells the path of its policy, state by state, and φ·f is in F(s) only
if the mapped path is one. Elsewhere it is a sufficient condition: two chains can visit alike and not be alike.

To check a given φ takes one look at each transition. To find one, start from φ(s') = s and propagate: a required
transition at x with φ(x) = y must go to the row of an action of y, which fixes the images of its successors, up to
the order of equal probabilities. Transitions with one possibility are done at once; where all have several, the one
with the fewest is tried. In gridworlds the mirror images, half turns and transpositions of the layout are tried
first: they need no search, on maps of any size.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from fractions import Fraction
from typing import TypeAlias

from mdppower.mdp.actions import distinct_choices
from mdppower.mdp.model import RewardlessMDP
from mdppower.mdp.rational import rational_rows
from mdppower.symmetry.involutions import Meter

Rows: TypeAlias = "Sequence[dict[int, Fraction]]"
Required: TypeAlias = "Mapping[int, Sequence[int]]"
"""The pairs that matter of each state; a state without any need not be there."""

LOOKS = 50_000
"""After so many looks at possible images the next state is chosen among those seen so far."""


@dataclass(frozen=True, eq=False)
class Embedding:
    """What is to be embedded where.

    Attributes
    ----------
    rows : transition row of each pair of the part
    required : mapping from state to its pairs that matter
        Closed: successors of required pairs that have pairs themselves are in it.
    start : int
        s'.
    targets : transition row of each pair of the whole
    choices : pairs of each state of the whole, one of each class of equivalent ones
    goal : int
        s, the image of s'.
    """

    rows: Rows
    required: Required
    start: int
    targets: Rows
    choices: Sequence[Sequence[int]]
    goal: int

    def check(self, image: Mapping[int, int]) -> bool:
        """Whether an involution takes each required transition to an action's row; states not named stay."""
        if image.get(self.start, self.start) != self.goal:
            return False
        for x, pairs in self.required.items():
            rows = [self.targets[q] for q in self.choices[image.get(x, x)]]
            for p in pairs:
                if {image.get(t, t): chance for t, chance in self.rows[p].items()} not in rows:
                    return False
        return True


def embedding(
    part: RewardlessMDP, start: int, whole: RewardlessMDP, goal: int, required: Required | None = None
) -> Embedding:
    """The embedding of what can be reached from one state into an MDP over the same states.

    Parameters
    ----------
    part, whole : RewardlessMDP
        Over the same states; an MDP and itself, or parts of it (`mdppower.mdp.actions.restricted`).
    start, goal : int
        s' and s.
    required : mapping from state to pairs, optional
        Default: everything that can be reached from `start`.

    Returns
    -------
    Embedding

    Examples
    --------
    >>> import mdppower as mp
    >>> mdp = mp.envs.figure_1()
    >>> task = embedding(mdp, mdp.index("l_tri"), mdp, mdp.index("r_tri"))
    >>> swaps = {"l_tri": "r_tri", "l_sw": "r_ne", "l_nw": "r_se"}
    >>> task.check({mdp.index(a): mdp.index(b) for s, t in swaps.items() for a, b in ((s, t), (t, s))})
    True
    """
    if required is None:
        required = reachable_pairs(part, start)
    return Embedding(rational_rows(part), required, start, rational_rows(whole), distinct_choices(whole), goal)


def reachable_pairs(mdp: RewardlessMDP, start: int) -> dict[int, list[int]]:
    """The pairs of each state that can be reached from one, one of each class of equivalent ones."""
    rows, choices = rational_rows(mdp), distinct_choices(mdp)
    found: dict[int, list[int]] = {}
    waiting = [start]
    while waiting:
        s = waiting.pop()
        if s not in found:
            found[s] = choices[s]
            waiting += [t for p in choices[s] for t in rows[p]]
    return found


# ---------------------------------------------------------------------- the layout's own involutions


def layout_images(mdp: RewardlessMDP, task: Embedding) -> Iterator[tuple[str, dict[int, int]]]:
    """The involutions of the plane that take s' to s, keep cells on cells, and pass the check.

    Mirror images up-down and left-right, half turns, and transpositions along both diagonals: each is fixed by one
    point and its image.

    Yields
    ------
    name : str
        "half turn of the map" where it is one of all cells, and not only of the states that matter.
    image : dict
        Of the states that matter, both ways.
    """
    if mdp.layout is None:
        return
    cells = {(float(r), float(c)): s for s, (r, c) in enumerate(mdp.layout.tolist())}
    if len(cells) < mdp.n_states:
        return
    places = mdp.layout.tolist()
    (r0, c0), (r1, c1) = places[task.start], places[task.goal]
    ways: dict[str, Callable[[float, float], tuple[float, float]]] = {
        "mirror image up-down": lambda r, c: (r0 + r1 - r, c),
        "mirror image left-right": lambda r, c: (r, c0 + c1 - c),
        "half turn": lambda r, c: (r0 + r1 - r, c0 + c1 - c),
        "mirror image in a falling diagonal": lambda r, c: (c + r1 - c0, r - r1 + c0),
        "mirror image in a rising diagonal": lambda r, c: (r1 + c0 - c, r1 + c0 - r),
    }
    states = {task.start, *task.required} | {t for ps in task.required.values() for p in ps for t in task.rows[p]}
    for name, move in ways.items():
        image: dict[int, int] = {}
        for s in states:
            t = cells.get(move(*places[s]))
            if t is None or image.get(t, s) != s:  # no cell; or rounding
                break
            image[s], image[t] = t, s
        else:
            if task.check(image):
                # φ leaves the other states where they are: is it the mirror image, or half turn, of them all?
                whole = all(cells.get(move(*place)) == image.get(s, s) for s, place in enumerate(places))
                swaps = sum(s != t for s, t in image.items()) // 2
                part = f"{name} of the states that matter" if swaps > 1 else "a swap of two states"
                yield f"{name} of the map" if whole else part, image


# ---------------------------------------------------------------------- the search


_Pair: TypeAlias = "tuple[int, int]"
"""A mapped state, and a required pair of it."""
_Swap: TypeAlias = "tuple[int, int]"
"""Two states that become each other's image."""
_Open: TypeAlias = "dict[_Pair, list[_Swap]]"
"""Required pairs that are not at an action's row yet; of each, one state without an image and those it may have."""


def find_embeddings(task: Embedding, meter: Meter) -> Iterator[dict[int, int]]:
    """Involutions that pass the check, as the images of the states that matter; all of them, if followed to the end.

    Parameters
    ----------
    task : Embedding
    meter : Meter
        Each branch is spent; the search ends where it is.

    Yields
    ------
    dict
        {state: image}, both ways.

    Examples
    --------
    Two ends can be swapped in one way only.

    >>> import mdppower as mp
    >>> from mdppower.symmetry import Budget
    >>> fork = mp.envs.fork(2)
    >>> list(find_embeddings(embedding(fork, 1, fork, 2), Meter(Budget())))
    [{1: 2, 2: 1}]
    """
    touching: dict[int, list[_Pair]] = {}
    for x, pairs in task.required.items():
        for p in pairs:
            for t in task.rows[p]:
                touching.setdefault(t, []).append((x, p))
    # Nodes are made when they are looked at: a parent's images and open pairs, and what is added to them.
    stack: list[tuple[dict[int, int], _Open, _Swap]] = [({}, {}, (task.start, task.goal))]
    while stack:
        if not meter.spend():
            return
        node = _propagated(task, touching, *stack.pop())
        if node is not None:
            image, waiting, ways = node
            if not waiting:
                yield image
            stack += [(image, waiting, swap) for swap in reversed(ways)]


def _propagated(
    task: Embedding, touching: Mapping[int, list[_Pair]], image: dict[int, int], waiting: _Open, swap: _Swap
) -> tuple[dict[int, int], _Open, list[_Swap]] | None:
    """Add a swap and follow what it forces; None at a contradiction.

    Returns the images, the pairs that are open, and the ways to go on with the one that has the fewest.
    """
    image, waiting = dict(image), dict(waiting)
    fresh: set[_Pair] = set()

    def add(swap: _Swap) -> bool:
        extended = _extended(task, image, swap)
        if extended is None:
            return False
        for x in extended:
            mine = [(x, p) for p in task.required.get(x, ())]
            waiting.update((pair, []) for pair in mine)
            fresh.update(mine, touching.get(x, ()))
        return True

    if not add(swap):
        return None
    while True:
        while fresh:
            pair = fresh.pop()
            if pair not in waiting:
                continue
            ways = _ways(task, image, pair)
            if ways is None:
                del waiting[pair]
            elif len(ways) == 1:
                if not add(ways[0]):  # it touches the pair, which is looked at again
                    return None
            elif ways:
                waiting[pair] = ways
            else:
                return None
        # What is open may have been narrowed by images that do not touch it.
        best: list[_Swap] = []
        looks = 0
        for pair in sorted(waiting, key=lambda pair: (len(waiting[pair]), pair)):
            ways = [(t, u) for t, u in waiting[pair] if u not in image]
            if not best or len(ways) < len(best):
                best = ways
            looks += len(waiting[pair])
            if len(best) < 2 or looks > LOOKS:
                break
        if len(best) != 1:
            return None if waiting and not best else (image, waiting, best)
        if not add(best[0]):
            return None


def _extended(task: Embedding, image: dict[int, int], swap: _Swap) -> set[int] | None:
    """Make two states without images each other's; both, or None if one asks for more than the other has."""
    for a, b in (swap, swap[::-1]):
        if len(task.required.get(a, ())) > len(task.choices[b]):
            return None  # different rows go to different rows
        image[a] = b
    return set(swap)


def _ways(task: Embedding, image: Mapping[int, int], pair: _Pair) -> list[_Swap] | None:
    """A state of a required row that has no image, with those it may have; None if the row is an action's by now.

    Of several such states it is one of those whose probability has the fewest places. All orders of k equal
    probabilities would be k! ways.
    """
    x, p = pair
    row = task.rows[p]
    free: dict[Fraction, list[int]] = {}
    for t, chance in row.items():
        if t not in image:
            free.setdefault(chance, []).append(t)
    places: dict[Fraction, dict[int, None]] = {chance: {} for chance in free}
    for q in task.choices[image[x]]:
        left = _left(row, free, task.targets[q], image)
        if left is not None:
            if not free:
                return None
            for u, chance in left:
                places[chance][u] = None
    if not free:
        return []
    chance = min(free, key=lambda c: len(places[c]))
    return [(free[chance][0], u) for u in places[chance]]


def _left(
    row: dict[int, Fraction],
    free: Mapping[Fraction, list[int]],
    target: dict[int, Fraction],
    image: Mapping[int, int],
) -> list[tuple[int, Fraction]] | None:
    """The entries of an action's row that are left for the states without an image; None if the rows differ."""
    if len(row) != len(target):
        return None
    taken = set()
    for t, chance in row.items():
        u = image.get(t)
        if u is not None:
            if target.get(u) != chance:
                return None
            taken.add(u)
    left = [(u, chance) for u, chance in target.items() if u not in taken]
    count = {chance: len(states) for chance, states in free.items()}
    for u, chance in left:
        count[chance] = count.get(chance, 0) - 1
        if count[chance] < 0 or u in image:  # the image of some other state
            return None
    return left
