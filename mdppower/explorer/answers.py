"""A question becomes messages, each better than the last, until the library's own result.

A first look, the *preview*, is a run of its own, of 16 replicates: a quarter or a sixteenth of that many draws in the
first replicates of the real run would be four replicates or one, and say little of their error. Then comes the run
that the question asks for, looked at after a quarter of its draws where these are many.

All looks together are to be trusted, as in `mdppower.montecarlo.steps`: the last has the interval of a run that was
looked at once, the one on its way has 1/8 of the level α, and the preview 1/16. With 95 % for the last, all of them
hold at once with 94 % (1 − 19α/16).
"""

from __future__ import annotations

import json
import threading
import time
from collections import OrderedDict, deque
from collections.abc import Iterator
from functools import partial
from typing import Any

from mdppower._stop import Switch
from mdppower.errors import MDPPowerError
from mdppower.explorer.alone import alone
from mdppower.explorer.calls import call_of
from mdppower.explorer.looks import Found, look_of, paying
from mdppower.explorer.questions import Question, read_question
from mdppower.explorer.refusals import VERSION, QuestionError
from mdppower.montecarlo.run_loop import Conduct
from mdppower.montecarlo.samplers import LEAST_REPLICATES, MOST_DRAWS
from mdppower.montecarlo.steps import PAID, Steps, steps_of

Message = dict[str, Any]

FEW_NUMBERS = 512
"""Cells × rates up to which 256 draws are a matter of milliseconds."""
MOST_KEPT = 2**25
"""Characters of finished answers."""


def answer(question: Question, stop: Switch | None = None, *, workers: int = 1) -> Steps[Message]:
    """Messages that answer a question.

    Parameters
    ----------
    question : Question
    stop : Switch, optional
        Told from any thread, it ends the work inside a replicate, and the messages with it.
    workers : int
        Threads; no number depends on it.

    Returns
    -------
    generator of dict
        The last one has ``"final": True``, or is an error; none of these where it was stopped. ``close()`` may be
        called from any thread, and waits for the end.

    Examples
    --------
    >>> from mdppower.explorer.questions import read_question
    >>> for message in answer(read_question(b'{"v": 1, "world": {"map": "..*"}, "draws": 1024}')):
    ...     if "note" not in message:
    ...         print(message["draws"], message["final"], message["arrow"])
    256 False [['E', 'stay', '']]
    1024 True [['E', 'stay', '']]
    """
    switch = Switch() if stop is None else stop
    return Steps(_messages(question, switch, workers), switch)


def _messages(question: Question, switch: Switch, workers: int) -> Iterator[Message]:
    begin = time.perf_counter()
    try:
        yield from _looks(question, switch, workers, begin)
    except QuestionError as error:
        yield error.as_json()
    except MDPPowerError as error:
        yield QuestionError(str(error)).as_json()
    except MemoryError:
        yield QuestionError("there is not enough memory for this; take fewer draws, cells or rates").as_json()


def _looks(question: Question, switch: Switch, workers: int, begin: float) -> Iterator[Message]:
    call, of_world = alone(switch, lambda: call_of(question))
    slow = 1 in question.gamma and any(world.slip > 0 for world in (question.world, question.pinned) if world)
    few = preview_draws(call.numbers, slow=slow)
    plan = [(looks_at(question.draws, few), False)]
    if few < question.draws:
        plan.insert(0, ((few,), True))
    if not _kernels(question) <= _COMPILED:
        yield {"v": VERSION, "note": "compiling, the first time only"}
    for looks, preview in plan:
        # What is short is made in this thread: to hand it to another one takes as long as the first look.
        conduct = Conduct(workers, progress=False, switch=switch, short=True)
        run = steps_of(call.of)(looks, conduct, *call.arguments, **call.options)
        of_run: list[str] = []
        final = False
        while not final:
            look, heard = alone(switch, partial(_next_look, run, question, looks[-1], preview))
            of_run += heard
            final = look.pop("last")
            _COMPILED.update(_kernels(question))
            yield {
                "v": VERSION, "view": question.view, "of": max(question.draws, look["draws"]),
                "final": final and not preview, "provisional": preview or not final, "preview": preview,
                "notes": list(dict.fromkeys([*of_world, *of_run, *look.pop("cautions")])), **look,
                "ms": round(1000 * (time.perf_counter() - begin), 1),
            }  # fmt: skip


def _next_look(run: Iterator[Found], question: Question, draws: int, preview: bool) -> dict[str, Any]:
    """What a page is told of the next result of a run of so many draws, whether it is the last, and of cautions."""
    found = next(run)
    last = found.samples >= draws
    if last:
        deque(run, maxlen=0)  # what a run warns of at its end
    look = look_of(paying(found, 2 * PAID) if preview else found, question)
    caution = getattr(found, "caution", "")
    return {**look, "last": last, "cautions": [caution] if caution else []}


def preview_draws(numbers: int, *, slow: bool = False) -> int:
    """Draws of the first look at so many numbers, cells × rates.

    It is `slow` where γ = 1 in a noisy world: there a draw takes two to ten times as long as just below 1, and a
    first look is one a replicate.

    Examples
    --------
    >>> preview_draws(49), preview_draws(4096), preview_draws(49, slow=True)
    (256, 64, 16)
    """
    if slow:
        return LEAST_REPLICATES
    return 256 if numbers <= FEW_NUMBERS else 64


def looks_at(draws: int, few: int) -> tuple[int, ...]:
    """After how many draws the run is looked at: on its way where a quarter is 16 replicates, and more than `few`.

    Examples
    --------
    >>> looks_at(4096, 256), looks_at(1024, 256)
    ((1024, 4096), (1024,))
    """
    quarter = draws // 4
    return (quarter, draws) if quarter >= LEAST_REPLICATES * MOST_DRAWS and quarter > few else (draws,)


# ---------------------------------------------------------------------- kernels

_COMPILED: set[tuple[str, bool, str]] = set()
"""View, whether a world is noisy, and where a rate lies: what has been computed once in this process."""


def _kernels(question: Question) -> set[tuple[str, bool, str]]:
    worlds = [question.world] if question.pinned is None else [question.world, question.pinned]
    where = {"end" if gamma in (0, 1) else "inside" for gamma in question.gamma}
    return {(question.view, world.slip > 0, place) for world in worlds for place in where}


def warm_up(stop: Switch | None = None) -> None:
    """Compile all kernels that common questions need, or load them from the cache: half a minute, or a second.

    Parameters
    ----------
    stop : Switch, optional
        Told, it ends this between two kernels.
    """
    switch = Switch() if stop is None else stop
    for slip, drawn in ((0.0, "..."), (0.1, "..."), (0.1, "*.~")):  # noise may lead to several ends
        for more in ({}, {"view": "optimality"}, {"view": "difference", "pinned": {"map": "..", "slip": slip}}):
            asked = {"v": VERSION, "world": {"map": drawn, "slip": slip}, "gamma": [0, 0.9, 1], "draws": 32, **more}
            question = read_question(json.dumps(asked).encode())
            for _ in answer(question, switch):
                pass


class Answers:
    """Answers, the last finished ones of which are kept: to go back a step is to see it at once.

    Parameters
    ----------
    most : int
        How many are kept.
    workers : int
        As for `answer`.

    Examples
    --------
    >>> from mdppower.explorer.questions import read_question
    >>> answers, question = Answers(), read_question(b'{"v": 1, "world": {"map": "..*"}, "draws": 512}')
    >>> first, again = list(answers.answer(question)), list(answers.answer(question))
    >>> [{**message, "ms": 0} for message in again] == [{**first[-1], "ms": 0}]
    True
    """

    def __init__(self, most: int = 16, workers: int = 1) -> None:
        self.most, self.workers = most, workers
        self._kept: OrderedDict[Question, str] = OrderedDict()
        self._lock = threading.Lock()

    def answer(self, question: Question, stop: Switch | None = None) -> Steps[Message]:
        """As `answer`; of a question that was answered lately the last message alone."""
        switch = Switch() if stop is None else stop
        return Steps(self._messages(question, switch), switch)

    def _messages(self, question: Question, switch: Switch) -> Iterator[Message]:
        begin = time.perf_counter()
        with self._lock:
            kept = self._kept.get(question)
            if kept is not None:
                self._kept.move_to_end(question)
        if kept is not None:
            yield {**json.loads(kept), "ms": round(1000 * (time.perf_counter() - begin), 1)}
            return
        for message in answer(question, switch, workers=self.workers):
            if message.get("final"):
                self._keep(question, json.dumps(message))
            yield message

    def _keep(self, question: Question, message: str) -> None:
        """Keep a message as text, which takes a tenth of the memory of its lists."""
        with self._lock:
            self._kept[question] = message
            while len(self._kept) > self.most or sum(map(len, self._kept.values())) > MOST_KEPT:
                self._kept.popitem(last=False)
