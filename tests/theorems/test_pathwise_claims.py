"""Pathwise tests in a store, and ended before their time: which test a run is of, and that nothing is lost."""

from __future__ import annotations

from functools import partial
from itertools import count

import numpy as np
import pytest

import mdppower as mp
from mdppower.montecarlo import engines
from mdppower.orbits import pathwise_tests
from mdppower.stores.store import Store
from mdppower.stores.store_runs import canonical, run_key
from mdppower.theorems import pathwise_claims as claims
from mdppower.theorems.pathwise_claims import (
    action_copy_test,
    bounded_by_max_test,
    copy_test,
    ends_copy_test,
    neighbours_test,
    optimality_copy_test,
    step_test,
)

FIGURE = mp.envs.figure_1()
SWAP = {"l_sw": "r_se", "l_nw": "r_ne"}
CROSSED = {"l_sw": "r_ne", "l_nw": "r_se"}
GAMMAS = (0.5, float(np.nextafter(0.5, 1)), 1.0)


def numbers(seen):
    """All that a test says, as what can be compared."""
    violator = None if seen.violator is None else seen.violator.tobytes()
    return (
        seen.draws,
        seen.violations,
        seen.open,
        seen.worst,
        seen.tolerance,
        violator,
        seen.entropy,
        seen.interrupted,
    )


@pytest.fixture
def store(tmp_path):
    return tmp_path / "run.sqlite"


@pytest.fixture
def made(monkeypatch):
    """The replicates that were made, in the order in which they were."""
    seen = []
    original = pathwise_tests._Test.__call__

    def watched(self, numbers):
        seen.extend(numbers)
        return original(self, numbers)

    monkeypatch.setattr(pathwise_tests._Test, "__call__", watched)
    return seen


# ---------------------------------------------------------------------- which test it is


def _tests(mdp, gammas=GAMMAS, phis=(SWAP, CROSSED, {}), **run):
    """Every test of some arguments, with a name; no two of them ask the same."""
    states = [("r_se", "l_sw"), ("l_sw", "r_se"), ("r_ne", "l_sw")]
    actions = [("->r_tri", "->l_tri"), ("->l_tri", "->r_tri"), ("->r_tri", "->empty")]
    some, other = np.eye(mdp.n_states)[1:3], np.eye(mdp.n_states)[3:4]
    calls = [(bounded_by_max_test, g) for g in gammas]
    calls += [(test, *pair, g) for g in gammas for test in (neighbours_test, step_test) for pair in states]
    for phi in phis:
        calls += [(copy_test, *pair, phi, g) for g in gammas for pair in states]
        for test in (action_copy_test, optimality_copy_test):
            calls += [(test, "star", *pair, phi, g) for g in gammas for pair in actions]
        for ends in ((some, other), (other, some), (some[:1], other)):
            calls += [(ends_copy_test, s, *ends, phi) for s in ("star", "r_tri")]
    for test, *given in calls:
        yield f"{test.__name__} {given}", partial(test, mdp, *given, **run)


@pytest.fixture
def asked(monkeypatch):
    """What a store would know the tests by; none is made."""
    keys = []

    def run(kept, looks, source, width, conduct, question, **_):
        keys.append(run_key(canonical(question().identity, "question"), f"{source.entropy:x}"))
        return iter([None])

    monkeypatch.setattr(pathwise_tests, "run_replicates", run)
    return keys


@pytest.mark.slow
def test_different_tests_have_different_keys(asked):
    """Of another MDP (one way more, same states), other rewards, draws, solvers: none is taken for another."""
    successors = {s: {a: FIGURE.successors(s, a) for a in FIGURE.actions(s)} for s in FIGURE.states}
    other = mp.RewardlessMDP.from_successors(
        successors | {"empty": {"->empty": {"empty": 1.0}, "out": {"star": 1.0}}}
    )
    others = [
        (FIGURE, {}), (FIGURE, {"rewards": "norm(0,2)"}), (FIGURE, {"rewards": "expon"}), (FIGURE, {"rng": 1}),
        (FIGURE, {"samples": 64}), (FIGURE, {"method": "lp"}), (FIGURE, {"key": "mine", "store": "unused"}),
        (other, {}),
    ]  # fmt: skip
    names = []
    for k, (mdp, run) in enumerate(others):
        for name, test in _tests(
            mdp, **{"samples": 32, "rng": 0} | ({"gammas": (0.5,), "phis": (SWAP,)} if k else {}) | run
        ):
            names.append((k, name))
            test()
    assert len(set(names)) == len(names) == len(asked) > 250
    assert len(set(asked)) == len(names)


@pytest.mark.slow
def test_equal_calls_have_equal_keys(asked):
    for _, test in [
        *_tests(FIGURE, GAMMAS[:2], samples=32, rng=0),
        *_tests(mp.envs.figure_1(), GAMMAS[:2], samples=32, rng=0),
    ]:
        test()
    half = len(asked) // 2
    assert asked[:half] == asked[half:]
    asked.clear()
    # The same in other words: φ as labels both ways, as an array or as an involution; the solver that "auto" means;
    # more draws than make a replicate longer; ends as lists.
    index = np.arange(FIGURE.n_states)
    for s, t in SWAP.items():
        index[[FIGURE.index(s), FIGURE.index(t)]] = FIGURE.index(t), FIGURE.index(s)
    for phi in (SWAP, {b: a for a, b in SWAP.items()}, index.astype(np.int32), mp.symmetry.involution(FIGURE, SWAP)):
        copy_test(FIGURE, "r_se", "l_sw", phi, 0.5, samples=1024, rng=0)
    copy_test(FIGURE, "r_se", "l_sw", SWAP, 0.5, samples=4096, rng=0, method="deterministic")
    assert len(set(asked)) == 1
    asked.clear()
    rows = np.eye(FIGURE.n_states)
    ends_copy_test(FIGURE, "star", rows[1:3], rows[3:4], SWAP, rng=0)
    ends_copy_test(FIGURE, "star", rows[1:3].tolist(), rows[3:4].astype(int), SWAP, rng=0)
    assert len(set(asked)) == 1


# ---------------------------------------------------------------------- in a store


@pytest.mark.parametrize(("s", "t"), [("r_se", "l_sw"), ("l_sw", "r_se")])  # it holds, and is violated
def test_nothing_is_made_twice(store, made, s, t):
    """1,030 draws are 17 replicates of 64, of whose last 6 count: it serves a longer test as a whole."""
    run = {"image": SWAP, "gamma": 0.9}
    alone = {n: numbers(copy_test(FIGURE, s, t, **run, samples=n, rng=3)) for n in (1030, 1200, 1024)}
    assert [found[0] for found in alone.values()] == [1030, 1200, 1024]
    made.clear()
    first = copy_test(FIGURE, s, t, **run, samples=1030, rng=3, store=store)
    assert numbers(first) == alone[1030]
    assert made == list(range(17))
    assert numbers(copy_test(FIGURE, s, t, **run, samples=1200, store=store)) == alone[1200]  # the entropy is there
    assert made == list(range(19))
    for n in alone:
        assert numbers(copy_test(FIGURE, s, t, **run, samples=n, rng=3, store=store)) == alone[n]
    assert made == list(range(19))
    with Store(store, writing=False) as kept:
        (found,) = kept.runs()
    assert (found.arguments["call"], found.arguments["about"]) == ("copy_test", first.claim)


def test_a_law_of_ones_own_needs_a_key(store):
    def law(n, rng):
        return rng.random((n, FIGURE.n_states))

    with pytest.raises(mp.ParameterError, match="give key= a text"):
        bounded_by_max_test(FIGURE, 0.5, rewards=law, samples=32, rng=0, store=store)
    with pytest.raises(mp.ParameterError, match="give key= a text"):
        mp.theorems.setting(FIGURE, rewards=law, rng=0, store=store)
    one, two = (bounded_by_max_test(FIGURE, 0.5, rewards=law, samples=32, rng=0, store=store, key="a") for _ in "ab")
    assert numbers(one) == numbers(two)


# ---------------------------------------------------------------------- before their time


class Law:
    """Normal rewards; the call of a number raises an error."""

    __name__ = "mine"

    def __init__(self, at=None, error=None):
        self.calls, self.at, self.error = count(), at, error

    def __call__(self, n, rng):
        if next(self.calls) == self.at:
            raise self.error
        return rng.normal(size=(n, FIGURE.n_states))


REVERSED = {"mdp": FIGURE, "s": "l_sw", "s_prime": "r_se", "image": SWAP, "gamma": 0.9, "rng": 5}  # is violated


def test_ctrl_c_gives_the_draws_so_far(monkeypatch, store):
    """At replicate 20 of 32: of 64 draws each, as in a test of 20 · 64 = 1,280 draws."""
    monkeypatch.setattr(engines, "GROWTH", 1)  # a replicate a task: only those of a task that was begun are lost
    whole = numbers(copy_test(**REVERSED, rewards=Law(), samples=2040))
    part = copy_test(**REVERSED, rewards=Law(), samples=1280)
    with pytest.warns(mp.MDPPowerWarning, match="the result is from 1,280 of 2,040 draws"):
        seen = copy_test(
            **REVERSED, rewards=Law(20, KeyboardInterrupt()), samples=2040, store=store, key="law", progress=False
        )
    assert numbers(seen) == (*numbers(part)[:-1], True)
    assert seen.is_refuted
    assert repr(seen).endswith(", interrupted)")
    assert "interrupted" not in repr(part)
    law = Law()
    assert numbers(copy_test(**REVERSED, rewards=law, samples=2040, store=store, key="law")) == whole
    assert next(law.calls) == 12 + 1  # and the one that has the violator, drawn again
    with pytest.raises(KeyboardInterrupt):
        copy_test(**REVERSED, rewards=Law(0, KeyboardInterrupt()), samples=2040)


def test_an_error_has_the_draws_so_far(monkeypatch):
    monkeypatch.setattr(engines, "GROWTH", 1)
    with pytest.raises(mp.RewardError, match=r"draws 1280 to 1343 of the run with rng=5") as caught:
        copy_test(**REVERSED, rewards=Law(20, ZeroDivisionError()), samples=2040)
    part = copy_test(**REVERSED, rewards=Law(), samples=1280)
    assert numbers(caught.value.estimate) == (*numbers(part)[:-1], True)


def test_a_violator_that_cannot_be_drawn_again_is_not_shown():
    """A law that ignores the generator gives other rewards the second time; a broken one gives none."""
    own, calls = np.random.default_rng(0), count()

    def law(n, rng):  # zeros, which violate nothing, after all 16 replicates
        return own.normal(size=(n, FIGURE.n_states)) * (next(calls) < 16)

    with pytest.warns(mp.MDPPowerWarning, match=r"draw \d+ violates .*, and could not be made again: law"):
        seen = copy_test(**REVERSED, rewards=law, samples=256)
    assert (seen.is_refuted, seen.violator) == (True, None)

    class Breaks(Law):
        def __call__(self, n, rng):
            if next(self.calls) >= 20:
                raise ZeroDivisionError("broken")
            return rng.normal(size=(n, FIGURE.n_states))

    with (
        pytest.warns(mp.MDPPowerWarning, match="could not be made again"),
        pytest.raises(mp.RewardError, match="broken") as caught,
    ):
        copy_test(**REVERSED, rewards=Breaks(), samples=2040)
    assert caught.value.estimate.is_refuted
    assert caught.value.estimate.violator is None


def test_a_draw_that_cannot_be_certified_is_named(monkeypatch):
    """The 130th draw is the one after 2 · 64 and 2 more."""
    bad = np.concatenate(
        [Law()(64, np.random.default_rng(np.random.SeedSequence(5, spawn_key=(k,)))) for k in range(3)]
    )

    def sides(r, *, original=claims._above_greatest):
        if len(at := np.flatnonzero((r == bad[130]).all(axis=1))):
            error = mp.SolverError("not certified")
            error.draw = int(at[0])
            raise error
        return r.max(axis=1), np.zeros(len(r))

    monkeypatch.setattr(claims, "_above_greatest", lambda greatest, r: sides(r))
    with pytest.raises(mp.SolverError, match=r"not certified \(draw 130 of the run with rng=5\)") as caught:
        bounded_by_max_test(FIGURE, 0.5, rewards=Law(), samples=2048, rng=5)
    assert caught.value.estimate.draws == 128


def test_a_claim_is_not_judged_on_parts(monkeypatch):
    """Called by itself too: one test of four cut short would show in no report."""
    monkeypatch.setattr(claims, "_above_greatest", _interrupts)
    with pytest.raises(KeyboardInterrupt):
        mp.theorems.proposition_5_4(mp.theorems.setting(FIGURE, rng=0))


def _interrupts(greatest, r):
    raise KeyboardInterrupt


# ---------------------------------------------------------------------- memory


def test_never_all_draws_at_once(monkeypatch):
    """100,000 draws of 8 states: what is solved together has no more numbers than a task makes in one call."""
    most = []

    def sides(greatest, r):
        most.append(len(r))
        return r.max(axis=1), np.full(len(r), 9.0)

    monkeypatch.setattr(claims, "_above_greatest", sides)
    seen = bounded_by_max_test(FIGURE, 0.5, samples=100_000, rng=0)
    assert seen.draws == sum(most) - (-100_000 % 64) == 100_000
    assert max(most) * FIGURE.n_pairs <= 2**16
    assert 1 < len(most) < 1600 / 4  # and yet not one by one
