"""Long tables, one transition a row: one MDP in any order of rows and columns; what is none is named by its row."""

import warnings

import numpy as np
import pandas as pd
import pytest
from hypothesis import given
from hypothesis import strategies as st
from strategies import mdps

import mdppower as mp
from mdppower import MDPPowerWarning, ModelError, RewardError, RewardlessMDP

BET = {
    "state": ["bet", "bet", "bet", "won", "lost"],
    "action": ["safe", "risky", "risky", "stay", "stay"],
    "successor": ["won", "won", "lost", "won", "lost"],
    "probability": [1, 0.25, 0.75, 1, 1],
}


def bet():
    return RewardlessMDP.from_successors(
        {
            "bet": {"safe": "won", "risky": {"won": 0.25, "lost": 0.75}},
            "won": {"stay": "won"},
            "lost": {"stay": "lost"},
        }
    )


def columns_of(mdp):
    rows = [(*mdp.pair_label(p), t, x) for p in range(mdp.n_pairs) for t, x in mdp.pair_successors(p).items()]
    return {name: [row[k] for row in rows] for k, name in enumerate(["state", "action", "successor", "probability"])}


def test_whatever_holds_them():
    records = np.rec.fromarrays([np.array(column) for column in BET.values()], names=list(BET))
    frame = pd.DataFrame(BET)
    for columns in (
        BET,
        {name: np.array(column) for name, column in reversed(BET.items())},
        frame,
        frame[["probability", "successor", "state", "action"]],
        frame.astype({"state": "category", "action": "string"}),
        frame.set_index(pd.Index([9, 9, 7, 5, 3])),
        records,
        np.asarray(records),
        frame.to_xarray(),
    ):
        assert RewardlessMDP.from_columns(columns).equals(bet())


def test_names_of_columns():
    frame = pd.DataFrame(BET).rename(columns={"state": "s", "successor": "s'", "probability": "p"})
    assert RewardlessMDP.from_columns(frame, state="s", successor="s'", probability="p").equals(bet())
    with pytest.raises(ModelError, match=r"no column 'state' of states; columns are 's', .*state='…' says which"):
        RewardlessMDP.from_columns(frame)
    with pytest.raises(ModelError, match="no column 'chance' of probabilities"):
        RewardlessMDP.from_columns(BET, probability="chance")
    with pytest.raises(ModelError, match=r"it is in the index: reset_index"):
        RewardlessMDP.from_columns(pd.DataFrame(BET).set_index("state"))
    with pytest.raises(ModelError, match="there are 2 columns 'state'"):
        RewardlessMDP.from_columns(pd.concat([pd.DataFrame(BET), pd.DataFrame({"state": [0] * 5})], axis=1))


def test_columns_that_are_not_read_are_told():
    with pytest.warns(MDPPowerWarning, match=r"does not read 'note', 7$"):
        RewardlessMDP.from_columns({**BET, "note": ["?"] * 5, 7: [0] * 5})
    with pytest.warns(MDPPowerWarning, match="does not read 'p'; probability='…' names the column of probabilities"):
        RewardlessMDP.from_columns({"state": [0], "action": [0], "successor": [0], "p": [1]})


def test_without_probabilities_everything_is_certain():
    mdp = RewardlessMDP.from_columns({"state": [0, 0, 1], "action": ["l", "r", "l"], "successor": [0, 1, 1]})
    assert mdp.equals(RewardlessMDP.from_successors({0: {"l": 0, "r": 1}, 1: {"l": 1}}))
    with pytest.raises(ModelError, match="state 0, action 'l': rows 0 and 2 have two successors, and no column says"):
        RewardlessMDP.from_columns({"state": [0, 1, 0], "action": ["l", "l", "l"], "successor": [0, 1, 1]})
    with pytest.raises(ModelError, match="state 0, action 'l', successor 0: rows 0 and 2 are the same"):
        RewardlessMDP.from_columns({"state": [0, 1, 0], "action": ["l", "l", "l"], "successor": [0, 1, 0]})


def test_rows_that_are_the_same_add_up():
    # As in tables of outcomes: two of them lead to "won".
    twice = {name: [*column, column[1]] for name, column in BET.items()} | {
        "probability": [1, 0.125, 0.75, 1, 1, 0.125]
    }
    assert RewardlessMDP.from_columns(twice).equals(bet())
    frame = pd.concat([pd.DataFrame(BET)] * 2)
    with pytest.raises(
        ModelError, match=r"'bet', action 'safe': .* sum to 2, not 1 \(rows 0, 5\); some of these rows"
    ):
        RewardlessMDP.from_columns(frame)


def test_a_chance_of_zero_is_none():
    more = {name: [*column, *extra] for (name, column), extra in zip(
        BET.items(), (["bet"], ["safe"], ["lost"], [0.0]), strict=True)}  # fmt: skip
    assert RewardlessMDP.from_columns(more).equals(bet())


def test_order_of_states_and_actions():
    # Integers ascend; others come as they appear; `states=` and `actions=` say another order.
    mdp = RewardlessMDP.from_columns({"state": [7, 3, 5], "action": [1, 0, 1], "successor": [3, 3, 7]})
    assert (mdp.states, mdp.action_names) == ((3, 5, 7), (0, 1))
    ordered = RewardlessMDP.from_columns(BET, states=["lost", "won", "bet"], actions=["stay", "safe", "risky"])
    assert ordered.states == ("lost", "won", "bet")
    assert ordered.actions("bet") == ("safe", "risky")
    with pytest.raises(ModelError, match=r"row 4: state 'lost' is none of states=: 'bet', 'won'"):
        RewardlessMDP.from_columns(BET, states=["bet", "won"])
    with pytest.raises(ModelError, match=r"row 0: action 'safe' is none of actions=: 'risky', 'stay'"):
        RewardlessMDP.from_columns(BET, actions=["risky", "stay"])
    with pytest.raises(ModelError, match="state 'else' has no action: it is one of states=, but no row begins in it"):
        RewardlessMDP.from_columns(BET, states=["bet", "won", "lost", "else"])
    with pytest.raises(ModelError, match="state label 'bet' is used twice"):
        RewardlessMDP.from_columns(BET, states=["bet", "won", "lost", "bet"])
    numbered = RewardlessMDP.from_columns({"state": [0, 1], "action": [0, 0], "successor": [1, 1]}, states=range(2))
    assert numbered.has_default_labels


def test_a_million_states_in_a_table_of_integers_keep_default_labels():
    n = 1000
    mdp = RewardlessMDP.from_columns({"state": np.arange(n), "action": np.zeros(n), "successor": np.arange(n)[::-1]})
    assert mdp.has_default_labels


def test_rewards_are_kept():
    by_pair = mp.given_rewards(RewardlessMDP.from_columns({**BET, "reward": [1, 2, 2, 3, 4]}))
    assert not by_pair.on_transitions
    assert by_pair.values.tolist() == [1, 2, 3, 4]
    shuffled = pd.DataFrame({**BET, "r": [1, 2, 8, 3, 4]}).iloc[::-1]
    mdp = RewardlessMDP.from_columns(
        shuffled, reward="r", states=["bet", "won", "lost"], actions=["safe", "risky", "stay"]
    )
    kept = mp.given_rewards(mdp)
    assert kept.on_transitions
    assert (kept.of("bet", "risky", "won"), kept.of("bet", "risky", "lost")) == (2, 8)
    assert kept.of("bet", "risky") == 0.25 * 2 + 0.75 * 8
    assert mdp.origin["reward"] == "kept, a function of state, action and successor"
    # What cannot happen earns nothing, whatever stands there.
    never = {name: [*column, *extra] for (name, column), extra in zip(
        {**BET, "reward": [1, 2, 2, 3, 4]}.items(), (["bet"], ["safe"], ["won"], [0.0], [np.nan]), strict=True
    )}  # fmt: skip
    assert mp.given_rewards(RewardlessMDP.from_columns(never)).values.tolist() == [1, 2, 3, 4]
    with pytest.raises(RewardError, match=r"row 2: reward is nan, no finite number"):
        RewardlessMDP.from_columns({**BET, "reward": [1, 2, np.nan, 3, 4]})
    twice = {name: [*column, column[1]] for name, column in BET.items()} | {
        "probability": [1, 0.125, 0.75, 1, 1, 0.125]
    }
    with pytest.raises(
        RewardError, match=r"'risky', successor 'won': reward is 2.0 and 5.0 in rows that are the same"
    ):
        RewardlessMDP.from_columns({**twice, "reward": [1, 2, 2, 3, 4, 5]})


@pytest.mark.parametrize(
    ("change", "told"),
    [
        ({"probability": [1, 0.25, 0.7, 1, 1]}, r"^state 'bet', action 'risky': .* 0.95, not 1 \(rows 1, 2\)$"),
        ({"probability": [1, 0.25, 0.75, 0.5, 1]}, r"^state 'won', action 'stay': .* sum to 0.5, not 1 \(row 3\)$"),
        ({"probability": [1, -0.25, 1.25, 1, 1]}, r"^row 1: probability is -0.25 \(state 'bet', action 'risky'"),
        ({"probability": [1, 0.25, np.nan, 1, 1]}, "^row 2: probability is nan"),
        ({"probability": [1, np.inf, np.nan, 1, 1]}, "^row 1: probability is inf"),
        ({"probability": ["1"] * 5}, "probability is not an array of numbers: it holds text"),
        ({"probability": [1, 1]}, "^column 'probability' of probabilities has 2 rows, that of states 5$"),
        ({"action": ["a"]}, "^column 'action' of actions has 1 rows, that of states 5$"),
        ({"action": "safe"}, "^column 'action' must be an array, got 'safe'$"),
        ({"successor": ["won", "won", "hell", "won", "lost"]}, r"^state 'hell' has no action: .* successor of row 2"),
        ({"state": ["bet", "bet", None, "won", "lost"]}, "^row 2: state is missing"),
        ({"successor": ["won", float("nan"), "lost", "won", "lost"]}, "^row 1: successor is missing"),
        ({"action": ["safe", [1], [1], "stay", "stay"]}, r"row 1: action \[1\] is a list, .*: write"),
        ({"action": ["safe", {1: 2}, {1: 2}, "stay", "stay"]}, "row 1: action .* a dict, which cannot be a label$"),
        ({"action": np.zeros((5, 2, 2))}, "must be one-dimensional"),
        ({"action": np.array([b"a"] * 5)}, "holds bytes"),
        ({"probability": np.ma.masked_array([1, 0, 1, 1, 1.0], [0, 1, 0, 0, 0])}, "has 1 masked entries"),
    ],
)  # fmt: skip
def test_what_is_no_table(change, told):
    with pytest.raises(ModelError, match=told) as error:
        RewardlessMDP.from_columns({**BET, **change})
    assert "\n" not in str(error.value)


@pytest.mark.parametrize("columns", [[1, 2], 3, "state", pd.DataFrame, np.zeros((2, 3)), None])
def test_what_has_no_columns(columns):
    with pytest.raises(ModelError, match="columns must be a mapping from names to arrays, or a data frame, got a "):
        RewardlessMDP.from_columns(columns)


def test_no_rows():
    with pytest.raises(ModelError, match="no row"):
        RewardlessMDP.from_columns({"state": [], "action": [], "successor": []})


@pytest.mark.slow
@given(mdps(), st.data())
def test_round_trip_in_any_order(mdp, data):
    columns = columns_of(mdp)
    order = data.draw(st.permutations(range(len(columns["state"]))))
    shuffled = {name: [columns[name][k] for k in order] for name in data.draw(st.permutations(list(columns)))}
    again = RewardlessMDP.from_columns(shuffled, states=mdp.states, actions=mdp.action_names)
    assert again.equals(mdp)
    assert again.fingerprint == mdp.fingerprint
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        assert RewardlessMDP.from_columns(pd.DataFrame(shuffled), states=mdp.states, actions=mdp.action_names).equals(
            mdp
        )


def test_masked_entries_in_lists_of_lists():
    """NumPy would use what lies under the mask; how deep it lies does not matter."""
    hidden = np.ma.masked_array([0, 1], [False, True])
    for column in ([hidden, hidden], [(0, 1), hidden], [(0, np.ma.masked), (0, 1)]):
        with pytest.raises(ModelError, match="state has 1 masked entries"):
            RewardlessMDP.from_columns({"state": column, "action": [0, 0], "successor": [(0, 1), (0, 1)]})
