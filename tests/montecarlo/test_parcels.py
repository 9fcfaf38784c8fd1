"""A task travels once a worker: what is sent, to whom, how often; and that what is not as it was sent is refused."""

from __future__ import annotations

import sys
import threading
from concurrent.futures import Future
from dataclasses import dataclass, replace
from typing import Any

import numpy as np
import pytest
from elsewhere import Sandboxes

import mdppower as mp
from mdppower._stop import Switch
from mdppower.errors import ParameterError
from mdppower.montecarlo import executors, parcels
from mdppower.montecarlo.answers import Answer, Told, this_process
from mdppower.montecarlo.executors import Deliveries
from mdppower.montecarlo.parcels import Kept, Missing, written

LARGE = np.arange(10_000.0)  # 80,000 bytes
GRID = mp.envs.make("open(12,12)")


@dataclass(frozen=True, eq=False)
class Scaled:
    """Numbers times something, which has to be sent."""

    table: Any
    mdp: Any = None

    def __call__(self, numbers):
        return (np.array([self.table[number] for number in numbers]),)


def told(task):
    return Told(task, 2**16, this_process())


def delivered(task, count, executor):
    """The first array that an executor gives, and the traffic."""
    deliveries = Deliveries(task, range(count), 2**16, executor, Switch(), lambda: None)
    rows = [answer.rows[0] for _, answer in deliveries]
    return np.concatenate(rows), deliveries.traffic


@pytest.mark.parametrize("count", [1, 2, 3, 7])
@pytest.mark.parametrize("told", [True, False])
def test_large_parts_travel_once_a_worker(count, told):
    # Workers in turn. Where the executor tells how many there are, the first W tasks bring the parts, and reach all.
    # Where not, two do; a sending is made for each further worker that is heard to lack them, and may land elsewhere.
    executor = Sandboxes(count, told=told)
    found, traffic = delivered(Scaled(LARGE), 200, executor)
    np.testing.assert_array_equal(found, LARGE[:200])
    assert len(traffic.workers) == count
    assert count <= traffic.sendings <= (count if told else 2 * count)
    assert traffic.missing <= (0 if told else 2 * count + executors.BEGIN)
    heavy = [size for size in executor.submitted if size > LARGE.nbytes]
    assert len(heavy) == traffic.sendings
    assert max(size for size in executor.submitted if size < LARGE.nbytes) < 2000
    # The same array in another task: they have it, and it is known that they do. (Where workers are not told of, a
    # sending may have landed elsewhere, and on a slow machine the run is over before all have one.)
    having = len(executors._known_to(executor))
    assert having == count or not told
    _, again = delivered(Scaled(LARGE, "another"), 50, executor)
    if having == count:
        assert (again.sendings, again.missing) == (0, 0)
    # The negative control: another array is not there.
    _, other = delivered(Scaled(LARGE + 1), 50, executor)
    assert other.sendings >= count


def test_where_workers_are_chosen_at_random_few_sendings_are_wasted():
    # A sending is made for a worker that said it lacks the parts, and may land at another one, which has them.
    wasted = []
    for seed in range(8):
        order = np.random.default_rng(seed).integers(8, size=10_000)
        found, traffic = delivered(Scaled(LARGE), 100, Sandboxes(8, lambda k, order=order: int(order[k])))
        np.testing.assert_array_equal(found, LARGE[:100])
        wasted.append(traffic.sendings - len(traffic.workers))
    assert min(wasted) >= 0
    # A coupon collector with 8 coupons takes 8 H_8 = 21.7 draws on average: 13.7 too many, at most nearly.
    assert np.mean(wasted) < 14


@pytest.mark.slow
def test_what_waits_for_the_parts_is_asked_for_again_however_much_others_have_made(monkeypatch):
    # Two workers are told of, and sent the parts. A third one gets tasks 2 and 3, and lacks them. 3 is heard of
    # first, sent again with the parts, and comes late; 2 waits for that, while all else is made that may be.
    monkeypatch.setattr(executors, "USUAL", 0.0)  # tasks of one replicate
    monkeypatch.setattr(executors, "DRIVER", 0.0)

    class Late(Sandboxes):
        def submit(self, function, /, *args):
            future = super().submit(function, *args)
            if len(self.submitted) != 3 and (len(self.submitted) < 3 or self.submitted[-1] < LARGE.nbytes):
                return future
            late = Future()
            wait = 0.05 if len(self.submitted) == 3 else 0.3
            threading.Timer(wait, late.set_result, (future.result(),)).start()
            return late

    switch = Switch()
    guard = threading.Timer(30, switch.tell)
    guard.start()
    executor = Late(3, lambda k: 2 if k in (2, 3) else k % 2)
    executor._max_workers = 2
    deliveries = Deliveries(Scaled(LARGE), range(60), 2**16, executor, switch, lambda: None)
    found = [answer.rows[0] for _, answer in deliveries]
    guard.cancel()
    np.testing.assert_array_equal(np.concatenate(found), LARGE[:60])
    assert deliveries.traffic.missing >= 2


def test_a_worker_that_has_forgotten_is_sent_them_again():
    executor = Sandboxes(2)
    delivered(Scaled(LARGE), 20, executor)
    executor.kept[1] = Kept(2**30)  # another process in its place
    found, traffic = delivered(Scaled(LARGE), 20, executor)
    np.testing.assert_array_equal(found, LARGE[:20])
    assert traffic.sendings == 1
    assert 1 <= traffic.missing <= executors.BEGIN  # as many as were on their way


def test_what_is_small_travels_with_every_task():
    found, traffic = delivered(Scaled(np.arange(500.0)), 100, Sandboxes(3))
    np.testing.assert_array_equal(found, np.arange(100.0))
    assert (traffic.sendings, traffic.missing) == (0, 0)


def test_parts_are_named_and_shared():
    letter = written(told(Scaled(LARGE, GRID)), Sandboxes(1))
    assert len(letter.names) == 3  # the array, the MDP, the rest
    assert letter.large == {name for name in letter.names if len(letter.parts[name]) > parcels.SMALL}
    kept = Kept(2**30)
    (one, fresh), (same, old) = kept.task(letter), kept.task(letter.short())
    assert fresh
    assert not old
    assert one is same
    assert one.task.mdp.fingerprint == GRID.fingerprint
    np.testing.assert_array_equal(one.task.table, LARGE)
    # Another task about the same MDP finds it there; so what was computed of it is not computed again.
    other = written(told(Scaled(LARGE * 2, GRID)), Sandboxes(1))
    assert kept.task(other)[0].task.mdp is one.task.mdp
    assert Kept(2**30).task(other.short()) is None


def test_an_array_made_on_the_way_is_not_taken_for_another():
    # What __reduce__ makes is freed when it has been written: its id may be that of the next one.
    class Fresh:
        def __init__(self, k):
            self.k = k

        def __reduce__(self):
            return list, (np.full(5000, float(self.k)),)

    letter = parcels.written([Fresh(k) for k in range(20)], Sandboxes(1))
    found, _ = Kept(2**30).task(letter)
    assert [rows[0] for rows in found] == list(range(20))


def test_parts_that_were_changed_are_refused():
    letter = written(told(Scaled(LARGE)), Sandboxes(1))
    (name,) = letter.large
    with pytest.raises(ValueError, match="was changed on its way"):
        Kept(2**30).task(replace(letter, parts=letter.parts | {name: letter.parts[name][:-1] + b"?"}))
    kept = Kept(2**30)
    assert kept.task(letter)  # the negative control


def test_a_worker_of_other_versions_is_refused():
    letter = written(told(Scaled(LARGE)), Sandboxes(1))
    assert isinstance(letter(range(1)), Answer)
    with pytest.raises(ParameterError, match=r"a worker on .* has numpy .*, the driver 1.0: bits may differ"):
        replace(letter, versions=letter.versions | {"numpy": "1.0"})(range(1))


def test_what_is_kept_is_bounded():
    letters = [written(told(Scaled(LARGE + k)), Sandboxes(1)) for k in range(5)]
    kept = Kept(200_000)  # two of them
    for letter in letters:
        assert kept.task(letter)
    assert sum(size for _, size in kept.things.values()) <= 200_000
    assert [kept.task(letter.short()) is not None for letter in letters] == [False, False, False, True, True]
    tiny = Kept(1)
    assert tiny.task(letters[0])  # what is needed is not thrown away


def test_threads_that_ask_at_once_get_one_thing():
    letter, kept, found = written(told(Scaled(LARGE, GRID)), Sandboxes(1)), Kept(2**30), []
    threads = [threading.Thread(target=lambda: found.append(kept.task(letter))) for _ in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert len({id(task) for task, _ in found}) == 1
    assert sum(fresh for _, fresh in found) == 1


def test_what_pickle_cannot_write_is_left_to_the_executor():
    assert written(told(lambda numbers: ()), Sandboxes(1)) is None
    # Where its workers have cloudpickle, that writes it, in parts all the same.
    theirs = type("Theirs", (Sandboxes,), {"__module__": "loky.somewhere"})(2)
    table = LARGE
    letter = written(told(lambda numbers: (table[numbers.start : numbers.stop],)), theirs)
    assert len(letter.large) == 1
    found, traffic = delivered(lambda numbers: (table[numbers.start : numbers.stop],), 40, theirs)
    np.testing.assert_array_equal(found, LARGE[:40])
    assert traffic.sendings == 2


def test_functions_of_a_script_are_left_to_the_executor():
    class Law:
        __module__ = __qualname__ = "__main__"

    main = sys.modules["__main__"]
    main.Law = Law
    Law.__qualname__ = "Law"
    try:
        assert written(Law, Sandboxes(1)) is None
    finally:
        del main.Law


def test_missing_is_an_answer():
    letter = written(told(Scaled(LARGE - 3)), Sandboxes(1)).short()
    answer = letter(range(3))
    assert answer == Missing(range(3), this_process())


def test_an_executor_without_a_hash_is_not_remembered():
    class Odd(Sandboxes):
        __hash__ = None

    assert executors._known_to(Odd(1)) == {}
    found, _ = delivered(Scaled(LARGE), 10, Odd(1))
    np.testing.assert_array_equal(found, LARGE[:10])
