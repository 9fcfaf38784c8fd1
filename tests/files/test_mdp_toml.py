"""MDPs as TOML: written by hand, and every slip of the pen named."""

from __future__ import annotations

import numpy as np
import pytest

import mdppower as mp
from mdppower.files.mdp_toml import parse_toml, to_toml

BET = """
format = "mdppower-mdp"
schema = 1

[[state]]
label = "bet"
at = [0, 0]
marks = ["start"]
actions = [
    { label = "safe", to = "won" },
    { label = "risky", chances = [["won", 0.4], ["lost", 0.6]] },
]

[[state]]
label = "won"
at = [0, 1]
actions = [{ label = "stay", to = "won" }]

[[state]]
label = "lost"
at = [1, 1]
actions = [{ label = "stay", to = "lost" }]
"""


@pytest.fixture
def read(tmp_path):
    def read(text):
        (tmp_path / "m.toml").write_text(text, encoding="utf-8")
        return mp.load(tmp_path / "m.toml")

    return read


def test_a_file_written_by_hand(read):
    mdp = read(BET)
    assert mdp.states == ("bet", "won", "lost")
    assert mdp.successors("bet", "risky") == {"won": 0.4, "lost": 0.6}
    assert mdp.index("start") == 0
    assert mdp.layout.tolist() == [[0, 0], [0, 1], [1, 1]]
    # The optimal action is to play safe where R(won) > R(lost), and to gamble otherwise:
    # POWER(bet) = E max(w, .4 w + .6 l) = E w + .6 E max(0, l − w) = 1/2 + .6/6 = 3/5, at every γ.
    estimate = mp.power(mdp, 0.5, rng=0)
    low, high = estimate.interval(0.999)
    assert low[0] < 0.6 < high[0]


def test_written_text_is_canonical(read):
    mdp = read(BET)
    assert to_toml(read(to_toml(mdp))) == to_toml(mdp)


BAD = {
    "no toml": ("\na = x", mp.FileError, "m.toml is not TOML: .*line 2"),
    "no format": ("schema = 1", mp.FileError, "is not an MDP of mdppower"),
    "newer": (BET.replace("schema = 1", "schema = 2"), mp.FileError, r"newer mdppower \(schema 2"),
    "schema": (BET.replace("schema = 1", 'schema = "x"'), mp.FileError, "schema must be a positive integer, got 'x'"),
    "no state": ('format = "mdppower-mdp"\nschema = 1', mp.ModelError, r"\[\[state\]\] must be one or more tables"),
    "top key": ('colour = "red"' + BET, mp.ModelError, "the top of the file: unknown key 'colour'"),
    "state key": (BET.replace("marks", "mark"), mp.ModelError, "state 'bet': unknown key 'mark'"),
    "action key": (BET.replace('to = "lost"', 'too = "lost"'), mp.ModelError, "unknown key 'too'"),
    "label twice": (BET.replace('label = "lost"', 'label = "won"'), mp.ModelError, "label 'won' is used twice"),
    "no label": (BET.replace('label = "lost"\n', ""), mp.ModelError, "state number 3 has no label"),
    "float label": (BET.replace('label = "lost"', "label = 0.5"), mp.ModelError, "label 0.5 is a float"),
    "successor": (BET.replace('"lost", 0.6', '"loss", 0.6'), mp.ModelError, "'risky': successor 'loss' is not a"),
    "sum": (BET.replace("0.6", "0.5"), mp.ModelError, "state 'bet', action 'risky': probabilities sum to 0.9"),
    "negative": (BET.replace("0.6", "-0.6"), mp.ModelError, "probability of successor 'lost' is -0.6"),
    "nan": (BET.replace("0.6", "nan"), mp.ModelError, "is nan"),
    "text": (BET.replace("0.6", '"much"'), mp.ModelError, "chances must be pairs"),
    "true": (BET.replace("0.6", "true"), mp.ModelError, "chances must be pairs"),
    "both": (BET.replace('to = "lost"', 'to = "lost", chances = []'), mp.ModelError, "either 'to' or 'chances'"),
    "neither": (BET.replace(', to = "lost"', ""), mp.ModelError, "either 'to' or 'chances'"),
    "empty": (BET.replace('to = "lost"', "chances = []"), mp.ModelError, r"pairs .*got \[\]"),
    "some at": (BET.replace("at = [1, 1]", ""), mp.ModelError, "state 'lost' has no 'at'"),
    "bad at": (BET.replace("at = [1, 1]", "at = [1]"), mp.ModelError, "state 'lost': at must be two numbers"),
    "true at": (BET.replace("at = [1, 1]", "at = [1, true]"), mp.ModelError, "state 'lost': at must be two numbers"),
    "huge at": (
        BET.replace("at = [1, 1]", f"at = [1, 1{'0' * 400}]"),
        mp.ModelError,
        r"at must be two numbers .* within ± 2\*\*30",
    ),
    "huge": (BET.replace("0.6", "1" + "0" * 400), mp.ModelError, "a probability is beyond all bounds"),
    "digits": (BET.replace('"lost"', "9" * 5000), mp.FileError, "is not TOML"),
    "actions text": (
        'actions = "go"' + BET,
        mp.ModelError,
        "actions at the top must be an array of labels",
    ),
    "origin number": (BET + "[origin]\na = 1", mp.ModelError, "must be a table of strings"),
    "marks": (BET.replace('["start"]', '"start"'), mp.ModelError, "marks of state 'bet' must be strings"),
    "actions": (BET.replace('[{ label = "stay", to = "lost" }]', "3"), mp.ModelError, "actions of state 'lost'"),
    "origin": ("origin = 3" + BET, mp.ModelError, "origin"),
}


@pytest.mark.parametrize("name", BAD)
def test_bad_files_are_refused_with_file_state_and_value(read, name):
    text, error, message = BAD[name]
    with pytest.raises(error, match=message) as caught:
        read(text)
    assert "m.toml" in str(caught.value)


def test_a_byte_order_mark_is_no_harm(tmp_path):
    (tmp_path / "m.toml").write_text(BET, encoding="utf-8-sig")
    assert mp.load(tmp_path / "m.toml").n_states == 3


def test_bytes_that_are_no_text(tmp_path):
    (tmp_path / "m.toml").write_bytes(b"\xff\xfe\x00")
    with pytest.raises(mp.FileError, match=r"m\.toml is not TOML"):
        mp.load(tmp_path / "m.toml")


def test_large_mdps_are_for_netcdf():
    with pytest.raises(mp.SizeError, match=r"too many for TOML; save the MDP as \.nc"):
        to_toml(mp.envs.make("open(200,200)"))


# ---------------------------------------------------------------------- the reward of an environment


def rewarded(first: str, second: str = "to = 'b', reward = 0") -> bytes:
    return f"""
format = "mdppower-mdp"
schema = 1
[[state]]
label = "a"
actions = [{{ label = "go", {first} }}]
[[state]]
label = "b"
actions = [{{ label = "stay", {second} }}]
""".encode()


def test_rewards_are_read_where_they_are_written():
    # In the file b comes first; in the kernel a. Each reward stays with its successor.
    mdp = parse_toml(rewarded("chances = [['b', 0.25], ['a', 0.75]], reward = [4, -1.5]"), "x")
    given = mp.given_rewards(mdp)
    assert (given.of("a", "go", "b"), given.of("a", "go", "a"), given.of("b", "stay")) == (4.0, -1.5, 0.0)
    assert given.of("a", "go") == 0.25 * 4 - 0.75 * 1.5
    assert mdp.origin["reward"] == "kept, as the file has it"
    one = mp.given_rewards(parse_toml(rewarded("chances = [['b', 0.25], ['a', 0.75]], reward = 3"), "x"))
    assert not one.on_transitions
    assert one.values.tolist() == [3.0, 0.0]


@pytest.mark.parametrize("terminated", ["absorb", "sink"])
def test_rewards_of_an_environment_come_back(terminated):
    # Of pairs (the cliff) and of transitions (the lake), bit for bit; the MDP itself is as before.
    for name in ("CliffWalking-v1", "FrozenLake-v1"):
        mdp = mp.from_gymnasium(name, terminated=terminated)
        again = parse_toml(to_toml(mdp).encode(), "x")
        assert again.equals(mdp)
        assert again.origin == mdp.origin
        assert mp.given_rewards(again).on_transitions == (name == "FrozenLake-v1")
        assert np.array_equal(mp.given_rewards(again).values, mp.given_rewards(mdp).values)
    assert "reward" not in to_toml(mp.envs.fork(2))


@pytest.mark.parametrize(
    ("first", "second", "told"),
    [
        ("to = 'b', reward = 1", "to = 'b'", "state 'b', action 'stay' has no reward, unlike the actions before"),
        ("to = 'b'", "to = 'b', reward = 1", "state 'b', action 'stay' has a reward, unlike the actions before"),
        ("to = 'b', reward = 'much'", "to = 'b', reward = 1", "reward must be a number, .* got 'much'"),
        ("to = 'b', reward = true", "to = 'b', reward = 1", "reward must be a number"),
        ("to = 'b', reward = inf", "to = 'b', reward = 1", "reward must be a number"),
        ("to = 'b', reward = [1, 2]", "to = 'b', reward = 1", "or one for each of 1 chances"),
        (
            "chances = [['b', 0.5], ['b', 0.5]], reward = [1, 2]", "to = 'b', reward = 1",
            "state 'a', action 'go': successor 'b' has two rewards",
        ),
    ],
)  # fmt: skip
def test_what_is_no_reward(first, second, told):
    with pytest.raises(mp.ModelError, match=told):
        parse_toml(rewarded(first, second), "x")
