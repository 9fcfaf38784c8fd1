"""The newest question alone is computed, and ends the others."""

from __future__ import annotations

import asyncio
import threading
import time

from mdppower._stop import Stopped
from mdppower.explorer.one_at_a_time import OneAtATime


async def all_of(asked):
    return [message async for message in asked]


def run(*made, wait=True):
    """What is told of questions that are asked one after the other, at once."""

    async def told():
        one = OneAtATime()
        asked = [one.ask(each) for each in made]
        found = [await all_of(each) for each in asked]
        assert one.close(10)
        return found

    return asyncio.run(told())


def three(switch):
    yield from (1, 2, 3)


def test_messages_arrive_in_their_order():
    assert run(three) == [[1, 2, 3]]


def test_the_newest_wins():
    assert run(three, three, three)[-1] == [1, 2, 3]
    assert run(three, three, three)[1] == []  # ended before it could begin


def test_a_generator_is_closed_where_it_was_made():
    # Engines' threads are ended by `close()`, which is to be called by the thread that began them.
    where = []

    def made(switch):
        try:
            yield 1
            while not switch.told:
                time.sleep(0.001)
            yield 2  # too late: nobody gets it
        finally:
            where.append(threading.current_thread().name)

    async def told():
        one = OneAtATime()
        asked = one.ask(made)
        found = []
        async for message in asked:
            found.append(message)
            asked.stop()
        assert one.close(10)
        return found

    assert asyncio.run(told()) == [1]
    assert where == ["explorer: answers"]


def test_work_that_says_it_was_stopped_just_ends():
    def made(switch):
        yield 1
        raise Stopped

    assert run(made, three)[-1] == [1, 2, 3]


def test_a_fault_ends_one_answer_and_not_the_thread(caplog):
    def made(switch):
        yield 1
        raise ValueError

    async def told():
        one = OneAtATime()
        found = [await all_of(one.ask(each)) for each in (made, three)]
        assert one.close(10)
        return found

    assert asyncio.run(told()) == [[1], [1, 2, 3]]
    assert "an answer ended by a fault" in caplog.text


def test_stopped_before_it_began():
    begun = []

    def made(switch):
        begun.append(switch)
        yield 1

    async def told():
        one = OneAtATime()
        busy = threading.Event()

        def waits(switch):
            busy.wait(10)
            yield 0

        one.ask(waits)
        asked = one.ask(made)
        asked.stop()
        assert await all_of(asked) == []  # at once: it does not wait for the other
        busy.set()
        assert one.close(10)

    asyncio.run(told())
    assert begun == []


def test_the_loop_may_be_gone():
    going, go = threading.Event(), threading.Event()
    seen = []

    def made(switch):
        going.set()
        go.wait(10)
        yield 1
        seen.append(switch.told)

    one = OneAtATime()

    async def leave():
        one.ask(made)
        assert going.wait(10)

    asyncio.run(leave())
    go.set()
    assert one.close(10)
    assert seen in ([], [True])


def test_what_does_not_end_is_told():
    go = threading.Event()
    going = threading.Event()

    def made(switch):  # as a compilation
        going.set()
        go.wait(10)
        yield 1

    async def told():
        one = OneAtATime()
        one.ask(made)
        assert going.wait(10)
        assert not one.close(0.01)
        go.set()
        assert one.close(10)

    asyncio.run(told())
