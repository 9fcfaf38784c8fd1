"""Arrays and mappings for the constructors of an MDP: dense, sparse, masked, of other types and axes."""

from __future__ import annotations

import random
from pathlib import Path
from typing import Any

import numpy as np
from scipy import sparse

import mdppower as mp
from scripts.fuzz.hostile import FLOATS, Numbered, thing
from scripts.fuzz.judge import Case, shown

LABELS: list[Any] = ["a", "b", "c", "", "é", "a\nb", "<b>", "=1+1", "\x1b[2J", "\ud800", 0, 1, 2, -1, 2**70, (0, 1),
    (0, ("a", 2)),
                     "x" * 300, "->a", "stay", "0"]  # fmt: skip
ODD_LABELS: list[Any] = [1.0, True, None, float("nan"), b"a", frozenset("a"), np.int64(1), np.str_("a"),
    Numbered.ONE, (1.0,), (), [1], {}, 10**5000]  # fmt: skip
TYPES = ["f4", "f2", "f8", "O", "c16", "i8", "?", "U8", "S8", ">f8", "M8[s]", "g", "i1", "V8"]


def make(rng: random.Random, folder: Path) -> Case:
    """A case of that randomness."""
    return rng.choice([dense_case, dense_case, pairs_case, successors_case])(rng)


def kernel(rng: random.Random, rows: int, states: int) -> Any:
    """(rows, states) array whose rows sum to 1, most of them with few successors."""
    found = np.zeros((rows, states))
    for row in found:
        width = min(states, rng.choice([1, 1, 1, 2, 2, 3, 8]))
        where = rng.sample(range(states), width)
        shares = [rng.choice([1, 1, 2, 3, 1e-3, 1e-12]) for _ in where]
        row[where] = np.array(shares) / sum(shares)
    return found


def labels(rng: random.Random, n: int) -> Any:
    """Labels of n states or actions; now and then odd, or too few of them."""
    found: list[Any] = rng.sample(LABELS, n) if rng.random() < 0.5 else [rng.choice([str, int])(k) for k in range(n)]
    if rng.random() < 0.3:
        found[rng.randrange(n)] = rng.choice([rng.choice(ODD_LABELS), rng.choice(ODD_LABELS), thing(rng), found[0]])
    if rng.random() < 0.15:
        return rng.choice([found[:-1], found * 2, set("abc"), "abc", dict.fromkeys("abc"), iter(found), thing(rng),
            np.eye(n),
                           np.arange(2 * n).reshape(n, 2), np.array(["a", "b", "c"]), np.arange(n),
                               tuple(found)])  # fmt: skip
    return found


def bent(values: Any, rng: random.Random) -> Any:
    """An array that is something else: in one place, in its type, in its shape, in what holds it."""
    values = np.array(values)
    for _ in range(rng.randint(1, 2)):
        change = rng.randrange(9)
        try:
            if change < 3 and values.size and values.dtype.kind in "fi":
                at = tuple(rng.randrange(n) for n in values.shape)
                values = values.astype(object) if rng.random() < 0.2 else values.astype(float)
                values[at] = (
                    thing(rng) if values.dtype == object else rng.choice([*FLOATS, 0.1, 1 + 1e-10, 1e-12, 1.0])
                )
            elif change == 3:
                values = values.astype(rng.choice(TYPES))
            elif change == 4 and values.ndim > 1:
                values = np.moveaxis(values, rng.randrange(values.ndim), rng.randrange(values.ndim))
            elif change == 5:
                values = rng.choice([values[..., :-1], values[None], values[..., None], values[:0], values.ravel(),
                    values * 2,
                                     values[::-1], np.broadcast_to(values, (2, *values.shape))])  # fmt: skip
            elif change == 6:
                values = np.ma.masked_array(
                    values, mask=np.random.default_rng(rng.randrange(9)).random(values.shape) < 0.2
                )
            elif change == 7:
                values = np.asfortranarray(values)
        except (TypeError, ValueError, OverflowError, RuntimeError):  # RuntimeError: of dates
            continue
    return values.tolist() if rng.random() < 0.2 else values


def dense_case(rng: random.Random) -> Case:
    """`from_arrays`."""
    n, k = rng.randint(1, 5), rng.randint(1, 4)
    given: dict[str, Any] = {}
    T: Any = kernel(rng, n * k, n).reshape(n, k, n)
    if rng.random() < 0.3:
        given["feasible"] = np.array(rng.choices([True, True, False], k=n * k)).reshape(n, k)
        given["feasible"][:, 0] = True
    if rng.random() < 0.2:
        T, given["axes"] = T.swapaxes(0, 1), "asn"
    if rng.random() < 0.4:
        given["states"] = labels(rng, n)
    if rng.random() < 0.3:
        given["actions"] = labels(rng, k)
    if rng.random() < 0.2:
        given["layout"] = np.random.default_rng(rng.randrange(99)).normal(size=(n, 2))
    if rng.random() < 0.1:
        T = T.astype(rng.choice(["f4", "f2"]))
    if rng.random() < 0.5:
        name = rng.choice(["T", "T", *given])
        if name == "T":
            T = bent(T, rng)
        else:
            given[name] = bent(given[name], rng) if isinstance(given[name], np.ndarray) else thing(rng)
    if rng.random() < 0.02:
        T = thing(rng)
    return Case(shown("from_arrays", T, **given), lambda: mp.RewardlessMDP.from_arrays(T, **given))


FORMATS = ["csr", "csc", "coo", "lil", "dok", "bsr", "dia"]


def pairs_case(rng: random.Random) -> Case:
    """`from_pairs`."""
    n = rng.randint(1, 5)
    owner: Any = list(range(n)) + [rng.randrange(n) for _ in range(rng.randint(0, 6))]
    rows: Any = kernel(rng, len(owner), n)
    given: dict[str, Any] = {}
    if rng.random() < 0.5:
        rows = sparse.csr_array(rows).asformat(rng.choice(FORMATS))
        if rng.random() < 0.3:
            rows = rng.choice([sparse.csr_matrix, sparse.coo_matrix, sparse.csc_matrix])(rows)
        if rng.random() < 0.2 and rows.format == "csr":
            _damage(rows, rng)
    elif rng.random() < 0.4:
        rows = bent(rows, rng)
    if rng.random() < 0.3:
        given["states"] = labels(rng, n)
    if rng.random() < 0.3:
        names = labels(rng, 3)
        given |= {"actions": names, "action_codes": [rng.randrange(3) for _ in owner]}
        if rng.random() < 0.6:
            given["action_codes"] = [owner[:k].count(s) for k, s in enumerate(owner)]
    if rng.random() < 0.2:
        given["marks"] = {"a": [0], "b": list(range(n))}
    if rng.random() < 0.2:
        given["layout"] = [[k, 0] for k in range(n)]
    if rng.random() < 0.1:
        given["origin"] = {"source": "x"}
    if rng.random() < 0.3:
        name = rng.choice(["owner", *given])
        if name == "owner":
            owner = bent(owner, rng) if rng.random() < 0.6 else thing(rng)
        elif name == "marks":
            given[name] = {rng.choice(["a", thing_key(rng)]): rng.choice([[n], [-1], [0, 0], [0.5], "a", thing(rng)])}
        else:
            given[name] = bent(given[name], rng) if name in ("layout", "action_codes") else thing(rng)
    return Case(shown("from_pairs", owner, rows, **given), lambda: mp.RewardlessMDP.from_pairs(owner, rows, **given))


def _damage(rows: Any, rng: random.Random) -> None:
    """A sparse array that says of itself what is not so."""
    part = getattr(rows, rng.choice(["data", "indices", "indptr"]))
    if len(part):
        part[rng.randrange(len(part))] = rng.choice([-1, 2**31 - 1, 10**6, 0, 1])


def thing_key(rng: random.Random) -> Any:
    """Any value that can be a key."""
    value = thing(rng)
    try:
        hash(value)
    except TypeError:
        return repr(value)[:20]
    return value


def successors_of(rng: random.Random) -> dict[Any, Any]:
    """``{state: {action: successor or {successor: probability}}}``."""
    n = rng.randint(1, 5)
    names = rng.sample(LABELS, n) if rng.random() < 0.5 else list("abcde")[:n]
    found: dict[Any, Any] = {}
    for name in names:
        found[name] = {}
        for action in rng.sample(["go", "stay", 0, 1, ("x", 1), ""], rng.randint(1, 3)):
            row = kernel(rng, 1, n)[0]
            spread = {names[k]: float(row[k]) for k in np.flatnonzero(row)}
            found[name][action] = next(iter(spread)) if len(spread) == 1 and rng.random() < 0.8 else spread
    return found


def successors_case(rng: random.Random) -> Case:
    """`from_successors`."""
    found: Any = successors_of(rng)
    given: dict[str, Any] = {}
    if rng.random() < 0.2:
        given["layout"] = {s: (k, 0) for k, s in enumerate(found)}
        if rng.random() < 0.4:
            given["layout"] = rng.choice([{}, {"a": thing(rng)}, thing(rng), {s: thing(rng) for s in found}])
    if rng.random() < 0.4:
        state = rng.choice(list(found))
        action = rng.choice(list(found[state]))
        change = rng.randrange(7)
        if change == 0:
            found[state] = thing(rng)
        elif change == 1:
            found[state][action] = thing(rng)
        elif change == 2:
            found[state][action] = {state: thing(rng)}
        elif change == 3:
            found[state][thing_key(rng)] = state
        elif change == 4:
            found[thing_key(rng)] = {"go": rng.choice([state, thing(rng)])}
        elif change == 5:
            found[state][action] = {thing_key(rng): rng.choice([1.0, 0.5])}
        else:
            found = rng.choice([thing(rng), list(found.items()), {}])
    return Case(shown("from_successors", found, **given), lambda: mp.RewardlessMDP.from_successors(found, **given))
