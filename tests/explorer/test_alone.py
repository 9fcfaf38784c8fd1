"""One piece of work at a time, with what was warned of meanwhile."""

import threading
import time
import warnings

import pytest

import mdppower as mp
from mdppower._stop import Stopped, Switch, stop_if_told
from mdppower._warn import warn
from mdppower.explorer.alone import alone


def test_what_is_warned_of_is_told_each_time_and_shown_nowhere():
    def work():
        warn("a doubt")
        return 3

    with warnings.catch_warnings(record=True, action="always") as shown:
        assert [alone(Switch(), work) for _ in range(2)] == [(3, ["a doubt"])] * 2
    assert not shown


def test_other_warnings_go_on():
    with pytest.warns(UserWarning, match="somebody's"):
        _found, notes = alone(Switch(), lambda: warnings.warn("somebody's", stacklevel=1))
    assert notes == []


def test_errors_go_on_and_the_next_one_has_its_turn():
    with pytest.raises(mp.errors.MapError):
        alone(Switch(), lambda: mp.envs.gridworld(""))
    assert alone(Switch(), lambda: 1) == (1, [])


def test_work_is_done_one_at_a_time():
    inside, most = [0], [0]

    def work():
        inside[0] += 1
        most[0] = max(most[0], inside[0])
        time.sleep(0.001)
        inside[0] -= 1

    threads = [threading.Thread(target=lambda: [alone(Switch(), work) for _ in range(5)]) for _ in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert most == [1]


def test_who_waits_may_be_told_to_stop():
    begun, end, switch, ended = threading.Event(), threading.Event(), Switch(), []

    def long():
        begun.set()
        end.wait(20)

    def waiting():
        try:
            alone(switch, lambda: ended.append("done"))
        except Stopped:
            ended.append("stopped")

    holder, waiter = threading.Thread(target=lambda: alone(Switch(), long)), threading.Thread(target=waiting)
    holder.start()
    begun.wait(20)
    waiter.start()
    switch.tell()
    waiter.join(20)
    assert ended == ["stopped"]
    end.set()
    holder.join(20)


def test_work_that_looks_at_its_flag_ends():
    switch, rounds = Switch(), []

    def work():
        while True:
            stop_if_told()
            rounds.append(1)
            if len(rounds) == 3:
                switch.tell()

    with pytest.raises(Stopped):
        alone(switch, work)
    assert len(rounds) == 3
