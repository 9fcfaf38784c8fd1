"""Gymnasium in: against QuantEcon on the environments' own tables, what termination becomes, and the check."""

import subprocess
import sys

import gymnasium
import numpy as np
import pytest
from gymnasium import wrappers
from gymnasium.envs.toy_text.frozen_lake import FrozenLakeEnv
from gymnasium_tables import ENVIRONMENTS, Chain, chain, make
from quantecon.markov import DiscreteDP

import mdppower as mp
from mdppower.adapters.from_gymnasium import from_gymnasium
from mdppower.adapters.gymnasium_make import make_environment
from mdppower.adapters.gymnasium_wrappers import NEUTRAL

TWINS = [((0, 0, 0, 0), "done"), ((0, 4, 1, 1), "done"), ((4, 0, 2, 2), "done"), ((4, 3, 3, 3), "done")]


# ---------------------------------------------------------------------- against QuantEcon


def quantecon_values(table, ended, rewards, gamma):
    """(1 − γ) V for each row of rewards, from P itself.

    A terminated transition into s goes to state ended[s] ≥ S, which is never left.
    """
    n_states, n_actions = rewards.shape[1], max(len(actions) for actions in table.values())
    kernel = np.zeros((n_states, n_actions, n_states))
    kernel[range(len(table), n_states), :, range(len(table), n_states)] = 1
    for s, actions in table.items():
        for a, outcomes in actions.items():
            for probability, successor, _, terminated in outcomes:
                kernel[s, a, ended[successor] if terminated else successor] += probability
    by_pair = [np.repeat(reward[:, None], n_actions, axis=1) for reward in rewards]
    return [(1 - gamma) * DiscreteDP(reward, kernel, gamma).solve("policy_iteration").v for reward in by_pair]


@pytest.mark.slow
@pytest.mark.parametrize("terminated", ["absorb", "sink", "continue"])
@pytest.mark.parametrize("name", ENVIRONMENTS)
def test_optimal_values_are_quantecons(name, terminated):
    # "absorb" says that the episode stays for ever where it ended. Taken literally: each state s of P has a twin
    # S + s with the same reward, which is never left, and every terminated transition into s goes there. We make
    # far fewer: where s itself became absorbing, it is its own twin.
    env = make(name)
    table, gamma = env.unwrapped.P, 0.95
    n, mdp = len(table), from_gymnasium(env, terminated=terminated)
    rewards = np.random.default_rng(5).random((2, mdp.n_states))
    values = mp.optimal_values(mdp, rewards, gamma).normalised
    twin = list(range(n))
    for label in TWINS if terminated == "absorb" and "taxi" in name else []:
        twin[mdp.index(label[0])] = mdp.index(label)
    ends = {"absorb": range(n, 2 * n), "sink": [n] * n, "continue": range(n)}[terminated]
    alive = np.setdiff1d(np.arange(n), mdp.absorbing_states)
    theirs = np.hstack([rewards[:, :n], rewards[:, twin]]) if terminated == "absorb" else rewards
    found = quantecon_values(table, ends, theirs, gamma)
    for draw, value, wanted in zip(rewards, values, found, strict=True):
        assert value[alive] == pytest.approx(wanted[alive], abs=1e-8)
        assert value[mdp.absorbing_states] == pytest.approx(draw[mdp.absorbing_states], abs=1e-8)


# ---------------------------------------------------------------------- the tables of Gymnasium


@pytest.mark.parametrize("name", ["lake", "slippery lake", "large lake", "large slippery lake"])
def test_frozen_lake(name):
    # Holes and the goal loop in P already.
    env = make(name)
    mdp = from_gymnasium(env)
    rows, columns = env.unwrapped.desc.shape
    assert mdp.states == tuple((r, c) for r in range(rows) for c in range(columns))
    assert np.array_equal(mdp.layout, mdp.states)
    assert mdp.origin["changed"] == "nothing"
    ends = [i for i, letter in enumerate(env.unwrapped.desc.ravel()) if letter in b"GH"]
    assert mdp.absorbing_states.tolist() == ends == sorted([*mdp.marks["G"], *mdp.marks["H"]])
    assert (mdp.index("S"), mdp.index("G")) == (0, rows * columns - 1)


def test_duplicate_successors_are_summed():
    # On slippery ice each of left, down, up has 1/3; from the corner, left and up both stay there.
    mdp = from_gymnasium("FrozenLake-v1")
    assert mdp.successors((0, 0), 0) == pytest.approx({(0, 0): 2 / 3, (1, 0): 1 / 3})


@pytest.mark.parametrize("name", ["cliff", "slippery cliff"])
def test_the_goal_of_cliff_walking_becomes_absorbing(name):
    # In P its own actions lead on, to (2, 11) and back to the start, but no episode takes them.
    mdp = from_gymnasium(make(name))
    assert mdp.origin["changed"] == "made absorbing: (3, 11)"
    assert [mdp.states[i] for i in mdp.absorbing_states] == [(3, 11)]
    assert mdp.actions((3, 11)) == (0, 1, 2, 3)
    assert mdp.n_states == 48
    assert from_gymnasium(make(name), terminated="continue").absorbing_states.tolist() == []


@pytest.mark.parametrize("name", ["taxi", "rainy taxi"])
def test_taxi_has_four_twins(name):
    # A passenger who sits at the destination: as the end of an episode, and as a state which a taxi without
    # passenger drives through.
    mdp = from_gymnasium(make(name))
    assert mdp.states[500:] == tuple(TWINS)
    assert [make(name).unwrapped.encode(*label[0]) for label in TWINS] == [0, 85, 410, 475]
    assert mdp.origin["changed"] == f"4 absorbing twins: {', '.join(map(repr, TWINS))}"
    assert mdp.actions(TWINS[0]) == ("stay",)
    assert mdp.successors((0, 0, 4, 0), 5) == {TWINS[0]: 1.0}
    assert mdp.successors((0, 0, 0, 0), 4) == {(0, 0, 4, 0): 1.0}


@pytest.mark.slow
@pytest.mark.parametrize(
    ("name", "absorb", "sink", "go_on"),
    [
        # 25 places, passenger at 4 places that are not the destination, or in the taxi: 25 (4 · 3 + 4) = 400, and
        # the 4 twins, or the one end. If episodes go on after the end, the other 25 · 4 can be had as well.
        ("taxi", 404, 401, 500),
        ("rainy taxi", 404, 401, 500),
        # Nobody stands on the 10 cells of the cliff; with a sink, nor on the goal.
        ("cliff", 38, 38, 38),
        ("slippery cliff", 38, 38, 38),
        # 4 holes and 1 goal, 10 holes and 1 goal: replaced by the end.
        ("slippery lake", 16, 12, 16),
        ("large lake", 64, 54, 64),
    ],
)
def test_reachable_states(name, absorb, sink, go_on):
    for terminated, expected in (("absorb", absorb), ("sink", sink), ("continue", go_on)):
        whole = from_gymnasium(make(name), terminated=terminated)
        part = from_gymnasium(make(name), terminated=terminated, reachable_only=True)
        dropped = whole.n_states - expected
        assert part.n_states == expected
        assert part.origin == {**whole.origin, "reachable_only": f"dropped {dropped} states"}
        for state in part.states[:: max(1, expected // 40)]:
            assert np.array_equal(part.layout[part.index(state)], whole.layout[whole.index(state)])
            for action in part.actions(state):
                assert part.successors(state, action) == whole.successors(state, action)


@pytest.mark.parametrize("name", ENVIRONMENTS)
def test_no_two_states_lie_on_each_other(name):
    for terminated in ("absorb", "sink"):
        layout = from_gymnasium(make(name), terminated=terminated).layout
        assert len(np.unique(layout, axis=0)) == len(layout)


def test_added_states_are_drawn_two_rows_below():
    # Destinations are 4 maps of 5 rows with a gap of 1: the lowest row is 3 · 6 + 4 = 22.
    assert from_gymnasium("Taxi-v4").layout[500:].tolist() == [[24, 0], [24, 1], [24, 2], [24, 3]]
    assert from_gymnasium("FrozenLake-v1", terminated="sink").layout[16].tolist() == [5, 0]


def test_origin_names_the_environment_and_its_options():
    def source(env):
        return from_gymnasium(env).origin["source"]

    assert source("CliffWalkingSlippery-v1") == "CliffWalkingSlippery-v1"  # slippery by its id
    assert source(make("rainy taxi")) == "Taxi-v4(is_rainy=True)"
    assert source(gymnasium.make("FrozenLake-v1", map_name="4x4", render_mode="ansi")) == "FrozenLake-v1"
    assert source(gymnasium.make("FrozenLake-v1", desc=["SF", "HG"])) == "FrozenLake-v1(desc=['SF', 'HG'])"
    assert source(FrozenLakeEnv()) == "FrozenLakeEnv"
    assert source(chain()) == "table"
    assert repr(from_gymnasium("CliffWalking-v1")).endswith("absorbing: (3, 11), from CliffWalking-v1)")
    sink = from_gymnasium(make("taxi"), terminated="sink").origin
    assert sink == {
        "source": "Taxi-v4",
        "terminated": "sink",
        "time_limit": "TimeLimit of 200 steps left out: an MDP has no clock",
        "changed": "4 terminated transitions lead to 'end'",
        "reward": "kept, a function of state and action; 0 after the end",
        "labels": "row, column, passenger (R G Y B taxi), destination (R G Y B)",
        "mask": "action_mask() is not used: mask=True leaves out what it masks",
    }


# ---------------------------------------------------------------------- the rule


def stays(s):
    return {0: [(1.0, s, 0, False)]}


def test_termination_belongs_to_transitions():
    absorb = from_gymnasium(chain())
    assert absorb.origin["changed"] == "made absorbing: 2"
    sink = from_gymnasium(chain(), terminated="sink")
    assert sink.successors(1, 1) == {0: 0.5, "end": 0.5}
    assert sink.successors(2, 0) == {0: 1.0}
    go_on = from_gymnasium(chain(), terminated="continue")
    assert go_on.successors(1, 1) == {0: 0.5, 2: 0.5}
    assert go_on.origin["changed"] == "nothing"


def test_a_start_is_live():
    # Episodes may start in 2 as well: there its action must stay what it is.
    mdp = from_gymnasium(Chain(initial_state_distrib=np.array([0.5, 0, 0.5])))
    assert mdp.states == (0, 1, 2, (2, "done"))
    assert mdp.successors(2, 0) == {0: 1.0}
    assert mdp.successors(1, 1) == {0: 0.5, (2, "done"): 0.5}


def test_what_leaves_an_absorbed_state_does_not_count():
    # b is entered by a terminated transition only, so its way on to g is never taken: g is an end as well.
    table = {"a": {0: [(0.5, "b", 0, True), (0.5, "g", 0, True)]}, "b": {0: [(1, "g")]}, "g": {0: [(1, "a")]}}
    assert from_gymnasium(table).origin["changed"] == "made absorbing: 'b', 'g'"
    # With a way to b that does not end the episode, b is live, and so is g, and both need twins.
    table["a"][1] = [(1.0, "b")]
    mdp = from_gymnasium(table)
    assert mdp.origin["changed"] == "2 absorbing twins: ('b', 'done'), ('g', 'done')"
    assert mdp.successors("a", 0) == {("b", "done"): 0.5, ("g", "done"): 0.5}


def test_quitting_where_one_is_does_not_make_a_state_an_end():
    mdp = from_gymnasium({0: {0: [(1.0, 0, 0, True)], 1: [(1.0, 1, 0, False)]}, 1: stays(1)})
    assert mdp.successors(0, 0) == {(0, "done"): 1.0}
    assert mdp.successors(0, 1) == {1: 1.0}


def test_an_absorbing_state_needs_no_twin():
    mdp = from_gymnasium({0: {0: [(1.0, 1, 0, True)], 1: [(1.0, 1, 0, False)]}, 1: stays(1)})
    assert mdp.origin["changed"] == "nothing"


def test_impossible_transitions_do_not_count():
    table = {0: {0: [(1.0, 0, 0, False), (0.0, 1, 0, True)]}, 1: {0: [(1.0, 0, 0, False)]}}
    for terminated in ("absorb", "sink"):
        assert from_gymnasium(table, terminated=terminated).origin["changed"] == "nothing"


def test_added_labels_are_new():
    table = {"x": {0: [(1, "end", 0, True)]}, "end": {"stay": [(1, "x")]}}
    sink = from_gymnasium(table, terminated="sink")
    assert sink.states == ("x", "end", "end#2")
    assert sink.actions("end#2") == ("stay",)
    taken = {0: {0: [(1.0, 0, 0, True)], 1: [(1.0, (0, "done"), 0, False)]}, (0, "done"): {0: [(1.0, 0)]}}
    assert from_gymnasium(taken).states == (0, (0, "done"), (0, "done#2"))


def test_made_absorbing_is_exact():
    # 0.1 ten times sums to 1 − 1.1e-16; what stays for ever stays with probability 1.
    table = {0: {0: [(1.0, 1, 0, True)]}, 1: {0: [(0.1, 0)] * 10}}
    assert from_gymnasium(table).kernel[[1]].data.tolist() == [1.0]


# ---------------------------------------------------------------------- tables and labels


def test_short_entries_sequences_and_own_actions():
    mdp = from_gymnasium([[[(1, 1)], [(0.5, 0, -1), (0.5, 1, -1)]], {7: [(np.float32(1), np.int64(1))]}])
    assert (mdp.states, mdp.actions(0), mdp.actions(1)) == ((0, 1), (0, 1), (7,))
    assert mdp.successors(0, 1) == {0: 0.5, 1: 0.5}
    assert mdp.layout is None


def test_states_in_order():
    table = {np.int64(2): stays(2), 0: stays(0), 1: stays(1)}
    assert from_gymnasium(table).states == (0, 1, 2)
    assert from_gymnasium({"b": {0: [(1, "b")]}, "a": {0: [(1, "a")]}}).states == ("b", "a")


@pytest.mark.slow
def test_states_may_start_at_5():
    env = Chain(chain(5))
    mdp = from_gymnasium(env, check=True, rng=1, reachable_only=True)
    assert mdp.states == (5, 6, 7)
    assert mdp.successors(6, 1) == {5: 0.5, 7: 0.5}


def test_an_environment_may_bring_its_labels():
    env = Chain(
        state_labels=["a", (0, 1), "c"], action_labels=["wait", "go"], marks={"G": [2]},
        layout=np.array([[0, 0], [0, 1], [0, 2]]),
    )  # fmt: skip
    mdp = from_gymnasium(env, terminated="sink")
    assert mdp.states == ("a", (0, 1), "c", "end")
    assert mdp.actions("a") == ("wait", "go")
    assert mdp.index("G") == 2
    assert mdp.layout.tolist() == [[0, 0], [0, 1], [0, 2], [2, 0]]
    assert from_gymnasium(Chain(state_labels=np.array([[0, 0], [0, 1], [1, 0]]))).states == ((0, 0), (0, 1), (1, 0))
    with pytest.raises(mp.ModelError, match="Chain: state_labels has 2 labels for the 3 states of P"):
        from_gymnasium(Chain(state_labels=["a", "b"]))
    with pytest.raises(mp.ModelError, match="action_labels does not have a label for each of the actions 0, 1"):
        from_gymnasium(Chain(state_labels="abc", action_labels=["wait"]))


# ---------------------------------------------------------------------- what is refused


@pytest.mark.parametrize("name", ["FrozenLak-v1", "FrozenLake-v9", "frozenlake-v1", "frozen_lake-v1"])
def test_unknown_ids(name):
    with pytest.raises(mp.LabelError, match=f"^there is no environment '{name}'; did you mean 'FrozenLake-v1'"):
        from_gymnasium(name)


def test_ids_without_a_near_match():
    with pytest.raises(mp.LabelError, match=r"no environment 'qqqq'; gymnasium.pprint_registry\(\) lists"):
        from_gymnasium("qqqq")


def test_environments_that_cannot_be_made():
    with pytest.raises(
        mp.LabelError, match="there is no module 'nowhere', neither installed nor in the working folder"
    ):
        from_gymnasium("nowhere:Foo-v0")
    with pytest.raises(mp.ParameterError, match="FrozenLake-v1 has no argument '"):
        make_environment("FrozenLake-v1", depth=3)


@pytest.mark.parametrize(
    ("name", "why"),
    [("Blackjack-v1", "outcomes are random"), ("CartPole-v1", r"state \(changed at every step\)")],
)
def test_environments_without_a_table(name, why):
    with pytest.raises(mp.ModelError, match=rf"^{name}: [^\n]*{why}[^\n]*$"):
        from_gymnasium(name)
    with pytest.raises(
        mp.ModelError, match=rf"^{name} has no transition table P \(env.unwrapped.P\); method='steps'"
    ):
        from_gymnasium(name, method="table")


@pytest.mark.parametrize("env", [3, None, b"FrozenLake-v1", np.ones((2, 1, 2))])
def test_what_is_no_environment(env):
    with pytest.raises(mp.ParameterError, match=f"got {type(env).__name__}$"):
        from_gymnasium(env)


def test_options_are_checked():
    with pytest.raises(mp.ParameterError, match="one of 'absorb', 'sink', 'continue', got 'stop'"):
        from_gymnasium(chain(), terminated="stop")
    with pytest.raises(mp.ParameterError, match="a bare table has no initial_state_distrib"):
        from_gymnasium(chain(), reachable_only=True)
    with pytest.raises(mp.ParameterError, match="a bare table has no episodes to check"):
        from_gymnasium(chain(), check=True)
    with pytest.raises(mp.ParameterError, match="Chain has no initial_state_distrib"):
        from_gymnasium(Chain(initial_state_distrib=None), reachable_only=True)
    with pytest.raises(mp.ParameterError, match="rng must be a non-negative integer"):
        from_gymnasium(Chain(), check=True, rng="seed")
    with pytest.raises(mp.ModelError, match="initial_state_distrib must have one number a state"):
        from_gymnasium(Chain(initial_state_distrib=np.ones(4)))
    with pytest.raises(mp.ModelError, match="initial_state_distrib is positive nowhere"):
        from_gymnasium(Chain(initial_state_distrib=np.zeros(3)), reachable_only=True)


@pytest.mark.parametrize(
    ("table", "message"),
    [
        ({}, "P has no states"),
        (3, "P is 3, not a mapping or a sequence"),
        ("abc", "P is 'abc', not a mapping or a sequence"),
        ({0: 3}, r"state 0: P\[s\] is 3, not a mapping or a sequence"),
        ({0: {}}, "state 0 has no action"),
        ({0: {0: []}}, r"state 0, action 0: P\[s\]\[a\] is empty"),
        (
            {0: {0: (1.0, 0, 0, False)}},
            r"state 0, action 0: 1.0 is not \(probability, next state, reward, terminated",
        ),
        ({0: {0: [(1.0,)]}}, r"state 0, action 0: \(1.0,\) is not \(probability"),
        ({0: {0: [("1", 0)]}}, "state 0, action 0: probability '1' is not a number"),
        ({0: {0: [(None, 0)]}}, "state 0, action 0: probability None is not a number"),
        ({0: {0: [(1.0, 9)]}}, "state 0, action 0: next state 9 is not a state of P"),
        ({0: {0: [(1.0, [0])]}}, r"state 0, action 0: next state \[0\] is not a state of P"),
        ({0: {0: [(1.0, False)]}}, "state 0, action 0: next state False is not a state of P"),
        ({0: {0: [(1.0, 0, 0, "no")]}}, "state 0, action 0: terminated is 'no', not True or False"),
        ({0: {0: [(0.5, 0)]}}, "state 0, action 0: probabilities sum to 0.5, not 1"),
        ({0: {0: [(np.nan, 0)]}}, "state 0, action 0: probability of successor 0 is nan"),
        ({0: {0: [(-1.0, 0), (2.0, 0)]}}, "state 0, action 0: probability of successor 0 is -1.0"),
        ({0.5: {0: [(1.0, 0.5)]}}, "label 0.5 is a float"),
    ],
)
def test_tables_that_are_no_mdp(table, message):
    env = Chain()
    env.P = table
    with pytest.raises(mp.ModelError, match=f"^Chain: {message}"):
        from_gymnasium(env)


def test_errors_name_the_state_by_its_label_even_where_it_would_be_made_absorbing():
    env = gymnasium.make("CliffWalking-v1")
    env.unwrapped.P[47][2] = [(0.9, 47, 0, True)]
    with pytest.raises(mp.ModelError, match=r"^CliffWalking-v1: state \(3, 11\), action 2: probabilities sum to 0.9"):
        from_gymnasium(env)


def test_rescaled_rows_are_told_once():
    table = chain()
    table[0][0] = [(1 + 5e-10, 0, 0, False)]
    with pytest.warns(mp.MDPPowerWarning, match="1 row sums to 1 only within 5.0e-10") as seen:
        from_gymnasium(table)
    assert len(seen) == 1


@pytest.mark.slow
def test_gymnasium_loads_on_first_use():
    assert mp.from_gymnasium is from_gymnasium
    code = "import sys, mdppower.adapters.from_gymnasium; print({'gymnasium', 'scipy.stats'} & set(sys.modules))"
    assert subprocess.run([sys.executable, "-c", code], capture_output=True, text=True).stdout.strip() == "set()"


@pytest.mark.parametrize("name", ["FrozenLake-v1", "CliffWalking-v1", "CliffWalkingSlippery-v1", "Taxi-v4"])
@pytest.mark.parametrize("terminated", ["absorb", "sink", "continue"])
def test_round_trip_through_our_own_environment(name, terminated):
    mdp = from_gymnasium(name, terminated=terminated)
    again = from_gymnasium(gymnasium.make("mdppower:mdppower/Tabular-v0", mdp=mdp), terminated=terminated)
    assert again.equals(mdp)
    assert again.layout.tolist() == mdp.layout.tolist()


def test_arrays_take_the_table_itself():
    table = gymnasium.make("FrozenLake-v1").unwrapped.P
    assert mp.RewardlessMDP.from_arrays(table).equals(from_gymnasium(table))
    with pytest.raises(mp.ParameterError, match="a Gymnasium table has its own labels"):
        mp.RewardlessMDP.from_arrays(table, states=list(range(16)))


# ---------------------------------------------------------------------- wrappers


class Flip(gymnasium.ActionWrapper):
    """Left is right, down is up."""

    def action(self, action):
        return (action + 2) % 4


class Watch(wrappers.TimeLimit):
    """A subclass may do anything."""


def lake():
    return gymnasium.make("FrozenLake-v1", is_slippery=False)


@pytest.mark.parametrize(
    ("wrapped", "name"),
    [
        (lambda: Flip(lake()), "Flip"),
        (lambda: wrappers.StickyAction(lake(), 0.25), "StickyAction"),
        (lambda: wrappers.RepeatAction(lake(), 2), "RepeatAction"),
        (lambda: wrappers.TransformObservation(lake(), lambda s: s, None), "TransformObservation"),
        (lambda: wrappers.TimeLimit(wrappers.RecordEpisodeStatistics(Flip(lake())), 9), "Flip"),  # at any depth
        (lambda: Watch(lake(), 9), "Watch"),
    ],
)
def test_with_wrappers_that_may_act_no_table_is_read(wrapped, name):
    with pytest.raises(mp.ModelError, match=f"wrapper {name} may change what actions do"):
        from_gymnasium(wrapped(), method="table")


@pytest.mark.slow
def test_wrappers_that_act_are_enumerated():
    # In the flipped lake action 2 leads from the corner to the left, where the wall is; P says to the right.
    flipped = from_gymnasium(wrappers.TimeLimit(Flip(lake()), 9), check=True, rng=0)
    plain = from_gymnasium(lake())
    assert flipped.successors((0, 0), 2) == {(0, 0): 1.0}
    for state in plain.states:
        for action in range(4):
            assert flipped.successors(state, action) == plain.successors(state, (action + 2) % 4)
    assert from_gymnasium(Watch(lake(), 9)).equals(plain)
    # Twice to the right, and nowhere else: (0, 1) is passed, and never stood on; at the end one stops.
    twice = from_gymnasium(wrappers.RepeatAction(lake(), 2), check=True, rng=0)
    assert twice.successors((0, 0), 2) == {(0, 2): 1.0}
    with pytest.raises(
        mp.ModelError, match=r"random.* wrapper StickyAction may change what actions do: if P is meant"
    ):
        from_gymnasium(wrappers.StickyAction(lake(), 0.25))


def test_a_wrapper_with_another_step_is_refused():
    env = lake()
    env.step = lambda action: env.env.step((action + 2) % 4)
    with pytest.raises(mp.ModelError, match="wrapper TimeLimit may change"):
        from_gymnasium(env)


def test_wrappers_that_watch_pass():
    plain = from_gymnasium(lake())
    env = gymnasium.make("FrozenLake-v1", is_slippery=False, render_mode="rgb_array", disable_env_checker=False)
    for wrap in (
        wrappers.Autoreset, wrappers.RecordEpisodeStatistics, wrappers.RenderCollection, wrappers.NormalizeReward,
        lambda env: wrappers.TransformReward(env, lambda reward: -reward), lambda env: wrappers.TimeLimit(env, 5),
        lambda env: wrappers.AddWhiteNoise(env, probability_of_noise_per_pixel=0.5),
    ):  # fmt: skip
        env = wrap(env)
    assert from_gymnasium(env).equals(plain)
    for name in NEUTRAL:
        assert name in wrappers.__all__


# ---------------------------------------------------------------------- where episodes begin


def restarting():
    """From 0 to 1, and from 1 to the end or, what is an end as well, back to 0: a table that restarts itself."""
    return {
        0: {0: [(1.0, 1, 0, False)]},
        1: {0: [(1.0, 2, 1, True)], 1: [(1.0, 0, 0, True)]},
        2: {0: [(1.0, 2, 0, False)]},
    }


def test_a_start_in_which_episodes_restart():
    # Only ends lead to 0. Who does not know that episodes begin there takes it for one of their ends.
    blind = from_gymnasium(restarting())
    assert blind.origin["changed"] == "made absorbing: 0"
    assert blind.origin["starts"].startswith("not known: give starts=")
    for starts in (0, [0], np.array([0]), range(1), {0}):
        mdp = from_gymnasium(restarting(), starts=starts)
        assert mdp.origin["changed"] == "1 absorbing twin: (0, 'done')"
        assert mdp.successors(0, 0) == {1: 1.0}
        assert mdp.successors(1, 1) == {(0, "done"): 1.0}
        assert mdp.origin["starts"] == repr(starts)
    assert from_gymnasium(restarting(), starts=0, reachable_only=True, terminated="continue").n_states == 3
    # Older environments call their initial distribution isd.
    old = Chain(restarting(), initial_state_distrib=None, isd=[1.0, 0, 0])
    assert from_gymnasium(old).equals(from_gymnasium(restarting(), starts=0))
    assert "starts" not in from_gymnasium(old).origin
    # What the user says beats what the environment does.
    assert from_gymnasium(old, starts=np.array(0)).equals(from_gymnasium(old, starts=[0]))  # of no dimension
    assert from_gymnasium(old, starts=[1]).origin["changed"] == "made absorbing: 0"


def test_starts_are_named_by_key_or_label():
    cliff = gymnasium.make("CliffWalking-v1")
    goal = from_gymnasium(cliff, starts=[(3, 11)])
    assert goal.equals(from_gymnasium(cliff, starts=47))
    assert goal.origin["changed"] == "1 absorbing twin: ((3, 11), 'done')"
    for wrong in ("0", True, 1.0, [0, 9]):
        with pytest.raises(mp.ParameterError, match="starts must be states, keys of P or labels"):
            from_gymnasium(restarting(), starts=wrong)
    with pytest.raises(mp.ParameterError, match="one state or more"):
        from_gymnasium(restarting(), starts=[])
    with pytest.raises(mp.ModelError, match="isd has nan among its probabilities"):
        from_gymnasium(Chain(initial_state_distrib=None, isd=[np.nan, 1, 0]))


# ---------------------------------------------------------------------- numbers and labels of the table


def test_next_states_are_keys():
    # 1.0 and True equal 1, but stand where a probability or a flag belongs.
    for successor in (1.0, True, np.float64(1)):
        with pytest.raises(mp.ModelError, match=r"state 0, action 0: next state .* is not a state of P"):
            from_gymnasium({0: {0: [(1.0, successor, 0, False)]}, 1: {0: [(1, 1, 0, False)]}})
    with pytest.raises(mp.ModelError, match="an array of floats cannot name states: write a tuple"):
        from_gymnasium({0: {0: [np.array([1.0, 0.0])]}})
    assert from_gymnasium({0: {0: [(1.0, np.int64(0))]}}).n_states == 1
    with pytest.raises(mp.ModelError, match=r"state_labels must be a sequence of labels, .*, which has no order"):
        from_gymnasium(Chain(state_labels={"a", "b", "c"}))


def test_a_table_in_single_precision():
    third = np.float32(1 / 3)
    table = {0: {0: [(third, s, 0, False) for s in range(3)]}, 1: {0: [(1, 1, 0, False)]}, 2: {0: [(1, 2, 0, False)]}}
    with pytest.warns(mp.MDPPowerWarning, match="1 row sums to 1 only within 3.0e-08") as seen:
        mdp = from_gymnasium(table)
    assert len(seen) == 1
    assert mdp.successors(0, 0) == pytest.approx(dict.fromkeys(range(3), 1 / 3), abs=1e-15)
    assert mdp.origin["rescaled"] == "1 row sums to 1 only within 3.0e-08"


def test_a_text_is_no_truth_value():
    # "False" is a text, and every text is true.
    for wrong in ("False", "no", [0], 0.5):
        with pytest.raises(mp.ParameterError, match="FrozenLake-v1: is_slippery must be True or False, got"):
            mp.envs.make("FrozenLake-v1", is_slippery=wrong)
    with pytest.raises(mp.ParameterError, match=r"success_rate must be a number, such as 0\.3.*, got '1/3'"):
        mp.envs.make("FrozenLake-v1", success_rate="1/3")
    assert mp.envs.make("FrozenLake-v1", is_slippery=0, map_name="8x8").is_deterministic


@pytest.mark.slow
def test_the_reward_of_a_table_is_not_that_of_a_wrapper():
    changed = wrappers.TransformReward(lake(), lambda reward: 5 * reward)
    with pytest.raises(mp.MDPPowerError, match="TransformReward makes another of it, which P does not know"):
        mp.given_rewards(from_gymnasium(changed))
    assert mp.given_rewards(from_gymnasium(changed, method="steps")).values.max() == 5.0
    assert mp.given_rewards(from_gymnasium(lake())).values.max() == 1.0
