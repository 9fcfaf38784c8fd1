"""The paper's MDPs: equal to the golden cases, and to the closed forms that their docstrings state."""

import json
from fractions import Fraction
from pathlib import Path

import numpy as np
import pytest

from mdppower.envs import cycle, figure_1, fork
from mdppower.errors import ParameterError, SizeError
from mdppower.mdp import RewardlessMDP

GOLDEN = Path(__file__).parent / "golden"
CASES = {
    "01_fig1_uniform": figure_1(),
    "06_fork_k1": fork(1),
    "06_fork_k2": fork(2),
    "06_fork_k3": fork(3),
    "07_directed_cycle4": cycle(4),
}


def golden(name):
    return json.loads((GOLDEN / f"{name}.json").read_text(encoding="utf-8"))


@pytest.mark.parametrize("name", CASES)
def test_mdp_equals_the_golden_case(name):
    case = golden(name)
    successors = {state: {} for state in case["states"]}
    for step in case["transitions"]:
        successors[step["s"]][step["a"]] = {target: float(Fraction(p)) for target, p in step["next"]}
    assert CASES[name].equals(RewardlessMDP.from_successors(successors))


# Rewards x, y are independent and uniform on [0, 1]: E max(x, y) = 2/3.
# r_se: either of two states can be reached and kept for ever: E max(x, y).
# l_sw, with reward x; l_nw, with y, leads back to it. Next is x for ever, or y, x, y, x, …, which is worth
#   (y + γ x)/(1 + γ), and better, where y > x. Hence POWER = E (max(x, y) + γ x)/(1 + γ): x where y < x.
POWER = {
    "01_fig1_uniform": {
        "empty": lambda gamma: Fraction(1, 2),
        "l_sw": lambda gamma: (Fraction(2, 3) + gamma / 2) / (1 + gamma),
        "l_tri": lambda gamma: (Fraction(2, 3) + gamma / 2) / (1 + gamma),
        "r_tri": lambda gamma: Fraction(2, 3),
        "r_ne": lambda gamma: Fraction(2, 3),
        "r_se": lambda gamma: Fraction(2, 3),
    },
    "06_fork_k1": {"root": lambda gamma: Fraction(1, 2)},
    "06_fork_k2": {"root": lambda gamma: Fraction(2, 3), "t2": lambda gamma: Fraction(1, 2)},
    "06_fork_k3": {"root": lambda gamma: Fraction(3, 4), "t3": lambda gamma: Fraction(1, 2)},
    "07_directed_cycle4": {f"c{i}": lambda gamma: Fraction(1, 2) for i in range(4)},
}


@pytest.mark.parametrize("name", CASES)
def test_the_stated_closed_forms_are_the_golden_numbers(name):
    for gamma, power in golden(name)["expected"]["power"].items():
        for state, closed_form in POWER[name].items():
            assert closed_form(Fraction(gamma)) == Fraction(power[state]["exact"])


def test_figure_1_is_laid_out_as_in_the_paper():
    # The star in the middle, ℓ left of it and r right; ↖ and ↗ above, ↙ and ↘ below.
    mdp = figure_1()
    row, column = mdp.layout.T
    star = mdp.index("star")
    for state in mdp.states:
        side = {"l": -1, "r": 1}.get(state.split("_")[0], 0)
        assert np.sign(column[mdp.index(state)] - column[star]) == side
    for up, down in (("l_nw", "l_sw"), ("r_ne", "r_se")):
        assert row[mdp.index(up)] < row[star] < row[mdp.index(down)]


def test_forks_and_cycles_have_a_layout_without_overlaps():
    for mdp in (fork(1), fork(5), cycle(1), cycle(2), cycle(7)):
        assert len(np.unique(mdp.layout.round(6), axis=0)) == mdp.n_states


def test_a_cycle_of_one_state_is_absorbing():
    assert cycle(1).absorbing_states.tolist() == [0]


@pytest.mark.parametrize("build", [fork, cycle])
@pytest.mark.parametrize("size", [0, -1, 2.0, True, "3"])
def test_sizes_must_be_positive_integers(build, size):
    with pytest.raises(ParameterError, match=f"must be an integer ≥ 1, got {size!r}"):
        build(size)


@pytest.mark.parametrize("build", [fork, cycle])
def test_sizes_have_a_limit(build):
    with pytest.raises(SizeError, match="1000000000 is more than 1000000 states"):
        build(10**9)
