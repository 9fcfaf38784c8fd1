"""Messages, each better than the last; the last is the library's own result."""

import json
import threading
import time
import warnings

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy.special import stdtrit

import mdppower as mp
from mdppower._stop import Switch
from mdppower.explorer import answers as room
from mdppower.explorer.answers import Answers, answer, looks_at, preview_draws, warm_up
from mdppower.explorer.questions import read_question
from mdppower.explorer.refusals import QuestionError
from mdppower.sensitivity import difference
from mdppower.solvers.double_stopping import DoubleStopping

MAP = "a..#\n.#..\n.>.*"


def ask(**fields):
    return read_question(json.dumps({"v": 1, "world": {"map": MAP}, **fields}).encode())


def seen(monkeypatch, question, **options):
    """The results that messages were made of, and the messages."""
    found, look = [], room.look_of
    monkeypatch.setattr(room, "look_of", lambda result, asked: found.append(result) or look(result, asked))
    told = [message for message in answer(question, **options) if "note" not in message]
    return found, told


@pytest.mark.parametrize(
    "fields",
    [
        {},
        {"world": {"map": MAP, "slip": 0.1}},
        {"gamma": [0]},
        {"gamma": [1]},
        {"gamma": [0, 0.5, 0.9, 1]},
        {"world": {"map": MAP, "slip": 0.2, "bias": {"N": 0.1}}, "gamma": [0.5, 1]},
        {"rewards": {"default": "norm(0,1)", "marks": {"a": "expon", "*": 2}}},
        {"rewards": {"default": "bernoulli(0.3)"}},
        {"world": {"map": "...\n...", "wrap": True}},
        {"world": {"map": MAP, "blocked": "remove", "moves": "NESW+diagonals"}},
        {"sampler": "sobol", "seed": 7, "draws": 1000},
        {"sampler": "iid", "draws": 4096},
        {"draws": 3},
        {"pair": [[0, 0], [2, 3]]},
    ],
)
def test_the_last_message_is_mp_power_in_all_bits(monkeypatch, fields):
    asked = {"draws": 2048, **fields}
    question = ask(**asked)
    found, told = seen(monkeypatch, question)
    world = asked.get("world", {"map": MAP})
    mdp = mp.envs.gridworld(world["map"].split("\n"), **{k: v for k, v in world.items() if k != "map"})
    rewards = asked.get("rewards", {})
    laws = {"default": rewards.get("default", "uniform"), **rewards.get("marks", {})}
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", mp.errors.MDPPowerWarning)  # of three draws
        own = mp.power(
            mdp, asked.get("gamma", [0.9]), laws if len(laws) > 1 else laws["default"], samples=asked["draws"],
            rng=asked.get("seed", 0), sampler=asked.get("sampler", "latin"),
        )  # fmt: skip
    last = found[-1]
    assert np.array_equal(last.mean, own.mean)
    assert np.array_equal(last.interval(), own.interval())
    assert np.array_equal(last.interval(simultaneous=True), own.interval(simultaneous=True))
    assert np.array_equal(last.error_bound, own.error_bound)
    assert [message["final"] for message in told] == [False] * (len(told) - 1) + [True]
    np.testing.assert_allclose(told[-1]["mean"], own.mean, rtol=5e-9)
    assert told[-1]["draws"] == told[-1]["of"] == own.samples


def test_the_last_message_of_other_views_is_the_librarys_too(monkeypatch):
    mdp, pinned = mp.envs.gridworld(MAP), mp.envs.gridworld("a..#\n.#.#\n.>.*")
    found, told = seen(monkeypatch, ask(view="optimality", gamma=[0.5, 1], draws=1024))
    own = mp.action_optimality(mdp, [0.5, 1], samples=1024, rng=0)
    assert np.array_equal(found[-1].strict_counts, own.strict_counts)
    assert np.array_equal(found[-1].optimal.interval(), own.optimal.interval())
    assert told[-1]["final"]
    question = ask(view="difference", pinned={"map": "a..#\n.#.#\n.>.*"}, draws=1024)
    found, told = seen(monkeypatch, question)
    change = difference(mdp, pinned, [0.9], samples=1024, rng=0, sampler="iid")
    assert np.array_equal(found[-1].difference.mean, change.difference.mean)
    assert np.array_equal(found[-1].difference.interval(), change.difference.interval())
    assert told[-1]["sampler"] == "iid"
    assert told[-1]["final"]


def test_two_threads_say_the_same():
    question = ask(world={"map": MAP, "slip": 0.1}, draws=1024)
    timeless = [
        [{k: v for k, v in m.items() if k != "ms"} for m in answer(question, workers=n) if "note" not in m]
        for n in (1, 2)
    ]
    assert timeless[0] == timeless[1]


def test_looks_come_in_order_and_get_better():
    told = [message for message in answer(ask()) if "note" not in message]
    assert [message["draws"] for message in told] == [256, 1024, 4096]
    assert [message["preview"] for message in told] == [True, False, False]
    assert [message["provisional"] for message in told] == [True, True, False]
    widest = [np.max(message["joint"]) for message in told]
    assert widest == sorted(widest, reverse=True)
    assert all(json.dumps(message, allow_nan=False) for message in told)


def test_the_first_look_is_short_where_a_draw_may_take_seconds():
    """At γ = 1 noise makes a draw up to a hundred times as slow: 256 of them on 20 × 20 cells took two minutes."""
    noisy = {"map": "..*", "slip": 0.1}
    for fields, draws in (
        ({"world": noisy, "gamma": [0.5, 1]}, 16),
        ({"view": "difference", "world": {"map": "..."}, "pinned": noisy, "gamma": [1]}, 16),
        ({"world": noisy, "gamma": [0.999]}, 256),
        ({"world": {"map": "..*"}, "gamma": [1]}, 256),
    ):
        looks = [m for m in answer(ask(draws=512, **fields)) if "view" in m]
        assert [look["draws"] for look in looks] == [draws, 512]
        assert looks[0]["preview"]
        assert all(half > 0 for half in looks[0]["joint"][0])


@pytest.mark.parametrize(("draws", "few", "looks"), [(4096, 256, (1024, 4096)), (4095, 64, (4095,)), (1, 64, (1,))])
def test_a_look_on_the_way_is_one_of_sixteen_replicates(draws, few, looks):
    assert looks_at(draws, few) == looks


def test_all_looks_hold_together(monkeypatch):
    """With α of the last, α/8 of the one on its way and α/16 of the preview: 1 − 19α/16 = 94 % of all (Bonferroni).

    An interval at α/k of the same replicates is that of Student's t, wider by the ratio of quantiles.
    """
    found, told = seen(monkeypatch, ask())
    assert [result.data.looks for result in found] == [16, 8, 1]
    preview = mp.power(mp.envs.gridworld(MAP), 0.9, samples=256, rng=0)
    ratio = stdtrit(15, 1 - 0.05 / 16 / 2) / stdtrit(15, 1 - 0.05 / 2)
    low, high = preview.interval()
    np.testing.assert_allclose(told[0]["half"][0], ratio * (high - low) / 2, rtol=1e-6)


def test_what_the_library_warns_of_is_said_each_time():
    for _ in range(2):
        told = list(answer(ask(world={"map": "..#b"}, draws=512)))
        assert all(
            any("no cell is beside the mark b" in note for note in m["notes"]) for m in told if "note" not in m
        )
    told = list(answer(ask(rewards={"default": "t(2)"}, draws=512)))
    assert any("no variance" in note for note in told[-1]["notes"])
    assert told[-1]["half"][0][0] is None


@pytest.mark.parametrize(
    ("fields", "field"),
    [
        ({"rewards": {"default": "norm(0,-1)"}}, "rewards.default"),
        ({"world": {"map": "..\n#.", "moves": "E", "stay": False, "blocked": "remove"}}, "world.map"),
    ],
)
def test_what_only_the_built_world_shows_is_one_error_message(fields, field):
    (message,) = answer(ask(**fields))
    assert message["field"] == field
    assert set(message) == {"v", "error", "field", "line", "column"}


def test_what_is_stopped_just_ends():
    switch = Switch()
    messages = answer(ask(), switch)
    next(message for message in messages if "note" not in message)
    switch.tell()
    assert list(messages) == []
    told = Switch()
    told.tell()
    assert list(answer(ask(), told)) == []


@pytest.mark.parametrize("slip", [0.0, 0.1])
def test_a_long_answer_ends_when_another_thread_closes_it(slip):
    """Within a replicate: the whole would take minutes. Twenty seconds are a hang, and no measure of anything."""
    world = {"map": "\n".join(["." * 40] * 40), "slip": slip}
    messages = answer(ask(world=world, draws=65_536))
    got = []
    thread = threading.Thread(target=lambda: got.extend(messages))
    thread.start()
    time.sleep(0.2)
    begin = time.monotonic()
    messages.close()
    thread.join(20)
    assert not thread.is_alive()
    assert time.monotonic() - begin < 20
    assert not any(message.get("final") for message in got)


def test_finished_answers_are_kept_and_the_oldest_goes():
    kept = Answers(most=2)
    one, two, three = (ask(draws=64, seed=k) for k in range(3))

    def last(question):
        *_, message = kept.answer(question)
        return {**message, "ms": None}  # how long it took to say it this time

    first = last(one)
    assert len(list(kept.answer(one))) == 1
    assert last(one) == first
    list(kept.answer(two))
    list(kept.answer(one))  # now two is the oldest
    list(kept.answer(three))
    assert len(list(kept.answer(one))) == 1
    assert set(kept._kept) == {one, three}


def test_what_was_stopped_or_failed_is_not_kept():
    kept, switch = Answers(), Switch()
    messages = kept.answer(ask(), switch)
    next(messages)
    switch.tell()
    assert list(messages) == []
    list(kept.answer(ask(rewards={"default": "norm(0,-1)"})))
    assert not kept._kept


def test_answers_that_are_large_are_not_kept(monkeypatch):
    monkeypatch.setattr(room, "MOST_KEPT", 10)
    kept = Answers()
    assert list(kept.answer(ask(draws=64)))[-1]["final"]
    assert not kept._kept


def test_warming_up_is_said_no_more_afterwards(monkeypatch):
    monkeypatch.setattr(room, "_COMPILED", set())
    told = list(answer(ask(draws=64)))
    assert told[0] == {"v": 1, "note": "compiling, the first time only"}
    # Where noise may lead to several ends, γ = 1 has kernels of its own: the first look would wait for them, unsaid.
    mixtures, solve = [], DoubleStopping.solve
    monkeypatch.setattr(DoubleStopping, "solve", lambda *given: mixtures.append(given) or solve(*given))
    warm_up()
    assert mixtures
    for fields in ({}, {"view": "optimality", "gamma": [0, 1]}, {"world": {"map": MAP, "slip": 0.1}}):
        assert all("note" not in message for message in answer(ask(draws=64, **fields)))
    monkeypatch.setattr(room, "_COMPILED", set())
    switch = Switch()
    switch.tell()
    warm_up(switch)
    assert not room._COMPILED


def test_few_draws_of_much():
    assert (preview_draws(512), preview_draws(513)) == (256, 64)


LAWS = st.sampled_from(["uniform", "norm(0,1)", "t(1)", "t(2)", "binom(3,.5)", "beta(1)", "norm(0,-1)", 3, "goal"])
MAPS = st.text(".#a*~>^ \n", min_size=1, max_size=9)
WORLDS = st.fixed_dictionaries(
    {"map": MAPS},
    optional={
        "slip": st.sampled_from([0, 0.1, 1, 2]), "stay": st.booleans(), "wrap": st.booleans(),
        "blocked": st.sampled_from(["stay", "remove"]), "moves": st.sampled_from(["NESW", "E", "NS+diagonals"]),
        "bias": st.sampled_from([{}, {"N": 0.1}, {"stay": 1}]),
    },
)  # fmt: skip
QUESTIONS = st.fixed_dictionaries(
    {"v": st.just(1), "world": WORLDS, "draws": st.sampled_from([1, 16, 300])},
    optional={
        "gamma": st.sampled_from([[0], [1], [0, 0.5, 1]]), "view": st.sampled_from(["power", "optimality"]),
        "rewards": st.fixed_dictionaries({"default": LAWS}, optional={"marks": st.fixed_dictionaries({"a": LAWS})}),
        "sampler": st.sampled_from(["latin", "sobol", "iid"]), "pair": st.just([[0, 0], [0, 1]]),
    },
) | st.fixed_dictionaries(
    {"v": st.just(1), "world": WORLDS, "pinned": WORLDS, "view": st.just("difference"), "draws": st.just(16)}
)  # fmt: skip


@pytest.mark.slow
@settings(max_examples=40, deadline=None)
@given(QUESTIONS)
def test_any_question_has_answers_or_one_error(value):
    try:
        question = read_question(json.dumps(value).encode())
    except QuestionError:
        return
    told = [message for message in answer(question) if "note" not in message]
    assert all(json.dumps(message, allow_nan=False) for message in told)
    assert "error" in told[-1] or told[-1]["final"]
    assert not any("error" in message or message["final"] for message in told[:-1])
