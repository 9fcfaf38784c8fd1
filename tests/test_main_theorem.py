"""The post's theorem: refuted where it is false, and never where a true condition is met."""

from __future__ import annotations

import numpy as np
import pytest
from cases import golden_rewards
from hypothesis import given, settings
from strategies import mdps
from test_comparison import PAIRS, options

import mdppower as mp
from mdppower.main_theorem import check_main_theorem


@pytest.mark.parametrize("gamma", [0.1, 0.5, 0.9])
def test_figure_10_refutes_it(gamma):
    # C(s2) > C(s3) as VALUE sets, and p(s3 ≥ s2) = 1/2 + γ/6.
    mdp = mp.envs.figure_10()
    a, b = (mp.Option.state(mdp, s, gamma, "value") for s in ("s3", "s2"))
    assert check_main_theorem(mp.compare(a, b, method="exact")).verdict == "refuted"
    assert check_main_theorem(mp.compare(b, a, method="exact")).verdict == "not applicable"


def test_a_skewed_law_refutes_it():
    # One state is worth 1/2, the other 10 with probability 1/10: C = 1 against 1/2, and p = 9/10 (golden 25).
    (pair,) = [p for p in PAIRS if "25_skew" in p.id]
    case, numbers = pair.values
    result = mp.compare(*options(case, numbers), golden_rewards(case), rng=0)
    check = check_main_theorem(result)
    assert check.verdict == "refuted"
    assert check.conditions["symmetric"] == "the law of the rewards is not known to be symmetric"


def test_conditions():
    fork = mp.envs.fork(3)
    one, three = (mp.Option.state(fork, s, 0.9, "power") for s in ("t1", "root"))
    check = check_main_theorem(mp.compare(one, three, method="exact"))
    assert check.verdict == "holds"
    assert check.conditions == {"gap": "not met", "symmetric": "not met", "inside": "met"}
    # Two single vectors under normal rewards with different means: symmetric, and g = 3 > sd = √2; p = Φ(−3/√2).
    rewards = mp.Gaussian([0, 0, 3, 0], np.eye(4))
    t1, t2 = (mp.Option.state(fork, s, 0.9, "power") for s in ("t1", "t2"))
    check = check_main_theorem(mp.compare(t1, t2, rewards, method="exact"))
    assert check.verdict == "holds"
    assert check.conditions == {"gap": "met", "symmetric": "met", "inside": "not met"}


def test_inside_and_ties():
    # RSD(s3) is inside RSD(s2) in figure 10, but they tie so often that p(A ≥ B) = 2/3: refuted, by ties alone.
    mdp = mp.envs.figure_10()
    result = mp.compare(mp.Option.rsd(mdp, "s3"), mp.Option.rsd(mdp, "s2"), method="exact")
    check = check_main_theorem(result)
    assert (check.verdict, check.conditions["inside"], float(result.p_greater.mean)) == ("refuted", "met", 0)


@settings(max_examples=25, deadline=None)
@given(mdps(max_states=4, max_actions=2))
def test_true_conditions_are_never_contradicted(mdp):
    for s in mdp.states[:2]:
        for t in mdp.states[:3]:
            if s != t:
                options = [mp.Option.state(mdp, x, 0.6, "power") for x in (s, t)]
                result = mp.compare(*options, method="exact")
                check = check_main_theorem(result)
                if check.verdict != "not applicable":
                    if "met" in (check.conditions["gap"], check.conditions["symmetric"]):
                        assert check.verdict == "holds"
                    if check.conditions["inside"] == "met":
                        assert result.p_greater.exact == 0


def test_bad_input():
    with pytest.raises(mp.ParameterError, match="takes what mdppower"):
        check_main_theorem("power")
