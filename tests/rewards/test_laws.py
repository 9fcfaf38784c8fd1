"""Laws of one number: what strings mean, against scipy.stats, and that a string is never code."""

from __future__ import annotations

import pickle

import numpy as np
import pytest
from scipy import stats

import mdppower as mp
from mdppower._stop import Stopped, new_flag, with_flag
from mdppower.rewards.laws import AT_ONCE, law

U = np.array([0.001, 0.25, 0.5, 0.9, 0.999])


@pytest.mark.parametrize(
    ("text", "frozen"),
    [
        ("uniform", stats.uniform()),
        ("uniform(-1,1)", stats.uniform(-1, 2)),  # a, b as everywhere else
        ("uniform(loc=-1,scale=1)", stats.uniform(-1, 1)),  # SciPy's own
        ("norm", stats.norm()),
        ("norm(1, 2)", stats.norm(1, 2)),
        (" norm(loc=-1.5) ", stats.norm(-1.5)),
        ("beta(2,5)", stats.beta(2, 5)),
        ("expon", stats.expon()),
        ("pareto(3)", stats.pareto(3)),
        ("bernoulli(0.3)", stats.bernoulli(0.3)),
        ("randint(0,4)", stats.randint(0, 4)),
    ],
)
def test_strings_are_scipy(text, frozen):
    one = law(text)
    np.testing.assert_allclose(one.ppf(U.copy()), frozen.ppf(U), rtol=1e-12, atol=1e-15)
    assert (one.mean, one.variance) == pytest.approx((frozen.mean(), frozen.var()))
    assert (one.low, one.high) == tuple(map(float, frozen.support()))
    assert one.is_discrete == (text.split("(")[0].strip() in ("bernoulli", "randint"))
    again = pickle.loads(pickle.dumps(one))
    np.testing.assert_array_equal(again.ppf(U.copy()), one.ppf(U.copy()))
    np.testing.assert_array_equal(law(frozen).ppf(U.copy()), one.ppf(U.copy()))


@pytest.mark.parametrize(
    "frozen",
    [stats.beta(2, 5), stats.gamma(0.5, -1, 3), stats.expon(), stats.t(3), stats.binom(10, 0.3)],
    ids=lambda frozen: frozen.dist.name,
)
def test_parts_have_the_bits_of_the_whole(frozen):
    # 15,000 numbers are sought in two parts, the second one not full; also where they lie column by column.
    uniforms = np.random.default_rng(0).random((3, 5000))
    assert AT_ONCE < uniforms.size < 2 * AT_ONCE
    whole = frozen.ppf(uniforms)
    assert (law(frozen).ppf(uniforms.copy()) == whole).all()
    assert (law(frozen).ppf(np.asfortranarray(uniforms)) == whole).all()


def test_work_that_is_to_end_ends_between_parts():
    # Whoever tells it so does it while the second of five parts is sought: it is the last.
    flag, parts = new_flag(), []

    class Slow(stats.rv_continuous):
        def _ppf(self, q):
            if q.size > 1:  # not SciPy's own look at it
                parts.append(q.size)
                flag[0] = len(parts) == 2
            return q

    one = law(Slow(a=0, b=1, name="slow")())
    assert with_flag(new_flag(), one.ppf)(np.full(4 * AT_ONCE, 0.5)).sum() == 2 * AT_ONCE
    assert parts == [AT_ONCE] * 4  # the control: another flag
    parts.clear()
    flag[0] = 0
    with pytest.raises(Stopped):
        with_flag(flag, one.ppf)(np.full(5 * AT_ONCE, 0.5))
    assert parts == [AT_ONCE] * 2


def test_constants_and_given_values():
    three = law(3)
    assert (three.low, three.high, three.mean, three.variance) == (3, 3, 3, 0)
    assert three.ppf(U).tolist() == [3] * 5
    values = law(stats.rv_discrete(values=([10, 0.5], [0.1, 0.9])))
    assert values.ppf(np.array([0.5, 0.95])).tolist() == [0.5, 10]
    assert values.is_discrete


def test_moments_that_do_not_exist_are_infinite():
    assert law("cauchy").mean == law("pareto(1)").mean == np.inf
    assert law("t(2)").mean == 0
    assert law("t(2)").variance == law("pareto(2)").variance == np.inf


@pytest.mark.parametrize(
    ("text", "told"),
    [
        ("", "NAME"),
        ("norm(0,1", "NAME"),
        ("__import__('os').getcwd()", "NAME"),
        ("norm(__import__('os').getpid())", "NAME"),
        ("norm(*[0,1])", "NAME"),
        ("(lambda: 1)()", "NAME"),
        ("norm; expon", "NAME"),
        ("norm(10**400)", "NAME"),
        ("rv_continuous", "no distribution 'rv_continuous'"),
        ("linregress", "no distribution"),
        ("nrom(0,1)", "did you mean 'norm'"),
        ("norm(0,1,2,3)", "norm"),
        ("beta(2)", "beta"),
        ("norm(0,-1)", "out of range"),
        ("norm(nan)", "NAME"),
        ("uniform(1,0)", "a < b"),
        ("uniform(1)", "a < b"),
        ("bernoulli(2)", "out of range"),
    ],
)
def test_bad_strings(text, told):
    with pytest.raises(mp.RewardError, match=told.replace("(", r"\(")):
        law(text)


@pytest.mark.parametrize("bad", [None, [1, 2], float("nan"), float("inf"), True, object()])
def test_bad_objects(bad):
    with pytest.raises(mp.RewardError):
        law(bad)


@pytest.mark.parametrize(
    ("text", "told"),
    [
        ("norm(0,1,2,3)", "parameters of norm are loc, scale; got 4"),
        ("beta(1)", "parameters of beta are a, b, loc, scale; got 1"),
        ("binom(3,.5,0,1)", "parameters of binom are n, p, loc; got 4"),
        ("norm(mean=2)", "parameters of norm are loc, scale; 'mean' is none of them"),
        ("norm(1,loc=2)", "parameters of norm are loc, scale; loc is given twice"),
    ],
)
def test_parameters_that_a_family_has_not(text, told):
    with pytest.raises(mp.RewardError) as caught:
        law(text)
    assert str(caught.value).endswith(told)
