"""Explicit files of PRISM and Storm: the same row of four cells by hand; all else is refused with file and line."""

from __future__ import annotations

import numpy as np
import pytest
from model_files import LAB, PRISM, SPREADS, SREW, STA, STORM_LAB, STORM_TRA, TRA, TREW

import mdppower as mp


@pytest.fixture
def read(tmp_path):
    def read(files, first=None, **options):
        for name, text in files.items():
            (tmp_path / name).write_text(text, encoding="utf-8", newline="")
        return mp.envs.make(tmp_path / (first or next(iter(files))), **options)

    return read


def by_hand(labels):
    """The row with other labels."""
    known = dict(zip(SPREADS, labels, strict=True))
    return {
        known[s]: {a: {known[t]: p for t, p in spread.items()} for a, spread in actions.items()}
        for s, actions in SPREADS.items()
    }


def test_transitions_and_what_is_beside_them(read):
    mdp = read(PRISM)
    cells = ((1, "false"), (2, "false"), (3, "false"), (4, "true"))
    assert mdp.states == cells
    assert {s: {a: mdp.successors(s, a) for a in mdp.actions(s)} for s in cells} == by_hand(cells)
    assert mdp.marks == {"init": (0,), "end": (0, 3)}  # no state is a deadlock
    assert (mdp.origin["variables"], mdp.origin["reward"]) == ("x,last", "kept, 'gold' of the file")
    # R(s) and R(s, a) add up: .5 in the first cell, −1 for leaving it, 3 for the last step, 2 in the last cell.
    gold = mp.given_rewards(mdp)
    told = {(cells.index(s) + 1, a): gold.of(s, a) for s in cells for a in mdp.actions(s)}
    assert told == {
        (1, "stay"): 0.5, (1, "right"): -0.5, (2, "left"): 0, (2, "right"): 0,
        (3, "left"): 0, (3, "right"): 3, (4, "left"): 2, (4, "stay"): 2,
    }  # fmt: skip
    assert not gold.on_transitions


def test_an_optimal_value_by_hand(read):
    """Back and forth between the last two cells is best: V₃ = 3 + γ V₄ and V₄ = 2 + γ (.9 V₃ + .1 V₄).

    At γ = .9, V₄ = 2 + .81 · 3 + (.81 · .9 + .09) V₄, so V₄ = 4.43/.181; to stay would be worth 20.
    """
    gold = mp.given_rewards(read(PRISM))
    values = mp.optimal_values(gold.mdp, gold, 0.9).values.ravel()
    assert values[2:] == pytest.approx([3 + 0.9 * 4.43 / 0.181, 4.43 / 0.181], abs=1e-9)


def test_storm_and_rows_and_any_order_are_the_same(read):
    mdp = read({"row.tra": TRA})
    assert mdp.states == (0, 1, 2, 3)
    assert read({"storm.tra": STORM_TRA, "storm.lab": STORM_LAB}).equals(mdp)
    assert read({"storm.txt": STORM_TRA}).equals(mdp)  # by its content
    rows = "4 8 11\n0 1:0 stay\n0 0.2:0 0.8:1 right\n1 1:0 left\n1 0.4:1 0.6:2 right\n2 1:1 left\n2 1:3 right\n"
    assert read({"rows.tra": rows + "3 0.9:2 0.1:3 left\n3 1:3 stay\n"}).equals(mdp)
    head, *lines = TRA.splitlines()[1:]
    mixed = read({"mixed.tra": head + "\r\n" + "\r".join(lines[::-1]) + "\n\n# the end"})  # and mixed line ends
    assert all(mixed.successors(s, a) == mdp.successors(s, a) for s in mdp.states for a in mdp.actions(s))


def test_a_block_read_by_columns_is_what_its_lines_are(read):
    """The second route of a block is line by line, which a comment inside the block leads to."""
    rng = np.random.default_rng(0)
    lines = []
    for s in range(200):
        for k in range(2):
            a, b = sorted(rng.choice(200, 2, replace=False).tolist())
            p = rng.random()
            lines += [f"{s} {k} {a} {p!r} x{k}", f"{s} {k} {b} {1 - p!r} x{k}"]
    head = "200 400 800\n"
    one = read({"a.tra": head + "\n".join(lines)})
    other = read({"b.tra": head + "\n".join([*lines[:77], "# here", *lines[77:]])})
    assert one.equals(other)
    assert one.n_pairs == 400


def test_chains_have_one_action(read):
    mdp = read({"die.tra": "# Transitions (DTMC)\n3 4\n0 1 1/3\n0 2 2/3\n1 1 1\n2 2 1\n"})
    assert (mdp.n_actions, mdp.successors(0, 0)) == (1, {1: 1 / 3, 2: 2 / 3})
    assert mdp.origin["format"] == "explicit files of PRISM, a Markov chain, one action a state"


def test_of_several_rewards_one_is_kept(read):
    files = {
        "m.tra": TRA,
        "m1.srew": SREW,
        "m2.srew": SREW.replace("gold", "time").replace("0 0.5", "0 7"),
        "m2.trew": TREW,
    }
    assert read(files).origin["reward"] == "not kept: the file has 2, 'gold', 'time'; reward= names one"
    for name in ("time", 2):
        assert mp.given_rewards(read(files, reward=name)).of(0, "right") == 6
    with pytest.raises(mp.ParameterError, match=r"no reward 'tome'; did you mean 'time'\?"):
        read(files, reward="tome")
    with pytest.raises(mp.ParameterError, match=r"is not a map but a \.tra file, and takes no slip"):
        read(files, slip=0.1)


def test_of_two_rewards_of_one_name_the_number_says_which(read):
    files = {"m.tra": TRA, "m1.srew": SREW, "m2.srew": SREW.replace("0 0.5", "0 7")}
    with pytest.raises(mp.ParameterError, match="has 2 rewards 'gold'; give its number, from 1"):
        read(files, reward="gold")
    assert mp.given_rewards(read(files, reward=2)).of(0, "right") == 7


def test_rewards_of_another_model_are_not_taken(read):
    """m1.srew is that of m1.tra, where this is there; the rewards of m are found all the same."""
    other = {"m1.tra": TRA, "m1.srew": SREW.replace("gold", "lead")}
    assert "reward" not in read({"m.tra": TRA, **other}).origin
    assert read({"m.tra": TRA, "m.srew": SREW, **other}).origin["reward"] == "kept, 'gold' of the file"


def test_rewards_of_storm_have_no_sizes(read):
    """The rewards of the row without their heads: R(s) and R(s, a) add up as they do in PRISM's files."""
    rewards = {f"m{end}": "".join(text.splitlines(True)[3:]) for end, text in ((".srew", SREW), (".trew", TREW))}
    gold = mp.given_rewards(read({"m.tra": STORM_TRA, **rewards}))
    with_sizes = mp.given_rewards(read({"n.tra": TRA, "n.srew": SREW, "n.trew": TREW}))
    assert gold.expected.tolist() == with_sizes.expected.tolist()
    assert gold.of(0, gold.mdp.actions(0)[1]) == -0.5
    chain = read({"c.tra": "dtmc\n0 1 1\n1 1 1\n", "c.srew": "1 2.5\n", "c.trew": "dtmc\n0 1 3\n"})
    assert mp.given_rewards(chain).expected.tolist() == [3, 2.5]
    with pytest.raises(mp.FileError, match=r"d.srew, line 2: the number must be a state, of which there are 2"):
        read({"d.tra": "mdp\n0 0 1 1\n1 0 1 1\n", "d.srew": "1 2.5\n5 1\n"})


def test_rewards_that_differ_by_successor_are_kept_as_such(read):
    gold = mp.given_rewards(read({"m.tra": TRA, "m.rew": "4 8 1\n0 1 1 5\n", "m.srew": "4 1\n0 1\n"}))
    assert gold.on_transitions
    assert (gold.of(0, "right", 1), gold.of(0, "right", 0), gold.of(0, "stay")) == (6, 1, 1)
    assert gold.of(0, "right") == pytest.approx(5 * 0.8 + 1)


def test_names_of_several_choices_are_told_apart(read):
    mdp = read({"m.tra": "2 3 3\n0 0 0 1 a\n0 1 1 1 a\n1 0 1 1 a\n"})
    assert mdp.actions(0) == ("a", "a#2")
    assert mdp.origin["changed"] == "1 action renamed, such as 'a#2': a state had several of one name"
    assert read({"n.tra": "1 2 2\n0 0 0 1\n0 1 0 1 a\n"}).actions(0) == ("a", 0)  # without a name: its number


def test_probabilities_that_were_rounded_when_printed(read):
    """Of six digits, three thirds miss 1 by a millionth: rescaled, and said. Of one digit it is a mistake."""
    text = "1 1 3\n0 0 0 0.333333\n0 0 0 0.333333\n0 0 0 0.333333\n"
    with pytest.warns(mp.MDPPowerWarning, match="sums to 1 only within 1.0e-06; rescaled"):
        assert read({"m.tra": text}).successors(0, 0) == {0: 1.0}
    with pytest.raises(mp.ModelError, match=r"probabilities sum to 0.9, not 1"):
        read({"m.tra": text.replace("333333", "3")})


def changed(**files):
    return {**PRISM, **{f"row.{suffix}": text for suffix, text in files.items()}}


BAD = {
    "do not add up": (changed(tra=TRA.replace("0.8", "0.7")), "line 4: state (1, 'false'), action 'right': probab"),
    "state out of range": (changed(tra=TRA.replace("2 1 3 1", "2 1 4 1")), "row.tra, line 10: the successor must be"),
    "far state": (changed(tra=TRA.replace("2 1 3 1", "2 1 99999999999999999999 1")), "line 10: the number must be"),
    "fewer": (changed(tra=TRA.replace("4 8 11", "4 8 12")), "line 2: the sizes say 12 transitions, and there are 11"),
    "choices": (changed(tra=TRA.replace("4 8 11", "4 7 11")), "line 2: the sizes say 7 choices, and there are 8"),
    "states": ({"row.tra": TRA.replace("4 8 11", "5 8 11")}, "line 2: state 4 has no action, a deadlock"),
    "a head that lies": (changed(tra=TRA.replace("4 8 11", "4 8 2000000000")), "which cannot stand in 195 bytes"),
    "one column less": (changed(tra=TRA.replace("1 0 0 1 left", "1 0 0")), "line 6: a line must be STATE CHOICE"),
    "negative": (changed(tra=TRA.replace("0.2", "-0.2")), "line 4: a probability must be in [0, 1], got '-0.2'"),
    "nan": (changed(tra=TRA.replace("0.2", "nan")), "line 4: the number must be a finite number"),
    "underscore": (changed(tra=TRA.replace("0.2", "0.2_0")), "line 4: the number must be a finite number"),
    "other digits": (changed(tra=TRA.replace("1 0 0 1 left", "١ 0 0 1 left")), "line 6: the number must be an int"),
    "interval": (changed(tra=TRA.replace("0.2", "[0.1,0.2]")), "line 4: a probability must be one number"),
    "two names": (changed(tra=TRA.replace("0.8 right", "0.8 up")), "line 5: choice 1 of state 0 has two names"),
    "no sizes": (changed(tra="hello\n"), "line 1: the numbers of states, choices and transitions must stand here"),
    "empty": (changed(tra=""), "line 1: there are no transitions"),
    "imdp": (changed(tra=TRA.replace("(MDP)", "(IMDP)")), "line 1: the file is of an interval model, and no MDP"),
    "ctmc": (changed(tra="# Transitions (CTMC)\n2 2\n0 1 5\n1 0 7\n"), "line 1: the file is of a continuous-time"),
    "pomdp": (changed(tra="4 8 11 2\n" + TRA), "line 1: the file is of a POMDP, and no MDP"),
    "sta line": (changed(sta=STA.replace("1:(2,false)", "1:(2)")), "row.sta, line 4: NUMBER:(VALUE,…) with 2 values"),
    "sta twice": (changed(sta=STA.replace("1:(", "0:(")), "row.sta, line 4: state 0 stands there twice"),
    "sta missing": (changed(sta="(x)\n0:(1)\n"), "row.sta, line 1: state 1 has no name, one of 3 of 4"),
    "sta range": (changed(sta=STA.replace("3:(", "4:(")), "row.sta, line 6: there is no state 4, as there are 4"),
    "lab head": (changed(lab="0: 0\n"), "row.lab, line 1: labels must stand here"),
    "lab": (changed(lab=LAB.replace("3: 2", "3: 7")), "row.lab, line 4: label '7' is not declared"),
    "lab colon": (changed(lab=LAB.replace("3: 2", ":")), "row.lab, line 4: the number must be an integer"),
    "srew count": (changed(srew=SREW.replace("4 2", "4 3")), "row.srew, line 3: the sizes say 3 rewards, and there"),
    "srew states": (changed(srew=SREW.replace("4 2", "3 2")), "row.srew, line 3: the sizes say 3 states, and the"),
    "srew value": (changed(srew=SREW.replace("0.5", "much")), "row.srew, line 4: the number must be a finite number"),
    "trew choice": (changed(trew=TREW.replace("2 1 3 3", "2 7 3 3")), "row.trew, line 6: state 2 has no choice 7"),
    "trew successor": (changed(trew=TREW.replace("2 1 3 3", "2 1 0 3")), "row.trew, line 6: state 2 does not lead"),
    "srew twice": (changed(srew=SREW.replace("3 2\n", "0 2\n")), "row.srew, line 5: the reward is 2.0, and"),
    "trew twice": (changed(trew=TREW.replace("1 1 -1", "1 0 2")), "row.trew, line 5: the reward is 2.0, and"),
    "names twice": (changed(sta="(x,y)\n0:(1,1)\n1:(1,2)\n2:(2,1)\n3:(01,2)\n"), "row.sta, line 5: state label"),
    "observations": (changed(obs="(x)\n"), "is a POMDP, as "),
}  # fmt: skip


@pytest.mark.parametrize("name", BAD)
def test_bad_files_are_refused_with_file_and_line(read, name, tmp_path):
    files, told = BAD[name]
    with pytest.raises((mp.FileError, mp.ModelError)) as caught:
        read(files)
    assert told in str(caught.value)
    assert str(tmp_path) in str(caught.value)


def test_sizes_beyond_all_indices(read):
    for sizes in ("3000000000 1 1", "1 3000000000 1", "1 1 3000000000"):
        with pytest.raises(mp.SizeError, match=r"m.tra, line 1: .*more than 2\*\*31 - 1"):
            read({"m.tra": sizes + "\n0 0 0 1\n"})
