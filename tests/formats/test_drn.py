"""DRN of Storm: the row of four cells by hand, by PRISM's files, and back; all else is refused by its line."""

from __future__ import annotations

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from model_files import DRN, PRISM, SPREADS
from strategies import mdps

import mdppower as mp
from mdppower.formats.drn_text import drn_parts


@pytest.fixture
def read(tmp_path):
    def read(text, name="row.drn", **options):
        (tmp_path / name).write_text(text, encoding="utf-8", newline="")
        return mp.envs.make(tmp_path / name, **options)

    return read


def test_what_stands_in_it(read):
    mdp = read(DRN)
    assert mdp.states == (1, 2, 3, 4)  # the comments below the states
    by_number = {
        int(s): {a: {int(t): p for t, p in spread.items()} for a, spread in x.items()} for s, x in SPREADS.items()
    }
    assert {s: {a: mdp.successors(s, a) for a in mdp.actions(s)} for s in mdp.states} == by_number
    assert mdp.marks == {"init": (0,), "end": (0, 3), "far right": (3,)}
    gold = mp.given_rewards(mdp)
    assert [gold.of(1, "right"), gold.of(3, "right"), gold.of(4, "left")] == [-0.5, 3, 2]


@pytest.mark.slow
def test_prism_says_the_same(read, tmp_path):
    """The second route: POWER of both files, and the optimal values of the reward that both keep."""
    for name, text in PRISM.items():
        (tmp_path / name).write_text(text)
    one, other = read(DRN), mp.load(tmp_path / "row.tra")
    powers = [mp.power(m, [0.5, 0.9], samples=64, rng=0).mean for m in (one, other)]
    assert abs(powers[0] - powers[1]).max() < 1e-9
    values = [mp.optimal_values(m, mp.given_rewards(m), 0.9).values for m in (one, other)]
    assert abs(values[0] - values[1]).max() < 1e-9


@pytest.mark.slow
@settings(max_examples=25)
@given(mdps())
def test_what_is_written_is_read(tmp_path_factory, mdp):
    path = tmp_path_factory.mktemp("drn") / "m.drn"
    mdp.save(path)
    again = mp.load(path)
    assert again.equals(mdp)
    assert again.fingerprint == mdp.fingerprint
    assert again.kernel.data.tolist() == mdp.kernel.data.tolist()  # all digits


LABELS = st.recursive(
    st.one_of(
        st.text(max_size=5), st.integers(-(10**20), 10**20), st.sampled_from(["(0, 1)", "7", "[1]", '"', "a b"])
    ),
    lambda inner: st.lists(inner, max_size=3).map(tuple),
    max_leaves=4,
)


@pytest.mark.slow
@settings(max_examples=25)
@given(
    st.lists(LABELS, min_size=2, max_size=4, unique_by=repr), st.lists(LABELS, min_size=2, max_size=3, unique_by=repr)
)
def test_any_labels_are_read_as_they_were(tmp_path_factory, states, actions):
    path = tmp_path_factory.mktemp("drn") / "m.drn"
    mdp = mp.RewardlessMDP.from_successors({s: dict.fromkeys(actions, states[0]) for s in states})
    mdp.save(path)
    again = mp.load(path)
    assert again.equals(mdp)
    assert [again.actions(s) for s in again.states] == [mdp.actions(s) for s in mdp.states]


def test_labels_rewards_and_storms_words(read, tmp_path):
    mdp = read(DRN)
    mdp.save(tmp_path / "again.drn")
    again = mp.load(tmp_path / "again.drn")
    assert again.equals(mdp)
    assert again.marks == mdp.marks
    assert (mp.given_rewards(again).values == mp.given_rewards(mdp).values).all()
    # Without comments, states have numbers; Storm's word for no label makes an action a number.
    plain = read(
        "\n".join(line for line in DRN.splitlines() if not line.startswith("//")).replace("stay", "__NOLABEL__")
    )
    assert plain.states == (0, 1, 2, 3)
    assert set(plain.actions(3)) == {1, "left"}
    placeholders = DRN.replace("@nr_states", "@placeholders\n$p : 0.8\n$q : 1/5\n@nr_states")
    assert read(
        placeholders.replace(": 0.8", ": $p", 1).replace("$p : $p", "$p : 0.8").replace(": 0.2", ": $q")
    ).equals(mdp)


def test_a_chain_has_one_action(read):
    text = "@type: DTMC\n@nr_states\n1\n@model\nstate 0\n\taction a\n\t\t0 : 1\n\taction b\n\t\t0 : 1\n"
    with pytest.raises(
        mp.FileError, match=r"line 8: state 0 has two actions, and the file is of a chain: @type: MDP"
    ):
        read(text)
    text = "@type: DTMC\n@nr_states\n2\n@model\nstate 0 init\n\t0 : 1/4\n\t1 : 3/4\nstate 1\n\taction 0\n\t\t1 : 1\n"
    assert read(text).successors(0, 0) == {0: 0.25, 1: 0.75}


def test_a_reward_by_successors_is_written_as_its_expectation(tmp_path):
    lake = mp.from_gymnasium("FrozenLake-v1")
    with pytest.warns(mp.MDPPowerWarning, match="depends on successors, for which DRN has no place"):
        lake.save(tmp_path / "lake.drn")
    again = mp.given_rewards(mp.load(tmp_path / "lake.drn"))
    assert (again.values == mp.given_rewards(lake).expected).all()


def test_the_first_state_is_where_storm_begins():
    text = b"".join(drn_parts(mp.envs.fork(2))).decode()
    assert text.count(" init") == 1
    assert "state 0 init\n//root\n" in text


@pytest.mark.parametrize("mark", ['say "x"', "", "a\nb"])
def test_marks_that_are_no_labels(mark, tmp_path):
    mdp = mp.RewardlessMDP.from_pairs([0], [[1.0]], marks={mark: [0]})
    with pytest.raises(mp.FileError, match="cannot be a label in DRN"):
        mdp.save(tmp_path / "m.drn")
    assert not (tmp_path / "m.drn").exists()


BAD = {
    "sum": (DRN.replace("1 : 0.8", "1 : 0.7"), "line 18: state 1, action 'right': probabilities sum to 0.9, not 1"),
    "out of range": (DRN.replace("3 : 1\n", "4 : 1\n", 1), "line 33: the successor must be a state, of"),
    "negative": (DRN.replace("0 : 0.2", "0 : -0.2"), "line 19: a probability must be in [0, 1], got '-0.2'"),
    "more states": (DRN.replace("\n4\n", "\n3\n"), "line 33: the successor must be a state, of which the head says"),
    "fewer states": (DRN.replace("\n4\n", "\n5\n"), "line 9: the head says 5 states, and there are 4"),
    "more choices": (DRN.replace("\n8\n", "\n7\n"), "line 39: the number of choices must be at most 7"),
    "fewer choices": (DRN.replace("\n8\n", "\n9\n"), "line 11: the head says 9 choices, and there are 8"),
    "a head that lies": (DRN.replace("\n4\n", "\n2000000000\n"), "line 9: the sizes say 2,000,000,000 states, which"),
    "order": (DRN.replace("state 1 ", "state 2 "), "line 21: the number of the state must be 1, as states stand in"),
    "pomdp": (DRN.replace("@type: MDP", "@type: POMDP"), "line 3: the model is a POMDP, and no MDP"),
    "ma": (DRN.replace("@type: MDP", "@type: Markov Automaton"), "line 3: the model is a Markov automaton"),
    "interval": (DRN.replace("double", "double-interval"), "line 4: the model is an interval model, and no MDP"),
    "parameters": (DRN.replace("@parameters\n", "@parameters\np q"), "line 6: the model has parameters, 'p q'"),
    "section": (DRN.replace("@nr_choices", "@nof_choices"), "line 11: there is no section '@nof_choices'"),
    "twice": (DRN.replace("@parameters", "@nr_states\n4"), "@nr_states stands there twice"),
    "no model": (DRN.partition("@model")[0], "the file ends before @model"),
    "no states": (DRN.replace("@nr_states\n4\n", ""), "there is no @nr_states before @model"),
    "bracket": (DRN.replace("[0.5]", "[0.5"), "line 14: the list of rewards must be closed by ]"),
    "rewards": (DRN.replace("[0.5]", "[0.5, 1]"), "line 14: the list of rewards must be of at most 1"),
    "quotes": (DRN.replace('right"', "right"), "line 34: a label must be in two quotation marks"),
    "leads nowhere": (DRN.replace("\t\t3 : 1\n", ""), "line 32: state 3, action 'right' leads nowhere"),
    "words": (DRN.replace("state 1 [0]", "states 1"), "line 21: a line must be state NUMBER, got 'states 1'"),
    "utf-16": (DRN.encode("utf-16").decode("latin-1"), "is UTF-16 text; save it as UTF-8"),
}  # fmt: skip


@pytest.mark.parametrize("name", BAD)
def test_bad_files_are_refused_with_file_and_line(name, tmp_path):
    text, told = BAD[name]
    (tmp_path / "bad.drn").write_bytes(text.encode("latin-1" if name == "utf-16" else "utf-8"))
    with pytest.raises((mp.FileError, mp.ModelError)) as caught:
        mp.load(tmp_path / "bad.drn")
    assert told in str(caught.value)
    assert str(caught.value).startswith(f"{tmp_path / 'bad.drn'}, line ")


def test_sizes_beyond_all_indices(read):
    with pytest.raises(mp.SizeError, match=r"line 9: .*5,000,000,000 states, more than 2\*\*31 - 1"):
        read(DRN.replace("\n4\n", "\n5000000000\n"))
