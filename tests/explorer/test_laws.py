"""A closed list of laws, so that no reward takes a minute to draw."""

import math

import numpy as np
import pytest

import mdppower as mp
from mdppower.explorer.laws import LAWS, made, read_law
from mdppower.explorer.refusals import QuestionError

GOOD = (
    "uniform", "uniform(-1, 2)", "norm(0,1)", "norm(loc=1, scale=2)", "expon", "beta(2,5)", "gamma(2)", "t(5)",
    "laplace", "logistic", "lognorm(0.5)", "triang(.5)", "weibull_min(2)", "bernoulli(0.3)", "binom(3,.5)",
    "geom(.5)", "randint(0,4)",
)  # fmt: skip


@pytest.mark.parametrize("text", GOOD)
def test_a_law_is_the_librarys(text):
    points = np.linspace(0.01, 0.99, 9)
    own = made(read_law(text, "rewards.default"), "rewards.default", mean=True)
    assert own.ppf(points.copy()).tolist() == mp.rewards.law(text).ppf(points.copy()).tolist()


def test_every_law_of_the_list_has_an_example():
    assert {text.partition("(")[0] for text in GOOD} == set(LAWS)


@pytest.mark.parametrize("given", [3, 2.5, "3", " -2.5e-3 ", ".5"])
def test_a_number_is_that_reward_everywhere(given):
    found = made(read_law(given, "rewards.default"), "rewards.default", mean=True)
    assert found.mean == float(given)
    assert found.variance == 0


@pytest.mark.parametrize(
    "given",
    [
        True, None, [], {}, math.nan, math.inf, "nan", "inf", "1e999", "", "uniform()x", "levy_stable(1.5,0)", "goal",
        "genhyperbolic(1,1,0)", "norm(0,1", "norm(0,,1)", "norm(a)", "norm(**x)", "norm(0,1)+1", "norm.rvs(0)",
        "__import__('os')", "norm(" + "(" * 150, "norm(" + "1" * 200 + ")", "beta(1e15,1e100)", "t(1e-9)",
        "norm(9e6)",
        "uniform(2,1)", "norm(0,-1)", "binom(2.5,.5)", "bernoulli(2)", "beta(1)", "beta(1,2,3,4,5)", "norm(mean=2)",
        "t(1)",
    ],
)  # fmt: skip
def test_what_is_none_of_them_is_refused_with_its_field(given):
    with pytest.raises(QuestionError) as caught:
        made(read_law(given, "rewards.marks.a"), "rewards.marks.a", mean=True)
    assert caught.value.field == "rewards.marks.a"
    assert "\n" not in caught.value.message


@pytest.mark.parametrize(
    ("given", "told"),
    [
        ("norm(0,1", "a bracket is not closed in 'norm(0,1'"), ("normal(1,1)", "did you mean 'norm'?"),
        ("unifrom", "did you mean 'uniform'?"), ("?", "got '?'"),
    ],
)  # fmt: skip
def test_what_was_meant_is_asked(given, told):
    with pytest.raises(QuestionError) as caught:
        read_law(given, "rewards.default")
    assert caught.value.message.endswith(told)


def test_the_optimal_actions_of_rewards_without_a_mean_are_defined():
    assert not math.isfinite(made(read_law("t(1)", "x"), "x", mean=False).mean)
