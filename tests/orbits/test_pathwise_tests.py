"""Pathwise tests: silent where the theorems apply, and each of them loud where its hypothesis is taken away."""

from __future__ import annotations

import numpy as np
import pytest
from cases import GOLDEN, golden_mdp, load
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy import stats
from strategies import mdps

import mdppower as mp
from mdppower.montecarlo import engines
from mdppower.orbits.paper_quantities import (
    action_is_optimal,
    action_power,
    greatest_power,
    state_power,
    state_value,
)
from mdppower.orbits.pathwise_tests import Pathwise, pathwise
from mdppower.orbits.quantity import Quantity, Source
from mdppower.orbits.rearrangements import permuted
from mdppower.symmetry.involutions import involution
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

GAMMAS = (0.0, 0.3, 0.9, 0.999, 1.0)
CASES = {path.stem: load(path) for path in GOLDEN}
FIGURE_1 = CASES["01_fig1_uniform"]
STATES, _, ACTIONS = FIGURE_1["expected"]["copies"]  # 6.6, its reverse, 6.9

MANY = settings(max_examples=25, deadline=None)


def figure_1():
    return golden_mdp(FIGURE_1)


# ---------------------------------------------------------------------- copies of states


@pytest.mark.parametrize("gamma", GAMMAS)
@pytest.mark.parametrize("case", ["01_fig1_uniform", "04_fig9_empowerment"])
def test_golden_copies_are_never_violated(case, gamma):
    """Props. 6.6 and 6.12 with the involutions of the golden files."""
    one = CASES[case]["expected"]["copies"][0]
    mdp = golden_mdp(CASES[case])
    seen = copy_test(mdp, one["s"], one["s_prime"], one["phi_found"], gamma, rng=1)
    assert (seen.draws, seen.violations) == (2000, 0)
    assert seen.violator is None
    assert -seen.worst <= seen.tolerance < 1e-9
    # At γ = 1 s3 and s4 of figure 9 have two ends each, and all draws are equal on both sides; not so else.
    assert (seen.open == 2000) == (case == "04_fig9_empowerment" and gamma == 1)


@pytest.mark.parametrize("gamma", [0.3, 0.9, 1.0])
def test_the_reversed_copy_is_violated(gamma):
    """Golden 01: there is none. F(r_se) has "stay in r_ne" (strictly best for some r), F(l_sw) no such thing."""
    mdp, swap = figure_1(), STATES["phi_found"]
    seen = copy_test(mdp, "l_sw", "r_se", swap, gamma, rng=1)
    assert seen.is_refuted
    # The violator does violate, by another route: h_Q from the values of optimal_values.
    phi = involution(mdp, swap)
    r = seen.violator
    v = [mp.optimal_values(mdp, x, gamma).normalised[0] for x in (phi.act(r), r)]
    left = max(v[0][mdp.index(t)] for t in ("l_sw", "l_nw"))
    right = max(v[1][mdp.index(t)] for t in ("r_se", "r_ne"))
    assert left < right - 1e-9


def test_at_zero_the_reversed_copy_holds():
    """At γ = 0 Q(s) is {T(s, a)}: {l_sw, l_nw} and {r_se, r_ne} are copies of each other."""
    assert not copy_test(figure_1(), "l_sw", "r_se", STATES["phi_found"], 0.0, rng=1).is_refuted


@pytest.mark.parametrize(
    "wrong", [{}, {"l_sw": "r_se"}, {"l_sw": "r_se", "l_nw": "empty"}], ids=["identity", "half", "elsewhere"]
)
def test_a_wrong_involution_is_violated(wrong):
    """What l_sw has are l_sw for ever, and l_nw in between: φ must take both of them to states of the right part."""
    assert copy_test(figure_1(), "r_se", "l_sw", wrong, 0.9, rng=1).is_refuted


def test_crossed_involution():
    """φ(l_sw) = r_ne, φ(l_nw) = r_se maps no F(s') into F(s) from r_se, but the POWER sets it does map.

    r_ne and r_se lead to the same states, so that Q(r_ne) = Q(r_se): the first state is not part of it.
    """
    mdp, crossed = figure_1(), {"l_sw": "r_ne", "l_nw": "r_se"}
    assert not copy_test(mdp, "r_se", "l_sw", crossed, 0.9, rng=1).is_refuted
    assert copy_test(mdp, "l_sw", "r_se", crossed, 0.9, rng=1).is_refuted
    # The VALUE sets have the first state in them, and tell: v(r_se) of φ·r against v(l_sw) of r.
    r = np.random.default_rng(1).normal(size=(2000, 8))
    image = involution(mdp, crossed).image
    right, left = (state_value(mdp, s, 0.9) for s in ("r_se", "l_sw"))
    assert pathwise(right, left, permuted(r, image), r).is_refuted


# ---------------------------------------------------------------------- copies of actions


@pytest.mark.slow
@pytest.mark.parametrize("gamma", GAMMAS)
def test_actions_of_figure_1(gamma):
    """Prop. 6.9, both items, with the golden φ; not reversed, and not with the identity."""
    mdp, phi = figure_1(), ACTIONS["phi_found"]
    right, left = ACTIONS["a"], ACTIONS["a_prime"]
    for test in (action_copy_test, optimality_copy_test):
        assert test(mdp, "star", right, left, phi, gamma, rng=2).violations == 0
        assert test(mdp, "star", right, left, {}, gamma, rng=2).is_refuted
        # At γ = 0 both sides are alike: POWER looks at {l_nw, l_sw} and {r_ne, r_se}, optimality at r(l_tri) and
        # r(r_tri), which never tie.
        assert test(mdp, "star", left, right, phi, gamma, rng=2).is_refuted == (gamma > 0)


def test_a_broken_action_power_is_caught(monkeypatch):
    """The mean over successors left out: the right side is X_s itself, more than what its action gives."""
    mdp, phi = figure_1(), ACTIONS["phi_found"]
    monkeypatch.setattr(
        claims,
        "action_power",
        lambda mdp, s, a, gamma, method: (
            action_power(mdp, s, a, gamma) if a == ACTIONS["a"] else state_power(mdp, s, gamma)
        ),
    )
    assert action_copy_test(mdp, "star", ACTIONS["a"], ACTIONS["a_prime"], phi, 0.9, rng=2).is_refuted


def test_open_draws_are_no_violations():
    """Indicators of 1/2 ± 1/2 against 1 are within their errors; 0 against 1 is not."""
    mdp = mp.envs.fork(2)
    source = Source(mdp, 0.5, "deterministic", "values")

    def constant(value, error):
        read = lambda r, *_: (np.full(len(r), value), np.full(len(r), error))  # noqa: E731
        return Quantity(f"{value}", source, lambda: np.ones(3, bool), read)

    rewards = np.zeros((4, 3))
    for left, violations, undecided in (
        (constant(1.0, 0.0), 0, 0), (constant(0.5, 0.5), 0, 4), (constant(0.0, 0.0), 4, 0)
    ):  # fmt: skip
        seen = pathwise(left, constant(1.0, 0.0), rewards, rewards)
        assert (seen.violations, seen.open) == (violations, undecided)


# ---------------------------------------------------------------------- ends


@MANY
@given(mdps(max_states=5, max_actions=2), st.integers(0, 99))
def test_corollary_6_14_wherever_it_applies(mdp, seed):
    """Two 1-cycles e_x, e_y in RSD(s): if e_x is the best end for r, something else is for r with x and y swapped.

    Taken the other way round it is violated as soon as RSD(s) has a third end.
    """
    s = mdp.states[seed % mdp.n_states]
    rows = mp.rsd(mdp, s).rows
    corners = [k for k in range(len(rows)) if rows[k].max() == 1]
    if len(corners) < 2:
        return
    x, y = (mdp.states[int(rows[k].argmax())] for k in corners[:2])
    others = np.delete(rows, corners[0], axis=0)
    one = rows[corners[0]]
    assert not ends_copy_test(mdp, s, others, [one], {x: y}, samples=200, rng=seed).is_refuted
    if len(corners) > 2:
        assert ends_copy_test(mdp, s, [one], others, {x: y}, samples=200, rng=seed).is_refuted


def test_theorem_6_13_on_figure_1():
    """From ★: the ends of the right part against those of the left, {l_sw, (l_sw + l_nw)/2}; and reversed."""
    mdp = figure_1()
    right, left = mp.rsd(mdp, "r_tri"), mp.rsd(mdp, "l_tri")
    phi = {"l_sw": "r_ne", "l_nw": "r_se"}
    assert (len(right), len(left)) == (3, 2)
    assert ends_copy_test(mdp, "star", right, left, phi, rng=3).violations == 0
    assert ends_copy_test(mdp, "star", left, right, phi, rng=3).is_refuted
    assert ends_copy_test(mdp, "star", right, left, {}, rng=3).is_refuted


# ---------------------------------------------------------------------- bounds


@pytest.mark.slow
@MANY
@given(mdps(), st.sampled_from(GAMMAS), st.integers(0, 99))
def test_bounds_hold_in_every_mdp(mdp, gamma, seed):
    """Prop. 5.4 asks for nothing; the sharp form of 5.5 for a step that is certain; 5.5 for one each way."""
    assert bounded_by_max_test(mdp, gamma, samples=50, rng=seed).violations == 0
    certain = {
        (s, mdp.states[int(mdp.kernel[[p]].indices[0])])
        for p, s in enumerate(mdp.states[i] for i in mdp.pair_states)
        if mdp.kernel[[p]].nnz == 1
    }
    for s, t in sorted(certain)[:4]:
        assert step_test(mdp, s, t, gamma, samples=50, rng=seed).violations == 0
        if (t, s) in certain:
            assert neighbours_test(mdp, s, t, gamma, samples=50, rng=seed).violations == 0


def test_equality_in_the_complete_graph():
    """Golden 22: every state leads to every state, and h_Q(s) = max r: the bound is attained on each draw."""
    mdp = golden_mdp(CASES["22_complete_graph4"])
    seen = bounded_by_max_test(mdp, 0.9, rng=0)
    assert seen.violations == 0
    assert abs(seen.worst) <= seen.tolerance < 1e-12


def test_bounds_of_other_numbers_are_violated(monkeypatch):
    """V = v/(1−γ) in place of v passes no bound; v in place of X_s fails both forms of 5.5, and passes 5.4."""
    mdp = figure_1()

    def not_normalised(mdp, gamma, method):
        right = greatest_power(mdp, gamma)
        return Quantity(
            "V", right.source, right.find_support, lambda *x: tuple(y / (1 - gamma) for y in right.read(*x))
        )

    monkeypatch.setattr(claims, "greatest_power", not_normalised)
    assert bounded_by_max_test(mdp, 0.9, rng=0).is_refuted
    assert neighbours_test(mdp, "r_ne", "r_se", 0.9, rng=0).violations == 0
    assert step_test(mdp, "r_ne", "r_se", 0.9, rng=0).violations == 0
    # v(s) = (1−γ) r(s) + γ X_s: POWER without its −R(s) term.
    monkeypatch.setattr(claims, "state_power", state_value)
    assert step_test(mdp, "r_ne", "r_se", 0.9, rng=0).is_refuted


def test_steps_that_are_not_there():
    """From "empty" no way leads back to ★, nor to r_tri."""
    mdp = figure_1()
    assert neighbours_test(mdp, "empty", "r_tri", 0.99, rng=0).is_refuted
    assert step_test(mdp, "empty", "r_tri", 0.99, rng=0).is_refuted
    # A step of probability 0.9 is not enough: X_s may miss (1−γ) r(s') + γ X_s'.
    risky = mp.RewardlessMDP.from_successors(
        {"s": {"go": {"t": 0.9, "pit": 0.1}}, "t": {"stay": "t", "back": "s"}, "pit": {"stay": "pit"}}
    )
    assert step_test(risky, "t", "s", 0.5, rng=0).violations == 0
    assert step_test(risky, "s", "t", 0.5, rng=0).is_refuted


def test_one_sided_form_implies_the_mean():
    """POWER(s') − POWER(s) ≤ (1−γ)(POWER(s') − E R(s')), on golden 23 (two states that swap or stay), by means."""
    mdp = golden_mdp(CASES["23_two_state_swap"])
    s, t = mdp.states[:2]
    for gamma in (0.1, 0.9):
        powers = mp.power(mdp, gamma, "expon", samples=2048, rng=0).mean
        assert powers[1] - powers[0] <= (1 - gamma) * (powers[1] - 1) + 0.05
        assert step_test(mdp, s, t, gamma, rewards="expon", samples=500, rng=0).violations == 0
        assert step_test(mdp, t, s, gamma, rewards="expon", samples=500, rng=0).violations == 0


# ---------------------------------------------------------------------- what is counted


def test_upper_limit():
    """1 − 0.05^(1/N) without a violation, less than 3/N; else SciPy's one-sided Clopper–Pearson limit."""
    clean = Pathwise("", 20_000, 0, 0, 0.0, 0.0, None)
    assert clean.upper_limit() == pytest.approx(1 - 0.05 ** (1 / 20_000))
    assert 2.99 / 20_000 < clean.upper_limit() < 3 / 20_000
    some = Pathwise("", 100, 7, 0, -1.0, 0.0, None)
    exact = stats.binomtest(7, 100, alternative="less").proportion_ci(0.99, method="exact").high
    assert some.upper_limit(0.99) == pytest.approx(exact)
    assert Pathwise("", 5, 5, 0, -1.0, 0.0, None).upper_limit() == 1
    with pytest.raises(mp.ParameterError, match=r"above 1/2, got 0.5"):
        clean.upper_limit(0.5)
    with pytest.raises(mp.ParameterError, match="confidence must be"):
        clean.upper_limit(1.0)


def test_violating_measure_is_estimated():
    """r(t1) > r(t2) has measure 1/2: in a fork X_t2 ≥ X_t1 fails on half of the draws (level 1e-6)."""
    mdp = mp.envs.fork(2)
    seen = copy_test(mdp, "t2", "t1", {}, 0.9, samples=4000, rng=0)
    assert stats.binomtest(seen.violations, 4000, 0.5).pvalue > 1e-6
    assert seen.upper_limit() > 0.5
    assert (seen.worst < -2, seen.open) == (True, 0)


def test_equal_sides_are_open_or_exact():
    """The same number on both sides is never a violation, and is 'open' just where it has an error."""
    mdp = figure_1()
    for gamma in GAMMAS:
        seen = copy_test(mdp, "r_se", "r_se", {}, gamma, samples=300, rng=0)
        assert (seen.violations, seen.worst) == (0, 0.0)
        assert seen.open == (0 if gamma == 0 else 300)


def test_draws_are_counted_and_can_be_made_again(monkeypatch):
    mdp, swap = figure_1(), STATES["phi_found"]
    first = copy_test(mdp, "l_sw", "r_se", swap, 0.9, samples=333, rng=np.random.default_rng(4))
    assert first.draws == 333
    monkeypatch.setattr(engines, "TOGETHER", 1)  # a replicate at a time
    again = copy_test(mdp, "l_sw", "r_se", swap, 0.9, samples=333, rng=first.entropy)
    for name in ("draws", "violations", "open", "worst", "tolerance", "entropy"):
        assert getattr(again, name) == getattr(first, name)
    assert (again.violator == first.violator).all()
    other = copy_test(mdp, "l_sw", "r_se", swap, 0.9, samples=333, rng=9)
    assert other.worst != first.worst


def test_core_takes_any_two_quantities():
    """What copy_test does, by hand: left on φ·r, right on r."""
    mdp, swap = figure_1(), STATES["phi_found"]
    r = np.random.default_rng(0).normal(size=(400, 8))
    right, left = (state_power(mdp, s, 0.9) for s in ("r_se", "l_sw"))
    seen = pathwise(right, left, permuted(r, involution(mdp, swap).image), r, claim="more on the right")
    assert (seen.claim, seen.draws, seen.violations, seen.entropy) == ("more on the right", 400, 0, None)
    assert repr(seen).startswith("Pathwise(more on the right: no violation in 400 draws, measure < 0.0075 at 95 %")
    wrong = pathwise(left, right, r, r)
    assert 100 < wrong.violations < 300
    assert "draws violate it, by up to" in repr(wrong)
    # By optimality, too: the indicator of an action against itself has no error.
    up = action_is_optimal(mdp, "star", "->empty", 0.9)
    assert (pathwise(up, up, r, r).open, pathwise(up, up, r, r).violations) == (0, 0)


@pytest.mark.parametrize(
    "rewards", ["expon", {"l_sw": "norm(3,1)", "default": "uniform"}, lambda n, rng: rng.laplace(size=(n, 8))]
)
def test_any_rewards(rewards):
    """The inequality is about each r, and so true for all laws, with or without the symmetry of φ."""
    mdp, swap = figure_1(), STATES["phi_found"]
    assert copy_test(mdp, "r_se", "l_sw", swap, 0.7, rewards=rewards, samples=300, rng=0).violations == 0
    assert copy_test(mdp, "l_sw", "r_se", swap, 0.7, rewards=rewards, samples=300, rng=0).is_refuted


# ---------------------------------------------------------------------- bad input


@pytest.mark.parametrize(
    ("call", "error", "text"),
    [
        (lambda m: copy_test(m, "root", "x", {}, 0.5), mp.LabelError, "no state 'x'"),
        (lambda m: copy_test(m, "root", "t1", {"x": "t1"}, 0.5), mp.LabelError, "no state 'x'"),
        (lambda m: copy_test(m, "root", "t1", [1, 2, 0], 0.5), mp.ParameterError, "no involution"),
        (lambda m: copy_test(m, "root", "t1", [0, 1], 0.5), mp.ParameterError, "each of 3 states, got 2"),
        (lambda m: copy_test(m, "root", "t1", {}, 2), mp.ParameterError, "gamma must be"),
        (lambda m: copy_test(m, "root", "t1", {}, 0.5, samples=0), mp.ParameterError, "samples must be"),
        (lambda m: copy_test(m, "root", "t1", {}, 0.5, rng="x"), mp.ParameterError, "rng must be"),
        (
            lambda m: copy_test(m, "root", "t1", {}, 0.5, rewards=lambda n, rng: np.full((n, 3), np.nan)),
            mp.RewardError,
            "gave reward nan in state 'root'",
        ),
        (
            lambda m: pathwise(state_power(m, "t1", 0.5), state_power(m, "t2", 0.5), np.eye(3), np.eye(3)[:2]),
            mp.ParameterError,
            "3 reward functions on the left, 2 on the right",
        ),
        (
            lambda m: pathwise(*[state_power(m, "t1", 0.5)] * 2, np.empty((0, 3)), np.empty((0, 3))),
            mp.ParameterError,
            "there are no draws",
        ),
    ],
)
def test_bad_input(call, error, text):
    with pytest.raises(error, match=text):
        call(mp.envs.fork(2))
